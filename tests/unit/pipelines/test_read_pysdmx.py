"""What pysdmx 1.21 writes, read by us: the same keys, values and attributes; where it is wrong, the clause.

Its XML writers put values into tags by Python's `repr`, and then turn every apostrophe into a quotation mark. So the
texts that they can carry are those whose `repr` is themselves; for the rest see the tests of what it spoils. Like ours,
its CSV knows no difference between an empty text and none; its XML leaves both out.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.errors import UnreadableFile
from pipelines.read.detect import read_message
from tests.unit.warehouse.export_frames import COMPONENTS, KEY, STRUCTURE, frames, one_row

pytest.importorskip("pysdmx", reason="pysdmx is not installed")
pytest.importorskip("pandas", reason="pysdmx writes data frames of pandas")

Cells = Counter[tuple[tuple[str, str], ...]]
XML = {
    "2.1 flat": ("DATA_SDMX_ML_2_1_STR", {}),
    "2.1 series": ("DATA_SDMX_ML_2_1_STR", {"dimension_at_observation": "TIME_PERIOD"}),
    "2.1 by another dimension": ("DATA_SDMX_ML_2_1_STR", {"dimension_at_observation": "SEX"}),
    "2.1 generic flat": ("DATA_SDMX_ML_2_1_GEN", {}),
    "2.1 generic series": ("DATA_SDMX_ML_2_1_GEN", {"dimension_at_observation": "TIME_PERIOD"}),
    "3.0 flat": ("DATA_SDMX_ML_3_0", {}),
    "3.0 series": ("DATA_SDMX_ML_3_0", {"dimension_at_observation": "TIME_PERIOD"}),
    "3.1 flat": ("DATA_SDMX_ML_3_1", {}),
}
CSV: dict[str, tuple[str, dict[str, Any]]] = {
    "1.0": ("DATA_SDMX_CSV_1_0_0", {}), "1.0 id": ("DATA_SDMX_CSV_1_0_0", {"labels": "id"}),
    "2.0": ("DATA_SDMX_CSV_2_0_0", {}), "2.0 keys": ("DATA_SDMX_CSV_2_0_0", {"keys": "both"}),
    "2.1": ("DATA_SDMX_CSV_2_1_0", {"keys": "series"}),
}


def schema(series_level: bool) -> Any:
    """Return our structure as pysdmx has it, its attributes at the observation or where the structure has them."""
    from pysdmx.model import Component, Components, Concept, Role, Schema

    roles = {"dimension": Role.DIMENSION, "time": Role.DIMENSION, "measure": Role.MEASURE, "attribute": Role.ATTRIBUTE}
    dimensions = ",".join(one.id for one in COMPONENTS if one.role == "dimension")
    parts = []
    for one in COMPONENTS:
        level = dimensions if series_level and one.attachment == "series" else "O"
        parts.append(Component(
            one.id, one.role in {"dimension", "time"}, roles[one.role], Concept(one.id, name=f"The {one.id}"),
            attachment_level=level if one.role == "attribute" else None,
        ))  # fmt: skip
    return Schema("datastructure", STRUCTURE.agency, STRUCTURE.id, Components(parts), STRUCTURE.version, name="Goals")


def written(frame: pl.DataFrame, form: str, options: dict[str, Any], *, series_level: bool = False) -> bytes:
    """Return the message that pysdmx writes of a frame."""
    import pandas as pd
    from pysdmx.io import write_sdmx
    from pysdmx.io.format import Format
    from pysdmx.io.pd import PandasDataset
    from pysdmx.model.dataset import ActionType

    plain = frame.select(c for c in frame.columns if not c.startswith("_"))
    columns = {one.id: plain[one.column].to_list() if one.column in plain.columns else [None] * plain.height
               for one in COMPONENTS}
    data = PandasDataset(
        structure=schema(series_level), data=pd.DataFrame(columns, dtype=object), action=ActionType.Replace
    )
    return str(write_sdmx([data], Format[form], **options)).encode("utf-8")


def cells(frame: pl.DataFrame) -> Cells:
    """Return the rows, each its filled cells by column."""
    columns = [c for c in frame.columns if not c.startswith("_")]
    return Counter(
        tuple(sorted((c, row[c]) for c in columns if row[c])) for row in frame.select(columns).iter_rows(named=True)
    )


def carried(text: str) -> bool:
    """Say whether pysdmx's XML can carry a text: its `repr` is itself, and no quotation mark or apostrophe is in it."""
    return repr(text) == f"'{text}'" and not set(text) & set("\"'")


