"""What a reader of an exported table must know: where it comes from, what its codes and columns mean, its versions.

Everything is read from the database that the rows come from, so that the notes of a release are those of its day;
only the names of codes are of the embedded structure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metadata.structure import Structure
    from warehouse.export.slice import Slice

CONCEPTS = {
    "STAT_CONC_DEF": "What is measured", "DATA_COMP": "How it is computed", "DATA_SOURCE": "Data sources",
    "COMPILING_ORG": "Who compiles it", "REC_USE_LIM": "Limits",
}
"""The reference metadata in short: concepts of the metadata structure, with our words for them."""
CODED = {
    "unit_measure": "Units", "obs_status": "Observation status", "nature": "Nature of the value",
    "reporting_type": "Reporting type",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the notes.

    Attributes:
        title: its heading.
        heads: headings of its columns.
        rows: its rows, all texts.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def notes(
    rows: Slice,
    structure: Structure,
    source: Path,
    *,
    made: datetime,
    left_out: dict[str, str],
    remarks: Sequence[str] = (),
) -> list[Section]:
    """Return the notes to a slice.

    Args:
        rows: the slice.
        structure: whose codelists name the codes.
        source: the file that the rows come from.
        made: when the export is made.
        left_out: columns that are not shown, with the one value that they have in every row.
        remarks: sentences about the form.
    """
    found = _Facts(rows)
    sections = [
        _about(rows, found, source, made, remarks),
        Section("Indicators", ("Number", "Title", "Custodians", "Version of the declaration"), found.indicators()),
        Section("Reference metadata in short", ("Indicator", "Concept", "Text", "Source"), found.reference_metadata()),
        Section("Series", ("Code", "Name"), found.series()),
        *(
            Section(title, ("Code", "Name"), _codes(structure, column, found))
            for column, title in CODED.items() if column in found.columns
        ),
        Section("Sources", ("Provider", "Delivery", "File", "Received (UTC)", "Rows here"), found.deliveries()),
        Section("Columns", ("Column", "What it holds"), tuple(
            (column.name, column.description) for column in rows.table.columns if column.name not in left_out
        )),
        Section("Columns left out: the same in every row", ("Column", "Value", "What it holds"), tuple(
            (column.name, left_out[column.name], column.description)
            for column in rows.table.columns if column.name in left_out
        )),
    ]
    return [section for section in sections if section.rows]


def _about(rows: Slice, found: _Facts, source: Path, made: datetime, remarks: Sequence[str]) -> Section:
    lines = [
        ("Table", rows.table.name),
        ("What it is", rows.table.description),
        ("Chosen", rows.words),
        ("Rows", f"{found.count:,}"),
        ("Made", f"{made.astimezone(UTC):%Y-%m-%d %H:%M} UTC"),
        ("From the file", source.name if source.name != "current.duckdb" else "the published copy, current.duckdb"),
        *(("Data loaded until", text) for text in found.loaded_until()),
        *(("Data structure", text) for text in found.structures()),
        ("Program", f"sdg-indicator-pipeline {_program()}"),
        *(("Note", remark) for remark in remarks),
    ]
    return Section("About this table", ("", ""), tuple(lines))


class _Facts:
    """What the database says about the rows of a slice."""

    def __init__(self, rows: Slice) -> None:
        self._rows = rows
        self.columns = {column.name for column in rows.table.columns}
        self.count = rows.count()

    def _ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._rows.connection.execute(sql, list(values)).fetchall()

    def distinct(self, column: str) -> list[str]:
        return self._rows.distinct(column) if column in self.columns else []

    def indicators(self) -> tuple[tuple[str, ...], ...]:
        sql = (
            "select indicator, title, custodians, left(version, 12) from metadata.indicator "
            "where indicator in (select unnest(?)) order by 1"
        )
        return _texts(self._ask(sql, self._numbers()))

    def _numbers(self) -> list[str]:
        own = self.distinct("indicator")
        if own or "series" not in self.columns:
            return own
        sql = "select distinct indicator from metadata.bridge where series in (select unnest(?)) order by 1"
        return [number for (number,) in self._ask(sql, self.distinct("series"))]

    def reference_metadata(self) -> tuple[tuple[str, ...], ...]:
        sql = (
            "select i.indicator, v.canonical from metadata.indicator i join metadata.indicator_version v "
            "on v.indicator = i.indicator and v.version = i.version and v.superseded_at is null "
            "where i.indicator in (select unnest(?)) order by 1"
        )
        found = []
        for number, canonical in self._ask(sql, self._numbers()):
            texts = json.loads(canonical).get("reference_metadata") or {}
            for concept, words in CONCEPTS.items():
                text = texts.get(concept) or {}
                if text.get("en"):
                    source = ", ".join(part for part in (text.get("source"), text.get("source_date")) if part)
                    found.append((number, words, " ".join(text["en"].split()), " ".join(source.split())))
        return tuple(found)

    def series(self) -> tuple[tuple[str, ...], ...]:
        sql = "select series, name from metadata.series where series in (select unnest(?)) order by 1"
        return _texts(self._ask(sql, self.distinct("series")))

    def deliveries(self) -> tuple[tuple[str, ...], ...]:
        if "delivery_id" not in self.columns:
            return tuple((provider, "", "", "", "") for provider in self.distinct("provider"))
        here = self._rows.counted("delivery_id")
        known = self._ask(
            "select count(*) from duckdb_tables() where schema_name = 'ledger' and table_name = 'delivery'"
        )[0][0]
        files = dict(self._ask("select id, path from ledger.delivery")) if known else {}
        sql = (
            "select provider, delivery_id, strftime(min(received_at) at time zone 'UTC', '%Y-%m-%d %H:%M') "
            "from core.load where delivery_id in (select unnest(?)) group by all order by 1, 3"
        )
        return tuple(
            (provider, delivery, Path(files.get(delivery, "")).name, received or "", f"{here[delivery]:,}")
            for provider, delivery, received in self._ask(sql, list(here))
        )

    def loaded_until(self) -> list[str]:
        sql = "select strftime(max(loaded_at) at time zone 'UTC', '%Y-%m-%d %H:%M') from core.load"
        return [f"{text} UTC" for (text,) in self._ask(sql) if text]

    def structures(self) -> list[str]:
        return [text for (text,) in self._ask("select distinct structure_version from core.load order by 1")]


def _codes(structure: Structure, column: str, found: _Facts) -> tuple[tuple[str, ...], ...]:
    codelist = structure.codelist(column.upper())
    names = {code.id: code.name for code in codelist.codes.values()} if codelist else {}
    return tuple((code, names.get(code, "")) for code in found.distinct(column))


def _texts(rows: list[tuple[Any, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple("" if cell is None else str(cell) for cell in row) for row in rows)


def _program() -> str:
    try:
        return version("sdg-indicator-pipeline")
    except PackageNotFoundError:
        return "(not installed)"
