"""The releases of a state folder: their names, their folders, and what each says of itself.

A release is a folder `releases/NAME/` that was renamed into place whole; its `release.json` is the truth about it, and
the ledger's table `release` a log for people and for SQL. Making one is `warehouse.release`, comparing two
`warehouse.release_diff`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metadata.errors import SdgError, WarehouseError
from warehouse.release_diff import CURRENT
from warehouse.tables import release_table

if TYPE_CHECKING:
    from warehouse.settings import Settings

DATABASE = "release.duckdb"
PARQUET = "parquet"
FACTS = "release.json"
CHECKSUMS = "checksums.sha256"
CHANGES = "CHANGES.md"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Release:
    """What a release says of itself: `release.json`.

    Attributes:
        name: of the release and of its folder.
        created_at: when it was frozen; ISO 8601, UTC.
        as_of: moment of the last load that is in it, which `core.observation_as_of` takes; ISO 8601, UTC.
        last_load: `load_id` of that load; 0 for none.
        previous: the release before it; None for the first.
        reference_date: day whose membership of groups counts; ISO 8601.
        note: what the person who released it said.
        content: sha256 of the checksums of its Parquet files but `report/release_diff`: equal for equal tables.
        code_version: version of the program, and the revision of its checkout where known.
        structure_version: data structure definition of the declarations.
        metadata_versions: version of each indicator's declaration.
        map_versions: version of each provider's map at its last load.
        providers: id → deliveries that stand and current observations.
        counts: rows of each report and metadata table, and `core.observation`.
        tables: Parquet: table → what a row is, columns with their words, partition, and the columns left out.
    """

    name: str
    created_at: str
    as_of: str
    last_load: int
    previous: str | None
    reference_date: str | None
    note: str | None
    content: str
    code_version: str
    structure_version: str | None
    metadata_versions: Mapping[str, str]
    map_versions: Mapping[str, str | None]
    providers: Mapping[str, Mapping[str, int]]
    counts: Mapping[str, int]
    tables: Mapping[str, Mapping[str, Any]]

    def to_json(self) -> str:
        """Return `release.json`."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"

    def ledger_row(self) -> dict[str, Any]:
        """Return the row of the ledger's table `release`."""
        said = asdict(self) | {"observations": self.counts["core.observation"]}
        return {column.name: said[column.name] for column in release_table.columns}


def releases(settings: Settings) -> list[Release]:
    """Return the releases of a state folder, oldest first.

    Raises:
        WarehouseError: the facts of one cannot be read.
    """
    if not settings.releases.is_dir():
        return []
    folders = [path for path in settings.releases.iterdir() if _NAME.fullmatch(path.name) and path.is_dir()]
    return sorted((read_release(folder) for folder in folders), key=lambda one: (one.created_at, one.name))


def read_release(folder: Path) -> Release:
    """Return what the release in a folder says of itself.

    Raises:
        WarehouseError: its facts are missing, or not of this form.
    """
    path = folder / FACTS
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Release(**{one.name: found[one.name] for one in fields(Release)})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WarehouseError(
            "The facts of this release cannot be read.",
            where=str(path),
            hint="Put its folder back from a backup, or move it out of releases.",
        ) from error


def release_file(settings: Settings, name: str) -> Path:
    """Return the DuckDB file of a release."""
    return settings.releases / name / DATABASE


def is_release(settings: Settings, name: str) -> bool:
    """Return whether the state folder has a release of that name."""
    return bool(_NAME.fullmatch(name)) and release_file(settings, name).is_file()


def place_of(settings: Settings, name: str) -> tuple[str, Path]:
    """Return the name and the DuckDB file of what a person names: a release, `current`, or a path.

    Raises:
        SdgError: there is no such release or file.
        WarehouseError: `current`, and nothing is published yet.
    """
    if name == CURRENT:
        if not settings.current.is_file():
            raise WarehouseError("Nothing is published yet.", where=str(settings.current), hint="Start with: sdg run")
        return name, settings.current
    if is_release(settings, name):
        return name, release_file(settings, name)
    path = Path(name)
    if (path / DATABASE).is_file():
        return path.name, path / DATABASE
    if path.is_file():
        return name, path
    known = [one.name for one in releases(settings)]
    hint = f"Releases: {', '.join(known)}." if known else "There is no release yet. Make one with: sdg release"
    raise SdgError(f"{name} is no release, not {CURRENT}, and no file.", hint=hint)


def check_name(name: str) -> str:
    """Return the name, when it may be that of a release.

    Raises:
        SdgError: it would not make a plain folder name, or stands for what is published.
    """
    if not _NAME.fullmatch(name) or name == CURRENT:
        raise SdgError(
            f'"{name}" cannot be the name of a release.',
            hint=f"Use up to 64 letters, digits, dots, dashes and underscores, not {CURRENT}; for example 2026.Q4.01.",
        )
    return name


def next_name(taken: list[str], day: date) -> str:
    """Return the name of a release that nobody named: year, quarter and the next free number, `2026.Q4.01`.

    Args:
        taken: names of the releases there are.
        day: on which it is made, UTC.
    """
    quarter = f"{day.year}.Q{(day.month + 2) // 3}."
    numbers = [int(name.removeprefix(quarter)) for name in taken if re.fullmatch(rf"{re.escape(quarter)}\d+", name)]
    return f"{quarter}{max(numbers, default=0) + 1:02d}"


def sha256_of(path: Path, *, on_bytes: Callable[[int], None] | None = None) -> str:
    """Return the sha256 of a file; `on_bytes` is called with the number of bytes of each piece that is read."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
            if on_bytes:
                on_bytes(len(piece))
    return digest.hexdigest()


def checksums(folder: Path, *, on_bytes: Callable[[int], None] | None = None) -> dict[str, str]:
    """Return the sha256 of every file below a folder by its path there, in order, the list itself left out.

    Args:
        folder: where they are.
        on_bytes: called with the number of bytes of each piece that is read.
    """
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name: sha256_of(folder / name, on_bytes=on_bytes) for name in files if name != CHECKSUMS}


def checksum_lines(sums: Mapping[str, str]) -> str:
    """Return checksums as `sha256sum --check` reads them."""
    return "".join(f"{value}  {name}\n" for name, value in sums.items())
