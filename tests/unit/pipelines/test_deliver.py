"""What the service layer refuses: faults of the program are told, never loaded."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from metadata.errors import SdgError
from metadata.findings import Counts, FileReport
from pipelines import after_loading, deliver
from warehouse.settings import Settings


def a_delivery(state: str = "judged") -> Any:
    return SimpleNamespace(
        id="KGZ-1", state=state, provider="KGZ", sha256="0" * 64, path="a.xml", received_at=datetime.now(UTC)
    )


def test_a_delivery_without_judgement_is_not_loaded() -> None:
    judged = deliver.Judged(a_delivery(), FileReport("a.xml", None, "0" * 64, "KGZ"), None, settled=True)
    with pytest.raises(SdgError, match="Delivery KGZ-1 has no judgement to load"):
        deliver.load_judged(judged, None, None, None)  # type: ignore[arg-type]


def test_counts_that_do_not_add_up_are_a_fault_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    report = FileReport("a.xml", "table-csv", "0" * 64, "KGZ", counts=Counts(received=3))
    judgement = SimpleNamespace(report=report, deletes=pl.DataFrame(), let_go=lambda: None)
    judged = deliver.Judged(a_delivery(), report, judgement, settled=False)  # type: ignore[arg-type]
    answer = SimpleNamespace(
        counts=Counts(received=3, new=2), held=False, withdrawal=(0, 0), kept_by_quarantine=0, left_to_later=0
    )
    monkeypatch.setattr("pipelines.against_held.judge_against_held", lambda *_, **__: judgement)
    monkeypatch.setattr("warehouse.staging.without_frames", lambda *_: None)
    monkeypatch.setattr(deliver, "load_request", lambda *_, **__: None)
    monkeypatch.setattr("warehouse.observations.load", lambda *_, **__: answer)
    monkeypatch.setattr("warehouse.report.write_metadata", lambda *_, **__: [])
    knowledge = SimpleNamespace(catalogue=None, structure=None, areas=None)
    warehouse = SimpleNamespace(
        connection=None, spool=None, tables=None, settings=SimpleNamespace(memory_limit="1GB")
    )
    with pytest.raises(SdgError, match="The counts of delivery KGZ-1 do not add up"):
        deliver.load_judged(judged, warehouse, None, knowledge)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["rejected", "held", "received"])
def test_only_what_core_holds_can_be_withdrawn(state: str, tmp_path: Path) -> None:
    with pytest.raises(SdgError, match=f"Delivery KGZ-1 is {state}, not loaded"):
        after_loading.withdraw(a_delivery(state), "why", Settings.load(tmp_path), None)  # type: ignore[arg-type]
