"""Availability, national beside global, quality, and the views of an indicator."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from metadata.areas import load_areas
from metadata.findings import Counts, Example, FileReport, Finding
from metadata.load import load_catalogue
from metadata.rules import finding
from tests.unit.warehouse.frames import START, give, request, row
from tests.unit.warehouse.test_regional_aggregate import DAY, declare, load, value
from warehouse.answers import Answer, keep_answer
from warehouse.connect import Warehouse, reader, writer
from warehouse.ledger import Ledger
from warehouse.report import publish, refresh
from warehouse.settings import Settings

WASTE = {"series": "EN_HAZ_PCAP", "unit_measure": "KG"}


def select(connection: Any, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


def national(warehouse: Warehouse, rows: list[dict[str, Any]], number: int) -> None:
    versions = {one: load_catalogue().version(one) for one in load_catalogue().indicators}
    give(warehouse, request(number, rows, metadata_versions=versions))


def test_availability_tells_who_produced_the_data(warehouse: Warehouse) -> None:
    declare(warehouse)
    load(warehouse, [
        value("417", 1.0, "2012", nature="C", **WASTE), value("417", 2.0, "2016", nature="E", **WASTE),
        value("417", 2.0, "2018", nature="M", **WASTE), value("417", 3.0, "2018", nature="CA", series="EN_HAZ_GENV"),
        value("417", 3.0, "2019", nature="_X", series="EN_HAZ_TREATV", composite_breakdown="WT_RECYCL"),
        value("417", None, "2021", **WASTE), value("398", 1.0, "2020", nature="E", **WASTE),
        value("143", 1.0, "2020", **WASTE), value("1", 1.0, "2020", **WASTE),
    ])  # fmt: skip
    national(warehouse, [row("2014", 1.0, nature="C")], 2)
    refresh(warehouse, reference_date=DAY)
    query = (
        "select ref_area, any_value, two_points_since_2015, points, points_since_2015, first_year, last_year, "
        "timeliness, frequency, country_produced, country_produced_two_points_since_2015, last_year_country_produced, "
        "points_country_produced, points_estimated, points_modelled, points_other, reported_nationally, "
        "in_global_data, breakdowns_present from report.data_availability where indicator = '12.4.2' and "
    )
    assert select(warehouse.connection, query + "any_value order by ref_area") == [
        ("398", True, False, 1, 1, 2020, 2020, 6, 1.0, False, False, None, 0, 1, 0, 0, False, True, ""),
        ("417", True, True, 5, 3, 2012, 2019, 7, 5 / 8, True, False, 2018, 3, 1, 1, 1, True, True,
         "composite_breakdown"),
    ]  # fmt: skip
    assert select(warehouse.connection, query + "ref_area = '4'") == [
        ("4", False, False, 0, 0, None, None, None, None, False, False, None, 0, 0, 0, 0, False, False, ""),
    ]
    countries = sum(area.area_type == "country" for area in load_areas().areas.values())
    assert select(warehouse.connection, "select count(*), count(distinct indicator) from report.data_availability") == [
        (21 * countries, 21)
    ]
    assert select(
        warehouse.connection,
        "select distinct breakdowns_expected from report.data_availability where indicator in ('12.4.1', '12.4.2') "
        "order by 1",
    ) == [("",), ("activity composite_breakdown",)]


def test_totals_of_goals_and_regions_follow_the_touched_goals(warehouse: Warehouse) -> None:
    declare(warehouse)
    load(warehouse, [
        value("417", 1.0, "2016", nature="C", **WASTE), value("417", 1.0, "2018", nature="C", **WASTE),
        value("398", 1.0, "2020", nature="E", **WASTE),
    ])  # fmt: skip
    refresh(warehouse, reference_date=DAY)
    query = (
        "select indicator, indicators, areas_in_group, possible, with_value, with_two_points_since_2015, "
        "country_produced, share_with_value, timeliness, points from report.data_availability_total "
        "where ref_area = '143' and goal = '{}' and coalesce(indicator, '12.4.2') = '12.4.2' order by 1 nulls first"
    )
    goal = len([one for one in load_catalogue().indicators.values() if one.goal == "12"])
    assert select(warehouse.connection, query.format(12)) == [
        (None, goal, 5, 5 * goal, 2, 1, 1, pytest.approx(2 / (5 * goal)), 7.0, 1.5),
        ("12.4.2", 1, 5, 5, 2, 1, 1, 0.4, 7.0, 1.5),
    ]
    load(warehouse, [value("860", 1.0, "2020", **WASTE), value("860", 1.0, "2020", series="VC_DSR_MORT")], 2)
    refresh(warehouse, ["12.4.2"], reference_date=DAY)
    assert [found[4] for found in select(warehouse.connection, query.format(12))] == [3, 3]
    assert [found[4] for found in select(warehouse.connection, query.format(13))] == [0]


def test_a_countrys_value_beside_the_global_one(warehouse: Warehouse) -> None:
    declare(warehouse)
    load(warehouse, [
        value("417", 2.0, unit_mult=3, nature="E", comment_obs="estimate", source_detail="model", **WASTE),
        value("417", 5.0, "2018", **WASTE), value("417", 6.0, "2017", **WASTE), value("417", 0.0, "2016", **WASTE),
    ])  # fmt: skip
    national(warehouse, [
        row("2019", 2500.0, comment_ts="survey"), row("2018", 5.0, unit_measure="T"), row("2015", 1.0),
        row("2017", 6.0, sex="F"), row("2016", 1.0),
    ], 2)  # fmt: skip
    refresh(warehouse)
    assert select(
        warehouse.connection,
        "select time_period, national_provider, global_provider, national_value, global_value, national_unit, "
        "difference, ratio, national_nature, global_nature, national_note, global_note from report.national_and_global "
        "where indicator = '12.4.2' order by 1",
    ) == [
        ("2016", "KGZ", "UNSD", 1.0, 0.0, "KG", 1.0, None, "C", "C", None, None),
        ("2018", "KGZ", "UNSD", 5.0, 5.0, "T", None, None, "C", "C", None, None),
        ("2019", "KGZ", "UNSD", 2500.0, 2000.0, "KG", 500.0, 1.25, "C", "E", "survey", "estimate | model"),
    ]


def test_quality_by_provider_and_series_in_the_copy_for_readers(settings: Settings) -> None:
    place = Example(line=3, series_key="A.N.EN_HAZ_PCAP.417", value="lb")
    other = replace(place, series_key="A.N.EN_HAZ_GENV.417")
    with Ledger.open(settings) as ledger:
        for number, (sha, examples) in enumerate((("ab", (place,)), ("cd", (place, other)), ("ef", (place, place)))):
            landed = ledger.land("KGZ", sha * 32, f"{sha}.xml", 12, "submit", START.replace(day=2 + number))
            made = FileReport(f"{sha}.xml", "table-csv", sha * 32, "KGZ", counts=Counts(received=1, new=1))
            made.add([Finding("UNIT-OTHER", "error", 3 + number, f"unit {sha}", "Use KG.", examples)])
            if sha == "ef":
                told = {"series": "EN_HAZ_PCAP", "value": "3", "declared": "0", "unit": "KG"}
                made.add([finding("UNIT-MULT-OTHER", places=2, examples=(place,), **told)])
                over = {"rule": "PERIOD-FUTURE", "until": "2026-01-01", "who": "the office"}
                made.add([finding("WAIVER-EXPIRED", places=1, **over)])
            ledger.record(landed.id, "loaded", made)
        [ended] = [found.message for found in ledger.findings(landed.id) if found.rule == "WAIVER-EXPIRED"]
        [warning] = [found for found in ledger.findings(landed.id) if found.rule == "UNIT-MULT-OTHER"]
        said = "In thousands, as in the yearbook."
        for day, explanation in ((6, "First."), (7, said)):
            moment = START.replace(day=day)
            keep_answer(ledger, Answer(landed.id, warning.id, warning.rule, explanation, "A. Person", moment))
    with writer(settings, "a test") as warehouse:
        declare(warehouse)
        national(warehouse, [row("2019", 1.0), row("2020", 1.0)], 1)
        sent = request(2, [row("2021", 1.0)], kept=[row("2022", 1.0), row("2023", 1.0)])
        corrected = sent.staged.with_columns(correction=pl.lit("scale"))
        versions = {one: load_catalogue().version(one) for one in load_catalogue().indicators}
        give(warehouse, replace(sent, staged=corrected, metadata_versions=versions))
        refresh(warehouse, reference_date=date(2026, 1, 1))
        publish(settings, warehouse)
        publish(settings, warehouse)
    with reader(settings) as connection:
        assert select(
            connection,
            "select provider, series, kind, rule, severity, deliveries, rows, open_rows, last_message "
            "from report.quality order by kind, series nulls last, rule",
        ) == [
            ("KGZ", "EN_HAZ_PCAP", "answer", "UNIT-MULT-OTHER", "warning", 1, 2, None, said),
            ("KGZ", "EN_HAZ_PCAP", "correction", "scale", None, 1, 1, None, None),
            ("KGZ", "EN_HAZ_PCAP", "finding", "UNIT-MULT-OTHER", "warning", 1, 2, None, warning.message),
            ("KGZ", "EN_HAZ_PCAP", "finding", "UNIT-OTHER", "error", 2, 8, None, "unit ef"),
            ("KGZ", None, "finding", "UNIT-OTHER", "error", 1, 4, None, "unit cd"),
            ("KGZ", "EN_HAZ_PCAP", "quarantine", "UNIT-OTHER", None, 1, 2, 2, "KG is declared, PT was found."),
            ("KGZ", None, "waiver", "WAIVER-EXPIRED", "warning", 1, 1, None, ended),
        ]
        assert select(
            connection,
            "select distinct time_period, correction from report.indicator_observation order by time_period",
        ) == [("2019", None), ("2020", None), ("2021", "scale")]


def test_an_indicator_has_a_long_and_a_wide_view(warehouse: Warehouse) -> None:
    declare(warehouse)
    load(warehouse, [
        value("417", 2.0, unit_mult=3, **WASTE), value("417", 5.0, series="EN_HAZ_GENV"), value("1", 9.0, **WASTE),
        value("417", 4.0, series="EN_HAZ_TREATV", composite_breakdown="WT_RECYCL"),
    ])  # fmt: skip
    refresh(warehouse)
    assert select(warehouse.connection, "select series, obs_value from report.indicator_12_4_2 order by all") == [
        ("EN_HAZ_GENV", 5.0), ("EN_HAZ_PCAP", 2.0), ("EN_HAZ_PCAP", 9.0), ("EN_HAZ_TREATV", 4.0)
    ]  # fmt: skip
    assert select(
        warehouse.connection,
        'select ref_area, composite_breakdown, "EN_HAZ_PCAP", "EN_HAZ_GENV", "EN_HAZ_TREATV", "EN_HAZ_EXP" '
        "from report.indicator_12_4_2_wide order by 1, 2",
    ) == [
        ("1", "_T", 9.0, None, None, None),
        ("417", "WT_RECYCL", None, None, 4.0, None),
        ("417", "_T", 2000.0, 5.0, None, None),
    ]
    made = select(warehouse.connection, "select view_name from duckdb_views() where not internal")
    names = {name for (name,) in made}
    assert {"indicator_13_a_1", "indicator_13_a_1_wide", "indicator_12_c_1_wide"} <= names
    assert len([name for name in names if name.startswith("indicator_1")]) == 42


def test_the_columns_of_the_views_are_described_and_follow_the_declarations(warehouse: Warehouse) -> None:
    declare(warehouse)
    refresh(warehouse)
    said = (
        "select column_name, comment from duckdb_columns() where table_name = 'indicator_13_1_1_wide' "
        "and column_name in ('time_period', 'VC_DSR_MTMP')"
    )
    before = dict(select(warehouse.connection, said))
    assert before["time_period"] == warehouse.tables.table("report.indicator_observation").c.time_period.comment
    assert "deaths and missing persons" in before["VC_DSR_MTMP"].lower()
    warehouse.connection.execute("update metadata.series set name = 'Another name' where series = 'VC_DSR_MTMP'")
    refresh(warehouse, ["13.1.1"])
    assert dict(select(warehouse.connection, said)) == {**before, "VC_DSR_MTMP": "Another name (PER_100000_POP)"}
    nothing = "select count(*) from duckdb_columns() where schema_name = 'report' and comment is null"
    assert select(warehouse.connection, nothing) == [(0,)]


def test_views_of_an_indicator_that_is_gone_are_dropped(warehouse: Warehouse) -> None:
    declare(warehouse)
    refresh(warehouse)
    warehouse.connection.execute("delete from metadata.indicator where indicator = '12.4.2'")
    warehouse.connection.execute("create view report.my_own as select 1 as a")
    refresh(warehouse, ["12.4.1"])
    views = "select count(*) from duckdb_views() where view_name like 'indicator\\_12\\_4\\_2%' escape '\\'"
    assert select(warehouse.connection, views) == [(2,)]
    refresh(warehouse)
    assert select(warehouse.connection, views) == [(0,)]
    assert select(warehouse.connection, "select a from report.my_own") == [(1,)]
