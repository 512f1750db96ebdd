"""Versions of the metadata that a warehouse has used, found by their first digits, and those of its releases."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from metadata.changes import changes
from metadata.errors import SdgError, WarehouseError
from metadata.load import INDICATORS
from metadata.states import documents
from pipelines.metadata_versions import both, state
from tests.unit.warehouse.releasing import CATALOGUE, FIRST, freeze, load
from warehouse.connect import writer
from warehouse.publish import publish
from warehouse.release_store import release_file
from warehouse.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A published copy with three versions, two of which begin alike."""
    settings = Settings.load(tmp_path / "home").ensure()
    with duckdb.connect(str(settings.current)) as connection:
        connection.execute("create schema metadata")
        connection.execute(
            "create table metadata.indicator_version as select * from (values "
            """('12.4.2', 'abc1110', '{"number": "12.4.2"}'), ('13.1.1', 'abc1112', '{"number": "13.1.1"}'), """
            """('13.1.1', 'def0000', '{"number": "13.1.1"}')) t(indicator, version, canonical)"""
        )
    return settings


def test_first_digits_that_fit_two_versions_are_refused(settings: Settings) -> None:
    with pytest.raises(SdgError, match=r"2 versions begin with abc111\. Give more digits\."):
        state("abc111", settings)
    assert list(state("abc1110", settings)) == ["12.4.2"]


def test_versions_of_different_indicators_are_not_compared(settings: Settings) -> None:
    with pytest.raises(SdgError, match="abc1110 and def0000 are of different indicators"):
        both("abc1110", "def0000", settings)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two releases, between which the unit of a series was declared anew; tests only read it."""
    settings = Settings.load(tmp_path_factory.mktemp("released")).ensure()
    load(settings, 1, *FIRST)
    freeze(settings, "2026.Q3.01")
    with writer(settings, "a test") as warehouse:
        mended = CATALOGUE.canonical("12.4.2").replace('"unit_measure":["KG"]', '"unit_measure":["T"]')
        statement = "update metadata.indicator_version set superseded_at = now() where indicator = '12.4.2'"
        warehouse.connection.execute(statement)
        warehouse.connection.execute(
            "insert into metadata.indicator_version values ('12.4.2', 'ab' || repeat('0', 62), ?, 's', now(), null)",
            [mended],
        )
        publish(settings, warehouse)
    freeze(settings, "2026.Q4.01", days=1)
    return settings


def test_a_release_is_a_state_of_the_declarations(released: Settings, tmp_path: Path) -> None:
    assert state("2026.Q3.01", released) == documents(CATALOGUE)
    assert changes(*both("2026.Q3.01", str(INDICATORS), released)) == []
    said = changes(*both("2026.Q3.01", "2026.Q4.01", released))
    assert {line.split(": ", 1)[1] for line in said} == {"unit_measure KG → T"}
    assert "12.4.2 EN_HAZ_PCAP: unit_measure KG → T" in said
    for other in ("current", str(released.releases / "2026.Q4.01"), str(release_file(released, "2026.Q4.01"))):
        assert state(other, released) == state("2026.Q4.01", released)
    assert changes(*both("2026.Q3.01", "ab0000", released)) == said


def test_what_is_no_state_is_refused_with_the_releases_there_are(released: Settings, tmp_path: Path) -> None:
    with pytest.raises(SdgError, match=r"nothing is no folder, no release, .* Releases: 2026\.Q3\.01, 2026\.Q4\.01\."):
        state("nothing", released)
    with pytest.raises(SdgError, match=r"Name a folder, a release, .* that is kept\.$"):
        state("nothing", Settings.load(tmp_path))
    with pytest.raises(WarehouseError, match="Nothing is published yet"):
        state("current", Settings.load(tmp_path))
    other = tmp_path / "other.duckdb"
    duckdb.connect(str(other)).close()
    with pytest.raises(WarehouseError, match="This is no release"):
        state(str(other), released)
