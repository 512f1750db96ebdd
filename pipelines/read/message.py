"""What a reader returns: the observation frame, the header, and what was noticed while reading.

Here are the shapes only, and the few rules that every reader shares: which columns say where a row came from,
how a structure is named, how a time stamp of a header is understood. The readers themselves are beside this
module; the judgement of what was read is not here.

The frame has one String column a component that occurs, named by the component's id in lower case, and the
place columns of `PLACE_COLUMNS`. `_line` is where a text or an XML document has the observation; `_row` is the
row of a table, and in SDMX-JSON, which has no lines to speak of, the number of the observation in the message,
from 1. Absent is null; present but empty is an empty text in XML and JSON, and null in tables; nothing is
stripped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from metadata.findings import Finding
    from pipelines.read.arrow_texts import Rows

PLACE_COLUMNS: tuple[str, ...] = ("_sheet", "_row", "_line", "_dataset", "_action")
"""Columns that every read frame has, after the components: String, Int64, Int64, Int32, String."""

ACTIONS: dict[str, str] = {
    "A": "Append", "APPEND": "Append",
    "R": "Replace", "REPLACE": "Replace",
    "M": "Merge", "MERGE": "Merge",
    "D": "Delete", "DELETE": "Delete",
    "I": "Information", "INFORMATION": "Information",
}
"""The actions of SDMX 2.1 and 3.0 by every spelling that messages use (compared in upper case)."""

_URN = re.compile(r"(?:^|=)([A-Za-z][\w@$\-.]*):([\w@$\-]+)\(([^()]*)\)")
_OFFSET = re.compile(r"([+-]\d\d):?(\d\d)$")


@dataclass(frozen=True, slots=True)
class StructureRef:
    """The data structure (or dataflow) that a message says it follows.

    Attributes:
        agency: id of the maintenance agency, for example `KG_NSC`.
        id: id of the structure, for example `SDG`.
        version: its version; None when the message names none.
    """

    agency: str
    id: str
    version: str | None

    def __str__(self) -> str:
        """Return the short form, `KG_NSC:SDG(1.8)`; without brackets when no version is named."""
        return f"{self.agency}:{self.id}({self.version})" if self.version else f"{self.agency}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> StructureRef | None:
        """Return the reference in a short form or a URN (`…DataStructure=KG_NSC:SDG(1.8)…`), or None."""
        found = _URN.search(text)
        return cls(found[1], found[2], found[3] or None) if found else None


@dataclass(frozen=True, slots=True)
class Header:
    """What a message says about itself. Information only: real headers name a converter's vendor as sender.

    Attributes:
        sender: id of the sender.
        prepared: time of preparation, as received.
        prepared_at: the same, in UTC; None when it cannot be understood. A time without zone is taken as UTC.
        structure: the structure or dataflow of the first data set.
        test: True when the message says that it is a test.
        message_id: id of the message.
        template_version: version of our template that the file was made from; None for other files.
        template_indicators: numbers of the indicators that the template was made for.
        dataset_actions: the action of each data set, None where it has none.
    """

    sender: str | None = None
    prepared: str | None = None
    prepared_at: datetime | None = None
    structure: StructureRef | None = None
    test: bool = False
    message_id: str | None = None
    template_version: str | None = None
    template_indicators: tuple[str, ...] = ()
    dataset_actions: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One file or answer, read and not judged.

    Attributes:
        format: `sdmx-ml-2.1-structure-specific` (also 3.0, 3.1), `sdmx-ml-2.1-generic` (also 2.0),
            `sdmx-ml-2.0-compact`, `sdmx-json-1.0` (also 2.0, 2.1), `sdmx-csv-1.0`,
            `sdmx-csv-2.0`, `table-csv`, `table-excel`, `un-portal-csv`, `un-portal-excel`, `open-sdg-csv`.
        header: what the message says about itself.
        rows: the observations, as the reader made them: a frame of Polars or a table of Arrow; see this module's
            docstring. A message without observations has no rows.
        notes: findings that were noticed while reading, for example an unusual encoding.
        letters: of a workbook: sheet → column of the frame → letters of the column in the sheet.
        noted: of a workbook: rule of a note → sheet and cell of every place, up to a limit.
        path_of: of a JSON message: `_row` of an observation → its path from the root. Paths are made when they are
            asked for: a report names a few, a message has a million.
    """

    format: str
    header: Header
    rows: Rows
    notes: tuple[Finding, ...] = ()
    letters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    path_of: Callable[[int], str] | None = None
    noted: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)

    @property
    def frame(self) -> pl.DataFrame:
        """The observations as a frame of Polars."""
        from pipelines.read.arrow_texts import in_polars

        return in_polars(self.rows)

    @property
    def table(self) -> pa.Table:
        """The observations as a table of Arrow, with texts as `string_view`."""
        from pipelines.read.arrow_texts import in_arrow

        return in_arrow(self.rows)


