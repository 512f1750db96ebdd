"""Rules on the wording: each with a specimen that breaks it, asserted on the sentence and its place; ours are clean."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from metadata.content import Lint, lint, unit_contradiction
from metadata.content_rules import RULES
from metadata.content_texts import claims, foreign_numbers, months_since, review_months
from metadata.load import INDICATORS, load_catalogue
from metadata.model_series import SeriesBlock
from metadata.similar import likeness, pairs, trigrams

TODAY = date(2026, 11, 22)
LONG = " ".join(f"Sentence number {n} of a text that nobody else wrote about this matter." for n in range(4))


def original(number: str) -> str:
    return (INDICATORS / f"goal{number[:2]}" / f"{number}.yaml").read_text(encoding="utf-8")


class Drafts:
    """Our own folder, copied; `change` plants a defect."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(INDICATORS, folder)
        self.folder = folder

    def path(self, number: str) -> Path:
        return self.folder / f"goal{number.split('.', maxsplit=1)[0]}" / f"{number}.yaml"

    def text(self, number: str) -> str:
        return self.path(number).read_text(encoding="utf-8")

    def write(self, number: str, text: str) -> None:
        self.path(number).parent.mkdir(exist_ok=True)
        self.path(number).write_text(text, encoding="utf-8")

    def change(self, number: str, old: str, new: str) -> None:
        assert old in self.text(number), old
        self.write(number, self.text(number).replace(old, new, 1))

    def concept(self, number: str, concept: str, **texts: str | None) -> None:
        """Write a concept anew; a text that is None is left out."""
        texts = {"en": LONG, "fr": f"En français : {LONG}", "source": "ours", "source_date": "2026"} | texts
        block = [f'    {name}: "{text}"' for name, text in texts.items() if text is not None]
        old = re.search(rf"\n  {concept}:\n(?:    .*\n|\n)*", self.text(number))
        assert old, concept
        self.change(number, old[0], "\n" + "\n".join([f"  {concept}:", *block]) + "\n")

    def line(self, number: str, fragment: str) -> int:
        return next(n for n, line in enumerate(self.text(number).splitlines(), start=1) if fragment in line)

    def lint(self, today: date = TODAY) -> Lint:
        return lint(self.folder, today=today)

    def remarks(self, today: date = TODAY) -> list[str]:
        return [str(remark) for remark in self.lint(today).remarks]


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    return Drafts(tmp_path / "indicators")


def test_ours_are_clean() -> None:
    """On the day of their last reading; as years go by, lint says what must be read anew, and this test does not."""
    found = lint(today=TODAY)
    assert [str(complaint) for complaint in found.complaints] == []
    assert [str(remark) for remark in found.remarks] == []


def test_waivers_of_ours_are_few() -> None:
    waivers = [
        (number, waiver.rule, waiver.about)
        for number, indicator in load_catalogue().indicators.items()
        for waiver in indicator.waivers
    ]
    assert waivers == [("12.3.1", "UNIT-NAME", "AG_FLS_IDX")]


def test_the_copied_folder_is_clean(drafts: Drafts) -> None:
    assert drafts.remarks() == []


