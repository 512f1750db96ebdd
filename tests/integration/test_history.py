"""History rules on the way of a delivery: the same in a check and in a submission, in one transaction, and anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metadata.errors import SdgError
from metadata.findings import FileReport
from pipelines import after_loading, deliver
from pipelines.after_loading import rejudge, withdraw
from pipelines.arrivals import incoming_file
from pipelines.deliver import submit
from pipelines.knowledge import Knowledge
from pipelines.preview import preview_file
from pipelines.publication import bring_up_to_date
from warehouse.connect import reader, writer
from warehouse.ledger import Ledger, State
from warehouse.settings import Settings

OFFICE = 'name: Office\nkind: office\nareas: ["417"]\nlanguage: en\nchannel: {{type: folder}}\n{more}'
HEAD = (
    "FREQ,REPORTING_TYPE,SERIES,REF_AREA,SEX,AGE,URBANISATION,INCOME_WEALTH_QUANTILE,EDUCATION_LEV,OCCUPATION,"
    "CUST_BREAKDOWN,COMPOSITE_BREAKDOWN,DISABILITY_STATUS,ACTIVITY,PRODUCT,TIME_PERIOD,OBS_VALUE,OBS_STATUS,"
    "UNIT_MULT,UNIT_MEASURE,NATURE"
)
BEFORE = {"2019": "12.5", "2020": "13.27", "2021": "9.81"}
LOST = {"2019": "125", "2020": "1327", "2021": "981", "2022": "9.2"}


def knowledge_of(folder: Path, more: str = "") -> Knowledge:
    folder.mkdir(exist_ok=True)
    (folder / "OFF.yaml").write_text(OFFICE.format(more=more), encoding="utf-8")
    return Knowledge.read(providers_folder=folder)


@pytest.fixture
def knowledge(tmp_path: Path) -> Knowledge:
    return knowledge_of(tmp_path / "providers")


@pytest.fixture
def settings(sdg_home: Path) -> Settings:
    return Settings.load(sdg_home).ensure()


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    with Ledger.open(settings) as opened:
        yield opened


def table(path: Path, values: dict[str, str]) -> Path:
    dimensions = "A,N,EN_HAZ_PCAP,417" + ",_T" * 11
    lines = [HEAD, *(f"{dimensions},{period},{value},A,0,KG,C" for period, value in values.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def send(path: Path, settings: Settings, ledger: Ledger, knowledge: Knowledge) -> FileReport:
    report = submit(incoming_file(path, "OFF", channel="submit"), settings, ledger, knowledge)
    bring_up_to_date(settings, knowledge, purpose="test")
    return report


def current(settings: Settings) -> dict[str, float]:
    with reader(settings) as connection:
        return dict(connection.execute("select time_period, obs_value from core.observation").fetchall())


def test_rows_that_lost_their_separator_are_kept_back_and_the_check_says_so_before(
    tmp_path: Path, settings: Settings, ledger: Ledger, knowledge: Knowledge
) -> None:
    send(table(tmp_path / "a.csv", BEFORE), settings, ledger, knowledge)
    second = table(tmp_path / "b.csv", LOST)

    checked, judgement = preview_file(second, "OFF", settings, knowledge)
    assert judgement is not None
    report = send(second, settings, ledger, knowledge)

    assert [(f.rule, f.places) for f in checked.findings] == [("HISTORY-DECIMAL", 3), ("KEY-HELD", 3)]
    assert [f.to_dict() for f in checked.findings] == [f.to_dict() for f in report.findings]
    assert checked.counts == report.counts
    assert (report.counts.received, report.counts.new, report.counts.quarantined) == (4, 1, 3)
    assert (checked.decision, report.decision) == ("load_with_quarantine", "load_with_quarantine")
    assert current(settings) == {"2019": 12.5, "2020": 13.27, "2021": 9.81, "2022": 9.2}
    with reader(settings) as connection:
        kept = connection.execute(
            "select time_period, obs_value_text, rule, rules, source_line, unit_mult, message "
            "from core.quarantine order by 1"
        ).fetchall()
    assert [row[:6] for row in kept] == [
        ("2019", "125", "HISTORY-DECIMAL", "HISTORY-DECIMAL", 2, "0"),
        ("2020", "1327", "HISTORY-DECIMAL", "HISTORY-DECIMAL", 3, "0"),
        ("2021", "981", "HISTORY-DECIMAL", "HISTORY-DECIMAL", 4, "0"),
    ]
    assert kept[0][6].startswith("Series EN_HAZ_PCAP: the decimal separator seems to be lost in 3 rows")
    assert ledger.delivery(str(report.delivery_id)).state == "loaded"


def test_judged_anew_a_delivery_is_compared_with_what_was_before_it(
    tmp_path: Path, settings: Settings, ledger: Ledger, knowledge: Knowledge
) -> None:
    first = send(table(tmp_path / "a.csv", BEFORE), settings, ledger, knowledge)
    second = send(table(tmp_path / "b.csv", LOST), settings, ledger, knowledge)
    for report in (first, second):
        again = rejudge(ledger.delivery(str(report.delivery_id)), settings, ledger, knowledge)
        assert [f.rule for f in again.findings if f.rule.startswith("HISTORY")] == [
            f.rule for f in report.findings if f.rule.startswith("HISTORY")
        ]
        assert again.counts.quarantined == report.counts.quarantined
    bring_up_to_date(settings, knowledge, purpose="test")
    assert current(settings) == {"2019": 12.5, "2020": 13.27, "2021": 9.81, "2022": 9.2}


@pytest.mark.parametrize("state", ["judged", "held", "rejected"])
def test_what_core_holds_is_withdrawn_whatever_became_of_a_later_judgement(
    state: State, tmp_path: Path, settings: Settings, ledger: Ledger, knowledge: Knowledge
) -> None:
    """A rejudging that is killed, held or rejected leaves in the tables what the load before it brought."""
    name = str(send(table(tmp_path / "a.csv", BEFORE), settings, ledger, knowledge).delivery_id)
    ledger.record(name, state, None)
    assert withdraw(ledger.delivery(name), "sent by mistake", settings, ledger) == (3, 0)
    bring_up_to_date(settings, knowledge, purpose="test")
    assert current(settings) == {}
    assert (ledger.delivery(name).state, ledger.delivery(name).message) == ("withdrawn", "sent by mistake")


def test_a_withdrawal_that_died_before_the_ledger_heard_of_it_is_told(
    tmp_path: Path, settings: Settings, ledger: Ledger, knowledge: Knowledge
) -> None:
    name = str(send(table(tmp_path / "a.csv", BEFORE), settings, ledger, knowledge).delivery_id)
    withdraw(ledger.delivery(name), "sent by mistake", settings, ledger)
    ledger.record(name, "loaded", None)
    with pytest.raises(SdgError, match=f"Delivery {name} was withdrawn on .*: sent by mistake"):
        withdraw(ledger.delivery(name), "twice", settings, ledger)
    assert (ledger.delivery(name).state, ledger.delivery(name).message) == ("withdrawn", "sent by mistake")


def test_a_delivery_that_is_withdrawn_while_it_is_judged_anew_stays_withdrawn(
    tmp_path: Path, settings: Settings, ledger: Ledger, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The judgement is made without the writer's lock, and says `judged` to the ledger last."""
    name = str(send(table(tmp_path / "a.csv", BEFORE), settings, ledger, knowledge).delivery_id)
    before = ledger.delivery(name)

    def meanwhile(*given: Any, **named: Any) -> deliver.Judged:
        withdraw(before, "sent by mistake", settings, ledger)
        return deliver.judge_delivery(*given, **named)

    monkeypatch.setattr(after_loading, "judge_delivery", meanwhile)
    with pytest.raises(SdgError, match=f"Delivery {name} was withdrawn. To bring it back, submit its file with --ag"):
        rejudge(before, settings, ledger, knowledge)
    assert ledger.delivery(name).state == "withdrawn"
    bring_up_to_date(settings, knowledge, purpose="test")
    assert current(settings) == {}


