"""Lost decimal separators and powers of ten: one mistake that touches the values of a series at once.

A lost separator is told by the digits: 12.5 is held, 125 comes. The powers differ from row to row (3.27 becomes 327),
so no common factor need be there. A scale is told by one power of ten that most values of a series in an area share.
What either explains is no revision any more. Both are errors, and the rows are kept back: a value that is wrong by a
power of ten spoils every aggregate. A value that goes back to what was held before the last vintage is let through.

Thresholds are our proposal; how often they fire on published vintages stands in `metadata.rulebook.history`.
"""

from __future__ import annotations

import polars as pl

from metadata.words import Text, figure, text
from pipelines.checks.history_frames import (
    GROUP_NUMBER,
    KEY_NUMBER,
    ROW,
    SERIES_NUMBER,
    TIME,
    Comparison,
    Found,
    parted,
    scaled,
)
from pipelines.compact import as_text

DIGITS_TELLING = 3
"""So many equal digits in one value are no accident; fewer need a second value."""
MOST = 0.6
"""The share of the comparable values of a group that is most of them."""
EXACT = 0.005
"""How far from a power of ten, in powers of ten, two values are that differ in nothing else: 1.2 per cent."""
NEAR = 0.1
"""The same where the values were revised too; needs `NEAR_ROWS` values, and powers from a hundred on."""
NEAR_ROWS = 3
ROUGH = 0.3
"""The same against another period: a factor of two; needs `NEAR_ROWS` values, and powers from a thousand on."""
ALONE = (2, 3, 6, 9)
"""Powers that a single value shows: per cent for shares, thousands, millions, billions."""


def check_scale(comparison: Comparison) -> None:
    """Tell lost separators, then other powers of ten, of the values that changed; then of periods not held yet."""
    rows = comparison.changed.filter(pl.col("v").is_not_null() & (pl.col("v") != 0))
    both = rows.filter(
        pl.col("matched")
        & (pl.col("h") != 0)
        & ~pl.col("v").eq_missing(pl.col("former"))
        & pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"h_{name}")) for name in ("unit_measure", "base_per"))
    ).with_columns(
        power=(scaled("v", "unit_mult") / scaled("h", "h_unit_mult")).abs().log10(),
        times=pl.col("unit_mult").fill_null(0) - pl.col("h_unit_mult").fill_null(0),
    )
    lost = _decimals(comparison, both)
    left = both.filter(~pl.col(ROW).is_in(lost.implode()) & (pl.col("v").sign() == pl.col("h").sign()))
    _multiplier(comparison, left.filter(pl.col("times") != 0))
    _powers(comparison, left.filter(pl.col("times") == 0))
    new = rows.filter(~pl.col("matched"))
    if not new.is_empty():
        _new_periods(comparison, new, lost)


def _digits(name: str) -> pl.Expr:
    """Return the digits of a number as received, without sign, separator, and zeros at either end."""
    return pl.col(name).str.replace_all(r"[^0-9]", "").str.strip_chars("0")


def _plain(name: str) -> pl.Expr:
    return ~pl.col(name).str.contains("[eE]")


def _whole(name: str) -> pl.Expr:
    return pl.col(name) == pl.col(name).floor()


def _decimals(comparison: Comparison, both: pl.DataFrame) -> pl.Series:
    """Tell separators that were lost, or found, in values that are held; return the rows of lost ones."""
    digits = both.filter((pl.col("times") == 0) & _plain("text") & _plain("h_text")).with_columns(
        same=_digits("text") == _digits("h_text"),
        many=_digits("text").str.len_chars() >= DIGITS_TELLING,
        zero=pl.col("text").str.contains(r"^\s*[+-]?0\d"),
        k=pl.col("power").round(),
        rest=(pl.col("power") - pl.col("power").round()).abs() < EXACT,
        point=pl.col("text").str.contains(".", literal=True),
        h_point=pl.col("h_text").str.contains(".", literal=True),
    )
    # Where numbers that never had a separator moved by a power as well, it is not the separator that went.
    moved = pl.col("rest") & (pl.col("k") != 0) & (pl.col("point") == pl.col("h_point"))
    digits = digits.filter(~moved.any().over(GROUP_NUMBER))
    sure = pl.col("same") & (pl.col("many") | pl.col("zero"))
    fewer = digits.filter(~pl.col("point") & pl.col("h_point")).with_columns(pl.len().over(GROUP_NUMBER).alias("fewer"))
    lost = fewer.filter((pl.col("rest") | pl.col("same")) & (pl.col("k") >= 1) & (pl.col("same") | ~pl.col("many")))
    many = pl.len().over(GROUP_NUMBER)
    lost = lost.filter(sure | ((many >= 2) & (many >= pl.col("fewer") / 2)))
    for (series,), found in parted(lost, "series"):
        comparison.tell("HISTORY-DECIMAL", found, series=series)
    more = digits.filter(pl.col("point") & ~pl.col("h_point") & sure & (pl.col("k") <= -1))
    # One power for all may as well be another unit, from a thousand on.
    mended = more.filter((pl.col("k").n_unique().over(GROUP_NUMBER) > 1) | (pl.col("k") > -3))
    for (series,), found in parted(mended, "series"):
        comparison.tell("HISTORY-DECIMAL", found, variant="mended", severity="warning", series=series)
    comparison.without(mended[ROW])
    comparison.without(lost[ROW])
    return pl.concat([lost[ROW], mended[ROW]])


