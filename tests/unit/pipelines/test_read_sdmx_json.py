"""SDMX-JSON data messages: positions, defaults, partial keys, several data sets, and every refusal.

No peer reads these: sdmx1 2.28 refuses both `data.structure` and `data.structures` (see the test), so specimens are
written by hand from the field guide ("dataSet", "observations", "handling component values").
"""

from __future__ import annotations

import gc
import json
import logging
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.errors import SdgError, UnreadableFile
from pipelines.read import sdmx_json_decode as decoding
from pipelines.read.detect import read_message
from pipelines.read.message import PLACE_COLUMNS, Message
from pipelines.read.safety import Source

SPECIMENS = Path(__file__).resolve().parents[2] / "specimens" / "read"


def rows(message: Message, *columns: str) -> list[tuple[Any, ...]]:
    return message.frame.select(columns).rows()


def refused(document: Any) -> str:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(UnreadableFile) as caught:
        read_message(data, name="file.json")
    return str(caught.value)


def component(name: str, *values: str, **further: Any) -> dict[str, Any]:
    return {"id": name, **further} | ({"values": [{"id": value} for value in values]} if values else {})


def message(*data_sets: Any, attributes: Any = None) -> dict[str, Any]:
    dimensions = {"series": [component("S", "A", "B")], "observation": [component("T", "2020", "2021")]}
    structure = {"dimensions": dimensions, "attributes": attributes or {}}
    return {"meta": {}, "data": {"structure": structure, "dataSets": list(data_sets)}}


def read(document: Any) -> Message:
    return read_message(json.dumps(document).encode())


def by_path(document: Any, path: str) -> Any:
    """Return what a path such as `$.data.series["0:1"]` leads to, as any JSON path tool does."""
    assert path.startswith("$.")
    for name, number, key in re.findall(r"\.([A-Za-z]\w*)|\[(\d+)\]|\[\"([^\"]+)\"\]", path[1:]):
        document = document[int(number)] if number else document[name or key]
    return document


def test_every_row_has_a_path_that_leads_to_its_observation() -> None:
    for name in ("json1.json", "json2.json"):
        found, document = read_message(SPECIMENS / name), json.loads((SPECIMENS / name).read_text(encoding="utf-8"))
        assert found.path_of is not None
        for number, value in found.frame.select("_row", "obs_value").iter_rows():
            there = by_path(document, found.path_of(number))
            sent = there[0] if isinstance(there, list) and there else None
            assert value is None or float(value) == float(sent) or sent == "NaN"
    found = read(message({"series": {"0": {"observations": {"1": [5]}}, "1": {"observations": {"0": [6], "1": [7]}}}}))
    assert found.path_of is not None
    assert [found.path_of(number) for number in (1, 3)] == [
        '$.data.dataSets[0].series["0"].observations["1"]', '$.data.dataSets[0].series["1"].observations["1"]',
    ]  # fmt: skip
    with pytest.raises(SdgError, match=r"The message has no observation 4\."):
        found.path_of(4)


def test_version_1_0_with_defaults_annotations_and_a_delete() -> None:
    found = read_message(SPECIMENS / "json1.json")
    assert found.format == "sdmx-json-1.0"
    columns = ("freq", "series", "sex", "time_period", "obs_value", "obs_status", "comment_obs", "comment_ts")
    assert rows(found, *columns) == [
        ("A", "AAA", "F", "2020", "1.50", "A", None, "of the series"),
        ("A", "AAA", "F", "2021", None, "O", " a & b ", "of the series"),
        ("A", "BBB", "M", "2021", "7", "A", None, None),
        ("A", "AAA", "M", None, None, "A", None, None),
        ("A", "AAA", "F", "2021", None, "A", None, None),
    ]
    assert found.frame["geo_info_type"].to_list() == ["set"] * 3 + [None] * 2
    assert rows(found, "_row", "_line", "_sheet", "_dataset", "_action") == [
        (1, None, None, 0, "Replace"), (2, None, None, 0, "Replace"), (3, None, None, 0, "Replace"),
        (4, None, None, 1, "Delete"), (5, None, None, 1, "Delete"),
    ]
    header = found.header
    assert (header.sender, header.message_id, header.test) == ("XX_OFFICE", "SPECIMEN-6", False)
    assert header.prepared_at is not None
    assert header.prepared_at.isoformat() == "2024-03-01T04:00:00+00:00"
    assert str(header.structure) == "XX_OFFICE:SDG(1.2)"
    assert header.dataset_actions == ("Replace", "Delete")
    assert [(note.rule, note.places) for note in found.notes] == [("SERIES-EMPTY", 1)]


