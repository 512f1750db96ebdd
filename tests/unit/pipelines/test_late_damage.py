"""A fault far down in a file that is judged while it is read: one finding, a rejected delivery, nothing loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.arrivals import incoming_file
from pipelines.deliver import submit
from pipelines.knowledge import Knowledge
from pipelines.preview import preview_file
from pipelines.read import delimited_blocks
from warehouse.ledger import Ledger
from warehouse.settings import Settings

SENTENCE = "late.csv:1502: The row has 2 cells and the heading has 4."


@pytest.fixture
def late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of many batches whose last row but one is short."""
    monkeypatch.setattr(delimited_blocks, "BLOCK", 4000)
    file = tmp_path / "late.csv"
    rows = "".join(f"VC_DSR_MORT,417,{1900 + n % 120},{n}\n" for n in range(1500))
    file.write_text(f"SERIES,REF_AREA,TIME_PERIOD,OBS_VALUE\n{rows}VC_DSR_MORT,417\nVC_DSR_MORT,417,2020,1\n")
    return file


def test_a_check_says_so(late: Path, sdg_home: Path) -> None:
    report, judgement = preview_file(late, None, Settings.load(), Knowledge.read())
    assert judgement is None
    assert [(found.rule, found.message) for found in report.findings] == [("FILE-UNREADABLE", SENTENCE)]
    assert (report.decision, report.counts.received) == ("reject", 0)


def test_a_delivery_is_rejected_and_its_bytes_are_kept(late: Path, sdg_home: Path) -> None:
    settings = Settings.load().ensure()
    with Ledger.open(settings) as ledger:
        report = submit(incoming_file(late, "KGZ", channel="folder"), settings, ledger, Knowledge.read())
        assert [(found.rule, found.message) for found in report.findings] == [("FILE-UNREADABLE", SENTENCE)]
        assert ledger.delivery(str(report.delivery_id)).state == "rejected"
        again = submit(incoming_file(late, "KGZ", channel="folder"), settings, ledger, Knowledge.read())
        assert again.decision == "already_received"
