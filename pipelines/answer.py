"""What a web service really sent: told from the bytes of the body, never from the Content-Type.

Services label structure-specific data as generic, send a maintenance page with status 200, or wrap an error
in a message with status 200. Here the first bytes are looked at and named. Nothing is fetched here, and no
observation is read: that is `pipelines.read`. The error message and its codes are those of the SDMX 2.1 web
services guidelines (section 5, "Standard errors for SDMX web services").
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal
from xml.parsers import expat

Kind = Literal["data", "structure", "error", "page", "empty", "archive", "other"]

DATA_ROOTS = frozenset({
    "GenericData", "GenericTimeSeriesData", "StructureSpecificData", "StructureSpecificTimeSeriesData",
    "CompactData", "UtilityData", "CrossSectionalData", "MessageGroup",
})
NO_RESULTS = "100"
"""SDMX error code: the query is right, and no observation answers it."""
TOO_LARGE = frozenset({"130", "510"})
"""SDMX error codes: larger than the service, or the client, allows."""
_AS_HTTP = {"110": 401, "130": 413, "140": 400, "150": 403, "500": 500, "501": 501, "503": 503, "510": 413}
_MISC = rb"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*"
_ROOT = re.compile(rb"(?s)(?:\xef\xbb\xbf)?" + _MISC + rb"<([A-Za-z_][\w.:-]*)([^>]*)")
QUOTED = 200
"""Characters of a service's own words that a sentence quotes at most."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body by its content.

    Attributes:
        kind: what it is.
        code: code of the SDMX (or JSON) error, as received.
        text: the service's own words: of an error, the title of a page, the beginning of anything else.
        doctype: the document declares a document type, which no SDMX message does.
    """

    kind: Kind
    code: str | None = None
    text: str | None = None
    doctype: bool = False

    def quoted(self) -> str:
        """Return code and text in one line, for the inside of a sentence; empty when there are none."""
        words = f"“{self.text}”" if self.text else ""
        return f"error {self.code}: {words}".rstrip(": ") if self.code else words


def recognise(head: bytes) -> Body:
    """Name a body by its first bytes.

    Args:
        head: the first bytes, at best 64 KiB; the whole body when it is shorter.
    """
    bare = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not bare:
        return Body("empty")
    if bare.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        return Body("archive", text="a zip archive" if bare.startswith(b"PK") else "a gzip file")
    if re.match(rb"(?is)(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html)\b", bare):
        title = re.search(rb"(?is)<title[^>]*>(.*?)</title>", bare)
        return Body("page", text=_line(title.group(1).decode("utf-8", "replace")) if title else None)
    if bare.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return _xml(head)
    text = bare.decode("utf-8", "replace")
    if text.startswith(("{", "[")):
        return _json(text)
    first = text.splitlines()[0]
    names = {name.strip("\"' ").split(":")[0].upper() for name in re.split(r"[,;\t]", first)}
    if len(names) > 1 and names & {"OBS_VALUE", "TIME_PERIOD", "DATAFLOW", "STRUCTURE"}:
        return Body("data")
    return Body("other", text=_line(text))


def effective_status(status: int, body: Body) -> int:
    """Return the HTTP status that the answer amounts to: an error message sent with 200 counts by its code.

    A code that says nothing (or none) in an error message with status 200 counts as 500.
    """
    if status != 200 or body.kind != "error":
        return status
    code = body.code or ""
    if code == NO_RESULTS:
        return 404
    if code in _AS_HTTP:
        return _AS_HTTP[code]
    return int(code) if re.fullmatch(r"[45]\d\d", code) else 500


def cut_short(head: bytes, tail: bytes) -> bool:
    """Say whether an XML document ends without the end tag of its root: the transfer broke unnoticed.

    Only documents in an encoding that keeps ASCII bytes are judged; of anything else nothing is said.
    """
    root = _ROOT.match(head)
    if root is None or root.group(2).endswith(b"/"):
        return False
    return re.search(rb"</" + re.escape(root.group(1)) + rb"\s*>" + _MISC + rb"$", tail) is None


@dataclass(slots=True)
class _Outline:
    """What the start of an XML document shows: its root, and code and words of an error message."""

    root: str | None = None
    code: str | None = None
    doctype: bool = False
    words: list[str] = field(default_factory=list)
    _inside: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self.root = self.root or local
        if local in {"ErrorMessage", "Message"}:
            self.code = self.code or attributes.get("code")
        self._inside = local == "Text"

    def end(self, _: str) -> None:
        self._inside = False

    def data(self, text: str) -> None:
        if self._inside:
            self.words.append(text)

    def declare(self, *_: Any) -> None:
        self.doctype = True


def _xml(head: bytes) -> Body:
    """Name an XML document by its root; expat sees encoding, comments and prefixes as a reader will."""
    outline = _Outline()
    parser = expat.ParserCreate()
    parser.StartElementHandler = outline.start
    parser.EndElementHandler = outline.end
    parser.CharacterDataHandler = outline.data
    parser.StartDoctypeDeclHandler = outline.declare
    try:
        parser.Parse(head, False)
    except expat.ExpatError:
        # What stands before the fault is enough to name the document; reading it will say where the fault is.
        if outline.root is None:
            return Body("other", text=_line(head.decode("utf-8", "replace")))
    if outline.root is None:
        return Body("other", text=_line(head.decode("utf-8", "replace")), doctype=outline.doctype)
    if outline.root in DATA_ROOTS:
        return Body("data", doctype=outline.doctype)
    if outline.root in {"Structure", "RegistryInterface"}:
        return Body("structure", doctype=outline.doctype)
    if outline.root == "Error":
        return Body("error", outline.code, _line("".join(outline.words)) or None, outline.doctype)
    return Body("other", text=f"an XML document <{outline.root}>", doctype=outline.doctype)


def _json(text: str) -> Body:
    """Name a JSON document: an error object, or a message that the readers will judge."""
    try:
        document = json.loads(text)
    except ValueError:
        # Longer than what we look at, or broken: an error message is short, so this is meant as data.
        return Body("data")
    if not isinstance(document, dict):
        return Body("other", text=_line(text))
    if {"data", "dataSets"} & set(document):
        return Body("data")
    errors = document.get("errors") or document.get("error") or document
    first = errors[0] if isinstance(errors, list) and errors else errors
    if not isinstance(first, dict):
        return Body("error", text=_line(str(first)))
    words = next((first[k] for k in ("detail", "details", "message", "title", "error") if first.get(k)), None)
    if isinstance(words, dict):
        words = next(iter(words.values()), None)
    code = first.get("code", first.get("status"))
    return Body("error", str(code) if code is not None else None, _line(str(words or text)))


def _line(text: str) -> str:
    """Return text in one line, at most `QUOTED` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= QUOTED else f"{flat[: QUOTED - 1]}…"
