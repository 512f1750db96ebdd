"""The only place that opens DuckDB: one writer under the writer's lock, readers on the published copy.

The writer's database is reached in two ways that share one connection and one transaction: SQLAlchemy
(`Warehouse.sa`, for the small tables) and DuckDB itself (`Warehouse.connection`, for bulk rows as Arrow and
for SQL over them). The layout is made when the file is new, brought up when it is older
(`warehouse.migrations`), and refused when it is newer than this program.

DANGER: never open or copy the warehouse's file with another handle in a process that has it open. Closing
any handle of the file drops DuckDB's own lock (POSIX record locks belong to the process). `warehouse.publish`
copies it in a child process for that reason.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from metadata.errors import WarehouseError
from warehouse.declared_views import make_declared, say_columns_of
from warehouse.faults import told
from warehouse.lock import writers_lock
from warehouse.memory import default_limit
from warehouse.migrations import upgrade
from warehouse.settings import Settings
from warehouse.spool import Spooled, forget_spooled, spool_folder
from warehouse.tables import LAYOUT, SCHEMAS, Tables, declare

if TYPE_CHECKING:
    from metadata.structure import Structure

_CURRENT = """
create or replace view core.observation as
select * from core.observation_history where superseded_at is null
"""
_AS_OF = """
create or replace macro core.observation_as_of(moment) as table
select * from core.observation_history
where recorded_at <= moment and (superseded_at is null or superseded_at > moment)
"""
_VIEW_COMMENT = """
comment on view core.observation is
'What is current. Grain: one row per observation (provider, 15 dimensions, time_period).'
"""


@dataclass(slots=True)
class Warehouse:
    """The warehouse, open for writing under the writer's lock.

    Attributes:
        settings: the state folder.
        tables: the declared tables.
        engine: SQLAlchemy's engine.
        sa: SQLAlchemy's connection.
        connection: DuckDB's connection under `sa`: same session, same transaction.
        spool: folder for rows on their way into core; None takes the system's.
    """

    settings: Settings
    tables: Tables
    engine: sa.Engine
    sa: sa.Connection
    connection: Any
    spool: Path | None = None

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Do everything or nothing; gives DuckDB's connection.

        Raises:
            StorageFull: the disk is full or not writable; nothing was changed.
            WarehouseError: the file is damaged.
        """
        with told(self.settings.warehouse), self.sa.begin():
            yield self.connection

    @contextmanager
    def registered(self, **frames: Any) -> Iterator[None]:
        """Give Arrow tables, and rows on disk (`Spooled`), names that SQL can read, for the time of a block."""
        for name, frame in frames.items():
            self.connection.register(
                name, self.connection.sql(frame.query) if isinstance(frame, Spooled) else frame
            )
        try:
            yield
        finally:
            for name in frames:
                self.connection.unregister(name)


@contextmanager
def writer(
    settings: Settings,
    purpose: str,
    *,
    timeout: float | None = None,
    on_wait: Callable[[str], None] | None = None,
    structure: Structure | None = None,
) -> Iterator[Warehouse]:
    """Open the warehouse for writing, as the only writer; make it when it is not there.

    Args:
        settings: the state folder.
        purpose: what for, told to whoever waits: `sdg run`.
        timeout: seconds to wait for another writer; None takes the settings'.
        on_wait: called with a sentence while waiting.
        structure: whose columns the tables have; None takes the embedded one.

    Raises:
        WarehouseBusy: another writer did not finish in time; says who.
        WarehouseError: a newer layout, other columns, or a damaged file.
        StorageFull: the disk is full or not writable.
    """
    settings.ensure()
    tables = declare(structure or _embedded())
    seconds = settings.lock_timeout_s if timeout is None else timeout
    with (
        writers_lock(settings.warehouse, purpose, timeout=seconds, on_wait=on_wait),
        _session(settings, tables) as warehouse,
    ):
        forget_spooled(settings.temporary)
        yield warehouse


@contextmanager
def opened_copy(settings: Settings, path: Path) -> Iterator[Warehouse]:
    """Open a copy of the warehouse that nobody else knows of, for writing, without the lock: a release being made.

    Raises:
        WarehouseError: a newer layout, other columns, or a damaged file.
        StorageFull: the disk is full or not writable.
    """
    with _session(replace(settings, warehouse=path), declare(_embedded())) as warehouse:
        yield warehouse


@contextmanager
def _session(settings: Settings, tables: Tables) -> Iterator[Warehouse]:
    """Open the settings' warehouse for writing, bring its layout up, and let go of it at the end."""
    engine = _engine(settings)
    try:
        with told(settings.warehouse):
            connection = engine.connect()
        try:
            # What happens inside the block is not translated here: it may be about another file.
            driver = connection.connection.driver_connection
            warehouse = Warehouse(settings, tables, engine, connection, driver, settings.temporary)
            _make_or_check(warehouse)
            yield warehouse
        except BaseException:
            # A database that a full disk has stopped cannot even roll back, and SQLAlchemy would log a trace of
            # that; letting go of the connection is the roll-back.
            connection.invalidate()
            raise
        finally:
            connection.close()
    finally:
        engine.dispose()


