"""What calibration measures, read from the published copy: values, revisions, rows kept back. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from warehouse.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Collection

    from metadata.structure import Structure

_WHERE = "($all_providers or list_contains($providers, provider)) and ($all_series or list_contains($series, series))"
_VALUES = """
select provider, @key, obs_value, unit_mult, unit_measure from core.observation
where @where and obs_value is not null
"""
# A version that was restored, or left to a later delivery, is no revision by the office.
_REVISIONS = """
with versions as (
    select series, ref_area, obs_value as v, opened_reason,
           lag(obs_value) over (partition by provider, @key order by version_id) as before,
           unit_mult is not distinct from lag(unit_mult) over (partition by provider, @key order by version_id) as same
    from core.observation_history
    where @where and opened_reason not like 'restored%' and opened_reason not like 'left%'
)
select series, ref_area, v, before from versions where opened_reason = 'value_revised' and same and before is not null
"""
_KEPT_BACK = """
select series, rule, count(*) as rows from core.quarantine where @where and series is not null group by all order by all
"""
_LAST = """
select max(load_id), max(loaded_at) from core.load where $all_providers or list_contains($providers, provider)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What is published of some series and providers.

    Attributes:
        values: current numbers: `provider`, the key, `obs_value`, `unit_mult`, `unit_measure`.
        revisions: numbers that took the place of another: `series`, `ref_area`, `v`, `before`.
        kept_back: rows ever kept back: `series`, `rule`, `rows`.
        load_id: number of the last load; None when there was none.
        loaded_at: when that was.
    """

    values: pl.DataFrame
    revisions: pl.DataFrame
    kept_back: pl.DataFrame
    load_id: int | None
    loaded_at: datetime | None


def measured(
    connection: Any, structure: Structure, *, providers: Collection[str] = (), series: Collection[str] = ()
) -> Measured:
    """Return what is published.

    Args:
        connection: DuckDB's connection to the published copy.
        structure: names the columns of the key.
        providers: ids; none for all.
        series: codes; none for all.
    """
    key = [*(dimension.column for dimension in structure.dimensions), structure.time.column]
    values = {
        "providers": list(providers), "all_providers": not providers, "series": list(series), "all_series": not series,
    }  # fmt: skip
    sql = Sql(connection, {"key": ", ".join(key), "where": _WHERE}, values)
    load_id, loaded_at = sql.run(_LAST)[0]
    return Measured(sql.frame(_VALUES), sql.frame(_REVISIONS), sql.frame(_KEPT_BACK), load_id, loaded_at)