def test_version_2_0_flat_with_partial_keys_and_values_in_place() -> None:
    found = read_message(SPECIMENS / "json2.json")
    assert found.format == "sdmx-json-2.0"
    assert rows(found, "freq", "series", "time_period", "obs_value", "upper_bound", "obs_status", "conf") == [
        ("A", "AAA", "2020", "1.50", "2", "A", "a;b"),
        ("A", "BBB", "2021", "NaN", None, "O", None),
        ("A", "BBB", "2020", "-0", "1e3", None, None),
        (None, "CCC", None, "12345678901234567890.10", None, None, None),
    ]
    assert found.frame["comment_ts"].to_list() == ["of the key", '"x;";y', '"x;";y', None]
    assert found.frame["source_detail"].to_list() == ["text in place"] + ["in English;en français"] * 2 + [None]
    assert found.frame["title"].to_list() == [None] * 3 + ["of the key"]
    assert found.frame["comment_obs"].to_list() == ["free", "true", None, None]
    assert found.frame["_dataset"].to_list() == [0, 0, 0, 1]
    assert found.header.test is True
    assert str(found.header.structure) == "XX_OFFICE:SDG(1.2)"
    assert found.frame.columns[-5:] == list(PLACE_COLUMNS)


def test_a_partial_key_without_any_position_is_of_every_observation() -> None:
    """Beyond the schema, whose pattern asks for one position at least; services send it all the same."""
    dimensions = {"observation": [component("T", "2020", "2021", keyPosition=0)]}
    structure = {"dimensions": dimensions, "attributes": {"dimensionGroup": [component("TITLE")]}}
    data_set = {"dimensionGroupAttributes": {"": ["of all"]}, "observations": {"0": [1], "1": [2]}}
    found = read({"meta": {}, "data": {"structures": [structure], "dataSets": [data_set]}})
    assert found.frame["title"].to_list() == ["of all", "of all"]


@pytest.mark.parametrize("own", [{}, {"series": {}}])
def test_partial_keys_of_a_data_set_without_observations_are_of_none(own: dict[str, Any]) -> None:
    attributes = {"dimensionGroup": [{"id": "NOTE"}]}
    document = message(own | {"dimensionGroupAttributes": {"0:": ["of A"]}}, attributes=attributes)
    assert read(document).frame.height == 0


def test_a_dimension_without_values_has_no_texts_whatever_other_data_sets_have() -> None:
    """Found by fuzzing: its column was one of positions beside one of texts."""
    with_values = {"dimensions": {"observation": [component("T", "2020")]}}
    without = {"dimensions": {"observation": [component("T")]}}
    sets = [{"structure": 0, "observations": {"0": [1]}}, {"structure": 1, "observations": {}}]
    document = {"data": {"structures": [with_values, without], "dataSets": sets}}
    assert rows(read(document), "t", "obs_value") == [("2020", "1")]
    sets[1]["observations"] = {"0": [1]}
    assert "T has 0 values, so there is none at position 0." in refused(document)


def test_a_partial_key_of_a_dimension_that_the_rows_do_not_have_is_of_none() -> None:
    attributes = {"dimensionGroup": [{"id": "NOTE"}]}
    own = {"observations": {"0": [1]}, "dimensionGroupAttributes": {"0:": ["of A"]}}
    found = read(message(own, attributes=attributes))
    assert rows(found, "t", "obs_value", "note") == [("2020", "1", None)]


