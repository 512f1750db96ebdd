"""The versioned merge of one judged delivery into core: the SQL, in the order in which it runs.

Everything here runs inside one transaction that `warehouse.observations.load` opens. Rows come as Arrow
tables named `staged_rows`, `quarantine_rows`, `delete_rows`, `remark_rows`, `scope_series` and `series_version`;
nothing loops over them.
Only what changed is written: a row of history that nothing changes is not touched, but for the mark of a held
key. What is compared, and how, is in `warehouse.hashes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from metadata.errors import SdgError
from warehouse.hashes import key_hash, same_attributes, same_key, same_value, value_hash
from warehouse.sql import Sql
from warehouse.tables import Tables
from warehouse.undo import ABSENT, DELETED, TakenBack, take_back

# Where each staged row stands against what is current.
_VERDICT = """
create or replace temp table verdict as
select s._rn, s.series, s.key_hash, c.version_id, c.delivery_id,
       c.held_by_delivery is not null as was_held,
       case when c.version_id is null then 'new'
            when not (@same_value) then 'value_revised'
            when not (@same_attributes) then 'attributes_revised'
            else 'unchanged' end as outcome
from (select *, @key_hash as key_hash from (select $provider as provider, * from staged_rows)) s
left join (select * from core.observation_history where superseded_at is null and provider = $provider) c
on c.key_hash = s.key_hash and @c_is_s
"""
_DOUBLED = "select count(*) - count(distinct key_hash) from verdict"
_DOUBLED_KEYS = (
    "select count(*) from (select @dimensions, time_period from staged_rows group by all having count(*) > 1)"
)

_ACCEPTED_KEYS = """
create or replace temp table accepted_key as
select @key_hash as key_hash, @key from (select $provider as provider, * from staged_rows)
"""

# Deliveries of the provider that were received later and stand: they speak for their keys.
_LATER = """
create or replace temp table later as
select delivery_id, max(load_id) as load_id, arg_max(replaces, load_id) as replaces,
       arg_max(coalesce(scope_series, '*'), load_id) as scope_series
from core.load
where provider = $provider and delivery_id <> $delivery and action <> 'withdraw' and withdrawn_at is null
group by delivery_id
having min(received_at) > $received_at or (min(received_at) = $received_at
    and min(load_id) > (select min(load_id) from core.load where delivery_id = $delivery))
"""
_COVERED = """
create or replace temp table covered as
select distinct s._rn
from (select $provider as provider, * from staged_rows) s
join later l on l.replaces <> 'nothing'
and (l.scope_series = '*' or list_contains(from_json(nullif(l.scope_series, '*'), '["VARCHAR"]'), s.series))
where not exists (select 1 from core.quarantine q where q.load_id = l.load_id and @q_is_s)
"""
# Versions that a later delivery brought, or sent again.
_LATERS_VERSION = """
create or replace temp table laters_version as
select version_id from core.observation_history
where superseded_at is null and provider = $provider and delivery_id in (select delivery_id from later)
union
select version_id from core.confirmation where load_id in (select load_id from later)
"""
_LEAVE = """
update verdict set outcome = 'left'
where outcome <> 'unchanged' and (
    version_id in (select version_id from laters_version)
    or _rn in (select _rn from covered)
    or key_hash in (select key_hash from core.deletion where load_id in (select load_id from later))
)
"""

# Keys that came, but whose row is kept back: what stands stays, with the delivery's mark.
_HELD = """
create or replace temp table held as
select distinct c.version_id
from core.observation_history c
join (select $provider as provider, * from quarantine_rows) q on @c_is_q
where c.superseded_at is null and c.provider = $provider
and c.version_id not in (select version_id from verdict where version_id is not null)
and c.version_id not in (select version_id from laters_version)
"""
_IN_SCOPE = """
create or replace temp table in_scope as
select version_id, delivery_id, series from core.observation_history
where superseded_at is null and provider = $provider
and version_id not in (select version_id from laters_version)
and (($replaces in ('provider', 'indicator') and ($all_series or series in (select series from scope_series)))
     or ($rejudged and delivery_id = $delivery))
"""
_GONE = """
create or replace temp table gone as
select d.version_id, d.series, $deleted as reason
from (select c.version_id, c.series from core.observation_history c
      join (select $provider as provider, * from delete_rows) q on @c_is_q
      where c.superseded_at is null and c.provider = $provider) d
