"""Frictionless and CSVW schemas: types, obligations and allowed codes of a table's columns."""

from __future__ import annotations

import json
import re

from metadata.derive.table_schema import Column, Table, allowed_codes, csvw_metadata, table_schema
from metadata.load import load_catalogue
from metadata.structure import load_structure

TABLE = Table(
    "report.things",
    "Things. Grain: one row per sex.",
    (
        Column("sex", "string", "SEX: Sex (dimension)", required=True),
        Column("unit_mult", "integer", "a power of ten", required=False),
        Column("obs_value", "number", "the number", required=False),
        Column("preferred", "boolean", "whether", required=True),
        Column("recorded_at", "datetime", "when", required=True),
    ),
    ("sex",),
)
CODES = {"sex": ("_T", "F", "A+B"), "unit_mult": ("0", "3"), "absent": ("X",)}


def test_a_table_schema_has_types_obligations_and_codes() -> None:
    schema = json.loads(table_schema(TABLE, CODES))
    assert schema["primaryKey"] == ["sex"]
    assert schema["missingValues"] == [""]
    fields = {field["name"]: field for field in schema["fields"]}
    assert list(fields) == [column.name for column in TABLE.columns]
    assert fields["sex"]["constraints"] == {"required": True, "enum": ["_T", "F", "A+B"]}
    assert fields["unit_mult"] == {
        "name": "unit_mult",
        "type": "integer",
        "description": "a power of ten",
        "constraints": {"required": False, "enum": [0, 3]},
    }
    assert [field["type"] for field in schema["fields"]] == ["string", "integer", "number", "boolean", "datetime"]


def test_csvw_metadata_names_the_file_and_allows_the_codes() -> None:
    metadata = json.loads(csvw_metadata(TABLE, CODES))
    assert metadata["@context"][0] == "http://www.w3.org/ns/csvw"
    assert metadata["url"] == "things.csv"
    assert metadata["tableSchema"]["primaryKey"] == ["sex"]
    columns = {column["name"]: column for column in metadata["tableSchema"]["columns"]}
    pattern = columns["sex"]["datatype"]["format"]
    assert [bool(re.fullmatch(pattern, code)) for code in ("_T", "F", "A+B", "AAB", "M", "")] == [
        True, True, True, False, False, False
    ]
    assert columns["unit_mult"]["datatype"] == "integer"
    assert columns["obs_value"]["datatype"] == "double"
    assert columns["recorded_at"]["datatype"] == "dateTime"


def test_allowed_codes_are_those_of_the_structure_and_the_declarations() -> None:
    structure, catalogue = load_structure(), load_catalogue()
    codes = allowed_codes(structure, catalogue)
    assert set(codes["series"]) == set(catalogue.series)
    assert codes["indicator"] == tuple(catalogue.indicators)
    assert codes["goal"] == ("12", "13")
    assert "_T" in codes["sex"]
    assert "417" in codes["ref_area"]
    assert "time_period" not in codes
