"""Coverage-guided fuzzing of one reader: `python tests/fuzz/fuzz_readers.py FORMAT --seconds N`.

Every input must give a message of the promised shape, or an `SdgError` that says where and ends its sentence. Any
other exception, more than `SECONDS_AN_INPUT` or more than `MEMORY_MB` is a crash: its bytes are saved in the folder
`--out`, and `--replay FILE` shows the traceback. Inputs grow from `tests/specimens/read` by what they reach in
`pipelines.read` (atheris, libFuzzer; Linux and Python 3.11 only). Exit code 0: no crash; 1: a crash; 2: no atheris.

A byte flipped in a deflated part only breaks its checksum. So `workbook` fuzzes one part, named by the first byte,
inside a sound workbook, and `archive` the content of an archive whose kind is named by the first byte, as well as the
bytes of archives themselves. `workbook-cells`, `un-portal` and `open-sdg` take the bytes for choices, of which
`packages.py` beside this file makes sound packages with odd content. `sdmx-ml-bulk` reads in bulk from the first byte
on, and also demands that expat alone gives the same message or the same sentence.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from tests.fuzz import packages  # noqa: E402

if TYPE_CHECKING:
    from metadata.errors import SdgError
    from pipelines.read.message import Message

SPECIMENS = ROOT / "tests" / "specimens" / "read"
SECONDS_AN_INPUT = 10
MEMORY_MB = 2048
LONGEST = 16 * 1024
"""Longest input in bytes; the specimens have up to 3,000."""
NAME = "fuzzed"
STATIC = [
    "SERIES,REF_AREA,TIME_PERIOD,OBS_VALUE,COMMENT_OBS\nA,004,2020,1.50,x\n",
    "SERIES;TIME_PERIOD;OBS_VALUE\nA;2020;1\n",
    "Goal,Target,Indicator,SeriesCode,GeoAreaCode,TimePeriod,Value,Units\n12,12.1,12.1.1,A,4,2020,<1,KG\n",
]
WORDS = {
    "choices": ["\x00", "\x7f"],
    "xml": ["<Obs ", "<Series ", "<Group ", "<DataSet ", "/>", "</DataSet>", "<!--", "-->", "<![CDATA[", "]]>",
            "<?x ?>", "&amp;", "&#10;", "&#x0;", "<!DOCTYPE x>", ' action="Delete"', "generic:", "xmlns:a=",
            "<SeriesKey>", "'"],
    "csv": ["STRUCTURE[;]", "DATAFLOW", "STRUCTURE_NAME", "ACTION", "SERIES_KEY", "\r\n", "\n", "\r", '""', '"', ";",
            "\t", ": ", "[]", "[en;fr]", "OBS_VALUE", "TIME_PERIOD", ",,", "\x00", "\xef\xbb\xbf"],
    "json": ['"dataSets"', '"structures"', '"structure"', '"observations"', '"series"', '"0:0"', "null", "-1", "1e999",
             "[]", "{}", "true", '"values"', '"keyPosition"', '"dimensions"', '"links"', '"attributes"', "\\ud800"],
    "part": ["<c ", "<row ", ' r="A1"', ' t="s"', ' t="inlineStr"', "<f>", "<v>", "<is><t>", ' s="1"', "1e999", "#REF!",
             ' r="XFD1048576"', "<mergeCell ", "-1", "2958466", "<!DOCTYPE x>", "<si>", "<numFmt "],
}


def whole(error: SdgError, names: tuple[str, ...] = (NAME,)) -> SdgError:
    """Return the error, which must have a place in the input and a whole sentence."""
    assert error.where, f"no place: {error}"
    assert error.where.startswith(names), f"another place: {error}"
    assert error.what.endswith("."), f"no whole sentence: {error}"
    return error


def sentence_or_message(data: bytes) -> Message | SdgError:
    """Read bytes; return the message or the error.

    Raises:
        AssertionError: the message lacks what every message has, or the error has no place or no whole sentence.
    """
    from metadata.errors import SdgError
    from pipelines.read.detect import read_message

    try:
        message = read_message(data, name=NAME)
    except SdgError as error:
        return whole(error)
    return promised(message)


def promised(message: Message) -> Message:
    """Return the message, which must have what every message has."""
    import polars as pl

    from pipelines.read.message import PLACE_COLUMNS

    columns = message.frame.columns
    assert tuple(columns[-len(PLACE_COLUMNS) :]) == PLACE_COLUMNS, f"no place columns at the end: {columns}"
    texts = message.frame.drop(PLACE_COLUMNS)
    assert set(texts.dtypes) <= {pl.String()}, f"no texts: {texts.schema}"
    assert all(name == name.lower() and not name.startswith("_") for name in texts.columns), f"odd names: {columns}"
    table = message.table
    assert (table.column_names, table.num_rows) == (columns, message.frame.height), f"another table: {table.schema}"
    return message


def both_ways(data: bytes) -> None:
    """Read SDMX-ML in bulk and by expat alone: the same message, or the same sentence."""
    from pipelines.read import sdmx_ml_feed

    with mock.patch.multiple(sdmx_ml_feed, BULK_FROM=0, CHUNK=512):
        bulk = sentence_or_message(data)
    with mock.patch.object(sdmx_ml_feed, "BULK_FROM", 1 << 60):
        expat = sentence_or_message(data)
    if isinstance(bulk, Exception) or isinstance(expat, Exception):
        assert str(bulk) == str(expat)
        return
    assert (bulk.format, bulk.header, bulk.notes) == (expat.format, expat.header, expat.notes)
    assert bulk.frame.schema == expat.frame.schema
    assert bulk.frame.equals(expat.frame)


def in_pieces(data: bytes) -> None:
    """Read SDMX-JSON whole, and in pieces and in bulk as a large text is: the same message, or refused both times.

    Of several faults the first that is met is told, which need not be the same one.
    """
    from pipelines.read import sdmx_json, sdmx_json_pieces

    sizes = mock.patch.multiple(sdmx_json_pieces, PIECE=30, BLOCK=64, LIST_FROM=0)
    with mock.patch.object(sdmx_json, "PIECES_FROM", 0), sizes:
        pieces = sentence_or_message(data)
    whole_ = sentence_or_message(data)
    if isinstance(pieces, Exception) or isinstance(whole_, Exception):
        assert isinstance(pieces, Exception) == isinstance(whole_, Exception), f"{pieces} {whole_}"
        return
    assert (pieces.format, pieces.header, pieces.notes) == (whole_.format, whole_.header, whole_.notes)
    assert pieces.frame.equals(whole_.frame)


@cache
def workbook_parts() -> dict[str, bytes]:
    """Return the parts of a small workbook with every kind of cell."""
    from datetime import date

    from openpyxl import Workbook

    book = Workbook()
    sheet: Any = book.worksheets[0]
    for row in (
        ("SERIES", "TIME_PERIOD", "OBS_VALUE", "COMMENT_OBS"), ("A", 2020, 1.5, "x"),
        ("B", "2021", "=1+1", True), ("C", date(2020, 1, 1), None, " y "),
    ):
        sheet.append(row)
    sheet.merge_cells("A6:B7")
    hidden: Any = book.create_sheet("_template")
    hidden.sheet_state = "hidden"
    hidden.append(("version", "1"))
    stream = io.BytesIO()
    book.save(stream)
    with zipfile.ZipFile(stream) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    core = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2026-01-01T00:00:00Z", parts["docProps/core.xml"])
    return {**parts, "docProps/core.xml": core}  # without the time at which it was made


def zipped(parts: dict[str, bytes]) -> bytes:
    """Return a zip archive of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


