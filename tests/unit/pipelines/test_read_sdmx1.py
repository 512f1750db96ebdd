"""What sdmx1 2.28 writes from generated data, read by us: the same keys, values and attributes; where it is wrong, the
clause.

It writes SDMX-ML 2.1, structure-specific and generic, flat and by series; in the comparison an empty attribute is none.
"""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.errors import UnreadableFile
from pipelines.read.detect import read_message
from tests.unit.warehouse.export_frames import COMPONENTS, KEY, STRUCTURE, frames, one_row

pytest.importorskip("sdmx", reason="sdmx1 is not installed")

Cells = Counter[tuple[tuple[str, str], ...]]
KINDS = {
    "structure-specific flat": ("StructureSpecificDataSet", False), "generic flat": ("DataSet", False),
    "structure-specific series": ("StructureSpecificDataSet", True), "generic series": ("DataSet", True),
}


def written(frame: pl.DataFrame, kind: str) -> bytes:
    """Return the message that sdmx1 writes of a frame; attributes stand at the observation."""
    import sdmx
    from sdmx.message import DataMessage, Header
    from sdmx.model import common, v21

    name, by_series = KINDS[kind]
    dsd = v21.DataStructureDefinition(
        id=STRUCTURE.id, version=STRUCTURE.version, maintainer=common.Agency(id=STRUCTURE.agency)
    )
    for one in COMPONENTS:
        if one.role == "dimension":
            dsd.dimensions.getdefault(one.id)
        elif one.role == "time":
            dsd.dimensions.append(common.TimeDimension(id=one.id))
        elif one.role == "measure":
            dsd.measures.getdefault(one.id)
        else:
            related = v21.PrimaryMeasureRelationship()
            dsd.attributes.append(common.DataAttribute(id=one.id, related_to=related))
    time = next(one for one in COMPONENTS if one.role == "time")
    keys = [one for one in COMPONENTS if one.role == "dimension"]
    attributes = [one for one in COMPONENTS if one.role == "attribute" and one.column in frame.columns]
    series: dict[Any, list[Any]] = {}
    for row in frame.iter_rows(named=True):
        key = dsd.make_key(common.SeriesKey, {one.id: row[one.column] for one in keys})
        texts = {one.id: row[one.column] for one in attributes if row[one.column] is not None}
        attached = {
            i: common.AttributeValue(value=text, value_for=dsd.attributes.get(i)) for i, text in texts.items()
        }
        own = {time.id: row[time.column]} if by_series else {one.id: row[one.column] for one in [*keys, time]}
        observation = v21.Observation(
            dimension=dsd.make_key(common.Key, own), value=row.get("obs_value"), attached_attribute=attached,
            value_for=dsd.measures[0],
        )  # fmt: skip
        series.setdefault(key, []).append(observation)
    data_set = getattr(v21, name)(structured_by=dsd)
    for key, observations in series.items():
        data_set.add_obs(observations, key if by_series else None)
    where = dsd.dimensions.get(time.id) if by_series else common.AllDimensions
    message = DataMessage(header=Header(id="M", test=False), data=[data_set], observation_dimension=where)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            return bytes(sdmx.to_xml(message))
        finally:
            logging.disable(logging.NOTSET)


def cells(frame: pl.DataFrame) -> Cells:
    """Return the rows, each its filled cells by column."""
    columns = [c for c in frame.columns if not c.startswith("_")]
    return Counter(
        tuple(sorted((c, row[c]) for c in columns if row[c])) for row in frame.select(columns).iter_rows(named=True)
    )


def generic_root(data: bytes) -> bytes:
    """Return generic data under the root that they belong to; see the test of what sdmx1 writes."""
    return data.replace(b"mes:StructureSpecificData", b"mes:GenericData")


def read(frame: pl.DataFrame, kind: str) -> Any:
    data = written(frame, kind)
    return read_message(generic_root(data) if kind.startswith("generic") else data)


EXAMPLE = pl.concat([
    one_row(time_period=period, obs_value=value, unit_measure="KG", comment_obs=note)
    for period, value, note in (("2020", "1.50", 'a "b" & <c>'), ("2021", "-1", "it's"), ("2022", "0", None))
])


@pytest.mark.parametrize("kind", KINDS)
def test_an_example(kind: str) -> None:
    message = read(EXAMPLE, kind)
    assert message.format == f"sdmx-ml-2.1-{kind.partition(' ')[0]}"
    assert str(message.header.structure) == f"IAEG-SDGs:SDG({STRUCTURE.version})"
    assert cells(message.frame) == cells(EXAMPLE)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frame=frames(whole_key=True, actions=("Information",)), kind=st.sampled_from(sorted(KINDS)))
def test_its_xml_is_read_the_same(frame: pl.DataFrame, kind: str) -> None:
    frame = frame.unique(KEY, keep="first", maintain_order=True)
    if kind.startswith("generic"):
        frame = frame.with_columns(pl.col("obs_value").fill_null("0"))
    assert cells(read(frame, kind).frame) == cells(frame)


# -------------------------------------------------------------------------------------------- where sdmx1 is wrong


@pytest.mark.parametrize("kind", ["generic flat", "generic series"])
def test_its_generic_data_have_the_root_of_the_other_kind(kind: str) -> None:
    """SDMX 2.1, SDMXMessage.xsd: generic data sets stand in GenericData (GenericDataType); StructureSpecificData holds
    data sets whose elements are the structure's own, and so ours refuses an ObsValue there."""
    with pytest.raises(UnreadableFile, match="says that it is structure-specific, and holds generic data"):
        read_message(written(EXAMPLE, kind))


def test_its_generic_data_have_the_word_none_for_an_absent_value() -> None:
    """SDMX 2.1, SDMXDataGeneric.xsd, ObsType: ObsValue may be absent (minOccurs 0). Ours reads what is there."""
    frame = EXAMPLE.with_columns(obs_value=pl.lit(None, pl.String))
    assert set(read(frame, "generic flat").frame["obs_value"]) == {"None"}
    assert cells(read(frame, "structure-specific flat").frame) == cells(frame)
