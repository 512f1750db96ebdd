"""The tables about providers, declared in SQLAlchemy: who sends, when it is expected, and what offices state.

What fills them stands in the providers' files, which `pipelines` reads and `warehouse.provider_tables` writes.
"""

from __future__ import annotations

import sqlalchemy as sa

from warehouse import columns as col


def declare_providers(metadata: sa.MetaData) -> None:
    """Add the tables about providers to the declarations."""
    sa.Table(
        "provider",
        metadata,
        col.text("provider", "id of the provider", needed=True),
        col.text("name", "name in English", needed=True),
        col.text("kind", "office or agency", needed=True),
        col.text("areas", "M49 codes it may report for, joined by spaces; null is all"),
        col.text("replaces", "what a delivery stands for: provider, indicator or nothing", needed=True),
        col.number("cadence_days", "usual days between two deliveries; null is not known"),
        col.text("schedule", "when it is looked for, a cron line; null is only when asked"),
        col.text("timezone", "IANA time zone of the schedule"),
        schema="metadata",
        comment="The declared providers. Grain: one row per provider.",
    )
    sa.Table(
        "national_statement",
        metadata,
        col.text("provider", "the provider in whose file it stands", needed=True),
        col.text("indicator", "official number", needed=True),
        col.text("ref_area", "M49 code of the country", needed=True),
        col.text("available", "yes, partly or no: whether the country has national data"),
        col.text("definition", "same or proxy: how the national definition stands to the global one"),
        col.text("institution", "which institution produces the data"),
        col.text("source_type", "kind of source: survey, census, register, …"),
        col.text("frequency", "how often the country produces it, in words"),
        col.text("disaggregations", "dimensions by which the country has it, joined by spaces"),
        col.flag("metadata_available", "the country has metadata for it"),
        col.text("barriers", "kinds of barrier: data, reporting, financial, geographic, capacity; joined by spaces"),
        col.text("barrier_note", "what stands in the way, in words"),
        col.text("planned", "year by which it is planned to be available"),
        col.text("stated_by", "who states it, and where", needed=True),
        col.day("stated_on", "date of the statement", needed=True),
        schema="metadata",
        comment="What providers state about national data. Grain: one row per provider, indicator and country.",
    )
