"""Writing the embedded structure: from a small message, and from the official one byte by byte."""

from __future__ import annotations

import csv
import hashlib
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from metadata.areas import load_areas
from metadata.embed import content_sha256, embedded_code, indicators_of, write_embedded
from metadata.errors import ConfigurationError
from metadata.official import OfficialCode, OfficialCodelist, OfficialStructure, load_official
from metadata.sdmx_files import EMBEDDED
from metadata.structure import Component, load_structure


def _code(code: str, name: str, *annotations: tuple[str, str]) -> OfficialCode:
    return OfficialCode(code, name, {"en": name}, None, annotations)


def _codelist(codelist_id: str, *codes: OfficialCode, version: str = "9.0") -> OfficialCodelist:
    return OfficialCodelist("IAEG-SDGs", codelist_id, version, {code.id: code for code in codes})


LISTS = {
    "FREQ": _codelist("CL_FREQ", _code("A", "Annual")),
    "REPORTING_TYPE": _codelist("CL_REPORTING_TYPE", _code("N", "National"), _code("G", "Global")),
    "SERIES": _codelist(
        "CL_SERIES",
        _code(
            "OURS_1",
            "Ours, [12.4.2]",
            ("Indicator", "8.4.2"),
            ("Indicator", "12.4.2"),
            ("IndicatorCode", "C120402"),
        ),
        _code("OTHER_1", "Other, with a name", ("Indicator", "1.1.1")),
        _code("OLD_1", "Old [12.3.1, 2.1.1]", ("RetiredSeries", "Deprecated. Refer to code OURS_1.")),
        _code("OLD_2", "Older", ("RetiredSeries", "Retired.")),
        _code("EN_BITR_REP", "Biennial transparency reports", ("Indicator", "13.2.1")),
    ),
    "REF_AREA": _codelist(
        "CL_AREA", _code("1", "World"), _code("KG", "Kyrgyzstan"), _code("99999", "Atlantis")
    ),
    "CUST_BREAKDOWN": _codelist(
        "CL_CUST_BREAKDOWN",
        _code("_T", "No breakdown"),
        *(_code(f"C{n:02d}", f"Custom code {n:02d}") for n in range(1, 120)),
    ),
    "UNIT_MEASURE": _codelist("CL_UNIT_MEASURE", _code("T", "Tonnes, metric")),
    "UNIT_MULT": _codelist("CL_UNIT_MULT", _code("0", "Units")),
    "OBS_STATUS": _codelist("CL_OBS_STATUS", _code("A", "Normal")),
}


def _component(component_id: str, position: int) -> Component:
    if component_id in {"UNIT_MEASURE", "UNIT_MULT", "OBS_STATUS"}:
        return Component(
            component_id,
            component_id.lower(),
            "attribute",
            position,
            f"IAEG-SDGs:CL_{component_id}",
            "observation",
            True,
            None,
            component_id,
        )
    if component_id == "TIME_PERIOD":
        return Component(
            component_id, "time_period", "time", position, None, None, True, "observationalTimePeriod", "Time"
        )
    if component_id == "OBS_VALUE":
        return Component(component_id, "obs_value", "measure", position, None, None, True, "double", "Value")
    listed = LISTS[component_id]
    return Component(
        component_id,
        component_id.lower(),
        "dimension",
        position,
        f"IAEG-SDGs:{listed.id}",
        None,
        True,
        None,
        component_id,
    )


ORDER = [
    "FREQ",
    "REPORTING_TYPE",
    "SERIES",
    "REF_AREA",
    "CUST_BREAKDOWN",
    "TIME_PERIOD",
    "OBS_VALUE",
    "UNIT_MEASURE",
    "UNIT_MULT",
    "OBS_STATUS",
]
OFFICIAL = OfficialStructure(
    agency="IAEG-SDGs",
    id="SDG",
    version="9.9",
    name="SDG DSD",
    components=tuple(_component(component, at) for at, component in enumerate(ORDER, start=1)),
    codelists=LISTS,
    dataflows=(),
    prepared=datetime(2026, 10, 1, 12, tzinfo=UTC),
    sha256="0" * 64,
    source="official.xml",
)


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    assert write_embedded(OFFICIAL, tmp_path) == ()
    structure = load_structure(tmp_path)
    assert structure.components == OFFICIAL.components
    assert structure.version_label == "IAEG-SDGs:SDG(9.9)"
    assert structure.codelist("REF_AREA").ids() == {"1", "99999"}  # type: ignore[union-attr]
    custom = structure.codelist("CUST_BREAKDOWN")
    assert custom is not None
    assert {code.id: code.name for code in custom.codes.values()} == {
        code.id: code.name for code in LISTS["CUST_BREAKDOWN"].codes.values()
    }
    assert (tmp_path / "codelists" / "CL_CUST_BREAKDOWN.csv").read_text() == (
        "code,name\n_T,No breakdown\nC01..C119,Custom code {}\n"
    )
    unit = structure.codelist("UNIT_MEASURE")
    assert unit is not None
    assert (unit.codes["T"].name, unit.version) == ("Tonnes, metric", "9.0")


