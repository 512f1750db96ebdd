"""Defects of the kinds that published files have, made by hand: each is caught by a general rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from metadata.load import load_catalogue
from pipelines.check import Judgement
from pipelines.provider import Provider

JudgeRows = Callable[..., Judgement]
Office = Callable[..., Provider]
SHARES = [{"composite_breakdown": code, "series": "EN_HAZ_TREATV", "unit_measure": "T"} for code in (
    "WT_INCINRT", "WT_LANDFIL", "WT_RECYCL")]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "rows", "said"),
    [
        ("CODE-UNKNOWN", [{"ref_area": "kg"}], "Use 417 for Kyrgyzstan"),
        ("CODE-UNKNOWN", [{"ref_area": "KGZ"}], "Use 417 for Kyrgyzstan"),
        ("CODE-UNKNOWN", [{"ref_area": "0417"}], "Use 417, without padding."),
        ("CODE-UNKNOWN", [{"unit_measure": "PERCENT"}], "Use PT."),
        ("CODE-UNKNOWN", [{"unit_measure": "CU_USD_B"}], "Use USD with UNIT_MULT 9."),
        ("CODE-UNKNOWN", [{"product": "ALP"}], "Use _T."),
        ("CODE-UNKNOWN", [{"sex": "BOTHSEX"}], "Use _T."),
        ("CODE-UNKNOWN", [{"composite_breakdown": "_L_HAZ_WASTE_1"}], "_L_HAZ_WASTE_1"),
        ("AREA-NOT-PROVIDERS", [{"ref_area": "1"}], "World"),
        ("UNIT-OTHER", [{"unit_measure": "PT"}], "its unit is KG"),
        ("VALUE-RANGE", [{"obs_value": "12500000"}], "a total stands as a figure per head"),
        ("KEY-UNEQUAL", [{"obs_value": "1"}, {"obs_value": "2"}], "2019: 1 and 2"),
        ("NATURE-NOT-NATIONAL", [{"nature": "M"}], "modelled by an agency"),
        ("SOURCE-GLOBAL", [{"source_detail": "UNSD global SDG database"}], "global database"),
        (
            "PARTS-OF-HUNDRED",
            [
                {**part, "time_period": year, "obs_value": value}
                for year, values in (("2018", ("20", "30.5", "49.5")), ("2019", ("22", "33", "45")))
                for part, value in zip(SHARES, values, strict=True)
            ],
            "look like percentages",
        ),
        ("PERIOD-FORM", [{"time_period": "2017-2020"}], "2020"),
        ("PERIOD-FORM", [{"time_period": "2019.0"}], "2019"),
        ("PERIOD-FORM", [{"time_period": "financial year ending in 2019"}], "2019"),
        ("VALUE-NOT-NUMBER", [{"obs_value": "12,5"}], "12.5"),
        ("VALUE-NOT-NUMBER", [{"obs_value": "1.234,5"}], "1234.5"),
        ("VALUE-NOT-NUMBER", [{"obs_value": "1 234 567"}], "1234567"),
        ("VALUE-NOT-NUMBER", [{"obs_value": "1,234,567.8"}], "1234567.8"),
        ("VALUE-NOT-NUMBER", [{"obs_value": "<5"}], "<5"),
        ("VALUE-NOT-NUMBER", [{"obs_value": "\u00a012.5"}], "no-break space"),
        ("VALUE-NOT-NUMBER", [{"obs_value": "12.5 Millions"}], "12.5"),
        ("VALUE-MISSING", [{"obs_value": "N"}], "written N"),
        ("VALUE-MISSING", [{"obs_value": "NaN"}], "written NaN"),
        ("VALUE-MISSING", [{"obs_value": "-"}], "written -"),
        ("VALUE-LEADING-ZERO", [{"obs_value": "0125"}], "125"),
    ],
)  # fmt: skip
def test_a_defect_is_caught(
    judged: JudgeRows, office: Office, rule: str, rows: list[dict[str, Any]], said: str
) -> None:
    found = {found.rule: found for found in judged(*rows, provider=office()).report.findings}
    assert rule in found, sorted(found)
    example = found[rule].examples[0]
    assert said in f"{found[rule].message} {found[rule].hint} {example.expected}"


def test_figures_per_head_have_a_bound_that_a_total_breaks() -> None:
    """Where values were published, ten times the largest of them; it warns and keeps nothing back."""
    series = load_catalogue().series
    bounds = {code: series[code].value.soft_maximum for code in ("EN_HAZ_PCAP", "EN_MAT_DOMCMPC", "EN_EWT_GENPCAP")}
    assert bounds == {"EN_HAZ_PCAP": 1_000_000, "EN_MAT_DOMCMPC": 750, "EN_EWT_GENPCAP": 260}
    assert {series[code].value.soft_severity for code in bounds} == {"warning"}
