"""Delimited text: its encoding, found without having it in memory, its delimiter, and its headings.

RFC 4180 with the liberties that spreadsheets take: `;`, tab or `|` for the comma, a byte order mark, UTF-16,
a Windows code page. The rows below the headings are read by `pipelines.read.delimited_rows`; what the headings
mean is in `pipelines.read.sdmx_csv` and `pipelines.read.table`.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from metadata.errors import UnreadableFile
from metadata.words import text
from pipelines.read.message import PLACE_COLUMNS
from pipelines.read.safety import MAX_COLUMNS, MAX_TOKEN, MB, PIECE, Source

if TYPE_CHECKING:
    from metadata.findings import Finding

DELIMITERS = (",", ";", "\t", "|")
HEADING_ROWS = 30
"""Rows at the top of a table among which its headings are looked for."""
_SNIFFED = MB
_SCANNED = 4 * MB
"""Bytes that are asked at a time what they are in. A few long pieces: other threads have work meanwhile."""

# The csv module's own limit of 128 KB a cell is process-wide and lower than ours.
csv.field_size_limit(MAX_TOKEN)

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_CYRILLIC = re.compile(rb"[\xc0-\xff]{4}")
_UTF8 = ("utf-8", "utf-8-sig")


@dataclass(frozen=True, slots=True)
class Text:
    """A delimited text, read piece by piece as UTF-8 without byte order mark.

    Attributes:
        source: the bytes.
        encoding: what they are in, a name of Python's.
        note: about the encoding, if it is unusual.
    """

    source: Source
    encoding: str
    note: Finding | None

    @property
    def name(self) -> str:
        """What sentences call it."""
        return self.source.name

    @property
    def is_utf8(self) -> bool:
        """Say whether the bytes are UTF-8, with a byte order mark or without."""
        return self.encoding in _UTF8

    def pieces(self, size: int = PIECE, *, on_bytes: bool = False) -> Iterator[bytes]:
        """Yield the text in UTF-8, about `size` bytes at a time, each a whole number of characters.

        Args:
            size: bytes that are read at a time.
            on_bytes: tell the source's listener.

        Raises:
            UnreadableFile: the bytes are no longer what they were when they were first gone through.
        """
        source = self.source if on_bytes else _quiet(self.source)
        utf8 = self.is_utf8
        decoder = codecs.getincrementaldecoder("utf-8" if utf8 else self.encoding)()
        mark = len(codecs.BOM_UTF8) if self.encoding == "utf-8-sig" else 0
        try:
            for piece in source.pieces(size):
                if utf8:
                    whole = _whole_characters(decoder, piece)
                    yield whole[mark:] if mark else whole
                else:
                    yield decoder.decode(piece).encode()
                mark = 0
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            what = text("The file changed while it was read.")
            raise UnreadableFile(what, where=self.name, hint=text("Read it again when nobody writes to it.")) from error

    def head(self) -> str:
        """Return the begin of the text, in which headings are looked for."""
        return b"".join(islice(self.pieces(), _SNIFFED // PIECE)).decode()

    def records(self, delimiter: str) -> list[tuple[list[str], int]]:
        """Return the first rows, each with the number of its last line; none when they are no such table."""
        lines = (line[0] for line in _LINE.finditer(self.head()))
        reader = csv.reader(lines, delimiter=delimiter)
        return [(record, reader.line_num) for record in islice(reader, HEADING_ROWS)]


def open_text(source: Source) -> Text:
    """Return the text in `source` after going through its bytes once, piece by piece.

    UTF-8 and UTF-16 with a byte order mark are certain. Bytes that are not UTF-8 are taken as Windows-1251
    when four letters from its Cyrillic range stand in a row somewhere, and as Windows-1252 otherwise; a note
    says so, with the first such line, because it is a guess.

    Raises:
        UnreadableFile: the bytes are no text in any of these.
    """
    head = source.head(PIECE)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        if _first_wrong(source, "utf-16") is not None:
            what = text("The text begins as UTF-16 and is damaged.")
            raise UnreadableFile(what, where=source.name, hint=text("Save it as UTF-8 and send it again."))
        return Text(source, "utf-16", _encoding_note("UTF-16", 1, None))
    if b"\0" in head:
        what = text("This is neither text nor a known format.")
        raise UnreadableFile(what, where=source.name, hint=text("Save it as CSV UTF-8, or as .xlsx."))
    wrong = _first_wrong(source, "utf-8")
    if wrong is None:
        return Text(source, "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8", None)
    encoding, label = ("cp1251", "Windows-1251") if _is_cyrillic(source) else ("cp1252", "Windows-1252")
    no_text = _first_wrong(source, encoding)
    if no_text is not None:
        what = text("The text is neither UTF-8 nor in a Windows code page.")
        line, _ = _line_at(source, no_text)
        raise UnreadableFile(what, where=f"{source.name}:{line}", hint=text("Save it as CSV UTF-8."))
    line, sample = _line_at(source, wrong)
    return Text(source, encoding, _encoding_note(label, line, sample.decode(encoding, errors="replace")))


def _quiet(source: Source) -> Source:
    """Return the source without its listener, who counts the reading itself."""
    return Source(source.name, source.path, source.data)


def _whole_characters(decoder: codecs.IncrementalDecoder, piece: bytes) -> bytes:
    """Return what is pending and `piece` up to its last whole character of UTF-8; the rest is pending."""
    pending = decoder.getstate()[0]
    if not pending and piece.isascii():
        return piece
    decoder.decode(piece)
    whole, left = pending + piece, len(decoder.getstate()[0])
    return whole[:-left] if left else whole


def _first_wrong(source: Source, encoding: str) -> int | None:
    """Return the position of the first byte that is no text in this encoding, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done, piece = 0, bytearray(_SCANNED)
    with source.open() as stream:
        while count := stream.readinto(piece):
            del piece[count:]  # at the end only
            pending = len(decoder.getstate()[0])
            if encoding not in _UTF8 or pending or not piece.isascii():
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError as error:
                    return done - pending + error.start
            done += count
    pending = len(decoder.getstate()[0])
    return done - pending if pending else None


