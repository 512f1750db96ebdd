"""The files of `metadata/sdmx/`: where they are, which columns they have, and how they are read.

Here is only their form. What they mean is in `metadata.structure` and `metadata.areas`, what writes them is
`metadata.embed`, and where their content comes from stands in `metadata/sdmx/SOURCES.md`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from metadata.errors import ConfigurationError

EMBEDDED = Path(__file__).resolve().parent / "sdmx"
"""The folder of the embedded structure; nobody edits it by hand but `additions.csv` and the area files."""

SERIES_COLUMNS = ("code", "name", "indicators", "indicator_code", "retired", "heir")
ADDITION_COLUMNS = ("codelist", "code", "name", "indicators", "indicator_code", "seen_in", "source")
AREA_COLUMNS = ("m49", "area_type", "iso2", "iso3", "name_en", "former_names")
_CODE_RANGE = re.compile(r"^(?P<prefix>[A-Z_]+)(?P<first>\d+)\.\.(?P=prefix)(?P<last>\d+)$")
_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def split_reference(reference: str) -> tuple[str, str, str]:
    """Split `agency:id(version)` into its three parts.

    Raises:
        ValueError: the text is not of that form.
    """
    match = re.fullmatch(r"([^:()]+):([^:()]+)\(([^()]*)\)", reference)
    if match is None:
        raise ValueError(f"{reference!r} is not of the form agency:id(version)")
    return match[1], match[2], match[3]


def expand(code: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield the codes that a row of an embedded codelist stands for.

    A row is one code, or a run of numbered codes: `C01..C5000` with the name `Custom code {}` stands for
    C01, C02, … C99, C100, … C5000, each named by its number. CL_CUST_BREAKDOWN is such a list.
    """
    match = _CODE_RANGE.match(code)
    if match is None:
        yield code, name
        return
    width = len(match["first"])
    for number in range(int(match["first"]), int(match["last"]) + 1):
        text = f"{number:0{width}d}"
        yield f"{match['prefix']}{text}", name.format(text)


def read_document(path: Path) -> dict[str, Any]:
    """Read a YAML file of the embedded folder.

    Raises:
        ConfigurationError: the file is missing, no YAML, or no mapping.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_YAML_LOADER)  # noqa: S506 - CSafeLoader
    except FileNotFoundError as error:
        raise damaged(str(path), "is missing") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise damaged(str(path), f"is not YAML ({' '.join(str(error).split())})") from error
    if not isinstance(document, dict):
        raise damaged(str(path), "holds no mapping")
    return document


def read_table(path: Path, columns: Iterable[str]) -> list[dict[str, str]]:
    """Read a table of the embedded folder; every cell is text, an empty cell is an empty text.

    Args:
        path: a CSV file in UTF-8 with a heading.
        columns: the columns that it must have; it may have more.

    Raises:
        ConfigurationError: the file is missing or no such table; the place is file:line.
    """
    line = 1
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            absent = [column for column in columns if column not in (reader.fieldnames or ())]
            if absent:
                raise damaged(f"{path}:1", f"has no column {', '.join(absent)}")
            rows = []
            for row in reader:
                line = reader.line_num
                if None in row or None in row.values():
                    raise damaged(f"{path}:{line}", "has a row of more or fewer cells than its heading")
                rows.append(row)
            return rows
    except FileNotFoundError as error:
        raise damaged(str(path), "is missing") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise damaged(f"{path}:{line}", f"cannot be read as CSV in UTF-8 ({error})") from error


def damaged(where: str, what: str) -> ConfigurationError:
    """Return the error that says what is wrong with an embedded file; the way back is version control."""
    return ConfigurationError(
        f"A file of the embedded structure {what}.", where=where, hint="Restore it from version control."
    )
