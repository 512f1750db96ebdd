r"""A piece of SDMX-JSON observations cut at its brackets and commas: rows of cells that stay where they are.

A regular piece is a row of members `"0:1": [1.5, 0, null]`, directly or as the `observations` of series. Where they
begin and end is told by the brackets, commas and quotation marks outside of texts; every byte between these is checked
here, or belongs to a key or a cell, which `pipelines.read.sdmx_json_cells` looks at. What is left of series when the
observations are cut out of them is decoded like any JSON. What is not plainly of this form is `Odd`.

Standard: RFC 8259; SDMX-JSON data message field guide, "series", "observations".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipelines.read.sdmx_json_cells import Odd
from pipelines.read.sdmx_json_scan import Raw, is_utf_8
from pipelines.read.sdmx_ml_lexicon import Content, Flags, Numbers

_OBSERVATIONS = b'"observations":'
_QUOTE, _COMMA, _COLON, _SPACE = ord('"'), ord(","), ord(":"), ord(" ")
_OPEN, _CLOSE, _BEGIN, _END = ord("["), ord("]"), ord("{"), ord("}")
_KEPT = np.zeros(256, np.bool_)
_KEPT[[_COMMA, _OPEN, _CLOSE, _BEGIN, _END]] = True
_ALIKE, _LIKE_BRACKETS = 0xD9, 0x59
"""As in `pipelines.read.sdmx_json_scan`."""
_STRUCTURE = np.zeros(256, np.bool_)
_STRUCTURE[[_COMMA, _COLON, _OPEN, _CLOSE, _BEGIN, _END]] = True
_BLANK = b" \t\r\n"
_WHITE = np.zeros(256, np.bool_)
_WHITE[list(_BLANK)] = True
_SPREAD = re.compile(rb"[\n\t\r]|[^,:] ")
"""White space that is not a single one behind a comma or colon, or that stands in a text."""
_BEGIN_BYTES = 10_000
"""Where it is looked for. One that is found takes some time, one that is not found leaves the piece to the decoder."""
_BLOCK = 1 << 19
"""Bytes that are gone through at a time, as in `pipelines.read.sdmx_json_pieces`."""


@dataclass(frozen=True, slots=True)
class Observations:
    """The observations of a piece.

    Attributes:
        content: the bytes, which the numbers below are of.
        marks: the places of brackets and commas outside of texts.
        begins: by row, the number of the mark before its first cell; each cell ends where the next mark is.
        widths: by row, how many cells it has.
        keys, separators: by row, where the text of its key begins, and where the colon behind the key is.
        quoted: how many cells are texts.
        counts: of series, how many rows each has that is in `rest` with observations.
        rest: of series, the members without observations: `{}` is in their place. None: the piece is flat.
    """

    content: Content
    marks: Numbers
    begins: Numbers
    widths: Numbers
    keys: Numbers
    separators: Numbers
    quoted: int
    counts: Numbers
    rest: bytes | None

    def columns(self, least: int) -> Iterator[tuple[Numbers | None, Numbers, Numbers]]:
        """Yield of the first cells, the second ones and so on the rows that have one, and where they begin and end.

        Rows that are None are all. There are as many as the widest row has cells, and `least` at least.
        """
        narrowest, raw = int(self.widths.min()), self.content.raw
        ends = self.marks[self.begins]
        for number in range(max(int(self.widths.max()), least)):
            rows: Numbers | None = None
            if number < narrowest:
                starts, ends = ends + 1, self.marks[self.begins + (number + 1)]
            else:
                rows = np.flatnonzero(self.widths > number)
                starts, ends = self.marks[self.begins[rows] + number] + 1, self.marks[self.begins[rows] + (number + 1)]
            starts += raw[starts] == _SPACE
            yield rows, starts, ends


def cut(data: bytes, *, first: bool, flat: bool) -> Observations:
    """Cut members of `series`, or of `observations` where `flat`, with their commas; before the first there is none.

    Raises:
        Odd: the piece is left to the decoder.
    """
    if b"\\" in data or not is_utf_8(data):
        raise Odd
    if _SPREAD.search(data, 0, _BEGIN_BYTES):
        data = _compact(data)
    content = Content(data)
    raw = content.raw
    if not len(raw) or raw.min() < _SPACE:
        raise Odd
    at = _marks(raw)
    found = raw[at]
    is_quote = found == _QUOTE
    quotes = int(np.count_nonzero(is_quote))
    inside = np.cumsum(is_quote, dtype=np.uint8)
    inside &= 1
    outside = (inside == 0) & _KEPT[found]
    at, found = at[outside], found[outside]
    opens, closes = np.flatnonzero(found == _OPEN), np.flatnonzero(found == _CLOSE)
    alternate = len(opens) == len(closes) and (opens < closes).all() and (closes[:-1] < opens[1:]).all()
    if quotes % 2 or not len(opens) or not alternate:
        raise Odd
    braces = np.flatnonzero((found == _BEGIN) | (found == _END))
    if flat:
        if len(braces) or (opens[1:] != closes[:-1] + 2).any() or opens[0] != (not first):
            raise Odd
        if data[int(at[-1]) + 1 :] or (at[closes[:-1] + 1] != at[closes[:-1]] + 1).any() or (not first and at[0]):
            raise Odd
        counts, rest = np.array([len(opens)]), None
    else:
        opens, closes, counts, rest = _of_series(content, at, found, braces, opens, closes)
        quotes -= rest.count(b'"')
    before = at[opens - 1]
    if flat and first:
        before[0] = -1
    keys, separators = _keys(content, before, at[opens])
    widths = closes - opens
    widths[at[closes] == at[opens] + 1] = 0
    return Observations(content, at, opens, widths, keys, separators, quotes // 2 - len(opens), counts, rest)


def _marks(raw: Raw) -> Numbers:
    """Return the places of brackets, commas and quotation marks, and of a few other characters."""
    parts = list[Numbers]()
    for begin in range(0, len(raw), _BLOCK):
        part = raw[begin : begin + _BLOCK]
        marks = (part & _ALIKE) == _LIKE_BRACKETS
        marks |= part == _COMMA
        marks |= part == _QUOTE
        parts.append(np.flatnonzero(marks) + begin)
    return np.concatenate(parts)


def _of_series(
    content: Content, at: Numbers, found: Numbers, braces: Numbers, opens: Numbers, closes: Numbers
) -> tuple[Numbers, Numbers, Numbers, bytes]:
    """Return the arrays that are observations, how many each series with `observations` has, and all but these."""
    steps = np.where(found[braces] == _BEGIN, 1, -1)
    depth = np.cumsum(steps)
    if not len(depth) or depth[-1] or depth.min() < 0 or depth.max() > 2:
        raise Odd
    inner = np.flatnonzero((depth == 2) & (steps == 1))
    begins, ends = braces[inner], braces[inner + 1]
    _check_named(content, at[begins])
    low, high = np.searchsorted(opens, begins), np.searchsorted(opens, ends)
    counts = high - low
    full = counts > 0
    own = np.zeros(len(opens) + 1, np.int8)
    own[low[full]] += 1
    own[high[full]] -= 1
    rows = np.flatnonzero(np.cumsum(own[:-1]))
    follows = np.ones(len(opens), np.bool_)
    follows[low[full]] = False
    later = rows[follows[rows]]
    regular = (
        (opens[low[full]] == begins[full] + 1).all() and (closes[high[full] - 1] + 1 == ends[full]).all()
        and (opens[later] == closes[later - 1] + 2).all() and (at[closes[rows] + 1] == at[closes[rows]] + 1).all()
        and (at[ends[~full]] == at[begins[~full]] + 1).all()
    )
    if not regular or not len(rows):
        raise Odd
    cuts = np.concatenate(([0], np.stack((at[begins] + 1, at[ends]), axis=1).ravel(), [len(content.data)])).tolist()
    rest = b"".join(content.data[begin:end] for begin, end in list(pairwise(cuts))[::2])
    return opens[rows], closes[rows], counts, rest


def _check_named(content: Content, at: Numbers) -> None:
    """Refuse objects in series that are not their observations."""
    before = at - (content.raw[at - 1] == _SPACE) - len(_OBSERVATIONS)
    if before.min(initial=0) < 0:
        raise Odd
    low, high = int.from_bytes(_OBSERVATIONS[:8], "little"), int.from_bytes(_OBSERVATIONS[-8:], "little")
    behind = before + len(_OBSERVATIONS) - 8
    if (content.words[before] != low).any() or (content.words[behind] != high).any():
        raise Odd


def _keys(content: Content, before: Numbers, arrays: Numbers) -> tuple[Numbers, Numbers]:
    """Return where keys begin and where the colon behind each is: `, "0:1": [`, from the comma to the bracket."""
    raw = content.raw
    starts = before + 1
    starts += raw[starts] == _SPACE
    separators = arrays - 1
    separators -= raw[separators] == _SPACE
    ends = separators - 1
    if not ((raw[starts] == _QUOTE) & (raw[ends] == _QUOTE) & (raw[separators] == _COLON) & (ends > starts)).all():
        raise Odd
    return starts + 1, separators


def _compact(data: bytes) -> bytes:
    """Return JSON without the white space that means nothing.

    Raises:
        Odd: white space stands between two things that are none without it, such as two numbers.
    """
    data = data.strip(_BLANK)
    raw = np.frombuffer(data, np.uint8)
    inside = np.cumsum(raw == _QUOTE, dtype=np.uint8)
    inside &= 1
    white: Flags = _WHITE[raw]
    white &= inside == 0
    begins = np.flatnonzero(white[1:] & ~white[:-1])
    ends = np.flatnonzero(white[:-1] & ~white[1:]) + 1
    if not (_STRUCTURE[raw[begins]] | _STRUCTURE[raw[ends]]).all():
        raise Odd
    return raw[~white].tobytes()
