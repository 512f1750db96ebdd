"""Real vintages, loaded oldest first: what core must hold after each, by a second and independent reading.

The reading here shares no code with the project: it parses the published files with xml.etree, takes the official
structure and the two national habits that matter from the files themselves, and keeps its own dictionary of what
should be current. After every load the project's counts and tables must be the same.
"""

from __future__ import annotations

import csv
import re
import shutil
import xml.etree.ElementTree as ET
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

DIMENSIONS = (
    "FREQ", "REPORTING_TYPE", "SERIES", "REF_AREA", "SEX", "AGE", "URBANISATION", "INCOME_WEALTH_QUANTILE",
    "EDUCATION_LEV", "OCCUPATION", "CUST_BREAKDOWN", "COMPOSITE_BREAKDOWN", "DISABILITY_STATUS", "ACTIVITY", "PRODUCT",
)  # fmt: skip
NO_ATTRIBUTE = {*DIMENSIONS, "TIME_PERIOD", "OBS_VALUE", "DATA_LAST_UPDATE"}
STRUCTURE = "{http://www.sdmx.org/resources/sdmxml/schemas/v2_1/structure}"
COMMON = "{http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common}"
OWN_AREA = {"KG": "417", "RW": "646", "KE": "404"}
Key = tuple[str, ...]


@dataclass
class Reading:
    """What the official structure says, read without the project's code."""

    indicators: dict[str, set[str]]
    codes: dict[str, set[str]]
    units: dict[str, str]

    def ours(self, series: str) -> set[str]:
        return {i for i in self.indicators.get(series, ()) if i.startswith(("12.", "13."))}