@dataclass(slots=True)
class MessageStream:
    """One file or answer that is read batch by batch, so that its size is not the memory's.

    Attributes:
        format: as in `Message`.
        header: as in `Message`; in CSV, `dataset_actions` are complete once `parts` is exhausted.
        parts: rows in the order of the file, as the reader made them (`Message.rows`): one part at least, all with the
            same columns. A document that turns out damaged late raises `UnreadableFile` from here.
        notes: findings noticed while reading, complete once `parts` is exhausted.
        letters, path_of, noted: as in `Message`.
    """

    format: str
    header: Header
    parts: Iterator[Rows]
    notes: list[Finding] = field(default_factory=list)
    letters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    path_of: Callable[[int], str] | None = None
    noted: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, message: Message) -> MessageStream:
        """Return what was read as a whole as a stream of one batch."""
        return cls(
            message.format, message.header, iter([message.rows]), list(message.notes), message.letters,
            message.path_of, message.noted,
        )  # fmt: skip

    @property
    def batches(self) -> Iterator[pl.DataFrame]:
        """What is left of `parts`, as frames of Polars."""
        from pipelines.read.arrow_texts import in_polars

        return map(in_polars, self.parts)

    def close(self) -> None:
        """End the reading; what was read ahead is thrown away, and no thread is left. Twice is once."""
        if isinstance(self.parts, Generator):
            self.parts.close()

    def whole(self) -> Message:
        """Return all that is left of the stream as one message.

        Raises:
            UnreadableFile: the rest of the document is damaged.
        """
        from pipelines.read.arrow_texts import joined

        rows = joined(list(self.parts))
        return Message(self.format, self.header, rows, tuple(self.notes), self.letters, self.path_of, self.noted)


def begun(first: Rows, others: Iterator[Rows]) -> Iterator[Rows]:
    """Yield a part that was read to know the header, then the others; closing this closes them."""
    yield first
    yield from others


def parse_prepared(text: str | None) -> datetime | None:
    """Return the time stamp of a header in UTC, or None when the text is no time stamp.

    SDMX 2.1 allows a date or a date and time (`common:HeaderTimeType`); no zone is taken as UTC.
    """
    if not text or not text.strip():
        return None
    stamp = text.strip().replace("Z", "+00:00")
    try:
        parsed = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", stamp) if "T" in stamp else stamp)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def action_of(text: str | None) -> str | None:
    """Return the action in its initial form (`Delete`), or None when there is none.

    A text that is no SDMX action is returned as received: the reader does not judge it.
    """
    if text is None or not text.strip():
        return None
    return ACTIONS.get(text.strip().upper(), text)


def several(values: Sequence[str]) -> str:
    """Return the cell for the values of one component: joined by `;` as in SDMX-CSV 2.0, quoted where needed.

    A single value is left as it is; in several, those that contain `;` or `"` stand in quotation marks,
    doubled inside (SDMX-CSV 2.0 field guide, multi-valued components).
    """
    if len(values) == 1:
        return values[0]
    quoted = (value.replace('"', '""') for value in values)
    return ";".join(f'"{text}"' if ";" in text or '"' in text else text for text in quoted)
