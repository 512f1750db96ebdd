"""What is before the judge: the rows still in question, what was found so far, which rows are kept back.

The checks beside this module read `Docket.rows` and call `Docket.report`, once a root cause. Here is the
bookkeeping only; no rule is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from metadata.findings import Finding, Severity
from metadata.rules import EXPLAINING, RULES, finding
from pipelines.checks.waivers import Share, Terms, expired, waived
from pipelines.places import ROW, examples

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.load import Catalogue
    from metadata.structure import Structure
    from pipelines.provider import Provider

NONE_KEPT_BACK = pl.DataFrame(
    schema={ROW: pl.UInt32, "rule": pl.String, "rules": pl.String, "message": pl.String}
)
"""What `Docket.kept_back` returns when no row is kept back."""

Words = Callable[[pl.Series], Mapping[str, object]]
"""From `_i` of rows to values for the sentence about them."""

Expected = str | Callable[[str | None], str | None] | None


@dataclass(slots=True)
class Docket:
    """The state of one judgement.

    Attributes:
        received: the read frame with `_i`, never changed: examples are taken from it.
        rows: rows in question, in global codes and after corrections. Every component has its column, an
            empty text is null. Checks narrow it only where a row is no longer to be looked at. In both frames
            texts that repeat are Categorical (`pipelines.compact`): compare and group them as they are, ask
            `pipelines.compact.distinct` or cast to String where texts themselves are needed.
        catalogue, structure, areas, provider, today: what is judged by.
        findings: in the order of judgement.
        terms: severities and waivers that are not the catalogue's; None until they are asked for.
        touched: `_i` of the rows of findings by their position, where somebody asks for them later: causes,
            consequences (`pipelines.checks.causes`) and warnings; of a workbook, whose cells are marked, all.
    """

    received: pl.DataFrame
    rows: pl.DataFrame
    catalogue: Catalogue
    structure: Structure
    areas: Areas
    provider: Provider | None
    today: date
    findings: list[Finding] = field(default_factory=list)
    terms: Terms | None = None
    touched: dict[int, pl.Series] = field(default_factory=dict)
    _hangs: list[pl.DataFrame] = field(default_factory=list)

    @property
    def of_workbook(self) -> bool:
        """Say whether the rows stand in sheets."""
        return bool(self.received.height) and self.received["_sheet"][0] is not None

    def report(
        self,
        rule: str,
        rows: pl.Series,
        *,
        component: str | None = None,
        expected: Expected = None,
        severity: Severity | None = None,
        variant: str | None = None,
        words: Words | None = None,
        **values: object,
    ) -> None:
        """Record one finding about some rows; an error of a rule that quarantines keeps them back.

        Where the series' declaration sets another severity, or the provider has a waiver, the rows are divided
        (`pipelines.checks.waivers`): the rest, those of another severity, and those that are waived and kept.

        Args:
            rule: id of the rule.
            rows: `_i` of the rows it touches; nothing is recorded for none.
            component: id of the component complained about, for the sentence and the examples.
            expected: what was expected there.
            severity: another severity than the rule's.
            variant: another wording of the rule.
            words: what else is said, where it depends on which of the rows are spoken of.
            **values: for the sentence and the hint; `series` names the series that is complained about.
        """
        if rows.is_empty():
            return
        if self.terms is None:
            self.terms = Terms.of(self.catalogue, self.provider, self.today)
        for share in self.terms.divide(rule, rows, self.rows, series=values.get("series"), severity=severity):
            said = {**values, **(words(share.rows) if words else {})}
            self._record(rule, share, component=component, expected=expected, variant=variant, values=said)

    def _record(
        self,
        rule: str,
        share: Share,
        *,
        component: str | None,
        expected: Expected,
        variant: str | None,
        values: Mapping[str, object],
    ) -> None:
        rows = share.rows
        at = examples(self.received, rows, self.structure, component=component, expected=expected)
        said = {"component": component, **values}
        if share.divided and "value" in values and at and at[0].value is not None:
            said["value"] = at[0].value  # the one that the caller named may be among the other rows
        found = finding(rule, places=len(rows), examples=at, severity=share.severity, variant=variant, **said)
        if share.waiver is not None:
            self.findings.append(waived(found, share.waiver))
            return
        if share.expired is not None:
            self.findings.append(expired(found, share.expired))
        effect = RULES[rule].effect
        if found.severity == "warning" or rule in EXPLAINING or self.of_workbook:
            self.touched[len(self.findings)] = rows
        if effect == "set_aside" or (effect == "quarantine" and found.severity == "error"):
            number = pl.lit(len(self.findings), dtype=pl.Int32).alias("_finding")
            self._hangs.append(rows.cast(pl.UInt32).alias(ROW).to_frame().with_columns(number))
        self.findings.append(found)

    def kept_back(self) -> pl.DataFrame:
        """Return the rows kept back: `_i`, `rule` (the first), `rules` (all, comma-joined), `message`."""
        if not self._hangs:
            return NONE_KEPT_BACK
        texts = pl.DataFrame(
            {
                "_finding": pl.Series(range(len(self.findings)), dtype=pl.Int32),
                "rule": [found.rule for found in self.findings],
                "message": [found.message for found in self.findings],
            }
        )
        hangs = pl.concat(self._hangs)
        several = hangs.filter(pl.col(ROW).is_duplicated()).unique().sort(ROW, "_finding")
        causes = several.group_by(ROW, maintain_order=True).agg("_finding")
        first = hangs.group_by(ROW).agg(pl.col("_finding").min()).sort(ROW)
        kept = first.join(texts, on="_finding", maintain_order="left").with_columns(pl.col("rule").alias("rules"))
        if causes.height:
            kept = kept.join(_rules_of(causes, texts), on=ROW, how="left", maintain_order="left").with_columns(
                pl.coalesce("_rules", "rules").alias("rules")
            )
        return kept.select(ROW, "rule", "rules", "message")

    def hung(self) -> pl.Series:
        """Return `_i` of the rows kept back so far."""
        none = pl.Series(ROW, [], dtype=pl.UInt32)
        return pl.concat([none, *(hang[ROW] for hang in self._hangs)]).unique()

    def without(self, rows: pl.Series, others: pl.Series) -> pl.Series:
        """Return those `_i` that are not among the others, in their order."""
        if others.is_empty():
            return rows
        marked = pl.repeat(value=False, n=self.received.height, dtype=pl.Boolean, eager=True).scatter(others, True)
        return rows.filter(~marked.gather(rows))

    def release_to(self, rows: pl.DataFrame) -> None:
        """Go on with these rows only."""
        self.rows = rows


def groups(rows: pl.DataFrame, by: list[str]) -> Iterator[tuple[dict[str, Any], pl.Series]]:
    """Yield each group of rows: the values of its columns, and `_i` of its rows; in the order of the file."""
    grouped = rows.group_by(by, maintain_order=True).agg(pl.col(ROW))
    numbers = grouped[ROW]
    for position, group in enumerate(grouped.drop(ROW).iter_rows(named=True)):
        yield group, numbers[position].alias(ROW)


def _rules_of(causes: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Return the rules of rows with several findings, joined by comma: `_i`, `_rules`.

    Args:
        causes: `_i` and the numbers of its findings, in their order.
        texts: `rule` by number of finding.
    """
    rules = texts["rule"].to_list()
    told = causes.with_columns(pl.col("_finding").cast(pl.List(pl.String)).list.join(",").alias("_numbers"))
    names = {
        numbers: ",".join(dict.fromkeys(rules[int(number)] for number in numbers.split(",")))
        for numbers in told["_numbers"].unique().to_list()
    }
    return told.select(ROW, pl.col("_numbers").replace_strict(names, return_dtype=pl.String).alias("_rules"))
