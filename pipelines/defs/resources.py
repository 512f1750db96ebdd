"""The one resource of all assets: where state lives, what deliveries are judged by, and who is told.

A plain object, no `ConfigurableResource`: nothing in it may be changed on the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.progress import RunListener, Silent
from pipelines.publication import Behind

if TYPE_CHECKING:
    from pipelines.knowledge import Knowledge
    from pipelines.outcome import Outcome
    from warehouse.settings import Settings

WORKBENCH = "workbench"
"""Key of the resource."""


@dataclass(slots=True)
class Workbench:
    """What the assets work with.

    Attributes:
        settings: where state lives.
        knowledge: what deliveries are judged by.
        listener: told what happens, while it happens.
        outcomes: what became of each provider; filled by the run, read by `sdg run`.
        tables: rows per report table; filled by the run, read by `sdg run`.
        behind: what readers do not see yet; found by the run.
        raised: what stopped a run as a whole; filled by the run, raised again by `sdg run`.
    """

    settings: Settings
    knowledge: Knowledge
    listener: RunListener = field(default_factory=Silent)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    behind: Behind = field(default_factory=Behind)
    raised: list[Exception] = field(default_factory=list)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Remember what stops the run inside the block: Dagster records an error's text, not the error."""
        try:
            yield
        except Exception as error:
            self.raised.append(error)
            raise
