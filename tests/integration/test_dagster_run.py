"""`sdg run` as Dagster records it: one provider that is good, and one for each way of failing."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

from metadata.errors import SdgError, UnknownProvider, WarehouseBusy
from metadata.findings import FileReport
from pipelines.arrivals import incoming_file
from pipelines.definitions import build_definitions
from pipelines.defs.instance import open_instance
from pipelines.defs.jobs import INGEST_JOB, QUIET, REPORT_JOB
from pipelines.defs.names import CORE, COVERAGE, PUBLISHED, RAW, indicator_key, report_key
from pipelines.deliver import submit
from pipelines.knowledge import Knowledge
from pipelines.outcome import Outcome
from pipelines.progress import RunListener
from pipelines.run import RunSummary, run_providers
from warehouse.ledger import Ledger
from warehouse.lock import writers_lock
from warehouse.settings import Settings

HEADING = (
    "FREQ,REPORTING_TYPE,SERIES,REF_AREA,SEX,AGE,URBANISATION,INCOME_WEALTH_QUANTILE,EDUCATION_LEV,OCCUPATION,"
    "CUST_BREAKDOWN,COMPOSITE_BREAKDOWN,DISABILITY_STATUS,ACTIVITY,PRODUCT,TIME_PERIOD,OBS_VALUE,OBS_STATUS,"
    "UNIT_MULT,UNIT_MEASURE,NATURE"
)
OFFICE = """\
name: Office {id}
kind: office
areas: ["417"]
language: en
channel: {{type: folder}}
"""
OF_THE_PAGE = ("history", "schedules", "storage", "logs", ".dagster", ".telemetry", ".nux", "dagster_home")
"""What Dagster leaves where it is not told to put it elsewhere."""


def row(year: int, value: object, *, unit: str = "KG") -> str:
    return f"A,N,EN_HAZ_PCAP,417,{','.join(['_T'] * 11)},{year},{value},A,0,{unit},C"


def put(settings: Settings, provider: str, name: str, text: str) -> Path:
    """Put a file into the inbox that looks long finished."""
    path = settings.inbox / provider / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def table(*rows: str) -> str:
    return "\n".join([HEADING, *rows]) + "\n"


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("providers")
    schedule = 'schedule: {cron: "0 6 * * 2", timezone: Asia/Bishkek}\n'
    for provider in ("GOOD", "KEPT", "REJECTED", "QUIET"):
        (folder / f"{provider}.yaml").write_text(OFFICE.format(id=provider) + schedule, encoding="utf-8")
    (folder / "DOWN.yaml").write_text(
        'name: Office DOWN\nkind: office\nareas: ["417"]\nlanguage: en\nchannel:\n  type: sdmx-rest\n'
        f"  url: http://127.0.0.1:{unused_port()}/rest\n  dataflows: [DF_SDG]\n  timeout_s: 0.1\n" + schedule,
        encoding="utf-8",
    )
    (folder / "BROKEN.yaml").write_text(OFFICE.format(id="BROKEN") + schedule + "frequency: yearly\n", "utf-8")
    return folder


@dataclass
class Heard(RunListener):
    """Remembers what it was told, in order."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    tables: dict[str, int] = field(default_factory=dict)

    def provider_started(self, provider: str) -> None:
        self.calls.append(("started", provider))

    def delivery_judged(self, provider: str, report: FileReport) -> None:
        self.calls.append(("judged", provider))

    def delivery_loaded(self, provider: str, report: FileReport) -> None:
        self.calls.append(("loaded", provider))

    def provider_done(self, provider: str, outcome: Outcome) -> None:
        self.calls.append(("done", provider))

    def report_refreshed(self, table: str, rows: int) -> None:
        self.tables[table] = rows


@dataclass
class Ran:
    settings: Settings
    knowledge: Knowledge
    summary: RunSummary
    heard: Heard

    def outcome(self, provider: str) -> Outcome:
        return next(outcome for outcome in self.summary.outcomes if outcome.provider == provider)


