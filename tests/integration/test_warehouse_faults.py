"""A writer that is killed, a disk that is full, two writers at once: with real processes on real files."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metadata.errors import StorageFull, WarehouseBusy
from tests.unit.warehouse.frames import declare_series, give, request, row
from warehouse.connect import Warehouse, writer
from warehouse.ledger import Ledger
from warehouse.observations import loads
from warehouse.settings import Settings

KEYS = 8_000

# What every child process begins with: the state folder is its first argument.
BEGIN = """
import os, signal, sys, threading, time
from pathlib import Path
from tests.integration.test_warehouse_faults import big, small
from tests.unit.warehouse.frames import give
from warehouse.connect import writer
from warehouse.settings import Settings
settings = Settings.load(Path(sys.argv[1]))
"""
KILLED_AT_STATEMENT = (
    BEGIN
    + """
from warehouse.sql import Sql
run, left = Sql.run, [int(sys.argv[2])]
def counted(self, statement, **values):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return run(self, statement, **values)
with writer(settings, "sdg run") as warehouse:
    Sql.run = counted
    give(warehouse, big())
    Sql.run = run
print("loaded", flush=True)
"""
)
KILLED_IN_COMMIT = (
    BEGIN
    + """
import warehouse.observations as observations
write = observations._write_load
def then_die(*args, **values):
    write(*args, **values)
    threading.Timer(float(sys.argv[2]), os.kill, (os.getpid(), signal.SIGKILL)).start()
observations._write_load = then_die
with writer(settings, "sdg run") as warehouse:
    give(warehouse, big())
    print("loaded", flush=True)
    time.sleep(20)
"""
)
HOLDS = (
    BEGIN
    + """
with writer(settings, "sdg run"):
    print("writing", flush=True)
    time.sleep(float(sys.argv[2]))
"""
)
DISK_FULL = (
    BEGIN
    + """
import resource
from metadata.errors import StorageFull
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.dont_write_bytecode = True  # what Python compiles would be cut off, and read by every later process
try:
    with writer(settings, "sdg run") as warehouse:
        # Below what the load writes to its log (2.1 MB), whatever the size of the warehouse is.
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        give(warehouse, big())
except StorageFull as error:
    print(error, flush=True)
