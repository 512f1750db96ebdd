"""Published files: the reader against an independent reading, and against sdmx1, value by value."""

from __future__ import annotations

import csv
import logging
import warnings
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from metadata.errors import UnreadableFile
from pipelines.read.detect import read_message

pytestmark = pytest.mark.real

OBSERVATIONS = {
    "KE1.xml": 68, "KG_1.5.4.xml": 18, "KG_6.4.1.1.xml": 262, "KG_7.b.1.1.xml": 15,
    "KG_12.4.2_2019-10-15.xml": 6, "KG_12.4.2_2021-01-18.xml": 6, "KG_12.4.2_2021-12-07.xml": 7,
    "KG_12.4.2_2022-08-15.xml": 8, "KG_12.4.2_2023-08-24.xml": 9, "KG_12.4.2_2024-08-16.xml": 10,
    "KG_12.4.2_2025-07-23.xml": 28, "KG_13.1.1_2019-10-15.xml": 6, "KG_13.1.1_2021-01-21.xml": 268,
    "KG_13.1.1_2021-10-01.xml": 270, "KG_13.1.1_2022-08-15.xml": 270, "KG_13.1.1_2023-08-24.xml": 323,
    "RWA-SDG_Data_2025-11-27.xml": 2146, "RWA-SDG_Data_2026-02-04.xml": 2218,
}
"""Obs elements of each message, counted by hand."""


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Our reading: the components that are there, by id."""
    frame = read_message(path).frame
    components = [column for column in frame.columns if not column.startswith("_")]
    return [
        {name.upper(): value for name, value in row.items() if value is not None}
        for row in frame.select(components).to_dicts()
    ]


@pytest.mark.parametrize("name", OBSERVATIONS)
def test_a_message_is_read_as_a_plain_xml_parser_reads_it(shared_data: Path, name: str) -> None:
    path = shared_data / "sdmx" / name
    expected = []
    for series in ElementTree.parse(path).iter("Series"):
        expected += [dict(series.attrib) | dict(obs.attrib) for obs in series.iter("Obs")]
    rows = rows_of(path)
    assert len(rows) == OBSERVATIONS[name]
    assert rows == expected


def test_no_message_is_left_out(shared_data: Path) -> None:
    assert {path.name for path in (shared_data / "sdmx").glob("*.xml")} == set(OBSERVATIONS)


@pytest.mark.parametrize("name", OBSERVATIONS)
def test_lines_are_those_of_the_obs_elements(shared_data: Path, name: str) -> None:
    path = shared_data / "sdmx" / name
    lines = path.read_text(encoding="utf-8").split("\n")
    frame = read_message(path).frame
    expected = [number for number, line in enumerate(lines, start=1) for _ in range(line.count("<Obs "))]
    assert frame["_line"].to_list() == expected


@pytest.mark.parametrize("name", OBSERVATIONS)
def test_a_message_is_read_as_sdmx1_reads_it(
    shared_data: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Same keys, values and attributes.

    Without a structure sdmx1 logs "got no structure=" and cannot tell dimensions from attributes, so both are
    compared as one mapping.
    """
    import sdmx

    caplog.set_level(logging.CRITICAL)
    path = shared_data / "sdmx" / name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        message = sdmx.read_sdmx(path)
    theirs = []
    for data_set in message.data:  # type: ignore[attr-defined]
        for obs in data_set.obs:
            row = {key: value.value for key, value in obs.key.values.items()}
            attributes = {key: value.value for key, value in obs.attrib.items()}
            theirs.append({key: str(value) for key, value in (row | attributes).items()} | _value(obs.value))
    ours = rows_of(path)
    assert len(theirs) == len(ours)
    assert sorted(map(_comparable, theirs)) == sorted(map(_comparable, ours))


