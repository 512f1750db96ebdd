"""A read frame in few bytes: every repeated text once, constants as one value; and questions asked of distinct texts.

Texts stay texts: a column of repeated texts is a `Categorical` with a dictionary of its own, whose rows hold
4 bytes each instead of 16 and more, and a column with one value in all rows holds it once. What a check decides
about a text it decides once a distinct text, not once a row. `obs_value`, whose texts hardly repeat, and other
columns of that kind stay `String`. A frame is made from one frame or from the batches of a stream; both give the
same.

Polars has no `.str` on such columns: ask `distinct`, which gives texts, or cast to String where texts are needed.
What is decided about the data is in `pipelines.checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import polars as pl

VALUES = frozenset({"obs_value"})
"""Columns that are never encoded."""

SAMPLE = 10_000
"""So many rows of the first batch say whether the texts of a column repeat."""

LARGEST = 2**63
"""Packed keys stay below this, so that they fit in UInt64 with room to spare."""


class Compactor:
    """Batches of one message, added one by one and kept in few bytes."""

    def __init__(self) -> None:
        self._types: dict[str, pl.DataType] | None = None
        self._batches: list[pl.DataFrame] = []

    def add(self, batch: pl.DataFrame) -> None:
        """Keep a batch; all batches have the columns of the first."""
        if self._types is None:
            self._types = {name: pl.Categorical(pl.Categories.random()) for name in _repeating(batch)}
        self._batches.append(batch.cast(self._types))  # type: ignore[arg-type]

    def frame(self) -> pl.DataFrame:
        """Return the rows of all batches in their order; the batches are let go.

        Raises:
            ValueError: no batch was added.
        """
        if not self._batches:
            raise ValueError("A message has one batch at least, be it without rows.")
        whole = pl.concat(self._batches, rechunk=len(self._batches) > 1)
        self._batches.clear()
        return _with_constants(whole)


def compacted(batches: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return the rows of all batches as one frame in few bytes; see this module's docstring."""
    compactor = Compactor()
    for batch in batches:
        compactor.add(batch)
    return compactor.frame()


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with String where it has Categorical."""
    return frame.cast({name: pl.String for name, kind in frame.schema.items() if is_encoded(kind)})


def is_encoded(kind: pl.DataType) -> bool:
    """Say whether a column of this type has a dictionary."""
    return isinstance(kind, pl.Categorical)


def distinct(frame: pl.DataFrame, column: str) -> list[str]:
    """Return the distinct texts of a column, without null, in no order."""
    found = frame.select(pl.col(column).unique()).to_series()
    return found.cast(pl.String).drop_nulls().to_list()


def blanks(frame: pl.DataFrame, column: str) -> list[str]:
    """Return the distinct texts of a column that are empty or nothing but white space."""
    found = pl.Series(distinct(frame, column), dtype=pl.String)
    return found.filter(found.str.strip_chars() == "").to_list()


def one_of(column: str, texts: Sequence[str]) -> pl.Expr:
    """Return the expression that a column has one of the texts; null does not."""
    if not texts:
        return pl.lit(value=False)
    return pl.col(column).is_in(list(texts)).fill_null(value=False)


def having(frame: pl.DataFrame, column: str, texts: Sequence[str]) -> pl.DataFrame:
    """Return the rows whose column has one of the texts, in their order."""
    return frame.filter(one_of(column, texts)) if texts else frame.head(0)


def by_distinct(values: pl.Series, decide: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """Return what an expression makes of every value, computed once for each distinct value."""
    texts = values.unique().alias("text").to_frame()
    decided = texts.with_columns(decide(pl.col("text").cast(pl.String)).alias("decided"))
    told = values.alias("text").to_frame().join(
        decided, on="text", how="left", nulls_equal=True, maintain_order="left"
    )
    return told["decided"]


def keys(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Return a number for each row (UInt64), the same where all columns are the same; null equals null.

    No hash: numbers of the dictionaries are packed into one, so that unequal rows never get the same.
    """
    numbers = frame.select(_number_of(name, frame.schema[name]) for name in columns)
    sizes = numbers.select(pl.all().max()).row(0) if frame.height else ()
    key, room = pl.repeat(0, frame.height, dtype=pl.UInt64, eager=True), 1
    for name, largest in zip(columns, sizes, strict=False):
        size = largest + 1
        if frame.height == 0 or numbers.select(pl.col(name).min()).item() == largest:
            continue
        if room * size >= LARGEST:
            key = key.rank("dense").cast(pl.UInt64)
            room = _largest(key) + 1
        key = key * size + numbers[name]
        room *= size
    return key


def _number_of(name: str, kind: pl.DataType) -> pl.Expr:
    """Return a column's numbers from 1, and 0 for null."""
    column = pl.col(name)
    if isinstance(kind, pl.String):
        column = column.cast(pl.Categorical(pl.Categories.random()))
    elif not is_encoded(kind):
        column = column.rank("dense")
    return column.to_physical().cast(pl.UInt64).add(1).fill_null(0).alias(name)


def _largest(numbers: pl.Series) -> int:
    return int(numbers.to_frame().select(pl.first().max()).item())


def _repeating(batch: pl.DataFrame) -> list[str]:
    """Return the columns whose texts repeat."""
    texts = [name for name, kind in batch.schema.items() if kind == pl.String and name not in VALUES]
    if not texts:
        return []
    sample = batch.select(texts).gather_every(max(1, batch.height // SAMPLE))
    counted = sample.select(pl.all().drop_nulls().n_unique() * 2 <= pl.max_horizontal(pl.all().count(), 100))
    return [name for name, repeats in zip(texts, counted.row(0), strict=True) if repeats]


def _with_constants(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with every column that has one value in all rows as that one value."""
    if frame.height < 2:
        return frame
    plain = [name for name, kind in frame.schema.items() if kind != pl.String]
    lows = frame.select(pl.col(plain).to_physical().min()).row(0)
    highs = frame.select(pl.col(plain).to_physical().max()).row(0)
    nulls = frame.select(pl.col(plain).null_count()).row(0)
    constants = [
        name
        for name, low, high, empty in zip(plain, lows, highs, nulls, strict=True)
        if (low == high and not empty) or empty == frame.height
    ]
    return frame.with_columns(pl.lit(frame[name].head(1)).first().alias(name) for name in constants)
