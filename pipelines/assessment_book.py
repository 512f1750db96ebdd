"""The national data assessment as a workbook: a matrix and its totals a country, and what the columns mean.

Only strings, whole numbers and shares are written, strings always as text: what an office wrote can never become a
formula. A class is said in words and in colour, never in colour alone. The bytes do not depend on the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break

from metadata.whole import save_workbook
from pipelines.assessment import CLASSES

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from pipelines.assessment import Assessment

NOT_KNOWN = "not known"
_HELD, _STATED, _GLOBAL = "Measured on the data held", "Stated for the country", "The indicator, globally"
_FILLS = {
    "trend": PatternFill("solid", fgColor="C6E0B4"),
    "some": PatternFill("solid", fgColor="FFE699"),
    "none": PatternFill("solid", fgColor="F8CBAD"),
}
_HEADS = {
    _HELD: PatternFill("solid", fgColor="DDEBF7"),
    _STATED: PatternFill("solid", fgColor="FFF2CC"),
    _GLOBAL: PatternFill("solid", fgColor="E7E6E6"),
}
_LINE = Border(bottom=Side(style="thin", color="BFBFBF"))
_GREY = Font(italic=True, color="7F7F7F")
_YES = {True: "yes", False: "no", None: None}

_Row = Mapping[str, Any]
def _barriers(row: _Row) -> str:
    stated = row["stated_barriers"]
    return NOT_KNOWN if stated is None else stated.replace(" ", ", ") or "none"


def _who(row: _Row) -> str | None:
    return f"{row['stated_by']} ({row['stated_on']:%Y-%m-%d})" if row["stated_by"] else None


def _breakdowns(row: _Row) -> str | None:
    present, expected = (row[f"breakdowns_{name}"].split() for name in ("present", "expected"))
    missing = [f"− {name}" for name in expected if name not in present]
    return "\n".join([*present, *missing]) or None


_COLUMNS: tuple[tuple[str, str, int, Callable[[_Row], Any]], ...] = (
    (_HELD, "Availability", 12, lambda r: r["availability"]),
    (_HELD, "Produced by the country", 12, lambda r: r["availability_country_produced"]),
    (_HELD, "Years since 2015", 8, lambda r: r["points_since_2015"]),
    (_HELD, "Last year", 7, lambda r: r["last_year"]),
    (_HELD, "Last year produced by the country", 11, lambda r: r["last_year_country_produced"]),
    (_HELD, "Last year reported nationally", 11, lambda r: r["last_year_national"]),
    (_HELD, "NATURE", 9, lambda r: r["natures"]),
    (_HELD, "Source as reported", 24, lambda r: r["national_source"]),
    (_HELD, "Breakdowns (− is missing)", 23, _breakdowns),
    (_HELD, "Rows kept back", 8, lambda r: r["kept_back"]),
    (_STATED, "Available", 10, lambda r: r["stated_available"] or NOT_KNOWN),
    (_STATED, "Definition", 10, lambda r: r["stated_definition"] or NOT_KNOWN),
    (_STATED, "Institution", 24, lambda r: r["stated_institution"] or NOT_KNOWN),
    (_STATED, "Source type", 14, lambda r: r["stated_source_type"] or NOT_KNOWN),
    (_STATED, "Frequency", 11, lambda r: r["stated_frequency"] or NOT_KNOWN),
    (_STATED, "Metadata", 10, lambda r: _YES[r["stated_metadata"]] or NOT_KNOWN),
    (_STATED, "Barrier", 14, _barriers),
    (_STATED, "Barrier in words", 30, lambda r: r["stated_barrier_note"]),
    (_STATED, "Planned", 8, lambda r: r["stated_planned"]),
    (_STATED, "By whom, when", 24, _who),
    (_GLOBAL, "Custodians", 16, lambda r: r["custodians"]),
    (_GLOBAL, "Concepts known", 9, lambda r: f"{r['metadata_concepts_known']} of {r['metadata_concepts']}"),
)
_NOTES = (
    (
        "Availability: trend is two years or more with a value since 2015; some is any value; none. These classes are "
        "our proposal. “Produced by the country” counts values of NATURE C and CA alone: modelled and estimated series "
        "do not show that a country can produce its data."
    ),
    "Years: a point is a year with a value, of any series, breakdown and provider of the indicator.",
    "NATURE: C country, CA adjusted, E estimated, M modelled, G global monitoring, N not relevant, _X not stated.",
    (
        "Stated for the country: what an office or agency writes under `assessment` in its provider's file, with who "
        "states it and when. “not known” means that nobody has stated it; nothing is filled in from elsewhere. Kinds "
        "of barrier: data, reporting, financial, geographic, capacity."
    ),
    "Breakdowns: dimensions in which there are values; those with − are declared and have none.",
    "Rows kept back: rows of the country that were sent and stand in quarantine; sdg check says why.",
    "Concepts known: how many concepts of the global reference metadata the declaration answers.",
)


def write_book(path: Path, assessments: Sequence[Assessment]) -> None:
    """Write the workbook of these countries.

    Args:
        path: file to write; replaced when it is there.
        assessments: one a country.

    Raises:
        StorageFull: it cannot be written.
    """
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]  # a new workbook has a sheet
    for one in assessments:
        ending = f" {one.area}" if len(assessments) > 1 else ""
        _matrix(book.create_sheet(f"Matrix{ending}"), one)
        _summary(book.create_sheet(f"Summary{ending}"), one)
    _notes(book.create_sheet("Notes"), assessments[0])
    moment = assessments[0].refreshed_at or datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's times have no zone
    book.properties.created = book.properties.modified = moment.replace(tzinfo=None)
    book.properties.creator = "sdg assessment"
    save_workbook(path, book, what="assessment")


def _matrix(sheet: Worksheet, one: Assessment) -> None:
    _put(sheet, 1, 1, f"National SDG data assessment: {one.name} ({one.area})", font=Font(bold=True, size=14))
    _put(sheet, 2, 1, _as_of(one), font=_GREY)
    heads = [("", "Indicator", 10), ("", "Title", 44), *((group, head, width) for group, head, width, _ in _COLUMNS)]
    for column, (group, head, width) in enumerate(heads, start=1):
        shade = _HEADS.get(group, _HEADS[_GLOBAL])
        first = column == 1 or heads[column - 2][0] != group
        _put(sheet, 4, column, group if first else None, font=Font(bold=True), fill=shade)
        _put(sheet, 5, column, head, font=Font(bold=True), fill=shade, wrap=True)
        sheet.column_dimensions[get_column_letter(column)].width = width
    for number, row in enumerate(one.rows, start=6):
        values = [row["indicator"], row["title"], *(value(row) for *_, value in _COLUMNS)]
        for column, value in enumerate(values, start=1):
            fill = _FILLS.get(value) if column in (3, 4) else None
            font = _GREY if value == NOT_KNOWN else None
            _put(sheet, number, column, value, fill=fill, font=font, wrap=True).border = _LINE
        tallest = max(_height(value, width) for value, (_, _, width) in zip(values, heads, strict=True))
        sheet.row_dimensions[number].height = 14 * tallest + 3
    sheet.freeze_panes = "C6"
    sheet.auto_filter.ref = f"A5:{get_column_letter(len(heads))}{5 + len(one.rows)}"
    sheet.row_dimensions[5].height = 58
    # On paper: what is held on the first sheet, what is stated and global on the second, each with the indicators.
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9  # A4
    sheet.page_setup.scale = 58  # fitted to a number of pages, a spreadsheet does not heed the break
    sheet.print_title_rows, sheet.print_title_cols = "4:5", "A:B"
    held = 2 + sum(group == _HELD for group, *_ in _COLUMNS)
    sheet.col_breaks.append(Break(id=held))


def _height(value: Any, width: int) -> int:
    """Return the lines that a wrapped value takes in a column of so many characters; words break a little early."""
    if not isinstance(value, str):
        return 1
    return sum(ceil((len(line) + 1) / (width * 0.95)) or 1 for line in value.split("\n"))


def _summary(sheet: Worksheet, one: Assessment) -> None:
    _put(sheet, 1, 1, f"{one.name} ({one.area}): totals", font=Font(bold=True, size=14))
    row = 3
    for column, words in (("availability", "Any data"), ("availability_country_produced", "Produced by the country")):
        counts = one.by_goal(column)
        table = [[f"Goal {goal}", *(found[name] for name in CLASSES)] for goal, found in counts.items()]
        row = _table(sheet, row, [f"{words}: indicators", *CLASSES], table)
    found = [[name, len(numbers), ", ".join(numbers)] for name, numbers in one.institutions().items()]
    row = _table(sheet, row, ["Institution (stated)", "indicators", "which"], found)
    _table(sheet, row, ["Kind of barrier (stated)", "indicators"], [list(pair) for pair in one.barriers().items()])
    for letter, width in (("A", 40), ("B", 12), ("C", 60), ("D", 12)):
        sheet.column_dimensions[letter].width = width
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]  # openpyxl makes it


def _table(sheet: Worksheet, row: int, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    """Write a small table and return the row after it and a blank one."""
    for column, head in enumerate(heads, start=1):
        _put(sheet, row, column, head, font=Font(bold=True), fill=_HEADS[_HELD])
    for number, values in enumerate(rows, start=row + 1):
        for column, value in enumerate(values, start=1):
            _put(sheet, number, column, value, wrap=True).border = _LINE
    return row + len(rows) + 2


def _notes(sheet: Worksheet, one: Assessment) -> None:
    _put(sheet, 1, 1, "What the columns mean", font=Font(bold=True, size=14))
    row = 3
    for text in _NOTES:
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=2)
        _put(sheet, row, 1, text, wrap=True)
        sheet.row_dimensions[row].height = 15 * (len(text) // 105 + 1)
        row += 1
    words = [list(pair) for pair in one.words.items()]
    _table(sheet, row + 1, ["Column of report.national_assessment", "What it says"], words)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 38, 80
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]  # openpyxl makes it


def _put(
    sheet: Worksheet,
    row: int,
    column: int,
    value: Any,
    *,
    font: Font | None = None,
    fill: PatternFill | None = None,
    wrap: bool = False,
) -> Any:
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type = "s"
    else:
        cell.value = value
    if font:
        cell.font = font
    if fill:
        cell.fill = fill
    if wrap:
        number = isinstance(value, int)
        cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="center" if number else None)
    return cell


def _as_of(one: Assessment) -> str:
    made = f"Report tables of {one.refreshed_at:%Y-%m-%d %H:%M} UTC" if one.refreshed_at else "Report tables"
    return f"{made}; timeliness from {one.reference_date}. What the columns mean stands on the sheet Notes."
