"""The difference of two releases in words: a section a kind, a line a series and provider, the gravest kinds first.

From the rows of `report.release_diff` to sentences; where they are printed (`CHANGES.md`, the terminal) is elsewhere.
Rows are grouped by Polars; only the few lines that are shown are put together one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from warehouse.release_diff import KINDS

SHOWN = 20
"""Lines shown a kind; the rest is counted. The table has all of them."""
_AREAS_NAMED = 3
_MEDIAN_FROM = 5
_LONGEST = 60

TITLES = {
    "series_removed": "Series removed",
    "series_added": "Series added",
    "coverage_dropped": "Fewer areas with a value",
    "base_year_changed": "Base period changed",
    "unit_changed": "Unit changed",
    "nature_changed": "NATURE changed",
    "key_removed": "Observations removed",
    "key_added": "Observations added",
    "value_revised": "Values revised",
    "attributes_revised": "Other attributes revised",
}
_OF_SERIES = ("series_removed", "series_added", "coverage_dropped")
_GROUPED_BY = {
    "base_year_changed": ("code_before", "code_after"),
    "unit_changed": ("code_before", "code_after"),
    "nature_changed": ("code_before", "code_after"),
    "attributes_revised": ("attributes",),
}


@dataclass(frozen=True, slots=True)
class Section:
    """What is said of one kind of difference.

    Attributes:
        kind: of `report.release_diff`.
        title: the kind in words.
        rows: differences of this kind.
        lines: a line a series, or a series and provider, the largest first.
        more: lines that are not shown.
    """

    kind: str
    title: str
    rows: int
    lines: tuple[str, ...]
    more: int


def sections(rows: pl.DataFrame, *, shown: int = SHOWN) -> list[Section]:
    """Return what differs, the gravest kinds first; kinds without a difference are left out.

    Args:
        rows: of `report.release_diff`.
        shown: lines a kind.
    """
    names = _area_names(rows)
    found = []
    for kind in KINDS:
        here = rows.filter(pl.col("kind") == kind)
        if here.is_empty():
            continue
        groups = here if kind in _OF_SERIES else _grouped(here, _GROUPED_BY.get(kind, ()))
        line = _LINES[kind]
        lines = tuple(_of(one) + line(one, names) for one in groups.head(shown).iter_rows(named=True))
        found.append(Section(kind, TITLES[kind], here.height, lines, max(0, groups.height - shown)))
    return found


def largest_revisions(rows: pl.DataFrame, *, shown: int = SHOWN) -> pl.DataFrame:
    """Return the value revisions that are largest relative to the value before; those from 0 come last."""
    revised = rows.filter((pl.col("kind") == "value_revised") & pl.col("difference").is_not_null())
    size = pl.col("relative").abs()
    return revised.sort(size, pl.col("difference").abs(), descending=True, nulls_last=True).head(shown)


def number(value: float | None) -> str:
    """Return a value as a person reads it, six digits that count."""
    if value is None:
        return "no value"
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.6g}"


def percent(relative: float | None) -> str:
    """Return a relative change: `+20.0 %`; `from 0` where there is none."""
    return "from 0" if relative is None else f"{100 * relative:+,.1f} %"


def plural(count: int, word: str) -> str:
    """Return `1 area`, `2 areas`, `2 series`."""
    return f"{count:,} {word}{'' if count == 1 or word == 'series' else 's'}"


def _grouped(rows: pl.DataFrame, by: tuple[str, ...]) -> pl.DataFrame:
    """Return a row a series, provider and what else tells them apart, the largest first."""
    size = pl.col("relative").abs()
    # The revision of each group that is largest; where none can be compared, any.
    at = pl.struct("area_name", "ref_area", "time_period", "value_before", "value_after", "relative", "unit_after")
    keys = ["indicators", "series", "provider", *by]
    return (
        rows.group_by(keys)
        .agg(
            pl.len().alias("rows"),
            pl.col("ref_area").unique().sort().alias("areas"),
            pl.col("time_period").min().alias("first"),
            pl.col("time_period").max().alias("last"),
            size.median().alias("median"),
            at.sort_by(size, pl.col("time_period"), descending=True, nulls_last=True).first().alias("largest"),
        )
        .sort(pl.col("rows"), *keys, descending=[True] + [False] * len(keys))
    )


def _area_names(rows: pl.DataFrame) -> dict[str, str]:
    known = rows.select("ref_area", "area_name").drop_nulls().unique("ref_area")
    return dict(known.iter_rows())


def _of(one: Mapping[str, Any]) -> str:
    provider = f", {one['provider']}" if one.get("provider") else ""
    return f"{one['series']} ({one['indicators']}{provider}): "


def _areas(codes: list[str], names: Mapping[str, str]) -> str:
    """Return the areas by name, when they are few, else their number."""
    if len(codes) > _AREAS_NAMED:
        return plural(len(codes), "area")
    return ", ".join(names.get(code, code) for code in codes)


def _span(one: Mapping[str, Any]) -> str:
    return one["first"] if one["first"] == one["last"] else f"{one['first']} to {one['last']}"


def _places(one: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return f"{plural(one['rows'], 'observation')} of {_areas(one['areas'], names)}, {_span(one)}"


def _series_line(one: Mapping[str, Any], side: str) -> str:
    held = f"{plural(one[f'observations_{side}'], 'observation')}, {plural(one[f'areas_{side}'], 'area')} with a value"
    return f"{one['series_name'] or 'no name'}; {held}"


def _coverage_line(one: Mapping[str, Any], names: Mapping[str, str]) -> str:
    lost = _areas(one["areas_lost"].split(), names)
    return f"{one['areas_before']} → {plural(one['areas_after'], 'area')}; no value any more: {lost}"


def _revised_line(one: Mapping[str, Any], names: Mapping[str, str]) -> str:
    top = one["largest"]
    both = None not in (top["value_before"], top["value_after"])
    change = f" ({percent(top['relative'])})" if both else ""
    where = f"{top['area_name'] or top['ref_area']} {top['time_period']}"
    unit = f" {top['unit_after']}" if top["unit_after"] else ""
    said = f"{where} {number(top['value_before'])} → {number(top['value_after'])}{unit}{change}"
    if one["rows"] == 1:
        return said
    told = one["median"] is not None and one["rows"] >= _MEDIAN_FROM
    median = f", half of them by {100 * one['median']:,.1f} % or more" if told else ""
    return f"{_places(one, names)}{median}; largest: {said}"


def _code_line(one: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return f"{_short(one['code_before'])} → {_short(one['code_after'])} in {_places(one, names)}"


def _short(text: str) -> str:
    """Return a text on one line, cut where it is long: BASE_PER is what somebody sent."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


_LINES: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, str]], str]] = {
    "series_removed": lambda one, _: _series_line(one, "before"),
    "series_added": lambda one, _: _series_line(one, "after"),
    "coverage_dropped": _coverage_line,
    "base_year_changed": _code_line,
    "unit_changed": _code_line,
    "nature_changed": _code_line,
    "key_removed": _places,
    "key_added": _places,
    "value_revised": _revised_line,
    "attributes_revised": lambda one, names: f"{one['attributes'].replace(' ', ', ')} of {_places(one, names)}",
}
