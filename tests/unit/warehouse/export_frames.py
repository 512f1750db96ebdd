"""Read frames for the tests of the writers: any text in any component, several data sets, and how to compare them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import polars as pl
from hypothesis import strategies as st

from metadata.structure import load_structure
from warehouse.export.header import MessageHeader, Reference

STRUCTURE = load_structure()
COMPONENTS = STRUCTURE.components
COLUMNS = [one.column for one in COMPONENTS]
DIMENSIONS = [one.column for one in STRUCTURE.dimensions]
KEY = [*DIMENSIONS, "time_period"]
HEADER = MessageHeader("XX_OFFICE", Reference.of(STRUCTURE), datetime(2026, 5, 1, 9, 30, tzinfo=UTC))
ACTIONS = ("Append", "Replace", "Delete", "Information", None)
SCHEMA = {**dict.fromkeys(COLUMNS, pl.String), "_dataset": pl.Int32, "_action": pl.String}

CODES = st.sampled_from(["_T", "A", "417", "012", "M-F", "1.0", "é"])
TEXTS = st.one_of(
    st.sampled_from([
        "", " ", " before", "behind ", "a\tb", "a\nb", "a\r\nb", "\r", '"', '"quoted"', "'", "a,b", "a;b", "&amp;",
        "<a>", "]]>", "=1+1", "-1", "+1", "@x", "007", "1.50", "1e3", "-0", "NaN", "null", "true", "\\", "\\n", "\x7f",
        "Üñïçødé", "ٱلْعَرَبِيَّة", "中文", "🌍", "\u2028", "\ufeff", "1:2", "x" * 300,
    ]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=8),
)
NUMBERS = st.sampled_from(["1", "1.50", "-1", "007", "1e3", "1E-5", "-0", "0.10", "NaN", "12345678901234567890", "<5"])
PERIODS = st.sampled_from(["2019", "2020", "2020-Q1", "2021-01-31"])
SERIES_LEVEL = {one.column for one in COMPONENTS if one.attachment == "series"}


def _cells(column: str, *, whole_key: bool) -> st.SearchStrategy[str | None]:
    if column in DIMENSIONS:
        return CODES if whole_key else st.one_of(CODES, st.none())
    if column == "time_period":
        return PERIODS if whole_key else st.one_of(PERIODS, st.none())
    return st.one_of(st.none(), NUMBERS if column == "obs_value" else TEXTS)


@st.composite
def frames(draw: st.DrawFn, *, whole_key: bool = False, actions: tuple[str | None, ...] = ACTIONS) -> pl.DataFrame:
    """Draw a frame: few columns vary, so that rows share series. With `whole_key` keys are whole and occur once."""
    varied = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=8, unique=True))
    constant = {
        name: draw(_cells(name, whole_key=whole_key)) for name in COLUMNS if whole_key or draw(st.booleans())
    }
    rows: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 3))):
        action = draw(st.sampled_from(actions))
        for _ in range(draw(st.integers(1, 6))):
            own = {name: draw(_cells(name, whole_key=whole_key)) for name in varied}
            rows.append({**constant, **own, "_dataset": number, "_action": action})
    frame = pl.DataFrame([{name: row.get(name) for name in SCHEMA} for row in rows], schema=SCHEMA)
    return frame.unique(["_dataset", *KEY], keep="first", maintain_order=True) if whole_key else frame


def content(frame: pl.DataFrame, *, data_sets: bool = True, empty_is_absent: bool = False) -> Counter[tuple[Any, ...]]:
    """Return the rows, without their order and places; a column that is absent is null throughout."""
    complete = frame.select(
        *(pl.col(name) if name in frame.columns else pl.lit(None, pl.String).alias(name) for name in COLUMNS),
        *(["_dataset"] if data_sets else []),
        "_action",
    )
    if empty_is_absent:
        complete = complete.with_columns(pl.col(pl.String).replace("", None))
    return Counter(complete.rows())


def one_row(**cells: str | None) -> pl.DataFrame:
    """Return a frame of one row with a whole key."""
    row = {**dict.fromkeys(DIMENSIONS, "_T"), "time_period": "2020", **cells}
    return pl.DataFrame([row], schema=dict.fromkeys(row, pl.String))
