"""Large lists `values` of SDMX-JSON components: the texts of a million entries without a Python object for any.

A message that has each value of an attribute in its structure (1.0 does so for bounds and comments) says more there
than in its observations. The entries of such a list are alike: the first is decoded, and where all others are the same
bytes but for what stands in its texts, the list is cut at its quotation marks. Anything else is decoded.

Standard: RFC 8259; SDMX-JSON data message field guide, "component value".
"""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import polars as pl

from pipelines.read.safety import Source
from pipelines.read.sdmx_json_decode import decode_list, no_name_twice, read_piece
from pipelines.read.sdmx_json_pieces import Mass
from pipelines.read.sdmx_json_scan import is_utf_8
from pipelines.read.sdmx_json_values import TEXT_NAMES, texts_of
from pipelines.read.sdmx_ml_lexicon import Content, Flags, Numbers, Words
from pipelines.read.side_by_side import cores, in_order
from pipelines.read.text_views import texts

_WORD = 8
_MASKS = [(1 << 8 * count) - 1 for count in range(_WORD + 1)]
_WHITE = b" \t\r\n"
_BETWEEN = re.compile(rb"[ \t\r\n]*,[ \t\r\n]*")
_LONGEST = 10_000
"""Bytes of the first entry; a longer one is decoded with all that follow."""
_DECODER = json.JSONDecoder(object_pairs_hook=no_name_twice)


def list_texts(source: Source, mass: Mass) -> pl.Series:
    """Return the texts of the entries of a large list, by their positions.

    Raises:
        UnreadableFile: it is no JSON; with line and column.
    """
    pieces = list(enumerate(mass.pieces()))
    with closing(in_order(partial(_regular, source), pieces, workers=cores(), ahead=cores() + 1)) as regular:
        return pl.concat([
            texts_of(decode_list(source, begin, end, first=not number)) if own is None else own
            for (number, (begin, end)), own in zip(pieces, regular, strict=True)
        ])


def _regular(source: Source, piece: tuple[int, tuple[int, int]]) -> pl.Series | None:
    number, (begin, end) = piece
    return regular_texts(read_piece(source, begin, end), first=not number)


def regular_texts(data: bytes, *, first: bool) -> pl.Series | None:
    """Return the texts of entries that are all like the first; None when they are not, or that is not certain.

    Args:
        data: the entries, with commas between them, in UTF-8.
        first: no comma is before them.
    """
    begin = data.find(b"{")
    lead = data[:begin]
    if begin < 0 or b"\\" in data or (lead.strip(_WHITE) if first else not _BETWEEN.fullmatch(lead)):
        return None
    form = _form(data[begin : begin + _LONGEST])
    content = Content(data)
    quotes = np.flatnonzero(content.raw == ord('"'))
    if form is None or len(quotes) % form.quotes or not is_utf_8(data):
        return None
    at = quotes.reshape(-1, form.quotes)
    opening, closing = at[:, form.values[0]], at[:, form.values[-1] + 1]
    between = data[int(closing[0]) : int(opening[1]) + 1] if len(at) > 1 else form.tail + b"," + form.head
    rest = data[int(closing[-1]) :]
    middle = between.removeprefix(form.tail).removesuffix(form.head)
    if len(middle) != len(between) - len(form.tail) - len(form.head) or not _BETWEEN.fullmatch(middle):
        return None
    if not rest.startswith(form.tail) or rest[len(form.tail) :].strip(_WHITE):
        return None
    controls = len(at) * form.controls + (len(at) - 1) * _controls(middle) + _controls(lead)
    if np.count_nonzero(content.raw < ord(" ")) != controls + _controls(rest[len(form.tail) :]):
        return None
    inner = zip(pairwise(form.values), form.inner, strict=True)
    alike = _are(content.words, closing[:-1], opening[1:] + 1, between) and all(
        _are(content.words, at[:, one + 1], at[:, other] + 1, said) for (one, other), said in inner
    )
    own = form.own
    return texts(content, at[:, own] + 1, at[:, own + 1] - at[:, own] - 1) if alike else None


@dataclass(frozen=True, slots=True)
class _Form:
    """What the entries of a list have in common: all but the values that are texts.

    Attributes:
        quotes: quotation marks of an entry.
        values: the number of the mark that opens each of the texts that are values.
        own: that of the value that is the entry's text.
        head: what is before the first value, with its opening mark.
        inner: what is between values, with the marks.
        tail: what is behind the last value, with its closing mark.
        controls: line ends and tabs in these.
    """

    quotes: int
    values: list[int]
    own: int
    head: bytes
    inner: list[bytes]
    tail: bytes
    controls: int


def _form(data: bytes) -> _Form | None:
    """Return the form of the entry at the begin of these bytes, in which is no backslash; None: it has no text."""
    try:
        entry, length = _DECODER.raw_decode(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    found = next((name for name in TEXT_NAMES if entry.get(name) is not None), None)
    raw = data.decode("utf-8", "replace")[:length].encode()
    if found is None or type(entry[found]) is not str or not data.startswith(raw):
        return None
    at = [place for place, byte in enumerate(raw) if byte == ord('"')]
    ends = [*at[2::2], len(raw)]
    is_name = [
        raw[closing + 1 : end].lstrip(_WHITE).startswith(b":") for closing, end in zip(at[1::2], ends, strict=True)
    ]
    own = depth = before = 0
    for number, place in enumerate(at[::2]):
        gap = raw[before:place]
        depth += sum(map(gap.count, (b"{", b"["))) - sum(map(gap.count, (b"}", b"]")))
        before = at[2 * number + 1]
        if is_name[number] and depth == 1 and raw[place + 1 : before] == found.encode():
            own = 2 * number + 2
    values = [2 * number for number, named in enumerate(is_name) if not named]
    head, tail = raw[: at[values[0]] + 1], raw[at[values[-1] + 1] :]
    inner = [raw[at[one + 1] : at[other] + 1] for one, other in pairwise(values)]
    return _Form(len(at), values, own, head, inner, tail, sum(map(_controls, (head, *inner, tail))))


def _controls(data: bytes) -> int:
    return sum(byte < ord(" ") for byte in data)


def _are(words: Words, starts: Numbers, ends: Numbers, text: bytes) -> bool:
    """Say whether the bytes from each start to each end are this text."""
    same: Flags = ends - starts == len(text)
    if not same.all():
        return False
    for at in range(0, len(text), _WORD):
        part = text[at : at + _WORD]
        if ((words[starts + at] & np.uint64(_MASKS[len(part)])) != int.from_bytes(part, "little")).any():
            return False
    return True
