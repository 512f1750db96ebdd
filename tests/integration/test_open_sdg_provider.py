"""A provider that names the maps of its Open SDG platform: its tables are checked, submitted and run as they are."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from metadata.structure import load_structure
from pipelines.cli import main
from pipelines.provider import load_provider

SPECIMENS = Path(__file__).parents[1] / "specimens" / "providers"
TABLE = SPECIMENS / "XOS_12-4-2.csv"
Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of providers of the test's own, with the specimen in it."""
    made = tmp_path / "providers"
    made.mkdir()
    for path in SPECIMENS.glob("XOS.*"):
        shutil.copy(path, made)
    monkeypatch.setattr("pipelines.provider.PROVIDERS_FOLDER", made)
    return made


@pytest.fixture
def sdg(folder: Path, sdg_home: Path) -> Run:
    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)

    return run


def judged(result: Result) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(result.output)["files"][0]
    return report


def test_a_table_is_checked_and_submitted_by_the_maps(sdg: Run) -> None:
    check = sdg("check", TABLE, "--provider", "XOS", "--format", "json")
    report = judged(check)
    assert (check.exit_code, report["format"], report["decision"]) == (0, "open-sdg-csv", "load")
    assert {name: count for name, count in report["counts"].items() if count} == {
        "received": 5, "new": 3, "out_of_scope": 2,
    }
    assert "OPEN-SDG-MAPPED" in {found["rule"] for found in report["findings"]}
    submit = sdg("submit", TABLE, "--provider", "XOS", "--format", "json")
    assert (submit.exit_code, judged(submit)["counts"]["new"]) == (0, 3)


def test_a_run_reads_the_inbox_by_the_maps(sdg: Run, sdg_home: Path) -> None:
    inbox = sdg_home / "inbox" / "XOS"
    inbox.mkdir(parents=True)
    sent = inbox / "12-4-2.csv.gz"
    sent.write_bytes(gzip.compress(TABLE.read_bytes()))
    os.utime(sent, (0, 0))  # a file that was written just now may not be whole yet, and waits
    done = sdg("run", "--provider", "XOS", "--format", "json")
    assert done.exit_code == 0, done.output
    assert '"new": 3' in done.output


def test_without_maps_the_table_is_refused_with_where_to_name_them(sdg: Run, folder: Path) -> None:
    path = folder / "XOS.yaml"
    path.write_text("".join(one for one in path.read_text().splitlines(True) if not one.startswith("open_sdg")))
    refused = sdg("check", TABLE, "--provider", "XOS")
    assert refused.exit_code == 2
    said = " ".join(refused.output.split())
    assert "a table of an Open SDG platform, which needs its maps." in said
    assert "Name the platform's maps to SDMX under open_sdg in the provider's file" in said


def test_other_files_of_such_a_provider_are_read_as_ever(sdg: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("series,ref_area,time_period,obs_value,unit_measure,unit_mult,obs_status,year,value\n"
                     "EN_HAZ_PCAP,578,2019,5,KG,0,A,,\n", encoding="utf-8")  # fmt: skip
    report = judged(sdg("check", other, "--provider", "XOS", "--format", "json"))
    assert (report["format"], report["counts"]["new"]) == ("table-csv", 1)


def test_a_mended_map_is_a_new_version(folder: Path) -> None:
    structure = load_structure()
    before = load_provider(folder / "XOS.yaml", structure)
    again = load_provider(folder / "XOS.yaml", structure)
    assert before.map_version == again.map_version
    codes = folder / "XOS.codes.csv"
    codes.write_text(codes.read_text(encoding="utf-8") + "Tonnes,UNIT_MEASURE,T\n", encoding="utf-8")
    assert load_provider(folder / "XOS.yaml", structure).map_version != before.map_version


MAPS = {"SE_GCEDESD_NEP": "in national education policies", "SE_GCEDESD_CUR": "in curricula",
        "SE_GCEDESD_SAS": "in student assessment"}  # fmt: skip
DEFAULTS = (
    'REF_AREA: "826"', "FREQ: A", 'REPORTING_TYPE: "N"', "NATURE: C",
    *(f"{dimension}: _T" for dimension in (
        "SEX", "AGE", "URBANISATION", "INCOME_WEALTH_QUANTILE", "EDUCATION_LEV", "OCCUPATION", "CUST_BREAKDOWN",
        "COMPOSITE_BREAKDOWN", "DISABILITY_STATUS", "ACTIVITY", "PRODUCT",
    )),
)  # fmt: skip


@pytest.mark.real
def test_the_tables_of_an_office_are_judged_by_its_own_maps(
    sdg: Run, folder: Path, shared_data: Path, tmp_path: Path
) -> None:
    """The maps as the office publishes them, with the three series that an analyst must add for 12.8.1."""
    real = shared_data / "national" / "gbr"
    text = "Extent to which global citizenship education and education for sustainable development are mainstreamed"
    shutil.copy(real / "column_mapping.csv", folder / "GBR.columns.csv")
    (folder / "GBR.codes.csv").write_bytes(
        (real / "code_mapping.csv").read_bytes().rstrip() + b"\n"
        + "".join(f"{text} {which},SERIES,{series}\n" for series, which in MAPS.items()).encode()
    )  # fmt: skip
    (folder / "GBR.yaml").write_text(
        'name: Office for National Statistics\nkind: office\nareas: ["826"]\nlanguage: en\n'
        "channel: {type: folder}\nopen_sdg: {columns: GBR.columns.csv, codes: GBR.codes.csv}\n"
        f"map:\n  extra: [AREA]\n  defaults: {{{', '.join(DEFAULTS)}}}\n",
        encoding="utf-8",
    )
    report = judged(sdg("check", real / "indicator_12-8-1.csv", "--provider", "GBR", "--format", "json"))
    assert (report["format"], report["decision"], report["counts"]["new"]) == ("open-sdg-csv", "load", 3)
    report = judged(sdg("check", real / "indicator_12-4-2.csv", "--provider", "GBR", "--format", "json"))
    assert report["counts"]["received"] == 215
    assert "SERIES" in json.dumps(report["findings"]), "what the office's map does not name is told"
    for path in sorted(real.glob("indicator_*.csv")):
        each = judged(sdg("check", path, "--provider", "GBR", "--format", "json"))
        assert each["format"] == "open-sdg-csv", path.name
        counts = each["counts"]
        parts = [counts[name] for name in counts if name not in ("received", "withdrawn")]
        assert counts["received"] == sum(parts), path.name
