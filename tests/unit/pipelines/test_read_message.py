"""The shapes that readers return: references to structures, time stamps, actions."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from pipelines.read.arrow_texts import integers
from pipelines.read.message import Header, Message, MessageStream, StructureRef, action_of, parse_prepared


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("KG_NSC:SDG(1.8)", "KG_NSC:SDG(1.8)"),
        ("urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=A.B:SDG(1.0):ObsLevelDim:X", "A.B:SDG(1.0)"),
        ("IAEG-SDGs:DF_SDG_GLH(1.24): its name", "IAEG-SDGs:DF_SDG_GLH(1.24)"),
    ],
)
def test_a_reference_is_understood_in_every_form(text: str, short: str) -> None:
    assert str(StructureRef.parse(text)) == short


def test_a_text_that_names_no_structure_gives_none() -> None:
    assert StructureRef.parse("SDG") is None
    assert str(StructureRef("A", "B", None)) == "A:B"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-08-16T13:22:27Z", datetime(2024, 8, 16, 13, 22, 27, tzinfo=UTC)),
        ("2024-08-16T13:22:27+06:00", datetime(2024, 8, 16, 7, 22, 27, tzinfo=UTC)),
        ("2024-08-16T13:22:27.5+0600", datetime(2024, 8, 16, 7, 22, 27, 500_000, tzinfo=UTC)),
        ("2024-08-16", datetime(2024, 8, 16, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("  ", None),
        (None, None),
    ],
)
def test_a_time_stamp_is_in_utc_or_none(text: str | None, moment: datetime | None) -> None:
    assert parse_prepared(text) == moment


def test_actions_have_one_spelling() -> None:
    assert [action_of(a) for a in ("A", "append", "Delete", "information", "r")] == [
        "Append", "Append", "Delete", "Information", "Replace",
    ]
    assert action_of("") is None
    assert action_of("Frobnicate") == "Frobnicate", "what is no action is kept for the judgement"


TEXTS = ["A", None, "", "a text of more than twelve bytes"]


def made_by(library: str) -> pl.DataFrame | pa.Table:
    """Return the same rows, as a frame or as a table."""
    if library == "polars":
        return pl.DataFrame({"series": TEXTS, "_row": [2, 3, 4, 5]})
    return pa.table({"series": pa.array(TEXTS, pa.string_view()), "_row": integers(np.arange(2, 6))})


@pytest.mark.parametrize("library", ["polars", "arrow"])
def test_a_message_is_a_frame_or_a_table_whoever_made_it(library: str) -> None:
    message = Message("table-csv", Header(), made_by(library))
    assert message.frame.rows() == list(zip(TEXTS, range(2, 6), strict=True))
    assert message.frame.schema == {"series": pl.String, "_row": pl.Int64}
    assert message.table.to_pydict() == {"series": TEXTS, "_row": [2, 3, 4, 5]}
    assert message.table.schema.types == [pa.string_view(), pa.int64()]


@pytest.mark.parametrize("made", [["polars"], ["arrow"], ["polars", "polars"], ["arrow", "arrow"], ["arrow", "polars"]])
def test_parts_become_one_message_whoever_made_them(made: list[str]) -> None:
    message = MessageStream("table-csv", Header(), iter([made_by(library) for library in made])).whole()
    assert message.frame["series"].to_list() == TEXTS * len(made)
    batches = list(MessageStream("table-csv", Header(), iter([made_by(library) for library in made])).batches)
    assert [batch["_row"].to_list() for batch in batches] == [[2, 3, 4, 5]] * len(made)
