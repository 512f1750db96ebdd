"""What people say of deliveries: warnings are answered, held deliveries accepted or refused, and all of it is kept."""

from __future__ import annotations

import json
import os
import pwd
import shutil
from pathlib import Path

import pytest

from metadata.structure import load_structure
from tests.integration.test_cli import published, row, sdg, table
from warehouse.answers import verdicts
from warehouse.ledger import Ledger
from warehouse.settings import Settings

BESIDE = """
select series, time_period, finding, rule, answer, answered_by
from report.indicator_observation natural join report.observation_remark order by all
"""
WHY = "Thousands of tonnes, as in the yearbook of 2019."


def delivery_of(home: Path) -> str:
    with Ledger.open(Settings.load(home)) as ledger:
        return ledger.deliveries()[-1].id


def state_of(home: Path, delivery: str) -> tuple[str, str | None]:
    with Ledger.open(Settings.load(home)) as ledger:
        found = ledger.delivery(delivery)
    return found.state, found.message


@pytest.fixture
def warned(sdg_home: Path, tmp_path: Path) -> str:
    """A delivery with a warning about two of its three rows, and its id."""
    rows = [row(2019, 5), row(2020, 6).replace(",A,0,KG", ",A,3,KG"), row(2021, 7).replace(",A,0,KG", ",A,3,KG")]
    result = sdg("submit", table(tmp_path / "a.csv", *rows), "--provider", "KGZ")
    assert result.exit_code == 0, result.output
    delivery = delivery_of(sdg_home)
    assert f"delivery {delivery}" in result.output
    assert f"To explain a warning: sdg answer {delivery}" in result.output
    return delivery


def test_an_answer_is_kept_and_published_beside_the_values_it_is_about(sdg_home: Path, warned: str) -> None:
    asked = json.loads(sdg("answer", warned, "--format", "json").output)
    [warning] = asked["warnings"]
    assert (warning["rule"], warning["places"], warning["answered"]) == ("UNIT-MULT-OTHER", 2, False)
    name = warning["finding"]
    assert published(sdg_home, BESIDE) == [
        ("EN_HAZ_PCAP", year, name, "UNIT-MULT-OTHER", None, None) for year in ("2020", "2021")
    ]
    listed = sdg("answer", warned)
    assert listed.output.startswith(f"{warned}: 1 of 1 warning awaits an answer.")
    assert f'sdg answer {warned} {name} --text "…"' in listed.output

    done = sdg("answer", warned, "unit-mult", "--text", f" {WHY}\n", "--by", "J. Otieno")
    assert done.exit_code == 0
    assert f"J. Otieno: “{WHY}”" in " ".join(done.output.split())
    assert "its warning is answered" in done.output
    assert published(sdg_home, BESIDE) == [
        ("EN_HAZ_PCAP", year, name, "UNIT-MULT-OTHER", WHY, "J. Otieno") for year in ("2020", "2021")
    ]


def test_the_last_answer_counts_and_the_same_twice_is_one(sdg_home: Path, warned: str) -> None:
    for words, by in (("First.", "A"), ("Second.", "B"), ("Second.", "B")):
        assert sdg("answer", warned, "UNIT-MULT-OTHER", "--text", words, "--by", by).exit_code == 0
    assert published(sdg_home, "select text, answered_by from ledger.answer order by seq") == [
        ("First.", "A"), ("Second.", "B"),
    ]  # fmt: skip
    assert {found[4:] for found in published(sdg_home, BESIDE)} == {("Second.", "B")}


def test_an_answer_survives_a_new_judgement(sdg_home: Path, warned: str) -> None:
    sdg("answer", warned, "UNIT-MULT-OTHER", "--text", WHY, "--by", "A")
    assert sdg("rejudge", warned).exit_code == 0
    assert [found[4] for found in published(sdg_home, BESIDE)] == [WHY, WHY]
    assert published(sdg_home, "select count(*), count(distinct load_id) from core.remark") == [(4, 2)]
    assert sdg("withdraw", warned, "--reason", "by mistake").exit_code == 0
    assert published(sdg_home, BESIDE) == []


