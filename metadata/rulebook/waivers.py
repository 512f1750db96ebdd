"""What a provider's waivers did.

Texts and evidence; what decides is in `pipelines.checks.waivers`.
"""

from __future__ import annotations

from metadata.rulebook.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "WAIVED", "info", "set", "note",
        "{finding} Waived until {until} by {who} (rule {rule}): {reason}",
        "Nothing to do until then. The waiver stands beside the provider's declaration.",
        "No rule on data: it says what a person decided.",
        about=("rule", "until", "who"),
        waivable=False,
    ),
    Rule(
        "WAIVER-EXPIRED", "warning", "set", "note",
        "A waiver of rule {rule} would fit {rows}, but it ended on {until} ({who}).",
        "Mend the values, or have the waiver renewed with a later day; an ended waiver does nothing.",
        "No rule on data: it says what a person decided.",
        about=("rule", "until", "who"),
        waivable=False,
    ),
)
