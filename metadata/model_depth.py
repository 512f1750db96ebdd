"""What a series' block says beyond its form: its target, its aggregate, its identities, its usual movement.

Each block names its evidence, and says so where nothing was measured: a rule that is derived from a block takes its
severity from how often the statement held on published data. A statement of ours that nobody published is marked
`proposal: true`. Parts of `metadata.model_series.SeriesBlock`; whether the codes named here exist is checked in
`metadata.lint_depth`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from metadata.model_types import (
    Code,
    Codes,
    Day,
    Declared,
    RealNumber,
    SomeCodes,
    Text,
    WholeNumber,
    Year,
    key,
)

AggregationRule = Literal["sum", "mean", "weighted_mean", "ratio_of_sums", "count", "none", "not known"]
IdentityKind = Literal["total_of_parts", "sum_of_series", "share", "at_most", "equals", "per_unit", "descending"]
Comparison = Literal["equals", "at_least", "at_least_each"]
ZeroRule = Literal["value", "not published", "missing", "not known"]
Severity = Literal["error", "warning", "info"]

NEEDS: dict[str, tuple[str, ...]] = {
    "total_of_parts": ("dimension", "total", "parts"),
    "sum_of_series": ("members",),
    "share": ("numerator", "denominator", "factor"),
    "at_most": ("members",),
    "equals": ("members",),
    "per_unit": ("numerator", "per", "factor"),
    "descending": ("dimension", "parts"),
}
"""The keys that an identity of each kind must have, and no others of them may stand there."""


class NumericTarget(Declared):
    """The number that the series should reach, where the target or its framework names one."""

    value: RealNumber | None = key(
        "The number to reach, in unit_measure × 10^unit_mult; null where no number is set.",
        good=100,
        bad="30 because a country has promised it: this is the global target.",
    )
    of: Literal["level", "percent of base"] = key(
        "`level`: the value itself. `percent of base`: per cent of the value in the base year.",
        good="percent of base",
        bad="`level` for “halve by 2030”.",
        default="level",
    )
    year: Year | None = key("The year by which.", good="2030", bad="2030 without quotes.", default=None)
    proposal: bool = key(
        "Whether the number is our reading and not that of the target's text.",
        good=True,
        bad="Leaving it out where the text of the target names no number.",
        default=False,
    )
    note: Text = key(
        "Where the number comes from, or why there is none.",
        good="Target 12.3: halve food waste per capita; the base year is not set.",
        bad="obvious",
    )

    @model_validator(mode="after")
    def _consistent(self) -> NumericTarget:
        if self.value is not None and self.year is None:
            raise ValueError("A numeric target has a value and no year.")
        if self.value is None and (self.year is not None or self.of != "level"):
            raise ValueError("A numeric target has a year or a base and no value.")
        return self


class Aggregation(Declared):
    """How the value of a region follows from those of its countries."""

    rule: AggregationRule = key(
        "`sum`; `mean` of countries, unweighted; `weighted_mean`; `ratio_of_sums`: sum of numerators by sum of"
        " denominators; `count` of countries; `none`: no regional value is made; `not known`.",
        good="ratio_of_sums",
        bad="`mean` for a figure per capita: it gave 11.1 where 12.2 t was published.",
    )
    weight: Text | None = key(
        "What weighs or divides: the series or quantity, and for which countries.",
        good="population of all countries, those without data included",
        bad="`population` where only reporting countries count.",
        default=None,
    )
    all_areas: bool = key(
        "Whether what divides is that of all countries of the group, those without a value included; otherwise that of"
        " the countries with a value alone.",
        good=True,
        bad="Leaving it out where the population of the whole region divides: 12.24 t instead of 12.17 t per head.",
        default=False,
    )
    minimum_coverage: Annotated[float, Field(gt=0, le=1)] | None = key(
        "The share of a group, above 0 and up to 1, below which no regional value is made: of its weight where the rule"
        " has one, else of its countries. Null where none is known; then areas_counted stands beside every value.",
        good=0.5,
        bad="`50`, or a share of which nobody has written that it is the one in use.",
        default=None,
    )
    verified: bool = key(
        "Whether the rule was seen to give the published regional values.",
        good=True,
        bad="`true` because the method paper says so.",
    )
    proposal: bool = key(
        "Whether the rule is ours, because no published method or value was seen.",
        good=True,
        bad="Leaving it out for a rule taken over from a similar series.",
        default=False,
    )
    evidence: Text = key(
        "What was compared with what, and the result.",
        good="UNSD release 2020-10: World 2010, 2015, 2017 = sum of countries, ratio 1.0000.",
        bad="see metadata",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Aggregation:
        if self.rule in ("weighted_mean", "ratio_of_sums") and self.weight is None:
            raise ValueError(f"The rule {self.rule} needs a weight.")
        if self.rule not in ("weighted_mean", "ratio_of_sums") and self.weight is not None:
            raise ValueError(f"The rule {self.rule} has no weight.")
        if self.all_areas and self.weight is None:
            raise ValueError(f"all_areas says what divides, and the rule {self.rule} divides by nothing.")
        if self.minimum_coverage is not None and self.rule in ("none", "not known"):
            raise ValueError(f"minimum_coverage is a bound on regional values, and the rule is {self.rule}.")
        if self.verified and (self.proposal or self.rule == "not known"):
            raise ValueError("An aggregation that is a proposal or not known cannot be verified.")
        return self


class Tolerance(Declared):
    """How far two sides of an identity may be apart. The larger of the two bounds counts."""

    absolute: Annotated[RealNumber, Field(ge=0)] = key(
        "In unit_measure × 10^unit_mult.", good=2, bad="-2", default=0.0
    )
    relative: Annotated[RealNumber, Field(ge=0, lt=1)] = key(
        "As a fraction of the larger side: 0.001 is a tenth of a per cent.", good=0.001, bad="0.1%", default=0.0
    )


class Identity(Declared):
    """A relation that must hold between values of one area and period; all other dimensions are equal.

    `total_of_parts`: code `total` of `dimension` against the sum of `parts`. `sum_of_series`: this series = the sum
    of `members`. `share`: this = `numerator` / `denominator` × `factor`. `at_most`: this ≤ each of `members`.
    `equals`: this = each of `members`. `per_unit`: this = `numerator` / a quantity that is no series × `factor`.
    `descending`: along `parts` of `dimension` no value is larger than the one before. A relation in which a row is
    missing is not judged, except where the code or series stands under `may_lack`: then it counts as nothing.
    """

    kind: IdentityKind = key(
        "What kind of relation.", good="share", bad="`total_of_parts` where the list of parts has gaps."
    )
    dimension: Code | None = key("Dimension that is added up.", good="PRODUCT", bad="Product", default=None)
    total: Code | None = key("Code of the total.", good="_T", bad="ALP: a code of the API.", default=None)
    parts: SomeCodes | None = key(
        "Codes of the parts, none inside another.",
        good=["MF1", "MF2", "MF3", "MF4"],
        bad='["MF1", "MF11"]: crops are part of biomass.',
        default=None,
    )
    members: SomeCodes | None = key(
        "The other series.", good=["VC_DSR_MORT", "VC_DSR_MISS"], bad="This series itself.", default=None
    )
    may_lack: Codes = key(
        "Those of `parts` or `members` that need not be there; a missing one counts as nothing.",
        good=["AGG_MIX_CMPLX"],
        bad="All of them for a total of materials: 41 published totals have parts missing and do not add up.",
        default=(),
    )
    numerator: Code | None = key("Series above the line.", good="EN_HAZ_TRTDISV", bad="A name.", default=None)
    denominator: Code | None = key("Series below the line.", good="EN_HAZ_GENV", bad="A name.", default=None)
    per: Literal["population", "GDP"] | None = key(
        "Quantity below the line that is no series here.", good="population", bad="inhabitants", default=None
    )
    factor: RealNumber | None = key(
        "What the quotient is multiplied by, units and multipliers included.",
        good=100,
        bad="Leaving it out for a percentage.",
        default=None,
    )
    comparison: Comparison = key(
        "`equals`; `at_least`: the total is not below the sum of the parts; `at_least_each`: not below any part.",
        good="equals",
        bad="`equals` for treatments of hazardous waste: it held in 233 of 563.",
        default="equals",
    )
    tolerance: Tolerance = Field(description="How far the sides may be apart.", default=Tolerance())
    severity: Severity = key(
        "How bad it is when the relation does not hold. It follows from the measured truth: `error` needs one.",
        good="error",
        bad="`error` without `held` and `of`.",
    )
    held: WholeNumber | None = key(
        "In how many published cases it held.", good=3074, bad="all", default=None
    )
    of: WholeNumber | None = key("Out of how many.", good=3074, bad="Leaving it out.", default=None)
    proposal: bool = key(
        "Whether the relation is ours, not measured and not published.",
        good=True,
        bad="Leaving it out for a relation taken over from a similar series.",
        default=False,
    )
    evidence: Text = key(
        "On which data it was measured, and what the exceptions are.",
        good="UNSD release 2020-10.",
        bad="mathematics",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Identity:
        wanted = NEEDS[self.kind]
        for name in sorted({name for names in NEEDS.values() for name in names}):
            given = getattr(self, name) is not None
            if given != (name in wanted):
                raise ValueError(f"An identity of kind {self.kind} {'needs' if not given else 'has no'} {name}.")
        foreign = set(self.may_lack) - {*(self.parts or ()), *(self.members or ())}
        if foreign:
            raise ValueError(f"{min(foreign)} stands under may_lack and is neither a part nor a member.")
        if self.total is not None and self.total in (self.parts or ()):
            raise ValueError(f"{self.total} is the total and one of its parts.")
        if self.comparison != "equals" and self.kind != "total_of_parts":
            raise ValueError(f"An identity of kind {self.kind} has no comparison.")
        if (self.held is None) != (self.of is None):
            raise ValueError("held and of stand together or not at all.")
        if self.held is not None and self.of is not None and not 0 <= self.held <= self.of:
            raise ValueError(f"An identity held {self.held} times out of {self.of}.")
        if self.severity == "error" and self.of is None:
            raise ValueError("An identity of severity error needs held and of: how often it held.")
        return self


class YearOnYear(Declared):
    """How much the value of one series key usually changes from a year to the next.

    The threshold is a percentile of |v(t) / v(t-1) - 1| × 100 over pairs of consecutive years of single countries with
    v(t-1) above 0.
    """

    threshold: Annotated[RealNumber, Field(gt=0)] | None = key(
        "Change in per cent beyond which a value deserves a second look; null where it was not measured.",
        good=143.6,
        bad="25 for every series: 37 of 100 changes of hazardous waste are larger.",
    )
    percentile: Annotated[WholeNumber, Field(ge=50, le=100)] | None = key(
        "Which percentile of the published changes it is.", good=95, bad="0.95", default=None
    )
    pairs: Annotated[WholeNumber, Field(ge=1)] | None = key(
        "Over how many pairs of years.", good=455, bad="many", default=None
    )
    evidence: Text = key(
        "The data that it was measured on, or why it was not.",
        good="UNSD release 2020-10, 47 areas, 2000 to 2017.",
        bad="experience",
    )

    @model_validator(mode="after")
    def _consistent(self) -> YearOnYear:
        given = {self.threshold is None, self.percentile is None, self.pairs is None}
        if len(given) > 1:
            raise ValueError("threshold, percentile and pairs stand together; where not measured threshold is null.")
        if self.threshold is None and not self.evidence.lower().startswith("not measured"):
            raise ValueError('Without a threshold the evidence begins with "Not measured" and says why.')
        return self


class Zero(Declared):
    """What a zero means: a value, a missing one, or something that is never published."""

    policy: ZeroRule = key(
        "`value`: zeros are values. `not published`: the global database has none. `missing`: a zero stands for no"
        " answer. `not known`.",
        good="value",
        bad="`missing` because zeros look odd.",
    )
    evidence: Text = key(
        "How many zeros were seen where.", good="421 of 3952 values of the release of 2020-10.", bad="none"
    )


class RuleSetting(Declared):
    """What a rule of judgement does for this series, where it differs from the catalogue of rules."""

    rule: Code = key("Id of the rule.", good="SERIES-GAP", bad="all")
    severity: Severity | None = key(
        "The severity of its findings about this series; left out: the rule's own. `error` keeps rows back where the"
        " rule does.",
        good="info",
        bad="`info` for whatever an office complained about: that is a waiver, beside the provider.",
        default=None,
    )
    threshold: Annotated[RealNumber, Field(gt=0)] | None = key(
        "The rule's number for this series; what it means is said by the rule. Left out: the rule's own.",
        good=10,
        bad="A threshold for a rule that has none.",
        default=None,
    )
    reason: Text = key(
        "Why, and on what evidence.",
        good="UNSD release 2020-10: 31 of 95 areas are further away than the rule allows.",
        bad="noisy",
    )
    date: Day = key("When this was decided.", good="2026-11-22", bad="2026-11")

    @model_validator(mode="after")
    def _consistent(self) -> RuleSetting:
        if self.severity is None and self.threshold is None:
            raise ValueError(f"The setting of {self.rule} has neither a severity nor a threshold.")
        return self
