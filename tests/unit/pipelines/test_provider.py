"""Providers: what a file may say, what is complained about and where; a broken file breaks only itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from metadata.errors import ConfigurationError, DeclarationErrors, SdgError, UnknownProvider
from metadata.structure import load_structure
from pipelines.provider import PROVIDERS_FOLDER, Provider, load_provider, load_providers

GOOD = """\
name: Office of Norway
kind: office
areas: ["578"]
language: "no"
channel: {type: folder}
schedule: {cron: "0 6 * * 1", timezone: Europe/Oslo}
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def complaint(folder: Path, text: str, name: str = "NOR.yaml", **beside: str) -> str:
    path = write(folder, name, text)
    for part, content in beside.items():
        write(folder, f"{path.stem}.{part}.yaml", content)
    with pytest.raises(ConfigurationError) as error:
        load_provider(path, load_structure())
    return str(error.value)


def test_the_providers_that_come_with_the_program() -> None:
    providers = load_providers()
    assert dict(providers.broken) == {}
    assert list(providers.by_id) == ["KEN", "KGZ", "RWA", "UNSD"]
    rwanda, kyrgyzstan, kenya, unsd = (providers.get(name) for name in ("RWA", "KGZ", "KEN", "UNSD"))
    assert (rwanda.areas, kyrgyzstan.areas, kenya.areas, unsd.areas) == (("646",), ("417",), ("404",), "all")
    assert (rwanda.replaces, kyrgyzstan.replaces, kenya.replaces) == ("provider", "indicator", "nothing")
    assert kyrgyzstan.structure == "KG_NSC:SDG(1.8)"
    assert kyrgyzstan.language == "ru"
    assert rwanda.map.codes["REF_AREA"] == {"RW": "646"}
    assert "1" in rwanda.map.national_only["REF_AREA"]
    assert len(rwanda.map.national_only["REF_AREA"]) == 35
    assert len(kyrgyzstan.map.national_only["REF_AREA"]) == 9
    assert kenya.map.codes["REPORTING_TYPE"] == {"G": "N"}
    assert unsd.channel.type == "sdmx-rest"
    assert unsd.channel.url == "https://data.un.org/ws/rest"
    assert unsd.channel.dataflows == ("DF_SDG_GLC", "DF_SDG_GLH")
    assert all(provider.schedule is not None for provider in providers.by_id.values())


def test_a_map_and_corrections_beside_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "NOR.yaml", GOOD)
    plain = load_provider(path, load_structure())
    write(tmp_path, "NOR.map.yaml", 'codes: {REF_AREA: {"NO": "578"}}\n')
    mapped = load_provider(path, load_structure())
    write(
        tmp_path,
        "NOR.corrections.yaml",
        "corrections:\n"
        "  - id: dots\n"
        "    match: {SERIES: EN_HAZ_PCAP}\n"
        '    expect: {OBS_VALUE: "12500"}\n'
        "    action: scale\n"
        '    factor: "0.001"\n'
        "    reason: Grams were sent as kilograms.\n"
        "    who: An analyst\n",
    )
    corrected = load_provider(path, load_structure())
    assert mapped.map.codes == {"REF_AREA": {"NO": "578"}}
    assert [c.id for c in corrected.corrections] == ["dots"]
    assert len({plain.map_version, mapped.map_version, corrected.map_version}) == 3
    assert re.fullmatch("[0-9a-f]{64}", plain.map_version)
    assert load_provider(path, load_structure()).map_version == corrected.map_version


