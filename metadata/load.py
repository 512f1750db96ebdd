"""The catalogue of indicators: declarations → specs that rules, templates and tables are derived from.

Two ways in. `load_catalogue` is for work with data: it returns a whole catalogue or raises every complaint
at its file, line and column. `read_catalogue` is for the data officer: it returns what could be read, and
the complaints. Not here: reading files (`metadata.declarations`), complaints (`metadata.lint`), the
canonical form of a version (`metadata.versions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from metadata import versions
from metadata.declarations import Declarations, DeclaredFile, number_key, read_declarations
from metadata.errors import DeclarationErrors, SdgError
from metadata.lint import breakdowns, complaints_about, owners_of
from metadata.model import Indicator, IndicatorFile
from metadata.model_series import Series, SeriesBlock
from metadata.structure import Structure, load_structure, nearest

INDICATORS = Path(__file__).resolve().parents[1] / "indicators"
"""The project's own declarations."""

OWN_CODES = "CUST_BREAKDOWN"
"""Its codes (C01, C02, …) mean something else in each country, so `other_dimensions` does not speak of it."""


@dataclass(frozen=True)
class Catalogue:
    """All indicators and their series, resolved.

    Attributes:
        indicators: by number, in the order of numbers.
        series: by code, in the order of their owners; each has `.owner` and `.indicators`.
        structure: label of the structure that the declarations narrow, `IAEG-SDGs:SDG(1.14)`.
        goals: titles of the goals by number and language.
    """

    indicators: Mapping[str, Indicator]
    series: Mapping[str, Series]
    structure: str
    goals: Mapping[str, Mapping[str, str]]

    def indicators_of(self, series: str) -> tuple[str, ...]:
        """Return the numbers of goals 12 and 13 that a series serves; none for a foreign series."""
        found = self.series.get(series)
        return found.indicators if found else ()

    def also_of(self, series: str) -> tuple[str, ...]:
        """Return the numbers of other goals that a series serves."""
        found = self.series.get(series)
        return found.also if found else ()

    @cached_property
    def bridge(self) -> tuple[tuple[str, str], ...]:
        """Every (series, indicator) pair of goals 12 and 13, in the order of indicators."""
        pairs = ((code, number) for code, series in self.series.items() for number in series.indicators)
        return tuple(sorted(pairs, key=lambda pair: (number_key(pair[1]), pair[0])))

    def canonical(self, indicator: str) -> str:
        """Return the canonical JSON text of an indicator, whose sha256 is its version.

        Raises:
            SdgError: no such indicator.
        """
        found = self._indicator(indicator)
        return versions.canonical(found, (self.series[code] for code in found.uses), self.structure)

    def version(self, indicator: str) -> str:
        """Return the version of an indicator's declaration: sha256 in hexadecimal.

        Raises:
            SdgError: no such indicator.
        """
        self._indicator(indicator)
        return self._versions[indicator]

    @cached_property
    def _versions(self) -> Mapping[str, str]:
        return {number: versions.version(self.canonical(number)) for number in self.indicators}

    @cached_property
    def fingerprint(self) -> str:
        """One sha256 over the versions of all indicators."""
        return versions.fingerprint(self._versions.items())

    def _indicator(self, number: str) -> Indicator:
        if number not in self.indicators:
            close = nearest(number, self.indicators)
            hint = (
                f"Did you mean {' or '.join(close)}?"
                if close
                else f"There are {', '.join(self.indicators)}."
            )
            raise SdgError(f"{number} is not an indicator of the catalogue.", hint=hint)
        return self.indicators[number]


@dataclass(frozen=True)
class Reading:
    """What could be read of a folder, and what is wrong with it.

    Attributes:
        catalogue: of the files that could be read; whole only when there is no complaint.
        complaints: in the order of files and lines.
        declarations: the files themselves, with the place of every value.
    """

    catalogue: Catalogue
    complaints: tuple[SdgError, ...]
    declarations: Declarations


