"""Versions of the metadata that a warehouse has used, found by their first digits."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from metadata.errors import SdgError
from pipelines.metadata_versions import both, state
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
