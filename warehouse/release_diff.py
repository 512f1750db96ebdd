"""What differs between two states of the tables: releases, what is published, or any such DuckDB file.

The question, the grain and the comparison are `reports/release_diff.sql`; here is which two files are its sides. A
release holds its difference from the release before it in `report.release_diff`, and the published copy that from the
last release; `differences` compares any two.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from metadata.errors import WarehouseError
from metadata.structure import load_structure
from warehouse.connect import open_file
from warehouse.faults import told
from warehouse.sql import Sql
from warehouse.tables import LAYOUT, declare

if TYPE_CHECKING:
    from warehouse.settings import Settings

SQL_FILE = Path(__file__).resolve().parent / "reports" / "release_diff.sql"
CURRENT = "current"
"""What the published copy is called where a release could stand."""
KINDS = (
    "series_removed",
    "series_added",
    "coverage_dropped",
    "base_year_changed",
    "unit_changed",
    "nature_changed",
    "key_removed",
    "key_added",
    "value_revised",
    "attributes_revised",
)
"""The kinds of difference, in the order in which people are told of them: what breaks comparisons first."""

_ORDER = """
order by indicators, series, kind, provider, ref_area, time_period, freq, reporting_type, sex, age, urbanisation,
         income_wealth_quantile, education_lev, occupation, cust_breakdown, composite_breakdown, disability_status,
         activity, product
"""
# A declared series that nothing serves is in no report: as if it were not there.
_SIDE = """
create or replace temp view @side_observation as
select * from @place.core.observation_history
where superseded_at is null and series in (select series from @place.metadata.bridge)
"""
_DECLARED = ("bridge", "series", "area")
_NEEDED = """
select count(*) from duckdb_tables()
where database_name = $place and schema_name || '.' || table_name in
    ('core.layout', 'core.observation_history', 'metadata.bridge', 'metadata.series', 'metadata.area')
"""


def differences(settings: Settings, before: tuple[str, Path], after: tuple[str, Path]) -> pl.DataFrame:
    """Return the rows of `report.release_diff` for any two files.

    Args:
        settings: the state folder, for DuckDB's own needs.
        before: name and DuckDB file of what stands before.
        after: the same of what is compared with it.

    Returns:
        The columns of `report.release_diff`; empty when there is no difference.

    Raises:
        WarehouseError: a file is damaged, is no release, or is of a newer layout.
    """
    with (
        open_file(Path(":memory:"), settings) as connection,
        attached(connection, before[1], "before_file"),
        attached(connection, after[1], "after_file"),
    ):
        query, values = _prepared(connection, before[0], after[0], "after_file")
        columns = ", ".join(column.name for column in declare(load_structure()).table("report.release_diff").columns)
        found = connection.execute(f"select {columns} from ({query}) {_ORDER}", values)  # noqa: S608 - our own SQL
        return pl.DataFrame(found.to_arrow_table())


def of_indicator(rows: pl.DataFrame, number: str) -> pl.DataFrame:
    """Return the rows of the series that serve an indicator."""
    return rows.filter(pl.col("indicators").str.split(" ").list.contains(number))


def write_release_diff(connection: Any, before: tuple[str, Path] | None, after: str) -> None:
    """Fill `report.release_diff` of the open file with its difference from a release; empty where there is none.

    Args:
        connection: of a release being made, or of the copy that is about to be published.
        before: name and DuckDB file of the release that stands before.
        after: name of what is open.

    Raises:
        WarehouseError: the release's file is damaged, or of a newer layout.
    """
    connection.execute("delete from report.release_diff")
    if before is None:
        return
    here = connection.execute("select current_database()").fetchall()[0][0]
    with attached(connection, before[1], "before_file"):
        query, values = _prepared(connection, before[0], after, here)
        connection.execute(f"insert into report.release_diff by name {query} {_ORDER}", values)


@contextmanager
def attached(connection: Any, path: Path, name: str) -> Iterator[None]:
    """Attach a DuckDB file read-only under a name, for the time of a block.

    Raises:
        WarehouseError: the file is damaged, holds no state of this program, or one of a newer layout.
    """
    # A file name cannot be a parameter of ATTACH; a quote in it is doubled.
    place = str(path).replace("'", "''")
    with told(path):
        connection.execute(f"attach '{place}' as {name} (read_only)")
    try:
        sql = Sql(connection, {}, {"place": name})
        if sql.one(_NEEDED) != 5:
            raise WarehouseError(
                "This is no release: it has no observations and declarations of this program.",
                where=str(path),
                hint="Name a release, current, or the DuckDB file of a release.",
            )
        layout = sql.one(f"select max(layout_version) from {name}.core.layout")  # noqa: S608 - our own name
        if layout is None or layout > LAYOUT:
            raise WarehouseError(
                f"It has layout {layout}; this program knows layouts up to {LAYOUT}.",
                where=str(path),
                hint="Use the newer version of the program that made it.",
            )
        yield
    finally:
        for view in _views():
            connection.execute(f"drop view if exists temp.{view}")
        connection.execute(f"detach {name}")


def _views() -> list[str]:
    return [f"{side}_{what}" for side in ("before", "after") for what in ("observation", *_DECLARED)]


def _prepared(connection: Any, before: str, after: str, after_place: str) -> tuple[str, dict[str, str]]:
    """Make the sides' views; return the query of the SQL file, and its values."""
    for side, place in (("before", "before_file"), ("after", f'"{after_place}"')):
        sql = Sql(connection, {"side_observation": f"{side}_observation", "place": place}, {})
        sql.run(_SIDE)
        for name in _DECLARED:
            sql.run(f"create or replace temp view {side}_{name} as select * from @place.metadata.{name}")  # noqa: S608
    return SQL_FILE.read_text(encoding="utf-8"), {"before_release": before, "after_release": after}
