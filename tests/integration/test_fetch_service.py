"""Fetching from a service that behaves, and from one that fails in every way."""

from __future__ import annotations

import gzip
import hashlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import requests

from metadata.errors import ConfigurationError, Retriable, SdgError, SourceUnavailable
from pipelines.fetch import Fetched, fetch, fetch_structure, probe
from pipelines.http import Policy
from pipelines.provider import Provider
from tests.servers.fault_server import (
    CSV,
    LAST_MODIFIED,
    XML,
    Fault,
    FaultServer,
    Flow,
    error_message,
    message,
)

ROWS = [
    ("EN_MAT_DOMCMPT", "417", "2015", "12.5"),
    ("EN_MAT_DOMCMPT", "417", "2016", "13"),
    ("EN_HAZ_PCAP", "417", "2016", "7"),
    ("SH_STA_MORT", "417", "2016", "99"),
]
SERIES = ("EN_HAZ_PCAP", "EN_MAT_DOMCMPT")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is asked directly, whatever the environment says."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    flow = Flow("IAEG-SDGs", "DF_SDG_GLH", "1.24", ("IAEG-SDGs", "SDG", "1.24"), message(ROWS))
    with FaultServer(flow) as running:
        yield running


@dataclass
class Desk:
    """Fetches with a memory, as the ledger gives it, and with pauses that are counted and not made."""

    server: FaultServer
    into: Path
    channel: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Fetched] = field(default_factory=dict)
    pauses: list[float] = field(default_factory=list)
    policy: Policy = field(default_factory=lambda: Policy(delay_s=0, attempts=3, jitter=lambda: 0.5))

    def provider(self) -> Provider:
        channel = {
            "type": "sdmx-rest",
            "url": self.server.url,
            "dataflows": ["DF_SDG_GLH"],
            "formats": [XML],
            **self.channel,
        }
        return Provider.model_validate(
            {
                "id": "UNSD",
                "name": "Test",
                "kind": "agency",
                "areas": "all",
                "language": "en",
                "channel": channel,
            }
        )

    def fetch(self, **arguments: Any) -> list[Fetched]:
        policy = replace(self.policy, sleep=self.pauses.append)
        parts = fetch(
            self.provider(),
            state=self.memory.get,
            into=self.into,
            policy=policy,
            **{"series": SERIES, **arguments},
        )
        self.memory.update({part.url: part for part in parts if part.status != "empty"})
        return parts

    def refused(self, kind: type[SdgError], **arguments: Any) -> str:
        """Fetch, and return the sentence of the error; nothing may be left behind."""
        with pytest.raises(kind) as caught:
            self.fetch(**arguments)
        assert list(self.into.glob("*")) == []
        assert isinstance(caught.value, Retriable) == (kind is SourceUnavailable)
        return str(caught.value)


@pytest.fixture
def desk(server: FaultServer, tmp_path: Path) -> Desk:
    return Desk(server, tmp_path / "fetching")


# --- a service that behaves --------------------


def test_a_message_is_kept_byte_for_byte_with_what_is_known_of_it(desk: Desk) -> None:
    desk.server.filters = False
    [part] = desk.fetch()
    assert part.data is not None
    assert part.data.read_bytes() == message(ROWS)
    assert part.sha256 == hashlib.sha256(message(ROWS)).hexdigest()
    assert (part.status, part.size, part.provider) == ("fetched", len(message(ROWS)), "UNSD")
    assert (part.dataflow, part.series) == ("IAEG-SDGs:DF_SDG_GLH", SERIES)
    assert (part.resolved_version, part.resolved_structure) == ("1.24", "IAEG-SDGs:SDG(1.24)")
    assert (part.last_modified, part.notes) == (LAST_MODIFIED, ())
    assert part.received_at.tzinfo is not None
    assert [path.suffix for path in desk.into.iterdir()] == [".sdmx"]


def test_only_the_series_that_are_wanted_are_asked_for(desk: Desk) -> None:
    [part] = desk.fetch(series=["EN_HAZ_PCAP"])
    assert part.data is not None
    text = part.data.read_text()
    assert "EN_HAZ_PCAP" in text
    assert "SH_STA_MORT" not in text
    assert part.url == f"{desk.server.url}/data/IAEG-SDGs,DF_SDG_GLH/..EN_HAZ_PCAP............"


