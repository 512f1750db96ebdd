"""Work on pieces of a file in several threads, the results in the order of the pieces.

For work that spends its time in numpy, Arrow or Polars, which let other threads run. A bounded number of pieces is
under way, so memory does not grow with the file. Nothing here knows what the pieces are.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_WORKERS = 4
"""Threads of one reading; more wait for each other, and a machine has other work."""


def cores() -> int:
    """Return how many threads a reading may use: the cores that this process may, at most `MOST_WORKERS`."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, MOST_WORKERS)


def in_order(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int,
    ahead: int,
) -> Generator[Result, None, None]:
    """Yield `function(item)` of every item, in the order of the items, worked on in threads.

    `items` is asked for the next one in the caller's thread only, while the iterator is asked for a result. An error
    of an item, be it of `function` or of `items`, is raised in its turn, behind the results before it, and ends the
    iterator. When that ends, by an error, at its last item or because it is closed, no thread is left: items not
    begun are dropped, those begun are waited for.

    Args:
        function: what is done; called from several threads at the same time.
        items: what it is done to.
        workers: threads; with one, everything happens in the caller's thread, one item at a time.
        ahead: items that were begun or wait to be begun, at most, when a result is asked for.
    """
    if workers <= 1:
        yield from map(function, items)
        return
    source = iter(items)
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="read") as pool:
        try:
            more = True
            while True:
                while more and len(waiting) < ahead:
                    following = _begun(pool, function, source)
                    more = following is not None and not _failed(following)
                    if following is not None:
                        waiting.append(following)
                if not waiting:
                    return
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begun(
    pool: ThreadPoolExecutor, function: Callable[[Item], Result], source: Iterator[Item]
) -> Future[Result] | None:
    """Return the work on the next item; an error of the source as work that failed; None: there is no item."""
    try:
        return pool.submit(function, next(source))
    except StopIteration:
        return None
    except Exception as error:  # noqa: BLE001 - raised in its turn, by `result`
        failed: Future[Result] = Future()
        failed.set_exception(error)
        return failed


def _failed(work: Future[Result]) -> bool:
    return work.done() and work.exception() is not None
