-- Question: what differs from the release before: series and keys, values and by how much, base years, units, NATURE?
-- Grain: one row per observation and kind; for series_added, series_removed and coverage_dropped one per series.
--
-- Reads two sides that stand as before_* and after_* (warehouse.release_diff): the current observations of the
-- declared series, by their identity (provider, 15 dimensions, time_period), and the declarations. One observation may
-- differ in several kinds. A value is revised when the numbers differ in the same unit, another power of ten taken
-- into account, or when one of them is missing; where UNIT_MEASURE differs, or only one side says a power of ten,
-- numbers are not compared and unit_changed stands alone. attributes_revised are the other attributes;
-- DATA_LAST_UPDATE is not compared, and empty is absent. coverage_dropped counts countries and areas with a value, of
-- any provider, never groups. The keys of a series that was added or removed are rows of their own too.
with
indicator_of as (
    select series, string_agg(indicator, ' ' order by owner desc, indicator) as indicators
    from (select * from after_bridge union all select * from before_bridge anti join after_bridge using (series))
    group by series
),
series_name as (
    select series, name from after_series union all
    select b.series, b.name from before_series b anti join after_series using (series)
),
area_name as (
    select ref_area, name from after_area union all
    select b.ref_area, b.name from before_area b anti join after_area using (ref_area)
),
pair as (
    select provider, freq, reporting_type, series, ref_area, sex, age, urbanisation, income_wealth_quantile,
           education_lev, occupation, cust_breakdown, composite_breakdown, disability_status, activity, product,
           time_period,
           b.version_id is null as added, a.version_id is null as removed,
           b.obs_value * pow(10.0, coalesce(b.unit_mult, 0)) as value_before,
           a.obs_value * pow(10.0, coalesce(a.unit_mult, 0)) as value_after,
           nullif(b.unit_measure, '') as unit_before, nullif(a.unit_measure, '') as unit_after,
           unit_before is not distinct from unit_after and (b.unit_mult is null) = (a.unit_mult is null)
               as comparable,
           b.unit_mult is not distinct from a.unit_mult as same_power,
           case
               when same_power then b.obs_value is not distinct from a.obs_value
               -- 0.07 x 10^3 is not 70 to the last bit.
               else coalesce(
                   abs(value_after - value_before) <= 1e-12 * greatest(abs(value_after), abs(value_before)),
                   value_before is null and value_after is null
               )
           end as same_value,
           concat_ws(' x 10^', coalesce(unit_before, 'none'), b.unit_mult) as full_unit_before,
           concat_ws(' x 10^', coalesce(unit_after, 'none'), a.unit_mult) as full_unit_after,
           coalesce(nullif(b.base_per, ''), 'none') as base_before,
           coalesce(nullif(a.base_per, ''), 'none') as base_after,
           coalesce(nullif(b.nature, ''), 'none') as nature_before,
           coalesce(nullif(a.nature, ''), 'none') as nature_after,
           concat_ws(' ',
               if(nullif(b.obs_status, '') is distinct from nullif(a.obs_status, ''), 'obs_status', null),
               if(nullif(b.time_detail, '') is distinct from nullif(a.time_detail, ''), 'time_detail', null),
               if(nullif(b.comment_obs, '') is distinct from nullif(a.comment_obs, ''), 'comment_obs', null),
               if(nullif(b.time_coverage, '') is distinct from nullif(a.time_coverage, ''), 'time_coverage', null),
               if(nullif(b.upper_bound, '') is distinct from nullif(a.upper_bound, ''), 'upper_bound', null),
               if(nullif(b.lower_bound, '') is distinct from nullif(a.lower_bound, ''), 'lower_bound', null),
               if(nullif(b.source_detail, '') is distinct from nullif(a.source_detail, ''), 'source_detail', null),
               if(nullif(b.comment_ts, '') is distinct from nullif(a.comment_ts, ''), 'comment_ts', null),
               if(nullif(b.geo_info_url, '') is distinct from nullif(a.geo_info_url, ''), 'geo_info_url', null),
               if(nullif(b.geo_info_type, '') is distinct from nullif(a.geo_info_type, ''), 'geo_info_type', null),
               if(nullif(b.cust_breakdown_lb, '') is distinct from nullif(a.cust_breakdown_lb, ''),
                  'cust_breakdown_lb', null)
           ) as attributes
    -- What is the same version on both sides differs in nothing, and most rows are.
    from (from before_observation anti join after_observation using (version_id, key_hash, value_hash, delivery_id)) b
    full join
         (from after_observation anti join before_observation using (version_id, key_hash, value_hash, delivery_id)) a
    using (provider, freq, reporting_type, series, ref_area, sex, age, urbanisation, income_wealth_quantile,
           education_lev, occupation, cust_breakdown, composite_breakdown, disability_status, activity, product,
           time_period)
),
of_observation as (
    select unnest(list_filter([
               if(added, 'key_added', null), if(removed, 'key_removed', null),
               if(not added and not removed and comparable and not same_value, 'value_revised', null),
               if(not added and not removed and base_before <> base_after, 'base_year_changed', null),
               if(not added and not removed and full_unit_before <> full_unit_after, 'unit_changed', null),
               if(not added and not removed and nature_before <> nature_after, 'nature_changed', null),
               if(not added and not removed and attributes <> '', 'attributes_revised', null)
           ], lambda one: one is not null)) as kind, pair.*
    from pair
),
before_count as (
    select o.series, cast(sum(o.observations) as bigint) as observations,
           list(o.ref_area order by o.ref_area) filter (o.has_value and not coalesce(a.is_group, false)) as areas
    from (
        select series, ref_area, count(*) as observations, bool_or(obs_value is not null) as has_value
        from before_observation group by all
    ) o
    left join before_area a using (ref_area)
    group by o.series
),
after_count as (
    select o.series, cast(sum(o.observations) as bigint) as observations,
           list(o.ref_area order by o.ref_area) filter (o.has_value and not coalesce(a.is_group, false)) as areas
    from (
        select series, ref_area, count(*) as observations, bool_or(obs_value is not null) as has_value
        from after_observation group by all
    ) o
    left join after_area a using (ref_area)
    group by o.series
),
of_series as (
    select case when b.series is null then 'series_added' when a.series is null then 'series_removed'
                else 'coverage_dropped' end as kind,
           series, coalesce(len(b.areas), 0) as areas_before, coalesce(len(a.areas), 0) as areas_after,
           coalesce(b.observations, 0) as observations_before, coalesce(a.observations, 0) as observations_after,
           array_to_string(list_filter(b.areas, lambda one: not coalesce(list_contains(a.areas, one), false)), ' ')
               as areas_lost
    from before_count b full join after_count a using (series)
    where b.series is null or a.series is null or coalesce(len(a.areas), 0) < coalesce(len(b.areas), 0)
)
select $before_release as before_release, $after_release as after_release, d.kind, i.indicators, d.series,
       n.name as series_name, d.* exclude (kind, series), area_name.name as area_name
from (
    select kind, series, provider, freq, reporting_type, ref_area, sex, age, urbanisation, income_wealth_quantile,
           education_lev, occupation, cust_breakdown, composite_breakdown, disability_status, activity, product,
           time_period, value_before, value_after,
           if(comparable and kind = 'value_revised', value_after - value_before, null) as difference,
           difference / nullif(abs(value_before), 0) as relative, unit_before, unit_after,
           case kind when 'base_year_changed' then base_before when 'unit_changed' then full_unit_before
                     when 'nature_changed' then nature_before end as code_before,
           case kind when 'base_year_changed' then base_after when 'unit_changed' then full_unit_after
                     when 'nature_changed' then nature_after end as code_after,
           if(kind = 'attributes_revised', attributes, null) as attributes
    from of_observation
    union all by name
    select * from of_series
) d
left join indicator_of i on i.series = d.series
left join series_name n on n.series = d.series
left join area_name on area_name.ref_area = d.ref_area