def test_the_channels_formats_params_and_period_reach_the_service(desk: Desk) -> None:
    desk.channel = {"formats": [CSV], "params": {"detail": "full", "subscription-key": "hidden"}}
    [part] = desk.fetch(since="2016")
    assert part.data is not None
    lines = part.data.read_text().splitlines()
    assert lines[0].startswith("DATAFLOW,FREQ,REPORTING_TYPE,SERIES")
    assert len(lines) == 1 + 2
    [seen] = desk.server.asked()
    assert seen.query == {"startPeriod": "2016", "detail": "full", "subscription-key": "hidden"}
    assert seen.headers["accept"] == f"{CSV}, */*;q=0.1"
    assert "hidden" not in part.url


def test_an_unchanged_source_costs_one_request(desk: Desk) -> None:
    [first] = desk.fetch()
    desk.server.seen.clear()
    [second] = desk.fetch()
    assert len(desk.server.seen) == 1
    assert desk.server.seen[0].headers["if-none-match"] == first.etag
    assert desk.server.seen[0].headers["if-modified-since"] == LAST_MODIFIED
    assert (second.status, second.data, second.size) == ("unchanged", None, 0)
    assert (second.sha256, second.etag, second.last_modified) == (first.sha256, first.etag, LAST_MODIFIED)


def test_last_modified_alone_is_enough(desk: Desk) -> None:
    [first] = desk.fetch()
    desk.memory[first.url] = replace(first, etag=None)
    [second] = desk.fetch()
    assert "if-none-match" not in desk.server.asked()[-1].headers
    assert second.status == "unchanged"


def test_the_same_bytes_are_unchanged_even_when_the_service_keeps_no_validators(desk: Desk) -> None:
    desk.server.validators = False
    [first] = desk.fetch()
    assert (first.etag, first.last_modified) == (None, None)
    desk.server.seen.clear()
    [second] = desk.fetch()
    assert (second.status, second.data, len(desk.server.seen)) == ("unchanged", None, 1)


def test_changed_data_are_fetched_again(desk: Desk) -> None:
    desk.fetch()
    desk.server.flows["IAEG-SDGs", "DF_SDG_GLH"].message = message(
        [*ROWS, ("EN_HAZ_PCAP", "417", "2017", "8")]
    )
    [part] = desk.fetch()
    assert part.status == "fetched"


def test_compressed_answers_are_unpacked(desk: Desk) -> None:
    [part] = desk.fetch()
    assert desk.server.asked()[0].headers["accept-encoding"] == "gzip"
    assert part.data is not None
    assert part.data.read_bytes().startswith(b"<?xml")


def test_chunked_answers_are_received(desk: Desk) -> None:
    desk.server.fail(Fault(chunked=True))
    [part] = desk.fetch()
    assert part.status == "fetched"


def test_a_long_list_of_series_becomes_several_parts_with_short_addresses(desk: Desk) -> None:
    many = sorted({*SERIES, *(f"XX_SERIES_NUMBER_{n}" for n in range(120))})
    parts = desk.fetch(series=many)
    assert len(parts) == 2
    assert [code for part in parts for code in part.series or ()] == many
    assert all(len(part.url) <= 1800 for part in parts)
    # The second part holds none of the series that the service has: an answer, and not an error.
    assert [part.status for part in parts] == ["fetched", "empty"]


def test_a_service_that_takes_no_notice_of_keys_gives_its_data_once(desk: Desk) -> None:
    desk.server.filters = False
    desk.server.flows["IAEG-SDGs", "DF_SDG_GLH"].too_large_above = 1
    parts = desk.fetch()
    assert [part.status for part in parts] == ["fetched", "unchanged"]
    assert parts[1].notes == ("The same bytes as another part; the service does not filter by key.",)
    assert parts[0].data is not None
    assert parts[0].data.exists()


def test_progress_goes_on_over_the_parts(desk: Desk) -> None:
    desk.server.flows["IAEG-SDGs", "DF_SDG_GLH"].too_large_above = 1
    told: list[tuple[int, int | None]] = []
    parts = desk.fetch(progress=lambda received, total: told.append((received, total)))
    assert told[-1][0] == sum(part.size for part in parts)
    assert [received for received, _ in told] == sorted(received for received, _ in told)


