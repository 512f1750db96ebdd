"""Scope first, then codes: what is passed over, what is kept back, and what the office is told to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from metadata.findings import Finding
from metadata.load import load_catalogue
from pipelines.check import Judgement
from pipelines.provider import Provider

JudgeRows = Callable[..., Judgement]
Office = Callable[..., Provider]


def only(judgement: Judgement, rule: str) -> Finding:
    [found] = [finding for finding in judgement.report.findings if finding.rule == rule]
    return found


def rules(judgement: Judgement) -> list[str]:
    return [finding.rule for finding in judgement.report.findings]


def test_series_of_other_goals_are_one_finding_and_not_judged(judged: JudgeRows) -> None:
    bad = {"sex": "Male", "unit_measure": "?", "obs_value": "x", "ref_area": "KG", "time_period": "no year"}
    result = judged(
        {"series": "SI_POV_DAY1", **bad},
        {"series": "SI_POV_NAHC", **bad},
        {"series": "SI_POV_DAY1", **bad},
        {},
    )
    found = only(result, "SCOPE-OTHER-GOAL")
    assert (found.severity, found.places) == ("info", 3)
    assert found.message == "Series of other goals than 12 and 13: 3 rows (SI_POV_DAY1 and SI_POV_NAHC)."
    assert rules(result) == ["SCOPE-OTHER-GOAL"]
    assert (result.report.counts.out_of_scope, result.staged.height) == (3, 1)
    assert result.report.decision == "load"


def test_national_series_are_out_of_scope(judged: JudgeRows) -> None:
    result = judged({"series": "_L_RW_010301_1"}, {"series": "_L_RW_010301_2"})
    assert only(result, "SCOPE-NATIONAL-SERIES").message == (
        "National series, without a place in the global structure: 2 rows (_L_RW_010301_1 and _L_RW_010301_2)."
    )
    assert result.report.counts.out_of_scope == 2
    assert result.indicators == frozenset()


def test_national_codes_are_out_of_scope_also_where_a_global_code_looks_the_same(
    judged: JudgeRows, office: Office
) -> None:
    provider = office(map={"national_only": {"REF_AREA": ["1", "KG02"]}})
    result = judged({"ref_area": "1"}, {"ref_area": "KG02"}, {"ref_area": "1", "time_period": "2018"}, {},
                    provider=provider)  # fmt: skip
    found = only(result, "SCOPE-NATIONAL-CODE")
    assert found.message == (
        "REF_AREA: 3 rows under national codes, without a place in the global structure (1 and KG02)."
    )
    assert (result.report.counts.out_of_scope, result.staged["ref_area"].to_list()) == (3, ["417"])


def test_a_series_in_neither_list_is_kept_back_and_nothing_else_is_said_of_it(judged: JudgeRows) -> None:
    result = judged({"series": "VC_DSR_MORT_1", "sex": "Male", "obs_value": "x"})
    found = only(result, "CODE-UNKNOWN")
    assert found.message == 'SERIES: "VC_DSR_MORT_1" is not a code of CL_SERIES.'
    assert found.hint == "Did you mean VC_DSR_MORT, VC_DSR_MTMP or VC_DSR_MMHN?"
    assert rules(result) == ["CODE-UNKNOWN"]
    assert result.quarantine["rules"].to_list() == ["CODE-UNKNOWN"]


def test_an_empty_series_is_kept_back(judged: JudgeRows) -> None:
    result = judged({"series": None}, {"series": ""})
    found = only(result, "DIMENSION-MISSING")
    assert found.message == "SERIES is empty in 2 rows; every dimension needs a code."
    assert result.report.counts.quarantined == 2


def test_a_series_of_ours_that_nobody_declared_is_kept_back(judged: JudgeRows) -> None:
    whole = load_catalogue()
    less = replace(whole, series={code: s for code, s in whole.series.items() if code != "EN_HAZ_PCAP"})
    result = judged({}, catalogue=less)
    assert only(result, "SERIES-NOT-DECLARED").message == (
        "SERIES: EN_HAZ_PCAP belongs to goal 12 or 13 (12.4.2), but no indicator file declares it."
    )
    assert result.report.counts.quarantined == 1


def test_a_retired_series_is_loaded_and_told(judged: JudgeRows) -> None:
    result = judged({"series": "ER_FFS_CMPT", "unit_measure": "CON_USD", "obs_value": "1"})
    found = only(result, "SERIES-RETIRED")
    assert found.severity == "info"
    assert found.message.startswith("SERIES: ER_FFS_CMPT is ")
    assert found.message.endswith("Loaded under the old code: 1 row.")


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        ({"sex": "Male"}, 'SEX: "Male" is not a code of CL_SEX.', "Use M."),
        ({"sex": "f"}, 'SEX: "f" is not a code of CL_SEX.', "Use F."),
        ({"sex": "BOTHSEX"}, 'SEX: "BOTHSEX" is not a code of CL_SEX.', "Use _T."),
        ({"freq": "annual"}, 'FREQ: "annual" is not a code of CL_FREQ.', "Did you mean A?"),
        (
            {"unit_measure": "PERCENT"},
            'UNIT_MEASURE: "PERCENT" is not a code of CL_UNIT_MEASURE.',
            "Use PT.",
        ),
        ({"nature": "NA"}, 'NATURE: "NA" is not a code of CL_NATURE.', "Use _X."),
        (
            {"obs_status": "?"},
            'OBS_STATUS: "?" is not a code of CL_OBS_STATUS.',
            "Use a code of CL_OBS_STATUS.",
        ),
        ({"ref_area": "0417"}, 'REF_AREA: "0417" is not a code of CL_AREA.', "Use 417, without padding."),
        (
            {"ref_area": "KG"},
            'REF_AREA: "KG" is not a code of CL_AREA, which knows areas by their number.',
            "Use 417 for Kyrgyzstan, or name the provider (--provider), whose code map knows its codes.",
        ),
        (
            {"ref_area": "kgz"},
            'REF_AREA: "kgz" is not a code of CL_AREA, which knows areas by their number.',
            "Use 417 for Kyrgyzstan, or name the provider (--provider), whose code map knows its codes.",
        ),
        (
            {"ref_area": "Kyrgyzstan"},
            'REF_AREA: "Kyrgyzstan" is not a code of CL_AREA, which knows areas by their number.',
            "Use 417 for Kyrgyzstan, or name the provider (--provider), whose code map knows its codes.",
        ),
        (
            {"ref_area": "ZZ"},
            'REF_AREA: "ZZ" is not a code of CL_AREA, which knows areas by their number.',
            "Use the M49 number of the area, or name the provider (--provider), whose code map knows its codes.",
        ),
    ],
)
def test_an_unknown_code_is_told_what_to_use(
    judged: JudgeRows, change: dict[str, str], message: str, hint: str
) -> None:
    result = judged(change, {"time_period": "2018"})
    found = only(result, "CODE-UNKNOWN")
    assert (found.message, found.hint, found.severity, found.places) == (message, hint, "error", 1)
    [example] = found.examples
    assert example.line == 10
    assert {example.column: example.value} == {key.upper(): value for key, value in change.items()}
    assert (result.report.counts.quarantined, result.staged.height) == (1, 1)


def test_an_area_with_a_provider_hints_at_its_map(judged: JudgeRows, office: Office) -> None:
    found = only(judged({"ref_area": "KG"}, provider=office()), "CODE-UNKNOWN")
    assert found.hint == "Use 417 for Kyrgyzstan, or add the code to the provider's code map."


def test_one_wrong_code_is_one_finding_with_all_its_places(judged: JudgeRows) -> None:
    rows = [{"sex": "Male", "time_period": str(1900 + n)} for n in range(100)]
    found = only(judged(*rows), "CODE-UNKNOWN")
    assert found.places == 100
    assert len(found.examples) == 5


def test_a_column_full_of_something_else_is_one_finding(judged: JudgeRows) -> None:
    rows = [{"age": f"from {n} to {n + 1}", "time_period": str(1900 + n)} for n in range(30)]
    result = judged(*rows)
    found = only(result, "CODE-UNKNOWN")
    assert found.places == 30
    assert found.message == (
        "AGE: 30 different values are not codes of CL_AGE, for example from 0 to 1, from 1 to 2, from 2 to 3 "
        "and 27 more."
    )
    assert result.report.counts.quarantined == 30


def test_a_code_that_the_series_does_not_use_is_kept_back(judged: JudgeRows) -> None:
    result = judged({"product": "MF1"}, {"time_period": "2018"})
    found = only(result, "CODE-NOT-ALLOWED")
    assert found.severity == "error"
    assert found.message == ("PRODUCT: MF1 is a code of CL_PRODUCT, but series EN_HAZ_PCAP does not use it.")
    assert found.hint == "Use _T."
    assert result.staged.height == 1


def test_a_frequency_that_the_series_does_not_have(judged: JudgeRows) -> None:
    found = only(judged({"freq": "M", "time_period": "2019-01"}), "CODE-NOT-ALLOWED")
    assert found.message == "FREQ: M is a code of CL_FREQ, but series EN_HAZ_PCAP does not use it."


def test_a_breakdown_that_nobody_declared_is_loaded_and_told(judged: JudgeRows) -> None:
    rows = [{"cust_breakdown": code} for code in ("C01", "C02", "_T")]
    result = judged(*rows)
    found = only(result, "BREAKDOWN-NOT-DECLARED")
    assert (found.severity, found.places) == ("info", 2)
    assert found.message == (
        "CUST_BREAKDOWN: series EN_HAZ_PCAP is broken down by C01 and C02 in 2 rows; its declaration does not say so."
    )
    assert result.staged.height == 3


def test_an_unknown_code_is_not_also_told_to_be_not_allowed(judged: JudgeRows) -> None:
    assert rules(judged({"product": "Biomass"})) == ["CODE-UNKNOWN"]


def test_an_office_reports_for_its_own_areas(judged: JudgeRows, office: Office) -> None:
    result = judged({"ref_area": "398"}, {"ref_area": "398", "time_period": "2018"}, {}, provider=office())
    found = only(result, "AREA-NOT-PROVIDERS")
    assert (found.severity, found.places) == ("error", 2)
    assert found.message == ("REF_AREA: 398 (Kazakhstan) is not an area of KGZ, which reports for 417 (Kyrgyzstan).")
    assert (result.report.counts.quarantined, result.staged["ref_area"].to_list()) == (2, ["417"])


def test_an_agency_reports_for_all_areas_and_of_any_type(judged: JudgeRows, office: Office) -> None:
    agency = office(kind="agency", areas="all")
    result = judged({"ref_area": "398", "reporting_type": "G"}, {"ref_area": "1"}, provider=agency)
    assert result.report.findings == []


def test_an_office_s_rows_are_national(judged: JudgeRows, office: Office) -> None:
    result = judged({"reporting_type": "G"}, provider=office())
    found = only(result, "REPORTING-TYPE")
    assert found.severity == "error"
    assert found.message == """REPORTING_TYPE: an office's data are national; "G" in 1 row is not."""
    assert found.hint == "Use N (national), or have the provider's code map turn G into N."
    assert result.report.counts.quarantined == 1


