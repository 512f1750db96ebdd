"""SDMX-JSON read in bulk against the decoder: the same message from every document, or the same sentence.

The sizes from which a message is cut, and of a piece, are set to a few bytes here, so that small messages go every way
that large ones go.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metadata.errors import UnreadableFile
from pipelines.read import sdmx_json, sdmx_json_lists, sdmx_json_pieces
from pipelines.read.message import Message
from pipelines.read.safety import Source
from pipelines.read.sdmx_json_frame import InBulk, Rows
from pipelines.read.sdmx_json_lists import regular_texts
from pipelines.read.sdmx_json_values import Repeated

SPECIMENS = Path(__file__).resolve().parents[2] / "specimens" / "read"


@contextmanager
def bulk(piece: int | None) -> Iterator[list[int]]:
    """Read in bulk in pieces of some bytes, or by the decoder, whole; yields how many rows were read in bulk."""
    taken = list[int]()
    take = Rows.taken

    def spy(rows: Rows, number: int, found: InBulk) -> pl.DataFrame:
        taken.append(found.frame.height)
        return take(rows, number, found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sdmx_json, "PIECES_FROM", 0 if piece else 1 << 60)
        patch.setattr(sdmx_json_pieces, "PIECE", piece)
        patch.setattr(sdmx_json_pieces, "BLOCK", 300)
        patch.setattr(sdmx_json_pieces, "LIST_FROM", 0)
        patch.setattr(Rows, "taken", spy)
        yield taken


def read(data: bytes, piece: int | None) -> tuple[Message | str, int]:
    """Return the message or the sentence, and how many rows were read in bulk."""
    with bulk(piece) as taken:
        try:
            return sdmx_json.read_sdmx_json(Source("file.json", data=data)), sum(taken)
        except UnreadableFile as error:
            return str(error), sum(taken)


def same(document: Any, piece: int = 1 << 16) -> int:
    """Assert that both ways say the same of a document or text; return how many rows were read in bulk."""
    data = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
    expected, none = read(data, None)
    got, taken = read(data, piece)
    assert not none
    if isinstance(expected, str) or isinstance(got, str):
        # of several faults the first that is met is told; where a text breaks off, a piece of it is not well-formed
        assert isinstance(got, str), f"{expected} but a frame of {got.frame.height}"
        assert isinstance(expected, str), got
        return taken
    assert (got.format, got.header, got.notes) == (expected.format, expected.header, expected.notes)
    assert got.frame.schema == expected.frame.schema
    assert got.frame.equals(expected.frame), f"{got.frame} {expected.frame}"
    assert got.path_of is not None
    assert expected.path_of is not None
    for row in {1, got.frame.height // 2, got.frame.height} - {0} if got.frame.height else ():
        assert got.path_of(row) == expected.path_of(row)
    return taken


def component(name: str, count: int | None, **further: Any) -> dict[str, Any]:
    values = [{"id": f"{name}{n}", "name": f"name, of [{n}]"} for n in range(count)] if count is not None else None
    return {"id": name, **further} | ({"values": values} if values is not None else {})


def structure(*, flat: bool, times: int = 30) -> dict[str, Any]:
    keys = [component("S", 40), component("U", 12)]
    time = [component("T", times)]
    return {
        "dimensions": {"observation": keys + time} if flat else {"series": keys, "observation": time},
        "attributes": {
            "series": [] if flat else [component("C", 3)],
            "observation": [component("A", 150), component("NOTE", None), component("B", 2, default="none")],
        },
    }


def message(*data_sets: Any, flat: bool = False, times: int = 30) -> dict[str, Any]:
    return {"meta": {"id": "M"}, "data": {"structure": structure(flat=flat, times=times), "dataSets": list(data_sets)}}


def cells(number: int) -> list[Any]:
    return [
        [number * 1.37, number % 150, number / 7, number % 2], [str(number), None, "a, b] é", 0], [1, 0], [], [None],
        [-0.5, 149, True, None], ["NaN", number % 10], [12345678901234567890123, 10, False], [1e-7, 100, "", 1, 7, 8],
    ][number % 9]


def series(count: int, *, begin: int = 0, regular: bool = False) -> dict[str, Any]:
    return {
        f"{n % 40}:{n // 40}": {
            "attributes": [n % 3],
            "observations": {
                str(t): [n * 1.37 + t, t, t / 7, 0] if regular else cells(n + t) for t in range(1 + n % 12)
            },
        }
        for n in range(begin, count)
    }


def observations(count: int, *, regular: bool = False) -> dict[str, Any]:
    return {
        f"{n % 40}:{n // 40 % 12}:{n // 480}": [n * 1.37, n % 150, n, 1] if regular else cells(n)
        for n in range(count)
    }


REGULAR: dict[str, Any] = {
    "series": message({"action": "Replace", "series": series(30)}),
    "series of one form": message({"series": series(30, regular=True)}),
    "flat": message({"observations": observations(90)}, flat=True),
    "flat of one form": message({"observations": observations(90, regular=True)}, flat=True),
    "several data sets": message({"series": series(20)}, {"action": "Append", "series": series(60, begin=40)}),
    "empty series": message({"series": {"0:9": {"observations": {}}} | series(30) | {"0:10": {}}}),
    "annotations": message({"series": {
        key: {"annotations": [0, 1], **one, "remark": "x, y"} for key, one in series(30).items()
    }}),
    "attributes behind": message({"series": {
        key: {"observations": one["observations"], "attributes": one["attributes"]} for key, one in series(30).items()
    }}),
}


@pytest.mark.parametrize("form", [(", ", ": ", None), (",", ":", None), (", ", ": ", 1), (" , ", "\t:\r\n", None)])
@pytest.mark.parametrize("name", REGULAR)
def test_regular_messages_are_read_in_bulk(name: str, form: tuple[str, str, int | None]) -> None:
    comma, colon, indent = form
    data = json.dumps(REGULAR[name], separators=(comma, colon), indent=indent, ensure_ascii=False).encode()
    message, _ = read(data, None)
    assert isinstance(message, Message)
    for piece in (1, 700, 1 << 20):
        assert same(data, piece) == message.frame.height


def test_of_two_point_nought_values_are_texts() -> None:
    document = {"meta": {}, "data": {
        "structures": [structure(flat=True) | {"measures": {"observation": [{"id": "OBS_VALUE"}, {"id": "UPPER"}]}}],
        "dataSets": [{"structure": 0, "observations": {
            f"{n % 40}:{n // 40}:0": [f"{n}.50", str(n), n % 150, "a note", 0] for n in range(300)
        }}],
    }}
    assert same(document) == 300
    found, _ = read(json.dumps(document).encode(), 1 << 16)
    assert isinstance(found, Message)
    assert found.frame["obs_value"][3] == "3.50"


ODD_CELLS = [
    "01", "-01", "+1", ".5", "1.", "-", "1e", "1e+", "0x1", "NaN", "Infinity", "nul", "nulll", "True", "1 2", "- 1",
    '"a', 'a"', '"a""b"', '"a"1', "[0]", "[]", "{}", '{"en": "a"}', "1..2", "1.2.3", "--1", "1-", "1_0", "Y", "]", "[",
    "", "}", "{", ":", ",", '"a\\"b"', '"\\u0041"', '"\\ud800"', "\x01", '"a\tb"', '"a\nb"', "'a'", "1,", "é", "1E5",
    "-0", "-0.0", "0", "0.0", "1.50", "12345678901234567890", "1" * 30, "1." + "3" * 40, "1e-7", "true", "null",
    "null ", "1e400", "00", "0.1.", "9" * 5000, "1/", "1:", "１", '"\x7f"', '"<, ]}{[:"',
]


@pytest.mark.parametrize("cell", ODD_CELLS)
def test_every_cell_is_taken_as_the_decoder_takes_it(cell: str) -> None:
    for flat in (False, True):
        rows = observations(40, regular=True) if flat else series(9, regular=True)
        there = rows if flat else rows["7:0"]["observations"]
        there["7:0:0" if flat else "3"] = ["@"]
        whole = json.dumps(message({"observations" if flat else "series": rows}, flat=flat))
        for place in (0, 1, 2, 5):
            row = ["1", "2", "3", "null", "5", "6"][: 4 + place // 2]
            row[min(place, len(row) - 1)] = cell
            same(whole.replace('"@"', ", ".join(row)).encode(), 1 << 16)
            same(whole.replace('"@"', ",".join(row)).encode(), 400)


KEYS = [
    "", "0", "0:0", "00:0:0", "0:0:0:0", "0:0:", ":0:0", "0::0", "-1:0:0", "40:0:0", "39:12:0", "1.0:0:0", "x",
    " 0:0:0", "0:0:0 ", "123456789:0:0", "1234567890:0:0", '0"', "0:0:é", "0:0:\\u0030", "39:11:29", "1:0:0", "0: 0:0",
    "0,0,0", "０:0:0", "null:0:0", "0:0:null",
]


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_taken_as_the_decoder_takes_it(key: str) -> None:
    flat = json.dumps(message({"observations": observations(40, regular=True)}, flat=True))
    assert flat.count('"20:0:0"') == 1
    nested = json.dumps(message({"series": series(9, regular=True)}))
    assert nested.count('"7:0"') == 1
    for piece in (1, 1 << 16):
        same(flat.replace('"20:0:0"', f'"{key}"').encode(), piece)
        for cut in (key, key[:-2]):
            same(nested.replace('"7:0"', f'"{cut}"').encode(), piece)
        for cut in (key, key[:1]):
            same(nested.replace('"5": [', f'"{cut}": [', 1).encode(), piece)


@pytest.mark.parametrize("piece", [1, 300, 1 << 16])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"12:0": {', '"11:0": {'), ('"12:0": {', '"12:0": {"observations": {}, '), ('"12:0": {', '"20:2": [{'),
        ('"12:0": {', '"12:0": {"a": {"observations": {}}, '), ('"12:0": {', '"12:0": {"a": [{}], '),
        ('"12:0": {', '"12:0": {"observations": null, "x": {"a": 1}, '), ('"12:0": {', '"12:0": {"a": 1, "a": 2, '),
        ('"12:0": {', '"20:2": "{", "21:0": {'), ('"12:0": {', '"20:2": null, "21:0": {'), ('"12:0": {', '"12:0": {, '),
        ('"12:0": {', '"12:0": {"observations": [], '), ('"12:0": {', '"12:0": {"y": ["observations": {"0": [1]}], '),
        ('"12:0": {', '"12:0": {"attributes": [[0, 1]], '), ('"12:0": {', '"12:0": {"x": [[], [1]], '),
        ('"observations": {"0": [13.7', '"observation": {"0": [13.7'),
        ('"observations": {"0": [13.7', '"observations" {"0": [13.7'),
        ('"observations": {"0": [13.7', '"observations": {, "0": [13.7'),
        ('"observations": {"0": [13.7', '"observations": {"1": [1, 2], "0": [13.7'),
        ('"observations": {"0": [13.7', '"observations": {"0": [], "0": [13.7'),
        ('"observations": {"0": [13.7', '"observations": {"0": [], "1": {}, "3": [137'),
        ('"observations": {"0": [13.7', '"observations": {"0": 7, "1": [137'),
        ('"observations": {"0": [13.7', '"observations": {"0": "[1]", "1": [137'),
        ('"observations": {"0": [13.7', '"observations": {"0": [1] "1": [137'),
        ('"observations": {"0": [13.7', '"observations": {"0": [1] , "1": [137'),
        ('"observations": {"0": [13.7', '"observations": {"0": [1]x, "1": [137'),
        ('"observations": {"0": [13.7', '"observations": {x"0": [13.7'),
        ('"observations": {"0": [13.7', '"observations": {"0"x: [137'),
        ('"observations": {"0": [13.7', '"observations": {"0":x [137'),
        ('"observations": {"0": [13.7', '"observations": {"0": [1}, "1": [137'),
        ('"attributes": [1], "observations": {"0": [13.7', '"attributes": 7, "observations": {"0": [13.7'),
        ('"attributes": [1], "observations": {"0": [13.7', '"attributes": [9], "observations": {"0": [13.7'),
        ('"attributes": [1], "observations": {"0": [13.7', '"attributes": ["free"], "observations": {"0": [13.7'),
        ('"attributes": [1], "observations": {"0": [13.7', '"attributes": [1]], "observations": {"0": [13.7'),
        ('"attributes": [1], "observations": {"0": [13.7', '"attributes": [1] "observations": {"0": [13.7'),
        ('"attributes": [1], "observations": {"0": [13.7', '"attributes": [1], "obs\\u0065rvations": {"0": [13.7'),
    ],
)
def test_odd_series_are_left_to_the_decoder(old: str, new: str, piece: int) -> None:
    data = json.dumps(message({"series": series(16, regular=True)}))
    assert data.count(old) == 1
    same(data.replace(old, new).encode(), piece)


@pytest.mark.parametrize("piece", [1, 300, 1 << 16])
@pytest.mark.parametrize(
    "new",
    [
        "{0}x, ", "{0}, x", "{0} , ", "{0}\n, ", "{0},, ", "{0}, []", "{0}}}, ", "{0}]", '{0}, "": 3, ', "x",
        '{0} "": [1], ',
    ],
)
def test_odd_observations_are_left_to_the_decoder(new: str, piece: int) -> None:
    data = json.dumps(message({"observations": observations(40, regular=True)}, flat=True))
    row = data[data.index('"20:0:0"') : data.index('"21:0:0"') - 2]
    same(data.replace(row + ", ", new.format(row)).encode(), piece)
    first = data.index('"0:0:0"')
    same((data[:first] + new.format("") + data[first:]).encode(), piece)


def test_series_without_anything_or_without_key() -> None:
    rows = series(20, regular=True)
    assert same(message({"series": rows | {"30:0": {"observations": []}}})) == 0
    assert same(message({"series": rows | {"30:0": {"observations": None}}})) > 0
    own = structure(flat=False)
    own["dimensions"]["series"], own["attributes"]["series"] = [], []
    text = json.dumps({"data": {"structure": own, "dataSets": [{"series": {"": rows["7:0"]}}]}})
    assert same(text.encode()) == 8
    same(text.replace('"attributes": [1], "observations"', '"a"').encode())
    same(text.replace('"attributes": [1], "observations"', "").encode())


def test_what_is_read_in_bulk_and_what_is_not_stand_in_order() -> None:
    rows = series(60, regular=True)
    rows["30:0"]["observations"]["0"] = [1, [0, 1]]
    rows["11:1"]["observations"]["0"] = [1, [0]]
    document = message({"series": rows})
    for piece in (500, 3000):
        assert 100 < same(document, piece) < sum(len(one["observations"]) for one in rows.values())


def test_a_delete_is_left_to_the_decoder() -> None:
    assert same(message({"action": "Delete", "series": {"0:9": {}} | series(50, regular=True)})) == 0


def test_partial_keys_are_brought_to_what_is_read_in_bulk() -> None:
    own = structure(flat=True)
    own["attributes"]["dimensionGroup"] = [component("TITLE", 5)]
    groups = {"0": [1], "1:1": [2], "::7": [3]}
    data_set = {"structure": 0, "dimensionGroupAttributes": groups, "observations": observations(120, regular=True)}
    assert same({"data": {"structures": [own], "dataSets": [data_set]}}, 900) == 120


@pytest.mark.parametrize("count", [0, 1, 2])
def test_keys_of_observations_in_series_may_have_any_number_of_positions(count: int) -> None:
    own = structure(flat=False)
    own["dimensions"]["observation"] = [component(f"T{n}", 5) for n in range(count)]
    keys = {0: [""], 1: list("01234"), 2: ["0:0", "0:1", "4:0", "1:4"]}[count]
    rows = {f"{n}:0": {"observations": {key: [n, 1, "x:y"] for key in keys}} for n in range(30)}
    document = {"data": {"structure": own, "dataSets": [{"series": rows}]}}
    assert (same(document) > 0) == (count > 0)
    assert (same(json.loads(json.dumps(document).replace(', "x:y"', ""))) > 0) == (count > 0)
    text = json.dumps(document)
    if count == 2:
        same(text.replace('"4:0"', '"0:1"').encode())
        same(text.replace('"4:0"', '"4"').encode())
        same(text.replace('"0:0": [', '"0": [').encode())
        same(text.replace('"4:0"', '"4:0:0"').encode())


def test_an_attribute_without_any_value_may_be_null() -> None:
    own = structure(flat=True)
    own["attributes"]["observation"] = [component("A", 0), component("B", 3)]
    rows = {f"{n}:0:0": [n, None, n % 3] for n in range(40)}
    document = {"data": {"structure": own, "dataSets": [{"observations": rows}]}}
    assert same(document) == 40
    rows["7:0:0"] = [7, 0, 0]
    assert same(document) == 0


def test_names_in_two_pieces_are_compared_however_these_are_read() -> None:
    rows = observations(120, regular=True)
    rows["3:0:0"] = [1, [0, 1]]  # decoded
    text = json.dumps(message({"observations": rows}, flat=True))
    for old, new in (("39:1:0", "3:0:0"), ("39:1:0", "0:1:0"), ("1:0:0", "3:0:0"), ("39:1:0", "38:1:0")):
        data = text.replace(f'"{old}"', f'"{new}"').encode()
        for piece in (1, 2000, 1 << 16):
            assert f"An object has the name {new} twice" in str(read(data, piece)[0])
            same(data, piece)


def test_bytes_that_are_no_utf_8_are_refused_by_both() -> None:
    data = json.dumps(message({"observations": observations(90)}, flat=True)).replace("a, b]", "?").encode()
    for bad in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xef\xbf\xbe", b"\xf5\x80\x80\x80"):
        same(data.replace(b"?", bad))


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=6)
scalars = st.none() | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | texts
rows = st.lists(scalars | st.integers(0, 3), max_size=6)
keyed = st.dictionaries(st.integers(0, 29).map(str), rows, max_size=5)
own = st.fixed_dictionaries({}, optional={
    "observations": keyed, "attributes": st.lists(st.none() | st.integers(0, 2), max_size=2), "annotations": rows,
})
members = st.dictionaries(
    st.tuples(st.integers(0, 39), st.integers(0, 11)).map(lambda key: f"{key[0]}:{key[1]}"), own, max_size=8
)
forms = st.sampled_from([(",", ":", None), (", ", ": ", None), (",", ":", 2), (" ,", " :", None)])


@given(members, st.integers(1, 400), forms)
@settings(max_examples=50, deadline=None)
@example({"0:0": {"observations": {"0": [1.5]}}, "0:1": {}}, 1, (",", ":", None))
def test_generated_series(members: dict[str, Any], piece: int, form: tuple[str, str, int | None]) -> None:
    data = json.dumps(message({"series": members}), ensure_ascii=False, separators=form[:2], indent=form[2])
    same(data.encode(), piece)


@given(
    st.dictionaries(
        st.tuples(*map(st.integers, (0, 0, 0), (39, 11, 29))).map(lambda key: ":".join(map(str, key))), rows,
        max_size=12,
    ),
    st.integers(1, 400), forms,
)
@settings(max_examples=50, deadline=None)
def test_generated_flat(members: dict[str, Any], piece: int, form: tuple[str, str, int | None]) -> None:
    document = message({"observations": members}, flat=True)
    same(json.dumps(document, ensure_ascii=False, separators=form[:2], indent=form[2]).encode(), piece)


@pytest.mark.parametrize("name", REGULAR)
def test_damaged_documents(name: str) -> None:
    """Cut, changed in a few bits, with pieces left out or doubled: from a fixed seed, so a failure stays."""
    chance = random.Random(name)
    whole = json.dumps(REGULAR[name], separators=chance.choice([(",", ":"), (", ", ": ")])).encode()
    from_ = whole.index(b'"dataSets"')
    for _ in range(30):
        damaged = bytearray(whole)
        match chance.randrange(4):
            case 0:
                del damaged[chance.randrange(from_, len(damaged)) :]
            case 1:
                for _ in range(chance.randrange(1, 3)):
                    damaged[chance.randrange(from_, len(damaged))] ^= 1 << chance.randrange(8)
            case 2:
                at = chance.randrange(from_, len(damaged))
                del damaged[at : at + chance.randrange(1, 30)]
            case _:
                at, to = chance.randrange(from_, len(damaged)), chance.randrange(from_, len(damaged))
                damaged[to:to] = damaged[at : at + chance.randrange(1, 30)]
        same(bytes(damaged), chance.choice([1, 300, 1 << 16]))


@given(st.text(alphabet='[]{}",:0123456789.-eE nulx', max_size=30), st.booleans(), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_any_marks_between_observations(body: str, flat: bool, piece: int) -> None:
    rows = {"observations": observations(9, regular=True)} if flat else {"series": series(9, regular=True)}
    text = json.dumps(message(rows, flat=flat))
    at = text.index("5.48")
    same((text[:at] + body + text[at:]).encode(), piece)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_pieces_are_read_side_by_side(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdmx_json, "cores", lambda: workers)
    monkeypatch.setattr(sdmx_json_lists, "cores", lambda: workers)
    threads = set[str]()
    read_piece = Rows.in_bulk

    def spy(rows: Rows, *given: Any, **further: Any) -> InBulk | None:
        threads.add(threading.current_thread().name)
        return read_piece(rows, *given, **further)

    monkeypatch.setattr(Rows, "in_bulk", spy)
    for document in REGULAR.values():
        assert same(document, 300)
    assert any(name.startswith("read") for name in threads) == (workers > 1)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read")]


# ---- lists of values ---------------------------------------------------------------------------------------------


def both_lists(values: list[Any] | str, *, first: bool = True) -> pl.Series | None:
    """Return the texts of a list when they were read in bulk, having compared them with the decoder's."""
    text = values if isinstance(values, str) else json.dumps(values, ensure_ascii=False)[1:-1]
    found = regular_texts(text.encode(), first=first)
    if found is not None:
        listed = json.loads(f"[{'' if first else '0'}{text}]")
        assert found.equals(sdmx_json_lists.texts_of(listed if first else listed[1:]), check_dtypes=True)
    return found


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "A@", "name": "name @"}, {"name": "@"}, {"value": "a longer text, in [brackets] {@}"}, {"id": "é@"},
        {"id": None, "name": "@"}, {"order": 3, "id": "@", "names": {"en": "@", "fr": "f@"}, "x": [1, "y@"]},
        {"names": {"id": "no@"}, "id": "@"}, {"name": "first@", "id": "@"},
    ],
)
def test_lists_of_like_entries_are_read_in_bulk(entry: dict[str, Any]) -> None:
    every = [json.loads(json.dumps(entry).replace("@", str(n))) for n in range(200)]
    for separators, indent in (((", ", ": "), None), ((",", ":"), None), ((",", ":"), 1)):
        text = json.dumps(every, ensure_ascii=False, separators=separators, indent=indent)[1:-1]
        for part in (text, json.dumps(every[:1], ensure_ascii=False, separators=separators, indent=indent)[1:-1]):
            assert both_lists(part) is not None
            assert both_lists(separators[0] + part, first=False) is not None


