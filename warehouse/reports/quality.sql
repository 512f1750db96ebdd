-- Question: what was found, mended and kept back in what a provider sends, by series?
-- Grain: one row per provider, series, kind (finding, waiver, answer, correction, quarantine), rule or correction, and
-- severity.
--
-- Made when the copy for readers is made, because findings stand in the ledger. finding: the last judgement of every
-- delivery; rows counts what each touched, delivery by delivery; series is that of the finding's examples, null where
-- they are of several or of none. correction: rows are current observations that a declared correction changed.
-- quarantine: rows were kept back, open_rows of them still are. waiver: rows that a provider's waiver let through (rule
-- WAIVED, whose message names the rule), or would have if it had not ended (WAIVER-EXPIRED). answer: warnings that were
-- explained, with the last explanation. What came late stands in report.timeliness.
with found as (
    select d.provider, f.id, f.rule, f.severity, f.places, f.message, f.delivery_id, d.received_at,
           list_distinct(list_filter(
               list_transform(
                   from_json(f.examples, '[{"series_key": "VARCHAR"}]'), lambda one: split_part(one.series_key, '.', 3)
               ), lambda code: code <> ''
           )) as codes
    from ledger.finding f
    join ledger.delivery d on d.id = f.delivery_id
), explained as (
    select delivery_id, finding, arg_max(text, seq) as text, arg_max(answered_at, seq) as answered_at
    from ledger.answer
    group by all
)
select
    provider, case when len(codes) = 1 then codes[1] end as series,
    case when rule in ('WAIVED', 'WAIVER-EXPIRED') then 'waiver' else 'finding' end as kind, rule, severity,
    count(distinct delivery_id) as deliveries, cast(sum(places) as bigint) as rows, cast(null as bigint) as open_rows,
    min(received_at) as first_seen, max(received_at) as last_seen, arg_max(message, received_at) as last_message
from found
group by all
union all by name
select
    provider, case when len(codes) = 1 then codes[1] end as series, 'answer' as kind, rule, severity,
    count(distinct found.delivery_id) as deliveries, cast(sum(places) as bigint) as rows, cast(null as bigint) as open_rows,
    min(answered_at) as first_seen, max(answered_at) as last_seen, arg_max(explained.text, answered_at) as last_message
from found
join explained on explained.delivery_id = found.delivery_id and explained.finding = found.id
group by all
union all by name
select
    provider, series, 'correction' as kind, correction as rule, cast(null as varchar) as severity,
    count(distinct delivery_id) as deliveries, count(*) as rows, cast(null as bigint) as open_rows,
    min(recorded_at) as first_seen, max(recorded_at) as last_seen, cast(null as varchar) as last_message
from core.observation
where correction is not null
group by all
union all by name
select
    provider, series, 'quarantine' as kind, rule, cast(null as varchar) as severity,
    count(distinct delivery_id) as deliveries, count(*) as rows, count_if(resolved_at is null) as open_rows,
    min(recorded_at) as first_seen, max(recorded_at) as last_seen, arg_max(message, recorded_at) as last_message
from core.quarantine
group by all
