"""What moves on the terminal: a line a provider where somebody looks, nothing where nobody does."""

from __future__ import annotations

import io
import sys

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from metadata.findings import Counts, FileReport
from pipelines.outcome import Outcome
from pipelines.progress import Silent
from pipelines.screen import Screen, screen


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nobody_looks_nothing_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with screen(quiet=False) as listener:
        assert isinstance(listener, Silent)
    monkeypatch.setattr(sys, "stderr", Terminal())
    with screen(quiet=True) as listener:
        assert isinstance(listener, Silent)
    with screen(quiet=False) as listener:
        assert isinstance(listener, Screen)


def test_each_step_of_a_run_is_said() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=False, width=80)
    with Progress(TextColumn("{task.description}"), console=console) as progress:
        shown = Screen(progress)

        def said() -> list[str]:
            return [task.description for task in progress.tasks]

        shown.provider_started("KGZ")
        shown.provider_started("UNSD")
        assert said() == ["KGZ: looking for deliveries", "UNSD: looking for deliveries"]
        shown.bytes("UNSD", 10, 100)
        assert said()[1] == "UNSD: fetching"
        assert (progress.tasks[1].completed, progress.tasks[1].total) == (10, 100)
        report = FileReport("a.xml", "x", "0" * 64, "KGZ", counts=Counts(received=1200, new=1100, quarantined=100))
        shown.delivery_judged("KGZ", report)
        assert said()[0] == "KGZ: judged 1,200 rows"
        shown.delivery_loaded("KGZ", report)
        assert said()[0] == "KGZ: loaded 1,100 of 1,200 rows"
        shown.provider_done("KGZ", Outcome("KGZ", [report]))
        assert said()[0] == "KGZ: done"
        shown.provider_done("UNSD", Outcome("UNSD", error="The service could not be reached."))
        assert said()[1] == "UNSD: not done"
        shown.provider_started("RWA")
        held = FileReport("b.xml", "x", "1" * 64, "RWA", decision="hold")
        shown.provider_done("RWA", Outcome("RWA", [held]))
        assert said()[2] == "RWA: done, with findings to look at"
        shown.report_refreshed("report.coverage", 11)
        shown.report_refreshed("report.indicator_observation", 1234)
        assert said()[3] == "report: report.indicator_observation, 1,234 rows"
        shown.waiting("sdg run (process 7) has been writing since 14:02.")
    assert "sdg run (process 7) has been writing since 14:02." in out.getvalue()
