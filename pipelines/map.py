"""A provider's codes become global codes, by its reviewed code map. Pure: frame in, frame out.

In this order: codes as received that are national only are noted; codes are translated; defaults are filled
in; then the first `when` rule that fits a row changes it or marks it to be kept back. Conditions of `when` see
the global codes. Nothing is guessed: a code that the map does not name stays as it is, and is judged later.

What a map says is in `pipelines.provider`; known defects of single values are in `pipelines.correct`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from metadata.findings import Finding
from metadata.rules import finding
from metadata.words import Text, listed, text
from pipelines.compact import blanks, one_of
from pipelines.places import ROW, examples, numbered

if TYPE_CHECKING:
    from metadata.structure import Structure
    from pipelines.provider import Condition, Provider, When

NATIONAL = "_national"
"""Column: id of the component whose code as received is national only, or null (String)."""

WHEN = "_when"
"""Column: number of the `when` rule that fits the row, or null (Int32)."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A frame in global codes.

    Attributes:
        frame: as read, all text, with `_i`, `_national` and `_when`; columns with a default are complete.
        findings: what the map changed that a reader should know. A mere translation is no finding; rows that
            a `when` rule keeps back are reported once their scope is known.
    """

    frame: pl.DataFrame
    findings: tuple[Finding, ...]


def apply_map(frame: pl.DataFrame, provider: Provider | None, structure: Structure) -> Mapped:
    """Translate a read frame into global codes.

    Args:
        frame: a read frame, columns by component id in lower case, all text.
        provider: whose map; None leaves every code as it is.
        structure: names the dimensions in the examples.
    """
    received = numbered(frame)
    if provider is None:
        return Mapped(_without_map(received), ())
    code_map = provider.map
    mapped = received.with_columns(_national(received, code_map.national_only))
    mapped = _translate(mapped, code_map.codes)
    mapped = _fill(mapped, code_map.defaults)
    mapped = mapped.with_columns(_first_fitting(mapped, code_map.when))
    findings = [*_reporting_type(received, mapped, provider, structure)]
    for number, rule in enumerate(code_map.when):
        if rule.set:
            mapped, found = _change(received, mapped, number, rule, structure)
            findings += found
    return Mapped(mapped, tuple(findings))


def condition(frame: pl.DataFrame, wanted: Condition) -> pl.Expr:
    """Return the expression that all components have one of the wanted values; absent columns never do."""
    expr = pl.lit(value=True)
    for component, values in wanted.items():
        column = component.lower()
        if column not in frame.columns:
            return pl.lit(value=False)
        choice = [values] if isinstance(values, str) else list(values)
        expr &= pl.col(column).is_in(choice).fill_null(value=False)
    return expr


def condition_in_words(wanted: Condition) -> Text:
    """Return a condition as a reader writes it: `SERIES EN_HAZ_PCAP, UNIT_MEASURE PT or T`."""
    return listed(
        (
            text("{component} {values}", component=component, values=listed(_choice(values), "or"))
            for component, values in wanted.items()
        ),
        "comma",
    )


def changes_in_words(changes: Mapping[str, str]) -> Text:
    """Return what components become: `UNIT_MEASURE becomes T, SEX becomes _T`."""
    return listed(
        (text("{component} becomes {code}", component=name, code=code) for name, code in changes.items()), "comma"
    )


def _choice(values: str | tuple[str, ...]) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else values


def _without_map(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.lit(None, dtype=pl.String).alias(NATIONAL), pl.lit(None, dtype=pl.Int32).alias(WHEN)
    )


def _national(frame: pl.DataFrame, national_only: Mapping[str, tuple[str, ...]]) -> pl.Expr:
    hits = [
        pl.when(pl.col(component.lower()).is_in(list(codes))).then(pl.lit(component))
        for component, codes in national_only.items()
        if component.lower() in frame.columns
    ]
    return (pl.coalesce(hits) if hits else pl.lit(None, dtype=pl.String)).alias(NATIONAL)


def _translate(frame: pl.DataFrame, codes: Mapping[str, Mapping[str, str]]) -> pl.DataFrame:
    return frame.with_columns(
        pl.col(component.lower()).replace(dict(translation)).cast(frame.schema[component.lower()])
        for component, translation in codes.items()
        if component.lower() in frame.columns and translation
    )


def _fill(frame: pl.DataFrame, defaults: Mapping[str, str]) -> pl.DataFrame:
    filled = []
    for component, code in defaults.items():
        column = component.lower()
        if column not in frame.columns:
            filled.append(pl.lit(code).alias(column))
        else:
            blank = one_of(column, blanks(frame, column))
            given = pl.when(pl.col(column).is_not_null() & ~blank).then(pl.col(column)).otherwise(pl.lit(code))
            filled.append(given.cast(frame.schema[column]).alias(column))
    return frame.with_columns(filled)


def _first_fitting(frame: pl.DataFrame, rules: tuple[When, ...]) -> pl.Expr:
    fits = [
        pl.when(condition(frame, rule.if_)).then(pl.lit(number, dtype=pl.Int32))
        for number, rule in enumerate(rules)
    ]
    return (pl.coalesce(fits) if fits else pl.lit(None, dtype=pl.Int32)).alias(WHEN)


def _change(
    received: pl.DataFrame, frame: pl.DataFrame, number: int, rule: When, structure: Structure
) -> tuple[pl.DataFrame, list[Finding]]:
    """Apply a `when` rule that sets codes; its rows need no more attention, so `_when` is taken back."""
    rows = frame.filter(pl.col(WHEN) == number)[ROW]
    changes = rule.set or {}
    fits = pl.col(WHEN).eq_missing(number)
    changed = frame.with_columns(
        pl.when(fits)
        .then(pl.lit(code))
        .otherwise(pl.col(component.lower()) if component.lower() in frame.columns else None)
        .alias(component.lower())
        for component, code in changes.items()
    ).with_columns(pl.when(~fits).then(pl.col(WHEN)).alias(WHEN))
    if rows.is_empty():
        return changed, []
    change = changes_in_words(changes)
    component, expected = next(iter(changes.items()))
    found = finding(
        "MAP-CHANGED",
        places=len(rows),
        examples=examples(received, rows, structure, component=component, expected=expected),
        condition=condition_in_words(rule.if_),
        change=change,
        reason=rule.reason,
    )
    return changed, [found]


def _reporting_type(
    received: pl.DataFrame, mapped: pl.DataFrame, provider: Provider, structure: Structure
) -> Iterator[Finding]:
    """An office whose rows say that they are global, and whose map turns them national, is told so."""
    if provider.kind != "office" or "reporting_type" not in received.columns:
        return
    national = mapped.select((pl.col("reporting_type") == "N").fill_null(value=False)).to_series()
    sent = received.select(ROW, "reporting_type").filter(national)
    changed = sent.filter(~pl.col("reporting_type").is_in(["N", ""]))
    for value, rows in changed.group_by("reporting_type", maintain_order=True):
        yield finding(
            "REPORTING-TYPE",
            places=rows.height,
            examples=examples(received, rows[ROW], structure, component="REPORTING_TYPE", expected="N"),
            value=value[0],
        )
