"""Releases: frozen whole, named, compared with the one before, and byte-equal for the same deliveries."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from metadata.errors import SdgError, StorageFull, WarehouseError
from tests.unit.warehouse.frames import row
from tests.unit.warehouse.releasing import FIRST, NOON, files, freeze, load
from warehouse import release as releasing
from warehouse.connect import open_file, reader, writer
from warehouse.ledger import Ledger
from warehouse.release import code_version
from warehouse.release_store import Release, check_name, next_name, read_release, release_file, releases
from warehouse.settings import Settings

SHAPE = """
select schema_name, table_name, column_name, data_type, c.comment, t.comment
from duckdb_columns() c join duckdb_tables() t using (database_name, schema_name, table_name)
where database_name = current_database() and schema_name in ('core', 'metadata', 'report', 'ledger') order by all
"""
SECOND = (*FIRST[:2], row("2021", 24.0), row("2022", 13.0), *FIRST[3:])


def ask(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A state folder with two releases; tests only read it."""
    settings = Settings.load(tmp_path_factory.mktemp("two")).ensure()
    load(settings, 1, *FIRST)
    freeze(settings, note="The first one.\n# Not a heading")
    load(settings, 2, *SECOND)
    freeze(settings, days=1)
    return settings


def test_a_release_has_the_shape_and_the_rows_of_what_was_published(two: Settings) -> None:
    released = release_file(two, "2026.Q4.02")
    assert ask(released, SHAPE) == ask(two.current, SHAPE)
    for table in ("core.observation_history", "core.load", "report.indicator_observation", "metadata.series"):
        query = f"select * from {table} order by all"
        assert ask(released, query) == ask(two.current, query) != []
    assert ask(released, "select name, observations from ledger.release order by 1") == [
        ("2026.Q4.01", 5), ("2026.Q4.02", 6)
    ]  # fmt: skip
    with pytest.raises(duckdb.Error, match="read-only"), duckdb.connect(str(released), read_only=True) as connection:
        connection.execute("delete from core.load")
    assert not released.stat().st_mode & 0o222


def test_the_checksums_are_those_of_the_files(two: Settings) -> None:
    folder = two.releases / "2026.Q4.01"
    stated = dict(
        reversed(line.split("  ", 1)) for line in (folder / "checksums.sha256").read_text("utf-8").splitlines()
    )
    found = {name: hashlib.sha256(data).hexdigest() for name, data in files(folder).items()}
    del found["checksums.sha256"]
    assert stated == found
    assert {"release.duckdb", "release.json", "CHANGES.md"} < set(stated)


def test_the_facts_say_what_it_was_made_by(two: Settings) -> None:
    made = read_release(two.releases / "2026.Q4.02")
    assert (made.name, made.previous, made.last_load) == ("2026.Q4.02", "2026.Q4.01", 2)
    assert made.created_at == (NOON + timedelta(days=1)).isoformat(timespec="microseconds")
    assert made.map_versions == {"KGZ": "map-1"}
    assert made.providers == {"KGZ": {"deliveries": 2, "observations": 6}}
    assert made.structure_version == "IAEG-SDGs:SDG(1.14)"
    assert len(made.metadata_versions) == 21
    assert made.counts["core.observation"] == made.counts["report.indicator_observation"] == 6
    assert made.counts["report.release_diff"] == 2
    table = made.tables["report.quality"]
    assert table["left_out"] == ["first_seen", "last_seen"]
    assert "Grain: one row per provider" in table["comment"]
    assert made.tables["report.coverage"]["partition"] == "indicator"
    assert made.tables["report.coverage"]["columns"]["missing"] == "observations reported as missing"
    assert made.tables["report.data_availability_total"]["partition"] == "goal"
    assert made.tables["metadata.area"]["partition"] is None


def test_parquet_has_the_rows_of_the_tables(two: Settings) -> None:
    folder = two.releases / "2026.Q4.02" / "parquet"
    for table, order in (("indicator_observation", "time_period"), ("data_availability_total", "ref_area")):
        place = f"{folder}/report/{table}/**/*.parquet"
        found = duckdb.sql(f"select * from read_parquet('{place}', hive_types_autocast = false) order by all")
        columns = ", ".join(found.columns)
        assert order in columns
        query = f"select {columns} from report.{table} order by all"
        assert found.fetchall() == ask(release_file(two, "2026.Q4.02"), query) != []
    empty = pl.read_parquet(f"{folder}/report/national_and_global/**/*.parquet", hive_partitioning=True)
    assert empty.height == 0
    assert "national_value" in empty.columns
    assert (folder / "report" / "coverage" / "indicator=12.4.2" / "data.parquet").is_file()
    assert (folder / "metadata" / "area" / "data.parquet").is_file()


