"""SDMX-CSV 1.0 and 2.0 data messages, with any delimiter and labels id, both or name.

Standard: SDMX-CSV 1.0 and 2.0 field guides. 1.0 begins with the column DATAFLOW; 2.0 with STRUCTURE (the
sub-field separator in brackets may follow), STRUCTURE_ID, and mostly ACTION. These columns become the header,
`_dataset` and `_action`; SERIES_KEY and OBS_KEY, which repeat the dimensions, are left out. With labels=both
a heading is `SEX: Sex` and a coded cell `F: Female`: the id is kept. With labels=name every component is
followed by a column with names, which is left out. Cells of multi-valued attributes (`ATTR[]`) are kept as
they are.
"""

from __future__ import annotations

import re

import polars as pl

from metadata.errors import UnreadableFile
from metadata.findings import Finding
from metadata.rules import finding
from pipelines.read.delimited import DELIMITERS, Cells, Text, column_names, read_cells
from pipelines.read.message import ACTIONS, Header, Message, StructureRef
from pipelines.read.table import named

FORMAT_1 = "sdmx-csv-1.0"
FORMAT_2 = "sdmx-csv-2.0"

_STRUCTURE = re.compile(r"STRUCTURE(\[.\])?")
_LABELLED = re.compile(r"([A-Za-z][\w@$\-]*(?:\[\])?): .+", re.DOTALL)
_ID = re.compile(r"[A-Za-z][\w@$\-.]*(\[\])?")
_CODE_AND_NAME = r"^([A-Za-z0-9_@$\-]+): [\s\S]+$"
_FIXED = {"dataflow", "structure", "structure_id", "structure_name", "action", "series_key", "obs_key"}


def find_sdmx_csv(text: Text) -> tuple[str, list[str], int] | None:
    """Return delimiter, headings and last line of the heading when the text is SDMX-CSV, else None.

    The heading is the first row, and the delimiter is what follows its first, fixed term.
    """
    for delimiter in DELIMITERS:
        records = text.records(delimiter)
        if not records or len(records[0][0]) < 2:
            continue
        headings = [heading.strip() for heading in records[0][0]]
        first = headings[0].upper()
        one = first == "DATAFLOW" or first.startswith("DATAFLOW: ")
        if one or (_STRUCTURE.fullmatch(first) and headings[1].upper() == "STRUCTURE_ID"):
            return delimiter, headings, records[0][1]
    return None


def read_sdmx_csv(text: Text) -> Message:
    """Return the message in an SDMX-CSV text.

    Raises:
        UnreadableFile: a heading stands twice, or a row cannot be read; with the line.
    """
    found = find_sdmx_csv(text)
    if found is None:
        what = "This text is not SDMX-CSV."
        raise UnreadableFile(what, where=text.name, hint="Its first heading must be DATAFLOW or STRUCTURE.")
    delimiter, headings, line = found
    version_2 = headings[0].upper().startswith("STRUCTURE")
    ids, labelled = _ids(headings)
    left_out = _name_columns(ids, text.name, line)
    columns = column_names([i for n, i in enumerate(ids) if n not in left_out], text.name, line)
    cells = read_cells(text, delimiter, len(headings), 1, line)
    kept = cells.frame.select(str(n) for n in range(len(headings)) if n not in left_out)
    kept.columns = [str(n) for n in range(kept.width)]
    frame = named(kept, columns, text.name, line)
    frame, header, notes = _identified(frame, cells, version_2=version_2)
    frame = _without_names(frame, [column for column in labelled if column in frame.columns])
    all_notes = (text.note, *notes) if text.note else tuple(notes)
    return Message(FORMAT_2 if version_2 else FORMAT_1, header, frame, all_notes)


