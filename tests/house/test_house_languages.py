"""Every sentence for people is said in all six languages, with the same placeholders, and compiled."""

from __future__ import annotations

import pytest

from metadata.derive.catalogues import mo_bytes, po_bytes, po_path, problems, sentences, up_to_date
from metadata.languages import LANGUAGES, Language

MEND = "renew the catalogues with: python -m metadata.derive.catalogues --write"


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_sentence_is_translated(language: Language) -> None:
    found = sentences()
    assert len(found) > 300, "hardly a sentence was found: this test would hold for an empty catalogue"
    catalogue = up_to_date(language, found)
    assert problems(language, catalogue) == []
    path = po_path(language)
    assert path.read_bytes() == po_bytes(catalogue), MEND
    assert path.with_suffix(".mo").read_bytes() == mo_bytes(catalogue), MEND
