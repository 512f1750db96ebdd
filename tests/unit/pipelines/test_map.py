"""The code map: what is translated, filled in, changed, kept back, and what is left as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from metadata.structure import load_structure
from pipelines.map import NATIONAL, WHEN, Mapped, apply_map, condition_in_words
from pipelines.provider import Provider

STRUCTURE = load_structure()


@pytest.fixture
def mapped(frame_of: Callable[..., pl.DataFrame], office: Callable[..., Provider]) -> Callable[..., Mapped]:
    def run(code_map: dict[str, Any], *rows: dict[str, Any], without: tuple[str, ...] = ()) -> Mapped:
        return apply_map(frame_of(*rows, without=without), office(map=code_map), STRUCTURE)

    return run


def test_codes_are_translated_and_others_stay(mapped: Callable[..., Mapped]) -> None:
    result = mapped(
        {"codes": {"REF_AREA": {"KG": "417"}, "SEX": {"1": "M"}}},
        {"ref_area": "KG", "sex": "1"},
        {"ref_area": "XX", "sex": "2"},
    )
    assert result.frame["ref_area"].to_list() == ["417", "XX"]
    assert result.frame["sex"].to_list() == ["M", "2"]
    assert result.findings == ()


def test_defaults_fill_what_is_absent_empty_or_has_no_column(mapped: Callable[..., Mapped]) -> None:
    result = mapped(
        {"defaults": {"SEX": "_T", "AGE": "_T", "UNIT_MEASURE": "KG"}},
        {"sex": None, "unit_measure": ""},
        {"sex": "F", "unit_measure": "T"},
        {"sex": " ", "unit_measure": None},
        without=("age",),
    )
    assert result.frame["sex"].to_list() == ["_T", "F", "_T"]
    assert result.frame["age"].to_list() == ["_T", "_T", "_T"]
    assert result.frame["unit_measure"].to_list() == ["KG", "T", "KG"]


def test_national_only_looks_at_codes_as_received(mapped: Callable[..., Mapped]) -> None:
    """Rwanda's REF_AREA 1 is Kigali, and 1 is the World in the global list."""
    result = mapped(
        {"codes": {"REF_AREA": {"KG": "417"}}, "national_only": {"REF_AREA": ["1"], "SEX": ["X1"]}},
        {"ref_area": "1"},
        {"ref_area": "KG"},
        {"ref_area": "KG", "sex": "X1"},
        {"ref_area": "1", "sex": "X1"},
    )
    assert result.frame[NATIONAL].to_list() == ["REF_AREA", None, "SEX", "REF_AREA"]
    assert result.frame["ref_area"].to_list() == ["1", "417", "417", "1"]


WHEN_RULES = {
    "codes": {"REF_AREA": {"KG": "417"}},
    "when": [
        {
            "if": {"SERIES": "EN_HAZ_PCAP", "UNIT_MEASURE": ["PT", "PC"], "REF_AREA": "417"},
            "quarantine": True,
            "reason": "These are percentages.",
        },
        {
            "if": {"COMMENT_OBS": "rate"},
            "set": {"SERIES": "VC_DSR_MTMP", "UNIT_MEASURE": "PER_100000_POP"},
            "reason": "The remark says so.",
        },
    ],
}


def test_when_needs_all_its_conditions_and_sees_global_codes(mapped: Callable[..., Mapped]) -> None:
    result = mapped(
        WHEN_RULES,
        {"ref_area": "KG", "unit_measure": "PT"},
        {"ref_area": "KG", "unit_measure": "PC"},
        {"ref_area": "KG", "unit_measure": "KG"},
        {"ref_area": "KG", "unit_measure": "PT", "series": "EN_HAZ_GENV"},
        {"ref_area": "KG", "unit_measure": None},
    )
    assert result.frame[WHEN].to_list() == [0, 0, None, None, None]
    assert result.findings == ()