where d.version_id not in (select version_id from verdict where version_id is not null)
and d.version_id not in (select version_id from laters_version)
union all
select s.version_id, s.series, $absent
from in_scope s
where $replaces in ('provider', 'indicator') and ($all_series or s.series in (select series from scope_series))
and s.version_id not in (select version_id from verdict where version_id is not null)
and s.version_id not in (select version_id from held)
"""
_GONE_ONCE = """
create or replace temp table closing as select version_id, any_value(series) as series, max(reason) as reason
from gone group by 1
"""

_OUTCOMES = "select outcome, count(*) from verdict group by 1"
_TOUCHED = """
select series from verdict where outcome not in ('unchanged', 'left') union select series from closing
"""

_CLOSE_REVISED = """
update core.observation_history h
set superseded_at = $now, superseded_by = $load, superseded_reason = v.outcome
from verdict v where v.version_id = h.version_id and v.outcome in ('value_revised', 'attributes_revised')
"""
_CLOSE_GONE = """
update core.observation_history h
set superseded_at = $now, superseded_by = $load, superseded_reason = c.reason
from closing c where c.version_id = h.version_id
"""
_INSERT = """
insert into core.observation_history by name
select $first_version + s._rn as version_id, $provider as provider, s.* exclude (_rn), v.key_hash,
       @value_hash as value_hash,
       $delivery as delivery_id, $load as load_id, v.outcome as opened_reason, $now as recorded_at,
       m.version as metadata_version, $structure_version as structure_version, $map_version as map_version
from staged_rows s join verdict v using (_rn) join series_version m on m.series = s.series
where v.outcome in ('new', 'value_revised', 'attributes_revised')
"""
_FIRST_VERSION = "select coalesce(max(version_id), 0) + 1 from core.observation_history"
# What is left to a later delivery is kept too, as a version that never was current: should the later one be withdrawn,
# this is what stands.
_KEEP_LEFT = """
insert into core.observation_history by name
select $first_version + s._rn as version_id, $provider as provider, s.* exclude (_rn), v.key_hash,
       @value_hash as value_hash,
       $delivery as delivery_id, $load as load_id, 'left to a later delivery' as opened_reason,
       $now as recorded_at, $now as superseded_at, 'left to a later delivery' as superseded_reason,
       $load as superseded_by,
       m.version as metadata_version, $structure_version as structure_version, $map_version as map_version
from staged_rows s join verdict v using (_rn) join series_version m on m.series = s.series
where v.outcome = 'left'
"""
_CONFIRM = """
insert into core.confirmation by name
select v.version_id, $load as load_id, s.source_sheet, s.source_row, s.source_line
from verdict v join staged_rows s using (_rn)
where v.outcome = 'unchanged'
"""
_DELETION = """
insert into core.deletion by name
select distinct @key_hash as key_hash, @key, $load as load_id from (select $provider as provider, * from delete_rows)
"""
_REMARK = """
insert into core.remark by name
select distinct @key_hash as key_hash, @key, $delivery as delivery_id, $load as load_id, finding
from (select $provider as provider, * from remark_rows)
"""
_UNMARK = """
update core.observation_history set held_by_delivery = null
where held_by_delivery is not null and superseded_at is null and provider = $provider and (
    version_id in (select version_id from verdict where outcome = 'unchanged')
    or (held_by_delivery = $delivery and version_id not in (select version_id from held)))
"""
_MARK = """
update core.observation_history set held_by_delivery = $delivery where version_id in (select version_id from held)
"""

_RESOLVE_OWN = """
update core.quarantine set resolved_at = $now, resolved_by_load = $load, resolution = 'judged anew'
where delivery_id = $delivery and resolved_at is null
"""
_RESOLVE_ACCEPTED = """
update core.quarantine q set resolved_at = $now, resolved_by_load = $load, resolution = 'accepted'
from (select $provider as provider, * from staged_rows) s join verdict v using (_rn)
where q.provider = $provider and q.resolved_at is null and v.outcome <> 'left' and @q_is_s
"""
_QUARANTINE = """
insert into core.quarantine by name
select $provider as provider, *, $delivery as delivery_id, $load as load_id, $now as recorded_at from quarantine_rows
"""


class LargeWithdrawal(Exception):
    """The load would withdraw more of its scope than goes without a person's word."""

    def __init__(self, gone: int, in_scope: int) -> None:
        super().__init__(f"{gone} of {in_scope}")
        self.gone = gone
        self.in_scope = in_scope


@dataclass(slots=True)
class Merged:
    """What a merge did, or would do.

    Attributes:
        outcomes: number of staged rows by outcome: new, value_revised, attributes_revised, unchanged, left.
        gone: keys withdrawn: absent from the scope, named by a Delete, or no longer accepted by a new judgement.
        in_scope: keys that were current in the scope before.
        held: current versions whose new row stands in quarantine.
        restored: keys that went back to an earlier version of another delivery.
        touched: series with any change.
    """

    outcomes: Mapping[str, int]
    gone: int
    in_scope: int
    held: int
    restored: int
    touched: frozenset[str] = field(default_factory=frozenset)

    def outcome(self, name: str) -> int:
        """Return the number of staged rows with that outcome."""
        return self.outcomes.get(name, 0)


