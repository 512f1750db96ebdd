"""The workbook that an office fills: derived from the declarations, and read back exactly as it was filled."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.workbook.workbook import Workbook

from metadata import languages
from metadata.areas import load_areas
from metadata.derive.catalogues import mo_bytes, po_path
from metadata.derive.template import write_template
from metadata.derive.template_csv import write_template_csv
from metadata.derive.template_plan import SEPARATOR, TEMPLATE_SHEET, Request
from metadata.derive.template_texts import CODES_SHEET, HEADINGS, README_SHEET
from metadata.errors import ConfigurationError, SdgError, StorageFull
from metadata.languages import LANGUAGES, Language
from metadata.load import load_catalogue
from metadata.structure import load_structure
from pipelines.check import Judgement, judge
from pipelines.provider import load_providers
from pipelines.read.detect import read_message

INDICATORS = tuple(load_catalogue().indicators)


def write(path: Path, *indicators: str, areas: Any = ("417",), language: Language = "en", **more: Any) -> Workbook:
    request = Request("KGZ", "An office", areas, indicators, language)
    write_template(path, request, load_catalogue(), load_structure(), load_areas(), **more)
    return load_workbook(path)


def code(value: Any) -> Any:
    """Return the code of a cell that holds it with its name."""
    return value.split(SEPARATOR)[0] if isinstance(value, str) else value


def table(book: Workbook, sheet: str) -> list[dict[str, Any]]:
    rows: list[list[Any]] = [[code(cell.value) for cell in row] for row in book[sheet].iter_rows(min_row=2)]
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
    assert not {"OBS_VALUE", "TIME_PERIOD", "COMMENT_OBS"} & set(by_component)
    first, last = by_component["CUST_BREAKDOWN"].split("!")[1].replace("$", "").split(":")
    assert int(last.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) > 1000, f"a list as long as the codelist: {first}:{last}"
    name, cells = by_component["REF_AREA"].removeprefix("=").split("!")
    assert name.strip("'") == CODES_SHEET
    assert [row[0].value for row in book[CODES_SHEET][cells.replace("$", "")]] == ["417 · Kyrgyzstan", "404 · Kenya"]
    names = {row[0].value: row[1].value for row in book[CODES_SHEET].iter_rows(min_row=3, min_col=10, max_col=11)}
    assert names["417"] == "Kyrgyzstan"
    rule = book["13.1.1"].data_validations.dataValidation[0]
    assert (rule.errorStyle, "is not in the list of the sheet Codes" in str(rule.error)) == ("warning", True)


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
    assert read_message(path).header.template_indicators == ("12.4.2",)


def test_every_heading_is_the_structures_own() -> None:
    assert {c.id: c.name for c in load_structure().components} == {k: str(v) for k, v in HEADINGS.items()}


def test_headings_and_units_are_locked_without_a_password(tmp_path: Path) -> None:
    sheet = write(tmp_path / "t.xlsx", "12.4.2")["12.4.2"]
    assert sheet.protection.sheet
    assert sheet.protection.password is None
    assert not sheet.protection.formatColumns, "widths are the office's"
    locked = {cell.column_letter for cell in sheet[3] if cell.protection.locked}
    units = {cell.column_letter for cell in sheet[2] if cell.value in ("UNIT_MULT", "UNIT_MEASURE")}
    assert locked == units
    assert all(cell.protection.locked for row in sheet["A1:AF2"] for cell in row)
    assert not any(dimension.protection.locked for dimension in sheet.column_dimensions.values())


def test_the_texts_are_in_the_language_and_what_programs_read_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arabic = Catalog(locale="ar", domain="sdg")
    for english, said in ((README_SHEET, "اقرأني"), (CODES_SHEET, "الرموز [1]"), ("Sex", "الجنس"),
                          ("{heading} (required)", "{heading} (مطلوب)")):  # fmt: skip
        arabic.add(str(english), said)
    path = po_path("ar", tmp_path)
    path.parent.mkdir(parents=True)
    path.with_suffix(".mo").write_bytes(mo_bytes(arabic))
    monkeypatch.setattr(languages, "LOCALE", tmp_path)
    languages._catalogue.cache_clear()
    try:
        book = write(tmp_path / "t.xlsx", "12.4.2", language="ar")
    finally:
        languages._catalogue.cache_clear()
    assert book.sheetnames == ["اقرأني", "12.4.2", "الرموز  1", TEMPLATE_SHEET]
    assert all(sheet.sheet_view.rightToLeft for sheet in book.worksheets[:3])
    sheet = book["12.4.2"]
    sex = column_of(book, "12.4.2", "SEX")
    assert sheet.cell(1, sex).value == "الجنس (مطلوب)"
    assert sheet.cell(3, sex).value == "_T · Both sexes or no breakdown by sex"
    assert sheet.cell(3, sex).alignment.readingOrder == 1
    area = column_of(book, "12.4.2", "REF_AREA")
    assert sheet.cell(3, area).value == "417 · قيرغيزستان"
    titles = [str(cell.value) for cell in book.worksheets[0]["A"]]
    assert any(load_catalogue().indicators["12.4.2"].titles["ar"] in line for line in titles)
    fill(book)
    book.save(tmp_path / "t.xlsx")
    assert {found.rule for found in judged(tmp_path / "t.xlsx").report.findings} <= OF_ONE_VALUE


@pytest.mark.no_cover
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


OF_ONE_VALUE = {"TOTAL-PARTS", "PER-CAPITA-TOTAL", "SHARE-PARTS"}
"""What is found where every value is 1: it cannot be a total and its parts, nor a total and its figure per head."""


def fill(book: Workbook) -> int:
    """Fill every row of every data sheet, as an office would; return how many."""
    rows = 0
    for sheet in book.worksheets[1:-2]:
        names = [cell.value for cell in sheet[2]]
        for position, row in enumerate(table(book, sheet.title), start=3):
            sheet.cell(position, names.index("TIME_PERIOD") + 1).value = "2020"
            sheet.cell(position, names.index("OBS_VALUE") + 1).value = 1
            if row["UNIT_MEASURE"] is None:
                sheet.cell(position, names.index("UNIT_MEASURE") + 1).value = "TCO2E"
            rows += 1
    return rows


def judged(path: Path) -> Judgement:
    return judge(
        read_message(path), load_providers().get("KGZ"), load_catalogue(), load_structure(), load_areas(),
        path="t.xlsx", sha256="0" * 64, today=date(2026, 11, 22),
    )


@pytest.mark.no_cover
def test_a_filled_template_has_no_finding(tmp_path: Path) -> None:
    """Every row of every sheet: declaration, template, reader and judgement agree."""
    path = tmp_path / "t.xlsx"
    book = write(path, *INDICATORS)
    rows = fill(book)
    book.save(path)
    judgement = judged(path)
    assert {found.rule for found in judgement.report.findings} <= OF_ONE_VALUE
    assert judgement.report.counts.received == rows > 300


@pytest.mark.no_cover
@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_filled_in_any_language_it_has_no_finding(language: Language, tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    book = write(path, "12.4.2", "13.1.1", language=language)
    rows = fill(book)
    book.save(path)
    judgement = judged(path)
    assert {found.rule for found in judgement.report.findings} <= OF_ONE_VALUE
    assert judgement.report.counts.received == rows


def test_the_form_in_csv_is_read_back_without_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    request = Request("KGZ", "An office", ("417",), ("12.4.2", "13.1.1"), "ar")
    previous = [{"series": "EN_HAZ_PCAP", "freq": "A", "obs_value": 1.5, "obs_value_text": "1.50"}]
    write_template_csv(path, request, load_catalogue(), load_structure(), load_areas(), previous=previous)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf_template,layout=")
    message = read_message(path)
    assert (message.header.sender, message.header.template_indicators) == ("KGZ", ("12.4.2", "13.1.1"))
    assert message.frame["obs_value"].to_list() == ["1.50"], "only what has a value is an observation"
    mark, heading, reported, *rows = path.read_text(encoding="utf-8-sig").splitlines()
    names = heading.split(",")
    assert reported.startswith("A,,EN_HAZ_PCAP,")
    lines = [mark, heading]
    for row in rows:
        cells = row.split(",")
        cells[names.index("TIME_PERIOD")], cells[names.index("OBS_VALUE")] = "2020", "1"
        lines.append(",".join(cells))
    path.write_text("\r\n".join(lines), encoding="utf-8-sig")
    judgement = judged(path)
    assert {found.rule for found in judgement.report.findings} <= OF_ONE_VALUE
    assert judgement.report.counts.received == len(rows) > 20


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


@pytest.mark.no_cover
@pytest.mark.parametrize("language", ["en", "ar"])
def test_filled_and_saved_by_libreoffice_it_has_no_finding(language: Language, tmp_path: Path) -> None:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    book = write(tmp_path / "t.xlsx", "12.4.2", language=language)
    rows = fill(book)
    book.save(tmp_path / "t.xlsx")
    saved = tmp_path / "saved"
    home = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [program, home, "--headless", "--convert-to", "xlsx", "--outdir", str(saved), str(tmp_path / "t.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    judgement = judged(saved / "t.xlsx")
    assert {found.rule for found in judgement.report.findings} <= OF_ONE_VALUE
    assert judgement.report.counts.received == rows
    again = load_workbook(saved / "t.xlsx")
    sheet = again["12.4.2"]
    assert sheet.protection.sheet
    assert sheet["A2"].protection.locked
    assert not sheet.cell(3, column_of(again, "12.4.2", "OBS_VALUE")).protection.locked
    value = column_of(again, "12.4.2", "OBS_VALUE")
    below = [group for group in sheet.column_dimensions.values() if group.min <= value <= group.max]
    assert [group.protection.locked for group in below] == [False], "rows can be added"
    assert bool(sheet.sheet_view.rightToLeft) == (language == "ar")
