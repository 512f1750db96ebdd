-- Question: when did a provider last send, when was the next delivery expected, and how many days late is it?
-- Grain: one row per declared provider (indicator null), and per provider and indicator of which it has sent a row.
--
-- Made when the copy for readers is made, because deliveries stand in the ledger; as_of is that moment. Expected is the
-- last loaded delivery plus the provider's usual days between two (cadence_days of its file; null is not known, and then
-- nothing is late). What was rejected, held or withdrawn was received, and does not count as loaded. For an indicator
-- only deliveries count that hold a row of it, also an unchanged one; whether a provider owes an indicator again is
-- its own calendar, so late_days of an indicator says how old the news is, measured by the same cadence.
-- last_period is the last period with a value.
with loaded as (
    select delivery_id, provider, max(load_id) as load_id, min(received_at) as received_at
    from core.load
    where action <> 'withdraw' and withdrawn_at is null
    group by all
),
held as (
    select distinct series, load_id from core.observation_history
    union
    select distinct h.series, c.load_id
    from core.confirmation c join core.observation_history h on h.version_id = c.version_id
),
sent as (
    select l.provider, b.indicator, count(distinct l.delivery_id) as loaded, max(l.received_at) as last_loaded_at
    from held h
    join core.load e on e.load_id = h.load_id
    join loaded l on l.delivery_id = e.delivery_id
    join metadata.bridge b on b.series = h.series
    group by all
),
periods as (
    select provider, indicator, max(time_period) as last_period
    from report.indicator_observation
    where obs_value is not null
    group by grouping sets ((provider, indicator), (provider))
),
received as (
    select provider, count(*) as received, max(received_at) as last_received_at from ledger.delivery group by all
),
all_of as (
    select provider, count(*) as loaded, max(received_at) as last_loaded_at from loaded group by all
),
told as (
    select p.*, cast(null as varchar) as indicator, coalesce(r.received, 0) as received, r.last_received_at,
           coalesce(a.loaded, 0) as loaded, a.last_loaded_at
    from metadata.provider p
    left join received r on r.provider = p.provider
    left join all_of a on a.provider = p.provider
    union all by name
    select p.*, s.indicator, s.loaded, s.last_loaded_at
    from sent s join metadata.provider p on p.provider = s.provider
)
select
    t.provider, t.name as provider_name, t.kind, t.indicator, t.received, t.last_received_at, t.loaded, t.last_loaded_at,
    q.last_period, t.cadence_days, t.schedule, t.timezone,
    t.last_loaded_at + to_days(cast(t.cadence_days as integer)) as expected_at,
    case when expected_at is not null then greatest(0, date_diff('day', expected_at, cast($now as timestamptz))) end
        as late_days,
    case
        when t.last_loaded_at is null then 'nothing loaded yet'
        when t.cadence_days is null then 'no cadence declared'
        when expected_at < cast($now as timestamptz) then 'late'
        else 'in time'
    end as state,
    cast($now as timestamptz) as as_of
from told t
left join periods q on q.provider = t.provider and q.indicator is not distinct from t.indicator
