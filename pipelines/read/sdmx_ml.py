"""SDMX-ML 2.1 structure-specific data messages: series and flat layout, any prefix, any number of data sets.

Standard: SDMX 2.1 Section 3A, `SDMXDataStructureSpecific.xsd` (DataSetType, GroupType, SeriesType, ObsType)
and `SDMXMessage.xsd`. Attributes reach an observation from four places, the nearest first: Obs, Series,
Group, DataSet. The structure is not needed: which attributes of a Group are its key is seen from the data
set, where a dimension stands on every observation and a group's attribute on none.

Expat is fed in pieces and never sees a document type declaration (refused, because internal entities expand
in attributes). Generic, 2.0 and 3.0 messages are recognised and refused with a sentence; they are not read.
Element names are compared without prefix; the hot path is in `_data_handlers`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NoReturn
from xml.parsers import expat

from metadata.errors import UnreadableFile
from metadata.findings import Finding
from metadata.rules import finding
from pipelines.read.message import Message
from pipelines.read.safety import MAX_DEPTH, MAX_TOKEN, MB, Source
from pipelines.read.sdmx_ml_envelope import Envelope, local, refuse_root
from pipelines.read.sdmx_ml_frame import assemble
from pipelines.read.sdmx_ml_rows import BATCH, Rows

FORMAT = "sdmx-ml-2.1-structure-specific"

_SERIES, _OBS, _GROUP, _ATTRIBUTES, _OTHER = range(5)
_GENERIC = frozenset({"ObsKey", "ObsDimension", "ObsValue", "SeriesKey"})
_KINDS = {"Series": _SERIES, "Obs": _OBS, "Group": _GROUP, "Atts": _ATTRIBUTES}
_KNOWN_OTHERS = {
    "Annotations", "Annotation", "AnnotationTitle", "AnnotationType", "AnnotationURL", "AnnotationText",
    "DataProvider", "Ref", "URN",
}
_SET_ATTRIBUTES = {
    "action", "structureRef", "setID", "dataScope", "validFromDate", "validToDate", "publicationYear",
    "publicationPeriod", "reportingBeginDate", "reportingEndDate",
}
_CUT = {
    expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN,
    expat.errors.XML_ERROR_PARTIAL_CHAR, expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
}
_Start = Callable[[str, list[str]], None]
_End = Callable[[str], None]


class _Kinds(dict[str, int]):
    """What an element of a data set is, by its name with prefix; worked out once a name."""

    def __missing__(self, tag: str) -> int:
        kind = self[tag] = _KINDS.get(local(tag), _OTHER)
        return kind


def read_sdmx_ml(source: Source) -> Message:
    """Return the message in `source`, an XML document.

    Raises:
        UnreadableFile: not well-formed, cut off, another kind of message, or over a limit of
            `pipelines.read.safety`; with the line.
    """
    reader = _Reader(source.name)
    reader.feed(source)
    generic = sorted(_GENERIC.intersection(reader.unknown))
    if generic:
        # Seen from a service: a structure-specific root around generic data. Read as if they had no components,
        # its observations would all be lost.
        raise UnreadableFile(
            f"The message says that it is structure-specific, and holds generic data ({', '.join(generic)}).",
            where=source.name,
            hint="Ask for structure-specific data: Accept application/vnd.sdmx.structurespecificdata+xml;version=2.1.",
        )
    frame, notes = assemble(
        reader.data_sets, reader.series, reader.groups, reader.observations, reader.actions, reader.bases
    )
    if reader.unknown:
        notes.append(_unknown_elements(reader.unknown))
    header = reader.envelope.header(tuple(reader.actions), reader.first_structure)
    return Message(FORMAT, header, frame, (*reader.envelope.footer_findings(), *notes))


def _unknown_elements(unknown: Counter[str]) -> Finding:
    """Return the note about elements in a data set that the format does not have."""
    named = ", ".join(f"{name} ({count})" for name, count in unknown.most_common(5))
    return finding("ELEMENT-UNKNOWN", places=unknown.total(), names=named)


class _Reader:
    """The state of reading one document.

    Attributes:
        envelope: everything outside of the data sets: header, footer, error texts.
        data_sets, series, groups, observations: the elements read, as tables.
        actions: the action of each data set.
        bases: for each data set, the number of the series that stands for "no Series element".
        unknown: names of elements in data sets that were not understood, with their number.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.prefixes: dict[str, str] = {}
        self.data_sets = Rows(("_parent", "_line", "_n"), self._set_columns)
        self.series = Rows(("_dataset", "_line", "_n"), self._columns)
        self.groups = Rows(("_dataset", "_line", "_n"), self._columns)
        self.observations = Rows(("_series", "_line", "_n"), self._columns)
        self.actions: list[str | None] = []
        self.bases: list[int] = []
        self.first_structure: str | None = None
        self.unknown: Counter[str] = Counter()
        self.envelope = Envelope()
        self.depth = 0
        self.parser = expat.ParserCreate()
        self.parser.ordered_attributes = True
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._to_envelope()

    def feed(self, source: Source) -> None:
        """Parse the whole document, in pieces, turning every complaint of expat into one sentence."""
        fed = 0
        try:
            for piece in source.pieces():
                self.parser.Parse(piece, False)
                fed += len(piece)
                if fed - max(self.parser.CurrentByteIndex, 0) > MAX_TOKEN:
                    self._refuse(f"A tag or text is longer than {MAX_TOKEN // MB} MB, which is the limit.")
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            self._not_well_formed(error)
        except ValueError as error:
            # Rows refuses by ValueError; expat raises it for an encoding that Python has no table for.
            own = "limit" in str(error)
            self._refuse(str(error) if own else f"The declared encoding cannot be read: {error}.")
        except LookupError as error:
            self._refuse(f"The declared encoding cannot be read: {error}.")

    def _where(self) -> str:
        return f"{self.name}:{self.parser.CurrentLineNumber}"

    def _refuse(self, what: str, hint: str | None = None) -> NoReturn:
        raise UnreadableFile(what, where=self._where(), hint=hint)

    def _not_well_formed(self, error: expat.ExpatError) -> NoReturn:
        where = f"{self.name}:{error.lineno}:{error.offset + 1}"
        text = expat.ErrorString(error.code)
        cut = "The XML document breaks off" if text in _CUT else "The XML document is not well-formed"
        hint = "Send the file again; if the line looks right, the declared encoding may not be the real one."
        raise UnreadableFile(f"{cut}: {text}.", where=where, hint=hint) from error

    def _doctype(self, name: str, *_: object) -> None:
        if name.lower() == "html":
            self._refuse(*refuse_root("html", "", set()) or ("",))
        self._refuse(
            "The document has a document type declaration (DTD), which is never read.",
            "Send the message without <!DOCTYPE …>; SDMX-ML needs none.",
        )

    # ---- outside of data sets ------------------------------------------------------------------------------

    def _to_envelope(self) -> None:
        self.parser.StartElementHandler = self._envelope_start
        self.parser.EndElementHandler = self._envelope_end
        self.parser.CharacterDataHandler = self.envelope.text

    def _envelope_start(self, tag: str, attributes: list[str]) -> None:
        self._declare_prefixes(attributes)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._refuse(f"Elements are nested deeper than {MAX_DEPTH}, which is the limit.")
        name = local(tag)
        if self.depth == 1:
            prefix = tag.rpartition(":")[0]
            refused = refuse_root(name, self.prefixes.get(prefix, ""), set(self.prefixes.values()))
            if refused and name != "Error":
                self._refuse(*refused)
        if name == "DataSet" and self.depth == 2:
            self._data_set(attributes)
        elif not self.envelope.start(name, attributes):
            self._refuse("A text of the header is longer than 64 KB, which is the limit.")

    def _envelope_end(self, tag: str) -> None:
        self.depth -= 1
        if not self.envelope.end():
            self._refuse("A text of the header is longer than 64 KB, which is the limit.")
        if self.depth == 0 and local(tag) == "Error":
            self._refuse(self.envelope.error_sentence(), "Ask for the data again.")

    def _declare_prefixes(self, attributes: list[str]) -> None:
        for position in range(0, len(attributes), 2):
            if attributes[position].startswith("xmlns"):
                self.prefixes[attributes[position][6:]] = attributes[position + 1]

    # ---- data sets -----------------------------------------------------------------------------------------

    def _columns(self, names: tuple[str, ...]) -> list[tuple[int, str]]:
        """Return position and column of the components among attribute names, without the message's own."""
        kept: dict[str, int] = {}
        for position, name in enumerate(names):
            prefix, _, plain = name.rpartition(":")
            namespace = self.prefixes.get(prefix, "")
            if name.startswith("xmlns") or prefix == "xml":
                continue
            if prefix and ("sdmx.org/" in namespace or "w3.org/" in namespace):
                continue
            column = plain.lower()
            if column in kept:
                self._refuse(f"An element has the component {plain.upper()} twice, in two spellings.")
            if column.startswith("_"):
                self._refuse(f"The component {plain} begins with an underscore, which SDMX does not allow.")
            kept[column] = position
        return [(position, column) for column, position in kept.items()]

    def _set_columns(self, names: tuple[str, ...]) -> list[tuple[int, str]]:
        return self._columns(tuple("xml:" if local(name) in _SET_ATTRIBUTES else name for name in names))

    def _data_set(self, attributes: list[str]) -> None:
        own = {local(name): value for name, value in zip(attributes[::2], attributes[1::2], strict=True)}
        number = len(self.actions)
        self.data_sets.add(attributes, number, self.parser.CurrentLineNumber)
        self.actions.append(self.envelope.action(own.get("action")))
        if number == 0:
            # without structureRef, the xsi:type's namespace names the structure
            type_namespace = self.prefixes.get(own.get("type", "").rpartition(":")[0], "")
            self.first_structure = own.get("structureRef") or type_namespace
        start, end = _data_handlers(self, number)
        self.parser.StartElementHandler = start
        self.parser.EndElementHandler = end
        self.parser.CharacterDataHandler = None

    def leave_data_set(self) -> None:
        """Go back to the message around the data set."""
        self.depth -= 1
        self._to_envelope()


