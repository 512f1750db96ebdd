"""Everything of an SDMX-ML message that is not a data set: its kind, header, footer and error texts.

Standard: SDMX 2.1 and 3.0 `SDMXMessage.xsd` (StructureSpecificDataHeaderType, Footer, Error) and 2.0
`SDMXMessage.xsd` (HeaderType, with KeyFamilyRef and KeyFamilyAgency). The data sets are read
by `pipelines.read.sdmx_ml`. A header is information only, so an odd one is kept as it is and never refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from metadata.findings import Finding
from metadata.rules import finding
from metadata.words import text
from pipelines.read.message import Header, StructureRef, action_of, parse_prepared

MAX_TEXT = 64 * 1024
"""Longest text of one header element, in characters."""

_SEND = text("Send SDMX-ML 2.1 structure-specific data, SDMX-CSV, or the Excel template.")
_OLD = "SDMX-ML 2.0 data"
_KINDS: dict[str, str] = {
    "UtilityData": text("utility data ({version})", version=_OLD),
    "CrossSectionalData": text("cross-sectional data ({version})", version=_OLD),
    "MessageGroup": text("a group of messages ({version})", version=_OLD),
}
_NO_DATA: dict[str, str] = {
    "Structure": text("a structure message (definitions and code lists)"),
    "Structures": text("a structure message (definitions and code lists)"),
    "RegistryInterface": text("a registry message"),
    "GenericMetadata": text("a reference metadata message"),
    "StructureSpecificMetadata": text("a reference metadata message"),
    "MetadataSet": text("a reference metadata message"),
}


_GENERIC = {"GenericData", "GenericTimeSeriesData"}
_SPECIFIC = {"StructureSpecificData", "StructureSpecificTimeSeriesData"}
_KEY_FAMILY = re.compile(r"KeyFamily=([\w.@$\-]+):([\w@$\-]+)")


@dataclass(frozen=True, slots=True)
class Dialect:
    """Which SDMX-ML a message is.

    Attributes:
        version: `2.0`, `2.1`, `3.0` or `3.1`.
        kind: `structure-specific`, `generic` or `compact`.
    """

    version: str
    kind: str

    @property
    def format(self) -> str:
        """Name of the format, `sdmx-ml-2.1-generic`."""
        return f"sdmx-ml-{self.version}-{self.kind}"

    @property
    def generic(self) -> bool:
        """True when components are named in elements."""
        return self.kind == "generic"

    @property
    def label(self) -> str:
        """The attribute of a generic Value that names the component."""
        return "concept" if self.version == "2.0" else "id"


def _version(namespace: str) -> str | None:
    found = re.search(r"/v(\d)_(\d)/", namespace)
    return f"{found[1]}.{found[2]}" if found else None


def dialect_of(name: str, namespace: str) -> Dialect:
    """Return the dialect of a root element that `refuse_root` has let pass."""
    if name == "CompactData":
        return Dialect("2.0", "compact")
    return Dialect(_version(namespace) or "2.1", "generic" if name in _GENERIC else "structure-specific")


def local(tag: str) -> str:
    """Return an element's or attribute's name without its prefix."""
    return tag.rpartition(":")[2]


def refuse_root(name: str, namespace: str, namespaces: set[str]) -> tuple[str, str] | None:
    """Return a sentence and a hint when this is no SDMX-ML data message that is read, else None.

    Args:
        name: local name of the outermost element.
        namespace: the namespace of that element.
        namespaces: every namespace declared on it.
    """
    version = _version(namespace)
    if name.lower() == "html":
        return text("This is an HTML page, not data."), text("Send the file that the page offers for download.")
    if name in _NO_DATA:
        return text("This is {what}, not data.", what=_NO_DATA[name]), _SEND
    if name in _KINDS:
        return text("This is SDMX-ML {what}, which is not read.", what=_KINDS[name]), _SEND
    if name in _SPECIFIC | _GENERIC | {"CompactData"}:
        versions = {"2.1", "3.0", "3.1"} if name in _SPECIFIC else {"2.0", "2.1"}
        if version is None or version in ({"2.0"} if name == "CompactData" else versions):
            return None
        what = text("This is SDMX-ML {version} data in a <{name}>, which is not read.", version=version, name=name)
        return what, _SEND
    if name == "Error":
        return text("This is an error message of a service, not data."), _SEND
    if "urn:schemas-microsoft-com:office:spreadsheet" in namespaces:
        what = text("This is an Excel 2003 XML spreadsheet, which is not read.")
        return what, text("Save it as .xlsx and send that.")
    return text("This is XML, but not an SDMX message: its outermost element is <{name}>.", name=name), _SEND


class Envelope:
    """Collects header, footer and error texts from the elements around the data sets.

    `start`, `text` and `end` are called for every element outside of data sets, in document order.
    """

    def __init__(self) -> None:
        self._path: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._values: dict[str, str] = {}
        self._sender: str | None = None
        self._structures: dict[str, StructureRef] = {}
        self._structure_id = ""
        self._at_observation: dict[str, str] = {}
        self._footers: list[tuple[str, str, list[str]]] = []

    def start(self, name: str, attributes: list[str]) -> bool:
        """Note the begin of an element; False when its parent's text is over the limit."""
        self._path.append(name)
        self._text.clear()
        fits = self._length <= MAX_TEXT
        self._length = 0
        own = {local(key): value for key, value in zip(attributes[::2], attributes[1::2], strict=True)}
        if self._path[1:] == ["Header", "Sender"]:
            self._sender = self._sender or own.get("id")
        elif self._path[1:] == ["Header", "Structure"]:
            self._structure_id = own.get("structureID", "")
            self._at_observation[self._structure_id] = own.get("dimensionAtObservation", "")
            self._keep_structure(StructureRef.parse(own.get("namespace", "")))
        elif self._path[1:3] == ["Header", "Structure"] and name == "Ref":
            if "agencyID" in own and "id" in own:
                self._keep_structure(StructureRef(own["agencyID"], own["id"], own.get("version")))
        elif name == "Message" or name == "ErrorMessage":
            self._footers.append((own.get("code", ""), own.get("severity", ""), []))
        return fits

    def _keep_structure(self, reference: StructureRef | None) -> None:
        """Keep what names the structure; a Ref or URN, which follows, wins over the namespace."""
        if reference:
            self._structures[self._structure_id] = reference

    def text(self, piece: str) -> None:
        """Note text of the current element; what is over the limit is counted and not kept."""
        self._length += len(piece)
        if self._length <= MAX_TEXT:
            self._text.append(piece)

    def end(self) -> bool:
        """Note the end of an element; False when its text is over the limit."""
        path, said = self._path[1:], "".join(self._text)
        if len(path) == 2 and path[0] == "Header" and said.strip():
            self._values.setdefault(path[1], said.strip())
        elif path[:2] == ["Header", "Structure"] and (path[-1] == "URN" or len(path) == 3):
            # 2.1 has a URN element; in 3.0 the reference itself is a URN
            self._keep_structure(StructureRef.parse(said))
        elif path and path[-1] == "Text" and self._footers:
            self._footers[-1][2].append(" ".join(said.split()))
        self._path.pop()
        self._text.clear()
        fits = self._length <= MAX_TEXT
        self._length = 0
        return fits

    def action(self, own: str | None) -> str | None:
        """Return the action of a data set: its own, else the header's, else None."""
        return action_of(own) or action_of(self._values.get("DataSetAction"))

    def dimension_at_observation(self, structure_id: str | None) -> str | None:
        """Return what the header says is at the observation; None where it says nothing or "all of them"."""
        found = self._at_observation.get(structure_id or "") or next(iter(self._at_observation.values()), "")
        return found if found != "AllDimensions" else None

    def header(self, actions: tuple[str | None, ...], first: str | None, key_family: str = "") -> Header:
        """Return the header.

        Args:
            actions: the action of each data set.
            first: what the first data set says of its structure: a structureID of the header, or a URN.
            key_family: the key family that a data set of 2.0 names.
        """
        structure = self._structures.get(first or "") or StructureRef.parse(first or "")
        if structure is None and self._structures:
            structure = next(iter(self._structures.values()))
        key_family = key_family or self._values.get("KeyFamilyRef", "")
        if structure is None and (of_namespace := _KEY_FAMILY.search(first or "")):
            structure = StructureRef(of_namespace[1], of_namespace[2], None)
        elif structure is None and key_family:
            structure = StructureRef(self._values.get("KeyFamilyAgency", ""), key_family, None)
        prepared = self._values.get("Prepared")
        return Header(
            sender=self._sender,
            prepared=prepared,
            prepared_at=parse_prepared(prepared),
            structure=structure,
            test=self._values.get("Test", "").lower() in {"true", "1"},
            message_id=self._values.get("ID"),
            dataset_actions=actions,
        )

    def footer_findings(self) -> list[Finding]:
        """Return a finding for each message of the footer: a service says there that data are incomplete."""
        return [
            finding(
                "MESSAGE-FOOTER", places=1, severity="info" if severity == "Information" else None,
                text=" ".join(texts) or "no text", code=code or "none",
            )
            for code, severity, texts in self._footers
        ]

    def error_sentence(self) -> str:
        """Return the sentence for an error message of a service."""
        said = "; ".join(f"{' '.join(texts)} (code {code})" for code, _, texts in self._footers)
        reason = said or text("it gives no reason")
        return text("This is an error message of a service, not data: {reason}.", reason=reason)
