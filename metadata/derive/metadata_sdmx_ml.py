"""Metadata report → SDMX-ML 2.1, through sdmx1's model and writer.

sdmx1 2.28 writes metadata sets, reports and headers, and lacks three elements that a report about a series
needs; the classes here add them to its model, and its writer finds their functions below: a data key as
target (md:DataKey), texts in several languages (com:Text) and annotations of a reported attribute. Its own
reader lacks the same: it stops at md:DataKey. So there are two forms:

- `key_message`, the official form: target KEY_TARGET with a data key, texts by language, annotations. One
  report a series, all in one metadata set, because a data key takes one code a dimension (SDMX 2.1
  SDMXCommon.xsd, DataKeyValueType).
- `code_message`, for readers without data keys, sdmx1 among them: the target's three codes are named as objects
  by URN, and a text is the `value` of its attribute. It has one language and no annotations.

Standard: SDMX-ML 2.1 schemas SDMXMetadataGeneric.xsd and SDMXMessage.xsd, https://sdmx.org/standards-2/.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from sdmx.message import Header, MetadataMessage
from sdmx.model import common, v21
from sdmx.model.internationalstring import InternationalString
from sdmx.writer.xml import Element, to_xml, writer

from metadata.derive.reference_metadata import (
    AGENCY,
    DATA_KEY,
    MSD_ID,
    MSD_URN,
    MSD_VERSION,
    PLAIN,
    REPORT_STRUCTURE,
    SENDER,
    TARGET,
    MetadataReport,
    ReportedConcept,
)
from metadata.errors import SdgError

_MESSAGE = "{http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message}"


@dataclass
class KeyTarget(v21.TargetObjectValue):
    """A partial data key as target: sdmx1's model has no value for its DimensionDescriptorValuesTarget."""

    key: tuple[tuple[str, str], ...] = ()


@dataclass
class ReportedTexts(v21.TextAttributeValue):
    """Texts by language with annotations: sdmx1's model has the texts, its writer does not write them."""

    annotations: list[tuple[str, str]] = field(default_factory=list)


@writer
def _key_target(obj: KeyTarget) -> Any:
    key = [Element("com:KeyValue", Element("com:Value", code), id=dimension) for dimension, code in obj.key]
    return Element("md:ReferenceValue", Element("md:DataKey", *key), id=obj.value_for)


@writer
def _reported_texts(obj: ReportedTexts) -> Any:
    notes = [
        Element("com:Annotation", Element("com:AnnotationTitle", text), Element("com:AnnotationType", kind))
        for kind, text in obj.annotations
    ]
    element = Element("md:ReportedAttribute", id=obj.value_for)
    if notes:
        element.append(Element("com:Annotations", *notes))
    for language, text in obj.text.localizations.items():
        child = Element("com:Text", text)
        child.set("{http://www.w3.org/XML/1998/namespace}lang", language)
        element.append(child)
    return element


def key_message(report: MetadataReport) -> bytes:
    """Return the official form of a report: data keys, texts by language, annotations. UTF-8, indented."""
    structure, target = _structure()
    reports = [
        v21.MetadataReport(
            target=target,
            attaches_to=_object_key([KeyTarget(value_for=_id(DATA_KEY), key=report.key(series))]),
            metadata=[
                ReportedTexts(
                    value_for=_id(concept.id),
                    text=InternationalString(dict(concept.texts)),
                    annotations=concept.annotations(),
                )
                for concept in report.concepts
            ],
        )
        for series in report.series
    ]
    return _write(report, structure, reports)


def code_message(report: MetadataReport) -> bytes:
    """Return the form of a report that sdmx1 reads as it is: codes by URN, texts as values of attributes.

    Raises:
        SdgError: the report has several languages, which this form cannot tell apart.
    """
    if len(report.languages) != 1:
        raise SdgError("This form of a metadata report holds one language.", hint="Export one language at a time.")
    structure, target = _structure()
    reports = [
        v21.MetadataReport(
            target=target,
            attaches_to=_object_key(
                v21.TargetIdentifiableObject(value_for=_id(dimension), obj=_code(report, dimension, code))
                for dimension, code in report.key(series)
            ),
            metadata=[_value(concept) for concept in report.concepts],
        )
        for series in report.series
    ]
    return _write(report, structure, reports)


def _value(concept: ReportedConcept) -> v21.OtherNonEnumeratedAttributeValue:
    return v21.OtherNonEnumeratedAttributeValue(
        value_for=_id(concept.id), value=next(iter(concept.texts.values()))
    )


def _id(identifier: str) -> Any:
    """Return an id where sdmx1's model says a component and its reader and writer have the id."""
    return identifier


def _object_key(values: Iterable[v21.TargetObjectValue]) -> v21.TargetObjectKey:
    key = v21.TargetObjectKey()
    for position, value in enumerate(values):
        key.key_values[f"{position}"] = value
    return key


def _code(report: MetadataReport, dimension: str, code: str) -> common.Code:
    agency, _, rest = report.codelists[dimension].partition(":")
    codelist_id, _, version = rest.rstrip(")").partition("(")
    codelist = common.Codelist(id=codelist_id, version=version, maintainer=common.Agency(id=agency))
    item = common.Code(id=code)
    codelist.append(item)
    return item


def _structure() -> tuple[v21.MetadataStructureDefinition, v21.MetadataTarget]:
    structure = v21.MetadataStructureDefinition(
        id=MSD_ID, version=MSD_VERSION, maintainer=common.Agency(id=AGENCY), urn=MSD_URN
    )
    return structure, v21.MetadataTarget(id=TARGET)


def _write(
    report: MetadataReport, structure: v21.MetadataStructureDefinition, reports: list[v21.MetadataReport]
) -> bytes:
    """Return the message. Its header names the language and that the texts are plain (mes:Source)."""
    header = Header(
        id=report.id,
        test=False,
        prepared=report.prepared,
        sender=common.Agency(id=SENDER),
        source=InternationalString({report.languages[0]: PLAIN}),
    )
    metadata_set = v21.MetadataSet(
        structured_by=structure,
        report_structure=v21.ReportStructure(id=REPORT_STRUCTURE),
        report=reports,
    )
    root = etree.fromstring(to_xml(MetadataMessage(header=header, data=[metadata_set])))
    # sdmx1 writes mes:Source before mes:Structure; the schema has it last
    for source in list(root.iter(f"{_MESSAGE}Source")):
        root[0].append(source)
    for place in root.iter(f"{_MESSAGE}MetadataSet"):
        place.set("setID", report.id)
    etree.cleanup_namespaces(root, keep_ns_prefixes=["mes", "md", "com"])
    etree.indent(root, space="  ")
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
