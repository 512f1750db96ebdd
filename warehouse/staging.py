"""What a load is given, and how it reaches SQL: the request, checked and turned into Arrow tables.

Which rows are staged and which are kept back was decided by the judgement; here is only refused what no judgement
may give: a missing column, a row without identity, a series whose declaration nobody recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa

from metadata.errors import SdgError
from metadata.findings import Counts, Decision

if TYPE_CHECKING:
    from warehouse.connect import Warehouse

_BATCH = 30_720
"""Rows of an Arrow batch: 15 of DuckDB's vectors."""
_PLACE = {"source_sheet": pl.String(), "source_row": pl.Int64(), "source_line": pl.Int64()}


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """A judged delivery that may be loaded.

    Attributes:
        delivery_id: id in the ledger.
        provider: provider id.
        sha256: of the bytes.
        received_at: when they were received, aware; deliveries speak for their keys in this order.
        staged: the accepted rows (staged frame of the contract), unique by key.
        quarantine: the rows kept back.
        deletes: key columns of rows sent with action Delete.
        replaces: scope of the delivery: `provider`, `indicator`, `nothing` or `delete`.
        scope_series: series that the scope is limited to; None for no limit.
        counts: of the judgement: what is known before core is seen.
        metadata_versions: version of the declaration by indicator.
        structure_version: label of the data structure definition.
        map_version: version of the provider's map and corrections.
        decision: `load` or `load_with_quarantine`.
        rejudged: the bytes were judged anew: the judgement takes the place of earlier loads of the delivery.
        remarks: key columns and `finding` of accepted rows that a warning touches; None for none.
    """

    delivery_id: str
    provider: str
    sha256: str
    received_at: datetime
    staged: pl.DataFrame
    quarantine: pl.DataFrame
    deletes: pl.DataFrame
    replaces: str
    scope_series: frozenset[str] | None
    counts: Counts
    metadata_versions: Mapping[str, str]
    structure_version: str
    map_version: str | None
    decision: Decision
    rejudged: bool = False
    remarks: pl.DataFrame | None = None


def arrow_tables(warehouse: Warehouse, request: LoadRequest) -> dict[str, Any]:
    """Return the Arrow tables that the merge reads, with exactly the columns that it expects."""
    tables = warehouse.tables
    key = {name: pl.String() for name in (*tables.dimensions, "time_period")}
    text = {name: pl.String() for name in tables.attributes}
    staged = {
        **key,
        "obs_value": pl.Float64(),
        "obs_value_text": pl.String(),
        **text,
        "unit_mult": pl.Int32(),
        **_PLACE,
        "correction": pl.String(),
    }
    quarantine = {
        **key,
        "obs_value_text": pl.String(),
        **text,
        "rule": pl.String(),
        "rules": pl.String(),
        "message": pl.String(),
        **_PLACE,
    }
    rows = _exact(request.staged, staged, "staged").with_row_index("_rn").cast({"_rn": pl.Int64})
    _refuse_nulls(rows, key)
    scope = pl.DataFrame({"series": sorted(request.scope_series or ())}, schema={"series": pl.String})
    return {
        "staged_rows": _in_batches(rows),
        "quarantine_rows": _exact(request.quarantine, quarantine, "quarantine").to_arrow(),
        "delete_rows": _exact(request.deletes, key, "deletes").to_arrow(),
        "remark_rows": _exact(
            pl.DataFrame() if request.remarks is None else request.remarks, {**key, "finding": pl.String()}, "remarks"
        ).to_arrow(),
        "scope_series": scope.to_arrow(),
        "series_version": _series_versions(warehouse, request).to_arrow(),
    }


def _in_batches(frame: pl.DataFrame) -> Any:
    """Return an Arrow table of many batches: DuckDB reads one batch with one thread, several with all it has."""
    import pyarrow as pa

    table = frame.to_arrow()
    return pa.Table.from_batches(table.to_batches(max_chunksize=_BATCH), schema=table.schema)


def _exact(frame: pl.DataFrame, schema: Mapping[str, Any], name: str) -> pl.DataFrame:
    """Return the frame's columns in the order of the schema; an empty frame needs none, others need them all.

    Raises:
        SdgError: a column is missing or of another type: a fault of the caller, not of the data.
    """
    if frame.is_empty():
        return pl.DataFrame(schema=dict(schema))
    wrong = [column for column, kind in schema.items() if frame.schema.get(column) not in (kind, pl.Null)]
    if wrong:
        raise SdgError(f"The {name} frame lacks {', '.join(wrong)}, or has another type there.")
    return frame.select(pl.col(column).cast(kind) for column, kind in schema.items())


def _refuse_nulls(rows: pl.DataFrame, key: Iterable[str]) -> None:
    empty = [name for name in key if rows[name].null_count()]
    if empty:
        raise SdgError(f"The staged frame has rows without {', '.join(empty)}: they have no identity.")
    if rows["obs_value"].is_nan().any():
        raise SdgError("The staged frame has NaN in obs_value; missing is null.")


def _series_versions(warehouse: Warehouse, request: LoadRequest) -> pl.DataFrame:
    """Return the version of the owning indicator's declaration for every staged series."""
    table = warehouse.tables.table("metadata.series")
    series = request.staged["series"].unique().sort().to_list() if request.staged.height else []
    rows = warehouse.sa.execute(sa.select(table.c.series, table.c.owner).where(table.c.series.in_(series))).all()
    owner = {row.series: row.owner for row in rows}
    unknown = [code for code in series if request.metadata_versions.get(owner.get(code, "")) is None]
    if unknown:
        raise SdgError(
            f"No declaration's version is known for the series {', '.join(unknown)}; nothing was loaded.",
            hint="Write the metadata tables before loading.",
        )
    versions = {"series": series, "version": [request.metadata_versions[owner[code]] for code in series]}
    return pl.DataFrame(versions, schema={"series": pl.String, "version": pl.String})
