"""SDMX-JSON data messages 1.0, 2.0 and 2.1: decoding, header, and what is no data message.

Standard: SDMX-JSON data message field guide and `sdmx-json-data-schema.json` of 1.0 (`data.structure`), 2.0 and
2.1 (`data.structures`, one for several data sets). The columns are made by `pipelines.read.sdmx_json_frame`.

Numbers keep their digits as sent (1.50 stays 1.50). A name that stands twice in an object is refused, as one of
its two values would be lost. JSON has no lines to speak of, so a row's place is `_row`: the number of the
observation in the message, from 1, for which `Message.path_of` gives the path from the root,
`$.data.dataSets[0].series["0:1"].observations["3"]`. A fault is named by its path, too.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, pairwise
from typing import Any, NoReturn

from metadata.errors import UnreadableFile
from metadata.findings import Finding
from metadata.rules import finding
from metadata.words import text
from pipelines.read.message import Header, Message, StructureRef, action_of, parse_prepared
from pipelines.read.safety import MAX_JSON, MB, Source
from pipelines.read.sdmx_json_frame import DataSet, Place, read_data_sets

_SEND = text("Send SDMX-ML 2.1 structure-specific data, SDMX-CSV, or the Excel template.")
_HREF = re.compile(
    r"/(?:dataflow|datastructure|provisionagreement)/([\w.@$\-]+)/([\w@$\-]+)(?:/([\w.+~*\-]+))?", re.IGNORECASE
)
_SPACED = re.compile(rb'"[ \t\r\n]+:')
_NESTED = frozenset({dict, list})
_MINUS_ZERO = r"-0(?![\d.eE])"
_NO_DATA = {
    "dataStructures", "codelists", "conceptSchemes", "dataflows", "contentConstraints", "dataConstraints",
    "metadataSets", "agencySchemes", "categorySchemes", "dataProviderSchemes",
}


class _Twice(ValueError):
    """A name stands twice in one object."""


def read_sdmx_json(source: Source) -> Message:
    """Return the message in `source`, a JSON text.

    Raises:
        UnreadableFile: no JSON, with line and column; no SDMX-JSON data message; an index or a shape that the
            standard does not allow, with its path; or over a limit of `pipelines.read.safety`.
    """
    try:
        with _without_collector():
            return _read(source, _decode(source))
    except UnicodeEncodeError as error:
        what = text("A text of the message has half a character (a surrogate without its other half).")
        raise UnreadableFile(what, where=source.name, hint=text("Export the message again.")) from error


def _read(source: Source, document: Any) -> Message:
    place = Place(source.name)
    root = place.mapping(document)
    inner = "data" in root
    data = place.at("data").mapping(root["data"]) if inner else root
    _refuse_others(source.name, root, data)
    inside = place.at("data") if inner else place
    structures = _structures(data, inside)
    sets = []
    for number, part in enumerate(inside.at("dataSets").array(data.get("dataSets") or [])):
        here = inside.at("dataSets").at(number)
        own = here.mapping(part)
        which = own.get("structure", 0)
        if not isinstance(which, int) or not 0 <= which < len(structures):
            here.at("structure").refuse(text("There is no such structure in the message."))
        sets.append(DataSet(own, structures[which], here, action_of(own.get("action"))))
    frame, notes, paths = read_data_sets(sets)
    header = _header(place.mapping(root.get("meta") or root.get("header") or {}), structures, sets)
    version = "1.0" if "structure" in data else "2.1" if "2.1" in str(_meta_schema(root)) else "2.0"
    return Message(f"sdmx-json-{version}", header, frame, (*notes, *_errors(root)), path_of=paths.of)


def _decode(source: Source) -> Any:
    data = source.read()
    if len(data) > MAX_JSON:
        what = text("The JSON text is larger than {limit} MB, which is the limit.", limit=MAX_JSON // MB)
        raise UnreadableFile(what, where=source.name, hint=text("Send it in parts, or as SDMX-CSV."))
    encoding = json.detect_encoding(data)
    document = _decode_fast(data) if encoding == "utf-8" else None
    return document if document is not None else _decode_with_care(source, data, encoding)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep Python from looking for garbage meanwhile: among millions of objects that all live it looks in vain."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


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


def _decode_with_care(source: Source, data: bytes, encoding: str) -> Any:
    try:
        content = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = text("The JSON text is damaged: these bytes are no text.")
        raise UnreadableFile(what, where=f"{source.name}:{line}", hint=text("Save it as UTF-8.")) from error
    whole = _whole if re.search(_MINUS_ZERO, content) else int
    try:
        return json.loads(
            content, parse_float=str, parse_int=whole, parse_constant=str, object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        cut = error.pos >= len(content.rstrip()) or error.msg.startswith("Unterminated")
        what = text("The JSON text is not well-formed: {fault}.", fault=error.msg)
        if cut:
            what = text("The JSON text breaks off: {fault}.", fault=error.msg)
        where = f"{source.name}:{error.lineno}:{error.colno}"
        raise UnreadableFile(what, where=where, hint=text("Send the file again.")) from error
    except _Twice as error:
        what = text("An object has the name {name} twice, so one of the two would be lost.", name=error)
        raise UnreadableFile(what, where=source.name, hint=text("Give every name once.")) from error
    except RecursionError as error:
        what = text("The JSON text is nested too deeply to be read.")
        raise UnreadableFile(what, where=source.name, hint=_SEND) from error
    except ValueError as error:  # a whole number with more digits than Python takes
        what = text("The JSON text has a number with thousands of digits.")
        raise UnreadableFile(what, where=source.name, hint=_SEND) from error


def _whole(text: str) -> int | str:
    return text if text == "-0" else int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = sorted(name for name, _ in pairs)
        raise _Twice(next(name for name, after in pairwise(names) if name == after))
    return found


def _refuse_others(name: str, root: dict[str, Any], data: dict[str, Any]) -> None:
    if "dataSets" in data or {"structure", "structures"} & data.keys():
        return
    errors = root.get("errors") or root.get("error")
    if errors:
        said = "; ".join(_sentences(errors)) or "it gives no reason"
        what = text("This is an error message of a service, not data: {said}.", said=said)
        raise UnreadableFile(what, where=name, hint=text("Ask for the data again."))
    if _NO_DATA & data.keys():
        raise UnreadableFile(text("This is an SDMX-JSON structure message, not data."), where=name, hint=_SEND)
    if "sdmx-json" in str(_meta_schema(root)):
        return  # a message of a service that has found nothing
    raise UnreadableFile(text("This is JSON, not a message that is read."), where=name, hint=_SEND)


def _meta_schema(root: dict[str, Any]) -> Any:
    meta = root.get("meta")
    return meta.get("schema", "") if isinstance(meta, dict) else ""


def _structures(data: dict[str, Any], place: Place) -> list[dict[str, Any]]:
    if "structure" in data:
        return [place.at("structure").mapping(data["structure"])]
    here = place.at("structures")
    return [here.at(n).mapping(part) for n, part in enumerate(here.array(data.get("structures") or []))]


def _header(meta: dict[str, Any], structures: list[dict[str, Any]], sets: list[DataSet]) -> Header:
    sender = meta.get("sender")
    sender = sender[0] if isinstance(sender, list) and sender else sender
    identity = sender.get("id") if isinstance(sender, dict) else None
    prepared = meta.get("prepared")
    prepared = prepared if isinstance(prepared, str) else None
    message_id = meta.get("id")
    first = sets[0].structure if sets else structures[0] if structures else {}
    return Header(
        sender=identity if isinstance(identity, str) else None,
        prepared=prepared,
        prepared_at=parse_prepared(prepared),
        structure=_reference(first.get("links"), sets[0].own.get("links") if sets else None),
        test=meta.get("test") is True,
        message_id=message_id if isinstance(message_id, str) else None,
        dataset_actions=tuple(part.action for part in sets),
    )


def _reference(*links: Any) -> StructureRef | None:
    """Return the structure that the links name: by URN, else by the address of a service."""
    several = [link for group in links if isinstance(group, list) for link in group if isinstance(link, dict)]
    for link in several:
        reference = StructureRef.parse(str(link.get("urn", "")))
        if reference:
            return reference
    for link in several:
        found = _HREF.search(str(link.get("href", "")))
        if found:
            return StructureRef(found[1], found[2], found[3])
    return None


def _sentences(errors: Any) -> list[str]:
    parts = errors if isinstance(errors, list) else [errors]
    return [
        f"{part.get('title') or part.get('detail') or part.get('message') or 'no text'} (code {part.get('code')})"
        for part in parts if isinstance(part, dict)
    ]


def _errors(root: dict[str, Any]) -> list[Finding]:
    """Return a note for each thing the service says beside the data: an answer may be incomplete."""
    parts = root.get("errors")
    return [
        finding("MESSAGE-FOOTER", places=1, text=part.get("title") or part.get("detail") or "no text",
                code=part.get("code", "none"))
        for part in (parts if isinstance(parts, list) else []) if isinstance(part, dict)
    ]


def refuse_list(name: str) -> NoReturn:
    """Raise the error for a JSON text that is a list."""
    raise UnreadableFile(text("This is JSON, not a message that is read."), where=name, hint=_SEND)
