"""The read frame to a file: a faithful copy, whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from metadata.errors import SdgError, StorageFull, UnreadableFile
from pipelines.read import output
from pipelines.read.detect import read_message
from pipelines.read.message import PLACE_COLUMNS, Header, MessageStream
from pipelines.read.output import write_stream

SPECIMENS = Path(__file__).resolve().parents[2] / "specimens" / "read"


@pytest.fixture
def frame() -> pl.DataFrame:
    return read_message(SPECIMENS / "series.xml").frame


def write_frame(*frames: pl.DataFrame, path: Path) -> int:
    return write_stream(MessageStream("table-csv", Header(), iter(frames)), path)


def test_parquet_is_the_same_frame(frame: pl.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    write_frame(frame, path=path)
    assert pl.read_parquet(path).equals(frame)
    assert [p.name for p in tmp_path.iterdir()] == ["out.parquet"]


def test_parquet_is_text_to_programs_that_know_no_views(frame: pl.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    write_frame(frame, path=path)
    schema = parquet.read_schema(path)
    assert schema.field("obs_value").type == pa.string()
    assert [str(schema.field(name).type) for name in PLACE_COLUMNS] == ["string", "int64", "int64", "int32", "string"]


@pytest.mark.parametrize("suffix", ["parquet", "csv", "arrow"])
def test_a_batch_that_cannot_be_written_ends_the_reading(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[int]()

    def batches() -> Iterator[pl.DataFrame]:
        for number in range(50):
            seen.append(number)
            yield pl.DataFrame({"a": ["x"]})

    @contextmanager
    def full(_target: object) -> Iterator[Callable[[pl.DataFrame], None]]:
        def write(_batch: pl.DataFrame) -> None:
            raise OSError(28, "No space left on device")

        yield write

    monkeypatch.setitem(output._WRITERS, f".{suffix}", full)
    with pytest.raises(StorageFull, match="The file cannot be written: No space left on device"):
        write_stream(MessageStream("table-csv", Header(), batches()), tmp_path / f"out.{suffix}")
    assert len(seen) < 4
    assert list(tmp_path.iterdir()) == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("write")]


def test_csv_keeps_absent_and_empty_apart_and_formulas_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "out.CSV"
    write_frame(pl.DataFrame({"a": ["", None, "=1+1", "x,\ny"], "b": ["007", "1.50", " ", "é"]}), path=path)
    assert path.read_text(encoding="utf-8") == 'a,b\n"",007\n,1.50\n=1+1, \n"x,\ny",é\n'


def test_csv_that_was_written_is_read_again(frame: pl.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_frame(frame, path=path)
    again = read_message(path).frame
    components = [column for column in frame.columns if not column.startswith("_")]
    assert again.select(components).rows() == frame.with_columns(
        pl.col(components).replace("", None)
    ).select(components).rows()
    assert again["_action"].to_list() == frame["_action"].to_list()


def test_other_endings_and_missing_folders_are_refused(frame: pl.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(SdgError, match=r"out\.json can be written as \.parquet, \.csv or \.arrow only\."):
        write_frame(frame, path=tmp_path / "out.json")
    with pytest.raises(SdgError, match="The folder for the output is not there"):
        write_frame(frame, path=tmp_path / "none" / "out.csv")


def test_a_disk_that_cannot_be_written_leaves_nothing_behind(frame: pl.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(StorageFull, match="The file cannot be written: Is a directory"):
        write_frame(frame, path=tmp_path / "out.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.parametrize("suffix", ["parquet", "csv", "arrow"])
def test_batches_stand_one_behind_the_other(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out.{suffix}"
    schema = {"a": pl.String, "_line": pl.Int64}
    frames = [pl.DataFrame(rows, schema, orient="row") for rows in ([("x", 1), (None, 2)], [], [("z", 3)])]
    assert write_frame(*frames, path=path) == 3
    read = {"parquet": pl.read_parquet, "csv": pl.read_csv, "arrow": pl.read_ipc}[suffix]
    assert read(path).rows() == [("x", 1), (None, 2), ("z", 3)]  # type: ignore[operator]


@pytest.mark.parametrize("suffix", ["parquet", "csv", "arrow"])
def test_a_frame_without_rows_has_its_columns(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out.{suffix}"
    assert write_frame(pl.DataFrame(schema={"a": pl.String, "_line": pl.Int64}), path=path) == 0
    read = {"parquet": pl.read_parquet, "csv": pl.read_csv, "arrow": pl.read_ipc}[suffix]
    assert read(path).columns == ["a", "_line"]  # type: ignore[operator]


@pytest.mark.parametrize("suffix", ["parquet", "csv", "arrow"])
def test_a_stream_that_breaks_leaves_what_was_there_before(suffix: str, tmp_path: Path) -> None:
    def broken() -> Iterator[pl.DataFrame]:
        yield pl.DataFrame({"a": ["x"]})
        raise UnreadableFile("The XML document breaks off.", where="a.xml:7")

    path = tmp_path / f"out.{suffix}"
    path.write_text("before")
    with pytest.raises(UnreadableFile, match="breaks off"):
        write_stream(MessageStream("sdmx-csv-1.0", Header(), broken()), path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "before"


def test_a_stream_of_a_message_is_the_message_again() -> None:
    message = read_message(SPECIMENS / "series.xml")
    again = MessageStream.of(message).whole()
    assert again.frame.equals(message.frame)
    assert (again.format, again.header, again.notes) == (message.format, message.header, message.notes)
    batches = iter([message.frame.head(1), message.frame.tail(2)])
    assert MessageStream(message.format, message.header, batches).whole().frame.equals(message.frame)
