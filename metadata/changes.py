"""The difference between two states of the declarations, in the data officer's words.

`12.4.2 EN_HAZ_PCAP: unit_measure T → KG`. Works on canonical documents (`metadata.versions`), so two versions that a
warehouse keeps can be compared as well as two folders; places in files and the order of keys play no part. Where the
documents come from (git, a folder, a warehouse) is in `metadata.states` and `pipelines.metadata_versions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from metadata.declarations import number_key

Document = Mapping[str, Any]
"""A canonical document: the JSON of `metadata.versions.canonical`, read."""

LONGEST = 60
_CONTEXT = 20
_NAMED = {"series", "reference_metadata"}
_DERIVED = ("form", "goal", "target")


def changes(before: Mapping[str, Document], after: Mapping[str, Document]) -> list[str]:
    """Return the differences of two catalogues, one line each, by indicator; empty when there are none.

    Args:
        before: canonical documents by indicator.
        after: the same of the other state.
    """
    lines: list[str] = []
    for number in sorted({*before, *after}, key=number_key):
        if number not in after:
            lines.append(f"{number}: taken out")
        elif number not in before:
            lines.append(f"{number}: added")
        else:
            lines += _indicator(number, before[number], after[number])
    return lines


def _indicator(number: str, before: Document, after: Document) -> Iterator[str]:
    for name in _names(before, after):
        if name not in _NAMED and name not in _DERIVED:
            yield from (f"{number}: {line}" for line in _value(name, before.get(name), after.get(name)))
    yield from _texts(number, before.get("reference_metadata") or {}, after.get("reference_metadata") or {})
    old = {series["code"]: series for series in before.get("series", ())}
    new = {series["code"]: series for series in after.get("series", ())}
    for code in sorted({*old, *new}):
        if code not in new:
            yield f"{number} {code}: taken out"
        elif code not in old:
            yield f"{number} {code}: added"
        else:
            for name in _names(old[code], new[code]):
                lines = _value(name, old[code].get(name), new[code].get(name))
                yield from (f"{number} {code}: {line}" for line in lines)


def _texts(number: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for concept in _names(before, after):
        old, new = before.get(concept), after.get(concept)
        if old is None and new is not None:
            yield f"{number} {concept}: added"
        elif new is None and old is not None:
            yield f"{number} {concept}: taken out"
        elif old is not None and new is not None:
            for name in _names(old, new):
                lines = _value(name, old.get(name), new.get(name))
                yield from (f"{number} {concept}: {line}" for line in lines)


def _names(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [*before, *(name for name in after if name not in before)]


def _value(name: str, before: Any, after: Any) -> Iterator[str]:
    """Yield what changed at a key: in lists of codes what came and went, in blocks each key by itself."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for inner in _names(before, after):
            yield from _value(f"{name} {inner}", before.get(inner), after.get(inner))
    elif _are_codes(before) and _are_codes(after) and len(before) + len(after) > 2:
        gone = [code for code in before if code not in after]
        come = [code for code in after if code not in before]
        moved = [f"order {', '.join(before)} → {', '.join(after)}"] if not gone and not come else []
        parts = [*(f"- {code}" for code in gone), *(f"+ {code}" for code in come), *moved]
        yield f"{name} {' '.join(parts)}"
    elif isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > LONGEST:
        yield f"{name} {_around(before, after)}"
    elif _are_blocks(before) and _are_blocks(after) and len(before) == len(after):
        for place, (old, new) in enumerate(zip(before, after, strict=True), start=1):
            yield from _value(f"{name} {place}" if len(after) > 1 else name, old, new)
    else:
        yield f"{name} {_shown(before)} → {_shown(after)}"


def _are_codes(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(v, str) for v in value)


def _are_blocks(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, Mapping) for v in value)


def _shown(value: Any) -> str:
    """Return a value as a person reads it."""
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _are_codes(value):
        return ", ".join(value) or "(none)"
    if isinstance(value, Mapping):
        text = ", ".join(f"{name} {_shown(inner)}" for name, inner in value.items() if inner not in (None, [], ()))
    elif isinstance(value, list):
        text = "; ".join(_shown(inner) for inner in value) or "(none)"
    elif isinstance(value, float) and value.is_integer():
        text = f"{value:.0f}"
    else:
        text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _around(before: str, after: str) -> str:
    """Return two long texts shortened to where they differ."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return f"“{_part(before, start, end)}” → “{_part(after, start, end)}”"


def _part(text: str, start: int, end: int) -> str:
    """Return the differing middle of a text with some words around it."""
    first, last = max(0, start - _CONTEXT), min(len(text), len(text) - end + _CONTEXT)
    if first > 0:
        first = text.rfind(" ", 0, first) + 1
    if last < len(text):
        last = text.find(" ", last) if " " in text[last:] else len(text)
    part = text[first:last]
    if len(part) > 2 * LONGEST:
        part = f"{part[: 2 * LONGEST - 1]}…"
    return f"{'… ' if first else ''}{part}{' …' if last < len(text) else ''}"
