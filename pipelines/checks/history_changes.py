"""Changes of values that deserve a second look: zeros, gaps, revisions, and jumps from one year to the next.

The threshold is the series' own, `year_on_year` of its declaration: a percentile of published changes, in per cent of
the earlier value. A fall is measured from the lower value, as a rise is: to a third is as far as to three times.
Numbers of persons and things must also change by more than chance does, three times the square root of their sum:
from 1 to 4 deaths is a rise by 300 per cent and says nothing. Series without a declared threshold are not judged here.
"""

from __future__ import annotations

import polars as pl

from pipelines.checks.history_frames import ROW, TIME, UNITS, Comparison, by_series, numbers_of

CHANCE = 3.0
"""How many standard deviations of a difference of two counts (our proposal)."""


def check_changes(comparison: Comparison) -> None:
    """Tell zeros and gaps, then revisions of what is held, then jumps between years."""
    changed = comparison.changed.filter(pl.col("matched") & pl.col("h").is_not_null() & (pl.col("h") != 0))
    back = pl.col("v").eq_missing(pl.col("former")) & pl.col("former").is_not_null()
    zeros = changed.filter((pl.col("v") == 0) & ~back)
    for series, rows in by_series(zeros).items():
        comparison.tell("HISTORY-ZERO", rows, series=series)
    for series, rows in by_series(changed.filter(pl.col("v").is_null())).items():
        comparison.tell("HISTORY-ZERO", rows, variant="missing", series=series)
    numbers = numbers_of(comparison.catalogue).filter(pl.col("threshold").is_not_null())
    other_unit = ~pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"h_{name}")) for name in (*UNITS, "unit_mult"))
    revised = changed.filter((pl.col("v") != 0) & ~back & ~other_unit).join(numbers, on="series", maintain_order="left")
    beyond = _beyond(revised.rename({"h": "_before"})).rename({"_before": "h"})
    for series, rows in by_series(beyond.sort("change", descending=True, maintain_order=True)).items():
        comparison.tell("HISTORY-REVISION", rows, series=series, threshold=_number(rows["threshold"][0]))
    comparison.without(pl.concat([zeros[ROW], beyond[ROW], changed.filter(back | other_unit)[ROW]]))
    _jumps(comparison, numbers)


def _beyond(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows whose `v` is further from `_before` than the threshold, with the `change` in per cent."""
    low, high = pl.min_horizontal("v", "_before"), pl.max_horizontal("v", "_before")
    change = pl.when(low > 0).then(high / low - 1).otherwise((pl.col("v") / pl.col("_before") - 1).abs())
    chance = ~pl.col("counts") | ((high - low) > CHANCE * (high.abs() + low.abs()).sqrt())
    return rows.with_columns(change=change * 100).filter(
        (pl.col("change") > pl.col("threshold")) & (high > 0) & chance
    )


def _jumps(comparison: Comparison, numbers: pl.DataFrame) -> None:
    """Tell changes between consecutive years of which at least one is new or has a new value.

    A change that was as far between the values held was asked about when they came, and is not asked again.
    """
    key = comparison.series_key
    moved = comparison.changed.filter(pl.col("v").is_not_null() & ~(pl.col("matched") & (pl.col("v") == pl.col("h"))))
    known = comparison.held.select(key).unique()
    moved = moved.join(numbers, on="series", how="semi").join(known, on=key, how="semi")
    if moved.is_empty():
        return
    after = _standing(comparison, moved)
    earlier = after.select(
        *key, (pl.col("year") + 1).alias("year"), pl.col("v").alias("_before"), pl.col("text").alias("_text"),
        pl.col("unit_mult").alias("_mult"), pl.col("unit_measure").alias("_unit"), pl.col("moved").alias("_moved"),
        pl.col(TIME).alias("_period"), pl.col(ROW).alias("_row"), pl.col("h").alias("_h"),
    )  # fmt: skip
    pairs = after.join(earlier, on=[*key, "year"]).filter(
        (pl.col("moved") | pl.col("_moved"))
        & (pl.col("_before") > 0)
        & pl.col("_unit").eq_missing(pl.col("unit_measure"))
        & pl.col("_mult").eq_missing(pl.col("unit_mult"))
    )
    pairs = pairs.join(numbers, on="series").with_row_index("_pair")
    held = pairs.filter((pl.col("_h") > 0) & pl.col("h").is_not_null()).drop("v", "_before")
    asked = _beyond(held.rename({"h": "v", "_h": "_before"}))["_pair"]
    beyond = _beyond(pairs.filter(~pl.col("_pair").is_in(asked.implode())))
    beyond = beyond.sort("change", descending=True, maintain_order=True)
    # The row that moved carries the finding: of a pair whose later year is held, the earlier one.
    place = pl.when("moved").then(pl.col(ROW)).otherwise(pl.col("_row"))
    told = beyond.with_columns(place.alias(ROW)).with_columns(pl.col("_text").alias("h_text"), h=pl.col("_before"))
    for series, rows in by_series(told.filter(pl.col(ROW).is_not_null())).items():
        first = rows.row(0, named=True)
        comparison.tell(
            "HISTORY-CHANGE",
            rows.unique(ROW, keep="first", maintain_order=True),
            series=series,
            threshold=_number(first["threshold"]),
            before=first["_text"] if first["_text"] is not None else _number(first["_before"]),
            near=first["_period"],
        )


def _standing(comparison: Comparison, moved: pl.DataFrame) -> pl.DataFrame:
    """Return what would stand of the series keys that moved, by year: the staged rows, and what is held beside them."""
    key = comparison.series_key
    touched = moved.select(key).unique()
    columns = [*comparison.key, "unit_mult", "unit_measure"]
    held = comparison.held.join(touched, on=key, how="semi").select(
        *columns, pl.col("obs_value").alias("v"), pl.col("obs_value_text").alias("text"),
        pl.lit(None, dtype=pl.UInt32).alias(ROW), pl.col("obs_value").alias("h"),
    )  # fmt: skip
    ours = comparison.staged.with_row_index(ROW).with_columns(pl.col(comparison.key).cast(pl.String))
    ours = ours.join(touched, on=key, how="semi").select(
        *columns, pl.col("obs_value").alias("v"), pl.col("obs_value_text").alias("text"), ROW
    )
    ours = ours.join(held.select(*comparison.key, "h"), on=comparison.key, how="left")
    away = pl.concat([*(one[ROW] for one in comparison.kept_back), pl.Series(ROW, [], dtype=pl.UInt32)])
    ours = ours.filter(~pl.col(ROW).is_in(away.implode()))
    beside = held.join(ours, on=comparison.key, how="anti")
    both = pl.concat([beside, ours.select(held.columns)], how="vertical_relaxed")
    year = pl.when(pl.col(TIME).str.contains(r"^\d{4}$")).then(pl.col(TIME).cast(pl.Int32, strict=False))
    return both.with_columns(
        year.alias("year"), pl.col(ROW).is_in(moved[ROW].implode()).fill_null(value=False).alias("moved")
    ).filter(pl.col("year").is_not_null() & pl.col("v").is_not_null())


def _number(value: float) -> str:
    return f"{value:,.10g}"
