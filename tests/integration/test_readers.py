"""Readers of the published copy never wait for the writer, and never see half a load."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from metadata.areas import load_areas
from tests.unit.warehouse.frames import STRUCTURE, give, request, row
from tests.unit.warehouse.releasing import CATALOGUE, NOON, VERSIONS
from warehouse.connect import Warehouse, writer
from warehouse.publish import publish
from warehouse.report import refresh, write_metadata
from warehouse.settings import Settings

READERS = 3
LOADS = 4
ROWS = 400
PATIENCE_S = 120

# Every load gives all rows its own number as their value and has some rows more than the one before, so any mixture of
# two loads shows in what is counted. A reader notes each time it has read, and stops when it has seen the last load.
READER = """
import sys, time
from pathlib import Path
from warehouse.connect import reader
from warehouse.settings import Settings
settings, note, last, rows = Settings.load(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
query = '''
select (select count(*) from core.observation), (select min(obs_value) from core.observation),
       (select max(obs_value) from core.observation), (select count(*) from report.indicator_observation),
       (select min(obs_value) from report.indicator_observation),
       (select max(obs_value) from report.indicator_observation),
       (select max(load_id) from core.load), (select count(*) from ledger.delivery)
'''
times, seen, end = 0, 0, time.monotonic() + float(sys.argv[5])
while seen < last and time.monotonic() < end:
    with reader(settings) as connection:
        found = connection.execute(query).fetchall()[0]
        again = connection.execute(query).fetchall()[0]
    number = found[6]
    wanted = (rows + number, number, number, rows + number, number, number, number, 0)
    if found != wanted or again != found or number < seen:
        sys.exit(f"load {number} after {seen}: {found}, then {again}")
    seen, times = number, times + 1
    note.write_text(f"{times} {seen}", encoding="utf-8")
sys.exit(0 if seen == last else f"only load {seen} was seen")
"""


def one_load(warehouse: Warehouse, number: int) -> None:
    rows = [row(str(1000 + place), float(number)) for place in range(ROWS + number)]
    give(warehouse, request(number, rows, replaces="provider", metadata_versions=VERSIONS))
    refresh(warehouse, ["12.4.2"])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings.load(tmp_path / "home").ensure()
    with writer(settings, "a test") as warehouse:
        write_metadata(warehouse, CATALOGUE, STRUCTURE, load_areas(), now=NOON)
        one_load(warehouse, 1)
        publish(settings, warehouse)
    return settings


def wait_for(notes: list[Path], readers: list[subprocess.Popen[str]], times: int) -> None:
    """Wait until every reader has read so many times more; a reader that waited for the writer never would."""
    begun = [read(note)[0] for note in notes]
    end = time.monotonic() + PATIENCE_S
    while any(read(note)[0] < first + times for note, first in zip(notes, begun, strict=True)):
        assert time.monotonic() < end, "a reader waits for the writer"
        assert all(one.poll() is None for one in readers), [one.stderr.read() for one in readers if one.stderr]
        time.sleep(0.02)


def read(note: Path) -> tuple[int, int]:
    try:
        times, seen = note.read_text(encoding="utf-8").split()
    except (FileNotFoundError, ValueError):
        # Not there yet, or just being written.
        return 0, 0
    return int(times), int(seen)


def test_readers_go_on_while_a_writer_loads_and_publishes(
    settings: Settings, tmp_path: Path, project_root: Path
) -> None:
    notes = [tmp_path / f"reader-{number}" for number in range(READERS)]
    values = (LOADS, ROWS, PATIENCE_S)
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(settings.home), str(note), *map(str, values)],
            cwd=project_root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for note in notes
    ]  # fmt: skip
    try:
        with writer(settings, "a test") as warehouse:
            for number in range(2, LOADS + 1):
                with warehouse.transaction() as connection:
                    connection.execute("create or replace table core.half as select 1 as a")
                    # The lock is held and a transaction is open: readers read on.
                    wait_for(notes, readers, 2)
                    connection.execute("drop table core.half")
                one_load(warehouse, number)
                wait_for(notes, readers, 1)
                publish(settings, warehouse)
        ends = [(one.communicate(timeout=PATIENCE_S)[1], one.returncode) for one in readers]
    finally:
        for one in readers:
            one.kill()
    assert ends == [("", 0)] * READERS
    assert [read(note)[1] for note in notes] == [LOADS] * READERS