def test_a_position_with_zeros_in_front_is_refused_in_a_partial_key() -> None:
    """Else two names could mean the same key, and its rows would double."""
    own = {"observations": {"0": [1]}, "dimensionGroupAttributes": {"0:": ["a"], "00:": ["b"]}}
    assert "A key of at most 2 positions is expected here." in refused(
        message(own, attributes={"dimensionGroup": [{"id": "NOTE"}]})
    )


def test_another_dimension_at_the_observation_and_an_older_message_without_data() -> None:
    """Messages before 1.0 have `header` and `structure` at the root, as the samples of the field guide."""
    inner = message({"series": {"1": {"observations": {"0": [3]}}}})["data"]
    found = read({"header": {"id": "x", "sender": [{"id": "Y"}]}, **inner})
    assert rows(found, "s", "t", "obs_value") == [("B", "2020", "3")]
    assert found.header.sender == "Y"


def test_version_2_1_says_so_in_its_schema() -> None:
    meta = {"schema": "https://x/sdmx-json/v2.1.0/schema.json"}
    assert read({"meta": meta, "data": {"structures": [], "dataSets": []}}).format == "sdmx-json-2.1"


@pytest.mark.parametrize("document", [
    message(),
    message({}),
    message({"series": {}}),
    message({"observations": {}}),
    {"meta": {"schema": "https://x/sdmx-json/1.0/schema.json"}},
])
def test_an_empty_message_has_no_rows_and_all_place_columns(document: Any) -> None:
    frame = read(document).frame
    assert frame.height == 0
    assert frame.columns[-5:] == list(PLACE_COLUMNS)


def test_errors_beside_the_data_are_a_note() -> None:
    document = message({"series": {"0": {"observations": {"0": [1]}}}}) | {"errors": [{"code": 510, "title": "Cut."}]}
    (note,) = read(document).notes
    assert (note.rule, note.message) == ("MESSAGE-FOOTER", "The sender's footer says: Cut. (code 510).")


