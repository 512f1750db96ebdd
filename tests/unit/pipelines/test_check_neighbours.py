"""Beside neighbours and estimates: information with both values, and nothing where sizes of countries would speak."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from metadata.areas import load_areas
from metadata.findings import Finding
from metadata.load import Catalogue, load_catalogue
from metadata.model_depth import RuleSetting
from metadata.structure import load_structure
from pipelines.checks.figures import FIGURE
from pipelines.checks.neighbours import check_neighbours
from pipelines.checks.waivers import Terms
from pipelines.places import ROW

STRUCTURE, AREAS = load_structure(), load_areas()
REGION = ("398", "762", "795", "860")  # Central Asia beside Kyrgyzstan, which is too few
SOUTH = ("4", "50", "64", "144", "356", "364", "462", "524")
"""Southern Asia without Pakistan (586)."""


def frame(*rows: tuple[str, str, str, float | None], kind: str, series: str = "EN_HAZ_PCAP") -> pl.DataFrame:
    """Return rows of (area, period, text, value) as staged rows with figures."""
    key = {d.column: "_T" for d in STRUCTURE.dimensions} | {"freq": "A", "reporting_type": kind, "series": series}
    return pl.DataFrame(
        [
            {
                **key, "ref_area": area, "time_period": period, "obs_value_text": sent, FIGURE: value,
                "source_sheet": None, "source_row": None, "source_line": 10 + place, "provider": "UNSD", ROW: place,
            }
            for place, (area, period, sent, value) in enumerate(rows)
        ],
        schema_overrides={FIGURE: pl.Float64, "source_sheet": pl.String, "source_row": pl.Int64},
    )  # fmt: skip


def found(ours: pl.DataFrame, theirs: pl.DataFrame, catalogue: Catalogue | None = None) -> list[Finding]:
    known = catalogue or load_catalogue()
    return check_neighbours(ours, theirs, AREAS, known, STRUCTURE, Terms.of(known, None, date.max))


def around(areas: tuple[str, ...] = SOUTH, series: str = "EN_HAZ_PCAP") -> pl.DataFrame:
    values = (10.0, 12.0, 9.0, 11.0, 10.0, 13.0, 8.0, 10.0)
    rows = [(area, "2019", str(value), value) for area, value in zip(areas, values, strict=False)]
    return frame(*rows, kind="G", series=series)


def test_a_value_far_from_its_region_is_told() -> None:
    [outlier] = found(frame(("586", "2019", "10500", 10500.0), kind="N"), around())
    assert (outlier.rule, outlier.severity, outlier.places) == ("NEIGHBOUR-OUTLIER", "info", 1)
    assert outlier.message == (
        "Series EN_HAZ_PCAP: far from other areas of the same region in 1 row, for example Pakistan 2019: 10,500, "
        "median of Southern Asia 10."
    )
    assert (outlier.examples[0].line, outlier.examples[0].expected) == (10, "10")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (frame(("586", "2019", "20", 20.0), kind="N"), around()),  # within the spread
        (frame(("586", "2018", "10500", 10500.0), kind="N"), around()),  # another year
        (frame(("417", "2019", "10500", 10500.0), kind="N"), around(REGION)),  # too few neighbours
        (frame(("586", "2019", "", None), kind="N"), around()),
        (frame(("62", "2019", "10500", 10500.0), kind="N"), around()),  # the region itself
        (frame(("586", "2019", "1", 1e9), kind="N", series="EN_HAZ_GENV"), around(series="EN_HAZ_GENV")),  # a total
    ],
)
def test_where_nothing_is_to_be_said(ours: pl.DataFrame, theirs: pl.DataFrame) -> None:
    assert found(ours, theirs) == []


def test_percentages_are_compared_as_they_are() -> None:
    theirs = around(series="SG_HAZ_CMRBASEL").with_columns(pl.col(FIGURE) + 80)
    [outlier] = found(frame(("586", "2019", "3", 3.0), kind="N", series="SG_HAZ_CMRBASEL"), theirs)
    assert "Pakistan 2019: 3, median of Southern Asia 90" in outlier.message


def test_a_series_may_say_how_far_is_far_and_how_bad() -> None:
    catalogue = load_catalogue()
    rule = {"rule": "NEIGHBOUR-OUTLIER", "threshold": 99, "reason": "r", "date": "2026-11-22"}
    ours = frame(("586", "2019", "10500", 10500.0), kind="N")
    for changed, expected in (({}, []), ({"threshold": 2, "severity": "warning"}, ["warning"])):
        setting = RuleSetting.model_validate(rule | changed)
        series = catalogue.series["EN_HAZ_PCAP"].model_copy(update={"rules": (setting,)})
        other = replace(catalogue, series={**catalogue.series, "EN_HAZ_PCAP": series})
        assert [one.severity for one in found(ours, around(), other)] == expected


def test_national_values_beside_the_agency_s() -> None:
    ours = frame(("417", "2018", "12.5", 12.5), ("417", "2019", "10.0", 10.0), ("417", "2020", "3", 3.0), kind="N")
    theirs = frame(("417", "2018", "10", 10.0), ("417", "2019", "10", 10.02), ("417", "2020", "0", 0.0), kind="G")
    [beside] = found(ours, theirs)
    assert (beside.rule, beside.severity, beside.places) == ("ESTIMATE-BESIDE", "info", 2)
    assert beside.message == (
        "Series EN_HAZ_PCAP: the agency publishes other values for 2 rows, for example Kyrgyzstan 2018: 12.5, the "
        "agency 10 (difference +25.0 %), Kyrgyzstan 2020: 3, the agency 0."
    )
    assert [example.expected for example in beside.examples] == ["10", "0"]
    assert found(ours.with_columns(pl.lit("G").alias("reporting_type")), theirs) == []


def test_values_that_come_back_digit_by_digit() -> None:
    values = [("417", str(year), f"{year}.125", year + 0.125) for year in range(2015, 2019)]
    [same] = found(frame(*values, kind="N"), frame(*values, kind="G"))
    assert (same.rule, same.severity, same.places) == ("ESTIMATE-SAME", "warning", 4)
    assert same.message == (
        "Series EN_HAZ_PCAP: 4 rows are digit by digit what the agency published, for example Kyrgyzstan 2015: "
        "2,015.125, the agency 2,015.125, Kyrgyzstan 2016: 2,016.125, the agency 2,016.125."
    )
    assert found(frame(*values[:2], kind="N"), frame(*values[:2], kind="G")) == []
    short = [(area, period, "100", 100.0) for area, period, _, _ in values]
    assert found(frame(*short, kind="N"), frame(*short, kind="G")) == []
