"""Tables to CSV with CSVW metadata beside it, to Parquet, and to a Frictionless data package.

For people and statistical software, unlike the messages of `sdmx_csv`, which are for machines and exact. A spreadsheet
runs a text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return as a formula, also in a CSV file. So in CSV
such a text gets an apostrophe in front, as one would type it; and so does a text that begins with an apostrophe and
one of these, which makes the step reversible: take one apostrophe off every text that begins with an apostrophe, then
any number of them, and one of these six. `neutral`, `neutral_cell` and `restored` are the directions. Numbers are left
alone (-1 is -1), and so is Parquet, whose types leave no doubt. An absent value is an empty cell, an empty text is "".
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import polars as pl

from metadata.derive.table_schema import csvw_metadata, table_schema

if TYPE_CHECKING:
    from metadata.derive.table_schema import Table

Codes = Mapping[str, Sequence[str]]
Told = Callable[[int], None] | None

RUNS = r"^'*[=+\-@\t\r]"
"""A text that a spreadsheet would run, or one of ours that has been made harmless."""
PACKAGE = "datapackage.json"
NEUTRAL = (
    "A text that begins with = + - @, a tab or a carriage return has an apostrophe in front, so that no spreadsheet "
    "runs it as a formula; a text that begins with apostrophes and one of these has one apostrophe more. To have the "
    "texts as they were, take one apostrophe off each text that matches ^'+[=+\\-@\\t\\r]. Numbers are not touched."
)
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def neutral(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with an apostrophe in front of every text that a spreadsheet would run as a formula."""
    return frame.with_columns(pl.col(pl.String).str.replace(RUNS, "'$0"))


def neutral_cell(cell: object) -> object:
    """Return one cell as `neutral` has it; what is no text stays as it is."""
    return f"'{cell}" if isinstance(cell, str) and re.match(RUNS, cell) else cell


def restored(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame as it was before `neutral`."""
    return frame.with_columns(pl.col(pl.String).str.replace(r"^'('*[=+\-@\t\r])", "$1"))


def write_csv(rows: Iterable[pl.DataFrame], table: Table, stream: BinaryIO, *, told: Told = None) -> int:
    """Write a table as CSV in UTF-8, harmless to spreadsheets, and return the number of rows."""
    stream.write((",".join(column.name for column in table.columns) + "\n").encode())
    count = 0
    for batch in rows:
        utc = [
            pl.col(name).dt.convert_time_zone("UTC") for name, kind in batch.schema.items()
            if isinstance(kind, pl.Datetime) and kind.time_zone
        ]
        neutral(batch.with_columns(utc)).write_csv(stream, include_header=False, datetime_format=_TIME)
        count += batch.height
        if told:
            told(count)
    return count


def csvw(table: Table, codes: Codes, file: str) -> str:
    """Return the CSVW metadata of a CSV file of that name, as JSON text."""
    described: dict[str, Any] = json.loads(csvw_metadata(table, codes))
    described["url"] = file
    described["rdfs:comment"] = NEUTRAL
    if not table.key:
        del described["tableSchema"]["primaryKey"]
    return json.dumps(described, ensure_ascii=False, indent=2) + "\n"


def write_parquet(rows: Iterable[pl.DataFrame], table: Table, path: Path, *, told: Told = None) -> int:
    """Write a table as Parquet, each column with its description, and return the number of rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    count, writer = 0, None
    try:
        for batch in rows:
            arrow = batch.to_arrow(compat_level=pl.CompatLevel.oldest())
            if writer is None:
                fields = [
                    field.with_metadata({"description": column.description})
                    for field, column in zip(arrow.schema, table.columns, strict=True)
                ]
                described = pa.schema(fields, {"title": table.name, "description": table.description})
                writer = pq.ParquetWriter(path, described, compression="zstd")
            writer.write_table(arrow.cast(described))
            count += batch.height
            if told:
                told(count)
    finally:
        if writer is not None:
            writer.close()
    return count


def write_package(
    rows: Iterable[pl.DataFrame],
    table: Table,
    codes: Codes,
    folder: Path,
    *,
    title: str,
    made: datetime,
    sources: Sequence[Mapping[str, str]],
    told: Told = None,
) -> int:
    """Write a Frictionless data package: `datapackage.json` and the CSV file, and return the number of rows.

    Standard: Data Package 1.0, https://specs.frictionlessdata.io/data-package/, and Tabular Data Resource.

    Args:
        rows: the rows, in batches.
        table: what they are.
        codes: allowed codes by column.
        folder: where the two files go; there already.
        title: of the package.
        made: when it was made.
        sources: `title`, and `path` where there is one, of each source.
        told: called with the number of rows written so far.
    """
    file = folder / table.file
    with file.open("wb") as stream:
        count = write_csv(rows, table, stream, told=told)
    schema: dict[str, Any] = json.loads(table_schema(table, codes))
    described = {name: schema.pop(name) for name in ("title", "description")}
    if not table.key:
        del schema["primaryKey"]
    resource = {
        "name": table.name.rpartition(".")[2].replace("_", "-"), "path": table.file, "profile": "tabular-data-resource",
        **described, "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
        "bytes": file.stat().st_size, "hash": f"sha256:{_sha256(file)}",
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        "schema": schema,
    }
    package = {
        "profile": "tabular-data-package", "name": "sdg-12-13-export", "title": title, "description": NEUTRAL,
        "created": made.strftime(_TIME), "sources": [dict(one) for one in sources], "resources": [resource],
    }
    text = json.dumps({name: part for name, part in package.items() if part}, ensure_ascii=False, indent=2) + "\n"
    (folder / PACKAGE).write_text(text, encoding="utf-8")
    return count


def zipped(folder: Path, path: Path) -> None:
    """Write the files of a folder into a ZIP file, in the order of their names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
