"""Frames that wait: in memory while they are few, in a temporary folder when they are more.

So a document that is larger than the memory can be read to its end, which must be known to be sound, and all its
columns seen, before the first batch is handed on. Nothing here knows what is in the frames.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from metadata.errors import StorageFull
from pipelines.read.safety import MB

IN_MEMORY = 512 * MB
"""Bytes of frames that one spool keeps in memory; what comes later waits on disk."""
_VIEW = 16
_INLINE = 12


class Spool:
    """A list of frames, each behind the other. What is on disk goes with `close`, or with the object."""

    def __init__(self) -> None:
        self._frames: list[pl.DataFrame | Path] = []
        self._bytes = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._frames)

    def append(self, frame: pl.DataFrame) -> None:
        """Add a frame.

        Raises:
            StorageFull: the temporary folder cannot be written.
        """
        size = _bytes_of(frame)
        if self._bytes + size <= IN_MEMORY:
            self._bytes += size
            self._frames.append(frame)
            return
        try:
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="sdg-read-")
            path = Path(self._folder.name) / f"{len(self._frames)}.arrow"
            frame.write_ipc(path, compression="lz4")
        except OSError as error:
            what = f"There is no room for what was read so far: {error.strerror or error}."
            hint = "Free some space, or name another folder for temporary files in TMPDIR."
            raise StorageFull(what, where=tempfile.gettempdir(), hint=hint) from error
        self._frames.append(path)

    def close(self) -> None:
        """Forget all frames, and remove what is on disk."""
        self._frames.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __getitem__(self, number: int) -> pl.DataFrame:
        """Return the frame of this number."""
        frame = self._frames[number]
        return pl.read_ipc(frame.read_bytes()) if isinstance(frame, Path) else frame

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Yield all frames in order."""
        for number in range(len(self)):
            yield self[number]


def _bytes_of(frame: pl.DataFrame) -> int:
    """Return how much memory a frame takes, about.

    Polars' own estimate counts the bytes of texts only; a column of texts has a view of 16 bytes a row beside those
    that are longer than 12 (Arrow columnar format), which is most of it where texts are short.
    """
    total = 0
    for column in frame.get_columns():
        size = int(column.estimated_size())
        if column.dtype == pl.String:
            size = _VIEW * frame.height + (size if size > _INLINE * frame.height else 0)
        total += size
    return total
