"""The content of an SDMX-ML data set in bulk: millions of attribute values without a Python object for any.

A piece of content is cut at its quotation marks (`pipelines.read.sdmx_ml_cut`) into values and the texts between
them, which `pipelines.read.sdmx_ml_lexicon` gives numbers. `pipelines.read.sdmx_ml_tags` says what the distinct texts
mean; from that follow, for the whole piece at once, which element each value belongs to and whether the tags match.
`pipelines.read.sdmx_ml_cells` makes columns of the values. What is not plainly well-formed and plainly SDMX gives
None: then expat reads it, and complains where there is cause. Faster than expat with empty handlers, for it looks at
each byte with vector instructions only, and lets other threads run meanwhile.

Entities, white space in values, line numbers and every check of XML (characters, `<` and `&` in values, the same
attribute twice) are done, so that both readers give the same frame (`tests/unit/pipelines/test_read_bulk.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl
import pyarrow as pa

from metadata.errors import UnreadableFile
from pipelines.read.sdmx_ml_cells import Values
from pipelines.read.sdmx_ml_cut import Cut, Odd, cut, lines_of
from pipelines.read.sdmx_ml_generic import VALUE
from pipelines.read.sdmx_ml_lexicon import Irregular, Lexicon, Numbers
from pipelines.read.sdmx_ml_tags import UNKNOWN, Grammar, Tags

NameColumns = Callable[[tuple[str, ...]], list[tuple[int, str]]]


_Column = tuple[int, Numbers, Numbers | None]
"""The number of a name, its values, and the rows that they stand in; None: all rows."""


@dataclass(frozen=True, slots=True)
class Found:
    """The elements of one piece of content.

    Attributes:
        observations: a String column a component, and `_line`, from 0 at the begin of the piece.
        series: likewise; without rows where the content is flat.
        owner: for each observation the row of its series; all 0 where the content is flat.
        lines: line ends in the piece.
    """

    observations: pl.DataFrame
    series: pl.DataFrame
    owner: Numbers
    lines: int


class BulkReader:
    """Reads pieces of one data set's content that begin and end directly in the data set. For several threads.

    Args:
        outer: local name of the elements in the data set, `Series` or `Obs`.
        generic: components are named in elements (2.1 generic), not in attributes.
        at_observation: what a generic ObsDimension without id is.
        name_columns: as in `pipelines.read.sdmx_ml_rows.Rows`.
    """

    def __init__(self, outer: str, name_columns: NameColumns, *, generic: bool, at_observation: str) -> None:
        self._grammar = Grammar(outer, generic=generic)
        self._texts, self._ids = Lexicon(), Lexicon()
        self._generic, self._at_observation = generic, at_observation
        self._name_columns = name_columns

    def read(self, content: bytes) -> Found | None:
        """Return the elements in `content`; None when any of it must be left to expat."""
        try:
            return self._read(content)
        except Odd:
            return None

    def _read(self, content: bytes) -> Found:
        piece = cut(content, self._grammar, self._texts)
        tags = piece.tags
        changing = np.flatnonzero(tags.changes[piece.texts])
        texts = piece.texts[changing]
        paths = _paths(tags, texts)
        if not self._grammar.ends(piece.last, int(paths[-1])):
            raise Odd
        obs, series = tags.obs[texts], tags.series[texts]
        begins = np.flatnonzero(obs + series)
        rows = np.cumsum((obs + series) > 0) - 1
        # what stands between the begin of an Obs and the begin of another element must be the Obs' own
        in_obs = np.array(["Obs" in path for path in tags.paths])[paths]
        if (in_obs != (obs[begins] > 0)[rows]).any():
            raise Odd
        values = self._generic_values(piece, paths) if self._generic else _all_values(piece)
        first = begins if self._generic else changing[begins]
        length = np.diff(np.append(first, len(values.names)))
        is_obs, is_series = obs[begins] > 0, series[begins] > 0
        # a Series that begins together with an Obs has no components
        of_series = np.where(is_obs, 0, length)[is_series]
        owner = np.cumsum(is_series)[is_obs] - 1 if is_series.any() else np.zeros(int(is_obs.sum()), np.int64)
        obs_lines, series_lines = lines_of(piece, changing, begins[is_obs], begins[is_series])
        return Found(
            self._table(values, first[is_obs], length[is_obs], obs_lines),
            self._table(values, first[is_series], of_series, series_lines),
            owner, piece.lines,
        )

    # ---- from values to columns ----------------------------------------------------------------------------

    def _table(self, values: Values, first: Numbers, length: Numbers, lines: Numbers) -> pl.DataFrame:
        """Return a column a component, and `_line`, for rows whose values begin at `first`, `length` many."""
        height, found = len(first), _columns(values, first, length)
        try:
            kept = self._name_columns(tuple(values.known[name] for name, _, _ in found))
        except UnreadableFile:
            raise Odd from None
        arrays = [values.column(*found[position], height) for position, _ in kept]
        names = [name for _, name in kept]
        made = pl.from_arrow(pa.RecordBatch.from_arrays([*arrays, pa.array(lines)], [*names, "_line"]))
        return cast("pl.DataFrame", made)

    def _generic_values(self, piece: Cut, paths: Numbers) -> Values:
        """Return the values of `value` attributes, named by the `id` before each, or by the element."""
        tags = piece.tags
        kinds = {"id": 0, "value": 1}
        if not set(tags.names) <= set(kinds):
            raise Odd
        is_value = np.array([kinds[name] for name in tags.names], np.bool_)[tags.attribute][piece.texts]
        same_tag = ~tags.changes[piece.texts]
        # a tag is `id value`, or `value` alone where the element itself is a component
        named = ~is_value
        if named[-1] or (same_tag[1:] != named[:-1]).any() or (same_tag & named).any():
            raise Odd
        at = np.flatnonzero(is_value)
        by_id = same_tag[at]
        ids = at[by_id] - 1
        try:
            numbers, texts = self._ids.numbers(piece.content, piece.starts[ids], piece.lengths[ids])
        except Irregular:
            raise Odd from None
        known = {text: number for number, text in enumerate(texts)}
        if any(re.fullmatch(rb"[\w@$\-.]+", text) is None for text in known):
            raise Odd
        own = {"ObsDimension": self._at_observation.encode(), "ObsValue": VALUE.encode()}
        by_path = np.array(
            [known.setdefault(own[path[-1]], len(known)) if path[-1] in own else UNKNOWN for path in tags.paths]
        )
        names = by_path[paths]
        names[by_id] = numbers
        if (names == UNKNOWN).any():
            raise Odd
        return Values.of(piece, names, [text.decode() for text in known], at)


def _paths(tags: Tags, texts: Numbers) -> Numbers:
    """Return the path behind each text that changes it, having checked that every step is allowed."""
    fixed = tags.fixed[texts]
    latest = np.maximum.accumulate(np.where(fixed != UNKNOWN, np.arange(len(fixed)), 0))
    paths = fixed[latest]
    before = np.empty_like(paths)
    before[0], before[1:] = len(tags.paths), paths[:-1]
    if (tags.after[texts, before] != paths).any():
        raise Odd
    return paths


def _all_values(piece: Cut) -> Values:
    return Values.of(piece, piece.tags.attribute[piece.texts], piece.tags.names)


def _columns(values: Values, first: Numbers, length: Numbers) -> list[_Column]:
    """Return the columns of rows whose values begin at `first` and are `length` many, in order of appearance."""
    width = int(length[0]) if len(length) else 0
    if width and (length == width).all():
        each = [values.names[first + offset] for offset in range(width)]
        names = [int(one[0]) for one in each]
        if len(set(names)) == width and all((one == name).all() for one, name in zip(each, names, strict=True)):
            return [(name, first + offset, None) for offset, name in enumerate(names)]
    found = list[_Column]()
    rows = np.repeat(np.arange(len(first)), length)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(length) - length, length) + np.repeat(first, length)
    named = values.names[place]
    for name in np.flatnonzero(np.bincount(named)).tolist() if len(named) else []:
        own = np.flatnonzero(named == name)
        if (np.diff(rows[own]) == 0).any():
            raise Odd  # the same attribute twice
        found.append((name, place[own], rows[own]))
    return sorted(found, key=lambda one: int(one[1][0]))
