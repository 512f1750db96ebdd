"""The tables of one SDMX-ML document to observation frames: every attribute brought to its observations.

Nearest wins: Obs, then Series, then Group, then DataSet. All of it is Polars on whole columns, batch by batch, so
that memory does not grow with the document. The tables are made by `pipelines.read.sdmx_ml_rows`; the elements of
groups are brought in by `pipelines.read.sdmx_ml_groups`; what they mean in the standard is told in
`pipelines.read.sdmx_ml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from metadata.findings import EXAMPLES_KEPT, Example, Finding
from metadata.rules import finding
from pipelines.read.message import PLACE_COLUMNS
from pipelines.read.sdmx_ml_groups import Groups, fill
from pipelines.read.sdmx_ml_rows import Rows

BATCH_ROWS = 100_000
"""Observations of one frame, about: batches are handed on when they have as many or more."""


class Assembly:
    """The observation frames of one document, in document order, and what was noticed.

    Args:
        data_sets: the DataSet elements (and Atts in them); `_parent` is the number of the data set.
        series: the Series elements; `_dataset` is the number of the data set.
        groups: the Group elements; `_dataset` likewise.
        observations: the Obs elements; `_series` is the number of the series.
        actions: the action of each data set, in order.
        bases: numbers of the series that stand for "no Series element" in a data set.
        group_keys: columns of the groups' keys where the message says them; None: seen from the data.
        partial: the Atts elements of 3.0: groups, or attributes of the data set where no key is in them.

    Attributes:
        notes: complete when `batches` is exhausted.
    """

    def __init__(
        self,
        data_sets: Rows,
        series: Rows,
        groups: Rows,
        observations: Rows,
        actions: Sequence[str | None],
        bases: Sequence[int],
        *,
        group_keys: frozenset[str] | None,
        partial: Rows,
    ) -> None:
        self.notes: list[Finding] = []
        self._series, self._observations, self._actions = series, observations, list(actions)
        self._bases = pl.Series(list(bases), dtype=pl.Int64)
        new = [name for name in series.columns if name not in observations.columns]
        self._columns = new + observations.columns
        self._of_sets = _of_sets(data_sets.frame(), len(self._actions))
        self._stages = [(groups.frame(), group_keys, False), (partial.frame(), None, True)]

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the frames; at least one, all with the same columns."""
        deleted = self._empty_series()
        joins = Groups(self._columns, lambda: self._keyed(deleted))
        for frame, keys, of_set in self._stages:
            joins.add(frame, keys, of_set=of_set)
        columns = [name for name in self._of_sets.columns if name not in joins.columns] + joins.columns
        action = pl.Series("_action", self._actions, dtype=pl.String)
        for keyed in self._keyed(deleted):
            frame = joins.apply(keyed)
            if self._of_sets.width:
                frame = fill(frame, self._of_sets[frame["_dataset"]])
            yield frame.with_columns(
                action[frame["_dataset"]].alias("_action"),
                pl.lit(None, pl.String).alias("_sheet"),
                pl.lit(None, pl.Int64).alias("_row"),
                pl.col("_dataset").cast(pl.Int32),
            ).select(*columns, *PLACE_COLUMNS)
        self.notes += joins.notes()

    def _keyed(self, deleted: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Yield the observations with the components of their series, `_line` and `_dataset`."""
        gathered: list[pl.DataFrame] = []
        none = True
        for frame in self._with_deleted(deleted):
            gathered.append(frame)
            if sum(part.height for part in gathered) >= BATCH_ROWS:
                yield self._with_series(pl.concat(gathered))
                gathered, none = [], False
        if none or any(part.height for part in gathered):
            yield self._with_series(pl.concat(gathered))

    def _with_series(self, frame: pl.DataFrame) -> pl.DataFrame:
        of_series = frame["_series"]
        of_base = of_series.is_in(self._bases.implode())
        own = of_series.filter(~of_base) if of_base.any() else of_series
        # a base has no components, so only its data set is asked for, and not all series between it and others
        parents, begin = self._series.span(int(own.min() or 0), int(own.max() or 0))  # type: ignore[arg-type]
        if own.len() == of_series.len():
            found = parents[of_series - begin]
            data_set = found["_dataset"]
        else:
            number = (of_series - begin).set(of_base, None)
            found = parents.select(pl.all().gather(number))
            sets = pl.Series(range(len(self._bases)), dtype=pl.Int64)
            set_of_base = of_series.replace_strict(self._bases, sets, default=None, return_dtype=pl.Int64)
            data_set = found["_dataset"].zip_with(found["_dataset"].is_not_null(), set_of_base)
        whole = fill(frame, found.drop("_dataset", "_line", "_n"))
        return whole.drop("_series", "_n").with_columns(data_set.alias("_dataset"))

    def _empty_series(self) -> pl.DataFrame:
        """Return a row for each Series without observation in a Delete data set; note the others.

        SDMX 2.1: a Delete names what is to go at the level it names it, so such a Series is content. Elsewhere it
        says nothing about any observation.
        """
        self._observations.flush()
        used = pl.concat([pl.Series([], dtype=pl.Int64), *self._observations.parents, self._bases]).unique()
        schema = {"_series": pl.Int64, "_line": pl.Int64}
        if used.len() == self._series.count:
            return pl.DataFrame(schema=schema)
        deleting = [number for number, action in enumerate(self._actions) if action == "Delete"]
        deleted, idle, lines = [pl.DataFrame(schema=schema)], 0, list[int]()
        for frame in self._series.frames():
            without = frame.filter(~pl.col("_n").is_in(used.implode()))
            goes = pl.col("_dataset").is_in(deleting)
            deleted.append(without.filter(goes).select(pl.col("_n").alias("_series"), "_line"))
            others = without.filter(~goes)
            idle += others.height
            lines += others["_line"].head(EXAMPLES_KEPT - len(lines)).to_list()
        if idle:
            examples = [Example(line=line) for line in lines]
            self.notes.append(finding("SERIES-EMPTY", places=idle, examples=examples, count=idle))
        return pl.concat(deleted)

    def _with_deleted(self, deleted: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Yield the observations, the deleted series among them by line; at least one frame."""
        rest = pl.concat([self._observations.empty(), deleted], how="diagonal")
        for frame in self._observations.frames():
            last = frame["_line"][-1]
            now = rest.filter(pl.col("_line") < last)
            rest = rest.filter(pl.col("_line") >= last) if now.height else rest
            yield pl.concat([frame, now]).sort("_line", maintain_order=True) if now.height else frame
        yield rest


def _of_sets(data_sets: pl.DataFrame, count: int) -> pl.DataFrame:
    """Return the attributes of the data sets, a row each."""
    names = [name for name in data_sets.columns if not name.startswith("_")]
    each = data_sets.group_by("_parent", maintain_order=True).agg(pl.col(names).drop_nulls().first())
    numbers = pl.DataFrame({"_parent": pl.Series(range(count), dtype=pl.Int64)})
    return numbers.join(each, on="_parent", how="left", maintain_order="left").select(names)
