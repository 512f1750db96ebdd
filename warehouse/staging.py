"""What a load is given, and how it reaches SQL: the request, checked and put on disk (`warehouse.spool`).

Which rows are staged and which are kept back was decided by the judgement; here is only refused what no judgement
may give: a missing column, a row without identity, a series whose declaration nobody recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa

from metadata.errors import SdgError
from metadata.findings import Counts, Decision
from warehouse.spool import Spooled, spooled

if TYPE_CHECKING:
    from warehouse.connect import Warehouse
    from warehouse.tables import Tables

_PLACE = {"source_sheet": pl.String(), "source_row": pl.Int64(), "source_line": pl.Int64()}


@dataclass(frozen=True, slots=True)
class OnDisk:
    """The rows of a request, on disk.

    Attributes:
        staged: the accepted rows, with `_rn`, their 0-based number (Int64).
        quarantine, deletes, remarks: as in the request.
    """

    staged: Spooled
    quarantine: Spooled
    deletes: Spooled
    remarks: Spooled


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
        on_disk: the four frames where they are on disk already (`without_frames`); they are empty here then.
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
    on_disk: OnDisk | None = None

    @property
    def accepted(self) -> int:
        """Number of accepted rows."""
        return self.on_disk.staged.height if self.on_disk else self.staged.height

    @property
    def kept_back(self) -> int:
        """Number of rows kept back."""
        return self.on_disk.quarantine.height if self.on_disk else self.quarantine.height


def without_frames(request: LoadRequest, tables: Tables, folder: Path) -> LoadRequest:
    """Return the request with its rows on disk; who made the frames may let go of them, and of their memory.

    Args:
        request: with frames; one whose rows are on disk is returned as it is.
        tables: name the columns.
        folder: where the rows are put (`warehouse.spool.spool_folder`).

    Raises:
        SdgError: a column is missing or of another type, a row has no identity, a value is NaN.
        StorageFull: the disk is full or not writable.
    """
    if request.on_disk is not None:
        return request
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
    none = pl.DataFrame()
    rows = OnDisk(
        staged=spooled(folder, "staged", request.staged, staged, number="_rn"),
        quarantine=spooled(folder, "quarantine", request.quarantine, quarantine),
        deletes=spooled(folder, "deletes", request.deletes, key),
        remarks=spooled(
            folder, "remarks", none if request.remarks is None else request.remarks, {**key, "finding": pl.String()}
        ),
    )
    _refuse_nulls(request.staged, key)
    return replace(request, staged=none, quarantine=none, deletes=none, remarks=None, on_disk=rows)


def input_tables(warehouse: Warehouse, request: LoadRequest, rows: OnDisk) -> dict[str, Any]:
    """Return what the merge reads besides core, by the name under which it reads it: rows on disk and Arrow tables.

    Raises:
        SdgError: a series without declaration.
    """
    scope = pl.DataFrame({"series": sorted(request.scope_series or ())}, schema={"series": pl.String})
    return {
        "staged_rows": rows.staged,
        "quarantine_rows": rows.quarantine,
        "delete_rows": rows.deletes,
        "remark_rows": rows.remarks,
        "scope_series": scope.to_arrow(),
        "series_version": _series_versions(warehouse, request, rows).to_arrow(),
    }


def _refuse_nulls(rows: pl.DataFrame, key: Iterable[str]) -> None:
    if rows.is_empty():
        return
    empty = [name for name in key if rows[name].null_count()]
    if empty:
        raise SdgError(f"The staged frame has rows without {', '.join(empty)}: they have no identity.")
    if rows["obs_value"].is_nan().any():
        raise SdgError("The staged frame has NaN in obs_value; missing is null.")


def _series_versions(warehouse: Warehouse, request: LoadRequest, rows: OnDisk) -> pl.DataFrame:
    """Return the version of the owning indicator's declaration for every staged series."""
    table = warehouse.tables.table("metadata.series")
    query = f"select distinct series from ({rows.staged.query}) order by series"  # noqa: S608  # our own file
    series = [code for (code,) in warehouse.connection.execute(query).fetchall()]
    found = warehouse.sa.execute(sa.select(table.c.series, table.c.owner).where(table.c.series.in_(series))).all()
    owner = {row.series: row.owner for row in found}
    unknown = [code for code in series if request.metadata_versions.get(owner.get(code, "")) is None]
    if unknown:
        raise SdgError(
            f"No declaration's version is known for the series {', '.join(unknown)}; nothing was loaded.",
            hint="Write the metadata tables before loading.",
        )
    versions = {"series": series, "version": [request.metadata_versions[owner[code]] for code in series]}
    return pl.DataFrame(versions, schema={"series": pl.String, "version": pl.String})
