"""A delivery's way through the house: find → land → judge → load → report → publish.

The plain functions here are called by the command line (`sdg submit`) and by Dagster's assets alike; there is no
second path. Here is the order of the steps and what is recorded after each; how bytes become a frame is in
`pipelines.read`, how a frame is judged in `pipelines.check`, how rows become versions in
`warehouse.observations`. No dagster, no printing.

A delivery's state stands in the ledger after every step (received → judged → loaded | rejected | held), so a
process killed at any instruction can be run again: the same bytes find their unfinished row and go on from it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.errors import SdgError, UnreadableFile
from metadata.findings import Counts, FileReport, Finding
from metadata.rules import finding

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.load import Catalogue
    from metadata.structure import Structure
    from pipelines.check import Judgement
    from pipelines.fetch import Fetched
    from pipelines.provider import Provider, Providers
    from warehouse.connect import Warehouse
    from warehouse.ledger import DeliveryRow, Ledger
    from warehouse.observations import LoadRequest, LoadResult
    from warehouse.settings import Settings


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that a delivery is judged by, read once a process.

    Attributes:
        catalogue: the declared indicators and series.
        structure: the global data structure and its codelists.
        areas: M49 areas, groups and memberships.
        providers: the declared providers, and the broken ones with their complaint.
        today: the day that counts as today for "in the future".
    """

    catalogue: Catalogue
    structure: Structure
    areas: Areas
    providers: Providers
    today: date

    @classmethod
    def read(cls, *, providers_folder: Path | None = None, extra_providers: Path | None = None) -> Knowledge:
        """Read every declaration.

        Args:
            providers_folder: where the providers' files are; None for the embedded ones.
            extra_providers: a second folder of providers that adds to the first.

        Raises:
            DeclarationErrors: an indicator's declaration is broken: nothing may be judged with it.
        """
        from metadata.areas import load_areas
        from metadata.load import load_catalogue
        from metadata.structure import load_structure
        from pipelines.provider import load_providers

        return cls(
            catalogue=load_catalogue(),
            structure=load_structure(),
            areas=load_areas(),
            providers=load_providers(providers_folder, extra_providers),
            today=datetime.now(UTC).date(),
        )


@dataclass(frozen=True, slots=True)
class Incoming:
    """Bytes that arrived and are not landed yet.

    Attributes:
        provider: provider id.
        path: the file that holds them.
        origin: what a person would call their place: a path, or the address they were fetched from.
        channel: `folder`, `sdmx-rest` or `submit`.
        prepared: when the message says it was prepared, else when the file was last written; orders vintages.
        remember: what to keep about the source once the bytes are landed, so that an unchanged source costs
            one request the next time.
        temporary: True when the file is ours and goes away once its bytes are in raw.
    """

    provider: str
    path: Path
    origin: str
    channel: str
    prepared: datetime
    remember: Callable[[], None] | None = None
    temporary: bool = False


@dataclass(slots=True)
class Found:
    """What a provider had to offer.

    Attributes:
        incoming: deliveries to judge, oldest vintage first.
        unchanged: sources that had nothing to take, each in words.
        waiting: files that are still being written, each in words.
    """

    incoming: list[Incoming] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Judged:
    """A landed delivery with its judgement.

    Attributes:
        delivery: its row in the ledger.
        report: what was found; counts are complete only after the load.
        judgement: the staged frame and all that goes with it; None when the file could not be read.
        settled: True when the delivery needs no load: it is already received, or it is rejected.
    """

    delivery: DeliveryRow
    report: FileReport
    judgement: Judgement | None
    settled: bool


def find(
    provider: Provider,
    settings: Settings,
    ledger: Ledger,
    knowledge: Knowledge,
    *,
    progress: Callable[[int, int | None], None] | None = None,
) -> Found:
    """Find what a provider offers: files in its inbox, or messages of its SDMX service.

    Args:
        provider: whose deliveries.
        settings: where the inbox and the temporary files are.
        ledger: remembers what the service said the last time.
        knowledge: names the series that are asked for.
        progress: called with bytes received and the total, when known, while fetching.

    Raises:
        SourceUnavailable: the service did not give what was asked for; nothing was landed.
    """
    if provider.channel.type == "folder":
        return _find_files(provider, settings)
    return _fetch(provider, settings, ledger, knowledge, progress)