def test_when_changes_rows_and_says_so(mapped: Callable[..., Mapped]) -> None:
    result = mapped(
        WHEN_RULES,
        {"series": "VC_DSR_MORT", "comment_obs": "rate"},
        {"series": "VC_DSR_MORT", "comment_obs": None},
    )
    assert result.frame["series"].to_list() == ["VC_DSR_MTMP", "VC_DSR_MORT"]
    assert result.frame["unit_measure"].to_list() == ["PER_100000_POP", "KG"]
    assert result.frame[WHEN].to_list() == [None, None]
    [found] = result.findings
    assert (found.rule, found.severity, found.places) == ("MAP-CHANGED", "info", 1)
    assert found.message == (
        "Changed by a reviewed rule of the code map (COMMENT_OBS rate): 1 row, "
        "SERIES becomes VC_DSR_MTMP, UNIT_MEASURE becomes PER_100000_POP. The remark says so."
    )
    [example] = found.examples
    assert (example.line, example.column, example.value, example.expected) == (
        10,
        "SERIES",
        "VC_DSR_MORT",
        "VC_DSR_MTMP",
    )


def test_the_first_rule_that_fits_is_used(mapped: Callable[..., Mapped]) -> None:
    result = mapped(WHEN_RULES, {"ref_area": "KG", "unit_measure": "PT", "comment_obs": "rate"})
    assert result.frame[WHEN].to_list() == [0]
    assert result.frame["series"].to_list() == ["EN_HAZ_PCAP"]


def test_when_on_a_column_that_the_message_lacks_fits_no_row(mapped: Callable[..., Mapped]) -> None:
    result = mapped(
        {"when": [{"if": {"NATURE": "E"}, "quarantine": True, "reason": "An estimate."}]},
        {},
        without=("nature",),
    )
    assert result.frame[WHEN].to_list() == [None]


def test_when_may_set_a_column_that_the_message_lacks(mapped: Callable[..., Mapped]) -> None:
    rule = {"if": {"SERIES": "EN_HAZ_PCAP"}, "set": {"NATURE": "C"}, "reason": "All is the country's."}
    result = mapped({"when": [rule]}, {}, {"series": "EN_HAZ_GENV"}, without=("nature",))
    assert result.frame["nature"].to_list() == ["C", None]


def test_an_office_that_marks_rows_as_global_is_told(mapped: Callable[..., Mapped]) -> None:
    rows = (
        {"reporting_type": "G"},
        {"reporting_type": "N"},
        {"reporting_type": "G"},
        {"reporting_type": None},
    )
    result = mapped({"codes": {"REPORTING_TYPE": {"G": "N"}}, "defaults": {"REPORTING_TYPE": "N"}}, *rows)
    assert result.frame["reporting_type"].to_list() == ["N", "N", "N", "N"]
    [found] = result.findings
    assert (found.rule, found.severity, found.places) == ("REPORTING-TYPE", "info", 2)
    assert found.message == "REPORTING_TYPE: an office's data are national; G in 2 rows was taken as N."
    assert found.hint == "Send N (national) in REPORTING_TYPE."


def test_without_a_provider_nothing_changes(frame_of: Callable[..., pl.DataFrame]) -> None:
    frame = frame_of({"ref_area": "KG"}, {"sex": None})
    result = apply_map(frame, None, STRUCTURE)
    assert result.frame.select(frame.columns).equals(frame)
    assert result.frame[NATIONAL].null_count() == 2


def test_a_map_keeps_every_row_and_its_place(mapped: Callable[..., Mapped]) -> None:
    result = mapped(WHEN_RULES, *({"time_period": str(year)} for year in range(2000, 2010)))
    assert result.frame["_i"].to_list() == list(range(10))
    assert result.frame["_line"].to_list() == list(range(10, 20))


def test_a_map_on_no_rows(mapped: Callable[..., Mapped]) -> None:
    result = mapped(WHEN_RULES, {})
    assert mapped(WHEN_RULES).frame.height == 0
    assert result.frame.height == 1


def test_a_condition_in_words() -> None:
    wanted = {"SERIES": "EN_HAZ_PCAP", "UNIT_MEASURE": ("PT", "PC")}
    assert condition_in_words(wanted) == "SERIES EN_HAZ_PCAP, UNIT_MEASURE PT or PC"
