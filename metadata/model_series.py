"""The declaration classes of a series: a block as its owning indicator declares it, and the series resolved.

`SeriesBlock` is what a data officer writes in an indicator's file, `Series` the same with everything filled in. The
file around the block is in `metadata.model`; targets, zeros, aggregation and identities are in `metadata.model_depth`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from metadata.model_depth import Aggregation, Identity, NumericTarget, RuleSetting, YearOnYear, Zero
from metadata.model_types import (
    Code,
    Codes,
    Declared,
    RealNumber,
    SomeCodes,
    SomeTexts,
    Text,
    WholeNumber,
    distinct,
    key,
)

Status = Literal["current", "legacy", "retired"]
Direction = Literal["up", "down", "none", "mixed"]
ValueType = Literal["number", "integer", "binary", "percent", "index"]
RangeSeverity = Literal["error", "warning", "info"]


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
