"""The content constraint of the declarations: what sdmx1 reads back is what the declarations say."""

from __future__ import annotations

import io
from typing import Any

import pytest

from metadata.errors import SdgError
from metadata.load import load_catalogue
from metadata.structure import load_structure


def read_back(data: bytes) -> Any:
    import sdmx

    return sdmx.read_sdmx(io.BytesIO(data))


def regions(constraint: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    found = {}
    for region in constraint.data_content_region:
        codes = {ms.values_for.id: tuple(v.value for v in ms.values) for ms in region.member.values()}
        found[codes["SERIES"][0]] = codes
    return found


def test_sdmx1_reads_back_what_every_series_may_have() -> None:
    from metadata.derive.constraint import content_constraint

    catalogue, structure = load_catalogue(), load_structure()
    message = read_back(content_constraint(catalogue, structure))
    (constraint,) = message.constraint.values()
    assert (constraint.maintainer.id, constraint.id, str(constraint.version)) == ("UNEP", "CN_SDG_12_13", "1.0")
    assert [f"{one.maintainer.id}:{one.id}({one.version})" for one in constraint.content] == [catalogue.structure]
    found = regions(constraint)
    assert set(found) == {code for code, one in catalogue.series.items() if one.status != "retired"}
    for code, allowed in found.items():
        series = catalogue.series[code]
        assert allowed["FREQ"] == tuple(series.freq)
        assert {key: allowed[key] for key in series.dimensions} == {k: tuple(v) for k, v in series.dimensions.items()}
        assert allowed.get("UNIT_MEASURE", ()) == tuple(series.unit_measure)
        assert allowed["UNIT_MULT"] == tuple(str(power) for power in series.unit_mult)
        assert not set(series.any_code) & set(allowed), "a dimension in which every code is allowed is not named"
        assert "REF_AREA" not in allowed


def test_the_constraint_of_an_indicator_has_its_series_only() -> None:
    from metadata.derive.constraint import content_constraint

    catalogue = load_catalogue()
    data = content_constraint(catalogue, load_structure(), ["12.2.2"])
    (constraint,) = read_back(data).constraint.values()
    assert constraint.id == "CN_SDG_12_2_2"
    assert set(regions(constraint)) == {code for code, number in catalogue.bridge if number == "12.2.2"}
    assert data == content_constraint(catalogue, load_structure(), ["12.2.2"]), "no clock is read"


def test_what_cannot_be_constrained_is_said() -> None:
    from dataclasses import replace

    from metadata.derive.constraint import content_constraint

    catalogue = load_catalogue()
    with pytest.raises(SdgError, match=r"12\.2\.9 is not an indicator of the catalogue\."):
        content_constraint(catalogue, load_structure(), ["12.2.9"])
    with pytest.raises(SdgError, match=r"There is no series to constrain: all are retired\."):
        content_constraint(replace(catalogue, series={}), load_structure())
