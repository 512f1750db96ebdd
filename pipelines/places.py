"""Places in the source file: examples for findings, taken from the rows as they were received.

Every frame under judgement carries `_i`, the 0-based number of the row in the read frame; here a list of such
numbers becomes `Example`s: sheet, row, line, column, series key and the value as received, before mapping.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from metadata.findings import EXAMPLES_KEPT, Example, Finding
from metadata.words import Text, figure, listed, text

if TYPE_CHECKING:
    from metadata.structure import Structure
    from pipelines.check import Streamed
    from pipelines.read.message import Message

ROW = "_i"
"""Column with the 0-based number of the row in the read frame (UInt32)."""

PRIVATE = "_"
"""Columns that begin with this are ours and no part of the message."""


def numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the read frame with `_i`; unchanged when it is there already."""
    return frame if ROW in frame.columns else frame.with_row_index(ROW)


def components_in(frame: pl.DataFrame) -> list[str]:
    """Return the columns of a frame that came with the message, in its order."""
    return [column for column in frame.columns if not column.startswith(PRIVATE)]


def examples(
    received: pl.DataFrame,
    rows: pl.Series,
    structure: Structure,
    *,
    component: str | None = None,
    expected: str | Callable[[str | None], str | None] | None = None,
) -> tuple[Example, ...]:
    """Return the first places among the rows, in the order of the file.

    Args:
        received: the read frame, with `_i`.
        rows: values of `_i`.
        structure: names the dimensions of the series key.
        component: id of the component that is complained about; None for the row as a whole.
        expected: what was expected there, or a function of the value as received.
    """
    first = rows.bottom_k(EXAMPLES_KEPT).sort()
    chosen = received[first.cast(pl.UInt32).to_list()] if len(first) else received.head(0)
    found = []
    for row in chosen.iter_rows(named=True):
        value = row.get(component.lower()) if component else None
        found.append(
            Example(
                sheet=row["_sheet"],
                row=row["_row"],
                line=row["_line"],
                column=component,
                series_key=".".join(row.get(d.column) or "" for d in structure.dimensions),
                time_period=row.get(structure.time.column),
                value=value,
                expected=expected(value) if callable(expected) else expected,
            )
        )
    return tuple(found)


def located(findings: Iterable[Finding], message: Message | Streamed) -> list[Finding]:
    """Return the findings with the cell (workbooks) or the path (JSON) of each example.

    Only the examples are placed, which are few, so that a reader need not name a cell for every value.

    Args:
        findings: of one message.
        message: what was read; knows in which column a component stands, or where an observation is.
    """
    if not message.letters and message.path_of is None:
        return list(findings)
    return [replace(found, examples=tuple(_located(one, message) for one in found.examples)) for found in findings]


def _located(example: Example, message: Message | Streamed) -> Example:
    if example.row is None:
        return example
    if message.path_of is not None:
        # the number of the observation says nothing to a person, the path does
        return replace(example, row=None, path=message.path_of(example.row))
    letter = message.letters.get(example.sheet or "", {}).get((example.column or "").lower())
    return replace(example, cell=f"{letter}{example.row}") if letter else example


def named(values: pl.Series, limit: int = 3) -> Text:
    """Return the commonest values in words, the first one first where two are as common: `A, B, C and 4 more`."""
    counted = values.drop_nulls().alias("name").to_frame().group_by("name", maintain_order=True).len("count")
    counted = counted.sort("count", descending=True, maintain_order=True)
    names = [str(name) for name in counted["name"].head(limit)]
    more = counted.height - len(names)
    if not more:
        return listed(names)
    return text("{names} and {more} more", names=listed(names, "comma"), more=figure(more))