def _multiplier(comparison: Comparison, rows: pl.DataFrame) -> None:
    """Tell multipliers that changed while the values stayed: the quantity is another one by that power."""
    stayed = rows.filter((pl.col("power") - pl.col("times")).abs() < EXACT)
    declared = {code: one.unit_mult[0] for code, one in comparison.catalogue.series.items()}
    right = pl.col("unit_mult").fill_null(0) == pl.col("series").replace_strict(declared, default=0)
    for (series, times, mended), found in parted(stayed.with_columns(right.alias("right")), "series", "times", "right"):
        comparison.tell(
            "HISTORY-SCALE",
            found,
            variant="mended" if mended else "multiplier",
            severity="warning" if mended else None,
            series=series,
            factor=factor(times),
            unit=comparison.unit(series),
        )
    comparison.without(stayed[ROW])


def _powers(comparison: Comparison, rows: pl.DataFrame) -> None:
    """Tell powers of ten that values of a series share."""
    far = rows.with_columns(
        k=pl.col("power").round().cast(pl.Int32), rest=(pl.col("power") - pl.col("power").round()).abs()
    ).filter((pl.col("k") != 0) & (pl.col("rest") <= NEAR))
    if far.is_empty():
        return
    many = pl.len().over(GROUP_NUMBER, "k")
    exact = pl.col("rest").le(EXACT)
    exactly = exact.sum().over(GROUP_NUMBER, "k")
    few = pl.when(pl.col("k").abs() > 1).then(2).otherwise(NEAR_ROWS)
    compared = _comparable(comparison, far).rename({"len": "compared"})
    far = far.join(compared, on=GROUP_NUMBER).with_columns(
        most=(exact & (exactly >= few) & (exactly >= MOST * pl.col("compared")))
        | ((pl.col("k").abs() > 1) & (many >= NEAR_ROWS) & (many >= MOST * pl.col("compared"))),
        alone=(pl.col("rest") < 1e-9) & pl.col("k").abs().is_in(ALONE) & (_digits("text").str.len_chars() > 1),
    )  # fmt: skip
    single = pl.col("alone") & (pl.col("compared") == 1)
    sure = far.filter(pl.col("most") | single)
    some = far.filter(pl.col("alone") & ~pl.col("most") & ~single)
    for (series, k), found in parted(sure, "series", "k"):
        _tell(comparison, found, series, k)
    for (series, k), found in parted(some, "series", "k"):
        _tell(comparison, found, series, k, variant="some", warn=True)
    comparison.without(pl.concat([sure[ROW], some[ROW]]))


def _comparable(comparison: Comparison, far: pl.DataFrame) -> pl.DataFrame:
    """Return how many values of each group came that are held and are not zero, unchanged ones included."""
    ours = comparison.staged.filter(pl.col("obs_value") != 0).select(GROUP_NUMBER, KEY_NUMBER)
    held = comparison.held.filter(pl.col("obs_value") != 0).select(KEY_NUMBER)
    ours = ours.join(far, on=GROUP_NUMBER, how="semi").join(held, on=KEY_NUMBER, how="semi")
    return ours.group_by(GROUP_NUMBER).len()


