"""Kills a command with signal 9 at random moments, runs it again, and compares what came of it with an undisturbed one.

Part of `kill_load.py`: `--command release|export|backup|restore|rejudge|withdraw|accept`. Every moment begins with a
copy of what the command needs: an office's first and second delivery, and what else it works on. After the kill a
reader must see what was there before or what shall be, and what stands elsewhere (a release, a file, a backup) must be
whole or not there; the same command again must end where an undisturbed one does, and leave nothing behind.
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.knowledge import Knowledge
from tests.benchmarks import kill_load
from warehouse.backup import backup, stated_sums
from warehouse.connect import writer
from warehouse.ledger import Ledger
from warehouse.release_store import CHECKSUMS, checksums, releases
from warehouse.restore import restore
from warehouse.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DONE_ALREADY = ("nothing to decide", "was withdrawn", "is withdrawn", "already")
"""What a command may answer that is run again after it was killed at its very end."""

# The command as a person gives it, judged by the office's own declaration; it says when it begins.
CHILD = """
import sys
from functools import partial
from pathlib import Path
from pipelines import cli, deliver, publication, run
from pipelines.knowledge import Knowledge
Knowledge.read = partial(Knowledge.read, providers_folder=Path(sys.argv[1]))
import warehouse.backup, warehouse.restore, warehouse.release, warehouse.export.run
print("ready", flush=True)
cli.main(sys.argv[2:])
"""
_SPOIL = """
update core.observation_history set obs_value = obs_value + 1, value_hash = value_hash + 1
where superseded_at is null and time_period < '2010'
"""
# Versions that were current at some time. A rejudging also writes such as never were (what is left to a later delivery,
# what is given back and withdrawn again), once for every time that it is run.
_STOOD = """
select provider, series, ref_area, time_period, obs_value, opened_reason, superseded_reason, superseded_at is null
from core.observation_history where superseded_at is null or superseded_at > recorded_at order by all
"""


@dataclass(slots=True)
class Place:
    """A folder with all that one moment works on: `home`, `out`, and `kept`, which the command only reads."""

    folder: Path
    delivery: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """The state folder."""
        return self.folder / "home"

    @property
    def out(self) -> Path:
        """Where the command writes elsewhere."""
        return self.folder / "out"


def _words(command: str, place: Place, form: str) -> list[str]:
    name = {"frictionless": "package", "excel": "x.xlsx", "sdmx-ml": "x.xml"}.get(form, "x.csv")
    words = {
        "release": ["release", "two"],
        "export": ["export", "--format", form, "--out", str(place.out / name)],
        "backup": ["backup", str(place.out / "backup")],
        "restore": ["restore", str(place.folder / "kept"), "--overwrite"],
        "rejudge": ["rejudge", "--provider", kill_load.PROVIDER],
        "withdraw": ["withdraw", place.delivery, "--reason", "sent by mistake"],
        "accept": ["accept", place.delivery, "--reason", "series ended", "--by", "a test"],
    }
    return [*words[command], "--home", str(place.home)]


class Commands:
    """What is prepared for a command, and the undisturbed outcome that every killed one is compared with."""

    def __init__(self, command: str, folder: Path, rows: int, form: str = "csv", taken_in: Path | None = None) -> None:
        self.command, self.folder, self.form = command, folder, form
        self.known = kill_load.knowledge(folder / "providers")
        self.prepared = Place(folder / "prepared")
        self._prepare(rows, taken_in)
        undisturbed = self._copy("undisturbed")
        self.before = self._state(undisturbed)
        self.between = self._between()
        self.seconds = self._run(undisturbed, None)[1]
        self.after = self._state(undisturbed)
        if self.before == self.after:
            raise SystemExit(f"sdg {command} changed nothing: the trial would prove nothing.")

    def _prepare(self, rows: int, taken_in: Path | None) -> None:
        place = self.prepared
        place.out.mkdir(parents=True)
        if taken_in is None:
            take_in_both(place.home, self.folder, rows, self.known)
        else:
            shutil.copytree(taken_in, place.home)
        settings = Settings.load(place.home)
        (settings.inbox / "waits.csv").write_bytes(b"waits")
        if self.command in ("release", "restore"):
            self._run(place, None, ["release", "one", "--home", str(place.home)])
        if self.command == "release":
            kill_load.take_in(place.home, kill_load.table(self.folder / "3.csv", rows - 30, 1), self.known)
        elif self.command in ("backup", "restore"):
            backup(settings, place.out / "backup" if self.command == "backup" else place.folder / "kept")
            kill_load.take_in(place.home, kill_load.table(self.folder / "3.csv", rows - 30, 1), self.known)
        elif self.command == "rejudge":
            with writer(settings, "kill_command") as warehouse:
                warehouse.connection.execute(_SPOIL)
        elif self.command == "accept":
            few = kill_load.table(self.folder / "few.csv", rows // 3, 1)
            self._run(place, None, ["submit", str(few), "--provider", kill_load.PROVIDER, "--home", str(place.home)])
        with Ledger.open(settings) as ledger:
            place.delivery = ledger.deliveries()[-1].id

    def _copy(self, name: str) -> Place:
        shutil.copytree(self.prepared.folder, self.folder / name)
        return Place(self.folder / name, self.prepared.delivery)

    def _run(self, place: Place, kill: float | None, words: list[str] | None = None) -> tuple[bool, float, int, str]:
        """Run the command; return whether it was killed, its seconds, its exit code, and what it said."""
        asked = words or _words(self.command, place, self.form)
        command = [sys.executable, "-c", CHILD, str(self.folder / "providers"), *asked]
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            said = process.stdout.readline()
            if said != "ready\n":
                raise SystemExit(f"The process was to say ready, and said {said!r}.")
            begun = time.perf_counter()
            if kill is not None:
                time.sleep(kill)
                process.send_signal(signal.SIGKILL)
            text = process.stdout.read()
            code = process.wait()
        return code == -signal.SIGKILL, time.perf_counter() - begun, code, text

    def _state(self, place: Place) -> dict[str, Any]:
        """Return what a place holds, without the moments at which it came there."""
        settings = Settings.load(place.home)
        found: dict[str, Any] = {
            "published": self._published(place) if settings.current.is_file() else None,
            "core": self._core(place),
            "releases": {one.name: one.content for one in releases(settings)},
            "inbox": sorted(path.name for path in settings.inbox.rglob("*") if path.is_file()),
            "out": _outside(place.out),
            "names": sorted(path.name for path in place.out.iterdir()),
        }
        if self.command == "backup":
            found["backup"] = json.loads((place.out / "backup" / "backup.json").read_text("utf-8"))["deliveries"]
        return found

    def _published(self, place: Place) -> dict[str, list[Any]]:
        return self._of_any_loads(kill_load.published(place.home))

    def _core(self, place: Place) -> dict[str, list[Any]]:
        found = kill_load.kept(place.home)
        if self.command == "rejudge":
            with writer(Settings.load(place.home), "kill_command", timeout=kill_load.BLOCKED_S) as warehouse:
                found["history"] = warehouse.connection.execute(_STOOD).fetchall()
        return self._of_any_loads(found)

    def _of_any_loads(self, found: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Every judging anew is a load of its own, also that of a delivery whose first one was not killed."""
        if self.command != "rejudge":
            return found
        return {**found, "loads": sorted({delivery for _, delivery, *_ in found["loads"]})}

    def _between(self) -> list[dict[str, list[Any]]]:
        """Return what core may hold besides before and after: each delivery is judged anew in its own transaction."""
        if self.command != "rejudge":
            return []
        place = self._copy("between")
        with Ledger.open(Settings.load(place.home)) as ledger:
            first = ledger.deliveries()[0].id
        self._run(place, None, ["rejudge", first, "--home", str(place.home)])
        found = self._core(place)
        shutil.rmtree(place.folder)
        return [found]

    def kill(self, seconds: float) -> tuple[bool, list[str]]:
        """Kill the command after so many seconds, look, run it again, and look again; return the faults."""
        place = self._copy("killed")
        faults: list[str] = []
        try:
            killed, _, _, _ = self._run(place, seconds)
            faults += self._look(place)
            _, _, code, text = self._run(place, None)
            if "Traceback" in text or (code == 2 and not any(words in text for words in DONE_ALREADY)):
                faults.append(f"run again, it said: {text.strip()[-300:]}")
            after = self._state(place)
            faults += [f"{name} differs" for name in self.after if after[name] != self.after[name]]
            faults += _broken(place, self.command)
            settings = Settings.load(place.home)
            for folder in (settings.published, settings.temporary, settings.releases, place.out):
                if folder.is_dir():
                    faults += [f"{path.name} was left" for path in folder.iterdir() if path.name.startswith(".")]
            faults += [f"{path.name} was left" for path in settings.temporary.glob("restoring-*")]
        finally:
            shutil.rmtree(place.folder)
        return killed, faults

    def _look(self, place: Place) -> list[str]:
        """Look at what a killed command has left, as a reader does who knows nothing of it."""
        settings = Settings.load(place.home)
        faults = _broken(place, self.command)
        if settings.current.is_file():
            seen = {**self._published(place), "deliveries": []}
            if seen not in [{**one["published"], "deliveries": []} for one in (self.before, self.after)]:
                faults.append("readers saw half of it")
        elif self.command != "restore":
            faults.append("nothing is published")
        whole = (self.before["core"], self.after["core"], *self.between)
        if self.command != "restore" and self._core(place) not in whole:
            faults.append("core held half of it")
        if self.command == "export":
            seen_out = {name: data for name, data in _outside(place.out).items() if not name.startswith(".")}
            if not all(self.after["out"].get(name) == data for name, data in seen_out.items()):
                faults.append("half an export stood there")
        return faults


