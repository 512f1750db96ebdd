"""A reader without the right to write in the state folder: what only reads works, what writes says so in a sentence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.warehouse.releasing import FIRST, files, freeze, load
from warehouse.ledger import Ledger
from warehouse.settings import Settings

_AS_ANYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
"""Without these rights even root is bound to the modes of files."""
_ALL = """
import json, sys
from click.testing import CliRunner
from pipelines.cli import main
done = [CliRunner().invoke(main, command, catch_exceptions=False) for command in json.loads(sys.argv[1])]
print(json.dumps([[one.exit_code, one.stdout, one.stderr] for one in done]))
"""
"""Commands one after the other in one process."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder with a release, whose files nobody may write."""
    settings = Settings.load(tmp_path_factory.mktemp("state")).ensure()
    load(settings, 1, *FIRST)
    freeze(settings, "base")
    allow(settings.home, write=False)
    yield settings.home
    allow(settings.home, write=True)


def allow(home: Path, *, write: bool) -> None:
    for path in (home, *home.rglob("*")):
        mode = 0o555 if path.is_dir() else 0o444
        path.chmod(mode | 0o200 if write else mode)


def sdg(project_root: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command as somebody whom modes bind."""
    return python(project_root, "-m", "pipelines.cli", *arguments)


def all_of(project_root: Path, commands: list[list[object]]) -> list[tuple[int, str, str]]:
    """Run commands in one process, as somebody whom modes bind; return their codes and what they said and wrote."""
    asked = json.dumps([[str(word) for word in command] for command in commands])
    done = python(project_root, "-c", _ALL, asked)
    assert done.returncode == 0, done.stderr
    return [tuple(one) for one in json.loads(done.stdout)]


def python(project_root: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python as somebody whom modes bind."""
    bound: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write anywhere, and setpriv, which takes that right away, is not here")
        bound = _AS_ANYBODY
    command = [*bound, sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=project_root, capture_output=True, text=True, check=False, timeout=300)


def test_what_only_reads_works(home: Path, project_root: Path, tmp_path: Path) -> None:
    before = files(home)
    delivery = json.loads(sdg(project_root, "status", "--format", "json", "--home", home).stdout)["providers"]
    [kgz] = [one for one in delivery if one["provider"] == "KGZ"]
    assert (kgz["state"], kgz["deliveries"]) == ("loaded", 1)
    commands: list[list[object]] = [
        ["status"],
        ["held"],
        ["answer", kgz["last_delivery"]],
        ["diff", "base", "current"],
        ["export", "--format", "csv", "--out", tmp_path / "all.csv"],
        ["assessment", "KGZ"],
        ["rules", "calibrate"],
        ["template", "KGZ", "--out", tmp_path / "t.csv"],
    ]
    done = all_of(project_root, [[*command, "--home", home] for command in commands])
    for command, (code, out, err) in zip(commands, done, strict=True):
        assert (code, err) == (0, ""), command
        assert out, command
    assert files(home) == before


def test_what_writes_says_that_it_may_not(home: Path, project_root: Path, tmp_path: Path) -> None:
    commands = (["submit", project_root / "README.md", "--provider", "KGZ"], ["release"], ["rejudge", "KGZ-1"])
    done = all_of(project_root, [[*command, "--home", home] for command in commands])
    for command, (code, _, err) in zip(commands, done, strict=True):
        assert code == 2, command
        assert "It cannot be written here; what was there before is untouched." in err
        assert "Traceback" not in err


def test_what_may_not_be_read_either_is_named(home: Path, project_root: Path) -> None:
    ledger = home / "ledger.sqlite"
    ledger.chmod(0o000)
    try:
        done = sdg(project_root, "held", "--home", home)
    finally:
        ledger.chmod(0o444)
    assert done.returncode == 2
    said = "You have no right to read it. Ask whoever owns it, or choose another folder."
    assert done.stderr == f"sdg: {ledger}: {said}\n"


def test_a_reader_sees_what_a_writer_has_not_moved_into_the_ledger_yet(project_root: Path, tmp_path: Path) -> None:
    settings = Settings.load(tmp_path / "busy").ensure()
    load(settings, 1, *FIRST)
    with Ledger.open(settings) as ledger:
        [row] = ledger.deliveries()
        ledger.record(row.id, "held", None, message="in the log alone")
        assert Path(f"{settings.ledger}-wal").stat().st_size > 0
        allow(settings.home, write=False)
        try:
            done = sdg(project_root, "held", "--home", settings.home)
        finally:
            allow(settings.home, write=True)
    assert done.returncode == 1, done.stderr
    assert row.id in done.stdout
