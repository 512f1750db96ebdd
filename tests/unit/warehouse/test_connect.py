"""Opening the warehouse: made when new, refused when it is not ours to open."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from metadata.errors import WarehouseBusy, WarehouseError
from tests.unit.warehouse.frames import STRUCTURE, declare_series, give, request, row
from warehouse import memory
from warehouse.connect import open_file, reader, writer
from warehouse.settings import Settings
from warehouse.tables import LAYOUT

pytestmark = pytest.mark.usefixtures("warehouses_are_made")


def test_a_new_warehouse_has_its_layout_and_an_old_one_keeps_what_it_holds(settings: Settings) -> None:
    with writer(settings, "a test") as warehouse:
        declare_series(warehouse)
        assert warehouse.connection.execute("select layout_version from core.layout").fetchall() == [(LAYOUT,)]
        give(warehouse, request(1, [row("2019", 1.0)]))
    with writer(settings, "a test") as warehouse:
        assert warehouse.connection.execute("select obs_value from core.observation").fetchall() == [(1.0,)]
        assert warehouse.connection.execute("select count(*) from core.layout").fetchall() == [(1,)]


def test_sqlalchemy_and_duckdb_share_the_transaction(settings: Settings) -> None:
    with writer(settings, "a test") as warehouse:
        table = warehouse.tables.table("core.layout")

        def fails() -> None:
            with warehouse.transaction() as connection:
                connection.execute("insert into core.layout values (1, now())")
                assert warehouse.sa.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 2
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fails()
        assert warehouse.connection.execute("select count(*) from core.layout").fetchall() == [(1,)]


def test_a_newer_layout_is_refused(settings: Settings) -> None:
    with writer(settings, "a test") as warehouse:
        warehouse.connection.execute("insert into core.layout values (99, now())")
    with pytest.raises(WarehouseError) as told, writer(settings, "a test"):
        pass
    assert str(told.value) == (
        f"{settings.warehouse}: The warehouse has layout 99; this program knows layouts up to {LAYOUT}. "
        "Use the newer version of the program that made it."
    )


def test_other_columns_are_refused(settings: Settings) -> None:
    with writer(settings, "a test") as warehouse:
        warehouse.connection.execute("alter table report.coverage add column surprise varchar")
    with (
        pytest.raises(WarehouseError, match=r"Its table report\.coverage has other columns than this program declares"),
        writer(settings, "a test"),
    ):
        pass


def test_a_database_of_somebody_else_is_refused(settings: Settings) -> None:
    with open_file(settings.warehouse, settings) as connection:
        connection.execute("create schema core")
        connection.execute("create table core.theirs (a int)")
    with (
        pytest.raises(WarehouseError, match="It has tables, but none that says which layout"),
        writer(settings, "a"),
    ):
        pass


def test_a_damaged_file_is_told(settings: Settings) -> None:
    settings.warehouse.write_bytes(b"this is no database" * 1000)
    with pytest.raises(WarehouseError) as told, writer(settings, "a test"):
        pass
    assert str(told.value).startswith(
        f"{settings.warehouse}: The file is damaged, or is not a database of this program."
    )


def test_a_second_writer_waits_and_gives_up(settings: Settings) -> None:
    impatient = replace(settings, lock_timeout_s=0.2)
    with (
        writer(settings, "sdg run"),
        pytest.raises(WarehouseBusy, match=rf"sdg run \(process {os.getpid()}\) has been writing since .* 0.2 seconds"),
        writer(impatient, "sdg submit"),
    ):
        pass


def test_nothing_published_is_told(settings: Settings) -> None:
    with pytest.raises(WarehouseError, match=r"Nothing is published yet\. Start with: sdg run"):
        reader(settings)


@pytest.mark.parametrize(
    ("machine", "container", "limit"),
    [(16 * 10**9, "max", "1.8 GiB"), (16 * 10**9, "1000000000", "476.8 MiB"), (10**9, "8000000000", "476.8 MiB")],
)
def test_the_memory_has_a_default_bound(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, machine: int, container: str, limit: str
) -> None:
    said = tmp_path / "memory.max"
    said.write_text(f"{container}\n", encoding="ascii")
    monkeypatch.setattr(memory, "CONTAINER", (tmp_path / "absent", said))
    monkeypatch.setattr(memory.os, "sysconf", {"SC_PHYS_PAGES": machine // 4000, "SC_PAGE_SIZE": 4000}.__getitem__)
    with writer(settings, "a test") as warehouse:
        found = warehouse.connection.execute("select current_setting('memory_limit')").fetchone()
    assert found == (limit,)


@pytest.mark.parametrize("stated", [None, "512MiB"])
def test_less_memory_for_a_time_unless_a_limit_is_stated(settings: Settings, stated: str | None) -> None:
    asked = replace(settings, memory_limit=stated)
    with writer(asked, "a test") as warehouse:

        def limit() -> str:
            return str(warehouse.connection.execute("select current_setting('memory_limit')").fetchone()[0])

        before = limit()
        with memory.less_memory(warehouse.connection, asked):
            assert limit() == ("381.4 MiB" if stated is None else before)
        assert limit() == before


def test_limits_of_the_settings_reach_duckdb(settings: Settings) -> None:
    with writer(replace(settings, memory_limit="512MiB"), "a test") as warehouse:
        found = warehouse.connection.execute(
            "select current_setting('memory_limit'), current_setting('temp_directory')"
        ).fetchall()
    assert found == [("512.0 MiB", str(settings.home / "tmp" / "duckdb"))]


def test_a_structure_can_be_given(tmp_path: Path) -> None:
    with writer(Settings.load(tmp_path), "a test", structure=STRUCTURE) as warehouse:
        assert warehouse.tables.dimensions[2] == "series"
