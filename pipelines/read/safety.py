"""The limits of every reader, and the source of bytes that they read from.

A file is somebody else's: it may be damaged, enormous when unpacked, or hostile. Every limit is a constant
here and is named in the sentence that refuses a file. No name inside an archive ever becomes a path. Nothing
here knows what the bytes mean; that is `pipelines.read.detect` and the readers.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from metadata.errors import UnreadableFile
from metadata.words import text

MB = 1 << 20
PIECE = MB
"""Bytes handed to a parser at a time. Small reads make expat read a long attribute again and again."""
MAX_TOKEN = 8 * MB
"""Longest single tag, attribute or table row."""
MAX_DEPTH = 64
"""Deepest nesting of elements in XML; real messages need 8."""
MAX_COLUMNS = 500
"""Most columns of one frame; the SDG structure has 33."""
MAX_GROUPS = 512 * MB
"""Most that the groups of an XML document say, which are needed as a whole: about two million groups."""
MAX_JSON = 256 * MB
"""Largest JSON text; it is decoded as a whole, into about eight times its size."""
MAX_SHEET_ROWS = 1_048_576
"""Most rows of a worksheet: the limit of the Excel format itself."""
MAX_SHEET_COLUMNS = 16_384
"""Most columns of a worksheet: the limit of the Excel format itself."""
MAX_CELLS = 64_000_000
"""Most cells of a workbook, each row counted to its last cell and once more: one far right makes many of few bytes."""
MAX_CELL_TEXT = 512 * MB
"""Most characters of all cells together; a text that is kept once in a workbook may stand in a million cells."""
MAX_UNPACKED = 1024 * MB
"""Most bytes that come out of one compressed file."""
MAX_RATIO = 250
"""Highest ratio of unpacked to packed bytes, applied from `RATIO_FROM` unpacked bytes on."""
RATIO_FROM = 16 * MB
MAX_MEMBERS = 2000
"""Most members of one zip archive; a workbook has one a sheet and about ten more."""

_REAL = text("Save it again with an office program, or send the file that is in it.")


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes to read, on disk or in memory, with the name that sentences use for them.

    Attributes:
        name: how the file is called in a sentence: its name, without the folder.
        path: the file; None when the bytes are in memory.
        data: the bytes; None when they are in a file.
        on_bytes: told after each piece how many bytes were read so far.
    """

    name: str
    path: Path | None = None
    data: bytes | None = None
    on_bytes: Callable[[int], None] | None = None

    @classmethod
    def of(
        cls, source: Path | bytes, name: str | None = None, on_bytes: Callable[[int], None] | None = None
    ) -> Source:
        """Return the source for a path or bytes.

        Raises:
            UnreadableFile: there is no such file, or it is a folder.
        """
        if isinstance(source, bytes):
            return cls(name or "input", data=source, on_bytes=on_bytes)
        label = name or source.name
        if source.is_dir():
            what = text("This is a folder, not a file.")
            raise UnreadableFile(what, where=str(source), hint=text("Name a file in it."))
        if not source.exists():
            raise UnreadableFile(text("There is no such file."), where=str(source))
        return cls(label, path=source, on_bytes=on_bytes)

    def open(self) -> io.BufferedReader | io.BytesIO:
        """Return the bytes as a seekable stream at its begin.

        Raises:
            UnreadableFile: the file cannot be opened, for example for want of permission.
        """
        if self.path is None:
            return io.BytesIO(self.data or b"")
        try:
            return self.path.open("rb")
        except OSError as error:
            what = text("The file cannot be opened: {fault}.", fault=error.strerror)
            raise UnreadableFile(what, where=self.name) from error

    def head(self, count: int) -> bytes:
        """Return the first `count` bytes, fewer when there are no more."""
        if self.data is not None:
            return self.data[:count]
        with self.open() as stream:
            return stream.read(count)

    def read(self) -> bytes:
        """Return all bytes."""
        if self.data is not None:
            return self.data
        with self.open() as stream:
            return stream.read()

    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.data or b"") if self.path is None else self.path.stat().st_size

    def pieces(self, size: int = PIECE) -> Iterator[bytes]:
        """Yield the bytes in pieces of `size`."""
        done = 0
        with self.open() as stream:
            while piece := stream.read(size):
                yield piece
                done += len(piece)
                if self.on_bytes:
                    self.on_bytes(done)


