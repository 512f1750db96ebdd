"""Findings, counts and reports: the shapes that the command line, the ledger and Dagster all hand on."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.findings import (
    EXAMPLES_KEPT,
    SEVERITIES,
    Counts,
    Example,
    FileReport,
    Finding,
    Report,
    Severity,
    cause_id,
)

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "report.json"
GOLDEN_MENDED_BY = (
    "The JSON report is a contract with programs outside. If the change is meant, say so in CHANGELOG.md and "
    "mend the golden file: SDG_MEND_GOLDEN=1 .venv/bin/python -m pytest tests/unit/metadata/test_findings.py"
)


@pytest.mark.parametrize(
    ("example", "place"),
    [
        (Example(), ""),
        (Example(column="SEX"), "SEX"),
        (Example(line=40), "line 40"),
        (Example(line=40, column="SEX"), "line 40, column SEX"),
        (Example(row=17), "row 17"),
        (Example(row=17, line=17, column="SEX"), "line 17, column SEX"),
        (Example(row=17, line=19, column="SEX"), "line 19, row 17, column SEX"),
        (Example(sheet="Data", row=17, cell="F17", column="SEX"), "sheet Data, cell F17 (SEX)"),
        (Example(sheet="Data", row=17, cell="F17", column="F"), "sheet Data, cell F17"),
        (Example(path='$.data.series["0:1"]', column="SEX"), '$.data.series["0:1"], column SEX'),
        (Example(sheet="Data"), "sheet Data"),
        (Example(sheet="Data", row=17, column="SEX"), "sheet Data, row 17, column SEX"),
        (Example(sheet="Data", column="SEX"), "sheet Data, column SEX"),
    ],
)
def test_a_place_is_said_in_words(example: Example, place: str) -> None:
    assert example.place() == place


def _finding(
    severity: Severity = "error", places: int = 3, rule: str = "CODE-UNKNOWN", message: str = "m"
) -> Finding:
    return Finding(rule, severity, places, message, "h")


def test_a_finding_keeps_its_shape_in_json() -> None:
    finding = Finding("CODE-UNKNOWN", "error", 2, "m", "h", (Example(row=17, column="SEX", value="Male"),))
    as_json = json.loads(json.dumps(finding.to_dict()))
    assert list(as_json) == ["rule", "severity", "places", "message", "hint", "examples", "id", "because_of"]
    assert as_json["examples"] == [
        {
            "sheet": None, "row": 17, "line": None, "column": "SEX", "series_key": None, "time_period": None,
            "value": "Male", "expected": None, "cell": None, "path": None,
        }
    ]  # fmt: skip


_text = st.none() | st.text()
_examples = st.builds(
    Example,
    sheet=_text, row=st.none() | st.integers(1), line=st.none() | st.integers(1), column=_text,
    series_key=_text, time_period=_text, value=_text, expected=_text,
)  # fmt: skip
_findings = st.builds(
    Finding,
    rule=st.text(),
    severity=st.sampled_from(SEVERITIES),
    places=st.integers(0),
    message=st.text(),
    hint=st.text(),
    examples=st.lists(_examples, max_size=EXAMPLES_KEPT).map(tuple),
)


@given(_findings)
def test_what_the_ledger_keeps_of_a_finding_is_the_finding(finding: Finding) -> None:
    assert Finding.from_dict(json.loads(json.dumps(finding.to_dict()))) == finding


PARTS = [f.name for f in dataclasses.fields(Counts) if f.name not in ("received", "withdrawn")]


@given(st.lists(st.integers(0, 10_000), min_size=len(PARTS), max_size=len(PARTS)), st.integers(0, 99))
def test_every_received_row_is_accounted_for_once(parts: list[int], withdrawn: int) -> None:
    counts = Counts(received=sum(parts), withdrawn=withdrawn, **dict(zip(PARTS, parts, strict=True)))
    assert counts.balanced()
    counts.received += 1
    assert not counts.balanced()


def test_the_names_of_the_counts_are_those_of_the_contract() -> None:
    assert list(Counts().to_dict()) == [
        "received", "new", "value_revised", "attributes_revised", "unchanged", "quarantined", "rejected",
        "duplicate", "out_of_scope", "dropped", "withdrawn",
    ]  # fmt: skip
    assert set(Counts().to_dict().values()) == {0}


def test_accepted_is_new_and_revised() -> None:
    assert Counts(new=1, value_revised=2, attributes_revised=4, unchanged=8, withdrawn=16).accepted == 7


@given(st.lists(st.lists(st.integers(0, 99), min_size=11, max_size=11), min_size=1, max_size=4))
def test_counts_of_several_deliveries_add_up_name_by_name(rows: list[list[int]]) -> None:
    total = sum((Counts(*row) for row in rows), Counts())
    assert list(total.to_dict().values()) == [sum(column) for column in zip(*rows, strict=True)]


def test_withdrawn_keys_are_counted_apart() -> None:
    assert Counts(received=1, new=1, withdrawn=5).balanced()


def test_findings_stand_errors_first_then_by_places() -> None:
    report = FileReport("a.csv", "table-csv", "0" * 64, "KGZ")
    report.add([_finding("info", 9), _finding("error", 1), _finding("warning", 5)])
    report.add([_finding("error", 7), _finding("error", 1, rule="A"), _finding("error", 1, message="a")])
    assert [(f.severity, f.places, f.rule, f.message) for f in report.findings] == [
        ("error", 7, "CODE-UNKNOWN", "m"),
        ("error", 1, "A", "m"),
        ("error", 1, "CODE-UNKNOWN", "a"),
        ("error", 1, "CODE-UNKNOWN", "m"),
        ("warning", 5, "CODE-UNKNOWN", "m"),
        ("info", 9, "CODE-UNKNOWN", "m"),
    ]


def test_a_file_is_valid_until_an_error_is_found() -> None:
    report = FileReport("a.csv", "table-csv", "0" * 64, None)
    whole = Report([report])

    def valid() -> tuple[bool, bool]:
        return report.valid, whole.valid

    assert valid() == (True, True)
    report.add([_finding("info"), _finding("warning")])
    assert valid() == (True, True)
    report.add([_finding("error")])
    assert valid() == (False, False)


def test_a_report_of_no_file_is_valid() -> None:
    assert Report().to_dict() == {"valid": True, "files": []}


def test_reports_do_not_share_their_lists() -> None:
    one, other = FileReport("a", None, "0", None), FileReport("b", None, "0", None)
    one.add([_finding()])
    one.counts.received = 1
    assert other.findings == []
    assert other.counts.received == 0


def _specimen() -> Report:
    """One of everything that the contract knows: every key, every severity, absent and present."""
    good = FileReport(
        "inbox/RWA/data.xml",
        "sdmx-ml-2.1-structure-specific",
        "a" * 64,
        "RWA",
        counts=Counts(received=2, new=1, unchanged=1, withdrawn=1),
        delivery_id="RWA-aaaaaaaaaaaa",
    )
    good.add([Finding("WITHDRAWN", "info", 1, "1 of 3 keys was not sent again.", "Nothing, if it is meant.")])
    bad = FileReport(
        "form.xlsx",
        "table-excel",
        "b" * 64,
        None,
        decision="load_with_quarantine",
        counts=Counts(9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0),
    )
    bad.add(
        [
            Finding("KEY-EQUAL", "warning", 1, "A row stands twice.", "Leave one out."),
            Finding(
                "CODE-UNKNOWN", "error", 1, '"Male" is not a code of CL_SEX.', "Use M, F or _T.",
                (Example("Data", 17, None, "SEX", "A.N.VC_DSR_MORT.404", "2022", "Male", "M, F or _T"),),
            ),
        ]
    )  # fmt: skip
    unread = FileReport("scan.pdf", None, "c" * 64, "KGZ", decision="reject")
    unread.add([Finding("FILE-UNREADABLE", "error", 1, "A PDF is no format of ours.", "Send the workbook.")])
    return Report([good, bad, unread])


def test_the_json_report_is_the_contract() -> None:
    found = _specimen().to_dict()
    if os.environ.get("SDG_MEND_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    golden: Any = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert json.dumps(found, indent=2) == json.dumps(golden, indent=2), GOLDEN_MENDED_BY


def test_the_order_of_the_keys_is_part_of_the_contract() -> None:
    report = _specimen().to_dict()
    assert list(report) == ["valid", "files"]
    assert list(report["files"][0]) == [
        "path", "format", "sha256", "provider", "delivery_id", "valid", "decision", "counts", "findings",
    ]  # fmt: skip


def test_the_id_of_a_cause_is_the_same_whatever_it_touches_and_differs_by_what_it_is_about() -> None:
    assert cause_id("A-RULE", None, "series=X") == cause_id("A-RULE", None, "series=X")
    assert cause_id("A-RULE", None, "series=X") != cause_id("A-RULE", None, "series=Y")
    assert cause_id("A-RULE", None, "series=X") != cause_id("A-RULE", "many", "series=X")
    assert cause_id("CODE-UNKNOWN").startswith("CODE-UNKNOWN-")
    assert _finding(places=3).id == _finding(places=4, message="other").id == cause_id("CODE-UNKNOWN")


def test_ids_are_unique_within_a_delivery() -> None:
    report = FileReport("a.csv", "table-csv", "0" * 64, "KGZ")
    report.add([_finding(message="a"), _finding(message="b")])
    report.add([_finding(message="c")])
    first = cause_id("CODE-UNKNOWN")
    assert [f.id for f in report.findings] == [first, f"{first}-2", f"{first}-3"]
    report.add([])
    assert [f.id for f in report.findings] == [first, f"{first}-2", f"{first}-3"]


def test_a_finding_of_an_earlier_ledger_has_an_id_too() -> None:
    kept = {k: v for k, v in _finding().to_dict().items() if k not in ("id", "because_of")}
    assert Finding.from_dict(kept) == _finding()
