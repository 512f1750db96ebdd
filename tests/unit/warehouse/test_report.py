"""Metadata tables, report tables and the published copy."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa

from metadata.errors import SdgError, StorageFull, WarehouseError
from metadata.findings import Counts, FileReport, Finding
from tests.unit.warehouse.frames import START, STRUCTURE, give, request, row
from warehouse import publish as publishing
from warehouse.connect import Warehouse, reader, writer
from warehouse.ledger import Ledger
from warehouse.observations import withdraw
from warehouse.provider_tables import write_providers
from warehouse.report import REPORTS, publish, refresh, stale, write_metadata
from warehouse.settings import Settings

NEVER = START + timedelta(days=99)


@dataclass
class FakeIndicator:
    number: str
    goal: str
    target: str
    titles: dict[str, str]
    custodians: tuple[str, ...] = ("UNEP",)
    partners: tuple[str, ...] = ("OECD", "ECE")
    tier: str = "I"
    tier_seen: str = "2021-07"
    ccode: str | None = "C120402"
    also: tuple[str, ...] = ()


@dataclass
class FakeSeries:
    name: str
    owner: str
    indicators: tuple[str, ...]
    precedence: tuple[str, ...] = ("UNSD",)
    national_fills: bool = False
    status: str = "current"
    heirs: tuple[str, ...] = ()
    unit_measure: tuple[str, ...] = ("KG", "T")
    unit_mult: tuple[int, ...] = (0, 3)
    dimensions: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"PRODUCT": ("_T", "MF1"), "AGE": ("_T",)})
    any_code: tuple[str, ...] = ("SEX",)
    aggregation: None = None


@dataclass
class FakeCatalogue:
    indicators: dict[str, FakeIndicator]
    series: dict[str, FakeSeries]
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def bridge(self) -> tuple[tuple[str, str], ...]:
        return tuple((code, number) for code, one in self.series.items() for number in one.indicators)

    def version(self, number: str) -> str:
        return self.versions.get(number, f"{number}-v1")

    def canonical(self, number: str) -> str:
        return json.dumps({"number": number, "version": self.version(number)})


@dataclass(frozen=True)
class FakeArea:
    name: str
    area_type: str = "country"
    iso2: str | None = None
    iso3: str | None = None

    @property
    def names(self) -> dict[str, str]:
        return {"en": self.name}


@dataclass(frozen=True)
class FakeMembership:
    group: str
    area: str
    scheme: str
    valid_from: date | None = None
    valid_to: date | None = None


class FakeAreas:
    areas: ClassVar = {
        "417": FakeArea("Kyrgyzstan", iso2="KG", iso3="KGZ"),
        "646": FakeArea("Rwanda", iso2="RW", iso3="RWA"),
        "1": FakeArea("World", "world"),
        "722": FakeArea("Small island developing States", "group"),
        "830": FakeArea("Channel Islands", "other"),
    }
    memberships: ClassVar = [FakeMembership("1", "417", "SDG"), FakeMembership("722", "646", "SIDS", date(1971, 1, 1))]

    def is_group(self, code: str) -> bool:
        return self.areas[code].area_type in ("world", "group")


def catalogue(**changes: Any) -> Any:
    indicators = {
        "12.4.2": FakeIndicator("12.4.2", "12", "12.4", {"en": "Hazardous waste", "fr": "Déchets dangereux"}),
        "13.1.1": FakeIndicator("13.1.1", "13", "13.1", {"en": "Deaths"}, also=("1.5.1", "11.5.1")),
        "13.1.2": FakeIndicator("13.1.2", "13", "13.1", {"en": "Strategies"}),
    }
    series = {
        "EN_HAZ_PCAP": FakeSeries("Hazardous waste per head", "12.4.2", ("12.4.2",)),
        "EN_HAZ_GENV": FakeSeries("Hazardous waste", "12.4.2", ("12.4.2",), ("AGENCY", "UNSD"), True),
        "VC_DSR_MTMP": FakeSeries("Deaths from disasters", "13.1.1", ("13.1.1", "13.1.2")),
    }
    return FakeCatalogue(indicators, series, **changes)


def write(warehouse: Warehouse, one: Any = None, *, days: int = 0) -> list[str]:
    return write_metadata(warehouse, one or catalogue(), STRUCTURE, FakeAreas(), now=START + timedelta(days=days))  # type: ignore[arg-type]


def select(warehouse: Any, query: str) -> list[tuple]:
    return getattr(warehouse, "connection", warehouse).execute(query).fetchall()


def test_the_declarations_stand_in_the_metadata_tables(warehouse: Warehouse) -> None:
    assert write(warehouse) == ["12.4.2", "13.1.1", "13.1.2"]
    assert write(warehouse, days=1) == []
    assert select(warehouse, "select * from metadata.indicator where indicator = '13.1.1'") == [
        ("13.1.1", "13", "13.1", "Deaths", '{"en": "Deaths"}', "UNEP", "OECD; ECE", "I", "2021-07", "C120402",
         "1.5.1 11.5.1", "13.1.1-v1"),
    ]  # fmt: skip
    assert select(warehouse, "select * from metadata.series where series = 'EN_HAZ_GENV'") == [
        ("EN_HAZ_GENV", "Hazardous waste", "current", "", "12.4.2", "KG T", "0 3", "AGENCY UNSD", True,
         None, None, False, None, "product sex")
    ]  # fmt: skip
    assert select(warehouse, "select * from metadata.bridge where series = 'VC_DSR_MTMP' order by 2") == [
        ("VC_DSR_MTMP", "13.1.1", True), ("VC_DSR_MTMP", "13.1.2", False)
    ]  # fmt: skip
    assert select(warehouse, "select * from metadata.area where ref_area in ('1', '417') order by 1") == [
        ("1", "World", '{"en": "World"}', None, None, "world", True),
        ("417", "Kyrgyzstan", '{"en": "Kyrgyzstan"}', "KG", "KGZ", "country", False),
    ]
    assert select(warehouse, "select * from metadata.area_group order by 1") == [
        ("1", "417", "SDG", None, None), ("722", "646", "SIDS", date(1971, 1, 1), None)
    ]  # fmt: skip


def test_every_version_of_a_declaration_is_kept_with_its_text_and_its_time(warehouse: Warehouse) -> None:
    write(warehouse)
    assert write(warehouse, catalogue(versions={"12.4.2": "v2"}), days=5) == ["12.4.2"]
    assert write(warehouse, days=9) == ["12.4.2"]
    found = select(
        warehouse,
        "select version, canonical, structure_version, first_used_at, superseded_at from metadata.indicator_version "
        "where indicator = '12.4.2' order by first_used_at",
    )
    day = [START + timedelta(days=number) for number in (0, 5, 9)]
    text = '{"number": "12.4.2", "version": "%s"}'
    assert found == [
        ("12.4.2-v1", text % "12.4.2-v1", "IAEG-SDGs:SDG(1.14)", day[0], day[1]),
        ("v2", text % "v2", "IAEG-SDGs:SDG(1.14)", day[1], day[2]),
        ("12.4.2-v1", text % "12.4.2-v1", "IAEG-SDGs:SDG(1.14)", day[2], None),
    ]
    gone = catalogue()
    del gone.indicators["13.1.2"]
    gone.series["VC_DSR_MTMP"].indicators = ("13.1.1",)
    write(warehouse, gone, days=10)
    assert select(
        warehouse,
        "select count(*) from metadata.indicator_version where indicator = '13.1.2' and superseded_at is null",
    ) == [(0,)]


def test_a_row_an_observation_and_indicator(warehouse: Warehouse) -> None:
    write(warehouse)
    death = row("2019", 12.0, series="VC_DSR_MTMP", unit_measure="NUMBER", comment_obs="floods")
    give(warehouse, request(1, [row("2019", 1.5, unit_mult=3), death]))
    made = refresh(warehouse)
    assert (tuple(made), made["indicator_observation"], made["coverage"]) == (tuple(REPORTS), 3, 3)
    found = select(
        warehouse,
        "select goal, target, indicator, series, series_name, ref_area, area_name, area_type, sex, time_period, "
        "obs_value, unit_measure, unit_mult, comment_obs, provider, delivery_id, preferred, obs_value_scaled "
        "from report.indicator_observation order by indicator",
    )
    area = ("417", "Kyrgyzstan", "country", "_T", "2019")
    same = (
        "VC_DSR_MTMP",
        "Deaths from disasters",
        *area,
        12.0,
        "NUMBER",
        0,
        "floods",
        "KGZ",
        "KGZ-1",
        False,
        12.0,
    )
    assert found == [
        ("12", "12.4", "12.4.2", "EN_HAZ_PCAP", "Hazardous waste per head", *area, 1.5, "KG", 3, None, "KGZ", "KGZ-1",
         False, 1500.0),
        ("13", "13.1", "13.1.1", *same),
        ("13", "13.1", "13.1.2", *same),
    ]  # fmt: skip


def test_what_the_tables_say_already_is_not_written_again(warehouse: Warehouse) -> None:
    from metadata.areas import load_areas
    from metadata.load import load_catalogue

    real, areas = load_catalogue(), load_areas()
    provider = {
        "provider": "KGZ", "name": "Office", "kind": "office", "areas": "417", "replaces": "nothing",
        "cadence_days": 30, "schedule": None, "timezone": None,
    }  # fmt: skip
    write_metadata(warehouse, real, STRUCTURE, areas, now=START)
    write_providers(warehouse, [provider], [])
    written: list[str] = []
    sa.event.listen(warehouse.engine, "before_cursor_execute", lambda *given: written.append(given[2].split()[0]))
    write_metadata(warehouse, real, STRUCTURE, areas, now=START)
    write_providers(warehouse, [provider], [])
    assert set(written) == {"SELECT"}
    write_providers(warehouse, [provider | {"areas": "646"}], [])
    assert warehouse.connection.execute("select areas from metadata.provider").fetchall() == [("646",)]
    write_providers(warehouse, [], [])
    assert warehouse.connection.execute("select areas from metadata.provider").fetchall() == []
    assert set(written) == {"SELECT", "DELETE", "INSERT"}


def test_the_projects_own_declarations_go_in_whole(warehouse: Warehouse) -> None:
    from metadata.areas import load_areas
    from metadata.load import load_catalogue

    real = load_catalogue()
    assert len(write_metadata(warehouse, real, STRUCTURE, load_areas(), now=START)) == 21
    assert select(warehouse, "select count(*), count(distinct series) from metadata.series") == [(116, 116)]
    assert select(warehouse, "select count(*) from metadata.bridge where owner") == [(116,)]
    texts = select(warehouse, "select indicator, version, canonical from metadata.indicator_version")
    assert len(texts) == 21
    assert all(version == hashlib.sha256(text.encode()).hexdigest() for _, version, text in texts)
    versions = {number: real.version(number) for number in real.indicators}
    give(warehouse, request(1, [row("2019", 1.5)], metadata_versions=versions))
    refresh(warehouse)
    assert select(
        warehouse, "select indicator, area_name, area_type, obs_value from report.indicator_observation order by 1"
    ) == [(number, "Kyrgyzstan", "country", 1.5) for number in real.indicators_of("EN_HAZ_PCAP")]


def unsd(number: int, rows: list[dict], provider: str = "UNSD") -> Any:
    made = [{**one, "reporting_type": one.get("as_type", "G")} for one in rows]
    return request(number, made, provider=provider, delivery_id=f"{provider}-{number}")


def preferred(warehouse: Warehouse) -> set[tuple]:
    refresh(warehouse)
    return set(
        select(
            warehouse,
            "select provider, reporting_type, series, ref_area, time_period, obs_value "
            "from report.indicator_observation where preferred and indicator in ('12.4.2', '13.1.1')",
        )
    )


def test_preferred_is_the_global_row_of_the_first_provider_for_single_countries(warehouse: Warehouse) -> None:
    write(warehouse)
    both = {"series": "EN_HAZ_GENV"}
    give(warehouse, request(1, [row("2019", 1.0), row("2018", 1.0, **both), row("2019", 2.0, **both)]))
    give(
        warehouse,
        unsd(2, [
            row("2019", 3.0), row("2019", 4.0, **both), row("2020", 5.0, **both), row("2019", 9.0, ref_area="1"),
            row("2019", 9.0, ref_area="722"), row("2019", 9.0, ref_area="830"), row("2021", None, obs_status="M"),
            row("2022", 8.0, as_type="N"),
        ]),
    )  # fmt: skip
    give(warehouse, unsd(3, [row("2019", 6.0), row("2019", 7.0, **both)], provider="AGENCY"))
    give(warehouse, unsd(4, [row("2019", 5.5), row("2017", 5.5, **both)], provider="OTHER"))
    assert preferred(warehouse) == {
        (
            "UNSD",
            "G",
            "EN_HAZ_PCAP",
            "417",
            "2019",
            3.0,
        ),  # AGENCY and OTHER are not in this series' precedence
        ("AGENCY", "G", "EN_HAZ_GENV", "417", "2019", 7.0),  # the first provider of its precedence
        ("UNSD", "G", "EN_HAZ_GENV", "417", "2020", 5.0),  # the first one has none
        ("KGZ", "N", "EN_HAZ_GENV", "417", "2018", 1.0),  # a national row fills, as this series says
    }


def test_one_value_a_key_is_preferred_when_two_offices_could_fill(warehouse: Warehouse) -> None:
    write(warehouse)
    for number, provider in ((1, "ZZZ"), (2, "AAA")):
        one = request(
            number,
            [row("2019", float(number), series="EN_HAZ_GENV")],
            provider=provider,
            delivery_id=provider,
        )
        give(warehouse, one)
    assert preferred(warehouse) == {("AAA", "N", "EN_HAZ_GENV", "417", "2019", 2.0)}


def test_coverage_of_an_area_and_an_indicator(warehouse: Warehouse) -> None:
    write(warehouse)
    give(
        warehouse,
        request(1, [
            row("2015", 1.0, nature="C"), row("2016", 1.0, nature="CA"), row("2017", 1.0, nature="E"),
            row("2018", 1.0, nature="_X"), row("2019", 1.0, nature=None), row("2020", None, obs_status="M"),
            row("2014", None, obs_status="M"), row("2010", 1.0, series="EN_HAZ_GENV", nature="E"),
            row("2015", 1.0, ref_area="1"), row("2015", 1.0, ref_area="722"),
            row("2015", None, ref_area="646", obs_status="M"),
        ]),
    )  # fmt: skip
    refresh(warehouse)
    assert select(warehouse, "select * from report.coverage order by ref_area") == [
        ("12.4.2", "417", "Kyrgyzstan", 6, 2, "2010", "2019", pytest.approx(2 / 6), 2),
        ("12.4.2", "646", "Rwanda", 0, 1, None, None, None, 0),
    ]


def test_refresh_makes_the_touched_indicators_anew_and_no_other(warehouse: Warehouse) -> None:
    write(warehouse)
    give(warehouse, request(1, [row("2019", 1.0), row("2019", 2.0, series="VC_DSR_MTMP")]))
    refresh(warehouse)
    give(warehouse, request(2, [row("2019", 10.0), row("2019", 20.0, series="VC_DSR_MTMP")]))
    assert stale(warehouse) == {"12.4.2", "13.1.1", "13.1.2"}
    refresh(warehouse, ["13.1.1"], now=NEVER)
    found = select(warehouse, "select indicator, obs_value from report.indicator_observation order by 1")
    assert found == [("12.4.2", 1.0), ("13.1.1", 20.0), ("13.1.2", 2.0)]
    assert stale(warehouse) == {"12.4.2", "13.1.2"}
    assert select(warehouse, "select indicator, load_id, version, refreshed_at = timestamptz '2026-04-10 00:00:00+00' "
                  "from report.refreshed order by 1") == [
        ("12.4.2", 1, "12.4.2-v1", False), ("13.1.1", 2, "13.1.1-v1", True), ("13.1.2", 1, "13.1.2-v1", False)
    ]  # fmt: skip


def test_stale_knows_new_declarations_withdrawals_and_loads_without_effect(warehouse: Warehouse) -> None:
    write(warehouse)
    assert stale(warehouse) == {"12.4.2", "13.1.1", "13.1.2"}
    give(warehouse, request(1, [row("2019", 1.0)]))
    refresh(warehouse)
    assert stale(warehouse) == frozenset()
    give(warehouse, request(2, [row("2019", 1.0)]))
    assert stale(warehouse) == frozenset()
    write(warehouse, catalogue(versions={"13.1.2": "v2"}))
    assert stale(warehouse) == {"13.1.2"}
    refresh(warehouse, ["13.1.2"])
    withdraw(warehouse, "KGZ-1", "x", NEVER)
    withdraw(warehouse, "KGZ-2", "x", NEVER)
    assert stale(warehouse) == {"12.4.2"}
    refresh(warehouse, stale(warehouse))
    assert select(warehouse, "select count(*) from report.indicator_observation") == [(0,)]


def test_refreshing_all_drops_what_is_no_longer_declared(warehouse: Warehouse) -> None:
    write(warehouse)
    give(warehouse, request(1, [row("2019", 2.0, series="VC_DSR_MTMP")]))
    refresh(warehouse)
    fewer = catalogue()
    del fewer.indicators["13.1.2"]
    fewer.series["VC_DSR_MTMP"].indicators = ("13.1.1",)
    write(warehouse, fewer)
    made = refresh(warehouse)
    assert (made["indicator_observation"], made["coverage"]) == (1, 1)
    assert select(warehouse, "select indicator from report.refreshed order by 1") == [
        ("12.4.2",),
        ("13.1.1",),
    ]


def test_an_unknown_indicator_is_told(warehouse: Warehouse) -> None:
    with pytest.raises(SdgError, match=r"There is no indicator 12\.4\.2 in the metadata tables\. Write the metadata"):
        refresh(warehouse, ["12.4.2"])


def test_every_report_file_states_its_question_and_its_grain(project_root: Path) -> None:
    files = sorted(path.stem for path in (project_root / "warehouse" / "reports").glob("*.sql"))
    assert files == sorted([*REPORTS, *publishing.AT_PUBLICATION, "release_diff"])
    for name in files:
        lines = (project_root / "warehouse" / "reports" / f"{name}.sql").read_text("utf-8").splitlines()
        assert lines[0].startswith("-- Question: ")
        assert any(re.match("-- Grain: one row per ", line) for line in lines[:3])


def test_what_is_published_answers_every_question_and_stays_for_who_has_it_open(settings: Settings) -> None:
    finding = Finding("UNIT-OTHER", "error", 3, "kg", "Use KG.")
    with Ledger.open(settings) as ledger:
        landed = ledger.land("KGZ", "ab" * 32, "a.xml", 12, "submit", START)
        made = FileReport("a.xml", "table-csv", "ab" * 32, "KGZ", counts=Counts(received=1, new=1))
        made.add([finding])
        ledger.record(landed.id, "loaded", made)
    with writer(settings, "a test") as warehouse:
        write(warehouse)
        give(warehouse, request(1, [row("2019", 1.0)]))
        refresh(warehouse)
        assert publish(settings, warehouse) == settings.current
        first = reader(settings)
        give(warehouse, request(2, [row("2019", 2.0)]))
        refresh(warehouse)
        publish(settings, warehouse)
    query = "select obs_value from report.indicator_observation"
    assert select(first, query) == [(1.0,)]
    assert select(first, "select id, state, received, received_at from ledger.delivery") == [
        (landed.id, "loaded", 1, START)
    ]
    assert select(first, "select delivery_id, rule, places, message from ledger.finding") == [
        (landed.id, "UNIT-OTHER", 3, "kg")
    ]
    assert "Grain: one row per delivery" in select(
        first, "select comment from duckdb_tables() where schema_name = 'ledger' and table_name = 'delivery'"
    )[0][0]  # fmt: skip
    first.close()
    with reader(settings) as second:
        assert select(second, query) == [(2.0,)]
    assert sorted(path.name for path in settings.published.iterdir()) == ["current.duckdb"]


def test_publishing_does_not_let_another_writer_in(settings: Settings, project_root: Path) -> None:
    import subprocess
    import sys

    intrude = "import duckdb, sys; duckdb.connect(sys.argv[1])"
    with writer(settings, "a test") as warehouse:
        publish(settings, warehouse)
        done = subprocess.run(
            [sys.executable, "-c", intrude, str(settings.warehouse)], capture_output=True, check=False
        )
    assert b"Could not set lock on file" in done.stderr


@pytest.mark.parametrize(
    ("program", "kind", "sentence"),
    [
        (
            "import sys, errno; open(sys.argv[2], 'w').write('x' * 9); sys.exit(errno.ENOSPC)",
            StorageFull,
            "The disk is full",
        ),
        (
            "raise SystemExit(77777 % 256)",
            WarehouseError,
            r"The warehouse could not be copied \(exit code 209\)",
        ),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            WarehouseError,
            r"could not be copied \(exit code -9\)",
        ),
    ],
)
def test_a_copy_that_fails_leaves_the_former_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, program: str, kind: type[SdgError], sentence: str
) -> None:
    with writer(settings, "a test") as warehouse:
        write(warehouse)
        give(warehouse, request(1, [row("2019", 1.0)]))
        publish(settings, warehouse)
        give(warehouse, request(2, [row("2019", 2.0)]))
        monkeypatch.setattr(publishing, "_COPY", program)
        with pytest.raises(kind, match=sentence):
            publish(settings, warehouse)
    with reader(settings) as former:
        assert select(former, "select obs_value from core.observation") == [(1.0,)]
    assert sorted(path.name for path in settings.published.iterdir()) == ["current.duckdb"]


def test_what_a_killed_publication_left_is_removed_by_the_next(settings: Settings) -> None:
    (settings.published / ".growing-1.duckdb").write_bytes(b"half")
    with writer(settings, "a test") as warehouse:
        publish(settings, warehouse)
    assert sorted(path.name for path in settings.published.iterdir()) == ["current.duckdb"]
