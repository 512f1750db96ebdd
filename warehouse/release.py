"""Releases: what is published, frozen, so that it can be read again as it was.

A release is made in a temporary folder beside its place, from a copy of the published file, and renamed in whole: a
process that is killed, or a disk that is full, leaves no half of one. What differs between homes (moments) is in
`release.json` and in the DuckDB file; the Parquet files have the same bytes for the same tables
(`warehouse.release_parquet`).
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metadata.errors import SdgError
from metadata.load import INDICATORS
from warehouse.connect import opened_copy
from warehouse.faults import told
from warehouse.ledger import written
from warehouse.publish import fill_at_publication, write_own_release
from warehouse.raw import sync_folder
from warehouse.release_diff import write_release_diff
from warehouse.release_notes import changes_text
from warehouse.release_parquet import write_parquet
from warehouse.release_store import (
    CHANGES,
    CHECKSUMS,
    DATABASE,
    FACTS,
    PARQUET,
    Release,
    check_name,
    checksum_lines,
    checksums,
    next_name,
    place_of,
    release_file,
    releases,
)
from warehouse.report import refresh

if TYPE_CHECKING:
    from warehouse.connect import Warehouse
    from warehouse.ledger import Ledger
    from warehouse.settings import Settings

DISTRIBUTION = "sdg-indicator-pipeline"
_MAKING = ".making-"
_OWN_DIFFERENCE = f"{PARQUET}/report/release_diff/"
"""Not part of a release's content: it depends on the release before."""

_LAST_LOAD = "select max(load_id), max(loaded_at) from core.load"
_STRUCTURE = "select max(structure_version) from metadata.indicator_version where superseded_at is null"
_VERSIONS = "select indicator, version from metadata.indicator order by 1"
_MAPS = """
select provider, arg_max(map_version, load_id) from core.load where action <> 'withdraw' group by 1 order by 1
"""
_PROVIDERS = """
select provider, count(distinct delivery_id) filter (withdrawn_at is null),
       (select count(*) from core.observation o where o.provider = l.provider)
from core.load l where action <> 'withdraw' group by 1 order by 1
"""
_MEMBERSHIP = "select max(membership_date) from report.refreshed"


@dataclass(frozen=True, slots=True)
class Released:
    """The answer of `release`.

    Attributes:
        release: the release that now is there.
        folder: where.
        new: False when it was there before with the same content, and nothing was made.
    """

    release: Release
    folder: Path
    new: bool


def release(
    settings: Settings,
    ledger: Ledger,
    name: str | None = None,
    *,
    note: str | None = None,
    reference_date: date | None = None,
    now: datetime | None = None,
) -> Released:
    """Freeze what is published. The caller holds the writer's lock and publishes anew afterwards.

    Args:
        settings: the state folder.
        ledger: where the release is recorded.
        name: of the release; None takes year, quarter and the next free number (`2026.Q4.01`), or the last release
            when nothing has changed since.
        note: what the person wants to be read first in `CHANGES.md`.
        reference_date: day whose membership of groups counts for regional values; None leaves the published tables
            as they are. With another day the report tables of the release are made anew.
        now: the moment; None takes the clock.

    Raises:
        SdgError: the name cannot be one, or is that of a release with other content.
        WarehouseError: nothing is published.
        StorageFull: the disk is full or not writable; nothing of the release is left.
    """
    moment = now or datetime.now(UTC)
    _, published = place_of(settings, "current")
    known = releases(settings)
    by_name = {one.name: one for one in known}
    wanted = next_name(list(by_name), moment.date()) if name is None else check_name(name)
    standing = by_name.get(wanted)
    previous = by_name.get(standing.previous or "") if standing else (known[-1] if known else None)
    with told(settings.releases):
        settings.releases.mkdir(parents=True, exist_ok=True)
        for left in settings.releases.glob(f"{_MAKING}*"):
            _remove(left)
        making = settings.releases / f"{_MAKING}{os.getpid()}"
        making.mkdir()
        try:
            made = _make(settings, making, published, wanted, previous, note, reference_date, moment)
            same = standing or (previous if name is None else None)
            if same is not None and same.content == made.content:
                answer = Released(same, settings.releases / same.name, new=False)
            elif standing is not None:
                raise SdgError(
                    f"There is a release {wanted} already, and it holds something else.",
                    where=str(settings.releases / wanted),
                    hint="Choose another name: a release is never changed.",
                )
            else:
                making.replace(settings.releases / wanted)
                sync_folder(settings.releases)
                answer = Released(made, settings.releases / wanted, new=True)
        finally:
            _remove(making)
    # A process killed after the rename has not told the ledger: every release that it does not know is recorded.
    recorded = ledger.releases()
    for one in releases(settings):
        if one.name not in recorded:
            ledger.record_release(one)
    return answer


