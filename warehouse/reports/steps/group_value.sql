-- Step: the regional values by each series' rule, with the reason where one is not made after all.
-- Grain: one row per cell, group and method. Values are added up in the order of the areas: the same values give the
-- same sum to the last digit.
create or replace temp table group_value as
with size as (
    select group_area, year, any_value(membership_date) as membership_date, count(*) as areas_in_group
    from membership group by all
),
added as (
    select v.cell, m.group_area, m.year, 'reference_date' as method,
           count_if(v.counted) as areas_counted,
           sum(v.value order by v.ref_area) as total,
           sum(v.weight order by v.ref_area) filter (v.counted) as weight,
           sum(v.weight order by v.ref_area) as weight_of_all,
           sum(v.value * v.weight order by v.ref_area) filter (v.counted) as weighed
    from country_value v
    join membership m on m.ref_area = v.ref_area and m.year is null
    group by all
    having count(v.value) > 0
    union all
    select v.cell, m.group_area, m.year, 'as_of_year',
           count_if(v.counted),
           sum(v.value order by v.ref_area),
           sum(v.weight order by v.ref_area) filter (v.counted),
           sum(v.weight order by v.ref_area),
           sum(v.value * v.weight order by v.ref_area) filter (v.counted)
    from country_value v
    join cell c on c.cell = v.cell
    join membership m on m.ref_area = v.ref_area and m.year = c.year
    group by all
    having count(v.value) > 0
),
valued as (
    select a.cell, a.group_area, a.method, a.areas_counted, s.areas_in_group, s.membership_date, a.total,
           case when c.has_weight then a.weight / nullif(a.weight_of_all, 0) end as weight_share,
           case c.rule
               when 'sum' then a.total
               when 'count' then a.total
               when 'mean' then a.total / a.areas_counted
               else a.weighed / nullif(case when c.aggregation_all_areas then a.weight_of_all else a.weight end, 0)
           end as obs_value,
           c.minimum_coverage,
           coalesce(weight_share, a.areas_counted / s.areas_in_group) as share
    from added a
    join cell c on c.cell = a.cell
    join size s on s.group_area = a.group_area and s.year is not distinct from a.year
),
judged as (
    select * exclude (minimum_coverage, share),
           case
               when obs_value is null then 'No country has both a value and its weight.'
               when share < minimum_coverage
                   then 'The countries with values are less than ' || round(100 * minimum_coverage, 1)
                        || ' per cent of the group.'
           end as reason
    from valued
)
select * from judged
union all by name
-- A group whose members never change has the same value by both methods.
select j.* replace ('as_of_year' as method, make_date(c.year, 12, 31) as membership_date)
from judged j
join cell c on c.cell = j.cell
where j.method = 'reference_date' and c.year between 1900 and 2200
  and j.group_area not in (select group_area from membership where year is not null)
