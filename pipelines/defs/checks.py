"""The checks that stand on the page: is the judged frame sound, and can the providers' files be read.

The judgement itself is `pipelines.check`; here it is only recorded. Both checks are evaluated by the ingest
step, because an evaluation per provider must be recorded before that provider's rows are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.defs.names import CORE, CORE_OK, PROVIDERS_READABLE, RAW
from pipelines.defs.told import Metadata, delivery_metadata, findings_table

if TYPE_CHECKING:
    from metadata.findings import FileReport
    from pipelines.provider import Providers


def check_specs(partitions: dg.StaticPartitionsDefinition) -> list[dg.AssetCheckSpec]:
    """Return the specs of both checks."""
    return [
        dg.AssetCheckSpec(
            CORE_OK,
            asset=CORE,
            partitions_def=partitions,
            blocking=True,
            description=(
                "The judged deliveries of a provider have no error finding. Recorded before core is written. "
                "A warning: rows were kept back, the rest is loaded. An error: a delivery was rejected "
                "or held, and nothing of it is in core."
            ),
        ),
        dg.AssetCheckSpec(
            PROVIDERS_READABLE,
            asset=RAW,
            description="Every provider's file can be used. A broken one breaks only its provider.",
        ),
    ]


def core_ok(provider: str, reports: list[FileReport]) -> dg.AssetCheckEvaluation:
    """Return the evaluation of a provider's deliveries in this run so far; the last one is about all of them.

    Args:
        provider: provider id.
        reports: of the deliveries judged so far, the newest last.
    """
    stopped = [report for report in reports if report.decision in ("reject", "hold")]
    passed = not stopped and all(report.valid for report in reports)
    metadata: Metadata = delivery_metadata(reports[-1])
    if len(reports) > 1:
        metadata["findings_of_all"] = dg.MetadataValue.md(findings_table(reports))
    # blocking=False: "blocking" is what the ingest step does with a rejected delivery. Dagster's own would
    # fail the step at its end, for all providers.
    return dg.AssetCheckEvaluation(
        asset_key=CORE,
        check_name=CORE_OK,
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR if stopped else dg.AssetCheckSeverity.WARN,
        partition=provider,
        blocking=False,
        metadata=metadata,
    )


def providers_readable(providers: Providers, refused: Mapping[str, str]) -> dg.AssetCheckEvaluation:
    """Return the evaluation of the providers' files, with every complaint.

    Args:
        providers: those that could be read, and those that could not.
        refused: by provider id, why its schedule could not be made.
    """
    metadata: Metadata = {"providers": dg.MetadataValue.int(len(providers.by_id))}
    for provider, error in providers.broken.items():
        metadata[f"broken {provider}"] = dg.MetadataValue.text(str(error))
    for provider, complaint in refused.items():
        metadata[f"no schedule for {provider}"] = dg.MetadataValue.text(complaint)
    return dg.AssetCheckEvaluation(
        asset_key=RAW,
        check_name=PROVIDERS_READABLE,
        passed=not providers.broken and not refused,
        severity=dg.AssetCheckSeverity.ERROR,
        blocking=False,
        metadata=metadata,
    )
