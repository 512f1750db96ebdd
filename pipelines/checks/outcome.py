"""The outcome of a judgement: the staged frame, the quarantine, the deletes, and what the delivery replaces.

Shapes are described at each function; the frames hold plain columns only, ready to be loaded as Arrow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

from metadata.derive.lexical import number
from metadata.rules import finding
from pipelines.checks.docket import Docket
from pipelines.compact import as_text, distinct
from pipelines.correct import CORRECTION, VALUE
from pipelines.map import NATIONAL
from pipelines.places import ROW, examples

if TYPE_CHECKING:
    from metadata.findings import Finding
    from metadata.load import Catalogue
    from metadata.structure import Structure
    from pipelines.provider import Provider

Replaces = Literal["provider", "indicator", "nothing", "delete"]

PLACES = {"_sheet": "source_sheet", "_row": "source_row", "_line": "source_line"}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a delivery stands for: keys of the scope that it does not name are withdrawn.

    Attributes:
        replaces: all of the provider's data, the series named here (`indicator`), nothing, or nothing because
            the delivery only deletes.
        series: the series whose keys it replaces; None for all (`provider`) and for nothing.
    """

    replaces: Replaces
    series: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Later:
    """A frame of texts that is not made yet: a mere check counts its rows and needs no more of it.

    Attributes:
        height: number of its rows.
        make: makes it.
    """

    height: int
    make: Callable[[], pl.DataFrame]


class MadeWhenAsked:
    """A field of a dataclass that takes a frame or a `Later`, and always gives the frame."""

    def __set_name__(self, owner: type, name: str) -> None:
        """Remember under which name the value is kept."""
        self._name = f"_{name}"

    def __get__(self, instance: object | None, owner: type | None = None) -> pl.DataFrame:
        """Return the frame, made now if it was not yet.

        Raises:
            AttributeError: asked of the class, which has no default for the field.
        """
        if instance is None:
            raise AttributeError(self._name)
        held = instance.__dict__[self._name]
        if isinstance(held, Later):
            held = instance.__dict__[self._name] = held.make()
        return held  # type: ignore[no-any-return]

    def __set__(self, instance: object, value: pl.DataFrame | Later) -> None:
        """Keep a frame, or how it is made."""
        instance.__dict__[self._name] = value


def staged_later(rows: pl.DataFrame, accepted: pl.Series, structure: Structure) -> Later:
    """Return how `staged_frame` is made of the rows whose `_i` were accepted."""

    def make() -> pl.DataFrame:
        if len(accepted) == rows.height:
            return staged_frame(rows, structure)
        chosen = rows.select(*_needed(structure), ROW).join(
            accepted.to_frame(), on=ROW, how="semi", maintain_order="left"
        )
        return staged_frame(chosen, structure)

    return Later(len(accepted), make)


def quarantine_later(rows: pl.DataFrame, kept_back: pl.DataFrame, structure: Structure) -> Later:
    """Return how `quarantine_frame` is made."""
    return Later(kept_back.height, lambda: quarantine_frame(rows, kept_back, structure))


def staged_frame(rows: pl.DataFrame, structure: Structure) -> pl.DataFrame:
    """Return accepted rows as they enter core.

    Columns: the dimensions and `time_period` (never null), `obs_value` (Float64, null for missing, in
    UNIT_MEASURE × 10^UNIT_MULT), `obs_value_text` (as received), the attributes (`unit_mult` Int32),
    `source_sheet`, `source_row`, `source_line`, `correction`. Texts are String, or Categorical where they repeat
    (`pipelines.compact`): a large delivery as plain texts would take several times the memory of its judgement.
    """
    return rows.select(
        *key_of(structure),
        number(pl.col(VALUE).cast(pl.String)).alias("obs_value"),
        pl.col("obs_value").alias("obs_value_text"),
        *(
            pl.col(a.column).cast(pl.String).cast(pl.Int32) if a.column == "unit_mult" else pl.col(a.column)
            for a in structure.attributes
        ),
        *_places(),
        CORRECTION,
    )


def _needed(structure: Structure) -> list[str]:
    """Return the columns that `staged_frame` reads."""
    return [*key_of(structure), VALUE, "obs_value", *(a.column for a in structure.attributes), *PLACES, CORRECTION]


