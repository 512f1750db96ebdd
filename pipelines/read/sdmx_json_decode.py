"""JSON texts to Python objects: fast where nothing can be lost, with care where it could; faults with their line.

Numbers keep their digits as sent (1.50 stays 1.50), and a name that stands twice in an object is refused, as one of
its two values would be lost. Here is what JSON is; what SDMX makes of it is `pipelines.read.sdmx_json`.

Standard: RFC 8259.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, NoReturn

from metadata.errors import UnreadableFile
from metadata.words import text
from pipelines.read.safety import MAX_JSON, MB, Source

_SEND = text("Send SDMX-ML 2.1 structure-specific data, SDMX-CSV, or the Excel template.")
_SPACED = re.compile(rb'"[ \t\r\n]+:')
_NESTED = frozenset({dict, list})
_MINUS_ZERO = r"-0(?![\d.eE])"
_BEFORE = "\x01before"
"""Name of the member that stands for those before a piece, so that its comma follows one."""


class _Twice(ValueError):
    """A name stands twice in one object."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Where a text stands in a larger one.

    Attributes:
        source: the larger text.
        begin: bytes of it before this one.
        added: characters before this one that the larger text does not have.
    """

    source: Source
    begin: int = 0
    added: int = 0

    def where(self, line: int, column: int | None = None) -> str:
        """Return the place of a line and column of this text, from 1, in the larger one."""
        before = last = 0
        with self.source.open() as stream:
            left = self.begin
            while left and (piece := stream.read(min(left, MB))):
                left -= len(piece)
                before += piece.count(b"\n")
                last = len(piece) - piece.rfind(b"\n") - 1 if b"\n" in piece else last + len(piece)
        place = f"{self.source.name}:{before + line}"
        if column is None:
            return place
        return f"{place}:{column + last - self.added if line == 1 else column}"


def decode(source: Source) -> Any:
    """Return the document of a whole text, in any encoding of JSON.

    Raises:
        UnreadableFile: it is larger than `MAX_JSON`, or no JSON; with line and column.
    """
    data = source.read()
    if len(data) > MAX_JSON:
        what = text("The JSON text is larger than {limit} MB, which is the limit.", limit=MAX_JSON // MB)
        raise UnreadableFile(what, where=source.name, hint=text("Send it in parts, or as SDMX-CSV."))
    encoding = json.detect_encoding(data)
    document = _decode_fast(data) if encoding == "utf-8" else None
    return document if document is not None else _decode_with_care(_Part(source), data, encoding)


def decode_rest(source: Source, data: bytes) -> Any:
    """Return the document of what is left of a UTF-8 text when its mass is cut out.

    Raises:
        UnreadableFile: it is no JSON. Lines and columns are those of `data`.
    """
    document = _decode_fast(data)
    return document if document is not None else _decode_with_care(_Part(source), data, "utf-8")


def decode_piece(source: Source, begin: int, end: int, *, first: bool) -> dict[str, Any]:
    """Return the members of an object that stand in these bytes of a UTF-8 text.

    Args:
        source: the text.
        begin: where the piece begins: behind the bracket, or behind a member, with the comma.
        end: where it ends: behind a member, or before the closing bracket.
        first: it begins behind the bracket.

    Raises:
        UnreadableFile: it is no JSON; with line and column.
    """
    members: dict[str, Any] = _decode_between(source, begin, end, "{" if first else json.dumps({_BEFORE: 0})[:-1], "}")
    members.pop(_BEFORE, None)
    return members


def decode_list(source: Source, begin: int, end: int, *, first: bool) -> list[Any]:
    """Return the members of a list that stand in these bytes of a UTF-8 text, as `decode_piece` those of an object."""
    members: list[Any] = _decode_between(source, begin, end, "[" if first else "[0", "]")
    return members if first else members[1:]


def decode_members(data: bytes, *, first: bool) -> dict[str, Any] | None:
    """Return the members of an object as `decode_piece` does; None where it would refuse them, or must take care."""
    added = "{" if first else json.dumps({_BEFORE: 0})[:-1]
    members: dict[str, Any] | None = _decode_fast(added.encode() + data + b"}")
    if members is not None:
        members.pop(_BEFORE, None)
    return members


def _decode_between(source: Source, begin: int, end: int, added: str, closing: str) -> Any:
    data = b"".join((added.encode(), read_piece(source, begin, end), closing.encode()))
    document = _decode_fast(data)
    return document if document is not None else _decode_with_care(_Part(source, begin, len(added)), data, "utf-8")


def read_piece(source: Source, begin: int, end: int) -> bytes:
    """Return these bytes of a text."""
    with source.open() as stream:
        stream.seek(begin)
        return stream.read(end - begin)


def _decode_fast(data: bytes) -> Any:
    """Return the document as `_decode_with_care` does, or None when that is not certain.

    msgspec takes the last of two values of one name, so that the names that it returns are counted against those
    that stand in the text; it knows no minus zero; and its errors have no line.
    """
    import msgspec

    if re.search(_MINUS_ZERO.encode(), data):
        return None
    try:
        document = msgspec.json.Decoder(float_hook=str).decode(data)
        return document if _count_names(document) == _names_in(data) else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _names_in(data: bytes) -> int:
    """Return how many names of objects stand in the text, or more than that where texts look like them."""
    spaced = any(mark in data for mark in (b" :", b"\t:", b"\n:", b"\r:"))
    return data.count(b'":') + (len(_SPACED.findall(data)) if spaced else 0)


def _count_names(document: Any) -> int:
    """Return the number of names in all objects of a document."""
    count, objects, arrays = 0, list[dict[str, Any]](), [[document]]
    while objects or arrays:
        count += sum(map(len, objects))
        cells = list(chain(chain.from_iterable(map(dict.values, objects)), chain.from_iterable(arrays)))
        if set(map(type, cells)).isdisjoint(_NESTED):
            break
        objects = [cell for cell in cells if type(cell) is dict]
        arrays = [cell for cell in cells if type(cell) is list]
    return count


def _decode_with_care(part: _Part, data: bytes, encoding: str) -> Any:
    try:
        content = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = text("The JSON text is damaged: these bytes are no text.")
        raise UnreadableFile(what, where=part.where(line), hint=text("Save it as UTF-8.")) from error
    whole = _whole if re.search(_MINUS_ZERO, content) else int
    try:
        return json.loads(
            content, parse_float=str, parse_int=whole, parse_constant=str, object_pairs_hook=no_name_twice,
        )
    except json.JSONDecodeError as error:
        cut = not part.added and (error.pos >= len(content.rstrip()) or error.msg.startswith("Unterminated"))
        what = text("The JSON text is not well-formed: {fault}.", fault=error.msg)
        if cut:
            what = text("The JSON text breaks off: {fault}.", fault=error.msg)
        where = part.where(error.lineno, error.colno)
        raise UnreadableFile(what, where=where, hint=text("Send the file again.")) from error
    except _Twice as error:
        refuse_twice(part.source, str(error))
    except RecursionError as error:
        what = text("The JSON text is nested too deeply to be read.")
        raise UnreadableFile(what, where=part.source.name, hint=_SEND) from error
    except ValueError as error:  # a whole number with more digits than Python takes
        what = text("The JSON text has a number with thousands of digits.")
        raise UnreadableFile(what, where=part.source.name, hint=_SEND) from error


def refuse_twice(source: Source, name: str) -> NoReturn:
    """Raise the error for a name that stands twice in an object."""
    what = text("An object has the name {name} twice, so one of the two would be lost.", name=name)
    raise UnreadableFile(what, where=source.name, hint=text("Give every name once."))


def _whole(text: str) -> int | str:
    return text if text == "-0" else int(text)


def no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of an object as `json` hands them over; raise a ValueError where a name stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = sorted(name for name, _ in pairs)
        raise _Twice(next(name for name, after in pairwise(names) if name == after))
    return found
