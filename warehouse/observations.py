"""Loading judged deliveries into core, and taking them back: one transaction each, with its row of `core.load`.

`load` merges staged rows into the history (what is new, revised, unchanged, withdrawn), keeps quarantined rows
with their rule and place, and says what became of every row. `withdraw` restores what stood before a delivery.
The SQL is in `warehouse.merge` and `warehouse.undo`; which rows may enter was decided before, by the judgement.
The observation model is stated in the docstring of `load`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from metadata.errors import SdgError
from metadata.findings import Counts
from warehouse.load_log import LoadRow, loads, next_load, write_row
from warehouse.merge import LargeWithdrawal, Merged, merge, pieces
from warehouse.spool import spool_folder
from warehouse.sql import Sql
from warehouse.staging import LoadRequest, input_tables, without_frames
from warehouse.undo import take_back

if TYPE_CHECKING:
    from warehouse.connect import Warehouse

__all__ = ["LoadRequest", "LoadResult", "LoadRow", "WithdrawResult", "load", "loads", "withdraw"]

HOLD_SHARE = 0.20
"""A load that would withdraw more than this share of its scope is held (our proposal) …"""
HOLD_KEYS = 5
"""… when it is at least so many keys (our proposal): in a scope of four keys every change is a large one."""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did.

    Attributes:
        counts: what became of every row.
        held: nothing was written: too large a withdrawal, not confirmed.
        withdrawal: keys withdrawn (or to be withdrawn, when held), and keys that were current in the scope.
        touched_series: series with any change.
        load_id: number of the load; None when held.
        kept_by_quarantine: current versions marked because their new row stands in quarantine.
        left_to_later: rows counted unchanged because a delivery received later speaks for their key.
        restored: keys that went back to an earlier version because a new judgement no longer accepts a row.
        already: the delivery was loaded before; this is what that load did, and nothing was written now.
    """

    counts: Counts
    held: bool
    withdrawal: tuple[int, int]
    touched_series: frozenset[str]
    load_id: int | None
    kept_by_quarantine: int = 0
    left_to_later: int = 0
    restored: int = 0
    already: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawResult:
    """What taking a delivery back did.

    Attributes:
        closed: versions that stopped being current.
        restored: earlier versions that are current again.
        touched_series: series of these keys.
        load_id: number of the event in `core.load`.
    """

    closed: int
    restored: int
    touched_series: frozenset[str]
    load_id: int


def load(warehouse: Warehouse, request: LoadRequest, *, confirm_withdrawal: bool = False, now: datetime) -> LoadResult:
    """Merge a judged delivery into core, in one transaction that also writes its row of `core.load`.

    **Unchanged** is the same number and the same attributes, ignoring spelling (1 and 1.0; empty and absent) and
    DATA_LAST_UPDATE; then nothing is written but a confirmation that this delivery sent the version too.
    **Withdrawn** are current keys of the scope that did not come, and keys named by a Delete. A key whose row
    stands in quarantine came: its version stays and is marked with the delivery. When more than `HOLD_SHARE` of
    the scope and at least `HOLD_KEYS` keys would go because they did not come, nothing is written (held) until
    a person confirms; then every row that would have been accepted or quarantined counts as `rejected`, so that
    `quarantined` always is the number of rows in `core.quarantine`. A named Delete is never held.
    **Order**: deliveries speak for their keys in the order of `received_at`. Rows for whose key, or for whose
    series by scope, a later delivery speaks are kept as versions that never were current, and count as
    unchanged (`left_to_later`).
    **Judged anew**: the new judgement takes the place of the earlier loads of the delivery. Versions that it no
    longer accepts are closed, and what stood before them is restored; its earlier quarantine is resolved.
    **Twice**: a delivery that core holds changes nothing, and the answer is that of its load.

    Args:
        warehouse: open for writing.
        request: the judged delivery. The series must stand in `metadata.series`, where `write_metadata` puts
            them: a version of a declaration is recorded before rows name it.
        confirm_withdrawal: a person has confirmed a large withdrawal.
        now: the moment of the load, aware.

    Raises:
        SdgError: equal keys, counts that do not add up, a series without declaration, a withdrawn delivery.
        StorageFull: the disk is full; nothing was written.
    """
    earlier = [row for row in loads(warehouse, request.delivery_id) if row.action != "withdraw"]
    if earlier and earlier[-1].withdrawn_at:
        raise SdgError(
            f"Delivery {request.delivery_id} was withdrawn: {earlier[-1].withdrawn_reason}.",
            hint="To bring it back, submit its file with --again.",
        )
    if earlier and not request.rejudged:
        return _already(earlier[-1])
    with spool_folder(warehouse.spool) as folder:
        on_disk = without_frames(request, warehouse.tables, folder)
        return _load(warehouse, on_disk, confirm_withdrawal=confirm_withdrawal, rejudged=bool(earlier), now=now)


