"""The observation frame to a file, for `sdg read FILE --out`: a faithful copy.

Texts stay texts: a CSV may hold cells that a spreadsheet would take for formulas, as the source did. Absent
and empty stay apart: null is an empty cell and an empty text is `""`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.errors import SdgError, StorageFull

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = (".parquet", ".csv")


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """Write a read frame as Parquet or CSV, by the suffix of `path`; the file appears whole or not at all.

    Raises:
        SdgError: the suffix is neither, or the folder is not there.
        StorageFull: the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        what = f"{path.name} can be written as {' or '.join(SUFFIXES)} only."
        raise SdgError(what, hint="Give the output file one of these endings.")
    if not path.parent.is_dir():
        raise SdgError("The folder for the output is not there.", where=str(path.parent))
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if suffix == ".parquet":
            frame.write_parquet(partial)
        else:
            frame.write_csv(partial, quote_style="necessary", null_value="")
        partial.replace(path)
    except OSError as error:
        what = f"The file cannot be written: {error.strerror or error}."
        raise StorageFull(what, where=str(path), hint="Free some space or choose another folder.") from error
    finally:
        partial.unlink(missing_ok=True)
