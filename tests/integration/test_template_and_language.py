"""`sdg template` with what was reported last, `--lang`, and the marked workbook, as an office meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from metadata import languages
from metadata.derive.catalogues import mo_bytes, po_path
from pipelines.cli import main
from pipelines.provider import load_providers
from pipelines.spoken import chosen_language

SERIES = "EN_HAZ_PCAP"
HEADING = (
    "FREQ,REPORTING_TYPE,SERIES,REF_AREA,SEX,AGE,URBANISATION,INCOME_WEALTH_QUANTILE,EDUCATION_LEV,OCCUPATION,"
    "CUST_BREAKDOWN,COMPOSITE_BREAKDOWN,DISABILITY_STATUS,ACTIVITY,PRODUCT,TIME_PERIOD,OBS_VALUE,OBS_STATUS,"
    "UNIT_MULT,UNIT_MEASURE,NATURE,COMMENT_OBS"
)


def sdg(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def row(year: int, value: object, *, series: str = SERIES, unit: str = "KG", status: str = "A") -> str:
    return f"A,N,{series},417{',_T' * 11},{year},{value},{status},0,{unit},C,seen in the register"


@pytest.fixture
def reported(sdg_home: Path, tmp_path: Path) -> Path:
    """A home in which Kyrgyzstan has reported two series, one of them last in 2023, with a missing value."""
    rows = [*(row(year, f"{year - 500}.50") for year in range(2015, 2025)),
            row(2022, 10_600_000, series="EN_HAZ_GENV", unit="T"),
            row(2023, "", series="EN_HAZ_GENV", unit="T", status="M")]  # fmt: skip
    table = tmp_path / "sent.csv"
    table.write_text("\n".join([HEADING, *rows]) + "\n", encoding="utf-8")
    result = sdg("submit", table, "--provider", "KGZ", "--lang", "en")
    assert "12 received = 12 new" in result.output, result.output
    return sdg_home


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_was_reported_last_stands_in_the_template_and_is_unchanged_when_it_comes_back(
    reported: Path, tmp_path: Path, form: str
) -> None:
    out = tmp_path / f"t.{form}"
    result = sdg("template", "KGZ", "--indicator", "12.4.2", "--out", out)
    assert "with 2 values reported before" in result.output
    report = json.loads(sdg("check", out, "--provider", "KGZ", "--format", "json").output)["files"][0]
    assert (report["counts"]["received"], report["counts"]["unchanged"]) == (2, 2)
    assert [found for found in report["findings"] if found["severity"] == "error"] == []
    if form == "xlsx":
        sheet = load_workbook(out)["12.4.2"]
        names = [cell.value for cell in sheet[2]]
        first = {name: cell.value for name, cell in zip(names, sheet[3], strict=True)}
        second = {name: cell.value for name, cell in zip(names, sheet[4], strict=True)}
        assert (first["TIME_PERIOD"], first["OBS_VALUE"], first["OBS_STATUS"][:1]) == ("2023", None, "M")
        assert (second["TIME_PERIOD"], second["OBS_VALUE"]) == ("2024", "1524.50")
        assert second["COMMENT_OBS"] == "seen in the register"
        assert any(str(cell.value).startswith("8. ") for cell in load_workbook(out).worksheets[0]["A"])


def test_without_what_was_reported_it_is_empty(reported: Path, tmp_path: Path) -> None:
    out = tmp_path / "t.csv"
    result = sdg("template", "KGZ", "--indicator", "12.4.2", "--no-previous", "--out", out)
    assert "reported before" not in result.output
    assert "1524" not in out.read_text(encoding="utf-8-sig")


def test_a_revised_value_counts_as_revised(reported: Path, tmp_path: Path) -> None:
    out = tmp_path / "t.xlsx"
    sdg("template", "KGZ", "--indicator", "12.4.2", "--out", out)
    book = load_workbook(out)
    sheet = book["12.4.2"]
    names = [cell.value for cell in sheet[2]]
    sheet.cell(4, names.index("OBS_VALUE") + 1).value = 1525
    book.save(out)
    counts = json.loads(sdg("check", out, "--provider", "KGZ", "--format", "json").output)["files"][0]["counts"]
    assert (counts["unchanged"], counts["value_revised"]) == (1, 1)


@pytest.fixture
def russian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue with two sentences in Russian, and one in Arabic."""
    for language, pairs in (("ru", {"would be loaded": "было бы загружено", "No findings.": "Замечаний нет."}),
                            ("ar", {"No findings.": "لا ملاحظات."})):  # fmt: skip
        catalogue = Catalog(locale=language, domain="sdg")
        for english, said in pairs.items():
            catalogue.add(english, said)
        path = po_path(language, tmp_path / "locale")  # type: ignore[arg-type]
        path.parent.mkdir(parents=True)
        path.with_suffix(".mo").write_bytes(mo_bytes(catalogue))
    monkeypatch.setattr(languages, "LOCALE", tmp_path / "locale")
    languages._catalogue.cache_clear()


@pytest.fixture(autouse=True)
def fresh_catalogues() -> object:
    yield
    languages._catalogue.cache_clear()


