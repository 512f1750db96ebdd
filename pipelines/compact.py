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
from typing import Any

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
        self._constants: list[dict[str, Any]] = []

    def add(self, batch: pl.DataFrame) -> None:
        """Keep a batch; all batches have the columns of the first."""
        if self._types is None:
            self._types = {name: pl.Categorical(pl.Categories.random()) for name in _repeating(batch)}
        if batch.is_empty() and self._batches:
            return
        if self._batches and self._batches[0].is_empty():
            self._batches.clear()
            self._constants.clear()
        encoded = batch.cast(self._types)  # type: ignore[arg-type]
        constants = _constants(encoded)
        self._constants.append({name: encoded[name][0] for name in constants})
        self._batches.append(_with_constants(encoded, constants))

    def frame(self) -> pl.DataFrame:
        """Return the rows of all batches in their order; the batches are let go, column by column.

        Raises:
            ValueError: no batch was added.
        """
        if not self._batches:
            raise ValueError("A message has one batch at least, be it without rows.")
        batches, self._batches = self._batches, []
        if len(batches) == 1:
            return batches[0]
        first = self._constants[0]
        same = [name for name in first if all(name in c and c[name] == first[name] for c in self._constants)]
        whole, constants = [], batches[0].select(same).head(1)
        names = batches[0].columns
        for name in names:
            if name not in same:
                whole.append(pl.concat([batch[name] for batch in batches], rechunk=True))
            batches = [batch.drop(name) for batch in batches]
        frame = pl.DataFrame(whole) if whole else pl.DataFrame(height=sum(batch.height for batch in batches))
        return _with_constants(frame, same, constants).select(names)


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


def _constants(frame: pl.DataFrame) -> list[str]:
    """Return the columns that have one value in all rows, or none at all."""
    plain = [name for name, kind in frame.schema.items() if kind != pl.String]
    if frame.is_empty() or not plain:
        return []
    numbers = pl.col(plain).to_physical()
    lows, highs = frame.select(numbers.min()).row(0), frame.select(numbers.max()).row(0)
    nulls = frame.select(pl.col(plain).null_count()).row(0)
    told = zip(plain, lows, highs, nulls, strict=True)
    return [name for name, low, high, empty in told if empty == frame.height or (low == high and not empty)]


def _with_constants(frame: pl.DataFrame, names: Sequence[str], values: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return the frame with these columns as one value each, their first."""
    first = frame if values is None else values
    return frame.with_columns(pl.lit(first[name].head(1)).first().alias(name) for name in names)
