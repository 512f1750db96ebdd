"""What happens without a person: schedules, the inbox sensor, the refreshing of touched report tables.

All are running as soon as the page is up (`sdg up`): a provider's file that says when to ask is the decision
to ask, and a file put in the inbox is meant to be taken. Each can be stopped on the page. None runs without
the page's daemon; `sdg run` needs none of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from metadata.errors import SdgError
from pipelines.defs.names import COVERAGE, INGEST_JOB, INGEST_STEP, PUBLISHED, report_key, schedule_names
from pipelines.defs.resources import WORKBENCH, Workbench

if TYPE_CHECKING:
    from metadata.load import Catalogue
    from pipelines.provider import Provider, Providers

INBOX_SENSOR = "inbox"
REPORTS_SENSOR = "touched_reports"
INBOX_EVERY_S = 30


def ingest_config(providers: list[str]) -> dict[str, object]:
    """Return the run config of an ingest run over these providers."""
    return {"ops": {INGEST_STEP: {"config": {"providers": providers}}}}


def schedules(providers: Providers) -> tuple[list[dg.ScheduleDefinition], dict[str, str]]:
    """Return the providers' schedules.

    A broken provider file has no schedule; it is told by the check `providers_readable`, and by a red
    partition after the next run. A cron line that our own check accepts and Dagster refuses costs only that
    schedule.

    Returns:
        The schedules, and by provider id what Dagster refused.
    """
    made: list[dg.ScheduleDefinition] = []
    refused: dict[str, str] = {}
    for provider_id, name in schedule_names(providers.by_id).items():
        provider = providers.by_id[provider_id]
        if provider.schedule is None:
            continue
        try:
            made.append(_schedule(provider, name))
        except dg.DagsterInvalidDefinitionError as error:
            refused[provider_id] = str(error)
    return made, refused


def _schedule(provider: Provider, name: str) -> dg.ScheduleDefinition:
    assert provider.schedule is not None  # noqa: S101 - the caller has looked
    return dg.ScheduleDefinition(
        name=name,
        job_name=INGEST_JOB,
        cron_schedule=provider.schedule.cron,
        execution_timezone=provider.schedule.timezone,
        run_config=ingest_config([provider.id]),
        tags={"sdg/provider": provider.id},
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Asks {provider.name} for what is new.",
    )


def inbox_sensor() -> dg.SensorDefinition:
    """Return the sensor that starts one run for all providers with new files in the inbox.

    Its cursor is a digest a provider of the names, sizes and times of the finished files, so it stays small
    whatever the inbox holds. Whether bytes were received before is decided by the ledger, in the run.
    """

    @dg.sensor(
        name=INBOX_SENSOR,
        job_name=INGEST_JOB,
        minimum_interval_seconds=INBOX_EVERY_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={WORKBENCH},
        description="Looks into the inbox, and asks for what is new there. Files still being written wait.",
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        before: dict[str, str] = json.loads(context.cursor or "{}")
        now: dict[str, str] = {}
        unfinished: list[str] = []
        for provider, digest, waiting in _folders(getattr(context.resources, WORKBENCH)):
            unfinished += waiting
            if digest is not None:
                now[provider] = digest
        fresh = sorted(provider for provider, digest in now.items() if before.get(provider) != digest)
        cursor = json.dumps(now, sort_keys=True)
        if not fresh:
            waits = f" Still being written: {', '.join(unfinished)}." if unfinished else ""
            return dg.SensorResult(skip_reason=f"No new file in the inbox.{waits}", cursor=cursor)
        key = hashlib.sha256(json.dumps({provider: now[provider] for provider in fresh}).encode()).hexdigest()
        request = dg.RunRequest(run_key=key, run_config=ingest_config(fresh))
        return dg.SensorResult(run_requests=[request], cursor=cursor)

    return inbox


def _folders(bench: Workbench) -> Iterator[tuple[str, str | None, list[str]]]:
    """Yield for each folder: provider, digest of the finished files (None without any), unfinished ones."""
    from pipelines.inbox import find_files

    for provider in bench.knowledge.providers.by_id.values():
        if provider.channel.type != "folder":
            continue
        try:
            files = find_files(bench.settings, provider)
        except SdgError as error:
            # A folder that cannot be read is news too, once: the run makes the provider red, and says why.
            yield provider.id, _digest([str(error)]), []
            continue
        ready = [f"{file.name} {file.size} {file.modified}" for file in files if file.ready]
        unfinished = [f"{provider.id}/{file.name}" for file in files if not file.ready]
        yield provider.id, _digest(ready) if ready else None, unfinished


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


def reports_sensor(catalogue: Catalogue) -> dg.AutomationConditionSensorDefinition:
    """Return the sensor that asks the report assets' conditions and requests the touched ones."""
    keys = [report_key(number) for number in catalogue.indicators]
    return dg.AutomationConditionSensorDefinition(
        REPORTS_SENSOR,
        target=dg.AssetSelection.assets(*keys, COVERAGE, PUBLISHED),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=INBOX_EVERY_S,
        description="Refreshes and publishes the report tables that a run of the page has touched.",
    )
