"""A few moments of `tests/benchmarks/kill_load.py`: what is killed anywhere is finished by the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import kill_command
from tests.benchmarks.kill_load import run


def test_a_load_that_is_killed_loses_doubles_and_blocks_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    found = run(3, seed=3, rows=300, folder=tmp_path, say=said.append)
    assert [one.faults for one in found] == [(), (), ()], "\n".join(said)
    assert any(one.killed for one in found), "\n".join(said)


@pytest.mark.parametrize("command", ["release", "backup", "restore", "accept", "rejudge", "withdraw"])
def test_a_command_that_is_killed_is_finished_by_the_same_command(command: str, tmp_path: Path) -> None:
    said: list[str] = []
    found = kill_command.run(command, 1, seed=5, rows=150, folder=tmp_path, say=said.append)
    assert found == [[]], "\n".join(said)
