"""The six languages of the United Nations: what was written in English, said in another one.

Sentences are written in English where they are made (`metadata.words`), extracted into gettext catalogues
(`metadata/locale/<language>/LC_MESSAGES/sdg.po`, by `metadata.derive.catalogues`), and looked up here when a person is
to read them. Numbers and lists follow the Unicode CLDR, by Babel. A sentence without a translation is said in
English; a test fails on any that is missing.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from metadata.errors import ConfigurationError
from metadata.findings import FileReport, Finding
from metadata.words import Join, Text, figure

Language = Literal["en", "fr", "es", "ru", "ar", "zh"]

LANGUAGES: tuple[Language, ...] = get_args(Language)
NAMES = {"en": "English", "fr": "français", "es": "español", "ru": "русский", "ar": "العربية", "zh": "中文"}
"""What each language calls itself."""
RIGHT_TO_LEFT = frozenset({"ar"})
DOMAIN = "sdg"
LOCALE = Path(__file__).with_name("locale")
_COMMA = {"ar": "، ", "zh": "、"}
_LEFT_TO_RIGHT_ISOLATE, _END_OF_ISOLATE = "\u2066", "\u2069"


def language_of(code: str | None) -> Language:
    """Return the language of a code such as `fr`, `fr-CA` or `zh_Hans`; English for None.

    Raises:
        ConfigurationError: it is none of the six.
    """
    if code is None:
        return "en"
    base = code.replace("_", "-").partition("-")[0].lower()
    for language in LANGUAGES:
        if language == base:
            return language
    raise ConfigurationError(f"There are no texts in the language {code}.", hint=f"Use one of {', '.join(LANGUAGES)}.")


def direction(language: Language) -> Literal["ltr", "rtl"]:
    """Return the direction of writing, as HTML names it."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def say(value: object, language: Language = "en") -> str:
    """Return a text in a language. What is no `metadata.words.Text`, such as a code or a name, stays as it is."""
    if language == "en" or not isinstance(value, Text):
        return str(value)
    if value.joined == "figure":
        return _figure(value, language)
    if value.joined is not None:
        return _list([say(item, language) for item in value.items], value.joined, language)
    values = {name: _part(item, language) for name, item in value.values.items()}
    if value.many is None:
        return _catalogue(language).gettext(value.template).format(**values) if value.template else ""
    count = int(str(value.values["count"]))
    values["count"] = say(figure(count), language)
    return _catalogue(language).ngettext(value.template, value.many, count).format(**values)


def _figure(value: Text, language: Language) -> str:
    """Return a number as the language writes it: `1 565`, `1.565`. Digits are always 0 to 9."""
    from babel.numbers import format_decimal

    try:
        plain = Decimal(value.items[0])
    except InvalidOperation:  # NaN and the like are no figures to be grouped
        return str(value)
    return format_decimal(plain, locale=language, decimal_quantization=False, numbering_system="latn")


def finding_in(finding: Finding, language: Language) -> Finding:
    """Return a finding with its sentence, its hint and what was expected in a language."""
    examples = tuple(
        replace(example, expected=say(example.expected, language)) if example.expected is not None else example
        for example in finding.examples
    )
    return replace(
        finding, message=say(finding.message, language), hint=say(finding.hint, language), examples=examples
    )


def report_in(report: FileReport, language: Language) -> FileReport:
    """Return a report with its findings in a language, in the same order."""
    return replace(report, findings=[finding_in(finding, language) for finding in report.findings])


def _part(value: object, language: Language) -> str:
    """Return a value for a sentence. Codes and figures keep their own direction in a text that runs to the left."""
    said = say(value, language)
    if language not in RIGHT_TO_LEFT or isinstance(value, Text) or not said:
        return said
    return f"{_LEFT_TO_RIGHT_ISOLATE}{said}{_END_OF_ISOLATE}"


def _list(items: list[str], join: Join, language: Language) -> str:
    if join == "comma" or len(items) < 2:
        return _COMMA.get(language, ", ").join(items)
    from babel.lists import format_list

    return format_list(items, style="standard" if join == "and" else "or", locale=language)


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(language: Language) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, languages=[language], fallback=True)


def untranslated(texts: Iterable[str], language: Language) -> list[str]:
    """Return those English templates that a language has no words for yet."""
    catalogue = _catalogue(language)
    return [template for template in texts if catalogue.gettext(template) == template]
