"""The observation frames to a file, for `sdg read FILE --out`: a faithful copy, batch by batch.

Texts stay texts: a CSV may hold cells that a spreadsheet would take for formulas, as the source did. Absent
and empty stay apart: null is an empty cell and an empty text is `""`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from metadata.errors import SdgError
from metadata.whole import whole_file

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
    try:
        with whole_file(out, what="file") as partial, partial.open("wb") as target, _WRITERS[suffix](target) as write:
            rows = _write_all(stream.batches, write)
    finally:
        stream.close()
    return rows


def _write_all(batches: Iterator[pl.DataFrame], write: Callable[[pl.DataFrame], None]) -> int:
    """Write batches in a thread, one behind the other, while the next is read; return the number of rows."""
    rows, before = 0, None
    with ThreadPoolExecutor(1, thread_name_prefix="write") as pool:
        for batch in batches:
            if before:
                before.result()
            before = pool.submit(write, batch)
            rows += batch.height
        if before:
            before.result()
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
        raise SdgError(
            "The folder for the output is not there.",
            where=str(out.parent),
            hint="Make it first, or choose another.",
        )
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

    def opened(schema: pa.Schema) -> Any:
        # The schema of Arrow beside that of Parquet would tell of views, which programs of some years ago do not know.
        return parquet.ParquetWriter(target, schema, compression="zstd", store_schema=False)

    with _arrow_writer(opened, views=True) as write:
        yield write


@contextmanager
def _arrow(target: BinaryIO) -> Iterator[Callable[[pl.DataFrame], None]]:
    from pyarrow import ipc

    with _arrow_writer(lambda schema: ipc.new_file(target, schema), views=False) as write:
        yield write


@contextmanager
def _arrow_writer(
    opened: Callable[[pa.Schema], Any], *, views: bool
) -> Iterator[Callable[[pl.DataFrame], None]]:
    """Yield a function that writes batches to a writer that is made for the first batch's columns.

    Args:
        opened: makes the writer.
        views: texts may come as Polars has them, which is no copy.
    """
    import polars as pl

    writer: Any = None
    level = pl.CompatLevel.newest() if views else pl.CompatLevel.oldest()

    def write(batch: pl.DataFrame) -> None:
        nonlocal writer
        table = batch.to_arrow(compat_level=level)
        writer = writer or opened(table.schema)
        writer.write_table(table)

    try:
        yield write
    finally:
        if writer is not None:
            writer.close()


_WRITERS = {".csv": _csv, ".parquet": _parquet, ".arrow": _arrow}
