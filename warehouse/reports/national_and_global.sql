-- Question: what does the country itself report beside what the global database says of it, and why may they differ?
-- Grain: one row per indicator and pair: a national value (REPORTING_TYPE N, one provider) with the preferred global one (G) of the same series, area, breakdown and period.
--
-- Values are scaled by 10^unit_mult. difference is national less global, ratio national by global, both null where the
-- units differ or a value is missing. A note joins the provider's own words: comment on the value, on the series,
-- source and status.
with reporting as (
    select distinct indicator, series, ref_area from national_value
),
-- The global values of those alone, which are few beside all.
beside as (
    select o.*, nullif(concat_ws(' | ', nullif(o.comment_obs, ''), nullif(o.comment_ts, ''),
                                 nullif(o.source_detail, '')), '') as note
    from report.indicator_observation o
    join reporting r on r.indicator = o.indicator and r.series = o.series and r.ref_area = o.ref_area
    where o.reporting_type = 'G' and o.preferred and o.obs_value_scaled is not null
)
select
    n.goal, n.indicator, n.series, n.ref_area, n.area_name, n.time_period, n.freq, n.sex, n.age, n.urbanisation,
    n.income_wealth_quantile, n.education_lev, n.occupation, n.cust_breakdown, n.composite_breakdown,
    n.disability_status, n.activity, n.product,
    n.provider as national_provider, g.provider as global_provider,
    n.obs_value_scaled as national_value, g.obs_value_scaled as global_value,
    n.unit_measure as national_unit, g.unit_measure as global_unit,
    case when n.unit_measure = g.unit_measure then n.obs_value_scaled - g.obs_value_scaled end as difference,
    case when n.unit_measure = g.unit_measure then n.obs_value_scaled / nullif(g.obs_value_scaled, 0) end as ratio,
    n.nature as national_nature, g.nature as global_nature,
    n.obs_status as national_status, g.obs_status as global_status,
    n.note as national_note, g.note as global_note
from national_value n
join beside g
    on g.indicator = n.indicator and g.series = n.series and g.ref_area = n.ref_area and g.time_period = n.time_period
    and g.freq = n.freq and g.sex = n.sex and g.age = n.age and g.urbanisation = n.urbanisation
    and g.income_wealth_quantile = n.income_wealth_quantile and g.education_lev = n.education_lev
    and g.occupation = n.occupation and g.cust_breakdown = n.cust_breakdown
    and g.composite_breakdown = n.composite_breakdown and g.disability_status = n.disability_status
    and g.activity = n.activity and g.product = n.product
