"""Delimited text to columns of text: encodings, delimiters, quoted cells, and the line of every row.

RFC 4180 with the liberties that spreadsheets take: `;`, tab or `|` for the comma, a byte order mark, UTF-16,
a Windows code page. pyarrow reads the cells; Python's `csv` only walks through a file when the plain count of
lines does not settle which row stands where (quoted cells with line breaks, blank lines) or to find the line
of a fault. What the headings mean is in `pipelines.read.sdmx_csv` and `pipelines.read.table`.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from itertools import islice

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped, unused-ignore]
from pyarrow import csv as arrow_csv  # type: ignore[import-untyped, unused-ignore]

from metadata.errors import UnreadableFile
from metadata.findings import Example, Finding
from metadata.rules import finding
from pipelines.read.message import PLACE_COLUMNS
from pipelines.read.safety import MAX_COLUMNS, MAX_TOKEN, MB, PIECE

DELIMITERS = (",", ";", "\t", "|")
HEADING_ROWS = 30
"""Rows at the top of a table among which its headings are looked for."""
_SNIFFED = MB

# The csv module's own limit of 128 KB a cell is process-wide and lower than ours.
csv.field_size_limit(MAX_TOKEN)

_CYRILLIC = re.compile(rb"[\xc0-\xff]{4}")
_REQUOTE = "Look for a quotation mark that is not closed or not doubled, and export the table again."


@dataclass(frozen=True, slots=True)
class Text:
    """A text in UTF-8 without byte order mark, and the note about the encoding it came in, if unusual."""

    name: str
    data: bytes
    note: Finding | None

    def records(self, delimiter: str) -> list[tuple[list[str], int]]:
        """Return the first rows, each with the number of its last line; none when they are no such table."""
        head = self.data[:_SNIFFED].decode("utf-8", errors="ignore")
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
        return [(record, reader.line_num) for record in islice(reader, HEADING_ROWS)]


@dataclass(frozen=True, slots=True)
class Cells:
    """The rows below the headings.

    Attributes:
        frame: one String column a heading, named `0`, `1`, …; an empty cell, quoted or not, is null.
        lines: line of each row in the text, 1-based.
        rows: row of the table as a spreadsheet shows it, 1-based, blank rows and the rows above counted.
    """

    frame: pl.DataFrame
    lines: pl.Series
    rows: pl.Series


def decode(name: str, data: bytes) -> Text:
    """Return the text of `data` in UTF-8.

    UTF-8 and UTF-16 with a byte order mark are certain. Bytes that are not UTF-8 are taken as Windows-1251
    when four letters from its Cyrillic range stand in a row somewhere, and as Windows-1252 otherwise; a note
    says so, with the first such line, because it is a guess.

    Raises:
        UnreadableFile: the bytes are no text in any of these.
    """
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return Text(name, data.decode("utf-16").encode(), _encoding_note("UTF-16", 1, None))
        except UnicodeError as error:
            what = "The text begins as UTF-16 and is damaged."
            raise UnreadableFile(what, where=name, hint="Save it as UTF-8 and send it again.") from error
    wrong = _first_not_utf8(data)
    if wrong is None:
        if b"\0" in data[:PIECE]:
            raise _not_text(name)
        return Text(name, data, None)
    line = data.count(b"\n", 0, wrong) + 1
    encoding, label = ("cp1251", "Windows-1251") if _CYRILLIC.search(data) else ("cp1252", "Windows-1252")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = "The text is neither UTF-8 nor in a Windows code page."
        raise UnreadableFile(what, where=f"{name}:{line}", hint="Save it as CSV UTF-8.") from error
    if "\0" in text[:PIECE]:
        raise _not_text(name)
    start = data.rfind(b"\n", 0, wrong) + 1
    sample = data[max(start, wrong - 20) : wrong + 20].split(b"\n")[0].decode(encoding, errors="replace")
    return Text(name, text.encode(), _encoding_note(label, line, sample.strip("\r")))


def _not_text(name: str) -> UnreadableFile:
    what = "This is neither text nor a known format."
    return UnreadableFile(what, where=name, hint="Save it as CSV UTF-8, or as .xlsx.")


def _encoding_note(label: str, line: int, sample: str | None) -> Finding:
    example = Example(line=line, value=sample, expected="UTF-8")
    return finding("ENCODING-OTHER", places=1, examples=[example], encoding=label)


def _first_not_utf8(data: bytes) -> int | None:
    """Return the position of the first byte that is not UTF-8, or None."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), PIECE):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(data[start : start + PIECE])
        except UnicodeDecodeError as error:
            return start - pending + error.start
    return len(data) - len(decoder.getstate()[0]) if decoder.getstate()[0] else None


