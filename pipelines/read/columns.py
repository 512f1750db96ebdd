"""Columns of a delimited text as they were read: by their headings, and what the cells of some say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metadata.errors import UnreadableFile
from metadata.words import text
from pipelines.read.message import ACTIONS

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa


def plain_action(given: str) -> str:
    """Return the action of a row in its initial form (`Delete`); a text that is none stays as received."""
    return ACTIONS.get(given.strip().upper(), given)


def plain_actions(given: pl.Series) -> pl.Series:
    """Return the actions of rows in their initial form."""
    plain = {one: plain_action(one) for one in given.unique().drop_nulls()}
    return given.replace(plain) if plain else given


def named(cells: pa.Table, columns: list[str], name: str, line: int | None) -> pa.Table:
    """Return a table of `0`, `1`, … with its columns named; empty columns without heading are left out.

    Raises:
        UnreadableFile: a column without heading has values.
    """
    for position, column in enumerate(cells.columns):
        unnamed = position >= len(columns) or not columns[position]
        if unnamed and column.null_count < cells.num_rows:
            raise UnreadableFile(
                text("Column {position} has values and no heading.", position=position + 1),
                where=f"{name}:{line}" if line else name, hint=text("Give it a heading, or delete it."),
            )
    with_heading = [position for position, column in enumerate(columns) if column]
    return cells.select(with_heading).rename_columns([columns[position] for position in with_heading])
