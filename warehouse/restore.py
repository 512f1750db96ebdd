"""Restore: a backup becomes a state folder again, after every byte of it was compared with its checksum.

Nothing of the state folder is touched before the whole backup stands beside it, verified. The warehouse goes first and
comes last, so after a restore that was killed there is none: what was there stands in `replaced-…`, and the same
command with `--overwrite` does the rest.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from metadata.errors import SdgError, UnreadableFile, WarehouseError
from warehouse import backup_inbox
from warehouse.backup import FACTS, FOLDERS, LEDGER_FILE, WAREHOUSE, Backup, settle, stated_sums
from warehouse.backup_copy import Progress
from warehouse.faults import told
from warehouse.lock import writers_lock
from warehouse.raw import sync_folder
from warehouse.release_store import CHECKSUMS, checksums
from warehouse.restore_steps import Steps, Watched, copy_file
from warehouse.settings import Settings
from warehouse.tables import LAYOUT, LEDGER_LAYOUT

_SIDE_FILES = (f"{LEDGER_FILE}-wal", f"{LEDGER_FILE}-shm", f"{WAREHOUSE}.wal", "published")
_PARTS = (*FOLDERS, LEDGER_FILE, WAREHOUSE)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        backup: what the backup holds.
        replaced: folder with what was there before; None where nothing was.
    """

    backup: Backup
    replaced: Path | None


def restore(
    source: Path,
    settings: Settings,
    *,
    overwrite: bool = False,
    on_wait: Callable[[str], None] | None = None,
    on_bytes: Progress | None = None,
) -> Restored:
    """Make a state folder of a backup. Readers see it once it is published anew, which the caller does.

    Args:
        source: a backup, folder or archive.
        settings: the state folder.
        overwrite: take the place of a state that is there; it is moved to `replaced-…` inside the folder, not lost.
        on_wait: called with a sentence while another process holds the writer's lock.
        on_bytes: told of the progress; every byte counts twice, laid out and compared.

    Raises:
        SdgError: the state folder holds something, and `overwrite` is not said.
        UnreadableFile: the backup is none, is incomplete, or damaged; the state folder is as it was.
        WarehouseError: it was made by a newer program.
        WarehouseBusy: the writer's lock was not free in time.
        StorageFull: the disk is full or not writable.
    """
    source = source.expanduser().absolute()
    if not source.exists():
        settle(source)
    if not source.exists():
        raise UnreadableFile("There is no such backup.", where=str(source), hint="Look at the spelling of the path.")
    _refuse_used(settings, overwrite)
    settings.ensure()
    staging = settings.temporary / f"restoring-{os.getpid()}"
    with told(settings.home), writers_lock(
        settings.warehouse, "sdg restore", timeout=settings.lock_timeout_s, on_wait=on_wait
    ):
        _refuse_used(settings, overwrite)
        for left in settings.temporary.glob("restoring-*"):
            shutil.rmtree(left)
        try:
            steps = Steps(source, on_bytes)
            _lay_out(source, staging, steps)
            facts = _verify(source, staging, steps)
            replaced = _replace(settings, staging)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return Restored(facts, replaced)


def _refuse_used(settings: Settings, overwrite: bool) -> None:
    if not overwrite and (there := _there(settings)):
        raise SdgError(
            f"This state folder is not empty ({', '.join(path.name for path in there)}).",
            where=str(settings.home),
            hint="Name another folder with --home, or say --overwrite: what is there is then moved aside, not lost.",
        )


def _there(settings: Settings) -> list[Path]:
    """Return what of a state stands in the folder; an empty folder is nothing."""
    found = [settings.home / name for name in (*_PARTS, *_SIDE_FILES)]
    return [path for path in found if path.is_file() or (path.is_dir() and any(path.iterdir()))]


def _lay_out(source: Path, staging: Path, steps: Steps) -> None:
    """Copy the backup's files beside their places; names that lead elsewhere are refused."""
    if source.is_dir():
        done = 0
        for path in sorted(source.rglob("*")):
            place = staging / path.relative_to(source)
            if path.is_file():
                place.parent.mkdir(parents=True, exist_ok=True)
                done = copy_file(path, place, steps, done)
        return
    try:
        with Watched(source, steps.read) as file, tarfile.open(fileobj=file) as tar:
            for entry in tar:
                if not entry.isreg() or not _belongs(entry.name):
                    raise _no_backup(source, f"It holds {entry.name}, which no backup has.")
                tar.extract(entry, staging, filter="data")
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _no_backup(source, "It cannot be read as a tar archive, or is cut off.") from error


def _belongs(name: str) -> bool:
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts
    folders = (*FOLDERS, backup_inbox.FOLDER)
    return inside and (path.parts[0] in folders or name in (FACTS, CHECKSUMS, LEDGER_FILE, WAREHOUSE))


def _verify(source: Path, staging: Path, steps: Steps) -> Backup:
    """Compare every file with its checksum, and return what the backup says of itself."""
    try:
        stated = stated_sums(staging)
        said = json.loads((staging / FACTS).read_text(encoding="utf-8"))
        facts = Backup(**{"inbox_files": 0} | {one.name: said[one.name] for one in fields(Backup) if one.name in said})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _no_backup(source, f"{CHECKSUMS} or {FACTS} is missing, or not of this form.") from error
    if facts.layout > LAYOUT or facts.ledger_layout > LEDGER_LAYOUT:
        raise WarehouseError(
            f"It was made by a newer program, {facts.code_version}.",
            where=str(source),
            hint="Use that version, or a newer one.",
        )
    steps.comparing(staging)
    found = checksums(staging, on_bytes=steps.compared)
    wrong = sorted(name for name in {*stated, *found} if stated.get(name) != found.get(name))
    if wrong or WAREHOUSE not in stated or LEDGER_FILE not in stated:
        first = wrong[0] if wrong else WAREHOUSE
        fault = "is missing" if first not in found else "is not in its list" if first not in stated else "is damaged"
        more = f", and {len(wrong) - 1} files more" if len(wrong) > 1 else ""
        raise _no_backup(source, f"{first} {fault}{more}.")
    for name in stated:
        if name.startswith(("raw/", "releases/")):
            # tarfile gives the owner the right to write; what is kept for ever has none.
            (staging / name).chmod(0o444)
    return facts


def _no_backup(source: Path, why: str) -> UnreadableFile:
    return UnreadableFile(
        f"The backup cannot be used. {why}", where=str(source), hint="Nothing was changed; use another backup."
    )


def _replace(settings: Settings, staging: Path) -> Path | None:
    """Put the verified files in their places, the warehouse last; return where the former ones are."""
    replaced = None
    former = _there(settings)
    if former:
        replaced = settings.home / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
        replaced.mkdir()
        # The warehouse goes first: without it, nothing takes what is left for a whole state.
        for path in sorted(former, key=lambda one: one.name != WAREHOUSE):
            path.replace(replaced / path.name)
    for name in _PARTS:
        part = staging / name
        if part.exists():
            place = settings.home / name
            if place.is_dir():
                place.rmdir()
            part.replace(place)
    settings.ensure()
    _wait_again(settings, staging / backup_inbox.FOLDER)
    sync_folder(settings.home)
    return replaced


def _wait_again(settings: Settings, folder: Path) -> None:
    """Put back what waited in the inbox; a file that lies there under the same name now is left alone."""
    for path in sorted(folder.rglob("*")):
        place = settings.inbox / path.relative_to(folder)
        if path.is_file() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
