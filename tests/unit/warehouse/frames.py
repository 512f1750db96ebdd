"""Staged, quarantined and deleted rows for the tests of the warehouse, and requests made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa

from metadata.findings import Counts
from metadata.structure import load_structure
from warehouse.connect import Warehouse
from warehouse.observations import LoadRequest, LoadResult, load

STRUCTURE = load_structure()
DIMENSIONS = [component.column for component in STRUCTURE.dimensions]
ATTRIBUTES = [component.column for component in STRUCTURE.attributes]
START = datetime(2026, 1, 1, tzinfo=UTC)
SERIES = "EN_HAZ_PCAP"
OWNERS = {"EN_HAZ_PCAP": "12.4.2", "EN_HAZ_GENV": "12.4.2", "VC_DSR_MTMP": "13.1.1"}

KEY = {**dict.fromkeys(DIMENSIONS, pl.String), "time_period": pl.String}
PLACE = {"source_sheet": pl.String, "source_row": pl.Int64, "source_line": pl.Int64}
STAGED = {
    **KEY,
    "obs_value": pl.Float64,
    "obs_value_text": pl.String,
    **dict.fromkeys(ATTRIBUTES, pl.String),
    "unit_mult": pl.Int32,
    **PLACE,
    "correction": pl.String,
}
QUARANTINE = {
    **KEY,
    "obs_value_text": pl.String,
    **dict.fromkeys(ATTRIBUTES, pl.String),
    "rule": pl.String,
    "rules": pl.String,
    "message": pl.String,
    **PLACE,
}
DEFAULTS = {
    **dict.fromkeys(DIMENSIONS, "_T"),
    "freq": "A",
    "reporting_type": "N",
    "series": SERIES,
    "ref_area": "417",
    "obs_status": "A",
    "unit_measure": "KG",
    "unit_mult": 0,
    "nature": "C",
}


def row(period: str, value: float | None = None, /, **other: Any) -> dict[str, Any]:
    """Return a staged row; whatever is not named has a default."""
    text = None if value is None else f"{value:g}"
    return {**DEFAULTS, "time_period": period, "obs_value": value, "obs_value_text": text, **other}


def staged(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Return a staged frame; the lines are numbered from 2."""
    numbered = [{"source_line": line, **one} for line, one in enumerate(rows, start=2)]
    return pl.DataFrame([{name: one.get(name) for name in STAGED} for one in numbered], schema=STAGED)


def quarantine(rows: Iterable[Mapping[str, Any]], rule: str = "UNIT-OTHER") -> pl.DataFrame:
    """Return a quarantine frame."""
    extra = {"rule": rule, "rules": rule, "message": "KG is declared, PT was found."}
    made = [{**one, **extra, "unit_mult": str(one["unit_mult"])} for one in rows]
    return pl.DataFrame([{name: one.get(name) for name in QUARANTINE} for one in made], schema=QUARANTINE)


def deletes(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Return the key columns of rows."""
    return pl.DataFrame([{name: one[name] for name in KEY} for one in rows], schema=KEY)


def request(
    number: int,
    rows: Iterable[Mapping[str, Any]] = (),
    *,
    kept: Iterable[Mapping[str, Any]] = (),
    deleted: Iterable[Mapping[str, Any]] = (),
    received: int | None = None,
    **other: Any,
) -> LoadRequest:
    """Return the request of delivery `KGZ-<number>`, received on day `number` (or `received`)."""
    frame, back = staged(rows), quarantine(kept)
    values: dict[str, Any] = {
        "delivery_id": f"KGZ-{number}",
        "provider": "KGZ",
        "sha256": f"{number:064x}",
        "received_at": START + timedelta(days=number if received is None else received),
        "staged": frame,
        "quarantine": back,
        "deletes": deletes(deleted),
        "replaces": "nothing",
        "scope_series": None,
        "counts": Counts(received=frame.height + back.height, quarantined=back.height),
        "metadata_versions": {"12.4.2": "declared-12", "13.1.1": "declared-13"},
        "structure_version": STRUCTURE.version_label,
        "map_version": "map-1",
        "decision": "load_with_quarantine" if back.height else "load",
    }
    return LoadRequest(**{**values, **other})


def give(warehouse: Warehouse, one: LoadRequest, *, confirm: bool = False, hours: int = 1) -> LoadResult:
    """Load a request so many hours after it was received."""
    return load(warehouse, one, confirm_withdrawal=confirm, now=one.received_at + timedelta(hours=hours))


def declare_series(warehouse: Warehouse) -> None:
    """Put the series of the tests into metadata.series, where loads look up their owner."""
    rows = [
        {"series": code, "owner": owner, "precedence": "UNSD", "national_fills": False}
        for code, owner in OWNERS.items()
    ]
    with warehouse.sa.begin():
        warehouse.sa.execute(sa.delete(warehouse.tables.table("metadata.series")))
        warehouse.sa.execute(warehouse.tables.table("metadata.series").insert(), rows)


def current(warehouse: Warehouse) -> dict[str, float | None]:
    """Return the current values by period (of rows that differ by nothing else)."""
    return dict(
        warehouse.connection.execute("select time_period, obs_value from core.observation order by 1").fetchall()
    )
