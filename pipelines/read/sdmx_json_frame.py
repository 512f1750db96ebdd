"""The data sets of an SDMX-JSON message to the observation frame, column by column.

Standard: SDMX-JSON data message field guide, "dataSet", "series", "observations" and "handling component
values": a key is a list of positions in the `values` of the dimensions, joined by `:`; an observation is an
array of measures, then attributes, then annotations (not kept); attributes at the end may be left out; null and
left out mean the attribute's `default`, if it has one. In 2.x, `dimensionGroupAttributes` stand under partial
keys, and a component without `values` has its values in place.

There is no loop over cells but where values are texts; positions become texts by one gather a column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal, NoReturn

import numpy as np
import polars as pl

from metadata.errors import UnreadableFile
from metadata.findings import Finding
from metadata.rules import finding
from metadata.words import text
from pipelines.read.message import PLACE_COLUMNS, several
from pipelines.read.safety import MAX_COLUMNS
from pipelines.read.sdmx_json_bulk import check_once, names, observations, once
from pipelines.read.sdmx_json_cells import Odd
from pipelines.read.sdmx_json_cut import Observations, cut
from pipelines.read.sdmx_json_decode import decode_members
from pipelines.read.sdmx_json_paths import Place, Stretch
from pipelines.read.sdmx_json_values import Component, Repeated, cell_text, texts_of

Kind = Literal["series", "observations"]

_PRIMARY = [{"id": "OBS_VALUE"}]
"""The measures of a structure that names none: 1.0 has one, in the first place of an observation."""
_AS_IT_IS = {str, type(None)}
_POSITIONS = {int, type(None)}
_GROUP_POSITION = re.compile(r"(0|[1-9][0-9]{0,8})?")
_LEVELS = frozenset({"dataSet", "dimensionGroup", "series", "observation"})


@dataclass(frozen=True, slots=True)
class DataSet:
    """One data set with its structure, its path and its action."""

    own: dict[str, Any]
    structure: dict[str, Any]
    place: Place
    action: str | None


@dataclass(frozen=True, slots=True)
class InBulk:
    """The rows of a piece that was read in bulk.

    Attributes:
        frame: the rows.
        idle: series without observation.
        names: hashes of the names of the members.
    """

    frame: pl.DataFrame
    idle: int
    names: pl.Series


class Rows:
    """The frames of a message, one behind the other: all with the same columns, the rows numbered through.

    Args:
        sets: the data sets, without their observations where these are handed over by `frame`.

    Raises:
        UnreadableFile: a structure that is none, or more columns than are read.
    """

    def __init__(self, sets: list[DataSet]) -> None:
        self._actions = [one.action for one in sets]
        self._readers = [_Reader(one) for one in sets]
        places = pl.DataFrame(schema={
            "_sheet": pl.String, "_row": pl.Int64, "_line": pl.Int64, "_dataset": pl.Int32, "_action": pl.String,
        })
        empty = [self._named(number, reader.blank()) for number, reader in enumerate(self._readers)]
        whole = pl.concat([places, *empty], how="diagonal")
        if whole.width - len(PLACE_COLUMNS) > MAX_COLUMNS and sets:
            sets[0].place.refuse(text("There are more than {limit} columns, which is the limit.", limit=MAX_COLUMNS))
        components = [name for name in whole.columns if name not in PLACE_COLUMNS]
        self._empty = whole.select(*components, *PLACE_COLUMNS)
        self._rows = 0

    def frame(self, number: int, kind: Kind, members: dict[str, Any]) -> pl.DataFrame:
        """Return the next rows: those of some members of the `series` or `observations` of a data set.

        Raises:
            UnreadableFile: an index or a shape that the standard does not allow, with its path.
        """
        return self._numbered(number, self._readers[number].piece(kind, members))

    def in_bulk(self, number: int, kind: Kind, data: bytes, *, first: bool) -> InBulk | None:
        """Return the rows of members whose text is `data`, as `frame` makes them; None: they are to be decoded.

        Nothing is remembered of it before it is handed to `taken`, so that several threads may ask for pieces.
        """
        return self._readers[number].in_bulk(kind, data, first=first)

    def taken(self, number: int, found: InBulk) -> pl.DataFrame:
        """Return the next rows: those that were read in bulk."""
        self._readers[number].idle += found.idle
        return self._numbered(number, found.frame)

    def _numbered(self, number: int, own: pl.DataFrame) -> pl.DataFrame:
        frame = pl.concat([self._empty, self._named(number, own)], how="diagonal")
        first, self._rows = self._rows + 1, self._rows + frame.height
        return frame.with_columns(pl.int_range(first, self._rows + 1, dtype=pl.Int64).alias("_row"))

    def stretch(self, number: int, kind: Kind, members: dict[str, Any]) -> Stretch:
        """Return where the rows of these members stand, of which a frame was made before."""
        return self._readers[number].stretch(kind, members)

    def none(self) -> pl.DataFrame:
        """Return a frame without rows."""
        return self._empty

    def notes(self) -> list[Finding]:
        """Return what was noticed in the rows so far."""
        idle = sum(reader.idle for reader in self._readers)
        return [finding("SERIES-EMPTY", places=idle, count=idle)] if idle else []

    def _named(self, number: int, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(
            pl.lit(number, pl.Int32).alias("_dataset"), pl.lit(self._actions[number], pl.String).alias("_action")
        )


def kinds(own: dict[str, Any]) -> list[Kind]:
    """Return what a data set has of `series` and `observations`, in the order of its rows."""
    every: tuple[Kind, ...] = ("series", "observations")
    return [kind for kind in every if own.get(kind) is not None]


class _Reader:
    """The reading of one data set.

    Attributes:
        idle: series without observation where nothing is deleted.
    """

    def __init__(self, data_set: DataSet) -> None:
        self.place, self.own, self.deletes = data_set.place, data_set.own, data_set.action == "Delete"
        self.idle = 0
        self._repeated = Repeated()
        self.dimensions = self._level(data_set.structure, "dimensions")
        self.attributes = self._level(data_set.structure, "attributes")
        measures = self._level(data_set.structure, "measures").get("observation")
        self.measures = measures or [Component("obs_value", None, None, 0)]
        every = chain(chain(*self.dimensions.values()), self.measures, chain(*self.attributes.values()))
        columns = [component.column for component in every]
        twice = next((c for n, c in enumerate(columns) if c in columns[:n]), None)
        if twice:
            what = text("The structure of this data set has the component {component} twice.", component=twice.upper())
            self.place.refuse(what)
        self._groups = self._group_tables()
        empty = (self._own(kind, {}) for kind in kinds(self.own))
        self._unfinished = pl.concat([pl.DataFrame(), *empty], how="diagonal")

    def _level(self, structure: dict[str, Any], kind: str) -> dict[str, list[Component]]:
        here = self.place.at("structure").at(kind)
        levels = here.mapping(structure.get(kind) or {})
        found = {}
        for level in _LEVELS & levels.keys():
            there = here.at(level)
            parts = there.array(levels[level] or [])
            found[level] = [_component(part, there.at(n), n) for n, part in enumerate(parts)]
        return {level: found[level] for level in levels if level in found}

    def blank(self) -> pl.DataFrame:
        """Return all columns of the data set, without rows."""
        return self._finished(self._unfinished) if kinds(self.own) else pl.DataFrame()

    def piece(self, kind: Kind, members: dict[str, Any]) -> pl.DataFrame:
        """Return the rows of some members of `series` or `observations`."""
        return self._whole(self._own(kind, members))

    def _whole(self, own: pl.DataFrame) -> pl.DataFrame:
        return self._finished(pl.concat([self._unfinished, own], how="diagonal"))

    def in_bulk(self, kind: Kind, data: bytes, *, first: bool) -> InBulk | None:
        """Return the rows of members whose text is `data`; None: they are to be decoded."""
        if self.deletes:
            return None
        try:
            found = cut(data, first=first, flat=kind == "observations")
            components = [*self.measures, *self.attributes.get("observation", [])]
            frame = observations(found, self.dimensions.get("observation", []), components, self._repeated)
            if found.rest is None:
                return InBulk(self._whole(frame), 0, once(names(found)))
            return self._series_in_bulk(found, frame, first=first)
        except (Odd, UnreadableFile):
            return None

    def _series_in_bulk(self, found: Observations, frame: pl.DataFrame, *, first: bool) -> InBulk:
        """Bring what is said of series to their observations."""
        series, here = decode_members(found.rest or b"", first=first), self.place.at("series")
        if series is None or not set(map(type, series.values())) <= {dict}:
            raise Odd
        own = [part.get("observations") for part in series.values()]
        if not all(one is None or one == {} for one in own):
            raise Odd
        with_object = np.fromiter((one is not None for one in own), np.bool_, len(own))
        counts = np.zeros(len(own), np.int64)
        counts[with_object] = found.counts  # as many: an object in a series is its observations, or the piece is Odd
        of_series = self._of_keys(list(series), [part.get("attributes") or [] for part in series.values()], here)
        owner = np.repeat(np.arange(len(own)), counts)
        check_once(found, owner, frame, self.dimensions.get("observation", []))
        if of_series.width:
            frame = pl.concat([of_series[owner], frame], how="horizontal")
        idle = int(np.count_nonzero(counts == 0))
        return InBulk(self._whole(frame), idle, pl.Series(list(series), dtype=pl.String).hash())

    def stretch(self, kind: Kind, members: dict[str, Any]) -> Stretch:
        """Return where the rows of `piece` stand."""
        here = self.place.at(kind)
        if kind == "observations":
            return Stretch(here, list(members))
        keys, ends = list[str | None](), list[int]()
        for part in members.values():
            keys.extend(part.get("observations") or ([None] if self.deletes else []))
            ends.append(len(keys))
        return Stretch(here, keys, list(members), ends)

    def _own(self, kind: Kind, members: dict[str, Any]) -> pl.DataFrame:
        if kind == "series":
            return self._of_series(members)
        return self._of_observations(list(members), list(members.values()), self.place.at(kind))

    def _of_series(self, series: dict[str, Any]) -> pl.DataFrame:
        here = self.place.at("series")
        keys, rows, counts, attributes = list[str | None](), list[Any](), list[int](), list[Any]()
        for key, part in series.items():
            own = here.at(key).mapping(part)
            observations = here.at(key).at("observations").mapping(own.get("observations") or {})
            attributes.append(own.get("attributes") or [])
            if observations:
                keys.extend(observations)
                rows.extend(observations.values())
            elif self.deletes:
                keys.append(None)
                rows.append([])
            else:
                self.idle += 1
            counts.append(len(observations) or int(self.deletes))
        frame = self._of_observations(keys, rows, here)
        further = self._of_keys(list(series), attributes, here)
        if further.width == 0:
            return frame
        owner = pl.Series(range(len(counts)), dtype=pl.Int64).repeat_by(pl.Series(counts, dtype=pl.Int64)).explode()
        owner = owner.drop_nulls() if owner.null_count() else owner
        return pl.concat([further[owner], frame], how="horizontal")

    def _of_keys(self, keys: list[str], attributes: list[Any], here: Place) -> pl.DataFrame:
        """Return what the keys and attributes of series say, a row each."""
        of_key = self._positions(list[str | None](keys), self.dimensions.get("series", []), here)
        of_attributes = self._values(attributes, self.attributes.get("series", []), here)
        return pl.concat([of_key, of_attributes], how="horizontal")

    def _of_observations(self, keys: list[str | None], rows: list[Any], here: Place) -> pl.DataFrame:
        of_key = self._positions(keys, self.dimensions.get("observation", []), here)
        of_values = self._values(rows, [*self.measures, *self.attributes.get("observation", [])], here)
        return pl.concat([of_key, of_values], how="horizontal")

    def _positions(self, keys: list[str | None], components: list[Component], here: Place) -> pl.DataFrame:
        """Return a column of positions for each component of the keys, `0:3:1`."""
        if not components:
            key = next((key for key in keys if key), None)
            if key:
                here.at(key).refuse(text("A key of {count} positions is expected here.", count=0))
            return pl.DataFrame()
        texts = pl.Series(keys, dtype=pl.String)
        right = texts.is_null() | texts.str.contains(rf"^[0-9]{{1,9}}(:[0-9]{{1,9}}){{{len(components) - 1}}}$")
        if not right.all():
            key = str(texts.filter(~right)[0])
            here.at(key).refuse(text("A key of {count} positions is expected here.", count=len(components)))
        split = texts.str.split_exact(":", len(components) - 1).struct.unnest()
        split.columns = [component.column for component in components]
        frame = split.cast(pl.Int64)
        for component in components:
            self._check(frame[component.column], component, here)
        return frame

    def _check(self, positions: pl.Series, component: Component, here: Place) -> None:
        count = len(component.texts) if component.texts is not None else 0
        highest, lowest = positions.max(), positions.min()
        if not isinstance(highest, int) or not isinstance(lowest, int):
            return
        if highest >= count or lowest < 0:
            self._refuse_position(highest if highest >= count else lowest, count, component, here)

    def _refuse_position(self, wrong: int, count: int, component: Component, here: Place) -> NoReturn:
        here.refuse(text(
            "{component} has {count} values, so there is none at position {wrong}.",
            component=component.column.upper(), count=count, wrong=wrong,
        ))

    def _whole_numbers(self, cells: list[Any], component: Component, here: Place) -> pl.Series:
        try:
            return pl.Series(cells, dtype=pl.Int64)
        except (TypeError, OverflowError):  # one has more than 63 bits
            wrong = max((cell for cell in cells if cell is not None), key=abs)
            self._refuse_position(wrong, 0 if component.texts is None else len(component.texts), component, here)

    def _values(self, rows: list[Any], components: list[Component], here: Place) -> pl.DataFrame:
        """Return a text column for each component of the arrays, which may be shorter, or longer by annotations."""
        width = len(components)
        if not set(map(type, rows)) <= {list}:
            here.refuse(text("An array is expected for every observation and every attributes."))
        if not width:
            return pl.DataFrame()
        if not set(map(len, rows)) <= {width}:
            rows = [row[:width] + [None] * (width - len(row)) for row in rows]
        flat = list(chain.from_iterable(rows))
        return pl.DataFrame([
            self._column(flat[n::width], component, here) for n, component in enumerate(components)
        ])

    def _column(self, cells: list[Any], component: Component, here: Place) -> pl.Series:
        texts, kinds = component.texts, set(map(type, cells))
        if texts is None:
            plain = cells if kinds <= _AS_IT_IS else [cell_text(cell) for cell in cells]
            column = pl.Series(component.column, plain, dtype=pl.String)
        elif kinds <= _POSITIONS:
            positions = self._whole_numbers(cells, component, here)
            self._check(positions, component, here)
            column = texts.gather(positions).alias(component.column)
        else:  # a mixture: positions, texts in place, and lists of positions for several values
            known = texts.to_list()
            mixed = [self._mixed(cell, known, component, here) for cell in cells]
            column = pl.Series(component.column, mixed, dtype=pl.String)
        return column.fill_null(component.default) if component.default is not None else column

    def _mixed(self, cell: Any, texts: list[str | None], component: Component, here: Place) -> str | None:
        if type(cell) is list:
            return several([self._mixed(part, texts, component, here) or "" for part in cell])
        if type(cell) is not int:
            return cell_text(cell)
        self._check(self._whole_numbers([cell], component, here), component, here)
        return texts[cell]

    def _finished(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Bring partial keys and the data set's values to the rows, and turn positions into texts."""
        for component in self.dimensions.get("dataSet", []):
            frame = frame.with_columns(pl.lit(0, pl.Int64).alias(component.column))
            self._check(frame[component.column], component, self.place)
        frame = self._joined(frame)
        for component in chain(*self.dimensions.values()):
            if component.column in frame.columns:  # without values there is no position in any row either
                texts = pl.Series(dtype=pl.String) if component.texts is None else component.texts
                column = self._repeated.gathered(texts, frame[component.column])
                frame = frame.with_columns(column.alias(component.column))
        here = self.place.at("attributes")
        attributes = here.array(self.own.get("attributes") or [])
        of_set = self._values([attributes], self.attributes.get("dataSet", []), here)
        of_set = of_set.select(name for name in of_set.columns if name not in frame.columns)
        return frame.with_columns(pl.lit(of_set[name][0], pl.String).alias(name) for name in of_set.columns)

    def _group_tables(self) -> list[tuple[list[str], pl.DataFrame]]:
        """Return `dimensionGroupAttributes` by the dimensions of their keys, which name all by keyPosition."""
        here = self.place.at("dimensionGroupAttributes")
        groups = here.mapping(self.own.get("dimensionGroupAttributes") or {})
        components = self.attributes.get("dimensionGroup", [])
        if not groups or not components:
            return []
        dimensions = sorted(chain(*self.dimensions.values()), key=lambda one: one.position)
        values = self._values(list(groups.values()), components, here)
        shapes: dict[tuple[int, ...], list[tuple[int, list[int]]]] = {}
        for row, key in enumerate(groups):
            parts = key.split(":")
            if len(parts) > len(dimensions) or not all(_GROUP_POSITION.fullmatch(part) for part in parts):
                what = text("A key of at most {count} positions is expected here.", count=len(dimensions))
                here.at(key).refuse(what)
            filled = tuple(n for n, part in enumerate(parts) if part)
            shapes.setdefault(filled, []).append((row, [int(parts[n]) for n in filled]))
        tables = []
        for filled, members in shapes.items():
            columns = [dimensions[n].column for n in filled]
            by_key = {c: [key[n] for _, key in members] for n, c in enumerate(columns)}
            keys = pl.DataFrame(by_key, schema=dict.fromkeys(columns, pl.Int64))
            own = values[[row for row, _ in members]]
            tables.append((columns, pl.concat([keys, own], how="horizontal") if filled else own))
        return tables

    def _joined(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Bring `dimensionGroupAttributes` to the rows."""
        for columns, table in self._groups:
            if columns:
                # a dimension that these rows do not have matches no key
                missing = [pl.lit(None, pl.Int64).alias(c) for c in columns if c not in frame.columns]
                keys = frame.with_columns(missing).select(columns)
                own = keys.join(table, on=columns, how="left", maintain_order="left").drop(columns)
            else:
                own = table[[0] * frame.height]
            for name in own.columns:
                if name in frame.columns:
                    both = frame[name].zip_with(frame[name].is_not_null(), own[name])
                    frame = frame.with_columns(both.alias(name))
                else:
                    frame = frame.with_columns(own[name])
        return frame


def _component(part: Any, here: Place, number: int) -> Component:
    own = here.mapping(part)
    name = own.get("id")
    if not isinstance(name, str) or not name[:1].isalpha():
        here.at("id").refuse(text("A component needs an id that begins with a letter."))
    values = own.get("values")
    texts = None
    if values is not None:
        texts = values if isinstance(values, pl.Series) else texts_of(here.at("values").array(values))
    position = own.get("keyPosition")
    default = own.get("default")
    return Component(
        name.lower(), texts, default if isinstance(default, str) else None,
        position if isinstance(position, int) else 1000 + number,
    )
