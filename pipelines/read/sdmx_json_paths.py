"""Where the observations of an SDMX-JSON message stand in it: the path from the root, made when it is asked for.

A message has a million observations and a report names a few. So what is kept are the keys of the document while it
is in memory, or how to have them again (`pipelines.read.sdmx_json` reads a piece of a large message once more).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from metadata.errors import SdgError, UnreadableFile
from metadata.words import text

_AGAIN = text("Export the message again.")


@dataclass(frozen=True, slots=True)
class Place:
    """A path in the document, for sentences."""

    name: str
    path: str = ""

    def at(self, step: str | int) -> Place:
        """Return the path one step further."""
        if isinstance(step, int):
            return Place(self.name, f"{self.path}[{step}]")
        plain = step.isidentifier()
        return Place(self.name, f"{self.path}{'.' if self.path else ''}{step}" if plain else f'{self.path}["{step}"]')

    def refuse(self, what: str, hint: str = _AGAIN) -> NoReturn:
        """Raise the error for what is wrong here."""
        raise UnreadableFile(what, where=f"{self.name}, {self.path}" if self.path else self.name, hint=hint)

    def mapping(self, value: Any) -> dict[str, Any]:
        """Return `value`, which must be an object."""
        if not isinstance(value, dict):
            self.refuse(text("An object is expected here."))
        return value

    def array(self, value: Any) -> list[Any]:
        """Return `value`, which must be an array."""
        if not isinstance(value, list):
            self.refuse(text("An array is expected here."))
        return value


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows that follow each other under one place: their keys, and of series those of the series with their rows."""

    place: Place
    keys: list[str | None]
    series: list[str] | None = None
    ends: list[int] | None = None

    def path(self, position: int) -> str:
        """Return the path of a row, counted from 0 in this stretch."""
        here, key = self.place, self.keys[position]
        if self.series is not None and self.ends is not None:
            here = here.at(self.series[bisect_right(self.ends, position)])
            if key is None:
                return here.path
            here = here.at("observations")
        return here.at(str(key)).path


class Paths:
    """Where every observation of a message stands in it."""

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._stretches: list[Callable[[], Stretch]] = []

    def add(self, rows: int, stretch: Callable[[], Stretch]) -> None:
        """Go on with so many rows, whose places `stretch` gives."""
        self._ends.append(rows + (self._ends[-1] if self._ends else 0))
        self._stretches.append(stretch)

    def of(self, row: int) -> str:
        """Return the path of an observation by its number, from 1: `$.data.dataSets[0].observations["0:1"]`."""
        number = bisect_right(self._ends, row - 1)
        if number == len(self._ends):
            raise SdgError(f"The message has no observation {row}.")
        return f"$.{self._stretches[number]().path(row - 1 - (self._ends[number - 1] if number else 0))}"
