"""The report tables, declared in SQLAlchemy: one function a table, in the order in which they are made.

What each answers, and how, stands in its SQL file under `warehouse/reports/`; here are the columns and their words.
One with `info={"view": True}` is a view, which `warehouse.declared_views` makes by its SQL file.
`warehouse.tables` declares the others; `warehouse.report` fills these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from warehouse import columns as col

if TYPE_CHECKING:
    from metadata.structure import Structure


def declare_report(metadata: sa.MetaData, structure: Structure) -> None:
    """Add the report tables for a data structure definition to the declarations."""
    _observed_series(metadata)
    _outranked(metadata)
    _indicator_observation(metadata, structure)
    _coverage(metadata)
    _regional_aggregate(metadata, structure)
    _not_aggregated(metadata)
    _aggregate_comparison(metadata, structure)
    _data_availability(metadata)
    _data_availability_total(metadata)
    _national_and_global(metadata, structure)
    _national_assessment(metadata)
    _quality(metadata)
    _timeliness(metadata)
    _release_diff(metadata, structure)
    _observation_remark(metadata, structure)
    _refreshed(metadata)


def _breakdowns(structure: Structure) -> Iterator[sa.Column[Any]]:
    """Give the columns of the dimensions other than series, area and reporting type."""
    for one in structure.dimensions:
        if one.column not in ("series", "ref_area", "reporting_type"):
            yield col.component(one, needed=True)


def _observed_series(metadata: sa.MetaData) -> None:
    sa.Table(
        "observed_series",
        metadata,
        col.text("indicator", "official number", needed=True),
        col.text("series", "code in CL_SERIES", needed=True),
        col.number("last_version", "highest version_id at the last refresh", needed=True),
        col.number("load_id", "last load at the last refresh", needed=True),
        col.text("precedence", "providers whose global rows are preferred, best first, spaces around", needed=True),
        col.flag("national_fills", "national rows fill where no global row is", needed=True),
        schema="report",
        comment="Which versions of a series report.indicator_observation shows, and by which rule one is preferred. "
        "Grain: one row per indicator and series.",
    )


def _outranked(metadata: sa.MetaData) -> None:
    sa.Table(
        "outranked",
        metadata,
        col.text("indicator", "official number", needed=True),
        col.number("version_id", "version in core.observation_history", needed=True),
        schema="report",
        comment="Values of countries that are not for global tables because another of the same key goes before them. "
        "Grain: one row per observation and indicator.",
    )


def _indicator_observation(metadata: sa.MetaData, structure: Structure) -> None:
    others = [c for c in structure.dimensions if c.column not in ("series", "ref_area")]
    units = {c.column: c for c in structure.attributes if c.column in ("unit_measure", "unit_mult")}
    attributes = [c for c in structure.attributes if c.column not in units]
    sa.Table(
        "indicator_observation",
        metadata,
        col.text("goal", "goal number", needed=True),
        col.text("target", "target number", needed=True),
        col.text("indicator", "official number", needed=True),
        col.text("series", "code in CL_SERIES", needed=True),
        col.text("series_name", "official name of the series"),
        col.text("ref_area", "M49 code", needed=True),
        col.text("area_name", "name in English"),
        col.text("area_type", "country, region, subregion, group, world or other"),
        *(col.component(one, needed=True) for one in others),
        col.component(structure.time, needed=True),
        col.real("obs_value", "number in unit_measure x 10^unit_mult, as received; null is missing"),
        col.component(units["unit_measure"]),
        col.component(units["unit_mult"]),
        *(col.component(one) for one in attributes),
        col.text("provider", "id of the provider", needed=True),
        col.text("delivery_id", "the delivery", needed=True),
        col.flag("preferred", "the one value of its key for global tables", needed=True),
        col.real("obs_value_scaled", "obs_value x 10^unit_mult, in unit_measure; null where either is"),
        col.text("correction", "declared correction that was applied to what was sent; null for none"),
        schema="report",
        comment="Every current observation under each indicator that it serves. Grain: one row per observation "
        "and indicator.",
        info={"view": True},
    )


def _coverage(metadata: sa.MetaData) -> None:
    sa.Table(
        "coverage",
        metadata,
        col.text("indicator", "official number", needed=True),
        col.text("ref_area", "M49 code, never a group", needed=True),
        col.text("area_name", "name in English"),
        col.number("observations", "observations with a value, of all providers", needed=True),
        col.number("missing", "observations reported as missing", needed=True),
        col.text("first_period", "first period with a value"),
        col.text("last_period", "last period with a value"),
        col.real("country_produced_share", "share (0 to 1) of the observations with a value whose NATURE is C or CA"),
        col.number("nature_unstated", "observations with a value whose NATURE is absent or _X", needed=True),
        schema="report",
        comment="What is held for an area and an indicator. Grain: one row per area and indicator.",
    )


def _regional_aggregate(metadata: sa.MetaData, structure: Structure) -> None:
    sa.Table(
        "regional_aggregate",
        metadata,
        col.text("series", "code in CL_SERIES", needed=True),
        col.text("ref_area", "M49 code of the group", needed=True),
        col.text("area_name", "name of the group in English"),
        col.component(structure.time, needed=True),
        *_breakdowns(structure),
        col.real("obs_value", "in unit_measure, the power of ten multiplied in", needed=True),
        col.text("unit_measure", "unit of all values that were put together"),
        col.text("rule", "sum, mean, weighted_mean, ratio_of_sums or count", needed=True),
        col.text(
            "method",
            "reference_date: the members of one day for all years; as_of_year: those of the year's last day",
            needed=True,
        ),
        col.number("areas_counted", "countries whose values are in it", needed=True),
        col.number("areas_in_group", "countries of the group on that day", needed=True),
        col.real("weight_share", "share (0 to 1) of the group's weight that they hold; null without a weight"),
        col.day("membership_date", "day whose membership counts", needed=True),
        schema="report",
        comment="Values of the world, the SDG regions and subregions, LDC, LLDC and SIDS, made from countries. Grain: "
        "one row per series, group, period, breakdown and method.",
    )


def _not_aggregated(metadata: sa.MetaData) -> None:
    sa.Table(
        "not_aggregated",
        metadata,
        col.text("series", "code in CL_SERIES", needed=True),
        col.text("ref_area", "M49 code of the group", needed=True),
        col.text("area_name", "name of the group in English"),
        col.text("rule", "the series' rule; none where none is declared", needed=True),
        col.text("method", "reference_date or as_of_year; null is both"),
        col.text("reason", "why there is no regional value", needed=True),
        col.number("areas_counted", "most countries of the group that had a value in one period", needed=True),
        col.text("first_period", "first period that this holds for", needed=True),
        col.text("last_period", "last period that this holds for", needed=True),
        schema="report",
        comment="Which regional values are not made though countries have values, and why. Grain: one row per series, "
        "group, method and reason.",
    )


def _aggregate_comparison(metadata: sa.MetaData, structure: Structure) -> None:
    sa.Table(
        "aggregate_comparison",
        metadata,
        col.text("series", "code in CL_SERIES", needed=True),
        col.text("ref_area", "M49 code of the group", needed=True),
        col.text("area_name", "name of the group in English"),
        col.component(structure.time, needed=True),
        *_breakdowns(structure),
        col.text("provider", "who publishes it", needed=True),
        col.real("ours", "what countries give, in unit_measure; null where it is not made"),
        col.real("published", "the published value, in unit_measure, the power of ten multiplied in", needed=True),
        col.real("ratio", "ours / published"),
        col.text("unit_measure", "unit of the published value"),
        col.number("areas_counted", "countries whose values are in ours"),
        col.number("areas_in_group", "countries of the group"),
        col.text("explained_by", "M49 codes of the areas each of which closes the gap, joined by spaces"),
        col.text("explanation", "why they differ or ours is absent; null where they agree"),
        schema="report",
        comment="Our regional values beside the published ones, and the area whose move between groups closes the gap. "
        "Grain: one row per published value of a group.",
    )


def _data_availability(metadata: sa.MetaData) -> None:
    sa.Table(
        "data_availability",
        metadata,
        col.text("goal", "goal number", needed=True),
        col.text("indicator", "official number", needed=True),
        col.text("ref_area", "M49 code of a country or area", needed=True),
        col.text("area_name", "name in English"),
        col.flag("any_value", "there is a value", needed=True),
        col.flag("two_points_since_2015", "two years or more since 2015 have a value", needed=True),
        col.number("points", "years with a value", needed=True),
        col.number("points_since_2015", "years since 2015 with a value", needed=True),
        col.number("first_year", "first year with a value"),
        col.number("last_year", "last year with a value"),
        col.number("timeliness", "years from the last year to that of the reference date"),
        col.real("frequency", "points per year from the first year to the last; 1 is every year"),
        col.flag("country_produced", "there is a value of NATURE C or CA", needed=True),
        col.flag("country_produced_two_points_since_2015", "two years since 2015 have such a value", needed=True),
        col.number("last_year_country_produced", "last year with such a value"),
        col.number("points_country_produced", "years with such a value", needed=True),
        col.number("points_estimated", "years with a value of NATURE E", needed=True),
        col.number("points_modelled", "years with a value of NATURE M", needed=True),
        col.number("points_monitored", "years with a value of NATURE G, global monitoring", needed=True),
        col.number("points_other", "years with a value of another NATURE or of none", needed=True),
        col.flag("reported_nationally", "there is a value under REPORTING_TYPE N", needed=True),
        col.flag("in_global_data", "there is a value under REPORTING_TYPE G", needed=True),
        col.text("breakdowns_expected", "dimensions of breakdown that the declarations name, joined by spaces"),
        col.text("breakdowns_present", "dimensions of breakdown that have values, joined by spaces"),
        schema="report",
        comment="Whether an area has data for an indicator, for a trend, how recent and by whom. Grain: one row per "
        "indicator and country or area, those without data included.",
    )


def _data_availability_total(metadata: sa.MetaData) -> None:
    sa.Table(
        "data_availability_total",
        metadata,
        col.text("goal", "goal number", needed=True),
        col.text("indicator", "official number; null is the whole goal"),
        col.text("ref_area", "M49 code of the group", needed=True),
        col.text("area_name", "name of the group in English"),
        col.number("indicators", "indicators counted", needed=True),
        col.number("areas_in_group", "countries and areas of the group", needed=True),
        col.number("possible", "countries x indicators", needed=True),
        col.number("with_value", "of these with a value", needed=True),
        col.number("with_two_points_since_2015", "of these with two years or more since 2015", needed=True),
        col.number("country_produced", "of these with a value of NATURE C or CA", needed=True),
        col.number("country_produced_two_points_since_2015", "with two such years or more since 2015", needed=True),
        col.real("share_with_value", "with_value / possible", needed=True),
        col.real("share_with_two_points_since_2015", "with_two_points_since_2015 / possible", needed=True),
        col.real("share_country_produced", "country_produced / possible", needed=True),
        col.real(
            "share_country_produced_two_points_since_2015",
            "country_produced_two_points_since_2015 / possible",
            needed=True,
        ),
        col.real("timeliness", "median years from the last year to that of the reference date"),
        col.real("points", "mean years with a value, of those with any"),
        schema="report",
        comment="Availability for goals, indicators and regions. Grain: one row per goal or indicator and group.",
    )


def _national_and_global(metadata: sa.MetaData, structure: Structure) -> None:
    sa.Table(
        "national_and_global",
        metadata,
        col.text("goal", "goal number", needed=True),
        col.text("indicator", "official number", needed=True),
        col.text("series", "code in CL_SERIES", needed=True),
        col.text("ref_area", "M49 code of the country", needed=True),
        col.text("area_name", "name in English"),
        col.component(structure.time, needed=True),
        *_breakdowns(structure),
        col.text("national_provider", "who reports the national value", needed=True),
        col.text("global_provider", "who reports the global value", needed=True),
        col.real("national_value", "in national_unit, the power of ten multiplied in", needed=True),
        col.real("global_value", "in global_unit, the power of ten multiplied in", needed=True),
        col.text("national_unit", "UNIT_MEASURE of the national value"),
        col.text("global_unit", "UNIT_MEASURE of the global value"),
        col.real("difference", "national less global; null where units differ"),
        col.real("ratio", "national / global; null where units differ or global is 0"),
        *(
            col.text(f"{side}_{name}", f"{words} of the {side} value")
            for name, words in (("nature", "NATURE"), ("status", "OBS_STATUS"), ("note", "comments and source"))
            for side in ("national", "global")
        ),
        schema="report",
        comment="A country's own value beside the global database's. Grain: one row per indicator and pair of a "
        "national and the preferred global value of one key.",
    )


def _national_assessment(metadata: sa.MetaData) -> None:
    sa.Table(
        "national_assessment",
        metadata,
        col.text("goal", "goal number", needed=True),
        col.text("indicator", "official number", needed=True),
        col.text("title", "official title in English"),
        col.text("ref_area", "M49 code of a country or area", needed=True),
        col.text("area_name", "name in English"),
        col.text("availability", "trend: two years or more since 2015 have a value; some; none", needed=True),
        col.text("availability_country_produced", "the same of values of NATURE C or CA alone", needed=True),
        col.number("points", "years with a value", needed=True),
        col.number("points_since_2015", "years since 2015 with a value", needed=True),
        col.number("first_year", "first year with a value"),
        col.number("last_year", "last year with a value"),
        col.number("timeliness", "years from the last year to that of the reference date"),
        col.real("frequency", "points per year from the first year to the last; 1 is every year"),
        col.number("last_year_country_produced", "last year with a value of NATURE C or CA"),
        col.number("last_year_national", "last year with a value under REPORTING_TYPE N"),
        col.text("natures", "codes of NATURE of the values, joined by spaces; _X is not stated"),
        col.flag("reported_nationally", "there is a value under REPORTING_TYPE N", needed=True),
        col.flag("in_global_data", "there is a value under REPORTING_TYPE G", needed=True),
        col.text("national_providers", "who reports the national values, joined by spaces"),
        col.text("national_source", "SOURCE_DETAIL of the newest national value that has one, as received"),
        col.text("breakdowns_expected", "dimensions of breakdown that the declarations name, joined by spaces"),
        col.text("breakdowns_present", "dimensions of breakdown that have values, joined by spaces"),
        col.number("kept_back", "rows of the country that stand in quarantine", needed=True),
        col.text("kept_back_rules", "the rules that kept them back, joined by spaces"),
        col.text("stated_available", "yes, partly or no, as stated; null is not known"),
        col.text("stated_definition", "national definition same or proxy, as stated; null is not known"),
        col.text("stated_institution", "producing institution, as stated; null is not known"),
        col.text("stated_source_type", "kind of source, as stated; null is not known"),
        col.text("stated_frequency", "how often it is produced, as stated; null is not known"),
        col.text("stated_disaggregations", "dimensions that the country has, as stated; null is not known"),
        col.flag("stated_metadata", "the country has metadata for it, as stated; null is not known"),
        col.text("stated_barriers", "data, reporting, financial, geographic, capacity, as stated; null is not known"),
        col.text("stated_barrier_note", "what stands in the way, as stated"),
        col.text("stated_planned", "year by which it is planned, as stated"),
        col.text("stated_in", "provider in whose file the statement stands; null is no statement"),
        col.text("stated_by", "who states it, and where"),
        col.day("stated_on", "date of the statement"),
        col.text("custodians", "custodian agencies of the indicator, joined by semicolons"),
        col.number("metadata_concepts_known", "concepts of the global metadata that have an answer", needed=True),
        col.number("metadata_concepts", "concepts of the global metadata that the declaration has", needed=True),
        col.text("not_known", "what nobody has stated: institution, source_type, barriers, metadata; joined by spaces"),
        schema="report",
        comment="The national SDG data assessment matrix: data held, and what offices state of institution, source and "
        "barrier; filled in the published copy alone. Grain: one row per indicator and country or area.",
    )


def _timeliness(metadata: sa.MetaData) -> None:
    sa.Table(
        "timeliness",
        metadata,
        col.text("provider", "id of the provider", needed=True),
        col.text("provider_name", "name in English", needed=True),
        col.text("kind", "office or agency", needed=True),
        col.text("indicator", "official number; null is the provider as a whole"),
        col.number("received", "deliveries received; null for an indicator"),
        col.when("last_received_at", "when the last one was received; null for an indicator"),
        col.number("loaded", "deliveries loaded, not withdrawn", needed=True),
        col.when("last_loaded_at", "when the last of these was received"),
        col.text("last_period", "last period with a value"),
        col.number("cadence_days", "usual days between two deliveries, of an indicator its own; null is not known"),
        col.text("schedule", "when it is looked for, a cron line; null is only when asked"),
        col.text("timezone", "IANA time zone of the schedule"),
        col.when(
            "expected_at",
            "by the indicator's calendar: end of the next months in which figures come out, or so many months after "
            "last_loaded_at; else last_loaded_at + cadence_days; null where nothing is known",
        ),
        col.number("late_days", "whole days from expected_at to as_of; 0 is in time, null is not known"),
        col.text("state", "in time, late, no cadence declared, or nothing loaded yet", needed=True),
        col.when("as_of", "moment that counts as now", needed=True),
        schema="report",
        comment="What a provider sent against its calendar; filled in the published copy alone. Grain: one row per "
        "provider (indicator null), and per provider and indicator that it sent.",
    )


def _quality(metadata: sa.MetaData) -> None:
    sa.Table(
        "quality",
        metadata,
        col.text("provider", "id of the provider", needed=True),
        col.text("series", "code in CL_SERIES; null is none or several"),
        col.text("kind", "finding, waiver, answer, correction or quarantine", needed=True),
        col.text("rule", "rule, or the correction that was applied", needed=True),
        col.text("severity", "of a finding: error, warning or info"),
        col.number("deliveries", "deliveries concerned", needed=True),
        col.number("rows", "rows concerned, delivery by delivery", needed=True),
        col.number("open_rows", "rows still kept back"),
        col.when("first_seen", "when it was first seen"),
        col.when("last_seen", "when it was last seen"),
        col.text("last_message", "its last sentence, or the last answer"),
        schema="report",
        comment="What was found, mended and kept back; filled in the published copy alone. Grain: one row per "
        "provider, series, kind, rule and severity.",
    )


def _release_diff(metadata: sa.MetaData, structure: Structure) -> None:
    sa.Table(
        "release_diff",
        metadata,
        col.text("before_release", "name of the release that stands before", needed=True),
        col.text("after_release", "name of what it is compared with; current is what is published", needed=True),
        col.text(
            "kind",
            "series_added, series_removed, coverage_dropped, key_added, key_removed, value_revised, "
            "base_year_changed, unit_changed, nature_changed or attributes_revised",
            needed=True,
        ),
        col.text("indicators", "indicators that the series serves, its owner first, joined by spaces", needed=True),
        col.text("series", "code in CL_SERIES", needed=True),
        col.text("series_name", "official name of the series"),
        col.text("provider", "id of the provider; null where a whole series is meant"),
        col.text("ref_area", "M49 code; null where a whole series is meant"),
        col.text("area_name", "name in English"),
        col.component(structure.time),
        *(col.component(one) for one in structure.dimensions if one.column not in ("series", "ref_area")),
        col.real("value_before", "in unit_before, the power of ten multiplied in where one is given"),
        col.real("value_after", "in unit_after, the power of ten multiplied in where one is given"),
        col.real("difference", "value_after - value_before; null where the units differ or one is missing"),
        col.real("relative", "difference / |value_before|; null where that is 0"),
        col.text("unit_before", "UNIT_MEASURE before"),
        col.text("unit_after", "UNIT_MEASURE after"),
        col.text("code_before", "BASE_PER, NATURE or unit before, by kind"),
        col.text("code_after", "the same after"),
        col.text("attributes", "other attributes that differ, joined by spaces"),
        col.number("areas_before", "countries and areas of the series with a value before; of a series"),
        col.number("areas_after", "the same after"),
        col.number("observations_before", "observations of the series before; of a series"),
        col.number("observations_after", "the same after"),
        col.text("areas_lost", "M49 codes of the areas that have no value any more, joined by spaces; of a series"),
        schema="report",
        comment="What differs from the release before: in a release from the one before it, in the published copy "
        "from the last one. Grain: one row per observation and kind, or per series and kind.",
    )


def _observation_remark(metadata: sa.MetaData, structure: Structure) -> None:
    sa.Table(
        "observation_remark",
        metadata,
        col.text("provider", "id of the provider", needed=True),
        *(col.component(one, needed=True) for one in structure.dimensions),
        col.component(structure.time, needed=True),
        col.text("remark_delivery", "delivery in whose judgement the warning was found", needed=True),
        col.text("finding", "id of the warning", needed=True),
        col.text("rule", "its rule"),
        col.text("remark", "what was found and what was expected"),
        col.text("answer", "the last explanation that was given; null where none was"),
        col.text("answered_by", "who gave it"),
        col.when("answered_at", "when it was given"),
        schema="report",
        comment="Warnings about current observations, with what was answered to them. Grain: one row per current "
        "observation, delivery and warning; shares exactly the identity with report.indicator_observation, so a "
        "natural join puts it beside the values. Empty but in the published copy.",
    )


def _refreshed(metadata: sa.MetaData) -> None:
    sa.Table(
        "refreshed",
        metadata,
        col.text("indicator", "official number", needed=True),
        col.number("load_id", "last load that the report rows contain", needed=True),
        col.text("version", "version of the declaration they were made with"),
        col.when("refreshed_at", "when they were made", needed=True),
        col.day("membership_date", "day whose membership of groups they were made with"),
        schema="report",
        comment="How far the report tables are. Grain: one row per indicator.",
    )