def test_progress_knows_the_total_of_an_uncompressed_body(desk: Desk) -> None:
    desk.server.fail(Fault(headers={"Content-Encoding": "identity"}))
    told: list[tuple[int, int | None]] = []
    [part] = desk.fetch(progress=lambda received, total: told.append((received, total)))
    assert told[-1][0] == part.size


def test_a_service_without_structure_queries_is_fetched_with_a_note(desk: Desk) -> None:
    desk.server.structures = False
    [part] = desk.fetch()
    assert (part.status, part.resolved_version) == ("fetched", None)
    assert part.notes == (
        (
            "Which version of IAEG-SDGs:DF_SDG_GLH this is could not be learnt: The service "
            "does not offer this kind of "
            "query: status 501 (error 501: “Not implemented”)."
        ),
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE x [<!ENTITY e 'f'>]><mes:Structure xmlns:mes='m'/>", "declares a document type"),
        (b"<mes:Structure xmlns:mes='m'><broken", "cannot be read as SDMX"),
        (message(ROWS), "answered with observations instead of structures"),
        (b"<html><title>Hi</title></html>", "answered with a web page instead of structures: “Hi”"),
    ],
)
def test_a_bad_answer_to_a_structure_query_is_only_a_note(desk: Desk, body: bytes, words: str) -> None:
    desk.server.fail(Fault(path="dataflow/", body=body, chunked=True), times=2)
    [part] = desk.fetch()
    assert part.status == "fetched"
    assert words in part.notes[0] or "broke off" in part.notes[0]


def test_probe_tells_which_version_is_held(desk: Desk) -> None:
    [held] = probe(desk.provider(), policy=desk.policy)
    assert (held.dataflow, held.version, held.structure, held.name) == (
        "IAEG-SDGs:DF_SDG_GLH",
        "1.24",
        "IAEG-SDGs:SDG(1.24)",
        "A flow",
    )
    assert desk.server.asked() == []


# --- empty, unknown, too large --------------------


def test_no_observations_is_an_answer(desk: Desk) -> None:
    [part] = desk.fetch(series=["EN_SCP_ECSYBA"])
    assert (part.status, part.data, part.sha256) == ("empty", None, None)
    assert part.notes == (
        "The service holds IAEG-SDGs:DF_SDG_GLH in version 1.24, and no observations for this query.",
    )


def test_no_observations_without_structure_queries_is_told_by_the_sdmx_code(desk: Desk) -> None:
    desk.server.structures = False
    [part] = desk.fetch(series=["EN_SCP_ECSYBA"])
    assert part.status == "empty"
    assert part.notes == (
        (
            "The service holds no observations for this query of IAEG-SDGs:DF_SDG_GLH (error "
            "100: “No results found”)."
        ),
    )


def test_no_results_with_status_200_is_the_same_answer(desk: Desk) -> None:
    desk.server.fail(Fault(status=200, body=error_message("100", "No results")))
    assert [part.status for part in desk.fetch()] == ["empty"]


def test_an_unknown_dataflow_is_the_declarations_fault(desk: Desk) -> None:
    desk.channel = {"dataflows": ["DF_SDG_XXX"]}
    assert desk.refused(ConfigurationError).endswith(
        ": The service does not hold the dataflow IAEG-SDGs:DF_SDG_XXX (error 100: “No data for "
        "IAEG-SDGs,DF_SDG_XXX”). Correct `dataflows` in the provider's file."
    )


def test_a_version_that_is_gone_is_told_with_the_one_that_is_there(desk: Desk) -> None:
    desk.channel = {"version": "1.22"}
    assert (
        "does not hold the dataflow IAEG-SDGs:DF_SDG_GLH(1.22); it holds version 1.24. "
        "Take the version out of the "
        "provider's file: the latest is used, and recorded."
    ) in desk.refused(ConfigurationError)
    with pytest.raises(ConfigurationError, match=r"it holds version 1.24"):
        probe(desk.provider(), policy=desk.policy)


def test_a_bare_404_without_structure_queries_is_refused(desk: Desk) -> None:
    desk.server.structures = False
    desk.server.fail(Fault(status=404, body=b"<html><title>Not here</title></html>"))
    assert (
        "The service knows nothing at this address: status 404 (“Not here”). Check `dataflows`"
    ) in desk.refused(ConfigurationError)


