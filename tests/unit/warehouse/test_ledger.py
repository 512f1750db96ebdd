"""The ledger: deliveries, findings, what is known of sources, and its agreement with core."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from metadata.errors import SdgError, WarehouseError
from metadata.findings import Counts, Example, FileReport, Finding
from metadata.rules import finding
from metadata.words import Text
from tests.unit.warehouse.frames import START, give, request, row
from warehouse.connect import Warehouse
from warehouse.ledger import DeliveryRow, FetchState, Ledger
from warehouse.observations import LoadRow, loads, withdraw
from warehouse.settings import Settings

SHA = "ab" * 32


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    with Ledger.open(settings) as opened:
        yield opened


def land(ledger: Ledger, sha256: str = SHA, provider: str = "KGZ", *, again: bool = False) -> DeliveryRow:
    return ledger.land(provider, sha256, "inbox/a.xml", 12, "inbox", START, again=again)


def report(*findings: Finding, **counts: int) -> FileReport:
    made = FileReport("a.xml", "table-csv", SHA, "KGZ", counts=Counts(**counts))
    made.add(findings)
    return made


def test_landed_bytes_get_a_row(ledger: Ledger) -> None:
    found = land(ledger)
    assert (found.id, found.provider, found.sha256, found.path) == (
        "KGZ-abababababab",
        "KGZ",
        SHA,
        "inbox/a.xml",
    )
    assert (found.size, found.channel, found.received_at, found.state) == (12, "inbox", START, "received")
    assert (found.format, found.decision, found.message, found.counts) == (None, None, None, None)
    assert ledger.deliveries() == [found] == ledger.deliveries("KGZ") == ledger.find("KGZ", SHA)
    assert ledger.deliveries("RWA") == [] == ledger.find("RWA", SHA)


def test_the_same_bytes_are_the_same_delivery_unless_sent_again_on_purpose(ledger: Ledger) -> None:
    first = land(ledger)
    ledger.record(first.id, "loaded", report(received=1, new=1))
    assert land(ledger).id == first.id
    second = land(ledger, again=True)
    assert second.id == "KGZ-abababababab-2"
    assert land(ledger, again=True).id == second.id, "an unfinished one is resumed"
    ledger.record(second.id, "rejected", report(received=1, rejected=1))
    assert land(ledger, again=True).id == "KGZ-abababababab-3"
    assert land(ledger).id == "KGZ-abababababab-3"
    assert [one.id[-2:] for one in ledger.find("KGZ", SHA)] == ["ab", "-2", "-3"]
    assert land(ledger, provider="RWA").id == "RWA-abababababab"


def test_other_bytes_of_the_same_prefix_are_another_delivery(ledger: Ledger) -> None:
    first, second = land(ledger), land(ledger, SHA[:12] + "0" * 52)
    assert (first.id, second.id) == ("KGZ-abababababab", "KGZ-abababababab-2")
    assert (land(ledger).id, land(ledger, second.sha256).id) == (first.id, second.id)


def test_what_was_found_is_kept_and_replaced_by_the_next_judgement(ledger: Ledger) -> None:
    one = land(ledger)
    example = Example(sheet="Data", row=17, column="SEX", value="Männer", expected="M, F or _T")
    error = Finding("CODE-UNKNOWN", "error", 4, '"Männer" is not a code.', "Use M.", (example,))
    info = Finding("SCOPE-OTHER-GOAL", "info", 2, "Goal 6.", "Nothing to do.")
    ledger.record(one.id, "judged", report(info, error, received=6, quarantined=4, out_of_scope=2))
    assert ledger.findings(one.id) == [error, info]
    found = ledger.delivery(one.id)
    assert (found.state, found.format, found.decision) == ("judged", "table-csv", "load")
    assert found.counts == Counts(received=6, quarantined=4, out_of_scope=2)
    ledger.record(one.id, "withdrawn", None, message="sent by mistake")
    assert ledger.findings(one.id) == [error, info]
    assert ledger.delivery(one.id).message == "sent by mistake"
    ledger.record(one.id, "loaded", report(info, received=2, out_of_scope=2))
    assert ledger.findings(one.id) == [info]


def test_an_unknown_delivery_and_an_unknown_state_are_told(ledger: Ledger) -> None:
    land(ledger)
    with pytest.raises(SdgError) as told:
        ledger.delivery("KGZ-abababababac")
    assert str(told.value) == "There is no delivery KGZ-abababababac. Do you mean KGZ-abababababab?"
    with pytest.raises(SdgError, match=r"There is no delivery XYZ-1\. See: sdg status"):
        ledger.record("XYZ-1", "loaded", report())
    with pytest.raises(SdgError, match=r"lost is not a state of a delivery\. Use received, judged"):
        ledger.record("KGZ-abababababab", "lost", None)  # type: ignore[arg-type]


def test_the_state_of_a_source_is_kept_by_provider_and_key(ledger: Ledger) -> None:
    assert ledger.fetch_state("UNSD", "DF_SDG_GLH") is None
    state = FetchState("http://x/data", '"e1"', "Mon, 01 Jan 2026 00:00:00 GMT", SHA, START)
    ledger.set_fetch_state("UNSD", "DF_SDG_GLH", state)
    ledger.set_fetch_state("UNSD", "DF_SDG_GLC", FetchState(etag='"e0"', fetched_at=START))
    assert ledger.fetch_state("UNSD", "DF_SDG_GLH") == state
    newer = FetchState(url="http://x/data", etag='"e2"', fetched_at=START + timedelta(days=1))
    ledger.set_fetch_state("UNSD", "DF_SDG_GLH", newer)
    assert ledger.fetch_state("UNSD", "DF_SDG_GLH") == newer


def test_the_ledger_is_kept_in_its_file(settings: Settings) -> None:
    with Ledger.open(settings) as ledger:
        land(ledger)
    with Ledger.open(settings) as ledger:
        assert [one.id for one in ledger.deliveries()] == ["KGZ-abababababab"]
    connection = sqlite3.connect(settings.ledger)
    assert connection.execute("pragma journal_mode").fetchall() == [("wal",)]
    connection.close()


def test_a_newer_ledger_is_refused(settings: Settings) -> None:
    Ledger.open(settings).close()
    connection = sqlite3.connect(settings.ledger)
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(
        WarehouseError, match=r"The ledger has layout 99; this program knows layouts up to 4\. Use the newer"
    ):
        Ledger.open(settings)


def test_a_damaged_ledger_is_told(settings: Settings) -> None:
    settings.ledger.write_bytes(b"no database at all " * 100)
    with pytest.raises(WarehouseError, match=r"ledger\.sqlite: The file is damaged, or is not a database"):
        Ledger.open(settings)


WRITE_MANY = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse.ledger import Ledger
from warehouse.settings import Settings
with Ledger.open(Settings.load(Path(sys.argv[1]))) as ledger:
    for number in range(15):
        ledger.land(sys.argv[2], f"{number:064x}", "x", 1, "submit", datetime.now(UTC))
"""