def test_a_when_rule_keeps_rows_back_and_nothing_else_is_said_of_them(judged: JudgeRows, office: Office) -> None:
    rule = {
        "if": {"SERIES": "EN_HAZ_PCAP", "UNIT_MEASURE": "PT"},
        "quarantine": True,
        "reason": "These are percentages.",
    }
    rows = [
        {"unit_measure": "PT", "obs_value": "60", "composite_breakdown": "_L_X"},
        {"unit_measure": "PT", "obs_value": "61"},
        {"obs_value": "12"},
    ]
    result = judged(*rows, provider=office(map={"when": [rule]}))
    found = only(result, "MAP-QUARANTINE")
    assert (found.severity, found.places) == ("warning", 2)
    assert found.message == (
        "Kept back by a reviewed rule of the code map (SERIES EN_HAZ_PCAP, UNIT_MEASURE PT): 2 rows. "
        "These are percentages."
    )
    assert rules(result) == ["MAP-QUARANTINE"]
    assert result.staged["obs_value"].to_list() == [12.0]
    assert result.quarantine["rule"].to_list() == ["MAP-QUARANTINE"] * 2
    assert result.report.decision == "load_with_quarantine"


def test_a_when_rule_does_not_bring_back_what_is_out_of_scope(judged: JudgeRows, office: Office) -> None:
    code_map = {
        "national_only": {"REF_AREA": ["KG02"]},
        "when": [{"if": {"UNIT_MEASURE": "PT"}, "quarantine": True, "reason": "These are percentages."}],
    }
    result = judged({"ref_area": "KG02", "unit_measure": "PT"}, provider=office(map=code_map))
    assert rules(result) == ["SCOPE-NATIONAL-CODE"]
    assert result.report.counts.out_of_scope == 1


def test_a_column_written_in_another_way_is_one_finding_that_says_what_each_value_should_be(judged: JudgeRows) -> None:
    words = ("Male", "Female", "BOTHSEX", "Male")
    result = judged(*({"sex": word, "time_period": f"{2010 + n}"} for n, word in enumerate(words)))
    [found] = result.report.findings
    assert (found.rule, found.places) == ("CODE-UNKNOWN", 4)
    assert found.message == (
        "SEX: none of the 3 different values in 4 rows is a code of CL_SEX: Male, Female and BOTHSEX."
    )
    assert found.hint.startswith('The whole column is written in another way. "Male": ')
    other = judged(*({"sex": word, "time_period": f"{2010 + n}"} for n, word in enumerate((*words, "_T"))))
    said = [one.message[:12] for one in other.report.findings]
    assert said == ['SEX: "Male" ', 'SEX: "BOTHSE', 'SEX: "Female'], "one is right"
    areas = judged(*({"ref_area": code, "time_period": f"{2010 + n}"} for n, code in enumerate(("KG", "KE", "KG02"))))
    assert areas.report.findings[0].hint.startswith(
        'The whole column is written in another way. "KG": Use 417 for Kyrgyzstan, or name the provider (--provider)'
    )
