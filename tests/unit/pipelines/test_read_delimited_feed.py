"""A text read into buffers that are used again: whole characters, whatever the sizes, and files that change."""

from __future__ import annotations

import codecs
import gc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.errors import UnreadableFile
from pipelines.read.delimited import Text, open_text
from pipelines.read.delimited_feed import Feed
from pipelines.read.quick_import import no_collection
from pipelines.read.safety import Source


def fed(text: Text, sizes: list[int], left: int, *, on_bytes: bool = False) -> bytes:
    """Return what a feed gives in pieces of these sizes, over and over, `left` bytes of each given back to it."""
    feed, whole, before = Feed(text, on_bytes=on_bytes), b"", b""
    for number in range(10_000):
        read = feed.more(before, sizes[number % len(sizes)])
        if read is None:
            break
        buffer, length = read
        data = bytes(buffer[:length])
        assert data.startswith(before)
        data[len(before):].decode()  # whole characters
        cut = max(0, length - left)
        whole, before = whole + data[:cut], data[cut:]
        if isinstance(buffer, bytearray):
            buffer[:] = bytes(len(buffer))
        feed.free(buffer)
    feed.close()
    return whole + before


@given(
    st.text('a,\n"éЖ€😀', min_size=1, max_size=60), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.lists(st.integers(4, 20), min_size=1, max_size=5), st.sampled_from([0, 0, 4, 30]),
)  # fmt: skip
def test_every_character_comes_once_and_whole(content: str, encoding: str, sizes: list[int], left: int) -> None:
    text = Text(Source("f.csv", data=content.encode(encoding)), encoding, None)
    whole = fed(text, sizes, left)
    assert whole == content.encode()


def test_a_buffer_is_used_again_and_one_that_is_too_short_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = Feed(open_text(Source("f.csv", data=b"0123456789" * 40)), on_bytes=False)
    monkeypatch.setattr("pipelines.read.delimited_feed._ROOM", 4)
    first = feed.more(b"", 10)
    assert first is not None
    feed.free(first[0])
    second = feed.more(b"abc", 10)
    assert second is not None
    assert second[0] is first[0]
    assert second[0][: second[1]] == b"abc0123456789"
    feed.free(second[0])
    third = feed.more(b"abc" * 9, 10)
    assert third is not None
    assert third[0] is not first[0]
    assert third[0][: third[1]] == b"abc" * 9 + b"0123456789"
    feed.close()


def test_the_listener_is_told_of_every_piece() -> None:
    told: list[int] = []
    source = Source("f.csv", data=codecs.BOM_UTF8 + "é".encode() * 20, on_bytes=told.append)
    text = Text(source, "utf-8-sig", None)
    assert fed(text, [10], 0).decode() == "é" * 20
    assert not told
    assert fed(text, [10], 0, on_bytes=True).decode() == "é" * 20
    assert told == [10, 20, 30, 40, 43]


@pytest.mark.parametrize("then", [b"A,\xff\xff,B\n", "A,é".encode()[:-1]])
def test_a_file_that_is_no_longer_utf_8_is_refused(tmp_path: Path, then: bytes) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"A,B\n")
    text = open_text(Source.of(path))
    path.write_bytes(then)
    with pytest.raises(UnreadableFile, match=r"^f\.csv: The file changed while it was read\. Read it again when"):
        fed(text, [100], 0)


def test_garbage_is_collected_again_behind_an_import() -> None:
    assert gc.isenabled()
    with no_collection():
        assert not gc.isenabled()
        with no_collection():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
