"""Faults of the storage are told in a sentence; bugs are not disguised as such."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from metadata.errors import ConfigurationError, SdgError, StorageFull, WarehouseBusy, WarehouseError
from warehouse.connect import open_file
from warehouse.faults import told
from warehouse.settings import Settings

PLACE = Path("/state/warehouse.duckdb")


def raised(error: Exception) -> Exception:
    with pytest.raises(Exception) as caught, told(PLACE):  # noqa: PT011 - any kind; the tests look at it
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (OSError(errno.ENOSPC, "x"), StorageFull, "The disk is full"),
        (OSError(errno.EROFS, "x"), StorageFull, "It cannot be written here"),
        (OSError(errno.ENOTDIR, "x"), WarehouseError, "A file stands where a folder is needed"),
        (
            duckdb.IOException("Could not write all bytes: No space left on device"),
            StorageFull,
            "The disk is full",
        ),
        (
            duckdb.OutOfMemoryException("failed to pin block of size 256.0 KiB (2.7 GiB/2.7 GiB used)"),
            WarehouseError,
            "The database needs more memory than it may use",
        ),
        (
            duckdb.OutOfMemoryException("failed to offload data block … max_temp_directory_size"),
            StorageFull,
            "The disk",
        ),
        (
            duckdb.IOException("Could not set lock on file: Conflicting lock"),
            WarehouseBusy,
            "Another program has",
        ),
        (
            duckdb.SerializationException("Failed to deserialize: field"),
            WarehouseError,
            "The file is damaged",
        ),
        (sqlite3.OperationalError("database or disk is full"), StorageFull, "The disk is full"),
        (
            sqlite3.OperationalError("disk I/O error"),
            StorageFull,
            "The disk is full, or cannot be read or written; what was there before is untouched",
        ),
        (
            sqlite3.OperationalError("attempt to write a readonly database"),
            StorageFull,
            "It cannot be written",
        ),
        (
            sqlite3.OperationalError("database is locked"),
            WarehouseBusy,
            "Another program has the database open",
        ),
        (sqlite3.DatabaseError("file is not a database"), WarehouseError, "The file is damaged"),
    ],
)
def test_faults_are_told_with_the_place(error: Exception, kind: type[SdgError], sentence: str) -> None:
    found = raised(error)
    assert type(found) is kind
    assert f"{PLACE}: {sentence}" in str(found)
    assert found.__cause__ is error


def test_what_sqlalchemy_wraps_is_unwrapped() -> None:
    wrapped = sa.exc.OperationalError("insert …", {}, sqlite3.OperationalError("database or disk is full"))
    assert isinstance(raised(wrapped), StorageFull)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("disk is full"),
        OSError(errno.ECONNRESET, "reset"),
        duckdb.BinderException("no such column"),
        sa.exc.OperationalError("select", {}, sqlite3.OperationalError("no such table: delivery")),
        ConfigurationError("Not about the disk is full."),
    ],
)
def test_what_is_no_fault_of_the_storage_passes(error: Exception) -> None:
    assert raised(error) is error


def test_what_may_not_be_read_is_not_said_to_be_unwritable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "there.duckdb"
    file.write_bytes(b"x")
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.F_OK and (path == file or path in file.parents))
    with pytest.raises(StorageFull, match=r"You have no right to read it\. Ask whoever owns it"), told(file):
        raise PermissionError(errno.EACCES, "x")
    hidden = tmp_path / "nobody-knows"
    with pytest.raises(StorageFull, match="You have no right to read it"), told(hidden):
        raise PermissionError(errno.EACCES, "x")


def test_a_reader_spills_to_where_it_may_write(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = "select current_setting('temp_directory')"
    with open_file(Path(":memory:"), settings) as connection:
        assert connection.execute(asked).fetchall() == [(str(settings.temporary / "duckdb"),)]
    monkeypatch.setattr("warehouse.connect.os.access", lambda *_: False)
    with open_file(Path(":memory:"), settings) as one, open_file(Path(":memory:"), settings) as other:
        [(place,)] = one.execute(asked).fetchall()
        assert other.execute(asked).fetchall() == [(place,)]
    assert Path(place).parent == Path(tempfile.gettempdir())