def test_an_earlier_file_is_sent_again_though_its_rejudging_was_killed(
    tmp_path: Path, settings: Settings, ledger: Ledger, knowledge: Knowledge
) -> None:
    """Its row said `judged`, as that of an unfinished delivery does, which is resumed and no new one."""
    first = table(tmp_path / "a.csv", BEFORE)
    name = str(send(first, settings, ledger, knowledge).delivery_id)
    send(table(tmp_path / "b.csv", {**BEFORE, "2021": "9.5"}), settings, ledger, knowledge)
    ledger.record(name, "judged", None)
    again = submit(incoming_file(first, "OFF", channel="submit"), settings, ledger, knowledge, again=True)
    assert (again.delivery_id, again.counts.value_revised) == (f"{name}-2", 1)
    bring_up_to_date(settings, knowledge, purpose="test")
    assert current(settings)["2021"] == 9.81


def test_what_the_ledger_was_told_after_publishing_is_published(
    tmp_path: Path, settings: Settings, ledger: Ledger, knowledge: Knowledge
) -> None:
    name = str(send(table(tmp_path / "a.csv", BEFORE), settings, ledger, knowledge).delivery_id)
    ledger.record(name, "loaded", None, message="looked at by a person")
    before = settings.current.stat().st_ino
    bring_up_to_date(settings, knowledge, purpose="test")
    with reader(settings) as connection:
        found = connection.execute("select id, message from ledger.delivery").fetchall()
    assert found == [(name, "looked at by a person")]
    after = settings.current.stat().st_ino
    assert after != before
    bring_up_to_date(settings, knowledge, purpose="test")
    assert settings.current.stat().st_ino == after


