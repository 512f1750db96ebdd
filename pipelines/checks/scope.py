"""Scope first: rows of other goals, of national series and under national-only codes are not judged further.

A series code that neither the global structure nor a national prefix explains is an error here already:
nobody can say whether it is in scope.
"""

from __future__ import annotations

import polars as pl

from pipelines.checks.docket import Docket, groups
from pipelines.map import NATIONAL
from pipelines.places import ROW, named

NATIONAL_SERIES = "_"
"""Series codes of a country's own begin with this (`_L_RW_010301_1`)."""

_CLASS = "_class"


def sort_by_scope(docket: Docket) -> int:
    """Take rows out of scope off the docket, and report each cause once.

    The rows that stay are counted by the judgement: their series is ours, or empty, or unknown.

    Returns:
        The number of rows out of scope.
    """
    rows = docket.rows.with_columns(_class(docket).alias(_CLASS))
    other = rows.filter(pl.col(_CLASS) == "other goal")
    _report_series(docket, "SCOPE-OTHER-GOAL", other)
    national = rows.filter(pl.col(_CLASS) == "national series")
    _report_series(docket, "SCOPE-NATIONAL-SERIES", national)
    under_code = rows.filter(pl.col(_CLASS) == "national code")
    for component, part in under_code.group_by(NATIONAL, maintain_order=True):
        column = str(component[0]).lower()
        sent = docket.received.filter(pl.col(ROW).is_in(part[ROW].implode()))[column]
        docket.report(
            "SCOPE-NATIONAL-CODE",
            part[ROW],
            component=str(component[0]),
            names=named(sent),
        )
    docket.release_to(rows.filter(~pl.col(_CLASS).is_in(["other goal", "national series", "national code"])))
    return other.height + national.height + under_code.height


def hang_unknown_series(docket: Docket) -> None:
    """Keep back rows whose series is empty, unknown or not declared, and take them off the docket."""
    from pipelines.checks.codes import report_unknown

    empty = docket.rows.filter(pl.col(_CLASS) == "empty")
    docket.report("DIMENSION-MISSING", empty[ROW], component="SERIES")
    report_unknown(docket, docket.rows.filter(pl.col(_CLASS) == "unknown"), "SERIES")
    for group, rows in groups(docket.rows.filter(pl.col(_CLASS) == "not declared"), ["series"]):
        entry = docket.structure.series_index[group["series"]]
        docket.report(
            "SERIES-NOT-DECLARED",
            rows,
            component="SERIES",
            value=group["series"],
            indicators=", ".join(entry.indicators),
        )
    docket.release_to(docket.rows.filter(pl.col(_CLASS) == "ours").drop(_CLASS))


def hang_by_map(docket: Docket) -> None:
    """Keep back the rows that a reviewed `when` rule names, and take them off the docket."""
    from pipelines.map import WHEN, condition_in_words

    for number, rule in enumerate(docket.provider.map.when if docket.provider else ()):
        rows = docket.rows.filter(pl.col(WHEN) == number)[ROW]
        docket.report(
            "MAP-QUARANTINE",
            rows,
            component=list(rule.if_)[-1],
            condition=condition_in_words(rule.if_),
            reason=rule.reason,
        )
    docket.release_to(docket.rows.filter(pl.col(WHEN).is_null()))


def retired_series(docket: Docket) -> None:
    """Tell which series in scope are no longer in force; their rows are loaded."""
    for group, rows in groups(docket.rows, ["series"]):
        series = docket.catalogue.series[group["series"]]
        if series.status != "current":
            heirs = f"; {' and '.join(series.heirs)} took its place" if series.heirs else ""
            code, status = series.code, series.status
            docket.report("SERIES-RETIRED", rows, component="SERIES", value=code, status=status, heirs=heirs)


def _class(docket: Docket) -> pl.Expr:
    declared = list(docket.catalogue.series)
    index = docket.structure.series_index
    ours = [code for code, entry in index.items() if entry.ours]
    others = [code for code, entry in index.items() if not entry.ours]
    series = pl.col("series")
    return (
        pl.when(series.is_in(others)).then(pl.lit("other goal"))
        .when(series.str.starts_with(NATIONAL_SERIES)).then(pl.lit("national series"))
        .when(pl.col(NATIONAL).is_not_null()).then(pl.lit("national code"))
        .when(series.is_null()).then(pl.lit("empty"))
        .when(series.is_in(declared)).then(pl.lit("ours"))
        .when(series.is_in(ours)).then(pl.lit("not declared"))
        .otherwise(pl.lit("unknown"))
    )


def _report_series(docket: Docket, rule: str, rows: pl.DataFrame) -> None:
    codes = rows["series"]
    docket.report(rule, rows[ROW], component="SERIES", names=named(codes))
