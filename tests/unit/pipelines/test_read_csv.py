"""SDMX-CSV and plain long CSV: cells exact, lines right, encodings told, every refusal's sentence."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.errors import UnreadableFile
from pipelines.read import delimited_blocks, delimited_rows
from pipelines.read.delimited import open_text
from pipelines.read.detect import open_message, read_message
from pipelines.read.message import PLACE_COLUMNS, Message, several
from pipelines.read.safety import MAX_COLUMNS, Source
from pipelines.read.sdmx_csv import open_sdmx_csv

SPECIMENS = Path(__file__).resolve().parents[2] / "specimens" / "read"
HEAD = "SERIES,TIME_PERIOD,OBS_VALUE,COMMENT_OBS\n"


def rows(message: Message, *columns: str) -> list[tuple[Any, ...]]:
    return message.frame.select(columns).rows()


def refused(data: bytes | str) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read_message(data.encode() if isinstance(data, str) else data, name="file.csv")
    return str(caught.value)


def test_sdmx_csv_1_keeps_texts_and_knows_its_lines() -> None:
    message = read_message(SPECIMENS / "version1.csv")
    assert message.format == "sdmx-csv-1.0"
    assert rows(message, "series", "ref_area", "obs_value", "comment_obs", "_line", "_row") == [
        ("AAA", "004", "1.50", "two\nlines", 2, 2),
        ("AAA", "004", None, " keeps its spaces ", 4, 3),
        ("BBB", "004", "0", None, 6, 5),
    ]
    assert str(message.header.structure) == "XX:DF(1.0)"
    assert message.header.dataset_actions == (None,)
    assert "dataflow" not in message.frame.columns
    assert message.frame.columns[-5:] == list(PLACE_COLUMNS)


def test_sdmx_csv_2_with_actions_names_and_another_delimiter() -> None:
    message = read_message(SPECIMENS / "version2.csv")
    assert message.format == "sdmx-csv-2.0"
    assert rows(message, "series", "sex", "time_period", "comment_obs", "_action", "_dataset") == [
        ("AAA", "F", "2020", "Note: a text", "Information", 0),
        ("AAA", "M", "2020", None, "Delete", 1),
    ]
    assert str(message.header.structure) == "XX:DF(2.0.0)"
    assert message.header.dataset_actions == ("Information", "Delete")
    assert not {"series_key", "structure", "action"} & set(message.frame.columns)


def test_names_in_columns_of_their_own_are_left_out() -> None:
    text = (
        "STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,SEX,SEX,TIME_PERIOD,Time\n"
        "dataflow,A:B(1.0),Its name,A,F,Female,2020,2020\n"
    )
    message = read_message(text.encode())
    assert rows(message, "sex", "time_period", "_action") == [("F", "2020", "Append")]
    odd = text.replace(",Time\n", "\n").replace(",2020\n", "\n")
    assert "labels=name) that do not pair with the ids. Ask for labels=id." in refused(odd)


@pytest.mark.parametrize(("headings", "cells", "expected"), [
    # custom columns at the end, between, and at the begin; a component of the sender's own with its name
    ("SEX,Sex,UPDATED", "F,Female,2026", {"sex": "F", "updated": "2026"}),
    ("SEX,Sex,UPDATED,AGE,Age", "F,Female,2026,_T,All", {"sex": "F", "updated": "2026", "age": "_T"}),
    ("prepared,SEX,Sex,OWN,Our own,UPDATED", "x,F,Female,1,One,2026",
     {"prepared": "x", "sex": "F", "own": "1", "updated": "2026"}),
    ("SEX,Sex,OWN,Own,UPDATED", "F,Female,1,One,2026", {"sex": "F", "own": "1", "updated": "2026"}),
])  # fmt: skip
def test_custom_columns_stay_beside_columns_of_names(headings: str, cells: str, expected: dict[str, str]) -> None:
    """SDMX-CSV 2.0 field guide, "Column headers": a custom column has no name behind it."""
    text = f"STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,{headings}\ndataflow,A:B(1.0),Its name,A,{cells}\n"
    frame = read_message(text.encode()).frame.drop(PLACE_COLUMNS)
    assert frame.to_dicts() == [expected]


@pytest.mark.parametrize("headings", ["SEX,Sex,UPDATED,PREPARED", "SEX,AGE,Age", "SEX,Sex,OWN,CURRENCY,AGE,Age"])
def test_columns_of_names_that_may_be_others_are_refused(headings: str) -> None:
    cells = ",".join("x" * len(headings.split(",")))
    text = f"STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,{headings}\ndataflow,A:B(1.0),Its name,A,{cells}\n"
    assert "labels=name) that do not pair with the ids. Ask for labels=id." in refused(text)


@pytest.mark.parametrize(("heading", "cell", "expected"), [
    ("NOTE[]", "a|b|c", "a;b;c"),
    ("NOTE[]", '"a|b"|c;d|"e ""x"""|5" pipe|', 'a|b;"c;d";"e ""x""";"5"" pipe";'),
    ("NOTE[]", '"a|b"', "a|b"),  # one value, as every reader gives one
    ("NOTE[]", "a;b", "a;b"),
    ("NOTE[]", '"a|b', '"a|b'),  # marks that do not pair: as it came
    ("NOTE[]", '"a"b|c', '"a"b|c'),
    ("NOTE", "a|b", "a|b"),  # one value by its heading
    ("NOTE[en|fr]", "en:One|two|fr:Un;deux", "en:One|two;fr:Un;deux"),
    ("NOTE[en|fr]", "en:One|fr:Un", "en:One;fr:Un"),
    ("NOTE[en|fr]", '"en:V1|fr:W1"|"en:V2"', '"en:V1;fr:W1";"en:V2"'),
    ("CONTACT[].NAME[]", '"a|b"||c;d|e', '"a;b";;"""c;d""";e'),
    ("CONTACT[].NAME[]", '"a|""b|c"""', '"a;b|c"'),
    ("CONTACT[].NAME[]", "a|b", "a;b"),
    ("Notes [x|y]", "x:a|y:b", "x:a|y:b"),  # a custom column
])  # fmt: skip
def test_values_of_a_cell_stand_between_semicolons_whatever_the_separator(
    heading: str, cell: str, expected: str
) -> None:
    """SDMX-CSV 2.0 field guide, "Multi-valued components" and "Non-coded multi-lingual components"."""
    stream = io.StringIO(newline="")
    head = ["STRUCTURE[|]", "STRUCTURE_ID", "SEX", heading]
    csv.writer(stream).writerows([head, ["dataflow", "A:B(1.0)", "F", cell], ["dataflow", "A:B(1.0)", "M", ""]])
    frame = read_message(stream.getvalue().encode()).frame
    assert frame.drop(PLACE_COLUMNS).to_series(1).to_list() == [expected, None]


