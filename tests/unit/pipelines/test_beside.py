"""A delivery beside what is published: estimates, relations with held parts, and earlier vintages that are held."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from metadata.findings import FileReport, Finding
from pipelines.arrivals import Incoming
from pipelines.beside import beside_published
from pipelines.check import judge
from pipelines.deliver import submit
from pipelines.knowledge import Knowledge
from pipelines.preview import preview_file
from pipelines.provider import RuleWaiver
from pipelines.read.detect import read_message
from pipelines.vintage import prepared_in
from warehouse.connect import writer
from warehouse.ledger import Ledger
from warehouse.report import publish
from warehouse.settings import Settings

DIMENSIONS = (
    "SEX", "AGE", "URBANISATION", "INCOME_WEALTH_QUANTILE", "EDUCATION_LEV", "OCCUPATION", "CUST_BREAKDOWN",
    "COMPOSITE_BREAKDOWN", "DISABILITY_STATUS", "ACTIVITY", "PRODUCT",
)  # fmt: skip
ATTRIBUTES = ("OBS_STATUS", "UNIT_MULT", "UNIT_MEASURE")
Row = tuple[str, str, str, str]


def workbook(path: Path, rows: list[Row], *, kind: str = "N", day: int = 1) -> Path:
    """Write (series, year, value, unit) of Kyrgyzstan as a workbook that was last saved on a day of May 2026."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["FREQ", "REPORTING_TYPE", "SERIES", "REF_AREA", *DIMENSIONS, "TIME_PERIOD", "OBS_VALUE", *ATTRIBUTES])
    for series, year, value, unit in rows:
        sheet.append(["A", kind, series, "417", *["_T"] * len(DIMENSIONS), year, value, "A", "0", unit])
    book.save(path)
    # openpyxl stamps the moment of saving
    return _dated(path, f"2026-05-{day:02}T12:00:00Z")


def _dated(path: Path, moment: str) -> Path:
    import re
    import zipfile

    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    core = parts["docProps/core.xml"]
    parts["docProps/core.xml"] = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + moment.encode(), core)
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return path


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    read = Knowledge.read()
    kgz = read.providers.get("KGZ").model_copy(update={"replaces": "nothing"})
    return replace(read, providers=replace(read.providers, by_id={**read.providers.by_id, "KGZ": kgz}))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(tmp_path / "home").ensure()


def send(path: Path, provider: str, settings: Settings, knowledge: Knowledge, *, again: bool = False) -> FileReport:
    with Ledger.open(settings) as ledger:
        incoming = Incoming(provider, path, str(path), "submit", datetime.now(UTC))
        report = submit(incoming, settings, ledger, knowledge, again=again)
    with writer(settings, "a test") as warehouse:
        publish(settings, warehouse)
    return report


def of_rule(report: FileReport, rule: str) -> list[Finding]:
    return [found for found in report.findings if found.rule == rule]


def test_the_agency_s_values_are_put_beside(settings: Settings, knowledge: Knowledge, tmp_path: Path) -> None:
    global_row: list[Row] = [("EN_HAZ_PCAP", "2019", "10", "KG")]
    send(workbook(tmp_path / "g.xlsx", global_row, kind="G"), "UNSD", settings, knowledge)
    path = workbook(tmp_path / "n.xlsx", [("EN_HAZ_PCAP", "2019", "12.5", "KG")])
    checked, _ = preview_file(path, "KGZ", settings, knowledge)
    sent = send(path, "KGZ", settings, knowledge)
    for report in (checked, sent):
        [found] = of_rule(report, "ESTIMATE-BESIDE")
        assert "Kyrgyzstan 2019: 12.5, the agency 10 (difference +25.0 %)" in found.message
    assert sent.counts.new == 1


def waiving(knowledge: Knowledge, until: date, *rules: str, **fits: tuple[str, ...]) -> Knowledge:
    """Return what is known, with waivers of rules for Kyrgyzstan."""
    waivers = tuple(
        RuleWaiver(rule=one, reason="Another survey.", who="A. Officer", until=until, **fits) for one in rules
    )
    kgz = knowledge.providers.get("KGZ").model_copy(update={"waivers": waivers})
    return replace(knowledge, providers=replace(knowledge.providers, by_id={**knowledge.providers.by_id, "KGZ": kgz}))


