"""Tables for people: harmless to spreadsheets and reversible, described, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from metadata.derive.table_schema import Column, Table
from metadata.errors import SdgError, StorageFull
from tests.unit.warehouse.export_frames import TEXTS
from warehouse.export import workbook
from warehouse.export.notes import Section
from warehouse.export.place import whole_file, whole_folder
from warehouse.export.table import csvw, neutral, restored, write_csv, write_package, write_parquet, zipped
from warehouse.export.workbook import in_order, write_workbook

TABLE = Table("report.things", "Things. Grain: one row per thing.", (
    Column("name", "string", "its name", True), Column("obs_value", "number", "its value", False),
    Column("count", "integer", "how many", False), Column("good", "boolean", "whether it is", False),
    Column("day", "date", "the day", False), Column("moment", "datetime", "the moment", False),
), ("name",))  # fmt: skip
FRAME = pl.DataFrame({
    "name": ["=1+1", "-1", 'plain, "quoted"', "", "a\x01_x0041_\nb"],
    "obs_value": [-1.5, None, 1e300, 0.1, 2.0], "count": [-1, 2, None, 4, 5],
    "good": [True, False, None, True, False], "day": [date(2020, 2, 29), None, None, date(1900, 3, 1), None],
    "moment": pl.Series([datetime(2020, 1, 1, 12, 30, tzinfo=UTC), None, None, None, None]),
})
HARMFUL = tuple("=+-@\t\r")
MADE = datetime(2026, 5, 1, tzinfo=UTC)


def plain_csv(frame: pl.DataFrame, table: Table = TABLE) -> str:
    stream = io.BytesIO()
    assert write_csv([frame[:2], frame[2:]], table, stream) == frame.height
    return stream.getvalue().decode()


# -------------------------------------------------------------------------------------------------------- formulas


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.none(), TEXTS, st.from_regex(r"\A'*[=+\-@\t\r']?[a-z]*\Z")), min_size=1))
def test_no_text_runs_as_a_formula_and_all_come_back(texts: list[str | None]) -> None:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String}).with_row_index("number")
    safe = neutral(frame)
    assert not any(text.startswith(HARMFUL) for text in safe["text"] if text)
    assert safe["number"].equals(frame["number"])
    assert restored(safe).equals(frame)
    harmless = [text for text in texts if text and not text.lstrip("'").startswith(HARMFUL)]
    assert [text for text in safe["text"] if text in harmless] == harmless


def test_csv_neutralises_texts_and_leaves_numbers_alone() -> None:
    rows = list(csv.reader(io.StringIO(plain_csv(FRAME), newline="")))
    assert rows[0] == ["name", "obs_value", "count", "good", "day", "moment"]
    assert rows[1] == ["'=1+1", "-1.5", "-1", "true", "2020-02-29", "2020-01-01T12:30:00Z"]
    assert rows[2] == ["'-1", "", "2", "false", "", ""]
    assert rows[3][:2] == ['plain, "quoted"', "1e+300"]
    assert plain_csv(FRAME).splitlines()[4].startswith('"",0.1,')


# -------------------------------------------------------------------------------------------------- descriptions


def test_csvw_describes_the_file_beside_it() -> None:
    described = json.loads(csvw(TABLE, {}, "things of mine.csv"))
    assert described["url"] == "things of mine.csv"
    assert described["tableSchema"]["primaryKey"] == ["name"]
    assert [column["datatype"] for column in described["tableSchema"]["columns"]] == [
        "string", "double", "integer", "boolean", "date", "dateTime",
    ]
    assert described["rdfs:comment"].startswith("A text that begins with = + - @")
    keyless = Table(TABLE.name, TABLE.description, TABLE.columns, ())
    assert "primaryKey" not in json.loads(csvw(keyless, {}, "x.csv"))["tableSchema"]


def test_parquet_keeps_types_texts_and_descriptions(tmp_path: Path) -> None:
    told: list[int] = []
    assert write_parquet([FRAME[:2], FRAME[2:]], TABLE, tmp_path / "t.parquet", told=told.append) == 5
    assert told == [2, 5]
    assert pl.read_parquet(tmp_path / "t.parquet").equals(FRAME)
    schema = pq.read_schema(tmp_path / "t.parquet")
    assert schema.field("name").metadata == {b"description": b"its name"}
    assert schema.metadata[b"title"] == b"report.things"


def test_a_data_package_describes_and_proves_its_file(tmp_path: Path) -> None:
    import hashlib

    sources = [{"title": "Provider KGZ"}]
    write_package([FRAME], TABLE, {"name": ["a"]}, tmp_path, title="Things", made=MADE, sources=sources)
    package = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    [resource] = package["resources"]
    data = (tmp_path / resource["path"]).read_bytes()
    assert (resource["path"], resource["bytes"]) == ("things.csv", len(data))
    assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert [one["name"] for one in resource["schema"]["fields"]] == FRAME.columns
    assert resource["schema"]["fields"][0]["constraints"] == {"required": True, "enum": ["a"]}
    assert (package["title"], package["created"], package["sources"]) == ("Things", "2026-05-01T00:00:00Z", sources)
    keyless = Table(TABLE.name, TABLE.description, TABLE.columns, ())
    write_package([FRAME], keyless, {}, tmp_path, title="Things", made=MADE, sources=[])
    package = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    assert "sources" not in package
    assert "primaryKey" not in package["resources"][0]["schema"]
    zipped(tmp_path, tmp_path.parent / "package.zip")
    with zipfile.ZipFile(tmp_path.parent / "package.zip") as archive:
        assert archive.namelist() == ["datapackage.json", "things.csv"]


# ------------------------------------------------------------------------------------------------------- workbook


def book_of(path: Path, frame: pl.DataFrame = FRAME, **options: Any) -> Any:
    about = Section("About", ("", ""), (("Table", "=cmd()"),))
    sections = [about, Section("Codes", ("Code", "Name"), (("A", "a\x02b"),))]
    write_workbook([frame[:2], frame[2:]], TABLE.columns, sections, path, count=frame.height, **options)
    return openpyxl.load_workbook(path)


def test_the_workbook_has_numbers_as_numbers_and_no_formula(tmp_path: Path) -> None:
    told: list[int] = []
    sheet = book_of(tmp_path / "t.xlsx", told=told.append)["Data"]
    assert told == [2, 5]
    rows = list(sheet.iter_rows(min_row=2))
    assert [cell.value for cell in rows[0][:4]] == ["=1+1", -1.5, -1, True]
    assert [str(cell.value) for cell in rows[0][4:]] == ["2020-02-29 00:00:00", "2020-01-01 12:30:00"]
    assert [cell.data_type for cell in rows[0]] == ["s", "n", "n", "b", "d", "d"]
    names = [unescape(row[0].value) for row in rows]  # openpyxl reads ST_Xstring of shared strings only
    assert names == FRAME["name"].to_list()
    assert [row[0].quotePrefix for row in rows[:3]] == [True, True, False]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b", "d"}
    assert rows[1][1].value is None
    assert rows[1][1].fill.fgColor.rgb == "00E7E6E6"
    assert rows[4][1].value == 2
    assert str(rows[3][4].value) == "1900-03-01 00:00:00"


def test_the_workbook_is_made_to_be_looked_at(tmp_path: Path) -> None:
    book = book_of(tmp_path / "t.xlsx")
    sheet, notes = book["Data"], book["Notes"]
    assert book.sheetnames == ["Data", "Notes"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("A2", "A1:F6", "$1:$1")
    assert sheet["A1"].font.bold
    assert (sheet.max_row, sheet.max_column) == (6, 6)
    assert all(8 <= sheet.column_dimensions[letter].width <= 42 for letter in "ABCDEF")
    assert [[cell.value for cell in row][:2] for row in notes.iter_rows(max_row=5)] == [
        ["About", None], ["Table", "=cmd()"], [None, None], ["Codes", None], ["Code", "Name"],
    ]
    assert (notes["B2"].data_type, notes["B2"].quotePrefix) == ("s", True)
    assert notes["B6"].value == "ab"
    with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
        assert archive.testzip() is None
        assert archive.getinfo("xl/worksheets/sheet1.xml").compress_type == zipfile.ZIP_DEFLATED
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_a_workbook_without_rows_has_its_heading(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    assert write_workbook([], TABLE.columns, [], path, count=0) == 0
    sheet = openpyxl.load_workbook(path)["Data"]
    assert [cell.value for cell in sheet[1]] == FRAME.columns
    assert sheet.max_row == 1


def test_columns_that_people_look_for_come_first() -> None:
    columns = [Column(name, "string", "", False) for name in ("goal", "obs_value", "sex", "series")]
    assert [column.name for column in in_order(columns)] == ["series", "obs_value", "goal", "sex"]


def test_what_a_sheet_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SdgError) as caught:
        write_workbook([FRAME], TABLE.columns, [], tmp_path / "t.xlsx", count=1_048_576)
    assert str(caught.value) == (
        "There are 1,048,576 rows, and a sheet holds 1,048,575. Choose fewer (--indicator, --area, --from), or take "
        "csv or parquet."
    )
    long = FRAME.with_columns(name=pl.lit("x" * (workbook.MAX_TEXT + 1)))
    with pytest.raises(SdgError) as caught:
        write_workbook([long], TABLE.columns, [], tmp_path / "t.xlsx", count=5)
    assert str(caught.value) == "A text of name has 32,768 characters, and a cell holds 32,767. Take csv or parquet."


# ---------------------------------------------------------------------------------------------------------- place


def fails_half_way(path: Path) -> None:
    path.write_text("half")
    raise OSError(28, "No space left on device")


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("before")
    with pytest.raises(StorageFull), whole_file(path) as partial:
        fails_half_way(partial)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
    with whole_file(path) as partial:
        partial.write_text("whole")
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_replaces_an_earlier_export_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "package"
    for text in ("one", "two"):
        with whole_folder(path, "mark") as folder:
            (folder / "mark").write_text(text)
        assert (path / "mark").read_text() == text
    assert list(tmp_path.iterdir()) == [path]
    (path / "mark").rename(path / "mine")
    with pytest.raises(SdgError) as caught, whole_folder(path, "mark"):
        pass
    said = "This is there already and is no earlier export. Name a folder that is not there."
    assert str(caught.value) == f"{path}: {said}"
    assert (path / "mine").read_text() == "two"


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(SdgError, match=r"The folder for the output is not there\. Make it first\."), \
            whole_file(tmp_path / "none" / "x.csv"):
        pass
    with pytest.raises(SdgError, match=r"This is a folder, and a file is to be written\. Name a file in it\."), \
            whole_file(tmp_path):
        pass
    with pytest.raises(StorageFull, match=r"The export cannot be written: No space left on device\. Free some space"), \
            whole_file(tmp_path / "x.csv"):
        raise OSError(28, "No space left on device")
    with pytest.raises(StorageFull, match=r"The export cannot be written: No space left on device\."), \
            whole_folder(tmp_path / "x", "mark"):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []
