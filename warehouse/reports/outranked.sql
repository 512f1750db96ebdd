-- Question: which values are not for global tables because another value of the same key goes before them?
-- Grain: one row per observation and indicator that it serves.
--
-- Candidates are values of single countries under REPORTING_TYPE G from the providers in the series' precedence, and,
-- where the series says national_fills, national ones (N). Of those of a key without provider and reporting type one
-- goes before: G before N, then by precedence, then by provider id. The others stand here.
with candidate as (
    select o.version_id, o.series, o.provider, o.freq, o.ref_area, o.sex, o.age, o.urbanisation,
           o.income_wealth_quantile, o.education_lev, o.occupation, o.cust_breakdown, o.composite_breakdown,
           o.disability_status, o.activity, o.product, o.time_period,
           o.reporting_type <> 'G' as own, list_position(string_split(s.precedence, ' '), o.provider) as place,
           -- Narrows, and never decides: those alone in their hash are alone in their key.
           hash(o.freq, o.series, o.ref_area, o.sex, o.age, o.urbanisation, o.income_wealth_quantile, o.education_lev,
                o.occupation, o.cust_breakdown, o.composite_breakdown, o.disability_status, o.activity, o.product,
                o.time_period) as narrow
    from core.observation o
    join metadata.series s on s.series = o.series
    join metadata.area a on a.ref_area = o.ref_area
    where a.area_type = 'country' and o.obs_value is not null
      and ((o.reporting_type = 'G' and place is not null) or (o.reporting_type = 'N' and s.national_fills))
      and o.series in (select b.series from metadata.bridge b join touched using (indicator))
),
contested as (
    select * from candidate
    where narrow in (select narrow from candidate group by narrow having count(*) > 1)
),
-- Grouped, not ranked by a window, which has to sort. The version's number says which observation it is.
chosen as (
    select arg_min(version_id, struct_pack(own := own, place := coalesce(place, 1000000), id := provider)) as version_id
    from contested
    group by freq, series, ref_area, sex, age, urbanisation, income_wealth_quantile, education_lev, occupation,
             cust_breakdown, composite_breakdown, disability_status, activity, product, time_period
)
select b.indicator, c.version_id
from contested c
join metadata.bridge b on b.series = c.series
join touched t on t.indicator = b.indicator
where c.version_id not in (select version_id from chosen)
