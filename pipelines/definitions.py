"""Everything that Dagster's page shows, put together. Only assembly: the parts are in `pipelines.defs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from pipelines.defs.assets import ingest_asset
from pipelines.defs.automation import inbox_sensor, reports_sensor, schedules
from pipelines.defs.jobs import jobs
from pipelines.defs.partitions import provider_partitions
from pipelines.defs.reports import indicator_specs, report_asset
from pipelines.defs.resources import WORKBENCH, Workbench
from pipelines.progress import RunListener, Silent

if TYPE_CHECKING:
    from pipelines.knowledge import Knowledge
    from warehouse.settings import Settings


def build_definitions(
    settings: Settings | None = None, knowledge: Knowledge | None = None, listener: RunListener | None = None
) -> dg.Definitions:
    """Return the definitions for one state folder.

    Args:
        settings: where state lives; None for the environment's.
        knowledge: what deliveries are judged by; None for what is declared.
        listener: told what happens in runs of this process; None for nobody.

    Raises:
        DeclarationErrors: an indicator's declaration is broken; the page shows the complaint.
    """
    from pipelines.knowledge import Knowledge
    from warehouse.settings import Settings

    bench = Workbench(settings or Settings.load(), knowledge or Knowledge.read(), listener or Silent())
    return definitions_of(bench)


def definitions_of(bench: Workbench) -> dg.Definitions:
    """Return the definitions that work on the caller's bench: what became of a run can be read there."""
    providers, catalogue = bench.knowledge.providers, bench.knowledge.catalogue
    made, refused = schedules(providers)
    return dg.Definitions(
        assets=[
            ingest_asset(providers, provider_partitions(providers), refused),
            *indicator_specs(catalogue),
            report_asset(catalogue),
        ],
        jobs=jobs(catalogue),
        schedules=made,
        sensors=[inbox_sensor(), reports_sensor(catalogue)],
        resources={WORKBENCH: bench},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return what the page loads. A function, so that importing this module reads no declaration."""
    return build_definitions()
