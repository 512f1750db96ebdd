"""Long tables with SDMX component ids as headings, and what other tables are called in a sentence.

Here: how a heading row is recognised (shared with `pipelines.read.workbook`), and plain CSV. The columns are
component ids in upper or lower case, one row an observation; at least `NEEDED`. Tables of the UN portal have
headings of their own, which `pipelines.read.un_portal` turns into these. Tables of Open SDG platforms need the
office's maps (`pipelines.read.open_sdg`), so without them they are recognised and refused with a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from metadata.errors import UnreadableFile
from metadata.words import text
from pipelines.read.arrow_texts import in_polars
from pipelines.read.columns import named, plain_actions
from pipelines.read.delimited import DELIMITERS, HEADING_ROWS, Text, column_names
from pipelines.read.delimited_blocks import Grid
from pipelines.read.delimited_rows import Cells, read_cells, stream_cells
from pipelines.read.message import PLACE_COLUMNS, Header, MessageStream, begun
from pipelines.read.template import from_template, headed, mark_of
from pipelines.read.un_portal import FORMAT_CSV, from_portal, portal_heading, portal_position

FORMAT = "table-csv"
NEEDED = frozenset({"series", "time_period", "obs_value"})
"""Headings, in lower case, that a row must have to be the heading of a table of observations."""
ALL_NEEDED = "SERIES, TIME_PERIOD and OBS_VALUE"

_FOREIGN: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"year", "value"}), text("a table of an Open SDG platform")),
)
OPEN_SDG = text(
    "Name the platform's maps to SDMX under open_sdg in the provider's file, or read it with sdg read "
    "--columns MAP.csv --codes MAP.csv and send the result."
)
SEND = text("Send the Excel template, or a table with SDMX component ids as headings (SERIES, REF_AREA, …).")


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


def find_table(source: Text) -> tuple[str, int, list[str], int] | None:
    """Return delimiter, row (1-based), headings and last line of the heading of a long table, or None."""
    for heading_of in (heading_position, portal_position):
        for delimiter in DELIMITERS:
            records = source.records(delimiter)
            position = heading_of([record for record, _ in records])
            if position is not None:
                record, line = records[position]
                return delimiter, position + 1, record, line
    return None


def refuse_text(source: Text) -> UnreadableFile:
    """Return the error for a text that is no table of observations, saying what it looks like."""
    for delimiter in DELIMITERS:
        what = foreign_table([record for record, _ in source.records(delimiter)])
        if what:
            said = text("This is {what}, which needs its maps.", what=what)
            return UnreadableFile(said, where=source.name, hint=OPEN_SDG)
    what = text(
        "This text is no table of observations: none of its first {rows} rows has the headings {headings}.",
        rows=HEADING_ROWS, headings=ALL_NEEDED,
    )
    return UnreadableFile(what, where=source.name, hint=SEND)


def open_table_csv(source: Text) -> MessageStream:
    """Open the message in a plain long CSV; a table of the UN portal comes in one batch.

    A column `_action`, as `sdg read` writes it, gives the action; the other place columns of an earlier
    reading are replaced by this one's. The header's `dataset_actions` are known when the parts are exhausted.

    Raises:
        UnreadableFile: no heading row was found, or a row or a heading cannot be used; with the line.
    """
    found = find_table(source)
    if found is None:
        raise refuse_text(source)
    delimiter, row, headings, line = found
    columns = column_names(headings, source.name, line)
    grid = Grid(delimiter, len(headings), row, line)
    notes = [source.note] if source.note else []
    if portal_heading(headings):
        frame, note = from_portal(_placed(read_cells(source, grid), columns, source.name, line))
        return MessageStream(FORMAT_CSV, _header(frame["_action"].unique()), iter([_in_order(frame)]), [*notes, note])

    mark = mark_of(source.records(delimiter)[0][0]) if row > 1 else {}

    def batches() -> Iterator[pl.DataFrame]:
        actions = set[str | None]()
        for cells in stream_cells(source, grid):
            frame = from_template(_placed(cells, columns, source.name, line), mark)
            actions.update(frame["_action"].unique())
            yield _in_order(frame)
            stream.header = headed(_header(actions), mark)

    stream = MessageStream(FORMAT, headed(_header(()), mark), iter(()), notes)
    every = batches()
    stream.parts = begun(next(every), every)
    return stream


def _placed(cells: Cells, columns: list[str], name: str, line: int) -> pl.DataFrame:
    """Return the cells as named columns with the place columns."""
    frame = in_polars(named(cells.table, columns, name, line))
    actions = plain_actions(frame["_action"]) if "_action" in frame.columns else pl.lit(None, pl.String)
    return frame.with_columns(
        pl.lit(None, pl.String).alias("_sheet"),
        pl.Series("_row", cells.rows),
        pl.Series("_line", cells.lines),
        pl.lit(0, pl.Int32).alias("_dataset"),
        actions.alias("_action"),
    )


def _in_order(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(*(name for name in frame.columns if name not in PLACE_COLUMNS), *PLACE_COLUMNS)


def _header(actions: Iterable[str | None]) -> Header:
    each = tuple(actions)
    return Header(dataset_actions=each if len(each) == 1 else (None,))