def _find_files(provider: Provider, settings: Settings) -> Found:
    from pipelines.inbox import find_files

    found = Found()
    for file in find_files(settings, provider):
        if not file.ready:
            found.waiting.append(f"{file.path.name} is still being written; the next run takes it.")
            continue
        found.incoming.append(incoming_file(file.path, provider.id, channel="folder"))
    found.incoming.sort(key=lambda incoming: (incoming.prepared, incoming.path.name))
    return found


def _fetch(
    provider: Provider,
    settings: Settings,
    ledger: Ledger,
    knowledge: Knowledge,
    progress: Callable[[int, int | None], None] | None,
) -> Found:
    from pipelines.fetch import fetch
    from warehouse.ledger import FetchState

    found = Found()
    parts = fetch(
        provider,
        state=lambda key: ledger.fetch_state(provider.id, key),
        into=_own_folder(settings, provider.id),
        series=tuple(sorted(knowledge.catalogue.series)),
        progress=progress,
    )
    for part in parts:

        def remember(part: Fetched = part) -> None:
            state = FetchState(part.url, part.etag, part.last_modified, part.sha256, part.received_at)
            ledger.set_fetch_state(provider.id, part.url, state)

        if part.data is None:
            # The validators may be new even when the content is not; without them every run costs a download.
            remember()
            what = "nothing has changed since the last run" if part.status == "unchanged" else "holds nothing for this"
            found.unchanged.append(" ".join((f"{part.url}: {what}.", *part.notes)))
            continue
        found.incoming.append(
            Incoming(provider.id, part.data, part.url, "sdmx-rest", part.received_at, remember, temporary=True)
        )
    return found


def _own_folder(settings: Settings, provider: str) -> Path:
    """Return a folder for fetched files that only this process uses; those of dead processes are removed.

    What a killed run had fetched and not landed is not lost: its source was not remembered, so it is fetched again.
    """
    import shutil

    folder = settings.home / "fetching"
    for left in folder.glob(f"{provider}.*"):
        owner = int(left.suffix[1:])
        if owner != os.getpid() and not _alive(owner):
            shutil.rmtree(left)
    return folder / f"{provider}.{os.getpid()}"


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


_PREPARED = re.compile(rb"<(?:\w+:)?Prepared>\s*([^<\s]+)\s*<")
_HEADER_BYTES = 65_536


def incoming_file(path: Path, provider: str, *, channel: str) -> Incoming:
    """Return the incoming delivery for a file, with the moment it was prepared for the order of vintages."""
    return Incoming(provider, path, str(path), channel, _prepared(path))


def _prepared(path: Path) -> datetime:
    """Return when the message says it was prepared; the file's own time when it says nothing that can be read."""
    with path.open("rb") as file:
        match = _PREPARED.search(file.read(_HEADER_BYTES))
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if match is None:
        return written
    try:
        prepared = datetime.fromisoformat(match.group(1).decode("ascii", "replace"))
    except ValueError:
        return written
    return prepared if prepared.tzinfo else prepared.replace(tzinfo=UTC)


def land(incoming: Incoming, settings: Settings, ledger: Ledger, *, again: bool = False) -> DeliveryRow:
    """Keep the bytes as received and give the delivery its row in the ledger.

    The bytes stand in raw before the ledger knows of them: a row never points at bytes that are not there. The
    same bytes give the same row, so a run that was killed finds its own work.

    Args:
        incoming: what arrived.
        settings: where raw is.
        ledger: where the row goes.
        again: the office returns to an earlier file on purpose: the same bytes are a new delivery.

    Raises:
        StorageFull: the bytes could not be kept; nothing was recorded.
    """
    from warehouse.raw import put

    sha256, kept = put(settings, incoming.path)
    delivery = ledger.land(
        provider=incoming.provider,
        sha256=sha256,
        path=incoming.origin,
        size=kept.stat().st_size,
        channel=incoming.channel,
        received_at=datetime.now(UTC),
        again=again,
    )
    if incoming.remember is not None:
        incoming.remember()
    if incoming.temporary:
        incoming.path.unlink(missing_ok=True)
    return delivery


