"""Codes of a row, one by one and in combination.

Texts and evidence; what decides is in `pipelines.checks`.
"""

from __future__ import annotations

from metadata.rulebook.rule import Rule, Wording

RULES: tuple[Rule, ...] = (
    Rule(
        "CODE-UNKNOWN", "error", "row", "quarantine",
        '{component}: "{value}" is not a code of {codelist}.',
        "{suggestion}",
        "Rwanda February 2026: 61 rows under 5 series codes that structure 1.14 does not have.",
        variants={
            "many": Wording(
                "{component}: {count} different values are not codes of {codelist}, for example {names}.",
                "{suggestion} The whole column may hold something else, such as names instead of codes.",
            ),
            "column": Wording(
                "{component}: none of the {count} different values in {rows} is a code of {codelist}: {names}.",
                "The whole column is written in another way. {suggestion}",
            ),
            "national": Wording(
                '{component}: "{value}" is not a code of {codelist}, which knows areas by their number.',
                "{suggestion}",
            ),
        },
        waivable=False,
        about=("component", "value"),
    ),
    Rule(
        "DIMENSION-MISSING", "error", "row", "quarantine",
        "{component} is empty in {rows}; every dimension needs a code.",
        "Fill in {component}; a dimension without breakdown is _T.",
        "0 of 487 rows in scope of the 18 published national messages, 0 of 154,681 published UN observations.",
        waivable=False,
    ),
    Rule(
        "SERIES-NOT-DECLARED", "error", "row", "quarantine",
        "SERIES: {value} belongs to goal 12 or 13 ({indicators}), but no indicator file declares it.",
        "The data officer declares the series in the file of its indicator; then judge the delivery again.",
        "0 of 487 rows in scope of the 18 published national messages, 0 of 154,681 published UN observations.",
        waivable=False,
        about=("value",),
    ),
    Rule(
        "CODE-NOT-ALLOWED", "error", "row", "quarantine",
        "{component}: {value} is a code of {codelist}, but series {series} does not use it.",
        "Use {allowed}.",
        "0 of 487 rows in scope of the 18 published national messages, 0 of 154,681 published UN observations.",
        about=("component", "series", "value"),
    ),
    Rule(
        "BREAKDOWN-NOT-DECLARED", "info", "row", "note",
        "{component}: series {series} is broken down by {names} in {rows}; its declaration does not say so.",
        "Nothing to do: such rows are loaded. The data officer may declare the codes that make sense.",
        "Kyrgyzstan sends disaster deaths by SEX.",
    ),
    Rule(
        "AREA-NOT-PROVIDERS", "error", "row", "quarantine",
        "REF_AREA: {value} ({name}) is not an area of {provider}, which reports for {areas}.",
        "Send only the areas of {provider}; another area's data come from its own office.",
        "0 of the 18 published national messages measured.",
        waivable=False,
        about=("value",),
    ),
    Rule(
        "SERIES-RETIRED", "info", "row", "note",
        "SERIES: {value} is {status}{heirs}. Loaded under the old code: {rows}.",
        "Send new data under the series in force.",
        "Series of 12.c.1 changed three times in six years, those of 13.2.2 twice.",
        about=("value",),
    ),
    Rule(
        "DELETE-REFUSED", "error", "row", "note",
        "Action Delete in {rows} names no whole series key of the provider, so nothing is withdrawn there.",
        "Give all dimensions and the period of each value that is taken back, in codes of the structure.",
        "0 of the 18 published national messages; none of them deletes.",
        waivable=False,
    ),
)
