"""Keys and references of an SDMX query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.errors import ConfigurationError
from pipelines.query import KEY_LENGTH, FlowRef, queries
from tests.servers.fault_server import DIMENSIONS

FLOW = FlowRef("IAEG-SDGs", "DF_SDG_GLH")


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("DF_SDG_GLH", None, FLOW),
        ("DF_SDG_GLH", "latest", FLOW),
        ("DF_SDG_GLH", "1.24", FlowRef("IAEG-SDGs", "DF_SDG_GLH", "1.24")),
        ("IAEG-SDGs,DF_SDG_GLH", None, FLOW),
        ("IAEG-SDGs:DF_SDG_GLH(1.24)", None, FlowRef("IAEG-SDGs", "DF_SDG_GLH", "1.24")),
        ("KG.NSC,DF_X,2.0", "1.0", FlowRef("KG.NSC", "DF_X", "2.0")),
    ],
)
def test_every_spelling_of_a_dataflow_is_understood(
    text: str, version: str | None, expected: FlowRef
) -> None:
    assert FlowRef.parse(text, agency="IAEG-SDGs", version=version) == expected


def test_a_dataflow_stands_in_the_address_with_commas_and_in_sentences_with_a_colon() -> None:
    ref = FlowRef("IAEG-SDGs", "DF", "1.2")
    assert (ref.path, str(ref)) == ("IAEG-SDGs,DF,1.2", "IAEG-SDGs:DF(1.2)")


def test_what_is_no_dataflow_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"“DF/../x” is not a dataflow. Write its id, or AGENCY:ID"):
        FlowRef.parse("DF/../x", agency="A")


def test_without_series_the_whole_dataflow_is_asked_for() -> None:
    [query] = queries(FLOW, declared="all", series=None, dimensions=DIMENSIONS)
    assert (query.key_text, query.series, query.halves()) == (None, None, None)


def test_series_stand_in_their_position_once_and_in_order() -> None:
    [query] = queries(FLOW, declared="all", series=["B", "A", "B"], dimensions=DIMENSIONS)
    assert query.key_text == "..A+B............"
    assert query.series == ("A", "B")


def test_the_declared_key_is_kept_and_its_series_narrow_what_is_asked() -> None:
    declared = "A.N.B+C............"
    [query] = queries(FLOW, declared=declared, series=["A", "B"], dimensions=DIMENSIONS)
    assert query.key_text == "A.N.B............"
    [query] = queries(FLOW, declared=declared, series=None, dimensions=DIMENSIONS)
    assert query.key_text == "A.N.B+C............"


def test_a_key_without_a_series_dimension_cannot_be_halved() -> None:
    [query] = queries(FLOW, declared="A.X", series=["S"], dimensions=("FREQ", "REF_AREA"))
    assert (query.key_text, query.halves()) == ("A.X", None)


def test_halves_ask_for_everything_once() -> None:
    [query] = queries(FLOW, declared="all", series=["A", "B", "C"], dimensions=DIMENSIONS)
    halves = query.halves()
    assert halves is not None
    assert [half.series for half in halves] == [("A",), ("B", "C")]


@given(st.sets(st.from_regex(r"[A-Z]{2}_[A-Z0-9_]{1,40}", fullmatch=True), min_size=1, max_size=300))
def test_long_keys_are_split_and_nothing_is_lost(series: set[str]) -> None:
    parts = queries(FLOW, declared="all", series=sorted(series), dimensions=DIMENSIONS)
    assert sorted(code for part in parts for code in part.series or ()) == sorted(series)
    assert all(len(part.key_text or "") <= KEY_LENGTH for part in parts)


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"The key “A\.B” has 2 positions instead of 15\. Write `all`"
    ):
        queries(FLOW, declared="A.B", series=None, dimensions=DIMENSIONS)


def test_a_key_that_names_none_of_our_series_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"names no series that is wanted. Name a declared series in it"
    ):
        queries(FLOW, declared="..X............", series=["A"], dimensions=DIMENSIONS)


def test_a_code_that_would_change_the_address_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"“A/\.\.\?x” cannot stand in a key. Write a code"):
        queries(FLOW, declared="all", series=["A/..?x"], dimensions=DIMENSIONS)


@pytest.mark.parametrize("since", ["2015", "2015-Q1", "2015-07", "2015-07-01"])
def test_since_is_a_period(since: str) -> None:
    [query] = queries(FLOW, declared="all", series=None, dimensions=DIMENSIONS, since=since)
    assert query.since == since


def test_anything_else_is_no_period() -> None:
    with pytest.raises(
        ConfigurationError, match=r"“last year” is not a time period. Write a year such as 2015"
    ):
        queries(FLOW, declared="all", series=None, dimensions=DIMENSIONS, since="last year")
