"""Values beside those of others: areas of the same region, the custodian's estimate, what the agencies published.

Texts and evidence; what decides is in `pipelines.checks.neighbours`. All of them inform: a country may well be unlike
its neighbours, and the office knows better than an estimate.
"""

from __future__ import annotations

from metadata.rulebook.rule import Rule, Wording

RULES: tuple[Rule, ...] = (
    Rule(
        "NEIGHBOUR-OUTLIER", "info", "neighbours", "note",
        "Series {series}: far from other areas of the same region in {rows}, for example {names}.",
        "Nothing to do when the value is right. A wrong unit or a lost decimal sign looks like this.",
        "UNSD release 2020-10: 465 of 56,359 values that can be compared (0.8 %), among them Afghanistan's material "
        "consumption per head of 60 grams; 0.4 % at ten deviations, 2.2 % at four.",
        threshold="how many robust deviations (1.4826 × MAD) from the region's median are far",
    ),
    Rule(
        "ESTIMATE-BESIDE", "info", "neighbours", "note",
        "Series {series}: the agency publishes other values for {rows}, for example {names}.",
        "Nothing to do: both are kept and shown side by side. Explain a large difference, or ask the custodian.",
        "Not measured: no office's values and the agency's of the same series, area and year were at hand.",
    ),
    Rule(
        "ESTIMATE-SAME", "warning", "neighbours", "note",
        "Series {series}: {rows} are digit by digit what the agency published, for example {names}.",
        "Send the office's own figures; what was taken from the global database need not be sent back.",
        "Not measured: no office's values and the agency's of the same series, area and year were at hand.",
    ),
    Rule(
        "RELATION-HELD", "warning", "neighbours", "note",
        "Series {series} does not fit what is held of {other} in {cases} ({rows}), for example {names}.",
        "Check both; when what is held is the wrong one, send it again too. {known}",
        "Not measured: the two would have to come at different times.",
        variants={
            "parts": Wording(
                "Series {series}: the total and its parts in {dimension}, partly held from before, do not fit in "
                "{cases} ({rows}), for example {names}.",
                "Check them all; when what is held is the wrong one, send it again too. {known}",
            ),
        },
    ),
)
