"""A warehouse of the test's own, open for writing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.connect import Warehouse, writer
from warehouse.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(tmp_path / "home").ensure()


@pytest.fixture
def warehouse(settings: Settings) -> Iterator[Warehouse]:
    from tests.unit.warehouse.frames import declare_series

    with writer(settings, "a test") as opened:
        declare_series(opened)
        yield opened
