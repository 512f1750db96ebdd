"""Where state lives, and who may say so."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from metadata.errors import ConfigurationError, StorageFull, WarehouseError
from warehouse.settings import DEFAULT_LOCK_TIMEOUT_S, Settings


def test_the_home_is_the_argument_then_the_environment_then_var(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SDG_HOME", raising=False)
    assert Settings.load().home == tmp_path / "var"
    monkeypatch.setenv("SDG_HOME", str(tmp_path / "state"))
    assert Settings.load().home == tmp_path / "state"
    assert Settings.load(tmp_path / "mine").home == tmp_path / "mine"


def test_everything_is_under_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SDG_LOCK_TIMEOUT", raising=False)
    monkeypatch.delenv("SDG_MEMORY_LIMIT", raising=False)
    settings = Settings.load(tmp_path)
    names = {
        settings.raw: "raw", settings.warehouse: "warehouse.duckdb", settings.ledger: "ledger.sqlite",
        settings.published: "published", settings.inbox: "inbox", settings.dagster: "dagster",
        settings.current: "published/current.duckdb", settings.temporary: "tmp",
        settings.structures: "structures",
    }  # fmt: skip
    assert {path: str(path.relative_to(tmp_path)) for path in names} == names
    assert settings.lock_timeout_s == DEFAULT_LOCK_TIMEOUT_S
    assert settings.memory_limit is None


def test_ensure_makes_the_folders_and_may_be_called_again(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path / "a" / "b").ensure().ensure()
    assert all(path.is_dir() for path in (settings.raw, settings.published, settings.inbox, settings.dagster))


def test_the_timeout_is_read_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDG_LOCK_TIMEOUT", "2.5")
    assert Settings.load(tmp_path).lock_timeout_s == 2.5
    for wrong in ("soon", "-1", "nan", "inf"):
        monkeypatch.setenv("SDG_LOCK_TIMEOUT", wrong)
        with pytest.raises(ConfigurationError) as told:
            Settings.load(tmp_path)
        assert str(told.value) == (
            f'SDG_LOCK_TIMEOUT: "{wrong}" is not a number of seconds. Write for example 600, or 0 to give up at once.'
        )


def test_the_memory_limit_is_read_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for right in ("4GB", "512 MiB", "1.5gb"):
        monkeypatch.setenv("SDG_MEMORY_LIMIT", f" {right}")
        assert Settings.load(tmp_path).memory_limit == right
    for wrong in ("much", "4000", "80%", "-1GB"):
        monkeypatch.setenv("SDG_MEMORY_LIMIT", wrong)
        with pytest.raises(ConfigurationError) as told:
            Settings.load(tmp_path)
        assert str(told.value) == (
            f'SDG_MEMORY_LIMIT: "{wrong}" is not an amount of memory. Write a number and KB, MB, GB or TB, for '
            "example 4GB."
        )


def test_the_reference_date_is_read_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SDG_REFERENCE_DATE", raising=False)
    assert Settings.load(tmp_path).reference_date is None
    monkeypatch.setenv("SDG_REFERENCE_DATE", "2025-07-01")
    assert Settings.load(tmp_path).reference_date == date(2025, 7, 1)
    monkeypatch.setenv("SDG_REFERENCE_DATE", "2025-13-01")
    with pytest.raises(ConfigurationError, match=r'SDG_REFERENCE_DATE: "2025-13-01" is not a day\. Write'):
        Settings.load(tmp_path)


def test_a_file_where_the_home_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(WarehouseError, match=r"A file stands where a folder is needed\. Move it away"):
        Settings.load(tmp_path / "home").ensure()
    with pytest.raises(WarehouseError, match="A file stands where a folder is needed"):
        Settings.load(tmp_path / "home" / "below").ensure()


def test_a_disk_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StorageFull, match=r"It cannot be written here; what was there before is untouched\."):
        Settings.load(tmp_path / "home").ensure()
