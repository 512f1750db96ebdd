"""A delivery's way into core: land → judge → load. What may be done with it later is `pipelines.after_loading`.

The plain functions here are called by the command line (`sdg submit`) and by Dagster's assets alike; there is no
second path. Here is the order of the steps and what is recorded after each; how bytes become a frame is in
`pipelines.read`, how a frame is judged in `pipelines.check`, how rows become versions in
`warehouse.observations`, what readers get to see in `pipelines.publication`. No dagster, no printing.

A delivery's state stands in the ledger after every step (received → judged → loaded | rejected | held), so a
process killed at any instruction can be run again: the same bytes find their unfinished row and go on from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.errors import SdgError, UnreadableFile
from metadata.findings import FileReport, Finding
from metadata.rules import RULES, finding
from metadata.words import text

if TYPE_CHECKING:
    from pipelines.arrivals import Incoming
    from pipelines.check import Judgement
    from pipelines.knowledge import Knowledge
    from warehouse.connect import Warehouse
    from warehouse.ledger import DeliveryRow, Ledger
    from warehouse.observations import LoadRequest, LoadResult
    from warehouse.settings import Settings


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
    delivery: DeliveryRow,
    settings: Settings,
    ledger: Ledger,
    knowledge: Knowledge,
    *,
    anew: bool = False,
    by_hand: bool = False,
) -> Judged:
    """Read and judge a landed delivery. Touches no table of the warehouse, so it may run in a thread.

    Args:
        delivery: the row that `land` gave.
        settings: where raw is.
        ledger: where the judgement is recorded.
        knowledge: what it is judged by.
        anew: judge also what was loaded or rejected before (`sdg rejudge`).
        by_hand: a person sends it, who must not be told that all is well when nothing of it stands in the tables. A
            file that lies in an inbox is met at every run, and was complained about once.

    Returns:
        The judgement. An unreadable file is a rejected delivery with one finding, not an exception: its bytes,
        its row and its report are kept like those of any other.
    """
    from pipelines.beside import beside_published
    from pipelines.check import judge
    from pipelines.read.detect import open_message
    from warehouse.raw import get
    from warehouse.structures import held_structures

    if not anew and delivery.state in ("loaded", "rejected", "held", "refused", "withdrawn"):
        return Judged(delivery, _already_received(delivery, by_hand=by_hand), None, settled=True)

    provider = knowledge.providers.get(delivery.provider)
    name = Path(delivery.path).name
    try:
        judgement = judge(
            open_message(get(settings, delivery.sha256), name=name, maps=provider.open_sdg_maps),
            provider,
            knowledge.catalogue,
            knowledge.structure,
            knowledge.areas,
            path=delivery.path,
            sha256=delivery.sha256,
            today=knowledge.today,
            held=held_structures(settings),
        )
    except UnreadableFile as error:  # also one that the judgement meets far down in the file
        report = unreadable_report(error, path=delivery.path, sha256=delivery.sha256, provider=delivery.provider)
        report.delivery_id = delivery.id
        ledger.record(delivery.id, "rejected", report)
        return Judged(delivery, report, None, settled=True)
    judgement.report.delivery_id = delivery.id
    judgement.report.add(beside_published(judgement, settings, knowledge))
    if judgement.report.decision == "reject":
        ledger.record(delivery.id, "rejected", judgement.report)
        return Judged(delivery, judgement.report, judgement, settled=True)
    ledger.record(delivery.id, "judged", judgement.report)
    return Judged(delivery, judgement.report, judgement, settled=False)


def unreadable_report(error: UnreadableFile, *, path: str, sha256: str, provider: str | None) -> FileReport:
    """Return the report of a file that could not be read: one error finding, nothing counted."""
    report = FileReport(path, None, sha256, provider, decision="reject")
    said = text("{where}: {what}", where=error.where, what=error.what) if error.where else error.what
    report.add([Finding("FILE-UNREADABLE", "error", 1, said, error.hint or text("Export the file again."))])
    return report


def _already_received(delivery: DeliveryRow, *, by_hand: bool) -> FileReport:
    report = FileReport(delivery.path, None, delivery.sha256, delivery.provider, decision="already_received")
    report.delivery_id = delivery.id
    state, moment = delivery.state, f"{delivery.received_at:%Y-%m-%d %H:%M} UTC"
    if state in ("rejected", "held"):
        said = finding(
            "ALREADY-RECEIVED", places=1, variant=state, severity="error" if by_hand else None,
            delivery=delivery.id, moment=moment,
        )
    else:
        answer = {
            "loaded": text("loaded"),
            "refused": delivery.message or text("refused"),
            "withdrawn": text("loaded, and withdrawn later"),
        }[state]
        said = finding("ALREADY-RECEIVED", places=1, delivery=delivery.id, moment=moment, answer=answer)
    report.add([said])
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
    """Judge against what is held, load what may be loaded, in one transaction, and bring the ledger into line.

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
    from pipelines.against_held import judge_against_held
    from warehouse.memory import less_memory
    from warehouse.observations import load
    from warehouse.report import write_metadata
    from warehouse.spool import spool_folder
    from warehouse.staging import without_frames

    if judged.judgement is None:
        raise SdgError(f"Delivery {judged.delivery.id} has no judgement to load.")
    with less_memory(warehouse.connection, warehouse.settings):
        judgement = judge_against_held(
            judged.judgement,
            warehouse.connection,
            knowledge,
            delivery_id=judged.delivery.id,
            received_at=judged.delivery.received_at,
        )
    report = judgement.report
    if report.decision == "reject":
        ledger.record(judged.delivery.id, "rejected", report)
        return report
    # Every row names the version of the declaration that judged it, so the versions' texts are recorded first.
    write_metadata(
        warehouse, knowledge.catalogue, knowledge.structure, knowledge.areas, now=datetime.now(UTC)
    )
    with spool_folder(warehouse.spool) as folder:
        request = without_frames(
            load_request(
                judgement,
                knowledge,
                delivery_id=judged.delivery.id,
                received_at=judged.delivery.received_at,
                rejudged=rejudged,
            ),
            warehouse.tables,
            folder,
        )
        for one in (judged.judgement, judgement):
            one.let_go()  # a large delivery does not stand in memory while DuckDB merges it
        result = load(warehouse, request, confirm_withdrawal=confirm_withdrawal, now=datetime.now(UTC))
    complete_report(report, result, deletes=judgement.deletes.height)
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
        remarks=judgement.remarks,
    )


