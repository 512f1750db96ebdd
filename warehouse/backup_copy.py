"""Copying for a backup: bytes pass once, in pieces, and the checksum is that of the very bytes that were copied.

Into a folder, a file comes under another name, is flushed and renamed, so what stands there is whole: a backup that was
killed goes on where it was. What an earlier backup of the same place has, is taken over by a hard link, without being
read: kept bytes are never changed, so the same name, checksum and size are the same file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from metadata.errors import WarehouseError
from warehouse.release_store import CHECKSUMS, checksum_lines, sha256_of

PART = ".part-"
_PIECE = 1 << 20

Progress = Callable[[int, int], None]
"""Called with the bytes done so far, and with all of them."""


@dataclass(frozen=True, slots=True)
class Item:
    """A file that a backup holds.

    Attributes:
        name: its path in the backup, with `/`.
        path: where it is read.
        sha256: that it must have; None where nobody has stated it.
    """

    name: str
    path: Path
    sha256: str | None = None


class Copier:
    """Copies files, and puts the list of their checksums beside them.

    Attributes:
        copied: bytes that were written.
        taken_over: files that an earlier backup, or the killed one, had already.
    """

    def __init__(self, items: Sequence[Item], on_bytes: Progress | None) -> None:
        self.copied = 0
        self.taken_over = 0
        self._items = items
        self._on_bytes = on_bytes
        self._all = sum(one.path.stat().st_size for one in items)
        self._done = 0
        self._sums: dict[str, str] = {}

    def to_folder(self, folder: Path, earlier: Path | None, stated: Mapping[str, str], *, verify: bool) -> None:
        """Copy into a folder that may hold a part of it already.

        Args:
            folder: where to.
            earlier: a backup whose files may be taken over; None for none.
            stated: checksums that the earlier one states, by name.
            verify: read what is taken over and compare it; what is damaged is copied again.
        """
        for one in self._items:
            place = folder / one.name
            if place == one.path:
                with place.open("rb+") as here:
                    self._pass(one, here, None)
                    os.fsync(here.fileno())
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            if self._stands(one, place, verify) or self._linked(one, place, earlier, stated, verify):
                self.taken_over += 1
                self.finished(one, str(one.sha256))
                self.moved(one.path.stat().st_size)
                continue
            self._copy(one, place)
        names = {one.name for one in self._items}
        for left in [path for path in folder.rglob("*") if path.is_file()]:
            if left.relative_to(folder).as_posix() not in names:
                left.unlink()
        (folder / CHECKSUMS).write_text(checksum_lines(self._sums), encoding="utf-8")
        _flush(folder / CHECKSUMS)

    def _copy(self, one: Item, place: Path) -> None:
        part = place.with_name(f"{PART}{place.name}")
        with one.path.open("rb") as source, part.open("wb") as out:
            self._pass(one, source, out)
            out.flush()
            os.fsync(out.fileno())
        shutil.copymode(one.path, part)
        part.replace(place)

    def _stands(self, one: Item, place: Path, verify: bool) -> bool:
        """Return whether a killed backup has copied the file; what cannot be known is removed."""
        if _same(one, place, verify):
            return True
        place.unlink(missing_ok=True)
        return False

    def _linked(
        self, one: Item, place: Path, earlier: Path | None, stated: Mapping[str, str], verify: bool
    ) -> bool:
        if earlier is None or stated.get(one.name) != one.sha256 or not _same(one, earlier / one.name, verify):
            return False
        try:
            os.link(earlier / one.name, place)
        except OSError:
            return False  # a file system without hard links: it is copied
        return True

    def to_archive(self, archive: Path, mode: str) -> None:
        """Copy into a tar archive."""
        beside = archive.with_name(archive.name + ".sums")
        with archive.open("xb") as out:
            with tarfile.open(fileobj=out, mode=mode) as tar:  # type: ignore[call-overload]  # ours, see ARCHIVES
                for one in self._items:
                    with one.path.open("rb") as source:
                        reader = _Reader(self, one, source)
                        tar.addfile(_plain(tar.gettarinfo(str(one.path), one.name)), reader)
                        # tarfile does not read what has no bytes, and the checksum is noted at the end of reading.
                        reader.read(_PIECE)
                try:
                    beside.write_text(checksum_lines(self._sums), encoding="utf-8")
                    tar.add(beside, CHECKSUMS, filter=_plain)
                finally:
                    beside.unlink(missing_ok=True)
            out.flush()
            os.fsync(out.fileno())
        self.copied = self._done

    def _pass(self, one: Item, source: IO[bytes], out: IO[bytes] | None) -> None:
        reader = _Reader(self, one, source)
        while piece := reader.read(_PIECE):
            if out is not None:
                out.write(piece)
            self.copied += len(piece)

    def moved(self, count: int) -> None:
        """Count bytes, and tell of them."""
        self._done += count
        if self._on_bytes:
            self._on_bytes(self._done, self._all)

    def finished(self, one: Item, sha256: str) -> None:
        """Note the checksum of a file; one that is stated must be that of the bytes."""
        if one.sha256 not in (None, sha256):
            raise WarehouseError(
                f"The kept bytes {one.name} are damaged: their sha256 is {sha256}.",
                where=str(one.path),
                hint="Put the file back from an earlier backup, or take it out (and submit raw bytes again).",
            )
        self._sums[one.name] = sha256


class _Reader:
    """Reads a file and tells the copier what passes."""

    def __init__(self, copier: Copier, item: Item, source: IO[bytes]) -> None:
        self._copier, self._item, self._source = copier, item, source
        self._digest = hashlib.sha256()
        self._left = os.fstat(source.fileno()).st_size

    def read(self, size: int) -> bytes:
        """Return the next bytes; at the end of the file its checksum is noted."""
        piece = self._source.read(size)
        self._digest.update(piece)
        self._copier.moved(len(piece))
        self._left -= len(piece)
        if not piece or self._left == 0:
            self._copier.finished(self._item, self._digest.hexdigest())
        return piece


def _same(one: Item, there: Path, verify: bool) -> bool:
    """Return whether a file of that name holds the item: by its size, its bytes only where they are asked for."""
    if one.sha256 is None or not there.is_file() or there.stat().st_size != one.path.stat().st_size:
        return False
    return not verify or sha256_of(there) == one.sha256


def _flush(path: Path) -> None:
    with path.open("rb+") as written:
        os.fsync(written.fileno())


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return an entry without the names and numbers of this machine's users."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info
