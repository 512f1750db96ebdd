"""The report tables: made from core for the touched indicators, and which indicators those are.

`refresh` makes the report tables by the SQL files in `warehouse/reports/`, one a table, for the touched indicators
alone; `stale` says which indicators that are, also after a run that was killed. `write_metadata` (in
`warehouse.metadata_tables`) puts the declarations beside them; `publish` (in `warehouse.publish`) swaps in the copy
that readers open.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metadata.errors import SdgError
from warehouse.indicator_views import make_views
from warehouse.metadata_tables import write_metadata
from warehouse.publish import publish
from warehouse.sql import REPORT_FILES, Sql, as_written

if TYPE_CHECKING:
    from warehouse.connect import Warehouse

__all__ = ["REPORTS", "publish", "reference_day", "refresh", "stale", "write_metadata"]

_INDICATOR = "indicator in (select indicator from touched)"
_SERIES = "series in (select series from touched_series)"

REPORTS = {
    "observed_series": _INDICATOR,
    "outranked": _INDICATOR,
    "indicator_observation": None,
    "coverage": _INDICATOR,
    "regional_aggregate": _SERIES,
    "not_aggregated": _SERIES,
    "aggregate_comparison": _SERIES,
    "data_availability": _INDICATOR,
    "data_availability_total": "goal in (select goal from metadata.indicator join touched using (indicator))",
    "national_and_global": _INDICATOR,
}
"""The report tables in the order in which they are made (a later one may read an earlier one), each with the rows that
are made anew; none are of a view. Aggregates belong to a series, which may serve several indicators; totals to a goal.
Those of `warehouse.publish.AT_PUBLICATION` are made when the copy for readers is: they read the ledger."""

_STEPS = {
    "regional_aggregate": ("touched_series", "cell", "cell_value", "country_value", "membership", "group_value"),
    "national_and_global": ("national_value",),
}
"""Temporary tables that must be there before a report table is made, and stay for those after it."""


def reference_day(today: date | None = None) -> date:
    """Return the day whose membership of groups counts where none is named: the first of this year.

    UN tables apply one composition to all years of a release. The same day holds for a whole year, so that tables
    that are refreshed on different days agree.

    Args:
        today: None takes the clock, UTC.
    """
    return date((today or datetime.now(UTC).date()).year, 1, 1)


def _reference(warehouse: Warehouse, given: date | None) -> date:
    return given or warehouse.settings.reference_date or reference_day()


def refresh(
    warehouse: Warehouse,
    indicators: Iterable[str] | None = None,
    *,
    now: datetime | None = None,
    reference_date: date | None = None,
) -> dict[str, int]:
    """Make the report rows of these indicators anew from core, in one transaction; others are not touched.

    Args:
        warehouse: open for writing.
        indicators: official numbers; None for all, which also drops rows of indicators no longer declared.
        now: the moment that is recorded; None takes the clock.
        reference_date: day whose membership of groups counts; None takes the settings', else `reference_day`.

    Returns:
        Rows of each report table, of all indicators, after the refresh.

    Raises:
        SdgError: an indicator that `metadata.indicator` does not hold.
    """
    table = warehouse.tables.table("metadata.indicator")
    with as_written(warehouse.connection), warehouse.transaction() as connection:
        declared = {number for (number,) in warehouse.sa.execute(sa.select(table.c.indicator))}
        chosen = declared if indicators is None else set(indicators)
        if unknown := sorted(chosen - declared):
            raise SdgError(
                f"There is no indicator {', '.join(unknown)} in the metadata tables.",
                hint="Write the metadata tables before the report tables.",
            )
        values = {
            "now": now or datetime.now(UTC),
            "chosen": sorted(chosen),
            "reference_date": _reference(warehouse, reference_date),
        }
        sql = Sql(connection, {}, values)
        sql.run("create or replace temp table touched as select unnest(cast($chosen as varchar[])) as indicator")
        for name in (one for one, rows in REPORTS.items() if rows):
            _remake(sql, name, everything=indicators is None)
        make_views(warehouse, chosen, everything=indicators is None)
        if indicators is None:
            sql.run("delete from report.refreshed")
        for statement in _REFRESHED:
            sql.run(statement)
        for step in (step for steps in _STEPS.values() for step in steps):
            sql.run(f"drop table temp.{step}")
        return {name: int(sql.one(_COUNTS.get(name, f"select count(*) from report.{name}"))) for name in REPORTS}  # noqa: S608


def stale(warehouse: Warehouse, *, reference_date: date | None = None) -> frozenset[str]:
    """Return the declared indicators whose report rows are behind core or behind their declaration.

    That is: never refreshed, a later load touched one of their series, their declaration has another version, or
    their aggregates were made with the membership of another day.

    Args:
        warehouse: open for writing.
        reference_date: day whose membership of groups counts; None takes the settings', else `reference_day`.
    """
    with warehouse.transaction() as connection:
        rows = Sql(connection, {}, {"reference_date": _reference(warehouse, reference_date)}).run(_STALE)
        return frozenset(number for (number,) in rows)


_REFRESHED = (
    "delete from report.refreshed where indicator in (select indicator from touched)",
    """
    insert into report.refreshed by name
    select i.indicator, (select coalesce(max(load_id), 0) from core.load) as load_id, i.version, $now as refreshed_at,
           $reference_date as membership_date
    from metadata.indicator i join touched using (indicator)
    """,
)
_COUNTS = {
    # The joins of the view add columns to its rows and no rows; the planner does not know that.
    "indicator_observation": """
        select count(*) from core.observation_history r join report.observed_series w on w.series = r.series
        where r.version_id <= w.last_version and (r.superseded_at is null or r.superseded_by > w.load_id)
        """
}
_STALE = """
with touched as (
    select load_id, unnest(from_json(touched_series, '["VARCHAR"]')) as series from core.load
),
behind as (
    select b.indicator from touched t
    join metadata.bridge b on b.series = t.series
    join report.refreshed r on r.indicator = b.indicator
    where t.load_id > r.load_id
)
select i.indicator from metadata.indicator i
left join report.refreshed r on r.indicator = i.indicator
where r.indicator is null or r.version is distinct from i.version or i.indicator in (select indicator from behind)
   or r.membership_date is distinct from $reference_date
"""


def _remake(sql: Sql, name: str, *, everything: bool) -> None:
    """Replace the touched rows of one report table by what its SQL file selects."""
    for step in _STEPS.get(name, ()):
        sql.run((REPORT_FILES / "steps" / f"{step}.sql").read_text(encoding="utf-8"))
    where = "" if everything else f" where {REPORTS[name]}"
    # The name is one of REPORTS and the query is our own file: nothing of a delivery is in a statement.
    sql.run(f"delete from report.{name}{where}")  # noqa: S608
    query = (REPORT_FILES / f"{name}.sql").read_text(encoding="utf-8")
    sql.run(f"insert into report.{name} by name\n{query}")
