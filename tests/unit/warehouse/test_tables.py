"""The declarations: derived columns, and words for every table and column, in the database too."""

from __future__ import annotations

from metadata.findings import Counts
from metadata.structure import load_structure
from warehouse.connect import Warehouse
from warehouse.tables import COUNTS, LEDGER, declare

STRUCTURE = load_structure()


def test_observation_columns_follow_the_structure() -> None:
    tables = declare(STRUCTURE)
    assert tables.key == ("provider", *(c.column for c in STRUCTURE.dimensions), "time_period")
    names = [column.name for column in tables.table("core.observation_history").columns]
    components = [name for name in names if name in STRUCTURE.columns]
    assert components == list(STRUCTURE.columns)
    assert len(tables.dimensions) == 15
    assert len(tables.attributes) == 16


def test_indicator_observation_has_the_columns_of_the_contract_in_its_order() -> None:
    names = [c.name for c in declare(STRUCTURE).table("report.indicator_observation").columns]
    others = [c.column for c in STRUCTURE.dimensions if c.column not in ("series", "ref_area")]
    attributes = [c.column for c in STRUCTURE.attributes if c.column not in ("unit_measure", "unit_mult")]
    assert names == [
        "goal", "target", "indicator", "series", "series_name", "ref_area", "area_name", "area_type", *others,
        "time_period", "obs_value", "unit_measure", "unit_mult", *attributes, "provider", "delivery_id", "preferred",
        "obs_value_scaled", "correction",
    ]  # fmt: skip


def test_counts_are_those_of_the_report() -> None:
    assert tuple(Counts().to_dict()) == COUNTS


def test_every_table_states_its_grain_and_every_column_has_a_comment() -> None:
    for metadata in (declare(STRUCTURE).metadata, LEDGER):
        for table in metadata.tables.values():
            assert "Grain: one row per " in str(table.comment), table.fullname
    for table in declare(STRUCTURE).metadata.tables.values():
        assert [column.name for column in table.columns if not column.comment] == [], table.fullname


def test_the_comments_stand_in_the_database(warehouse: Warehouse) -> None:
    without = warehouse.connection.execute(
        "select schema_name || '.' || table_name || '.' || column_name from duckdb_columns() "
        "where not internal and comment is null "
        "and schema_name in ('core', 'metadata', 'report')"
    ).fetchall()
    assert without == []
    tables = warehouse.connection.execute(
        "select comment from duckdb_tables() where schema_name in ('core', 'metadata', 'report') "
        "union all select comment from duckdb_views() where schema_name in ('core', 'report')"
    ).fetchall()
    assert len(tables) == len(warehouse.tables.metadata.tables) + 1
    assert all("Grain: one row per " in comment for (comment,) in tables)
