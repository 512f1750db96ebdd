"""Rows as figures: what the checks over several rows compare. Pure: frame in, frame out, no rule is decided here.

A figure is a row's value in the declared unit × 10^declared multiplier of its series. Rows that may not be trusted
(kept back for another reason) keep their place with the value unknown, so that nobody takes them for absent.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from metadata.derive.lexical import number
from metadata.derive.pandera_schema import VALUE
from pipelines.places import ROW

if TYPE_CHECKING:
    from metadata.load import Catalogue
    from metadata.structure import Structure
    from pipelines.checks.docket import Docket

FIGURE = "_figure"
"""Column with the value as a number, in the declared unit × 10^declared multiplier (Float64)."""


def figures(docket: Docket, duplicates: pl.Series) -> pl.DataFrame:
    """Return the rows on the docket as figures: `_i`, dimensions, `time_period`, `_figure`, units and multipliers.

    Args:
        docket: after codes, rows and keys were judged.
        duplicates: `_i` of rows that repeat another row; they are left out.
    """
    structure = docket.structure
    rows = docket.rows
    if len(duplicates):
        rows = rows.filter(~pl.col(ROW).is_in(duplicates.implode()))
    hung = docket.hung()
    key = [*(d.column for d in structure.dimensions), structure.time.column]
    others = [column for column in ("unit_measure", "unit_mult", "base_per") if column in structure.columns]
    chosen = rows.select(ROW, *key, *others, number(pl.col(VALUE)).alias("_number")).drop_nulls(key)
    scaled = in_declared_unit(chosen, docket.catalogue)
    if hung.is_empty():
        return scaled
    return scaled.with_columns(pl.when(~pl.col(ROW).is_in(hung.implode())).then(FIGURE).alias(FIGURE))


def in_declared_unit(frame: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Return a frame with `_figure`: `_number` (Float64) in the declared multiplier of its series.

    `unit_mult` may be text or a number; one that is no number leaves the value as it is.
    """
    declared = {code: series.unit_mult[0] for code, series in catalogue.series.items()}
    sent = pl.col("unit_mult").cast(pl.Int32, strict=False)
    shift = (sent - pl.col("series").replace_strict(declared, default=None, return_dtype=pl.Int32)).fill_null(0)
    scaled = pl.when(shift == 0).then("_number").otherwise(pl.col("_number") * pl.lit(10.0).pow(shift))
    return frame.with_columns(scaled.alias(FIGURE)).drop("_number")


def telling(frame: pl.DataFrame, columns: Iterable[str]) -> list[str]:
    """Return those columns that hold more than one value, at least one: a short key tells the same rows apart."""
    wanted = list(columns)
    return [column for column in wanted if frame[column].n_unique() > 1] or wanted[:1]


def key_columns(structure: Structure, *without: str) -> list[str]:
    """Return the columns of the dimensions, without those of some ids, and `time_period`."""
    return [*(d.column for d in structure.dimensions if d.id not in without), structure.time.column]


def in_figures(value: float | None) -> str:
    """Return a number as a sentence shows it: ten digits at most, commas between thousands, no exponent."""
    if value is None:
        return "?"
    shown = format(Decimal(f"{value:.10g}"), ",f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
