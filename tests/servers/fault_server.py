"""A small SDMX REST server for tests: serves given messages properly, and fails in every way on demand.

It filters by key and period, negotiates XML or CSV, compresses, knows ETag and Last-Modified, answers
structure queries, and records what it was asked. It has its own reading of the messages (lxml), so that a
fault in ours shows. It runs in a thread on 127.0.0.1, on a port that the system chooses.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from lxml import etree

DIMENSIONS = (
    "FREQ",
    "REPORTING_TYPE",
    "SERIES",
    "REF_AREA",
    "SEX",
    "AGE",
    "URBANISATION",
    "INCOME_WEALTH_QUANTILE",
    "EDUCATION_LEV",
    "OCCUPATION",
    "CUST_BREAKDOWN",
    "COMPOSITE_BREAKDOWN",
    "DISABILITY_STATUS",
    "ACTIVITY",
    "PRODUCT",
)
LAST_MODIFIED = "Thu, 05 Nov 2026 10:00:00 GMT"
XML = "application/vnd.sdmx.structurespecificdata+xml;version=2.1"
CSV = "application/vnd.sdmx.data+csv;version=1.0.0"
STRUCTURE = "application/vnd.sdmx.structure+xml;version=2.1"
MESSAGE = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"


@dataclass
class Flow:
    """A dataflow and its message, SDMX-ML 2.1 structure-specific in series layout."""

    agency: str
    id: str
    version: str
    structure: tuple[str, str, str]
    message: bytes
    too_large_above: int | None = None  # 413 for a query of more series than this


@dataclass
class Fault:
    """What the server does instead of, or with, its proper answer.

    Attributes:
        status, headers, body: sent instead of the answer; a body of None keeps the proper one.
        cut: the connection ends after this share of the body, though the length of the whole was announced.
        chunked: the body is sent in chunks; with `cut` the last chunk never comes.
        unframed: neither length nor chunks: the body ends where the connection ends.
        plain: the body is not compressed, though the client would take it so.
        silent_s: pause before the status line. drip_s: pause after every 16 bytes of the body.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: float = 1.0
    chunked: bool = False
    unframed: bool = False
    silent_s: float = 0.0
    drip_s: float = 0.0
    plain: bool = False
    path: str = "data/"


@dataclass(frozen=True)
class Seen:
    """A request as it arrived; names of headers in lower case."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


def error_message(code: str, text: str) -> bytes:
    """The SDMX-ML 2.1 error message that a service sends."""
    return (
        f'<?xml version="1.0"?><mes:Error xmlns:mes="{MESSAGE}" '
        'xmlns:com="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common">'
        f'<mes:ErrorMessage code="{code}"><com:Text xml:lang="en">{text}</com:Text></mes:ErrorMessage>'
        "</mes:Error>"
    ).encode()


def message(rows: Sequence[tuple[str, str, str, str]], *, structure: str = "IAEG-SDGs:SDG(1.14)") -> bytes:
    """A structure-specific message of rows (series, area, period, value), the other dimensions constant."""
    agency, _, rest = structure.partition(":")
    flow, _, version = rest.rstrip(")").partition("(")
    keys: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for series, area, period, value in rows:
        keys.setdefault((series, area), []).append((period, value))
    body = []
    for (series, area), observations in keys.items():
        codes = {**dict.fromkeys(DIMENSIONS, "_T"), "FREQ": "A", "REPORTING_TYPE": "G"}
        codes |= {"SERIES": series, "REF_AREA": area, "UNIT_MEASURE": "NUMBER"}
        attributes = " ".join(f'{name}="{code}"' for name, code in codes.items())
        body.append(f"<Series {attributes}>")
        body += [
            f'<Obs TIME_PERIOD="{p}" OBS_VALUE="{v}" OBS_STATUS="A" UNIT_MULT="0"/>' for p, v in observations
        ]
        body.append("</Series>")
    lines = "\n".join(body)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<mes:StructureSpecificData xmlns:mes="{MESSAGE}"
 xmlns:com="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common"
 xmlns:ss="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/structurespecific">
<mes:Header><mes:ID>T1</mes:ID><mes:Test>false</mes:Test><mes:Prepared>2026-11-05T10:00:00Z</mes:Prepared>
<mes:Sender id="TEST"/><mes:Structure structureID="S" namespace="urn:s" dimensionAtObservation="TIME_PERIOD">
<com:Structure><Ref agencyID="{agency}" id="{flow}" version="{version}"/></com:Structure></mes:Structure>
</mes:Header>
<mes:DataSet ss:structureRef="S" ss:action="Information">
{lines}
</mes:DataSet>
</mes:StructureSpecificData>
""".encode()


