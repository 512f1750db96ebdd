"""What is held of a provider for the series of a delivery, as a frame: what its history is judged against.

Read through any connection that sees `core`: the writer's, under its lock, or the published copy's (`sdg check`). The
judgement itself is `pipelines.checks.history`, which knows no warehouse. Nothing is written here.

Held is what stands without the delivery itself. For a delivery that comes now that is what is current. For one that is
judged anew, or that lay while later ones were loaded, it is what the deliveries received before it brought or sent
again: an early vintage is never compared with a later one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from warehouse.hashes import same_key
from warehouse.sql import Sql

if TYPE_CHECKING:
    from metadata.structure import Structure

ATTRIBUTES = ("unit_mult", "unit_measure", "base_per", "nature", "time_detail", "source_detail", "comment_ts")
"""The attributes that say what a value means: those whose change is told."""

_OUT_OF_TURN = """
select count(*) > 0 from core.load
where provider = $provider and action <> 'withdraw' and withdrawn_at is null
and (delivery_id = $delivery or received_at > $received_at)
"""
_CURRENT = """
from core.observation_history h
where h.provider = $provider and h.superseded_at is null and list_contains($series, h.series)
"""
# The last version of each key that an earlier delivery, which still counts, brought or sent again.
_EARLIER = """
from (
    with standing as (
        select delivery_id, row_number() over (order by min(received_at), min(load_id)) as turn,
               max(load_id) as load_id
        from core.load
        where provider = $provider and action <> 'withdraw' and withdrawn_at is null and delivery_id <> $delivery
        group by delivery_id
        having min(received_at) < $received_at
    ),
    said as (
        select o.version_id, s.turn from core.observation_history o join standing s on s.load_id = o.load_id
        where o.provider = $provider and o.opened_reason not like 'restored%'
        union all
        select f.version_id, s.turn from core.confirmation f join standing s on s.load_id = f.load_id
    )
    select o.* from core.observation_history o join said using (version_id)
    where list_contains($series, o.series)
    qualify row_number() over (
        partition by o.key_hash, @key order by said.turn desc, o.version_id desc) = 1
) h
"""
_SPREAD = "select count(*), @spread @held"
_ROWS = "select @telling, h.obs_value, h.obs_value_text, @attributes, null::double as former_value @held"
# The value before the held one, where there was another: an office that returns to it mends what it sent since.
_REVISED = """
select count(*) > 0 from core.observation_history
where provider = $provider and superseded_reason = 'value_revised' and list_contains($series, series)
"""
_ROWS_WITH_FORMER = """
with held as (select h.* @held)
select @telling, h.obs_value, h.obs_value_text, @attributes, b.former_value
from held h left join (
    select h.version_id, arg_max(o.obs_value, o.version_id) as former_value
    from held h join core.observation_history o
    on o.key_hash = h.key_hash and @o_is_h and o.superseded_reason = 'value_revised' and o.version_id < h.version_id
    group by h.version_id
) b using (version_id)
"""


def held_values(
    connection: Any,
    structure: Structure,
    provider: str,
    staged: pl.DataFrame,
    *,
    delivery_id: str = "",
    received_at: Any = None,
) -> pl.DataFrame:
    """Return what is held of the series of a staged frame.

    Args:
        connection: DuckDB's connection; nothing is made in it.
        structure: names the columns of the key.
        provider: id of the provider.
        staged: the accepted rows of the delivery, texts as String or Categorical.
        delivery_id: the delivery itself, whose own versions are not what is held; empty for a rehearsal.
        received_at: when it was received, aware; None for now.

    Returns:
        One row a held key: `series`, `ref_area`, `time_period` and those other dimensions that tell rows apart (a
        dimension that has one code in all rows, staged and held, is left out), `obs_value`, `obs_value_text`, the
        attributes of `ATTRIBUTES`, and `former_value`: the number before the held one, null where there was none.
        Texts that repeat are Categorical, which takes a quarter of the memory; `obs_value_text` is String, `unit_mult`
        Int32. No row when nothing is held.
    """
    dimensions = [component.column for component in structure.dimensions]
    key = [*dimensions, structure.time.column]
    series = staged["series"].cast(pl.String).unique().to_list() if staged.height else []
    pieces = {
        "key": ", ".join(f"o.{name}" for name in key),
        "attributes": ", ".join(f"h.{name}" for name in ATTRIBUTES),
        "o_is_h": same_key("o", "h", ["provider", *key]),
        "spread": ", ".join(f"min(h.{name}), max(h.{name})" for name in dimensions),
    }
    values = {"provider": provider, "series": series, "delivery": delivery_id, "received_at": received_at}
    late = received_at is not None and bool(Sql(connection, pieces, values).one(_OUT_OF_TURN))
    pieces["held"] = Sql(connection, pieces, values).text(_EARLIER if late else _CURRENT)
    sql = Sql(connection, pieces, values)
    count, *spread = sql.run(_SPREAD)[0]
    if not count:
        return pl.DataFrame()
    ends = dict(zip(dimensions, zip(spread[::2], spread[1::2], strict=True), strict=True))
    telling = [name for name in key if name in _ALWAYS or not _one_code(staged[name], ends[name])]
    pieces["telling"] = ", ".join(f"h.{name}" for name in telling)
    rows = Sql(connection, pieces, values).batches(_ROWS_WITH_FORMER if sql.one(_REVISED) else _ROWS, _BATCH)
    repeating = {name: pl.Categorical(pl.Categories.random()) for name in (*telling, *ATTRIBUTES[1:])}
    return pl.concat([batch.cast(repeating) for batch in rows], rechunk=True)  # type: ignore[arg-type]


_ALWAYS = ("series", "ref_area", "time_period")
_BATCH = 100_000


def _one_code(staged: pl.Series, ends: tuple[str, str]) -> bool:
    """Say whether a dimension has the same one code in every held and every staged row."""
    return ends[0] == ends[1] and staged.n_unique() == 1 and staged.head(1).cast(pl.String).item() == ends[0]
