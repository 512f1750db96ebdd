"""Areas: what each is, the regions above it, memberships with dates, and damaged files."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from metadata.areas import LANGUAGES, load_areas
from metadata.errors import ConfigurationError, SdgError
from metadata.sdmx_files import EMBEDDED
from metadata.structure import load_structure


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the embedded folder that a test may damage."""
    copy = tmp_path / "sdmx"
    shutil.copytree(EMBEDDED, copy)
    return copy


def test_every_area_of_the_codelist_has_a_type() -> None:
    areas = load_areas()
    codelist = load_structure().codelist("REF_AREA")
    assert codelist is not None
    assert codelist.ids() - set(areas.areas) == set()
    assert set(areas.areas) - codelist.ids() == {"655"}  # Ascension: in the SDG tree only
    assert Counter(area.area_type for area in areas.areas.values()) == {
        "country": 250,
        "other": 53,
        "group": 32,
        "subregion": 23,
        "region": 12,
        "world": 1,
    }
    assert [area.m49 for area in areas.areas.values() if area.area_type == "world"] == ["1"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("417", "country"),
        ("646", "country"),
        ("10", "country"),
        ("412", "country"),
        ("680", "country"),
        ("202", "region"),
        ("513", "region"),
        ("543", "region"),
        ("19", "region"),
        ("154", "subregion"),
        ("53", "subregion"),
        ("830", "subregion"),
        ("199", "group"),
        ("722", "group"),
        ("97", "group"),
        ("901", "group"),
        ("910", "group"),
        ("515", "group"),
        ("907", "other"),
        ("918", "other"),
        ("921", "other"),
        ("922", "other"),
        ("952", "other"),
        ("99018", "other"),
        ("99033", "other"),
        ("99035", "other"),
        ("99041", "other"),
        ("827", "other"),
        ("891", "other"),
        ("158", "other"),
    ],
)
def test_kinds(code: str, kind: str) -> None:
    areas = load_areas()
    assert areas[code].area_type == kind
    assert areas.is_country(code) is (kind == "country")
    assert areas.is_group(code) is (kind in {"group", "region", "subregion"})


def test_special_areas_are_never_countries() -> None:
    suspicious = (
        "ILO",
        "(WB)",
        "FAO",
        "ODA",
        "Residual",
        "Bunkers",
        "[former]",
        "WTO",
        "economies",
        "Member",
        "(MDG)",
        "regions",
        "unallocated",
        "Unallocated",
        "not elsewhere",
        "Other ",
        "exc.",
        "excluding",
    )
    countries = [area for area in load_areas().areas.values() if area.area_type == "country"]
    assert [area.name for area in countries if any(word in area.name for word in suspicious)] == []
    assert [area.name for area in countries if area.iso3 is None] == ["Kosovo", "Sark"]
    assert all(int(area.m49) < 900 for area in countries)


def test_the_world_is_a_group_and_has_every_country() -> None:
    areas = load_areas()
    assert areas.is_group("1")
    countries = {area.m49 for area in areas.areas.values() if area.area_type == "country"}
    assert areas.members("1") == countries
    assert areas.members("1", scheme="SDG") == countries - {"10"}
    assert areas.members("1", scheme="M49") == countries - {"412"}


def test_the_sdg_regions_part_the_world() -> None:
    areas = load_areas()
    parts = [areas.members(code, scheme="SDG") for code in ("202", "747", "62", "753", "419", "9", "513")]
    assert sum(map(len, parts)) == len(frozenset().union(*parts)) == len(areas.members("1", scheme="SDG"))
    assert areas.members("543") == areas.members("9") - areas.members("53")
    assert "417" in areas.members("143") & areas.members("62") & areas.members("142")
    assert areas.members("827") == frozenset()


def test_codes_and_names() -> None:
    areas = load_areas()
    algeria = areas["12"]
    assert (algeria.name, algeria.iso2, algeria.iso3) == ("Algeria", "DZ", "DZA")
    assert algeria.names["zh"] == "阿尔及利亚"
    assert areas.by_iso2["KG"] is areas["417"]
    assert areas.by_iso3["RWA"] is areas["646"]
    assert areas.by_iso2["NA"].name == "Namibia"
    assert len(areas.by_iso3) == 248
    assert areas["792"].former_names == ("Turkey",)
    assert all(code.isdecimal() and not code.startswith("0") for code in areas.areas)


