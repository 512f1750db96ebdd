"""Regional values: by each series' rule, of single countries, each once, and the reason where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from metadata.areas import load_areas
from metadata.load import load_catalogue
from tests.unit.warehouse.frames import START, STRUCTURE, give, request, row
from warehouse.connect import Warehouse
from warehouse.report import refresh, stale, write_metadata

JORDAN, ISRAEL, CHINA, JAPAN, BHUTAN, NEPAL, INDIA = "400", "376", "156", "392", "64", "524", "356"
DAY = date(2026, 1, 1)


@dataclass(frozen=True)
class Rule:
    rule: str
    weight: str | None = None
    minimum_coverage: float | None = None
    all_areas: bool = False


class Declared:
    """The project's declarations, with these aggregation rules and no other."""

    def __init__(self, **rules: Rule) -> None:
        self._real = load_catalogue()
        self.indicators, self.bridge = self._real.indicators, self._real.bridge
        self.version, self.canonical = self._real.version, self._real.canonical
        self.series = {code: _Ruled(one, rules.get(code)) for code, one in self._real.series.items()}


class _Ruled:
    def __init__(self, one: Any, rule: Rule | None) -> None:
        self._one, self.aggregation = one, rule

    def __getattr__(self, name: str) -> Any:
        return getattr(self._one, name)


def declare(warehouse: Warehouse, **rules: Rule) -> None:
    write_metadata(warehouse, Declared(**rules), STRUCTURE, load_areas(), now=START)  # type: ignore[arg-type]


def load(warehouse: Warehouse, rows: list[dict[str, Any]], number: int = 1) -> None:
    versions = {one: load_catalogue().version(one) for one in load_catalogue().indicators}
    give(warehouse, request(number, rows, provider="UNSD", delivery_id=f"UNSD-{number}", metadata_versions=versions))


def value(area: str, amount: float, period: str = "2019", **other: Any) -> dict[str, Any]:
    given = {"series": "EN_MAT_DOMCMPT", "unit_measure": "T", "reporting_type": "G", "ref_area": area, **other}
    return row(period, amount, **given)


def regional(warehouse: Warehouse, columns: str = "ref_area, obs_value", where: str = "true") -> list[tuple]:
    return warehouse.connection.execute(
        f"select {columns} from report.regional_aggregate where method = 'reference_date' and {where} "
        "order by cast(ref_area as integer), time_period, series"
    ).fetchall()


def absent(warehouse: Warehouse, where: str = "ref_area = '1'") -> list[tuple]:
    return warehouse.connection.execute(
        f"select distinct series, rule, reason from report.not_aggregated where {where} order by all"
    ).fetchall()


def test_a_sum_of_single_countries_scaled_each_once(warehouse: Warehouse) -> None:
    declare(warehouse, EN_MAT_DOMCMPT=Rule("sum"))
    load(warehouse, [
        value(JORDAN, 2.0, unit_mult=3), value(ISRAEL, 500.0), value(CHINA, 7.0),
        value("1", 999.0), value("747", 999.0), value("145", 999.0), value("722", 999.0),  # groups
        value("99040", 999.0), value("835", 999.0), value("736", 999.0),  # a residual, a part, a state of the past
        value(CHINA, 999.0, reporting_type="N"),  # an office's own row does not fill here
        value(JAPAN, None), value(JAPAN, 1.0, unit_mult=None, period="2018"),  # nothing is guessed
        value(CHINA, 3.0, product="MF1"),
    ])  # fmt: skip
    refresh(warehouse, reference_date=DAY)
    total = "product = '_T' and time_period = '2019'"
    assert regional(warehouse, where=total) == [
        ("1", 2507.0), ("30", 7.0), ("145", 2500.0), ("747", 2500.0), ("753", 7.0)
    ]  # fmt: skip
    assert regional(warehouse, where="product = 'MF1'") == [("1", 3.0), ("30", 3.0), ("753", 3.0)]
    assert regional(warehouse, where="time_period = '2018'") == []
    size = {group: len(load_areas().members(group, scheme="SDG")) for group in ("1", "747")}
    found = regional(
        warehouse,
        "ref_area, area_name, unit_measure, rule, areas_counted, areas_in_group, weight_share, membership_date",
        f"{total} and ref_area in ('1', '747')",
    )
    assert found == [
        ("1", "World", "T", "sum", 3, size["1"], None, DAY),
        ("747", "Northern Africa and Western Asia", "T", "sum", 2, size["747"], None, DAY),
    ]
    assert absent(warehouse, "series = 'EN_MAT_DOMCMPT'") == []


