"""A delivery against what is held of its provider: the last step of the judgement. Pure.

Here is the order, and which finding explains which: a lost separator or another power of ten explains the big changes
that it makes, a changed unit explains a changed number. What is held comes as a frame (`warehouse.held`); where it
comes from is the service layer's business (`pipelines.against_held`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from pipelines.checks.history_changes import check_changes
from pipelines.checks.history_frames import KEPT, ROW, compare
from pipelines.checks.history_meaning import changes_nothing, check_meaning, check_vanished
from pipelines.checks.history_scale import check_scale
from pipelines.checks.waivers import Terms

if TYPE_CHECKING:
    from metadata.findings import Finding
    from metadata.load import Catalogue
    from metadata.structure import Structure
    from pipelines.provider import Provider

class AgainstHeld(NamedTuple):
    """What was found against what is held.

    Attributes:
        findings: in the order of judgement.
        touched: `_s` of the staged rows of each finding, in the same order; none for a key that did not come.
        kept_back: rows that must not be loaded: `_s` (number of the row in the staged frame), `rule`, `message`.
    """

    findings: list[Finding]
    touched: list[pl.Series]
    kept_back: pl.DataFrame


def check_history(
    staged: pl.DataFrame,
    held: pl.DataFrame,
    catalogue: Catalogue,
    structure: Structure,
    *,
    provider: Provider | None = None,
    today: date = date.max,
    came: pl.DataFrame | None = None,
    actions: Collection[str | None] = (),
    replaces: str = "nothing",
) -> AgainstHeld:
    """Judge accepted rows against what is held.

    Args:
        staged: the accepted rows (`pipelines.checks.outcome.staged_frame`).
        held: what is held of their series (`warehouse.held.held_values`); empty when nothing is.
        catalogue: the declared series: thresholds, units.
        structure: names the key.
        provider: whose waivers hold.
        today: the day by which waivers have ended.
        came: key columns of rows that are kept back or deleted, which came too.
        actions: actions of the message's data sets; after Append and Merge no key is missed.
        replaces: scope of the delivery; keys absent from a scope are withdrawn and not missed.
    """
    if staged.is_empty() or held.is_empty():
        return AgainstHeld([], [], pl.DataFrame(schema=KEPT))
    comparison = compare(staged, held, catalogue, structure, Terms.of(catalogue, provider, today))
    if not comparison.changed.is_empty():
        changed = comparison.changed
        check_scale(comparison)
        check_changes(comparison)
        comparison.changed = changed.filter(~pl.col(ROW).is_in(comparison.kept()[ROW].implode()))
        check_meaning(comparison)
    if replaces == "nothing" and not changes_nothing(actions):
        check_vanished(comparison, pl.DataFrame() if came is None else came)
    return AgainstHeld(comparison.findings, comparison.touched, comparison.kept())
