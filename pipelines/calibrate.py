"""Calibration: what published data say about the thresholds of each series, as a proposal beside what is declared.

Nothing is changed in `indicators/`: the data officer reads the proposal and pastes what convinces. A threshold is
proposed as `year_on_year` declares it: the 95th percentile of |v(t) / v(t-1) - 1| over consecutive years of single
countries with v(t-1) above 0, in per cent. How often a rule would fire is counted with the rule's own code. Fewer
pairs than `FEW` give no proposal (ours: a 95th percentile of fewer says nothing of the tail).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.checks.figures import in_declared_unit
from pipelines.checks.history_changes import beyond
from pipelines.checks.history_frames import numbers_of
from pipelines.checks.identities import CASES, cases

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.load import Catalogue
    from metadata.model_series import Series
    from metadata.structure import Structure
    from warehouse.calibration import Measured

FEW = 30
PERCENTILE = 95
TIME = "time_period"


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a rule fires on what is published.

    Attributes:
        rule: its id.
        fired: number of cases.
        of: number of cases that could be judged; None where only the fired ones are known.
    """

    rule: str
    fired: int
    of: int | None

    def words(self) -> str:
        """Return `3 of 455 (0.7 %)`."""
        if self.of is None:
            return f"{self.fired:,} {'row' if self.fired == 1 else 'rows'} kept back"
        share = f" ({100 * self.fired / self.of:.1f} %)" if self.of else ""
        return f"{self.fired:,} of {self.of:,}{share}"


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What is published of a series, and what follows from it.

    Attributes:
        code: the series.
        owner: number of the indicator whose file declares it.
        values, areas, first, last, low, high, zeros: of single countries.
        pairs: pairs of consecutive years; their changes have the percentile `change` (per cent).
        revisions: revised values; their sizes have the percentile `revision` (per cent).
        declared: what the declaration says now, by its keys.
        propose: what may be pasted into the block of the series, by its keys; empty when nothing is proposed.
        rates: how often rules fire.
        identities: of each declared identity that could be judged: its number in the list from 1, its kind, and in how
            many cases it `held`, `of` how many.
    """

    code: str
    owner: str
    values: int
    areas: int
    first: str
    last: str
    low: float
    high: float
    zeros: int
    pairs: int
    change: float | None
    revisions: int
    revision: float | None
    declared: dict[str, Any] = field(default_factory=dict)
    propose: dict[str, Any] = field(default_factory=dict)
    rates: tuple[Rate, ...] = ()
    identities: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """The proposal for all series that have published values.

    Attributes:
        day: when it was made.
        providers: whose values it stands on.
        published: which load was the last, in words.
        series: in the order of the catalogue.
    """

    day: date
    providers: tuple[str, ...]
    published: str
    series: tuple[Calibrated, ...]

    @property
    def source(self) -> str:
        """Return the data in words: `KGZ, RWA; published copy with load 12 of 2026-11-22`."""
        return f"{', '.join(self.providers) or 'no provider'}; {self.published}"


def calibrate(
    found: Measured, catalogue: Catalogue, structure: Structure, areas: Areas, *, today: date
) -> Proposal:
    """Return what the published data say of each series that has values.

    Args:
        found: what is published.
        catalogue: what is declared.
        structure: names the key.
        areas: tells single countries from groups.
        today: the date of the proposal.
    """
    codes = found.values["ref_area"].unique().to_list()
    single = [code for code in codes if code in areas.areas and not areas.is_group(code)]
    values = found.values.filter(pl.col("ref_area").is_in(single))
    key = ["provider", *(dimension.column for dimension in structure.dimensions)]
    pairs = _pairs(values, key).join(numbers_of(catalogue), on="series")
    revisions = found.revisions.filter(pl.col("ref_area").is_in(single) & (pl.col("before") > 0))
    revisions = revisions.join(numbers_of(catalogue), on="series")
    last = "nothing loaded" if found.loaded_at is None else f"load {found.load_id} of {found.loaded_at:%Y-%m-%d}"
    proposal = Proposal(
        today, tuple(sorted(values["provider"].unique().to_list())), f"published copy with {last}", ()
    )
    identities = _identities(values, catalogue, structure)
    by_code = {str(code): part for (code,), part in values.partition_by("series", as_dict=True).items()}
    parts = [
        _series(
            catalogue.series[code],
            by_code[code],
            pairs.filter(pl.col("series") == code),
            revisions.filter(pl.col("series") == code),
            found.kept_back.filter(pl.col("series") == code),
            identities.filter(pl.col("series") == code),
            proposal,
        )
        for code in catalogue.series
        if code in by_code
    ]
    return Proposal(proposal.day, proposal.providers, proposal.published, tuple(parts))


def _pairs(values: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Return pairs of consecutive years of one series key, in the same unit: `series`, `v`, `before`."""
    yearly = values.filter(pl.col(TIME).str.contains(r"^\d{4}$")).with_columns(pl.col(TIME).cast(pl.Int32))
    same = [*key, TIME, "unit_mult", "unit_measure"]
    earlier = yearly.select(*same, pl.col("obs_value").alias("before")).with_columns(pl.col(TIME) + 1)
    joined = yearly.join(earlier, on=same, nulls_equal=True).filter(pl.col("before") > 0)
    return joined.select("series", "ref_area", TIME, pl.col("obs_value").alias("v"), "before")


