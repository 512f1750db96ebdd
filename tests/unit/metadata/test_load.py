"""The loader: complaints that need the structure or several files, and the resolved catalogue."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from metadata.errors import DeclarationErrors, SdgError
from metadata.load import INDICATORS, load_catalogue, number_key, read_catalogue

LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")
TITLES = "{" + ", ".join(f'{language}: "T"' for language in LANGUAGES) + "}"


class Declarations:
    """A small folder, right as it is: 13.1.2 and 13.1.3 of ours, and the twins 12.8.1 and 13.3.1."""

    numbers = ("12.8.1", "13.1.2", "13.1.3", "13.3.1")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for number in self.numbers:
            path = self.path(number)
            path.parent.mkdir(parents=True, exist_ok=True)
            text = (INDICATORS / path.relative_to(folder)).read_text(encoding="utf-8")
            path.write_text(text.split("\n# The texts", 1)[0] + "\n", encoding="utf-8")
        lines = [f"titles_note: test\ngoals:\n  - number: '12'\n    titles: {TITLES}\n    targets:"]
        lines += [self.target("12.8", "12.8.1"), f"  - number: '13'\n    titles: {TITLES}\n    targets:"]
        lines += [self.target("13.1", "13.1.2", "13.1.3"), self.target("13.3", "13.3.1")]
        self.goals.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @property
    def goals(self) -> Path:
        return self.folder / "goals.yaml"

    def path(self, number: str) -> Path:
        return self.folder / f"goal{number[:2]}" / f"{number}.yaml"

    @staticmethod
    def target(number: str, *indicators: str) -> str:
        listed = ", ".join(f"'{indicator}'" for indicator in indicators)
        return f"      - {{number: '{number}', titles: {TITLES}, indicators: [{listed}]}}"

    def change(self, number: str, old: str, new: str) -> None:
        path = self.path(number)
        text = path.read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{old} is not in {path.name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def line(self, number: str, text: str, occurrence: int = 1) -> int:
        lines = self.path(number).read_text(encoding="utf-8").splitlines()
        return [place for place, line in enumerate(lines, start=1) if text in line][occurrence - 1]

    def complaints(self) -> list[str]:
        return [str(complaint) for complaint in read_catalogue(self.folder).complaints]


@pytest.fixture
def declarations(tmp_path: Path) -> Declarations:
    return Declarations(tmp_path / "indicators")


def at(declarations: Declarations, number: str, text: str, column: int, occurrence: int = 1) -> str:
    return (
        f"indicators/goal{number[:2]}/{number}.yaml:{declarations.line(number, text, occurrence)}:{column}"
    )


def test_the_small_folder_is_right_as_it_is(declarations: Declarations) -> None:
    catalogue = load_catalogue(declarations.folder)
    assert list(catalogue.indicators) == ["12.8.1", "13.1.2", "13.1.3", "13.3.1"]
    assert len(catalogue.series) == 10
    assert catalogue.structure == "IAEG-SDGs:SDG(1.14)"


def test_uses_and_also_are_resolved_for_the_series(declarations: Declarations) -> None:
    catalogue = load_catalogue(declarations.folder)
    series = catalogue.series["SE_GCEDESD_NEP"]
    assert (series.owner, series.indicators, series.also) == ("12.8.1", ("12.8.1", "13.3.1"), ("4.7.1",))
    assert catalogue.indicators_of("SE_GCEDESD_NEP") == ("12.8.1", "13.3.1")
    assert catalogue.also_of("SE_GCEDESD_NEP") == ("4.7.1",)
    assert catalogue.indicators_of("SI_POV_DAY1") == catalogue.also_of("SI_POV_DAY1") == ()
    assert ("SE_GCEDESD_NEP", "13.3.1") in catalogue.bridge
    assert len(catalogue.bridge) == 14
    assert catalogue.indicators["13.3.1"].series == ()
    assert catalogue.indicators["13.3.1"].goal_titles["en"] == "T"
    assert catalogue.indicators["13.3.1"].target_titles["zh"] == "T"


def test_other_dimensions_are_written_out(declarations: Declarations) -> None:
    declarations.change(
        "13.1.3", '    other_dimensions: "_T"', '    any_code: ["SEX"]\n    other_dimensions: "_T"'
    )
    series = load_catalogue(declarations.folder).series["SG_DSR_SILS"]
    assert series.dimensions["AGE"] == ("_T",)
    assert "SEX" not in series.dimensions
    assert "CUST_BREAKDOWN" not in series.dimensions
    assert not {"FREQ", "REPORTING_TYPE", "SERIES", "REF_AREA"} & set(series.dimensions)


def test_open_dimensions_stay_undeclared(declarations: Declarations) -> None:
    declarations.change("13.1.3", 'other_dimensions: "_T"', "other_dimensions: open")
    assert load_catalogue(declarations.folder).series["SG_DSR_SILS"].dimensions == {}


@pytest.mark.parametrize(
    ("number", "old", "new", "place", "sentence"),
    [
        (
            "13.1.3", 'unit_measure: ["PT"]', 'unit_measure: ["PC"]', ("unit_measure", 20),
            '"PC" is not a code of CL_UNIT_MEASURE (UNIT_MEASURE).',
        ),
        (
            "13.1.3", "unit_mult: [0]", "unit_mult: [99]", ("unit_mult", 17),
            '"99" is not a code of CL_UNIT_MULT (UNIT_MULT).',
        ),
        (
            "13.1.3", 'other_dimensions: "_T"', 'dimensions: {SEX: ["M", "male"]}', ("dimensions:", 29),
            '"male" is not a code of CL_SEX (SEX).',
        ),
        (
            "13.1.3", 'other_dimensions: "_T"', 'dimensions: {GENDER: ["M"]}', ("dimensions:", 18),
            "GENDER is not a dimension of IAEG-SDGs:SDG(1.14). It has SEX, AGE,",
        ),
        (
            "13.1.3", 'other_dimensions: "_T"', 'any_code: ["SEXX"]', ("any_code", 16),
            "SEXX is not a dimension of IAEG-SDGs:SDG(1.14). Did you mean SEX?",
        ),
        (
            "13.1.3", 'other_dimensions: "_T"', 'dimensions: {FREQ: ["A"]}', ("dimensions:", 18),
            'FREQ is not a dimension of breakdown. Frequencies are declared under "freq".',
        ),
        (
            "13.1.3", 'other_dimensions: "_T"', 'dimensions: {REF_AREA: ["4"]}', ("dimensions:", 18),
            "REF_AREA is not a dimension of breakdown. Take it out.",
        ),
        (
            "13.1.3", 'other_dimensions: "_T"', 'freq: ["annual"]', ("freq:", 12),
            '"annual" is not a code of CL_FREQ (FREQ).',
        ),
        (
            "13.1.3", 'also: ["1.5.4", "11.b.2"]', 'also: ["1.5.4", "11.b.2", "1.5.1"]', ("also:", 27),
            "No series of 13.1.3 serves 1.5.1 in IAEG-SDGs:SDG(1.14). They serve 1.5.4, 11.b.2.",
        ),
        (
            "13.1.3", 'also: ["1.5.4", "11.b.2"]', 'also: ["1.5.4"]', ("also:", 7),
            'The series of 13.1.3 serve 11.b.2 too in IAEG-SDGs:SDG(1.14). Add "11.b.2" to `also`.',
        ),
        (
            "13.3.1", '"SE_GCEDESD_NEP", ', '"SE_GCEDESD_NEPP", "SE_GCEDESD_NEP", ', ("uses:", 8),
            "No file owns the series SE_GCEDESD_NEPP. Did you mean SE_GCEDESD_NEP",
        ),
        (
            "13.3.1", '"SE_GCEDESD_NEP", ', "", ("uses:", 7),
            'SE_GCEDESD_NEP serves 13.3.1 too in IAEG-SDGs:SDG(1.14). Add "SE_GCEDESD_NEP" to `uses`.',
        ),
        (
            "13.3.1", '"SE_GCEDESD_NEP", ', '"SG_DSR_SILS", "SE_GCEDESD_NEP", ', ("uses:", 8),
            "SG_DSR_SILS does not serve 13.3.1 in IAEG-SDGs:SDG(1.14). It serves 1.5.4, 11.b.2, 13.1.3;",
        ),
        (
            "13.1.3", 'code: "SG_DSR_SILS"', 'code: "SG_DSR_SILSS"', ("SG_DSR_SILSS", 11),
            "SG_DSR_SILSS is not a series of IAEG-SDGs:SDG(1.14). Did you mean SG_DSR_SILS",
        ),
    ],
)  # fmt: skip
def test_one_mistake_is_complained_about_at_its_place(
    declarations: Declarations, number: str, old: str, new: str, place: tuple[str, int], sentence: str
) -> None:
    declarations.change(number, old, new)
    wanted = f"{at(declarations, number, place[0], place[1])}: {sentence}"
    assert [complaint for complaint in declarations.complaints() if complaint.startswith(wanted)]


def test_the_complaint_about_a_breakdown_stands_alone(declarations: Declarations) -> None:
    declarations.change("13.1.3", 'unit_measure: ["PT"]', 'unit_measure: ["PTT"]')
    assert len(declarations.complaints()) == 1


@pytest.mark.parametrize(
    ("old", "new", "place", "sentence"),
    [
        ('denominator: "SG_GOV_LOGV"', 'denominator: "SG_GOV_LOGX"', ("denominator:", 22),
         "SG_GOV_LOGX, in an identity of SG_DSR_SILS, is not declared. Did you mean SG_GOV_LOGV"),
        ('denominator: "SG_GOV_LOGV"', 'denominator: "SG_DSR_SILS"', ("denominator:", 22),
         "An identity of SG_DSR_SILS names SG_DSR_SILS itself. Name the other series."),
        ('members: ["SG_GOV_LOGV"]', 'members: ["SG_GOV_LOGX"]', ("members:", 19),
         "SG_GOV_LOGX, in an identity of SG_DSR_SILN, is not declared."),
    ],
)  # fmt: skip
def test_identities_name_series_that_are_declared(
    declarations: Declarations, old: str, new: str, place: tuple[str, int], sentence: str
) -> None:
    declarations.change("13.1.3", old, new)
    wanted = f"{at(declarations, '13.1.3', *place)}: {sentence}"
    assert [complaint for complaint in declarations.complaints() if complaint.startswith(wanted)]
    assert len(declarations.complaints()) == 1


PARTS = (
    "direction: up\n    identities:\n"
    "      - {kind: total_of_parts, dimension: SEX, total: _T, parts: [M, F], severity: info, evidence: e}"
)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("dimension: SEX", "dimension: SEXX", "SEXX is not a dimension of IAEG-SDGs:SDG(1.14)."),
        ("parts: [M, F]", "parts: [M, W]", '"W" is not a code of CL_SEX (SEX).'),
        ("", "", None),
    ],
)
def test_identities_name_codes_that_the_series_allows(
    declarations: Declarations, old: str, new: str, sentence: str | None
) -> None:
    declarations.change("13.1.2", "direction: up", PARTS.replace(old, new))
    declarations.change("13.1.2", 'other_dimensions: "_T"', 'any_code: ["SEX"]\n    other_dimensions: "_T"')
    found = declarations.complaints()
    assert [complaint.split(": ", 1)[1] for complaint in found] == ([sentence] if sentence else [])


def test_identities_name_no_code_that_the_series_refuses(declarations: Declarations) -> None:
    declarations.change("13.1.2", "direction: up", PARTS)
    dimensions = 'dimensions:\n      SEX: ["_T", "M"]\n    other_dimensions: "_T"'
    declarations.change("13.1.2", 'other_dimensions: "_T"', dimensions)
    sentence = "An identity of SG_DSR_LGRGSR names F, which the series does not allow in SEX."
    assert [sentence in complaint for complaint in declarations.complaints()] == [True]


def test_two_owners_are_both_named(declarations: Declarations) -> None:
    text = declarations.path("13.1.3").read_text(encoding="utf-8")
    block = re.sub(r"    \w+: \*\w+\n", "", text[text.index('  - code: "SG_GOV_LOGV"') :])
    with declarations.path("13.1.2").open("a", encoding="utf-8") as file:
        file.write(block)
    first = at(declarations, "13.1.2", '- code: "SG_GOV_LOGV"', 11)
    second = at(declarations, "13.1.3", '- code: "SG_GOV_LOGV"', 11)
    assert (
        f"{second}: SG_GOV_LOGV has two owners: 13.1.2 ({first}) and 13.1.3. "
        "Keep one block; another indicator names the series under `uses`."
    ) in declarations.complaints()


def test_a_number_that_two_files_declare(declarations: Declarations) -> None:
    shutil.copy(declarations.path("13.3.1"), declarations.folder / "goal13" / "copy.yaml")
    complaints = declarations.complaints()
    assert any(
        "The file is named copy.yaml and declares 13.3.1. Name it 13.3.1.yaml." in c for c in complaints
    )
    assert any(
        "13.3.1 is declared twice; the first time in indicators/goal13/13.3.1.yaml:" in c
        or "13.3.1 is declared twice; the first time in indicators/goal13/copy.yaml:" in c
        for c in complaints
    )


def test_a_file_in_the_folder_of_another_goal(declarations: Declarations) -> None:
    declarations.path("13.3.1").rename(declarations.folder / "goal12" / "13.3.1.yaml")
    assert [
        c
        for c in declarations.complaints()
        if "13.3.1 stands in the folder goal12. Move it to goal13." in c
    ]


def test_an_indicator_without_a_file_and_one_too_many(declarations: Declarations) -> None:
    declarations.path("13.3.1").unlink()
    text = declarations.goals.read_text(encoding="utf-8").replace(", '13.1.3'", "")
    declarations.goals.write_text(text, encoding="utf-8")
    complaints = declarations.complaints()
    missing = [c for c in complaints if "The indicator 13.3.1 has no file. Write goal13/13.3.1.yaml." in c]
    assert len(missing) == 1
    assert missing[0].startswith("indicators/goals.yaml:11:")
    assert [c for c in complaints if "13.1.3 is not among the indicators of goals.yaml." in c]


def test_a_series_that_nobody_owns(declarations: Declarations) -> None:
    text = declarations.path("13.1.3").read_text(encoding="utf-8")
    declarations.path("13.1.3").write_text(text[: text.index('  - code: "SG_GOV_LOGV"')], encoding="utf-8")
    place = at(declarations, "13.1.3", "- code:", 3)
    sentence = "No file owns the series SG_GOV_LOGV, which serves 13.1.3."
    assert declarations.complaints() == [f"{place}: {sentence} Declare it, or name it under `uses`."]


def test_a_file_that_uses_what_it_owns(declarations: Declarations) -> None:
    declarations.change("13.1.3", "cadence:", 'uses: ["SG_DSR_SILS"]\ncadence:')
    place = at(declarations, "13.1.3", "uses:", 8)
    sentence = "13.1.3 owns SG_DSR_SILS and names it under `uses` as well. Take it out of `uses`."
    assert f"{place}: {sentence}" in declarations.complaints()


def test_uses_that_go_round_in_a_circle(declarations: Declarations) -> None:
    declarations.change("13.1.2", "cadence:", 'uses: ["SG_GOV_LOGV"]\ncadence:')
    declarations.change("13.1.3", "cadence:", 'uses: ["SG_DSR_SFDRR"]\ncadence:')
    place = at(declarations, "13.1.2", "uses:", 8)
    circles = [c for c in declarations.complaints() if "circle" in c]
    sentence = "The uses go round in a circle: 13.1.2 → 13.1.3 → 13.1.2. Let one file own the series of both."
    assert circles == [f"{place}: {sentence}"]


def test_heirs_that_are_not_declared_or_go_round_in_a_circle(declarations: Declarations) -> None:
    declarations.change(
        "13.1.3", "status: current", 'status: legacy\n    heirs: ["SG_DSR_SILN", "SG_DSR_NONE"]'
    )
    declarations.change("13.1.3", "status: current", 'status: legacy\n    heirs: ["SG_DSR_SILS"]')
    complaints = declarations.complaints()
    nowhere = at(declarations, "13.1.3", "SG_DSR_NONE", 28)
    assert any(
        c.startswith(f"{nowhere}: SG_DSR_NONE, the heir of SG_DSR_SILS, is not declared.")
        for c in complaints
    )
    circle = "The heirs go round in a circle: SG_DSR_SILN → SG_DSR_SILS → SG_DSR_SILN. "
    circle += "One of them is the newest."
    assert [c for c in complaints if c.endswith(circle)]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"\xff\xfe\x00"),
        lambda path: path.write_text("number:\t'13.1.3'\n\tx: y\n"),
        lambda path: path.write_text("x" * 10_000_000),
        lambda path: path.write_text("number: '13.1.3'\nnumber: '13.1.3'\n"),
        lambda path: path.write_text(""),
    ],
    ids=["no text", "tab", "10 MB", "duplicate key", "empty"],
)
def test_a_broken_file_is_one_complaint_and_stops_no_other(
    declarations: Declarations, damage: Callable[[Path], object]
) -> None:
    damage(declarations.path("12.8.1"))
    reading = read_catalogue(declarations.folder)
    assert len(reading.complaints) == 1
    assert str(reading.complaints[0]).startswith("indicators/goal12/12.8.1.yaml:")
    assert list(reading.catalogue.indicators) == ["13.1.2", "13.1.3", "13.3.1"]
    assert reading.catalogue.indicators["13.3.1"].uses == ()
    assert set(reading.catalogue.series) == {
        "SG_DSR_LGRGSR", "SG_DSR_SFDRR", "SG_DSR_LEGREG", "SG_DSR_SILS", "SG_DSR_SILN", "SG_GOV_LOGV",
    }  # fmt: skip


def test_broken_goals_stop_no_indicator(declarations: Declarations) -> None:
    declarations.goals.write_text("goals: 12\n", encoding="utf-8")
    reading = read_catalogue(declarations.folder)
    assert [str(c) for c in reading.complaints] == [
        "indicators/goals.yaml:1:8: goals is 12; wanted is a valid tuple."
    ]
    assert len(reading.catalogue.indicators) == 4


def test_goals_that_are_no_yaml_stop_no_indicator(declarations: Declarations) -> None:
    declarations.goals.write_bytes(b"\x80")
    reading = read_catalogue(declarations.folder)
    sentence = "indicators/goals.yaml:1:1: The byte 0x80 is not UTF-8 text. Save the file as UTF-8."
    assert [str(complaint) for complaint in reading.complaints] == [sentence]
    assert len(reading.catalogue.series) == 10


def test_a_value_that_a_class_refuses_has_its_line(declarations: Declarations) -> None:
    declarations.change("13.1.3", 'number: "13.1.3"', 'number: "13.1"')
    place = at(declarations, "13.1.3", "number:", 9)
    wanted = f'{place}: "13.1" is not the number of an indicator, such as "12.4.2".'
    assert wanted in declarations.complaints()


def test_every_complaint_comes_in_one_go_in_the_order_of_files_and_lines(
    declarations: Declarations,
) -> None:
    declarations.change("13.1.3", 'unit_measure: ["PT"]', 'unit_measure: ["PTT"]')
    declarations.change("13.1.3", 'tier: "II"', "tier: 2")
    declarations.change("13.1.2", 'unit_measure: ["IX"]', 'unit_mesure: ["IX"]')
    with pytest.raises(DeclarationErrors) as caught:
        load_catalogue(declarations.folder)
    message = str(caught.value)
    assert '"unit_mesure" is not a key here. Did you mean "unit_measure"?' in message
    assert 'The key "unit_measure" is missing.' in message
    assert "tier is 2, which is not one of its values. Use one of I, II, III." in message
    files = [str(complaint.where).rsplit(":", 2)[0] for complaint in caught.value.complaints]
    assert files == sorted(files)


def test_an_unknown_indicator_is_named_with_the_nearest(declarations: Declarations) -> None:
    catalogue = load_catalogue(declarations.folder)
    with pytest.raises(
        SdgError, match=r"13\.1\.9 is not an indicator of the catalogue\. Did you mean 13\.1\.[23]"
    ):
        catalogue.version("13.1.9")
    with pytest.raises(
        SdgError, match=r"x is not an indicator of the catalogue\. There are 12\.8\.1, 13\.1\.2"
    ):
        catalogue.canonical("x")


def test_numbers_sort_as_people_do() -> None:
    numbers = ["12.a.1", "12.10.1", "12.8.1", "13.1.1", "12.c.1"]
    assert sorted(numbers, key=number_key) == ["12.8.1", "12.10.1", "12.a.1", "12.c.1", "13.1.1"]
