"""No file of the published data beside the project, and no part of one, is in the project.

Facts may be: codes, official names, figures. So single lines are not compared, but runs of lines: a run that
stands in both was copied. Files of data are held to shorter runs than texts and code. The embedded code lists
are compared as whole files only: a list of the same codes and names, in order, has the same lines everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN_OF_DATA = 6
RUN_OF_TEXT = 20
CODE_LISTS = "metadata/sdmx/codelists/"
DATA = (".xml", ".csv", ".tsv", ".json", ".xlsx", ".ttl")


def _hash(lines: list[str]) -> bytes:
    return hashlib.blake2b("\n".join(lines).encode("utf-8", "replace"), digest_size=12).digest()


def _lines(data: bytes) -> list[str]:
    """Return the lines that say something, without the space around them; [] for what is no text."""
    if b"\x00" in data[:8192]:
        return []
    text = data.decode("utf-8", "replace")
    return [line for line in (line.strip() for line in text.splitlines()) if len(line) > 3]


def runs(lines: list[str], length: int) -> Iterator[tuple[int, bytes]]:
    """Yield every run of `length` lines that are not all the same, with the position of its first line."""
    for first in range(len(lines) - length + 1):
        run = lines[first : first + length]
        if len(set(run)) > 1:
            yield first, _hash(run)


@pytest.fixture(scope="module")
def foreign(shared_data: Path) -> dict[str, bytes]:
    """The published files, by name."""
    files = {str(path.relative_to(shared_data)): path for path in shared_data.rglob("*") if path.is_file()}
    found = {name: path.read_bytes() for name, path in files.items() if path.name != "README.md"}
    assert len(found) > 50, "hardly any published file was found"
    return found


@pytest.mark.real
def test_no_published_file_is_in_the_project(tracked: tuple[str, ...], foreign: dict[str, bytes]) -> None:
    sums = {hashlib.sha256(data).hexdigest(): name for name, data in foreign.items() if data}
    same = {path: sums.get(hashlib.sha256((ROOT / path).read_bytes()).hexdigest()) for path in tracked}
    assert {path: name for path, name in same.items() if name} == {}


@pytest.mark.real
@pytest.mark.parametrize("length", [RUN_OF_DATA, RUN_OF_TEXT])
def test_no_part_of_a_published_file_is_in_the_project(
    tracked: tuple[str, ...], foreign: dict[str, bytes], length: int
) -> None:
    known: dict[bytes, str] = {}
    for name, data in foreign.items():
        known.update((run, name) for _, run in runs(_lines(data), length))
    assert len(known) > 1000, "hardly any run of lines was found in the published files"
    copied: dict[str, str] = {}
    for path in tracked:
        if path.startswith(CODE_LISTS) or (length == RUN_OF_DATA and not path.endswith(DATA)):
            continue
        lines = _lines((ROOT / path).read_bytes())
        for first, run in runs(lines, length):
            if run in known:
                copied.setdefault(path, f"{length} lines from {lines[first]!r} on stand in {known[run]}")
    assert copied == {}


def test_a_copied_part_would_be_seen() -> None:
    ours = [f"line {number}" for number in range(10)]
    theirs = {run for _, run in runs(["other", *ours[2:9]], RUN_OF_DATA)}
    assert [first for first, run in runs(ours, RUN_OF_DATA) if run in theirs] == [2, 3]
    assert list(runs(["same line"] * 9, RUN_OF_DATA)) == []
