"""Backup and restore: the same tables elsewhere, every byte compared, and nothing overwritten unasked."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from metadata.errors import SdgError, StorageFull, UnreadableFile, WarehouseBusy, WarehouseError
from tests.unit.warehouse.releasing import FIRST, files, freeze, load
from warehouse import backup as backing
from warehouse import backup_inbox
from warehouse.backup import backup
from warehouse.connect import writer
from warehouse.ledger import Ledger
from warehouse.lock import writers_lock
from warehouse.raw import get, put
from warehouse.restore import restore
from warehouse.settings import Settings
from warehouse.structures import hold


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A state folder with a release, raw bytes (some empty) and a structure; tests only read it."""
    settings = Settings.load(tmp_path_factory.mktemp("home")).ensure()
    put(settings, b"bytes as received")
    put(settings, b"")
    hold(settings, "KG_NSC:SDG(1.8)", b"<a structure/>")
    load(settings, 1, *FIRST)
    freeze(settings, "one")
    return settings


@pytest.fixture(scope="module")
def folder(home: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup as a folder."""
    target = tmp_path_factory.mktemp("backups") / "whole"
    backup(home, target)
    return target


def tables(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    with writer(settings, "a test", timeout=5) as warehouse:
        names = warehouse.connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where not internal order by 1"
        ).fetchall()
        return {
            name: warehouse.connection.execute(f"select * from {name} order by all").fetchall() for (name,) in names
        }


@pytest.mark.parametrize("name", ["b", "b.tar", "b.tar.gz", "b.tgz"])
def test_what_is_restored_is_what_was_backed_up(home: Settings, tmp_path: Path, name: str) -> None:
    told: list[tuple[int, int]] = []
    facts = backup(home, tmp_path / "to" / name, on_bytes=lambda done, whole: told.append((done, whole))).backup
    assert (facts.observations, facts.deliveries, facts.raw_files, facts.releases) == (5, 1, 2, 1)
    assert told[-1][0] == told[-1][1] > 0
    assert [path.name for path in (tmp_path / "to").iterdir()] == [name]
    there = Settings.load(tmp_path / "there")
    seen: list[tuple[int, int]] = []
    answer = restore(tmp_path / "to" / name, there, on_bytes=lambda done, whole: seen.append((done, whole)))
    assert seen == sorted(seen)
    assert seen[0][0] < seen[-1][0] == seen[-1][1] > 0
    assert {whole for _, whole in seen} == {seen[-1][1]}
    assert (answer.backup, answer.replaced) == (facts, None)
    assert tables(there) == tables(home)
    for part in ("raw", "structures", "releases"):
        assert files(there.home / part) == files(home.home / part)
    with Ledger.open(there) as mine, Ledger.open(home) as theirs:
        assert mine.deliveries() == theirs.deliveries()
        assert mine.releases() == ["one"]
    assert get(there, put(there, b"bytes as received")[0]).stat().st_mode & 0o222 == 0
    assert list(there.temporary.glob("restoring-*")) == []


def test_a_home_that_holds_something_is_not_overwritten_unasked(
    home: Settings, folder: Path, settings: Settings
) -> None:
    (settings.inbox / "KGZ").mkdir()
    load(settings, 3, FIRST[0])
    before = tables(settings)
    told = r"This state folder is not empty \(ledger\.sqlite, warehouse\.duckdb, published"
    with pytest.raises(SdgError, match=told):
        restore(folder, settings)
    assert tables(settings) == before
    answer = restore(folder, settings, overwrite=True)
    assert tables(settings) == tables(home)
    assert answer.replaced is not None
    assert (answer.replaced / "published" / "current.duckdb").is_file()
    shutil.copytree(answer.replaced, settings.home / "former")
    assert tables(Settings.load(settings.home / "former")) == before
    assert not settings.current.exists()
    assert (settings.inbox / "KGZ").is_dir()


Spoil = Callable[[Path], None]


def _damage(folder: Path) -> None:
    path = next(path for path in (folder / "raw").rglob("*") if path.is_file() and path.stat().st_size)
    path.chmod(0o644)
    path.write_bytes(b"bytes of another")


def _newer(folder: Path) -> None:
    said = json.loads((folder / "backup.json").read_text("utf-8")) | {"layout": 99, "code_version": "9.9"}
    (folder / "backup.json").write_text(json.dumps(said), encoding="utf-8")


def _no_warehouse(folder: Path) -> None:
    sums = folder / "checksums.sha256"
    lines = [line for line in sums.read_text("utf-8").splitlines(keepends=True) if "warehouse.duckdb" not in line]
    sums.write_text("".join(lines), encoding="utf-8")
    (folder / "warehouse.duckdb").unlink()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_damage, r"The backup cannot be used\. raw/\S+ is damaged\. Nothing was changed; use another backup\."),
        (lambda folder: (folder / "ledger.sqlite").unlink(), r"ledger\.sqlite is missing\."),
        (lambda folder: (folder / "raw" / "more").write_bytes(b"x"), r"raw/more is not in its list\."),
        (lambda folder: shutil.rmtree(folder / "releases"), r"releases/one/\S+ is missing, and \d+ files more\."),
        (lambda folder: (folder / "checksums.sha256").unlink(), r"checksums\.sha256 or backup\.json is missing"),
        (lambda folder: (folder / "backup.json").write_text("{}"), r"backup\.json is missing, or not of this form"),
        (_no_warehouse, r"warehouse\.duckdb is missing\."),
        (_newer, r"It was made by a newer program, 9\.9\. Use that version, or a newer one\."),
    ],
)
def test_a_backup_that_is_not_whole_is_refused(folder: Path, tmp_path: Path, spoil: Spoil, told: str) -> None:
    spoilt = shutil.copytree(folder, tmp_path / "spoilt")
    spoil(spoilt)
    there = Settings.load(tmp_path / "there")
    with pytest.raises((UnreadableFile, WarehouseError), match=told):
        restore(spoilt, there)
    assert not there.warehouse.exists()
    assert list(there.temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "published/more"])
def test_an_archive_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(UnreadableFile, match=rf"It holds {name}, which no backup has\."):
        restore(tmp_path / "b.tar", Settings.load(tmp_path / "there"))
    assert not (tmp_path / "outside").exists()


def test_an_archive_that_is_cut_or_is_none_is_refused(home: Settings, tmp_path: Path) -> None:
    there = Settings.load(tmp_path / "there")
    for name in ("b.tar", "b.tgz"):
        whole = tmp_path / name
        backup(home, whole)
        whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        with pytest.raises(UnreadableFile, match=r"The backup cannot be used\. It cannot be read"):
            restore(whole, there)
    rotten = tmp_path / "rotten.tgz"
    backup(home, rotten)
    data = bytearray(rotten.read_bytes())
    middle = slice(len(data) // 3, len(data) // 3 + 200)
    data[middle] = bytes(byte ^ 0xFF for byte in data[middle])
    rotten.write_bytes(data)
    with pytest.raises(UnreadableFile, match=r"The backup cannot be used\. "):
        restore(rotten, there)
    other = tmp_path / "letter.tar"
    other.write_text("Dear colleagues", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="It cannot be read as a tar archive, or is cut off"):
        restore(other, there)
    with pytest.raises(UnreadableFile, match="There is no such backup"):
        restore(tmp_path / "nothing", there)


def test_places_where_no_backup_can_be_made(home: Settings, tmp_path: Path) -> None:
    there = r"There is something of that name already, and it is no folder with a backup\. Choose another name"
    (tmp_path / "b.tar").touch()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "checksums.sha256").write_text("Dear colleagues\n", encoding="utf-8")
    for name in ("b.tar", "letters"):
        with pytest.raises(SdgError, match=there):
            backup(home, tmp_path / name)
    with pytest.raises(SdgError, match="A backup inside the state folder would be lost with it"):
        backup(home, home.home / "backup")
    with pytest.raises(SdgError, match=r"Backups are not made as \.zip\. Use \.tar, \.tar\.gz, \.tgz, or a name"):
        backup(home, tmp_path / "b.zip")
    with pytest.raises(WarehouseError, match=r"There is nothing to back up here\. Start with: sdg run"):
        backup(Settings.load(tmp_path / "nothing"), tmp_path / "b")


def test_damaged_bytes_are_found_by_the_backup(settings: Settings, tmp_path: Path) -> None:
    load(settings, 1, *FIRST)
    _, place = put(settings, b"bytes as received")
    place.chmod(0o644)
    place.write_bytes(b"bytes that rotted")
    for name in ("b", "b.tar"):
        with pytest.raises(WarehouseError, match=r"The kept bytes raw/\S+ are damaged: their sha256 is \w+\. Put the"):
            backup(settings, tmp_path / "to" / name)
    assert list((tmp_path / "to").iterdir()) == []


def test_a_full_disk_and_a_killed_backup_leave_nothing(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "b.tar"
    (tmp_path / ".b.tar.growing").mkdir()
    (tmp_path / ".b.tar.growing.tar").touch()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(backing, "copy_closed", full)
        with pytest.raises(StorageFull, match="The disk is full; what was there before is untouched"):
            backup(home, target)
    assert list(tmp_path.iterdir()) == []


def test_what_is_left_of_a_killed_restore_is_removed(folder: Path, settings: Settings) -> None:
    (settings.temporary / "restoring-1").mkdir()
    restore(folder, settings)
    assert list(settings.temporary.glob("restoring-*")) == []


def test_both_wait_for_the_writer(home: Settings, folder: Path, tmp_path: Path) -> None:
    there = Settings.load(tmp_path / "there")
    object.__setattr__(there, "lock_timeout_s", 0.0)
    there.ensure()
    with writers_lock(there.warehouse, "sdg run", timeout=5), pytest.raises(WarehouseBusy, match="sdg run"):
        restore(folder, there)


def test_a_home_that_was_filled_while_waiting_is_not_overwritten(
    folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def filled(sentence: str) -> None:
        assert sentence.startswith("Waiting: ")
        settings.ledger.touch()
        held.close()

    from contextlib import ExitStack

    with ExitStack() as held:
        held.enter_context(writers_lock(settings.warehouse, "sdg run", timeout=5))
        with pytest.raises(SdgError, match=r"This state folder is not empty \(ledger\.sqlite\)"):
            restore(folder, settings, on_wait=filled)


def test_a_fault_of_the_disk_while_an_archive_is_read_is_told(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(home, tmp_path / "b.tar")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "extract", full)
    with pytest.raises(StorageFull, match="The disk is full"):
        restore(tmp_path / "b.tar", Settings.load(tmp_path / "there"))


@pytest.fixture
def mine(home: Settings, tmp_path: Path) -> Settings:
    """A copy of the state folder, to be changed."""
    shutil.copytree(home.home, tmp_path / "mine")
    return Settings.load(tmp_path / "mine")


def inodes(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(folder).as_posix(): path.stat().st_ino
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] in ("raw", "releases")
    }


def test_a_second_backup_copies_only_what_is_new(mine: Settings, tmp_path: Path) -> None:
    target = tmp_path / "to" / "b"
    first = backup(mine, target)
    assert (first.taken_over, first.updated) == (0, False)
    before = inodes(target)
    put(mine, b"more bytes")
    load(mine, 2, *FIRST[:3])
    freeze(mine, "two", days=1)
    second = backup(mine, target)
    assert second.updated
    after = inodes(target)
    own = {"releases/one/checksums.sha256"}  # no list states its own checksum
    assert {name for name in before if after[name] != before[name]} <= own
    assert second.taken_over == len(before.keys() - own)
    assert [path.name for path in (tmp_path / "to").iterdir()] == ["b"]
    answer = restore(target, Settings.load(tmp_path / "there"))
    assert (answer.backup.raw_files, answer.backup.releases) == (3, 2)
    assert tables(Settings.load(tmp_path / "there")) == tables(mine)
    third = backup(mine, target)
    assert third.copied < first.copied
    shutil.rmtree(mine.releases / "one")
    backup(mine, target)
    assert not (target / "releases" / "one").exists()


def test_what_an_earlier_backup_holds_damaged_is_found_by_verify(mine: Settings, tmp_path: Path) -> None:
    target = tmp_path / "b"
    backup(mine, target)
    place = next(path for path in (target / "raw").rglob("*") if path.is_file() and path.stat().st_size)
    place.chmod(0o644)
    place.write_bytes(b"BYTES AS RECEIVED")
    backup(mine, target)
    with pytest.raises(UnreadableFile, match=rf"raw/../{place.name} is damaged"):
        restore(target, Settings.load(tmp_path / "there"))
    answer = backup(mine, target, verify=True)
    assert answer.updated
    restore(target, Settings.load(tmp_path / "there"))


def test_a_release_that_rotted_is_found_by_the_backup(mine: Settings, tmp_path: Path) -> None:
    note = mine.releases / "one" / "CHANGES.md"
    note.chmod(0o644)
    note.write_text("rotten", encoding="utf-8")
    with pytest.raises(WarehouseError, match=r"The kept bytes releases/one/CHANGES\.md are damaged"):
        backup(mine, tmp_path / "b")
    (mine.releases / "one" / "checksums.sha256").unlink()
    assert backup(mine, tmp_path / "b").backup.releases == 1


def test_without_hard_links_the_files_are_copied(
    mine: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = backup(mine, tmp_path / "b")

    def refused(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refused)
    second = backup(mine, tmp_path / "b")
    assert (second.taken_over, second.copied) == (0, first.copied)
    restore(tmp_path / "b", Settings.load(tmp_path / "there"))


def test_a_killed_backup_goes_on_where_it_was(mine: Settings, tmp_path: Path, project_root: Path) -> None:
    target = tmp_path / "to" / "b"
    script = """
import os, signal, sys
from pathlib import Path
from warehouse.backup import backup
from warehouse.settings import Settings
def move(done, total):
    if done > 0.8 * total:
        os.kill(os.getpid(), signal.SIGKILL)
backup(Settings.load(Path(sys.argv[1])), Path(sys.argv[2]), on_bytes=move)
"""
    command = [sys.executable, "-c", script, str(mine.home), str(target)]
    done = subprocess.run(command, cwd=project_root, capture_output=True, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
    left = tmp_path / "to" / ".b.growing"
    assert not target.exists()
    with pytest.raises(UnreadableFile, match=r"checksums\.sha256 or backup\.json is missing"):
        restore(left, Settings.load(tmp_path / "there"))
    stale = left / "raw" / "ab" / "stale"
    stale.parent.mkdir(exist_ok=True)
    stale.write_bytes(b"of a moment that is past")
    answer = backup(mine, target)
    assert answer.taken_over > 0
    assert [path.name for path in (tmp_path / "to").iterdir()] == ["b"]
    restore(target, Settings.load(tmp_path / "there"))
    assert tables(Settings.load(tmp_path / "there")) == tables(mine)


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_backup_killed_between_its_two_renames_is_there(mine: Settings, tmp_path: Path, command: str) -> None:
    target = tmp_path / "b"
    backup(mine, target)
    target.rename(tmp_path / ".b.former")
    if command == "restore":
        restore(target, Settings.load(tmp_path / "there"))
        assert target.is_dir()
    else:
        assert backup(mine, target).updated
    assert not (tmp_path / ".b.former").exists()
    shutil.copytree(target, tmp_path / ".b.former")  # killed after both
    backup(mine, target)
    assert not (tmp_path / ".b.former").exists()


def test_two_processes_do_not_make_one_backup(mine: Settings, tmp_path: Path) -> None:
    with (
        FileLock(tmp_path / ".b.lock"),
        pytest.raises(SdgError, match="Another process is making this backup"),
    ):
        backup(mine, tmp_path / "b")


@pytest.mark.parametrize("name", ["b", "b.tar"])
def test_what_waits_in_the_inbox_is_in_the_backup(mine: Settings, tmp_path: Path, name: str) -> None:
    office = mine.inbox / "KGZ" / "2026"
    office.mkdir(parents=True)
    for path, data in {
        "waits.csv": b"not yet taken in", "taken.csv": b"bytes as received", ".hidden": b"x", "now.csv": b"half"
    }.items():  # fmt: skip
        (office / path).write_bytes(data)
        os.utime(office / path, (1.6e9, 1.6e9))
    os.utime(office / "now.csv")
    answer = backup(mine, tmp_path / name)
    assert (answer.backup.inbox_files, answer.unfinished) == (1, 1)
    there = Settings.load(tmp_path / "there").ensure()
    (there.inbox / "KGZ").mkdir()
    restore(tmp_path / name, there)
    assert files(there.inbox) == {"KGZ/2026/waits.csv": b"not yet taken in"}
    assert (there.inbox / "KGZ" / "2026" / "waits.csv").stat().st_mtime == 1.6e9
    (there.inbox / "KGZ" / "2026" / "waits.csv").write_bytes(b"newer")
    restore(tmp_path / name, there, overwrite=True)
    assert files(there.inbox) == {"KGZ/2026/waits.csv": b"newer"}


def test_a_file_that_is_taken_away_meanwhile_is_left_out(
    mine: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mine.inbox / "waits.csv").write_bytes(b"not yet taken in")

    def gone(path: Path, _: Path) -> None:
        path.unlink()
        raise FileNotFoundError(path)

    monkeypatch.setattr(backup_inbox.shutil, "copy2", gone)
    assert backup(mine, tmp_path / "b").backup.inbox_files == 0


def test_a_backup_of_an_earlier_program_is_restored(folder: Path, tmp_path: Path) -> None:
    old = shutil.copytree(folder, tmp_path / "old")
    said = json.loads((old / "backup.json").read_text("utf-8"))
    del said["inbox_files"]
    (old / "backup.json").write_text(json.dumps(said), encoding="utf-8")
    sums = (old / "checksums.sha256").read_text("utf-8").splitlines()
    kept = [line for line in sums if not line.endswith("  backup.json")]
    ours = f"{hashlib.sha256((old / 'backup.json').read_bytes()).hexdigest()}  backup.json"
    (old / "checksums.sha256").write_text("\n".join([*kept, ours]) + "\n", encoding="utf-8")
    assert restore(old, Settings.load(tmp_path / "there")).backup.inbox_files == 0
