"""What may be done with a delivery after its way into core (`pipelines.deliver`): judge it anew, or withdraw it.

Called by the command line; the SQL of taking back is `warehouse.undo`. No dagster, no printing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from metadata.errors import SdgError
from pipelines.deliver import judge_delivery, load_judged

if TYPE_CHECKING:
    from metadata.findings import FileReport
    from pipelines.knowledge import Knowledge
    from warehouse.ledger import DeliveryRow, Ledger
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
        SdgError: the delivery was withdrawn or refused; submit it again, or accept it, instead.
    """
    from warehouse.connect import writer
    from warehouse.observations import loads

    if delivery.state == "withdrawn":
        raise SdgError(
            f"Delivery {delivery.id} was withdrawn.", hint="To bring it back, submit its file with --again."
        )
    if delivery.state == "refused":
        raise SdgError(
            f"Delivery {delivery.id} was refused ({delivery.message}).",
            hint=f"If it is to be loaded after all: sdg accept {delivery.id} --reason …",
        )
    judged = judge_delivery(delivery, settings, ledger, knowledge, anew=True)
    if judged.settled:
        return judged.report
    with writer(settings, f"rejudging {delivery.id}", on_wait=on_wait) as warehouse:
        return load_judged(
            judged,
            warehouse,
            ledger,
            knowledge,
            confirm_withdrawal=confirm_withdrawal,
            rejudged=bool(loads(warehouse, delivery.id)),
        )


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
