"""Rows on disk on their way into core: exactly what was given, gone at the end, and a full disk is told."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from metadata.errors import SdgError, StorageFull
from warehouse import spool
from warehouse.connect import writer
from warehouse.settings import Settings
from warehouse.spool import PREFIX, spool_folder, spooled

SCHEMA = {"series": pl.String(), "value": pl.Float64(), "note": pl.String()}
ROWS = {"series": ["B", "A", "B"], "value": [1.5, None, 3.0], "note": [None, " it's\n", ""]}


def read(query: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("few", [10_000, 1])
@pytest.mark.parametrize("kind", [pl.String(), pl.Categorical(pl.Categories.random())])
def test_what_is_read_is_what_was_given_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: pl.DataType, few: int
) -> None:
    monkeypatch.setattr(spool, "_FEW", few)
    frame = pl.DataFrame(ROWS, schema=SCHEMA).cast({"series": kind, "note": kind}).with_columns(more=1)
    folder = tmp_path / "it's here"
    folder.mkdir()
    rows = spooled(folder, "staged", frame, SCHEMA, number="_rn")
    assert read(f"select typeof(series), * from ({rows.query}) order by _rn") == [
        ("VARCHAR", 0, "B", 1.5, None), ("VARCHAR", 1, "A", None, " it's\n"), ("VARCHAR", 2, "B", 3.0, "")
    ]  # fmt: skip
    assert rows.height == 3


def test_an_empty_frame_needs_no_columns_and_gives_them_all(tmp_path: Path) -> None:
    rows = spooled(tmp_path, "deletes", pl.DataFrame(), SCHEMA)
    assert read(f"select count(series), count(value), count(note) from ({rows.query})") == [(0, 0, 0)]


def test_a_frame_of_nulls_has_the_declared_types(tmp_path: Path) -> None:
    frame = pl.DataFrame({"series": ["A"], "value": [None], "note": [None]})
    rows = spooled(tmp_path, "staged", frame, SCHEMA)
    assert read(f"select typeof(value), typeof(note), * from ({rows.query})") == [
        ("DOUBLE", "VARCHAR", "A", None, None)
    ]  # fmt: skip


def test_a_frame_of_other_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SdgError, match=r"The staged frame lacks value, note, or has another type there\."):
        spooled(tmp_path, "staged", pl.DataFrame({"series": ["A"], "value": ["1"]}), SCHEMA)


def test_the_folder_goes_with_its_block_and_what_a_killed_process_left_goes_with_the_next_writer(
    tmp_path: Path,
) -> None:
    settings = Settings.load(tmp_path).ensure()
    with spool_folder(settings.temporary) as folder:
        spooled(folder, "staged", pl.DataFrame(ROWS, schema=SCHEMA), SCHEMA)
        assert folder.parent == settings.temporary
    assert not folder.exists()
    left = settings.temporary / f"{PREFIX}killed"
    left.mkdir()
    (left / "staged.parquet").write_bytes(b"half")
    with writer(settings, "a test"):
        assert not left.exists()


def test_a_disk_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), spool_folder(tmp_path / "absent"):
        pass
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "staged.parquet").symlink_to(full)
    with pytest.raises(StorageFull, match=r"The disk is full; what was there before is untouched\. Make room"):
        spooled(tmp_path, "staged", pl.DataFrame(ROWS, schema=SCHEMA), SCHEMA)