def test_multi_valued_attributes_are_kept_as_they_are() -> None:
    text = 'STRUCTURE[;],STRUCTURE_ID,SEX,NOTE[]\ndataflow,A:B(1.0),F,"a;""b;c"""\n'
    message = read_message(text.encode())
    assert rows(message, "sex", "note", "_action") == [("F", 'a;"b;c"', None)]


def test_names_stay_on_cells_that_are_not_codes() -> None:
    text = "DATAFLOW,OWN: Own,COMMENT_OBS: Note\nA:B(1.0),x: y,a: b\nA:B(1.0),free text,c: d\n"
    message = read_message(text.encode())
    assert rows(message, "own", "comment_obs") == [("x: y", "a: b"), ("free text", "c: d")]


def test_several_structures_are_noted() -> None:
    message = read_message(b"DATAFLOW,SEX\nA:B(1.0),F\nA:C(1.0),M\n")
    assert message.frame["_dataset"].to_list() == [0, 1]
    (note,) = message.notes
    assert note.rule == "STRUCTURE-SEVERAL"
    assert note.message == "The message names 2 structures; A:B(1.0) was taken as the message's."


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_delimiter_and_end_of_line(delimiter: str, ending: str) -> None:
    lines = ["DATAFLOW,SERIES,TIME_PERIOD,OBS_VALUE", "A:B(1.0),AAA,2020,1", "A:B(1.0),BBB,2021,2"]
    for first in (0, 1):
        table = [line.split(",")[first:] for line in lines]
        data = ending.join(delimiter.join(cells) for cells in table).encode()
        message = read_message(data)
        assert message.format == ("table-csv" if first else "sdmx-csv-1.0")
        assert rows(message, "series", "obs_value", "_line") == [("AAA", "1", 2), ("BBB", "2", 3)]


