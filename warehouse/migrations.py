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

from warehouse.declared_views import make_declared, say_columns_of
from warehouse.tables import LAYOUT, LEDGER, LEDGER_LAYOUT

if TYPE_CHECKING:
    from warehouse.connect import Warehouse

_PROVIDER_TABLES = """
create table metadata.provider (
    provider varchar not null,
    name varchar not null,
    kind varchar not null,
    areas varchar,
    replaces varchar not null,
    cadence_days bigint,
    schedule varchar,
    timezone varchar
);
comment on table metadata.provider is
    'The declared providers. Grain: one row per provider.';
comment on column metadata.provider.provider is 'id of the provider';
comment on column metadata.provider.name is 'name in English';
comment on column metadata.provider.kind is 'office or agency';
comment on column metadata.provider.areas is 'M49 codes it may report for, joined by spaces; null is all';
comment on column metadata.provider.replaces is 'what a delivery stands for: provider, indicator or nothing';
comment on column metadata.provider.cadence_days is 'usual days between two deliveries; null is not known';
comment on column metadata.provider.schedule is 'when it is looked for, a cron line; null is only when asked';
comment on column metadata.provider.timezone is 'IANA time zone of the schedule';
create table metadata.national_statement (
    provider varchar not null,
    indicator varchar not null,
    ref_area varchar not null,
    available varchar,
    definition varchar,
    institution varchar,
    source_type varchar,
    frequency varchar,
    disaggregations varchar,
    metadata_available boolean,
    barriers varchar,
    barrier_note varchar,
    planned varchar,
    stated_by varchar not null,
    stated_on date not null
);
comment on table metadata.national_statement is
    'What providers state about national data. Grain: one row per provider, indicator and country.';
comment on column metadata.national_statement.provider is 'the provider in whose file it stands';
comment on column metadata.national_statement.indicator is 'official number';
comment on column metadata.national_statement.ref_area is 'M49 code of the country';
comment on column metadata.national_statement.available is 'yes, partly or no: whether the country has national data';
comment on column metadata.national_statement.definition is
    'same or proxy: how the national definition stands to the global one';
comment on column metadata.national_statement.institution is 'which institution produces the data';
comment on column metadata.national_statement.source_type is 'kind of source: survey, census, register, …';
comment on column metadata.national_statement.frequency is 'how often the country produces it, in words';
comment on column metadata.national_statement.disaggregations is
    'dimensions by which the country has it, joined by spaces';
comment on column metadata.national_statement.metadata_available is 'the country has metadata for it';
comment on column metadata.national_statement.barriers is
    'kinds of barrier: data, reporting, financial, geographic, capacity; joined by spaces';
comment on column metadata.national_statement.barrier_note is 'what stands in the way, in words';
comment on column metadata.national_statement.planned is 'year by which it is planned to be available';
comment on column metadata.national_statement.stated_by is 'who states it, and where';
comment on column metadata.national_statement.stated_on is 'date of the statement';
"""


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


def _to_3(connection: Any) -> None:
    """Make core.remark: which accepted rows a warning touches. Its key is that of core.deletion."""
    rest = (
        ("delivery_id", "varchar", "delivery whose row the warning is about"),
        ("load_id", "bigint", "load that judged it; of a delivery, the last one counts"),
        ("finding", "varchar", "id of the warning, in the ledger"),
    )
    key = connection.execute(
        "select column_name, data_type, comment from duckdb_columns() "
        "where schema_name = 'core' and table_name = 'deletion' and column_name <> 'load_id' order by column_index"
    ).fetchall()
    columns = ", ".join(f"{name} {kind} not null" for name, kind, _ in (*key, *rest))
    connection.execute(f"create table core.remark ({columns})")
    comment = "Which accepted rows a warning touches. Grain: one row per key, load and warning."
    connection.execute(f"comment on table core.remark is '{comment}'")
    for name, _, about in (*key, *rest):
        quoted = str(about).replace("'", "''")
        connection.execute(f"comment on column core.remark.{name} is '{quoted}'")


def _to_5(connection: Any) -> None:
    """Add the tables about providers; `write_providers` fills them."""
    connection.execute(_PROVIDER_TABLES)


def _to_6(connection: Any) -> None:
    """Say what the columns of core.observation are, in the words of the table that it is a view of."""
    say_columns_of(connection, "core.observation", "core.observation_history")


STEPS: dict[int, Callable[[Any], None] | None] = {2: _to_2, 3: _to_3, 4: None, 5: _to_5, 6: _to_6}
"""What brings a warehouse to each layout from the one before; None where only `report` changed, which is made anew in
any case (4: report.release_diff; also 6: corrections in report.indicator_observation). No step is changed or taken
out."""


def _ledger_to_2(connection: sa.Connection) -> None:
    """Keep what the sentences of findings were made of, so that they can be said in other languages."""
    connection.exec_driver_sql("alter table finding add column words text")


def _ledger_to_3(connection: sa.Connection) -> None:
    """Give findings ids, by which they are answered. Those that are kept get a number; a new judgement names them."""
    connection.exec_driver_sql("alter table finding add column id text")
    connection.exec_driver_sql("alter table finding add column because_of text")
    connection.exec_driver_sql("update finding set id = rule || '-' || (position + 1)")


LEDGER_STEPS: dict[int, Callable[[sa.Connection], None] | None] = {2: _ledger_to_2, 3: _ledger_to_3, 4: None}
"""The same for the ledger (SQLite). Tables that are new are made by their declarations, after the steps; None where
there are only such (4: release)."""


def upgrade_ledger(connection: sa.Connection, found: int) -> None:
    """Bring the ledger from the layout that was found to `LEDGER_LAYOUT`. Runs inside the caller's transaction.

    Args:
        connection: to the ledger.
        found: number of its layout, lower than `LEDGER_LAYOUT`; 0 for a new file.
    """
    for number in range(found + 1, LEDGER_LAYOUT + 1) if found else ():
        if (step := LEDGER_STEPS[number]) is not None:
            step(connection)
    LEDGER.create_all(connection)
    connection.exec_driver_sql(f"pragma user_version = {LEDGER_LAYOUT}")


def upgrade(warehouse: Warehouse, found: int) -> None:
    """Bring the warehouse from the layout that was found to `LAYOUT`. Runs inside the caller's transaction.

    Args:
        warehouse: open for writing.
        found: number of its layout, lower than `LAYOUT`.
    """
    for number in range(found + 1, LAYOUT + 1):
        if (step := STEPS[number]) is not None:
            step(warehouse.connection)
        warehouse.sa.execute(
            warehouse.tables.table("core.layout").insert(),
            {"layout_version": number, "made_at": datetime.now(UTC)},
        )
    _remake_report(warehouse)


def _remake_report(warehouse: Warehouse) -> None:
    """Drop everything in schema report, and make its declared tables and views, empty."""
    for kind, source in (("view", "duckdb_views()"), ("table", "duckdb_tables()")):
        names = warehouse.connection.execute(
            f"select {kind}_name from {source} where schema_name = 'report' and not internal"  # noqa: S608
        ).fetchall()
        for (name,) in names:
            warehouse.connection.execute(f'drop {kind} report."{name}"')
    make_declared(warehouse, "report")
