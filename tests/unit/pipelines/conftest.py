"""Rows for the judgement: a complete, good row that a test changes where it wants it to be bad."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import polars as pl
import pytest

from metadata.areas import load_areas
from metadata.findings import Finding
from metadata.load import Catalogue, load_catalogue
from metadata.structure import load_structure
from pipelines.check import Judgement, judge
from pipelines.provider import Provider
from pipelines.read.message import Header, Message, StructureRef

TODAY = date(2026, 6, 1)

GOOD: dict[str, str | None] = {
    "freq": "A",
    "reporting_type": "N",
    "series": "EN_HAZ_PCAP",
    "ref_area": "417",
    "sex": "_T",
    "age": "_T",
    "urbanisation": "_T",
    "income_wealth_quantile": "_T",
    "education_lev": "_T",
    "occupation": "_T",
    "cust_breakdown": "_T",
    "composite_breakdown": "_T",
    "disability_status": "_T",
    "activity": "_T",
    "product": "_T",
    "time_period": "2019",
    "obs_value": "12.5",
    "obs_status": "A",
    "unit_mult": "0",
    "unit_measure": "KG",
    "nature": "C",
}

PLACE = {"_sheet": None, "_row": None, "_line": None, "_dataset": 0, "_action": None}

MakeFrame = Callable[..., pl.DataFrame]
JudgeRows = Callable[..., Judgement]


@pytest.fixture
def frame_of() -> MakeFrame:
    """Make a read frame: each row is the good row with the given changes."""

    def make(*rows: dict[str, Any], without: Sequence[str] = ()) -> pl.DataFrame:
        records = [{**GOOD, **PLACE, "_line": 10 + n, **row} for n, row in enumerate(rows)]
        columns = dict.fromkeys(column for record in [{**GOOD, **PLACE}, *records] for column in record)
        types = {"_row": pl.Int64, "_line": pl.Int64, "_dataset": pl.Int32}
        schema = {column: types.get(column, pl.String) for column in columns}
        return pl.DataFrame(records, schema=schema).drop(without)

    return make


@pytest.fixture
def office() -> Callable[..., Provider]:
    """Make an office's provider for Kyrgyzstan; keyword arguments change its declaration."""

    def make(**changes: Any) -> Provider:
        declared = {
            "id": "KGZ",
            "name": "Office of Kyrgyzstan",
            "kind": "office",
            "areas": ["417"],
            "language": "ru",
            "channel": {"type": "folder"},
        }
        return Provider.model_validate({**declared, **changes})

    return make


@pytest.fixture
def judged(frame_of: MakeFrame) -> JudgeRows:
    """Judge rows (see `frame_of`), with a provider, a header, notes or a catalogue of one's own."""

    def run(
        *rows: dict[str, Any],
        provider: Provider | None = None,
        header: Header | None = None,
        without: Sequence[str] = (),
        notes: Sequence[Finding] = (),
        catalogue: Catalogue | None = None,
        held: Sequence[str] = (),
    ) -> Judgement:
        message = Message(
            "sdmx-csv-1.0",
            header or Header(structure=StructureRef("IAEG-SDGs", "SDG", "1.14")),
            frame_of(*rows, without=without),
            tuple(notes),
        )
        return judge(
            message,
            provider,
            catalogue or load_catalogue(),
            load_structure(),
            load_areas(),
            path="rows.csv",
            sha256="0" * 64,
            today=TODAY,
            held=held,
        )

    return run
