"""`sdg rules …` as it is typed: the catalogue on a terminal, and proposals from a published warehouse."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import yaml
from click.testing import CliRunner, Result

from metadata.areas import load_areas
from metadata.derive.rules_page import rules_page
from metadata.load import load_catalogue
from metadata.model_depth import YearOnYear, Zero
from metadata.model_series import ValueRange
from metadata.rules import RULES
from metadata.structure import load_structure
from pipelines.cli import main
from tests.unit.warehouse.frames import give, request, row
from warehouse.connect import writer
from warehouse.report import publish, write_metadata
from warehouse.settings import Settings


def sdg(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def as_wide(result: Result) -> int:
    return max(map(len, result.output.splitlines()))


def test_every_rule_is_listed_with_severity_and_sentence() -> None:
    listed = sdg("rules", "list")
    assert listed.exit_code == 0
    for rule in RULES.values():
        assert f"  {rule.id} ({rule.severity})" in listed.output
    assert as_wide(listed) <= 80
    history = sdg("rules", "list", "--level", "history")
    assert "HISTORY-DECIMAL (error)" in history.output
    assert "CODE-UNKNOWN" not in history.output


def test_the_list_as_json_and_as_the_page() -> None:
    assert sdg("rules", "list", "--format", "markdown").output == rules_page()
    found = json.loads(sdg("rules", "list", "--format", "json", "--level", "set").output)
    assert {one["level"] for one in found} == {"set"}
    assert set(found[0]) == {"id", "severity", "level", "effect", "sentence", "hint", "variants", "evidence"}
    assert len(json.loads(sdg("rules", "list", "--format", "json").output)) == len(RULES)


def test_one_rule_with_all_that_is_known_of_it() -> None:
    shown = sdg("rules", "show", "history-zero")
    assert shown.exit_code == 0
    assert shown.output.startswith("HISTORY-ZERO: warning, level history; says so, and changes nothing\n")
    for part in ("Says (missing)", "How to mend", "Evidence", "7 of 1,456 values"):
        assert part in shown.output
    assert as_wide(shown) <= 80
    unknown = sdg("rules", "show", "HISTORY-ZEROS")
    assert unknown.exit_code == 2
    assert 'There is no rule "HISTORY-ZEROS". Nearest: HISTORY-ZERO' in unknown.output


# ----------------------------------------------------------------------------------------------- calibration

YEARS = range(2000, 2024)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published warehouse: two areas, 24 years, values that grow by 10 per cent; one jump, one zero, one revision."""
    settings = Settings.load(tmp_path_factory.mktemp("state")).ensure()
    grown = {
        area: [row(str(year), round(100 * 1.1 ** (year - 2000), 6), ref_area=area) for year in YEARS]
        for area in ("417", "404")
    }
    rows = [*grown["417"], *grown["404"]]
    rows[5] = row("2005", 9000.0, ref_area="417")
    rows[23] = row("2023", 0.0, ref_area="417")
    rows.append(row("2020", 7.0, ref_area="1"))
    shares = [row("2020", 107.0, series="SG_HAZ_CMRBASEL", unit_measure="PT"), row("2015", 12.0, unit_mult=3, sex="F")]
    revised = row("2001", 220.0, ref_area="404")
    catalogue = load_catalogue()
    versions = {number: catalogue.version(number) for number in catalogue.indicators}
    parts = {"_T": 30.0, "WT_LANDFIL": 10.0, "WT_RECYCL": 25.0}
    shares += [row("2020", value, series="EN_HAZ_TREATV", unit_measure="T", composite_breakdown=code)
               for code, value in parts.items()]  # fmt: skip
    with writer(settings, "test") as warehouse:
        write_metadata(warehouse, catalogue, load_structure(), load_areas(), now=datetime.now(UTC))
        give(warehouse, request(1, [*rows, *shares], kept=[row("2019", None)], metadata_versions=versions))
        give(warehouse, request(2, [revised], metadata_versions=versions))
        publish(settings, warehouse)
    return settings.home


