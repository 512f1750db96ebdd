"""How numbers and periods are written: every form, good and bad, as offices write them."""

from __future__ import annotations

import math
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.derive.lexical import (
    as_number,
    has_idle_zero,
    is_future,
    is_missing,
    not_number_kind,
    number,
    period_form,
    period_start,
)


def one(expression: pl.Expr, text: str | None) -> object:
    return pl.DataFrame({"text": [text]}, schema={"text": pl.String}).select(expression).item()


TEXT = pl.col("text")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("1.0", 1.0),
        ("1e3", 1000.0),
        ("1E-3", 0.001),
        ("-0.5", -0.5),
        ("+4", 4.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("0", 0.0),
        ("0.1", 0.1),
        ("23.205713", 23.205713),
        ("007", 7.0),
        (" 3.5\n", 3.5),
        ("1.7976931348623157e308", 1.7976931348623157e308),
    ],
)
def test_a_number_is_read_exactly(text: str, value: float) -> None:
    assert one(number(TEXT), text) == value


@pytest.mark.parametrize(
    "text",
    ["12,5", "1e999", "inf", "INF", "0x10", "1_000", "1 000", "<5", "--1", "1e", "e3", ".", "NaN", "N", ""],
)
def test_what_is_no_number_is_null_and_never_something_else(text: str) -> None:
    assert one(number(TEXT), text) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_comes_back_from_its_text(value: float) -> None:
    read = one(number(TEXT), repr(value))
    assert isinstance(read, float)
    assert read == value
    assert math.copysign(1, read) == math.copysign(1, value)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (None, True),
        ("", True),
        (" ", True),
        ("N", True),
        ("NaN", True),
        ("nan", True),
        ("-", True),
        ("0", False),
        ("n", False),
        ("NA", False),
        ("..", False),
    ],
)
def test_missing_is_told_from_zero_and_from_text(text: str | None, missing: bool) -> None:
    assert one(is_missing(TEXT), text) is missing


@pytest.mark.parametrize(
    ("text", "kind", "meant"),
    [
        ("12,5", "comma", "12.5"),
        ("0,123", "comma", "0.123"),
        ("1.234,5", "comma", "1234.5"),
        ("1 234,5", "comma", "1234.5"),
        ("1,234", "ambiguous", "1.234 or 1234"),
        ("1,234,567", "thousands", "1234567"),
        ("1,234.5", "thousands", "1234.5"),
        ("1.234.567", "thousands", "1234567"),
        ("1 234", "thousands", "1234"),
        ("1\u00a0234", "thousands", "1234"),
        ("1\u202f234\u202f567.25", "thousands", "1234567.25"),
        ("<5", "bound", None),
        ("less than 5", "bound", None),
        ("≥ 3", "bound", None),
        ("12 %", "percent", "12"),
        ("12.5*", "percent", "12.5"),
        ("$5", "percent", "5"),
        ("inf", "infinite", None),
        ("1e999", "infinite", None),
        ("12\u00a0", "space", "12"),
        ("n/a", "other", None),
        ("..", "other", None),
    ],
)
def test_a_text_in_place_of_a_number_is_told_by_its_kind(text: str, kind: str, meant: str | None) -> None:
    assert one(not_number_kind(TEXT), text) == kind
    assert as_number(kind, text) == meant


def test_nothing_is_nothing_in_words() -> None:
    assert as_number("comma", None) is None


@pytest.mark.parametrize(
    ("text", "idle"),
    [("007", True), ("-012.5", True), ("0.7", False), ("0", False), ("10", False), (None, False)],
)
def test_zeros_in_front_that_say_nothing(text: str | None, idle: bool) -> None:
    assert one(has_idle_zero(TEXT), text) is idle


@pytest.mark.parametrize(
    ("text", "form", "start"),
    [
        ("2019", "annual", date(2019, 1, 1)),
        ("2019-A1", "annual", date(2019, 1, 1)),
        ("2019-S2", "half-yearly", date(2019, 7, 1)),
        ("2019-T3", "four-monthly", date(2019, 9, 1)),
        ("2019-Q4", "quarterly", date(2019, 10, 1)),
        ("2019-02", "monthly", date(2019, 2, 1)),
        ("2019-M12", "monthly", date(2019, 12, 1)),
        ("2019-W02", "weekly", date(2019, 1, 8)),
        ("2019-01-31", "daily", date(2019, 1, 31)),
        ("2019-D032", "daily", date(2019, 2, 1)),
        ("2019-01-31T00:00:00", "date and time", date(2019, 1, 31)),
        ("2019-01-31T00:00:00Z", "date and time", date(2019, 1, 31)),
        ("2010-01-01/P2Y", "range", date(2010, 1, 1)),
    ],
)
def test_periods_of_sdmx(text: str, form: str, start: date) -> None:
    assert one(period_form(TEXT), text) == form
    assert one(period_start(TEXT), text) == start


@pytest.mark.parametrize(
    "text",
    [
        "2017-2020",
        "2005.0",
        "2019-13",
        "2019-00",
        "2019-Q5",
        "2019-W54",
        "2019-02-30",
        "2019-D000",
        "2019-D367",
        "19",
        "2019 ",
        "2019/2020",
        "in 2019",
        "3019",
        "",
    ],
)
def test_what_is_no_period(text: str) -> None:
    assert one(period_form(TEXT), text) is None


@pytest.mark.parametrize(
    ("text", "future"),
    [
        ("2026", False),
        ("2027", True),
        ("2026-Q2", False),
        ("2026-Q3", True),
        ("2026-07", True),
        ("2026-06-01", False),
        ("2026-06-02", True),
        ("nonsense", False),
        (None, False),
    ],
)
def test_the_future_begins_after_today(text: str | None, future: bool) -> None:
    assert one(is_future(TEXT, date(2026, 6, 1)), text) is future
