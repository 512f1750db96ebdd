"""One root cause is one finding, and what follows from it is told under it."""

from __future__ import annotations

from collections.abc import Callable

from metadata.findings import Finding
from metadata.rules import RULES
from pipelines.check import Judgement
from pipelines.compact import as_text
from pipelines.provider import Provider
from pipelines.read.message import Header
from tests.unit.pipelines.conftest import JudgeRows


def found(judgement: Judgement) -> dict[str, Finding]:
    return {finding.rule: finding for finding in judgement.report.findings}


def test_rules_explain_rules_that_exist_and_never_in_a_circle() -> None:
    def causes(rule: str) -> set[str]:
        return {name.partition(":")[0] for name in RULES[rule].explained_by}

    for rule in RULES:
        seen, front = set[str](), causes(rule)
        while front:
            assert front <= set(RULES)
            seen |= front
            front = {cause for name in front for cause in causes(name)} - seen
        assert rule not in seen, f"{rule} explains itself"


def test_a_value_out_of_range_in_another_multiplier_hangs_under_the_multiplier(judged: JudgeRows) -> None:
    rows = [
        {"series": "SG_DSR_SILS", "unit_measure": "PT", "unit_mult": "3", "obs_value": "80", "time_period": str(year)}
        for year in range(2015, 2018)
    ]
    told = found(judged(*rows))
    assert told["VALUE-RANGE"].because_of == told["UNIT-MULT-OTHER"].id
    assert told["UNIT-MULT-OTHER"].because_of is None


def test_a_cause_that_explains_only_some_rows_is_not_the_cause(judged: JudgeRows) -> None:
    good = {"series": "SG_DSR_SILS", "unit_measure": "PT"}
    told = found(judged(
        {**good, "unit_mult": "3", "obs_value": "80", "time_period": "2015"},
        {**good, "unit_mult": "0", "obs_value": "345", "time_period": "2016"},
    ))  # fmt: skip
    assert told["VALUE-RANGE"].places == 2
    assert told["VALUE-RANGE"].because_of is None


def test_keys_that_a_column_too_many_divides_hang_under_the_column(judged: JudgeRows) -> None:
    rows = [
        {"extra": extra, "time_period": year, "obs_value": f"{position}"}
        for position, (extra, year) in enumerate([(None, "2019"), ("NORTH", "2019"), (None, "2020"), ("NORTH", "2020")])
    ]
    told = found(judged(*rows))
    assert told["KEY-UNEQUAL"].places == 4
    assert told["KEY-UNEQUAL"].because_of == told["COMPONENT-UNKNOWN"].id


def test_a_wrong_frequency_explains_the_period(judged: JudgeRows) -> None:
    told = found(judged({"freq": "M", "time_period": "2019"}))
    assert told["PERIOD-FREQ"].because_of == told["CODE-NOT-ALLOWED"].id


def test_other_series_explain_nothing(judged: JudgeRows) -> None:
    told = found(judged(
        {"series": "SG_DSR_SILS", "unit_measure": "PT", "obs_value": "345"},
        {"series": "EN_HAZ_PCAP", "unit_mult": "3"},
    ))  # fmt: skip
    assert told["VALUE-RANGE"].because_of is None
    assert told["UNIT-MULT-OTHER"].because_of is None


def test_ids_stay_when_more_rows_have_the_same_fault(judged: JudgeRows) -> None:
    once = judged({"sex": "Male"}, {"unit_mult": "3", "time_period": "2020"})
    more = judged(*({"sex": "Male", "time_period": f"{year}"} for year in range(2001, 2010)), {"unit_mult": "3"})
    assert found(once)["CODE-UNKNOWN"].id == found(more)["CODE-UNKNOWN"].id
    assert found(once)["UNIT-MULT-OTHER"].id == found(more)["UNIT-MULT-OTHER"].id
    assert found(once)["CODE-UNKNOWN"].id != found(judged({"sex": "Female"}))["CODE-UNKNOWN"].id


def test_the_rows_that_a_warning_touches_are_known_by_their_key(judged: JudgeRows) -> None:
    kept_back = {"unit_mult": "3", "time_period": "2021", "sex": "Male"}
    result = judged({"unit_mult": "3"}, {"time_period": "2020"}, kept_back)
    remarks = result.remarks.to_dicts()
    assert [(row["time_period"], row["finding"]) for row in remarks] == [("2019", found(result)["UNIT-MULT-OTHER"].id)]
    assert remarks[0]["series"] == "EN_HAZ_PCAP"


def test_the_remarks_of_a_refusal_have_the_same_shape(judged: JudgeRows) -> None:
    refused = judged({}, header=Header(test=True))
    assert refused.report.decision == "reject"
    assert as_text(refused.remarks).schema == as_text(judged({}).remarks).schema
    assert refused.remarks.is_empty()


def test_a_column_that_is_no_component_names_its_place(judged: JudgeRows, office: Callable[..., Provider]) -> None:
    told = found(judged({}, {"remark": "revised", "time_period": "2020"}, provider=office()))
    assert [(e.line, e.column, e.value) for e in told["COMPONENT-UNKNOWN"].examples] == [(11, "REMARK", "revised")]
