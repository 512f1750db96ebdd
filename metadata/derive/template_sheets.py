"""The sheets of the template: cells, lists to choose from, locks, widths, the direction of writing.

Made of a `metadata.derive.template_plan.Plan`; nothing is decided here about what is asked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from metadata.derive import template_texts as texts
from metadata.derive.template_plan import TEMPLATE_SHEET, Plan
from metadata.errors import SdgError
from metadata.languages import RIGHT_TO_LEFT, Language, direction, say
from metadata.structure import Component

HEADING_ROW = 2
LAST_ROW = 5000
"""Last row of a data sheet with drop-down lists and text format, where no more is prefilled."""
_ROOM = 1000
"""Empty rows with drop-down lists below what is prefilled, at least."""
_README_WIDTH = 100
"""Width of the read-me sheet in characters."""
_TYPED_COMPONENTS = ("TIME_PERIOD", "OBS_VALUE")
_UNITS = ("UNIT_MULT", "UNIT_MEASURE")
_WIDE = {"SERIES": 44, "REF_AREA": 22, "UNIT_MEASURE": 34, "UNIT_MULT": 14, "OBS_STATUS": 18, "COMMENT_OBS": 40,
         "SOURCE_DETAIL": 40, "COMMENT_TS": 40, "COMPOSITE_BREAKDOWN": 28, "CUST_BREAKDOWN": 20}  # fmt: skip

_FIXED = PatternFill("solid", fgColor="E7E6E6")
_TYPED = PatternFill("solid", fgColor="FFF2CC")
_HEAD = PatternFill("solid", fgColor="DDEBF7")
# A font without a name is whatever the program likes best: LibreOffice takes one with serifs.
_BOLD, _TITLE = Font(name="Calibri", size=11, bold=True), Font(name="Calibri", size=14, bold=True)
_OPEN = Protection(locked=False)
_NOT_IN_A_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")


def sheet_name(name: str, language: Language) -> str:
    """Return a sheet's name for people, as a workbook takes it: 31 characters, no brackets, slashes or colons."""
    return _NOT_IN_A_SHEET_NAME.sub(" ", say(name, language))[:31].strip()


def put(cell: Any, value: str | float | None, *, number: bool = False) -> None:
    """Write a text as text, also one that looks like a formula, or a number where it is exact.

    Raises:
        SdgError: the text has a character that no workbook can hold.
    """
    if isinstance(value, str):
        if ILLEGAL_CHARACTERS_RE.search(value):
            what = f"The text {value!r} has a control character, which a workbook cannot hold."
            raise SdgError(what, hint="Take it out of the previous observations.")
        exact = _exact(value) if number else None
        if exact is None:
            cell.value = value
            cell.data_type = "s"
            cell.number_format = "@"
            return
        value = exact
    cell.value = value


def _exact(number: str) -> float | int | None:
    """Return the number that is spelled exactly so, or None when there is none."""
    if len(number) < 16 and number.removeprefix("-").isdecimal() and str(int(number)) == number:
        return int(number)
    try:
        value = float(number)
    except ValueError:
        return None
    # openpyxl writes 16 digits; a number that needs 17 stays a text
    stays = repr(value) == number and float(f"{value:.16g}") == value
    return value if stays and not value.is_integer() and abs(value) != float("inf") else None


def write_codes(book: Workbook, plan: Plan) -> dict[str, str]:
    """Write the sheet of codes; return the cell range with the list of each coded component."""
    language = plan.language
    sheet = book.create_sheet(sheet_name(texts.CODES_SHEET, language))
    sheet.freeze_panes = "A3"
    _face(sheet, language)
    ranges, column = {}, 1
    for component in plan.structure.components:
        codes = plan.codes.get(component.id)
        if not codes:
            continue
        head = (component.id, say(texts.HEADINGS.get(component.id, component.name), language), "")
        names = tuple(say(one, language) for one in (texts.CODE, texts.NAME, texts.CHOICE))
        triples = [(code, name, plan.label(component.id, code)) for code, name in codes.items()]
        for row, triple in enumerate([head, names, *triples], start=1):
            for offset, words in enumerate(triple):
                cell = sheet.cell(row, column + offset)
                put(cell, words or None)
                if row <= HEADING_ROW:
                    cell.font, cell.fill = _BOLD, _HEAD
        for offset, width in enumerate((14, 44, 44)):
            sheet.column_dimensions[get_column_letter(column + offset)].width = width
        letter = get_column_letter(column + 2)
        name = quote_sheetname(sheet.title)
        ranges[component.id] = f"{name}!${letter}$3:${letter}${len(codes) + HEADING_ROW}"
        column += 3
    _lock(sheet)
    return ranges


def write_indicator(
    book: Workbook,
    number: str,
    plan: Plan,
    lists: Mapping[str, str],
    previous: Sequence[Mapping[str, object]],
) -> None:
    """Write the data sheet of an indicator: what was reported last first, then what is to be filled."""
    sheet = book.create_sheet(number)
    _face(sheet, plan.language)
    prefilled = [row for series in plan.series[number] for row in plan.rows(series)]
    rows = [*plan.reported(number, previous), *prefilled]
    last = max(LAST_ROW, len(rows) + HEADING_ROW + _ROOM)
    for column, component in enumerate(plan.structure.components, start=1):
        _write_heading(sheet, column, component, plan)
        if component.id in lists:
            letter = get_column_letter(column)
            _offer(sheet, f"{letter}{HEADING_ROW + 1}:{letter}{last}", lists[component.id], component, plan.language)
    for position, values in enumerate(rows, start=HEADING_ROW + 1):
        for column, component in enumerate(plan.structure.components, start=1):
            _write_cell(sheet.cell(position, column), component, values.get(component.id) or "", plan)
    sheet.row_dimensions[1].height = 48
    sheet.print_title_rows = f"1:{HEADING_ROW}"
    sheet.freeze_panes = f"A{HEADING_ROW + 1}"
    _lock(sheet)


