"""The writers of SDMX messages: what was written is read as it was, in every form, whole or in batches."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings

from metadata.errors import SdgError
from pipelines.read.detect import read_message
from pipelines.read.message import Message
from tests.unit.warehouse.export_frames import COMPONENTS, HEADER, SCHEMA, content, frames, one_row
from warehouse.export.header import Frames, MessageHeader, Reference
from warehouse.export.sdmx_csv import write_sdmx_csv
from warehouse.export.sdmx_json import write_sdmx_json
from warehouse.export.sdmx_ml import write_sdmx_ml

Write = Callable[..., int]


def written(write: Write, frame: Frames, header: MessageHeader = HEADER, **options: Any) -> bytes:
    stream = io.BytesIO()
    write(frame, header, COMPONENTS, stream, **options)
    return stream.getvalue()


def read_back(write: Write, frame: Frames, header: MessageHeader = HEADER, **options: Any) -> Message:
    return read_message(written(write, frame, header, **options), name="written")


FORMS: dict[str, tuple[Write, dict[str, Any]]] = {
    "sdmx-ml-2.1-structure-specific": (write_sdmx_ml, {"version": "2.1"}),
    "sdmx-ml-3.0-structure-specific": (write_sdmx_ml, {"version": "3.0"}),
    "sdmx-csv-1.0": (write_sdmx_csv, {"version": "1.0"}),
    "sdmx-csv-2.0": (write_sdmx_csv, {"version": "2.0"}),
    "sdmx-json-2.0": (write_sdmx_json, {}),
}


@settings(max_examples=80, deadline=None)
@given(frames())
def test_xml_is_read_back_as_it_was_written(frame: pl.DataFrame) -> None:
    for version in ("2.1", "3.0"):
        message = read_back(write_sdmx_ml, frame, version=version)
        assert content(message.frame) == content(frame)
        assert message.notes == ()


@settings(max_examples=60, deadline=None)
@given(frames())
def test_csv_2_is_read_back_as_it_was_written(frame: pl.DataFrame) -> None:
    message = read_back(write_sdmx_csv, frame, version="2.0")
    same = {"data_sets": False, "empty_is_absent": True}
    assert content(message.frame, **same) == content(frame, **same)


@settings(max_examples=30, deadline=None)
@given(frames(actions=(None,)))
def test_csv_1_is_read_back_as_it_was_written(frame: pl.DataFrame) -> None:
    message = read_back(write_sdmx_csv, frame, version="1.0")
    same = {"data_sets": False, "empty_is_absent": True}
    assert content(message.frame, **same) == content(frame, **same)


@settings(max_examples=40, deadline=None)
@given(frames(whole_key=True))
def test_json_is_read_back_as_it_was_written(frame: pl.DataFrame) -> None:
    message = read_back(write_sdmx_json, frame)
    assert content(message.frame) == content(frame)
    assert message.notes == ()


@pytest.mark.parametrize("form", FORMS)
def test_every_component_and_the_header_come_back(form: str) -> None:
    write, options = FORMS[form]
    row = {one.column: f"text of {one.id}" for one in COMPONENTS} | {"obs_value": "1.50"}
    frame = pl.DataFrame([row], schema=dict.fromkeys(row, pl.String))
    message = read_back(write, frame, **options)
    assert message.format == form
    assert message.frame.select(frame.columns).equals(frame)
    assert str(message.header.structure) == "IAEG-SDGs:SDG(1.14)"
    if "csv" not in form:
        assert (message.header.sender, message.header.message_id) == ("XX_OFFICE", "SDG_EXPORT")
        assert message.header.prepared == "2026-05-01T09:30:00Z"
        assert message.header.test is False
    assert message.header.dataset_actions == ((None,) if form == "sdmx-csv-1.0" else ("Information",))


@pytest.mark.parametrize("form", FORMS)
def test_batches_give_the_same_as_the_whole(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Series that a batch cuts are one series of the message, and batches of data sets end theirs."""
    write, options = FORMS[form]
    rows = [
        {"series": series, "ref_area": "417", "time_period": str(year), "obs_value": "1", "unit_measure": "KG"}
        for series in "ABC" for year in range(2000, 2007)
    ]
    actions = ["Replace", "Append"] if form != "sdmx-csv-1.0" else [None]
    sets = [pl.DataFrame(rows).with_columns(_dataset=pl.lit(n), _action=pl.lit(a)) for n, a in enumerate(actions)]
    frame = pl.concat(sets)
    whole = written(write, frame, **options)
    assert written(write, [*frame.iter_slices(4)], **options) == whole
    assert written(write, frame.iter_slices(5), **options) == whole
    monkeypatch.setattr("warehouse.export.header.BATCH", 3)
    assert written(write, frame, **options) == whole
    told: list[int] = []
    written(write, frame, told=told.append, **options)
    assert told == sorted(told)
    assert told[-1] == frame.height