Plant = Callable[[Drafts], None]
SPECIMENS: list[tuple[str, Plant, str, str]] = [
    ("WRONG-NUMBER", lambda d: d.concept("12.4.2", "RATIONALE", en="The figures of 7.1.2 show it."),
     "The figures of 7.1.2", "RATIONALE (en) names 7.1.2, and the indicator is 12.4.2."),
    ("OTHER-SHEET", lambda d: d.concept("12.4.2", "RATIONALE", en="Indicator 12.5.1: national recycling rate."),
     "Indicator 12.5.1:", "RATIONALE (en) opens as the sheet of 12.5.1. The indicator is 12.4.2."),
    ("CONCEPT-EMPTY", lambda d: d.concept("12.4.2", "DATA_COMP", en="", fr=" "),
     "  DATA_COMP:", "DATA_COMP has no text. Where nothing is known, say so with the status “not known”."),
    ("LANGUAGE-MISSING", lambda d: d.concept("12.4.2", "DATA_COMP", fr=None),
     "  DATA_COMP:", "DATA_COMP has no French text."),
    ("LANGUAGE-MISSING", lambda d: d.concept("12.4.2", "DATA_COMP", fr=LONG),
     f'fr: "{LONG}', "The French text of DATA_COMP is the English one."),
    ("SOURCE-MISSING", lambda d: d.concept("12.4.2", "DATA_COMP", source_date=None),
     "  DATA_COMP:", "DATA_COMP names no source_date."),
    ("CORE-NOT-KNOWN", lambda d: d.concept("12.4.2", "CONTACT_ORGANISATION", status="not known"),
     'status: "not known"', "CONTACT_ORGANISATION is not known."),
    ("STALE", lambda d: d.change("12.4.2", 'date: "2026-11-22"', 'date: "2018-02-01"'),
     'date: "2018-02-01"', "The texts were last read through on 2018-02-01, 105 months ago; 36 are allowed here."),
    ("STALE-UNSAID", lambda d: d.concept("12.4.2", "FREQ_COLL", en="Since 2018.", fr="Depuis.", source_date="2018-02"),
     'fr: "Depuis."', "FREQ_COLL (fr) rests on a source of 2018 and does not say so."),
    ("DATE-FUTURE", lambda d: d.change("12.4.2", 'date: "2026-11-22"', 'date: "2026-12-24"'),
     'date: "2026-12-24"', "2026-12-24 is after today."),
    ("DATE-FUTURE", lambda d: d.concept("12.4.2", "RATIONALE", source_date="2027"),
     'source_date: "2027"', "2027 is after today."),
    ("UNIT-NAME", lambda d: d.change("12.4.2", 'unit_measure: ["KG"]', 'unit_measure: ["T"]  # planted'),
     "# planted", "EN_HAZ_PCAP has the unit T, and its name says “(kg)”: KG."),
    ("UNIT-NAME", lambda d: d.change("12.5.1", 'unit_measure: ["PT"]', 'unit_measure: ["NUMBER"]'),
     'unit_measure: ["NUMBER"]', "EN_EWT_RCYR has the unit NUMBER, and its name says “proportion of”: PT."),
    ("MARKUP", lambda d: d.concept("12.4.2", "RATIONALE", en="A word, <strong>bold</strong>."),
     "<strong>", "RATIONALE (en) holds HTML: <strong>. Say it in words."),
    ("MARKUP", lambda d: d.concept("12.4.2", "RATIONALE", en=f"A picture {'iVBORw0KGgoAAAANSUhEUgAA' * 5}=="),
     "iVBORw", "RATIONALE (en) holds base64: iVBORw0KGgoAAAANSUhEUgAAiVBOR…. Say it in words."),
    ("MARKUP", lambda d: d.concept("12.4.2", "RATIONALE", en="Waste &amp; chemicals."),
     "&amp;", "RATIONALE (en) holds a character entity: &amp;. Write &."),
    ("TOO-LONG", lambda d: d.concept("12.4.2", "RATIONALE", en="many words " * 2_000),
     "many words", "RATIONALE (en) has 21,999 characters; a text has at most 20,000."),
    ("WAIVER-UNUSED", lambda d: d.change("12.3.1", 'about: "AG_FLS_IDX"', 'about: "AG_FLS_PCT"'),
     'rule: "UNIT-NAME"', "Nothing needs the waiver of UNIT-NAME for AG_FLS_PCT. Take it out."),
    ("WAIVER-UNUSED", lambda d: d.change("12.3.1", 'rule: "UNIT-NAME"', 'rule: "UNIT-NAMES"'),
     'rule: "UNIT-NAMES"', "UNIT-NAMES is not a rule. Did you mean UNIT-NAME"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "plant", "fragment", "sentence"), SPECIMENS)
def test_a_planted_defect_is_found_at_its_line(
    drafts: Drafts, rule: str, plant: Plant, fragment: str, sentence: str
) -> None:
    plant(drafts)
    changed = [number for number in load_catalogue().indicators if drafts.text(number) != original(number)]
    found = [remark for remark in drafts.remarks() if f" {rule}: " in remark]
    wanted = f"indicators/goal12/{changed[0]}.yaml:{drafts.line(changed[0], fragment)}:"
    assert [remark for remark in found if remark.startswith(wanted) and sentence in remark], drafts.remarks()
    assert f"{RULES[rule].severity} {rule}: " in found[0]


def test_a_concept_that_is_missing_and_a_block_that_is_missing(drafts: Drafts) -> None:
    text = re.sub(r"\n  COMPARABILITY:\n(?:    .*\n|\n)*", "\n", drafts.text("12.4.2"))
    drafts.write("12.4.2", text.replace('  META_LAST_UPDATE:\n    date: "2026-11-22"\n', ""))
    drafts.write("12.5.1", drafts.text("12.5.1").split("\nreference_metadata:")[0] + "\n")
    found = "\n".join(drafts.remarks())
    assert "error CONCEPT-EMPTY: COMPARABILITY is missing. Where nothing is known, say so" in found
    assert "error CONCEPT-EMPTY: META_LAST_UPDATE is missing: nobody knows when" in found
    assert "12.5.1.yaml:1:1: error CONCEPT-EMPTY: 12.5.1 has no reference metadata." in found or (
        "error CONCEPT-EMPTY: 12.5.1 has no reference metadata. Write the block reference_metadata." in found
    )


