"""SDMX-ML metadata messages of 2.1 and 3.0 → a draft, whatever their target.

sdmx1 stops at a data key, at texts in several languages and at most of 3.0, so messages are read here: generic and
structure-specific ones of 2.1 (an attribute is an element with an id, or is named by it) and generic ones of 3.0
(metadata sets with targets by URN). Targets say which series a report is about; they are kept as notes. Texts that
the message says are plain stay as they are; others may be HTML, in character data or as XHTML.
Standard: SDMXMetadataGeneric.xsd of SDMX-ML 2.1 and 3.0, https://sdmx.org/standards-2/.
"""

from __future__ import annotations

from metadata.derive.reference_metadata import PLAIN, SOURCE, SOURCE_DATE, STATUS
from metadata.errors import UnreadableFile
from metadata.exchange.draft import Sorter
from metadata.exchange.plain_text import Plain, PlainWriter, plain_text
from metadata.exchange.xml_tree import XML_LANG, Element, parse_xml

_ROOTS = ("GenericMetadata", "StructureSpecificMetadata", "Metadata", "MetadataSet")
_FACTS = {STATUS: "status", SOURCE: "source", SOURCE_DATE: "source_date"}
_TEXTS = ("Text", "StructuredText", "Value")
_REFERENCES = ("Metadataflow", "MetadataProvisionAgreement", "DataProvider")


def read_sdmx_ml(data: bytes, name: str, sorter: Sorter) -> None:
    """Sort the texts of an SDMX-ML metadata message.

    Raises:
        UnreadableFile: it is no XML, or no metadata message; the line is named.
    """
    root = parse_xml(data, name)
    if root.name not in _ROOTS or "sdmx" not in root.space:
        raise UnreadableFile(
            f"This is XML with the root {root.name}, not an SDMX-ML metadata message.",
            where=f"{name}:{root.line}",
            hint=f"A metadata message has the root {', '.join(_ROOTS[:2])} or Metadata.",
        )
    _Reader(name, sorter, root).read()


class _Reader:
    def __init__(self, name: str, sorter: Sorter, root: Element) -> None:
        self.name, self.sorter, self.root = name, sorter, root
        self.language = "en"
        self.plain = False
        self.targets: list[str] = []

    def read(self) -> None:
        for header in self.root.named("Header"):
            for source in header.named("Source"):
                self.plain = source.text.strip() == PLAIN
                self.language = source.attributes.get(XML_LANG, "en") if self.plain else "en"
                if not self.plain and source.text.strip():
                    said = source.text.strip()
                    self.sorter.draft.notes.append(f"{self._at(source)}: the message names its source: {said}")
        sets = [self.root] if self.root.name == "MetadataSet" else self.root.named("MetadataSet")
        if not sets:
            raise UnreadableFile("The message has no metadata set.", where=f"{self.name}:{self.root.line}")
        for metadata_set in sets:
            reports = metadata_set.named("Report")
            for report in reports:
                self._report(report)
            self._report(metadata_set, without=("Report",))
        if self.targets:
            self.sorter.draft.notes.append(f"The report is about {', '.join(dict.fromkeys(self.targets))}.")

    def _at(self, element: Element) -> str:
        return f"line {element.line}"

    def _report(self, report: Element, *, without: tuple[str, ...] = ()) -> None:
        """Sort what a report, or a set that is one, holds; `without` the children of these names."""
        for child in (child for child in report.children if child.name not in without):
            if child.name == "Target":
                self.targets += _target(child)
            elif child.name == "AttributeSet":
                for attribute in child.children:
                    self._attribute(attribute)
            elif child.name in ("Attribute", "ReportedAttribute"):
                self._attribute(child)
            elif child.name == "Name":
                self.sorter.draft.notes.append(f"{self._at(child)}: the report is named: {child.text.strip()}")
            elif child.name not in _REFERENCES:
                self._leftover(child)

    def _leftover(self, element: Element) -> None:
        """List every string of an element that the standard has no place for."""
        for part in element.walk():
            for text in (*part.attributes.values(), part.text):
                if text.strip():
                    self.sorter.unplaced(self._at(part), f"the element {part.name} is about no concept", text)

    def _attribute(self, element: Element) -> None:
        """Sort a reported attribute with its texts, the facts about it, and the attributes in it."""
        concept = element.attributes.get("id") or element.name
        if (value := element.attributes.get("value")) is not None:
            self._place(concept, self.language, value, element)
        if element.text.strip():
            self._place(concept, self.language, element.text, element)
        for child in element.children:
            if child.name in _TEXTS:
                language = child.attributes.get(XML_LANG, "en" if child.name != "Value" else self.language)
                found = _plain_of(child) if child.children or child.name == "StructuredText" else None
                self._place(concept, language, child.text, child, found)
            elif child.name == "Annotations":
                self._annotations(concept, child)
            elif child.name == "AttributeSet":
                for attribute in child.children:
                    self._attribute(attribute)
            else:
                self._attribute(child)

    def _place(
        self, concept: str, language: str, text: str, element: Element, found: Plain | None = None
    ) -> None:
        if found is None:
            found = Plain(text, ()) if self.plain else plain_text(text)
        spoken = language.partition("-")[0].lower()
        self.sorter.place(concept, spoken, found.text, self._at(element), dropped=found.dropped)

    def _annotations(self, concept: str, element: Element) -> None:
        for annotation in element.named("Annotation"):
            parts = {child.name: child for child in annotation.children}
            kind = parts["AnnotationType"].text.strip() if "AnnotationType" in parts else ""
            if kind in _FACTS and "AnnotationTitle" in parts:
                self.sorter.fact(concept, _FACTS[kind], parts["AnnotationTitle"].text, self._at(annotation))
                continue
            said = " ".join(part.text.strip() for part in annotation.children if part.text.strip())
            if said:
                self.sorter.unplaced(self._at(annotation), f"an annotation of {concept}", said)


def _target(element: Element) -> list[str]:
    """Return what a target says: `SERIES=EN_A`, or a URN."""
    found = [element.text.strip()] if element.text.strip() else []
    for part in element.walk():
        if part.name == "KeyValue":
            codes = [value.text.strip() for value in part.named("Value")]
            found.append(f"{part.attributes.get('id', 'a dimension')}={'+'.join(codes)}")
        elif part.name in ("URN", "ReportPeriod") and part.text.strip():
            found.append(part.text.strip())
        elif part.name == "Ref":
            found.append(" ".join(f"{key} {value}" for key, value in part.attributes.items()))
    return found


def _plain_of(element: Element) -> Plain:
    """Return XHTML as plain text; text that is HTML again, put in as character data, is read as such."""
    if not element.children:
        return plain_text(element.text)
    writer = PlainWriter()

    def write(part: Element) -> None:
        for piece in part.content:
            if isinstance(piece, str):
                writer.text(piece)
                continue
            writer.start(piece.name.lower(), piece.attributes.items())
            write(piece)
            writer.end(piece.name.lower())

    write(element)
    return writer.result()
