"""Comparing structures: what differs, and how national codes stand to the global ones."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from metadata.compare import Difference, compare_codes, diff_structures, in_words
from metadata.errors import ConfigurationError
from metadata.official import OfficialCode, OfficialCodelist, OfficialStructure, load_official
from metadata.structure import Attachment, Component, load_structure


def _component(
    component_id: str, codelist: str | None, attachment: Attachment | None, *, mandatory: bool
) -> Component:
    role = "attribute" if attachment else "dimension"
    return Component(component_id, component_id.lower(), role, 1, codelist, attachment, mandatory, None, "x")  # type: ignore[arg-type]


def _structure(version: str, lists: dict[str, OfficialCodelist], *components: Component) -> OfficialStructure:
    return OfficialStructure("XX", "SDG", version, "x", components, lists, (), None, "0" * 64, "x.xml")


def _list(codelist_id: str, version: str, **codes: str) -> OfficialCodelist:
    items = {code: OfficialCode(code, name, {"en": name}, None, ()) for code, name in codes.items()}
    return OfficialCodelist("XX", codelist_id, version, items)


SEX = _component("SEX", "XX:CL_SEX", None, mandatory=True)


def test_differences_in_words() -> None:
    before = _structure(
        "1.0",
        {"SEX": _list("CL_SEX", "1.0", F="Female", M="Male", U="Unknown")},
        SEX,
        _component("AGE", "XX:CL_AGE", None, mandatory=True),
        _component("NOTE", None, "observation", mandatory=False),
    )
    after = _structure(
        "1.1",
        {"SEX": _list("CL_SEX", "1.1", F="Women", M="Male", O="Other")},
        SEX,
        _component("NOTE", None, "series", mandatory=True),
        _component("PRODUCT", None, None, mandatory=True),
    )
    assert [str(difference) for difference in diff_structures(before, after)] == [
        "AGE: component removed.",
        "PRODUCT: component added.",
        "CL_SEX: version 1.0 became 1.1.",
        "CL_SEX U: code removed (Unknown).",
        "CL_SEX O: code added (Other).",
        'CL_SEX F: name changed from "Female" to "Women".',
        "NOTE: attachment observation became series.",
        "NOTE: obligation conditional became mandatory.",
    ]
    assert diff_structures(before, before) == []


def test_many_codes_are_one_sentence() -> None:
    many = [Difference("code added", "AGE", "CL_AGE", f"Y{n}", after="x") for n in range(12)]
    few = [Difference("code removed", "AGE", "CL_AGE", "M0", before="months")]
    assert in_words([*many, *few], at_most=3) == [
        "CL_AGE: 12 codes added: Y0, Y1, Y2, …",
        "CL_AGE M0: code removed (months).",
    ]
    assert len(in_words(many, at_most=12)) == 12


def test_a_list_used_twice_is_compared_once() -> None:
    second = _component("SEX2", "XX:CL_SEX", None, mandatory=True)
    old, new = _list("CL_SEX", "1.0", F="Female"), _list("CL_SEX", "1.0", F="Female", M="Male")
    found = diff_structures(
        _structure("1", {"SEX": old, "SEX2": old}, SEX, second),
        _structure("2", {"SEX": new, "SEX2": new}, SEX, second),
    )
    assert [(d.change, d.component, d.code) for d in found] == [("code added", "SEX", "M")]


def _national(component_id: str, **codes: str) -> OfficialStructure:
    component = _component(component_id, "XX:CL_N", None, mandatory=True)
    extra = _component("ONLY_HERE", "XX:CL_N", None, mandatory=True)
    lists = {component_id: _list("CL_N", "1.0", **codes), "ONLY_HERE": _list("CL_N", "1.0", Z="z")}
    return _structure("1.0", lists, component, extra)


@pytest.mark.parametrize(
    ("component", "code", "name", "standing"),
    [
        ("REF_AREA", "1", "City of Kigali", "colliding"),
        ("REF_AREA", "1", "WORLD ", "equal"),
        ("REF_AREA", "2", "Africa (M49)", "equal"),
        ("REF_AREA", "748", "Swaziland", "equal"),
        ("REF_AREA", "KG02", "Issyk-Kul", "national_only"),
        ("SEX", "F", "Femals", "equal"),
        (
            "SERIES",
            "VC_DSR_MORT",
            "Number of deaths due to disaster per 100,000 population [1.5.1]",
            "colliding",
        ),
        ("SERIES", "VC_DSR_MTMP", "Deaths and missing persons per 100 000 population", "equal"),
        ("SERIES", "EN_HAZ_PCAP", "Hazardous waste per capita [12.4.2]", "equal"),
        ("SERIES", "SI_POV_DAY1", "Whatever it says: the global name is not embedded", "equal"),
        ("SERIES", "_L_RW_1", "National series", "national_only"),
    ],
)
def test_how_a_national_code_stands(component: str, code: str, name: str, standing: str) -> None:
    (found,) = compare_codes(_national(component, **{code: name}), load_structure())
    assert (found.component, found.code, found.standing) == (component, code, standing)


def test_a_mapped_code_is_mapped_even_where_it_would_collide() -> None:
    found = compare_codes(
        _national("REF_AREA", KG="Kyrgyzstan", **{"1": "Kigali", "2": "South", "3": "West"}),
        load_structure(),
        {"REF_AREA": {"KG": "417", "1": "646"}},
    )
    assert [str(item) for item in found] == [
        'REF_AREA KG "Kyrgyzstan" is mapped to 417 "Kyrgyzstan".',
        'REF_AREA 1 "Kigali" is mapped to 646 "Rwanda".',
        'REF_AREA 2 "South" has the code of "Africa" and another meaning.',
        'REF_AREA 3 "West" is not a global code.',
    ]
    assert [item.to for item in found] == ["417", "646", None, None]
    (same,) = compare_codes(_national("SEX", F="Female"), load_structure())
    assert str(same) == 'SEX F "Female" is the global code.'


def test_a_map_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(ConfigurationError) as raised:
        compare_codes(_national("SEX", W="Women"), load_structure(), {"SEX": {"W": "_TT"}})
    assert str(raised.value) == (
        "The map of SEX leads from W to _TT, which is not a global code. The nearest is _T."
    )


@pytest.mark.real
def test_the_versions_1_4_and_1_14(shared_data: Path) -> None:
    folder = shared_data / "structures"
    old, new = (
        load_official(folder / "IAEG-SDGs_SDG_1.4.dsd.xml"),
        load_official(folder / "IAEG-SDGs_SDG_1.14.dsd.xml"),
    )
    found = diff_structures(old, new)
    counts = Counter((d.change, d.codelist) for d in found)
    assert counts["code added", "CL_SERIES"] == 160
    assert counts["code added", "CL_CUST_BREAKDOWN"] == 4001
    assert not [
        d
        for d in found
        if d.change in {"component added", "component removed", "component changed", "code removed"}
    ]
    assert 'CL_AREA 792: name changed from "Turkey" to "Türkiye".' in [str(d) for d in found]
    sentences = in_words(found)
    assert "CL_CUST_BREAKDOWN: 4001 codes added: C1000, C1001, …" in in_words(found, at_most=2)
    assert len(sentences) < 60
    backwards = Counter(d.change for d in diff_structures(new, old))
    assert backwards["code removed"] == Counter(d.change for d in found)["code added"]


@pytest.mark.real
def test_the_embedded_structure_differs_in_nothing_from_its_source(shared_data: Path) -> None:
    official = load_official(shared_data / "structures" / "IAEG-SDGs_SDG_1.14.dsd.xml")
    assert diff_structures(load_structure(), official) == []
    assert diff_structures(official, load_structure()) == []
    older = load_official(shared_data / "structures" / "IAEG-SDGs_SDG_1.4.dsd.xml")
    added = {d.code for d in diff_structures(older, load_structure()) if d.change == "code added"}
    assert {"99049", "952", "EN_MWT_TREATV"} <= added
    assert not added & {"EN_LGHG_STR", "AGG_MIX_CMPLX"}  # seen in 2026, not part of 1.14


@pytest.mark.real
def test_rwanda_collides_with_the_global_areas(shared_data: Path) -> None:
    national = load_official(shared_data / "structures" / "NISR-SDGs_SDG_1.3_RWA_2025.dsd.xml")
    found = compare_codes(national, load_structure(), {"REF_AREA": {"RW": "646"}})
    colliding = {(item.component, item.code): item for item in found if item.standing == "colliding"}
    assert (
        str(colliding["REF_AREA", "1"])
        == 'REF_AREA 1 "City of Kigali" has the code of "World" and another meaning.'
    )
    assert {code for component, code in colliding if component == "SERIES"} == {"VC_DSR_MORT", "VC_DSR_AFFCT"}
    area = national.codelist("REF_AREA")
    world = load_structure().codelist("REF_AREA")
    assert area is not None
    assert world is not None
    # Every district and province whose number is also a global code: none of them is the same place.
    assert {code for component, code in colliding if component == "REF_AREA"} == set(area.codes) & set(
        world.codes
    )
    assert [item.to for item in found if item.standing == "mapped"] == ["646"]
    only = [item for item in found if item.standing == "national_only" and item.component == "SERIES"]
    assert sum(item.code.startswith("_L_RW_") for item in only) == 103


@pytest.mark.real
def test_kyrgyzstan_collides_in_nothing(shared_data: Path) -> None:
    national = load_official(shared_data / "structures" / "KG_NSC_SDG_DSD.KG_1.8.xml")
    found = compare_codes(national, load_structure(), {"REF_AREA": {"KG": "417"}})
    assert [str(item) for item in found if item.standing == "colliding"] == []
    only = {(item.component, item.code) for item in found if item.standing == "national_only"}
    assert {("REF_AREA", "KG02"), ("DISABILITY_STATUS", "_U"), ("EDUCATION_LEV", "ISCED11_6_7")} <= only
    assert [(item.code, item.to) for item in found if item.standing == "mapped"] == [("KG", "417")]