def test_a_concept_copied_from_another_indicator(drafts: Drafts) -> None:
    """Equal, and changed in a few words; twins and names of organisations may be equal."""
    drafts.concept("12.4.1", "RATIONALE")
    drafts.concept("12.5.1", "RATIONALE")
    drafts.concept("12.6.1", "RATIONALE", en=LONG.replace("number 2", "no. 2"), fr="Tout autre chose, assez long.")
    drafts.concept("12.7.1", "COMPILING_ORG")
    drafts.concept("12.b.1", "COMPILING_ORG")
    drafts.concept("12.8.1", "COVERAGE")
    drafts.concept("13.3.1", "COVERAGE")
    found = [remark.split(": error ")[1] for remark in drafts.remarks()]
    hint = "Write what is true of this indicator, or only what differs."
    assert f"COPIED: RATIONALE (en) is that of 12.4.1. {hint}" in found
    assert f"COPIED: RATIONALE (fr) is that of 12.4.1. {hint}" in found
    assert [line for line in found if re.match(r"COPIED: RATIONALE \(en\) is 9\d% that of 12\.4\.1\.", line)]
    assert all("RATIONALE" in line for line in found)


def test_a_copy_can_be_waived(drafts: Drafts) -> None:
    drafts.concept("12.4.1", "RATIONALE")
    drafts.concept("12.5.1", "RATIONALE")
    waiver = 'waivers:\n  - {rule: COPIED, about: RATIONALE, reason: "r", date: "2026-11-22"}\nseries:\n'
    drafts.change("12.5.1", "series:\n", waiver)
    assert drafts.remarks() == []


def sheet_of(other: str, own: str) -> str:
    """Return a block of texts that were plainly written about another number."""
    lines = ["reference_metadata:", '  META_LAST_UPDATE: {date: "2026-11-22"}']
    for concept in ("STAT_CONC_DEF", "RATIONALE", "DATA_COMP", "COVERAGE"):
        en, fr = f"{LONG} Seen under {other}, {concept}.", f"En français, {other} : {LONG} {concept}."
        lines.append(f'  {concept}: {{en: "{en}", fr: "{fr}", source: "{own}"[0], source_date: "2021"}}')
    return "\n".join(lines).replace('"[0]', '"') + "\n"


def test_the_sheet_of_a_twin_in_the_place_of_the_own_is_found(drafts: Drafts) -> None:
    """The real defect: 12.a.1 holding the text of 7.b.1. The number of a twin is allowed, its sheet is not."""
    drafts.write("12.a.1", drafts.text("12.a.1").split("reference_metadata:")[0] + sheet_of("7.b.1", "x"))
    found = [remark for remark in drafts.remarks() if "OTHER-SHEET" in remark]
    assert len(found) == 1
    assert "4 texts name 7.b.1 and none names 12.a.1: STAT_CONC_DEF, RATIONALE, DATA_COMP, COVERAGE." in found[0]
    assert "They are most likely those of 7.b.1." in found[0]
    assert not [remark for remark in drafts.remarks() if "WRONG-NUMBER" in remark]


def test_another_goals_sheet_with_the_text_of_ours_is_found(drafts: Drafts) -> None:
    """The real defect: 11.5.1 holding the text of 13.1.1, as a draft of another goal."""
    head = drafts.text("13.1.1").split("\nseries:")[0].replace('number: "13.1.1"', 'number: "11.5.1"')
    head = head.replace('also: ["1.5.1", "11.5.1"]', 'uses: ["VC_DSR_MORT"]')
    drafts.write("11.5.1", f"{head}\n{sheet_of('13.1.1', 'x')}")
    found = [remark for remark in drafts.remarks() if "11.5.1.yaml" in remark and "OTHER-SHEET" in remark]
    assert "4 texts name 13.1.1 and none names 11.5.1" in found[0]
    assert [c for c in drafts.lint().complaints if "11.5.1 is not among the indicators of goals.yaml" in str(c)]


def test_the_title_of_another_indicator_is_found(drafts: Drafts) -> None:
    """The real defect: 12.2.1 under a title about population; and a title of our own that stands elsewhere."""
    english = load_catalogue().indicators["12.2.1"].titles["en"]
    drafts.change("12.2.1", f'en: "{english}"', 'en: "Annual growth of the population"')
    french = load_catalogue().indicators["12.5.1"].titles["fr"]
    own = load_catalogue().indicators["12.4.2"].titles["fr"]
    drafts.change("12.4.2", f'fr: "{own}"', f'fr: "{french}"')
    found = [remark for remark in drafts.remarks() if "TITLE-OTHER" in remark]
    sentence = "“Annual growth of the population” is not the title (en) of 12.2.1. It is “Material footprint,"
    line = drafts.line("12.2.1", "Annual growth")
    assert [remark for remark in found if sentence in remark and f":{line}:" in remark]
    assert [remark for remark in found if "The title (fr) is that of 12.5.1: “" in remark]


