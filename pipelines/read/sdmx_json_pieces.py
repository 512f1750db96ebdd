r"""A large SDMX-JSON text in pieces: where the mass of its observations stands, and where it may be cut.

The mass are the objects `series` and `observations` directly in a data set, and large lists `values` of components.
The text is gone through once without decoding (`pipelines.read.sdmx_json_scan`). What comes out is the text without
its mass, small enough to be decoded as a whole, and for each object or list of the mass the places between two of its
members. Nothing is believed that was only seen here: every byte is decoded later, and where the marks that stand for
the mass do not turn up where data sets and components have it, the text is not cut.

Standard: RFC 8259 (JSON); SDMX-JSON data message field guide, `dataSets`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from pipelines.read.safety import MB, Source
from pipelines.read.sdmx_json_scan import Brackets, Scan

PIECES_FROM = 8 * MB
"""Smallest text that is read in pieces."""
PIECE = 4 * MB
"""Bytes of members that are decoded at a time, about."""
BLOCK = MB // 2
"""Bytes that are gone through at a time."""
LIST_FROM = MB
"""Smallest list of values that is mass."""
MARK = "\x01mass"
"""Name that stands in an object for its members; JSON texts have it escaped, and nobody has it at all."""

_MARKED = b'"\\u0001mass":%d'
_NAMED = re.compile(rb'(?<!\\)"(?:(series|observations)|values)"[ \t\r\n]*:[ \t\r\n]*\Z')
MAX_MASSES = 1000
"""Most objects and lists of mass; a text with more is not cut."""
_NAME_WITHIN = 200
"""Bytes before a bracket in which its name is looked for."""
_DEPTHS, _LIST_DEPTHS = (3, 4), (5, 6, 7)
"""Open brackets around the mass, and around lists of values: of an older message without `data`, and of others."""


@dataclass(slots=True)
class Mass:
    """The members of one object or list, in pieces: bytes from `begins[n]` to `begins[n + 1]`, the last to `end`.

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
        rest: the text, with a mark in place of each mass: `{"\u0001mass":0}`; of a list, as its only member.
        masses: the mass, by the number in the mark.
        whole: every bracket and every text is closed.
    """

    rest: bytearray = field(default_factory=bytearray)
    masses: list[Mass] = field(default_factory=list)
    whole: bool = False


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
        self._scan = Scan()
        self._begin = 0
        self._tail = b""
        self._depth = 0  # open brackets in what is gone through; 0 outside of any mass
        self._mass = Mass([])
        self._held: bytearray | None = None  # of a list that may be too small to be mass

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

    def _to_mass(self, block: bytes, brackets: Brackets, here: int, number: int) -> tuple[int, int]:
        """Keep what is before the next mass."""
        before = brackets.before[number:]
        opens = (brackets.behind[number:] > before) & np.isin(before, _DEPTHS + _LIST_DEPTHS)
        for one in (np.flatnonzero(opens) + number).tolist():
            at = int(brackets.at[one])
            named = self._named(block, at, int(brackets.before[one]))
            if named is None:
                continue
            self.found.rest += block[here : at + 1]
            self._mass, self._depth = Mass([self._begin + at + 1]), int(brackets.behind[one])
            if named[1]:
                self._add_mass(_MARKED)
            else:
                self._held = bytearray()
            return at + 1, one + 1
        self.found.rest += block[here:]
        return len(block), len(brackets.at) + 1

    def _named(self, block: bytes, at: int, depth: int) -> re.Match[bytes] | None:
        """Return the name of what begins at a bracket where that makes it mass."""
        before = block[max(at - _NAME_WITHIN, 0) : at]
        named = _NAMED.search(self._tail + before if at < _NAME_WITHIN else before)
        if named is None:
            return None
        bracket, depths = (b"{", _DEPTHS) if named[1] else (b"[", _LIST_DEPTHS)
        return named if block[at : at + 1] == bracket and depth in depths else None

    def _add_mass(self, mark: bytes) -> None:
        self.found.rest += mark % len(self.found.masses)
        self.found.masses.append(self._mass)

    def _through(self, block: bytes, brackets: Brackets, here: int, number: int) -> tuple[int, int]:
        """Go through the mass, as far as it is in this block, and cut it between members."""
        mass, ends = self._mass, np.flatnonzero(brackets.behind[number:] == self._depth - 1)
        last = number + int(ends[0]) if len(ends) else len(brackets.at)
        end = int(brackets.at[last]) if len(ends) else len(block)
        which = slice(number, last)
        of_member = (brackets.behind[which] == self._depth) & (brackets.before[which] > self._depth)
        cuts = brackets.at[which][of_member] + self._begin + 1
        while len(cuts := cuts[np.searchsorted(cuts, mass.begins[-1] + PIECE) :]):
            mass.begins.append(int(cuts[0]))
        if self._held is not None:
            self._held += block[here:end]
            if len(self._held) >= LIST_FROM:
                self._held = None
                self._add_mass(b"{" + _MARKED + b"}")
        if not len(ends):
            return end, last + 1
        mass.end, self._depth = self._begin + end, 0
        self.found.rest += self._held or b""
        self._held = None
        return end, last + 1