def take_in_both(home: Path, folder: Path, rows: int, known: Knowledge) -> None:
    """Take the office's first and second delivery in, whose files are written into the folder."""
    for vintage in (1, 2):
        kill_load.take_in(home, kill_load.table(folder / f"{vintage}.csv", rows, vintage), known)


def _outside(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "backup" not in path.parts and path.suffix not in (".xlsx", ".json", ".xml")
    }


def _broken(place: Place, command: str) -> list[str]:
    """Return which release or backup is there, and not whole."""
    faults = [
        f"the release {folder.name} is not whole"
        for folder in (place.home / "releases").glob("*")
        if not folder.name.startswith(".") and stated_sums(folder) != checksums(folder)
    ]
    if command == "backup":
        rehearsal = Settings.load(place.folder / "rehearsal")
        try:
            restore(place.out / "backup", rehearsal)
        except Exception as error:  # noqa: BLE001 - every fault is one
            faults.append(f"the backup is not whole: {error}")
        shutil.rmtree(rehearsal.home, ignore_errors=True)
    if command == "restore" and not (place.folder / "kept" / CHECKSUMS).is_file():
        faults.append("the backup was changed")
    return faults


def run(
    command: str,
    moments: int,
    *,
    seed: int,
    rows: int,
    folder: Path,
    say: Callable[[str], None],
    form: str = "csv",
    taken_in: Path | None = None,
) -> list[list[str]]:
    """Kill a command at so many moments, and return the faults of each.

    Args:
        command: `release`, `export`, `backup`, `restore`, `rejudge`, `withdraw` or `accept`.
        moments: how many, from the whole time that an undisturbed one took.
        seed: of the moments.
        rows: of the first delivery.
        folder: where to work; must be empty.
        say: told each moment in a line.
        form: of an export.
        taken_in: a state folder as `take_in_both` makes it, to begin with a copy of; None makes one.
    """
    trial = Commands(command, folder, rows, form, taken_in)
    say(f"sdg {command}: {rows:,} rows; undisturbed {trial.seconds:.2f} s; {moments} moments, seed {seed}")
    chosen = random.Random(seed)
    found = []
    for number in range(1, moments + 1):
        seconds = chosen.uniform(0.0, trial.seconds)
        killed, faults = trial.kill(seconds)
        found.append(faults)
        how = "killed" if killed else "ended before"
        say(f"{number:>4}  {seconds:6.3f} s  {how:<12}  {'; '.join(faults) or 'whole'}")
    return found
