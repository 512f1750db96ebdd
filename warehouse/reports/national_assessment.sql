-- Question: for which indicators has a country data, who produces them from what source, how recent, and what stands in the way?
-- Grain: one row per indicator and country or area, those without any data included.
--
-- The national SDG data assessment matrix. Made when the copy for readers is made, so that what offices state in the
-- providers' files is current. Three kinds of column, kept apart:
--   measured on what is held: availability and the years (report.data_availability), natures, national_source (the
--     SOURCE_DETAIL of the newest national value), kept_back (rows in quarantine);
--   stated by an office or agency for the country (metadata.national_statement, with who and when): stated_*;
--   the indicator's own: custodians, metadata_concepts.
-- availability and availability_country_produced are classes of ours: trend is two years or more with a value since
-- 2015, some is any value, none; the second counts NATURE C and CA alone. not_known names what nobody has stated: it is
-- null here and not guessed.
with newest_national as (
    select indicator, ref_area, max(time_period) as last_period,
           string_agg(distinct provider, ' ' order by provider) as providers,
           arg_max(source_detail, time_period) filter (coalesce(source_detail, '') <> '') as source_detail
    from report.indicator_observation
    where reporting_type = 'N' and area_type = 'country' and obs_value is not null
    group by all
),
natures as (
    select indicator, ref_area, string_agg(distinct coalesce(nullif(nature, ''), '_X'), ' ' order by
               coalesce(nullif(nature, ''), '_X')) as natures
    from report.indicator_observation
    where area_type = 'country' and obs_value is not null
    group by all
),
kept as (
    select b.indicator, q.ref_area, count(*) as rows, string_agg(distinct q.rule, ' ' order by q.rule) as rules
    from core.quarantine q join metadata.bridge b on b.series = q.series
    where q.resolved_at is null
    group by all
),
-- Of the concepts of the metadata structure, how many the declaration in force answers.
texts as (
    select v.indicator, unnest(json_keys(v.canonical, '$.reference_metadata')) as concept, v.canonical
    from metadata.indicator_version v
    where v.superseded_at is null
),
concepts as (
    select indicator, count(*) as asked,
           count_if(coalesce(json_extract_string(canonical, '$.reference_metadata.' || concept || '.status'), 'known')
                    = 'known') as known
    from texts
    group by all
),
-- Where several providers state something of one country, an office goes before an agency, then the newer statement.
stated as (
    select s.*, p.kind,
           row_number() over (
               partition by s.indicator, s.ref_area order by p.kind = 'office' desc, s.stated_on desc, s.provider
           ) as place
    from metadata.national_statement s join metadata.provider p on p.provider = s.provider
)
select
    d.goal, d.indicator, i.title, d.ref_area, d.area_name,
    case when d.two_points_since_2015 then 'trend' when d.any_value then 'some' else 'none' end as availability,
    case when d.country_produced_two_points_since_2015 then 'trend' when d.country_produced then 'some' else 'none' end
        as availability_country_produced,
    d.points, d.points_since_2015, d.first_year, d.last_year, d.timeliness, d.frequency, d.last_year_country_produced,
    try_cast(left(n.last_period, 4) as bigint) as last_year_national,
    a.natures, d.reported_nationally, d.in_global_data, n.providers as national_providers,
    n.source_detail as national_source, d.breakdowns_expected, d.breakdowns_present,
    coalesce(k.rows, 0) as kept_back, k.rules as kept_back_rules,
    s.available as stated_available, s.definition as stated_definition, s.institution as stated_institution,
    s.source_type as stated_source_type, s.frequency as stated_frequency,
    s.disaggregations as stated_disaggregations, s.metadata_available as stated_metadata,
    s.barriers as stated_barriers, s.barrier_note as stated_barrier_note, s.planned as stated_planned,
    s.provider as stated_in, s.stated_by, s.stated_on,
    i.custodians, coalesce(c.known, 0) as metadata_concepts_known, coalesce(c.asked, 0) as metadata_concepts,
    concat_ws(
        ' ', if(s.institution is null, 'institution', null), if(s.source_type is null, 'source_type', null),
        if(s.barriers is null and s.available is distinct from 'yes', 'barriers', null),
        if(s.metadata_available is null, 'metadata', null)
    ) as not_known
from report.data_availability d
join metadata.indicator i on i.indicator = d.indicator
left join newest_national n on n.indicator = d.indicator and n.ref_area = d.ref_area
left join natures a on a.indicator = d.indicator and a.ref_area = d.ref_area
left join kept k on k.indicator = d.indicator and k.ref_area = d.ref_area
left join concepts c on c.indicator = d.indicator
left join stated s on s.indicator = d.indicator and s.ref_area = d.ref_area and s.place = 1
