"""The step between judgement and load: what is held is fetched, the history rules judge, rows are kept back.

For the writer under its lock (`pipelines.deliver`) and for a check on the published copy (`pipelines.preview`) alike,
so that both say the same. The rules are pure and stand in `pipelines.checks.history`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from metadata.findings import Counts, told_apart
from pipelines.by_series import in_parts
from pipelines.cells import with_history
from pipelines.checks.history import AgainstHeld, check_history
from pipelines.checks.history_frames import ROW
from pipelines.checks.outcome import Scope
from pipelines.compact import as_text, having

if TYPE_CHECKING:
    from datetime import datetime

    from metadata.findings import Finding
    from metadata.structure import Structure
    from pipelines.check import Judgement
    from pipelines.knowledge import Knowledge


def judge_against_held(
    judgement: Judgement,
    connection: Any,
    knowledge: Knowledge,
    *,
    delivery_id: str = "",
    received_at: datetime | None = None,
) -> Judgement:
    """Return a judgement with its history judged too; the given one is not changed.

    Args:
        judgement: of a delivery that is not refused.
        connection: DuckDB's connection to the warehouse, or to its published copy.
        knowledge: what it is judged by.
        delivery_id: the delivery, whose own values are not what is held; empty for a check.
        received_at: when it was received; None for now.

    Returns:
        The judgement with the findings added and the rows of errors moved from staged to quarantine, counts and
        decision with them. Where the provider's policy refuses a delivery for a row error, it is refused.
    """
    report, structure = judgement.report, knowledge.structure
    provider = str(report.provider)
    if not judgement.accepted:
        return judgement
    found = _compared(judgement, connection, knowledge, delivery_id, received_at)
    if found is None:
        return judgement
    staged, key = judgement.staged, _key(structure)
    declared = knowledge.providers.get(provider)
    judged = replace(report, findings=list(report.findings), counts=replace(report.counts))
    told = told_apart([*report.findings, *found.findings])[len(report.findings) :]
    judged.add(told)
    remarks = _remarks(judgement, told, found, key)
    if judgement.cells is not None:
        judgement = replace(judgement, cells=with_history(judgement.cells, staged, told, found.touched))
    if found.kept_back.is_empty():
        return replace(judgement, report=judged, remarks=remarks)
    if declared.policy.row_error == "reject":
        return _refused(replace(judgement, report=judged))
    numbered = staged.with_row_index(ROW)
    kept_back = found.kept_back.with_columns(pl.col("rule").alias("rules"))
    judged.counts.quarantined += found.kept_back.height
    judged.decision = "load_with_quarantine"
    return replace(
        judgement,
        report=judged,
        remarks=remarks,
        staged=numbered.join(kept_back, on=ROW, how="anti", maintain_order="left").drop(ROW),
        quarantine=_with(judgement.quarantine, numbered.join(kept_back, on=ROW, maintain_order="left")),
    )


def _key(structure: Structure) -> list[str]:
    return [*(dimension.column for dimension in structure.dimensions), structure.time.column]


def _compared(
    judgement: Judgement, connection: Any, knowledge: Knowledge, delivery_id: str, received_at: datetime | None
) -> AgainstHeld | None:
    """Judge the history, a part of the series after the other; None where nothing is held."""
    from warehouse.held import held_values

    provider, structure = str(judgement.report.provider), knowledge.structure
    parts = []
    for series in in_parts(judgement.staged):
        chosen = judgement.staged.with_row_index(ROW)
        chosen = chosen if series is None else having(chosen, "series", series)
        rows, staged = chosen[ROW], chosen.drop(ROW)
        held = held_values(
            connection, structure, provider, staged, delivery_id=delivery_id, received_at=received_at
        )
        if held.is_empty():
            continue
        found = check_history(
            staged,
            held,
            knowledge.catalogue,
            structure,
            provider=knowledge.providers.get(provider),
            today=knowledge.today,
            came=_came(judgement, structure, series),
            actions=judgement.header.dataset_actions,
            replaces=judgement.scope.replaces,
        )
        parts.append(found if series is None else _numbered(found, rows))
        del chosen, staged, held  # the next part needs their memory
    if not parts:
        return None
    return AgainstHeld(
        [one for part in parts for one in part.findings],
        [one for part in parts for one in part.touched],
        pl.concat([part.kept_back for part in parts]),
    )


def _came(judgement: Judgement, structure: Structure, series: list[str] | None) -> pl.DataFrame | None:
    """Return the keys of rows that are kept back or deleted."""
    frames = [frame.select(_key(structure)) for frame in (judgement.quarantine, judgement.deletes) if frame.height]
    chosen = frames if series is None else [having(frame, "series", series) for frame in frames]
    return pl.concat([_texts(frame) for frame in chosen]) if chosen else None


def _numbered(found: AgainstHeld, rows: pl.Series) -> AgainstHeld:
    """Return what was found in a part with the numbers of the rows in the whole frame."""
    touched = [rows.gather(one) for one in found.touched]
    return AgainstHeld(found.findings, touched, found.kept_back.with_columns(rows.gather(found.kept_back[ROW])))


def _with(quarantine: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the quarantine with more rows; of a staged row all text is kept, the number as received."""
    texts = as_text(quarantine)
    return pl.concat([texts, rows.select(pl.col(name).cast(kind) for name, kind in texts.schema.items())])


def _remarks(judgement: Judgement, told: list[Finding], found: AgainstHeld, key: list[str]) -> pl.DataFrame:
    """Return the remarks with those of the history's warnings, without those on rows that are kept back."""
    keys = judgement.staged.select(key)
    parts = [
        _texts(keys.select(pl.all().gather(rows))).with_columns(pl.lit(one.id).alias("finding"))
        for one, rows in zip(told, found.touched, strict=True)
        if one.severity == "warning" and len(rows)
    ]
    kept = _texts(keys.select(pl.all().gather(found.kept_back[ROW])))
    former = _texts(judgement.remarks.select(*key, "finding"))
    return pl.concat([former.join(kept, on=key, how="anti"), *(part.select(*key, "finding") for part in parts)])


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.cast(pl.String)


def _refused(judgement: Judgement) -> Judgement:
    """Return the judgement of a delivery that is refused as a whole."""
    report = judgement.report
    report.decision = "reject"
    report.counts = Counts(received=report.counts.received, rejected=report.counts.received)
    return replace(
        judgement,
        staged=judgement.staged.head(0),
        quarantine=judgement.quarantine.head(0),
        deletes=judgement.deletes.head(0),
        remarks=judgement.remarks.head(0),
        scope=Scope("nothing", None),
        indicators=frozenset(),
    )
