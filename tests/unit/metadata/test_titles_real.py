"""The titles of goals, targets and indicators, compared with the official lists in the six languages."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from metadata.load import load_catalogue
from metadata.model_types import LANGUAGES
from metadata.similar import likeness, trigrams

FOLDERS = {"zh": "zh-Hans"}


def plain(title: str) -> str:
    """Return a title without what belongs to the layout or to the editors: marks, stretched letters, notes."""
    text = unicodedata.normalize("NFC", title).replace("\u0640", "").replace("\u00ad", "").replace("‐", "-")
    text = re.sub(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", text)
    words = "repeat|repris|reprend|identique|remplace|répétition|même|повтор|анал|идент|تكرار"
    text = re.sub(rf"\s*\((?:{words})[^()]*(?:\([^()]*\)[^()]*)*\)\s*$", "", text, flags=re.IGNORECASE)
    return re.sub(r"\s+", " ", text).strip(" .")


def official(shared_data: Path, language: str, kind: str) -> dict[str, Any]:
    path = shared_data / "titles" / FOLDERS.get(language, language) / f"global_{kind}.yml"
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def ours() -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = {"goals": {}, "targets": {}, "indicators": {}}
    for number, indicator in load_catalogue().indicators.items():
        found["indicators"][number] = dict(indicator.titles)
        found["targets"][indicator.target] = dict(indicator.target_titles)
        found["goals"][indicator.goal] = dict(indicator.goal_titles)
    return found


CORRECTED = {"ar": {"12.4", "12.8.1", "12.c", "13.1.1", "13.a"}, "ru": {"12.8.1", "13.2.1"}, "zh": {"13.b"}}
"""Titles that are not word for word those of the list; `titles_note` of the file or of goals.yaml says why."""


@pytest.mark.real
@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_are_those_of_the_official_lists(shared_data: Path, language: str) -> None:
    different = set()
    for kind, titles in ours().items():
        listed = official(shared_data, language, kind)
        for number, title in titles.items():
            theirs = plain(str(listed[f"{number.replace('.', '-')}-title"]))
            if plain(title[language]) != theirs:
                different.add(number)
                assert likeness(trigrams(title[language]), trigrams(theirs)) > 0.5, (number, title[language], theirs)
    assert different == CORRECTED.get(language, set())
