"""The global SDG data structure as embedded here: components, codelists, series and their indicators.

Here is the reader of `metadata/sdmx/`: components in the column order of SDMX-CSV, codes on demand, and the
index of series that decides what is in scope. Loading takes some milliseconds: codelists are read when asked
for. What is not here: reading official structure messages (`metadata.official`), writing the embedded files
(`metadata.embed`), comparing structures (`metadata.compare`), names and kinds of areas (`metadata.areas`).

The structure is not ours: agency IAEG-SDGs maintains it. `metadata/sdmx/lock.yaml` says which version is
embedded and from which message; `metadata/sdmx/SOURCES.md` says what was left out.
Standard: SDMX 2.1 Section 3A (DataStructureDefinition), https://sdmx.org/standards-2/.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from metadata.errors import SdgError
from metadata.sdmx_files import (
    ADDITION_COLUMNS,
    EMBEDDED,
    SERIES_COLUMNS,
    damaged,
    expand,
    read_document,
    read_table,
    split_reference,
)

Role = Literal["dimension", "time", "measure", "attribute"]
Attachment = Literal["series", "observation"]

OUR_GOALS = ("12", "13")


@dataclass(frozen=True, slots=True)
class Component:
    """A dimension, the time dimension, the measure or an attribute of a data structure.

    Attributes:
        id: SDMX component id, upper case.
        column: the column's name in every frame and table: the id in lower case.
        role: dimension, time, measure or attribute.
        position: 1-based place in the column order of SDMX-CSV (the column DATAFLOW not counted).
        codelist: `agency:id` of the codelist, without version; None when the component is not coded.
        attachment: of an attribute: to the series or to the observation; None for other roles.
        mandatory: dimensions, time and measure are; attributes where the structure says so.
        text_type: SDMX facet of an uncoded component (`double`, `dateTime`, `observationalTimePeriod`);
            None where the structure says nothing, which means text.
        name: name of the concept in English.
    """

    id: str
    column: str
    role: Role
    position: int
    codelist: str | None
    attachment: Attachment | None
    mandatory: bool
    text_type: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a codelist.

    Attributes:
        id: the code.
        name: official name in English; the code itself where no name is embedded (series of other goals).
        seen_in: version of the structure that has it, or the year it was seen in published data (`2026`).
    """

    id: str
    name: str
    seen_in: str


@dataclass(frozen=True, slots=True)
class Codelist:
    """A codelist with the codes that may be used.

    Attributes:
        agency: maintainer, `IAEG-SDGs` or `SDMX`.
        id: for example `CL_SEX`.
        version: version of the list as the structure refers to it.
        complete: whether every code of the official list is embedded. CL_AREA is not: only its numeric
            codes are.
        codes: by code, in the official order; codes seen after the structure's version come last.
    """

    agency: str
    id: str
    version: str
    complete: bool
    codes: Mapping[str, Code]

    def ids(self) -> frozenset[str]:
        """Return every code that may be used."""
        return frozenset(self.codes)

    def __contains__(self, code: object) -> bool:
        return code in self.codes

    def __iter__(self) -> Iterator[str]:
        return iter(self.codes)


@dataclass(frozen=True, slots=True)
class SeriesEntry:
    """A code of CL_SERIES with the indicators that it serves.

    Attributes:
        code: series code.
        name: official name in English; None for the series of other goals, whose names are not embedded.
        indicators: official numbers in the order of the codelist's annotation, other goals' included; empty
            for a few retired series that the codelist annotates with none.
        seen_in: version of the structure that has it, or `2026` for a series seen in published data only.
        ours: whether one of the indicators is of goal 12 or 13.
        indicator_code: permanent code of the indicator (`C120402`; `C20….` when several share the series).
        retired: whether the codelist annotates it as retired (annotation RetiredSeries).
        heir: the series that the codelist names in its stead; None when it names none.
    """

    code: str
    name: str | None
    indicators: tuple[str, ...]
    seen_in: str
    ours: bool
    indicator_code: str | None = None
    retired: bool = False
    heir: str | None = None


