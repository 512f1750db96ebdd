"""Bytes of XML → a small tree with line numbers, safely.

A document type declaration is refused in every form: with it come entities, and with those files of this
machine and texts that grow without end. Nesting and size are limited, bytes are handed to expat in pieces,
and every refusal names its line. Namespaces are kept apart from names, so that a reader may ask for either.

Why not a library: sdmx1 expands entities in attributes and fails on the messages that are read with this, and
a tree of lxml or ElementTree is built before anything can be refused.
Standard: XML 1.0, https://www.w3.org/TR/xml/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from metadata.errors import UnreadableFile

MAX_DEPTH = 200
"""Deepest nesting of elements; sheets with tables in tables need about 40."""
PIECE = 1 << 20

XML_LANG = "http://www.w3.org/XML/1998/namespace lang"


@dataclass(slots=True)
class Element:
    """An element.

    Attributes:
        space: its namespace; empty for none.
        name: its name without prefix.
        attributes: by name; one in a namespace as `namespace name`.
        content: texts and elements in their order.
        line: where its start tag begins, 1-based.
    """

    space: str
    name: str
    attributes: dict[str, str]
    line: int
    content: list[str | Element] = field(default_factory=list)

    @property
    def children(self) -> list[Element]:
        """The elements directly in it."""
        return [part for part in self.content if isinstance(part, Element)]

    def named(self, *names: str) -> list[Element]:
        """Return the elements directly in it that have one of these names."""
        return [child for child in self.children if child.name in names]

    def walk(self) -> Iterator[Element]:
        """Yield it and every element below it in document order."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def text(self) -> str:
        """Its own text, without that of the elements in it."""
        return "".join(part for part in self.content if isinstance(part, str))


def parse_xml(data: bytes, name: str) -> Element:
    """Return the root of an XML document.

    Raises:
        UnreadableFile: it is not well-formed, has a document type declaration, or is nested too deeply.
    """
    builder = _Builder(name)
    try:
        for start in range(0, len(data), PIECE):
            builder.parser.Parse(data[start : start + PIECE], False)
        builder.parser.Parse(b"", True)
    except expat.ExpatError as error:
        reason = expat.errors.messages.get(error.code, str(error))
        raise UnreadableFile(
            f"This is not well-formed XML: {reason}.",
            where=f"{name}:{error.lineno}",
            hint="Ask for the file again; it may have been cut off or edited by hand.",
        ) from error
    except (LookupError, ValueError) as error:
        raise UnreadableFile(
            "The encoding that this XML names is not known.", where=f"{name}:1", hint="Save it as UTF-8."
        ) from error
    assert builder.root is not None  # noqa: S101 - expat refuses a document without an element
    return builder.root


class _Builder:
    """The handlers that expat calls, and the tree that they make."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: Element | None = None
        self._open: list[Element] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _refuse(self, what: str, hint: str) -> UnreadableFile:
        return UnreadableFile(what, where=f"{self.name}:{self.parser.CurrentLineNumber}", hint=hint)

    def _doctype(self, *_: object) -> None:
        raise self._refuse(
            "XML with a document type declaration (DOCTYPE) is not read.", "Take the declaration out."
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise self._refuse(
                f"Elements are nested more than {MAX_DEPTH} deep.", "No metadata message needs that."
            )
        space, _, name = tag.rpartition(" ")
        element = Element(space, name, attributes, self.parser.CurrentLineNumber)
        if self._open:
            self._open[-1].content.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _tag: str) -> None:
        self._open.pop()

    def _text(self, data: str) -> None:
        if self._open:
            self._open[-1].content.append(data)
