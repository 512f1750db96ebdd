"""The values of SDMX-JSON as texts: entries of a component's list `values`, and cells that have a value in place.

Standard: SDMX-JSON data message field guide, "component value" (2.0: `id`, `value`, `values`; 1.0: `id`, `name`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipelines.read.arrow_texts import Texts, as_series
from pipelines.read.message import several

TEXT_NAMES = ("id", "value", "values", "name")
"""The members of an entry that may be its text: the first that it has, and is not null, is."""


@dataclass(frozen=True, slots=True)
class Component:
    """A dimension, measure or attribute: its column, the texts of its values, and what stands for none."""

    column: str
    texts: pl.Series | None
    default: str | None
    position: int


def texts_of(listed: list[Any]) -> pl.Series:
    """Return the texts of the entries of a list `values`, by their positions."""
    plain = [code if type(one) is dict and type(code := one.get("id")) is str else _value(one) for one in listed]
    return pl.Series(plain, dtype=pl.String)


def _value(one: Any) -> str | None:
    """Return the text of an entry of `values`: its id, else its value or values, else its name (1.0)."""
    if not isinstance(one, dict):
        return cell_text(one)
    return next((cell_text(one[key]) for key in TEXT_NAMES if one.get(key) is not None), None)


class Repeated:
    """Columns that say one thing, each kept once: most dimensions do, over thousands of rows. For several threads."""

    def __init__(self) -> None:
        self._texts = Texts()

    def gathered(self, texts: pl.Series, positions: pl.Series) -> pl.Series:
        """Return the texts at positions, which are there."""
        if len(texts) != 1 or positions.null_count():
            return texts.gather(positions)
        return as_series(self._texts.repeated(texts[0], len(positions)))


def cell_text(cell: Any) -> str | None:
    """Return a value as text: numbers are texts or whole already, several values in one cell."""
    if cell is None or type(cell) is str:
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, list):
        return several([cell_text(part) or "" for part in cell])
    if isinstance(cell, dict):
        return several([cell_text(part) or "" for part in cell.values()])
    return str(cell)
