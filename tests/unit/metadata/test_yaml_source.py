"""The YAML reader: every trap is one complaint at its line and column, and never a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, Strict

from metadata.errors import ConfigurationError, DeclarationErrors
from metadata.yaml_source import Sourced, read_yaml, validate

UNQUOTED = " without quotes is not read as text everywhere."


def read(tmp_path: Path, content: str | bytes) -> Sourced:
    path = tmp_path / "folder" / "file.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_yaml(path, root=tmp_path)


def refusal(tmp_path: Path, content: str | bytes) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, content)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a: NO\n", f'1:4: NO{UNQUOTED} Write "NO", or true or false.'),
        ("a: y\n", f'1:4: y{UNQUOTED} Write "y", or true or false.'),
        ("a: True\n", f'1:4: True{UNQUOTED} Write "True", or true or false.'),
        ("a: 012\n", f'1:4: 012{UNQUOTED} Write "012".'),
        ("a: 0o17\n", f'1:4: 0o17{UNQUOTED} Write "0o17".'),
        ("a: 0x1F\n", f'1:4: 0x1F{UNQUOTED} Write "0x1F".'),
        ("a: 1e3\n", f'1:4: 1e3{UNQUOTED} Write "1e3".'),
        ("a: 1_000\n", f'1:4: 1_000{UNQUOTED} Write "1_000".'),
        ("a: +5\n", f'1:4: +5{UNQUOTED} Write "+5".'),
        ("a: .5\n", f'1:4: .5{UNQUOTED} Write ".5".'),
        ("a: .nan\n", f'1:4: .nan{UNQUOTED} Write ".nan".'),
        ("a: 12:30\n", f'1:4: 12:30{UNQUOTED} Write "12:30".'),
        ("a: 2021-03-29\n", f'1:4: 2021-03-29{UNQUOTED} Write "2021-03-29".'),
        ("a: ~\n", f'1:4: ~{UNQUOTED} Write "~".'),
        ("a: Null\n", f'1:4: Null{UNQUOTED} Write "Null".'),
        ("a: =\n", f'1:4: ={UNQUOTED} Write "=".'),
        ("map: {NO: x}\n", '1:7: The key NO is not a text as it stands. Write "NO".'),
        ("a: 1\n578: x\n", '2:1: The key 578 is not a text as it stands. Write "578".'),
        ("? [a]\n: b\n", "1:3: A key is a text, not a list or a block of keys."),
        ("a: {<<: {b: c}}\n", "1:5: Merge keys (<<) are not used here. Write the keys out."),
        ("a: 1\nb: 2\na: 3\n", '3:1: The key "a" stands twice; the first time in line 1. Keep one of'),
        ("a: &x [1, *x]\n", "1:4: An alias stands inside the value that it repeats."),
        ("a: *x\n", "1:4: This is not YAML: found undefined alias."),
        ("a: !!python/name:os.system x\n", "The tag tag:yaml.org,2002:python/name:os.system is not"),
        ("a: !mine {b: c}\n", "1:4: The tag !mine is not used here. Take it out."),
        ("a:\n\tb: c\n", "2:1: A tab stands where YAML wants spaces. Indent with two spaces."),
        ("a:\n  b: c\n \t d: e\n", "3:2: A tab stands where YAML wants spaces. Indent with two spaces."),
        ("", "1:1: The file is empty. Write `key: value` lines."),
        ("# a comment only\n", "1:1: The file is empty. Write `key: value` lines."),
        ("- a\n- b\n", "1:1: The file holds no keys at its top level. Write `key: value` lines."),
        ("just a sentence\n", "1:1: The file holds no keys at its top level. Write `key: value` lines."),
        ("a: b: c\n", "1:5: This is not YAML: mapping values are not allowed in this context."),
        ("a: [1,\n b\n", "3:1: This is not YAML: did not find expected ',' or ']'."),
        ("a: b\n---\nc: d\n", "2:1: This is not YAML: but found another document."),
        ("é: é\nb: \x07\n", "2:4: The character U+0007 is not allowed in YAML."),
        (b"\xef\xbb\xbfa: b\n", "1:1: The file begins with a byte order mark. Save it as UTF-8 without one."),
        ("a: b\n".encode("utf-16"), "1:1: The file begins with a byte order mark."),
        ("a: b\nc: caf\u00e9\n".encode("latin-1"), "2:7: The byte 0xe9 is not UTF-8 text. Save the file as"),
        (b"PK\x03\x04\xff\xfe\x00", "1:5: The byte 0xff is not UTF-8 text. Save the file as UTF-8."),
        ("a: " + "x" * 1_000_000, "1:1: The file has 1,000,003 bytes; a declaration has at most 1,000,000."),
        ("a: " + "[" * 300_000, "1:43: The values are nested more than 40 deep."),
    ],
)  # fmt: skip
def test_a_trap_is_one_complaint_at_its_place(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    message = refusal(tmp_path, content)
    assert message.startswith("folder/file.yaml:")
    assert sentence in message
    assert "\n" not in message


def test_a_file_that_is_not_there_is_a_complaint(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.yaml:1:1: The file cannot be read: No such file"):
        read_yaml(tmp_path / "none.yaml", root=tmp_path)


def test_all_complaints_come_together(tmp_path: Path) -> None:
    with pytest.raises(DeclarationErrors) as caught:
        read(tmp_path, "a: NO\nb: fine\nc: [012, '012', x]\nd: 1\nd: 2\n")
    assert [complaint.where for complaint in caught.value.complaints] == [
        "folder/file.yaml:1:4",
        "folder/file.yaml:3:5",
        "folder/file.yaml:5:1",
    ]


def test_aliases_repeat_a_value_and_a_bomb_of_them_is_refused(tmp_path: Path) -> None:
    assert read(tmp_path, 'a: &x ["M", "F"]\nb: *x\n').value == {"a": ["M", "F"], "b": ["M", "F"]}
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 8)]
    assert "The file means more than 100,000 values. Use fewer aliases." in refusal(
        tmp_path, "\n".join(lines)
    )


def test_an_alias_repeats_a_complaint_only_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, "a: &x [NO]\nb: *x\nc: *x\n")
    assert message == (f'folder/file.yaml:1:8: NO{UNQUOTED} Write "NO", or true or false.')


def test_plain_values_keep_their_types_and_quoted_ones_are_text(tmp_path: Path) -> None:
    text = "a: 0\nb: -1.5\nc: true\nd: null\ne:\nf: \"012\"\ng: 'NO'\nh: KG\ni: 12.4.2\nj: >-\n  012\n"
    assert read(tmp_path, text).value == {
        "a": 0, "b": -1.5, "c": True, "d": None, "e": None, "f": "012", "g": "NO", "h": "KG", "i": "12.4.2",
        "j": "012",
    }  # fmt: skip


def test_marks_name_the_value_the_key_or_the_nearest_around(tmp_path: Path) -> None:
    source = read(tmp_path, "a:\n  - b: 1\n    c: [x, yy]\n")
    assert source.mark(("a", 0, "c", 1)) == "folder/file.yaml:3:12"
    assert source.mark(("a", 0, "c"), key=True) == "folder/file.yaml:3:5"
    assert source.mark(("a", 0, "missing")) == "folder/file.yaml:2:5"
    assert source.line(("a", 0, "c")) == 3
    assert source.mark() == "folder/file.yaml:1:1"


class Folder(BaseModel):
    model_config = ConfigDict(extra="forbid")
    type: Literal["folder"]
    path: str


class Rest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    type: Literal["sdmx-rest"]
    url: str


class Specimen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    status: Literal["current", "legacy"] = "current"
    size: Annotated[int, Strict()] = 0
    channel: Annotated[Folder | Rest, Field(discriminator="type")] | None = None
    codes: Mapping[str, tuple[str, ...]] = {}
    parts: tuple[Folder, ...] = ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("statis: current\nid: x\n", '1:1: "statis" is not a key here. Did you mean "status"?'),
        ("id: x\nquite_other: 1\n", '2:1: "quite_other" is not a key here. Known keys: channel, codes, id,'),
        ("status: current\n", '1:1: The key "id" is missing.'),
        ("id: 12.10\n", '1:5: id wants a text, and 12.10 is not one as it stands. Write "12.10".'),
        ("id: 417\n", '1:5: id wants a text, and 417 is not one as it stands. Write "417".'),
        ("id: true\n", '1:5: id wants a text, and true is not one as it stands. Write "true".'),
        ("id:\n", "1:4: id has no value. Write one, or take the key out if it may be left out."),
        ("id: null\n", "1:5: id has no value."),
        ("id: {a: b}\n", "1:5: id is a block of keys; wanted is a valid string."),
        ("id: [x]\n", "1:5: id is a list; wanted is a valid string."),
        ("id: x\nstatus: curent\n", '2:9: status is "curent", which is not one of its values. Did you'),
        ("id: x\nstatus: zzz\n", '2:9: status is "zzz", which is not one of its values. Use one of cur'),
        ('id: x\nsize: "3"\n', '2:7: size is "3"; wanted is a valid integer.'),
        ("id: x\nsize: true\n", "2:7: size is true; wanted is a valid integer."),
        ("id: x\ncodes: {SEX: [M, 1]}\n", "2:18: SEX wants a text, and 1 is not one as it stands."),
        ("id: x\nchannel: {type: folder, pth: in}\n", '2:25: "pth" is not a key here. Did you mean "path"?'),
        ("id: x\nchannel: {type: folder}\n", '2:10: The key "path" is missing.'),
        ("id: x\nparts:\n  - type: folder\n    path: inbox\n    urll: z\n", '5:5: "urll" is not a key here.'),
    ],
)  # fmt: skip
def test_what_a_model_refuses_becomes_a_sentence_with_its_place(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(DeclarationErrors) as caught:
        validate(Specimen, read(tmp_path, text))
    assert f"folder/file.yaml:{sentence}" in str(caught.value)


def test_the_complaints_of_a_model_come_in_the_order_of_lines(tmp_path: Path) -> None:
    with pytest.raises(DeclarationErrors) as caught:
        validate(Specimen, read(tmp_path, "sizee: 1\nstatus: other\nid: 5\n"))
    assert [str(complaint.where).rsplit(":", 2)[1] for complaint in caught.value.complaints] == [
        "1",
        "2",
        "3",
    ]


def test_a_good_file_becomes_the_model(tmp_path: Path) -> None:
    text = "id: x\nchannel: {type: sdmx-rest, url: 'https://example.org'}\ncodes: {SEX: ['_T']}\n"
    specimen = validate(Specimen, read(tmp_path, text))
    assert specimen.channel == Rest(type="sdmx-rest", url="https://example.org")
    assert specimen.codes == {"SEX": ("_T",)}


def assert_read_or_refused(path: Path) -> None:
    try:
        value = read_yaml(path, root=path.parent).value
    except ConfigurationError as error:
        refused = str(error)
    else:
        assert isinstance(value, dict)
        return
    assert refused.startswith(f"{path.name}:")


@given(st.binary(max_size=300))
def test_no_bytes_make_a_traceback(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    assert_read_or_refused(path)


@given(st.text(alphabet="ab:-[]{},&*!?|>'\"# \n%@`\t01.", max_size=60))
def test_no_text_makes_a_traceback(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "text.yaml"
    path.write_text(text, encoding="utf-8")
    assert_read_or_refused(path)
