"""The report assets: one an indicator, one for the coverage, and the published copy.

Generated from the catalogue, so that an indicator that is declared is on the page without a line of code. All
are one step that refreshes only what was selected: the tables are refreshed and published under one lock, by
the same `publication.refresh` and `publish` that `sdg submit` uses.

Between `core` and a report stands `indicator/…`, which nothing executes: an ingest run records on it that
this indicator's observations have changed. On the page a report is requested when its indicator is newer
(`AutomationCondition`), which `core` itself could not tell: it changes for all 21 indicators at once.
"""

# No `from __future__ import annotations` here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.defs.names import (
    COMMAND_TAG,
    CORE,
    COVERAGE,
    PUBLISHED,
    REPORTS_STEP,
    RUN_COMMAND,
    indicator_key,
    report_key,
)
from pipelines.defs.resources import WORKBENCH, Workbench

if TYPE_CHECKING:
    from metadata.load import Catalogue
    from metadata.model import Indicator
    from warehouse.connect import Warehouse

OBSERVATIONS_TABLE = "report.indicator_observation"
COVERAGE_TABLE = "report.coverage"


def when_touched() -> dg.AutomationCondition[Any]:
    """Return the condition under which the page refreshes a report table.

    A dependency was updated, or will be in the same run. Not counted is what the asset's own run updated, and
    what `sdg run` did, which refreshes its own reports: the daemon would do the same work again.
    """
    one = dg.AutomationCondition
    by_command = one.executed_with_tags(tag_values={COMMAND_TAG: RUN_COMMAND})
    updated = one.newly_updated() & ~by_command & ~one.executed_with_root_target()
    return one.any_deps_match(updated | one.will_be_requested()) & ~one.in_progress()


def indicator_specs(catalogue: "Catalogue") -> list[dg.AssetSpec]:
    """Return the external asset of each indicator: when its observations in core changed."""
    return [
        dg.AssetSpec(
            indicator_key(number),
            deps=[CORE],
            group_name=f"goal_{indicator.goal}",
            owners=_owners(indicator),
            tags=_tags(indicator),
            description=f"Observations of indicator {number} in core. Recorded when a delivery changes them.",
        )
        for number, indicator in catalogue.indicators.items()
    ]


def report_specs(catalogue: "Catalogue") -> list[dg.AssetSpec]:
    """Return the specs of all report tables, in the order in which they are made."""
    specs = [_report_spec(indicator) for indicator in catalogue.indicators.values()]
    reports = [spec.key for spec in specs]
    specs.append(
        dg.AssetSpec(
            COVERAGE,
            deps=reports,
            skippable=True,
            group_name="reports",
            kinds={"duckdb"},
            automation_condition=when_touched(),
            description=(
                "One row an area and indicator: observations, first and last period, share that the country "
                "produced itself. Never for areas that are groups."
            ),
            metadata={"dagster/table_name": COVERAGE_TABLE},
        )
    )
    specs.append(
        dg.AssetSpec(
            PUBLISHED,
            deps=[*reports, COVERAGE],
            skippable=True,
            group_name="reports",
            kinds={"duckdb"},
            automation_condition=when_touched(),
            description="The copy that readers open, swapped in when all its tables are complete.",
        )
    )
    return specs


def _report_spec(indicator: "Indicator") -> dg.AssetSpec:
    number = indicator.number
    codes = [series.code for series in indicator.series]
    uses = [code for code in indicator.uses if code not in codes]
    return dg.AssetSpec(
        report_key(number),
        deps=[indicator_key(number)],
        skippable=True,
        group_name=f"goal_{indicator.goal}",
        owners=_owners(indicator),
        tags=_tags(indicator),
        kinds={"duckdb"},
        automation_condition=when_touched(),
        description=f"{number} {indicator.titles['en']}\n\nSeries: {', '.join([*codes, *uses]) or 'none'}.",
        metadata={
            "dagster/table_name": OBSERVATIONS_TABLE,
            "target": indicator.target,
            "tier": indicator.tier,
            "custodians": ", ".join(indicator.custodians),
            "partners": ", ".join(indicator.partners) or "none",
        },
    )


def _owners(indicator: "Indicator") -> list[str]:
    return [f"team:{custodian}" for custodian in indicator.custodians]


def _tags(indicator: "Indicator") -> dict[str, str]:
    return {"sdg/goal": str(indicator.goal), "sdg/indicator": indicator.number}


def report_asset(catalogue: "Catalogue") -> dg.AssetsDefinition:
    """Return the multi-asset of all report tables."""
    numbers = {report_key(number): number for number in catalogue.indicators}

    @dg.multi_asset(
        name=REPORTS_STEP,
        specs=report_specs(catalogue),
        can_subset=True,
        required_resource_keys={WORKBENCH},
    )
    def reports(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        """Refresh the report tables that were selected, and publish."""
        selected = context.selected_asset_keys
        chosen = [number for key, number in numbers.items() if key in selected]
        bench: Workbench = getattr(context.resources, WORKBENCH)
        with bench.noting():
            yield from _refresh(bench, selected, chosen)

    return reports


def _refresh(
    bench: Workbench, selected: Collection[dg.AssetKey], chosen: list[str]
) -> Iterator[dg.MaterializeResult[None]]:
    from pipelines import publication
    from pipelines.last_release import release_lines, told_release
    from warehouse.connect import writer
    from warehouse.report import publish

    settings = bench.settings
    everything = len(chosen) == len(bench.knowledge.catalogue.indicators)
    tables: dict[str, int] = {}
    with writer(settings, "refreshing the report tables", on_wait=bench.listener.waiting) as warehouse:
        if chosen or COVERAGE in selected:
            partly = chosen and not everything
            tables = publication.refresh(warehouse, bench.knowledge, chosen if partly else None)
        sizes = indicator_sizes(warehouse) if chosen else {}
        if PUBLISHED in selected:
            publish(settings, warehouse)
    bench.tables.update({f"report.{name}": rows for name, rows in tables.items()})
    for table, rows in bench.tables.items():
        bench.listener.report_refreshed(table, rows)
    for number in chosen:
        yield dg.MaterializeResult(asset_key=report_key(number), metadata=_size(sizes.get(number)))
    if COVERAGE in selected:
        yield dg.MaterializeResult(
            asset_key=COVERAGE, metadata={"dagster/row_count": bench.tables[COVERAGE_TABLE]}
        )
    if PUBLISHED in selected:
        yield dg.MaterializeResult(
            asset_key=PUBLISHED,
            metadata={
                "path": dg.MetadataValue.path(str(settings.current)),
                "bytes": settings.current.stat().st_size,
                "last release": " ".join(release_lines(*told_release(settings))),
                **{f"rows in {table}": rows for table, rows in bench.tables.items()},
            },
        )


def indicator_sizes(warehouse: "Warehouse") -> Mapping[str, tuple[int, int, str, str]]:
    """Return for each indicator in the report table its rows, areas, first and last period."""
    rows = warehouse.connection.execute(
        "SELECT indicator, count(*), count(DISTINCT ref_area), min(time_period), max(time_period) "
        "FROM report.indicator_observation GROUP BY indicator"
    ).fetchall()
    return {number: (count, areas, first, last) for number, count, areas, first, last in rows}


def _size(size: tuple[int, int, str, str] | None) -> dict[str, dg.MetadataValue]:
    rows, areas, first, last = size or (0, 0, "-", "-")
    return {
        "dagster/row_count": dg.MetadataValue.int(rows),
        "areas": dg.MetadataValue.int(areas),
        "periods": dg.MetadataValue.text(f"{first} to {last}"),
    }
