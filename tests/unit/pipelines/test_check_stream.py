"""A message judged batch by batch is judged as it is at once: same findings, places, examples, counts and rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from metadata.areas import load_areas
from metadata.findings import Finding
from metadata.load import load_catalogue
from metadata.rules import finding
from metadata.structure import load_structure
from pipelines.check import Judgement, judge
from pipelines.checks.outcome import Later
from pipelines.compact import as_text
from pipelines.provider import Provider, load_providers
from pipelines.read.detect import read_message
from pipelines.read.message import Header, Message

SAMPLE = Path(__file__).resolve().parents[3] / "pipelines" / "sample" / "inbox"
SIZES = (1, 7, 64)
DEFECTS: list[dict[str, Any]] = [
    {}, {"sex": "Male"}, {"obs_value": "1,5"}, {}, {"obs_value": "N"}, {"obs_value": "007"}, {"obs_status": ""},
    {"unit_measure": "T"}, {"unit_mult": "3"}, {"time_period": "2017-2020"}, {"time_period": "2019-Q1"},
    {"time_period": "2031"}, {"ref_area": "KG05"}, {"ref_area": "646"}, {"series": "SI_POV_DAY1"}, {"series": None},
    {"series": "_L_KG_1"}, {"series": "NONSENSE"}, {"series": "SG_DSR_SILS", "obs_value": "101", "unit_measure": "PT"},
    {"activity": "ISIC4_A"}, {"_action": "Delete"}, {"obs_value": "-3"}, {"sex": " "}, {"nature": "?"},
]  # fmt: skip


@dataclass
class Stream:
    """A message that comes in batches; its notes are there at the end only."""

    message: Message
    size: int
    format: str = field(init=False)
    header: Header = field(init=False)
    batches: Iterator[pl.DataFrame] = field(init=False)
    notes: list[Finding] = field(default_factory=list)
    letters: Mapping[str, Mapping[str, str]] = field(init=False)
    path_of: Callable[[int], str] | None = field(init=False)

    def __post_init__(self) -> None:
        self.format, self.header, self.batches = self.message.format, self.message.header, self._read()
        self.letters, self.path_of = self.message.letters, self.message.path_of

    def _read(self) -> Iterator[pl.DataFrame]:
        frame = self.message.frame
        for start in range(0, max(frame.height, 1), self.size):
            yield frame.slice(start, self.size)
        self.notes.extend(self.message.notes)


def judge_it(message: Message | Stream, provider: Provider | None) -> Judgement:
    return judge(
        message, provider, load_catalogue(), load_structure(), load_areas(),
        path="rows.csv", sha256="0" * 64, today=date(2026, 6, 1),
    )  # fmt: skip


def assert_same(message: Message, provider: Provider | None) -> Judgement:
    whole = judge_it(message, provider)
    for size in SIZES:
        parts = judge_it(Stream(message, size), provider)
        assert parts.report.to_dict() == whole.report.to_dict()
        assert as_text(parts.staged).equals(as_text(whole.staged))
        assert as_text(parts.quarantine).equals(as_text(whole.quarantine))
        assert parts.deletes.equals(whole.deletes)
        assert (parts.accepted, parts.scope, parts.indicators) == (whole.accepted, whole.scope, whole.indicators)
    return whole


@pytest.mark.parametrize("with_map", [False, True])
def test_every_defect_is_found_the_same_in_parts(
    frame_of: Callable[..., pl.DataFrame], office: Callable[..., Provider], with_map: bool
) -> None:
    rows: Sequence[dict[str, Any]] = [
        {"time_period": str(1990 + n % 30), "product": None if n % 97 == 5 else "_T", **defect}
        for n, defect in enumerate(islice(cycle(DEFECTS), 300))
    ]
    note = finding("MESSAGE-FOOTER", places=1, text="cut", code="413")
    code_map = {"codes": {"SEX": {"Male": "M"}}, "national_only": {"REF_AREA": ["KG05"]}}
    provider = office(map=code_map) if with_map else None
    whole = assert_same(Message("sdmx-csv-1.0", Header(), frame_of(*rows), (note,)), provider)
    assert len({found.rule for found in whole.report.findings}) > 15
    assert whole.report.counts.quarantined > 100
    assert whole.report.counts.out_of_scope > 10


def test_an_empty_message_is_refused_the_same(frame_of: Callable[..., pl.DataFrame]) -> None:
    whole = assert_same(Message("sdmx-csv-1.0", Header(), frame_of().head(0)), None)
    assert [found.rule for found in whole.report.findings] == ["MESSAGE-EMPTY"]


@pytest.mark.parametrize("path", sorted(SAMPLE.glob("*/*.*")), ids=lambda path: path.name)
def test_the_sample_s_deliveries_are_judged_the_same_in_parts(path: Path) -> None:
    assert_same(read_message(path), load_providers().get(path.parent.name))


def test_frames_are_made_when_they_are_asked_for_and_may_be_replaced(judged: Callable[..., Judgement]) -> None:
    found = judged({}, {"sex": "Male"}, {"time_period": "2018"})
    assert isinstance(vars(found)["_staged"], Later)
    assert (found.accepted, found.quarantine.height) == (2, 1)
    assert found.staged is found.staged
    fewer = replace(found, staged=found.staged.head(1))
    assert (fewer.accepted, fewer.staged.height, fewer.quarantine.height, found.accepted) == (1, 1, 1, 2)
    with pytest.raises(AttributeError, match="_staged"):
        Judgement.staged  # noqa: B018
