"""Components in elements of their own (`Comp` of SDMX-ML 3.0), until their observation or series is handed on.

They come after the element that they belong to, whose attributes are in a frame by then. They wait as that does: in
memory while they are few, on disk when they are more (`pipelines.read.spool`), and are asked for part by part.
"""

from __future__ import annotations

import polars as pl

from pipelines.read.safety import MB
from pipelines.read.spool import Spool

BATCH = 50_000
"""Texts that are kept as Python objects before they become a frame; fewer where they are long."""
LONG = 16 * MB
"""Characters of them that are kept so."""


class Late:
    """The texts of one component, by the number of their element; numbers never fall."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._texts: list[str] = []
        self._length = 0
        self._frames = Spool()
        self._spans: list[tuple[int, int]] = []

    def add(self, number: int, text: str) -> None:
        """Add the text of an element."""
        self._numbers.append(number)
        self._texts.append(text)
        self._length += len(text)
        if len(self._numbers) >= BATCH or self._length >= LONG:
            self._flush()

    def _flush(self) -> None:
        if not self._numbers:
            return
        texts = pl.Series("text", self._texts, dtype=pl.String)
        self._frames.append(pl.DataFrame([pl.Series("number", self._numbers, dtype=pl.Int64), texts]))
        self._spans.append((self._numbers[0], self._numbers[-1]))
        self._numbers, self._texts, self._length = [], [], 0

    def between(self, begin: int, end: int) -> pl.Series:
        """Return the texts of the elements `begin` to before `end`, null for one without; the last of several."""
        self._flush()
        found = [
            self._frames[place].filter(pl.col("number").is_between(begin, end, closed="left"))
            for place, (first, last) in enumerate(self._spans)
            if first < end and last >= begin
        ]
        texts = pl.Series([None], dtype=pl.String).new_from_index(0, end - begin)
        own = pl.concat(found).unique("number", keep="last") if found else pl.DataFrame()
        return texts.scatter(own["number"] - begin, own["text"]) if own.height else texts

    def close(self) -> None:
        """Forget all texts, and remove what waits on disk."""
        self._frames.close()
        self._spans.clear()
