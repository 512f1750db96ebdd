"""The declaration classes: what one value or one block may not say, and in which words it is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from metadata.model import Cadence, Goal, GoalsFile, Indicator, IndicatorFile, Target, Waiver
from metadata.model_depth import Aggregation, Identity, NumericTarget, Tolerance, YearOnYear, Zero
from metadata.model_reference import ConceptText, LastUpdate
from metadata.model_series import Series, SeriesBlock, ValueRange
from metadata.model_types import LANGUAGES

DECLARED = [IndicatorFile, SeriesBlock, ValueRange, Cadence, GoalsFile, Goal, Target, Waiver]
DECLARED += [Aggregation, Identity, NumericTarget, Tolerance, YearOnYear, Zero, ConceptText, LastUpdate]
TITLES = dict.fromkeys(LANGUAGES, "Title")


def series(**changes: Any) -> dict[str, Any]:
    return {
        "code": "EN_HAZ_PCAP",
        "name": "Hazardous waste generated, per capita (Kg)",
        "status": "current",
        "seen_in": ["1.14"],
        "unit_measure": ["KG"],
        "unit_source": "Name of the series.",
        "value": {"type": "number", "minimum": 0},
        "direction": "down",
        "source": "Structure 1.14.",
    } | changes


def indicator(**changes: Any) -> dict[str, Any]:
    return {
        "number": "12.4.2",
        "titles": TITLES,
        "custodians": ["UNEP"],
        "tier": "II",
        "tier_seen": "2021-07",
        "ccode": "C120402",
        "ccode_status": "structure 1.14",
        "sdgio": None,
        "kos": None,
        "cadence": {"collection": None, "release": None},
        "series": [series()],
    } | changes


def refusals(model: type[BaseModel], value: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(value)
    return str(caught.value)


def test_a_good_indicator_is_accepted_and_knows_its_goal_and_target() -> None:
    found = IndicatorFile.model_validate(indicator())
    assert (found.goal, found.target) == ("12", "12.4")
    assert IndicatorFile.model_validate(indicator(number="12.a.1")).target == "12.a"
    assert found.series[0].freq == ("A",)
    assert found.series[0].precedence == ("UNSD",)
    assert found.series[0].national_fills is False
    assert found.series[0].other_dimensions == "open"


def test_a_declaration_cannot_be_changed() -> None:
    found = IndicatorFile.model_validate(indicator())
    with pytest.raises(ValidationError, match="frozen"):
        found.number = "12.4.1"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"number": "12.4"}, '"12.4" is not the number of an indicator, such as "12.4.2".'),
        ({"number": "12-4-2"}, '"12-4-2" is not the number of an indicator'),
        ({"tier": "2"}, "Input should be 'I', 'II' or 'III'"),
        ({"tier_seen": "2021"}, '"2021" is not a month or a day, such as "2021-07".'),
        ({"titles": {"en": "Only one"}}, "The titles in ar, es, fr, ru, zh are missing."),
        ({"titles": TITLES | {"de": "Titel"}}, '"de" is not one of the languages ar, en, es, fr, ru, zh.'),
        ({"titles": TITLES | {"fr": " "}}, "A text is empty."),
        ({"custodians": []}, "at least 1 item"),
        ({"custodians": ["UNEP", "UNEP"]}, '"UNEP" stands twice in a list.'),
        ({"also": ["8.4"]}, '"8.4" is not the number of an indicator'),
        ({"ccode": "C 120402"}, '"C 120402" is not a code: letters, digits and underscores.'),
        ({"series": []}, "12.4.2 neither owns nor uses a series."),
        ({"extra": 1}, "Extra inputs are not permitted"),
    ],
)
def test_an_indicator_is_refused_in_words(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in refusals(IndicatorFile, indicator(**changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"unit_measure": []},
            'Without a unit_measure the unit_source begins with "Not known" and says why.',
        ),
        ({"unit_mult": []}, "at least 1 item"),
        ({"unit_mult": ["0"]}, "valid integer"),
        ({"heirs": ["EN_HAZ_GENV"]}, "EN_HAZ_PCAP is current and has heirs."),
        ({"status": "legacy"}, "EN_HAZ_PCAP is legacy and names neither heirs nor a heirs_note."),
        ({"status": "retired", "heirs": ["EN_HAZ_PCAP"]}, "EN_HAZ_PCAP is its own heir."),
        ({"dimensions": {"SEX": []}}, "at least 1 item"),
        ({"dimensions": {"SEX": ["M", "M"]}}, '"M" stands twice in a list.'),
        (
            {"dimensions": {"SEX": ["M"]}, "any_code": ["SEX"]},
            "SEX stands under dimensions and under any_code.",
        ),
        ({"other_dimensions": "all"}, "Input should be '_T' or 'open'"),
        ({"value": {"type": "count"}}, "Input should be 'number'"),
        ({"owner": "12.4.2"}, "Extra inputs are not permitted"),
    ],
)
def test_a_series_is_refused_in_words(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in refusals(SeriesBlock, series(**changes))


def test_a_series_whose_unit_is_not_known_says_so() -> None:
    found = SeriesBlock.model_validate(series(unit_measure=[], unit_source="Not known: seen in 2026."))
    assert found.unit_measure == ()


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"minimum": 5, "maximum": 1}, "The minimum is larger than the maximum."),
        (
            {"maximum": 10, "soft_maximum": 10},
            "The soft_maximum is not below the maximum, so it never matters.",
        ),
        (
            {"maximum": 1, "country_maximum": 1},
            "The country_maximum is not below the maximum, so it never matters.",
        ),
        ({"minimum": "0"}, "valid number"),
        ({"soft_severity": "error"}, "Input should be 'warning' or 'info'"),
    ],
)
def test_a_range_is_refused_in_words(value: dict[str, Any], sentence: str) -> None:
    assert sentence in refusals(ValueRange, {"type": "number"} | value)


@pytest.mark.parametrize("model", DECLARED)
def test_every_key_is_described_and_its_good_example_is_accepted(model: type[BaseModel]) -> None:
    for name, info in model.model_fields.items():
        assert info.description, f"{model.__name__}.{name} has no description"
        for example in info.examples or ():
            adapter: TypeAdapter[Any] = TypeAdapter(info.annotation)
            if name != "titles":  # the example shows one language to stay short
                adapter.validate_python(example)


def test_what_a_person_writes_is_described_with_a_bad_example() -> None:
    described = (SeriesBlock, IndicatorFile, ValueRange, Aggregation, Identity, NumericTarget, Tolerance, YearOnYear)
    for model in (*described, Zero, Waiver, Cadence, ConceptText, LastUpdate):
        for name, info in model.model_fields.items():
            if name not in ("value", "cadence", "series", "tolerance"):  # blocks, whose own keys are described
                assert "\nBad: " in (info.description or ""), f"{model.__name__}.{name}"


def test_resolved_classes_add_and_take_nothing_away() -> None:
    assert set(SeriesBlock.model_fields) < set(Series.model_fields)
    assert set(IndicatorFile.model_fields) < set(Indicator.model_fields)
