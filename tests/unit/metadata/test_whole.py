"""Files that appear whole or not at all, and what killed processes leave of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from metadata.errors import SdgError, StorageFull
from metadata.whole import forget_killed, save_text, save_workbook, workbook_bytes
from warehouse.export.place import whole_file, whole_folder


@pytest.fixture(scope="module")
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_a_killed_process_left_is_removed_and_what_a_running_one_writes_is_not(tmp_path: Path, dead: int) -> None:
    mine, other = f".x.csv.{os.getppid()}.part", f".x.csv.{dead}.other"
    kept = {mine, other, ".x.csv.1.part", f".y.csv.{dead}.part", ".x.csv.me.part"}
    for name in {*kept, f".x.csv.{dead}.part"}:
        (tmp_path / name).touch()
    (tmp_path / f".x.csv.{dead}.former").mkdir()
    forget_killed(tmp_path / "x.csv")
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_a_process_of_another_user_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)
    (tmp_path / ".x.csv.77.part").touch()
    forget_killed(tmp_path / "x.csv")
    assert (tmp_path / ".x.csv.77.part").exists()


def test_an_export_removes_what_a_killed_one_left(tmp_path: Path, dead: int) -> None:
    (tmp_path / f".x.csv.{dead}.part").touch()
    with whole_file(tmp_path / "x.csv") as partial:
        partial.write_text("a", encoding="utf-8")
    former = tmp_path / f".p.{dead}.former"
    former.mkdir()
    (former / "mark").touch()
    with pytest.raises(ValueError, match="stopped"), whole_folder(tmp_path / "p", "mark"):
        raise ValueError("stopped")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p", "x.csv"]
    assert (tmp_path / "p" / "mark").is_file()


def test_a_text_is_written_as_it_stands_and_into_a_pipe_too(tmp_path: Path) -> None:
    save_text(tmp_path / "x.txt", "a\r\nb\n", what="report")
    assert (tmp_path / "x.txt").read_bytes() == b"a\r\nb\n"
    save_text(Path("/dev/null"), "a", what="report")
    with pytest.raises(SdgError, match=r"The folder for the report is not there\."):
        save_text(tmp_path / "no" / "x.txt", "a", what="report")
    with pytest.raises(StorageFull, match=r"The report cannot be written: Is a directory\. Free some space"):
        save_text(tmp_path, "a", what="report")


def test_a_workbook_without_room_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Workbook()
    book.worksheets[0]["A1"] = "a"
    save_workbook(tmp_path / "x.xlsx", book, what="template")
    assert load_workbook(tmp_path / "x.xlsx").worksheets[0]["A1"].value == "a"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Workbook, "save", full)
    with pytest.raises(StorageFull, match=r"The workbook cannot be made: there is no room for temporary files\."):
        workbook_bytes(book)
