"""`sdg release`, `diff`, `backup` and `restore` as an analyst meets them."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
import tarfile
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from pipelines.cli import main
from pipelines.last_release import Changed, LastRelease, release_lines

HEADING = (
    "FREQ,REPORTING_TYPE,SERIES,REF_AREA,SEX,AGE,URBANISATION,INCOME_WEALTH_QUANTILE,EDUCATION_LEV,OCCUPATION,"
    "CUST_BREAKDOWN,COMPOSITE_BREAKDOWN,DISABILITY_STATUS,ACTIVITY,PRODUCT,TIME_PERIOD,OBS_VALUE,OBS_STATUS,"
    "UNIT_MULT,UNIT_MEASURE,NATURE,BASE_PER"
)


def sdg(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def table(path: Path, values: dict[int, float], base: str = "") -> Path:
    rows = [
        f"A,N,EN_HAZ_PCAP,417,{','.join(['_T'] * 11)},{year},{value},A,0,KG,C,{base}" for year, value in values.items()
    ]
    path.write_text("\n".join([HEADING, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("analyst")


@pytest.fixture(scope="module")
def home(folder: Path) -> Path:
    """A state folder with two releases by the commands themselves."""
    home = folder / "home"
    first = table(folder / "first.csv", {year: 1500.0 + year for year in range(2015, 2025)})
    assert sdg("submit", first, "--provider", "KGZ", "--home", home).exit_code == 0
    made = sdg("release", "first", "--home", home)
    assert (made.exit_code, made.stderr) == (0, "")
    assert "Release first: 10 observations of 1 provider." in made.stdout
    assert "It is the first release." in made.stdout
    second = table(folder / "second.csv", {year: 1500.0 + year * 2 for year in range(2015, 2026)}, base="=2+3")
    assert sdg("submit", second, "--provider", "KGZ", "--home", home).exit_code in (0, 1)
    made = sdg("release", "--note", "the second", "--reference-date", "2025-07-01", "--home", home)
    assert made.exit_code == 0
    assert "21 differences from first" in made.stdout
    return home


def second_of(home: Path) -> str:
    (name,) = (path.name for path in (home / "releases").iterdir() if path.name != "first")
    return name


def test_a_second_release_says_what_changed(home: Path) -> None:
    name = second_of(home)
    text = (home / "releases" / name / "CHANGES.md").read_text("utf-8")
    assert "> the second" in text
    assert "| Values revised | 10 | 1 |" in text
    assert "→ 2025-07-01" in text
    again = sdg("release", name, "--reference-date", "2025-07-01", "--home", home)
    assert again.exit_code == 0
    assert f"Release {name} is there already, with the same content" in " ".join(again.stdout.split())
    taken = sdg("release", "first", "--home", home)
    assert taken.exit_code == 2
    assert "There is a release first already, and it holds something else." in taken.stderr


def test_status_names_the_last_release_and_what_changed_since(folder: Path) -> None:
    home = folder / "status-home"

    def lines() -> list[str]:
        said = sdg("status", "--home", home).stdout.splitlines()
        assert max(len(line) for line in said if str(folder) not in line) <= 80
        return said

    assert "release" not in "\n".join(lines())
    first = table(folder / "status-1.csv", {year: 1500.0 + year for year in range(2015, 2025)})
    assert sdg("submit", first, "--provider", "KGZ", "--home", home).exit_code == 0
    assert lines()[-1] == "There is no release yet. Make one with: sdg release"
    assert json.loads(sdg("status", "--format", "json", "--home", home).stdout)["release"] is None
    assert sdg("release", "first", "--home", home).exit_code == 0
    said = " ".join(" ".join(lines()).split())
    assert "Last release first, 20" in said
    assert "10 observations:" in said
    assert said.endswith("status-home/releases/first Nothing has changed since.")
    values = {year: 1500.0 + year * (2 if year > 2018 else 1) for year in range(2016, 2027)}
    second = table(folder / "status-2.csv", values)
    assert sdg("submit", second, "--provider", "KGZ", "--home", home).exit_code in (0, 1)
    said = " ".join(" ".join(lines()).split())
    assert (
        "newer by 1 load: 9 observations differ (2 added, 1 removed, 6 revised). See: sdg diff first current"
    ) in said
    release = json.loads(sdg("status", "--format", "json", "--home", home).stdout)["release"]
    assert (release["name"], release["observations"], release["published_is_newer"]) == ("first", 10, True)
    assert release["changed"] == {"loads": 1, "keys": 9, "added": 2, "removed": 1, "revised": 6}
    (home / "published" / "current.duckdb").write_bytes(b"no database" * 1000)
    assert "It cannot be read: " in " ".join(lines())
    assert "current.duckdb" in json.loads(sdg("status", "--format", "json", "--home", home).stdout)["published_fault"]
    (home / "published" / "current.duckdb").unlink()
    assert "What is published does not know it yet." in " ".join(lines())
    facts = home / "releases" / "first" / "release.json"
    facts.chmod(0o644)
    facts.write_text("{}")
    said = " ".join(" ".join(lines()).split())
    assert "The last release cannot be told: " in said
    assert "The facts of this release cannot be read." in said


def test_the_words_about_a_release_for_every_case() -> None:
    def said(changed: Changed | None) -> str:
        return release_lines(LastRelease("2026.Q4.01", "2026-10-05T12:00:00+00:00", "x", 5, changed))[1]

    assert said(Changed(2, 0, 0, 0, 0)) == "What is published is newer by 2 loads, but holds the same."
    assert said(Changed(0, 1, 0, 1, 0)).startswith(
        "Declared anew: 1 observation differs (1 removed). See: sdg diff 2026.Q4.01 current"
    )
    assert said(Changed(0, 0, 0, 0, 0)) == "Nothing has changed since."


def test_a_difference_in_words_is_as_wide_as_a_terminal(home: Path) -> None:
    result = sdg("diff", "first", "current", "--home", home)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "From first to current: 21 differences"
    assert max(map(len, lines)) <= 80
    for title in ("Base period changed (10)", "Observations added (1)", "Values revised (10)"):
        assert title in lines
    assert sdg("diff", "first", "current", "--indicator", "13.1.1", "--home", home).stdout == (
        "first and current hold the same.\n"
    )


def test_a_difference_for_programs_and_spreadsheets(home: Path) -> None:
    result = sdg("diff", "first", "current", "--indicator", "12.4.2", "--format", "json", "--home", home)
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert said["counts"] == {"base_year_changed": 10, "key_added": 1, "value_revised": 10}
    assert (said["before"], said["after"], said["different"]) == ("first", "current", True)
    revised = next(one for one in said["differences"] if one["kind"] == "value_revised")
    assert (revised["time_period"], revised["difference"]) == ("2015", 2015.0)
    text = sdg("diff", "first", home / "releases" / second_of(home), "--format", "csv", "--home", home).stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 21
    assert {row["code_after"] for row in rows if row["kind"] == "base_year_changed"} == {"'=2+3"}
    added = next(row for row in rows if row["kind"] == "key_added")
    assert (added["time_period"], added["value_before"], added["value_after"]) == ("2025", "", "5550.0")


def test_lines_that_are_not_shown_are_counted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.show_diff.LINES_SHOWN", 0)
    assert "and 1 more; every row: --format csv" in sdg("diff", "first", "current", "--home", home).stdout


def test_what_cannot_be_compared_ends_with_2(home: Path, tmp_path: Path) -> None:
    assert sdg("diff", "first", "frist", "--home", home).exit_code == 2
    wrong = sdg("diff", "first", "current", "--indicator", "12.4.9", "--home", home)
    assert wrong.exit_code == 2
    assert 'There is no indicator "12.4.9".' in wrong.stderr
    nothing = sdg("release", "--home", tmp_path / "nothing")
    assert nothing.exit_code == 2
    assert "Nothing is published yet. Start with: sdg run" in nothing.stderr
    assert not (tmp_path / "nothing").exists()


def test_a_backup_is_brought_up_to_date(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    assert f"Backup written in {target}:" in " ".join(sdg("backup", target, "--home", home).stdout.split())
    growing = home / "inbox" / "KGZ" / "growing.csv"
    growing.parent.mkdir(exist_ok=True)
    growing.write_text("half", encoding="utf-8")
    made = sdg("backup", target, "--verify", "--home", home)
    growing.unlink()
    assert made.exit_code == 0, made.output
    said = " ".join(made.stdout.split())
    assert f"Backup brought up to date in {target}:" in said
    assert "MB; there already: " in said
    assert "1 file still being written to the inbox: not in the backup." in said


def test_a_backup_is_rehearsed(home: Path, folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "sdg.tar"
    made = sdg("backup", target, "--home", home)
    assert made.exit_code == 0, made.output
    held = "11 observations, 2 deliveries, 2 files as received, 2 releases, 0 files waiting in the inbox. Copied "
    assert held in " ".join(made.stdout.split())
    with tarfile.open(target) as tar:
        assert {"backup.json", "warehouse.duckdb", "ledger.sqlite", "checksums.sha256"} < set(tar.getnames())
    there = tmp_path / "there"
    restored = sdg("restore", target, "--home", there)
    assert restored.exit_code == 0, restored.output
    assert sdg("diff", home / "published" / "current.duckdb", "current", "--home", there).exit_code == 0
    for query in ("from report.indicator_observation order by all", "from core.load", "from ledger.release order by 1"):
        rows = []
        for one in (home, there):
            with duckdb.connect(str(one / "published" / "current.duckdb"), read_only=True) as connection:
                rows.append(connection.execute(query).fetchall())
        assert rows[0] == rows[1] != []
    again = sdg("submit", folder / "second.csv", "--provider", "KGZ", "--lang", "en", "--home", there)
    assert again.exit_code == 0
    assert "Already received: nothing was changed." in again.stdout
    refused = sdg("restore", target, "--home", there)
    assert refused.exit_code == 2
    assert "This state folder is not empty" in refused.stderr
    aside = sdg("restore", target, "--overwrite", "--home", there)
    assert aside.exit_code == 0
    assert "What was there before is in" in aside.stdout


@pytest.mark.parametrize(("command", "label"), [("backup", "Copying"), ("restore", "Restoring")])
def test_long_copying_shows_a_bar_on_a_terminal_and_none_elsewhere(
    home: Path, tmp_path: Path, project_root: Path, command: str, label: str
) -> None:
    target = tmp_path / "sdg.tar"
    if command == "restore":
        assert sdg("backup", target, "--home", home).exit_code == 0
    there = home if command == "backup" else tmp_path / "there"
    terminal, ours = pty.openpty()
    with (tmp_path / "stdout").open("wb") as out, subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", command, str(target), "--home", str(there)],
        cwd=project_root, stdout=out, stderr=ours,
    ) as process:  # fmt: skip
        os.close(ours)
        shown = all_of(terminal)
    os.close(terminal)
    assert process.returncode == 0, shown
    assert label in shown
    assert "100%" in shown
    assert max(map(len, shown.replace("\x1b[?25l", "").replace("\x1b[K", "").split("\r"))) <= 80
    assert label not in (tmp_path / "stdout").read_text(encoding="utf-8")


def all_of(terminal: int) -> str:
    """Return what a process shows on a terminal until it ends; Linux tells the end by an error."""
    shown = b""
    with suppress(OSError):
        while piece := os.read(terminal, 1 << 16):
            shown += piece
    return shown.decode("utf-8")
