"""What waits on disk: the same frames in the same order, and a message that is read through the spool."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
import pytest

from metadata.errors import StorageFull, UnreadableFile
from pipelines.read import sdmx_ml_feed, sdmx_ml_frame, spool
from pipelines.read.detect import open_message, read_message
from pipelines.read.spool import Spool

SPECIMENS = Path(__file__).resolve().parents[2] / "specimens" / "read"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go in this test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_frames_beyond_the_limit_wait_on_disk_and_go_with_the_spool(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [pl.DataFrame({"a": [str(n), None, ""], "n": [n, 1, 2]}) for n in range(5)]
    monkeypatch.setattr(spool, "IN_MEMORY", 2 * (3 * 16 + 3 * 8))
    kept = Spool()
    for frame in frames:
        kept.append(frame)
    assert len(kept) == 5
    assert len(list(folder.rglob("*.arrow"))) == 3
    assert all(one.equals(other) for one, other in zip(kept, frames, strict=True))
    assert kept[4].equals(frames[4])
    del kept
    assert not list(folder.iterdir())


def test_short_texts_count_with_their_views_and_long_ones_with_their_bytes_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for frame, size in (
        (pl.DataFrame({"a": ["x"] * 100}), 1600), (pl.DataFrame({"a": ["x" * 50] * 100, "b": [1] * 100}), 7400),
    ):
        for limit, waiting in ((size, 0), (size - 1, 1)):
            monkeypatch.setattr(spool, "IN_MEMORY", limit)
            kept = Spool()
            kept.append(frame)
            assert len(list(folder.rglob("*.arrow"))) == waiting
            kept.close()


def test_no_room_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    monkeypatch.setattr(spool, "IN_MEMORY", 0)
    with pytest.raises(StorageFull, match=r"There is no room for what was read so far: No such file or directory\."):
        Spool().append(pl.DataFrame({"a": ["x"]}))


@pytest.mark.parametrize("path", sorted(SPECIMENS.glob("*.xml")), ids=lambda path: path.name)
def test_a_message_through_the_disk_is_the_same(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = read_message(path)
    monkeypatch.setattr(spool, "IN_MEMORY", 0)
    monkeypatch.setattr(sdmx_ml_frame, "BATCH_ROWS", 1)
    stream = open_message(path)
    assert list(folder.rglob("*.arrow"))
    batches = list(stream.batches)
    assert pl.concat(batches).equals(expected.frame)
    assert tuple(stream.notes) == expected.notes
    assert not list(folder.iterdir())


def test_a_document_that_is_refused_leaves_nothing_on_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "IN_MEMORY", 0)
    monkeypatch.setattr(sdmx_ml_feed, "BULK_FROM", 0)
    monkeypatch.setattr(sdmx_ml_feed, "CHUNK", 1)
    whole = (SPECIMENS / "series.xml").read_bytes()
    with pytest.raises(UnreadableFile, match="breaks off"):
        open_message(whole[:-20])
    assert not list(folder.iterdir())
