"""The rows of `core.load`: what changed core, in order, and by which versions; read and written here alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metadata.findings import Counts, Decision
from warehouse.tables import COUNTS

if TYPE_CHECKING:
    from warehouse.connect import Warehouse


@dataclass(frozen=True, slots=True)
class LoadRow:
    """A row of `core.load`: one transaction that changed core. See the comments of the table's columns."""

    load_id: int
    action: str
    delivery_id: str
    provider: str
    sha256: str
    received_at: datetime
    loaded_at: datetime
    decision: Decision
    counts: Counts
    left_to_later: int
    kept_by_quarantine: int
    restored: int
    replaces: str
    scope_series: frozenset[str] | None
    touched_series: frozenset[str]
    metadata_versions: Mapping[str, str]
    structure_version: str
    map_version: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None


def loads(warehouse: Warehouse, delivery_id: str | None = None) -> list[LoadRow]:
    """Return what changed core, in order: the truth about which deliveries were loaded."""
    table = warehouse.tables.table("core.load")
    query = sa.select(table).order_by(table.c.load_id)
    if delivery_id is not None:
        query = query.where(table.c.delivery_id == delivery_id)
    with warehouse.transaction():
        rows = warehouse.sa.execute(query).mappings().all()
    return [_row(row) for row in rows]


def next_load(warehouse: Warehouse) -> int:
    """Return the number of the next load; asked inside its transaction."""
    table = warehouse.tables.table("core.load")
    last = warehouse.sa.execute(sa.select(sa.func.max(table.c.load_id))).scalar_one()
    return int(last or 0) + 1


def write_row(warehouse: Warehouse, row: LoadRow) -> None:
    """Write a row, inside the transaction of what it tells of."""
    scope = None if row.scope_series is None else json.dumps(sorted(row.scope_series))
    warehouse.sa.execute(
        warehouse.tables.table("core.load").insert(),
        {
            "load_id": row.load_id,
            "action": row.action,
            "delivery_id": row.delivery_id,
            "provider": row.provider,
            "sha256": row.sha256,
            "received_at": row.received_at,
            "loaded_at": row.loaded_at,
            "decision": "withdraw" if row.action == "withdraw" else row.decision,
            **row.counts.to_dict(),
            "left_to_later": row.left_to_later,
            "kept_by_quarantine": row.kept_by_quarantine,
            "restored": row.restored,
            "replaces": row.replaces,
            "scope_series": scope,
            "touched_series": json.dumps(sorted(row.touched_series)),
            "metadata_versions": json.dumps(dict(row.metadata_versions), sort_keys=True),
            "structure_version": row.structure_version,
            "map_version": row.map_version,
            "withdrawn_at": row.withdrawn_at,
            "withdrawn_reason": row.withdrawn_reason,
            "withdrawn_by": row.load_id if row.action == "withdraw" else None,
        },
    )


def _row(row: sa.RowMapping) -> LoadRow:
    plain = {
        name: row[name]
        for name in (
            "load_id",
            "action",
            "delivery_id",
            "provider",
            "sha256",
            "decision",
            "left_to_later",
            "kept_by_quarantine",
            "restored",
            "replaces",
            "structure_version",
            "map_version",
            "withdrawn_reason",
        )
    }
    scope = row["scope_series"]
    return LoadRow(
        **plain,
        received_at=row["received_at"].astimezone(UTC),
        loaded_at=row["loaded_at"].astimezone(UTC),
        withdrawn_at=row["withdrawn_at"] and row["withdrawn_at"].astimezone(UTC),
        counts=Counts(**{name: row[name] for name in COUNTS}),
        scope_series=None if scope is None else frozenset(json.loads(scope)),
        touched_series=frozenset(json.loads(row["touched_series"])),
        metadata_versions=json.loads(row["metadata_versions"]),
    )
