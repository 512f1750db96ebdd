"""The YAML of the SDG metadata repository → a draft: keys are concept ids, values HTML in one language.

Nodes are read, not values: a key that stands twice is listed instead of lost, and every place has its line. The
file does not say its language; the folder that it lies in does (`translations-metadata/fr/12-2-2.yml`).
"""

from __future__ import annotations

import yaml

from metadata.errors import UnreadableFile
from metadata.exchange.draft import Sorter
from metadata.exchange.plain_text import plain_text


def read_repository_yaml(text: str, name: str, sorter: Sorter, language: str | None) -> None:
    """Sort the texts of a file of the repository.

    Args:
        text: the file.
        name: what to call it in errors.
        sorter: takes the texts.
        language: of the texts; None is taken for English, with a note.

    Raises:
        UnreadableFile: it is no YAML, or no mapping of concepts to texts; the line is named.
    """
    if language is None:
        sorter.draft.notes.append("The file does not say its language; it is taken for English.")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}" if mark else name
        raise UnreadableFile(f"This is not YAML: {error.problem or error.context}.", where=where) from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise UnreadableFile(
            f"The sign U+{ord(text[error.position]):04X} cannot stand in YAML.", where=f"{name}:{line}"
        ) from error
    if not isinstance(node, yaml.MappingNode):
        raise UnreadableFile(
            "This is neither a metadata message nor a mapping of concepts to texts.",
            where=f"{name}:1",
            hint="SDMX-ML, SDMX-JSON, and the YAML and gettext files of the SDG metadata repository are read.",
        )
    if not any(str(key.value) in sorter.kinds for key, _ in node.value):
        raise UnreadableFile(
            "None of its keys is a concept of the metadata structure.",
            where=f"{name}:{node.start_mark.line + 1}",
            hint="A file of the SDG metadata repository has keys such as STAT_CONC_DEF.",
        )
    for key, value in node.value:
        where = f"line {key.start_mark.line + 1}"
        if isinstance(value, yaml.ScalarNode) and isinstance(key, yaml.ScalarNode):
            found = plain_text(value.value)
            sorter.place(key.value, language or "en", found.text, where, dropped=found.dropped)
            continue
        for leaf in _leaves(value):
            sorter.unplaced(f"line {leaf.start_mark.line + 1}", f"{_name(key)} holds more than a text", leaf.value)


def _name(key: yaml.Node) -> str:
    return str(key.value) if isinstance(key, yaml.ScalarNode) else "a key"


def _leaves(node: yaml.Node) -> list[yaml.ScalarNode]:
    """Return every scalar of a node, each once: a node that is used again by an alias is not walked again."""
    found: list[yaml.ScalarNode] = []
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, yaml.ScalarNode):
            found.append(current)
        elif isinstance(current, yaml.SequenceNode):
            waiting += current.value
        elif isinstance(current, yaml.MappingNode):
            waiting += [part for pair in current.value for part in pair]
    return sorted(found, key=lambda leaf: leaf.start_mark.index)
