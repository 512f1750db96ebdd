"""The workbook that an office fills: derived from the declarations, and read back exactly as it was filled."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.workbook.workbook import Workbook

from metadata.areas import load_areas
from metadata.derive.template import CODES_SHEET, README_SHEET, TEMPLATE_SHEET, write_template
from metadata.errors import ConfigurationError, SdgError, StorageFull
from metadata.load import load_catalogue
from metadata.structure import load_structure
from pipelines.read.detect import read_message

INDICATORS = tuple(load_catalogue().indicators)


def write(path: Path, *indicators: str, areas: Any = ("417",), **more: Any) -> Workbook:
    write_template(
        path, provider_id="KGZ", provider_name="An office", areas=areas, indicators=indicators,
        catalogue=load_catalogue(), structure=load_structure(), areas_table=load_areas(), **more,
    )
    return load_workbook(path)


def table(book: Workbook, sheet: str) -> list[dict[str, Any]]:
    rows: list[list[Any]] = [[cell.value for cell in row] for row in book[sheet].iter_rows(min_row=2)]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def column_of(book: Workbook, sheet: str, component: str) -> int:
    return [cell.value for cell in book[sheet][2]].index(component) + 1


def test_the_sheets_and_their_headings(tmp_path: Path) -> None:
    book = write(tmp_path / "t.xlsx", "12.4.2", "13.1.1")
    assert book.sheetnames == [README_SHEET, "12.4.2", "13.1.1", CODES_SHEET, TEMPLATE_SHEET]
    assert book[TEMPLATE_SHEET].sheet_state == "hidden"
    sheet = book["12.4.2"]
    structure = load_structure()
    assert [cell.value for cell in sheet[2]] == [component.id for component in structure.components]
    assert sheet["A1"].value == "Frequency of observation (required)"
    assert sheet.freeze_panes == "A3"


def test_rows_are_prefilled_with_what_is_fixed(tmp_path: Path) -> None:
    book = write(tmp_path / "t.xlsx", "12.4.2")
    catalogue = load_catalogue()
    rows = table(book, "12.4.2")
    current = {s.code for s in catalogue.indicators["12.4.2"].series if s.status == "current"}
    assert {row["SERIES"] for row in rows} >= current
    (row,) = [row for row in rows if row["SERIES"] == "EN_HAZ_PCAP"]
    fixed = {"FREQ": "A", "REPORTING_TYPE": "N", "REF_AREA": "417", "SEX": "_T", "UNIT_MEASURE": "KG",
             "UNIT_MULT": "0", "OBS_STATUS": "A", "TIME_PERIOD": None, "OBS_VALUE": None, "NATURE": None}
    assert {key: row[key] for key in fixed} == fixed
    treated = [row["COMPOSITE_BREAKDOWN"] for row in rows if row["SERIES"] == "EN_MWT_TREATV"]
    assert tuple(treated) == catalogue.series["EN_MWT_TREATV"].dimensions["COMPOSITE_BREAKDOWN"]


def test_a_series_of_many_breakdowns_gets_a_row_for_its_total(tmp_path: Path) -> None:
    rows = table(write(tmp_path / "t.xlsx", "13.1.1"), "13.1.1")
    assert [row["COMPOSITE_BREAKDOWN"] for row in rows if row["SERIES"] == "VC_DSR_MORT"] == ["_T"]


def test_lists_to_choose_from(tmp_path: Path) -> None:
    book = write(tmp_path / "t.xlsx", "13.1.1", areas=("417", "404"))
    lists = {
        str(rule.sqref).split(":")[0].rstrip("0123456789"): rule.formula1
        for rule in book["13.1.1"].data_validations.dataValidation
    }
    headings = {get_column_letter(n): cell.value for n, cell in enumerate(book["13.1.1"][2], start=1)}
    by_component = {headings[letter]: formula for letter, formula in lists.items()}
    assert {"SERIES", "REF_AREA", "SEX", "OBS_STATUS", "UNIT_MEASURE"} <= set(by_component)
    assert not {"OBS_VALUE", "TIME_PERIOD", "COMMENT_OBS", "CUST_BREAKDOWN"} & set(by_component)
    name, cells = by_component["REF_AREA"].removeprefix("=").split("!")
    assert name.strip("'") == CODES_SHEET
    assert [row[0].value for row in book[CODES_SHEET][cells.replace("$", "")]] == ["417", "404"]
    names = {row[0].value: row[1].value for row in book[CODES_SHEET].iter_rows(min_row=3, min_col=7, max_col=8)}
    assert names["417"] == "Kyrgyzstan"


def test_an_untouched_template_is_a_message_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write(path, *INDICATORS)
    message = read_message(path)
    assert message.frame.height == 0
    assert message.header.sender == "KGZ"
    assert str(message.header.structure) == load_structure().version_label
    assert message.header.template_version is not None
    assert message.notes == ()


def test_the_version_follows_the_declarations_of_its_indicators(tmp_path: Path) -> None:
    versions = []
    for number, indicators in enumerate((("12.4.2", "13.1.1"), ("13.1.1", "12.4.2"), ("12.4.2",))):
        path = tmp_path / f"{number}.xlsx"
        write(path, *indicators)
        versions.append(read_message(path).header.template_version)
    assert versions[0] == versions[1] != versions[2]
    write(tmp_path / "own.xlsx", "12.4.2", version="2026.1")
    assert read_message(tmp_path / "own.xlsx").header.template_version == "2026.1"


@pytest.mark.parametrize("number", INDICATORS)
def test_what_is_filled_is_read_back_exactly(number: str, tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    book = write(path, number)
    assert book.sheetnames[1] == number
    sheet = book[number]
    expected = []
    for position, row in enumerate(table(book, number), start=3):
        if position % 2:
            continue
        sheet.cell(position, column_of(book, number, "TIME_PERIOD")).value = "2021"
        sheet.cell(position, column_of(book, number, "OBS_VALUE")).value = position + 0.25
        sheet.cell(position, column_of(book, number, "COMMENT_OBS")).value = " =note "
        filled = row | {"TIME_PERIOD": "2021", "OBS_VALUE": repr(position + 0.25), "COMMENT_OBS": " =note "}
        expected.append({key.lower(): value for key, value in filled.items()} | {"_sheet": number, "_row": position})
    book.save(path)
    frame = read_message(path).frame
    assert expected
    assert frame.select(expected[0].keys()).to_dicts() == expected


def test_a_series_of_two_indicators_is_asked_for_once(tmp_path: Path) -> None:
    book = write(tmp_path / "t.xlsx", "13.3.1", "12.8.1", "13.1.3")
    assert book.sheetnames == [README_SHEET, "12.8.1", "13.1.3", CODES_SHEET, TEMPLATE_SHEET]
    readme = [cell.value for cell in book[README_SHEET]["A"]]
    assert any(str(line).startswith("13.3.1") and "are in the sheet 12.8.1" in str(line) for line in readme)
    alone = write(tmp_path / "alone.xlsx", "13.3.1")
    assert {row["SERIES"] for row in table(alone, "13.3.1")} == {row["SERIES"] for row in table(book, "12.8.1")}


def test_a_filled_template_has_no_finding(tmp_path: Path) -> None:
    """Every row of every sheet: declaration, template, reader and judgement agree."""
    from pipelines.check import judge
    from pipelines.provider import load_providers

    path = tmp_path / "t.xlsx"
    book = write(path, *INDICATORS)
    rows = 0
    for sheet in book.sheetnames[1:-2]:
        for position, row in enumerate(table(book, sheet), start=3):
            book[sheet].cell(position, column_of(book, sheet, "TIME_PERIOD")).value = "2020"
            book[sheet].cell(position, column_of(book, sheet, "OBS_VALUE")).value = 1
            if row["UNIT_MEASURE"] is None:
                book[sheet].cell(position, column_of(book, sheet, "UNIT_MEASURE")).value = "TCO2E"
            rows += 1
    book.save(path)
    judgement = judge(
        read_message(path), load_providers().get("KGZ"), load_catalogue(), load_structure(), load_areas(),
        path="t.xlsx", sha256="0" * 64, today=date(2026, 11, 22),
    )
    # one value everywhere cannot be a total and its parts, nor a total and its figure per head
    assert {found.rule for found in judgement.report.findings} <= {"TOTAL-PARTS", "PER-CAPITA-TOTAL", "SHARE-PARTS"}
    assert judgement.report.counts.received == rows > 300


def test_one_cell_that_is_not_prefilled_makes_a_row(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    book = write(path, "12.4.2")
    book["12.4.2"].cell(3, column_of(book, "12.4.2", "COMMENT_OBS")).value = "no data"
    book.save(path)
    assert read_message(path).frame.select("_row", "obs_value", "comment_obs").rows() == [(3, None, "no data")]


def test_previous_observations_are_put_in_and_keep_their_spelling(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    texts = ["12.50", "12.5", "7", "007", "0.30000000000000004", "1e5", "=1+1", "9" * 17, "inf", "-0.125"]
    previous = [
        {"series": "EN_HAZ_PCAP", "ref_area": "417", "time_period": str(2000 + n), "obs_value": 1.0,
         "obs_value_text": text, "unit_mult": 0, "comment_obs": None}
        for n, text in enumerate(texts)
    ]
    book = write(path, "12.4.2", previous=[*previous, {"series": "OTHER", "time_period": "1999"}])
    assert book["12.4.2"].cell(3, column_of(book, "12.4.2", "OBS_VALUE")).value == "12.50"
    assert book["12.4.2"].cell(4, column_of(book, "12.4.2", "OBS_VALUE")).value == 12.5
    frame = read_message(path).frame
    assert frame["obs_value"].to_list() == texts
    assert frame["unit_mult"].unique().to_list() == ["0"]


def test_a_provider_of_many_areas_chooses_its_area(tmp_path: Path) -> None:
    book = write(tmp_path / "t.xlsx", "12.4.2", areas="all")
    rows = table(book, "12.4.2")
    assert {row["REF_AREA"] for row in rows} == {None}
    assert {row["REPORTING_TYPE"] for row in rows} == {"G"}


def test_what_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r'There is no indicator "12\.4\.9"\. Nearest: 12\.4\.'):
        write(tmp_path / "t.xlsx", "12.4.9")
    with pytest.raises(ConfigurationError, match=r'"KG" is not an area of M49\. Use its numeric code, as in "417"\.'):
        write(tmp_path / "t.xlsx", "12.4.2", areas=("KG",))
    with pytest.raises(SdgError, match="The folder for the template is not there"):
        write(tmp_path / "none" / "t.xlsx", "12.4.2")
    with pytest.raises(SdgError, match="has a control character, which a workbook cannot hold"):
        write(tmp_path / "t.xlsx", "12.4.2", previous=[{"series": "EN_HAZ_PCAP", "comment_obs": "\x01"}])
    (tmp_path / "t.xlsx").mkdir()
    with pytest.raises(StorageFull, match="The template cannot be written: Is a directory"):
        write(tmp_path / "t.xlsx", "12.4.2")
    assert [path.name for path in tmp_path.iterdir()] == ["t.xlsx"]


def test_it_opens_in_libreoffice(tmp_path: Path) -> None:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    write(tmp_path / "t.xlsx", "12.4.2")
    home = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [program, home, "--headless", "--convert-to", "ods", "--outdir", str(tmp_path), str(tmp_path / "t.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert (tmp_path / "t.ods").stat().st_size > 0