@pytest.mark.parametrize("name", [*OBSERVATIONS, "data.un.org_DF_SDG_GLH_1.24_sample.sdmx.csv"])
def test_a_message_is_read_as_pysdmx_reads_it(shared_data: Path, name: str) -> None:
    """Same keys, values and attributes; pysdmx has an empty text where a cell of its table has nothing."""
    pytest.importorskip("pysdmx", reason="pysdmx is not installed")
    pytest.importorskip("xmltodict", reason="pysdmx reads XML only with its extra [xml]")
    from pysdmx.io import read_sdmx

    path = shared_data / "sdmx" / name
    theirs = [
        {str(key): str(value) for key, value in row.items() if value not in (None, "")}
        for data_set in read_sdmx(path, validate=False).data
        for row in data_set.data.to_dict("records")  # type: ignore[union-attr]
    ]
    ours = [{key: value for key, value in row.items() if value} for row in rows_of(path)]
    assert len(theirs) == len(ours) > 0
    assert sorted(map(_comparable, theirs)) == sorted(map(_comparable, ours))


def _value(value: Any) -> dict[str, str]:
    return {} if value is None else {"OBS_VALUE": str(value)}


def _comparable(row: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(row.items())


def test_the_structure_and_the_sender_of_the_headers(shared_data: Path) -> None:
    found = {
        name: (str(header.structure), header.sender)
        for name in ("KG_12.4.2_2019-10-15.xml", "KG_12.4.2_2025-07-23.xml", "RWA-SDG_Data_2026-02-04.xml")
        if (header := read_message(shared_data / "sdmx" / name).header)
    }
    assert found == {
        "KG_12.4.2_2019-10-15.xml": ("KG_NSC:SDG(1.0)", "BIS"),
        "KG_12.4.2_2025-07-23.xml": ("KG_NSC:SDG(1.8)", "KG_NSC"),
        "RWA-SDG_Data_2026-02-04.xml": ("NISR-SDGs:SDG(1.3)", "BIS"),
    }


def test_the_sample_of_the_un_data_service(shared_data: Path) -> None:
    path = shared_data / "sdmx" / "data.un.org_DF_SDG_GLH_1.24_sample.sdmx.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        expected = [
            {key: value for key, value in row.items() if value and key != "DATAFLOW"}
            for row in csv.DictReader(stream)
        ]
    message = read_message(path)
    assert rows_of(path) == expected
    assert message.format == "sdmx-csv-1.0"
    assert str(message.header.structure) == "IAEG-SDGs:DF_SDG_GLH(1.24)"
    assert message.frame["_line"].to_list() == [2, 3]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("structures/IAEG-SDGs_SDG_1.14.dsd.xml", "a structure message (definitions and code lists), not data"),
        ("structures/KG_NSC_SDG_DSD.KG_1.8.xml", "a structure message (definitions and code lists), not data"),
        ("structures/IAEG-SDGs_CN_SDG_GLC_1.22.json", "an SDMX-JSON structure message, not data"),
        ("structures/sdg_metadata_concepts.json", "JSON, not a message that is read"),
        ("areas/UNSD_Methodology.csv", "no table of observations"),
        ("national/gbr/indicator_12-4-2.csv", "a table of an Open SDG platform, which needs its maps"),
    ],
)
def test_other_published_files_are_named_and_refused(shared_data: Path, name: str, sentence: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read_message(shared_data / name)
    assert f"This is {sentence}" in str(caught.value) or f"This text is {sentence}" in str(caught.value)


def test_every_published_file_is_a_message_or_a_sentence(shared_data: Path) -> None:
    files = [path for path in sorted(shared_data.rglob("*")) if path.is_file()]
    said = {path: said for path in files if (said := _sentence(path)) is not None}
    assert len(files) - len(said) == len(OBSERVATIONS) + 4, "and the SDMX-CSV sample, and three tables of the UN portal"
    assert [path for path, sentence in said.items() if not sentence.startswith(path.name)] == []


def _sentence(path: Path) -> str | None:
    """Return why a file is not read, None when it is."""
    try:
        read_message(path)
    except UnreadableFile as error:
        return str(error)
    return None