def test_a_proposal_on_a_terminal(home: Path) -> None:
    shown = sdg("rules", "calibrate", "--home", home, "--series", "EN_HAZ_PCAP")
    assert shown.exit_code == 0
    assert as_wide(shown) <= 80
    text = " ".join(shown.output.split())
    assert "for 1 series from KGZ; published copy with load 2 of" in text
    assert "EN_HAZ_PCAP (12.4.2)" in text
    assert "values 49 of 2 areas, 2000 to 2023: 0 to 9000, 1 zero" in text
    assert "year on year 99.51 % (95th percentile of 46 pairs); declared 139.4 %" in text
    assert "revisions 1 value, 95th percentile 100 %" in text
    assert "HISTORY-CHANGE 2 of 46 (4.3 %)" in text
    assert "HISTORY-REVISION 0 of 1 (0.0 %)" in text
    assert "UNIT-OTHER 1 row kept back" in text
    assert "proposed too zero" in text
    assert "Nothing was changed." in text


def test_the_percentile_is_that_of_a_second_computation(home: Path) -> None:
    """By hand: 43 pairs grow by a tenth; the jump up, the jump down, the fall to nothing, and the revised year."""
    changes = [
        abs(9000 / 146.41 - 1), abs(177.1561 / 9000 - 1), 1.0, abs(220 / 100 - 1), abs(121 / 220 - 1),
        *([0.1] * 41),
    ]  # fmt: skip
    expected = pl.Series(changes).quantile(0.95, "linear")
    found = json.loads(sdg("rules", "calibrate", "--home", home, "--format", "json").output)
    [one] = [series for series in found["series"] if series["code"] == "EN_HAZ_PCAP"]
    assert one["measured"]["pairs"] == len(changes)
    assert one["change"] == pytest.approx(100 * float(expected or 0), rel=1e-3)


def test_a_proposal_in_yaml_may_be_pasted_into_the_declaration(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "proposal.yaml"
    done = sdg("rules", "calibrate", "--home", home, "--provider", "KGZ", "--out", out)
    assert done.output == f"Proposal for 3 series written to {out}. Nothing else was changed.\n"
    text = out.read_text(encoding="utf-8")
    assert text.startswith("# PROPOSAL of ")
    assert "nothing in indicators/ was changed" in text
    found = yaml.safe_load(text)
    assert found["proposal"]["providers"] == ["KGZ"]
    assert found["proposal"]["data"].startswith("published copy with load 2 of ")
    by_code = {one["code"]: one for one in found["series"]}
    waste, basel = by_code["EN_HAZ_PCAP"], by_code["SG_HAZ_CMRBASEL"]
    assert waste["file"] == "indicators/goal12/12.4.2.yaml"
    pasted = YearOnYear.model_validate(waste["propose"]["year_on_year"])
    assert (pasted.threshold, pasted.percentile, pasted.pairs) == (99.51, 95, 46)
    assert pasted.evidence.startswith("Proposal of ")
    assert "2 areas, changes of 2001 to 2023" in pasted.evidence
    assert waste["declared"]["year_on_year"]["threshold"] == 139.4
    assert Zero.model_validate(waste["propose"]["zero"]).policy == "value"
    [identity] = by_code["EN_HAZ_TREATV"]["identities"]
    assert identity == {"identity": 1, "kind": "total_of_parts", "held": 0, "of": 1}  # 10 and 25 are above 30
    limits = ValueRange.model_validate(basel["propose"]["value"])
    assert (limits.maximum, limits.severity) == (100, "warning")
    assert "1 of 1 values outside, from 107 to 107" in str(limits.note)
    assert "year_on_year" not in basel["propose"]


def test_what_cannot_be_calibrated_is_said(home: Path, tmp_path: Path) -> None:
    nothing = sdg("rules", "calibrate", "--home", tmp_path)
    assert (nothing.exit_code, "Nothing is published yet" in nothing.output) == (2, True)
    unknown = sdg("rules", "calibrate", "--home", home, "--series", "EN_HAZ_PCAPS")
    assert unknown.exit_code == 2
    assert 'There is no series "EN_HAZ_PCAPS"' in unknown.output
    assert sdg("rules", "calibrate", "--home", home, "--provider", "XXX").exit_code == 2
    none = sdg("rules", "calibrate", "--home", home, "--provider", "RWA")
    assert none.exit_code == 0
    assert "for 0 series from no provider; published copy with nothing loaded" in " ".join(none.output.split())
