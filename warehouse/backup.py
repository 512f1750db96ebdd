"""Backup of a state folder: one consistent copy of all that cannot be made again, with its checksums.

In it are the warehouse, the ledger, the bytes as received, the structures that are held, the releases, and what waits
in the inbox. Not in it are the published copy, which is made anew from them (`warehouse.restore`); what lies in the
inbox and stands in raw already; Dagster's own files; and what is temporary.

The warehouse and the ledger are copied under the writer's lock, the ledger first, so that it never names a load that
the warehouse lacks. Raw bytes and releases only ever come in whole and are never changed, so they are copied after the
lock is given back: what the ledger names is there.

A folder that holds a backup is brought up to date: the new one grows beside it, takes over by hard link what it has,
and takes its place by rename. Until then the former stands. A process that is killed leaves what it has copied, and the
next one goes on from there (`warehouse.backup_copy`).
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from metadata.errors import SdgError, WarehouseError
from warehouse import backup_inbox
from warehouse.backup_copy import Copier, Item, Progress
from warehouse.connect import writer
from warehouse.faults import told
from warehouse.ledger import Ledger
from warehouse.publish import copy_closed
from warehouse.raw import sync_folder
from warehouse.release import code_version
from warehouse.release_store import CHECKSUMS
from warehouse.settings import Settings
from warehouse.tables import LAYOUT, LEDGER_LAYOUT

FACTS = "backup.json"
WAREHOUSE, LEDGER_FILE = "warehouse.duckdb", "ledger.sqlite"
FOLDERS = ("raw", "structures", "releases")
ARCHIVES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz"}
_OTHER_ARCHIVES = (".zip", ".7z", ".rar", ".zst", ".xz", ".bz2", ".gz")


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
        inbox_files: files that wait in the inbox.
    """

    created_at: str
    code_version: str
    layout: int
    ledger_layout: int
    observations: int
    deliveries: int
    raw_files: int
    releases: int
    inbox_files: int = 0


@dataclass(frozen=True, slots=True)
class BackedUp:
    """The answer of `backup`.

    Attributes:
        backup: what is in it.
        copied: bytes that were written.
        taken_over: files that an earlier backup in the same place had already, or one that was killed.
        unfinished: files that are still being written to the inbox, and are not in it.
        updated: whether it took the place of an earlier backup.
    """

    backup: Backup
    copied: int
    taken_over: int
    unfinished: int
    updated: bool


