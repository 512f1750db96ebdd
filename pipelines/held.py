"""Deliveries that are held until a person decides: which they are, and how they are accepted or refused.

A delivery is held when loading it would undo much of what stands (`Effect` "hold" in the catalogue of rules). The
decision is kept in the ledger with who, when and why. Accepted, the kept bytes are judged anew and loaded; refused,
bytes, row and report stay, and nothing of it enters core.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from metadata.errors import SdgError
from metadata.rules import RULES
from metadata.words import Text, counted, text
from pipelines.show import WIDTH, Say, wrap

if TYPE_CHECKING:
    from metadata.findings import FileReport
    from pipelines.knowledge import Knowledge
    from warehouse.answers import Decided, Verdict
    from warehouse.ledger import DeliveryRow, Ledger
    from warehouse.settings import Settings


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery that waits for a decision.

    Attributes:
        delivery: its row in the ledger.
        reasons: why it is held, a sentence each.
    """

    delivery: DeliveryRow
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "delivery": self.delivery.id,
            "provider": self.delivery.provider,
            "path": self.delivery.path,
            "received_at": self.delivery.received_at.isoformat(timespec="seconds"),
            "reasons": list(self.reasons),
        }


def held(ledger: Ledger, provider: str | None = None) -> list[Held]:
    """Return the deliveries that are held, oldest first."""
    return [
        Held(row, tuple(
            found.message for found in ledger.findings(row.id)
            if found.rule in RULES and RULES[found.rule].effect == "hold"
        ))
        for row in ledger.deliveries(provider) if row.state == "held"
    ]  # fmt: skip


def accept(
    delivery_id: str,
    reason: str,
    settings: Settings,
    ledger: Ledger,
    knowledge: Knowledge,
    *,
    by: str,
    on_wait: Callable[[str], None] | None = None,
) -> FileReport:
    """Load a held or refused delivery: a person has said that what it undoes is meant.

    Args:
        delivery_id: the delivery.
        reason: why it is meant.
        settings: where state lives.
        ledger: where the decision is kept.
        knowledge: what it is judged by, anew.
        by: who decides.
        on_wait: called with a sentence while another process holds the writer's lock.

    Returns:
        The report of the load, or of a refusal by today's rules.

    Raises:
        SdgError: it is neither held nor refused, or the reason has no words.
    """
    from pipelines.after_loading import rejudge
    from warehouse.answers import keep_verdict

    delivery = ledger.delivery(delivery_id)
    if not _goes_on(delivery, settings, ledger, on_wait):
        _must_be(delivery, ("held", "refused"))
    verdict = _verdict(delivery_id, "accepted", reason, by)
    keep_verdict(ledger, verdict, state="held", message=_sentence(verdict))
    report = rejudge(
        ledger.delivery(delivery_id), settings, ledger, knowledge, confirm_withdrawal=True, on_wait=on_wait
    )
    now = ledger.delivery(delivery_id)
    ledger.record(delivery_id, now.state, None, message=_sentence(verdict))
    return report


def refuse(
    delivery_id: str,
    reason: str,
    settings: Settings,
    ledger: Ledger,
    *,
    by: str,
    on_wait: Callable[[str], None] | None = None,
) -> Text:
    """Refuse a held delivery: its bytes, its row and its report stay, and nothing of it enters core.

    When it was loaded before and only a new judgement was held, what was loaded stands, and the delivery is loaded.

    Returns:
        What became of it, in one sentence.

    Raises:
        SdgError: it is not held, or the reason has no words.
    """
    from warehouse.answers import keep_verdict
    from warehouse.connect import writer
    from warehouse.observations import loads

    _must_be(ledger.delivery(delivery_id), ("held",))
    verdict = _verdict(delivery_id, "refused", reason, by)
    with writer(settings, f"refusing {delivery_id}", on_wait=on_wait) as warehouse:
        _must_be(ledger.delivery(delivery_id), ("held",))
        stands = any(row.withdrawn_at is None for row in loads(warehouse, delivery_id))
        keep_verdict(ledger, verdict, state="loaded" if stands else "refused", message=_sentence(verdict))
    if stands:
        return text("{delivery}: the new judgement is refused; what was loaded before stands.", delivery=delivery_id)
    return text("{delivery} is refused; nothing of it is in the tables. Its bytes and its report are kept.",
                delivery=delivery_id)  # fmt: skip


def _must_be(delivery: DeliveryRow, states: tuple[str, ...]) -> None:
    if delivery.state not in states:
        said = f" ({delivery.message})" if delivery.message else ""
        raise SdgError(
            f"Delivery {delivery.id} is {delivery.state}{said}, so there is nothing to decide.",
            hint="What waits for a decision: sdg held",
        )


def _goes_on(
    delivery: DeliveryRow, settings: Settings, ledger: Ledger, on_wait: Callable[[str], None] | None
) -> bool:
    """Say whether a delivery was accepted by a command that was killed before it was loaded.

    It is judged and not loaded then. Where it was loaded before and only a new judgement was held, another command may
    have found since that core holds it, so that it is called loaded: by a load that is older than the decision.
    """
    from warehouse.answers import verdicts
    from warehouse.connect import writer
    from warehouse.observations import loads

    said = verdicts(ledger, delivery.id)
    if not said or said[-1].verdict != "accepted":
        return False
    if delivery.state == "loaded":
        with writer(settings, f"looking for {delivery.id}", on_wait=on_wait) as warehouse:
            return all(row.loaded_at < said[-1].decided_at for row in loads(warehouse, delivery.id))
    return delivery.state in ("judged", "received")


def _verdict(delivery_id: str, decided: Decided, reason: str, by: str) -> Verdict:
    from warehouse.answers import Verdict

    why = " ".join(reason.split())
    if not why:
        raise SdgError("The decision has no reason.", hint="Say in --reason why.")
    return Verdict(delivery_id, decided, why, by, datetime.now(UTC))


def _sentence(verdict: Verdict) -> str:
    return f"{verdict.verdict} on {verdict.decided_at:%Y-%m-%d} by {verdict.decided_by}: {verdict.reason}"


def held_text(waiting: list[Held], *, width: int = WIDTH, say: Say = str) -> str:
    """Return what waits for a decision, and how it is given, as text."""
    if not waiting:
        return say(text("No delivery waits for a decision."))
    head = counted("{count} delivery waits for a decision.", "{count} deliveries wait for a decision.", len(waiting))
    lines = [say(head)]
    for one in waiting:
        row = one.delivery
        lines += ["", wrap(f"{row.id}  {row.received_at:%Y-%m-%d %H:%M} UTC  {row.path}", indent="    ", first="  ",
                           width=width)]  # fmt: skip
        lines += [wrap(say(reason), indent="    ", width=width) for reason in one.reasons]
    first = waiting[0].delivery.id
    lines += ["", f'  sdg accept {first} --reason "…"', f'  sdg refuse {first} --reason "…"']
    return "\n".join(lines)
