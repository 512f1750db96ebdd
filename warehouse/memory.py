"""How much memory DuckDB may take where nothing else is said: half of the machine's, and never more than is needed.

What Python holds stands beside it: the judgement of a delivery before, a part of what is held during the judgement of
its history. The rest is spilled to `Settings.temporary`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from warehouse.settings import Settings

MOST = 2 * 10**9
"""Bytes. With these a first delivery of ten million observations, its report tables and its publication took 2.5 GiB,
all of the process together, and a second vintage of it 3 GiB (`tests/benchmarks/bench_submit.py`)."""
BESIDE_FRAMES = "400MB"
"""What is enough to read what is held, while frames of a delivery stand in memory."""
CONTAINER = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux says what a container may use, in its two ways."""


def default_limit() -> str:
    """Return the limit as DuckDB takes it: `2000MB`."""
    return f"{min(MOST, memory_of_machine() // 2) // 10**6}MB"


@contextmanager
def less_memory(connection: Any, settings: Settings) -> Iterator[None]:
    """Let DuckDB have little memory for the time of a block in which Python needs much; a limit that is set stays.

    Args:
        connection: DuckDB's.
        settings: say whether a limit is set.
    """
    if settings.memory_limit is None:
        connection.execute(f"set memory_limit = '{BESIDE_FRAMES}'")
    try:
        yield
    finally:
        if settings.memory_limit is None:
            # A database that a full disk has stopped takes no settings any more; what stopped it is what is told.
            with suppress(duckdb.Error):
                connection.execute(f"set memory_limit = '{default_limit()}'")


def memory_of_machine() -> int:
    """Return the bytes of memory that there are: physical, or what the container may use, if that is less."""
    found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for file in CONTAINER:
        if file.is_file():
            said = file.read_text(encoding="ascii").strip()
            found = min(found, int(said)) if said.isdigit() else found
    return found
