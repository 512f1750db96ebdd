"""When a delivery was prepared, and whether what is held was prepared later.

An office that sends last year's file by mistake would put old values over new ones. The day of preparation is that of
the message (or the day a workbook was last saved). What is held is dated by the kept bytes of the deliveries whose
values are current, so nothing is stored twice. A message that names no day is never older.
"""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.rules import finding
from pipelines.compact import as_text

if TYPE_CHECKING:
    import duckdb

    from metadata.findings import Finding
    from pipelines.check import Judgement
    from warehouse.settings import Settings

_PREPARED = re.compile(
    rb'<(?:\w+:)?Prepared>\s*([^<\s]+)\s*<|"prepared"\s*:\s*"([^"]+)"|<dcterms:modified[^>]*>([^<]+)<'
)
_HEADER_BYTES = 65_536

_SPOKEN_FOR = """
select l.sha256, h.delivery_id, count(*) as keys
from core.observation h
join judged j on j.series = h.series and j.ref_area = h.ref_area and j.time_period = h.time_period
join (select distinct delivery_id, sha256 from core.load) l on l.delivery_id = h.delivery_id
where h.provider = $provider and h.delivery_id <> $delivery
group by all
"""


def prepared_in(path: Path) -> datetime | None:
    """Return when the message in a file says it was prepared, in UTC; None when it says nothing that can be read."""
    from pipelines.read.message import parse_prepared

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            named = "docProps/core.xml"
            head = packed.read(named)[:_HEADER_BYTES] if named in packed.namelist() else b""
    else:
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
    match = _PREPARED.search(head)
    said = next((part for part in match.groups() if part), None) if match else None
    return parse_prepared(said.decode("ascii", "replace")) if said else None


def older_than_current(
    judgement: Judgement, connection: duckdb.DuckDBPyConnection, settings: Settings, delivery_id: str
) -> Finding | None:
    """Return the finding that holds a delivery whose values are current from one that was prepared later; else None.

    Args:
        judgement: the judged delivery.
        connection: sees `core`: the writer's, or the published copy's.
        settings: where raw is.
        delivery_id: of the delivery itself.
    """
    prepared = judgement.header.prepared_at
    if prepared is None or judgement.report.provider is None or not judgement.accepted:
        return None
    keys = judgement.staged.select("series", "ref_area", "time_period").unique()
    connection.register("judged", as_text(keys).to_arrow())
    try:
        current = connection.execute(
            _SPOKEN_FOR, {"provider": judgement.report.provider, "delivery": delivery_id}
        ).fetchall()
    finally:
        connection.unregister("judged")
    later = [(day, delivery, count) for sha256, delivery, count in current if (day := _kept(settings, sha256))]
    later = [one for one in later if one[0] > prepared]
    if not later:
        return None
    newest, delivery, _ = max(later)
    places = sum(count for _, _, count in later)
    return finding(
        "OLDER-THAN-CURRENT", places=places, prepared=_day(prepared), delivery=delivery, current=_day(newest)
    )


def _kept(settings: Settings, sha256: str) -> datetime | None:
    from metadata.errors import WarehouseError
    from warehouse.raw import get

    try:
        return prepared_in(get(settings, sha256))
    except WarehouseError:  # the bytes are elsewhere, as on the machine of an office: nothing is known of them
        return None


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
