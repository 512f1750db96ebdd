"""The reference metadata of an indicator: one text a concept of the metadata structure, in English and French.

What a data officer writes under `reference_metadata`. The concepts, their titles and their order are facts of the
structure (`metadata.concepts` reads them); the guidelines here are ours. Concepts that follow from the declaration
itself (goal, target, series, unit, …) are refused in YAML: a text would only contradict it one day. A text that is
missing or empty is no fault of the form: `metadata.content` complains about it together with all else.

Metadata structure: urn:sdmx:org.sdmx.infomodel.metadatastructure.MetadataStructure=IAEG-SDGs:SDG_MSD(1.0)
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from metadata.model_types import Day, Declared, SourceDate, Text, key

TEXT_LANGUAGES = ("en", "fr")
"""The languages in which the texts are written."""

DERIVED = {
    "SDG_GOAL": "the goal's number and titles in goals.yaml",
    "SDG_TARGET": "the target's number and titles in goals.yaml",
    "SDG_INDICATOR": "`number` and `titles`",
    "SDG_SERIES_DESCR": "`series` and `uses`",
    "SDG_RELATED_INDICATORS": "`also`, and the indicators that share a series",
    "SDG_CUSTODIAN_AGENCIES": "`custodians`",
    "UNIT_MEASURE": "`unit_measure` and `unit_mult` of the series",
}
"""Concepts that are not written, and from where they are derived."""

HEADINGS = ("SDG_INDICATOR_INFO", "CONTACT", "IND_DEF_CON_CLASS", "SRC_TYPE_COLL_METHOD", "OTHER_METHOD")
"""Concepts that only hold others."""

Known = Literal["known", "not known", "not applicable"]


class ConceptText(Declared):
    """What is known of one concept."""

    status: Known = key(
        "`known`; `not known`: no source says it, and the text says which were read; `not applicable`.",
        good="not known",
        bad="A guess with the status `known`.",
        default="known",
    )
    en: str | None = key(
        "In plain English, our own sentences.", good="Every two years.", bad="<p>2 y.</p>", default=None
    )
    fr: str | None = key("The same content in French.", good="Tous les deux ans.", bad="Every two years.", default=None)
    source: Text | None = key(
        "Where the facts come from.",
        good="UNEP, metadata sheet of 12.4.2 (worldbank/sdg-metadata, translations-metadata/en/12-4-2.yml)",
        bad="internet",
        default=None,
    )
    source_date: SourceDate | None = key(
        "The date that the source itself states.", good="2021-02", bad="2021-02 without quotes, or today.", default=None
    )

    def text(self, language: str) -> str | None:
        """Return the text in a language of `TEXT_LANGUAGES`."""
        found = {"en": self.en, "fr": self.fr}[language]
        return found.strip() if found and found.strip() else None


class LastUpdate(Declared):
    """When the texts were last read through."""

    date: Day = key("The day.", good="2026-11-22", bad="2026-11-22 without quotes.")


def _concept(guideline: str, *, good: str, bad: str) -> Any:
    return Field(description=f"{guideline}\nGood: {good}\nBad: {bad}", default=None)


def _refuse(_: object, info: ValidationInfo) -> object:
    """Refuse a key that is known and not written, and say where its fact stands."""
    name = str(info.field_name)
    if name in DERIVED:
        sentence = f"{name} is not written here: it is derived from {DERIVED[name]}."
    elif name in HEADINGS:
        sentence = f"{name} is a heading of the metadata structure and has no text of its own."
    else:
        sentence = f"{name} is not written here: every text stands in its languages side by side."
    raise PydanticCustomError("key_refused", "{sentence}", {"sentence": sentence})


Refused = Annotated[None, BeforeValidator(_refuse)]


def _without_refused(schema: dict[str, Any]) -> None:
    """Take the refused keys out of the schema by which an editor completes."""
    for name in (*DERIVED, *HEADINGS, "TRANSLATIONS"):
        schema["properties"].pop(name, None)


class ReferenceMetadata(Declared):
    """The texts of an indicator, by concept id, in the order of the structure."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_without_refused)

    META_LAST_UPDATE: LastUpdate | None = Field(
        description="When the texts were last read through.\nGood: date: '2026-11-22'\nBad: the date of the source.",
        default=None,
    )
    CONTACT_ORGANISATION: ConceptText | None = _concept(
        "The organisations that report the figures to the global database.",
        good="United Nations Environment Programme (UNEP).",
        bad="A person's name.",
    )
    CONTACT_NAME: ConceptText | None = _concept(
        "Not kept: personal contact data; the status says `not applicable`.",
        good="Not kept here: personal contact data.",
        bad="A person's name.",
    )
    ORGANISATION_UNIT: ConceptText | None = _concept(
        "The unit of that organisation.",
        good="Not known: the sheet of January 2023 names no unit.",
        bad="The organisation again.",
    )
    CONTACT_FUNCT: ConceptText | None = _concept(
        "Not kept: personal contact data; the status says `not applicable`.",
        good="Not kept here: personal contact data.",
        bad="A person's post.",
    )
    CONTACT_PHONE: ConceptText | None = _concept(
        "Not kept: personal contact data; the status says `not applicable`.",
        good="Not kept here: personal contact data.",
        bad="A telephone number.",
    )
    CONTACT_MAIL: ConceptText | None = _concept(
        "Not kept: personal contact data; the status says `not applicable`.",
        good="Not kept here: personal contact data.",
        bad="A postal address.",
    )
    CONTACT_EMAIL: ConceptText | None = _concept(
        "Not kept: personal contact data; the status says `not applicable`.",
        good="Not kept here: personal contact data.",
        bad="An e-mail address.",
    )
    STAT_CONC_DEF: ConceptText | None = _concept(
        "What is measured: definition and the concepts that it needs, what is included and what is not.",
        good="Waste that …, by the Basel Convention; …",
        bad="The title of the indicator again.",
    )
    CLASS_SYSTEM: ConceptText | None = _concept(
        "Classifications used, with their versions.",
        good="ISIC Rev. 4; M49.",
        bad="international standards",
    )
    SOURCE_TYPE: ConceptText | None = _concept(
        "Kinds of sources: surveys, registers, models, questionnaires.",
        good="Administrative records of ministries.",
        bad="data",
    )
    COLL_METHOD: ConceptText | None = _concept(
        "How figures are collected from countries.",
        good="UNSD/UNEP questionnaire, sent to …",
        bad="by e-mail",
    )
    FREQ_COLL: ConceptText | None = _concept(
        "When figures are collected; it says from when the statement dates.",
        good="Every two years (sheet of January 2023).",
        bad="2015 –",
    )
    REL_CAL_POLICY: ConceptText | None = _concept(
        "When figures are released; it says from when the statement dates.",
        good="Every February (sheet of March 2022).",
        bad="soon",
    )
    DATA_SOURCE: ConceptText | None = _concept(
        "Who provides the figures in a country.",
        good="National statistics offices.",
        bad="countries",
    )
    COMPILING_ORG: ConceptText | None = _concept("Who compiles them globally.", good="UNEP with UNSD.", bad="the UN")
    INST_MANDATE: ConceptText | None = _concept(
        "On which mandate that organisation does so.",
        good="Decision …, of …",
        bad="it always did",
    )
    RATIONALE: ConceptText | None = _concept(
        "Why it is measured, and how to read a change.",
        good="Less is better: …",
        bad="It is important.",
    )
    REC_USE_LIM: ConceptText | None = _concept(
        "Limits of use and known defects of the figures.",
        good="Definitions differ between countries: …",
        bad="none",
    )
    DATA_COMP: ConceptText | None = _concept(
        "How the figure is computed: the formula in words, its terms and units, edge cases.",
        good="a / b × 100, where …",
        bad="see method paper",
    )
    DATA_VALIDATION: ConceptText | None = _concept(
        "How figures are validated, with the country and without.",
        good="Countries confirm …",
        bad="validated",
    )
    ADJUSTMENT: ConceptText | None = _concept(
        "Adjustments that are made to countries' figures.",
        good="None is made.",
        bad="yes",
    )
    IMPUTATION: ConceptText | None = _concept(
        "How missing values are treated, for countries and for regions.",
        good="Countries: none. Regions: …",
        bad="interpolation",
    )
    REG_AGG: ConceptText | None = _concept(
        "How values of regions are made.",
        good="Sum of countries.",
        bad="weighted",
    )
    DOC_METHOD: ConceptText | None = _concept(
        "Methods and guidance that countries can use.",
        good="Manual …, of …",
        bad="internet",
    )
    QUALITY_MGMNT: ConceptText | None = _concept(
        "How quality is managed.",
        good="Not known: the sheet says nothing.",
        bad="well",
    )
    QUALITY_ASSURE: ConceptText | None = _concept(
        "How quality is assured.",
        good="Not known: the sheet says nothing.",
        bad="well",
    )
    QUALITY_ASSMNT: ConceptText | None = _concept(
        "How quality is assessed.",
        good="Not known: the sheet says nothing.",
        bad="well",
    )
    COVERAGE: ConceptText | None = _concept(
        "For which areas and years there are figures, and by what they are broken down.",
        good="95 areas, 2000 to 2017; by activity.",
        bad="all countries",
    )
    COMPARABILITY: ConceptText | None = _concept(
        "How far figures can be compared, and how they depart from international standards.",
        good="Differences from national figures: …",
        bad="comparable",
    )
    OTHER_DOC: ConceptText | None = _concept("References.", good="UNEP, 2021: …, https://…", bad="various")

    # refused, each with a sentence that says where the fact stands
    SDG_GOAL: Refused = Field(default=None, exclude=True)
    SDG_TARGET: Refused = Field(default=None, exclude=True)
    SDG_INDICATOR: Refused = Field(default=None, exclude=True)
    SDG_SERIES_DESCR: Refused = Field(default=None, exclude=True)
    SDG_RELATED_INDICATORS: Refused = Field(default=None, exclude=True)
    SDG_CUSTODIAN_AGENCIES: Refused = Field(default=None, exclude=True)
    UNIT_MEASURE: Refused = Field(default=None, exclude=True)
    SDG_INDICATOR_INFO: Refused = Field(default=None, exclude=True)
    CONTACT: Refused = Field(default=None, exclude=True)
    IND_DEF_CON_CLASS: Refused = Field(default=None, exclude=True)
    SRC_TYPE_COLL_METHOD: Refused = Field(default=None, exclude=True)
    OTHER_METHOD: Refused = Field(default=None, exclude=True)
    TRANSLATIONS: Refused = Field(default=None, exclude=True)

    def texts(self) -> dict[str, ConceptText]:
        """Return what is written, by concept id, in the order of the structure."""
        found = {name: getattr(self, name) for name in WRITABLE if name != "META_LAST_UPDATE"}
        return {name: text for name, text in found.items() if text is not None}


WRITABLE = tuple(
    name for name in ReferenceMetadata.model_fields if name not in (*DERIVED, *HEADINGS, "TRANSLATIONS")
)
"""The concepts that are written, in the order of the structure."""
