"""A table as an Excel workbook that is made to be looked at, with a sheet of notes.

The sheet Data has a frozen heading with a filter, numbers as numbers, and a missing value as a blank cell, shaded; its
status stands in obs_status. No cell is a formula: a text that begins like one (`=1+1`) is stored as text under the
format with the quote prefix, Excel's own apostrophe, which keeps it a text also when somebody edits the cell. Its
characters are not changed.

openpyxl makes the workbook and its styles; the rows of the data, whose number may be a million, are written by Polars
into the sheet's XML, in batches.

Standard: ECMA-376 Part 1, 18.3.1 (worksheets) and 22.9.2.19 (ST_Xstring: `_x0001_` for what XML does not allow).
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import polars as pl

from metadata.errors import SdgError
from metadata.whole import workbook_bytes
from warehouse.export.header import write_texts

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from metadata.derive.table_schema import Column
    from warehouse.export.notes import Section

MAX_ROWS = 1_048_575
"""Rows of a sheet below its heading."""
MAX_TEXT = 32_767
"""Characters of a cell."""
RUNS = r"^[=+\-@\t\r]"
FIRST = (
    "indicator", "series", "series_name", "ref_area", "area_name", "time_period", "obs_value", "unit_measure",
    "unit_mult", "obs_status", "nature",
)
"""What a reader looks for first; the other columns follow in the order of the table."""
_FONT = "Calibri"
_WIDEST = 42
_ROWS = 20_000
"""Rows whose XML is put together at a time: a cell takes some hundred bytes."""
_WIDTHS = (24, 42, 74, 44, 12)
_HEAD, _NUMBER, _INTEGER, _TEXT, _QUOTED, _DATE, _TIME, _MISSING = range(8)
_CONTROL = {chr(n): f"_x{n:04X}_" for n in range(32) if n not in (9, 10)} | {"\ufffe": "_xFFFE_", "\uffff": "_xFFFF_"}
_XML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_DATA = "xl/worksheets/sheet1.xml"


def write_workbook(
    rows: Iterable[pl.DataFrame],
    columns: Sequence[Column],
    sections: Sequence[Section],
    path: Path,
    *,
    count: int,
    told: Callable[[int], None] | None = None,
) -> int:
    """Write the workbook, and return the number of rows.

    Args:
        rows: the rows, in batches; may have more columns.
        columns: those that are shown, in their order.
        sections: the notes.
        path: file to write.
        count: number of the rows.
        told: called with the number of rows written so far.

    Raises:
        SdgError: there are more rows, or longer texts, than a sheet can hold.
    """
    if count > MAX_ROWS:
        raise SdgError(
            f"There are {count:,} rows, and a sheet holds {MAX_ROWS:,}.",
            hint="Choose fewer (--indicator, --area, --from), or take csv or parquet.",
        )
    batches = iter(rows)
    first = next(batches, None)
    book, styles = _skeleton(columns, sections, first, count)
    made = workbook_bytes(book)
    written = 0
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as target:
        for item in source.infolist():
            if item.filename != _DATA:
                target.writestr(item, source.read(item))
        before, _, behind = source.read(_DATA).partition(b'<row r="2"')
        item = zipfile.ZipInfo(_DATA, source.getinfo(_DATA).date_time)
        item.compress_type = zipfile.ZIP_DEFLATED
        with target.open(item, "w", force_zip64=True) as sheet:
            stream: BinaryIO = sheet  # type: ignore[assignment]
            stream.write(before)
            while first is not None:
                for piece in first.iter_slices(_ROWS):
                    write_texts(_sheet_rows(piece, columns, styles, written + 2), stream)
                    written += piece.height
                if told:
                    told(written)
                first = next(batches, None)
            stream.write(behind.partition(b"</row>")[2])
    return written


# ---------------------------------------------------------------------------------------------------- the skeleton


def _skeleton(
    columns: Sequence[Column], sections: Sequence[Section], sample: pl.DataFrame | None, count: int
) -> tuple[Workbook, list[int]]:
    """Return a workbook whose data sheet has its heading and one row, and the number of each style in the file."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet("Data")
    head = PatternFill("solid", fgColor="1F4E79")
    for number, column in enumerate(columns, start=1):
        cell = sheet.cell(1, number, column.name)
        cell.font, cell.fill = Font(name=_FONT, bold=True, color="FFFFFF"), head
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(number)].width = _width(column, sample)
    styles = _register(sheet, len(columns))
    last = get_column_letter(max(len(columns), 1))
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{last}{count + 1}"
    sheet.row_dimensions[1].height = 30
    _for_paper(sheet)
    sheet.print_title_rows = "1:1"
    _notes_sheet(book, sections)
    return book, styles


def _register(sheet: Worksheet, width: int) -> list[int]:
    """Put one cell of each style into row 2, which is replaced later; return the styles' numbers."""
    from openpyxl.styles import Alignment, PatternFill

    numbers = []
    for style in range(8):
        cell = sheet.cell(2, max(width, 1) + 1 + style, "x")
        # a text beside a number would touch it without an indent
        text = style in (_TEXT, _QUOTED)
        cell.alignment = Alignment("left" if text else None, "top", indent=1 if text else 0)
        if style == _QUOTED:
            cell.quotePrefix = True
        elif style == _MISSING:
            cell.fill = PatternFill("solid", fgColor="E7E6E6")
        cell.number_format = {_DATE: "yyyy-mm-dd", _TIME: "yyyy-mm-dd hh:mm", _TEXT: "@", _QUOTED: "@"}.get(
            style, "0" if style == _INTEGER else "General"
        )
        numbers.append(int(cell.style_id))
    return numbers


