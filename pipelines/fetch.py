"""Data messages from an SDMX REST service: asked through sdmx1, received by us byte for byte.

sdmx1 builds the addresses and reads the structures; the transfer is `pipelines.http`, because raw keeps the
bytes exactly as received and sdmx1 would hold them in memory. An answer is judged by its content
(`pipelines.answer`). An unchanged source costs one request. Reading observations is `pipelines.read`; nothing
here looks at a value.

The protocol is SDMX REST 1.5.0 (SDMX 2.1), https://github.com/sdmx-twg/sdmx-rest/tree/v1.5.0.
"""

from __future__ import annotations

import io
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from metadata.errors import ConfigurationError, SdgError, SourceUnavailable
from pipelines.answer import NO_RESULTS, TOO_LARGE, effective_status
from pipelines.http import Answer, Courier, Policy, Progress
from pipelines.part_file import PartFile, sweep
from pipelines.query import FlowRef, Query, queries
from pipelines.refusal import refused
from pipelines.wire import shown

if TYPE_CHECKING:
    import requests

    from pipelines.provider import Provider, SdmxRestChannel

STRUCTURE_ACCEPT = "application/vnd.sdmx.structure+xml;version=2.1, */*;q=0.1"
STRUCTURE_ATTEMPTS = 2
"""A structure query only tells a version; it is not worth five attempts."""


class FetchState(Protocol):
    """What is remembered of an address since its bytes were landed."""

    @property
    def etag(self) -> str | None:
        """The ETag header, as received."""

    @property
    def last_modified(self) -> str | None:
        """The Last-Modified header, as received."""

    @property
    def sha256(self) -> str | None:
        """Of the bytes that were landed."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answered query.

    Attributes:
        provider: provider id.
        url: the address without credentials; also the key of the fetch state.
        status: `fetched`; `unchanged` since the state was remembered; `empty`: the service understood the
            query and holds nothing for it.
        data: the complete bytes, when fetched; whoever lands the file removes it.
        sha256: of the bytes, when fetched or unchanged.
        size: bytes received.
        etag, last_modified: what to remember, as received.
        dataflow: `agency:id`, with the version when one is declared.
        series: the series that were asked for; None for all.
        resolved_version: the version of the dataflow that the service holds; None when it did not say.
        resolved_structure: the data structure behind it, `agency:id(version)`; None when it did not say.
        notes: what a person should know, each one sentence.
        received_at: when the answer was complete, aware UTC.
    """

    provider: str
    url: str
    status: Literal["fetched", "unchanged", "empty"]
    data: Path | None
    sha256: str | None
    size: int
    etag: str | None
    last_modified: str | None
    dataflow: str
    series: tuple[str, ...] | None
    resolved_version: str | None
    resolved_structure: str | None
    notes: tuple[str, ...]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class FlowVersion:
    """A dataflow as the service holds it.

    Attributes:
        dataflow: `agency:id`.
        version: its version.
        structure: `agency:id(version)` of its data structure; None when the service does not say.
        name: its name, in English where there is one.
    """

    dataflow: str
    version: str
    structure: str | None
    name: str


def fetch(
    provider: Provider,
    *,
    state: Callable[[str], FetchState | None],
    into: Path,
    progress: Progress | None = None,
    since: str | None = None,
    series: Sequence[str] | None = None,
    policy: Policy | None = None,
    dimensions: Sequence[str] | None = None,
) -> list[Fetched]:
    """Fetch what a provider's service holds: every dataflow, in as many parts as the keys need.

    All parts or none: when one cannot be had, the files of the others are removed and the error is raised.

    Args:
        provider: one whose channel is `sdmx-rest`.
        state: what is remembered of an address; None when it was never landed.
        into: folder of the received files; `.part` files of dead processes in it are removed.
        progress: called with the bytes received so far and their expected total, if it is known.
        since: first time period that is asked for. What is fetched so is not the provider's whole data: never
            load it with `replaces: provider`.
        series: the series that are wanted; None for all.
        policy: limits and pauses; by default the channel's.
        dimensions: ids in the order of the key; by default those of the embedded structure.

    Raises:
        SourceUnavailable: the service did not give data now; trying again may help.
        ConfigurationError: the declaration does not fit the service: unknown dataflow, no permission, cap on
            size.
        StorageFull: the disk is full.
    """
    channel = _rest_channel(provider)
    sweep(into, provider.id)
    asked = [
        query
        for flow in _flows(channel)
        for query in queries(
            flow, declared=channel.key, series=series if channel.series_in_key else None,
            dimensions=dimensions or _dimensions(), since=since,
        )
    ]
    parts: list[Fetched] = []
    with _service(provider, channel, into, policy) as service:
        try:
            for part in _parts(service, asked, state, progress):
                parts.append(part)  # noqa: PERF402 - what came before an error must be known, to be removed
        except BaseException:
            for part in parts:
                if part.data is not None:
                    part.data.unlink(missing_ok=True)
            raise
    return parts


