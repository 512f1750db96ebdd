r"""A large SDMX-JSON text in pieces: where the mass of its observations stands, and where it may be cut.

The mass are the objects `series` and `observations` directly in a data set. The text is gone through once without
decoding: quotation marks tell what is a text, brackets outside of texts tell how deep a place is, a block of bytes
at once. What comes out is the text without its mass, small enough to be decoded as a whole, and for each object of
the mass the places between two of its members. Nothing is believed that was only seen here: every byte is decoded
later, and where the marks that stand for the mass do not turn up where data sets have it, the text is not cut.

Standard: RFC 8259 (JSON); SDMX-JSON data message field guide, `dataSets`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.read.safety import MB, Source

PIECES_FROM = 8 * MB
"""Smallest text that is read in pieces."""
PIECE = 4 * MB
"""Bytes of members that are decoded at a time, about."""
BLOCK = 8 * MB
"""Bytes that are gone through at a time."""
MARK = "\x01mass"
"""Name that stands in an object for its members; JSON texts have it escaped, and nobody has it at all."""

_MARKED = b'"\\u0001mass":%d'
_NAMED = re.compile(rb'(?<!\\)"(?:series|observations)"[ \t\r\n]*:[ \t\r\n]*\Z')
MAX_MASSES = 1000
"""Most objects of mass, two a data set; a text with more is not cut."""
_NAME_WITHIN = 200
"""Bytes before a bracket in which its name is looked for."""
_DEPTHS = (3, 4)
"""Open brackets around the mass: of an older message without `data`, and of others."""
_OPENS, _CLOSES = 1, 2
_KIND = np.zeros(256, np.uint8)
_KIND[[ord("{"), ord("[")]] = _OPENS
_KIND[[ord("}"), ord("]")]] = _CLOSES
_ALIKE, _LIKE_BRACKETS = 0xD9, 0x59
"""Bits that brackets have in common with `Y`, `y` and `_` only: two vector instructions find few candidates."""

Numbers = npt.NDArray[np.signedinteger[Any]]


@dataclass(slots=True)
class Mass:
    """The members of one object, in pieces: `begins[n]` to `begins[n + 1]`, the last to `end`; bytes of the text.

    A piece but the first begins behind the last byte of a member, with the comma.
    """

    begins: list[int]
    end: int = -1

    def pieces(self) -> list[tuple[int, int]]:
        """Return begin and end of each piece."""
        return list(zip(self.begins, [*self.begins[1:], self.end], strict=True))


@dataclass(slots=True)
class Outline:
    r"""A text without its mass.

    Attributes:
        rest: the text, with a mark in place of each mass: `{"\u0001mass":0}`.
        masses: the mass, by the number in the mark.
        whole: every bracket and every text is closed.
    """

    rest: bytearray = field(default_factory=bytearray)
    masses: list[Mass] = field(default_factory=list)
    whole: bool = False


@dataclass(frozen=True, slots=True)
class _Brackets:
    """The brackets of one block that are in no text: positions, and open brackets before and behind each."""

    at: Numbers
    before: Numbers
    behind: Numbers


def outline(source: Source, most: int) -> Outline | None:
    """Return the outline of a UTF-8 text; None when what is not mass is larger than `most` bytes, or too scattered."""
    outliner = _Outliner()
    with source.open() as stream:
        while block := stream.read(BLOCK):
            outliner.add(block)
            if len(outliner.found.rest) > most or len(outliner.found.masses) > MAX_MASSES:
                return None
    return outliner.finished()


class _Outliner:
    """Makes an outline, block by block."""

    def __init__(self) -> None:
        self.found = Outline()
        self._scan = _Scan()
        self._begin = 0
        self._tail = b""
        self._depth = 0  # open brackets in the mass that is gone through; 0 outside of any

    def add(self, block: bytes) -> None:
        """Take the next block of the text."""
        brackets = self._scan.brackets(block)
        here = number = 0  # what is before this byte, and before this bracket, is done
        while number <= len(brackets.at):
            step = self._through if self._depth else self._to_mass
            here, number = step(block, brackets, here, number)
        self._begin += len(block)
        self._tail = (self._tail + block[-_NAME_WITHIN:])[-_NAME_WITHIN:]

    def finished(self) -> Outline:
        """Return the outline at the end of the text."""
        self.found.whole = self._scan.closed()
        return self.found

    def _to_mass(self, block: bytes, brackets: _Brackets, here: int, number: int) -> tuple[int, int]:
        """Keep what is before the next mass."""
        opens = (brackets.behind[number:] > brackets.before[number:]) & np.isin(brackets.before[number:], _DEPTHS)
        for one in (np.flatnonzero(opens) + number).tolist():
            at = int(brackets.at[one])
            before = block[max(at - _NAME_WITHIN, 0) : at]
            before = self._tail + before if at < _NAME_WITHIN else before
            if block[at : at + 1] == b"{" and _NAMED.search(before):
                self.found.rest += block[here : at + 1] + _MARKED % len(self.found.masses)
                self.found.masses.append(Mass([self._begin + at + 1]))
                self._depth = int(brackets.behind[one])
                return at + 1, one + 1
        self.found.rest += block[here:]
        return len(block), len(brackets.at) + 1

    def _through(self, block: bytes, brackets: _Brackets, _here: int, number: int) -> tuple[int, int]:
        """Go through the mass, as far as it is in this block, and cut it between members."""
        mass, ends = self.found.masses[-1], np.flatnonzero(brackets.behind[number:] == self._depth - 1)
        last = number + int(ends[0]) if len(ends) else len(brackets.at)
        which = slice(number, last)
        of_member = (brackets.behind[which] == self._depth) & (brackets.before[which] > self._depth)
        cuts = brackets.at[which][of_member] + self._begin + 1
        while len(cuts := cuts[np.searchsorted(cuts, mass.begins[-1] + PIECE) :]):
            mass.begins.append(int(cuts[0]))
        if not len(ends):
            return len(block), last + 1
        mass.end, self._depth = self._begin + int(brackets.at[last]), 0
        return int(brackets.at[last]), last + 1


class _Scan:
    """What is known of the text before a block: in a text or not, how many brackets are open."""

    def __init__(self) -> None:
        self._in_text = False
        self._escapes = False
        self._depth = 0

    def closed(self) -> bool:
        """Return whether no text and no bracket is open."""
        return not self._in_text and not self._depth

    def brackets(self, block: bytes) -> _Brackets:
        """Return the brackets of the next block."""
        raw = np.frombuffer(block, np.uint8)
        quotes = np.flatnonzero(raw == ord('"'))
        if self._escapes or b"\\" in block:
            quotes = quotes[~self._escaped(raw)[quotes]]
        at = np.flatnonzero((raw & _ALIKE) == _LIKE_BRACKETS)
        at = at[_KIND[raw[at]] > 0]
        outside = (np.searchsorted(quotes, at) + self._in_text) % 2 == 0
        at = at[outside]
        steps = np.where(_KIND[raw[at]] == _OPENS, 1, -1)
        behind = self._depth + np.cumsum(steps)
        self._in_text ^= len(quotes) % 2 == 1
        self._depth = int(behind[-1]) if len(behind) else self._depth
        return _Brackets(at, behind - steps, behind)

    def _escaped(self, raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
        """Return for each byte whether an odd number of backslashes stands before it."""
        numbers = np.arange(len(raw))
        other = raw != ord("\\")
        # a backslash that is left over from the block before makes the first run one longer
        last = np.maximum.accumulate(np.where(other, numbers, -2 if self._escapes else -1))
        before = np.empty_like(last)
        before[0], before[1:] = -2 if self._escapes else -1, last[:-1]
        self._escapes = bool((numbers[-1] - last[-1]) % 2)
        escaped: npt.NDArray[np.bool_] = (numbers - 1 - before) % 2 == 1
        return escaped