@pytest.fixture(scope="module")
def reading(shared_data: Path) -> Reading:
    root = ET.parse(shared_data / "structures" / "IAEG-SDGs_SDG_1.14.dsd.xml").getroot()
    indicators: dict[str, set[str]] = {}
    codes: dict[str, set[str]] = {}
    for codelist in root.iter(f"{STRUCTURE}Codelist"):
        codes[codelist.get("id", "")] = {code.get("id", "") for code in codelist.findall(f"{STRUCTURE}Code")}
        if codelist.get("id") == "CL_SERIES":
            for code in codelist.findall(f"{STRUCTURE}Code"):
                indicators[code.get("id", "")] = {
                    (a.findtext(f"{COMMON}AnnotationText") or "").strip()
                    for a in code.iter(f"{COMMON}Annotation")
                    if a.findtext(f"{COMMON}AnnotationType") == "Indicator"
                }
    units = {}
    with (shared_data.parent / "indicators_12_13.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            units[row["series"]] = row["unit_sdmx"]
            indicators.setdefault(row["series"], set()).add(row["indicator"])
    return Reading(indicators, codes, units)


@dataclass
class Shelf:
    """What should be current for one provider, kept by the independent reading."""

    current: dict[Key, tuple[float | None, tuple[tuple[str, str], ...]]] = field(default_factory=dict)
    ever: set[tuple[Key, float | None]] = field(default_factory=set)


@dataclass
class Expected:
    received: int = 0
    out_of_scope: int = 0
    quarantined: int = 0
    duplicate: int = 0
    new: int = 0
    value_revised: int = 0
    attributes_revised: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    hold: bool = False


def observations(path: Path) -> list[dict[str, str]]:
    rows = []
    for series in ET.parse(path).getroot().iter("Series"):
        rows += [{**series.attrib, **obs.attrib} for obs in series]
    return rows


def expect(path: Path, reading: Reading, shelf: Shelf, replaces: str) -> Expected:  # noqa: C901 - one story
    """Say what loading this file must do, and do it to the shelf."""
    out = Expected()
    keys: dict[Key, list[tuple[float | None, tuple[tuple[str, str], ...]]]] = defaultdict(list)
    received_keys: set[Key] = set()
    touched: set[str] = set()
    for row in observations(path):
        out.received += 1
        series = row["SERIES"]
        known = series in reading.indicators
        if series.startswith("_L_") or (known and not reading.ours(series)):
            out.out_of_scope += 1
            continue
        if not known:
            out.quarantined += 1
            continue
        touched |= reading.ours(series)
        if row["REF_AREA"] not in OWN_AREA:
            out.out_of_scope += 1
            continue
        row["REF_AREA"] = OWN_AREA[row["REF_AREA"]]
        row["REPORTING_TYPE"] = "N"
        key = (*(row[d] for d in DIMENSIONS), row["TIME_PERIOD"])
        received_keys.add(key)
        fits = (
            row["UNIT_MEASURE"] == reading.units.get(series)
            and row["COMPOSITE_BREAKDOWN"] in reading.codes["CL_COMP_BREAKDOWN"]
            and re.fullmatch(r"\d{4}", row["TIME_PERIOD"])
            and not (series == "SG_DSR_SILS" and float(row["OBS_VALUE"]) > 100)  # a share of local governments
        )
        if not fits:
            out.quarantined += 1
            continue
        attributes = tuple(sorted((k, v) for k, v in row.items() if k not in NO_ATTRIBUTE))
        keys[key].append((float(row["OBS_VALUE"]), attributes))
    accepted = {}
    for key, versions in keys.items():
        if len(set(versions)) == 1:
            accepted[key] = versions[0]
            out.duplicate += len(versions) - 1
        else:
            out.quarantined += len(versions)
    in_scope = {
        key for key in shelf.current
        if replaces == "provider" or reading.ours(key[2]) & touched
    }
    gone = in_scope - received_keys
    if len(gone) >= 5 and len(gone) > 0.2 * len(in_scope):
        out.hold = True
    for key, (value, attributes) in accepted.items():
        if key not in shelf.current:
            out.new += 1
        elif shelf.current[key][0] != value:
            out.value_revised += 1
        elif shelf.current[key][1] != attributes:
            out.attributes_revised += 1
        else:
            out.unchanged += 1
        shelf.current[key] = (value, attributes)
        shelf.ever.add((key, value))
    for key in gone:
        del shelf.current[key]
    out.withdrawn = len(gone)
    return out


VINTAGES = {
    "KGZ": (
        "indicator",
        [
            "KG_12.4.2_2019-10-15.xml", "KG_13.1.1_2019-10-15.xml", "KG_12.4.2_2021-01-18.xml",
            "KG_13.1.1_2021-01-21.xml", "KG_13.1.1_2021-10-01.xml", "KG_12.4.2_2021-12-07.xml",
            "KG_13.1.1_2022-08-15.xml", "KG_12.4.2_2022-08-15.xml", "KG_12.4.2_2023-08-24.xml",
            "KG_13.1.1_2023-08-24.xml", "KG_12.4.2_2024-08-16.xml", "KG_12.4.2_2025-07-23.xml",
            "KG_1.5.4.xml", "KG_7.b.1.1.xml", "KG_6.4.1.1.xml",
        ],
    ),
    "RWA": ("provider", ["RWA-SDG_Data_2025-11-27.xml", "RWA-SDG_Data_2026-02-04.xml"]),
    "KEN": ("nothing", ["KE1.xml"]),
}  # fmt: skip


@pytest.mark.parametrize("provider", sorted(VINTAGES))
def test_vintages_loaded_oldest_first(provider: str, shared_data: Path, sdg_home: Path, reading: Reading) -> None:
    from pipelines.arrivals import incoming_file
    from pipelines.deliver import submit
    from pipelines.knowledge import Knowledge
    from pipelines.publication import bring_up_to_date
    from warehouse.connect import reader, writer
    from warehouse.ledger import Ledger
    from warehouse.settings import Settings

    replaces, names = VINTAGES[provider]
    settings = Settings.load().ensure()
    knowledge = Knowledge.read()
    shelf = Shelf()
    columns = ", ".join((*(d.lower() for d in DIMENSIONS), "time_period"))
    with Ledger.open(settings) as ledger:
        for name in names:
            incoming = incoming_file(shared_data / "sdmx" / name, provider, channel="submit")
            expected = expect(incoming.path, reading, shelf, replaces)

            report = submit(incoming, settings, ledger, knowledge)
            if expected.hold:
                assert report.decision == "hold", name
                assert {f.rule for f in report.findings} >= {"WITHDRAWAL-LARGE"}
                report = submit(incoming, settings, ledger, knowledge, confirm_withdrawal=True)

            found = {k: v for k, v in report.counts.to_dict().items() if k not in ("rejected", "dropped")}
            wanted = {k: getattr(expected, k) for k in found}
            assert found == wanted, f"{name}: {[(f.rule, f.places, f.message) for f in report.findings]}"
            assert report.counts.balanced()
            if expected.quarantined:
                assert any(f.severity in ("error", "warning") for f in report.findings), name

            with writer(settings, "test") as warehouse:
                rows = warehouse.connection.execute(
                    f"select {columns}, obs_value from core.observation where provider = ?", [provider]
                ).fetchall()
                history = warehouse.connection.execute(
                    f"select {columns}, obs_value from core.observation_history where provider = ?", [provider]
                ).fetchall()
                kept = warehouse.connection.execute(
                    "select count(*) from core.quarantine where delivery_id = ?", [report.delivery_id]
                ).fetchall()[0][0]
            assert {r[:-1]: r[-1] for r in rows} == {k: v[0] for k, v in shelf.current.items()}, name
            assert len(rows) == len(shelf.current)
            assert {(r[:-1], r[-1]) for r in history} == shelf.ever, name
            assert kept == expected.quarantined

            before = len(history)
            again = submit(incoming, settings, ledger, knowledge)
            assert again.decision == "already_received"
            with writer(settings, "test") as warehouse:
                after = warehouse.connection.execute(
                    "select count(*) from core.observation_history where provider = ?", [provider]
                ).fetchall()[0][0]
            assert after == before

    bring_up_to_date(settings, knowledge, purpose="test")
    with reader(settings) as connection:
        reported = connection.execute(
            "select count(distinct (series, ref_area, sex, composite_breakdown, time_period)) "
            "from report.indicator_observation where provider = ?", [provider]
        ).fetchall()[0][0]  # fmt: skip
    assert reported == len({(k[2], k[3], k[4], k[11], k[15]) for k in shelf.current})


@pytest.mark.parametrize("provider", ["KGZ", "RWA"])
def test_the_difference_of_two_vintages_is_that_of_the_files(
    provider: str, shared_data: Path, sdg_home: Path, reading: Reading, tmp_path: Path
) -> None:
    """What `sdg diff` says after each vintage, against the second reading's keys and values."""
    from pipelines.arrivals import incoming_file
    from pipelines.deliver import submit
    from pipelines.knowledge import Knowledge
    from warehouse.ledger import Ledger
    from warehouse.release_diff import differences
    from warehouse.settings import Settings

    replaces, names = VINTAGES[provider]
    settings = Settings.load().ensure()
    knowledge = Knowledge.read()
    shelf, held = Shelf(), None
    columns = (*(d.lower() for d in DIMENSIONS), "time_period")
    others = {"attributes_revised", "unit_changed", "nature_changed", "base_year_changed"}
    compared = 0
    for number, name in enumerate(names):
        before = dict(shelf.current)
        incoming = incoming_file(shared_data / "sdmx" / name, provider, channel="submit")
        expect(incoming.path, reading, shelf, replaces)
        with Ledger.open(settings) as ledger:
            submit(incoming, settings, ledger, knowledge, confirm_withdrawal=True)
        former, held = held, shutil.copyfile(settings.warehouse, tmp_path / f"{number}.duckdb")
        if former is None:
            continue
        found: dict[str, set[Key]] = defaultdict(set)
        for row in differences(settings, ("before", former), ("after", held)).to_dicts():
            if row["provider"]:
                found["other" if row["kind"] in others else row["kind"]].add(tuple(row[c] for c in columns))
        after = shelf.current
        both = before.keys() & after.keys()
        wanted = {
            "key_added": after.keys() - before.keys(),
            "key_removed": before.keys() - after.keys(),
            "value_revised": {key for key in both if before[key][0] != after[key][0]},
            "other": {key for key in both if before[key][1] != after[key][1]},
        }
        assert {kind: set(keys) for kind, keys in found.items()} == {k: set(v) for k, v in wanted.items() if v}, name
        compared += sum(map(len, wanted.values()))
    assert compared > 20


def test_the_counts_that_were_measured_by_hand(shared_data: Path, reading: Reading) -> None:
    """The independent reading itself is held against figures that people counted in the files."""
    shelf = Shelf()
    folder = shared_data / "sdmx"
    first = expect(folder / "RWA-SDG_Data_2025-11-27.xml", reading, shelf, "provider")
    assert (first.received, first.new) == (2146, 18)
    second = expect(folder / "RWA-SDG_Data_2026-02-04.xml", reading, shelf, "provider")
    assert second.received == 2218
    assert second.new + second.value_revised + second.attributes_revised + second.unchanged == 9 + 9 + 7
    assert second.withdrawn == 0

    kyrgyz = expect(folder / "KG_12.4.2_2025-07-23.xml", reading, Shelf(), "indicator")
    assert (kyrgyz.received, kyrgyz.quarantined, kyrgyz.new) == (28, 18, 10)
    disasters = expect(folder / "KG_13.1.1_2021-01-21.xml", reading, Shelf(), "indicator")
    assert (disasters.received, disasters.out_of_scope) == (268, 229)


def test_rwanda_february_2026_against_november_2025(shared_data: Path, reading: Reading) -> None:
    """In scope, by key, unit apart: 11 keys came, none went, 25 changed their value."""
    before, after = (
        {
            (*(row[d] for d in DIMENSIONS), row["TIME_PERIOD"]): float(row["OBS_VALUE"])
            for row in observations(shared_data / "sdmx" / name)
            if reading.ours(row["SERIES"])
        }
        for name in ("RWA-SDG_Data_2025-11-27.xml", "RWA-SDG_Data_2026-02-04.xml")
    )
    assert len(after) == 80
    assert len(after.keys() - before.keys()) == 11
    assert not before.keys() - after.keys()
    assert sum(before[key] != after[key] for key in before) == 25


def test_now_is_after_the_files(shared_data: Path) -> None:
    """The vintages are ordered by when they were prepared, not by when they were copied here."""
    from pipelines.arrivals import incoming_file

    prepared = [
        incoming_file(shared_data / "sdmx" / name, "KGZ", channel="folder").prepared
        for name in VINTAGES["KGZ"][1][:12]
    ]
    assert prepared == sorted(prepared)
    assert prepared[-1] == datetime(2025, 7, 23, tzinfo=UTC)