def _make(
    settings: Settings,
    folder: Path,
    published: Path,
    name: str,
    previous: Release | None,
    note: str | None,
    reference_date: date | None,
    moment: datetime,
) -> Release:
    """Make everything of a release in a folder."""
    database = folder / DATABASE
    shutil.copyfile(published, database)
    before = (previous.name, release_file(settings, previous.name)) if previous else None
    with opened_copy(settings, database) as copy:
        connection = copy.connection
        if reference_date is not None and connection.execute(_MEMBERSHIP).fetchall()[0][0] != reference_date:
            refresh(copy, now=moment, reference_date=reference_date)
            fill_at_publication(connection, moment)
        write_release_diff(connection, before, name)
        tables = write_parquet(connection, folder / PARQUET)
        made = _facts(copy, tables, name, previous, note, moment, _content(checksums(folder / PARQUET)))
        write_own_release(connection, made)
        text = changes_text(connection, made, previous, before and before[1])
        connection.execute("checkpoint")
    database.with_name(database.name + ".wal").unlink(missing_ok=True)
    (folder / FACTS).write_text(made.to_json(), encoding="utf-8")
    (folder / CHANGES).write_text(text, encoding="utf-8")
    (folder / CHECKSUMS).write_text(checksum_lines(checksums(folder)), encoding="utf-8")
    for path in (path for path in sorted(folder.rglob("*")) if path.is_file()):
        with path.open("rb+") as written:
            os.fsync(written.fileno())
        path.chmod(0o444)
    return made


def _facts(
    warehouse: Warehouse,
    tables: Mapping[str, Mapping[str, Any]],
    name: str,
    previous: Release | None,
    note: str | None,
    moment: datetime,
    content: str,
) -> Release:
    """Return what the release says of itself."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = warehouse.connection.execute(query).fetchall()
        return found

    last_load, loaded_at = rows(_LAST_LOAD)[0]
    membership = rows(_MEMBERSHIP)[0][0]
    observations = rows("select count(*) from core.observation")[0][0]
    return Release(
        name=name,
        created_at=written(moment),
        as_of=written(loaded_at or moment),
        last_load=last_load or 0,
        previous=previous.name if previous else None,
        reference_date=membership.isoformat() if membership else None,
        note=note,
        content=content,
        code_version=code_version(),
        structure_version=rows(_STRUCTURE)[0][0],
        metadata_versions=dict(rows(_VERSIONS)),
        map_versions=dict(rows(_MAPS)),
        providers={
            provider: {"deliveries": deliveries, "observations": values}
            for provider, deliveries, values in rows(_PROVIDERS)
        },
        counts={"core.observation": observations, **{table: one["rows"] for table, one in tables.items()}},
        tables={table: {key: value for key, value in one.items() if key != "rows"} for table, one in tables.items()},
    )


def _content(sums: Mapping[str, str]) -> str:
    """Return the sha256 of the checksums of the Parquet files, the difference from the release before left out."""
    own = _OWN_DIFFERENCE.removeprefix(f"{PARQUET}/")
    kept = {name: value for name, value in sums.items() if not name.startswith(own)}
    return hashlib.sha256(checksum_lines(kept).encode()).hexdigest()


def code_version() -> str:
    """Return the version of the program, with the revision of the checkout it runs from, where there is one."""
    version = importlib.metadata.version(DISTRIBUTION)
    root = INDICATORS.parent
    if not (root / ".git").exists():
        return version
    try:
        said = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except OSError:
        return version
    return f"{version} ({said.stdout.strip()})" if said.returncode == 0 else version


def _remove(folder: Path) -> None:
    """Remove a folder that was being made; files of a release are read-only, its folders are not."""
    if folder.is_dir():
        shutil.rmtree(folder)
