-- Step: the series whose aggregates are made anew, each with the one indicator whose rows are read, so that a series
-- of two indicators is not counted twice. A series weighed by a touched one is touched as well.
create or replace temp table touched_series as
with asked as (
    select distinct b.series from metadata.bridge b join touched t using (indicator)
),
needed as (
    select series from asked
    union
    select s.series from metadata.series s join asked a on a.series = s.aggregation_weight
)
select b.series, first(b.indicator order by t.indicator is null, b.indicator) as indicator
from needed n
join metadata.bridge b on b.series = n.series
left join touched t on t.indicator = b.indicator
group by b.series
