"""A template filled with ten typical mistakes: the report alone is enough to mend them all in one round.

The mending below does only what a hint of the report says, at the cell that the report names. What the trial found is
written down in `docs/ten-mistakes.md`; a test compares.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from openpyxl.workbook.workbook import Workbook

from pipelines.cli import main


def sdg(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


class Office:
    """A workbook in an office's hands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book: Workbook = load_workbook(path)

    def cell(self, sheet: str, row: int, component: str) -> Any:
        names = [cell.value for cell in self.book[sheet][2]]
        return self.book[sheet].cell(row, names.index(component) + 1)

    def fill(self) -> None:
        """Fill some rows, with values that agree: missing and dead are together those of the third row."""
        for sheet, values in (
            ("12.4.2", {3: 84_000, 4: 12, 5: 3, 8: 40, 9: 70, 15: 25}), ("13.1.1", {3: 4, 4: 11, 5: 15, 6: 0.2, 7: 30}),
        ):  # fmt: skip
            for row, value in values.items():
                self.cell(sheet, row, "TIME_PERIOD").value = "2021"
                self.cell(sheet, row, "OBS_VALUE").value = value

    def mistake(self) -> None:
        """Make the ten."""
        self.cell("12.4.2", 4, "OBS_VALUE").value = "12,5"
        self.cell("12.4.2", 3, "TIME_PERIOD").value = "2017-2020"
        self.cell("12.4.2", 5, "TIME_PERIOD").value = datetime(2021, 1, 1)  # noqa: DTZ001 - cells know no zone
        percent = self.cell("12.4.2", 15, "OBS_VALUE")
        percent.value, percent.number_format = 0.25, "0%"
        self.cell("12.4.2", 8, "OBS_VALUE").value = "1 234"
        self.cell("12.4.2", 9, "UNIT_MEASURE").value = "TONNES"
        self.cell("13.1.1", 6, "SEX").value = "Male"
        self.cell("13.1.1", 4, "REF_AREA").value = "404"
        sheet = self.book["13.1.1"]
        last = sheet.max_row + 1
        for cell in sheet[5]:
            sheet.cell(last, cell.column).value = cell.value
        self.cell("13.1.1", last, "OBS_VALUE").value = 99
        self.cell("13.1.1", 7, "OBS_STATUS").value = None

    def save(self) -> None:
        self.book.save(self.path)

    def mend(self, finding: dict[str, Any]) -> None:
        """Do what the hint of a finding says, at the places that it names."""
        rule, hint = finding["rule"], finding["hint"]
        places = [(self.book[one["sheet"]], one["cell"], one) for one in finding["examples"]]
        assert places, f"{rule} names no cell"
        if rule == "KEY-UNEQUAL":
            assert hint.startswith("Send one value for each series key and period.")
            sheet, _, example = places[-1]
            sheet.delete_rows(example["row"])
            return
        for sheet, at, _example in places:
            cell = sheet[at]
            if rule in ("VALUE-NOT-NUMBER", "CODE-UNKNOWN"):
                said = hint.rstrip(".").replace(": ", " ").split(" ")[-1]
                cell.value = float(said) if rule == "VALUE-NOT-NUMBER" else said
            elif rule == "PERIOD-FORM":
                assert hint == "Write one period, such as 2020; a span of years goes into TIME_DETAIL."
                self.cell(sheet.title, cell.row, "TIME_DETAIL").value, cell.value = cell.value, "2020"
            elif rule in ("PERIOD-FREQ", "CELL-DATE"):
                assert "2021" in hint
                cell.number_format, cell.value = "@", "2021"
            elif rule == "CELL-PERCENT":
                assert hint.startswith("Format the column as a number and type the percentage itself")
                cell.number_format, cell.value = "General", 25
            elif rule == "AREA-NOT-PROVIDERS":
                assert "which reports for 417 (Kyrgyzstan)" in finding["message"]
                cell.value = "417"
            elif rule == "ATTRIBUTE-MISSING":
                assert hint.startswith("Fill in OBS_STATUS (A for a normal value)")
                cell.value = "A"
            else:
                raise AssertionError(f"nobody knows how to mend {rule}: {hint}")


def findings(path: Path) -> list[dict[str, Any]]:
    report = json.loads(sdg("check", path, "--provider", "KGZ", "--format", "json").output)
    found: list[dict[str, Any]] = report["files"][0]["findings"]
    return found


@pytest.fixture
def filled(sdg_home: Path, tmp_path: Path) -> Office:
    path = tmp_path / "filled.xlsx"
    sdg("template", "KGZ", "--indicator", "12.4.2", "--indicator", "13.1.1", "--lang", "en", "--out", path)
    office = Office(path)
    office.fill()
    office.save()
    assert findings(path) == [], "the template without mistakes"
    office.mistake()
    office.save()
    return office


def test_the_report_alone_is_enough_to_mend_ten_mistakes_in_one_round(filled: Office, project_root: Path) -> None:
    found = findings(filled.path)
    rules = sorted({one["rule"] for one in found})
    assert rules == [
        "AREA-NOT-PROVIDERS", "ATTRIBUTE-MISSING", "CELL-DATE", "CELL-PERCENT", "CODE-UNKNOWN", "KEY-UNEQUAL",
        "PERIOD-FORM", "PERIOD-FREQ", "VALUE-NOT-NUMBER",
    ]  # fmt: skip
    for one in sorted(found, key=lambda one: one["rule"] == "KEY-UNEQUAL"):  # rows move when one is taken out
        filled.mend(one)
    filled.save()
    assert findings(filled.path) == []
    page = (project_root / "docs" / "ten-mistakes.md").read_text(encoding="utf-8")
    assert [rule for rule in rules if rule not in page] == []


def test_the_marked_workbook_is_mended_in_place(filled: Office, tmp_path: Path) -> None:
    marked = tmp_path / "marked.xlsx"
    result = sdg("check", filled.path, "--provider", "KGZ", "--format", "xlsx", "--lang", "en", "--out", marked)
    assert "11 cells marked, 11 findings" in result.output
    found = findings(filled.path)
    office = Office(marked)
    for one in sorted(found, key=lambda one: one["rule"] == "KEY-UNEQUAL"):
        office.mend(one)
    office.save()
    assert findings(marked) == []
