"""The texts that a person reads: whole sentences, at most 80 columns, every row accounted for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from metadata.findings import Counts, Example, FileReport, Finding
from pipelines.outcome import Outcome
from pipelines.show import (
    WIDTH,
    counts_line,
    file_text,
    finding_lines,
    plural,
    run_text,
    short_path,
    totals_by_rule,
)

UNIT = Finding(
    "UNIT-OTHER",
    "error",
    18,
    "EN_HAZ_PCAP is declared in KG; these rows carry PT.",
    "Send percentages under the series that is one, or correct UNIT_MEASURE.",
    (Example(line=40, column="UNIT_MEASURE", value="PT"), Example(line=41, column="UNIT_MEASURE", value="PT"),
     Example(line=42), Example(line=43)),
)  # fmt: skip
SCOPE = Finding("SCOPE-OTHER-GOAL", "info", 1565, "1565 rows belong to series of other goals.", "")


def report(*findings: Finding, decision: str = "load_with_quarantine") -> FileReport:
    file = FileReport("in/KG.xml", "sdmx-ml-2.1-structure-specific", "ab" * 32, "KGZ")
    file.decision = decision  # type: ignore[assignment]
    file.counts = Counts(received=28, new=10, quarantined=18)
    file.add(findings)
    return file


def test_plural_counts_with_thousands() -> None:
    assert [plural(1, "row"), plural(2, "row"), plural(1234, "row"), plural(2, "key", "keys")] == [
        "1 row", "2 rows", "1,234 rows", "2 keys",
    ]  # fmt: skip


def test_the_sum_accounts_for_every_row() -> None:
    counts = Counts(received=40, new=20, value_revised=3, unchanged=2, quarantined=5, out_of_scope=10, withdrawn=2)
    assert counts_line(counts) == (
        "40 received = 20 new + 3 value revised + 2 unchanged + 5 quarantined + 10 out of scope; 2 withdrawn"
    )
    assert counts_line(Counts()) == "0 received"


def test_a_finding_says_what_how_to_mend_and_where() -> None:
    text = "\n".join(finding_lines(UNIT))
    assert f"error    {UNIT.id}  (18 places)" in text
    assert "EN_HAZ_PCAP is declared in KG; these rows carry PT." in text
    assert "→ Send percentages" in text
    assert "line 41, column UNIT_MEASURE; line 42; and 15 more" in " ".join(text.split())
    assert all(len(line) <= WIDTH for line in text.splitlines())


def test_a_finding_about_the_whole_file_names_no_place() -> None:
    assert not any("at " in line for line in finding_lines(SCOPE))


def test_errors_stand_first_and_the_decision_is_said() -> None:
    text = file_text(report(SCOPE, UNIT), judged_only=False)
    assert text.index("UNIT-OTHER") < text.index("SCOPE-OTHER-GOAL")
    assert "Loaded without the quarantined rows." in text
    assert "Would be loaded without the quarantined rows." in file_text(report(UNIT), judged_only=True)
    assert "No findings." in file_text(report(), judged_only=True)


def many(count: int) -> list[Finding]:
    """Findings of as many rules, errors and notes in turn, the third a consequence of the first."""
    made = [
        Finding(f"RULE-{n}", "error" if n % 2 else "info", 100 - n, f"Message {n} " + "word " * 40, f"Mend {n}.")
        for n in range(1, count + 1)
    ]
    return [replace(one, because_of=made[0].id) if n == 2 else one for n, one in enumerate(made)]


def test_the_first_page_names_every_cause_with_its_mending_and_the_details_follow() -> None:
    text = file_text(report(*many(6)), judged_only=True)
    lines = text.splitlines()
    assert "  2 errors to mend, 3 notes:" in lines
    first = lines[lines.index("  2 errors to mend, 3 notes:") + 1 :]
    assert first[0].startswith("   1 error    Message 1 word")
    assert first[0].endswith("… (1 more follows from it)")
    assert first[1] == "              → Mend 1."
    assert first[2].startswith("   2 error    Message 5")
    assert max(map(len, lines)) <= WIDTH
    detail = next(n for n, line in enumerate(lines) if line.startswith("  1 error    RULE-1-"))
    under = next(n for n, line in enumerate(lines) if line.startswith("    └ error    RULE-3-"))
    after = next(n for n, line in enumerate(lines) if line.startswith("  2 error    RULE-5-"))
    assert detail < under < after
    assert "RULE-3" not in file_text(report(*many(6)), judged_only=True, brief=True)


def test_a_few_causes_are_a_page_by_themselves() -> None:
    assert "to mend" not in file_text(report(UNIT, SCOPE), judged_only=True)
    brief = file_text(report(UNIT, SCOPE), judged_only=True, brief=True)
    assert "1 error to mend, 1 note:" in brief
    assert UNIT.id not in brief


def test_what_is_said_can_be_said_in_another_language() -> None:
    text = file_text(report(*many(5)), judged_only=True, say=lambda words: words.upper())
    assert "2 ERRORS TO MEND, 2 NOTES:" in text
    assert "WOULD BE LOADED WITHOUT THE QUARANTINED ROWS." in text
    assert "28 RECEIVED = 10 NEW + 18 QUARANTINED" in text
    assert "(99 PLACES)" in text


def test_totals_by_rule_join_providers_and_put_errors_first() -> None:
    other = report(UNIT)
    other.provider = "RWA"
    totals = totals_by_rule([report(SCOPE, UNIT), other])
    assert [(t.rule, t.findings, t.places, t.providers) for t in totals] == [
        ("UNIT-OTHER", 2, 36, ("KGZ", "RWA")),
        ("SCOPE-OTHER-GOAL", 1, 1565, ("KGZ",)),
    ]


def test_the_closing_summary_fits_80_columns_and_misses_nobody() -> None:
    done = Outcome("KGZ", [report(UNIT, SCOPE)], waiting=["b.xml is still being written; the next run takes it."])
    away = Outcome("UNSD", error="https://data.example/rest did not answer within 30 seconds. " * 3)
    idle = Outcome("KEN", unchanged=["https://data.example/rest/data/X: nothing has changed since the last run."])
    none = Outcome("RWA")
    old = Outcome("DEU", [report(decision="already_received")])
    text = run_text(
        [done, away, idle, none, old],
        {"KGZ": "Kyrgyzstan, National Statistical Committee"},
        {"report.indicator_observation": 12345},
        "var/published/current.duckdb",
    )
    assert "KGZ  Kyrgyzstan, National Statistical Committee" in text
    assert "✗ UNIT-OTHER, 18 places" in text
    assert "Not done: https://data.example/rest did not answer" in text
    assert "nothing has changed" in text
    assert "nothing to do: no delivery found" in text
    assert "b.xml is still being written" in text
    assert "report.indicator_observation     12,345 rows" in text
    assert "Published: var/published/current.duckdb" in text
    assert max(map(len, text.splitlines())) <= WIDTH


def test_a_path_below_here_is_shown_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert short_path(tmp_path / "var" / "a.duckdb") == "var/a.duckdb"
    assert short_path("/elsewhere/a") == "/elsewhere/a"
    assert short_path("") == ""
