"""Structure and declarations → pandera schemas (polars backend): columns, types, filled cells, forms, ranges.

pandera is an output here, not the declaration: the schemas are derived from `metadata.structure` and
`metadata.load`, and every check is named by the rule whose finding its failures become. Code lists and the
uniqueness of keys are Polars expressions over the same specs, in `pipelines.checks`: cheaper on many rows.

Importing pandera takes its time (`metadata.derive.pandera_polars`), so this module is imported where a frame is judged
and nowhere else.
Only eager frames: pandera validates the schema alone of a LazyFrame, and lets every bad row pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import polars as pl

from metadata.derive.lexical import FORM_OF_FREQ, is_missing, number, period_form
from metadata.derive.pandera_polars import PolarsData, pa
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
        [_check("PERIOD-FORM"), _check("PERIOD-FREQ")],
        nullable=False,
    )
    columns[VALUE] = pa.Column(pl.String, [_check("VALUE-NOT-NUMBER")], nullable=True)
    ranges = [_check(f"VALUE-RANGE:{kind}") for kind in RANGE_CHECKS]
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
    by = ["series", "unit_mult"]
    kinds = rows.select(by).unique()
    texts = kinds.cast(pl.String).join(range_table(catalogue), on="series", how="left", maintain_order="left")
    shift = texts["unit_mult"].cast(pl.Int32, strict=False) - texts["_declared_mult"]
    bounds = texts.select("_type", "_minimum", "_maximum", "_country_maximum", "_soft_maximum").with_columns(
        pl.col("_type").cast(pl.Categorical), *kinds, shift.fill_null(0).alias("_shift")
    )
    is_country = pl.col("ref_area").is_in(countries).fill_null(value=False)
    of_rows = rows.select(*by, is_country.alias("_is_country"), number(pl.col(VALUE)).alias(NUMBER))
    of_rows = of_rows.join(bounds, on=by, how="left", nulls_equal=True, maintain_order="left").with_columns(
        pl.col(NUMBER) * pl.lit(10.0).pow(pl.col("_shift")),
        pl.when("_is_country").then(pl.min_horizontal("_maximum", "_country_maximum")).otherwise("_maximum")
        .alias("_upper"),
    )
    return rows.hstack(of_rows.drop(*by, "_shift", "_maximum", "_country_maximum"))


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
    parts = [
        pl.select(positions.alias("position"), pl.lit(column).alias("column"), pl.lit(check).alias("check"))
        for (column, check), positions in failing(frame, schema).items()
    ]
    none = pl.DataFrame(schema={"position": pl.UInt32, "column": pl.String, "check": pl.String})
    return pl.concat([none, *parts])


def failing(frame: pl.DataFrame, schema: pa.DataFrameSchema) -> dict[tuple[str, str], pl.Series]:
    """Return the rows that fail, by column and check; what fails nowhere is left out.

    pandera says whether the frame is of the schema's shape. Its own loop over checks collects every failing cell
    as a text, which is slow and large where many fail, so the checks that the schema names are applied here, all
    in one pass; those that look at encoded columns only (`Categorical`), once for each combination of codes that
    occurs. A test compares the outcome with pandera's.

    Args:
        frame: texts as String or Categorical.
        schema: of `row_schema`.

    Returns:
        (column, check) → positions of the rows in the frame (UInt32), ascending.

    Raises:
        SdgError: the frame does not have the columns or types of the schema: a fault of the program.
    """
    encoded = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Categorical)]
    _only_expected(_failure_cases(frame.head(0).cast(dict.fromkeys(encoded, pl.String)), schema), schema)
    found: dict[tuple[str, str], pl.Series] = {}
    by_row: dict[tuple[str, str], pl.Expr] = {}
    beside = set[str]()
    for name, column in schema.columns.items():
        if not column.nullable and frame[name].null_count():
            by_row[name, "not_nullable"] = pl.col(name).is_null()
        for check in column.checks:
            fails = ~CONDITIONS[str(check.name)](name).fill_null(value=True)
            roots = sorted(set(fails.meta.root_names()))
            if set(roots) <= set(encoded):
                found[name, str(check.name)] = _where(frame.select(roots), fails)
            else:  # a code that stands beside a column that is not encoded, such as a default of the code map
                by_row[name, str(check.name)] = fails
                beside |= set(roots) & set(encoded)
    texts = frame.cast(dict.fromkeys(beside, pl.String))
    fails_at = texts.select(fails.arg_true().implode().alias(str(n)) for n, fails in enumerate(by_row.values()))
    found |= {key: fails_at[str(n)].explode() for n, key in enumerate(by_row)}
    return {key: positions.drop_nulls() for key, positions in found.items() if positions.drop_nulls().len()}


def _where(seen: pl.DataFrame, fails: pl.Expr) -> pl.Series:
    """Return the positions of rows whose codes fail; decided once for each combination."""
    combinations = seen.unique()
    hits = combinations.filter(combinations.cast(pl.String).select(fails).to_series())
    if hits.is_empty():
        return pl.Series("position", [], dtype=pl.UInt32)
    numbered = seen.with_row_index("position")
    return numbered.join(hits, on=seen.columns, how="semi", nulls_equal=True, maintain_order="left")["position"]


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


def _check(name: str) -> pa.Check:
    """Return a check of a column whose condition may look at the other columns of the row; null passes."""
    condition = CONDITIONS[name]

    def passes(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(condition(data.key or "*").fill_null(value=True).alias("passes"))

    return pa.Check(passes, name=name, ignore_na=False)


def _is_period(column: str) -> pl.Expr:
    return pl.col(column).is_null() | period_form(pl.col(column)).is_not_null()


def _fits_freq(column: str) -> pl.Expr:
    """A period of a known form has the form of its FREQ; a FREQ without form is judged as a code."""
    return period_form(pl.col(column)) == pl.col("freq").replace_strict(FORM_OF_FREQ, default=None)


def _is_number(column: str) -> pl.Expr:
    """`_number` is null where the text is none, so the text is not parsed a second time."""
    return pl.col(NUMBER).is_not_null() | is_missing(pl.col(column))


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


CONDITIONS: Final[dict[str, _Condition]] = {
    "PERIOD-FORM": _is_period,
    "PERIOD-FREQ": _fits_freq,
    "VALUE-NOT-NUMBER": _is_number,
    "VALUE-RANGE:binary": _is_binary,
    "VALUE-RANGE:integer": _is_whole,
    "VALUE-RANGE:bounds": _within_bounds,
    "VALUE-RANGE:soft": _below_soft,
}
"""Name of each check → the condition that a column must fulfil."""
