"""The declaration classes: what stands in an indicator's file, and what it means once it is resolved.

`IndicatorFile` and `GoalsFile` are what a data officer writes; their fields, descriptions and examples make
`indicators/schema.json`, by which an editor completes and complains while typing. `Indicator` and `Series`
are what everything else works with: the same, with owners, goals' titles and abbreviations filled in by
`metadata.load`. Complaints that need only one value or one block are made here; those that need the
structure or another file are made in `metadata.load`.

A key without a value is never a guess: what is not known is said to be not known (`unit_measure: []` with a
`unit_source`, `sdgio: null`), and a rule that needs it does not fire.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from metadata.model_depth import Aggregation, Identity, NumericTarget, RuleSetting, YearOnYear, Zero
from metadata.model_reference import ReferenceMetadata
from metadata.model_types import (
    Code,
    Codes,
    Day,
    Declared,
    Number,
    Numbers,
    RealNumber,
    Seen,
    SomeCodes,
    SomeNumbers,
    SomeTexts,
    TargetNumber,
    Text,
    Texts,
    Titles,
    WholeNumber,
    distinct,
    key,
)

Status = Literal["current", "legacy", "retired"]
Direction = Literal["up", "down", "none", "mixed"]
ValueType = Literal["number", "integer", "binary", "percent", "index"]
RangeSeverity = Literal["error", "warning", "info"]
Tier = Literal["I", "II", "III"]


class ValueRange(Declared):
    """What a value of the series may be. Bounds are in unit_measure × 10^unit_mult and include themselves.

    Two kinds of bound, because published figures need both: outside `minimum` and `maximum` the value has the
    severity `severity`; above `soft_maximum` it has `soft_severity`, which is never an error.
    `country_maximum` holds for single countries and areas only: a region counts its countries.
    """

    type: ValueType = key(
        "What kind of number: `integer` has no fraction, `binary` is 0 or 1, `percent` is in per cent (45.2,"
        " not 0.452), `index` is on a scale.",
        good="percent",
        bad="`integer` for numbers of persons: the global database publishes them with decimals.",
    )
    minimum: RealNumber | None = key(
        "The least value there can be. Left out: there is none, the value may be negative.",
        good=0,
        bad='"0" in quotes: a bound is a number.',
        default=None,
    )
    maximum: RealNumber | None = key(
        "The largest value there can be. Left out: there is none.",
        good=100,
        bad="100 for the rate of hazardous waste treated: stocks of earlier years lift it above.",
        default=None,
    )
    severity: RangeSeverity = key(
        "How bad a value outside minimum and maximum is. `error` keeps the row back. It follows from"
        " published data.",
        good="error",
        bad="`error` where published values break the bound and are right.",
        default="error",
    )
    soft_maximum: RealNumber | None = key(
        "A value above it is possible and deserves a second look.",
        good=100,
        bad="A soft maximum above the maximum.",
        default=None,
    )
    soft_severity: Literal["warning", "info"] = key(
        "How bad a value above soft_maximum is.",
        good="warning",
        bad="`error`: use maximum for that.",
        default="warning",
    )
    country_maximum: RealNumber | None = key(
        "The largest value for a single country or area, where a region may have more because it counts"
        " countries. It has the severity `severity`.",
        good=1,
        bad="1 as `maximum` of a yes/no series: the World row of the same series is 79.",
        default=None,
    )
    note: Text | None = key(
        "Why these bounds: what published data show.",
        good="85 of 86 published values hold.",
        bad="A bound without a word on where it comes from.",
        default=None,
    )

    @model_validator(mode="after")
    def _consistent(self) -> ValueRange:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("The minimum is larger than the maximum.")
        if self.soft_maximum is not None and self.maximum is not None and self.soft_maximum >= self.maximum:
            raise ValueError("The soft_maximum is not below the maximum, so it never matters.")
        if (
            self.country_maximum is not None
            and self.maximum is not None
            and self.country_maximum >= self.maximum
        ):
            raise ValueError("The country_maximum is not below the maximum, so it never matters.")
        return self


class SeriesBlock(Declared):
    """A series as its owning indicator declares it. It may only narrow what the structure allows."""

    code: Code = key(
        "Code of CL_SERIES. Exactly one file owns a series; other indicators name it under `uses`.",
        good="EN_HAZ_PCAP",
        bad="A series of the national list (`_L_…`), or the name instead of the code.",
    )
    name: Text = key(
        "Name of the series in the structure, without the numbers in brackets.",
        good="Hazardous waste generated, per capita (Kg)",
        bad="Hazardous waste generated, per capita (Kg) [12.4.2]",
    )
    status: Status = key(
        "`current`: in force. `legacy`: no longer filled or replaced; data under it stay readable. `retired`:"
        " the structure itself marks it so.",
        good="current",
        bad="Taking out the block of a replaced series: its data would become unreadable.",
    )
    seen_in: SomeTexts = key(
        'Where the series was seen: a version of the structure ("1.14"), a release ("2020-10"), a year of'
        ' published data ("2026").',
        good=["1.14", "2020-10"],
        bad="1.14 without quotes: that is the number 1.14.",
    )
    heirs: Codes = key(
        "The series that took its place, for legacy and retired ones.",
        good=["ER_FFS_CMPT_CD"],
        bad="Heirs of a current series.",
        default=(),
    )
    heirs_note: Text | None = key(
        "What is known of the succession; needed where no heir is named.",
        good="No successor was seen.",
        bad="A guess.",
        default=None,
    )
    unit_measure: Codes = key(
        "Codes of CL_UNIT_MEASURE that a row may carry; the first is the declared one. An empty list says"
        " that the unit is not known: no row is refused for its unit, and unit_source says why.",
        good=["KG"],
        bad='["kg"], or the unit of the API ("TONNES" for "T").',
    )
    unit_mult: Annotated[tuple[WholeNumber, ...], Field(min_length=1), AfterValidator(distinct)] = key(
        "Powers of ten that a row may carry (CL_UNIT_MULT); the first is the declared one. 9 means that 2.5"
        " is 2.5 billion.",
        good=[0],
        bad="[1000000000]: it is the exponent that is written.",
        default=(0,),
    )
    unit_source: Text = key(
        "Where the unit comes from, and what contradicts it.",
        good="Name of the series; the draft constraints say T, which is wrong.",
        bad="obvious",
    )
    dimensions: Mapping[Code, SomeCodes] = key(
        "Allowed codes by dimension. A row with another code in such a dimension is kept back.",
        good={"PRODUCT": ["_T", "MF1"]},
        bad='{"Product": ["Biomass"]}: component ids and codes, not names.',
        default_factory=dict,
    )
    any_code: Codes = key(
        "Dimensions in which every code of the codelist is allowed.",
        good=["SEX", "AGE"],
        bad="A dimension that also stands under dimensions.",
        default=(),
    )
    other_dimensions: Literal["_T", "open"] = key(
        'What holds for the dimensions of breakdown that this block does not name. "_T": the series has no'
        ' breakdown by them. "open": nothing is known; a breakdown is let through with a notice.'
        " CUST_BREAKDOWN, whose codes are a country's own, is open unless it is named.",
        good="_T",
        bad='"_T" without a source that says so.',
        default="open",
    )
    value: ValueRange = Field(description="What a value may be.")
    freq: SomeCodes = key(
        "Codes of CL_FREQ that a row may carry.", good=["A"], bad='["annual"]', default=("A",)
    )
    direction: Direction = key(
        "Which way is progress. `none`: neither; `mixed`: it depends on the breakdown.",
        good="down",
        bad="`up` for every series of waste: more treated is up, more generated is down.",
    )
    numeric_target: NumericTarget | None = key(
        "The number to reach; its value is null where the target names none.",
        good={"value": 100, "year": "2020", "note": "Target 12.4 sets the year 2020."},
        bad="A country's own target.",
        default=None,
    )
    aggregation: Aggregation | None = key(
        "How the value of a region follows from those of its countries.",
        good={"rule": "sum", "verified": True, "evidence": "UNSD release 2020-10: World 2017, ratio 1.0000."},
        bad="A rule without a word on whether published values follow it.",
        default=None,
    )
    zero: Zero | None = key(
        "What a zero means.",
        good={"policy": "value", "evidence": "UNSD release 2020-10: 421 of 3952 values."},
        bad="A policy without a count.",
        default=None,
    )
    year_on_year: YearOnYear | None = key(
        "How much the value usually changes from a year to the next.",
        good={"threshold": None, "evidence": "Not measured: no values seen."},
        bad="The same 25 per cent for every series.",
        default=None,
    )
    identities: tuple[Identity, ...] = key(
        "Relations that must hold between values of one area and period.",
        good=[
            {
                "kind": "sum_of_series",
                "members": ["ST_EEV_ACCSEEA", "ST_EEV_ACCTSA"],
                "severity": "error",
                "held": 1232,
                "of": 1232,
                "evidence": "UNSD release 2020-10.",
            }
        ],
        bad="A relation that nobody measured, with the severity error.",
        default=(),
    )
    rules: tuple[RuleSetting, ...] = key(
        "Rules of judgement that have another severity or threshold for this series.",
        good=[
            {
                "rule": "SERIES-GAP",
                "threshold": 3,
                "reason": "Collected every four years.",
                "date": "2026-11-22",
            }
        ],
        bad="A rule that one country breaks: that is a waiver, beside the provider.",
        default=(),
    )
    precedence: SomeCodes = key(
        "Ids of providers in the order in which global tables prefer their `G` rows of single countries.",
        good=["UNSD"],
        bad='["KGZ"]: an office\'s rows never stand in for global ones unless national_fills says so.',
        default=("UNSD",),
    )
    national_fills: bool = key(
        "Whether an office's own rows fill gaps of global tables.",
        good=False,
        bad="`true` without agreement of the custodian.",
        default=False,
    )
    source: Text = key(
        "Where the rest of the block comes from and what was seen in data.",
        good="Structure 1.14; UNSD release 2020-10: 455 values of 95 areas.",
        bad="internet",
    )

    @model_validator(mode="after")
    def _consistent(self) -> SeriesBlock:
        if not self.unit_measure and not self.unit_source.lower().startswith("not known"):
            raise ValueError('Without a unit_measure the unit_source begins with "Not known" and says why.')
        if self.status == "current" and self.heirs:
            raise ValueError(f"{self.code} is current and has heirs.")
        if self.status != "current" and not self.heirs and self.heirs_note is None:
            raise ValueError(f"{self.code} is {self.status} and names neither heirs nor a heirs_note.")
        if self.code in self.heirs:
            raise ValueError(f"{self.code} is its own heir.")
        both = sorted(set(self.dimensions) & set(self.any_code))
        if both:
            raise ValueError(f"{both[0]} stands under dimensions and under any_code.")
        return self


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


class Series(SeriesBlock):
    """A series with everything filled in: what rules, templates and tables are derived from.

    Attributes:
        dimensions: allowed codes by dimension, `other_dimensions` written out. A dimension that stands
            neither
            here nor in `any_code` is not declared.
        owner: number of the indicator that owns it.
        indicators: numbers of goals 12 and 13 that it serves, in their order.
        also: numbers of other goals that it serves.
    """

    owner: str
    indicators: tuple[str, ...]
    also: tuple[str, ...]


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
