"""Providers in threads: order, failures that stay with their provider, and an orderly end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from metadata.errors import SourceUnavailable
from metadata.findings import FileReport
from pipelines import arrivals, deliver
from pipelines.arrivals import Found, Incoming
from pipelines.defs.gather import READY, WORKERS, Arrived, Finished, gather
from pipelines.defs.resources import Workbench
from pipelines.deliver import Judged
from pipelines.knowledge import Knowledge
from pipelines.progress import RunListener
from pipelines.provider import Providers
from warehouse.ledger import Ledger
from warehouse.settings import Settings

VINTAGES = 3
LEDGER = cast("Ledger", None)


class Steps:
    """Stands for find, land and judge, and counts what is judged and not yet taken."""

    def __init__(self) -> None:
        self.judged = 0
        self.progress_goes_on = threading.Event()
        self.waiting_for_bytes = threading.Event()

    def find(self, provider: Any, *_: object, progress: Any) -> Found:
        if provider.id == "DOWN":
            raise SourceUnavailable("It did not answer.")
        if provider.id == "SLOW":
            self.waiting_for_bytes.set()
            while True:
                self.progress_goes_on.wait(0.01)
                progress(1, None)
        paths = [Path(f"{number}.csv") for number in range(VINTAGES)]
        now = datetime.now(UTC)
        return Found([Incoming(provider.id, path, str(path), "folder", now) for path in paths])

    def land(self, incoming: Incoming, *_: object) -> Any:
        return SimpleNamespace(id=str(incoming.path), provider=incoming.provider)

    def judge(self, delivery: Any, *_: object) -> Judged:
        if delivery.provider == "FAULTY" and delivery.id == "1.csv":
            raise ZeroDivisionError
        self.judged += 1
        return Judged(delivery, FileReport(delivery.id, None, "", delivery.provider), None, settled=True)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    steps = Steps()
    monkeypatch.setattr(arrivals, "find", steps.find)
    monkeypatch.setattr(deliver, "land", steps.land)
    monkeypatch.setattr(deliver, "judge_delivery", steps.judge)
    return steps


def bench(tmp_path: Path, *providers: str, listener: RunListener | None = None) -> Workbench:
    declared = Providers({provider: cast("Any", SimpleNamespace(id=provider)) for provider in providers}, {})
    nothing: Any = None
    knowledge = Knowledge(nothing, nothing, nothing, declared, date(2026, 1, 1))
    return Workbench(Settings.load(tmp_path), knowledge, listener or RunListener())


def by_provider(items: Iterator[Arrived | Finished]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in items:
        what = item.judged.delivery.id if isinstance(item, Arrived) else repr(item.error)
        found.setdefault(item.provider, []).append(what)
    return found


def test_each_providers_deliveries_arrive_in_order_and_then_it_is_finished(tmp_path: Path, steps: Steps) -> None:
    names = [f"P{number}" for number in range(3 * WORKERS)]
    with gather(names, bench(tmp_path, *names), LEDGER) as ready:
        found = by_provider(ready)
    assert found == {name: ["0.csv", "1.csv", "2.csv", "None"] for name in names}


def test_a_failure_stays_with_its_provider(tmp_path: Path, steps: Steps) -> None:
    names = ["DOWN", "FAULTY", "GOOD", "UNKNOWN"]
    with gather(names, bench(tmp_path, "DOWN", "FAULTY", "GOOD"), LEDGER) as ready:
        found = by_provider(ready)
    assert found["DOWN"] == ["SourceUnavailable('It did not answer.')"]
    assert found["FAULTY"] == ["0.csv", "ZeroDivisionError()"]
    assert found["GOOD"][-1] == "None"
    assert found["UNKNOWN"][0].startswith("UnknownProvider")


def test_only_a_few_judged_deliveries_wait(tmp_path: Path, steps: Steps) -> None:
    names = [f"P{number}" for number in range(5 * WORKERS)]
    taken = 0
    with gather(names, bench(tmp_path, *names), LEDGER) as ready:
        for item in ready:
            taken += isinstance(item, Arrived)
            assert steps.judged - taken <= WORKERS + READY
    assert taken == VINTAGES * len(names)


def test_leaving_early_stops_the_threads(tmp_path: Path, steps: Steps) -> None:
    names = ["SLOW", *(f"P{number}" for number in range(5 * WORKERS))]
    with gather(names, bench(tmp_path, *names), LEDGER) as ready:
        next(ready)
        steps.waiting_for_bytes.wait(5)
    alive = [thread for thread in threading.enumerate() if thread.name.startswith("provider")]
    assert alive == []
    assert steps.judged < VINTAGES * len(names)


def test_a_listener_that_fails_is_not_taken_for_a_provider_that_fails(tmp_path: Path, steps: Steps) -> None:
    class Broken(RunListener):
        def provider_started(self, provider: str) -> None:
            raise RuntimeError("no terminal")

    with (
        pytest.raises(RuntimeError, match="no terminal"),
        gather(["P"], bench(tmp_path, "P", listener=Broken()), LEDGER) as ready,
    ):
        list(ready)
