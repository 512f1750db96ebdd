-- Question: which regional values are not made though countries of the group have values, and why?
-- Grain: one row per series, group, method and reason; method null is both. first_period and last_period say when.
with of_countries as (
    select c.series, c.rule, c.reason, c.time_period, v.ref_area
    from cell c join cell_value v on v.cell = c.cell
    where c.reason is not null
    group by all
),
of_groups as (
    select o.series, o.rule, o.reason, o.time_period, m.group_area, cast(null as varchar) as method,
           count(*) as areas_counted
    from of_countries o
    join membership m on m.ref_area = o.ref_area and m.year is null
    group by all
    union all
    select c.series, c.rule, g.reason, c.time_period, g.group_area, g.method, max(g.areas_counted)
    from group_value g
    join cell c on c.cell = g.cell
    where g.reason is not null
    group by all
)
select
    o.series, o.group_area as ref_area, a.name as area_name, o.rule, o.method, o.reason,
    max(o.areas_counted) as areas_counted, min(o.time_period) as first_period, max(o.time_period) as last_period
from of_groups o
join metadata.area a on a.ref_area = o.group_area
group by all