def test_a_mean_a_count_and_no_rule(warehouse: Warehouse) -> None:
    declare(warehouse, SG_HAZ_CMRBASEL=Rule("mean"), SG_SCP_CNTRY=Rule("count"), SG_SCP_TOTLN=Rule("count"),
            ST_EEV_STDACCT=Rule("none"), AG_FLS_INDEX=Rule("not known"), EN_HAZ_GENV=Rule("median"))  # fmt: skip
    rates = {"series": "SG_HAZ_CMRBASEL", "unit_measure": "PT"}
    yes = {"series": "SG_SCP_CNTRY", "unit_measure": "NUMBER"}
    many = {"series": "SG_SCP_TOTLN", "unit_measure": "NUMBER"}
    load(warehouse, [
        value(JORDAN, 60.0, **rates), value(ISRAEL, 100.0, **rates), value(CHINA, 20.0, **rates),
        value(JORDAN, 1.0, **yes), value(ISRAEL, 0.0, **yes), value(CHINA, 1.0, **yes),
        value(JORDAN, 1.0, **many), value(CHINA, 4.0, **many),
        *(value(CHINA, 4.0, series=code) for code in ("ST_EEV_STDACCT", "AG_FLS_INDEX", "EN_HAZ_GENV", "EN_HAZ_IMP")),
    ])  # fmt: skip
    refresh(warehouse)
    assert regional(warehouse, "series, obs_value, areas_counted", "ref_area = '1'") == [
        ("SG_HAZ_CMRBASEL", 60.0, 3), ("SG_SCP_CNTRY", 2.0, 3)
    ]  # fmt: skip
    assert regional(warehouse, where="ref_area = '145' and series = 'SG_HAZ_CMRBASEL'") == [("145", 80.0)]
    assert absent(warehouse) == [
        ("AG_FLS_INDEX", "not known", "The declaration says that the rule is not known."),
        ("EN_HAZ_GENV", "median", "The rule median cannot be computed here."),
        ("EN_HAZ_IMP", "none", "No rule is declared."),
        ("SG_SCP_TOTLN", "count", "Countries can be counted where values are 0 or 1, and these have others."),
        ("ST_EEV_STDACCT", "none", "The declaration says that no regional value is made."),
    ]
    query = "select distinct ref_area from report.not_aggregated where series = 'EN_HAZ_IMP' order by 1"
    assert warehouse.connection.execute(query).fetchall() == [("1",), ("30",), ("753",)]


def test_a_denominator_comes_from_a_loaded_series_or_there_is_no_value(warehouse: Warehouse) -> None:
    declare(
        warehouse,
        EN_EWT_RCYR=Rule("ratio_of_sums", "EN_EWT_GENV"),
        EN_EWT_COLLR=Rule("weighted_mean", "EN_HAZ_IMP"),
        EN_MAT_DOMCMPC=Rule("ratio_of_sums", "population"),
        EN_EWT_GENV=Rule("sum"),
    )
    rate = {"series": "EN_EWT_RCYR", "unit_measure": "PT"}
    whole = {"series": "EN_EWT_GENV"}
    load(warehouse, [
        value(JORDAN, 10.0, **rate), value(ISRAEL, 40.0, **rate), value(JORDAN, 100.0, **whole),
        value(ISRAEL, 200.0, **whole), value(CHINA, 700.0, **whole),
        value(JORDAN, 10.0, "2020", **rate),  # no weight in that year
        value(JORDAN, 10.0, series="EN_EWT_COLLR", unit_measure="PT"), value(JORDAN, 3.0, series="EN_MAT_DOMCMPC"),
    ])  # fmt: skip
    refresh(warehouse)
    found = regional(warehouse, "ref_area, obs_value, areas_counted, weight_share", "series = 'EN_EWT_RCYR'")
    assert found == [("1", 30.0, 2, pytest.approx(0.3)), ("145", 30.0, 2, 1.0), ("747", 30.0, 2, 1.0)]
    missing = "It is weighed by {}, and no series with values of that is loaded."
    assert absent(warehouse) == [
        ("EN_EWT_COLLR", "weighted_mean", missing.format("EN_HAZ_IMP")),
        ("EN_EWT_RCYR", "ratio_of_sums", "No country has both a value and its weight."),
        ("EN_MAT_DOMCMPC", "ratio_of_sums", missing.format("population")),
    ]
    # What weighs was revised under another indicator: what it weighs is made anew.
    load(warehouse, [value(JORDAN, 200.0, **whole)], 2)
    refresh(warehouse, ["12.4.2"])
    assert regional(warehouse, where="ref_area = '145' and series = 'EN_EWT_RCYR'") == [("145", 25.0)]


def test_all_areas_may_divide_those_without_a_value_included(warehouse: Warehouse) -> None:
    declare(warehouse, EN_EWT_RCYR=Rule("ratio_of_sums", "EN_EWT_GENV", all_areas=True))
    load(warehouse, [
        value(JORDAN, 10.0, series="EN_EWT_RCYR"), value(JORDAN, 100.0, series="EN_EWT_GENV"),
        value(CHINA, 300.0, series="EN_EWT_GENV"),
    ])  # fmt: skip
    refresh(warehouse)
    assert regional(warehouse, "obs_value, areas_counted, weight_share", "ref_area = '1'") == [(2.5, 1, 0.25)]


