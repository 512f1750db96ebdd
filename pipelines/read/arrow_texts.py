"""Arrow's columns of texts as columns of Polars, without a copy of the texts; those of one text without a cell a row.

SDMX repeats itself: of the 33 components of the SDG structure most hold one text, or nothing, over thousands of
rows. Polars needs 16 bytes a cell, so such a column is a piece of one that is kept and shared. The cells of other
columns become views in Arrow already, where several threads may do so and Polars need not be there yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

# The module that `pyarrow.compute` is made of: that one makes a Python function of each kernel when it is imported,
# which takes as long as reading a small file.
from pyarrow._compute import CastOptions, call_function

if TYPE_CHECKING:
    import polars as pl

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
    """Turns columns into frames, one after the other."""

    def __init__(self) -> None:
        self._kept: dict[str | None, pl.Series] = {}

    def frame(self, table: Views) -> pl.DataFrame:
        """Return columns as a frame of String columns, with the same names."""
        import polars as pl

        return pl.DataFrame([
            self._repeated(column.text, table.height).alias(name)
            if isinstance(column, Only) else pl.Series(_Capsule(column)).alias(name)
            for name, column in table.columns.items()
        ])  # fmt: skip

    def _repeated(self, only: str | None, height: int) -> pl.Series:
        """Return a column of so many rows of one text."""
        kept = self._kept.get(only)
        if kept is None or len(kept) < height:
            import polars as pl

            # A little longer than asked for, as the next block has a few rows more or fewer.
            kept = pl.repeat(only, height + height // 4, dtype=pl.String, eager=True)
            if len(self._kept) >= _KEPT:
                self._kept = {}
            self._kept[only] = kept
        return kept.head(height)


class _Capsule:
    """An array that Polars takes for any library's: for one of pyarrow it would import `pyarrow.compute`."""

    def __init__(self, array: Any) -> None:
        self.__arrow_c_array__ = array.__arrow_c_array__


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
