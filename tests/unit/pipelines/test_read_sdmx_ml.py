"""SDMX-ML 2.1 structure-specific: attributes of every level, layouts, encodings, and every refusal's sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.errors import UnreadableFile
from pipelines.read.detect import read_message
from pipelines.read.message import PLACE_COLUMNS, Message
from pipelines.read.safety import MAX_COLUMNS, MAX_DEPTH
from pipelines.read.sdmx_ml_rows import BATCH, MAX_SHAPES

SPECIMENS = Path(__file__).resolve().parents[2] / "specimens" / "read"
NAMESPACE = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"


def document(content: str, root: str = "StructureSpecificData", namespace: str = NAMESPACE) -> bytes:
    return f'<{root} xmlns="{namespace}"><Header><ID>x</ID></Header>\n{content}\n</{root}>'.encode()


def rows(message: Message, *columns: str) -> list[tuple[Any, ...]]:
    return message.frame.select(columns).rows()


def refused(data: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read_message(data, name="file.xml")
    return str(caught.value)


def test_attributes_come_from_the_nearest_level() -> None:
    message = read_message(SPECIMENS / "series.xml")
    assert rows(message, "series", "ref_area", "sex", "time_period", "obs_value", "unit_measure") == [
        ("AAA", "1", "F", "2020", "1.50", "PT"),
        ("AAA", "1", "F", "2021", "", "PT"),
        ("AAA", "2", "M", "2020", "007", "PT"),
    ]
    assert message.frame["comment_ts"].to_list() == ["of the group", "of the group", "of the series"]
    assert message.frame["geo_info_type"].to_list() == ["set", "set", "own"]
    assert message.frame["comment_obs"].to_list() == [None, " a & b <c> ", None]


def test_the_time_series_variant_is_read_the_same() -> None:
    """SDMX 2.1, SDMXMessage.xsd, StructureSpecificTimeSeriesData: the same but for TIME_PERIOD at the observation."""
    content = '<DataSet><Series S="A"><Obs TIME_PERIOD="2020" OBS_VALUE="1"/></Series></DataSet>'
    variant = read_message(document(content, "StructureSpecificTimeSeriesData"))
    plain = read_message(document(content))
    assert variant.format == plain.format == "sdmx-ml-2.1-structure-specific"
    assert rows(variant, "s", "time_period", "obs_value") == [("A", "2020", "1")]
    assert variant.frame.equals(plain.frame)


def test_places_and_header_of_the_series_layout() -> None:
    message = read_message(SPECIMENS / "series.xml")
    assert message.format == "sdmx-ml-2.1-structure-specific"
    assert message.frame.columns[-5:] == list(PLACE_COLUMNS)
    assert message.frame["_line"].to_list() == [22, 23, 26]
    assert rows(message, "_sheet", "_row", "_dataset", "_action") == [(None, None, 0, "Append")] * 3
    header = message.header
    assert (header.sender, header.message_id, header.test) == ("XX_OFFICE", "SPECIMEN-1", False)
    assert header.prepared == "2024-03-01T10:00:00+06:00"
    assert header.prepared_at is not None
    assert header.prepared_at.isoformat() == "2024-03-01T04:00:00+00:00"
    assert str(header.structure) == "XX_OFFICE:SDG(1.2)"
    assert header.dataset_actions == ("Append",)


def test_a_footer_is_a_note() -> None:
    (note,) = read_message(SPECIMENS / "series.xml").notes
    assert (note.rule, note.severity) == ("MESSAGE-FOOTER", "warning")
    assert note.message == "The sender's footer says: The answer was cut. (code 510)."


def test_flat_layout_two_data_sets_and_a_group_after_its_observations() -> None:
    message = read_message(SPECIMENS / "flat.xml")
    assert rows(message, "series", "time_period", "obs_value", "obs_status", "comment_ts", "_dataset") == [
        ("AAA", "2020", "1", None, "late group", 0),
        ("AAA", "2021", "2", "E", "late group", 0),
        ("BBB", "2019", None, None, None, 1),
        ("CCC", None, None, None, None, 1),
    ]
    assert message.frame["_action"].to_list() == ["Replace", "Replace", "Delete", "Delete"]
    assert message.header.dataset_actions == ("Replace", "Delete")
    assert message.header.test is True
    assert str(message.header.structure) == "A:B(1.0)"
    assert message.notes == ()


def test_a_series_without_observation_is_noted_where_nothing_is_deleted() -> None:
    message = read_message(document('<DataSet><Series SERIES="A"/><Series SERIES="B"><Obs T="1"/></Series></DataSet>'))
    assert rows(message, "series", "t") == [("B", "1")]
    (note,) = message.notes
    assert (note.rule, note.places, note.examples[0].line) == ("SERIES-EMPTY", 1, 2)


def test_an_observation_behind_a_series_does_not_get_its_key() -> None:
    content = '<DataSet><Series S="A"><Obs T="1"/></Series><Obs T="2"/><Series S="B"><Obs T="3"/></Series></DataSet>'
    assert rows(read_message(document(content)), "s", "t") == [("A", "1"), (None, "2"), ("B", "3")]


def test_groups_with_unequal_attributes_and_without_observation_are_noted() -> None:
    content = (
        '<DataSet><Group S="A" TITLE="one"/><Group S="A" TITLE="two"/><Group S="Z" TITLE="none"/>'
        '<Series S="A"><Obs T="1"/></Series></DataSet>'
    )
    message = read_message(document(content))
    assert message.frame["title"].to_list() == ["one"]
    assert {note.rule: note.places for note in message.notes} == {"GROUP-UNEQUAL": 1, "GROUP-UNMATCHED": 1}


def test_elements_that_the_format_does_not_have_are_noted() -> None:
    inner = '<Comp id="X"/><Annotations><Annotation/></Annotations>'
    content = f'<DataSet><Series S="A"><Obs T="1">{inner}</Obs></Series></DataSet>'
    (note,) = read_message(document(content)).notes
    assert (note.rule, note.places) == ("ELEMENT-UNKNOWN", 1)
    assert "Comp (1)" in note.message


def test_attributes_with_a_prefix_of_the_standard_are_the_messages_own() -> None:
    content = (
        '<DataSet xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:n="urn:own">'
        '<Obs xsi:type="n:ObsType" xml:lang="en" n:SEX="F" T="1"/></DataSet>'
    )
    frame = read_message(document(content)).frame
    assert [c for c in frame.columns if not c.startswith("_")] == ["sex", "t"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "koi8-r"])
def test_declared_encodings_are_read(encoding: str) -> None:
    word = "отходы" if encoding == "koi8-r" else "Größe"
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    content = document(f'<DataSet><Obs SERIES="{word}"/></DataSet>').decode()
    data = f'<?xml version="1.0" encoding="{declared}"?>{content}'.encode(encoding)
    assert read_message(data).frame["series"].to_list() == [word]


def test_an_empty_message_has_no_rows_and_all_place_columns() -> None:
    for content in ("", "<DataSet/>", '<DataSet UNIT_MEASURE="T"/>'):
        frame = read_message(document(content)).frame
        assert frame.height == 0
        assert frame.columns[-5:] == list(PLACE_COLUMNS)


def test_more_than_one_batch_keeps_order_lines_and_series() -> None:
    many = BATCH + 17
    one = "".join(f'<Obs T="{t}"/>\n' if t % 3 else f'<Obs T="{t}" C="x"/>\n' for t in range(1000))
    series = "".join(f'<Series S="{n}">\n{one}</Series>' for n in range(many // 1000 + 1))
    frame = read_message(document(f"<DataSet>\n{series}</DataSet>")).frame
    count = (many // 1000 + 1) * 1000
    assert frame["t"].to_list() == [str(t) for t in range(1000)] * (count // 1000)
    assert frame["s"].to_list() == [str(n) for n in range(count // 1000) for _ in range(1000)]
    assert frame["_line"].is_sorted()
    assert frame["c"].null_count() == count - (count // 1000) * 334


def test_a_truncated_document_is_an_error_with_the_line() -> None:
    whole = (SPECIMENS / "series.xml").read_bytes()
    for cut in (b'<Obs TIME_PERIOD="2021"', b"</m:DataSet>", b"</m:StructureSpecificData>"):
        position = whole.index(cut)
        line = whole.count(b"\n", 0, position) + 1
        said = refused(whole[:position])
        assert said.startswith(f"file.xml:{line}:")
        assert "The XML document breaks off: no element found." in said


def test_damage_in_the_middle_is_an_error_with_line_and_place() -> None:
    said = refused(document("<DataSet>\n<Obs T='1'></DataSet>"))
    assert said.startswith("file.xml:3:14: The XML document is not well-formed: mismatched tag.")
    assert "declared encoding" in refused(b'<?xml version="1.0"?><a b="\xe4"/>')


def test_every_document_type_declaration_is_refused() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY x "y">]>' + document('<DataSet><Obs S="&x;"/></DataSet>')
    assert refused(bomb).startswith("file.xml:1: The document has a document type declaration (DTD)")
    outside = b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + document("<DataSet/>")
    assert "which is never read" in refused(outside)


def test_an_undeclared_encoding_is_an_error() -> None:
    assert "The declared encoding cannot be read" in refused(b'<?xml version="1.0" encoding="no-such"?><a/>')
    assert "encoding" in refused(b'<?xml version="1.0" encoding="gb2312"?><a/>')


def test_limits_are_named() -> None:
    deep = "<A>" * (MAX_DEPTH + 5)
    assert f"nested deeper than {MAX_DEPTH}, which is the limit" in refused(document(f"<DataSet>{deep}"))
    assert f"nested deeper than {MAX_DEPTH}, which is the limit" in refused(document(deep))
    wide = " ".join(f'C{n}="1"' for n in range(MAX_COLUMNS + 1))
    said = refused(document(f"<DataSet><Obs {wide}/></DataSet>"))
    assert f"more than {MAX_COLUMNS} columns, which is the limit" in said
    long = f'<DataSet><Obs C="{"x" * (20 << 20)}"/></DataSet>'
    assert "A tag or text is longer than 8 MB, which is the limit." in refused(document(long))
    text = f"<Header><ID>{'x' * 100_000}</ID></Header>"
    assert "A text of the header is longer than 64 KB, which is the limit." in refused(document(text))
    assert "A text of the header is longer than 64 KB" in refused(document(text.replace("</ID>", "<b/></ID>")))


def test_one_component_in_two_spellings_is_refused() -> None:
    said = refused(document('<DataSet><Obs SEX="F" Sex="M"/></DataSet>'))
    assert "has the component SEX twice, in two spellings" in said
    assert "begins with an underscore" in refused(document('<DataSet><Obs _row="F"/></DataSet>'))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (document("", "Structure"), "This is a structure message (definitions and code lists), not data."),
        (document("", "RegistryInterface"), "This is a registry message, not data."),
        (document("", "GenericMetadata"), "This is a reference metadata message, not data."),
        (
            document("", namespace=NAMESPACE.replace("v2_1", "v2_0")),
            "This is SDMX-ML 2.0 data in a <StructureSpecificData>, which is not read.",
        ),
        (b"<rss/>", "This is XML, but not an SDMX message: its outermost element is <rss>."),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "This is an HTML page, not data."),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html><html/>', "This is an HTML page, not data."),
        (
            b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "This is an Excel 2003 XML spreadsheet, which is not read.",
        ),
    ],
)
def test_other_documents_are_named_and_refused(data: bytes, sentence: str) -> None:
    assert sentence in refused(data)


def test_an_error_message_of_a_service_is_told() -> None:
    content = '<ErrorMessage code="100"><c:Text xmlns:c="x">No results\n found</c:Text></ErrorMessage>'
    said = refused(f'<Error xmlns="{NAMESPACE}">{content}</Error>'.encode())
    assert "This is an error message of a service, not data: No results found (code 100)." in said
    assert "it gives no reason" in refused(f'<Error xmlns="{NAMESPACE}"/>'.encode())


def test_a_structure_named_by_urn_and_a_data_set_that_names_none() -> None:
    urn = "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=A:DF(2.0)"
    structure = f'<Structure structureID="S"><StructureUsage><URN>{urn}</URN></StructureUsage></Structure>'
    data = document("<DataSet/>").replace(b"<ID>x</ID>", structure.encode())
    assert str(read_message(data).header.structure) == "A:DF(2.0)"
    typed = '<DataSet xmlns:n="urn:x=B:SDG(3.0):y" xmlns:xsi="urn:w3.org/" xsi:type="n:T"><Obs T="1"/></DataSet>'
    assert str(read_message(document(typed)).header.structure) == "B:SDG(3.0)"


def test_attributes_of_the_data_set_in_an_element_of_their_own() -> None:
    content = '<DataSet><Atts UNIT_MEASURE="T"/><Obs T="1"/></DataSet><DataSet><Obs T="2" UNIT_MEASURE="KG"/></DataSet>'
    assert rows(read_message(document(content)), "t", "unit_measure", "_dataset") == [("1", "T", 0), ("2", "KG", 1)]


def test_a_group_without_key_is_noted() -> None:
    message = read_message(document('<DataSet><Group TITLE="x"/><Series S="A"><Obs T="1"/></Series></DataSet>'))
    assert [note.rule for note in message.notes] == ["GROUP-UNMATCHED"]
    assert message.notes[0].message == "1 Group elements belong to no observation of their data set and were not used."


def test_utf_16_without_mark_is_read() -> None:
    data = document('<DataSet><Obs SERIES="ж"/></DataSet>').decode()
    for encoding in ("utf-16-le", "utf-16-be"):
        assert read_message(data.encode(encoding)).frame["series"].to_list() == ["ж"]


def test_more_shapes_than_are_kept_at_a_time() -> None:
    count = MAX_SHAPES + 300
    content = ""
    for number in range(count):
        bits = [bit for bit in range(11) if number >> bit & 1]
        content += f'<Obs T="{number}" ' + " ".join(f'A{bit}="{number}"' for bit in bits) + "/>"
    frame = read_message(document(f"<DataSet>{content}</DataSet>")).frame
    assert frame["t"].to_list() == [str(n) for n in range(count)]
    assert frame["a10"].to_list() == [str(n) if n >> 10 & 1 else None for n in range(count)]


# XML allows these characters; white space in an attribute is written as a reference, or it would become a space.
characters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
texts = st.text(characters, max_size=10)
escapes = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


@given(
    st.lists(st.dictionaries(st.sampled_from(["S", "R"]), texts), max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.dictionaries(st.sampled_from(["T", "V", "C"]), texts)), max_size=12),
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_written_is_read_back(keys: list[dict[str, str]], found: list[tuple[int, dict[str, str]]]) -> None:
    def attributes(row: dict[str, str]) -> str:
        return "".join(f" {name}={quoteattr(value, escapes)}" for name, value in row.items())

    expected, content = [], ""
    for number, key in enumerate(keys):
        own = [row for series, row in found if series == number]
        expected += [key | row for row in own]
        inner = "".join(f"<Obs{attributes(row)}/>" for row in own)
        content += f"<Series{attributes(key)}>{inner}</Series>"
    frame = read_message(document(f"<DataSet>{content}</DataSet>")).frame
    got = [
        {name.upper(): value for name, value in row.items() if value is not None and not name.startswith("_")}
        for row in frame.to_dicts()
    ]
    assert got == expected


def test_generic_data_under_a_structure_specific_root_is_refused() -> None:
    text = (
        '<m:StructureSpecificData xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"'
        ' xmlns:g="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic"><m:DataSet><g:Obs><g:ObsKey>'
        '<g:Value id="FREQ" value="A"/></g:ObsKey><g:ObsValue value="1"/></g:Obs></m:DataSet>'
        "</m:StructureSpecificData>"
    )
    with pytest.raises(UnreadableFile, match="says that it is structure-specific, and holds generic data"):
        read_message(text.encode(), name="a.xml")
