-- Question: when did a provider last send, when was the next delivery expected, and how many days late is it?
-- Grain: one row per declared provider (indicator null), and per provider and indicator of which it has sent a row.
--
-- Made when the copy for readers is made, because deliveries stand in the ledger; as_of is that moment. What was
-- rejected, held or withdrawn was received, and does not count as loaded. Of a provider as a whole, expected is the last
-- loaded delivery plus the provider's usual days between two (cadence_days of its file). Of an indicator, only deliveries
-- count that hold a row of it, also an unchanged one, and the indicator's own calendar is asked (cadence of its
-- declaration in force; each with its source in the reference metadata):
--   release_month and months: new figures come out in that month or the next, so they are due when the second month
--     ends; a delivery since the first day of the first month is the news of that round;
--   months alone: so many months after the last loaded delivery;
--   neither: the provider's cadence_days. (cadence_days of an indicator with months is these, 365.25 days a year.)
-- A round of more than 12 months begins in the last 12 of them. Where nothing is declared, expected is null and nothing
-- is late. last_period is the last period with a value.
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
declared as (
    select indicator,
           cast(json_extract_string(canonical, '$.cadence.months') as integer) as months,
           cast(json_extract_string(canonical, '$.cadence.release_month') as integer) as release_month
    from metadata.indicator_version where superseded_at is null
),
-- The first of the release months after which the last loaded delivery is no longer the news.
round as (
    select s.provider, s.indicator, d.months, d.release_month,
           timezone('UTC', s.last_loaded_at) + to_months(d.months - 12) as from_when,
           make_timestamp(year(from_when), d.release_month, 1, 0, 0, 0) as same_year,
           if(from_when >= same_year, same_year + interval 1 year, same_year) + interval 2 month as ends,
           timezone('UTC', coalesce(ends, timezone('UTC', s.last_loaded_at) + to_months(d.months))) as due_at
    from sent s join declared d on d.indicator = s.indicator
),
told as (
    select p.*, cast(null as varchar) as indicator, coalesce(r.received, 0) as received, r.last_received_at,
           coalesce(a.loaded, 0) as loaded, a.last_loaded_at, cast(null as timestamptz) as due_at
    from metadata.provider p
    left join received r on r.provider = p.provider
    left join all_of a on a.provider = p.provider
    union all by name
    select p.* replace (coalesce(cast(round(r.months * 365.25 / 12) as bigint), p.cadence_days) as cadence_days),
           s.indicator, s.loaded, s.last_loaded_at, r.due_at
    from sent s
    join metadata.provider p on p.provider = s.provider
    left join round r on r.provider = s.provider and r.indicator = s.indicator
)
select
    t.provider, t.name as provider_name, t.kind, t.indicator, t.received, t.last_received_at, t.loaded, t.last_loaded_at,
    q.last_period, t.cadence_days, t.schedule, t.timezone,
    coalesce(t.due_at, t.last_loaded_at + to_days(cast(t.cadence_days as integer))) as expected_at,
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
