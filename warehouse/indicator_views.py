"""Views of an indicator: `report.indicator_12_4_2`, and with a column a series, `report.indicator_12_4_2_wide`.

The long view is `report.indicator_observation` of that indicator. The wide one has a column for each of its series and
a row for each provider, area, period and breakdown: the series are declared, so the columns are the same whatever has
been loaded, and a new year adds rows, not columns. Its values are in the unit of the series, the power of ten
multiplied in, because series of one indicator differ in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.declared_views import describe, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warehouse.connect import Warehouse

_SERIES = "select indicator, list(series order by series) from metadata.bridge group by indicator"
_NAMES = "select series, name, unit_measure from metadata.series"
_MADE = """
select view_name from duckdb_views() where schema_name = 'report' and regexp_matches(view_name, '^indicator_[0-9]')
"""
_COLUMNS = """
select table_name, list([column_name, comment] order by column_index) from duckdb_columns()
where schema_name = 'report' and regexp_matches(table_name, '^indicator_[0-9]') group by table_name
"""


def view_name(indicator: str) -> str:
    """Return the name of an indicator's long view in schema report: `indicator_13_a_1`."""
    return "indicator_" + indicator.replace(".", "_")


def make_views(warehouse: Warehouse, indicators: Iterable[str], *, everything: bool) -> None:
    """Make the views of these indicators, inside the caller's transaction.

    Args:
        warehouse: open for writing; `metadata.bridge` says which series an indicator has.
        indicators: official numbers.
        everything: also drop the views of indicators that are not among them.
    """
    connection = warehouse.connection
    made = {name: [(one, said) for one, said in columns] for name, columns in connection.execute(_COLUMNS).fetchall()}
    series = dict(connection.execute(_SERIES).fetchall())
    said = {code: _about(code, name, unit) for code, name, unit in connection.execute(_NAMES).fetchall()}
    wanted = sorted(indicators)
    if everything:
        keep = {name for one in wanted for name in (view_name(one), f"{view_name(one)}_wide")}
        for (name,) in connection.execute(_MADE).fetchall():
            if name not in keep:
                connection.execute(f"drop view report.{_name(name)}")
    # Which columns a view has, and what is said of them, tells how it was made: making all anew would take longer than
    # most report tables.
    columns = {column.name: column.comment for column in warehouse.tables.table("report.indicator_observation").columns}
    for one in wanted:
        if made.get(view_name(one)) != list(columns.items()):
            _long(warehouse, one)
            describe(connection, f"report.{_name(view_name(one))}", columns)
        wide = {name: columns[name] for name in _key(warehouse)} | {code: said[code] for code in series.get(one, [])}
        if made.get(f"{view_name(one)}_wide") != list(wide.items()):
            _wide(warehouse, one, series.get(one, []))
            describe(connection, f"report.{_name(f'{view_name(one)}_wide')}", wide)


def _long(warehouse: Warehouse, indicator: str) -> None:
    name = view_name(indicator)
    warehouse.connection.execute(
        f"create or replace view report.{_name(name)} as "  # noqa: S608  # quoted, and from our own declarations
        f"select * from report.indicator_observation where indicator = {quoted(indicator)}"
    )
    comment = f"Current observations of indicator {indicator}. Grain: one row per observation."
    warehouse.connection.execute(f"comment on view report.{_name(name)} is {quoted(comment)}")


def _wide(warehouse: Warehouse, indicator: str, series: list[str]) -> None:
    name = f"{view_name(indicator)}_wide"
    key = _key(warehouse)
    values = [f"max(obs_value_scaled) filter (where series = {quoted(code)}) as {_name(code)}" for code in series]
    warehouse.connection.execute(
        f"create or replace view report.{_name(name)} as select {', '.join([*key, *values])} "  # noqa: S608  # as above
        f"from report.indicator_observation where indicator = {quoted(indicator)} group by {', '.join(key)}"
    )
    comment = (
        f"Indicator {indicator} with a column a series; values in its unit, the power of ten multiplied in. "
        "Grain: one row per provider, area, period and breakdown."
    )
    warehouse.connection.execute(f"comment on view report.{_name(name)} is {quoted(comment)}")


def _about(code: str, name: str | None, units: str | None) -> str:
    """Return what is said of the column of a series: its name, and its declared unit."""
    unit = (units or "").split(" ")[0]
    return f"{name or code} ({unit})" if unit else name or code


def _key(warehouse: Warehouse) -> list[str]:
    dimensions = [one for one in warehouse.tables.dimensions if one not in ("series", "ref_area")]
    return ["provider", "ref_area", "area_name", "area_type", "time_period", *dimensions]


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
