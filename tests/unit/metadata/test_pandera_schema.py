"""The derived pandera schemas: what they let pass, what they fail and by which rule, and what is our own fault."""

from __future__ import annotations

from itertools import product
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest

from metadata.areas import load_areas
from metadata.derive.pandera_schema import (
    NUMBER,
    VALUE,
    column_schema,
    failures,
    missing_columns,
    range_table,
    row_schema,
    with_ranges,
)
from metadata.errors import SdgError
from metadata.load import load_catalogue
from metadata.structure import load_structure

STRUCTURE = load_structure()
CATALOGUE = load_catalogue()
GOOD: dict[str, Any] = {
    **{component.column: None for component in STRUCTURE.components},
    **{dimension.column: "_T" for dimension in STRUCTURE.dimensions},
    "freq": "A",
    "reporting_type": "N",
    "series": "EN_HAZ_PCAP",
    "ref_area": "417",
    "time_period": "2019",
    "obs_status": "A",
    "unit_mult": "0",
    "unit_measure": "KG",
    VALUE: "1",
}


def rows(*changes: dict[str, Any]) -> pl.DataFrame:
    schema = dict.fromkeys(GOOD, pl.String)
    frame = pl.DataFrame([{**GOOD, **change} for change in changes], schema=schema)
    return with_ranges(frame, CATALOGUE, load_areas())


def failed(*changes: dict[str, Any]) -> list[tuple[int, str, str]]:
    return sorted(failures(rows(*changes), row_schema(STRUCTURE)).rows())


def test_a_period_that_repeats_is_judged_beside_a_default_of_frequency() -> None:
    """A file without FREQ: its periods are a dictionary's numbers, the code map's default is a text."""
    plain = rows({}, {"time_period": "2019-Q1"}, {})
    mixed = plain.with_columns(pl.col("time_period").cast(pl.Categorical))
    schema = row_schema(STRUCTURE)
    assert failures(mixed, schema).rows() == failures(plain, schema).rows() == [(1, "time_period", "PERIOD-FREQ")]


def test_every_component_has_a_column_in_the_row_schema() -> None:
    columns = row_schema(STRUCTURE).columns
    assert set(STRUCTURE.columns) - {STRUCTURE.measure.column} | {VALUE, NUMBER} == set(columns)
    must = {name for name, column in columns.items() if not column.nullable}
    assert must == {d.column for d in STRUCTURE.dimensions} | {
        "time_period", "obs_status", "unit_mult", "unit_measure",
    }  # fmt: skip


def test_checks_are_named_by_rule() -> None:
    from metadata.rules import RULES

    names = {check.name for column in row_schema(STRUCTURE).columns.values() for check in column.checks}
    assert {name.partition(":")[0] for name in names} <= set(RULES)
    assert len(names) == 7


def test_good_rows_fail_nothing() -> None:
    assert failed({}, {VALUE: None}, {VALUE: "N"}, {"time_period": "2019-Q1", "freq": "Q"}) == []


def test_no_rows_fail_nothing() -> None:
    assert failures(rows({}).head(0), row_schema(STRUCTURE)).is_empty()


@pytest.mark.parametrize(
    ("change", "column", "check"),
    [
        ({"sex": None}, "sex", "not_nullable"),
        ({"time_period": None}, "time_period", "not_nullable"),
        ({"unit_measure": None}, "unit_measure", "not_nullable"),
        ({"time_period": "2017-2020"}, "time_period", "PERIOD-FORM"),
        ({"time_period": "2019-Q1"}, "time_period", "PERIOD-FREQ"),
        ({VALUE: "12,5"}, VALUE, "VALUE-NOT-NUMBER"),
        ({VALUE: "-1"}, NUMBER, "VALUE-RANGE:bounds"),
        ({VALUE: "101", "series": "SG_DSR_SILS"}, NUMBER, "VALUE-RANGE:bounds"),
        ({VALUE: "100001", "series": "VC_DSR_DAFF"}, NUMBER, "VALUE-RANGE:soft"),
        ({VALUE: "1.5", "series": "EN_SCP_FRMN"}, NUMBER, "VALUE-RANGE:integer"),
    ],
)
def test_a_bad_row_fails_by_its_rule_at_its_position(change: dict[str, Any], column: str, check: str) -> None:
    assert failed({}, change, {}) == [(1, column, check)]


def test_a_row_may_fail_more_than_once() -> None:
    found = failed({"sex": None, VALUE: "x", "time_period": "y"})
    assert [check for _, _, check in found] == ["VALUE-NOT-NUMBER", "not_nullable", "PERIOD-FORM"]


