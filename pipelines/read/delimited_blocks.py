"""A delimited text in blocks that end where a row ends, and where the rows of a block stand.

Where a row ends takes to know what is inside quotation marks: where every mark stands at the edge of a cell or is
doubled (RFC 4180), its parity says so, for a whole block at once. Where marks stand elsewhere (`5" pipe`), Python's
`csv` goes through the block record by record; it also finds the line of a fault. Lines and rows are counted from 0 at
the begin of a block here: blocks are read side by side, and how many lines are before one is known later.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from metadata.words import text
from pipelines.read.delimited import Text
from pipelines.read.delimited_feed import Feed
from pipelines.read.safety import MAX_TOKEN, MB

if TYPE_CHECKING:  # to import numpy's types takes longer than to read a small file
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.int64]
    Characters: TypeAlias = npt.NDArray[np.uint8]

BLOCK = 8 * MB
"""Bytes that become one batch of rows, about."""
REQUOTE = text("Look for a quotation mark that is not closed or not doubled, and export the table again.")
_QUOTE, _FEED, _RETURN = b'"\n\r'
_LINE_END, _NOT_BLANK = re.compile(rb"\r\n|\n|\r"), re.compile(rb"[^\r\n]")
_WINDOW = 256 * 1024
"""Bytes that are compared at a time."""
_FIRST = MB
"""Bytes of the first block, which has the headings: it says what the columns are, and should be there soon."""

_NONE: Numbers = np.empty(0, np.int64)


class Damage(Exception):
    """What is wrong in a block, and in which of its lines, from 0."""

    def __init__(self, what: str, *, line: int = 0, hint: str = REQUOTE) -> None:
        super().__init__(what)
        self.what, self.line, self.hint = what, line, hint


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
class Places:
    """Line and row of every row of a block that is not blank, and how many there are in all."""

    lines: Numbers
    rows: Numbers
    all_lines: int
    all_rows: int


@dataclass(frozen=True, slots=True)
class Walked(Places):
    """What `csv` saw; `end` is where the last whole row ends."""

    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes that begin and end between rows.

    Attributes:
        text: bytes that the block is at the begin of.
        end: where it ends.
        quotes: positions of the quotation marks, when their parity tells what is quoted.
        walked: where its rows are, when it does not.
        let_go: to be called when the bytes are no longer needed: another block may then be read into them.
    """

    text: bytes | bytearray
    end: int
    quotes: Numbers
    walked: Walked | None = None
    let_go: Callable[[bytes | bytearray], None] | None = None

    @property
    def data(self) -> bytes:
        """The bytes, copied."""
        return bytes(self.text[: self.end])

    @property
    def characters(self) -> Characters:
        """The bytes as numbers, not copied."""
        return np.frombuffer(self.text, np.uint8, self.end)

    def is_blank(self) -> bool:
        """Say whether nothing but line ends is there."""
        return _NOT_BLANK.search(self.text, 0, self.end) is None

    def is_one_line_each(self, rows: int) -> bool:
        """Say whether each of so many rows is one line, and no line is blank."""
        if self.walked:
            return False
        characters = self.characters
        feeds = sum(int(np.count_nonzero(same)) for _, same in _equal(characters, _FEED))
        if feeds + (characters[-1] != _FEED) != rows:
            return False
        if self.text.find(b"\r", 0, self.end) < 0:
            return True
        returns = characters == _RETURN
        pairs = int(np.count_nonzero(returns[:-1] & (characters[1:] == _FEED)))
        return int(np.count_nonzero(returns)) == feeds == pairs


def blocks(source: Text, grid: Grid, *, on_bytes: bool = True) -> Iterator[Block]:
    """Yield what is below the headings, cut at the ends of rows; the first block is a small one.

    Args:
        source: the whole text.
        grid: how the table stands in it.
        on_bytes: tell the source's listener.

    Raises:
        Damage: a row is over the limit, or a quotation mark is never closed; its lines are counted from the last
            block's end.
        UnreadableFile: as `Text.pieces`.
    """
    with closing(Feed(source, on_bytes=on_bytes)) as feed:
        read = feed.more(b"", min(BLOCK, _FIRST))
        data: bytes | bytearray = _below(*read, grid.line) if read else b""
        left, length = b"", len(data)
        while read is not None:
            block = _cut_off(data, length, grid, ended=False)
            left = bytes(memoryview(data)[block.end if block else 0 : length])
            if block:
                yield replace(block, let_go=feed.free)
            else:
                feed.free(data)
            if len(left) > MAX_TOKEN:
                what = text(
                    "The row that begins here is longer than {limit} MB, which is the limit.",
                    limit=MAX_TOKEN // MB,
                )
                raise Damage(what)
            if read := feed.more(left, BLOCK):
                data, length = read
    if left and (block := _cut_off(left, len(left), grid, ended=True)):
        yield block
        left = left[block.end :]
    if left:  # a quotation mark that is never closed, which this says
        walk(left, grid)


