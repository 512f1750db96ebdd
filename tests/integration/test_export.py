"""`sdg export` as a reader of the global tables uses it: every form, any slice, one sentence for every refusal."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from click.testing import CliRunner, Result

from metadata.areas import load_areas
from metadata.errors import SdgError
from pipelines.cli import main
from pipelines.read.detect import read_message
from warehouse.connect import open_file
from warehouse.export.slice import areas_of, described, source_of
from warehouse.settings import Settings

HEADING = (
    "FREQ,REPORTING_TYPE,SERIES,REF_AREA,SEX,AGE,URBANISATION,INCOME_WEALTH_QUANTILE,EDUCATION_LEV,OCCUPATION,"
    "CUST_BREAKDOWN,COMPOSITE_BREAKDOWN,DISABILITY_STATUS,ACTIVITY,PRODUCT,TIME_PERIOD,OBS_VALUE,OBS_STATUS,"
    "UNIT_MULT,UNIT_MEASURE,NATURE,COMMENT_OBS"
)
FORMS = {
    "sdmx-csv": "sdmx-csv-1.0", "sdmx-csv-2": "sdmx-csv-2.0", "sdmx-ml": "sdmx-ml-2.1-structure-specific",
    "sdmx-ml-3": "sdmx-ml-3.0-structure-specific", "sdmx-json": "sdmx-json-2.0",
}

def sdg(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def row(year: int, value: str, comment: str = "", *, status: str = "A") -> str:
    dimensions = ",".join(["A", "N", "EN_HAZ_PCAP", "417", *["_T"] * 11])
    return f"{dimensions},{year},{value},{status},0,KG,C,{comment}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder with ten values of Kyrgyzstan's, one of them missing, and one of the same keys from elsewhere."""
    folder = tmp_path_factory.mktemp("export")
    rows = [row(year, str(1500 + year - 2000)) for year in range(2015, 2023)]
    rows += [row(2023, "0.50", '"=1+1, ""x"""'), row(2024, "", status="M")]
    for provider, lines in (("KGZ", rows), ("UNSD", rows[:1])):
        file = folder / f"{provider}.csv"
        file.write_text("\n".join([HEADING, *lines]) + "\n", encoding="utf-8")
        result = sdg("submit", file, "--provider", provider, "--home", folder / "home")
        assert result.exit_code in (0, 1), result.output
    yield folder / "home"
    shutil.rmtree(folder)


def exported(home: Path, out: Path, *options: object) -> Result:
    result = sdg("export", "--home", home, "--out", out, *options)
    assert result.exit_code == 0, result.output
    return result


def refused(home: Path, tmp_path: Path, *options: object, out: str = "x.csv") -> str:
    result = sdg("export", "--home", home, "--out", tmp_path / out, *options)
    assert result.exit_code == 2, result.output
    assert list(tmp_path.iterdir()) == []
    assert result.output.startswith("sdg: ")
    return result.output.removeprefix("sdg: ").strip()


# ----------------------------------------------------------------------------------------------------- messages


