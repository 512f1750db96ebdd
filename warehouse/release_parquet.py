"""The tables of a release as Parquet whose bytes follow from what is in the tables, and from nothing else.

The same deliveries, loaded under the same declarations, give the same bytes in another state folder, also in another
order where none speaks of what another does: rows are sorted by all columns, a file is written with fixed options, and
what belongs to the run is left out, which are the columns of type TIMESTAMP WITH TIME ZONE: when this program received,
loaded, made or first saw something. They stay in the DuckDB file. A Parquet file names the version of DuckDB that wrote
it, so bytes are equal under one version of DuckDB (`requirements.lock` pins it); no other version, and nothing of the
machine, is in it.

A table with a column `indicator` that is never null is laid out by hive partitions of it, else one with such a `goal`
by that (`report/coverage/indicator=12.4.2/data.parquet`); others are one file. `report.indicator_observation`, a view,
is written like a table; views of one indicator are not. Left out is `report.timeliness`: what is late follows from the
day on which it is looked at. Left out are `report.observed_series` and `report.outranked` too: they say by number which
versions in core the view shows, which follows from the order of loads and tells nothing without core.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.faults import told

PARTITIONS = ("indicator", "goal")
SCHEMAS = ("report", "metadata")
FILE = "data.parquet"
NO_ROWS = "__HIVE_DEFAULT_PARTITION__"
"""Where a partitioned table without rows has its one, empty file, so that its columns can be read."""
OPTIONS = "format parquet, compression zstd, compression_level 3, row_group_size 122880, parquet_version v2"
_RUN = "TIMESTAMP WITH TIME ZONE"

_COLUMNS = """
select schema_name, table_name, column_name, data_type, is_nullable, comment from duckdb_columns()
where database_name = current_database() and schema_name in ('report', 'metadata') and not internal
  and (schema_name, table_name) in (select (schema_name, table_name) from duckdb_tables()
                                    where database_name = current_database()
                                    union all select ('report', 'indicator_observation'))
  and (schema_name, table_name) not in (('report', 'timeliness'), ('report', 'observed_series'),
                                        ('report', 'outranked'))
order by schema_name desc, table_name, column_index
"""
_COMMENTS = """
select schema_name || '.' || table_name, comment from duckdb_tables() where database_name = current_database()
union all
select schema_name || '.' || view_name, comment from duckdb_views() where database_name = current_database()
"""


@dataclass(frozen=True, slots=True)
class Laid:
    """How a table is laid out as Parquet.

    Attributes:
        schema: report or metadata.
        name: of the table.
        columns: name → what it holds, without those left out.
        left_out: columns that belong to the run.
        partition: column by which it is laid out; None for one file.
    """

    schema: str
    name: str
    columns: dict[str, str]
    left_out: tuple[str, ...]
    partition: str | None


def write_parquet(connection: Any, folder: Path) -> dict[str, dict[str, Any]]:
    """Write every table of `report` and `metadata` below a folder.

    Args:
        connection: of the release's DuckDB file; no transaction running.
        folder: where to; `report/TABLE/…` and `metadata/TABLE/…` are made in it.

    Returns:
        Table → `comment` (what a row is), `columns` with their words, `partition`, `left_out`, `rows`.

    Raises:
        StorageFull: the disk is full or not writable.
    """
    comments = dict(connection.execute(_COMMENTS).fetchall())
    made: dict[str, dict[str, Any]] = {}
    for table in layouts(connection):
        full = f"{table.schema}.{table.name}"
        place = folder / table.schema / table.name
        with told(place):
            rows = sum(_write(connection, table, place))
        made[full] = {
            "comment": comments[full],
            "rows": rows,
            "partition": table.partition,
            "left_out": list(table.left_out),
            "columns": table.columns,
        }
    return made


def layouts(connection: Any) -> list[Laid]:
    """Return how each table of `report` and `metadata` is laid out, by schema and name."""
    found: dict[tuple[str, str], list[tuple[str, str, bool, str]]] = {}
    for schema, table, *column in connection.execute(_COLUMNS).fetchall():
        found.setdefault((schema, table), []).append(tuple(column))
    # Of a view nobody says that a column is never null; the one here has an indicator in every row.
    filled = {
        key: {name for name, _, null, _ in columns if not null or key == ("report", "indicator_observation")}
        for key, columns in found.items()
    }
    return [
        Laid(
            schema,
            table,
            {name: comment for name, kind, _, comment in columns if kind != _RUN},
            tuple(name for name, kind, *_ in columns if kind == _RUN),
            next((wanted for wanted in PARTITIONS if wanted in filled[schema, table]), None),
        )
        for (schema, table), columns in found.items()
    ]


def _write(connection: Any, table: Laid, place: Path) -> Iterator[int]:
    """Write the files of one table; yield the rows of each."""
    columns = ", ".join(f'"{name}"' for name in table.columns if name != table.partition)
    source = f'select {columns} from {table.schema}."{table.name}"'  # noqa: S608 - names of our own tables
    if table.partition is None:
        yield _copy(connection, source, place / FILE)
        return
    parts = connection.execute(
        f'select distinct {table.partition} from {table.schema}."{table.name}" order by 1'  # noqa: S608 - as above
    ).fetchall()
    for (value,) in parts:
        text = value.replace("'", "''")
        where = f"{source} where {table.partition} = '{text}'"
        yield _copy(connection, where, place / f"{table.partition}={value}" / FILE)
    if not parts:
        yield _copy(connection, f"{source} limit 0", place / f"{table.partition}={NO_ROWS}" / FILE)


def _copy(connection: Any, query: str, file: Path) -> int:
    """Write the rows of a query, sorted by all columns, flush the file, and return how many they are."""
    file.parent.mkdir(parents=True, exist_ok=True)
    target = str(file).replace("'", "''")
    statement = f"copy (select * from ({query}) order by all) to '{target}' ({OPTIONS})"  # noqa: S608 - our own query
    rows = connection.execute(statement).fetchall()
    with file.open("rb+") as written:
        os.fsync(written.fileno())
    return int(rows[0][0])
