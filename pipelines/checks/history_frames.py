"""Staged rows beside what is held of them: the frames that the history rules look at, and their findings.

No rule is decided here. The columns of a compared frame: `_s` (number of the row in the staged frame), the key, `v` and
`text` (the number, and as received), `h` and `h_text` (the same of what is held), `former` (the number before the held
one), the attributes and `h_` + each of them, `matched` (something is held of the key and period).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from metadata.findings import EXAMPLES_KEPT, Example, Finding, Severity
from metadata.rules import finding
from metadata.words import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metadata.load import Catalogue
    from metadata.structure import Structure

ROW = "_s"
TIME = "time_period"
UNITS = ("unit_measure", "base_per")
NOTES = ("time_detail", "source_detail", "comment_ts")
MEANING = ("unit_mult", *UNITS, "nature", *NOTES)
"""The attributes that say what a value means; a held frame has them all."""
GROUP = ["series", "ref_area"]
"""What a mistake of scale is told by: the values of a series in an area."""


@dataclass(slots=True)
class Comparison:
    """What is compared, and what was found so far.

    Attributes:
        staged: the accepted rows of the delivery.
        held: what is held (`warehouse.held`).
        key: columns that tell rows apart, the period included.
        changed: staged rows that are new to what is held or differ from it.
        catalogue: the declared series.
        structure: names the dimensions of a series key.
        findings: in the order of judgement.
        kept_back: one frame a finding that keeps rows back: `_s`, `rule`, `message`.
    """

    staged: pl.DataFrame
    held: pl.DataFrame
    key: list[str]
    changed: pl.DataFrame
    catalogue: Catalogue
    structure: Structure
    findings: list[Finding] = field(default_factory=list)
    kept_back: list[pl.DataFrame] = field(default_factory=list)

    @property
    def series_key(self) -> list[str]:
        """The columns of the key without the period."""
        return [name for name in self.key if name != TIME]

    def without(self, rows: pl.Series) -> None:
        """Look no longer at rows whose cause is told."""
        self.changed = self.changed.filter(~pl.col(ROW).is_in(rows.implode()))

    def tell(
        self,
        rule: str,
        rows: pl.DataFrame,
        *,
        component: str = "OBS_VALUE",
        severity: Severity | None = None,
        variant: str | None = None,
        **values: object,
    ) -> None:
        """Record one finding about rows of a compared frame, the telling one first.

        An error keeps the rows back: of the history rules only those that quarantine can be errors.
        """
        shown = {"value": _shown(rows, component), "held": _held(rows, component), "period": rows[TIME][0]}
        at = self._examples(rows, component)
        words = {**shown, **values, "component": component}
        found = finding(rule, places=rows.height, examples=at, severity=severity, variant=variant, **words)
        self.findings.append(found)
        if found.severity == "error":
            told = [pl.lit(rule).alias("rule"), pl.lit(str(found.message)).alias("message")]
            self.kept_back.append(rows.select(ROW, *told))

    def unit(self, series: str) -> str:
        """Return the unit of a series in words: its code, or what to say where none is declared."""
        declared = self.catalogue.series.get(series)
        return declared.unit_measure[0] if declared and declared.unit_measure else "UNIT_MEASURE"

    def _examples(self, rows: pl.DataFrame, component: str) -> list[Example]:
        first = rows.head(EXAMPLES_KEPT)
        staged = self.staged[first[ROW].to_list()]
        names = [dimension.column for dimension in self.structure.dimensions]
        expected = [_held(first[place : place + 1], component) for place in range(first.height)]
        found = []
        for row, held in zip(staged.iter_rows(named=True), expected, strict=True):
            found.append(
                Example(
                    sheet=row["source_sheet"],
                    row=row["source_row"],
                    line=row["source_line"],
                    column=component,
                    series_key=".".join(row[name] for name in names),
                    time_period=row[TIME],
                    value=row["obs_value_text"] if component == "OBS_VALUE" else _text(row[component.lower()]),
                    expected=text("held: {value}", value=held),
                )
            )
        return found


def compare(staged: pl.DataFrame, held: pl.DataFrame, catalogue: Catalogue, structure: Structure) -> Comparison:
    """Put what is held beside the staged rows; rows that say what is held already are left out.

    Args:
        staged: the accepted rows (`pipelines.checks.outcome.staged_frame`).
        held: `warehouse.held.held_values`: its key may lack dimensions that tell no rows apart.
        catalogue: the declared series.
        structure: names the key.
    """
    names = [*(dimension.column for dimension in structure.dimensions), structure.time.column]
    key = [name for name in names if name in held.columns]
    ours = staged.with_row_index(ROW).select(
        ROW, *(pl.col(name).cast(pl.String) for name in key), pl.col("obs_value").alias("v"),
        pl.col("obs_value_text").alias("text"), *(_bare(name) for name in MEANING),
    )  # fmt: skip
    theirs = held.select(
        *key, pl.col("obs_value").alias("h"), pl.col("obs_value_text").alias("h_text"),
        pl.col("former_value").alias("former"), *(_bare(name).alias(f"h_{name}") for name in MEANING),
        pl.lit(value=True).alias("matched"),
    )  # fmt: skip
    same = pl.all_horizontal(
        pl.col("matched"),
        pl.col("v").eq_missing(pl.col("h")),
        *(pl.col(name).eq_missing(pl.col(f"h_{name}")) for name in MEANING),
    )
    joined = ours.join(theirs, on=key, how="left").with_columns(pl.col("matched").fill_null(value=False))
    return Comparison(staged, held, key, joined.filter(~same).sort(ROW), catalogue, structure)


def numbers_of(catalogue: Catalogue) -> pl.DataFrame:
    """Return `series`, `threshold` (per cent, null where none is declared) and `counts` (of persons or things)."""
    rows = [
        (
            code,
            one.year_on_year.threshold if one.year_on_year else None,
            one.value.type == "integer" or "NUMBER" in one.unit_measure,
        )
        for code, one in catalogue.series.items()
    ]
    schema = {"series": pl.String, "threshold": pl.Float64, "counts": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def scaled(value: str, multiplier: str) -> pl.Expr:
    """Return a value without its multiplier: the quantity that two vintages have in common."""
    return pl.col(value) * pl.lit(10.0).pow(pl.col(multiplier).fill_null(0).cast(pl.Float64))


def by_series(rows: pl.DataFrame) -> Mapping[str, pl.DataFrame]:
    """Return the rows of each series, in the order of the codes."""
    parts = rows.sort("series", maintain_order=True).partition_by("series", as_dict=True, maintain_order=True)
    return {str(name): part for (name,), part in parts.items()}


def _bare(name: str) -> pl.Expr:
    """Return an attribute with an empty text as absent."""
    if name == "unit_mult":
        return pl.col(name).cast(pl.Int32)
    return pl.when(pl.col(name).cast(pl.String).str.strip_chars() != "").then(pl.col(name).cast(pl.String)).alias(name)


def _shown(rows: pl.DataFrame, component: str) -> str:
    if component == "OBS_VALUE":
        return str(rows["text"][0] if rows["text"][0] is not None else "")
    return _text(rows[component.lower()][0])


def _held(rows: pl.DataFrame, component: str) -> str:
    if component != "OBS_VALUE":
        return _text(rows[f"h_{component.lower()}"][0])
    received, value = rows["h_text"][0], rows["h"][0]
    return str(received) if received is not None else _text(value)


def _text(value: object) -> str:
    """Return an attribute or a number for a sentence; a hyphen for none."""
    if value is None:
        return "-"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
