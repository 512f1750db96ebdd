"""The command line as its users meet it: help, exit codes, one sentence for every failure, and nothing lost."""

from __future__ import annotations

import errno
import json
import os
import py_compile
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from metadata.errors import StorageFull, UnknownProvider, UnreadableFile
from pipelines.cli import main
from pipelines.given_files import fault_of, must_exist

HEADING = (
    "FREQ,REPORTING_TYPE,SERIES,REF_AREA,SEX,AGE,URBANISATION,INCOME_WEALTH_QUANTILE,EDUCATION_LEV,OCCUPATION,"
    "CUST_BREAKDOWN,COMPOSITE_BREAKDOWN,DISABILITY_STATUS,ACTIVITY,PRODUCT,TIME_PERIOD,OBS_VALUE,OBS_STATUS,"
    "UNIT_MULT,UNIT_MEASURE,NATURE"
)


def row(year: int, value: object, *, series: str = "EN_HAZ_PCAP", unit: str = "KG", area: str = "417") -> str:
    dimensions = f"A,N,{series},{area},_T,_T,_T,_T,_T,_T,_T,_T,_T,_T,_T"
    return f"{dimensions},{year},{value},A,0,{unit},C"


def table(path: Path, *rows: str) -> Path:
    path.write_text("\n".join([HEADING, *rows]) + "\n", encoding="utf-8")
    return path


def sdg(*arguments: object) -> Result:
    """Run a command; reports of KGZ, which would be in Russian, in English."""
    if arguments[0] in ("check", "submit") and "KGZ" in arguments and "--lang" not in arguments:
        arguments = (*arguments, "--lang", "en")
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return table(tmp_path / "good.csv", *(row(year, 1500 + year - 2000) for year in range(2015, 2025)))