class FaultServer:
    """The server; use as a context manager.

    Attributes:
        url: its address.
        seen: the requests in the order of arrival.
        faults: what goes wrong next; each is used once, by the first request whose path contains its `path`.
        structures: whether structure queries are answered.
        validators: whether ETag and Last-Modified are sent.
        filters: whether keys are looked at.
    """

    def __init__(self, *flows: Flow) -> None:
        self.flows = {(flow.agency, flow.id): flow for flow in flows}
        self.seen: list[Seen] = []
        self.faults: list[Fault] = []
        self.structures = True
        self.validators = True
        self.filters = True
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server._handle(self)

            def log_message(self, *_: object) -> None:
                pass  # the tests look at `seen`

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # a client that hangs up, as it does on a body that is too large, is no fault here

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/rest"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fail(self, *faults: Fault, times: int = 1) -> None:
        """Let the next requests fail, in this order."""
        self.faults.extend(list(faults) * times)

    def asked(self, part: str = "data/") -> list[Seen]:
        """The requests whose path contains `part`."""
        return [seen for seen in self.seen if part in seen.path]

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        seen = Seen(
            unquote(parts.path),
            {name: values[-1] for name, values in parse_qs(parts.query).items()},
            {name.lower(): value for name, value in handler.headers.items()},
        )
        with self._lock:
            self.seen.append(seen)
            fault = next((f for f in self.faults if f.path in seen.path), None)
            if fault is not None:
                self.faults.remove(fault)
        status, headers, body = self._answer(seen)
        if fault is not None:
            if fault.status is not None:
                status, headers, body = fault.status, {"Content-Type": "text/plain"}, b""
            headers = {**headers, **fault.headers}
            body = body if fault.body is None else fault.body
        takes_gzip = "gzip" in seen.headers.get("accept-encoding", "") and not (fault and fault.plain)
        if body and takes_gzip and "Content-Encoding" not in headers:
            headers = {**headers, "Content-Encoding": "gzip"}
            body = gzip.compress(body, mtime=0)
        self._send(handler, status, headers, body, fault or Fault())

    def _send(
        self,
        handler: BaseHTTPRequestHandler,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        fault: Fault,
    ) -> None:
        self._stopped.wait(fault.silent_s)
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        broken = fault.cut < 1 or fault.unframed
        if fault.chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        elif not fault.unframed and status != 304:
            handler.send_header("Content-Length", str(len(body)))
        if broken:
            handler.send_header("Connection", "close")
            handler.close_connection = True
        handler.end_headers()
        step = 16 if fault.drip_s else 4096
        rest = body[: int(len(body) * fault.cut)]
        while rest and not self._stopped.is_set():
            piece, rest = rest[:step], rest[step:]
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if fault.chunked else piece)
            handler.wfile.flush()
            if fault.drip_s:
                time.sleep(fault.drip_s)
        if fault.chunked and not broken:
            handler.wfile.write(b"0\r\n\r\n")

    def _answer(self, seen: Seen) -> tuple[int, dict[str, str], bytes]:
        segments = seen.path.split("/rest/", 1)[-1].split("/")
        if segments[0] == "dataflow" and self.structures:
            return self._structure(segments)
        if segments[0] == "data":
            return self._data(segments, seen)
        return 501, {"Content-Type": "application/xml"}, error_message("501", "Not implemented")

    def _structure(self, segments: list[str]) -> tuple[int, dict[str, str], bytes]:
        _, agency, flow_id, version, *_ = [*segments, "latest"]
        flow = self.flows.get((agency, flow_id))
        if flow is None or version not in {"latest", flow.version}:
            return 404, {"Content-Type": "application/xml"}, error_message("100", "No results found")
        return 200, {"Content-Type": STRUCTURE}, dataflow_message(flow)

    def _data(self, segments: list[str], seen: Seen) -> tuple[int, dict[str, str], bytes]:
        agency, flow_id, version, *_ = [*segments[1].split(","), "latest"]
        key = segments[2] if len(segments) > 2 else "all"
        flow = self.flows.get((agency, flow_id))
        error = {"Content-Type": "application/xml"}
        if flow is None or version not in {"latest", flow.version}:
            return 404, error, error_message("100", f"No data for {segments[1]}")
        wanted = [] if key == "all" else [set(filter(None, codes.split("+"))) for codes in key.split(".")]
        if wanted and len(wanted) != len(DIMENSIONS):
            return 400, error, error_message("140", f"The key has {len(wanted)} positions")
        if flow.too_large_above is not None and (not wanted or len(wanted[2]) > flow.too_large_above):
            return 413, error, error_message("130", "Too large")
        if not self.filters:
            wanted = []
        body = _filtered(flow.message, wanted, seen.query.get("startPeriod"), seen.query.get("endPeriod"))
        if body is None:
            return 404, error, error_message("100", "No results found")
        form = _negotiate(seen.headers.get("accept", "*/*"))
        if form is None:
            return 406, error, error_message("406", "Not acceptable")
        if form == CSV:
            body = _as_csv(body, flow)
        headers = {"Content-Type": form}
        if self.validators:
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            headers |= {"ETag": etag, "Last-Modified": LAST_MODIFIED}
            known = seen.headers.get("if-none-match")
            if known == etag or (known is None and seen.headers.get("if-modified-since") == LAST_MODIFIED):
                return 304, {"ETag": etag}, b""
        return 200, headers, body


