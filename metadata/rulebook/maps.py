"""The provider's map and corrections.

Texts and evidence; what decides is in `pipelines.checks`.
"""

from __future__ import annotations

from metadata.rulebook.rule import Rule, Wording

RULES: tuple[Rule, ...] = (
    Rule(
        "MAP-CHANGED", "info", "map", "note",
        "Changed by a reviewed rule of the code map ({condition}): {rows}, {change}. {reason}",
        "Nothing to do. The rule is in the provider's code map.",
        "No rule on data: it says what a reviewed map did.",
        about=("condition", "change"),
    ),
    Rule(
        "MAP-QUARANTINE", "warning", "map", "set_aside",
        "Kept back by a reviewed rule of the code map ({condition}): {rows}. {reason}",
        "Send these values under a series that means what they are, or not at all.",
        "Kyrgyzstan's 12.4.2 of July 2025: 18 of 28 rows.",
        about=("condition",),
    ),
    Rule(
        "REPORTING-TYPE", "info", "map", "quarantine",
        "REPORTING_TYPE: an office's data are national; {value} in {rows} was taken as N.",
        "Send N (national) in REPORTING_TYPE.",
        "Kenya marks all 68 rows of its message G.",
        variants={
            "refused": Wording(
                'REPORTING_TYPE: an office\'s data are national; "{value}" in {rows} is not.',
                "Use N (national), or have the provider's code map turn {value} into N.",
            )
        },
        about=("value",),
    ),
    Rule(
        "CORRECTION-APPLIED", "info", "map", "note",
        "Correction {correction} was applied to {rows} ({action}). {reason}",
        "Nothing to do here. The correction can go once the source is mended (status: {status}).",
        "No rule on data: it says what a declared correction did.",
        about=("correction",),
    ),
    Rule(
        "CORRECTION-STALE", "error", "map", "note",
        "Correction {correction} was not applied: {cause}.",
        "The source may have been mended. Check the value, then remove the correction or renew its guard.",
        "No rule on data: it says that a declared correction no longer fits.",
        about=("correction",),
    ),
)
