"""Excel workbooks: our template, and any sheet with component ids, or those of the UN portal, as headings.

Sheets are chosen by content: every visible sheet with a heading row among its first 30 rows is read, the
others (read-me, pivot, code lists) are not, and hidden sheets never are. A cell is read as text: a number as
its shortest exact digits, an integer without `.0`, a date as ISO 8601, a formula as its text. Nothing is
evaluated. Old .xls, .xlsb and OpenDocument files are refused by `pipelines.read.detect`.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.workbook.workbook import Workbook

from metadata.derive.template_plan import TEMPLATE_SHEET
from metadata.errors import UnreadableFile
from metadata.findings import EXAMPLES_KEPT, Example, Finding
from metadata.rules import finding
from metadata.words import listed, text
from pipelines.read.delimited import HEADING_ROWS, column_names
from pipelines.read.message import PLACE_COLUMNS, Header, Message, parse_prepared
from pipelines.read.safety import MAX_SHEET_ROWS, Source
from pipelines.read.sheet_room import Room
from pipelines.read.table import ALL_NEEDED, OPEN_SDG, SEND, foreign_table, heading_position
from pipelines.read.template import OF_CHECK, from_template, headed
from pipelines.read.un_portal import FORMAT_EXCEL, from_portal, portal_columns, portal_heading

FORMAT = "table-excel"
_TEMPLATE_ROWS = 50
_NOTED = 2000
_LARGEST_WHOLE = 1e15


def read_workbook(source: Source) -> Message:
    """Return the message in an .xlsx workbook; rows of several sheets follow each other, told by `_sheet`.

    Raises:
        UnreadableFile: the workbook is damaged, has no sheet of observations, or a sheet is over a limit.
    """
    with warnings.catch_warnings(), source.open() as stream:
        warnings.simplefilter("ignore")  # of parts that openpyxl does not keep; nothing is written back
        try:
            book = load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        except Exception as error:  # on damaged parts openpyxl raises whatever its parser meets:
            raise _damaged(source.name, error) from error
        try:
            return _read(book, source.name)
        finally:
            book.close()


def _damaged(name: str, error: Exception) -> UnreadableFile:
    what = text("The workbook is damaged ({fault}).", fault=type(error).__name__)
    return UnreadableFile(what, where=name, hint=text("Open it, save it again as .xlsx and send that."))


def _read(book: Workbook, name: str) -> Message:
    room = Room(name)
    template = _template(book, room)
    notes = _Notes()
    frames, others, hidden, portal = [], [], [], list[Finding]()
    letters: dict[str, dict[str, str]] = {}
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            hidden.append(sheet.title)
            continue
        table = _Sheet(sheet, room, notes)
        if table.columns is None:
            others.append(table)
        else:
            frame = from_template(table.frame(), template)
            letters[table.title] = {
                column: get_column_letter(position) for position, column in enumerate(table.columns, 1) if column
            }
            if table.of_portal:
                renamed = portal_columns(table.columns)
                letters[table.title] = {renamed.get(name, name): at for name, at in letters[table.title].items()}
                frame, note = from_portal(frame)
                portal.append(note)
            frames.append(frame)
    if not frames:
        raise _no_table(name, others, hidden)
    of_portal = len(portal)
    theirs = [sheet for sheet in others if OF_CHECK not in (sheet.top or [[]])[0]]
    aside = [sheet.title for sheet in theirs if any(any(row) for row in sheet.top)]
    if aside and not template:
        read = listed((part["_sheet"][0] for part in frames if part.height), "comma")
        portal.append(finding("SHEET-NOT-READ", places=len(aside), names=listed(aside, "comma"), read=read))
    frame = pl.concat(frames, how="diagonal")
    components = [column for column in frame.columns if column not in PLACE_COLUMNS]
    modified = book.properties.modified
    prepared = f"{modified.isoformat()}Z" if isinstance(modified, datetime) else None
    header = headed(
        Header(prepared=prepared, prepared_at=parse_prepared(prepared), dataset_actions=(None,)), template
    )
    form = FORMAT_EXCEL if of_portal == len(frames) else FORMAT
    return Message(
        form, header, frame.select(*components, *PLACE_COLUMNS), (*notes.findings(), *portal),
        letters=letters, noted=notes.places,
    )  # fmt: skip


def _template(book: Workbook, room: Room) -> dict[str, str]:
    """Return what the hidden sheet of our template says, names in column A; nothing for another workbook."""
    sheet = next((one for one in book.worksheets if one.title == TEMPLATE_SHEET), None)
    if sheet is None:
        return {}
    said = {}
    for cells in _rows(sheet, room, _TEMPLATE_ROWS):
        texts = [cell_text(cell.value) for cell in cells[:2]]
        if len(texts) == 2 and texts[0] and texts[1]:
            said[texts[0]] = texts[1]
    return said


def _no_table(name: str, others: list[_Sheet], hidden: list[str]) -> UnreadableFile:
    what = next((found for sheet in others if (found := foreign_table(sheet.top))), None)
    if what:
        said = text("This is {what} in a workbook, which is not read.", what=what)
        return UnreadableFile(said, where=name, hint=OPEN_SDG)
    looked = listed((sheet.title for sheet in others), "comma") if others else text("none")
    unseen = text("; hidden and not looked at: {names}", names=listed(hidden, "comma")) if hidden else ""
    sentence = text(
        "No sheet has the headings {headings} in one of its first {rows} rows (looked at: {looked}{unseen}).",
        headings=ALL_NEEDED, rows=HEADING_ROWS, looked=looked, unseen=unseen,
    )
    return UnreadableFile(sentence, where=name, hint=SEND)


def cell_text(value: Any) -> str | None:
    """Return a cell's value as text; None for an empty cell."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < _LARGEST_WHOLE
        return str(int(value)) if whole else repr(value)
    if isinstance(value, datetime):
        return value.isoformat() if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta | int):
        return str(value)
    formula = getattr(value, "text", None)  # openpyxl's ArrayFormula and DataTableFormula
    return str(formula) if formula else "="


