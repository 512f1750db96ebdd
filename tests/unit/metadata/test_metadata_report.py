"""Reports of reference metadata: what is written, read back by others and by ourselves."""

from __future__ import annotations

import io
import json
import re
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.derive.metadata_sdmx_json import json_message
from metadata.derive.reference_metadata import metadata_report
from metadata.errors import SdgError
from metadata.exchange.importing import import_draft
from tests.unit.metadata.exchange_specimens import CODELISTS, KINDS, make_report

TEXTS = {
    "en": {
        "SDG_INDICATOR": "Indicator 12.4.2: waste",
        "META_LAST_UPDATE": "2026-11-22",
        "STAT_CONC_DEF": 'What is "waste" & what is not: a < b.\nSecond line.\n\n  Third, with a tab\t.',
        "FREQ_COLL": "Not known: no source says it.",
    },
    "fr": {"STAT_CONC_DEF": "Ce qui est un déchet ; ce qui n’en est pas un."},
    "ar": {"STAT_CONC_DEF": "النفايات <b>"},
    "zh": {"STAT_CONC_DEF": "废物 &amp; 其他"},
}
FACTS = {
    "FREQ_COLL": {"status": "not known", "source": "UNEP & partners, sheet", "source_date": "2021-02"},
    "STAT_CONC_DEF": {"source": 'A "sheet"', "source_date": "2020"},
}

# every sign that XML takes; texts that are nothing but blanks are no texts
SIGNS = st.characters(
    codec="utf-8",
    exclude_categories=["Cs"],
    exclude_characters=[*map(chr, (*range(9), 11, 12, *range(14, 32))), "\ufffe", "\uffff"],
)
TEXT = st.text(SIGNS, min_size=1, max_size=60).filter(lambda text: bool(text.strip()))
WRITTEN = [concept for concept, kind in KINDS.items() if kind != "heading"]
ANY_TEXTS = st.dictionaries(
    st.sampled_from(["en", "fr", "ar", "zh"]),
    st.dictionaries(st.sampled_from(WRITTEN), TEXT, min_size=1, max_size=4),
    min_size=1,
    max_size=3,
)


def by_concept(texts: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for language, one in texts.items():
        for concept, text in one.items():
            found.setdefault(concept, {})[language] = text
    return found


def stock_sdmx1(data: bytes) -> Any:
    import sdmx

    return sdmx.read_sdmx(io.BytesIO(data))


@pytest.mark.parametrize("form", ["xml", "json"])
def test_what_is_exported_comes_back(form: str) -> None:
    from metadata.derive.metadata_sdmx_ml import key_message

    report = make_report(TEXTS, facts=FACTS)
    data = key_message(report) if form == "xml" else json_message(report).encode()
    draft = import_draft(data, "report", KINDS)
    assert draft.concepts == by_concept(TEXTS)
    assert draft.facts == FACTS
    assert draft.not_placed == []
    assert draft.indicator == "12.4.2"
    assert any("EN_HAZ_PCAP" in note for note in draft.notes)


@settings(max_examples=60, deadline=None)
@given(ANY_TEXTS)
def test_any_text_comes_back_from_xml_and_json(texts: dict[str, dict[str, str]]) -> None:
    from metadata.derive.metadata_sdmx_ml import key_message

    report = make_report(texts, series=["EN_HAZ_PCAP"])
    for data in (key_message(report), json_message(report).encode()):
        draft = import_draft(data, "report", KINDS, indicator="12.4.2")
        assert draft.concepts == by_concept(texts)
        assert draft.not_placed == []


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(WRITTEN), TEXT, min_size=1, max_size=4))
def test_sdmx1_reads_the_form_with_codes(texts: dict[str, str]) -> None:
    from metadata.derive.metadata_sdmx_ml import code_message

    data = code_message(make_report({"fr": texts}))
    reports = stock_sdmx1(data).data[0].report
    for report, series in zip(reports, ("EN_HAZ_GENV", "EN_HAZ_PCAP"), strict=True):
        assert {attribute.value_for: attribute.value for attribute in report.metadata} == texts
        target = {key: value.obj.id for key, value in report.attaches_to.key_values.items()}
        assert target == {"SERIES": series, "REPORTING_TYPE": "G", "REF_AREA": "1"}
    assert import_draft(data, "report", KINDS).concepts == {key: {"fr": texts[key]} for key in KINDS if key in texts}


def test_sdmx1_reads_the_official_form_but_for_the_three_elements_that_it_lacks() -> None:
    """Data keys, texts by language and annotations taken out, sdmx1 finds every attribute in its report."""
    from lxml import etree
    from sdmx.exceptions import XMLParseError

    from metadata.derive.metadata_sdmx_ml import key_message

    data = key_message(make_report({"en": TEXTS["en"]}, facts=FACTS))
    with pytest.raises(XMLParseError) as refused:
        stock_sdmx1(data)
    assert "DataKey" in str(refused.value.__cause__), "sdmx1 has learnt data keys: derive the message with its own"
    root = etree.fromstring(data)
    for element in list(root.iter("{*}ReferenceValue", "{*}Annotations")):
        element.getparent().remove(element)
    for element in list(root.iter("{*}Text")):
        attribute = element.getparent()
        attribute.set("value", element.text)
        attribute.remove(element)
    found = stock_sdmx1(etree.tostring(root)).data[0].report
    assert len(found) == 2
    assert {one.value_for: one.value for one in found[0].metadata} == TEXTS["en"]


