"""A judged delivery beside what readers see: values of neighbours, of the agencies, and parts that are held already.

What is published is read once, the series that the delivery touches and those that a declared identity puts beside
them. What is decided about it is in `pipelines.checks.neighbours` and `pipelines.checks.identities`, which are pure.
The provider's own history is another matter (`pipelines.checks`, level history). Where nothing is published yet,
nothing is found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from metadata.words import listed
from pipelines.by_series import bound_series, in_parts
from pipelines.checks.figures import FIGURE, in_declared_unit, key_columns
from pipelines.checks.identities import cases, having, others_of, words_of
from pipelines.checks.neighbours import check_neighbours, series_judged
from pipelines.checks.waivers import Terms, spoken
from pipelines.compact import as_text, one_of
from pipelines.places import ROW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metadata.findings import Finding, Severity
    from pipelines.check import Judgement
    from pipelines.knowledge import Knowledge
    from warehouse.settings import Settings


_NEEDED = ("obs_value", "obs_value_text", "unit_mult", "source_sheet", "source_row", "source_line")


def beside_published(judgement: Judgement, settings: Settings, knowledge: Knowledge) -> list[Finding]:
    """Return what is to be said about a delivery's accepted rows beside what is published; see this module's docstring.

    Raises:
        WarehouseError: the published copy is damaged or has another layout.
    """
    if not settings.current.is_file() or judgement.report.decision == "reject" or not judgement.accepted:
        return []
    catalogue = knowledge.catalogue
    bound = bound_series(catalogue)
    # Of a large delivery most rows may be of series that nothing here speaks of.
    asked = series_judged(judgement.staged, catalogue).union(*bound)
    columns = [*key_columns(knowledge.structure), *_NEEDED]
    staged = judgement.staged.select(columns).filter(one_of("series", sorted(asked)))
    found: list[Finding] = []
    for series in in_parts(staged, bound):
        chosen = staged if series is None else staged.filter(one_of("series", series))
        if chosen.height:
            found += _found(as_text(chosen).with_row_index(ROW), judgement.report.provider, settings, knowledge)
    return found


def _found(
    staged: pl.DataFrame, provider: str | None, settings: Settings, knowledge: Knowledge
) -> list[Finding]:
    published = _published(staged, settings, knowledge)
    if published.is_empty():
        return []
    rows = in_declared_unit(staged.with_columns(pl.col("obs_value").alias("_number")), knowledge.catalogue)
    catalogue = knowledge.catalogue
    whose = None if provider is None else knowledge.providers.get(provider)
    terms = Terms.of(catalogue, whose, knowledge.today)
    found = check_neighbours(rows, published, knowledge.areas, catalogue, knowledge.structure, terms)
    if provider is not None:
        found += check_held(rows, published.filter(pl.col("provider") == provider), knowledge, terms)
    return found


def check_held(rows: pl.DataFrame, held: pl.DataFrame, knowledge: Knowledge, terms: Terms) -> list[Finding]:
    """Return the relations that a delivery's rows break together with what is held of the same provider.

    A warning, never an error: nobody can say whether the delivery or what is held is wrong, and a delivery may be the
    first of two that mend both. Relations within the delivery alone are judged before, with their own severity.

    Args:
        rows: accepted rows with `_i`, the key columns and `_figure`.
        held: current rows of the provider with the key columns and `_figure`.
        knowledge: declarations and names.
        terms: severities of single series, and the provider's waivers.
    """
    key = key_columns(knowledge.structure)
    others = held.join(rows.select(key), on=key, how="anti").with_columns(pl.lit(None, pl.UInt32).alias(ROW))
    if others.is_empty():
        return []
    frame = pl.concat([rows.select(ROW, *key, FIGURE), others.select(ROW, *key, FIGURE)])
    broken = cases(frame, knowledge.catalogue, knowledge.structure).filter(
        ~pl.col("holds") & (pl.col("rows").list.len() > 0)
    )
    alone = cases(rows.select(ROW, *key, FIGURE), knowledge.catalogue, knowledge.structure).filter(~pl.col("holds"))
    told = having(broken, alone["rows"].explode()) if alone.height else broken.head(0)
    broken = broken.join(told, on=["series", "identity", "ref_area", "time_period"], how="anti")
    return [
        one
        for part in broken.partition_by("series", "identity")
        for one in _held_findings(rows, part, knowledge, terms)
    ]


def _held_findings(
    rows: pl.DataFrame, part: pl.DataFrame, knowledge: Knowledge, terms: Terms
) -> Iterator[Finding]:
    from metadata.rules import finding
    from pipelines.checks.neighbours import examples_of

    code, position = part.select("series", "identity").row(0)
    identity = knowledge.catalogue.series[code].identities[position]

    def worded(chosen: pl.DataFrame, severity: Severity | None) -> Finding:
        said: dict[str, Any] = words_of(identity, having(part, chosen[ROW]), knowledge.areas)
        return finding(
            "RELATION-HELD",
            places=chosen.height,
            examples=examples_of(chosen, knowledge.structure, None),
            severity=severity,
            variant="parts" if identity.dimension else None,
            **{**said, "series": code, "other": listed(others_of(identity))},
        )

    touched = rows.filter(pl.col(ROW).is_in(part["rows"].explode().unique().implode()))
    return spoken(terms, "RELATION-HELD", touched, worded, series=code)


def _published(staged: pl.DataFrame, settings: Settings, knowledge: Knowledge) -> pl.DataFrame:
    """Return what is published of the periods and series of a delivery, and of series in relation with them."""
    from warehouse.connect import reader
    from warehouse.memory import less_memory

    series = set(staged["series"].unique())
    for code, one in knowledge.catalogue.series.items():
        for identity in one.identities:
            related = {code, *others_of(identity)}
            if related & series and identity.kind != "per_unit":
                series |= related
    key = key_columns(knowledge.structure)
    with reader(settings) as connection, less_memory(connection, settings):
        found = connection.execute(
            f"select provider, {', '.join(key)}, unit_mult, obs_value as _number from core.observation "  # noqa: S608
            "where list_contains($series, series) and list_contains($periods, time_period)",
            {"series": sorted(series), "periods": staged["time_period"].unique().to_list()},
        ).pl()
    return in_declared_unit(found, knowledge.catalogue)
