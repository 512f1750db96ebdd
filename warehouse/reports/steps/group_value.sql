-- Step: the regional values by each series' rule, with the reason where one is not made after all.
-- Grain: one row per cell, group and method. Values are added up as whole numbers, so that their order does not matter:
-- the same values give the same sum to the last digit, on any machine. (Adding them in order took 20 times as long.)
create or replace temp table group_value as
with size as (
    select group_area, year, any_value(membership_date) as membership_date, count(*) as areas_in_group
    from membership group by all
),
-- A power of two by which the largest of a cell's numbers becomes a whole number of about 100 bits.
power as (
    select cell,
           pow(2.0, greatest(least(100 - ceil(log2(max(abs(value)))), 1000), -900)) as of_value,
           pow(2.0, greatest(least(100 - ceil(log2(max(weight))), 1000), -900)) as of_weight,
           pow(2.0, greatest(least(100 - ceil(log2(max(abs(value * weight)))), 1000), -900)) as of_weighed
    from (
        select cell, counted, nullif(value, 0) as value, weight from country_value
    )
    group by cell
),
whole as (
    select v.cell, v.ref_area, v.counted, v.value is not null as has_value,
           case when v.value = 0 then 0 else cast(round(v.value * p.of_value) as hugeint) end as value,
           cast(round(v.weight * p.of_weight) as hugeint) as weight,
           case when v.value = 0 and v.weight is not null then 0
               else cast(round(v.value * v.weight * p.of_weighed) as hugeint)
           end as weighed
    from country_value v join power p on p.cell = v.cell
),
summed as (
    select v.cell, m.group_area, m.year, 'reference_date' as method, count_if(v.counted) as areas_counted,
           sum(v.value) as total, sum(v.weight) filter (v.counted) as weight, sum(v.weight) as weight_of_all,
           sum(v.weighed) filter (v.counted) as weighed
    from whole v
    join membership m on m.ref_area = v.ref_area and m.year is null
    group by all
    having bool_or(v.has_value)
    union all
    select v.cell, m.group_area, m.year, 'as_of_year', count_if(v.counted),
           sum(v.value), sum(v.weight) filter (v.counted), sum(v.weight),
           sum(v.weighed) filter (v.counted)
    from whole v
    join cell c on c.cell = v.cell
    join membership m on m.ref_area = v.ref_area and m.year = c.year
    group by all
    having bool_or(v.has_value)
),
added as (
    select s.cell, s.group_area, s.year, s.method, s.areas_counted,
           coalesce(s.total / p.of_value, 0) as total, s.weight / p.of_weight as weight,
           s.weight_of_all / p.of_weight as weight_of_all, coalesce(s.weighed / p.of_weighed, 0) as weighed
    from summed s join power p on p.cell = s.cell
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
