-- Question: has an area data for an indicator, enough for a trend, how recent, how often, and who produced them?
-- Grain: one row per indicator and country or area, those without any data included.
--
-- A point is a year with a value, of any series, breakdown, provider and reporting type of the indicator. points_* count
-- the years with a value of that NATURE: country_produced C and CA, estimated E, modelled M, monitored G (global
-- monitoring), other any other or none; a year may count in several. Modelled series inflate availability, so
-- country_produced stands apart. timeliness is the year of membership_date in report.refreshed less the last year.
-- frequency is points per year from the first year to the last: 1 is every year. breakdowns_expected are the dimensions
-- that the declarations of the indicator's series name, breakdowns_present those in which a code other than _T has a
-- value.
with point as (
    select o.indicator, o.ref_area, try_cast(left(o.time_period, 4) as integer) as year,
           o.nature in ('C', 'CA') as by_country, o.nature = 'E' as estimated, o.nature = 'M' as modelled,
           o.nature = 'G' as monitored, o.reporting_type,
           o.sex <> '_T' as by_sex, o.age <> '_T' as by_age, o.urbanisation <> '_T' as by_urbanisation,
           o.income_wealth_quantile <> '_T' as by_income, o.education_lev <> '_T' as by_education,
           o.occupation <> '_T' as by_occupation, o.cust_breakdown <> '_T' as by_cust,
           o.composite_breakdown <> '_T' as by_composite, o.disability_status <> '_T' as by_disability,
           o.activity <> '_T' as by_activity, o.product <> '_T' as by_product
    from report.indicator_observation o
    join touched t on t.indicator = o.indicator
    where o.area_type = 'country' and o.obs_value is not null
),
yearly as (
    select indicator, ref_area, year, coalesce(bool_or(by_country), false) as by_country,
           coalesce(bool_or(estimated), false) as estimated, coalesce(bool_or(modelled), false) as modelled,
           coalesce(bool_or(monitored), false) as monitored,
           bool_or(not coalesce(by_country or estimated or modelled or monitored, false)) as other,
           bool_or(reporting_type = 'N') as national, bool_or(reporting_type = 'G') as global,
           list_filter([
               if(bool_or(by_sex), 'sex', null), if(bool_or(by_age), 'age', null),
               if(bool_or(by_urbanisation), 'urbanisation', null),
               if(bool_or(by_income), 'income_wealth_quantile', null),
               if(bool_or(by_education), 'education_lev', null), if(bool_or(by_occupation), 'occupation', null),
               if(bool_or(by_cust), 'cust_breakdown', null), if(bool_or(by_composite), 'composite_breakdown', null),
               if(bool_or(by_disability), 'disability_status', null), if(bool_or(by_activity), 'activity', null),
               if(bool_or(by_product), 'product', null)
           ], lambda one: one is not null) as breakdowns
    from point
    where year is not null
    group by all
),
held as (
    select indicator, ref_area, count(*) as points, count_if(year >= 2015) as points_since_2015,
           min(year) as first_year, max(year) as last_year,
           count_if(by_country) as points_country_produced,
           count_if(by_country and year >= 2015) as points_country_produced_since_2015,
           max(year) filter (by_country) as last_year_country_produced,
           count_if(estimated) as points_estimated, count_if(modelled) as points_modelled,
           count_if(monitored) as points_monitored, count_if(other) as points_other,
           bool_or(national) as national, bool_or(global) as global,
           array_to_string(list_sort(list_distinct(flatten(list(breakdowns)))), ' ') as breakdowns_present
    from yearly
    group by all
),
expected as (
    select b.indicator,
           array_to_string(
               list_sort(list_distinct(flatten(list(string_split(s.breakdowns, ' '))
                                               filter (coalesce(s.breakdowns, '') <> '')))), ' '
           ) as breakdowns_expected
    from metadata.bridge b join metadata.series s on s.series = b.series
    group by all
)
select
    i.goal, i.indicator, a.ref_area, a.name as area_name,
    h.points is not null as any_value,
    coalesce(h.points_since_2015 >= 2, false) as two_points_since_2015,
    coalesce(h.points, 0) as points, coalesce(h.points_since_2015, 0) as points_since_2015,
    h.first_year, h.last_year, year(cast($reference_date as date)) - h.last_year as timeliness,
    h.points / (h.last_year - h.first_year + 1) as frequency,
    coalesce(h.points_country_produced > 0, false) as country_produced,
    coalesce(h.points_country_produced_since_2015 >= 2, false) as country_produced_two_points_since_2015,
    h.last_year_country_produced,
    coalesce(h.points_country_produced, 0) as points_country_produced,
    coalesce(h.points_estimated, 0) as points_estimated, coalesce(h.points_modelled, 0) as points_modelled,
    coalesce(h.points_monitored, 0) as points_monitored, coalesce(h.points_other, 0) as points_other,
    coalesce(h.national, false) as reported_nationally, coalesce(h.global, false) as in_global_data,
    coalesce(e.breakdowns_expected, '') as breakdowns_expected, coalesce(h.breakdowns_present, '') as breakdowns_present
from metadata.indicator i
join touched t on t.indicator = i.indicator
cross join metadata.area a
left join held h on h.indicator = i.indicator and h.ref_area = a.ref_area
left join expected e on e.indicator = i.indicator
where a.area_type = 'country'