def _load(
    warehouse: Warehouse, request: LoadRequest, *, confirm_withdrawal: bool, rejudged: bool, now: datetime
) -> LoadResult:
    """Merge a request whose rows are on disk; see `load`."""
    assert request.on_disk is not None  # noqa: S101
    try:
        with warehouse.transaction() as connection:
            load_id = next_load(warehouse)
            values = {
                "provider": request.provider,
                "delivery": request.delivery_id,
                "received_at": request.received_at,
                "load": load_id,
                "now": now,
                "structure_version": request.structure_version,
                "map_version": request.map_version,
            }
            with warehouse.registered(**input_tables(warehouse, request, request.on_disk)):
                merged = merge(
                    Sql(connection, pieces(warehouse.tables), values),
                    staged=request.accepted,
                    replaces=request.replaces,
                    all_series=request.scope_series is None,
                    rejudged=rejudged,
                    limit=_limit(confirm_withdrawal),
                )
            result = _result(request, merged, load_id)
            _write_load(warehouse, request, result, now, action="rejudge" if request.rejudged else "load")
    except LargeWithdrawal as large:
        return _held(request, large)
    return result


def withdraw(warehouse: Warehouse, delivery_id: str, reason: str, now: datetime) -> WithdrawResult:
    """Take a delivery back: close what it opened, and restore what would stand without it.

    Every key goes back to the latest version that a delivery which still counts brought, or sent again; the
    restored row is a new row of history that keeps its own delivery. Keys that the delivery had withdrawn by
    its scope come back too. Its rows of `core.load` are marked, its quarantine is resolved.

    Raises:
        SdgError: core does not hold the delivery, or it was withdrawn before.
    """
    standing = [row for row in loads(warehouse, delivery_id) if row.action != "withdraw"]
    if not standing:
        raise SdgError(f"Core holds nothing of a delivery {delivery_id}.", hint="See: sdg status")
    last = standing[-1]
    if last.withdrawn_at:
        raise SdgError(
            f"Delivery {delivery_id} was withdrawn on {last.withdrawn_at:%Y-%m-%d}: {last.withdrawn_reason}."
        )
    with warehouse.transaction() as connection:
        load_id = next_load(warehouse)
        values = {"delivery": delivery_id, "load": load_id, "now": now, "reason": reason}
        sql = Sql(connection, pieces(warehouse.tables), values)
        sql.run(
            "create or replace temp table accepted_key as select key_hash, @key from core.observation_history limit 0"
        )
        back = take_back(sql, why=f"was withdrawn: {reason}")
        for statement in _WITHDRAW:
            sql.run(statement)
        event = replace(
            last,
            load_id=load_id,
            action="withdraw",
            loaded_at=now,
            counts=Counts(withdrawn=back.lost),
            left_to_later=0,
            kept_by_quarantine=0,
            restored=back.restored,
            replaces="nothing",
            scope_series=None,
            touched_series=back.touched,
            withdrawn_at=now,
            withdrawn_reason=reason,
        )
        write_row(warehouse, event)
    return WithdrawResult(back.closed, back.restored, back.touched, load_id)