def _ids(headings: list[str]) -> tuple[list[str], list[str]]:
    """Return the component id of every heading, and the columns whose heading has the form `ID: Name`."""
    ids, labelled = [], []
    for position, heading in enumerate(headings):
        match = _LABELLED.fullmatch(heading) if position else None
        plain = match[1] if match else heading.partition(":")[0] if not position else heading
        plain = plain.partition("[")[0] if plain.endswith("]") else plain
        ids.append(plain)
        if match:
            labelled.append(plain.lower())
    return ids, labelled


def _name_columns(ids: list[str], name: str, line: int) -> frozenset[int]:
    """Return the positions of columns that hold names (labels=name): every second one behind STRUCTURE_NAME.

    Raises:
        UnreadableFile: the columns do not come in pairs, so that names cannot be told from custom columns.
    """
    if len(ids) < 3 or ids[2].upper() != "STRUCTURE_NAME":
        return frozenset()
    fixed = next((n for n, i in enumerate(ids) if i.lower() not in _FIXED), len(ids))
    if (len(ids) - fixed) % 2 or not all(_ID.fullmatch(i) for i in ids[fixed::2]):
        raise UnreadableFile(
            "This SDMX-CSV has names in columns of their own (labels=name) that do not pair with the ids.",
            where=f"{name}:{line}", hint="Ask for labels=id.",
        )
    return frozenset(range(fixed + 1, len(ids), 2))


def _identified(
    frame: pl.DataFrame, cells: Cells, *, version_2: bool
) -> tuple[pl.DataFrame, Header, list[Finding]]:
    """Turn the columns that name structure and action into the header, `_dataset` and `_action`."""
    reference = "structure_id" if version_2 else "dataflow"
    action = pl.lit(None, pl.String)
    if version_2 and "action" in frame.columns:
        upper = pl.col("action").str.strip_chars().str.to_uppercase()
        action = upper.replace_strict(ACTIONS, default=pl.col("action"), return_dtype=pl.String)
    frame = frame.with_columns(action.alias("_action"))
    sets = frame.select(reference, "_action").unique(maintain_order=True).with_row_index("_dataset")
    frame = frame.join(sets, on=[reference, "_action"], how="left", nulls_equal=True, maintain_order="left")
    references = [text for text in sets[reference].unique(maintain_order=True).to_list() if text]
    header = Header(
        structure=StructureRef.parse(references[0]) if references else None,
        dataset_actions=tuple(sets["_action"].to_list()),
    )
    notes = []
    if len(references) > 1:
        notes.append(
            finding("STRUCTURE-SEVERAL", places=1, count=len(references), structure=references[0])
        )
    components = [c for c in frame.columns if c not in _FIXED and not c.startswith("_")]
    return frame.select(
        *components,
        pl.lit(None, pl.String).alias("_sheet"),
        cells.rows.alias("_row"),
        cells.lines.alias("_line"),
        pl.col("_dataset").cast(pl.Int32),
        "_action",
    ), header, notes


def _without_names(frame: pl.DataFrame, labelled: list[str]) -> pl.DataFrame:
    """Take `: name` off the cells of coded columns under a heading of the form `ID: Name`.

    Uncoded components have such a heading too, and their texts may contain a colon: those that the embedded
    structure knows as uncoded are left alone, and others are changed only when every cell has the form.
    """
    if not labelled:
        return frame
    coded, uncoded = _coded()
    changed = []
    for column in labelled:
        values = frame[column].drop_nulls()
        whole = bool(values.len()) and bool(values.str.contains(_CODE_AND_NAME).all())
        if column in coded or (whole and column not in uncoded):
            changed.append(pl.col(column).str.replace(_CODE_AND_NAME, "$1"))
    return frame.with_columns(changed)


def _coded() -> tuple[frozenset[str], frozenset[str]]:
    """Return the columns of the coded and of the uncoded components of the embedded structure."""
    from metadata.structure import load_structure

    components = load_structure().components
    coded = frozenset(component.column for component in components if component.codelist is not None)
    return coded, frozenset(component.column for component in components) - coded
