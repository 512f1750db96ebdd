"""Lost decimal separators and powers of ten: one mistake that touches the values of a series at once.

A lost separator is told by the digits: 12.5 is held, 125 comes. The powers differ from row to row (3.27 becomes 327),
so no common factor need be there. A scale is told by one power of ten that most values of a series in an area share.
What either explains is no revision any more. Both are errors, and the rows are kept back: a value that is wrong by a
power of ten spoils every aggregate. A value that goes back to what was held before the last vintage is let through.

Thresholds are our proposal; how often they fire on published vintages stands in `metadata.rulebook.history`.
"""

from __future__ import annotations

import polars as pl

from metadata.words import Text, text
from pipelines.checks.history_frames import GROUP, ROW, TIME, Comparison, by_series, scaled

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
    digits = digits.filter(~moved.any().over(GROUP))
    sure = pl.col("same") & (pl.col("many") | pl.col("zero"))
    fewer = digits.filter(~pl.col("point") & pl.col("h_point")).with_columns(pl.len().over(GROUP).alias("fewer"))
    lost = fewer.filter((pl.col("rest") | pl.col("same")) & (pl.col("k") >= 1) & (pl.col("same") | ~pl.col("many")))
    lost = lost.filter(sure | ((pl.len().over(GROUP) >= 2) & (pl.len().over(GROUP) >= pl.col("fewer") / 2)))
    for series, found in by_series(lost).items():
        comparison.tell("HISTORY-DECIMAL", found, series=series)
    more = digits.filter(pl.col("point") & ~pl.col("h_point") & sure & (pl.col("k") <= -1))
    # One power for all may as well be another unit, from a thousand on.
    mended = more.filter((pl.col("k").n_unique().over(GROUP) > 1) | (pl.col("k") > -3))
    for series, found in by_series(mended).items():
        comparison.tell("HISTORY-DECIMAL", found, variant="mended", severity="warning", series=series)
    comparison.without(mended[ROW])
    comparison.without(lost[ROW])
    return pl.concat([lost[ROW], mended[ROW]])


def _multiplier(comparison: Comparison, rows: pl.DataFrame) -> None:
    """Tell multipliers that changed while the values stayed: the quantity is another one by that power."""
    stayed = rows.filter((pl.col("power") - pl.col("times")).abs() < EXACT)
    declared = {code: one.unit_mult[0] for code, one in comparison.catalogue.series.items()}
    for (series, _), found in _parts(stayed, ["series", "times"]):
        mended = found["unit_mult"].fill_null(0).eq(declared.get(series, 0)).all()
        comparison.tell(
            "HISTORY-SCALE",
            found,
            variant="mended" if mended else "multiplier",
            severity="warning" if mended else None,
            series=series,
            factor=factor(int(found["times"][0])),
            unit=comparison.unit(series),
        )
        comparison.without(found[ROW])


def _powers(comparison: Comparison, rows: pl.DataFrame) -> None:
    """Tell powers of ten that values of a series share."""
    far = rows.with_columns(
        k=pl.col("power").round().cast(pl.Int32), rest=(pl.col("power") - pl.col("power").round()).abs()
    ).filter((pl.col("k") != 0) & (pl.col("rest") <= NEAR))
    if far.is_empty():
        return
    many = pl.len().over([*GROUP, "k"])
    exact = pl.col("rest").le(EXACT)
    exactly = exact.sum().over([*GROUP, "k"])
    few = pl.when(pl.col("k").abs() > 1).then(2).otherwise(NEAR_ROWS)
    compared = _comparable(comparison, far).rename({"len": "compared"})
    far = far.join(compared, on=GROUP).with_columns(
        most=(exact & (exactly >= few) & (exactly >= MOST * pl.col("compared")))
        | ((pl.col("k").abs() > 1) & (many >= NEAR_ROWS) & (many >= MOST * pl.col("compared"))),
        alone=(pl.col("rest") < 1e-9) & pl.col("k").abs().is_in(ALONE) & (_digits("text").str.len_chars() > 1),
    )  # fmt: skip
    single = pl.col("alone") & (pl.col("compared") == 1)
    for (series, k), found in _parts(far.filter(pl.col("most") | single), ["series", "k"]):
        _tell(comparison, found, series, int(k))
    some = far.filter(pl.col("alone") & ~pl.col("most") & ~single)
    for (series, k), found in _parts(some, ["series", "k"]):
        _tell(comparison, found, series, int(k), variant="some", warn=True)


def _comparable(comparison: Comparison, far: pl.DataFrame) -> pl.DataFrame:
    """Return how many values of each group came that are held and are not zero, unchanged ones included."""
    groups = far.select(GROUP).unique()
    ours = comparison.staged.filter(pl.col("obs_value") != 0).select(pl.col(comparison.key).cast(pl.String))
    held = comparison.held.filter(pl.col("obs_value") != 0).select(comparison.key)
    return ours.join(groups, on=GROUP, how="semi").join(held, on=comparison.key, how="semi").group_by(GROUP).len()