def test_many_small_writers_lose_nothing(settings: Settings, project_root: Path) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITE_MANY, str(settings.home), provider], cwd=project_root)
        for provider in ("KGZ", "RWA", "KEN")
    ]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    with Ledger.open(settings) as ledger:
        assert [len(ledger.deliveries(provider)) for provider in ("KGZ", "RWA", "KEN")] == [15, 15, 15]


def core_row(delivery_id: str, **other: object) -> LoadRow:
    values: dict = {
        "load_id": 1, "action": "load", "delivery_id": delivery_id, "provider": "KGZ", "sha256": SHA,
        "received_at": START, "loaded_at": datetime.now(UTC), "decision": "load", "counts": Counts(received=3, new=3),
        "left_to_later": 0, "kept_by_quarantine": 0, "restored": 0, "replaces": "nothing", "scope_series": None,
        "touched_series": frozenset(), "metadata_versions": {}, "structure_version": "s", "map_version": None,
        "withdrawn_at": None, "withdrawn_reason": None,
    }  # fmt: skip
    return LoadRow(**{**values, **other})


def test_a_load_that_the_ledger_missed_is_known_after_reconciling(ledger: Ledger) -> None:
    one = land(ledger)
    ledger.record(one.id, "judged", report(received=3))
    assert ledger.reconcile([core_row(one.id)]) == [one.id]
    assert ledger.delivery(one.id).state == "loaded"
    assert ledger.delivery(one.id).counts == Counts(received=3, new=3)
    assert ledger.reconcile([core_row(one.id)]) == []


