"""Official structure messages (SDMX-ML) read through sdmx1: the global structure and the national ones.

Here is what the embedded files, the comparisons and the providers' structures start from. sdmx1 does the
parsing; the shapes here are plain and complete: every code with its names in all languages, its parent and
its annotations. What is not here: fetching from a registry (`pipelines.fetch`), writing the embedded files
(`metadata.embed`), data messages (`pipelines.read`).

sdmx1 reads the 2.6 MB of IAEG-SDGs:SDG(1.14) in about a second, and another second goes into importing it;
so it is imported only when a structure is read. One oddity of it is met here: a code whose parent stands
further down in its list leaves behind a codelist without a maintainer, so the lists are taken from the
components that use them. Standard: SDMX 2.1 Section 3B, structure message, https://sdmx.org/standards-2/.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from metadata.errors import SdgError, UnreadableFile
from metadata.structure import Attachment, Component, Role, nearest


@dataclass(frozen=True, slots=True)
class OfficialCode:
    """A code with all that the message says about it.

    Attributes:
        id: the code.
        name: name in English, or in the first language given, blanks tidied; the code itself when it has no
            name.
        names: names by language, blanks tidied.
        parent: the code above it in the same list; None at the top.
        annotations: (type, text) in the order of the message, the text in English or the first language
            given.
    """

    id: str
    name: str
    names: Mapping[str, str]
    parent: str | None
    annotations: tuple[tuple[str, str], ...]

    def annotated(self, kind: str) -> tuple[str, ...]:
        """Return the texts of every annotation of this type."""
        return tuple(text for annotation, text in self.annotations if annotation == kind)


@dataclass(frozen=True, slots=True)
class OfficialCodelist:
    """A codelist as the message gives it."""

    agency: str
    id: str
    version: str
    codes: Mapping[str, OfficialCode]

    @property
    def reference(self) -> str:
        """`agency:id(version)`."""
        return f"{self.agency}:{self.id}({self.version})"

    def ids(self) -> frozenset[str]:
        """Return every code of the list."""
        return frozenset(self.codes)


@dataclass(frozen=True)
class OfficialStructure:
    """A data structure definition with its codelists, as one message gives it.

    Attributes:
        agency: maintainer, for example `KG_NSC`.
        id: for example `SDG`.
        version: for example `1.8`.
        name: name in English, or in the first language given.
        components: in the order of the message: dimensions, time, measure, attributes.
        codelists: the list of each coded component, by component id. A component whose list is not in the
            message is absent here.
        dataflows: `agency:id(version)` of every dataflow in the message.
        prepared: when the message says it was prepared; None when it does not say.
        sha256: of the message's bytes.
        source: path or name the message was read from.
    """

    agency: str
    id: str
    version: str
    name: str
    components: tuple[Component, ...]
    codelists: Mapping[str, OfficialCodelist]
    dataflows: tuple[str, ...]
    prepared: datetime | None
    sha256: str
    source: str

    @property
    def version_label(self) -> str:
        """`agency:id(version)`."""
        return f"{self.agency}:{self.id}({self.version})"

    @property
    def urn(self) -> str:
        """The structure's URN."""
        return f"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure={self.version_label}"

    @cached_property
    def _by_id(self) -> Mapping[str, Component]:
        return MappingProxyType({component.id: component for component in self.components})

    def component(self, component_id: str) -> Component:
        """Return a component by its id.

        Raises:
            SdgError: the structure has no such component; the hint names the nearest.
        """
        found = self._by_id.get(component_id)
        if found is None:
            close = nearest(component_id, self._by_id)
            raise SdgError(
                f"{component_id} is not a component of {self.version_label}.",
                hint=f"The nearest is {', '.join(close)}." if close else f"It has {', '.join(self._by_id)}.",
            )
        return found

    def codelist(self, component_id: str) -> OfficialCodelist | None:
        """Return the codelist of a component; None when it is not coded or its list is not in the message.

        Raises:
            SdgError: the structure has no such component.
        """
        self.component(component_id)
        return self.codelists.get(component_id)