SERIES = {"series": {"0": {"observations": {"0": [1]}}}}
CODED = component("X", "a")
BAD_STRUCTURE = message(SERIES)
BAD_STRUCTURE["data"]["structure"]["dimensions"]["series"][0]["id"] = "T"


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (b'{"data": ', "file.json:1:10: The JSON text breaks off: Expecting value."),
        (b'{"data":\n {"a" 1}}', "file.json:2:7: The JSON text is not well-formed: Expecting ':' delimiter."),
        (b'{"data": "\xff"}', "file.json:1: The JSON text is damaged: these bytes are no text."),
        (b'{"a": 1, "b": 2, "a": 3}', "An object has the name a twice, so one of the two would be lost."),
        (b'{"a": ' + b"9" * 5000 + b"}", "has a number with thousands of digits"),
        (b'{"a": ' + b"[" * 100_000, "nested too deeply"),
        ([1, 2], "This is JSON, not a message that is read."),
        ({"x": 1}, "This is JSON, not a message that is read."),
        ({"data": {"codelists": []}}, "This is an SDMX-JSON structure message, not data."),
        ({"errors": [{"code": 100, "title": "No results"}]}, "not data: No results (code 100)."),
        ({"data": [1]}, "file.json, data: An object is expected here."),
        ({"data": {"dataSets": {"a": 1}, "structure": {}}}, "file.json, data.dataSets: An array is expected here."),
        (message({"structure": 1}), "file.json, data.dataSets[0].structure: There is no such structure"),
        (
            message({"series": {"0": {"observations": {"0": ["@"]}}}}, attributes={}),
            "file.json: A text of the message has half a character (a surrogate without its other half).",
        ),
        (message({"series": []}), "file.json, data.dataSets[0].series: An object is expected here."),
        (message({"series": {"0": 1}}), 'data.dataSets[0].series["0"]: An object is expected here.'),
        (message({"series": {"0:1": {"observations": {"0": [1]}}}}), 'series["0:1"]: A key of 1 positions is expected'),
        (message({"series": {"2": {"observations": {"0": [1]}}}}), "S has 2 values, so there is none at position 2."),
        (message({"series": {"0": {"observations": {"7": [1]}}}}), "T has 2 values, so there is none at position 7."),
        (message({"series": {"0": {"observations": {"0": 1}}}}), "An array is expected for every observation"),
        (
            message({"series": {"0": {"observations": {"0": [1, -1]}}}}, attributes={"observation": [CODED]}),
            "X has 1 values, so there is none at position -1.",
        ),
        (
            message(SERIES | {"dimensionGroupAttributes": {"x": [0]}}, attributes={"dimensionGroup": [CODED]}),
            "A key of at most 2 positions is expected here.",
        ),
        (BAD_STRUCTURE, "The structure of this data set has the component T twice."),
        (message(SERIES, attributes={"series": [{"id": "_row"}]}), "needs an id that begins with a letter."),
        (message(SERIES, attributes={"series": [component(f"C{n}") for n in range(501)]}), "more than 500 columns"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_told_with_its_place(document: Any, sentence: str) -> None:
    data = document if isinstance(document, bytes) else json.dumps(document).replace("@", "\\ud800").encode()
    assert sentence in refused(data)


def test_the_limit_of_size_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MAX_JSON", 10)
    assert "The JSON text is larger than 0 MB, which is the limit." in refused(message())


def test_series_without_dimensions_and_attributes_have_the_observations_alone() -> None:
    structure = {"dimensions": {"observation": [component("T", "2020", "2021")]},
                 "attributes": {"observation": [{"id": "NOTE"}]}}
    one = {"data": {"structure": structure, "dataSets": [{"series": {"": {"observations": {"1": [2, True]}}}}]}}
    assert rows(read(one), "t", "obs_value", "note") == [("2021", "2", "true")]
    one["data"]["dataSets"] = [{"series": {"0": {"observations": {"1": [2]}}}}]
    assert 'series["0"]: A key of 0 positions is expected here.' in refused(one)


TEXTS = (
    '{"data": {"structure": {"dimensions": {"observation": [{"id": "T", "values": [{"id": "2020"}, {"id": "2021"}]}]},'
    ' "attributes": {"observation": [{"id": "A"}, {"id": "B"}]}},'
    ' "dataSets": [{"observations": {"0": [%s, %s, %s], "1": [1]}}]}}'
)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1.50", "1e5", "0.10"), ("1.50", "1e5", "0.10")),
        (("-0", "-0.0", "123456789012345678901234567890"), ("-0", "-0.0", "123456789012345678901234567890")),
        (('"a\\": b"', '"{\\"x\\" : 1}"', "true"), ('a": b', '{"x" : 1}', "true")),
        (('["a", 1.0]', "null", '"\\u00e9"'), ("a;1.0", None, "é")),
        (("NaN", "1", "[]"), ("NaN", "1", "")),
    ],
)
@pytest.mark.parametrize("spaced", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_texts_and_numbers_are_the_same_however_they_are_decoded(
    cells: tuple[str, ...], expected: tuple[str | None, ...], spaced: bool, encoding: str
) -> None:
    text = TEXTS % cells
    text = text.replace('":', '" \n:') if spaced and "\\" not in text else text
    found = read_message(text.encode(encoding))
    assert rows(found, "t", "obs_value", "a", "b") == [("2020", *expected), ("2021", "1", None, None)]
    slow = decoding._decode_with_care(decoding._Part(Source("x", data=b"")), text.encode(), "utf-8")
    fast = decoding._decode_fast(text.encode())
    assert fast is None or fast == slow


def test_the_fast_decoder_is_used_and_leaves_what_it_cannot_tell() -> None:
    found = decoding._decode_fast(b'{"a" : {"b":[{"c":1.50}, [{"d": 1}]]}}')
    assert found == {"a": {"b": [{"c": "1.50"}, [{"d": 1}]]}}
    doubtful = (b'{"a":1,"a":2}', b'{"a":[{"b":1, "b" :2}]}', b'["\xff"]', b"[-0]", b"[NaN]", b"[" * 9999, b'["\\":"]')
    for text in doubtful:
        assert decoding._decode_fast(text) is None


def test_the_collector_of_garbage_is_on_again_after_reading() -> None:
    for on in (True, False):
        (gc.enable if on else gc.disable)()
        try:
            read(message())
            refused(b'{"a":')
            assert gc.isenabled() is on
        finally:
            gc.enable()


@pytest.mark.parametrize("name", ["json1.json", "json2.json"])
def test_sdmx1_refuses_both_versions(name: str) -> None:
    """So there is no peer to compare with; when sdmx1 reads it one day, compare and drop this test."""
    import sdmx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        with pytest.raises((KeyError, TypeError)):
            sdmx.read_sdmx(SPECIMENS / name)
        logging.disable(logging.NOTSET)


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=8)
cells = st.none() | texts
records = st.lists(
    st.fixed_dictionaries({"S": texts, "T": texts, "OBS_VALUE": cells, "X": cells, "Y": cells}),
    max_size=12, unique_by=lambda row: (row["S"], row["T"]),
)


