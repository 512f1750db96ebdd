"""Tables with foreign headings: downloads of the UN SDG portal, and Open SDG tables with the platform's maps."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from metadata.errors import UnreadableFile
from pipelines.cli import main
from pipelines.read.detect import read_message
from pipelines.read.message import PLACE_COLUMNS, Message
from pipelines.read.open_sdg import read_open_sdg
from pipelines.read.renaming import rename

HEADINGS = [
    "Goal", "SeriesCode", "GeoAreaCode", "TimePeriod", "Value", "Units", "Nature", "Type of product", "Hazard type",
]
ROWS = [
    ["12", "EN_MAT_DOMCMPT", "417", "2019", "007.50", "TONNES", "NA", "BIM", ""],
    ["12", "EN_MAT_DOMCMPT", "417", "2020.0", "", "CU_USD_B", "E", "ALP", "FLOOD"],
    ["13", "EN_ATM_GHGT_AIP", "4", "2020", "N", "MT_CO2E", "", "XYZ", "NEVER"],
    ["13", "EN_ATM_GHGT_AIP", "4", "2021", "<5", "FURLONGS", "C", "", "TOTAL"],
]


def as_csv(*lines: list[str]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows(lines)
    return stream.getvalue().encode()


def as_workbook(*lines: list[Any]) -> bytes:
    book = Workbook()
    for line in lines:
        book.worksheets[0].append(line)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def rows(message: Message, *columns: str) -> list[tuple[Any, ...]]:
    return message.frame.select(columns).rows()


@pytest.mark.parametrize(("make", "form"), [(as_csv, "un-portal-csv"), (as_workbook, "un-portal-excel")])
def test_headings_and_codes_of_the_portal_become_those_of_sdmx(make: Any, form: str) -> None:
    message = read_message(make(HEADINGS, *ROWS))
    assert message.format == form
    assert rows(message, "series", "ref_area", "time_period", "obs_value") == [
        ("EN_MAT_DOMCMPT", "417", "2019", "007.50"), ("EN_MAT_DOMCMPT", "417", "2020", None),
        ("EN_ATM_GHGT_AIP", "4", "2020", "N"), ("EN_ATM_GHGT_AIP", "4", "2021", "<5"),
    ]
    assert rows(message, "unit_measure", "unit_mult", "nature", "product", "composite_breakdown") == [
        ("T", "0", "_X", "MF1", "_T"),
        ("USD", "9", "E", "_T", "HZT_FLOOD"),
        ("TCO2E", "6", None, "XYZ", "NEVER"),
        ("FURLONGS", None, "C", "_T", "_T"),
    ]
    assert set(message.frame["sex"]) == {"_T"}
    assert set(message.frame["freq"]) == {"A"}
    assert message.frame["_row"].to_list() == [2, 3, 4, 5]
    assert message.frame.columns[-5:] == list(PLACE_COLUMNS)
    (note,) = [note for note in message.notes if note.rule == "UN-PORTAL-MAPPED"]
    assert (note.severity, note.places) == ("info", 4)
    assert "CU_USD_B to USD in UNIT_MEASURE (1 row)" in note.message
    assert "a year with .0 to the year in TIME_PERIOD (1 row)" in note.message
    assert "Columns left out: goal." in note.message


def test_an_empty_download_has_no_rows() -> None:
    message = read_message(as_csv(HEADINGS))
    assert message.frame.height == 0
    assert set(PLACE_COLUMNS) <= set(message.frame.columns)


def test_two_topics_in_one_row_are_both_kept() -> None:
    headings = [*HEADINGS, "Type of support"]
    message = read_message(as_csv(headings, [*ROWS[0], "MITIGATION"], [*ROWS[1], "OTHER"]))
    assert message.frame["composite_breakdown"].to_list() == ["_T", "HZT_FLOOD"]
    assert message.frame["type of support"].to_list() == ["MITIGATION", "OTHER"]
    one = read_message(as_csv(headings, [*ROWS[0], "MITIGATION"], [*ROWS[1], "ALL"]))
    assert one.frame["composite_breakdown"].to_list() == ["TOS_MITIGATION", "HZT_FLOOD"]


def test_a_damaged_download_is_an_error_with_its_line() -> None:
    with pytest.raises(UnreadableFile, match=r"a\.csv:3: The row has 2 cells and the heading has 9\."):
        read_message(as_csv(HEADINGS, ROWS[0], ["a", "b"]), name="a.csv")


def test_renaming_changes_names_and_codes_only() -> None:
    frame = pl.DataFrame({"a": ["x", None, " y "], "b": ["1", "2", "3"]})
    renamed, changed = rename(frame, {"a": "sex"}, {"a": {"x": "F", "y": "M", " z": "Z"}})
    assert renamed.to_dict(as_series=False) == {"sex": ["F", None, " y "], "b": ["1", "2", "3"]}
    assert dict(changed) == {("SEX", "x", "F"): 1}


PORTAL = {
    "12.4.1-SG_HAZ_CMRBASEL_long.csv": ("un-portal-csv", 216, {"PT"}, {"0"}, {"_X", "C"}),
    "Goal13_2025.xlsx": ("un-portal-excel", 12847, {"NUMBER", "PER_100000_POP", "IX"}, {"0"}, {"C", "N"}),
    "Data_13.1.1_VC_DSR_MTMP.xlsx": ("un-portal-excel", 2562, {"PER_100000_POP"}, {"0"}, {"C"}),
}


@pytest.mark.real
@pytest.mark.parametrize("name", PORTAL)
def test_published_tables_of_the_un_are_read_whole(shared_data: Path, name: str) -> None:
    form, count, units, multipliers, natures = PORTAL[name]
    message = read_message(shared_data / "unsd" / name)
    frame = message.frame
    assert (message.format, frame.height) == (form, count)
    assert (set(frame["unit_measure"]), set(frame["unit_mult"]), set(frame["nature"])) == (units, multipliers, natures)
    assert frame["time_period"].str.contains(r"^\d{4}$").all()
    assert set(frame["composite_breakdown"]) == {"_T"}


@pytest.mark.real
def test_a_published_csv_of_the_un_has_its_values_as_they_stand(shared_data: Path) -> None:
    path = shared_data / "unsd" / "12.4.1-SG_HAZ_CMRBASEL_long.csv"
    table = list(csv.DictReader(io.StringIO(path.read_bytes().decode("cp1252"))))
    frame = read_message(path).frame
    for theirs, ours in (("Value", "obs_value"), ("GeoArea_Code", "ref_area"), ("Footnotes", "comment_obs")):
        assert frame[ours].to_list() == [row[theirs] or None for row in table]


# --------------------------------------------------------------------------------------------------- Open SDG

TABLE = (
    b"Year,Sex,Unit measure,Observation status,Place,Level,Value\n"
    b"2019,Female,Tonnes,Normal value,x,,1.50\n2020,,KG,?,,b,\n"
)
COLUMNS = b"Text,Value\nSex,SEX\nObservation status,OBS_STATUS\nPlace,COMPOSITE_BREAKDOWN\nLevel,COMPOSITE_BREAKDOWN\n"
CODES = (
    b"Text,Dimension,Value\nFemale,SEX,F\nTonnes,UNIT_MEASURE,T\nNormal value,OBS_STATUS,A\n"
    b"Female,AGE,NEVER\n,SEX,_T\n"
)


def test_an_open_sdg_table_is_read_by_its_maps() -> None:
    message = read_open_sdg(TABLE, COLUMNS, CODES)
    assert message.format == "open-sdg-csv"
    assert rows(message, "time_period", "sex", "unit_measure", "obs_status", "composite_breakdown", "obs_value") == [
        ("2019", "F", "T", "A", "x", "1.50"), ("2020", None, "KG", "?", "b", None),
    ]
    assert rows(message, "_row", "_line", "_dataset") == [(2, 2, 0), (3, 3, 0)]
    (note,) = message.notes
    assert (note.rule, note.severity) == ("OPEN-SDG-MAPPED", "info")
    assert "Female to F in SEX (1 row)" in note.message
    assert "Columns that the map does not name: none." in note.message


@pytest.mark.parametrize(
    ("data", "columns", "codes", "sentence"),
    [
        (b"A,B\n1,2\n", COLUMNS, CODES, "data:1: The first row does not have the headings Year and Value."),
        (TABLE, b"A,B\n", CODES, "column map:1: The first row does not have the headings Text and Value."),
        (TABLE, COLUMNS, b"Text,Value\n", "code map:1: The first row does not have the headings Text, Dim"),
        (TABLE + b"1,2\n", COLUMNS, CODES, "data:4: The row has 2 cells and the heading has 7."),
        (TABLE, COLUMNS, CODES + b"a,b\n", "code map:7: The row has 2 cells and the heading has 3."),
        (TABLE, COLUMNS + b"Place,SEX\n", CODES, "column map:6: Place is SEX here and COMPOSITE_BREAKDOWN in line 4."),
        (TABLE, COLUMNS, CODES + b"Tonnes,UNIT_MEASURE,KT\n", "code map:7: Tonnes in UNIT_MEASURE is KT here and T"),
    ],
)
def test_what_is_no_such_table_is_told(data: bytes, columns: bytes, codes: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read_open_sdg(data, columns, codes)
    assert sentence in str(caught.value)


def test_without_maps_an_open_sdg_table_is_named_and_refused() -> None:
    with pytest.raises(UnreadableFile, match="a table of an Open SDG platform, which needs its maps"):
        read_message(TABLE)
    with pytest.raises(UnreadableFile, match="a table of an Open SDG platform in a workbook, which is not read"):
        read_message(as_workbook(["Year", "Value"], ["2019", "1"]))


def test_sdg_read_takes_the_maps(tmp_path: Path) -> None:
    for name, data in (("t.csv", TABLE), ("columns.csv", COLUMNS), ("codes.csv", CODES)):
        (tmp_path / name).write_bytes(data)
    out = tmp_path / "out.parquet"
    maps = ["--columns", str(tmp_path / "columns.csv"), "--codes", str(tmp_path / "codes.csv")]
    done = CliRunner().invoke(main, ["read", str(tmp_path / "t.csv"), *maps, "--out", str(out)])
    assert (done.exit_code, done.output) == (0, f"open-sdg-csv: 2 observations written to {out}\n")
    assert pl.read_parquet(out)["sex"].to_list() == ["F", None]
    half = CliRunner().invoke(main, ["read", str(tmp_path / "t.csv"), *maps[:2], "--out", str(out)])
    assert half.exit_code == 2
    assert "--columns and --codes belong together" in half.output


@pytest.mark.real
def test_published_tables_of_an_office_are_read_by_its_maps(shared_data: Path) -> None:
    folder = shared_data / "national" / "gbr"
    maps = folder / "column_mapping.csv", folder / "code_mapping.csv"
    for path in sorted(folder.glob("indicator_*.csv")):
        table = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        if not table:
            continue
        frame = read_open_sdg(path, *maps).frame
        assert frame["obs_value"].to_list() == [row["Value"] or None for row in table]
        assert frame["time_period"].to_list() == [row["Year"] or None for row in table]
    waste = read_open_sdg(folder / "indicator_12-4-2.csv", *maps).frame
    assert (set(waste["obs_status"]), set(waste["unit_mult"])) == ({"A"}, {"0"})
