"""What may be done with a delivery after its way into core (`pipelines.deliver`): judge it anew, or withdraw it.

Called by the command line; the SQL of taking back is `warehouse.undo`. No dagster, no printing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from metadata.errors import SdgError
from pipelines.deliver import judge_delivery, load_judged, start

if TYPE_CHECKING:
    from metadata.findings import FileReport
    from pipelines.knowledge import Knowledge
    from warehouse.connect import Warehouse
    from warehouse.ledger import DeliveryRow, Ledger
    from warehouse.observations import LoadRow
    from warehouse.settings import Settings


def rejudge(
    delivery: DeliveryRow,
    settings: Settings,
    ledger: Ledger,
    knowledge: Knowledge,
    *,
    confirm_withdrawal: bool = False,
    on_wait: Callable[[str], None] | None = None,
) -> FileReport:
    """Judge the kept bytes of a delivery anew and load them as a new load of the same delivery.

    What later deliveries brought is left as it is; the report says how many rows that concerns.

    Returns:
        The report.

    Raises:
        SdgError: the delivery was withdrawn, maybe while it was judged, or refused; submit it again, or accept it,
            instead.
    """
    from warehouse.connect import writer

    if delivery.state == "withdrawn":
        raise _withdrawn(delivery)
    if delivery.state == "refused":
        raise SdgError(
            f"Delivery {delivery.id} was refused ({delivery.message}).",
            hint=f"If it is to be loaded after all: sdg accept {delivery.id} --reason …",
        )
    judged = judge_delivery(delivery, settings, ledger, knowledge, anew=True)
    if judged.settled:
        return judged.report
    with writer(settings, f"rejudging {delivery.id}", on_wait=on_wait) as warehouse:
        held = _held_by_core(warehouse, delivery)
        if held and held[-1].withdrawn_at:
            start(warehouse, ledger)  # whose word is now that of the judgement
            raise _withdrawn(delivery)
        return load_judged(
            judged,
            warehouse,
            ledger,
            knowledge,
            confirm_withdrawal=confirm_withdrawal,
            rejudged=bool(held),
        )


def withdraw(
    delivery: DeliveryRow,
    reason: str,
    settings: Settings,
    ledger: Ledger,
    *,
    on_wait: Callable[[str], None] | None = None,
) -> tuple[int, int]:
    """Take a delivery back whose values core holds: what stood before it is current again.

    The ledger tells only of its last judgement, which may have been killed, rejected or held while what an earlier one
    loaded stands. So core is asked.

    Returns:
        Number of values closed, and number of earlier values that are current again.

    Raises:
        SdgError: core holds nothing of it, or it was withdrawn before: there is nothing to take back.
    """
    from warehouse.connect import writer
    from warehouse.observations import withdraw as close

    with writer(settings, f"withdrawing {delivery.id}", on_wait=on_wait) as warehouse:
        held = _held_by_core(warehouse, delivery)
        if not held:
            raise SdgError(
                f"Delivery {delivery.id} is {delivery.state}, not loaded: there is nothing to take back.",
                hint="See: sdg status",
            )
        if held[-1].withdrawn_at:
            start(warehouse, ledger)  # the process that withdrew it may have died before it could say so
        result = close(warehouse, delivery.id, reason, now=datetime.now(UTC))
        ledger.record(delivery.id, "withdrawn", None, message=reason)
    return result.closed, result.restored


def _held_by_core(warehouse: Warehouse, delivery: DeliveryRow) -> list[LoadRow]:
    """Return the loads of a delivery, oldest first; when it was withdrawn, the last of them says so."""
    from warehouse.observations import loads

    return [row for row in loads(warehouse, delivery.id) if row.action != "withdraw"]


def _withdrawn(delivery: DeliveryRow) -> SdgError:
    return SdgError(f"Delivery {delivery.id} was withdrawn.", hint="To bring it back, submit its file with --again.")
