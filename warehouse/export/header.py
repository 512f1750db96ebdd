"""What every SDMX writer shares: the header of a message, the order of its components, data sets and series.

A writer takes a *read frame*: text columns named by component id in lower case, as the readers give them. The
columns `_dataset` and `_action` say which data set a row belongs to and what is to be done with it; other columns
that begin with an underscore say where a row stood, and are not written. Null is absent. An empty text is present
and empty; SDMX-CSV alone cannot tell the two apart.

Rows of one series come together in a message. A writer that is given one frame sees to that itself, in the order of
first appearance; one that is given batches expects them so, data set by data set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, Literal

import polars as pl

from metadata.errors import SdgError
from metadata.structure import nearest

if TYPE_CHECKING:
    from metadata.structure import Component, Structure

Kind = Literal["datastructure", "dataflow"]

URN = {
    "datastructure": "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure",
    "dataflow": "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """What a message says it follows.

    Attributes:
        agency: id of the maintenance agency, `IAEG-SDGs`.
        id: id of the structure or dataflow, `SDG`.
        version: its version, `1.14`.
        kind: whether it is a data structure or a dataflow.
    """

    agency: str
    id: str
    version: str
    kind: Kind = "datastructure"

    def __str__(self) -> str:
        """Return the short form, `IAEG-SDGs:SDG(1.14)`."""
        return f"{self.agency}:{self.id}({self.version})"

    @property
    def urn(self) -> str:
        """The URN, `urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=IAEG-SDGs:SDG(1.14)`."""
        return f"{URN[self.kind]}={self}"

    @classmethod
    def of(cls, structure: Structure) -> Reference:
        """Return the reference to a data structure."""
        return cls(structure.agency, structure.id, structure.version)


@dataclass(frozen=True, slots=True)
class MessageHeader:
    """What a message says about itself.

    Attributes:
        sender: id of the sender: letters, digits, `_ @ $ -`.
        structure: what the data follow.
        prepared: when the message was made; a moment without zone is taken as UTC.
        message_id: id of the message, of the same letters as the sender's.
        action: action of rows whose frame has no column `_action`.
        test: whether the message is a test.
    """

    sender: str
    structure: Reference
    prepared: datetime
    message_id: str = "SDG_EXPORT"
    action: str | None = "Information"
    test: bool = False

    @property
    def prepared_text(self) -> str:
        """The moment of preparation in UTC, to the second: `2026-05-01T09:30:00Z`."""
        moment = self.prepared if self.prepared.tzinfo else self.prepared.replace(tzinfo=UTC)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Parts:
    """The components of a structure that a message carries, by the place they take in it.

    Attributes:
        dimensions: all dimensions but time, in the structure's order.
        time: the time dimension; None where the structure has none.
        measures: the measures.
        of_series: attributes that belong to the series key.
        of_observation: attributes of the single observation.
    """

    dimensions: tuple[Component, ...]
    time: Component | None
    measures: tuple[Component, ...]
    of_series: tuple[Component, ...]
    of_observation: tuple[Component, ...]

    @classmethod
    def of(cls, components: Sequence[Component]) -> Parts:
        """Sort a structure's components into their places."""
        return cls(
            tuple(one for one in components if one.role == "dimension"),
            next((one for one in components if one.role == "time"), None),
            tuple(one for one in components if one.role == "measure"),
            tuple(one for one in components if one.role == "attribute" and one.attachment == "series"),
            tuple(one for one in components if one.role == "attribute" and one.attachment != "series"),
        )

    @property
    def at_observation(self) -> tuple[Component, ...]:
        """Everything of the single observation: time, measures, then its attributes."""
        return (*((self.time,) if self.time else ()), *self.measures, *self.of_observation)

    @property
    def key(self) -> list[str]:
        """Columns of the series key."""
        return [one.column for one in self.dimensions]

    @property
    def all(self) -> tuple[Component, ...]:
        """Every component."""
        return (*self.dimensions, *self.at_observation, *self.of_series)


BATCH = 100_000
"""Rows whose text is put together at a time."""