def fetch_structure(
    registry: str,
    *,
    into: Path,
    agency: str = "IAEG-SDGs",
    structure_id: str = "SDG",
    version: str = "latest",
    policy: Policy | None = None,
) -> Path:
    """Fetch a data structure with its codelists from an SDMX registry, through sdmx1's query and our transfer.

    Args:
        registry: base address of its SDMX 2.1 REST service.
        into: folder for the message, kept as received.
        agency: who maintains the structure.
        structure_id: its id.
        version: `latest`, or a version. Registries drop old ones, so a version may be gone.
        policy: limits and pauses.

    Returns:
        The file, complete.

    Raises:
        SourceUnavailable: the registry did not answer with structures now.
        ConfigurationError: it does not hold the structure, or the address cannot be used.
        StorageFull: the disk is full.
    """
    from pipelines.provider import Provider

    channel = {"type": "sdmx-rest", "url": registry, "agency": agency, "dataflows": [structure_id]}
    asked = Provider.model_validate(
        {"id": "REGISTRY", "name": "Registry", "kind": "agency", "areas": "all", "language": "en", "channel": channel}
    )
    with _service(asked, _rest_channel(asked), into, policy) as service:
        return service.structure(agency, structure_id, version)


def probe(provider: Provider, *, policy: Policy | None = None) -> list[FlowVersion]:
    """Ask a provider's service which versions of its dataflows it holds: a check that costs little.

    Raises:
        SourceUnavailable: the service does not answer structure queries now.
        ConfigurationError: it does not hold a declared dataflow.
    """
    channel = _rest_channel(provider)
    with (
        tempfile.TemporaryDirectory(prefix="sdg-probe-") as folder,
        _service(provider, channel, Path(folder), policy) as service,
    ):
        held = []
        for flow in _flows(channel):
            found = service.version(flow)
            if found is None:
                raise service.unknown(flow, channel.url)
            held.append(found)
        return held


def _parts(
    service: _Service,
    asked: Sequence[Query],
    state: Callable[[str], FetchState | None],
    progress: Progress | None,
) -> Iterator[Fetched]:
    """Ask query by query, halving those that are too large; yield what was answered."""
    pending = deque(asked)
    before = 0
    seen: set[str] = set()
    while pending:
        query = pending.popleft()

        def advance(received: int, total: int | None, before: int = before) -> None:
            assert progress is not None  # noqa: S101 - only handed on when there is one
            progress(before + received, None if total is None else before + total)

        part = service.ask(query, state, advance if progress is not None else None)
        if part is None:
            pending.extendleft(reversed(query.halves() or ()))
            continue
        if part.status == "fetched" and part.data is not None and part.sha256 in seen:
            # The service takes no notice of keys, so every part is the whole: one is enough. The file is the
            # same, under the same name, and belongs to the first part.
            part = replace(part, status="unchanged", data=None, notes=(
                *part.notes, "The same bytes as another part; the service does not filter by key."))
        elif part.sha256 is not None and part.status == "fetched":
            seen.add(part.sha256)
        before += part.size
        yield part


