"""A disk that fills while a file for people is written: a sentence, exit code 2, and nothing half-written."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from metadata.errors import StorageFull
from pipelines.cli import main
from tests.unit.warehouse.releasing import FIRST, freeze, load
from warehouse.settings import Settings

# A file that would grow beyond the limit is refused with EFBIG, as a full disk is with ENOSPC.
SCRIPT = """
import json, resource, signal, sys
from click.testing import CliRunner
from pipelines.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.dont_write_bytecode = True  # what Python compiles would be cut off, and read by every later process
said = []
for command in json.loads(sys.argv[2]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
    result = CliRunner().invoke(main, command)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    said.append([result.exit_code, result.output, repr(result.exception)])
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings.load(tmp_path_factory.mktemp("home")).ensure()
    load(settings, 1, *FIRST)
    freeze(settings, "base")
    return settings


def run(commands: list[list[object]], limit: int, project_root: Path) -> list[tuple[int, str, str]]:
    asked = json.dumps([[str(word) for word in command] for command in commands])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(limit), asked],
        cwd=project_root, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [tuple(one) for one in json.loads(done.stdout)]


def test_nothing_half_written_stays_of_what_is_written_for_people(
    home: Settings, project_root: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "kept.csv").write_text("as it was", encoding="utf-8")
    specimen = project_root / "tests" / "specimens" / "read" / "version1.csv"
    at_home = ["--home", home.home]
    forms = {
        "excel": "o.xlsx", "csv": "kept.csv", "parquet": "o.parquet", "sdmx-csv": "o.csv", "sdmx-csv-2": "o2.csv",
        "sdmx-ml": "o.xml", "sdmx-ml-3": "o3.xml", "sdmx-json": "o.json", "frictionless": "o.zip",
    }  # fmt: skip
    commands: list[list[object]] = [
        ["export", "--format", form, "--out", out / name, *at_home] for form, name in forms.items()
    ]
    commands += [
        ["export", "--format", "frictionless", "--out", out / "package", *at_home],
        ["template", "KGZ", "--indicator", "12.4.2", "--out", out / "t.xlsx", *at_home],
        ["template", "KGZ", "--indicator", "12.4.2", "--out", out / "t.csv", *at_home],
        ["assessment", "KGZ", "--out", out / "a.xlsx", *at_home],
        ["assessment", "KGZ", "--format", "json", "--out", out / "a.json", *at_home],
        ["rules", "calibrate", "--series", "EN_HAZ_PCAP", "--out", out / "c.yaml", *at_home],
        ["check", specimen, "--provider", "KGZ", "--format", "html", "--out", out / "r.html", *at_home],
        ["read", specimen, "--out", out / "r.parquet"],
        ["backup", out / "b", *at_home],
        ["backup", out / "b.tar", *at_home],
    ]
    for command, (code, output, exception) in zip(commands, run(commands, 150, project_root), strict=True):
        assert code == 2, (command, output, exception)
        # What openpyxl could not write complains once more, at some time, when it is thrown away.
        output = output.splitlines()[-1]
        assert output.startswith("sdg: "), (command, output, exception)
        # A workbook is laid out in the folder for temporary files first.
        no_room = f"sdg: {tempfile.gettempdir()}: The workbook cannot be made: there is no room for temporary files."
        full = "ledger.sqlite: The disk is full, or cannot be read or written; what was there before is untouched."
        place = full if command[0] == "backup" else str(out)  # SQLite needs files beside its own
        assert no_room in output or place in output, (command, output)
    assert [path.name for path in out.iterdir()] == ["kept.csv"]
    assert (out / "kept.csv").read_text(encoding="utf-8") == "as it was"


def test_a_folder_of_files_names_the_one_that_did_not_fit(project_root: Path, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    ((code, output, _),) = run([["metadata", "export", "--form", "pages", "--out", out]], 150, project_root)
    assert code == 2
    assert "The export cannot be written: File too large." in output
    assert list(out.iterdir()) == []


def test_what_was_done_before_the_disk_was_full_is_said(home: Settings, project_root: Path, tmp_path: Path) -> None:
    """A release that is made, and a backup that is restored, are named although the copy for readers has no room."""
    def sdg(*arguments: object) -> str:
        return CliRunner().invoke(main, [str(one) for one in arguments]).output

    mine = Settings.load(tmp_path / "mine")
    shutil.copytree(home.home, mine.home)
    assert "Release one:" in sdg("release", "one", "--home", mine.home)

    def full(*_: object, **__: object) -> None:
        raise StorageFull("The disk is full.", where="published")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warehouse.publish.publish", full)
        said = sdg("release", "two", "--note", "another name", "--home", mine.home)
    made = "The disk is full or not writable. Release two is made and whole; the copy for readers knows it not yet."
    assert made in said
    assert "Make it known with: sdg release two" in " ".join(sdg("status", "--home", mine.home).split())
    assert "Release two is there already" in sdg("release", "two", "--home", mine.home)
    assert "Nothing has changed since." in sdg("status", "--home", mine.home)
    assert "Backup written" in sdg("backup", tmp_path / "b", "--home", mine.home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.publication.bring_up_to_date", full)
        said = sdg("restore", tmp_path / "b", "--overwrite", "--home", mine.home)
    done = "The disk is full or not writable. The backup is restored, but not published. What was there before is in"
    assert done in said
    assert "Make room, then publish with: sdg run" in said


def test_a_restore_that_finds_no_room_says_so_in_a_sentence(home: Settings, project_root: Path, tmp_path: Path) -> None:
    commands: list[list[object]] = [["backup", tmp_path / "b", "--home", home.home]]
    ((code, output, _),) = run(commands, 10**9, project_root)
    assert code == 0, output
    commands = [["restore", tmp_path / "b", "--home", tmp_path / "there"]]
    ((code, output, _),) = run(commands, 1000, project_root)
    assert code == 2
    assert "The disk is full; what was there before is untouched." in output
    assert "Errno" not in output
    assert not (tmp_path / "there" / "warehouse.duckdb").exists()