def load_official(source: Path | bytes, *, name: str | None = None) -> OfficialStructure:
    """Read the one data structure definition of a structure message.

    Args:
        source: a path, or the bytes of a message that was fetched.
        name: what to call the bytes in errors; a path names itself.

    Raises:
        UnreadableFile: the bytes are no SDMX-ML structure message, or hold none or several data structures.
    """
    where = name or (str(source) if isinstance(source, Path) else "message")
    data = _bytes(source, where)
    message = _parse(data, where)
    structures = list(getattr(message, "structure", None) or {}) if _is_structure_message(message) else []
    if len(structures) != 1:
        raise UnreadableFile(
            f"This message holds {_contents(message)}, and not one data structure definition.",
            where=where,
            hint="Ask the registry for one structure with its codelists and concepts (references=children).",
        )
    definition = message.structure[structures[0]]
    components, lists = _components(definition)
    header = getattr(message, "header", None)
    return OfficialStructure(
        agency=_agency(definition),
        id=definition.id,
        version=str(definition.version or ""),
        name=_text(definition.name),
        components=components,
        codelists=MappingProxyType({key: _codelist(value) for key, value in lists.items()}),
        dataflows=tuple(f"{_agency(flow)}:{flow.id}({flow.version})" for flow in message.dataflow.values()),
        prepared=getattr(header, "prepared", None),
        sha256=hashlib.sha256(data).hexdigest(),
        source=where,
    )


def _bytes(source: Path | bytes, where: str) -> bytes:
    if isinstance(source, bytes):
        data = source
    else:
        try:
            data = source.read_bytes()
        except OSError as error:
            raise UnreadableFile(f"The file cannot be read: {error.strerror}.", where=where) from error
    if not data.strip():
        raise UnreadableFile("The file is empty.", where=where)
    # A document type could declare entities that grow without bound; no SDMX message has one.
    if b"<!DOCTYPE" in data[:4096]:
        raise UnreadableFile(
            "The file declares a document type, which no SDMX message does.",
            where=where,
            hint="It may be a web page: look at it, and ask for format=sdmx-2.1.",
        )
    return data


def _parse(data: bytes, where: str) -> Any:
    import sdmx
    import sdmx.reader.xml.v30  # sdmx1 cannot import this one any more once it has read structure-specific data
    from lxml.etree import LxmlError
    from sdmx.exceptions import ParseError, XMLParseError

    try:
        return sdmx.read_sdmx(io.BytesIO(data), format="XML")
    # sdmx1 lets its parser's own errors through, so the list is long; each is said with its own words.
    except (LxmlError, XMLParseError, ParseError, ValueError, KeyError, TypeError, AttributeError,
            AssertionError, NotImplementedError, RuntimeError, LookupError) as error:
        # lxml's text ends with a file of its own, <string>; its msg does not.
        cause = " ".join(str(getattr(error, "msg", None) or error).split())[:200] or type(error).__name__
        raise UnreadableFile(
            f"The file cannot be read as an SDMX-ML structure message: {cause}.",
            where=where,
            hint="A structure message starts with a Structure element; SDMX-JSON is not read here.",
        ) from error


def _is_structure_message(message: Any) -> bool:
    from sdmx.message import StructureMessage

    return isinstance(message, StructureMessage)


def _contents(message: Any) -> str:
    """Say in words what a message holds."""
    if not _is_structure_message(message):
        return "observations" if type(message).__name__ == "DataMessage" else f"a {type(message).__name__}"
    parts = []
    for attribute, words in (("structure", "data structures"), ("codelist", "codelists"),
                             ("concept_scheme", "concept schemes"), ("dataflow", "dataflows"),
                             ("metadatastructure", "metadata structures")):
        items = getattr(message, attribute, None) or {}
        ids = [key for key, item in items.items() if _agency(item)]
        if ids:
            parts.append(f"{len(ids)} {words} ({', '.join(ids[:3])}{', …' if len(ids) > 3 else ''})")
    return ", ".join(parts) or "nothing"


