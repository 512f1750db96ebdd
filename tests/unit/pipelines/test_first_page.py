"""The first page: at most ten entries, errors first, consequences folded into their causes."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from metadata.findings import Example, FileReport, Finding, Severity, cause_id
from pipelines.first_page import LINES, causes_of, first_page, headline


def a_finding(name: str, rule: str = "CODE-UNKNOWN", severity: Severity = "error", places: int = 1) -> Finding:
    return Finding(rule, severity, places, f"{name} is wrong.", f"Mend {name}.", id=cause_id(rule, name))


def ordered(*findings: Finding) -> list[Finding]:
    report = FileReport("a.csv", "table-csv", "0" * 64, "KGZ")
    report.add(findings)
    return report.findings


def test_a_consequence_of_a_consequence_stands_under_the_first_cause() -> None:
    unit = a_finding("unit", "UNIT-OTHER")
    multiplier = replace(a_finding("multiplier", "UNIT-MULT-OTHER", "warning"), because_of=unit.id)
    value = replace(a_finding("value", "VALUE-RANGE", places=9), because_of=multiplier.id)
    causes = causes_of(ordered(unit, multiplier, value))
    assert [(c.number, c.finding.id) for c in causes] == [(1, unit.id)]
    assert [f.id for f in causes[0].consequences] == [value.id, multiplier.id]
    [entry] = first_page(causes)
    assert (entry.message, entry.note) == ("unit is wrong.", "2 more follow from it")
    assert headline(causes) == "1 error to mend"


def test_a_warning_that_costs_rows_stands_among_the_errors() -> None:
    multiplier = a_finding("multiplier", "UNIT-MULT-OTHER", "warning", places=99)
    value = replace(a_finding("value", "VALUE-RANGE"), because_of=multiplier.id)
    other = a_finding("other", "KEY-EQUAL", "warning", places=500)
    causes = causes_of(ordered(other, multiplier, value))
    assert [(c.finding.rule, c.severity) for c in causes] == [("UNIT-MULT-OTHER", "error"), ("KEY-EQUAL", "warning")]
    assert headline(causes) == "1 error to mend, 1 warning to look at"
    assert [entry.severity for entry in first_page(causes)] == ["error", "warning"]


def test_causes_of_one_column_are_told_together_before_those_of_other_columns() -> None:
    def code(column: str, n: int) -> Finding:
        return replace(a_finding(f"{column} {n}", places=90 - n), examples=(Example(column=column),))

    entries = first_page(causes_of(ordered(*(code("SEX", n) for n in range(4)), *(code("AGE", n) for n in range(8)))))
    assert sorted((entry.causes[0].finding.examples[0].column, entry.note) for entry in entries) == [
        ("AGE", "7 more such"), *[("SEX", None)] * 4,
    ]  # fmt: skip


def test_a_cause_that_is_not_in_the_report_and_a_circle_hide_nothing() -> None:
    lost = replace(a_finding("lost"), because_of="ELSEWHERE-1")
    left, right = a_finding("left"), a_finding("right")
    circle = [replace(left, because_of=right.id), replace(right, because_of=left.id)]
    assert {cause.finding.id for cause in causes_of([lost, *circle])} == {lost.id, left.id, right.id}


def test_more_than_ten_causes_of_one_rule_are_told_together() -> None:
    codes = [a_finding(f"code {n}", places=50 - n) for n in range(30)]
    others = [a_finding(f"rule {n}", f"RULE-{n}", "warning") for n in range(3)]
    entries = first_page(causes_of(ordered(*others, *codes)))
    assert len(entries) == 4
    assert (entries[0].message, entries[0].note) == ("code 0 is wrong.", "29 more such")
    assert entries[0].hint == "Mend code 0."
    assert [entry.severity for entry in entries] == ["error", "warning", "warning", "warning"]


def test_what_does_not_fit_is_counted() -> None:
    entries = first_page(causes_of(ordered(*(a_finding(f"{n}", f"RULE-{n}") for n in range(13)))))
    assert len(entries) == LINES
    assert entries[-1].message == "4 more causes, in the details."
    assert entries[-1].causes == ()


def test_nothing_found_is_said() -> None:
    assert headline([]) == "No findings."
    assert first_page([]) == []


@given(st.lists(st.tuples(st.sampled_from("ABCDEFGHIJKLMN"), st.sampled_from(["error", "warning", "info"]))))
def test_the_page_never_has_more_than_ten_entries_and_misses_no_cause(kinds: list[tuple[str, Severity]]) -> None:
    found = ordered(*(a_finding(f"{n}", f"RULE-{rule}", severity) for n, (rule, severity) in enumerate(kinds)))
    causes = causes_of(found)
    entries = first_page(causes)
    assert len(entries) <= LINES
    told = [cause for entry in entries for cause in entry.causes]
    left = [entry for entry in entries if not entry.causes]
    counted = int(str(left[0].message).split()[0]) if left else 0
    assert len(told) + counted == len(causes) == len(kinds)
    order = ["error", "warning", "info"]
    assert [order.index(e.severity) for e in entries] == sorted(order.index(e.severity) for e in entries)
