"""The writer's lock: one process at a time changes the warehouse, and a waiter knows for whom it waits.

An operating-system file lock (`flock` through the package filelock): the system frees it when the process
dies, however it dies, so nothing is ever left to clean up. Who holds it stands in a file beside the lock; that
file is only words for people, and decides nothing.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from metadata.errors import WarehouseBusy
from warehouse.faults import told

_PAUSE_S = 0.1
_SAY_AGAIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is writing: process id, what for, and since when (ISO 8601, UTC)."""

    pid: int
    purpose: str
    since: str

    def __str__(self) -> str:
        """Return `sdg run (process 1234) has been writing since 14:02`, in local time."""
        since = datetime.fromisoformat(self.since).astimezone()
        today = since.date() == datetime.now().astimezone().date()
        moment = since.strftime("%H:%M" if today else "%Y-%m-%d %H:%M")
        return f"{self.purpose} (process {self.pid}) has been writing since {moment}"


@contextmanager
def writers_lock(
    beside: Path, purpose: str, *, timeout: float, on_wait: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the writer's lock of a database file.

    Args:
        beside: the database; the lock is `<name>.lock` beside it, its holder `<name>.lock.holder`.
        purpose: what for, in words that another waiter understands: `sdg run`.
        timeout: seconds to wait; 0 gives up at once.
        on_wait: called with a sentence when waiting begins, when the holder changes, and every half minute.

    Raises:
        WarehouseBusy: it was not free within the timeout; says who holds it.
        StorageFull: the lock file cannot be written.
    """
    path = beside.with_name(beside.name + ".lock")
    note = path.with_name(path.name + ".holder")
    lock = FileLock(path)
    _acquire(lock, note, timeout=timeout, on_wait=on_wait)
    try:
        _write(note, Holder(os.getpid(), purpose, datetime.now(UTC).isoformat(timespec="seconds")))
        yield
    finally:
        # The note goes first: without the lock it may already be another's.
        with suppress(OSError):
            note.unlink()
        lock.release()


def holder(beside: Path) -> Holder | None:
    """Return who wrote beside the lock last; None when nobody did. It may be a process that died."""
    note = beside.with_name(beside.name + ".lock.holder")
    try:
        return Holder(**json.loads(note.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _acquire(lock: FileLock, note: Path, *, timeout: float, on_wait: Callable[[str], None] | None) -> None:
    """Take the lock, waiting for it in small steps so that the waiter can be told for whom."""
    begun = time.monotonic()
    said, said_at = "", 0.0
    while True:
        try:
            with told(note.parent):
                lock.acquire(blocking=False)
        except Timeout:
            now = time.monotonic()
            sentence = _sentence(note)
            if now - begun >= timeout:
                raise WarehouseBusy(
                    f"{sentence}; gave up after {timeout:g} seconds.",
                    where=str(note.parent),
                    hint="Try again when it is done, or set SDG_LOCK_TIMEOUT to more seconds.",
                ) from None
            if on_wait is not None and (sentence != said or now - said_at >= _SAY_AGAIN_S):
                on_wait(f"Waiting: {sentence}.")
                said, said_at = sentence, now
            time.sleep(min(_PAUSE_S, max(0.0, timeout - (now - begun))))
        else:
            return


def _sentence(note: Path) -> str:
    found = holder(note.with_name(note.name.removesuffix(".lock.holder")))
    return str(found) if found else "another process is writing"


def _write(note: Path, found: Holder) -> None:
    new = note.with_name(f"{note.name}.{os.getpid()}")
    with told(note.parent):
        try:
            new.write_text(json.dumps(asdict(found)), encoding="utf-8")
            new.replace(note)
        finally:
            new.unlink(missing_ok=True)