def test_memberships_with_dates() -> None:
    areas = load_areas()
    assert (len(areas.members("199")), len(areas.members("432")), len(areas.members("722"))) == (44, 32, 53)
    bhutan = [m for m in areas.memberships if m.area == "64" and m.group == "199"]
    assert [(m.scheme, m.valid_from, m.valid_to, m.precision) for m in bhutan] == [
        ("LDC", date(1971, 1, 1), date(2023, 12, 31), "year")
    ]
    assert "64" in areas.members("199", on=date(2023, 12, 31))
    assert "64" not in areas.members("199", on=date(2024, 1, 1))
    assert "64" not in areas.members("199", on=date(1970, 12, 31))
    assert "728" not in areas.members("199", on=date(2011, 6, 1))  # South Sudan: 2012
    assert "678" in areas.members("199", on=date(2024, 6, 1)) - areas.members("199")
    undated = [m for m in areas.memberships if m.scheme in {"LLDC", "SIDS"}]
    assert {(m.valid_from, m.valid_to, m.precision) for m in undated} == {(None, None, None)}


def test_only_countries_are_members() -> None:
    areas = load_areas()
    assert all(areas.is_country(m.area) and not areas.is_country(m.group) for m in areas.memberships)
    keys = Counter((m.scheme, m.group, m.area) for m in areas.memberships)
    assert max(keys.values()) == 1


def test_an_unknown_area_names_the_nearest() -> None:
    with pytest.raises(SdgError) as raised:
        load_areas()["012"]
    assert str(raised.value) == "'012' is not the M49 code of an area. The nearest is 12."
    with pytest.raises(
        SdgError, match=r"^'Kenya' is not the M49 code of an area\. Codes are numbers without padding\.$"
    ):
        load_areas().is_group("Kenya")
    with pytest.raises(SdgError, match="'9999' is not the M49 code of an area"):
        load_areas().members("9999")


