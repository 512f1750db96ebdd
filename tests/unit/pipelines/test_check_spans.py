"""A series key over its periods: years missing inside, and units that change on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from metadata.findings import Finding
from metadata.load import Catalogue, load_catalogue
from metadata.model_depth import RuleSetting
from pipelines.check import Judgement

JudgeRows = Callable[..., Judgement]


def of_rule(judgement: Judgement, rule: str) -> list[Finding]:
    return [found for found in judgement.report.findings if found.rule == rule]


def years(*periods: str) -> list[dict[str, str]]:
    return [{"time_period": period} for period in periods]


def test_years_that_are_missing_inside(judged: JudgeRows) -> None:
    result = judged(*years("2010", "2011", "2012", "2014", "2015", "2016", "2017", "2020", "2021", "2022"))
    [found] = of_rule(result, "SERIES-GAP")
    assert (found.severity, found.places) == ("info", 2)
    assert [example.time_period for example in found.examples] == ["2014", "2020"]
    assert found.message == (
        "Series EN_HAZ_PCAP: years are missing inside 1 key, for example 2013 of area 417, 2018 to 2019 of area 417."
    )
    assert result.report.decision == "load"


@pytest.mark.parametrize(
    "periods", [("2018", "2019", "2020"), ("2010", "2014", "2018", "2022"), ("2019",), ("2019-Q1", "2019-Q4")]
)
def test_no_gap_where_none_is_or_where_the_series_is_not_yearly(judged: JudgeRows, periods: tuple[str, ...]) -> None:
    assert of_rule(judged(*years(*periods)), "SERIES-GAP") == []


def with_setting(**setting: object) -> Catalogue:
    catalogue = load_catalogue()
    rule = RuleSetting.model_validate({"rule": "SERIES-GAP", "reason": "r", "date": "2026-11-22", **setting})
    series = catalogue.series["EN_HAZ_PCAP"].model_copy(update={"rules": (rule,)})
    return replace(catalogue, series={**catalogue.series, "EN_HAZ_PCAP": series})


def test_a_series_may_allow_longer_gaps_or_mind_them_more(judged: JudgeRows) -> None:
    rows = years("2014", "2015", "2016", "2018", "2019")
    assert of_rule(judged(*rows, catalogue=with_setting(threshold=1)), "SERIES-GAP") == []
    [found] = of_rule(judged(*rows, catalogue=with_setting(severity="warning")), "SERIES-GAP")
    assert found.severity == "warning"



def test_a_base_period_that_changes_on_the_way(judged: JudgeRows) -> None:
    bases = (("2017", "2015"), ("2018", "2015"), ("2019", "2010"))
    rows = [{"time_period": year, "base_per": base} for year, base in bases]
    [found] = of_rule(judged(*rows), "UNIT-MIXED")
    assert (found.severity, found.places) == ("warning", 1)
    assert found.message == (
        "BASE_PER: series EN_HAZ_PCAP has more than one within 1 key (1 row), for example 2010 in 2019 and 2015 "
        "otherwise (area 417)."
    )
    assert of_rule(judged(*rows[:2]), "UNIT-MIXED") == []


def test_a_unit_that_changes_where_several_are_allowed(judged: JudgeRows) -> None:
    catalogue = load_catalogue()
    two = catalogue.series["EN_HAZ_PCAP"].model_copy(update={"unit_measure": ("KG", "T"), "unit_mult": (0, 3)})
    catalogue = replace(catalogue, series={**catalogue.series, "EN_HAZ_PCAP": two})
    rows = [{"time_period": "2017"}, {"time_period": "2018"}, {"time_period": "2019", "unit_measure": "T"}]
    [found] = of_rule(judged(*rows, catalogue=catalogue), "UNIT-MIXED")
    assert found.message.startswith("UNIT_MEASURE: series EN_HAZ_PCAP has more than one within 1 key (1 row)")
    mult = [{"time_period": "2017"}, {"time_period": "2018"}, {"time_period": "2019", "unit_mult": "3"}]
    [found] = of_rule(judged(*mult, catalogue=catalogue), "UNIT-MIXED")
    assert found.message.startswith("UNIT_MULT: series EN_HAZ_PCAP has more than one within 1 key (1 row)")


def test_other_keys_may_have_other_units_and_wrong_ones_are_told_once(judged: JudgeRows) -> None:
    assert of_rule(judged({"base_per": "2010"}, {"base_per": "2015", "ref_area": "398"}), "UNIT-MIXED") == []
    wrong = judged({"time_period": "2017"}, {"time_period": "2018", "unit_measure": "PT"})
    assert [found.rule for found in wrong.report.findings] == ["UNIT-OTHER"]
    wrong = judged({"time_period": "2017"}, {"time_period": "2018", "unit_mult": "3"})
    assert [found.rule for found in wrong.report.findings] == ["UNIT-MULT-OTHER"]
