"""Frames to SDMX-CSV data messages, 1.0 and 2.0.

Standard: the field guides of SDMX-CSV 1.0 and 2.0, and RFC 4180: comma, quotes where needed, CRLF at the end of each
line. 1.0 has the column DATAFLOW, 2.0 has STRUCTURE, STRUCTURE_ID and ACTION; the components follow in the order of
the structure.

Exact: a text that a spreadsheet would take for a formula (`=1+1`) is written as it is, because a message must be
read back as it was sent; `warehouse.export.table` is for spreadsheets. What CSV cannot say: an empty text and an
absent value are the same empty cell; 1.0 has no action, so rows that delete are refused; and data sets are told apart
by their action alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Literal

import polars as pl

from metadata.errors import SdgError
from warehouse.export.header import Frames, MessageHeader, Parts, batches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metadata.structure import Component

Version = Literal["1.0", "2.0"]

ACTIONS = {"Append": "A", "Replace": "R", "Delete": "D", "Information": "I"}
"""The letters of SDMX-CSV 2.0, "Column content"."""


def write_sdmx_csv(
    frames: Frames,
    header: MessageHeader,
    components: Sequence[Component],
    stream: BinaryIO,
    *,
    version: Version = "2.0",
    told: Callable[[int], None] | None = None,
) -> int:
    """Write an SDMX-CSV data message, and return the number of rows.

    The columns are all components of the structure, also those without a value, so that the heading does not depend
    on the rows (field guide, "Columns").

    Args:
        frames: a read frame, or batches of one.
        header: its structure and action are written; CSV has no place for sender and time.
        components: the components of the structure, in its order.
        stream: written to, in pieces.
        version: of SDMX-CSV.
        told: called with the number of rows written so far.

    Raises:
        SdgError: an action that the version does not have, a column that is no component or no text, or a NUL.
    """
    parts = Parts.of(components)
    ids = [one.id for one in components]
    fixed = ["DATAFLOW"] if version == "1.0" else ["STRUCTURE", "STRUCTURE_ID", "ACTION"]
    stream.write(",".join([*fixed, *ids]).encode() + b"\r\n")
    rows = 0
    for batch in batches(frames, parts, header):
        action = _letter(batch["_action"][0], version)
        first = [header.structure.kind, str(header.structure), action] if version == "2.0" else [str(header.structure)]
        table = batch.select(
            *(pl.lit(text, pl.String).alias(name) for name, text in zip(fixed, first, strict=True)),
            *(pl.col(one.column).alias(one.id) for one in components),
        )
        _refuse_nul(batch, components)
        # an empty text would be written as "", which says no more than nothing
        table = table.with_columns(pl.col(pl.String).replace("", None))
        table.write_csv(stream, include_header=False, null_value="", quote_style="necessary", line_terminator="\r\n")
        rows += batch.height
        if told:
            told(rows)
    return rows


def _letter(action: str | None, version: Version) -> str | None:
    if version == "1.0":
        if action == "Delete":
            raise SdgError(
                "SDMX-CSV 1.0 has no action, so rows that delete would be read as data.",
                hint="Write SDMX-CSV 2.0.",
            )
        return None
    if action is not None and action not in ACTIONS:
        raise SdgError(f"SDMX-CSV 2.0 has no action {action}.", hint=f"It has {', '.join(ACTIONS)}.")
    return ACTIONS[action] if action else None


def _refuse_nul(batch: pl.DataFrame, components: Sequence[Component]) -> None:
    for one in components:
        if batch[one.column].str.contains("\0", literal=True).any():
            raise SdgError(
                f"{one.id} holds a NUL, which no text file may hold.", hint="Take it out of the text."
            )
