"""Row by row: filled cells, units and multipliers, number forms, ranges, periods.

Filled cells, forms and ranges are decided by the pandera schema of `metadata.derive.pandera_schema`, whose
failures become findings here, one a root cause. Units are compared with the declaration of the series.
"""

from __future__ import annotations

import re

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
    number,
    period_form,
)
from metadata.derive.pandera_schema import RANGE_CHECKS, VALUE, failures, row_schema, with_ranges
from metadata.model import Series
from pipelines.checks.docket import Docket, groups
from pipelines.places import ROW

_NORMAL = {
    "OBS_STATUS": " (A for a normal value)",
    "UNIT_MULT": " (0 when the values are in the unit itself)",
}


def check_rows(docket: Docket) -> None:
    """Check every row in question by itself; error findings keep their rows back."""
    rows = with_ranges(docket.rows, docket.catalogue, docket.areas)
    found = failures(rows, row_schema(docket.structure))
    failed = found.with_columns(rows[ROW].gather(found["position"]))
    _filled_cells(docket, failed)
    other_unit = _units(docket)
    _multipliers(docket)
    _numbers(docket, failed)
    _ranges(docket, rows, failed, other_unit)
    _periods(docket, failed)


def _rows(failed: pl.DataFrame, check: str, column: str | None = None) -> pl.Series:
    wanted = pl.col("check") == check
    return failed.filter(wanted if column is None else wanted & (pl.col("column") == column))[ROW]


def _chosen(docket: Docket, rows: pl.Series) -> pl.DataFrame:
    return docket.rows.filter(pl.col(ROW).is_in(rows.implode()))


