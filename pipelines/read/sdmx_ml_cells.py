"""Values that stand in content, as columns of texts: entities resolved, white space as XML has it.

A column is made of string views (`pipelines.read.text_views`); of long texts that repeat, each is kept once.

Standard: XML 1.0 sections 3.3.3 (white space in values), 4.1 and 4.6 (references).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.read.sdmx_ml_cut import Cut, Odd
from pipelines.read.sdmx_ml_lexicon import Numbers
from pipelines.read.text_views import INLINE, views

_SAMPLE = 1000
_FEW = 100
"""When there are at most so few distinct texts in a sample, each is kept once."""
_WHITE = re.compile("\r\n|[\t\n]")
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,8})|#x([0-9a-fA-F]{1,7}));")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a piece that are components'.

    Attributes:
        names: the number of the component's name for each.
        known: the names.
        views: the texts, as string views.
        content: the bytes that the views of long texts point into.
        long, special: the names that have long values, and those with entities, line ends or tabs in values.
    """

    names: Numbers
    known: list[str]
    views: Any
    content: Any
    long: frozenset[int]
    special: frozenset[int]

    @classmethod
    def of(cls, cut: Cut, names: Numbers, known: list[str], at: Numbers | None = None) -> Values:
        """Return the values of these numbers in the piece, all without `at`, with the number of each one's name."""
        starts = cut.starts if at is None else cut.starts[at]
        lengths = cut.lengths if at is None else cut.lengths[at]
        long = np.flatnonzero(lengths > INLINE)
        special = np.concatenate((cut.entities, cut.white))
        own = special if at is None else np.searchsorted(at, special)

        def named(values: Numbers) -> frozenset[int]:
            return frozenset(np.flatnonzero(np.bincount(names[values])).tolist()) if len(values) else frozenset()

        content = pa.py_buffer(cut.content.data)
        return cls(names, known, views(cut.content.words, starts, lengths, long), content, named(long), named(own))

    def column(self, name: int, index: Numbers, rows: Numbers | None, height: int) -> Any:
        """Return values as an Arrow array of texts.

        Args:
            name: the number of their name.
            index: their numbers.
            rows: the rows that they belong to, the others are null; None: all rows.
            height: how many rows there are.

        Raises:
            Odd: there is a reference that is none of XML.
        """
        views, valid = self.views[index], None
        if rows is not None:
            own, views = views, np.zeros(height, views.dtype)
            views[rows] = own
            there = np.zeros(height, np.bool_)
            there[rows] = True
            valid = pa.py_buffer(np.packbits(there, bitorder="little"))
        further = [self.content] if name in self.long else []
        array = pa.Array.from_buffers(pa.string_view(), height, [valid, pa.py_buffer(views), *further])
        special = name in self.special
        if special or (further and len(array[:_SAMPLE].unique()) <= _FEW):
            return _each_once(array, valid, resolve=special)
        # a copy of long texts: the views would keep the whole piece
        return pc.cast(array, pa.string()) if further else array


def _each_once(array: Any, valid: Any, *, resolve: bool) -> Any:
    """Return the same texts, each kept once, with references and white space resolved."""
    encoded = array.dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    if resolve:
        distinct = [_text(_WHITE.sub(" ", text)) for text in distinct]
    kept = pa.array([*distinct, ""], pa.string_view())
    _, views, *texts = kept.buffers()
    index = pc.fill_null(encoded.indices, len(distinct)).to_numpy()
    own = np.frombuffer(views, "V16")[: len(kept)][index]
    return pa.Array.from_buffers(pa.string_view(), len(array), [valid, pa.py_buffer(own), *texts])


def _text(text: str) -> str:
    if "&" not in text:
        return text
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
