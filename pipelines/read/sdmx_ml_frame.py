"""The tables of one SDMX-ML document to the observation frame: every attribute brought to its observations.

Nearest wins: Obs, then Series, then Group, then DataSet. All of it is Polars on whole columns. The tables are
made by `pipelines.read.sdmx_ml_rows`; what they mean in the standard is told in `pipelines.read.sdmx_ml`.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from metadata.findings import EXAMPLES_KEPT, Example, Finding
from metadata.rules import finding
from pipelines.read.message import PLACE_COLUMNS
from pipelines.read.sdmx_ml_rows import Rows

_INTEGERS = ("_parent", "_dataset", "_series", "_line", "_n")


def assemble(
    data_sets: Rows,
    series: Rows,
    groups: Rows,
    observations: Rows,
    actions: Sequence[str | None],
    bases: Sequence[int],
    *,
    group_keys: frozenset[str] | None = None,
    partial: Rows | None = None,
) -> tuple[pl.DataFrame, list[Finding]]:
    """Return the observation frame in document order, and what was noticed.

    Args:
        data_sets: the DataSet elements (and Atts in them); `_parent` is the number of the data set.
        series: the Series elements; `_dataset` is the number of the data set.
        groups: the Group elements; `_dataset` likewise.
        observations: the Obs elements; `_series` is the number of the series.
        actions: the action of each data set, in order.
        bases: numbers of the series that stand for "no Series element" in a data set.
        group_keys: columns of the groups' keys where the message says them; None: seen from the data.
        partial: the Atts elements of 3.0: groups, or attributes of the data set where no key is in them.
    """
    series_frame = series.frame()
    frame, notes = _with_empty_series(observations.frame(), series_frame, actions, bases)
    parents = series_frame[frame["_series"]].drop("_line", "_n")
    frame = _fill(frame, parents).drop("_series", "_n")
    group_frame = groups.frame()
    if group_frame.height:
        frame, group_notes = _join_groups(frame, group_frame, group_keys)
        notes += group_notes
    partial_frame = partial.frame() if partial else group_frame.clear()
    if partial_frame.height:
        frame, group_notes = _join_groups(frame, partial_frame, None, of_set=True)
        notes += group_notes
    frame = _fill_from_data_sets(frame, data_sets.frame(), len(actions))
    action = pl.Series("_action", list(actions), dtype=pl.String)
    frame = frame.with_columns(
        action[frame["_dataset"]].alias("_action") if actions else pl.lit(None, pl.String).alias("_action"),
        pl.lit(None, pl.String).alias("_sheet"),
        pl.lit(None, pl.Int64).alias("_row"),
        pl.col("_dataset").cast(pl.Int32),
    )
    return frame.select(*_components(frame), *PLACE_COLUMNS), notes


def _components(frame: pl.DataFrame) -> list[str]:
    return [name for name in frame.columns if name not in {*PLACE_COLUMNS, *_INTEGERS}]


def _fill(frame: pl.DataFrame, further: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with the columns of `further` (same height) before its own; its own values win."""
    both = [name for name in further.columns if name in frame.columns]
    merged = frame.with_columns(
        [frame[name].zip_with(frame[name].is_not_null(), further[name]).alias(name) for name in both]
    )
    new = [name for name in further.columns if name not in frame.columns]
    return pl.concat([further.select(new), merged], how="horizontal") if new else merged


