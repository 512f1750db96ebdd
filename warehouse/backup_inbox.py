"""What waits in the inbox, for a backup: files whose bytes are not kept in raw yet, as they lie there at one moment.

A file that was taken in stays in the inbox and has its bytes in raw; copying it again would double the backup. A file
that is still being written is no delivery yet: half of it would be loaded as if it were whole.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from warehouse.backup_copy import Item
from warehouse.release_store import sha256_of
from warehouse.settings import Settings

FOLDER = "inbox"
QUIET_S = 2.0
"""Seconds without a change after which a file counts as complete; as `pipelines.inbox` has it."""


def copy_waiting(settings: Settings, growing: Path, raw: Collection[Item]) -> tuple[list[Item], int]:
    """Copy what waits into the growing backup, because people may take it away or change it at any time.

    Args:
        settings: the state folder.
        growing: the folder of the backup that is being made.
        raw: the kept bytes that are in this backup.

    Returns:
        The copies, and how many files were left out because they are still being written.
    """
    kept = {one.sha256 for one in raw}
    sizes = {one.path.stat().st_size for one in raw}
    waiting, unfinished = [], 0
    for path in _files(settings.inbox):
        name = f"{FOLDER}/{path.relative_to(settings.inbox).as_posix()}"
        place = growing / name
        try:
            before = path.stat()
            if before.st_size in sizes and sha256_of(path) in kept:
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)
            after = path.stat()
        except FileNotFoundError:
            place.unlink(missing_ok=True)
            continue
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or _fresh(after.st_mtime):
            place.unlink()
            unfinished += 1
            continue
        waiting.append(Item(name, place))
    return waiting, unfinished


def _fresh(modified: float) -> bool:
    return abs(time.time() - modified) < QUIET_S


def _files(folder: Path) -> Iterator[Path]:
    """Give every file below a folder; hidden ones, and what links lead to, are no deliveries."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file() and not path.is_symlink():
            yield path
