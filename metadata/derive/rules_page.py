"""The catalogue of rules as a page: `docs/rules.md`, made from `metadata.rules` and from nothing else.

`sdg rules list --format markdown` prints it; a test compares the page that is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from metadata.rulebook.rule import NOT_MEASURED, Level, Rule
from metadata.rules import RULES

COMMAND = "sdg rules list --format markdown > docs/rules.md"
LEVELS: Mapping[Level, str] = {
    "file": "The delivery as a whole, and what a reader notices",
    "map": "The provider's code map and corrections",
    "scope": "Rows that belong to others",
    "row": "Codes, attributes, numbers and periods of a row",
    "set": "Rows of a delivery against each other",
    "history": "A delivery against what is held",
    "neighbours": "Values beside those of other areas and of custodians",
}
EFFECTS = {
    "reject": "refuses the delivery",
    "quarantine": "keeps the rows back when it is an error",
    "set_aside": "keeps the rows back, whatever its severity",
    "hold": "holds the delivery until a person decides",
    "note": "says so, and changes nothing",
}
_SPECIAL = re.compile(r"([\\`*\[\]<>|#]|(?<!\w)_|_(?!\w))")


def rules_page() -> str:
    """Return the page as Markdown: a table of all rules, then each rule with its texts and its evidence."""
    lines = [
        "# Rules of judgement",
        "",
        f"Made from the catalogue in `metadata/rulebook` by `{COMMAND}`; do not edit it by hand.",
        "A finding names its rule; `sdg rules show RULE` says the same on a terminal. Names in braces are filled in.",
        "",
    ]
    for level in get_args(Level):
        rules = of_level(level)
        if rules:
            lines += [f"## {LEVELS[level]}", ""]
            for rule in rules:
                lines += _rule(rule)
    return "\n".join(lines).rstrip("\n") + "\n"


def of_level(level: str) -> list[Rule]:
    """Return the rules of a level, in the order of the catalogue."""
    return [rule for rule in RULES.values() if rule.level == level]


def _rule(rule: Rule) -> list[str]:
    lines = [f"### {rule.id}", "", f"{rule.severity}; level {rule.level}; {EFFECTS[rule.effect]}.", ""]
    lines += [f"- Says: {_plain(rule.sentence)}", f"- How to mend: {_plain(rule.hint)}"]
    for name, wording in rule.variants.items():
        lines += [f"- Says ({_plain(name)}): {_plain(wording.sentence)}", f"- How to mend: {_plain(wording.hint)}"]
    measured = "not measured yet." if rule.evidence == NOT_MEASURED else _plain(rule.evidence)
    return [*lines, f"- Evidence: {measured}", ""]


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
