-- Question: which values are held for an indicator, as they were reported, and which one is for global tables?
-- Grain: one row per current observation (provider, 15 dimensions, time_period) and indicator that it serves.
--
-- obs_value is in unit_measure x 10^unit_mult as received; obs_value_scaled is in unit_measure, and null where the
-- value or the multiplier is absent: neither is guessed.
-- preferred marks at most one row of an indicator, series key without reporting type, and period: a value of a single
-- country from the first provider in the series' precedence that has one under REPORTING_TYPE G. Where the series says
-- national_fills and no such row exists, a national row (N) is taken, listed providers first, then by provider id.
-- Groups of countries are never preferred.
with candidate as (
    select o.*, list_position(string_split(s.precedence, ' '), o.provider) as place
    from core.observation o
    join metadata.series s on s.series = o.series
    join metadata.area a on a.ref_area = o.ref_area
    where a.area_type = 'country' and o.obs_value is not null
      and ((o.reporting_type = 'G' and place is not null) or (o.reporting_type = 'N' and s.national_fills))
      and o.series in (select b.series from metadata.bridge b join touched using (indicator))
),
-- Grouped, not ranked by a window, which has to sort. The version's number says which observation it is.
chosen as (
    select arg_min(
               version_id, struct_pack(own := reporting_type <> 'G', place := coalesce(place, 1000000), id := provider)
           ) as version_id
    from candidate
    group by freq, series, ref_area, sex, age, urbanisation, income_wealth_quantile, education_lev, occupation,
             cust_breakdown, composite_breakdown, disability_status, activity, product, time_period
)
select
    i.goal, i.target, i.indicator, r.series, s.name as series_name, r.ref_area, a.name as area_name, a.area_type,
    r.freq, r.reporting_type, r.sex, r.age, r.urbanisation, r.income_wealth_quantile, r.education_lev, r.occupation,
    r.cust_breakdown, r.composite_breakdown, r.disability_status, r.activity, r.product,
    r.time_period, r.obs_value, r.unit_measure, r.unit_mult,
    r.obs_status, r.base_per, r.nature, r.time_detail, r.comment_obs, r.time_coverage, r.upper_bound, r.lower_bound,
    r.source_detail, r.comment_ts, r.geo_info_url, r.geo_info_type, r.cust_breakdown_lb, r.data_last_update,
    r.provider, r.delivery_id,
    c.version_id is not null as preferred,
    r.obs_value * pow(10.0, r.unit_mult) as obs_value_scaled
from core.observation r
join metadata.bridge b on b.series = r.series
join touched t on t.indicator = b.indicator
join metadata.indicator i on i.indicator = b.indicator
join metadata.series s on s.series = r.series
left join metadata.area a on a.ref_area = r.ref_area
left join chosen c on c.version_id = r.version_id
