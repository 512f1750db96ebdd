"""The shapes that readers return: references to structures, time stamps, actions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.read.message import StructureRef, action_of, parse_prepared


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