@pytest.mark.parametrize("form", FORMS)
def test_a_message_is_read_back_with_what_the_office_sent(
    form: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDG_SENDER", "XX_CENTRE")
    out = tmp_path / "message"
    result = exported(home, out, "--format", form, "--provider", "KGZ")
    assert result.output == (
        f"{form}: 10 observations of report.indicator_observation (provider KGZ) written to {out}\n"
    )
    message = read_message(out)
    assert message.format == FORMS[form]
    assert str(message.header.structure) == "IAEG-SDGs:SDG(1.14)"
    if "csv" not in form:
        assert message.header.sender == "XX_CENTRE"
        assert message.header.prepared_at is not None
    frame = message.frame.sort("time_period")
    assert frame["time_period"].to_list() == [str(year) for year in range(2015, 2025)]
    assert frame["obs_value"].to_list()[:2] == ["1515", "1516"]
    assert frame["obs_value"].to_list()[-2:] == ["0.5", None]
    assert frame["comment_obs"].to_list()[-2:] == ['=1+1, "x"', None]
    assert frame["obs_status"].to_list()[-2:] == ["A", "M"]
    assert frame["unit_measure"].to_list() == ["KG"] * 10
    assert [path.name for path in tmp_path.iterdir()] == ["message"]


@pytest.mark.parametrize("form", ["sdmx-ml", "sdmx-json"])
def test_each_provider_is_a_data_set_of_its_own(form: str, home: Path, tmp_path: Path) -> None:
    exported(home, tmp_path / "m", "--format", form)
    frame = read_message(tmp_path / "m").frame
    assert frame["_dataset"].value_counts(sort=True).rows() == [(0, 10), (1, 1)]


def test_csv_refuses_keys_of_several_providers(home: Path, tmp_path: Path) -> None:
    assert refused(home, tmp_path, "--format", "sdmx-csv") == (
        "Several providers (KGZ, UNSD) hold the same observations, 1 in all, and SDMX-CSV cannot tell them apart. "
        "Choose with --provider or --preferred, or take SDMX-ML or SDMX-JSON, which give each a data set."
    )


def test_a_table_without_observations_is_no_message(home: Path, tmp_path: Path) -> None:
    assert refused(home, tmp_path, "--format", "sdmx-ml", "--table", "report.coverage", out="x.xml") == (
        "report.coverage has no freq, reporting_type, series: its rows are no observations of SDG. Take "
        "report.indicator_observation, or another form than SDMX."
    )


def test_the_view_of_an_indicator_and_core_are_messages_too(home: Path, tmp_path: Path) -> None:
    for table in ("report.indicator_12_4_2", "core.observation"):
        exported(home, tmp_path / "m", "--format", "sdmx-ml", "--table", table, "--provider", "KGZ")
        assert read_message(tmp_path / "m").frame.height == 10


# ------------------------------------------------------------------------------------------------------- tables


def test_csv_with_its_metadata(home: Path, tmp_path: Path) -> None:
    exported(home, tmp_path / "t.csv", "--format", "csv", "--area", "kgz", "--from", 2023)
    rows = list(csv.DictReader((tmp_path / "t.csv").open(encoding="utf-8", newline="")))
    assert [(one["time_period"], one["obs_value"], one["comment_obs"]) for one in rows] == [
        ("2023", "0.5", "'=1+1, \"x\""), ("2024", "", ""),
    ]
    described = json.loads((tmp_path / "t.csv-metadata.json").read_text(encoding="utf-8"))
    assert described["url"] == "t.csv"
    assert [one["name"] for one in described["tableSchema"]["columns"]] == list(rows[0])
    assert set(described["tableSchema"]["primaryKey"]) >= {"indicator", "provider", "series", "time_period"}


def test_parquet_by_its_ending(home: Path, tmp_path: Path) -> None:
    result = exported(home, tmp_path / "t.parquet", "--series", "EN_HAZ_PCAP", "--to", 2016)
    assert "parquet: 3 rows of report.indicator_observation (series EN_HAZ_PCAP, years to 2016)" in result.output
    frame = pl.read_parquet(tmp_path / "t.parquet")
    assert sorted(frame["obs_value"].to_list()) == [1515.0, 1515.0, 1516.0]
    one = exported(home, tmp_path / "one.parquet", "--provider", "UNSD")
    assert "parquet: 1 row of" in one.output


def test_a_workbook_with_notes(home: Path, tmp_path: Path) -> None:
    exported(home, tmp_path / "t.xlsx", "--indicator", "12.4.2", "--provider", "KGZ")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    heads = [cell.value for cell in book["Data"][1]]
    assert heads[:7] == ["indicator", "series", "series_name", "ref_area", "area_name", "time_period", "obs_value"]
    assert not {"sex", "base_per"} & set(heads)
    values = [row[6].value for row in book["Data"].iter_rows(min_row=2)]
    assert values == [*range(1515, 1523), 0.5, None]
    text = "\n".join(str(cell.value) for row in book["Notes"].iter_rows() for cell in row if cell.value)
    for fact in (
        "indicator 12.4.2, provider KGZ", "UNEP; UNSD; UNITAR", "What is measured",
        "Hazardous waste generated, per capita", "Kilograms",
        "Missing value; data cannot exist", "Country Data", "KGZ.csv", "IAEG-SDGs:SDG(1.14)",
        "the same in every row", "Multiply obs_value by ten", "SEX: Sex (dimension)",
    ):
        assert fact in text, fact


def test_a_workbook_of_another_table(home: Path, tmp_path: Path) -> None:
    exported(home, tmp_path / "t.xlsx", "--table", "report.quality")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert [row[0].value for row in book["Notes"].iter_rows(max_row=2)] == ["About this table", "Table"]
    exported(home, tmp_path / "t.xlsx", "--table", "core.load")
    moments = [cell for cell in openpyxl.load_workbook(tmp_path / "t.xlsx")["Data"][2] if cell.is_date]
    assert len(moments) == 2
    exported(home, tmp_path / "t.xlsx", "--table", "report.data_availability", "--indicator", "12.4.2", "--area", 417)


def test_a_data_package_as_zip_and_as_folder(home: Path, tmp_path: Path) -> None:
    exported(home, tmp_path / "p.zip")
    exported(home, tmp_path / "p", "--format", "frictionless")
    exported(home, tmp_path / "p", "--format", "frictionless")
    package = json.loads((tmp_path / "p" / "datapackage.json").read_text(encoding="utf-8"))
    assert package["sources"] == [{"title": "Provider KGZ"}, {"title": "Provider UNSD"}]
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        assert archive.read("indicator_observation.csv") == (tmp_path / "p" / "indicator_observation.csv").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"p", "p.zip"}
    exported(home, tmp_path / "areas", "--format", "frictionless", "--table", "metadata.area")
    package = json.loads((tmp_path / "areas" / "datapackage.json").read_text(encoding="utf-8"))
    assert "sources" not in package
    assert "primaryKey" not in package["resources"][0]["schema"]


