"""In which language a person is spoken to: the one asked for, else the provider's own, else English."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from metadata.languages import LANGUAGES, Language, language_of, say

if TYPE_CHECKING:
    from pipelines.provider import Provider
    from pipelines.show import Say


def chosen_language(asked: str | None, provider: Provider | None) -> Language:
    """Return the language of a report or a template.

    Args:
        asked: with `--lang`; None for the provider's own.
        provider: whose file it is; one whose language is none of the six is spoken to in English, as is nobody.

    Raises:
        ConfigurationError: the language asked for is none of the six.
    """
    if asked is not None:
        return language_of(asked)
    own = provider.language if provider is not None else "en"
    return language_of(own) if own in LANGUAGES else "en"


def saying(language: Language) -> Say:
    """Return what turns a text into the language."""
    return partial(say, language=language)
