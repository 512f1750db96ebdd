"""What the data officer's commands say to programs is what the pages say to people."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from metadata.content_rules import RULES as CONTENT_RULES
from metadata.load import INDICATORS, load_catalogue
from metadata.rules import RULES
from metadata.structure import load_structure
from pipelines.cli import main
from pipelines.show_rules import as_dict


def said(*arguments: object, code: int = 0) -> Any:
    result = CliRunner().invoke(main, [*map(str, arguments), "--format", "json"], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_lint_without_a_complaint() -> None:
    found = said("metadata", "lint")
    assert found == {"valid": True, "indicators": 21, "providers": 4, "findings": []}


def test_lint_has_complaints_and_remarks_with_their_places(tmp_path: Path) -> None:
    drafts = tmp_path / "indicators"
    shutil.copytree(INDICATORS, drafts)
    for number, old, new in (
        ("12.4.2", 'unit_measure: ["KG"]', 'unit_measure: ["T"]'),
        ("12.5.1", 'unit_measure: ["PT"]', 'unit_measure: ["PTT"]'),
    ):
        path = drafts / "goal12" / f"{number}.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = said("metadata", "lint", drafts, code=1)
    assert (found["valid"], found["providers"]) == (False, None)
    complaint = found["findings"][0]
    assert (complaint["rule"], complaint["severity"]) == (None, "error")
    assert complaint["message"] == '"PTT" is not a code of CL_UNIT_MEASURE (UNIT_MEASURE).'
    assert complaint["where"] == "indicators/goal12/12.5.1.yaml:73:20"
    assert complaint["hint"]
    remark = next(one for one in found["findings"] if one["about"] == "EN_HAZ_PCAP")
    assert (remark["rule"], remark["severity"]) == ("UNIT-NAME", "error")
    assert list(complaint) == list(remark)


def test_a_warning_alone_leaves_the_declarations_valid(tmp_path: Path) -> None:
    drafts = tmp_path / "indicators"
    shutil.copytree(INDICATORS, drafts)
    path = drafts / "goal12" / "12.4.2.yaml"
    waiver = 'waivers:\n  - {rule: STALE, reason: "r", date: "2026-11-22"}\nseries:\n'
    path.write_text(path.read_text(encoding="utf-8").replace("series:\n", waiver, 1), encoding="utf-8")
    found = said("metadata", "lint", drafts)
    assert found["valid"] is True
    assert [(one["rule"], one["severity"]) for one in found["findings"]] == [("WAIVER-UNUSED", "warning")]


def test_the_rules_of_lint() -> None:
    rules = said("metadata", "lint", "--rules")
    assert [rule["id"] for rule in rules] == list(CONTENT_RULES)
    assert all(rule["says"] and rule["severity"] in ("error", "warning") for rule in rules)


@pytest.mark.parametrize("number", ["12.4.2", "12.2.1", "12.8.1"])
def test_an_indicator_has_its_declaration_and_every_series_it_serves(number: str) -> None:
    catalogue = load_catalogue()
    found = said("metadata", "show", number)
    assert (found["number"], found["version"]) == (number, catalogue.version(number))
    assert found["titles"]["en"] == catalogue.indicators[number].titles["en"]
    served = [code for code, serves in catalogue.bridge if serves == number]
    assert [series["code"] for series in found["series"]] == served
    for series in found["series"]:
        assert series == catalogue.series[series["code"]].model_dump(mode="json")
        assert series["unit_measure"]


def test_the_texts_are_those_of_the_page() -> None:
    page = CliRunner().invoke(main, ["metadata", "show", "12.4.2", "--lang", "fr"]).output
    found = said("metadata", "show", "12.4.2", "--lang", "fr")
    assert found["language"] == "fr"
    for one in found["reference_metadata"]:
        assert " ".join(str(one["label"]).split()) in " ".join(page.split())
    known = {one["concept"]: one for one in found["reference_metadata"]}
    assert "CONTACT_NAME" not in known, "what is never kept is not shown"
    assert known["SDG_TARGET"]["source"] is None, "it follows from the declaration"
    assert known["STAT_CONC_DEF"]["status"] == "known"


def test_one_concept_with_its_source() -> None:
    found = said("metadata", "show", "12.4.2", "--concept", "stat_conc_def")
    assert (found["number"], found["concept"], found["language"]) == ("12.4.2", "STAT_CONC_DEF", "en")
    assert found["text"].startswith("The indicator covers hazardous waste")
    assert found["source_date"] == "2023-01-24"
    assert said("metadata", "show", "12.4.2", "--concept", "CONTACT")["text"] is None


def test_the_structure_and_its_codes() -> None:
    structure = load_structure()
    found = said("structure", "show")
    assert (found["agency"], found["id"], found["version"]) == ("IAEG-SDGs", "SDG", structure.version)
    assert tuple(one["column"] for one in found["components"]) == structure.columns
    sex = said("structure", "show", "sex")
    assert sex["component"] == next(one for one in found["components"] if one["id"] == "SEX")
    assert [code["id"] for code in sex["codes"]][:3] == ["_T", "F", "M"]
    assert len(sex["codes"]) == sex["component"]["codelist"]["codes"]
    value = said("structure", "show", "OBS_VALUE")
    assert (value["component"]["codelist"], value["codes"]) == (None, [])


@pytest.mark.parametrize("rule", ["KEY-EQUAL", "history-decimal"])
def test_a_rule(rule: str) -> None:
    assert said("rules", "show", rule) == as_dict(RULES[rule.upper()])