def complete_report(report: FileReport, result: LoadResult, *, deletes: int) -> None:
    """Put into a report what only core could tell: new, revised, withdrawn, held, and the findings about it.

    Args:
        report: of the delivery; changed.
        result: what core said.
        deletes: keys that rows of action Delete name.
    """
    report.counts = result.counts
    if result.held:
        report.decision = "hold"
    report.add(_history_findings(report, result, deletes))


def _history_findings(report: FileReport, result: LoadResult, deletes: int) -> Iterable[Finding]:
    to_withdraw, in_scope = result.withdrawal
    if result.held:
        share = round(100 * to_withdraw / in_scope) if in_scope else 0
        what = report.delivery_id or Path(report.path).name
        yield finding(
            "WITHDRAWAL-LARGE", places=to_withdraw, keys=to_withdraw, scope=in_scope, share=share, delivery=what
        )
    elif deletes and not in_scope:
        yield finding(
            "WITHDRAWN", variant="deleted", places=max(to_withdraw, 1), keys=to_withdraw, scope=deletes
        )
    elif to_withdraw:
        yield finding("WITHDRAWN", places=to_withdraw, keys=to_withdraw, scope=in_scope)
    if result.kept_by_quarantine:
        held = finding("KEY-HELD", places=result.kept_by_quarantine, keys=result.kept_by_quarantine)
        causes = [one.id for one in report.findings if _keeps_back(one)]
        yield replace(held, because_of=causes[0]) if len(causes) == 1 else held
    if result.left_to_later:
        yield finding("LEFT-TO-LATER", places=result.left_to_later, keys=result.left_to_later)