def _below(data: bytes | bytearray, length: int, line: int) -> bytes:
    """Return what of the first piece, in which the headings are, is below line `line`."""
    begin = 0
    for _ in range(line):
        found = _LINE_END.search(data, begin, length)
        begin = found.end() if found else length
    return bytes(data[begin:length])


def _cut_off(data: bytes | bytearray, length: int, grid: Grid, *, ended: bool) -> Block | None:
    """Return the rows that are whole in the first `length` bytes; None when there is none.

    Raises:
        Damage: a row cannot be read.
    """
    if data.find(b'"', 0, length) < 0:
        end, quotes = _last_end(data, length, _NONE, ended=ended), _NONE
    else:
        characters = np.frombuffer(data, np.uint8, length)
        quotes = np.concatenate([np.flatnonzero(same) + begin for begin, same in _equal(characters, _QUOTE)])
        if not _is_regular(characters, quotes, ord(grid.delimiter)):
            whole = bytes(memoryview(data)[:length])
            walked = walk(whole, grid, whole=ended)
            return Block(whole, walked.end, _NONE, walked) if walked.end else None
        end = _last_end(data, length, quotes, ended=ended)
        quotes = quotes[: np.searchsorted(quotes, end)]
    return Block(data, end, quotes) if end else None


def _equal(characters: Characters, wanted: int) -> Iterator[tuple[int, npt.NDArray[np.bool_]]]:
    """Yield in pieces which characters are the one wanted, each with its begin; a piece is good until the next."""
    same = np.empty(_WINDOW, np.bool_)
    for begin in range(0, len(characters), _WINDOW):
        window = characters[begin : begin + _WINDOW]
        yield begin, np.equal(window, wanted, out=same[: len(window)])


def _is_regular(characters: Characters, quotes: Numbers, delimiter: int) -> bool:
    """Say whether every quotation mark opens a cell at its begin, closes one at its end, or is doubled inside."""
    edges = np.zeros(256, np.bool_)
    edges[[delimiter, _QUOTE, _FEED, _RETURN]] = True
    before, after = quotes[::2] - 1, quotes[1::2] + 1
    before, after = before[before >= 0], after[after < len(characters)]
    return bool(edges[characters[before]].all() and edges[characters[after]].all())


def _last_end(data: bytes | bytearray, length: int, quotes: Numbers, *, ended: bool) -> int:
    """Return where the last row that is whole ends; 0 when there is none."""
    if ended:
        return length if len(quotes) % 2 == 0 else 0
    limit = length
    while limit:
        if len(quotes) and (inside := int(np.searchsorted(quotes, limit))) % 2:
            limit = int(quotes[inside - 1])
        end = data.rfind(b"\n", 0, limit)
        # A carriage return at the very end may be half of a line end.
        end = max(end, data.rfind(b"\r", end + 1, min(limit, length - 1)))
        if end < 0:
            return 0
        if int(np.searchsorted(quotes, end)) % 2 == 0:
            return end + 1
        limit = end
    return 0


def places(block: Block) -> Places:
    """Return where the rows of a block are whose quotation marks are regular."""
    characters, quotes = block.characters, block.quotes
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
    return Places(lines[filled], filled, len(ends), len(begins))


def walk(data: bytes, grid: Grid, *, whole: bool = True) -> Walked:
    """Go through rows record by record; the last may be cut off when they are not whole.

    Raises:
        Damage: a row has fewer or more cells than the heading, or cannot be read.
    """
    parts = data.splitlines(keepends=True)
    reader = csv.reader((part.decode() for part in parts), delimiter=grid.delimiter, strict=True)
    lines, rows, row, line = [], [], 0, 0
    while True:
        try:
            record = next(reader, None)
        except csv.Error as error:
            if not whole and reader.line_num == len(parts):
                break
            raise Damage(text("The row that begins here cannot be read: {fault}.", fault=error), line=line) from error
        if record is None or (not whole and reader.line_num == len(parts) and not data.endswith(b"\n")):
            break
        if record and len(record) != grid.width:
            what = text("The row has {count} cells and the heading has {width}.", count=len(record), width=grid.width)
            hint = text("Quote cells that contain the delimiter, and give every row all cells.")
            raise Damage(what, line=line, hint=hint)
        if record:
            lines.append(line)
            rows.append(row)
        row, line = row + 1, reader.line_num
    end = sum(map(len, parts[:line]))
    return Walked(np.array(lines, np.int64), np.array(rows, np.int64), line, row, end)