@pytest.mark.usefixtures("sdg_home", "russian")
def test_a_report_is_in_the_providers_language_unless_another_is_asked_for(tmp_path: Path) -> None:
    table = tmp_path / "sent.csv"
    table.write_text(f"{HEADING}\n{row(2020, 1500)}\n", encoding="utf-8")
    assert "Замечаний нет." in sdg("check", table, "--provider", "KGZ").output
    assert "No findings." in sdg("check", table, "--provider", "KGZ", "--lang", "en").output
    assert "No findings." in sdg("check", table).output
    assert "No findings." in sdg("check", table, "--provider", "KGZ", "--lang", "zh").output, "nothing said in zh yet"
    page = sdg("check", table, "--provider", "KGZ", "--format", "html", "--lang", "ar").output
    assert '<html lang="ar" dir="rtl">' in page
    assert "لا ملاحظات." in page
    assert '<html lang="ru" dir="ltr">' in sdg("check", table, "--provider", "KGZ", "--format", "html").output
    assert sdg("check", table, "--lang", "de").output.startswith("sdg: There are no texts in the language de.")
    assert "Замечаний нет." in sdg("submit", table, "--provider", "KGZ").output


@pytest.mark.usefixtures("sdg_home")
def test_json_is_english_unless_a_language_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "sent.csv"
    table.write_text(f"{HEADING}\n{row(2020, 1500).replace('N,EN', 'G,EN')}\n", encoding="utf-8")
    english = sdg("check", table, "--provider", "KGZ", "--format", "json").output
    [found] = json.loads(english)["files"][0]["findings"]
    catalogue = Catalog(locale="ru", domain="sdg")
    from metadata.rules import RULES

    for rule in RULES.values():
        for sentence, _ in (rule.wording(), *(rule.wording(name) for name in rule.variants)):
            catalogue.add(sentence, f"[ru] {sentence}")
    path = po_path("ru", tmp_path / "locale")
    path.parent.mkdir(parents=True)
    path.with_suffix(".mo").write_bytes(mo_bytes(catalogue))
    monkeypatch.setattr(languages, "LOCALE", tmp_path / "locale")
    languages._catalogue.cache_clear()
    assert sdg("check", table, "--provider", "KGZ", "--format", "json").output == english
    said = sdg("check", table, "--provider", "KGZ", "--format", "json", "--lang", "ru").output
    [translated] = json.loads(said)["files"][0]["findings"]
    assert translated["message"].startswith("[ru] ")
    assert (translated["rule"], translated["id"]) == (found["rule"], found["id"])
    assert "[ru] " in sdg("check", table, "--provider", "KGZ", "--format", "csv").output
    assert "[ru] " in sdg("submit", table, "--provider", "KGZ", "--format", "json", "--lang", "ru").output


def test_a_provider_of_another_language_is_spoken_to_in_english() -> None:
    kgz = load_providers().get("KGZ")
    assert chosen_language(None, kgz) == "ru"
    assert chosen_language(None, kgz.model_copy(update={"language": "sw"})) == "en"
    assert chosen_language("fr-CA", kgz) == "fr"


@pytest.mark.usefixtures("sdg_home")
def test_a_workbook_is_given_back_marked_and_another_file_is_refused(tmp_path: Path) -> None:
    out, marked = tmp_path / "t.xlsx", tmp_path / "marked.xlsx"
    sdg("template", "KGZ", "--indicator", "12.4.2", "--lang", "en", "--out", out)
    book = load_workbook(out)
    sheet = book["12.4.2"]
    names = [cell.value for cell in sheet[2]]
    sheet.cell(3, names.index("TIME_PERIOD") + 1).value = "2017-2020"
    sheet.cell(3, names.index("OBS_VALUE") + 1).value = 12
    book.save(out)
    arguments = ("check", out, "--provider", "KGZ", "--format", "xlsx", "--lang", "en")
    result = sdg(*arguments, "--out", marked)
    assert result.exit_code == 1
    assert f"1 cells marked, 1 findings; written to {marked}" in result.output
    assert "PERIOD-FORM" in load_workbook(marked)["12.4.2"].cell(3, names.index("TIME_PERIOD") + 1).comment.text
    assert "needs --out MARKED.xlsx" in sdg(*arguments).output
    table = tmp_path / "sent.csv"
    table.write_text(f"{HEADING}\n{row(2020, 1500)}\n", encoding="utf-8")
    result = sdg("check", table, "--format", "xlsx", "--out", marked)
    assert result.exit_code == 2
    assert "Only an Excel workbook can be given back marked; this is table-csv." in result.output


def test_history_marks_its_cells_too(reported: Path, tmp_path: Path) -> None:
    out, marked = tmp_path / "t.xlsx", tmp_path / "marked.xlsx"
    sdg("template", "KGZ", "--indicator", "12.4.2", "--out", out)
    book = load_workbook(out)
    sheet = book["12.4.2"]
    at = [cell.value for cell in sheet[2]].index("OBS_VALUE") + 1
    sheet.cell(4, at).value = 1524500
    book.save(out)
    result = sdg("check", out, "--provider", "KGZ", "--format", "xlsx", "--lang", "en", "--out", marked)
    assert result.exit_code in (0, 1)
    assert load_workbook(marked)["12.4.2"].cell(4, at).comment is not None


@pytest.mark.usefixtures("sdg_home")
def test_a_template_of_another_ending_is_refused(tmp_path: Path) -> None:
    result = sdg("template", "KGZ", "--out", tmp_path / "t.ods")
    assert result.exit_code == 2
    assert "--out must end in .xlsx or .csv." in result.output
