"""The last release, and how far what is published has moved on since: what `sdg status` and Dagster's page say of it.

The differences are counted in the published copy, which holds them (`report.release_diff`), so nothing is compared
here and it can be asked while a run is writing. A copy that was published before the release was made cannot know; then
only the release is named.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from metadata.errors import SdgError
from pipelines.show import plural, short_path
from warehouse.tables import LAYOUT

if TYPE_CHECKING:
    from warehouse.settings import Settings

_LAYOUT = "select coalesce(max(layout_version), 0) = ? from core.layout"
_KNOWN = "select count(*) from ledger.release where name = ?"
_LOADS = "select count(*) from core.load where load_id > ?"
_CHANGED = """
with differs as (
    select provider, {key}, bool_or(kind = 'key_added') as added, bool_or(kind = 'key_removed') as removed
    from report.release_diff
    where before_release = ? and time_period is not null
    group by all
)
select count(*), count(*) filter (added), count(*) filter (removed), count(*) filter (not added and not removed)
from differs
"""


@dataclass(frozen=True, slots=True)
class Changed:
    """What the published copy holds differently from a release.

    Attributes:
        loads: loads and withdrawals since.
        keys: observations that differ, each counted once.
        added: of these, those that the release has not.
        removed: of these, those that only the release has.
        revised: of these, those with another value, unit or attribute.
    """

    loads: int
    keys: int
    added: int
    removed: int
    revised: int


@dataclass(frozen=True, slots=True)
class LastRelease:
    """The newest release of a state folder.

    Attributes:
        name: of the release.
        created_at: when it was frozen; ISO 8601, UTC.
        folder: where it stands.
        observations: that it holds.
        changed: what is published differs so; None where the published copy does not know the release.
    """

    name: str
    created_at: str
    folder: str
    observations: int
    changed: Changed | None

    @property
    def published_is_newer(self) -> bool | None:
        """True when the published copy has loads or differences since; None where it cannot tell."""
        return None if self.changed is None else bool(self.changed.loads or self.changed.keys)

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON."""
        return {**asdict(self), "published_is_newer": self.published_is_newer}


def read_last_release(settings: Settings) -> LastRelease | None:
    """Return the newest release and how the published copy differs from it; None where there is no release.

    Raises:
        WarehouseError: a release or the published copy is damaged.
    """
    from warehouse.release_store import releases

    known = releases(settings)
    if not known:
        return None
    last = known[-1]
    return LastRelease(
        name=last.name,
        created_at=last.created_at,
        folder=str(settings.releases / last.name),
        observations=last.counts["core.observation"],
        changed=_changed(settings, last.name, last.last_load) if settings.current.is_file() else None,
    )


def _changed(settings: Settings, name: str, last_load: int) -> Changed | None:
    from metadata.structure import load_structure
    from warehouse.connect import reader
    from warehouse.faults import told

    structure = load_structure()
    key = ", ".join(one.column for one in (*structure.dimensions, structure.time))
    with reader(settings) as connection, told(settings.current):
        if not of_this_layout(connection) or connection.execute(_KNOWN, [name]).fetchall() == [(0,)]:
            return None
        ((loads,),) = connection.execute(_LOADS, [last_load]).fetchall()
        ((keys, added, removed, revised),) = connection.execute(_CHANGED.format(key=key), [name]).fetchall()
    return Changed(loads, keys, added, removed, revised)


def knows_release(settings: Settings, name: str) -> bool:
    """Return whether the published copy names a release; False where nothing is published.

    Raises:
        WarehouseError: the published copy is damaged.
    """
    return settings.current.is_file() and _changed(settings, name, 0) is not None


def of_this_layout(connection: Any) -> bool:
    """Return whether a published copy has the tables of this program: it may be from before the last upgrade.

    Args:
        connection: DuckDB's, on the copy.
    """
    return bool(connection.execute(_LAYOUT, [LAYOUT]).fetchall()[0][0])


def told_release(settings: Settings) -> tuple[LastRelease | None, str | None]:
    """Return the newest release, and where it cannot be read the sentence why: a status must be told all the same."""
    try:
        return read_last_release(settings), None
    except SdgError as error:
        return None, str(error)


def release_lines(last: LastRelease | None, fault: str | None = None) -> list[str]:
    """Return in words which release is the last, and what has changed since: a sentence each.

    Args:
        last: the newest release; None for none.
        fault: why it cannot be read.
    """
    if fault is not None:
        return [f"The last release cannot be told: {fault}"]
    if last is None:
        return ["There is no release yet. Make one with: sdg release"]
    when, held = last.created_at[:16].replace("T", " "), plural(last.observations, "observation")
    first = f"Last release {last.name}, {when} UTC, {held}: {short_path(last.folder)}"
    if last.changed is None:
        return [first, f"What is published does not know it yet. Make it known with: sdg release {last.name}"]
    if not last.published_is_newer:
        return [first, "Nothing has changed since."]
    changed = last.changed
    named = ((changed.added, "added"), (changed.removed, "removed"), (changed.revised, "revised"))
    parts = [f"{number:,} {word}" for number, word in named if number]
    newer = f"What is published is newer by {plural(changed.loads, 'load')}" if changed.loads else "Declared anew"
    if not parts:
        return [first, f"{newer}, but holds the same."]
    differ = f"{plural(changed.keys, 'observation')} {'differs' if changed.keys == 1 else 'differ'}"
    return [first, f"{newer}: {differ} ({', '.join(parts)}). See: sdg diff {last.name} current"]
