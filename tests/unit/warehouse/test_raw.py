"""Bytes as received: kept once, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from metadata.errors import StorageFull, UnreadableFile, WarehouseError
from warehouse import raw
from warehouse.settings import Settings

BYTES = b"FREQ,SERIES\nA,EN_HAZ_PCAP\n" * 100_000
SHA256 = hashlib.sha256(BYTES).hexdigest()


def files(settings: Settings) -> list[str]:
    return sorted(str(path.relative_to(settings.raw)) for path in settings.raw.rglob("*") if path.is_file())


def test_bytes_and_a_file_of_them_are_kept_once_under_their_sha256(settings: Settings, tmp_path: Path) -> None:
    source = tmp_path / "sent.csv"
    source.write_bytes(BYTES)
    assert raw.put(settings, BYTES) == raw.put(settings, source) == (SHA256, settings.raw / SHA256[:2] / SHA256)
    assert files(settings) == [f"{SHA256[:2]}/{SHA256}"]
    assert raw.get(settings, SHA256).read_bytes() == BYTES
    assert source.read_bytes() == BYTES


def test_kept_bytes_are_read_only(settings: Settings) -> None:
    _, place = raw.put(settings, b"abc")
    assert place.stat().st_mode & 0o222 == 0


def test_bytes_that_are_not_kept_are_told(settings: Settings) -> None:
    with pytest.raises(WarehouseError, match=f"The bytes with sha256 {SHA256} are not kept. Put the raw folder back"):
        raw.get(settings, SHA256)


def test_a_file_that_cannot_be_read_is_told(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"none\.csv: The file cannot be read: No such file or directory\."):
        raw.put(settings, tmp_path / "none.csv")
    assert files(settings) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_and_nothing_half_written_stays(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull, match=r"The disk is full; what was there before is untouched\. Make room"):
        raw.put(settings, BYTES)
    assert files(settings) == []