def encoded(found: list[dict[str, Any]], *, version: int, flat: bool) -> dict[str, Any]:
    """Write rows as a message of 1.0 or 2.0, with or without series; X is coded, Y has its values in place in 2.0."""

    def listed(name: str) -> list[Any]:
        return list(dict.fromkeys(row[name] for row in found if row[name] is not None))

    def described(name: str) -> dict[str, Any]:
        key = "value" if version == 2 else "name"
        return {"id": name, "values": [{key: value} for value in listed(name)]}

    dimensions = {"observation": [described("S"), described("T")]}
    dimensions = dimensions if flat else {"series": [described("S")], "observation": [described("T")]}
    structure = {
        "dimensions": dimensions,
        "attributes": {"observation": [described("X"), {"id": "Y"} if version == 2 else described("Y")]},
    }
    data_set: dict[str, Any] = {"observations": {}} if flat else {"series": {}}
    for row in found:
        s, t = listed("S").index(row["S"]), listed("T").index(row["T"])
        x = None if row["X"] is None else listed("X").index(row["X"])
        y = row["Y"] if version == 2 or row["Y"] is None else listed("Y").index(row["Y"])
        cell = [row["OBS_VALUE"], x, y]
        while len(cell) > 1 and cell[-1] is None:
            cell.pop()
        if flat:
            data_set["observations"][f"{s}:{t}"] = cell
        else:
            data_set["series"].setdefault(str(s), {"observations": {}})["observations"][str(t)] = cell
    named = {"structure": structure} if version == 1 else {"structures": [structure]}
    return {"meta": {}, "data": {**named, "dataSets": [data_set]}}


@given(records, st.sampled_from([1, 2]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_whatever_is_written_is_read_back(found: list[dict[str, Any]], version: int, flat: bool) -> None:
    frame = read(encoded(found, version=version, flat=flat)).frame
    got = [{name.upper(): row[name] for name in row if not name.startswith("_")} for row in frame.to_dicts()]
    in_order = found if flat else sorted(found, key=lambda row: [one["S"] for one in found].index(row["S"]))
    assert got == in_order


NAMES = [
    "data", "structure", "structures", "dataSets", "series", "observations", "0", "0:0", "dimensions", "attributes",
    "observation", "values", "id", "links",
]


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(NAMES), inner, max_size=5,
    ),
    max_leaves=25,
))
@settings(max_examples=300, deadline=None)
def test_any_json_is_read_or_refused(tree: Any) -> None:
    data = json.dumps({"data": tree, "meta": {}}).encode()
    try:
        columns = read_message(data).frame.columns
    except UnreadableFile:
        return
    assert columns[-5:] == list(PLACE_COLUMNS)
