"""Short texts that occur again and again in content, as numbers: one pass over millions, no Python object for any.

Between the values of a regular export stand a few dozen distinct texts. Each place is told by its first eight bytes,
its last eight and its length, which lead by a product to a slot of a table; what stands in the slot is compared with
the place byte by byte, so that a number is never guessed. New texts are learned on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.signedinteger[Any]]
Words = npt.NDArray[np.uint64]

WORD = 8
MAX_TEXTS = 1000
"""Distinct texts; more are no regular export."""
LONGEST = 512
"""Bytes of one text; longer ones are none either, and would make the table large."""
_FEW = 500
"""Places that are learned from at first."""
_SLOTS = 16
"""Bits of a slot's number."""
_FACTORS = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
"""Odd, and without a pattern: 2^64 divided by the golden ratio; a prime of xxHash."""
_MASKS: Words = np.array([(1 << 8 * count) - 1 for count in range(WORD + 1)], np.uint64)
"""For a number of bytes, the bits of a word that they fill."""


class Irregular(Exception):
    """There are more distinct texts than `MAX_TEXTS`, or longer ones than `LONGEST`."""


class Content:
    """Bytes that are looked at a word at a time.

    Attributes:
        data: the bytes.
        raw: the same, as numbers.
        words: at each place the eight bytes from there on, the first in the lowest bits; zeros behind the end.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        padded = data + bytes(2 * WORD)
        self.raw: npt.NDArray[np.uint8] = np.frombuffer(padded, np.uint8)[: len(data)]
        self.words: Words = np.ndarray((len(data) + WORD,), "<u8", padded, strides=(1,))


@dataclass(frozen=True, slots=True)
class Known:
    """The texts that are known at one moment.

    Attributes:
        texts: by their numbers.
        slots: the number of the text in each slot, -1 in those that are free.
        lengths, first, last: of each text; last of all of none, which is like no text.
        middle: of each text the words from the second on, as far as the longest text goes.
    """

    texts: tuple[bytes, ...]
    slots: Numbers
    lengths: Numbers
    first: Words
    last: Words
    middle: Words

    @classmethod
    def of(cls, texts: tuple[bytes, ...]) -> Known:
        """Return what is to be known about texts; of two with one slot the first has it."""
        lengths = np.array([*(len(text) for text in texts), -1])
        width = max(int(lengths.max()) + WORD - 1, WORD) // WORD
        padded = b"".join(text.ljust(width * WORD, b"\0") for text in texts) + bytes(width * WORD)
        middle = np.frombuffer(padded, "<u8").reshape(-1, width)
        ends = [text[-WORD:] for text in (*texts, b"")]
        last = np.frombuffer(b"".join(end.ljust(WORD, b"\0") for end in ends), "<u8")
        slots = np.full(1 << _SLOTS, -1)
        places = _slots(middle[:-1, 0], last[:-1], lengths[:-1])
        slots[places[::-1]] = np.arange(len(texts))[::-1]
        return cls(texts, slots, lengths, middle[:, 0].copy(), last, middle[:, 1:])


class Lexicon:
    """Gives texts their numbers, from 0 in the order in which they are met. For several threads."""

    def __init__(self) -> None:
        self._known = Known.of(())
        self._lock = Lock()

    def numbers(self, content: Content, starts: Numbers, lengths: Numbers) -> tuple[Numbers, tuple[bytes, ...]]:
        """Return the number of the text at each place, and the texts.

        Raises:
            Irregular: there are more distinct ones, or longer ones, than the limits.
        """
        numbers, good = _met(content, starts, lengths, self._known)
        missed, few = np.flatnonzero(~good), _FEW
        while len(missed):
            # from a few at first: what is learned from them is then met like all that is known
            now, missed, few = missed[:few], missed[few:], few * 2
            with self._lock:
                numbers[now] = self._learned(content, starts[now], lengths[now])
            found, good = _met(content, starts[missed], lengths[missed], self._known)
            numbers[missed[good]] = found[good]
            missed = missed[~good]
        return numbers, self._known.texts

    def _learned(self, content: Content, starts: Numbers, lengths: Numbers) -> Numbers:
        """Return the numbers of texts that are not in their slots, be they new or not."""
        known = {text: number for number, text in enumerate(self._known.texts)}
        before = len(known)
        numbers = np.full(len(starts), -1)
        rest = np.arange(len(starts))
        if lengths.max() > LONGEST:
            raise Irregular
        while len(rest):
            start, length = int(starts[rest[0]]), int(lengths[rest[0]])
            text = content.data[start : start + length]
            own = _equal(content, text, starts[rest], lengths[rest])
            numbers[rest[own]] = known.setdefault(text, len(known))
            rest = rest[~own]
            if len(known) > MAX_TEXTS:
                raise Irregular
        if len(known) > before:
            self._known = Known.of(tuple(known))
        return numbers


def _met(content: Content, starts: Numbers, lengths: Numbers, known: Known) -> tuple[Numbers, Flags]:
    """Return the numbers that the slots say, and where they are right."""
    first = content.words[starts]
    last = content.words[starts + np.maximum(lengths - WORD, 0)]
    if lengths.min(initial=WORD) < WORD:
        mask = _MASKS[np.minimum(lengths, WORD)]
        first &= mask
        last &= mask
    numbers = known.slots[_slots(first, last, lengths)]
    good: Flags = known.first[numbers] == first
    good &= known.last[numbers] == last
    good &= known.lengths[numbers] == lengths
    _compare(content, starts, lengths, known, numbers, good)
    return numbers, good


def _slots(first: Words, last: Words, lengths: Numbers) -> Numbers:
    mixed = first * _FACTORS[0] + (last + lengths.view(np.uint64)) * _FACTORS[1]
    mixed >>= np.uint64(64 - _SLOTS)
    return mixed.view(np.int64)


def _compare(
    content: Content, starts: Numbers, lengths: Numbers, known: Known, numbers: Numbers, good: Flags
) -> None:
    """Mark those as not good whose words between the first and the last are others than those of the text."""
    longer = np.flatnonzero(good & (lengths > 2 * WORD))
    for column in range(known.middle.shape[1]):
        at = WORD * (column + 1)
        longer = longer[lengths[longer] > at + WORD]
        if not len(longer):
            return
        same = content.words[starts[longer] + at] == known.middle[numbers[longer], column]
        good[longer[~same]] = False


def _equal(content: Content, text: bytes, starts: Numbers, lengths: Numbers) -> Flags:
    """Return at which places the text stands."""
    same: Flags = lengths == len(text)
    for at in range(0, len(text), WORD):
        part = text[at : at + WORD]
        found = content.words[np.where(same, starts + at, 0)] & _MASKS[len(part)]
        same &= found == int.from_bytes(part, "little")
    return same
