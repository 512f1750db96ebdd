"""Structure and declarations → pandera schemas (polars backend): columns, types, filled cells, forms, ranges.

pandera is an output here, not the declaration: the schemas are derived from `metadata.structure` and
`metadata.load`, and every check is named by the rule whose finding its failures become. Code lists and the
uniqueness of keys are Polars expressions over the same specs, in `pipelines.checks`: cheaper on many rows.

Importing pandera takes most of a second, so this module is imported where a frame is judged and nowhere else.
Only eager frames: pandera validates the schema alone of a LazyFrame, and lets every bad row pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from metadata.derive.lexical import FORM_OF_FREQ, is_missing, number, period_form
from metadata.errors import SdgError

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.load import Catalogue
    from metadata.structure import Structure

VALUE: Final = "_value"
"""Column with the text of the value to judge (String)."""

NUMBER: Final = "_number"
"""Column with the value as a number, in the declared unit × 10^declared multiplier (Float64)."""

RANGE_CHECKS: Final = ("binary", "integer", "bounds", "soft")

_Condition = Callable[[str], pl.Expr]


def column_schema(structure: Structure) -> pa.DataFrameSchema:
    """Return the schema of a message's columns: every dimension, the period and the value, all text.

    Attributes are not required here: where a mandatory one is absent, rows are incomplete, not the message.
    """
    needed = [*structure.dimensions, structure.time, structure.measure]
    return pa.DataFrameSchema(
        {component.column: pa.Column(pl.String, nullable=True) for component in needed},
        name=f"columns of {structure.version_label}",
    )


def row_schema(structure: Structure) -> pa.DataFrameSchema:
    """Return the schema of rows in scope.

    The frame has every component's column as text, `_value`, `_number` and the columns of `range_table`.
    Checks are named by rule; those of VALUE-RANGE have the kind of bound after a colon.
    """
    columns = {d.column: pa.Column(pl.String, nullable=False) for d in structure.dimensions}
    columns[structure.time.column] = pa.Column(
        pl.String,
        [_check("PERIOD-FORM", _is_period), _check("PERIOD-FREQ", _fits_freq)],
        nullable=False,
    )
    columns[VALUE] = pa.Column(pl.String, [_check("VALUE-NOT-NUMBER", _is_number)], nullable=True)
    ranges = [_check(f"VALUE-RANGE:{kind}", _RANGES[kind]) for kind in RANGE_CHECKS]
    columns[NUMBER] = pa.Column(pl.Float64, ranges, nullable=True)
    for attribute in structure.attributes:
        columns[attribute.column] = pa.Column(pl.String, nullable=not attribute.mandatory)
    return pa.DataFrameSchema(columns, name=f"rows of {structure.version_label}")


def range_table(catalogue: Catalogue) -> pl.DataFrame:
    """Return the declared bounds, one row a series, in the declared unit × 10^declared multiplier.

    Columns: `series`, `_type` (String), `_minimum`, `_maximum`, `_country_maximum`, `_soft_maximum` (Float64,
    null for none), `_severity`, `_soft_severity` (String), `_declared_mult` (Int32).
    """
    rows = [
        (
            code, series.value.type, series.value.minimum, series.value.maximum, series.value.country_maximum,
            series.value.soft_maximum, series.value.severity, series.value.soft_severity, series.unit_mult[0],
        )
        for code, series in catalogue.series.items()
    ]
    schema = {
        "series": pl.String, "_type": pl.String, "_minimum": pl.Float64, "_maximum": pl.Float64,
        "_country_maximum": pl.Float64, "_soft_maximum": pl.Float64, "_severity": pl.String,
        "_soft_severity": pl.String, "_declared_mult": pl.Int32,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def with_ranges(rows: pl.DataFrame, catalogue: Catalogue, areas: Areas) -> pl.DataFrame:
    """Return rows with the bounds of their series, `_number`, and `_upper`: the bound that holds for their area.

    A value whose multiplier differs from the declared one is brought to the declared one; a multiplier that
    is no number leaves the value as it is.
    """
    countries = [code for code, area in areas.areas.items() if area.area_type == "country"]
    is_country = pl.col("ref_area").is_in(countries)
    shift = pl.col("unit_mult").cast(pl.Int32, strict=False) - pl.col("_declared_mult")
    return rows.join(range_table(catalogue), on="series", how="left", maintain_order="left").with_columns(
        (number(pl.col(VALUE)) * pl.lit(10.0).pow(shift.fill_null(0))).alias(NUMBER),
        pl.when(is_country)
        .then(pl.min_horizontal("_maximum", "_country_maximum"))
        .otherwise(pl.col("_maximum"))
        .alias("_upper"),
        is_country.fill_null(value=False).alias("_is_country"),
    )


def missing_columns(frame: pl.DataFrame, schema: pa.DataFrameSchema) -> list[str]:
    """Return the columns that a schema requires and a frame lacks, in the order of the schema."""
    found = _failure_cases(frame.head(0), schema)
    absent = found.filter(pl.col("check") == "column_in_dataframe")["failure_case"].to_list()
    _only_expected(found.filter(pl.col("check") != "column_in_dataframe"), schema)
    return [column for column in schema.columns if column in absent]


def failures(frame: pl.DataFrame, schema: pa.DataFrameSchema) -> pl.DataFrame:
    """Return where rows fail: `position` (row of the frame, UInt32), `column`, `check` (String).

    An empty cell in a column that must be filled has the check `not_nullable`.

    Raises:
        SdgError: the frame does not have the columns or types of the schema: a fault of the program.
    """
    found = _failure_cases(frame, schema)
    _only_expected(found.filter(pl.col("index").is_null()), schema)
    return found.select(pl.col("index").cast(pl.UInt32).alias("position"), "column", "check")


def _failure_cases(frame: pl.DataFrame, schema: pa.DataFrameSchema) -> pl.DataFrame:
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases: pl.DataFrame = error.failure_cases
        return cases.select(
            pl.col("failure_case").cast(pl.String), pl.col("column").cast(pl.String), "check",
            pl.col("index").cast(pl.Int64),
        )
    schema_of_none = {"failure_case": pl.String, "column": pl.String, "check": pl.String, "index": pl.Int64}
    return pl.DataFrame(schema=schema_of_none)


def _only_expected(unexpected: pl.DataFrame, schema: pa.DataFrameSchema) -> None:
    if unexpected.height:
        first = unexpected.row(0, named=True)
        raise SdgError(
            f"The frame does not fit the {schema.name}: {first['column'] or first['failure_case']} fails "
            f"{first['check']}.",
            hint="Please report this with the file: it is a fault of the program, not of the data.",
        )


def _check(name: str, condition: _Condition) -> pa.Check:
    """Return a check of a column whose condition may look at the other columns of the row; null passes."""

    def passes(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(condition(data.key or "*").fill_null(value=True).alias("passes"))

    return pa.Check(passes, name=name, ignore_na=False)


def _is_period(column: str) -> pl.Expr:
    return pl.col(column).is_null() | period_form(pl.col(column)).is_not_null()


def _fits_freq(column: str) -> pl.Expr:
    """A period of a known form has the form of its FREQ; a FREQ without form is judged as a code."""
    return period_form(pl.col(column)) == pl.col("freq").replace_strict(FORM_OF_FREQ, default=None)


def _is_number(column: str) -> pl.Expr:
    return is_missing(pl.col(column)) | number(pl.col(column)).is_not_null()


def _within_bounds(column: str) -> pl.Expr:
    value = pl.col(column)
    above = pl.col("_minimum").is_null() | (value >= pl.col("_minimum"))
    below = pl.col("_upper").is_null() | (value <= pl.col("_upper"))
    return value.is_null() | (above & below)


def _below_soft(column: str) -> pl.Expr:
    return pl.col(column) <= pl.col("_soft_maximum")


def _is_whole(column: str) -> pl.Expr:
    return (pl.col("_type") != "integer") | (pl.col(column) == pl.col(column).round(0))


def _is_binary(column: str) -> pl.Expr:
    """A yes or no is a country's; a region of the same series counts its countries."""
    return (pl.col("_type") != "binary") | ~pl.col("_is_country") | pl.col(column).is_in([0.0, 1.0])


_RANGES: Final[dict[str, _Condition]] = {
    "binary": _is_binary, "integer": _is_whole, "bounds": _within_bounds, "soft": _below_soft,
}
