"""The assets on the page, generated from the declarations, as a golden file; and the rules they follow."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines.definitions import build_definitions
from pipelines.knowledge import Knowledge
from warehouse.settings import Settings

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "asset_specs.json"
GOLDEN_MENDED_BY = (
    "The assets on the page have changed. If that is meant, mend the golden file: "
    "SDG_MEND_GOLDEN=1 .venv/bin/python -m pytest tests/unit/pipelines/test_defs_golden.py"
)


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build_definitions(Settings.load(tmp_path_factory.mktemp("home")), Knowledge.read())


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def plain(spec: dg.AssetSpec) -> dict[str, Any]:
    partitions = spec.partitions_def
    return {
        "group": spec.group_name,
        "owners": list(spec.owners),
        "tags": dict(sorted(spec.tags.items())),
        "description": spec.description,
        "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
        "partitions": list(partitions.get_partition_keys()) if partitions else None,
        "automated": spec.automation_condition is not None,
        "metadata": {name: str(value) for name, value in sorted(spec.metadata.items()) if name[:9] != "dagster-i"},
    }


def test_the_assets_are_the_declared_ones(specs: dict[str, dg.AssetSpec]) -> None:
    found = {key: plain(specs[key]) for key in sorted(specs)}
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("SDG_MEND_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8"), GOLDEN_MENDED_BY


def test_each_indicator_has_a_report_with_owners_and_tags(specs: dict[str, dg.AssetSpec]) -> None:
    catalogue = Knowledge.read().catalogue
    assert len(catalogue.indicators) == 21
    for number, indicator in catalogue.indicators.items():
        spec = specs[f"report_{number.replace('.', '_')}"]
        assert spec.owners == [f"team:{custodian}" for custodian in indicator.custodians]
        assert {"sdg/goal": indicator.goal, "sdg/indicator": number}.items() <= spec.tags.items()
        assert (spec.description or "").startswith(f"{number} {indicator.titles['en']}")
        assert spec.metadata["dagster/table_name"] == "report.indicator_observation"


def test_every_report_leads_back_to_core_and_raw(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        if key.path[0] not in ("raw", "core"):
            assert {dg.AssetKey("raw"), dg.AssetKey("core")} <= graph.get_ancestor_asset_keys(key)


def test_the_definitions_have_no_fault(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)
    assert {job.name for job in definitions.resolve_all_job_defs()} >= {"ingest_job", "report_job"}
    sensors = {sensor.name: sensor for sensor in definitions.get_repository_def().sensor_defs}
    assert {name: sensor.default_status.value for name, sensor in sensors.items()} == {
        "inbox": "RUNNING",
        "touched_reports": "RUNNING",
    }