def in_workbook(data: bytes) -> bytes:
    """Return a workbook of which one part, named by the first byte, is the rest of the data."""
    parts = workbook_parts()
    return zipped({**parts, sorted(parts)[data[0] % len(parts)]: data[1:]}) if data else data


def in_archive(data: bytes) -> bytes:
    """Return the data as it is, or in an archive of the kind that the first byte names."""
    kinds: list[Callable[[bytes], bytes]] = [
        lambda d: d, lambda d: gzip.compress(d, mtime=0), lambda d: zipped({"../data": d}),
        lambda d: gzip.compress(d[::2], mtime=0) + gzip.compress(d[1::2], mtime=0),
        lambda d: gzip.compress(d, mtime=0) + d, lambda d: zipped({"data.zip": zipped({"data": d})}),
    ]
    return kinds[data[0] % len(kinds)](data[1:]) if data else data


def _files(*endings: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(SPECIMENS.iterdir()) if path.suffix in endings]


def _parts() -> list[bytes]:
    return [bytes([number]) + workbook_parts()[name] for number, name in enumerate(sorted(workbook_parts()))]


def _archives() -> list[bytes]:
    small = STATIC[0].encode()
    real = [gzip.compress(small, mtime=0), zipped({"data.csv": small}), zipped(workbook_parts())]
    return [*(b"\0" + one for one in real), *(bytes([kind]) + small for kind in range(6))]