def test_a_value_sent_again_unchanged_has_the_remarks_of_both_deliveries(
    sdg_home: Path, warned: str, tmp_path: Path
) -> None:
    sdg("answer", warned, "UNIT-MULT-OTHER", "--text", WHY, "--by", "A")
    rows = [row(2019, 5), row(2020, "6.0").replace(",A,0,KG", ",A,3,KG"), row(2021, 8)]
    assert sdg("submit", table(tmp_path / "b.csv", *rows), "--provider", "KGZ").exit_code == 0
    newer = delivery_of(sdg_home)
    found = published(
        sdg_home, "select time_period, remark_delivery, answer from report.observation_remark "
        "where rule = 'UNIT-MULT-OTHER' order by all",
    )
    assert found == sorted([("2020", warned, WHY), ("2020", newer, None)])
    asked = sdg("answer", newer)
    assert f"awaits an answer; {warned} was explained: “{WHY}”" in " ".join(asked.output.split())
    warnings = json.loads(sdg("answer", newer, "--format", "json").output)["warnings"]
    assert [one["earlier"]["text"] for one in warnings if one["earlier"]] == [WHY]


def test_the_table_of_remarks_shares_exactly_the_identity_with_the_observations(sdg_home: Path, warned: str) -> None:
    columns = [
        {name for (name,) in published(sdg_home, f"select column_name from (describe report.{table})")}
        for table in ("observation_remark", "indicator_observation")
    ]
    assert columns[0] & columns[1] == {
        "provider", "time_period", *(component.column for component in load_structure().dimensions),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["NO-SUCH", "--text", "x"], "has no finding NO-SUCH. Its warnings are UNIT-MULT-OTHER-"),
        (["UNIT-MULT-OTHER", "--text", " \n "], "The answer has no words. Say in --text why"),
        (["UNIT-MULT-OTHER", "--text", "x" * 2001], "The answer has 2,001 characters; 2,000 is the limit."),
    ],
)
def test_an_answer_that_cannot_be_kept_says_why(warned: str, arguments: list[str], sentence: str) -> None:
    refused = sdg("answer", warned, *arguments)
    assert refused.exit_code == 2
    assert sentence in refused.output


def test_errors_infos_and_what_is_not_told_apart_cannot_be_answered(sdg_home: Path, tmp_path: Path) -> None:
    rows = [row(2019, "x"), row(2020, '"1,5"'), row(2021, ""), row(2022, 1, series="SI_POV_DAY1")]
    sdg("submit", table(tmp_path / "a.csv", *rows), "--provider", "KGZ")
    delivery = delivery_of(sdg_home)
    assert sdg("answer", delivery).output.startswith(f"{delivery}: no warning, so there is nothing to explain.")
    several = sdg("answer", delivery, "VALUE-NOT-NUMBER", "--text", "x")
    assert f"2 findings of delivery {delivery} begin with VALUE-NOT-NUMBER. Name one: VALUE-NOT" in several.output
    one = published(sdg_home, "select id from ledger.finding where rule = 'VALUE-NOT-NUMBER' order by 1")[0][0]
    error = sdg("answer", delivery, one, "--text", "x")
    assert f"{one} is an error, which is mended and not explained." in error.output
    info = sdg("answer", delivery, "SCOPE-OTHER", "--text", "x")
    assert "is for information only: nothing has to be explained." in info.output
    assert "has no finding NO. It has no warning." in sdg("answer", delivery, "NO", "--text", "x").output
    half = sdg("answer", delivery, "NO")
    assert half.exit_code == 2
    assert "FINDING and --text belong together" in half.output


