"""The national assessment and what is late, in the copy for readers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from metadata.areas import load_areas
from metadata.findings import Counts, FileReport
from metadata.load import load_catalogue
from tests.unit.warehouse.frames import START, STRUCTURE, give, request, row
from tests.unit.warehouse.test_regional_aggregate import DAY, Rule, declare, load, value
from warehouse.connect import Warehouse, reader, writer
from warehouse.ledger import Ledger
from warehouse.observations import withdraw
from warehouse.provider_tables import write_providers
from warehouse.report import publish, refresh, stale, write_metadata
from warehouse.settings import Settings

OFFICE = {
    "provider": "KGZ", "name": "Office", "kind": "office", "areas": "417", "replaces": "indicator",
    "cadence_days": 370, "schedule": "0 6 * * 2", "timezone": "Asia/Bishkek",
}  # fmt: skip
AGENCY = {**OFFICE, "provider": "UNSD", "name": "Agency", "kind": "agency", "areas": None, "cadence_days": None}
STATED = dict.fromkeys(
    ("available", "definition", "institution", "source_type", "frequency", "disaggregations", "metadata_available",
     "barriers", "barrier_note", "planned")
)  # fmt: skip


def stated(provider: str, day: date, **other: Any) -> dict[str, Any]:
    given = {"provider": provider, "indicator": "12.4.2", "ref_area": "417", "stated_by": "a letter", "stated_on": day}
    return {**STATED, **given, **other}


def select(settings: Settings, query: str) -> list[tuple]:
    with reader(settings) as connection:
        return connection.execute(query).fetchall()


def national(warehouse: Warehouse, number: int, rows: list[dict[str, Any]], **other: Any) -> None:
    versions = {one: load_catalogue().version(one) for one in load_catalogue().indicators}
    give(warehouse, request(number, rows, metadata_versions=versions, **other))


def published(settings: Settings, statements: list[dict[str, Any]], now: datetime = START) -> None:
    with writer(settings, "a test") as warehouse:
        declare(warehouse)
        write_providers(warehouse, [OFFICE, AGENCY], statements)
        load(warehouse, [value("417", 2.0, "2016", nature="E"), value("417", 3.0, "2018", nature="E")], 1)
        sent = [row("2019", 1.0, source_detail="Form 1"), row("2020", 2.0, source_detail="Form 2"), row("2021", 3.0)]
        national(warehouse, 2, sent, kept=[row("2022", 1.0), row("2023", 1.0)])
        refresh(warehouse, reference_date=DAY)
        publish(settings, warehouse, now=now)


def test_what_is_held_is_measured_and_what_nobody_states_is_not_known(settings: Settings) -> None:
    published(settings, [])
    rows = select(
        settings,
        "select indicator, availability, availability_country_produced, last_year, last_year_country_produced, "
        "last_year_national, natures, national_providers, national_source, kept_back, kept_back_rules, "
        "stated_institution, stated_barriers, stated_in, not_known from report.national_assessment "
        "where ref_area = '417' and indicator in ('12.1.1', '12.2.2', '12.4.2') order by 1",
    )
    silence = (None, None, None, "institution source_type barriers metadata")
    assert rows == [
        ("12.1.1", "none", "none", None, None, None, None, None, None, 0, None, *silence),
        ("12.2.2", "trend", "none", 2018, None, None, "E", None, None, 0, None, *silence),
        ("12.4.2", "trend", "trend", 2021, 2021, 2021, "C", "KGZ", "Form 2", 2, "UNIT-OTHER", *silence),
    ]
    countries = "select count(*) from metadata.area where area_type = 'country'"
    grain = "select count(*), count(distinct (indicator, ref_area)) from report.national_assessment"
    assert select(settings, grain) == [(21 * select(settings, countries)[0][0],) * 2]


def test_what_an_office_states_goes_before_an_agency_and_the_newer_before_the_older(settings: Settings) -> None:
    late, early = date(2026, 2, 1), date(2025, 2, 1)
    published(settings, [
        stated("UNSD", late, institution="as the agency says"),
        stated("KGZ", early, institution="Ministry", source_type="registers", barriers="data capacity", available="no",
               metadata_available=False, planned="2028"),
        stated("UNSD", late, indicator="12.5.1", institution="agency alone", available="yes"),
    ])  # fmt: skip
    assert select(
        settings,
        "select indicator, stated_in, stated_institution, stated_source_type, stated_barriers, stated_metadata, "
        "stated_planned, stated_on, not_known from report.national_assessment "
        "where ref_area = '417' and stated_in is not null order by 1",
    ) == [
        ("12.4.2", "KGZ", "Ministry", "registers", "data capacity", False, "2028", early, ""),
        ("12.5.1", "UNSD", "agency alone", None, None, None, None, late, "source_type metadata"),
    ]


def test_concepts_of_the_global_metadata_are_counted(settings: Settings) -> None:
    published(settings, [])
    texts = json.loads(load_catalogue().canonical("12.1.1"))["reference_metadata"]
    known = sum(one.get("status", "known") == "known" for one in texts.values())
    assert select(
        settings,
        "select distinct metadata_concepts_known, metadata_concepts from report.national_assessment "
        "where indicator = '12.1.1'",
    ) == [(known, len(texts))]
    assert 0 < known < len(texts)


def test_timeliness_against_the_calendar(settings: Settings) -> None:
    now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    with Ledger.open(settings) as ledger:
        for number in (1, 2):
            landed = ledger.land("KGZ", f"{number:064x}", "a.xml", 12, "submit", START.replace(day=number))
            report = FileReport("a.xml", "table-csv", f"{number:064x}", "KGZ", counts=Counts(received=1, new=1))
            ledger.record(landed.id, "loaded", report)
    with writer(settings, "a test") as warehouse:
        declare(warehouse)
        write_providers(warehouse, [OFFICE, AGENCY, replace_id("RWA")], [])
        load(warehouse, [value("417", 2.0, "2016")], 1)
        national(warehouse, 1, [row("2019", 1.0), row("2020", None, obs_status="M")])
        national(warehouse, 2, [row("2019", 1.0), row("2018", 4.0, series="EN_HAZ_GENV", unit_measure="T")])
        national(warehouse, 3, [row("2021", 1.0)])
        withdraw(warehouse, "KGZ-3", "sent by mistake", START)
        refresh(warehouse, reference_date=DAY)
        publish(settings, warehouse, now=now)
    last = START.replace(day=3)
    found = select(
        settings,
        "select provider, indicator, received, loaded, last_period, late_days, state, last_loaded_at, expected_at "
        "from report.timeliness order by provider, indicator nulls first",
    )
    assert [line[:7] for line in found] == [
        ("KGZ", None, 2, 2, "2019", 52, "late"),
        ("KGZ", "12.4.2", None, 2, "2019", 0, "in time"),
        ("RWA", None, 0, 0, None, None, "nothing loaded yet"),
        ("UNSD", None, 0, 1, "2016", None, "no cadence declared"),
        ("UNSD", "12.2.2", None, 1, "2016", 58, "late"),
    ]
    assert found[0][7:] == (last, datetime(2027, 1, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    ("came", "indicator", "due"),
    [
        # 12.1.1: every year, in February or March. What came in February is this year's; the next is due a year on.
        (datetime(2025, 1, 31, 23, tzinfo=UTC), "12.1.1", datetime(2025, 4, 1, tzinfo=UTC)),
        (datetime(2025, 2, 1, tzinfo=UTC), "12.1.1", datetime(2026, 4, 1, tzinfo=UTC)),
        (datetime(2025, 12, 5, tzinfo=UTC), "12.1.1", datetime(2026, 4, 1, tzinfo=UTC)),
        # 12.4.2: every second year, no month declared. 12.8.1: nothing declared, so the provider's 370 days.
        (datetime(2025, 1, 1, tzinfo=UTC), "12.4.2", datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2025, 1, 1, tzinfo=UTC), "12.8.1", datetime(2026, 1, 6, tzinfo=UTC)),
    ],
)
def test_an_indicator_is_due_by_its_own_calendar(
    settings: Settings, came: datetime, indicator: str, due: datetime
) -> None:
    series = {"12.1.1": "SG_SCP_CNTRY", "12.4.2": "EN_HAZ_PCAP", "12.8.1": "SE_GCEDESD_NEP"}[indicator]
    catalogue = load_catalogue()
    assert catalogue.series[series].owner == indicator

    def asked(now: datetime) -> tuple[Any, ...]:
        with writer(settings, "a test") as warehouse:
            publish(settings, warehouse, now=now)
        query = "select expected_at, late_days, state, cadence_days from report.timeliness where indicator = "
        (found,) = select(settings, f"{query}'{indicator}'")
        return found

    with writer(settings, "a test") as warehouse:
        write_metadata(warehouse, catalogue, STRUCTURE, load_areas(), now=START)
        write_providers(warehouse, [OFFICE], [])
        national(warehouse, 1, [row("2019", 1.0, series=series)], received_at=came)
        refresh(warehouse, reference_date=DAY)
    days = {"12.1.1": 365, "12.4.2": 731, "12.8.1": 370}[indicator]
    assert asked(due) == (due, 0, "in time", days)
    assert asked(due + timedelta(days=3)) == (due, 3, "late", days)


def test_a_round_of_two_years_begins_in_its_second(settings: Settings) -> None:
    with writer(settings, "a test") as warehouse:
        write_metadata(warehouse, load_catalogue(), STRUCTURE, load_areas(), now=START)
        write_providers(warehouse, [OFFICE], [])
        national(warehouse, 1, [row("2019", 1.0)], received_at=datetime(2025, 3, 1, tzinfo=UTC))
        refresh(warehouse, reference_date=DAY)
        warehouse.connection.execute(
            "update metadata.indicator_version set canonical = "
            """replace(canonical, '"release_month":null', '"release_month":2') where indicator = '12.4.2'"""
        )
        publish(settings, warehouse, now=datetime(2026, 4, 2, tzinfo=UTC))
    found = select(settings, "select expected_at, state from report.timeliness where indicator = '12.4.2'")
    assert found == [(datetime(2027, 4, 1, tzinfo=UTC), "in time")]


def replace_id(provider: str) -> dict[str, Any]:
    return {**OFFICE, "provider": provider}


def test_a_provider_in_time_is_not_late(settings: Settings) -> None:
    published(settings, [], now=START.replace(month=6))
    assert select(
        settings, "select distinct late_days, state from report.timeliness where provider = 'KGZ'"
    ) == [(0, "in time")]


def test_the_settings_reference_date_counts_where_no_other_is_named(warehouse: Warehouse) -> None:
    declare(warehouse, EN_MAT_DOMCMPT=Rule("sum"))
    load(warehouse, [value("417", 2.0, "2016")], 1)
    warehouse.settings = replace(warehouse.settings, reference_date=date(2019, 7, 1))
    used = "select distinct membership_date from report.regional_aggregate where method = 'reference_date'"
    refresh(warehouse)
    assert warehouse.connection.execute(used).fetchall() == [(date(2019, 7, 1),)]
    assert stale(warehouse) == frozenset()
    assert "12.2.2" in stale(warehouse, reference_date=DAY)
    refresh(warehouse, reference_date=DAY)
    assert warehouse.connection.execute(used).fetchall() == [(DAY,)]
