"""Upgrading: a warehouse that an earlier program made keeps what it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from metadata.areas import load_areas
from metadata.errors import WarehouseError
from metadata.load import load_catalogue
from tests.unit.warehouse.frames import START, STRUCTURE, give, request, row
from warehouse import migrations
from warehouse.connect import open_file, writer
from warehouse.report import refresh, stale, write_metadata
from warehouse.settings import Settings
from warehouse.tables import LAYOUT

OBSERVATION = """
insert into core.observation_history by name
select 1 as version_id, 'UNSD' as provider, 'A' as freq, 'G' as reporting_type, 'EN_HAZ_GENV' as series,
       '417' as ref_area, '_T' as sex, '_T' as age, '_T' as urbanisation, '_T' as income_wealth_quantile,
       '_T' as education_lev, '_T' as occupation, '_T' as cust_breakdown, '_T' as composite_breakdown,
       '_T' as disability_status, '_T' as activity, '_T' as product, '2019' as time_period, 12.5 as obs_value,
       '12.5' as obs_value_text, 0 as unit_mult, 'T' as unit_measure, 'C' as nature, 1 as key_hash, 2 as value_hash,
       'UNSD-1' as delivery_id, 1 as load_id, 'new' as opened_reason,
       timestamptz '2026-01-02 00:00:00+00' as recorded_at,
       'v' as metadata_version, 's' as structure_version
"""
SERIES = """
insert into metadata.series by name
select 'EN_HAZ_GENV' as series, '12.4.2' as owner, 'UNSD' as precedence, false as national_fills
"""
SHAPE = """
select schema_name || '.' || table_name, column_name, data_type, is_nullable, comment from duckdb_columns()
where schema_name in ('core', 'metadata', 'report') and not internal order by 1, column_index
"""


def made_by(layout: int, settings: Settings, project_root: Path) -> Settings:
    """Return a state folder whose warehouse has that layout, with an observation and a report row."""
    made = (project_root / "tests" / "specimens" / "warehouse" / f"layout_{layout}.sql").read_text(encoding="utf-8")
    with open_file(settings.warehouse, settings) as connection:
        connection.execute(made)
        connection.execute(OBSERVATION)
        connection.execute(SERIES)
        connection.execute(
            "insert into report.refreshed by name "
            "select '12.4.2' as indicator, 1 as load_id, 'v' as version, now() as refreshed_at"
        )
        connection.execute("create view report.left_over as select 1 as a")
    return settings


@pytest.fixture
def old(settings: Settings, project_root: Path) -> Settings:
    return made_by(1, settings, project_root)


@pytest.mark.usefixtures("warehouses_are_made")
@pytest.mark.parametrize("layout", range(1, LAYOUT))
def test_a_warehouse_of_every_earlier_layout_is_upgraded_and_has_the_shape_of_a_new_one(
    layout: int, settings: Settings, project_root: Path, tmp_path: Path
) -> None:
    old = made_by(layout, settings, project_root)
    with writer(Settings.load(tmp_path / "new").ensure(), "a test") as warehouse:
        shape = warehouse.connection.execute(SHAPE).fetchall()
    with writer(old, "a test") as warehouse:
        assert warehouse.connection.execute(SHAPE).fetchall() == shape
        assert warehouse.connection.execute("select layout_version from core.layout order by 1").fetchall() == [
            (number,) for number in range(layout, LAYOUT + 1)
        ]
        assert warehouse.connection.execute("select obs_value, provider from core.observation").fetchall() == [
            (12.5, "UNSD")
        ]
        assert warehouse.connection.execute("select series, aggregation_rule from metadata.series").fetchall() == [
            ("EN_HAZ_GENV", None)
        ]
    with writer(old, "a test again") as warehouse:
        assert warehouse.connection.execute("select count(*) from core.layout").fetchone() == (LAYOUT - layout + 1,)


def test_after_an_upgrade_all_is_stale_and_loads_and_reports_go_on(old: Settings) -> None:
    with writer(old, "a test") as warehouse:
        catalogue = load_catalogue()
        write_metadata(warehouse, catalogue, STRUCTURE, load_areas(), now=START)
        assert stale(warehouse) == frozenset(catalogue.indicators)
        versions = {number: catalogue.version(number) for number in catalogue.indicators}
        sent = row("2020", 3.0, series="EN_HAZ_GENV", reporting_type="G", unit_measure="T")
        give(warehouse, request(2, [sent], provider="UNSD", delivery_id="UNSD-2", metadata_versions=versions))
        refresh(warehouse)
        assert warehouse.connection.execute(
            "select time_period, obs_value from report.indicator_observation where indicator = '12.4.2' order by 1"
        ).fetchall() == [("2019", 12.5), ("2020", 3.0)]
        assert stale(warehouse) == frozenset()


def test_an_upgrade_that_fails_leaves_the_former_layout(old: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(connection: object) -> None:
        migrations._to_2(connection)
        raise RuntimeError("killed")

    monkeypatch.setitem(migrations.STEPS, 2, half)
    with pytest.raises(RuntimeError, match="killed"), writer(old, "a test"):
        pass
    with open_file(old.warehouse, old) as connection:
        assert connection.execute("select max(layout_version) from core.layout").fetchone() == (1,)
        assert connection.execute("select count(*) from report.refreshed").fetchone() == (1,)
        columns = connection.execute("select * from metadata.series").description
        assert "aggregation_rule" not in [name for name, *_ in columns]
    monkeypatch.undo()
    with writer(old, "a test") as warehouse:
        assert warehouse.connection.execute("select max(layout_version) from core.layout").fetchone() == (LAYOUT,)


def test_a_newer_layout_is_still_refused_and_every_layout_has_its_step(old: Settings) -> None:
    assert sorted(migrations.STEPS) == list(range(2, LAYOUT + 1))
    with open_file(old.warehouse, old) as connection:
        connection.execute(f"insert into core.layout values ({LAYOUT + 1}, now())")
    with (
        pytest.raises(WarehouseError, match=rf"has layout {LAYOUT + 1}; this program knows layouts up to {LAYOUT}\."),
        writer(old, "a test"),
    ):
        pass
