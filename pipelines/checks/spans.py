"""A series key over its periods: years that are missing inside, and units that change on the way.

Both look at the delivery alone; that a key has vanished, or has another unit than what is held, is a matter of
history. Gaps are information: what is collected every four years has them, so a key is only told of when most of its
steps are single years.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from metadata.words import Text, counted, listed, text
from pipelines.checks.figures import key_columns, telling
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
    structure = docket.structure
    annual = frame.filter(
        (pl.col("freq") == "A") & pl.col("time_period").str.contains(r"^\d{4}$")
    ).with_columns(pl.col("time_period").cast(pl.Int32, strict=False).alias("_year"))
    key = telling(annual, [d.column for d in structure.dimensions])
    spans = annual.group_by(key, maintain_order=True).agg(
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
    before = pl.col("_year").shift().over(key)
    missing = pl.col("_year") - before - 1
    numbered = open_keys.select(key).with_row_index("_key")
    return (
        annual.join(numbered, on=key, how="inner", maintain_order="left")
        .sort("_year", maintain_order=True)
        .with_columns((before + 1).alias("_from"), (pl.col("_year") - 1).alias("_to"), missing.alias("_missing"))
        .filter(pl.col("_missing") >= pl.col("series").replace_strict(allowed, default=GAP - 1).floor() + 1)
        .sort(ROW)
        .select(*_NO_GAPS.columns)
    )


_NO_GAPS = pl.DataFrame(
    schema={
        ROW: pl.UInt32, "series": pl.String, "ref_area": pl.String, "_key": pl.UInt32, "_from": pl.Int32,
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
    kept = frame.filter(~pl.col(ROW).is_in(hung.implode())) if len(hung) else frame
    for column in (one for one in _WITHIN_A_KEY if one in kept.columns):
        several = kept.group_by("series", maintain_order=True).agg(pl.col(column).drop_nulls().n_unique().alias("_of"))
        for code in several.filter(pl.col("_of") > 1)["series"]:
            _report_mixed(docket, kept.filter((pl.col("series") == code) & pl.col(column).is_not_null()), column)


def _report_mixed(docket: Docket, rows: pl.DataFrame, column: str) -> None:
    """Report the rows of a series whose unit is not the commonest of their key."""
    key = telling(rows, (c for c in key_columns(docket.structure) if c != docket.structure.time.column))
    within = rows.with_columns(
        (pl.col(column).n_unique().over(key) > 1).alias("_mixed"),
        # of equally common ones the first in the alphabet counts as the common one
        pl.col(column).mode().sort().first().over(key).alias("_common"),
    ).filter("_mixed")
    odd = within.filter(pl.col(column) != pl.col("_common")).sort(ROW)
    if odd.is_empty():
        return
    docket.report(
        "UNIT-MIXED",
        odd[ROW],
        component=column.upper(),
        series=odd["series"][0],
        expected=None,
        words=lambda some: _mixed_in_words(odd.filter(pl.col(ROW).is_in(some.implode())), column, key),
    )


def _mixed_in_words(odd: pl.DataFrame, column: str, key: list[str]) -> dict[str, object]:
    shown = (
        text(
            "{value} in {period} and {common} otherwise (area {area})",
            value=row[column], period=row["time_period"], common=row["_common"], area=row["ref_area"],
        )
        for row in odd.head(SHOWN).iter_rows(named=True)
    )
    return {
        "keys": counted("{count} key", "{count} keys", odd.select(pl.struct(key).n_unique()).item()),
        "names": listed(shown, "comma"),
    }
