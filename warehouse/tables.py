"""The tables, declared in SQLAlchemy: core, metadata and report in DuckDB, and the ledger in SQLite.

The columns that hold observations are derived from the data structure definition (its components, in its
order, in lower case); nobody writes them a second time. Every table's comment states its grain, every column
has a comment, and both reach the database. No keys or indexes on observations: measured, they cost 2 to 4
times the load; uniqueness of what is current is held by the merge (`warehouse.merge`).

Not here: the view of current rows and the "as of" macro (`warehouse.connect` makes them), and how rows get in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from duckdb_sqlalchemy.datatypes import UBigInteger

if TYPE_CHECKING:
    from metadata.structure import Component, Structure

LAYOUT = 1
"""Number of the layout below; a warehouse with a higher one is refused."""
SCHEMAS = ("core", "metadata", "report")
COUNTS = (
    "received",
    "new",
    "value_revised",
    "attributes_revised",
    "unchanged",
    "quarantined",
    "rejected",
    "duplicate",
    "out_of_scope",
    "dropped",
    "withdrawn",
)

_TIME = sa.DateTime(timezone=True)
_Col = sa.Column


@dataclass(frozen=True, slots=True)
class Tables:
    """The declared DuckDB tables, and the names of the structure's columns.

    Attributes:
        metadata: SQLAlchemy's collection of all of them, for `create_all`.
        dimensions: column names of the dimensions, in the structure's order.
        attributes: column names of the attributes, in the structure's order.
        key: what identifies an observation: provider, dimensions, time_period.
    """

    metadata: sa.MetaData
    dimensions: tuple[str, ...]
    attributes: tuple[str, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """Columns of the identity, provider first."""
        return ("provider", *self.dimensions, "time_period")

    def table(self, name: str) -> sa.Table:
        """Return a table by its schema and name, for example `core.load`."""
        return self.metadata.tables[name]


def declare(structure: Structure) -> Tables:
    """Return the declarations of all DuckDB tables for a data structure definition."""
    metadata = sa.MetaData()
    _core(metadata, structure)
    _metadata(metadata)
    _report(metadata, structure)
    return Tables(
        metadata,
        tuple(component.column for component in structure.dimensions),
        tuple(component.column for component in structure.attributes),
    )


def _text(name: str, comment: str, *, needed: bool = False) -> _Col[Any]:
    return _Col(name, sa.Text, nullable=not needed, comment=comment)


def _number(name: str, comment: str, *, needed: bool = False) -> _Col[Any]:
    return _Col(name, sa.BigInteger, nullable=not needed, comment=comment)


def _when(name: str, comment: str, *, needed: bool = False) -> _Col[Any]:
    return _Col(name, _TIME, nullable=not needed, comment=comment)


def _component(component: Component, *, needed: bool = False) -> _Col[Any]:
    """Return the column of one component, as text but for UNIT_MULT, which is a power of ten."""
    kind = sa.Integer() if component.column == "unit_mult" else sa.Text()
    comment = f"{component.id}: {component.name} ({component.role})"
    return _Col(component.column, kind, nullable=not needed, comment=comment)


def _attributes(structure: Structure, *, as_text: bool = False) -> Iterator[_Col[Any]]:
    for component in structure.attributes:
        column = _component(component)
        if as_text:
            column.type = sa.Text()
        yield column


def _place() -> Iterator[_Col[Any]]:
    yield _text("source_sheet", "sheet of the workbook; null for text files")
    yield _number("source_row", "row of the table, 1-based with the heading; null for XML")
    yield _number("source_line", "line of the text file, 1-based; null for workbooks")


def _core(metadata: sa.MetaData, structure: Structure) -> None:
    sa.Table(
        "layout",
        metadata,
        _Col("layout_version", sa.Integer, nullable=False, comment="number of the layout of this file"),
        _when("made_at", "when the layout was made", needed=True),
        schema="core",
        comment="Which layout this file has. Grain: one row per layout the file has had.",
    )
    sa.Table(
        "observation_history",
        metadata,
        _number("version_id", "number of the version, never used twice", needed=True),
        _text("provider", "id of the provider that reported it", needed=True),
        *(_component(component, needed=True) for component in structure.dimensions),
        _component(structure.time, needed=True),
        _Col(
            "obs_value",
            sa.Double,
            comment="number in unit_measure x 10^unit_mult; null is missing (obs_status)",
        ),
        _text("obs_value_text", "the number as it was received"),
        *_attributes(structure),
        _Col("key_hash", UBigInteger, nullable=False, comment="64-bit hash of the identity (warehouse.hashes)"),
        _Col("value_hash", UBigInteger, nullable=False, comment="64-bit hash of number and attributes"),
        _text("delivery_id", "delivery that the version came in with", needed=True),
        _number("load_id", "load that judged it", needed=True),
        _text(
            "opened_reason",
            "new, value_revised, attributes_revised, left to a later delivery, or restored: why",
            needed=True,
        ),
        _when("recorded_at", "when the version became current", needed=True),
        _when("superseded_at", "when it stopped being current; null is current"),
        _text("superseded_reason", "value_revised, attributes_revised, or withdrawn: why"),
        _number("superseded_by", "load that closed it"),
        _text("held_by_delivery", "later delivery whose row of this key stands in quarantine"),
        *_place(),
        _text("metadata_version", "version of the owning indicator's declaration that judged it", needed=True),
        _text("structure_version", "data structure definition that judged it", needed=True),
        _text("map_version", "version of the provider's map and corrections"),
        _text("correction", "declared correction that was applied; null for none"),
        schema="core",
        comment="Every version of every observation. Grain: one row per version of an observation (provider, "
        "15 dimensions, time_period).",
    )
    sa.Table(
        "confirmation",
        metadata,
        _number("version_id", "version that was sent again unchanged", needed=True),
        _number("load_id", "load of the delivery that sent it again", needed=True),
        *_place(),
        schema="core",
        comment="Which later deliveries sent a version again unchanged, so that it stands when its first "
        "delivery is withdrawn. Grain: one row per version and load.",
    )
    sa.Table(
        "deletion",
        metadata,
        _text("provider", "id of the provider", needed=True),
        *(_component(component, needed=True) for component in structure.dimensions),
        _component(structure.time, needed=True),
        _Col("key_hash", UBigInteger, nullable=False, comment="64-bit hash of the identity"),
        _number("load_id", "load of the delivery that named the key in a Delete", needed=True),
        schema="core",
        comment="Keys that deliveries deleted by name. Grain: one row per key and load.",
    )
    sa.Table(
        "quarantine",
        metadata,
        _text("provider", "id of the provider", needed=True),
        *(_component(component) for component in structure.dimensions),
        _component(structure.time),
        _text("obs_value_text", "the number as it was received"),
        *_attributes(structure, as_text=True),
        _text("rule", "first rule that the row broke", needed=True),
        _text("rules", "all rules that the row broke, joined by commas"),
        _text("message", "what was found and what was expected"),
        *_place(),
        _text("delivery_id", "delivery that the row came in with", needed=True),
        _number("load_id", "load that judged it", needed=True),
        _when("recorded_at", "when it was put here", needed=True),
        _when("resolved_at", "when it stopped being open; null is open"),
        _number("resolved_by_load", "load that resolved it"),
        _text("resolution", "accepted, judged anew, or withdrawn"),
        schema="core",
        comment="Rows kept back, with their rule and place. Grain: one row per row of a delivery and load.",
    )
    _load(metadata)


def _load(metadata: sa.MetaData) -> None:
    sa.Table(
        "load",
        metadata,
        _number("load_id", "number of the load, rising by one", needed=True),
        _text("action", "load, rejudge or withdraw", needed=True),
        _text("delivery_id", "the delivery", needed=True),
        _text("provider", "id of the provider", needed=True),
        _text("sha256", "of the bytes as received", needed=True),
        _when("received_at", "when the bytes were received", needed=True),
        _when("loaded_at", "when this was written", needed=True),
        _text("decision", "load or load_with_quarantine; withdraw", needed=True),
        *(_number(name, f"count of rows: {name}", needed=True) for name in COUNTS),
        _number(
            "left_to_later",
            "rows counted unchanged because a later delivery speaks for their key",
            needed=True,
        ),
        _number("kept_by_quarantine", "current versions held by a quarantined row of this delivery", needed=True),
        _number("restored", "keys that went back to an earlier version", needed=True),
        _text("replaces", "scope: provider, indicator or nothing", needed=True),
        _text("scope_series", "series that the scope is limited to, as a JSON list; null for no limit"),
        _text("touched_series", "series with any change, as a JSON list", needed=True),
        _text("metadata_versions", "version of each indicator's declaration, as a JSON object", needed=True),
        _text("structure_version", "data structure definition", needed=True),
        _text("map_version", "version of the provider's map and corrections"),
        _when("withdrawn_at", "when the delivery was withdrawn; null where it stands"),
        _text("withdrawn_reason", "why it was withdrawn"),
        _number("withdrawn_by", "load_id of the withdrawal"),
        schema="core",
        comment="What changed core, and by which versions of the declarations; the truth about which deliveries "
        "were loaded. Grain: one row per transaction that changed core.",
    )


def _metadata(metadata: sa.MetaData) -> None:
    sa.Table(
        "indicator",
        metadata,
        _text("indicator", "official number, for example 12.4.2", needed=True),
        _text("goal", "goal number", needed=True),
        _text("target", "target number", needed=True),
        _text("title", "official title in English"),
        _text("titles", "titles by language, as a JSON object"),
        _text("custodians", "custodian agencies, joined by semicolons"),
        _text("partners", "partner agencies, joined by semicolons"),
        _text("tier", "tier"),
        _text("tier_seen", "where and when the tier was seen"),
        _text("ccode", "code of the UN Statistics Division"),
        _text("also", "numbers under other goals or targets"),
        _text("version", "sha256 of the declaration in force", needed=True),
        schema="metadata",
        comment="The declared indicators. Grain: one row per indicator.",
    )
    sa.Table(
        "indicator_version",
        metadata,
        _text("indicator", "official number", needed=True),
        _text("version", "sha256 of the resolved canonical declaration", needed=True),
        _text("canonical", "the full declaration, as canonical JSON", needed=True),
        _text("structure_version", "data structure definition it was resolved with", needed=True),
        _when("first_used_at", "when it came into force here", needed=True),
        _when("superseded_at", "when another took its place; null is in force"),
        schema="metadata",
        comment="Every version of a declaration that ever judged data, with its text. Grain: one row per "
        "indicator and period in force.",
    )
    sa.Table(
        "series",
        metadata,
        _text("series", "code in CL_SERIES", needed=True),
        _text("name", "official name"),
        _text("status", "current, legacy or retired"),
        _text("heirs", "series that replace it, joined by spaces"),
        _text("owner", "indicator whose file declares it", needed=True),
        _text("unit_measure", "allowed units, the declared one first, joined by spaces"),
        _text("unit_mult", "allowed powers of ten, joined by spaces"),
        _text(
            "precedence",
            "providers whose global rows are preferred, best first, joined by spaces",
            needed=True,
        ),
        _Col("national_fills", sa.Boolean, nullable=False, comment="national rows fill where no global row is"),
        schema="metadata",
        comment="The declared series. Grain: one row per series.",
    )
    sa.Table(
        "bridge",
        metadata,
        _text("series", "code in CL_SERIES", needed=True),
        _text("indicator", "official number", needed=True),
        _Col("owner", sa.Boolean, nullable=False, comment="the indicator's file declares the series"),
        schema="metadata",
        comment="Which series serve which indicators. Grain: one row per series and indicator.",
    )
    sa.Table(
        "area",
        metadata,
        _text("ref_area", "M49 code without padding", needed=True),
        _text("name", "name in English"),
        _text("names", "names by language, as a JSON object"),
        _text("iso2", "ISO 3166-1 alpha-2"),
        _text("iso3", "ISO 3166-1 alpha-3"),
        _text("area_type", "country, region, subregion, group, world or other"),
        _Col("is_group", sa.Boolean, nullable=False, comment="the area is made of others"),
        schema="metadata",
        comment="Countries, regions and groups. Grain: one row per area.",
    )
    sa.Table(
        "area_group",
        metadata,
        _text("group_area", "M49 code of the group", needed=True),
        _text("ref_area", "M49 code of the member", needed=True),
        _text("scheme", "which grouping", needed=True),
        _Col("valid_from", sa.Date, comment="first day of membership; null is always"),
        _Col("valid_to", sa.Date, comment="last day of membership; null is still"),
        schema="metadata",
        comment="Which areas belong to which groups. Grain: one row per group, member, scheme and period.",
    )


def _report(metadata: sa.MetaData, structure: Structure) -> None:
    others = [c for c in structure.dimensions if c.column not in ("series", "ref_area")]
    units = {c.column: c for c in structure.attributes if c.column in ("unit_measure", "unit_mult")}
    attributes = [c for c in structure.attributes if c.column not in units]
    sa.Table(
        "indicator_observation",
        metadata,
        _text("goal", "goal number", needed=True),
        _text("target", "target number", needed=True),
        _text("indicator", "official number", needed=True),
        _text("series", "code in CL_SERIES", needed=True),
        _text("series_name", "official name of the series"),
        _text("ref_area", "M49 code", needed=True),
        _text("area_name", "name in English"),
        _text("area_type", "country, region, subregion, group, world or other"),
        *(_component(component, needed=True) for component in others),
        _component(structure.time, needed=True),
        _Col(
            "obs_value",
            sa.Double,
            comment="number in unit_measure x 10^unit_mult, as received; null is missing",
        ),
        _component(units["unit_measure"]),
        _component(units["unit_mult"]),
        *(_component(component) for component in attributes),
        _text("provider", "id of the provider", needed=True),
        _text("delivery_id", "the delivery", needed=True),
        _Col("preferred", sa.Boolean, nullable=False, comment="the one value of its key for global tables"),
        _Col(
            "obs_value_scaled",
            sa.Double,
            comment="obs_value x 10^unit_mult, in unit_measure; null where either is",
        ),
        schema="report",
        comment="Every current observation under each indicator that it serves. Grain: one row per observation "
        "and indicator.",
    )
    sa.Table(
        "coverage",
        metadata,
        _text("indicator", "official number", needed=True),
        _text("ref_area", "M49 code, never a group", needed=True),
        _text("area_name", "name in English"),
        _number("observations", "observations with a value, of all providers", needed=True),
        _number("missing", "observations reported as missing", needed=True),
        _text("first_period", "first period with a value"),
        _text("last_period", "last period with a value"),
        _Col(
            "country_produced_share",
            sa.Double,
            comment="share (0 to 1) of the observations with a value whose NATURE is C or CA",
        ),
        _number("nature_unstated", "observations with a value whose NATURE is absent or _X", needed=True),
        schema="report",
        comment="What is held for an area and an indicator. Grain: one row per area and indicator.",
    )
    sa.Table(
        "refreshed",
        metadata,
        _text("indicator", "official number", needed=True),
        _number("load_id", "last load that the report rows contain", needed=True),
        _text("version", "version of the declaration they were made with"),
        _when("refreshed_at", "when they were made", needed=True),
        schema="report",
        comment="How far the report tables are. Grain: one row per indicator.",
    )


LEDGER = sa.MetaData()
"""The ledger's tables (SQLite): many small writers, no observation."""

