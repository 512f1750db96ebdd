"""Large SDMX-JSON messages, read in pieces: the same frame, header, notes, paths and complaints as read whole.

The sizes from which a message is cut, and of a piece and a block, are set to a few bytes here, so that small messages
go every way that large ones go.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.errors import SdgError, UnreadableFile
from pipelines.read import sdmx_json, sdmx_json_pieces
from pipelines.read.message import Message
from pipelines.read.safety import Source
from pipelines.read.sdmx_json_pieces import outline

SPECIMENS = Path(__file__).resolve().parents[2] / "specimens" / "read"


def read(data: bytes, cut: int | None, block: int = 50) -> Message:
    """Read a text in pieces of about `cut` bytes, gone through by `block`; whole where it is None."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sdmx_json, "PIECES_FROM", 0 if cut else 1 << 40)
        patch.setattr(sdmx_json_pieces, "PIECE", cut)
        patch.setattr(sdmx_json_pieces, "BLOCK", block)
        return sdmx_json.open_sdmx_json(Source("file.json", data=data)).whole()


def said(data: bytes, cut: int | None, block: int = 50) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read(data, cut, block)
    return str(caught.value)


def series(count: int, *, begin: int = 0) -> dict[str, Any]:
    return {f"{n % 2}:{n}": {"observations": {"0": [n], "1": [1.50, '}{\\"][:,']}} for n in range(begin, count)}


def message(*data_sets: Any, codes: int = 50) -> dict[str, Any]:
    structure = {
        "dimensions": {
            "series": [
                {"id": "S", "values": [{"id": "A"}, {"id": "B"}]},
                {"id": "U", "values": [{"id": f"U{n}"} for n in range(codes)]},
            ],
            "observation": [{"id": "T", "values": [{"id": "2020"}, {"id": "2021"}]}],
        },
        "attributes": {"observation": [{"id": "NOTE"}]},
    }
    return {"meta": {"id": "M"}, "data": {"structure": structure, "dataSets": list(data_sets)}}


