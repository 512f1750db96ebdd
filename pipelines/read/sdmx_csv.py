"""SDMX-CSV 1.0 and 2.0 data messages, with any delimiter and labels id, both or name.

Standard: SDMX-CSV 1.0 and 2.0 field guides. 1.0 begins with the column DATAFLOW; 2.0 with STRUCTURE (the
sub-field separator in brackets may follow), STRUCTURE_ID, and mostly ACTION. These columns become the header,
`_dataset` and `_action`; SERIES_KEY and OBS_KEY, which repeat the dimensions, are left out. With labels=both
a heading is `SEX: Sex` and a coded cell `F: Female`: the id is kept, of every value where there are several
(`ATTR[]`, `A: Name;B: Name`). With labels=name every component is followed by a column with names, which is left
out; custom columns are not, and are told apart by the components that the embedded structure knows. Cells of
multi-valued and multi-lingual attributes (`ATTR[]`, `ATTR[en;fr]`) are kept as they are otherwise, but for a separator
that is not `;` (`pipelines.read.sub_fields`); a nested attribute `CONTACT[].NAME[]` becomes the column `contact.name`.
The rows of the field guide's deletions are read as they are: a dimension left empty means all its values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from metadata.errors import UnreadableFile
from metadata.words import text
from pipelines.read.arrow_texts import Rows, Texts, in_arrow, in_polars, integers
from pipelines.read.columns import named, plain_action, plain_actions
from pipelines.read.delimited import DELIMITERS, Text, column_names
from pipelines.read.delimited_blocks import Grid
from pipelines.read.delimited_rows import Cells, stream_cells
from pipelines.read.message import PLACE_COLUMNS, Header, MessageStream, StructureRef, begun
from pipelines.read.sub_fields import Shape, in_semicolons, shape_of

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from metadata.findings import Finding

FORMAT_1 = "sdmx-csv-1.0"
FORMAT_2 = "sdmx-csv-2.0"

_STRUCTURE = re.compile(r"STRUCTURE(\[(.)\])?")
_COMPONENT = r"[A-Za-z][\w@$\-]*(?:\[[^\]]*\])?(?:\.[A-Za-z][\w@$\-]*(?:\[[^\]]*\])?)*"
_LABELLED = re.compile(rf"({_COMPONENT}): .+", re.DOTALL)
_BRACKETS = re.compile(r"\[[^\]]*\]")
_UNVERSIONED = re.compile(r"([A-Za-z][\w@$\-.]*):([\w@$\-]+)(?:: .*)?", re.DOTALL)
_ID = re.compile(r"[A-Za-z][\w@$\-.]*(\[\])?")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9_]*")
_CODE = r"[A-Za-z0-9_@$\-]+"
_CODE_AND_NAME = rf"^({_CODE}): [\s\S]+$"
_FIXED = {"dataflow", "structure", "structure_id", "structure_name", "action", "series_key", "obs_key"}


def find_sdmx_csv(source: Text) -> tuple[str, list[str], int] | None:
    """Return delimiter, headings and last line of the heading when the text is SDMX-CSV, else None.

    The heading is the first row, and the delimiter is what follows its first, fixed term.
    """
    for delimiter in DELIMITERS:
        records = source.records(delimiter)
        if not records or len(records[0][0]) < 2:
            continue
        headings = [heading.strip() for heading in records[0][0]]
        first = headings[0].upper()
        one = first == "DATAFLOW" or first.startswith("DATAFLOW: ")
        if one or (_STRUCTURE.fullmatch(first) and headings[1].upper() == "STRUCTURE_ID"):
            return delimiter, headings, records[0][1]
    return None


def open_sdmx_csv(source: Text) -> MessageStream:
    """Open the message in an SDMX-CSV text.

    The header's `dataset_actions` are complete when the parts are exhausted.

    Raises:
        UnreadableFile: a heading stands twice, or a row cannot be read; with the line.
    """
    found = find_sdmx_csv(source)
    if found is None:
        what = text("This text is not SDMX-CSV.")
        hint = text("Its first heading must be DATAFLOW or STRUCTURE.")
        raise UnreadableFile(what, where=source.name, hint=hint)
    delimiter, headings, line = found
    version_2 = headings[0].upper().startswith("STRUCTURE")
    ids, labelled = _ids(headings)
    separator = _separator(headings[0])
    several = frozenset(i.lower() for i, heading in zip(ids, headings, strict=True) if _is_several(heading))
    shapes = _shapes(ids, headings, separator)
    left_out = _name_columns(ids, source.name, line)
    columns = column_names([i for n, i in enumerate(ids) if n not in left_out], source.name, line)
    kept = [str(n) for n in range(len(headings)) if n not in left_out]
    grid = Grid(delimiter, len(headings), 1, line)

    def tables(*, again: bool = False) -> Iterator[tuple[Cells, pa.Table]]:
        for cells in stream_cells(source, grid, on_bytes=not again):
            yield cells, named(cells.table.select(kept), columns, source.name, line)

    labelled = [c for c in labelled if c in columns]
    with_names = _with_names(labelled, lambda: (in_polars(table) for _, table in tables(again=True)))
    identity = _Identity(version_2, {c: str(n) for n, c in zip(kept, columns, strict=False)})
    notes = [source.note] if source.note else []

    def parts() -> Iterator[Rows]:
        for cells, table in tables():
            placed = identity.of(table, cells)
            inside = {c: shape for c, shape in shapes.items() if c in placed.column_names}
            if with_names or inside:
                coded = _without_names(in_polars(placed), with_names, several, separator)
                yield coded.with_columns(in_semicolons(coded[c], shape) for c, shape in inside.items())
            else:
                yield placed
            stream.header = identity.header()
        notes.extend(identity.notes())

    stream = MessageStream(FORMAT_2 if version_2 else FORMAT_1, Header(), iter(()), notes)
    every = parts()
    first = next(every)
    stream.header, stream.parts = identity.header(), begun(first, every)
    return stream


def _ids(headings: list[str]) -> tuple[list[str], list[str]]:
    """Return the component id of every heading, and the columns whose heading has the form `ID: Name`."""
    ids, labelled = [], []
    for position, heading in enumerate(headings):
        match = _LABELLED.fullmatch(heading) if position else None
        plain = match[1] if match else heading.partition(":")[0] if not position else heading
        languages = plain.endswith("]") and not plain.endswith("[]")
        plain = _BRACKETS.sub("", plain) if re.fullmatch(_COMPONENT, plain) else plain
        ids.append(plain)
        if match and not languages:
            labelled.append(plain.lower())
    return ids, labelled


def _is_several(heading: str) -> bool:
    """Say whether a heading is that of several values, `ATTR[]` or `ATTR[]: Name`."""
    return re.match(rf"{_COMPONENT}(?<=\[\])(?:: |$)", heading) is not None


def _shapes(ids: list[str], headings: list[str], separator: str) -> dict[str, Shape]:
    """Return what the cells of the columns hold whose separator must become `;`."""
    told = ((i.lower(), re.match(rf"({_COMPONENT})(?:: |$)", one)) for i, one in zip(ids, headings, strict=True))
    return {column: shape for column, match in told if match and (shape := shape_of(match[1], separator))}


def _separator(first: str) -> str:
    """Return what separates the values of one cell: `;` where the first heading names nothing else."""
    match = _STRUCTURE.fullmatch(first.upper())
    return first[match.start(2)] if match and match[2] else ";"


def _reference(text: str) -> StructureRef | None:
    """Return the structure that a cell names; since SDMX 3.0.0 one without versions is `AGENCY:ID`."""
    unversioned = _UNVERSIONED.fullmatch(text)
    return StructureRef.parse(text) or (StructureRef(unversioned[1], unversioned[2], None) if unversioned else None)


def _name_columns(ids: list[str], name: str, line: int) -> frozenset[int]:
    """Return the positions of columns that hold names (labels=name): the one after each component.

    Custom columns, which any message may have, have none (field guide, "Column headers"). A heading that the embedded
    structure does not know is a component of the sender's where a name follows, and a custom column where a known
    component or nothing does.

    Raises:
        UnreadableFile: the columns can be paired in two ways, or a known component has no name behind it.
    """
    if len(ids) < 3 or ids[2].upper() != "STRUCTURE_NAME":
        return frozenset()
    from metadata.structure import load_structure

    known = {component.id for component in load_structure().components}
    at = next((n for n, i in enumerate(ids) if i.lower() not in _FIXED), len(ids))
    names = set[int]()
    while at < len(ids):
        here, then = ids[at], ids[at + 1] if at + 1 < len(ids) else None
        if then is not None and _is_name(here, then, known):
            names.add(at + 1)
            at += 2
        elif here not in known and (then is None or then in known):
            at += 1
        else:
            raise UnreadableFile(
                text("This SDMX-CSV has names in columns of their own (labels=name) that do not pair with the ids."),
                where=f"{name}:{line}", hint=text("Ask for labels=id."),
            )
    return frozenset(names)


def _is_name(component: str, heading: str, known: set[str]) -> bool:
    """Say whether a heading can only be the name of the component before it."""
    if heading.upper() == component.upper():
        return True
    if component in known:
        return heading not in known
    return _ID.fullmatch(component) is not None and heading not in known and not _CAPITALS.fullmatch(heading)


class _Identity:
    """What the columns say that name structure and action: the header, `_dataset` and `_action`.

    Args:
        version_2: of SDMX-CSV.
        positions: name of each column among the cells.
    """

    def __init__(self, version_2: bool, positions: Mapping[str, str]) -> None:
        self._reference = "structure_id" if version_2 else "dataflow"
        self._action = "action" if version_2 and "action" in positions else None
        self._positions = positions
        self._sets: dict[tuple[str | None, str | None], int] = {}
        self._texts = Texts()

    def of(self, table: pa.Table, cells: Cells) -> pa.Table:
        """Return the components of a part of the message, and the place columns."""
        components = [c for c in table.column_names if c not in _FIXED and not c.startswith("_")]
        data_sets, actions = self._sets_of(table, cells)
        placed = table.select(components)
        places = (self._texts.repeated(None, table.num_rows), integers(cells.rows), integers(cells.lines))
        for name, column in zip(PLACE_COLUMNS, (*places, data_sets, actions), strict=True):
            placed = placed.append_column(name, column)
        return placed

    def _sets_of(self, table: pa.Table, cells: Cells) -> tuple[Any, Any]:
        """Return the number of the data set and the action of every row.

        Data sets are numbered as their structures and actions come.
        """
        named_by = [self._positions[one] for one in (self._reference, self._action) if one]
        if all(position in cells.same for position in named_by):
            reference, *action = (cells.same[position] for position in named_by)
            plain = plain_action(action[0]) if action and action[0] is not None else None
            number = np.full(table.num_rows, self._number(reference, plain), np.int32)
            return integers(number), self._texts.repeated(plain, table.num_rows)
        import polars as pl

        frame = in_polars(table)
        none = pl.repeat(None, frame.height, dtype=pl.String, eager=True)
        actions = plain_actions(frame[self._action]) if self._action else none
        both = pl.DataFrame([frame[self._reference].alias("reference"), actions.alias("action")])
        sets = both.unique(maintain_order=True)
        numbers = pl.Series("number", [self._number(*pair) for pair in sets.iter_rows()], dtype=pl.Int32)
        of_rows = both.join(
            sets.with_columns(numbers), on=["reference", "action"], how="left", nulls_equal=True, maintain_order="left"
        )
        found = in_arrow(of_rows)
        return found["number"], found["action"]

    def _number(self, reference: str | None, action: str | None) -> int:
        return self._sets.setdefault((reference, action), len(self._sets))

    def _references(self) -> list[str]:
        return list(dict.fromkeys(reference for reference, _ in self._sets if reference))

    def header(self) -> Header:
        """Return the header, as far as the parts say."""
        references = self._references()
        return Header(
            structure=_reference(references[0]) if references else None,
            dataset_actions=tuple(action for _, action in self._sets),
        )

    def notes(self) -> list[Finding]:
        """Return what was noticed, when all parts were seen."""
        references = self._references()
        if len(references) < 2:
            return []
        from metadata.rules import finding

        return [finding("STRUCTURE-SEVERAL", places=1, count=len(references), structure=references[0])]


def _with_names(labelled: list[str], parts: Callable[[], Iterator[pl.DataFrame]]) -> list[str]:
    """Return the columns whose cells are `ID: name`, among those whose heading is.

    Uncoded components have such a heading too, and their texts may contain a colon: those that the embedded
    structure knows as uncoded are left alone, and others are changed only when every cell has the form, for
    which the text is gone through once more.
    """
    if not labelled:
        return []
    coded, uncoded = _coded()
    unknown = {column for column in labelled if column not in coded and column not in uncoded}
    filled = set[str]()
    for part in parts() if unknown else ():
        for column in sorted(unknown):
            values = part[column].drop_nulls()
            if not values.str.contains(_CODE_AND_NAME).all():
                unknown.remove(column)
            elif len(values):
                filled.add(column)
        if not unknown:
            break
    return [column for column in labelled if column in coded or column in unknown & filled]


def _without_names(frame: pl.DataFrame, columns: list[str], several: frozenset[str], separator: str) -> pl.DataFrame:
    """Take `: name` off the cells of these columns, off each value where there may be several."""
    if not columns:
        return frame
    from pipelines.compact import by_distinct

    cut = re.escape(separator)
    quoted, plain = rf'"({_CODE}): (?:[^"]|"")*"', rf"({_CODE}): [^{cut}]*"
    each = rf"(^|{cut})(?:{quoted}|{plain})"

    def ids(texts: pl.Expr, column: str) -> pl.Expr:
        if column in several:
            return texts.str.replace_all(each, "${1}${2}${3}")
        return texts.str.replace(_CODE_AND_NAME, "$1")

    return frame.with_columns(by_distinct(frame[c], partial(ids, column=c)).alias(c) for c in columns)


def _coded() -> tuple[frozenset[str], frozenset[str]]:
    """Return the columns of the coded and of the uncoded components of the embedded structure.

    The time dimension is with the coded ones: the field guide has `2014-01: 2014-01` in its example of labels=both,
    and no period contains a colon and a space.
    """
    from metadata.structure import load_structure

    components = load_structure().components
    coded = frozenset(one.column for one in components if one.codelist is not None or one.role == "time")
    return coded, frozenset(component.column for component in components) - coded
