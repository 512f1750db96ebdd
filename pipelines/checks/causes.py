"""Which finding is a consequence of which: two findings about the same rows, where one explains the other.

What may explain what is declared by the rules (`Rule.explained_by`); here it is decided whether it does in this
delivery, by the rows. Nothing is left out of the report: a consequence is told under its cause.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from metadata.findings import Finding, told_apart
from metadata.rules import RULES
from metadata.words import Text
from pipelines.places import ROW

if TYPE_CHECKING:
    from pipelines.checks.docket import Docket

SHARE_OF_SET = 0.5
"""A finding about rows against each other is explained when the cause touches this share of them: of two rows that
cannot be told apart, it is enough that one has the other unit. One about single rows must be explained whole."""


def hang(docket: Docket) -> list[Finding]:
    """Return the docket's findings with unique ids, each consequence with the id of its cause.

    Among several causes that one is taken which touches most of the rows, and of these the first.
    """
    found = told_apart(docket.findings)
    for position, finding in enumerate(found):
        rows = docket.touched.get(position)
        allowed = RULES[finding.rule].explained_by
        if rows is None or not allowed:
            continue
        causes = [
            (len(rows) - len(docket.without(rows, docket.touched[number])), -number)
            for number, other in enumerate(found)
            if number in docket.touched and number != position and _may_explain(other, finding, allowed)
        ]
        shared, number = max(causes, default=(0, 0))
        needed = SHARE_OF_SET if RULES[finding.rule].level == "set" else 1.0
        if shared and shared >= needed * len(rows):
            found[position] = replace(finding, because_of=found[-number].id)
    return found


def _may_explain(cause: Finding, finding: Finding, allowed: tuple[str, ...]) -> bool:
    """Say whether the rules allow it, and the two are not about different series."""
    if not {cause.rule, f"{cause.rule}:{_value(cause, 'component')}"} & set(allowed):
        return False
    ours, theirs = _value(finding, "series"), _value(cause, "series")
    return ours is None or theirs is None or ours == theirs


def _value(finding: Finding, name: str) -> object:
    """Return what a name of the sentence stands for, or the component of the examples."""
    values = finding.message.values if isinstance(finding.message, Text) else {}
    if name == "component" and finding.examples:
        return finding.examples[0].column
    return values.get(name)


def remarks(docket: Docket, found: list[Finding]) -> pl.DataFrame:
    """Return which row each warning touches: `_i` and `finding`, one row a warning and row.

    Args:
        docket: at the end of the judgement.
        found: what `hang` returned for it.
    """
    parts = [
        rows.cast(pl.UInt32).alias(ROW).to_frame().with_columns(pl.lit(found[position].id).alias("finding"))
        for position, rows in docket.touched.items() if found[position].severity == "warning"
    ]  # fmt: skip
    return pl.concat([pl.DataFrame(schema={ROW: pl.UInt32, "finding": pl.String}), *parts])
