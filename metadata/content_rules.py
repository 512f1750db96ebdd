"""The catalogue of rules on the wording of declarations, and a remark: one place where one of them is broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from metadata.declarations import DeclaredFile
from metadata.yaml_nodes import Loc

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class ContentRule:
    """A rule on the wording.

    Attributes:
        id: `WRONG-NUMBER`.
        severity: errors make `sdg metadata lint` end with 1, warnings do not.
        says: what must hold, in one sentence.
        seen: the defect in official metadata that it would have found, or why it is there.
    """

    id: str
    severity: Severity
    says: str
    seen: str


_RULES = (
    ContentRule("WRONG-NUMBER", "error",
        "A text names no other indicator by its bare number; “indicator 12.2.1” in full is allowed, the own number and"
        " those of twins are too.",
        "Sheets that were made from another's and kept its number."),
    ContentRule("OTHER-SHEET", "error",
        "The texts are about this indicator: none opens with another's number, and no other number stands in three"
        " concepts or more where the own stands in none.",
        "The sheet of 12.a.1 with the text of 7.b.1, that of 11.5.1 with the text of 13.1.1."),
    ContentRule("TITLE-OTHER", "error",
        "A title is not that of another indicator.",
        "Burundi's data of 12.2.1 under the title “Population growth rate”."),
    ContentRule("CONCEPT-EMPTY", "error",
        "Every concept that is written has a text, be it that nothing is known.",
        "COMPARABILITY got lost in several sheets."),
    ContentRule("LANGUAGE-MISSING", "error",
        "Every text stands in English and French.",
        "Sheets whose translation ends half way."),
    ContentRule("SOURCE-MISSING", "error",
        "Every text names its source and the date that the source states.",
        "No official text does."),
    ContentRule("CORE-NOT-KNOWN", "warning",
        "Definition, computation, data source and organisation are known.",
        "An indicator without a definition cannot be used."),
    ContentRule("STALE", "error",
        "The texts were read through within two rounds of collection, at least two years and at most three.",
        "Sheets of 2018 that speak of plans for 2019."),
    ContentRule("STALE-UNSAID", "warning",
        "A calendar that rests on an older source says from which year it dates.",
        "FREQ_COLL “2015 –” in a sheet of 2018."),
    ContentRule("DATE-FUTURE", "error",
        "No date is after today.",
        "A slip of the pen."),
    ContentRule("UNIT-NAME", "error",
        "The unit of a series is the one that its name says.",
        "EN_HAZ_PCAP, whose name says Kg, in tonnes in the draft constraints."),
    ContentRule("MARKUP", "error",
        "A text holds no HTML or MathML, no base64 and no character entities.",
        "Images and formulas inside the sheets' text."),
    ContentRule("COPIED", "error",
        "A concept is not that of another indicator: less than four fifths of the pairs of words are the same."
        " Organisations and contacts may be, and so may twins.",
        "Wrong-file copies among the sheets."),
    ContentRule("TOO-LONG", "error",
        "A text has at most 20,000 characters.",
        "Images inside the sheets' text."),
    ContentRule("WAIVER-UNUSED", "warning",
        "A waiver names a rule and stands for a remark that there is.",
        "Waivers outlive their reason."),
)  # fmt: skip

RULES: Mapping[str, ContentRule] = MappingProxyType({rule.id: rule for rule in _RULES})
"""The rules by id."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A rule that is broken at one place.

    Attributes:
        rule: its id.
        severity: of the rule.
        where: `file:line:column`.
        what: one sentence.
        hint: what to do, or None.
        about: the series, the concept or the indicator that it is about; a waiver names it.
    """

    rule: str
    severity: Severity
    where: str
    what: str
    hint: str | None
    about: str

    @classmethod
    def at(
        cls,
        file: DeclaredFile,
        rule: str,
        loc: Loc,
        what: str,
        hint: str | None = None,
        *,
        about: str,
        fragment: str | None = None,
        key: bool = False,
    ) -> Remark:
        """Return a remark at a place of a file, or at a fragment of the text that stands there."""
        where = file.source.mark(loc, key=key) if fragment is None else file.source.mark_of(loc, fragment)
        return cls(rule, RULES[rule].severity, where, what, hint, about)

    def __str__(self) -> str:
        """Return `file:line:column: severity RULE: sentence`."""
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.where}: {self.severity} {self.rule}: {self.what}{hint}"