class Structure:
    """A data structure as embedded: load it with `load_structure`.

    Attributes:
        agency: `IAEG-SDGs`.
        id: `SDG`.
        version: for example `1.14`.
        components: all of them in the column order of SDMX-CSV: dimensions, time, measure, attributes.
        folder: where it was read from.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        document = read_document(folder / "structure.yaml")
        try:
            self.agency: str = document["agency"]
            self.id: str = document["id"]
            self.version: str = document["version"]
            self.components: tuple[Component, ...] = tuple(
                _component(item, position) for position, item in enumerate(document["components"], start=1)
            )
            self._references: dict[str, str] = {
                item["id"]: item["codelist"] for item in document["components"] if item.get("codelist")
            }
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(str(folder / "structure.yaml"), f"is not what we write ({error!r})") from error
        self._by_id = {component.id: component for component in self.components}
        self._codelists: dict[str, Codelist] = {}

    def __repr__(self) -> str:
        return f"Structure({self.version_label})"

    @property
    def version_label(self) -> str:
        """`agency:id(version)`, for example `IAEG-SDGs:SDG(1.14)`."""
        return f"{self.agency}:{self.id}({self.version})"

    @cached_property
    def dimensions(self) -> tuple[Component, ...]:
        """The dimensions in the order of the structure, time not among them."""
        return tuple(component for component in self.components if component.role == "dimension")

    @cached_property
    def attributes(self) -> tuple[Component, ...]:
        """The attributes in the order of the structure."""
        return tuple(component for component in self.components if component.role == "attribute")

    @cached_property
    def time(self) -> Component:
        """The time dimension."""
        return next(component for component in self.components if component.role == "time")

    @cached_property
    def measure(self) -> Component:
        """The measure."""
        return next(component for component in self.components if component.role == "measure")

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The lower-case column of every component in the column order of SDMX-CSV."""
        return tuple(component.column for component in self.components)

    def component(self, component_id: str) -> Component:
        """Return a component by its id.

        Raises:
            SdgError: the structure has no such component; the hint names the nearest.
        """
        found = self._by_id.get(component_id)
        if found is None:
            close = nearest(component_id, self._by_id)
            raise SdgError(
                f"{component_id} is not a component of {self.version_label}.",
                hint=f"The nearest is {', '.join(close)}." if close else f"It has {', '.join(self._by_id)}.",
            )
        return found

    def codelist(self, component_id: str) -> Codelist | None:
        """Return the codelist of a component, or None when the component is not coded.

        Raises:
            SdgError: the structure has no such component.
            ConfigurationError: the embedded list is missing or damaged.
        """
        self.component(component_id)
        reference = self._references.get(component_id)
        if reference is None:
            return None
        if reference not in self._codelists:
            self._codelists[reference] = self._read_codelist(reference)
        return self._codelists[reference]

    @cached_property
    def series_index(self) -> Mapping[str, SeriesEntry]:
        """Every series by its code: the official list's and those seen in published data since."""
        index = {}
        for row in read_table(self.folder / "codelists" / "CL_SERIES.csv", SERIES_COLUMNS):
            index[row["code"]] = _series_entry(row, self.version)
        for row in self._additions("CL_SERIES"):
            index[row["code"]] = _series_entry(row, row["seen_in"])
        return MappingProxyType(index)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the content of all embedded files of the structure; the same on every machine."""
        digest = hashlib.sha256()
        for path in (self.folder / "structure.yaml", *self._codelist_files(), self.folder / "additions.csv"):
            if path.is_file():
                digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()

    def _codelist_files(self) -> list[Path]:
        return sorted((self.folder / "codelists").glob("*.csv"))

    @cached_property
    def _all_additions(self) -> list[dict[str, str]]:
        path = self.folder / "additions.csv"
        return read_table(path, ADDITION_COLUMNS) if path.is_file() else []

    def _additions(self, codelist_id: str) -> list[dict[str, str]]:
        return [row for row in self._all_additions if row["codelist"] == codelist_id]

    def _read_codelist(self, reference: str) -> Codelist:
        agency, codelist_id, version = split_reference(reference)
        codes: dict[str, Code] = {}
        for row in read_table(self.folder / "codelists" / f"{codelist_id}.csv", ("code", "name")):
            for code, name in expand(row["code"], row["name"]):
                codes[code] = Code(code, name or code, self.version)
        for row in self._additions(codelist_id):
            codes.setdefault(row["code"], Code(row["code"], row["name"], row["seen_in"]))
        complete = codelist_id != "CL_AREA"
        return Codelist(agency, codelist_id, version, complete, MappingProxyType(codes))


@lru_cache(maxsize=1)
def _load_default() -> Structure:
    return Structure(EMBEDDED)


def load_structure(folder: Path | None = None) -> Structure:
    """Return the structure embedded in `folder`, by default the project's own (read once a process).

    Raises:
        ConfigurationError: a file of the folder is missing or not in the form that we write.
    """
    return _load_default() if folder is None else Structure(folder)


SOME = 25
"""How many names are told where none is like the one asked for."""


def nearest(value: str, candidates: Iterable[str], n: int = 3) -> list[str]:
    """Return up to `n` candidates that are spelled like `value`, best first, for use in hints.

    Case and surrounding blanks do not matter; candidates that are not alike at all are left out.
    """
    by_fold: dict[str, str] = {}
    for candidate in candidates:
        by_fold.setdefault(candidate.casefold(), candidate)
    close = difflib.get_close_matches(value.strip().casefold(), by_fold, n=n, cutoff=0.6)
    return [by_fold[fold] for fold in close]


def nearest_or_some(value: str, names: Iterable[str]) -> str:
    """Return the hint for a name that is not known: those spelled like it, else what there is, at most `SOME`."""
    known = list(names)
    if near := nearest(value, known):
        return f"Nearest: {', '.join(near)}."
    others = f", and {len(known) - SOME} more" if len(known) > SOME else ""
    return f"There are: {', '.join(known[:SOME]) or 'none'}{others}."


def is_ours(indicators: Iterable[str]) -> bool:
    """Say whether one of the indicator numbers is of goal 12 or 13 (`17.12.1` is not)."""
    return any(number.split(".", 1)[0] in OUR_GOALS for number in indicators)


def _component(item: dict[str, Any], position: int) -> Component:
    role, attachment = item["role"], item.get("attachment")
    if role not in get_args(Role) or attachment not in (None, *get_args(Attachment)):
        raise ValueError(f"{item['id']} has the role {role!r} and the attachment {attachment!r}")
    reference = item.get("codelist")
    return Component(
        id=item["id"],
        column=item["id"].lower(),
        role=role,
        position=position,
        codelist=":".join(split_reference(reference)[:2]) if reference else None,
        attachment=attachment,
        mandatory=bool(item["mandatory"]),
        text_type=item.get("text_type"),
        name=item["name"],
    )


def _series_entry(row: dict[str, str], seen_in: str) -> SeriesEntry:
    indicators = tuple(row["indicators"].split(";")) if row["indicators"] else ()
    return SeriesEntry(
        code=row["code"],
        name=row["name"] or None,
        indicators=indicators,
        seen_in=seen_in,
        ours=is_ours(indicators),
        indicator_code=row["indicator_code"] or None,
        retired=row.get("retired") == "yes",
        heir=row.get("heir") or None,
    )
