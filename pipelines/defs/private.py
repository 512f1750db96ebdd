"""The calls into Dagster that its public interface does not have, each with a test that notices a change.

Written against Dagster 1.13. Everything else in the house uses the public interface only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent


def mark_failed(
    instance: dg.DagsterInstance, run: dg.DagsterRun, step: str, asset: dg.AssetKey, partition: str
) -> None:
    """Make a partition show as failed on the page, once the run ends as a failure.

    Dagster has no event for "this partition failed" in a step that works on several partitions: a partition
    shows as failed when its materialization was planned by a run that failed, and none came after the plan.
    So the plan is recorded here, after the fact. A later materialization of the partition clears it.

    Args:
        instance: where events are kept.
        run: the run that is going on.
        step: name of the step.
        asset: whose partition.
        partition: partition key.
    """
    planned = AssetMaterializationPlannedData(asset, partition=partition)
    event = DagsterEvent.build_asset_materialization_planned_event(run.job_name, step, planned)
    instance.report_dagster_event(event, run_id=run.run_id)


@contextmanager
def kept_open(state: Path) -> Iterator[None]:
    """Keep Dagster's SQLite files open for the time of a block, which saves a third of the time of each event.

    Dagster opens and closes them for every event, and the last one to close a file writes its log back and waits
    for the disk. A connection that does nothing keeps that from happening.

    Args:
        state: Dagster's folder; an instance has been opened on it.
    """
    with ExitStack() as stack:
        files = [state / "history" / "runs.db", state / "history" / "runs" / "index.db"]
        for file in filter(Path.is_file, files):
            connection = stack.enter_context(closing(sqlite3.connect(file)))
            connection.execute("select count(*) from sqlite_master").fetchone()
        yield


def free_slots(instance: dg.DagsterInstance, run_id: str) -> None:
    """Give back the concurrency slots that a dead run held, so that none waits for it forever."""
    if instance.event_log_storage.supports_global_concurrency_limits:
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)
