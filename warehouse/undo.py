"""Taking a delivery back: what would stand if it had never come.

Core keeps enough to answer that exactly. For every key, a delivery that still counts says one of four things,
by its latest judgement: it brought a version (a row of history, also one that was left to a later delivery), it
sent a standing version again (`core.confirmation`), it deleted the key (`core.deletion`), or its scope covers
the series and the key did not come, not even into quarantine. The last delivery that says anything, in the
order in which they were received, decides what stands: a version, or nothing. A version that comes back is a
new row of history with the delivery and the place that now stand for it.

Used by `withdraw` for all keys of a delivery, and by a load that judges a delivery anew for those keys that the
new judgement does not accept.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.sql import Sql

ABSENT = "withdrawn: not in the delivery that replaces its scope"
DELETED = "withdrawn: named by a Delete of the delivery"

# Deliveries that still count, in the order in which they speak, each with its latest load.
_STANDING = """
create or replace temp table standing as
select delivery_id, row_number() over (order by min(received_at), min(load_id)) as turn, max(load_id) as load_id,
       arg_max(replaces, load_id) as replaces, arg_max(coalesce(scope_series, '*'), load_id) as scope_series
from core.load
where action <> 'withdraw' and withdrawn_at is null and delivery_id <> $delivery
and provider = (select any_value(provider) from core.load where delivery_id = $delivery)
group by delivery_id
"""

# Keys that the delivery speaks for: current versions that it brought or sent again, and keys without a current
# version that its scope covers or its Delete names. `accepted_key` names those that a new judgement accepts; it
# is empty for a withdrawal.
_AFFECTED = """
create or replace temp table affected as
with spoken as (
    select load_id, provider, replaces, scope_series from core.load where delivery_id = $delivery
),
own as (
    select version_id, key_hash, delivery_id, load_id, @key from core.observation_history
    where superseded_at is null and (delivery_id = $delivery or version_id in (
        select version_id from core.confirmation where load_id in (select load_id from spoken)))
),
absent as (
    select distinct h.key_hash, @h_key
    from core.observation_history h
    where h.provider = (select any_value(provider) from spoken)
    and (exists (select 1 from spoken p where p.replaces <> 'nothing' and (
             p.scope_series is null or list_contains(from_json(p.scope_series, '["VARCHAR"]'), h.series)))
         or h.key_hash in (select key_hash from core.deletion where load_id in (select load_id from spoken)))
    and not exists (
        select 1 from core.observation_history c
        where c.superseded_at is null and c.key_hash = h.key_hash and @c_is_h
    )
),
every as (
    select version_id, delivery_id, load_id, key_hash, @key from own
    union all select null, null, null, key_hash, @key from absent
)
select row_number() over () as affected_id, every.* from every
where not exists (select 1 from accepted_key a where a.key_hash = every.key_hash and @a_is_every)
"""

# What the deliveries that still count say about these keys.
_SAID = """
create or replace temp table said as
select a.affected_id, s.turn, h.version_id, h.load_id, s.delivery_id, h.source_sheet, h.source_row, h.source_line
from affected a
join core.observation_history h on h.key_hash = a.key_hash and @a_is_h
join standing s on s.load_id = h.load_id
where h.opened_reason not like 'restored%'
union all
select a.affected_id, s.turn, f.version_id, f.load_id, s.delivery_id, f.source_sheet, f.source_row, f.source_line
from affected a
join core.observation_history h on h.key_hash = a.key_hash and @a_is_h
join core.confirmation f on f.version_id = h.version_id
join standing s on s.load_id = f.load_id
union all
select a.affected_id, s.turn, null, s.load_id, s.delivery_id, null, null, null
from affected a
join core.deletion d on d.key_hash = a.key_hash and @a_is_d
join standing s on s.load_id = d.load_id
union all
select a.affected_id, s.turn, null, s.load_id, s.delivery_id, null, null, null
from affected a
join standing s on s.replaces <> 'nothing'
    and (s.scope_series = '*' or list_contains(from_json(nullif(s.scope_series, '*'), '["VARCHAR"]'), a.series))
where not exists (
    select 1 from core.quarantine q where q.load_id = s.load_id and @a_is_q
)
"""
# Within one delivery, a version that it brought goes before what its scope or its Delete says. A version that goes on
# standing for the same delivery is left alone.
_STANDS = """
create or replace temp table stands as
with last as (
    select *, row_number() over (
        partition by affected_id order by turn desc, version_id is not null desc, version_id desc) as place
    from said
)
select a.affected_id, a.version_id as closes, l.version_id as opens, l.load_id, l.delivery_id,
       l.source_sheet, l.source_row, l.source_line, a.series
from affected a left join last l on l.affected_id = a.affected_id and l.place = 1
where (a.version_id is not null or l.version_id is not null)
and not coalesce(a.delivery_id = l.delivery_id and (a.version_id = l.version_id or a.load_id = l.load_id), false)
"""

_CLOSE = """
update core.observation_history
set superseded_at = $now, superseded_by = $load, superseded_reason = $closed_reason
where version_id in (select closes from stands where closes is not null)
"""
_OPEN = """
insert into core.observation_history by name
select h.* exclude (version_id, load_id, delivery_id, opened_reason, recorded_at, superseded_at,
                    superseded_reason, superseded_by, held_by_delivery, source_sheet, source_row, source_line),
       (select max(version_id) from core.observation_history)
           + row_number() over (order by s.affected_id) as version_id,
       s.load_id, s.delivery_id, $opened_reason as opened_reason, $now as recorded_at,
       s.source_sheet, s.source_row, s.source_line
from stands s join core.observation_history h on h.version_id = s.opens
"""
_COUNT = "select count(closes), count(opens), count(closes) filter (opens is null) from stands"


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What taking a delivery back did.

    Attributes:
        closed: versions that stopped being current.
        restored: versions that are current again.
        lost: keys that were current and are no longer.
        touched: series of all these keys.
    """

    closed: int = 0
    restored: int = 0
    lost: int = 0
    touched: frozenset[str] = frozenset()


def take_back(sql: Sql, *, why: str) -> TakenBack:
    """Close what the delivery opened and restore what stands without it, inside the running transaction.

    Args:
        sql: with the values `delivery`, `load` (the event that takes it back) and `now`, the pieces of
            `warehouse.merge.pieces`, and a temporary table `accepted_key` (key_hash and the key) of keys that
            are left alone.
        why: a clause for the reason: `was withdrawn: sent by mistake`.
    """
    for statement in (_STANDING, _AFFECTED, _SAID, _STANDS):
        sql.run(statement)
    closed, restored, lost = sql.run(_COUNT)[0]
    touched = frozenset(series for (series,) in sql.run("select distinct series from stands"))
    sql.run(_CLOSE, closed_reason=f"withdrawn: delivery {sql.value('delivery')} {why}")
    sql.run(_OPEN, opened_reason=f"restored: delivery {sql.value('delivery')} {why}")
    return TakenBack(closed, restored, lost, touched)
