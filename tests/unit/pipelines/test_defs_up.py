"""What can keep `sdg up` from coming up. That it does come up is in tests/integration."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from metadata.errors import ConfigurationError, Retriable, SdgError
from pipelines import up as module
from pipelines.up import up
from warehouse.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(tmp_path / "home").ensure()


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_that_is_taken_is_told(settings: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError) as taken:
            up(settings, port=port, say=print)
    assert str(taken.value) == (
        f"127.0.0.1: Port {port} cannot be used: Address already in use. "
        f"Choose another one: sdg up --port {port + 1}"
    )


def test_a_second_page_on_the_same_state_is_refused(settings: Settings) -> None:
    with FileLock(settings.dagster / "up.lock"), pytest.raises(Retriable) as second:
        up(settings, port=unused_port(), say=print)
    assert str(second.value) == (
        f"{settings.home}: `sdg up` is already running on this state folder. Use that page, or stop it first."
    )


def test_a_page_that_dies_is_told_with_its_last_words(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MODULE", "no_such_module_anywhere")
    monkeypatch.setattr(module, "_prepare", lambda _: {**os.environ, "DAGSTER_HOME": "nowhere"})
    with pytest.raises(SdgError) as died:
        up(settings, port=unused_port(), say=lambda _: None)
    sentence = str(died.value)
    assert "ended by itself with exit code 1: " in sentence
    assert sentence.endswith((f"See {settings.dagster / 'page.log'}.", f"See {settings.dagster / 'daemon.log'}."))


def test_a_page_that_never_answers_is_given_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE_IN_S", 0.3)
    address = f"http://127.0.0.1:{unused_port()}"
    with pytest.raises(SdgError) as late:
        module._wait_for_page(address, {}, settings, threading.Event())
    assert str(late.value) == (
        f"{address}: The page did not answer within 0 s. See {settings.dagster / 'page.log'}."
    )


def test_a_process_that_does_not_listen_is_killed_with_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.5)
    deaf = "import signal, subprocess, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    parent = deaf + f"child = subprocess.Popen([sys.executable, '-c', {deaf + 'time.sleep(60)'!r}])\n"
    parent += "print(child.pid, flush=True)\ntime.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    module._end(process)
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    for _ in range(50):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            break
        if Path(f"/proc/{child}/stat").exists() and " Z " in Path(f"/proc/{child}/stat").read_text():
            break
        threading.Event().wait(0.1)
    else:
        pytest.fail("the child is still there")


def test_a_log_that_is_empty_says_so(tmp_path: Path) -> None:
    log = tmp_path / "page.log"
    log.write_text("")
    assert module._last_line(log) == "it said nothing."


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_the_serving_and_are_given_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    ended = threading.Event()
    with module._told_to_stop(ended):
        os.kill(os.getpid(), number)
        assert ended.wait(5)
    assert signal.getsignal(number) is before


def test_told_to_stop_before_the_page_answers_it_stops(settings: Settings) -> None:
    ended = threading.Event()
    ended.set()
    assert not module._wait_for_page("http://127.0.0.1:1", {}, settings, ended)
