"""The office's own workbook given back: the cells that findings touch marked and commented, and a sheet of findings.

Their formats, formulas, widths and other sheets are kept, as far as openpyxl keeps them: of pictures, charts, shapes or
macros it does not keep all: the sheet of findings says so where there are any. A mark is a colour and a
comment with the sentence and the mending, in the report's language. What was marked by an earlier report is
unmarked first, so that a mended copy can be checked, and sent, as it is: the sheet of findings has no headings of ours,
and is not read.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties

from metadata.errors import SdgError
from metadata.languages import RIGHT_TO_LEFT, direction, say
from metadata.words import Text, text
from pipelines.cells import Cells
from pipelines.first_page import SEVERITY_WORDS, causes_of, headline
from pipelines.read.template import OF_CHECK
from pipelines.show import WOULD, counts_line

if TYPE_CHECKING:
    from metadata.findings import FileReport, Finding, Severity
    from metadata.languages import Language
    from pipelines.check import Judgement

LIMIT = 2000
"""Most cells that are marked; errors first. The findings sheet says when there are more."""
AUTHOR = OF_CHECK
"""Author of our comments, by which those of an earlier report are known."""
SHEET = text("Findings")
_COLUMNS = (
    (text("severity"), 12), (text("rule"), 24), (text("places"), 9), (text("marked"), 9), (text("first place"), 22),
    (text("what was found"), 70), (text("how to mend it"), 60), (text("finding"), 30), (text("follows from"), 30),
)  # fmt: skip
_CODED = (2, 5, 8, 9)
"""Columns of codes and places, which run from left to right in every language."""
_FILLS: dict[Severity, PatternFill] = {
    "error": PatternFill("solid", fgColor="FFFF9F9F"),
    "warning": PatternFill("solid", fgColor="FFFFD966"),
    "info": PatternFill("solid", fgColor="FFBDD7EE"),
}
_OURS = {fill.fgColor.rgb for fill in _FILLS.values()}
_HEAD = PatternFill("solid", fgColor="FFDDEBF7")
# A font without a name is whatever the program likes best: LibreOffice takes one with serifs.
_BOLD, _TITLE = Font(name="Calibri", size=11, bold=True), Font(name="Calibri", size=14, bold=True)
_LINK = Font(name="Calibri", size=11, underline="single", color="FF0563C1")
_LOST = re.compile(r"xl/(media|charts|drawings/drawing|vbaProject|ctrlProps|activeX|slicers|embeddings|diagrams)")
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_UNREADABLE_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_COMMENT_WIDTH, _LINE_HEIGHT, _LETTERS_A_LINE = 360, 20, 46
_FORMATS = ("table-excel", "un-portal-excel")


@dataclass(slots=True)
class _Mark:
    """What is to be said at one cell."""

    severity: Severity
    findings: list[Finding] = field(default_factory=list)


def mark_workbook(
    source: Path, out: Path, report: FileReport, judgement: Judgement | None, language: Language
) -> int:
    """Write a copy of a workbook with the findings in it; return how many cells are marked.

    Args:
        source: the workbook that was judged; it is not changed.
        out: the copy, `.xlsx`; it appears whole or not at all.
        report: what was found.
        judgement: of the same; None when the file could not be read.
        language: of the comments and the sheet.

    Raises:
        SdgError: the file is no workbook or cannot be read, or the copy would replace it.
        StorageFull: the copy cannot be written.
    """
    if judgement is None:
        reason = report.findings[0].message if report.findings else "it is not readable"
        raise SdgError(f"Nothing can be marked in it. {reason}", where=str(source), hint="Use --format html.")
    if report.format not in _FORMATS:
        what = f"Only an Excel workbook can be given back marked; this is {report.format}."
        raise SdgError(what, where=str(source), hint="Use --format html, which prints well, or --format csv.")
    if out.resolve() == source.resolve():
        raise SdgError("The marked workbook would replace the one that is checked.", hint="Name another file.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts that openpyxl does not keep: the findings sheet says so
        book = load_workbook(source)
    _unmark(book)
    marks, marked, cut = _marks(report, judgement.cells or Cells())
    for (sheet, cell), mark in marks.items():
        _mark(book[sheet][cell], mark, language)
    _write_findings(book, report, judgement.cells or Cells(), marked, _notes(source, cut), language)
    _save(book, out)
    return len(marks)


def _marks(report: FileReport, cells: Cells) -> tuple[dict[tuple[str, str], _Mark], dict[str, int], bool]:
    """Return what is said at which cell, how many cells of each finding are marked, and whether some are left out."""
    marks: dict[tuple[str, str], _Mark] = {}
    marked: dict[str, int] = {}
    cut = False
    for finding in report.findings:  # errors come first
        places = list(dict.fromkeys(islice(cells.of(finding), LIMIT + 1)))
        for place in places:
            if (place not in marks and len(marks) >= LIMIT) or marked.get(finding.id, 0) >= LIMIT:
                cut = True
                continue
            marks.setdefault(place, _Mark(finding.severity)).findings.append(finding)
            marked[finding.id] = marked.get(finding.id, 0) + 1
    return marks, marked, cut


def _notes(source: Path, cut: bool) -> list[Text]:
    """Return what the findings sheet must say about the copy."""
    notes = [
        text("Mend the marked cells, here or in your own file, and send it again. Marks and this sheet may stay: they "
             "are not read.")
    ]  # fmt: skip
    if cut:
        notes.append(text("Only the first {limit} cells are marked, errors first. There are more.", limit=f"{LIMIT:,}"))
    with zipfile.ZipFile(source) as archive:
        if any(_LOST.match(name) for name in archive.namelist()):
            notes.append(text("Pictures, charts, shapes or macros of your workbook may be missing in this copy. Mend "
                              "your own file."))  # fmt: skip
    return notes


def _unmark(book: Workbook) -> None:
    """Take away the marks and the sheet of an earlier report."""
    for sheet in list(book.worksheets):
        if sheet.sheet_properties.codeName == _CODE_NAME:
            book.remove(sheet)
            continue
        for row in sheet.iter_rows():
            for cell in row:
                if cell.comment is None or AUTHOR not in str(cell.comment.author):
                    continue
                theirs = cell.comment.text.partition(_RULER)[0] if _RULER in cell.comment.text else ""
                cell.comment = Comment(theirs, AUTHOR.partition(" ")[0]) if theirs else None
                if cell.fill.fgColor.rgb in _OURS:
                    cell.fill = PatternFill()


_CODE_NAME = "SdgFindings"
"""By which our sheet is known, whatever it is called and in which language."""
_RULER = "\n――――――\n"
"""Between the office's own comment and ours."""


