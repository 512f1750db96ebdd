"""How often the rules cry over published data: the error rules on at most one observation in a thousand.

Every published UN file in ../shared/data/unsd is judged as UNSD's, and the rate of each rule is printed
(`pytest -s`). Each error that fires stands in `ARGUED` with its reason; a new one fails the test until somebody has
looked at the data. The portal's tables have no status of the observation: the test fills in A, as their map would.
"""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from metadata.findings import FileReport
from pipelines.check import judge
from pipelines.knowledge import Knowledge
from pipelines.read.detect import read_message
from tests.integration.test_aggregates_real import HEADING, converted

pytestmark = pytest.mark.real

AT_MOST = 0.001
ARGUED = {
    ("SHARE-PARTS", "SG_DSR_SILS", "320", "2015"): "Guatemala: 15 of 8 local governments is 187.5, not 100 per cent.",
    ("SERIES-ABOVE", "SG_DSR_SILN", "320", "2015"): "Guatemala: 15 local governments with a strategy, of 8 in all.",
}
"""Rule, series, area and year of every error on published data, and why it is a true one."""


@pytest.fixture(scope="module")
def reports(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[FileReport]:
    release = tmp_path_factory.mktemp("release") / "release-2020-10.csv"
    with release.open("w", encoding="utf-8", newline="") as file:
        made = csv.DictWriter(file, HEADING)
        made.writeheader()
        made.writerows(converted(shared_data / "unsd" / "ddf2020"))
    knowledge = Knowledge.read()
    unsd = knowledge.providers.get("UNSD")
    code_map = unsd.map.model_copy(update={"defaults": {**unsd.map.defaults, "OBS_STATUS": "A"}})
    unsd = unsd.model_copy(update={"map": code_map})
    tables = [path for path in sorted((shared_data / "unsd").iterdir()) if path.suffix in (".csv", ".xlsx")]
    return [
        judge(
            read_message(path), unsd, knowledge.catalogue, knowledge.structure, knowledge.areas,
            path=path.name, sha256="0" * 64, today=date(2026, 6, 1),
        ).report
        for path in (release, *tables)
    ]  # fmt: skip


def test_errors_fire_on_one_observation_in_a_thousand_at_most(reports: list[FileReport]) -> None:
    observations = sum(report.counts.received for report in reports)
    places: Counter[tuple[str, str]] = Counter()
    for report in reports:
        for found in report.findings:
            places[found.severity, found.rule] += found.places
    print(f"\n{observations:,} published observations in {len(reports)} files")
    for (severity, rule), count in sorted(places.items()):
        print(f"{severity:8}{rule:24}{count:>8,}{100 * count / observations:>10.4f} %")
    errors = sum(count for (severity, _), count in places.items() if severity == "error")
    assert observations > 150_000
    assert 0 < errors <= AT_MOST * observations
    assert all(count <= AT_MOST * observations for (severity, _), count in places.items() if severity == "error")


def test_every_error_is_a_true_one(reports: list[FileReport]) -> None:
    fired = set()
    for report in reports:
        for found in (one for one in report.findings if one.severity == "error"):
            assert found.places <= len(found.examples), f"{found.rule} touches more rows than are shown"
            areas = {str(example.series_key).split(".")[3] for example in found.examples}
            years = {example.time_period for example in found.examples}
            series = found.message.split()[1]
            fired |= {(found.rule, series, area, year) for area in areas for year in years}
    assert fired == set(ARGUED)


def test_what_is_held_back_of_the_release(reports: list[FileReport]) -> None:
    """Three of 139,056 rows: the three values of Guatemala 2015, of which nobody can say which is wrong."""
    assert reports[0].counts.received == 139_056
    assert [report.counts.quarantined for report in reports] == [3, 0, 0, 0]
