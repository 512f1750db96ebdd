"""What a value means, against what is held: its unit, nature and notes; and keys that did not come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from metadata.rules import finding
from metadata.words import counted, figure
from pipelines.checks.history_frames import (
    GROUP,
    GROUP_NUMBER,
    KEY_NUMBER,
    NOTES,
    ROW,
    TIME,
    UNITS,
    Comparison,
    parted,
    scaled,
)
from pipelines.compact import as_text

if TYPE_CHECKING:
    from collections.abc import Collection

NOT_STATED = "_X"
"""NATURE that says nothing: to go from it is no change."""
WHOLE = "_T"
CAME = 0.5
"""The share of the held keys of an area and span that must come before the others are missed (our proposal)."""
SHORT = 60


def check_meaning(comparison: Comparison) -> None:
    """Tell changed units, multipliers, natures and notes, a finding a series and pair of values."""
    rows = comparison.changed.filter("matched")
    for name in UNITS:
        _tell(comparison, "HISTORY-UNIT", name, rows.filter(~pl.col(name).eq_missing(pl.col(f"h_{name}"))))
    agree = (scaled("v", "unit_mult") / scaled("h", "h_unit_mult") - 1).abs() < 0.01
    other = rows.filter(~pl.col("unit_mult").eq_missing(pl.col("h_unit_mult")))
    _tell(comparison, "HISTORY-UNIT", "unit_mult", other.filter(agree), variant="multiplier", information=True)
    _tell(comparison, "HISTORY-UNIT", "unit_mult", other.filter(~agree | agree.is_null()))
    said = pl.col("h_nature").is_not_null() & (pl.col("h_nature") != NOT_STATED)
    _tell(comparison, "HISTORY-NATURE", "nature", rows.filter(said & ~pl.col("nature").eq_missing(pl.col("h_nature"))))
    for name in NOTES:
        other = rows.filter(~pl.col(name).eq_missing(pl.col(f"h_{name}")) & pl.col(f"h_{name}").is_not_null())
        pairs = other.group_by("series", name, f"h_{name}").len("pairs")
        other = other.join(pairs, on=["series", name, f"h_{name}"], nulls_equal=True, maintain_order="left")
        for (series,), found in parted(other, "series", first="pairs"):
            value, held = _short(found.first[name][0]), _short(found.first[f"h_{name}"][0])
            comparison.tell("HISTORY-DEFINITION", found, component=name.upper(), series=series, value=value, held=held)


def _tell(
    comparison: Comparison,
    rule: str,
    name: str,
    rows: pl.DataFrame,
    *,
    variant: str | None = None,
    information: bool = False,
) -> None:
    for (series, _, _), found in parted(rows, "series", f"h_{name}", name):
        comparison.tell(
            rule,
            found,
            component=name.upper(),
            variant=variant,
            severity="info" if information else None,
            series=series,
        )


def check_vanished(comparison: Comparison, came: pl.DataFrame) -> None:
    """Tell held keys that did not come though most keys of their series, area and span of time did.

    For deliveries that replace nothing: what is absent from the scope of another one is withdrawn, and told there.

    Args:
        comparison: the staged rows and what is held.
        came: key columns of rows that are kept back or deleted: they came too.
    """
    key = comparison.key
    ours = comparison.staged.select(KEY_NUMBER, GROUP_NUMBER, pl.col(TIME).cast(pl.String))
    spans = ours.group_by(GROUP_NUMBER).agg(pl.col(TIME).min().alias("first"), pl.col(TIME).max().alias("last"))
    held = comparison.held.select(KEY_NUMBER, GROUP_NUMBER, pl.col(TIME).cast(pl.String)).join(spans, on=GROUP_NUMBER)
    held = held.filter(pl.col(TIME).is_between("first", "last"))
    missed = held.join(ours, on=KEY_NUMBER, how="anti").select(KEY_NUMBER, "first", "last")
    missed = as_text(comparison.held.join(missed, on=KEY_NUMBER, maintain_order="left"))
    if came.height and not missed.is_empty():
        missed = missed.join(came.select(pl.col(key).cast(pl.String)), on=key, how="anti")
    if missed.is_empty():
        return
    missed = missed.join(held.group_by(GROUP_NUMBER).len("held"), on=GROUP_NUMBER)
    missed = missed.filter(pl.len().over(GROUP_NUMBER) <= (1 - CAME) * pl.col("held"))
    for rows in missed.sort(key).partition_by("series", maintain_order=True):
        groups = rows.unique(GROUP)
        first = rows.row(0, named=True)
        names = [first[name] for name in comparison.series_key if name != "series" and first[name] != WHOLE]
        comparison.touched.append(comparison.staged[ROW].clear())
        comparison.findings.append(
            finding(
                "HISTORY-VANISHED",
                places=rows.height,
                series=first["series"],
                keys=counted("{count} value", "{count} values", rows.height),
                scope=figure(int(groups["held"].sum())),
                first=groups["first"].min(),
                last=groups["last"].max(),
                period=first[TIME],
                key=", ".join(names),
            )
        )


def changes_nothing(actions: Collection[str | None]) -> bool:
    """Say whether an action of the message says that keys which are not sent stay: nothing of them can be missed."""
    return any(action in ("Append", "Merge", "Delete") for action in actions)


def _short(note: str | None) -> str:
    if note is None:
        return "-"
    return note if len(note) <= SHORT else f"{note[:SHORT].rstrip()}…"
