"""The forms of the report for other programs: JSON as the contract says, CSV and HTML that are safe to open."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser

from metadata.findings import Example, FileReport, Finding, Report
from pipelines.report_formats import CSV_HEADINGS, to_csv, to_html, to_json

EVIL = '=HYPERLINK("http://x")'


def a_report() -> Report:
    file = FileReport("<b>.xml", "table-csv", "0" * 64, "KEN", decision="load_with_quarantine")
    file.counts.received = file.counts.quarantined = 7
    places = (Example(row=2, column="OBS_VALUE", value=EVIL), Example(row=3, value="<script>"))
    file.add(
        [
            Finding("VALUE-NOT-NUMBER", "error", 7, 'OBS_VALUE: "1,5" is no number.', "Write 1.5.", places),
            Finding("SCOPE-OTHER-GOAL", "info", 1, "A whole-file note.", ""),
        ]
    )
    return Report([file, FileReport("b.xml", None, "1" * 64, None, decision="reject")])


def test_json_is_the_contract() -> None:
    data = json.loads(to_json(a_report()))
    assert list(data) == ["valid", "files"]
    assert data["valid"] is False
    first = data["files"][0]
    assert first["findings"][0]["places"] == 7
    assert list(first["findings"][0]["examples"][0]) == [
        "sheet", "row", "line", "column", "series_key", "time_period", "value", "expected", "cell", "path",
    ]  # fmt: skip
    assert sum(v for k, v in first["counts"].items() if k not in ("received", "withdrawn")) == 7


def test_csv_has_one_line_a_place_and_runs_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(a_report()))))
    assert tuple(rows[0]) == CSV_HEADINGS
    assert [row["rule"] for row in rows] == ["VALUE-NOT-NUMBER", "VALUE-NOT-NUMBER", "SCOPE-OTHER-GOAL"]
    assert rows[0]["value"] == f"'{EVIL}"


class Tags(HTMLParser):
    """Collects the tags and fails on what does not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_whole_and_escapes_what_offices_sent() -> None:
    page = to_html(a_report())
    tags = Tags()
    tags.feed(page)
    assert not tags.open
    assert not tags.seen & {"script", "link", "img", "iframe"}
    assert "&lt;script&gt;" in page
    assert "1 error to mend" in page
    assert "and 5 more" in page
    assert "No findings." in page


def test_html_of_a_clean_file_says_so() -> None:
    assert "No errors found" in to_html(Report([FileReport("a.xml", "table-csv", "0" * 64, "KEN")]))


def test_html_begins_with_the_causes_and_leads_from_each_to_its_details() -> None:
    file = FileReport("a.xlsx", "table-excel", "0" * 64, "KEN", decision="load_with_quarantine")
    place = Example(sheet="Data", row=17, cell="F17", column="OBS_VALUE", value="1", series_key="A.N")
    unit = Finding("UNIT-MULT-OTHER", "warning", 4, "Another multiplier.", "Send 0.", (place,))
    value = Finding("VALUE-RANGE", "error", 4, "Out of range.", "Check it.", (place,), because_of=unit.id)
    others = [Finding(f"RULE-{n}", "info", 1, f"Note {n}.", "") for n in range(4)]
    file.add([unit, value, *others])
    page = to_html(Report([file]))
    assert "<h1>1 error to mend</h1>" in page
    assert "<h3>1 error to mend, 4 notes</h3>" in page
    first, details = page.split('<div class="details">')
    assert f'<a href="#f1-{unit.id}">Another multiplier.</a> ' in first
    assert '<span class="soft">(1 more follows from it)</span>' in first
    assert "Out of range." not in first
    assert f'<div class="follows"><article class="error" id="f1-{value.id}">' in details
    assert "<th>sheet</th><th>cell</th><th>column</th>" in details, "the row is in the cell"
    assert "<td>F17</td>" in details
    assert '<td class="key">A.N</td>' in details


def test_html_is_said_in_the_readers_language() -> None:
    page = to_html(a_report(), say=lambda words: words.upper(), language="ar", direction="rtl")
    assert '<html lang="ar" dir="rtl">' in page
    assert "WOULD BE LOADED WITHOUT THE QUARANTINED ROWS." in page
    assert "AND 5 MORE" in page


def test_a_json_message_shows_the_path() -> None:
    file = FileReport("a.json", "sdmx-json-2.0", "0" * 64, "KEN")
    path = '$.data.dataSets[0].series["0:1"]'
    file.add([Finding("KEY-EQUAL", "warning", 1, "Twice.", "Once.", (Example(path=path, column="SEX"),))])
    assert '<td class="key">$.data.dataSets[0].series[&quot;0:1&quot;]</td>' in to_html(Report([file]))
    [line] = csv.DictReader(io.StringIO(to_csv(Report([file]))))
    assert (line["path"], line["json_path"], line["because_of"]) == ("a.json", path, "")
    assert line["finding"] == file.findings[0].id
