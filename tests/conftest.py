"""Fixtures for every ring of tests: the real files, a state folder of one's own, and no network but loopback."""

from __future__ import annotations

import socket
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of published files beside the project; the test is skipped, and says so, where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data is not here")
    return folder


@pytest.fixture
def sdg_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own, in SDG_HOME."""
    home = tmp_path / "home"
    monkeypatch.setenv("SDG_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine: a test that needs the network is a broken test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}; only loopback is allowed")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session", autouse=True)
def both_readers_of_sdmx1() -> None:
    """Import sdmx1's reader of SDMX-ML 3.0 before any test reads data with it as an oracle.

    Reading structure-specific data leaves the message's namespaces in a table of sdmx1, and importing that reader
    afterwards fails on them: tests would pass or fail by their order.
    """
    import_module("sdmx.reader.xml.v30")
