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
from contextlib import closing, contextmanager
from functools import lru_cache, partial
from typing import Any, NoReturn

import polars as pl

from metadata.errors import UnreadableFile
from metadata.findings import Finding
from metadata.rules import finding
from metadata.words import text
from pipelines.read.message import Header, Message, MessageStream, StructureRef, action_of, parse_prepared
from pipelines.read.safety import MAX_JSON, Source
from pipelines.read.sdmx_json_decode import decode, decode_piece, decode_rest, read_piece, refuse_twice
from pipelines.read.sdmx_json_frame import DataSet, InBulk, Kind, Rows, kinds
from pipelines.read.sdmx_json_lists import list_texts
from pipelines.read.sdmx_json_paths import Paths, Place, Stretch
from pipelines.read.sdmx_json_pieces import MARK, PIECES_FROM, Mass, outline
from pipelines.read.side_by_side import cores, in_order

_SEND = text("Send SDMX-ML 2.1 structure-specific data, SDMX-CSV, or the Excel template.")
_HREF = re.compile(
    r"/(?:dataflow|datastructure|provisionagreement)/([\w.@$\-]+)/([\w@$\-]+)(?:/([\w.+~*\-]+))?", re.IGNORECASE
)
_NO_DATA = {
    "dataStructures", "codelists", "conceptSchemes", "dataflows", "contentConstraints", "dataConstraints",
    "metadataSets", "agencySchemes", "categorySchemes", "dataProviderSchemes",
}


def read_sdmx_json(source: Source) -> Message:
    """Return the message in `source`, a JSON text, as `open_sdmx_json` does, whole."""
    return open_sdmx_json(source).whole()


def open_sdmx_json(source: Source) -> MessageStream:
    """Open the message in `source`, a JSON text; a large one is read in pieces, so that its size is not the memory's.

    Raises:
        UnreadableFile: no JSON, with line and column; no SDMX-JSON data message; an index or a shape that the
            standard does not allow, with its path; or over a limit of `pipelines.read.safety`. What is seen late is
            raised by the stream's `batches`.
    """
    with _careful(source):
        document, masses = _cut_up(source) or (decode(source), {})
        place = Place(source.name)
        root = place.mapping(document)
        inner = "data" in root
        data = place.at("data").mapping(root["data"]) if inner else root
        _refuse_others(source.name, root, data)
        inside = place.at("data") if inner else place
        structures = _structures(data, inside)
        sets = _data_sets(data, structures, inside)
        header = _header(place.mapping(root.get("meta") or root.get("header") or {}), structures, sets)
        version = "1.0" if "structure" in data else "2.1" if "2.1" in str(_meta_schema(root)) else "2.0"
        reading = _Reading(source, sets, masses, _errors(root))
        batches = reading.batches()
        batches = batches if masses else iter(list(batches))
    return MessageStream(f"sdmx-json-{version}", header, batches, reading.notes, path_of=reading.paths.of)


def _data_sets(data: dict[str, Any], structures: list[dict[str, Any]], inside: Place) -> list[DataSet]:
    sets = []
    for number, part in enumerate(inside.at("dataSets").array(data.get("dataSets") or [])):
        here = inside.at("dataSets").at(number)
        own = here.mapping(part)
        which = own.get("structure", 0)
        if not isinstance(which, int) or not 0 <= which < len(structures):
            here.at("structure").refuse(text("There is no such structure in the message."))
        sets.append(DataSet(own, structures[which], here, action_of(own.get("action"))))
    return sets


_Masses = dict[tuple[int, Kind], Mass]


def _cut_up(source: Source) -> tuple[Any, _Masses] | None:
    """Return the document without its mass, and the mass by data set; None when it is to be decoded as a whole.

    What is not plainly a message is decoded as a whole too, and complained about there.
    """
    if source.size() < PIECES_FROM or json.detect_encoding(source.head(4)) != "utf-8":
        return None
    found = outline(source, MAX_JSON)
    if found is None or not found.whole or not found.masses:
        return None
    try:
        document = decode_rest(source, bytes(found.rest))
    except UnreadableFile:
        return None  # its lines would not be those of the text
    marks, lists = _marks(document), _list_marks(document)
    if sorted([*marks.values(), *(number for _, number in lists)]) != list(range(len(found.masses))):
        return None
    for component, number in lists:
        component["values"] = list_texts(source, found.masses[number])
    return document, {where: found.masses[number] for where, number in marks.items()}


def _marks(document: Any) -> dict[tuple[int, Kind], int]:
    """Return the numbers of the masses that stand where data sets have them."""
    inner = _inner(document)
    sets = inner.get("dataSets") if isinstance(inner, dict) else None
    return {
        (number, kind): own[kind][MARK]
        for number, own in enumerate(sets if isinstance(sets, list) else ()) if isinstance(own, dict)
        for kind in kinds(own) if isinstance(own[kind], dict) and MARK in own[kind]
    }


