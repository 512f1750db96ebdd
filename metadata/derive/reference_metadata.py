"""An indicator's reference metadata → what an SDMX metadata report says, whatever its form.

Here are the plain shapes that the writers and the readers share: a report about one indicator, its target and
the facts about each text (status, source, date), which travel as annotations. The forms are in
`metadata.derive.metadata_sdmx_ml` and `metadata.derive.metadata_sdmx_json`; reading is in `metadata.exchange`.

A report is made against `IAEG-SDGs:SDG_MSD(1.0)` with the report structure SDG_META_RPT, whose target KEY_TARGET
is a partial data key: SERIES, REPORTING_TYPE and REF_AREA. Our sheets are about the global series, so the
reporting type is G and the area is the World ("1"). Nothing here reads a clock: the time of preparation is
given, or it is the day of META_LAST_UPDATE.
Standard: SDMX 2.1 Section 2, 7.4 (metadata set), https://sdmx.org/standards-2/.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from metadata.errors import SdgError

AGENCY = "IAEG-SDGs"
MSD_ID, MSD_VERSION = "SDG_MSD", "1.0"
MSD_URN = f"urn:sdmx:org.sdmx.infomodel.metadatastructure.MetadataStructure={AGENCY}:{MSD_ID}({MSD_VERSION})"
REPORT_STRUCTURE = "SDG_META_RPT"
TARGET = "KEY_TARGET"
DATA_KEY = "DIMENSION_DESCRIPTOR_VALUES_TARGET"
"""Id that SDMX 2.1 prescribes for the target object that takes a data key."""
SENDER = "UNEP"
LAST_UPDATE = "META_LAST_UPDATE"

STATUS, SOURCE, SOURCE_DATE = "STATUS", "SOURCE", "SOURCE_DATE"
"""Types of the annotations of a reported attribute: what a declaration says about a text."""
TEXT_FORMAT, PLAIN = "TEXT_FORMAT", "text/plain"
"""Annotation of a metadata set: its texts are plain, so that `<` is a sign and not markup."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ID = re.compile(r"[A-Za-z0-9_@$-]+")


@dataclass(frozen=True, slots=True)
class ReportedConcept:
    """What a report says about one concept.

    Attributes:
        id: id of the concept in the metadata structure.
        texts: plain text by language.
        status: "not known" or "not applicable"; None when the text says what is known.
        source: where the text's facts come from.
        source_date: the date that the source states, YYYY, YYYY-MM or YYYY-MM-DD.
    """

    id: str
    texts: Mapping[str, str]
    status: str | None = None
    source: str | None = None
    source_date: str | None = None

    def annotations(self) -> list[tuple[str, str]]:
        """Return what is known about the text as (type, text)."""
        facts = ((STATUS, self.status), (SOURCE, self.source), (SOURCE_DATE, self.source_date))
        return [(kind, fact) for kind, fact in facts if fact]


@dataclass(frozen=True, slots=True)
class MetadataReport:
    """A report about one indicator.

    Attributes:
        indicator: official number.
        title: what to call the report, in the first language.
        languages: of the texts, the main one first.
        series: codes of CL_SERIES that the report is about, at least one.
        concepts: in the order of the metadata structure; those without a text in any language are left out.
        reporting_type: code of CL_REPORTING_TYPE.
        ref_area: M49 code without padding.
        series_list: `agency:id(version)` of CL_SERIES, and by component id of the two other lists.
        prepared: the time that stands in the message's header, with a time zone.
    """

    indicator: str
    title: str
    languages: tuple[str, ...]
    series: tuple[str, ...]
    concepts: tuple[ReportedConcept, ...]
    prepared: datetime
    codelists: Mapping[str, str]
    reporting_type: str = "G"
    ref_area: str = "1"

    @property
    def id(self) -> str:
        """Id of message and metadata set: `SDG_META_12_4_2_EN`."""
        languages = "_".join(language.upper() for language in self.languages)
        return f"SDG_META_{self.indicator.replace('.', '_').upper()}_{languages.replace('-', '_')}"

    def key(self, series: str) -> tuple[tuple[str, str], ...]:
        """Return the partial data key of a series as (dimension, code)."""
        return ("SERIES", series), ("REPORTING_TYPE", self.reporting_type), ("REF_AREA", self.ref_area)


def metadata_report(
    indicator: str,
    texts: Mapping[str, Mapping[str, str]],
    *,
    series: Sequence[str],
    codelists: Mapping[str, str],
    title: str | None = None,
    concepts: Iterable[str] = (),
    facts: Mapping[str, Mapping[str, str]] | None = None,
    prepared: datetime | None = None,
) -> MetadataReport:
    """Return the report about an indicator.

    Args:
        indicator: official number.
        texts: by language, the plain text of each concept by its id.
        series: codes of the series that the sheet describes.
        codelists: `agency:id(version)` by component id, for SERIES, REPORTING_TYPE and REF_AREA.
        title: what to call the report; None for "Reference metadata of indicator …".
        concepts: ids in the order of the metadata structure; the order of the texts where it is empty. A text
            whose concept is not among them is an error: nothing is left out in silence.
        facts: by concept id: `status`, `source` and `source_date`, those that are known.
        prepared: time for the header; None for midnight UTC of META_LAST_UPDATE.

    Raises:
        SdgError: there is no series or no text, a concept or language is not one, a text cannot stand in XML,
            or there is neither `prepared` nor a META_LAST_UPDATE that is a day.
    """
    order = list(concepts) or list(dict.fromkeys(concept for one in texts.values() for concept in one))
    if not series:
        raise SdgError(f"Indicator {indicator} has no series to report about.")
    for language, one in texts.items():
        _check_texts(indicator, language, one, order)
    reported = []
    for concept in order:
        found = {language: one[concept] for language, one in texts.items() if one.get(concept, "").strip()}
        if found:
            known = (facts or {}).get(concept, {})
            reported.append(
                ReportedConcept(
                    concept, found, known.get("status"), known.get("source"), known.get("source_date")
                )
            )
    if not reported:
        raise SdgError(f"Indicator {indicator} has no reference metadata to report.")
    return MetadataReport(
        indicator=indicator,
        title=title or f"Reference metadata of indicator {indicator}",
        languages=tuple(texts),
        series=tuple(series),
        concepts=tuple(reported),
        prepared=prepared or _day_of_update(indicator, reported),
        codelists=dict(codelists),
    )


def _check_texts(indicator: str, language: str, texts: Mapping[str, str], order: Sequence[str]) -> None:
    if not _LANGUAGE.fullmatch(language):
        raise SdgError(f'"{language}" is not a language code such as "en".')
    for concept, text in texts.items():
        if concept not in order or not _ID.fullmatch(concept):
            raise SdgError(f"{concept} is not a concept of {AGENCY}:{MSD_ID}({MSD_VERSION}).")
        if found := _NOT_IN_XML.search(text):
            raise SdgError(
                f"The text of {concept} ({language}) of indicator {indicator} has the sign"
                f" U+{ord(found[0]):04X}, which cannot stand in XML.",
                hint="Take it out of the declaration.",
            )


def _day_of_update(indicator: str, reported: Iterable[ReportedConcept]) -> datetime:
    for concept in reported:
        if concept.id == LAST_UPDATE:
            for text in concept.texts.values():
                try:
                    return datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
                except ValueError:
                    continue
    raise SdgError(
        f"The time of preparation of the report about {indicator} is not known.",
        hint=f"Give {LAST_UPDATE} a date such as 2026-11-22.",
    )