def test_the_version_of_a_map_does_not_follow_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path, "NOR.yaml", GOOD)
    before = load_provider(path, load_structure()).map_version
    write(tmp_path, "NOR.yaml", GOOD.replace("Office of Norway", "Norway's office"))
    assert load_provider(path, load_structure()).map_version == before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            GOOD.replace("0 6 * * 1", "0 25 * * 1"),
            'NOR.yaml:6:18: "0 25 * * 1" is not a cron line of five fields, such as "0 6 * * 1".',
        ),
        (GOOD.replace("0 6 * * 1", "0 6 * * 1 5"), "is not a cron line of five fields"),
        (
            GOOD.replace("Europe/Oslo", "Europe/Olso"),
            'NOR.yaml:6:41: "Europe/Olso" is not an IANA time zone such as Asia/Bishkek.',
        ),
        (GOOD.replace('"no"', "no"), "NOR.yaml:4:11: no without quotes is not read as text everywhere."),
        (
            GOOD.replace('["578"]', "[578]"),
            'NOR.yaml:3:8: areas is a list of M49 codes in quotes without padding, such as ["417"], or all.',
        ),
        (GOOD.replace('"578"', '"012"'), "areas is a list of M49 codes in quotes without padding"),
        (GOOD.replace('["578"]', "[]"), "areas is a list of M49 codes in quotes without padding"),
        (GOOD.replace('["578"]', "some"), "areas is a list of M49 codes in quotes without padding"),
        (GOOD.replace('"578"', '"999"'), 'NOR.yaml:3:9: "999" is not an M49 code of CL_AREA.'),
        (GOOD.replace("kind:", "kinds:"), 'NOR.yaml:2:1: "kinds" is not a key here. Did you mean "kind"?'),
        (GOOD.replace("type: folder", "type: ftp"), "NOR.yaml:5:10: "),
        (GOOD + "replaces: everything\n", "NOR.yaml:7:11: replaces is"),
        (
            GOOD + "map: {codes: {REF_AERA: {X: Z}}}\n",
            "NOR.yaml:7:15: REF_AERA is not a component of the structure. Did you mean REF_AREA?",
        ),
        (
            GOOD + 'map: {codes: {SEX: {"1": Male}}}\n',
            '"Male" is not a code of the global list of SEX.',
        ),
        (GOOD + "map: {defaults: {SEX: T}}\n", 'NOR.yaml:7:23: "T" is not a code of the global list of SEX.'),
        (
            GOOD + 'map: {codes: {REF_AREA: {SE: "752"}}}\n',
            '"752" is not among the areas of NOR.',
        ),
        (
            GOOD + 'map: {codes: {SEX: {B: "_T"}}, national_only: {SEX: [B]}}\n',
            'SEX "B" is both translated and national only.',
        ),
        (
            GOOD + "map: {codes: {SEX: {B: F}}, national_only: {SEX: [F]}}\n",
            'SEX "F" is national only, and is also a global code that rows become.',
        ),
        (
            GOOD + 'map: {national_only: {REF_AREA: ["578"]}}\n',
            'REF_AREA "578" is national only, and is also a global code that rows become.',
        ),
        (
            GOOD + 'map: {codes: {SEX: {M: F, F: "_T"}}}\n',
            "become. Use a `when` rule for the rows that are meant.",
        ),
        (
            GOOD + "map: {extra: [SEX]}\n",
            "NOR.yaml:7:15: SEX is a component of the structure, not an extra.",
        ),
        (
            GOOD + "map:\n  when:\n    - if: {SERIES: EN_HAZ_PCAP}\n      reason: Because of this.\n",
            "NOR.yaml:9:7: A rule of `when` needs either `set` with codes or `quarantine: true`.",
        ),
        (
            GOOD + "map:\n  when:\n    - {if: {SERIS: X}, quarantine: true, reason: Because of this.}\n",
            "SERIS is not a component of the structure. Did you mean SERIES?",
        ),
        (
            GOOD + "map:\n  when:\n    - {if: {SERIES: X}, set: {UNIT_MEASURE: KGS}, reason: Because.}\n",
            '"KGS" is not a code of the global list of UNIT_MEASURE. Did you mean KG?',
        ),
    ],
)
def test_a_complaint_says_where_and_what(tmp_path: Path, text: str, sentence: str) -> None:
    assert sentence in complaint(tmp_path, text)


