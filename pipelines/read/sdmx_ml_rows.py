"""Elements with attributes to Polars frames, column by column.

The hot path of the SDMX-ML reader: no dict and no object is made for an element. Elements that carry the
same attribute names in the same order have one *shape*; the values of a shape go into one flat list, and a
column is every n-th item of it. Batches of elements become frames, which wait in a spool: `frame` gives all of
them at once, `frames` and `span` a bounded part. What the elements mean is in `pipelines.read.sdmx_ml`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import polars as pl

from metadata.words import text
from pipelines.read.safety import MAX_COLUMNS, MAX_DEPTH, MAX_TOKEN, MB
from pipelines.read.sdmx_ml_late import Late
from pipelines.read.spool import Spool

BATCH = 50_000
"""Elements that are kept as Python texts before they become a frame."""
MAX_SHAPES = 1000
"""Shapes kept at the same time; more make a batch end early."""
TOO_MANY_COLUMNS = text("There are more than {limit} columns, which is the limit.", limit=MAX_COLUMNS)
TOO_DEEP = text("Elements are nested deeper than {limit}, which is the limit.", limit=MAX_DEPTH)
TOO_LONG = text("A tag or text is longer than {limit} MB, which is the limit.", limit=MAX_TOKEN // MB)
"""Sentences of the limits of `pipelines.read.safety`."""


class Shape:
    """The values of all elements that have the same attribute names in the same order.

    Attributes:
        columns: position in the element's values, and column, of every attribute that is kept.
        width: values an element puts into `flat`: one an attribute, then `Rows.EXTRA`.
        flat: the values.
    """

    __slots__ = ("columns", "flat", "width")

    def __init__(self, columns: list[tuple[int, str]], width: int) -> None:
        self.columns = columns
        self.width = width
        self.flat: list[Any] = []


class Rows:
    """A table that grows by elements: Obs, Series, Group or DataSet.

    Args:
        extra: names of the three integers kept with every element: parent, line, and number of the element.
        name_columns: gives position and column of the attributes to keep, for an element's names; may raise.
        limit: most bytes of all elements together, for a table that is needed as a whole; None without.

    Attributes:
        parents: the parents that have elements, without repetition within a batch.
    """

    def __init__(
        self,
        extra: tuple[str, str, str],
        name_columns: Callable[[tuple[str, ...]], list[tuple[int, str]]],
        *,
        limit: int | None = None,
    ) -> None:
        self.extra = extra
        self.shapes: dict[tuple[str, ...], Shape] = {}
        self.count = 0
        self.parents: list[pl.Series] = []
        self._name_columns = name_columns
        self._names: dict[str, None] = {}
        self._frames = Spool()
        self._begins: list[int] = []
        self._kept = 0
        self._late: dict[str, Late] = {}
        self._limit = limit
        self._bytes = 0

    def shape(self, names: tuple[str, ...]) -> Shape:
        """Return a new shape for attribute names that have none yet.

        Raises:
            ValueError: there are more columns than the limit; the message says so.
        """
        if len(self.shapes) >= MAX_SHAPES:
            self.flush()
            self.shapes.clear()
        columns = self._name_columns(names)
        self._note(column for _, column in columns)
        shape = self.shapes[names] = Shape(columns, len(names) + len(self.extra))
        return shape

    def add(self, attributes: list[str], parent: int, line: int) -> int:
        """Add one element, its attributes as expat gives them (name, value, …); return its number.

        The reader of observations has this body in line, for speed.
        """
        names = tuple(attributes[::2])
        flat = (self.shapes.get(names) or self.shape(names)).flat
        flat += attributes[1::2]
        flat += (parent, line, self.count)
        self.count += 1
        if not self.count % BATCH:
            self.flush()
        return self.count - 1

    def name_columns(self, names: tuple[str, ...]) -> list[tuple[int, str]]:
        """Return position and column of the attributes to keep, for an element's names; may raise."""
        return self._name_columns(names)

    def add_frame(self, frame: pl.DataFrame) -> None:
        """Add many elements at once: columns as in `frame`, without the number of the element.

        Raises:
            ValueError: there are more columns than the limit; the message says so.
        """
        if not frame.height:
            return
        self.flush()
        self._note(name for name in frame.columns if name not in self.extra)
        numbers = pl.int_range(self.count, self.count + frame.height, eager=True).alias(self.extra[2])
        self._append(frame.hstack([numbers]))
        self.count += frame.height

    def _note(self, columns: Iterable[str]) -> None:
        self._names.update(dict.fromkeys(columns))
        if len(self._names) > MAX_COLUMNS:
            raise ValueError(TOO_MANY_COLUMNS)

    def add_late(self, name: str, number: int, value: str) -> None:
        """Add one component to an element that is there already; its own attribute of this name wins."""
        for _, column in self._name_columns((name,)):
            self._note([column])
            self._late.setdefault(column, Late()).add(number, value)

    def flush(self) -> None:
        """Turn the values gathered so far into a frame.

        Raises:
            ValueError: the table is larger than its limit; the message says so.
        """
        parts = [self._frame(shape) for shape in self.shapes.values() if shape.flat]
        if len(parts) == 1:
            self._append(parts[0])
        elif parts:
            self._append(pl.concat(parts, how="diagonal").sort(self.extra[2]))
        for shape in self.shapes.values():
            shape.flat.clear()

    def _frame(self, shape: Shape) -> pl.DataFrame:
        flat, width = shape.flat, shape.width
        series = [
            pl.Series(column, flat[position::width], dtype=pl.String, strict=True)
            for position, column in shape.columns
        ]
        first = width - len(self.extra)
        series += [
            pl.Series(column, flat[first + n :: width], dtype=pl.Int64) for n, column in enumerate(self.extra)
        ]
        return pl.DataFrame(series)

    def _append(self, frame: pl.DataFrame) -> None:
        self._bytes += int(frame.estimated_size())
        if self._limit is not None and self._bytes > self._limit:
            raise ValueError(
                text("Groups and data sets say more than {limit} MB, which is the limit.", limit=self._limit // MB)
            )
        self._frames.append(frame)
        self.parents.append(frame[self.extra[0]].unique())
        self._begins.append(self._kept)
        self._kept += frame.height

    def close(self) -> None:
        """Forget all elements, and remove what waits on disk."""
        self._frames.close()
        for late in self._late.values():
            late.close()

    @property
    def columns(self) -> list[str]:
        """The columns of the components, in the order of their first appearance."""
        return list(self._names)

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the elements in document order, a bounded number at a time, all frames with the same columns.

        The columns stand in the order of their first appearance, then the three integers.
        """
        self.flush()
        for number in range(len(self._frames)):
            yield self._whole(self._frames[number], self._begins[number])

    def frame(self) -> pl.DataFrame:
        """Return all elements in document order, as `frames`."""
        return pl.concat([self.empty(), *self.frames()])

    def span(self, first: int, last: int) -> tuple[pl.DataFrame, int]:
        """Return some elements that contain those numbered `first` to `last`, and the number of the first one."""
        self.flush()
        if not self._begins:
            return self.empty(), 0
        low, high = bisect_right(self._begins, first) - 1, bisect_right(self._begins, last)
        parts = [self._whole(self._frames[number], self._begins[number]) for number in range(low, high)]
        return pl.concat(parts, rechunk=True), self._begins[low]

    def empty(self) -> pl.DataFrame:
        """Return a frame as `frames` gives them, without rows."""
        return pl.DataFrame(schema=dict.fromkeys(self._names, pl.String) | dict.fromkeys(self.extra, pl.Int64))

    def _whole(self, frame: pl.DataFrame, begin: int) -> pl.DataFrame:
        """Return a part with all columns, and what came late to its elements."""
        missing = [pl.lit(None, pl.String).alias(name) for name in self._names if name not in frame.columns]
        whole = frame.with_columns(missing).select(*self._names, *self.extra)
        for column, texts in self._late.items():
            late = texts.between(begin, begin + whole.height)
            known = whole[column]
            whole = whole.with_columns(known.zip_with(known.is_not_null(), late).alias(column))
        return whole
