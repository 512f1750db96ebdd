"""Corrections: applied while the defect is there, loud when it is gone, and every touched row says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from metadata.structure import load_structure
from pipelines.correct import CORRECTION, VALUE, Corrected, apply_corrections
from pipelines.map import apply_map
from pipelines.places import numbered
from pipelines.provider import Provider

STRUCTURE = load_structure()


def correction(action: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": "c1",
        "match": {"SERIES": "EN_HAZ_PCAP", "TIME_PERIOD": "2019"},
        "expect": {"OBS_VALUE": "12500"},
        "action": action,
        "reason": "Grams were sent as kilograms.",
        "who": "An analyst",
        **changes,
    }


@pytest.fixture
def corrected(
    frame_of: Callable[..., pl.DataFrame], office: Callable[..., Provider]
) -> Callable[..., Corrected]:
    def run(corrections: list[dict[str, Any]], *rows: dict[str, Any]) -> Corrected:
        provider = office(corrections=corrections, map={"codes": {"REF_AREA": {"KG": "417"}}})
        received = numbered(frame_of(*rows))
        mapped = apply_map(received, provider, STRUCTURE)
        return apply_corrections(mapped.frame, received, provider, STRUCTURE)

    return run


def test_scale_is_exact_and_leaves_the_text_as_received(corrected: Callable[..., Corrected]) -> None:
    result = corrected(
        [correction("scale", factor="0.001", expect={"OBS_VALUE": ["12500", "0.1"]})],
        {"obs_value": "12500"},
        {"obs_value": "0.1"},
        {"obs_value": "12500", "time_period": "2018"},
    )
    assert result.frame[VALUE].to_list() == ["12.500", "0.0001", "12500"]
    assert result.frame["obs_value"].to_list() == ["12500", "0.1", "12500"]
    assert result.frame[CORRECTION].to_list() == ["c1", "c1", None]
    [found] = result.findings
    assert (found.rule, found.severity, found.places) == ("CORRECTION-APPLIED", "info", 2)
    assert found.message == (
        "Correction c1 was applied to 2 rows (the value times 0.001). Grams were sent as kilograms."
    )
    assert "status: open" in found.hint


def test_the_guard_compares_numbers_as_numbers(corrected: Callable[..., Corrected]) -> None:
    result = corrected([correction("scale", factor="0.001")], {"obs_value": "12500.0"})
    assert result.frame[VALUE].to_list() == ["12.5000"]


def test_override_may_change_codes_attributes_and_the_value(corrected: Callable[..., Corrected]) -> None:
    change = correction(
        "override", set={"OBS_VALUE": "12.5", "NATURE": "E", "COMMENT_OBS": "was in grams"}, status="reported"
    )
    result = corrected([change], {"obs_value": "12500"}, {"obs_value": "3", "time_period": "2018"})
    assert result.frame[VALUE].to_list() == ["12.5", "3"]
    assert result.frame["nature"].to_list() == ["E", "C"]
    assert result.frame["comment_obs"].to_list() == ["was in grams", None]
    [found] = result.findings
    assert "OBS_VALUE becomes 12.5, NATURE becomes E, COMMENT_OBS becomes was in grams" in found.message
    assert "status: reported" in found.hint


def test_drop_takes_the_row_away_and_counts_it(corrected: Callable[..., Corrected]) -> None:
    result = corrected([correction("drop")], {"obs_value": "12500"}, {"time_period": "2018"})
    assert result.frame["time_period"].to_list() == ["2018"]
    assert result.dropped["time_period"].to_list() == ["2019"]
    assert result.dropped[CORRECTION].to_list() == ["c1"]
    assert "(the rows are dropped)" in result.findings[0].message


def test_flag_changes_nothing_but_the_note(corrected: Callable[..., Corrected]) -> None:
    result = corrected([correction("flag")], {"obs_value": "12500"})
    assert result.frame[VALUE].to_list() == ["12500"]
    assert result.frame[CORRECTION].to_list() == ["c1"]
    assert "(noted, nothing changed)" in result.findings[0].message


def test_two_corrections_of_one_row_are_both_named(corrected: Callable[..., Corrected]) -> None:
    second = correction("override", id="c2", set={"NATURE": "E"})
    result = corrected([correction("scale", factor="0.001"), second], {"obs_value": "12500"})
    assert result.frame[CORRECTION].to_list() == ["c1,c2"]


def test_a_mended_source_is_loud_and_left_alone(corrected: Callable[..., Corrected]) -> None:
    result = corrected([correction("scale", factor="0.001")], {"obs_value": "12.5"})
    assert result.frame[VALUE].to_list() == ["12.5"]
    assert result.frame[CORRECTION].to_list() == [None]
    [found] = result.findings
    assert (found.rule, found.severity, found.places) == ("CORRECTION-STALE", "error", 1)
    assert found.message == (
        "Correction c1 was not applied: in 1 row it expects OBS_VALUE 12500 and finds OBS_VALUE 12.5."
    )
    assert found.hint == (
        "The source may have been mended. Check the value, then remove the correction or renew its guard."
    )
    assert found.examples[0].expected == "12500"
    assert found.examples[0].value == "12.5"


def test_some_mended_and_some_not_gives_both_findings(corrected: Callable[..., Corrected]) -> None:
    change = correction("drop", match={"SERIES": "EN_HAZ_PCAP"})
    result = corrected([change], {"obs_value": "12500"}, {"obs_value": "7", "time_period": "2018"})
    assert [found.rule for found in result.findings] == ["CORRECTION-STALE", "CORRECTION-APPLIED"]
    assert (result.frame.height, result.dropped.height) == (1, 1)


def test_a_series_without_the_row_is_loud(corrected: Callable[..., Corrected]) -> None:
    result = corrected([correction("drop")], {"time_period": "2018"})
    [found] = result.findings
    assert found.message == (
        "Correction c1 was not applied: no row has SERIES EN_HAZ_PCAP, TIME_PERIOD 2019."
    )


def test_a_delivery_without_the_series_is_no_reason_to_worry(corrected: Callable[..., Corrected]) -> None:
    assert corrected([correction("drop")], {"series": "EN_HAZ_GENV"}).findings == ()


def test_a_guard_on_other_components_looks_at_codes_as_received(corrected: Callable[..., Corrected]) -> None:
    change = correction("drop", expect={"REF_AREA": "KG", "UNIT_MEASURE": ["T", "KG"]})
    assert corrected([change], {"ref_area": "KG"}).dropped.height == 1
    assert corrected([change], {"ref_area": "417"}).findings[0].rule == "CORRECTION-STALE"


def test_text_that_is_no_number_is_not_scaled(corrected: Callable[..., Corrected]) -> None:
    result = corrected([correction("scale", factor="1000", expect={"OBS_VALUE": "<5"})], {"obs_value": "<5"})
    assert result.frame[VALUE].to_list() == ["<5"]


def test_without_a_provider_nothing_is_corrected(frame_of: Callable[..., pl.DataFrame]) -> None:
    received = numbered(frame_of({}))
    mapped = apply_map(received, None, STRUCTURE)
    result = apply_corrections(mapped.frame, received, None, STRUCTURE)
    assert result.findings == ()
    assert result.frame[VALUE].to_list() == ["12.5"]
    assert result.dropped.height == 0
