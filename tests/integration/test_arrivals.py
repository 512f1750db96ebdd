"""From a service to readers: what a provider with SDMX REST offers is landed, loaded and remembered."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipelines.arrivals import find, incoming_file
from pipelines.deliver import submit
from pipelines.knowledge import Knowledge
from pipelines.provider import load_providers
from tests.servers.fault_server import FaultServer, Flow, message
from warehouse.ledger import Ledger
from warehouse.settings import Settings

ROWS = [("VC_DSR_MORT", "417", "2015", "12"), ("VC_DSR_MORT", "404", "2016", "13")]
SERVICE = """\
name: A service
kind: agency
areas: all
language: en
channel: {{type: sdmx-rest, url: "{url}", agency: IAEG-SDGs, dataflows: [DF_SDG_GLH]}}
structure: IAEG-SDGs:SDG(1.24)
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    flow = Flow("IAEG-SDGs", "DF_SDG_GLH", "1.24", ("IAEG-SDGs", "SDG", "1.24"), message(ROWS))
    with FaultServer(flow) as running:
        yield running


@pytest.fixture
def knowledge(server: FaultServer, tmp_path: Path) -> Knowledge:
    folder = tmp_path / "providers"
    folder.mkdir()
    (folder / "SVC.yaml").write_text(SERVICE.format(url=server.url), encoding="utf-8")
    (folder / "KGZ.yaml").write_text(
        'name: Office\nkind: office\nareas: ["417"]\nlanguage: en\nchannel: {type: folder}\n', encoding="utf-8"
    )
    known = Knowledge.read(providers_folder=folder)
    assert dict(load_providers(folder).broken) == {}
    return known


def test_a_service_is_loaded_once_and_an_unchanged_one_costs_one_request(
    server: FaultServer, knowledge: Knowledge, sdg_home: Path
) -> None:
    settings = Settings.load().ensure()
    provider = knowledge.providers.get("SVC")
    seen: list[int] = []
    with Ledger.open(settings) as ledger:
        first = find(provider, settings, ledger, knowledge, progress=lambda done, total: seen.append(done))
        assert [incoming.channel for incoming in first.incoming] == ["sdmx-rest"]
        assert first.incoming[0].path.is_file()
        report = submit(first.incoming[0], settings, ledger, knowledge)
        assert report.counts.new == 2, report.findings
        assert not first.incoming[0].path.exists(), "the fetched file is removed once its bytes are in raw"
        assert seen

        before = len(server.asked())
        second = find(provider, settings, ledger, knowledge)
        assert not second.incoming
        assert len(server.asked()) == before + 1
        assert "nothing has changed since the last run" in second.unchanged[0]
        assert len(second.unchanged[0]) < 200


def test_what_a_dead_process_had_fetched_is_removed(
    server: FaultServer, knowledge: Knowledge, sdg_home: Path
) -> None:
    settings = Settings.load().ensure()
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    left = settings.home / "fetching" / f"SVC.{dead.pid}"
    left.mkdir(parents=True)
    (left / "a.sdmx").write_bytes(b"x")
    alive = settings.home / "fetching" / f"SVC.{os.getppid()}"
    alive.mkdir()
    with Ledger.open(settings) as ledger:
        find(knowledge.providers.get("SVC"), settings, ledger, knowledge)
    assert not left.exists()
    assert alive.exists()


def test_a_service_that_holds_nothing_says_so(knowledge: Knowledge, server: FaultServer, sdg_home: Path) -> None:
    settings = Settings.load().ensure()
    # A catalogue whose only series the service does not hold.
    other = SimpleNamespace(series={"EG_EGY_RNEW": None})
    asked = replace(knowledge, catalogue=other)  # type: ignore[arg-type]
    with Ledger.open(settings) as ledger:
        found = find(asked.providers.get("SVC"), settings, ledger, asked)
    assert not found.incoming
    assert "holds nothing for this" in found.unchanged[0]


def test_files_of_an_inbox_come_oldest_vintage_first_and_unfinished_ones_wait(
    knowledge: Knowledge, sdg_home: Path
) -> None:
    settings = Settings.load().ensure()
    inbox = settings.inbox / "KGZ"
    inbox.mkdir(parents=True)
    for name, prepared, written in (
        ("b.xml", "2021-01-01T00:00:00", 1_700_000_000),
        ("a.xml", "2022-01-01", 1_600_000_000),
        ("c.csv", None, 1_500_000_000),
        ("d.xml", "yesterday", 1_550_000_000),
    ):
        text = f"<m:Prepared>{prepared}</m:Prepared>" if prepared else "SERIES"
        (inbox / name).write_text(text)
        os.utime(inbox / name, (written, written))
    (inbox / "new.xml").write_text("<half")
    with Ledger.open(settings) as ledger:
        found = find(knowledge.providers.get("KGZ"), settings, ledger, knowledge)
    assert [incoming.path.name for incoming in found.incoming] == ["c.csv", "d.xml", "b.xml", "a.xml"]
    assert found.waiting == ["new.xml is still being written; the next run takes it."]


def test_a_prepared_moment_without_zone_is_utc(tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_text("<Prepared>2021-01-01T10:00:00</Prepared>")
    prepared = incoming_file(file, "KGZ", channel="submit").prepared
    assert prepared.isoformat() == "2021-01-01T10:00:00+00:00"
