"""Files that appear whole or not at all: written beside their place under another name, and renamed.

For what the program writes for people: templates, reports, workbooks, drafts. A full disk leaves nothing half-written,
and the file that stood there before.
"""

from __future__ import annotations

import glob
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.errors import SdgError, StorageFull

if TYPE_CHECKING:
    from openpyxl import Workbook

_ENDINGS = ("part", "former")


@contextmanager
def whole_file(path: Path, *, what: str) -> Iterator[Path]:
    """Give a path to write to; what was written there takes the place of `path` at the end, or is thrown away.

    Args:
        path: the file.
        what: the file is called in a sentence: `template`.

    Raises:
        SdgError: the folder is not there. StorageFull: the file cannot be written.
    """
    if not path.absolute().parent.is_dir():
        raise SdgError(
            f"The folder for the {what} is not there.",
            where=str(path.absolute().parent),
            hint="Make it first, or choose another.",
        )
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        forget_killed(path)
        yield partial
        partial.replace(path)
    except OSError as error:
        raise not_written(what, path, error) from error
    finally:
        partial.unlink(missing_ok=True)


def save_whole(path: Path, save: Callable[[Path], object], *, what: str) -> None:
    """Write a file so that it appears whole or not at all.

    Args:
        path: the file; a pipe or a device is written as it is, as it cannot be replaced.
        save: writes to the path that it is given.
        what: as in `whole_file`.

    Raises:
        SdgError: the folder is not there. StorageFull: the file cannot be written.
    """
    if path.exists() and not path.is_file():
        try:
            save(path)
        except OSError as error:
            raise not_written(what, path, error) from error
        return
    with whole_file(path, what=what) as partial:
        save(partial)


def not_written(what: str, path: Path, error: OSError) -> StorageFull:
    """Return the error for a file or folder that cannot be written."""
    sentence = f"The {what} cannot be written: {error.strerror or error}."
    return StorageFull(sentence, where=str(path), hint="Free some space or choose another folder.")


def forget_killed(path: Path) -> None:
    """Remove what processes that were killed left of a file or folder of that name; one that runs is left alone.

    Raises:
        OSError: it cannot be removed.
    """
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.*"):
        process, _, ending = left.name.removeprefix(f".{path.name}.").partition(".")
        if ending in _ENDINGS and process.isdecimal() and not runs(int(process)):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


def runs(process: int) -> bool:
    """Say whether there is a process of that number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def save_text(path: Path, text: str, *, what: str, encoding: str = "utf-8") -> None:
    """Write a text as it stands, its line ends too; whole or not at all.

    Raises:
        SdgError: the folder is not there. StorageFull: the file cannot be written.
    """
    save_whole(path, lambda partial: partial.write_text(text, encoding=encoding, newline=""), what=what)


def save_workbook(path: Path, book: Workbook, *, what: str) -> None:
    """Write a workbook; whole or not at all.

    Raises:
        SdgError: the folder is not there. StorageFull: the file cannot be written.
    """
    made = workbook_bytes(book)
    save_whole(path, lambda partial: partial.write_bytes(made.getbuffer()), what=what)


def workbook_bytes(book: Workbook) -> io.BytesIO:
    """Return a workbook as the bytes of its file.

    In memory: a zip archive that a full disk has stopped complains once more when it is thrown away. openpyxl writes
    each sheet to the folder for temporary files first, and lxml tells of a full disk there in words of its own.

    Raises:
        StorageFull: there is no room for temporary files.
    """
    from lxml.etree import SerialisationError

    made = io.BytesIO()
    try:
        book.save(made)
    except (SerialisationError, OSError) as error:
        raise StorageFull(
            "The workbook cannot be made: there is no room for temporary files.",
            where=tempfile.gettempdir(),
            hint="Free some space there, or set TMPDIR to another folder.",
        ) from error
    return made
