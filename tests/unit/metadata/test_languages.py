"""What is said in another language: sentences, counts, lists, figures, directions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from metadata import languages
from metadata.derive.catalogues import mo_bytes, po_path
from metadata.errors import ConfigurationError
from metadata.findings import Example, FileReport, Finding
from metadata.languages import Language, direction, finding_in, language_of, report_in, say, untranslated
from metadata.words import counted, figure, listed, text

ROWS = ("{count} row", "{count} rows")


@pytest.fixture
def catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Russian and Arabic for three templates, and nothing else."""
    russian, arabic = Catalog(locale="ru", domain="sdg"), Catalog(locale="ar", domain="sdg")
    russian.add("No value in {where}.", "Нет значения: {where}.")
    russian.add(ROWS, ("{count} строка", "{count} строки", "{count} строк"))
    arabic.add("No value in {where}.", "لا توجد قيمة في {where}.")
    arabic.add(ROWS, ("لا صفوف", "صف واحد", "صفان", "{count} صفوف", "{count} صفًا", "{count} صف"))
    for language, catalogue in (("ru", russian), ("ar", arabic)):
        path = po_path(language, tmp_path)  # type: ignore[arg-type]
        path.parent.mkdir(parents=True)
        path.with_suffix(".mo").write_bytes(mo_bytes(catalogue))
    monkeypatch.setattr(languages, "LOCALE", tmp_path)
    languages._catalogue.cache_clear()
    yield
    languages._catalogue.cache_clear()


def test_english_is_what_was_written() -> None:
    assert say(text("No value in {where}.", where=counted(*ROWS, 1565))) == "No value in 1,565 rows."
    assert say(17) == "17"


@pytest.mark.usefixtures("catalogues")
@pytest.mark.parametrize(
    ("count", "said"), [(1, "1 строка"), (3, "3 строки"), (5, "5 строк"), (21, "21 строка"), (1565, "1\u00a0565 строк")]
)
def test_russian_counts_have_their_own_forms(count: int, said: str) -> None:
    assert say(text("No value in {where}.", where=counted(*ROWS, count)), "ru") == f"Нет значения: {said}."


@pytest.mark.usefixtures("catalogues")
def test_a_code_keeps_its_direction_in_arabic() -> None:
    said = say(text("No value in {where}.", where="EN_HAZ_PCAP"), "ar")
    assert said == "لا توجد قيمة في \u2066EN_HAZ_PCAP\u2069."
    assert say(text("No value in {where}.", where=counted(*ROWS, 2)), "ar") == "لا توجد قيمة في صفان."
    assert "\u2066" not in say(text("No value in {where}.", where=""), "ar")


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "A, B and C"), ("fr", "A, B et C"), ("es", "A, B y C"), ("ru", "A, B и C"), ("zh", "A、B和C")],
)
def test_lists_are_joined_as_the_language_does(language: Language, said: str) -> None:
    assert say(listed(["A", "B", "C"]), language) == said


def test_lists_without_a_word_between_have_the_languages_comma() -> None:
    assert say(listed(["A", "B"], "comma"), "zh") == "A、B"
    assert say(listed(["A", "B"], "or"), "es") == "A o B"
    assert say(listed(["A"]), "fr") == "A"


def test_figures_are_written_as_the_language_does() -> None:
    spoken: dict[Language, str] = {
        "en": "1,565,000", "fr": "1\u202f565\u202f000", "es": "1.565.000", "ar": "1,565,000", "zh": "1,565,000",
    }  # fmt: skip
    assert {language: say(figure(1565000), language) for language in spoken} == spoken


@pytest.mark.usefixtures("catalogues")
def test_what_has_no_translation_is_said_in_english() -> None:
    assert say(text("Something new."), "ru") == "Something new."
    assert say(text(""), "ru") == ""
    assert untranslated(["Something new.", "No value in {where}."], "ru") == ["Something new."]


@pytest.mark.usefixtures("catalogues")
def test_a_whole_report_is_said_in_a_language() -> None:
    sentence = text("No value in {where}.", where="A1")
    found = Finding("X", "info", 2, sentence, "code", (Example(row=1, expected=sentence), Example(row=2)))
    report = FileReport("a.csv", None, "", None, findings=[found])
    [said] = report_in(report, "ru").findings
    assert (said.message, said.hint) == ("Нет значения: A1.", "code")
    assert [example.expected for example in said.examples] == ["Нет значения: A1.", None]
    assert report.findings == [found], "the report itself stays as it was"
    assert finding_in(found, "en").message == "No value in A1."


def test_languages_are_known_by_their_codes() -> None:
    assert [language_of(code) for code in (None, "fr", "zh-Hans", "AR_eg")] == ["en", "fr", "zh", "ar"]
    with pytest.raises(ConfigurationError, match=r"no texts in the language de\. Use one of en, fr, es, ru, ar, zh\."):
        language_of("de")
    assert (direction("ar"), direction("zh")) == ("rtl", "ltr")


@pytest.mark.parametrize(
    ("language", "said"), [("en", "1,234.5"), ("fr", "1\u202f234,5"), ("es", "1.234,5"), ("ru", "1\u00a0234,5")]
)
def test_a_figure_in_a_sentence_is_written_as_the_language_does(language: Language, said: str) -> None:
    assert say(figure(1234.5), language) == said
    assert say(figure("N"), language) == "N"
