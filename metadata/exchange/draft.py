"""A draft declaration: what was found in somebody's reference metadata, and how it is written as YAML.

A draft is material for a data officer, never a declaration: texts of others are to be put into own words. Every
string of the source is either placed under a concept or stands in `not_placed` with its place and a reason; in the
YAML these are comments. What follows from the declaration (goal, title, unit …) is not written there, and personal
contact data is not copied at all. What is not here: reading the forms (`metadata.exchange.importing`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from metadata.derive.reference_metadata import LAST_UPDATE

PERSONAL = ("CONTACT_NAME", "CONTACT_FUNCT", "CONTACT_PHONE", "CONTACT_MAIL", "CONTACT_EMAIL")
"""Concepts that hold data about a person; declarations say of them that they are not applicable."""
WRITTEN_LANGUAGES = ("en", "fr")
"""The languages in which declarations keep texts."""
STATUSES = ("not known", "not applicable")

_WIDTH = 116
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTHS = (
    ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
     "december"),
    ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
     "décembre"),
)
_WORDED_DAY = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|er)?\s+(?:of\s+)?([A-Za-zéûÉ]+)\.?,?\s+(\d{4})\b")


@dataclass(slots=True)
class Draft:
    """What was found in a source of reference metadata.

    Attributes:
        indicator: official number that the source is about; None when it does not say.
        concepts: plain text by concept id and language, in the order of the metadata structure.
        facts: by concept id, what the source says about a text: status, source, source_date.
        not_placed: a sentence for every string that is under no concept: place, reason, and the string where it
            is no personal data.
        notes: what a reader of the draft should know, a sentence each.
        origin: name of the file that was read.
    """

    indicator: str | None
    concepts: dict[str, dict[str, str]]
    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    not_placed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    origin: str = ""


class Sorter:
    """Takes the strings of a source one by one and places or lists them.

    Args:
        kinds: the concepts of the metadata structure in their order, with their kind: `heading`, `derived`, `text`,
            `date` or `absent`.
        origin: name of the file.
    """

    def __init__(self, kinds: Mapping[str, str], origin: str) -> None:
        self.kinds = kinds
        self.draft = Draft(None, {}, origin=origin)
        self._numbers: dict[str, str] = {}

    def place(self, concept: str, language: str, text: str, where: str, *, dropped: Iterable[str] = ()) -> None:
        """Place a text under its concept, or list it: unknown concept, or another text is already there."""
        for piece in dropped:
            self.draft.not_placed.append(f"{where}: {concept} ({language}) held {piece}; it is no text.")
        if any("\ud800" <= sign <= "\udfff" for sign in text):
            text = "".join("\ufffd" if "\ud800" <= sign <= "\udfff" else sign for sign in text)
            self.draft.notes.append(f"{where}: {concept} ({language}) has half of a sign, shown as U+FFFD.")
        if not text.strip():
            if not dropped:
                self.draft.notes.append(f"{where}: {concept} ({language}) is empty.")
            return
        if concept not in self.kinds:
            from metadata.structure import nearest

            close = nearest(concept, self.kinds, 1)
            hint = f" (the nearest is {close[0]})" if close else ""
            self.unplaced(where, f"{concept} is not a concept of the metadata structure{hint}", text)
            return
        if self.kinds[concept] == "heading":
            self.unplaced(where, f"{concept} is a heading and has no text of its own", text)
            return
        texts = self.draft.concepts.setdefault(concept, {})
        if language not in texts:
            texts[language] = text
        elif texts[language] != text:
            shown = "" if concept in PERSONAL else text
            self.unplaced(where, f"{concept} ({language}) has another text already", shown)

    def add(self, concept: str, language: str, text: str) -> None:
        """Put a further paragraph under a concept that has a text in that language."""
        texts = self.draft.concepts[concept]
        texts[language] = f"{texts[language]}\n{text}"

    def unplaced(self, where: str, reason: str, text: str = "") -> None:
        """List a string that is not placed."""
        shown = " ".join(text.split())
        self.draft.not_placed.append(f"{where}: {reason}" + (f": {shown}" if shown else "."))

    def fact(self, concept: str, name: str, value: str, where: str) -> None:
        """Note what the source says about a text; a second, different statement is listed."""
        known = self.draft.facts.setdefault(concept, {})
        if name == "status" and value not in STATUSES:
            self.unplaced(where, f"{concept} has an unknown status", value)
        elif known.setdefault(name, value) != value:
            self.unplaced(where, f"{concept} has another {name} already", value)

    def about(self, number: str, where: str) -> None:
        """Note the indicator that a part of the source says it is about."""
        self._numbers.setdefault(number, where)

    def result(self, indicator: str | None) -> Draft:
        """Return the draft, its concepts in order; `indicator` is what the caller says it is about."""
        draft = self.draft
        draft.concepts = {concept: draft.concepts[concept] for concept in self.kinds if concept in draft.concepts}
        for number in stated_numbers(draft.concepts.get("SDG_INDICATOR", {}).values()):
            self.about(number, "SDG_INDICATOR")
        draft.indicator = indicator or next(iter(self._numbers), None)
        for number, where in self._numbers.items():
            if number != draft.indicator:
                draft.notes.append(f"{where} speaks of {number}, not of {draft.indicator}: look before using a text.")
        return draft


def stated_numbers(texts: Iterable[str]) -> list[str]:
    """Return the indicator numbers at the head of titles: `Indicator 12.2.2: …`, `Indicateur 12.a.1 : …`."""
    found = []
    for text in texts:
        match = re.match(r"\W*(?:\w+\W+)?(\d{1,2}\.(?:\d{1,2}|[a-d])\.\d{1,2})\b", text)
        if match and match[1] not in found:
            found.append(match[1])
    return found


def day_in(text: str) -> str | None:
    """Return the day that a text states, as YYYY-MM-DD: `Last updated: 12 February 2018`, `2018-02-12`."""
    if plain := _DAY.search(text):
        return plain[0]
    for day, word, year in _WORDED_DAY.findall(text):
        for months in _MONTHS:
            if word.lower() in months and 1 <= int(day) <= 31:
                return f"{year}-{months.index(word.lower()) + 1:02d}-{int(day):02d}"
    return None


def draft_yaml(draft: Draft, kinds: Mapping[str, str], personal: Mapping[str, str] | None = None) -> str:
    """Return a draft in the form of a declaration's block, with comments for what is not placed.

    Under a concept of personal contact data stands what the source says only where it says "not applicable".

    Args:
        draft: what was read.
        kinds: the concepts of the metadata structure in their order, with their kind.
        personal: by language, the text that stands for personal contact data; None for the usual one.
    """
    lines = [
        "# A draft, to be put into own words before it goes into a declaration.",
        *_comment(f"Read from {draft.origin}" + (f", about {draft.indicator}." if draft.indicator else ".")),
        *(line for note in draft.notes for line in _comment(f"Note: {note}")),
    ]
    aside: list[str] = []
    body: list[str] = []
    for concept in (concept for concept, kind in kinds.items() if kind in ("text", "date")):
        texts = draft.concepts.get(concept, {})
        if concept in PERSONAL and draft.facts.get(concept, {}).get("status") != "not applicable":
            body += _block(concept, personal or _PERSONAL_TEXTS, _PERSONAL_FACTS)
            for language, text in texts.items():
                if text != (personal or _PERSONAL_TEXTS).get(language):
                    aside.append(f"{concept} ({language}): personal contact data is not kept.")
        elif concept == LAST_UPDATE:
            body += _last_update(texts, aside)
        elif texts or concept in draft.facts:
            written = {language: texts[language] for language in WRITTEN_LANGUAGES if language in texts}
            body += _block(concept, written, draft.facts.get(concept, {}))
            for language in texts.keys() - written.keys():
                reason = "declarations are written in English and French"
                aside.append(f"{concept} ({language}): {reason}: {texts[language]}")
    for concept, texts in draft.concepts.items():
        if kinds.get(concept) not in ("text", "date"):
            aside += [
                f"{concept} ({language}): follows from the declaration, compare: {text}"
                for language, text in texts.items()
            ]
    if left := [*draft.not_placed, *aside]:
        lines += ["#", "# Not placed:", *(line for sentence in left for line in _comment(f"- {sentence}"))]
    return "\n".join([*lines, "", "reference_metadata:", *(body or ["  {}"])]) + "\n"


_PERSONAL_TEXTS = {
    "en": "Not kept here: personal contact data; write to the organisation named above.",
    "fr": "Non conservé ici : données de contact personnelles ; écrire à l’organisation indiquée ci-dessus.",
}
_PERSONAL_FACTS = {"status": "not applicable", "source": "our own rule"}


def _last_update(texts: Mapping[str, str], aside: list[str]) -> list[str]:
    days = {language: day_in(text) for language, text in texts.items()}
    day = next((found for found in days.values() if found), None)
    for language, text in texts.items():
        if days[language] is None:
            aside.append(f"{LAST_UPDATE} ({language}): no day could be read: {text}")
        elif days[language] != day or text.strip() != day:
            aside.append(f"{LAST_UPDATE} ({language}): taken as {days[language]}: {text}")
    return [f"  {LAST_UPDATE}:", f'    date: "{day}"'] if day else []


def _block(concept: str, texts: Mapping[str, str], facts: Mapping[str, str]) -> list[str]:
    lines = [f"  {concept}:"]
    if status := facts.get("status"):
        lines.append(f'    status: "{status}"')
    for language, text in texts.items():
        lines += _scalar(language, text)
    for name in ("source", "source_date"):
        if fact := facts.get(name):
            lines += _scalar(name, fact)
    return lines


def _scalar(key: str, text: str) -> list[str]:
    """Return `key: text` as YAML that reads back as exactly this text."""
    indent = "      "
    words = text.split(" ")
    printable = all(sign.isprintable() or sign in "\n\xa0\u202f\u2009" for sign in text)
    if not printable or not text or text != text.strip() or "\n\n\n" in text:
        return [f"    {key}: {_quoted(text)}"]
    if "\n" in text:
        if any(line != line.rstrip() for line in text.split("\n")) or text.startswith("\n"):
            return [f"    {key}: {_quoted(text)}"]
        return [f"    {key}: |-", *((indent + line).rstrip() for line in text.split("\n"))]
    if "" in words or len(text) <= _WIDTH - len(key) - 8:
        return [f"    {key}: {_quoted(text)}"]
    return [f"    {key}: >-", *(indent + line for line in _wrapped(words, _WIDTH - len(indent)))]


def _quoted(text: str) -> str:
    """Return a text as a double-quoted scalar on one line."""
    dumped: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=1 << 30)
    return dumped.rstrip("\n").removesuffix("\n...")


def _wrapped(words: Sequence[str], width: int) -> list[str]:
    """Return words in lines; never a line that YAML would take for more than words of a folded text."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _comment(sentence: str) -> list[str]:
    """Return a sentence as comment lines; signs that would end a line are shown as blanks."""
    words = [word for word in re.split(r"\s+", "".join(c if c.isprintable() else " " for c in sentence)) if word]
    return [f"# {line}" for line in _wrapped(words, _WIDTH - 2)]