def _tables() -> list[bytes]:
    first = STATIC[0]
    return [*(text.encode() for text in STATIC), first.encode("utf-16"), first.replace("x", "ж").encode("cp1251")]


def _read(data: bytes) -> None:
    sentence_or_message(data)


def _cells(data: bytes, headings: Sequence[str] = packages.HEADINGS) -> None:
    """Read a workbook made of the data.

    With a small limit of rows and cells: a cell in row 900,000 else makes so many blank rows that few inputs are tried.
    """
    from pipelines.read import sheet_room, workbook

    small = mock.patch.object(workbook, "MAX_SHEET_ROWS", 2_000)
    with small, mock.patch.object(sheet_room, "MAX_CELLS", 200_000):
        _read(packages.workbook(data, headings))


def _portal(data: bytes) -> None:
    """Read a table with the portal's headings, as CSV or as a workbook."""
    if data and data[0] % 2 == 1:
        _cells(data[1:], packages.PORTAL)
    else:
        _read(packages.table(data[1:], packages.PORTAL))


def _platform(data: bytes) -> None:
    """Read a table of an Open SDG platform by two maps, all three made of the data."""
    from metadata.errors import SdgError
    from pipelines.read.open_sdg import read_open_sdg

    table = packages.table(data[::3], packages.PLATFORM)
    columns = packages.table(data[1::3], ("Text", "Value"), packages.PLATFORM + packages.COMPONENTS)
    codes = packages.table(data[2::3], ("Text", "Dimension", "Value"), packages.CELLS + packages.COMPONENTS)
    try:
        promised(read_open_sdg(table, columns, codes))
    except SdgError as error:
        whole(error, ("data", "column map", "code map"))


def _choices() -> list[bytes]:
    return [bytes(range(start, start + 200)) for start in range(0, 50, 10)] + [b"", bytes(300), b"\xf0" * 200]


FORMATS: dict[str, tuple[Callable[[bytes], None], Callable[[], list[bytes]], str]] = {
    "sdmx-ml": (_read, lambda: _files(".xml"), "xml"),
    "sdmx-ml-bulk": (both_ways, lambda: _files(".xml"), "xml"),
    "sdmx-csv": (_read, lambda: _files(".csv"), "csv"),
    "table-csv": (_read, _tables, "csv"),
    "sdmx-json": (_read, lambda: _files(".json"), "json"),
    "sdmx-json-pieces": (in_pieces, lambda: _files(".json"), "json"),
    "workbook": (lambda data: _read(in_workbook(data)), _parts, "part"),
    "workbook-cells": (_cells, _choices, "choices"),
    "un-portal": (_portal, _choices, "choices"),
    "open-sdg": (_platform, _choices, "choices"),
    "archive": (lambda data: _read(in_archive(data)), _archives, "csv"),
}
"""Of every format: what must hold of an input, the first inputs, and the words that inputs are made of."""