def test_units_bases_and_own_codes_are_not_mixed(warehouse: Warehouse) -> None:
    declare(warehouse, EN_MAT_DOMCMPT=Rule("sum"), EN_EWT_RCYR=Rule("weighted_mean", "EN_EWT_GENV"))
    load(warehouse, [
        value(JORDAN, 1.0), value(CHINA, 1.0, unit_measure="KG"),
        value(JORDAN, 1.0, "2018", base_per="2015"), value(CHINA, 1.0, "2018", base_per="2010"),
        value(JORDAN, 1.0, "2017", cust_breakdown="C01"),
        value(JORDAN, 1.0, series="EN_EWT_RCYR"), value(JORDAN, 1.0, series="EN_EWT_GENV"),
        value(CHINA, 1.0, series="EN_EWT_GENV", unit_measure="KG"),
    ])  # fmt: skip
    refresh(warehouse)
    assert regional(warehouse) == []
    assert [reason for _, _, reason in absent(warehouse, "ref_area = '1' and series != 'EN_EWT_GENV'")] == [
        "The units of EN_EWT_GENV, by which it is weighed, differ.",
        "Codes of CUST_BREAKDOWN mean something else in every country.",
        "The base periods of the countries differ.",
        "The units of the countries differ.",
    ]


def test_a_least_coverage_keeps_a_group_out(warehouse: Warehouse) -> None:
    declare(warehouse, EN_MAT_DOMCMPT=Rule("sum", minimum_coverage=0.25))
    load(warehouse, [value(INDIA, 1.0), value(NEPAL, 1.0), value(BHUTAN, 1.0)])  # 3 of the 9 of Southern Asia
    refresh(warehouse)
    assert regional(warehouse) == [("34", 3.0)]
    assert absent(warehouse, "ref_area = '62' and method = 'as_of_year'") == [
        ("EN_MAT_DOMCMPT", "sum", "The countries with values are less than 25.0 per cent of the group."),
    ]


def test_membership_is_of_one_day_or_of_the_year(warehouse: Warehouse) -> None:
    declare(warehouse, EN_MAT_DOMCMPT=Rule("sum"))
    load(warehouse, [value(area, 1.0, period) for area in (BHUTAN, NEPAL) for period in ("2019", "2024")])
    refresh(warehouse, reference_date=DAY)
    query = (
        "select method, time_period, obs_value, membership_date from report.regional_aggregate "
        "where ref_area = $1 order by all"
    )
    assert warehouse.connection.execute(query, ["199"]).fetchall() == [  # Bhutan left the LDC at the end of 2023
        ("as_of_year", "2019", 2.0, date(2019, 12, 31)), ("as_of_year", "2024", 1.0, date(2024, 12, 31)),
        ("reference_date", "2019", 1.0, DAY), ("reference_date", "2024", 1.0, DAY),
    ]  # fmt: skip
    assert warehouse.connection.execute(query, ["62"]).fetchall() == [
        ("as_of_year", "2019", 2.0, date(2019, 12, 31)), ("as_of_year", "2024", 2.0, date(2024, 12, 31)),
        ("reference_date", "2019", 2.0, DAY), ("reference_date", "2024", 2.0, DAY),
    ]  # fmt: skip
    assert stale(warehouse, reference_date=DAY) == frozenset()
    assert len(stale(warehouse, reference_date=date(2023, 1, 1))) == 21
    refresh(warehouse, reference_date=date(2023, 1, 1))
    assert regional(warehouse, "obs_value", "ref_area = '199'") == [(2.0,), (2.0,)]


def test_only_touched_series_are_made_anew_and_a_shared_series_counts_once(warehouse: Warehouse) -> None:
    rules = {"EN_MAT_DOMCMPT": Rule("sum"), "VC_DSR_MORT": Rule("sum")}
    declare(warehouse, **rules)
    deaths = {"series": "VC_DSR_MORT", "unit_measure": "NUMBER"}
    load(warehouse, [value(CHINA, 1.0), value(CHINA, 5.0, series="SE_GCEDESD_NEP"), value(CHINA, 2.0, **deaths)])
    declare(warehouse, SE_GCEDESD_NEP=Rule("sum"), **rules)  # it serves 12.8.1 and 13.3.1
    refresh(warehouse)
    load(warehouse, [value(CHINA, 10.0), value(CHINA, 20.0, **deaths)], 2)
    refresh(warehouse, ["13.1.1", "13.3.1"])
    assert regional(warehouse, "series, obs_value", "ref_area = '1'") == [
        ("EN_MAT_DOMCMPT", 1.0), ("SE_GCEDESD_NEP", 5.0), ("VC_DSR_MORT", 20.0)
    ]  # fmt: skip
