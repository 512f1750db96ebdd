"""The workbook that an office fills: one sheet an indicator, derived from the declarations.

Row 1 of a data sheet is for people, row 2 has the component ids that the reader looks for, rows below are
prefilled with everything that is fixed: series, area, breakdown, unit. The office types period and value, and
copies a row for a further period. Rows in which only prefilled cells are filled are no observations; the
hidden sheet `_template` says which columns these are, and from which version of the declarations the workbook
was made. Reading it back is `pipelines.read.workbook`; the instructions are in English for now.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from metadata.areas import Areas
from metadata.errors import ConfigurationError, SdgError, StorageFull
from metadata.load import Catalogue
from metadata.model import Series
from metadata.structure import Component, Structure, nearest

LAYOUT = "1"
"""Version of the layout of the workbook; the declarations have versions of their own."""
TEMPLATE_SHEET = "_template"
README_SHEET = "Read me"
CODES_SHEET = "Codes"
HEADING_ROW = 2
LAST_ROW = 5000
"""Last row of a data sheet with drop-down lists and text format."""
MAX_COMBINATIONS = 25
"""Most breakdowns of a series that get a row each; a series with more gets one row, for its total."""
MAX_LISTED = 1000
"""Longest code list that becomes a drop-down list; a longer one (CUST_BREAKDOWN) is typed."""
MAX_AREAS = 3
"""Most areas of a provider that get rows of their own; with more, REF_AREA is left to choose."""
_TOTAL = "_T"
_README_WIDTH = 100
"""Characters in a line of the read-me sheet."""

_FIXED = PatternFill("solid", fgColor="E7E6E6")
_TYPED = PatternFill("solid", fgColor="FFF2CC")
_HEAD = PatternFill("solid", fgColor="DDEBF7")
_TYPED_COMPONENTS = ("TIME_PERIOD", "OBS_VALUE")

_INSTRUCTIONS = (
    "How to fill this workbook",
    "1. Each indicator has a sheet. Fill the yellow columns: the period (a year, as in 2021) and the value.",
    (
        "2. Grey cells are filled already: series, area, breakdown, unit. Values must be in the unit shown. "
        "A unit multiplier of 6 says that 2.5 stands for 2.5 million."
    ),
    (
        "3. For a further period, or another breakdown, copy a whole row and change it. Rows without period "
        "and value are not read, so you need not delete them."
    ),
    "4. Columns with codes have lists to choose from; the sheet Codes says what each code means.",
    (
        "5. Type numbers as numbers, without thousands separators and without the percent format. Zero is a "
        "value. For a missing value leave the value empty, put O in OBS_STATUS, and say why in COMMENT_OBS."
    ),
    "6. Do not rename the headings in row 2. Formulas are not evaluated: paste values instead.",
    "7. Say in SOURCE_DETAIL which survey, register or account a value comes from.",
)


def write_template(
    path: Path,
    *,
    provider_id: str,
    provider_name: str,
    areas: Sequence[str] | Literal["all"],
    indicators: Iterable[str],
    catalogue: Catalogue,
    structure: Structure,
    areas_table: Areas,
    previous: Iterable[Mapping[str, object]] | None = None,
    version: str | None = None,
) -> None:
    """Write the workbook; the file appears whole or not at all.

    Args:
        path: the workbook to write, `.xlsx`.
        provider_id: id of the provider, which the reader finds again as the sender.
        provider_name: its name, for the read-me.
        areas: M49 codes that it reports, or `all`.
        indicators: official numbers; a sheet each, in this order.
        catalogue: the declarations.
        structure: the components and their code lists.
        areas_table: the names of areas.
        previous: observations to put in for revision, by column (`frame.iter_rows(named=True)`); their value
            is `obs_value_text` where there is one.
        version: what the reader finds again as `Header.template_version`; by default the layout's version and
            the first digits of a sha256 over the versions of the indicators.

    Raises:
        ConfigurationError: an indicator or area is not known.
        SdgError: the folder is not there, or a text cannot stand in a workbook.
        StorageFull: the file cannot be written.
    """
    numbers = tuple(dict.fromkeys(indicators))
    plan = _Plan(structure, areas_table, areas, _series_by_sheet(catalogue, numbers))
    book = Workbook()
    readme = book.worksheets[0]
    readme.title = README_SHEET
    lists = _write_codes(book, plan)
    rows = list(previous or ())
    for number in plan.series:
        _write_indicator(book, number, plan, lists, rows)
    book.move_sheet(CODES_SHEET, offset=len(plan.series))
    version = version or _version(catalogue, numbers)
    _write_readme(readme, catalogue, numbers, f"{provider_name} ({provider_id})", version)
    _write_hidden(book, {
        "layout": LAYOUT, "version": version, "provider": provider_id, "structure": structure.version_label,
        "indicators": " ".join(numbers), "prefilled": " ".join(plan.prefilled),
    })
    _save(book, path)


def _version(catalogue: Catalogue, numbers: tuple[str, ...]) -> str:
    versions = "\n".join(f"{number} {catalogue.version(number)}" for number in sorted(numbers))
    return f"{LAYOUT}-{hashlib.sha256(versions.encode()).hexdigest()[:12]}"


def _series_by_sheet(catalogue: Catalogue, numbers: tuple[str, ...]) -> dict[str, list[Series]]:
    """Return the series of each sheet: every one stands once, with its owner where that has a sheet.

    An indicator whose series all stand elsewhere has no sheet: a value is asked for once.
    """
    sheets: dict[str, list[Series]] = {}
    taken: set[str] = set()
    for number in numbers:
        own = [s for s in _series_of(catalogue, number) if s.owner == number or s.owner not in numbers]
        sheets[number] = [series for series in own if series.code not in taken]
        taken |= {series.code for series in own}
    return {number: series for number, series in sheets.items() if series}


def _series_of(catalogue: Catalogue, number: str) -> list[Series]:
    """Return the current series of an indicator, its own first."""
    indicator = catalogue.indicators.get(number)
    if indicator is None:
        near = ", ".join(nearest(number, catalogue.indicators)) or ", ".join(catalogue.indicators)
        raise ConfigurationError(f'There is no indicator "{number}".', hint=f"Nearest: {near}.")
    codes = dict.fromkeys([*(series.code for series in indicator.series), *indicator.uses])
    return [catalogue.series[code] for code in codes if catalogue.series[code].status == "current"]


class _Plan:
    """What all sheets share: the columns, which of them are prefilled, and the codes to choose from."""

    def __init__(
        self,
        structure: Structure,
        areas_table: Areas,
        areas: Sequence[str] | Literal["all"],
        series: Mapping[str, list[Series]],
    ) -> None:
        self.structure = structure
        self.series = series
        self.names = {m49: area.name for m49, area in areas_table.areas.items()}
        unknown = [] if areas == "all" else [area for area in areas if area not in self.names]
        if unknown:
            what = f'"{unknown[0]}" is not an area of M49.'
            raise ConfigurationError(what, hint='Use its numeric code, as in "417".')
        self.everywhere = areas == "all"
        self.areas = list(areas_table.areas) if areas == "all" else list(areas)
        self.prefilled = tuple(c.column for c in structure.components if self._fixed(c))

    @staticmethod
    def _fixed(component: Component) -> bool:
        return component.role == "dimension" or component.id in {"OBS_STATUS", "UNIT_MULT", "UNIT_MEASURE"}

    def allowed(self, component: Component) -> dict[str, str]:
        """Return code and name of what may be chosen in a column; empty when anything may be typed."""
        if component.id == "REF_AREA":
            return {area: self.names[area] for area in self.areas}
        codelist = self.structure.codelist(component.id)
        if codelist is None:
            return {}
        every = [series for group in self.series.values() for series in group]
        if component.id == "SERIES":
            return {series.code: series.name for series in every}
        codes: Iterable[str] = codelist.codes
        if component.id == "UNIT_MEASURE" and all(series.unit_measure for series in every):
            codes = dict.fromkeys(code for series in every for code in series.unit_measure)
        elif component.role == "dimension" and all(component.id in series.dimensions for series in every):
            codes = dict.fromkeys(code for series in every for code in series.dimensions[component.id])
        found = {code: codelist.codes[code].name for code in codes if code in codelist.codes}
        return found if len(found) <= MAX_LISTED else {}

    def rows(self, series: Series) -> list[dict[str, str]]:
        """Return the prefilled rows of a series: one an area and breakdown."""
        fixed = {
            "FREQ": series.freq[0], "REPORTING_TYPE": "G" if self.everywhere else "N", "SERIES": series.code,
            "OBS_STATUS": "A", "UNIT_MULT": str(series.unit_mult[0]),
        }
        if series.unit_measure:
            fixed["UNIT_MEASURE"] = series.unit_measure[0]
        places = self.areas if len(self.areas) <= MAX_AREAS else [""]
        free = [c.id for c in self.structure.dimensions if c.id not in fixed and c.id != "REF_AREA"]
        choices = [series.dimensions.get(dimension, (_TOTAL,)) for dimension in free]
        if prod(map(len, choices)) > MAX_COMBINATIONS:
            choices = [(_TOTAL,) if _TOTAL in codes else codes[:1] for codes in choices]
        return [
            fixed | {"REF_AREA": area} | dict(zip(free, codes, strict=True))
            for area in places for codes in product(*choices)
        ]


def _put(cell: Any, value: str | float | None, *, number: bool = False) -> None:
    """Write a text as text, also one that looks like a formula, or a number where it is exact."""
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


def _exact(text: str) -> float | int | None:
    """Return the number that is spelled exactly as `text`, or None when there is none."""
    if len(text) < 16 and text.removeprefix("-").isdecimal() and str(int(text)) == text:
        return int(text)
    try:
        value = float(text)
    except ValueError:
        return None
    # openpyxl writes 16 digits; a number that needs 17 stays a text
    stays = repr(value) == text and float(f"{value:.16g}") == value
    return value if stays and not value.is_integer() and abs(value) != float("inf") else None


def _write_codes(book: Workbook, plan: _Plan) -> dict[str, str]:
    """Write the sheet of codes; return the cell range with the codes of each coded component."""
    sheet = book.create_sheet(CODES_SHEET)
    sheet.freeze_panes = "A3"
    ranges, column = {}, 1
    for component in plan.structure.components:
        codes = plan.allowed(component)
        if not codes:
            continue
        heading = [(component.id, component.name), ("code", "name")]
        for row, pair in enumerate([*heading, *codes.items()], start=1):
            for offset, text in enumerate(pair):
                cell = sheet.cell(row, column + offset)
                _put(cell, text)
                if row <= HEADING_ROW:
                    cell.font, cell.fill = Font(bold=True), _HEAD
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = 22
        sheet.column_dimensions[get_column_letter(column + 1)].width = 40
        last = len(codes) + HEADING_ROW
        ranges[component.id] = f"{quote_sheetname(CODES_SHEET)}!${letter}$3:${letter}${last}"
        column += 2
    return ranges


def _write_indicator(
    book: Workbook,
    number: str,
    plan: _Plan,
    lists: Mapping[str, str],
    previous: Sequence[Mapping[str, object]],
) -> None:
    """Write the data sheet of an indicator."""
    sheet = book.create_sheet(number)
    components = plan.structure.components
    codes = {series.code for series in plan.series[number]}
    known = [
        {c.id: _previous(row, c.column) for c in components} for row in previous if row.get("series") in codes
    ]
    for column, component in enumerate(components, start=1):
        required = component.mandatory
        person, machine = sheet.cell(1, column), sheet.cell(HEADING_ROW, column)
        _put(person, f"{component.name} (required)" if required else component.name)
        _put(machine, component.id)
        person.alignment = Alignment(wrap_text=True, vertical="top")
        person.fill = machine.fill = _TYPED if component.id in _TYPED_COMPONENTS else _HEAD
        machine.font = Font(bold=True)
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = max(12, len(component.id) + 2)
        if component.role != "measure":
            sheet.column_dimensions[letter].number_format = "@"
        if component.id in lists:
            _offer(sheet, letter, lists[component.id], component)
    prefilled = [row for series in plan.series[number] for row in plan.rows(series)]
    for position, values in enumerate([*known, *prefilled], start=HEADING_ROW + 1):
        for column, component in enumerate(components, start=1):
            cell = sheet.cell(position, column)
            if component.id in _TYPED_COMPONENTS:
                cell.fill = _TYPED
            elif component.column in plan.prefilled:
                cell.fill = _FIXED if values.get(component.id) else _TYPED
            if component.role != "measure":
                cell.number_format = "@"
            _put(cell, values.get(component.id) or None, number=component.role == "measure")
    sheet.freeze_panes = f"A{HEADING_ROW + 1}"


def _previous(row: Mapping[str, object], column: str) -> str:
    value = row.get("obs_value_text") if column == "obs_value" else None
    value = row.get(column) if value is None else value
    return "" if value is None else str(value)


def _offer(sheet: Worksheet, letter: str, cells: str, component: Component) -> None:
    """Give a column a drop-down list that warns of other codes and does not forbid them."""
    rule = DataValidation(type="list", formula1=f"={cells}", allow_blank=True, errorStyle="warning")
    rule.errorTitle = component.id
    rule.error = f"This is not one of the codes listed in the sheet {CODES_SHEET}."
    sheet.add_data_validation(rule)
    rule.add(f"{letter}{HEADING_ROW + 1}:{letter}{LAST_ROW}")


def _write_readme(
    sheet: Worksheet, catalogue: Catalogue, numbers: tuple[str, ...], provider: str, version: str
) -> None:
    sheet_of = {s.code: n for n, group in _series_by_sheet(catalogue, numbers).items() for s in group}
    elsewhere = {}
    for number in numbers:
        others = {sheet_of[s.code] for s in _series_of(catalogue, number)} - {number}
        if others:
            elsewhere[number] = f" (series that it shares are in the sheet {', '.join(sorted(others))})"
    lines: list[Any] = [f"Template for {provider}", f"Version {version}", "", *_INSTRUCTIONS, "", "Sheets"]
    lines += [f"{number}  {catalogue.indicators[number].titles['en']}{elsewhere.get(number, '')}" for number in numbers]
    for row, line in enumerate(lines, start=1):
        cell = sheet.cell(row, 1)
        _put(cell, line or None)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        heading = line in {_INSTRUCTIONS[0], "Sheets"} or row == 1
        if heading:
            cell.font = Font(bold=True, size=14)
        # Neither Excel nor LibreOffice grows a row for text that a program wrapped.
        lines_needed = -(-len(line) // (_README_WIDTH - 10)) or 1
        sheet.row_dimensions[row].height = lines_needed * (20 if heading else 16)
    sheet.column_dimensions["A"].width = _README_WIDTH


def _write_hidden(book: Workbook, said: Mapping[str, str]) -> None:
    sheet = book.create_sheet(TEMPLATE_SHEET)
    for row, pair in enumerate(said.items(), start=1):
        for column, text in enumerate(pair, start=1):
            _put(sheet.cell(row, column), text)
    sheet.sheet_state = "hidden"


def _save(book: Workbook, path: Path) -> None:
    if not path.parent.is_dir():
        raise SdgError("The folder for the template is not there.", where=str(path.parent))
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        book.save(partial)
        partial.replace(path)
    except OSError as error:
        what = f"The template cannot be written: {error.strerror or error}."
        raise StorageFull(what, where=str(path), hint="Free some space or choose another folder.") from error
    finally:
        partial.unlink(missing_ok=True)