# ------------------------------------------------------------------------------------------------------ refusals


def test_an_empty_slice_says_what_would_have_matched(home: Path, tmp_path: Path) -> None:
    assert refused(home, tmp_path, "--format", "csv", "--indicator", "12.4.2", "--area", "KGZ", "--from", "2030") == (
        "No row of report.indicator_observation has indicator 12.4.2, area 417, years from 2030. Of its 11 rows, "
        "without --from 11 match; its years are 2015 to 2024."
    )
    assert refused(home, tmp_path, "--format", "csv", "--indicator", "13.1.1", "--area", "646") == (
        "No row of report.indicator_observation has indicator 13.1.1, area 646. Of its 11 rows, --indicator alone "
        "matches 0; --area alone matches 0."
    )
    assert refused(home, tmp_path, "--format", "csv", "--provider", "UNSD", "--from", "2016") == (
        "No row of report.indicator_observation has provider UNSD, years from 2016. Of its 11 rows, without "
        "--provider 9 match; without --from 1 matches; its years are 2015 to 2015."
    )
    assert refused(home, tmp_path, "--format", "csv", "--preferred").startswith(
        "No row of report.indicator_observation has a preferred value."
    )
    empty = ("--table", "report.regional_aggregate", "--indicator", "12.4.2")
    assert refused(home, tmp_path, "--format", "csv", *empty) == (
        "report.regional_aggregate has no rows. Load data first: sdg run"
    )


@pytest.mark.parametrize(("options", "sentence"), [
    (["--indicator", "12.4.9"], 'There is no indicator "12.4.9" here. Nearest: 12.4.2, 12.4.1'),
    (["--series", "EN_HAZ_PCAPP"], 'There is no series "EN_HAZ_PCAPP" here. Nearest: EN_HAZ_PCAP'),
    (["--provider", "XXX"], 'There is no provider "XXX" here. There are: KGZ, UNSD.'),
    (["--area", "Kirgizstan"], 'There is no area "Kirgizstan". Nearest: KGZ (Kyrgyzstan)'),
    (["--area", "9999"], 'There is no area "9999". Write an M49 code (417) or an ISO code (KGZ).'),
    (["--table", "report.coverge"], "There is no table report.coverge. Nearest: report.coverage"),
    (["--table", "?"], "There is no table ?. Those of report are: report.aggregate_comparison, report.coverage,"),
    (["--series", "?"], 'There is no series "?" here. There are: AG_FLS_IDX, AG_FLS_INDEX, '),
    (["--from", "2020", "--to", "2010"], "--from 2020 is after --to 2010. Write the earlier year after --from."),
    (
        ["--table", "report.coverage", "--provider", "KGZ"],
        (
            "report.coverage has no column provider, so --provider cannot choose from it. Leave --provider out, or "
            "take report.indicator_observation."
        ),
    ),
    (["--release", "2026-Q9"], "There is no release 2026-Q9. There are: none."),
])
def test_what_is_not_there_is_named_with_the_nearest(
    options: list[str], sentence: str, home: Path, tmp_path: Path
) -> None:
    assert sentence in refused(home, tmp_path, "--format", "csv", *options)


