"""YAML text → plain values with the place of each; every scalar that misleads becomes a complaint.

The lower half of `metadata.yaml_source`, which says what is refused and why.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from metadata.errors import ConfigurationError, SdgError

Loc = tuple[str | int, ...]
"""Keys and list positions from the top, for example `("series", 0, "unit_measure")`."""

LARGEST_FILE = 1_000_000
"""Bytes. The longest declaration is some 30 kB; beyond this the file is something else."""

MOST_VALUES = 100_000
"""Values after aliases are followed: a small file of nested aliases can mean billions of them."""

DEEPEST = 40
"""Lists and blocks inside each other."""

# libyaml is ten times as fast; it is not everywhere
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOT_ALLOWED = re.compile("[^\\t\\n\\r -~\\x85\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?\Z")
_LOOKS_LIKE_NUMBER_OR_DATE = re.compile(
    r"[-+]?(0[0-7_]+|0[xob][0-9a-fA-F_]+|[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|\.[0-9_]+|\.(inf|Inf|INF))\Z"
    r"|\.(nan|NaN|NAN)\Z"
    r"|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\Z"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?\Z"
)
_READ_AS_TRUTH = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false"})
_TRUTH = {"true": True, "false": False}
_TAG_PREFIX = "tag:yaml.org,2002:"
_TAGS = frozenset({"map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value"})


def read_text(path: Path, where: str) -> str:
    """Return the text of a small UTF-8 file without byte order mark and without a tab as indentation.

    Raises:
        ConfigurationError: it is not such a file; the place is the first byte or tab that is in the way.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= LARGEST_FILE else b""
    except OSError as error:
        what = f"The file cannot be read: {error.strerror}."
        raise ConfigurationError(what, where=f"{where}:1:1") from None
    if size > LARGEST_FILE:
        what = f"The file has {size:,} bytes; a declaration has at most {LARGEST_FILE:,}."
        raise ConfigurationError(what, where=f"{where}:1:1", hint="Is it the right file?")
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise ConfigurationError(
            "The file begins with a byte order mark.",
            where=f"{where}:1:1",
            hint="Save it as UTF-8 without one.",
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = _place_of(data[: error.start].decode("utf-8"))
        what = f"The byte 0x{data[error.start]:02x} is not UTF-8 text."
        raise ConfigurationError(what, where=f"{where}:{place}", hint="Save the file as UTF-8.") from None
    for number, line in enumerate(text.split("\n"), start=1):
        indentation = line[: len(line) - len(line.lstrip())]
        if "\t" in indentation and line.strip():
            raise ConfigurationError(
                "A tab stands where YAML wants spaces.",
                where=f"{where}:{number}:{indentation.index(chr(9)) + 1}",
                hint="Indent with two spaces.",
            )
    return text


def compose(text: str, where: str) -> yaml.Node:
    """Return the top node of the one document in a text.

    Raises:
        ConfigurationError: the text is no YAML, empty, several documents, or nested without end.
    """
    try:
        _check_depth(text, where)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise ConfigurationError(
            f"This is not YAML: {error.problem or 'it cannot be parsed'}.", where=f"{where}:{place}"
        ) from None
    except yaml.reader.ReaderError as error:
        # the position counts characters in Python's reader and bytes in libyaml's: better look for it
        found = _NOT_ALLOWED.search(text)
        bad = found.start() if found else error.position
        what = f"The character U+{ord(text[bad]):04X} is not allowed in YAML."
        raise ConfigurationError(what, where=f"{where}:{_place_of(text[:bad])}") from None
    if node is None:
        raise ConfigurationError(
            "The file is empty.", where=f"{where}:1:1", hint="Write `key: value` lines."
        )
    return node


def _check_depth(text: str, where: str) -> None:
    """Refuse a text that nests without end: libyaml's composer recurses and would crash the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                mark = event.start_mark
                place = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
                raise ConfigurationError(
                    f"The values are nested more than {DEEPEST} deep.", where=f"{where}:{place}"
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _place_of(before: str) -> str:
    """Return `line:column` of the character after a text."""
    return f"{before.count(chr(10)) + 1}:{len(before) - (before.rfind(chr(10)) + 1) + 1}"


class Builder:
    """Nodes → plain values, with the place of each and the complaints about those that mislead."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.values: dict[Loc, tuple[int, int]] = {}
        self.keys: dict[Loc, tuple[int, int]] = {}
        self.plain: dict[Loc, str] = {}
        self.complaints: list[SdgError] = []
        self._around: list[yaml.Node] = []
        self._count = 0

    def complain(self, what: str, node: yaml.Node, hint: str | None = None) -> None:
        """Add a complaint about a node, once: an alias repeats what its anchor holds."""
        mark = node.start_mark
        complaint = ConfigurationError(
            what, where=f"{self.where}:{mark.line + 1}:{mark.column + 1}", hint=hint
        )
        if str(complaint) not in {str(other) for other in self.complaints}:
            self.complaints.append(complaint)

    def build(self, node: yaml.Node, loc: Loc) -> Any:
        """Return the plain value of a node and note its place; None where there is a complaint."""
        self._count += 1
        if self._count > MOST_VALUES:
            if self._count == MOST_VALUES + 1:
                self.complain(
                    f"The file means more than {MOST_VALUES:,} values.", node, "Use fewer aliases."
                )
            return None
        self.values[loc] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if not node.tag.startswith(_TAG_PREFIX) or node.tag.removeprefix(_TAG_PREFIX) not in _TAGS:
            self.complain(f"The tag {node.tag} is not used here.", node, "Take it out.")
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, loc)
        if any(node is outer for outer in self._around):
            self.complain("An alias stands inside the value that it repeats.", node)
            return None
        self._around.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, loc)
            return [self.build(item, (*loc, position)) for position, item in enumerate(node.value)]
        finally:
            self._around.pop()

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        result: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            if key in lines:
                what = f'The key "{key}" stands twice; the first time in line {lines[key]}.'
                self.complain(what, key_node, "Keep one of the two.")
                continue
            lines[key] = key_node.start_mark.line + 1
            self.keys[(*loc, key)] = (lines[key], key_node.start_mark.column + 1)
            result[key] = self.build(value_node, (*loc, key))
        return result

    def _key(self, node: yaml.Node) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self.complain("A key is a text, not a list or a block of keys.", node)
            return None
        written = str(node.value)
        if not node.style and written == "<<":
            self.complain("Merge keys (<<) are not used here.", node, "Write the keys out.")
            return None
        if not node.style and (_misleading(written) or not _is_text(node)):
            self.complain(
                f"The key {written or '(empty)'} is not a text as it stands.", node, f'Write "{written}".'
            )
            return None
        return written

    def _scalar(self, node: yaml.ScalarNode, loc: Loc) -> Any:
        written = str(node.value)
        if node.style:  # quoted, or a block of text: a text in every reader
            return written
        if written in _TRUTH or _PLAIN_NUMBER.match(written):
            self.plain[loc] = written
            return _TRUTH[written] if written in _TRUTH else (float if "." in written else int)(written)
        if written in ("", "null"):
            self.plain[loc] = written
            return None
        if _misleading(written) or not _is_text(node):
            what = f"{written} without quotes is not read as text everywhere."
            truth = written.lower() in _READ_AS_TRUTH
            self.complain(what, node, f'Write "{written}"' + (", or true or false." if truth else "."))
            return None
        return written


def _is_text(node: yaml.ScalarNode) -> bool:
    """Say whether PyYAML resolves an unquoted scalar as text."""
    return bool(node.tag == "tag:yaml.org,2002:str")


def _misleading(written: str) -> bool:
    """Say whether some YAML reader takes these unquoted characters for something other than text."""
    return written.lower() in _READ_AS_TRUTH | {"null", "~"} or bool(
        _LOOKS_LIKE_NUMBER_OR_DATE.match(written)
    )
