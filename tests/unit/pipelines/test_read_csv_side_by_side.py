"""Blocks of a delimited text that are read at the same time: order, faults, threads; and columns of one text."""

from __future__ import annotations

import csv
import gc
import io
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.errors import StorageFull, UnreadableFile
from pipelines.read import arrow_texts, delimited_blocks, delimited_rows, output
from pipelines.read.arrow_texts import Texts, in_polars, views
from pipelines.read.delimited import open_text
from pipelines.read.delimited_blocks import Block, Grid
from pipelines.read.delimited_rows import stream_cells
from pipelines.read.detect import open_message, read_message
from pipelines.read.safety import Source

HEAD = "SERIES,TIME_PERIOD,OBS_VALUE,COMMENT_OBS\n"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Blocks of about ten rows, three at a time; returns the first bytes of every block that was begun."""
    monkeypatch.setattr(delimited_blocks, "BLOCK", 200)
    monkeypatch.setattr(delimited_rows, "cores", lambda: 3)
    begun: list[str] = []
    part = delimited_rows._Parser.part

    def spied(parser: Any, block: Block) -> Any:
        begun.append(block.data.decode()[:9])
        if "slow" in block.data.decode():
            time.sleep(0.2)
        return part(parser, block)

    monkeypatch.setattr(delimited_rows._Parser, "part", spied)
    return begun


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("read")]


def lines_of(count: int, word: str = "x") -> str:
    return "".join(f"A{n:05},2020,{n},{word}\n" for n in range(count))


def test_the_first_fault_of_the_file_is_told_though_a_later_one_is_found_earlier(small: list[str]) -> None:
    text = HEAD + lines_of(100) + "B,2020,slow\n" + lines_of(10) + 'C,2020,1,"x"y\n' + lines_of(100)
    with pytest.raises(UnreadableFile, match=r"^f\.csv:102: The row has 3 cells and the heading has 4\. Quote cells"):
        read_message(text.encode(), name="f.csv")
    assert not threads()
    text = HEAD + lines_of(100) + 'C,2020,slow,"x"y\n' + lines_of(30) + "B,2020,1\n" + lines_of(100)
    with pytest.raises(UnreadableFile, match=r"^f\.csv:102: The row that begins here cannot be read: ',' expected"):
        read_message(text.encode(), name="f.csv")
    assert not threads()


def test_blocks_behind_a_slow_one_are_read_meanwhile_and_come_behind_it(small: list[str]) -> None:
    text = HEAD + lines_of(50) + "B,2020,1,slow\n" + lines_of(200)
    frame = read_message(text.encode()).frame
    assert frame["_line"].to_list() == list(range(2, 253))
    assert frame["series"][50] == "B"
    assert len(small) > 10


def test_rows_before_a_fault_are_delivered(small: list[str]) -> None:
    stream = open_message((HEAD + lines_of(100) + "B,2020\n").encode(), name="f.csv")
    heights = list[int]()
    with pytest.raises(UnreadableFile, match=r"f\.csv:102: The row has 2 cells"):
        heights.extend(batch.height for batch in stream.batches)
    assert sum(heights) > 80


def test_a_few_blocks_are_read_ahead_and_no_more_however_long_the_text(small: list[str]) -> None:
    stream = open_message((HEAD + lines_of(5000)).encode())
    assert 1 <= len(small) < 10
    next(stream.batches)
    next(stream.batches)
    assert 1 < len(small) < 12
    assert threads()
    stream.close()
    assert not threads()


def test_a_message_that_is_opened_and_dropped_leaves_no_thread(small: list[str]) -> None:
    stream = open_message((HEAD + lines_of(5000)).encode())
    del stream
    gc.collect()
    assert not threads()


def test_a_message_is_read_and_written_without_polars_and_pandas(tmp_path: Path) -> None:
    given, out = tmp_path / "given.csv", tmp_path / "out.parquet"
    given.write_text('DATAFLOW,SERIES,TIME_PERIOD,OBS_VALUE\nA:B(1),S,2020,"1.50"\nA:B(1),S,2021,\n')
    told = subprocess.run(
        [sys.executable, "-c", _READ_AND_WRITTEN, str(given), str(out)], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["2", "[]"]
    written = pl.read_parquet(out)
    assert written.select("series", "time_period", "obs_value", "_row", "_line", "_dataset", "_action").rows() == [
        ("S", "2020", "1.50", 2, 2, 0, None), ("S", "2021", None, 3, 3, 0, None),
    ]  # fmt: skip


_READ_AND_WRITTEN = """
import sys
from pathlib import Path
from pipelines.read.detect import open_message
from pipelines.read.output import write_stream
rows = write_stream(open_message(Path(sys.argv[1])), Path(sys.argv[2]))
print(rows, sorted({"polars", "pandas"} & set(sys.modules)))
"""


def test_actions_and_structures_that_change_between_blocks_are_told_apart_as_in_one_block(small: list[str]) -> None:
    head = "STRUCTURE,STRUCTURE_ID,ACTION,SERIES,TIME_PERIOD,OBS_VALUE,COMMENT_OBS\n"
    kinds = [("A:B(1)", "I"), ("A:B(1)", "i "), ("A:C(1)", "D"), ("A:C(1)", "?"), ("A:B(1)", "")]
    text = head + "".join(
        f"dataflow,{reference},{action},S,{2000 + n},{n},{'a comment of some length' if n % 3 else ''}\n"
        for reference, action in kinds for n in range(40)
    )
    message = read_message(text.encode())
    assert len(small) > 3
    sets = ((0, "Information"), (0, "Information"), (1, "Delete"), (2, "?"), (3, None))
    expected = [one for one in sets for _ in range(40)]
    assert message.frame.select("_dataset", "_action").rows() == expected
    assert message.header.dataset_actions == ("Information", "Delete", "?", None)
    assert message.table.schema.field("comment_obs").type == pa.string_view()
    assert in_polars(message.table).equals(message.frame)


def test_closing_the_parts_early_leaves_no_thread(small: list[str]) -> None:
    text = open_text(Source("f.csv", data=(HEAD + lines_of(1000)).encode()))
    parts = stream_cells(text, Grid(",", 4, 1, 1))
    for _ in range(3):
        next(parts)
    assert threads()
    parts.close()  # type: ignore[attr-defined]
    assert not threads()


def test_a_disk_that_is_full_while_a_text_is_written_leaves_no_thread(
    small: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def full(_target: object) -> Iterator[Callable[[pl.DataFrame], None]]:
        def write(_batch: pl.DataFrame) -> None:
            raise OSError(28, "No space left on device")

        yield write

    monkeypatch.setitem(output._WRITERS, ".csv", full)
    stream = open_message((HEAD + lines_of(1000)).encode())
    with pytest.raises(StorageFull, match=r"The file cannot be written: No space left on device\."):
        output.write_stream(stream, tmp_path / "out.csv")
    assert not threads()
    assert not list(tmp_path.iterdir())


def test_lines_are_counted_across_blocks_of_every_kind(small: list[str]) -> None:
    folded = 'F,2020,1,"two\nlines"\n'
    text = HEAD + lines_of(20) + folded + lines_of(20) + "\n\n" + lines_of(20) + 'G,2020,1,5" pipe\n' + lines_of(20)
    frame = read_message(text.encode()).frame
    found = dict(frame.filter(pl.col("series").is_in(["F", "G"])).select("series", "_line").iter_rows())
    assert found == {"F": 22, "G": 66}
    assert frame["_line"][-1] == 86
    assert frame["_row"][-1] == 85


def test_a_cell_of_several_lines_is_read_whole_wherever_pieces_end(monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + "".join(f'A{n},2020,{n},"a\nb, ""{n}""\n"\n' for n in range(300))
    expected = [f'a\nb, "{n}"\n' for n in range(300)]
    for size in (40, 64, 333):
        monkeypatch.setattr(delimited_rows, "_PARSED", size)
        frame = read_message(text.encode()).frame
        assert frame["comment_obs"].to_list() == expected
        assert frame["_line"].to_list() == list(range(2, 902, 3))


def test_a_piece_that_ends_within_its_first_character_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    data = (HEAD + "А,2020,1,x\nБ,2020,2,y\n").encode()
    pieces = [data[:len(HEAD)], b"", data[len(HEAD):]]
    text = open_text(Source("f.csv", data=data))
    monkeypatch.setattr(type(text), "pieces", lambda *_, **__: iter(pieces))
    (cells,) = stream_cells(text, Grid(",", 4, 1, 1))
    assert cells.table["0"].to_pylist() == ["А", "Б"]


cell = st.sampled_from(["", "A", "_T", "A", "1.5", "é", "x,y", "a\nb", "c\r\nd", 'say "so"', "\n", " "])


@given(st.lists(st.lists(cell, min_size=3, max_size=3), max_size=60), st.sampled_from(["\n", "\r\n"]),
       st.integers(1, 200))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_blocks_side_by_side_are_what_csv_reads(
    monkeypatch: pytest.MonkeyPatch, table: list[list[str]], ending: str, size: int
) -> None:
    monkeypatch.setattr(delimited_rows, "cores", lambda: 3)
    head = "SERIES,TIME_PERIOD,OBS_VALUE"
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=ending).writerows([head.split(","), *table])
    monkeypatch.setattr(delimited_blocks, "BLOCK", len(head) + 2 + size)
    frame = read_message(stream.getvalue().encode()).frame
    reader = csv.reader(io.StringIO(stream.getvalue(), newline=""))
    expected, line = [], 0
    for number, record in enumerate(reader, start=1):
        if number > 1 and any(record):
            expected.append((*[one or None for one in record], number, line + 1))
        line = reader.line_num
    assert frame.select("series", "time_period", "obs_value", "_row", "_line").rows() == expected


# ---------------------------------------------------------------------------------------------- columns of one text


def arrow(*chunks: list[str | None]) -> Any:
    """Return a table of one column `0` in several arrays."""
    return pa.table({"0": pa.chunked_array([pa.array(chunk, pa.string()) for chunk in chunks])})


@pytest.mark.parametrize("chunks", [
    [["A"] * 5], [["A"] * 5, ["A"] * 3], [["a text of more than twelve bytes"] * 4], [["é"] * 3], [["A"]],
    [[None] * 4], [["A", None]], [["A", None], ["A", "A"]], [["A", "A"], ["B", "B"]], [["A", "A"], []],
    [["ab", "ba"]], [["a", "aa", "aaa"]], [["aa", "a", "aaa"]], [["abab", "ab", "ababab"]], [["A", "B", "A"]],
    [["ab", "cd", "ab"]], [[""] * 3], [["", "A"]], [["aaa", "aaa", "aab"]], [["aab", "aaa", "aab"]], [[]],
])  # fmt: skip
def test_a_column_of_one_text_is_what_it_says(chunks: list[list[str | None]]) -> None:
    table = arrow(*chunks)
    read = Texts().table(views(table))
    assert read.schema.types == [pa.string_view()]
    assert read["0"].to_pylist() == table["0"].to_pylist()
    frame = in_polars(read)
    assert frame.schema == {"0": pl.String}
    assert frame["0"].to_list() == table["0"].to_pylist()


def test_a_piece_of_an_array_is_read_where_it_begins() -> None:
    table = arrow(["B", "A", "A", "C"]).slice(1, 2)
    assert Texts().table(views(table))["0"].to_pylist() == ["A", "A"]


def test_columns_that_repeat_take_no_memory_a_row() -> None:
    texts, height = Texts(), 100_000
    table = pa.table({str(n): pa.array(["_T"] * height) for n in range(40)})
    frames = [in_polars(texts.table(views(table))) for _ in range(3)]
    assert frames[0].shape == (height, 40)
    assert len(texts._kept) == 1
    kept = texts._kept["_T"]
    assert kept.nbytes < 3_000_000
    shared = {address(frame[name]) for frame in frames for name in frame.columns}
    assert shared == {kept.buffers()[1].address}


def address(column: pl.Series) -> int:
    """Return where the views of a column begin in memory."""
    array = column.to_arrow(compat_level=pl.CompatLevel.newest())
    return int(array.buffers()[1].address)


def test_the_columns_that_are_kept_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_texts, "_KEPT", 3)
    texts = Texts()
    for round_, height in enumerate((5, 5, 50)):
        for word in "abcdefg":
            assert texts.table(views(arrow([word] * height)))["0"].to_pylist() == [word] * height, round_
            assert len(texts._kept) <= 3


def test_long_and_short_texts_are_views_of_what_was_read_and_short_ones_keep_nothing_else() -> None:
    short, long = ["A", None, "twelve bytes", ""], ["A", None, "more than twelve bytes", ""]
    table = views(pa.table({"0": pa.array(short), "1": pa.array(long)}))
    assert [len(table.columns[name].buffers()) for name in "01"] == [2, 3]
    frame = in_polars(Texts().table(table))
    assert frame.rows() == list(zip(short, long, strict=True))
    assert address(frame["1"]) == table.columns["1"].buffers()[1].address