def test_a_table_below_a_title_with_lower_case_headings() -> None:
    text = "Our table,,\nSeries,Period,Value\nseries, Time_Period ,OBS_VALUE\nAAA,2020,1\n,,\nBBB,2021,2\n"
    message = read_message(text.encode())
    assert message.format == "table-csv"
    assert rows(message, "series", "time_period", "obs_value", "_row", "_line") == [
        ("AAA", "2020", "1", 4, 4), ("BBB", "2021", "2", 6, 6),
    ]


def test_an_action_that_was_written_by_read_is_read_again() -> None:
    text = "SERIES,TIME_PERIOD,OBS_VALUE,_row,_action\nAAA,2020,1,99,Delete\nAAA,2021,1,98,Delete\n"
    message = read_message(text.encode())
    assert rows(message, "_row", "_action") == [(2, "Delete"), (3, "Delete")]
    assert message.header.dataset_actions == ("Delete",)


def test_a_heading_alone_is_a_message_without_rows() -> None:
    for text in (HEAD, HEAD.strip(), HEAD + "\n\n", "DATAFLOW,SERIES\n"):
        message = read_message(text.encode())
        assert message.frame.height == 0
        assert message.frame.columns[0] == "series"
        assert message.frame.columns[-5:] == list(PLACE_COLUMNS)


def test_texts_are_never_turned_into_anything_else() -> None:
    cells = ["007", "1,5", "1e5", "NaN", "NA", "null", "TRUE", " x", "=1+1", "2020-01-01", "ü"]
    text = HEAD + "".join(f'A,2020,"{cell}",z\n' for cell in cells)
    assert read_message(text.encode()).frame["obs_value"].to_list() == cells


def test_the_lines_of_quoted_and_blank_rows_are_right() -> None:
    text = HEAD + 'A,1,2,"x\ny\r\nz"\n\nB,1,2,""\r\n\n\nC,1,2,"say ""so"""\n'
    message = read_message(text.encode())
    assert rows(message, "series", "_line", "_row") == [("A", 2, 2), ("B", 6, 4), ("C", 9, 7)]
    assert message.frame["comment_obs"].to_list() == ["x\ny\r\nz", None, 'say "so"']


@pytest.mark.parametrize(
    ("encoding", "word", "told"),
    [
        ("utf-8", "Größe", None),
        ("utf-8-sig", "отходы", None),
        ("utf-16", "отходы", "UTF-16"),
        ("cp1252", "Côte d’Ivoire", "Windows-1252"),
        ("cp1251", "Опасные отходы", "Windows-1251"),
    ],
)
def test_encodings_are_read_without_mojibake_and_told(encoding: str, word: str, told: str | None) -> None:
    message = read_message((HEAD + f"A,2020,1,ok\nB,2020,1,{word}\n").encode(encoding))
    assert message.frame["comment_obs"].to_list() == ["ok", word]
    if told is None:
        assert message.notes == ()
        return
    (note,) = message.notes
    assert (note.rule, note.severity) == ("ENCODING-OTHER", "info")
    assert note.message == f"The text is not UTF-8; it was read as {told}."
    if told != "UTF-16":
        assert note.examples[0].line == 3
        assert word in str(note.examples[0].value)


def test_a_wrong_byte_at_a_seam_of_the_pieces_is_found() -> None:
    filler = "A,2020,1,x\n" * 200_000
    for cut in (b"\xe9", b"\xc3"):
        message = read_message((HEAD + filler).encode() + b"B,2020,1," + cut + b"\n")
        assert message.notes[0].examples[0].line == 200_002
        assert message.frame["comment_obs"][-1] == cut.decode("cp1252")


def test_what_is_no_text_is_refused() -> None:
    assert "neither UTF-8 nor in a Windows code page" in refused(HEAD.encode() + b"A,2020,1,\x81\n")
    assert "This is neither text nor a known format." in refused(b"a\0b,c\n")
    assert "This is neither text nor a known format." in refused(b"a\0b,\xff\n")
    assert "begins as UTF-16 and is damaged" in refused(HEAD.encode("utf-16") + b"\xd8")
    assert "The file has nothing but white space." in refused("\n  \n")


def test_ragged_rows_are_refused_with_their_line() -> None:
    said = refused(HEAD + "A,2020,1,x\nB,2020,1\n")
    assert said.startswith("file.csv:3: The row has 3 cells and the heading has 4.")
    said = refused(HEAD + 'A,2020,1,"x\ny"\nB,2020,1,x,z\n')
    assert said.startswith("file.csv:4: The row has 5 cells and the heading has 4.")


