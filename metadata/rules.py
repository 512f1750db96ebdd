"""The catalogue of rules: what can be found about a delivery, in which words, and on what evidence.

Every finding is made here by `finding`, so a sentence is written once, in plain English: what was found, what
was expected; the hint says how to mend it. How a rule is decided is not here but in `pipelines.checks` (rows,
codes, sets) and `warehouse.observations` (history). `evidence` says how often the rule held, or would have
fired, on published data; severities follow from it.

A rule with `effect` "reject" refuses the delivery, "quarantine" keeps back the rows it touches (when the
finding is an error), "set_aside" does so whatever the severity, "note" leaves them as they are.
The module is long because it is a list of texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from string import Formatter
from types import MappingProxyType
from typing import Literal, NamedTuple

from metadata.errors import SdgError
from metadata.findings import EXAMPLES_KEPT, Example, Finding, Severity

Level = Literal["file", "map", "scope", "row", "set", "history"]
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


_READING: tuple[Rule, ...] = (
    Rule(
        "ENCODING-OTHER", "info", "file", "note",
        "The text is not UTF-8; it was read as {encoding}.",
        "Look whether accented or Cyrillic letters are right, and save as CSV UTF-8 the next time.",
        "1 of 3 published UNSD tables measured is Windows-1252.",
    ),
    Rule(
        "MESSAGE-FOOTER", "warning", "file", "note",
        "The sender's footer says: {text} (code {code}).",
        "Look whether the message is complete; code 413 or 510 says that it was cut at a size limit.",
    ),
    Rule(
        "ELEMENT-UNKNOWN", "warning", "file", "note",
        "The data set has elements that the format does not have, which were not read: {names}.",
        "Look whether anything is missing, and export the message again.",
        "0 of 18 published messages measured.",
    ),
    Rule(
        "SERIES-EMPTY", "info", "file", "note",
        "{count} Series elements have no observation; no row is made of them.",
        "Nothing to do if that is intended.",
    ),
    Rule(
        "GROUP-UNEQUAL", "warning", "file", "note",
        "{count} Group elements repeat a key with other attributes; the first one was taken.",
        "Send each group once.",
    ),
    Rule(
        "GROUP-UNMATCHED", "info", "file", "note",
        "{count} Group elements belong to no observation of their data set and were not used.",
        "Nothing to do if that is intended.",
    ),
    Rule(
        "STRUCTURE-SEVERAL", "info", "file", "note",
        "The message names {count} structures; {structure} was taken as the message's.",
        "Send one message for each structure.",
    ),
    Rule(
        "UN-PORTAL-MAPPED", "info", "file", "note",
        "This is a download of the UN SDG portal; its headings and codes were turned into SDMX ones: {codes}. "
        "Columns left out: {left_out}.",
        "Nothing to do. A code that is not in our table stayed as it was and is judged as it stands.",
        "3 of 3 published UNSD tables measured have the API's codes.",
    ),
    Rule(
        "OPEN-SDG-MAPPED", "info", "file", "note",
        "This is a table of an Open SDG platform, read by its own maps; codes turned into SDMX ones: {codes}. "
        "Columns that the map does not name: {unknown}.",
        "Add what is missing to the platform's map of headings or codes.",
        "23 tables of one office with maps measured.",
    ),
    Rule(
        "CELL-DATE", "warning", "file", "note",
        "{count} cells are formatted as dates and were read as such, the first as {value}.",
        "Format the column as text and type the year, as in 2021.",
    ),
    Rule(
        "CELL-PERCENT", "warning", "file", "note",
        "{count} values are formatted as percent: the first shows {shown} and holds {value}, which was read.",
        "Format the column as a number and type the percentage itself, as in 12.5.",
    ),
    Rule(
        "CELL-NO-HEADING", "info", "file", "note",
        "{count} cells stand beside the table, in columns without heading, and were not read.",
        "Move remarks into COMMENT_OBS.",
    ),
)

_FILE: tuple[Rule, ...] = (
    Rule(
        "FILE-UNREADABLE", "error", "file", "reject",
        "The file could not be read: {reason}.",
        "Export the file again.",
    ),
    Rule(
        "ALREADY-RECEIVED", "info", "file", "note",
        "These bytes are already received as delivery {delivery} ({moment}): {answer}.",
        "Nothing to do. To return to an earlier file on purpose, submit it with --again.",
    ),
    Rule(
        "MESSAGE-EMPTY", "error", "file", "reject",
        "The message holds no observation.",
        "Export it again with its data. To take values back, send them with the action Delete.",
        "Header-only files occur in practice; none is among the published files measured.",
    ),
    Rule(
        "MESSAGE-TEST", "error", "file", "reject",
        "The header says that this message is a test.",
        "Export it again with Test set to false when it is meant to be loaded.",
        "0 of 18 published messages measured were marked as tests.",
    ),
    Rule(
        "STRUCTURE-NOT-HELD", "info", "file", "note",
        "The file refers to {structure}, which is not held here. Its codes were judged against {held}.",
        "Nothing to do, as long as the provider's code map covers the national codes.",
        "18 of 18 published national messages measured refer to a national structure.",
        variants={
            "other": Wording(
                "The file refers to {structure}; the provider's declaration names {declared}. "
                "Its codes were judged against {held}.",
                "If the new structure has other codes, bring the provider's code map up to date.",
            ),
            "nearest": Wording(
                "The file refers to {structure}, which is not held here; the nearest version held is {nearest}. "
                "Its codes were judged against {held}.",
                "Nothing to do, as long as the provider's code map covers the national codes. "
                "`sdg structure hold` keeps the version that the file refers to.",
            ),
        },
    ),
    Rule(
        "COMPONENT-MISSING", "error", "file", "reject",
        "The file has no {columns}, which {held} requires.",
        "Add what is missing, or give the provider a default in its code map. The template has every column.",
        "0 of 18 published SDMX messages measured; usual in national platforms' CSV files.",
    ),
    Rule(
        "COMPONENT-UNKNOWN", "warning", "file", "quarantine",
        "Column {component} is not a component of {held}; it was read and not used.",
        "Remove the column, or rename it{suggestion}.",
        variants={
            "varies": Wording(
                "Column {component} is not a component of {held}, yet its values divide the rows "
                "({values}), so {rows} cannot be told apart from others.",
                "Send only the totals, or map {component} to a dimension of the structure; "
                "national_only in the provider's code map puts rows out of scope.",
            )
        },
    ),
    Rule(
        "ACTION-UNKNOWN", "error", "file", "reject",
        "The action of a data set is {action}, which SDMX does not know.",
        "Use Append, Replace, Merge, Delete or Information.",
    ),
)

_MAP: tuple[Rule, ...] = (
    Rule(
        "MAP-CHANGED", "info", "map", "note",
        "Changed by a reviewed rule of the code map ({condition}): {rows}, {change}. {reason}",
        "Nothing to do. The rule is in the provider's code map.",
    ),
    Rule(
        "MAP-QUARANTINE", "warning", "map", "set_aside",
        "Kept back by a reviewed rule of the code map ({condition}): {rows}. {reason}",
        "Send these values under a series that means what they are, or not at all.",
        "Kyrgyzstan's 12.4.2 of July 2025: 18 of 28 rows.",
    ),
    Rule(
        "REPORTING-TYPE", "info", "map", "quarantine",
        "REPORTING_TYPE: an office's data are national; {value} in {rows} was taken as N.",
        "Send N (national) in REPORTING_TYPE.",
        "Kenya marks all 68 rows of its message G.",
        variants={
            "refused": Wording(
                'REPORTING_TYPE: an office\'s data are national; "{value}" in {rows} is not.',
                "Use N (national), or have the provider's code map turn {value} into N.",
            )
        },
    ),
    Rule(
        "CORRECTION-APPLIED", "info", "map", "note",
        "Correction {correction} was applied to {rows} ({action}). {reason}",
        "Nothing to do here. The correction can go once the source is mended (status: {status}).",
    ),
    Rule(
        "CORRECTION-STALE", "error", "map", "note",
        "Correction {correction} was not applied: {cause}.",
        "The source may have been mended. Check the value, then remove the correction or renew its guard.",
    ),
)

_SCOPE: tuple[Rule, ...] = (
    Rule(
        "SCOPE-OTHER-GOAL", "info", "scope", "note",
        "Series of other goals than 12 and 13: {rows} ({names}).",
        "Nothing to do: they are counted as out of scope and stay in the raw file.",
        "Rwanda's whole data set: 1,565 of 2,218 rows.",
    ),
    Rule(
        "SCOPE-NATIONAL-SERIES", "info", "scope", "note",
        "National series, without a place in the global structure: {rows} ({names}).",
        "Nothing to do: they are counted as out of scope. If one of them is a global series under a national "
        "name, map its code.",
        "Rwanda 512 of 2,218 rows, Kenya 10 of 68, Kyrgyzstan's 6.4.1 all 262.",
    ),
    Rule(
        "SCOPE-NATIONAL-CODE", "info", "scope", "note",
        "{component}: {rows} under national codes, without a place in the global structure ({names}).",
        "Nothing to do: they are counted as out of scope and stay in the raw file.",
        "Kyrgyzstan's 13.1.1 of January 2021: 229 of 268 rows are sub-national.",
    ),
)

_CODES: tuple[Rule, ...] = (
    Rule(
        "CODE-UNKNOWN", "error", "row", "quarantine",
        '{component}: "{value}" is not a code of {codelist}.',
        "{suggestion}",
        "Rwanda February 2026: 61 rows under 5 series codes that structure 1.14 does not have.",
        variants={
            "many": Wording(
                "{component}: {count} different values are not codes of {codelist}, for example {names}.",
                "{suggestion} The whole column may hold something else, such as names instead of codes.",
            ),
            "national": Wording(
                '{component}: "{value}" is not a code of {codelist}, which knows areas by their number.',
                "{suggestion}",
            ),
        },
    ),
    Rule(
        "DIMENSION-MISSING", "error", "row", "quarantine",
        "{component} is empty in {rows}; every dimension needs a code.",
        "Fill in {component}; a dimension without breakdown is _T.",
    ),
    Rule(
        "SERIES-NOT-DECLARED", "error", "row", "quarantine",
        "SERIES: {value} belongs to goal 12 or 13 ({indicators}), but no indicator file declares it.",
        "The data officer declares the series in the file of its indicator; then judge the delivery again.",
    ),
    Rule(
        "CODE-NOT-ALLOWED", "error", "row", "quarantine",
        "{component}: {value} is a code of {codelist}, but series {series} does not use it.",
        "Use {allowed}.",
    ),
    Rule(
        "BREAKDOWN-NOT-DECLARED", "info", "row", "note",
        "{component}: series {series} is broken down by {names} in {rows}; its declaration does not say so.",
        "Nothing to do: such rows are loaded. The data officer may declare the codes that make sense.",
        "Kyrgyzstan sends disaster deaths by SEX.",
    ),
    Rule(
        "AREA-NOT-PROVIDERS", "error", "row", "quarantine",
        "REF_AREA: {value} ({name}) is not an area of {provider}, which reports for {areas}.",
        "Send only the areas of {provider}; another area's data come from its own office.",
        "0 of the 18 published national messages measured.",
    ),
    Rule(
        "SERIES-RETIRED", "info", "row", "note",
        "SERIES: {value} is {status}{heirs}. Loaded under the old code: {rows}.",
        "Send new data under the series in force.",
        "Series of 12.c.1 changed three times in six years, those of 13.2.2 twice.",
    ),
    Rule(
        "DELETE-REFUSED", "error", "row", "note",
        "Action Delete in {rows} names no whole series key of the provider, so nothing is withdrawn there.",
        "Give all dimensions and the period of each value that is taken back, in codes of the structure.",
    ),
)

_ROWS: tuple[Rule, ...] = (
    Rule(
        "ATTRIBUTE-MISSING", "error", "row", "quarantine",
        "{component} is missing in {rows}; {held} makes it mandatory.",
        "Fill in {component}{suggestion}, or give the provider a default for it in its code map.",
        "0 of 18 published SDMX messages measured.",
    ),
    Rule(
        "UNIT-OTHER", "error", "row", "quarantine",
        "UNIT_MEASURE: series {series} is in {value} in {rows}; its unit is {declared}.",
        "Send the values in {declared}, or under the series that is measured in {value}.",
        "Rwanda February 2026: 55 of 80 rows in scope; Kyrgyzstan's 12.4.2 of 2019: all 6.",
    ),
    Rule(
        "UNIT-MULT-OTHER", "warning", "row", "note",
        "UNIT_MULT: series {series} has the multiplier {value} in {rows}; {declared} is declared.",
        "Check that the values are in {unit} × 10^{value}. They are loaded as sent and scaled in reports.",
        "0 of the rows in scope of the 18 published national messages measured.",
    ),
    Rule(
        "VALUE-NOT-NUMBER", "error", "row", "quarantine",
        'OBS_VALUE: text where a number is expected in {rows}, for example "{value}".',
        "Write a number with a decimal point and nothing else; leave the cell empty when there is no value "
        "and say why in OBS_STATUS.",
        "0 in the published SDMX messages; usual in national platforms' CSV files.",
        variants={
            "comma": Wording(
                'OBS_VALUE: a decimal comma in {rows}, for example "{value}".',
                "Write a decimal point: {right}.",
            ),
            "thousands": Wording(
                'OBS_VALUE: separators between thousands in {rows}, for example "{value}".',
                "Write the digits without separators: {right}.",
            ),
            "ambiguous": Wording(
                'OBS_VALUE: a comma in {rows} that may be a decimal sign or a separator of thousands, '
                'for example "{value}".',
                "Write {right}, whichever is meant.",
            ),
            "bound": Wording(
                'OBS_VALUE: a bound and not a number in {rows}, for example "{value}".',
                "Leave the value empty, and put the bound in UPPER_BOUND or LOWER_BOUND.",
            ),
            "percent": Wording(
                'OBS_VALUE: a unit or a sign beside the number in {rows}, for example "{value}".',
                "Write the number alone: {right}. The unit stands in UNIT_MEASURE.",
            ),
            "infinite": Wording(
                'OBS_VALUE: an infinite or too large number in {rows}, for example "{value}".',
                "Leave the value empty when it cannot be computed, and say why in OBS_STATUS.",
            ),
            "space": Wording(
                'OBS_VALUE: a no-break space beside the number in {rows}, for example "{value}".',
                "Write the number alone: {right}.",
            ),
        },
    ),
    Rule(
        "VALUE-MISSING", "info", "row", "note",
        "OBS_VALUE: no value in {rows} ({value}). Kept as missing, not as zero.",
        "Say why in OBS_STATUS, for example M (missing) or O (not collected).",
        "UNSD release 2020-10: 152 values of EG_EGY_RNEW are the literal N.",
    ),
    Rule(
        "VALUE-LEADING-ZERO", "warning", "row", "note",
        'OBS_VALUE: a zero in front that the number does not need in {rows}, for example "{value}".',
        "Check that no decimal separator was lost on the way: {value} was read as {right}.",
    ),
    Rule(
        "VALUE-RANGE", "error", "row", "quarantine",
        "OBS_VALUE: series {series} is outside {range} in {rows}, for example {value}.",
        "Check the value and its unit ({unit}).{note}",
        "UN releases of 2020 and 2021: rates of hazardous and electronic waste reached 44,826 per cent, "
        "rates per 100,000 reached 179,734; so the severity of a range stands in the series' declaration.",
        variants={
            "integer": Wording(
                "OBS_VALUE: series {series} is not a whole number in {rows}, for example {value}.",
                "Check the value: the series counts things ({unit}).{note}",
            ),
            "binary": Wording(
                "OBS_VALUE: series {series} is neither 1 (yes) nor 0 (no) in {rows}, for example {value}.",
                "Use 1 or 0.{note}",
            ),
        },
    ),
    Rule(
        "PERIOD-FORM", "error", "row", "quarantine",
        'TIME_PERIOD: no period that SDMX knows in {rows}, for example "{value}".',
        "Write one period, {right}; a span of years goes into TIME_DETAIL.",
        "0 in the published SDMX messages; national platforms' CSV files hold 2017-2020 and whole sentences.",
    ),
    Rule(
        "PERIOD-FREQ", "error", "row", "quarantine",
        "TIME_PERIOD: {form} period in {rows}, for example {value}, while FREQ says {freq}.",
        "Use {right}, or the FREQ that fits the period.",
        "No other period than a year was found in the published files measured.",
    ),
    Rule(
        "PERIOD-FUTURE", "warning", "row", "note",
        "TIME_PERIOD: in the future in {rows}, the last one {value}.",
        "Check the period. If it is a target or a forecast, say so in OBS_STATUS (F).",
    ),
)

_SETS: tuple[Rule, ...] = (
    Rule(
        "KEY-EQUAL", "warning", "set", "note",
        "Series {series}: keys given again with the same value in {rows}; the first of each was kept.",
        "Send every series key and period once.",
        "0 in a UN export of 2021 (8,037 rows); UN releases have had duplicate rows of 15.9.1.",
    ),
    Rule(
        "KEY-UNEQUAL", "error", "set", "quarantine",
        "Series {series}: {keys} given more than once with different values ({rows}), for example {names}.",
        "Send one value for each series key and period. What the rows differ in belongs in a dimension.",
        "Kyrgyzstan's 12.4.2 and 13.1.1 of 2019: two keys each with three different values.",
    ),
    Rule(
        "TWIN-UNEQUAL", "error", "set", "quarantine",
        "Series {series}: {keys} different values under different indicators ({rows}), for example {names}.",
        "The series is one, whatever number it stands under: send one value.",
        "VC_DSR_MTMP in UNSD's release 2019.Q1: 854 keys under 1.5.1, 11.5.1 and 13.1.1; none differs.",
    ),
)

_HISTORY: tuple[Rule, ...] = (
    Rule(
        "WITHDRAWN", "info", "history", "note",
        "Keys that were current and were not sent again: {keys} of {scope} in the delivery's scope. They are "
        "withdrawn.",
        "Nothing to do when they were meant to go; they stay in the history.",
        "Rwanda from November 2025 to February 2026: 0 of 69 keys in scope.",
    ),
    Rule(
        "WITHDRAWAL-LARGE", "error", "history", "hold",
        "Loading {delivery} would withdraw {keys} of {scope} keys ({share} %), so it is held.",
        "If they are meant to go, submit it with --confirm-withdrawal; else send the whole scope.",
    ),
    Rule(
        "KEY-HELD", "info", "history", "note",
        "Former values that stay current, because their new rows are in quarantine: {keys}.",
        "Mend the rows that are kept back; until then readers see the values of before.",
    ),
    Rule(
        "LEFT-TO-LATER", "info", "history", "note",
        "Keys that are held already from a later delivery, whose values stay current: {keys}.",
        "Nothing to do.",
    ),
)

RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.id: rule for rule in (*_READING, *_FILE, *_MAP, *_SCOPE, *_CODES, *_ROWS, *_SETS, *_HISTORY)}
)
"""Every rule by its id, in the order of judgement."""


def rows_in_words(count: int) -> str:
    """Return `1 row` or `1,565 rows`."""
    return "1 row" if count == 1 else f"{count:,} rows"


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
        rule_id, severity or rule.severity, places, sentence.format(**words), hint.format(**words), kept
    )
