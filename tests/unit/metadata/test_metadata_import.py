"""Reading the reference metadata of others: every string is placed or listed, and bad input is one sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.errors import UnreadableFile
from metadata.exchange import importing
from metadata.exchange.draft import Draft, day_in, draft_yaml
from metadata.exchange.importing import import_draft, language_in, number_in
from metadata.exchange.plain_text import plain_text
from tests.unit.metadata.exchange_specimens import KINDS, make_report

REPOSITORY = """\
SDG_INDICATOR: '<p>Indicator 12.4.2: waste</p>'
META_LAST_UPDATE: '<p>Last updated: 12 February 2018</p>'
CONTACT_NAME: <p>A. Person</p>
STAT_CONC_DEF: >-
  <h1>Concepts</h1>

  <p>Waste is what the owner throws away &#x2013; &amp; nothing else:</p>
  <ul><li>hazardous</li><li>other, see <a href="https://example.org/waste">here</a></li></ul>
  <p><img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA" alt="a chart">
  <math><mi>x</mi><mo>=</mo><mn>3</mn></math></p>
COMPARABILITY: <h2></h2>
FREQ_COL: <p>Every year</p>
CONTACT: <p>somebody</p>
DATA_COMP: {a: [b, c]}
FREQ_COLL: <p>Every two years</p>
FREQ_COLL: <p>Every three years</p>
"""

GETTEXT = """\
# a remark for translators
msgid ""
msgstr ""
"Language: fr\\n"
"Last-Translator: A. Person <a@example.org>\\n"

msgctxt "STAT_CONC_DEF"
msgid "<p>Waste is \\"waste\\".</p>"
msgstr "<p>Un déchet est "
"un déchet.</p>"

msgctxt "STAT_CONC_DEF"
msgid "<p>Second paragraph.</p>"
msgstr "<p>Deuxième alinéa.</p>"

#, fuzzy
msgctxt "FREQ_COLL"
msgid "Every year"
msgstr "Chaque ann\\303\\251e"

msgid "About nothing"
msgstr "Au sujet de rien"

#~ msgid "taken out"
"""

THREE_ZERO = """\
<mes:Metadata xmlns:mes="http://www.sdmx.org/resources/sdmxml/schemas/v3_0/message"
  xmlns:gen="http://www.sdmx.org/resources/sdmxml/schemas/v3_0/metadata/generic"
  xmlns:com="http://www.sdmx.org/resources/sdmxml/schemas/v3_0/common">
  <mes:Header><mes:ID>A</mes:ID></mes:Header>
  <mes:MetadataSet id="A" agencyID="A" version="1.0.0">
    <com:Name>A report</com:Name>
    <gen:Metadataflow>urn:a</gen:Metadataflow>
    <gen:Target>urn:sdmx:org.sdmx.infomodel.codelist.Code=A:B(1.0).C</gen:Target>
    <gen:Attribute id="STAT_CONC_DEF">
      <com:StructuredText xml:lang="en"><div xmlns="http://www.w3.org/1999/xhtml"><p>One</p><p>2<sup>3</sup></p>
      <math xmlns="http://www.w3.org/1998/Math/MathML"><mi>y</mi></math></div></com:StructuredText>
      <gen:Attribute id="FREQ_COLL"><gen:Value>Yearly</gen:Value></gen:Attribute>
    </gen:Attribute>
    <gen:Unknown kind="left">over</gen:Unknown>
  </mes:MetadataSet>