def test_what_is_found_beside_others_may_be_waived(settings: Settings, knowledge: Knowledge, tmp_path: Path) -> None:
    """Before, such a waiver was accepted and did nothing."""
    theirs: list[Row] = [("EN_HAZ_PCAP", str(year), "10", "KG") for year in (2018, 2019)]
    send(workbook(tmp_path / "g.xlsx", theirs, kind="G"), "UNSD", settings, knowledge)
    send(workbook(tmp_path / "a.xlsx", [("SG_GOV_LOGV", "2019", "8", "NUMBER")]), "KGZ", settings, knowledge)
    ours: list[Row] = [("EN_HAZ_PCAP", "2018", "12.5", "KG"), ("EN_HAZ_PCAP", "2019", "13.5", "KG")]
    path = workbook(tmp_path / "n.xlsx", [*ours, ("SG_DSR_SILN", "2019", "15", "NUMBER")], day=2)
    later = date(9999, 1, 1)
    given = waiving(knowledge, later, "ESTIMATE-BESIDE", "RELATION-HELD", periods=("2019",))
    checked, _ = preview_file(path, "KGZ", settings, given)
    [left] = of_rule(checked, "ESTIMATE-BESIDE")
    assert left.places == 1
    assert "Kyrgyzstan 2018: 12.5, the agency 10" in left.message
    assert of_rule(checked, "RELATION-HELD") == []
    waived = [one.message for one in of_rule(checked, "WAIVED")]
    assert len(waived) == 2
    assert "Kyrgyzstan 2019: 13.5, the agency 10" in waived[0]
    assert "Kyrgyzstan 2019: 15 against 8" in waived[1]
    two = workbook(tmp_path / "r.xlsx", [("SG_GOV_LOGV", year, "8", "NUMBER") for year in ("2017", "2019")], day=3)
    send(two, "KGZ", settings, knowledge)
    both = workbook(tmp_path / "s.xlsx", [("SG_DSR_SILN", year, "15", "NUMBER") for year in ("2017", "2019")], day=4)
    checked, _ = preview_file(both, "KGZ", settings, waiving(knowledge, later, "RELATION-HELD", periods=("2017",)))
    [left], [let_through] = of_rule(checked, "RELATION-HELD"), of_rule(checked, "WAIVED")
    assert (left.places, let_through.places) == (1, 1)
    assert "in 1 case (1 row), for example Kyrgyzstan 2019: 15 against 8" in left.message
    assert "Kyrgyzstan 2017: 15 against 8" in let_through.message
    ended = waiving(knowledge, date(2020, 1, 1), "ESTIMATE-BESIDE")
    checked, _ = preview_file(path, "KGZ", settings, ended)
    told = [(one.rule, one.places) for one in checked.findings if one.rule in ("ESTIMATE-BESIDE", "WAIVER-EXPIRED")]
    assert told == [("WAIVER-EXPIRED", 2), ("ESTIMATE-BESIDE", 2)]


def test_parts_that_are_held_count(settings: Settings, knowledge: Knowledge, tmp_path: Path) -> None:
    send(workbook(tmp_path / "a.xlsx", [("SG_GOV_LOGV", "2019", "8", "NUMBER")]), "KGZ", settings, knowledge)
    path = workbook(tmp_path / "b.xlsx", [("SG_DSR_SILN", "2019", "15", "NUMBER")], day=2)
    report = send(path, "KGZ", settings, knowledge)
    [found] = of_rule(report, "RELATION-HELD")
    assert (found.severity, found.places, report.counts.new) == ("warning", 1, 1)
    assert found.message == (
        "Series SG_DSR_SILN does not fit what is held of SG_GOV_LOGV in 1 case (1 row), for example Kyrgyzstan 2019: "
        "15 against 8."
    )
    right = workbook(tmp_path / "c.xlsx", [("SG_DSR_SILN", "2019", "8", "NUMBER")], day=3)
    assert of_rule(send(right, "KGZ", settings, knowledge), "RELATION-HELD") == []


