"""Columns of a table → Frictionless Table Schema and CSVW metadata, with the codes that may stand in them.

For readers of our tables as CSV files. The columns come from whoever declares the table; what is added here is what
the structure and the declarations know: the codes of coded components, the declared series, indicators and goals.
An allowed list is that of the structure, not of one series: what a series allows is in its constraint
(`metadata.derive.constraint`).

Standards: Frictionless Table Schema 1.0, https://specs.frictionlessdata.io/table-schema/; CSVW, Metadata Vocabulary
for Tabular Data, https://www.w3.org/TR/tabular-metadata/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from metadata.load import Catalogue
    from metadata.structure import Structure

Kind = Literal["string", "integer", "number", "boolean", "date", "datetime"]

_CSVW: Mapping[Kind, str] = {
    "string": "string",
    "integer": "integer",
    "number": "double",
    "boolean": "boolean",
    "date": "date",
    "datetime": "dateTime",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: its name.
        kind: what its values are.
        description: what it holds, in words.
        required: whether every row has a value.
    """

    name: str
    kind: Kind
    description: str
    required: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        name: with its schema, `report.indicator_observation`.
        description: what it holds and its grain.
        columns: in their order.
        key: names of the columns that identify a row.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def file(self) -> str:
        """Name of the CSV file that is described: `indicator_observation.csv`."""
        return f"{self.name.rpartition('.')[2]}.csv"


def allowed_codes(structure: Structure, catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """Return the allowed codes by column: of coded components, the declared series, indicators and goals."""
    found = {}
    for component in structure.components:
        codelist = structure.codelist(component.id)
        if codelist is not None:
            found[component.column] = tuple(codelist.codes)
    found["series"] = tuple(catalogue.series)
    found["indicator"] = tuple(catalogue.indicators)
    found["goal"] = tuple(dict.fromkeys(indicator.goal for indicator in catalogue.indicators.values()))
    return found


def table_schema(table: Table, codes: Mapping[str, Sequence[str]]) -> str:
    """Return a table's Frictionless Table Schema as JSON text.

    Args:
        table: the table.
        codes: allowed codes by column.
    """
    fields = []
    for column in table.columns:
        constraints: dict[str, Any] = {"required": column.required}
        if column.name in codes:
            constraints["enum"] = _values(column, codes[column.name])
        fields.append(
            {
                "name": column.name,
                "type": column.kind,
                "description": column.description,
                "constraints": constraints,
            }
        )
    schema = {"fields": fields, "missingValues": [""], "primaryKey": list(table.key)}
    return _text({"title": table.name, "description": table.description, **schema})


def csvw_metadata(table: Table, codes: Mapping[str, Sequence[str]]) -> str:
    """Return the CSVW metadata of a table's CSV file as JSON text; it belongs beside the file.

    CSVW has no list of values for a column: allowed codes are a regular expression that is their union.

    Args:
        table: the table.
        codes: allowed codes by column.
    """
    columns = []
    for column in table.columns:
        datatype: Any = _CSVW[column.kind]
        if column.kind == "string" and column.name in codes:
            datatype = {"base": datatype, "format": "|".join(re.escape(code) for code in codes[column.name])}
        columns.append(
            {
                "name": column.name,
                "titles": column.name,
                "datatype": datatype,
                "required": column.required,
                "dc:description": column.description,
            }
        )
    return _text(
        {
            "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
            "url": table.file,
            "dc:title": table.name,
            "dc:description": table.description,
            "dialect": {"header": True, "encoding": "utf-8"},
            "tableSchema": {"columns": columns, "primaryKey": list(table.key)},
        }
    )


def _values(column: Column, codes: Sequence[str]) -> list[Any]:
    """Return allowed codes in the type of the column: UNIT_MULT is a number in our tables."""
    return [int(code) for code in codes] if column.kind == "integer" else list(codes)


def _text(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
