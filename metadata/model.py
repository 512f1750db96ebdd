"""The declaration classes: what stands in an indicator's file, and what it means once it is resolved.

`IndicatorFile` and `GoalsFile` are what a data officer writes; their fields, descriptions and examples make
`indicators/schema.json`, by which an editor completes and complains while typing. `Indicator` and `Series`
are what everything else works with: the same, with owners, goals' titles and abbreviations filled in by
`metadata.load`. What a series is stands in `metadata.model_series`. Complaints that need only one value or one
block are made here and there; those that need the structure or another file are made in `metadata.load`.

A key without a value is never a guess: what is not known is said to be not known (`unit_measure: []` with a
`unit_source`, `sdgio: null`), and a rule that needs it does not fire.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from metadata.model_reference import ReferenceMetadata
from metadata.model_series import Series, SeriesBlock
from metadata.model_types import (
    Code,
    Codes,
    Day,
    Declared,
    Number,
    Numbers,
    Seen,
    SomeNumbers,
    SomeTexts,
    TargetNumber,
    Text,
    Texts,
    Titles,
    WholeNumber,
    key,
)

Tier = Literal["I", "II", "III"]


class Waiver(Declared):
    """A complaint of `sdg metadata lint` about the wording that is known and stays, with the reason."""

    rule: Code = key("Id of the rule.", good="UNIT-NAME", bad="all")
    about: Text | None = key(
        "The series or the concept that it is about; left out: the whole file.",
        good="AG_FLS_IDX",
        bad="A line number.",
        default=None,
    )
    reason: Text = key("Why it stays.", good="The agency named the series so.", bad="noisy")
    date: Day = key("When this was decided.", good="2026-11-22", bad="2026-11")


class Cadence(Declared):
    """How often figures are collected and published, in words; null where it is not known."""

    collection: Text | None = key(
        "How often countries or agencies collect.", good="biennial, UNSD/UNEP questionnaire", bad="often"
    )
    release: Text | None = key("When figures come out.", good="annual, in February or March", bad="2015 –")
    months: Annotated[WholeNumber, Field(ge=1, le=120)] | None = key(
        "Months from one collection to the next, null where it is not known or not regular. The texts of the indicator"
        " are reviewed at least every second time, and no later than every three years.",
        good=24,
        bad='"biennial"',
        default=None,
    )
    release_month: Annotated[WholeNumber, Field(ge=1, le=12)] | None = key(
        "Month in which new figures come out, the first of two; null where it is not known.",
        good=2,
        bad='"February"',
        default=None,
    )
    producers: Text | None = key(
        "Who makes the figures: countries, an agency's estimate, a model, a secretariat's registry.",
        good="countries; e-waste is an estimate",
        bad="UN",
        default=None,
    )


class IndicatorFile(Declared):
    """One file of `indicators/goal12` or `indicators/goal13`: an indicator and the series that it owns."""

    number: Number = key(
        "Official number; the file is named after it, in the folder of its goal.",
        good="12.4.2",
        bad="12.4.2 in 12-4-2.yaml, or C120402.",
    )
    titles: Titles = key(
        "Official title in the six languages, without notes of the editors.",
        good={"en": "Total greenhouse gas emissions per year"},
        bad="A title that ends in “(repeat of 7.b.1)”.",
    )
    titles_note: Text | None = key(
        "What is known to be wrong or older in one of the titles.",
        good="The Russian title is that of before 2020.",
        bad="A corrected title without a word about it.",
        default=None,
    )
    custodians: SomeTexts = key(
        "Custodian agencies, the first one leading.", good=["UNEP", "UNSD"], bad="A person's name."
    )
    partners: Texts = key("Partner agencies.", good=["OECD"], bad="Agencies known by hearsay.", default=())
    tier: Tier = key("Tier of the indicator.", good="II", bad="2")
    tier_seen: Seen = key(
        "When that tier was seen.", good="2021-07", bad="2021-07 without quotes, or the year of today."
    )
    ccode: Code | None = key(
        "Permanent code of the UN; indicators that repeat each other share one (C20….).",
        good="C200202",
        bad="C120202 for 12.2.1: a number is not a code.",
    )
    ccode_status: Text = key("Where that code was seen.", good="structure 1.14", bad="assumed")
    sdgio: Text | None = key(
        "Address in the SDG Interface Ontology, which is frozen at the wording of 2018; null where there is"
        " none.",
        good="http://purl.unep.org/sdg/SDGIO_00020151",
        bad="An address that was not seen.",
    )
    kos: Text | None = key(
        "Address in the UN SDG vocabulary of 2019/2020; null where there is none.",
        good="http://metadata.un.org/sdg/C120402",
        bad="An address made from the number.",
    )
    also: Numbers = key(
        "Numbers under which other goals repeat this indicator.",
        good=["8.4.2"],
        bad="Numbers of goals 12 and 13: those have files of their own and say `uses`.",
        default=(),
    )
    uses: Codes = key(
        "Series of this indicator that another file owns.",
        good=["SE_GCEDESD_NEP"],
        bad="A series that this file owns.",
        default=(),
    )
    cadence: Cadence = Field(description="How often figures are collected and published.")
    waivers: tuple[Waiver, ...] = key(
        "Complaints about the wording that are known and stay, each with a reason and a date.",
        good=[{"rule": "UNIT-NAME", "about": "AG_FLS_IDX", "reason": "Both were published.", "date": "2026-11-22"}],
        bad="A waiver for something that can be mended.",
        default=(),
    )
    reference_metadata: ReferenceMetadata | None = key(
        "The texts, by concept of the metadata structure IAEG-SDGs:SDG_MSD(1.0).",
        good={"FREQ_COLL": {"en": "Every year.", "fr": "Tous les ans.", "source": "UNEP: …", "source_date": "2021"}},
        bad="A concept that follows from the declaration, such as SDG_TARGET.",
        default=None,
    )
    series: tuple[SeriesBlock, ...] = Field(description="The series that this indicator owns.", default=())

    @property
    def goal(self) -> str:
        """Number of the goal: `12`."""
        return self.number.split(".")[0]

    @property
    def target(self) -> str:
        """Number of the target: `12.4`, `12.a`."""
        return self.number.rpartition(".")[0]

    @model_validator(mode="after")
    def _consistent(self) -> IndicatorFile:
        if not self.series and not self.uses:
            raise ValueError(f"{self.number} neither owns nor uses a series.")
        return self


class Target(Declared):
    """A target and the indicators that must be declared under it."""

    number: TargetNumber = key("Official number.", good="12.4", bad="12.4 without quotes.")
    titles: Titles = Field(description="Official title in the six languages.")
    indicators: SomeNumbers = key(
        "The indicators that have a file.", good=["12.4.1", "12.4.2"], bad="An indicator that was deleted."
    )


class Goal(Declared):
    """A goal and its targets."""

    number: Literal["12", "13"] = key("Number of the goal.", good="12", bad="12 without quotes.")
    titles: Titles = Field(description="Official title in the six languages.")
    targets: Annotated[tuple[Target, ...], Field(min_length=1)] = Field(
        description="The targets of the goal."
    )


class GoalsFile(Declared):
    """`indicators/goals.yaml`: the goals, their targets, and which indicators must have a file."""

    goals: Annotated[tuple[Goal, ...], Field(min_length=1)] = Field(description="The goals.")
    titles_note: Text | None = Field(description="What was corrected in the titles.", default=None)


class Indicator(IndicatorFile):
    """An indicator with everything filled in.

    Attributes:
        goal_titles: titles of its goal in the six languages.
        target_titles: titles of its target.
        series: the series that it owns, resolved. Those that it uses are `Catalogue.series[code]`.
    """

    goal_titles: Mapping[str, str]
    target_titles: Mapping[str, str]
    series: tuple[Series, ...]
