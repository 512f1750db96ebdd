"""The ledger for those who only read, also where nothing may be written: another's folder, a read-only disk.

SQLite writes even to read: a database with a write-ahead log is opened together with a file of shared memory beside it
(https://sqlite.org/wal.html#readonly). Where that cannot be made, the ledger and its log are copied to the temporary
folder and read there. The copy is of one moment: it is made again while somebody moves the log into the ledger.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metadata.errors import WarehouseBusy
from warehouse.faults import told
from warehouse.ledger import Ledger
from warehouse.settings import Settings

_TRIES = 40
_PAUSE_S = 0.05


@contextmanager
def read_ledger(settings: Settings) -> Iterator[Ledger]:
    """Open the ledger, which is there, to read from it. What is written to it may be lost.

    Raises:
        WarehouseError: it was written by a newer program, or is damaged.
        WarehouseBusy: it changes without a pause.
        StorageFull: it cannot be read, or the temporary folder cannot be written.
    """
    if os.access(settings.home, os.W_OK) and os.access(settings.ledger, os.W_OK):
        with Ledger.open(settings) as ledger:
            yield ledger
        return
    with told(Path(tempfile.gettempdir())):
        folder = Path(tempfile.mkdtemp(prefix="sdg-ledger-"))
    try:
        copy = folder / settings.ledger.name
        with told(settings.ledger):
            _copy(settings.ledger, copy)
        with Ledger.of_file(copy, called=settings.ledger) as ledger:
            yield ledger
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(ledger: Path, copy: Path) -> None:
    """Copy a ledger and its log, as they stand together at one moment.

    What is written goes to the log alone. The ledger changes when the log is moved into it, so where the ledger was
    the same before and after, the copied log has all that the copied ledger lacks.
    """
    log, its_copy = Path(f"{ledger}-wal"), Path(f"{copy}-wal")
    for _ in range(_TRIES):
        before = _state(ledger)
        shutil.copyfile(ledger, copy)
        try:
            shutil.copyfile(log, its_copy)
        except FileNotFoundError:
            its_copy.unlink(missing_ok=True)
        if _state(ledger) == before:
            return
        time.sleep(_PAUSE_S)
    raise WarehouseBusy(
        "The ledger is being written without a pause.", where=str(ledger), hint="Try again in a minute."
    )


def _state(path: Path) -> tuple[int, int, int]:
    seen = path.stat()
    return seen.st_ino, seen.st_size, seen.st_mtime_ns
