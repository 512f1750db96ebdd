"""Dagster's page and its daemon on this machine, until somebody stops them: what `sdg up` does.

Two processes of Dagster's own, bound to the loopback address: nothing here guards the page, so nobody else
may reach it. What they say goes to `page.log` and `daemon.log` in Dagster's folder of the state. Here is only
their starting and stopping; what the page shows is in `pipelines.definitions`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from metadata.errors import ConfigurationError, Retriable, SdgError

if TYPE_CHECKING:
    from warehouse.settings import Settings

PAGE_IN_S = 120.0
"""How long the page may take to answer; measured 8 s on two cores, more on a machine that is busy."""
GRACE_S = 20.0
"""How long a process may take to end by itself before it is killed; a run in progress may be writing."""
_LOOK_S = 0.2
_MODULE = "pipelines.definitions"


def up(
    settings: Settings,
    port: int = 3000,
    host: str = "127.0.0.1",
    *,
    say: Callable[[str], None],
    stop: threading.Event | None = None,
) -> None:
    """Serve Dagster's page and run its daemon until Ctrl-C, SIGTERM, or `stop`.

    Args:
        settings: where state lives.
        port: of the page.
        host: address that the page listens on.
        say: told in a sentence where the page is, once it answers, and what is being waited for.
        stop: ends the serving when it is set; for callers that have no signal to send.

    Raises:
        ConfigurationError: the port is taken.
        Retriable: `sdg up` is already running on this state folder.
        SdgError: the page did not come up, or one of the processes ended by itself; names its log.
    """
    from filelock import FileLock, Timeout

    settings.ensure()
    _must_be_free(host, port)
    with ExitStack() as stack:
        try:
            stack.enter_context(FileLock(settings.dagster / "up.lock", timeout=0))
        except Timeout:
            raise Retriable(
                "`sdg up` is already running on this state folder.",
                where=str(settings.home),
                hint="Use that page, or stop it first.",
            ) from None
        ended = stop or threading.Event()
        stack.enter_context(_told_to_stop(ended))
        say("Starting Dagster's page; this takes some ten seconds.")
        environment = _prepare(settings)
        served = {
            "page": ["dagster_webserver", "--host", host, "--port", str(port)],
            "daemon": ["dagster._daemon", "run"],
        }
        processes = {
            name: stack.enter_context(_process(name, command, settings, environment))
            for name, command in served.items()
        }
        address = f"http://{host}:{port}"
        if _wait_for_page(address, processes, settings, ended):
            say(f"The page is at {address}. Stop it with Ctrl-C.")
        while not ended.wait(_LOOK_S):
            _must_live(processes, settings)


def _must_be_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"Port {port} cannot be used: {error.strerror}.",
                where=host,
                hint=f"Choose another one: sdg up --port {port + 1}",
            ) from error


def _prepare(settings: Settings) -> dict[str, str]:
    """End the runs of killed processes, so that the page tells the truth, and return the environment."""
    from pipelines.defs.instance import environment, open_instance, sweep

    with open_instance(settings) as instance:
        sweep(settings, instance)
    return environment(settings)


@contextmanager
def _told_to_stop(ended: threading.Event) -> Iterator[None]:
    """Set the event on Ctrl-C and SIGTERM. Outside the main thread signals cannot be taken, and are not."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _process(
    name: str, command: list[str], settings: Settings, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of Dagster's modules in a session of its own, and end it with all that it started."""
    root = Path(__file__).resolve().parents[1]
    module = [sys.executable, "-m", *command, "--module-name", _MODULE, "--working-directory", str(root)]
    with _log(settings, name).open("wb") as log:
        # In its own session: Ctrl-C in the terminal reaches only this process, which then stops both in
        # order.
        process = subprocess.Popen(
            module,
            cwd=settings.dagster,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number, patience in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, GRACE_S)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    process.poll()


def _wait_for_page(
    address: str, processes: dict[str, subprocess.Popen[bytes]], settings: Settings, ended: threading.Event
) -> bool:
    """Return True when the page answers, False when it was told to stop before.

    Raises:
        SdgError: a process ended, or the page did not answer in time.
    """
    deadline = time.monotonic() + PAGE_IN_S
    while time.monotonic() < deadline:
        if ended.wait(_LOOK_S):
            return False
        _must_live(processes, settings)
        try:
            with urlopen(f"{address}/server_info", timeout=5) as answer:  # noqa: S310 - our own http address
                if answer.status == 200:
                    return True
        except (URLError, OSError):
            continue
    raise SdgError(
        f"The page did not answer within {PAGE_IN_S:.0f} s.",
        where=address,
        hint=f"See {_log(settings, 'page')}.",
    )


def _must_live(processes: dict[str, subprocess.Popen[bytes]], settings: Settings) -> None:
    for name, process in processes.items():
        code = process.poll()
        if code is not None:
            log = _log(settings, name)
            raise SdgError(
                f"Dagster's {name} ended by itself with exit code {code}: {_last_line(log)}",
                hint=f"See {log}.",
            )


def _log(settings: Settings, name: str) -> Path:
    return settings.dagster / f"{name}.log"


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing."
