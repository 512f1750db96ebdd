"""What a run tells while it works, to whoever listens: the screen of `sdg run`, a test, or nobody.

Here is only the shape of the telling. The screen is in `pipelines.screen`; Dagster's page does not listen, it
reads the events that the assets record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metadata.findings import FileReport
    from pipelines.outcome import Outcome


class RunListener:
    """Told what happens in a run, in the order in which it happens to each provider.

    Providers are worked on at the same time: calls about different providers interleave, and
    `provider_started` and `bytes` come from other threads than the rest. A listener raises nothing. Each
    method does nothing by itself, so that a listener says only what it cares for.
    """

    def provider_started(self, provider: str) -> None:
        """The provider is being asked for what is new."""

    def bytes(self, provider: str, done: int, total: int | None) -> None:
        """Bytes of a message have arrived: `done` of `total`, which is None when the service does not say."""

    def delivery_judged(self, provider: str, report: FileReport) -> None:
        """A delivery was judged; its counts are not complete before it is loaded."""

    def delivery_loaded(self, provider: str, report: FileReport) -> None:
        """A delivery was loaded, or held; its counts are complete."""

    def provider_done(self, provider: str, outcome: Outcome) -> None:
        """Nothing more comes of this provider in this run. Called exactly once for each."""

    def waiting(self, sentence: str) -> None:
        """Another process is writing; the sentence says which."""

    def report_refreshed(self, table: str, rows: int) -> None:
        """A report table was brought up to date and now has this many rows."""


class Silent(RunListener):
    """Listens to everything and tells nobody."""