def judge_delivery(
    delivery: DeliveryRow, settings: Settings, ledger: Ledger, knowledge: Knowledge, *, anew: bool = False
) -> Judged:
    """Read and judge a landed delivery. Touches no table of the warehouse, so it may run in a thread.

    Args:
        delivery: the row that `land` gave.
        settings: where raw is.
        ledger: where the judgement is recorded.
        knowledge: what it is judged by.
        anew: judge also what was loaded or rejected before (`sdg rejudge`).

    Returns:
        The judgement. An unreadable file is a rejected delivery with one finding, not an exception: its bytes,
        its row and its report are kept like those of any other.
    """
    from pipelines.check import judge
    from pipelines.read.detect import read_message
    from warehouse.raw import get

    if not anew and delivery.state in ("loaded", "rejected", "held", "withdrawn"):
        return Judged(delivery, _already_received(delivery), None, settled=True)

    provider = knowledge.providers.get(delivery.provider)
    name = Path(delivery.path).name
    try:
        message = read_message(get(settings, delivery.sha256), name=name)
    except UnreadableFile as error:
        report = unreadable_report(error, path=delivery.path, sha256=delivery.sha256, provider=delivery.provider)
        report.delivery_id = delivery.id
        ledger.record(delivery.id, "rejected", report)
        return Judged(delivery, report, None, settled=True)

    judgement = judge(
        message,
        provider,
        knowledge.catalogue,
        knowledge.structure,
        knowledge.areas,
        path=delivery.path,
        sha256=delivery.sha256,
        today=knowledge.today,
    )
    judgement.report.delivery_id = delivery.id
    if judgement.report.decision == "reject":
        ledger.record(delivery.id, "rejected", judgement.report)
        return Judged(delivery, judgement.report, judgement, settled=True)
    ledger.record(delivery.id, "judged", judgement.report)
    return Judged(delivery, judgement.report, judgement, settled=False)


def unreadable_report(error: UnreadableFile, *, path: str, sha256: str, provider: str | None) -> FileReport:
    """Return the report of a file that could not be read: one error finding, nothing counted."""
    report = FileReport(path, None, sha256, provider, decision="reject")
    where = f"{error.where}: " if error.where else ""
    report.add(
        [Finding("FILE-UNREADABLE", "error", 1, f"{where}{error.what}", error.hint or "Export the file again.")]
    )
    return report


def _already_received(delivery: DeliveryRow) -> FileReport:
    report = FileReport(delivery.path, None, delivery.sha256, delivery.provider, decision="already_received")
    report.delivery_id = delivery.id
    answer = {
        "loaded": "loaded",
        "rejected": "rejected",
        "held": "held because it would withdraw much",
        "withdrawn": "loaded, and withdrawn later",
    }[delivery.state]
    moment = f"{delivery.received_at:%Y-%m-%d %H:%M} UTC"
    report.add([finding("ALREADY-RECEIVED", places=1, delivery=delivery.id, moment=moment, answer=answer)])
    return report


def load_judged(
    judged: Judged,
    warehouse: Warehouse,
    ledger: Ledger,
    knowledge: Knowledge,
    *,
    confirm_withdrawal: bool = False,
    rejudged: bool = False,
) -> FileReport:
    """Load what may be loaded, in one transaction, and bring the ledger into line.

    Args:
        judged: a delivery with its judgement, not settled.
        warehouse: open for writing, under the writer's lock.
        ledger: where the outcome is recorded.
        knowledge: names the versions of the metadata that judged it.
        confirm_withdrawal: a person has confirmed that a large withdrawal is meant.
        rejudged: the same delivery was loaded before and is loaded anew.

    Returns:
        The report with complete counts.

    Raises:
        SdgError: the counts do not add up, which is a fault of this program.
    """
    from warehouse.observations import load
    from warehouse.report import write_metadata

    if judged.judgement is None:
        raise SdgError(f"Delivery {judged.delivery.id} has no judgement to load.")
    report = judged.report
    # Every row names the version of the declaration that judged it, so the versions' texts are recorded first.
    write_metadata(
        warehouse, knowledge.catalogue, knowledge.structure, knowledge.areas, now=datetime.now(UTC)
    )
    request = load_request(
        judged.judgement,
        knowledge,
        delivery_id=judged.delivery.id,
        received_at=judged.delivery.received_at,
        rejudged=rejudged,
    )
    result = load(warehouse, request, confirm_withdrawal=confirm_withdrawal, now=datetime.now(UTC))
    complete_report(report, result)
    if not report.counts.balanced():
        raise SdgError(
            f"The counts of delivery {judged.delivery.id} do not add up: {report.counts.to_dict()}.",
            hint="Please report this with the file: it is a fault of the program, not of the data.",
        )
    ledger.record(judged.delivery.id, "held" if result.held else "loaded", report)
    return report


