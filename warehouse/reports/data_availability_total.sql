-- Question: of how many countries of a region has an indicator, or a goal, data, and produced by themselves?
-- Grain: one row per goal or indicator (indicator null is the whole goal) and group: the world, SDG regions and subregions, LDC, LLDC, SIDS.
--
-- Countries and areas of M49 count, territories included, so that a share here is lower than one of the 193 Member
-- States. possible is countries times indicators; the shares are of it. timeliness is the median over those with data,
-- points their mean. Membership is that of the reference date.
with counted as (
    select d.*, m.group_area
    from report.data_availability d
    join (select group_area, ref_area from membership where year is null) m on m.ref_area = d.ref_area
    where d.goal in (select goal from metadata.indicator join touched using (indicator))
),
totals as (
    select
        goal, indicator, group_area, count(distinct indicator) as indicators,
        count(distinct ref_area) as areas_in_group, count(*) as possible,
        count_if(any_value) as with_value, count_if(two_points_since_2015) as with_two_points_since_2015,
        count_if(country_produced) as country_produced,
        count_if(country_produced_two_points_since_2015) as country_produced_two_points_since_2015,
        median(timeliness) as timeliness, avg(points) filter (any_value) as points
    from counted
    group by grouping sets ((goal, indicator, group_area), (goal, group_area))
)
select
    t.goal, t.indicator, t.group_area as ref_area, a.name as area_name, t.indicators, t.areas_in_group, t.possible,
    t.with_value, t.with_two_points_since_2015, t.country_produced, t.country_produced_two_points_since_2015,
    t.with_value / t.possible as share_with_value,
    t.with_two_points_since_2015 / t.possible as share_with_two_points_since_2015,
    t.country_produced / t.possible as share_country_produced,
    t.country_produced_two_points_since_2015 / t.possible as share_country_produced_two_points_since_2015,
    t.timeliness, t.points
from totals t
join metadata.area a on a.ref_area = t.group_area
