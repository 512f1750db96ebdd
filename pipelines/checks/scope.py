"""Scope first: rows of other goals, of national series and under national-only codes are not judged further.

A series code that neither the global structure nor a national prefix explains is an error here already:
nobody can say whether it is in scope.
"""

from __future__ import annotations

import polars as pl

from metadata.words import listed, text
from pipelines.checks.docket import Docket, groups
from pipelines.compact import distinct, having, one_of
from pipelines.map import NATIONAL
from pipelines.places import ROW, named

NATIONAL_SERIES = "_"
"""Series codes of a country's own begin with this (`_L_RW_010301_1`)."""

_CLASS = "_class"

_STATUS = {"legacy": text("legacy"), "retired": text("retired")}
_OUT = ["other goal", "national series", "national code"]
_CLASSES = pl.Enum([*_OUT, "empty", "ours", "not declared", "unknown"])


def sort_by_scope(docket: Docket) -> int:
    """Take rows out of scope off the docket, and report each cause once.

    The rows that stay are counted by the judgement: their series is ours, or empty, or unknown.

    Returns:
        The number of rows out of scope.
    """
    rows = docket.rows.with_columns(_class(docket).cast(_CLASSES).alias(_CLASS))
    told = rows.select(ROW, "series", NATIONAL, _CLASS).filter(pl.col(_CLASS).is_in(_OUT))
    other = told.filter(pl.col(_CLASS) == "other goal")
    _report_series(docket, "SCOPE-OTHER-GOAL", other)
    national = told.filter(pl.col(_CLASS) == "national series")
    _report_series(docket, "SCOPE-NATIONAL-SERIES", national)
    under_code = told.filter(pl.col(_CLASS) == "national code")
    for component, part in under_code.group_by(NATIONAL, maintain_order=True):
        column = str(component[0]).lower()
        sent = docket.received.filter(pl.col(ROW).is_in(part[ROW].implode()))[column]
        docket.report(
            "SCOPE-NATIONAL-CODE",
            part[ROW],
            component=str(component[0]),
            names=named(sent),
        )
    docket.release_to(rows.filter(~pl.col(_CLASS).is_in(_OUT)))
    return told.height


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
            indicators=listed(entry.indicators, "comma"),
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
    declared = docket.catalogue.series
    former = [code for code in distinct(docket.rows, "series") if declared[code].status != "current"]
    for group, rows in groups(having(docket.rows.select(ROW, "series"), "series", former), ["series"]):
        series = declared[group["series"]]
        heirs = text("; {codes} took its place", codes=listed(series.heirs)) if series.heirs else ""
        code, status = series.code, _STATUS.get(series.status, series.status)
        docket.report("SERIES-RETIRED", rows, component="SERIES", value=code, status=status, heirs=heirs)


def _class(docket: Docket) -> pl.Expr:
    """Return the class of a row; what there is to decide about its series is decided once a code."""
    index, declared = docket.structure.series_index, docket.catalogue.series
    codes = distinct(docket.rows, "series")
    others = [code for code in codes if code in index and not index[code].ours]
    ours = [code for code in codes if code in index and index[code].ours]
    series = pl.col("series")
    return (
        pl.when(one_of("series", others)).then(pl.lit("other goal"))
        .when(one_of("series", [c for c in codes if c.startswith(NATIONAL_SERIES)])).then(pl.lit("national series"))
        .when(pl.col(NATIONAL).is_not_null()).then(pl.lit("national code"))
        .when(series.is_null()).then(pl.lit("empty"))
        .when(one_of("series", [code for code in codes if code in declared])).then(pl.lit("ours"))
        .when(one_of("series", ours)).then(pl.lit("not declared"))
        .otherwise(pl.lit("unknown"))
    )


def _report_series(docket: Docket, rule: str, rows: pl.DataFrame) -> None:
    codes = rows["series"]
    docket.report(rule, rows[ROW], component="SERIES", names=named(codes))
