"""The files that a person names: is there a file, and may it be read. What is in it is for `pipelines.read`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from metadata.errors import UnreadableFile
from metadata.words import text


def fault_of(file: Path) -> UnreadableFile | None:
    """Return what keeps a file from being read, in a sentence that does not name it; None for nothing."""
    try:
        if file.is_dir():
            return UnreadableFile(text("This is a folder, not a file."), hint=text("Name the files that are in it."))
        if not file.exists():
            return UnreadableFile(text("The file does not exist."), hint=text("Look at the spelling of the path."))
        if not file.is_file():
            return UnreadableFile(text("This is no file."), hint=text("Look at the spelling of the path."))
        with file.open("rb"):
            return None
    except OSError as error:
        return UnreadableFile(
            text("The file cannot be opened: {reason}.", reason=error.strerror or str(error)),
            hint=text("Ask for the right to read it, or for a copy."),
        )


def must_exist(files: Sequence[Path]) -> None:
    """Refuse paths that are no files, or that may not be read.

    Raises:
        UnreadableFile: the first of them.
    """
    for file in files:
        fault = fault_of(file)
        if fault is not None:
            raise UnreadableFile(fault.what, where=str(file), hint=fault.hint)