def pieces_of(data: bytes, cut: int, block: int = 50) -> int:
    """Return in how many pieces a text is cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sdmx_json_pieces, "PIECE", cut)
        patch.setattr(sdmx_json_pieces, "BLOCK", block)
        found = outline(Source("file.json", data=data), 1 << 20)
        assert found is not None
        assert found.whole
        return sum(len(mass.begins) for mass in found.masses)


def same(data: bytes, cut: int, block: int = 50) -> None:
    whole, parts = read(data, None), read(data, cut, block)
    assert parts.frame.equals(whole.frame)
    assert (parts.format, parts.header, parts.notes) == (whole.format, whole.header, whole.notes)
    assert whole.path_of is not None
    assert parts.path_of is not None
    for row in range(1, whole.frame.height + 1):
        assert parts.path_of(row) == whole.path_of(row)
    with pytest.raises(SdgError, match=f"The message has no observation {whole.frame.height + 1}."):
        parts.path_of(whole.frame.height + 1)


@pytest.mark.parametrize("block", [1, 7, 64, 5000])
@pytest.mark.parametrize("cut", [1, 100, 100_000])
def test_in_pieces_the_same_is_read(cut: int, block: int) -> None:
    two = message({"action": "Replace", "series": series(9)}, {"action": "Delete", "series": {"0:1": {}, "1:2": {}}})
    data = json.dumps(two).encode()
    same(data, cut, block)
    # behind each member there is a piece, and a blank one behind the last; the second set is shorter than 100 bytes
    assert pieces_of(data, cut, block) == {1: 10 + 3, 100: 6, 100_000: 2}[cut]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("name", sorted(path.name for path in SPECIMENS.glob("json*.json")))
def test_every_specimen_is_read_the_same(name: str, indent: int | None) -> None:
    document = json.loads((SPECIMENS / name).read_text())
    for cut in (1, 60):
        same(json.dumps(document, indent=indent).encode(), cut)


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=6)
members = st.dictionaries(
    st.tuples(st.integers(0, 1), st.integers(0, 49)).map(lambda key: f"{key[0]}:{key[1]}"),
    st.fixed_dictionaries({"observations": st.dictionaries(
        st.sampled_from(["0", "1"]), st.lists(st.none() | st.integers() | texts, min_size=1, max_size=2)
    )}),
    max_size=8,
)


@given(st.lists(members, max_size=3), st.integers(1, 200), st.integers(1, 90), st.booleans())
@settings(max_examples=50, deadline=None)
def test_whatever_is_in_the_texts_the_same_is_read(
    sets: list[dict[str, Any]], cut: int, block: int, escaped: bool
) -> None:
    document = message(*({"series": one} for one in sets))
    same(json.dumps(document, ensure_ascii=escaped).encode(), cut, block)


def test_backslashes_at_the_end_of_a_block_do_not_open_or_close_a_text() -> None:
    for count in range(5):
        note = "\\" * count + '"'
        data = json.dumps(message({"series": {"0:0": {"observations": {"0": [1, note]}}, "0:1": {}}})).encode()
        for block in range(1, 40):
            same(data, 1, block)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b'"1:7": {', b'"1:7" {', "Expecting ':' delimiter"),
        (b', "1:7": {', b' "1:7": {', "Expecting ',' delimiter"),
        (b'"1:7": {', b'"1:7": {"\xff": 0, ', "these bytes are no text"),
        (b'}}, "1:7"', b'}}, , "1:7"', "Expecting property name"),
        (b'"1:7": {', b'"0:0": {', "An object has the name 0:0 twice"),
        (b'"1:7": {', b'"1:5": {', "An object has the name 1:5 twice"),
        (b'"1:7": {', b'"1:7": {"a": 0, "a": 1, ', "An object has the name a twice"),
        (b'"1:7": {', b'"1:99": {', "U has 50 values, so there is none at position 99"),
        (b'"1:7": {', b'"1": {', "A key of 2 positions is expected here"),
        (b'"1:7": {', b'"1:7": 3, "1:9": {', "An object is expected here"),
        (b'[1.5, "}', b'["\\ud800", "}', "half a character"),
    ],
)
def test_every_fault_is_told_as_when_read_whole(old: bytes, new: bytes, sentence: str) -> None:
    data = json.dumps(message({"series": series(9)}), indent=None).encode()
    assert old in data
    data = data.replace(b"], ", b"],\n ").replace(old, new)
    for cut, block in ((1, 50), (150, 9), (10_000, 1000)):
        assert sentence in said(data, cut, block)
        assert said(data, cut, block).replace("breaks off", "is not well-formed") == said(data, None).replace(
            "breaks off", "is not well-formed")


def test_the_last_comma_of_a_mass_is_told() -> None:
    data = json.dumps(message({"series": series(3)})).encode().replace(b"}}}}]}}", b"}},}}]}}").replace(
        b"]}}}]", b"]}},}]")
    assert said(data, 1) == said(data, None)


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(message({"series": series(5)})).encode()[:-40],
        json.dumps(message({"series": series(5)})).encode() + b"]",
        json.dumps(message({"series": series(5)})).encode().replace(b'"meta"', b"meta"),
        json.dumps({"a": {"b": {"c": {"series": {"d": {}}}}}}).encode(),
        json.dumps(message({"series": series(5)})).encode("utf-16"),
        b'{"data": {"dataSets": [{"series": {"0": {}}]}}',
    ],
    ids=["cut off", "too much", "envelope", "series elsewhere", "UTF-16", "brackets"],
)
def test_what_is_no_plain_message_is_left_to_the_reader_of_the_whole(data: bytes) -> None:
    def outcome(cut: int | None) -> Any:
        try:
            return read(data, cut).frame.to_dicts()
        except UnreadableFile as error:
            return str(error)

    assert outcome(1) == outcome(None)


def test_a_text_is_not_cut_when_little_of_it_is_mass_or_much_is_scattered(monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.dumps(message({"series": series(5)}, {"series": series(9)})).encode()
    source = Source("file.json", data=data)
    assert outline(source, 100) is None
    monkeypatch.setattr(sdmx_json_pieces, "MAX_MASSES", 1)
    assert outline(source, 1 << 20) is None


def test_of_a_large_message_the_memory_holds_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message over the limit for whole texts is read; its batches are not larger than pieces."""
    data = json.dumps(message({"series": series(400)}, codes=400)).encode()
    monkeypatch.setattr(sdmx_json, "PIECES_FROM", 0)
    monkeypatch.setattr(sdmx_json, "MAX_JSON", len(data) // 2)
    monkeypatch.setattr(sdmx_json_pieces, "PIECE", 1000)
    told = list[int]()
    stream = sdmx_json.open_sdmx_json(Source("file.json", data=data, on_bytes=told.append))
    heights = [batch.height for batch in stream.batches]
    assert sum(heights) == 800
    assert max(heights) < 60
    assert told == sorted(told)
    assert told[-1] <= len(data)
    assert len(told) == len(heights)


def test_names_with_equal_hashes_in_two_pieces_are_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    zero = lambda names: pl.zeros(len(names), dtype=pl.UInt64, eager=True)  # noqa: E731
    monkeypatch.setattr(pl.Series, "hash", zero)
    data = json.dumps(message({"series": series(9)})).encode()
    assert read(data, 1).frame.height == 18
