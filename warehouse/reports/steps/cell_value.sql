-- Step: the preferred values of countries, by the cell that they belong to. Grain: one row per cell and country.
create or replace temp table cell_value as
select c.cell, o.ref_area, o.obs_value_scaled as value
from report.indicator_observation o
join touched_series t on t.series = o.series and t.indicator = o.indicator
join cell c
    on c.series = o.series and c.time_period = o.time_period and c.freq = o.freq and c.sex = o.sex and c.age = o.age
    and c.urbanisation = o.urbanisation and c.income_wealth_quantile = o.income_wealth_quantile
    and c.education_lev = o.education_lev and c.occupation = o.occupation and c.cust_breakdown = o.cust_breakdown
    and c.composite_breakdown = o.composite_breakdown and c.disability_status = o.disability_status
    and c.activity = o.activity and c.product = o.product
where o.preferred and o.obs_value_scaled is not null
