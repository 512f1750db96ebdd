"""Importing large packages without looking for garbage meanwhile."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Collect no garbage inside, if it was collected before.

    Importing numpy and Arrow makes some 17,000 objects that stay, and Python goes through them again and again: a tenth
    of the time. Memory that is let go without a cycle is freed as always.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
