"""Official structure messages read through sdmx1: what is taken from them, and what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from metadata.errors import SdgError, UnreadableFile
from metadata.official import OfficialStructure, load_official

NAMESPACES = (
    'xmlns:mes="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message" '
    'xmlns:str="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/structure" '
    'xmlns:com="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common"'
)
HEADER = "<mes:Header><mes:ID>M1</mes:ID><mes:Prepared>2026-03-01T10:00:00Z</mes:Prepared></mes:Header>"
CODELISTS = """<str:Codelists>
<str:Codelist agencyID="XX" id="CL_AREA" version="1.1"><com:Name xml:lang="en">Areas</com:Name>
 <str:Code id="7"><com:Name xml:lang="fr">Sept</com:Name><com:Name xml:lang="en">Seven \u00a0 hills
 </com:Name><str:Parent><Ref id="1"/></str:Parent></str:Code>
 <str:Code id="1"><com:Annotations><com:Annotation><com:AnnotationType>Note</com:AnnotationType>
 <com:AnnotationText xml:lang="en">the whole</com:AnnotationText></com:Annotation></com:Annotations>
 <com:Name xml:lang="fr">Tout</com:Name></str:Code>
</str:Codelist></str:Codelists>"""
CONCEPTS = """<str:Concepts><str:ConceptScheme agencyID="XX" id="CS" version="1.0">
<com:Name xml:lang="en">Concepts</com:Name>
<str:Concept id="REF_AREA"><com:Name xml:lang="en">Area</com:Name></str:Concept>
<str:Concept id="TIME_PERIOD"><com:Name xml:lang="en">Time</com:Name></str:Concept>
<str:Concept id="OBS_VALUE"><com:Name xml:lang="en">Value</com:Name></str:Concept>
<str:Concept id="NOTE"><com:Name xml:lang="en">Note</com:Name></str:Concept>
</str:ConceptScheme></str:Concepts>"""


def _identity(concept: str) -> str:
    reference = '<Ref maintainableParentID="CS" maintainableParentVersion="1.0" package="conceptscheme" '
    reference += f'agencyID="XX" id="{concept}" class="Concept"/>'
    return f"<str:ConceptIdentity>{reference}</str:ConceptIdentity>"


def _structure(structure_id: str) -> str:
    enumeration = (
        '<str:Enumeration><Ref package="codelist" agencyID="XX" id="CL_AREA" version="1.1" class="Codelist"/>'
    )
    return f"""<str:DataStructure agencyID="XX" id="{structure_id}" version="2.0">
