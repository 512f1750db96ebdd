"""A run that is killed, and two runs at once: run it again and the state is whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from pipelines.defs.instance import GONE, open_instance
from pipelines.defs.jobs import INGEST_JOB
from pipelines.knowledge import Knowledge
from pipelines.progress import RunListener
from pipelines.run import run_providers
from warehouse.ledger import Ledger
from warehouse.settings import Settings

OFFICE = 'name: Office\nkind: office\nareas: ["417"]\nlanguage: en\nchannel: {type: folder}\n'
HEADING = (
    "FREQ,REPORTING_TYPE,SERIES,REF_AREA,SEX,AGE,URBANISATION,INCOME_WEALTH_QUANTILE,EDUCATION_LEV,OCCUPATION,"
    "CUST_BREAKDOWN,COMPOSITE_BREAKDOWN,DISABILITY_STATUS,ACTIVITY,PRODUCT,TIME_PERIOD,OBS_VALUE,OBS_STATUS,"
    "UNIT_MULT,UNIT_MEASURE,NATURE"
)
RUN = """
    import os, signal, sys
    from pathlib import Path
    from pipelines.knowledge import Knowledge
    from pipelines.progress import RunListener
    from pipelines.run import run_providers
    from warehouse.settings import Settings

    home, providers, moment, number = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    listener = RunListener()
    if moment != "never":
        setattr(listener, moment, lambda *_: os.kill(os.getpid(), number))
    listener.waiting = lambda sentence: print(sentence, flush=True)
    try:
        run_providers(Settings.load(home), Knowledge.read(providers_folder=providers), None, listener=listener)
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.fixture
def providers(tmp_path: Path) -> Path:
    folder = tmp_path / "providers"
    folder.mkdir()
    for provider in ("ONE", "TWO"):
        (folder / f"{provider}.yaml").write_text(OFFICE, encoding="utf-8")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings.load(tmp_path / "home").ensure()
    for provider, value in (("ONE", 10), ("TWO", 20)):
        folder = settings.inbox / provider
        folder.mkdir()
        for vintage, years in (("a.csv", (2020,)), ("b.csv", (2020, 2021))):
            rows = [
                f"A,N,EN_HAZ_PCAP,417,{','.join(['_T'] * 11)},{year},{value + len(years)},A,0,KG,C" for year in years
            ]
            path = folder / vintage
            path.write_text("\n".join([HEADING, *rows]) + "\n", encoding="utf-8")
            os.utime(path, (1_700_000_000 + len(years), 1_700_000_000 + len(years)))
    return settings


def start(settings: Settings, providers: Path, moment: str = "never", number: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(RUN), str(settings.home), str(providers), moment, str(number)]
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def is_whole(settings: Settings) -> None:
    """The state is that of an undisturbed run."""
    with duckdb.connect(str(settings.current), read_only=True) as connection:
        current = connection.execute(
            "select provider, time_period, obs_value from core.observation order by all"
        ).fetchall()
        reported = connection.execute(
            "select provider, time_period, obs_value from report.indicator_observation order by all"
        ).fetchall()
        loads = connection.execute("select delivery_id from core.load").fetchall()
        versions = connection.execute("select count(*) from core.observation_history").fetchone()
        states = connection.execute("select distinct state from ledger.delivery").fetchall()
    assert current == reported == [
        ("ONE", "2020", 12.0), ("ONE", "2021", 12.0), ("TWO", "2020", 22.0), ("TWO", "2021", 22.0),
    ]
    assert len(loads) == len(set(loads)) == 4
    assert versions == (6,)
    assert states == [("loaded",)]


@pytest.mark.parametrize("moment", ["delivery_judged", "delivery_loaded", "report_refreshed"])
def test_a_killed_run_is_ended_on_the_page_and_finished_by_the_next(
    settings: Settings, providers: Path, moment: str
) -> None:
    killed = start(settings, providers, moment, signal.SIGKILL)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    summary = run_providers(settings, Knowledge.read(providers_folder=providers), None, listener=RunListener())
    assert len(summary.swept) == 1
    assert not summary.failed
    is_whole(settings)
    with open_instance(settings) as instance:
        swept = instance.get_run_by_id(summary.swept[0])
        assert swept is not None
        assert swept.status == dg.DagsterRunStatus.FAILURE
        events = [entry.dagster_event for entry in instance.all_logs(swept.run_id)]
        assert GONE in [event.message for event in events if event is not None]
        open_runs = [run for run in instance.get_runs() if not run.is_finished]
    assert open_runs == []
    assert list((settings.dagster / "alive").iterdir()) == []


def test_a_run_that_is_interrupted_stops_at_once_and_the_next_goes_on(
    settings: Settings, providers: Path
) -> None:
    stopped = start(settings, providers, "delivery_judged", signal.SIGINT)
    out, err = stopped.communicate(timeout=120)
    assert (stopped.returncode, out, err) == (130, "", "")
    with open_instance(settings) as instance:
        (run,) = instance.get_runs(dg.RunsFilter(job_name=INGEST_JOB))
        assert run.status == dg.DagsterRunStatus.FAILURE
    summary = run_providers(settings, Knowledge.read(providers_folder=providers), None, listener=RunListener())
    assert summary.swept == ()
    is_whole(settings)


def test_two_runs_at_once_both_end_well(settings: Settings, providers: Path) -> None:
    runs = [start(settings, providers), start(settings, providers)]
    ends = [(run.communicate(timeout=180)[1], run.returncode) for run in runs]
    assert ends == [("", 0), ("", 0)]
    is_whole(settings)


def test_a_run_says_for_whom_it_waits(settings: Settings, providers: Path) -> None:
    from warehouse.lock import writers_lock

    with writers_lock(settings.warehouse, "sdg submit", timeout=5):
        run = start(settings, providers)
        assert run.stdout is not None
        sentence = run.stdout.readline()
    _, err = run.communicate(timeout=120)
    assert "sdg submit" in sentence
    assert str(os.getpid()) in sentence
    assert (run.returncode, err) == (0, "")
    is_whole(settings)
    with Ledger.open(settings) as ledger:
        assert len(ledger.deliveries()) == 4
