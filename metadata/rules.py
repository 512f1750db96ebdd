"""The catalogue of rules: what can be found about a delivery, in which words, and on what evidence.

Every finding is made here by `finding`, so a sentence is written once, in plain English: what was found, what
was expected; the hint says how to mend it. How a rule is decided is not here but in `pipelines.checks` (rows,
codes, sets) and `warehouse.observations` (history). `evidence` says how often the rule held, or would have
fired, on published data; severities follow from it.

A rule with `effect` "reject" refuses the delivery, "quarantine" keeps back the rows it touches (when the
finding is an error), "set_aside" does so whatever the severity, "note" leaves them as they are.
The rules' texts stand in `metadata.rulebook`, a module a level. Findings keep what their sentences were made of
(`metadata.words`), so that they can be said in another language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from metadata.errors import SdgError
from metadata.findings import EXAMPLES_KEPT, Example, Finding, Severity, cause_id
from metadata.rulebook import (
    codes,
    files,
    history,
    maps,
    neighbours,
    reading,
    relations,
    rows,
    scopes,
    sets,
    waivers,
)
from metadata.rulebook.rule import Effect, Level, Rule, Wording
from metadata.words import Text, counted, text

__all__ = [
    "EXPLAINING", "RULES", "Effect", "Level", "Rule", "Wording", "finding", "rows_in_words", "settable", "waivable",
]

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.id: rule
        for rule in (
            *reading.RULES, *files.RULES, *maps.RULES, *scopes.RULES, *codes.RULES, *rows.RULES, *sets.RULES,
            *relations.RULES, *history.RULES, *neighbours.RULES, *waivers.RULES,
        )
    }
)
"""Every rule by its id, in the order of judgement."""

EXPLAINING: frozenset[str] = frozenset(
    name
    for rule in RULES.values() if rule.explained_by
    for name in (rule.id, *(cause.partition(":")[0] for cause in rule.explained_by))
)  # fmt: skip
"""Rules that take part in an explanation: consequences and their causes."""


def settable(rule_id: str) -> bool:
    """Say whether a series' declaration may set the severity of a rule: it is about rows, sets of rows, or history.

    Severities of identities and ranges stand in the identity and the range; `rules` of the series goes before them.
    """
    return RULES[rule_id].level in ("row", "set", "history", "neighbours") and RULES[rule_id].waivable


def waivable(rule_id: str) -> bool:
    """Say whether a provider may waive a rule: its rows could be loaded if nobody minded."""
    return settable(rule_id) and RULES[rule_id].effect in ("quarantine", "note")


def rows_in_words(count: int) -> Text:
    """Return `1 row` or `1,565 rows`."""
    return counted("{count} row", "{count} rows", count)


def finding(
    rule_id: str,
    *,
    places: int,
    examples: Iterable[Example] = (),
    severity: Severity | None = None,
    variant: str | None = None,
    **values: object,
) -> Finding:
    """Return a finding in the words of its rule.

    Args:
        rule_id: id in `RULES`.
        places: number of rows touched; 1 for the file as a whole.
        examples: the first places; only `EXAMPLES_KEPT` are kept.
        severity: another severity than the rule's, where a declaration says so.
        variant: name of another sentence of the rule.
        **values: what the placeholders of the sentence and the hint stand for. `places` and `rows`
            ("17 rows") are added.

    Raises:
        SdgError: the rule or the variant does not exist, or a value is missing: a fault of the program.
    """
    rule = RULES.get(rule_id)
    if rule is None:
        raise SdgError(f"There is no rule {rule_id} in the catalogue of rules.")
    if variant is not None and variant not in rule.variants:
        raise SdgError(f"Rule {rule_id} has no variant {variant}.")
    missing = rule.placeholders(variant) - values.keys()
    if missing:
        raise SdgError(f"A finding of rule {rule_id} needs {', '.join(sorted(missing))}.")
    sentence, hint = rule.wording(variant)
    words = {"rows": rows_in_words(places), "places": places, **values}
    kept = tuple(examples)[:EXAMPLES_KEPT]
    return Finding(
        rule_id, severity or rule.severity, places, text(sentence, **words), text(hint, **words), kept,
        id=cause_id(rule_id, variant, *(f"{name}={values[name]}" for name in rule.about if name in values)),
    )  # fmt: skip
