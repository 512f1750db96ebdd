"""`CHANGES.md` of a release: what a reader of the tables must know before comparing it with the one before."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from metadata.changes import Document, changes
from warehouse.release_diff import attached
from warehouse.release_words import largest_revisions, number, percent, plural, sections

if TYPE_CHECKING:
    from warehouse.release_store import Release

WIDTH = 100
DECLARATIONS_SHOWN = 40
_ROWS = "select * from report.release_diff"
_DOCUMENTS = "select indicator, canonical from {0}metadata.indicator_version where superseded_at is null"
_BEFORE = "before_file"


def changes_text(connection: Any, made: Release, previous: Release | None, before: Path | None) -> str:
    """Return the change note of a release, in Markdown.

    Args:
        connection: of the release's DuckDB file, with `report.release_diff` filled.
        made: the release.
        previous: the release before it; None for the first.
        before: the DuckDB file of that one.
    """
    rows = pl.DataFrame(connection.execute(_ROWS).to_arrow_table())
    lines = [f"# Release {made.name}", "", *_about(made)]
    if made.note:
        # A note is a person's text: it is quoted, so that it cannot be taken for a part of this page.
        lines += ["", *(f"> {line}".rstrip() for line in made.note.splitlines())]
    if previous is None or before is None:
        lines += ["", "This is the first release: there is nothing to compare it with."]
        return "\n".join(lines) + "\n"
    lines += ["", f"## What differs from {previous.name}", "", *_summary(rows, previous.name)]
    for section in sections(rows):
        lines += ["", f"### {section.title} ({section.rows:,})", "", *_bullets(section.lines)]
        if section.more:
            lines += ["", f"and {section.more:,} more lines of this kind; `report.release_diff` has every row."]
    lines += _largest(rows)
    lines += ["", "## What it was made by", ""]
    lines += _bullets([*_versions(made, previous), *_declared(connection, made, previous, before)])
    return "\n".join(lines) + "\n"


def _about(made: Release) -> list[str]:
    day = made.created_at[:16].replace("T", " ")
    values = plural(made.counts["core.observation"], "observation")
    text = (
        f"Frozen on {day} UTC with {values} of {plural(len(made.providers), 'provider')} "
        f"({', '.join(made.providers) or 'none'}). "
        f"The last load in it is of {made.as_of[:16].replace('T', ' ')} UTC. "
    )
    if made.reference_date:
        text += f"Regional values are made with the membership of groups on {made.reference_date}."
    return textwrap.wrap(text, WIDTH)


def _summary(rows: pl.DataFrame, previous: str) -> Iterator[str]:
    found = sections(rows, shown=0)
    if not found:
        yield f"No observation, value, unit, base period or NATURE differs from {previous}."
        return
    yield "| difference | count | series |"
    yield "|---|---:|---:|"
    series = dict(rows.group_by("kind").agg(pl.col("series").n_unique()).iter_rows())
    for section in found:
        yield f"| {section.title} | {section.rows:,} | {series[section.kind]:,} |"


def _bullets(lines: Sequence[str]) -> list[str]:
    return [
        textwrap.fill(
            line, WIDTH, initial_indent="* ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        for line in lines
    ]


def _largest(rows: pl.DataFrame) -> Iterator[str]:
    """Give a table of the largest revisions, when there is more than one."""
    top = largest_revisions(rows)
    if top.height < 2:
        return
    yield from ("", "### The largest revisions", "")
    yield "| series | provider | area | period | before | after | unit | change | by |"
    yield "|---|---|---|---|---:|---:|---|---:|---:|"
    for one in top.iter_rows(named=True):
        cells = (
            one["series"], one["provider"], one["area_name"] or one["ref_area"], one["time_period"],
            number(one["value_before"]), number(one["value_after"]), one["unit_after"] or "",
            number(one["difference"]), percent(one["relative"]),
        )  # fmt: skip
        yield "| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |"


def _versions(made: Release, previous: Release) -> Iterator[str]:
    """Say which versions differ, other than those of the declarations."""
    for what, old, new in (
        ("program", previous.code_version, made.code_version),
        ("structure", previous.structure_version, made.structure_version),
        ("reference date of groups", previous.reference_date, made.reference_date),
    ):
        yield f"{what}: {new}" if old == new else f"{what}: {old} → {new}"
    for provider in sorted({*previous.map_versions, *made.map_versions}):
        if provider not in previous.map_versions:
            yield f"provider {provider}: new"
        elif provider not in made.map_versions:
            yield f"provider {provider}: nothing of it stands any more"
        elif previous.map_versions[provider] != made.map_versions[provider]:
            old, new = ((one.map_versions[provider] or "none")[:12] for one in (previous, made))
            yield f"map of {provider}: {old} → {new}"


def _declared(connection: Any, made: Release, previous: Release, before: Path) -> Iterator[str]:
    """Say what the declarations say otherwise, in the data officer's words."""
    if made.metadata_versions == previous.metadata_versions:
        yield f"declarations of {plural(len(made.metadata_versions), 'indicator')}: the same versions"
        return
    with attached(connection, before, _BEFORE):
        old = _documents(connection, f"{_BEFORE}.")
    lines = changes(old, _documents(connection, ""))
    yield from lines[:DECLARATIONS_SHOWN]
    if len(lines) > DECLARATIONS_SHOWN:
        yield f"and {len(lines) - DECLARATIONS_SHOWN:,} more changes of declarations"


def _documents(connection: Any, place: str) -> Mapping[str, Document]:
    rows = connection.execute(_DOCUMENTS.format(place)).fetchall()
    return {number_: json.loads(text) for number_, text in rows}
