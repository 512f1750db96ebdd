"""The page of rules: made from the catalogue, complete, and the one that is kept."""

from __future__ import annotations

from pathlib import Path

from metadata.derive.rules_page import COMMAND, EFFECTS, LEVELS, rules_page
from metadata.rules import RULES


def test_the_page_that_is_kept_is_the_page_of_the_catalogue(project_root: Path) -> None:
    kept = (project_root / "docs" / "rules.md").read_text(encoding="utf-8")
    assert kept == rules_page(), f"docs/rules.md is not what the rules say; renew it with: {COMMAND}"


def test_the_page_has_every_rule_once_with_all_its_words() -> None:
    page = rules_page()
    for rule in RULES.values():
        assert page.count(f"\n### {rule.id}\n") == 1
        assert rule.level in LEVELS
        assert rule.effect in EFFECTS
        part = page.split(f"\n### {rule.id}\n")[1].split("\n##")[0].replace("\\", "")
        for wording in (rule.wording(), *rule.variants.values()):
            assert f": {wording.sentence}\n" in part
            assert f"- How to mend: {wording.hint}\n" in part
        assert f"{rule.severity}; level {rule.level}; " in part
        assert "- Evidence: " in part