def _is_number(value: Any) -> bool:
    """Say whether a cell holds a number; a truth value, which Python counts among them, is shown as TRUE or FALSE."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _format(cell: Any) -> str:
    """Return the number format of a cell; none where its style names one that the workbook does not have."""
    try:
        return str(cell.number_format)
    except IndexError:
        return ""


def _rows(sheet: Any, room: Room, limit: int) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a sheet, blank ones too, with every fault of the file as one sentence."""
    sheet.reset_dimensions()
    rows = sheet.iter_rows()
    for number in range(1, limit + 1):
        try:
            row = next(rows, None)
        except Exception as error:  # on damaged parts openpyxl raises whatever its parser meets:
            raise _damaged(f"{room.name}, sheet {sheet.title}, row {number}", error) from error
        if row is None:
            return
        room.row(sheet.title, len(row))
        yield row


class _Notes:
    """Counts what is odd about cells, with the first examples; `places` has sheet and cell of up to `_NOTED` a rule."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._examples: defaultdict[str, list[Example]] = defaultdict(list)
        self.places: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)

    def add(self, rule: str, sheet: str, row: int, column: str, value: str | None, position: int) -> None:
        """Count one cell; `position` is that of its column, from 0."""
        self._counts[rule] += 1
        cell = f"{get_column_letter(position + 1)}{row}"
        if len(self.places[rule]) < _NOTED:
            self.places[rule].append((sheet, cell))
        if len(self._examples[rule]) < EXAMPLES_KEPT:
            self._examples[rule].append(Example(sheet=sheet, row=row, column=column, value=value, cell=cell))

    def findings(self) -> tuple[Finding, ...]:
        """Return a finding a rule."""
        return tuple(self._finding(rule, count) for rule, count in self._counts.items())

    def _finding(self, rule: str, count: int) -> Finding:
        examples = self._examples[rule]
        value = examples[0].value or ""
        shown = f"{float(value) * 100:.6g}%" if rule == "CELL-PERCENT" else value
        return finding(rule, places=count, examples=examples, count=count, value=value, shown=shown)


class _Sheet:
    """One sheet: its heading row, if it has one, and the rows below.

    Attributes:
        title: name of the sheet.
        top: texts of the first rows, up to and with the heading.
        of_portal: the heading is one of the UN SDG portal.
        columns: column of each cell of the heading row, empty where it has none; None when there is no
            heading.
    """

    def __init__(self, sheet: Any, room: Room, notes: _Notes) -> None:
        self.title: str = sheet.title
        self.top: list[list[str]] = []
        self.columns: list[str] | None = None
        self.of_portal = False
        self._room = room
        self._notes = notes
        self._values: list[list[str | None]] = []
        self._numbers: list[int] = []
        for number, cells in enumerate(_rows(sheet, room, MAX_SHEET_ROWS + 1), start=1):
            if number > MAX_SHEET_ROWS:
                what = text(
                    "The sheet {sheet} has more than {limit} rows, which is the limit.",
                    sheet=self.title, limit=MAX_SHEET_ROWS,
                )
                raise UnreadableFile(what, where=room.name)
            if self.columns is not None:
                self._add(number, cells, self.columns)
                continue
            if number > HEADING_ROWS:
                return
            texts = [cell_text(cell.value) or "" for cell in cells]
            self.top.append(texts)
            self.of_portal = portal_heading(texts)
            if self.of_portal or heading_position([texts]) is not None:
                self.columns = column_names(texts, room.name, sheet=self.title)

    def _add(self, number: int, cells: tuple[Any, ...], columns: list[str]) -> None:
        """Keep one row, unless it is blank, and note what is odd about its cells."""
        values: list[str | None] = [None] * len(columns)
        some = False
        for position, cell in enumerate(cells):
            text = cell_text(cell.value)
            if text is None:
                continue
            self._room.text(self.title, len(text))
            if position >= len(columns) or not columns[position]:
                self._notes.add("CELL-NO-HEADING", self.title, number, get_column_letter(position + 1), text, position)
                continue
            values[position] = text
            some = True
            if cell.data_type == "s":
                continue
            column = columns[position]
            if isinstance(cell.value, datetime | date | time | timedelta) and column != "data_last_update":
                self._notes.add("CELL-DATE", self.title, number, column.upper(), text, position)
            elif column == "obs_value" and _is_number(cell.value) and "%" in _format(cell):
                self._notes.add("CELL-PERCENT", self.title, number, column.upper(), text, position)
        if some:
            self._values.append(values)
            self._numbers.append(number)

    def frame(self) -> pl.DataFrame:
        """Return the rows that are not blank."""
        columns = self.columns or []
        texts = zip(*self._values, strict=True) if self._values else [[] for _ in columns]
        frame = pl.DataFrame([
            pl.Series(column, list(values), dtype=pl.String)
            for column, values in zip(columns, texts, strict=True)
            if column and column not in PLACE_COLUMNS
        ])
        return frame.with_columns(
            pl.lit(self.title).alias("_sheet"),
            pl.Series("_row", self._numbers, dtype=pl.Int64),
            pl.lit(None, pl.Int64).alias("_line"),
            pl.lit(0, pl.Int32).alias("_dataset"),
            pl.lit(None, pl.String).alias("_action"),
        )
