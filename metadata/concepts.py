"""The metadata structure IAEG-SDGs:SDG_MSD(1.0), and the reference metadata of an indicator concept by concept.

`load_concepts` reads the embedded facts (ids, titles, order, parents); `reference_metadata` puts an indicator's texts
in that order, with those filled in that follow from the declaration: goal, target, indicator, series, related
indicators, custodians, units. Not here: the classes a data officer writes (`metadata.model_reference`), SDMX messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from metadata.errors import SdgError
from metadata.model import Indicator
from metadata.model_reference import TEXT_LANGUAGES
from metadata.model_series import Series
from metadata.sdmx_files import EMBEDDED, damaged, read_document
from metadata.structure import Structure, load_structure

FILE = "metadata_structure.yaml"
Kind = Literal["heading", "derived", "text", "date", "absent"]

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {"goal": "Goal", "target": "Target", "indicator": "Indicator", "none": "None.", "unknown": "not known"},
    "fr": {"goal": "Objectif", "target": "Cible", "indicator": "Indicateur", "none": "Aucun.", "unknown": "inconnue"},
}
_POWERS = {
    "en": {3: "in thousands", 6: "in millions", 9: "in billions"},
    "fr": {3: "en milliers", 6: "en millions", 9: "en milliards"},
}
_UNITS_FR = {
    "CON_USD": "dollars constants des États-Unis",
    "IX": "indice",
    "KG": "kilogrammes",
    "KG_PER_CON_USD": "kilogrammes par dollar constant des États-Unis",
    "NUMBER": "nombre",
    "PER_100000_POP": "pour 100 000 habitants",
    "PT": "pourcentage",
    "T": "tonnes",
    "TCO2E": "tonnes d’équivalent CO₂",
    "USD": "dollars des États-Unis",
    "W_PER_CAPITA": "watts par habitant",
}
"""The structure names units in English only."""


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept of the metadata structure.

    Attributes:
        id: `STAT_CONC_DEF`.
        number: number in the official template, `2.a`; None where it is not in the template.
        title: in English, as in the template.
        title_fr: in French, ours.
        parent: id of the heading that it stands under.
        kind: `heading` holds others; `derived` follows from the declaration; `text` and `date` are written; `absent`
            is in the structure and never filled here.
        order: 1-based position in the template.
    """

    id: str
    number: str | None
    title: str
    title_fr: str
    parent: str | None
    kind: Kind
    order: int

    def label(self, language: str = "en") -> str:
        """Return number and title in English or French: `2.a. Definition and concepts`."""
        title = self.title_fr if language == "fr" else self.title
        return f"{self.number}. {title}" if self.number else title


@dataclass(frozen=True, slots=True)
class MetadataStructure:
    """The metadata structure as embedded."""

    agency: str
    id: str
    version: str
    concept_scheme: str
    report: str
    concepts: tuple[Concept, ...]

    @property
    def version_label(self) -> str:
        """`IAEG-SDGs:SDG_MSD(1.0)`."""
        return f"{self.agency}:{self.id}({self.version})"


@lru_cache(maxsize=1)
def load_metadata_structure() -> MetadataStructure:
    """Return the embedded metadata structure.

    Raises:
        ConfigurationError: the file is missing or damaged.
    """
    return _read(EMBEDDED / FILE)


def load_concepts() -> tuple[Concept, ...]:
    """Return the concepts in the order of the official template."""
    return load_metadata_structure().concepts


def _read(path: Path) -> MetadataStructure:
    document = read_document(path)
    try:
        concepts = tuple(_concept(item, order) for order, item in enumerate(document["concepts"], start=1))
        names = ("agency", "id", "version", "concept_scheme", "report")
        return MetadataStructure(**{name: str(document[name]) for name in names}, concepts=concepts)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(str(path), f"is not as we write it ({error})") from error


def _concept(item: dict[str, Any], order: int) -> Concept:
    if item["kind"] not in get_args(Kind):
        raise ValueError(f"{item['id']} has the kind {item['kind']!r}")
    return Concept(item["id"], item["number"], item["en"], item["fr"], item["parent"], item["kind"], order)


def reference_metadata(
    indicator: Indicator,
    language: str,
    *,
    series: Mapping[str, Series] | None = None,
    related: Iterable[str] = (),
    structure: Structure | None = None,
) -> dict[str, str]:
    """Return the texts of an indicator by concept id, in the order of the template.

    Headings and concepts without a text in the language are left out.

    Args:
        indicator: the resolved indicator.
        language: `en` or `fr`.
        series: the catalogue's series, for those that the indicator uses from other files.
        related: numbers of goals 12 and 13 that share a series (`metadata.twins.related`).
        structure: gives the names of units; by default the embedded one.

    Raises:
        SdgError: there are no texts in that language.
    """
    if language not in TEXT_LANGUAGES:
        hint = f"There are texts in {' and '.join(TEXT_LANGUAGES)}."
        raise SdgError(f"There are no texts in the language {language}.", hint=hint)
    served = [*indicator.series, *((series or {})[code] for code in indicator.uses if code in (series or {}))]
    found = _derived(indicator, language, served, related, structure or load_structure())
    if indicator.reference_metadata is not None:
        if indicator.reference_metadata.META_LAST_UPDATE is not None:
            found["META_LAST_UPDATE"] = indicator.reference_metadata.META_LAST_UPDATE.date
        for concept, text in indicator.reference_metadata.texts().items():
            if (words := text.text(language)) is not None:
                found[concept] = words
    return {concept.id: found[concept.id] for concept in load_concepts() if concept.id in found}


def _derived(
    indicator: Indicator, language: str, series: list[Series], related: Iterable[str], structure: Structure
) -> dict[str, str]:
    words = _WORDS[language]
    others = [*indicator.also, *related]
    return {
        "SDG_GOAL": f"{words['goal']} {indicator.goal}: {indicator.goal_titles.get(language, '')}".rstrip(": "),
        "SDG_TARGET": f"{words['target']} {indicator.target}: {indicator.target_titles.get(language, '')}".rstrip(": "),
        "SDG_INDICATOR": f"{words['indicator']} {indicator.number}: {indicator.titles[language]}",
        "SDG_SERIES_DESCR": "\n".join(f"{one.code}: {one.name}" for one in series),
        "SDG_RELATED_INDICATORS": ", ".join(others) or words["none"],
        "SDG_CUSTODIAN_AGENCIES": ", ".join(indicator.custodians),
        "UNIT_MEASURE": "\n".join(f"{one.code}: {_unit(one, language, structure)}" for one in series),
    }


def _unit(series: Series, language: str, structure: Structure) -> str:
    """Return the declared unit and multiplier in words: `tonnes, in millions (T, 10^6)`."""
    words = _WORDS[language]
    if not series.unit_measure:
        return words["unknown"]
    code, power = series.unit_measure[0], series.unit_mult[0]
    units = structure.codelist("UNIT_MEASURE")
    english = units.codes[code].name if units is not None and code in units else code
    name = _UNITS_FR.get(code, english) if language == "fr" else english
    scale = f", {_POWERS[language].get(power, f'10^{power}')}" if power else ""
    return f"{name}{scale} ({code}{f', 10^{power}' if power else ''})"
