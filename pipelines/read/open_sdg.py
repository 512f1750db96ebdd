"""Tables of Open SDG platforms, read by the office's own maps of headings and codes.

Open SDG (sdg-build) keeps an indicator as a CSV with `Year`, one column a disaggregation, and `Value`; for SDMX
output an office maintains two tables, one of headings and one of codes (`pipelines.read.open_sdg_maps`). These two are
what is needed here: a provider names them under `open_sdg`, `sdg read` takes them as `--columns … --codes …`. Without
them such a table is recognised and refused.

An empty cell means "no breakdown" on these platforms; it stays empty here, and a default in the provider's code
map says what it is. A text without code stays as it is. Year and Value need no entry in the table of headings.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from metadata.rules import finding
from metadata.words import listed, text
from pipelines.read.arrow_texts import in_polars
from pipelines.read.columns import named
from pipelines.read.delimited import DELIMITERS, Text, column_names, open_text
from pipelines.read.delimited_blocks import Grid
from pipelines.read.delimited_rows import read_cells
from pipelines.read.message import PLACE_COLUMNS, Header, Message
from pipelines.read.open_sdg_maps import OpenSdgMaps, first_row, maps_of, read_code_map, read_column_map
from pipelines.read.renaming import in_words, rename
from pipelines.read.safety import Source

FORMAT = "open-sdg-csv"

_ALWAYS = {"year": "time_period", "value": "obs_value"}


def read_open_sdg(data: Path | bytes, column_map: Path | bytes, code_map: Path | bytes) -> Message:
    """Return the message in a CSV of an Open SDG platform.

    Args:
        data: the table of one indicator.
        column_map: CSV with the columns Text and Value: heading, component id.
        code_map: CSV with the columns Text, Dimension and Value: text of a cell, component id, code.

    Raises:
        UnreadableFile: one of the three is no such table, or a map says two things of one text; with the line.
    """
    maps = maps_of(read_column_map(column_map), read_code_map(code_map))
    return read_mapped(open_text(Source.of(data, "data" if isinstance(data, bytes) else None)), maps)


def is_open_sdg(source: Text) -> bool:
    """Say whether a text's first row has the headings Year and Value."""
    first_rows = (source.records(delimiter)[:1] for delimiter in DELIMITERS)
    return any({cell.strip().lower() for cell in row} >= set(_ALWAYS) for rows in first_rows for row, _ in rows)


def read_mapped(source: Text, maps: OpenSdgMaps) -> Message:
    """Return the message in the text of an Open SDG platform's table.

    Raises:
        UnreadableFile: its first row does not hold Year and Value, or a row cannot be read; with the line.
    """
    delimiter, headings, line = first_row(source, set(_ALWAYS), "Year and Value")
    columns = column_names(headings, source.name, line)
    cells = read_cells(source, Grid(delimiter, len(headings), 1, line))
    frame = in_polars(named(cells.table, columns, source.name, line))
    components = _same(columns) | _ALWAYS | maps.components
    codes = {column: maps.codes.get(components.get(column, column), {}) for column in frame.columns}
    renamed, changed = rename(frame, components, codes)
    unknown = [name for name in renamed.columns if name not in components.values()]
    note = finding(
        "OPEN-SDG-MAPPED", places=max(frame.height, 1), codes=in_words(changed),
        unknown=listed(unknown, "comma") if unknown else text("none"),
    )
    placed = renamed.with_columns(
        pl.lit(None, pl.String).alias("_sheet"), pl.Series("_row", cells.rows), pl.Series("_line", cells.lines),
        pl.lit(0, pl.Int32).alias("_dataset"), pl.lit(None, pl.String).alias("_action"),
    )
    notes = (source.note, note) if source.note else (note,)
    ordered = placed.select(*(name for name in placed.columns if name not in PLACE_COLUMNS), *PLACE_COLUMNS)
    return Message(FORMAT, Header(dataset_actions=(None,)), ordered, notes)


def _same(columns: list[str]) -> dict[str, str]:
    """Return the headings that are a component's id but for spaces, such as "Unit measure"."""
    from metadata.structure import load_structure

    ids = set(load_structure().columns)
    return {name: name.replace(" ", "_") for name in columns if name.replace(" ", "_") in ids}
