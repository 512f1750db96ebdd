"""The data officer's commands as they are typed: exit codes, sentences, pages of 80 columns."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metadata.areas import load_areas
from metadata.load import INDICATORS, load_catalogue
from metadata.structure import load_structure
from pipelines.cli import main


def sdg(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def drafts(tmp_path: Path) -> Path:
    shutil.copytree(INDICATORS, tmp_path / "indicators")
    return tmp_path / "indicators"


def change(folder: Path, number: str, old: str, new: str) -> None:
    path = folder / f"goal{number[:2]}" / f"{number}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_lint_of_a_folder_of_drafts(drafts: Path) -> None:
    assert sdg("metadata", "lint", drafts).output == "21 indicators: nothing to complain about.\n"
    change(drafts, "12.4.2", 'unit_measure: ["KG"]', 'unit_measure: ["T"]')
    change(drafts, "12.5.1", 'unit_measure: ["PT"]', 'unit_measure: ["PTT"]')
    result = sdg("metadata", "lint", drafts)
    assert result.exit_code == 1
    assert "error UNIT-NAME: EN_HAZ_PCAP has the unit T, and its name says “(kg)”: KG." in result.output
    assert '"PTT" is not a code of CL_UNIT_MEASURE (UNIT_MEASURE).' in result.output
    assert "to mend." in result.output


def test_a_warning_alone_is_no_failure(drafts: Path) -> None:
    change(drafts, "12.3.1", 'rule: "UNIT-NAME"\n    about: "AG_FLS_IDX"', 'rule: "UNIT-NAME"')
    change(drafts, "12.4.2", "series:\n", 'waivers:\n  - {rule: STALE, reason: "r", date: "2026-11-22"}\nseries:\n')
    result = sdg("metadata", "lint", drafts)
    assert result.exit_code == 0
    assert "warning WAIVER-UNUSED: Nothing needs the waiver of STALE. Take it out." in result.output
    assert "21 indicators: 1 to look at." in result.output


def test_lint_says_what_it_cannot_read_and_lists_its_rules(tmp_path: Path) -> None:
    result = sdg("metadata", "lint", tmp_path)
    assert result.exit_code == 2
    assert "The folder holds no goals.yaml. Name a folder of declarations: goals.yaml, and a" in result.output
    assert "nothing: There is no such folder. Name a" in sdg("metadata", "lint", tmp_path / "nothing").output
    rules = sdg("metadata", "lint", "--rules")
    assert "WRONG-NUMBER (error)" in rules.output
    assert max(map(len, rules.output.splitlines())) <= 80


def test_show_has_the_texts_in_two_languages_on_80_columns() -> None:
    english = sdg("metadata", "show", "12.4.2").output
    french = sdg("metadata", "show", "12.4.2", "--lang", "fr").output
    assert "2.a. Definition and concepts" in english
    assert "2.a. Définition et concepts" in french
    assert "EN_HAZ_PCAP: kilogrammes (KG)" in french
    assert "1.b. Contact person(s)" not in english
    for page in (english, french):
        wide = [line for line in page.splitlines() if len(line) > 80 and "http" not in line]
        assert wide == []


def test_show_of_one_concept() -> None:
    result = sdg("metadata", "show", "12.4.2", "--concept", "stat_conc_def")
    assert result.output.startswith("12.4.2  STAT_CONC_DEF\n2.a. Definition and concepts\n  The indicator covers")
    assert "Source: UNEP, UNSD and UNITAR, metadata sheet of 12.4.2" in result.output
    assert "No text." in sdg("metadata", "show", "12.4.2", "--concept", "CONTACT").output
    wrong = sdg("metadata", "show", "12.4.2", "--concept", "STAT_CONC_DEFF")
    assert wrong.exit_code == 2
    assert 'There is no concept "STAT_CONC_DEFF". Nearest: STAT_CONC_DEF' in wrong.output


def test_diff_of_two_folders(drafts: Path, tmp_path: Path) -> None:
    same = sdg("metadata", "diff", INDICATORS, drafts)
    assert same.exit_code == 0
    assert "say the same." in same.output
    change(drafts, "12.4.2", 'unit_measure: ["KG"]', 'unit_measure: ["T"]')
    result = sdg("metadata", "diff", drafts, INDICATORS)
    assert (result.exit_code, result.output) == (1, "12.4.2 EN_HAZ_PCAP: unit_measure T → KG\n")
    nothing = sdg("metadata", "diff", "no-such-thing", INDICATORS, "--home", tmp_path / "home")
    assert nothing.exit_code == 2
    assert "no-such-thing is no folder, no release, no version and no revision." in nothing.output


def test_diff_with_a_broken_declaration_could_not(drafts: Path) -> None:
    change(drafts, "12.4.2", "tier:", "tear:")
    result = sdg("metadata", "diff", drafts, INDICATORS)
    assert result.exit_code == 2
    assert '"tear" is not a key here. Did you mean "tier"?' in result.output


def test_diff_of_versions_that_the_warehouse_keeps(tmp_path: Path, drafts: Path) -> None:
    from datetime import UTC, datetime

    from warehouse.connect import writer
    from warehouse.publish import publish
    from warehouse.report import refresh, write_metadata
    from warehouse.settings import Settings

    change(drafts, "12.4.2", 'unit_measure: ["KG"]', 'unit_measure: ["T"]')
    settings = Settings.load(tmp_path / "home")
    now = datetime(2026, 11, 22, tzinfo=UTC)
    with writer(settings, "test") as warehouse:
        for catalogue in (load_catalogue(drafts), load_catalogue()):
            write_metadata(warehouse, catalogue, load_structure(), load_areas(), now=now)
        refresh(warehouse)
        publish(settings, warehouse)
    old, new = load_catalogue(drafts).version("12.4.2"), load_catalogue().version("12.4.2")
    home = ("--home", settings.home)
    result = sdg("metadata", "diff", old[:12], new[:12], *home)
    assert (result.exit_code, result.output) == (1, "12.4.2 EN_HAZ_PCAP: unit_measure T → KG\n")
    assert sdg("metadata", "diff", old[:12], drafts, *home).exit_code == 0
    other = load_catalogue().version("13.1.1")[:12]
    result = sdg("metadata", "diff", old[:12], other, *home)
    assert result.exit_code == 2
    assert "are of different indicators." in result.output
