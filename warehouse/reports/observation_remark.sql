-- Question: which warnings are there about the values in force, and how were they explained?
-- Grain: one row per current observation (provider, 15 dimensions, time_period), delivery and warning.
--
-- Made when the copy for readers is made, because findings and answers stand in the ledger. A warning counts when it
-- was found by the last judgement of a delivery that stands, and when the current version is that delivery's, or was
-- sent again by it unchanged. Of several answers the last one counts; ledger.answer has all.
with latest as (
    select delivery_id, max(load_id) as load_id
    from core.load
    where action <> 'withdraw' and withdrawn_at is null
    group by delivery_id
),
answered as (
    select delivery_id, finding, arg_max(text, seq) as answer, arg_max(answered_by, seq) as answered_by,
           arg_max(answered_at, seq) as answered_at
    from ledger.answer
    group by delivery_id, finding
)
select
    o.provider, o.freq, o.reporting_type, o.series, o.ref_area, o.sex, o.age, o.urbanisation,
    o.income_wealth_quantile, o.education_lev, o.occupation, o.cust_breakdown, o.composite_breakdown,
    o.disability_status, o.activity, o.product, o.time_period,
    r.delivery_id as remark_delivery, r.finding, f.rule, f.message as remark,
    a.answer, a.answered_by, a.answered_at
from core.remark r
join latest l on l.load_id = r.load_id
join core.observation o on o.key_hash = r.key_hash and o.provider = r.provider and o.freq = r.freq
    and o.reporting_type = r.reporting_type and o.series = r.series and o.ref_area = r.ref_area and o.sex = r.sex
    and o.age = r.age and o.urbanisation = r.urbanisation and o.income_wealth_quantile = r.income_wealth_quantile
    and o.education_lev = r.education_lev and o.occupation = r.occupation and o.cust_breakdown = r.cust_breakdown
    and o.composite_breakdown = r.composite_breakdown and o.disability_status = r.disability_status
    and o.activity = r.activity and o.product = r.product and o.time_period = r.time_period
left join ledger.finding f on f.delivery_id = r.delivery_id and f.id = r.finding
left join answered a on a.delivery_id = r.delivery_id and a.finding = r.finding
where o.delivery_id = r.delivery_id
   or o.version_id in (select c.version_id from core.confirmation c where c.load_id = r.load_id)
