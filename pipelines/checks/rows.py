"""Row by row: filled cells, units and multipliers, number forms, ranges, periods.

Filled cells, forms and ranges are decided by the pandera schema of `metadata.derive.pandera_schema`, whose
failures become findings here, one a root cause. Units are compared with the declaration of the series.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import polars as pl

from metadata.derive.lexical import (
    EXAMPLE_OF_FORM,
    FORM_OF_FREQ,
    NOT_NUMBERS,
    as_number,
    has_idle_zero,
    is_future,
    is_missing,
    not_number_kind,
    period_form,
)
from metadata.derive.pandera_schema import NUMBER, RANGE_CHECKS, VALUE, failing, row_schema, with_ranges
from metadata.model_series import Series
from metadata.structure import Codelist
from metadata.words import Text, figure, listed, text
from pipelines.checks.codes import with_pairs
from pipelines.checks.docket import Docket, groups
from pipelines.compact import by_distinct, distinct, having
from pipelines.places import ROW

Failed = dict[tuple[str, str], pl.Series]
"""What `metadata.derive.pandera_schema.failing` returns."""

_FORMS = {
    "annual": text("an annual period"), "half-yearly": text("a half-yearly period"),
    "four-monthly": text("a four-monthly period"), "quarterly": text("a quarterly period"),
    "monthly": text("a monthly period"), "weekly": text("a weekly period"), "daily": text("a daily period"),
    "date and time": text("a date and time period"), "range": text("a range period"),
}
"""Form of period (`metadata.derive.lexical`) → what it is called."""

_NORMAL = {
    "OBS_STATUS": text(" (A for a normal value)"),
    "UNIT_MULT": text(" (0 when the values are in the unit itself)"),
}


def check_rows(docket: Docket) -> pl.Series:
    """Check every row in question by itself; error findings keep their rows back.

    Returns:
        The values of `docket.rows` as numbers (Float64), in the declared unit × 10^declared multiplier.
    """
    rows = with_ranges(docket.rows, docket.catalogue, docket.areas)
    failed = failing(rows, row_schema(docket.structure))
    _filled_cells(docket, failed)
    other_unit = _units(docket)
    _multipliers(docket)
    _numbers(docket, rows, failed)
    _ranges(docket, rows, failed, other_unit)
    _periods(docket, rows, failed)
    return rows[NUMBER]


def _failed(rows: pl.DataFrame, failed: Failed, column: str, check: str, *shown: str) -> pl.DataFrame:
    """Return `_i` and the shown columns of the rows that fail a check of a column."""
    wanted = rows.select(ROW, *shown)
    return wanted[failed[column, check]] if (column, check) in failed else wanted.head(0)


def _filled_cells(docket: Docket, failed: Failed) -> None:
    for component in docket.structure.components:
        empty = _failed(docket.rows, failed, component.column, "not_nullable", "series")
        rows = empty[ROW]
        if component.role != "attribute":
            docket.report("DIMENSION-MISSING", rows, component=component.id)
            continue
        suggestion = _NORMAL.get(component.id, "")
        if component.id == "UNIT_MEASURE" and len(rows):
            units = {
                docket.catalogue.series[code].unit_measure[:1]
                for code in distinct(empty, "series")
            }
            only = units.pop() if len(units) == 1 else ()
            suggestion = f" ({only[0]})" if only else ""
        docket.report(
            "ATTRIBUTE-MISSING",
            rows,
            component=component.id,
            held=docket.structure.version_label,
            suggestion=suggestion,
        )


def _units(docket: Docket) -> pl.Series:
    """Compare units with the declaration; return `_i` of the rows in another unit."""
    codelist = docket.structure.codelist("UNIT_MEASURE")
    declared_by = {code: series.unit_measure for code, series in docket.catalogue.series.items()}
    wrong = _other(docket, "unit_measure", codelist, lambda code, unit: unit not in (declared_by[code] or (unit,)))
    others = []
    for group, rows in groups(wrong, ["series", "unit_measure"]):
        declared = declared_by[group["series"]]
        others.append(rows)
        docket.report(
            "UNIT-OTHER",
            rows,
            component="UNIT_MEASURE",
            expected=listed(declared, "or"),
            series=group["series"],
            value=group["unit_measure"],
            declared=listed(declared, "or"),
        )
    return pl.concat(others) if others else pl.Series(ROW, [], dtype=pl.UInt32)


def _multipliers(docket: Docket) -> None:
    codelist = docket.structure.codelist("UNIT_MULT")
    declared_by = {code: series.unit_mult for code, series in docket.catalogue.series.items()}
    wrong = _other(docket, "unit_mult", codelist, lambda code, mult: int(mult) not in declared_by[code])
    for group, rows in groups(wrong, ["series", "unit_mult"]):
        series = docket.catalogue.series[group["series"]]
        declared = listed(map(str, series.unit_mult), "or")
        docket.report(
            "UNIT-MULT-OTHER",
            rows,
            component="UNIT_MULT",
            expected=declared,
            series=series.code,
            value=group["unit_mult"],
            declared=declared,
            unit=_unit(series),
        )


def _other(
    docket: Docket, column: str, codelist: Codelist | None, differs: Callable[[str, str], bool]
) -> pl.DataFrame:
    """Return `_i`, `series` and a column of the rows whose code is known and differs from the declared ones."""
    known = docket.rows.select(ROW, "series", column)
    used = known.select("series", column).unique().drop_nulls()
    pairs = [pair for pair in used.iter_rows() if pair[1] in (codelist or ()) and differs(*pair)]
    return with_pairs(known, column, pairs)


def _numbers(docket: Docket, rows: pl.DataFrame, failed: Failed) -> None:
    wrong = _failed(rows, failed, VALUE, "VALUE-NOT-NUMBER", VALUE)
    wrong = wrong.with_columns(by_distinct(wrong[VALUE], not_number_kind).alias("_kind"))
    for group, places in groups(wrong, ["_kind"]):
        kind = str(group["_kind"])
        value = _first(wrong, places, VALUE)
        docket.report(
            "VALUE-NOT-NUMBER",
            places,
            component="OBS_VALUE",
            expected=lambda sent, kind=kind: as_number(kind, sent),  # type: ignore[misc]
            variant=kind if kind in NOT_NUMBERS else None,
            value=value,
            right=as_number(kind, value) or text("a number"),
        )
    sent_text = pl.col(VALUE)
    written_as = sent_text.fill_null("").str.strip_chars().alias("_as")
    no_number = rows.select(ROW, VALUE).filter(rows[NUMBER].is_null())
    empty = no_number.filter(is_missing(sent_text)).with_columns(written_as)
    for group, places in groups(empty, ["_as"]):
        written = group["_as"]
        docket.report(
            "VALUE-MISSING",
            places,
            component="OBS_VALUE",
            value=text("written {sent}", sent=written) if written else text("empty"),
        )
    padded = rows.select(ROW, VALUE, NUMBER).filter(has_idle_zero(sent_text) & pl.col(NUMBER).is_not_null())
    if padded.height:
        value = _first(padded, padded[ROW], VALUE)
        docket.report(
            "VALUE-LEADING-ZERO",
            padded[ROW],
            component="OBS_VALUE",
            expected=lambda sent: f"{float(sent):g}" if sent else None,
            value=value,
            right=f"{float(value):g}",
        )


def _ranges(docket: Docket, rows: pl.DataFrame, failed: Failed, other_unit: pl.Series) -> None:
    """Report values outside their declared range; not where the unit is another one, which explains it."""
    told = other_unit
    for kind in RANGE_CHECKS:
        outside = _failed(rows, failed, NUMBER, f"VALUE-RANGE:{kind}", "series", VALUE, "_upper")
        wrong = outside.filter(~pl.col(ROW).is_in(told.implode()))
        told = pl.concat([told, wrong[ROW]])
        for group, places in groups(wrong, ["series"]):
            series = docket.catalogue.series[group["series"]]
            here = wrong.row(by_predicate=pl.col(ROW) == places.min(), named=True)
            upper = series.value.soft_maximum if kind == "soft" else here["_upper"]
            docket.report(
                "VALUE-RANGE",
                places,
                component="OBS_VALUE",
                expected=_range(series.value.minimum, upper),
                severity=series.value.soft_severity if kind == "soft" else series.value.severity,
                variant=kind if kind in ("integer", "binary") else None,
                series=series.code,
                range=_range(series.value.minimum, upper),
                value=here[VALUE],
                unit=_unit(series),
                note=f" {series.value.note}" if series.value.note else "",
            )


def _periods(docket: Docket, rows: pl.DataFrame, failed: Failed) -> None:
    period = docket.structure.time.column
    wrong = _failed(rows, failed, period, "PERIOD-FORM", period)
    if wrong.height:
        value = _first(wrong, wrong[ROW], period)
        docket.report(
            "PERIOD-FORM",
            wrong[ROW],
            component="TIME_PERIOD",
            expected=_year_in,
            value=value,
            right=text("such as {example}", example=_year_in(value) or "2019"),
        )
    unfit = _failed(rows, failed, period, "PERIOD-FREQ", "freq", period)
    unfit = unfit.with_columns(by_distinct(unfit[period], period_form).alias("_form"))
    for group, places in groups(unfit, ["freq", "_form"]):
        value = _first(unfit, places, period)
        wanted = FORM_OF_FREQ[group["freq"]]
        right: str = value[:4]
        if wanted != "annual":
            right = text("{form} such as {example}", form=_FORMS[wanted], example=EXAMPLE_OF_FORM[wanted])
        docket.report(
            "PERIOD-FREQ",
            places,
            component="TIME_PERIOD",
            expected=right,
            form=_FORMS[group["_form"]],
            value=value,
            freq=group["freq"],
            right=right,
        )
    periods = pl.Series("text", distinct(rows, period), dtype=pl.String).sort().to_frame()
    ahead_of_us = period_form(pl.col("text")).is_not_null() & is_future(pl.col("text"), docket.today)
    late = periods.filter(ahead_of_us)["text"].to_list()
    if late:
        ahead = having(rows.select(ROW, period), period, late)
        docket.report(
            "PERIOD-FUTURE",
            ahead[ROW],
            component="TIME_PERIOD",
            expected=text("not after {day}", day=docket.today.isoformat()),
            value=late[-1],
        )


def _first(frame: pl.DataFrame, rows: pl.Series, column: str) -> str:
    return str(frame.filter(pl.col(ROW) == rows.min())[column][0])


def _unit(series: Series) -> str:
    return series.unit_measure[0] if series.unit_measure else text("its unit")


def _range(minimum: float | None, maximum: float | None) -> Text:
    if minimum is None:
        return text("the range up to {maximum}", maximum=figure(math.inf if maximum is None else maximum))
    if maximum is None:
        return text("{minimum} and more", minimum=figure(minimum))
    return text("{minimum} to {maximum}", minimum=figure(minimum), maximum=figure(maximum))


def _year_in(sent: str | None) -> str | None:
    """Return the last year that a text names: 2020 for 2017-2020, 2005 for 2005.0; None for none."""
    years = re.findall(r"(?<!\d)[12]\d{3}(?!\d)", sent or "")
    return str(years[-1]) if years else None
