"""`sdg assessment` as its users meet it: on the screen, as JSON, as a workbook, and when it cannot be done."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from openpyxl import load_workbook

from metadata.errors import ConfigurationError
from pipelines import publication
from pipelines.assessment import read_assessments
from pipelines.assessment_book import NOT_KNOWN, write_book
from pipelines.cli import main
from pipelines.knowledge import Knowledge
from pipelines.provider import PROVIDERS_FOLDER, load_providers
from tests.integration.test_cli import row, sdg, table
from warehouse.connect import reader
from warehouse.settings import Settings

STATED = """
assessment:
  - indicators: ["12.4.2", "12.5.1"]
    available: "partly"
    institution: "=cmd|made up"
    barriers: [data]
    stated_by: "A letter that this test makes up"
    stated_on: "2026-03-01"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with one delivery of Kyrgyzstan."""
    folder = tmp_path_factory.mktemp("assessed")
    sent = table(folder / "sent.csv", *(row(year, 1500 + year) for year in (2019, 2020)), row(2021, 7, unit="T"))
    assert sdg("submit", sent, "--provider", "KGZ", "--home", folder / "state").exit_code == 1  # a row is kept back
    return folder / "state"


def stated(folder: Path) -> Knowledge:
    """The project's declarations, with a statement that Kyrgyzstan has not made."""
    for path in PROVIDERS_FOLDER.glob("KGZ*"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    with (folder / "KGZ.yaml").open("a", encoding="utf-8") as file:
        file.write(STATED)
    return replace(Knowledge.read(), providers=load_providers(folder))


@pytest.mark.parametrize("name", ["KGZ", "kgz", "417", "KG", "Kyrgyzstan"])
def test_the_screen_shows_every_indicator_in_80_columns(home: Path, name: str) -> None:
    result = sdg("assessment", name, "--home", home)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "National data assessment: Kyrgyzstan (417)"
    (line,) = [line for line in lines if line.startswith("12.4.2")]
    assert line.split() == ["12.4.2", "trend", "trend", "2020", "C", "not", "known", "1"]
    assert "Goal 12, produced by the country: 1 trend, 0 some, 12 none" in lines
    assert "Barriers: not known 21" in lines
    assert max(map(len, lines)) <= 80


def test_json_has_every_column_and_null_for_what_is_not_known(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "k.json"
    assert "written to" in sdg("assessment", "KGZ", "--home", home, "--format", "json", "--out", out).output
    (one,) = json.loads(out.read_text(encoding="utf-8"))["assessments"]
    assert (one["ref_area"], one["name"], len(one["indicators"])) == ("417", "Kyrgyzstan", 21)
    found = {line["indicator"]: line for line in one["indicators"]}
    assert list(found)[:2] + list(found)[-2:] == ["12.1.1", "12.2.1", "13.a.1", "13.b.1"]
    assert found["12.4.2"]["stated_institution"] is None
    assert found["12.4.2"]["not_known"] == "institution source_type barriers metadata"


def test_a_statement_reaches_the_readers_without_new_data_and_goes_again(home: Path, tmp_path: Path) -> None:
    settings, knowledge = Settings.load(home), stated(tmp_path)
    query = (
        "select indicator, stated_institution from report.national_assessment "
        "where stated_by is not null order by 1"
    )
    publication.bring_up_to_date(settings, knowledge, purpose="a test")
    with reader(settings) as connection:
        assert connection.execute(query).fetchall() == [("12.4.2", "=cmd|made up"), ("12.5.1", "=cmd|made up")]
    before = settings.current.stat().st_mtime_ns
    publication.bring_up_to_date(settings, knowledge, purpose="a test")
    assert settings.current.stat().st_mtime_ns == before
    publication.bring_up_to_date(settings, Knowledge.read(), purpose="a test")
    with reader(settings) as connection:
        assert connection.execute(query).fetchall() == []


def test_the_workbook_holds_the_matrix_its_totals_and_no_formula(home: Path, tmp_path: Path) -> None:
    settings = Settings.load(home)
    publication.bring_up_to_date(settings, stated(tmp_path), purpose="a test")
    write_book(tmp_path / "one.xlsx", read_assessments(settings, ["417"]))
    publication.bring_up_to_date(settings, Knowledge.read(), purpose="a test")
    book = load_workbook(tmp_path / "one.xlsx")
    assert book.sheetnames == ["Matrix", "Summary", "Notes"]
    heads = [cell.value for cell in book["Matrix"][5]]
    lines = book["Matrix"].iter_rows(min_row=6, values_only=True)
    rows = [dict(zip(heads, line, strict=True)) for line in lines]
    assert len(rows) == 21
    waste = next(line for line in rows if line["Indicator"] == "12.4.2")
    assert (waste["Availability"], waste["Last year"], waste["Institution"]) == ("trend", 2020, "=cmd|made up")
    assert (waste["Barrier"], waste["By whom, when"]) == ("data", "A letter that this test makes up (2026-03-01)")
    assert waste["Breakdowns (− is missing)"] == "− activity\n− composite_breakdown"
    assert rows[0]["Institution"] == rows[0]["Barrier"] == NOT_KNOWN
    assert [cell.coordinate for sheet in book for line in sheet for cell in line if cell.data_type == "f"] == []
    totals = {line[0]: line[1:4] for line in book["Summary"].iter_rows(values_only=True)}
    assert totals["Goal 12"] == (1, 0, 12)
    assert totals["=cmd|made up"] == (2, "12.4.2, 12.5.1", None)
    assert totals["data"][0] == 2
    told = {line[0]: line[1] for line in book["Notes"].iter_rows(values_only=True)}
    assert told["stated_institution"] == "producing institution, as stated; null is not known"


def test_several_countries_get_sheets_of_their_own(home: Path, tmp_path: Path) -> None:
    write_book(tmp_path / "two.xlsx", read_assessments(Settings.load(home), ["417", "646"]))
    names = load_workbook(tmp_path / "two.xlsx").sheetnames
    assert names == ["Matrix 417", "Summary 417", "Matrix 646", "Summary 646", "Notes"]


def test_the_ending_of_the_file_chooses_the_form(home: Path, tmp_path: Path) -> None:
    assert sdg("assessment", "KGZ", "--home", home, "--out", tmp_path / "k.xlsx").exit_code == 0
    assert load_workbook(tmp_path / "k.xlsx").sheetnames[0] == "Matrix"
    assert sdg("assessment", "KGZ", "--home", home, "--out", tmp_path / "k.txt").exit_code == 0
    assert (tmp_path / "k.txt").read_text(encoding="utf-8").startswith("National data assessment: Kyrgyzstan (417)\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["?"], 'There is no provider and no area "?". Write a provider\'s id, an M49 code (417), an ISO code (KGZ)'),
        (["KGX"], 'There is no provider and no area "KGX". Nearest: KGZ'),
        (["UNSD"], "UNSD reports for all areas; name one."),
        (["1"], "World (1) is not a country; the assessment is of one."),
        (["KGZ", "--format", "excel"], "A workbook needs --out with a file that ends with .xlsx."),
        (["KGZ", "--format", "excel", "--out", "a"], "A workbook needs --out with a file that ends with .xlsx."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(home: Path, arguments: list[str], sentence: str) -> None:
    result = sdg("assessment", *arguments, "--home", home)
    assert result.exit_code == 2
    assert f"sdg: {sentence}" in result.output


def test_nothing_published_and_tables_of_an_earlier_program(tmp_path: Path) -> None:
    assert "Nothing is published yet." in sdg("assessment", "KGZ", "--home", tmp_path).output
    settings = Settings.load(tmp_path).ensure()
    with duckdb.connect(str(settings.current)) as connection:
        connection.execute("create schema report; create table report.coverage (a int)")
    with pytest.raises(ConfigurationError, match="have no national assessment: an earlier program made them"):
        read_assessments(settings, ["417"])


def test_an_area_that_the_tables_do_not_know(home: Path) -> None:
    with pytest.raises(ConfigurationError, match="have no row of area 9999"):
        read_assessments(Settings.load(home), ["9999"])
    assert "assessment" in main.commands
