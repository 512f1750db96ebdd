"""The history rules on published vintages: how often they fire, and whether they see mistakes planted in real series.

The counts here are the evidence that stands beside the rules. No error may fire on a published vintage; what is planted
is known, so what must be told is known too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from metadata.areas import load_areas
from metadata.load import load_catalogue
from metadata.rules import RULES
from metadata.structure import load_structure
from pipelines.checks.history import check_history
from pipelines.checks.history_frames import MEANING

pytestmark = pytest.mark.real

STRUCTURE, CATALOGUE = load_structure(), load_catalogue()
DIMENSIONS = [one.column for one in STRUCTURE.dimensions]
KEY = [*DIMENSIONS, "time_period"]
PLANTED = ("EN_HAZ_PCAP", "EN_EWT_GENPCAP", "SG_DSR_SILS", "EN_MAT_DOMCMPT", "VC_DSR_AFFCT", "EN_HAZ_TRTDISR")


def staged(frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows of single countries with a number in the shape of accepted ones; the first of equal keys."""
    areas = load_areas()
    single = [code for code in frame["ref_area"].unique() if code in areas.areas and not areas.is_group(code)]
    filled = [pl.lit("_T").alias(name) for name in DIMENSIONS if name not in frame.columns]
    empty = [pl.lit(None, dtype=pl.String).alias(a.column) for a in STRUCTURE.attributes if a.column != "unit_mult"]
    return (
        frame.filter(pl.col("ref_area").is_in(single) & pl.col("series").is_in(list(CATALOGUE.series)))
        .with_columns(*filled, *empty, unit_mult=pl.lit(0, dtype=pl.Int32))
        .with_columns(
            obs_value=pl.col("text").cast(pl.Float64, strict=False), obs_value_text=pl.col("text"),
            source_sheet=pl.lit(None, dtype=pl.String), source_row=pl.lit(1, dtype=pl.Int64),
            source_line=pl.lit(None, dtype=pl.Int64),
        )
        .filter(pl.col("obs_value").is_not_null())
        .unique(KEY, keep="first", maintain_order=True)
    )  # fmt: skip


def held(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        *KEY, "obs_value", "obs_value_text", *MEANING, pl.lit(None, dtype=pl.Float64).alias("former_value")
    )


def fired(new: pl.DataFrame, old: pl.DataFrame) -> Counter[tuple[str, str]]:
    found = check_history(new, held(old), CATALOGUE, STRUCTURE)
    rows: Counter[tuple[str, str]] = Counter()
    for one in found.findings:
        rows[one.rule, one.severity] += one.places
    return rows


@pytest.fixture(scope="module")
def october_2020(shared_data: Path) -> pl.DataFrame:
    parts = []
    for path in sorted((shared_data / "unsd/ddf2020").glob("ddf--datapoints--*.csv")):
        table = pl.read_csv(path, infer_schema_length=0)
        series = table.columns[-1]
        broken_down = [c for c in table.columns if c not in ("geo_area", "nature", "units", "year", series)]
        parts.append(
            table.select(
                series=pl.lit(series.upper()), ref_area="geo_area", time_period="year", text=series,
                composite_breakdown=pl.concat_str(broken_down, separator="|") if broken_down else pl.lit("_T"),
            )
        )  # fmt: skip
    return staged(pl.concat(parts))


def year() -> pl.Expr:
    return pl.col("time_period").cast(pl.Int32)


def test_a_release_against_itself_says_nothing(october_2020: pl.DataFrame) -> None:
    assert october_2020.height == 118_319
    assert fired(october_2020, october_2020) == {}


def test_the_last_years_of_a_release_arrive(october_2020: pl.DataFrame) -> None:
    """The two last years of every series are new: 118 of 14,081 changes are asked about, no row is kept back."""
    old = october_2020.filter(year() < year().max().over("series") - 1)
    assert october_2020.height - old.height == 14_081
    assert fired(october_2020, old) == {("HISTORY-CHANGE", "warning"): 118}


