"""Rows that belong to others.

Texts and evidence; what decides is in `pipelines.checks`.
"""

from __future__ import annotations

from metadata.rulebook.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "SCOPE-OTHER-GOAL", "info", "scope", "note",
        "Series of other goals than 12 and 13: {rows} ({names}).",
        "Nothing to do: they are counted as out of scope and stay in the raw file.",
        "Rwanda's whole data set: 1,565 of 2,218 rows.",
    ),
    Rule(
        "SCOPE-NATIONAL-SERIES", "info", "scope", "note",
        "National series, without a place in the global structure: {rows} ({names}).",
        "Nothing to do: they are counted as out of scope. If one of them is a global series under a national "
        "name, map its code.",
        "Rwanda 512 of 2,218 rows, Kenya 10 of 68, Kyrgyzstan's 6.4.1 all 262.",
    ),
    Rule(
        "SCOPE-NATIONAL-CODE", "info", "scope", "note",
        "{component}: {rows} under national codes, without a place in the global structure ({names}).",
        "Nothing to do: they are counted as out of scope and stay in the raw file.",
        "Kyrgyzstan's 13.1.1 of January 2021: 229 of 268 rows are sub-national.",
    ),
)
