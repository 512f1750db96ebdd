"""Excel workbooks: sheets by content, cells as exact text, places as a spreadsheet shows them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.formula import ArrayFormula

from metadata.errors import UnreadableFile
from metadata.findings import Example
from metadata.rules import finding
from pipelines.places import located
from pipelines.read.detect import read_message
from pipelines.read.message import PLACE_COLUMNS, Message
from pipelines.read.workbook import cell_text

MIDNIGHT = datetime.combine(date(2020, 1, 1), time())
"""As openpyxl gives a date: without zone, which a workbook does not have."""
HEADINGS = ("SERIES", "TIME_PERIOD", "OBS_VALUE")


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def book_of(*rows: tuple[Any, ...], title: str = "Data") -> Workbook:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return book


def read(book: Workbook) -> Message:
    return read_message(saved(book), name="book.xlsx")


def refused(data: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read_message(data, name="book.xlsx")
    return str(caught.value)


def test_cells_are_read_as_exact_text() -> None:
    values = [1, 0, -3, 12.5, 2020.0, 0.1, 1e22, 1.5e-7, "007", " x ", "1,5", True, "#N/A", "=1+1"]
    message = read(book_of(HEADINGS, *[("A", 2020, value) for value in values]))
    assert message.format == "table-excel"
    assert message.frame["obs_value"].to_list() == [
        "1", "0", "-3", "12.5", "2020", "0.1", "1e+22", "1.5e-07", "007", " x ", "1,5", "TRUE",
        "#N/A", "=1+1",
    ]
    assert message.frame["time_period"].unique().to_list() == ["2020"]
    assert message.frame.columns[-5:] == list(PLACE_COLUMNS)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MIDNIGHT, "2020-01-01"),
        (MIDNIGHT.replace(hour=12, minute=30), "2020-01-01T12:30:00"),
        (date(2020, 1, 1), "2020-01-01"),
        (time(12, 30), "12:30:00"),
        (timedelta(hours=30), "1 day, 6:00:00"),
        (ArrayFormula("A1:A2", "=SUM(B1:B2)"), "=SUM(B1:B2)"),
        ("", None),
        (None, None),
        (10**15, "1000000000000000"),
        (1e15, "1000000000000000.0"),
    ],
)
def test_every_kind_of_cell_has_a_text(value: object, text: str | None) -> None:
    assert cell_text(value) == text


def test_all_seventeen_digits_of_a_stored_number_are_read() -> None:
    data = _replace_part(
        saved(book_of(HEADINGS, ("A", "2020", 0.3))), "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"<v>0.3</v>", b"<v>0.30000000000000004</v>"),
    )
    assert read_message(data).frame["obs_value"].to_list() == ["0.30000000000000004"]


def test_formulas_are_never_evaluated_even_when_a_result_is_stored() -> None:
    book = book_of(HEADINGS, ("A", "2020", "=6*7"))
    book.worksheets[0]["C3"] = ArrayFormula("C3", "=SUM(A1:A2)")
    assert read(book).frame["obs_value"].to_list() == ["=6*7", "=SUM(A1:A2)"]
    stored = _replace_part(saved(book), "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"<v></v>", b"<v>42</v>")
                           .replace(b"<v/>", b"<v>42</v>").replace(b"<v />", b"<v>42</v>"))
    assert b"<v>42</v>" in zipfile.ZipFile(io.BytesIO(stored)).read("xl/worksheets/sheet1.xml")
    assert read_message(stored).frame["obs_value"].to_list() == ["=6*7", "=SUM(A1:A2)"]


def _replace_part(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            new.writestr(member, change(content) if member == name else content)
    return stream.getvalue()


def test_rows_are_counted_as_a_spreadsheet_shows_them() -> None:
    rows = [("Our title",), (), ("Series", "Period", "Value"), HEADINGS, ("A", "2020", 1), (), (None, None, None),
            ("B", "2021", 2)]
    book = book_of(*rows)
    sheet = book.worksheets[0]
    sheet["A20"], sheet["B20"], sheet["C20"] = "C", "2022", 3
    sheet.merge_cells("A20:A21")
    sheet["B21"], sheet["C21"] = "2023", 4
    message = read(book)
    assert message.frame.select("series", "time_period", "_sheet", "_row", "_line", "_dataset").rows() == [
        ("A", "2020", "Data", 5, None, 0), ("B", "2021", "Data", 8, None, 0), ("C", "2022", "Data", 20, None, 0),
        (None, "2023", "Data", 21, None, 0),
    ]


def test_sheets_are_chosen_by_content_and_hidden_ones_never() -> None:
    book = book_of(("Read me",), ("Year", "Pivot"), title="About")
    one, two, hidden = (book.create_sheet(title) for title in ("12.4.2", "13.1.1", "old"))
    for sheet, extra in ((one, "SEX"), (two, "age"), (hidden, "SEX")):
        sheet.append((*HEADINGS, extra))
        sheet.append((sheet.title, "2020", 1, "x"))
    hidden.sheet_state = "hidden"
    message = read(book)
    assert message.frame.select("_sheet", "series", "sex", "age", "_row").rows() == [
        ("12.4.2", "12.4.2", "x", None, 2), ("13.1.1", "13.1.1", None, "x", 2),
    ]


def test_a_workbook_without_observations_names_its_sheets() -> None:
    book = book_of(("a", "b"), title="Notes")
    book.create_sheet("Old").sheet_state = "hidden"
    assert refused(saved(book)) == (
        "book.xlsx: No sheet has the headings SERIES, TIME_PERIOD and OBS_VALUE in one of its first 30 rows (looked "
        "at: Notes; hidden and not looked at: Old). Send the Excel template, or a table with SDMX component ids as "
        "headings (SERIES, REF_AREA, …)."
    )
    late = book_of(*[("x",)] * 30, HEADINGS)
    assert "No sheet has the headings" in refused(saved(late))


def test_a_heading_alone_is_a_message_without_rows() -> None:
    frame = read(book_of(HEADINGS)).frame
    assert (frame.height, frame.columns) == (0, ["series", "time_period", "obs_value", *PLACE_COLUMNS])


def test_headings_that_cannot_be_told_apart_are_refused_with_the_sheet() -> None:
    said = refused(saved(book_of((*HEADINGS, "Series"))))
    assert said.startswith("book.xlsx, sheet Data: The heading SERIES stands twice, in cells 1 and 4.")


def test_odd_cells_are_noted_with_their_place() -> None:
    book = book_of((*HEADINGS, "DATA_LAST_UPDATE"), ("A", MIDNIGHT, 0.125, date(2021, 2, 3)))
    sheet = book.worksheets[0]
    sheet["C2"].number_format = "0.0%"
    sheet["F2"] = "remark"
    message = read(book)
    notes = {note.rule: note for note in message.notes}
    assert set(notes) == {"CELL-DATE", "CELL-PERCENT", "CELL-NO-HEADING"}
    assert message.frame.select("time_period", "obs_value", "data_last_update").rows() == [
        ("2020-01-01", "0.125", "2021-02-03")
    ]
    assert "the first shows 12.5% and holds 0.125" in notes["CELL-PERCENT"].message
    assert "the first as 2020-01-01" in notes["CELL-DATE"].message
    assert notes["CELL-DATE"].examples[0].place() == "sheet Data, cell B2 (TIME_PERIOD)"
    assert notes["CELL-NO-HEADING"].examples[0].place() == "sheet Data, cell F2"
    assert notes["CELL-NO-HEADING"].severity == "info"


def test_an_impossible_row_number_does_not_hang() -> None:
    data = _replace_part(
        saved(book_of(HEADINGS, ("A", "2020", 1))), "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b'<row r="2"', b'<row r="2000000000"').replace(b'r="A2"', b'r="A2000000000"')
        .replace(b'r="B2"', b'r="B2000000000"').replace(b'r="C2"', b'r="C2000000000"'),
    )
    assert "has more than 1048576 rows, which is the limit" in refused(data)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("xl/workbook.xml", lambda xml: xml[: len(xml) // 2]),
        ("xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2]),
        ("xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'r="A2"', b'r="2A"')),
        ("xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"<v>2020</v>", b"<v>nonsense</v>")),
        ("xl/worksheets/sheet1.xml", lambda xml: xml.replace(b't="n"', b't="s"')),
        ("xl/styles.xml", lambda _: b""),
        ("xl/_rels/workbook.xml.rels", lambda _: b"<a/>"),
        ("[Content_Types].xml", lambda _: b"<Types/>"),
    ],
)
def test_damaged_parts_are_one_sentence(part: str, change: Callable[[bytes], bytes]) -> None:
    data = _replace_part(saved(book_of(HEADINGS, ("A", 2020, 1))), part, change)
    assert "The workbook is damaged" in refused(data)


def test_the_place_of_damage_is_told() -> None:
    data = _replace_part(
        saved(book_of(HEADINGS, ("A", 2020, 1))), "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"<v>2020</v>", b"<v>nonsense</v>"),
    )
    assert refused(data).startswith("book.xlsx, sheet Data, row ")


def test_a_file_on_disk_is_read_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(saved(book_of(HEADINGS, ("A", "2020", 1))))
    assert read_message(path).frame["series"].to_list() == ["A"]


def test_a_pivot_in_front_is_named_and_the_table_behind_it_is_read() -> None:
    book = book_of(("Row labels", "Sum of OBS_VALUE"), ("KG", 12), title="Pivot")
    book.create_sheet("Empty")
    data = book.create_sheet("Data 2026")
    for row in (HEADINGS, ("EN_HAZ_PCAP", "2019", 12.5)):
        data.append(row)
    message = read(book)
    [note] = [found for found in message.notes if found.rule == "SHEET-NOT-READ"]
    assert (note.severity, note.message) == (
        "info", "Sheets without the headings of a table were not read: Pivot. Read: Data 2026."
    )
    assert message.frame["_sheet"].to_list() == ["Data 2026"]
    assert message.format == "table-excel"
    assert "SHEET-NOT-READ" not in [found.rule for found in read(book_of(HEADINGS, ("A", "2019", 1))).notes]
def test_the_letters_of_the_columns_are_kept_for_places() -> None:
    book = book_of(("a remark",), ("", "SERIES", "TIME_PERIOD", "", "OBS_VALUE"), ("", "A", "2020", "", "x"))
    portal = book.create_sheet("Portal")
    portal.append(("Goal", "SeriesCode", "GeoAreaCode", "TimePeriod", "Value"))
    portal.append(("12", "EN_HAZ_PCAP", "417", "2020", "1"))
    message = read(book)
    assert message.letters["Data"] == {"series": "B", "time_period": "C", "obs_value": "E"}
    assert {name: message.letters["Portal"][name] for name in ("series", "ref_area", "obs_value")} == {
        "series": "B", "ref_area": "C", "obs_value": "E",
    }
    found = finding("KEY-EQUAL", places=2, series="A", examples=[Example(sheet="Data", row=3, column="OBS_VALUE"),
                                                                 Example(sheet="Data", row=3)])  # fmt: skip
    [placed] = located([found], message)
    assert [example.cell for example in placed.examples] == ["E3", None]