def _components(definition: Any) -> tuple[tuple[Component, ...], dict[str, Any]]:
    """Return the components in the order of the message, and the sdmx1 codelist of each coded one."""
    ordered: list[tuple[Any, Role, Attachment | None, bool]] = []
    for dimension in definition.dimensions.components:
        role: Role = "time" if type(dimension).__name__ == "TimeDimension" else "dimension"
        ordered.append((dimension, role, None, True))
    ordered.sort(key=lambda item: (item[1] == "time", item[0].order or 0))
    ordered += [(measure, "measure", None, True) for measure in definition.measures.components]
    time_ids = {item[0].id for item in ordered if item[1] == "time"}
    for attribute in definition.attributes.components:
        mandatory = getattr(attribute.usage_status, "name", "") == "mandatory"
        ordered.append((attribute, "attribute", _attachment(attribute.related_to, time_ids), mandatory))
    components, lists = [], {}
    for position, (item, role, attachment, mandatory) in enumerate(ordered, start=1):
        enumerated, text_type = _representation(item)
        if enumerated is not None and len(enumerated):
            lists[item.id] = enumerated
        components.append(
            Component(
                id=item.id,
                column=item.id.lower(),
                role=role,
                position=position,
                codelist=f"{_agency(enumerated)}:{enumerated.id}" if enumerated is not None else None,
                attachment=attachment,
                mandatory=mandatory,
                text_type=text_type,
                name=_text(getattr(item.concept_identity, "name", None)) or item.id,
            )
        )
    return tuple(components), lists


def _attachment(related_to: Any, time_ids: set[str]) -> Attachment | None:
    """Say where an attribute is attached; None when it belongs to a group or to the data set as a whole."""
    kind = type(related_to).__name__ if not isinstance(related_to, type) else related_to.__name__
    if kind in {"PrimaryMeasureRelationship", "MeasureRelationship", "ObservationRelationship"}:
        return "observation"
    if kind == "DimensionRelationship":
        return "observation" if time_ids & {dimension.id for dimension in related_to.dimensions} else "series"
    return None


def _representation(item: Any) -> tuple[Any, str | None]:
    """Return the sdmx1 codelist and the text type of a component, or else those of its concept."""
    of_concept = getattr(item.concept_identity, "core_representation", None)
    for representation in (item.local_representation, of_concept):
        if representation is None:
            continue
        if representation.enumerated is not None:
            return representation.enumerated, None
        for facet in representation.non_enumerated or ():
            if facet.value_type is not None:
                return None, str(facet.value_type.name)
    return None, None


def _codelist(item: Any) -> OfficialCodelist:
    codes = {}
    for code in item.items.values():
        names = {language: _tidy(text) for language, text in code.name.localizations.items()}
        # At the top sdmx1 gives the list itself as the parent.
        parent = code.parent.id if code.parent is not None and code.parent is not item else None
        annotations = tuple((note.type or note.id or "", _text(note.text)) for note in code.annotations)
        codes[code.id] = OfficialCode(
            code.id, _preferred(names) or code.id, MappingProxyType(names), parent, annotations
        )
    return OfficialCodelist(_agency(item), item.id, str(item.version or ""), MappingProxyType(codes))


def _agency(item: Any) -> str:
    return str(getattr(item.maintainer, "id", "") or "")


def _text(value: Any) -> str:
    if not value:
        return ""
    return _preferred({language: _tidy(text) for language, text in value.localizations.items()})


def _preferred(names: Mapping[str, str]) -> str:
    return names.get("en") or next(iter(names.values()), "")


def _tidy(text: str) -> str:
    """Return the text with runs of blanks, also the unbreakable ones and line ends, as one blank."""
    return " ".join(text.split())
