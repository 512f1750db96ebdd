"""Runs SQL whose column lists come from the structure: `@name` is a piece of SQL, `$name` is a value.

Pieces are written by this program from the declared tables; whatever came with a delivery goes in as a value
or as an Arrow table, never as text of a statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    import polars as pl

_AS_WRITTEN = "common_subplan,build_side_probe_side"

REPORT_FILES = Path(__file__).resolve().parent / "reports"
"""Where the SQL of the report tables is."""
_VALUE = re.compile(r"\$([a-z_]+)")


@contextmanager
def as_written(connection: Any) -> Iterator[None]:
    """Let DuckDB join tables in the order in which the SQL names them, for the time of a block: large ones first.

    Its planner goes by estimates, and of tables that were filled in the same transaction it knows nothing: it took
    core.observation_history for a few rows, and put all of it into the memory of a join (ten million observations: more
    than 3 GB, and four times the time). Rows that a query reads twice it would hold as well (common_subplan).

    Args:
        connection: DuckDB's; no transaction running in which a statement may have failed.
    """
    connection.execute(f"set disabled_optimizers = '{_AS_WRITTEN}'")
    try:
        yield
    finally:
        # A database that a full disk has stopped takes no settings any more; what stopped it is what is told.
        with suppress(duckdb.Error):
            connection.execute("reset disabled_optimizers")


class _Pieces(Template):
    delimiter = "@"


class Sql:
    """A connection with the pieces and values that a group of statements share.

    Args:
        connection: DuckDB's connection.
        pieces: text for every `@name`.
        values: values for every `$name`; those that a statement does not mention are left out of it.
    """

    def __init__(self, connection: Any, pieces: Mapping[str, str], values: Mapping[str, Any]) -> None:
        self._connection = connection
        self._pieces = dict(pieces)
        self._values = dict(values)

    def run(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows.

        Args:
            statement: SQL with `@pieces` and `$values`.
            values: further values, for this statement alone.

        Raises:
            KeyError: a piece or a value that nobody gave: a fault of this program.
        """
        rows: list[tuple[Any, ...]] = self._execute(statement, values).fetchall()
        return rows

    def frame(self, statement: str, **values: Any) -> pl.DataFrame:
        """Run one statement and return its rows as a Polars frame."""
        frame: pl.DataFrame = self._execute(statement, values).pl()
        return frame

    def batches(self, statement: str, rows: int) -> Iterator[pl.DataFrame]:
        """Run one statement and yield its rows as Polars frames of at most so many; at least one, be it empty."""
        import polars as pl

        reader = self._execute(statement, {}).to_arrow_reader(rows)
        empty = pl.from_arrow(reader.schema.empty_table())
        yield empty  # type: ignore[misc]  # of a table comes a frame
        for batch in reader:
            yield pl.from_arrow(batch)  # type: ignore[misc]

    def _execute(self, statement: str, values: dict[str, Any]) -> Any:
        text = self.text(statement)
        given = self._values | values
        mentioned = {name: given[name] for name in _VALUE.findall(text)}
        return self._connection.execute(text, mentioned) if mentioned else self._connection.execute(text)

    def text(self, statement: str) -> str:
        """Return the statement with its pieces filled in."""
        return _Pieces(statement).substitute(self._pieces)

    def one(self, statement: str, **values: Any) -> Any:
        """Run a statement that gives one value, and return it."""
        return self.run(statement, **values)[0][0]

    def value(self, name: str) -> Any:
        """Return one of the shared values."""
        return self._values[name]