def quarantine_frame(rows: pl.DataFrame, kept_back: pl.DataFrame, structure: Structure) -> pl.DataFrame:
    """Return the rows kept back, all text, with the rules that keep them.

    Columns: dimensions, `time_period`, `obs_value_text`, attributes (after mapping, may be null),
    `rule` (the first), `rules` (all, comma-joined), `message`, `source_sheet`, `source_row`, `source_line`. Texts are
    String or Categorical, as in `staged_frame`.
    """
    joined = rows.join(kept_back, on=ROW, how="inner", maintain_order="left")
    return joined.select(
        *key_of(structure),
        pl.col("obs_value").alias("obs_value_text"),
        *(a.column for a in structure.attributes),
        "rule",
        "rules",
        "message",
        *_places(),
    )


def remarks_frame(rows: pl.DataFrame, remarks: pl.DataFrame, structure: Structure) -> pl.DataFrame:
    """Return the remarks on rows by their key: dimensions, `time_period`, and `finding` (id of a warning)."""
    joined = rows.select(ROW, *key_of(structure)).join(remarks, on=ROW, how="inner", maintain_order="left")
    return joined.select(*key_of(structure), "finding")


def remarks_later(rows: pl.DataFrame, accepted: pl.Series, remarks: pl.DataFrame, structure: Structure) -> Later:
    """Return how `remarks_frame` is made of the remarks on those rows whose `_i` were accepted."""
    on_accepted = remarks.join(accepted.to_frame(), on=ROW, how="semi", maintain_order="left")
    return Later(on_accepted.height, lambda: remarks_frame(rows, on_accepted, structure))


def deletes_of(rows: pl.DataFrame, docket: Docket) -> tuple[pl.DataFrame, list[Finding]]:
    """Return the keys that rows of action Delete take back, and a finding about those that cannot be used.

    Keys out of scope are passed over: nothing of them is held. A key with an empty dimension (all of a
    series, in SDMX) or of another provider's area is refused with a finding.
    """
    key, provider = key_of(docket.structure), docket.provider
    ours = rows.filter(pl.col("series").is_null() | pl.col("series").is_in(list(docket.catalogue.series)))
    ours = ours.filter(pl.col(NATIONAL).is_null())
    whole = pl.all_horizontal(pl.col(key).is_not_null())
    if provider is not None and provider.areas != "all":
        whole &= pl.col("ref_area").is_in(list(provider.areas))
    usable = whole.fill_null(value=False)
    keys = as_text(ours.filter(usable).select(key).unique(maintain_order=True))
    refused = ours.filter(~usable)[ROW]
    if refused.is_empty():
        return keys, []
    at = examples(docket.received, refused, docket.structure)
    return keys, [finding("DELETE-REFUSED", places=len(refused), examples=at)]


def scope_of(
    rows: pl.DataFrame, provider: Provider | None, catalogue: Catalogue, *, deletes_only: bool = False
) -> Scope:
    """Return what a delivery replaces, from its actions and its provider's policy.

    Args:
        rows: all rows in scope that are no deletes: accepted, kept back, duplicate or dropped.
        provider: whose `replaces` holds for data sets without an action, or of action Information. Append and
            Merge touch only the keys sent; Replace replaces the series it brings.
        catalogue: says which series belong together.
        deletes_only: the message holds deletes and nothing else.
    """
    if deletes_only:
        return Scope("delete", None)
    by_policy = rows.filter(pl.col("_action").is_null() | (pl.col("_action") == "Information"))
    policy = provider.replaces if provider else "nothing"
    if policy == "provider" and (by_policy.height or rows.is_empty()):
        return Scope("provider", None)
    series = _ours(rows.filter(pl.col("_action") == "Replace"), catalogue)
    if policy == "indicator":
        touched = {n for code in _ours(by_policy, catalogue) for n in catalogue.indicators_of(code)}
        series |= {code for code, indicator in catalogue.bridge if indicator in touched}
    return Scope("indicator", frozenset(series)) if series else Scope("nothing", None)


def touched_indicators(
    rows: pl.DataFrame, deletes: pl.DataFrame, scope: Scope, catalogue: Catalogue
) -> frozenset[str]:
    """Return the numbers of the indicators whose tables a load of the delivery may change."""
    if scope.replaces == "provider":
        return frozenset(catalogue.indicators)
    series = _ours(rows, catalogue) | _ours(deletes, catalogue) | (scope.series or frozenset())
    return frozenset(number for code in series for number in catalogue.indicators_of(code))


def _ours(rows: pl.DataFrame, catalogue: Catalogue) -> set[str]:
    return {code for code in distinct(rows, "series") if code in catalogue.series}


def key_of(structure: Structure) -> list[str]:
    """Return the columns that identify an observation within a provider: the dimensions and the period."""
    return [component.column for component in (*structure.dimensions, structure.time)]


def _places() -> list[pl.Expr]:
    return [pl.col(ours).alias(theirs) for ours, theirs in PLACES.items()]
