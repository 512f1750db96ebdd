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
ABOUT = ("component", "series", "indicator", "ref_area")
"""What tells causes of a rule apart where the rule does not say: what its sentence is about, never how many rows."""


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
        threshold: what the number means that a series' declaration may set for the rule (`rules`); empty when the
            rule has none.
        waivable: False where the rows could not be loaded even if nobody minded: no key, no number, no unit.
        about: names of the values that tell one cause of the rule from another, beside the variant. They make the id
            of a finding, so nothing that changes with the number of rows may be among them.
        explained_by: rules whose finding, where it touches the same rows, is the cause of a finding of this rule:
            `UNIT-OTHER`, or `CODE-UNKNOWN:FREQ` when only a finding about that component is. The consequence is
            reported under its cause.
    """

    id: str
    severity: Severity
    level: Level
    effect: Effect
    sentence: str
    hint: str
    evidence: str = NOT_MEASURED
    variants: Mapping[str, Wording] = field(default_factory=dict)
    threshold: str = ""
    waivable: bool = True
    about: tuple[str, ...] = ABOUT
    explained_by: tuple[str, ...] = ()

    def placeholders(self, variant: str | None = None) -> frozenset[str]:
        """Return the names that the sentence and the hint ask for (`rows` and `places` are always there)."""
        names = {name for text in self.wording(variant) for _, name, _, _ in Formatter().parse(text) if name}
        return frozenset(names - {"rows", "places"})

    def wording(self, variant: str | None = None) -> Wording:
        """Return the sentence and the hint, of a variant when one is named."""
        return Wording(self.sentence, self.hint) if variant is None else self.variants[variant]
