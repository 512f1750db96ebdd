"""The entrance to reading: what bytes are, seen from the bytes, and the reader for them.

The name of a file is never asked: offices rename. What is known and not read gets a sentence that says what
it is and what to send instead. A gzip file, and a zip with one member that is no workbook, are read through;
their inner names are never used.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.errors import UnreadableFile
from metadata.words import text
from pipelines.read.message import Message, MessageStream
from pipelines.read.quick_import import no_collection
from pipelines.read.safety import MB, Source, gunzip, open_zip

if TYPE_CHECKING:
    from pipelines.read.open_sdg_maps import OpenSdgMaps

_SEND = text("Send SDMX-ML 2.1 structure-specific data, SDMX-CSV, or the Excel template.")
_HEAD = 64 * 1024

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", text("a PDF document"), text("Send the table that it was made from.")),
    (b"PAR1", text("a Parquet file"), _SEND),
    (b"ARROW1", text("an Arrow file"), _SEND),
    (b"\x89PNG", text("a picture"), text("Send the table that it shows.")),
    (b"\xff\xd8\xff", text("a picture"), text("Send the table that it shows.")),
    (b"GIF8", text("a picture"), text("Send the table that it shows.")),
    (b"BZh", text("a bzip2 archive"), text("Unpack it and send the file that is in it.")),
    (b"\xfd7zXZ", text("an xz archive"), text("Unpack it and send the file that is in it.")),
    (b"7z\xbc\xaf", text("a 7z archive"), text("Unpack it and send the file that is in it.")),
    (b"Rar!", text("a RAR archive"), text("Unpack it and send the file that is in it.")),
    (b"SQLite format 3", text("an SQLite database"), _SEND),
    (b"{\\rtf", text("an RTF document"), text("Send the table that it was made from.")),
)
_XLSX = text("Save it as .xlsx and send that.")
_OFFICE: tuple[tuple[str, str, str], ...] = (
    ("xl/workbook.bin", text("a binary Excel workbook (.xlsb)"), _XLSX),
    ("word/document.xml", text("a Word document"), text("Send the table in it as an Excel workbook.")),
    ("ppt/presentation.xml", text("a presentation"), text("Send the table in it as an Excel workbook.")),
)
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read_message(source: Path | bytes, *, name: str | None = None) -> Message:
    """Read a file or bytes into an observation frame, whatever supported format they are.

    Args:
        source: a file, or its bytes.
        name: what sentences call it; the file's name by default.

    Raises:
        UnreadableFile: the bytes are no supported format, damaged, or over a limit; the error says what they
            are, where reading stopped (`file.xml:40`) and what to send instead.
    """
    return open_message(source, name=name).whole()


def open_message(
    source: Path | bytes,
    *,
    name: str | None = None,
    on_bytes: Callable[[int], None] | None = None,
    maps: OpenSdgMaps | None = None,
) -> MessageStream:
    """Open a file or bytes as a stream of frames; memory is bounded where the format allows it.

    SDMX-ML, SDMX-CSV and long CSV come in batches of bounded size; the other formats in one batch.

    Args:
        source: a file, or its bytes.
        name: what sentences call it; the file's name by default.
        on_bytes: told how many bytes of the file were read so far, where it is read piece by piece.
        maps: of the sender's Open SDG platform, by which its tables are read; None where it has none.

    Raises:
        UnreadableFile: as `read_message`; what is seen late is raised by the stream's `batches`.
    """
    return _open(Source.of(source, name, on_bytes), unpacked=False, maps=maps)


def _open(source: Source, *, unpacked: bool, maps: OpenSdgMaps | None) -> MessageStream:
    head = source.head(_HEAD)
    if not head:
        raise UnreadableFile(text("The file is empty."), where=source.name, hint=text("Send it again."))
    if head.startswith(b"\x1f\x8b"):
        _once(source, unpacked)
        return _open(Source(source.name, data=gunzip(source)), unpacked=True, maps=maps)
    if head.startswith(b"PK"):
        return _open_zip(source, unpacked=unpacked, maps=maps)
    _refuse_binary(source, head)
    begin = _looks_like(head)
    if begin.startswith("<"):
        if re.match(r"<!doctype\s+html|<html[\s>]|<(head|body|table|div|script)[\s>]", begin, re.IGNORECASE):
            raise UnreadableFile(
                text("This is an HTML page, not data."), where=source.name,
                hint=text("Send the file that the page offers for download."),
            )
        from pipelines.read.sdmx_ml import open_sdmx_ml

        return open_sdmx_ml(source)
    if begin.startswith(("{", "[")):
        from pipelines.read.sdmx_json import open_sdmx_json, refuse_list

        return open_sdmx_json(source) if begin.startswith("{") else refuse_list(source.name)
    return _open_text(source, maps)


def _once(source: Source, unpacked: bool) -> None:
    if unpacked:
        what = text("The file is packed twice, one archive in another.")
        raise UnreadableFile(what, where=source.name, hint=text("Unpack it and send the file that is in it."))


def _refuse_binary(source: Source, head: bytes) -> None:
    for magic, what, hint in _MAGIC:
        if head.startswith(magic):
            raise UnreadableFile(text("This is {what}, which is not read.", what=what), where=source.name, hint=hint)
    if head.startswith(_OLE):
        if _ENCRYPTED in source.read():
            what, hint = text("This workbook is protected by a password."), text("Save it without one and send that.")
        else:
            what, hint = text("This is an old Office file, such as .xls, which is not read."), _XLSX
        raise UnreadableFile(what, where=source.name, hint=hint)


def _looks_like(head: bytes) -> str:
    """Return the begin of the content as text, without byte order mark and leading white space."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, errors="ignore").lstrip()
    if head.startswith((b"<\0", b"\0<")):
        return head.decode("utf-16-le" if head[:1] == b"<" else "utf-16-be", errors="ignore")
    return head.decode("latin-1").lstrip()