def test_what_is_broken_does_not_hide_the_rest(drafts: Drafts) -> None:
    drafts.write("12.1.1", "a:\n\tb: 1\n")
    drafts.concept("12.4.2", "DATA_COMP", fr=None)
    found = drafts.lint()
    assert ["12.1.1.yaml:2:1: A tab stands" in str(c) for c in found.complaints] == [True]
    assert [remark.rule for remark in found.remarks] == ["LANGUAGE-MISSING"]


def test_numbers_that_may_stand_in_a_text() -> None:
    own = ("12.8.1", "4.7.1", "13.3.1")
    assert foreign_numbers("Under 4.7.1, 12.8.1 and 13.3.1, version 1.14 of 2021.", own) == []
    assert foreign_numbers("See indicator 12.2.1, and indicators 8.4.1, 8.4.2 and 11.6.1.", own) == []
    assert foreign_numbers("Voir l’indicateur 11.6.1, les indicateurs 8.4.1 et 8.4.2.", own) == []
    assert foreign_numbers("As in 12.2.1 and 7.b.1.", own) == ["12.2.1", "7.b.1"]
    assert foreign_numbers("https://example.org/12.2.1 and 192.168.1.1", own) == []


def test_what_a_sheet_says_it_is() -> None:
    assert claims("Indicator 7.b.1: capacity") == "7.b.1"
    assert claims("Cible 7.b : d’ici à 2030") == "7.b"
    assert claims("Indicator 7.b.1 is repeated here") is None
    assert claims("The same as indicator 12.8.1: country reports") is None


def test_months_and_reviews() -> None:
    assert months_since("2026-11-22", TODAY) == 0
    assert months_since("2026-11-23", TODAY) == -1
    assert months_since("2025-10", TODAY) == 13
    assert months_since("2026", TODAY) == 0
    assert months_since("2018", TODAY) == 95
    limits = {number: review_months(i) for number, i in load_catalogue().indicators.items()}
    assert (limits["12.2.2"], limits["12.4.2"], limits["12.4.1"], limits["12.8.1"]) == (24, 36, 36, 36)


@pytest.mark.parametrize(
    ("name", "unit", "multiplier", "contradiction"),
    [
        ("Waste, per capita (Kg)", "T", 0, "X has the unit T, and its name says “(kg)”: KG."),
        ("Waste (Tonnes)", "KG", 0, "X has the unit KG, and its name says “(tonnes)”: T."),
        ("Waste recycled (%)", "NUMBER", 0, "X has the unit NUMBER, and its name says “(%)”: PT."),
        ("Waste per capita", "PT", 0, "X has the unit PT, and its name says “per capita”."),
        ("Deaths per 100,000 population", "NUMBER", 0,
         "X has the unit NUMBER, and its name says “per 100,000”: PER_100000_POP."),
        ("Support (Billions of current United States dollars)", "USD", 6,
         "X has the multiplier 10^6, and its name says “(billions of current united states dollars)”."),
        ("Number of countries", "PT", 0, "X has the unit PT, and its name says “number of”: NUMBER."),
        ("Number of deaths per 100,000 population", "PER_100000_POP", 0, None),
        ("Material footprint per capita", "T", 0, None),
        ("Capacity (watts per capita)", "W_PER_CAPITA", 0, None),
        ("Waste per unit of GDP", "KG_PER_CON_USD", 0, None),
    ],
)  # fmt: skip
def test_units_and_names(name: str, unit: str, multiplier: int, contradiction: str | None) -> None:
    block = SeriesBlock.model_validate(
        {
            "code": "X", "name": name, "status": "current", "seen_in": ["1.14"], "unit_measure": [unit],
            "unit_mult": [multiplier], "unit_source": "s", "value": {"type": "number"}, "direction": "up",
            "source": "s",
        }
    )  # fmt: skip
    assert unit_contradiction(block) == contradiction


def test_likeness() -> None:
    assert likeness(pairs("a b c"), pairs("A b, c")) == 1
    assert likeness(pairs("a b c d"), pairs("a b x y")) == pytest.approx(1 / 3)
    assert likeness(pairs(""), pairs("")) == 0
    assert likeness(trigrams("物质足迹"), trigrams("物质足迹")) == 1