"""
)


def small() -> Any:
    """The delivery that stands before: one value in ten of the big one, and one that it does not have."""
    rows = [row(f"{period}", 1.0, source_detail=f"first {period}") for period in range(0, KEYS, 10)]
    return request(1, [*rows, row("before", 1.0)])


def big() -> Any:
    """The delivery whose load is disturbed: it revises, adds and withdraws."""
    rows = [row(f"{period}", period / 7, source_detail=f"detail {period * 7919}") for period in range(KEYS)]
    return request(2, rows, kept=[row("kept", 3.0)], replaces="provider")


def child(script: str, project_root: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, cwd=project_root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def state(warehouse: Warehouse) -> tuple[Any, ...]:
    """Return everything that a load writes, in numbers."""
    tables = ("observation_history", "confirmation", "deletion", "quarantine", "load")
    counted = tuple(
        warehouse.connection.execute(f"select count(*) from core.{table}").fetchall()[0][0] for table in tables
    )
    current = warehouse.connection.execute(
        "select count(*), count(distinct (provider, time_period)), sum(obs_value), sum(version_id) "
        "from core.observation"
    ).fetchall()
    return (*counted, *current, len(loads(warehouse)))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(tmp_path / "home").ensure()


@pytest.fixture
def stood(settings: Settings) -> tuple[Any, ...]:
    with writer(settings, "a test") as warehouse:
        declare_series(warehouse)
        give(warehouse, small())
        return state(warehouse)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    """The state after both loads, undisturbed."""
    with writer(Settings.load(tmp_path_factory.mktemp("whole")), "a test") as warehouse:
        declare_series(warehouse)
        give(warehouse, small())
        give(warehouse, big())
        return state(warehouse)


def run_again(settings: Settings) -> tuple[Any, ...]:
    with writer(settings, "a test", timeout=5) as warehouse:
        give(warehouse, big(), hours=9)
        return state(warehouse)


@pytest.mark.parametrize("statement", [0, 12, 19, 22, 27])
def test_killed_before_any_statement_of_a_load(
    settings: Settings, stood: tuple, whole: tuple, project_root: Path, statement: int
) -> None:
    killed = child(KILLED_AT_STATEMENT, project_root, settings.home, statement)
    out, err = killed.communicate(timeout=120)
    assert (killed.returncode, out) == (-signal.SIGKILL, ""), err
    with writer(settings, "a test", timeout=5) as warehouse:
        assert state(warehouse) == stood
    assert run_again(settings) == whole


@pytest.mark.parametrize("seconds", [0.0, 0.05, 5.0])
def test_killed_while_the_load_is_committed(
    settings: Settings, stood: tuple, whole: tuple, project_root: Path, seconds: float
) -> None:
    killed = child(KILLED_IN_COMMIT, project_root, settings.home, seconds)
    out, err = killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL, err
    with writer(settings, "a test", timeout=5) as warehouse:
        found = state(warehouse)
        known = loads(warehouse)
    assert found in ([whole] if out == "loaded\n" else [stood, whole])
    with Ledger.open(settings) as ledger:
        ledger.reconcile(known)
        assert [one.state for one in ledger.deliveries()] == ["loaded"] * (2 if found == whole else 1)
    assert run_again(settings) == whole


def test_two_writers_one_waits_and_says_for_whom(settings: Settings, project_root: Path) -> None:
    first = child(HOLDS, project_root, settings.home, 2)
    assert first.stdout is not None
    assert first.stdout.readline() == "writing\n"
    said: list[str] = []
    told = rf"sdg run \(process {first.pid}\) has been writing since"
    with pytest.raises(WarehouseBusy, match=told), writer(settings, "sdg submit", timeout=0.2):
        pass
    with writer(settings, "sdg submit", timeout=60, on_wait=said.append) as warehouse:
        assert warehouse.connection.execute("select 1").fetchall() == [(1,)]
    assert first.wait(60) == 0
    assert len(said) == 1
    assert said[0].startswith(f"Waiting: sdg run (process {first.pid}) has been writing since ")


def test_somebody_who_opened_the_file_without_the_lock_is_told_of(settings: Settings, stood: tuple) -> None:
    opens = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('open', flush=True); time.sleep(600)"
    command = [sys.executable, "-c", opens, str(settings.warehouse)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout is not None
        assert shell.stdout.readline() == "open\n"
        told = r"warehouse\.duckdb: Another program has the database open\. Close it \(a DuckDB shell, a notebook\)"
        with pytest.raises(WarehouseBusy, match=told), writer(settings, "sdg run"):
            pass
        shell.kill()
    with writer(settings, "sdg run") as warehouse:
        assert state(warehouse) == stood


def test_the_lock_of_a_killed_writer_is_free_at_once(settings: Settings, project_root: Path) -> None:
    first = child(HOLDS, project_root, settings.home, 600)
    assert first.stdout is not None
    assert first.stdout.readline() == "writing\n"
    first.kill()
    first.wait(60)
    with writer(settings, "sdg submit", timeout=0):
        pass


def test_a_full_disk_is_told_and_what_was_there_is_untouched(
    settings: Settings, stood: tuple, whole: tuple, project_root: Path
) -> None:
    full = child(DISK_FULL, project_root, settings.home)
    out, err = full.communicate(timeout=120)
    assert out == (
        f"{settings.warehouse}: The disk is full; what was there before is untouched. "
        "Make room and run the same command again.\n"
    ), err
    with writer(settings, "a test", timeout=5) as warehouse:
        assert state(warehouse) == stood
    assert run_again(settings) == whole


def test_a_disk_that_fills_while_the_database_spills_is_told_and_nothing_is_lost(
    settings: Settings, stood: tuple
) -> None:
    notes = ({"source_detail": f"detail {period * 7919}", "comment_obs": f"{period} " * 40} for period in range(40_000))
    large = request(2, [row(f"{period}", period / 7, **note) for period, note in enumerate(notes)])
    little = replace(settings, memory_limit="30MB")
    with writer(little, "sdg run") as warehouse:
        warehouse.connection.execute("set max_temp_directory_size = '1MB'")  # so much room the disk has left
        with pytest.raises(StorageFull) as told:
            give(warehouse, large)
    assert str(told.value) == (
        f"{settings.warehouse}: The disk is full; what was there before is untouched. "
        "Make room and run the same command again."
    )
    with writer(settings, "a test", timeout=5) as warehouse:
        assert state(warehouse) == stood
        assert not list(settings.temporary.glob(".load-*"))
        assert give(warehouse, large, hours=9).counts.new == 40_000 - len(range(0, KEYS, 10))