def _open_text(source: Source, maps: OpenSdgMaps | None) -> MessageStream:
    from concurrent.futures import ThreadPoolExecutor

    from pipelines.read.delimited import open_text

    with ThreadPoolExecutor(1, thread_name_prefix="open") as pool:
        opened = pool.submit(open_text, source)
        # Meanwhile, as numpy and pyarrow take a while to import.
        with no_collection():
            from pipelines.read.sdmx_csv import find_sdmx_csv, open_sdmx_csv

        content = opened.result()
    if not any(re.search(rb"\S", piece) for piece in content.pieces()):
        what = text("The file has nothing but white space.")
        raise UnreadableFile(what, where=source.name, hint=text("Send it again."))
    if find_sdmx_csv(content):
        return open_sdmx_csv(content)
    from pipelines.read.table import find_table, open_table_csv

    if maps is not None and find_table(content) is None:
        from pipelines.read.open_sdg import is_open_sdg, read_mapped

        if is_open_sdg(content):
            return MessageStream.of(read_mapped(content, maps))
    return open_table_csv(content)


def _open_zip(source: Source, *, unpacked: bool, maps: OpenSdgMaps | None) -> MessageStream:
    with open_zip(source) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" in names:
            from pipelines.read.workbook import read_workbook

            return MessageStream.of(read_workbook(source))
        for member, what, hint in _OFFICE:
            if member in names:
                said = text("This is {what}, which is not read.", what=what)
                raise UnreadableFile(said, where=source.name, hint=hint)
        if "mimetype" in names and b"opendocument" in archive.read("mimetype")[:MB]:
            raise UnreadableFile(
                text("This is an OpenDocument file (.ods), which is not read."), where=source.name, hint=_XLSX
            )
        files = [member for member in archive.infolist() if not member.is_dir()]
        if len(files) != 1:
            what = text(
                "This is a zip archive with {count} files; only one with a single file is read.",
                count=len(files),
            )
            raise UnreadableFile(what, where=source.name, hint=text("Send each file by itself."))
        _once(source, unpacked)
        data = _inner(archive, files[0])
    return _open(Source(source.name, data=data), unpacked=True, maps=maps)


def _inner(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return the only file of an archive, whose size `open_zip` has counted."""
    return archive.read(member)
