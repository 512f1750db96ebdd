"""What moves on the terminal while `sdg run` works: one line a provider, and a bar while bytes arrive.

Implements `pipelines.progress.RunListener` with rich. When the output is piped, or a machine reads it, nothing
moves: the closing summary says it all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.progress import RunListener, Silent

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from metadata.findings import FileReport
    from pipelines.outcome import Outcome


class Screen(RunListener):
    """Shows on a terminal what a run is doing.

    Args:
        progress: rich's display, already started.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def provider_started(self, provider: str) -> None:
        """Give the provider its line."""
        self._tasks[provider] = self._progress.add_task(f"{provider}: looking for deliveries", total=None)

    def bytes(self, provider: str, done: int, total: int | None) -> None:
        """Move the provider's bar."""
        self._progress.update(
            self._tasks[provider], description=f"{provider}: fetching", completed=done, total=total
        )

    def delivery_judged(self, provider: str, report: FileReport) -> None:
        """Say which delivery was judged."""
        self._say(provider, f"judged {report.counts.received:,} rows")

    def delivery_loaded(self, provider: str, report: FileReport) -> None:
        """Say what was loaded."""
        self._say(provider, f"loaded {report.counts.accepted:,} of {report.counts.received:,} rows")

    def provider_done(self, provider: str, outcome: Outcome) -> None:
        """Close the provider's line."""
        words = "not done" if outcome.error else "done, with findings to look at" if outcome.failed else "done"
        self._say(provider, words)
        self._progress.update(self._tasks[provider], total=1, completed=1)

    def waiting(self, sentence: str) -> None:
        """Say for whom the run waits."""
        self._progress.console.print(sentence, highlight=False, markup=False)

    def report_refreshed(self, table: str, rows: int) -> None:
        """Count the report tables on one line."""
        if "report" not in self._tasks:
            self._tasks["report"] = self._progress.add_task("report tables", total=None)
        self._say("report", f"{table}, {rows:,} rows")

    def _say(self, provider: str, words: str) -> None:
        self._progress.update(self._tasks[provider], description=f"{provider}: {words}")


@contextmanager
def screen(*, quiet: bool) -> Iterator[RunListener]:
    """Yield a listener that shows progress on a terminal, or a silent one where nobody looks.

    Args:
        quiet: show nothing whatever the output is.
    """
    if quiet or not sys.stderr.isatty():
        yield Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=20))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Screen(progress)


@contextmanager
def bytes_bar(file: Path) -> Iterator[Callable[[int], None] | None]:
    """Yield what moves a bar while `file` is read, told the bytes read so far; None where nobody looks."""
    if not sys.stderr.isatty() or not file.is_file():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    total = file.stat().st_size
    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=20), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"reading {file.name}", total=total)

        def move(done: int) -> None:
            words = "writing" if done >= total else "reading"
            progress.update(task, completed=done, description=f"{words} {file.name}")

        yield move
