"""Brings a warehouse of an earlier layout to this program's: numbered steps, in the transaction that opens it.

Each step changes `core` and `metadata` in words that hold for ever, not through the declarations, which go on
changing. `report` is derived: its tables are dropped and made anew by the declarations, empty, so every indicator is
stale and the next refresh fills them. A killed upgrade leaves the former layout. Newer layouts are refused
(`warehouse.connect`); a layout that a step cannot read is, too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from warehouse.tables import LAYOUT, LEDGER, LEDGER_LAYOUT

if TYPE_CHECKING:
    from warehouse.connect import Warehouse


def _to_2(connection: Any) -> None:
    """Give metadata.series what regional values and availability are made by; `write_metadata` fills it."""
    columns = (
        ("aggregation_rule varchar", "how values of regions are made; null is not declared"),
        ("aggregation_weight varchar", "series that weighs or divides, or its description where none is held"),
        ("aggregation_all_areas boolean", "what divides is that of all areas, those without a value included"),
        ("minimum_coverage double", "share (0 to 1) of a group below which no regional value is made; null is none"),
        ("breakdowns varchar", "dimensions by which the series is broken down, joined by spaces"),
    )
    for column, comment in columns:
        connection.execute(f"alter table metadata.series add column {column}")
        connection.execute(f"comment on column metadata.series.{column.split()[0]} is '{comment}'")


STEPS: dict[int, Callable[[Any], None]] = {2: _to_2}
"""What brings a warehouse to each layout from the one before. None is ever changed or taken out."""


def _ledger_to_2(connection: sa.Connection) -> None:
    """Keep what the sentences of findings were made of, so that they can be said in other languages."""
    connection.exec_driver_sql("alter table finding add column words text")


LEDGER_STEPS: dict[int, Callable[[sa.Connection], None]] = {2: _ledger_to_2}
"""The same for the ledger (SQLite). Tables that are new are made by their declarations, after the steps."""


def upgrade_ledger(connection: sa.Connection, found: int) -> None:
    """Bring the ledger from the layout that was found to `LEDGER_LAYOUT`. Runs inside the caller's transaction.

    Args:
        connection: to the ledger.
        found: number of its layout, lower than `LEDGER_LAYOUT`; 0 for a new file.
    """
    for number in range(found + 1, LEDGER_LAYOUT + 1) if found else ():
        LEDGER_STEPS[number](connection)
    LEDGER.create_all(connection)
    connection.exec_driver_sql(f"pragma user_version = {LEDGER_LAYOUT}")


def upgrade(warehouse: Warehouse, found: int) -> None:
    """Bring the warehouse from the layout that was found to `LAYOUT`. Runs inside the caller's transaction.

    Args:
        warehouse: open for writing.
        found: number of its layout, lower than `LAYOUT`.
    """
    for number in range(found + 1, LAYOUT + 1):
        STEPS[number](warehouse.connection)
        warehouse.sa.execute(
            warehouse.tables.table("core.layout").insert(),
            {"layout_version": number, "made_at": datetime.now(UTC)},
        )
    _remake_report(warehouse)


def _remake_report(warehouse: Warehouse) -> None:
    """Drop everything in schema report, and make its declared tables, empty."""
    for kind, source in (("view", "duckdb_views()"), ("table", "duckdb_tables()")):
        names = warehouse.connection.execute(
            f"select {kind}_name from {source} where schema_name = 'report' and not internal"  # noqa: S608
        ).fetchall()
        for (name,) in names:
            warehouse.connection.execute(f'drop {kind} report."{name}"')
    for table in warehouse.tables.metadata.tables.values():
        if table.schema == "report":
            table.create(warehouse.sa)
