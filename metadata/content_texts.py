"""Rules on the reference metadata: whether the texts are there, are this indicator's, plain, dated and not stale.

Called by `metadata.content`, which holds the other rules and the waivers. `foreign_numbers` and `claims` serve readers
of official metadata too: a sheet says in its first lines which indicator it is about.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from metadata.content_rules import Remark
from metadata.declarations import DeclaredFile
from metadata.model import IndicatorFile
from metadata.model_reference import TEXT_LANGUAGES, WRITABLE, ConceptText, ReferenceMetadata
from metadata.similar import likeness, pairs, words
from metadata.yaml_nodes import Loc

BLOCK = "reference_metadata"
CORE = ("STAT_CONC_DEF", "DATA_COMP", "DATA_SOURCE", "CONTACT_ORGANISATION")
CALENDARS = ("FREQ_COLL", "REL_CAL_POLICY")
MAY_BE_EQUAL = frozenset(
    {
        "CONTACT_ORGANISATION", "CONTACT_NAME", "ORGANISATION_UNIT", "CONTACT_FUNCT", "CONTACT_PHONE", "CONTACT_MAIL",
        "CONTACT_EMAIL", "COMPILING_ORG",
    }
)  # fmt: skip
"""Concepts about organisations: the same body has the same name in every indicator that it keeps."""

LONGEST = 20_000
"""Characters of a text; the longest of ours has some 2,000."""

COPIED = 0.8
FEWEST_WORDS = 12
"""Shorter texts are alike by chance: “National statistics offices.”"""

OTHER_CONCEPTS = 3
_NAMES = {"en": "English", "fr": "French"}

_NUMBER = r"(?:1[0-7]|[1-9])\.(?:[0-9]{1,2}|[a-d])\.[0-9]{1,2}(?!\.?[0-9])"
_BARE = re.compile(rf"(?<![\w./-]){_NUMBER}")
_TARGET = r"(?:1[0-7]|[1-9])\.(?:[0-9]{1,2}|[a-d])"
_IN_FULL = re.compile(
    rf"\b(?:indicators?|indicateurs?)\s+{_NUMBER}(?:(?:\s*,\s*|\s+(?:and|or|et|ou)\s+){_NUMBER})*", re.IGNORECASE
)
_CLAIM = re.compile(
    rf"^\W*(?:SDG\s+)?(?:indicator|indicateur|target|cible)\s+(?P<number>{_NUMBER}|{_TARGET})(?!\.?\w)\s*[:.–—-]",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>|<!--")
_BASE64 = re.compile(r"data:[a-z]+/[a-z.+-]+;base64|(?<![\w/+])[A-Za-z0-9+/]{80,}={0,2}(?![\w/])")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")


def remarks_about(file: DeclaredFile, numbers: tuple[str, ...], *, today: date) -> Iterator[Remark]:
    """Yield the remarks about the texts of one indicator.

    Args:
        file: the indicator's file.
        numbers: its own number and those of its twins.
        today: the day that dates are compared with.
    """
    texts = file.content.reference_metadata
    if texts is None:
        what = f"{file.number} has no reference metadata."
        yield Remark.at(file, "CONCEPT-EMPTY", (), what, f"Write the block {BLOCK}.", about=file.number)
        return
    yield from _last_update(file, texts, today)
    for concept in WRITABLE[1:]:
        written: ConceptText | None = getattr(texts, concept)
        if written is None:
            what = f"{concept} is missing."
            hint = "Where nothing is known, say so with the status “not known”."
            yield Remark.at(file, "CONCEPT-EMPTY", (BLOCK,), what, hint, about=concept, key=True)
            continue
        yield from _written(file, concept, written)
        yield from _dates(file, concept, written, today)
        for language in TEXT_LANGUAGES:
            text = written.text(language)
            if text is not None:
                yield from _plain(file, concept, language, text)
                yield from _numbers(file, concept, language, text, numbers)
    yield from _other_sheet(file, texts)


def _written(file: DeclaredFile, concept: str, written: ConceptText) -> Iterator[Remark]:
    """A concept has a text in both languages, a source and its date."""
    at: Loc = (BLOCK, concept)
    found = {language: written.text(language) for language in TEXT_LANGUAGES}
    missing = [language for language, text in found.items() if text is None]
    if len(missing) == len(TEXT_LANGUAGES):
        hint = "Where nothing is known, say so with the status “not known”."
        yield Remark.at(file, "CONCEPT-EMPTY", at, f"{concept} has no text.", hint, about=concept, key=True)
        return
    for language in missing:
        what = f"{concept} has no {_NAMES[language]} text."
        yield Remark.at(file, "LANGUAGE-MISSING", at, what, about=concept, key=True)
    english, french = found["en"], found["fr"]
    if english is not None and english == french and len(words(english)) > 3:
        what = f"The French text of {concept} is the English one."
        yield Remark.at(file, "LANGUAGE-MISSING", (*at, "fr"), what, about=concept)
    for name in ("source", "source_date"):
        if getattr(written, name) is None:
            what = f"{concept} names no {name}."
            yield Remark.at(file, "SOURCE-MISSING", at, what, about=concept, key=True)
    if concept in CORE and written.status != "known":
        what = f"{concept} is {written.status}."
        yield Remark.at(file, "CORE-NOT-KNOWN", (*at, "status"), what, about=concept)


def _last_update(file: DeclaredFile, texts: ReferenceMetadata, today: date) -> Iterator[Remark]:
    """The texts were read through not too long ago."""
    if texts.META_LAST_UPDATE is None:
        what = "META_LAST_UPDATE is missing: nobody knows when the texts were last read through."
        yield Remark.at(file, "CONCEPT-EMPTY", (BLOCK,), what, about="META_LAST_UPDATE", key=True)
        return
    at: Loc = (BLOCK, "META_LAST_UPDATE", "date")
    day = texts.META_LAST_UPDATE.date
    months, limit = months_since(day, today), review_months(file.content)
    if months < 0:
        yield Remark.at(file, "DATE-FUTURE", at, f"{day} is after today.", about="META_LAST_UPDATE")
    elif months > limit:
        what = f"The texts were last read through on {day}, {months} months ago; {limit} are allowed here."
        hint = "Read them against their sources and set the date."
        yield Remark.at(file, "STALE", at, what, hint, about="META_LAST_UPDATE")


def _dates(file: DeclaredFile, concept: str, written: ConceptText, today: date) -> Iterator[Remark]:
    """A source is not of the future; an old calendar says how old it is."""
    if written.source_date is None:
        return
    at: Loc = (BLOCK, concept, "source_date")
    months = months_since(written.source_date, today)
    if months < 0:
        yield Remark.at(file, "DATE-FUTURE", at, f"{written.source_date} is after today.", about=concept)
    if concept in CALENDARS and written.status == "known" and months > review_months(file.content):
        year = written.source_date[:4]
        for language in TEXT_LANGUAGES:
            text = written.text(language)
            if text is not None and year not in text:
                what = f"{concept} ({language}) rests on a source of {year} and does not say so."
                yield Remark.at(file, "STALE-UNSAID", (BLOCK, concept, language), what, about=concept)


def review_months(indicator: IndicatorFile) -> int:
    """Return after how many months the texts are stale: two rounds of collection, at least 24, at most 36."""
    return min(36, max(24, 2 * (indicator.cadence.months or 18)))


def months_since(day: str, today: date) -> int:
    """Return the whole months from a year, a month or a day to today; the end of what is not given."""
    parts = [int(part) for part in day.split("-")]
    year, month = parts[0], parts[1] if len(parts) > 1 else min(12, today.month if parts[0] == today.year else 12)
    months = (today.year - year) * 12 + today.month - month
    return months - 1 if len(parts) > 2 and parts[2] > today.day else months


def _plain(file: DeclaredFile, concept: str, language: str, text: str) -> Iterator[Remark]:
    """A text is plain, and no longer than a text."""
    at: Loc = (BLOCK, concept, language)
    if len(text) > LONGEST:
        what = f"{concept} ({language}) has {len(text):,} characters; a text has at most {LONGEST:,}."
        yield Remark.at(file, "TOO-LONG", at, what, about=concept)
    for pattern, name in ((_TAG, "HTML"), (_BASE64, "base64"), (_ENTITY, "a character entity")):
        found = pattern.search(text)
        if found is None:
            continue
        shown = found[0] if len(found[0]) <= 30 else f"{found[0][:29]}…"
        hint = f"Write {html.unescape(found[0])}." if pattern is _ENTITY else "Say it in words."
        what = f"{concept} ({language}) holds {name}: {shown}"
        yield Remark.at(file, "MARKUP", at, f"{what}.", hint, about=concept, fragment=found[0])


def foreign_numbers(text: str, numbers: Iterable[str]) -> list[str]:
    """Return the bare numbers of other indicators in a text; “indicator 12.2.1” in full is not bare.

    Args:
        text: the text.
        numbers: numbers that may stand there: the own and those of twins.
    """
    own = set(numbers)
    in_full = [found.span() for found in _IN_FULL.finditer(text)]
    return [
        found[0]
        for found in _BARE.finditer(text)
        if found[0] not in own and not any(start <= found.start() < end for start, end in in_full)
    ]


def claims(text: str) -> str | None:
    """Return the number of the indicator or target that a text says it is about, in its first words.

    Official sheets open so: “Indicator 7.b.1: …”. None where it does not.
    """
    found = _CLAIM.match(text)
    return found["number"] if found else None


def _numbers(
    file: DeclaredFile, concept: str, language: str, text: str, numbers: tuple[str, ...]
) -> Iterator[Remark]:
    at: Loc = (BLOCK, concept, language)
    foreign = foreign_numbers(text, numbers)
    for number in dict.fromkeys(foreign):
        what = f"{concept} ({language}) names {number}, and the indicator is {file.number}."
        hint = f"Where {number} is meant, write “indicator {number}”."
        yield Remark.at(file, "WRONG-NUMBER", at, what, hint, about=concept, fragment=number)
    claimed = claims(text)
    if claimed is not None and claimed not in (file.number, file.content.target):
        what = f"{concept} ({language}) opens as the sheet of {claimed}."
        yield Remark.at(file, "OTHER-SHEET", at, what, f"The indicator is {file.number}.", about=concept)


def _other_sheet(file: DeclaredFile, texts: ReferenceMetadata) -> Iterator[Remark]:
    """The texts name their own indicator where they name another again and again, a twin included."""
    named: dict[str, list[str]] = {}
    for concept, written in texts.texts().items():
        everything = " ".join(filter(None, (written.text(language) for language in TEXT_LANGUAGES)))
        for number in {found[0] for found in _BARE.finditer(everything)}:
            named.setdefault(number, []).append(concept)
    if file.number in named:
        return
    for number, concepts in sorted(named.items()):
        if len(concepts) >= OTHER_CONCEPTS:
            what = f"{len(concepts)} texts name {number} and none names {file.number}: {', '.join(concepts[:4])}."
            hint = f"They are most likely those of {number}."
            at: Loc = (BLOCK, concepts[0])
            yield Remark.at(file, "OTHER-SHEET", at, what, hint, about=file.number, key=True)


def copies(
    files: Iterable[DeclaredFile], twins: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[DeclaredFile, Remark]]:
    """Yield the texts that are those of an earlier indicator, with the file of the later."""
    earlier: dict[tuple[str, str], list[tuple[DeclaredFile, frozenset[tuple[str, str]]]]] = {}
    for file in files:
        texts = file.content.reference_metadata
        for concept, written in texts.texts().items() if texts else ():
            if concept in MAY_BE_EQUAL or written.status != "known":
                continue
            for language in TEXT_LANGUAGES:
                text = written.text(language)
                if text is None or len(words(text)) < FEWEST_WORDS:
                    continue
                mine = pairs(text)
                others = earlier.setdefault((concept, language), [])
                for other, theirs in others:
                    alike = likeness(mine, theirs)
                    if alike >= COPIED and other.number not in twins[file.number]:
                        how = "is that of" if mine == theirs else f"is {alike:.0%} that of"
                        what = f"{concept} ({language}) {how} {other.number}."
                        hint = "Write what is true of this indicator, or only what differs."
                        at: Loc = (BLOCK, concept, language)
                        yield file, Remark.at(file, "COPIED", at, what, hint, about=concept)
                others.append((file, mine))