def test_a_lost_ledger_is_made_again_from_core(ledger: Ledger, warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0)]))
    give(warehouse, request(2, [row("2019", 2.0)]))
    withdraw(warehouse, "KGZ-2", "sent by mistake", START + timedelta(days=9))
    assert ledger.reconcile(loads(warehouse)) == ["KGZ-1", "KGZ-2"]
    found = [(one.id, one.state, one.received_at, one.message, one.sha256) for one in ledger.deliveries()]
    assert found == [
        ("KGZ-1", "loaded", START + timedelta(days=1), None, f"{1:064x}"),
        ("KGZ-2", "withdrawn", START + timedelta(days=2), "sent by mistake", f"{2:064x}"),
    ]
    assert ledger.reconcile(loads(warehouse)) == []


def test_what_core_lost_is_received_again_and_what_it_never_had_stays(ledger: Ledger) -> None:
    states = {}
    for number, state in enumerate(("loaded", "withdrawn", "rejected", "held", "judged")):
        one = land(ledger, f"{number:02d}" * 32)
        ledger.record(one.id, state, report(received=1))
        states[one.id] = state
    lost = [name for name, state in states.items() if state in ("loaded", "withdrawn")]
    assert ledger.reconcile([]) == lost
    found = {one.id: one.state for one in ledger.deliveries()}
    assert found == {name: "received" if name in lost else state for name, state in states.items()}


def test_a_rejection_by_a_later_judgement_stays_and_an_earlier_one_does_not(ledger: Ledger) -> None:
    one = land(ledger)
    ledger.record(one.id, "rejected", report(received=3, rejected=3))
    long_ago = core_row(one.id, loaded_at=datetime.now(UTC) - timedelta(hours=1))
    assert ledger.reconcile([long_ago]) == []
    after = core_row(one.id, loaded_at=datetime.now(UTC) + timedelta(seconds=1))
    assert ledger.reconcile([after]) == [one.id]
    assert ledger.delivery(one.id).state == "loaded"


def test_a_ledger_of_layout_1_is_brought_up_to_date(settings: Settings) -> None:
    with Ledger.open(settings) as ledger:
        row = land(ledger)
        ledger.record(row.id, "rejected", report(finding("MESSAGE-EMPTY", places=1)))
    connection = sqlite3.connect(settings.ledger)
    for column in ("words", "id", "because_of"):
        connection.execute(f"alter table finding drop column {column}")
    for table in ("answer", "verdict"):
        connection.execute(f"drop table {table}")
    connection.execute("pragma user_version = 1")
    connection.commit()
    connection.close()
    with Ledger.open(settings) as ledger:
        [found] = ledger.findings(row.id)
        assert found == replace(finding("MESSAGE-EMPTY", places=1), id="MESSAGE-EMPTY-1")
        assert not isinstance(found.message, Text), "only English was kept"
        ledger.record(row.id, "rejected", report(finding("ACTION-UNKNOWN", places=1, action="Swap")))
        [found] = ledger.findings(row.id)
    assert isinstance(found.message, Text)
    assert found.message.values["action"] == "Swap"
