"""What another structure would do to declarations and maps, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from metadata.effects import effects
from metadata.load import load_catalogue
from metadata.official import OfficialCode, OfficialCodelist, OfficialStructure
from metadata.structure import load_structure


def official_like_embedded() -> OfficialStructure:
    """Return an official structure that says what the embedded one says, but for codes seen in data only."""
    structure = load_structure()
    lists = {}
    for component in structure.components:
        codelist = structure.codelist(component.id)
        if codelist is not None:
            codes = {
                code.id: OfficialCode(code.id, code.name, {"en": code.name}, None, ())
                for code in codelist.codes.values()
                if code.seen_in == structure.version
            }
            lists[component.id] = OfficialCodelist(codelist.agency, codelist.id, codelist.version, codes)
    return OfficialStructure(
        "IAEG-SDGs", "SDG", "9.9", "made up", structure.components, lists, (), None, "0" * 64, "made up"
    )


def without(official: OfficialStructure, component: str, *codes: str, **annotated: str) -> OfficialStructure:
    """Return a structure without some codes of a component, and with others marked as retired."""
    codelist = official.codelists[component]
    left = {}
    for code, one in codelist.codes.items():
        if code not in codes:
            note = annotated.get(code)
            left[code] = replace(one, annotations=(("RetiredSeries", note),)) if note is not None else one
    changed = replace(codelist, codes=left)
    return replace(official, codelists={**official.codelists, component: changed})


@dataclass
class AProvider:
    id: str = "ABC"
    areas: Any = ("417",)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    when: tuple[Any, ...] = ()
    corrections: tuple[Any, ...] = ()

    @property
    def map(self) -> Any:
        return SimpleNamespace(codes=self.codes, defaults=self.defaults, when=self.when)


def test_the_same_structure_touches_nothing() -> None:
    provider = AProvider(codes={"REF_AREA": {"KG": "417"}}, defaults={"SEX": "_T"})
    assert effects(official_like_embedded(), load_catalogue(), [provider]) == []


def test_a_lost_series_a_lost_unit_and_a_retired_series_are_told() -> None:
    official = without(official_like_embedded(), "SERIES", "EN_HAZ_GENV", EN_HAZ_PCAP="EN_HAZ_NEW")
    official = without(official, "UNIT_MEASURE", "KG_PER_CON_USD")
    told = effects(official, load_catalogue(), [])
    what = "IAEG-SDGs:SDG(9.9)"
    series = [sentence for sentence in told if sentence.startswith("12.4.2 EN_HAZ_")]
    assert series[0].startswith(
        "12.4.2 EN_HAZ_GENV: the series is not in IAEG-SDGs:SDG(9.9); its declaration stops being valid. The nearest"
    )
    assert series[1:] == [
        f"12.4.2 EN_HAZ_PCAP: {what} marks the series as retired (EN_HAZ_NEW); its declaration says current.",
        f"12.4.2 EN_HAZ_GENGDP: UNIT_MEASURE KG_PER_CON_USD is not in {what}; its declaration stops being valid.",
    ]


def test_many_lost_codes_are_one_sentence_a_series() -> None:
    series = load_catalogue().series["EN_HAZ_TREATV"]
    official = without(official_like_embedded(), "COMPOSITE_BREAKDOWN", *series.dimensions["COMPOSITE_BREAKDOWN"])
    told = [one for one in effects(official, load_catalogue(), []) if "EN_HAZ_TREATV" in one]
    what = "IAEG-SDGs:SDG(9.9)"
    codes = "_T, WT_INCINRT, WT_LANDFIL, WT_RECYCL, WT_OTHERWM, WT_LANDFILCTL, WT_LANDFILNCTL, WT_COMPOST and 1 more"
    assert told == [
        f"12.4.2 EN_HAZ_TREATV: COMPOSITE_BREAKDOWN {codes} are not in {what}; its declaration stops being valid."
    ]


def test_a_component_that_goes_is_told() -> None:
    official = official_like_embedded()
    official = replace(official, components=tuple(one for one in official.components if one.id != "PRODUCT"))
    provider = AProvider(codes={"PRODUCT": {"all": "_T"}}, defaults={"PRODUCT": "_T"})
    told = effects(official, load_catalogue(), [provider])
    gone = "IAEG-SDGs:SDG(9.9) has no component PRODUCT; its declaration stops being valid."
    assert f"12.2.2 EN_MAT_DOMCMPT: {gone}" in told
    assert told[-2:] == [
        "Provider ABC: the map translates PRODUCT, a component that IAEG-SDGs:SDG(9.9) does not have.",
        "Provider ABC: the default of PRODUCT (_T) is not in IAEG-SDGs:SDG(9.9).",
    ]


def test_maps_that_lead_nowhere_are_told() -> None:
    official = without(official_like_embedded(), "SEX", "F")
    official = without(official, "REF_AREA", "417")
    provider = AProvider(
        codes={"SEX": {"w": "F", "m": "M"}, "REF_AREA": {"KG": "417"}},
        defaults={"SEX": "F"},
        when=(
            SimpleNamespace(if_={"SEX": ("F", "M")}, set={"SEX": "F"}),
            SimpleNamespace(if_={"SEX": "M"}, set=None),
        ),
        corrections=(SimpleNamespace(id="c1", match={"SERIES": "EN_HAZ_PCAP"}, set={"SEX": "F"}),),
    )
    told = [one for one in effects(official, load_catalogue(), [provider]) if one.startswith("Provider")]
    what = "IAEG-SDGs:SDG(9.9)"
    assert told == [
        f"Provider ABC: the map of SEX leads to codes that {what} does not have: w → F.",
        f"Provider ABC: the map of REF_AREA leads to codes that {what} does not have: KG → 417.",
        f"Provider ABC: the default of SEX (F) is not in {what}.",
        f"Provider ABC: condition of rule 1 of `when`: SEX F is not in {what}.",
        f"Provider ABC: effect of rule 1 of `when`: SEX F is not in {what}.",
        f"Provider ABC: correction c1: SEX F is not in {what}.",
        f"Provider ABC: area 417 is not in {what}.",
    ]
    everywhere = effects(official, load_catalogue(), [AProvider(areas="all")])
    assert [one for one in everywhere if one.startswith("Provider")] == []


@pytest.mark.real
def test_going_back_to_1_4_is_told_series_by_series(shared_data: Path) -> None:
    from metadata.official import load_official
    from pipelines.provider import load_providers

    official = load_official(shared_data / "structures" / "IAEG-SDGs_SDG_1.4.dsd.xml")
    told = effects(official, load_catalogue(), load_providers().by_id.values())
    gone = {one.split()[1].rstrip(":") for one in told if "the series is not in IAEG-SDGs:SDG(1.4)" in one}
    structure = load_structure()
    lacking = official.codelists["SERIES"].codes
    ours = {code for code, entry in structure.series_index.items() if entry.ours and entry.seen_in == "1.14"}
    assert gone == {code for code in ours & set(load_catalogue().series) if code not in lacking}
    assert len(gone) > 20
    assert any(one.startswith("12.a.1 EG_EGY_RNEW: COMPOSITE_BREAKDOWN TRT_BIOENERGY") for one in told)


@pytest.mark.real
def test_the_embedded_version_itself_touches_nothing(shared_data: Path) -> None:
    from metadata.official import load_official
    from pipelines.provider import load_providers

    official = load_official(shared_data / "structures" / "IAEG-SDGs_SDG_1.14.dsd.xml")
    assert effects(official, load_catalogue(), load_providers().by_id.values()) == []
