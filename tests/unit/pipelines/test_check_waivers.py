"""Waivers let rows through and stay visible; a series' own severity goes before the rule's; both name real rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from metadata.errors import SdgError
from metadata.findings import Finding
from metadata.load import Catalogue, load_catalogue, read_catalogue
from metadata.model_depth import RuleSetting
from metadata.rules import RULES, settable, waivable
from metadata.structure import load_structure
from pipelines.check import Judgement
from pipelines.provider import Provider, load_provider

JudgeRows = Callable[..., Judgement]
Office = Callable[..., Provider]
WAIVER = {
    "rule": "VALUE-RANGE", "series": ["SG_DSR_SILS"], "areas": ["417"], "periods": ["2018"],
    "reason": "Counts of 2018 are being mended.", "who": "A. Officer", "until": "2026-12-31",
}  # fmt: skip
SHARES = [
    {"series": "SG_DSR_SILS", "unit_measure": "PT", "time_period": year, "obs_value": value}
    for year, value in (("2018", "345"), ("2019", "355"), ("2020", "99"))
]


def by_rule(judgement: Judgement) -> dict[str, Finding]:
    return {found.rule: found for found in judgement.report.findings}


def test_what_is_waived_is_loaded_and_stays_visible(judged: JudgeRows, office: Office) -> None:
    result = judged(*SHARES, provider=office(waivers=[WAIVER]))
    found = by_rule(result)
    assert (found["WAIVED"].severity, found["WAIVED"].places) == ("info", 1)
    assert found["WAIVED"].message == (
        "OBS_VALUE: series SG_DSR_SILS is outside 0 to 100 in 1 row, for example 345. Waived until 2026-12-31 by "
        "A. Officer (rule VALUE-RANGE): Counts of 2018 are being mended."
    )
    assert [example.line for example in found["WAIVED"].examples] == [10]
    assert (found["VALUE-RANGE"].severity, found["VALUE-RANGE"].places) == ("error", 1)
    assert found["VALUE-RANGE"].message.endswith("in 1 row, for example 355.")
    assert result.staged["time_period"].to_list() == ["2018", "2020"]


def test_a_waiver_that_ended_does_nothing_and_says_so(judged: JudgeRows, office: Office) -> None:
    result = judged(*SHARES, provider=office(waivers=[WAIVER | {"until": "2026-05-31"}]))
    found = by_rule(result)
    assert found["WAIVER-EXPIRED"].severity == "warning"
    assert found["WAIVER-EXPIRED"].message == (
        "A waiver of rule VALUE-RANGE would fit 1 row, but it ended on 2026-05-31 (A. Officer)."
    )
    assert "WAIVED" not in found
    assert result.staged["time_period"].to_list() == ["2020"]
    still = judged(*SHARES, provider=office(waivers=[WAIVER | {"until": "2026-05-31"}, WAIVER]))
    assert "WAIVER-EXPIRED" not in by_rule(still)
    assert "WAIVED" in by_rule(still)


def test_a_waiver_on_its_last_day_and_one_for_everything(judged: JudgeRows, office: Office) -> None:
    whole = {name: WAIVER[name] for name in ("rule", "reason", "who")} | {"until": "2026-06-01"}
    result = judged(*SHARES, provider=office(waivers=[whole]))
    assert [(found.rule, found.places) for found in result.report.findings] == [("WAIVED", 2)]
    assert result.report.decision == "load"


def test_a_waived_identity_speaks_of_its_own_cases(judged: JudgeRows, office: Office) -> None:
    waiver = WAIVER | {"rule": "SERIES-ABOVE", "series": ["SG_DSR_SILN"]}
    rows = [
        {"series": series, "unit_measure": "NUMBER", "time_period": year, "obs_value": value}
        for year in ("2018", "2019")
        for series, value in (("SG_DSR_SILN", "15"), ("SG_GOV_LOGV", "8"))
    ]
    found = by_rule(result := judged(*rows, provider=office(waivers=[waiver])))
    assert "in 1 case (2 rows), for example Kyrgyzstan 2018: 15 against 8. Waived" in found["WAIVED"].message
    assert found["SERIES-ABOVE"].message.endswith("in 1 case (2 rows), for example Kyrgyzstan 2019: 15 against 8.")
    assert set(result.staged["time_period"]) == {"2018"}


def with_severity(severity: str) -> Catalogue:
    catalogue = load_catalogue()
    rule = {"rule": "VALUE-RANGE", "severity": severity, "reason": "r", "date": "2026-11-22"}
    series = catalogue.series["SG_DSR_SILS"].model_copy(update={"rules": (RuleSetting.model_validate(rule),)})
    return replace(catalogue, series={**catalogue.series, "SG_DSR_SILS": series})


def test_a_series_severity_goes_before_the_rule_s(judged: JudgeRows) -> None:
    result = judged(*SHARES, {"obs_value": "-5"}, catalogue=with_severity("info"))
    assert [(found.severity, found.places) for found in result.report.findings] == [("error", 1), ("info", 2)]
    assert result.staged.height == 3


def test_what_cannot_be_loaded_cannot_be_waived() -> None:
    assert waivable("VALUE-RANGE")
    assert waivable("TOTAL-PARTS")
    for rule in ("CODE-UNKNOWN", "KEY-UNEQUAL", "UNIT-OTHER", "VALUE-NOT-NUMBER", "MESSAGE-EMPTY", "MAP-QUARANTINE"):
        assert not waivable(rule)
    assert not settable("SCOPE-OTHER-GOAL")
    assert all(RULES[rule].effect in ("quarantine", "note") for rule in RULES if waivable(rule))


PROVIDER = """
name: Office of Norway
kind: office
areas: ["578"]
language: "no"
channel: {type: folder}
"""
PLAIN = 'waivers:\n  - {rule: VALUE-RANGE, reason: A good reason., who: A. Officer, until: "2027-06-30"}\n'


def provider_with(folder: Path, waivers: str) -> Provider:
    (folder / "NOR.yaml").write_text(PROVIDER, encoding="utf-8")
    (folder / "NOR.waivers.yaml").write_text(waivers, encoding="utf-8")
    return load_provider(folder / "NOR.yaml", load_structure())


def test_waivers_stand_beside_the_provider_and_make_a_version(tmp_path: Path, office: Office) -> None:
    [waiver] = provider_with(tmp_path, PLAIN).waivers
    assert (waiver.rule, waiver.until.isoformat()) == ("VALUE-RANGE", "2027-06-30")
    assert office().map_version == office(waivers=[]).map_version
    assert office().map_version != office(waivers=[WAIVER]).map_version


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("VALUE-RANGE", "VALUE-RANGES", "There is no rule VALUE-RANGES in the catalogue of rules."),
        ("VALUE-RANGE", "CODE-UNKNOWN", "The rule CODE-UNKNOWN cannot be waived: its rows could not be loaded."),
        ("VALUE-RANGE,", 'VALUE-RANGE, series: ["EN_HAZ_PCAPP"],', '"EN_HAZ_PCAPP" is not a code of the global list'),
        ("VALUE-RANGE,", 'VALUE-RANGE, areas: ["999999"],', '"999999" is not a code of the global list of REF_AREA.'),
        ("2027-06-30", "soon", '"soon" is not a day such as "2027-06-30".'),
        ("2027-06-30", "2027", '"2027" is not a day such as "2027-06-30".'),
    ],
)
def test_a_waiver_that_is_refused(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    with pytest.raises(SdgError) as caught:
        provider_with(tmp_path, PLAIN.replace(old, new))
    assert sentence in str(caught.value)
    assert "NOR.waivers.yaml:2" in str(caught.value)


SETTING = '    rules:\n      - {{rule: "{rule}", {what}, reason: "r", date: "2026-11-22"}}\n'


@pytest.mark.parametrize(
    ("rule", "what", "sentence"),
    [
        ("SERIES-GAPS", "severity: info", "There is no rule SERIES-GAPS in the catalogue of rules."),
        ("MESSAGE-EMPTY", "severity: info", "The severity of MESSAGE-EMPTY cannot be set for a series."),
        ("VALUE-RANGE", "threshold: 3", "The rule VALUE-RANGE has no threshold."),
        ("SERIES-GAP", "threshold: 3", None),
    ],
)
def test_settings_of_a_series(tmp_path: Path, project_root: Path, rule: str, what: str, sentence: str | None) -> None:
    said = _complaints(tmp_path, project_root, SETTING.format(rule=rule, what=what))
    assert said == [] if sentence is None else [sentence in said[0]] == [True]


def test_a_setting_stands_once(tmp_path: Path, project_root: Path) -> None:
    line = '      - {rule: "SERIES-GAP", severity: info, reason: "r", date: "2026-11-22"}\n'
    [said] = _complaints(tmp_path, project_root, "    rules:\n" + line * 2)
    assert "EN_HAZ_GENV sets the rule SERIES-GAP twice." in said


def test_a_setting_that_sets_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="The setting of SERIES-GAP has neither a severity nor a threshold"):
        RuleSetting.model_validate({"rule": "SERIES-GAP", "reason": "r", "date": "2026-11-22"})


def _complaints(folder: Path, root: Path, setting: str) -> list[str]:
    import shutil

    copy = folder / "indicators"
    shutil.copytree(root / "indicators", copy)
    path = copy / "goal12" / "12.4.2.yaml"
    text = path.read_text(encoding="utf-8")
    marker = '    source: "UNSD release 2020-10: 768 values of 95 areas'
    assert text.count(marker) == 1
    path.write_text(text.replace(marker, setting + marker), encoding="utf-8")
    return [str(complaint) for complaint in read_catalogue(copy).complaints]
