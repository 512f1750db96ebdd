-- Question: how much is held for an area and an indicator, for which years, and how much of it did the country produce?
-- Grain: one row per area and indicator with an observation. Never a group of countries, whose values are not a
-- country's availability.
--
-- observations, first_period and last_period count what has a value, of all providers and reporting types; missing
-- counts what was reported without one. country_produced_share is the share of NATURE C (country) or CA (country,
-- adjusted) among the observations with a value, from 0 to 1, null where there is none; nature_unstated says how many
-- of them carry no NATURE or _X, so that a low share can be told from an unstated one.
select
    o.indicator, o.ref_area, any_value(o.area_name) as area_name,
    count(o.obs_value) as observations,
    count(*) - count(o.obs_value) as missing,
    min(o.time_period) filter (o.obs_value is not null) as first_period,
    max(o.time_period) filter (o.obs_value is not null) as last_period,
    count(*) filter (o.obs_value is not null and o.nature in ('C', 'CA')) / nullif(count(o.obs_value), 0)
        as country_produced_share,
    count(*) filter (o.obs_value is not null and coalesce(nullif(o.nature, ''), '_X') = '_X') as nature_unstated
from report.indicator_observation o
join touched t on t.indicator = o.indicator
left join metadata.area a on a.ref_area = o.ref_area
where not coalesce(a.is_group, false)
group by o.indicator, o.ref_area
