"""Severities of one series, and waivers of one provider: which rows of a finding are spoken of in which way.

A series' declaration may set the severity of a rule (`rules` of its block). A provider's file may waive a rule for
series, areas and periods, with a reason, a name and a last day. What is waived stays in the report as an information
of the rule `WAIVED`, with the sentence of the rule that was waived, and its rows are loaded; so `report.quality`
counts waived rows as rule WAIVED, by series. After its last day a waiver does nothing, and `WAIVER-EXPIRED` says so.

Nothing of this is asked for more than once a finding: deliveries without either pay nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from metadata.findings import Finding, Severity
from metadata.rules import finding
from pipelines.places import ROW

if TYPE_CHECKING:
    from metadata.load import Catalogue
    from pipelines.provider import Provider, RuleWaiver


@dataclass(frozen=True, slots=True)
class Share:
    """Rows of one finding that are spoken of in one way.

    Attributes:
        rows: `_i` of the rows.
        severity: the severity; None for the rule's.
        waiver: what waives the rule for them.
        expired: what waived it until a day that has passed.
        divided: there are other shares, so words about all of the rows may not fit.
    """

    rows: pl.Series
    severity: Severity | None = None
    waiver: RuleWaiver | None = None
    expired: RuleWaiver | None = None
    divided: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds beside the catalogue of rules.

    Attributes:
        severities: rule → series → severity.
        waivers: rule → waivers in the order of the provider's file; the first that fits counts.
        today: the day by which waivers have ended.
    """

    severities: Mapping[str, Mapping[str, Severity]]
    waivers: Mapping[str, Sequence[RuleWaiver]]
    today: date
    _known: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, catalogue: Catalogue, provider: Provider | None, today: date) -> Terms:
        """Return the terms of a judgement."""
        severities: defaultdict[str, dict[str, Severity]] = defaultdict(dict)
        for code, series in catalogue.series.items():
            for setting in series.rules:
                if setting.severity is not None:
                    severities[setting.rule][code] = setting.severity
        waivers: defaultdict[str, list[RuleWaiver]] = defaultdict(list)
        for waiver in provider.waivers if provider else ():
            waivers[waiver.rule].append(waiver)
        return cls(severities, waivers, today, frozenset({*severities, *waivers}))

    def speak_of(self, rule: str) -> bool:
        """Say whether a setting or a waiver names the rule."""
        return rule in self._known

    def divide(
        self, rule: str, rows: pl.Series, judged: pl.DataFrame, *, series: object, severity: Severity | None
    ) -> Iterator[Share]:
        """Yield the rows of a finding in shares, none of them empty.

        Args:
            rule: id of the rule.
            rows: `_i` of the rows that it touches.
            judged: the rows in question, with `_i`, `series`, `ref_area`, `time_period`.
            series: the series that is complained about; None when the rows are of several.
            severity: what the check says; a series' declaration goes before it.
        """
        if rule not in self._known:
            yield Share(rows, severity)
            return
        chosen = judged.filter(pl.col(ROW).is_in(rows.implode())).select(
            ROW,
            pl.col("series") if series is None else pl.lit(str(series)).alias("series"),
            pl.col("ref_area"), pl.col("time_period"),
        )
        by_waiver = self._fitting(rule)
        by_series = self.severities.get(rule, {})
        told = chosen.with_columns(
            by_waiver.alias("_waiver"),
            pl.col("series").replace_strict(by_series, default=severity, return_dtype=pl.String).alias("_severity"),
        )
        rest = rows.filter(~rows.is_in(told[ROW].implode())) if told.height < len(rows) else rows.clear()
        if len(rest):
            yield Share(rest, severity, divided=True)
        parts = told.partition_by("_waiver", "_severity", maintain_order=True)
        for part in parts:
            number, level = part.row(0, named=True)["_waiver"], part.row(0, named=True)["_severity"]
            waiver = None if number is None else self.waivers[rule][number]
            ended = waiver is not None and waiver.until < self.today
            yield Share(
                part[ROW],
                level,
                waiver=None if ended else waiver,
                expired=waiver if ended else None,
                divided=len(parts) > 1 or len(rest) > 0,
            )

    def _fitting(self, rule: str) -> pl.Expr:
        """Return the number of the first waiver that fits a row; one that has ended comes after all others."""
        numbered = sorted(enumerate(self.waivers.get(rule, ())), key=lambda one: one[1].until < self.today)
        fits = [
            pl.when(_fits(waiver)).then(pl.lit(number, dtype=pl.Int32)) for number, waiver in numbered
        ]
        return pl.coalesce(fits) if fits else pl.lit(None, dtype=pl.Int32)


def _fits(waiver: RuleWaiver) -> pl.Expr:
    fits = pl.lit(value=True)
    for column, wanted in (
        ("series", waiver.series), ("ref_area", waiver.areas), ("time_period", waiver.periods)
    ):
        if wanted:
            fits &= pl.col(column).is_in(list(wanted)).fill_null(value=False)
    return fits


def spoken(
    terms: Terms,
    rule: str,
    rows: pl.DataFrame,
    word: Callable[[pl.DataFrame, Severity | None], Finding],
    *,
    series: str,
    severity: Severity | None = None,
) -> Iterator[Finding]:
    """Yield what is said of rows that may be loaded in any case: a finding a share, or what a waiver makes of it.

    Args:
        terms: severities and waivers.
        rule: id of the rule; it keeps no row back.
        rows: with `_i`, `series`, `ref_area`, `time_period` as texts; not empty.
        word: makes the finding of some of the rows, with a severity (None for the rule's).
        series: the series that is complained about.
        severity: what the check says; a series' declaration goes before it.
    """
    for share in terms.divide(rule, rows[ROW], rows, series=series, severity=severity):
        chosen = rows.filter(pl.col(ROW).is_in(share.rows.implode())) if share.divided else rows
        found = word(chosen, share.severity)
        if share.waiver is not None:
            yield waived(found, share.waiver)
            continue
        if share.expired is not None:
            yield expired(found, share.expired)
        yield found


def waived(found: Finding, waiver: RuleWaiver) -> Finding:
    """Return the information that takes the place of a waived finding; it keeps its places and examples."""
    return finding(
        "WAIVED",
        places=found.places,
        examples=found.examples,
        rule=found.rule,
        finding=found.message,
        until=waiver.until.isoformat(),
        reason=waiver.reason,
        who=waiver.who,
    )


def expired(found: Finding, waiver: RuleWaiver) -> Finding:
    """Return the warning that a waiver would have fitted, had it not ended."""
    return finding(
        "WAIVER-EXPIRED", places=found.places, rule=found.rule, until=waiver.until.isoformat(), who=waiver.who
    )

