"""What fuzzing (`tests/fuzz/fuzz_readers.py`) found: inputs that once ended in another exception, now in a sentence."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from metadata.errors import UnreadableFile
from pipelines.read.detect import read_message
from pipelines.read.open_sdg import read_open_sdg
from tests.fuzz.fuzz_readers import zipped
from tests.fuzz.packages import workbook


def refused(data: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read_message(data, name="fuzzed")
    return str(caught.value)


def json_message(dimensions: dict[str, Any], attributes: dict[str, Any], data_set: dict[str, Any]) -> bytes:
    structure = {"dimensions": dimensions, "attributes": attributes}
    return json.dumps({"data": {"structures": [structure], "dataSets": [{"structure": 0, **data_set}]}}).encode()


V2_1 = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
TIME = [{"id": "TIME_PERIOD", "values": [{"id": "2020"}]}]


def test_series_of_a_structure_that_has_none() -> None:
    """polars: OutOfBoundsError. The dimensions of the level `series` were lost in a damaged structure."""
    series = {"0:1": {"observations": {"0": [1]}}}
    sentence = refused(json_message({"observation": TIME}, {}, {"series": series}))
    assert sentence.startswith('fuzzed, data.dataSets[0].series["0:1"]: ')
    assert "A key of 0 positions is expected here." in sentence
    alone = read_message(json_message({"observation": TIME}, {}, {"series": {"": {"observations": {"0": [1]}}}}))
    assert alone.frame.select("time_period", "obs_value").rows() == [("2020", "1")]


@pytest.mark.parametrize("key", ["99999999999999999999", "1" * 5000, "x", "٣"])
def test_a_group_at_an_impossible_position(key: str) -> None:
    """Found beside it by eye: a position above 64 bits overflowed, one of 4,300 digits is not read by Python at all."""
    attributes = {"dimensionGroup": [{"id": "NOTE"}]}
    data = json_message({"observation": TIME}, attributes, {
        "dimensionGroupAttributes": {key: ["a"]}, "observations": {"0": [1]},
    })
    assert "A key of at most 1 positions is expected here." in refused(data)


def in_workbook(**changes: Callable[[str], str]) -> bytes:
    """Return the smallest workbook of the fuzz target with its sheet or shared strings changed."""
    with zipfile.ZipFile(io.BytesIO(workbook(b""))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for part, change in changes.items():
        name = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml"}[part]
        parts[name] = change(parts[name].decode()).encode()
    return zipped(parts)


def rows(content: str) -> Callable[[str], str]:
    return lambda sheet: sheet.replace("</sheetData>", f"{content}</sheetData>")


def test_a_number_format_that_the_workbook_does_not_have() -> None:
    """openpyxl: IndexError, when the format of a number is asked for."""
    data = in_workbook(sheet=rows('<row r="2"><c r="D2" s="0"><v>1.5</v></c></row>'))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    styles = parts["xl/styles.xml"].decode()
    parts["xl/styles.xml"] = styles.replace('"0" applyNumberFormat', '"999" applyNumberFormat').encode()
    assert parts["xl/styles.xml"] != styles.encode()
    assert read_message(zipped(parts)).frame["obs_value"].to_list() == ["1.5"]


def test_a_truth_value_in_a_cell_that_is_formatted_as_percent() -> None:
    """Python counts True among the numbers, and its text TRUE is none."""
    data = in_workbook(sheet=rows('<row r="2"><c r="D2" s="0" t="b"><v>1</v></c></row>'))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    styles = parts["xl/styles.xml"].decode()
    parts["xl/styles.xml"] = styles.replace('"0" applyNumberFormat', '"9" applyNumberFormat').encode()
    assert parts["xl/styles.xml"] != styles.encode()
    message = read_message(zipped(parts))
    assert message.frame["obs_value"].to_list() == ["TRUE"]
    assert not message.notes


def test_a_cell_beyond_the_last_column() -> None:
    """openpyxl: ValueError, when the letters of column 18,279 are asked for."""
    sentence = refused(in_workbook(sheet=rows('<row r="2"><c r="ZZZ2"><v>1</v></c><c><v>2</v></c></row>')))
    assert "The sheet Data has more than 16384 columns, which is the limit." in sentence


def test_few_bytes_that_make_many_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a million rows with one cell in column XFD took minutes; 64 million cells take seconds."""
    monkeypatch.setattr("pipelines.read.sheet_room.MAX_CELLS", 100_000)
    sentence = refused(in_workbook(sheet=rows('<row><c r="XFD2"/></row>' * 10)))
    assert "fuzzed, sheet Data: The workbook has more than 100,000 cells, which is the limit. Delete what" in sentence
    assert "more than 100,000 cells" in refused(in_workbook(sheet=rows('<row r="900000"><c><v>1</v></c></row>')))


