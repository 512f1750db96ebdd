"""Texts that stand in bytes, as Arrow and Polars keep string views of them: without a Python object for any.

A view is the length of a text and its first bytes, then the rest or where it is. Most values of statistics are short
enough to stand in the view itself, so nothing else is made for them.

Standard: Arrow columnar format, "Variable-size Binary View Layout".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

# The module that `pyarrow.compute` is made of, which is imported in no time.
from pyarrow._compute import CastOptions, call_function

from pipelines.read.arrow_texts import as_series
from pipelines.read.sdmx_ml_lexicon import Content, Flags, Numbers, Words

if TYPE_CHECKING:
    import polars as pl

INLINE = 12
"""Bytes of a text that a view holds itself."""
_PREFIX = 4
_HALF = np.uint64(32)
_LENGTHS = range(INLINE + 1)
_FIRST: Words = np.array([(1 << 8 * min(length, _PREFIX)) - 1 for length in _LENGTHS], np.uint64)
_REST: Words = np.array([(1 << 8 * max(length - _PREFIX, 0)) - 1 for length in _LENGTHS], np.uint64)
"""For a length, the bits of the first four bytes, and of the eight behind them, that a text fills."""
_AS_STRING = CastOptions(pa.string())


def views(words: Words, starts: Numbers, lengths: Numbers, long: Numbers) -> Any:
    """Return the views of texts, as items of sixteen bytes.

    Args:
        words: of the content, as `Content` has them.
        starts: where the texts begin in it.
        lengths: their lengths in bytes, as 64-bit numbers.
        long: the numbers of those that are longer than `INLINE`.
    """
    found = np.empty((len(starts), 2), "<u8")
    short = np.minimum(lengths, INLINE) if len(long) else lengths
    half = words[starts]
    half &= _FIRST[short]
    half <<= _HALF
    half |= lengths.view(np.uint64)
    found[:, 0] = half
    half = words[starts + _PREFIX]
    half &= _REST[short]
    half[long] = starts[long].view(np.uint64) << _HALF
    found[:, 1] = half
    return found.view("V16")[:, 0]


def texts(content: Content, starts: Numbers, lengths: Numbers, valid: Flags | None = None) -> pl.Series:
    """Return texts that stand in UTF-8 content as a column that does not keep the content.

    Args:
        content: the bytes.
        starts: where each text begins.
        lengths: bytes of each.
        valid: False where there is none; None: there is one everywhere.
    """
    long = np.flatnonzero(lengths > INLINE)
    there = pa.py_buffer(np.packbits(valid, bitorder="little")) if valid is not None else None
    further = [pa.py_buffer(content.data)] if len(long) else []
    found = pa.py_buffer(views(content.words, starts, lengths, long))
    array = pa.Array.from_buffers(pa.string_view(), len(starts), [there, found, *further])
    return as_series(call_function("cast", [array], _AS_STRING) if further else array)