CORRECTION = """\
corrections:
  - id: a
    match: {SERIES: EN_HAZ_PCAP}
    expect: {OBS_VALUE: "5"}
    action: drop
    reason: It is wrong.
    who: An analyst
"""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            CORRECTION.replace("SERIES: EN_HAZ_PCAP", "SEX: F"),
            "NOR.corrections.yaml:2:5: `match` must name the SERIES, so that deliveries without it raise",
        ),
        (CORRECTION.replace("drop", "override"), "`set` belongs to the action `override`, and only there."),
        (CORRECTION.replace("drop", "scale"), "`factor` belongs to the action `scale`, and only there."),
        (CORRECTION.replace("drop", "delete"), "NOR.corrections.yaml:5:13: action is"),
        (
            CORRECTION + CORRECTION.partition("\n")[2],
            "NOR.corrections.yaml:8:9: There are two corrections a.",
        ),
        (
            CORRECTION.replace("drop", "override\n    set: {UNIT_MEASURE: KGS}"),
            '"KGS" is not a code of the global list of UNIT_MEASURE. Did you mean KG?',
        ),
        (CORRECTION.replace("OBS_VALUE:", "VALUE:"), "VALUE is not a component of the structure."),
        (CORRECTION.replace('    expect: {OBS_VALUE: "5"}\n', ""), 'The key "expect" is missing.'),
    ],
)
def test_a_complaint_about_a_correction(tmp_path: Path, text: str, sentence: str) -> None:
    assert sentence in complaint(tmp_path, GOOD, corrections=text)


def test_several_complaints_come_together(tmp_path: Path) -> None:
    path = write(tmp_path, "NOR.yaml", GOOD.replace('"578"', '"999", "998"'))
    with pytest.raises(DeclarationErrors) as error:
        load_provider(path, load_structure())
    assert len(error.value.complaints) == 2


def test_a_map_in_two_places_is_refused(tmp_path: Path) -> None:
    said = complaint(tmp_path, GOOD + "map: {defaults: {SEX: _T}}\n", map="defaults: {SEX: _T}\n")
    assert "`map` stands both here and in NOR.map.yaml; keep one." in said


@pytest.mark.parametrize("name", ["nor.yaml", "NOR.yml", "NOR-1.yaml"])
def test_a_file_is_named_by_the_id(tmp_path: Path, name: str) -> None:
    said = complaint(tmp_path, GOOD, name=name)
    assert f"such as KGZ.yaml; {name} is not." in said


def test_a_broken_file_breaks_only_itself(tmp_path: Path) -> None:
    write(tmp_path, "NOR.yaml", GOOD)
    write(tmp_path, "SWE.yaml", GOOD.replace("Europe/Oslo", "Mars/Base"))
    write(tmp_path, "DNK.yaml", "name: [")
    write(tmp_path, "FIN.map.yaml", "codes: {}\n")
    providers = load_providers(tmp_path)
    assert list(providers.by_id) == ["NOR"]
    assert list(providers.broken) == ["DNK", "FIN", "SWE"]
    assert "There is a map or corrections of FIN, but no FIN.yaml." in str(providers.broken["FIN"])
    with pytest.raises(SdgError, match='"Mars/Base" is not an IANA time zone'):
        providers.get("SWE")


def test_an_unknown_provider_is_told_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "NOR.yaml", GOOD)
    providers = load_providers(tmp_path)
    with pytest.raises(UnknownProvider, match=r"There is no provider NRO\. Did you mean NOR\?"):
        providers.get("NRO")
    with pytest.raises(UnknownProvider, match=r"There is no provider XYZ9\. Known providers: NOR\."):
        providers.get("XYZ9")
    with pytest.raises(UnknownProvider, match=r"Did you mean NOR\?"):
        providers.get("nor")


def test_a_second_folder_adds_providers(tmp_path: Path) -> None:
    write(tmp_path, "NOR.yaml", GOOD)
    assert list(load_providers(None, tmp_path).by_id) == ["KEN", "KGZ", "NOR", "RWA", "UNSD"]


def test_a_provider_declared_twice_is_broken(tmp_path: Path) -> None:
    write(tmp_path, "KGZ.yaml", GOOD)
    providers = load_providers(None, tmp_path)
    assert "KGZ" not in providers.by_id
    assert "Provider KGZ is declared twice." in str(providers.broken["KGZ"])


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"The folder of providers does not exist\."):
        load_providers(tmp_path / "none")