def test_few_bytes_that_make_much_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of a megabyte that stands once in the workbook and in a thousand cells took gigabytes."""
    monkeypatch.setattr("pipelines.read.sheet_room.MAX_CELL_TEXT", 2 << 20)
    text = "x" * (1 << 16)
    data = in_workbook(
        strings=lambda strings: strings.replace("</sst>", f"<si><t>{text}</t></si></sst>"),
        sheet=rows('<row><c t="s"><v>0</v></c></row>' * 40),
    )
    assert "sheet Data: The cells say more than 2 MB of text, which is the limit. Send it in parts." in refused(data)


@pytest.mark.parametrize("component", ["_row", "A B", "1"])
def test_a_map_of_a_platform_that_names_no_component(component: str) -> None:
    """A heading that becomes `_row` took the place of where the row stood."""
    with pytest.raises(UnreadableFile, match=rf"column map:2: {component} is no id of a component\. Name the"):
        read_open_sdg(b"Year,Value\n2020,1\n", f"Text,Value\nYear,{component}\n".encode(), b"Text,Dimension,Value\n")


def test_a_column_of_a_platform_that_is_named_like_a_place() -> None:
    message = read_open_sdg(b"_row,Year,Value\n9,2020,1\n", b"Text,Value\n", b"Text,Dimension,Value\n")
    assert message.frame.columns == ["time_period", "obs_value", "_sheet", "_row", "_line", "_dataset", "_action"]
    assert message.frame["_row"].to_list() == [2]


@pytest.mark.parametrize("heading", ["*", "^S.*$", "^$"])
@pytest.mark.parametrize("text", [
    "SERIES,TIME_PERIOD,OBS_VALUE,{}\nA,2020,1,x\n", "STRUCTURE,STRUCTURE_ID,SEX,{}\ndataflow,A:B(1.0),F,x\n",
])  # fmt: skip
def test_a_heading_that_polars_takes_for_several_columns(text: str, heading: str) -> None:
    """polars: DuplicateError. `*` and what stands between `^` and `$` select columns by a pattern."""
    assert refused(text.format(heading).encode()).startswith(
        f"fuzzed:1: The heading {heading} cannot be the name of a column. Give the column another heading."
    )


@pytest.mark.parametrize("name", ["*", "^x$"])
def test_a_component_that_polars_takes_for_several_columns(name: str) -> None:
    """Found beside it: the ids of SDMX-JSON and of generic SDMX-ML are texts that may be anything."""
    dimension = {"id": name, "values": [{"id": "F"}]}
    data = json_message({"observation": [dimension, *TIME]}, {}, {"observations": {"0:0": [1]}})
    assert "A component needs an id that begins with a letter." in refused(data)
    values = f'<Value id="{name}" value="F"/><Value id="TIME_PERIOD" value="2020"/>'
    generic = f'<GenericData xmlns="{V2_1}"><DataSet><Obs><ObsKey>{values}</ObsKey></Obs></DataSet></GenericData>'
    assert f"{name} is no id of a component." in refused(generic.encode())