@pytest.mark.parametrize(
    "text",
    [
        "", "1, 2", '"a", "b"', '{"id": "a"} {"id": "b"}', '{"id": "a"},, {"id": "b"}', '{"id": "a"}, {"id": "b"},',
        '{"id": "a"}, {"id": "b"', '{"id": "a"}, {"name": "b"}', '{"id": "a"}, {"id": 1}', '{"id": 1}, {"id": 2}',
        '{"id": "a"}, {"id": "b", "name": "b"}', '{"id": "a", "id": "b"}', '{"id": "a\\n"}', '{"id": "a\tb"}', "{}, {}",
        '{"values": ["a", "b"]}', '{"id": "a"}, 7, {"id": "b"}', '{"id": "a"}x, {"id": "b"}', '{"i\\u0064": "a"}',
        ', {"id": "a"}', '{"id": "a"}, {"id" : "b"}', '{"id": "a"},  {"id": "b"}, {"id": "c"}', '{"x": "id"}',
        '{"id": "a"}, {"id": "b"}}', '{"id": "a"}, "x"', '{"id": "a",}', '[{"id": "a"}]',
        '{"id": ["a"]}, {"id": ["b"]}',
        '{"id": "a", "order": 1}, {"id": "b", "order": 2}', '{"id":' * 2000, '{"id": "' + "a" * 20_000 + '"}',
        '{"id": "a"}, {"id": "b\tc"}', '{"id": "a"}, {"id": "b"}, {"ix": "c"}', '{"id": "a"}, {"id": "longer"x}',
    ],
)
def test_other_lists_are_decoded(text: str) -> None:
    assert both_lists(text) is None
    assert regular_texts(b'{"id": "\xff"}', first=True) is None
    assert regular_texts(b'{"id": "a"}, {"id": "\xff"}', first=True) is None
    assert regular_texts(b'{"id": "a"}', first=False) is None