Frames = pl.DataFrame | Iterable[pl.DataFrame]
"""One frame, or batches of one; a writer that goes through them twice needs something that can be."""


def batches(frames: Frames, parts: Parts, header: MessageHeader) -> Iterator[pl.DataFrame]:
    """Give the rows in batches that hold whole series, with every component as a text column.

    Each batch has one column a component, absent ones null, then `_dataset` (Int64) and `_action` (String), and
    belongs to one data set.

    Raises:
        SdgError: a column is no component of the structure, or is not text.
    """
    if isinstance(frames, pl.DataFrame):
        whole = together(_complete(frames, parts, header), ["_dataset", *parts.key])
        pieces: Iterable[pl.DataFrame] = whole.iter_slices(BATCH)
    else:
        pieces = (_complete(frame, parts, header) for frame in frames)
    kept: pl.DataFrame | None = None
    for piece in pieces:
        for _, part in piece.group_by("_dataset", maintain_order=True):
            joined = part
            if kept is not None:
                if kept["_dataset"][0] == part["_dataset"][0]:
                    joined = pl.concat([kept, part])
                else:
                    yield kept
            starts = run_starts(joined, parts.key).arg_true()
            last = int(starts[-1])
            if last:
                yield joined[:last]
            kept = joined[last:]
    if kept is not None:
        yield kept


def run_starts(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Return which rows differ from the row above in one of the columns; the first row does."""
    changed = pl.any_horizontal([pl.col(name).ne_missing(pl.col(name).shift()) for name in columns] or [pl.lit(False)])
    return frame.select((changed | (pl.int_range(pl.len()) == 0)).alias("_start")).to_series()


def together(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return the rows with equal values of the columns brought together, in the order of first appearance."""
    if int(run_starts(frame, columns).sum()) == frame.select(pl.struct(columns).n_unique()).item():
        return frame
    numbered = frame.with_row_index("_number")
    firsts = numbered.group_by(columns).agg(pl.col("_number").min().alias("_first"))
    return (
        numbered.join(firsts, on=list(columns), how="left", nulls_equal=True)
        .sort("_first", "_number")
        .drop("_first", "_number")
    )


def _complete(frame: pl.DataFrame, parts: Parts, header: MessageHeader) -> pl.DataFrame:
    known = [one.column for one in parts.all]
    for name, kind in frame.schema.items():
        if name.startswith("_"):
            continue
        if name not in known:
            close = ", ".join(nearest(name, known)) or ", ".join(known)
            raise SdgError(
                f"The column {name} is no component of {header.structure}, so no message can carry it.",
                hint=f"Nearest: {close}. Leave the column out, or give the structure that has it.",
            )
        if kind not in (pl.String, pl.Null):
            raise SdgError(
                f"The column {name} holds {kind}; a message is written from texts.",
                hint="Turn the numbers into the texts that shall be sent.",
            )
    columns = [
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(pl.String).alias(name) for name in known
    ]
    action = pl.col("_action") if "_action" in frame.columns else pl.lit(header.action)
    number = pl.col("_dataset") if "_dataset" in frame.columns else pl.lit(0)
    complete = frame.select(*columns, number.cast(pl.Int64).alias("_dataset"), action.cast(pl.String).alias("_action"))
    mixed = complete.group_by("_dataset").agg(pl.col("_action").n_unique().alias("n")).filter(pl.col("n") > 1)
    if mixed.height:
        raise SdgError(
            f"Data set {mixed['_dataset'].min()!s} has rows of several actions; a data set has one.",
            hint="Give the rows of each action a data set of their own (_dataset).",
        )
    return complete


def write_texts(texts: pl.Series, stream: BinaryIO) -> None:
    """Write texts one behind the other, as UTF-8, without making a Python object of any."""
    for chunk in texts.fill_null("").get_chunks():
        array = chunk.to_arrow(compat_level=pl.CompatLevel.oldest())
        if len(array):
            data, offsets = array.buffers()[2], array.buffers()[1]
            if data is not None:
                ends = memoryview(offsets).cast("q")
                stream.write(memoryview(data)[ends[array.offset] : ends[array.offset + len(array)]])
