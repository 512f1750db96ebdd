"""Declared relations between values: told when broken, silent when they hold, not judged when a row is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from metadata.findings import Finding
from metadata.load import Catalogue, load_catalogue
from metadata.model_depth import Identity
from metadata.structure import load_structure
from pipelines.check import Judgement
from pipelines.checks.figures import FIGURE, in_declared_unit, in_figures
from pipelines.checks.identities import CASES, cases

JudgeRows = Callable[..., Judgement]
UNITS = {
    "EN_MAT_DOMCMPT": "T", "EN_HAZ_TRTDISR": "PT", "EN_HAZ_TRTDISV": "T", "EN_HAZ_GENV": "T", "SG_DSR_SILN": "NUMBER",
    "SG_GOV_LOGV": "NUMBER", "SG_DSR_SILS": "PT", "ST_EEV_STDACCT": "NUMBER", "ST_EEV_ACCSEEA": "NUMBER",
    "ST_EEV_ACCTSA": "NUMBER", "VC_DSR_MMHN": "NUMBER", "VC_DSR_MORT": "NUMBER", "VC_DSR_MISS": "NUMBER",
    "EN_HAZ_TREATV": "T", "SG_SCP_POLINS": "NUMBER", "EN_NAD_CONTR": "NUMBER",
}  # fmt: skip


def of(series: str, value: str, **more: str) -> dict[str, str]:
    return {"series": series, "unit_measure": UNITS[series], "obs_value": value, **more}


def materials(*values: str, year: str = "2019") -> list[dict[str, str]]:
    codes = ("_T", "MF1", "MF2", "MF3", "MF4")
    return [
        of("EN_MAT_DOMCMPT", value, product=code, time_period=year)
        for code, value in zip(codes, values, strict=True)
    ]  # fmt: skip


def relation(judgement: Judgement) -> list[Finding]:
    ids = {"TOTAL-PARTS", "SHARE-PARTS", "SERIES-ABOVE", "SERIES-UNEQUAL", "STEPS-RISING"}
    return [found for found in judgement.report.findings if found.rule in ids]


def test_a_total_that_is_not_its_parts_keeps_all_of_them_back(judged: JudgeRows) -> None:
    result = judged(*materials("150", "100", "20", "5", "5"), *materials("130", "100", "20", "5", "5", year="2018"))
    [found] = relation(result)
    assert (found.rule, found.severity, found.places) == ("TOTAL-PARTS", "error", 5)
    assert found.message == (
        "Series EN_MAT_DOMCMPT: _T is not the sum of its parts in PRODUCT in 1 case (5 rows), "
        "for example Kyrgyzstan 2019: 150 against 130."
    )
    assert found.hint == (
        "Nobody can tell which of the values is wrong: check all of them. It holds in 3,074 of 3,074 published cases."
    )
    assert result.report.counts.quarantined == 5
    assert set(result.staged["time_period"]) == {"2018"}


def test_a_total_within_its_tolerance_is_no_finding(judged: JudgeRows) -> None:
    assert relation(judged(*materials("130.1", "100", "20", "5", "5"))) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[:-1],  # a part is missing
        lambda rows: rows[1:],  # the total is missing
        lambda rows: [*rows[:-1], {**rows[-1], "obs_value": None, "obs_status": "M"}],
        lambda rows: [*rows[:-1], {**rows[-1], "obs_value": "5,5"}],  # told by another rule
        lambda rows: [*rows[:-1], {**rows[-1], "ref_area": "398"}],  # of another area
    ],
)
def test_what_is_not_whole_is_not_judged(judged: JudgeRows, change: Callable[[Any], Any]) -> None:
    assert relation(judged(*change(materials("999", "100", "20", "5", "5")))) == []


def test_parts_that_may_lack_count_as_nothing(judged: JudgeRows) -> None:
    assert relation(judged(of("VC_DSR_MMHN", "7"), of("VC_DSR_MORT", "7"))) == []
    [found] = relation(judged(of("VC_DSR_MMHN", "9"), of("VC_DSR_MORT", "7")))
    assert found.message == (
        "Series VC_DSR_MMHN is not the sum of VC_DSR_MORT and VC_DSR_MISS in 1 case (2 rows), "
        "for example Kyrgyzstan 2019: 9 against 7."
    )


def test_a_series_that_is_a_sum_of_others(judged: JudgeRows) -> None:
    sums = [of("ST_EEV_STDACCT", "3"), of("ST_EEV_ACCSEEA", "1"), of("ST_EEV_ACCTSA", "2")]
    assert relation(judged(*sums)) == []
    [found] = relation(judged({**sums[0], "obs_value": "4"}, *sums[1:]))
    assert (found.rule, found.severity, found.places) == ("TOTAL-PARTS", "error", 3)


def test_a_multiplier_is_taken_into_account(judged: JudgeRows) -> None:
    rows = materials("130", "100", "20", "5", "5")
    rows[0] |= {"obs_value": "0.13", "unit_mult": "3"}
    assert relation(judged(*rows)) == []


def test_a_total_below_its_parts_is_a_warning(judged: JudgeRows) -> None:
    rows = [
        of("EN_HAZ_TREATV", value, composite_breakdown=code)
        for code, value in (("_T", "10"), ("WT_INCINRT", "8"), ("WT_LANDFIL", "7"))
    ]
    [found] = relation(result := judged(*rows))
    assert found.severity == "warning"
    assert found.message == (
        "Series EN_HAZ_TREATV: _T is less than its parts in COMPOSITE_BREAKDOWN together in 1 case (3 rows), "
        "for example Kyrgyzstan 2019: 10 against 15."
    )
    assert result.report.counts.quarantined == 0
    assert relation(judged({**rows[0], "obs_value": "99"}, *rows[1:])) == []


def test_a_total_below_one_of_its_parts(judged: JudgeRows) -> None:
    rows = [
        of("SG_SCP_POLINS", "0", composite_breakdown="_T"), of("SG_SCP_POLINS", "1", composite_breakdown="POL_MACRO")
    ]
    [found] = relation(judged(*rows))
    assert found.message == (
        "Series SG_SCP_POLINS: _T is less than one of its parts in COMPOSITE_BREAKDOWN in 1 case (2 rows), "
        "for example Kyrgyzstan 2019: 0 against 1."
    )
    assert "our proposal" in found.hint


def test_a_share_beside_its_two_series(judged: JudgeRows) -> None:
    right = [of("SG_DSR_SILS", "62.5"), of("SG_DSR_SILN", "5"), of("SG_GOV_LOGV", "8")]
    assert relation(judged(*right)) == []
    [found] = relation(judged({**right[0], "obs_value": "100"}, *right[1:]))
    assert (found.rule, found.severity, found.places) == ("SHARE-PARTS", "error", 3)
    assert found.message == (
        "Series SG_DSR_SILS is not 100 × SG_DSR_SILN / SG_GOV_LOGV in 1 case (3 rows), "
        "for example Kyrgyzstan 2019: 100 against 62.5."
    )
    assert relation(judged(right[0], right[1], {**right[2], "obs_value": "0"}))[0].rule == "SERIES-ABOVE"


def test_more_than_there_can_be(judged: JudgeRows) -> None:
    [found] = relation(judged(of("SG_DSR_SILN", "15"), of("SG_GOV_LOGV", "8")))
    assert (found.rule, found.severity) == ("SERIES-ABOVE", "error")
    assert found.message == (
        "Series SG_DSR_SILN is larger than SG_GOV_LOGV in 1 case (2 rows), for example Kyrgyzstan 2019: 15 against 8."
    )
    assert relation(judged(of("SG_DSR_SILN", "8"), of("SG_GOV_LOGV", "8"))) == []


def test_a_later_step_is_never_larger(judged: JudgeRows) -> None:
    def steps(*values: str) -> list[dict[str, str]]:
        codes = ("RO_FIRST", "RO_SECOND", "RO_FOURTH")
        return [
            of("EN_NAD_CONTR", value, composite_breakdown=code) for code, value in zip(codes, values, strict=True)
        ]

    assert relation(judged(*steps("1", "1", "0"))) == []
    [found] = relation(judged(*steps("1", "0", "1")))
    assert (found.rule, found.severity, found.places) == ("STEPS-RISING", "warning", 2)
    assert found.message == (
        "Series EN_NAD_CONTR: a later step of COMPOSITE_BREAKDOWN is larger than one before it in 1 case (2 rows), "
        "for example Kyrgyzstan 2019: 1 against 0."
    )


def with_identity(series: str, **declared: Any) -> Catalogue:
    catalogue = load_catalogue()
    identity = Identity.model_validate({"severity": "warning", "evidence": "e", "proposal": True, **declared})
    changed = catalogue.series[series].model_copy(update={"identities": (identity,)})
    return replace(catalogue, series={**catalogue.series, series: changed})


def test_series_that_must_be_equal(judged: JudgeRows) -> None:
    catalogue = with_identity("SG_DSR_SILN", kind="equals", members=["SG_GOV_LOGV"])
    rows = [of("SG_DSR_SILN", "7"), of("SG_GOV_LOGV", "8")]
    [found] = relation(judged(*rows, catalogue=catalogue))
    assert found.message == (
        "Series SG_DSR_SILN is not equal to SG_GOV_LOGV in 1 case (2 rows), for example Kyrgyzstan 2019: 7 against 8."
    )
    assert found.rule == "SERIES-UNEQUAL"
    assert relation(judged(of("SG_DSR_SILN", "8"), rows[1], catalogue=catalogue)) == []


def test_more_cases_than_are_shown(judged: JudgeRows) -> None:
    rows = [row for year in ("2017", "2018", "2019") for row in materials("9", "1", "1", "1", "1", year=year)]
    [found] = relation(judged(*rows))
    assert found.places == 15
    assert "in 3 cases (15 rows), for example Kyrgyzstan 2017: 9 against 4, Kyrgyzstan 2018: 9 against 4." in (
        found.message
    )


def test_rows_of_before_count_and_are_not_spoken_of() -> None:
    """The same function judges a delivery beside what is held: held rows have no number."""
    structure, catalogue = load_structure(), load_catalogue()
    key = {d.column: "_T" for d in structure.dimensions} | {"ref_area": "417", "time_period": "2019", "freq": "A"}
    frame = pl.DataFrame(
        [
            {**key, "series": "SG_DSR_SILN", "_i": 0, "_number": 15.0, "unit_mult": "0"},
            {**key, "series": "SG_GOV_LOGV", "_i": None, "_number": 0.008, "unit_mult": "3"},
        ],
        schema_overrides={"_i": pl.UInt32},
    )
    found = cases(in_declared_unit(frame, catalogue), catalogue, structure)
    assert found.columns == list(CASES)
    assert found.select("found", "wanted", "holds", "rows").row(0) == (15.0, 8.0, False, [0])
    assert cases(frame.with_columns(pl.lit(None, pl.Float64).alias(FIGURE)), catalogue, structure).is_empty()


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "?"), (0.1 + 0.2, "0.3"), (1684318464.0, "1,684,318,464"), (1.5e12, "1,500,000,000,000"), (100.0, "100")],
)
def test_figures_are_shown_without_exponent(value: float | None, shown: str) -> None:
    assert in_figures(value) == shown
