"""Texts are English for everyone, and remember what they were made of."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.words import Text, counted, decode, encode, figure, listed, text


def test_a_text_is_its_english() -> None:
    made = text("series {code} in {rows}", code="EN_HAZ_PCAP", rows=counted("{count} row", "{count} rows", 1565))
    assert made == "series EN_HAZ_PCAP in 1,565 rows"
    assert made.template == "series {code} in {rows}"
    assert made.values["code"] == "EN_HAZ_PCAP"
    assert f"{made}." == "series EN_HAZ_PCAP in 1,565 rows."


def test_a_text_needs_every_value() -> None:
    with pytest.raises(KeyError, match="code"):
        text("series {code}")


@pytest.mark.parametrize(
    ("items", "join", "said"),
    [
        ([], "and", ""),
        (["A"], "and", "A"),
        (["A", "B"], "and", "A and B"),
        (["A", "B", "C"], "or", "A, B or C"),
        (["A", "B", "C"], "comma", "A, B, C"),
    ],
)
def test_lists_are_joined_as_a_person_would(items: list[str], join: str, said: str) -> None:
    assert listed(items, join) == said  # type: ignore[arg-type]


PLAIN = st.text() | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none()
TEXTS = st.recursive(
    st.builds(lambda value: text("plain {value}", value=value), PLAIN),
    lambda inner: st.one_of(
        st.builds(lambda value: text("{{in}} {value}", value=value), inner),
        st.builds(lambda count, value: counted("{count} of {value}", "{count}s of {value}", count, value=value),
                  st.integers(0), inner),
        st.builds(lambda items: listed(items, "or"), st.lists(inner, max_size=3)),
    ),
    max_leaves=6,
)  # fmt: skip


@given(TEXTS)
def test_a_text_survives_json_and_pickling(made: Text) -> None:
    for again in (decode(json.loads(json.dumps(encode(made)))), pickle.loads(pickle.dumps(made))):
        assert isinstance(again, Text)
        assert again == made
        assert encode(again) == encode(made)


def test_what_is_no_text_is_kept_as_words() -> None:
    assert encode("plain") == "plain"
    assert encode(frozenset({1})) == "frozenset({1})"


@pytest.mark.parametrize(
    ("value", "said"),
    [(1565, "1,565"), (1234.5, "1,234.5"), (-0.25, "-0.25"), ("1234.50", "1,234.50"), (1e300, "1e+300"), ("N", "N")],
)
def test_figures_have_commas_and_ten_digits_at_most(value: float | str, said: str) -> None:
    assert figure(value) == said
    assert decode(json.loads(json.dumps(encode(figure(value))))) == said
