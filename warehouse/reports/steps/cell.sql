-- Step: what is put together to one regional value: the preferred values of single countries that differ by nothing
-- but the country. Grain: one row per series, breakdown and period, with the reason why no regional value may be made of
-- them, if there is one. The values themselves are in cell_value: lists of them here cannot be spilled to disk.
create or replace temp table cell as
with held as (
    select o.series, o.freq, o.time_period, o.sex, o.age, o.urbanisation, o.income_wealth_quantile, o.education_lev,
           o.occupation, o.cust_breakdown, o.composite_breakdown, o.disability_status, o.activity, o.product,
           min(o.unit_measure) as unit_measure,
           min(o.unit_measure) is distinct from max(o.unit_measure)
               or count(o.unit_measure) not in (0, count(*)) as units_differ,
           min(o.base_per) is distinct from max(o.base_per) as bases_differ,
           count_if(o.obs_value_scaled not in (0, 1)) as not_yes_or_no,
           count(*) as areas_with_value
    from report.indicator_observation o
    join touched_series t on t.series = o.series and t.indicator = o.indicator
    where o.preferred and o.obs_value_scaled is not null
    group by all
),
weighed as (
    select o.series, min(o.unit_measure) is distinct from max(o.unit_measure) as units_differ
    from report.indicator_observation o
    where o.preferred and o.obs_value_scaled is not null
      and o.series in (select aggregation_weight from metadata.series)
    group by o.series
)
select
    row_number() over () as cell, h.*, coalesce(s.aggregation_rule, 'none') as rule,
    s.aggregation_rule in ('weighted_mean', 'ratio_of_sums') as has_weight,
    s.aggregation_weight, s.aggregation_all_areas, s.minimum_coverage,
    try_cast(left(h.time_period, 4) as integer) as year,
    case
        when s.aggregation_rule is null then 'No rule is declared.'
        when s.aggregation_rule = 'none' then 'The declaration says that no regional value is made.'
        when s.aggregation_rule = 'not known' then 'The declaration says that the rule is not known.'
        when s.aggregation_rule not in ('sum', 'mean', 'count', 'weighted_mean', 'ratio_of_sums')
            then 'The rule ' || s.aggregation_rule || ' cannot be computed here.'
        when has_weight and w.series is null
            then 'It is weighed by ' || coalesce(s.aggregation_weight, 'nothing named')
                 || ', and no series with values of that is loaded.'
        when has_weight and w.units_differ then 'The units of ' || w.series || ', by which it is weighed, differ.'
        when h.cust_breakdown <> '_T' then 'Codes of CUST_BREAKDOWN mean something else in every country.'
        when h.units_differ then 'The units of the countries differ.'
        when h.bases_differ then 'The base periods of the countries differ.'
        when s.aggregation_rule = 'count' and h.not_yes_or_no > 0
            then 'Countries can be counted where values are 0 or 1, and these have others.'
    end as reason
from held h
join metadata.series s on s.series = h.series
left join weighed w on w.series = s.aggregation_weight
