"""The gettext catalogues: every sentence for people, taken out of the code, and the translations of it.

Run `python -m metadata.derive.catalogues --write` after a sentence was added or changed: it brings the `.po` files up
to date (a changed sentence becomes an untranslated one) and compiles them to the `.mo` files that are read. Without
`--write` it says what is missing. Translators edit the `.po` files only.

What is taken: the first argument of `text`, both forms of `counted`, `N_`, and the sentences of `Rule` and `Wording`.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from metadata.languages import DOMAIN, LANGUAGES, LOCALE, Language

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("metadata", "warehouse", "pipelines")
_SENTENCES = {"text": (0,), "N_": (0,), "Rule": (4, 5), "Wording": (0, 1)}
"""Which arguments of which calls are sentences."""
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""Catalogues carry no time of their own: two runs write the same bytes."""


class Sentence(NamedTuple):
    """A sentence for people, as it stands in the code.

    Attributes:
        one: the English template, or its form for one.
        many: the form for any other number; None without a count.
        module: where it stands, from the project's root.
    """

    one: str
    many: str | None
    module: str


def sentences(root: Path = ROOT) -> list[Sentence]:
    """Return every sentence in the code, in the order of modules and lines."""
    found: list[Sentence] = []
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            module = path.relative_to(root).as_posix()
            tree = ast.parse(path.read_text(encoding="utf-8"))
            calls = sorted(
                (node for node in ast.walk(tree) if isinstance(node, ast.Call)),
                key=lambda node: (node.lineno, node.col_offset),
            )
            for call in calls:
                found += _in_call(call, module)
    return found


def _in_call(call: ast.Call, module: str) -> Iterator[Sentence]:
    name = getattr(call.func, "id", "")
    arguments = [_constant(argument) for argument in call.args]
    if name == "counted" and len(arguments) > 1 and arguments[0] and arguments[1]:
        yield Sentence(arguments[0], arguments[1], module)
    for position in _SENTENCES.get(name, ()):
        template = arguments[position] if position < len(arguments) else None
        if template and _says_something(template):
            yield Sentence(template, None, module)


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _says_something(template: str) -> bool:
    """Say whether there are words beside the placeholders: `{suggestion}` alone needs no translation."""
    return any(literal.strip(" .,:;()→") for literal, *_ in Formatter().parse(template))


def placeholders(template: str) -> frozenset[str]:
    """Return the names in braces."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


def po_path(language: Language, folder: Path = LOCALE) -> Path:
    """Return where translators find a language."""
    return folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read_catalogue(language: Language, folder: Path = LOCALE) -> Catalog:
    """Return a language's catalogue as its translators left it; an empty one when there is none."""
    path = po_path(language, folder)
    if not path.exists():
        return Catalog(locale=language, domain=DOMAIN)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN, abort_invalid=True)


def up_to_date(language: Language, found: Sequence[Sentence], folder: Path = LOCALE) -> Catalog:
    """Return a language's catalogue with exactly the sentences of the code; what was translated stays translated.

    No translation is guessed for a sentence that changed: it is missing until a person wrote it.
    """
    former = read_catalogue(language, folder)
    catalogue = Catalog(
        locale=language,
        domain=DOMAIN,
        project="sdg-indicator-pipeline",
        version="0.1",
        msgid_bugs_address="CONTRIBUTING.md",
        copyright_holder="the authors of the project",
        creation_date=_EPOCH,
        revision_date=_EPOCH,
        last_translator="the project",
        language_team="the project",
        fuzzy=False,
        header_comment=f"# Translations into {language}; edit the msgstr lines only (CONTRIBUTING.md).",
    )
    for one, many, module in found:
        identity = one if many is None else (one, many)
        known: Message | None = former.get(identity)
        words = known.string if known is not None and not known.fuzzy else None
        catalogue.add(identity, words, locations=[(module, None)], flags=["python-brace-format"])  # type: ignore[list-item]
    return catalogue


def po_bytes(catalogue: Catalog) -> bytes:
    """Return a catalogue as its `.po` file."""
    out = io.BytesIO()
    write_po(out, catalogue, width=120, sort_by_file=False, include_lineno=False)
    return out.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """Return a catalogue as its `.mo` file, which `gettext` reads."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def problems(language: Language, catalogue: Catalog) -> list[str]:
    """Return what is wrong with a translation: missing, other placeholders than the English, spaces at its ends."""
    found = []
    for message in catalogue:
        if not message.id:
            continue
        english = _forms(message.id)
        said = _forms(message.string)
        expected = frozenset().union(*(placeholders(template) for template in english))
        for words in said:
            if not words.strip():
                found.append(f"{language}: not translated: {english[0]}")
            elif placeholders(words) - expected or expected - placeholders(words) - _may_go(message):
                found.append(f"{language}: other placeholders than {sorted(expected)}: {words}")
            elif [words[:1] == " ", words[-1:] == " "] != [english[0][:1] == " ", english[0][-1:] == " "]:
                found.append(f"{language}: another space at its start or end: {words}")
    return found


def _forms(words: object) -> tuple[str, ...]:
    return tuple(map(str, words)) if isinstance(words, (tuple, list)) else (str(words or ""),)


def _may_go(message: Message) -> frozenset[str]:
    """A form for one or two may leave the figure out: Arabic says `صف` and `صفان`."""
    return frozenset({"count"}) if isinstance(message.id, tuple) else frozenset()


def main(arguments: Sequence[str]) -> str | None:
    """Bring the catalogues up to date. Returns what is missing or wrong in them, a line each; None for nothing."""
    found = sentences()
    complaints = []
    for language in LANGUAGES:
        if language == "en":
            continue
        catalogue = up_to_date(language, found)
        if "--write" in arguments:
            path = po_path(language)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(po_bytes(catalogue))
            path.with_suffix(".mo").write_bytes(mo_bytes(catalogue))
        complaints += problems(language, catalogue)
    return "\n".join(complaints) or None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
