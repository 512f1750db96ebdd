"""Corrections: known defects of what a provider sends, mended by a declared row and never inside a function.

Applied after mapping and before judgement. Each correction has a guard, `expect`: the value as received that
shows the defect is still there. When the rows it matches have another value, or the series is there and no
row matches, nothing is changed and an error finding says so: the source was probably mended.

The shape of a correction is in `pipelines.provider`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import polars as pl

from metadata.findings import Finding
from metadata.rules import finding, rows_in_words
from metadata.words import listed, text
from pipelines.map import changes_in_words, condition, condition_in_words
from pipelines.places import ROW, examples, named

if TYPE_CHECKING:
    from metadata.structure import Structure
    from pipelines.provider import Condition, Correction, Provider

CORRECTION = "correction"
"""Column: ids of the corrections that touched the row, comma-joined, or null (String)."""

VALUE = "_value"
"""Column: text of the value to judge: as received, or corrected (String). `obs_value` stays as received."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A frame after corrections.

    Attributes:
        frame: the rows that go on to judgement, with `_value` and `correction`.
        dropped: the rows that a correction dropped.
        findings: one for each correction that was applied, one for each that is stale.
    """

    frame: pl.DataFrame
    dropped: pl.DataFrame
    findings: tuple[Finding, ...]


def apply_corrections(
    frame: pl.DataFrame, received: pl.DataFrame, provider: Provider | None, structure: Structure
) -> Corrected:
    """Apply a provider's corrections in the order of its file.

    Args:
        frame: a frame in global codes, as `apply_map` returns it.
        received: the same rows as read, with `_i`; the guards are compared with these.
        provider: whose corrections; None for none.
        structure: names the dimensions in the examples.
    """
    value = pl.col("obs_value") if "obs_value" in frame.columns else pl.lit(None, dtype=pl.String)
    frame = frame.with_columns(value.alias(VALUE), pl.lit(None, dtype=pl.String).alias(CORRECTION))
    dropped: list[pl.DataFrame] = []
    findings: list[Finding] = []
    for correction in provider.corrections if provider else ():
        matching = frame.filter(condition(frame, correction.match))[ROW]
        defect = _as_expected(received, matching, correction.expect)
        findings += _stale(frame, received, matching, defect, correction, structure)
        if defect.is_empty():
            continue
        findings.append(_applied(received, defect, correction, structure))
        touched = pl.col(ROW).is_in(defect.implode())
        frame = frame.with_columns(
            pl.when(touched)
            .then(pl.concat_str([CORRECTION, pl.lit(correction.id)], separator=",", ignore_nulls=True))
            .otherwise(CORRECTION)
            .alias(CORRECTION)
        )
        if correction.action == "drop":
            dropped.append(frame.filter(touched))
            frame = frame.filter(~touched)
        else:
            frame = _changed(frame, touched, correction)
    return Corrected(frame, pl.concat(dropped, how="diagonal") if dropped else frame.head(0), tuple(findings))


def _as_expected(received: pl.DataFrame, rows: pl.Series, expect: Condition) -> pl.Series:
    """Return those rows whose values as received still show the defect; numbers are compared as numbers."""
    chosen = received.filter(pl.col(ROW).is_in(rows.implode()))
    guard = condition(chosen, {c: values for c, values in expect.items() if c != "OBS_VALUE"})
    if "OBS_VALUE" in expect:
        wanted = expect["OBS_VALUE"]
        texts = [wanted] if isinstance(wanted, str) else list(wanted)
        numbers = [number for one in texts if (number := _number(one)) is not None]
        value = pl.col("obs_value")
        same = value.is_in(texts) | value.cast(pl.Float64, strict=False).is_in([float(n) for n in numbers])
        guard &= same.fill_null(value=False)
    return chosen.filter(guard)[ROW]


def _stale(
    frame: pl.DataFrame,
    received: pl.DataFrame,
    matching: pl.Series,
    defect: pl.Series,
    correction: Correction,
    structure: Structure,
) -> list[Finding]:
    sent = frame.filter(condition(frame, {"SERIES": correction.match["SERIES"]}))[ROW]
    if sent.is_empty():
        return []
    if matching.is_empty():
        cause = text("no row has {condition}", condition=condition_in_words(correction.match))
        return [finding("CORRECTION-STALE", places=1, correction=correction.id, cause=cause)]
    others = matching.filter(~matching.is_in(defect.implode()))
    if others.is_empty():
        return []
    component, wanted = next(iter(correction.expect.items()))
    column = component.lower()
    is_there = received.filter(pl.col(ROW).is_in(others.implode()))
    found = named(is_there[column]) if column in received.columns else None
    expected = wanted if isinstance(wanted, str) else listed(wanted, "or")
    cause = text(
        "in {rows} it expects {condition} and finds {component} {found}",
        rows=rows_in_words(len(others)), condition=condition_in_words(correction.expect), component=component,
        found=found or text("empty"),
    )  # fmt: skip
    at = examples(received, others, structure, component=component, expected=expected)
    return [
        finding("CORRECTION-STALE", places=len(others), examples=at, correction=correction.id, cause=cause)
    ]


def _applied(
    received: pl.DataFrame, rows: pl.Series, correction: Correction, structure: Structure
) -> Finding:
    component, expected = "OBS_VALUE", None
    if correction.action == "scale":
        action = text("the value times {factor}", factor=correction.factor)
    elif correction.action == "override":
        component, expected = next(iter((correction.set or {}).items()))
        action = changes_in_words(correction.set or {})
    else:
        action = {"drop": text("the rows are dropped"), "flag": text("noted, nothing changed")}[correction.action]
    return finding(
        "CORRECTION-APPLIED",
        places=len(rows),
        examples=examples(received, rows, structure, component=component, expected=expected),
        correction=correction.id,
        action=action,
        reason=correction.reason,
        status=correction.status,
    )


def _changed(frame: pl.DataFrame, touched: pl.Expr, correction: Correction) -> pl.DataFrame:
    if correction.action == "scale":
        texts = frame.filter(touched)[VALUE].drop_nulls().unique().to_list()
        scaled = {sent: _scaled(sent, correction.factor or "1") for sent in texts}
        return frame.with_columns(
            pl.when(touched).then(pl.col(VALUE).replace(scaled)).otherwise(VALUE).alias(VALUE)
        )
    changes = {
        VALUE if component == "OBS_VALUE" else component.lower(): value
        for component, value in (correction.set or {}).items()
    }
    return frame.with_columns(
        pl.when(touched)
        .then(pl.lit(value))
        .otherwise(pl.col(column) if column in frame.columns else None)
        .alias(column)
        for column, value in changes.items()
    )


def _scaled(sent: str, factor: str) -> str:
    """Return the exact decimal product; a text that is no number is left for the judgement."""
    number = _number(sent)
    return sent if number is None else format(number * Decimal(factor), "f")


def _number(sent: str) -> Decimal | None:
    try:
        number = Decimal(sent.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
