"""Everything of an SDMX-ML message that is not a data set: its kind, header, footer and error texts.

Standard: SDMX 2.1 `SDMXMessage.xsd` (StructureSpecificDataHeaderType, Footer, Error). The data sets are read
by `pipelines.read.sdmx_ml`. A header is information only, so an odd one is kept as it is and never refused.
"""

from __future__ import annotations

from metadata.findings import Finding
from metadata.rules import finding
from pipelines.read.message import Header, StructureRef, action_of, parse_prepared

MAX_TEXT = 64 * 1024
"""Longest text of one header element, in characters."""

_SEND = "Send SDMX-ML 2.1 structure-specific data, SDMX-CSV, or the Excel template."
_OLD = "SDMX-ML 2.0 data"
_KINDS: dict[str, str] = {
    "GenericData": "generic data",
    "GenericTimeSeriesData": "generic time series data",
    "CompactData": f"compact data ({_OLD})",
    "UtilityData": f"utility data ({_OLD})",
    "CrossSectionalData": f"cross-sectional data ({_OLD})",
    "MessageGroup": f"a group of messages ({_OLD})",
}
_NO_DATA: dict[str, str] = {
    "Structure": "a structure message (definitions and code lists)",
    "Structures": "a structure message (definitions and code lists)",
    "RegistryInterface": "a registry message",
    "GenericMetadata": "a reference metadata message",
    "StructureSpecificMetadata": "a reference metadata message",
    "MetadataSet": "a reference metadata message",
}


def local(tag: str) -> str:
    """Return an element's or attribute's name without its prefix."""
    return tag.rpartition(":")[2]


def refuse_root(name: str, namespace: str, namespaces: set[str]) -> tuple[str, str] | None:
    """Return a sentence and a hint when this is not SDMX-ML 2.1 structure-specific data, else None.

    Args:
        name: local name of the outermost element.
        namespace: the namespace of that element.
        namespaces: every namespace declared on it.
    """
    version = next((v for v in ("2_0", "3_0", "3_1") if f"/v{v}/" in namespace), None)
    if name.lower() == "html":
        return "This is an HTML page, not data.", "Send the file that the page offers for download."
    if name in _NO_DATA:
        return f"This is {_NO_DATA[name]}, not data.", _SEND
    if name in _KINDS:
        return f"This is SDMX-ML {_KINDS[name]}, which is not read yet.", _SEND
    if name in {"StructureSpecificData", "StructureSpecificTimeSeriesData"}:
        if version is None:
            return None
        version = version.replace("_", ".")
        return f"This is SDMX-ML {version} structure-specific data, which is not read yet.", _SEND
    if name == "Error":
        return "This is an error message of a service, not data.", _SEND
    if "urn:schemas-microsoft-com:office:spreadsheet" in namespaces:
        return "This is an Excel 2003 XML spreadsheet, which is not read.", "Save it as .xlsx and send that."
    return f"This is XML, but not an SDMX message: its outermost element is <{name}>.", _SEND


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

    def text(self, text: str) -> None:
        """Note text of the current element; what is over the limit is counted and not kept."""
        self._length += len(text)
        if self._length <= MAX_TEXT:
            self._text.append(text)

    def end(self) -> bool:
        """Note the end of an element; False when its text is over the limit."""
        path, text = self._path[1:], "".join(self._text)
        if len(path) == 2 and path[0] == "Header" and text.strip():
            self._values.setdefault(path[1], text.strip())
        elif path[:2] == ["Header", "Structure"] and path[-1] == "URN":
            self._keep_structure(StructureRef.parse(text))
        elif path and path[-1] == "Text" and self._footers:
            self._footers[-1][2].append(" ".join(text.split()))
        self._path.pop()
        self._text.clear()
        fits = self._length <= MAX_TEXT
        self._length = 0
        return fits

    def action(self, own: str | None) -> str | None:
        """Return the action of a data set: its own, else the header's, else None."""
        return action_of(own) or action_of(self._values.get("DataSetAction"))

    def header(self, actions: tuple[str | None, ...], first: str | None) -> Header:
        """Return the header.

        Args:
            actions: the action of each data set.
            first: what the first data set says of its structure: a structureID of the header, or a URN.
        """
        structure = self._structures.get(first or "") or StructureRef.parse(first or "")
        if structure is None and self._structures:
            structure = next(iter(self._structures.values()))
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
        return f"This is an error message of a service, not data: {said or 'it gives no reason'}."
