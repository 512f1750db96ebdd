"""What is held of the series of a delivery, as the history rules read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from tests.unit.warehouse.frames import SERIES, START, STRUCTURE, give, request, row, staged
from warehouse.connect import Warehouse
from warehouse.held import ATTRIBUTES, held_values
from warehouse.observations import withdraw


def held(warehouse: Warehouse, rows: list[dict[str, Any]], number: int = 9, **other: Any) -> pl.DataFrame:
    """Return what is held for delivery `KGZ-<number>` with these rows, received on day `number`."""
    values = {"delivery_id": f"KGZ-{number}", "received_at": START + timedelta(days=number), **other}
    return held_values(warehouse.connection, STRUCTURE, "KGZ", staged(rows), **values)


def by_period(frame: pl.DataFrame) -> dict[str, float | None]:
    return dict(frame.select("time_period", "obs_value").sort("time_period").iter_rows()) if frame.height else {}


def test_current_values_of_the_series_sent_and_no_others(warehouse: Warehouse) -> None:
    other = row("2020", 5.0, series="VC_DSR_MTMP")
    give(warehouse, request(1, [row("2019", 1.0, unit_mult=3), row("2020", 2.0), other]))
    found = held(warehouse, [row("2021", 3.0)])
    assert found.columns == [
        "series", "ref_area", "time_period", "obs_value", "obs_value_text", *ATTRIBUTES, "former_value",
    ]  # fmt: skip
    assert by_period(found) == {"2019": 1.0, "2020": 2.0}
    assert found.sort("time_period")["unit_mult"].to_list() == [3, 0]
    assert set(found["series"]) == {SERIES}


def test_dimensions_that_tell_rows_apart_are_kept(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0), row("2019", 2.0, product="MF1")]))
    assert "product" in held(warehouse, [row("2019", 1.0)]).columns
    give(warehouse, request(2, [row("2019", 1.0, series="VC_DSR_MTMP")]))
    assert "sex" in held(warehouse, [row("2019", 1.0, series="VC_DSR_MTMP", sex="M")]).columns


def test_nothing_is_held_of_another_provider_or_series(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0)], provider="RWA"))
    assert held(warehouse, [row("2019", 1.0)]).is_empty()
    assert held(warehouse, []).is_empty()


def test_the_value_before_the_held_one(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0), row("2020", 7.0)]))
    give(warehouse, request(2, [row("2019", 1000.0)]))
    give(warehouse, request(3, [row("2019", 1500.0)]))
    found = held(warehouse, [row("2019", 1.0)]).sort("time_period")
    assert found.select("obs_value", "former_value").rows() == [(1500.0, 1000.0), (7.0, None)]


def test_for_a_check_what_is_current(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0)]))
    found = held_values(warehouse.connection, STRUCTURE, "KGZ", staged([row("2019", 2.0)]))
    assert by_period(found) == {"2019": 1.0}


def test_judged_anew_a_delivery_meets_what_came_before_it(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0), row("2020", 2.0)]))
    give(warehouse, request(2, [row("2019", 1.5), row("2020", 2.0)]))
    give(warehouse, request(3, [row("2019", 9.0), row("2020", 9.0)]))
    assert by_period(held(warehouse, [row("2019", 1.0)], number=1)) == {}
    assert by_period(held(warehouse, [row("2019", 1.0)], number=2)) == {"2019": 1.0, "2020": 2.0}
    assert by_period(held(warehouse, [row("2019", 1.0)], number=3)) == {"2019": 1.5, "2020": 2.0}


def test_what_was_withdrawn_is_not_held(warehouse: Warehouse) -> None:
    give(warehouse, request(1, [row("2019", 1.0)]))
    give(warehouse, request(2, [row("2019", 5.0)]))
    give(warehouse, request(3, [row("2019", 6.0)]))
    withdraw(warehouse, "KGZ-2", "wrong", START + timedelta(days=4))
    assert by_period(held(warehouse, [row("2019", 1.0)], number=3)) == {"2019": 1.0}
    withdraw(warehouse, "KGZ-3", "wrong", START + timedelta(days=5))
    assert by_period(held(warehouse, [row("2019", 1.0)])) == {"2019": 1.0}