class _Service:
    """A provider's service: sdmx1's client for addresses and structures, a courier for the transfer."""

    def __init__(self, provider: Provider, channel: SdmxRestChannel, courier: Courier) -> None:
        import sdmx

        # A name of our own, so that no hook that sdmx1 has for one of its services is picked up by accident.
        name = f"SDG-{provider.id}"
        sdmx.add_source(
            {"id": name, "url": channel.url, "name": provider.name, "versions": ["2.1"]}, override=True
        )
        self.client = sdmx.Client(name, session=courier.session)
        self.provider = provider
        self.channel = channel
        self.courier = courier
        self._versions: dict[FlowRef, FlowVersion | SdgError | None] = {}

    def _request(self, resource: str, reference: str, **arguments: Any) -> requests.PreparedRequest:
        """Return the request that sdmx1 would send; what comes is a prepared one, whatever is annotated."""
        request = self.client.get(resource, reference, dry_run=True, **arguments)
        return cast("requests.PreparedRequest", request)

    def data_request(self, query: Query) -> requests.PreparedRequest:
        """Return the request for data, as sdmx1 builds it, with the channel's own parameters."""
        first, *others = self.channel.formats or ("*/*",)
        forms = [first, *(f"{form};q={max(9 - i, 2) / 10:g}" for i, form in enumerate(others))]
        request = self._request(
            "data", query.flow.path,
            **({} if query.key_text is None else {"key": query.key_text}),
            params={} if query.since is None else {"startPeriod": query.since},
            headers={"Accept": ", ".join([*forms, "*/*;q=0.1"])},
        )
        if self.channel.params:
            request.prepare_url(request.url or "", dict(self.channel.params))
        return request

    def ask(
        self, query: Query, state: Callable[[str], FetchState | None], progress: Progress | None
    ) -> Fetched | None:
        """Ask for data; None when the service finds the query too large and it can be halved."""
        request = self.data_request(query)
        url = shown(request.url or "")
        known = state(url)
        if known is not None and known.sha256 is not None:
            if known.etag:
                request.headers["If-None-Match"] = known.etag
            if known.last_modified:
                request.headers["If-Modified-Since"] = known.last_modified
        with self.courier.get(request, progress) as answer:
            status = effective_status(answer.status, answer.body)
            if status == 304 and known is not None and known.sha256 is not None:
                return self._fetched(query, url, answer, known, "unchanged", known.sha256)
            if status in {413, 414} or (status >= 400 and answer.body.code in TOO_LARGE):
                if query.halves() is not None:
                    return None
                raise refused(413, answer, url)
            if status == 404:
                note = self._nothing_or_unknown(query.flow, answer, url)
                return self._fetched(query, url, answer, known, "empty", None, (note,))
            if status != 200 or answer.body.kind != "data" or answer.part is None:
                raise refused(status, answer, url)
            digest = answer.part.sha256
            if known is not None and known.sha256 == digest:
                return self._fetched(query, url, answer, known, "unchanged", digest)
            notes = self._resolve(query.flow)
            return self._fetched(query, url, answer, known, "fetched", digest, notes)

    def _fetched(
        self, query: Query, url: str, answer: Answer, known: FetchState | None,
        status: Literal["fetched", "unchanged", "empty"], sha256: str | None, notes: tuple[str, ...] = (),
    ) -> Fetched:
        """Return the record of an answer; bytes that are new get their final name here."""
        data = None
        if status == "fetched" and answer.part is not None and sha256 is not None:
            data = answer.part.keep(f"{self.provider.id}-{sha256[:16]}.sdmx")
        # A 304 need not repeat the validators (RFC 9110, 15.4.5): then the remembered ones stay valid.
        not_changed = answer.status == 304 and known is not None
        resolved = self._versions.get(query.flow)
        if isinstance(resolved, SdgError):
            resolved = None
        return Fetched(
            provider=self.provider.id, url=url, status=status, data=data, sha256=sha256,
            size=answer.part.size if answer.part is not None else 0,
            etag=answer.headers.get("ETag") or (known.etag if not_changed and known else None),
            last_modified=answer.headers.get("Last-Modified") or (
                known.last_modified if not_changed and known else None),
            dataflow=str(query.flow), series=query.series,
            resolved_version=resolved.version if resolved else None,
            resolved_structure=resolved.structure if resolved else None,
            notes=notes, received_at=datetime.now(UTC),
        )

    def _resolve(self, flow: FlowRef) -> tuple[str, ...]:
        """Find out which version of a dataflow the service holds; when it is silent, go on with a note."""
        try:
            found = self.version(flow)
        except SdgError as error:
            return (f"Which version of {flow} this is could not be learnt: {error.what}",)
        if found is None:
            return (f"Which version of {flow} this is could not be learnt: the service does not list it.",)
        return ()

    def _nothing_or_unknown(self, flow: FlowRef, answer: Answer, url: str) -> str:
        """Tell "no observations" from "no such dataflow", which services both answer with 404.

        The dataflow itself is asked for. Where that is not answered, SDMX error 100 counts as "no
        observations".

        Returns:
            A note that says so.

        Raises:
            ConfigurationError: the service does not know the dataflow, or not in this version.
        """
        try:
            found = self.version(flow)
        except SdgError as error:
            if answer.body.code == NO_RESULTS:
                return f"The service holds no observations for this query of {flow} ({answer.body.quoted()})."
            raise refused(404, answer, url) from error
        if found is None:
            raise self.unknown(flow, url, answer)
        return f"The service holds {flow} in version {found.version}, and no observations for this query."

    def unknown(self, flow: FlowRef, url: str, answer: Answer | None = None) -> ConfigurationError:
        """Return the error for a dataflow that is not held, naming the version that is."""
        said = f" ({answer.body.quoted()})" if answer is not None and answer.body.quoted() else ""
        hint = "Correct `dataflows` in the provider's file."
        if flow.version is not None:
            try:
                latest = self.version(replace(flow, version=None))
            except SdgError:
                latest = None  # only the hint would have been better
            if latest is not None:
                said = f"; it holds version {latest.version}"
                hint = "Take the version out of the provider's file: the latest is used, and recorded."
        return ConfigurationError(
            f"The service does not hold the dataflow {flow}{said}.", where=shown(url), hint=hint
        )

    def version(self, flow: FlowRef) -> FlowVersion | None:
        """Return a dataflow as the service holds it; None when it does not hold it.

        Raises:
            SdgError: the service does not answer structure queries, or not with a structure.
        """
        if flow not in self._versions:
            try:
                self._versions[flow] = self._ask_version(flow)
            except SdgError as error:
                self._versions[flow] = error  # not asked again for every part
        found = self._versions[flow]
        if isinstance(found, SdgError):
            raise found
        return found

    def _ask_version(self, flow: FlowRef) -> FlowVersion | None:
        """Send the structure query of `version`."""
        request = self._request(
            "dataflow", flow.id, agency_id=flow.agency, version=flow.version or "latest",
            params={"references": "none"}, headers={"Accept": STRUCTURE_ACCEPT},
        )
        url = shown(request.url or "")
        with self.courier.get(request, attempts=STRUCTURE_ATTEMPTS) as answer:
            part = _structures_of(answer, url)
            return None if part is None else _flow_version(part.read_back(), flow, url)

    def structure(self, agency: str, structure_id: str, version: str) -> Path:
        """Receive a data structure with all that it refers to, as the service sends it.

        Raises:
            ConfigurationError: the service does not hold it. SdgError: as for any query.
        """
        request = self._request(
            "datastructure", structure_id, agency_id=agency, version=version,
            params={"references": "children"}, headers={"Accept": STRUCTURE_ACCEPT},
        )
        url = shown(request.url or "")
        with self.courier.get(request) as answer:
            part = _structures_of(answer, url)
            if part is None:
                raise ConfigurationError(
                    f"The registry does not hold the data structure {agency}:{structure_id}({version}).",
                    where=url, hint="Ask for the latest version, or look at the registry's address.",
                )
            return part.keep(f"{structure_id}.{part.sha256[:12]}.xml")