def test_a_query_that_is_too_large_is_halved_until_it_is_not(desk: Desk) -> None:
    desk.server.flows["IAEG-SDGs", "DF_SDG_GLH"].too_large_above = 1
    parts = desk.fetch(series=["EN_HAZ_PCAP", "EN_MAT_DOMCMPT", "SH_STA_MORT"])
    assert [part.series for part in parts] == [("EN_HAZ_PCAP",), ("EN_MAT_DOMCMPT",), ("SH_STA_MORT",)]
    assert len({part.sha256 for part in parts}) == 3


def test_too_large_with_status_200_is_halved_too(desk: Desk) -> None:
    desk.server.fail(Fault(status=200, body=error_message("510", "Too many observations")))
    assert [part.series for part in desk.fetch()] == [("EN_HAZ_PCAP",), ("EN_MAT_DOMCMPT",)]


def test_one_series_that_is_too_large_is_said(desk: Desk) -> None:
    desk.server.flows["IAEG-SDGs", "DF_SDG_GLH"].too_large_above = 0
    assert (
        "The service finds even the smallest query too large: status 413 (error 130: "
        "“Too large”). Narrow `key`"
    ) in desk.refused(ConfigurationError, series=["EN_HAZ_PCAP"])


def test_one_part_that_fails_takes_the_others_with_it(desk: Desk) -> None:
    desk.channel = {"dataflows": ["DF_SDG_GLH", "DF_SDG_XXX"]}
    assert "DF_SDG_XXX" in desk.refused(ConfigurationError)


# --- refusals --------------------


@pytest.mark.parametrize(
    ("fault", "kind", "sentence"),
    [
        (
            Fault(status=400, body=error_message("140", "Bad key")),
            ConfigurationError,
            (
                "The service refuses the query as wrong: status 400 (error 140: “Bad key”). "
                "Check `dataflows`, `key`"
            ),
        ),
        (
            Fault(status=401),
            ConfigurationError,
            "The service wants a log-in: status 401. Put user name and password",
        ),
        (
            Fault(status=403, body=b"no entry"),
            ConfigurationError,
            "The service does not permit this query: status 403 (“no entry”). Ask for access",
        ),
        (
            Fault(status=406),
            ConfigurationError,
            "has none of the formats asked for: status 406. Correct `formats`",
        ),
        (
            Fault(status=410),
            ConfigurationError,
            "The service refuses the query: status 410. Check `dataflows`",
        ),
        (Fault(status=501), ConfigurationError, "The service does not offer this kind of query: status 501."),
        (Fault(status=204), SourceUnavailable, "The service sent no data: status 204. Try again later"),
        (Fault(status=304), SourceUnavailable, "The service sent no data: status 304. Try again later"),
        (
            Fault(status=200, body=b""),
            SourceUnavailable,
            "The service answered with an empty body instead of data. Look at the address in a browser",
        ),
        (
            Fault(status=200, body=b"<html><head><title>We are back soon</title></head></html>"),
            SourceUnavailable,
            "The service answered with a web page instead of data: “We are back soon”. Look at the address",
        ),
        (
            Fault(status=200, body=error_message("1000", "Database gone")),
            SourceUnavailable,
            (
                "The service sent an error message instead of data: status 200 (error 1000: "
                "“Database gone”). Try again"
            ),
        ),
        (
            Fault(status=200, body=error_message("150", "No such dimension")),
            ConfigurationError,
            "The service does not permit this query: status 200 (error 150: “No such dimension”).",
        ),
        (
            Fault(status=200, body=b'{"errors": [{"code": 503, "title": "asleep"}]}'),
            SourceUnavailable,
            "The service sent an error message instead of data: status 200 (error 503: “asleep”).",
        ),
        (
            Fault(status=200, body=b"<Structure></Structure>"),
            SourceUnavailable,
            "The service answered with a structure message instead of data.",
        ),
        (
            Fault(status=200, body=b"PK\x03\x04"),
            SourceUnavailable,
            "The service answered with an archive instead of data: “a zip archive”.",
        ),
        (
            Fault(status=200, body=b"come back later"),
            SourceUnavailable,
            "The service answered with something that is not SDMX instead of data: “come back later”.",
        ),
        (
            Fault(headers={"Content-Encoding": "br"}),
            SourceUnavailable,
            "The service sent Content-Encoding “br”, though only gzip was allowed. Tell the service",
        ),
        (
            Fault(status=302, headers={"Location": "ftp://example.org/x"}),
            SourceUnavailable,
            "The service redirects to ftp://example.org/x, which is neither http nor https. Ask the service",
        ),
    ],
)
def test_what_is_no_data_is_refused_in_one_sentence(
    desk: Desk, fault: Fault, kind: type[SdgError], sentence: str
) -> None:
    desk.server.fail(fault)
    said = desk.refused(kind)
    assert sentence in said
    assert said.startswith(f"{desk.server.url}/data/")
    assert len(desk.server.asked()) == 1
    assert "\n" not in said