def test_every_embedded_file_is_a_provider_or_beside_one() -> None:
    known = set(load_providers().by_id)
    assert {path.name.partition(".")[0] for path in PROVIDERS_FOLDER.glob("*.yaml")} == known


def test_a_provider_cannot_be_changed() -> None:
    provider = load_providers().get("KGZ")
    assert isinstance(provider, Provider)
    with pytest.raises(ValueError, match="frozen"):
        provider.replaces = "nothing"


def test_a_service_may_not_replace_what_it_does_not_name(tmp_path: Path) -> None:
    rest = "channel: {type: sdmx-rest, url: https://data.example/rest, agency: X, dataflows: [DF]}\nreplaces: provider"
    sentence = complaint(tmp_path, GOOD.replace("channel: {type: folder}", rest))
    assert "NOR.yaml:6" in sentence
    assert 'none of them may replace "provider"' in sentence


OPEN_SDG = GOOD + "open_sdg: {columns: NOR.columns.csv, codes: NOR.codes.csv}\n"
COLUMNS = "Text,Value\nSex,SEX\n"
CODES = "Text,Dimension,Value\nFemale,SEX,F\n"


def with_maps(folder: Path, columns: str = COLUMNS, codes: str = CODES) -> Path:
    write(folder, "NOR.columns.csv", columns)
    write(folder, "NOR.codes.csv", codes)
    return folder


def test_a_provider_names_the_maps_of_its_platform(tmp_path: Path) -> None:
    path = write(with_maps(tmp_path), "NOR.yaml", OPEN_SDG)
    maps = load_provider(path, load_structure()).open_sdg_maps
    assert maps is not None
    assert (maps.components, maps.codes) == ({"sex": "sex"}, {"sex": {"Female": "F"}})
    write(tmp_path, "NOR.yaml", GOOD)
    assert load_provider(path, load_structure()).open_sdg_maps is None


@pytest.mark.parametrize(
    ("columns", "codes", "sentence"),
    [
        (
            COLUMNS + "Age,AEG\n",
            CODES,
            "NOR.columns.csv:3: AEG is not a component of the structure. Did you mean AGE? A column of the office's",
        ),
        (COLUMNS, CODES + "Oslo,REGION,R1\n", "NOR.codes.csv:3: REGION is not a component of the structure."),
        (
            COLUMNS + "sex ,AGE\n",
            CODES,
            "NOR.columns.csv:3: sex  is AGE here and SEX in line 2. Keep one of the two.",
        ),
        (COLUMNS, CODES + "Female,SEX,W\n", "NOR.codes.csv:3: Female in SEX is W here and F in line 2. Keep one"),
        (COLUMNS, "A,B\n", "NOR.codes.csv:1: The first row does not have the headings Text, Dimension and Value."),
    ],
)
def test_a_complaint_about_a_map_of_a_platform(tmp_path: Path, columns: str, codes: str, sentence: str) -> None:
    assert sentence in complaint(with_maps(tmp_path, columns, codes), OPEN_SDG)


def test_a_map_that_is_not_there_or_elsewhere_is_told(tmp_path: Path) -> None:
    said = complaint(tmp_path, OPEN_SDG)
    assert "NOR.yaml:7:21: There is no file NOR.columns.csv beside NOR.yaml. Put a copy" in said
    assert "NOR.yaml:7:45: There is no file NOR.codes.csv beside NOR.yaml." in said
    assert "NOR.yaml:7:21: " in complaint(tmp_path, OPEN_SDG.replace("NOR.columns", "../NOR.columns"))


def test_a_column_of_the_office_s_own_may_be_in_its_maps(tmp_path: Path) -> None:
    path = write(with_maps(tmp_path, COLUMNS + "Area,AREA\n"), "NOR.yaml", OPEN_SDG + "map: {extra: [AREA]}\n")
    assert load_provider(path, load_structure()).map.extra == ("AREA",)
