"""Faults of the storage, told in a sentence: disk full, no right to write, a damaged file.

One translation for all that this package writes: files (OSError), DuckDB (duckdb.Error) and the ledger's
SQLite (sqlite3.Error), the last two also as SQLAlchemy wraps them. What is not a fault of the storage
passes through untouched: a bug must look like a bug.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metadata.errors import SdgError, StorageFull, WarehouseBusy, WarehouseError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DENIED = (errno.EROFS, errno.EACCES, errno.EPERM)
# The libraries give no error number, only a text; these are the words DuckDB 1.5 and SQLite 3 use.
_FULL_WORDS = (
    "no space left",
    "disk is full",
    "disk full",
    "file too large",
    "quota exceeded",
    "max_temp_directory_size",
    "failed to offload data block",
)
_STOPPED_WORDS = "disk i/o error"
"""SQLite's, also where there is no room for the files beside its own: it cannot tell that from a broken disk."""
_MEMORY_WORDS = ("out of memory", "could not allocate", "failed to allocate", "failed to pin block")
_DENIED_WORDS = ("permission denied", "read-only file system", "readonly database", "unable to open database")
_LOCKED_WORDS = ("could not set lock", "conflicting lock", "database is locked")
_DAMAGED_WORDS = (
    "not a valid duckdb",
    "not a database",
    "malformed",
    "corrupt",
    "checksum",
    "failed to deserialize",
    "trying to read past end of buffer",
    "could not read enough bytes",
    "serialization error",
)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn a fault of the storage into an `SdgError` that names `path`; let everything else pass.

    Raises:
        StorageFull: the disk is full or not writable.
        WarehouseBusy: another program holds the database.
        WarehouseError: the file is damaged or is no database, or the database needs more memory than it may use.
    """
    try:
        yield
    except SdgError:
        raise
    except Exception as error:
        sentence = translate(error, path)
        if sentence is None:
            raise
        raise sentence from error


def translate(error: BaseException, path: Path) -> SdgError | None:
    """Return what the error means for the person, or None when it is no fault of the storage."""
    original = getattr(error, "orig", None) or error
    if isinstance(original, OSError):
        return _of_number(original, path)
    library = type(original).__module__.split(".")[0]
    if library == "polars":  # writing Parquet; its other words are no faults of the storage
        return _full(path) if any(word in str(original).lower() for word in _FULL_WORDS) else None
    if library not in ("duckdb", "_duckdb", "sqlite3"):
        return None
    return _of_words(str(original).lower(), path)


def _of_number(error: OSError, path: Path) -> SdgError | None:
    if error.errno in _FULL:
        return _full(path)
    if error.errno in _DENIED:
        return _denied(path)
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return WarehouseError(
            "A file stands where a folder is needed.",
            where=str(error.filename or path),
            hint="Move it away, or choose another SDG_HOME.",
        )
    return None


def _of_words(words: str, path: Path) -> SdgError | None:
    if any(word in words for word in _FULL_WORDS):
        return _full(path)
    if any(word in words for word in _MEMORY_WORDS):
        return WarehouseError(
            "The database needs more memory than it may use; what was there before is untouched.",
            where=str(path),
            hint="Raise SDG_MEMORY_LIMIT (such as 8GB; the default is at most 2GB) and run the same command again.",
        )
    if _STOPPED_WORDS in words:
        return StorageFull(
            "The disk is full, or cannot be read or written; what was there before is untouched.",
            where=str(path),
            hint="Make room, or look after the disk, and run the same command again.",
        )
    if any(word in words for word in _LOCKED_WORDS):
        return WarehouseBusy(
            "Another program has the database open.",
            where=str(path),
            hint="Close it (a DuckDB shell, a notebook) and try again; readers open the published copy instead.",
        )
    if any(word in words for word in _DAMAGED_WORDS):
        return WarehouseError(
            "The file is damaged, or is not a database of this program.",
            where=str(path),
            hint="Put a backup in its place, or move it away and load the kept bytes again.",
        )
    if any(word in words for word in _DENIED_WORDS):
        return _denied(path)
    return None


def _full(path: Path) -> StorageFull:
    return StorageFull(
        "The disk is full; what was there before is untouched.",
        where=str(path),
        hint="Make room and run the same command again.",
    )


def _denied(path: Path) -> StorageFull:
    if _unreadable(path):
        return StorageFull(
            "You have no right to read it.", where=str(path), hint="Ask whoever owns it, or choose another folder."
        )
    return StorageFull(
        "It cannot be written here; what was there before is untouched.",
        where=str(path),
        hint="Check who owns the folder and whether the disk is mounted read-only.",
    )


def _unreadable(path: Path) -> bool:
    """Say whether the path may not be read, or not be reached."""
    if os.access(path, os.F_OK):
        return not os.access(path, os.R_OK)
    return any(os.access(folder, os.F_OK) and not os.access(folder, os.X_OK) for folder in path.parents)
