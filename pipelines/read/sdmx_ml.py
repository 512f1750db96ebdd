"""SDMX-ML data messages 2.0, 2.1, 3.0 and 3.1: the walk through the document, any prefix, any number of data sets.

Standard: SDMX 2.1 Section 3A and SDMX 3.0 Section 3, `SDMXMessage.xsd`; SDMX 2.0 `SDMXMessage.xsd`. Attributes
reach an observation from four places, the nearest first: Obs, Series, Group, DataSet. The structure is not
needed: which components of a Group are its key is seen from the data set, where a dimension stands on every
observation and a group's attribute on none; generic data say it themselves (GroupKey).

Expat is fed in pieces and never sees a document type declaration (refused, because internal entities expand
in attributes). Element names are compared without prefix. The hot paths, which read the content of a data set,
are `pipelines.read.sdmx_ml_specific` and `pipelines.read.sdmx_ml_generic`; messages that are no data, and
cross-sectional and utility data of 2.0, are refused with a sentence by `pipelines.read.sdmx_ml_envelope`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn
from xml.parsers import expat

import polars as pl

from metadata.errors import UnreadableFile
from metadata.findings import Finding
from metadata.rules import finding
from metadata.words import Text, listed, text
from pipelines.read.message import MessageStream
from pipelines.read.safety import MAX_DEPTH, MAX_GROUPS, MAX_TOKEN, Source
from pipelines.read.sdmx_ml_envelope import Dialect, Envelope, dialect_of, local, refuse_root
from pipelines.read.sdmx_ml_feed import Feed
from pipelines.read.sdmx_ml_frame import Assembly
from pipelines.read.sdmx_ml_generic import TIME, generic_handlers
from pipelines.read.sdmx_ml_rows import TOO_DEEP, TOO_LONG, Rows
from pipelines.read.sdmx_ml_specific import specific_handlers

if TYPE_CHECKING:
    from pipelines.read.sdmx_ml_bulk import BulkReader, Found

_GENERIC = frozenset({"ObsKey", "ObsDimension", "ObsValue", "SeriesKey"})
_SET_ATTRIBUTES = {
    "action", "structureRef", "setID", "dataScope", "validFromDate", "validToDate", "publicationYear",
    "publicationPeriod", "reportingBeginDate", "reportingEndDate",
}
_SET_ATTRIBUTES_2_0 = {
    "keyFamilyURI", "datasetID", "dataProviderSchemeAgencyId", "dataProviderSchemeId", "dataProviderID",
    "dataflowAgencyID", "dataflowID",
}
_CUT = {
    expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN,
    expat.errors.XML_ERROR_PARTIAL_CHAR, expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
}
_LONG_HEADER = text("A text of the header is longer than 64 KB, which is the limit.")
Start = Callable[[str, list[str]], None]
End = Callable[[str], None]
Level = Callable[[], int]
"""Gives the number of elements that are open in the data set; -1 outside of one."""


def _no_encoding(error: Exception) -> Text:
    return text("The declared encoding cannot be read: {error}.", error=str(error))


def open_sdmx_ml(source: Source) -> MessageStream:
    """Return the message in `source`, an XML document, as a stream.

    Raises:
        UnreadableFile: not well-formed, cut off, another kind of message, or over a limit of
            `pipelines.read.safety`; with the line.
    """
    reader = Reader(source.name)
    try:
        return _opened(reader, source)
    except BaseException:
        reader.close()
        raise


def _opened(reader: Reader, source: Source) -> MessageStream:
    reader.feed(source)
    generic = [] if reader.dialect.generic else sorted(_GENERIC.intersection(reader.unknown))
    if generic:
        # Seen from a service: a structure-specific root around generic data. Read as if they had no components,
        # its observations would all be lost.
        raise UnreadableFile(
            text(
                "The message says that it is structure-specific, and holds generic data ({elements}).",
                elements=listed(generic, "comma"),
            ),
            where=source.name,
            hint=text(
                "Ask for structure-specific data: Accept application/vnd.sdmx.structurespecificdata+xml;version=2.1."
            ),
        )
    assembly = Assembly(
        reader.data_sets, reader.series, reader.groups, reader.observations, reader.actions, reader.bases,
        group_keys=frozenset(key.lower() for key in reader.group_keys) if reader.dialect.generic else None,
        partial=reader.partial,
    )
    header = reader.envelope.header(tuple(reader.actions), reader.first_structure, reader.key_family)
    notes = reader.envelope.footer_findings()
    return MessageStream(reader.dialect.format, header, _noted(reader, assembly, notes), notes)


def _noted(reader: Reader, assembly: Assembly, notes: list[Finding]) -> Iterator[pl.DataFrame]:
    """Yield the batches, then add to the notes what is known after the last one."""
    try:
        yield from assembly.batches()
    finally:
        reader.close()
    notes += assembly.notes
    if reader.unknown:
        notes.append(_unknown_elements(reader.unknown))


def _unknown_elements(unknown: Counter[str]) -> Finding:
    """Return the note about elements in a data set that the format does not have."""
    named = ", ".join(f"{name} ({count})" for name, count in unknown.most_common(5))
    return finding("ELEMENT-UNKNOWN", places=unknown.total(), names=named)


def _placed(frame: pl.DataFrame, parent: pl.Series, line: int) -> pl.DataFrame:
    """Return elements with their parents, their `_line` counted from the begin of the document."""
    return frame.drop("_line").hstack([parent, frame["_line"] + line])


class Reader:
    """The state of reading one document.

    Attributes:
        envelope: everything outside of the data sets: header, footer, error texts.
        data_sets, series, groups, observations: the elements read, as tables.
        actions: the action of each data set.
        bases: for each data set, the number of the series that stands for "no Series element".
        unknown: names of elements in data sets that were not understood, with their number.
        dialect: which SDMX-ML this is.
        partial: the Atts elements of 3.0, whose components may be a partial key and attributes.
        group_keys: ids that stand in a GroupKey of generic data.
        key_family: the key family that a generic data set of 2.0 names.
        dimension_at_observation: what a generic ObsDimension without id is.
        bulk: False once anything was seen that only expat reads.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.prefixes: dict[str, str] = {}
        self.data_sets = Rows(("_parent", "_line", "_n"), self._set_columns, limit=MAX_GROUPS)
        self.series = Rows(("_dataset", "_line", "_n"), self._columns)
        self.groups = Rows(("_dataset", "_line", "_n"), self._columns, limit=MAX_GROUPS)
        self.observations = Rows(("_series", "_line", "_n"), self._columns)
        self.actions: list[str | None] = []
        self.bases: list[int] = []
        self.first_structure: str | None = None
        self.unknown: Counter[str] = Counter()
        self.dialect = Dialect("2.1", "structure-specific")
        self.partial = Rows(("_dataset", "_line", "_n"), self._columns, limit=MAX_GROUPS)
        self.group_keys: set[str] = set()
        self.key_family = ""
        self.dimension_at_observation = TIME
        self.envelope = Envelope()
        self.depth = 0
        self.bulk = True
        self._fed = 0
        self._level: Level = lambda: -1
        self.parser = expat.ParserCreate()
        self.parser.ordered_attributes = True
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.XmlDeclHandler = self._declared
        self._to_envelope()

    def close(self) -> None:
        """Forget what was read."""
        for rows in (self.data_sets, self.series, self.groups, self.observations, self.partial):
            rows.close()

    def parse(self, piece: bytes, *, last: bool = False) -> None:
        """Hand a piece to expat; a tag that goes on and on is refused."""
        self.parser.Parse(piece, last)
        self._fed += len(piece)
        if self._fed - max(self.parser.CurrentByteIndex, 0) > MAX_TOKEN:
            self.refuse(TOO_LONG)

    def feed(self, source: Source) -> None:
        """Parse the whole document, in pieces, turning every complaint of expat into one sentence."""
        try:
            Feed(self, source).run()
            for rows in (self.data_sets, self.groups, self.partial):
                rows.flush()
        except expat.ExpatError as error:
            self._not_well_formed(error)
        except ValueError as error:
            # Rows refuses by ValueError; expat raises it for an encoding that Python has no table for.
            said = error.args[0]
            self.refuse(said if isinstance(said, Text) else _no_encoding(error))
        except LookupError as error:
            self.refuse(_no_encoding(error))

    def _where(self) -> str:
        return f"{self.name}:{self.parser.CurrentLineNumber}"

    def refuse(self, what: str, hint: str | None = None) -> NoReturn:
        """Raise the error for what is wrong at this place of the document."""
        raise UnreadableFile(what, where=self._where(), hint=hint)

    def _not_well_formed(self, error: expat.ExpatError) -> NoReturn:
        where = f"{self.name}:{error.lineno}:{error.offset + 1}"
        said = expat.ErrorString(error.code)
        if said in _CUT:
            what = text("The XML document breaks off: {error}.", error=said)
        else:
            what = text("The XML document is not well-formed: {error}.", error=said)
        hint = text("Send the file again; if the line looks right, the declared encoding may not be the real one.")
        raise UnreadableFile(what, where=where, hint=hint) from error

    def _doctype(self, name: str, *_: object) -> None:
        if name.lower() == "html":
            self.refuse(*refuse_root("html", "", set()) or ("",))
        self.refuse(
            text("The document has a document type declaration (DTD), which is never read."),
            text("Send the message without <!DOCTYPE …>; SDMX-ML needs none."),
        )

    # ---- content that is read in bulk ----------------------------------------------------------------------

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self.bulk = self.bulk and (encoding or "UTF-8").upper() == "UTF-8"

    def directly_in_data_set(self) -> bool:
        """Return whether expat stands in a data set that is read in bulk, with nothing else open."""
        readable = self.dialect != Dialect("2.0", "generic") and self.parser.CharacterDataHandler is None
        return readable and self._level() == 0 and self.parser.CurrentByteIndex == self._fed

    def bulk_reader(self, outer: str) -> BulkReader:
        """Return a bulk reader for the data set that expat stands in; `outer` is the name of its elements."""
        from pipelines.read.sdmx_ml_bulk import BulkReader

        generic = self.dialect.generic
        return BulkReader(outer, self._columns, generic=generic, at_observation=self.dimension_at_observation)

    def add_found(self, found: Found) -> bool:
        """Add what was read in bulk behind what expat has read; False when a limit is hit, which expat names."""
        line = self.parser.CurrentLineNumber
        first = self.series.count if found.series.height else self.bases[-1]
        try:
            if found.series.height:
                number = len(self.actions) - 1
                data_set = pl.Series("_dataset", [number], dtype=pl.Int64).new_from_index(0, found.series.height)
                self.series.add_frame(_placed(found.series, data_set, line))
            owner = pl.Series("_series", found.owner + first)
            self.observations.add_frame(_placed(found.observations, owner, line))
        except ValueError:
            return False
        return True

    # ---- outside of data sets ------------------------------------------------------------------------------

    def _to_envelope(self) -> None:
        self.parser.StartElementHandler = self._envelope_start
        self.parser.EndElementHandler = self._envelope_end
        self.parser.CharacterDataHandler = self.envelope.text

    def _envelope_start(self, tag: str, attributes: list[str]) -> None:
        self._declare_prefixes(attributes)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.refuse(TOO_DEEP)
        name = local(tag)
        if self.depth == 1:
            prefix = tag.rpartition(":")[0]
            namespace = self.prefixes.get(prefix, "")
            refused = refuse_root(name, namespace, set(self.prefixes.values()))
            if refused and name != "Error":
                self.refuse(*refused)
            self.dialect = dialect_of(name, namespace)
        if name == "DataSet" and self.depth == 2:
            self._data_set(tag, attributes)
        elif not self.envelope.start(name, attributes):
            self.refuse(_LONG_HEADER)

    def _envelope_end(self, tag: str) -> None:
        self.depth -= 1
        if not self.envelope.end():
            self.refuse(_LONG_HEADER)
        if self.depth == 0 and local(tag) == "Error":
            self.refuse(self.envelope.error_sentence(), text("Ask for the data again."))

    def _declare_prefixes(self, attributes: list[str]) -> None:
        for position in range(0, len(attributes), 2):
            if attributes[position].startswith("xmlns"):
                self.prefixes[attributes[position][6:]] = attributes[position + 1]

    # ---- data sets -----------------------------------------------------------------------------------------

    def _columns(self, names: tuple[str, ...]) -> list[tuple[int, str]]:
        """Return position and column of the components among attribute names, without the message's own."""
        kept: dict[str, int] = {}
        for position, name in enumerate(names):
            prefix, _, plain = name.rpartition(":") if not self.dialect.generic else ("", "", name)
            namespace = self.prefixes.get(prefix, "").lower()
            if not self.dialect.generic and (name.startswith("xmlns") or prefix == "xml"):
                continue
            if prefix and ("sdmx.org/" in namespace or "w3.org/" in namespace):
                continue
            column = plain.lower()
            if column in kept:
                self.refuse(
                    text("An element has the component {component} twice, in two spellings.", component=plain.upper())
                )
            if column.startswith(("*", "^")):  # of generic data; Polars takes it for a pattern of columns
                self.refuse(text("{component} is no id of a component.", component=plain))
            if column.startswith("_"):
                self.refuse(
                    text(
                        "The component {component} begins with an underscore, which SDMX does not allow.",
                        component=plain,
                    )
                )
            kept[column] = position
        return [(position, column) for column, position in kept.items()]

    def _set_columns(self, names: tuple[str, ...]) -> list[tuple[int, str]]:
        if self.dialect.generic:
            return self._columns(names)
        own = _SET_ATTRIBUTES | _SET_ATTRIBUTES_2_0 if self.dialect.version == "2.0" else _SET_ATTRIBUTES
        return self._columns(tuple("xml:" if local(name) in own else name for name in names))

    def _data_set(self, tag: str, attributes: list[str]) -> None:
        own = {local(name): value for name, value in zip(attributes[::2], attributes[1::2], strict=True)}
        number = len(self.actions)
        if not self.dialect.generic:
            self.data_sets.add(attributes, number, self.parser.CurrentLineNumber)
        self.actions.append(self.envelope.action(own.get("action")))
        if number == 0:
            # without structureRef, the xsi:type's namespace names the structure, in 2.0 the element's own
            named = own.get("type", "") if self.dialect.version != "2.0" else tag
            self.first_structure = own.get("structureRef") or self.prefixes.get(named.rpartition(":")[0], "")
        self.dimension_at_observation = self.envelope.dimension_at_observation(own.get("structureRef")) or TIME
        self.parser.CharacterDataHandler = None
        handlers = generic_handlers if self.dialect.generic else specific_handlers
        start, end, self._level = handlers(self, number)
        self.parser.StartElementHandler = start
        self.parser.EndElementHandler = end

    def leave_data_set(self) -> None:
        """Go back to the message around the data set."""
        self._level = lambda: -1
        self.depth -= 1
        self._to_envelope()
