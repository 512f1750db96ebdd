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
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from duckdb_sqlalchemy.datatypes import UBigInteger

from warehouse import columns as col
from warehouse.tables_answers import declare_answers
from warehouse.tables_provider import declare_providers
from warehouse.tables_report import declare_report

if TYPE_CHECKING:
    from metadata.structure import Structure

LAYOUT = 6
"""Number of the layout; a lower one is brought up (`warehouse.migrations`), a higher one is refused."""
LEDGER_LAYOUT = 4
"""Number of the ledger's layout; a higher one is refused."""
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


@lru_cache(maxsize=4)
def declare(structure: Structure) -> Tables:
    """Return the declarations of all DuckDB tables for a data structure definition (made once a process)."""
    metadata = sa.MetaData()
    _core(metadata, structure)
    _metadata(metadata)
    declare_providers(metadata)
    declare_report(metadata, structure)
    return Tables(
        metadata,
        tuple(component.column for component in structure.dimensions),
        tuple(component.column for component in structure.attributes),
    )


def _attributes(structure: Structure, *, as_text: bool = False) -> Iterator[_Col[Any]]:
    for component in structure.attributes:
        column = col.component(component)
        if as_text:
            column.type = sa.Text()
        yield column


def _place() -> Iterator[_Col[Any]]:
    yield col.text("source_sheet", "sheet of the workbook; null for text files")
    yield col.number("source_row", "row of the table, 1-based with the heading; null for XML")
    yield col.number("source_line", "line of the text file, 1-based; null for workbooks")


def _core(metadata: sa.MetaData, structure: Structure) -> None:
    sa.Table(
        "layout",
        metadata,
        _Col("layout_version", sa.Integer, nullable=False, comment="number of the layout of this file"),
        col.when("made_at", "when the layout was made", needed=True),
        schema="core",
        comment="Which layout this file has. Grain: one row per layout the file has had.",
    )
    sa.Table(
        "observation_history",
        metadata,
        col.number("version_id", "number of the version, never used twice", needed=True),
        col.text("provider", "id of the provider that reported it", needed=True),
        *(col.component(component, needed=True) for component in structure.dimensions),
        col.component(structure.time, needed=True),
        _Col(
            "obs_value",
            sa.Double,
            comment="number in unit_measure x 10^unit_mult; null is missing (obs_status)",
        ),
        col.text("obs_value_text", "the number as it was received"),
        *_attributes(structure),
        _Col("key_hash", UBigInteger, nullable=False, comment="64-bit hash of the identity (warehouse.hashes)"),
        _Col("value_hash", UBigInteger, nullable=False, comment="64-bit hash of number and attributes"),
        col.text("delivery_id", "delivery that the version came in with", needed=True),
        col.number("load_id", "load that judged it", needed=True),
        col.text(
            "opened_reason",
            "new, value_revised, attributes_revised, left to a later delivery, or restored: why",
            needed=True,
        ),
        col.when("recorded_at", "when the version became current", needed=True),
        col.when("superseded_at", "when it stopped being current; null is current"),
        col.text("superseded_reason", "value_revised, attributes_revised, or withdrawn: why"),
        col.number("superseded_by", "load that closed it"),
        col.text("held_by_delivery", "later delivery whose row of this key stands in quarantine"),
        *_place(),
        col.text("metadata_version", "version of the owning indicator's declaration that judged it", needed=True),
        col.text("structure_version", "data structure definition that judged it", needed=True),
        col.text("map_version", "version of the provider's map and corrections"),
        col.text("correction", "declared correction that was applied; null for none"),
        schema="core",
        comment="Every version of every observation. Grain: one row per version of an observation (provider, "
        "15 dimensions, time_period).",
    )
    sa.Table(
        "confirmation",
        metadata,
        col.number("version_id", "version that was sent again unchanged", needed=True),
        col.number("load_id", "load of the delivery that sent it again", needed=True),
        *_place(),
        schema="core",
        comment="Which later deliveries sent a version again unchanged, so that it stands when its first "
        "delivery is withdrawn. Grain: one row per version and load.",
    )
    sa.Table(
        "deletion",
        metadata,
        col.text("provider", "id of the provider", needed=True),
        *(col.component(component, needed=True) for component in structure.dimensions),
        col.component(structure.time, needed=True),
        _Col("key_hash", UBigInteger, nullable=False, comment="64-bit hash of the identity"),
        col.number("load_id", "load of the delivery that named the key in a Delete", needed=True),
        schema="core",
        comment="Keys that deliveries deleted by name. Grain: one row per key and load.",
    )
    sa.Table(
        "remark",
        metadata,
        col.text("provider", "id of the provider", needed=True),
        *(col.component(component, needed=True) for component in structure.dimensions),
        col.component(structure.time, needed=True),
        _Col("key_hash", UBigInteger, nullable=False, comment="64-bit hash of the identity"),
        col.text("delivery_id", "delivery whose row the warning is about", needed=True),
        col.number("load_id", "load that judged it; of a delivery, the last one counts", needed=True),
        col.text("finding", "id of the warning, in the ledger", needed=True),
        schema="core",
        comment="Which accepted rows a warning touches. Grain: one row per key, load and warning.",
    )
    sa.Table(
        "quarantine",
        metadata,
        col.text("provider", "id of the provider", needed=True),
        *(col.component(component) for component in structure.dimensions),
        col.component(structure.time),
        col.text("obs_value_text", "the number as it was received"),
        *_attributes(structure, as_text=True),
        col.text("rule", "first rule that the row broke", needed=True),
        col.text("rules", "all rules that the row broke, joined by commas"),
        col.text("message", "what was found and what was expected"),
        *_place(),
        col.text("delivery_id", "delivery that the row came in with", needed=True),
        col.number("load_id", "load that judged it", needed=True),
        col.when("recorded_at", "when it was put here", needed=True),
        col.when("resolved_at", "when it stopped being open; null is open"),
        col.number("resolved_by_load", "load that resolved it"),
        col.text("resolution", "accepted, judged anew, or withdrawn"),
        schema="core",
        comment="Rows kept back, with their rule and place. Grain: one row per row of a delivery and load.",
    )
    _load(metadata)


