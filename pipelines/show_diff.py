"""What a person, a spreadsheet or a program sees of `sdg release` and `sdg diff`.

Pure functions from rows of `report.release_diff` to text. `CHANGES.md` is made by `warehouse.release_notes` of the same
sentences (`warehouse.release_words`).
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.show import WIDTH, plural, short_path, wrap
from warehouse.export.table import neutral
from warehouse.release_words import sections

if TYPE_CHECKING:
    import polars as pl

    from warehouse.release_store import Release

LINES_SHOWN = 10


def diff_text(before: str, after: str, rows: pl.DataFrame) -> str:
    """Return the differences in words, at most as wide as a terminal."""
    found = sections(rows, shown=LINES_SHOWN)
    if not found:
        return wrap(f"{before} and {after} hold the same.", indent="", width=WIDTH)
    lines = [wrap(f"From {before} to {after}: {plural(rows.height, 'difference')}", indent="  ", first="")]
    for section in found:
        lines += ["", f"{section.title} ({section.rows:,})"]
        lines += [wrap(line, indent="    ", first="  ") for line in section.lines]
        if section.more:
            lines.append(f"  and {section.more:,} more; every row: --format csv")
    return "\n".join(lines)


def diff_json(before: str, after: str, rows: pl.DataFrame) -> str:
    """Return the differences for a program: counts by kind, and every row."""
    counts = dict(rows.group_by("kind").len().sort("kind").iter_rows())
    said = {"before": before, "after": after, "different": not rows.is_empty(), "counts": counts}
    return json.dumps({**said, "differences": rows.to_dicts()}, ensure_ascii=False, indent=2)


def diff_csv(before: str, after: str, rows: pl.DataFrame) -> str:  # noqa: ARG001 - every row names both
    """Return every row for a spreadsheet, with the columns of `report.release_diff`.

    A text that a spreadsheet would run as a formula gets a leading apostrophe: attributes are what somebody sent.
    """
    out = io.StringIO()
    neutral(rows).write_csv(out, line_terminator="\r\n")
    return out.getvalue()


def released_text(made: Release, folder: Path) -> str:
    """Return what is said after a release was made."""
    rows = made.counts["report.release_diff"]
    since = (
        f"{plural(rows, 'difference')} from {made.previous}, in words in CHANGES.md."
        if made.previous
        else "It is the first release."
    )
    held = f"{plural(made.counts['core.observation'], 'observation')} of {plural(len(made.providers), 'provider')}"
    lines = [
        wrap(f"Release {made.name}: {held}.", indent=""),
        wrap(since, indent=""),
        f"  {short_path(folder)}/",
        "    release.duckdb     the tables as they were published, read-only",
        "    parquet/           the report and metadata tables",
        "    CHANGES.md         what differs from the release before",
        "    release.json       versions, counts, the words of every column",
        "    checksums.sha256   verify with: sha256sum --check checksums.sha256",
    ]
    return "\n".join(lines)
