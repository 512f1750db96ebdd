"""Backup of a state folder: one consistent copy of all that cannot be made again, with its checksums.

In it are the warehouse, the ledger, the bytes as received, the structures that are held, and the releases. Not in it
are the published copy, which is made anew from them (`warehouse.restore`); the inbox, whose files stand in raw as soon
as they were taken in; Dagster's own files; and what is temporary.

The warehouse and the ledger are copied under the writer's lock, the ledger first, so that it never names a load that
the warehouse lacks. Raw bytes and releases only ever come in whole and are never changed, so they are copied after the
lock is given back: what the ledger names is there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from metadata.errors import SdgError, WarehouseError
from warehouse.connect import writer
from warehouse.faults import told
from warehouse.ledger import Ledger
from warehouse.publish import copy_closed
from warehouse.release import code_version
from warehouse.release_store import CHECKSUMS, checksum_lines
from warehouse.settings import Settings
from warehouse.tables import LAYOUT, LEDGER_LAYOUT

FACTS = "backup.json"
WAREHOUSE, LEDGER_FILE = "warehouse.duckdb", "ledger.sqlite"
FOLDERS = ("raw", "structures", "releases")
ARCHIVES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz"}
_OTHER_ARCHIVES = (".zip", ".7z", ".rar", ".zst", ".xz", ".bz2", ".gz")
_PIECE = 1 << 20

Progress = Callable[[int, int], None]
"""Called with the bytes copied so far, and with all of them."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: `backup.json`.

    Attributes:
        created_at: ISO 8601, UTC.
        code_version: of the program that made it.
        layout: of the warehouse.
        ledger_layout: of the ledger.
        observations: current ones.
        deliveries: in the ledger.
        raw_files: files in raw, each the bytes of a sha256.
        releases: their number.
    """

    created_at: str
    code_version: str
    layout: int
    ledger_layout: int
    observations: int
    deliveries: int
    raw_files: int
    releases: int


def backup(
    settings: Settings,
    target: Path,
    *,
    on_wait: Callable[[str], None] | None = None,
    on_bytes: Progress | None = None,
) -> Backup:
    """Make a backup of a state folder, in a folder or an archive that is not there yet.

    Args:
        settings: the state folder.
        target: a path that ends with .tar, .tar.gz or .tgz is an archive, any other a folder. It is there whole, or
            not at all.
        on_wait: called with a sentence while another process holds the writer's lock.
        on_bytes: told of the progress.

    Returns:
        What is in it.

    Raises:
        SdgError: the target is there already, is an archive of another kind, or lies in the state folder.
        WarehouseError: there is nothing to back up, or kept bytes are damaged.
        WarehouseBusy: the writer's lock was not free in time.
        StorageFull: the disk of the target is full or not writable; nothing is left of the backup.
    """
    target = target.expanduser().absolute()
    mode = _check(settings, target)
    growing = target.with_name(f".{target.name}.growing-{os.getpid()}")
    archive = growing.with_name(growing.name + ".tar")
    with told(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        # What a killed backup of the same name left.
        for left in target.parent.glob(f".{target.name}.growing-*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        try:
            growing.mkdir()
            facts, files = _gather(settings, growing, on_wait)
            sums = _Copier(files, on_bytes)
            if mode:
                sums.to_archive(archive, mode)
                archive.replace(target)
            else:
                sums.to_folder(growing)
                growing.replace(target)
        finally:
            shutil.rmtree(growing, ignore_errors=True)
            archive.unlink(missing_ok=True)
    return facts


def archive_mode(path: Path) -> str | None:
    """Return how tarfile writes an archive of that name, or None where the name is that of a folder."""
    return next((mode for suffix, mode in ARCHIVES.items() if path.name.endswith(suffix)), None)


def _check(settings: Settings, target: Path) -> str | None:
    """Return how the archive is written, None for a folder, when a backup may be made there."""
    if not settings.warehouse.is_file():
        raise WarehouseError("There is nothing to back up here.", where=str(settings.home), hint="Start with: sdg run")
    if target.exists():
        raise SdgError(
            "There is something of that name already.",
            where=str(target),
            hint="A backup is never changed: choose another name.",
        )
    if target.is_relative_to(settings.home):
        raise SdgError(
            "A backup inside the state folder would be lost with it.",
            where=str(target),
            hint="Choose a place outside, best on another disk.",
        )
    mode = archive_mode(target)
    if mode is None and target.suffix.lower() in _OTHER_ARCHIVES:
        raise SdgError(
            f"Backups are not made as {target.suffix}.",
            where=str(target),
            hint=f"Use {', '.join(ARCHIVES)}, or a name without an ending for a folder.",
        )
    return mode


def _gather(
    settings: Settings, growing: Path, on_wait: Callable[[str], None] | None
) -> tuple[Backup, list[tuple[str, Path]]]:
    """Copy the two stores under the lock, and return what there is, with the name and place of every file."""
    with writer(settings, "sdg backup", on_wait=on_wait) as warehouse:
        rows = warehouse.connection.execute("select count(*) from core.observation").fetchall()
        with Ledger.open(settings) as ledger:
            deliveries = len(ledger.deliveries())
        _copy_ledger(settings, growing / LEDGER_FILE)
        warehouse.connection.execute("checkpoint")
        copy_closed(settings.warehouse, growing / WAREHOUSE)
        kept = list(_kept(settings))
    facts = Backup(
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        code_version=code_version(),
        layout=LAYOUT,
        ledger_layout=LEDGER_LAYOUT,
        observations=rows[0][0],
        deliveries=deliveries,
        raw_files=sum(name.startswith("raw/") for name, _ in kept),
        releases=len({name.split("/")[1] for name, _ in kept if name.startswith("releases/")}),
    )
    (growing / FACTS).write_text(json.dumps(asdict(facts), indent=2) + "\n", encoding="utf-8")
    own = [(name, growing / name) for name in (FACTS, LEDGER_FILE, WAREHOUSE)]
    return facts, [*own, *kept]


def _copy_ledger(settings: Settings, target: Path) -> None:
    """Copy the ledger as it stands at one moment, whoever writes to it meanwhile."""
    with (
        closing(sqlite3.connect(settings.ledger)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
        copy.execute("pragma journal_mode = delete")


def _kept(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Give the name and place of every kept file; what is being made begins with a dot and is left out."""
    for folder in FOLDERS:
        root = settings.home / folder
        for path in sorted(root.rglob("*")):
            parts = path.relative_to(settings.home).parts
            if path.is_file() and not any(part.startswith(".") for part in parts):
                yield "/".join(parts), path