def pieces(tables: Tables) -> dict[str, str]:
    """Return the pieces of SQL that follow from the structure: the key and its comparisons, and the hashes."""
    key, dimensions, attributes = tables.key, tables.dimensions, tables.attributes
    comparisons = {
        f"{left}_is_{right}": same_key(left, right, key)
        for left, right in (
            ("c", "s"),
            ("c", "q"),
            ("q", "s"),
            ("c", "h"),
            ("a", "h"),
            ("a", "every"),
            ("a", "d"),
            ("a", "q"),
        )
    }
    return {
        **comparisons,
        "key": ", ".join(key),
        "h_key": ", ".join(f"h.{name}" for name in key),
        "dimensions": ", ".join(dimensions),
        "key_hash": key_hash("provider", dimensions),
        "value_hash": value_hash(attributes, "s."),
        "same_value": same_value("s", "c"),
        "same_attributes": same_attributes("s", "c", attributes),
    }


def merge(
    sql: Sql,
    *,
    staged: int,
    replaces: str,
    all_series: bool,
    rejudged: bool,
    limit: Callable[[int, int], None],
) -> Merged:
    """Merge the registered rows, up to and including core.quarantine; `core.load` is the caller's.

    Args:
        sql: with the values provider, delivery, received_at, load, now, structure_version and map_version.
        staged: number of staged rows.
        replaces: the scope: provider, indicator, or anything else for none.
        all_series: the scope is not limited to the series of the table `scope_series`.
        rejudged: the delivery has earlier loads in core, and this judgement takes their place.
        limit: called with (gone, in_scope) of what would be withdrawn by absence, before anything of the new
            judgement is written; raises `LargeWithdrawal` to take the transaction back.

    Raises:
        SdgError: the staged rows are not unique by key.
        LargeWithdrawal: as `limit` decides.
    """
    values = {"absent": ABSENT, "deleted": DELETED}
    scope: dict[str, Any] = {"replaces": replaces, "all_series": all_series}
    sql.run(_LATER)
    sql.run(_LATERS_VERSION)
    sql.run(_IN_SCOPE, rejudged=rejudged, **scope)
    in_scope = int(sql.one("select count(*) from in_scope"))
    back = _rejudge(sql) if rejudged else TakenBack()
    if rejudged:
        # What was restored has new versions, some of them a later delivery's.
        sql.run(_LATERS_VERSION)
        sql.run(_IN_SCOPE, rejudged=rejudged, **scope)
    sql.run(_VERDICT)
    _refuse_doubled(sql, staged)
    if int(sql.one("select count(*) from later")):
        sql.run(_COVERED)
        sql.run(_LEAVE)
    sql.run(_HELD)
    sql.run(_GONE, **values, **scope)
    sql.run(_GONE_ONCE)
    absent = int(sql.one("select count(*) from closing where reason = $absent", absent=ABSENT)) + back.lost
    limit(absent, in_scope)
    merged = Merged(
        outcomes=dict(sql.run(_OUTCOMES)),
        gone=int(sql.one("select count(*) from closing")) + back.lost,
        in_scope=in_scope,
        held=int(sql.one("select count(*) from held")),
        restored=back.restored,
        touched=back.touched | frozenset(name for (name,) in sql.run(_TOUCHED)),
    )
    _apply(sql, rejudged=rejudged)
    return merged


def _rejudge(sql: Sql) -> TakenBack:
    """Take back what the earlier judgement brought and the new one does not accept."""
    sql.run(_ACCEPTED_KEYS)
    return take_back(sql, why="was judged anew")


def _refuse_doubled(sql: Sql, staged: int) -> None:
    """Refuse staged rows of equal keys: two current versions of one key would never be told apart again."""
    doubled = sql.one(_DOUBLED) and sql.one(_DOUBLED_KEYS)
    joined = int(sql.one("select count(*) from verdict"))
    if doubled or joined != staged:
        raise SdgError(
            f"{doubled or joined - staged} keys stand more than once where each may stand once; nothing was loaded.",
            hint="Please report this with the file: the judgement must quarantine or drop such rows.",
        )


def _apply(sql: Sql, *, rejudged: bool) -> None:
    """Write what the temporary tables say."""
    sql.run(_CLOSE_REVISED)
    sql.run(_CLOSE_GONE)
    sql.run(_INSERT, first_version=int(sql.one(_FIRST_VERSION)))
    sql.run(_KEEP_LEFT, first_version=int(sql.one(_FIRST_VERSION)))
    sql.run(_CONFIRM)
    sql.run(_DELETION)
    sql.run(_REMARK)
    sql.run(_UNMARK)
    sql.run(_MARK)
    if rejudged:
        sql.run(_RESOLVE_OWN)
    sql.run(_RESOLVE_ACCEPTED)
    sql.run(_QUARANTINE)