def test_the_password_in_an_address_is_sent_and_never_shown(desk: Desk) -> None:
    desk.channel = {"url": desk.server.url.replace("//", "//ann:sesame@")}
    desk.server.fail(Fault(status=403))
    assert "sesame" not in desk.refused(ConfigurationError)
    assert desk.server.seen[0].headers["authorization"].startswith("Basic ")
    [part] = desk.fetch()
    assert "sesame" not in part.url


def test_redirects_are_followed_and_counted(desk: Desk) -> None:
    path = "/rest/data/IAEG-SDGs,DF_SDG_GLH/..EN_HAZ_PCAP............"
    desk.server.fail(Fault(status=301, headers={"Location": path}), times=5)
    assert [part.status for part in desk.fetch()] == ["fetched"]
    assert len(desk.server.asked()) == 6
    desk.memory.clear()
    for file in desk.into.iterdir():
        file.unlink()
    desk.server.fail(Fault(status=301, headers={"Location": path}), times=6)
    assert "The service redirects more than 5 times. Ask the service" in desk.refused(SourceUnavailable)


# --- patience --------------------


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_service_in_trouble_is_asked_again(desk: Desk, status: int) -> None:
    desk.server.fail(Fault(status=status), times=2)
    assert [part.status for part in desk.fetch()] == ["fetched"]
    assert desk.pauses == [0.75, 1.5]


def test_a_service_that_stays_in_trouble_is_told_with_its_own_words(desk: Desk) -> None:
    desk.server.fail(Fault(status=500, body=error_message("500", "Out of memory")), times=3)
    assert (
        "The service answered with status 500 (error 500: “Out of memory”); it was tried "
        "3 times. Try again later; "
        "what was loaded before is untouched."
    ) in desk.refused(SourceUnavailable)
    assert len(desk.server.asked()) == 3


def test_pauses_grow_to_a_cap(desk: Desk) -> None:
    desk.policy = replace(desk.policy, attempts=6, backoff_cap_s=5)
    desk.server.fail(Fault(status=503), times=5)
    desk.fetch()
    assert desk.pauses == [0.75, 1.5, 3.0, 3.75, 3.75]


def test_retry_after_is_honoured(desk: Desk) -> None:
    desk.server.fail(
        Fault(status=429, headers={"Retry-After": "17"}), Fault(status=503, headers={"Retry-After": "0"})
    )
    desk.fetch()
    assert desk.pauses == [17, 1.5]


def test_retry_after_as_a_date_in_the_past_means_the_usual_pause(desk: Desk) -> None:
    desk.server.fail(Fault(status=429, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}))
    desk.fetch()
    assert desk.pauses == [0.75]


def test_a_service_that_wants_a_long_rest_is_left_alone(desk: Desk) -> None:
    desk.server.fail(Fault(status=429, headers={"Retry-After": "3600"}))
    assert (
        "The service answered with status 429 and asks to be left alone for 3600 s, "
        "longer than the 120 s that are "
        "waited. Try again after that time."
    ) in desk.refused(SourceUnavailable)
    assert desk.pauses == []


def test_no_pause_is_begun_that_the_deadline_forbids(desk: Desk) -> None:
    desk.policy = replace(desk.policy, deadline_s=10)
    desk.server.fail(Fault(status=503, headers={"Retry-After": "11"}))
    assert (
        "The service answered with status 503, and the 10 s allowed for it are used up. Try again later"
    ) in desk.refused(SourceUnavailable)