<com:Name xml:lang="en">Small</com:Name><str:DataStructureComponents>
<str:DimensionList id="DimensionDescriptor">
<str:Dimension id="REF_AREA" position="1">{_identity("REF_AREA")}
<str:LocalRepresentation>{enumeration}</str:Enumeration></str:LocalRepresentation></str:Dimension>
<str:TimeDimension id="TIME_PERIOD" position="2">{_identity("TIME_PERIOD")}
<str:LocalRepresentation><str:TextFormat textType="ObservationalTimePeriod"/></str:LocalRepresentation>
</str:TimeDimension></str:DimensionList>
<str:AttributeList id="AttributeDescriptor">
<str:Attribute id="NOTE" assignmentStatus="Mandatory">{_identity("NOTE")}
<str:AttributeRelationship><str:Dimension><Ref id="REF_AREA"/></str:Dimension></str:AttributeRelationship>
</str:Attribute></str:AttributeList>
<str:MeasureList id="MeasureDescriptor"><str:PrimaryMeasure id="OBS_VALUE">{_identity("OBS_VALUE")}
</str:PrimaryMeasure></str:MeasureList></str:DataStructureComponents></str:DataStructure>"""


def _message(*parts: str) -> bytes:
    body = "".join(parts)
    text = f"<mes:Structure {NAMESPACES}>{HEADER}<mes:Structures>{body}</mes:Structures></mes:Structure>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()


def _data_structures(*ids: str) -> str:
    return "<str:DataStructures>" + "".join(map(_structure, ids)) + "</str:DataStructures>"


@pytest.fixture(scope="module")
def small() -> OfficialStructure:
    return load_official(_message(CODELISTS, CONCEPTS, _data_structures("SMALL")), name="small.xml")


def test_what_a_message_says(small: OfficialStructure) -> None:
    assert (small.version_label, small.name, small.source) == ("XX:SMALL(2.0)", "Small", "small.xml")
    assert small.urn == "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=XX:SMALL(2.0)"
    assert small.prepared is not None
    assert small.prepared.date().isoformat() == "2026-03-01"
    assert [
        (c.id, c.role, c.position, c.codelist, c.attachment, c.mandatory, c.text_type)
        for c in small.components
    ] == [
        ("REF_AREA", "dimension", 1, "XX:CL_AREA", None, True, None),
        ("TIME_PERIOD", "time", 2, None, None, True, "observationalTimePeriod"),
        ("OBS_VALUE", "measure", 3, None, None, True, None),
        ("NOTE", "attribute", 4, None, "series", True, None),
    ]


def test_codes_with_names_parents_and_annotations(small: OfficialStructure) -> None:
    codelist = small.codelist("REF_AREA")
    assert codelist is not None
    assert (codelist.reference, set(codelist.ids())) == ("XX:CL_AREA(1.1)", {"7", "1"})
    seven, one = codelist.codes["7"], codelist.codes["1"]
    assert list(codelist.codes) == ["7", "1"]
    assert (seven.name, dict(seven.names), seven.parent) == (
        "Seven hills",
        {"fr": "Sept", "en": "Seven hills"},
        "1",
    )
    assert (one.name, one.parent, one.annotated("Note"), one.annotated("Other")) == (
        "Tout",
        None,
        ("the whole",),
        (),
    )
    assert small.codelist("NOTE") is None


def test_an_unknown_component_names_the_nearest(small: OfficialStructure) -> None:
    with pytest.raises(
        SdgError, match=r"^REF_ARIA is not a component of XX:SMALL\(2.0\)\. The nearest is REF_AREA\.$"
    ):
        small.component("REF_ARIA")
    with pytest.raises(SdgError, match=r"It has REF_AREA, TIME_PERIOD, OBS_VALUE, NOTE\.$"):
        small.codelist("QQQ")


def test_a_list_that_is_not_in_the_message_is_absent() -> None:
    structure = load_official(_message(CONCEPTS, _data_structures("SMALL")))
    assert structure.component("REF_AREA").codelist == "XX:CL_AREA"
    assert structure.codelist("REF_AREA") is None


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"  \n", "m.xml: The file is empty."),
        (
            b"<!DOCTYPE html><html></html>",
            "m.xml: The file declares a document type, which no SDMX message does.",
        ),
        (
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            "The file declares a document type",
        ),
        (b"{}", "m.xml: The file cannot be read as an SDMX-ML structure message: "),
        (b"a,b", "Start tag expected, '<' not found, line 1, column 1. A structure message starts with"),
        (b"<html><body>Service unavailable</body></html>", "cannot be read as an SDMX-ML structure message"),
        (b"\x89PNG\r\n", "cannot be read as an SDMX-ML structure message"),
        (_message(CODELISTS)[:-60], "cannot be read as an SDMX-ML structure message"),
        (
            _message(CODELISTS),
            "m.xml: This message holds 1 codelists (CL_AREA), and not one data structure definition.",
        ),
        (_message(), "m.xml: This message holds nothing, and not one data structure definition."),
        (
            _message(CODELISTS, CONCEPTS, _data_structures("A", "B")),
            "This message holds 2 data structures (A, B), ",
        ),
    ],
    ids=["empty", "html", "entity", "json", "csv", "element", "png", "truncated", "codelist", "nothing", "two"],
)
def test_what_cannot_be_read(data: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFile) as raised:
        load_official(data, name="m.xml")
    assert sentence in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as raised:
        load_official(tmp_path / "none.xml")
    assert (
        str(raised.value) == f"{tmp_path / 'none.xml'}: The file cannot be read: No such file or directory."
    )


@pytest.mark.real
def test_the_national_structures(shared_data: Path) -> None:
    rwanda = load_official(shared_data / "structures" / "NISR-SDGs_SDG_1.3_RWA_2025.dsd.xml")
    assert rwanda.version_label == "NISR-SDGs:SDG(1.3)"
    area = rwanda.codelist("REF_AREA")
    assert area is not None
    assert (area.id, area.codes["1"].name) == ("CL_REF_AREA", "City of Kigali")
    kyrgyzstan = load_official(shared_data / "structures" / "KG_NSC_SDG_DSD.KG_1.8.xml")
    assert (kyrgyzstan.version_label, kyrgyzstan.dataflows) == ("KG_NSC:SDG(1.8)", ("KG_NSC:DF_SDG_KG(1.8)",))
    series = kyrgyzstan.codelist("SERIES")
    assert series is not None
    assert set(series.codes["EN_HAZ_PCAP"].names) == {"en", "ru"}
    assert len(kyrgyzstan.components) == len(rwanda.components) == 33


@pytest.mark.real
def test_messages_that_hold_no_data_structure(shared_data: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"holds 1 concept schemes \(SDG_META_CONCEPTS\)"):
        load_official(shared_data / "structures" / "IAEG-SDGs_SDG_MSD_1.0.xml")
    with pytest.raises(UnreadableFile, match="This message holds observations, and not one data structure"):
        load_official(shared_data / "sdmx" / "KE1.xml")
    with pytest.raises(UnreadableFile, match="cannot be read as an SDMX-ML structure message"):
        load_official(shared_data / "structures" / "IAEG-SDGs_CN_SDG_GLC_1.22.json")