def load_request(
    judgement: Judgement,
    knowledge: Knowledge,
    *,
    delivery_id: str,
    received_at: datetime,
    rejudged: bool = False,
) -> LoadRequest:
    """Return what the warehouse is asked to load of a judged delivery."""
    from warehouse.observations import LoadRequest

    report = judgement.report
    return LoadRequest(
        delivery_id=delivery_id,
        provider=str(report.provider),
        sha256=report.sha256,
        received_at=received_at,
        staged=judgement.staged,
        quarantine=judgement.quarantine,
        deletes=judgement.deletes,
        replaces=judgement.scope.replaces,
        scope_series=judgement.scope.series,
        counts=report.counts,
        metadata_versions={number: knowledge.catalogue.version(number) for number in knowledge.catalogue.indicators},
        structure_version=judgement.structure_version,
        map_version=judgement.map_version,
        decision=report.decision,
        rejudged=rejudged,
    )


def complete_report(report: FileReport, result: LoadResult) -> None:
    """Put into a report what only core could tell: new, revised, withdrawn, held, and the findings about it."""
    report.counts = result.counts
    if result.held:
        report.decision = "hold"
    report.add(_history_findings(report, result))


def _history_findings(report: FileReport, result: LoadResult) -> Iterable[Finding]:
    to_withdraw, in_scope = result.withdrawal
    if result.held:
        share = round(100 * to_withdraw / in_scope) if in_scope else 0
        what = report.delivery_id or Path(report.path).name
        yield finding(
            "WITHDRAWAL-LARGE", places=to_withdraw, keys=to_withdraw, scope=in_scope, share=share, delivery=what
        )
    elif to_withdraw:
        yield finding("WITHDRAWN", places=to_withdraw, keys=to_withdraw, scope=in_scope)
    if result.kept_by_quarantine:
        yield finding("KEY-HELD", places=result.kept_by_quarantine, keys=result.kept_by_quarantine)
    if result.left_to_later:
        yield finding("LEFT-TO-LATER", places=result.left_to_later, keys=result.left_to_later)


def start(settings: Settings, warehouse: Warehouse, ledger: Ledger) -> None:
    """Bring the ledger into line with core: a load that was committed just before a kill is known as loaded."""
    from warehouse.observations import loads

    ledger.reconcile(loads(warehouse))


def refresh(warehouse: Warehouse, knowledge: Knowledge, indicators: Iterable[str] | None) -> dict[str, int]:
    """Bring the metadata tables and the report tables of these indicators up to date.

    Indicators whose tables are behind, because a run was killed between a load and its report or a declaration was
    mended, are brought up with them.

    Args:
        warehouse: open for writing.
        knowledge: what stands in the metadata tables.
        indicators: numbers of the touched indicators; None for all.

    Returns:
        Rows per report table.
    """
    from warehouse.report import refresh as refresh_tables
    from warehouse.report import stale, write_metadata

    write_metadata(
        warehouse, knowledge.catalogue, knowledge.structure, knowledge.areas, now=datetime.now(UTC)
    )
    return refresh_tables(warehouse, None if indicators is None else {*indicators, *stale(warehouse)})


@dataclass(slots=True)
class Outcome:
    """What became of one provider in a run.

    Attributes:
        provider: provider id.
        reports: one a delivery, in the order in which they were loaded.
        unchanged: sources that had nothing to take, each in words.
        waiting: files left for the next run.
        error: why the provider could not be done, in one sentence; None when it could.
        indicators: numbers of the indicators that its loads touched.
    """

    provider: str
    reports: list[FileReport] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    error: str | None = None
    indicators: set[str] = field(default_factory=set)

    @property
    def counts(self) -> Counts:
        """The counts of all deliveries together."""
        return sum((report.counts for report in self.reports), Counts())

    @property
    def failed(self) -> bool:
        """True when the provider was not reached, or a delivery was rejected, held, or has an error finding."""
        return self.error is not None or any(
            not report.valid or report.decision in ("reject", "hold") for report in self.reports
        )


