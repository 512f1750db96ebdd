"""Files that are still being received: locked while they grow, put in place whole, swept when left behind.

A file under its final name is complete and on the disk. Anything else ends in `.part`; a process that is
killed leaves only such files, and `sweep` removes them at the next start. The operating system frees the lock
of a dead process, so a `.part` file that somebody is still writing is never removed. Nothing here knows about
HTTP or SDMX.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from metadata.errors import StorageFull

SUFFIX = ".part"
TAIL_KEPT = 4096
"""Bytes at the end that are kept in memory, to see whether a document was cut short."""
HEAD_KEPT = 65536
"""Bytes at the beginning that are kept in memory, to see what kind of document it is."""


class PartFile:
    """A new file that grows, is hashed while it grows, and is renamed when it is whole.

    Use as a context manager: unless `keep` was called, leaving it removes the file.

    Args:
        folder: where the file is made; made when absent.
        owner: beginning of the file's name, for example a provider's id.

    Raises:
        StorageFull: the disk is full or the folder cannot be written.
    """

    def __init__(self, folder: Path, owner: str) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f"{owner}-", suffix=SUFFIX, dir=folder)
        except OSError as error:
            raise _storage(error, folder) from error
        fcntl.flock(handle, fcntl.LOCK_EX)
        self.path = Path(name)
        self._file = os.fdopen(handle, "wb")
        self._hash = hashlib.sha256()
        self._kept = False
        self.size = 0
        self.head = b""
        self.tail = b""

    def __enter__(self) -> Self:
        return self

    def write(self, piece: bytes) -> None:
        """Append bytes.

        Raises:
            StorageFull: the disk is full.
        """
        try:
            self._file.write(piece)
        except OSError as error:
            raise _storage(error, self.path) from error
        self._hash.update(piece)
        self.size += len(piece)
        if len(self.head) < HEAD_KEPT:
            self.head += piece[: HEAD_KEPT - len(self.head)]
        self.tail = (self.tail + piece[-TAIL_KEPT:])[-TAIL_KEPT:]

    def read_back(self) -> bytes:
        """Return everything written so far; for small documents."""
        self._file.flush()
        return self.path.read_bytes()

    @property
    def sha256(self) -> str:
        """The hash of what was written so far, in hexadecimal."""
        return self._hash.hexdigest()

    def keep(self, name: str) -> Path:
        """Bring the bytes to the disk, then give the file its final name in the same folder.

        Raises:
            StorageFull: the disk is full.
        """
        target = self.path.with_name(name)
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self.path.replace(target)
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise _storage(error, target) from error
        self._kept = True
        return target

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._kept:
            self.path.unlink(missing_ok=True)
        try:
            self._file.close()
        except OSError as failure:
            # Closing writes what is still buffered, which a full disk refuses; the file is gone already,
            # and the error that brought us here (if any) says more.
            if error is None:
                raise _storage(failure, self.path) from failure


def sweep(folder: Path, owner: str) -> list[Path]:
    """Remove the owner's `.part` files that no living process holds; return what was removed."""
    removed = []
    for path in sorted(folder.glob(f"{owner}-*{SUFFIX}")):
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink(missing_ok=True)
        except BlockingIOError:
            continue  # another process is receiving into it
        except FileNotFoundError:
            continue  # another process swept it, or finished it, a moment ago
        removed.append(path)
    return removed


def _storage(error: OSError, path: Path) -> StorageFull:
    """Return the error in our words."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return StorageFull(
        "The disk is full; what was received so far was thrown away." if full
        else f"The file cannot be written: {error.strerror or error}.",
        where=str(path),
        hint="Make room and run it again." if full else "Check the folder's permissions and run it again.",
    )