def test_nothing_is_found_where_nothing_is_published(settings: Settings, knowledge: Knowledge, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [("SG_GOV_LOGV", "2019", "8", "NUMBER")])
    judgement = judge(
        read_message(path), None, knowledge.catalogue, knowledge.structure, knowledge.areas, path="a.xlsx",
        sha256="0" * 64, today=knowledge.today,
    )  # fmt: skip
    assert beside_published(judgement, settings, knowledge) == []
    send(workbook(tmp_path / "b.xlsx", [("EN_HAZ_PCAP", "2011", "8", "KG")]), "KGZ", settings, knowledge)
    assert beside_published(judgement, settings, knowledge) == []


def test_an_earlier_vintage_is_held_until_it_is_meant(settings: Settings, knowledge: Knowledge, tmp_path: Path) -> None:
    rows: list[Row] = [("EN_HAZ_PCAP", "2018", "10", "KG"), ("EN_HAZ_PCAP", "2019", "11", "KG")]
    first = send(workbook(tmp_path / "new.xlsx", rows, day=9), "KGZ", settings, knowledge)
    old = workbook(tmp_path / "old.xlsx", [(*rows[0][:2], "99", "KG"), ("EN_HAZ_PCAP", "2010", "1", "KG")], day=2)
    checked, _ = preview_file(old, "KGZ", settings, knowledge)
    sent = send(old, "KGZ", settings, knowledge)
    for report in (checked, sent):
        assert report.decision == "hold"
        assert (report.counts.received, report.counts.rejected) == (2, 2)
        [found] = of_rule(report, "OLDER-THAN-CURRENT")
        assert (found.severity, found.places) == ("error", 1)
        assert found.message == (
            "The message was prepared on 2026-05-02 12:00 UTC. Current values of the same series, areas and periods "
            f"come from delivery {first.delivery_id}, prepared on 2026-05-09 12:00 UTC, so it is held: 1 row."
        )
    meant = send(old, "KGZ", settings, knowledge, again=True)
    assert (meant.decision, meant.counts.value_revised, meant.counts.new) == ("load", 1, 1)


def test_a_vintage_of_other_periods_or_a_later_one_is_not_held(
    settings: Settings, knowledge: Knowledge, tmp_path: Path
) -> None:
    send(workbook(tmp_path / "a.xlsx", [("EN_HAZ_PCAP", "2018", "10", "KG")], day=9), "KGZ", settings, knowledge)
    other = workbook(tmp_path / "b.xlsx", [("EN_HAZ_PCAP", "2017", "9", "KG")], day=2)
    assert send(other, "KGZ", settings, knowledge).decision == "load"
    later = workbook(tmp_path / "c.xlsx", [("EN_HAZ_PCAP", "2018", "11", "KG")], day=10)
    assert send(later, "KGZ", settings, knowledge).decision == "load"


def test_bytes_that_are_not_here_say_nothing(settings: Settings, knowledge: Knowledge, tmp_path: Path) -> None:
    send(workbook(tmp_path / "a.xlsx", [("EN_HAZ_PCAP", "2018", "10", "KG")], day=9), "KGZ", settings, knowledge)
    for kept in (path for path in settings.raw.rglob("*") if path.is_file()):
        kept.chmod(0o600)
        kept.unlink()
    old = workbook(tmp_path / "b.xlsx", [("EN_HAZ_PCAP", "2018", "11", "KG")], day=2)
    checked, _ = preview_file(old, "KGZ", settings, knowledge)
    assert checked.decision == "load"


@pytest.mark.parametrize(
    ("name", "content", "day"),
    [
        ("a.xml", b"<m:Header><m:Prepared>2026-05-04T01:00:00+06:00</m:Prepared>", "2026-05-03"),
        ("a.json", b'{"meta": {"prepared" : "2026-05-04"}}', "2026-05-04"),
        ("a.csv", b"SERIES,TIME_PERIOD,OBS_VALUE\n", None),
        ("a.xml", b"<Prepared>yesterday</Prepared>", None),
    ],
)
def test_the_day_of_preparation_is_in_the_head(tmp_path: Path, name: str, content: bytes, day: str | None) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    found = prepared_in(path)
    assert (f"{found:%Y-%m-%d}" if found else None) == day


def test_a_packed_file_that_is_no_workbook_has_no_day(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("a.csv", "SERIES")
    assert prepared_in(tmp_path / "a.zip") is None