def _keeps_back(one: Finding) -> bool:
    """Say whether the rows of a finding stand in quarantine."""
    effect = RULES[one.rule].effect if one.rule in RULES else "note"
    return effect == "set_aside" or (effect == "quarantine" and one.severity == "error")


def start(warehouse: Warehouse, ledger: Ledger) -> None:
    """Bring the ledger into line with core: a load that was committed just before a kill is known as loaded."""
    from warehouse.observations import loads

    ledger.reconcile(loads(warehouse))


def submit(
    incoming: Incoming,
    settings: Settings,
    ledger: Ledger,
    knowledge: Knowledge,
    *,
    again: bool = False,
    confirm_withdrawal: bool = False,
    on_wait: Callable[[str], None] | None = None,
) -> FileReport:
    """Take one delivery all the way into core. What readers see is `pipelines.publication`'s.

    Args:
        incoming: what arrived.
        settings: where state lives.
        ledger: where it is recorded.
        knowledge: what it is judged by.
        again: the same bytes are a new delivery.
        confirm_withdrawal: a large withdrawal is meant. A delivery that is held is judged again and released.
        on_wait: called with a sentence while another process holds the writer's lock.

    Returns:
        The report.
    """
    from warehouse.connect import writer

    if again:
        # A judgement that goes on, or was killed, says `judged` of what core holds; that is not what is sent again.
        with writer(settings, f"looking for {incoming.provider}", on_wait=on_wait) as warehouse:
            start(warehouse, ledger)
    delivery = land(incoming, settings, ledger, again=again)
    if delivery.state == "loaded":
        # Only core's word counts: a ledger that outlived its warehouse must not refuse the delivery.
        with writer(settings, f"looking for {delivery.id}", on_wait=on_wait) as warehouse:
            start(warehouse, ledger)
        delivery = ledger.delivery(delivery.id)
    release = delivery.state == "held" and confirm_withdrawal
    judged = judge_delivery(delivery, settings, ledger, knowledge, anew=release, by_hand=True)
    if judged.settled:
        return judged.report
    with writer(settings, f"loading {delivery.id}", on_wait=on_wait) as warehouse:
        return load_unless_done(
            judged,
            warehouse,
            settings,
            ledger,
            knowledge,
            confirm_withdrawal=confirm_withdrawal,
            allow_older=again or release,
        )


def load_unless_done(
    judged: Judged,
    warehouse: Warehouse,
    settings: Settings,
    ledger: Ledger,
    knowledge: Knowledge,
    *,
    confirm_withdrawal: bool = False,
    allow_older: bool = False,
) -> FileReport:
    """Load a judged delivery, unless another process was faster while this one waited for the lock.

    A delivery that was prepared before what is current of its keys is held, unless `allow_older`: a person has said
    that the earlier file is meant.

    Returns:
        The report of the load, or the answer that the bytes are already received.
    """
    from pipelines.vintage import older_than_current

    now = ledger.delivery(judged.delivery.id)
    if now.state != "judged":
        return judge_delivery(now, settings, ledger, knowledge).report
    if judged.judgement is not None and not allow_older:
        older = older_than_current(judged.judgement, warehouse.connection, settings, judged.delivery.id)
        if older is not None:
            hold(judged.report, judged.judgement, older)
            ledger.record(judged.delivery.id, "held", judged.report)
            return judged.report
    return load_judged(judged, warehouse, ledger, knowledge, confirm_withdrawal=confirm_withdrawal)


def hold(report: FileReport, judgement: Judgement, why: Finding) -> None:
    """Hold a delivery as a whole: what would have entered core, or its quarantine, counts as rejected."""
    counts = report.counts
    report.decision = "hold"
    report.counts = replace(
        counts, rejected=counts.rejected + counts.quarantined + judgement.accepted, quarantined=0
    )
    report.add([why])