def reds_and_greens(ran: Ran, instance: dg.DagsterInstance, asset: dg.AssetKey) -> tuple[set[str], set[str]]:
    """The failed and the materialized partitions, as the page computes them."""
    definitions = build_definitions(ran.settings, ran.knowledge)
    partitions = definitions.resolve_asset_graph().get(asset).partitions_def
    assert partitions is not None
    value = get_and_update_asset_status_cache_value(instance, asset, partitions)
    assert value is not None
    failed = set(value.deserialize_failed_partition_subsets(partitions).get_partition_keys())
    materialized = set(value.deserialize_materialized_partition_subsets(partitions).get_partition_keys())
    return failed, materialized - failed


@pytest.fixture(scope="module")
def ran(providers: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    settings = Settings.load(tmp_path_factory.mktemp("home")).ensure()
    knowledge = Knowledge.read(providers_folder=providers)
    put(settings, "GOOD", "2024.csv", table(row(2020, 10), row(2021, 11)))
    put(settings, "KEPT", "2024.csv", table(row(2020, 10), row(2021, 11, unit="PT")))
    put(settings, "REJECTED", "2024.csv", "this is no table of observations\n")
    heard = Heard()
    return Ran(settings, knowledge, run_providers(settings, knowledge, None, listener=heard), heard)


@pytest.fixture
def instance(ran: Ran) -> Iterator[dg.DagsterInstance]:
    with open_instance(ran.settings) as instance:
        yield instance


def last_run(instance: dg.DagsterInstance, job: str) -> dg.DagsterRun:
    return instance.get_runs(dg.RunsFilter(job_name=job), limit=1)[0]


# ------------------------------------------------------------------------------------------- what `sdg run` returns


def test_every_provider_has_an_outcome_in_order(ran: Ran) -> None:
    outcomes = [outcome.provider for outcome in ran.summary.outcomes]
    assert outcomes == ["BROKEN", "DOWN", "GOOD", "KEPT", "QUIET", "REJECTED"]
    failed = [outcome.provider for outcome in ran.summary.outcomes if outcome.failed]
    assert failed == ["BROKEN", "DOWN", "KEPT", "REJECTED"]
    assert ran.summary.failed


def test_a_broken_file_fails_its_provider_with_its_complaint(ran: Ran) -> None:
    error = ran.outcome("BROKEN").error
    assert error is not None
    assert "BROKEN.yaml:7" in error
    assert "frequency" in error


def test_a_service_that_is_down_is_told_in_a_sentence(ran: Ran) -> None:
    error = ran.outcome("DOWN").error
    assert error is not None
    assert "127.0.0.1" in error
    assert "Traceback" not in error
    assert ran.outcome("DOWN").reports == []


def test_the_others_are_loaded_and_counted(ran: Ran) -> None:
    good, kept = ran.outcome("GOOD").counts, ran.outcome("KEPT").counts
    assert (good.received, good.new, good.quarantined) == (2, 2, 0)
    assert (kept.received, kept.new, kept.quarantined) == (2, 1, 1)
    assert [report.decision for report in ran.outcome("REJECTED").reports] == ["reject"]
    assert ran.outcome("QUIET").reports == []


def test_the_report_tables_are_published(ran: Ran) -> None:
    assert ran.summary.tables == ran.heard.tables
    assert ran.summary.tables["report.indicator_observation"] == 3
    assert "report.coverage" in ran.summary.tables
    with duckdb.connect(ran.summary.published, read_only=True) as connection:
        rows = connection.execute(
            "select provider, time_period, obs_value from report.indicator_observation order by all"
        ).fetchall()
    assert rows == [("GOOD", "2020", 10.0), ("GOOD", "2021", 11.0), ("KEPT", "2020", 10.0)]


def test_the_listener_hears_each_provider_in_order(ran: Ran) -> None:
    heard = [what for what, provider in ran.heard.calls if provider == "GOOD"]
    assert heard == ["started", "judged", "loaded", "done"]
    assert sorted(provider for what, provider in ran.heard.calls if what == "done") == [
        outcome.provider for outcome in ran.summary.outcomes
    ]


def test_the_summary_speaks_to_people_and_to_programs(ran: Ran) -> None:
    text = ran.summary.to_text(ran.knowledge.providers)
    assert "GOOD  Office GOOD" in text
    assert "report.indicator_observation" in text
    assert ran.summary.published in text
    assert '"provider": "BROKEN"' in ran.summary.to_json()


def test_an_unknown_provider_stops_the_run_before_it_begins(ran: Ran, instance: dg.DagsterInstance) -> None:
    before = instance.get_runs_count()
    with pytest.raises(UnknownProvider, match=r"There is no provider GODO\. Did you mean GOOD"):
        run_providers(ran.settings, ran.knowledge, ["GOOD", "GODO"], listener=RunListener())
    assert instance.get_runs_count() == before


# --------------------------------------------------------------------------------------------- what the page shows


def test_the_page_shows_which_providers_failed(ran: Ran, instance: dg.DagsterInstance) -> None:
    assert reds_and_greens(ran, instance, RAW) == (
        {"BROKEN", "DOWN"},
        {"GOOD", "KEPT", "QUIET", "REJECTED"},
    )
    assert reds_and_greens(ran, instance, CORE) == (
        {"BROKEN", "DOWN", "REJECTED"},
        {"GOOD", "KEPT", "QUIET"},
    )


def test_the_page_shows_why(ran: Ran, instance: dg.DagsterInstance) -> None:
    run = last_run(instance, INGEST_JOB)
    assert run.status == dg.DagsterRunStatus.FAILURE
    (failure,) = (
        entry.dagster_event.step_failure_data
        for entry in instance.all_logs(run.run_id)
        if entry.dagster_event is not None and entry.dagster_event.is_step_failure
    )
    assert failure.user_failure_data is not None
    assert (failure.user_failure_data.description or "").startswith("3 of 6 providers could not be done.\nBROKEN:")
    reasons = {name: entry.value for name, entry in failure.user_failure_data.metadata.items()}
    assert list(reasons) == ["BROKEN", "DOWN", "REJECTED"]
    assert "rejected: nothing was loaded" in str(reasons["REJECTED"])
    observed = instance.fetch_observations(
        dg.AssetRecordsFilter(asset_key=RAW, asset_partitions=["DOWN"]), limit=1
    ).records[0]
    assert observed.asset_observation is not None
    assert observed.asset_observation.metadata["failed"].value == ran.outcome("DOWN").error


def test_each_judgement_is_recorded_before_core_is_written(ran: Ran, instance: dg.DagsterInstance) -> None:
    order: list[tuple[str, str | None, bool]] = []
    for entry in instance.all_logs(last_run(instance, INGEST_JOB).run_id):
        event = entry.dagster_event
        if event is None:
            continue
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            order.append((evaluation.check_name, evaluation.partition, evaluation.passed))
        elif event.is_step_materialization and event.asset_key == CORE:
            order.append(("core", event.partition, True))
    assert order.index(("core_ok", "GOOD", True)) < order.index(("core", "GOOD", True))
    assert order.index(("core_ok", "KEPT", False)) < order.index(("core", "KEPT", True))
    assert ("core_ok", "REJECTED", False) in order
    assert not [entry for entry in order if entry[0] == "core" and entry[1] == "REJECTED"]
    assert order[0] == ("providers_readable", None, False)


def test_rows_kept_back_warn_and_a_rejection_is_an_error(ran: Ran, instance: dg.DagsterInstance) -> None:
    found = {}
    for entry in instance.all_logs(last_run(instance, INGEST_JOB).run_id):
        event = entry.dagster_event
        if event is not None and event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            found[evaluation.partition] = evaluation
    assert found["KEPT"].severity == dg.AssetCheckSeverity.WARN
    assert "UNIT-OTHER" in str(found["KEPT"].metadata["findings"].value)
    assert found["REJECTED"].severity == dg.AssetCheckSeverity.ERROR
    assert "BROKEN.yaml:7" in str(found[None].metadata["broken BROKEN"].value)


def test_a_partition_tells_its_counts_and_sources(ran: Ran, instance: dg.DagsterInstance) -> None:
    def metadata(asset: dg.AssetKey, provider: str) -> dict[str, object]:
        record = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=asset, asset_partitions=[provider]), limit=1
        ).records[0]
        assert record.asset_materialization is not None
        return {name: entry.value for name, entry in record.asset_materialization.metadata.items()}

    core = metadata(CORE, "KEPT")
    assert (core["received"], core["new"], core["quarantined"]) == (2, 1, 1)
    assert core["dagster/row_count"] == 1
    assert core["indicators"] == "12.4.2"
    assert ran.outcome("GOOD").reports[0].sha256 in str(metadata(RAW, "GOOD")["received"])