def _data_handlers(reader: _Reader, number: int) -> tuple[_Start, _End]:
    """Return the two handlers for the content of data set `number`; what they touch often is a local name.

    Observations outside of a Series hang on a series without attributes, made at the start of the data set:
    so the flat layout, and a mixture, need no other path.
    """
    parser, observations, series_rows = reader.parser, reader.observations, reader.series
    shapes = observations.shapes
    kinds = _Kinds()
    base = current = series_rows.add([], number, parser.CurrentLineNumber)
    base_depth = depth = reader.depth
    series_depth = 0
    reader.bases.append(base)

    def start(tag: str, attributes: list[str]) -> None:
        nonlocal depth, current, series_depth
        depth += 1
        kind = kinds[tag]
        if kind == _OBS:
            names = tuple(attributes[::2])
            flat = (shapes.get(names) or observations.shape(names)).flat
            flat += attributes[1::2]
            flat += (current, parser.CurrentLineNumber, observations.count)
            observations.count += 1
            if not observations.count % BATCH:
                observations.flush()
            return
        if kind == _SERIES:
            current, series_depth = series_rows.add(attributes, number, parser.CurrentLineNumber), depth
        elif kind == _GROUP:
            reader.groups.add(attributes, number, parser.CurrentLineNumber)
        elif kind == _ATTRIBUTES:
            reader.data_sets.add(attributes, number, parser.CurrentLineNumber)
        elif local(tag) not in _KNOWN_OTHERS:
            reader.unknown[local(tag)] += 1
        if depth > MAX_DEPTH:
            raise UnreadableFile(
                f"Elements are nested deeper than {MAX_DEPTH}, which is the limit.", where=reader._where()
            )

    def end(_: str) -> None:
        nonlocal depth, current
        if depth == series_depth:
            current = base
        depth -= 1
        if depth < base_depth:
            reader.leave_data_set()

    return start, end