def test_requests_keep_their_distance(desk: Desk) -> None:
    desk.policy = replace(desk.policy, delay_s=5, clock=lambda: 100.0)
    desk.fetch()
    assert desk.pauses == [5.0]  # before the second request, the structure query


@pytest.mark.parametrize(
    "fault",
    [
        Fault(cut=0.5),
        Fault(cut=0.5, chunked=True),
        Fault(cut=0.5, unframed=True),
        Fault(cut=0.5, headers={"Content-Encoding": "identity"}),
        Fault(cut=0.5, unframed=True, headers={"Content-Encoding": "identity"}),
        Fault(headers={"Content-Encoding": "gzip"}),
    ],
    ids=["length", "chunks", "gzip", "plain-length", "plain-unframed", "not-gzip"],
)
def test_a_broken_transfer_is_tried_again_and_never_kept(desk: Desk, fault: Fault) -> None:
    desk.server.fail(fault)
    [part] = desk.fetch()
    assert part.data is not None
    assert part.data.read_bytes().rstrip().endswith(b"StructureSpecificData>")
    assert len(desk.server.asked()) == 2
    desk.memory.clear()
    part.data.unlink()
    desk.server.fail(fault, times=3)
    said = desk.refused(SourceUnavailable)
    assert "it was tried 3 times" in said
    assert "broke off" in said or "is not the gzip it is said to be" in said


def test_a_silent_service_is_not_waited_for_longer_than_allowed(desk: Desk) -> None:
    desk.policy = replace(desk.policy, read_timeout_s=0.2, attempts=2)
    desk.server.fail(Fault(silent_s=5), times=2)
    assert "The service did not answer within 0.2 s; it was tried 2 times." in desk.refused(SourceUnavailable)


def test_a_service_that_falls_silent_in_the_middle_is_tried_again(desk: Desk) -> None:
    desk.policy = replace(desk.policy, read_timeout_s=0.2, attempts=2)
    desk.server.fail(Fault(drip_s=5), times=2)
    assert "The service stopped sending in the middle of the answer; it was" in desk.refused(
        SourceUnavailable
    )


def test_a_trickle_meets_the_deadline(desk: Desk) -> None:
    desk.policy = replace(desk.policy, deadline_s=0.4)
    desk.server.fail(Fault(drip_s=0.05))
    assert "The service sends too slowly: the 0.4 s allowed are used up. Try again" in desk.refused(
        SourceUnavailable
    )


def test_a_service_that_is_down_is_told(desk: Desk) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        desk.channel = {"url": f"http://127.0.0.1:{unused.getsockname()[1]}/rest"}
        said = desk.refused(SourceUnavailable)
    assert (
        "The service could not be reached (Connection refused); it was tried 3 times. Try again later" in said
    )


