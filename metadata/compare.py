"""Comparing structures: two versions of one, and a national one with the global.

Here is what `sdg structure diff` says of two structures, component by component and code by code, and how
the codes of a national structure stand to the global ones: equal, mapped, national only, or colliding,
which is the dangerous one: Rwanda's area "1" is the City of Kigali, the global "1" is the world. What is
not here: mapping rows (`pipelines.map`), and what a change of the structure does to the declarations.

Whether a code of the same spelling means the same can only be judged by its name, so a collision is a
question to a person: names of a code collide when they share less than half of their telling words and are
not spelled alike, or when the national one is per so many of something and the global one is not.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from metadata.areas import load_areas
from metadata.errors import ConfigurationError
from metadata.official import OfficialStructure
from metadata.structure import Code, Component, Structure, nearest

Change = Literal[
    "component added",
    "component removed",
    "component changed",
    "codelist version",
    "code added",
    "code removed",
    "name changed",
]
Standing = Literal["equal", "mapped", "national_only", "colliding"]

_FEW_WORDS = frozenset(
    ["a", "an", "and", "as", "at", "by", "due", "for", "from", "in", "of", "on", "or", "the", "to", "with"]
)
_INDICATOR_NUMBERS = re.compile(r"\[[0-9a-d., ]+\]")
_RATE = re.compile(r"\bper ([\d, ]*\d)(?!\w)")


class _NamedCode(Protocol):
    @property
    def name(self) -> str: ...


class _List(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def codes(self) -> Mapping[str, _NamedCode]: ...


class AnyStructure(Protocol):
    """What two structures must have to be compared: `Structure` and `OfficialStructure` both do."""

    @property
    def version_label(self) -> str:
        """`agency:id(version)`."""
        ...

    @property
    def components(self) -> tuple[Component, ...]:
        """All components in order."""
        ...

    def codelist(self, component_id: str, /) -> _List | None:
        """Return the codelist of a component."""
        ...


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between two structures; `str()` says it in words.

    Attributes:
        change: what kind of difference.
        component: id of the component; of the first that uses the codelist.
        codelist: id of the codelist; None for a difference of the component itself.
        code: the code; None when the difference is not about one.
        before: what stood before: a name, a version, a property; None when added.
        after: what stands after; None when removed.
    """

    change: Change
    component: str
    codelist: str | None = None
    code: str | None = None
    before: str | None = None
    after: str | None = None

    def __str__(self) -> str:
        subject = f"{self.codelist} {self.code}" if self.code else self.codelist or self.component
        match self.change:
            case "code added":
                return f"{subject}: code added ({self.after})."
            case "code removed":
                return f"{subject}: code removed ({self.before})."
            case "name changed":
                return f'{subject}: name changed from "{self.before}" to "{self.after}".'
            case "codelist version":
                return f"{subject}: version {self.before} became {self.after}."
            case "component changed":
                return f"{subject}: {self.before} became {self.after}."
            case _:
                return f"{subject}: {self.change}."


@dataclass(frozen=True, slots=True)
class CodeComparison:
    """How a code of a national structure stands to the global one.

    Attributes:
        component: component id.
        code: the national code.
        standing: equal (same code, same meaning as far as names tell), mapped (the provider's map
            translates it), national_only (the global list lacks it), colliding (same code, another meaning).
        national_name: its name in the national structure.
        global_name: name of the global code that it equals, is mapped to, or collides with; None when there
            is none, or its name is not embedded (series of other goals: equal by code alone).
        to: the global code that it is mapped to; None when it is not mapped.
    """

    component: str
    code: str
    standing: Standing
    national_name: str
    global_name: str | None = None
    to: str | None = None

    def __str__(self) -> str:
        national = f'{self.component} {self.code} "{self.national_name}"'
        match self.standing:
            case "mapped":
                return f'{national} is mapped to {self.to} "{self.global_name or self.to}".'
            case "national_only":
                return f"{national} is not a global code."
            case "colliding":
                return f'{national} has the code of "{self.global_name}" and another meaning.'
            case _:
                return f"{national} is the global code."


def diff_structures(before: AnyStructure, after: AnyStructure) -> list[Difference]:
    """Return what differs between two structures: components, versions of codelists, codes, English names.

    The embedded structure is compared by what it holds: codes that it has beyond its version, and names and
    areas that were left out when it was written, are not called differences.
    """
    old = {component.id: component for component in before.components}
    new = {component.id: component for component in after.components}
    found = [Difference("component removed", component) for component in old if component not in new]
    found += [Difference("component added", component) for component in new if component not in old]
    seen: set[tuple[str, str]] = set()
    for component_id in (component for component in old if component in new):
        found += _changed(old[component_id], new[component_id])
        old_list, new_list = before.codelist(component_id), after.codelist(component_id)
        if old_list is None or new_list is None or (old_list.id, new_list.id) in seen:
            continue
        seen.add((old_list.id, new_list.id))
        found += _diff_lists(component_id, old_list, new_list)
    return found


def in_words(differences: Iterable[Difference], *, at_most: int = 10) -> list[str]:
    """Return differences as sentences, and one sentence for more than `at_most` of a kind in a codelist."""
    grouped: dict[tuple[str, str], list[Difference]] = {}
    for difference in differences:
        key = difference.codelist if difference.code else f"{difference.component} {difference.codelist}"
        grouped.setdefault((difference.change, key or ""), []).append(difference)
    sentences = []
    for (change, codelist), group in grouped.items():
        if len(group) <= at_most or group[0].code is None:
            sentences += [str(difference) for difference in group]
            continue
        what, _, done = change.partition(" ")
        codes = ", ".join(difference.code or "" for difference in group[:at_most])
        sentences.append(f"{codelist}: {len(group)} {what}s {done}: {codes}, …")
    return sentences


