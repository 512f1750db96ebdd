"""A large delivery is judged a part of its series after the other, and what is said is what is said of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from metadata.errors import SdgError
from metadata.findings import FileReport
from metadata.load import load_catalogue
from pipelines import by_series
from pipelines.arrivals import Incoming
from pipelines.by_series import bound_series, in_parts
from pipelines.deliver import judge_delivery, land, submit
from pipelines.knowledge import Knowledge
from warehouse.connect import reader, writer
from warehouse.ledger import Ledger
from warehouse.report import publish
from warehouse.settings import Settings

HEAD = (
    "FREQ,REPORTING_TYPE,SERIES,REF_AREA,SEX,AGE,URBANISATION,INCOME_WEALTH_QUANTILE,EDUCATION_LEV,OCCUPATION,"
    "CUST_BREAKDOWN,COMPOSITE_BREAKDOWN,DISABILITY_STATUS,ACTIVITY,PRODUCT,TIME_PERIOD,OBS_VALUE,OBS_STATUS,"
    "UNIT_MULT,UNIT_MEASURE,NATURE"
)
UNIT = "T"


def frame(**rows: int) -> pl.DataFrame:
    codes = [code for code, count in rows.items() for _ in range(count)]
    return pl.DataFrame({"series": codes}, schema={"series": pl.Categorical})


def test_a_frame_of_few_rows_is_one_part() -> None:
    assert list(in_parts(frame(A=3, B=2), size=5)) == [None]


@pytest.mark.parametrize(
    ("size", "bound", "parts"),
    [
        (4, (), [["A"], ["B", "C"], ["D"]]),
        (1, (), [["A"], ["B"], ["C"], ["D"]]),
        (4, (("A", "D"),), [["A", "D"], ["B", "C"]]),
        (4, (("A", "X"), ("X", "C"), ("B", "D")), [["A", "C"], ["B", "D"]]),
    ],
)
def test_parts_are_whole_series_and_what_is_bound_stays_together(
    size: int, bound: tuple[tuple[str, ...], ...], parts: list[list[str]]
) -> None:
    assert list(in_parts(frame(D=1, A=3, B=2, C=2), bound, size=size)) == parts


def test_series_of_an_identity_are_bound() -> None:
    catalogue = load_catalogue()
    named = {code for together in bound_series(catalogue) for code in together}
    assert named
    assert named <= set(catalogue.series)


# ----------------------------------------------------------------------------------------- on the way of a delivery


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    with Ledger.open(settings) as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(tmp_path / "home").ensure()


def table(path: Path, values: dict[tuple[str, str, str], str]) -> Path:
    lines = [
        f"A,G,{series},{area}{',_T' * 11},{year},{value},A,0,{UNIT},C"
        for (series, area, year), value in values.items()
    ]
    path.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    return path


def send(path: Path, settings: Settings, ledger: Ledger, knowledge: Knowledge) -> FileReport:
    report = submit(Incoming("UNSD", path, str(path), "submit", datetime.now(UTC)), settings, ledger, knowledge)
    with writer(settings, "a test") as warehouse:
        publish(settings, warehouse)
    return report


def vintages(folder: Path) -> tuple[Path, Path]:
    """Write a delivery of two series, and one in which a separator, a zero and a key are lost, and a row is bad."""
    areas = ("8", "12", "417", "646", "762", "860")
    first = {
        (series, area, str(year)): f"{10 + int(area) / 7 + (year - 2015) / 3:.2f}"
        for series in ("EN_MWT_EXP", "EN_MWT_IMP")
        for area in areas
        for year in range(2015, 2021)
    }
    second = dict(first)
    for year in range(2015, 2021):
        second["EN_MWT_EXP", "417", str(year)] = first["EN_MWT_EXP", "417", str(year)].replace(".", "")
    second["EN_MWT_EXP", "8", "2018"] = "0"
    for year in range(2016, 2018):
        del second["EN_MWT_IMP", "12", str(year)]
    second["EN_MWT_IMP", "860", "2019"] = "0"
    second["EN_MWT_IMP", "762", "2019"] = "n.a. 5"
    return table(folder / "first.csv", first), table(folder / "second.csv", second)


@pytest.mark.no_cover
def test_parts_say_and_load_what_the_whole_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    knowledge = Knowledge.read()
    found = []
    for part in (by_series.PART, 10):
        monkeypatch.setattr(by_series, "PART", part)
        settings = Settings.load(tmp_path / f"home {part}").ensure()
        with Ledger.open(settings) as ledger:
            reports = [send(path, settings, ledger, knowledge) for path in vintages(tmp_path)]
        with reader(settings) as connection:
            rows = connection.execute(
                "select series, ref_area, time_period, obs_value, opened_reason, source_line, superseded_reason "
                "from core.observation_history order by all"
            ).fetchall()
            kept = connection.execute(
                "select series, ref_area, time_period, rule, rules, message, source_line "
                "from core.quarantine order by all"
            ).fetchall()
            remarks = connection.execute(
                "select series, ref_area, time_period, finding from core.remark order by all"
            ).fetchall()
        told = [sorted(str(one.to_dict()) for one in report.findings) for report in reports]
        found.append((told, [report.counts for report in reports], rows, kept, remarks))
    assert found[0] == found[1]
    assert {one.rule for one in reports[1].findings} >= {"HISTORY-DECIMAL", "HISTORY-ZERO", "HISTORY-VANISHED"}
    assert remarks


def test_the_rows_of_a_judgement_are_let_go_when_they_are_loaded(
    tmp_path: Path, settings: Settings, ledger: Ledger
) -> None:
    first, _ = vintages(tmp_path)
    knowledge = Knowledge.read()
    delivery = land(Incoming("UNSD", first, str(first), "submit", datetime.now(UTC)), settings, ledger)
    judgement = judge_delivery(delivery, settings, ledger, knowledge).judgement
    assert judgement is not None
    judgement.let_go()
    assert judgement.accepted == 72
    with pytest.raises(SdgError, match=r"The rows of a judgement were asked for after they were loaded\."):
        judgement.staged.head()