@pytest.mark.parametrize("form", FORMS)
def test_a_frame_without_rows_is_a_message_without_observations(form: str) -> None:
    write, options = FORMS[form]
    message = read_back(write, pl.DataFrame(schema=SCHEMA), **options)
    assert message.frame.height == 0
    assert read_back(write, [], **options).frame.height == 0


def test_rows_of_one_series_come_together_in_the_order_of_first_appearance() -> None:
    frame = pl.DataFrame({"series": ["B", "A", "B"], "time_period": ["2020", "2020", "2019"]})
    message = read_back(write_sdmx_ml, frame)
    assert message.frame.select("series", "time_period").rows() == [("B", "2020"), ("B", "2019"), ("A", "2020")]
    assert written(write_sdmx_ml, frame).count(b"<Series ") == 2


def test_an_attribute_of_the_series_stands_on_the_series_only_where_its_rows_agree() -> None:
    frame = pl.DataFrame({
        "series": ["A", "A", "B", "B"], "time_period": ["1", "2", "1", "2"], "unit_measure": ["T", "T", "T", None],
    })
    text = written(write_sdmx_ml, frame).decode()
    assert '<Series SERIES="A" UNIT_MEASURE="T">\n<Obs TIME_PERIOD="1"/>' in text
    assert '<Series SERIES="B">\n<Obs TIME_PERIOD="1" UNIT_MEASURE="T"/>\n<Obs TIME_PERIOD="2"/>' in text


def test_a_structure_without_time_and_a_dataflow() -> None:
    components = [one for one in COMPONENTS if one.role != "time"]
    prepared = HEADER.prepared.replace(tzinfo=None)
    header = MessageHeader("X", Reference("A", "DF", "1.0", "dataflow"), prepared, test=True)
    frame = pl.DataFrame({"series": ["A", "B"], "obs_value": ["1", "2"]})
    for version in ("2.1", "3.0"):
        stream = io.BytesIO()
        write_sdmx_ml(frame, header, components, stream, version=version)  # type: ignore[arg-type]
        message = read_message(stream.getvalue())
        assert message.frame.select("series", "obs_value").rows() == [("A", "1"), ("B", "2")]
        assert str(message.header.structure) == "A:DF(1.0)"
        assert (message.header.test, message.header.prepared) == (True, "2026-05-01T09:30:00Z")
        assert b"StructureUsage" in stream.getvalue()
        assert b'dimensionAtObservation="AllDimensions"' in stream.getvalue()
    with pytest.raises(SdgError, match="The structure has no time dimension, and SDMX-JSON is written here series by"):
        write_sdmx_json(frame, header, components, io.BytesIO())


# ------------------------------------------------------------------------------------------------------- refusals


def refusal(write: Write, frame: Frames, **options: Any) -> str:
    with pytest.raises(SdgError) as caught:
        written(write, frame, **options)
    return str(caught.value)


