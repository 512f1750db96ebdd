"""The ledger read where nothing may be written: a copy of one moment, brought up, and nothing changed in its place."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from metadata.errors import WarehouseBusy, WarehouseError
from warehouse import ledger_reading
from warehouse.ledger import Ledger
from warehouse.ledger_reading import read_ledger
from warehouse.settings import Settings


@pytest.fixture
def bound(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a ledger with one delivery, which this process may not write."""
    with Ledger.open(settings) as ledger:
        ledger.land("KGZ", "ab" * 32, "a.xml", 12, "inbox", datetime(2026, 1, 1, tzinfo=UTC))
    monkeypatch.setattr("warehouse.ledger_reading.os.access", lambda *_: False)
    return settings


def test_it_is_read_from_a_copy(bound: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = bound.ledger.read_bytes()
    with read_ledger(bound) as ledger:
        assert [row.provider for row in ledger.deliveries()] == ["KGZ"]
        assert list(tmp_path.glob("sdg-ledger-*"))
    assert not list(tmp_path.glob("sdg-ledger-*"))
    assert bound.ledger.read_bytes() == before


def test_one_that_changes_meanwhile_is_copied_again(bound: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    states = iter([(1, 1, 1), (1, 1, 2), (1, 1, 2), (1, 1, 2)])
    monkeypatch.setattr(ledger_reading, "_state", lambda _: next(states))
    with read_ledger(bound) as ledger:
        assert len(ledger.deliveries()) == 1
    assert next(states, None) is None


def test_one_that_never_stands_still_is_told(bound: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    states = iter(range(1000))
    monkeypatch.setattr(ledger_reading, "_state", lambda _: next(states))
    monkeypatch.setattr(ledger_reading, "_PAUSE_S", 0)
    said = r"The ledger is being written without a pause\. Try again"
    with pytest.raises(WarehouseBusy, match=said), read_ledger(bound):
        pass


def test_a_newer_one_is_refused_by_its_own_name(bound: Settings) -> None:
    with sqlite3.connect(bound.ledger) as connection:
        connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(WarehouseError, match="The ledger has layout 99") as told, read_ledger(bound):
        pass
    assert told.value.where == str(bound.ledger)
