"""Texts in content as numbers: equal exactly where the bytes are, whatever the slots of the table say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.read import sdmx_ml_lexicon
from pipelines.read.sdmx_ml_lexicon import LONGEST, MAX_TEXTS, Content, Irregular, Lexicon


def numbered(lexicon: Lexicon, texts: list[bytes]) -> list[bytes]:
    """Return for each text the one that its number stands for."""
    lengths = np.array([len(text) for text in texts], np.int64)
    starts = np.cumsum(lengths) - lengths
    numbers, known = lexicon.numbers(Content(b"".join(texts)), starts, lengths)
    return [known[number] for number in numbers]


@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"", b"\0", b"a" * 8, b"a" * 9, b"a" * 17]), max_size=60))
@settings(max_examples=300, deadline=None)
def test_a_number_stands_for_its_text(texts: list[bytes]) -> None:
    lexicon = Lexicon()
    assert numbered(lexicon, texts) == texts
    assert numbered(lexicon, texts[::-1]) == texts[::-1]


def test_texts_that_differ_in_one_place_only_are_told_apart() -> None:
    """Those with the same first and last eight bytes share a slot, so only one of them is met by it."""
    whole = bytes(range(60))
    texts = [whole, *(whole[:at] + b"\xff" + whole[at + 1 :] for at in range(60)), *(whole[:at] for at in range(60))]
    lexicon = Lexicon()
    assert numbered(lexicon, texts * 30) == texts * 30
    assert numbered(lexicon, texts) == texts


def test_a_table_of_one_slot_is_slow_and_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdmx_ml_lexicon, "_slots", lambda first, _last, _lengths: np.zeros(len(first), np.int64))
    texts = [b"text %d" % (n % 7) for n in range(3000)]
    lexicon = Lexicon()
    assert numbered(lexicon, texts) == texts
    assert numbered(lexicon, texts) == texts


def test_too_many_or_too_long_texts_are_irregular() -> None:
    assert numbered(Lexicon(), [b"%d" % n for n in range(MAX_TEXTS)])
    with pytest.raises(Irregular):
        numbered(Lexicon(), [b"%d" % n for n in range(MAX_TEXTS + 1)])
    assert numbered(Lexicon(), [b"x" * LONGEST])
    with pytest.raises(Irregular):
        numbered(Lexicon(), [b"x" * (LONGEST + 1)])


def test_threads_agree_on_the_numbers() -> None:
    lexicon = Lexicon()
    pieces = [[b"%d of %d" % (n % (5 + piece), piece % 9) for n in range(400)] for piece in range(60)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda texts: numbered(lexicon, texts), pieces)) == pieces
    assert len(set(lexicon._known.texts)) == len(lexicon._known.texts)
