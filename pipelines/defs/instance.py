"""Dagster's instance for one state folder, and the runs that a killed process left behind.

The only place that sets environment variables, because Dagster reads its own from nowhere else. State goes to
`settings.dagster`; `dagster.yaml` is read from the project's root, or from the package where it is installed.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from filelock import FileLock, Timeout

from metadata.errors import ConfigurationError
from pipelines.defs.names import ALIVE_TAG
from pipelines.defs.private import free_slots, kept_open

if TYPE_CHECKING:
    from warehouse.settings import Settings

CONFIG = "dagster.yaml"
GONE = "The process of this run is gone: killed, or the machine went down. Run it again; nothing is lost."
_UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def dagster_home() -> Path:
    """Return the folder with `dagster.yaml`: in the installed package, else the project's root.

    Raises:
        ConfigurationError: it is in neither.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package, package.parent):
        if (folder / CONFIG).is_file():
            return folder
    raise ConfigurationError(
        f"{CONFIG} is missing.", where=str(package.parent), hint="Install the package again."
    )


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment in which Dagster's processes work on a state folder."""
    return {
        **os.environ,
        "DAGSTER_HOME": str(dagster_home()),
        "SDG_DAGSTER_STATE": str(settings.dagster),
        "SDG_HOME": str(settings.home),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }


@contextmanager
def open_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Open Dagster's instance of a state folder, in this process."""
    settings.ensure()
    # Stays set after the block: parts of the instance read it when they are first used.
    os.environ["SDG_DAGSTER_STATE"] = str(settings.dagster)
    # Dagster makes its tables without a lock: of two processes on a new state folder, one would fail.
    with FileLock(settings.dagster / "opening.lock"):
        opened = dg.DagsterInstance.from_config(str(dagster_home()))
    with opened as instance, kept_open(settings.dagster):
        yield instance


@contextmanager
def alive(settings: Settings) -> Iterator[str]:
    """Keep a file locked as long as this process lives, and yield its name, for the tag of its runs.

    The system frees the lock when the process dies, however it dies. A process id would not do: in a
    container the next process has the same one.
    """
    folder = settings.dagster / "alive"
    folder.mkdir(parents=True, exist_ok=True)
    name = uuid.uuid4().hex
    with FileLock(folder / name):
        try:
            yield name
        finally:
            (folder / name).unlink(missing_ok=True)


def sweep(settings: Settings, instance: dg.DagsterInstance) -> list[str]:
    """End as failures the runs of `sdg run` whose process is gone.

    Runs that the page's daemon started are left to the daemon.

    Returns:
        Ids of the runs that were ended.
    """
    swept = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED)):
        run = record.dagster_run
        name = run.tags.get(ALIVE_TAG)
        if name is None or _lives(settings, name):
            continue
        instance.report_run_failed(run, GONE)
        free_slots(instance, run.run_id)
        (settings.dagster / "alive" / name).unlink(missing_ok=True)
        swept.append(run.run_id)
    return swept


def _lives(settings: Settings, name: str) -> bool:
    path = settings.dagster / "alive" / name
    if not path.is_file():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
