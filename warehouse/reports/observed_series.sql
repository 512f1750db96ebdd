-- Question: up to which load does an indicator's report show a series, and by which rule is one of several values preferred?
-- Grain: one row per indicator and series that serves it.
--
-- report.indicator_observation reads core by these marks, so that it shows what stood at the last refresh: versions with
-- a number up to last_version that no load up to load_id has closed. Every observation is written once, in core. (A
-- table of all its columns took two thirds of the time of all report tables, and half of the file.)
select
    b.indicator, b.series,
    coalesce((select max(version_id) from core.observation_history), 0) as last_version,
    coalesce((select max(load_id) from core.load), 0) as load_id,
    ' ' || s.precedence || ' ' as precedence, s.national_fills
from metadata.bridge b
join touched t on t.indicator = b.indicator
join metadata.series s on s.series = b.series