def _list_marks(document: Any) -> list[tuple[dict[str, Any], int]]:
    """Return the components whose lists of values are mass, with its number."""
    inner, found = _inner(document), list[tuple[dict[str, Any], int]]()
    several = inner.get("structures") if isinstance(inner, dict) else None
    for structure in [inner.get("structure") if isinstance(inner, dict) else None, *_listed(several)]:
        for part in ("dimensions", "measures", "attributes"):
            levels = structure.get(part) if isinstance(structure, dict) else None
            for level in levels.values() if isinstance(levels, dict) else ():
                for component in _listed(level):
                    values = component.get("values") if isinstance(component, dict) else None
                    if isinstance(values, list) and values and isinstance(values[0], dict) and MARK in values[0]:
                        found.append((component, values[0][MARK]))
    return found


def _inner(document: Any) -> Any:
    return document.get("data", document) if isinstance(document, dict) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


class _Reading:
    """The observations of one message on their way to frames.

    Attributes:
        notes: what was noticed; complete when all batches were taken.
        paths: where the rows of the batches taken so far stand.
    """

    def __init__(self, source: Source, sets: list[DataSet], masses: _Masses, notes: list[Finding]) -> None:
        self._source, self._masses, self._rows = source, masses, Rows(sets)
        self._sets = [(one.own, one.place) for one in sets]  # their structures may have a million values
        self.notes, self.paths = notes, Paths()
        self._stretch = lru_cache(maxsize=4)(self._read_again)

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield a frame for each piece of the mass, and each object that is no mass; at least one."""
        if not any(kinds(own) for own, _ in self._sets):
            yield self._rows.none()
        for number, (own, place) in enumerate(self._sets):
            for kind in kinds(own):
                mass = self._masses.get((number, kind))
                if mass is not None:
                    yield from self._pieces(mass, number, kind)
                else:
                    members = place.at(kind).mapping(own[kind])
                    frame = self._rows.frame(number, kind, members)
                    stretch = self._rows.stretch(number, kind, members)
                    self.paths.add(frame.height, partial(_itself, stretch))
                    yield frame
        self.notes[:0] = self._rows.notes()

    def _pieces(self, mass: Mass, number: int, kind: Kind) -> Iterator[pl.DataFrame]:
        names, pieces = list[pl.Series](), list(enumerate(mass.pieces()))
        reading = in_order(partial(self._in_bulk, number, kind), pieces, workers=cores(), ahead=cores() + 1)
        with closing(reading) as found:
            for (place, (begin, end)), own in zip(pieces, found, strict=True):
                with _careful(self._source):
                    if own is not None:
                        frame = self._rows.taken(number, own)
                        names.append(own.names)
                    else:
                        members = decode_piece(self._source, begin, end, first=not place)
                        frame = self._rows.frame(number, kind, members)
                        names.append(pl.Series(list(members), dtype=pl.String).hash())
                self.paths.add(frame.height, partial(self._stretch, number, kind, place))
                if self._source.on_bytes:
                    self._source.on_bytes(end)
                yield frame
        self._refuse_twice(mass, names)

    def _in_bulk(self, number: int, kind: Kind, piece: tuple[int, tuple[int, int]]) -> InBulk | None:
        place, (begin, end) = piece
        return self._rows.in_bulk(number, kind, read_piece(self._source, begin, end), first=not place)

    def _read_again(self, number: int, kind: Kind, place: int) -> Stretch:
        """Return where the rows of a piece stand, which is read once more for it."""
        begin, end = self._masses[number, kind].pieces()[place]
        return self._rows.stretch(number, kind, decode_piece(self._source, begin, end, first=not place))

    def _refuse_twice(self, mass: Mass, names: list[pl.Series]) -> None:
        """Refuse a name that stands in two pieces; within one, decoding has seen to it."""
        every = pl.concat(names)
        if every.n_unique() == len(every):
            return
        pieces = pl.concat([pl.Series([n], dtype=pl.Int32).new_from_index(0, len(one)) for n, one in enumerate(names)])
        doubtful = pl.DataFrame({"name": every, "piece": pieces}).filter(pl.col("name").is_duplicated())
        seen = set[str]()
        for place in doubtful["piece"].unique().sort().to_list():  # equal hashes of different names are possible
            begin, end = mass.pieces()[place]
            ours = set(decode_piece(self._source, begin, end, first=not place))
            if both := seen & ours:
                refuse_twice(self._source, min(both))
            seen |= ours


def _itself(stretch: Stretch) -> Stretch:
    return stretch


@contextmanager
def _careful(source: Source) -> Iterator[None]:
    """Refuse texts that are none, and keep Python from looking for garbage: millions of objects all live."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    except UnicodeEncodeError as error:
        what = text("A text of the message has half a character (a surrogate without its other half).")
        raise UnreadableFile(what, where=source.name, hint=text("Export the message again.")) from error
    finally:
        if was_on:
            gc.enable()


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