def many_rows() -> pl.DataFrame:
    """Rows with every mixture of some defects."""
    defects: list[list[dict[str, Any]]] = [
        [{}, {"sex": None}, {"sex": "Male"}],
        [{}, {"time_period": "2019-Q1"}, {"time_period": "2017-2020"}, {"time_period": None}, {"freq": "Q"}],
        [{}, {"series": "SG_DSR_SILS"}, {"series": "VC_DSR_DAFF", "ref_area": "1"}, {"series": "EN_SCP_FRMN"}],
        [{VALUE: text} for text in ("1", "-1", "1,5", "N", "", None, "100001", "1.5", "1e999", " 7 ")],
        [{}, {"unit_mult": "3"}, {"unit_mult": None}, {"unit_mult": "x"}],
    ]
    return rows(*({k: v for part in parts for k, v in part.items()} for parts in product(*defects)))


def test_the_checks_applied_in_one_pass_are_those_of_pandera() -> None:
    frame, schema = many_rows(), row_schema(STRUCTURE)
    with pytest.raises(pa.errors.SchemaErrors) as caught:
        schema.validate(frame, lazy=True)
    cases = caught.value.failure_cases.select(pl.col("index").cast(pl.UInt32), "column", "check")
    found = failures(frame, schema)
    assert sorted(found.rows()) == sorted(cases.rows())
    assert found["check"].n_unique() >= 6


def test_encoded_texts_fail_as_texts_do() -> None:
    plain, schema = many_rows(), row_schema(STRUCTURE)
    texts = plain.select(name for name, kind in plain.schema.items() if kind == pl.String)
    codes = dict.fromkeys(set(texts.columns) - {VALUE}, pl.Categorical)
    encoded = with_ranges(texts.cast(codes), CATALOGUE, load_areas())
    assert sorted(failures(encoded, schema).rows()) == sorted(failures(plain, schema).rows())


def test_all_bad_rows_are_found_and_not_only_the_schema() -> None:
    """On a LazyFrame pandera would look at the schema alone and let all of these pass."""
    assert len(failed(*[{VALUE: "x"}] * 50)) == 50


def test_the_columns_that_a_message_lacks_are_named_in_their_order() -> None:
    schema = column_schema(STRUCTURE)
    whole = rows({}).select(STRUCTURE.columns)
    assert missing_columns(whole, schema) == []
    assert missing_columns(whole.drop("obs_value", "age", "freq", "nature"), schema) == ["freq", "age", "obs_value"]


def test_a_frame_of_the_wrong_type_is_our_own_fault() -> None:
    frame = rows({}).with_columns(pl.lit(1).alias("sex"))
    with pytest.raises(SdgError, match=r"The frame does not fit the rows of IAEG-SDGs:SDG\(1\.14\): sex fails dtype"):
        failures(frame, row_schema(STRUCTURE))
    with pytest.raises(SdgError, match=r"does not fit the columns of"):
        missing_columns(frame, column_schema(STRUCTURE))


def test_the_bounds_are_those_of_the_declarations() -> None:
    table = range_table(CATALOGUE)
    assert table.height == len(CATALOGUE.series)
    for row in table.iter_rows(named=True):
        declared = CATALOGUE.series[row["series"]]
        assert (row["_minimum"], row["_maximum"], row["_soft_maximum"], row["_type"], row["_severity"]) == (
            declared.value.minimum,
            declared.value.maximum,
            declared.value.soft_maximum,
            declared.value.type,
            declared.value.severity,
        )
        assert row["_declared_mult"] == declared.unit_mult[0]


def test_a_country_may_have_a_bound_of_its_own() -> None:
    series = next(code for code, s in CATALOGUE.series.items() if s.value.country_maximum is not None)
    bound = CATALOGUE.series[series].value.country_maximum
    frame = rows({"series": series, "ref_area": "417"}, {"series": series, "ref_area": "1"})
    assert frame["_upper"].to_list() == [bound, CATALOGUE.series[series].value.maximum]
    assert frame["_is_country"].to_list() == [True, False]


@pytest.mark.parametrize(
    ("mult", "value"), [("0", 5.0), ("3", 5000.0), (None, 5.0), ("thousands", 5.0)], ids=["0", "3", "none", "text"]
)
def test_a_value_is_compared_in_the_declared_multiplier(mult: str | None, value: float) -> None:
    assert rows({VALUE: "5", "unit_mult": mult})[NUMBER].to_list() == [value]


def test_a_series_without_a_declaration_has_no_bounds() -> None:
    assert failed({"series": "NO_SUCH", VALUE: "-5"}) == []
