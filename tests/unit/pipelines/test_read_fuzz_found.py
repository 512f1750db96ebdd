"""What fuzzing (`tests/fuzz/fuzz_readers.py`) found: inputs that once ended in another exception, now in a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from metadata.errors import UnreadableFile
from pipelines.read.detect import read_message


def refused(data: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read_message(data, name="fuzzed")
    return str(caught.value)


def json_message(dimensions: dict[str, Any], attributes: dict[str, Any], data_set: dict[str, Any]) -> bytes:
    structure = {"dimensions": dimensions, "attributes": attributes}
    return json.dumps({"data": {"structures": [structure], "dataSets": [{"structure": 0, **data_set}]}}).encode()


TIME = [{"id": "TIME_PERIOD", "values": [{"id": "2020"}]}]


def test_series_of_a_structure_that_has_none() -> None:
    """polars: OutOfBoundsError. The dimensions of the level `series` were lost in a damaged structure."""
    series = {"0:1": {"observations": {"0": [1]}}}
    sentence = refused(json_message({"observation": TIME}, {}, {"series": series}))
    assert sentence.startswith('fuzzed, data.dataSets[0].series["0:1"]: ')
    assert "A key of 0 positions is expected here." in sentence
    alone = read_message(json_message({"observation": TIME}, {}, {"series": {"": {"observations": {"0": [1]}}}}))
    assert alone.frame.select("time_period", "obs_value").rows() == [("2020", "1")]


@pytest.mark.parametrize("key", ["99999999999999999999", "1" * 5000, "x", "٣"])
def test_a_group_at_an_impossible_position(key: str) -> None:
    """Found beside it by eye: a position above 64 bits overflowed, one of 4,300 digits is not read by Python at all."""
    attributes = {"dimensionGroup": [{"id": "NOTE"}]}
    data = json_message({"observation": TIME}, attributes, {
        "dimensionGroupAttributes": {key: ["a"]}, "observations": {"0": [1]},
    })
    assert "A key of at most 1 positions is expected here." in refused(data)
