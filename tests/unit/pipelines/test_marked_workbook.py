"""The office's own workbook given back: every touched cell marked and commented, a sheet of findings, the rest kept."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from metadata.areas import load_areas
from metadata.errors import SdgError, StorageFull
from metadata.languages import Language, say
from metadata.load import load_catalogue
from metadata.structure import load_structure
from metadata.words import text
from pipelines import marked_workbook
from pipelines.cells import Cells
from pipelines.check import Judgement, judge
from pipelines.marked_workbook import AUTHOR, mark_workbook
from pipelines.provider import load_providers
from pipelines.read.detect import read_message

HEAD = [component.id for component in load_structure().components[:20]]
GOOD: dict[str, Any] = {
    **dict.fromkeys((c.id for c in load_structure().dimensions), "_T"), "FREQ": "A", "REPORTING_TYPE": "N",
    "SERIES": "EN_HAZ_PCAP", "REF_AREA": "417", "OBS_VALUE": 1.5, "OBS_STATUS": "A", "UNIT_MULT": "0",
    "UNIT_MEASURE": "KG",
}  # fmt: skip
SEX = get_column_letter(HEAD.index("SEX") + 1)
VALUE = get_column_letter(HEAD.index("OBS_VALUE") + 1)


def workbook(*rows: dict[str, Any]) -> Workbook:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Data & more"
    sheet.append(HEAD)
    for number, row in enumerate(rows):
        filled = {**GOOD, "TIME_PERIOD": str(1980 + number % 40), **row}
        sheet.append([filled[name] for name in HEAD])
    return book


def judged(path: Path) -> Judgement:
    return judge(
        read_message(path), load_providers().get("KGZ"), load_catalogue(), load_structure(), load_areas(),
        path=str(path), sha256="0" * 64, today=date(2026, 11, 22),
    )


def marked(book: Workbook, folder: Path, language: Language = "en") -> tuple[int, Workbook]:
    book.save(folder / "sent.xlsx")
    judgement = judged(folder / "sent.xlsx")
    count = mark_workbook(folder / "sent.xlsx", folder / "marked.xlsx", judgement.report, judgement, language)
    return count, load_workbook(folder / "marked.xlsx")


def table(sheet: Any) -> list[dict[str, Any]]:
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    at = next(number for number, row in enumerate(rows) if "rule" in row)
    return [dict(zip(rows[at], row, strict=True)) for row in rows[at + 1 :]]


def test_all_places_are_marked_and_not_only_the_examples(tmp_path: Path) -> None:
    count, book = marked(workbook(*({"SEX": "Male"} for _ in range(12)), {"TIME_PERIOD": "2025"}), tmp_path)
    sheet = book["Data & more"]
    assert count == 12
    for row in range(2, 14):
        cell = sheet[f"{SEX}{row}"]
        assert cell.fill.fgColor.rgb == "FFFF9F9F"
        assert cell.comment.author == AUTHOR
        assert 'SEX: "Male" is not a code of CL_SEX' in cell.comment.text
        assert "→ Use M." in cell.comment.text
    assert sheet[f"{SEX}14"].comment is None
    [row] = table(book["Findings"])
    assert (row["rule"], row["places"], row["marked"], row["first place"]) == (
        "CODE-UNKNOWN", 12, 12, f"Data & more!{SEX}2",
    )
    link = next(cell.hyperlink for cells in book["Findings"].iter_rows() for cell in cells if cell.hyperlink)
    assert link.location == f"'Data & more'!{SEX}2"


def test_what_the_office_made_is_kept(tmp_path: Path) -> None:
    book = workbook({"SEX": "Male"}, {})
    sheet = book.worksheets[0]
    sheet["A2"].font, sheet["B2"].fill = Font(bold=True, color="FF123456"), PatternFill("solid", fgColor="FF00FF00")
    sheet.column_dimensions["C"].width = 47.0
    sheet[f"{SEX}2"].comment = Comment("as in the register", "Aigul")
    other = book.create_sheet("Working")
    other["A1"] = "=SUM(1,2)"
    _, again = marked(book, tmp_path)
    assert again.sheetnames == ["Findings", "Data & more", "Working"]
    sheet = again["Data & more"]
    assert (sheet["A2"].font.bold, sheet["A2"].font.color.rgb) == (True, "FF123456")
    assert sheet["B2"].fill.fgColor.rgb == "FF00FF00"
    assert sheet.column_dimensions["C"].width == 47.0
    assert again["Working"]["A1"].value == "=SUM(1,2)"
    assert sheet[f"{SEX}2"].comment.text.startswith("as in the register\n")


def test_a_marked_workbook_is_mended_and_checked_again(tmp_path: Path) -> None:
    book = workbook({"SEX": "Male"}, {})
    book.worksheets[0][f"{SEX}2"].comment = Comment("as in the register", "Aigul")
    _, again = marked(book, tmp_path)
    count, twice = marked(again, tmp_path)
    assert count == 1
    assert twice.sheetnames == ["Findings", "Data & more"], "the former sheet of findings is replaced"
    assert twice["Data & more"][f"{SEX}2"].comment.text.count("CL_SEX") == 1
    twice["Data & more"][f"{SEX}2"].value = "_T"
    count, mended = marked(twice, tmp_path)
    cell = mended["Data & more"][f"{SEX}2"]
    assert (count, cell.comment.text, cell.fill.fill_type) == (0, "as in the register", None)
    assert judged(tmp_path / "marked.xlsx").report.findings == []
    assert mended["Findings"]["A1"].value == "No findings."


def test_notes_of_the_reader_and_findings_on_whole_rows_have_their_cells(tmp_path: Path) -> None:
    book = workbook(*({"TIME_PERIOD": "2021", "OBS_VALUE": number} for number in (1, 2)), *({} for _ in range(8)))
    for row in range(4, 12):
        book.worksheets[0][f"{VALUE}{row}"].number_format = "0%"
    _, again = marked(book, tmp_path)
    sheet = again["Data & more"]
    assert "KEY-UNEQUAL" in sheet[f"{VALUE}2"].comment.text
    assert "KEY-UNEQUAL" in sheet[f"{VALUE}3"].comment.text
    found = {row["rule"]: row["marked"] for row in table(again["Findings"])}
    assert found["CELL-PERCENT"] == 8
    assert sheet[f"{VALUE}11"].fill.fgColor.rgb == "FFFFD966"


def test_a_value_that_looks_like_a_formula_is_a_text(tmp_path: Path) -> None:
    _, again = marked(workbook({"SEX": '=HYPERLINK("http://x")&1'}, {}), tmp_path)
    texts = [cell for row in again["Findings"].iter_rows() for cell in row if cell.value is not None]
    assert not [cell.coordinate for cell in texts if cell.data_type == "f"]
    [row] = table(again["Findings"])
    assert "HYPERLINK" in row["what was found"]


def test_only_so_many_cells_are_marked_and_the_sheet_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marked_workbook, "LIMIT", 5)
    count, again = marked(workbook(*({"SEX": "Male"} for _ in range(9))), tmp_path)
    assert count == 5
    top = [str(row[0].value) for row in again["Findings"].iter_rows(max_row=5)]
    assert "Only the first 5 cells are marked, errors first. There are more." in top
    [row] = table(again["Findings"])
    assert (row["places"], row["marked"]) == (9, 5)


def test_a_workbook_with_a_chart_is_told_that_it_may_be_missing(tmp_path: Path) -> None:
    book = workbook({"SEX": "Male"}, {})
    chart = BarChart()
    chart.add_data(Reference(book.worksheets[0], min_col=17, min_row=1, max_row=3))
    book.worksheets[0].add_chart(chart, "Z1")
    _, again = marked(book, tmp_path)
    top = [str(row[0].value) for row in again["Findings"].iter_rows(max_row=5)]
    assert any(line.startswith("Pictures, charts, shapes or macros of your workbook may be missing") for line in top)


def test_merged_cells_are_marked_at_their_first(tmp_path: Path) -> None:
    book = workbook({"SEX": "Male"}, {})
    book.worksheets[0].merge_cells(f"{SEX}2:{SEX}3")
    count, again = marked(book, tmp_path)
    assert count >= 1
    assert again["Data & more"][f"{SEX}2"].comment is not None


def test_in_arabic_the_sheet_runs_to_the_left_and_another_sheet_of_that_name_is_no_harm(tmp_path: Path) -> None:
    book = workbook({"SEX": "Male"}, {})
    title = say(text("Findings"), "ar")
    book.create_sheet(title)
    _, again = marked(book, tmp_path, "ar")
    assert again.sheetnames == [f"{title} 2", "Data & more", title]
    assert again.worksheets[0].sheet_view.rightToLeft
    assert again.active == again.worksheets[0]


def test_what_cannot_be_marked_is_a_sentence(tmp_path: Path) -> None:
    workbook({"SEX": "Male"}, {}).save(tmp_path / "sent.xlsx")
    judgement = judged(tmp_path / "sent.xlsx")
    report = judgement.report
    source, out = tmp_path / "sent.xlsx", tmp_path / "out.xlsx"
    with pytest.raises(SdgError, match=r"Only an Excel workbook can be given back marked; this is sdmx-csv-1\.0"):
        mark_workbook(source, out, replace(report, format="sdmx-csv-1.0"), judgement, "en")
    with pytest.raises(SdgError, match="The marked workbook would replace the one that is checked"):
        mark_workbook(source, source, report, judgement, "en")
    with pytest.raises(SdgError, match=r"Nothing can be marked in it\. SEX"):
        mark_workbook(source, out, report, None, "en")
    with pytest.raises(SdgError, match="The folder for the marked workbook is not there"):
        mark_workbook(source, tmp_path / "none" / "out.xlsx", report, judgement, "en")
    out.mkdir()
    with pytest.raises(StorageFull, match="The marked workbook cannot be written: Is a directory"):
        mark_workbook(source, out, report, judgement, "en")
    assert zipfile.is_zipfile(source)


def test_without_more_the_examples_are_the_places(tmp_path: Path) -> None:
    workbook({"SEX": "Male"}, {}).save(tmp_path / "sent.xlsx")
    judgement = judged(tmp_path / "sent.xlsx")
    [found] = judgement.report.findings
    assert list(Cells().of(found)) == [("Data & more", f"{SEX}2")]
    [example] = found.examples
    bare = replace(found, examples=(replace(example, cell=None, column=None),))
    assert list(Cells({"Data & more": {"obs_value": "Q"}}).of(bare)) == [("Data & more", "Q2")]
    assert list(Cells().of(replace(found, examples=()))) == []
