"""The catalogue of rules: no rule that nobody uses or tests, no finding outside of it, whole sentences."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from metadata.findings import SEVERITIES
from metadata.rules import RULES, Rule

ROOT = Path(__file__).resolve().parents[2]
RULE_ID = re.compile(r"^[A-Z]+(?:-[A-Z]+)*$")


def _texts_in(tree: ast.AST) -> set[str]:
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


def used_rules(modules: Iterable[Any]) -> set[str]:
    """Return the rule ids that stand as a text anywhere in the code, the catalogue itself aside."""
    texts: set[str] = set()
    for module in modules:
        if not module.path.startswith(("metadata/rules.py", "metadata/rulebook/")):
            texts |= _texts_in(module.tree)
    return texts & set(RULES)


def named_findings(modules: Iterable[Any]) -> list[tuple[str, str]]:
    """Return (place, rule id) of every `finding("…")` and `Finding("…")` whose rule is written out."""
    return [
        (f"{module.path}:{node.lineno}", node.args[0].value)
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and node.args
        if getattr(node.func, "id", getattr(node.func, "attr", "")) in ("finding", "Finding")
        if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    ]


def test_every_rule_is_used(modules: Any) -> None:
    assert sorted(set(RULES) - used_rules(modules)) == [], "rules that nothing can find any more"


def test_every_finding_is_in_the_catalogue(modules: Any) -> None:
    found = named_findings(modules)
    assert found, "no finding is made by name: this test would hold for an empty house"
    assert [(place, rule) for place, rule in found if rule not in RULES] == []


def test_every_rule_is_tested_by_name() -> None:
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if "house" not in path.parts]
    named = {rule for rule in RULES for path in tests if f'"{rule}"' in path.read_text(encoding="utf-8")}
    assert sorted(set(RULES) - named) == [], "rules that no test names"


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_is_whole(rule: Rule) -> None:
    assert RULE_ID.match(rule.id)
    assert rule.severity in SEVERITIES
    assert rule.level in ("file", "map", "scope", "row", "set", "history", "neighbours")
    assert rule.evidence.endswith("."), "evidence is a sentence"
    for variant in (None, *rule.variants):
        sentence, hint = rule.wording(variant)
        assert re.search(r"[.}]$", sentence), f"{sentence!r} does not end like a sentence"
        assert re.search(r"[.}]$", hint), f"{hint!r} does not end like a sentence"
        assert "  " not in sentence + hint, "two spaces: a seam of two strings"


def test_only_errors_refuse_a_delivery_or_hold_it() -> None:
    """An information keeps no row back either, unless the rule has a graver variant of itself."""
    soft = [rule.id for rule in RULES.values() if rule.effect in ("reject", "hold") and rule.severity != "error"]
    assert soft == []
    milder = [rule.id for rule in RULES.values() if rule.effect == "quarantine" and rule.severity == "info"]
    assert [rule for rule in milder if not RULES[rule].variants] == []


def test_a_dead_rule_would_be_seen(parse: Any) -> None:
    assert used_rules([parse('finding("CODE-UNKNOWN", places=1)', "pipelines/a.py")]) == {"CODE-UNKNOWN"}
    assert used_rules([parse('X = "CODE-UNKNOWN"', "metadata/rules.py")]) == set()
    assert named_findings([parse('f(finding("NO-RULE", places=1))', "a.py")]) == [("a.py:1", "NO-RULE")]
