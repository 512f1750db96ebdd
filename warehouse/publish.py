"""The copy that readers open: made beside, completed, flushed, and swapped in by rename.

A checkpoint puts everything into the warehouse's one file; a child process copies it, because copying inside the
writing process would drop DuckDB's lock; the ledger's rows are put into the copy, so that one file answers every
question; then it takes the place of the former copy. A reader that has the former one open keeps it. Whatever
goes wrong before the rename, the former copy stays.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa

from metadata.errors import WarehouseError
from metadata.structure import load_structure
from warehouse.connect import open_file
from warehouse.declared_views import describe, quoted, say_columns
from warehouse.faults import told
from warehouse.ledger import Ledger
from warehouse.raw import sync_folder
from warehouse.release_diff import CURRENT, write_release_diff
from warehouse.release_store import Release, release_file, releases
from warehouse.settings import Settings
from warehouse.sql import REPORT_FILES, as_written
from warehouse.tables import LEDGER, declare

if TYPE_CHECKING:
    from warehouse.connect import Warehouse

AT_PUBLICATION = ("observation_remark", "quality", "timeliness", "national_assessment")
"""Report tables that are made in the copy: they read the ledger, or what the providers' files say at that moment."""

_MOMENTS = ("received_at", "updated_at", "answered_at", "decided_at", "created_at", "as_of")

# Only the copy has the ledger's rows, so only the copy can look a release up.
_AS_OF_RELEASE = """
create or replace macro core.observation_as_of_release(release_name) as table
select * from core.observation_history
where recorded_at <= coalesce(
        (select as_of from ledger.release where name = release_name),
        error('There is no release ' || release_name || '.'))
  and (superseded_at is null or superseded_at > (select as_of from ledger.release where name = release_name))
"""

# -I: the child imports nothing of ours or the user's. The number of the error comes back as the exit code.
_COPY = """
import os, shutil, sys
try:
    shutil.copyfile(sys.argv[1], sys.argv[2])
    with open(sys.argv[2], "rb+") as copy:
        os.fsync(copy.fileno())
except OSError as error:
    sys.exit(error.errno or 1)
"""


def publish(settings: Settings, warehouse: Warehouse, *, now: datetime | None = None) -> Path:
    """Publish what is committed in the warehouse, with the ledger's rows in schema `ledger`.

    Args:
        settings: the state folder.
        warehouse: open for writing, no transaction running.
        now: the moment against which what is late is measured, aware; None takes the clock.

    Returns:
        The published file, `published/current.duckdb`.

    Raises:
        StorageFull: the disk is full or not writable; the former copy stands.
        WarehouseError: the copy could not be made for another reason; the former copy stands.
    """
    settings.ensure()
    growing = settings.published / f".growing-{os.getpid()}.duckdb"
    with told(settings.published):
        _forget_growing(settings)
        try:
            warehouse.connection.execute("checkpoint")
            copy_closed(settings.warehouse, growing)
            _add_ledger(settings, growing, now or datetime.now(UTC))
            growing.replace(settings.current)
            sync_folder(settings.published)
        finally:
            growing.unlink(missing_ok=True)
            growing.with_name(growing.name + ".wal").unlink(missing_ok=True)
    return settings.current


def _forget_growing(settings: Settings) -> None:
    """Remove what a killed process left half-copied: we hold the writer's lock, so nobody else is copying."""
    for left in settings.published.glob(".growing-*"):
        left.unlink()


def copy_closed(source: Path, target: Path) -> None:
    """Copy a file that this process has open in DuckDB, by a child process, and flush the copy to the disk.

    Raises:
        OSError: as the child met it. WarehouseError: the child failed otherwise.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-c", _COPY, str(source), str(target)], check=False, capture_output=True
    )
    if done.returncode in errno.errorcode and done.returncode != 1:
        raise OSError(done.returncode, os.strerror(done.returncode), str(target))
    if done.returncode:
        raise WarehouseError(
            f"The warehouse could not be copied (exit code {done.returncode}); what was published before stands.",
            where=str(target),
            hint="Try again; if it stays, run the command with --debug.",
        )


def _add_ledger(settings: Settings, copy: Path, now: datetime) -> None:
    """Put the ledger's rows and what is made of them into the copy; close it, so that no log is left beside it."""
    if settings.ledger.exists():
        # One of an earlier layout is brought up: it may be that nobody else has opened it since.
        Ledger.open(settings).close()
    with open_file(copy, settings) as connection:
        connection.execute("create schema if not exists ledger")
        for name in ("delivery", "finding", "answer", "verdict", "release"):
            table = LEDGER.tables[name]
            connection.register("rows_of_ledger", _rows(settings, table).to_arrow())
            connection.table("rows_of_ledger").create(f"ledger.{name}")
            connection.unregister("rows_of_ledger")
            connection.execute(f"comment on table ledger.{name} is {quoted(table.comment)}")
            describe(connection, f"ledger.{name}", {column.name: column.comment for column in table.columns})
        connection.execute(_AS_OF_RELEASE)
        fill_at_publication(connection, now)
        known = [one.name for one in releases(settings)]
        last = (known[-1], release_file(settings, known[-1])) if known else None
        write_release_diff(connection, last, CURRENT)
        connection.execute("checkpoint")


def fill_at_publication(connection: Any, now: datetime) -> None:
    """Make the tables of `AT_PUBLICATION` anew, in a file that has the ledger's rows in schema `ledger`.

    Args:
        connection: DuckDB's, on that file.
        now: the moment against which what is late is measured, aware.
    """
    tables = declare(load_structure())
    with as_written(connection):
        for name in AT_PUBLICATION:
            query = (REPORT_FILES / f"{name}.sql").read_text(encoding="utf-8")
            say_columns(connection, tables.table(f"report.{name}"))
            connection.execute(f"delete from report.{name}")  # noqa: S608 - the name is one of ours
            values = {"now": now} if "$now" in query else None
            connection.execute(f"insert into report.{name} by name\n{query}", values)


def _rows(settings: Settings, table: sa.Table) -> pl.DataFrame:
    """Return a table of the ledger with the types that it declares, moments as moments."""
    kinds: dict[str, Any] = {
        column.name: pl.Int64 if isinstance(column.type, sa.Integer) else pl.String for column in table.columns
    }
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(settings.ledger)))
    rows: list[dict[str, Any]] = []
    if settings.ledger.exists():
        try:
            with told(settings.ledger), engine.connect() as connection:
                rows = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
        finally:
            engine.dispose()
    frame = pl.DataFrame(rows, schema=kinds, orient="row")
    moments = [name for name in _MOMENTS if name in frame.columns]
    return frame.with_columns(
        pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_zone="UTC") for name in moments
    )


def write_own_release(connection: Any, made: Release) -> None:
    """Put the row of a release into `ledger.release` of its own file, so that the file says which release it is."""
    values = made.ledger_row()
    connection.execute("delete from ledger.release where name = ?", [made.name])
    connection.execute(
        f"insert into ledger.release ({', '.join(values)}) values ({', '.join('?' * len(values))})",  # noqa: S608
        list(values.values()),
    )
