"""Part files: whole or gone."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from metadata.errors import StorageFull
from pipelines.part_file import PartFile, sweep


def test_a_kept_file_is_whole_and_has_its_hash(tmp_path: Path) -> None:
    with PartFile(tmp_path / "new", "UNSD") as part:
        part.write(b"a" * 70000)
        part.write(b"b" * 10)
        digest = part.sha256
        path = part.keep("whole.sdmx")
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.read_bytes() == b"a" * 70000 + b"b" * 10
    assert [p.name for p in path.parent.iterdir()] == ["whole.sdmx"]
    assert (len(part.head), part.tail[-10:]) == (65536, b"b" * 10)


def test_an_unkept_file_is_gone_also_after_an_error(tmp_path: Path) -> None:
    def interrupted() -> None:
        with PartFile(tmp_path, "UNSD") as part:
            part.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_part_files_of_a_killed_process_are_swept_and_others_stay(tmp_path: Path) -> None:
    script = (
        "import os, sys, pathlib\n"
        "from pipelines.part_file import PartFile\n"
        "part = PartFile(pathlib.Path(sys.argv[1]), 'UNSD'); part.write(b'x' * 100000)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == -9
    [left] = tmp_path.iterdir()
    (tmp_path / "KGZ-abc.part").write_bytes(b"")
    (tmp_path / "UNSD-abc.sdmx").write_bytes(b"")
    with PartFile(tmp_path, "UNSD") as growing:
        assert sweep(tmp_path, "UNSD") == [left]
        assert growing.path.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["KGZ-abc.part", "UNSD-abc.sdmx"]


def test_sweeping_a_folder_that_is_not_there_finds_nothing(tmp_path: Path) -> None:
    assert sweep(tmp_path / "none", "UNSD") == []


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    part = PartFile(tmp_path, "UNSD")
    part.write(b"x")
    monkeypatch.setattr(os, "fsync", refuse)
    sentence = r"The disk is full; what was received so far was thrown away\. Make room"
    with pytest.raises(StorageFull, match=sentence), part:
        part.keep("whole.sdmx")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_while_writing_is_said(tmp_path: Path) -> None:
    class Full:
        def write(self, _: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    part = PartFile(tmp_path, "UNSD")
    part._file.close()
    part._file = Full()  # type: ignore[assignment]
    with pytest.raises(StorageFull, match=r"The disk is full"), part:
        part.write(b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageFull, match=r"The file cannot be written: .* Check the folder's permissions"):
        PartFile(tmp_path / "file", "UNSD")


def test_a_disk_that_is_full_only_at_closing_is_said(tmp_path: Path) -> None:
    class FullAtTheEnd:
        def close(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    part = PartFile(tmp_path, "UNSD")
    part._file.close()
    part._file = FullAtTheEnd()  # type: ignore[assignment]
    with pytest.raises(StorageFull, match=r"The disk is full"), part:
        pass
    assert list(tmp_path.iterdir()) == []
