"""Tables of Open SDG platforms, read by the office's own maps of headings and codes.

Open SDG (sdg-build) keeps an indicator as a CSV with `Year`, one column a disaggregation, and `Value`; for SDMX
output an office maintains two tables: one of headings (`Text,Value`: "Sex,SEX") and one of codes
(`Text,Dimension,Value`: "Male,SEX,M"). These two are what is needed here, so such a file cannot be told from
its bytes alone: `pipelines.read.detect` names it and refuses it, `sdg read --columns … --codes …` reads it.

An empty cell means "no breakdown" on these platforms; it stays empty here, and a default in the provider's code
map says what it is. A text without code stays as it is. Year and Value need no entry in the table of headings.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from metadata.errors import UnreadableFile
from metadata.rules import finding
from metadata.words import listed, text
from pipelines.read.delimited import DELIMITERS, Text, column_names, open_text
from pipelines.read.delimited_blocks import Grid
from pipelines.read.delimited_rows import read_cells
from pipelines.read.message import Header, Message
from pipelines.read.renaming import in_words, rename
from pipelines.read.safety import Source
from pipelines.read.table import named

FORMAT = "open-sdg-csv"

_ALWAYS = {"year": "time_period", "value": "obs_value"}
_HINT = text("Name the platform's CSV of one indicator; its first row holds Year and Value.")


def read_open_sdg(data: Path | bytes, column_map: Path | bytes, code_map: Path | bytes) -> Message:
    """Return the message in a CSV of an Open SDG platform.

    Args:
        data: the table of one indicator.
        column_map: CSV with the columns Text and Value: heading, component id.
        code_map: CSV with the columns Text, Dimension and Value: text of a cell, component id, code.

    Raises:
        UnreadableFile: one of the three is no such table; with the line.
    """
    source = _text(data, "data")
    delimiter, headings, line = _first_row(source, {"year", "value"}, "Year and Value")
    columns = column_names(headings, source.name, line)
    cells = read_cells(source, Grid(delimiter, len(headings), 1, line))
    frame = named(cells.frame, columns, source.name, line)
    components = _same(columns) | _ALWAYS | {
        heading.strip().lower(): component.strip().lower()
        for heading, component in _map(column_map, "column map", ("text", "value"))
    }
    by_component: dict[str, dict[str, str]] = {}
    for cell, component, code in _map(code_map, "code map", ("text", "dimension", "value")):
        by_component.setdefault(component.strip().lower(), {})[cell] = code
    codes = {column: by_component.get(components.get(column, column), {}) for column in frame.columns}
    renamed, changed = rename(frame, components, codes)
    unknown = [name for name in renamed.columns if name not in components.values()]
    note = finding(
        "OPEN-SDG-MAPPED", places=max(frame.height, 1), codes=in_words(changed),
        unknown=listed(unknown, "comma") if unknown else text("none"),
    )
    placed = renamed.with_columns(
        pl.lit(None, pl.String).alias("_sheet"), cells.rows.alias("_row"), cells.lines.alias("_line"),
        pl.lit(0, pl.Int32).alias("_dataset"), pl.lit(None, pl.String).alias("_action"),
    )
    notes = (source.note, note) if source.note else (note,)
    return Message(FORMAT, Header(dataset_actions=(None,)), placed, notes)


def _same(columns: list[str]) -> dict[str, str]:
    """Return the headings that are a component's id but for spaces, such as "Unit measure"."""
    from metadata.structure import load_structure

    ids = set(load_structure().columns)
    return {name: name.replace(" ", "_") for name in columns if name.replace(" ", "_") in ids}


def _text(data: Path | bytes, name: str) -> Text:
    return open_text(Source.of(data, name if isinstance(data, bytes) else None))


def _first_row(table: Text, needed: set[str], in_words_: str) -> tuple[str, list[str], int]:
    for delimiter in DELIMITERS:
        records = table.records(delimiter)
        if records and {cell.strip().lower() for cell in records[0][0]} >= needed:
            return delimiter, records[0][0], records[0][1]
    what = text("The first row does not have the headings {headings}.", headings=in_words_)
    raise UnreadableFile(what, where=f"{table.name}:1", hint=_HINT)


def _map(data: Path | bytes, name: str, needed: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the rows of one of the office's maps, the needed columns only; rows with an empty cell are no rule."""
    table = _text(data, name)
    titles = " and ".join((", ".join(title.title() for title in needed[:-1]), needed[-1].title()))
    delimiter, headings, line = _first_row(table, set(needed), titles)
    columns = column_names(headings, table.name, line)
    frame = named(read_cells(table, Grid(delimiter, len(headings), 1, line)).frame, columns, table.name, line)
    return frame.select(needed).drop_nulls().rows()