def test_from_one_published_vintage_to_the_next(shared_data: Path, october_2020: pl.DataFrame) -> None:
    """Disasters of 2019.Q1, 2020-10 and 2025, Basel reports of 2019.Q1 and 2020-10: not one error."""
    portal = pl.read_excel(shared_data / "unsd/Goal13_2025.xlsx", engine="openpyxl", infer_schema_length=0)
    hazard = pl.col("Hazard type")
    later = staged(
        portal.select(
            series="SeriesCode", ref_area="GeoAreaCode", time_period=pl.col("TimePeriod").str.slice(0, 4), text="Value",
            composite_breakdown=pl.when(hazard.is_null() | hazard.is_in(["", "ALLAREA"])).then(pl.lit("_T"))
            .otherwise(hazard),
        )
    )  # fmt: skip
    old = pl.read_excel(shared_data / "unsd/Data_13.1.1_VC_DSR_MTMP.xlsx", engine="openpyxl", infer_schema_length=0)
    early = staged(
        old.select(
            series="seriesCode", ref_area="geoAreaCode", time_period=pl.col("timePeriod").str.slice(0, 4), text="value"
        )
    )
    basel = pl.read_csv(
        shared_data / "unsd/12.4.1-SG_HAZ_CMRBASEL_long.csv", encoding="cp1252", infer_schema_length=0
    ).select(series="SeriesCode", ref_area="GeoArea_Code", time_period=pl.col("Year").str.slice(0, 4), text="Value")

    def of(rows: pl.DataFrame, series: str) -> pl.DataFrame:
        return rows.filter(pl.col("series") == series)

    assert fired(of(later, "VC_DSR_MTMP"), early) == {
        ("HISTORY-ZERO", "warning"): 7, ("HISTORY-REVISION", "warning"): 26, ("HISTORY-CHANGE", "warning"): 55,
        ("HISTORY-VANISHED", "warning"): 13,
    }  # fmt: skip
    assert fired(of(later, "VC_DSR_AFFCT"), of(october_2020, "VC_DSR_AFFCT")) == {
        ("HISTORY-ZERO", "warning"): 4, ("HISTORY-REVISION", "warning"): 32, ("HISTORY-CHANGE", "warning"): 64,
        ("HISTORY-VANISHED", "warning"): 8,
    }  # fmt: skip
    assert fired(of(october_2020, "SG_HAZ_CMRBASEL"), staged(basel)) == {}


def without_separator(rows: pl.DataFrame) -> pl.DataFrame:
    text = rows["obs_value_text"].str.replace(".", "", literal=True)
    return rows.with_columns(obs_value_text=text, obs_value=text.cast(pl.Float64))


def multiplied(by: float) -> Callable[[pl.DataFrame], pl.DataFrame]:
    def multiply(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(pl.col("obs_value") * by).with_columns(
            obs_value_text=pl.col("obs_value").cast(pl.String)
        )

    return multiply


def rounded(digits: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    def round_off(rows: pl.DataFrame) -> pl.DataFrame:
        shorter = rows.with_columns(pl.col("obs_value").round(digits))
        text = pl.col("obs_value").cast(pl.String)
        return shorter.with_columns(obs_value_text=text if digits else text.str.strip_suffix(".0"))

    return round_off


@pytest.mark.parametrize(
    ("name", "plant", "rule"),
    [
        ("a lost separator", without_separator, "HISTORY-DECIMAL"),
        ("thousands", multiplied(1000), "HISTORY-SCALE"),
        ("per cent for shares", multiplied(100), "HISTORY-SCALE"),
        ("millions for units", multiplied(1e-6), "HISTORY-SCALE"),
        ("rounded to whole numbers", rounded(0), None),
        ("rounded to a digit", rounded(1), None),
        ("a tenth more", multiplied(1.1), None),
    ],
)
def test_mistakes_planted_in_the_values_of_real_areas(
    name: str, plant: Callable[[pl.DataFrame], pl.DataFrame], rule: str | None, october_2020: pl.DataFrame
) -> None:
    """In every eighth area of six series: nearly all values are kept back, and under one finding an area."""
    areas = findings = changed = kept = 0
    for series in PLANTED:
        of_series = october_2020.filter(pl.col("series") == series)
        for area in of_series["ref_area"].unique().sort().to_list()[::8]:
            before = of_series.filter(pl.col("ref_area") == area)
            after = plant(before)
            found = check_history(after, held(before), CATALOGUE, STRUCTURE)
            errors = [one for one in found.findings if one.severity == "error"]
            assert {one.rule for one in errors} <= {rule}, (name, series, area)
            differing = int((after["obs_value"] != before["obs_value"]).sum())
            areas += differing > 0
            findings += len(errors)
            changed += differing
            kept += found.kept_back.height
    assert areas > 60
    assert kept >= (0.999 * changed if rule else 0)
    assert kept <= (changed if rule else 0)
    assert findings <= (areas if rule else 0)


def test_the_evidence_of_the_rules_says_what_is_measured_here() -> None:
    assert "118 of 14,081" in RULES["HISTORY-CHANGE"].evidence
    assert "26 of 1,456" in RULES["HISTORY-REVISION"].evidence
    assert "7 of 1,456" in RULES["HISTORY-ZERO"].evidence
    assert "13 of" in RULES["HISTORY-VANISHED"].evidence
