"""Rows on their way into core, on disk: a judged frame becomes a Parquet file that DuckDB reads as often as it needs.

So a large delivery does not stand in memory while DuckDB merges it: who gives frames to a load may put them here first
and let go of them. The files lie in the state folder, on the same disk as the warehouse, and are removed with their
folder; what a killed process leaves behind is removed by the next writer (`forget_spooled`).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from metadata.errors import SdgError
from warehouse.faults import told

PREFIX = ".load-"
_ROWS = 122_880
"""Rows of a row group: as many as one of DuckDB's, so that two threads read two at a time."""
_FEW = 10_000
"""Texts of a dictionary that is written as it is, which takes a fourth of the time; a larger one would be written anew
in each row group."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """Rows on disk.

    Attributes:
        path: the Parquet file.
        height: number of rows.
    """

    path: Path
    height: int

    @property
    def query(self) -> str:
        """SQL that reads the rows; a quote in the path is doubled."""
        place = str(self.path).replace("'", "''")
        return f"select * from read_parquet('{place}')"  # noqa: S608  # a file that this program made


@contextmanager
def spool_folder(parent: Path | None) -> Iterator[Path]:
    """Make a folder for rows on their way, and remove it at the end.

    Args:
        parent: the folder it is made in; None takes the system's, for rehearsals, which leave the state as it is.

    Raises:
        StorageFull: the disk is full or not writable.
    """
    with told(parent or Path(tempfile.gettempdir())):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def forget_spooled(parent: Path) -> None:
    """Remove what killed processes left; the caller holds the writer's lock, so that nobody else is loading."""
    for left in parent.glob(f"{PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)


def spooled(
    folder: Path, name: str, frame: pl.DataFrame, schema: Mapping[str, pl.DataType], *, number: str | None = None
) -> Spooled:
    """Write a frame to disk, with exactly the columns and types of the schema.

    Args:
        folder: from `spool_folder`.
        name: of the frame, for the file and for what is said of it.
        frame: an empty one needs no columns; others need them all. Texts may be String or Categorical;
            Parquet has no other type for the latter.
        schema: columns in their order.
        number: a further first column, with the 0-based number of the row (Int64).

    Raises:
        SdgError: a column is missing or of another type: a fault of the caller, not of the data.
        StorageFull: the disk is full or not writable.
    """
    path = folder / f"{name}.parquet"
    rows = exact(frame, schema, name)
    if number:
        rows = rows.with_row_index(number).with_columns(pl.col(number).cast(pl.Int64))
    with told(path):
        rows.sink_parquet(path, compression="lz4", statistics=False, row_group_size=_ROWS, maintain_order=True)
    return Spooled(path, frame.height)


def exact(frame: pl.DataFrame, schema: Mapping[str, Any], name: str) -> pl.LazyFrame:
    """Return the frame's columns in the order of the schema; an empty frame needs none, others need them all.

    Raises:
        SdgError: a column is missing or of another type: a fault of the caller, not of the data.
    """
    if frame.is_empty():
        return pl.LazyFrame(schema=dict(schema))
    wrong = [column for column, kind in schema.items() if not _fits(frame.schema.get(column), kind)]
    if wrong:
        raise SdgError(f"The {name} frame lacks {', '.join(wrong)}, or has another type there.")
    return frame.lazy().select(
        pl.col(column) if _few(frame[column]) else pl.col(column).cast(kind) for column, kind in schema.items()
    )


def _few(column: pl.Series) -> bool:
    """Say whether a column has a dictionary of few texts."""
    if not isinstance(column.dtype, pl.Categorical):
        return False
    largest = column.to_physical().max()
    return largest is None or int(largest) < _FEW  # type: ignore[arg-type]  # a number


def _fits(found: pl.DataType | None, wanted: pl.DataType) -> bool:
    return found in (wanted, pl.Null) or (isinstance(wanted, pl.String) and isinstance(found, pl.Categorical))
