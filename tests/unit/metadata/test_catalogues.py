"""The catalogues are taken from the code, keep what was translated, and complain of what is missing or wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from metadata.derive import catalogues
from metadata.derive.catalogues import Sentence, placeholders, po_bytes, po_path, problems, sentences, up_to_date

CODE = """
from metadata.words import counted, text
from metadata.rulebook.rule import Rule, Wording

RULE = Rule("A-B", "error", "row", "note", "Bad {value}.", "Mend {value}.", "Evidence stays English.",
            variants={"other": Wording("Other.", "{suggestion}")})


def say(count, word):
    return text("Said of {word}.", word=word), counted("{count} row", "{count} rows", count), column.text("not this")
"""


def test_every_sentence_of_the_code_is_found(tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "made.py").write_text(CODE, encoding="utf-8")
    assert [(one.one, one.many) for one in sentences(tmp_path)] == [
        ("Bad {value}.", None),
        ("Mend {value}.", None),
        ("Other.", None),
        ("Said of {word}.", None),
        ("{count} row", "{count} rows"),
    ]
    assert {one.module for one in sentences(tmp_path)} == {"metadata/made.py"}


def test_our_own_sentences_are_found() -> None:
    found = sentences()
    assert Sentence("{count} row", "{count} rows", "metadata/rules.py") in found
    assert any(one.module.startswith("metadata/rulebook/") for one in found)


def test_a_translation_survives_and_a_changed_sentence_becomes_a_missing_one(tmp_path: Path) -> None:
    path = po_path("fr", tmp_path)
    path.parent.mkdir(parents=True)
    former = up_to_date("fr", [Sentence("Bad {value}.", None, "a.py"), Sentence("Gone.", None, "a.py")], tmp_path)
    former["Bad {value}."].string = "Mauvais : {value}."
    path.write_bytes(po_bytes(former))
    now = up_to_date("fr", [Sentence("Bad {value}.", None, "b.py"), Sentence("New.", None, "b.py")], tmp_path)
    assert [message.id for message in now if message.id] == ["Bad {value}.", "New."]
    assert now["Bad {value}."].string == "Mauvais : {value}."
    assert problems("fr", now) == ["fr: not translated: New."]
    assert po_bytes(now) == po_bytes(up_to_date("fr", [Sentence("Bad {value}.", None, "b.py"),
                                                       Sentence("New.", None, "b.py")], tmp_path))  # fmt: skip


def test_what_a_translator_got_wrong_is_named() -> None:
    catalogue = Catalog(locale="ar")
    catalogue.add("Bad {value}.", "سيئ {valeur}.")
    catalogue.add(" tail", "ذيل")
    forms = ("a {name}", "b {name}", "c", "d {name}", "", "f")
    catalogue.add(("{count} row of {name}", "{count} rows of {name}"), forms)
    assert problems("ar", catalogue) == [
        "ar: other placeholders than ['value']: سيئ {valeur}.",
        "ar: another space at its start or end: ذيل",
        "ar: other placeholders than ['count', 'name']: c",
        "ar: not translated: {count} row of {name}",
        "ar: other placeholders than ['count', 'name']: f",
    ]


def test_placeholders_are_the_names_in_braces() -> None:
    assert placeholders("a {b} {{c}} {d}") == {"b", "d"}


def test_the_command_writes_and_complains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "po_path", lambda language, _=None: tmp_path / language / "sdg.po")
    monkeypatch.setattr(catalogues, "sentences", lambda: [Sentence("Bad {value}.", None, "a.py")])
    complaints = "\n".join(f"{language}: not translated: Bad {{value}}." for language in ("fr", "es", "ru", "ar", "zh"))
    assert catalogues.main([]) == complaints
    assert list(tmp_path.iterdir()) == [], "nothing is written unless it is asked for"
    assert catalogues.main(["--write"]) == complaints
    assert sorted(path.parent.name for path in tmp_path.rglob("sdg.mo")) == ["ar", "es", "fr", "ru", "zh"]
    for path in tmp_path.rglob("sdg.po"):
        untranslated = path.read_text(encoding="utf-8").removesuffix('msgstr ""\n\n')
        path.write_text(untranslated + 'msgstr "* {value}"\n', encoding="utf-8")
    assert catalogues.main(["--write"]) is None