def test_a_quotation_mark_that_is_never_closed_is_refused_with_its_line() -> None:
    rest = "C,2020,1,z\n" * 50
    said = refused(HEAD + 'A,2020,1,x\nB,2020,1,"y\n' + rest)
    assert said.startswith("file.csv:3: The row that begins here cannot be read: unexpected end of data.")
    said = refused(HEAD + 'A,2020,1,"x\nB,2020,1,"y"\n')
    assert "file.csv:2: The row that begins here cannot be read" in said


def test_a_row_over_the_limit_is_refused() -> None:
    for row in (",".join(["x" * (7 << 20)] * 3), f'2020,1,"{"x" * (20 << 20)}"'):
        said = refused(HEAD + f"A,1,1,x\nB,{row}\n")
        assert said.startswith("file.csv:3: The row that begins here is longer than 8 MB, which is the limit.")
    message = read_message((HEAD + f"A,1,1,{'x' * (7 << 20)}\n").encode())
    assert message.frame["comment_obs"].str.len_bytes().to_list() == [7 << 20]


def test_headings_that_cannot_be_told_apart_are_refused() -> None:
    said = refused("SERIES,TIME_PERIOD,OBS_VALUE,Series\nA,1,2,3\n")
    assert said.startswith("file.csv:1: The heading SERIES stands twice, in cells 1 and 4.")
    said = refused("SERIES,TIME_PERIOD,OBS_VALUE,,X\nA,1,2,3,4\n")
    assert said.startswith("file.csv:1: Column 4 has values and no heading.")
    assert "The heading _x begins with an underscore" in refused("SERIES,TIME_PERIOD,OBS_VALUE,_x\nA,1,2,3\n")
    many = ",".join(f"C{n}" for n in range(MAX_COLUMNS))
    said = refused(f"SERIES,TIME_PERIOD,OBS_VALUE,{many}\n")
    assert f"more than {MAX_COLUMNS} columns, which is the limit" in said


def test_empty_columns_without_heading_are_no_matter() -> None:
    message = read_message(b"SERIES,TIME_PERIOD,OBS_VALUE,,\nA,1,2,,\n")
    assert [c for c in message.frame.columns if not c.startswith("_")] == ["series", "time_period", "obs_value"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Year,Units,Value\n2020,x,1\n", "This is a table of an Open SDG platform, which needs its maps."),
        (
            "a,b\n1,2\n",
            "none of its first 30 rows has the headings SERIES, TIME_PERIOD and OBS_VALUE. Send the Excel template",
        ),
    ],
)
def test_other_tables_are_named_and_refused(text: str, sentence: str) -> None:
    assert sentence in refused(text)


def test_a_table_that_two_parsers_split_differently_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    places = delimited_blocks.Places(np.array([2]), np.array([2]), 2, 2)
    monkeypatch.setattr(delimited_blocks, "places", lambda *_: places)
    said = refused(HEAD + "A,1,2,\n\nB,1,2,\n")
    assert said.startswith("file.csv:2: The quotation marks of the table can be read in two ways.")
    monkeypatch.setattr(delimited_rows, "walk", lambda *_: places)
    said = refused(HEAD + "A,1,2\n")
    assert said.startswith("file.csv:2: The table cannot be read: CSV parse error: Expected 4 columns, got 3")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
