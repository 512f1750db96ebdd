"""The content of an SDMX-ML data set in bulk: millions of attribute values without a Python object for any.

A piece of content is cut at its quotation marks, which makes one Arrow array of values and of texts between them,
over the bytes as they are. `pipelines.read.sdmx_ml_tags` says what the distinct texts mean; from that follow, for
the whole piece at once, which element each value belongs to and whether the tags match. What is not plainly
well-formed and plainly SDMX gives None: then expat reads it, and complains where there is cause. Faster than expat
with empty handlers, for it looks at each byte with vector instructions only.

Entities, white space in values, line numbers and every check of XML (characters, `<` and `&` in values, the same
attribute twice) are done here, so that both readers give the same frame (`tests/unit/pipelines/test_read_bulk.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from metadata.errors import UnreadableFile
from pipelines.read.safety import MAX_TOKEN
from pipelines.read.sdmx_ml_generic import VALUE
from pipelines.read.sdmx_ml_tags import UNKNOWN, Flags, Grammar, Numbers, Tags

_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,8})|#x([0-9a-fA-F]{1,7}));")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
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
    """

    observations: pl.DataFrame
    series: pl.DataFrame
    owner: Numbers


class Odd(Exception):
    """Content that is left to expat. Never leaves this module."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """A piece of content, cut at its quotation marks.

    Attributes:
        content: the bytes.
        quotes: the positions of the quotation marks.
        parts: text, value, text, value and so on.
        texts: for each value the number of the text before it.
        tags: what the texts mean.
        entities, white: the numbers of the values that have an entity, or a line end or tab.
    """

    content: bytes
    quotes: Numbers
    parts: Any
    texts: Numbers
    tags: Tags
    entities: Numbers
    white: Numbers


class BulkReader:
    """Reads pieces of one data set's content that begin and end directly in the data set.

    Args:
        outer: local name of the elements in the data set, `Series` or `Obs`.
        generic: components are named in elements (2.1 generic), not in attributes.
        at_observation: what a generic ObsDimension without id is.
        name_columns: as in `pipelines.read.sdmx_ml_rows.Rows`.
    """

    def __init__(self, outer: str, name_columns: NameColumns, *, generic: bool, at_observation: str) -> None:
        self._grammar = Grammar(outer, generic=generic)
        self._generic, self._at_observation = generic, at_observation
        self._name_columns = name_columns

    def read(self, content: bytes) -> Found | None:
        """Return the elements in `content`; None when any of it must be left to expat."""
        try:
            return self._read(content)
        except Odd:
            return None

    def _read(self, content: bytes) -> Found:
        cut = self._cut(content)
        tags = cut.tags
        changing = np.flatnonzero(tags.changes[cut.texts]).astype(np.int32)
        texts = cut.texts[changing]
        paths = _paths(tags, texts)
        if not self._grammar.ends(content[cut.quotes[-1] :], int(paths[-1])):
            raise Odd
        obs, series = tags.obs[texts], tags.series[texts]
        begins = np.flatnonzero(obs + series)
        rows = np.cumsum((obs + series) > 0) - 1
        # what stands between the begin of an Obs and the begin of another element must be the Obs' own
        in_obs = np.array(["Obs" in path for path in tags.paths])[paths]
        if (in_obs != (obs[begins] > 0)[rows]).any():
            raise Odd
        values = _generic_values(cut, paths, self._at_observation) if self._generic else _all_values(cut)
        first = begins if self._generic else changing[begins]
        length = np.diff(np.append(first, len(values.names)))
        is_obs, is_series = obs[begins] > 0, series[begins] > 0
        lines = _Lines(cut)

        def table(which: Flags, own: Numbers, back: Numbers) -> pl.DataFrame:
            frame = self._columns(cut, values, first[which], own)
            return frame.with_columns(lines.of(changing[begins[which]], back[begins[which]]))

        # a Series that begins together with an Obs has no components
        of_series = np.where(is_obs, 0, length)[is_series]
        owner = np.cumsum(is_series)[is_obs] - 1 if is_series.any() else np.zeros(int(is_obs.sum()), np.int64)
        return Found(table(is_obs, length[is_obs], obs), table(is_series, of_series, series), owner)

    # ---- cutting, and XML's rules --------------------------------------------------------------------------

    def _cut(self, content: bytes) -> _Cut:
        raw = np.frombuffer(content, np.uint8)
        quotes = np.flatnonzero(raw == ord('"')).astype(np.int32)
        if not len(quotes) or len(quotes) % 2:
            raise Odd
        _refuse_characters(content)
        offsets = np.empty(len(quotes) + 1, np.int32)
        offsets[0], offsets[1::2], offsets[2::2] = 0, quotes[::2] + 1, quotes[1::2]
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(content)]
        parts = pa.Array.from_buffers(pa.binary(), len(quotes), buffers)
        between = parts.take(pa.array(np.arange(0, len(quotes), 2, dtype=np.int32))).dictionary_encode()
        distinct: list[bytes] = between.dictionary.to_pylist()
        tags = self._grammar.tags(distinct)
        texts = between.indices.to_numpy()
        if tags is None or not tags.changes[texts[0]]:
            raise Odd
        last = content[quotes[-1] :]
        uses = np.bincount(texts, minlength=len(distinct))

        def in_texts(characters: bytes) -> int:
            """Count characters outside of values."""
            per_text = [sum(text.count(one) for one in characters) for text in distinct]
            return int(uses @ np.array(per_text)) + sum(last.count(one) for one in characters)

        less = np.flatnonzero(raw == ord("<"))
        longest = np.diff(less).max(initial=0) if len(content) > MAX_TOKEN else 0
        if len(less) != in_texts(b"<") or longest > MAX_TOKEN:
            raise Odd  # one in a value, or a tag over the limit
        entities = (np.searchsorted(quotes, np.flatnonzero(raw == ord("&"))) - 1) // 2
        white = np.empty(0, np.int64)
        if np.count_nonzero(raw < ord(" ")) != in_texts(b"\t\r\n"):
            white = _white_values(raw, quotes)
        return _Cut(content, quotes, parts, texts, tags, entities, white)

    # ---- from values to columns ----------------------------------------------------------------------------

    def _columns(self, cut: _Cut, values: _Values, first: Numbers, length: Numbers) -> pl.DataFrame:
        """Return a column a component, for rows whose values begin at `first` and are `length` many."""
        height, found = len(first), list[_Column]()
        if not height:
            return pl.DataFrame()
        width = int(length[0])
        if width and (length == width).all():
            every = values.names[first[:, None] + np.arange(width, dtype=np.int32)]
            names = every[0].tolist()
            if len(set(names)) == width and (every == every[0]).all():
                found = [(name, first + offset, None) for offset, name in enumerate(names)]
                return self._taken(cut, values, found, height)
        rows = np.repeat(np.arange(height), length)
        place = np.arange(len(rows)) - np.repeat(np.cumsum(length) - length, length) + np.repeat(first, length)
        named = values.names[place]
        for name in range(len(values.known)):
            own = np.flatnonzero(named == name)
            if (np.diff(rows[own]) == 0).any():
                raise Odd  # the same attribute twice
            if len(own):
                found.append((name, place[own], rows[own]))
        return self._taken(cut, values, sorted(found, key=lambda one: int(one[1][0])), height)

    def _taken(self, cut: _Cut, values: _Values, found: list[_Column], height: int) -> pl.DataFrame:
        names = tuple(values.known[name] for name, _, _ in found)
        try:
            kept = self._name_columns(names)
        except UnreadableFile:
            raise Odd from None
        entities, white = values.named(cut.entities), values.named(cut.white)
        columns = []
        for position, name in kept:
            number, where, rows = found[position]
            index = where if values.at is None else values.at[where]
            taken: Any = _cells(cut.parts, index, rows, height)
            column = pl.Series(name, pl.from_arrow(taken))
            if number in white:
                column = column.str.replace_all(r"\r\n|[\t\n]", " ")
            columns.append(_resolved(column) if number in entities else column)
        return pl.DataFrame(columns) if columns else pl.DataFrame(height=height)


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


@dataclass(frozen=True, slots=True)
class _Values:
    """The values that are a component's.

    Attributes:
        at: their numbers in the piece; None: all of them.
        names: the number of the component's name for each.
        known: the names.
    """

    at: Numbers | None
    names: Numbers
    known: list[str]

    def named(self, numbers: Numbers) -> set[int]:
        """Return the names of the values that have these numbers in the piece."""
        if not len(numbers):
            return set()
        own = numbers if self.at is None else np.searchsorted(self.at, numbers)
        return set(np.flatnonzero(np.bincount(self.names[own])).tolist())


def _all_values(cut: _Cut) -> _Values:
    return _Values(None, cut.tags.attribute[cut.texts], cut.tags.names)


def _generic_values(cut: _Cut, paths: Numbers, at_observation: str) -> _Values:
    """Return the values of `value` attributes, named by the `id` before each, or by the element."""
    tags = cut.tags
    kinds = {"id": 0, "value": 1}
    if not set(tags.names) <= set(kinds):
        raise Odd
    is_value = np.array([kinds[name] for name in tags.names], np.bool_)[tags.attribute][cut.texts]
    same_tag = ~tags.changes[cut.texts]
    # a tag is `id value`, or `value` alone where the element itself is a component
    named = ~is_value
    if named[-1] or (same_tag[1:] != named[:-1]).any() or (same_tag & named).any():
        raise Odd
    at = np.flatnonzero(is_value)
    ids = at[same_tag[at]] - 1
    encoded = cut.parts.take(pa.array(ids * 2 + 1)).dictionary_encode()
    known: dict[bytes, int] = {text: number for number, text in enumerate(encoded.dictionary.to_pylist())}
    if any(re.fullmatch(rb"[\w@$\-.]+", text) is None for text in known):
        raise Odd
    own = {"ObsDimension": at_observation.encode(), "ObsValue": VALUE.encode()}
    by_path = np.array(
        [known.setdefault(own[path[-1]], len(known)) if path[-1] in own else UNKNOWN for path in tags.paths]
    )
    names = by_path[paths]
    names[same_tag[at]] = encoded.indices.to_numpy()
    if (names == UNKNOWN).any():
        raise Odd
    return _Values(at, names, [text.decode() for text in known])


class _Lines:
    """Counts lines in a piece of content."""

    def __init__(self, cut: _Cut) -> None:
        self._cut = cut
        self._ends = np.flatnonzero(np.frombuffer(cut.content, np.uint8) == ord("\n"))

    def of(self, values: Numbers, back: Numbers) -> pl.Series:
        """Return the line, from 0, of the tags that begin `back` bytes before the value."""
        return pl.Series("_line", np.searchsorted(self._ends, self._cut.quotes[values * 2] + 1 - back), dtype=pl.Int64)


def _refuse_characters(content: bytes) -> None:
    """Refuse what is no UTF-8 or no character of XML (control characters in values are seen elsewhere)."""
    if not content.isascii():
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            raise Odd from None
        if b"\xef\xbf\xbe" in content or b"\xef\xbf\xbf" in content:
            raise Odd
    if b"\r" in content and content.count(b"\r") != content.count(b"\r\n"):
        raise Odd


def _white_values(raw: npt.NDArray[np.uint8], quotes: Numbers) -> Numbers:
    """Return the numbers of the values that have line ends or tabs; refuse other control characters."""
    controls = np.flatnonzero(raw < ord(" "))
    before = np.searchsorted(quotes, controls)
    inside = before % 2 == 1
    if not np.isin(raw[controls[inside]], (9, 10, 13)).all():
        raise Odd
    found: Numbers = before[inside] // 2
    return found


def _cells(parts: Any, values: Numbers, rows: Numbers | None, height: int) -> Any:
    """Return the values of these numbers as a column of this height."""
    if rows is None:
        return parts.take(pa.array(values * 2 + 1)).view(pa.string())
    index = np.full(height, UNKNOWN, np.int64)
    index[rows] = values * 2 + 1
    return parts.take(pa.array(index, mask=index == UNKNOWN)).view(pa.string())


def _resolved(column: pl.Series) -> pl.Series:
    """Return a column with its entities resolved; every distinct text once."""
    marked = column.filter(column.str.contains("&", literal=True)).unique()
    return column.replace(marked, pl.Series([_text(text) for text in marked.to_list()], dtype=pl.String))


def _text(text: str) -> str:
    if text.count("&") != len(_ENTITY.findall(text)):
        raise Odd
    return _ENTITY.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    if found[1]:
        return _ENTITIES[found[1]]
    code = int(found[2]) if found[2] else int(found[3], 16)
    good = code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
    if not good:
        raise Odd
    return chr(code)
