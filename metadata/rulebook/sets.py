"""Rows of a delivery against each other.

Texts and evidence; what decides is in `pipelines.checks`.
"""

from __future__ import annotations

from metadata.rulebook.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "KEY-EQUAL", "warning", "set", "note",
        "Series {series}: keys given again with the same value in {rows}; the first of each was kept.",
        "Send every series key and period once.",
        "0 in a UN export of 2021 (8,037 rows); UN releases have had duplicate rows of 15.9.1.",
        waivable=False,
        explained_by=("COMPONENT-UNKNOWN",),
    ),
    Rule(
        "KEY-UNEQUAL", "error", "set", "quarantine",
        "Series {series}: {keys} given more than once with different values ({rows}), for example {names}.",
        "Send one value for each series key and period. What the rows differ in belongs in a dimension.",
        "Kyrgyzstan's 12.4.2 and 13.1.1 of 2019: two keys each with three different values.",
        waivable=False,
        explained_by=("COMPONENT-UNKNOWN", "UNIT-OTHER"),
    ),
    Rule(
        "TWIN-UNEQUAL", "error", "set", "quarantine",
        "Series {series}: {keys} different values under different indicators ({rows}), for example {names}.",
        "The series is one, whatever number it stands under: send one value.",
        "VC_DSR_MTMP in UNSD's release 2019.Q1: 854 keys under 1.5.1, 11.5.1 and 13.1.1; none differs.",
        waivable=False,
    ),
)
