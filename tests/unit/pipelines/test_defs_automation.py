"""Schedules, the inbox sensor, and which reports a touched indicator asks for."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import build_definitions
from pipelines.defs import automation
from pipelines.defs.automation import inbox_sensor, ingest_config, schedules
from pipelines.defs.names import COMMAND_TAG, COVERAGE, PUBLISHED, RUN_COMMAND, indicator_key, report_key
from pipelines.defs.resources import WORKBENCH, Workbench
from pipelines.knowledge import Knowledge
from warehouse.settings import Settings

OFFICE = 'name: Office\nkind: office\nareas: ["417"]\nlanguage: en\nchannel: {type: folder}\n'


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    folder = tmp_path / "providers"
    folder.mkdir()
    for provider in ("ONE", "TWO"):
        (folder / f"{provider}.yaml").write_text(
            OFFICE + 'schedule: {cron: "30 5 * * 1", timezone: Africa/Nairobi}\n', encoding="utf-8"
        )
    (folder / "NEVER.yaml").write_text(OFFICE, encoding="utf-8")
    (folder / "BROKEN.yaml").write_text(OFFICE + "nonsense: 1\n", encoding="utf-8")
    settings = Settings.load(tmp_path / "home").ensure()
    return Workbench(settings, Knowledge.read(providers_folder=folder))


def put(bench: Workbench, name: str, text: str = "x", *, finished: bool = True) -> Path:
    path = bench.settings.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    if finished:
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


@dataclass
class Tick:
    asked: list[list[str]]
    keys: list[str | None]
    skipped: str | None
    cursor: str | None


def tick(bench: Workbench, cursor: str | None = None) -> Tick:
    context = dg.build_sensor_context(resources={WORKBENCH: bench}, cursor=cursor)
    data = inbox_sensor().evaluate_tick(context)
    requests = data.run_requests or []
    return Tick(
        [request.run_config["ops"]["ingest"]["config"]["providers"] for request in requests],
        [request.run_key for request in requests],
        data.skip_message,
        data.cursor,
    )


# ------------------------------------------------------------------------------------------------------- schedules


def test_schedules_are_what_the_files_say(bench: Workbench) -> None:
    made, refused = schedules(bench.knowledge.providers)
    assert refused == {}
    assert [(s.name, s.cron_schedule, s.execution_timezone) for s in made] == [
        ("ingest_ONE", "30 5 * * 1", "Africa/Nairobi"),
        ("ingest_TWO", "30 5 * * 1", "Africa/Nairobi"),
    ]
    assert {s.default_status for s in made} == {dg.DefaultScheduleStatus.RUNNING}


def test_a_schedule_asks_for_its_own_provider_only(bench: Workbench) -> None:
    definitions = build_definitions(bench.settings, bench.knowledge)
    schedule = definitions.get_repository_def().get_schedule_def("ingest_ONE")
    (request,) = schedule.evaluate_tick(dg.build_schedule_context()).run_requests or []
    assert request.run_config == ingest_config(["ONE"])
    assert request.tags["sdg/provider"] == "ONE"


def test_a_schedule_that_dagster_refuses_costs_only_itself(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bench.knowledge.providers.by_id["ONE"]
    assert one.schedule is not None
    odd = one.model_copy(update={"schedule": one.schedule.model_copy(update={"timezone": "Mars/Olympus"})})
    providers = type(bench.knowledge.providers)({**bench.knowledge.providers.by_id, "ONE": odd}, {})
    made, refused = schedules(providers)
    assert [schedule.name for schedule in made] == ["ingest_TWO"]
    assert list(refused) == ["ONE"]
    assert "Mars/Olympus" in refused["ONE"]
    from pipelines.defs.checks import providers_readable

    evaluation = providers_readable(providers, refused)
    assert not evaluation.passed
    assert "Mars/Olympus" in str(evaluation.metadata["no schedule for ONE"].value)


# ----------------------------------------------------------------------------------------------------- the inbox


def test_an_empty_inbox_is_no_run(bench: Workbench) -> None:
    result = tick(bench)
    assert (result.asked, result.skipped) == ([], "No new file in the inbox.")


def test_new_files_of_all_providers_are_one_run(bench: Workbench) -> None:
    put(bench, "ONE/a.csv")
    put(bench, "TWO/b.csv")
    put(bench, "STRANGER/c.csv")
    first = tick(bench)
    assert first.asked == [["ONE", "TWO"]]
    assert tick(bench, first.cursor).asked == []
    put(bench, "TWO/c.csv")
    third = tick(bench, first.cursor)
    assert third.asked == [["TWO"]]
    assert first.keys != third.keys


def test_the_cursor_does_not_grow_with_the_files(bench: Workbench) -> None:
    put(bench, "ONE/a.csv")
    small = tick(bench).cursor
    for number in range(50):
        put(bench, f"ONE/{number}.csv")
    large = tick(bench).cursor
    assert small is not None
    assert large is not None
    assert len(large) == len(small)
    assert list(json.loads(large)) == ["ONE"]


def test_a_file_that_is_still_being_written_waits(bench: Workbench) -> None:
    path = put(bench, "ONE/a.csv", finished=False)
    result = tick(bench)
    assert result.skipped == "No new file in the inbox. Still being written: ONE/a.csv."
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert tick(bench, result.cursor).asked == [["ONE"]]


def test_a_folder_that_cannot_be_used_asks_once_and_breaks_no_other(bench: Workbench, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("x", encoding="utf-8")
    put(bench, "TWO/b.csv")
    (bench.settings.inbox / "ONE").mkdir()
    (bench.settings.inbox / "ONE" / "link.csv").symlink_to(outside)
    first = tick(bench)
    assert first.asked == [["ONE", "TWO"]]
    assert tick(bench, first.cursor).asked == []


def test_a_provider_with_a_service_has_no_folder(bench: Workbench) -> None:
    remote = Workbench(bench.settings, Knowledge.read())
    folders = [provider for provider, _, _ in automation._folders(remote)]
    assert folders == ["KEN", "KGZ", "RWA"]


# ------------------------------------------------------------------------------------------------ touched reports


def touch(bench: Workbench, instance: dg.DagsterInstance, numbers: list[str], tags: dict[str, str]) -> None:
    """Record that these indicators changed, as an ingest run does."""

    @dg.op
    def ingest(context) -> None:  # type: ignore[no-untyped-def] # Dagster does not take it as a text
        for number in numbers:
            context.log_event(dg.AssetMaterialization(indicator_key(number)))

    @dg.job
    def touching() -> None:
        ingest()

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    touching.execute_in_process(instance=instance, tags=tags, run_config=quiet)


def requested(
    definitions: dg.Definitions, instance: dg.DagsterInstance, cursor: dg.AssetDaemonCursor | None
) -> tuple[set[str], dg.AssetDaemonCursor]:
    result = dg.evaluate_automation_conditions(definitions, instance=instance, cursor=cursor)
    keys = definitions.resolve_asset_graph().get_all_asset_keys()
    return {key.to_user_string() for key in keys if result.get_num_requested(key)}, result.cursor


def test_only_the_touched_reports_are_asked_for(bench: Workbench) -> None:
    definitions = build_definitions(bench.settings, bench.knowledge)
    together = {COVERAGE.to_user_string(), PUBLISHED.to_user_string()}
    with dg.instance_for_test() as instance:
        nothing, cursor = requested(definitions, instance, None)
        assert nothing == set()
        touch(bench, instance, ["12.4.2", "13.1.1"], {})
        found, cursor = requested(definitions, instance, cursor)
        assert found == {"report_12_4_2", "report_13_1_1"} | together
        idle, cursor = requested(definitions, instance, cursor)
        assert idle == set()
        touch(bench, instance, ["12.2.1"], {COMMAND_TAG: RUN_COMMAND})
        own, cursor = requested(definitions, instance, cursor)
        assert own == set()
        touch(bench, instance, ["12.2.1"], {})
        found, _ = requested(definitions, instance, cursor)
        assert found == {report_key("12.2.1").to_user_string()} | together
