"""The judgement of a delivery: file → map → corrections → scope → codes → rows → sets. One engine for all.

Pure: no dagster, no warehouse, no file is opened. What a check decides is in `pipelines.checks`; here is the
order, and the books: every received row is accepted, quarantined, rejected, duplicate, out of scope or
dropped, exactly once, and the sum is asserted. What the accepted rows become (new, revised, unchanged) is
decided by `warehouse.observations`, which knows what is held.

Rows of action Delete are no observations: they are not received rows, and their keys stand in `deletes`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import polars as pl

from metadata.errors import SdgError
from metadata.findings import Counts, FileReport
from pipelines.cells import Cells, cells_of
from pipelines.checks import causes, codes, delivery, outcome, scope, sets
from pipelines.checks.docket import NONE_KEPT_BACK, Docket
from pipelines.checks.outcome import Later, MadeWhenAsked, Scope
from pipelines.checks.template import about_template
from pipelines.compact import as_text, blanks, compacted, one_of
from pipelines.correct import CORRECTION, VALUE, Corrected, apply_corrections
from pipelines.map import apply_map
from pipelines.places import ROW, located, numbered

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.findings import Finding
    from metadata.load import Catalogue
    from metadata.structure import Structure
    from pipelines.provider import Provider
    from pipelines.read.message import Header, Message

__all__ = ["Judgement", "Scope", "judge"]

WITHOUT_MAP = "none"
"""`map_version` of a judgement without a provider."""


@dataclass(kw_only=True)
class Judgement:
    """What was found about a delivery, and what may be loaded of it.

    Attributes:
        report: findings, decision and the counts as far as they are known before core: `new` and its like
            are 0, so accepted rows are `accepted`.
        staged: the accepted rows as texts, made when they are asked for; see
            `pipelines.checks.outcome.staged_frame`.
        quarantine: the rows kept back, likewise; see `quarantine_frame`.
        deletes: dimensions and `time_period` of the keys that are taken back.
        scope: what the delivery replaces.
        indicators: numbers of the indicators that it may change.
        map_version: version of the provider's map, corrections and policy.
        structure_version: label of the global structure.
        header: what the message says about itself.
        remarks: which accepted rows a warning touches: dimensions, `time_period` and `finding` (its id), one row a
            warning and row. What is answered to the warning is published beside these values.
        cells: of a workbook, where its cells are; None for other files.
    """

    report: FileReport
    staged: MadeWhenAsked = MadeWhenAsked()  # noqa: RUF009  (a descriptor, not a shared default)
    quarantine: MadeWhenAsked = MadeWhenAsked()  # noqa: RUF009
    deletes: pl.DataFrame
    scope: Scope
    indicators: frozenset[str]
    map_version: str
    structure_version: str
    header: Header
    remarks: MadeWhenAsked = MadeWhenAsked()  # noqa: RUF009
    cells: Cells | None = None

    @property
    def accepted(self) -> int:
        """Number of rows that may be loaded, which is `staged.height`, without making that frame."""
        return int(self.__dict__["_staged"].height)

    def let_go(self) -> None:
        """Forget the rows, when they are on disk: only their numbers are asked for from now on."""
        for name in ("_staged", "_quarantine", "_remarks"):
            self.__dict__[name] = Later(self.__dict__[name].height, _gone)


def _gone() -> pl.DataFrame:
    raise SdgError(
        "The rows of a judgement were asked for after they were loaded.", hint="Please report this: it is a fault."
    )


@runtime_checkable
class Streamed(Protocol):
    """A message that is read batch by batch; `notes` is complete once `batches` is exhausted."""

    @property
    def format(self) -> str:
        """Name of the format."""
        ...

    @property
    def header(self) -> Header:
        """What the message says about itself."""
        ...

    @property
    def batches(self) -> Iterator[pl.DataFrame]:
        """Frames in the order of the file, at least one, all with the same columns."""
        ...

    @property
    def notes(self) -> Sequence[Finding]:
        """What was noticed while reading."""
        ...

    @property
    def letters(self) -> Mapping[str, Mapping[str, str]]:
        """Of a workbook, as in `Message`."""
        ...

    @property
    def path_of(self) -> Callable[[int], str] | None:
        """Of a JSON message, as in `Message`."""
        ...


def judge(
    message: Message | Streamed,
    provider: Provider | None,
    catalogue: Catalogue,
    structure: Structure,
    areas: Areas,
    *,
    path: str,
    sha256: str,
    today: date,
    held: Collection[str] = (),
) -> Judgement:
    """Judge a message that was read.

    Args:
        message: what a reader returned: whole, or batch by batch.
        provider: whose delivery it is; None for a check without one: no map, any area, no policy.
        catalogue: the declared series.
        structure: the global structure.
        areas: names of areas.
        path: where the bytes came from, for the report.
        sha256: of the bytes.
        today: periods that begin after it lie in the future.
        held: `agency:id(version)` of the national structures at hand.

    Raises:
        SdgError: the rows are not accounted for exactly once: a fault of the program.
    """
    received = numbered(compacted(message.batches if isinstance(message, Streamed) else [message.frame]))
    mapped = apply_map(received, provider, structure)
    observations = mapped.frame.filter(~pl.col("_action").eq_missing("Delete"))
    report = FileReport(path, message.format, sha256, provider.id if provider else None)
    report.counts = Counts(received=observations.height)
    report.add(message.notes)
    report.add(delivery.about_structure(message.header, provider, structure, held))
    report.add(about_template(message.header, catalogue))
    refusals = delivery.refusals(message.header, mapped.frame, structure)
    docket = Docket(received, received.head(0), catalogue, structure, areas, provider, today)
    if refusals:
        report.add(refusals)
        return _placed(_refused(docket, message, report), message)
    report.add(mapped.findings)
    corrected = apply_corrections(observations, received, provider, structure)
    report.add(corrected.findings)
    docket.release_to(_complete(corrected.frame, structure))
    deletes = mapped.frame.filter(pl.col("_action") == "Delete")
    return _placed(_judged(docket, message, report, corrected, deletes), message)


def _placed(judgement: Judgement, message: Message | Streamed) -> Judgement:
    """Say of every example in which cell of a workbook, or where in a JSON message it is."""
    judgement.report.findings = located(judgement.report.findings, message)
    return judgement


def _judged(
    docket: Docket, message: Message | Streamed, report: FileReport, corrected: Corrected, deletes: pl.DataFrame
) -> Judgement:
    """Check the rows, divide them by their outcome, and settle the books."""
    from pipelines.checks.relations import check_relations
    from pipelines.checks.rows import check_rows

    catalogue, structure, provider = docket.catalogue, docket.structure, docket.provider
    report.counts.out_of_scope = scope.sort_by_scope(docket)
    in_scope = docket.rows
    scope.hang_unknown_series(docket)
    scope.hang_by_map(docket)
    delivery.unknown_components(docket)
    scope.retired_series(docket)
    foreign = delivery.of_others(docket)
    if foreign is not None:
        report.add([*docket.findings, foreign])
        return _refused(docket, message, report)
    codes.check_codes(docket)
    numbers = check_rows(docket)
    duplicates = sets.check_sets(docket)
    check_relations(docket, duplicates, numbers)
    kept_back = docket.kept_back()
    told = causes.hang(docket)
    report.add(told)
    accepted = docket.without(docket.rows[ROW], pl.concat([kept_back[ROW], duplicates]))
    report.counts.dropped = corrected.dropped.height
    report.counts.duplicate = len(duplicates)
    report.counts.quarantined = kept_back.height
    _assert_balance(report.counts, len(accepted))
    keys, found = outcome.deletes_of(_complete(deletes, structure), docket)
    report.add(found)
    if kept_back.height:
        if provider is not None and provider.policy.row_error == "reject":
            return _refused(docket, message, report)
        report.decision = "load_with_quarantine"
    named = pl.concat([frame.select("series", "_action") for frame in (in_scope, corrected.dropped)])
    replaced = outcome.scope_of(named, provider, catalogue, deletes_only=report.counts.received == 0)
    return Judgement(
        report=report,
        staged=outcome.staged_later(docket.rows, accepted, structure),
        quarantine=outcome.quarantine_later(in_scope, kept_back, structure),
        deletes=keys,
        scope=replaced,
        indicators=outcome.touched_indicators(named, keys, replaced, catalogue),
        map_version=provider.map_version if provider else WITHOUT_MAP,
        structure_version=structure.version_label,
        header=message.header,
        remarks=outcome.remarks_later(docket.rows, accepted, causes.remarks(docket, told), structure),
        cells=cells_of(docket, told, message) if docket.of_workbook else None,
    )


def _refused(docket: Docket, message: Message | Streamed, report: FileReport) -> Judgement:
    """End with a refusal: every received row is rejected, and nothing else happens."""
    structure, provider = docket.structure, docket.provider
    report.decision = "reject"
    report.counts = Counts(received=report.counts.received, rejected=report.counts.received)
    none = _complete(docket.received.head(0), structure)
    return Judgement(
        report=report,
        staged=outcome.staged_frame(none, structure),
        quarantine=outcome.quarantine_frame(none, NONE_KEPT_BACK, structure),
        deletes=as_text(none.select(outcome.key_of(structure))),
        scope=Scope("nothing", None),
        indicators=frozenset(),
        map_version=provider.map_version if provider else WITHOUT_MAP,
        structure_version=structure.version_label,
        header=message.header,
        remarks=outcome.remarks_frame(none, none.select(ROW, pl.lit("").alias("finding")), structure),
    )


def _complete(frame: pl.DataFrame, structure: Structure) -> pl.DataFrame:
    """Return the frame with a column for every component, `_value` and `correction`; empty texts are null.

    `obs_value` stays as received, so that an empty value is told from an absent one in `obs_value_text`.
    """
    wanted = [*structure.columns, VALUE, CORRECTION]
    absent = [pl.lit(None, dtype=pl.String).alias(column) for column in wanted if column not in frame.columns]
    whole = frame.with_columns(absent)
    coded = [column for column in structure.columns if column != structure.measure.column]
    blank = {column: texts for column in coded if (texts := blanks(whole, column))}
    return whole.with_columns(
        pl.when(~one_of(column, texts)).then(pl.col(column)).name.keep() for column, texts in blank.items()
    )


def _assert_balance(counts: Counts, accepted: int) -> None:
    """Raise unless every received row has exactly one outcome; accepted rows are not in the counts yet."""
    settled = replace(counts, new=accepted)
    if not settled.balanced():
        raise SdgError(
            f"The rows of the delivery do not add up: {counts.to_dict()} and {accepted} accepted.",
            hint="Please report this with the file: it is a fault of the program, not of the data.",
        )
