"""A delivery against what is held.

Texts and evidence; what decides is in `pipelines.checks`.
"""

from __future__ import annotations

from metadata.rulebook.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "WITHDRAWN", "info", "history", "note",
        "Keys that were current and were not sent again: {keys} of {scope} in the delivery's scope. They are "
        "withdrawn.",
        "Nothing to do when they were meant to go; they stay in the history.",
        "Rwanda from November 2025 to February 2026: 0 of 69 keys in scope.",
    ),
    Rule(
        "WITHDRAWAL-LARGE", "error", "history", "hold",
        "Loading {delivery} would withdraw {keys} of {scope} keys ({share} %), so it is held.",
        "If they are meant to go, submit it with --confirm-withdrawal; else send the whole scope.",
    ),
    Rule(
        "KEY-HELD", "info", "history", "note",
        "Former values that stay current, because their new rows are in quarantine: {keys}.",
        "Mend the rows that are kept back; until then readers see the values of before.",
    ),
    Rule(
        "LEFT-TO-LATER", "info", "history", "note",
        "Keys that are held already from a later delivery, whose values stay current: {keys}.",
        "Nothing to do.",
    ),
)
