"""Metadata report → SDMX-JSON 2.0 metadata message, written here: sdmx1 2.28 writes no SDMX-JSON.

The message follows the schema of SDMX-JSON 2.0.0 (`sdmx-json-metadata-schema.json`, definitions MetadataSetType
and attributeType), which speaks the model of SDMX 3.0. That model has no data key as target: a metadata set
applies to artefacts named by URN, so the targets are the codes of the series in CL_SERIES (SDMX 3.0 Section 2,
7.3), and reporting type and area stand in annotations. It also wants a metadataflow, and the official structure
has none; the one named here is a name of ours for "all reports against SDG_MSD".
"""

from __future__ import annotations

import json
from typing import Any

from metadata.derive.reference_metadata import (
    AGENCY,
    MSD_ID,
    MSD_URN,
    MSD_VERSION,
    PLAIN,
    REPORT_STRUCTURE,
    SENDER,
    TARGET,
    TEXT_FORMAT,
    MetadataReport,
    ReportedConcept,
)

SCHEMA = (
    "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/metadata-message/tools/schemas/2.0.0/"
    "sdmx-json-metadata-schema.json"
)
METADATAFLOW = f"urn:sdmx:org.sdmx.infomodel.metadatastructure.Metadataflow={AGENCY}:{MSD_ID}({MSD_VERSION})"


def json_message(report: MetadataReport) -> str:
    """Return the SDMX-JSON 2.0 message of a report, indented, with a line end."""
    message = {
        "meta": {
            "schema": SCHEMA,
            "id": report.id,
            "test": False,
            "prepared": report.prepared.isoformat().replace("+00:00", "Z"),
            "contentLanguages": list(report.languages),
            "sender": {"id": SENDER},
        },
        "data": {"metadataSets": [_metadata_set(report)]},
    }
    return json.dumps(message, ensure_ascii=False, indent=2) + "\n"


def _metadata_set(report: MetadataReport) -> dict[str, Any]:
    titles = {report.languages[0]: report.title}
    key = report.key(report.series[0])[1:]
    return {
        "id": report.id,
        "version": "1.0.0",
        "agencyID": SENDER,
        "isExternalReference": False,
        "metadataflow": METADATAFLOW,
        "annotations": [
            _annotation(TEXT_FORMAT, PLAIN),
            _annotation("METADATA_STRUCTURE", MSD_URN),
            _annotation("REPORT_STRUCTURE", REPORT_STRUCTURE),
            *(_annotation(f"{TARGET}.{dimension}", code) for dimension, code in key),
        ],
        "name": report.title,
        "names": titles,
        "targets": [_code_urn(report, series) for series in report.series],
        "attributes": [_attribute(concept) for concept in report.concepts],
    }


def _attribute(concept: ReportedConcept) -> dict[str, Any]:
    attribute: dict[str, Any] = {"id": concept.id}
    notes = [_annotation(kind, text) for kind, text in concept.annotations()]
    if notes:
        attribute["annotations"] = notes
    attribute["value"] = dict(concept.texts)
    return attribute


def _annotation(kind: str, text: str) -> dict[str, str]:
    return {"type": kind, "value": text}


def _code_urn(report: MetadataReport, series: str) -> str:
    return f"urn:sdmx:org.sdmx.infomodel.codelist.Code={report.codelists['SERIES']}.{series}"
