-- Question: do the regional values that we make of countries agree with those published, and if not, which area's place explains it?
-- Grain: one row per published value of a group (REPORTING_TYPE G, one provider): series, group, period, breakdown.
--
-- ours is that of report.regional_aggregate by the method reference_date; ratio is ours / published. Where they are
-- further apart than 0.05 per cent, every single country and every region and subregion is tried: would the gap close
-- if it were taken out of the group, or put into it? explained_by names an area when
--   a move: taking it out closes the gap of one group and putting it in that of another, within 1 per cent of each gap
--           and within 0.1 per cent of one of them; or
--   alone:  it closes this group's gap within 0.01 per cent (among 200 areas one is near any gap, so less is no
--           evidence), and no group elsewhere in the world that holds it agrees with its published value.
-- Several areas of the same value explain a gap equally well; then all are counted and three are named.
with published as (
    select o.series, o.ref_area, o.area_name, o.time_period, o.freq, o.sex, o.age, o.urbanisation,
           o.income_wealth_quantile, o.education_lev, o.occupation, o.cust_breakdown, o.composite_breakdown,
           o.disability_status, o.activity, o.product, o.provider, o.obs_value_scaled as published,
           o.unit_measure as unit_published
    from report.indicator_observation o
    join touched_series t on t.series = o.series and t.indicator = o.indicator
    where o.reporting_type = 'G' and o.area_type in ('world', 'region', 'subregion', 'group')
      and o.obs_value_scaled is not null
),
matched as (
    select
        row_number() over () as number, p.*, c.cell, c.rule, c.unit_measure,
        case when g.reason is null and c.unit_measure is not distinct from p.unit_published then g.obs_value end as ours,
        g.total, g.areas_counted, g.areas_in_group,
        case
            when p.ref_area not in (select group_area from membership) then 'This group is not one that is recomputed.'
            when c.cell is null then 'No country has a value for this breakdown and period.'
            when c.reason is not null then c.reason
            when g.cell is null then 'No country of the group has a value.'
            when g.reason is not null then g.reason
            when c.unit_measure is distinct from p.unit_published
                then 'Published in ' || coalesce(p.unit_published, 'no unit') || ', the countries in '
                     || coalesce(c.unit_measure, 'no unit') || '.'
        end as reason
    from published p
    left join cell c
        on c.series = p.series and c.time_period = p.time_period and c.freq = p.freq and c.sex = p.sex and c.age = p.age
        and c.urbanisation = p.urbanisation and c.income_wealth_quantile = p.income_wealth_quantile
        and c.education_lev = p.education_lev and c.occupation = p.occupation and c.cust_breakdown = p.cust_breakdown
        and c.composite_breakdown = p.composite_breakdown and c.disability_status = p.disability_status
        and c.activity = p.activity and c.product = p.product
    left join group_value g on g.cell = c.cell and g.group_area = p.ref_area and g.method = 'reference_date'
),
gap as (
    select number, cell, provider, ref_area as group_area, rule = 'mean' as is_mean, ours, published, total, areas_counted,
           abs(ours - published) as size
    from matched
    where abs(ours - published) > 0.0005 * greatest(abs(ours), abs(published)) and rule in ('sum', 'mean', 'count')
),
-- What could stand elsewhere: a country, or all the countries of a region or subregion.
candidate as (
    select v.cell, v.ref_area as area, v.value as total, 1 as areas
    from country_value v where v.cell in (select cell from gap)
    union all
    select g.cell, g.group_area, g.total, g.areas_counted
    from group_value g
    join metadata.area a on a.ref_area = g.group_area and a.area_type in ('region', 'subregion')
    where g.method = 'reference_date' and g.areas_counted > 1 and g.cell in (select cell from gap)
),
member as (
    select group_area, ref_area from membership where year is null
),
shared as (
    select m.group_area, o.group_area as area, count(*) as members
    from member m join member o on o.ref_area = m.ref_area and o.group_area <> m.group_area
    group by all
),
-- Which group holds which candidate whole.
holder as (
    select group_area, ref_area as area from member
    union all
    select s.group_area, s.area
    from shared s
    join (select group_area, count(*) as members from member group by group_area) w on w.group_area = s.area
    where s.members = w.members
),
tried as (
    select
        g.*, c.area, c.areas, coalesce(s.members, 0) > 0 as inside,
        case when inside then -1 else 1 end as sign,
        abs(
            case when g.is_mean
                then (g.total + sign * c.total) / nullif(g.areas_counted + sign * c.areas, 0)
                else g.total + sign * c.total
            end - g.published
        ) / g.size as residual
    from gap g
    join candidate c on c.cell = g.cell and c.area <> g.group_area
    left join (
        select group_area, area, members from shared
        union all
        select group_area, ref_area, 1 from member
    ) s on s.group_area = g.group_area and s.area = c.area
    left join (select group_area, count(*) as members from member group by group_area) w on w.group_area = c.area
    -- An area that lies partly in the group, or holds it, cannot be moved.
    where coalesce(s.members, 0) in (0, coalesce(w.members, 1))
),
closing as (
    select * from tried where residual <= 0.01
),
moved as (
    select
        a.number as of_number, b.number as to_number, a.area, a.areas, a.group_area as from_group, b.group_area as to_group,
        a.residual + b.residual as residual
    from closing a
    join closing b on b.cell = a.cell and b.provider = a.provider and b.area = a.area
    left join shared s on s.group_area = a.group_area and s.area = b.group_area
    where a.inside and not b.inside and least(a.residual, b.residual) <= 0.001
      and s.area is null  -- between two groups that have no country in common
),
explained as (
    select m.number, 'move' as kind, m.area, m.areas, m.from_group, m.to_group, m.residual
    from (
        select of_number as number, * from moved
        union all
        select to_number as number, * from moved
    ) m
    union all
    select c.number, case when c.inside then 'out' else 'in' end, c.area, c.areas, c.group_area, c.group_area, c.residual
    from closing c
    where c.residual <= 0.0001
      and not exists (
          from matched m
          join holder h on h.group_area = m.ref_area and h.area = c.area
          where not c.inside and m.cell = c.cell and m.provider = c.provider
            and abs(m.ours - m.published) <= 0.0005 * greatest(abs(m.ours), abs(m.published))
            and (m.ref_area, c.group_area) not in (select group_area, area from shared)
      )
),
ranked as (
    select
        e.*, a.name || ' (' || e.area || ')' as named,
        -- Of the groups around the area, those of one kind are compared: region with region.
        row_number() over (
            partition by e.number, e.area
            order by e.kind = 'move' desc, f.area_type is distinct from t.area_type, e.residual, e.to_group, e.from_group
        ) as place
    from explained e
    join metadata.area a on a.ref_area = e.area
    join metadata.area f on f.ref_area = e.from_group
    join metadata.area t on t.ref_area = e.to_group
),
best as (
    select * from ranked
    where place = 1
    window ordered as (
        partition by number order by kind = 'move' desc, residual, areas, area
        rows between unbounded preceding and unbounded following
    )
    qualify kind = first(kind) over ordered
        and residual <= first(residual) over ordered + 1e-9
        and from_group = first(from_group) over ordered and to_group = first(to_group) over ordered
),
told as (
    select
        number, count(*) as fitting, string_agg(area, ' ' order by areas, area) as explained_by,
        string_agg(named, ', ' order by areas, area) filter (nth <= 3) as names, any_value(kind) as kind,
        any_value(from_group) as from_group, any_value(to_group) as to_group
    from (select *, row_number() over (partition by number order by areas, area) as nth from best)
    group by number
)
select
    m.series, m.ref_area, m.area_name, m.time_period, m.freq, m.sex, m.age, m.urbanisation, m.income_wealth_quantile,
    m.education_lev, m.occupation, m.cust_breakdown, m.composite_breakdown, m.disability_status, m.activity, m.product,
    m.provider, m.ours, m.published, m.ours / nullif(m.published, 0) as ratio, m.unit_published as unit_measure,
    m.areas_counted, m.areas_in_group, t.explained_by,
    case
        when m.reason is not null then m.reason
        when abs(m.ours - m.published) <= 0.0005 * greatest(abs(m.ours), abs(m.published)) then null
        when m.rule not in ('sum', 'mean', 'count') then 'By the rule ' || m.rule || ' no area was searched for.'
        when t.kind is null then 'No single area closes the gap.'
        else
            case when t.fitting = 1 then t.names else 'One of ' || t.fitting || ' areas (' || t.names
                || case when t.fitting > 3 then ', …)' else ')' end end
            || case t.kind
                when 'move' then ' is published in ' || g.name || ' (' || t.to_group || ') instead of ' || f.name
                    || ' (' || t.from_group || '): moving it closes the gap.'
                when 'out' then ' is not in the published value: taking it out closes the gap.'
                else ' is in the published value: putting it in closes the gap.'
            end
    end as explanation
from matched m
left join told t on t.number = m.number
left join metadata.area f on f.ref_area = t.from_group
left join metadata.area g on g.ref_area = t.to_group
