"""The rules on a terminal, and as JSON. The page is in `metadata.derive.rules_page`."""

from __future__ import annotations

import json
from typing import Any

from metadata.derive.rules_page import EFFECTS, LEVELS, of_level
from metadata.rules import RULES, Rule
from pipelines.show import wrap


def list_text(level: str | None = None) -> str:
    """Return the ids with severity and sentence, a group a level, at most 80 columns wide."""
    parts = []
    for one, heading in LEVELS.items():
        rules = of_level(one) if level in (None, one) else []
        if rules:
            parts.append("\n".join([f"{heading} ({one})", *(_line(rule) for rule in rules)]))
    return "\n\n".join(parts)


def _line(rule: Rule) -> str:
    return f"  {rule.id} ({rule.severity})\n{wrap(rule.sentence, indent='      ')}"


def rule_text(rule: Rule) -> str:
    """Return all that is known of a rule."""
    lines = [f"{rule.id}: {rule.severity}, level {rule.level}; {EFFECTS[rule.effect]}", ""]
    lines += ["Says", wrap(rule.sentence, indent="  "), "How to mend", wrap(rule.hint, indent="  ")]
    for name, wording in rule.variants.items():
        lines += [f"Says ({name})", wrap(wording.sentence, indent="  ")]
        lines += ["How to mend", wrap(wording.hint, indent="  ")]
    return "\n".join([*lines, "Evidence", wrap(rule.evidence, indent="  ")])


def rule_json(rule: Rule) -> str:
    """Return a rule for programs."""
    return json.dumps(as_dict(rule), ensure_ascii=False, indent=2)


def rules_json(level: str | None = None) -> str:
    """Return the catalogue for programs."""
    rules = [as_dict(rule) for rule in RULES.values() if level in (None, rule.level)]
    return json.dumps(rules, ensure_ascii=False, indent=2)


def as_dict(rule: Rule) -> dict[str, Any]:
    """Return a rule as JSON keeps it."""
    return {
        "id": rule.id,
        "severity": rule.severity,
        "level": rule.level,
        "effect": rule.effect,
        "sentence": rule.sentence,
        "hint": rule.hint,
        "variants": {name: wording._asdict() for name, wording in rule.variants.items()},
        "evidence": rule.evidence,
    }