def test_the_touched_indicator_and_its_report_are_recorded(ran: Ran, instance: dg.DagsterInstance) -> None:
    assert instance.get_latest_materialization_event(indicator_key("12.4.2")) is not None
    event = instance.get_latest_materialization_event(report_key("12.4.2"))
    assert event is not None
    assert event.asset_materialization is not None
    metadata = {name: entry.value for name, entry in event.asset_materialization.metadata.items()}
    assert metadata == {"dagster/row_count": 3, "areas": 1, "periods": "2020 to 2021"}
    run = last_run(instance, REPORT_JOB)
    assert run.status == dg.DagsterRunStatus.SUCCESS
    assert run.tags["sdg/command"] == "sdg run"


def test_schedules_come_from_the_files_and_a_broken_one_has_none(ran: Ran) -> None:
    repository = build_definitions(ran.settings, ran.knowledge).get_repository_def()
    schedules = {schedule.name: schedule for schedule in repository.schedule_defs}
    assert sorted(schedules) == ["ingest_DOWN", "ingest_GOOD", "ingest_KEPT", "ingest_QUIET", "ingest_REJECTED"]
    assert schedules["ingest_GOOD"].cron_schedule == "0 6 * * 2"
    assert schedules["ingest_GOOD"].execution_timezone == "Asia/Bishkek"


