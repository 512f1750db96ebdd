"""The assets `raw` and `core`: one step that works on many providers, each a partition of its own.

One run for all providers instead of one run each: a run costs about a second, an event some 25 ms. Providers
come from the run's config, or from the partitions that a person chose on the page. What the step does, and
what it records, is in `pipelines.defs.ingest`. It always goes the whole way, also where only one of both
assets was chosen.
"""

# No `from __future__ import annotations` here: Dagster reads the annotation of `context` as it stands.

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.defs.checks import check_specs
from pipelines.defs.ingest import Event, Ingest
from pipelines.defs.names import CORE, INGEST_STEP, RAW
from pipelines.defs.partitions import provider_ids
from pipelines.defs.resources import WORKBENCH, Workbench

if TYPE_CHECKING:
    from pipelines.provider import Providers


def ingest_specs(partitions: dg.StaticPartitionsDefinition, providers: "Providers") -> list[dg.AssetSpec]:
    """Return the specs of `raw` and `core`."""
    broken = "".join(f"\n\n**{provider} is broken:** {error}" for provider, error in providers.broken.items())
    return [
        dg.AssetSpec(
            RAW,
            description=(
                "Deliveries as received, bytes kept by their sha256. One partition a provider; red means "
                f"that the provider could not be asked, or its file is broken.{broken}"
            ),
            partitions_def=partitions,
            skippable=True,
            group_name="observations",
            kinds={"file"},
            metadata={"providers": len(providers.by_id), "broken_providers": len(providers.broken)},
        ),
        dg.AssetSpec(
            CORE,
            deps=[RAW],
            description=(
                "Judged observations with all their versions, written only after the check core_ok. One "
                "partition a provider; red means that a delivery was rejected, held or could not be loaded."
            ),
            partitions_def=partitions,
            skippable=True,
            group_name="observations",
            kinds={"duckdb"},
            metadata={"dagster/table_name": "core.observation"},
        ),
    ]


def ingest_asset(
    providers: "Providers", partitions: dg.StaticPartitionsDefinition, refused: Mapping[str, str]
) -> dg.AssetsDefinition:
    """Return the multi-asset of `raw` and `core`.

    Args:
        providers: whose deliveries.
        partitions: one a provider.
        refused: by provider id, why its schedule could not be made; told by the check `providers_readable`.
    """
    with warnings.catch_warnings():
        # Partitions on checks and backfill policies are preview and beta in 1.13; both are tested here.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        warnings.simplefilter("ignore", dg.BetaWarning)

        @dg.multi_asset(
            name=INGEST_STEP,
            specs=ingest_specs(partitions, providers),
            check_specs=check_specs(partitions),
            partitions_def=partitions,
            can_subset=True,  # also what makes the checks' outputs optional
            backfill_policy=dg.BackfillPolicy.single_run(),
            required_resource_keys={WORKBENCH},
            config_schema={
                "providers": dg.Field(
                    [str],
                    default_value=[],
                    description="Provider ids. Empty: the partitions of the run, and all where it has none.",
                )
            },
        )
        def ingest(context: dg.AssetExecutionContext) -> Iterator[Event]:
            """Find, land, judge and load what the providers have."""
            bench: Workbench = getattr(context.resources, WORKBENCH)
            asked = _asked(context, bench.knowledge.providers)
            yield from Ingest(bench, context.instance, context.run, asked, refused, context.log).events()

    return ingest


def _asked(context: dg.AssetExecutionContext, providers: "Providers") -> list[str]:
    """Return the ids to work on: of the config, else the partitions of the run, else all."""
    configured: list[str] = context.op_execution_context.op_config["providers"]
    if configured:
        return list(dict.fromkeys(configured))
    if context.has_partition_key or context.has_partition_key_range:
        return list(context.partition_keys)
    return provider_ids(providers)
