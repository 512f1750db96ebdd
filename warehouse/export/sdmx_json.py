"""Frames to SDMX-JSON 2.0 data messages, series by series.

Standard: SDMX-JSON data message field guide 2.0 and `sdmx-json-data-schema.json` 2.0.0. Every data set has a structure
of its own, whose components list the values that occur; keys and coded attributes are positions in those lists.
Measures are JSON numbers where the text is one, digit by digit (1.50 stays 1.50), and texts otherwise (NaN, 007).
Attributes without a codelist have their texts in place.

An attribute of the series key stands with the series where the observations of every series agree, and with the
observations where those of one series do not ("the level at which the values of the attribute will be presented is
determined by the data format", AttributeRelationshipType). The rows are gone through twice: first for the values, then
to write; so the structures stand before the data sets, as in the guide, and the message need not be held in memory.

What JSON cannot say: the same key twice in a data set (an object has a name once), a row without all its dimensions,
and the action Merge. Such rows are refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import polars as pl

from metadata.errors import SdgError
from warehouse.export.header import Frames, MessageHeader, Parts, batches, run_starts, write_texts

if TYPE_CHECKING:
    from metadata.structure import Component

ACTIONS = ("Information", "Append", "Replace", "Delete")
SCHEMA = (
    "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/data-message/tools/schemas/2.0.0/"
    "sdmx-json-data-schema.json"
)
_NUMBER = r"^-?(?:0|[1-9][0-9]{0,299})(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?$"
_ID = r"^[A-Za-z0-9_@$-]+$"
_SPECIAL = r'["\\\x00-\x1F]'
_ESCAPES = {chr(n): json.dumps(chr(n))[1:-1] for n in (*range(32), ord('"'), ord("\\"))}

Names = Mapping[str, Mapping[str, str]]
"""By component id: the names of its codes, in English."""


@dataclass(slots=True)
class _Set:
    """What the first pass learns of a data set.

    Attributes:
        action: its action.
        values: by column, the values that occur, in the order of first appearance.
        present: columns that have a value.
        in_series: columns of attributes on whose value every series agrees.
    """

    action: str | None
    values: dict[str, pl.Series] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    in_series: set[str] = field(default_factory=set)


def write_sdmx_json(
    frames: Frames,
    header: MessageHeader,
    components: Sequence[Component],
    stream: BinaryIO,
    *,
    names: Names | None = None,
    told: Callable[[int], None] | None = None,
) -> int:
    """Write an SDMX-JSON 2.0 data message, and return the number of rows.

    Args:
        frames: a read frame, or batches of one that can be gone through twice, and whose series stand together.
        header: what the message says about itself.
        components: the components of the structure, in its order.
        stream: written to, in pieces.
        names: names of codes; where one is missing the code is its own name.
        told: called with the number of rows written so far.

    Raises:
        SdgError: a row that JSON cannot carry (see the module's docstring), or a column that is no component or no
            text.
    """
    parts = Parts.of(components)
    if not isinstance(frames, pl.DataFrame) and iter(frames) is frames:
        frames = list(frames)
    sets: dict[int, _Set] = {}
    for batch in batches(frames, parts, header):
        number = int(batch["_dataset"][0])
        known = sets.setdefault(number, _Set(batch["_action"][0], in_series={c.column for c in parts.of_series}))
        _learn(known, batch, parts)
    if not sets:
        sets[0] = _Set(header.action)
    for one in sets.values():
        if one.action is not None and one.action not in ACTIONS:
            raise SdgError(f"SDMX-JSON 2.0 has no action {one.action}.", hint=f"It has {', '.join(ACTIONS)}.")
    stream.write(_head(header, [_structure(one, n, header, parts, names or {}) for n, one in enumerate(sets.values())]))
    rows, position, opened = 0, {number: n for n, number in enumerate(sets)}, set[int]()
    for batch in batches(frames, parts, header):
        number = int(batch["_dataset"][0])
        first = number not in opened
        if first:
            stream.write(b"}},\n" if opened else b"")
            stream.write(_data_set(sets[number], position[number], header))
            opened.add(number)
        write_texts(_texts(batch, sets[number], parts, first=first), stream)
        rows += batch.height
        if told:
            told(rows)
    if not opened:
        stream.write(_data_set(sets[0], 0, header))
    stream.write(b"}}\n]}}\n")
    return rows


# -------------------------------------------------------------------------------------------------- the first pass


def _coded(parts: Parts) -> Iterator[Component]:
    """Give the components whose cells are positions: dimensions, time, and coded attributes."""
    yield from parts.dimensions
    yield from (parts.time,) if parts.time else ()
    yield from (one for one in (*parts.of_series, *parts.of_observation) if one.codelist is not None)


def _learn(known: _Set, batch: pl.DataFrame, parts: Parts) -> None:
    known.present |= {one.column for one in parts.all if batch[one.column].null_count() < batch.height}
    for one in _coded(parts):
        found = batch[one.column].drop_nulls().unique(maintain_order=True)
        before = known.values.get(one.column)
        known.values[one.column] = found if before is None else pl.concat([before, found]).unique(maintain_order=True)
    start = run_starts(batch, parts.key)
    number = start.cum_sum() - 1
    for name in list(known.in_series):
        column = batch[name]
        if column.ne_missing(column.gather(start.arg_true()).gather(number)).any():
            known.in_series.discard(name)
    _refuse_what_json_cannot_say(known, batch, parts)


def _refuse_what_json_cannot_say(known: _Set, batch: pl.DataFrame, parts: Parts) -> None:
    for one in parts.dimensions:
        if one.column in known.present and batch[one.column].null_count():
            raise SdgError(
                f"A row has no {one.id}, and a key of SDMX-JSON names every dimension.",
                hint="Complete the keys, or write SDMX-CSV 2.0.",
            )
    time = _time(parts)
    own = [one.column for one in parts.at_observation if one.column != time]
    without = batch.filter(pl.col(time).is_null())
    named = without.select(pl.any_horizontal([pl.col(name).is_not_null() for name in own]).any()).item()
    if without.height and (named or known.action != "Delete"):
        raise SdgError(
            f"A row has no {time.upper()}, and an observation of SDMX-JSON has one.",
            hint="Complete the keys; only a data set that deletes may name a series alone.",
        )
    twice = batch.select(pl.struct([*parts.key, time]).is_duplicated())
    if twice.to_series().any():
        row = batch.filter(twice.to_series()).row(0, named=True)
        raise SdgError(
            "Two rows have the same key, and an object of JSON has a name once: "
            + ", ".join(f"{n.upper()} {row[n]}" for n in [*parts.key, time] if row[n] is not None) + ".",
            hint="Keep one of them, or write SDMX-ML or SDMX-CSV.",
        )


# -------------------------------------------------------------------------------------------------- head and structure


def _head(header: MessageHeader, structures: list[dict[str, Any]]) -> bytes:
    meta = {
        "schema": SCHEMA, "id": header.message_id, "test": header.test, "prepared": header.prepared_text,
        "contentLanguages": ["en"], "sender": {"id": header.sender},
    }
    structure = ",\n".join(json.dumps(one, ensure_ascii=False) for one in structures)
    return f'{{"meta":{json.dumps(meta)},\n"data":{{"structures":[\n{structure}\n],\n"dataSets":[\n'.encode()


def _time(parts: Parts) -> str:
    if parts.time is None:
        raise SdgError("The structure has no time dimension, and SDMX-JSON is written here series by series.",
                       hint="Write SDMX-ML or SDMX-CSV.")
    return parts.time.column


def _attributes(one: _Set, parts: Parts) -> list[Component]:
    """Return the attributes that a data set has, in the order in which arrays give their values."""
    return [c for c in (*parts.of_series, *parts.of_observation) if c.column in one.present]


def _structure(one: _Set, number: int, header: MessageHeader, parts: Parts, names: Names) -> dict[str, Any]:
    def listed(component: Component) -> dict[str, Any]:
        found: dict[str, Any] = {"id": component.id, "name": component.name}
        if component.column in one.values:
            of_codes = names.get(component.id, {})
            values = one.values[component.column]
            coded = component.codelist is not None
            plain = values.str.contains(_ID)
            found["values"] = [
                {"id": text, "name": of_codes.get(text, text)} if coded and is_id else {"value": text}
                for text, is_id in zip(values, plain, strict=True)
            ]
        return found

    keys = [c for c in parts.dimensions if c.column in one.present]
    at = [c for c in ((parts.time,) if parts.time else ()) if c.column in one.present]
    position = {c.id: n for n, c in enumerate([*keys, *at])}
    attributes = _attributes(one, parts)
    dimension_ids = [c.id for c in keys]

    def related(component: Component) -> dict[str, Any]:
        of_observation: dict[str, Any] = {"observation": {}}
        of_series = {"dimensions": dimension_ids} if component in parts.of_series and dimension_ids else None
        return listed(component) | {"relationship": of_series or of_observation}

    return {
        "dataSets": [number],
        "links": [{"rel": header.structure.kind, "urn": header.structure.urn}],
        "dimensions": {
            "series": [listed(c) | {"keyPosition": position[c.id]} for c in keys],
            "observation": [listed(c) | {"keyPosition": position[c.id]} for c in at],
        },
        "measures": {"observation": [{"id": c.id, "name": c.name} for c in parts.measures]},
        "attributes": {
            "series": [related(c) for c in attributes if c.column in one.in_series],
            "observation": [related(c) for c in attributes if c.column not in one.in_series],
        },
    }


def _data_set(one: _Set, number: int, header: MessageHeader) -> bytes:
    links = json.dumps([{"rel": header.structure.kind, "urn": header.structure.urn}])
    action = f'"action":"{one.action}",' if one.action else ""
    return f'{{"structure":{number},{action}"links":{links},"series":{{\n'.encode()


# ------------------------------------------------------------------------------------------------- the second pass


def _texts(batch: pl.DataFrame, one: _Set, parts: Parts, *, first: bool) -> pl.Series:
    """Return the text of each row: the series where one begins, the observation, and the end of the series."""
    start = run_starts(batch, parts.key)
    cells = batch.select(
        *(_cell(batch[c.column], c, one) for c in parts.all if c.column in one.present),
        start.alias("_start"),
        start.shift(-1, fill_value=True).alias("_end"),
    )
    present = [c for c in parts.all if c.column in one.present]
    keys = [c.column for c in present if c in parts.dimensions]
    key = pl.concat_str([pl.col(name) for name in keys], separator=":") if keys else pl.lit("0")
    of_series = [c.column for c in _attributes(one, parts) if c.column in one.in_series]
    attributes_here = [c for c in _attributes(one, parts) if c.column not in one.in_series]
    own = [c.column for c in (*parts.measures, *attributes_here)]
    values = [pl.col(name).fill_null("null") if name in cells.columns else pl.lit("null") for name in own]
    attributes = _array([pl.col(name).fill_null("null") for name in of_series])
    comma = pl.when(pl.lit(first) & (pl.int_range(pl.len()) == 0)).then(pl.lit("")).otherwise(pl.lit(",\n"))
    opened = pl.concat_str([
        comma, pl.lit('"'), key, pl.lit('":{"attributes":'), attributes, pl.lit(',"observations":{'),
    ])
    time = _time(parts)
    if time in cells.columns:
        observation = pl.concat_str([pl.lit('"'), pl.col(time), pl.lit('":'), _array(values)]).fill_null("")
        # after a row without period, which deletes its whole series, no comma is due
        due = ~pl.col("_start") & pl.col(time).is_not_null() & pl.col(time).shift().is_not_null()
    else:
        observation, due = pl.lit(""), pl.lit(False)
    return cells.select(
        pl.concat_str([
            pl.when(pl.col("_start")).then(opened).otherwise(pl.lit("")),
            pl.when(due).then(pl.lit(",")).otherwise(pl.lit("")),
            observation,
            pl.when(pl.col("_end")).then(pl.lit("}}")).otherwise(pl.lit("")),
        ])
    ).to_series()


def _array(values: list[pl.Expr]) -> pl.Expr:
    inside = pl.concat_str(values, separator=",") if values else pl.lit("")
    return pl.concat_str([pl.lit("["), inside, pl.lit("]")])


def _cell(column: pl.Series, component: Component, one: _Set) -> pl.Series:
    """Return the cells of a column as they stand in JSON: positions, numbers or texts; null stays null."""
    values = one.values.get(component.column)
    if values is not None:
        positions = [str(n) for n in range(values.len())]
        return column.replace_strict(values, pl.Series(positions, dtype=pl.String), return_dtype=pl.String)
    text = column
    if text.str.contains(_SPECIAL).any():
        text = text.str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))
    frame = pl.DataFrame({"text": text, "plain": column})
    quoted = pl.concat_str([pl.lit('"'), pl.col("text"), pl.lit('"')])
    if component.role == "measure":
        quoted = pl.when(pl.col("plain").str.contains(_NUMBER)).then(pl.col("text")).otherwise(quoted)
    return frame.select(quoted.alias(component.column)).to_series()
