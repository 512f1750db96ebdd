"""Ours against the published: the gap, and the area that stands in another group."""

from __future__ import annotations

import pytest

from tests.unit.warehouse.test_regional_aggregate import (
    BHUTAN,
    CHINA,
    INDIA,
    ISRAEL,
    JAPAN,
    JORDAN,
    NEPAL,
    Rule,
    declare,
    load,
    value,
)
from warehouse.connect import Warehouse
from warehouse.report import refresh

COUNTRIES = {JORDAN: 74.0, ISRAEL: 31.0, CHINA: 1013.0, JAPAN: 117.0, INDIA: 411.0, NEPAL: 13.0, BHUTAN: 3.0}
GIVEN = {"747": 105.0, "753": 1130.0, "62": 427.0, "1": 1662.0}


def compared(warehouse: Warehouse, where: str = "true") -> dict[str, tuple]:
    refresh(warehouse)
    rows = warehouse.connection.execute(
        "select ref_area, ours, published, round(ratio, 4), explained_by, explanation "
        f"from report.aggregate_comparison where {where}"
    ).fetchall()
    return {area: tuple(rest) for area, *rest in rows}


def given(changes: dict[str, float], **other: object) -> list[dict]:
    countries = [value(area, amount, **other) for area, amount in COUNTRIES.items()]
    return [*countries, *(value(area, amount, **other) for area, amount in {**GIVEN, **changes}.items())]


def test_what_agrees_needs_no_explanation(warehouse: Warehouse) -> None:
    declare(warehouse, EN_MAT_DOMCMPT=Rule("sum"))
    load(warehouse, given({"753": 1130.3}))
    found = compared(warehouse)
    assert found["747"] == (105.0, 105.0, 1.0, None, None)
    assert found["753"] == (1130.0, 1130.3, 0.9997, None, None)


def test_a_country_in_another_region_is_named_on_both_sides(warehouse: Warehouse) -> None:
    declare(warehouse, EN_MAT_DOMCMPT=Rule("sum"))
    load(warehouse, given({"747": 31.0, "753": 1204.3}))  # 0.3 of another cause
    sentence = (
        "Jordan (400) is published in Eastern and South-Eastern Asia (753) instead of Northern Africa and Western Asia "
        "(747): moving it closes the gap."
    )
    assert compared(warehouse) == {
        "1": (1662.0, 1662.0, 1.0, None, None),
        "62": (427.0, 427.0, 1.0, None, None),
        "747": (105.0, 31.0, 3.3871, JORDAN, sentence),
        "753": (1130.0, 1204.3, pytest.approx(0.9383), JORDAN, sentence),
    }


def test_a_whole_subregion_is_named(warehouse: Warehouse) -> None:
    declare(warehouse, EN_MAT_DOMCMPT=Rule("sum"))
    load(warehouse, [*given({"62": 5.0, "753": 1557.0}), value("398", 5.0)])  # Kazakhstan stays
    found = compared(warehouse, "ref_area in ('62', '753')")
    assert {row[3] for row in found.values()} == {"34"}
    assert found["62"][4] == (
        "Southern Asia (34) is published in Eastern and South-Eastern Asia (753) instead of Central and Southern Asia "
        "(62): moving it closes the gap."
    )


def test_a_mean_is_searched_as_a_mean(warehouse: Warehouse) -> None:
    declare(warehouse, SG_HAZ_CMRBASEL=Rule("mean"))
    rates = {"series": "SG_HAZ_CMRBASEL", "unit_measure": "PT"}
    load(warehouse, given({"747": 31.0, "753": 1204 / 3, "62": 427 / 3, "1": 1662 / 7}, **rates))
    found = compared(warehouse)
    assert [found[area][3] for area in ("747", "753", "62", "1")] == [JORDAN, JORDAN, None, None]


def test_an_area_alone_must_close_the_gap_exactly(warehouse: Warehouse) -> None:
    declare(warehouse, EN_MAT_DOMCMPT=Rule("sum"))
    load(warehouse, given({"747": 31.0, "753": 1130.0, "62": 427.0 + 31.1, "1": 1662.0}))
    found = compared(warehouse)
    assert found["747"][4] == "Jordan (400) is not in the published value: taking it out closes the gap."
    assert found["62"][3:] == (None, "No single area closes the gap.")
    load(warehouse, given({"747": 105.0, "62": 458.0}), 2)  # as much as Israel, which 747 has
    assert compared(warehouse)["62"][3:] == (None, "No single area closes the gap.")
    load(warehouse, [value("747", 90.0), value("62", 458.0)], 3)  # 747 does not agree either
    assert compared(warehouse)["62"][4] == "Israel (376) is in the published value: putting it in closes the gap."


def test_areas_that_fit_equally_are_counted_not_chosen(warehouse: Warehouse) -> None:
    declare(warehouse, EN_MAT_DOMCMPT=Rule("sum"))
    neighbours = [value(area, 74.0) for area in ("368", "414", "422")]  # Iraq, Kuwait, Lebanon: as much as Jordan
    load(warehouse, [*given({"747": 253.0, "753": 1130.0}), *neighbours])
    found = compared(warehouse, "ref_area = '747'")["747"]
    assert found[3] == "368 400 414 422"
    sentence = "One of 4 areas (Iraq (368), Jordan (400), Kuwait (414), …) is not in the published value: taking it out"
    assert found[4] == f"{sentence} closes the gap."


def test_why_there_is_nothing_to_compare(warehouse: Warehouse) -> None:
    declare(warehouse, EN_MAT_DOMCMPT=Rule("sum"), EN_EWT_RCYR=Rule("ratio_of_sums", "EN_EWT_GENV"))
    rate = {"series": "EN_EWT_RCYR", "unit_measure": "PT"}
    load(warehouse, [
        value(CHINA, 5.0), value("753", 5.0, unit_measure="KG"), value("2", 5.0), value("419", 5.0),
        value("1", 0.0), value("747", 5.0, "2018"), value("1", 5.0, series="EN_HAZ_IMP"),
        value(CHINA, 5.0, series="EN_HAZ_IMP"), value(CHINA, 5.0, **rate), value("1", 6.0, **rate),
        value(CHINA, 5.0, series="EN_EWT_GENV"),
    ])  # fmt: skip
    refresh(warehouse)
    rows = warehouse.connection.execute(
        "select series, ref_area, ours, ratio, explanation from report.aggregate_comparison order by 1, 2"
    ).fetchall()
    assert rows == [
        ("EN_EWT_RCYR", "1", 5.0, pytest.approx(5 / 6), "By the rule ratio_of_sums no area was searched for."),
        ("EN_HAZ_IMP", "1", None, None, "No rule is declared."),
        ("EN_MAT_DOMCMPT", "1", 5.0, None, "China (156) is not in the published value: taking it out closes the gap."),
        ("EN_MAT_DOMCMPT", "2", None, None, "This group is not one that is recomputed."),
        ("EN_MAT_DOMCMPT", "419", None, None, "No country of the group has a value."),
        ("EN_MAT_DOMCMPT", "747", None, None, "No country has a value for this breakdown and period."),
        ("EN_MAT_DOMCMPT", "753", None, None, "Published in KG, the countries in T."),
    ]
