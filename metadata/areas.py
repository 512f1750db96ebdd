"""Areas by M49 code: what each is, its names, the regions above it, and memberships with their dates.

Here are the countries and areas, regions and groups of the global CL_AREA, read from
`metadata/sdmx/areas.csv`, `area_names.csv`, `area_tree.csv` and `area_groups.csv`; `metadata/sdmx/SOURCES.md`
names the source of each. Codes carry no padding: Algeria is "12", as in CL_AREA, and not "012", as in M49's
own table.

`Area.names` holds the six UN languages for the countries, regions and groups of M49's own table. What CL_AREA
has beyond it (Kosovo, Sark, the SDG's combined regions, groups by income …) is named in English only: no name
is made up. What is not here: the Annex I lists of the climate convention, populations.

Only an area of type `country` is a single country or area with its own figures: the 249 of M49, and Kosovo,
which CL_AREA has and M49 has not. Parts of countries, states of the past, fishing areas, bunkers and
residuals are `other`: adding them to countries would count twice. The words say nothing about the legal
status of any area.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from metadata.errors import ConfigurationError, SdgError
from metadata.sdmx_files import AREA_COLUMNS, EMBEDDED, read_table
from metadata.structure import nearest

AreaType = Literal["country", "region", "subregion", "group", "world", "other"]

_TREE_COLUMNS = ("scheme", "parent", "child")
_GROUP_COLUMNS = ("scheme", "group", "area", "valid_from", "valid_to", "precision")

LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")
"""The six languages of the United Nations, by their two-letter codes."""

TREES = ("SDG", "M49")
"""The schemes that are trees of regions; LDC, LLDC and SIDS are lists with dates."""


@dataclass(frozen=True, slots=True)
class Area:
    """An area of CL_AREA.

    Attributes:
        m49: numeric code without padding.
        name: name in English, as in CL_AREA.
        names: names by language, as in M49's table; where that has none, `en` alone, as in CL_AREA.
        iso2: two-letter code; None for groups and where there is none. Former states keep theirs.
        iso3: three-letter code of ISO 3166; None where M49's table has none.
        area_type: country, region (an SDG region or a continent), subregion, group (of countries, by
            membership of any kind), world, or other (part of a country, former state, residual, sea area).
        former_names: names of the past in English, so that an older list is understood.
    """

    m49: str
    name: str
    names: Mapping[str, str]
    iso2: str | None
    iso3: str | None
    area_type: AreaType
    former_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    """A country or area's membership of a region or group.

    Attributes:
        group: M49 code of the region or group.
        area: M49 code of the country.
        scheme: SDG, M49 (regions), LDC, LLDC or SIDS.
        valid_from: first day; None when unknown, or always (regions).
        valid_to: last day, itself included; None when it lasts, or always.
        precision: `year` when only the years are known: then the days are the year's first and last. None
            without dates.
    """

    group: str
    area: str
    scheme: str
    valid_from: date | None
    valid_to: date | None
    precision: str | None = None

    def holds(self, on: date | None) -> bool:
        """Say whether it holds on a day; with None, whether it has no end."""
        if on is None:
            return self.valid_to is None
        begun = self.valid_from is None or self.valid_from <= on
        return begun and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Edge:
    """A step of a region tree: `child` (M49) lies directly under `parent` (M49) in the scheme SDG or M49."""

    scheme: str
    parent: str
    child: str


class Areas:
    """All areas; load them with `load_areas`.

    Attributes:
        areas: by M49 code, in numeric order.
        tree: the steps of the region trees. In SDG a subregion of Oceania lies under 9 and, a second time,
            under 543 (Oceania without Australia and New Zealand), which itself is not under the world.
    """

    def __init__(self, folder: Path) -> None:
        names = {
            row["m49"]: {language: row[language] for language in LANGUAGES if row[language]}
            for row in read_table(folder / "area_names.csv", ("m49", *LANGUAGES))
        }
        self.areas: Mapping[str, Area] = MappingProxyType(
            {
                row["m49"]: _area(row, names.get(row["m49"], {}), folder)
                for row in read_table(folder / "areas.csv", AREA_COLUMNS)
            }
        )
        self.tree: tuple[Edge, ...] = tuple(
            Edge(row["scheme"], row["parent"], row["child"])
            for row in read_table(folder / "area_tree.csv", _TREE_COLUMNS)
        )
        self._listed = tuple(
            _membership(row, folder) for row in read_table(folder / "area_groups.csv", _GROUP_COLUMNS)
        )
        for code, place in [
            *((code, "area_names.csv") for code in names),
            *((code, "area_tree.csv") for edge in self.tree for code in (edge.parent, edge.child)),
            *((code, "area_groups.csv") for listed in self._listed for code in (listed.group, listed.area)),
        ]:
            if code not in self.areas:
                raise ConfigurationError(f"The area {code} is not in areas.csv.", where=str(folder / place))

    def __getitem__(self, m49: str) -> Area:
        """Return an area by its code.

        Raises:
            SdgError: no such area; the hint names the nearest codes.
        """
        found = self.areas.get(m49)
        if found is None:
            unpadded = m49.lstrip("0")
            close = [unpadded] if unpadded in self.areas else nearest(m49, self.areas)
            raise SdgError(
                f"{m49!r} is not the M49 code of an area.",
                hint=f"The nearest is {', '.join(close)}." if close else "Codes are numbers without padding.",
            )
        return found

    def is_country(self, m49: str) -> bool:
        """Say whether the area is a single country or area with figures of its own. Raises as `[]` does."""
        return self[m49].area_type == "country"

    def is_group(self, m49: str) -> bool:
        """Say whether the area stands for several countries: world, region, subregion or group.

        An area of type `other` is neither a group nor a country: where countries are counted, ask
        `is_country`. Raises as `[]` does.
        """
        return self[m49].area_type in {"world", "region", "subregion", "group"}

    @cached_property
    def by_iso3(self) -> Mapping[str, Area]:
        """Areas by three-letter code."""
        return MappingProxyType({area.iso3: area for area in self.areas.values() if area.iso3})

    @cached_property
    def by_iso2(self) -> Mapping[str, Area]:
        """Areas by two-letter code."""
        return MappingProxyType({area.iso2: area for area in self.areas.values() if area.iso2})

    @cached_property
    def memberships(self) -> list[Membership]:
        """Every membership of a country: of each region above it in both trees, and of LDC, LLDC and SIDS."""
        found = []
        for scheme in TREES:
            parents: dict[str, list[str]] = {}
            for edge in self.tree:
                if edge.scheme == scheme:
                    parents.setdefault(edge.child, []).append(edge.parent)
            for code, area in self.areas.items():
                if area.area_type == "country":
                    above = _ancestors(code, parents)
                    found += [Membership(group, code, scheme, None, None) for group in sorted(above, key=int)]
        return [*found, *self._listed]

    def members(self, group: str, *, on: date | None = None, scheme: str | None = None) -> frozenset[str]:
        """Return the countries of a region or group.

        Args:
            group: its M49 code.
            on: the day that counts; None for the memberships without an end. UN tables usually apply one
                composition to all years of a release.
            scheme: SDG or M49, where both have the region and differ (Kosovo is in SDG only, Antarctica in
                M49 only); None for all schemes together.

        Raises:
            SdgError: no such area.
        """
        code = self[group].m49
        return frozenset(
            membership.area
            for membership in self.memberships
            if membership.group == code and membership.holds(on) and scheme in (None, membership.scheme)
        )


@lru_cache(maxsize=1)
def _load_default() -> Areas:
    return Areas(EMBEDDED)


def load_areas(folder: Path | None = None) -> Areas:
    """Return the areas described in `folder`, by default the embedded ones (read once a process).

    Raises:
        ConfigurationError: a file is missing, a row lacks a cell or holds an unknown type, a date that is
            none, or an area that `areas.csv` lacks.
    """
    return _load_default() if folder is None else Areas(folder)


def _ancestors(code: str, parents: Mapping[str, list[str]]) -> set[str]:
    above: set[str] = set()
    waiting = list(parents.get(code, ()))
    while waiting:
        parent = waiting.pop()
        if parent not in above:
            above.add(parent)
            waiting += parents.get(parent, ())
    return above


def _area(row: dict[str, str], names: Mapping[str, str], folder: Path) -> Area:
    kind = row["area_type"]
    if kind not in get_args(AreaType):
        close = nearest(kind, get_args(AreaType))
        raise ConfigurationError(
            f"The area {row['m49']} has the type {kind!r}.",
            where=str(folder / "areas.csv"),
            hint=f"Use {' or '.join(close or get_args(AreaType))}.",
        )
    return Area(
        m49=row["m49"],
        name=row["name_en"],
        names=MappingProxyType({"en": row["name_en"], **names}),
        iso2=row["iso2"] or None,
        iso3=row["iso3"] or None,
        area_type=kind,  # type: ignore[arg-type]  # checked above
        former_names=tuple(row["former_names"].split(";")) if row["former_names"] else (),
    )


def _membership(row: dict[str, str], folder: Path) -> Membership:
    try:
        valid_from, valid_to = (
            date.fromisoformat(row[key]) if row[key] else None for key in ("valid_from", "valid_to")
        )
    except ValueError as error:
        raise ConfigurationError(
            f"The membership of {row['area']} in {row['group']} has a date that is none: {error}.",
            where=str(folder / "area_groups.csv"),
            hint="Dates are written 1971-01-01.",
        ) from error
    precision = row["precision"] or None
    return Membership(row["group"], row["area"], row["scheme"], valid_from, valid_to, precision)