def test_two_homes_with_the_same_deliveries_give_the_same_parquet(two: Settings, tmp_path: Path) -> None:
    other = Settings.load(tmp_path / "elsewhere").ensure()
    load(other, 1, *FIRST, minutes=17)
    freeze(other, "2026.Q4.01", days=3)
    load(other, 2, *SECOND, minutes=18)
    freeze(other, "2026.Q4.02", days=4)
    for name in ("2026.Q4.01", "2026.Q4.02"):
        mine, yours = (files(one.releases / name / "parquet") for one in (two, other))
        assert sorted(mine) == sorted(yours)
        assert [path for path in mine if mine[path] != yours[path]] == []
        assert read_release(two.releases / name).content == read_release(other.releases / name).content
    assert read_release(two.releases / "2026.Q4.01").content != read_release(two.releases / "2026.Q4.02").content


def test_deliveries_that_do_not_meet_give_the_same_parquet_in_either_order(tmp_path: Path) -> None:
    sent = {"KGZ": FIRST, "RWA": (row("2020", 5.0, ref_area="646"), row("2021", 6.0, ref_area="646"))}
    homes = []
    for order in (("KGZ", "RWA"), ("RWA", "KGZ")):
        home = Settings.load(tmp_path / order[0]).ensure()
        for provider in order:
            load(home, 1, *sent[provider], provider=provider, delivery_id=f"{provider}-1")
        freeze(home, "2026.Q4.01")
        homes.append(files(home.releases / "2026.Q4.01" / "parquet"))
    assert homes[0] == homes[1]
    assert "report/indicator_observation/indicator=12.4.2/data.parquet" in {str(path) for path in homes[0]}


def test_the_note_says_what_changed_and_by_what(two: Settings) -> None:
    first = (two.releases / "2026.Q4.01" / "CHANGES.md").read_text("utf-8")
    assert "> The first one.\n> # Not a heading" in first
    assert "This is the first release" in first
    text = (two.releases / "2026.Q4.02" / "CHANGES.md").read_text("utf-8")
    assert text.startswith("# Release 2026.Q4.02\n\nFrozen on 2026-10-06 12:00 UTC with 6 observations of 1 provider")
    assert "## What differs from 2026.Q4.01" in text
    assert "| Values revised | 1 | 1 |\n" in text
    assert "* EN_HAZ_PCAP (12.4.2, KGZ): Kyrgyzstan 2021 12 → 24 KG (+100.0 %)\n" in text
    assert "* declarations of 21 indicators: the same versions\n" in text
    assert max(map(len, text.splitlines())) <= 100


def test_core_can_be_read_as_of_a_release(two: Settings) -> None:
    query = "select time_period, obs_value from core.observation_as_of_release('{}') where series = 'EN_HAZ_PCAP'"
    order = " and ref_area = '417' order by 1"
    assert ask(two.current, query.format("2026.Q4.01") + order) == [("2019", 10.0), ("2020", 11.0), ("2021", 12.0)]
    assert ask(two.current, query.format("2026.Q4.02") + order)[2:] == [("2021", 24.0), ("2022", 13.0)]
    with pytest.raises(duckdb.Error, match="There is no release 2020"):
        ask(two.current, query.format("2020"))


def test_nothing_new_is_no_new_release_and_other_content_needs_another_name(settings: Settings) -> None:
    load(settings, 1, *FIRST)
    made = freeze(settings)
    before = files(made.folder)
    for name in (None, "2026.Q4.01"):
        again = freeze(settings, name, days=2)
        assert (again.new, again.release) == (False, made.release)
    load(settings, 2, *SECOND)
    with pytest.raises(SdgError, match=r"There is a release 2026\.Q4\.01 already, and it holds something else\."):
        freeze(settings, "2026.Q4.01")
    assert files(made.folder) == before
    assert [path.name for path in settings.releases.iterdir()] == ["2026.Q4.01"]
    other = freeze(settings, days=1, reference_date=date(2020, 2, 3))
    assert (other.release.name, other.release.reference_date) == ("2026.Q4.02", "2020-02-03")
    note = (other.folder / "CHANGES.md").read_text("utf-8")
    assert f"* reference date of groups: {made.release.reference_date} → 2020-02-03" in note
    assert ask(settings.current, "select count(*) from report.refreshed where membership_date = '2020-02-03'") == [(0,)]
    with Ledger.open(settings) as ledger:
        assert ledger.releases() == ["2026.Q4.01", "2026.Q4.02"]


def test_a_release_that_the_ledger_was_not_told_of_is_recorded_by_the_next(settings: Settings) -> None:
    load(settings, 1, *FIRST)
    freeze(settings, "one")
    with Ledger.open(settings) as ledger, ledger._transaction() as connection:
        connection.exec_driver_sql("delete from release")
    freeze(settings, "one")
    with Ledger.open(settings) as ledger:
        assert ledger.releases() == ["one"]
        ledger.record_release(read_release(settings.releases / "one"))
        assert ledger.releases() == ["one"]


