"""The hashes as documented, computed a second time in Python."""

from __future__ import annotations

import hashlib

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.warehouse.frames import ATTRIBUTES, DIMENSIONS, row, staged
from warehouse.hashes import key_hash, same_attributes, same_value, value_hash

CONNECTION = duckdb.connect()
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\x1e\x1f"), min_size=1, max_size=12)
NUMBER = st.floats(allow_nan=False, allow_infinity=False) | st.none() | st.integers(-5, 5).map(float)


def lower_half(text: str) -> int:
    return int.from_bytes(hashlib.md5(text.encode()).digest()[8:], "little")


def computed(one: dict, provider: str = "KGZ") -> tuple[int, int]:
    CONNECTION.register("staged", staged([one]).to_arrow())
    query = f"select {key_hash('$provider', DIMENSIONS)}, {value_hash(ATTRIBUTES)} from staged"
    return CONNECTION.execute(query, {"provider": provider}).fetchall()[0]


def number(value: float | None) -> str:
    """Write a number as DuckDB does: the shortest form that reads back, as Python's repr but for the exponent."""
    if value is None:
        return "\x1e"
    return repr(value + 0.0)


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys([*DIMENSIONS, "time_period"], TEXT)), TEXT)
def test_key_hash_is_the_documented_one(key: dict[str, str], provider: str) -> None:
    parts = [provider, *(key[name] for name in DIMENSIONS), key["time_period"]]
    assert computed({**row("2019", 1.0), **key}, provider)[0] == lower_half("\x1f".join(parts))


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-1e15, 1e15).filter(lambda x: x == 0 or abs(x) > 1e-3) | st.none(),
    st.dictionaries(st.sampled_from(ATTRIBUTES), TEXT | st.none() | st.just("")),
)
def test_value_hash_is_the_documented_one(value: float | None, sent: dict[str, str | None]) -> None:
    for name in ("unit_mult", "upper_bound", "lower_bound"):
        sent.pop(name, None)
    one = {**row("2019"), **dict.fromkeys(ATTRIBUTES), **sent, "obs_value": value, "unit_mult": 3}
    parts = [number(value)]
    parts += [
        str(one[name]) if one[name] not in (None, "") else "\x1e" for name in ATTRIBUTES if name != "data_last_update"
    ]
    assert computed(one)[1] == lower_half("\x1f".join(parts))


def test_a_fixed_example_stays_what_it_is() -> None:
    """The hashes stand in warehouses and releases: whoever changes them must migrate those."""
    assert computed(row("2019", 1.5)) == (lower_half(
        "KGZ\x1fA\x1fN\x1fEN_HAZ_PCAP\x1f417\x1f" + "\x1f".join(["_T"] * 11) + "\x1f2019"
    ), lower_half("1.5\x1fA\x1f0\x1fKG\x1f\x1e\x1fC" + "\x1f\x1e" * 10))  # fmt: skip


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (row("2019", 0.0), row("2019", -0.0), True),
        (row("2019", 1.0), row("2019", 1.0 + 1e-15), False),
        (row("2019", None), row("2019", None), True),
        (row("2019", None), row("2019", 0.0), False),
        (row("2019", 1.0, upper_bound="1"), row("2019", 1.0, upper_bound="1.0"), True),
        (row("2019", 1.0, lower_bound="<1"), row("2019", 1.0, lower_bound="1"), False),
        (row("2019", 1.0, comment_obs=""), row("2019", 1.0), True),
        (row("2019", 1.0, nature="C"), row("2019", 1.0, nature="c"), False),
        (row("2019", 1.0, data_last_update="a"), row("2019", 1.0, data_last_update="b"), True),
        (row("2019", 1.0, unit_mult=3), row("2019", 1.0), False),
        (row("2019", 1.0, comment_obs="a", time_coverage=None), row("2019", 1.0, time_coverage="a"), False),
    ],
)
def test_hash_and_comparison_agree(left: dict, right: dict, same: bool) -> None:
    CONNECTION.register("l", staged([left]).to_arrow())
    CONNECTION.register("r", staged([right]).to_arrow())
    query = f"select {same_value('l', 'r')} and {same_attributes('l', 'r', ATTRIBUTES)} from l, r"
    assert CONNECTION.execute(query).fetchall() == [(same,)]
    assert (computed(left)[1] == computed(right)[1]) is same
