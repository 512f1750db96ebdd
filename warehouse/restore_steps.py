"""How far a restore is: the bytes of the backup that are laid out, and as many again that are compared."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

from warehouse.backup_copy import Progress
from warehouse.release_store import CHECKSUMS

_PIECE = 1 << 20


class Steps:
    """Tells of the bytes that pass. Of a packed archive those count that it has packed.

    Args:
        source: the backup, folder or archive.
        on_bytes: told of the progress; None for nobody.
    """

    def __init__(self, source: Path, on_bytes: Progress | None) -> None:
        self._on_bytes = on_bytes
        self._size = _size(source) if source.is_dir() else source.stat().st_size
        self._done = 0
        self._to_compare = 0
        self._compared = 0

    def read(self, done: int) -> None:
        """Say how many bytes of the backup are laid out."""
        self._tell(min(done, self._size))

    def comparing(self, staging: Path) -> None:
        """Say that all is laid out in a folder, and is compared now."""
        listing = staging / CHECKSUMS
        self._to_compare = _size(staging) - (listing.stat().st_size if listing.is_file() else 0)
        self._tell(self._size)

    def compared(self, count: int) -> None:
        """Count bytes that were compared."""
        self._compared += count
        self._tell(self._size + self._size * self._compared // self._to_compare)

    def _tell(self, done: int) -> None:
        # An archive is looked at from its beginning more than once, to find out how it is packed.
        self._done = max(self._done, done)
        if self._on_bytes:
            self._on_bytes(self._done, 2 * self._size)


class Watched(io.BufferedReader):
    """A file that says after each reading how far it is read.

    Args:
        path: the file.
        told: called with the position.
    """

    def __init__(self, path: Path, told: Callable[[int], None]) -> None:
        super().__init__(io.FileIO(path))
        self._told = told

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes."""
        piece = super().read(size)
        self._told(self.tell())
        return piece


def copy_file(path: Path, place: Path, steps: Steps, before: int) -> int:
    """Copy a file with its times and its mode.

    Args:
        path: the file.
        place: where to; its folder is there.
        steps: told of the progress.
        before: bytes that were laid out before.

    Returns:
        The bytes that are laid out now.
    """
    with path.open("rb") as source, place.open("wb") as out:
        while piece := source.read(_PIECE):
            out.write(piece)
            before += len(piece)
            steps.read(before)
    shutil.copystat(path, place)
    return before


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
