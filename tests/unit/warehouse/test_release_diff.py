"""What differs between two states: every kind, with the size of revisions, and in words."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from metadata.areas import load_areas
from metadata.errors import SdgError, WarehouseError
from tests.unit.warehouse.frames import STRUCTURE, give, request, row
from tests.unit.warehouse.releasing import CATALOGUE, FIRST, NOON, VERSIONS, differ, freeze, load
from warehouse.connect import open_file, reader, writer
from warehouse.release_diff import CURRENT, KINDS, differences, of_indicator
from warehouse.release_store import place_of, release_file
from warehouse.release_words import SHOWN, TITLES, largest_revisions, number, percent, sections
from warehouse.report import write_metadata
from warehouse.settings import Settings
from warehouse.tables import LAYOUT


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse that holds FIRST; it is only ever copied."""
    return held(Settings.load(tmp_path_factory.mktemp("first")).ensure(), FIRST)


def held(settings: Settings, rows: Iterable[dict[str, Any]], number: int = 1) -> Path:
    """Load a delivery into the settings' warehouse, without publishing, and return its file."""
    with writer(settings, "a test") as warehouse:
        if number == 1:
            write_metadata(warehouse, CATALOGUE, STRUCTURE, load_areas(), now=NOON)
        give(warehouse, request(number, rows, replaces="provider", metadata_versions=VERSIONS), confirm=True)
        warehouse.connection.execute("checkpoint")
    return settings.warehouse


@pytest.fixture
def changed(settings: Settings, first: Path) -> Callable[..., pl.DataFrame]:
    """Give what returns the differences between FIRST and other rows that take their place."""

    def differ_from_first(*rows: dict[str, Any]) -> pl.DataFrame:
        shutil.copyfile(first, settings.warehouse)
        return differences(settings, ("one", first), ("current", held(settings, rows, 2)))

    return differ_from_first


Changed = Callable[..., pl.DataFrame]


def rows_of(found: pl.DataFrame, kind: str, *columns: str) -> list[tuple[Any, ...]]:
    return found.filter(pl.col("kind") == kind).select(columns).rows()


def test_nothing_differs_from_itself_nor_from_the_same_rows_sent_again(
    settings: Settings, first: Path, changed: Changed
) -> None:
    assert differences(settings, ("one", first), ("same", first)).is_empty()
    assert changed(*FIRST).is_empty()


def test_the_same_values_from_another_home_do_not_differ(settings: Settings, first: Path) -> None:
    """Versions have other numbers there, so that every row is compared by its identity."""
    held(settings, [row("2019", 99.0, ref_area="8")])
    there = held(settings, reversed(FIRST), 2)
    assert differences(settings, ("here", first), ("there", there)).is_empty()


def test_values_are_compared_with_their_size(changed: Changed) -> None:
    found = changed(
        row("2019", 10.0),
        row("2020", 22.0),
        row("2021", None, obs_status="M"),
        *FIRST[3:],
    )
    columns = ("time_period", "value_before", "value_after", "difference", "relative", "unit_after")
    assert rows_of(found, "value_revised", *columns) == [
        ("2020", 11.0, 22.0, 11.0, 1.0, "KG"),
        ("2021", 12.0, None, None, None, "KG"),
    ]
    assert rows_of(found, "attributes_revised", "time_period", "attributes") == [("2021", "obs_status")]
    assert set(found["kind"]) == {"value_revised", "attributes_revised"}
    assert set(found["before_release"]) | set(found["after_release"]) == {"one", "current"}


def test_another_power_of_ten_is_a_unit_and_no_value(changed: Changed) -> None:
    found = changed(row("2019", 0.01, unit_mult=3), row("2020", 0.5, unit_mult=3), *FIRST[2:])
    assert rows_of(found, "unit_changed", "time_period", "code_before", "code_after") == [
        ("2019", "KG x 10^0", "KG x 10^3"),
        ("2020", "KG x 10^0", "KG x 10^3"),
    ]
    assert rows_of(found, "value_revised", "time_period", "value_before", "value_after") == [("2020", 11.0, 500.0)]


def test_values_in_another_unit_are_not_compared(changed: Changed) -> None:
    found = changed(row("2019", 0.5, unit_measure="T"), row("2020", 9.0, unit_mult=None), *FIRST[2:])
    assert rows_of(found, "unit_changed", "time_period", "code_before", "code_after", "difference") == [
        ("2019", "KG x 10^0", "T x 10^0", None),
        ("2020", "KG x 10^0", "KG", None),
    ]
    assert rows_of(found, "value_revised", "time_period") == []