def _filled_cells(docket: Docket, failed: pl.DataFrame) -> None:
    for component in docket.structure.components:
        rows = _rows(failed, "not_nullable", component.column)
        if component.role != "attribute":
            docket.report("DIMENSION-MISSING", rows, component=component.id)
            continue
        suggestion = _NORMAL.get(component.id, "")
        if component.id == "UNIT_MEASURE" and len(rows):
            units = {
                docket.catalogue.series[code].unit_measure[:1]
                for code in _chosen(docket, rows)["series"].unique().to_list()
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
    known = docket.rows.filter(pl.col("unit_measure").is_in(list(codelist.codes if codelist else ())))
    others = []
    for group, rows in groups(known, ["series", "unit_measure"]):
        declared = docket.catalogue.series[group["series"]].unit_measure
        if not declared or group["unit_measure"] in declared:
            continue
        others.append(rows)
        docket.report(
            "UNIT-OTHER",
            rows,
            component="UNIT_MEASURE",
            expected=" or ".join(declared),
            series=group["series"],
            value=group["unit_measure"],
            declared=" or ".join(declared),
        )
    return pl.concat(others) if others else pl.Series(ROW, [], dtype=pl.UInt32)


def _multipliers(docket: Docket) -> None:
    codelist = docket.structure.codelist("UNIT_MULT")
    known = docket.rows.filter(pl.col("unit_mult").is_in(list(codelist.codes if codelist else ())))
    for group, rows in groups(known, ["series", "unit_mult"]):
        series = docket.catalogue.series[group["series"]]
        if int(group["unit_mult"]) in series.unit_mult:
            continue
        declared = " or ".join(str(mult) for mult in series.unit_mult)
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


def _numbers(docket: Docket, failed: pl.DataFrame) -> None:
    wrong = _chosen(docket, _rows(failed, "VALUE-NOT-NUMBER")).with_columns(
        not_number_kind(pl.col(VALUE)).alias("_kind")
    )
    for group, rows in groups(wrong, ["_kind"]):
        kind = str(group["_kind"])
        value = _first(wrong, rows, VALUE)
        docket.report(
            "VALUE-NOT-NUMBER",
            rows,
            component="OBS_VALUE",
            expected=lambda text, kind=kind: as_number(kind, text),  # type: ignore[misc]
            variant=kind if kind in NOT_NUMBERS else None,
            value=value,
            right=as_number(kind, value) or "a number",
        )
    text = pl.col(VALUE)
    written_as = text.fill_null("").str.strip_chars().alias("_as")
    empty = docket.rows.filter(is_missing(text)).with_columns(written_as)
    for group, rows in groups(empty, ["_as"]):
        written = group["_as"]
        docket.report(
            "VALUE-MISSING", rows, component="OBS_VALUE", value=f"written {written}" if written else "empty"
        )
    padded = docket.rows.filter(has_idle_zero(text) & number(text).is_not_null())
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


def _ranges(docket: Docket, rows: pl.DataFrame, failed: pl.DataFrame, other_unit: pl.Series) -> None:
    """Report values outside their declared range; not where the unit is another one, which explains it."""
    told = other_unit
    for kind in RANGE_CHECKS:
        outside = _rows(failed, f"VALUE-RANGE:{kind}")
        wrong = rows.filter(pl.col(ROW).is_in(outside.implode()) & ~pl.col(ROW).is_in(told.implode()))
        told = pl.concat([told, wrong[ROW]])
        for group, places in groups(wrong, ["series"]):
            series = docket.catalogue.series[group["series"]]
            here = wrong.filter(pl.col(ROW).is_in(places.implode()))
            upper = series.value.soft_maximum if kind == "soft" else here["_upper"][0]
            docket.report(
                "VALUE-RANGE",
                places,
                component="OBS_VALUE",
                expected=_range(series.value.minimum, upper),
                severity=series.value.soft_severity if kind == "soft" else series.value.severity,
                variant=kind if kind in ("integer", "binary") else None,
                series=series.code,
                range=_range(series.value.minimum, upper),
                value=_first(here, places, VALUE),
                unit=_unit(series),
                note=f" {series.value.note}" if series.value.note else "",
            )


def _periods(docket: Docket, failed: pl.DataFrame) -> None:
    period = docket.structure.time.column
    wrong = _chosen(docket, _rows(failed, "PERIOD-FORM"))
    if wrong.height:
        value = _first(wrong, wrong[ROW], period)
        docket.report(
            "PERIOD-FORM",
            wrong[ROW],
            component="TIME_PERIOD",
            expected=_year_in,
            value=value,
            right=f"such as {_year_in(value) or '2019'}",
        )
    unfit = _chosen(docket, _rows(failed, "PERIOD-FREQ")).with_columns(
        period_form(pl.col(period)).alias("_form")
    )
    for group, rows in groups(unfit, ["freq", "_form"]):
        value = _first(unfit, rows, period)
        wanted = FORM_OF_FREQ[group["freq"]]
        right = value[:4] if wanted == "annual" else f"a {wanted} period such as {EXAMPLE_OF_FORM[wanted]}"
        docket.report(
            "PERIOD-FREQ",
            rows,
            component="TIME_PERIOD",
            expected=right,
            form=f"{'an' if group['_form'] == 'annual' else 'a'} {group['_form']}",
            value=value,
            freq=group["freq"],
            right=right,
        )
    text = pl.col(period)
    ahead = docket.rows.filter(period_form(text).is_not_null() & is_future(text, docket.today))
    if ahead.height:
        docket.report(
            "PERIOD-FUTURE",
            ahead[ROW],
            component="TIME_PERIOD",
            expected=f"not after {docket.today}",
            value=ahead[period].max(),
        )


def _first(frame: pl.DataFrame, rows: pl.Series, column: str) -> str:
    return str(frame.filter(pl.col(ROW) == rows.min())[column][0])


def _unit(series: Series) -> str:
    return series.unit_measure[0] if series.unit_measure else "its unit"


def _range(minimum: float | None, maximum: float | None) -> str:
    if minimum is None:
        return f"the range up to {maximum:,.10g}"
    return f"{minimum:,.10g} and more" if maximum is None else f"{minimum:,.10g} to {maximum:,.10g}"


def _year_in(text: str | None) -> str | None:
    """Return the last year that a text names: 2020 for 2017-2020, 2005 for 2005.0; None for none."""
    years = re.findall(r"(?<!\d)[12]\d{3}(?!\d)", text or "")
    return str(years[-1]) if years else None