def in_order(columns: Sequence[Column]) -> list[Column]:
    """Return the columns in the order in which people look for them (`FIRST`)."""
    by_name = {column.name: column for column in columns}
    first = [by_name[name] for name in FIRST if name in by_name]
    return [*first, *(column for column in columns if column.name not in FIRST)]


def _width(column: Column, sample: pl.DataFrame | None) -> float:
    if column.kind == "datetime":
        return 17.0
    longest = 0
    if sample is not None and column.name in sample.columns:
        lengths = sample[column.name].head(1000).cast(pl.String).str.len_chars()
        most, all_of_them = (int(lengths.quantile(share) or 0) for share in (0.95, 1.0))
        longest = all_of_them if all_of_them <= _WIDEST - 10 else most
    return float(min(max(longest + 3, min(len(column.name) + 4, 18), 8), _WIDEST))


def _for_paper(sheet: Worksheet) -> None:
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _notes_sheet(book: Workbook, sections: Sequence[Section]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    sheet = book.create_sheet("Notes")
    row = 1
    for section in sections:
        sheet.cell(row, 1, section.title).font = Font(name=_FONT, bold=True, size=13, color="1F4E79")
        row += 1
        if any(section.heads):
            for number, head in enumerate(section.heads, start=1):
                cell = sheet.cell(row, number, head)
                cell.font, cell.fill = Font(name=_FONT, bold=True), PatternFill("solid", fgColor="DDEBF7")
            row += 1
        for line in section.rows:
            for number, text in enumerate(line, start=1):
                cell = sheet.cell(row, number)
                _put(cell, text)
                cell.alignment = Alignment(vertical="top", wrap_text=True)
            lines = max(-(-len(text) * 10 // (width * 10)) for text, width in zip(line, _WIDTHS, strict=False))
            sheet.row_dimensions[row].height = 15.0 * min(max(lines, 1), 27)
            row += 1
        row += 1
    for letter, width in zip("ABCDE", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.sheet_view.showGridLines = False
    _for_paper(sheet)


def _put(cell: Any, text: str) -> None:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:MAX_TEXT]
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = text[:1] in tuple("=+-@\t\r")


# ---------------------------------------------------------------------------------------------------------- rows


def _sheet_rows(batch: pl.DataFrame, columns: Sequence[Column], styles: list[int], first: int) -> pl.Series:
    """Return the XML of each row; `first` is the number of the first of them in the sheet."""
    from openpyxl.utils import get_column_letter

    frame = batch.select(
        pl.int_range(first, first + batch.height, dtype=pl.Int64, eager=False).cast(pl.String).alias("_row"),
        *(_prepared(batch[column.name]) for column in columns),
    )
    cells = [
        _cell(column, frame.schema[column.name], get_column_letter(number), styles)
        for number, column in enumerate(columns, start=1)
    ]
    row = pl.concat_str([pl.lit('<row r="'), pl.col("_row"), pl.lit('">'), *cells, pl.lit("</row>")])
    return frame.select(row).to_series()


def _prepared(column: pl.Series) -> pl.Series:
    """Return texts as they stand in the XML, and dates as the numbers that Excel has for them."""
    if isinstance(column.dtype, pl.Datetime):
        micros = column.dt.cast_time_unit("us").dt.replace_time_zone(None) if column.dtype.time_zone is None else (
            column.dt.cast_time_unit("us").dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        )
        return micros.cast(pl.Int64) / 86_400_000_000 + 25_569
    if column.dtype == pl.Date:
        return column.cast(pl.Int32).cast(pl.Float64) + 25_569
    if column.dtype == pl.Boolean or column.dtype.is_numeric():
        return column
    text = column.cast(pl.String)
    longest = text.str.len_chars().max()
    if isinstance(longest, int) and longest > MAX_TEXT:
        raise SdgError(
            f"A text of {column.name} has {longest:,} characters, and a cell holds {MAX_TEXT:,}.",
            hint="Take csv or parquet.",
        )
    text = text.str.replace_all(r"_(x[0-9A-Fa-f]{4}_)", "_x005F_$1")
    return text.str.replace_many([*_XML, *_CONTROL], [*_XML.values(), *_CONTROL.values()])


def _cell(column: Column, kind: pl.DataType, letter: str, styles: list[int]) -> pl.Expr:
    """Return the expression for the XML of one column's cell; nothing where the value is absent."""
    value = pl.col(column.name)
    place = pl.concat_str([pl.lit(f'<c r="{letter}'), pl.col("_row")])
    blank = pl.lit("")
    if kind == pl.Boolean:
        number = value.cast(pl.Int8).cast(pl.String)
        cell = [place, pl.lit(f'" s="{styles[_INTEGER]}" t="b"><v>'), number, pl.lit("</v></c>")]
    elif kind.is_numeric():
        style = {"date": _DATE, "datetime": _TIME, "integer": _INTEGER}.get(column.kind, _NUMBER)
        cell = [place, pl.lit(f'" s="{styles[style]}"><v>'), value.cast(pl.String), pl.lit("</v></c>")]
    else:
        quoted, plain = (pl.lit(f'" s="{styles[style]}" t="inlineStr"><is><t xml:space="preserve">')
                         for style in (_QUOTED, _TEXT))
        opened = pl.when(value.str.contains(RUNS)).then(quoted).otherwise(plain)
        cell = [place, opened, value, pl.lit("</t></is></c>")]
    if column.name == "obs_value":
        blank = pl.concat_str([place, pl.lit(f'" s="{styles[_MISSING]}"/>')])
    return pl.concat_str(cell).fill_null(blank)
