"""A few moments of `tests/benchmarks/kill_load.py`: a load that is killed anywhere is finished by the next."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.kill_load import run


def test_a_load_that_is_killed_loses_doubles_and_blocks_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    found = run(3, seed=3, rows=300, folder=tmp_path, say=said.append)
    assert [one.faults for one in found] == [(), (), ()], "\n".join(said)
    assert any(one.killed for one in found), "\n".join(said)
