"""Dagster's instance of a state folder, and the runs that a dead process left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from metadata.errors import ConfigurationError
from pipelines.defs import instance as module
from pipelines.defs.instance import GONE, alive, dagster_home, environment, open_instance, sweep
from pipelines.defs.names import ALIVE_TAG
from warehouse.settings import Settings

STARTED = dg.DagsterRunStatus.STARTED


@dg.op
def nothing() -> None: ...


@dg.job
def some_job() -> None:
    nothing()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(tmp_path / "home").ensure()


def begin(instance: dg.DagsterInstance, **tags: str) -> str:
    """A run that has begun and never ends."""
    run = instance.create_run_for_job(some_job, status=STARTED, tags={k.replace("__", "/"): v for k, v in tags.items()})
    return run.run_id


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_all_state_is_in_the_state_folder(settings: Settings, project_root: Path) -> None:
    before = set(project_root.iterdir())
    with open_instance(settings) as instance:
        assert instance.get_runs_count() == 0
        assert Path(instance.root_directory) == settings.dagster
    assert (settings.dagster / "history" / "runs.db").is_file()
    assert {path.name for path in set(project_root.iterdir()) - before} <= {".coverage"}


def test_the_page_gets_the_state_folder_whatever_the_surroundings_say(
    settings: Settings, project_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDG_HOME", "elsewhere")
    found = environment(settings)
    assert found["SDG_HOME"] == str(settings.home)
    assert found["SDG_DAGSTER_STATE"] == str(settings.dagster)
    assert found["DAGSTER_HOME"] == str(project_root)
    assert found["PATH"] == os.environ["PATH"]


def test_the_packages_own_configuration_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "pipelines"
    (package / "defs").mkdir(parents=True)
    monkeypatch.setattr(module, "__file__", str(package / "defs" / "instance.py"))
    with pytest.raises(ConfigurationError) as missing:
        dagster_home()
    assert str(missing.value) == f"{tmp_path}: dagster.yaml is missing. Install the package again."
    (tmp_path / "dagster.yaml").touch()
    assert dagster_home() == tmp_path
    (package / "dagster.yaml").touch()
    assert dagster_home() == package


def test_a_run_whose_process_is_gone_is_ended(settings: Settings) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from warehouse.settings import Settings\n"
        "from pipelines.defs.instance import alive\n"
        "with alive(Settings.load(Path(sys.argv[1]))) as name:\n"
        "    print(name, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).resolve().parents[3]
    died = subprocess.run(
        [sys.executable, "-c", script, str(settings.home)], cwd=root, capture_output=True, text=True, check=False
    )
    name = died.stdout.strip()
    assert (settings.dagster / "alive" / name).is_file()
    with open_instance(settings) as instance:
        run_id = begin(instance, **{ALIVE_TAG: name})
        assert sweep(settings, instance) == [run_id]
        assert status(instance, run_id) == dg.DagsterRunStatus.FAILURE
        messages = [entry.dagster_event.message for entry in instance.all_logs(run_id) if entry.dagster_event]
        assert GONE in messages
        assert sweep(settings, instance) == []
    assert not (settings.dagster / "alive" / name).exists()


def test_a_run_that_lives_and_the_daemons_runs_are_left_alone(settings: Settings) -> None:
    with open_instance(settings) as instance, alive(settings) as name:
        mine = begin(instance, **{ALIVE_TAG: name})
        daemons = begin(instance)
        ended = begin(instance, **{ALIVE_TAG: "never-there"})
        assert sweep(settings, instance) == [ended]
        assert [status(instance, run_id) for run_id in (mine, daemons)] == [STARTED, STARTED]
    assert list((settings.dagster / "alive").iterdir()) == []
