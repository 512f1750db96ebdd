"""The ledger's tables of what people said: answers to warnings, and verdicts on deliveries that are held.

Both only grow: who changes their mind adds a row, and the last one counts. `warehouse.answers` writes and reads them.
"""

from __future__ import annotations

import sqlalchemy as sa

_Col = sa.Column


def declare_answers(ledger: sa.MetaData) -> tuple[sa.Table, sa.Table]:
    """Add the tables `answer` and `verdict` to the ledger's declarations, and return them."""
    answer = sa.Table(
        "answer",
        ledger,
        _Col("seq", sa.Integer, primary_key=True, comment="order of the answers; the last one to a finding counts"),
        _Col("delivery_id", sa.Text, sa.ForeignKey("delivery.id"), nullable=False),
        _Col("finding", sa.Text, nullable=False, comment="id of the warning, which stays when it is judged anew"),
        _Col("rule", sa.Text, nullable=False, comment="rule of the warning"),
        _Col("text", sa.Text, nullable=False, comment="the explanation, as it was given"),
        _Col("answered_by", sa.Text, nullable=False, comment="who gave it"),
        _Col("answered_at", sa.Text, nullable=False, comment="ISO 8601, UTC"),
        sa.Index("answer_by_finding", "delivery_id", "finding"),
        comment="Explanations of warnings. Grain: one row per answer; the last of a delivery and finding counts.",
    )
    verdict = sa.Table(
        "verdict",
        ledger,
        _Col("seq", sa.Integer, primary_key=True, comment="order of the verdicts; the last one of a delivery counts"),
        _Col("delivery_id", sa.Text, sa.ForeignKey("delivery.id"), nullable=False),
        _Col("verdict", sa.Text, nullable=False, comment="accepted or refused"),
        _Col("reason", sa.Text, nullable=False, comment="why, as it was given"),
        _Col("decided_by", sa.Text, nullable=False, comment="who decided"),
        _Col("decided_at", sa.Text, nullable=False, comment="ISO 8601, UTC"),
        comment="What people decided about deliveries that were held. Grain: one row per decision.",
    )
    return answer, verdict
