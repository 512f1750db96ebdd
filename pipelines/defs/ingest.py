"""What the step of `raw` and `core` does, and what it records on the page for each provider.

A failing provider is red on the page (`private.mark_failed`) and stops nobody else; the run ends as a failure
that names all of them with their reasons.

What is red: `raw` and `core` of a provider that could not be done (broken file, service down, disk full);
`core` of one whose delivery was rejected, held or could not be loaded. Rows kept back make the check
`core_ok` warn, and the partition is materialized: the rest is in core. When nothing new came, `core` is
materialized again only if the provider's newest delivery stands in it; so a rejection stays red until
something better arrives.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import dagster as dg

from metadata.errors import SdgError, WarehouseBusy
from pipelines import deliver
from pipelines.defs import told
from pipelines.defs.checks import core_ok, providers_readable
from pipelines.defs.gather import Arrived, Finished, gather
from pipelines.defs.names import CORE, INGEST_STEP, RAW, indicator_key
from pipelines.defs.private import mark_failed
from pipelines.outcome import Outcome
from pipelines.publication import behind

if TYPE_CHECKING:
    from metadata.findings import FileReport
    from pipelines.defs.resources import Workbench
    from pipelines.deliver import Judged
    from warehouse.connect import Warehouse
    from warehouse.ledger import Ledger

Event = dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckEvaluation


class Ingest:
    """One ingest run: takes what the threads hand over, writes it, and yields what is to be recorded.

    Args:
        bench: settings, knowledge, listener; takes down what became of each provider.
        instance: where failed partitions are recorded.
        run: the run that is going on.
        providers: ids to work on.
        refused: by provider id, why its schedule could not be made.
        log: of the run.
    """

    def __init__(
        self,
        bench: Workbench,
        instance: dg.DagsterInstance,
        run: dg.DagsterRun,
        providers: list[str],
        refused: Mapping[str, str],
        log: dg.DagsterLogManager,
    ) -> None:
        self.bench = bench
        self.instance = instance
        self.run = run
        self.providers = providers
        self.refused = refused
        self.log = log
        self.outcomes = {provider: Outcome(provider) for provider in providers}
        self.failed: dict[str, str] = {}
        self.rows: dict[str, int] = {}

    def events(self) -> Iterator[Event]:
        """Yield the events of the run.

        Raises:
            dagster.Failure: some providers could not be done; all others are.
            WarehouseBusy: another process did not give up the writer's lock in time. What is judged is kept.
        """
        with self.bench.noting():
            yield from self._work()
        if self.failed:
            reasons = {provider: self.failed[provider] for provider in sorted(self.failed)}
            raise dg.Failure(
                told.failure_text(reasons, self.providers),
                metadata={provider: dg.MetadataValue.text(reason) for provider, reason in reasons.items()},
                allow_retries=False,
            )

    def _work(self) -> Iterator[Event]:
        from warehouse.connect import writer
        from warehouse.ledger import Ledger

        bench, waiting = self.bench, self.bench.listener.waiting
        yield providers_readable(bench.knowledge.providers, self.refused)
        with Ledger.open(bench.settings) as ledger:
            with writer(bench.settings, "sdg run", on_wait=waiting) as warehouse:
                deliver.start(warehouse, ledger)
            with gather(self.providers, bench, ledger) as ready:
                for item in ready:
                    if isinstance(item, Arrived):
                        yield from self._arrived(item, ledger)
                    else:
                        yield from self._finished(item, ledger)
        with writer(bench.settings, "sdg run", on_wait=waiting) as warehouse:
            bench.behind = behind(bench.settings, warehouse, bench.knowledge)
        for number in bench.behind.indicators:
            yield dg.AssetMaterialization(indicator_key(number))

    def _arrived(self, item: Arrived, ledger: Ledger) -> Iterator[Event]:
        """Record the judgement, then load, in this thread: there is one writer."""
        provider, judged, outcome = item.provider, item.judged, self.outcomes[item.provider]
        if outcome.error is not None:
            return  # an earlier delivery could not be loaded; vintages keep their order, the next run goes on
        outcome.reports.append(judged.report)
        if judged.report.decision == "already_received":
            return
        self.bench.listener.delivery_judged(provider, judged.report)
        yield core_ok(provider, _judged_now(outcome))
        if judged.settled:
            return
        try:
            report = self._load(judged, ledger)
        except WarehouseBusy:
            raise
        except Exception as error:  # noqa: BLE001 - a provider's failure, of any kind, stops no other
            outcome.reports.pop()
            outcome.error = self._why(error)
            return
        outcome.reports[-1] = report
        self.bench.listener.delivery_loaded(provider, report)
        if report.decision == "hold":
            yield core_ok(provider, _judged_now(outcome))
        elif judged.judgement is not None and report.decision != "already_received":
            outcome.indicators |= judged.judgement.indicators

    def _load(self, judged: Judged, ledger: Ledger) -> FileReport:
        from warehouse.connect import writer

        bench, delivery = self.bench, judged.delivery
        with writer(bench.settings, f"loading {delivery.id}", on_wait=bench.listener.waiting) as warehouse:
            report = deliver.load_unless_done(judged, warehouse, bench.settings, ledger, bench.knowledge)
            self.rows[delivery.provider] = current_rows(warehouse, delivery.provider)
            return report

    def _finished(self, item: Finished, ledger: Ledger) -> Iterator[Event]:
        """Record how the provider ended."""
        provider, outcome = item.provider, self.outcomes[item.provider]
        outcome.unchanged, outcome.waiting = item.found.unchanged, item.found.waiting
        if item.error is not None:
            outcome.error = outcome.error or self._why(item.error)
        else:
            yield dg.AssetMaterialization(RAW, partition=provider, metadata=told.raw_metadata(outcome))
        stopped = [report for report in outcome.reports if report.decision in ("reject", "hold")]
        if outcome.error is not None or stopped:
            self.failed[provider] = outcome.error or " ".join(told.trouble(report) for report in stopped)
            yield from self._red(provider, (RAW, CORE) if item.error is not None else (CORE,))
        elif _newest_stands(ledger, provider):
            metadata = told.core_metadata(outcome, self.rows.get(provider))
            yield dg.AssetMaterialization(CORE, partition=provider, metadata=metadata)
        self.bench.outcomes[provider] = outcome
        self.bench.listener.provider_done(provider, outcome)

    def _red(self, provider: str, assets: tuple[dg.AssetKey, ...]) -> Iterator[Event]:
        for asset in assets:
            yield dg.AssetObservation(asset, partition=provider, metadata={"failed": self.failed[provider]})
            mark_failed(self.instance, self.run, INGEST_STEP, asset, provider)

    def _why(self, error: Exception) -> str:
        """Return the reason in words. A fault of the program leaves its trace in the run's log."""
        if not isinstance(error, SdgError):
            self.log.error("".join(traceback.format_exception(error)))
        return told.why(error)


def _judged_now(outcome: Outcome) -> list[FileReport]:
    return [report for report in outcome.reports if report.decision != "already_received"]


def _newest_stands(ledger: Ledger, provider: str) -> bool:
    """Say whether the provider's newest delivery is in core, or it never sent one."""
    deliveries = ledger.deliveries(provider)
    return not deliveries or deliveries[-1].state in ("loaded", "withdrawn")


def current_rows(warehouse: Warehouse, provider: str) -> int:
    """Return how many observations of a provider are current in core."""
    counted = warehouse.connection.execute(
        "SELECT count(*) FROM core.observation WHERE provider = ?", [provider]
    ).fetchone()
    return int(counted[0]) if counted else 0
