"""The history rules: for each a bad specimen asserted on its sentence, and a good one that says nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl
import pytest

from metadata.findings import Finding
from metadata.load import load_catalogue
from metadata.structure import load_structure
from pipelines.checks import history_frames
from pipelines.checks.history import AgainstHeld, check_history

STRUCTURE, CATALOGUE = load_structure(), load_catalogue()
DIMENSIONS = [one.column for one in STRUCTURE.dimensions]
KEY = [*DIMENSIONS, "time_period"]
DEFAULTS = {
    **dict.fromkeys(DIMENSIONS, "_T"), "freq": "A", "reporting_type": "N", "series": "EN_HAZ_PCAP", "ref_area": "417",
}  # fmt: skip
ATTRIBUTES = {one.column: None for one in STRUCTURE.attributes} | {"unit_measure": "KG", "unit_mult": 0, "nature": "C"}
SCHEMA = {
    **dict.fromkeys(KEY, pl.String), "obs_value": pl.Float64, "obs_value_text": pl.String,
    **dict.fromkeys(ATTRIBUTES, pl.String), "unit_mult": pl.Int32, "source_sheet": pl.String,
    "source_row": pl.Int64, "source_line": pl.Int64, "correction": pl.String,
}  # fmt: skip
HELD = [*KEY, "obs_value", "obs_value_text", *history_frames.MEANING]


def frame(values: dict[str, Any], /, **other: Any) -> pl.DataFrame:
    """Return staged rows, one a period; a value is a text, as it was received, and None a missing one."""
    rows = [
        {
            **DEFAULTS, **ATTRIBUTES, "time_period": period, "obs_value_text": text,
            "obs_value": None if text in (None, "") else float(text), "source_row": number + 2, **other,
        }
        for number, (period, text) in enumerate(values.items())
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMA)


def held(*frames: pl.DataFrame, former: Iterable[float | None] | None = None) -> pl.DataFrame:
    rows = pl.concat(frames).select(HELD)
    before = list(former) if former else [None] * rows.height
    return rows.with_columns(pl.Series("former_value", before, dtype=pl.Float64))


def check(staged: pl.DataFrame, then: pl.DataFrame, **other: Any) -> AgainstHeld:
    return check_history(staged, then, CATALOGUE, STRUCTURE, **other)


def only(found: AgainstHeld) -> Finding:
    [one] = found.findings
    return one


def told(staged: pl.DataFrame, then: pl.DataFrame) -> list[tuple[str, str, int, str]]:
    return [(f.severity, f.rule, f.places, str(f.message)) for f in check(staged, then).findings]


BEFORE = {"2019": "12.5", "2020": "13.27", "2021": "9.81", "2022": "0.75"}


# ----------------------------------------------------------------------------------------------- nothing to say


def test_the_same_again_says_nothing() -> None:
    found = check(frame(BEFORE), held(frame(BEFORE)))
    assert found.findings == []
    assert found.kept_back.is_empty()


def test_nothing_is_judged_where_nothing_is_held() -> None:
    assert check(frame(BEFORE), pl.DataFrame()).findings == []
    assert check(frame({}), held(frame(BEFORE))).findings == []


def test_small_revisions_and_a_new_year_say_nothing() -> None:
    after = {"2019": "12.6", "2020": "13.2", "2021": "9.8", "2022": "0.75", "2023": "1.1"}
    assert told(frame(after), held(frame(BEFORE))) == []


# ----------------------------------------------------------------------------------------------- lost separators


def test_a_lost_separator_is_one_finding_though_the_powers_differ() -> None:
    after = {"2019": "125", "2020": "1327", "2021": "981", "2022": "075"}
    found = check(frame(after), held(frame(BEFORE)))
    one = only(found)
    assert (one.rule, one.severity, one.places) == ("HISTORY-DECIMAL", "error", 4)
    assert one.message == (
        "Series EN_HAZ_PCAP: the decimal separator seems to be lost in 4 rows, for example 125 for 2019, where 12.5 "
        "is held."
    )
    assert one.hint == "Export the values as numbers with a decimal point, and send the series again."
    assert found.kept_back["_s"].to_list() == [0, 1, 2, 3]
    assert set(found.kept_back["rule"]) == {"HISTORY-DECIMAL"}
    first = one.examples[0]
    assert (first.row, first.column, first.time_period, first.value, first.expected) == (
        2, "OBS_VALUE", "2019", "125", "held: 12.5",
    )  # fmt: skip
    assert first.series_key == "A.N.EN_HAZ_PCAP.417" + "._T" * 11


def test_one_value_without_its_separator_is_told_by_its_digits() -> None:
    found = check(frame({**BEFORE, "2020": "1327"}), held(frame(BEFORE)))
    assert (only(found).rule, only(found).places) == ("HISTORY-DECIMAL", 1)
    assert found.kept_back["_s"].to_list() == [1]


def test_one_digit_alone_is_no_lost_separator() -> None:
    found = check(frame({"2019": "5"}), held(frame({"2019": "0.5"})))
    assert [(f.rule, f.severity) for f in found.findings] == [("HISTORY-REVISION", "warning")]


def test_a_zero_in_front_gives_the_lost_separator_away() -> None:
    assert only(check(frame({"2019": "05"}), held(frame({"2019": "0.5"})))).rule == "HISTORY-DECIMAL"


def test_whole_numbers_of_a_new_year_where_decimals_used_to_be() -> None:
    before = held(*(frame(BEFORE, sex=sex) for sex in ("F", "M")))
    new = pl.concat([frame({"2023": "8"}, sex="F"), frame({"2023": "7"}, sex="M")])
    found = check(new, before)
    one = only(found)
    assert (one.rule, one.severity) == ("HISTORY-DECIMAL", "error")
    assert one.message == (
        "Series EN_HAZ_PCAP: the decimal separator seems to be lost in 2 rows, for example 8 for 2023; the nearest "
        "value held, of 2022, is 0.75."
    )


def test_a_new_year_goes_with_the_years_that_lost_theirs() -> None:
    after = {"2019": "125", "2020": "1327", "2021": "981", "2022": "075", "2023": "12"}
    found = check(frame(after), held(frame(BEFORE)))
    assert [(f.rule, f.places) for f in found.findings] == [("HISTORY-DECIMAL", 4), ("HISTORY-DECIMAL", 1)]
    assert found.kept_back.height == 5


def test_a_zero_in_front_of_a_new_year() -> None:
    assert only(check(frame({"2023": "075"}), held(frame(BEFORE)))).rule == "HISTORY-DECIMAL"


def test_separators_that_come_back_are_loaded_with_a_warning() -> None:
    found = check(frame(BEFORE), held(frame({"2019": "125", "2020": "1327", "2021": "981", "2022": "75"})))
    assert found.kept_back.is_empty()
    decimal = found.findings[0]
    assert (decimal.severity, decimal.message) == (
        "warning",
        (
            "Series EN_HAZ_PCAP: 3 rows have a decimal separator where none is held, for example 12.5 for 2019, where "
            "125 is held."
        ),
    )


def test_rounding_to_whole_numbers_is_no_lost_separator() -> None:
    after = {"2019": "13", "2020": "13", "2021": "10", "2022": "1"}
    assert told(frame(after), held(frame(BEFORE))) == []


# ----------------------------------------------------------------------------------------------- powers of ten

COUNTS = {"2019": "125", "2020": "132", "2021": "98", "2022": "75"}


def times(values: dict[str, str], by: float) -> dict[str, str]:
    return {period: f"{float(value) * by:.12g}" for period, value in values.items()}


@pytest.mark.parametrize(
    ("by", "words"), [(1000, "1,000 times"), (1e6, "1,000,000 times"), (0.001, "1/1,000 of"), (100, "100 times")]
)
def test_another_power_of_ten_is_one_finding_for_the_series(by: float, words: str) -> None:
    after = times(COUNTS, by)
    found = check(frame(after), held(frame(COUNTS)))
    one = only(found)
    assert (one.rule, one.severity, one.places) == ("HISTORY-SCALE", "error", 4)
    assert one.message == (
        f"Series EN_HAZ_PCAP: 4 rows are {words} what is held, for example {after['2019']} for 2019, where 125 is held."
    )
    assert one.hint == "Check the unit: send the values in KG, or put the power of ten in UNIT_MULT."
    assert found.kept_back.height == 4


def test_a_scale_is_told_beside_revisions() -> None:
    after = {"2019": "126000", "2020": "131000", "2021": "99000", "2022": "75000"}
    assert [row[:3] for row in told(frame(after), held(frame(COUNTS)))] == [("error", "HISTORY-SCALE", 4)]


def test_a_scale_touches_decimals_and_whole_numbers_alike() -> None:
    before = {"2019": "12.5", "2020": "13", "2021": "9.81", "2022": "8"}
    after = {"2019": "12500", "2020": "13000", "2021": "9810", "2022": "8000"}
    assert [row[:3] for row in told(frame(after), held(frame(before)))] == [("error", "HISTORY-SCALE", 4)]


def test_one_value_in_another_power_is_a_question() -> None:
    found = check(frame({**COUNTS, "2020": "132000"}), held(frame(COUNTS)))
    one = found.findings[0]
    assert (one.rule, one.severity) == ("HISTORY-SCALE", "warning")
    assert one.message.startswith("Series EN_HAZ_PCAP: 1 row, and not the others, are 1,000 times what is held")
    assert len(found.findings) == 1
    assert found.kept_back.is_empty()


def test_a_series_of_one_value_shows_a_power_by_its_digits() -> None:
    assert only(check(frame({"2019": "12500"}), held(frame({"2019": "12.5"})))).severity == "error"
    assert only(check(frame({"2019": "1250000"}), held(frame({"2019": "1250"})))).rule == "HISTORY-SCALE"


def test_new_periods_in_another_power() -> None:
    after = {**COUNTS, "2023": "80000", "2024": "81000", "2025": "79000"}
    found = check(frame(after), held(frame(COUNTS)))
    one = only(found)
    assert one.message == (
        "Series EN_HAZ_PCAP: 3 rows of periods not held yet are about 1,000 times the nearest values held, for example "
        "80000 for 2023, where 75 is held for 2022."
    )
    assert found.kept_back["_s"].to_list() == [4, 5, 6]


def test_what_was_sent_before_the_last_vintage_may_come_back() -> None:
    wrong = held(frame(times(COUNTS, 1000)), former=[float(value) for value in COUNTS.values()])
    assert told(frame(COUNTS), wrong) == []


def test_a_multiplier_that_changes_alone_is_another_quantity() -> None:
    found = check(frame(COUNTS, unit_mult=3), held(frame(COUNTS)))
    scale = found.findings[0]
    assert (scale.rule, scale.severity, scale.places) == ("HISTORY-SCALE", "error", 4)
    assert scale.message == (
        "Series EN_HAZ_PCAP: UNIT_MULT changed in 4 rows and the values did not, so that they are 1,000 times what is "
        "held, for example 125 for 2019, where 125 is held."
    )
    assert len(found.findings) == 1


def test_the_declared_multiplier_takes_the_place_of_a_wrong_one() -> None:
    found = check(frame(COUNTS), held(frame(COUNTS, unit_mult=3)))
    assert found.findings[0].message.startswith(
        "Series EN_HAZ_PCAP: UNIT_MULT is the declared one now in 4 rows and the values are the same, so that they are "
        "1/1,000 of what is held"
    )
    assert found.findings[0].severity == "warning"
    assert found.kept_back.is_empty()


def test_a_multiplier_that_the_values_follow_is_no_change() -> None:
    found = check(frame(times(COUNTS, 0.001), unit_mult=3), held(frame(COUNTS)))
    one = only(found)
    assert (one.severity, one.message) == (
        "info",
        "Series EN_HAZ_PCAP: UNIT_MULT was 0 and is 3 in 4 rows; the values follow, so the quantities are the same.",
    )


# ----------------------------------------------------------------------------------------------- changes


def test_a_revision_beyond_the_series_own_threshold() -> None:
    after = {**COUNTS, "2020": "330", "2021": "260"}
    first = told(frame(after), held(frame(COUNTS)))[0]
    assert first == (
        "warning", "HISTORY-REVISION", 2,
        "Series EN_HAZ_PCAP: revised by more than 139.4 % in 2 rows, the most for 2021: 260, where 98 is held.",
    )  # fmt: skip
    assert [row[1] for row in told(frame(after), held(frame(COUNTS)))] == ["HISTORY-REVISION"]


def test_a_fall_counts_like_a_rise() -> None:
    found = told(frame({**COUNTS, "2022": "24"}), held(frame(COUNTS)))
    assert [(rule, places) for _, rule, places, _ in found] == [("HISTORY-REVISION", 1)]


def test_a_new_year_far_from_the_one_before() -> None:
    found = check(frame({"2023": "200"}), held(frame(COUNTS)))
    one = only(found)
    assert (one.rule, one.severity) == ("HISTORY-CHANGE", "warning")
    assert one.message == (
        "Series EN_HAZ_PCAP: a change of more than 139.4 % from one year to the next in 1 row, the most from 75 in "
        "2022 to 200 in 2023."
    )
    assert (one.examples[0].time_period, one.examples[0].value, one.examples[0].expected) == (
        "2023", "200", "75 in 2022",
    )  # fmt: skip


def test_a_year_put_before_what_is_held_carries_the_finding() -> None:
    one = only(check(frame({"2018": "20"}), held(frame(COUNTS))))
    assert one.message.endswith("the most from 20 in 2018 to 125 in 2019.")
    first = one.examples[0]
    assert (first.time_period, first.value, first.expected) == ("2018", "20", "125 in 2019")


def test_a_jump_that_is_held_is_not_asked_about_again() -> None:
    before = {"2014": "23.205713", "2015": "1736.99"}
    assert told(frame({"2014": "23.2", "2015": "1737.0"}), held(frame(before))) == []


def test_other_periods_than_years_have_no_year_before() -> None:
    assert told(frame({"2023-Q1": "200"}), held(frame(COUNTS))) == []


def test_few_things_more_are_chance() -> None:
    def governments(value: str, period: str) -> pl.DataFrame:
        return frame({period: value}, series="SG_DSR_SILN", unit_measure="NUMBER")

    assert told(governments("4", "2020"), held(governments("1", "2019"))) == []
    assert told(governments("1", "2020"), held(governments("4", "2019"))) == []
    assert [row[1] for row in told(governments("400", "2020"), held(governments("100", "2019")))] == ["HISTORY-CHANGE"]


def test_a_series_without_threshold_is_not_judged_by_its_changes() -> None:
    def waste(value: str) -> pl.DataFrame:
        return frame({"2019": value}, series="EN_HAZ_GENGDP", unit_measure="KG_PER_CON_USD")

    assert CATALOGUE.series["EN_HAZ_GENGDP"].year_on_year.threshold is None  # type: ignore[union-attr]
    assert told(waste("7.7"), held(waste("0.33"))) == []


def test_a_zero_where_a_value_is_held() -> None:
    found = told(frame({**COUNTS, "2021": "0"}), held(frame(COUNTS)))
    assert found == [
        ("warning", "HISTORY-ZERO", 1,
         "Series EN_HAZ_PCAP: a zero where a value is held in 1 row, for example for 2021, where 98 is held."),
    ]  # fmt: skip
    assert told(frame({**COUNTS, "2021": "0"}), held(frame({**COUNTS, "2021": "0"}))) == []


def test_a_value_that_is_gone() -> None:
    found = told(frame({**COUNTS, "2021": None}), held(frame(COUNTS)))
    assert found == [
        ("warning", "HISTORY-ZERO", 1,
         "Series EN_HAZ_PCAP: no value where one is held in 1 row, for example for 2021, where 98 is held."),
    ]  # fmt: skip


def test_a_value_that_fills_a_zero_or_a_gap_says_nothing() -> None:
    assert told(frame(COUNTS), held(frame({**COUNTS, "2021": "0", "2022": None}))) == []


# ----------------------------------------------------------------------------------------------- meaning


def test_another_unit_explains_another_number() -> None:
    found = told(frame(times(COUNTS, 1000), unit_measure="T"), held(frame(COUNTS)))
    assert found == [("warning", "HISTORY-UNIT", 4, "Series EN_HAZ_PCAP: UNIT_MEASURE was KG and is T in 4 rows.")]
    one = only(check(frame(COUNTS, unit_measure="T"), held(frame(COUNTS))))
    first = one.examples[0]
    assert (first.column, first.value, first.expected) == ("UNIT_MEASURE", "T", "held: KG")


def test_another_base_period() -> None:
    found = told(frame(COUNTS, base_per="2017"), held(frame(COUNTS, base_per="2011")))
    assert found == [("warning", "HISTORY-UNIT", 4, "Series EN_HAZ_PCAP: BASE_PER was 2011 and is 2017 in 4 rows.")]


def test_a_multiplier_and_other_values() -> None:
    found = told(frame({"2019": "3"}, unit_mult=3), held(frame({"2019": "125"})))
    assert found == [("warning", "HISTORY-UNIT", 1, "Series EN_HAZ_PCAP: UNIT_MULT was 0 and is 3 in 1 row.")]


def test_another_nature() -> None:
    found = told(frame(COUNTS, nature="E"), held(frame(COUNTS)))
    assert found == [("warning", "HISTORY-NATURE", 4, "Series EN_HAZ_PCAP: NATURE was C and is E in 4 rows.")]


def test_a_nature_that_was_not_stated_may_be_stated() -> None:
    assert told(frame(COUNTS), held(frame(COUNTS, nature="_X"))) == []
    assert told(frame(COUNTS), held(frame(COUNTS, nature=None))) == []


def test_another_source_is_information() -> None:
    long = "Register of hazardous waste of the ministry, by the new classification of wastes"
    found = told(frame(COUNTS, source_detail=long), held(frame(COUNTS, source_detail="Survey of enterprises")))
    assert found == [
        ("info", "HISTORY-DEFINITION", 4,
         ("Series EN_HAZ_PCAP: SOURCE_DETAIL says something else than before in 4 rows: Register of hazardous waste of "
          "the ministry, by the new clas…; before: Survey of enterprises.")),
    ]  # fmt: skip
    gone = told(frame(COUNTS), held(frame(COUNTS, source_detail="Survey of enterprises")))
    assert gone[0][3].endswith("in 4 rows: -; before: Survey of enterprises.")


def test_a_source_that_was_not_named_may_be_named() -> None:
    assert told(frame(COUNTS, source_detail="Survey"), held(frame(COUNTS))) == []
    assert told(frame(COUNTS, source_detail=""), held(frame(COUNTS))) == []


# ----------------------------------------------------------------------------------------------- vanished keys


def missing_one() -> tuple[pl.DataFrame, pl.DataFrame]:
    return frame({period: value for period, value in COUNTS.items() if period != "2020"}), held(frame(COUNTS))


def test_a_key_that_did_not_come_among_others_that_did() -> None:
    staged, then = missing_one()
    one = only(check(staged, then))
    assert (one.rule, one.severity, one.places) == ("HISTORY-VANISHED", "warning", 1)
    assert one.message == (
        "Series EN_HAZ_PCAP: 1 value of 4 held between 2019 and 2022 did not come, for example 2020 (A, N, 417). Their "
        "values stay current."
    )


def test_a_key_that_is_kept_back_or_deleted_has_come() -> None:
    staged, then = missing_one()
    came = frame({"2020": None}).select(KEY)
    assert check(staged, then, came=came).findings == []


@pytest.mark.parametrize("other", [{"replaces": "indicator"}, {"actions": ("Append",)}, {"actions": ("Merge", None)}])
def test_what_replaces_or_appends_misses_nothing(other: dict[str, Any]) -> None:
    staged, then = missing_one()
    assert check(staged, then, **other).findings == []


def test_a_delivery_of_a_few_values_misses_nothing() -> None:
    assert check(frame({"2019": "125"}), held(frame(COUNTS))).findings == []
    few = pl.concat([frame({period: "5"}, sex="F") for period in COUNTS])
    then = held(frame(COUNTS), few, frame(times(COUNTS, 2), sex="M"))
    assert check(few, then).findings == []


# ----------------------------------------------------------------------------------------------- numbers of keys


def test_numbers_of_keys_stay_exact_when_they_would_grow_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    before = pl.concat([frame(COUNTS, ref_area=area) for area in ("417", "404", "646")])
    after = pl.concat([frame({**COUNTS, "2021": "0"}, ref_area=area) for area in ("404", "646")])
    whole = told(after, held(before))
    monkeypatch.setattr(history_frames, "LARGEST", 2)
    assert told(after, held(before)) == whole
    assert whole[0][2] == 2


def test_a_key_may_lack_what_tells_no_rows_apart() -> None:
    then = held(frame(COUNTS)).drop("freq", "sex", "age", "product")
    assert told(frame({**COUNTS, "2021": "0"}), then)[0][1] == "HISTORY-ZERO"


def test_a_series_that_nobody_declared_has_no_unit_to_name() -> None:
    other = {"series": "XX_UNKNOWN"}
    found = check(frame(times(COUNTS, 1000), **other), held(frame(COUNTS, **other)))
    assert only(found).hint == (
        "Check the unit: send the values in UNIT_MEASURE, or put the power of ten in UNIT_MULT."
    )


def test_a_number_without_its_text_is_shown_as_a_number() -> None:
    bare = held(frame(COUNTS)).with_columns(pl.lit(None, dtype=pl.String).alias("obs_value_text"))
    assert told(frame({**COUNTS, "2021": "0"}), bare)[0][3].endswith("where 98 is held.")
    assert only(check(frame({"2023": "200"}), bare)).message.endswith("from 75 in 2022 to 200 in 2023.")
