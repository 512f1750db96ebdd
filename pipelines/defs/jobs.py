"""The two jobs, and how `sdg run` executes them inside its own process.

Two runs instead of one: in one run, an ingest step that ends as a failure would skip the reports of the
providers that succeeded.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from metadata.errors import SdgError
from pipelines.defs.automation import ingest_config
from pipelines.defs.names import (
    ALIVE_TAG,
    COMMAND_TAG,
    CORE,
    COVERAGE,
    INGEST_JOB,
    PROCESS_TAG,
    PUBLISHED,
    RAW,
    REPORT_JOB,
    RUN_COMMAND,
    report_key,
)

if TYPE_CHECKING:
    from metadata.load import Catalogue
    from pipelines.defs.resources import Workbench

QUIET: Mapping[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Nothing of Dagster's own on the terminal: what a person should see is told by listener and summary."""


def jobs(catalogue: Catalogue) -> list[Any]:
    """Return both jobs.

    The type is Any because Dagster does not export that of an asset job before it is resolved.
    """
    reports = [report_key(number) for number in catalogue.indicators]
    return [
        dg.define_asset_job(
            INGEST_JOB,
            # Without the checks, Dagster plans no evaluation for each of them; the step records its own.
            dg.AssetSelection.assets(RAW, CORE).without_checks(),
            description="Find, land, judge and load what the providers have.",
        ),
        dg.define_asset_job(
            REPORT_JOB,
            dg.AssetSelection.assets(*reports, COVERAGE, PUBLISHED),
            description="Refresh the report tables and publish.",
        ),
    ]


def execute_ingest(
    bench: Workbench,
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    providers: list[str],
    *,
    alive: str,
) -> str:
    """Execute an ingest run over these providers in this process.

    Args:
        bench: where the run leaves what became of each provider. A provider that failed raises nothing here.
        definitions: of that bench.
        instance: where the run is recorded.
        providers: their ids.
        alive: name of the file that this process keeps locked.

    Returns:
        The run's id.

    Raises:
        SdgError: the run as a whole could not be done.
    """
    config = {**QUIET, **ingest_config(providers)}
    return _execute(bench, definitions.resolve_job_def(INGEST_JOB), instance, config, None, alive)


def execute_reports(
    bench: Workbench,
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    indicators: Iterable[str],
    *,
    alive: str,
) -> str:
    """Execute a report run for these indicators, and publish, in this process.

    Args:
        bench: where the run leaves the sizes of the tables.
        definitions: of that bench.
        instance: where the run is recorded.
        indicators: numbers; none only publishes, so that the copy has the newest rows of the ledger.
        alive: name of the file that this process keeps locked.

    Returns:
        The run's id.

    Raises:
        SdgError: the tables could not be refreshed; the published copy is the one from before.
    """
    tables = [report_key(number) for number in indicators]
    chosen = [*tables, COVERAGE, PUBLISHED] if tables else [PUBLISHED]
    return _execute(bench, definitions.resolve_job_def(REPORT_JOB), instance, dict(QUIET), chosen, alive)


def _execute(
    bench: Workbench,
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    config: dict[str, Any],
    selection: list[dg.AssetKey] | None,
    alive: str,
) -> str:
    result = job.execute_in_process(
        instance=instance,
        run_config=config,
        asset_selection=selection,
        raise_on_error=False,  # raising would hide on the page which step failed, and why
        tags={COMMAND_TAG: RUN_COMMAND, PROCESS_TAG: str(os.getpid()), ALIVE_TAG: alive},
    )
    if bench.raised:
        raise bench.raised.pop()
    _raise_what_dagster_stopped(result)
    return result.run_id


def _raise_what_dagster_stopped(result: dg.ExecuteInProcessResult) -> None:
    """Raise what ended a run from outside its step: Ctrl-C, or a failure of Dagster itself.

    A step that ended as `dagster.Failure` is no such thing: it has said itself which providers failed.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM; Dagster has recorded the run as failed.
        SdgError: Dagster could not do it.
    """
    for event in result.all_events:
        if event.event_type != dg.DagsterEventType.RUN_FAILURE:
            continue
        error = event.job_failure_data.error
        kind = error.cls_name if error is not None else None
        if kind == dg.Failure.__name__:
            return
        if kind in (dg.DagsterExecutionInterruptedError.__name__, KeyboardInterrupt.__name__):
            raise KeyboardInterrupt
        said = error.message.strip() if error is not None else event.message
        raise SdgError(
            f"Dagster ended run {result.run_id} early: {said}", hint="See the run on the page: sdg up"
        )
