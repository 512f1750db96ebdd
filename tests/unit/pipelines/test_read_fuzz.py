"""Damaged and hostile input, bounded: always a message or an `UnreadableFile`, never another exception."""

from __future__ import annotations

import gzip
import io
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from metadata.errors import UnreadableFile
from pipelines.read.detect import read_message
from pipelines.read.message import PLACE_COLUMNS, Message

SPECIMENS = Path(__file__).resolve().parents[2] / "specimens" / "read"
BOUNDED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def workbook() -> bytes:
    book = Workbook()
    for row in (("SERIES", "TIME_PERIOD", "OBS_VALUE"), ("A", 2020, 1.5), ("B", "2021", "=1+1")):
        book.worksheets[0].append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@cache
def whole_files() -> tuple[bytes, ...]:
    files = [path.read_bytes() for path in sorted(SPECIMENS.iterdir())]
    return (*files, gzip.compress(files[0], mtime=0))


def message_or_sentence(data: bytes) -> None:
    found = read_or_refused(data)
    if isinstance(found, UnreadableFile):
        assert str(found).startswith("fuzzed")
        assert found.what.endswith(".")
    else:
        assert set(PLACE_COLUMNS) <= set(found.frame.columns)


def read_or_refused(data: bytes) -> Message | UnreadableFile:
    try:
        return read_message(data, name="fuzzed")
    except UnreadableFile as error:
        return error


def damage(data: bytes, cut: float, flips: list[tuple[float, int]]) -> bytes:
    damaged = bytearray(data[: int(len(data) * cut)])
    for place, bit in flips:
        if damaged:
            damaged[int(place * (len(damaged) - 1))] ^= 1 << bit
    return bytes(damaged)


part = st.floats(0, 1)
some_flips = st.lists(st.tuples(part, st.integers(0, 7)), max_size=6)


@given(number=st.integers(0, 19), cut=st.one_of(st.just(1.0), part), flips=some_flips)
@settings(BOUNDED, max_examples=400)
def test_damaged_texts(number: int, cut: float, flips: list[tuple[float, int]]) -> None:
    message_or_sentence(damage(whole_files()[number % len(whole_files())], cut, flips))


@given(cut=st.one_of(st.just(1.0), part), flips=some_flips)
@settings(BOUNDED, max_examples=80)
def test_damaged_workbooks(cut: float, flips: list[tuple[float, int]]) -> None:
    message_or_sentence(damage(workbook(), cut, flips))


@given(st.binary(max_size=200))
@BOUNDED
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf")
@example(b"PK")
@example(b"\x1f\x8b")
@example(b"<")
def test_any_bytes(data: bytes) -> None:
    message_or_sentence(data)


@given(head=st.sampled_from(["DATAFLOW,SEX\n", "STRUCTURE,STRUCTURE_ID,ACTION\n", "SERIES,TIME_PERIOD,OBS_VALUE\n"]),
       body=st.text(alphabet='ab,;"\n\r\t é\0', max_size=60))
@settings(BOUNDED, max_examples=300)
def test_any_table(head: str, body: str) -> None:
    message_or_sentence((head + body).encode())


@given(st.text(alphabet='<>/="&; AObsSeriesGroupDataSet\n', max_size=120))
@BOUNDED
def test_any_markup_in_a_data_set(body: str) -> None:
    namespace = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
    head = f'<StructureSpecificData xmlns="{namespace}"><DataSet>'
    message_or_sentence(f"{head}{body}</DataSet></StructureSpecificData>".encode())
