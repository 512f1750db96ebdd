"""The derived JSON Schemas: up to date, strict about keys, and helpful while typing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metadata.derive import json_schema
from metadata.load import INDICATORS


@pytest.mark.parametrize("name", sorted(json_schema.SCHEMAS))
def test_the_schema_files_are_what_the_classes_say(name: str) -> None:
    written = (INDICATORS / name).read_text(encoding="utf-8")
    assert written == json_schema.texts()[name], (
        f"indicators/{name} is out of date; run: {json_schema.MEND}"
    )


def test_the_mending_command_writes_what_is_derived(tmp_path: Path) -> None:
    assert json_schema.stale(tmp_path) == ["schema.json", "goals.schema.json"]
    json_schema.write(tmp_path)
    assert json_schema.stale(tmp_path) == []
    (tmp_path / "schema.json").write_text("{}", encoding="utf-8")
    assert json_schema.stale(tmp_path) == ["schema.json"]


def test_the_command_writes_and_says_what_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    json_schema.main([])
    written: list[bool] = []
    monkeypatch.setattr(json_schema, "write", lambda: written.append(True))
    json_schema.main(["--write"])
    assert written == [True]
    monkeypatch.setattr(json_schema, "stale", lambda: ["schema.json"])
    with pytest.raises(SystemExit, match=rf"Not up to date: schema\.json\. Run {json_schema.MEND}"):
        json_schema.main([])
    with pytest.raises(SystemExit, match="usage: python -m metadata"):
        json_schema.main(["--help"])


def test_unknown_keys_are_refused_and_keys_are_described() -> None:
    schema = json_schema.json_schema(json_schema.IndicatorFile)
    blocks = {"": schema, **schema["$defs"]}
    for name, block in blocks.items():
        assert block["additionalProperties"] is False, name
        for key, value in block["properties"].items():
            assert value.get("description"), f"{name}.{key}"
    assert schema["properties"]["titles"]["required"] == ["ar", "en", "es", "fr", "ru", "zh"]
    assert schema["$defs"]["SeriesBlock"]["properties"]["dimensions"]["patternProperties"]


def test_no_heading_is_made_of_a_key_and_no_key_is_lost() -> None:
    schema = json_schema.json_schema(json_schema.GoalsFile)
    assert '"title":' not in json.dumps(schema)
    assert set(schema["$defs"]["Goal"]["properties"]) == {"number", "titles", "targets"}


def test_every_declaration_names_its_schema() -> None:
    for path in sorted(INDICATORS.glob("goal*/*.yaml")):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=../schema.json", path.name
        assert (path.parent / "../schema.json").is_file()
    goals = (INDICATORS / "goals.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert goals == "# yaml-language-server: $schema=goals.schema.json"
