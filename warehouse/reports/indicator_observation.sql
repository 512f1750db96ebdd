-- Question: which values are held for an indicator, as they were reported, and which one is for global tables?
-- Grain: one row per current observation (provider, 15 dimensions, time_period) and indicator that it serves.
--
-- A view, made with the layout, of core.observation_history as it stood at the last refresh: report.observed_series says
-- which versions those are.
-- obs_value is in unit_measure x 10^unit_mult as received; obs_value_scaled is in unit_measure, and null where the
-- value or the multiplier is absent: neither is guessed.
-- correction names what was changed of what the provider sent, by the corrections beside its declaration; null: nothing.
-- preferred marks at most one row of an indicator, series key without reporting type, and period: a value of a single
-- country from the first provider in the series' precedence that has one under REPORTING_TYPE G. Where the series says
-- national_fills and no such row exists, a national row (N) is taken, listed providers first, then by provider id
-- (report.outranked holds what another goes before). Groups of countries are never preferred.
select
    i.goal, i.target, w.indicator, r.series, s.name as series_name, r.ref_area, a.name as area_name, a.area_type,
    r.freq, r.reporting_type, r.sex, r.age, r.urbanisation, r.income_wealth_quantile, r.education_lev, r.occupation,
    r.cust_breakdown, r.composite_breakdown, r.disability_status, r.activity, r.product,
    r.time_period, r.obs_value, r.unit_measure, r.unit_mult,
    r.obs_status, r.base_per, r.nature, r.time_detail, r.comment_obs, r.time_coverage, r.upper_bound, r.lower_bound,
    r.source_detail, r.comment_ts, r.geo_info_url, r.geo_info_type, r.cust_breakdown_lb, r.data_last_update,
    r.provider, r.delivery_id,
    -- One `case`, because the planner takes a chain of conditions for one that almost nothing fulfils.
    case
        when a.area_type is distinct from 'country' or r.obs_value is null or x.version_id is not null then false
        when r.reporting_type = 'G' then contains(w.precedence, ' ' || r.provider || ' ')
        else r.reporting_type = 'N' and w.national_fills
    end as preferred,
    r.obs_value * pow(10.0, r.unit_mult) as obs_value_scaled,
    r.correction
from core.observation_history r
join report.observed_series w on w.series = r.series
left join metadata.indicator i on i.indicator = w.indicator
left join metadata.series s on s.series = r.series
left join metadata.area a on a.ref_area = r.ref_area
left join report.outranked x on x.version_id = r.version_id and x.indicator = w.indicator
where r.version_id <= w.last_version and (r.superseded_at is null or r.superseded_by > w.load_id)
