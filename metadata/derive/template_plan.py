"""What a template asks for: which series stand where, the rows that are filled already, the codes to choose from.

The workbook (`metadata.derive.template`) and the table in CSV (`metadata.derive.template_csv`) are made of it. Here too
is the version of a template, by which an older one is known when it comes back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Literal

from metadata.derive.template_texts import HEADINGS, required
from metadata.errors import ConfigurationError
from metadata.languages import Language, say
from metadata.structure import Component, Structure, nearest

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.load import Catalogue
    from metadata.model_series import Series

LAYOUT = "2"
"""Version of the layout; the declarations have versions of their own. In layout 1 codes stood without names."""
TEMPLATE_SHEET = "_template"
"""Name of the hidden sheet, and the first cell of a template in CSV."""
SEPARATOR = " · "
"""Between a code and its name in a list."""
LONGEST_NAME = 60
"""Characters of a name beside its code; the sheet of codes has it whole."""
MAX_COMBINATIONS = 25
"""Most breakdowns of a series that get a row each; a series with more gets one row, for its total."""
MAX_AREAS = 3
"""Most areas of a provider that get rows of their own; with more, REF_AREA is left to choose."""
_TOTAL = "_T"


@dataclass(frozen=True, slots=True)
class Request:
    """What a template is made for.

    Attributes:
        provider_id: id of the provider, which the reader finds again as the sender.
        provider_name: its name, for the read-me.
        areas: M49 codes that it reports, or `all`.
        indicators: official numbers; a sheet each, in this order.
        language: of the texts for people.
    """

    provider_id: str
    provider_name: str
    areas: Sequence[str] | Literal["all"]
    indicators: tuple[str, ...]
    language: Language = "en"


def template_version(catalogue: Catalogue, numbers: Iterable[str]) -> str | None:
    """Return what names a template: the layout's version and the start of a sha256 over those of the indicators.

    None when an indicator is not declared: no template can be made for it today.
    """
    chosen = sorted(set(numbers))
    if any(number not in catalogue.indicators for number in chosen):
        return None
    versions = "\n".join(f"{number} {catalogue.version(number)}" for number in chosen)
    return f"{LAYOUT}-{hashlib.sha256(versions.encode()).hexdigest()[:12]}"


def series_by_sheet(catalogue: Catalogue, numbers: tuple[str, ...]) -> dict[str, list[Series]]:
    """Return the series of each sheet: every one stands once, with its owner where that has a sheet.

    An indicator whose series all stand elsewhere has no sheet: a value is asked for once.
    """
    sheets: dict[str, list[Series]] = {}
    taken: set[str] = set()
    for number in numbers:
        own = [s for s in series_of(catalogue, number) if s.owner == number or s.owner not in numbers]
        sheets[number] = [series for series in own if series.code not in taken]
        taken |= {series.code for series in own}
    return {number: series for number, series in sheets.items() if series}


def series_of(catalogue: Catalogue, number: str) -> list[Series]:
    """Return the current series of an indicator, its own first.

    Raises:
        ConfigurationError: the indicator is not declared.
    """
    indicator = catalogue.indicators.get(number)
    if indicator is None:
        near = ", ".join(nearest(number, catalogue.indicators)) or ", ".join(catalogue.indicators)
        raise ConfigurationError(f'There is no indicator "{number}".', hint=f"Nearest: {near}.")
    codes = dict.fromkeys([*(series.code for series in indicator.series), *indicator.uses])
    return [catalogue.series[code] for code in codes if catalogue.series[code].status == "current"]


class Plan:
    """What all sheets share: the columns, which of them are prefilled, the codes to choose from and their names.

    Attributes:
        structure: the components and their code lists.
        series: of each sheet.
        prefilled: columns that are filled already; a row in which only these are filled is no observation.
        codes: of each coded component the codes to choose from, and their names in the language.
    """

    def __init__(
        self,
        structure: Structure,
        areas_table: Areas,
        request: Request,
        series: Mapping[str, list[Series]],
    ) -> None:
        """Raises ConfigurationError when an area is not known."""
        self.structure = structure
        self.series = series
        self.language = request.language
        self._names = {m49: area.names.get(self.language, area.name) for m49, area in areas_table.areas.items()}
        unknown = [] if request.areas == "all" else [area for area in request.areas if area not in self._names]
        if unknown:
            what = f'"{unknown[0]}" is not an area of M49.'
            raise ConfigurationError(what, hint='Use its numeric code, as in "417".')
        self._everywhere = request.areas == "all"
        self._areas = list(areas_table.areas) if request.areas == "all" else list(request.areas)
        self.prefilled = tuple(c.column for c in structure.components if _fixed(c))
        self.codes = {c.id: codes for c in structure.components if (codes := self._allowed(c))}

    def heading(self, component: Component) -> str:
        """Return what a column is called, in the language."""
        heading: str = HEADINGS.get(component.id, component.name)
        return say(required(heading) if component.mandatory else heading, self.language)

    def label(self, component_id: str, code: str) -> str:
        """Return code and name, as the drop-down list has them; what is in no list stays as it is."""
        name = self.codes.get(component_id, {}).get(code)
        if name is None or name == code:
            return code
        short = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"
        return f"{code}{SEPARATOR}{short}"

    def _allowed(self, component: Component) -> dict[str, str]:
        """Return code and name of what may be chosen in a column; empty when anything may be typed."""
        if component.id == "REF_AREA":
            return {area: self._names[area] for area in self._areas}
        codelist = self.structure.codelist(component.id)
        if codelist is None:
            return {}
        every = [series for group in self.series.values() for series in group]
        if component.id == "SERIES":
            return {series.code: series.name for series in every}
        codes: Iterable[str] = codelist.codes
        if component.id == "UNIT_MEASURE" and all(series.unit_measure for series in every):
            codes = dict.fromkeys(code for series in every for code in series.unit_measure)
        elif component.role == "dimension" and all(component.id in series.dimensions for series in every):
            codes = dict.fromkeys(code for series in every for code in series.dimensions[component.id])
        return {code: codelist.codes[code].name for code in codes if code in codelist.codes}

    def rows(self, series: Series) -> list[dict[str, str]]:
        """Return the prefilled rows of a series: one an area and breakdown."""
        fixed = {
            "FREQ": series.freq[0], "REPORTING_TYPE": "G" if self._everywhere else "N", "SERIES": series.code,
            "OBS_STATUS": "A", "UNIT_MULT": str(series.unit_mult[0]),
        }
        if series.unit_measure:
            fixed["UNIT_MEASURE"] = series.unit_measure[0]
        places = self._areas if len(self._areas) <= MAX_AREAS else [""]
        free = [c.id for c in self.structure.dimensions if c.id not in fixed and c.id != "REF_AREA"]
        choices = [series.dimensions.get(dimension, (_TOTAL,)) for dimension in free]
        if prod(map(len, choices)) > MAX_COMBINATIONS:
            choices = [(_TOTAL,) if _TOTAL in codes else codes[:1] for codes in choices]
        return [
            fixed | {"REF_AREA": area} | dict(zip(free, codes, strict=True))
            for area in places for codes in product(*choices)
        ]

    def reported(self, number: str, previous: Iterable[Mapping[str, object]]) -> list[dict[str, str]]:
        """Return those observations reported before that belong in a sheet, by component id, as texts."""
        codes = {series.code for series in self.series[number]}
        return [
            {c.id: _reported(row, c.column) for c in self.structure.components}
            for row in previous if row.get("series") in codes
        ]


def _fixed(component: Component) -> bool:
    return component.role == "dimension" or component.id in {"OBS_STATUS", "UNIT_MULT", "UNIT_MEASURE"}


def _reported(row: Mapping[str, object], column: str) -> str:
    if column == "obs_value" and row.get(column) is None and "obs_value" in row:
        return ""  # missing, however it was spelled; its status says so
    value = row.get("obs_value_text") if column == "obs_value" else None
    value = row.get(column) if value is None else value
    return "" if value is None else str(value)
