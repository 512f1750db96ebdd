"""Retry-After, gzip streams, addresses without secrets, redirects, and errors in words."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from requests.structures import CaseInsensitiveDict

from metadata.errors import ConfigurationError, SourceUnavailable
from pipelines.http import Courier, Policy
from pipelines.wire import Trouble, gunzip, reason_of, retry_after, shown

NOW = datetime(2026, 11, 5, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("7", 7.0),
        (" 12 ", 12.0),
        ("-3", None),
        ("Thu, 05 Nov 2026 10:01:30 GMT", 90.0),
        ("Thu, 05 Nov 2026 09:00:00 GMT", 0.0),
        ("Thu, 05 Nov 2026 10:01:30 -0000", 90.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:pass@example.org:8/rest/data/A,B?x=1", "https://example.org:8/rest/data/A,B?x=1"),
        (
            "https://example.org/?subscription-key=abc&startPeriod=2000",
            "https://example.org/?subscription-key=…&startPeriod=2000",
        ),
        ("https://example.org/..A+B", "https://example.org/..A+B"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, expected: str) -> None:
    assert shown(url) == expected


def _in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    for i in range(0, len(data), size):
        yield data[i : i + size]


@pytest.mark.parametrize("size", [1, 7, 100000])
def test_gzip_is_unpacked_in_small_pieces_also_with_several_members(size: int) -> None:
    plain = b"0123456789" * 30000
    pieces = list(gunzip(_in_pieces(gzip.compress(plain[:1000]) + gzip.compress(plain[1000:]), size)))
    assert b"".join(pieces) == plain
    assert max(len(piece) for piece in pieces) <= 65536


def test_an_empty_compressed_body_is_empty() -> None:
    assert list(gunzip(iter([]))) == []


def test_gzip_that_ends_early_is_trouble() -> None:
    with pytest.raises(Trouble, match=r"broke off in the middle of a compressed answer"):
        list(gunzip(iter([gzip.compress(b"x" * 1000)[:-9]])))


def test_what_is_no_gzip_is_trouble() -> None:
    with pytest.raises(Trouble, match=r"not the gzip it is said to be"):
        list(gunzip(iter([b"plain text"])))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            (
                "HTTPConnectionPool(host='x', port=1): Max retries exceeded (Caused by "
                "NewConnectionError('<urllib3.C "
                "object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused'))"
            ),
            "Connection refused",
        ),
        (
            (
                "('Connection broken: IncompleteRead(5 bytes read, 7 more expected)', "
                "IncompleteRead(5 bytes read, 7 "
                "more expected))"
            ),
            "5 bytes read, 7 more expected",
        ),
        ("", "OSError"),
    ],
)
def test_a_reason_is_the_systems_own_words(text: str, reason: str) -> None:
    assert reason_of(OSError(text)) == reason


def _redirect(start: str, target: str, tmp_path: Path) -> requests.PreparedRequest:
    courier = Courier(Policy(), tmp_path, "X")
    request = courier.session.prepare_request(requests.Request("GET", start, auth=("u", "p")))
    response = requests.Response()
    response.url = start
    response.request = request
    response.headers = CaseInsensitiveDict({"Location": target})
    response.status_code = 302
    return courier._redirected(request, response, target, start)


def test_a_redirect_to_the_same_host_keeps_the_log_in_and_another_host_does_not_get_it(
    tmp_path: Path,
) -> None:
    same = _redirect("https://example.org/a/b", "../c", tmp_path)
    assert (same.url, "Authorization" in same.headers) == ("https://example.org/c", True)
    other = _redirect("https://example.org/a", "https://example.net/a", tmp_path)
    assert "Authorization" not in other.headers


def test_a_redirect_to_no_web_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SourceUnavailable, match=r"redirects to ftp://example.org/x, which is neither http nor https"
    ):
        _redirect("https://example.org/a", "ftp://example.org/x", tmp_path)


def test_a_redirect_from_https_to_http_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SourceUnavailable, match=r"redirects from https to the unprotected http://example.org/x. If"
    ):
        _redirect("https://example.org/a", "http://example.org/x", tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            (
                "(Caused by SSLError(SSLCertVerificationError(1, '[SSL: "
                "CERTIFICATE_VERIFY_FAILED] certificate verify "
                "failed: self-signed certificate (_ssl.c:1006)')))"
            ),
            r"its certificate cannot be verified \(self-signed certificate\)",
        ),
        (
            (
                "(Caused by SSLError(SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version "
                "number (_ssl.c:1006)')))"
            ),
            r"No secure connection to the service: \[SSL: WRONG_VERSION_NUMBER\] wrong version number",
        ),
    ],
)
def test_a_failed_secure_connection_is_one_sentence(
    text: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    courier = Courier(Policy(), tmp_path, "X")

    def fail(*_: object, **__: object) -> None:
        raise requests.exceptions.SSLError(text)

    monkeypatch.setattr(courier.session, "send", fail)
    request = courier.session.prepare_request(requests.Request("GET", "https://example.org/"))
    with pytest.raises(SourceUnavailable, match=sentence) as caught:
        courier.get(request)
    assert "REQUESTS_CA_BUNDLE" in str(caught.value)
    assert courier.sent == 1


def test_an_address_that_is_none_is_the_declarations_fault(tmp_path: Path) -> None:
    courier = Courier(Policy(), tmp_path, "X")
    request = requests.PreparedRequest()
    request.prepare_method("GET")
    request.url = "ftp://example.org/"
    request.prepare_headers({})
    with pytest.raises(
        ConfigurationError, match=r"it is no usable http or https address. Correct the address"
    ):
        courier.get(request)
