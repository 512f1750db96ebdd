"""Checks of the delivery as a whole: is there anything, is it meant, does it have the right columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import polars as pl

from metadata.derive.pandera_schema import column_schema, missing_columns
from metadata.findings import Finding
from metadata.model_types import INDICATOR_NUMBER
from metadata.rules import finding
from metadata.structure import nearest
from metadata.words import figure, listed, text
from pipelines.checks.docket import Docket
from pipelines.checks.sets import LABEL
from pipelines.compact import as_text, distinct, having, keys
from pipelines.places import ROW, components_in, examples, named

if TYPE_CHECKING:
    from metadata.structure import Structure
    from pipelines.provider import Provider
    from pipelines.read.message import Header, StructureRef

KNOWN_ACTIONS = frozenset({"Append", "Replace", "Merge", "Delete", "Information"})

ENVELOPE = frozenset(
    {"dataflow", "structure", "structure_id", "structure_name", "action", "series_key", "obs_key", "keys"}
)
"""Columns of SDMX-CSV's own that say nothing about the observation."""


def refusals(header: Header, mapped: pl.DataFrame, structure: Structure) -> list[Finding]:
    """Return why the delivery must be refused; none when it may be judged row by row.

    Args:
        header: what the message says about itself.
        mapped: the message's frame after the code map, so that columns with a default are there.
        structure: whose columns are required.
    """
    found: list[Finding] = []
    if mapped.is_empty():
        found.append(finding("MESSAGE-EMPTY", places=1))
    if header.test:
        found.append(finding("MESSAGE-TEST", places=1))
    actions = sorted(distinct(mapped, "_action"))
    found += [finding("ACTION-UNKNOWN", places=1, action=a) for a in actions if a not in KNOWN_ACTIONS]
    if mapped.height:
        found += _missing(mapped, structure)
    return found


def _missing(mapped: pl.DataFrame, structure: Structure) -> Iterator[Finding]:
    components = {component.column: component for component in structure.components}
    only_deletes = bool(mapped.select(pl.col("_action").eq_missing(pl.lit("Delete")).all()).item())
    missing = [
        components[column].id
        for column in missing_columns(as_text(mapped.head(0)), column_schema(structure))
        # what is taken back needs no value
        if not (components[column].role == "measure" and only_deletes)
    ]
    if missing:
        one = len(missing) == 1
        columns = text("column {name}", name=missing[0]) if one else text("columns {names}", names=listed(missing))
        yield finding("COMPONENT-MISSING", places=1, columns=columns, held=structure.version_label)


def about_structure(
    header: Header, provider: Provider | None, structure: Structure, held: Collection[str] = ()
) -> list[Finding]:
    """Return what is to be said about the structure that the message refers to. Information only.

    Args:
        header: names the structure.
        provider: its declaration may name another.
        structure: the global structure.
        held: `agency:id(version)` of every national structure at hand. Nothing is said of one that is held.
    """
    reference = header.structure
    if reference is None or reference.agency == structure.agency or str(reference) in held:
        return []
    declared = provider.structure if provider else None
    if declared and declared.partition("(")[0] != str(reference).partition("(")[0]:
        return [
            finding(
                "STRUCTURE-NOT-HELD",
                places=1,
                variant="other",
                structure=reference,
                declared=declared,
                held=structure.version_label,
            )
        ]
    near = _nearest_version(reference, held)
    variant = "nearest" if near else None
    label = structure.version_label
    return [
        finding("STRUCTURE-NOT-HELD", places=1, variant=variant, structure=reference, nearest=near, held=label)
    ]


def _nearest_version(reference: StructureRef, held: Collection[str]) -> str | None:
    """Return the held version of the same structure that is next above, else the newest; None without any.

    The next one above comes first, because structures grow: it mostly has every code of those before it.
    """
    label = f"{reference.agency}:{reference.id}"
    versions = sorted((_ordered(name), name) for name in held if name.partition("(")[0] == label)
    if not versions:
        return None
    wanted = _ordered(str(reference))
    return next((name for version, name in versions if version >= wanted), versions[-1][1])


def _ordered(label: str) -> tuple[int, ...]:
    """Return the numbers of a label's version; none when it names no version."""
    return tuple(int(number) for number in re.findall(r"\d+", label.partition("(")[2]))


