"""Elements with attributes to Polars frames, column by column.

The hot path of the SDMX-ML reader: no dict and no object is made for an element. Elements that carry the
same attribute names in the same order have one *shape*; the values of a shape go into one flat list, and a
column is every n-th item of it. What the elements mean is in `pipelines.read.sdmx_ml`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from pipelines.read.safety import MAX_COLUMNS

BATCH = 50_000
"""Elements that are kept as Python texts before they become a frame."""
MAX_SHAPES = 1000
"""Shapes kept at the same time; more make a batch end early."""


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
    """

    def __init__(
        self, extra: tuple[str, str, str], name_columns: Callable[[tuple[str, ...]], list[tuple[int, str]]]
    ) -> None:
        self.extra = extra
        self.shapes: dict[tuple[str, ...], Shape] = {}
        self.count = 0
        self._name_columns = name_columns
        self._names: dict[str, None] = {}
        self._frames: list[pl.DataFrame] = []
        self._late: dict[str, dict[int, str]] = {}

    def shape(self, names: tuple[str, ...]) -> Shape:
        """Return a new shape for attribute names that have none yet.

        Raises:
            ValueError: there are more columns than the limit; the message says so.
        """
        if len(self.shapes) >= MAX_SHAPES:
            self.flush()
            self.shapes.clear()
        columns = self._name_columns(names)
        self._names.update(dict.fromkeys(column for _, column in columns))
        if len(self._names) > MAX_COLUMNS:
            raise ValueError(f"There are more than {MAX_COLUMNS} columns, which is the limit.")
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
        return self.count - 1

    def add_late(self, name: str, number: int, value: str) -> None:
        """Add one component to an element that is there already; its own attribute of this name wins."""
        for _, column in self._name_columns((name,)):
            self._names.setdefault(column)
            if len(self._names) > MAX_COLUMNS:
                raise ValueError(f"There are more than {MAX_COLUMNS} columns, which is the limit.")
            self._late.setdefault(column, {})[number] = value

    def flush(self) -> None:
        """Turn the values gathered so far into a frame."""
        parts = [self._frame(shape) for shape in self.shapes.values() if shape.flat]
        if len(parts) == 1:
            self._frames.append(parts[0])
        elif parts:
            self._frames.append(pl.concat(parts, how="diagonal").sort(self.extra[2]))
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

    def frame(self) -> pl.DataFrame:
        """Return all elements in document order: a column an attribute, then the three integers.

        Columns stand in the order of their first appearance.
        """
        self.flush()
        schema = dict.fromkeys(self._names, pl.String) | dict.fromkeys(self.extra, pl.Int64)
        empty = pl.DataFrame(schema=schema)
        frames, self._frames = self._frames, []
        whole = pl.concat([empty, *frames], how="diagonal") if frames else empty
        for column, values in self._late.items():
            late = pl.Series([None], dtype=pl.String).new_from_index(0, whole.height)
            late = late.scatter(list(values), list(values.values()))
            own = whole[column]
            whole = whole.with_columns(own.zip_with(own.is_not_null(), late).alias(column))
        return whole
