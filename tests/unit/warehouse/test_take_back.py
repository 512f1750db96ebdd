"""Withdrawing a delivery and judging one anew: core must hold what it would hold had it always been so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.errors import SdgError
from metadata.findings import Counts
from tests.unit.warehouse.frames import SERIES, START, current, declare_series, give, request, row
from warehouse.connect import Warehouse, writer
from warehouse.observations import loads, withdraw
from warehouse.settings import Settings

LATER = START + timedelta(days=50)


def test_withdraw_restores_what_stood_before_with_its_own_delivery(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0), row("2020", 2.0)]))
    give(warehouse, request(2, [row("2019", 1.5), row("2021", 3.0)], replaces="provider"))
    result = withdraw(warehouse, "KGZ-2", "sent by mistake", LATER)
    assert (result.closed, result.restored, result.load_id) == (2, 2, 3)
    assert result.touched_series == {SERIES}
    found = warehouse.connection.execute(
        "select time_period, obs_value, delivery_id, load_id, opened_reason, recorded_at, source_line "
        "from core.observation order by 1"
    ).fetchall()
    why = "restored: delivery KGZ-2 was withdrawn: sent by mistake"
    assert found == [("2019", 1.0, "KGZ-1", 1, why, LATER, 2), ("2020", 2.0, "KGZ-1", 1, why, LATER, 3)]
    closed = warehouse.connection.execute(
        "select time_period, superseded_reason, superseded_by from core.observation_history "
        "where superseded_at = ? order by 1", [LATER],
    ).fetchall()  # fmt: skip
    gone = "withdrawn: delivery KGZ-2 was withdrawn: sent by mistake"
    assert closed == [("2019", gone, 3), ("2021", gone, 3)]
    marked = [(r.load_id, r.action, r.withdrawn_reason, r.counts.withdrawn, r.restored) for r in loads(warehouse)]
    assert marked == [
        (1, "load", None, 0, 0), (2, "load", "sent by mistake", 1, 0), (3, "withdraw", "sent by mistake", 1, 2)
    ]  # fmt: skip


def test_withdraw_leaves_what_another_delivery_sent_too(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0), row("2020", 2.0)]))
    give(warehouse, request(2, [row("1990", 0.0), row("2019", 1.0)]))
    withdraw(warehouse, "KGZ-1", "wrong year", LATER)
    found = warehouse.connection.execute(
        "select time_period, obs_value, delivery_id, load_id, source_line from core.observation order by 1"
    ).fetchall()
    assert found == [("1990", 0.0, "KGZ-2", 2, 2), ("2019", 1.0, "KGZ-2", 2, 3)]


def test_withdraw_skips_versions_of_deliveries_that_were_withdrawn(warehouse: Warehouse) -> None:
    for number in (1, 2, 3):
        give(warehouse, request(number, [row("2019", float(number))]))
    withdraw(warehouse, "KGZ-2", "first", LATER)
    assert current(warehouse) == {"2019": 3.0}
    withdraw(warehouse, "KGZ-3", "second", LATER + timedelta(days=1))
    assert current(warehouse) == {"2019": 1.0}
    withdraw(warehouse, "KGZ-1", "third", LATER + timedelta(days=2))
    assert current(warehouse) == {}


def test_withdraw_clears_marks_and_resolves_quarantine(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0)]))
    give(warehouse, request(2, kept=[row("2019", 9.0)]))
    withdraw(warehouse, "KGZ-2", "sent by mistake", LATER)
    assert warehouse.connection.execute("select held_by_delivery from core.observation").fetchall() == [(None,)]
    assert warehouse.connection.execute("select resolution, resolved_by_load from core.quarantine").fetchall() == [
        ("withdrawn", 3)
    ]


def test_withdraw_of_what_core_does_not_hold_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(SdgError, match=r"Core holds nothing of a delivery KGZ-1\. See: sdg status"):
        withdraw(warehouse, "KGZ-1", "x", LATER)
    give(warehouse, request(1, [row("2019", 1.0)]))
    withdraw(warehouse, "KGZ-1", "sent by mistake", LATER)
    with pytest.raises(SdgError, match=r"Delivery KGZ-1 was withdrawn on 2026-02-20: sent by mistake\."):
        withdraw(warehouse, "KGZ-1", "again", LATER)


def test_judging_anew_takes_the_place_of_the_first_judgement(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0), row("2020", 2.0)]))
    give(warehouse, request(2, [row("2020", 5.0), row("2021", 6.0), row("2022", 7.0)], kept=[row("2018", 8.0)]))
    anew = request(2, [row("2018", 8.0), row("2021", 6.0), row("2022", 7.5)], kept=[row("2023", 9.0)], rejudged=True)
    result = give(warehouse, anew, hours=99)
    assert result.counts == Counts(received=4, new=1, value_revised=1, unchanged=1, quarantined=1)
    assert result.restored == 1
    assert current(warehouse) == {"2018": 8.0, "2019": 1.0, "2020": 2.0, "2021": 6.0, "2022": 7.5}
    kept = warehouse.connection.execute(
        "select time_period, load_id, resolution from core.quarantine order by load_id"
    ).fetchall()
    assert kept == [("2018", 2, "judged anew"), ("2023", 3, None)]
    assert [(r.load_id, r.action) for r in loads(warehouse, "KGZ-2")] == [(2, "load"), (3, "rejudge")]


def test_judging_anew_withdraws_what_is_accepted_no_longer_and_holds_when_that_is_much(
    warehouse: Warehouse,
) -> None:
    rows = [row(str(2000 + i), 1.0) for i in range(10)]
    give(warehouse, request(1, rows))
    few = request(1, rows[:9], kept=rows[9:], rejudged=True)
    result = give(warehouse, few, hours=2)
    assert result.counts == Counts(received=10, unchanged=9, quarantined=1, withdrawn=1)
    assert len(current(warehouse)) == 9
    many = request(1, rows[:3], kept=rows[3:], rejudged=True)
    assert give(warehouse, many, hours=3).held
    assert len(current(warehouse)) == 9
    assert not give(warehouse, many, hours=4, confirm=True).held
    assert sorted(current(warehouse)) == ["2000", "2001", "2002"]


def test_judging_anew_leaves_what_later_deliveries_brought_or_sent_again(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0), row("2020", 2.0), row("2021", 3.0)]))
    give(warehouse, request(2, [row("2019", 1.0), row("2020", 4.0)]))
    anew = request(1, [row("2019", 10.0), row("2020", 20.0), row("2021", 30.0)], rejudged=True)
    result = give(warehouse, anew, hours=99)
    assert result.counts == Counts(received=3, value_revised=1, unchanged=2)
    assert result.left_to_later == 2
    assert current(warehouse) == {"2019": 1.0, "2020": 4.0, "2021": 30.0}
    withdraw(warehouse, "KGZ-2", "x", LATER)
    assert current(warehouse) == {"2019": 10.0, "2020": 20.0, "2021": 30.0}


def test_judging_anew_does_not_delete_what_a_later_delivery_sent_too(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0)]))
    give(warehouse, request(2, [row("2019", 1.0)]))
    result = give(warehouse, request(1, deleted=[row("2019")], replaces="delete", rejudged=True), hours=99)
    assert result.restored == 1
    assert warehouse.connection.execute("select delivery_id from core.observation").fetchall() == [("KGZ-2",)]


def test_a_rejected_delivery_judged_anew_is_loaded_for_the_first_time(warehouse: Warehouse) -> None:
    give(warehouse, request(2, [row("2019", 2.0)]))
    result = give(warehouse, request(1, [row("2019", 1.0), row("2018", 1.0)], rejudged=True), hours=99)
    assert result.counts == Counts(received=2, new=1, unchanged=1)
    assert [r.action for r in loads(warehouse, "KGZ-1")] == ["rejudge"]


KEYS = [(series, period) for series in (SERIES, "VC_DSR_MTMP") for period in ("2019", "2020", "2021")]


@dataclass
class Delivery:
    """A delivery in the model: what it says, and when it speaks."""

    number: int
    received: int
    rows: dict[tuple[str, str], float] = field(default_factory=dict)
    kept: frozenset[tuple[str, str]] = frozenset()
    deleted: frozenset[tuple[str, str]] = frozenset()
    replaces: str = "nothing"
    series: frozenset[str] | None = None

    def speak(self, state: dict[tuple[str, str], float]) -> None:
        for key in list(state):
            covered = self.replaces != "nothing" and (self.series is None or key[0] in self.series)
            if key not in self.rows and ((covered and key not in self.kept) or key in self.deleted):
                del state[key]
        state.update(self.rows)


KEY_SETS = st.frozensets(st.sampled_from(KEYS), max_size=3)
CONTENT = st.tuples(
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from([1.0, 2.0, 3.0]), max_size=5),
    KEY_SETS,
    KEY_SETS,
    st.sampled_from([("nothing", None), ("provider", None), ("indicator", SERIES)]),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["load", "load", "load", "rejudge", "withdraw"]), st.integers(0, 30), CONTENT),
    min_size=2,
    max_size=9,
)


def filled(base: Delivery, content: tuple) -> Delivery:
    rows, kept, deleted, (replaces, series) = content
    apart = kept - rows.keys()
    return replace(
        base, rows=rows, kept=apart, deleted=deleted - rows.keys() - apart, replaces=replaces,
        series=frozenset([series]) if series else None,
    )  # fmt: skip


def apply(warehouse: Warehouse, delivery: Delivery, step: int, *, rejudged: bool) -> None:
    result = give(
        warehouse,
        request(
            delivery.number,
            [row(period, value, series=series) for (series, period), value in delivery.rows.items()],
            kept=[row(period, 0.5, series=series) for series, period in delivery.kept],
            deleted=[row(period, series=series) for series, period in delivery.deleted],
            received=delivery.received,
            replaces=delivery.replaces,
            scope_series=delivery.series,
            rejudged=rejudged,
        ),
        confirm=True,
        hours=1000 + step,
    )
    assert result.counts.balanced()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """One warehouse for all examples, emptied before each."""
    with writer(Settings.load(tmp_path_factory.mktemp("model")), "a test") as warehouse:
        declare_series(warehouse)
        yield warehouse


@pytest.mark.no_cover
@given(steps=STEPS)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_core_always_holds_what_replaying_the_standing_deliveries_gives(shelf: Warehouse, steps: list[tuple]) -> None:
    """A second implementation: replay, in the order of receipt, all deliveries that stand, as judged last."""
    for table in ("observation_history", "confirmation", "deletion", "quarantine", "load"):
        shelf.connection.execute(f"delete from core.{table}")
    standing: dict[int, Delivery] = {}
    for step, (action, choice, content) in enumerate(steps):
        chosen = sorted(standing)[choice % len(standing)] if standing else None
        if action == "load" or chosen is None:
            # Received times differ, and the choice decides who speaks first.
            delivery = filled(Delivery(step + 1, received=choice * 10 + step), content)
            standing[delivery.number] = delivery
            apply(shelf, delivery, step, rejudged=False)
        elif action == "rejudge":
            standing[chosen] = filled(standing[chosen], content)
            apply(shelf, standing[chosen], step, rejudged=True)
        else:
            del standing[chosen]
            withdraw(shelf, f"KGZ-{chosen}", "model", START + timedelta(hours=24 * 400 + step))
        expected: dict[tuple[str, str], float] = {}
        for delivery in sorted(standing.values(), key=lambda one: (one.received, one.number)):
            delivery.speak(expected)
        found = shelf.connection.execute("select series, time_period, obs_value from core.observation").fetchall()
        assert len(found) == len({one[:2] for one in found})
        assert {(series, period): value for series, period, value in found} == expected
