-- Step: the values of countries that regional values are made of, with their weights. A weight is the total over
-- breakdowns of the weight's series for the same area, period and group of people.
-- Grain: one row per cell without a reason against it, and country.
create or replace temp table country_value as
with spread as (
    select v.* from cell_value v join cell c on c.cell = v.cell where c.reason is null
),
weight as (
    select o.series, o.ref_area, o.time_period, o.freq, o.sex, o.age, o.urbanisation, o.income_wealth_quantile,
           o.education_lev, o.occupation, o.disability_status, any_value(o.obs_value_scaled) as weight
    from report.indicator_observation o
    where o.preferred and o.obs_value_scaled > 0
      and o.series in (select aggregation_weight from cell where has_weight and reason is null)
      and o.cust_breakdown = '_T' and o.composite_breakdown = '_T' and o.activity = '_T' and o.product = '_T'
    group by all
),
-- The areas of the weight that have no value of the series are kept, uncounted: they are in the whole of the group.
weighed as (
    select cell, ref_area, v.value, w.weight, v.value is not null and w.weight is not null as counted
    from (
        select v.* from spread v join cell c using (cell) where c.has_weight
    ) v
    full join (
        select c.cell, w.ref_area, w.weight
        from cell c
        join weight w on w.series = c.aggregation_weight and w.time_period = c.time_period and w.freq = c.freq
            and w.sex = c.sex and w.age = c.age and w.urbanisation = c.urbanisation
            and w.income_wealth_quantile = c.income_wealth_quantile and w.education_lev = c.education_lev
            and w.occupation = c.occupation and w.disability_status = c.disability_status
        where c.has_weight and c.reason is null
    ) w using (cell, ref_area)
)
select v.cell, v.ref_area, v.value, cast(null as double) as weight, true as counted
from spread v join cell c using (cell)
where not c.has_weight
union all
select * from weighed
