-- A warehouse of layout 5 as the program of that layout made it, without rows; the tests fill and upgrade it.

create schema core;
create schema metadata;
create schema report;
CREATE TABLE core.confirmation(
    version_id BIGINT NOT NULL,
    load_id BIGINT NOT NULL,
    source_sheet VARCHAR,
    source_row BIGINT,
    source_line BIGINT);
CREATE TABLE core.deletion(
    provider VARCHAR NOT NULL,
    freq VARCHAR NOT NULL,
    reporting_type VARCHAR NOT NULL,
    series VARCHAR NOT NULL,
    ref_area VARCHAR NOT NULL,
    sex VARCHAR NOT NULL,
    age VARCHAR NOT NULL,
    urbanisation VARCHAR NOT NULL,
    income_wealth_quantile VARCHAR NOT NULL,
    education_lev VARCHAR NOT NULL,
    occupation VARCHAR NOT NULL,
    cust_breakdown VARCHAR NOT NULL,
    composite_breakdown VARCHAR NOT NULL,
    disability_status VARCHAR NOT NULL,
    activity VARCHAR NOT NULL,
    product VARCHAR NOT NULL,
    time_period VARCHAR NOT NULL,
    key_hash UBIGINT NOT NULL,
    load_id BIGINT NOT NULL);
CREATE TABLE core.layout(
    layout_version INTEGER NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL);
CREATE TABLE core."load"(
    load_id BIGINT NOT NULL,
    "action" VARCHAR NOT NULL,
    delivery_id VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    loaded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decision VARCHAR NOT NULL,
    received BIGINT NOT NULL,
    "new" BIGINT NOT NULL,
    value_revised BIGINT NOT NULL,
    attributes_revised BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    duplicate BIGINT NOT NULL,
    out_of_scope BIGINT NOT NULL,
    dropped BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL,
    left_to_later BIGINT NOT NULL,
    kept_by_quarantine BIGINT NOT NULL,
    restored BIGINT NOT NULL,
    replaces VARCHAR NOT NULL,
    scope_series VARCHAR,
    touched_series VARCHAR NOT NULL,
    metadata_versions VARCHAR NOT NULL,
    structure_version VARCHAR NOT NULL,
    map_version VARCHAR,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    withdrawn_reason VARCHAR,
    withdrawn_by BIGINT);
CREATE TABLE core.observation_history(
    version_id BIGINT NOT NULL,
    provider VARCHAR NOT NULL,
    freq VARCHAR NOT NULL,
    reporting_type VARCHAR NOT NULL,
    series VARCHAR NOT NULL,
    ref_area VARCHAR NOT NULL,
    sex VARCHAR NOT NULL,
    age VARCHAR NOT NULL,
    urbanisation VARCHAR NOT NULL,
    income_wealth_quantile VARCHAR NOT NULL,
    education_lev VARCHAR NOT NULL,
    occupation VARCHAR NOT NULL,
    cust_breakdown VARCHAR NOT NULL,
    composite_breakdown VARCHAR NOT NULL,
    disability_status VARCHAR NOT NULL,
    activity VARCHAR NOT NULL,
    product VARCHAR NOT NULL,
    time_period VARCHAR NOT NULL,
    obs_value DOUBLE,
    obs_value_text VARCHAR,
    obs_status VARCHAR,
    unit_mult INTEGER,
    unit_measure VARCHAR,
    base_per VARCHAR,
    nature VARCHAR,
    time_detail VARCHAR,
    comment_obs VARCHAR,
    time_coverage VARCHAR,
    upper_bound VARCHAR,
    lower_bound VARCHAR,
    source_detail VARCHAR,
    comment_ts VARCHAR,
    geo_info_url VARCHAR,
    geo_info_type VARCHAR,
    cust_breakdown_lb VARCHAR,
    data_last_update VARCHAR,
    key_hash UBIGINT NOT NULL,
    value_hash UBIGINT NOT NULL,
    delivery_id VARCHAR NOT NULL,
    load_id BIGINT NOT NULL,
    opened_reason VARCHAR NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    superseded_at TIMESTAMP WITH TIME ZONE,
    superseded_reason VARCHAR,
    superseded_by BIGINT,
    held_by_delivery VARCHAR,
    source_sheet VARCHAR,
    source_row BIGINT,
    source_line BIGINT,
    metadata_version VARCHAR NOT NULL,
    structure_version VARCHAR NOT NULL,
    map_version VARCHAR,
    correction VARCHAR);
CREATE TABLE core.quarantine(
    provider VARCHAR NOT NULL,
    freq VARCHAR,
    reporting_type VARCHAR,
    series VARCHAR,
    ref_area VARCHAR,
    sex VARCHAR,
    age VARCHAR,
    urbanisation VARCHAR,
    income_wealth_quantile VARCHAR,
    education_lev VARCHAR,
    occupation VARCHAR,
    cust_breakdown VARCHAR,
    composite_breakdown VARCHAR,
    disability_status VARCHAR,
    activity VARCHAR,
    product VARCHAR,
    time_period VARCHAR,
    obs_value_text VARCHAR,
    obs_status VARCHAR,
    unit_mult VARCHAR,
    unit_measure VARCHAR,
    base_per VARCHAR,
    nature VARCHAR,
    time_detail VARCHAR,
    comment_obs VARCHAR,
    time_coverage VARCHAR,
    upper_bound VARCHAR,
    lower_bound VARCHAR,
    source_detail VARCHAR,
    comment_ts VARCHAR,
    geo_info_url VARCHAR,
    geo_info_type VARCHAR,
    cust_breakdown_lb VARCHAR,
    data_last_update VARCHAR,
    "rule" VARCHAR NOT NULL,
    rules VARCHAR,
    message VARCHAR,
    source_sheet VARCHAR,
    source_row BIGINT,
    source_line BIGINT,
    delivery_id VARCHAR NOT NULL,
    load_id BIGINT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    resolved_at TIMESTAMP WITH TIME ZONE,
    resolved_by_load BIGINT,
    resolution VARCHAR);
CREATE TABLE core.remark(
    provider VARCHAR NOT NULL,
    freq VARCHAR NOT NULL,
    reporting_type VARCHAR NOT NULL,
    series VARCHAR NOT NULL,
    ref_area VARCHAR NOT NULL,
    sex VARCHAR NOT NULL,
    age VARCHAR NOT NULL,
    urbanisation VARCHAR NOT NULL,
    income_wealth_quantile VARCHAR NOT NULL,
    education_lev VARCHAR NOT NULL,
    occupation VARCHAR NOT NULL,
    cust_breakdown VARCHAR NOT NULL,
    composite_breakdown VARCHAR NOT NULL,
    disability_status VARCHAR NOT NULL,
    activity VARCHAR NOT NULL,
    product VARCHAR NOT NULL,
    time_period VARCHAR NOT NULL,
    key_hash UBIGINT NOT NULL,
    delivery_id VARCHAR NOT NULL,
    load_id BIGINT NOT NULL,
    finding VARCHAR NOT NULL);
CREATE TABLE metadata.area(
    ref_area VARCHAR NOT NULL,
    "name" VARCHAR,
    "names" VARCHAR,
    iso2 VARCHAR,
    iso3 VARCHAR,
    area_type VARCHAR,
    is_group BOOLEAN NOT NULL);
CREATE TABLE metadata.area_group(
    group_area VARCHAR NOT NULL,
    ref_area VARCHAR NOT NULL,
    scheme VARCHAR NOT NULL,
    valid_from DATE,
    valid_to DATE);
CREATE TABLE metadata.bridge(
    series VARCHAR NOT NULL,
    indicator VARCHAR NOT NULL,
    "owner" BOOLEAN NOT NULL);
CREATE TABLE metadata.indicator(
    indicator VARCHAR NOT NULL,
    goal VARCHAR NOT NULL,
    "target" VARCHAR NOT NULL,
    title VARCHAR,
    titles VARCHAR,
    custodians VARCHAR,
    partners VARCHAR,
    tier VARCHAR,
    tier_seen VARCHAR,
    ccode VARCHAR,
    "also" VARCHAR,
    "version" VARCHAR NOT NULL);
CREATE TABLE metadata.indicator_version(
    indicator VARCHAR NOT NULL,
    "version" VARCHAR NOT NULL,
    canonical VARCHAR NOT NULL,
    structure_version VARCHAR NOT NULL,
    first_used_at TIMESTAMP WITH TIME ZONE NOT NULL,
    superseded_at TIMESTAMP WITH TIME ZONE);
CREATE TABLE metadata.national_statement(
    provider VARCHAR NOT NULL,
    indicator VARCHAR NOT NULL,
    ref_area VARCHAR NOT NULL,
    available VARCHAR,
    definition VARCHAR,
    institution VARCHAR,
    source_type VARCHAR,
    frequency VARCHAR,
    disaggregations VARCHAR,
    metadata_available BOOLEAN,
    barriers VARCHAR,
    barrier_note VARCHAR,
    planned VARCHAR,
    stated_by VARCHAR NOT NULL,
    stated_on DATE NOT NULL);
