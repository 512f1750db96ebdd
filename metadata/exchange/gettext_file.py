"""Gettext files (.po, .pot) of the SDG metadata repository → a draft: msgctxt is the concept, texts are HTML.

`msgid` is the English text, `msgstr` its translation into the language of the header. A translation that is marked
fuzzy waits for review and is listed, not placed; so are entries that were taken out (`#~`). The header is about the
file and names translators: it is not copied. A concept may have several entries, a paragraph each, in their order.
Format: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from metadata.errors import UnreadableFile
from metadata.exchange.draft import PERSONAL, Sorter
from metadata.exchange.plain_text import plain_text

_KEYWORD = re.compile(r"(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)[ \t]*(\".*)")
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|[0-7]{1,3}|.)")
_SIGNS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


@dataclass(slots=True)
class _Entry:
    line: int
    fuzzy: bool = False
    parts: dict[str, str] = field(default_factory=dict)


def read_gettext(text: str, name: str, sorter: Sorter) -> None:
    """Sort the texts of a gettext file.

    Raises:
        UnreadableFile: a line is none of the format; it is named.
    """
    language: str | None = None
    placed: dict[tuple[str, str], int] = {}
    for entry in _entries(text, name, sorter):
        if not entry.parts.get("msgid") and "msgctxt" not in entry.parts:
            header = entry.parts.get("msgstr", "")
            if said := re.search(r"^Language:[ \t]*([A-Za-z]{2,3})", header, re.MULTILINE):
                language = said[1].lower()
            if header:
                sorter.draft.notes.append(
                    f"line {entry.line}: the header is about the file and its translators, and is not copied."
                )
            continue
        _sort(entry, language, sorter, placed)


def _sort(entry: _Entry, language: str | None, sorter: Sorter, placed: dict[tuple[str, str], int]) -> None:
    concept = entry.parts.get("msgctxt", "").strip()
    where = f"line {entry.line}"
    for part, content in entry.parts.items():
        if part == "msgctxt" or not content:
            continue
        found = plain_text(content)
        if part == "msgid":
            spoken = "en"
        elif part == "msgstr":
            spoken = language or "?"
        else:
            sorter.unplaced(where, f"{concept or 'an entry'} has a {part}, which a text has no place for", found.text)
            continue
        shown = "" if concept in PERSONAL else found.text
        if part == "msgstr" and entry.fuzzy:
            sorter.unplaced(where, f"{concept} ({spoken}): the translation is marked fuzzy", shown)
        elif part == "msgstr" and language is None:
            sorter.unplaced(where, f"{concept}: the header does not say the language of the translation", shown)
        elif not concept:
            sorter.unplaced(where, "the entry names no concept (msgctxt)", found.text)
        elif found.text and (concept, spoken) in placed and placed[concept, spoken] != entry.line:
            sorter.add(concept, spoken, found.text)
            sorter.place(concept, spoken, "", where, dropped=found.dropped)
        else:
            sorter.place(concept, spoken, found.text, where, dropped=found.dropped)
            if spoken in sorter.draft.concepts.get(concept, {}):
                placed[concept, spoken] = entry.line


def _entries(text: str, name: str, sorter: Sorter) -> list[_Entry]:
    """Return the entries; what was taken out (`#~`) is listed at once, other comments are for translators."""
    entries: list[_Entry] = []
    current: _Entry | None = None
    part: str | None = None
    fuzzy = False
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if line.startswith("#"):
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            if line.startswith("#~"):
                sorter.unplaced(f"line {number}", "an entry that was taken out", line[2:].strip())
            continue
        if not line:
            continue
        if keyword := _KEYWORD.fullmatch(line):
            part = keyword[1]
            if current is None or part in current.parts or (part == "msgctxt" and "msgid" in current.parts):
                current = _Entry(number, fuzzy)
                entries.append(current)
                fuzzy = False
            elif fuzzy:
                current, fuzzy = _Entry(number, True), False
                entries.append(current)
            current.parts[part] = _unquoted(keyword[2], name, number)
        elif line.startswith('"') and current is not None and part is not None:
            current.parts[part] += _unquoted(line, name, number)
        else:
            raise _bad(name, number)
    return entries


def _unquoted(quoted: str, name: str, line: int) -> str:
    if len(quoted) < 2 or not quoted.endswith('"') or re.search(r'(?<!\\)(?:\\\\)*"', quoted[1:-1]):
        raise _bad(name, line)
    return _ESCAPE.sub(_sign, quoted[1:-1])


def _sign(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] == "x" and len(code) == 3:
        return chr(int(code[1:], 16))
    if code.isdigit():
        return chr(int(code, 8))
    return _SIGNS.get(code, code)


def _bad(name: str, line: int) -> UnreadableFile:
    return UnreadableFile(
        "This line is not of a gettext file.",
        where=f"{name}:{line}",
        hint='A line begins with msgctxt, msgid, msgstr, # or a quoted text: "…".',
    )