class _Copier:
    """Copies files and puts the list of their checksums beside them, computed from the very bytes that are copied."""

    def __init__(self, files: list[tuple[str, Path]], on_bytes: Progress | None) -> None:
        self._files = files
        self._on_bytes = on_bytes
        self._all = sum(path.stat().st_size for _, path in files)
        self._done = 0
        self._sums: dict[str, str] = {}

    def to_folder(self, folder: Path) -> None:
        """Copy into a folder; a file that stands there already is only read."""
        for name, path in self._files:
            place = folder / name
            if place == path:
                with path.open("rb+") as here:
                    self._pass(name, here, None)
                    os.fsync(here.fileno())
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            with path.open("rb") as source, place.open("xb") as out:
                self._pass(name, source, out)
                out.flush()
                os.fsync(out.fileno())
            shutil.copymode(path, place)
        (folder / CHECKSUMS).write_text(checksum_lines(self._sums), encoding="utf-8")

    def to_archive(self, archive: Path, mode: str) -> None:
        """Copy into a tar archive."""
        beside = archive.with_name(archive.name + ".sums")
        with archive.open("xb") as out:
            with tarfile.open(fileobj=out, mode=mode) as tar:  # type: ignore[call-overload]  # ours, see ARCHIVES
                for name, path in self._files:
                    with path.open("rb") as source:
                        reader = _Reader(self, name, source)
                        tar.addfile(_plain(tar.gettarinfo(str(path), name)), reader)
                        # tarfile does not read what has no bytes, and the checksum is noted at the end of reading.
                        reader.read(_PIECE)
                try:
                    beside.write_text(checksum_lines(self._sums), encoding="utf-8")
                    tar.add(beside, CHECKSUMS, filter=_plain)
                finally:
                    beside.unlink(missing_ok=True)
            out.flush()
            os.fsync(out.fileno())

    def _pass(self, name: str, source: IO[bytes], out: IO[bytes] | None) -> None:
        reader = _Reader(self, name, source)
        while piece := reader.read(_PIECE):
            if out is not None:
                out.write(piece)

    def moved(self, count: int) -> None:
        """Count bytes, and tell of them."""
        self._done += count
        if self._on_bytes:
            self._on_bytes(self._done, self._all)

    def finished(self, name: str, sha256: str) -> None:
        """Note the checksum of a file; bytes in raw must have the one that is their name."""
        if name.startswith("raw/") and name.rsplit("/", 1)[1] != sha256:
            raise WarehouseError(
                f"The kept bytes {name} are damaged: their sha256 is {sha256}.",
                hint="Put the file back from an earlier backup, or take it out and submit it again.",
            )
        self._sums[name] = sha256


class _Reader:
    """Reads a file and tells the copier what passes."""

    def __init__(self, copier: _Copier, name: str, source: IO[bytes]) -> None:
        self._copier, self._name, self._source = copier, name, source
        self._digest = hashlib.sha256()
        self._left = os.fstat(source.fileno()).st_size

    def read(self, size: int) -> bytes:
        """Return the next bytes; at the end of the file its checksum is noted."""
        piece = self._source.read(size)
        self._digest.update(piece)
        self._copier.moved(len(piece))
        self._left -= len(piece)
        if not piece or self._left == 0:
            self._copier.finished(self._name, self._digest.hexdigest())
        return piece


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return an entry without the names and numbers of this machine's users."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info
