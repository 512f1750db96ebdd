"""Row by row: cells that must be filled, units, number forms, ranges, periods; each good and bad."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from metadata.findings import Finding
from pipelines.check import Judgement
from pipelines.provider import Provider

JudgeRows = Callable[..., Judgement]
Office = Callable[..., Provider]

TEXT_HINT = (
    "Write a number with a decimal point and nothing else; leave the cell empty when there is no value "
    "and say why in OBS_STATUS."
)


def only(judgement: Judgement, rule: str) -> Finding:
    [found] = [finding for finding in judgement.report.findings if finding.rule == rule]
    return found


def rules(judgement: Judgement) -> list[str]:
    return [finding.rule for finding in judgement.report.findings]


# ------------------------------------------------------------------------------------------------- filled cells


@pytest.mark.parametrize("value", [None, "", " "])
@pytest.mark.parametrize("column", ["sex", "ref_area", "time_period", "freq"])
def test_an_empty_dimension_keeps_the_row_back(judged: JudgeRows, column: str, value: str | None) -> None:
    result = judged({column: value}, {"time_period": "2018"})
    assert only(result, "DIMENSION-MISSING").message == (
        f"{column.upper()} is empty in 1 row; every dimension needs a code."
    )
    assert rules(result) == ["DIMENSION-MISSING"]
    assert (result.report.counts.quarantined, result.staged.height) == (1, 1)


@pytest.mark.parametrize(
    ("column", "suggestion"),
    [
        ("obs_status", "Fill in OBS_STATUS (A for a normal value), or"),
        ("unit_mult", "Fill in UNIT_MULT (0 when the values are in the unit itself), or"),
        ("unit_measure", "Fill in UNIT_MEASURE (KG), or"),
    ],
)
def test_a_mandatory_attribute_must_be_there(judged: JudgeRows, column: str, suggestion: str) -> None:
    result = judged({column: None}, {column: "", "time_period": "2018"}, {"time_period": "2017"})
    found = only(result, "ATTRIBUTE-MISSING")
    assert found.message == (f"{column.upper()} is missing in 2 rows; IAEG-SDGs:SDG(1.14) makes it mandatory.")
    assert found.hint.startswith(suggestion)
    assert rules(result) == ["ATTRIBUTE-MISSING"]
    assert (result.report.counts.quarantined, result.staged.height) == (2, 1)


def test_the_unit_is_not_guessed_for_several_series(judged: JudgeRows) -> None:
    result = judged({"unit_measure": None}, {"unit_measure": None, "series": "EN_HAZ_GENV"})
    assert only(result, "ATTRIBUTE-MISSING").hint.startswith("Fill in UNIT_MEASURE, or")


def test_other_attributes_may_be_absent(judged: JudgeRows) -> None:
    result = judged({"nature": None}, without=["nature"])
    assert result.report.findings == []
    assert result.staged["nature"].to_list() == [None]


# ----------------------------------------------------------------------------------------- units and multipliers


def test_another_unit_keeps_rows_back_once_a_series_and_unit(judged: JudgeRows) -> None:
    years = [{"unit_measure": "NUMBER", "time_period": str(year)} for year in (2015, 2016)]
    result = judged(*years, {"unit_measure": "T"}, {"series": "EN_HAZ_GENV", "unit_measure": "T"})
    found = [finding for finding in result.report.findings if finding.rule == "UNIT-OTHER"]
    assert [finding.message for finding in found] == [
        "UNIT_MEASURE: series EN_HAZ_PCAP is in NUMBER in 2 rows; its unit is KG.",
        "UNIT_MEASURE: series EN_HAZ_PCAP is in T in 1 row; its unit is KG.",
    ]
    assert found[0].hint == "Send the values in KG, or under the series that is measured in NUMBER."
    assert found[0].examples[0].value == "NUMBER"
    assert found[0].examples[0].expected == "KG"
    assert (result.report.counts.quarantined, result.staged["series"].to_list()) == (3, ["EN_HAZ_GENV"])


def test_a_series_whose_unit_is_not_known_takes_every_unit(judged: JudgeRows) -> None:
    result = judged({"series": "EN_ATM_GHGT_WLU", "unit_measure": "T", "unit_mult": "6"})
    assert "UNIT-OTHER" not in rules(result)


def test_another_multiplier_is_loaded_with_a_warning(judged: JudgeRows) -> None:
    result = judged({"unit_mult": "3"}, {"time_period": "2018"})
    found = only(result, "UNIT-MULT-OTHER")
    assert (found.severity, found.places) == ("warning", 1)
    assert found.message == "UNIT_MULT: series EN_HAZ_PCAP has the multiplier 3 in 1 row; 0 is declared."
    assert "in KG × 10^3" in found.hint
    assert result.staged["unit_mult"].to_list() == [3, 0]
    assert result.staged["obs_value"].to_list() == [12.5, 12.5]


# ------------------------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("12,5", 'OBS_VALUE: a decimal comma in 1 row, for example "12,5".', "Write a decimal point: 12.5."),
        (
            "1 234.5",
            'OBS_VALUE: separators between thousands in 1 row, for example "1 234.5".',
            "Write the digits without separators: 1234.5.",
        ),
        (
            "1,234",
            'OBS_VALUE: a comma in 1 row that may be a decimal sign or a separator of thousands, for example "1,234".',
            "Write 1.234 or 1234, whichever is meant.",
        ),
        (
            "<5",
            'OBS_VALUE: a bound and not a number in 1 row, for example "<5".',
            "Leave the value empty, and put the bound in UPPER_BOUND or LOWER_BOUND.",
        ),
        (
            "45 %",
            'OBS_VALUE: a unit or a sign beside the number in 1 row, for example "45 %".',
            "Write the number alone: 45. The unit stands in UNIT_MEASURE.",
        ),
        (
            "INF",
            'OBS_VALUE: an infinite or too large number in 1 row, for example "INF".',
            "Leave the value empty when it cannot be computed, and say why in OBS_STATUS.",
        ),
        (
            "12\u00a0",
            'OBS_VALUE: a no-break space beside the number in 1 row, for example "12\u00a0".',
            "Write the number alone: 12.",
        ),
        (
            "n/a",
            'OBS_VALUE: text where a number is expected in 1 row, for example "n/a".',
            TEXT_HINT,
        ),
    ],
)
def test_what_is_no_number_is_kept_back_and_told_how_to_write_it(
    judged: JudgeRows, text: str, message: str, hint: str
) -> None:
    result = judged({"obs_value": text}, {"time_period": "2018"})
    found = only(result, "VALUE-NOT-NUMBER")
    assert (found.message, found.hint, found.severity) == (message, hint, "error")
    assert found.examples[0].value == text
    assert rules(result) == ["VALUE-NOT-NUMBER"]
    assert result.quarantine["obs_value_text"].to_list() == [text]
    assert result.staged.height == 1


def test_each_kind_of_text_is_one_finding(judged: JudgeRows) -> None:
    texts = ["1,5", "2,5", "<5", "3,25"]
    result = judged(*({"obs_value": text, "time_period": str(2000 + n)} for n, text in enumerate(texts)))
    assert [(found.places, [e.expected for e in found.examples]) for found in result.report.findings] == [
        (3, ["1.5", "2.5", "3.25"]),
        (1, [None]),
    ]


def test_numbers_are_read_exactly_and_their_text_is_kept(judged: JudgeRows) -> None:
    texts = ["1", "1.0", "1e3", "23.205713", "0", " 7 "]
    result = judged(*({"obs_value": text, "time_period": str(2000 + n)} for n, text in enumerate(texts)))
    assert result.report.findings == []
    assert result.staged["obs_value"].to_list() == [1.0, 1.0, 1000.0, 23.205713, 0.0, 7.0]
    assert result.staged["obs_value_text"].to_list() == texts


@pytest.mark.parametrize(
    ("text", "words"), [(None, "empty"), ("", "empty"), ("N", "written N"), ("NaN", "written NaN"), ("-", "written -")]
)
def test_missing_is_kept_as_missing_with_a_note(judged: JudgeRows, text: str | None, words: str) -> None:
    result = judged({"obs_value": text, "obs_status": "M"}, {"obs_value": text, "time_period": "2018"})
    found = only(result, "VALUE-MISSING")
    assert (found.severity, found.places) == ("info", 2)
    assert found.message == f"OBS_VALUE: no value in 2 rows ({words}). Kept as missing, not as zero."
    assert result.staged["obs_value"].to_list() == [None, None]
    assert result.staged["obs_value_text"].to_list() == [text, text]
    assert result.staged["obs_status"].to_list() == ["M", "A"]


def test_a_zero_in_front_is_loaded_with_a_warning(judged: JudgeRows) -> None:
    result = judged({"obs_value": "0125"}, {"obs_value": "0.125", "time_period": "2018"})
    found = only(result, "VALUE-LEADING-ZERO")
    assert (found.severity, found.places) == ("warning", 1)
    assert found.hint == "Check that no decimal separator was lost on the way: 0125 was read as 125."
    assert result.staged["obs_value"].to_list() == [125.0, 0.125]


# -------------------------------------------------------------------------------------------------------- ranges


def test_a_share_above_a_hundred_per_cent_is_an_error_where_it_never_happened(judged: JudgeRows) -> None:
    share = {"series": "SG_DSR_SILS", "unit_measure": "PT"}
    result = judged({**share, "obs_value": "101"}, {**share, "obs_value": "100", "time_period": "2018"})
    found = only(result, "VALUE-RANGE")
    assert (found.severity, found.places) == ("error", 1)
    assert found.message == "OBS_VALUE: series SG_DSR_SILS is outside 0 to 100 in 1 row, for example 101."
    assert found.hint.startswith("Check the value and its unit (PT).")
    assert found.examples[0].expected == "0 to 100"
    assert (result.report.counts.quarantined, result.staged["obs_value"].to_list()) == (1, [100.0])


def test_a_rate_of_hazardous_waste_above_a_hundred_is_loaded(judged: JudgeRows) -> None:
    result = judged({"series": "EN_HAZ_TRTDISR", "unit_measure": "PT", "obs_value": "44825.66"})
    assert result.report.valid
    assert result.staged.height == 1


def test_a_soft_bound_is_a_warning_and_keeps_nothing_back(judged: JudgeRows) -> None:
    affected = {"series": "VC_DSR_DAFF", "unit_measure": "PER_100000_POP"}
    result = judged({**affected, "obs_value": "179734"})
    found = only(result, "VALUE-RANGE")
    assert found.severity == "warning"
    assert found.message == ("OBS_VALUE: series VC_DSR_DAFF is outside 0 to 100,000 in 1 row, for example 179734.")
    assert result.staged.height == 1


def test_a_value_below_the_minimum(judged: JudgeRows) -> None:
    found = only(judged({"obs_value": "-1"}), "VALUE-RANGE")
    assert found.message == "OBS_VALUE: series EN_HAZ_PCAP is outside 0 and more in 1 row, for example -1."


def test_a_yes_or_no_of_a_country_is_one_or_zero_and_a_region_counts(judged: JudgeRows) -> None:
    series = {"series": "SG_SCP_CNTRY", "unit_measure": "NUMBER"}
    result = judged(
        {**series, "obs_value": "1"}, {**series, "obs_value": "79", "ref_area": "1"}, {**series, "obs_value": "2",
        "time_period": "2018"},
    )  # fmt: skip
    found = only(result, "VALUE-RANGE")
    assert found.places == 1
    assert found.examples[0].value == "2"
    assert result.staged["obs_value"].to_list() == [1.0, 79.0]


def test_a_count_of_things_is_whole(judged: JudgeRows) -> None:
    found = only(judged({"series": "EN_SCP_FRMN", "unit_measure": "NUMBER", "obs_value": "1.5"}), "VALUE-RANGE")
    assert found.message == "OBS_VALUE: series EN_SCP_FRMN is not a whole number in 1 row, for example 1.5."


@pytest.mark.parametrize(
    ("mult", "text", "outside"), [("-2", "9900", False), ("-2", "10001", True), ("1", "10", False), ("1", "50", True)]
)
def test_a_range_is_compared_in_the_declared_multiplier(judged: JudgeRows, mult: str, text: str, outside: bool) -> None:
    share = {"series": "SG_DSR_SILS", "unit_measure": "PT", "unit_mult": mult, "obs_value": text}
    assert ("VALUE-RANGE" in rules(judged(share))) is outside


def test_a_wrong_unit_explains_a_wrong_range(judged: JudgeRows) -> None:
    result = judged({"series": "SG_DSR_SILS", "unit_measure": "NUMBER", "obs_value": "484"})
    assert rules(result) == ["UNIT-OTHER"]


# ------------------------------------------------------------------------------------------------------- periods


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("2017-2020", "Write one period, such as 2020; a span of years goes into TIME_DETAIL."),
        ("2005.0", "Write one period, such as 2005; a span of years goes into TIME_DETAIL."),
        ("financial year", "Write one period, such as 2019; a span of years goes into TIME_DETAIL."),
        ("2019-13", "Write one period, such as 2019; a span of years goes into TIME_DETAIL."),
    ],
)
def test_a_text_in_place_of_a_period_is_kept_back(judged: JudgeRows, text: str, hint: str) -> None:
    result = judged({"time_period": text}, {})
    found = only(result, "PERIOD-FORM")
    assert found.message == f'TIME_PERIOD: no period that SDMX knows in 1 row, for example "{text}".'
    assert found.hint == hint
    assert rules(result) == ["PERIOD-FORM"]
    assert (result.report.counts.quarantined, result.staged.height) == (1, 1)


@pytest.mark.parametrize(
    ("period", "form"), [("2019-Q1", "a quarterly"), ("2019-01", "a monthly"), ("2019-S1", "a half-yearly")]
)
def test_a_period_fits_its_frequency(judged: JudgeRows, period: str, form: str) -> None:
    result = judged({"time_period": period})
    found = only(result, "PERIOD-FREQ")
    assert found.message == (f"TIME_PERIOD: {form} period in 1 row, for example {period}, while FREQ says A.")
    assert found.hint == "Use 2019, or the FREQ that fits the period."
    assert result.report.counts.quarantined == 1


def test_an_annual_period_does_not_fit_a_quarterly_frequency(judged: JudgeRows) -> None:
    found = only(judged({"freq": "Q", "time_period": "2019"}), "PERIOD-FREQ")
    assert found.message == "TIME_PERIOD: an annual period in 1 row, for example 2019, while FREQ says Q."
    assert found.hint.startswith("Use a quarterly period such as 2019-Q1")


def test_the_long_form_of_a_year_is_a_year(judged: JudgeRows) -> None:
    assert judged({"time_period": "2019-A1"}).report.findings == []


def test_a_period_in_the_future_is_loaded_with_a_warning(judged: JudgeRows) -> None:
    result = judged({"time_period": "2030"}, {"time_period": "2027"}, {"time_period": "2026"})
    found = only(result, "PERIOD-FUTURE")
    assert (found.severity, found.places) == ("warning", 2)
    assert found.message == "TIME_PERIOD: in the future in 2 rows, the last one 2030."
    assert result.staged.height == 3


# ---------------------------------------------------------------------------------------------------- whole rows


def test_a_row_carries_all_the_rules_it_breaks_in_the_order_of_judgement(judged: JudgeRows) -> None:
    result = judged({"sex": "Male", "obs_value": "x", "time_period": "2017-2020", "unit_measure": "T"})
    assert result.quarantine["rule"].to_list() == ["CODE-UNKNOWN"]
    assert result.quarantine["rules"].to_list() == ["CODE-UNKNOWN,UNIT-OTHER,VALUE-NOT-NUMBER,PERIOD-FORM"]
    assert result.quarantine["message"].to_list() == ['SEX: "Male" is not a code of CL_SEX.']
    assert result.report.counts.quarantined == 1


def test_a_value_mended_by_a_correction_is_judged_as_mended(judged: JudgeRows, office: Office) -> None:
    mend = {
        "id": "comma",
        "match": {"SERIES": "EN_HAZ_PCAP"},
        "expect": {"OBS_VALUE": "12,5"},
        "action": "override",
        "set": {"OBS_VALUE": "12.5"},
        "reason": "The office writes decimal commas.",
        "who": "An analyst",
    }
    result = judged({"obs_value": "12,5"}, provider=office(corrections=[mend]))
    assert rules(result) == ["CORRECTION-APPLIED"]
    assert result.staged["obs_value"].to_list() == [12.5]
    assert result.staged["obs_value_text"].to_list() == ["12,5"]
    assert result.staged["correction"].to_list() == ["comma"]


def test_a_dropped_row_is_counted_as_dropped(judged: JudgeRows, office: Office) -> None:
    drop = {
        "id": "gone",
        "match": {"SERIES": "EN_HAZ_PCAP", "TIME_PERIOD": "2019"},
        "expect": {"OBS_VALUE": "12.5"},
        "action": "drop",
        "reason": "The office withdrew it by letter.",
        "who": "An analyst",
    }
    result = judged({}, {"time_period": "2018"}, provider=office(corrections=[drop]))
    assert result.report.counts.dropped == 1
    assert result.staged["time_period"].to_list() == ["2018"]