def fuzz(name: str, arguments: list[str]) -> None:
    """Fuzz in this process, which libFuzzer ends."""
    import atheris

    check, _, words = FORMATS[name]
    # To instrument openpyxl takes seconds, and no text reaches it.
    packed = [] if name != "archive" and words in ("xml", "csv", "json") else ["openpyxl", "zipfile"]
    with atheris.instrument_imports(include=["pipelines.read", *packed]):
        import pipelines.read.detect
        import pipelines.read.open_sdg
        import pipelines.read.sdmx_csv
        import pipelines.read.sdmx_json
        import pipelines.read.sdmx_ml
        import pipelines.read.table
        import pipelines.read.workbook  # noqa: F401
    atheris.Setup([sys.argv[0], *arguments], check)
    atheris.Fuzz()


def run(name: str, seconds: int, runs: int, seed: int, out: Path) -> int:
    """Fuzz in a process of its own; print what came of it; return the exit code."""
    _, seeds, words = FORMATS[name]
    out.mkdir(parents=True, exist_ok=True)
    before = set(out.iterdir())
    with tempfile.TemporaryDirectory() as folder:
        first = [Path(folder) / f"{number}" for number in range(len(seeds()))]
        for path, data in zip(first, seeds(), strict=True):
            path.write_bytes(data)
        # By a list and not by their folder, whose order is the file system's: the same seed tries the same inputs.
        (Path(folder) / "first").write_text(",".join(map(str, first)), encoding="utf-8")
        escaped = ("".join(f"\\x{byte:02x}" for byte in word.encode("utf-8")) for word in WORDS[words])
        (Path(folder) / "words").write_text("".join(f'"{word}"\n' for word in escaped), encoding="ascii")
        arguments = [
            f"-seed_inputs=@{folder}/first", f"-dict={folder}/words", f"-max_total_time={seconds}", f"-runs={runs}",
            f"-max_len={LONGEST}", f"-timeout={SECONDS_AN_INPUT}", f"-rss_limit_mb={MEMORY_MB}",
            f"-artifact_prefix={out}/{name}-", f"-seed={seed}", "-print_final_stats=1",
        ]
        command = [sys.executable, __file__, name, "--inside", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    found = sorted(str(path) for path in set(out.iterdir()) - before)
    count = re.search(r"number_of_executed_units: +(\d+)", done.stderr)
    if done.returncode == 0 and count and not found:
        print(f"{name}: {count[1]} inputs, no crash.")
        return 0
    (out / f"{name}.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    print(f"{name}: a crash. Its bytes: {', '.join(found) or 'none saved'}; what was said: {out / f'{name}.log'}")
    print("\n".join((done.stdout + done.stderr).splitlines()[-25:]))
    return 1


def main() -> int:
    """Read the command line and fuzz, or replay."""
    if "--inside" in sys.argv:
        fuzz(sys.argv[1], sys.argv[sys.argv.index("--inside") + 1 :])
    parser = argparse.ArgumentParser(description="Fuzz one reader.")
    parser.add_argument("format", choices=FORMATS)
    parser.add_argument("--seconds", type=int, default=60, help="end after so many seconds")
    parser.add_argument("--runs", type=int, default=-1, help="end after so many inputs")
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "fuzz", help="folder for the bytes of a crash")
    parser.add_argument("--replay", type=Path, help="read one saved input instead, and let its traceback be seen")
    given = parser.parse_args()
    if given.replay:
        FORMATS[given.format][0](given.replay.read_bytes())
        print(f"{given.format}: no crash.")
        return 0
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: it is for Linux and Python 3.11.")
        return 2
    return run(given.format, given.seconds, given.runs, given.seed, given.out)


if __name__ == "__main__":
    sys.exit(main())
