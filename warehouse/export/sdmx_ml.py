"""Frames to SDMX-ML structure-specific data messages, 2.1 and 3.0, series by series.

Standard: SDMX 2.1 Section 3A Part IV and SDMX 3.0 Section 3, `SDMXMessage.xsd` and the structure-specific schemas
(`SDMXDataStructureSpecific.xsd`). The data sets name their type in the namespace of the structure-specific schema, as
the schema asks, and the observations carry TIME_PERIOD.

An attribute of the series key stands on its Series where all observations of the series agree, and on the
observations where they do not: what was given is what is read. A row of a data set that deletes and names neither
period nor anything of an observation is a Series without Obs, which means the whole series.

Exact: tab, line feed and carriage return are written as character references, because a parser turns them into
spaces in an attribute otherwise (XML 1.0, 3.3.3). What XML 1.0 cannot carry at all (2.2: most control characters) is
refused. The texts are put together by Polars, column by column: no Python object is made for a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Literal

import polars as pl

from metadata.errors import SdgError
from warehouse.export.header import Frames, MessageHeader, Parts, batches, run_starts, write_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metadata.structure import Component

Version = Literal["2.1", "3.0"]

ACTIONS = ("Append", "Replace", "Delete", "Information")
"""What `ActionType` of both versions has; Merge came with 3.1."""

_SPECIAL = r'[&<>"\t\n\r]'
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_FORBIDDEN = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"
_ODD = r'[&<>"\x00-\x1F\x{FFFE}\x{FFFF}]'
"""Either of the two: most columns have neither, and are looked at once."""
_BASE = "http://www.sdmx.org/resources/sdmxml/schemas/v{}"


def write_sdmx_ml(
    frames: Frames,
    header: MessageHeader,
    components: Sequence[Component],
    stream: BinaryIO,
    *,
    version: Version = "2.1",
    told: Callable[[int], None] | None = None,
) -> int:
    """Write a structure-specific data message, and return the number of rows.

    Args:
        frames: a read frame, or batches of one whose series stand together.
        header: what the message says about itself.
        components: the components of the structure, in its order.
        stream: written to, in pieces.
        version: of SDMX-ML.
        told: called with the number of rows written so far.

    Raises:
        SdgError: a character that XML does not allow, an action that the version does not have, or a column that is
            no component or no text.
    """
    parts = Parts.of(components)
    stream.write(_head(header, parts, version).encode())
    rows, number = 0, None
    for batch in batches(frames, parts, header):
        if batch["_dataset"][0] != number:
            stream.write(b"</m:DataSet>\n" if number is not None else b"")
            number = batch["_dataset"][0]
            stream.write(_data_set(batch["_action"][0], version).encode())
        write_texts(_texts(batch, parts), stream)
        rows += batch.height
        if told:
            told(rows)
    if number is None:
        stream.write(_data_set(header.action, version).encode())
    stream.write(b"</m:DataSet>\n</m:StructureSpecificData>\n")
    return rows


def namespace(header: MessageHeader, parts: Parts) -> str:
    """Return the namespace of the structure-specific schema of a message."""
    return f"{header.structure.urn}:ObsLevelDim:{parts.time.id if parts.time else 'AllDimensions'}"


def _head(header: MessageHeader, parts: Parts, version: Version) -> str:
    base = _BASE.format(version.replace(".", "_"))
    at_observation = parts.time.id if parts.time else "AllDimensions"
    own = _quoted(namespace(header, parts))
    reference = header.structure
    element = "StructureUsage" if reference.kind == "dataflow" else "Structure"
    if version == "2.1":
        named = (
            f'<c:{element}><Ref agencyID="{_quoted(reference.agency)}" id="{_quoted(reference.id)}" '
            f'version="{_quoted(reference.version)}"/></c:{element}>'
        )
    else:
        named = f"<c:{element}>{_quoted(reference.urn)}</c:{element}>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<m:StructureSpecificData xmlns:m="{base}/message" xmlns:c="{base}/common" '
        f'xmlns:d="{base}/data/structurespecific" xmlns:s="{own}" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        f"<m:Header>\n<m:ID>{_quoted(header.message_id)}</m:ID>\n<m:Test>{str(header.test).lower()}</m:Test>\n"
        f'<m:Prepared>{header.prepared_text}</m:Prepared>\n<m:Sender id="{_quoted(header.sender)}"/>\n'
        f'<m:Structure structureID="S1" namespace="{own}" dimensionAtObservation="{at_observation}">{named}'
        "</m:Structure>\n</m:Header>\n"
    )


def _data_set(action: str | None, version: Version) -> str:
    if action is not None and action not in ACTIONS:
        raise SdgError(
            f"SDMX-ML {version} has no action {action}.",
            hint=f"It has {', '.join(ACTIONS)} (SDMXCommon.xsd, ActionType).",
        )
    scope = ' d:dataScope="DataStructure"' if version == "2.1" else ""
    what = f' d:action="{action}"' if action else ""
    return f'<m:DataSet d:structureRef="S1" xsi:type="s:DataSetType"{scope}{what}>\n'


def _texts(batch: pl.DataFrame, parts: Parts) -> pl.Series:
    """Return the text of each row: the Series where one begins, the Obs, and the end of the Series."""
    present = [one for one in parts.all if batch[one.column].null_count() < batch.height]
    columns = {one.column for one in present}
    frame = escaped(batch, present)
    start = run_starts(frame, parts.key)
    whole_series = _whole_series(frame, parts, columns)
    # a row that deletes its whole series must not be read as an observation of it
    start = start | whole_series | whole_series.shift(fill_value=False)
    of_series = [one for one in parts.of_series if one.column in columns]
    agreed = {one.column: _agreed(frame[one.column], start) for one in of_series}
    frame = frame.with_columns(
        start.alias("_start"),
        start.shift(-1, fill_value=True).alias("_end"),
        whole_series.alias("_whole"),
        *(mask.alias(f"_agreed_{name}") for name, mask in agreed.items()),
    )
    series = [_attribute(one) for one in parts.dimensions if one.column in columns]
    series += [
        pl.when(pl.col(f"_agreed_{one.column}")).then(_attribute(one)).otherwise(pl.lit("")) for one in of_series
    ]
    own = [_attribute(one) for one in parts.at_observation if one.column in columns]
    own += [
        pl.when(pl.col(f"_agreed_{one.column}")).then(pl.lit("")).otherwise(_attribute(one))
        for one in of_series if not agreed[one.column].all()
    ]
    opened = pl.concat_str([pl.lit("<Series"), *series, pl.lit(">\n")])
    observation = pl.concat_str([pl.lit("<Obs"), *own, pl.lit("/>\n")])
    return frame.select(
        pl.concat_str([
            pl.when(pl.col("_start")).then(opened).otherwise(pl.lit("")),
            pl.when(pl.col("_whole")).then(pl.lit("")).otherwise(observation),
            pl.when(pl.col("_end")).then(pl.lit("</Series>\n")).otherwise(pl.lit("")),
        ])
    ).to_series()


def _whole_series(frame: pl.DataFrame, parts: Parts, columns: set[str]) -> pl.Series:
    """Return which rows delete a whole series: nothing of the observation is named."""
    if frame["_action"][0] != "Delete":
        return pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
    named = [pl.col(one.column).is_not_null() for one in parts.at_observation if one.column in columns]
    nothing = pl.repeat(True, pl.len(), dtype=pl.Boolean)
    return frame.select(~pl.any_horizontal(named) if named else nothing).to_series()


def _agreed(column: pl.Series, start: pl.Series) -> pl.Series:
    """Return for each row whether all rows of its series have the same value; `start` says where series begin."""
    number = start.cum_sum() - 1
    first = column.gather(start.arg_true()).gather(number)
    differs = column.ne_missing(first)
    if not differs.any():
        return pl.repeat(True, column.len(), dtype=pl.Boolean, eager=True)
    odd = number.filter(differs).unique()
    return ~number.is_in(odd.implode())


def _attribute(one: Component) -> pl.Expr:
    """Return ` ID="value"`, nothing where the value is absent."""
    return pl.concat_str([pl.lit(f' {one.id}="'), pl.col(one.column), pl.lit('"')]).fill_null("")


def escaped(frame: pl.DataFrame, components: Sequence[Component]) -> pl.DataFrame:
    """Return the frame with the texts of its components as they stand in an attribute of XML.

    Raises:
        SdgError: a character that XML 1.0 does not allow, with the component and the row's period and series.
    """
    if not components:
        return frame
    odd = frame.select(pl.col(one.column).str.contains(_ODD).any() for one in components).row(0, named=True)
    changed = []
    for one in (one for one in components if odd[one.column]):
        column = frame[one.column]
        if column.str.contains(_FORBIDDEN).any():
            row = column.str.contains(_FORBIDDEN).fill_null(value=False).arg_true()[0]
            where = ", ".join(f"{n.upper()} {frame[n][row]}" for n in ("series", "ref_area", "time_period")
                              if n in frame.columns and n != one.column)
            raise SdgError(
                f"{one.id} holds a character that XML 1.0 does not allow: {column[row]!r}.",
                where=where or None,
                hint="Take the control character out of the text, or write SDMX-CSV or SDMX-JSON.",
            )
        if column.str.contains(_SPECIAL).any():
            changed.append(pl.col(one.column).str.replace_many(list(_ESCAPES), list(_ESCAPES.values())))
    return frame.with_columns(changed)


def _quoted(text: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in text)