def test_series_keep_their_indicators_and_ours_their_names(tmp_path: Path) -> None:
    write_embedded(OFFICIAL, tmp_path)
    index = load_structure(tmp_path).series_index
    assert index["OURS_1"].indicators == ("8.4.2", "12.4.2")
    assert (index["OURS_1"].name, index["OURS_1"].indicator_code) == ("Ours, [12.4.2]", "C120402")
    assert (index["OTHER_1"].name, index["OTHER_1"].ours, index["OTHER_1"].retired) == (None, False, False)
    assert (index["OLD_1"].indicators, index["OLD_1"].heir, index["OLD_1"].retired) == (
        ("12.3.1", "2.1.1"),
        "OURS_1",
        True,
    )
    assert (index["OLD_2"].indicators, index["OLD_2"].heir, index["OLD_2"].retired) == ((), None, True)


def test_the_lock_names_versions_and_hashes(tmp_path: Path) -> None:
    write_embedded(OFFICIAL, tmp_path)
    lock = yaml.safe_load((tmp_path / "lock.yaml").read_text())
    structure = (tmp_path / "structure.yaml").read_bytes()
    assert lock["structure"] == {
        "urn": "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=IAEG-SDGs:SDG(9.9)",
        "version": "9.9",
        "date": "2026-10-01",
        "sha256": hashlib.sha256(structure).hexdigest(),
        "source_sha256": "0" * 64,
    }
    areas = (tmp_path / "codelists" / "CL_AREA.csv").read_bytes()
    assert lock["codelists"]["CL_AREA"] == {
        "urn": "urn:sdmx:org.sdmx.infomodel.codelist.Codelist=IAEG-SDGs:CL_AREA(9.0)",
        "version": "9.0",
        "official_codes": 3,
        "embedded_codes": 2,
        "sha256": hashlib.sha256(areas).hexdigest(),
        "source_sha256": content_sha256(LISTS["REF_AREA"]),
    }


def test_nobody_edited_the_embedded_lists_by_hand() -> None:
    lock = yaml.safe_load((EMBEDDED / "lock.yaml").read_text(encoding="utf-8"))
    locked = {f"codelists/{name}.csv": entry["sha256"] for name, entry in lock["codelists"].items()}
    locked["structure.yaml"] = lock["structure"]["sha256"]
    files = [EMBEDDED / "structure.yaml", *(EMBEDDED / "codelists").iterdir()]
    found = {
        path.relative_to(EMBEDDED).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }
    assert found == locked, "write the files anew from the official message: sdg structure update --from FILE"


def test_the_hash_of_the_content_sees_every_part() -> None:
    base = _codelist("CL_X", _code("A", "a"), _code("B", "b"))
    others = [
        _codelist("CL_X", _code("B", "b"), _code("A", "a")),
        _codelist("CL_X", _code("A", "a"), _code("B", "c")),
        _codelist("CL_X", _code("A", "a"), _code("B", "b", ("x", "y"))),
        _codelist("CL_X", _code("A", "a"), _code("B", "b"), version="9.1"),
        _codelist("CL_X", _code("A", "a"), replace(_code("B", "b"), parent="A")),
    ]
    assert len({content_sha256(item) for item in [base, *others]}) == 6


def test_a_run_with_a_gap_or_another_name_is_written_in_full(tmp_path: Path) -> None:
    custom = _codelist(
        "CL_CUST_BREAKDOWN",
        _code("C01", "Custom code 01"),
        _code("C02", "Custom code 02"),
        _code("C04", "Custom code 04"),
        _code("C05", "Named"),
    )
    write_embedded(replace(OFFICIAL, codelists={**LISTS, "CUST_BREAKDOWN": custom}), tmp_path)
    assert (tmp_path / "codelists" / "CL_CUST_BREAKDOWN.csv").read_text() == (
        "code,name\nC01..C02,Custom code {}\nC04,Custom code 04\nC05,Named\n"
    )
    single = _codelist("CL_CUST_BREAKDOWN", _code("C01", "Custom code 01"))
    write_embedded(replace(OFFICIAL, codelists={**LISTS, "CUST_BREAKDOWN": single}), tmp_path)
    assert (tmp_path / "codelists" / "CL_CUST_BREAKDOWN.csv").read_text() == "code,name\nC01,Custom code 01\n"


