"""The content of a generic data set of SDMX-ML, 2.1 and 2.0: components named in elements, not in attributes.

Standard: SDMX 2.1 Section 3A, `SDMXDataGenericBase.xsd` and `SDMXDataGenericTimeSeries.xsd` (DataSetType,
GroupType with GroupKey, SeriesType with SeriesKey, ObsType and ObsOnlyType with ObsKey, `Value` with id and
value); SDMX 2.0, `SDMXGenericData.xsd` (`Value` with concept and value, `Time` as text, Series inside Group).

The hot path gathers the attributes of `Value` elements in one flat list an element and hands their values to
`pipelines.read.sdmx_ml_rows`; everything unusual (another order of attributes, further ones) is put in order
in `_ordered`. What is around the data sets is in `pipelines.read.sdmx_ml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metadata.words import text
from pipelines.read.safety import MAX_DEPTH
from pipelines.read.sdmx_ml_envelope import local
from pipelines.read.sdmx_ml_rows import BATCH, TOO_DEEP

if TYPE_CHECKING:
    from pipelines.read.sdmx_ml import End, Level, Reader, Start

TIME = "TIME_PERIOD"
"""Id of the time dimension: fixed in 2.1 for time series; what `Time` of 2.0 is called in later versions."""
VALUE = "OBS_VALUE"
"""Id of the primary measure: fixed in 2.1 (ObsValueType); what `ObsValue` of 2.0 is called in later versions."""

_VALUE, _OBS, _OBS_DIMENSION, _OBS_VALUE, _SERIES, _GROUP, _GROUP_KEY, _TIME, _KEY_FAMILY, _NOTHING, _OTHER = (
    range(11)
)
_KINDS = {
    "Value": _VALUE, "Obs": _OBS, "ObsDimension": _OBS_DIMENSION, "ObsValue": _OBS_VALUE, "Series": _SERIES,
    "Group": _GROUP, "GroupKey": _GROUP_KEY, "Time": _TIME, "KeyFamilyRef": _KEY_FAMILY, "SeriesKey": _NOTHING,
    "ObsKey": _NOTHING, "Attributes": _NOTHING, "Annotations": _NOTHING, "Annotation": _NOTHING,
    "AnnotationTitle": _NOTHING, "AnnotationType": _NOTHING, "AnnotationURL": _NOTHING,
    "AnnotationText": _NOTHING, "DataProvider": _NOTHING, "Ref": _NOTHING, "URN": _NOTHING,
}
_OBS_IN_OBS = text("An Obs stands inside of another one.")
_SERIES_INSIDE = text("A Series stands inside of another one, or of an Obs.")
_GROUP_INSIDE = text("A Group stands inside of a Series, an Obs or another Group.")
_LONGEST = 200
"""Components of an observation that are looked at the quick way."""


class _Kinds(dict[str, int]):
    """What an element of a data set is, by its name with prefix; worked out once a name."""

    def __missing__(self, tag: str) -> int:
        kind = self[tag] = _KINDS.get(local(tag), _OTHER)
        return kind


def generic_handlers(reader: Reader, number: int) -> tuple[Start, End, Level]:
    """Return the two handlers for the content of generic data set `number`, and its level."""
    content = _Content(reader, number)
    return content.start, content.end, lambda: content.depth - content.base_depth


class _Content:
    """The state inside of one data set.

    An element's components are gathered as `[label, id, "value", text, …]` in the list of the element they
    stand in: observation, series, group or data set. The element becomes a row at its end.
    """

    def __init__(self, reader: Reader, number: int) -> None:
        self.reader, self.number, self.parser = reader, number, reader.parser
        self.label = label = reader.dialect.label
        self.at_observation = reader.dimension_at_observation
        self.kinds = _Kinds()
        self.normal = [[label, "value"] * count for count in range(_LONGEST)]
        self.observations = reader.observations
        self.base = self.current = reader.series.add([], number, self.parser.CurrentLineNumber)
        reader.bases.append(self.base)
        self.base_depth = self.depth = reader.depth
        self.obs_depth = self.series_depth = self.group_depth = 0
        self.set_line = self.line = self.series_line = self.group_line = self.parser.CurrentLineNumber
        self.of_set: list[str] = []
        self.of_group: list[str] = []
        self.of_series: list[str] = []
        self.owner = self.row = self.of_set
        self.in_group_key = self.group_has_key = self.group_has_series = False
        self.text: list[str] = []

    def start(self, tag: str, attributes: list[str]) -> None:
        """Take the begin of an element."""
        self.depth += 1
        kind = self.kinds[tag]
        if kind == _VALUE:
            if len(attributes) == 4 and not self.in_group_key:
                self.owner += attributes
            else:
                self._rare_value(attributes)
        elif kind == _OBS:
            if self.obs_depth:
                self.reader.refuse(_OBS_IN_OBS)
            self.owner = self.row = []
            self.obs_depth, self.line = self.depth, self.parser.CurrentLineNumber
        elif kind in (_OBS_VALUE, _OBS_DIMENSION):
            name = VALUE if kind == _OBS_VALUE else self.at_observation
            if len(attributes) == 2:
                self.owner += (self.label, name, *attributes)
            else:
                self.owner += _plain(self.reader, self.label, attributes, name)
        else:
            self._rare_start(local(tag), kind)

    def _rare_value(self, attributes: list[str]) -> None:
        plain = _plain(self.reader, self.label, attributes)
        self.owner += plain
        if self.in_group_key:
            self.reader.group_keys.add(plain[1])

    def _rare_start(self, name: str, kind: int) -> None:
        if kind == _SERIES:
            if self.series_depth or self.obs_depth:
                self.reader.refuse(_SERIES_INSIDE)
            self.owner = self.of_series = []
            self.series_depth, self.series_line = self.depth, self.parser.CurrentLineNumber
            self.current, self.group_has_series = self.reader.series.count, True
        elif kind == _GROUP:
            if self.series_depth or self.obs_depth or self.group_depth:
                self.reader.refuse(_GROUP_INSIDE)
            self.owner = self.of_group = []
            self.group_depth, self.group_line = self.depth, self.parser.CurrentLineNumber
            self.group_has_key = self.group_has_series = False
        elif kind == _GROUP_KEY:
            self.in_group_key = self.group_has_key = True
        elif kind in {_TIME, _KEY_FAMILY}:
            self.text.clear()
            self.parser.CharacterDataHandler = self.text.append
        elif kind == _OTHER:
            self.reader.unknown[name] += 1
        if self.depth > MAX_DEPTH:
            self.reader.refuse(TOO_DEEP)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        if self.depth == self.obs_depth:
            self._end_observation()
        elif self.kinds[tag] > _OBS_VALUE:
            self._rare_end(self.kinds[tag])
        self.depth -= 1
        if self.depth < self.base_depth:
            self.reader.data_sets.add(_pairs(self.reader, self.label, self.of_set), self.number, self.set_line)
            self.reader.leave_data_set()

    def _end_observation(self) -> None:
        self.obs_depth = 0
        self.owner = self.of_series if self.series_depth else self.of_group if self.group_depth else self.of_set
        row, observations = self.row, self.observations
        count = len(row) >> 2
        if count >= _LONGEST or row[::2] != self.normal[count]:
            row = _ordered(self.reader, self.label, row)
        names = tuple(row[1::4])
        flat = (observations.shapes.get(names) or observations.shape(names)).flat
        flat += row[3::4]
        flat += (self.current, self.line, observations.count)
        observations.count += 1
        if not observations.count % BATCH:
            observations.flush()

    def _rare_end(self, kind: int) -> None:
        if self.depth == self.series_depth:
            # a Series of 2.0 inside a Group has the group's attributes; its own are nearer
            own = _pairs(self.reader, self.label, self.of_series)
            further = _pairs(self.reader, self.label, self.of_group) if self.group_depth else []
            self.reader.series.add(_nearest(own, further), self.number, self.series_line)
            self.series_depth, self.current = 0, self.base
            self.owner = self.of_group if self.group_depth else self.of_set
        elif self.depth == self.group_depth:
            if self.group_has_key or not self.group_has_series:
                self.reader.groups.add(
                    _pairs(self.reader, self.label, self.of_group), self.number, self.group_line
                )
            self.group_depth, self.owner = 0, self.of_set
        elif kind == _GROUP_KEY:
            self.in_group_key = False
        elif kind in {_TIME, _KEY_FAMILY}:
            self.parser.CharacterDataHandler = None
            said = "".join(self.text)
            if kind == _TIME:
                self.owner += (self.label, TIME, "value", said)
            else:
                self.reader.key_family = self.reader.key_family or said.strip()


def _plain(reader: Reader, label: str, attributes: list[str], name: str = "") -> list[str]:
    """Return `[label, id, "value", text]` of a Value element whatever its attributes and their order are.

    `name` is what an element without id is. Without a value the third and fourth text are empty.
    """
    found = {local(key): value for key, value in zip(attributes[::2], attributes[1::2], strict=True)}
    name = found.get(label) or name
    if not name:
        reader.refuse(text("A Value element has no {label}, so nobody knows what it is.", label=label))
    return [label, name, "value", found["value"]] if "value" in found else [label, name, "", ""]


def _ordered(reader: Reader, label: str, row: list[str]) -> list[str]:
    """Return a row in the normal form, components without a value left out."""
    ordered: list[str] = []
    for first in range(0, len(row), 4):
        part = _plain(reader, label, row[first : first + 4]) if row[first + 2] else []
        ordered += part if part and part[2] else []
    return ordered


def _pairs(reader: Reader, label: str, row: list[str]) -> list[str]:
    """Return a row as expat gives attributes: name, text, and so on."""
    ordered = _ordered(reader, label, row)
    return [ordered[n] for first in range(0, len(ordered), 4) for n in (first + 1, first + 3)]


def _nearest(own: list[str], further: list[str]) -> list[str]:
    names = set(own[::2])
    return own + [further[n + m] for n in range(0, len(further), 2) if further[n] not in names for m in (0, 1)]
