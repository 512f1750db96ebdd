"""One polite HTTP transfer: retries, pauses, limits, redirects, gzip; every failure is one sentence.

`Courier.get` sends a prepared request and returns the answer, its body in a `PartFile`, byte for byte what
the service meant (after Content-Encoding). What the answer means is `pipelines.answer` and `pipelines.fetch`;
nothing here knows about SDMX. Retried are 429, 500, 502, 503, 504, connections that fail and transfers that
break; see RFC 9110 sections 10.2.3 (Retry-After) and 15, and RFC 9112 section 8 (incomplete messages).
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import requests
from requests.exceptions import (
    ChunkedEncodingError,
    InvalidHeader,
    InvalidProxyURL,
    InvalidSchema,
    InvalidURL,
    MissingSchema,
    RequestException,
    SSLError,
    Timeout,
)
from requests.exceptions import (
    ConnectionError as NoConnection,
)
from urllib3.exceptions import HTTPError as TransferError
from urllib3.exceptions import ReadTimeoutError

from metadata.errors import ConfigurationError, SdgError, SourceUnavailable
from pipelines.answer import Body, cut_short, recognise
from pipelines.part_file import HEAD_KEPT, PartFile
from pipelines.wire import PIECE, Trouble, gunzip, reason_of, retry_after, shown

Progress = Callable[[int, int | None], None]

RETRIED = frozenset({429, 500, 502, 503, 504})
USER_AGENT = "sdg-indicator-pipeline (+SDMX client; SDG goals 12 and 13)"


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient and how polite a transfer is. Times are in seconds.

    Attributes:
        connect_timeout_s: until the connection stands.
        read_timeout_s: of silence while waiting or reading.
        deadline_s: for one transfer with all its attempts and pauses.
        attempts: how often a request is sent at most.
        backoff_s: the first pause between attempts; each further one is twice as long, with jitter.
        backoff_cap_s: the longest such pause.
        retry_after_cap_s: the longest Retry-After that is waited for; a service that asks for more is left
            alone.
        delay_s: between two requests, so that a service is never hammered.
        max_bytes: of one body after decompression.
        max_redirects: how many redirects are followed.
        sleep, clock, jitter: the passing of time, for tests; `jitter` returns a number in [0, 1).
    """

    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    deadline_s: float = 900.0
    attempts: int = 5
    backoff_s: float = 1.0
    backoff_cap_s: float = 60.0
    retry_after_cap_s: float = 120.0
    delay_s: float = 0.5
    max_bytes: int = 512 * 1024 * 1024
    max_redirects: int = 5
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = lambda: secrets.randbelow(1000) / 1000


@dataclass(slots=True)
class Answer:
    """A final answer. Leave it as a context manager: its file is removed unless it was kept.

    Attributes:
        status: HTTP status, never one of `RETRIED`.
        headers: as received; names are case-insensitive.
        body: what the body is, by its content.
        part: the whole body when the status is 200, else None.
        url: the address that answered, after redirects, without credentials.
    """

    status: int
    headers: Mapping[str, str]
    body: Body
    part: PartFile | None
    url: str

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.part is not None:
            self.part.__exit__(kind, error, trace)


