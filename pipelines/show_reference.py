"""The reference metadata of an indicator as pages for the terminal, in English or French.

Text in, text out; what the concepts are is in `metadata.concepts`. Used by `sdg metadata show`.
"""

from __future__ import annotations

from metadata.concepts import Concept, load_concepts, reference_metadata
from metadata.load import Catalogue
from metadata.model_reference import ConceptText
from metadata.twins import related
from pipelines.show import WIDTH, wrap

_HEAD = {"en": "Reference metadata", "fr": "Métadonnées de référence"}
_SOURCE = {"en": "Source", "fr": "Source"}
_EMPTY = {"en": "No text.", "fr": "Aucun texte."}


def reference_text(number: str, language: str, catalogue: Catalogue) -> str:
    """Return all concepts of an indicator in the order of the template.

    Personal contact concepts, which are never kept, are left out.

    Args:
        number: official number of a declared indicator.
        language: `en` or `fr`.
        catalogue: the declarations.
    """
    texts = _texts(number, language, catalogue)
    lines = [_HEAD[language], "=" * len(_HEAD[language])]
    for concept in load_concepts():
        if concept.kind == "heading":
            lines += ["", concept.label(language), "-" * min(WIDTH, len(concept.label(language)))]
        elif concept.id in texts and not _not_kept(number, concept.id, catalogue):
            lines += ["", *_concept(concept, texts[concept.id], language)]
    return "\n".join(lines)


def concept_text(number: str, concept: str, language: str, catalogue: Catalogue) -> str:
    """Return one concept with its source.

    Args:
        number: official number of a declared indicator.
        concept: id of a concept of the metadata structure.
        language: `en` or `fr`.
        catalogue: the declarations.
    """
    found = next(known for known in load_concepts() if known.id == concept)
    text = _texts(number, language, catalogue).get(concept, _EMPTY[language])
    lines = [f"{number}  {concept}", *_concept(found, text, language)]
    written = _written(number, concept, catalogue)
    if written is not None and written.source is not None:
        source = f"{_SOURCE[language]}: {written.source} ({written.source_date})"
        lines += ["", wrap(source, indent="  ", width=WIDTH)]
    return "\n".join(lines)


def shown_concepts(
    number: str, language: str, catalogue: Catalogue, concept: str | None = None
) -> list[dict[str, str | None]]:
    """Return what the pages show, for programs: a record a concept, in the order of the template.

    Args:
        number: official number of a declared indicator.
        language: `en` or `fr`.
        catalogue: the declarations.
        concept: only this one, also without a text; None for all that have one.
    """
    texts = _texts(number, language, catalogue)
    records = []
    for known in load_concepts():
        if known.id != concept and (concept or known.id not in texts or _not_kept(number, known.id, catalogue)):
            continue
        written = _written(number, known.id, catalogue)
        records.append(
            {
                "concept": known.id,
                "label": known.label(language),
                "text": texts.get(known.id),
                "status": written.status if written else None,
                "source": written.source if written else None,
                "source_date": written.source_date if written else None,
            }
        )
    return records


def _texts(number: str, language: str, catalogue: Catalogue) -> dict[str, str]:
    indicator = catalogue.indicators[number]
    return reference_metadata(
        indicator, language, series=catalogue.series, related=related(catalogue, number)
    )


def _written(number: str, concept: str, catalogue: Catalogue) -> ConceptText | None:
    texts = catalogue.indicators[number].reference_metadata
    return texts.texts().get(concept) if texts is not None else None


def _not_kept(number: str, concept: str, catalogue: Catalogue) -> bool:
    written = _written(number, concept, catalogue)
    return concept.startswith("CONTACT_") and written is not None and written.status == "not applicable"


def _concept(concept: Concept, text: str, language: str) -> list[str]:
    """Return the lines of a concept: its label, then its paragraphs."""
    paragraphs = [wrap(paragraph, indent="  ", width=WIDTH) for paragraph in text.splitlines() if paragraph.strip()]
    return [wrap(concept.label(language), indent="", width=WIDTH), *paragraphs]
