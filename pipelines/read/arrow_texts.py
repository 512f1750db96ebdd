"""Rows that were read, as a table of Arrow or a frame of Polars: one becomes the other without a copy.

SDMX repeats itself: of the 33 components of the SDG structure most hold one text, or nothing, over thousands of
rows. A view takes 16 bytes a cell, so such a column is a piece of one that is kept and shared. The cells of other
columns become views where they were read, where several threads may do so; views are what Polars has, too.

Which of the two a reader makes is its own choice. Who writes them to a file or a database needs no Polars, whose
import takes as long as reading a hundred thousand rows.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

# The module that `pyarrow.compute` is made of: that one makes a Python function of each kernel when it is imported,
# which takes as long as reading a small file.
from pyarrow._compute import CastOptions, call_function

if TYPE_CHECKING:
    import numpy.typing as npt
    import polars as pl

Rows: TypeAlias = "pl.DataFrame | pa.Table"
"""Rows as a reader made them; the columns are those of `pipelines.read.message`."""

_KEPT = 64
"""Texts whose columns are kept, at most."""
_INSIDE = 12
"""Bytes of a text that are within its view."""
_AS_VIEWS = CastOptions(pa.string_view())


@dataclass(frozen=True, slots=True)
class Only:
    """What every cell of a column says; None: nothing."""

    text: str | None


@dataclass(frozen=True, slots=True)
class Views:
    """The columns of a table by their names: arrays of `string_view`, or the one text that there is."""

    height: int
    columns: dict[str, Any]

    def has_full_column(self) -> bool:
        """Say whether a column has a text in every row."""
        return any(
            column.text is not None if isinstance(column, Only) else column.null_count == 0
            for column in self.columns.values()
        )

    def only(self, name: str) -> Only | None:
        """Return what every cell of a column says; None when there are several texts, or it is not known."""
        column = self.columns[name]
        return column if isinstance(column, Only) else None


def views(table: Any) -> Views:
    """Return the columns of a table of `string` columns."""
    height, columns = table.num_rows, dict[str, Any]()
    for name, column in zip(table.column_names, table.columns, strict=True):
        if height and column.null_count == height:
            columns[name] = Only(None)
        elif height and column.null_count == 0 and (only := _only(column.chunks)) is not None:
            columns[name] = Only(only)
        else:
            columns[name] = _viewed(column)
    return Views(height, columns)


class Texts:
    """Turns columns into tables, one after the other."""

    def __init__(self) -> None:
        self._kept: dict[str | None, Any] = {}

    def table(self, columns: Views) -> Any:
        """Return columns as a table of `string_view`, with the same names."""
        arrays = [
            self.repeated(column.text, columns.height) if isinstance(column, Only) else column
            for column in columns.columns.values()
        ]
        return pa.Table.from_arrays(arrays, list(columns.columns))

    def repeated(self, only: str | None, height: int) -> Any:
        """Return a column of so many rows of one text, or of nothing."""
        kept = self._kept.get(only)
        if kept is None or len(kept) < height:
            # A little longer than asked for, as the next block has a few rows more or fewer.
            kept = _column_of(only, height + height // 4)
            # In one step, as several threads may ask.
            self._kept = {**self._kept, only: kept} if len(self._kept) < _KEPT else {only: kept}
        return kept.slice(0, height)


def _column_of(only: str | None, height: int) -> Any:
    """Return a column of so many rows of one text, or of nothing.

    Arrow columnar format, variable-size binary view layout: the length, then the text itself when it is short, else
    its first four bytes, the number of the buffer that has it and where it begins there.
    """
    if only is None:
        return pa.nulls(height, pa.string_view())
    content = only.encode()
    short = len(content) <= _INSIDE
    view = struct.pack("<i12s", len(content), content) if short else struct.pack("<i4sii", len(content), content, 0, 0)
    buffers = [None, pa.py_buffer(view * height)] + ([] if short else [pa.py_buffer(content)])
    return pa.Array.from_buffers(pa.string_view(), height, buffers, 0)


def integers(numbers: npt.NDArray[np.signedinteger[Any]]) -> Any:
    """Return numbers as a column of Arrow, not copied; `pyarrow.array` would import pandas to ask what they are."""
    kind = pa.from_numpy_dtype(numbers.dtype)
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(np.ascontiguousarray(numbers))])


def in_polars(rows: Rows) -> pl.DataFrame:
    """Return rows as a frame; texts of Arrow, which must be views, become String columns without a copy."""
    if not isinstance(rows, pa.Table):
        return rows
    import polars as pl

    columns = zip(rows.column_names, rows.columns, strict=True)
    return pl.DataFrame([as_series(column).alias(name) for name, column in columns])


def as_series(column: Any) -> pl.Series:
    """Return a column of Arrow, an array or several, as one of Polars; numbers and views of texts are not copied."""
    import polars as pl

    return pl.Series(_Capsule(column))


def in_arrow(rows: Rows) -> pa.Table:
    """Return rows as a table; String columns become views without a copy."""
    if isinstance(rows, pa.Table):
        return rows
    import polars as pl

    return rows.to_arrow(compat_level=pl.CompatLevel.newest())


def joined(parts: list[Rows]) -> Rows:
    """Return the rows of one part or more, all with the same columns, without a copy: a table when all are tables."""
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, pa.Table) for part in parts):
        return pa.concat_tables(parts)
    import polars as pl

    return pl.concat(map(in_polars, parts))


class _Capsule:
    """A column that Polars takes for any library's: for one of pyarrow it would import `pyarrow.compute`."""

    def __init__(self, column: Any) -> None:
        if isinstance(column, pa.ChunkedArray):
            self.__arrow_c_stream__ = column.__arrow_c_stream__
        else:
            self.__arrow_c_array__ = column.__arrow_c_array__


def _viewed(column: Any) -> Any:
    """Return a column of `string` as one array of `string_view`."""
    whole = column.combine_chunks()
    viewed = call_function("cast", [whole], _AS_VIEWS)
    _, offsets, _ = whole.buffers()
    ends = np.frombuffer(offsets, np.int32, len(whole) + 1, whole.offset * 4) if len(whole) else np.zeros(1, np.int32)
    if viewed.offset == 0 and (ends[1:] - ends[:-1]).max(initial=0) <= _INSIDE:
        # All texts are within their views: what they were cut from is let go.
        return pa.Array.from_buffers(viewed.type, len(viewed), viewed.buffers()[:2], viewed.null_count)
    return viewed


def _only(chunks: list[Any]) -> str | None:
    """Return the text that every cell of these arrays without null has; None when there are several."""
    only: bytes | None = None
    for chunk in chunks:
        height = len(chunk)
        _, offsets, data = chunk.buffers()
        ends = np.frombuffer(offsets, np.int32, height + 1, chunk.offset * 4)
        total = int(ends[-1] - ends[0])
        length = total // height if height else 0
        if not length or length * height != total:
            return None
        cells = np.frombuffer(data, np.uint8, total, int(ends[0]))
        first = cells[:length].tobytes()
        if only not in (None, first) or cells[-length:].tobytes() != first:
            return None
        # All cells are as long as the first, and each is as the one before.
        if not ((ends[1:] - ends[:-1]) == length).all() or not (cells[length:] == cells[:-length]).all():
            return None
        only = first
    return only.decode() if only else None
