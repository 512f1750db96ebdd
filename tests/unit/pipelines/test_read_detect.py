"""What bytes are, seen from the bytes: compressed files, limits, and the sentence for everything not read."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from pathlib import Path

import pytest

from metadata.errors import UnreadableFile
from pipelines.read import safety
from pipelines.read.detect import read_message
from pipelines.read.safety import MAX_RATIO, Source

CSV = b"SERIES,TIME_PERIOD,OBS_VALUE\nA,2020,1\n"


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def refused(source: bytes | Path, name: str | None = "file") -> str:
    with pytest.raises(UnreadableFile) as caught:
        read_message(source, name=name)
    return str(caught.value)


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "file: The file is empty. Send it again."),
        (b"%PDF-1.7\n...", "file: This is a PDF document, which is not read. Send the table that it was made from."),
        (b"PAR1....", "This is a Parquet file"),
        (b"\x89PNG\r\n\x1a\n", "This is a picture, which is not read."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Office file, such as .xls, which is not read. Save"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "This workbook is protected by a password. Save it without one and send that.",
        ),
        (b"<!DOCTYPE html><html></html>", "This is an HTML page, not data. Send the file that the page offers"),
        (b"\xef\xbb\xbf\n<html lang='en'>", "This is an HTML page, not data."),
        ("<!doctype HTML>".encode("utf-16"), "This is an HTML page, not data."),
        (b"[1, 2]", "This is JSON, not a message that is read."),
        (zipped({"xl/workbook.bin": b""}), "This is a binary Excel workbook (.xlsb), which is not read. Save it as"),
        (zipped({"word/document.xml": b"<a/>"}), "This is a Word document, which is not read."),
        (
            zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
            "This is an OpenDocument file (.ods), which is not read. Save it as .xlsx and send that.",
        ),
        (zipped({"a.csv": CSV, "b.csv": CSV}), "This is a zip archive with 2 files; only one with a single file"),
        (b"PK\x03\x04 nothing", "The file is a damaged zip archive (a workbook is one)."),
        (gzipped(gzipped(CSV)), "The file is packed twice, one archive in another."),
        (gzipped(CSV)[:-12], "The gzip file breaks off."),
        (b"\x1f\x8b\x08\x00" + b"\xff" * 40, "The gzip file is damaged."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_read_is_named(data: bytes, sentence: str) -> None:
    assert sentence in refused(data)


def test_the_name_is_never_asked(tmp_path: Path) -> None:
    path = tmp_path / "table.pdf"
    path.write_bytes(CSV)
    assert read_message(path).format == "table-csv"


def test_compressed_input_is_read_through() -> None:
    for data in (gzipped(CSV), gzipped(CSV[:20]) + gzipped(CSV[20:]), zipped({"../../x": CSV})):
        assert read_message(data).frame["series"].to_list() == ["A"]


def test_missing_files_and_folders(tmp_path: Path) -> None:
    assert "There is no such file." in refused(tmp_path / "none.xml", name=None)
    assert "This is a folder, not a file. Name a file in it." in refused(tmp_path, name=None)


def test_a_file_that_vanishes_is_an_error_of_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(CSV)
    source = Source.of(path)
    path.unlink()
    with pytest.raises(UnreadableFile, match=r"file\.csv: The file cannot be opened: No such file or directory\."):
        source.read()


def test_bombs_are_refused_by_what_really_comes_out() -> None:
    zeros = bytes(64 << 20)
    said = f"It unpacks to more than {MAX_RATIO} times its size, which is the limit."
    assert said in refused(gzipped(zeros))
    assert said in refused(zipped({"a": zeros}))
    assert said in refused(zipped({"xl/workbook.xml": zeros}))


def test_the_limits_of_size_and_members_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safety, "MAX_UNPACKED", 4 << 20)
    noise = os.urandom(5 << 20)
    said = "Unpacked it is larger than 4 MB, the limit for a compressed file."
    assert said in refused(gzipped(noise))
    assert said in refused(zipped({"a": noise}))
    monkeypatch.setattr(safety, "MAX_MEMBERS", 3)
    assert "The archive has 4 members; the limit is 3." in refused(zipped({str(n): b"" for n in range(4)}))


def test_an_archive_with_a_password_is_refused() -> None:
    data = bytearray(zipped({"a.csv": CSV}, zipfile.ZIP_STORED))
    central = data.index(b"PK\x01\x02")
    data[6] |= 1
    data[central + 8] |= 1
    assert "The archive is protected by a password." in refused(bytes(data))


def test_a_document_type_in_a_part_of_a_workbook_is_refused() -> None:
    for encoding in ("ascii", "utf-16-le"):
        part = "<!DOCTYPE a>".encode(encoding)
        data = zipped({"xl/workbook.xml": b" " * ((1 << 20) - 5) + part}, zipfile.ZIP_STORED)
        assert "has a document type declaration (DTD), which is never read" in refused(data)
