"""A load that is not kept: what loading a delivery would do, told by doing it to a copy in memory.

The copy holds what is published of the delivery's provider, and the load is the real one, so a check can never say
anything else than the submission that follows it. Nothing is written to any file, and no lock is taken.
"""

from __future__ import annotations

from datetime import datetime

from warehouse.connect import scratch
from warehouse.observations import LoadRequest, LoadResult, load
from warehouse.settings import Settings

# The rehearsed delivery is the newest of its provider, so only what is current can meet it: what later deliveries
# confirmed or deleted matters to older ones alone.
_COPIED = (
    ("core.observation_history", "where provider = $provider and superseded_at is null"),
    ("core.load", "where provider = $provider"),
    ("metadata.series", ""),
)


def rehearse(settings: Settings, request: LoadRequest, *, now: datetime) -> LoadResult:
    """Return what `warehouse.observations.load` would answer if the delivery came now.

    Args:
        settings: where the published copy is; it must be there.
        request: the judged delivery.
        now: the moment that counts as now.

    Raises:
        WarehouseError: the published copy is damaged or has another layout.
    """
    with scratch(settings) as warehouse:
        # A file name cannot be a parameter of ATTACH; a quote in it is doubled.
        place = str(settings.current).replace("'", "''")
        warehouse.connection.execute(f"attach '{place}' as published (read_only)")
        for table, where in _COPIED:
            values = {"provider": request.provider} if where else {}
            warehouse.connection.execute(f"insert into {table} by name from published.{table} {where}", values)
        warehouse.connection.execute("detach published")
        return load(warehouse, request, now=now)
