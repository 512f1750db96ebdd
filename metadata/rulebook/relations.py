"""Values of a delivery against each other: totals and parts, shares, order, gaps, units within a series.

Texts and evidence; what decides is in `pipelines.checks`. The relations themselves stand in the declarations of the
series, each with its tolerance, its severity and how often it held.
"""

from __future__ import annotations

from metadata.rulebook.rule import Rule, Wording

RULES: tuple[Rule, ...] = (
    Rule(
        "TOTAL-PARTS", "error", "set", "quarantine",
        "Series {series}: {total} is not the sum of its parts in {dimension} in {cases} ({rows}), for example {names}.",
        "Nobody can tell which of the values is wrong: check all of them. {known}",
        "UNSD release 2020-10: 0 of 3,074 totals of material consumption, 0 of 3,068 per head, 0 of 1,232 of tourism "
        "accounts, 0 of 1,362 of persons affected were broken.",
        variants={
            "series": Wording(
                "Series {series} is not the sum of {other} in {cases} ({rows}), for example {names}.",
                "Nobody can tell which of the values is wrong: check all of them. {known}"
            ),
            "at_least": Wording(
                "Series {series}: {total} is less than its parts in {dimension} together in {cases} ({rows}), for "
                "example {names}.",
                "Nobody can tell which of the values is wrong: check all of them. {known}",
            ),
            "at_least_each": Wording(
                "Series {series}: {total} is less than one of its parts in {dimension} in {cases} ({rows}), for "
                "example {names}.",
                "Nobody can tell which of the values is wrong: check all of them. {known}",
            ),
        },
        about=("series", "dimension", "other"),
    ),
    Rule(
        "SHARE-PARTS", "error", "set", "quarantine",
        "Series {series} is not {share} in {cases} ({rows}), for example {names}.",
        "Nobody can tell which of the values is wrong: check all of them. {known}",
        "UNSD release 2020-10: broken in 1 of 964 cases, of which Guatemala 2015 is a true one (15 of 8 local "
        "governments, given as 100 per cent).",
        about=("series", "share"),
    ),
    Rule(
        "SERIES-ABOVE", "error", "set", "quarantine",
        "Series {series} is larger than {other} in {cases} ({rows}), for example {names}.",
        "Nobody can tell which of the values is wrong: check all of them. {known}",
        "UNSD release 2020-10: SG_DSR_SILN above SG_GOV_LOGV in 1 of 252 cases, Guatemala 2015, a true one.",
        about=("series", "other"),
    ),
    Rule(
        "SERIES-UNEQUAL", "error", "set", "quarantine",
        "Series {series} is not equal to {other} in {cases} ({rows}), for example {names}.",
        "Nobody can tell which of the values is wrong: check all of them. {known}",
        "No published pair of series must be equal today; the rule is there for declarations that say so.",
        about=("series", "other"),
    ),
    Rule(
        "STEPS-RISING", "warning", "set", "quarantine",
        "Series {series}: a later step of {dimension} is larger than one before it in {cases} ({rows}), for example "
        "{names}.",
        "A country that took a later step took the ones before it: check both. {known}",
        "Our proposal: the series with these steps came after the releases at hand.",
        about=("series", "dimension"),
    ),
    Rule(
        "PER-CAPITA-TOTAL", "error", "set", "quarantine",
        "Series {series} is a figure per head, and is the total {other} itself in {cases} ({rows}), for example "
        "{names}.",
        "Divide the total by the population, or send it under {other} alone.",
        "UNSD release 2020-10: 0 of 64,461 pairs of a total and its figure per head; they imply 8,779 to 7.55 billion "
        "people.",
        variants={
            "few": Wording(
                "Series {series} times a plausible population cannot be {other} in {cases} ({rows}), for example "
                "{names}.",
                "Check the units: {other} / {series} must be a number of people. One of the two may be in another "
                "unit.",
            ),
        },
        about=("series", "other"),
    ),
    Rule(
        "PARTS-OF-HUNDRED", "warning", "set", "note",
        "Series {series} is in {unit}, and its codes of {dimension} add up to 100 in {cases} ({rows}), for example "
        "{names}: they look like percentages.",
        "Send the amounts, or the percentages under a series that is measured in per cent.",
        "It fired on nothing in the UN releases of 2020 and 2021 measured.",
        about=("series", "dimension"),
    ),
    Rule(
        "SERIES-GAP", "info", "set", "note",
        "Series {series}: years are missing inside {keys}, for example {names}.",
        "Nothing to do when there are no values; else send them. What is known to be missing can be sent without a "
        "value, with OBS_STATUS M.",
        "UNSD release 2020-10 and two tables of the portal: 882 gaps in 154,681 observations; what "
        "a gap means is not known.",
        threshold="how many years in a row may be missing without a word",
    ),
    Rule(
        "UNIT-MIXED", "warning", "set", "note",
        "{component}: series {series} has more than one within {keys} ({rows}), for example {names}.",
        "Send a series key in one unit, one multiplier and one base period; convert the values that differ.",
        "0 of the series keys in the published national messages and in the UNSD release of 2020-10.",
    ),
    Rule(
        "NATURE-NOT-NATIONAL", "warning", "set", "note",
        "NATURE: {value}, {meaning}, in {rows} of an office: such a value is not the country's own.",
        "Send the office's own figures, marked C (country data) or CA (country adjusted). What the office only "
        "passes on from the global database need not be sent.",
        "0 of the 18 published national messages, whose NATURE is C or _X; 7 of 33 rows of our sample, which come "
        "from a global database on purpose.",
        about=("value",),
    ),
    Rule(
        "SOURCE-GLOBAL", "warning", "set", "note",
        '{component}: a global database is named as the source in {rows}, for example "{value}".',
        "Global figures come from the agency itself. Send the office's own figures, with their national source.",
        "0 of the 18 published national messages; 18 of 33 rows of our sample, which come from a global "
        "database on purpose.",
    ),
)