def backup(
    settings: Settings,
    target: Path,
    *,
    verify: bool = False,
    on_wait: Callable[[str], None] | None = None,
    on_bytes: Progress | None = None,
) -> BackedUp:
    """Make a backup of a state folder, or bring the one that a folder holds up to date.

    Args:
        settings: the state folder.
        target: a path that ends with .tar, .tar.gz or .tgz is an archive, any other a folder. An archive is new, and is
            there whole or not at all; a folder that holds a backup holds it until the new one is whole.
        verify: read what an earlier backup has and compare it with its checksum, instead of trusting name and size.
        on_wait: called with a sentence while another process holds the writer's lock.
        on_bytes: told of the progress.

    Raises:
        SdgError: the target is something else, is an archive of another kind, lies in the state folder, or another
            process is making it.
        WarehouseError: there is nothing to back up, or kept bytes are damaged.
        WarehouseBusy: the writer's lock was not free in time.
        StorageFull: the disk of the target is full or not writable; nothing is left of the backup.
    """
    target = target.expanduser().absolute()
    settle(target)
    mode = _check(settings, target)
    growing = target.with_name(f".{target.name}.growing")
    archive = target.with_name(f".{target.name}.growing.tar")
    with told(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(target):
            try:
                archive.unlink(missing_ok=True)
                growing.mkdir(exist_ok=True)
                _forget_own(growing)
                facts, items, unfinished = _gather(settings, growing, on_wait)
                copier = Copier(items, on_bytes)
                updated = target.exists()
                if mode:
                    copier.to_archive(archive, mode)
                    archive.replace(target)
                else:
                    earlier = target if updated else None
                    copier.to_folder(growing, earlier, stated_sums(target) if updated else {}, verify=verify)
                    _swap(growing, target)
                sync_folder(target.parent)
            finally:
                shutil.rmtree(growing, ignore_errors=True)
                archive.unlink(missing_ok=True)
    return BackedUp(facts, copier.copied, copier.taken_over, unfinished, updated)


def settle(target: Path) -> None:
    """Put the former backup back where a process was killed between the two renames that replace it."""
    former = _former(target)
    if former.is_dir():
        with told(target.parent):
            if target.exists():
                shutil.rmtree(former)
            else:
                former.replace(target)


def stated_sums(folder: Path) -> dict[str, str]:
    """Return the checksums that a backup in a folder states, by name.

    Raises:
        OSError: it has no list. ValueError: the list is not of this form.
    """
    lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    return {name: value for value, name in (line.split("  ", 1) for line in lines)}


def _former(target: Path) -> Path:
    return target.with_name(f".{target.name}.former")


def _swap(growing: Path, target: Path) -> None:
    """Put the new backup in the place of the former one, if there is one."""
    if target.exists():
        target.replace(_former(target))
    growing.replace(target)
    settle(target)


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Keep a second process from making the same backup; the lock's file goes with the last of them."""
    lock = target.with_name(f".{target.name}.lock")
    try:
        with FileLock(lock, timeout=0):
            try:
                yield
            finally:
                lock.unlink(missing_ok=True)
    except Timeout as error:
        raise SdgError(
            "Another process is making this backup.", where=str(target), hint="Wait for it, or choose another name."
        ) from error


def _forget_own(growing: Path) -> None:
    """Remove what a killed backup had of the moment that it was made at; what is kept for ever stays and is used."""
    for name in (FACTS, CHECKSUMS, LEDGER_FILE, WAREHOUSE):
        (growing / name).unlink(missing_ok=True)
    if (growing / backup_inbox.FOLDER).is_dir():
        shutil.rmtree(growing / backup_inbox.FOLDER)


def archive_mode(path: Path) -> str | None:
    """Return how tarfile writes an archive of that name, or None where the name is that of a folder."""
    return next((mode for suffix, mode in ARCHIVES.items() if path.name.endswith(suffix)), None)


def _check(settings: Settings, target: Path) -> str | None:
    """Return how the archive is written, None for a folder, when a backup may be made there."""
    if not settings.warehouse.is_file():
        raise WarehouseError("There is nothing to back up here.", where=str(settings.home), hint="Start with: sdg run")
    if target.exists() and not _is_backup(target):
        raise SdgError(
            "There is something of that name already, and it is no folder with a backup.",
            where=str(target),
            hint="Choose another name: only a folder with a backup is brought up to date.",
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


def _is_backup(target: Path) -> bool:
    try:
        return bool(stated_sums(target)) and (target / FACTS).is_file()
    except (OSError, ValueError):
        return False


def _gather(
    settings: Settings, growing: Path, on_wait: Callable[[str], None] | None
) -> tuple[Backup, list[Item], int]:
    """Copy the two stores under the lock, and what waits in the inbox; return what there is, and every file of it."""
    with writer(settings, "sdg backup", on_wait=on_wait) as warehouse:
        rows = warehouse.connection.execute("select count(*) from core.observation").fetchall()
        with Ledger.open(settings) as ledger:
            deliveries = len(ledger.deliveries())
        _copy_ledger(settings, growing / LEDGER_FILE)
        warehouse.connection.execute("checkpoint")
        copy_closed(settings.warehouse, growing / WAREHOUSE)
        kept = list(_kept(settings))
    raw = [one for one in kept if one.name.startswith("raw/")]
    waiting, unfinished = backup_inbox.copy_waiting(settings, growing, raw)
    facts = Backup(
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        code_version=code_version(),
        layout=LAYOUT,
        ledger_layout=LEDGER_LAYOUT,
        observations=rows[0][0],
        deliveries=deliveries,
        raw_files=len(raw),
        releases=len({one.name.split("/")[1] for one in kept if one.name.startswith("releases/")}),
        inbox_files=len(waiting),
    )
    (growing / FACTS).write_text(json.dumps(asdict(facts), indent=2) + "\n", encoding="utf-8")
    own = [Item(name, growing / name) for name in (FACTS, LEDGER_FILE, WAREHOUSE)]
    return facts, [*own, *waiting, *kept], unfinished


def _copy_ledger(settings: Settings, target: Path) -> None:
    """Copy the ledger as it stands at one moment, whoever writes to it meanwhile."""
    with (
        closing(sqlite3.connect(settings.ledger)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
        copy.execute("pragma journal_mode = delete")


def _kept(settings: Settings) -> Iterator[Item]:
    """Give every kept file; what is being made begins with a dot and is left out."""
    for folder in FOLDERS:
        root = settings.home / folder
        of_releases: dict[str, Mapping[str, str]] = {}
        for path in sorted(root.rglob("*")):
            parts = path.relative_to(settings.home).parts
            if not path.is_file() or any(part.startswith(".") for part in parts):
                continue
            sha256 = None
            if folder == "raw":
                sha256 = path.name
            elif folder == "releases" and len(parts) > 2:
                sums = of_releases.get(parts[1])
                if sums is None:
                    sums = of_releases[parts[1]] = _sums_of_release(root / parts[1])
                sha256 = sums.get("/".join(parts[2:]))
            yield Item("/".join(parts), path, sha256)


def _sums_of_release(folder: Path) -> Mapping[str, str]:
    """Return what a release says of its files; one that is damaged says nothing, and all of it is copied."""
    try:
        return stated_sums(folder)
    except (OSError, ValueError):
        return {}
