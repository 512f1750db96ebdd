"""Where an export goes: written beside its place under another name, and put there when it is whole."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metadata import whole
from metadata.errors import SdgError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; what was written there takes the place of `path` at the end, or is thrown away.

    Raises:
        SdgError: the folder is not there, or `path` is a folder.
        StorageFull: the file cannot be written.
    """
    _refuse_parent(path)
    if path.is_dir():
        raise SdgError("This is a folder, and a file is to be written.", where=str(path), hint="Name a file in it.")
    with whole.whole_file(path, what="export") as partial:
        yield partial


@contextmanager
def whole_folder(path: Path, mark: str) -> Iterator[Path]:
    """Give a folder to write to, which takes the place of `path` at the end, or is thrown away.

    Args:
        path: the folder that shall be; one that is there is replaced when it holds a file named `mark`, or nothing.
        mark: name of a file that says that the folder is an earlier export.

    Raises:
        SdgError: the folder around it is not there, or `path` holds something else.
        StorageFull: the folder cannot be written.
    """
    _refuse_parent(path)
    if path.is_file() or (path.is_dir() and any(path.iterdir()) and not (path / mark).is_file()):
        raise SdgError(
            "This is there already and is no earlier export.", where=str(path), hint="Name a folder that is not there."
        )
    partial, former = (path.with_name(f".{path.name}.{os.getpid()}.{end}") for end in ("part", "former"))
    try:
        _put_back(path)
        whole.forget_killed(path)
        partial.mkdir()
        yield partial
        if path.is_dir():
            path.replace(former)
        partial.replace(path)
    except OSError as error:
        raise whole.not_written("export", path, error) from error
    finally:
        for left in (partial, former):
            shutil.rmtree(left, ignore_errors=True)


def _put_back(path: Path) -> None:
    """Put a folder back that a process took away and was killed before it put the new one in its place."""
    for former in path.parent.glob(f".{glob.escape(path.name)}.*.former"):
        if not path.exists():
            former.replace(path)


def _refuse_parent(path: Path) -> None:
    if not path.absolute().parent.is_dir():
        raise SdgError(
            "The folder for the output is not there.", where=str(path.absolute().parent), hint="Make it first."
        )
