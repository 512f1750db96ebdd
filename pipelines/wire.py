"""Small facts of HTTP and gzip that a transfer rests on, free of any session.

The header Retry-After, the end of a compressed stream, an address fit for a message, a system's error in
words.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit, urlunsplit

PIECE = 1 << 16
"""Bytes that are read, and decompressed, at once."""
_SECRET = re.compile(r"(?i)((?:^|(?<=&))[\w-]*(?:key|token|password|secret))=[^&]*")


class Trouble(Exception):
    """An attempt that failed in a way that another attempt may not.

    Args:
        story: what happened, continuing the sentence "the service …".
        pause: seconds that the service asked for, if it did.
    """

    def __init__(self, story: str, pause: float | None = None) -> None:
        super().__init__(story)
        self.story = story
        self.pause = pause


def shown(url: str) -> str:
    """Return an address without user name, password and access keys, fit for a message or a ledger."""
    parts = urlsplit(url)
    query = _SECRET.sub(r"\1=…", parts.query)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query))


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds that a Retry-After header asks for: a number, or an HTTP date (RFC 9110, 10.2.3).

    None when there is no header or it cannot be understood; never negative.
    """
    if value is None:
        return None
    if re.fullmatch(r"\s*\d{1,9}\s*", value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def gunzip(wire: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress; a stream that does not reach its own end was cut short, whatever the line said."""
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
    begun = False
    for piece in wire:
        while piece:
            begun = True
            if inflater.eof:  # another member follows (RFC 1952, 2.2)
                inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
            try:
                plain = inflater.decompress(piece, PIECE)
            except zlib.error as error:
                raise Trouble("sent a body that is not the gzip it is said to be") from error
            piece = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            if plain:
                yield plain
    if begun and not inflater.eof:
        raise Trouble("broke off in the middle of a compressed answer")


def reason_of(error: BaseException) -> str:
    """Return the system's own words for a failed connection, without object addresses."""
    text = str(error)
    for pattern in (r"\[Errno -?\d+\] ([^'\")\]]+)", r"IncompleteRead\((.*?)\)", r"'([^']{3,80})'\)"):
        found = re.search(pattern, text)
        if found:
            return found.group(1).strip()
    return re.sub(r"<[^>]*>:? ?", "", text).strip()[:120] or type(error).__name__
