"""What an office may state of its own data in its provider's file: the block `assessment`. Optional; shape and checks.

The fields are those of a national SDG data assessment: whether there are data, by which definition, from which
institution and kind of source, how often, what stands in the way. The kinds of barrier are the kinds of gap of
PARIS21's tool ADAPT; the kinds of source are our proposal. Whatever is not stated stays not known: nothing is filled
in from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

if TYPE_CHECKING:
    from metadata.errors import SdgError
    from metadata.structure import Structure
    from pipelines.provider import Provider
    from pipelines.provider_check import Located

Barrier = Literal["data", "reporting", "financial", "geographic", "capacity"]
SourceType = Literal["survey", "census", "administrative records", "registers", "measurement", "estimate", "other"]
Words = Annotated[str, StringConstraints(min_length=2)]


def _day(value: object) -> object:
    """Return a date written in quotes; YAML's own dates are dates already."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f'"{value}" is not a day such as "2026-03-01".') from error


class NationalStatement(BaseModel):
    """What is stated of some indicators in one country.

    Attributes:
        indicators: official numbers that it holds for.
        area: M49 code; None where the provider has one area.
        available: whether the country has national data.
        definition: whether the national definition is the global one or a proxy.
        institution: who produces the data.
        source_type: kind of source.
        frequency: how often, in words.
        disaggregations: dimensions by which the country has it, as component ids.
        metadata_available: whether the country has metadata for it.
        barriers: kinds of barrier; an empty list states that there is none.
        barrier_note: what stands in the way.
        planned: year by which it is planned to be available.
        stated_by: who states it, and where it can be read.
        stated_on: date of the statement.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    indicators: Annotated[tuple[str, ...], Field(min_length=1)]
    area: str | None = None
    available: Literal["yes", "partly", "no"] | None = None
    definition: Literal["same", "proxy"] | None = None
    institution: Words | None = None
    source_type: SourceType | None = None
    frequency: Words | None = None
    disaggregations: tuple[str, ...] | None = None
    metadata_available: bool | None = None
    barriers: tuple[Barrier, ...] | None = None
    barrier_note: Words | None = None
    planned: Annotated[str, StringConstraints(pattern=r"^20\d\d$")] | None = None
    stated_by: Annotated[str, StringConstraints(min_length=5)]
    stated_on: Annotated[date, BeforeValidator(_day)]


def complaints_about_statements(provider: Provider, structure: Structure, at: Located) -> Iterator[SdgError]:
    """Yield what is wrong with the block `assessment` beyond its shape, each with file:line."""
    known = {number for entry in structure.series_index.values() for number in entry.indicators}
    dimensions = {one.id for one in structure.dimensions}
    seen: set[tuple[str, str | None]] = set()
    for index, one in enumerate(provider.assessment):
        where = ("assessment", index)
        area = _area(provider, one)
        if area is None:
            yield at.complaint(where, "The statement has no area, and the provider has not exactly one.")
        elif provider.areas != "all" and area not in provider.areas:
            yield at.complaint((*where, "area"), f'"{area}" is not among the areas of {provider.id}.')
        elif provider.areas == "all" and area not in (structure.codelist("REF_AREA") or ()):
            yield at.complaint((*where, "area"), f'"{area}" is not an M49 code of CL_AREA.')
        for place, number in enumerate(one.indicators):
            if number not in known:
                yield at.complaint((*where, "indicators", place), f'There is no indicator "{number}".')
            elif (number, area) in seen:
                yield at.complaint((*where, "indicators", place), f"{number} is stated twice for the same area.")
            seen.add((number, area))
        for place, dimension in enumerate(one.disaggregations or ()):
            if dimension not in dimensions:
                yield at.complaint(
                    (*where, "disaggregations", place), f'"{dimension}" is not a dimension of the structure.'
                )


def rows_of_statements(provider: Provider) -> list[dict[str, Any]]:
    """Return the rows of `metadata.national_statement` of one provider: one an indicator and area."""
    return [
        {
            "provider": provider.id,
            "indicator": number,
            "ref_area": _area(provider, one),
            "available": one.available,
            "definition": one.definition,
            "institution": one.institution,
            "source_type": one.source_type,
            "frequency": one.frequency,
            "disaggregations": _joined(one.disaggregations, lower=True),
            "metadata_available": one.metadata_available,
            "barriers": _joined(one.barriers),
            "barrier_note": one.barrier_note,
            "planned": one.planned,
            "stated_by": one.stated_by,
            "stated_on": one.stated_on,
        }
        for one in provider.assessment
        for number in one.indicators
    ]


def row_of_provider(provider: Provider) -> dict[str, Any]:
    """Return a provider's row of `metadata.provider`."""
    return {
        "provider": provider.id,
        "name": provider.name,
        "kind": provider.kind,
        "areas": None if provider.areas == "all" else " ".join(provider.areas),
        "replaces": provider.replaces,
        "cadence_days": provider.cadence_days,
        "schedule": provider.schedule.cron if provider.schedule else None,
        "timezone": provider.schedule.timezone if provider.schedule else None,
    }


def _area(provider: Provider, one: NationalStatement) -> str | None:
    if one.area is None and provider.areas != "all" and len(provider.areas) == 1:
        return provider.areas[0]
    return one.area


def _joined(words: tuple[str, ...] | None, *, lower: bool = False) -> str | None:
    if words is None:
        return None
    return " ".join(word.lower() if lower else word for word in words)
