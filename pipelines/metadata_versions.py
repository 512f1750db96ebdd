"""States of the declarations by name: a folder, a revision of the repository, a release, or a version that is kept.

Used by `sdg metadata diff`. A version is the beginning of a sha256 in `metadata.indicator_version`, at least six
digits; it is one indicator, and the other side is then taken for that indicator alone. A release holds the texts of
the declarations that were in force when it was frozen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from metadata.changes import Document
from metadata.errors import SdgError
from metadata.states import folder_state, revision_state
from warehouse.faults import told
from warehouse.release_diff import CURRENT
from warehouse.release_store import DATABASE, is_release, place_of, releases
from warehouse.settings import Settings

_VERSION = re.compile(r"^[0-9a-f]{6,64}$")
_FILE = Path(DATABASE).suffix
_IN_FORCE = """
select indicator, canonical from frozen.metadata.indicator_version where superseded_at is null order by 1
"""


def state(name: str, settings: Settings) -> Mapping[str, Document]:
    """Return the canonical documents that a name stands for, by indicator.

    A folder of declarations is looked for first, then a release (its name, `current`, its folder or its DuckDB file),
    then a version in the published warehouse, then a git revision. Where a release and a tag have one name,
    `refs/tags/NAME` is the tag.

    Raises:
        SdgError: there is no such folder, release, version or revision, or it cannot be read.
    """
    path = Path(name)
    if path.is_dir() and not (path / DATABASE).is_file():
        return folder_state(path)
    if name == CURRENT or path.is_dir() or path.suffix == _FILE or is_release(settings, name):
        return _release(place_of(settings, name)[1], settings)
    found = _version(name, settings) if _VERSION.match(name) else None
    found = found or revision_state(name)
    if found is None:
        known = [one.name for one in releases(settings)]
        hint = "Name a folder, a release, a git revision (HEAD~1), or the first digits of a version that is kept."
        if known:
            hint += f" Releases: {', '.join(known)}."
        raise SdgError(f"{name} is no folder, no release, no version and no revision.", hint=hint)
    return found


def both(first: str, second: str, settings: Settings) -> tuple[Mapping[str, Document], Mapping[str, Document]]:
    """Return two states to compare; where one is the version of one indicator, the other is cut down to it.

    Raises:
        SdgError: one of them cannot be read.
    """
    before, after = state(first, settings), state(second, settings)
    if len(before) == 1 or len(after) == 1:
        number = next(iter(before if len(before) == 1 else after))
        before = {key: document for key, document in before.items() if key == number}
        after = {key: document for key, document in after.items() if key == number}
        if not before or not after:
            raise SdgError(f"{first} and {second} are of different indicators.")
    return before, after


def _release(file: Path, settings: Settings) -> dict[str, Document]:
    """Return the declarations that were in force when the file was frozen or published.

    Raises:
        WarehouseError: the file is damaged, holds no state of this program, or one of a newer layout.
    """
    from warehouse.connect import open_file
    from warehouse.release_diff import attached

    with open_file(Path(":memory:"), settings) as connection, attached(connection, file, "frozen"), told(file):
        rows = connection.execute(_IN_FORCE).fetchall()
    return {number: json.loads(text) for number, text in rows}


def _version(prefix: str, settings: Settings) -> dict[str, Document] | None:
    """Return the one version that begins so, or None where nothing is published or none begins so."""
    if not settings.current.is_file():
        return None
    from warehouse.connect import reader

    query = (
        "select distinct indicator, version, canonical from metadata.indicator_version where starts_with(version, ?)"
    )
    with reader(settings) as connection:
        rows = connection.execute(query, [prefix]).fetchall()
    if len(rows) > 1:
        raise SdgError(f"{len(rows)} versions begin with {prefix}.", hint="Give more digits.")
    return {number: json.loads(text) for number, _, text in rows} or None
