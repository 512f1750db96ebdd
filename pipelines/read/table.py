"""Long tables with SDMX component ids as headings, and what other tables are called in a sentence.

Here: how a heading row is recognised (shared with `pipelines.read.workbook`), and plain CSV. The columns are
component ids in upper or lower case, one row an observation; at least `NEEDED`. Tables of the UN portal have
headings of their own, which `pipelines.read.un_portal` turns into these. Tables of Open SDG platforms need the
office's maps (`pipelines.read.open_sdg`), so they are recognised and refused with a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from metadata.errors import UnreadableFile
from pipelines.read.delimited import DELIMITERS, HEADING_ROWS, Text, column_names, read_cells
from pipelines.read.message import ACTIONS, PLACE_COLUMNS, Header, Message
from pipelines.read.template import from_template, headed, mark_of
from pipelines.read.un_portal import FORMAT_CSV, from_portal, portal_heading, portal_position

FORMAT = "table-csv"
NEEDED = frozenset({"series", "time_period", "obs_value"})
"""Headings, in lower case, that a row must have to be the heading of a table of observations."""
ALL_NEEDED = "SERIES, TIME_PERIOD and OBS_VALUE"

_FOREIGN: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"year", "value"}), "a table of an Open SDG platform"),
)
OPEN_SDG = "Read it with sdg read --columns MAP.csv --codes MAP.csv, the platform's maps to SDMX, and send the result."
SEND = "Send the Excel template, or a table with SDMX component ids as headings (SERIES, REF_AREA, …)."


def heading_position(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the position of the first row that has the headings of `NEEDED`, or None."""
    for position, cells in enumerate(rows):
        if {cell.strip().lower() for cell in cells} >= NEEDED:
            return position
    return None


def foreign_table(rows: Sequence[Sequence[str]]) -> str | None:
    """Return what a table is that is known and not read (`a download of the UN SDG portal`), or None."""
    for cells in rows:
        names = {cell.strip().lower().replace(" ", "").replace("_", "") for cell in cells}
        for needed, what in _FOREIGN:
            if names >= needed:
                return what
    return None


def find_table(text: Text) -> tuple[str, int, list[str], int] | None:
    """Return delimiter, row (1-based), headings and last line of the heading of a long table, or None."""
    for heading_of in (heading_position, portal_position):
        for delimiter in DELIMITERS:
            records = text.records(delimiter)
            position = heading_of([record for record, _ in records])
            if position is not None:
                record, line = records[position]
                return delimiter, position + 1, record, line
    return None


def refuse_text(text: Text) -> UnreadableFile:
    """Return the error for a text that is no table of observations, saying what it looks like."""
    for delimiter in DELIMITERS:
        what = foreign_table([record for record, _ in text.records(delimiter)])
        if what:
            return UnreadableFile(f"This is {what}, which needs its maps.", where=text.name, hint=OPEN_SDG)
    what = (
        f"This text is no table of observations: none of its first {HEADING_ROWS} rows has the headings "
        f"{ALL_NEEDED}."
    )
    return UnreadableFile(what, where=text.name, hint=SEND)


def read_table_csv(text: Text) -> Message:
    """Return the message in a plain long CSV.

    A column `_action`, as `sdg read` writes it, gives the action; the other place columns of an earlier
    reading are replaced by this one's.

    Raises:
        UnreadableFile: no heading row was found, or a row or a heading cannot be used; with the line.
    """
    found = find_table(text)
    if found is None:
        raise refuse_text(text)
    delimiter, row, headings, line = found
    columns = column_names(headings, text.name, line)
    cells = read_cells(text, delimiter, len(headings), row, line)
    frame = named(cells.frame, columns, text.name, line)
    mark = mark_of(text.records(delimiter)[0][0]) if row > 1 else {}
    action = pl.lit(None, pl.String)
    if "_action" in frame.columns:
        upper = pl.col("_action").str.to_uppercase()
        action = upper.replace_strict(ACTIONS, default=pl.col("_action"), return_dtype=pl.String)
    frame = frame.with_columns(
        pl.lit(None, pl.String).alias("_sheet"),
        cells.rows.alias("_row"),
        cells.lines.alias("_line"),
        pl.lit(0, pl.Int32).alias("_dataset"),
        action.alias("_action"),
    )
    actions = frame["_action"].unique().to_list()
    header = headed(Header(dataset_actions=tuple(actions) if len(actions) == 1 else (None,)), mark)
    notes = (text.note,) if text.note else ()
    if portal_heading(headings):
        frame, note = from_portal(frame)
        notes = (*notes, note)
    components = [name for name in frame.columns if name not in PLACE_COLUMNS]
    form = FORMAT_CSV if portal_heading(headings) else FORMAT
    return Message(form, header, from_template(frame, mark).select(*components, *PLACE_COLUMNS), notes)


def named(frame: pl.DataFrame, columns: list[str], name: str, line: int | None) -> pl.DataFrame:
    """Return a frame of `0`, `1`, … with its columns named; empty columns without heading are left out.

    Raises:
        UnreadableFile: a column without heading has values.
    """
    for position in range(frame.width):
        unnamed = position >= len(columns) or not columns[position]
        if unnamed and frame[str(position)].null_count() < frame.height:
            raise UnreadableFile(
                f"Column {position + 1} has values and no heading.",
                where=f"{name}:{line}" if line else name, hint="Give it a heading, or delete it.",
            )
    return frame.select(pl.col(str(n)).alias(column) for n, column in enumerate(columns) if column)
