-- Step: which single countries belong to which groups, on the reference date (year is null) and, for the groups whose
-- membership changes, on the last day of each year that has values. Only areas of type country: neither a region, nor a
-- residual, nor a part of a country, nor a state of the past is ever a member.
create or replace temp table membership as
with groups as (
    select g.group_area, g.ref_area, g.valid_from, g.valid_to
    from metadata.area_group g
    join metadata.area a on a.ref_area = g.ref_area and a.area_type = 'country'
    where g.scheme in ('SDG', 'LDC', 'LLDC', 'SIDS')
),
moment as (
    select cast(null as integer) as year, cast($reference_date as date) as membership_date
    union all
    select distinct year, make_date(year, 12, 31) from cell where year between 1900 and 2200
),
changing as (
    select distinct group_area from groups where valid_from is not null or valid_to is not null
)
select distinct g.group_area, g.ref_area, m.year, m.membership_date
from groups g, moment m
where coalesce(g.valid_from <= m.membership_date, true) and coalesce(m.membership_date <= g.valid_to, true)
  and (m.year is null or g.group_area in (select group_area from changing))