def _load(metadata: sa.MetaData) -> None:
    sa.Table(
        "load",
        metadata,
        col.number("load_id", "number of the load, rising by one", needed=True),
        col.text("action", "load, rejudge or withdraw", needed=True),
        col.text("delivery_id", "the delivery", needed=True),
        col.text("provider", "id of the provider", needed=True),
        col.text("sha256", "of the bytes as received", needed=True),
        col.when("received_at", "when the bytes were received", needed=True),
        col.when("loaded_at", "when this was written", needed=True),
        col.text("decision", "load or load_with_quarantine; withdraw", needed=True),
        *(col.number(name, f"count of rows: {name}", needed=True) for name in COUNTS),
        col.number(
            "left_to_later",
            "rows counted unchanged because a later delivery speaks for their key",
            needed=True,
        ),
        col.number("kept_by_quarantine", "current versions held by a quarantined row of this delivery", needed=True),
        col.number("restored", "keys that went back to an earlier version", needed=True),
        col.text("replaces", "scope: provider, indicator or nothing", needed=True),
        col.text("scope_series", "series that the scope is limited to, as a JSON list; null for no limit"),
        col.text("touched_series", "series with any change, as a JSON list", needed=True),
        col.text("metadata_versions", "version of each indicator's declaration, as a JSON object", needed=True),
        col.text("structure_version", "data structure definition", needed=True),
        col.text("map_version", "version of the provider's map and corrections"),
        col.when("withdrawn_at", "when the delivery was withdrawn; null where it stands"),
        col.text("withdrawn_reason", "why it was withdrawn"),
        col.number("withdrawn_by", "load_id of the withdrawal"),
        schema="core",
        comment="What changed core, and by which versions of the declarations; the truth about which deliveries "
        "were loaded. Grain: one row per transaction that changed core.",
    )