def test_a_provider_whose_rows_must_all_be_right_is_refused(
    tmp_path: Path, settings: Settings, ledger: Ledger, knowledge: Knowledge
) -> None:
    send(table(tmp_path / "a.csv", BEFORE), settings, ledger, knowledge)
    strict = knowledge_of(tmp_path / "strict", "policy: {row_error: reject}\n")
    second = table(tmp_path / "b.csv", LOST)
    checked, _ = preview_file(second, "OFF", settings, strict)
    report = send(second, settings, ledger, strict)
    assert (checked.decision, report.decision) == ("reject", "reject")
    assert (report.counts.received, report.counts.rejected) == (4, 4)
    assert checked.counts == report.counts
    assert [f.rule for f in report.findings] == ["HISTORY-DECIMAL"]
    assert ledger.delivery(str(report.delivery_id)).state == "rejected"
    with writer(settings, "test") as warehouse:
        assert warehouse.connection.execute("select count(*) from core.load").fetchall() == [(1,)]


def test_the_first_delivery_has_nothing_to_be_compared_with(
    tmp_path: Path, settings: Settings, ledger: Ledger, knowledge: Knowledge
) -> None:
    report = send(table(tmp_path / "b.csv", {"2019": "1", "2020": "900"}), settings, ledger, knowledge)
    assert report.findings == []


def test_findings_keep_what_they_were_made_of(
    tmp_path: Path, settings: Settings, ledger: Ledger, knowledge: Knowledge
) -> None:
    send(table(tmp_path / "a.csv", BEFORE), settings, ledger, knowledge)
    report = send(table(tmp_path / "b.csv", {p: f"{float(v) * 1000:g}" for p, v in BEFORE.items()}),
                  settings, ledger, knowledge)  # fmt: skip
    [found] = [f for f in report.findings if f.severity == "error"]
    words = found.words()
    assert replace(found) == type(found).from_dict(found.to_dict(), words)
    assert "text" in words["message"]


def test_a_warning_is_kept_beside_the_values_that_it_is_about(
    tmp_path: Path, settings: Settings, ledger: Ledger, knowledge: Knowledge
) -> None:
    send(table(tmp_path / "a.csv", BEFORE), settings, ledger, knowledge)
    report = send(table(tmp_path / "b.csv", {**BEFORE, "2021": "0", "2022": "0.1"}), settings, ledger, knowledge)
    [zero] = [f for f in report.findings if f.rule == "HISTORY-ZERO"]
    with reader(settings) as connection:
        kept = connection.execute("select time_period, finding from core.remark order by all").fetchall()
    assert ("2021", zero.id) in kept


WAIVED = """\
waivers:
  - {{rule: HISTORY-DECIMAL, series: [EN_HAZ_PCAP], periods: ["2019", "2020"], reason: "The unit was wrong before.",
     who: "J. Otieno", until: "{until}"}}
"""


def test_a_waiver_lets_through_what_is_meant_and_an_ended_one_does_not(
    tmp_path: Path, settings: Settings, ledger: Ledger, knowledge: Knowledge
) -> None:
    send(table(tmp_path / "a.csv", BEFORE), settings, ledger, knowledge)
    second = table(tmp_path / "b.csv", LOST)
    ended = knowledge_of(tmp_path / "ended", WAIVED.format(until="2020-01-01"))
    checked, _ = preview_file(second, "OFF", settings, ended)
    assert checked.counts.quarantined == 3
    assert [f.places for f in checked.findings if f.rule == "WAIVER-EXPIRED"] == [2]

    standing = knowledge_of(tmp_path / "standing", WAIVED.format(until="2999-12-31"))
    report = send(second, settings, ledger, standing)
    assert report.counts.quarantined == 1
    [kept] = [f for f in report.findings if f.rule == "HISTORY-DECIMAL"]
    assert (kept.places, kept.examples[0].time_period) == (1, "2021")
    assert "in 1 row, for example 981 for 2021, where 9.81 is held" in kept.message
    [waived] = [f for f in report.findings if f.rule == "WAIVED"]
    assert (waived.places, waived.severity) == (2, "info")
    assert current(settings) == {"2019": 125.0, "2020": 1327.0, "2021": 9.81, "2022": 9.2}
