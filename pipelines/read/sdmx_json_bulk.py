"""Observations of SDMX-JSON in bulk: columns of a million keys and cells without a Python object for any.

A piece of the mass (`pipelines.read.sdmx_json_pieces`) is cut at its brackets and commas
(`pipelines.read.sdmx_json_cut`), and its cells are taken column by column (`pipelines.read.sdmx_json_cells`). This
looks at bytes with vector instructions only, and lets other threads run meanwhile. What is not plainly of the form that
the field guide shows is `Odd`: then the piece is decoded, and complained about where there is cause. Both give the same
frame (`tests/unit/pipelines/test_read_sdmx_json_bulk.py`).

Standard: SDMX-JSON data message field guide, "series", "observations", "handling component values".
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.read.sdmx_json_cells import Odd, cells, positions
from pipelines.read.sdmx_json_cut import Observations
from pipelines.read.sdmx_json_values import Component, Repeated
from pipelines.read.sdmx_ml_lexicon import Flags, Numbers, Words
from pipelines.read.text_views import texts


def observations(
    found: Observations, dimensions: list[Component], components: list[Component], repeated: Repeated
) -> pl.DataFrame:
    """Return the observations of a piece: a column of positions for each dimension, of texts for each other component.

    Raises:
        Odd: the piece is to be decoded.
    """
    return pl.concat([_positions(found, dimensions), _values(found, components, repeated)], how="horizontal")


def names(found: Observations) -> pl.Series:
    """Return hashes of the keys of the observations."""
    return texts(found.content, found.keys, found.separators - 1 - found.keys).hash()


def once(hashes: pl.Series) -> pl.Series:
    """Return hashes, of which no two are equal.

    Raises:
        Odd: two are, so that a name may stand twice.
    """
    if hashes.n_unique() < len(hashes):
        raise Odd
    return hashes


def check_once(found: Observations, owner: Numbers, frame: pl.DataFrame, dimensions: list[Component]) -> None:
    """Raise Odd where a series, whose number `owner` has for each row, may have two observations of one key."""
    follows = owner[1:] == owner[:-1]
    if len(dimensions) == 1:
        at = frame[dimensions[0].column].to_numpy()
        if (~follows | (at[1:] > at[:-1])).all():
            return
    both = pl.DataFrame({"owner": owner, "name": names(found)})
    if both.is_duplicated().any():
        raise Odd


def _positions(found: Observations, dimensions: list[Component]) -> pl.DataFrame:
    """Return the positions in keys, `0:3:1`."""
    if not dimensions:
        raise Odd
    last = found.separators - 1
    colons = _colons(found, len(dimensions) - 1)
    starts = [found.keys, *(colons[:, number] + 1 for number in range(colons.shape[1]))]
    ends = [*(colons[:, number] for number in range(colons.shape[1])), last]
    columns = []
    for component, begin, end in zip(dimensions, starts, ends, strict=True):
        at, valid = positions(found.content, begin, end - begin)
        if valid is not None or int(at.max()) >= _count(component):
            raise Odd
        columns.append(pl.Series(component.column, at.view(np.int64)))
    return pl.DataFrame(columns)


def _colons(found: Observations, each: int) -> Numbers:
    """Return the places of so many colons in each key."""
    rows = len(found.keys)
    if not each:
        return np.empty((rows, 0), np.int64)
    every = np.flatnonzero(found.content.raw == ord(":"))
    colons: Numbers
    if len(every) == rows * (each + 1):
        colons = every.reshape(rows, each + 1)
        if (colons[:, each] == found.separators).all() and (colons[:, 0] > found.keys).all():
            return colons[:, :each]
    behind = np.searchsorted(every, found.separators)
    if behind.min() < each:
        raise Odd
    colons = every[behind[:, None] - np.arange(each, 0, -1)]
    if (colons[:, 0] <= found.keys).any():
        raise Odd
    return colons


def _count(component: Component) -> int:
    return 0 if component.texts is None else len(component.texts)


def _values(found: Observations, components: list[Component], repeated: Repeated) -> pl.DataFrame:
    """Return what stands in the arrays, which may be shorter, or longer by annotations."""
    quoted, height = found.quoted, len(found.widths)
    columns = list[pl.Series]()
    for number, (rows, starts, ends) in enumerate(found.columns(len(components))):
        component = components[number] if number < len(components) else None
        column = pl.repeat(None, height, dtype=pl.String, eager=True)
        if rows is None or len(rows):
            own, marked = _column(found, starts, ends - starts, component, repeated)
            quoted -= marked
            column = own if rows is None else column.scatter(rows, own)
        if component is not None:
            column = column.alias(component.column)
            columns.append(column.fill_null(component.default) if component.default is not None else column)
    if quoted:
        raise Odd  # a quotation mark in a key, or in the middle of a cell
    return pl.DataFrame(columns)


def _column(
    found: Observations, starts: Numbers, lengths: Numbers, component: Component | None, repeated: Repeated
) -> tuple[pl.Series, int]:
    """Return the texts of cells, and how many of these stand in quotation marks."""
    if component is not None and component.texts is not None:
        return _gathered(component.texts, *positions(found.content, starts, lengths), repeated), 0
    quoted: Flags | None = None
    marked = 0
    if found.quoted:
        quoted = found.content.raw[starts] == ord('"')
        marked = int(np.count_nonzero(quoted))
        if ((found.content.raw[starts + lengths - 1] != ord('"')) & quoted).any() or (quoted & (lengths < 2)).any():
            raise Odd
    return cells(found.content, starts, lengths, quoted if marked else None), marked


def _gathered(known: pl.Series, at: Words, valid: Flags | None, repeated: Repeated) -> pl.Series:
    """Return the texts at positions; null where these are not valid."""
    if valid is None:
        if int(at.max()) >= len(known):
            raise Odd
        return repeated.gathered(known, pl.Series(at.astype(np.uint32)))
    if int(at[valid].max(initial=0)) >= max(len(known), 1) or (valid.any() and not len(known)):
        raise Odd
    if not valid.any():
        return pl.repeat(None, len(at), dtype=pl.String, eager=True)
    return known.gather(pl.Series(at.astype(np.uint32)).set(pl.Series(~valid), None))
