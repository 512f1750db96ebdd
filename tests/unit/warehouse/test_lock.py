"""One writer at a time, and a waiter knows for whom it waits."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from metadata.errors import WarehouseBusy
from warehouse.lock import Holder, holder, writers_lock


def test_the_holder_is_named_while_it_holds_and_not_after(tmp_path: Path) -> None:
    database = tmp_path / "warehouse.duckdb"
    assert holder(database) is None
    with writers_lock(database, "sdg run", timeout=0):
        found = holder(database)
        assert found is not None
        assert (found.pid, found.purpose) == (os.getpid(), "sdg run")
    assert holder(database) is None


def test_a_second_writer_gives_up_and_says_who_holds_it(tmp_path: Path) -> None:
    database = tmp_path / "warehouse.duckdb"
    said: list[str] = []
    with writers_lock(database, "sdg run", timeout=0):
        since = datetime.now().astimezone()
        with (
            pytest.raises(WarehouseBusy) as told,
            writers_lock(database, "sdg submit", timeout=0.3, on_wait=said.append),
        ):
            pass
    who = f"sdg run (process {os.getpid()}) has been writing since {since:%H:%M}"
    assert str(told.value) == (
        f"{tmp_path}: {who}; gave up after 0.3 seconds. "
        "Try again when it is done, or set SDG_LOCK_TIMEOUT to more seconds."
    )
    assert said == [f"Waiting: {who}."]


def test_a_waiter_goes_on_when_the_lock_is_free(tmp_path: Path) -> None:
    database = tmp_path / "warehouse.duckdb"
    waiting = threading.Event()
    done: list[str] = []

    def second() -> None:
        with writers_lock(database, "second", timeout=30, on_wait=lambda _: waiting.set()):
            done.append("second")

    with writers_lock(database, "first", timeout=0):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(20)
        done.append("first")
    thread.join(20)
    assert done == ["first", "second"]


def test_the_lock_is_freed_when_the_block_fails(tmp_path: Path) -> None:
    database = tmp_path / "warehouse.duckdb"
    with pytest.raises(RuntimeError), writers_lock(database, "first", timeout=0):
        raise RuntimeError
    with writers_lock(database, "second", timeout=0):
        pass


def test_the_note_of_a_dead_process_blocks_nobody(tmp_path: Path) -> None:
    database = tmp_path / "warehouse.duckdb"
    note = tmp_path / "warehouse.duckdb.lock.holder"
    note.write_text(json.dumps({"pid": 1, "purpose": "sdg run", "since": "2026-01-01T00:00:00+00:00"}))
    with writers_lock(database, "second", timeout=0):
        assert holder(database) is not None
        note.write_text("half a no")
        with (
            pytest.raises(WarehouseBusy, match="another process is writing"),
            writers_lock(database, "third", timeout=0),
        ):
            pass


def test_the_day_is_named_when_it_is_not_today() -> None:
    before = datetime.now(UTC) - timedelta(days=3)
    text = str(Holder(7, "sdg run", before.isoformat()))
    assert text == f"sdg run (process 7) has been writing since {before.astimezone():%Y-%m-%d %H:%M}"
