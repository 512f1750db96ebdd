"""Backup and restore: the same tables elsewhere, every byte compared, and nothing overwritten unasked."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from metadata.errors import SdgError, StorageFull, UnreadableFile, WarehouseBusy, WarehouseError
from tests.unit.warehouse.releasing import FIRST, files, freeze, load
from warehouse import backup as backing
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
    facts = backup(home, tmp_path / "to" / name, on_bytes=lambda done, whole: told.append((done, whole)))
    assert (facts.observations, facts.deliveries, facts.raw_files, facts.releases) == (5, 1, 2, 1)
    assert told[-1][0] == told[-1][1] > 0
    assert [path.name for path in (tmp_path / "to").iterdir()] == [name]
    there = Settings.load(tmp_path / "there")
    answer = restore(tmp_path / "to" / name, there)
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


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "inbox/more"])
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


def test_places_where_no_backup_can_be_made(home: Settings, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SdgError, match=r"There is something of that name already\. A backup is never changed"):
        backup(home, folder)
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
    (tmp_path / ".b.tar.growing-1").mkdir()
    (tmp_path / ".b.tar.growing-1.tar").touch()

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
