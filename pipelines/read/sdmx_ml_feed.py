"""How a document reaches its readers: expat has the envelope and all that is unusual, the bulk reader the mass.

Expat is fed up to the first Series or Obs directly in a data set. From there the bulk reader takes pieces that begin
and end directly in the data set, as long as it knows everything in them; for each, expat is given as many line ends,
so that it goes on counting lines. The first piece that the bulk reader does not take, and all behind it, is expat's
again, and so is the end of the data set. Only UTF-8 is read in bulk, and only from `BULK_FROM` bytes on: a small
message must not pay for importing Arrow.

The first piece is read here; those behind it side by side, a thread a core. They are taken in their order, so what
comes out does not depend on the threads: pieces read behind one that is not taken are read again, by expat.

Whether expat stands directly in the data set, with no tag, comment or CDATA section left open, is never guessed: it
has handed out every byte, there was no `<!` or `<?` since the data set began, and its handlers count no open element.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from pipelines.read.safety import MB, PIECE, Source
from pipelines.read.side_by_side import cores, in_order

if TYPE_CHECKING:
    from pipelines.read.sdmx_ml import Reader
    from pipelines.read.sdmx_ml_bulk import BulkReader, Found

BULK_FROM = 2 * MB
"""Smallest document that is read in bulk."""
CHUNK = 3 * MB
"""Bytes of content that are read in bulk at a time, about; in smaller pieces more of the work is done in a cache."""
AHEAD = 1
"""Pieces that wait, beside one for each thread."""
LONGEST = 64 * MB
"""Longest Series that is read in bulk."""

_NAME = rb"[A-Za-z_][\w.\-]*"
_DATA_SET = re.compile(
    rb"<(?P<name>(?:%b:)?DataSet)(?:[ \t\r\n]+(?:%b:)?%b[ \t\r\n]*=[ \t\r\n]*(?:\"[^\"<]*\"|'[^'<]*'))*"
    rb"[ \t\r\n]*(?P<empty>/?)>" % (_NAME, _NAME, _NAME)
)
_BEHIND_NAME = (b" ", b"\t", b"\r", b"\n", b"/", b">")
_FIRST = re.compile(rb"<(?P<name>(?:%b:)?(?:Series|Obs))(?=[ \t\r\n/>])|</(?:%b:)?DataSet" % (_NAME, _NAME))


class Feed:
    """One document on its way to a reader."""

    def __init__(self, reader: Reader, source: Source) -> None:
        self._reader, self._source = reader, source
        self._pieces = source.pieces(CHUNK)
        self._data = b""
        self._ended = False
        self._set_name = b""
        self._cut_off: deque[bytes] = deque()
        self._whole = False

    def run(self) -> None:
        """Feed the whole document."""
        self._more()
        if self._source.size() >= BULK_FROM and not self._data.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")):
            while self._reader.bulk and self._to_data_set():
                self._content()
        self._parse(len(self._data))
        while self._more():
            self._parse(len(self._data))
        self._reader.parse(b"", last=True)

    # ---- the window on the document ------------------------------------------------------------------------

    def _more(self) -> bool:
        piece = next(self._pieces, b"")
        self._ended = not piece
        self._data += piece
        return not self._ended

    def _parse(self, count: int) -> None:
        """Give the next bytes to expat, a piece at a time."""
        for begin in range(0, count, PIECE):
            self._reader.parse(self._data[begin : min(begin + PIECE, count)])
        self._data = self._data[count:]

    def _parse_whole_tags(self) -> bool:
        """Give expat all but a tag that is not whole yet, and read on; False at the end of the document."""
        self._parse(max(self._data.rfind(b"<"), 0))
        return self._more() and len(self._data) <= LONGEST

    # ---- to the next data set, and to its first Series or Obs ----------------------------------------------

    def _to_data_set(self) -> bool:
        """Feed expat up to the begin of a data set's content; False when there is none, or it is not sure."""
        while True:
            tag = _DATA_SET.search(self._data)
            if tag is None:
                if not self._parse_whole_tags():
                    return False
                continue
            before = len(self._reader.actions)
            self._parse(tag.end())
            if len(self._reader.actions) > before and not tag["empty"]:
                self._set_name = tag["name"]
                return self._reader.directly_in_data_set()

    def _to_first(self) -> bytes:
        """Feed expat up to the first Series or Obs; return its name, or nothing when there is none."""
        while True:
            tag = _FIRST.search(self._data)
            before = self._data[: tag.start() if tag else max(self._data.rfind(b"<"), 0)]
            if b"<!" in before or b"<?" in before:
                self._reader.bulk = False
                return b""
            if tag:
                self._parse(tag.start())
                if tag["name"] and not self._reader.directly_in_data_set():
                    self._reader.bulk = False
                return tag["name"] or b""
            if not self._parse_whole_tags():
                return b""

    # ---- content in bulk -----------------------------------------------------------------------------------

    def _content(self) -> None:
        """Read the content of a data set in bulk, as far as it goes."""
        name = self._to_first()
        if not name or not self._reader.bulk:
            return
        bulk = self._reader.bulk_reader(name.rpartition(b":")[2].decode())
        pieces = self._cut(b"<" + name)
        first = next(pieces, b"")
        if self._take(bulk.read(first) if first else None) and self._side_by_side(bulk, pieces):
            return
        # not taken: the data set may end before the last begin
        tried = len(self._cut_off[0]) if self._cut_off else LONGEST
        self._put_back()
        end = self._end()
        self._reader.bulk = 0 < end < tried and self._take(bulk.read(self._off(end)))
        self._put_back()

    def _side_by_side(self, bulk: BulkReader, pieces: Iterator[bytes]) -> bool:
        """Read pieces in bulk; False when one is left to expat, True when the last one ended the data set."""
        workers = cores()
        with closing(in_order(bulk.read, pieces, workers=workers, ahead=workers + AHEAD)) as results:
            return all(self._take(found) for found in results) and self._whole

    def _cut(self, begin: bytes) -> Iterator[bytes]:
        """Cut pieces off the window that begin and end directly in the data set, as far as can be told here."""
        self._whole, first = False, True
        while not self._whole:
            while len(self._data) < CHUNK and self._more():
                pass
            # a data set may be small, and others follow: looked for once, as it costs a search
            while not (end := self._piece_end(begin, look=first)):
                if self._ended or len(self._data) >= LONGEST or not self._more():
                    return
            first = False
            yield self._off(end)

    def _piece_end(self, begin: bytes, *, look: bool) -> int:
        """Return where a piece of the window ends; 0 when it cannot be told.

        Args:
            begin: what a Series or Obs begins with.
            look: whether the data set may end in the window, though the document does not.
        """
        end = self._end() if look or self._ended else 0
        self._whole = end > 0
        return end or (0 if self._ended else self._last(begin))

    def _off(self, end: int) -> bytes:
        """Cut a piece off the window, and return it."""
        self._cut_off.append(self._data[:end])
        self._data = self._data[end:]
        return self._cut_off[-1]

    def _put_back(self) -> None:
        """Give the window what was cut off and not taken."""
        self._data = b"".join((*self._cut_off, self._data))
        self._cut_off.clear()

    def _last(self, begin: bytes) -> int:
        """Return where the last Series or Obs in the window begins; 0 when there is only the first."""
        at = len(self._data)
        while (at := self._data.rfind(begin, 0, at)) > 0:
            if self._data[at + len(begin) : at + len(begin) + 1] in _BEHIND_NAME:
                return at
        return 0

    def _end(self) -> int:
        """Return where the data set ends in the window, 0 when it does not."""
        return max(self._data.find(b"</" + self._set_name), 0)

    def _take(self, found: Found | None) -> bool:
        """Take the oldest piece that was cut off, as read in bulk; False when it is left to expat."""
        if found is None or not self._reader.add_found(found):
            return False
        content = self._cut_off.popleft()
        for begin in range(0, found.lines, PIECE):
            self._reader.parse(b"\n" * min(PIECE, found.lines - begin))
        self._reader.parse(b" " * len(content[content.rfind(b"\n") + 1 :].decode()))
        return True
