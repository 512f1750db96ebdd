"""The declared tables in their schemas: tables, and the views among them with the comments of their declarations.

A declaration whose `info` says `view` is made by its SQL file under `warehouse/reports/`: its columns are computed from
other tables when they are read, and nobody inserts into it. DuckDB forgets the comments of a view that is replaced, so
views are made here alone, when the layout is made or brought up: a change of such an SQL file is a new layout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warehouse.sql import REPORT_FILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import sqlalchemy as sa

    from warehouse.connect import Warehouse


def make_declared(warehouse: Warehouse, schema: str | None = None) -> None:
    """Make the declared tables and views, of one schema or of all, inside the caller's transaction.

    Args:
        warehouse: open for writing; its schemas are there, and none of these tables is.
        schema: None for all.
    """
    declared = [one for one in warehouse.tables.metadata.tables.values() if schema in (None, one.schema)]
    views = [one for one in declared if one.info.get("view")]
    tables = [one for one in declared if one not in views]
    warehouse.tables.metadata.create_all(warehouse.sa, tables=tables, checkfirst=False)
    for view in views:
        _make_view(warehouse, view)


def _make_view(warehouse: Warehouse, view: sa.Table) -> None:
    query = (REPORT_FILES / f"{view.name}.sql").read_text(encoding="utf-8")
    warehouse.connection.execute(f"create view {view.schema}.{view.name} as\n{query}")
    warehouse.connection.execute(f"comment on view {view.schema}.{view.name} is {quoted(view.comment)}")
    say_columns(warehouse.connection, view)


def say_columns(connection: Any, table: sa.Table) -> None:
    """Give the columns of a table or view the comments that are declared, whatever an earlier program said of them."""
    describe(connection, f"{table.schema}.{table.name}", {column.name: column.comment for column in table.columns})


def say_columns_of(connection: Any, view: str, table: str) -> None:
    """Give the columns of a view the comments that those of the same names have in a table, both `schema.name`."""
    schema, name = table.split(".")
    said = connection.execute(
        "select column_name, comment from duckdb_columns() where schema_name = $schema and table_name = $name "
        "order by column_index", {"schema": schema, "name": name},
    ).fetchall()
    describe(connection, view, dict(said))


def describe(connection: Any, relation: str, said: Mapping[str, str | None]) -> None:
    """Give columns of a table or view their comments, in one statement for all.

    Args:
        connection: DuckDB's.
        relation: `schema.name`, quoted where it must be.
        said: comment of each column by its name.
    """
    columns = ((f'"{name.replace(chr(34), chr(34) * 2)}"', quoted(comment)) for name, comment in said.items())
    connection.execute("; ".join(f"comment on column {relation}.{name} is {comment}" for name, comment in columns))


def quoted(text: str | None) -> str:
    """Return a text as SQL writes it; nothing as an empty one."""
    return "'" + (text or "").replace("'", "''") + "'"
