"""What readers get to see: the report tables that are behind core, and the copy that they open.

What is behind is read from the tables themselves, so nothing is forgotten when a process is killed, or a disk is
full, between loading and publishing, or when a declaration was edited. Called by `sdg submit` and by Dagster's
report assets alike; no dagster here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from metadata.errors import SdgError, WarehouseError

if TYPE_CHECKING:
    from metadata.findings import FileReport
    from pipelines.knowledge import Knowledge
    from warehouse.connect import Warehouse
    from warehouse.settings import Settings

_HOW_FAR = """
select (select max(load_id) from core.load), (select max(refreshed_at) from report.refreshed),
       (select md5(coalesce(string_agg(p::varchar, chr(10) order by p.provider), '')) from metadata.provider p),
       (select md5(coalesce(string_agg(s::varchar, chr(10) order by s.provider, s.indicator, s.ref_area), ''))
        from metadata.national_statement s)
"""
_HAS_TABLES = """
select count(*) = 7 from information_schema.tables
where (table_schema, table_name) in (
    ('core', 'load'), ('report', 'refreshed'), ('metadata', 'provider'), ('metadata', 'national_statement'),
    ('ledger', 'delivery'), ('ledger', 'answer'), ('ledger', 'verdict'))
"""
# How far the ledger is, and its rows in the copy: a process may have died, or another have written, in between.
_LEDGER_HERE = """
select count(*), max(updated_at), (select count(*) from answer), (select count(*) from verdict) from delivery
"""
_LEDGER_THERE = """
select count(*), max(updated_at), (select count(*) from ledger.answer), (select count(*) from ledger.verdict)
from ledger.delivery
"""


@dataclass(frozen=True, slots=True)
class Behind:
    """What has to be done so that readers see what is in core.

    Attributes:
        indicators: numbers of those whose report rows are older than core or than their declaration, in the
            order of the catalogue.
        unpublished: the copy that readers open does not have what the warehouse has.
    """

    indicators: tuple[str, ...] = ()
    unpublished: bool = False


def behind(settings: Settings, warehouse: Warehouse, knowledge: Knowledge) -> Behind:
    """Bring the metadata tables up to date, and return what is behind core and them.

    Args:
        settings: where the published copy is.
        warehouse: open for writing.
        knowledge: the declarations.
    """
    from warehouse.report import stale

    _write_declarations(warehouse, knowledge)
    old = stale(warehouse)
    here = warehouse.connection.execute(_HOW_FAR).fetchone()
    return Behind(
        tuple(number for number in knowledge.catalogue.indicators if number in old),
        unpublished=_published(settings) != (here, _ledger(settings)),
    )


def refresh(warehouse: Warehouse, knowledge: Knowledge, indicators: Iterable[str] | None) -> dict[str, int]:
    """Bring the metadata tables and the report tables of these indicators up to date.

    Args:
        warehouse: open for writing.
        knowledge: what stands in the metadata tables.
        indicators: official numbers; None for all.

    Returns:
        Rows per report table.
    """
    from warehouse.report import refresh as refresh_tables

    _write_declarations(warehouse, knowledge)
    return refresh_tables(warehouse, indicators)


def _write_declarations(warehouse: Warehouse, knowledge: Knowledge) -> None:
    """Make the metadata tables say what the declarations and the providers' files say; a broken file says nothing."""
    from pipelines.national_statement import row_of_provider, rows_of_statements
    from warehouse.provider_tables import write_providers
    from warehouse.report import write_metadata

    write_metadata(
        warehouse, knowledge.catalogue, knowledge.structure, knowledge.areas, now=datetime.now(UTC)
    )
    providers = knowledge.providers.by_id.values()
    write_providers(
        warehouse,
        [row_of_provider(one) for one in providers],
        [row for one in providers for row in rows_of_statements(one)],
    )


def news(reports: Iterable[FileReport]) -> bool:
    """Say whether the ledger has got anything that the published copy does not have."""
    return any(report.decision != "already_received" for report in reports)


def bring_up_to_date(
    settings: Settings,
    knowledge: Knowledge,
    *,
    purpose: str,
    publish_anyway: bool = False,
    on_wait: Callable[[str], None] | None = None,
) -> dict[str, int]:
    """Refresh what is behind and, when anything changed, swap in the copy that readers open.

    Args:
        settings: where state lives.
        knowledge: the declarations.
        purpose: what for, told to whoever waits for the lock.
        publish_anyway: the ledger has news, though core may have none.
        on_wait: called with a sentence while another process holds the lock.

    Returns:
        Rows per report table; empty when no table was behind.
    """
    from warehouse.connect import writer
    from warehouse.publish import publish

    with writer(settings, purpose, on_wait=on_wait) as warehouse:
        todo = behind(settings, warehouse, knowledge)
        rows = refresh(warehouse, knowledge, todo.indicators) if todo.indicators else {}
        if rows or todo.unpublished or publish_anyway:
            publish(settings, warehouse)
    return rows


@contextmanager
def publishing_what_is_left(
    settings: Settings, knowledge: Knowledge, *, purpose: str, on_wait: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Publish, where a command finds its work done: a process that did it was killed before readers saw it.

    Args:
        settings: where state lives.
        knowledge: the declarations.
        purpose: what for, told to whoever waits for the lock.
        on_wait: called with a sentence while another process holds the lock.

    Raises:
        SdgError: as the block raises it; what was not published is.
    """
    try:
        yield
    except SdgError:
        if settings.warehouse.is_file():
            bring_up_to_date(settings, knowledge, purpose=purpose, on_wait=on_wait)
        raise


def _ledger(settings: Settings) -> tuple[Any, ...]:
    """Return how far the ledger is."""
    from warehouse.ledger import Ledger

    if not settings.ledger.exists():
        return (0, None, 0, 0)
    with Ledger.open(settings) as ledger, ledger.transaction() as connection:
        count, last, *others = connection.exec_driver_sql(_LEDGER_HERE).one()
    return (count, last and datetime.fromisoformat(last), *others)


def _published(settings: Settings) -> tuple[tuple[Any, ...] | None, tuple[Any, ...] | None] | None:
    """Return how far the published copy and the ledger's rows in it are; None when there is none of this layout.

    Then it is made again, as where it is damaged: everything in it is in the warehouse and the ledger.
    """
    from warehouse.connect import reader

    try:
        connection = reader(settings)
    except WarehouseError:
        return None
    with connection:
        if connection.execute(_HAS_TABLES).fetchall() != [(True,)]:
            return None
        return connection.execute(_HOW_FAR).fetchone(), connection.execute(_LEDGER_THERE).fetchone()
