"""Rules on the wording of declarations: what is readable YAML and still wrong, stale, foreign or not finished.

`lint` is the whole of `sdg metadata lint` for a folder: the complaints that make a declaration unusable
(`metadata.lint`) and the remarks made here, all in one go, each at its file, line and column. A remark never stops a
run: a stale sentence is no reason not to judge data. Remarks on texts are in `metadata.content_texts`, those on titles
and units here; the catalogue of rules is `RULES`. A remark that stays is waived in the file, with a reason and a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from metadata import content_texts
from metadata.content_rules import RULES, Remark
from metadata.declarations import Declarations, DeclaredFile
from metadata.errors import SdgError
from metadata.load import INDICATORS, Catalogue, load_catalogue, read_catalogue
from metadata.model_series import SeriesBlock
from metadata.similar import likeness, trigrams
from metadata.structure import nearest
from metadata.twins import numbers_of
from metadata.yaml_nodes import Loc

ALIKE, UNLIKE = 0.95, 0.35
"""Titles this alike are the same title (13.2.1 and 13.b.1 reach 0.9); below the second they are of two indicators."""

UNIT_WORDS: tuple[tuple[str, frozenset[str], int | None], ...] = (
    (r"\(kg\)", frozenset({"KG"}), None),
    (r"\(tonn?e?s?\)", frozenset({"T"}), None),
    (r"\(%\)|\bper ?cent|\bpercentage\b|\bproportion of\b", frozenset({"PT"}), None),
    (r"\bper 100[, ]?000\b", frozenset({"PER_100000_POP"}), None),
    (r"\bwatts per capita\b", frozenset({"W_PER_CAPITA"}), None),
    (r"\bper unit of gdp\b", frozenset({"KG_PER_CON_USD"}), None),
    (r"\bconstant united states dollars\b", frozenset({"CON_USD"}), None),
    (r"\(billions of\b.*\bdollars\)", frozenset({"USD", "CON_USD"}), 9),
    (r"\(millions of\b.*\bdollars\)", frozenset({"USD", "CON_USD"}), 6),
    (r"\bco[₂2] equivalent\b", frozenset({"TCO2E"}), None),
    (r"\bindex\b", frozenset({"IX"}), None),
    (r"^number of\b(?!.*\bper 100)", frozenset({"NUMBER"}), None),
)
"""What words in the name of a series say about its unit and its multiplier."""

NOT_PER_CAPITA = frozenset({"NUMBER", "PT", "IX", "PER_100000_POP"})
"""Units that a figure per capita cannot have."""


@dataclass(frozen=True)
class Lint:
    """What is wrong with a folder of declarations.

    Attributes:
        catalogue: what could be read of it.
        complaints: they make a declaration unusable; a run refuses to judge with one.
        remarks: about the wording, without those that are waived; sorted by file and line.
    """

    catalogue: Catalogue
    complaints: tuple[SdgError, ...]
    remarks: tuple[Remark, ...]

    def of(self, severity: Literal["error", "warning"]) -> tuple[Remark, ...]:
        """Return the remarks of one severity."""
        return tuple(remark for remark in self.remarks if remark.severity == severity)


def lint(folder: Path | None = None, *, today: date) -> Lint:
    """Read a folder of declarations, by default our own, and return everything that is wrong with it.

    Args:
        folder: with `goals.yaml` and a folder for each goal. Titles in another folder than ours are compared with ours.
        today: the day that dates are compared with.
    """
    reading = read_catalogue(folder)
    foreign = folder is not None and folder.resolve() != INDICATORS
    known = load_catalogue() if foreign else None
    remarks = remarks_about(reading.declarations, reading.catalogue, today=today, known=known)
    return Lint(reading.catalogue, reading.complaints, tuple(remarks))


def remarks_about(
    declarations: Declarations, catalogue: Catalogue, *, today: date, known: Catalogue | None = None
) -> list[Remark]:
    """Return the remarks about all files that could be read, by file and line.

    Args:
        declarations: the files.
        catalogue: what they mean together.
        today: the day that dates are compared with.
        known: a catalogue whose titles are right.
    """
    files = [file for file in declarations.files if file.number in catalogue.indicators]
    twins = {file.number: numbers_of(catalogue, file.number) for file in files}
    remarks: list[Remark] = []
    for file in files:
        found = [*_titles(file, files, twins, known), *_units(file)]
        found += content_texts.remarks_about(file, twins[file.number], today=today)
        remarks += _without_waived(file, found)
    remarks += [remark for file, remark in content_texts.copies(files, twins) if not _waived(file, remark)]
    return sorted(remarks, key=_place)


def _titles(
    file: DeclaredFile, files: Iterable[DeclaredFile], twins: Mapping[str, tuple[str, ...]], known: Catalogue | None
) -> Iterator[Remark]:
    """A title is not that of another indicator, and is that of its own where it is known."""
    own = {language: trigrams(title) for language, title in file.content.titles.items()}
    for language, title in file.content.titles.items():
        at: Loc = ("titles", language)
        for other in files:
            if other.number in twins[file.number] or other is file:
                continue
            if likeness(own[language], trigrams(other.content.titles[language])) >= ALIKE:
                what = f"The title ({language}) is that of {other.number}: “{_short(title)}”."
                yield Remark.at(file, "TITLE-OTHER", at, what, about=file.number)
        right = known.indicators.get(file.number) if known else None
        if right and likeness(own[language], trigrams(right.titles[language])) < UNLIKE:
            what = f"“{_short(title)}” is not the title ({language}) of {file.number}."
            hint = f"It is “{_short(right.titles[language])}”."
            yield Remark.at(file, "TITLE-OTHER", at, what, hint, about=file.number)


def _units(file: DeclaredFile) -> Iterator[Remark]:
    """The unit of a series is the one that its name says."""
    for position, block in enumerate(file.content.series):
        contradiction = unit_contradiction(block)
        if contradiction is not None:
            at: Loc = ("series", position, "unit_measure")
            yield Remark.at(file, "UNIT-NAME", at, contradiction, about=block.code)


def unit_contradiction(block: SeriesBlock) -> str | None:
    """Return in words how the unit or the multiplier of a series contradicts its name, or None."""
    name = block.name.lower()
    for pattern, units, multiplier in UNIT_WORDS:
        found = re.search(pattern, name)
        if found is None:
            continue
        wrong = [unit for unit in block.unit_measure if unit not in units]
        if wrong:
            says = " or ".join(sorted(units))
            return f"{block.code} has the unit {wrong[0]}, and its name says “{found[0].strip()}”: {says}."
        if multiplier is not None and block.unit_mult[0] != multiplier:
            power = f"10^{block.unit_mult[0]}"
            return f"{block.code} has the multiplier {power}, and its name says “{found[0].strip()}”."
        return None
    wrong = [unit for unit in block.unit_measure if unit in NOT_PER_CAPITA]
    if "per capita" in name and wrong:
        return f"{block.code} has the unit {wrong[0]}, and its name says “per capita”."
    return None


def _without_waived(file: DeclaredFile, remarks: list[Remark]) -> list[Remark]:
    """Take out what the file waives, and remark on waivers that nothing needs."""
    kept = [remark for remark in remarks if not _waived(file, remark)]
    for position, waiver in enumerate(file.content.waivers):
        at: Loc = ("waivers", position, "rule")
        if waiver.rule not in RULES:
            close = nearest(waiver.rule, RULES)
            hint = f"Did you mean {' or '.join(close)}?" if close else f"There are {', '.join(RULES)}."
            kept.append(Remark.at(file, "WAIVER-UNUSED", at, f"{waiver.rule} is not a rule.", hint, about=file.number))
        elif waiver.rule != "COPIED" and not any(
            remark.rule == waiver.rule and waiver.about in (None, remark.about) for remark in remarks
        ):
            what = f"Nothing needs the waiver of {waiver.rule}{f' for {waiver.about}' if waiver.about else ''}."
            kept.append(Remark.at(file, "WAIVER-UNUSED", at, what, "Take it out.", about=file.number))
    return kept


def _waived(file: DeclaredFile, remark: Remark) -> bool:
    return any(
        waiver.rule == remark.rule and waiver.about in (None, remark.about) for waiver in file.content.waivers
    )


def _short(title: str) -> str:
    return title if len(title) <= 60 else f"{title[:59]}…"


def _place(remark: Remark) -> tuple[str, int, int]:
    file, line, column = remark.where.rsplit(":", 2)
    return file, int(line), int(column)


