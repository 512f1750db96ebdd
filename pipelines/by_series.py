"""A large frame in parts of whole series, so that what is put beside it never stands in memory all at once.

For steps that judge a series by itself, or with those that a declared identity binds to it: judging the parts one after
the other says what judging the whole would.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from metadata.load import Catalogue

PART = 250_000
"""Rows of a part. As texts, with what is held beside them, they take about 500 MB."""


def in_parts(
    frame: pl.DataFrame, bound: Iterable[Iterable[str]] = (), size: int | None = None
) -> Iterator[list[str] | None]:
    """Yield the series of one part after the other; a single None for a frame that is one part.

    Args:
        frame: with a column `series`.
        bound: series that may not be torn apart.
        size: rows of a part, `PART` for None; more only where bound series have more.
    """
    size = PART if size is None else size
    if frame.height <= size:
        yield None
        return
    rows = frame.group_by(pl.col("series").cast(pl.String)).len().sort("series")
    counts: dict[str, int] = dict(rows.iter_rows())
    part: list[str] = []
    for group in _groups(list(counts), bound):
        if part and sum(counts[one] for one in (*part, *group)) > size:
            yield part
            part = []
        part += group
    yield part


def _groups(series: list[str], bound: Iterable[Iterable[str]]) -> list[list[str]]:
    """Return the series in groups that hang together, in their order."""
    group_of = {one: {one} for one in series}
    for together in bound:
        joined = set(together).union(*(group_of.get(one, ()) for one in together))
        for one in joined:
            group_of[one] = joined
    groups = {id(group_of[one]): group_of[one] for one in series}
    return [[one for one in series if one in group] for group in groups.values()]


def bound_series(catalogue: Catalogue) -> list[frozenset[str]]:
    """Return the series that identities put beside each other."""
    from pipelines.checks.identities import others_of

    return [
        frozenset((code, *others_of(identity)))
        for code, one in catalogue.series.items()
        for identity in one.identities
        if identity.kind != "per_unit"
    ]
