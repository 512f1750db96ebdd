"""The report tables and the metadata tables beside them: written, refreshed, published.

`write_metadata` puts the declarations into `metadata.*`; `refresh` makes the report tables from core by the SQL
files in `warehouse/reports/`, one a table, for the touched indicators alone; `stale` says which indicators that
are, also after a run that was killed. `publish` (in `warehouse.publish`) swaps in the copy that readers open.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metadata.errors import SdgError
from warehouse.publish import publish
from warehouse.sql import Sql

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.load import Catalogue
    from metadata.structure import Structure
    from warehouse.connect import Warehouse

__all__ = ["REPORTS", "publish", "refresh", "stale", "write_metadata"]

REPORTS = ("indicator_observation", "coverage")
"""The report tables in the order in which they are made: a later one may read an earlier one."""

_FOLDER = Path(__file__).resolve().parent / "reports"


def write_metadata(
    warehouse: Warehouse, catalogue: Catalogue, structure: Structure, areas: Areas, *, now: datetime
) -> list[str]:
    """Make the tables `metadata.*` say what the declarations say, in one transaction.

    The text of a declaration is kept for ever, from its first use: `metadata.indicator_version` gets a row when
    a version comes into force, and the former one is closed.

    Args:
        warehouse: open for writing.
        catalogue: the declared indicators and series.
        structure: the data structure definition that they narrow.
        areas: countries, regions and groups.
        now: the moment, aware.

    Returns:
        Numbers of the indicators whose version is new.
    """
    with warehouse.transaction():
        changed = _write_versions(warehouse, catalogue, structure, now)
        for name, rows in (
            ("indicator", _indicators(catalogue)),
            ("series", _series(catalogue)),
            ("bridge", _bridge(catalogue)),
            ("area", _areas(areas)),
            ("area_group", _memberships(areas)),
        ):
            _replace(warehouse, f"metadata.{name}", rows)
    return changed


def refresh(
    warehouse: Warehouse, indicators: Iterable[str] | None = None, *, now: datetime | None = None
) -> dict[str, int]:
    """Make the report rows of these indicators anew from core, in one transaction; others are not touched.

    Args:
        warehouse: open for writing.
        indicators: official numbers; None for all, which also drops rows of indicators no longer declared.
        now: the moment that is recorded; None takes the clock.

    Returns:
        Rows of each report table, of all indicators, after the refresh.

    Raises:
        SdgError: an indicator that `metadata.indicator` does not hold.
    """
    table = warehouse.tables.table("metadata.indicator")
    with warehouse.transaction() as connection:
        declared = {number for (number,) in warehouse.sa.execute(sa.select(table.c.indicator))}
        chosen = declared if indicators is None else set(indicators)
        if unknown := sorted(chosen - declared):
            raise SdgError(
                f"There is no indicator {', '.join(unknown)} in the metadata tables.",
                hint="Write the metadata tables before the report tables.",
            )
        sql = Sql(connection, {}, {"now": now or datetime.now(UTC), "chosen": sorted(chosen)})
        sql.run("create or replace temp table touched as select unnest(cast($chosen as varchar[])) as indicator")
        for name in REPORTS:
            _remake(connection, name, everything=indicators is None)
        if indicators is None:
            sql.run("delete from report.refreshed")
        for statement in _REFRESHED:
            sql.run(statement)
        return {name: int(sql.one(f"select count(*) from report.{name}")) for name in REPORTS}  # noqa: S608


def stale(warehouse: Warehouse) -> frozenset[str]:
    """Return the declared indicators whose report rows are behind core or behind their declaration.

    That is: never refreshed, a later load touched one of their series, or their declaration has another version.
    """
    with warehouse.transaction() as connection:
        return frozenset(number for (number,) in connection.execute(_STALE).fetchall())


_REFRESHED = (
    "delete from report.refreshed where indicator in (select indicator from touched)",
    """
    insert into report.refreshed by name
    select i.indicator, (select coalesce(max(load_id), 0) from core.load) as load_id, i.version, $now as refreshed_at
    from metadata.indicator i join touched using (indicator)
    """,
)
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
"""