ENDINGS = "Use .csv, .xml, .json, .parquet, .xlsx or .zip, or say --format."


@pytest.mark.parametrize(("out", "sentence"), [
    ("x.csv", "The ending .csv fits several forms. Say --format csv, sdmx-csv or sdmx-csv-2."),
    ("x.xml", "The ending .xml fits several forms. Say --format sdmx-ml or sdmx-ml-3."),
    ("x", f"The ending (none) fits no form. {ENDINGS}"),
    ("x.pdf", f"The ending .pdf fits no form. {ENDINGS}"),
])
def test_an_ending_that_does_not_say_the_form(out: str, sentence: str, home: Path, tmp_path: Path) -> None:
    assert refused(home, tmp_path, out=out) == sentence


def test_nothing_published_is_one_sentence(tmp_path: Path) -> None:
    result = sdg("export", "--home", tmp_path / "none", "--out", tmp_path / "x.xlsx")
    assert result.exit_code == 2
    assert "Nothing is published yet. Start with: sdg run" in result.output


def test_a_sender_that_is_no_id_is_refused(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDG_SENDER", "a b")
    assert refused(home, tmp_path) == (
        'SDG_SENDER: "a b" is no id of a sender. Write letters, digits and _ @ $ - only, for example UNEP.'
    )


# ------------------------------------------------------------------------------------------ sources, areas, progress


def test_a_release_by_its_name_or_its_path(home: Path, tmp_path: Path) -> None:
    settings = Settings.load(home)
    folder = home / "releases" / "2026-Q1"
    folder.mkdir(parents=True)
    try:
        shutil.copy(settings.current, folder / "sdg.duckdb")
        for release in ("2026-Q1", str(folder / "sdg.duckdb")):
            exported(home, tmp_path / "t.parquet", "--release", release, "--provider", "KGZ")
            assert pl.read_parquet(tmp_path / "t.parquet").height == 10
        exported(home, tmp_path / "t.xlsx", "--release", "2026-Q1")
        assert openpyxl.load_workbook(tmp_path / "t.xlsx")["Notes"]["B7"].value == "sdg.duckdb"
        with pytest.raises(SdgError, match=r"There is no release 2026-Q2\. There are: 2026-Q1\."):
            source_of(settings, "2026-Q2")
        shutil.copy(settings.current, folder / "two.duckdb")
        with pytest.raises(SdgError, match=r"The release 2026-Q1 has several files: sdg\.duckdb, two\.duckdb\. Name"):
            source_of(settings, "2026-Q1")
    finally:
        shutil.rmtree(home / "releases")


def test_areas_by_any_of_their_codes() -> None:
    assert areas_of(("KGZ", "kg", "417", "012", "12"), load_areas()) == ("417", "12")


def test_a_table_is_described_by_the_database_itself(home: Path) -> None:
    settings = Settings.load(home)
    with open_file(settings.current, settings, read_only=True) as connection:
        table = described(connection, "report.indicator_12_4_2")
        kinds = {column.name: column.kind for column in described(connection, "core.load").columns}
    assert table.description.startswith("Current observations of indicator 12.4.2.")
    assert next(one.description for one in table.columns if one.name == "sex") == "SEX: Sex (dimension)"
    assert table.key[:2] == ("indicator", "provider")
    assert (kinds["loaded_at"], kinds["received"], kinds["action"]) == ("datetime", "integer", "string")


def test_progress_is_told_where_somebody_looks(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import cli_export

    monkeypatch.setattr(cli_export, "_looks", lambda: True)
    exported(home, tmp_path / "t.parquet")
    assert pl.read_parquet(tmp_path / "t.parquet").height == 11


def test_without_a_run_the_sample_is_exported_and_it_is_said(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDG_HOME", str(tmp_path / "state"))
    (tmp_path / "state" / "sample" / "published").mkdir(parents=True)
    shutil.copy(Settings.load(home).current, tmp_path / "state" / "sample" / "published" / "current.duckdb")
    result = sdg("export", "--out", tmp_path / "t.parquet")
    assert result.exit_code == 0
    assert "Nothing is published yet but the sample; this is the sample's." in result.output
