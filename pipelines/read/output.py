"""The observation frames to a file, for `sdg read FILE --out`: a faithful copy, batch by batch.

Texts stay texts: a CSV may hold cells that a spreadsheet would take for formulas, as the source did. Absent
and empty stay apart: null is an empty cell and an empty text is `""`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from metadata.errors import SdgError, StorageFull

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from pipelines.read.message import MessageStream

SUFFIXES = (".parquet", ".csv", ".arrow")


def write_stream(stream: MessageStream, out: Path) -> int:
    """Write a stream as Parquet, CSV or an Arrow file, by the suffix of `out`; return the number of rows.

    The file appears whole or not at all: it is written under another name beside its place, and what a broken
    stream left of it is removed.

    Raises:
        SdgError: the suffix is none of these, or the folder is not there.
        StorageFull: the file cannot be written.
        UnreadableFile: the stream ends in damage.
    """
    suffix = refuse_output(out)
    partial = out.with_name(f".{out.name}.{os.getpid()}.part")
    rows = 0
    try:
        with partial.open("wb") as target, _WRITERS[suffix](target) as write:
            for batch in stream.batches:
                write(batch)
                rows += batch.height
        partial.replace(out)
    except OSError as error:
        what = f"The file cannot be written: {error.strerror or error}."
        raise StorageFull(what, where=str(out), hint="Free some space or choose another folder.") from error
    finally:
        partial.unlink(missing_ok=True)
    return rows


def refuse_output(out: Path) -> str:
    """Return the suffix of a file that can be written; to be asked before a large file is read in vain.

    Raises:
        SdgError: the suffix is none of `SUFFIXES`, or the folder is not there.
    """
    suffix = out.suffix.lower()
    if suffix not in SUFFIXES:
        what = f"{out.name} can be written as {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} only."
        raise SdgError(what, hint="Give the output file one of these endings.")
    if not out.parent.is_dir():
        raise SdgError("The folder for the output is not there.", where=str(out.parent))
    return suffix


@contextmanager
def _csv(target: BinaryIO) -> Iterator[Callable[[pl.DataFrame], None]]:
    first = True

    def write(batch: pl.DataFrame) -> None:
        nonlocal first
        batch.write_csv(target, include_header=first, quote_style="necessary", null_value="")
        first = False

    yield write


@contextmanager
def _parquet(target: BinaryIO) -> Iterator[Callable[[pl.DataFrame], None]]:
    from pyarrow import parquet

    with _arrow_writer(lambda schema: parquet.ParquetWriter(target, schema, compression="zstd")) as write:
        yield write


@contextmanager
def _arrow(target: BinaryIO) -> Iterator[Callable[[pl.DataFrame], None]]:
    from pyarrow import ipc

    with _arrow_writer(lambda schema: ipc.new_file(target, schema)) as write:
        yield write


@contextmanager
def _arrow_writer(opened: Callable[[pa.Schema], Any]) -> Iterator[Callable[[pl.DataFrame], None]]:
    """Yield a function that writes batches to a writer that is made for the first batch's columns."""
    import polars as pl

    writer: Any = None

    def write(batch: pl.DataFrame) -> None:
        nonlocal writer
        table = batch.to_arrow(compat_level=pl.CompatLevel.oldest())
        writer = writer or opened(table.schema)
        writer.write_table(table)

    try:
        yield write
    finally:
        if writer is not None:
            writer.close()


_WRITERS = {".csv": _csv, ".parquet": _parquet, ".arrow": _arrow}