class Meter:
    """Counts bytes that come out of a compressed file, and refuses too many or too dense ones."""

    def __init__(self, name: str, packed: int) -> None:
        self.name = name
        self.packed = max(packed, 1)
        self.seen = 0

    def add(self, count: int) -> None:
        """Count `count` more unpacked bytes.

        Raises:
            UnreadableFile: the total or the ratio is over its limit.
        """
        self.seen += count
        if self.seen > MAX_UNPACKED:
            what = text(
                "Unpacked it is larger than {limit} MB, the limit for a compressed file.",
                limit=MAX_UNPACKED // MB,
            )
            raise UnreadableFile(what, where=self.name, hint=text("Send it in parts."))
        if self.seen > RATIO_FROM and self.seen > MAX_RATIO * self.packed:
            what = text("It unpacks to more than {limit} times its size, which is the limit.", limit=MAX_RATIO)
            raise UnreadableFile(what, where=self.name, hint=_REAL)


def gunzip(source: Source) -> bytes:
    """Return the content of a gzip file, read under the limits of this module.

    Raises:
        UnreadableFile: a limit is hit, or the stream is damaged or breaks off.
    """
    data = source.read()
    meter = Meter(source.name, len(data))
    out = bytearray()
    try:
        while data.startswith(b"\x1f\x8b"):
            stream = zlib.decompressobj(wbits=31)
            while not stream.eof:
                piece = stream.decompress(data, PIECE)
                if not piece and not stream.unconsumed_tail and not stream.eof:
                    what = text("The gzip file breaks off.")
                    raise UnreadableFile(what, where=source.name, hint=text("Send it again."))
                meter.add(len(piece))
                out += piece
                data = stream.unused_data if stream.eof else stream.unconsumed_tail
    except zlib.error as error:
        what = text("The gzip file is damaged.")
        raise UnreadableFile(what, where=source.name, hint=text("Send it again.")) from error
    return bytes(out)


def open_zip(source: Source) -> zipfile.ZipFile:
    """Return the archive after every member was read once under the limits of this module.

    Declared sizes can be forged, so the bytes are really read and counted; members that carry a document
    type declaration are refused, because entities in it are a known means of attack and no office program
    writes one.

    Raises:
        UnreadableFile: a limit is hit, a member is damaged or encrypted, or has a document type declaration.
    """
    stream = source.open()
    try:
        archive = zipfile.ZipFile(stream)
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            what = text(
                "The archive has {count} members; the limit is {limit}.",
                count=len(members), limit=MAX_MEMBERS,
            )
            raise UnreadableFile(what, where=source.name, hint=_REAL)
        meter = Meter(source.name, stream.seek(0, io.SEEK_END))
        if sum(member.file_size for member in members) > MAX_UNPACKED:
            meter.add(MAX_UNPACKED + 1)
        for member in members:
            if member.flag_bits & 1:
                what = text("The archive is protected by a password.")
                raise UnreadableFile(what, where=source.name, hint=text("Send it without one."))
            _read_once(archive, member, meter)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        stream.close()
        what = text("The file is a damaged zip archive (a workbook is one).")
        raise UnreadableFile(what, where=source.name, hint=text("Open it, save it again and send that.")) from error
    except UnreadableFile:
        stream.close()
        raise
    return archive


_DOCTYPES = tuple("<!DOCTYPE".encode(code) for code in ("ascii", "utf-16-le", "utf-16-be"))


def _read_once(archive: zipfile.ZipFile, member: zipfile.ZipInfo, meter: Meter) -> None:
    """Read one member to its end, counting, and look for a document type declaration in XML parts."""
    is_xml = member.filename.lower().endswith((".xml", ".rels", ".vml"))
    with archive.open(member) as part:
        tail = b""
        while piece := part.read(PIECE):
            meter.add(len(piece))
            if is_xml and any(mark in tail + piece for mark in _DOCTYPES):
                what = text("A part of the archive has a document type declaration (DTD), which is never read.")
                raise UnreadableFile(what, where=meter.name, hint=_REAL)
            tail = piece[-20:] if is_xml else b""
