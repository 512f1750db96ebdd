"""Group elements of SDMX-ML (and Atts of 3.0): their attributes brought to the observations that they name.

Which components of a group are its key is seen from the data set, where a dimension stands on every observation
and a group's attribute on none; generic data say it themselves. So the observations are gone through once before
they are handed on, where there are groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from metadata.findings import EXAMPLES_KEPT, Example, Finding
from metadata.rules import finding


def fill(frame: pl.DataFrame, further: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with the columns of `further` (same height) before its own; its own values win."""
    both = [name for name in further.columns if name in frame.columns]
    merged = frame.with_columns(
        [frame[name].zip_with(frame[name].is_not_null(), further[name]).alias(name) for name in both]
    )
    new = [name for name in further.columns if name not in frame.columns]
    return pl.concat([further.select(new), merged], how="horizontal") if new else merged


@dataclass(slots=True)
class _Join:
    """Groups of one data set that have the same components: each key once, its attributes.

    Without keys it is the attributes of the whole data set. `waiting` are the keys no observation was seen of.
    """

    keys: list[str]
    attributes: list[str]
    once: pl.DataFrame
    waiting: pl.DataFrame

    def apply(self, part: pl.DataFrame) -> pl.DataFrame:
        if not self.keys:
            return fill(part, self.once.select(self.attributes)[[0] * part.height])
        found = part.select(self.keys).join(
            self.once.select(*self.keys, *self.attributes), on=self.keys, how="left", maintain_order="left"
        )
        return fill(part, found.select(self.attributes))


class Groups:
    """The groups of a document, for batch after batch of its observations.

    Args:
        columns: the components that the observations have without groups.
        observations: gives the observations from the begin, with `_dataset`.

    Attributes:
        columns: the components that they have with the groups.
    """

    def __init__(self, columns: list[str], observations: Callable[[], Iterator[pl.DataFrame]]) -> None:
        self.columns = columns
        self._observations = observations
        self._joins: dict[int, list[_Join]] = {}
        self._notes: list[tuple[list[_Join], int, list[int]]] = []
        self._nulls: dict[int, dict[str, int]] = {}

    def add(self, groups: pl.DataFrame, known_keys: frozenset[str] | None, *, of_set: bool) -> None:
        """Take the Group elements.

        Args:
            groups: their components, `_dataset` and `_line`.
            known_keys: the columns of their keys, where the message says them.
            of_set: an element without key belongs to every observation of its data set.
        """
        if not groups.height:
            return
        self._count_nulls(_components(groups))
        made, unequal, unmatched, orders = list[_Join](), 0, list[int](), list[list[str]]()
        for number in sorted(self._nulls):
            columns = self.columns
            for shape in _by_shape(groups.filter(pl.col("_dataset") == number)):
                names = _components(shape)
                keys = [n for n in names if n in columns and not self._nulls[number].get(n, 1)]
                if known_keys is not None:
                    keys = [n for n in names if n in known_keys] if known_keys.intersection(names) <= set(keys) else []
                attributes = [n for n in names if n not in keys]
                if not attributes or not (keys or of_set):
                    unmatched += shape["_line"].to_list()
                    continue
                once = shape.unique(keys, keep="first", maintain_order=True) if keys else shape.head(1)
                unequal += shape.unique([*keys, *attributes]).height - once.height if keys else 0
                made.append(_Join(keys, attributes, once, once if keys else once.clear()))
                self._joins.setdefault(number, []).append(made[-1])
                columns = [n for n in attributes if n not in columns] + columns
                self._count_nulls(attributes)
            orders.append(columns)
        unmatched += groups.filter(~pl.col("_dataset").is_in(list(self._nulls)))["_line"].to_list()
        self.columns = list(dict.fromkeys(name for order in orders for name in order)) or self.columns
        self._notes.append((made, unequal, unmatched))

    def _count_nulls(self, names: list[str]) -> None:
        """Count for each data set how many observations lack a component, with the groups taken so far."""
        totals: dict[int, dict[str, int]] = {}
        for frame in self._observations():
            for (number,), part in frame.group_by("_dataset", maintain_order=True):
                joined = self._join(int(number), part)
                own = totals.setdefault(int(number), {})
                for name in names:
                    if name in joined.columns:
                        own[name] = own.get(name, 0) + joined[name].null_count()
        for number, own in totals.items():
            self._nulls.setdefault(number, {}).update(own)

    def _join(self, number: int, part: pl.DataFrame) -> pl.DataFrame:
        for join in self._joins.get(number, []):
            part = join.apply(part)
        return part

    def apply(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return observations with what their groups say."""
        if not self._joins:
            return frame
        parts = [frame.clear()]
        for (number,), part in frame.group_by("_dataset", maintain_order=True):
            for join in self._joins.get(int(number), []):
                if join.waiting.height:
                    join.waiting = join.waiting.join(part, on=join.keys, how="anti")
                part = join.apply(part)
            parts.append(part)
        joined = pl.concat(parts, how="diagonal")
        missing = [name for name in self.columns if name not in joined.columns]
        return joined.with_columns(pl.lit(None, pl.String).alias(name) for name in missing)

    def notes(self) -> list[Finding]:
        """Return what was noticed, once all observations went through `apply`."""
        notes = []
        for joins, unequal, unmatched in self._notes:
            lines = sorted([*unmatched, *(line for join in joins for line in join.waiting["_line"].to_list())])
            if unequal:
                notes.append(finding("GROUP-UNEQUAL", places=unequal, count=unequal))
            if lines:
                examples = [Example(line=line) for line in lines[:EXAMPLES_KEPT]]
                notes.append(finding("GROUP-UNMATCHED", places=len(lines), examples=examples, count=len(lines)))
        return notes


def _components(frame: pl.DataFrame) -> list[str]:
    return [name for name in frame.columns if not name.startswith("_")]


def _by_shape(groups: pl.DataFrame) -> list[pl.DataFrame]:
    """Split groups by which attributes they have, each part with its own columns only."""
    names = _components(groups)
    if not names or not groups.height:
        return [groups] if groups.height else []
    marked = groups.with_columns(pl.concat_list([pl.col(n).is_not_null() for n in names]).alias("_shape"))
    return [
        part.drop("_shape").select([n for n in part.columns if n != "_shape" and part[n].null_count() == 0])
        for _, part in marked.group_by("_shape", maintain_order=True)
    ]