def test_an_update_says_what_became_official_and_which_areas_are_new(tmp_path: Path) -> None:
    folder = tmp_path / "sdmx"
    shutil.copytree(EMBEDDED, folder)
    notes = write_embedded(OFFICIAL, folder)
    assert notes == (
        "IAEG-SDGs:SDG(9.9) has EN_BITR_REP of CL_SERIES itself; taken out of additions.csv.",
        "New areas stand in areas.csv as `other`; say what they are: 99999 Atlantis.",
    )
    assert "EN_BITR_REP," not in (folder / "additions.csv").read_text(encoding="utf-8")
    assert load_structure(folder).series_index["EN_LGHG_STR"].seen_in == "2026"
    areas = load_areas(folder)
    assert (areas["99999"].name, areas["99999"].area_type) == ("Atlantis", "other")
    assert not areas.is_country("99999")
    assert not (folder / "codelists" / "CL_SEX.csv").exists()
    assert write_embedded(OFFICIAL, folder) == ()


def test_a_message_that_is_not_whole_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    few = replace(
        OFFICIAL, components=tuple(c for c in OFFICIAL.components if c.id not in {"SERIES", "UNIT_MULT"})
    )
    with pytest.raises(ConfigurationError) as raised:
        write_embedded(few, tmp_path / "sdmx")
    assert str(raised.value) == (
        "official.xml: IAEG-SDGs:SDG(9.9) has no component SERIES, UNIT_MULT. "
        "The embedded structure is the global one, IAEG-SDGs:SDG."
    )
    without = replace(OFFICIAL, codelists={key: value for key, value in LISTS.items() if key != "FREQ"})
    with pytest.raises(
        ConfigurationError, match=r"^official\.xml: The message holds no codes for FREQ\. Ask the registry"
    ):
        write_embedded(without, tmp_path / "sdmx")
    assert not (tmp_path / "sdmx").exists()


def test_indicators_and_embedded_codes() -> None:
    assert indicators_of(_code("X", "Name [13.b.1]")) == ("13.b.1",)
    assert indicators_of(_code("X", "Name [sic] (a)")) == ()
    assert indicators_of(_code("X", "Name [1.1.1]", ("Indicator", "12.a.1"))) == ("12.a.1",)
    assert embedded_code("CL_AREA", "417")
    assert not embedded_code("CL_AREA", "KG")
    assert embedded_code("CL_SEX", "F")


@pytest.fixture(scope="module")
def official(shared_data: Path) -> OfficialStructure:
    """The global structure of the version that is embedded."""
    return load_official(shared_data / "structures" / "IAEG-SDGs_SDG_1.14.dsd.xml")


@pytest.mark.real
def test_writing_again_gives_the_same_bytes(official: OfficialStructure, tmp_path: Path) -> None:
    for name in ("additions.csv", "areas.csv"):
        shutil.copy(EMBEDDED / name, tmp_path / name)
    assert write_embedded(official, tmp_path) == ()
    written = {
        path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    }
    committed = {path: (EMBEDDED / path).read_bytes() for path in written}
    assert [str(path) for path in written if written[path] != committed[path]] == [], (
        "the embedded structure was edited by hand; write it anew with metadata.embed.write_embedded"
    )
    assert {path.name for path in (EMBEDDED / "codelists").iterdir()} == {
        path.name for path in written if path.parent.name == "codelists"
    }


@pytest.mark.real
def test_the_embedded_lists_are_complete_where_they_say_so(official: OfficialStructure) -> None:
    structure = load_structure()
    assert [replace(c, name="") for c in structure.components] == [
        replace(c, name="") for c in official.components
    ]
    for component in official.components:
        theirs, ours = official.codelist(component.id), structure.codelist(component.id)
        assert (theirs is None) == (ours is None)
        if theirs is None or ours is None:
            continue
        held = {code.id for code in ours.codes.values() if code.seen_in == "1.14"}
        if ours.complete:
            assert held == theirs.ids()
        else:
            assert ours.id == "CL_AREA"
            assert held == {code for code in theirs.codes if code.isdecimal()}
        assert (ours.agency, ours.version) == (theirs.agency, theirs.version)
        if ours.id != "CL_SERIES":
            assert all(ours.codes[code].name == theirs.codes[code].name for code in held)
        assert all(code.seen_in == "2026" for code in ours.codes.values() if code.id not in theirs.codes)


@pytest.mark.real
def test_the_series_agree_with_the_annotations_and_the_list_of_series(
    official: OfficialStructure, shared_data: Path
) -> None:
    index = load_structure().series_index
    annotated = set()
    for code in official.codelists["SERIES"].codes.values():
        numbers = code.annotated("Indicator")
        assert not numbers or index[code.id].indicators == numbers
        if any(number.startswith(("12.", "13.")) for number in numbers):
            annotated.add(code.id)
    assert len(annotated) == 109
    with (shared_data.parent / "indicators_12_13.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    listed = {row["series"] for row in rows}
    assert {code for code, entry in index.items() if entry.ours} == listed | annotated
    assert len(listed | annotated) == 116
    for row in rows:
        assert row["indicator"] in index[row["series"]].indicators
