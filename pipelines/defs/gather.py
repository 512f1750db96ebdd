"""Several providers at once: find, land and judge in threads, handed over to the one thread that writes.

No dagster here. Judging needs no earlier state, so it runs ahead of loading; but only a few judged frames
wait at a time, because each may be as large as its file. The deliveries of one provider arrive in the order
of their vintages; those of different providers in the order in which they are ready, so that a slow service
holds up nobody.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines import arrivals, deliver
from pipelines.arrivals import Found

if TYPE_CHECKING:
    from pipelines.defs.resources import Workbench
    from pipelines.deliver import Judged
    from warehouse.ledger import Ledger

WORKERS = 4
"""Providers worked on at the same time. Most of a provider's time is waiting for a service or a disk."""
READY = 2
"""Judged deliveries that wait to be loaded. With one in each worker's hands at most 7 frames are in use."""
_LOOK_UP_S = 0.2


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery is judged and may be loaded, unless it is settled."""

    provider: str
    judged: Judged


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing more comes of this provider.

    Attributes:
        provider: its id.
        found: what it had to offer; empty when it could not be asked.
        error: why it could not be done, or not to the end; None when it could.
    """

    provider: str
    found: Found
    error: Exception | None


class _Stopped(BaseException):
    """The run is over; the worker lets go. Not an error, so that no `except Exception` takes it for one."""


@contextmanager
def gather(
    providers: Sequence[str], bench: Workbench, ledger: Ledger
) -> Iterator[Iterator[Arrived | Finished]]:
    """Work on the providers in threads, and let the caller take what is ready.

    Args:
        providers: ids, in the order in which they are begun.
        bench: settings, knowledge, listener.
        ledger: shared by the threads.

    Yields:
        What is ready. Each provider ends with one `Finished`; after the last one the iterator ends. On
        leaving the block the threads are told to stop, and waited for.
    """
    crew = _Crew(bench, ledger)
    executor = ThreadPoolExecutor(WORKERS, thread_name_prefix="provider")
    try:
        for provider in providers:
            executor.submit(crew.work, provider)
        yield crew.ready(len(providers))
    finally:
        crew.stop.set()
        executor.shutdown(wait=True, cancel_futures=True)


class _Crew:
    def __init__(self, bench: Workbench, ledger: Ledger) -> None:
        self.bench = bench
        self.ledger = ledger
        self.stop = threading.Event()
        self.queue: queue.Queue[Arrived | Finished | BaseException] = queue.Queue(READY)

    def ready(self, unfinished: int) -> Iterator[Arrived | Finished]:
        """Yield what the workers hand over until every provider is finished."""
        while unfinished:
            item = self.queue.get()
            if isinstance(item, BaseException):
                raise item
            unfinished -= isinstance(item, Finished)
            yield item

    def work(self, provider: str) -> None:
        """Do one provider, in a thread; whatever happens, hand over how it ended."""
        try:
            self._hand_over(self._work(provider))
        except _Stopped:
            return
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that takes what is ready
            self._hand_over(error)

    def _work(self, provider_id: str) -> Finished:
        bench, found = self.bench, Found()
        bench.listener.provider_started(provider_id)

        def progress(done: int, total: int | None) -> None:
            if self.stop.is_set():
                raise _Stopped
            bench.listener.bytes(provider_id, done, total)

        try:
            provider = bench.knowledge.providers.get(provider_id)
            found = arrivals.find(provider, bench.settings, self.ledger, bench.knowledge, progress=progress)
            for incoming in found.incoming:
                delivery = deliver.land(incoming, bench.settings, self.ledger)
                # No name for the judgement here: it would keep the frame until the next one is judged.
                self._hand_over(
                    Arrived(
                        provider_id,
                        deliver.judge_delivery(delivery, bench.settings, self.ledger, bench.knowledge),
                    )
                )
        except Exception as error:  # noqa: BLE001 - a provider's failure, of any kind, stops no other
            return Finished(provider_id, found, error)
        return Finished(provider_id, found, None)

    def _hand_over(self, item: Arrived | Finished | BaseException) -> None:
        while not self.stop.is_set():
            try:
                return self.queue.put(item, timeout=_LOOK_UP_S)
            except queue.Full:
                continue
        raise _Stopped