delivery_table = sa.Table(
    "delivery",
    LEDGER,
    _Col(
        "id",
        sa.Text,
        primary_key=True,
        comment="provider, first 12 digits of the sha256, and -2, -3 … when again",
    ),
    _Col("seq", sa.Integer, nullable=False, unique=True, comment="order of landing"),
    _Col("provider", sa.Text, nullable=False),
    _Col("sha256", sa.Text, nullable=False),
    _Col("path", sa.Text, nullable=False, comment="where the bytes came from: a path or an address"),
    _Col("size", sa.BigInteger, nullable=False, comment="bytes"),
    _Col("channel", sa.Text, nullable=False, comment="how it came: submit, inbox, sdmx-rest …"),
    _Col("received_at", sa.Text, nullable=False, comment="ISO 8601, UTC"),
    _Col("state", sa.Text, nullable=False, comment="received, judged, loaded, rejected, held, withdrawn"),
    _Col("updated_at", sa.Text, nullable=False, comment="when the state was recorded; ISO 8601, UTC"),
    _Col("format", sa.Text),
    _Col("decision", sa.Text),
    _Col("message", sa.Text),
    *(_Col(name, sa.BigInteger, comment=f"count of rows: {name}") for name in COUNTS),
    sa.Index("delivery_by_bytes", "provider", "sha256"),
    comment="Bytes received once. Grain: one row per delivery.",
)
finding_table = sa.Table(
    "finding",
    LEDGER,
    _Col("delivery_id", sa.Text, sa.ForeignKey("delivery.id"), primary_key=True),
    _Col("position", sa.Integer, primary_key=True, comment="order in the report, from 0"),
    _Col("rule", sa.Text, nullable=False),
    _Col("severity", sa.Text, nullable=False),
    _Col("places", sa.BigInteger, nullable=False),
    _Col("message", sa.Text, nullable=False),
    _Col("hint", sa.Text, nullable=False),
    _Col("examples", sa.Text, nullable=False, comment="a JSON list"),
    comment="What was found at the last judgement. Grain: one row per delivery and finding.",
)
fetch_table = sa.Table(
    "fetch_state",
    LEDGER,
    _Col("provider", sa.Text, primary_key=True),
    _Col("key", sa.Text, primary_key=True, comment="which of the provider's sources: a dataflow, an address"),
    _Col("url", sa.Text),
    _Col("etag", sa.Text),
    _Col("last_modified", sa.Text),
    _Col("sha256", sa.Text),
    _Col("fetched_at", sa.Text, nullable=False, comment="ISO 8601, UTC"),
    comment="What is known of a source, for conditional requests. Grain: one row per provider and source.",
)
