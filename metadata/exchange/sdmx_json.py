"""SDMX-JSON 2.0 metadata messages → a draft.

Read here, because sdmx1 2.28 reads no metadata in JSON. A value is a text in the message's main language or texts
by language; attributes may be nested. A key that stands twice in an object would be lost in silence by any JSON
reader; it is listed.
Standard: SDMX-JSON 2.0.0, `sdmx-json-metadata-schema.json`, definitions MetadataSetType and attributeType.
"""

from __future__ import annotations

import json
from typing import Any

from metadata.derive.reference_metadata import PLAIN, SOURCE, SOURCE_DATE, STATUS, TARGET, TEXT_FORMAT
from metadata.errors import UnreadableFile
from metadata.exchange.draft import Sorter
from metadata.exchange.plain_text import Plain, plain_text

_FACTS = {STATUS: "status", SOURCE: "source", SOURCE_DATE: "source_date"}
_OURS = (TEXT_FORMAT, "METADATA_STRUCTURE", "REPORT_STRUCTURE")
_ABOUT_THE_SET = {
    "id", "version", "agencyID", "isExternalReference", "metadataflow", "metadataProvisionAgreement", "annotations",
    "name", "names", "description", "descriptions", "links", "targets", "attributes", "action", "publicationPeriod",
    "publicationYear", "reportingBegin", "reportingEnd", "validFrom", "validTo",
}


def read_sdmx_json(text: str, name: str, sorter: Sorter) -> None:
    """Sort the texts of an SDMX-JSON metadata message.

    Raises:
        UnreadableFile: it is no JSON, or no metadata message.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                sorter.unplaced("the message", f'the key "{key}" stands twice in one object', str(value))
            else:
                found[key] = value
        return found

    try:
        message = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise UnreadableFile(
            f"This is not JSON: {error.msg}.", where=f"{name}:{error.lineno}", hint="Ask for the file again."
        ) from error
    except (RecursionError, ValueError) as error:
        raise UnreadableFile(
            "This JSON is nested too deeply or holds a number that is too long.", where=name
        ) from error
    data = message.get("data") if isinstance(message, dict) else None
    sets = data.get("metadataSets") if isinstance(data, dict) else None
    if not isinstance(sets, list):
        raise UnreadableFile(
            "This is JSON without data.metadataSets, not an SDMX-JSON metadata message of version 2.0.", where=name
        )
    meta = message.get("meta")
    languages = meta.get("contentLanguages") if isinstance(meta, dict) else None
    main = str(languages[0]) if isinstance(languages, list) and languages else "en"
    for position, metadata_set in enumerate(sets):
        where = f"data.metadataSets[{position}]"
        if isinstance(metadata_set, dict):
            _Set(sorter, main).read(metadata_set, where)
        else:
            sorter.unplaced(where, "this is not a metadata set", str(metadata_set))


class _Set:
    def __init__(self, sorter: Sorter, language: str) -> None:
        self.sorter, self.language = sorter, language
        self.plain = False

    def read(self, metadata_set: dict[str, Any], where: str) -> None:
        for kind, text in _annotations(metadata_set):
            if kind == TEXT_FORMAT:
                self.plain = text == PLAIN
            elif kind.startswith(f"{TARGET}."):
                self.sorter.draft.notes.append(f"{where}: the report is about {kind.partition('.')[2]}={text}.")
            elif kind not in _OURS:
                self.sorter.unplaced(where, f"an annotation ({kind})", text)
        if targets := metadata_set.get("targets"):
            self.sorter.draft.notes.append(f"{where}: the report is about {_strings(targets)}.")
        if title := metadata_set.get("name"):
            self.sorter.draft.notes.append(f"{where}: the report is named: {title}")
        for key in sorted(metadata_set.keys() - _ABOUT_THE_SET):
            self.sorter.unplaced(where, f'the key "{key}" is not of a metadata set', _strings(metadata_set[key]))
        for key in ("description", "descriptions"):
            if said := metadata_set.get(key):
                self.sorter.unplaced(where, "a description of the set is about no concept", _strings(said))
        self._attributes(metadata_set.get("attributes"), where)

    def _attributes(self, attributes: object, where: str) -> None:
        if attributes is None:
            return
        if not isinstance(attributes, list):
            self.sorter.unplaced(where, "attributes are not a list", _strings(attributes))
            return
        for position, attribute in enumerate(attributes):
            place = f"{where}.attributes[{position}]"
            if not isinstance(attribute, dict) or not isinstance(attribute.get("id"), str):
                self.sorter.unplaced(place, "this is not an attribute with an id", _strings(attribute))
                continue
            self._attribute(attribute["id"], attribute, place)

    def _attribute(self, concept: str, attribute: dict[str, Any], where: str) -> None:
        value = attribute.get("value")
        if isinstance(value, dict):
            for language, text in value.items():
                self._place(concept, language, text, where)
        elif value is not None:
            self._place(concept, self.language, value, where)
        for kind, text in _annotations(attribute):
            if kind in _FACTS:
                self.sorter.fact(concept, _FACTS[kind], text, where)
            else:
                self.sorter.unplaced(where, f"an annotation of {concept} ({kind})", text)
        for key in sorted(attribute.keys() - {"id", "value", "annotations", "attributes", "format"}):
            self.sorter.unplaced(where, f'the key "{key}" is not of an attribute', _strings(attribute[key]))
        self._attributes(attribute.get("attributes"), where)

    def _place(self, concept: str, language: str, value: object, where: str) -> None:
        text = value if isinstance(value, str) else _strings(value)
        found = Plain(text, ()) if self.plain else plain_text(text)
        self.sorter.place(concept, language.partition("-")[0].lower(), found.text, where, dropped=found.dropped)


def _annotations(artefact: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (type, text) of every annotation that says something."""
    found = []
    annotations = artefact.get("annotations")
    for annotation in annotations if isinstance(annotations, list) else []:
        if isinstance(annotation, dict):
            said = [annotation.get(key) for key in ("value", "text", "texts", "title") if annotation.get(key)]
            if said:
                found.append((str(annotation.get("type", "")), " ".join(map(_strings, said))))
    return found


def _strings(value: object) -> str:
    """Return every string of a value, joined by commas."""
    if isinstance(value, dict):
        return ", ".join(_strings(item) for item in value.values())
    if isinstance(value, list):
        return ", ".join(_strings(item) for item in value)
    return str(value)
