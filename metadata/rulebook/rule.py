"""What a rule is: its id, level, severity, effect, words and evidence.

The rules themselves stand beside this module, a module a level; `metadata.rules` puts them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Literal, NamedTuple

from metadata.findings import Severity

Level = Literal["file", "map", "scope", "row", "set", "history", "neighbours"]
Effect = Literal["reject", "quarantine", "set_aside", "hold", "note"]

NOT_MEASURED = "Not measured yet."


class Wording(NamedTuple):
    """A sentence and a hint, both with `{names}` to be filled in."""

    sentence: str
    hint: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of judgement.

    Attributes:
        id: how findings name it.
        severity: the severity of its findings, unless the declaration of a series says otherwise.
        level: what is looked at: the file, the map, the scope, one row, a set of rows, what is held already.
        effect: what an error finding of this rule does to the rows or the delivery.
        sentence: what was found and expected; `{names}` are filled in by `finding`.
        hint: how to mend it.
        evidence: how often it held or fired on published data.
        variants: other sentences and hints for the same rule, by a short name.
    """

    id: str
    severity: Severity
    level: Level
    effect: Effect
    sentence: str
    hint: str
    evidence: str = NOT_MEASURED
    variants: Mapping[str, Wording] = field(default_factory=dict)

    def placeholders(self, variant: str | None = None) -> frozenset[str]:
        """Return the names that the sentence and the hint ask for (`rows` and `places` are always there)."""
        names = {name for text in self.wording(variant) for _, name, _, _ in Formatter().parse(text) if name}
        return frozenset(names - {"rows", "places"})

    def wording(self, variant: str | None = None) -> Wording:
        """Return the sentence and the hint, of a variant when one is named."""
        return Wording(self.sentence, self.hint) if variant is None else self.variants[variant]
