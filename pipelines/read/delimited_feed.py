"""A delimited text in UTF-8, read into buffers that are used again.

To touch memory for the first time costs a process more than to read into it: a buffer a block of its own, and one more
to put what was left of the last block before it, made more than half of the page faults of a reading.
"""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Iterator

import numpy as np

from metadata.errors import UnreadableFile
from metadata.words import text
from pipelines.read.delimited import Text
from pipelines.read.safety import MB

_ROOM = MB // 4
"""Bytes of a buffer beside those that are read at a time: what is left of a row is seldom longer."""


class Feed:
    """Reads a text piece by piece; to be closed.

    Args:
        source: the whole text.
        on_bytes: tell the source's listener.
    """

    def __init__(self, source: Text, *, on_bytes: bool) -> None:
        self._source = source
        self._told = source.source.on_bytes if on_bytes else None
        self._free: deque[bytearray] = deque()
        self._bytes = source.source.open() if source.is_utf8 else None
        self._pieces: Iterator[bytes] = iter(()) if source.is_utf8 else source.pieces(on_bytes=on_bytes)
        self._cut, self._done = b"", 0

    def close(self) -> None:
        """Close the file."""
        if self._bytes:
            self._bytes.close()

    def more(self, before: bytes, size: int) -> tuple[bytes | bytearray, int] | None:
        """Return what was before and about `size` bytes more, whole characters, and how many bytes that is in all.

        The buffer may be longer than that. None: there is no more.

        Raises:
            UnreadableFile: the bytes are no longer what they were when they were first gone through.
        """
        if self._bytes is None:
            return self._decoded(before, size)
        begin = len(before) + len(self._cut)
        buffer = self._buffer(begin + size)
        with memoryview(buffer) as view:
            view[:begin] = before + self._cut
            count = self._bytes.readinto(view[begin : begin + size])
            if not count:
                if self._cut:
                    raise self._changed()
                return None
            self._done += count
            if self._told:
                self._told(self._done)
            if self._done == count and self._source.encoding == "utf-8-sig":
                mark = len(codecs.BOM_UTF8)
                view[: count - mark] = bytes(view[mark:count])
                count -= mark
            end = begin + count
            self._cut = self._half(view[len(before) : end])
        return buffer, end - len(self._cut)

    def free(self, buffer: bytes | bytearray) -> None:
        """Take a buffer back; nobody looks at it any more. Any thread may call this."""
        if isinstance(buffer, bytearray):
            self._free.append(buffer)

    def _buffer(self, size: int) -> bytearray:
        try:
            buffer = self._free.pop()
        except IndexError:
            return bytearray(size + _ROOM)
        return buffer if len(buffer) >= size else bytearray(size + _ROOM)

    def _half(self, view: memoryview) -> bytes:
        """Return the bytes at the end that are no whole character.

        Raises:
            UnreadableFile: this is no UTF-8.
        """
        if np.frombuffer(view, np.uint8).max(initial=0) < 0x80:
            return b""
        try:
            return bytes(view[codecs.utf_8_decode(view, "strict", False)[1] :])
        except UnicodeDecodeError as error:
            raise self._changed() from error

    def _decoded(self, before: bytes, size: int) -> tuple[bytes, int] | None:
        parts = [before]
        while size > 0 and (piece := next(self._pieces, None)) is not None:
            parts.append(piece)
            size -= len(piece)
        whole = b"".join(parts)
        return (whole, len(whole)) if len(parts) > 1 else None

    def _changed(self) -> UnreadableFile:
        what = text("The file changed while it was read.")
        return UnreadableFile(what, where=self._source.name, hint=text("Read it again when nobody writes to it."))
