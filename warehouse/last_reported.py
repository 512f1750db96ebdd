"""What a provider reported last, for its template: the values that it is asked to confirm or to revise.

Of each series and area those of its latest period, breakdowns and attributes included. What was discontinued earlier
within a series is not asked for again. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from warehouse.sql import Sql

if TYPE_CHECKING:
    from metadata.structure import Structure

_LAST = """
select @columns, obs_value_text
from core.observation_history
where provider = $provider and superseded_at is null and list_contains($series, series)
qualify time_period = max(time_period) over (partition by series, ref_area)
order by @order
"""


def last_reported(
    connection: Any, structure: Structure, provider: str, series: Collection[str]
) -> list[dict[str, object]]:
    """Return the current observations of the latest period of each series and area, by column.

    Args:
        connection: DuckDB's, to the published copy or the warehouse.
        structure: names the columns.
        provider: whose observations.
        series: codes of the series asked for.

    Returns:
        Dimensions, `time_period`, `obs_value` (in unit_measure × 10^unit_mult; None for missing), `obs_value_text` and
        the attributes, in the order of the series and their key.
    """
    key = [component.column for component in structure.dimensions]
    pieces = {"columns": ", ".join(structure.columns), "order": ", ".join(["series", "ref_area", *key])}
    sql = Sql(connection, pieces, {"provider": provider, "series": sorted(series)})
    return list(sql.frame(_LAST).iter_rows(named=True))