_WITHDRAW = (
    """
    update core.observation_history set held_by_delivery = null
    where held_by_delivery = $delivery and superseded_at is null
    """,
    """
    update core.quarantine set resolved_at = $now, resolved_by_load = $load, resolution = 'withdrawn'
    where delivery_id = $delivery and resolved_at is null
    """,
    """
    update core.load set withdrawn_at = $now, withdrawn_reason = $reason, withdrawn_by = $load
    where delivery_id = $delivery
    """,
)


def _limit(confirmed: bool) -> Callable[[int, int], None]:
    """Return what decides whether a withdrawal is too large to go without a person's word."""

    def decide(gone: int, in_scope: int) -> None:
        if not confirmed and gone >= HOLD_KEYS and gone > HOLD_SHARE * in_scope:
            raise LargeWithdrawal(gone, in_scope)

    return decide


def _result(request: LoadRequest, merged: Merged, load_id: int) -> LoadResult:
    left = merged.outcome("left")
    counts = replace(
        request.counts,
        new=merged.outcome("new"),
        value_revised=merged.outcome("value_revised"),
        attributes_revised=merged.outcome("attributes_revised"),
        unchanged=merged.outcome("unchanged") + left,
        withdrawn=merged.gone,
    )
    _must_balance(request, counts)
    return LoadResult(
        counts,
        held=False,
        withdrawal=(merged.gone, merged.in_scope),
        touched_series=merged.touched,
        load_id=load_id,
        kept_by_quarantine=merged.held,
        left_to_later=left,
        restored=merged.restored,
    )


def _held(request: LoadRequest, large: LargeWithdrawal) -> LoadResult:
    """Return the answer of a held load: what would have entered core, or its quarantine, counts as rejected."""
    kept = request.counts
    counts = replace(
        kept,
        rejected=kept.rejected + kept.quarantined + request.accepted,
        quarantined=0,
        new=0,
        value_revised=0,
        attributes_revised=0,
        unchanged=0,
        withdrawn=0,
    )
    _must_balance(request, counts)
    return LoadResult(
        counts, held=True, withdrawal=(large.gone, large.in_scope), touched_series=frozenset(), load_id=None
    )


def _must_balance(request: LoadRequest, counts: Counts) -> None:
    if request.counts.quarantined != request.kept_back:
        raise SdgError(
            f"Delivery {request.delivery_id} counts {request.counts.quarantined} quarantined rows and brings "
            f"{request.kept_back}; nothing was loaded.",
            hint="Please report this with the file.",
        )
    if not counts.balanced():
        raise SdgError(
            f"The counts of delivery {request.delivery_id} do not add up: {counts.to_dict()}; nothing was loaded.",
            hint="Please report this with the file.",
        )


def _already(row: LoadRow) -> LoadResult:
    return LoadResult(
        row.counts,
        held=False,
        withdrawal=(row.counts.withdrawn, 0),
        touched_series=row.touched_series,
        load_id=row.load_id,
        kept_by_quarantine=row.kept_by_quarantine,
        left_to_later=row.left_to_later,
        restored=row.restored,
        already=True,
    )


def _write_load(warehouse: Warehouse, request: LoadRequest, result: LoadResult, now: datetime, *, action: str) -> None:
    row = LoadRow(
        load_id=result.load_id or 0,
        action=action,
        delivery_id=request.delivery_id,
        provider=request.provider,
        sha256=request.sha256,
        received_at=request.received_at,
        loaded_at=now,
        decision=request.decision,
        counts=result.counts,
        left_to_later=result.left_to_later,
        kept_by_quarantine=result.kept_by_quarantine,
        restored=result.restored,
        replaces=request.replaces if request.replaces in ("provider", "indicator") else "nothing",
        scope_series=request.scope_series,
        touched_series=result.touched_series,
        metadata_versions=request.metadata_versions,
        structure_version=request.structure_version,
        map_version=request.map_version,
        withdrawn_at=None,
        withdrawn_reason=None,
    )
    write_row(warehouse, row)