def column_names(
    headings: list[str], name: str, line: int | None = None, sheet: str | None = None
) -> list[str]:
    """Return the column of each heading: without surrounding space, in lower case; an empty one stays empty.

    Raises:
        UnreadableFile: a heading stands twice, is no component id, or there are more than `MAX_COLUMNS`.
    """
    where = f"{name}, sheet {sheet}" if sheet else f"{name}:{line}" if line else name
    columns = [heading.strip().lower() for heading in headings]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) > MAX_COLUMNS:
        raise UnreadableFile(f"There are more than {MAX_COLUMNS} columns, which is the limit.", where=where)
    seen: dict[str, int] = {}
    for position, column in enumerate(columns):
        if column.startswith("_") and column not in PLACE_COLUMNS:
            raise UnreadableFile(
                f"The heading {headings[position].strip()} begins with an underscore; SDMX allows none.",
                where=where, hint="Give the column another heading.",
            )
        if column and column in seen:
            raise UnreadableFile(
                f"The heading {column.upper()} stands twice, in cells {seen[column] + 1} and {position + 1}.",
                where=where, hint="Give each column one heading of its own.",
            )
        seen[column] = position
    return columns


def read_cells(text: Text, delimiter: str, width: int, heading_row: int, heading_line: int) -> Cells:
    """Return the rows below a heading.

    Args:
        text: the whole text.
        delimiter: one of `DELIMITERS`.
        width: number of cells of the heading, which every row must have.
        heading_row: row of the heading, 1-based.
        heading_line: last line of the heading, 1-based.

    Raises:
        UnreadableFile: a row has fewer or more cells, a quotation mark is never closed, or a row is over the
            limit; with the line.
    """
    offset = _offset_after(text.data, heading_line)
    names = [str(number) for number in range(width)]
    body = memoryview(text.data)[offset:]
    if re.search(rb"[^\r\n]", body) is None:
        frame = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        return Cells(frame, pl.Series([], dtype=pl.Int64), pl.Series([], dtype=pl.Int64))
    try:
        table = _arrow(pa.py_buffer(body), names, delimiter, quoted=b'"' in text.data)
    except pa.ArrowInvalid as error:
        _walk(text, offset, delimiter, width, heading_row, heading_line)
        what = f"The table cannot be read: {str(error).splitlines()[0]}"
        raise UnreadableFile(what, where=text.name, hint=_REQUOTE) from error
    frame = pl.DataFrame(pl.from_arrow(table, rechunk=False))
    if _one_line_each(text.data, offset, frame.height):
        places = pl.int_range(frame.height, dtype=pl.Int64, eager=True)
        lines, rows = places + (heading_line + 1), places + (heading_row + 1)
    else:
        lines, rows = _walk(text, offset, delimiter, width, heading_row, heading_line)
        if len(lines) != frame.height:
            what = "The quotation marks of the table can be read in two ways."
            raise UnreadableFile(what, where=text.name, hint=_REQUOTE)
    kept = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    if kept.all():
        return Cells(frame, lines, rows)
    return Cells(frame.filter(kept), lines.filter(kept), rows.filter(kept))


def _arrow(body: pa.Buffer, names: list[str], delimiter: str, *, quoted: bool) -> pa.Table:
    return arrow_csv.read_csv(
        pa.BufferReader(body),
        read_options=arrow_csv.ReadOptions(column_names=names, block_size=MAX_TOKEN),
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=quoted),
        convert_options=arrow_csv.ConvertOptions(
            check_utf8=False, column_types=dict.fromkeys(names, pa.string()), null_values=[""],
            strings_can_be_null=True, quoted_strings_can_be_null=True,
        ),
    )


def _offset_after(data: bytes, line: int) -> int:
    """Return the offset behind line `line`, 1-based; any of the three ends of line counts."""
    offset = 0
    for _ in range(line):
        end = re.compile(rb"\r\n|\n|\r").search(data, offset)
        if end is None:
            return len(data)
        offset = end.end()
    return offset


def _one_line_each(data: bytes, offset: int, rows: int) -> bool:
    """Say whether every row is one line, no line is blank, and no quotation mark is left over."""
    feeds = data.count(b"\n", offset)
    returns = data.count(b"\r", offset)
    lines = feeds + (not data.endswith(b"\n"))
    plain = returns == 0 or returns == feeds == data.count(b"\r\n", offset)
    return plain and lines == rows and data.count(b'"', offset) % 2 == 0


def _walk(
    text: Text, offset: int, delimiter: str, width: int, heading_row: int, heading_line: int
) -> tuple[pl.Series, pl.Series]:
    """Return line and row of every row that is not blank, going through the text record by record."""
    stream = io.TextIOWrapper(io.BytesIO(memoryview(text.data)[offset:]), encoding="utf-8", newline="")
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    lines, rows, row, line = [], [], heading_row, heading_line + 1
    try:
        for record in reader:
            row += 1
            if record:
                if len(record) != width:
                    raise UnreadableFile(
                        f"The row has {len(record)} cells and the heading has {width}.",
                        where=f"{text.name}:{line}",
                        hint="Quote cells that contain the delimiter, and give every row all cells.",
                    )
                lines.append(line)
                rows.append(row)
            line = heading_line + reader.line_num + 1
    except csv.Error as error:
        what = f"The row that begins here cannot be read: {error}."
        raise UnreadableFile(what, where=f"{text.name}:{line}", hint=_REQUOTE) from error
    return pl.Series(lines, dtype=pl.Int64), pl.Series(rows, dtype=pl.Int64)