def test_what_the_declarations_say_otherwise_stands_in_the_note(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(settings, 1, *FIRST)
    freeze(settings, "one")
    mend = "update metadata.indicator_version set canonical = replace(canonical, 'KG', 'T') where indicator = '12.4.2'"
    with writer(settings, "a test") as warehouse:
        warehouse.connection.execute("update metadata.indicator set version = 'v2' where indicator = '12.4.2'")
        warehouse.connection.execute(mend)
        warehouse.connection.execute("update core.load set provider = 'RWA', map_version = null")
        from warehouse.publish import publish

        publish(settings, warehouse)
    monkeypatch.setattr("warehouse.release_notes.DECLARATIONS_SHOWN", 1)
    note = (freeze(settings, "two", days=1).folder / "CHANGES.md").read_text("utf-8")
    assert "* 12.4.2 EN_" in note
    assert "more changes of declarations" in note
    assert "* provider KGZ: nothing of it stands any more" in note
    assert "* provider RWA: new" in note
    with writer(settings, "a test") as warehouse:
        warehouse.connection.execute("update core.load set map_version = 'map-2'")
        publish(settings, warehouse)
    assert not freeze(settings, days=2).new, "a map is not in the tables"
    named = (freeze(settings, "three", days=2).folder / "CHANGES.md").read_text("utf-8")
    assert "No observation, value, unit, base period or NATURE differs from two." in named
    assert "* map of RWA: none → map-2" in named


def test_a_failure_leaves_nothing_and_what_a_killed_process_left_is_removed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(settings, 1, *FIRST)
    left = settings.releases / ".making-1"
    (left / "parquet").mkdir(parents=True)

    def full(*_: object) -> Iterator[None]:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(releasing, "changes_text", full)
        with pytest.raises(StorageFull, match="The disk is full; what was there before is untouched"):
            freeze(settings)
    assert list(settings.releases.iterdir()) == []
    assert freeze(settings).new


@pytest.mark.parametrize("name", ["current", ".hidden", "a/b", "..", "", "x" * 65, "a b"])
def test_names_that_make_no_folder_are_refused(name: str) -> None:
    with pytest.raises(SdgError, match=r"cannot be the name of a release\. Use up to 64 letters"):
        check_name(name)


def test_the_next_name_counts_in_its_quarter() -> None:
    assert next_name([], date(2026, 1, 31)) == "2026.Q1.01"
    assert next_name(["2026.Q1.01", "2026.Q1.09", "2026.Q1.x", "2025.Q4.30"], date(2026, 3, 31)) == "2026.Q1.10"
    assert next_name(["2026.Q1.01"], date(2026, 12, 1)) == "2026.Q4.01"


def test_a_release_whose_facts_are_gone_is_told(settings: Settings) -> None:
    assert releases(settings) == []
    broken = settings.releases / "one"
    broken.mkdir(parents=True)
    (broken / "release.json").write_text('{"name": "one"}', encoding="utf-8")
    with pytest.raises(WarehouseError, match=r"release\.json: The facts of this release cannot be read\."):
        releases(settings)


def test_a_release_of_nothing_loaded_can_be_made(settings: Settings) -> None:
    from warehouse.publish import publish

    with writer(settings, "a test") as warehouse:
        publish(settings, warehouse)
    made = freeze(settings).release
    assert (made.last_load, made.providers, made.reference_date) == (0, {}, None)
    assert made.as_of == made.created_at
    with reader(settings) as connection:
        assert connection.execute("from core.observation_as_of_release('2026.Q4.01')").fetchall() == []


def test_the_facts_survive_writing_and_reading(two: Settings) -> None:
    made = read_release(two.releases / "2026.Q4.01")
    assert Release(**json.loads(made.to_json())) == made


def test_the_code_is_named_by_its_version_and_revision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plain = releasing.importlib.metadata.version(releasing.DISTRIBUTION)
    monkeypatch.setattr(releasing, "INDICATORS", tmp_path / "indicators")
    assert code_version() == plain
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    assert code_version() == plain, "a checkout without any revision"
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "one"], check=True)
    revision = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert code_version() == f"{plain} ({revision})"

    def absent(*_: object, **__: object) -> None:
        raise FileNotFoundError("git")

    monkeypatch.setattr(releasing.subprocess, "run", absent)
    assert code_version() == plain


def test_a_ledger_without_releases_is_brought_up_by_publishing(settings: Settings) -> None:
    load(settings, 1, *FIRST)
    with Ledger.open(settings) as ledger, ledger._transaction() as connection:
        connection.exec_driver_sql("drop table release")
        connection.exec_driver_sql("pragma user_version = 3")
    load(settings, 2, *SECOND)
    assert freeze(settings).new
    with Ledger.open(settings) as ledger:
        assert [one.state for one in ledger.deliveries()] == ["loaded", "loaded"]
        assert ledger.releases() == ["2026.Q4.01"]
    with open_file(settings.current, settings, read_only=True) as connection:
        assert connection.execute("select name from ledger.release").fetchall() == [("2026.Q4.01",)]


def test_what_follows_from_the_day_is_left_out_of_parquet_and_a_view_is_written(two: Settings) -> None:
    report = two.releases / "2026.Q4.02" / "parquet" / "report"
    for name in ("timeliness", "observed_series", "outranked"):
        assert not (report / name).exists()
    assert not (report / "indicator_12_4_2").exists()
    assert (report / "indicator_observation" / "indicator=12.4.2" / "data.parquet").is_file()
    assert (report / "national_assessment" / "indicator=13.b.1" / "data.parquet").is_file()
