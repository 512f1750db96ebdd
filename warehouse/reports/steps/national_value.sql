-- Step: the values that countries report themselves, with their notes. A table of its own, so that the planner knows how
-- few they are. Grain: one row per indicator and national value (REPORTING_TYPE N) of a country.
create or replace temp table national_value as
select o.*, nullif(concat_ws(' | ', nullif(o.comment_obs, ''), nullif(o.comment_ts, ''),
                             nullif(o.source_detail, '')), '') as note
from report.indicator_observation o
join touched t on t.indicator = o.indicator
where o.reporting_type = 'N' and o.area_type = 'country' and o.obs_value_scaled is not null
