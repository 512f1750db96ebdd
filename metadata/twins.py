"""Twins: indicators that other goals repeat, and series that are published under several numbers.

A value of such a series is one value, whatever number it stands under: `pipelines.checks.sets` holds tables with a
column INDICATOR to that. Read from the declarations' `also` and `uses`, which a lint rule compares with the structure.
"""

from __future__ import annotations

from collections.abc import Mapping

from metadata.declarations import number_key
from metadata.load import Catalogue


def twins(catalogue: Catalogue) -> Mapping[str, tuple[str, ...]]:
    """Return, for every series under several numbers, all of them: `EN_MAT_DOMCMPT` → 8.4.2, 12.2.2."""
    found = {}
    for code, series in catalogue.series.items():
        numbers = tuple(sorted({*series.indicators, *series.also}, key=number_key))
        if len(numbers) > 1:
            found[code] = numbers
    return found


def related(catalogue: Catalogue, number: str) -> tuple[str, ...]:
    """Return the indicators of goals 12 and 13 that share a series with one of them, itself left out."""
    shared = {other for serves in twins(catalogue).values() if number in serves for other in serves}
    return tuple(sorted((shared & set(catalogue.indicators)) - {number}, key=number_key))


def numbers_of(catalogue: Catalogue, number: str) -> tuple[str, ...]:
    """Return every number under which an indicator's series are published, its own first."""
    indicator = catalogue.indicators[number]
    others = {*indicator.also, *related(catalogue, number)} - {number}
    return (number, *sorted(others, key=number_key))