def submit(
    incoming: Incoming,
    settings: Settings,
    ledger: Ledger,
    knowledge: Knowledge,
    *,
    again: bool = False,
    confirm_withdrawal: bool = False,
    on_wait: Callable[[str], None] | None = None,
) -> tuple[FileReport, frozenset[str]]:
    """Take one delivery all the way into core.

    Args:
        incoming: what arrived.
        settings: where state lives.
        ledger: where it is recorded.
        knowledge: what it is judged by.
        again: the same bytes are a new delivery.
        confirm_withdrawal: a large withdrawal is meant. A delivery that is held is judged again and released.
        on_wait: called with a sentence while another process holds the writer's lock.

    Returns:
        The report, and the indicators whose report tables have to be refreshed.
    """
    from warehouse.connect import writer

    delivery = land(incoming, settings, ledger, again=again)
    if delivery.state == "loaded":
        # Only core's word counts: a ledger that outlived its warehouse must not refuse the delivery.
        with writer(settings, f"looking for {delivery.id}", on_wait=on_wait) as warehouse:
            start(settings, warehouse, ledger)
        delivery = ledger.delivery(delivery.id)
    release = delivery.state == "held" and confirm_withdrawal
    judged = judge_delivery(delivery, settings, ledger, knowledge, anew=release)
    if judged.settled or judged.judgement is None:
        return judged.report, frozenset()
    with writer(settings, f"loading {delivery.id}", on_wait=on_wait) as warehouse:
        report = load_judged(judged, warehouse, ledger, knowledge, confirm_withdrawal=confirm_withdrawal)
    touched = frozenset() if report.decision == "hold" else judged.judgement.indicators
    return report, touched


def refresh_and_publish(
    settings: Settings,
    knowledge: Knowledge,
    indicators: Iterable[str] | None,
    *,
    purpose: str,
    on_wait: Callable[[str], None] | None = None,
) -> dict[str, int]:
    """Bring the report tables up to date and swap in the copy that readers open.

    Returns:
        Rows per report table.
    """
    from warehouse.connect import writer
    from warehouse.report import publish

    with writer(settings, purpose, on_wait=on_wait) as warehouse:
        rows = refresh(warehouse, knowledge, indicators)
        publish(settings, warehouse)
    return rows


def rejudge(
    delivery: DeliveryRow,
    settings: Settings,
    ledger: Ledger,
    knowledge: Knowledge,
    *,
    confirm_withdrawal: bool = False,
    on_wait: Callable[[str], None] | None = None,
) -> tuple[FileReport, frozenset[str]]:
    """Judge the kept bytes of a delivery anew and load them as a new load of the same delivery.

    What later deliveries brought is left as it is; the report says how many rows that concerns.

    Returns:
        The report, and the indicators whose report tables have to be refreshed.

    Raises:
        SdgError: the delivery was withdrawn; submit it again instead.
    """
    from warehouse.connect import writer

    if delivery.state == "withdrawn":
        raise SdgError(
            f"Delivery {delivery.id} was withdrawn.", hint="To bring it back, submit its file with --again."
        )
    judged = judge_delivery(delivery, settings, ledger, knowledge, anew=True)
    if judged.settled or judged.judgement is None:
        return judged.report, frozenset()
    with writer(settings, f"rejudging {delivery.id}", on_wait=on_wait) as warehouse:
        report = load_judged(
            judged, warehouse, ledger, knowledge, confirm_withdrawal=confirm_withdrawal, rejudged=True
        )
    return report, frozenset() if report.decision == "hold" else judged.judgement.indicators


def withdraw(
    delivery: DeliveryRow,
    reason: str,
    settings: Settings,
    ledger: Ledger,
    *,
    on_wait: Callable[[str], None] | None = None,
) -> tuple[int, int]:
    """Take a loaded delivery back: what stood before it is current again.

    Returns:
        Number of values closed, and number of earlier values that are current again.

    Raises:
        SdgError: the delivery is not loaded, so there is nothing to take back.
    """
    from warehouse.connect import writer
    from warehouse.observations import withdraw as close

    if delivery.state != "loaded":
        raise SdgError(
            f"Delivery {delivery.id} is {delivery.state}, not loaded: there is nothing to take back.",
            hint="See: sdg status",
        )
    with writer(settings, f"withdrawing {delivery.id}", on_wait=on_wait) as warehouse:
        result = close(warehouse, delivery.id, reason, now=datetime.now(UTC))
    ledger.record(delivery.id, "withdrawn", None, message=reason)
    return result.closed, result.restored
