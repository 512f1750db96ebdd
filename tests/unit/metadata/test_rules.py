"""The catalogue of rules: every rule has words, and a finding is made of them and of nothing else."""

from __future__ import annotations

import re

import pytest

from metadata.errors import SdgError
from metadata.findings import Example
from metadata.rules import RULES, Rule, finding, rows_in_words

WORDINGS = [(rule, variant) for rule in RULES.values() for variant in (None, *rule.variants)]


@pytest.mark.parametrize(("rule", "variant"), WORDINGS, ids=lambda value: getattr(value, "id", value or "plain"))
def test_every_wording_is_whole_once_it_is_filled_in(rule: Rule, variant: str | None) -> None:
    values = {name: f"<{name}>" for name in rule.placeholders(variant)}
    found = finding(rule.id, places=2, variant=variant, **values)
    for text in (found.message, found.hint):
        assert text.strip() == text
        assert "{" not in text
        assert "}" not in text
    assert found.message.endswith((".", ">"))
    assert all(f"<{name}>" in found.message + found.hint for name in values)
    assert found.severity == rule.severity


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_every_rule_says_what_it_is(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]+(-[A-Z]+)*", rule.id)
    assert RULES[rule.id] is rule
    assert len(rule.evidence) > 10
    if rule.effect in ("reject", "hold") and rule.id != "ALREADY-RECEIVED":
        assert rule.severity == "error"


def test_only_five_examples_are_kept_and_places_count_all() -> None:
    examples = [Example(line=number) for number in range(400)]
    found = finding("KEY-EQUAL", places=400, examples=examples, series="EN_HAZ_PCAP")
    assert found.places == 400
    assert [example.line for example in found.examples] == [0, 1, 2, 3, 4]
    assert found.message == (
        "Series EN_HAZ_PCAP: keys given again with the same value in 400 rows; the first of each was kept."
    )


def test_rows_are_counted_in_words() -> None:
    assert [rows_in_words(count) for count in (1, 2, 1565)] == ["1 row", "2 rows", "1,565 rows"]


def test_a_declaration_may_change_the_severity() -> None:
    values = {"series": "X", "range": "0 to 1", "value": "2", "unit": "PT", "note": ""}
    assert finding("VALUE-RANGE", places=1, severity="info", **values).severity == "info"


def test_an_unknown_rule_is_a_fault() -> None:
    with pytest.raises(SdgError, match=r"There is no rule NO-SUCH in the catalogue of rules\."):
        finding("NO-SUCH", places=1)


def test_an_unknown_variant_is_a_fault() -> None:
    with pytest.raises(SdgError, match=r"Rule KEY-EQUAL has no variant odd\."):
        finding("KEY-EQUAL", places=1, variant="odd", series="X")


def test_a_missing_value_is_a_fault() -> None:
    with pytest.raises(SdgError, match=r"A finding of rule CODE-UNKNOWN needs codelist, suggestion\."):
        finding("CODE-UNKNOWN", places=1, component="SEX", value="Male")


@pytest.mark.parametrize(
    ("rule", "values", "message"),
    [
        (
            "WITHDRAWN",
            {"keys": 3, "scope": 69},
            "Keys that were current and were not sent again: 3 of 69 in the delivery's scope. They are withdrawn.",
        ),
        (
            "WITHDRAWAL-LARGE",
            {"keys": 30, "scope": 69, "share": 43, "delivery": "RWA-0123456789ab"},
            "Loading RWA-0123456789ab would withdraw 30 of 69 keys (43 %), so it is held.",
        ),
        (
            "KEY-HELD",
            {"keys": 2},
            "Former values that stay current, because their new rows are in quarantine: 2.",
        ),
        (
            "LEFT-TO-LATER",
            {"keys": 4},
            "Keys that are held already from a later delivery, whose values stay current: 4.",
        ),
    ],
)
def test_what_the_warehouse_tells_of_its_history(rule: str, values: dict[str, object], message: str) -> None:
    found = finding(rule, places=int(str(values["keys"])), **values)
    assert (found.message, found.places) == (message, values["keys"])
    assert found.severity == RULES[rule].severity
