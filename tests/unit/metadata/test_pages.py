"""The pages of the catalogue: what they show, and that no text breaks their form."""

from __future__ import annotations

import pytest

from metadata.derive.pages import Sheet, page, pages
from metadata.errors import SdgError
from metadata.load import load_catalogue
from metadata.structure import load_structure


def test_there_is_a_page_an_indicator_and_an_index_that_leads_to_each() -> None:
    catalogue = load_catalogue()
    found = pages(catalogue, load_structure())
    assert list(found) == ["README.md", *(f"{number}.md" for number in catalogue.indicators)]
    for number in catalogue.indicators:
        assert f"[{number}]({number}.md)" in found["README.md"]
        assert found[f"{number}.md"].startswith(f"# {number} ")


def test_a_page_shows_every_series_with_unit_and_codes() -> None:
    catalogue = load_catalogue()
    text = page("12.4.2", catalogue, load_structure())
    for code, number in catalogue.bridge:
        assert (f"### {code}\n" in text) is (number == "12.4.2")
    assert "- Unit: KG (Kilograms)" in text
    assert "- COMPOSITE_BREAKDOWN: \\_T, WT_INCINRT" in text
    assert f"| Version | {catalogue.version('12.4.2')[:12]} |" in text
    assert "  \n" not in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_the_reference_metadata_stands_below_without_what_the_head_says() -> None:
    texts = {
        "en": {"SDG_GOAL": "Goal 12", "STAT_CONC_DEF": "One <b> | *two*\n\n- three\n1. four https://a.org/b_c_"},
        "fr": {"STAT_CONC_DEF": "Un"},
    }
    sheet = Sheet(texts, {"en": {"STAT_CONC_DEF": "2.a. Definition"}})
    text = page("12.4.2", load_catalogue(), load_structure(), sheet)
    below = text.partition("## Reference metadata (English)\n")[2]
    assert below == (
        "\n### 2.a. Definition\n\nOne \\<b\\> \\| \\*two\\*\n\n\\- three\n\n1\\. four https://a.org/b_c_\n\n\n"
        "## Reference metadata (French)\n\n### STAT_CONC_DEF\n\nUn\n"
    )


def test_an_unknown_indicator_is_refused() -> None:
    with pytest.raises(SdgError, match=r"12\.4\.9 is not an indicator"):
        page("12.4.9", load_catalogue(), load_structure())
