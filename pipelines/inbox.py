"""The folder of a provider: which files lie there, and which of them are complete.

An office puts files into `inbox/<PROVIDER>/`, in folders of its own if it likes. Here they are found, never
opened: what a file is, and in which order vintages are loaded, its header says (`pipelines.read`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.provider import Provider
    from warehouse.settings import Settings

QUIET_S = 2.0
"""Seconds without a change after which a file counts as complete."""
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
_LOCKS = ("~$", ".~lock", ".")
"""Beginnings of names that are no delivery: locks of office programs, hidden files."""


@dataclass(frozen=True, slots=True)
class InboxFile:
    """A file in a provider's folder.

    Attributes:
        path: where it is.
        name: its path inside the provider's folder, with `/`.
        size: in bytes.
        modified: when it was last written, seconds since 1970.
        ready: False while it is still being written.
    """

    path: Path
    name: str
    size: int
    modified: float
    ready: bool


def find_files(settings: Settings, provider: Provider, *, now: float | None = None) -> list[InboxFile]:
    """Return the files in a provider's folder, oldest first; those of the same moment by name.

    Left out are hidden files and folders, locks of office programs, and files under the name of an
    unfinished transfer. A file that changed less than two seconds ago is returned with `ready` False, and so
    is one whose time lies in the future by less than that; further ahead is a wrong clock: no reason to wait.

    Args:
        settings: where the inbox is.
        provider: whose folder.
        now: seconds since 1970; the present when None.

    Raises:
        ConfigurationError: a link in the folder leads out of it, or the folder cannot be read.
    """
    folder = settings.inbox / provider.id
    moment = time.time() if now is None else now
    if not folder.is_dir():
        return []
    try:
        home = folder.resolve(strict=True)
        files = [file for path in _walk(folder, home) if (file := _look(path, folder, moment)) is not None]
    except PermissionError as error:
        raise ConfigurationError(
            "The provider's folder cannot be read: permission denied.", where=str(error.filename or folder),
            hint="Let the user that runs this read it.",
        ) from error
    return sorted(files, key=lambda file: (file.modified, file.name))


def _walk(folder: Path, home: Path) -> Iterator[Path]:
    """Yield the files below a folder that may be deliveries; a folder that is a link is not entered twice."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(_LOCKS) or path.suffix.lower() in _UNFINISHED:
            continue
        if path.is_symlink():
            target = path.resolve()
            if not target.is_relative_to(home):
                raise ConfigurationError(
                    "This link leads out of the provider's folder; it was not followed.", where=str(path),
                    hint="Copy the file into the folder instead.",
                )
            # What it leads to lies in the folder itself and is found there.
            continue
        if path.is_dir():
            yield from _walk(path, home)
        elif path.is_file():
            yield path


def _look(path: Path, folder: Path, moment: float) -> InboxFile | None:
    """Return the file as it is now; None when it has just been taken away."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    ready = abs(moment - status.st_mtime) >= QUIET_S
    return InboxFile(path, path.relative_to(folder).as_posix(), status.st_size, status.st_mtime, ready)