def _new_periods(comparison: Comparison, new: pl.DataFrame, lost: pl.Series) -> None:
    """Tell the same of periods that are not held yet, by the nearest period held of the same series key."""
    key = comparison.series_key
    held = comparison.held.filter(pl.col("obs_value") != 0).select(
        *key,
        pl.col(TIME).alias("near"),
        pl.col("obs_value").alias("_h"),
        pl.col("obs_value_text").alias("_text"),
        pl.col("unit_mult").cast(pl.Int32).alias("_mult"),
        pl.col("unit_measure").alias("_unit"),
        _year(TIME).alias("_year"),
    )
    beside = new.with_columns(_year(TIME).alias("_year")).join(held.select(key).unique(), on=key, how="semi")
    if beside.is_empty():
        return
    decimal = held.group_by(key).agg((~_whole("_h")).mean().alias("fractions"), pl.len().alias("known"))
    near = (
        beside.sort("_year")
        .join_asof(held.sort("_year"), on="_year", by=key, strategy="nearest", check_sortedness=False)
        .filter(pl.col("_unit").eq_missing(pl.col("unit_measure")) & (pl.col("v").sign() == pl.col("_h").sign()))
        .join(decimal, on=key)
        .with_columns(pl.col("_h").alias("h"), pl.col("_text").alias("h_text"), pl.col("_mult").alias("h_unit_mult"))
        .with_columns(power=(scaled("v", "unit_mult") / scaled("h", "h_unit_mult")).abs().log10())
        .with_columns(k=pl.col("power").round().cast(pl.Int32))
        .with_columns(rest=(pl.col("power") - pl.col("k")).abs())
        .sort(ROW)
    )
    _new_decimals(comparison, near, lost)
    kept = pl.concat([none["_s"] for none in comparison.kept_back] or [pl.Series(ROW, [], dtype=pl.UInt32)])
    near = near.filter(~pl.col(ROW).is_in(kept.implode()))
    far = near.filter((pl.col("k").abs() >= 3) & (pl.col("k") % 3 == 0) & (pl.col("rest") <= ROUGH))
    of_group = near.group_by(GROUP).len("of_group")
    same = pl.len().over([*GROUP, "k"])
    sure = far.join(of_group, on=GROUP).filter((same >= NEAR_ROWS) & (same >= MOST * pl.col("of_group")))
    for (series, k), found in _parts(sure, ["series", "k"]):
        _tell(comparison, found, series, int(k), variant="new")


def _new_decimals(comparison: Comparison, near: pl.DataFrame, lost: pl.Series) -> None:
    """Tell whole numbers of a new period where all else held of the series key has decimals."""
    groups = comparison.staged[lost.to_list()].select(pl.col(GROUP).cast(pl.String)).unique() if len(lost) else None
    with_lost = near.join(groups, on=GROUP, how="semi")[ROW] if groups is not None else lost
    whole = near.filter(_whole("v") & (pl.col("fractions") >= 0.8) & (pl.col("power") >= 0.5))
    zero = pl.col("text").str.contains(r"^\s*[+-]?0\d")
    alike = (pl.col("known") >= NEAR_ROWS) & (pl.col("rest") <= NEAR) & (pl.col("k") >= 1)
    hit = whole.filter(zero | alike | pl.col(ROW).is_in(with_lost.implode()))
    of_group = near.group_by(GROUP).len("of_group")
    sure = hit.join(of_group, on=GROUP).filter(
        pl.col(ROW).is_in(with_lost.implode())
        | zero
        | ((pl.len().over(GROUP) >= 2) & (pl.len().over(GROUP) >= MOST * pl.col("of_group")))
    )
    for series, found in by_series(sure.sort(ROW)).items():
        comparison.tell("HISTORY-DECIMAL", found, variant="new", series=series, near=found["near"][0])
        comparison.without(found[ROW])


def _tell(
    comparison: Comparison, found: pl.DataFrame, series: str, k: int, variant: str | None = None, *, warn: bool = False
) -> None:
    comparison.tell(
        "HISTORY-SCALE",
        found,
        variant=variant,
        severity="warning" if warn else None,
        series=series,
        factor=factor(k),
        unit=comparison.unit(series),
        near=found["near"][0] if "near" in found.columns else "",
    )
    comparison.without(found[ROW])


def factor(power: int) -> Text:
    """Return a power of ten in words: `1,000 times`, `1/1,000 of`."""
    times = f"{10 ** abs(power):,}"
    return text("{times} times", times=times) if power > 0 else text("1/{times} of", times=times)


def _parts(rows: pl.DataFrame, by: list[str]) -> list[tuple[tuple[str, int], pl.DataFrame]]:
    parts = rows.sort(*by, ROW).partition_by(by, as_dict=True, maintain_order=True)
    return [((str(key[0]), int(key[1])), part) for key, part in parts.items()]


def _year(name: str) -> pl.Expr:
    return pl.col(name).str.slice(0, 4).cast(pl.Int32, strict=False)