def _metadata(metadata: sa.MetaData) -> None:
    sa.Table(
        "indicator",
        metadata,
        col.text("indicator", "official number, for example 12.4.2", needed=True),
        col.text("goal", "goal number", needed=True),
        col.text("target", "target number", needed=True),
        col.text("title", "official title in English"),
        col.text("titles", "titles by language, as a JSON object"),
        col.text("custodians", "custodian agencies, joined by semicolons"),
        col.text("partners", "partner agencies, joined by semicolons"),
        col.text("tier", "tier"),
        col.text("tier_seen", "where and when the tier was seen"),
        col.text("ccode", "code of the UN Statistics Division"),
        col.text("also", "numbers under other goals or targets"),
        col.text("version", "sha256 of the declaration in force", needed=True),
        schema="metadata",
        comment="The declared indicators. Grain: one row per indicator.",
    )
    sa.Table(
        "indicator_version",
        metadata,
        col.text("indicator", "official number", needed=True),
        col.text("version", "sha256 of the resolved canonical declaration", needed=True),
        col.text("canonical", "the full declaration, as canonical JSON", needed=True),
        col.text("structure_version", "data structure definition it was resolved with", needed=True),
        col.when("first_used_at", "when it came into force here", needed=True),
        col.when("superseded_at", "when another took its place; null is in force"),
        schema="metadata",
        comment="Every version of a declaration that ever judged data, with its text. Grain: one row per "
        "indicator and period in force.",
    )
    sa.Table(
        "series",
        metadata,
        col.text("series", "code in CL_SERIES", needed=True),
        col.text("name", "official name"),
        col.text("status", "current, legacy or retired"),
        col.text("heirs", "series that replace it, joined by spaces"),
        col.text("owner", "indicator whose file declares it", needed=True),
        col.text("unit_measure", "allowed units, the declared one first, joined by spaces"),
        col.text("unit_mult", "allowed powers of ten, joined by spaces"),
        col.text(
            "precedence",
            "providers whose global rows are preferred, best first, joined by spaces",
            needed=True,
        ),
        col.flag("national_fills", "national rows fill where no global row is", needed=True),
        col.text("aggregation_rule", "how values of regions are made; null is not declared"),
        col.text("aggregation_weight", "series that weighs or divides, or its description where none is held"),
        col.flag("aggregation_all_areas", "what divides is that of all areas, those without a value included"),
        col.real("minimum_coverage", "share (0 to 1) of a group below which no regional value is made; null is none"),
        col.text("breakdowns", "dimensions by which the series is broken down, joined by spaces"),
        schema="metadata",
        comment="The declared series. Grain: one row per series.",
    )
    sa.Table(
        "bridge",
        metadata,
        col.text("series", "code in CL_SERIES", needed=True),
        col.text("indicator", "official number", needed=True),
        _Col("owner", sa.Boolean, nullable=False, comment="the indicator's file declares the series"),
        schema="metadata",
        comment="Which series serve which indicators. Grain: one row per series and indicator.",
    )
    sa.Table(
        "area",
        metadata,
        col.text("ref_area", "M49 code without padding", needed=True),
        col.text("name", "name in English"),
        col.text("names", "names by language, as a JSON object"),
        col.text("iso2", "ISO 3166-1 alpha-2"),
        col.text("iso3", "ISO 3166-1 alpha-3"),
        col.text("area_type", "country, region, subregion, group, world or other"),
        _Col("is_group", sa.Boolean, nullable=False, comment="the area is made of others"),
        schema="metadata",
        comment="Countries, regions and groups. Grain: one row per area.",
    )
    sa.Table(
        "area_group",
        metadata,
        col.text("group_area", "M49 code of the group", needed=True),
        col.text("ref_area", "M49 code of the member", needed=True),
        col.text("scheme", "which grouping", needed=True),
        _Col("valid_from", sa.Date, comment="first day of membership; null is always"),
        _Col("valid_to", sa.Date, comment="last day of membership; null is still"),
        schema="metadata",
        comment="Which areas belong to which groups. Grain: one row per group, member, scheme and period.",
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
    _Col("provider", sa.Text, nullable=False, comment="id of the provider"),
    _Col("sha256", sa.Text, nullable=False, comment="of the bytes as received"),
    _Col("path", sa.Text, nullable=False, comment="where the bytes came from: a path or an address"),
    _Col("size", sa.BigInteger, nullable=False, comment="bytes"),
    _Col("channel", sa.Text, nullable=False, comment="how it came: submit, inbox, sdmx-rest …"),
    _Col("received_at", sa.Text, nullable=False, comment="ISO 8601, UTC"),
    _Col("state", sa.Text, nullable=False, comment="received, judged, loaded, rejected, held, refused, withdrawn"),
    _Col("updated_at", sa.Text, nullable=False, comment="when the state was recorded; ISO 8601, UTC"),
    _Col("format", sa.Text, comment="told from the content; null before it was judged"),
    _Col("decision", sa.Text, comment="load, load_with_quarantine, reject or hold; null before"),
    _Col("message", sa.Text, comment="a sentence about the state, such as the reason of a withdrawal"),
    *(_Col(name, sa.BigInteger, comment=f"count of rows: {name}") for name in COUNTS),
    sa.Index("delivery_by_bytes", "provider", "sha256"),
    comment="Bytes received once. Grain: one row per delivery.",
)
finding_table = sa.Table(
    "finding",
    LEDGER,
    _Col("delivery_id", sa.Text, sa.ForeignKey("delivery.id"), primary_key=True, comment="the delivery"),
    _Col("position", sa.Integer, primary_key=True, comment="order in the report, from 0"),
    _Col("rule", sa.Text, nullable=False, comment="id of the rule"),
    _Col("severity", sa.Text, nullable=False, comment="error, warning or info"),
    _Col("places", sa.BigInteger, nullable=False, comment="rows that it touches"),
    _Col("message", sa.Text, nullable=False, comment="what was found, in English"),
    _Col("hint", sa.Text, nullable=False, comment="how to mend it, in English"),
    _Col("examples", sa.Text, nullable=False, comment="a JSON list"),
    _Col("words", sa.Text, comment="what the sentences were made of, as JSON; null where only English was kept"),
    _Col("id", sa.Text, comment="stable and unique within the delivery: what answers refer to"),
    _Col("because_of", sa.Text, comment="id of the finding that this one is a consequence of; null for a cause"),
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
release_table = sa.Table(
    "release",
    LEDGER,
    _Col("name", sa.Text, primary_key=True, comment="name of the release and of its folder"),
    _Col("created_at", sa.Text, nullable=False, comment="when it was frozen; ISO 8601, UTC"),
    _Col("as_of", sa.Text, nullable=False, comment="moment of the last load that is in it; ISO 8601, UTC"),
    _Col("last_load", sa.BigInteger, nullable=False, comment="load_id of that load; 0 for none"),
    _Col("previous", sa.Text, comment="the release before it; null for the first"),
    _Col("reference_date", sa.Text, comment="day whose membership of groups counts; ISO 8601"),
    _Col("content", sa.Text, nullable=False, comment="sha256 of what it holds: equal for equal Parquet"),
    _Col("observations", sa.BigInteger, nullable=False, comment="current observations"),
    _Col("code_version", sa.Text, nullable=False, comment="version of the program, and the revision where known"),
    _Col("structure_version", sa.Text, comment="data structure definition of the declarations"),
    _Col("note", sa.Text, comment="what the person who released it said"),
    comment="What was frozen. Grain: one row per release.",
)
answer_table, verdict_table = declare_answers(LEDGER)
