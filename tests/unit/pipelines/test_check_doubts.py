"""Right in form and something else in fact: totals as figures per head, percentages as amounts, an agency's values."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from metadata.findings import Finding
from pipelines.check import Judgement
from pipelines.provider import Provider

JudgeRows = Callable[..., Judgement]
Office = Callable[..., Provider]


def of_rule(judgement: Judgement, rule: str) -> list[Finding]:
    return [found for found in judgement.report.findings if found.rule == rule]


def pair(total: str, per_head: str, year: str = "2019") -> list[dict[str, str]]:
    return [
        {"series": "EN_HAZ_GENV", "unit_measure": "T", "obs_value": total, "time_period": year},
        {"series": "EN_HAZ_PCAP", "unit_measure": "KG", "obs_value": per_head, "time_period": year},
    ]


def test_a_total_published_per_head(judged: JudgeRows) -> None:
    result = judged(*pair("12500000", "12500000"), *pair("12000000", "1818.2", "2018"))
    [found] = of_rule(result, "PER-CAPITA-TOTAL")
    assert (found.severity, found.places) == ("error", 2)
    assert found.message == (
        "Series EN_HAZ_PCAP is a figure per head, and is the total EN_HAZ_GENV itself in 1 case (2 rows), "
        "for example Kyrgyzstan 2019: 12,500,000, total 12,500,000."
    )
    assert result.report.counts.quarantined == 2


def test_a_population_that_cannot_be(judged: JudgeRows) -> None:
    [found] = of_rule(judged(*pair("12500000", "0.0000019")), "PER-CAPITA-TOTAL")
    assert found.message == (
        "Series EN_HAZ_PCAP times a plausible population cannot be EN_HAZ_GENV in 1 case (2 rows), "
        "for example Kyrgyzstan 2019: 0.0000019, total 12,500,000."
    )


@pytest.mark.parametrize("rows", [pair("12500000", "1893.9"), pair("0", "0"), pair("12500000", "1893.9")[1:]])
def test_figures_per_head_that_can_be(judged: JudgeRows, rows: list[dict[str, str]]) -> None:
    assert of_rule(judged(*rows), "PER-CAPITA-TOTAL") == []


def treated(year: str, *values: str) -> list[dict[str, str]]:
    codes = ("WT_INCINRT", "WT_LANDFIL", "WT_RECYCL")
    return [
        {
            "series": "EN_HAZ_TREATV", "unit_measure": "T", "composite_breakdown": code, "obs_value": value,
            "time_period": year,
        }
        for code, value in zip(codes, values, strict=True)
    ]  # fmt: skip


def test_percentages_under_a_series_of_amounts(judged: JudgeRows) -> None:
    result = judged(*treated("2018", "20.5", "40", "39.5"), *treated("2019", "21", "42.1", "36.8"))
    [found] = of_rule(result, "PARTS-OF-HUNDRED")
    assert (found.severity, found.places) == ("warning", 6)
    assert found.message == (
        "Series EN_HAZ_TREATV is in T, and its codes of COMPOSITE_BREAKDOWN add up to 100 in 2 cases (6 rows), "
        "for example Kyrgyzstan 2018, Kyrgyzstan 2019: they look like percentages."
    )


@pytest.mark.parametrize(
    "rows",
    [
        treated("2018", "20", "40", "40"),  # once by chance
        [*treated("2018", "20", "40", "40"), *treated("2019", "17", "300", "2")],
        [*treated("2018", "20", "40", "45"), *treated("2019", "17", "30", "2")],
        [*treated("2018", "0", "100", "0"), *treated("2019", "0", "100", "0")],
    ],
)
def test_amounts_that_are_none(judged: JudgeRows, rows: list[dict[str, str]]) -> None:
    assert of_rule(judged(*rows), "PARTS-OF-HUNDRED") == []


def test_an_agency_s_values_sent_as_national(judged: JudgeRows, office: Office) -> None:
    rows = [{"time_period": "2018", "nature": "E"}, {"time_period": "2019", "nature": "CA"}]
    [found] = of_rule(judged(*rows, provider=office()), "NATURE-NOT-NATIONAL")
    assert (found.severity, found.places) == ("warning", 1)
    assert found.message == (
        "NATURE: E, estimated by an agency, in 1 row of an office: such a value is not the country's own."
    )
    assert of_rule(judged(rows[1], provider=office()), "NATURE-NOT-NATIONAL") == []
    agency = office(kind="agency", areas="all")
    assert of_rule(judged(rows[0], provider=agency), "NATURE-NOT-NATIONAL") == []


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("source_detail", "UNSD, Global SDG Database"), ("comment_obs", "taken from the SDG global database, July"),
        ("comment_ts", "Our World in Data"), ("source_detail", "World Bank WDI"),
    ],
)
def test_a_source_that_is_a_global_database(judged: JudgeRows, office: Office, column: str, said: str) -> None:
    [found] = of_rule(judged({column: said}, provider=office()), "SOURCE-GLOBAL")
    assert (found.severity, found.places) == ("warning", 1)
    assert found.message == (
        f'{column.upper()}: a global database is named as the source in 1 row, for example "{said}".'
    )


def test_a_long_source_is_shortened_and_national_ones_are_none(judged: JudgeRows, office: Office) -> None:
    [found] = of_rule(judged({"source_detail": "UNSD " + "x" * 200}, provider=office()), "SOURCE-GLOBAL")
    assert found.message.endswith('x…".')
    good = {"source_detail": "National Statistical Committee, form 2-waste; Ministry of Emergency Situations"}
    assert of_rule(judged(good, provider=office()), "SOURCE-GLOBAL") == []
    assert of_rule(judged({"source_detail": "UNSD"}), "SOURCE-GLOBAL") == []
