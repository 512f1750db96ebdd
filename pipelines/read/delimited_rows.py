"""The rows of a delimited text below its headings, block by block: cells as texts, and where every row stands.

pyarrow reads the cells. A block of bytes is cut where a row ends, which takes to know what is inside quotation
marks: where every mark stands at the edge of a cell or is doubled (RFC 4180), its parity says so, for a whole
block at once. Where marks stand elsewhere (`5" pipe`), Python's `csv` goes through the block record by record; it
also finds the line of a fault. Both must see as many rows as pyarrow.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from metadata.errors import UnreadableFile
from metadata.words import text
from pipelines.read.delimited import Text
from pipelines.read.safety import MAX_TOKEN, MB

BLOCK = 8 * MB
"""Bytes that become one batch of rows, about."""
_PARSED = 2 * MB
_REQUOTE = text("Look for a quotation mark that is not closed or not doubled, and export the table again.")
_QUOTE, _FEED, _RETURN = b'"\n\r'

_LINE_END, _NOT_BLANK = re.compile(rb"\r\n|\n|\r"), re.compile(rb"[^\r\n]")

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cells:
    """Some of the rows below the headings.

    Attributes:
        frame: one String column a heading, named `0`, `1`, …; an empty cell, quoted or not, is null.
        lines: line of each row in the text, 1-based.
        rows: row of the table as a spreadsheet shows it, 1-based, blank rows and the rows above counted.
    """

    frame: pl.DataFrame
    lines: pl.Series
    rows: pl.Series


@dataclass(frozen=True, slots=True)
class Grid:
    """How a table stands in its text.

    Attributes:
        delimiter: one of `pipelines.read.delimited.DELIMITERS`.
        width: number of cells of the heading, which every row must have.
        row: row of the heading, 1-based.
        line: last line of the heading, 1-based.
    """

    delimiter: str
    width: int
    row: int
    line: int


@dataclass(frozen=True, slots=True)
class _Block:
    """Bytes that begin and end between rows.

    Attributes:
        text: bytes that the block is at the begin of.
        end: where it ends.
        quotes: positions of the quotation marks, when their parity tells what is quoted; else None.
        line, row: how many lines of the text and rows of the table are before it.
    """

    text: bytes
    end: int
    quotes: Numbers | None
    line: int
    row: int

    @property
    def data(self) -> bytes:
        """The bytes, copied."""
        return self.text[: self.end]


@dataclass(frozen=True, slots=True)
class _Places:
    """Line and row of every row of a block that is not blank, from 0, and how many there are in all."""

    lines: Numbers
    rows: Numbers
    all_lines: int
    all_rows: int


def read_cells(source: Text, grid: Grid) -> Cells:
    """Return all rows below the headings at once.

    Raises:
        UnreadableFile: as `stream_cells`.
    """
    parts = list(stream_cells(source, grid))
    return Cells(
        pl.concat([part.frame for part in parts]),
        pl.concat([part.lines for part in parts]),
        pl.concat([part.rows for part in parts]),
    )


def stream_cells(source: Text, grid: Grid, *, on_bytes: bool = True) -> Iterator[Cells]:
    """Yield the rows below the headings in parts, at least one, be it empty.

    Args:
        source: the whole text.
        grid: how the table stands in it.
        on_bytes: tell the source's listener.

    Raises:
        UnreadableFile: a row has fewer or more cells, a quotation mark is never closed or not doubled, or a row
            is over the limit; with the line.
    """
    names = [str(number) for number in range(grid.width)]
    line, row, some = grid.line, grid.row, False
    cutter = _Cutter(source, grid, on_bytes=on_bytes)
    while block := cutter.next(line, row):
        parsed = _table(block, names, source, grid)
        if places := _one_line_each(block, parsed.num_rows):
            line, row = line + places, row + places
            numbers = pl.int_range(1 - places, 1, dtype=pl.Int64, eager=True)
            cells = Cells(_frame(parsed), numbers + line, numbers + row)
        else:
            found = _walk(block, source, grid) if block.quotes is None else _places(block.data, block.quotes)
            if len(found.lines) != parsed.num_rows:
                what = text("The quotation marks of the table can be read in two ways.")
                raise UnreadableFile(what, where=f"{source.name}:{line + 1}", hint=_REQUOTE)
            lines, rows = pl.Series(found.lines, dtype=pl.Int64), pl.Series(found.rows, dtype=pl.Int64)
            cells = Cells(_frame(parsed), lines + (line + 1), rows + (row + 1))
            line, row = line + found.all_lines, row + found.all_rows
        cells = _without_empty(cells)
        if cells.frame.height:
            some = True
            yield cells
    if not some:
        none = pl.Series([], dtype=pl.Int64)
        yield Cells(pl.DataFrame(schema=dict.fromkeys(names, pl.String)), none, none)


class _Cutter:
    """Cuts a text into blocks at the ends of rows."""

    def __init__(self, source: Text, grid: Grid, *, on_bytes: bool) -> None:
        self._source, self._grid = source, grid
        self._pieces = _below(source.pieces(BLOCK, on_bytes=on_bytes), grid.line)
        self._rest, self._ended = b"", False

    def next(self, line: int, row: int) -> _Block | None:
        """Return the next block, before which are so many lines and rows; None at the end.

        Raises:
            UnreadableFile: a row is over the limit, or a quotation mark is never closed.
        """
        data = self._rest
        while not self._ended:
            if len(data) > MAX_TOKEN:
                what = text(
                    "The row that begins here is longer than {limit} MB, which is the limit.",
                    limit=MAX_TOKEN // MB,
                )
                raise UnreadableFile(what, where=f"{self._source.name}:{line + 1}", hint=_REQUOTE)
            if piece := next(self._pieces, None):
                data += piece
            else:
                self._ended = True
            quotes = _positions(data, _QUOTE) if b'"' in data else np.empty(0, np.int64)
            regular = _is_regular(data, quotes, ord(self._grid.delimiter))
            if regular:
                end = _cut(data, quotes, ended=self._ended)
            else:
                end = _walk(_Block(data, len(data), None, line, row), self._source, self._grid, whole=self._ended).end
            if end:
                self._rest = data[end:]
                return _Block(data, end, quotes[quotes < end] if regular else None, line, row)
        if data:  # a quotation mark that is never closed, which this says
            _walk(_Block(data, len(data), None, line, row), self._source, self._grid)
        return None


def _below(pieces: Iterator[bytes], line: int) -> Iterator[bytes]:
    """Yield what is below line `line`, which is in the first piece."""
    data, begin = next(pieces, b""), 0
    for _ in range(line):
        found = _LINE_END.search(data, begin)
        begin = found.end() if found else len(data)
    if begin < len(data):
        yield data[begin:]
    yield from pieces


def _positions(data: bytes, character: int) -> Numbers:
    return np.flatnonzero(np.frombuffer(data, np.uint8) == character)


def _is_regular(data: bytes, quotes: Numbers, delimiter: int) -> bool:
    """Say whether every quotation mark opens a cell at its begin, closes one at its end, or is doubled inside."""
    characters = np.frombuffer(data, np.uint8)
    edges = np.zeros(256, np.bool_)
    edges[[delimiter, _QUOTE, _FEED, _RETURN]] = True
    before, after = quotes[::2] - 1, quotes[1::2] + 1
    before, after = before[before >= 0], after[after < len(data)]
    return bool(edges[characters[before]].all() and edges[characters[after]].all())


def _cut(data: bytes, quotes: Numbers, *, ended: bool) -> int | None:
    """Return where the last row that is whole ends; None when there is none."""
    if ended:
        return len(data) if len(quotes) % 2 == 0 else None
    limit = len(data)
    while limit:
        if len(quotes) and (inside := int(np.searchsorted(quotes, limit))) % 2:
            limit = int(quotes[inside - 1])
        # A carriage return at the very end may be half of a line end.
        end = max(data.rfind(b"\n", 0, limit), data.rfind(b"\r", 0, min(limit, len(data) - 1)))
        if end < 0:
            return None
        if int(np.searchsorted(quotes, end)) % 2 == 0:
            return end + 1
        limit = end
    return None


def _table(block: _Block, names: list[str], source: Text, grid: Grid) -> Any:
    """Return the cells of a block as pyarrow reads them.

    Raises:
        UnreadableFile: they cannot be read; with the line.
    """
    if _NOT_BLANK.search(block.text, 0, block.end) is None:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    quoted = block.quotes is None or len(block.quotes) > 0
    # A row longer than a piece that pyarrow parses is an error to it, so that a second try is made with larger ones.
    for size in (_PARSED, MAX_TOKEN):
        try:
            return arrow_csv.read_csv(
                pa.BufferReader(pa.py_buffer(memoryview(block.text)[: block.end])),
                read_options=arrow_csv.ReadOptions(column_names=names, block_size=size),
                parse_options=arrow_csv.ParseOptions(delimiter=grid.delimiter, newlines_in_values=quoted),
                convert_options=arrow_csv.ConvertOptions(
                    check_utf8=False, column_types=dict.fromkeys(names, pa.string()), null_values=[""],
                    strings_can_be_null=True, quoted_strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid as error:
            fault = error
    _walk(block, source, grid)
    what = text("The table cannot be read: {fault}", fault=str(fault).splitlines()[0])
    raise UnreadableFile(what, where=f"{source.name}:{block.line + 1}", hint=_REQUOTE) from fault


def _frame(parsed: Any) -> pl.DataFrame:
    """Return the cells as Polars has them; columns without a cell, of which SDMX has many, as one null."""
    empty = [name for name in parsed.column_names if parsed[name].null_count == parsed.num_rows]
    if not empty or len(empty) == parsed.num_columns:
        return pl.DataFrame(pl.from_arrow(parsed, rechunk=False))
    filled = pl.DataFrame(pl.from_arrow(parsed.drop_columns(empty), rechunk=False))
    nothing = [pl.lit(None, pl.String).alias(name) for name in empty]
    return filled.with_columns(nothing).select(parsed.column_names)


def _without_empty(cells: Cells) -> Cells:
    """Return the rows that have a cell."""
    frame = cells.frame
    if any(count == 0 for count in frame.null_count().row(0)):
        return cells
    kept = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    return Cells(frame.filter(kept), cells.lines.filter(kept), cells.rows.filter(kept))


def _one_line_each(block: _Block, rows: int) -> int:
    """Return the number of rows when each of them is one line and there is no blank line, else 0."""
    if block.quotes is None:
        return 0
    text, end = block.text, block.end
    feeds, returns = text.count(b"\n", 0, end), text.count(b"\r", 0, end)
    plain = returns == 0 or returns == feeds == text.count(b"\r\n", 0, end)
    return rows if plain and feeds + (not text.endswith(b"\n", 0, end)) == rows else 0


def _places(data: bytes, quotes: Numbers) -> _Places:
    """Return where the rows of a block are whose quotation marks are regular."""
    characters = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero((characters == _FEED) | (characters == _RETURN))
    after = np.append(characters, 0)[ends + 1]
    ends = ends[(characters[ends] != _RETURN) | (after != _FEED)]
    at_return = (characters[ends] == _FEED) & (ends > 0) & (characters[ends - 1] == _RETURN)
    numbers = np.flatnonzero(np.searchsorted(quotes, ends) % 2 == 0)
    begins, lines = np.append(0, ends[numbers] + 1), np.append(0, numbers + 1)
    contents = np.append((ends - at_return)[numbers], len(characters))
    if begins[-1] == len(characters):
        begins, lines, contents = begins[:-1], lines[:-1], contents[:-1]
    filled = np.flatnonzero(contents > begins)
    return _Places(lines[filled], filled, len(ends), len(begins))


@dataclass(frozen=True, slots=True)
class _Walked(_Places):
    """What `csv` saw; `end` is where the last whole row ends."""

    end: int


def _walk(block: _Block, source: Text, grid: Grid, *, whole: bool = True) -> _Walked:
    """Go through a block record by record; the last may be cut off when the block is not whole.

    Raises:
        UnreadableFile: a row has fewer or more cells than the heading, or cannot be read; with the line.
    """
    data = block.data
    parts = data.splitlines(keepends=True)
    reader = csv.reader((part.decode() for part in parts), delimiter=grid.delimiter, strict=True)
    lines, rows, row, line = [], [], 0, 0
    while True:
        try:
            record = next(reader, None)
        except csv.Error as error:
            if not whole and reader.line_num == len(parts):
                break
            what = text("The row that begins here cannot be read: {fault}.", fault=error)
            where = f"{source.name}:{block.line + line + 1}"
            raise UnreadableFile(what, where=where, hint=_REQUOTE) from error
        if record is None or (not whole and reader.line_num == len(parts) and not data.endswith(b"\n")):
            break
        if record and len(record) != grid.width:
            raise UnreadableFile(
                text(
                    "The row has {count} cells and the heading has {width}.",
                    count=len(record), width=grid.width,
                ),
                where=f"{source.name}:{block.line + line + 1}",
                hint=text("Quote cells that contain the delimiter, and give every row all cells."),
            )
        if record:
            lines.append(line)
            rows.append(row)
        row, line = row + 1, reader.line_num
    end = sum(map(len, parts[:line]))
    return _Walked(np.array(lines, np.int64), np.array(rows, np.int64), line, row, end)