def test_the_official_form_is_against_the_official_structure() -> None:
    from lxml import etree

    from metadata.derive.metadata_sdmx_ml import key_message

    root = etree.fromstring(key_message(make_report({"en": TEXTS["en"]})))
    schemas = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/"
    assert root.tag == f"{{{schemas}message}}GenericMetadata"
    assert [child.tag.rpartition("}")[2] for child in root[0]] == [
        "ID", "Test", "Prepared", "Sender", "Structure", "Source"
    ]
    assert root.findtext(".//{*}Structure/{*}Structure/URN") == (
        "urn:sdmx:org.sdmx.infomodel.metadatastructure.MetadataStructure=IAEG-SDGs:SDG_MSD(1.0)"
    )
    report = root.find(f".//{{{schemas}metadata/generic}}Report")
    assert report is not None
    assert report.get("id") == "SDG_META_RPT"
    target = report.find("{*}Target")
    assert target is not None
    assert target.get("id") == "KEY_TARGET"
    key = {part.get("id"): part.findtext("{*}Value") for part in target.iter("{*}KeyValue")}
    assert key == {"SERIES": "EN_HAZ_GENV", "REPORTING_TYPE": "G", "REF_AREA": "1"}


def test_the_json_names_its_schema_series_and_key() -> None:
    message = json.loads(json_message(make_report(TEXTS)))
    assert "2.0.0" in message["meta"]["schema"]
    assert message["meta"]["contentLanguages"] == ["en", "fr", "ar", "zh"]
    (one,) = message["data"]["metadataSets"]
    assert one["targets"][1] == "urn:sdmx:org.sdmx.infomodel.codelist.Code=IAEG-SDGs:CL_SERIES(1.14).EN_HAZ_PCAP"
    notes = {annotation["type"]: annotation["value"] for annotation in one["annotations"]}
    assert notes["KEY_TARGET.REPORTING_TYPE"] == "G"
    assert notes["KEY_TARGET.REF_AREA"] == "1"
    assert re.fullmatch(r"\d+\.\d+\.\d+", one["version"])
    assert set(one["id"]) <= set(string.ascii_letters + string.digits + "_@$-")


def test_the_same_report_is_the_same_bytes_and_no_clock_is_read() -> None:
    from metadata.derive.metadata_sdmx_ml import key_message

    report = make_report({"en": TEXTS["en"]}, prepared=None)
    assert key_message(report) == key_message(make_report({"en": TEXTS["en"]}, prepared=None))
    assert b"<mes:Prepared>2026-11-22T00:00:00+00:00</mes:Prepared>" in key_message(report)
    assert json.loads(json_message(report))["meta"]["prepared"] == "2026-11-22T00:00:00Z"


def test_what_cannot_be_reported_is_said() -> None:
    def refused(texts: dict[str, dict[str, str]], **given: Any) -> str:
        with pytest.raises(SdgError) as error:
            make_report(texts, **given)
        return str(error.value)

    one = {"en": {"FREQ_COLL": "Yearly."}}
    assert refused(one, series=[]) == "Indicator 12.4.2 has no series to report about."
    assert refused({"en": {}}) == "Indicator 12.4.2 has no reference metadata to report."
    assert refused({"English": {"FREQ_COLL": "x"}}) == '"English" is not a language code such as "en".'
    assert refused({"en": {"FREQ": "x"}}) == "FREQ is not a concept of IAEG-SDGs:SDG_MSD(1.0)."
    assert refused({"en": {"FREQ_COLL": "a\x01"}}) == (
        "The text of FREQ_COLL (en) of indicator 12.4.2 has the sign U+0001, which cannot stand in XML."
        " Take it out of the declaration."
    )
    assert refused(one, prepared=None) == (
        "The time of preparation of the report about 12.4.2 is not known."
        " Give META_LAST_UPDATE a date such as 2026-11-22."
    )


def test_the_form_with_codes_has_one_language() -> None:
    from metadata.derive.metadata_sdmx_ml import code_message

    with pytest.raises(SdgError, match=r"holds one language\. Export one language at a time\."):
        code_message(make_report(TEXTS))


def test_concepts_default_to_the_order_of_the_texts() -> None:
    texts = {"en": {"B": "b", "A": "a"}}
    report = metadata_report("12.4.2", texts, series=["X"], codelists=CODELISTS, prepared=make_report(TEXTS).prepared)
    assert [concept.id for concept in report.concepts] == ["B", "A"]
    assert report.title == "Reference metadata of indicator 12.4.2"