def test_entries_may_be_plain_texts_and_numbers() -> None:
    own = structure(flat=True)
    own["attributes"]["observation"] = [{"id": "A", "values": ["x", 5, None, {"id": "y"}]}]
    rows = {f"{n}:0:0": [n, n] for n in range(4)}
    document = {"data": {"structure": own, "dataSets": [{"observations": rows}]}}
    assert same(document) == 4
    found, _ = read(json.dumps(document).encode(), 1)
    assert isinstance(found, Message)
    assert found.frame["a"].to_list() == ["x", "5", None, "y"]


def test_columns_that_say_one_thing_are_kept_once() -> None:
    repeated, where = Repeated(), pl.Series([0] * 10)
    for n in range(200):
        assert repeated.gathered(pl.Series([f"{n % 70}"]), where.head(n % 11)).to_list() == [f"{n % 70}"] * (n % 11)
    assert repeated.gathered(pl.Series(["x"]), pl.Series([None, 0])).to_list() == [None, "x"]
    assert repeated.gathered(pl.Series([None], dtype=pl.String), where).to_list() == [None] * 10


def test_a_position_of_more_than_63_bits_is_refused() -> None:
    rows = {"0:0:0": [1, 1 << 63], "1:0:0": [1, 0]}
    data = json.dumps(message({"observations": rows}, flat=True)).encode()
    for piece in (None, 1, 1 << 16):
        assert "A has 150 values, so there is none at position 9223372036854775808" in str(read(data, piece)[0])


def test_reading_that_is_stopped_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdmx_json, "cores", lambda: 2)

    def stop(count: int) -> None:
        raise KeyboardInterrupt

    data = json.dumps(REGULAR["flat"]).encode()
    with bulk(400), pytest.raises(KeyboardInterrupt) as caught:
        list(sdmx_json.open_sdmx_json(Source("file.json", data=data, on_bytes=stop)).batches)
    assert caught.value is not None
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read")]


def test_a_list_that_is_damaged_is_told_with_its_place() -> None:
    data = json.dumps(message({"observations": observations(9)}, flat=True), indent=1).encode()
    old = b'"id": "A77"'
    assert old in data
    for new in (b'"id": "A77', b'"id" "A77"', b'"id": "\\ud800"'):
        assert read(data.replace(old, new), 300)[0] == read(data.replace(old, new), None)[0]
        assert "file.json" in str(read(data.replace(old, new), 300)[0])


def test_an_entry_without_id_is_told_by_its_first_other_name() -> None:
    found = both_lists([{"name": f"n{n}", "value": f"v{n}"} for n in range(5)])
    assert found is not None
    assert found.to_list() == ["v0", "v1", "v2", "v3", "v4"]