def _is_cyrillic(source: Source) -> bool:
    """Say whether four letters of the Cyrillic range of Windows-1251 stand in a row somewhere."""
    tail = b""
    for piece in _quiet(source).pieces():
        if _CYRILLIC.search(tail + piece):
            return True
        tail = piece[-3:]
    return False


def _line_at(source: Source, position: int) -> tuple[int, bytes]:
    """Return the line of a byte, 1-based, and what stands around it on that line."""
    line, done = 1, 0
    for piece in _quiet(source).pieces():
        if done + len(piece) > position:
            line += piece.count(b"\n", 0, position - done)
            break
        line += piece.count(b"\n")
        done += len(piece)
    with source.open() as stream:
        stream.seek(max(0, position - 20))
        around = stream.read(min(position, 20) + 20)
    before, after = around[: min(position, 20)], around[min(position, 20) :]
    return line, (before.split(b"\n")[-1] + after.split(b"\n")[0]).strip(b"\r")


def _encoding_note(label: str, line: int, sample: str | None) -> Finding:
    from metadata.findings import Example
    from metadata.rules import finding

    example = Example(line=line, value=sample, expected="UTF-8")
    return finding("ENCODING-OTHER", places=1, examples=[example], encoding=label)


def column_names(
    headings: list[str], name: str, line: int | None = None, sheet: str | None = None
) -> list[str]:
    """Return the column of each heading: without surrounding space, in lower case; an empty one stays empty.

    Raises:
        UnreadableFile: a heading stands twice, cannot be a name, or there are more than `MAX_COLUMNS`.
    """
    where = f"{name}, sheet {sheet}" if sheet else f"{name}:{line}" if line else name
    columns = [heading.strip().lower() for heading in headings]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) > MAX_COLUMNS:
        what = text("There are more than {limit} columns, which is the limit.", limit=MAX_COLUMNS)
        raise UnreadableFile(what, where=where)
    seen: dict[str, int] = {}
    for position, column in enumerate(columns):
        if column.startswith("_") and column not in PLACE_COLUMNS:
            raise UnreadableFile(
                text(
                    "The heading {heading} begins with an underscore; SDMX allows none.",
                    heading=headings[position].strip(),
                ),
                where=where, hint=text("Give the column another heading."),
            )
        if column == "*" or (column.startswith("^") and column.endswith("$")):  # Polars takes them for all columns
            raise UnreadableFile(
                text("The heading {heading} cannot be the name of a column.", heading=headings[position].strip()),
                where=where, hint=text("Give the column another heading."),
            )
        if column and column in seen:
            raise UnreadableFile(
                text(
                    "The heading {heading} stands twice, in cells {first} and {position}.",
                    heading=column.upper(), first=seen[column] + 1, position=position + 1,
                ),
                where=where, hint=text("Give each column one heading of its own."),
            )
        seen[column] = position
    return columns
