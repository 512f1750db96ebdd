"""Fixtures for every ring of tests: the real files, a state folder of one's own, and no network but loopback."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from metadata.structure import load_structure
from warehouse import connect
from warehouse.settings import Settings
from warehouse.tables import Tables, declare

ROOT = Path(__file__).resolve().parents[1]
LOOPBACK = {"127.0.0.1", "::1", "localhost"}

Session = Callable[[Settings, Tables], AbstractContextManager[connect.Warehouse]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Trace no test in the files named for the published files that they read: what is small stands elsewhere."""
    for item in items:
        if item.path.stem.endswith("_real"):
            item.add_marker("no_cover")


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


@pytest.fixture(scope="session", autouse=True)
def new_warehouses_are_copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Make the tables of a new warehouse once, and let every other one of this process begin as a copy of that file.

    To declare the tables and to describe each of their columns takes half a second, and hundreds of tests begin with
    it. A test of the making itself asks for `warehouses_are_made`; processes of their own make theirs.
    """
    made: Session = connect._session

    @cache
    def empty() -> Path:
        settings = Settings.load(tmp_path_factory.mktemp("empty")).ensure()
        with made(settings, declare(load_structure())):
            pass
        return settings.warehouse

    def copied(settings: Settings, tables: Tables) -> AbstractContextManager[connect.Warehouse]:
        if tables is declare(load_structure()) and not settings.warehouse.exists():
            with suppress(OSError):  # where nobody may write, the program says so
                shutil.copyfile(empty(), settings.warehouse)
        return made(settings, tables)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connect, "_session", copied)
        yield made


@pytest.fixture(scope="session", autouse=True)
def workers_share_the_cores() -> Iterator[None]:
    """Give DuckDB a worker's part of the cores: threads of all workers on every core wait for each other.

    A test that runs alone, and a process of its own, have them all.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    config = connect._config

    def part(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
        return config(settings) | {"threads": max(1, (os.cpu_count() or 1) // workers)}

    with pytest.MonkeyPatch.context() as patch:
        if workers > 1:
            patch.setattr(connect, "_config", part)
        yield


@pytest.fixture
def warehouses_are_made(new_warehouses_are_copies: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a new warehouse be made as the program makes it."""
    monkeypatch.setattr(connect, "_session", new_warehouses_are_copies)
