"""What is behind core: the report tables that a run has to refresh, and the copy that it has to publish.

No dagster here. Read from the tables themselves, so that nothing is forgotten when a run is killed between
loading and publishing, or when a declaration was edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from metadata.errors import WarehouseError

if TYPE_CHECKING:
    from pipelines.deliver import Knowledge
    from warehouse.connect import Warehouse
    from warehouse.settings import Settings

_HOW_FAR = "select (select max(load_id) from core.load), (select max(refreshed_at) from report.refreshed)"
_HAS_TABLES = """
select count(*) from information_schema.tables
where (table_schema, table_name) in (('core', 'load'), ('report', 'refreshed'))
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
    from warehouse.report import stale, write_metadata

    write_metadata(
        warehouse, knowledge.catalogue, knowledge.structure, knowledge.areas, now=datetime.now(UTC)
    )
    old = stale(warehouse)
    here = warehouse.connection.execute(_HOW_FAR).fetchone()
    return Behind(
        tuple(number for number in knowledge.catalogue.indicators if number in old),
        unpublished=here != _published(settings),
    )


def _published(settings: Settings) -> tuple[Any, ...] | None:
    """Return how far the published copy is; None when it is missing, damaged, or of an older layout.

    Then it is made again: everything in it is in the warehouse and the ledger.
    """
    from warehouse.connect import reader

    try:
        connection = reader(settings)
    except WarehouseError:
        return None
    with connection:
        tables = connection.execute(_HAS_TABLES).fetchone()
        if tables is None or tables[0] < 2:
            return None
        return connection.execute(_HOW_FAR).fetchone()
