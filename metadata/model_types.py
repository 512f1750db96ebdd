"""The kinds of value that declarations are made of: codes, numbers, texts, titles, and the block they stand in.

Shared by the declaration classes (`metadata.model` and those beside it). Each
kind refuses in words what it is not, and tells an editor its form. Nothing here knows a key of a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, WithJsonSchema

LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")
"""The six languages of the United Nations (ISO 639-1); Chinese is in simplified script."""

INDICATOR_NUMBER = r"^[0-9]{1,2}\.([0-9]{1,2}|[a-d])\.[0-9]{1,2}$"
TARGET_NUMBER = r"^[0-9]{1,2}\.([0-9]{1,2}|[a-d])$"
_CODE = r"^[A-Za-z0-9_@$-]+$"
_MONTH_OR_DAY = r"^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$"
_YEAR = r"^[0-9]{4}$"
_SOURCE_DATE = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
_DAY = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"

T = TypeVar("T")


def matches(pattern: str, wanted: str) -> Callable[[str], str]:
    """Return a check that a text is of a form, complaining in words instead of with the pattern."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.match(value):
            raise ValueError(f'"{value}" is not {wanted}.')
        return value

    return check


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("A text is empty.")
    return value


def distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    """Return the values, each of which may stand once."""
    for position, value in enumerate(values):
        if value in values[:position]:
            raise ValueError(f'"{value}" stands twice in a list.')
    return values


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise ValueError(f'"{value}" is not one of the languages {", ".join(LANGUAGES)}.')
    return value


def _six(titles: Mapping[str, str]) -> Mapping[str, str]:
    missing = [language for language in LANGUAGES if language not in titles]
    if missing:
        raise ValueError(f"The titles in {', '.join(missing)} are missing.")
    return titles


def key(description: str, *, good: Any, bad: str, **kwargs: Any) -> Any:
    """Return a field whose description carries a good and a bad example: editors show it while typing."""
    return Field(description=f"{description}\nBad: {bad}", examples=[good], **kwargs)


def _pattern(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


Text = Annotated[str, AfterValidator(_text), WithJsonSchema({"type": "string", "minLength": 1})]
Code = Annotated[
    str, AfterValidator(matches(_CODE, "a code: letters, digits and underscores")), _pattern(_CODE)
]
Number = Annotated[
    str,
    AfterValidator(matches(INDICATOR_NUMBER, 'the number of an indicator, such as "12.4.2"')),
    _pattern(INDICATOR_NUMBER),
]
TargetNumber = Annotated[
    str,
    AfterValidator(matches(TARGET_NUMBER, 'the number of a target, such as "12.4"')),
    _pattern(TARGET_NUMBER),
]
Seen = Annotated[
    str,
    AfterValidator(matches(_MONTH_OR_DAY, 'a month or a day, such as "2021-07"')),
    _pattern(_MONTH_OR_DAY),
]
Year = Annotated[str, AfterValidator(matches(_YEAR, 'a year, such as "2030"')), _pattern(_YEAR)]
Day = Annotated[str, AfterValidator(matches(_DAY, 'a day, such as "2026-11-22"')), _pattern(_DAY)]
SourceDate = Annotated[
    str,
    AfterValidator(matches(_SOURCE_DATE, 'a year, a month or a day, such as "2021-02"')),
    _pattern(_SOURCE_DATE),
]
Titles = Annotated[
    Mapping[Annotated[str, AfterValidator(_language)], Text],
    AfterValidator(_six),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {language: {"type": "string", "minLength": 1} for language in LANGUAGES},
            "required": list(LANGUAGES),
            "additionalProperties": False,
        }
    ),
]
Codes = Annotated[
    tuple[Code, ...], AfterValidator(distinct), Field(json_schema_extra={"uniqueItems": True})
]
Numbers = Annotated[
    tuple[Number, ...], AfterValidator(distinct), Field(json_schema_extra={"uniqueItems": True})
]
SomeCodes = Annotated[
    tuple[Code, ...],
    Field(min_length=1),
    AfterValidator(distinct),
    Field(json_schema_extra={"uniqueItems": True}),
]
SomeNumbers = Annotated[
    tuple[Number, ...],
    Field(min_length=1),
    AfterValidator(distinct),
    Field(json_schema_extra={"uniqueItems": True}),
]
Texts = Annotated[
    tuple[Text, ...], AfterValidator(distinct), Field(json_schema_extra={"uniqueItems": True})
]
SomeTexts = Annotated[
    tuple[Text, ...],
    Field(min_length=1),
    AfterValidator(distinct),
    Field(json_schema_extra={"uniqueItems": True}),
]
WholeNumber = Annotated[int, Strict()]
RealNumber = Annotated[float, Strict()]


class Declared(BaseModel):
    """What every block of a declaration has in common: it cannot be changed, and unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