def _remake(connection: Any, name: str, *, everything: bool) -> None:
    """Replace the rows of the touched indicators in one report table by what its SQL file selects."""
    where = "" if everything else " where indicator in (select indicator from touched)"
    # The name is one of REPORTS and the query is our own file: nothing of a delivery is in a statement.
    connection.execute(f"delete from report.{name}{where}")  # noqa: S608
    query = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    connection.execute(f"insert into report.{name} by name\n{query}")


def _replace(warehouse: Warehouse, name: str, rows: list[dict[str, Any]]) -> None:
    table = warehouse.tables.table(name)
    warehouse.sa.execute(table.delete())
    if rows:
        warehouse.sa.execute(table.insert(), rows)


def _write_versions(warehouse: Warehouse, catalogue: Catalogue, structure: Structure, now: datetime) -> list[str]:
    """Close the versions that are no longer in force, and add those that are new."""
    table = warehouse.tables.table("metadata.indicator_version")
    standing = sa.select(table.c.indicator, table.c.version).where(table.c.superseded_at.is_(None))
    in_force = {row.indicator: row.version for row in warehouse.sa.execute(standing)}
    declared = {number: catalogue.version(number) for number in catalogue.indicators}
    ended = [number for number, version in in_force.items() if declared.get(number) != version]
    begun = [number for number, version in declared.items() if in_force.get(number) != version]
    if ended:
        warehouse.sa.execute(
            table.update()
            .where(table.c.superseded_at.is_(None), table.c.indicator.in_(ended))
            .values(superseded_at=now)
        )
    if begun:
        warehouse.sa.execute(
            table.insert(),
            [
                {
                    "indicator": number,
                    "version": declared[number],
                    "canonical": catalogue.canonical(number),
                    "structure_version": structure.version_label,
                    "first_used_at": now,
                }
                for number in begun
            ],
        )
    return begun


def _indicators(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "indicator": number,
            "goal": one.goal,
            "target": one.target,
            "title": one.titles.get("en"),
            "titles": _json(one.titles),
            "custodians": "; ".join(one.custodians),
            "partners": "; ".join(one.partners),
            "tier": one.tier,
            "tier_seen": one.tier_seen,
            "ccode": one.ccode,
            "also": " ".join(one.also),
            "version": catalogue.version(number),
        }
        for number, one in catalogue.indicators.items()
    ]


def _series(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "series": code,
            "name": one.name,
            "status": one.status,
            "heirs": " ".join(one.heirs),
            "owner": one.owner,
            "unit_measure": " ".join(one.unit_measure),
            "unit_mult": " ".join(str(power) for power in one.unit_mult),
            "precedence": " ".join(one.precedence),
            "national_fills": one.national_fills,
        }
        for code, one in catalogue.series.items()
    ]


def _bridge(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {"series": series, "indicator": indicator, "owner": catalogue.series[series].owner == indicator}
        for series, indicator in catalogue.bridge
    ]


def _areas(areas: Areas) -> list[dict[str, Any]]:
    return [
        {
            "ref_area": code,
            "name": area.name,
            "names": _json(area.names),
            "iso2": area.iso2,
            "iso3": area.iso3,
            "area_type": area.area_type,
            "is_group": areas.is_group(code),
        }
        for code, area in areas.areas.items()
    ]


def _memberships(areas: Areas) -> list[dict[str, Any]]:
    return [
        {
            "group_area": one.group,
            "ref_area": one.area,
            "scheme": one.scheme,
            "valid_from": one.valid_from,
            "valid_to": one.valid_to,
        }
        for one in areas.memberships
    ]


def _json(texts: Mapping[str, str]) -> str:
    return json.dumps(dict(texts), ensure_ascii=False, sort_keys=True)