@pytest.mark.parametrize(
    ("file", "before", "after", "sentence"),
    [
        ("areas.csv", "4,country,", "4,contry,", "areas.csv: The area 4 has the type 'contry'. Use country."),
        (
            "areas.csv",
            "4,country,",
            "4,xxxx,",
            "Use country or region or subregion or group or world or other.",
        ),
        (
            "areas.csv",
            "m49,area_type",
            "m49,kind",
            "areas.csv:1: A file of the embedded structure has no column area_type.",
        ),
        ("area_tree.csv", "M49,1,2\n", "M49,1,7777\n", "area_tree.csv: The area 7777 is not in areas.csv."),
        (
            "area_groups.csv",
            "LDC,199,4,",
            "LDC,199,7777,",
            "area_groups.csv: The area 7777 is not in areas.csv.",
        ),
        (
            "area_groups.csv",
            "1971-01-01,,year",
            "1971-13-01,,year",
            "The membership of 4 in 199 has a date that is none: ",
        ),
    ],
)
def test_damaged_files_are_said(folder: Path, file: str, before: str, after: str, sentence: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as raised:
        load_areas(folder)
    assert sentence in str(raised.value)


def test_a_name_that_is_absent_stays_absent(folder: Path) -> None:
    (folder / "area_names.csv").write_text("m49,ar,en,es,fr,ru,zh\n12,,,,Algérie,,\n", encoding="utf-8")
    areas = load_areas(folder)
    assert dict(areas["12"].names) == {"en": "Algeria", "fr": "Algérie"}
    assert dict(areas["417"].names) == {"en": "Kyrgyzstan"}


def _table(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


@pytest.mark.real
def test_areas_agree_with_the_m49_overview(shared_data: Path) -> None:
    rows = _table(shared_data / "areas" / "UNSD_Methodology.csv", delimiter=";")
    areas = load_areas()
    assert len(rows) == 249
    for row in rows:
        area = areas[str(int(row["M49 Code"]))]
        assert area.area_type == "country"
        assert (area.iso2 or "", area.iso3 or "") == (row["ISO-alpha2 Code"], row["ISO-alpha3 Code"])
        for column in ("Region Code", "Sub-region Code", "Intermediate Region Code"):
            if row[column]:
                assert area.m49 in areas.members(str(int(row[column])), scheme="M49")
    for column, group in (
        ("Land Locked Developing Countries (LLDC)", "432"),
        ("Small Island Developing States (SIDS)", "722"),
    ):
        assert areas.members(group) == {str(int(row["M49 Code"])) for row in rows if row[column]}


@pytest.mark.real
def test_the_sdg_tree_agrees_with_the_published_one(shared_data: Path) -> None:
    rows = _table(shared_data / "areas" / "sdg_regions.csv")
    published = {(str(int(row["Region_Code"])), str(int(row["Area_Code_M49"]))) for row in rows}
    embedded = {(edge.parent, edge.child) for edge in load_areas().tree if edge.scheme == "SDG"}
    assert embedded - published == {("543", "54"), ("543", "57"), ("543", "61")}
    assert published - embedded == set()


@pytest.mark.real
def test_the_ldc_list_agrees_with_the_published_ones(shared_data: Path) -> None:
    areas = load_areas()
    years = {
        (areas.by_iso3[row["Code"]].m49, row["Year-Of-Inclusion"])
        for name in ("ldc.csv", "graduated-ldcs.csv")
        for row in _table(shared_data / "areas" / name)
    }
    embedded = [m for m in areas.memberships if m.scheme == "LDC"]
    assert {(m.area, str(m.valid_from.year)) for m in embedded if m.valid_from} == years
    current = {areas.by_iso3[row["Code"]].m49 for row in _table(shared_data / "areas" / "ldc.csv")}
    assert current - areas.members("199") == {"678"}  # graduated in December 2024, after the list was made
    left = {
        areas.by_iso3[r["Code"]].m49: r["Graduation"]
        for r in _table(shared_data / "areas" / "graduated-ldcs.csv")
    }
    assert {m.area: str(m.valid_to.year) for m in embedded if m.valid_to} == left | {"678": "2024"}


def test_names_in_six_languages_are_counted() -> None:
    named = Counter(
        (area.area_type, language) for area in load_areas().areas.values() for language in area.names
    )
    kinds = {kind: {language: named[kind, language] for language in LANGUAGES} for kind, _ in named}
    others = ("ar", "es", "fr", "ru", "zh")
    assert kinds == {
        "world": dict.fromkeys(LANGUAGES, 1),
        "country": dict.fromkeys(others, 248) | {"en": 250},
        "region": dict.fromkeys(others, 7) | {"en": 12},
        "subregion": dict.fromkeys(others, 22) | {"en": 23},
        "group": dict.fromkeys(others, 3) | {"en": 32},
        "other": dict.fromkeys(others, 0) | {"en": 53},
    }
    countries = [area for area in load_areas().areas.values() if area.area_type == "country"]
    assert [area.m49 for area in countries if "fr" not in area.names] == ["412", "680"]  # Kosovo and Sark


def test_names_are_clean_and_in_their_own_script() -> None:
    script = {"ar": "\u0621-\u064a", "ru": "\u0410-\u044f\u0401\u0451", "zh": "\u4e00-\u9fff"}
    for area in load_areas().areas.values():
        for language, name in area.names.items():
            assert name == " ".join(name.split()), (area.m49, language)
            if area.m49 != "1" and area.area_type in {"country", "region", "subregion"}:
                assert not re.search(r"[0-9*\[\]<>]", name), (area.m49, language)
            if language in script:
                assert re.search(f"[{script[language]}]", name), (area.m49, language)
                assert not re.search("[A-Za-z]", name), (area.m49, language)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        (
            "417",
            {
                "ar": "قيرغيزستان",
                "en": "Kyrgyzstan",
                "es": "Kirguistán",
                "fr": "Kirghizistan",
                "ru": "Кыргызстан",
                "zh": "吉尔吉斯斯坦",
            },
        ),
        (
            "202",
            {
                "ar": "أفريقيا جنوب الصحراء الكبرى",
                "en": "Sub-Saharan Africa",
                "es": "África Subsahariana",
                "fr": "Afrique subsaharienne",
                "ru": "Африка к югу от Сахары",
                "zh": "撒哈拉以南非洲",
            },
        ),
        ("412", {"en": "Kosovo"}),
        ("910", {"en": "High income economies (WB)"}),
    ],
)
def test_names_of_an_area(code: str, names: dict[str, str]) -> None:
    assert load_areas()[code].names == names


def test_a_name_of_an_area_that_is_not_there_is_refused(folder: Path) -> None:
    with (folder / "area_names.csv").open("a", encoding="utf-8") as stream:
        stream.write("4711,,Nowhere,,,,\n")
    with pytest.raises(ConfigurationError) as raised:
        load_areas(folder)
    assert str(raised.value) == f"{folder / 'area_names.csv'}: The area 4711 is not in areas.csv."


@pytest.mark.real
def test_english_names_are_those_of_the_m49_overview(shared_data: Path) -> None:
    areas = load_areas().areas
    with (shared_data / "areas" / "UNSD_Methodology.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    given = {row["M49 Code"].lstrip("0"): row["Country or Area"] for row in rows}
    assert len(given) == 249
    held = {code: areas[code].names["en"] for code in given}
    differing = {code: (name, held[code]) for code, name in given.items() if name != held[code]}
    # The copy is older than the country's change of its name in the table.
    assert differing == {"528": ("Netherlands", "Netherlands (Kingdom of the)")}