def _mark(cell: Any, mark: _Mark, language: Language) -> None:
    cell = _anchor(cell)
    cell.fill = _FILLS[mark.severity]
    said = []
    for finding in mark.findings:
        hint = f"\n→ {say(finding.hint, language)}" if finding.hint else ""
        severity = say(SEVERITY_WORDS[finding.severity], language)
        said.append(f"{severity} · {finding.id}\n{say(finding.message, language)}{hint}")
    words = "\n\n".join(said)
    own = f"{cell.comment.text}{_RULER}" if cell.comment is not None else ""
    words = _UNREADABLE_CHARACTERS.sub(" ", own + words)
    lines = sum(-(-len(line) // _LETTERS_A_LINE) or 1 for line in words.split("\n"))
    cell.comment = Comment(words, AUTHOR, width=_COMMENT_WIDTH, height=min(lines * _LINE_HEIGHT + 12, 600))


def _anchor(cell: Any) -> Any:
    """Return the cell that can be written: of merged cells, the first."""
    for area in cell.parent.merged_cells.ranges:
        if cell.coordinate in area:
            return cell.parent.cell(area.min_row, area.min_col)
    return cell


def _write_findings(
    book: Workbook,
    report: FileReport,
    cells: Cells,
    marked: dict[str, int],
    notes: list[Text],
    language: Language,
) -> None:
    """Put the sheet of findings first: the decision, the notes, then one row a finding, causes before consequences."""
    name, number = say(SHEET, language)[:28], 1
    while (title := name if number == 1 else f"{name} {number}").casefold() in {n.casefold() for n in book.sheetnames}:
        number += 1
    sheet = book.create_sheet(title, 0)
    sheet.sheet_properties.codeName = _CODE_NAME
    sheet.sheet_view.rightToLeft = direction(language) == "rtl"
    causes = causes_of(report.findings)
    decision = say(WOULD[report.decision], language)
    top = [
        say(headline(causes), language),
        f"{say(counts_line(report.counts), language)}: {decision}.",
        *(say(note, language) for note in notes),
    ]
    for row, line in enumerate(top, start=1):
        _put(sheet.cell(row, 1), line, language, wrap=False)
    sheet["A1"].font = _TITLE
    sheet.cell(1, len(_COLUMNS)).value = OF_CHECK
    sheet.row_dimensions[1].height = 22
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    start = len(top) + 2
    for column, (heading, width) in enumerate(_COLUMNS, start=1):
        cell = sheet.cell(start, column)
        _put(cell, say(heading, language), language)
        cell.font, cell.fill = _BOLD, _HEAD
        sheet.column_dimensions[get_column_letter(column)].width = width
    ordered = [one for cause in causes for one in (cause.finding, *cause.consequences)]
    for row, finding in enumerate(ordered, start=start + 1):
        _write_finding(sheet, row, finding, cells, marked.get(finding.id, 0), language)
    sheet.freeze_panes = f"A{start + 1}"
    for other in book.worksheets:
        other.sheet_view.tabSelected = other is sheet
    book.active = 0


def _write_finding(
    sheet: Any, row: int, finding: Finding, cells: Cells, marked: int, language: Language
) -> None:
    first = next(cells.of(finding), None)
    place = "" if first is None else f"{first[0]}!{first[1]}"
    values: list[str | int] = [
        say(SEVERITY_WORDS[finding.severity], language), finding.rule, finding.places, marked, place,
        say(finding.message, language), say(finding.hint, language), finding.id, finding.because_of or "",
    ]  # fmt: skip
    for column, value in enumerate(values, start=1):
        _put(sheet.cell(row, column), value, language)
        if column in _CODED:
            sheet.cell(row, column).alignment = Alignment(vertical="top", readingOrder=1)
    sheet.cell(row, 1).fill = _FILLS[finding.severity]
    if first is not None:
        link = sheet.cell(row, 5)
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"{quote_sheetname(first[0])}!{first[1]}")
        link.font = _LINK
    lines = max(-(-len(str(value)) // (width - 6)) for value, (_, width) in zip(values, _COLUMNS, strict=True))
    sheet.row_dimensions[row].height = max(lines, 1) * 15 + 3


def _put(cell: Any, value: str | int, language: Language, *, wrap: bool = True) -> None:
    """Write a value; a text always as text, also one that looks like a formula."""
    order = 2 if language in RIGHT_TO_LEFT else 0
    cell.alignment = Alignment(wrap_text=wrap, vertical="top", readingOrder=order)
    if isinstance(value, str):
        cell.value = _UNREADABLE_CHARACTERS.sub(" ", value) or None
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(("=", "+", "-", "@"))
        return
    cell.value = value
    cell.alignment = Alignment(horizontal="center", vertical="top")


def _save(book: Workbook, out: Path) -> None:
    from metadata.whole import save_workbook

    save_workbook(out, book, what="marked workbook")