def dataflow_message(flow: Flow) -> bytes:
    """The structure message of a dataflow, with a reference to its data structure."""
    agency, dsd, version = flow.structure
    return f"""<?xml version="1.0"?>
<mes:Structure xmlns:mes="{MESSAGE}" xmlns:str="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/structure"
 xmlns:com="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common">
<mes:Header><mes:ID>S1</mes:ID><mes:Test>false</mes:Test><mes:Prepared>2026-11-05T10:00:00Z</mes:Prepared>
<mes:Sender id="TEST"/></mes:Header>
<mes:Structures><str:Dataflows>
<str:Dataflow id="{flow.id}" agencyID="{flow.agency}" version="{flow.version}">
<com:Name xml:lang="fr">Un flux</com:Name><com:Name xml:lang="en">A flow</com:Name>
<str:Structure><Ref id="{dsd}" agencyID="{agency}" version="{version}" class="DataStructure"/></str:Structure>
</str:Dataflow></str:Dataflows></mes:Structures></mes:Structure>""".encode()


def _negotiate(accept: str) -> str | None:
    """The best of the two formats by the client's weights; None when it takes neither."""
    weights: dict[str, float] = {}
    for item in accept.split(","):
        name, *parameters = [part.strip() for part in item.split(";")]
        quality = next((float(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
        weights[name] = max(quality, weights.get(name, 0.0))
    offers = {form: weights.get(form.split(";")[0], weights.get("*/*", 0.0)) for form in (XML, CSV)}
    best = max(offers, key=lambda form: offers[form])
    return best if offers[best] > 0 else None


def _filtered(body: bytes, wanted: Sequence[set[str]], start: str | None, end: str | None) -> bytes | None:
    """The message with what is asked for; None when nothing is left; the bytes untouched without a filter."""
    if not any(wanted) and start is None and end is None:
        return body
    root = etree.fromstring(body)
    for series in root.findall(".//{*}Series"):
        for observation in series.findall("{*}Obs"):
            period = observation.get("TIME_PERIOD") or ""
            if (start is not None and period < start) or (end is not None and period > end):
                series.remove(observation)
        codes = zip(DIMENSIONS, wanted, strict=False)
        refused = any(some and series.get(dimension) not in some for dimension, some in codes)
        parent = series.getparent()
        if parent is not None and (refused or series.find("{*}Obs") is None):
            parent.remove(series)
    if root.find(".//{*}Series") is None:
        return None
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _as_csv(body: bytes, flow: Flow) -> bytes:
    """The message as SDMX-CSV 1.0."""
    out = io.StringIO()
    columns = [*DIMENSIONS, "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "UNIT_MULT", "UNIT_MEASURE"]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["DATAFLOW", *columns])
    for series in etree.fromstring(body).findall(".//{*}Series"):
        for observation in series.findall("{*}Obs"):
            values = {str(k): str(v) for element in (series, observation) for k, v in element.items()}
            writer.writerow(
                [f"{flow.agency}:{flow.id}({flow.version})", *(values.get(column, "") for column in columns)]
            )
    return out.getvalue().encode()
