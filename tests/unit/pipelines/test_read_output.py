"""The read frame to a file: a faithful copy, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from metadata.errors import SdgError, StorageFull
from pipelines.read.detect import read_message
from pipelines.read.output import write_frame

SPECIMENS = Path(__file__).resolve().parents[2] / "specimens" / "read"


@pytest.fixture
def frame() -> pl.DataFrame:
    return read_message(SPECIMENS / "series.xml").frame


def test_parquet_is_the_same_frame(frame: pl.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    write_frame(frame, path)
    assert pl.read_parquet(path).equals(frame)
    assert [p.name for p in tmp_path.iterdir()] == ["out.parquet"]


def test_csv_keeps_absent_and_empty_apart_and_formulas_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "out.CSV"
    write_frame(pl.DataFrame({"a": ["", None, "=1+1", "x,\ny"], "b": ["007", "1.50", " ", "é"]}), path)
    assert path.read_text(encoding="utf-8") == 'a,b\n"",007\n,1.50\n=1+1, \n"x,\ny",é\n'


def test_csv_that_was_written_is_read_again(frame: pl.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_frame(frame, path)
    again = read_message(path).frame
    components = [column for column in frame.columns if not column.startswith("_")]
    assert again.select(components).rows() == frame.with_columns(
        pl.col(components).replace("", None)
    ).select(components).rows()
    assert again["_action"].to_list() == frame["_action"].to_list()


def test_other_endings_and_missing_folders_are_refused(frame: pl.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(SdgError, match=r"out\.json can be written as \.parquet or \.csv only\."):
        write_frame(frame, tmp_path / "out.json")
    with pytest.raises(SdgError, match="The folder for the output is not there"):
        write_frame(frame, tmp_path / "none" / "out.csv")


def test_a_disk_that_cannot_be_written_leaves_nothing_behind(frame: pl.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(StorageFull, match="The file cannot be written: Is a directory"):
        write_frame(frame, tmp_path / "out.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]