def _identities(values: pl.DataFrame, catalogue: Catalogue, structure: Structure) -> pl.DataFrame:
    """Return how often declared identities hold within a provider's values: `series`, `identity`, `held`, `of`."""
    found = [pl.DataFrame(schema=CASES)]
    for of_provider in values.partition_by("provider"):
        numbers = of_provider.rename({"obs_value": "_number"}).with_columns(pl.lit(None, dtype=pl.UInt32).alias("_i"))
        found.append(cases(in_declared_unit(numbers, catalogue), catalogue, structure))
    judged = pl.concat(found).group_by("series", "identity")
    return judged.agg(pl.col("holds").sum().alias("held"), pl.len().alias("of")).sort("series", "identity")


def _judged_identity(series: Series, position: int, held: int, of: int) -> dict[str, Any]:
    return {"identity": position + 1, "kind": series.identities[position].kind, "held": held, "of": of}


def _size(pairs: pl.DataFrame) -> float | None:
    change = pairs.select(((pl.col("v") / pl.col("before") - 1) * 100).abs().alias("change"))["change"]
    found = change.quantile(PERCENTILE / 100, "linear")
    return None if found is None else float(f"{found:.4g}")


def _series(
    series: Series,
    values: pl.DataFrame,
    pairs: pl.DataFrame,
    revisions: pl.DataFrame,
    kept_back: pl.DataFrame,
    identities: pl.DataFrame,
    proposal: Proposal,
) -> Calibrated:
    number = values["obs_value"]
    zeros = int((number == 0).sum())
    rates = [
        *_change_rates(pairs, revisions),
        *_range_rates(series, number),
        *(Rate(rule, rows, None) for rule, rows in kept_back.select("rule", "rows").iter_rows()),
    ]
    change, revision = _size(pairs), _size(revisions)
    low, high = float(number.min()), float(number.max())  # type: ignore[arg-type]
    said = f"Proposal of {proposal.day}: {proposal.source}"
    propose: dict[str, Any] = {}
    if change and pairs.height >= FEW:
        years = pairs[TIME].sort()
        span = f"{pairs['ref_area'].n_unique()} areas, changes of {years[0]} to {years[-1]}"
        propose["year_on_year"] = {
            "threshold": change, "percentile": PERCENTILE, "pairs": pairs.height, "evidence": f"{said}; {span}.",
        }  # fmt: skip
    policy = _zero_policy(series, zeros, len(number))
    if policy is not None:
        propose["zero"] = {"policy": policy, "evidence": f"{said}; {zeros:,} of {len(number):,} values."}
    outside = sum(rate.fired for rate in rates if rate.rule == "VALUE-RANGE" and rate.of is not None)
    if outside and series.value.severity == "error":
        note = f"{said}: {outside:,} of {len(number):,} values outside, from {low:.10g} to {high:.10g}."
        propose["value"] = {**_value(series), "severity": "warning", "note": note}
    return Calibrated(
        series.code, series.owner, values.height, values["ref_area"].n_unique(),
        str(values[TIME].min()), str(values[TIME].max()), low, high, zeros,
        pairs.height, change, revisions.height, revision, _declared(series), propose, tuple(rates),
        tuple(_judged_identity(series, *row) for row in identities.select("identity", "held", "of").iter_rows()),
    )  # fmt: skip


def _change_rates(pairs: pl.DataFrame, revisions: pl.DataFrame) -> list[Rate]:
    """Return how often the two rules on changes would fire with the declared threshold; none without one."""
    found = []
    for rule, rows in (("HISTORY-CHANGE", pairs), ("HISTORY-REVISION", revisions)):
        judged = rows.filter(pl.col("threshold").is_not_null())
        if judged.height:
            found.append(Rate(rule, beyond(judged, "v", "before").height, judged.height))
    return found


def _range_rates(series: Series, number: pl.Series) -> list[Rate]:
    limits = series.value
    # a single country's own maximum, where regions may have more
    top = limits.country_maximum if limits.country_maximum is not None else limits.maximum
    if limits.minimum is None and top is None:
        return []
    outside = pl.Series([False] * len(number))
    if limits.minimum is not None:
        outside |= number < limits.minimum
    if top is not None:
        outside |= number > top
    return [Rate("VALUE-RANGE", int(outside.sum()), len(number))]


def _zero_policy(series: Series, zeros: int, values: int) -> str | None:
    """Return another policy for zeros than the declared one; None where that fits, or too little is known."""
    declared = series.zero.policy if series.zero else None
    if zeros and declared in (None, "not published", "not known"):
        return "value"
    if not zeros and values >= FEW * 10 and declared in (None, "not known"):
        return "not published"
    return None


def _declared(series: Series) -> dict[str, Any]:
    found: dict[str, Any] = {"value": _value(series)}
    if series.year_on_year is not None:
        found["year_on_year"] = series.year_on_year.model_dump(exclude_none=True)
    if series.zero is not None:
        found["zero"] = series.zero.model_dump()
    return found


def _value(series: Series) -> dict[str, Any]:
    return series.value.model_dump(exclude_unset=True)

