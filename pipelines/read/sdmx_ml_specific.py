"""The content of a structure-specific data set of SDMX-ML, 2.1, 3.0 and 3.1, and of a compact one, 2.0.

Standard: SDMX 2.1 Section 3A and SDMX 3.0, `SDMXDataStructureSpecific.xsd` (DataSetType, GroupType, SeriesType,
ObsType; in 3.0 also AttsType, a partial key with attributes, and CompType, components with several values or
languages); SDMX 2.0, `SDMXCompactData.xsd`, where a group's element has the name of the group.

The hot path is `start`. What is around the data sets is in `pipelines.read.sdmx_ml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metadata.words import text
from pipelines.read.message import several
from pipelines.read.safety import MAX_DEPTH, MAX_TOKEN
from pipelines.read.sdmx_ml_envelope import local
from pipelines.read.sdmx_ml_rows import BATCH, TOO_DEEP, TOO_LONG, Rows

if TYPE_CHECKING:
    from pipelines.read.sdmx_ml import End, Level, Reader, Start

_SERIES, _OBS, _GROUP, _ATTRIBUTES, _COMPONENT, _OTHER = range(6)
_KINDS = {"Series": _SERIES, "Obs": _OBS, "Group": _GROUP, "Atts": _ATTRIBUTES}
_KNOWN_OTHERS = {
    "Annotations", "Annotation", "AnnotationTitle", "AnnotationType", "AnnotationURL", "AnnotationText",
    "AnnotationValue", "DataProvider", "Ref", "URN",
}


_COMP_WITHOUT_ID = text("A Comp element has no id, so nobody knows what it is.")


class _Kinds(dict[str, int]):
    """What an element of a data set is, by its name with prefix; worked out once a name."""

    def __init__(self, version: str) -> None:
        super().__init__()
        self._known = _KINDS | ({"Comp": _COMPONENT} if version.startswith("3") else {})

    def __missing__(self, tag: str) -> int:
        kind = self[tag] = self._known.get(local(tag), _OTHER)
        return kind


def specific_handlers(reader: Reader, number: int) -> tuple[Start, End, Level]:
    """Return the two handlers for the content of data set `number`, and its level.

    What they touch often is a local name. Observations outside of a Series hang on a series without attributes,
    made at the start of the data set: so the flat layout, and a mixture, need no other path.
    """
    parser, observations, series_rows = reader.parser, reader.observations, reader.series
    shapes = observations.shapes
    kinds = _Kinds(reader.dialect.version)
    base = current = series_rows.add([], number, parser.CurrentLineNumber)
    base_depth = depth = reader.depth
    series_depth = 0
    latest = observations
    reader.bases.append(base)

    def start(tag: str, attributes: list[str]) -> None:
        nonlocal depth, current, series_depth, latest
        depth += 1
        kind = kinds[tag]
        if kind == _OBS:
            names = tuple(attributes[::2])
            flat = (shapes.get(names) or observations.shape(names)).flat
            flat += attributes[1::2]
            flat += (current, parser.CurrentLineNumber, observations.count)
            latest = observations
            observations.count += 1
            if not observations.count % BATCH:
                observations.flush()
            return
        if kind == _SERIES:
            current, series_depth = series_rows.add(attributes, number, parser.CurrentLineNumber), depth
        elif kind == _COMPONENT:
            # a Comp belongs to the element around it
            owner = series_rows if depth - 1 == series_depth else latest
            _component(reader, (start, end), owner, attributes)
            depth -= 1
        else:
            latest = _rare(reader, number, kind, tag, attributes, child=depth == base_depth + 1) or latest
        if depth > MAX_DEPTH:
            reader.refuse(TOO_DEEP)

    def end(_: str) -> None:
        nonlocal depth, current, series_depth
        if depth == series_depth:
            current, series_depth = base, 0
        depth -= 1
        if depth < base_depth:
            reader.leave_data_set()

    def level() -> int:
        return depth - base_depth

    return start, end, level


def _rare(
    reader: Reader, number: int, kind: int, tag: str, attributes: list[str], *, child: bool
) -> Rows | None:
    """Add a Group or Atts to its table and return the table; count an element that is not known."""
    version = reader.dialect.version
    if kind == _OTHER and (local(tag) in _KNOWN_OTHERS or version != "2.0" or not child):
        if local(tag) not in _KNOWN_OTHERS:
            reader.unknown[local(tag)] += 1
        return None
    of_attributes = reader.partial if version.startswith("3") else reader.data_sets
    rows = of_attributes if kind == _ATTRIBUTES else reader.groups  # in 2.0 under the name of the group
    rows.add(attributes, number, reader.parser.CurrentLineNumber)
    return rows


def _component(reader: Reader, outer: tuple[Start, End], rows: Rows, attributes: list[str]) -> None:
    """Read one Comp element to its end: the texts of its values, or of their texts in several languages."""
    parser, owner = reader.parser, rows.count - 1
    own = {local(name): value for name, value in zip(attributes[::2], attributes[1::2], strict=True)}
    if not own.get("id"):
        reader.refuse(_COMP_WITHOUT_ID)
    depth, level, length, values = 1, 0, 0, list[str]()
    pieces: list[str] = []

    def start(tag: str, _: list[str]) -> None:
        nonlocal depth, level
        depth += 1
        if depth > MAX_DEPTH:
            reader.refuse(TOO_DEEP)
        if local(tag) in {"Value", "Text"}:
            level = depth
            pieces.clear()

    def end(_: str) -> None:
        nonlocal depth, level
        if depth == level:
            values.append("".join(pieces))
            level = 0
        depth -= 1
        if not depth:
            rows.add_late(own["id"], owner, several(values))
            parser.StartElementHandler, parser.EndElementHandler = outer
            parser.CharacterDataHandler = None

    def content(piece: str) -> None:
        nonlocal length
        length += len(piece)
        if length > MAX_TOKEN:
            reader.refuse(TOO_LONG)
        if level:
            pieces.append(piece)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = content