def _new_periods(comparison: Comparison, new: pl.DataFrame, lost: pl.Series) -> None:
    """Tell the same of periods that are not held yet, by the nearest period held of the same series key."""
    beside = new.with_columns(_year(TIME).alias("_year"))
    held = comparison.held.filter(pl.col("obs_value") != 0).join(beside, on=SERIES_NUMBER, how="semi")
    held = as_text(held).select(
        SERIES_NUMBER,
        pl.col(TIME).alias("near"),
        pl.col("obs_value").alias("_h"),
        pl.col("obs_value_text").alias("_text"),
        pl.col("unit_mult").cast(pl.Int32).alias("_mult"),
        pl.col("unit_measure").alias("_unit"),
        _year(TIME).alias("_year"),
    )
    beside = beside.join(held, on=SERIES_NUMBER, how="semi")
    if beside.is_empty():
        return
    decimal = held.group_by(SERIES_NUMBER).agg((~_whole("_h")).mean().alias("fractions"), pl.len().alias("known"))
    near = (
        beside.sort("_year")
        .join_asof(held.sort("_year"), on="_year", by=SERIES_NUMBER, strategy="nearest", check_sortedness=False)
        .filter(pl.col("_unit").eq_missing(pl.col("unit_measure")) & (pl.col("v").sign() == pl.col("_h").sign()))
        .join(decimal, on=SERIES_NUMBER)
        .with_columns(pl.col("_h").alias("h"), pl.col("_text").alias("h_text"), pl.col("_mult").alias("h_unit_mult"))
        .with_columns(power=(scaled("v", "unit_mult") / scaled("h", "h_unit_mult")).abs().log10())
        .with_columns(k=pl.col("power").round().cast(pl.Int32))
        .with_columns(rest=(pl.col("power") - pl.col("k")).abs())
        .sort(ROW)
    )
    _new_decimals(comparison, near, lost)
    near = near.join(comparison.kept(), on=ROW, how="anti", maintain_order="left")
    far = near.filter((pl.col("k").abs() >= 3) & (pl.col("k") % 3 == 0) & (pl.col("rest") <= ROUGH))
    of_group = near.group_by(GROUP_NUMBER).len("of_group")
    same = pl.len().over(GROUP_NUMBER, "k")
    sure = far.join(of_group, on=GROUP_NUMBER).filter((same >= NEAR_ROWS) & (same >= MOST * pl.col("of_group")))
    for (series, k), found in parted(sure, "series", "k"):
        _tell(comparison, found, series, k, variant="new")
    comparison.without(sure[ROW])


def _new_decimals(comparison: Comparison, near: pl.DataFrame, lost: pl.Series) -> None:
    """Tell whole numbers of a new period where all else held of the series key has decimals."""
    groups = comparison.staged.select(GROUP_NUMBER)[lost.to_list()]
    with_lost = near.join(groups, on=GROUP_NUMBER, how="semi")[ROW]
    whole = near.filter(_whole("v") & (pl.col("fractions") >= 0.8) & (pl.col("power") >= 0.5))
    zero = pl.col("text").str.contains(r"^\s*[+-]?0\d")
    alike = (pl.col("known") >= NEAR_ROWS) & (pl.col("rest") <= NEAR) & (pl.col("k") >= 1)
    hit = whole.filter(zero | alike | pl.col(ROW).is_in(with_lost.implode()))
    of_group = near.group_by(GROUP_NUMBER).len("of_group")
    sure = hit.join(of_group, on=GROUP_NUMBER).filter(
        pl.col(ROW).is_in(with_lost.implode())
        | zero
        | ((pl.len().over(GROUP_NUMBER) >= 2) & (pl.len().over(GROUP_NUMBER) >= MOST * pl.col("of_group")))
    )
    for (series,), found in parted(sure, "series"):
        comparison.tell("HISTORY-DECIMAL", found, variant="new", series=series, near=found.first["near"][0])
    comparison.without(sure[ROW])


def _tell(
    comparison: Comparison, found: Found, series: str, k: int, variant: str | None = None, *, warn: bool = False
) -> None:
    comparison.tell(
        "HISTORY-SCALE",
        found,
        variant=variant,
        severity="warning" if warn else None,
        series=series,
        factor=factor(k),
        unit=comparison.unit(series),
        near=found.first["near"][0] if "near" in found.first.columns else "",
    )


def factor(power: int) -> Text:
    """Return a power of ten in words: `1,000 times`, `1/1,000 of`."""
    times = figure(10 ** abs(power))
    return text("{times} times", times=times) if power > 0 else text("1/{times} of", times=times)


def _year(name: str) -> pl.Expr:
    return pl.col(name).str.slice(0, 4).cast(pl.Int32, strict=False)
