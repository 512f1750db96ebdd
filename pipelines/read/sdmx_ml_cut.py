"""A piece of content cut at its quotation marks, with XML's rules for what is between and in values.

The values stay where they are: a value is a place in the bytes and a length. What stands between them is known by
`pipelines.read.sdmx_ml_tags`. Whatever is not plainly well-formed is `Odd`, which leaves it to expat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.read.safety import MAX_TOKEN
from pipelines.read.sdmx_ml_lexicon import Content, Irregular, Lexicon, Numbers
from pipelines.read.sdmx_ml_tags import Grammar, Tags

_WHITE = (b"\t", b"\r", b"\n")


class Odd(Exception):
    """Content that is left to expat. Never leaves the bulk reader."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece of content, cut at its quotation marks.

    Attributes:
        content: the bytes.
        starts, lengths: where each value is.
        texts: for each value the number of the text before it.
        tags: what the texts mean.
        last: what stands behind the last value.
        lines: line ends in the piece.
        entities, white: the numbers of the values that have an entity, or a line end or tab.
    """

    content: Content
    starts: Numbers
    lengths: Numbers
    texts: Numbers
    tags: Tags
    last: bytes
    lines: int
    entities: Numbers
    white: Numbers


def cut(data: bytes, grammar: Grammar, lexicon: Lexicon) -> Cut:
    """Cut a piece of content that begins and ends directly in the data set.

    Raises:
        Odd: it is left to expat.
    """
    content = Content(data)
    raw = content.raw
    quotes = np.flatnonzero(raw == ord('"'))
    if not len(quotes) or len(quotes) % 2:
        raise Odd
    _refuse_characters(data)
    starts = quotes[::2] + 1
    before = np.empty_like(starts)
    before[0], before[1:] = 0, quotes[1:-1:2]
    try:
        texts, known = lexicon.numbers(content, before, starts - before)
    except Irregular:
        raise Odd from None
    tags = grammar.tags(known)
    uses = np.bincount(texts, minlength=len(tags.known))
    if uses[~tags.known].any() or not tags.changes[texts[0]]:
        raise Odd
    last = data[quotes[-1] :]
    less = raw == ord("<")
    if np.count_nonzero(less) != int(uses @ tags.less) + last.count(b"<"):
        raise Odd  # one in a value
    if len(data) > MAX_TOKEN and np.diff(np.append(np.flatnonzero(less), len(data))).max() > MAX_TOKEN:
        raise Odd  # a tag over the limit
    entities = white = np.empty(0, np.int64)
    if b"&" in data:
        entities = (np.searchsorted(quotes, np.flatnonzero(raw == ord("&"))) - 1) // 2
    if np.count_nonzero(raw < ord(" ")) != int(uses @ tags.white) + sum(last.count(one) for one in _WHITE):
        white = _white_values(raw, quotes)
    lines = int(uses @ tags.lines) + last.count(b"\n") if not len(white) else data.count(b"\n")
    return Cut(content, starts, quotes[1::2] - starts, texts, tags, last, lines, entities, white)


def lines_of(cut: Cut, changing: Numbers, obs: Numbers, series: Numbers) -> tuple[Numbers, Numbers]:
    """Return the lines, from 0, where the tags of Obs and of Series begin.

    Args:
        cut: the piece.
        changing: the values before which a tag begins.
        obs: those among them that are the first of an Obs.
        series: those that are the first of a Series.
    """
    tags, texts = cut.tags, cut.texts[changing]
    lines = np.cumsum(tags.lines[texts])
    if lines[-1] + cut.last.count(b"\n") == cut.lines:
        return lines[obs] - tags.obs_lines[texts[obs]], lines[series] - tags.series_lines[texts[series]]
    # there are line ends in values, or between the attributes of a tag
    ends = np.flatnonzero(cut.content.raw == ord("\n"))
    begins = cut.starts[changing]
    return (
        np.searchsorted(ends, begins[obs] - tags.obs[texts[obs]]),
        np.searchsorted(ends, begins[series] - tags.series[texts[series]]),
    )


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
