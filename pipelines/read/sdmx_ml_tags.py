r"""What stands between attribute values: the tags of a data set, each distinct text of them parsed once.

The bulk reader cuts content at its quotation marks into values and what is between them. In a regular export there
are a few dozen distinct texts between values, whatever its size: `"/>\n<Obs TIME_PERIOD="`, `" OBS_VALUE="`. Each is
parsed here by XML's own grammar (names, white space, tags that must match), from every state that it may be met in;
whatever this grammar does not know, a comment, a CDATA section, a text, a quotation by apostrophes, another element,
is not read in bulk. So what is read in bulk is well-formed, by construction.

Standard: XML 1.0 productions 3, 5, 10, 40 to 44; SDMX 2.1 and 3.0 `SDMXDataStructureSpecific.xsd`,
SDMX 2.1 `SDMXDataGeneric*.xsd`, SDMX 2.0 `SDMXCompactData.xsd`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

Path = tuple[bytes, ...]
"""The names, with prefix, of the open elements below the data set."""
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.signedinteger[Any]]

MAX_PATHS = 40
"""Distinct paths that one document opens."""
UNKNOWN = -1

_NAME = rb"[A-Za-z_][\w.\-]*(?::[A-Za-z_][\w.\-]*)?"
_S = rb"[ \t\r\n]*"
_NEXT = re.compile(rb'"[ \t\r\n]+(%b)%b=%b"' % (_NAME, _S, _S))
_CLOSE = re.compile(rb'"%b(/?)>' % _S)
_TAG = re.compile(
    rb'%b(?:</(?P<end>%b)%b>|<(?P<bare>%b)%b(?P<empty>/?)>|<(?P<open>%b)[ \t\r\n]+(?P<first>%b)%b=%b"\Z)'
    % (_S, _NAME, _S, _NAME, _S, _NAME, _NAME, _S, _S)
)
_BLANK = re.compile(_S)

_SPECIFIC = (("Series",), ("Series", "Obs"), ("Obs",))
_OBS = (("ObsValue",), ("Attributes",), ("Attributes", "Value"))
_GENERIC = (
    ("Series",), ("Series", "SeriesKey"), ("Series", "SeriesKey", "Value"), ("Series", "Attributes"),
    ("Series", "Attributes", "Value"), ("Series", "Obs"), ("Series", "Obs", "ObsDimension"),
    *(("Series", "Obs", *rest) for rest in _OBS), ("Obs",), ("Obs", "ObsKey"), ("Obs", "ObsKey", "Value"),
    *(("Obs", *rest) for rest in _OBS),
)


def local(name: bytes) -> str:
    """Return a name without its prefix."""
    return name.rpartition(b":")[2].decode("ascii")


@dataclass(frozen=True, slots=True)
class Step:
    """What one text between values does, from one path.

    Attributes:
        path: the open elements behind it.
        series, obs: bytes from the begin of a Series' or Obs' tag to the end of the text; 0: none begins.
    """

    path: Path
    series: int
    obs: int


@dataclass(frozen=True, slots=True)
class Tags:
    """What the distinct texts between values mean, as arrays by the number of the text.

    Attributes:
        known: False for a text that is left to expat; what else is said of it means nothing.
        names: the names of attributes, in the order of their first appearance.
        attribute: the number of the attribute's name whose value follows.
        changes: True where a tag ends and another begins.
        fixed: the path behind the text where it is the same for every path before; UNKNOWN where the text leaves
            the path as it was.
        after: by text and path before (last: outside of all), the path behind; UNKNOWN where it may not stand.
        series, obs: as in `Step`.
        series_lines, obs_lines: line ends in these bytes.
        less, white, lines: how many `<`, line ends and tabs, and line ends the text has.
        paths: the local names of each path.
    """

    known: Flags
    names: list[str]
    attribute: Numbers
    changes: Flags
    fixed: Numbers
    after: Numbers
    series: Numbers
    obs: Numbers
    series_lines: Numbers
    obs_lines: Numbers
    less: Numbers
    white: Numbers
    lines: Numbers
    paths: list[tuple[str, ...]]


class Grammar:
    """The grammar of one data set's content, which begins with `Series` or with `Obs`. For several threads.

    Args:
        generic: components are named in elements (2.1 generic), not in attributes.
        outer: local name of the elements directly in the data set; others are not known.
    """

    def __init__(self, outer: str, *, generic: bool) -> None:
        self._allowed = {path for path in (_GENERIC if generic else _SPECIFIC) if path[0] == outer}
        self._paths: dict[Path, int] = {}
        self._steps: dict[tuple[bytes, Path], Step | None] = {}
        self._tags: Tags | None = None
        self._lock = Lock()

    def tags(self, texts: Sequence[bytes]) -> Tags:
        """Return what the texts mean; the texts of the call before are the first of these."""
        with self._lock:
            if self._tags is None or len(self._tags.known) < len(texts):
                self._tags = self._new_tags(texts)
            return self._tags

    def _new_tags(self, texts: Sequence[bytes]) -> Tags:
        known = np.array(self._learn(texts), np.bool_)
        names: dict[str, int] = {}
        attribute = [
            names.setdefault(_attribute(text), len(names)) if good else UNKNOWN
            for text, good in zip(texts, known, strict=True)
        ]
        outside = len(self._paths)
        after = np.full((len(texts), outside + 1), UNKNOWN)
        fixed, series, obs = (np.full(len(texts), start) for start in (UNKNOWN, 0, 0))
        changes = np.array([_NEXT.fullmatch(text) is None for text in texts])
        for number in np.flatnonzero(known & changes).tolist():
            for path, before in [*self._paths.items(), ((), outside)]:
                if step := self._step(texts[number], path):
                    after[number, before] = self._paths[step.path]
                    series[number], obs[number] = step.series, step.obs
            possible = after[number] != UNKNOWN
            behind = set(after[number][possible].tolist())
            if len(behind) == 1:
                fixed[number] = behind.pop()
            elif (after[number] != np.arange(outside + 1))[possible].any() or not behind:
                known[number] = False
        paths = [tuple(local(name) for name in path) for path in self._paths]

        def count(characters: bytes, back: Numbers | None = None) -> Numbers:
            """Count characters in the texts, or in so many of the last bytes of each."""
            from_ = np.zeros(len(texts), int) if back is None else np.array([len(text) for text in texts]) - back
            lasts = [text[at:] for text, at in zip(texts, from_, strict=True)]
            return np.array([sum(text.count(one) for one in characters) for text in lasts])

        return Tags(
            known, list(names), np.array(attribute), changes, fixed, after, series, obs, count(b"\n", series),
            count(b"\n", obs), count(b"<"), count(b"\t\r\n"), count(b"\n"), paths,
        )  # fmt: skip

    def ends(self, text: bytes, path: int) -> bool:
        """Return whether the text behind the last value closes all that is open."""
        with self._lock:
            return _walk(text, list(self._paths)[path], self._allowed, last=True) is not None

    def _learn(self, texts: Sequence[bytes]) -> list[bool]:
        """Find every path that the texts can open, and return which texts may stand somewhere."""
        found = [_NEXT.fullmatch(text) is not None for text in texts]
        waiting: list[Path] = [(), *self._paths]
        seen = set(waiting)
        while waiting and len(self._paths) <= MAX_PATHS:
            path = waiting.pop(0)
            for number, text in enumerate(texts):
                step = self._step(text, path)
                found[number] = found[number] or step is not None
                if step and step.path not in seen:
                    seen.add(step.path)
                    waiting.append(step.path)
                    self._paths[step.path] = len(self._paths)
        return found if len(self._paths) <= MAX_PATHS else [False] * len(texts)

    def _step(self, text: bytes, path: Path) -> Step | None:
        if (text, path) not in self._steps:
            self._steps[text, path] = _walk(text, path, self._allowed, last=False)
        return self._steps[text, path]


def _attribute(text: bytes) -> str:
    """Return the name of the attribute whose value follows a text that the grammar knows."""
    return re.split(rb"[ \t\r\n]", text.rstrip(b'"').rstrip(b" \t\r\n").removesuffix(b"=").rstrip())[-1].decode()


def _walk(text: bytes, path: Path, allowed: set[tuple[str, ...]], *, last: bool) -> Step | None:
    """Follow the tags in a text; None where XML or the format does not allow them from this path."""
    open_, at = list(path), 0
    if path:
        closed = _CLOSE.match(text)
        if closed is None:
            return None
        at = closed.end()
        if closed[1]:
            open_.pop()
    begun = {"Series": 0, "Obs": 0}
    while tag := _TAG.match(text, at):
        at = tag.end()
        if tag["end"]:
            if not open_ or open_.pop() != tag["end"] or begun.get(local(tag["end"])):
                return None  # not the one that is open, or one without any value
        elif not _opens(tag, open_, begun, allowed):
            return None
        if tag["open"]:
            return None if last else Step(tuple(open_), begun["Series"], begun["Obs"])
    ends = last and not open_ and not any(begun.values()) and _BLANK.fullmatch(text, at)
    return Step((), 0, 0) if ends else None


def _opens(tag: re.Match[bytes], open_: list[bytes], begun: dict[str, int], allowed: set[tuple[str, ...]]) -> bool:
    """Take a tag that begins an element; False where it may not stand."""
    raw = tag["open"] or tag["bare"]
    name = local(raw)
    open_.append(raw)
    if tuple(local(one) for one in open_) not in allowed:
        return False
    if name in begun:
        if begun[name] or tag["empty"]:
            return False  # the one before, or this one, is without any value
        begun[name] = len(tag.string) - tag.string.index(b"<", tag.start())
    if tag["empty"]:
        open_.pop()
    return True
