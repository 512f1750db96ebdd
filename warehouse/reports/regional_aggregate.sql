-- Question: what are the values of the world, the SDG regions and subregions, LDC, LLDC and SIDS, made from countries?
-- Grain: one row per series, group, period, breakdown and method.
--
-- Only preferred values of areas of type country are put together, each once, scaled by 10^unit_mult first: a region,
-- a residual or a part of a country never is. rule is the series' declared one. method reference_date applies the
-- membership of one day to all years, as UN tables do; as_of_year that of each year's last day. What is not made, and
-- why, stands in report.not_aggregated. No least coverage holds unless the series declares one: published regional
-- values of the release 2020-10 rest on as little as 9 per cent of a region's areas. Read areas_counted beside the
-- value: a sum is of those countries alone.
select
    c.series, g.group_area as ref_area, a.name as area_name, c.time_period, c.freq, c.sex, c.age, c.urbanisation,
    c.income_wealth_quantile, c.education_lev, c.occupation, c.cust_breakdown, c.composite_breakdown,
    c.disability_status, c.activity, c.product,
    g.obs_value, c.unit_measure, c.rule, g.method, g.areas_counted, g.areas_in_group, g.weight_share,
    g.membership_date
from group_value g
join cell c on c.cell = g.cell
join metadata.area a on a.ref_area = g.group_area
where g.reason is null