</mes:Metadata>
"""


def test_the_yaml_of_the_repository_becomes_plain_text() -> None:
    draft = import_draft(REPOSITORY.encode(), "translations-metadata/en/12-4-2.yml", KINDS)
    assert draft.indicator == "12.4.2"
    assert draft.concepts["STAT_CONC_DEF"]["en"] == (
        "Concepts\nWaste is what the owner throws away – & nothing else:\n• hazardous\n"
        "• other, see here (https://example.org/waste)"
    )
    assert draft.concepts["FREQ_COLL"] == {"en": "Every two years"}
    assert draft.not_placed == [
        "line 4: STAT_CONC_DEF (en) held a picture of 46 characters (image/png), described as: a chart; it is no text.",
        "line 4: STAT_CONC_DEF (en) held a formula (MathML): x=3; it is no text.",
        "line 12: FREQ_COL is not a concept of the metadata structure (the nearest is FREQ_COLL): Every year",
        "line 13: CONTACT is a heading and has no text of its own: somebody",
        "line 14: DATA_COMP holds more than a text: a",
        "line 14: DATA_COMP holds more than a text: b",
        "line 14: DATA_COMP holds more than a text: c",
        "line 16: FREQ_COLL (en) has another text already: Every three years",
    ]
    assert "line 11: COMPARABILITY (en) is empty." in draft.notes


def test_a_draft_is_a_block_of_a_declaration_with_the_rest_as_comments() -> None:
    draft = import_draft(REPOSITORY.encode(), "en/12-4-2.yml", KINDS)
    text = draft_yaml(draft, KINDS)
    block = yaml.safe_load(text)["reference_metadata"]
    assert list(block) == ["META_LAST_UPDATE", "CONTACT_NAME", "STAT_CONC_DEF", "FREQ_COLL"]
    assert block["META_LAST_UPDATE"] == {"date": "2018-02-12"}
    assert block["CONTACT_NAME"]["status"] == "not applicable"
    assert block["STAT_CONC_DEF"]["en"] == draft.concepts["STAT_CONC_DEF"]["en"]
    comments = " ".join(line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#"))
    for listed in draft.not_placed:
        assert listed in comments
    assert "SDG_INDICATOR (en): follows from the declaration, compare: Indicator 12.4.2: waste" in comments
    assert "CONTACT_NAME (en): personal contact data is not kept." in comments
    assert "A. Person" not in text
    assert max(map(len, text.splitlines())) <= 120


def test_gettext_gives_both_languages_and_lists_what_waits_for_review() -> None:
    draft = import_draft(GETTEXT.encode(), "fr/12-4-2.po", KINDS)
    assert draft.concepts == {
        "STAT_CONC_DEF": {
            "en": 'Waste is "waste".\nSecond paragraph.',
            "fr": "Un déchet est un déchet.\nDeuxième alinéa.",
        },
        "FREQ_COLL": {"en": "Every year"},
    }
    assert draft.not_placed[0] == 'line 24: an entry that was taken out: msgid "taken out"'
    assert draft.not_placed[1].startswith("line 17: FREQ_COLL (fr): the translation is marked fuzzy: Chaque ann")
    assert draft.not_placed[2:] == [
        "line 21: the entry names no concept (msgctxt): About nothing",
        "line 21: the entry names no concept (msgctxt): Au sujet de rien",
    ]
    assert not any("a@example.org" in line for line in (*draft.notes, *draft.not_placed))


def test_a_gettext_template_has_english_only() -> None:
    template = 'msgctxt "FREQ_COLL"\nmsgid "Every year"\nmsgstr ""\n'
    assert import_draft(template.encode(), "x.pot", KINDS).concepts == {"FREQ_COLL": {"en": "Every year"}}
    told = 'msgctxt "FREQ_COLL"\nmsgid "Every year"\nmsgstr "x"\nmsgstr[1] "y"\n'
    assert import_draft(told.encode(), "x.pot", KINDS).not_placed == [
        "line 1: FREQ_COLL: the header does not say the language of the translation: x",
        "line 1: FREQ_COLL has a msgstr[1], which a text has no place for: y",
    ]


def test_a_message_of_3_0_with_xhtml_is_read() -> None:
    draft = import_draft(THREE_ZERO.encode(), "a.xml", KINDS)
    assert draft.concepts == {"STAT_CONC_DEF": {"en": "One\n2^3"}, "FREQ_COLL": {"en": "Yearly"}}
    assert draft.not_placed == [
        "line 10: STAT_CONC_DEF (en) held a formula (MathML): y; it is no text.",
        "line 14: the element Unknown is about no concept: left",
        "line 14: the element Unknown is about no concept: over",
    ]
    assert "The report is about urn:sdmx:org.sdmx.infomodel.codelist.Code=A:B(1.0).C." in draft.notes


def test_a_structure_specific_message_of_2_1_is_read() -> None:
    message = """<m:StructureSpecificMetadata xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
      xmlns:c="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common"><m:MetadataSet><Report id="SDG_META_RPT">
      <Target id="KEY_TARGET"><ReferenceValue id="K"><DataKey><c:KeyValue id="SERIES"><c:Value>EN_A</c:Value>
      </c:KeyValue></DataKey></ReferenceValue></Target>
      <AttributeSet><FREQ_COLL><c:Text xml:lang="fr-CH">&lt;p>Chaque année&lt;/p></c:Text></FREQ_COLL>
      <ReportedAttribute id="DATA_COMP" value="a / b"><AttributeSet><ReportedAttribute id="SDG_GOAL" value="12"/>
      </AttributeSet></ReportedAttribute></AttributeSet></Report></m:MetadataSet></m:StructureSpecificMetadata>"""
    draft = import_draft(message.encode("utf-16"), "a.xml", KINDS)
    assert draft.concepts == {
        "SDG_GOAL": {"en": "12"},
        "FREQ_COLL": {"fr": "Chaque année"},
        "DATA_COMP": {"en": "a / b"},
    }
    assert draft.notes == ["The report is about SERIES=EN_A."]


def test_a_sheet_of_another_indicator_is_noticed() -> None:
    sheet = "SDG_INDICATOR: '<p>Indicator 7.b.1: power</p>'\n"
    draft = import_draft(sheet.encode(), "en/12-a-1.yml", KINDS)
    assert draft.indicator == "12.a.1"
    assert "SDG_INDICATOR speaks of 7.b.1, not of 12.a.1: look before using a text." in draft.notes
    assert import_draft(sheet.encode(), "x.yml", KINDS, indicator="7.b.1").notes == [
        "The file does not say its language; it is taken for English."
    ]


def test_json_places_or_lists_every_string() -> None:
    message = {
        "meta": {"contentLanguages": ["fr"]},
        "data": {
            "metadataSets": [
                "no set",
                {
                    "extra": "left over",
                    "description": "words",
                    "annotations": [{"type": "OTHER", "texts": {"en": "said"}}],
                    "attributes": [
                        {"id": "FREQ_COLL", "value": "<p>Chaque année</p>", "extra": 1},
                        {"id": "DATA_COMP", "value": 3, "annotations": [{"type": "STATUS", "value": "guessed"}]},
                        {"id": "STAT_CONC_DEF", "annotations": [{"type": "X", "title": "t"}],
                         "attributes": [{"id": "SDG_GOAL", "value": {"en": "half \ud800"}}]},
                        {"no": "id"},
                    ],
                },
                {"attributes": "none"},
            ]
        },
    }
    draft = import_draft(json.dumps(message).encode(), "a.json", KINDS)
    assert draft.concepts == {
        "SDG_GOAL": {"en": "half \ufffd"},
        "FREQ_COLL": {"fr": "Chaque année"},
        "DATA_COMP": {"fr": "3"},
    }
    first = "data.metadataSets[1]"
    assert draft.not_placed == [
        "data.metadataSets[0]: this is not a metadata set: no set",
        f"{first}: an annotation (OTHER): said",
        f'{first}: the key "extra" is not of a metadata set: left over',
        f"{first}: a description of the set is about no concept: words",
        f'{first}.attributes[0]: the key "extra" is not of an attribute: 1',
        f"{first}.attributes[1]: DATA_COMP has an unknown status: guessed",
        f"{first}.attributes[2]: an annotation of STAT_CONC_DEF (X): t",
        f"{first}.attributes[3]: this is not an attribute with an id: id",
        "data.metadataSets[2]: attributes are not a list: none",
    ]


def test_a_key_that_stands_twice_in_json_is_listed() -> None:
    text = '{"data": {"metadataSets": [{"attributes": [{"id": "FREQ_COLL", "value": "a", "value": "b"}]}]}}'
    draft = import_draft(text.encode(), "a.json", KINDS)
    assert draft.concepts == {"FREQ_COLL": {"en": "a"}}
    assert draft.not_placed == ['the message: the key "value" stands twice in one object: b']


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "x: The file is empty."),
        (b"<a", "x:1: This is not well-formed XML: unclosed token."),
        (b"<a>\n<b></a>", "x:2: This is not well-formed XML: mismatched tag."),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>\n<a>&b;</a>', "x:1: XML with a document type declaration"),
        (b"<a>" * 300, "x:1: Elements are nested more than 200 deep."),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "x:1: "),
        (b"<a/>", "x:1: This is XML with the root a, not an SDMX-ML metadata message."),
        (b'<MetadataSet xmlns="sdmx"/>', "x: There is no text of reference metadata in it."),
        (b'<GenericMetadata xmlns="sdmx"/>', "x:1: The message has no metadata set."),
        (b'{"data": \n', "x:2: This is not JSON: Expecting value."),
        (b"[" * 100_000, "x: "),
        (b'{"data": ' + b"9" * 5000 + b"}", "x: This JSON is nested too deeply or holds a number"),
        (b"{}", "x: This is JSON without data.metadataSets"),
        (b"[1]", "x: This is JSON without data.metadataSets"),
        (b"FREQ_COLL: a\n\tb: c", "x:2: This is not YAML: found character"),
        (b"FREQ_COLL: \x01", "x:1: The sign U+0001 cannot stand in YAML."),
        (b"FREQ_COLL: a\nSTAT: \xff", "x:2: This is not text in UTF-8."),
        (b"- a\n", "x:1: This is neither a metadata message nor a mapping of concepts to texts."),
        (b"some words\n", "x:1: This is neither a metadata message nor a mapping of concepts to texts."),
        (b"number: 1\n", "x:1: None of its keys is a concept of the metadata structure."),
        (b"FREQ_COLL: " + b"[" * 5000, "x: It is nested too deeply."),
        (b'msgid "a"\nmsgstr "b\n', "x:2: This line is not of a gettext file."),
        (b'msgid "a"\nwords\n', "x:2: This line is not of a gettext file."),
        (b'msgid "a"b"\n', "x:1: This line is not of a gettext file."),
    ],
)
def test_bad_input_is_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFile) as error:
        import_draft(data, "x", KINDS)
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


def test_a_large_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert importing.MAX_BYTES == 10 * 1024 * 1024
    with pytest.raises(UnreadableFile, match=r"x: The file has 10\.0 MB; at most 10 MB are read\."):
        import_draft(b" " * (importing.MAX_BYTES + 1), "x", KINDS)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)), st.sampled_from(["", "<", "{", "A: "]))
def test_no_bytes_end_in_a_trace(data: bytes, start: str) -> None:
    try:
        draft = import_draft(start.encode() + data, "x", KINDS)
    except UnreadableFile:
        return
    assert "reference_metadata" in yaml.safe_load(draft_yaml(draft, KINDS))


def test_a_damaged_message_ends_in_a_sentence_wherever_it_was_cut() -> None:
    from metadata.derive.metadata_sdmx_ml import key_message

    whole = key_message(make_report({"en": {"FREQ_COLL": "Yearly."}}))
    for end in range(1, len(whole) - 2, 7):
        with pytest.raises(UnreadableFile):
            import_draft(whole[:end], "x", KINDS)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["en", "fr"]), st.text(max_size=200), min_size=1), st.text(max_size=40))
def test_a_text_reads_back_from_the_yaml_as_it_is(texts: dict[str, str], source: str) -> None:
    texts = {language: "".join(c for c in text if not "\ud800" <= c <= "\udfff") for language, text in texts.items()}
    facts = {"FREQ_COLL": {"source": source}} if source.strip() else {}
    draft = Draft("12.4.2", {"FREQ_COLL": texts}, facts, origin="x")
    block = yaml.safe_load(draft_yaml(draft, KINDS))["reference_metadata"]["FREQ_COLL"]
    assert block == texts | facts.get("FREQ_COLL", {})


def test_long_texts_are_folded_and_paragraphs_kept() -> None:
    long = " ".join(f"word{number}" for number in range(60))
    draft = Draft("12.4.2", {"STAT_CONC_DEF": {"en": long, "fr": f"{long}\n\nEncore."}}, origin="x")
    text = draft_yaml(draft, KINDS)
    assert "    en: >-\n      word0" in text
    assert "    fr: |-\n      word0" in text
    assert yaml.safe_load(text)["reference_metadata"]["STAT_CONC_DEF"]["fr"] == f"{long}\n\nEncore."


def test_what_is_not_applicable_to_personal_data_is_kept() -> None:
    texts = {"CONTACT_NAME": {"en": "We keep no names."}}
    draft = Draft("12.4.2", texts, {"CONTACT_NAME": {"status": "not applicable"}}, origin="x")
    block = yaml.safe_load(draft_yaml(draft, KINDS))["reference_metadata"]
    assert block == {"CONTACT_NAME": {"status": "not applicable", "en": "We keep no names."}}


def test_other_languages_and_unread_days_are_comments() -> None:
    texts = {"META_LAST_UPDATE": {"en": "some day"}, "FREQ_COLL": {"ar": "سنويا"}}
    text = draft_yaml(Draft(None, texts, origin="x"), KINDS)
    assert "# - META_LAST_UPDATE (en): no day could be read: some day" in text
    assert "# - FREQ_COLL (ar): declarations are written in English and French: سنويا" in text


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Last updated: 12 February 2018", "2018-02-12"),
        ("Dernière mise à jour : 1er août 2020", "2020-08-01"),
        ("2021-03-31", "2021-03-31"),
        ("March 2021", None),
        ("45 May 2021", None),
    ],
)
def test_days_are_read_in_words(text: str, day: str | None) -> None:
    assert day_in(text) == day


def test_names_of_files_say_indicator_and_language() -> None:
    assert number_in("translations-metadata/en/12-2-2.yml") == "12.2.2"
    assert number_in("12-3-1a.yml") == "12.3.1"
    assert number_in("10-C-1.po") == "10.c.1"
    assert number_in("sheet.yml") is None
    assert language_in("translations-metadata/zh-Hans/12-2-2.yml") == "zh"
    assert language_in("translations/templates/12-2-2.pot") is None


@pytest.mark.parametrize(
    ("source", "text", "dropped"),
    [
        ("a < b & c", "a < b & c", ()),
        ("<p>a&nbsp;b</p><p> </p><p>c<br>d</p>", "a\xa0b\nc\nd", ()),
        ("<table><tr><td>a</td><td>b</td></tr><tr><th></th><th>c</th></tr></table>", "a | b\n| c", ()),
        ('<a href="mailto:a@b.org">a@b.org</a> <a>x</a>', "a@b.org x", ()),
        ("a<!-- hidden -->b<!-- -->", "ab", ("a comment: hidden",)),
        ("<script>alert(1)</script>a", "a", ("a script: alert(1)",)),
        ("<math><mi>x</mi>", "", ("a formula (MathML): x",)),
        ("<m:math><m:mi>x<br/></m:mi></m:math>y", "y", ("a formula (MathML): x",)),
        ('<img src="a.png"/><img>', "", ("a picture (a.png)", "a picture")),
        ("<svg><style>b</style></svg>", "", ("a drawing (SVG): b",)),
        ("</p></a></math>a", "a", ()),
    ],
)
def test_html_becomes_plain_text(source: str, text: str, dropped: tuple[str, ...]) -> None:
    found: Any = plain_text(source)
    assert (found.text, found.dropped) == (text, dropped)
