"""Downloads of the UN SDG portal and older UNSD tables: their headings and codes are the API's, not SDMX's.

`un_portal.yaml` beside this module is the table of both, with sources; here is only how it is used: headings
become component ids, codes become SDMX codes, a unit of the API becomes unit and multiplier, a year that a
spreadsheet made `2005.0` is a year again, a dimension that the portal leaves out is `_T`. Every value is the text it
was, and every row is kept but those that hold an area and a year and nothing else. Descriptions beside the codes are
left out. One note says all this.

How the cells are read is in `pipelines.read.table` and `pipelines.read.workbook`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from metadata.findings import Finding
from metadata.rules import finding, rows_in_words
from metadata.words import listed, text
from pipelines.read.message import PLACE_COLUMNS
from pipelines.read.renaming import TOTAL, in_words, rename

FORMAT_CSV = "un-portal-csv"
FORMAT_EXCEL = "un-portal-excel"

_NEEDED = frozenset({"seriescode", "geoareacode", "value"})
_TABLE = Path(__file__).with_name("un_portal.yaml")


@dataclass(frozen=True, slots=True)
class _Table:
    """The content of `un_portal.yaml`, by plain heading (see `_plain`)."""

    components: dict[str, str]
    left_out: frozenset[str]
    codes: dict[str, dict[str, str]]
    units: dict[str, tuple[str, str]]
    without_breakdown: tuple[str, ...]


def _plain(heading: str) -> str:
    """Return a heading in lower case without what its spellings differ in; `Series Code`, `[SeriesCode]`."""
    return re.sub(r"[\s_\[\]]", "", heading.lower())


@cache
def _table() -> _Table:
    from metadata.structure import load_structure
    from metadata.yaml_source import read_yaml

    said = read_yaml(_TABLE, root=_TABLE.parent).value
    topics = load_structure().codelist("COMPOSITE_BREAKDOWN")
    known = topics.ids() if topics else frozenset()
    units = {unit: (pair[0], str(pair[1])) for unit, pair in said["units"].items()}
    codes: dict[str, dict[str, str]] = {}
    for heading, component in said["components"].items():
        own = dict(said["codes"].get(component, {}))
        if component in said["dimensions_without_breakdown"]:
            own |= dict.fromkeys(said["totals"], TOTAL)
        prefix = said["prefixes"].get(heading, "")
        own |= {code.removeprefix(prefix): code for code in known if prefix and code.startswith(prefix)}
        codes[heading] = own | ({unit: pair[0] for unit, pair in units.items()} if component == "unit_measure" else {})
    return _Table(
        said["components"], frozenset(said["left_out"]), codes, units,
        tuple(said["dimensions_without_breakdown"]),
    )


def portal_heading(cells: Sequence[str]) -> bool:
    """Say whether a row is the heading of such a table."""
    return {_plain(cell) for cell in cells} >= _NEEDED


def portal_position(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the position of the first row that is such a heading, or None."""
    return next((number for number, cells in enumerate(rows) if portal_heading(cells)), None)


def portal_columns(columns: Sequence[str]) -> dict[str, str]:
    """Return the component's column, by the column of a table with the portal's headings; of several, the first."""
    components = _table().components
    named: dict[str, str] = {}
    for column in columns:
        component = components.get(_plain(column), column)
        if component not in named.values():
            named[column] = component
    return named


def from_portal(frame: pl.DataFrame) -> tuple[pl.DataFrame, Finding]:
    """Return the read frame of a table with the portal's headings, in SDMX names and codes, and the note."""
    table = _table()
    plain = {name: _plain(name) for name in frame.columns if name not in PLACE_COLUMNS}
    left_out = [name for name, heading in plain.items() if heading in table.left_out]
    cells = frame.drop(left_out)
    components = {name: table.components.get(heading, name) for name, heading in plain.items()}
    units = next((cells[name] for name in cells.columns if components.get(name) == "unit_measure"), None)
    codes = {name: table.codes.get(heading, {}) for name, heading in plain.items()}
    renamed, changed = rename(cells, components, codes)
    if "time_period" in renamed.columns:
        period = renamed["time_period"]
        spread = int(period.str.contains(r"^\d{4}\.0$").sum() or 0)
        if spread:
            renamed = renamed.with_columns(pl.col("time_period").str.replace(r"^(\d{4})\.0$", "$1"))
            changed["TIME_PERIOD", text("a year with .0"), text("the year")] = spread
    if units is not None and "unit_mult" not in renamed.columns:
        multipliers = {unit: multiplier for unit, (_, multiplier) in table.units.items()}
        renamed = renamed.with_columns(
            units.replace_strict(multipliers, default=None, return_dtype=pl.String).alias("unit_mult")
        )
    totals = [pl.lit(None, pl.String).alias(c) for c in table.without_breakdown if c not in renamed.columns]
    renamed = renamed.with_columns(totals).with_columns(pl.col(table.without_breakdown).fill_null(TOTAL))
    if "freq" not in renamed.columns:
        renamed = renamed.with_columns(pl.lit("A").alias("freq"))
    columns = [name for name in renamed.columns if name not in PLACE_COLUMNS]
    # the older workbooks have a row for every area and year; one without value, unit and nature is no observation
    said = [name for name in ("obs_value", "obs_status", "unit_measure", "nature") if name in renamed.columns]
    filled = renamed.filter(pl.any_horizontal(pl.col(said).str.strip_chars().fill_null("") != ""))
    blank, renamed = renamed.height - filled.height, filled
    note = finding(
        "UN-PORTAL-MAPPED", places=max(frame.height, 1), codes=in_words(changed),
        left_out=listed(left_out, "comma") if left_out else text("none"),
        blank=rows_in_words(blank) if blank else text("none"),
    )
    return renamed.select(*columns, *(name for name in PLACE_COLUMNS if name in renamed.columns)), note