def test_a_text_is_read_the_same_in_pieces(size: int, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ['A,1,2,"x', 'é"', "", "B,1,2,плохо", 'C,1,2,"say ""so"""', ",,,", "", 'D,1,2,5" pipe', "E,,,"]
    lines += ['"F","",2,"', '"']
    text = HEAD.strip() + ending + ending.join(lines)
    whole = read_message(text.encode())
    assert rows(whole, "series", "_line", "_row") == [
        ("A", 2, 2), ("B", 5, 4), ("C", 6, 5), ("D", 9, 8), ("E", 10, 9), ("F", 11, 10),
    ]
    monkeypatch.setattr(delimited_blocks, "BLOCK", len(HEAD) + size)  # the heading is in the first piece
    parts = open_message(text.encode()).whole()
    assert parts.frame.equals(whole.frame)
    assert parts.frame["comment_obs"].to_list() == [f"x{ending}é", "плохо", 'say "so"', '5" pipe', None, ending]


def test_the_batches_of_a_large_text_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    line = "A:B(1.0),{},2020\n"
    text = "DATAFLOW,SERIES,TIME_PERIOD\n" + "".join(line.format(n) for n in range(1000)) + "A:C(1.0),X,2021\n"
    monkeypatch.setattr(delimited_blocks, "BLOCK", 1000)
    stream = open_message(text.encode())
    assert str(stream.header.structure) == "A:B(1.0)"
    assert stream.notes == []
    batches = list(stream.batches)
    assert len(batches) > 10
    assert max(batch.height for batch in batches) < 100
    assert [line for batch in batches for line in batch["_line"]] == list(range(2, 1003))
    assert batches[-1]["_dataset"].to_list()[-2:] == [0, 1]
    assert stream.header.dataset_actions == (None, None)
    assert [note.rule for note in stream.notes] == ["STRUCTURE-SEVERAL"]


def test_a_fault_far_down_names_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited_blocks, "BLOCK", 200)
    for fault, sentence in (
        ("B,2020,1", "The row has 3 cells and the heading has 4."),
        ('B,2020,1,"x"y', "The row that begins here cannot be read: ',' expected after '\"'."),
        ('B,2020,1,"x', "The row that begins here cannot be read: "),
    ):
        text = HEAD + 'A,2020,1,"x"\n' * 100 + fault + "\n" + "C,2020,1,y\n" * 100
        stream = open_message(text.encode(), name="f.csv")
        assert next(stream.batches).height > 0
        with pytest.raises(UnreadableFile) as caught:
            list(stream.batches)
        assert str(caught.value).startswith(f"f.csv:102: {sentence}")


def test_names_of_an_unknown_component_are_taken_off_only_when_every_cell_has_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delimited_blocks, "BLOCK", 100)
    head = "DATAFLOW,OWN: Own,OTHER: Other,NONE: None,SEX: Sex\n"
    text = head + "A:B(1.0),x: y,c: d,,F: Female\n" * 50
    ends = ("A:B(1.0),z: y,e: f,,M\n", "A:B(1.0),free text,e: f,,M\n")
    for end, own in zip(ends, ("x", "x: y"), strict=True):
        frame = read_message((text + end).encode()).frame
        assert frame.row(0)[:4] == (own, "c", None, "F")
        assert frame.row(50)[:4] == ("z" if own == "x" else "free text", "e", None, "M")


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(HEAD + "A,2020,1,x\n")
    text = open_text(Source.of(file))
    file.write_bytes(HEAD.encode() + b"A,2020,1,\xe9\n")
    with pytest.raises(UnreadableFile, match=r"file\.csv: The file changed while it was read\. Read it again"):
        list(text.pieces())


def test_sdmx_csv_is_not_made_of_another_table() -> None:
    with pytest.raises(UnreadableFile, match=r"file\.csv: This text is not SDMX-CSV\. Its first heading must be"):
        open_sdmx_csv(open_text(Source("file.csv", data=HEAD.encode())))


def test_an_enormous_cell_at_the_top_is_no_heading() -> None:
    assert "This text is no table of observations" in refused('"' + "x" * (9 << 20) + "\n")


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=8), st.sampled_from([",", ";", "\t"]))
@settings(max_examples=200, deadline=None)
def test_whatever_a_csv_writer_writes_is_read_back(table: list[list[str]], delimiter: str) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerow(["SERIES", "TIME_PERIOD", "OBS_VALUE"])
    expected = []
    for row in table:
        text = stream.getvalue()
        line = len(re.findall("\r\n|\r|\n", text)) + 1
        writer.writerow(row)
        if any(row):
            expected.append((*[cell or None for cell in row], line))
    frame = read_message(stream.getvalue().encode()).frame
    assert frame.select("series", "time_period", "obs_value", "_line").rows() == expected


@given(
    st.lists(st.lists(st.text('ab|;"~ ,é\n', min_size=1, max_size=5), min_size=2, max_size=4), min_size=1, max_size=9),
    st.sampled_from(["|", "~", ";", "x"]),
)
@settings(max_examples=200, deadline=None)
def test_several_values_are_the_same_with_every_separator(sets: list[list[str]], separator: str) -> None:
    """What the field guide writes with any separator is the cell that SDMX-ML and SDMX-JSON give (`several`)."""
    quoted = [[value.replace('"', '""') for value in values] for values in sets]
    wanted = [several(values) for values in sets]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([f"STRUCTURE[{separator}]", "STRUCTURE_ID", "NOTE[]"])
    for values in quoted:
        marked = (f'"{text}"' if {separator, '"', ";"} & set(text) else text for text in values)
        cell = separator.join(marked)
        writer.writerow(["dataflow", "A:B(1.0)", cell])
    assert read_message(stream.getvalue().encode()).frame["note"].to_list() == wanted