@pytest.mark.parametrize("text", ["a\x00b", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_a_character_that_xml_forbids_is_refused_with_its_place(text: str) -> None:
    """XML 1.0, 2.2 Characters: not even a character reference may stand for it."""
    assert refusal(write_sdmx_ml, one_row(series="S", ref_area="417", comment_obs=text)) == (
        "SERIES S, REF_AREA 417, TIME_PERIOD 2020: COMMENT_OBS holds a character that XML 1.0 does not allow: "
        f"{text!r}. "
        "Take the control character out of the text, or write SDMX-CSV or SDMX-JSON."
    )
    message = read_back(write_sdmx_json, one_row(comment_obs=text))
    assert message.frame["comment_obs"].to_list() == [text]


def test_a_nul_in_csv_is_refused() -> None:
    assert refusal(write_sdmx_csv, one_row(comment_obs="a\0")) == (
        "COMMENT_OBS holds a NUL, which no text file may hold. Take it out of the text."
    )


@pytest.mark.parametrize(("write", "name", "has"), [
    (write_sdmx_ml, "SDMX-ML 2.1", "Append, Replace, Delete, Information (SDMXCommon.xsd, ActionType)"),
    (write_sdmx_csv, "SDMX-CSV 2.0", "Append, Replace, Delete, Information"),
    (write_sdmx_json, "SDMX-JSON 2.0", "Information, Append, Replace, Delete"),
])
def test_an_action_that_the_form_does_not_have_is_refused(write: Write, name: str, has: str) -> None:
    frame = one_row().with_columns(_action=pl.lit("Merge"))
    assert refusal(write, frame) == f"{name} has no action Merge. It has {has}."


def test_csv_1_refuses_rows_that_delete() -> None:
    frame = one_row().with_columns(_action=pl.lit("Delete"))
    assert refusal(write_sdmx_csv, frame, version="1.0") == (
        "SDMX-CSV 1.0 has no action, so rows that delete would be read as data. Write SDMX-CSV 2.0."
    )


def test_a_column_that_is_no_component_is_refused() -> None:
    assert refusal(write_sdmx_ml, one_row(ref_aera="417")) == (
        "The column ref_aera is no component of IAEG-SDGs:SDG(1.14), so no message can carry it. Nearest: "
        "ref_area. Leave the column out, or give the structure that has it."
    )


def test_numbers_are_refused_because_their_spelling_is_not_ours_to_choose() -> None:
    frame = one_row().with_columns(obs_value=pl.lit(1.5))
    assert refusal(write_sdmx_ml, frame) == (
        "The column obs_value holds Float64; a message is written from texts. Turn the numbers into the texts that "
        "shall be sent."
    )


def test_a_data_set_of_two_actions_is_refused() -> None:
    frame = pl.concat([one_row(), one_row()]).with_columns(_dataset=pl.lit(3), _action=pl.Series(["Append", "Delete"]))
    assert refusal(write_sdmx_csv, frame) == (
        "Data set 3 has rows of several actions; a data set has one. Give the rows of each action a data set of their "
        "own (_dataset)."
    )


def test_json_refuses_what_an_object_cannot_say() -> None:
    twice = pl.concat([one_row(obs_value="1"), one_row(obs_value="2")])
    assert refusal(write_sdmx_json, twice).startswith(
        "Two rows have the same key, and an object of JSON has a name once: FREQ _T, REPORTING_TYPE _T, SERIES _T"
    )
    partly = pl.concat([one_row(), one_row(sex=None)])
    assert refusal(write_sdmx_json, partly) == (
        "A row has no SEX, and a key of SDMX-JSON names every dimension. Complete the keys, or write SDMX-CSV 2.0."
    )
    deleted = one_row(time_period=None, obs_value="1").with_columns(_action=pl.lit("Delete"))
    for frame in (one_row(time_period=None), deleted):
        assert refusal(write_sdmx_json, frame) == (
            "A row has no TIME_PERIOD, and an observation of SDMX-JSON has one. Complete the keys; only a data set "
            "that deletes may name a series alone."
        )


def test_a_series_that_is_deleted_whole_comes_back() -> None:
    rows = (("A", None), ("B", "2020"), ("B", None))
    frame = pl.concat([one_row(series=series, time_period=period) for series, period in rows])
    frame = frame.with_columns(_dataset=pl.lit(0, pl.Int32), _action=pl.lit("Delete"))
    for version in ("2.1", "3.0"):
        assert content(read_back(write_sdmx_ml, frame, version=version).frame) == content(frame)
    assert b"<Series" in written(write_sdmx_ml, frame)
    assert written(write_sdmx_ml, frame).count(b"<Obs") == 1
    alone = frame[:1]
    assert content(read_back(write_sdmx_json, alone).frame) == content(alone)
