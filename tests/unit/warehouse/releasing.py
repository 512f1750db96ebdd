"""State folders with loads and releases, for the tests of releases, differences and backups."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from metadata.areas import load_areas
from metadata.load import load_catalogue
from tests.unit.warehouse.frames import STRUCTURE, give, request, row
from warehouse.connect import writer
from warehouse.ledger import Ledger
from warehouse.publish import publish
from warehouse.release import Released, release
from warehouse.release_diff import differences
from warehouse.release_store import place_of
from warehouse.report import refresh, write_metadata
from warehouse.settings import Settings

CATALOGUE = load_catalogue()
VERSIONS = {number: CATALOGUE.version(number) for number in CATALOGUE.indicators}
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


def load(settings: Settings, number: int, *rows: dict[str, Any], minutes: int = 0, **other: Any) -> None:
    """Load a delivery that speaks for all of its provider, and publish."""
    values = {"replaces": "provider", "metadata_versions": VERSIONS, **other}
    with writer(settings, "a test") as warehouse:
        now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        write_metadata(warehouse, CATALOGUE, STRUCTURE, load_areas(), now=now)
        one = request(number, rows, **values)
        give(warehouse, one, confirm=True)
        refresh(warehouse, now=now)
        with Ledger.open(settings) as ledger:
            landed = ledger.land(one.provider, one.sha256, f"{number}.csv", 1, "submit", one.received_at)
            ledger.record(landed.id, "loaded", None, when=now)
        publish(settings, warehouse)


def freeze(settings: Settings, name: str | None = None, *, days: int = 0, **other: Any) -> Released:
    """Make a release and publish, as `sdg release` does."""
    with writer(settings, "a test") as warehouse, Ledger.open(settings) as ledger:
        made = release(settings, ledger, name, now=NOON + timedelta(days=days), **other)
        publish(settings, warehouse)
    return made


def differ(settings: Settings, before: str, after: str) -> pl.DataFrame:
    """Return the differences of two named states."""
    return differences(settings, place_of(settings, before), place_of(settings, after))


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


FIRST = (
    row("2019", 10.0),
    row("2020", 11.0),
    row("2021", 12.0),
    row("2019", 1.0, ref_area="646"),
    row("2019", 5.0, series="EN_HAZ_GENV", unit_measure="T"),
)
