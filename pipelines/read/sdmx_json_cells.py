"""Keys and cells of SDMX-JSON observations as columns: positions as numbers, values as the digits that were sent.

Eight bytes of each cell are looked at at once. What is not plainly JSON, and plainly what SDMX has at its place, is
`Odd`: that leaves the piece to the decoder, which complains where there is cause.

Standard: RFC 8259 section 6 (numbers); SDMX-JSON data message field guide, "handling component values".
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.read.sdmx_ml_lexicon import Content, Flags, Numbers, Words
from pipelines.read.text_views import texts

_WORD = 8
_MASKS: Words = np.array([(1 << 8 * count) - 1 for count in range(_WORD + 1)], np.uint64)
"""For a number of bytes, the bits of a word that they fill."""
_ZEROS = np.uint64(0x3030303030303030)
_OVER_NINE = np.uint64(0x7676767676767676)
_HIGH = np.uint64(0x8080808080808080)
_NULL = int.from_bytes(b"null", "little")
_LONGEST = 24
"""Bytes of a number that are looked at here; others, such as 1e-7, are matched with an expression."""
_MOST_DIGITS = 1000
_SCALAR = r"^(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false)$"


class Odd(Exception):
    """A piece that is left to the decoder. Never leaves the bulk reader."""


def positions(content: Content, starts: Numbers, lengths: Numbers) -> tuple[Words, Flags | None]:
    """Return the whole numbers that stand at these places, and which are not null; None: all are numbers.

    Raises:
        Odd: there is something else, such as -1, 1.0 or 01.
    """
    most = int(lengths.max(initial=0))
    if most > _WORD or lengths.min(initial=1) < 1:
        raise Odd
    first = content.raw[starts] - np.uint8(ord("0"))
    if most <= 1:
        if (first > 9).any():
            raise Odd
        return first.astype(np.uint64), None
    words = content.words[starts]
    words &= _MASKS[lengths]
    valid: Flags | None = None
    if (first > 9).any():
        valid = (lengths != len(b"null")) | (words != _NULL)
        words[~valid] = ord("0")
        lengths = np.where(valid, lengths, 1)
        first[~valid] = 0
    words ^= _ZEROS
    # what is before the digits becomes zeros
    words <<= (np.uint64(_WORD) - lengths.view(np.uint64)) << np.uint64(3)
    if (((words + _OVER_NINE) | words) & _HIGH).any() or ((first == 0) & (lengths > 1)).any():
        raise Odd
    for bits, base, keep in ((8, 10, 0x00FF00FF00FF00FF), (16, 100, 0x0000FFFF0000FFFF), (32, 10_000, 0xFFFFFFFF)):
        words = (words * np.uint64(base) + (words >> np.uint64(bits))) & np.uint64(keep)
    return words, valid


def cells(content: Content, starts: Numbers, lengths: Numbers, quoted: Flags | None) -> pl.Series:
    """Return scalars as texts: numbers by the digits that stand there, `true` and `false`, what is in quotation marks.

    Args:
        content: the bytes.
        starts: where each cell begins.
        lengths: bytes of each.
        quoted: those that are texts, without backslash; None: none is.

    Raises:
        Odd: a cell is none of these, nor null.
    """
    if lengths.min(initial=1) < 1:
        raise Odd
    valid: Flags | None = None
    good = _plain_numbers(content, starts, lengths)
    if quoted is not None:
        good |= quoted
        starts, lengths = starts + quoted, lengths - 2 * quoted
    rest = np.flatnonzero(~good)
    if len(rest):
        null = (lengths[rest] == len(b"null")) & ((content.words[starts[rest]] & _MASKS[4]) == _NULL)
        if null.any():
            valid = np.ones(len(starts), np.bool_)
            valid[rest[null]] = False
            rest = rest[~null]
        if lengths[rest].max(initial=0) > _MOST_DIGITS:
            raise Odd
        if len(rest) and not texts(content, starts[rest], lengths[rest]).str.contains(_SCALAR).all():
            raise Odd
    return texts(content, starts, lengths, valid)


def _plain_numbers(content: Content, starts: Numbers, lengths: Numbers) -> Flags:
    """Return which cells are numbers of JSON without an exponent; of some that are, it is not said."""
    minus = content.raw[starts] == ord("-")
    if minus.any():
        starts, lengths = starts + minus, lengths - minus
    others = np.zeros(len(starts), np.uint8)
    point = np.zeros(len(starts), np.int64)
    for at in range(0, min(int(lengths.max(initial=0)), _LONGEST), _WORD):
        words = content.words[np.minimum(starts + at, len(content.data))] ^ _ZEROS
        words |= words + _OVER_NINE
        words &= _HIGH & _MASKS[np.clip(lengths - at, 0, _WORD)]
        others += np.bitwise_count(words)
        there = words != 0
        point[there] = at + (np.bitwise_count(words[there] - np.uint64(1)) >> 3)
    fraction = others == 1
    good: Flags = (others == 0) | (
        fraction & (point > 0) & (point < lengths - 1) & (content.raw[np.minimum(starts + point, len(content.raw) - 1)]
                                                          == ord("."))
    )
    whole = np.where(fraction, point, lengths)
    good &= (content.raw[np.minimum(starts, len(content.raw) - 1)] != ord("0")) | (whole == 1)
    good &= (lengths > 0) & (lengths <= _LONGEST)
    return good
