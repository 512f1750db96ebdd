"""Dagster's private parts that we use: these tests fail when a new version changes them."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

from pipelines.defs import private

PARTITIONS = dg.StaticPartitionsDefinition(["A", "B"])
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def asset_that(*, fails: bool) -> dg.Definitions:
    @dg.multi_asset(
        name="step", can_subset=True, specs=[dg.AssetSpec("core", partitions_def=PARTITIONS, skippable=True)]
    )
    def step(context: dg.AssetExecutionContext) -> Iterator[dg.AssetMaterialization]:
        yield dg.AssetMaterialization("core", partition="A")
        if fails:
            private.mark_failed(context.instance, context.run, "step", dg.AssetKey("core"), "B")
            raise dg.Failure("B failed")
        yield dg.AssetMaterialization("core", partition="B")

    return dg.Definitions(assets=[step], jobs=[dg.define_asset_job("job", "core")])


def failed(instance: dg.DagsterInstance) -> set[str]:
    value = get_and_update_asset_status_cache_value(instance, dg.AssetKey("core"), PARTITIONS)
    assert value is not None
    return set(value.deserialize_failed_partition_subsets(PARTITIONS).get_partition_keys())


def run(instance: dg.DagsterInstance, *, fails: bool) -> dg.ExecuteInProcessResult:
    job = asset_that(fails=fails).resolve_job_def("job")
    return job.execute_in_process(instance=instance, raise_on_error=False, run_config=QUIET)


def test_a_marked_partition_is_failed_until_it_succeeds(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert not run(instance, fails=True).success
        assert failed(instance) == {"B"}
        assert run(instance, fails=False).success
        assert failed(instance) == set()


def test_a_mark_outweighs_a_materialization_before_it(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert run(instance, fails=False).success
        assert failed(instance) == set()
        run(instance, fails=True)
        assert failed(instance) == {"B"}


def test_slots_of_a_dead_run_are_given_back(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        storage = instance.event_log_storage
        storage.set_concurrency_slots("pool", 1)
        assert storage.claim_concurrency_slot("pool", "dead", "step").is_claimed
        assert not storage.claim_concurrency_slot("pool", "next", "step").is_claimed
        private.free_slots(instance, "dead")
        assert storage.claim_concurrency_slot("pool", "next", "step").is_claimed


def test_the_files_are_kept_open_where_dagster_has_them(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)), private.kept_open(tmp_path):
        logs = [tmp_path / "history" / name for name in ("runs.db-wal", "runs/index.db-wal")]
        assert [log.exists() for log in logs] == [True, True]


def test_no_file_is_made_where_dagster_has_none(tmp_path: Path) -> None:
    with private.kept_open(tmp_path):
        assert list(tmp_path.iterdir()) == []
