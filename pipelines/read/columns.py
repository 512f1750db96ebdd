"""Columns of a delimited text as they were read: by their headings, and what the cells of some say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metadata.errors import UnreadableFile
from metadata.words import text
from pipelines.read.message import ACTIONS

if TYPE_CHECKING:
    import polars as pl


def is_constant(values: pl.Series) -> bool:
    """Say whether all values are the same, or all absent, or there is none."""
    return len(values) == 0 or bool(values.eq_missing(values[0]).all())


def plain_actions(given: pl.Series) -> pl.Series:
    """Return the actions of rows in their initial form (`Delete`); a text that is none stays as received."""
    known = {text: action for text in given.unique().drop_nulls() if (action := ACTIONS.get(text.strip().upper()))}
    return given.replace(known) if known else given


def named(frame: pl.DataFrame, columns: list[str], name: str, line: int | None) -> pl.DataFrame:
    """Return a frame of `0`, `1`, … with its columns named; empty columns without heading are left out.

    Raises:
        UnreadableFile: a column without heading has values.
    """
    for position in range(frame.width):
        unnamed = position >= len(columns) or not columns[position]
        if unnamed and frame[str(position)].null_count() < frame.height:
            raise UnreadableFile(
                text("Column {position} has values and no heading.", position=position + 1),
                where=f"{name}:{line}" if line else name, hint=text("Give it a heading, or delete it."),
            )
    import polars as pl

    return frame.select(pl.col(str(n)).alias(column) for n, column in enumerate(columns) if column)