def _structures_of(answer: Answer, url: str) -> PartFile | None:
    """Return the structure message of an answer; None when the service does not hold what was asked for."""
    status = effective_status(answer.status, answer.body)
    if status == 404:
        return None
    if status != 200 or answer.part is None or answer.body.kind != "structure":
        raise refused(status, answer, url, wanted="structures")
    if answer.body.doctype:
        # sdmx1 expands the entities that a document type declares; no SDMX message has one.
        raise SourceUnavailable(
            "The service's answer to a structure query declares a document type; it was not read.",
            where=url, hint="Tell the service: SDMX messages have none.",
        )
    return answer.part


def _flow_version(document: bytes, flow: FlowRef, url: str) -> FlowVersion | None:
    """Read a structure message through sdmx1; the newest version counts when there are several."""
    import sdmx

    try:
        message: Any = sdmx.read_sdmx(io.BytesIO(document))
        dataflows = list(message.dataflow.values())
    except Exception as error:
        # sdmx1 raises whatever its parsers raise; for us it is all one: this is no structure message.
        raise SourceUnavailable(
            "The service's answer to a structure query cannot be read as SDMX.", where=url,
            hint="Look at the address in a browser.",
        ) from error
    held = [item for item in dataflows if item.id == flow.id]
    if not held:
        return None
    newest = max(held, key=lambda item: [int(n) if n.isdigit() else 0 for n in str(item.version).split(".")])
    structure = newest.structure
    behind = None
    if structure is not None and structure.maintainer is not None:
        behind = f"{structure.maintainer.id}:{structure.id}({structure.version})"
    names: Mapping[str, str] = newest.name.localizations
    name = names.get("en") or next(iter(names.values()), "")
    return FlowVersion(f"{flow.agency}:{flow.id}", str(newest.version), behind, name)


def _rest_channel(provider: Provider) -> SdmxRestChannel:
    channel = provider.channel
    if channel.type != "sdmx-rest":
        raise ConfigurationError(
            f"{provider.id} has no SDMX service: its channel is “{channel.type}”.",
            hint="Put its files into its inbox folder, or declare a channel of type sdmx-rest.",
        )
    return channel


def _flows(channel: SdmxRestChannel) -> list[FlowRef]:
    return [FlowRef.parse(text, agency=channel.agency, version=channel.version) for text in channel.dataflows]


def _dimensions() -> tuple[str, ...]:
    from metadata.structure import load_structure

    return tuple(component.id for component in load_structure().dimensions)


@contextmanager
def _service(
    provider: Provider, channel: SdmxRestChannel, folder: Path, policy: Policy | None
) -> Iterator[_Service]:
    """Open a session with the provider's service, and close it."""
    limits = policy or Policy(
        read_timeout_s=channel.timeout_s, deadline_s=15 * channel.timeout_s, max_bytes=channel.max_bytes
    )
    courier = Courier(limits, folder, provider.id)
    with courier.session:
        yield _Service(provider, channel, courier)
