"""Two commands on one state folder at the same time: none ends in a traceback, and no row and no word is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import kill_load
from tests.benchmarks.kill_command import CHILD, ROOT
from warehouse.connect import writer
from warehouse.ledger import Ledger
from warehouse.settings import Settings

_CORE = "select delivery_id, count(*) from core.observation group by 1 order by 1"
_ROWS = "select provider, series, ref_area, time_period, obs_value, delivery_id from core.observation order by all"
_WITHDRAWN = "select distinct delivery_id, withdrawn_at is not null from core.load"


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [("submit", "submit", {(0, 0)}), ("submit", "release", {(0, 0)}), ("rejudge", "withdraw", {(0, 0), (2, 0)})],
)
def test_what_two_commands_do_at_once_is_what_one_after_the_other_does(
    first: str, second: str, codes: set[tuple[int, int]], tmp_path: Path
) -> None:
    home, provider = tmp_path / "home", ("--provider", kill_load.PROVIDER)
    known = kill_load.knowledge(tmp_path / "providers")
    kill_load.take_in(home, kill_load.table(tmp_path / "1.csv", 90, 1), known)
    with Ledger.open(Settings.load(home)) as ledger:
        name = ledger.deliveries()[0].id
    words = {
        "submit": ("submit", str(kill_load.table(tmp_path / "2.csv", 90, 2)), *provider),
        "release": ("release", "one"),
        "rejudge": ("rejudge", *provider),
        "withdraw": ("withdraw", name, "--reason", "sent by mistake"),
    }
    running = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path / "providers"), *words[command], "--home", str(home)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for command in (first, second)
    ]  # fmt: skip
    said = [process.communicate()[0] for process in running]
    assert (running[0].returncode, running[1].returncode) in codes, said
    assert not any("Traceback" in text for text in said), said

    with writer(Settings.load(home), "test") as warehouse:
        core = warehouse.connection.execute(_CORE).fetchall()
        rows = warehouse.connection.execute(_ROWS).fetchall()
        withdrawn = dict(warehouse.connection.execute(_WITHDRAWN).fetchall())
    # The second vintage has 97 rows, which take the place of the first one's 90.
    assert sum(count for _, count in core) == {"submit": 97, "rejudge": 0}[first]
    states = {delivery: "withdrawn" if gone else "loaded" for delivery, gone in withdrawn.items()}
    with Ledger.open(Settings.load(home)) as ledger:
        assert {row.id: row.state for row in ledger.deliveries()} == states
    published = kill_load.published(home)
    assert published["current"] == rows
    assert dict(published["deliveries"]) == states
