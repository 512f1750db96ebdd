"""Bytes as received, kept for ever under their sha256 (`raw/ab/abcdef…`).

A file is written beside its place, flushed to the disk and renamed: it is there whole, or not at all. The
same bytes are kept once, whoever sent them. Who sent them and when is the ledger's.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from metadata.errors import UnreadableFile, WarehouseError
from warehouse.faults import told
from warehouse.settings import Settings

_PIECE = 1 << 20


def put(settings: Settings, data: bytes | Path) -> tuple[str, Path]:
    """Keep bytes, and return their sha256 (64 hex digits) and where they are.

    Args:
        settings: the state folder.
        data: the bytes, or a file to be copied; the file itself is left alone.

    Raises:
        StorageFull: the disk is full or not writable; nothing half-written is left in place.
        UnreadableFile: the file to be copied cannot be read.
    """
    digest = hashlib.sha256()
    with told(settings.raw):
        settings.raw.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".landing-", dir=settings.raw)
    landing = Path(name)
    try:
        with told(settings.raw), os.fdopen(handle, "wb") as out:
            for piece in _pieces(data):
                digest.update(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        sha256 = digest.hexdigest()
        place = _place(settings, sha256)
        with told(settings.raw):
            if not place.exists():
                place.parent.mkdir(exist_ok=True)
                landing.chmod(0o444)
                landing.replace(place)
                sync_folder(place.parent)
        return sha256, place
    finally:
        landing.unlink(missing_ok=True)


def get(settings: Settings, sha256: str) -> Path:
    """Return where the bytes with that sha256 are.

    Raises:
        WarehouseError: no such bytes are kept.
    """
    place = _place(settings, sha256)
    if not place.is_file():
        raise WarehouseError(
            f"The bytes with sha256 {sha256} are not kept.",
            where=str(place),
            hint="Put the raw folder back from a backup, or submit the file again.",
        )
    return place


def sync_folder(folder: Path) -> None:
    """Flush a folder's list of names to the disk, so that a rename survives a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _place(settings: Settings, sha256: str) -> Path:
    return settings.raw / sha256[:2] / sha256


def _pieces(data: bytes | Path) -> Iterator[bytes]:
    """Yield the bytes in pieces, so that a large file is never held whole."""
    if isinstance(data, bytes):
        yield data
        return
    try:
        source = data.open("rb")
    except OSError as error:
        raise UnreadableFile(f"The file cannot be read: {error.strerror}.", where=str(data)) from error
    with source:
        while piece := source.read(_PIECE):
            yield piece
