"""The names under which things stand on Dagster's page, in one place.

Dagster takes letters, digits and underscores for assets and schedules; an indicator's `12.4.2` becomes
`12_4_2`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import dagster as dg

RAW = dg.AssetKey(["raw"])
CORE = dg.AssetKey(["core"])
COVERAGE = dg.AssetKey(["report_coverage"])
PUBLISHED = dg.AssetKey(["published"])

INGEST_STEP = "ingest"
REPORTS_STEP = "reports"
INGEST_JOB = "ingest_job"
REPORT_JOB = "report_job"

CORE_OK = "core_ok"
PROVIDERS_READABLE = "providers_readable"

COMMAND_TAG = "sdg/command"
"""Run tag: the command that started the run. Runs of the page and its daemon have none."""
RUN_COMMAND = "sdg run"
PROCESS_TAG = "sdg/pid"
ALIVE_TAG = "sdg/alive"
"""Run tag: name of the file that the run's process keeps locked as long as it lives."""


def report_key(number: str) -> dg.AssetKey:
    """Return the asset of an indicator's rows in the report tables: `report_12_4_2`."""
    return dg.AssetKey([f"report_{number.replace('.', '_')}"])


def indicator_key(number: str) -> dg.AssetKey:
    """Return the asset that says when an indicator's observations in core changed: `indicator/12_4_2`."""
    return dg.AssetKey(["indicator", number.replace(".", "_")])


def schedule_names(providers: Iterable[str]) -> Mapping[str, str]:
    """Return the name of each provider's schedule, which no two providers share.

    Args:
        providers: provider ids.

    Returns:
        Provider id → `ingest_KGZ`; ids that differ only in signs that Dagster refuses get a number.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for provider in sorted(providers):
        plain = name = "ingest_" + re.sub(r"[^A-Za-z0-9_]", "_", provider)
        number = 2
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        taken.add(name)
        names[provider] = name
    return names
