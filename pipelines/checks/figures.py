"""Rows as figures: what the checks over several rows compare. Pure: frame in, frame out, no rule is decided here.

A figure is a row's value in the declared unit × 10^declared multiplier of its series. Rows that may not be trusted
(kept back for another reason) keep their place with the value unknown, so that nobody takes them for absent.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from metadata.words import figure
from pipelines.places import ROW

if TYPE_CHECKING:
    from metadata.load import Catalogue
    from metadata.structure import Structure
    from pipelines.checks.docket import Docket

FIGURE = "_figure"
"""Column with the value as a number, in the declared unit × 10^declared multiplier (Float64)."""


def figures(docket: Docket, duplicates: pl.Series, numbers: pl.Series) -> pl.DataFrame:
    """Return the rows on the docket as figures: `_i`, dimensions, `time_period`, `_figure`, units and multipliers.

    Codes are as on the docket: Categorical where they repeat.

    Args:
        docket: after codes, rows and keys were judged.
        duplicates: `_i` of rows that repeat another row; they are left out.
        numbers: the values of the rows, in the declared unit × 10^declared multiplier.
    """
    structure = docket.structure
    key = [*(d.column for d in structure.dimensions), structure.time.column]
    others = [column for column in ("unit_measure", "unit_mult", "base_per") if column in structure.columns]
    trusted = docket.rows.select(ROW).with_columns(numbers.alias(FIGURE))
    hung = docket.hung()
    if len(hung):
        trusted = trusted.with_columns(pl.when(~pl.col(ROW).is_in(hung.implode())).then(FIGURE).alias(FIGURE))
    rows = docket.rows.select(ROW, *key, *others).with_columns(trusted[FIGURE]).drop_nulls(key)
    return rows.filter(~pl.col(ROW).is_in(duplicates.implode())) if len(duplicates) else rows


def in_declared_unit(frame: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Return a frame with `_figure`: `_number` (Float64) in the declared multiplier of its series.

    `unit_mult` may be text or a number; one that is no number leaves the value as it is.
    """
    declared = {code: series.unit_mult[0] for code, series in catalogue.series.items()}
    sent = pl.col("unit_mult").cast(pl.String).cast(pl.Int32, strict=False)
    usual = pl.col("series").cast(pl.String).replace_strict(declared, default=None, return_dtype=pl.Int32)
    shift = (sent - usual).fill_null(0)
    scaled = pl.when(shift == 0).then("_number").otherwise(pl.col("_number") * pl.lit(10.0).pow(shift))
    return frame.with_columns(scaled.alias(FIGURE)).drop("_number")


def key_columns(structure: Structure, *without: str) -> list[str]:
    """Return the columns of the dimensions, without those of some ids, and `time_period`."""
    return [*(d.column for d in structure.dimensions if d.id not in without), structure.time.column]


def in_figures(value: float | None) -> str:
    """Return a number as a sentence shows it: ten digits at most, commas between thousands, no exponent."""
    if value is None:
        return "?"
    shown = format(Decimal(f"{value:.10g}"), "f")
    return figure(shown.rstrip("0").rstrip(".") if "." in shown else shown)