def _write_heading(sheet: Worksheet, column: int, component: Component, plan: Plan) -> None:
    person, machine = sheet.cell(1, column), sheet.cell(HEADING_ROW, column)
    put(person, plan.heading(component))
    put(machine, component.id)
    person.alignment = Alignment(wrap_text=True, vertical="top")
    person.fill = machine.fill = _TYPED if component.id in _TYPED_COMPONENTS else _HEAD
    machine.font = _BOLD
    machine.alignment = _of_code(plan.language)
    dimension = sheet.column_dimensions[get_column_letter(column)]
    dimension.width = _WIDE.get(component.id, max(14, round(len(component.id) * 1.3) + 2))
    dimension.protection = _OPEN
    dimension.alignment = _of_code(plan.language)
    if component.role != "measure":
        dimension.number_format = "@"


def _write_cell(cell: Any, component: Component, value: str, plan: Plan) -> None:
    cell.protection = _OPEN
    if component.id in _TYPED_COMPONENTS:
        cell.fill = _TYPED
    elif component.column in plan.prefilled:
        cell.fill = _FIXED if value else _TYPED
    if component.id in _UNITS and value:
        cell.protection = Protection(locked=True)
    if component.role != "measure":
        cell.number_format = "@"
    if component.id in plan.codes:
        cell.alignment = _of_code(plan.language)
    put(cell, plan.label(component.id, value) or None, number=component.role == "measure")


def _of_code(language: Language) -> Alignment:
    """Return how a code is aligned: from left to right, also in a sheet that runs the other way (`_T` is not `T_`)."""
    return Alignment(readingOrder=1) if language in RIGHT_TO_LEFT else Alignment()


def _face(sheet: Worksheet, language: Language) -> None:
    sheet.sheet_view.rightToLeft = direction(language) == "rtl"
    sheet.page_setup.orientation = "landscape"


def _lock(sheet: Worksheet) -> None:
    """Lock what is not open, without a password; widths, rows, sorting and filters stay the office's."""
    protection = sheet.protection
    protection.formatCells = protection.formatColumns = protection.formatRows = False
    protection.insertRows = protection.deleteRows = protection.sort = protection.autoFilter = False
    protection.enable()


def _offer(sheet: Worksheet, where: str, cells: str, component: Component, language: Language) -> None:
    """Give a column a drop-down list that warns of what is not in it and does not forbid it."""
    rule = DataValidation(type="list", formula1=f"={cells}", allow_blank=True, errorStyle="warning")
    rule.showErrorMessage = True
    rule.errorTitle = component.id
    rule.error = say(texts.NOT_LISTED, language)[:255]
    sheet.add_data_validation(rule)
    rule.add(where)


@dataclass(frozen=True, slots=True)
class Readme:
    """What the first sheet says beside the instructions.

    Attributes:
        provider: name and id.
        version: of the template.
        titles: of each indicator, in the language.
        shared: of an indicator with series in other sheets, which sheets.
        previous: whether values reported before stand in the sheets.
        language: of all of it.
    """

    provider: str
    version: str
    titles: Mapping[str, str]
    shared: Mapping[str, str]
    previous: bool
    language: Language


def write_readme(sheet: Worksheet, readme: Readme) -> None:
    """Write the first sheet."""
    language = readme.language
    sheet.title = sheet_name(texts.README_SHEET, language)
    _face(sheet, language)
    steps = (*texts.INSTRUCTIONS, *((texts.PREVIOUS,) if readme.previous else ()))
    lines = [
        (texts.for_provider(readme.provider), True), (texts.of_version(readme.version), False), ("", False),
        (texts.TITLE, True), *((step, False) for step in steps), ("", False), (texts.SHEETS, True),
    ]  # fmt: skip
    for number, title in readme.titles.items():
        more = f" {say(texts.elsewhere(readme.shared[number]), language)}" if number in readme.shared else ""
        lines.append((f"{number}  {title}{more}", False))
    for row, (line, heading) in enumerate(lines, start=1):
        cell = sheet.cell(row, 1)
        said = say(line, language)
        put(cell, said or None)
        order = 2 if language in RIGHT_TO_LEFT else 0
        cell.alignment = Alignment(wrap_text=True, vertical="top", readingOrder=order)
        if heading:
            cell.font = _TITLE
        # Neither Excel nor LibreOffice grows a row for text that a program wrapped.
        wide = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in said)
        lines_needed = -(-wide // (_README_WIDTH - 10)) or 1
        sheet.row_dimensions[row].height = lines_needed * (20 if heading else 16)
    sheet.column_dimensions["A"].width = _README_WIDTH


def write_hidden(book: Workbook, said: Mapping[str, str]) -> None:
    """Write what the reader needs, for no person: names in column A, texts in column B."""
    sheet = book.create_sheet(TEMPLATE_SHEET)
    for row, pair in enumerate(said.items(), start=1):
        for column, words in enumerate(pair, start=1):
            put(sheet.cell(row, column), words)
    sheet.sheet_state = "hidden"
