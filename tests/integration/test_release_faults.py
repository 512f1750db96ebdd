"""A release that is killed, or meets a full disk: with real processes on real files."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.warehouse.releasing import FIRST, files, freeze, load
from warehouse.ledger import Ledger
from warehouse.settings import Settings

BEGIN = """
import os, resource, signal, sys
from pathlib import Path
import warehouse.release as releasing
from metadata.errors import StorageFull
from tests.unit.warehouse.releasing import freeze
from warehouse.settings import Settings
settings = Settings.load(Path(sys.argv[1]))
"""
KILLED = (
    BEGIN
    + """
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "sync_folder":
    # Just after the rename: the release is there, and the ledger does not know of it.
    releasing.sync_folder = die
else:
    setattr(releasing, sys.argv[2], die)
freeze(settings, "one")
"""
)
DISK_FULL = (
    BEGIN
    + """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.dont_write_bytecode = True  # what Python compiles would be cut off, and read by every later process
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    freeze(settings, "one")
except StorageFull as error:
    print(error)
"""
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings.load(tmp_path / "home").ensure()
    load(settings, 1, *FIRST)
    return settings


def child(script: str, project_root: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, cwd=project_root, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("moment", ["write_parquet", "changes_text", "sync_folder"])
def test_a_release_that_is_killed_is_there_whole_or_not_at_all(
    settings: Settings, project_root: Path, moment: str
) -> None:
    done = child(KILLED, project_root, settings.home, moment)
    assert done.returncode == -signal.SIGKILL, done.stderr
    there = [path.name for path in settings.releases.iterdir() if not path.name.startswith(".")]
    assert there == (["one"] if moment == "sync_folder" else [])
    made = freeze(settings, "one")
    assert made.new is (moment != "sync_folder")
    assert [path.name for path in settings.releases.iterdir()] == ["one"]
    with Ledger.open(settings) as ledger:
        assert ledger.releases() == ["one"]


def test_a_full_disk_is_told_and_leaves_nothing_of_the_release(settings: Settings, project_root: Path) -> None:
    published = files(settings.published)
    done = child(DISK_FULL, project_root, settings.home, settings.current.stat().st_size // 2)
    assert "The disk is full; what was there before is untouched. Make room and run the same command again." in (
        done.stdout
    ), done.stderr
    assert list(settings.releases.iterdir()) == []
    assert files(settings.published) == published
    assert freeze(settings, "one").new