def published(home: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "published" / "current.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


# --------------------------------------------------------------------------------------------------------- help


def every_command() -> list[tuple[str, ...]]:
    found = []
    for name, command in main.commands.items():
        if hasattr(command, "commands"):
            found += [(name, sub) for sub in command.commands]
        else:
            found.append((name,))
    return found


@pytest.mark.parametrize("command", every_command(), ids=" ".join)
def test_every_command_has_help_with_an_example(command: tuple[str, ...]) -> None:
    result = sdg(*command, "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.output
    assert f"sdg {' '.join(command)}" in result.output
    assert "Exit code: 0 " in result.output
    assert max(map(len, result.output.splitlines())) <= 80


@pytest.mark.parametrize("group", [(), ("metadata",), ("structure",), ("rules",)], ids=str)
def test_no_sentence_of_a_list_of_commands_is_cut(group: tuple[str, ...]) -> None:
    output = sdg(*group, "--help").output
    listed = output.split("Commands:\n")[1].strip()
    assert "..." not in listed
    assert listed.endswith(".")
    assert max(map(len, output.splitlines())) <= 80


def test_the_first_page_names_the_first_step() -> None:
    result = sdg("--help")
    assert "sdg run --sample" in result.output
    assert sdg("--version").output.startswith("sdg, version ")


# -------------------------------------------------------------------------------------------------------- check


def test_check_says_ok_and_changes_nothing(sdg_home: Path, good: Path) -> None:
    result = sdg("check", good, "--provider", "KGZ")
    assert result.exit_code == 0, result.output
    assert "10 received" in result.output
    assert "Would be loaded." in result.output
    assert not sdg_home.exists()


def test_check_of_errors_ends_with_1_and_names_the_row(sdg_home: Path, tmp_path: Path) -> None:
    bad = table(tmp_path / "bad.csv", row(2019, "1,5".replace(",", ";")), row(2020, 7, unit="T"), row(2021, 9))
    result = sdg("check", bad, "--provider", "KGZ")
    assert result.exit_code == 1
    assert "VALUE-NOT-NUMBER" in result.output
    assert "line 2" in result.output
    assert "UNIT-OTHER" in result.output


def test_check_compares_with_what_is_published(sdg_home: Path, good: Path, tmp_path: Path) -> None:
    assert sdg("submit", good, "--provider", "KGZ").exit_code == 0
    revised = table(tmp_path / "revised.csv", *(row(y, 1500 + y - 2000 + (y == 2024)) for y in range(2015, 2026)))
    result = sdg("check", revised, "--provider", "KGZ", "--format", "json")
    counts = json.loads(result.output)["files"][0]["counts"]
    assert (counts["new"], counts["value_revised"], counts["unchanged"]) == (1, 1, 9)
    assert published(sdg_home, "select count(*) from core.observation") == [(10,)]


def test_check_says_what_would_be_withdrawn(sdg_home: Path, good: Path, tmp_path: Path) -> None:
    assert sdg("submit", good, "--provider", "KGZ").exit_code == 0
    less = table(tmp_path / "less.csv", row(2024, 1))
    report = json.loads(sdg("check", less, "--provider", "KGZ", "--format", "json").output)["files"][0]
    assert report["decision"] == "hold"
    # 2024 was sent with another value before, so that is asked about as well
    assert {f["rule"] for f in report["findings"]} == {"WITHDRAWAL-LARGE", "HISTORY-REVISION"}


@pytest.mark.parametrize("form", ["json", "html", "csv"])
def test_check_writes_every_form(sdg_home: Path, good: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"report.{form}"
    result = sdg("check", good, "--provider", "KGZ", "--format", form, "--out", out)
    assert result.exit_code == 0
    assert out.read_text(encoding="utf-8-sig").strip()
    assert "Report written to" in result.output


def test_check_of_an_unreadable_file_ends_with_2_and_the_others_are_still_judged(
    sdg_home: Path, good: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.xml"
    page.write_text("<!doctype html><html><body>Sign in</body></html>")
    result = sdg("check", page, good, "--provider", "KGZ")
    assert result.exit_code == 2
    assert "FILE-UNREADABLE" in result.output
    assert "HTML" in result.output
    assert "10 received" in result.output


def test_check_of_a_path_that_is_not_there(sdg_home: Path, tmp_path: Path) -> None:
    result = sdg("check", tmp_path / "nothing.xml")
    assert result.exit_code == 2
    assert "does not exist" in result.output


def test_an_unknown_provider_is_one_sentence_with_the_nearest(sdg_home: Path, good: Path) -> None:
    result = sdg("check", good, "--provider", "KGS")
    assert result.exit_code == 2
    assert "KGZ" in result.output
    assert "Traceback" not in result.output


# ------------------------------------------------------------------------------------------------------- submit


def test_submit_loads_publishes_and_the_same_bytes_change_nothing(sdg_home: Path, good: Path) -> None:
    first = sdg("submit", good, "--provider", "KGZ")
    assert first.exit_code == 0, first.output
    assert "10 received = 10 new" in first.output
    rows = published(
        sdg_home,
        "select indicator, series, ref_area, area_name, time_period, obs_value, provider "
        "from report.indicator_observation order by time_period desc limit 1",
    )
    assert rows == [("12.4.2", "EN_HAZ_PCAP", "417", "Kyrgyzstan", "2024", 1524.0, "KGZ")]

    second = sdg("submit", good, "--provider", "KGZ", "--format", "json")
    report = json.loads(second.output)["files"][0]
    assert second.exit_code == 0
    assert report["decision"] == "already_received"
    assert published(sdg_home, "select count(*) from core.observation_history") == [(10,)]


def test_good_rows_are_loaded_and_bad_ones_kept_back(sdg_home: Path, tmp_path: Path) -> None:
    mixed = table(tmp_path / "mixed.csv", row(2020, 5), row(2021, "abc"))
    result = sdg("submit", mixed, "--provider", "KGZ", "--format", "json")
    report = json.loads(result.output)["files"][0]
    assert result.exit_code == 1
    assert report["decision"] == "load_with_quarantine"
    assert report["counts"]["new"] == report["counts"]["quarantined"] == 1
    assert published(sdg_home, "select rule, obs_value_text from core.quarantine") == [("VALUE-NOT-NUMBER", "abc")]


def test_check_in_brief_is_the_first_page_alone(tmp_path: Path) -> None:
    mixed = table(tmp_path / "mixed.csv", row(2020, 5), row(2021, "abc"))
    brief = sdg("check", mixed, "--provider", "KGZ", "--brief")
    assert brief.exit_code == 1
    assert "1 error to mend:" in brief.output
    assert "VALUE-NOT-NUMBER" not in brief.output
    assert len(brief.output.splitlines()) < 10


def test_a_large_withdrawal_is_held_until_confirmed(sdg_home: Path, good: Path, tmp_path: Path) -> None:
    assert sdg("submit", good, "--provider", "KGZ").exit_code == 0
    less = table(tmp_path / "less.csv", row(2024, 1524))
    held = sdg("submit", less, "--provider", "KGZ")
    assert held.exit_code == 1
    assert "WITHDRAWAL-LARGE" in held.output
    assert "--confirm-withdrawal" in held.output
    assert published(sdg_home, "select count(*) from core.observation") == [(10,)]

    done = sdg("submit", less, "--provider", "KGZ", "--confirm-withdrawal")
    assert done.exit_code == 0, done.output
    assert published(sdg_home, "select count(*) from core.observation") == [(1,)]
    assert published(sdg_home, "select count(*) from core.observation_history") == [(10,)]


def test_an_unreadable_file_is_kept_and_refused(sdg_home: Path, tmp_path: Path) -> None:
    junk = tmp_path / "junk.xml"
    junk.write_bytes(b"<a><b></a>")
    result = sdg("submit", junk, "--provider", "KGZ")
    assert result.exit_code == 2
    assert "FILE-UNREADABLE" in result.output
    assert any(path.is_file() and path.read_bytes() == b"<a><b></a>" for path in (sdg_home / "raw").rglob("*"))
    assert "rejected" in sdg("status").output
    again = sdg("submit", junk, "--provider", "KGZ")
    assert again.exit_code == 1  # nothing of it stands in the tables, so all is not well
    assert "and were rejected." in " ".join(again.output.split())


def test_a_held_file_sent_again_is_said_to_wait(sdg_home: Path, good: Path, tmp_path: Path) -> None:
    assert sdg("submit", good, "--provider", "KGZ").exit_code == 0
    few = table(tmp_path / "few.csv", row(2015, 1515))
    for said in ("WITHDRAWAL-LARGE", "which is held."):
        result = sdg("submit", few, "--provider", "KGZ")
        assert result.exit_code == 1, result.output
        assert said in " ".join(result.output.split())


def test_withdraw_restores_and_again_brings_back(sdg_home: Path, good: Path, tmp_path: Path) -> None:
    assert sdg("submit", good, "--provider", "KGZ").exit_code == 0
    revised = table(tmp_path / "revised.csv", *(row(y, 1) for y in range(2015, 2025)))
    assert sdg("submit", revised, "--provider", "KGZ").exit_code == 0
    assert published(sdg_home, "select distinct obs_value from core.observation") == [(1.0,)]
    name = published(sdg_home, "select delivery_id from core.load order by loaded_at desc limit 1")[0][0]

    result = sdg("withdraw", name, "--reason", "sent by mistake")
    assert result.exit_code == 0, result.output
    assert "10 values closed, 10 earlier values current again" in result.output
    assert published(sdg_home, "select min(obs_value) from core.observation") == [(1515.0,)]
    assert sdg("withdraw", name, "--reason", "twice").exit_code == 2
    assert "was withdrawn" in sdg("rejudge", name).output

    assert sdg("submit", revised, "--provider", "KGZ", "--again").exit_code == 0
    assert published(sdg_home, "select distinct obs_value from core.observation") == [(1.0,)]


def test_withdraw_asks_for_a_reason_and_for_a_delivery_that_is_there(sdg_home: Path, good: Path) -> None:
    sdg("submit", good, "--provider", "KGZ")
    assert sdg("withdraw", "KGZ-000000000000", "--reason", " ").exit_code == 2
    result = sdg("withdraw", "KGZ-000000000000", "--reason", "why")
    assert result.exit_code == 2
    assert "KGZ-000000000000" in result.output


def test_rejudge_changes_nothing_when_nothing_was_mended(sdg_home: Path, good: Path) -> None:
    assert sdg("submit", good, "--provider", "KGZ").exit_code == 0
    result = sdg("rejudge", "--provider", "KGZ", "--format", "json")
    report = json.loads(result.output)["files"][0]
    assert result.exit_code == 0
    assert report["counts"]["unchanged"] == 10
    assert published(sdg_home, "select count(*) from core.observation_history") == [(10,)]
    assert sdg("rejudge").exit_code == 2


# -------------------------------------------------------------------------------------- read, template, metadata


def test_read_writes_text_unchanged(tmp_path: Path) -> None:
    source = table(tmp_path / "a.csv", row(2020, "007.50 "))
    out = tmp_path / "a.parquet"
    result = sdg("read", source, "--out", out)
    assert result.exit_code == 0, result.output
    assert duckdb.sql(f"select obs_value from '{out}'").fetchall() == [("007.50 ",)]


def test_read_refuses_another_ending(tmp_path: Path) -> None:
    source = table(tmp_path / "a.csv", row(2020, 1))
    result = sdg("read", source, "--out", tmp_path / "a.doc")
    assert result.exit_code == 2
    assert ".parquet" in result.output


def test_template_is_written_and_an_unknown_indicator_refused(tmp_path: Path) -> None:
    out = tmp_path / "t.xlsx"
    assert sdg("template", "KGZ", "--indicator", "12.4.2", "--out", out).exit_code == 0
    assert out.stat().st_size > 5000
    result = sdg("template", "KGZ", "--indicator", "12.4.9", "--out", out)
    assert result.exit_code == 2
    assert "12.4.2" in result.output


def test_lint_is_clean_on_ours() -> None:
    result = sdg("metadata", "lint")
    assert result.exit_code == 0, result.output
    assert "21 indicators" in result.output


def test_metadata_show_has_units_and_shared_series() -> None:
    result = sdg("metadata", "show", "12.4.2")
    assert result.exit_code == 0, result.output
    assert "EN_HAZ_PCAP" in result.output
    assert "KG" in result.output
    assert max(len(line) for line in result.output.splitlines() if "http" not in line) <= 80
    twin = sdg("metadata", "show", "13.3.1")
    assert "declared in 12.8.1" in twin.output
    assert sdg("metadata", "show", "12.9.9").exit_code == 2


def test_structure_show() -> None:
    result = sdg("structure", "show")
    assert "IAEG-SDGs:SDG(1.14)" in result.output
    assert "UNIT_MEASURE" in result.output
    assert "Female" in sdg("structure", "show", "sex").output
    assert "no codelist" in sdg("structure", "show", "COMMENT_OBS").output
    assert sdg("structure", "show", "SEXX").exit_code == 2


@pytest.mark.real
def test_structure_diff_with_an_official_file(shared_data: Path) -> None:
    same = sdg("structure", "diff", shared_data / "structures" / "IAEG-SDGs_SDG_1.14.dsd.xml")
    assert same.exit_code == 0, same.output
    older = sdg("structure", "diff", shared_data / "structures" / "IAEG-SDGs_SDG_1.4.dsd.xml")
    assert len(older.output.splitlines()) > len(same.output.splitlines())


def test_structure_compare(tmp_path: Path, project_root: Path) -> None:
    specimen = project_root / "tests" / "specimens" / "structures" / "small_national.xml"
    settled = sdg("structure", "compare", specimen, "--provider", "KGZ")
    assert settled.exit_code == 0, settled.output
    assert settled.output.startswith("XX:SDG(1.7) against IAEG-SDGs:SDG(1.14), by the map of KGZ.\n")
    assert settled.output.endswith("No code to mend.\n")
    bare = sdg("structure", "compare", specimen, "--format", "json")
    assert bare.exit_code == 1
    assert json.loads(bare.output)["counts"]["REF_AREA"]["unmapped"] == 3
    no_structure = tmp_path / "letter.xml"
    no_structure.write_text("<letter/>", encoding="utf-8")
    for arguments in ((no_structure,), (tmp_path / "nowhere.xml",), (specimen, "--provider", "XYZ")):
        assert sdg("structure", "compare", *arguments).exit_code == 2


@pytest.mark.real
def test_structure_compare_with_the_real_ones(shared_data: Path) -> None:
    rwanda = sdg("structure", "compare", shared_data / "structures" / "NISR-SDGs_SDG_1.3_RWA_2025.dsd.xml")
    assert rwanda.exit_code == 1
    assert '  REF_AREA 1 "City of Kigali"\n    global: "World"\n' in rwanda.output
    kyrgyz = shared_data / "structures" / "KG_NSC_SDG_DSD.KG_1.8.xml"
    assert sdg("structure", "compare", kyrgyz, "--provider", "KGZ").exit_code == 1


def test_structure_hold_and_what_a_delivery_is_told(sdg_home: Path, project_root: Path, tmp_path: Path) -> None:
    specimen = project_root / "tests" / "specimens" / "structures" / "small_national.xml"
    assert sdg("structure", "hold").output.startswith("No structure is held in ")
    first = sdg("structure", "hold", specimen)
    assert first.exit_code == 0, first.output
    assert first.output.startswith("XX:SDG(1.7) is held now: ")
    assert "was held already" in sdg("structure", "hold", specimen).output
    assert sdg("structure", "hold").output == "XX:SDG(1.7)\n"

    heading, dimensions = HEADING.partition(",OBS_VALUE")[0], "A,N,EN_HAZ_PCAP,417,_T,_T,_T,_T,_T,_T,_T,_T,_T,_T,_T"
    told = {}
    for version in ("1.7", "1.6"):
        file = tmp_path / f"national-{version}.csv"
        file.write_text(
            f"STRUCTURE,STRUCTURE_ID,ACTION,{heading},OBS_VALUE,OBS_STATUS,UNIT_MULT,UNIT_MEASURE,NATURE\n"
            f"datastructure,XX:SDG({version}),I,{dimensions},2020,12.5,A,0,KG,C\n",
            encoding="utf-8",
        )
        checked = json.loads(sdg("check", file, "--format", "json").output)
        taken = json.loads(sdg("submit", file, "--provider", "KGZ", "--format", "json").output)
        told[version] = [
            [one["message"] for one in report["files"][0]["findings"] if one["rule"] == "STRUCTURE-NOT-HELD"]
            for report in (checked, taken)
        ]
    assert told["1.7"] == [[], []]
    assert "the nearest version held is XX:SDG(1.7)" in told["1.6"][0][0]

    letter = tmp_path / "letter.xml"
    letter.write_text("<letter/>", encoding="utf-8")
    for bad in (letter, tmp_path / "nowhere.xml", tmp_path):
        assert sdg("structure", "hold", bad).exit_code == 2
    assert sdg("structure", "hold").output == "XX:SDG(1.7)\n"


@pytest.mark.real
def test_deliveries_of_a_real_office_and_its_structure(sdg_home: Path, shared_data: Path) -> None:
    assert sdg("structure", "hold", shared_data / "structures" / "KG_NSC_SDG_DSD.KG_1.8.xml").exit_code == 0
    said = {}
    for year in ("2019-10-15", "2025-07-23"):
        file = shared_data / "sdmx" / f"KG_12.4.2_{year}.xml"
        (report,) = json.loads(sdg("check", file, "--provider", "KGZ", "--format", "json").output)["files"]
        said[year] = [one["message"] for one in report["findings"] if one["rule"] == "STRUCTURE-NOT-HELD"]
    assert said == {
        "2019-10-15": [
            (
                "The file refers to KG_NSC:SDG(1.0), which is not held here; the nearest version held is "
                "KG_NSC:SDG(1.8). Its codes were judged against IAEG-SDGs:SDG(1.14)."
            )
        ],
        "2025-07-23": [],
    }


# --------------------------------------------------------------------------------------------------- run, status


def test_status_of_nothing_says_how_to_start(sdg_home: Path) -> None:
    result = sdg("status")
    assert result.exit_code == 0
    assert "Start with: sdg run" in result.output
    assert json.loads(sdg("status", "--format", "json").output)["published"] is None


def test_run_takes_the_inbox_and_a_second_run_changes_nothing(sdg_home: Path, good: Path) -> None:
    import os

    inbox = sdg_home / "inbox" / "KGZ"
    inbox.mkdir(parents=True)
    kept = inbox / "good.csv"
    kept.write_bytes(good.read_bytes())
    os.utime(kept, (1_700_000_000, 1_700_000_000))
    first = sdg("run", "--provider", "KGZ")
    assert first.exit_code == 0, first.output
    assert "10 received = 10 new" in first.output
    assert "report.indicator_observation" in first.output
    second = sdg("run", "--provider", "KGZ")
    assert second.exit_code == 0
    assert "already received" in second.output
    assert published(sdg_home, "select count(*) from core.observation_history") == [(10,)]
    status = sdg("status")
    assert "loaded" in status.output
    assert status.exit_code == 0


def test_run_of_an_unknown_provider_begins_nothing(sdg_home: Path) -> None:
    result = sdg("run", "--provider", "XXX")
    assert result.exit_code == 2
    assert "XXX" in result.output


# -------------------------------------------------------------------------------------------------- what stops it


def test_debug_shows_the_trace_and_otherwise_it_is_one_sentence(sdg_home: Path, good: Path) -> None:
    with pytest.raises(UnknownProvider):
        sdg("--debug", "check", good, "--provider", "XXX")
    assert len(sdg("check", good, "--provider", "XXX").output.splitlines()) == 1


def test_a_fault_of_the_system_is_one_sentence(
    sdg_home: Path, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "missing" / "report.json"
    result = sdg("check", good, "--provider", "KGZ", "--format", "json", "--out", out)
    assert result.exit_code == 2
    assert "The folder for the report is not there." in result.output

    def gone() -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "indicators")

    monkeypatch.setattr("pipelines.knowledge.Knowledge.read", gone)
    result = sdg("check", good)
    assert result.exit_code == 2
    assert "No such file or directory. Nothing was lost" in result.output
    with pytest.raises(FileNotFoundError):
        sdg("--debug", "check", good)


def test_a_module_that_was_compiled_on_a_full_disk_is_told_with_its_mending(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "module_cut_off.py"
    module.write_text(f"TEXT = {'x' * 500!r}\n")
    compiled = Path(py_compile.compile(str(module), doraise=True) or "")
    compiled.write_bytes(compiled.read_bytes()[:100])
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("pipelines.knowledge.Knowledge.read", lambda: import_module("module_cut_off"))
    result = sdg("check", good)
    assert result.exit_code == 2
    assert result.output.startswith("sdg: A file of the program that Python compiled is cut off")
    assert "Delete the folders __pycache__" in result.output
    assert sdg("--debug", "check", good).output == "\nAborted!\n"

    def ended() -> None:
        raise EOFError

    monkeypatch.setattr("pipelines.knowledge.Knowledge.read", ended)
    assert sdg("check", good).output == "\nAborted!\n"


def test_an_interrupted_command_is_not_taken_for_a_fault(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelines.knowledge.Knowledge.read", interrupted)
    result = CliRunner().invoke(main, ["check", str(good)])
    assert result.exit_code == 130
    assert result.output.strip() == (
        "sdg: Stopped. What was written before stands; the same command again goes on from it."
    )


def test_a_query_that_is_interrupted_is_no_fault_either(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(error: Exception) -> None:
        raise error

    for told in (RuntimeError("Query interrupted"), duckdb.InterruptException("INTERRUPT Error: Interrupted!")):
        monkeypatch.setattr("pipelines.knowledge.Knowledge.read", lambda told=told: interrupted(told))
        assert CliRunner().invoke(main, ["check", str(good)]).exit_code == 130
    monkeypatch.setattr("pipelines.knowledge.Knowledge.read", lambda: interrupted(RuntimeError("a bug")))
    with pytest.raises(RuntimeError, match="a bug"):
        sdg("check", good)


def test_what_the_terminal_has_no_letter_for_is_an_escape(
    good: Path, sdg_home: Path, project_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    command = [sys.executable, "-m", "pipelines.cli", "check", str(good), "--provider", "KGZ", "--lang", "ru"]
    done = subprocess.run(command, capture_output=True, cwd=project_root, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\u0437\u0430\u0433\u0440\u0443\u0436\u0435\u043d\u043e" in done.stdout


@pytest.mark.skipif(sys.platform == "darwin", reason="names of files are UTF-8 there")
def test_a_file_whose_name_is_no_utf_8_is_taken_in(sdg_home: Path, good: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(good.parent) + b"/caf\xe9.csv"))
    good.rename(odd)
    assert json.loads(sdg("check", odd, "--provider", "KGZ", "--format", "json").output)["files"][0]["path"].endswith(
        r"/caf\xe9.csv"
    )
    assert sdg("submit", odd, "--provider", "KGZ").exit_code == 0
    assert published(sdg_home, "select path from ledger.delivery") == [(rf"{good.parent}/caf\xe9.csv",)]


def test_a_command_about_a_delivery_in_a_wrong_folder_says_so_and_makes_none(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    for arguments in (
        ("withdraw", "X", "--reason", "r"), ("accept", "X", "--reason", "r"), ("refuse", "X", "--reason", "r"),
        ("answer", "X"), ("rejudge", "X"), ("rejudge", "--provider", "KGZ"),
    ):  # fmt: skip
        result = sdg(*arguments, "--home", wrong)
        assert result.exit_code == 2
        assert result.output == (
            f"sdg: {wrong}: No delivery was ever recorded here. Look at --home and SDG_HOME; deliveries come in by "
            "sdg run and sdg submit.\n"
        )
    assert not wrong.exists()


def test_judging_anew_where_there_is_nothing_says_so(sdg_home: Path, good: Path) -> None:
    sdg("submit", good, "--provider", "KGZ")
    result = sdg("rejudge", "--provider", "RWA")
    assert result.exit_code == 0
    assert result.stderr == "RWA has no delivery to judge anew.\n"


def test_a_name_like_no_other_is_answered_with_what_there_is() -> None:
    assert 'There is no rule "???". There are: ENCODING-OTHER, MESSAGE-FOOTER' in sdg("rules", "show", "???").output
    assert " more." in sdg("rules", "show", "???").output


def test_values_taken_back_are_counted_by_what_the_message_names(sdg_home: Path, good: Path, tmp_path: Path) -> None:
    sdg("submit", good, "--provider", "KGZ")
    deletes = [f"dataflow,IAEG-SDGs:DF_SDG_GLH(1.14),D,{row(year, '')}" for year in (2015, 2016, 1999)]
    file = tmp_path / "deletes.csv"
    file.write_text("\n".join([f"STRUCTURE,STRUCTURE_ID,ACTION,{HEADING}", *deletes]) + "\n", encoding="utf-8")
    checked = json.loads(sdg("check", file, "--provider", "KGZ", "--format", "json").output)["files"][0]
    sent = json.loads(sdg("submit", file, "--provider", "KGZ", "--format", "json").output)["files"][0]
    for report in (checked, sent):
        assert report["counts"]["withdrawn"] == 2
        (told,) = (one for one in report["findings"] if one["rule"] == "WITHDRAWN")
        assert told["message"] == "Values taken back by the action Delete: 2; keys that it names: 3."
    assert published(sdg_home, "select count(*) from core.observation") == [(8,)]
    file.write_text(file.read_text("utf-8").replace(",2015,", ",1998,").replace(",2016,", ",1997,"), encoding="utf-8")
    none = json.loads(sdg("submit", file, "--provider", "KGZ", "--format", "json").output)["files"][0]
    assert [one["message"] for one in none["findings"]] == [
        "Values taken back by the action Delete: 0; keys that it names: 3."
    ]


def test_submit_of_a_path_that_is_not_there_begins_nothing(sdg_home: Path, tmp_path: Path) -> None:
    assert "does not exist" in sdg("submit", tmp_path / "no.xml", "--provider", "KGZ").output
    assert "is a folder" in sdg("submit", tmp_path, "--provider", "KGZ").output
    assert not sdg_home.exists()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_path_that_is_not_there_keeps_no_other_file_back(
    sdg_home: Path, good: Path, tmp_path: Path, form: str
) -> None:
    missing = tmp_path / "nofile.csv"
    done = sdg("submit", missing, good, tmp_path, "--provider", "KGZ", "--format", form)
    assert done.exit_code == 2
    assert f"sdg: {missing}: The file does not exist. Look at the spelling of the path.\n" in done.stderr
    assert f"sdg: {tmp_path}: This is a folder, not a file. Name the files that are in it.\n" in done.stderr
    assert published(sdg_home, "select count(*) from core.observation") == [(10,)]
    if form == "text":
        assert "10 received = 10 new" in done.stdout
        return
    report = json.loads(done.stdout)
    assert report["valid"] is False
    assert [(one["path"], one["decision"]) for one in report["files"]] == [
        (str(good), "load"),
        (str(missing), "reject"),
        (str(tmp_path), "reject"),
    ]
    [found] = report["files"][1]["findings"]
    assert (found["rule"], found["severity"], found["message"]) == (
        "FILE-UNREADABLE", "error", "The file does not exist.",
    )  # fmt: skip


def test_a_file_that_may_not_be_opened_is_told(sdg_home: Path, good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def refuse(self: Path, *how: object, **more: object) -> object:
        if self == good:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return opened(self, *how, **more)  # type: ignore[call-overload]

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        said = sdg("submit", good, "--provider", "KGZ")
    assert said.exit_code == 2
    hint = "Ask for the right to read it, or for a copy."
    assert said.stderr == f"sdg: {good}: The file cannot be opened: Permission denied. {hint}\n"
    assert fault_of(Path(os.devnull)) is not None, "a device is no file"
    with pytest.raises(UnreadableFile, match=r"This is no file\. Look at the spelling"):
        must_exist([good, Path(os.devnull)])


def test_lint_names_every_complaint_of_every_file(tmp_path: Path, project_root: Path) -> None:
    folder = tmp_path / "indicators"
    shutil.copytree(project_root / "indicators", folder)
    for name, old, new in (
        ("goal12/12.4.2.yaml", 'unit_measure: ["KG"]', 'unit_measure: ["KGG"]'),
        ("goal13/13.1.1.yaml", 'tier: "I"', 'teir: "I"'),
    ):
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    result = sdg("metadata", "lint", folder)
    assert result.exit_code == 1
    assert "12.4.2.yaml:" in result.output
    assert "KGG" in result.output
    assert "13.1.1.yaml:" in result.output
    assert "teir" in result.output


def test_status_names_the_late_and_the_broken(
    sdg_home: Path, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    from pipelines.knowledge import Knowledge
    from pipelines.status import read_status, status_text
    from warehouse.settings import Settings

    assert sdg("submit", good, "--provider", "KGZ").exit_code == 0
    folder = tmp_path / "providers"
    folder.mkdir()
    (folder / "KGZ.yaml").write_text(
        'name: Office\nkind: office\nareas: ["417"]\nlanguage: ru\nchannel: {type: folder}\ncadence_days: 30\n'
    )
    (folder / "BAD.yaml").write_text("name: [")
    state = read_status(
        Settings.load(), Knowledge.read(providers_folder=folder), now=datetime(2090, 1, 1, tzinfo=UTC)
    )
    assert state.overdue
    text = status_text(state)
    assert "OVERDUE" in text
    assert "BAD" in text
    assert "BAD.yaml:2:1: This is not YAML" in text


def test_status_names_the_indicators_that_are_due_by_their_own_calendar(sdg_home: Path, good: Path) -> None:
    from datetime import UTC, datetime, timedelta

    from pipelines.knowledge import Knowledge
    from pipelines.status import LateIndicator, read_status, status_text
    from warehouse.settings import Settings

    assert sdg("submit", good, "--provider", "KGZ").exit_code == 0
    (due,) = published(sdg_home, "select expected_at from report.timeliness where indicator = '12.4.2'")[0]
    came = published(sdg_home, "select last_loaded_at from report.timeliness where indicator = '12.4.2'")[0][0]
    assert due.astimezone(UTC).year == came.astimezone(UTC).year + 2  # every second year, says the declaration
    knowledge = Knowledge.read()
    before = read_status(Settings.load(), knowledge, now=due - timedelta(seconds=1))
    (line,) = (one for one in before.providers if one.provider == "KGZ")
    assert line.late == ()
    after = read_status(Settings.load(), knowledge, now=due + timedelta(days=1))
    (line,) = (one for one in after.providers if one.provider == "KGZ")
    assert [one.indicator for one in line.late] == ["12.4.2"]
    assert (line.overdue, after.overdue) == (True, True)
    with duckdb.connect(str(sdg_home / "published" / "current.duckdb")) as connection:  # a copy from before an upgrade
        connection.execute("update core.layout set layout_version = 1")
        connection.execute("drop table report.timeliness")
    assert not any(one.late for one in read_status(Settings.load(), knowledge, now=due + timedelta(days=1)).providers)
    text = " ".join(status_text(after).split())
    assert f"due by the indicator's own calendar: 12.4.2 ({due.astimezone(UTC):%Y-%m-%d})" in text
    said = after.to_dict()["providers"]
    assert next(one for one in said if one["provider"] == "KGZ")["late"] == [
        {"indicator": "12.4.2", "due": due.astimezone(UTC).isoformat(timespec="seconds")}
    ]
    line = replace(line, late=tuple(LateIndicator(f"12.{n}.1", datetime(2026, 1, 1, tzinfo=UTC)) for n in range(10)))
    text = status_text(replace(after, providers=(line,)))
    assert "and 2 more, see report.timeliness" in " ".join(text.split())
    assert max(len(one) for one in text.splitlines() if str(sdg_home) not in one) <= 80


def test_after_a_disk_that_was_full_what_was_loaded_is_published(
    sdg_home: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageFull("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr("warehouse.publish.publish", full)
        assert sdg("submit", good, "--provider", "KGZ").exit_code == 2
    result = sdg("submit", good, "--provider", "KGZ")
    assert result.exit_code == 0
    assert "Already received" in result.output
    assert published(sdg_home, "select count(*) from report.indicator_observation") == [(10,)]


def test_a_warehouse_that_was_lost_takes_the_delivery_again(sdg_home: Path, good: Path) -> None:
    assert sdg("submit", good, "--provider", "KGZ").exit_code == 0
    (sdg_home / "warehouse.duckdb").unlink()
    result = sdg("submit", good, "--provider", "KGZ")
    assert "10 received = 10 new" in result.output
