"""The JSON Schemas by which an editor completes and complains while a declaration is typed.

Derived from the model classes alone; `indicators/schema.json` is for the indicators' files and
`indicators/goals.schema.json` for `goals.yaml`. A test compares the files with what is derived here; this
mends them:

    python -m metadata.derive.json_schema --write

An editor sees less than the loader: codes are compared with the structure by `metadata.lint` only.
JSON Schema 2020-12: https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from metadata.load import INDICATORS
from metadata.model import GoalsFile, IndicatorFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS: Mapping[str, type[BaseModel]] = {"schema.json": IndicatorFile, "goals.schema.json": GoalsFile}
MEND = "python -m metadata.derive.json_schema --write"


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a declaration class."""
    schema = model.model_json_schema(mode="validation")
    return {"$schema": DIALECT, **_without_titles(schema)}


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """Take out the titles that pydantic makes of the names of keys: an editor would show them as headings."""

    def clean(value: Any, *, names: bool) -> Any:
        if isinstance(value, list):
            return [clean(item, names=False) for item in value]
        if not isinstance(value, dict):
            return value
        # below `properties` and `$defs` the keys are names, and `title` would be one of them
        return {
            key: clean(item, names=key in ("properties", "$defs", "patternProperties") and not names)
            for key, item in value.items()
            if names or key != "title"
        }

    cleaned: dict[str, Any] = clean(schema, names=False)
    return cleaned


def texts() -> dict[str, str]:
    """Return the text of every schema file by its name in `indicators/`."""
    return {
        name: json.dumps(json_schema(model), ensure_ascii=False, indent=2) + "\n"
        for name, model in SCHEMAS.items()
    }


def stale(folder: Path = INDICATORS) -> list[str]:
    """Return the names of schema files that are not what is derived from the classes."""
    return [
        name
        for name, text in texts().items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    ]


def write(folder: Path = INDICATORS) -> None:
    """Write the schema files."""
    for name, text in texts().items():
        (folder / name).write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Write the schemas (`--write`), or compare them with the files.

    Raises:
        SystemExit: with a sentence, when a file is not up to date or the arguments mean nothing.
    """
    if arguments == ["--write"]:
        write()
    elif arguments:
        raise SystemExit("usage: python -m metadata.derive.json_schema [--write]")
    elif names := stale():
        raise SystemExit(f"Not up to date: {', '.join(names)}. Run {MEND}")


if __name__ == "__main__":
    main(sys.argv[1:])
