"""A series key over its periods: years that are missing inside, and units that change on the way.

Both look at the delivery alone; that a key has vanished, or has another unit than what is held, is a matter of
history. Gaps are information: what is collected every four years has them, so a key is only told of when most of its
steps are single years.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from metadata.words import Text, counted, listed, text
from pipelines.checks.figures import key_columns
from pipelines.compact import by_distinct, distinct, keys
from pipelines.places import ROW

if TYPE_CHECKING:
    from pipelines.checks.docket import Docket

GAP = 1
"""How many years in a row must be missing, where the series does not say otherwise (our proposal)."""
SHOWN = 2

_WITHIN_A_KEY = ("unit_measure", "unit_mult", "base_per")


def check_gaps(docket: Docket, frame: pl.DataFrame) -> None:
    """Report years that are missing between two years of the same series key, a finding a series.

    Args:
        docket: where the findings go.
        frame: what `pipelines.checks.figures.figures` returned.
    """
    for (code,), part in gaps(frame, docket).group_by("series", maintain_order=True):
        docket.report(
            "SERIES-GAP",
            part[ROW],
            component="TIME_PERIOD",
            series=str(code),
            words=lambda rows, part=part: _gaps_in_words(  # type: ignore[misc]
                part.filter(pl.col(ROW).is_in(rows.implode()))
            ),
        )


def gaps(frame: pl.DataFrame, docket: Docket) -> pl.DataFrame:
    """Return the first row after each gap: `_i`, `series`, `ref_area`, `_key`, `_from` and `_to` (years missing)."""
    years = {text: int(text) for text in distinct(frame, "time_period") if re.fullmatch(r"\d{4}", text)}
    annual = frame.filter((pl.col("freq") == "A") & pl.col("time_period").is_in(list(years)))
    annual = annual.select(
        ROW, "series", "ref_area",
        keys(annual, [d.column for d in docket.structure.dimensions]).alias("_key"),
        by_distinct(annual["time_period"], lambda text: text.cast(pl.Int32)).alias("_year"),
    )  # fmt: skip
    spans = annual.group_by("_key").agg(
        (pl.col("_year").max() - pl.col("_year").min() + 1).alias("_span"), pl.col("_year").n_unique().alias("_years")
    )
    # three years in four are there: where fewer are, the series is not collected every year
    open_keys = spans.filter((pl.col("_span") > pl.col("_years")) & (pl.col("_years") * 4 >= pl.col("_span") * 3))
    if open_keys.is_empty():
        return _NO_GAPS
    allowed = {
        code: setting.threshold
        for code, series in docket.catalogue.series.items()
        for setting in series.rules
        if setting.rule == "SERIES-GAP" and setting.threshold is not None
    }
    before = pl.col("_year").shift().over("_key")
    missing = pl.col("_year") - before - 1
    return (
        annual.join(open_keys, on="_key", how="semi")
        .with_columns(pl.col("series", "ref_area").cast(pl.String))
        .sort("_key", "_year")
        .with_columns((before + 1).alias("_from"), (pl.col("_year") - 1).alias("_to"), missing.alias("_missing"))
        .filter(pl.col("_missing") >= pl.col("series").replace_strict(allowed, default=GAP - 1).floor() + 1)
        .sort(ROW)
        .select(*_NO_GAPS.columns)
    )


_NO_GAPS = pl.DataFrame(
    schema={
        ROW: pl.UInt32, "series": pl.String, "ref_area": pl.String, "_key": pl.UInt64, "_from": pl.Int32,
        "_to": pl.Int32,
    }
)


def _gaps_in_words(part: pl.DataFrame) -> dict[str, object]:
    return {
        "keys": counted("{count} key", "{count} keys", part["_key"].n_unique()),
        "names": listed((_gap(row) for row in part.head(SHOWN).iter_rows(named=True)), "comma"),
    }


def _gap(row: dict[str, object]) -> Text:
    if row["_from"] == row["_to"]:
        return text("{year} of area {area}", year=row["_from"], area=row["ref_area"])
    return text("{first} to {last} of area {area}", first=row["_from"], last=row["_to"], area=row["ref_area"])


def check_mixed(docket: Docket, frame: pl.DataFrame) -> None:
    """Report units, multipliers and base periods that change within a series key, a finding a series and attribute.

    Rows that are kept back, for a wrong unit among other things, are not looked at.

    Args:
        docket: where the findings go.
        frame: what `pipelines.checks.figures.figures` returned.
    """
    hung = docket.hung()
    for column in _WITHIN_A_KEY:
        if len(distinct(frame, column)) < 2:
            continue
        kept = frame.filter(~pl.col(ROW).is_in(hung.implode()) & pl.col(column).is_not_null())
        if column == "unit_mult":
            kept = kept.filter(_declared_multiplier(docket))  # another one is told of by UNIT-MULT-OTHER
        several = kept.group_by("series", maintain_order=True).agg(pl.col(column).n_unique().alias("_of"))
        for code in several.filter(pl.col("_of") > 1)["series"].cast(pl.String):
            _report_mixed(docket, kept.filter(pl.col("series") == code), column, code)


def _declared_multiplier(docket: Docket) -> pl.Expr:
    """Return where a series that may have several multipliers has one of them."""
    fits = [
        (pl.col("series") == code) & pl.col("unit_mult").is_in([str(mult) for mult in series.unit_mult])
        for code, series in docket.catalogue.series.items()
        if len(series.unit_mult) > 1
    ]
    return pl.any_horizontal(fits) if fits else pl.lit(value=False)


def _report_mixed(docket: Docket, rows: pl.DataFrame, column: str, code: str) -> None:
    """Report the rows of a series whose unit is not the commonest of their key."""
    key = key_columns(docket.structure)[:-1]
    within = rows.select(
        ROW, pl.col("ref_area", "time_period", column).cast(pl.String), keys(rows, key).alias("_key")
    ).with_columns(
        # of equally common ones the first in the alphabet counts as the common one
        pl.col(column).mode().sort().first().over("_key").alias("_common"),
    )
    odd = within.filter(pl.col(column) != pl.col("_common")).sort(ROW)
    docket.report(
        "UNIT-MIXED",
        odd[ROW],
        component=column.upper(),
        series=code,
        words=lambda some: _mixed_in_words(odd.filter(pl.col(ROW).is_in(some.implode())), column),
    )


def _mixed_in_words(odd: pl.DataFrame, column: str) -> dict[str, object]:
    shown = (
        text(
            "{value} in {period} and {common} otherwise (area {area})",
            value=row[column], period=row["time_period"], common=row["_common"], area=row["ref_area"],
        )
        for row in odd.head(SHOWN).iter_rows(named=True)
    )
    return {
        "keys": counted("{count} key", "{count} keys", odd["_key"].n_unique()),
        "names": listed(shown, "comma"),
    }
