"""What people say of deliveries, kept in the ledger: answers to warnings, and verdicts on what is held.

Nothing here is ever changed or removed: a second answer stands beside the first, and the last one counts. Who may say
what, and what follows from it, is in `pipelines.held` and `pipelines.answering`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from warehouse.ledger import written
from warehouse.tables import answer_table, delivery_table, verdict_table

if TYPE_CHECKING:
    from warehouse.ledger import Ledger, State

Decided = Literal["accepted", "refused"]


@dataclass(frozen=True, slots=True)
class Answer:
    """An explanation of a warning.

    Attributes:
        delivery_id: the delivery.
        finding: id of the warning.
        rule: its rule.
        text: the explanation.
        answered_by: who gave it.
        answered_at: when; aware, UTC.
    """

    delivery_id: str
    finding: str
    rule: str
    text: str
    answered_by: str
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's decision about a delivery that was held.

    Attributes:
        delivery_id: the delivery.
        verdict: accepted or refused.
        reason: why.
        decided_by: who decided.
        decided_at: when; aware, UTC.
    """

    delivery_id: str
    verdict: Decided
    reason: str
    decided_by: str
    decided_at: datetime


def keep_answer(ledger: Ledger, answer: Answer) -> bool:
    """Keep an answer; the same words of the same person twice in a row are one.

    Returns:
        Whether it was new.
    """
    columns = answer_table.c
    with ledger.transaction() as connection:
        last = connection.execute(
            sa.select(columns.text, columns.answered_by)
            .where(columns.delivery_id == answer.delivery_id, columns.finding == answer.finding)
            .order_by(columns.seq.desc()).limit(1)
        ).first()  # fmt: skip
        if last is not None and tuple(last) == (answer.text, answer.answered_by):
            return False
        connection.execute(answer_table.insert().values(
            delivery_id=answer.delivery_id, finding=answer.finding, rule=answer.rule, text=answer.text,
            answered_by=answer.answered_by, answered_at=written(answer.answered_at),
        ))  # fmt: skip
    return True


def answers(ledger: Ledger, delivery_id: str | None = None) -> list[Answer]:
    """Return all answers, or those about one delivery, oldest first."""
    query = sa.select(answer_table).order_by(answer_table.c.seq)
    if delivery_id is not None:
        query = query.where(answer_table.c.delivery_id == delivery_id)
    with ledger.transaction() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        Answer(row["delivery_id"], row["finding"], row["rule"], row["text"], row["answered_by"],
               datetime.fromisoformat(row["answered_at"]))
        for row in rows
    ]  # fmt: skip


def keep_verdict(ledger: Ledger, verdict: Verdict, *, state: State, message: str) -> None:
    """Keep a verdict, and the state that the delivery has by it, in one transaction.

    Args:
        ledger: where it is kept.
        verdict: what was decided. The same one twice in a row is one.
        state: of the delivery from now on.
        message: the sentence about its state.
    """
    columns = verdict_table.c
    with ledger.transaction() as connection:
        last = connection.execute(
            sa.select(columns.verdict, columns.reason, columns.decided_by)
            .where(columns.delivery_id == verdict.delivery_id).order_by(columns.seq.desc()).limit(1)
        ).first()  # fmt: skip
        if last is None or tuple(last) != (verdict.verdict, verdict.reason, verdict.decided_by):
            connection.execute(verdict_table.insert().values(
                delivery_id=verdict.delivery_id, verdict=verdict.verdict, reason=verdict.reason,
                decided_by=verdict.decided_by, decided_at=written(verdict.decided_at),
            ))  # fmt: skip
        connection.execute(
            delivery_table.update().where(delivery_table.c.id == verdict.delivery_id)
            .values(state=state, message=message, updated_at=written(verdict.decided_at))
        )  # fmt: skip


def verdicts(ledger: Ledger, delivery_id: str | None = None) -> list[Verdict]:
    """Return all verdicts, or those on one delivery, oldest first."""
    query = sa.select(verdict_table).order_by(verdict_table.c.seq)
    if delivery_id is not None:
        query = query.where(verdict_table.c.delivery_id == delivery_id)
    with ledger.transaction() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        Verdict(row["delivery_id"], row["verdict"], row["reason"], row["decided_by"],
                datetime.fromisoformat(row["decided_at"]))
        for row in rows
    ]  # fmt: skip