# -------------------------------------------------------------------------------------------------- a second run


def test_a_second_run_changes_nothing_and_says_nothing(
    ran: Ran, instance: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    before = Path(ran.summary.published).stat().st_mtime_ns
    reports = instance.get_runs_count(dg.RunsFilter(job_name=REPORT_JOB))
    summary = run_providers(
        ran.settings, ran.knowledge, ["GOOD", "KEPT", "REJECTED", "BROKEN"], listener=RunListener()
    )
    assert capfd.readouterr() == ("", "")
    decisions = {outcome.provider: [r.decision for r in outcome.reports] for outcome in summary.outcomes}
    assert decisions == {
        "GOOD": ["already_received"], "KEPT": ["already_received"], "REJECTED": ["already_received"],
        "BROKEN": [],
    }
    assert summary.tables == {}
    assert Path(ran.summary.published).stat().st_mtime_ns == before
    assert instance.get_runs_count(dg.RunsFilter(job_name=REPORT_JOB)) == reports
    # The rejected delivery is still the newest of its provider: its partition stays red.
    assert reds_and_greens(ran, instance, CORE)[0] == {"BROKEN", "DOWN", "REJECTED"}


def test_something_better_clears_the_red(providers: Path, tmp_path: Path) -> None:
    settings = Settings.load(tmp_path).ensure()
    knowledge = Knowledge.read(providers_folder=providers)
    put(settings, "REJECTED", "a.csv", "this is no table of observations\n")
    first = Ran(settings, knowledge, run_providers(settings, knowledge, ["REJECTED"], listener=Heard()), Heard())
    put(settings, "REJECTED", "b.csv", table(row(2020, 10)))
    with open_instance(settings) as instance:
        assert reds_and_greens(first, instance, CORE) == ({"REJECTED"}, set())
        summary = run_providers(settings, knowledge, ["REJECTED"], listener=Heard())
        assert not summary.failed
        assert reds_and_greens(first, instance, CORE) == (set(), {"REJECTED"})


# ------------------------------------------------------------------------------------- as a person does on the page


def test_a_partition_chosen_on_the_page_is_worked_on(providers: Path, tmp_path: Path) -> None:
    settings = Settings.load(tmp_path).ensure()
    knowledge = Knowledge.read(providers_folder=providers)
    put(settings, "GOOD", "a.csv", table(row(2020, 10)))
    put(settings, "KEPT", "a.csv", table(row(2020, 10)))
    definitions = build_definitions(settings, knowledge)
    job = definitions.resolve_job_def(INGEST_JOB)
    page = Ran(settings, knowledge, RunSummary((), {}, ""), Heard())
    with open_instance(settings) as instance:
        assert job.execute_in_process(instance=instance, partition_key="GOOD", run_config=dict(QUIET)).success
        assert reds_and_greens(page, instance, CORE) == (set(), {"GOOD"})
        tags = {"dagster/asset_partition_range_start": "BROKEN", "dagster/asset_partition_range_end": "QUIET"}
        result = job.execute_in_process(
            instance=instance, tags=tags, run_config=dict(QUIET), raise_on_error=False
        )
        assert not result.success
        assert reds_and_greens(page, instance, CORE) == ({"BROKEN", "DOWN"}, {"GOOD", "KEPT", "QUIET"})
        reports = definitions.resolve_job_def(REPORT_JOB)
        only = reports.execute_in_process(
            instance=instance, asset_selection=[report_key("12.4.2"), COVERAGE], run_config=dict(QUIET)
        )
        assert only.success
        assert not settings.current.exists()
        published = reports.execute_in_process(
            instance=instance, asset_selection=[PUBLISHED], run_config=dict(QUIET)
        )
        assert published.success
        (told,) = published.asset_materializations_for_node("reports")
        assert told.metadata["last release"].value == "There is no release yet. Make one with: sdg release"
    with duckdb.connect(str(settings.current), read_only=True) as connection:
        assert connection.execute("select count(*) from report.coverage").fetchone() == (1,)


def test_an_ingest_without_partitions_takes_all_providers(tmp_path: Path) -> None:
    folder = tmp_path / "providers"
    folder.mkdir()
    (folder / "GOOD.yaml").write_text(OFFICE.format(id="GOOD"), encoding="utf-8")
    settings = Settings.load(tmp_path / "home").ensure()
    put(settings, "GOOD", "a.csv", table(row(2020, 10)))
    job = build_definitions(settings, Knowledge.read(providers_folder=folder)).resolve_job_def(INGEST_JOB)
    with open_instance(settings) as instance:
        result = job.execute_in_process(instance=instance, run_config=dict(QUIET))
    assert [m.partition for m in result.asset_materializations_for_node("ingest") if m.asset_key == CORE] == ["GOOD"]


# -------------------------------------------------------------------------------------------------- what goes wrong


def test_a_fault_of_the_program_fails_one_provider_only(
    providers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import deliver

    load = deliver.load_judged

    def faulty(judged: deliver.Judged, *arguments: object, **words: object) -> FileReport:
        if judged.delivery.provider == "GOOD":
            raise KeyError("obs_value")
        return load(judged, *arguments, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(deliver, "load_judged", faulty)
    settings = Settings.load(tmp_path).ensure()
    knowledge = Knowledge.read(providers_folder=providers)
    for name in ("a.csv", "b.csv"):
        put(settings, "GOOD", name, table(row(2020, 10 if name == "a.csv" else 11)))
    put(settings, "KEPT", "a.csv", table(row(2020, 10)))
    summary = run_providers(settings, knowledge, ["GOOD", "KEPT"], listener=Heard())
    assert [outcome.error is None for outcome in summary.outcomes] == [False, True]
    assert summary.outcomes[0].error == (
        "KeyError: 'obs_value'. This is a fault of the program, not of the data; what was received is kept, "
        "and the next run goes on from here."
    )
    assert summary.outcomes[0].reports == []
    with open_instance(settings) as instance:
        logs = instance.all_logs(last_run(instance, INGEST_JOB).run_id)
        assert any("Traceback" in entry.user_message for entry in logs if entry.dagster_event is None)
    monkeypatch.setattr(deliver, "load_judged", load)
    again = run_providers(settings, knowledge, ["GOOD"], listener=Heard())
    assert not again.failed
    assert again.outcomes[0].counts.received == 2


def test_a_delivery_that_is_held_is_red_and_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "providers"
    folder.mkdir()
    (folder / "GOOD.yaml").write_text(OFFICE.format(id="GOOD") + "replaces: provider\n", encoding="utf-8")
    settings = Settings.load(tmp_path / "home").ensure()
    knowledge = Knowledge.read(providers_folder=folder)
    put(settings, "GOOD", "a.csv", table(*(row(year, 10) for year in range(2010, 2022))))
    assert not run_providers(settings, knowledge, None, listener=Heard()).failed
    put(settings, "GOOD", "b.csv", table(row(2010, 10), row(2022, 11)))
    page = Ran(settings, knowledge, run_providers(settings, knowledge, None, listener=Heard()), Heard())
    assert [report.decision for report in page.outcome("GOOD").reports] == ["already_received", "hold"]
    assert page.outcome("GOOD").indicators == set()
    with open_instance(settings) as instance:
        assert reds_and_greens(page, instance, CORE) == ({"GOOD"}, set())
        assert reds_and_greens(page, instance, RAW) == (set(), {"GOOD"})
        evaluations = [
            entry.dagster_event.asset_check_evaluation_data
            for entry in instance.all_logs(last_run(instance, INGEST_JOB).run_id)
            if entry.dagster_event is not None
            and entry.dagster_event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ]
    judged = [(one.passed, one.severity) for one in evaluations if one.check_name == "core_ok"]
    assert judged[0][0]
    assert judged[-1] == (False, dg.AssetCheckSeverity.ERROR)
    assert "WITHDRAWAL-LARGE" in str(evaluations[-1].metadata["findings"].value)


class Meddler(Heard):
    """Does something once, when a delivery was judged and before it is loaded."""

    def __init__(self, meddle: Callable[[], object]) -> None:
        super().__init__()
        self.meddle: Callable[[], object] | None = meddle

    def delivery_judged(self, provider: str, report: FileReport) -> None:
        meddle, self.meddle = self.meddle, None
        if meddle is not None:
            meddle()


def test_a_writer_that_does_not_give_way_ends_the_run_and_what_was_judged_is_kept(
    providers: Path, tmp_path: Path
) -> None:
    settings = replace(Settings.load(tmp_path).ensure(), lock_timeout_s=0.3)
    knowledge = Knowledge.read(providers_folder=providers)
    put(settings, "GOOD", "a.csv", table(row(2020, 10)))
    with ExitStack() as other:
        meddler = Meddler(
            lambda: other.enter_context(writers_lock(settings.warehouse, "sdg submit", timeout=1))
        )
        with pytest.raises(WarehouseBusy, match="sdg submit"):
            run_providers(settings, knowledge, ["GOOD"], listener=meddler)
    with Ledger.open(settings) as ledger:
        assert [delivery.state for delivery in ledger.deliveries()] == ["judged"]
    again = run_providers(settings, knowledge, ["GOOD"], listener=Heard())
    assert not again.failed
    assert again.outcomes[0].counts.new == 1


def test_a_delivery_that_another_process_loads_first_is_not_loaded_twice(providers: Path, tmp_path: Path) -> None:
    settings = Settings.load(tmp_path).ensure()
    knowledge = Knowledge.read(providers_folder=providers)
    path = put(settings, "GOOD", "a.csv", table(row(2020, 10)))

    def load_first() -> None:
        with Ledger.open(settings) as ledger:
            submit(incoming_file(path, "GOOD", channel="folder"), settings, ledger, knowledge)

    summary = run_providers(settings, knowledge, ["GOOD"], listener=Meddler(load_first))
    assert [report.decision for report in summary.outcomes[0].reports] == ["already_received"]
    with duckdb.connect(summary.published, read_only=True) as connection:
        assert connection.execute("select count(*), max(new) from core.load").fetchone() == (1, 1)


def test_a_published_copy_that_is_damaged_or_missing_is_made_again(providers: Path, tmp_path: Path) -> None:
    settings = Settings.load(tmp_path).ensure()
    knowledge = Knowledge.read(providers_folder=providers)
    put(settings, "GOOD", "a.csv", table(row(2020, 10)))
    run_providers(settings, knowledge, ["GOOD"], listener=Heard())
    settings.current.write_bytes(b"this is no database" * 1000)
    heard = Heard()
    run_providers(settings, knowledge, ["GOOD"], listener=heard)
    assert heard.tables == {}
    with duckdb.connect(str(settings.current), read_only=True) as connection:
        assert connection.execute("select obs_value from report.indicator_observation").fetchall() == [(10.0,)]


def test_a_failure_of_dagster_itself_is_told(
    providers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.defs import ingest

    monkeypatch.setattr(ingest, "providers_readable", lambda *_: "no event at all")
    settings = Settings.load(tmp_path).ensure()
    with pytest.raises(SdgError, match=r"Dagster ended run [0-9a-f-]{36} early: .* See the run on the page: sdg up"):
        run_providers(settings, Knowledge.read(providers_folder=providers), ["QUIET"], listener=Heard())


def test_nothing_is_written_into_the_checkout(ran: Ran, project_root: Path) -> None:
    assert [name for name in OF_THE_PAGE if (project_root / name).exists()] == []
    assert (ran.settings.dagster / "history").is_dir()