@contextmanager
def scratch(settings: Settings, *, structure: Structure | None = None) -> Iterator[Warehouse]:
    """Open an empty warehouse in memory, for rehearsals: no file, no lock; spills to the system's temporary folder."""
    with spool_folder(None) as folder:
        config = _config(settings) | {"temp_directory": str(folder / "duckdb")}
        engine = sa.create_engine("duckdb:///:memory:", connect_args={"config": config}, poolclass=StaticPool)
        connection = engine.connect()
        try:
            warehouse = Warehouse(
                settings,
                declare(structure or _embedded()),
                engine,
                connection,
                connection.connection.driver_connection,
            )
            _make_or_check(warehouse)
            yield warehouse
        finally:
            connection.close()
            engine.dispose()


def reader(settings: Settings) -> duckdb.DuckDBPyConnection:
    """Return a read-only connection to the published copy; close it, or use it in a `with`.

    It keeps seeing the copy that it opened when a newer one is published. In one process, DuckDB gives the old
    copy again until every connection to it is closed.

    Raises:
        WarehouseError: nothing is published yet, or the file is damaged.
    """
    if not settings.current.is_file():
        raise WarehouseError("Nothing is published yet.", where=str(settings.current), hint="Start with: sdg run")
    return open_file(settings.current, settings, read_only=True)


def open_file(path: Path, settings: Settings, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file that is not the warehouse: a published or a growing copy.

    Raises:
        WarehouseError: the file is damaged. StorageFull: it cannot be written.
    """
    with told(path):
        return duckdb.connect(str(path), read_only=read_only, config=_config(settings))


def _config(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
    config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(_spills_to(settings))}
    return config | {"memory_limit": settings.memory_limit or default_limit()}


def _spills_to(settings: Settings) -> Path:
    """Return where DuckDB may put what does not fit into memory: for a reader of another's state, the system's."""
    there = settings.temporary if settings.temporary.is_dir() else settings.home
    return settings.temporary / "duckdb" if os.access(there, os.W_OK) or not there.is_dir() else _spills_of_readers()


@cache
def _spills_of_readers() -> Path:
    """Return a name that nobody can know beforehand, once a process: DuckDB wants the same for the same file."""
    return Path(tempfile.gettempdir()) / f"sdg-{secrets.token_hex(8)}"


def _engine(settings: Settings) -> sa.Engine:
    return sa.create_engine(
        sa.URL.create("duckdb", database=str(settings.warehouse)),
        connect_args={"config": _config(settings)},
        poolclass=StaticPool,
    )


def _embedded() -> Structure:
    from metadata.structure import load_structure

    return load_structure()


def _make_or_check(warehouse: Warehouse) -> None:
    """Make the layout in a new file; bring an older one up; refuse one that this program does not know."""
    with warehouse.transaction() as connection:
        found = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables where table_schema = 'core'"
        ).fetchall()
        if not found:
            _make(warehouse)
            return
        names = {name for (name,) in found}
        if "core.layout" not in names:
            raise _strange(warehouse, "It has tables, but none that says which layout they have.")
        layout = connection.execute("select max(layout_version) from core.layout").fetchall()[0][0]
        if layout is None or layout > LAYOUT:
            raise WarehouseError(
                f"The warehouse has layout {layout}; this program knows layouts up to {LAYOUT}.",
                where=str(warehouse.settings.warehouse),
                hint="Use the newer version of the program that made it.",
            )
        if layout < LAYOUT:
            upgrade(warehouse, layout)
        _check_columns(warehouse)


def _make(warehouse: Warehouse) -> None:
    for schema in SCHEMAS:
        warehouse.sa.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
    make_declared(warehouse)
    for statement in (_CURRENT, _AS_OF, _VIEW_COMMENT):
        warehouse.sa.execute(sa.text(statement))
    say_columns_of(warehouse.connection, "core.observation", "core.observation_history")
    warehouse.sa.execute(
        warehouse.tables.table("core.layout").insert(),
        {"layout_version": LAYOUT, "made_at": datetime.now(UTC)},
    )


def _check_columns(warehouse: Warehouse) -> None:
    """Compare the columns in the file with the declared ones: the structure may have got another dimension."""
    rows = warehouse.connection.execute(
        "select table_schema || '.' || table_name, list(column_name order by ordinal_position) "
        "from information_schema.columns where table_schema in ('core', 'metadata', 'report') group by 1"
    ).fetchall()
    found = {name: tuple(columns) for name, columns in rows}
    for name, table in warehouse.tables.metadata.tables.items():
        declared = tuple(column.name for column in table.columns)
        if found.get(name) != declared:
            raise _strange(warehouse, f"Its table {name} has other columns than this program declares.")


def _strange(warehouse: Warehouse, what: str) -> WarehouseError:
    return WarehouseError(
        what,
        where=str(warehouse.settings.warehouse),
        hint="Use the version of the program that made it, or move it away and load the kept bytes again.",
    )
