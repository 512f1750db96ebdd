"""The main job as one call: what `sdg run` does.

Two Dagster runs inside this process, recorded where the page sees them: one over the providers, one over the
report tables that were touched. Here is the order of things and the summary; the work is in
`pipelines.deliver`, its recording in `pipelines.defs`. Dagster is imported when the job starts, not before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.knowledge import Knowledge
from pipelines.outcome import Outcome

if TYPE_CHECKING:
    from pipelines.progress import RunListener
    from pipelines.provider import Providers
    from warehouse.settings import Settings


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What came of a run.

    Attributes:
        outcomes: one a provider, in the order in which they were asked for.
        tables: rows per report table that was refreshed; empty when nothing had changed.
        published: path of the database that readers open; empty when nothing is published.
        swept: ids of Dagster runs of killed processes that were ended.
    """

    outcomes: tuple[Outcome, ...]
    tables: Mapping[str, int]
    published: str
    swept: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """True when any provider has an error finding, a rejected or held delivery, or could not be done."""
        return any(outcome.failed for outcome in self.outcomes)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "failed": self.failed,
            "providers": [
                {
                    "provider": outcome.provider,
                    "failed": outcome.failed,
                    "error": outcome.error,
                    "counts": outcome.counts.to_dict(),
                    "indicators": sorted(outcome.indicators),
                    "files": [report.to_dict() for report in outcome.reports],
                    "unchanged": outcome.unchanged,
                    "waiting": outcome.waiting,
                }
                for outcome in self.outcomes
            ],
            "tables": dict(self.tables),
            "published": self.published or None,
        }

    def to_json(self) -> str:
        """Return the JSON form as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)

    def to_text(self, providers: Providers) -> str:
        """Return the closing summary for a terminal.

        Args:
            providers: what each provider is called.
        """
        from pipelines.show import run_text, short_path

        names = {provider_id: provider.name for provider_id, provider in providers.by_id.items()}
        return run_text(self.outcomes, names, self.tables, short_path(self.published))


def run_providers(
    settings: Settings, knowledge: Knowledge, providers: Sequence[str] | None = None, *, listener: RunListener
) -> RunSummary:
    """Ask the providers what is new, judge it, load it, and bring the report tables up to date.

    A provider that fails stops no other. What a killed run left behind is taken up: unfinished deliveries by
    the ledger, report tables by comparing what is published with what is loaded.

    Args:
        settings: where state lives.
        knowledge: what deliveries are judged by.
        providers: ids; None for all, broken ones included.
        listener: told what happens, while it happens.

    Returns:
        The summary.

    Raises:
        UnknownProvider: an id that no file declares; nothing was begun.
        WarehouseBusy: another process did not give up the writer's lock in time; what was judged is kept.
    """
    chosen = _chosen(knowledge.providers, providers)

    from pipelines.definitions import definitions_of
    from pipelines.defs.instance import alive, open_instance, sweep
    from pipelines.defs.jobs import execute_ingest, execute_reports
    from pipelines.defs.resources import Workbench
    from pipelines.publication import news

    bench = Workbench(settings, knowledge, listener)
    definitions = definitions_of(bench)
    with open_instance(settings) as instance, alive(settings) as name:
        swept = sweep(settings, instance)
        execute_ingest(bench, definitions, instance, chosen, alive=name)
        reports = (report for outcome in bench.outcomes.values() for report in outcome.reports)
        if bench.behind.indicators or bench.behind.unpublished or news(reports):
            execute_reports(bench, definitions, instance, bench.behind.indicators, alive=name)
    return RunSummary(
        tuple(bench.outcomes[provider] for provider in chosen),
        dict(bench.tables),
        str(settings.current) if settings.current.is_file() else "",
        tuple(swept),
    )


def _chosen(providers: Providers, asked: Sequence[str] | None) -> list[str]:
    """Return the ids to work on, each once.

    Raises:
        UnknownProvider: an id that no file declares.
    """
    if asked is None:
        return sorted({*providers.by_id, *providers.broken})
    for provider in asked:
        if provider not in providers.broken:
            providers.get(provider)
    return list(dict.fromkeys(asked))