def test_who_answers_is_the_account_where_no_name_is_given(
    sdg_home: Path, warned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdg("answer", warned, "UNIT-MULT-OTHER", "--text", "One.")
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    sdg("answer", warned, "UNIT-MULT-OTHER", "--text", "Two.")
    names = [name for (name,) in published(sdg_home, "select answered_by from ledger.answer order by seq")]
    assert names[1] == f"user {os.getuid()}"
    assert names[0] not in ("", names[1])


# ---------------------------------------------------------------------------------------------------------- held


@pytest.fixture(scope="module")
def with_held(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a state folder `home`, which holds `less.csv` for a decision, and the delivery's id."""
    folder = tmp_path_factory.mktemp("held")
    good = table(folder / "good.csv", *(row(year, 1500 + year - 2000) for year in range(2015, 2025)))
    assert sdg("submit", good, "--provider", "KGZ", "--home", folder / "home").exit_code == 0
    less = table(folder / "less.csv", row(2024, 1524))
    result = sdg("submit", less, "--provider", "KGZ", "--home", folder / "home")
    delivery = delivery_of(folder / "home")
    assert "Held: nothing is loaded until a person accepts it." in result.output
    assert f"sdg accept {delivery} --reason …" in " ".join(result.output.split())
    return folder, delivery


@pytest.fixture
def held(sdg_home: Path, tmp_path: Path, with_held: tuple[Path, str]) -> str:
    """A delivery that would withdraw nine of ten keys, and its id; its bytes are in `less.csv`."""
    folder, delivery = with_held
    shutil.copytree(folder / "home", sdg_home)
    shutil.copy(folder / "less.csv", tmp_path)
    return delivery


def test_what_is_held_is_listed_with_its_reason(sdg_home: Path, held: str) -> None:
    listed = sdg("held")
    assert listed.exit_code == 1
    assert "1 delivery waits for a decision." in listed.output
    assert f"Loading {held} would withdraw 9 of 10 keys (90 %)" in " ".join(listed.output.split())
    assert f'sdg refuse {held} --reason "…"' in listed.output
    [one] = json.loads(sdg("held", "--format", "json").output)["held"]
    assert (one["delivery"], one["provider"], len(one["reasons"])) == (held, "KGZ", 1)
    status = sdg("status")
    assert f"waits for a decision (sdg held): {held}" in status.output
    assert json.loads(sdg("status", "--format", "json").output)["providers"][1]["held"] == [held]


def test_nothing_held_is_said(sdg_home: Path) -> None:
    nothing = sdg("held")
    assert (nothing.exit_code, nothing.output) == (0, "No delivery waits for a decision.\n")


def test_an_accepted_delivery_is_loaded_and_remembers_who_and_why(sdg_home: Path, held: str) -> None:
    done = sdg("accept", held, "--reason", "series ended", "--by", "Aida", "--format", "json")
    assert done.exit_code == 0
    report = json.loads(done.output)["files"][0]
    assert (report["decision"], report["counts"]["withdrawn"]) == ("load", 9)
    assert published(sdg_home, "select count(*) from core.observation") == [(1,)]
    assert published(sdg_home, "select delivery_id, verdict, reason, decided_by from ledger.verdict") == [
        (held, "accepted", "series ended", "Aida")
    ]
    state, message = state_of(sdg_home, held)
    assert state == "loaded"
    assert message is not None
    assert message.endswith("by Aida: series ended")
    assert "by Aida: series ended" in " ".join(sdg("status").output.split())
    assert sdg("held").exit_code == 0
    again = sdg("accept", held, "--reason", "once more")
    assert again.exit_code == 2
    assert f"Delivery {held} is loaded (accepted on " in again.output
    assert "so there is nothing to decide. What waits for a decision: sdg held" in again.output


def test_a_refused_delivery_keeps_its_bytes_and_report_and_answers_in_words(
    sdg_home: Path, held: str, tmp_path: Path
) -> None:
    done = sdg("refuse", held, "--reason", "half of it is missing", "--by", "Aida")
    said = f"{held} is refused; nothing of it is in the tables. Its bytes and its report are kept."
    assert " ".join(done.output.split()) == said
    assert published(sdg_home, "select count(*) from core.observation") == [(10,)]
    assert published(sdg_home, f"select rule from ledger.finding where delivery_id = '{held}'") == [
        ("WITHDRAWAL-LARGE",)
    ]
    anew = sdg("rejudge", held)
    assert anew.exit_code == 2
    assert f"Delivery {held} was refused (refused on " in anew.output
    assert f"sdg accept {held} --reason" in anew.output
    same = sdg("submit", tmp_path / "less.csv", "--provider", "KGZ", "--confirm-withdrawal")
    assert same.exit_code == 0
    assert "by Aida: half of it is missing" in " ".join(same.output.split())
    assert published(sdg_home, "select count(*) from core.observation") == [(10,)]
    assert sdg("rejudge", "--provider", "KGZ").exit_code == 0
    assert state_of(sdg_home, held)[0] == "refused"
    assert sdg("run", "--provider", "KGZ").exit_code == 0
    assert sdg("refuse", held, "--reason", "again").exit_code == 2

    assert sdg("accept", held, "--reason", "it was right", "--by", "Bek").exit_code == 0
    assert published(sdg_home, "select verdict, decided_by from ledger.verdict order by seq") == [
        ("refused", "Aida"), ("accepted", "Bek"),
    ]  # fmt: skip
    assert published(sdg_home, "select count(*) from core.observation") == [(1,)]


def test_a_decision_needs_a_reason_and_a_delivery(sdg_home: Path, held: str) -> None:
    for command in ("accept", "refuse"):
        blank = sdg(command, held, "--reason", "  ")
        assert blank.exit_code == 2
        assert "The decision has no reason. Say in --reason why." in blank.output
        assert f"There is no delivery {held}x." in sdg(command, f"{held}x", "--reason", "x").output
    assert state_of(sdg_home, held)[0] == "held"


def test_accepting_goes_on_after_a_kill(sdg_home: Path, held: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import pipelines.after_loading

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pipelines.after_loading, "load_judged", killed)
        sdg("accept", held, "--reason", "series ended", "--by", "Aida")
    assert state_of(sdg_home, held)[0] == "judged"
    assert sdg("accept", held, "--reason", "series ended", "--by", "Aida").exit_code == 0
    assert published(sdg_home, "select count(*) from core.observation") == [(1,)]
    with Ledger.open(Settings.load(sdg_home)) as ledger:
        assert len(verdicts(ledger, held)) == 1
        assert len(verdicts(ledger)) == 1


def test_accepting_a_new_judgement_goes_on_after_a_kill_and_another_command(
    sdg_home: Path, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pipelines.after_loading

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with Ledger.open(Settings.load(sdg_home)) as ledger:
        loaded = ledger.deliveries()[0].id
        ledger.record(loaded, "held", None)
    with monkeypatch.context() as patch:
        patch.setattr(pipelines.after_loading, "load_judged", killed)
        sdg("accept", loaded, "--reason", "the new map is right", "--by", "Aida")
    assert sdg("rejudge", "--provider", "KEN").exit_code == 0
    assert sdg("refuse", held, "--reason", "half of it is missing").exit_code == 0
    assert sdg("run", "--provider", "KGZ").exit_code == 0
    assert state_of(sdg_home, loaded)[0] == "loaded"
    loads = f"select count(*) from core.load where delivery_id = '{loaded}'"
    assert published(sdg_home, loads) == [(1,)]

    assert sdg("accept", loaded, "--reason", "the new map is right", "--by", "Aida").exit_code == 0
    assert published(sdg_home, loads) == [(2,)]
    again = sdg("accept", loaded, "--reason", "the new map is right", "--by", "Aida")
    assert again.exit_code == 2
    assert f"Delivery {loaded} is loaded (accepted on " in again.output
    assert published(sdg_home, loads) == [(2,)]


@pytest.mark.parametrize("command", ["accept", "refuse", "withdraw"])
def test_what_a_killed_command_had_done_is_published_by_the_same_command(
    command: str, sdg_home: Path, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    if command == "withdraw":
        with Ledger.open(Settings.load(sdg_home)) as ledger:
            held = ledger.deliveries()[0].id
    before = published(sdg_home, "select count(*) from core.observation")
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.publication.bring_up_to_date", killed)
        sdg(command, held, "--reason", "series ended")
    assert published(sdg_home, "select count(*) from core.observation") == before == [(10,)]
    again = sdg(command, held, "--reason", "series ended")
    assert again.exit_code == 2
    left = {"accept": [(1,)], "refuse": [(10,)], "withdraw": [(0,)]}[command]
    assert published(sdg_home, "select count(*) from core.observation") == left


def test_refusing_a_new_judgement_leaves_what_was_loaded_before(sdg_home: Path, held: str) -> None:
    assert delivery_of(sdg_home) == held
    with Ledger.open(Settings.load(sdg_home)) as ledger:
        loaded = ledger.deliveries()[0].id
        ledger.record(loaded, "held", None)
    done = sdg("refuse", loaded, "--reason", "the new map is wrong", "--by", "Aida")
    assert " ".join(done.output.split()) == f"{loaded}: the new judgement is refused; what was loaded before stands."
    assert state_of(sdg_home, loaded)[0] == "loaded"
    assert published(sdg_home, "select count(*) from core.observation") == [(10,)]