def test_base_year_and_nature_are_kinds_of_their_own(changed: Changed) -> None:
    found = changed(row("2019", 10.0, base_per="2015"), row("2020", 11.0, nature="E"), *FIRST[2:])
    assert rows_of(found, "base_year_changed", "time_period", "code_before", "code_after") == [("2019", "none", "2015")]
    assert rows_of(found, "nature_changed", "time_period", "code_before", "code_after") == [("2020", "C", "E")]
    assert found.height == 2


def test_keys_series_and_areas_that_came_and_went(changed: Changed) -> None:
    found = changed(
        *FIRST[:3], row("2022", 13.0), row("2019", 3.0, series="VC_DSR_MTMP", unit_measure="NUMBER")
    )
    assert rows_of(found, "key_added", "series", "time_period", "value_after") == [
        ("EN_HAZ_PCAP", "2022", 13.0),
        ("VC_DSR_MTMP", "2019", 3.0),
    ]
    assert rows_of(found, "key_removed", "series", "ref_area", "value_before") == [
        ("EN_HAZ_GENV", "417", 5.0),
        ("EN_HAZ_PCAP", "646", 1.0),
    ]
    columns = ("series", "indicators", "areas_before", "areas_after", "observations_before", "observations_after")
    assert rows_of(found, "series_removed", *columns) == [("EN_HAZ_GENV", "12.4.2", 1, 0, 1, 0)]
    assert rows_of(found, "series_added", *columns) == [("VC_DSR_MTMP", "13.1.1", 0, 1, 0, 1)]
    assert rows_of(found, "coverage_dropped", *columns, "areas_lost") == [("EN_HAZ_PCAP", "12.4.2", 2, 1, 4, 4, "646")]
    assert of_indicator(found, "13.1.1").height == 2
    assert of_indicator(found, "13.2.2").is_empty()


def test_an_area_whose_values_are_all_missing_is_no_longer_covered(changed: Changed) -> None:
    found = changed(*FIRST[:3], row("2019", None, ref_area="646"), FIRST[4])
    assert rows_of(found, "coverage_dropped", "areas_lost") == [("646",)]
    assert rows_of(found, "key_removed", "series") == []


def test_a_release_and_the_published_copy_hold_their_difference_from_the_release_before(settings: Settings) -> None:
    load(settings, 1, *FIRST)
    freeze(settings, "one")
    load(settings, 2, *FIRST[:4])
    with reader(settings) as connection:
        held = pl.DataFrame(connection.execute("select * from report.release_diff").to_arrow_table())
    assert held.equals(differ(settings, "one", CURRENT))
    assert held["kind"].to_list() == ["key_removed", "series_removed"]
    freeze(settings, "two", days=1)
    query = "select distinct before_release, after_release, count(*) over () from report.release_diff"
    with open_file(release_file(settings, "two"), settings, read_only=True) as connection:
        assert connection.execute(query).fetchall() == [("one", "two", 2)]
    with reader(settings) as connection:
        assert connection.execute(query).fetchall() == []
    load(settings, 3, *FIRST)
    with reader(settings) as connection:
        assert connection.execute(query).fetchall() == [("two", "current", 2)]


def test_what_a_person_may_name(settings: Settings) -> None:
    with pytest.raises(WarehouseError, match=r"Nothing is published yet\. Start with: sdg run"):
        place_of(settings, CURRENT)
    load(settings, 1, *FIRST)
    with pytest.raises(SdgError, match=r"one is no release, not current, and no file\. There is no release yet\."):
        place_of(settings, "one")
    made = freeze(settings, "one")
    with pytest.raises(SdgError, match=r"no\.duckdb is no release, not current, and no file\. Releases: one\."):
        place_of(settings, "no.duckdb")
    file = made.folder / "release.duckdb"
    assert place_of(settings, "one") == ("one", file)
    assert place_of(settings, str(made.folder)) == ("one", file)
    assert place_of(settings, str(file)) == (str(file), file)
    assert place_of(settings, CURRENT) == (CURRENT, settings.current)


def test_a_file_of_another_kind_a_damaged_and_a_newer_one_are_refused(
    settings: Settings, first: Path, tmp_path: Path
) -> None:
    other = tmp_path / "it's.duckdb"
    with open_file(other, settings) as connection:
        connection.execute("create table a (b integer)")
    here = ("one", first)
    with pytest.raises(WarehouseError, match=r"This is no release: it has no observations and declarations"):
        differences(settings, here, ("it's", other))
    damaged = tmp_path / "damaged.duckdb"
    damaged.write_bytes(b"no database" * 1000)
    with pytest.raises(WarehouseError, match=r"damaged\.duckdb: The file is damaged, or is not a database"):
        differences(settings, ("damaged", damaged), here)
    newer = tmp_path / "newer.duckdb"
    shutil.copyfile(first, newer)
    with open_file(newer, settings) as connection:
        connection.execute(f"insert into core.layout values ({LAYOUT + 1}, now())")
    told = rf"It has layout {LAYOUT + 1}; this program knows layouts up to {LAYOUT}\."
    with pytest.raises(WarehouseError, match=told):
        differences(settings, here, ("newer", newer))


