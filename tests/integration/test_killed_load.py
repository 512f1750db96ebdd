"""A few moments of `tests/benchmarks/kill_load.py`: what is killed anywhere is finished by the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import kill_command, kill_load
from tests.benchmarks.kill_load import run

ROWS = 150


@pytest.mark.no_cover
def test_a_load_that_is_killed_loses_doubles_and_blocks_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    found = run(3, seed=3, rows=300, folder=tmp_path, say=said.append)
    assert [one.faults for one in found] == [(), (), ()], "\n".join(said)
    assert any(one.killed for one in found), "\n".join(said)


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with an office's two deliveries, which every command begins with a copy of."""
    folder = tmp_path_factory.mktemp("taken_in")
    kill_command.take_in_both(folder / "home", folder, ROWS, kill_load.knowledge(folder / "providers"))
    return folder / "home"


@pytest.mark.no_cover
@pytest.mark.parametrize("command", ["backup", "restore", "accept", "rejudge"])
def test_a_command_that_is_killed_is_finished_by_the_same_command(command: str, taken_in: Path, tmp_path: Path) -> None:
    """Of the others `kill_load.py --command` tries moments; `test_release_faults.py` kills a release at three."""
    said: list[str] = []
    found = kill_command.run(command, 1, seed=5, rows=ROWS, folder=tmp_path, say=said.append, taken_in=taken_in)
    assert found == [[]], "\n".join(said)
