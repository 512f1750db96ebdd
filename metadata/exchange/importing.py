"""Reference metadata of others → a draft: which form the bytes are in, and the reader of each.

The form is told by the content, never by the name: SDMX-ML and SDMX-JSON metadata messages, the YAML of the SDG
metadata repository, and its gettext files. The name only helps with what the content does not say: the indicator
(`12-2-2.yml`) and the language (`fr/12-2-2.yml`). Bytes that are none of these are refused in one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

from metadata.errors import UnreadableFile
from metadata.exchange.draft import Draft, Sorter

MAX_BYTES = 10 * 1024 * 1024
"""Largest file that is read; the largest official sheet, with its pictures, has about 4 MB."""

_NUMBERED = re.compile(r"(\d{1,2})-(\d{1,2}|[a-dA-D])-(\d{1,2})(?![\d-])")
_LANGUAGES = {"ar", "en", "es", "fr", "ru", "zh"}


def import_draft(
    data: bytes, name: str, kinds: Mapping[str, str], *, indicator: str | None = None
) -> Draft:
    """Return what a source of reference metadata says, as a draft.

    Args:
        data: the bytes of the file.
        name: its name, with the folders that it was named by: they may say language and indicator.
        kinds: the concepts of the metadata structure in their order, with their kind.
        indicator: what it is about; None to take it from the content, then from the name.

    Raises:
        UnreadableFile: it is larger than `MAX_BYTES`, empty, in none of the forms, or damaged; with the line.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableFile(
            f"The file has {len(data) / 1024 / 1024:.1f} MB; at most {MAX_BYTES // 1024 // 1024} MB are read.",
            where=name,
            hint="Send one indicator a file, without pictures.",
        )
    sorter = Sorter(kinds, PurePath(name).name)
    if named := number_in(name):
        sorter.about(named, f"The name of {PurePath(name).name}")
    try:
        _read(data, name, sorter)
    except RecursionError as error:
        raise UnreadableFile("It is nested too deeply.", where=name) from error
    draft = sorter.result(indicator)
    if not draft.concepts and not draft.not_placed:
        raise UnreadableFile("There is no text of reference metadata in it.", where=name)
    return draft


def _read(data: bytes, name: str, sorter: Sorter) -> None:
    """Have the bytes read by the reader of their form."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        raise UnreadableFile("The file is empty.", where=name)
    if head.startswith(b"<") or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        from metadata.exchange.sdmx_ml import read_sdmx_ml

        read_sdmx_ml(data, name, sorter)
    elif head.startswith((b"{", b"[")):
        from metadata.exchange.sdmx_json import read_sdmx_json

        read_sdmx_json(text_of(data, name), name, sorter)
    elif re.search(rb"^(msgid|msgctxt)[ \t]+\"", data, re.MULTILINE):
        from metadata.exchange.gettext_file import read_gettext

        read_gettext(text_of(data, name), name, sorter)
    else:
        from metadata.exchange.repository_yaml import read_repository_yaml

        read_repository_yaml(text_of(data, name), name, sorter, language_in(name))


def text_of(data: bytes, name: str) -> str:
    """Return bytes as text.

    Raises:
        UnreadableFile: they are not UTF-8; the line is named.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UnreadableFile("This is not text in UTF-8.", where=f"{name}:{line}", hint="Save it as UTF-8.") from error


def number_in(name: str) -> str | None:
    """Return the indicator that a file is named after: `en/12-2-2.yml` is about 12.2.2, `12-3-1a` about 12.3.1."""
    found = _NUMBERED.search(PurePath(name).stem)
    return ".".join(found.groups()).lower() if found else None


def language_in(name: str) -> str | None:
    """Return the language that a folder of the name or its ending says, `zh` for `zh-Hans`."""
    path = PurePath(name)
    for part in (*reversed(path.parts[:-1]), *path.stem.split(".")[1:]):
        if (language := part.partition("-")[0].lower()) in _LANGUAGES:
            return language
    return None