def test_every_value_of_a_labelled_cell_keeps_its_id() -> None:
    """SDMX-CSV 2.0 field guide, multi-valued components: `A: Value A;B: Value B`; quoted where a name has the mark."""
    text = (
        "STRUCTURE[|];STRUCTURE_ID;ACTION;NATURE[]: Nature;OWN[]: Own;COMMENT_OBS[en|fr]: Comment\n"
        'dataflow;A:B(1.0): Its name;M;"C: Country|""E: Esti|mated""|G: Global";X: Mine;en:One: 1|fr:Un\n'
        "dataflow;A:B(1.0): Its name;M;;Y: Mine|Z: Too;\n"
    )
    message = read_message(text.encode())
    assert rows(message, "nature", "own", "comment_obs", "_action") == [
        ("C;E;G", "X", "en:One: 1;fr:Un", "Merge"), (None, "Y;Z", None, "Merge"),
    ]


def test_a_labelled_period_is_the_period() -> None:
    """The field guide's example of labels=both has `2014-01: 2014-01`, and `2014-01-01` where times are normalized."""
    lines = "".join(f"dataflow,A:B(1.0): N,{period}\n" for period in ("2014-01: 2014-01", "2014-02-01"))
    text = f"STRUCTURE,STRUCTURE_ID,TIME_PERIOD: Time\n{lines}"
    assert rows(read_message(text.encode()), "time_period") == [("2014-01",), ("2014-02-01",)]


def test_nested_attributes_are_columns_of_their_own() -> None:
    """The field guide's example of nested metadata attributes: `CONTACT[]` and `CONTACT[].NAME[]` are two columns."""
    text = (
        "STRUCTURE[;],STRUCTURE_ID,ACTION,SEX,COLLECTION.METHOD[en;fr],CONTACT[],CONTACT[].NAME[]\n"
        'dataflow,A:B(1.0.0),I,F,en:AAA;fr:BBB,One;Two,"""a;b"";""c"""\n'
    )
    message = read_message(text.encode())
    assert message.frame.columns[:4] == ["sex", "collection.method", "contact", "contact.name"]
    assert rows(message, "collection.method", "contact", "contact.name") == [("en:AAA;fr:BBB", "One;Two", '"a;b";"c"')]


@pytest.mark.parametrize(("cell", "reference"), [
    ("AGENCY:DF_ID", "AGENCY:DF_ID"), ("AGENCY:DF_ID: Its name", "AGENCY:DF_ID"), ("A.B:C(1.0+)", "A.B:C(1.0+)"),
    ("x", "None"),
])
def test_a_structure_without_version_is_known(cell: str, reference: str) -> None:
    """The field guide's first footnote: since SDMX 3.0.0 a structure that has no versions is `AGENCY:ARTEFACT_ID`."""
    message = read_message(f"STRUCTURE,STRUCTURE_ID,SEX\ndatastructure,{cell},F\n".encode())
    assert str(message.header.structure) == reference


def test_the_letters_of_actions_and_the_rows_of_deletions() -> None:
    """The field guide: I, A, R and D (2.1: M); a deletion may leave dimensions empty, or name nothing at all."""
    lines = "".join(f"dataflow,A:B(1.0),{letter},{sex},{value}\n" for letter, sex, value in [
        ("I", "F", "1"), ("A", "F", "2"), ("R", "F", "3"), ("M", "F", "4"), ("D", "", "-"), ("", "M", "5"),
        ("x", "M", "6"),
    ])
    message = read_message(f"STRUCTURE,STRUCTURE_ID,ACTION,SEX,OBS_VALUE\n{lines}".encode())
    assert rows(message, "sex", "obs_value", "_action", "_dataset") == [
        ("F", "1", "Information", 0), ("F", "2", "Append", 1), ("F", "3", "Replace", 2), ("F", "4", "Merge", 3),
        (None, "-", "Delete", 4), ("M", "5", None, 5), ("M", "6", "x", 6),
    ]
    everything = read_message(b"STRUCTURE,STRUCTURE_ID,ACTION\ndatastructure,A:B(1.0),D\n")
    assert rows(everything, "_action", "_row") == [("Delete", 2)]
    assert everything.frame.columns == list(PLACE_COLUMNS)
