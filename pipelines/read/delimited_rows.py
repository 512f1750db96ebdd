"""The rows of a delimited text below its headings, block by block: cells as texts, and where every row stands.

pyarrow reads the cells, of several blocks at the same time. What it saw must be as many rows as
`pipelines.read.delimited_blocks` saw.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from metadata.errors import UnreadableFile
from metadata.words import text
from pipelines.read import delimited_blocks
from pipelines.read.arrow_texts import Texts, Views, in_arrow, in_polars, joined, views
from pipelines.read.delimited import Text
from pipelines.read.delimited_blocks import Block, Damage, Grid, Places, blocks, walk
from pipelines.read.safety import MAX_TOKEN, MB
from pipelines.read.side_by_side import cores, in_order

if TYPE_CHECKING:
    from pipelines.read.delimited_blocks import Numbers

_PARSED = 2 * MB
"""Bytes that pyarrow parses at a time: as much as a core has at hand."""
_AHEAD = 3
"""Blocks that wait to be read, beside one a thread."""

_ROW = re.compile(r"Row #\d+: ")
"""What pyarrow counts from the begin of a block."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Some of the rows below the headings.

    Attributes:
        table: one column of texts (`string_view`) a heading, named `0`, `1`, …; an empty cell, quoted or not, is null.
        lines: line of each row in the text, 1-based.
        rows: row of the table as a spreadsheet shows it, 1-based, blank rows and the rows above counted.
        same: what every cell of a column says (None: nothing), of columns of which that is known.
    """

    table: pa.Table
    lines: Numbers
    rows: Numbers
    same: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Part:
    """The rows of a block that are not blank, and where they are; None: each row is one line, and none is blank."""

    table: Views
    places: Places | None

    @property
    def lines(self) -> int:
        """How many lines the block has."""
        return self.places.all_lines if self.places else self.table.height

    @property
    def rows(self) -> int:
        """How many rows the block has, blank ones too."""
        return self.places.all_rows if self.places else self.table.height


def read_cells(source: Text, grid: Grid) -> Cells:
    """Return all rows below the headings at once.

    Raises:
        UnreadableFile: as `stream_cells`.
    """
    parts = list(stream_cells(source, grid))
    return Cells(
        joined([part.table for part in parts]),
        np.concatenate([part.lines for part in parts]),
        np.concatenate([part.rows for part in parts]),
    )


def stream_cells(source: Text, grid: Grid, *, on_bytes: bool = True) -> Iterator[Cells]:
    """Yield the rows below the headings in parts, at least one, be it empty.

    A few blocks are read ahead in threads; closing the iterator ends them.

    Args:
        source: the whole text.
        grid: how the table stands in it.
        on_bytes: tell the source's listener.

    Raises:
        UnreadableFile: a row has fewer or more cells, a quotation mark is never closed or not doubled, or a row
            is over the limit; with the line.
    """
    names = [str(number) for number in range(grid.width)]
    line, row, some, texts = grid.line, grid.row, False, Texts()
    try:
        with closing(_parts(blocks(source, grid, on_bytes=on_bytes), _Parser(names, grid).part)) as parts:
            for part in parts:
                cells = _cells(part, texts, line + 1, row + 1)
                if cells.table.num_rows:
                    some = True
                    yield cells
                line, row = line + part.lines, row + part.rows
    except Damage as damage:
        where = f"{source.name}:{line + damage.line + 1}"
        raise UnreadableFile(damage.what, where=where, hint=damage.hint) from damage.__cause__
    if not some:
        none = np.empty(0, np.int64)
        yield Cells(pa.table({name: pa.array([], pa.string_view()) for name in names}), none, none)


def _parts(cut: Iterator[Block], read: Callable[[Block], _Part]) -> Generator[_Part, None, None]:
    """Yield the rows of every block."""
    return in_order(read, cut, workers=cores(), ahead=cores() + _AHEAD)


def _cells(part: _Part, texts: Texts, line: int, row: int) -> Cells:
    """Return the rows of a part that have a cell, in a block that begins in this line and row."""
    table, found, height = texts.table(part.table), part.places, part.table.height
    if found is None:
        lines, rows = (np.arange(begin, begin + height, dtype=np.int64) for begin in (line, row))
    else:
        lines, rows = found.lines + line, found.rows + row
    same = {name: only.text for name in table.column_names if (only := part.table.only(name))}
    if part.table.has_full_column():
        return Cells(table, lines, rows, same)
    import polars as pl  # Arrow has no filter for views

    frame = in_polars(table)
    kept = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    chosen = kept.to_numpy()
    return Cells(in_arrow(frame.filter(kept)), lines[chosen], rows[chosen], same)


class _Parser:
    """Reads blocks, several at the same time."""

    def __init__(self, names: list[str], grid: Grid) -> None:
        self._names, self._grid = names, grid
        self._convert = arrow_csv.ConvertOptions(
            check_utf8=False, column_types=dict.fromkeys(names, pa.string()), null_values=[""],
            strings_can_be_null=True, quoted_strings_can_be_null=True,
        )
        self._folded = False
        """A block had a row of several lines, or a blank line, so that others are likely to have them."""

    def part(self, block: Block) -> _Part:
        """Return the rows of a block that are not blank.

        Raises:
            Damage: they cannot be read, or can be read in two ways.
        """
        parsed, one_line_each = self._table(block)
        found = None if one_line_each else block.walked or delimited_blocks.places(block)
        if block.let_go:
            block.let_go(block.text)
        if found and len(found.lines) != parsed.num_rows:
            raise Damage(text("The quotation marks of the table can be read in two ways."))
        return _Part(views(parsed), found)

    def _table(self, block: Block) -> tuple[Any, bool]:
        """Return the cells of a block as pyarrow reads them, and whether every row is one line.

        Raises:
            Damage: they cannot be read.
        """
        if block.is_blank():
            return pa.table({name: pa.array([], pa.string()) for name in self._names}), False
        for folded in self._attempts(block):
            try:
                parsed = self._parsed(block, folded=folded)
            except pa.ArrowInvalid as error:
                fault = error
            else:
                one_line_each = block.is_one_line_each(parsed.num_rows)
                if one_line_each or folded or not len(block.quotes):
                    return parsed, one_line_each
            self._folded = True
        walk(block.data, self._grid)
        said = _ROW.sub("", str(fault).splitlines()[0])
        what = text("The table cannot be read: {fault}", fault=said)
        raise Damage(what) from fault

    def _attempts(self, block: Block) -> tuple[bool, ...]:
        """Return whether a cell may have several lines, by the attempts at reading a block.

        pyarrow is faster where none has, and takes no row apart that has: each row takes one line end at least, so
        when rows are as many as line ends, no row took two.
        """
        if block.walked:
            return (True,)
        if not len(block.quotes):
            return (False,)
        return (True,) if self._folded else (False, True)

    def _parsed(self, block: Block, *, folded: bool) -> Any:
        # A row longer than a piece that pyarrow parses is an error to it: a second try is made with larger ones.
        for size in (_PARSED, MAX_TOKEN):
            try:
                return arrow_csv.read_csv(
                    pa.BufferReader(pa.py_buffer(memoryview(block.text)[: block.end])),
                    read_options=arrow_csv.ReadOptions(column_names=self._names, block_size=size, use_threads=False),
                    parse_options=arrow_csv.ParseOptions(delimiter=self._grid.delimiter, newlines_in_values=folded),
                    convert_options=self._convert,
                )
            except pa.ArrowInvalid:
                if size == MAX_TOKEN:
                    raise
        return None

