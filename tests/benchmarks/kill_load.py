"""Kills a load with signal 9 at random moments, runs it again, and compares what came of it with an undisturbed load.

A script: `python tests/benchmarks/kill_load.py [MOMENTS] [--seed N] [--rows N] [--command C]` (default 50 moments of a
load; other commands: `kill_command.py`). It ends with 1 when a moment lost or doubled a row, showed readers half a
load, or left a writer blocked; a few moments of it run as a test (`tests/integration/test_killed_load.py`).

Every moment begins with a copy of a state folder that holds an office's first delivery. The second one revises, adds,
leaves out and repeats rows. A process takes it in as `sdg submit` does, from landing the bytes to swapping in the
published copy, and is killed at a moment drawn from the time that an undisturbed one took: every third moment from all
of it, the others from its second part, which begins when the judged rows go to the warehouse.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from metadata.areas import load_areas
from metadata.findings import FileReport
from metadata.structure import load_structure
from pipelines.arrivals import incoming_file
from pipelines.deliver import submit
from pipelines.knowledge import Knowledge
from pipelines.publication import bring_up_to_date
from warehouse.connect import reader, writer
from warehouse.ledger import Ledger
from warehouse.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PROVIDER = "OFFICE"
SERIES = ("EN_HAZ_PCAP", "EN_HAZ_GENV", "EN_EWT_GENPCAP")
UNITS = {"EN_HAZ_PCAP": "KG", "EN_HAZ_GENV": "T", "EN_EWT_GENPCAP": "KG"}
BLOCKED_S = 5.0
"""A writer that waits longer than this for a dead one counts as blocked."""

_HISTORY = """
select provider, series, ref_area, time_period, obs_value, opened_reason, superseded_reason, superseded_at is null
from core.observation_history order by all
"""
_CURRENT = "select provider, series, ref_area, time_period, obs_value, delivery_id from core.observation order by all"
_REPORTED = """
select distinct provider, series, ref_area, time_period, obs_value, delivery_id from report.indicator_observation
order by all
"""
_LOADS = "select load_id, delivery_id, new, value_revised, unchanged, withdrawn from core.load order by 1"
_DELIVERIES = "select id, state from ledger.delivery order by seq"


@dataclass(frozen=True, slots=True)
class Moment:
    """What came of one kill.

    Attributes:
        part: from when the seconds count: `ready`, or `loading` when the judged rows go to the warehouse.
        seconds: after which it was killed.
        killed: False when the load had ended before.
        reached: the state of the delivery in the ledger at that moment; `published` when readers had all of it.
        faults: what was wrong, in words; empty when nothing was.
    """

    part: str
    seconds: float
    killed: bool
    reached: str
    faults: tuple[str, ...]


def table(path: Path, rows: int, vintage: int) -> Path:
    """Write an office's delivery: the second vintage leaves out a tenth, revises a third and adds two tenths."""
    names = [component.id for component in load_structure().dimensions]
    areas = areas_of_office()
    head = [*names, "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "UNIT_MULT", "UNIT_MEASURE", "NATURE"]
    lines = [",".join(head)]
    for number in range(rows * (12 if vintage == 2 else 10) // 10):
        if vintage == 2 and number % 10 == 0:
            continue
        series = SERIES[number % len(SERIES)]
        key = dict.fromkeys(names, "_T") | {"FREQ": "A", "REPORTING_TYPE": "N", "SERIES": series}
        place, year = divmod(number // len(SERIES), 20)
        key["REF_AREA"] = areas[place]
        value = 100 + number % 97 + (0.5 if vintage == 2 and number % 3 == 0 else 0)
        lines.append(",".join([*key.values(), str(2001 + year), str(value), "A", "0", UNITS[series], "C"]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def areas_of_office() -> list[str]:
    """Return the areas that the office reports for: every country, in the order of their codes."""
    return sorted(code for code, area in load_areas().areas.items() if area.area_type == "country")


def knowledge(folder: Path) -> Knowledge:
    """Return what the office's deliveries are judged by; its declaration is written into the folder."""
    areas = ", ".join(f'"{code}"' for code in areas_of_office())
    rest = "language: en\nchannel: {type: folder}\nreplaces: provider\n"
    text = f"name: Office\nkind: office\nareas: [{areas}]\n{rest}"
    folder.mkdir(exist_ok=True)
    (folder / f"{PROVIDER}.yaml").write_text(text, encoding="utf-8")
    return Knowledge.read(providers_folder=folder)


def take_in(home: Path, file: Path, known: Knowledge) -> None:
    """Take a delivery in and publish it: what `sdg submit` does."""
    settings = Settings.load(home).ensure()
    with Ledger.open(settings) as ledger:
        submit(incoming_file(file, PROVIDER, channel="submit"), settings, ledger, known, confirm_withdrawal=True)
    bring_up_to_date(settings, known, purpose="sdg submit", publish_anyway=True)


def published(home: Path) -> dict[str, list[Any]]:
    """Return what readers see."""
    with reader(Settings.load(home)) as connection:
        queries = {"current": _CURRENT, "reported": _REPORTED, "loads": _LOADS, "deliveries": _DELIVERIES}
        return {name: connection.execute(query).fetchall() for name, query in queries.items()}


def kept(home: Path) -> dict[str, list[Any]]:
    """Return what is in core; raises WarehouseBusy when a dead writer still blocks."""
    with writer(Settings.load(home), "kill_load", timeout=BLOCKED_S) as warehouse:
        queries = {"history": _HISTORY, "current": _CURRENT, "loads": _LOADS}
        return {name: warehouse.connection.execute(query).fetchall() for name, query in queries.items()}


class Trial:
    """One prepared state folder, and the undisturbed outcome that every killed load is compared with."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.folder = folder
        self.known = knowledge(folder / "providers")
        self.second = table(folder / "second.csv", rows, 2)
        self.prepared = folder / "prepared"
        take_in(self.prepared, table(folder / "first.csv", rows, 1), self.known)
        self.before = published(self.prepared), kept(self.prepared)
        undisturbed = shutil.copytree(self.prepared, folder / "undisturbed")
        judging, loading = self._child(undisturbed, None)[1:]
        self.seconds = judging, loading
        self.after = published(undisturbed), kept(undisturbed)
        if self.after == self.before:
            raise SystemExit("The second delivery changed nothing: the trial would prove nothing.")

    def _child(self, home: Path, kill: tuple[str, float] | None) -> tuple[bool, float, float]:
        """Take the second delivery in by a process, killed so long after it began, or began to load.

        Returns:
            Whether it was killed, and the seconds of both parts.
        """
        command = [sys.executable, __file__, "--child", str(home), str(self.second), str(self.folder / "providers")]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            times = []
            for part in ("ready", "loading"):
                said = process.stdout.readline()
                if said != f"{part}\n":
                    raise SystemExit(f"The process was to say {part}, and said {said!r}.")
                times.append(time.perf_counter())
                if kill is not None and kill[0] == part:
                    time.sleep(kill[1])
                    process.send_signal(signal.SIGKILL)
                    break
            process.wait()
            times.append(time.perf_counter())
        if process.returncode not in (0, -signal.SIGKILL):
            raise SystemExit(f"The process that takes the delivery in ended with {process.returncode}.")
        return process.returncode != 0, times[1] - times[0], times[-1] - times[1]

    def kill(self, part: str, seconds: float) -> Moment:
        """Kill a load after so many seconds, look at what it left, run it again, and look again."""
        home = shutil.copytree(self.prepared, self.folder / "killed")
        faults: list[str] = []
        try:
            killed, *_ = self._child(home, (part, seconds))
            seen = published(home)
            reached = _reached(home) if seen == self.before[0] else "published"
            if seen not in (self.before[0], self.after[0]) and not _only_deliveries_differ(seen, self):
                faults.append("readers saw half a load")
            if kept(home) not in (self.before[1], self.after[1]):
                faults.append("core held half a load")
            take_in(home, self.second, self.known)
            for what, found, wanted in (
                ("published", published(home), self.after[0]),
                ("core", kept(home), self.after[1]),
            ):
                faults += [f"{what}: {name} differs" for name in wanted if found[name] != wanted[name]]
            left = [path.name for path in (home / "published").iterdir() if path.name != "current.duckdb"]
            faults += [f"{name} was left in published" for name in left]
        finally:
            shutil.rmtree(home)
        return Moment(part, seconds, killed, reached, tuple(faults))


def _only_deliveries_differ(seen: dict[str, list[Any]], trial: Trial) -> bool:
    """The ledger is copied in as it stands: a delivery that is landed and not loaded may be named in the copy."""
    return {**seen, "deliveries": []} == {**trial.before[0], "deliveries": []}


def _reached(home: Path) -> str:
    with Ledger.open(Settings.load(home)) as ledger:
        rows = ledger.deliveries()
    return rows[-1].state if len(rows) > 1 else "nothing"


def run(moments: int, *, seed: int, rows: int, folder: Path, say: Callable[[str], None]) -> list[Moment]:
    """Kill a load at so many moments and return what came of each.

    Args:
        moments: how many.
        seed: of the moments.
        rows: of the first delivery; the second has about as many.
        folder: where to work; must be empty.
        say: told each moment in a line.
    """
    trial = Trial(folder, rows)
    judging, loading = trial.seconds
    say(f"{rows:,} rows; undisturbed {judging:.2f} s to judge, {loading:.2f} s to load; {moments} moments, seed {seed}")
    chosen = random.Random(seed)
    found = []
    for number in range(1, moments + 1):
        if number % 3 == 0:
            one = trial.kill("ready", chosen.uniform(0.0, judging + loading))
        else:
            one = trial.kill("loading", chosen.uniform(0.0, loading))
        found.append(one)
        how = "killed" if one.killed else "ended before"
        when = f"{one.seconds:6.3f} s after {one.part:<7}"
        say(f"{number:>4}  {when}  {how:<12}  {one.reached:<9}  {'; '.join(one.faults) or 'whole'}")
    return found


def child(home: Path, file: Path, providers: Path) -> int:
    """Take a delivery in, saying when that begins and when the judged rows go to the warehouse."""
    from pipelines import deliver

    load = deliver.load_unless_done

    def load_and_say(*given: Any, **named: Any) -> FileReport:
        print("loading", flush=True)
        return load(*given, **named)

    deliver.load_unless_done = load_and_say
    known = Knowledge.read(providers_folder=providers)
    print("ready", flush=True)
    take_in(home, file, known)
    return 0


def main() -> int:
    """Run the script; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("moments", nargs="?", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=6_000)
    commands = ("load", "release", "export", "backup", "restore", "rejudge", "withdraw", "accept")
    parser.add_argument("--command", choices=commands, default="load", help="What is killed (default: load).")
    parser.add_argument("--form", default="csv", help="Of --command export.")
    parser.add_argument("--child", nargs=3, type=Path, metavar=("HOME", "FILE", "PROVIDERS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        home, file, providers = asked.child
        return child(home, file, providers)
    if asked.command != "load":
        from tests.benchmarks import kill_command

        given = {"seed": asked.seed, "rows": asked.rows, "say": print, "form": asked.form}
        with tempfile.TemporaryDirectory() as folder:
            faults = kill_command.run(asked.command, asked.moments, folder=Path(folder), **given)
        print(f"{sum(map(bool, faults))} of {len(faults)} moments with a fault")
        return 1 if any(faults) else 0
    with tempfile.TemporaryDirectory() as folder:
        found = run(asked.moments, seed=asked.seed, rows=asked.rows, folder=Path(folder), say=print)
    bad = [one for one in found if one.faults]
    print(f"Reached: {dict(Counter(one.reached for one in found))}; {len(bad)} of {len(found)} moments with a fault")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