# ------------------------------------------------------------------------------------------------------- in words


def test_every_kind_has_its_words_the_gravest_first(changed: Changed) -> None:
    found = changed(
        row("2019", 10.0, base_per="2015", nature="E"),
        row("2020", 33.0, comment_obs="counted anew"),
        row("2021", 0.012, unit_mult=3),
        row("2022", 13.0),
        row("2019", 3.0, series="VC_DSR_MTMP", unit_measure="NUMBER"),
    )
    said = {one.kind: (one.title, one.rows, one.lines) for one in sections(found)}
    assert tuple(said) == KINDS
    assert [title for title, *_ in said.values()] == list(TITLES.values())
    lines = {kind: said[kind][2] for kind in KINDS}
    assert lines["series_removed"][0].startswith("EN_HAZ_GENV (12.4.2): ")
    assert lines["series_removed"][0].endswith("; 1 observation, 1 area with a value")
    assert lines["coverage_dropped"] == ("EN_HAZ_PCAP (12.4.2): 2 → 1 area; no value any more: Rwanda",)
    assert lines["base_year_changed"] == (
        "EN_HAZ_PCAP (12.4.2, KGZ): none → 2015 in 1 observation of Kyrgyzstan, 2019",
    )
    assert lines["unit_changed"] == (
        "EN_HAZ_PCAP (12.4.2, KGZ): KG x 10^0 → KG x 10^3 in 1 observation of Kyrgyzstan, 2021",
    )
    assert lines["value_revised"] == ("EN_HAZ_PCAP (12.4.2, KGZ): Kyrgyzstan 2020 11 → 33 KG (+200.0 %)",)
    assert lines["attributes_revised"] == (
        "EN_HAZ_PCAP (12.4.2, KGZ): comment_obs of 1 observation of Kyrgyzstan, 2020",
    )


def revised(settings: Settings, folder: Path, before: Iterable[Any], after: Iterable[Any]) -> pl.DataFrame:
    """Return the differences when rows take the place of others in a new warehouse."""
    one = shutil.copyfile(held(settings, before), folder / "one.duckdb")
    return differences(settings, ("one", one), (CURRENT, held(settings, after, 2)))


def test_many_revisions_are_one_line_with_the_largest(settings: Settings, tmp_path: Path) -> None:
    years = [(place, str(2000 + place)) for place in range(6)]
    found = revised(
        settings,
        tmp_path,
        [row(year, 100.0 * place) for place, year in years],
        [row(year, 100.0 * place + 10 + place) for place, year in years],
    )
    (section,) = sections(found)
    (line,) = section.lines
    assert line == (
        "EN_HAZ_PCAP (12.4.2, KGZ): 6 observations of Kyrgyzstan, 2000 to 2005, half of them by 4.3 % or more; "
        "largest: Kyrgyzstan 2001 100 → 111 KG (+11.0 %)"
    )
    top = largest_revisions(found, shown=3)
    assert top["time_period"].to_list() == ["2001", "2002", "2003"]
    assert largest_revisions(found)["time_period"].to_list()[-1] == "2000"


def test_what_is_not_shown_is_counted(changed: Changed) -> None:
    found = changed(*FIRST[:1])
    assert [(one.kind, one.more) for one in sections(found, shown=0)] == [
        ("series_removed", 1), ("coverage_dropped", 1), ("key_removed", 2)
    ]  # fmt: skip
    assert all(one.more == 0 for one in sections(found, shown=SHOWN))


def test_long_texts_and_many_areas_are_cut(settings: Settings, tmp_path: Path) -> None:
    areas, long = ("4", "8", "12", "20"), "prices of\n" + "2015 " * 40
    found = revised(
        settings,
        tmp_path,
        [row("2019", 1.0, ref_area=area) for area in areas],
        [row("2019", 1.0, ref_area=area, base_per=long) for area in areas],
    )
    (section,) = sections(found)
    (line,) = section.lines
    assert line == (
        "EN_HAZ_PCAP (12.4.2, KGZ): none → prices of 2015 2015 2015 2015 2015 2015 2015 2015 2015 2015… "
        "in 4 observations of 4 areas, 2019"
    )


@pytest.mark.parametrize(
    ("value", "said"), [(None, "no value"), (0.1234567, "0.123457"), (12345.678, "12,345.7"), (1234567.8, "1,234,568")]
)
def test_numbers_as_people_read_them(value: float | None, said: str) -> None:
    assert number(value) == said


def test_a_change_from_zero_has_no_percentage() -> None:
    assert percent(None) == "from 0"
    assert percent(-0.125) == "-12.5 %"
