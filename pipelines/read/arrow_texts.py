"""Arrow's columns of texts as columns of Polars; those that say one thing only without a copy a row.

SDMX repeats itself: of the 33 components of the SDG structure most hold one text, or nothing, over thousands of
rows. Polars needs 16 bytes a cell, so such a column is a piece of one that is kept and shared.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

_KEPT = 64
"""Texts whose columns are kept, at most."""


class Texts:
    """Turns tables into frames; may be asked by several threads at the same time."""

    def __init__(self) -> None:
        self._kept: dict[str | None, pl.Series] = {}

    def frame(self, table: Any) -> pl.DataFrame:
        """Return a table of `string` columns as a frame of String columns, with the same names."""
        height, same = table.num_rows, dict[str, pl.Series]()
        if height:
            for name, column in zip(table.column_names, table.columns, strict=True):
                if column.null_count == height:
                    same[name] = self._repeated(None, height).alias(name)
                elif column.null_count == 0 and (only := _only(column.chunks)) is not None:
                    same[name] = self._repeated(only, height).alias(name)
        if len(same) == table.num_columns:
            return pl.DataFrame(list(same.values()))
        # One array a column, put together while it has four bytes a cell and not yet Polars' sixteen.
        others = pl.DataFrame(pl.from_arrow(table.drop_columns(list(same)).combine_chunks()))
        return pl.DataFrame([same[name] if name in same else others[name] for name in table.column_names])

    def _repeated(self, only: str | None, height: int) -> pl.Series:
        """Return a column of so many rows of one text."""
        kept = self._kept.get(only)
        if kept is None or len(kept) < height:
            # A little longer than asked for, as the next block has a few rows more or fewer.
            kept = pl.repeat(only, height + height // 4, dtype=pl.String, eager=True)
            if len(self._kept) >= _KEPT:
                self._kept = {}
            self._kept[only] = kept
        return kept.head(height)


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
