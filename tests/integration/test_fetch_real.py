"""Fetching real published messages from our own server: the bytes arrive as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from pipelines.fetch import fetch
from pipelines.http import Policy
from pipelines.provider import Provider
from tests.servers.fault_server import CSV, XML, FaultServer, Flow

pytestmark = pytest.mark.real

FILES = [
    ("KG_12.4.2_2025-07-23.xml", "KG_NSC", "EN_HAZ_PCAP"),
    ("RWA-SDG_Data_2026-02-04.xml", "NISR-SDGs", "VC_DSR_MTMP"),
]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is asked directly, whatever the environment says."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def provider(url: str, agency: str, form: str = XML) -> Provider:
    return Provider.model_validate(
        {
            "id": "TEST",
            "name": "Test",
            "kind": "office",
            "areas": "all",
            "language": "en",
            "channel": {
                "type": "sdmx-rest",
                "url": url,
                "agency": agency,
                "dataflows": ["DF_SDG"],
                "formats": [form],
            },
        }
    )


def observations(document: bytes, series: str) -> int:
    return len(etree.fromstring(document).findall(f".//{{*}}Series[@SERIES='{series}']/{{*}}Obs"))


@pytest.mark.parametrize(("name", "agency", "series"), FILES)
def test_a_real_message_arrives_whole_and_filtered(
    shared_data: Path, tmp_path: Path, name: str, agency: str, series: str
) -> None:
    original = (shared_data / "sdmx" / name).read_bytes()
    policy = Policy(delay_s=0, attempts=1)
    with FaultServer(Flow(agency, "DF_SDG", "1.0", (agency, "SDG", "1.8"), original)) as server:

        def get(form: str = XML, wanted: list[str] | None = None) -> bytes:
            [part] = fetch(
                provider(server.url, agency, form),
                state=lambda _: None,
                into=tmp_path,
                policy=policy,
                series=wanted,
            )
            assert part.data is not None
            assert part.resolved_version == "1.0"
            return part.data.read_bytes()

        assert get() == original
        filtered = get(wanted=[series])
        assert observations(filtered, series) == observations(original, series) > 0
        assert len(filtered) < len(original) or series == "EN_HAZ_PCAP"
        lines = get(form=CSV, wanted=[series]).splitlines()
        assert len(lines) == 1 + observations(original, series)