class Courier:
    """Sends requests, one at a time, through one session.

    Args:
        policy: limits and pauses.
        folder: where bodies are received.
        owner: beginning of the file names there, for example the provider's id.
        session: the requests session; a new one when None.

    Attributes:
        sent: how many requests were sent, redirects and retries included.
    """

    def __init__(
        self, policy: Policy, folder: Path, owner: str, session: requests.Session | None = None
    ) -> None:
        self.policy = policy
        self.folder = folder
        self.owner = owner
        self.session = session or requests.Session()
        self.session.headers["User-Agent"] = USER_AGENT
        self.session.headers["Accept-Encoding"] = "gzip"
        self.sent = 0
        self._last: float | None = None

    def get(
        self,
        request: requests.PreparedRequest,
        progress: Progress | None = None,
        *,
        attempts: int | None = None,
    ) -> Answer:
        """Send a request until it is answered for good.

        Args:
            request: the prepared request, by `self.session` or sdmx1's client.
            progress: called with the bytes received in this attempt and their total, if it is known.
            attempts: fewer attempts than the policy's.

        Returns:
            The answer; the caller judges its status and body.

        Raises:
            SourceUnavailable: the service is down, refuses for now, breaks off, or is too slow.
            ConfigurationError: the address cannot be fetched, or the body is larger than the cap.
            StorageFull: the disk is full.
        """
        address = shown(request.url or "")
        deadline = self.policy.clock() + self.policy.deadline_s
        last = min(attempts or self.policy.attempts, self.policy.attempts)
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._attempt(request, address, deadline, progress)
            except Trouble as trouble:
                self._pause(trouble, attempt, last, deadline, address)

    def _pause(self, trouble: Trouble, attempt: int, last: int, deadline: float, address: str) -> None:
        """Wait before the next attempt, or give up with a sentence."""
        policy = self.policy
        growing = min(policy.backoff_s * 2 ** (attempt - 1), policy.backoff_cap_s)
        pause = growing * (0.5 + policy.jitter() / 2)
        later = "Try again later; what was loaded before is untouched."
        if trouble.pause is not None:
            if trouble.pause > policy.retry_after_cap_s:
                raise SourceUnavailable(
                    f"The service {trouble.story} and asks to be left alone for {trouble.pause:.0f} s, "
                    f"longer than the {policy.retry_after_cap_s:g} s that are waited.",
                    where=address, hint="Try again after that time.",
                ) from trouble
            pause = max(pause, trouble.pause)
        if attempt >= last:
            times = "once" if attempt == 1 else f"{attempt} times"
            raise SourceUnavailable(
                f"The service {trouble.story}; it was tried {times}.", where=address, hint=later
            ) from trouble
        if policy.clock() + pause >= deadline:
            raise SourceUnavailable(
                f"The service {trouble.story}, and the {policy.deadline_s:g} s allowed for it are used up.",
                where=address, hint=later,
            ) from trouble
        policy.sleep(pause)

    def _attempt(
        self, request: requests.PreparedRequest, address: str, deadline: float, progress: Progress | None
    ) -> Answer:
        """Send once and receive the body."""
        response = self._send(request, address, deadline)
        try:
            if response.status_code == 200:
                part = self._receive(response, deadline, progress)
                return Answer(200, response.headers, recognise(part.head), part, shown(response.url))
            head = b""
            # A 304 has no body by definition; of an error only the beginning is of interest.
            for piece in () if response.status_code == 304 else self._pieces(response, deadline):
                head += piece
                if len(head) >= HEAD_KEPT:
                    break
            body = recognise(head)
        finally:
            response.close()
        if response.status_code in RETRIED:
            said = f" ({body.quoted()})" if body.quoted() else ""
            raise Trouble(
                f"answered with status {response.status_code}{said}",
                retry_after(response.headers.get("Retry-After")),
            )
        return Answer(response.status_code, response.headers, body, None, shown(response.url))

    def _send(self, request: requests.PreparedRequest, address: str, deadline: float) -> requests.Response:
        """Send, following redirects, and return the response with its body unread."""
        for _ in range(self.policy.max_redirects + 1):
            response = self._send_one(request, address, deadline)
            try:
                target = self.session.get_redirect_target(response)
            except BaseException:
                response.close()
                raise
            if target is None:
                return response
            response.close()
            request = self._redirected(request, response, target, address)
        raise SourceUnavailable(
            f"The service redirects more than {self.policy.max_redirects} times.", where=address,
            hint="Ask the service for its present address and declare that one.",
        )

    def _send_one(
        self, request: requests.PreparedRequest, address: str, deadline: float
    ) -> requests.Response:
        """Send one request, translating what may go wrong before the body."""
        policy = self.policy
        if self._last is not None and (wait := self._last + policy.delay_s - policy.clock()) > 0:
            policy.sleep(wait)
        left = max(deadline - policy.clock(), 0.001)
        timeout = (min(policy.connect_timeout_s, left), min(policy.read_timeout_s, left))
        self.sent += 1
        try:
            # Proxies and certificates of the environment: Session.send alone would not look at them.
            settings = self.session.merge_environment_settings(request.url or "", {}, True, None, None)
            return self.session.send(request, timeout=timeout, allow_redirects=False, **settings)
        except (InvalidSchema, MissingSchema, InvalidURL, InvalidProxyURL, InvalidHeader) as error:
            raise ConfigurationError(
                "The address cannot be fetched: it is no usable http or https address.", where=address,
                hint="Correct the address in the provider's file.",
            ) from error
        except SSLError as error:
            raise _insecure(error, address) from error
        except Timeout as error:
            raise Trouble(f"did not answer within {timeout[1]:.3g} s") from error
        except (NoConnection, ChunkedEncodingError) as error:
            raise Trouble(f"could not be reached ({reason_of(error)})") from error
        except RequestException as error:
            raise Trouble(f"could not be asked ({reason_of(error)})") from error
        finally:
            self._last = policy.clock()

    def _redirected(
        self, request: requests.PreparedRequest, response: requests.Response, target: str, address: str
    ) -> requests.PreparedRequest:
        """Return the request that follows a redirect; credentials stay with the host they are for."""
        url = urljoin(response.url, target)
        scheme = urlsplit(url).scheme.lower()
        if scheme not in {"http", "https"}:
            raise SourceUnavailable(
                f"The service redirects to {shown(url)}, which is neither http nor https.", where=address,
                hint="Ask the service for its present address and declare that one.",
            )
        if scheme == "http" and urlsplit(response.url).scheme == "https":
            raise SourceUnavailable(
                f"The service redirects from https to the unprotected {shown(url)}.", where=address,
                hint="If that is meant, declare the http address itself.",
            )
        following = request.copy()
        following.prepare_url(url, None)
        self.session.rebuild_auth(following, response)  # type: ignore[no-untyped-call]
        return following

    def _receive(self, response: requests.Response, deadline: float, progress: Progress | None) -> PartFile:
        """Receive a body into a part file; only a whole one is returned."""
        total = response.headers.get("Content-Length", "")
        # The length counts what is on the line: of a compressed body it is not the total of what is received.
        expected = int(total) if total.isdigit() and "Content-Encoding" not in response.headers else None
        address = shown(response.url)
        if expected is not None and expected > self.policy.max_bytes:
            raise _too_large(address, self.policy.max_bytes)
        part = PartFile(self.folder, self.owner)
        try:
            for piece in self._pieces(response, deadline):
                if part.size + len(piece) > self.policy.max_bytes:
                    raise _too_large(address, self.policy.max_bytes)
                part.write(piece)
                if progress is not None:
                    progress(part.size, expected)
            if cut_short(part.head, part.tail):
                raise Trouble(f"broke off after {part.size:,} bytes, before the end of the document")
        except BaseException as error:
            part.__exit__(type(error), error, error.__traceback__)
            raise
        return part

    def _pieces(self, response: requests.Response, deadline: float) -> Iterator[bytes]:
        """Yield the body in pieces of at most `PIECE` bytes, decompressed, until its proven end."""
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            yield from gunzip(self._wire(response, deadline))
        elif encoding in {"", "identity"}:
            yield from self._wire(response, deadline)
        else:
            raise SourceUnavailable(
                f"The service sent Content-Encoding “{encoding}”, though only gzip was allowed.",
                where=shown(response.url), hint="Tell the service; nothing was loaded.",
            )

    def _wire(self, response: requests.Response, deadline: float) -> Iterator[bytes]:
        """Yield what is on the line. read1 returns what is there, so that a trickle meets the deadline."""
        while True:
            if self.policy.clock() >= deadline:
                raise SourceUnavailable(
                    f"The service sends too slowly: the {self.policy.deadline_s:g} s allowed are used up.",
                    where=shown(response.url), hint="Try again later, or raise `timeout_s` of the provider.",
                )
            try:
                piece = response.raw.read1(PIECE, decode_content=False)
            except ReadTimeoutError as error:
                raise Trouble("stopped sending in the middle of the answer") from error
            except (TransferError, OSError) as error:
                raise Trouble(f"broke off in the middle of the answer ({reason_of(error)})") from error
            if not piece:
                return
            yield piece


def _too_large(address: str, cap: int) -> SdgError:
    return ConfigurationError(
        f"The answer is larger than {cap:,} bytes, the cap for this provider; it was thrown away.",
        where=address,
        hint="Ask for less (fewer series, or a later start), or raise `max_bytes` of the provider's channel.",
    )


def _insecure(error: SSLError, address: str) -> SourceUnavailable:
    found = re.search(r"certificate verify failed: ([^(]*)", str(error))
    reason = f"its certificate cannot be verified ({found.group(1).strip()})" if found else reason_of(error)
    return SourceUnavailable(
        f"No secure connection to the service: {reason}.", where=address,
        hint="Check the address and this machine's clock; behind an inspecting proxy set REQUESTS_CA_BUNDLE.",
    )
