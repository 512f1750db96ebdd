"""The tables `metadata.*`: what the declarations say, for whoever reads the warehouse without the declarations.

`write_metadata` replaces their rows; versions of a declaration are kept for ever. The report tables are made with
them (`warehouse.report`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.load import Catalogue
    from metadata.model_series import Series
    from metadata.structure import Structure
    from warehouse.connect import Warehouse


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
            replace_rows(warehouse, f"metadata.{name}", rows)
    return changed


def replace_rows(warehouse: Warehouse, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make a small table hold these rows and no others, inside the caller's transaction; write nothing if it does.

    Every command that loads or publishes says anew what is declared, which is seldom other than before: to read a
    table and compare takes a tenth of writing it.

    Args:
        warehouse: open for writing.
        name: of a declared table, with its schema.
        rows: with a value for every column.
    """
    table = warehouse.tables.table(name)
    names = [column.name for column in table.columns]
    wanted = Counter(tuple(row[name] for name in names) for row in rows)
    if wanted == Counter(tuple(row) for row in warehouse.sa.execute(sa.select(table))):
        return
    warehouse.sa.execute(table.delete())
    if rows:
        warehouse.sa.execute(table.insert(), [dict(row) for row in rows])


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
            **_aggregation(one),
            "breakdowns": " ".join(_breakdowns(one)),
        }
        for code, one in catalogue.series.items()
    ]


def _aggregation(one: Series) -> dict[str, Any]:
    """Return how values of regions are made, as the series' block `aggregation` says; no rule without a block."""
    block = one.aggregation
    if block is None:
        return {
            "aggregation_rule": None,
            "aggregation_weight": None,
            "aggregation_all_areas": False,
            "minimum_coverage": None,
        }
    return {
        "aggregation_rule": block.rule,
        "aggregation_weight": block.weight,
        "aggregation_all_areas": block.all_areas,
        "minimum_coverage": block.minimum_coverage,
    }


def _breakdowns(one: Series) -> list[str]:
    """Return the columns of the dimensions by which the series may be broken down: more than the total is allowed."""
    allowed = {name for name, codes in one.dimensions.items() if set(codes) - {"_T"}}
    return sorted(name.lower() for name in allowed | set(one.any_code))


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
