"""The sample: three offices' deliveries that a first run uses, and what must be found in them.

Here is how the sample gets into a state folder of its own (`prepare`), which outcome is declared
(`load_expected`, from `expected.yaml`) and whether a run gave it (`compare`). The deliveries are in `inbox/`,
one folder a provider; which figures are published and which rows are faulty on purpose is in `SOURCES.md`.
The run itself is not here: the sample goes the way of every other delivery (`pipelines.run`).
"""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.errors import SdgError

if TYPE_CHECKING:
    from pipelines.outcome import Outcome
    from pipelines.sample.expected import Expected

FOLDER = Path(__file__).resolve().parent
INBOX = FOLDER / "inbox"
EXPECTED = FOLDER / "expected.yaml"

MARKER = ".sdg-sample"
"""File that says: this folder belongs to the sample and may be emptied."""
LOCK_TIMEOUT_S = 600.0
"""How long a second sample run waits for the first one, in seconds; a sample run takes under one minute."""

# Locks are kept until the process ends: two sample runs at once would empty the folder under each other.
_held = ExitStack()
_held_homes: set[Path] = set()
atexit.register(_held.close)


def sample_home(home: Path) -> Path:
    """Return the sample's own state folder beside the state in `home`."""
    return home / "sample"


def sample_providers() -> tuple[str, ...]:
    """Return the ids of the providers that have a delivery in the sample, in order."""
    return tuple(sorted(folder.name for folder in INBOX.iterdir() if folder.is_dir()))


def load_expected() -> Expected:
    """Return the declared outcome of the sample.

    Raises:
        ConfigurationError: `expected.yaml` cannot be read as what it should be.
    """
    from pipelines.sample.expected import read_expected

    return read_expected(EXPECTED)


def compare(expected: Expected, outcomes: Sequence[Outcome]) -> list[str]:
    """Return where a run of the sample differs from what is declared, in words; nothing when it does not.

    Args:
        expected: what `load_expected` gave.
        outcomes: what became of each provider, deliveries in the order in which they were loaded.
    """
    from pipelines.sample.expected import differences

    return differences(expected, outcomes)


def prepare(
    home: Path, *, on_wait: Callable[[str], None] | None = None, timeout_s: float = LOCK_TIMEOUT_S
) -> None:
    """Make `home` a fresh state folder with the sample in its inbox, and keep it for this process.

    The files get the dates that `expected.yaml` declares: old enough not to look as if they were still being
    written, and in the order of vintages.

    Args:
        home: the sample's own state folder; it is emptied.
        on_wait: called with a sentence when another sample run is at work in the same folder.
        timeout_s: how long to wait for that run, in seconds.

    Raises:
        SdgError: the folder holds something and is not the sample's; nothing was touched.
        WarehouseBusy: the other run did not end in time.
        StorageFull: the disk is full or not writable.
    """
    from warehouse.faults import told

    with told(home):
        _refuse_foreign(home)
        home.mkdir(parents=True, exist_ok=True)
        _hold(home, on_wait, timeout_s)
        _refuse_foreign(home)
        (home / MARKER).write_text("`sdg run --sample` empties this folder each time.\n", encoding="utf-8")
        _empty(home)
        _copy_inbox(home / "inbox")


def _refuse_foreign(home: Path) -> None:
    if home.is_dir() and not (home / MARKER).is_file() and _contents(home):
        raise SdgError(
            f"This folder holds files and is not the sample's ({MARKER} is missing), so it is not emptied.",
            where=str(home),
            hint="Choose another folder with --home, or remove this one.",
        )


def _contents(home: Path) -> list[Path]:
    return [path for path in home.iterdir() if not path.name.startswith(MARKER)]


def _hold(home: Path, on_wait: Callable[[str], None] | None, timeout_s: float) -> None:
    from warehouse.lock import writers_lock

    place = home.resolve()
    if place not in _held_homes:
        lock = writers_lock(place / MARKER, "sdg run --sample", timeout=timeout_s, on_wait=on_wait)
        _held.enter_context(lock)
        _held_homes.add(place)


def _empty(home: Path) -> None:
    for path in _contents(home):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _copy_inbox(inbox: Path) -> None:
    for provider, deliveries in load_expected().deliveries.items():
        folder = inbox / provider
        folder.mkdir(parents=True)
        for delivery in deliveries:
            copy = folder / delivery.file
            shutil.copyfile(INBOX / provider / delivery.file, copy)
            moment = delivery.moment.timestamp()
            os.utime(copy, (moment, moment))
