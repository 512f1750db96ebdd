"""What became of one provider in a run: its reports, what was left for later, why it could not be done.

Filled by Dagster's ingest step, shown by the command line, compared with what is declared by the sample.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from metadata.findings import Counts, FileReport


@dataclass(slots=True)
class Outcome:
    """What became of one provider in a run.

    Attributes:
        provider: provider id.
        reports: one a delivery, in the order in which they were loaded.
        unchanged: sources that had nothing to take, each in words.
        waiting: files left for the next run.
        error: why the provider could not be done, in one sentence; None when it could.
        indicators: numbers of the indicators that its loads touched.
    """

    provider: str
    reports: list[FileReport] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    error: str | None = None
    indicators: set[str] = field(default_factory=set)

    @property
    def counts(self) -> Counts:
        """The counts of all deliveries together."""
        return sum((report.counts for report in self.reports), Counts())

    @property
    def failed(self) -> bool:
        """True when the provider was not reached, or a delivery was rejected, held, or has an error finding."""
        return self.error is not None or any(
            not report.valid or report.decision in ("reject", "hold") for report in self.reports
        )