CREATE TABLE metadata.provider(
    provider VARCHAR NOT NULL,
    "name" VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    areas VARCHAR,
    replaces VARCHAR NOT NULL,
    cadence_days BIGINT,
    schedule VARCHAR,
    timezone VARCHAR);
CREATE TABLE metadata.series(
    series VARCHAR NOT NULL,
    "name" VARCHAR,
    status VARCHAR,
    heirs VARCHAR,
    "owner" VARCHAR NOT NULL,
    unit_measure VARCHAR,
    unit_mult VARCHAR,
    precedence VARCHAR NOT NULL,
    national_fills BOOLEAN NOT NULL,
    aggregation_rule VARCHAR,
    aggregation_weight VARCHAR,
    aggregation_all_areas BOOLEAN,
    minimum_coverage DOUBLE,
    breakdowns VARCHAR);
CREATE TABLE report.aggregate_comparison(
    series VARCHAR NOT NULL,
    ref_area VARCHAR NOT NULL,
    area_name VARCHAR,
    time_period VARCHAR NOT NULL,
    freq VARCHAR NOT NULL,
    sex VARCHAR NOT NULL,
    age VARCHAR NOT NULL,
    urbanisation VARCHAR NOT NULL,
    income_wealth_quantile VARCHAR NOT NULL,
    education_lev VARCHAR NOT NULL,
    occupation VARCHAR NOT NULL,
    cust_breakdown VARCHAR NOT NULL,
    composite_breakdown VARCHAR NOT NULL,
    disability_status VARCHAR NOT NULL,
    activity VARCHAR NOT NULL,
    product VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    ours DOUBLE,
    published DOUBLE NOT NULL,
    ratio DOUBLE,
    unit_measure VARCHAR,
    areas_counted BIGINT,
    areas_in_group BIGINT,
    explained_by VARCHAR,
    explanation VARCHAR);
CREATE TABLE report.coverage(
    indicator VARCHAR NOT NULL,
    ref_area VARCHAR NOT NULL,
    area_name VARCHAR,
    observations BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    first_period VARCHAR,
    last_period VARCHAR,
    country_produced_share DOUBLE,
    nature_unstated BIGINT NOT NULL);
CREATE TABLE report.data_availability(
    goal VARCHAR NOT NULL,
    indicator VARCHAR NOT NULL,
    ref_area VARCHAR NOT NULL,
    area_name VARCHAR,
    any_value BOOLEAN NOT NULL,
    two_points_since_2015 BOOLEAN NOT NULL,
    points BIGINT NOT NULL,
    points_since_2015 BIGINT NOT NULL,
    first_year BIGINT,
    last_year BIGINT,
    timeliness BIGINT,
    frequency DOUBLE,
    country_produced BOOLEAN NOT NULL,
    country_produced_two_points_since_2015 BOOLEAN NOT NULL,
    last_year_country_produced BIGINT,
    points_country_produced BIGINT NOT NULL,
    points_estimated BIGINT NOT NULL,
    points_modelled BIGINT NOT NULL,
    points_monitored BIGINT NOT NULL,
    points_other BIGINT NOT NULL,
    reported_nationally BOOLEAN NOT NULL,
    in_global_data BOOLEAN NOT NULL,
    breakdowns_expected VARCHAR,
    breakdowns_present VARCHAR);
CREATE TABLE report.data_availability_total(
    goal VARCHAR NOT NULL,
    indicator VARCHAR,
    ref_area VARCHAR NOT NULL,
    area_name VARCHAR,
    indicators BIGINT NOT NULL,
    areas_in_group BIGINT NOT NULL,
    possible BIGINT NOT NULL,
    with_value BIGINT NOT NULL,
    with_two_points_since_2015 BIGINT NOT NULL,
    country_produced BIGINT NOT NULL,
    country_produced_two_points_since_2015 BIGINT NOT NULL,
    share_with_value DOUBLE NOT NULL,
    share_with_two_points_since_2015 DOUBLE NOT NULL,
    share_country_produced DOUBLE NOT NULL,
    share_country_produced_two_points_since_2015 DOUBLE NOT NULL,
    timeliness DOUBLE,
    points DOUBLE);
CREATE TABLE report.national_and_global(
    goal VARCHAR NOT NULL,
    indicator VARCHAR NOT NULL,
    series VARCHAR NOT NULL,
    ref_area VARCHAR NOT NULL,
    area_name VARCHAR,
    time_period VARCHAR NOT NULL,
    freq VARCHAR NOT NULL,
    sex VARCHAR NOT NULL,
    age VARCHAR NOT NULL,
    urbanisation VARCHAR NOT NULL,
    income_wealth_quantile VARCHAR NOT NULL,
    education_lev VARCHAR NOT NULL,
    occupation VARCHAR NOT NULL,
    cust_breakdown VARCHAR NOT NULL,
    composite_breakdown VARCHAR NOT NULL,
    disability_status VARCHAR NOT NULL,
    activity VARCHAR NOT NULL,
    product VARCHAR NOT NULL,
    national_provider VARCHAR NOT NULL,
    global_provider VARCHAR NOT NULL,
    national_value DOUBLE NOT NULL,
    global_value DOUBLE NOT NULL,
    national_unit VARCHAR,
    global_unit VARCHAR,
    difference DOUBLE,
    ratio DOUBLE,
    national_nature VARCHAR,
    global_nature VARCHAR,
    national_status VARCHAR,
    global_status VARCHAR,
    national_note VARCHAR,
    global_note VARCHAR);
CREATE TABLE report.national_assessment(
    goal VARCHAR NOT NULL,
    indicator VARCHAR NOT NULL,
    title VARCHAR,
    ref_area VARCHAR NOT NULL,
    area_name VARCHAR,
    availability VARCHAR NOT NULL,
    availability_country_produced VARCHAR NOT NULL,
    points BIGINT NOT NULL,
    points_since_2015 BIGINT NOT NULL,
    first_year BIGINT,
    last_year BIGINT,
    timeliness BIGINT,
    frequency DOUBLE,
    last_year_country_produced BIGINT,
    last_year_national BIGINT,
    natures VARCHAR,
    reported_nationally BOOLEAN NOT NULL,
    in_global_data BOOLEAN NOT NULL,
    national_providers VARCHAR,
    national_source VARCHAR,
    breakdowns_expected VARCHAR,
    breakdowns_present VARCHAR,
    kept_back BIGINT NOT NULL,
    kept_back_rules VARCHAR,
    stated_available VARCHAR,
    stated_definition VARCHAR,
    stated_institution VARCHAR,
    stated_source_type VARCHAR,
    stated_frequency VARCHAR,
    stated_disaggregations VARCHAR,
    stated_metadata BOOLEAN,
    stated_barriers VARCHAR,
    stated_barrier_note VARCHAR,
    stated_planned VARCHAR,
    stated_in VARCHAR,
    stated_by VARCHAR,
    stated_on DATE,
    custodians VARCHAR,
    metadata_concepts_known BIGINT NOT NULL,
    metadata_concepts BIGINT NOT NULL,
    not_known VARCHAR);
CREATE TABLE report.not_aggregated(
    series VARCHAR NOT NULL,
    ref_area VARCHAR NOT NULL,
    area_name VARCHAR,
    "rule" VARCHAR NOT NULL,
    "method" VARCHAR,
    reason VARCHAR NOT NULL,
    areas_counted BIGINT NOT NULL,
    first_period VARCHAR NOT NULL,
    last_period VARCHAR NOT NULL);
CREATE TABLE report.observation_remark(
    provider VARCHAR NOT NULL,
    freq VARCHAR NOT NULL,
    reporting_type VARCHAR NOT NULL,
    series VARCHAR NOT NULL,
    ref_area VARCHAR NOT NULL,
    sex VARCHAR NOT NULL,
    age VARCHAR NOT NULL,
    urbanisation VARCHAR NOT NULL,
    income_wealth_quantile VARCHAR NOT NULL,
    education_lev VARCHAR NOT NULL,
    occupation VARCHAR NOT NULL,
    cust_breakdown VARCHAR NOT NULL,
    composite_breakdown VARCHAR NOT NULL,
    disability_status VARCHAR NOT NULL,
    activity VARCHAR NOT NULL,
    product VARCHAR NOT NULL,
    time_period VARCHAR NOT NULL,
    remark_delivery VARCHAR NOT NULL,
    finding VARCHAR NOT NULL,
    "rule" VARCHAR,
    remark VARCHAR,
    answer VARCHAR,
    answered_by VARCHAR,
    answered_at TIMESTAMP WITH TIME ZONE);
CREATE TABLE report.observed_series(
    indicator VARCHAR NOT NULL,
    series VARCHAR NOT NULL,
    last_version BIGINT NOT NULL,
    load_id BIGINT NOT NULL,
    precedence VARCHAR NOT NULL,
    national_fills BOOLEAN NOT NULL);
CREATE TABLE report.outranked(
    indicator VARCHAR NOT NULL,
    version_id BIGINT NOT NULL);