def compare_codes(
    national: OfficialStructure, structure: Structure, code_map: Mapping[str, Mapping[str, str]] | None = None
) -> list[CodeComparison]:
    """Return how every code of a national structure stands to the global one.

    Args:
        national: the provider's structure.
        structure: the global structure.
        code_map: the provider's map, component id → national code → global code. A mapped code is `mapped`
            even where the spelling is a global code too: the map is what happens to it.

    Raises:
        ConfigurationError: the map leads to a code that the global list lacks.
    """
    found = []
    global_ids = {component.id for component in structure.components}
    for component in national.components:
        national_list = national.codelist(component.id)
        global_list = structure.codelist(component.id) if component.id in global_ids else None
        if national_list is None or global_list is None:
            continue
        mapped = (code_map or {}).get(component.id, {})
        former = _former_names(component.id)
        for code in national_list.codes.values():
            if code.id in mapped:
                found.append(_mapped(component.id, code.id, code.name, mapped[code.id], global_list.codes))
                continue
            own = global_list.codes.get(code.id)
            if own is None:
                found.append(CodeComparison(component.id, code.id, "national_only", code.name))
                continue
            held = own.name if own.name != own.id else None
            names = (held, *former.get(code.id, ())) if held else ()
            same = not names or any(_same_meaning(code.name, name) for name in names)
            standing: Standing = "equal" if same else "colliding"
            found.append(CodeComparison(component.id, code.id, standing, code.name, held))
    return found


def _mapped(component: str, code: str, name: str, to: str, codes: Mapping[str, Code]) -> CodeComparison:
    target = codes.get(to)
    if target is None:
        close = nearest(to, codes)
        raise ConfigurationError(
            f"The map of {component} leads from {code} to {to}, which is not a global code.",
            hint=f"The nearest is {', '.join(close)}." if close else None,
        )
    return CodeComparison(component, code, "mapped", name, target.name if target.name != to else None, to)


def _former_names(component_id: str) -> Mapping[str, Sequence[str]]:
    if component_id != "REF_AREA":
        return {}
    return {code: area.former_names for code, area in load_areas().areas.items()}


def _changed(old: Component, new: Component) -> list[Difference]:
    """Return what differs in the properties of one component."""
    found = []
    for label, before, after in (
        ("role", old.role, new.role),
        ("codelist", old.codelist, new.codelist),
        ("attachment", old.attachment, new.attachment),
        ("obligation", _obligation(old), _obligation(new)),
        ("text type", old.text_type, new.text_type),
    ):
        if before != after:
            words = f"{label} {before or 'none'}"
            found.append(Difference("component changed", old.id, before=words, after=after or "none"))
    return found


def _obligation(component: Component) -> str:
    return "mandatory" if component.mandatory else "conditional"


def _diff_lists(component: str, old: _List, new: _List) -> list[Difference]:
    """Return the differences of two codelists: version, codes in the order of their lists, names."""
    incomplete = not (getattr(old, "complete", True) and getattr(new, "complete", True))
    before, after = _codes(old, only_numeric=incomplete), _codes(new, only_numeric=incomplete)
    found = []
    if old.version != new.version:
        found.append(Difference("codelist version", component, new.id, None, old.version, new.version))
    found += [
        Difference("code removed", component, old.id, code, before=name)
        for code, name in before.items()
        if code not in after
    ]
    found += [
        Difference("code added", component, new.id, code, after=name)
        for code, name in after.items()
        if code not in before
    ]
    for code, name in before.items():
        other = after.get(code, name)
        # A name equal to its code stands for "not embedded".
        if name != other and code not in (name, other):
            found.append(Difference("name changed", component, new.id, code, name, other))
    return found


def _codes(codelist: _List, *, only_numeric: bool) -> dict[str, str]:
    """Return code → name of what the list's version has; of an incomplete CL_AREA the numeric codes."""
    version = next((code.seen_in for code in codelist.codes.values() if isinstance(code, Code)), None)
    return {
        key: code.name
        for key, code in codelist.codes.items()
        if (not isinstance(code, Code) or code.seen_in == version) and (not only_numeric or key.isdecimal())
    }


def _same_meaning(national: str, other: str) -> bool:
    """Judge by two names whether a code means the same; the rule is in the module's docstring."""
    left, right = _plain(national), _plain(other)
    if left == right:
        return True
    if set(_rates(left)) - set(_rates(right)):
        return False
    words = [set(re.findall(r"\w+", text)) - _FEW_WORDS for text in (left, right)]
    shared = len(words[0] & words[1]) / max(1, min(len(words[0]), len(words[1])))
    return shared >= 0.5 or difflib.SequenceMatcher(None, left, right).ratio() >= 0.6


def _plain(name: str) -> str:
    return " ".join(_INDICATOR_NUMBERS.sub("", name).casefold().split())


def _rates(name: str) -> list[str]:
    """Return the denominators of a name: `per 100,000` gives 100000."""
    return [re.sub(r"\D", "", match) for match in _RATE.findall(name)]
