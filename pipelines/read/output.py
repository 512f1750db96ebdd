"""The observations to a file, for `sdg read FILE --out`: a faithful copy, part by part.

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
    import pyarrow as pa

    from pipelines.read.arrow_texts import Rows
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
            rows = _write_all(stream.parts, write)
    finally:
        stream.close()
    return rows


def _write_all(parts: Iterator[Rows], write: Callable[[Rows], None]) -> int:
    """Write parts in a thread, one behind the other, while the next is read; return the number of rows."""
    rows, before = 0, None
    with ThreadPoolExecutor(1, thread_name_prefix="write") as pool:
        for part in parts:
            if before:
                before.result()
            before = pool.submit(write, part)
            rows += len(part)
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
def _csv(target: BinaryIO) -> Iterator[Callable[[Rows], None]]:
    from pipelines.read.arrow_texts import in_polars

    first = True

    def write(part: Rows) -> None:
        nonlocal first
        in_polars(part).write_csv(target, include_header=first, quote_style="necessary", null_value="")
        first = False

    yield write


@contextmanager
def _parquet(target: BinaryIO) -> Iterator[Callable[[Rows], None]]:
    from pyarrow import parquet

    from pipelines.read.arrow_texts import in_arrow

    def opened(schema: pa.Schema) -> Any:
        # The schema of Arrow beside that of Parquet would tell of views, which programs of some years ago do not know.
        return parquet.ParquetWriter(target, schema, compression="zstd", store_schema=False)

    with _arrow_writer(opened, in_arrow) as write:
        yield write


@contextmanager
def _arrow(target: BinaryIO) -> Iterator[Callable[[Rows], None]]:
    import polars as pl
    from pyarrow import ipc

    from pipelines.read.arrow_texts import in_polars

    def without_views(part: Rows) -> pa.Table:
        return in_polars(part).to_arrow(compat_level=pl.CompatLevel.oldest())

    with _arrow_writer(lambda schema: ipc.new_file(target, schema), without_views) as write:
        yield write


@contextmanager
def _arrow_writer(
    opened: Callable[[pa.Schema], Any], tabled: Callable[[Rows], pa.Table]
) -> Iterator[Callable[[Rows], None]]:
    """Yield a function that writes parts to a writer that is made for the first part's columns.

    Args:
        opened: makes the writer.
        tabled: makes the table that it writes.
    """
    writer: Any = None

    def write(part: Rows) -> None:
        nonlocal writer
        table = tabled(part)
        writer = writer or opened(table.schema)
        writer.write_table(table)

    try:
        yield write
    finally:
        if writer is not None:
            writer.close()


_WRITERS = {".csv": _csv, ".parquet": _parquet, ".arrow": _arrow}
