"""The sample: its folder is its own, its outcome is declared row by row, and a run gives exactly that."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from metadata.errors import DeclarationErrors, SdgError, StorageFull, WarehouseBusy, WarehouseError
from metadata.findings import Counts, FileReport, Finding
from metadata.rules import RULES
from pipelines import sample
from pipelines.arrivals import find
from pipelines.deliver import submit
from pipelines.knowledge import Knowledge
from pipelines.outcome import Outcome
from pipelines.publication import bring_up_to_date
from pipelines.sample import compare, load_expected, prepare, sample_home, sample_providers
from pipelines.sample.expected import Expected, ExpectedValue, read_expected
from warehouse.lock import writers_lock
from warehouse.settings import Settings

# ------------------------------------------------------------------------------------------------ the folder


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_sample_has_a_folder_of_its_own(tmp_path: Path) -> None:
    assert sample_home(tmp_path / "var") == tmp_path / "var" / "sample"


def test_the_three_offices_are_in_the_sample() -> None:
    assert sample_providers() == ("KEN", "KGZ", "RWA")
    assert tuple(load_expected().deliveries) == sample_providers()


def test_prepare_puts_every_delivery_into_the_inbox(tmp_path: Path) -> None:
    prepare(tmp_path / "home")
    assert _files(tmp_path / "home" / "inbox") == _files(sample.INBOX)


def test_every_delivery_of_the_sample_is_declared_and_its_source_named() -> None:
    declared = {
        f"{provider}/{delivery.file}"
        for provider, deliveries in load_expected().deliveries.items()
        for delivery in deliveries
    }
    assert declared == _files(sample.INBOX)
    sources = (sample.FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    assert [name for name in declared if f"inbox/{name}" not in sources] == []


def test_the_files_look_long_finished_and_vintages_are_in_order(tmp_path: Path) -> None:
    prepare(tmp_path)
    for provider, deliveries in load_expected().deliveries.items():
        times = [(tmp_path / "inbox" / provider / delivery.file).stat().st_mtime for delivery in deliveries]
        assert times == sorted(times)
        assert max(times) < time.time() - 3600
        assert [datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d") for moment in times] == [
            delivery.written for delivery in deliveries
        ]


def test_prepare_empties_its_own_folder(tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / "warehouse.duckdb").write_bytes(b"old")
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "old").write_bytes(b"old")
    (tmp_path / "inbox" / "KGZ" / "more.csv").write_text("x", encoding="utf-8")
    prepare(tmp_path)
    assert _files(tmp_path / "inbox") == _files(sample.INBOX)
    assert not (tmp_path / "warehouse.duckdb").exists()
    assert not (tmp_path / "raw").exists()


def test_prepare_follows_no_link_out_of_its_folder(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("keep", encoding="utf-8")
    prepare(home)
    (home / "link").symlink_to(elsewhere, target_is_directory=True)
    prepare(home)
    assert not (home / "link").exists()
    assert (elsewhere / "precious").read_text(encoding="utf-8") == "keep"


def test_prepare_refuses_a_folder_that_is_not_the_samples(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_bytes(b"a year of work")
    with pytest.raises(SdgError) as caught:
        prepare(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: This folder holds files and is not the sample's (.sdg-sample is missing), so it is not "
        "emptied. Choose another folder with --home, or remove this one."
    )
    assert _files(tmp_path) == {"warehouse.duckdb"}


def test_prepare_says_that_a_file_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file", encoding="utf-8")
    with pytest.raises(WarehouseError, match=r"home: A file stands where a folder is needed\."):
        prepare(tmp_path / "home")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_prepare_says_that_it_may_not_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StorageFull, match="It cannot be written here"):
            prepare(tmp_path / "home")
    finally:
        tmp_path.chmod(0o700)


def test_a_second_sample_run_waits_for_the_first_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    with writers_lock(tmp_path / sample.MARKER, "sdg run --sample", timeout=0):
        (tmp_path / sample.MARKER).touch()
        (tmp_path / "warehouse.duckdb").write_bytes(b"at work")
        with pytest.raises(WarehouseBusy, match=rf"sdg run --sample \(process {os.getpid()}\) has been"):
            prepare(tmp_path, on_wait=said.append, timeout_s=0.3)
        assert (tmp_path / "warehouse.duckdb").exists(), "the folder was emptied under a run at work"
    assert said[0].startswith("Waiting: sdg run --sample (process ")
    prepare(tmp_path, timeout_s=0)
    assert not (tmp_path / "warehouse.duckdb").exists()


# ------------------------------------------------------------------------------------------ what is declared


def test_the_declared_counts_add_up() -> None:
    for deliveries in load_expected().deliveries.values():
        for delivery in deliveries:
            counts = Counts(**{str(name): number for name, number in delivery.counts.items()})
            assert counts.balanced(), delivery.file
            assert 10 <= counts.received <= 40, delivery.file


def test_the_sample_shows_what_a_first_run_should_show() -> None:
    deliveries = [one for many in load_expected().deliveries.values() for one in many]
    formats = {one.format for one in deliveries}
    severities = {finding.severity for one in deliveries for finding in one.findings}
    assert formats == {"sdmx-ml-2.1-structure-specific", "sdmx-csv-1.0", "table-excel"}
    assert severities == {"error", "warning", "info"}
    total = sum((Counts(**{str(k): v for k, v in one.counts.items()}) for one in deliveries), Counts())
    shown = {name for name, number in total.to_dict().items() if number}
    assert shown >= {
        "new", "value_revised", "attributes_revised", "quarantined", "duplicate", "out_of_scope", "withdrawn",
    }  # fmt: skip
    assert {finding.rule for one in deliveries for finding in one.findings} <= set(RULES)


def test_a_mistake_in_the_declared_outcome_is_told_with_its_place(tmp_path: Path) -> None:
    broken = tmp_path / "expected.yaml"
    text = sample.EXPECTED.read_text(encoding="utf-8")
    broken.write_text(text.replace("decision:", "decison:", 1), encoding="utf-8")
    with pytest.raises(DeclarationErrors, match=r"expected\.yaml:\d+:\d+.*decison"):
        read_expected(broken)
    broken.write_text(text.replace('written: "20', 'written: "the day of 20', 1), encoding="utf-8")
    with pytest.raises(DeclarationErrors, match=r"expected\.yaml:\d+:\d+"):
        read_expected(broken)


# ------------------------------------------------------------------------------------------------ comparison


def _as_declared() -> list[Outcome]:
    """Return outcomes that are exactly what is declared."""
    outcomes = []
    for provider, deliveries in load_expected().deliveries.items():
        outcome = Outcome(provider)
        for delivery in deliveries:
            counts = Counts(**{str(name): number for name, number in delivery.counts.items()})
            path = f"inbox/{delivery.file}"
            report = FileReport(path, delivery.format, "0", provider, delivery.decision, counts)
            report.add(Finding(f.rule, f.severity, f.places, "m", "h") for f in delivery.findings)
            outcome.reports.append(report)
        outcomes.append(outcome)
    return outcomes


def test_what_is_declared_is_no_difference() -> None:
    assert compare(load_expected(), _as_declared()) == []


def _rwa(outcomes: list[Outcome]) -> Outcome:
    return next(outcome for outcome in outcomes if outcome.provider == "RWA")


FIRST, SECOND = "NISR_SDG_2025-11.xml", "NISR_SDG_2026-02.xml"


def test_every_kind_of_difference_is_told_in_words() -> None:
    outcomes = _as_declared()
    report = _rwa(outcomes).reports[0]
    report.counts.new += 1
    report.decision = "hold"
    report.format = "table-csv"
    gone = report.findings.pop(0)
    report.add([Finding("KEY-EQUAL", "warning", 1, "m", "h")])
    places = "1 place" if gone.places == 1 else f"{gone.places} places"
    new = load_expected().deliveries["RWA"][0].counts["new"]
    assert compare(load_expected(), outcomes) == [
        f"RWA, {FIRST}: the format is table-csv; sdmx-ml-2.1-structure-specific is declared.",
        f"RWA, {FIRST}: the decision is hold; load_with_quarantine is declared.",
        f"RWA, {FIRST}: new is {new + 1}; {new} is declared.",
        f"RWA, {FIRST}: {gone.rule} ({gone.severity}, {places}) is declared and was not found.",
        f"RWA, {FIRST}: KEY-EQUAL (warning, 1 place) was found and is not declared.",
    ]


def test_the_order_of_vintages_is_compared() -> None:
    outcomes = _as_declared()
    _rwa(outcomes).reports.reverse()
    assert compare(load_expected(), outcomes) == [
        f"RWA: the order was {SECOND}, {FIRST}; {FIRST}, {SECOND} is declared."
    ]


def test_a_file_too_few_or_too_many_is_told() -> None:
    outcomes = _as_declared()
    rwa = _rwa(outcomes)
    rwa.reports.pop()
    rwa.reports.append(FileReport("inbox/other.xml", None, "0", "RWA"))
    assert compare(load_expected(), outcomes) == [
        f"RWA: {SECOND} was not taken.",
        "RWA: other.xml was taken and is not declared.",
    ]


def test_a_provider_that_failed_waits_or_is_missing_is_told() -> None:
    outcomes = _as_declared()
    _rwa(outcomes).error = "The inbox cannot be read."
    _rwa(outcomes).waiting.append("a.xml is still being written; the next run takes it.")
    outcomes = [outcome for outcome in outcomes if outcome.provider != "KEN"] + [Outcome("UNSD")]
    assert compare(load_expected(), outcomes) == [
        "KEN: the run did not take this provider.",
        "RWA: The inbox cannot be read.",
        "RWA: a.xml is still being written; the next run takes it.",
        "UNSD: the run took this provider, which is not declared.",
    ]


def test_a_run_of_one_provider_is_compared_with_what_is_declared_for_it() -> None:
    only = load_expected().only(["RWA"])
    assert compare(only, [_rwa(_as_declared())]) == []
    assert compare(load_expected(), [_rwa(_as_declared())]) != []


def test_values_that_are_missing_other_or_too_many_are_told() -> None:
    expected = load_expected()
    wanted, gone = expected.observations[0], expected.absent[0]

    def row(value: ExpectedValue, obs_value: float | None) -> Mapping[str, Any]:
        names = ("provider", "indicator", "series", "ref_area", "time_period")
        place: dict[str, Any] = {name: getattr(value, name) for name in names}
        return {**place, **value.dimensions, "obs_value": obs_value}

    one = Expected(deliveries={}, observations=[wanted], absent=[gone], rows={})
    assert one.missing_values([row(wanted, wanted.obs_value)]) == []
    place = wanted.in_words()
    assert one.missing_values([]) == [f"{place}: [] stands there, {wanted.obs_value} is declared."]
    assert one.missing_values([row(wanted, 0.5)]) == [
        f"{place}: [0.5] stands there, {wanted.obs_value} is declared."
    ]
    assert one.missing_values([row(wanted, None)]) != []
    assert one.missing_values([row(wanted, wanted.obs_value)] * 2) != []
    assert one.missing_values([row(wanted, wanted.obs_value), row(gone, 1.0)]) == [
        f"{gone.in_words()}: [1.0] stands there, nothing is declared."
    ]


# --------------------------------------------------------------------------------------------------- the run


class Run:
    """The sample, taken through the same functions as `sdg run`, without Dagster."""

    def __init__(self, home: Path) -> None:
        from warehouse.ledger import Ledger

        prepare(home)
        self.settings = Settings.load(home).ensure()
        self.ledger = Ledger.open(self.settings)
        self.knowledge = Knowledge.read()

    def once(self) -> list[Outcome]:
        outcomes = []
        for name in sample_providers():
            provider = self.knowledge.providers.get(name)
            found = find(provider, self.settings, self.ledger, self.knowledge)
            outcome = Outcome(name, waiting=found.waiting)
            for incoming in found.incoming:
                outcome.reports.append(submit(incoming, self.settings, self.ledger, self.knowledge))
            outcomes.append(outcome)
        bring_up_to_date(self.settings, self.knowledge, purpose="the sample's test")
        return outcomes

    def query(self, sql: str) -> list[dict[str, Any]]:
        from warehouse.connect import reader

        with reader(self.settings) as connection:
            return list(connection.execute(sql).pl().to_dicts())


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[Outcome]]:
    run = Run(tmp_path_factory.mktemp("sample"))
    return run, run.once()


def test_a_run_gives_exactly_what_is_declared(ran: tuple[Run, list[Outcome]]) -> None:
    assert compare(load_expected(), ran[1]) == []


def test_the_report_tables_hold_the_declared_values(ran: tuple[Run, list[Outcome]]) -> None:
    rows = ran[0].query("select * from report.indicator_observation")
    assert load_expected().missing_values(rows) == []
    declared = load_expected().rows
    counted = {name: ran[0].query(f"select count(*) as n from report.{name}")[0]["n"] for name in declared}
    assert counted == declared


def test_a_value_in_thousands_is_scaled_in_the_report(ran: tuple[Run, list[Outcome]]) -> None:
    rows = ran[0].query(
        "select obs_value, unit_mult, obs_value_scaled from report.indicator_observation "
        "where series = 'EN_EWT_GENV' and ref_area = '404' and time_period = '2018'"
    )
    assert [(row["obs_value"], row["unit_mult"]) for row in rows] == [(47.206437604, 3)]
    assert rows[0]["obs_value_scaled"] == pytest.approx(47206.437604, rel=1e-12)  # as it was published


def test_no_row_of_the_sample_is_lost(ran: tuple[Run, list[Outcome]]) -> None:
    run, outcomes = ran
    total = sum((outcome.counts for outcome in outcomes), Counts())
    current = run.query("select count(*) as n from core.observation")[0]["n"]
    versions = run.query("select count(*) as n from core.observation_history")[0]["n"]
    kept_back = run.query("select count(*) as n from core.quarantine")[0]["n"]
    assert current == total.new - total.withdrawn
    assert versions == total.accepted
    assert kept_back == total.quarantined


def test_what_stood_before_is_in_the_history(ran: tuple[Run, list[Outcome]]) -> None:
    rows = ran[0].query(
        "select time_period, obs_value, superseded_reason from core.observation_history "
        "where provider = 'RWA' and superseded_at is not null order by series, time_period"
    )
    assert ("2017", 77.3) in [(row["time_period"], row["obs_value"]) for row in rows]
    assert {str(row["superseded_reason"]).partition(":")[0] for row in rows} == {
        "value_revised", "attributes_revised", "withdrawn",
    }  # fmt: skip


def test_a_second_run_of_the_sample_changes_nothing(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.once()
    before = run.query("select * exclude (recorded_at) from core.observation_history order by all")
    again = run.once()
    assert {report.decision for outcome in again for report in outcome.reports} == {"already_received"}
    assert run.query("select * exclude (recorded_at) from core.observation_history order by all") == before


def test_a_delivery_that_was_changed_is_seen(tmp_path: Path) -> None:
    run = Run(tmp_path)
    file = tmp_path / "inbox" / "KGZ" / "NSC_SDG_2025-08.csv"
    moment = file.stat().st_mtime
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:-1]), encoding="utf-8")
    os.utime(file, (moment, moment))
    different = compare(load_expected(), run.once())
    assert "KGZ, NSC_SDG_2025-08.csv: received is 33; 34 is declared." in different
    assert all(sentence.startswith("KGZ, NSC_SDG_2025-08.csv: ") for sentence in different)