FEWEST_OF_OTHERS = 5
"""A file of fewer foreign rows is judged row by row (our proposal)."""


def of_others(docket: Docket) -> Finding | None:
    """Return the refusal of an office's file most of which is about areas of others: one cause, not a row a piece."""
    provider = docket.provider
    if provider is None or provider.areas == "all":
        return None
    known = [code for code in distinct(docket.rows, "ref_area") if code in docket.areas.areas]
    foreign = having(docket.rows.select(ROW, "ref_area"), "ref_area", sorted(set(known) - set(provider.areas)))
    if foreign.height < FEWEST_OF_OTHERS or foreign.height * 2 <= docket.rows.height:
        return None
    commonest = foreign.group_by("ref_area", maintain_order=True).len().sort("len", descending=True)
    codes = commonest["ref_area"].cast(pl.String).to_list()
    names = listed([f"{docket.areas[code].name} ({code})" for code in codes[:_SHOWN]], "comma")
    more = len(codes) - _SHOWN
    return finding(
        "FILE-OF-OTHERS",
        places=foreign.height,
        examples=examples(docket.received, foreign[ROW], docket.structure, component="REF_AREA",
                          expected=listed(provider.areas, "or")),
        areas=text("{names} and {more} more", names=names, more=figure(more)) if more > 0 else names,
        provider=provider.id,
        total=figure(docket.rows.height),
        own=listed((f"{docket.areas[code].name} ({code})" for code in provider.areas), "comma"),
    )  # fmt: skip


_SHOWN = 3


def unknown_components(docket: Docket) -> None:
    """Report columns that are no components; those that divide rows of one key keep their rows back.

    A column of the message that the structure does not have is either a remark or a dimension too many. It is
    taken for a dimension when it tells rows of the same key and period apart, or when it holds a few codes
    over and over. Rows with its total (_T) or without it can be told apart, and stay.
    """
    structure = docket.structure
    known = {*structure.columns, *ENVELOPE}
    expected = docket.provider.map.extra if docket.provider else ()
    extras = [column for column in components_in(docket.received) if column not in known]
    for column in extras:
        component = column.upper()
        values = docket.rows[column] if column in docket.rows.columns else pl.Series(column, [], pl.String)
        if not _is_label(column, docket.rows) and _divides(docket.rows, column, structure):
            rows = docket.rows.filter(pl.col(column).is_not_null() & (pl.col(column) != "_T"))[ROW]
            docket.report(
                "COMPONENT-UNKNOWN",
                rows,
                component=component,
                severity="error",
                variant="varies",
                held=structure.version_label,
                values=named(values),
            )
        elif component not in expected:
            near = nearest(component, [c.id for c in structure.components], 1)
            filled = docket.received.filter(pl.col(column).is_not_null())[ROW].head(1)
            docket.findings.append(
                finding(
                    "COMPONENT-UNKNOWN",
                    places=1,
                    examples=examples(docket.received, filled, structure, component=component),
                    component=component,
                    held=structure.version_label,
                    suggestion=f" {near[0]}" if near else "",
                )
            )


def _is_label(column: str, rows: pl.DataFrame) -> bool:
    """Say whether a column only labels rows with numbers of indicators, as the UN's portal and tables do.

    A series that serves several indicators stands there once for each; `pipelines.checks.sets` compares its values.
    """
    written = distinct(rows, column) if column == LABEL and column in rows.columns else []
    return bool(written) and _all_are(written, INDICATOR_NUMBER)


def _divides(rows: pl.DataFrame, column: str, structure: Structure) -> bool:
    values = rows[column]
    if values.n_unique() < 2:
        return False
    key = [d.column for d in structure.dimensions] + [structure.time.column]
    told = pl.DataFrame({"key": keys(rows, key), "number": keys(rows, [column])}).group_by("key")
    if told.agg(pl.col("number").min() != pl.col("number").max())["number"].any():
        return True
    written = distinct(rows, column)
    codes = _all_are(written, r"^[A-Za-z0-9_@$-]+$")
    return codes and 1 < len(written) < len(values) - values.null_count()


def _all_are(texts: list[str], pattern: str) -> bool:
    return bool(pl.Series(texts, dtype=pl.String).str.contains(pattern).all())