def _with_empty_series(
    observations: pl.DataFrame, series: pl.DataFrame, actions: Sequence[str | None], bases: Sequence[int]
) -> tuple[pl.DataFrame, list[Finding]]:
    """Add a row for each Series without observation in a Delete data set; note the others.

    SDMX 2.1: a Delete names what is to go at the level it names it, so such a Series is content. Elsewhere it
    says nothing about any observation.
    """
    without = series.filter(
        ~pl.col("_n").is_in(observations["_series"].unique().implode()) & ~pl.col("_n").is_in(list(bases))
    )
    if not without.height:
        return observations, []
    deleting = [number for number, action in enumerate(actions) if action == "Delete"]
    deleted = without.filter(pl.col("_dataset").is_in(deleting))
    idle = without.filter(~pl.col("_dataset").is_in(deleting))
    if deleted.height:
        rows = deleted.select(pl.col("_n").alias("_series"), "_line", pl.col("_n") * 0)
        observations = pl.concat([observations, rows], how="diagonal").sort("_line", maintain_order=True)
    if not idle.height:
        return observations, []
    examples = [Example(line=line) for line in idle["_line"].head(EXAMPLES_KEPT).to_list()]
    note = finding("SERIES-EMPTY", places=idle.height, examples=examples, count=idle.height)
    return observations, [note]


def _join_groups(
    frame: pl.DataFrame, groups: pl.DataFrame, known_keys: frozenset[str] | None, *, of_set: bool = False
) -> tuple[pl.DataFrame, list[Finding]]:
    """Bring the attributes of Group elements to the observations whose key contains the group's key.

    With `of_set` an element without key belongs to every observation of its data set.
    """
    parts, unequal, unmatched = [], 0, []
    for (number,), part in frame.group_by("_dataset", maintain_order=True):
        own = groups.filter(pl.col("_dataset") == number)
        parts.append(part)
        for shape in _by_shape(own):
            names = _components(shape)
            keys = [n for n in names if n in part.columns and not part[n].null_count()]
            if known_keys is not None:
                keys = [n for n in names if n in known_keys] if known_keys.intersection(names) <= set(keys) else []
            attributes = [n for n in names if n not in keys]
            if of_set and not keys:
                parts[-1] = part = _fill(part, shape.select(attributes)[[0] * part.height])
                continue
            if not keys or not attributes:
                unmatched += shape["_line"].to_list()
                continue
            once = shape.unique(keys, keep="first", maintain_order=True)
            unequal += shape.unique([*keys, *attributes]).height - once.height
            unmatched += once.join(part, on=keys, how="anti")["_line"].to_list()
            found = part.select(keys).join(
                once.select(*keys, *attributes), on=keys, how="left", maintain_order="left"
            )
            parts[-1] = part = _fill(part, found.select(attributes))
    known = set(frame["_dataset"].unique().to_list())
    unmatched += groups.filter(~pl.col("_dataset").is_in(list(known)))["_line"].to_list()
    joined = pl.concat(parts, how="diagonal") if parts else frame
    return joined, _group_notes(unequal, sorted(unmatched))


def _by_shape(groups: pl.DataFrame) -> list[pl.DataFrame]:
    """Split groups by which attributes they have, each part with its own columns only."""
    names = _components(groups)
    marked = groups.with_columns(pl.concat_list([pl.col(n).is_not_null() for n in names]).alias("_shape"))
    return [
        part.drop("_shape").select([n for n in part.columns if n != "_shape" and part[n].null_count() == 0])
        for _, part in marked.group_by("_shape", maintain_order=True)
    ]


def _group_notes(unequal: int, unmatched: list[int]) -> list[Finding]:
    notes = []
    if unequal:
        notes.append(finding("GROUP-UNEQUAL", places=unequal, count=unequal))
    if unmatched:
        examples = [Example(line=line) for line in unmatched[:EXAMPLES_KEPT]]
        notes.append(
            finding("GROUP-UNMATCHED", places=len(unmatched), examples=examples, count=len(unmatched))
        )
    return notes


def _fill_from_data_sets(frame: pl.DataFrame, data_sets: pl.DataFrame, count: int) -> pl.DataFrame:
    """Bring the attributes of the data sets to their observations."""
    names = _components(data_sets)
    if not names:
        return frame
    each = data_sets.group_by("_parent", maintain_order=True).agg(pl.col(names).drop_nulls().first())
    numbered = pl.DataFrame({"_parent": pl.Series(range(count), dtype=pl.Int64)}).join(
        each, on="_parent", how="left", maintain_order="left"
    )
    return _fill(frame, numbered.select(names)[frame["_dataset"]])