def spelt_for_xml(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame of texts that pysdmx's XML can carry: the others become `plain`."""
    texts = [c for c in frame.columns if not c.startswith("_") and frame[c].dtype == pl.String]
    return frame.with_columns(
        pl.Series(c, [t if t is None or carried(t) else "plain" for t in frame[c]], dtype=pl.String) for c in texts
    ).unique(KEY, keep="first", maintain_order=True)


@settings(max_examples=20, deadline=None)
@given(frame=frames(whole_key=True), form=st.sampled_from(sorted(XML)))
def test_its_xml_is_read_the_same(frame: pl.DataFrame, form: str) -> None:
    frame = spelt_for_xml(frame)
    message = read_message(written(frame, *XML[form]))
    assert message.format == f"sdmx-ml-{form[:3]}-{'generic' if 'generic' in form else 'structure-specific'}"
    assert str(message.header.structure) == f"IAEG-SDGs:SDG({STRUCTURE.version})"
    assert message.header.dataset_actions == ("Replace",)
    assert set(message.frame["_action"]) == {"Replace"}
    assert cells(message.frame) == cells(frame)


@settings(max_examples=20, deadline=None)
@given(frame=frames(whole_key=True), form=st.sampled_from(sorted(CSV)))
def test_its_csv_is_read_the_same(frame: pl.DataFrame, form: str) -> None:
    frame = frame.unique(KEY, keep="first", maintain_order=True)
    lone = pl.col(pl.String).str.contains(r"\r") & ~pl.col(pl.String).str.contains(r"\n")
    frame = frame.with_columns(pl.when(lone).then(pl.lit("plain")).otherwise(pl.col(pl.String)).name.keep())
    message = read_message(written(frame, *CSV[form]))
    assert message.format == ("sdmx-csv-1.0" if form.startswith("1.0") else "sdmx-csv-2.0")
    assert str(message.header.structure) == f"IAEG-SDGs:SDG({STRUCTURE.version})"
    assert message.header.dataset_actions == (None if form.startswith("1.0") else "Replace",)
    assert cells(message.frame) == cells(frame)


SERIES = pl.concat([
    one_row(time_period=period, obs_value=value, unit_measure="KG", obs_status=status)
    for period, value, status in (("2020", "1.50", "A"), ("2021", "0", "E"))
])


@pytest.mark.parametrize("form", ["2.1 series", "2.1 generic series", "3.0 series"])
def test_attributes_of_its_series_reach_every_observation(form: str) -> None:
    assert cells(read_message(written(SERIES, *XML[form], series_level=True)).frame) == cells(SERIES)


def test_its_csv_with_names_in_columns_of_their_own_is_read_the_same() -> None:
    options = {"labels": "name", "keys": "both"}
    assert cells(read_message(written(SERIES, "DATA_SDMX_CSV_2_0_0", options)).frame) == cells(SERIES)


# ------------------------------------------------------------------------------------------- where pysdmx is wrong


@pytest.mark.parametrize("text", ["it's", 'a"b', '"quoted text"'])
@pytest.mark.parametrize("form", ["2.1 flat", "2.1 generic flat"])
def test_its_xml_of_a_quotation_mark_is_not_well_formed(form: str, text: str) -> None:
    """XML 1.0, 2.3 [10] AttValue: the mark that a value stands in is not in it. We say the line, and read nothing."""
    frame = one_row(obs_value="1", comment_obs=text)
    with pytest.raises(UnreadableFile, match="The XML document is not well-formed"):
        read_message(written(frame, *XML[form]))


@pytest.mark.parametrize(("text", "spoilt"), [("a\nb", "a\\nb"), ("a\\b", "a\\\\b"), ("\u2028", "\\u2028")])
def test_its_xml_has_the_escapes_of_python(text: str, spoilt: str) -> None:
    """XML 1.0, 3.3.3: a line break in a value is written `&#10;`; a backslash means itself. We read what is there."""
    found = read_message(written(one_row(obs_value="1", comment_obs=text), *XML["2.1 flat"])).frame
    assert found["comment_obs"].to_list() == [spoilt]


@pytest.mark.parametrize("form", sorted(CSV))
def test_its_csv_of_a_carriage_return_alone_breaks_the_row(form: str) -> None:
    """RFC 4180, 2.6: a field with a line break is enclosed in quotation marks; pandas, by which pysdmx writes,
    encloses those with a line feed only. We say the line, and read nothing."""
    with pytest.raises(UnreadableFile, match=r"input:[23]: The row has \d+ cells? and the heading has \d+"):
        read_message(written(one_row(obs_value="1", data_last_update="a\rb"), *CSV[form]))


def test_its_labels_stand_on_values_without_code() -> None:
    """SDMX-CSV 2.0 field guide, column content, labels=both: "the value(s) (if non-coded)"; pysdmx doubles them, and
    writes `<NA>: <NA>` for none. We keep the id of coded cells and of the period, and such texts as they are sent."""
    frame = pl.concat([SERIES, one_row(time_period="2022", unit_measure="KG", obs_status="O")], how="diagonal")
    found = read_message(written(frame, "DATA_SDMX_CSV_2_0_0", {"labels": "both"})).frame
    assert found["time_period"].to_list() == ["2020", "2021", "2022"]
    assert found["obs_status"].to_list() == ["A", "E", "O"]
    assert found["obs_value"].to_list() == ["1.50: 1.50", "0: 0", "<NA>: <NA>"]


def test_its_keys_are_those_of_the_first_row() -> None:
    """SDMX-CSV 2.0 field guide, optional parameters, keys=obs: "the combination of IDs/values for all the dimensions";
    pysdmx writes the first row's in all rows. Our reader never reads the key columns, but the dimensions."""
    data = written(SERIES, "DATA_SDMX_CSV_2_0_0", {"keys": "obs"})
    table = list(csv.DictReader(io.StringIO(data.decode())))
    assert [row["TIME_PERIOD"] for row in table] == ["2020", "2021"]
    assert table[0]["OBS_KEY"] == table[1]["OBS_KEY"]
    assert cells(read_message(data).frame) == cells(SERIES)


def test_its_action_is_an_attribute_without_namespace() -> None:
    """SDMX-ML 2.1, `SetAttributeGroup`: `action` is qualified; pysdmx writes it plain. We take either."""
    data = written(SERIES, *XML["2.1 flat"])
    assert b' action="Replace"' in data
    assert b":action=" not in data
    assert read_message(data).header.dataset_actions == ("Replace",)