def test_a_service_that_hangs_up_is_told(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as rude:

        def hang_up() -> None:
            for _ in range(3):
                connection, _address = rude.accept()
                connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        desk.channel = {"url": f"http://127.0.0.1:{rude.getsockname()[1]}/rest"}
        said = desk.refused(SourceUnavailable)
        thread.join()
    assert "The service could not be reached (" in said
    assert "0x" not in said


def test_https_at_a_plain_port_is_one_sentence(desk: Desk) -> None:
    desk.channel = {"url": desk.server.url.replace("http:", "https:")}
    assert "No secure connection to the service: " in desk.refused(SourceUnavailable)


# --- limits --------------------


@pytest.mark.parametrize(
    "fault",
    [
        Fault(headers={"Content-Encoding": "identity"}),
        Fault(chunked=True),
        Fault(headers={"Content-Encoding": "gzip"}, body=gzip.compress(b"<a>" + b" " * 5_000_000 + b"</a>")),
    ],
    ids=["announced", "chunked", "bomb"],
)
def test_a_body_above_the_cap_is_refused_whatever_was_announced(desk: Desk, fault: Fault) -> None:
    desk.policy = replace(desk.policy, max_bytes=1000)
    desk.server.fail(fault)
    assert (
        "The answer is larger than 1,000 bytes, the cap for this provider; it was thrown "
        "away. Ask for less (fewer "
        "series, or a later start), or raise `max_bytes` of the provider's channel."
    ) in desk.refused(ConfigurationError)


def test_what_a_killed_fetch_left_is_removed_by_the_next(desk: Desk) -> None:
    desk.into.mkdir()
    (desk.into / "UNSD-abcdefgh.part").write_bytes(b"<half")
    [part] = desk.fetch()
    assert list(desk.into.iterdir()) == [part.data]


def test_an_interrupted_fetch_leaves_nothing(desk: Desk) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.fetch(progress=stop)
    assert list(desk.into.iterdir()) == []


def test_a_provider_without_a_service_is_refused(tmp_path: Path) -> None:
    office = Provider.model_validate(
        {
            "id": "KGZ",
            "name": "Test",
            "kind": "office",
            "areas": ["417"],
            "language": "en",
            "channel": {"type": "folder"},
        }
    )
    with pytest.raises(
        ConfigurationError, match=r"KGZ has no SDMX service: its channel is “folder”. Put its files"
    ):
        fetch(office, state=lambda _: None, into=tmp_path)


def test_a_length_above_the_cap_is_refused_before_the_body(desk: Desk) -> None:
    desk.policy = replace(desk.policy, max_bytes=10)
    desk.server.fail(Fault(body=b"<a>" + b" " * 100 + b"</a>", plain=True))
    assert "The answer is larger than 10 bytes" in desk.refused(ConfigurationError)


def test_a_structure_message_that_sdmx1_cannot_read_is_told(desk: Desk) -> None:
    namespace = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
    body = f'<m:Structure xmlns:m="{namespace}"><m:Header><m:Prepared>never</m:Prepared></m:Header></m:Structure>'
    desk.server.fail(Fault(status=200, body=body.encode(), path="dataflow/"))
    with pytest.raises(SourceUnavailable, match="answer to a structure query cannot be read as SDMX"):
        probe(desk.provider(), policy=desk.policy)


def test_any_other_failure_of_the_library_is_a_failure_of_the_service(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(*_: object, **__: object) -> None:
        raise requests.exceptions.ContentDecodingError("odd")

    monkeypatch.setattr(requests.Session, "send", odd)
    assert "The service could not be asked (odd); it was tried 3 times" in desk.refused(SourceUnavailable)


STRUCTURE = (
    '<m:Structure xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"><m:Header><m:ID>S</m:ID>'
    "<m:Test>false</m:Test><m:Prepared>2026-11-05T10:00:00Z</m:Prepared></m:Header></m:Structure>"
)


def test_a_structure_is_fetched_from_a_registry_as_it_was_sent(desk: Desk) -> None:
    desk.server.fail(Fault(status=200, body=STRUCTURE.encode(), path="datastructure/"))
    file = fetch_structure(desk.server.url, into=desk.into, policy=desk.policy)
    assert file.read_text() == STRUCTURE
    (asked,) = desk.server.asked("datastructure/")
    assert asked.path.endswith("/datastructure/IAEG-SDGs/SDG/latest")
    assert asked.query == {"references": "children"}


def test_a_registry_that_does_not_hold_the_structure_says_so(desk: Desk) -> None:
    desk.server.fail(Fault(status=404, body=b"<html>nothing</html>", path="datastructure/"))
    sentence = r"The registry does not hold the data structure IAEG-SDGs:SDG\(9.9\)\. Ask for the latest version"
    with pytest.raises(ConfigurationError, match=sentence):
        fetch_structure(desk.server.url, into=desk.into, version="9.9", policy=desk.policy)


@pytest.mark.real
def test_the_command_updates_from_a_registry(
    desk: Desk, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from click.testing import CliRunner

    from metadata import sdmx_files
    from pipelines.cli import main

    copy = tmp_path / "sdmx"
    shutil.copytree(sdmx_files.EMBEDDED, copy)
    monkeypatch.setattr(sdmx_files, "EMBEDDED", copy)
    official = (shared_data / "structures" / "IAEG-SDGs_SDG_1.14.dsd.xml").read_bytes()
    desk.server.fail(Fault(status=200, body=official, path="datastructure/"))
    before = {path.name: path.read_bytes() for path in (copy / "codelists").iterdir()}
    result = CliRunner().invoke(main, ["structure", "update", "--registry", desk.server.url, "--yes"])
    assert result.exit_code == 0, result.output
    assert "says the same as the embedded" in result.output
    assert {path.name: path.read_bytes() for path in (copy / "codelists").iterdir()} == before