CREATE TABLE report.quality(
    provider VARCHAR NOT NULL,
    series VARCHAR,
    kind VARCHAR NOT NULL,
    "rule" VARCHAR NOT NULL,
    severity VARCHAR,
    deliveries BIGINT NOT NULL,
    "rows" BIGINT NOT NULL,
    open_rows BIGINT,
    first_seen TIMESTAMP WITH TIME ZONE,
    last_seen TIMESTAMP WITH TIME ZONE,
    last_message VARCHAR);
CREATE TABLE report.refreshed(
    indicator VARCHAR NOT NULL,
    load_id BIGINT NOT NULL,
    "version" VARCHAR,
    refreshed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    membership_date DATE);
CREATE TABLE report.regional_aggregate(
    series VARCHAR NOT NULL,
    ref_area VARCHAR NOT NULL,
    area_name VARCHAR,
    time_period VARCHAR NOT NULL,
    freq VARCHAR NOT NULL,
    sex VARCHAR NOT NULL,
    age VARCHAR NOT NULL,
    urbanisation VARCHAR NOT NULL,
    income_wealth_quantile VARCHAR NOT NULL,
    education_lev VARCHAR NOT NULL,
    occupation VARCHAR NOT NULL,
    cust_breakdown VARCHAR NOT NULL,
    composite_breakdown VARCHAR NOT NULL,
    disability_status VARCHAR NOT NULL,
    activity VARCHAR NOT NULL,
    product VARCHAR NOT NULL,
    obs_value DOUBLE NOT NULL,
    unit_measure VARCHAR,
    "rule" VARCHAR NOT NULL,
    "method" VARCHAR NOT NULL,
    areas_counted BIGINT NOT NULL,
    areas_in_group BIGINT NOT NULL,
    weight_share DOUBLE,
    membership_date DATE NOT NULL);
CREATE TABLE report.release_diff(
    before_release VARCHAR NOT NULL,
    after_release VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    indicators VARCHAR NOT NULL,
    series VARCHAR NOT NULL,
    series_name VARCHAR,
    provider VARCHAR,
    ref_area VARCHAR,
    area_name VARCHAR,
    time_period VARCHAR,
    freq VARCHAR,
    reporting_type VARCHAR,
    sex VARCHAR,
    age VARCHAR,
    urbanisation VARCHAR,
    income_wealth_quantile VARCHAR,
    education_lev VARCHAR,
    occupation VARCHAR,
    cust_breakdown VARCHAR,
    composite_breakdown VARCHAR,
    disability_status VARCHAR,
    activity VARCHAR,
    product VARCHAR,
    value_before DOUBLE,
    value_after DOUBLE,
    difference DOUBLE,
    "relative" DOUBLE,
    unit_before VARCHAR,
    unit_after VARCHAR,
    code_before VARCHAR,
    code_after VARCHAR,
    attributes VARCHAR,
    areas_before BIGINT,
    areas_after BIGINT,
    observations_before BIGINT,
    observations_after BIGINT,
    areas_lost VARCHAR);
CREATE TABLE report.timeliness(
    provider VARCHAR NOT NULL,
    provider_name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    indicator VARCHAR,
    received BIGINT,
    last_received_at TIMESTAMP WITH TIME ZONE,
    loaded BIGINT NOT NULL,
    last_loaded_at TIMESTAMP WITH TIME ZONE,
    last_period VARCHAR,
    cadence_days BIGINT,
    schedule VARCHAR,
    timezone VARCHAR,
    expected_at TIMESTAMP WITH TIME ZONE,
    late_days BIGINT,
    state VARCHAR NOT NULL,
    as_of TIMESTAMP WITH TIME ZONE NOT NULL);
