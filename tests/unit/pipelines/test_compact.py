"""The frame in few bytes: the same texts, however they came, and keys that are the same only for the same rows."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import compact
from pipelines.compact import (
    Compactor,
    as_text,
    blanks,
    by_distinct,
    compacted,
    distinct,
    having,
    is_encoded,
    keys,
    one_of,
)

TEXTS = st.one_of(st.none(), st.sampled_from(["", " ", "_T", "A", "B", "é", "2019"]))
ROWS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS, st.one_of(st.none(), st.integers(0, 3))), max_size=30)
SCHEMA = {"sex": pl.String, "age": pl.String, "obs_value": pl.String, "_line": pl.Int64}


def frame_of(rows: list[tuple[str | None, str | None, str | None, int | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@settings(deadline=None)
@given(ROWS, st.integers(1, 7))
def test_texts_stay_texts_whole_and_batch_by_batch(
    rows: list[tuple[str | None, str | None, str | None, int | None]], size: int
) -> None:
    frame = frame_of(rows)
    batches = [frame.slice(start, size) for start in range(0, frame.height, size)] or [frame]
    for made in (compacted([frame]), compacted(batches), compacted([frame.head(0), *batches])):
        assert as_text(made).equals(frame)
        assert as_text(made).schema == frame.schema


@settings(deadline=None)
@given(ROWS)
def test_keys_are_the_same_for_the_same_rows_only(
    rows: list[tuple[str | None, str | None, str | None, int | None]]
) -> None:
    frame, columns = frame_of(rows), list(SCHEMA)
    expected = frame.select(pl.struct(columns).rank("dense")).to_series() if rows else pl.Series([])
    for made in (frame, compacted([frame])):
        told = keys(made, columns)
        assert told.len() == frame.height
        assert len(set(zip(told, expected, strict=True))) == told.n_unique() == expected.n_unique()


def test_keys_of_many_codes_still_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"a": 5, "b": 4, "c": 3}
    frame = pl.DataFrame({name: [f"{name}{n % size}" for n in range(60)] for name, size in sizes.items()})
    monkeypatch.setattr(compact, "LARGEST", 40)
    assert keys(frame, ["a", "b", "c"]).n_unique() == frame.n_unique() == 60
    assert keys(frame, ["a", "b"]).n_unique() == 20


def test_a_column_with_one_value_holds_it_once() -> None:
    rows = 100_000
    frame = pl.DataFrame({"sex": ["_T"] * rows, "age": [None] * rows, "series": ["A", "B"] * (rows // 2)}, strict=False)
    frame = frame.cast(pl.String)
    whole = compacted([frame])
    parts = compacted([frame.head(rows // 3), frame.tail(rows - rows // 3)])
    for made in (whole, parts):
        assert made.estimated_size() < 5 * rows
        assert as_text(made).equals(frame)
    assert compacted([frame.select("sex"), frame.select("sex")]).height == 2 * rows


def test_what_is_constant_in_each_batch_only_stays_as_it_is() -> None:
    one, two = pl.DataFrame({"sex": ["M", "M"]}), pl.DataFrame({"sex": ["F", "F"]})
    assert as_text(compacted([one, two]))["sex"].to_list() == ["M", "M", "F", "F"]


def test_texts_that_do_not_repeat_are_left_alone() -> None:
    made = compacted([pl.DataFrame({"note": [str(n) for n in range(1000)], "obs_value": ["1"] * 1000})])
    assert made.schema == {"note": pl.String, "obs_value": pl.String}


def test_a_message_has_a_batch() -> None:
    with pytest.raises(ValueError, match="A message has one batch at least, be it without rows"):
        Compactor().frame()


def test_questions_are_asked_of_distinct_texts() -> None:
    frame = compacted([pl.DataFrame({"sex": ["M", None, " ", "F", "M", ""]})])
    assert is_encoded(frame.schema["sex"])
    assert sorted(distinct(frame, "sex")) == ["", " ", "F", "M"]
    assert sorted(blanks(frame, "sex")) == ["", " "]
    assert having(frame, "sex", ["M", "X"])["sex"].to_list() == ["M", "M"]
    assert having(frame, "sex", []).is_empty()
    assert frame.filter(one_of("sex", [])).is_empty()
    assert frame.select(one_of("sex", ["F"])).to_series().to_list() == [False, False, False, True, False, False]


def test_an_expression_over_texts_is_computed_once_a_text() -> None:
    values = pl.Series(["1,5", None, "x", "1,5"])
    assert by_distinct(values, lambda text: text.str.len_chars()).to_list() == [3, None, 1, 3]
    assert by_distinct(values.cast(pl.Categorical), lambda text: text.fill_null("none")).to_list() == [
        "1,5", "none", "x", "1,5",
    ]  # fmt: skip
