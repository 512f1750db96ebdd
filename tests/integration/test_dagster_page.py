"""`sdg up` for real: the page answers, shows what `sdg run` did, and goes away when it is told to."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.knowledge import Knowledge
from pipelines.progress import RunListener
from pipelines.run import run_providers
from pipelines.up import up
from warehouse.settings import Settings

HEADING = (
    "FREQ,REPORTING_TYPE,SERIES,REF_AREA,SEX,AGE,URBANISATION,INCOME_WEALTH_QUANTILE,EDUCATION_LEV,OCCUPATION,"
    "CUST_BREAKDOWN,COMPOSITE_BREAKDOWN,DISABILITY_STATUS,ACTIVITY,PRODUCT,TIME_PERIOD,OBS_VALUE,OBS_STATUS,"
    "UNIT_MULT,UNIT_MEASURE,NATURE"
)
OLD = 1_700_000_000
PARTITIONS = """
{ assetNodes { assetKey { path } partitionStats { numMaterialized numFailed }
  assetPartitionStatuses { ... on DefaultPartitionStatuses { failedPartitions materializedPartitions } } } }
"""
SCHEDULES = """
{ repositoriesOrError { ... on RepositoryConnection { nodes {
    schedules { name cronSchedule executionTimezone scheduleState { status } }
    sensors { name sensorState { status } } } } } }
"""
RUNS = """
{ runsOrError { ... on Runs { results { jobName status runId tags { key value }
    eventConnection { events {
      __typename ... on ExecutionStepFailureEvent { failureMetadata { description } } } } } } } }
"""


def put(settings: Settings, provider: str, name: str, text: str) -> None:
    path = settings.inbox / provider / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (OLD, OLD))


def table(year: int, value: float) -> str:
    return f"{HEADING}\nA,N,EN_HAZ_PCAP,417,{','.join(['_T'] * 11)},{year},{value},A,0,KG,C\n"


class Page:
    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, query: str) -> Any:
        request = urllib.request.Request(
            f"{self.address}/graphql",
            json.dumps({"query": query}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.load(answer)
        assert "errors" not in found, found
        return found["data"]

    def partitions(self) -> dict[str, Any]:
        nodes = self.ask(PARTITIONS)["assetNodes"]
        return {"/".join(node["assetKey"]["path"]): node["assetPartitionStatuses"] for node in nodes}

    def runs(self) -> list[Any]:
        found: list[Any] = self.ask(RUNS)["runsOrError"]["results"]
        return found


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings.load(tmp_path_factory.mktemp("home")).ensure()
    put(settings, "KGZ", "good.csv", table(2020, 10))
    put(settings, "RWA", "bad.csv", "no table at all\n")
    run_providers(settings, Knowledge.read(), ["KGZ", "RWA"], listener=RunListener())
    return settings


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def page(settings: Settings, said: list[str]) -> Iterator[Page]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stop, answering, failed = threading.Event(), threading.Event(), []

    def say(sentence: str) -> None:
        said.append(sentence)
        if sentence.startswith("The page is at"):
            answering.set()

    def serve() -> None:
        try:
            up(settings, port=port, say=say, stop=stop)
        except Exception as error:  # noqa: BLE001 - told to the test in the other thread
            failed.append(error)
            answering.set()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert answering.wait(180)
        assert failed == []
        yield Page(f"http://127.0.0.1:{port}")
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()
    assert failed == []
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert [line for line in left.splitlines() if f"--port {port}" in line] == []
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)


@pytest.mark.slow
def test_the_page_says_where_it_is(page: Page, said: list[str]) -> None:
    assert said == [
        "Starting Dagster's page; this takes some ten seconds.",
        f"The page is at {page.address}. Stop it with Ctrl-C.",
    ]


@pytest.mark.slow
def test_what_a_run_did_is_seen(page: Page) -> None:
    partitions = page.partitions()
    assert partitions["core"] == {"failedPartitions": ["RWA"], "materializedPartitions": ["KGZ"]}
    assert partitions["raw"] == {"failedPartitions": [], "materializedPartitions": ["KGZ", "RWA"]}
    assert len([key for key in partitions if key.startswith("report_1")]) == 21


@pytest.mark.slow
def test_why_a_provider_failed_is_seen(page: Page) -> None:
    by_command = {"key": "sdg/command", "value": "sdg run"}
    (run,) = [run for run in page.runs() if run["jobName"] == "ingest_job" and by_command in run["tags"]]
    assert run["status"] == "FAILURE"
    (failure,) = [
        event["failureMetadata"]
        for event in run["eventConnection"]["events"]
        if event["__typename"] == "ExecutionStepFailureEvent"
    ]
    assert failure["description"].startswith("1 of 2 providers could not be done.\nRWA: ")
    assert "bad.csv: rejected: nothing was loaded." in failure["description"]


@pytest.mark.slow
def test_schedules_and_sensors_are_on(page: Page) -> None:
    (node,) = page.ask(SCHEDULES)["repositoriesOrError"]["nodes"]
    schedules = {one["name"]: one for one in node["schedules"]}
    assert sorted(schedules) == ["ingest_KEN", "ingest_KGZ", "ingest_RWA", "ingest_UNSD"]
    assert schedules["ingest_KGZ"]["executionTimezone"] == "Asia/Bishkek"
    assert {one["scheduleState"]["status"] for one in schedules.values()} == {"RUNNING"}
    assert {one["name"]: one["sensorState"]["status"] for one in node["sensors"]} == {
        "inbox": "RUNNING",
        "touched_reports": "RUNNING",
    }


@pytest.mark.slow
def test_a_file_in_the_inbox_reaches_the_reports_by_itself(page: Page, settings: Settings) -> None:
    import duckdb

    put(settings, "RWA", "good.csv", table(2021, 11).replace(",417,", ",646,"))
    found: list[tuple[Any, ...]] = []
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and ("RWA", "2021", 11.0) not in found:
        time.sleep(1)
        with duckdb.connect(str(settings.current), read_only=True) as connection:
            found = connection.execute(
                "select provider, time_period, obs_value from report.indicator_observation"
            ).fetchall()
    assert sorted(found) == [("KGZ", "2020", 10.0), ("RWA", "2021", 11.0)]
    assert page.partitions()["core"]["failedPartitions"] == []


@pytest.mark.slow
def test_nothing_is_written_into_the_checkout(page: Page, project_root: Path) -> None:
    left = ("history", "schedules", "storage", "logs", ".dagster", ".telemetry", ".nux", "dagster_home")
    assert [name for name in left if (project_root / name).exists()] == []
