"""Changes of values that deserve a second look: zeros, gaps, revisions, and jumps from one year to the next.

The threshold is the series' own, `year_on_year` of its declaration: a percentile of published changes, in per cent of
the earlier value. A fall is measured from the lower value, as a rise is: to a third is as far as to three times.
Numbers of persons and things must also change by more than chance does, three times the square root of their sum:
from 1 to 4 deaths is a rise by 300 per cent and says nothing. Series without a declared threshold are not judged here.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from metadata.words import Text, figure, text
from pipelines.checks.history_frames import KEY_NUMBER, ROW, SERIES_NUMBER, TIME, UNITS, Comparison, numbers_of, parted
from pipelines.compact import as_text

CHANCE = 3.0
"""How many standard deviations of a difference of two counts (our proposal)."""


def check_changes(comparison: Comparison) -> None:
    """Tell zeros and gaps, then revisions of what is held, then jumps between years."""
    changed = comparison.changed.filter(pl.col("matched") & pl.col("h").is_not_null() & (pl.col("h") != 0))
    back = pl.col("v").eq_missing(pl.col("former")) & pl.col("former").is_not_null()
    zeros = changed.filter((pl.col("v") == 0) & ~back)
    for (series,), found in parted(zeros, "series"):
        comparison.tell("HISTORY-ZERO", found, series=series)
    for (series,), found in parted(changed.filter(pl.col("v").is_null()), "series"):
        comparison.tell("HISTORY-ZERO", found, variant="missing", series=series)
    numbers = numbers_of(comparison.catalogue).filter(pl.col("threshold").is_not_null())
    other_unit = ~pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"h_{name}")) for name in (*UNITS, "unit_mult"))
    revised = changed.filter((pl.col("v") != 0) & ~back & ~other_unit).join(numbers, on="series", maintain_order="left")
    far = beyond(revised, "v", "h")
    for (series, threshold), found in parted(far, "series", "threshold", first="change"):
        comparison.tell("HISTORY-REVISION", found, series=series, threshold=_number(threshold))
    comparison.without(pl.concat([zeros[ROW], far[ROW], changed.filter(back | other_unit)[ROW]]))
    _jumps(comparison, numbers)


def beyond(rows: pl.DataFrame, value: str, before: str) -> pl.DataFrame:
    """Return the rows whose value is further from the one before than the threshold, with `change` in per cent.

    Args:
        rows: also with `threshold` and `counts` (`numbers_of`).
        value: column of the value.
        before: column of the value that it is compared with.
    """
    low, high = pl.min_horizontal(value, before), pl.max_horizontal(value, before)
    change = pl.when(low > 0).then(high / low - 1).otherwise((pl.col(value) / pl.col(before) - 1).abs())
    chance = ~pl.col("counts") | ((high - low) > CHANCE * (high.abs() + low.abs()).sqrt())
    return rows.with_columns(change=change * 100).filter(
        (pl.col("change") > pl.col("threshold")) & (high > 0) & chance
    )


def _jumps(comparison: Comparison, numbers: pl.DataFrame) -> None:
    """Tell changes between consecutive years of which at least one is new or has a new value.

    A change that was as far between the values held was asked about when they came, and is not asked again.
    """
    moved = comparison.changed.filter(pl.col("v").is_not_null() & ~(pl.col("matched") & (pl.col("v") == pl.col("h"))))
    moved = moved.join(numbers, on="series", how="semi").join(comparison.held, on=SERIES_NUMBER, how="semi")
    if moved.is_empty():
        return
    after = _standing(comparison, moved)
    names = ("v", "text", "unit_mult", "unit_measure", "moved", TIME, ROW, "h")
    earlier = after.select(
        SERIES_NUMBER, (pl.col("year") + 1).alias("year"), *(pl.col(name).alias(f"_{name}") for name in names)
    )
    pairs = after.join(earlier, on=[SERIES_NUMBER, "year"]).filter(
        (pl.col("moved") | pl.col("_moved"))
        & (pl.col("_v") > 0)
        & pl.col("_unit_measure").eq_missing(pl.col("unit_measure"))
        & pl.col("_unit_mult").eq_missing(pl.col("unit_mult"))
    )
    far = beyond(pairs.join(numbers, on="series"), "v", "_v")
    held = far.filter((pl.col("_h") > 0) & pl.col("h").is_not_null())
    asked = beyond(held, "h", "_h").select(SERIES_NUMBER, "year")
    # The row that moved carries the finding: of a pair whose later year is held, the earlier one.
    place = pl.when("moved").then(pl.col(ROW)).otherwise(pl.col(f"_{ROW}"))
    told = far.join(asked, on=[SERIES_NUMBER, "year"], how="anti").with_columns(place.alias(ROW))
    told = told.sort("change", descending=True, maintain_order=True).unique(ROW, keep="first", maintain_order=True)
    for (series, threshold), found in parted(told, "series", "threshold"):
        first = found.first.row(0, named=True)
        comparison.tell(
            "HISTORY-CHANGE",
            found,
            expected=_beside,
            series=series,
            threshold=_number(threshold),
            before=_shown(first["_text"], first["_v"]),
            near=first[f"_{TIME}"],
        )


def _beside(row: dict[str, Any]) -> Text:
    """Return the other year of a pair, for the row that carries the finding."""
    prefix = "_" if row["moved"] else ""
    value = _shown(row[f"{prefix}text"], row[f"{prefix}v"])
    return text("{value} in {period}", value=value, period=row[f"{prefix}{TIME}"])


def _standing(comparison: Comparison, moved: pl.DataFrame) -> pl.DataFrame:
    """Return what would stand of the series keys that moved, by year: the staged rows, and what is held beside them."""
    touched = moved.select(SERIES_NUMBER).unique()
    columns = [SERIES_NUMBER, KEY_NUMBER, "series", TIME, "unit_mult", "unit_measure"]
    value = [pl.col("obs_value").alias("v"), pl.col("obs_value_text").alias("text")]
    held = as_text(comparison.held.join(touched, on=SERIES_NUMBER, how="semi")).select(
        *columns, *value, pl.lit(None, dtype=pl.UInt32).alias(ROW), pl.col("obs_value").alias("h")
    )
    ours = comparison.staged.join(touched, on=SERIES_NUMBER, how="semi").select(*columns, *value, ROW)
    ours = ours.join(held.select(KEY_NUMBER, "h"), on=KEY_NUMBER, how="left")
    ours = ours.join(comparison.kept(), on=ROW, how="anti").cast({name: held.schema[name] for name in columns})
    both = pl.concat([held.join(ours, on=KEY_NUMBER, how="anti"), ours.select(held.columns)])
    year = pl.when(pl.col(TIME).str.contains(r"^\d{4}$")).then(pl.col(TIME)).cast(pl.Int32)
    marked = both.join(moved.select(ROW, moved=pl.lit(value=True)), on=ROW, how="left")
    return marked.with_columns(year.alias("year"), pl.col("moved").fill_null(value=False)).filter(
        pl.col("year").is_not_null() & pl.col("v").is_not_null()
    )


def _shown(received: str | None, value: float) -> str:
    return received if received is not None else _number(value)


def _number(value: float) -> str:
    return figure(value)
