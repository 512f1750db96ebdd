"""The two maps of an Open SDG platform: headings to components, and texts of cells to codes.

An office keeps them for its platform's SDMX output (sdg-build): a table `Text,Value` ("Sex,SEX") and a table
`Text,Dimension,Value` ("Male,SEX,M"). Here they are read, with the line of every entry, and refused where they say
two things of one text. How a table is read by them is in `pipelines.read.open_sdg`; that a provider names them, and
what must be true of the components in them, in `pipelines.provider_maps`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from metadata.errors import UnreadableFile
from metadata.words import text
from pipelines.read.delimited import DELIMITERS, Text, column_names, open_text
from pipelines.read.safety import Source

_HINT = text("Name the platform's CSV of one indicator; its first row holds Year and Value.")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_@$\-]*")
COLUMNS = ("text", "value")
CODES = ("text", "dimension", "value")


@dataclass(frozen=True)
class OpenSdgMaps:
    """What an office's two maps say.

    Attributes:
        components: heading in lower case, without surrounding space → column of the component.
        codes: column of the component → text of a cell as it stands → code.
    """

    components: dict[str, str]
    codes: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a map.

    Attributes:
        text: heading, or text of a cell, as it stands in the map.
        component: id of the component as it stands in the map, without surrounding space.
        code: what the text becomes; None in the map of headings.
        line: its line.
    """

    text: str
    component: str
    code: str | None
    line: int


def read_column_map(data: Path | bytes) -> list[Entry]:
    """Return the entries of a map of headings (CSV with the columns Text and Value).

    Raises:
        UnreadableFile: it is no such table, names no component, or gives a heading two components; with the line.
    """
    table = _table(data, "column map")
    entries = [
        Entry(heading, _component(component, table, line), None, line)
        for (heading, component), line in _rows(table, COLUMNS)
    ]
    seen: dict[str, Entry] = {}
    for entry in entries:
        first = seen.setdefault(_heading(entry.text), entry)
        if first.component.lower() != entry.component.lower():
            what = text("{text} is {second} here and {first} in line {line}.", text=entry.text,
                        second=entry.component, first=first.component, line=first.line)  # fmt: skip
            raise UnreadableFile(what, where=f"{table.name}:{entry.line}", hint=text("Keep one of the two."))
    return entries


def read_code_map(data: Path | bytes) -> list[Entry]:
    """Return the entries of a map of codes (CSV with the columns Text, Dimension and Value).

    Raises:
        UnreadableFile: it is no such table, names no component, or gives a text two codes; with the line.
    """
    table = _table(data, "code map")
    entries = [
        Entry(cell, _component(component, table, line), code, line)
        for (cell, component, code), line in _rows(table, CODES)
    ]
    seen: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        first = seen.setdefault((entry.component.lower(), entry.text), entry)
        if first.code != entry.code:
            what = text("{text} in {component} is {second} here and {first} in line {line}.", text=entry.text,
                        component=entry.component, second=entry.code, first=first.code, line=first.line)  # fmt: skip
            raise UnreadableFile(what, where=f"{table.name}:{entry.line}", hint=text("Keep one of the two."))
    return entries


def maps_of(columns: list[Entry], codes: list[Entry]) -> OpenSdgMaps:
    """Return the maps that these entries make."""
    by_component: dict[str, dict[str, str]] = {}
    for entry in codes:
        by_component.setdefault(entry.component.lower(), {})[entry.text] = entry.code or ""
    return OpenSdgMaps({_heading(entry.text): entry.component.lower() for entry in columns}, by_component)


def first_row(table: Text, needed: set[str], in_words: str) -> tuple[str, list[str], int]:
    """Return delimiter, cells and last line of the first row, which must have the headings `needed` (lower case).

    Raises:
        UnreadableFile: it has not.
    """
    for delimiter in DELIMITERS:
        records = table.records(delimiter)
        if records and {cell.strip().lower() for cell in records[0][0]} >= needed:
            return delimiter, records[0][0], records[0][1]
    what = text("The first row does not have the headings {headings}.", headings=in_words)
    raise UnreadableFile(what, where=f"{table.name}:1", hint=_HINT)


def _component(component: str, table: Text, line: int) -> str:
    found = component.strip()
    if not _ID.fullmatch(found):
        what = text("{component} is no id of a component.", component=found)
        hint = text("Name the component as in SDMX, such as SEX.")
        raise UnreadableFile(what, where=f"{table.name}:{line}", hint=hint)
    return found


def _heading(heading: str) -> str:
    return heading.strip().lower()


def _table(data: Path | bytes, name: str) -> Text:
    return open_text(Source.of(data, name if isinstance(data, bytes) else None))


def _rows(table: Text, needed: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the needed cells of every row, and its line; a row with an empty one is no rule."""
    from pipelines.read.arrow_texts import in_polars
    from pipelines.read.columns import named
    from pipelines.read.delimited_blocks import Grid
    from pipelines.read.delimited_rows import read_cells

    titles = " and ".join((", ".join(title.title() for title in needed[:-1]), needed[-1].title()))
    delimiter, headings, line = first_row(table, set(needed), titles)
    columns = column_names(headings, table.name, line)
    cells = read_cells(table, Grid(delimiter, len(headings), 1, line))
    frame = in_polars(named(cells.table, columns, table.name, line)).select(needed)
    for values, at in zip(frame.iter_rows(), cells.lines.tolist(), strict=True):
        if None not in values:
            yield values, at
