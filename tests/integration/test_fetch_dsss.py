"""Fetching from an SDMX server that we did not write (dsss), with the faults it has."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from metadata.errors import ConfigurationError
from pipelines.answer import recognise
from pipelines.fetch import Fetched, fetch, probe
from pipelines.http import Policy
from pipelines.provider import Provider
from tests.servers.dsss_server import dsss_server, small_structure, store_with

ROWS = [
    ("EN_MAT_DOMCMPT", "417", "2015", "12.5"),
    ("EN_MAT_DOMCMPT", "417", "2016", "13"),
    ("EN_HAZ_PCAP", "646", "2016", "7.25"),
]
POLICY = Policy(delay_s=0, attempts=1)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is asked directly, whatever the environment says."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with dsss_server(store_with(ROWS)) as url:
        yield url


def provider(url: str, dataflow: str = "DF_SDG_GLH") -> Provider:
    return Provider.model_validate(
        {
            "id": "UNSD",
            "name": "Test",
            "kind": "agency",
            "areas": "all",
            "language": "en",
            "channel": {"type": "sdmx-rest", "url": url, "dataflows": [dataflow]},
        }
    )


def get(url: str, into: Path, **arguments: Any) -> list[Fetched]:
    return fetch(
        provider(url, arguments.pop("dataflow", "DF_SDG_GLH")),
        state=lambda _: None,
        into=into,
        policy=POLICY,
        **arguments,
    )


def test_data_come_through_though_the_content_type_is_wrong(address: str, tmp_path: Path) -> None:
    import requests
    import sdmx

    [part] = get(address, tmp_path, series=["EN_MAT_DOMCMPT"], dimensions=("FREQ", "SERIES", "REF_AREA"))
    assert part.data is not None
    received = part.data.read_bytes()
    labelled = requests.get(part.url, timeout=10).headers["Content-Type"]
    assert "genericdata" in labelled
    assert b"StructureSpecificData" in received[:200]
    assert recognise(received).kind == "data"
    message: Any = sdmx.read_sdmx(io.BytesIO(received), structure=small_structure())
    # The key is ignored by this server, so all three observations are there.
    read = {
        (
            str(o.key["SERIES"].value),
            str(o.key["REF_AREA"].value),
            str(o.key["TIME_PERIOD"].value),
            str(o.value),
        )
        for o in message.data[0].obs
    }
    assert read == set(ROWS)
    assert (part.resolved_version, part.resolved_structure) == ("1.24", "IAEG-SDGs:SDG(1.14)")


def test_the_structures_are_read_through_sdmx1(address: str) -> None:
    [held] = probe(provider(address), policy=POLICY)
    assert (held.version, held.structure, held.name) == ("1.24", "IAEG-SDGs:SDG(1.14)", "Test flow")


def test_an_unknown_dataflow_answered_with_status_200_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"The service does not hold the dataflow IAEG-SDGs:NOPE .error 404: “Not found: 0 "
        r"matches for flow_id=NOPE",
    ):
        get(address, tmp_path, dataflow="NOPE")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(
        ConfigurationError, match=r"The service does not hold the dataflow IAEG-SDGs:NOPE. Correct"
    ):
        probe(provider(address, "NOPE"), policy=POLICY)


@pytest.mark.real
@pytest.mark.slow
def test_the_official_structure_is_served_and_asked_for(shared_data: Path, tmp_path: Path) -> None:
    import sdmx

    official: Any = sdmx.read_sdmx(shared_data / "structures" / "IAEG-SDGs_SDG_1.14.dsd.xml")
    dsd = official.structure["SDG"]
    with dsss_server(store_with(ROWS, dsd)) as url:
        [part] = get(url, tmp_path, series=["EN_MAT_DOMCMPT"])
    assert part.data is not None
    message: Any = sdmx.read_sdmx(part.data, format="XML", structure=dsd)
    assert [(str(o.key["PRODUCT"].value), str(o.value)) for o in message.data[0].obs] == [
        ("_T", value) for *_, value in ROWS
    ]
    assert part.resolved_structure == "IAEG-SDGs:SDG(1.14)"
