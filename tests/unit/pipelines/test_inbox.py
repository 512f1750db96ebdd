"""What lies in a provider's folder."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from metadata.errors import ConfigurationError
from pipelines.inbox import InboxFile, find_files

NOW = 1_800_000_000.0


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox" / "KGZ"
    folder.mkdir(parents=True)
    return folder


def put(path: Path, age: float = 60.0, text: str = "data") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (NOW - age, NOW - age))
    return path


def find(inbox: Path) -> list[InboxFile]:
    settings: Any = SimpleNamespace(inbox=inbox.parent)
    provider: Any = SimpleNamespace(id=inbox.name)
    return find_files(settings, provider, now=NOW)


def test_files_are_found_oldest_first_also_in_folders(inbox: Path) -> None:
    put(inbox / "b.xml", age=10)
    put(inbox / "2024" / "a.csv", age=10)
    put(inbox / "z.xlsx", age=100)
    put(inbox.parent / "RWA" / "other.xml")
    assert [(file.name, file.ready) for file in find(inbox)] == [
        ("z.xlsx", True),
        ("2024/a.csv", True),
        ("b.xml", True),
    ]
    assert find(inbox)[0].size == 4


def test_an_empty_or_absent_folder_has_no_files(inbox: Path) -> None:
    assert find(inbox) == []
    assert find(inbox.with_name("NEW")) == []


@pytest.mark.parametrize(
    "name",
    [".hidden.xml", ".git/x.xml", "a.xml.part", "a.TMP", "~$book.xlsx", ".~lock.book.ods#", "a.crdownload"],
)
def test_what_is_no_delivery_is_left_out(inbox: Path, name: str) -> None:
    put(inbox / name)
    assert find(inbox) == []


@pytest.mark.parametrize(
    ("age", "ready"), [(0, False), (1.9, False), (2.1, True), (-1, False), (-3600, True)]
)
def test_a_file_that_changed_just_now_is_still_being_written(inbox: Path, age: float, ready: bool) -> None:
    put(inbox / "a.xml", age=age)
    assert [file.ready for file in find(inbox)] == [ready]


def test_a_file_written_this_moment_is_not_ready(inbox: Path) -> None:
    (inbox / "a.xml").write_text("<")
    settings: Any = SimpleNamespace(inbox=inbox.parent)
    provider: Any = SimpleNamespace(id=inbox.name)
    assert [file.ready for file in find_files(settings, provider)] == [False]


def test_a_link_that_leads_out_of_the_folder_is_refused(inbox: Path, tmp_path: Path) -> None:
    secret = put(tmp_path / "secret.xml")
    (inbox / "a.xml").symlink_to(secret)
    with pytest.raises(
        ConfigurationError, match=r"a\.xml: This link leads out .* Copy"
    ):
        find(inbox)


def test_a_folder_that_is_a_link_to_another_provider_is_refused(inbox: Path) -> None:
    put(inbox.parent / "RWA" / "x.xml")
    (inbox / "theirs").symlink_to(inbox.parent / "RWA")
    with pytest.raises(ConfigurationError, match="theirs: This link leads out of the provider's folder"):
        find(inbox)


def test_a_link_inside_the_folder_counts_once_and_a_circle_ends(inbox: Path) -> None:
    put(inbox / "2024" / "a.xml")
    (inbox / "latest.xml").symlink_to(inbox / "2024" / "a.xml")
    (inbox / "2024" / "up").symlink_to(inbox)
    assert [file.name for file in find(inbox)] == ["2024/a.xml"]


def test_the_inbox_itself_may_be_a_link(inbox: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere"
    put(real / "a.xml")
    inbox.rmdir()
    inbox.symlink_to(real)
    assert [file.name for file in find(inbox)] == ["a.xml"]


def test_a_folder_that_cannot_be_read_is_said(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    sentence = r"KGZ: The provider's folder cannot be read: permission denied\. Let"
    with pytest.raises(ConfigurationError, match=sentence):
        find(inbox)


def test_a_file_that_is_taken_away_meanwhile_is_no_file(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines import inbox as module

    path = put(inbox / "a.xml")

    def walk(*_: object) -> list[Path]:
        path.unlink()
        return [path]

    monkeypatch.setattr(module, "_walk", walk)
    assert find(inbox) == []