comment on table core.confirmation is 'Which later deliveries sent a version again unchanged, so that it stands when its first delivery is withdrawn. Grain: one row per version and load.';
comment on table core.deletion is 'Keys that deliveries deleted by name. Grain: one row per key and load.';
comment on table core.layout is 'Which layout this file has. Grain: one row per layout the file has had.';
comment on table core.load is 'What changed core, and by which versions of the declarations; the truth about which deliveries were loaded. Grain: one row per transaction that changed core.';
comment on table core.observation_history is 'Every version of every observation. Grain: one row per version of an observation (provider, 15 dimensions, time_period).';
comment on table core.quarantine is 'Rows kept back, with their rule and place. Grain: one row per row of a delivery and load.';
comment on table core.remark is 'Which accepted rows a warning touches. Grain: one row per key, load and warning.';
comment on table metadata.area is 'Countries, regions and groups. Grain: one row per area.';
comment on table metadata.area_group is 'Which areas belong to which groups. Grain: one row per group, member, scheme and period.';
comment on table metadata.bridge is 'Which series serve which indicators. Grain: one row per series and indicator.';
comment on table metadata.indicator is 'The declared indicators. Grain: one row per indicator.';
comment on table metadata.indicator_version is 'Every version of a declaration that ever judged data, with its text. Grain: one row per indicator and period in force.';
comment on table metadata.national_statement is 'What providers state about national data. Grain: one row per provider, indicator and country.';
comment on table metadata.provider is 'The declared providers. Grain: one row per provider.';
comment on table metadata.series is 'The declared series. Grain: one row per series.';
comment on table report.aggregate_comparison is 'Our regional values beside the published ones, and the area whose move between groups closes the gap. Grain: one row per published value of a group.';
comment on table report.coverage is 'What is held for an area and an indicator. Grain: one row per area and indicator.';
comment on table report.data_availability is 'Whether an area has data for an indicator, for a trend, how recent and by whom. Grain: one row per indicator and country or area, those without data included.';
comment on table report.data_availability_total is 'Availability for goals, indicators and regions. Grain: one row per goal or indicator and group.';
comment on table report.national_and_global is 'A country''s own value beside the global database''s. Grain: one row per indicator and pair of a national and the preferred global value of one key.';
comment on table report.national_assessment is 'The national SDG data assessment matrix: data held, and what offices state of institution, source and barrier; filled in the published copy alone. Grain: one row per indicator and country or area.';
comment on table report.not_aggregated is 'Which regional values are not made though countries have values, and why. Grain: one row per series, group, method and reason.';
comment on table report.observation_remark is 'Warnings about current observations, with what was answered to them. Grain: one row per current observation, delivery and warning; shares exactly the identity with report.indicator_observation, so a natural join puts it beside the values. Empty but in the published copy.';
comment on table report.observed_series is 'Which versions of a series report.indicator_observation shows, and by which rule one is preferred. Grain: one row per indicator and series.';
comment on table report.outranked is 'Values of countries that are not for global tables because another of the same key goes before them. Grain: one row per observation and indicator.';
comment on table report.quality is 'What was found, mended and kept back; filled in the published copy alone. Grain: one row per provider, series, kind, rule and severity.';
comment on table report.refreshed is 'How far the report tables are. Grain: one row per indicator.';
comment on table report.regional_aggregate is 'Values of the world, the SDG regions and subregions, LDC, LLDC and SIDS, made from countries. Grain: one row per series, group, period, breakdown and method.';
comment on table report.release_diff is 'What differs from the release before: in a release from the one before it, in the published copy from the last one. Grain: one row per observation and kind, or per series and kind.';
comment on table report.timeliness is 'What a provider sent against its calendar; filled in the published copy alone. Grain: one row per provider (indicator null), and per provider and indicator that it sent.';
comment on column core.confirmation.version_id is 'version that was sent again unchanged';
comment on column core.confirmation.load_id is 'load of the delivery that sent it again';
comment on column core.confirmation.source_sheet is 'sheet of the workbook; null for text files';
comment on column core.confirmation.source_row is 'row of the table, 1-based with the heading; null for XML';
comment on column core.confirmation.source_line is 'line of the text file, 1-based; null for workbooks';
comment on column core.deletion.provider is 'id of the provider';
comment on column core.deletion.freq is 'FREQ: Frequency of observation (dimension)';
comment on column core.deletion.reporting_type is 'REPORTING_TYPE: Reporting type (dimension)';
comment on column core.deletion.series is 'SERIES: SDG Series (dimension)';
comment on column core.deletion.ref_area is 'REF_AREA: Reference area (dimension)';
comment on column core.deletion.sex is 'SEX: Sex (dimension)';
comment on column core.deletion.age is 'AGE: Age (dimension)';
comment on column core.deletion.urbanisation is 'URBANISATION: Degree of urbanisation (dimension)';
comment on column core.deletion.income_wealth_quantile is 'INCOME_WEALTH_QUANTILE: Income or wealth quantile (dimension)';
comment on column core.deletion.education_lev is 'EDUCATION_LEV: Education level (dimension)';
comment on column core.deletion.occupation is 'OCCUPATION: Occupation (dimension)';
comment on column core.deletion.cust_breakdown is 'CUST_BREAKDOWN: Custom Breakdown (dimension)';
comment on column core.deletion.composite_breakdown is 'COMPOSITE_BREAKDOWN: Composite breakdown (dimension)';
comment on column core.deletion.disability_status is 'DISABILITY_STATUS: Disability status (dimension)';
comment on column core.deletion.activity is 'ACTIVITY: Economic activity (dimension)';
comment on column core.deletion.product is 'PRODUCT: Type of product (dimension)';
comment on column core.deletion.time_period is 'TIME_PERIOD: Time period (time)';
comment on column core.deletion.key_hash is '64-bit hash of the identity';
comment on column core.deletion.load_id is 'load of the delivery that named the key in a Delete';
comment on column core.layout.layout_version is 'number of the layout of this file';
comment on column core.layout.made_at is 'when the layout was made';
comment on column core.load.load_id is 'number of the load, rising by one';
comment on column core.load.action is 'load, rejudge or withdraw';
comment on column core.load.delivery_id is 'the delivery';
comment on column core.load.provider is 'id of the provider';
comment on column core.load.sha256 is 'of the bytes as received';
comment on column core.load.received_at is 'when the bytes were received';
comment on column core.load.loaded_at is 'when this was written';
comment on column core.load.decision is 'load or load_with_quarantine; withdraw';
comment on column core.load.received is 'count of rows: received';
comment on column core.load.new is 'count of rows: new';
comment on column core.load.value_revised is 'count of rows: value_revised';
comment on column core.load.attributes_revised is 'count of rows: attributes_revised';
comment on column core.load.unchanged is 'count of rows: unchanged';
comment on column core.load.quarantined is 'count of rows: quarantined';
comment on column core.load.rejected is 'count of rows: rejected';
comment on column core.load.duplicate is 'count of rows: duplicate';
comment on column core.load.out_of_scope is 'count of rows: out_of_scope';
comment on column core.load.dropped is 'count of rows: dropped';
comment on column core.load.withdrawn is 'count of rows: withdrawn';
comment on column core.load.left_to_later is 'rows counted unchanged because a later delivery speaks for their key';
comment on column core.load.kept_by_quarantine is 'current versions held by a quarantined row of this delivery';
comment on column core.load.restored is 'keys that went back to an earlier version';
comment on column core.load.replaces is 'scope: provider, indicator or nothing';
comment on column core.load.scope_series is 'series that the scope is limited to, as a JSON list; null for no limit';
comment on column core.load.touched_series is 'series with any change, as a JSON list';
comment on column core.load.metadata_versions is 'version of each indicator''s declaration, as a JSON object';
comment on column core.load.structure_version is 'data structure definition';
comment on column core.load.map_version is 'version of the provider''s map and corrections';
comment on column core.load.withdrawn_at is 'when the delivery was withdrawn; null where it stands';
comment on column core.load.withdrawn_reason is 'why it was withdrawn';
comment on column core.load.withdrawn_by is 'load_id of the withdrawal';
comment on column core.observation_history.version_id is 'number of the version, never used twice';
comment on column core.observation_history.provider is 'id of the provider that reported it';
comment on column core.observation_history.freq is 'FREQ: Frequency of observation (dimension)';
comment on column core.observation_history.reporting_type is 'REPORTING_TYPE: Reporting type (dimension)';
comment on column core.observation_history.series is 'SERIES: SDG Series (dimension)';
comment on column core.observation_history.ref_area is 'REF_AREA: Reference area (dimension)';
comment on column core.observation_history.sex is 'SEX: Sex (dimension)';
comment on column core.observation_history.age is 'AGE: Age (dimension)';
comment on column core.observation_history.urbanisation is 'URBANISATION: Degree of urbanisation (dimension)';
comment on column core.observation_history.income_wealth_quantile is 'INCOME_WEALTH_QUANTILE: Income or wealth quantile (dimension)';
comment on column core.observation_history.education_lev is 'EDUCATION_LEV: Education level (dimension)';
comment on column core.observation_history.occupation is 'OCCUPATION: Occupation (dimension)';
comment on column core.observation_history.cust_breakdown is 'CUST_BREAKDOWN: Custom Breakdown (dimension)';
comment on column core.observation_history.composite_breakdown is 'COMPOSITE_BREAKDOWN: Composite breakdown (dimension)';
comment on column core.observation_history.disability_status is 'DISABILITY_STATUS: Disability status (dimension)';
comment on column core.observation_history.activity is 'ACTIVITY: Economic activity (dimension)';
comment on column core.observation_history.product is 'PRODUCT: Type of product (dimension)';
comment on column core.observation_history.time_period is 'TIME_PERIOD: Time period (time)';
comment on column core.observation_history.obs_value is 'number in unit_measure x 10^unit_mult; null is missing (obs_status)';
comment on column core.observation_history.obs_value_text is 'the number as it was received';
comment on column core.observation_history.obs_status is 'OBS_STATUS: Observation status (attribute)';
comment on column core.observation_history.unit_mult is 'UNIT_MULT: Unit multiplier (attribute)';
comment on column core.observation_history.unit_measure is 'UNIT_MEASURE: Unit of measure (attribute)';
comment on column core.observation_history.base_per is 'BASE_PER: Base period (attribute)';
comment on column core.observation_history.nature is 'NATURE: Nature of data points (attribute)';
comment on column core.observation_history.time_detail is 'TIME_DETAIL: Time period details (attribute)';
comment on column core.observation_history.comment_obs is 'COMMENT_OBS: Observation-level footnotes (attribute)';
comment on column core.observation_history.time_coverage is 'TIME_COVERAGE: Time period or range (ISO8601) (attribute)';
comment on column core.observation_history.upper_bound is 'UPPER_BOUND: Upper bound value (attribute)';
comment on column core.observation_history.lower_bound is 'LOWER_BOUND: Lower bound value (attribute)';
comment on column core.observation_history.source_detail is 'SOURCE_DETAIL: Source details (attribute)';
comment on column core.observation_history.comment_ts is 'COMMENT_TS: Time series-level footnotes (attribute)';
comment on column core.observation_history.geo_info_url is 'GEO_INFO_URL: Geoinformation URL (attribute)';
comment on column core.observation_history.geo_info_type is 'GEO_INFO_TYPE: Geoinformation type (attribute)';
comment on column core.observation_history.cust_breakdown_lb is 'CUST_BREAKDOWN_LB: Label for custom breakdown (attribute)';
comment on column core.observation_history.data_last_update is 'DATA_LAST_UPDATE: Date of the most recent change of the series. (attribute)';
comment on column core.observation_history.key_hash is '64-bit hash of the identity (warehouse.hashes)';
comment on column core.observation_history.value_hash is '64-bit hash of number and attributes';
comment on column core.observation_history.delivery_id is 'delivery that the version came in with';
comment on column core.observation_history.load_id is 'load that judged it';
comment on column core.observation_history.opened_reason is 'new, value_revised, attributes_revised, left to a later delivery, or restored: why';
comment on column core.observation_history.recorded_at is 'when the version became current';
comment on column core.observation_history.superseded_at is 'when it stopped being current; null is current';
comment on column core.observation_history.superseded_reason is 'value_revised, attributes_revised, or withdrawn: why';
comment on column core.observation_history.superseded_by is 'load that closed it';
comment on column core.observation_history.held_by_delivery is 'later delivery whose row of this key stands in quarantine';
comment on column core.observation_history.source_sheet is 'sheet of the workbook; null for text files';
comment on column core.observation_history.source_row is 'row of the table, 1-based with the heading; null for XML';
comment on column core.observation_history.source_line is 'line of the text file, 1-based; null for workbooks';
comment on column core.observation_history.metadata_version is 'version of the owning indicator''s declaration that judged it';
comment on column core.observation_history.structure_version is 'data structure definition that judged it';
comment on column core.observation_history.map_version is 'version of the provider''s map and corrections';
comment on column core.observation_history.correction is 'declared correction that was applied; null for none';
comment on column core.quarantine.provider is 'id of the provider';
comment on column core.quarantine.freq is 'FREQ: Frequency of observation (dimension)';
comment on column core.quarantine.reporting_type is 'REPORTING_TYPE: Reporting type (dimension)';
comment on column core.quarantine.series is 'SERIES: SDG Series (dimension)';
comment on column core.quarantine.ref_area is 'REF_AREA: Reference area (dimension)';
comment on column core.quarantine.sex is 'SEX: Sex (dimension)';
comment on column core.quarantine.age is 'AGE: Age (dimension)';
comment on column core.quarantine.urbanisation is 'URBANISATION: Degree of urbanisation (dimension)';
comment on column core.quarantine.income_wealth_quantile is 'INCOME_WEALTH_QUANTILE: Income or wealth quantile (dimension)';
comment on column core.quarantine.education_lev is 'EDUCATION_LEV: Education level (dimension)';
comment on column core.quarantine.occupation is 'OCCUPATION: Occupation (dimension)';
comment on column core.quarantine.cust_breakdown is 'CUST_BREAKDOWN: Custom Breakdown (dimension)';
comment on column core.quarantine.composite_breakdown is 'COMPOSITE_BREAKDOWN: Composite breakdown (dimension)';
comment on column core.quarantine.disability_status is 'DISABILITY_STATUS: Disability status (dimension)';
comment on column core.quarantine.activity is 'ACTIVITY: Economic activity (dimension)';
comment on column core.quarantine.product is 'PRODUCT: Type of product (dimension)';
comment on column core.quarantine.time_period is 'TIME_PERIOD: Time period (time)';
comment on column core.quarantine.obs_value_text is 'the number as it was received';
comment on column core.quarantine.obs_status is 'OBS_STATUS: Observation status (attribute)';
comment on column core.quarantine.unit_mult is 'UNIT_MULT: Unit multiplier (attribute)';
comment on column core.quarantine.unit_measure is 'UNIT_MEASURE: Unit of measure (attribute)';
comment on column core.quarantine.base_per is 'BASE_PER: Base period (attribute)';
comment on column core.quarantine.nature is 'NATURE: Nature of data points (attribute)';
comment on column core.quarantine.time_detail is 'TIME_DETAIL: Time period details (attribute)';
comment on column core.quarantine.comment_obs is 'COMMENT_OBS: Observation-level footnotes (attribute)';
comment on column core.quarantine.time_coverage is 'TIME_COVERAGE: Time period or range (ISO8601) (attribute)';
comment on column core.quarantine.upper_bound is 'UPPER_BOUND: Upper bound value (attribute)';
comment on column core.quarantine.lower_bound is 'LOWER_BOUND: Lower bound value (attribute)';
comment on column core.quarantine.source_detail is 'SOURCE_DETAIL: Source details (attribute)';
comment on column core.quarantine.comment_ts is 'COMMENT_TS: Time series-level footnotes (attribute)';
comment on column core.quarantine.geo_info_url is 'GEO_INFO_URL: Geoinformation URL (attribute)';
comment on column core.quarantine.geo_info_type is 'GEO_INFO_TYPE: Geoinformation type (attribute)';
comment on column core.quarantine.cust_breakdown_lb is 'CUST_BREAKDOWN_LB: Label for custom breakdown (attribute)';
comment on column core.quarantine.data_last_update is 'DATA_LAST_UPDATE: Date of the most recent change of the series. (attribute)';
comment on column core.quarantine.rule is 'first rule that the row broke';
comment on column core.quarantine.rules is 'all rules that the row broke, joined by commas';
comment on column core.quarantine.message is 'what was found and what was expected';
comment on column core.quarantine.source_sheet is 'sheet of the workbook; null for text files';
comment on column core.quarantine.source_row is 'row of the table, 1-based with the heading; null for XML';
comment on column core.quarantine.source_line is 'line of the text file, 1-based; null for workbooks';
comment on column core.quarantine.delivery_id is 'delivery that the row came in with';
comment on column core.quarantine.load_id is 'load that judged it';
comment on column core.quarantine.recorded_at is 'when it was put here';
comment on column core.quarantine.resolved_at is 'when it stopped being open; null is open';
comment on column core.quarantine.resolved_by_load is 'load that resolved it';
comment on column core.quarantine.resolution is 'accepted, judged anew, or withdrawn';
comment on column core.remark.provider is 'id of the provider';
comment on column core.remark.freq is 'FREQ: Frequency of observation (dimension)';
comment on column core.remark.reporting_type is 'REPORTING_TYPE: Reporting type (dimension)';
comment on column core.remark.series is 'SERIES: SDG Series (dimension)';
comment on column core.remark.ref_area is 'REF_AREA: Reference area (dimension)';
comment on column core.remark.sex is 'SEX: Sex (dimension)';
comment on column core.remark.age is 'AGE: Age (dimension)';
comment on column core.remark.urbanisation is 'URBANISATION: Degree of urbanisation (dimension)';
comment on column core.remark.income_wealth_quantile is 'INCOME_WEALTH_QUANTILE: Income or wealth quantile (dimension)';
comment on column core.remark.education_lev is 'EDUCATION_LEV: Education level (dimension)';
comment on column core.remark.occupation is 'OCCUPATION: Occupation (dimension)';
comment on column core.remark.cust_breakdown is 'CUST_BREAKDOWN: Custom Breakdown (dimension)';
comment on column core.remark.composite_breakdown is 'COMPOSITE_BREAKDOWN: Composite breakdown (dimension)';
comment on column core.remark.disability_status is 'DISABILITY_STATUS: Disability status (dimension)';
comment on column core.remark.activity is 'ACTIVITY: Economic activity (dimension)';
comment on column core.remark.product is 'PRODUCT: Type of product (dimension)';
comment on column core.remark.time_period is 'TIME_PERIOD: Time period (time)';
comment on column core.remark.key_hash is '64-bit hash of the identity';
comment on column core.remark.delivery_id is 'delivery whose row the warning is about';
comment on column core.remark.load_id is 'load that judged it; of a delivery, the last one counts';
comment on column core.remark.finding is 'id of the warning, in the ledger';
comment on column metadata.area.ref_area is 'M49 code without padding';
comment on column metadata.area.name is 'name in English';
comment on column metadata.area.names is 'names by language, as a JSON object';
comment on column metadata.area.iso2 is 'ISO 3166-1 alpha-2';
comment on column metadata.area.iso3 is 'ISO 3166-1 alpha-3';
comment on column metadata.area.area_type is 'country, region, subregion, group, world or other';
comment on column metadata.area.is_group is 'the area is made of others';
comment on column metadata.area_group.group_area is 'M49 code of the group';
comment on column metadata.area_group.ref_area is 'M49 code of the member';
comment on column metadata.area_group.scheme is 'which grouping';
comment on column metadata.area_group.valid_from is 'first day of membership; null is always';
comment on column metadata.area_group.valid_to is 'last day of membership; null is still';
comment on column metadata.bridge.series is 'code in CL_SERIES';
comment on column metadata.bridge.indicator is 'official number';
comment on column metadata.bridge.owner is 'the indicator''s file declares the series';
comment on column metadata.indicator.indicator is 'official number, for example 12.4.2';
comment on column metadata.indicator.goal is 'goal number';
comment on column metadata.indicator.target is 'target number';
comment on column metadata.indicator.title is 'official title in English';
comment on column metadata.indicator.titles is 'titles by language, as a JSON object';
comment on column metadata.indicator.custodians is 'custodian agencies, joined by semicolons';
comment on column metadata.indicator.partners is 'partner agencies, joined by semicolons';
comment on column metadata.indicator.tier is 'tier';
comment on column metadata.indicator.tier_seen is 'where and when the tier was seen';
comment on column metadata.indicator.ccode is 'code of the UN Statistics Division';
comment on column metadata.indicator.also is 'numbers under other goals or targets';
comment on column metadata.indicator.version is 'sha256 of the declaration in force';
comment on column metadata.indicator_version.indicator is 'official number';
comment on column metadata.indicator_version.version is 'sha256 of the resolved canonical declaration';
comment on column metadata.indicator_version.canonical is 'the full declaration, as canonical JSON';
comment on column metadata.indicator_version.structure_version is 'data structure definition it was resolved with';
comment on column metadata.indicator_version.first_used_at is 'when it came into force here';
comment on column metadata.indicator_version.superseded_at is 'when another took its place; null is in force';
comment on column metadata.national_statement.provider is 'the provider in whose file it stands';
comment on column metadata.national_statement.indicator is 'official number';
comment on column metadata.national_statement.ref_area is 'M49 code of the country';
comment on column metadata.national_statement.available is 'yes, partly or no: whether the country has national data';
comment on column metadata.national_statement.definition is 'same or proxy: how the national definition stands to the global one';
comment on column metadata.national_statement.institution is 'which institution produces the data';
comment on column metadata.national_statement.source_type is 'kind of source: survey, census, register, …';
comment on column metadata.national_statement.frequency is 'how often the country produces it, in words';
comment on column metadata.national_statement.disaggregations is 'dimensions by which the country has it, joined by spaces';
comment on column metadata.national_statement.metadata_available is 'the country has metadata for it';
comment on column metadata.national_statement.barriers is 'kinds of barrier: data, reporting, financial, geographic, capacity; joined by spaces';
comment on column metadata.national_statement.barrier_note is 'what stands in the way, in words';
comment on column metadata.national_statement.planned is 'year by which it is planned to be available';
comment on column metadata.national_statement.stated_by is 'who states it, and where';
comment on column metadata.national_statement.stated_on is 'date of the statement';
comment on column metadata.provider.provider is 'id of the provider';
comment on column metadata.provider.name is 'name in English';
comment on column metadata.provider.kind is 'office or agency';
comment on column metadata.provider.areas is 'M49 codes it may report for, joined by spaces; null is all';
comment on column metadata.provider.replaces is 'what a delivery stands for: provider, indicator or nothing';
comment on column metadata.provider.cadence_days is 'usual days between two deliveries; null is not known';
comment on column metadata.provider.schedule is 'when it is looked for, a cron line; null is only when asked';
comment on column metadata.provider.timezone is 'IANA time zone of the schedule';
comment on column metadata.series.series is 'code in CL_SERIES';
comment on column metadata.series.name is 'official name';
comment on column metadata.series.status is 'current, legacy or retired';
comment on column metadata.series.heirs is 'series that replace it, joined by spaces';
comment on column metadata.series.owner is 'indicator whose file declares it';
comment on column metadata.series.unit_measure is 'allowed units, the declared one first, joined by spaces';
comment on column metadata.series.unit_mult is 'allowed powers of ten, joined by spaces';
comment on column metadata.series.precedence is 'providers whose global rows are preferred, best first, joined by spaces';
comment on column metadata.series.national_fills is 'national rows fill where no global row is';
comment on column metadata.series.aggregation_rule is 'how values of regions are made; null is not declared';
comment on column metadata.series.aggregation_weight is 'series that weighs or divides, or its description where none is held';
comment on column metadata.series.aggregation_all_areas is 'what divides is that of all areas, those without a value included';
comment on column metadata.series.minimum_coverage is 'share (0 to 1) of a group below which no regional value is made; null is none';
comment on column metadata.series.breakdowns is 'dimensions by which the series is broken down, joined by spaces';
comment on column report.aggregate_comparison.series is 'code in CL_SERIES';
comment on column report.aggregate_comparison.ref_area is 'M49 code of the group';
comment on column report.aggregate_comparison.area_name is 'name of the group in English';
comment on column report.aggregate_comparison.time_period is 'TIME_PERIOD: Time period (time)';
comment on column report.aggregate_comparison.freq is 'FREQ: Frequency of observation (dimension)';
comment on column report.aggregate_comparison.sex is 'SEX: Sex (dimension)';
comment on column report.aggregate_comparison.age is 'AGE: Age (dimension)';
comment on column report.aggregate_comparison.urbanisation is 'URBANISATION: Degree of urbanisation (dimension)';
comment on column report.aggregate_comparison.income_wealth_quantile is 'INCOME_WEALTH_QUANTILE: Income or wealth quantile (dimension)';
comment on column report.aggregate_comparison.education_lev is 'EDUCATION_LEV: Education level (dimension)';
comment on column report.aggregate_comparison.occupation is 'OCCUPATION: Occupation (dimension)';
comment on column report.aggregate_comparison.cust_breakdown is 'CUST_BREAKDOWN: Custom Breakdown (dimension)';
comment on column report.aggregate_comparison.composite_breakdown is 'COMPOSITE_BREAKDOWN: Composite breakdown (dimension)';
comment on column report.aggregate_comparison.disability_status is 'DISABILITY_STATUS: Disability status (dimension)';
comment on column report.aggregate_comparison.activity is 'ACTIVITY: Economic activity (dimension)';
comment on column report.aggregate_comparison.product is 'PRODUCT: Type of product (dimension)';
comment on column report.aggregate_comparison.provider is 'who publishes it';
comment on column report.aggregate_comparison.ours is 'what countries give, in unit_measure; null where it is not made';
comment on column report.aggregate_comparison.published is 'the published value, in unit_measure, the power of ten multiplied in';
comment on column report.aggregate_comparison.ratio is 'ours / published';
comment on column report.aggregate_comparison.unit_measure is 'unit of the published value';
comment on column report.aggregate_comparison.areas_counted is 'countries whose values are in ours';
comment on column report.aggregate_comparison.areas_in_group is 'countries of the group';
comment on column report.aggregate_comparison.explained_by is 'M49 codes of the areas each of which closes the gap, joined by spaces';
comment on column report.aggregate_comparison.explanation is 'why they differ or ours is absent; null where they agree';
comment on column report.coverage.indicator is 'official number';
comment on column report.coverage.ref_area is 'M49 code, never a group';
comment on column report.coverage.area_name is 'name in English';
comment on column report.coverage.observations is 'observations with a value, of all providers';
comment on column report.coverage.missing is 'observations reported as missing';
comment on column report.coverage.first_period is 'first period with a value';
comment on column report.coverage.last_period is 'last period with a value';
comment on column report.coverage.country_produced_share is 'share (0 to 1) of the observations with a value whose NATURE is C or CA';
comment on column report.coverage.nature_unstated is 'observations with a value whose NATURE is absent or _X';
comment on column report.data_availability.goal is 'goal number';
comment on column report.data_availability.indicator is 'official number';
comment on column report.data_availability.ref_area is 'M49 code of a country or area';
comment on column report.data_availability.area_name is 'name in English';
comment on column report.data_availability.any_value is 'there is a value';
comment on column report.data_availability.two_points_since_2015 is 'two years or more since 2015 have a value';
comment on column report.data_availability.points is 'years with a value';
comment on column report.data_availability.points_since_2015 is 'years since 2015 with a value';
comment on column report.data_availability.first_year is 'first year with a value';
comment on column report.data_availability.last_year is 'last year with a value';
comment on column report.data_availability.timeliness is 'years from the last year to that of the reference date';
comment on column report.data_availability.frequency is 'points per year from the first year to the last; 1 is every year';
comment on column report.data_availability.country_produced is 'there is a value of NATURE C or CA';
comment on column report.data_availability.country_produced_two_points_since_2015 is 'two years since 2015 have such a value';
comment on column report.data_availability.last_year_country_produced is 'last year with such a value';
comment on column report.data_availability.points_country_produced is 'years with such a value';
comment on column report.data_availability.points_estimated is 'years with a value of NATURE E';
comment on column report.data_availability.points_modelled is 'years with a value of NATURE M';
comment on column report.data_availability.points_monitored is 'years with a value of NATURE G, global monitoring';
comment on column report.data_availability.points_other is 'years with a value of another NATURE or of none';
comment on column report.data_availability.reported_nationally is 'there is a value under REPORTING_TYPE N';
comment on column report.data_availability.in_global_data is 'there is a value under REPORTING_TYPE G';
comment on column report.data_availability.breakdowns_expected is 'dimensions of breakdown that the declarations name, joined by spaces';
comment on column report.data_availability.breakdowns_present is 'dimensions of breakdown that have values, joined by spaces';
comment on column report.data_availability_total.goal is 'goal number';
comment on column report.data_availability_total.indicator is 'official number; null is the whole goal';
comment on column report.data_availability_total.ref_area is 'M49 code of the group';
comment on column report.data_availability_total.area_name is 'name of the group in English';
comment on column report.data_availability_total.indicators is 'indicators counted';
comment on column report.data_availability_total.areas_in_group is 'countries and areas of the group';
comment on column report.data_availability_total.possible is 'countries x indicators';
comment on column report.data_availability_total.with_value is 'of these with a value';
comment on column report.data_availability_total.with_two_points_since_2015 is 'of these with two years or more since 2015';
comment on column report.data_availability_total.country_produced is 'of these with a value of NATURE C or CA';
comment on column report.data_availability_total.country_produced_two_points_since_2015 is 'with two such years or more since 2015';
comment on column report.data_availability_total.share_with_value is 'with_value / possible';
comment on column report.data_availability_total.share_with_two_points_since_2015 is 'with_two_points_since_2015 / possible';
comment on column report.data_availability_total.share_country_produced is 'country_produced / possible';
comment on column report.data_availability_total.share_country_produced_two_points_since_2015 is 'country_produced_two_points_since_2015 / possible';
comment on column report.data_availability_total.timeliness is 'median years from the last year to that of the reference date';
comment on column report.data_availability_total.points is 'mean years with a value, of those with any';
comment on column report.national_and_global.goal is 'goal number';
comment on column report.national_and_global.indicator is 'official number';
comment on column report.national_and_global.series is 'code in CL_SERIES';
comment on column report.national_and_global.ref_area is 'M49 code of the country';
comment on column report.national_and_global.area_name is 'name in English';
comment on column report.national_and_global.time_period is 'TIME_PERIOD: Time period (time)';
comment on column report.national_and_global.freq is 'FREQ: Frequency of observation (dimension)';
comment on column report.national_and_global.sex is 'SEX: Sex (dimension)';
comment on column report.national_and_global.age is 'AGE: Age (dimension)';
comment on column report.national_and_global.urbanisation is 'URBANISATION: Degree of urbanisation (dimension)';
comment on column report.national_and_global.income_wealth_quantile is 'INCOME_WEALTH_QUANTILE: Income or wealth quantile (dimension)';
comment on column report.national_and_global.education_lev is 'EDUCATION_LEV: Education level (dimension)';
comment on column report.national_and_global.occupation is 'OCCUPATION: Occupation (dimension)';
comment on column report.national_and_global.cust_breakdown is 'CUST_BREAKDOWN: Custom Breakdown (dimension)';
comment on column report.national_and_global.composite_breakdown is 'COMPOSITE_BREAKDOWN: Composite breakdown (dimension)';
comment on column report.national_and_global.disability_status is 'DISABILITY_STATUS: Disability status (dimension)';
comment on column report.national_and_global.activity is 'ACTIVITY: Economic activity (dimension)';
comment on column report.national_and_global.product is 'PRODUCT: Type of product (dimension)';
comment on column report.national_and_global.national_provider is 'who reports the national value';
comment on column report.national_and_global.global_provider is 'who reports the global value';
comment on column report.national_and_global.national_value is 'in national_unit, the power of ten multiplied in';
comment on column report.national_and_global.global_value is 'in global_unit, the power of ten multiplied in';
comment on column report.national_and_global.national_unit is 'UNIT_MEASURE of the national value';
comment on column report.national_and_global.global_unit is 'UNIT_MEASURE of the global value';
comment on column report.national_and_global.difference is 'national less global; null where units differ';
comment on column report.national_and_global.ratio is 'national / global; null where units differ or global is 0';
comment on column report.national_and_global.national_nature is 'NATURE of the national value';
comment on column report.national_and_global.global_nature is 'NATURE of the global value';
comment on column report.national_and_global.national_status is 'OBS_STATUS of the national value';
comment on column report.national_and_global.global_status is 'OBS_STATUS of the global value';
comment on column report.national_and_global.national_note is 'comments and source of the national value';
comment on column report.national_and_global.global_note is 'comments and source of the global value';
comment on column report.national_assessment.goal is 'goal number';
comment on column report.national_assessment.indicator is 'official number';
comment on column report.national_assessment.title is 'official title in English';
comment on column report.national_assessment.ref_area is 'M49 code of a country or area';
comment on column report.national_assessment.area_name is 'name in English';
comment on column report.national_assessment.availability is 'trend: two years or more since 2015 have a value; some; none';
comment on column report.national_assessment.availability_country_produced is 'the same of values of NATURE C or CA alone';
comment on column report.national_assessment.points is 'years with a value';
comment on column report.national_assessment.points_since_2015 is 'years since 2015 with a value';
comment on column report.national_assessment.first_year is 'first year with a value';
comment on column report.national_assessment.last_year is 'last year with a value';
comment on column report.national_assessment.timeliness is 'years from the last year to that of the reference date';
comment on column report.national_assessment.frequency is 'points per year from the first year to the last; 1 is every year';
comment on column report.national_assessment.last_year_country_produced is 'last year with a value of NATURE C or CA';
comment on column report.national_assessment.last_year_national is 'last year with a value under REPORTING_TYPE N';
comment on column report.national_assessment.natures is 'codes of NATURE of the values, joined by spaces; _X is not stated';
comment on column report.national_assessment.reported_nationally is 'there is a value under REPORTING_TYPE N';
comment on column report.national_assessment.in_global_data is 'there is a value under REPORTING_TYPE G';
comment on column report.national_assessment.national_providers is 'who reports the national values, joined by spaces';
comment on column report.national_assessment.national_source is 'SOURCE_DETAIL of the newest national value that has one, as received';
comment on column report.national_assessment.breakdowns_expected is 'dimensions of breakdown that the declarations name, joined by spaces';
comment on column report.national_assessment.breakdowns_present is 'dimensions of breakdown that have values, joined by spaces';
comment on column report.national_assessment.kept_back is 'rows of the country that stand in quarantine';
comment on column report.national_assessment.kept_back_rules is 'the rules that kept them back, joined by spaces';
comment on column report.national_assessment.stated_available is 'yes, partly or no, as stated; null is not known';
comment on column report.national_assessment.stated_definition is 'national definition same or proxy, as stated; null is not known';
comment on column report.national_assessment.stated_institution is 'producing institution, as stated; null is not known';
comment on column report.national_assessment.stated_source_type is 'kind of source, as stated; null is not known';
comment on column report.national_assessment.stated_frequency is 'how often it is produced, as stated; null is not known';
comment on column report.national_assessment.stated_disaggregations is 'dimensions that the country has, as stated; null is not known';
comment on column report.national_assessment.stated_metadata is 'the country has metadata for it, as stated; null is not known';
comment on column report.national_assessment.stated_barriers is 'data, reporting, financial, geographic, capacity, as stated; null is not known';
comment on column report.national_assessment.stated_barrier_note is 'what stands in the way, as stated';
comment on column report.national_assessment.stated_planned is 'year by which it is planned, as stated';
comment on column report.national_assessment.stated_in is 'provider in whose file the statement stands; null is no statement';
comment on column report.national_assessment.stated_by is 'who states it, and where';
comment on column report.national_assessment.stated_on is 'date of the statement';
comment on column report.national_assessment.custodians is 'custodian agencies of the indicator, joined by semicolons';
comment on column report.national_assessment.metadata_concepts_known is 'concepts of the global metadata that have an answer';
comment on column report.national_assessment.metadata_concepts is 'concepts of the global metadata that the declaration has';
comment on column report.national_assessment.not_known is 'what nobody has stated: institution, source_type, barriers, metadata; joined by spaces';
comment on column report.not_aggregated.series is 'code in CL_SERIES';
comment on column report.not_aggregated.ref_area is 'M49 code of the group';
comment on column report.not_aggregated.area_name is 'name of the group in English';
comment on column report.not_aggregated.rule is 'the series'' rule; none where none is declared';
comment on column report.not_aggregated.method is 'reference_date or as_of_year; null is both';
comment on column report.not_aggregated.reason is 'why there is no regional value';
comment on column report.not_aggregated.areas_counted is 'most countries of the group that had a value in one period';
comment on column report.not_aggregated.first_period is 'first period that this holds for';
comment on column report.not_aggregated.last_period is 'last period that this holds for';
comment on column report.observation_remark.provider is 'id of the provider';
comment on column report.observation_remark.freq is 'FREQ: Frequency of observation (dimension)';
comment on column report.observation_remark.reporting_type is 'REPORTING_TYPE: Reporting type (dimension)';
comment on column report.observation_remark.series is 'SERIES: SDG Series (dimension)';
comment on column report.observation_remark.ref_area is 'REF_AREA: Reference area (dimension)';
comment on column report.observation_remark.sex is 'SEX: Sex (dimension)';
comment on column report.observation_remark.age is 'AGE: Age (dimension)';
comment on column report.observation_remark.urbanisation is 'URBANISATION: Degree of urbanisation (dimension)';
comment on column report.observation_remark.income_wealth_quantile is 'INCOME_WEALTH_QUANTILE: Income or wealth quantile (dimension)';
comment on column report.observation_remark.education_lev is 'EDUCATION_LEV: Education level (dimension)';
comment on column report.observation_remark.occupation is 'OCCUPATION: Occupation (dimension)';
comment on column report.observation_remark.cust_breakdown is 'CUST_BREAKDOWN: Custom Breakdown (dimension)';
comment on column report.observation_remark.composite_breakdown is 'COMPOSITE_BREAKDOWN: Composite breakdown (dimension)';
comment on column report.observation_remark.disability_status is 'DISABILITY_STATUS: Disability status (dimension)';
comment on column report.observation_remark.activity is 'ACTIVITY: Economic activity (dimension)';
comment on column report.observation_remark.product is 'PRODUCT: Type of product (dimension)';
comment on column report.observation_remark.time_period is 'TIME_PERIOD: Time period (time)';
comment on column report.observation_remark.remark_delivery is 'delivery in whose judgement the warning was found';
comment on column report.observation_remark.finding is 'id of the warning';
comment on column report.observation_remark.rule is 'its rule';
comment on column report.observation_remark.remark is 'what was found and what was expected';
comment on column report.observation_remark.answer is 'the last explanation that was given; null where none was';
comment on column report.observation_remark.answered_by is 'who gave it';
comment on column report.observation_remark.answered_at is 'when it was given';
comment on column report.observed_series.indicator is 'official number';
comment on column report.observed_series.series is 'code in CL_SERIES';
comment on column report.observed_series.last_version is 'highest version_id at the last refresh';
comment on column report.observed_series.load_id is 'last load at the last refresh';
comment on column report.observed_series.precedence is 'providers whose global rows are preferred, best first, spaces around';
comment on column report.observed_series.national_fills is 'national rows fill where no global row is';
comment on column report.outranked.indicator is 'official number';
comment on column report.outranked.version_id is 'version in core.observation_history';
comment on column report.quality.provider is 'id of the provider';
comment on column report.quality.series is 'code in CL_SERIES; null is none or several';
comment on column report.quality.kind is 'finding, waiver, answer, correction or quarantine';
comment on column report.quality.rule is 'rule, or the correction that was applied';
comment on column report.quality.severity is 'of a finding: error, warning or info';
comment on column report.quality.deliveries is 'deliveries concerned';
comment on column report.quality.rows is 'rows concerned, delivery by delivery';
comment on column report.quality.open_rows is 'rows still kept back';
comment on column report.quality.first_seen is 'when it was first seen';
comment on column report.quality.last_seen is 'when it was last seen';
comment on column report.quality.last_message is 'its last sentence, or the last answer';
comment on column report.refreshed.indicator is 'official number';
comment on column report.refreshed.load_id is 'last load that the report rows contain';
comment on column report.refreshed.version is 'version of the declaration they were made with';
comment on column report.refreshed.refreshed_at is 'when they were made';
comment on column report.refreshed.membership_date is 'day whose membership of groups they were made with';
comment on column report.regional_aggregate.series is 'code in CL_SERIES';
comment on column report.regional_aggregate.ref_area is 'M49 code of the group';
comment on column report.regional_aggregate.area_name is 'name of the group in English';
comment on column report.regional_aggregate.time_period is 'TIME_PERIOD: Time period (time)';
comment on column report.regional_aggregate.freq is 'FREQ: Frequency of observation (dimension)';
comment on column report.regional_aggregate.sex is 'SEX: Sex (dimension)';
comment on column report.regional_aggregate.age is 'AGE: Age (dimension)';
comment on column report.regional_aggregate.urbanisation is 'URBANISATION: Degree of urbanisation (dimension)';
comment on column report.regional_aggregate.income_wealth_quantile is 'INCOME_WEALTH_QUANTILE: Income or wealth quantile (dimension)';
comment on column report.regional_aggregate.education_lev is 'EDUCATION_LEV: Education level (dimension)';
comment on column report.regional_aggregate.occupation is 'OCCUPATION: Occupation (dimension)';
comment on column report.regional_aggregate.cust_breakdown is 'CUST_BREAKDOWN: Custom Breakdown (dimension)';
comment on column report.regional_aggregate.composite_breakdown is 'COMPOSITE_BREAKDOWN: Composite breakdown (dimension)';
comment on column report.regional_aggregate.disability_status is 'DISABILITY_STATUS: Disability status (dimension)';
comment on column report.regional_aggregate.activity is 'ACTIVITY: Economic activity (dimension)';
comment on column report.regional_aggregate.product is 'PRODUCT: Type of product (dimension)';
comment on column report.regional_aggregate.obs_value is 'in unit_measure, the power of ten multiplied in';
comment on column report.regional_aggregate.unit_measure is 'unit of all values that were put together';
comment on column report.regional_aggregate.rule is 'sum, mean, weighted_mean, ratio_of_sums or count';
comment on column report.regional_aggregate.method is 'reference_date: the members of one day for all years; as_of_year: those of the year''s last day';
comment on column report.regional_aggregate.areas_counted is 'countries whose values are in it';
comment on column report.regional_aggregate.areas_in_group is 'countries of the group on that day';
comment on column report.regional_aggregate.weight_share is 'share (0 to 1) of the group''s weight that they hold; null without a weight';
comment on column report.regional_aggregate.membership_date is 'day whose membership counts';
comment on column report.release_diff.before_release is 'name of the release that stands before';
comment on column report.release_diff.after_release is 'name of what it is compared with; current is what is published';
comment on column report.release_diff.kind is 'series_added, series_removed, coverage_dropped, key_added, key_removed, value_revised, base_year_changed, unit_changed, nature_changed or attributes_revised';
comment on column report.release_diff.indicators is 'indicators that the series serves, its owner first, joined by spaces';
comment on column report.release_diff.series is 'code in CL_SERIES';
comment on column report.release_diff.series_name is 'official name of the series';
comment on column report.release_diff.provider is 'id of the provider; null where a whole series is meant';
comment on column report.release_diff.ref_area is 'M49 code; null where a whole series is meant';
comment on column report.release_diff.area_name is 'name in English';
comment on column report.release_diff.time_period is 'TIME_PERIOD: Time period (time)';
comment on column report.release_diff.freq is 'FREQ: Frequency of observation (dimension)';
comment on column report.release_diff.reporting_type is 'REPORTING_TYPE: Reporting type (dimension)';
comment on column report.release_diff.sex is 'SEX: Sex (dimension)';
comment on column report.release_diff.age is 'AGE: Age (dimension)';
comment on column report.release_diff.urbanisation is 'URBANISATION: Degree of urbanisation (dimension)';
comment on column report.release_diff.income_wealth_quantile is 'INCOME_WEALTH_QUANTILE: Income or wealth quantile (dimension)';
comment on column report.release_diff.education_lev is 'EDUCATION_LEV: Education level (dimension)';
comment on column report.release_diff.occupation is 'OCCUPATION: Occupation (dimension)';
comment on column report.release_diff.cust_breakdown is 'CUST_BREAKDOWN: Custom Breakdown (dimension)';
comment on column report.release_diff.composite_breakdown is 'COMPOSITE_BREAKDOWN: Composite breakdown (dimension)';
comment on column report.release_diff.disability_status is 'DISABILITY_STATUS: Disability status (dimension)';
comment on column report.release_diff.activity is 'ACTIVITY: Economic activity (dimension)';
comment on column report.release_diff.product is 'PRODUCT: Type of product (dimension)';
comment on column report.release_diff.value_before is 'in unit_before, the power of ten multiplied in where one is given';
comment on column report.release_diff.value_after is 'in unit_after, the power of ten multiplied in where one is given';
comment on column report.release_diff.difference is 'value_after - value_before; null where the units differ or one is missing';
comment on column report.release_diff.relative is 'difference / |value_before|; null where that is 0';
comment on column report.release_diff.unit_before is 'UNIT_MEASURE before';
comment on column report.release_diff.unit_after is 'UNIT_MEASURE after';
comment on column report.release_diff.code_before is 'BASE_PER, NATURE or unit before, by kind';
comment on column report.release_diff.code_after is 'the same after';
comment on column report.release_diff.attributes is 'other attributes that differ, joined by spaces';
comment on column report.release_diff.areas_before is 'countries and areas of the series with a value before; of a series';
comment on column report.release_diff.areas_after is 'the same after';
comment on column report.release_diff.observations_before is 'observations of the series before; of a series';
comment on column report.release_diff.observations_after is 'the same after';
comment on column report.release_diff.areas_lost is 'M49 codes of the areas that have no value any more, joined by spaces; of a series';
comment on column report.timeliness.provider is 'id of the provider';
comment on column report.timeliness.provider_name is 'name in English';
comment on column report.timeliness.kind is 'office or agency';
comment on column report.timeliness.indicator is 'official number; null is the provider as a whole';
comment on column report.timeliness.received is 'deliveries received; null for an indicator';
comment on column report.timeliness.last_received_at is 'when the last one was received; null for an indicator';
comment on column report.timeliness.loaded is 'deliveries loaded, not withdrawn';
comment on column report.timeliness.last_loaded_at is 'when the last of these was received';
comment on column report.timeliness.last_period is 'last period with a value';
comment on column report.timeliness.cadence_days is 'usual days between two deliveries, of an indicator its own; null is not known';
comment on column report.timeliness.schedule is 'when it is looked for, a cron line; null is only when asked';
comment on column report.timeliness.timezone is 'IANA time zone of the schedule';
comment on column report.timeliness.expected_at is 'by the indicator''s calendar: end of the next months in which figures come out, or so many months after last_loaded_at; else last_loaded_at + cadence_days; null where nothing is known';
comment on column report.timeliness.late_days is 'whole days from expected_at to as_of; 0 is in time, null is not known';
comment on column report.timeliness.state is 'in time, late, no cadence declared, or nothing loaded yet';
comment on column report.timeliness.as_of is 'moment that counts as now';
CREATE VIEW core.observation AS SELECT * FROM core.observation_history WHERE (superseded_at IS NULL);
comment on view core.observation is 'What is current. Grain: one row per observation (provider, 15 dimensions, time_period).';
CREATE VIEW report.indicator_observation AS SELECT i.goal, i."target", w.indicator, r.series, s."name" AS series_name, r.ref_area, a."name" AS area_name, a.area_type, r.freq, r.reporting_type, r.sex, r.age, r.urbanisation, r.income_wealth_quantile, r.education_lev, r.occupation, r.cust_breakdown, r.composite_breakdown, r.disability_status, r.activity, r.product, r.time_period, r.obs_value, r.unit_measure, r.unit_mult, r.obs_status, r.base_per, r.nature, r.time_detail, r.comment_obs, r.time_coverage, r.upper_bound, r.lower_bound, r.source_detail, r.comment_ts, r.geo_info_url, r.geo_info_type, r.cust_breakdown_lb, r.data_last_update, r.provider, r.delivery_id, CASE  WHEN (((a.area_type IS DISTINCT FROM 'country') OR (r.obs_value IS NULL) OR (x.version_id IS NOT NULL))) THEN (CAST('f' AS BOOLEAN)) WHEN ((r.reporting_type = 'G')) THEN (contains(w.precedence, ((' ' || r.provider) || ' '))) ELSE ((r.reporting_type = 'N') AND w.national_fills) END AS preferred, (r.obs_value * pow(10.0, r.unit_mult)) AS obs_value_scaled FROM core.observation_history AS r INNER JOIN report.observed_series AS w ON ((w.series = r.series)) LEFT JOIN metadata.indicator AS i ON ((i.indicator = w.indicator)) LEFT JOIN metadata.series AS s ON ((s.series = r.series)) LEFT JOIN metadata.area AS a ON ((a.ref_area = r.ref_area)) LEFT JOIN report.outranked AS x ON (((x.version_id = r.version_id) AND (x.indicator = w.indicator))) WHERE ((r.version_id <= w.last_version) AND ((r.superseded_at IS NULL) OR (r.superseded_by > w.load_id)));
comment on view report.indicator_observation is 'Every current observation under each indicator that it serves. Grain: one row per observation and indicator.';
create or replace macro core.observation_as_of(moment) as table
select * from core.observation_history
where recorded_at <= moment and (superseded_at is null or superseded_at > moment);
insert into core.layout values (5, timestamptz '2026-01-01 00:00:00+00');