def load_catalogue(folder: Path | None = None, structure: Structure | None = None) -> Catalogue:
    """Return the catalogue of a folder, by default the project's own (read once a process).

    Raises:
        DeclarationErrors: something is wrong with the declarations; all complaints together.
    """
    if folder is None and structure is None:
        return _default_catalogue()
    reading = read_catalogue(folder, structure)
    if reading.complaints:
        raise DeclarationErrors(list(reading.complaints))
    return reading.catalogue


@lru_cache(maxsize=1)
def _default_catalogue() -> Catalogue:
    return load_catalogue(INDICATORS, load_structure())


def read_catalogue(folder: Path | None = None, structure: Structure | None = None) -> Reading:
    """Read the declarations of a folder as far as possible and collect the complaints."""
    structure = structure or load_structure()
    declarations = read_declarations(folder or INDICATORS)
    complaints = complaints_about(declarations, structure)
    return Reading(_resolve(declarations, structure), tuple(complaints), declarations)


def _resolve(declarations: Declarations, structure: Structure) -> Catalogue:
    """Fill in what the files leave out. Where two files declare the same thing the first one counts."""
    files: dict[str, DeclaredFile] = {}
    for file in sorted(declarations.files, key=lambda file: number_key(file.number)):
        files.setdefault(file.number, file)
    owners = owners_of(files.values())
    serves: dict[str, list[str]] = {code: [] for code in owners}
    also: dict[str, set[str]] = {code: set() for code in owners}
    for number, file in files.items():
        for code in (*(block.code for block in file.content.series), *file.content.uses):
            if code in owners and number not in serves[code]:
                serves[code].append(number)
                also[code].update(file.content.also)
    names = breakdowns(structure)
    series = {
        code: _series(file.content.series[position], file.number, serves[code], also[code], names)
        for code, (file, position) in owners.items()
    }
    goals, targets = _titles(declarations)
    indicators = {}
    for number, file in files.items():
        # the parts were validated when their files were read; validating them again would double the time
        indicators[number] = Indicator.model_construct(
            **_fields(file.content, IndicatorFile, "series", "uses"),
            uses=tuple(code for code in file.content.uses if code in series),
            series=tuple(one for one in series.values() if one.owner == number),
            goal_titles=goals.get(file.content.goal, {}),
            target_titles=targets.get(file.content.target, {}),
        )
    return Catalogue(MappingProxyType(indicators), MappingProxyType(series), structure.version_label, goals)


def _series(
    block: SeriesBlock, owner: str, serves: Iterable[str], also: Iterable[str], names: Iterable[str]
) -> Series:
    """Return a series with `other_dimensions` written out and everybody it serves."""
    dimensions: dict[str, tuple[str, ...]] = {}
    for name in names:
        if name in block.dimensions:
            dimensions[name] = block.dimensions[name]
        elif block.other_dimensions == "_T" and name not in block.any_code and name != OWN_CODES:
            dimensions[name] = ("_T",)
    return Series.model_construct(
        **_fields(block, SeriesBlock, "dimensions"),
        dimensions=dimensions,
        owner=owner,
        indicators=tuple(serves),
        also=tuple(sorted(also, key=number_key)),
    )


def _titles(
    declarations: Declarations,
) -> tuple[dict[str, Mapping[str, str]], dict[str, Mapping[str, str]]]:
    """Return the titles of goals and of targets, by number and language."""
    goals: dict[str, Mapping[str, str]] = {}
    targets: dict[str, Mapping[str, str]] = {}
    for goal in declarations.goals.goals if declarations.goals else ():
        goals[goal.number] = dict(goal.titles)
        targets |= {target.number: dict(target.titles) for target in goal.targets}
    return goals, targets


def _fields(
    block: IndicatorFile | SeriesBlock, model: type[IndicatorFile | SeriesBlock], *without: str
) -> dict[str, Any]:
    """Return the fields of a block as they are."""
    return {name: getattr(block, name) for name in model.model_fields if name not in without}
