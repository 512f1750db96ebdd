"""What a provider's declaration must fulfil beyond its shape: codes that exist, sets that do not overlap.

The shape (known keys, types, cron line, time zone) is checked by the classes of `pipelines.provider`. Here
are the complaints that need the global structure; each has file:line. Nothing is raised here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metadata.errors import SdgError
from pipelines.national_statement import complaints_about_statements

if TYPE_CHECKING:
    from metadata.structure import Structure
    from metadata.yaml_source import Sourced
    from pipelines.provider import Provider


@dataclass(frozen=True, slots=True)
class Located:
    """A part of a declaration: its file, and where in the file it begins."""

    source: Sourced
    base: tuple[str | int, ...]

    def complaint(
        self, loc: tuple[str | int, ...], what: str, hint: str | None = None, *, key: bool = False
    ) -> SdgError:
        """Return a complaint with file:line:column of a value inside the part, or of its key."""
        return self.source.complaint(what, (*self.base, *loc), key=key, hint=hint)


def complaints_about(
    provider: Provider,
    structure: Structure,
    main: Sourced,
    *,
    map_source: Located,
    corrections_source: Located,
    waivers_source: Located,
) -> list[SdgError]:
    """Return everything that is wrong with a provider's areas, map, corrections and waivers."""
    complaints = list(_areas(provider, structure, Located(main, ())))
    complaints += _parts(provider, Located(main, ()))
    complaints += complaints_about_statements(provider, structure, Located(main, ()))
    complaints += _unknown_components(provider, structure, map_source)
    if not complaints:
        complaints += _unknown_targets(provider, structure, map_source)
        complaints += _overlaps(provider, map_source)
    complaints += _corrections(provider, structure, corrections_source)
    complaints += _waivers(provider, structure, waivers_source)
    return complaints


def _parts(provider: Provider, at: Located) -> Iterator[SdgError]:
    """Refuse a scope that would make the parts of one fetch withdraw each other's keys."""
    if provider.channel.type == "sdmx-rest" and provider.replaces != "nothing":
        yield at.complaint(
            ("replaces",),
            f'A service answers in several parts, so none of them may replace "{provider.replaces}".',
            "Write `replaces: nothing`; what the service withdraws it names with the action Delete.",
        )


def _areas(provider: Provider, structure: Structure, at: Located) -> Iterator[SdgError]:
    if provider.areas == "all":
        return
    codes = _codes(structure, "REF_AREA") or frozenset()
    for index, area in enumerate(provider.areas):
        if area not in codes:
            yield at.complaint(("areas", index), f'"{area}" is not an M49 code of CL_AREA.')


def _unknown_components(provider: Provider, structure: Structure, at: Located) -> Iterator[SdgError]:
    known = {component.id for component in structure.components}
    for index, column in enumerate(provider.map.extra):
        if column in known:
            yield at.complaint(("extra", index), f"{column} is a component of the structure, not an extra.")
    mappable = known | set(provider.map.extra)
    for part in ("codes", "national_only"):
        yield from _unknown(getattr(provider.map, part), mappable, (part,), at)
    yield from _unknown(provider.map.defaults, known, ("defaults",), at)
    for index, rule in enumerate(provider.map.when):
        yield from _unknown(rule.if_, mappable, ("when", index, "if"), at)
        yield from _unknown(rule.set or (), known, ("when", index, "set"), at)


def _unknown(
    names: Iterable[str], known: Iterable[str], loc: tuple[str | int, ...], at: Located
) -> Iterator[SdgError]:
    from metadata.structure import nearest

    known = set(known)
    for name in names:
        if name not in known:
            near = nearest(name, known, 1)
            hint = f"Did you mean {near[0]}?" if near else None
            yield at.complaint((*loc, name), f"{name} is not a component of the structure.", hint, key=True)


def _unknown_targets(provider: Provider, structure: Structure, at: Located) -> Iterator[SdgError]:
    code_map = provider.map
    for component, codes in code_map.codes.items():
        if component in code_map.extra:
            continue
        for received, target in codes.items():
            yield from _target(structure, component, target, ("codes", component, received), at)
            if component == "REF_AREA" and provider.areas != "all" and target not in provider.areas:
                yield at.complaint(
                    ("codes", component, received), f'"{target}" is not among the areas of {provider.id}.'
                )
    for component, target in code_map.defaults.items():
        yield from _target(structure, component, target, ("defaults", component), at)
    for index, rule in enumerate(code_map.when):
        for component, target in (rule.set or {}).items():
            yield from _target(structure, component, target, ("when", index, "set", component), at)


def _target(
    structure: Structure, component: str, target: str, loc: tuple[str | int, ...], at: Located
) -> Iterator[SdgError]:
    from metadata.structure import nearest

    codes = _codes(structure, component)
    if codes is not None and target not in codes:
        near = nearest(target, codes)
        hint = f"Did you mean {' or '.join(near)}?" if near else None
        yield at.complaint(loc, f'"{target}" is not a code of the global list of {component}.', hint)


def _codes(structure: Structure, component: str) -> frozenset[str] | None:
    """Return the global codes of a component; None for a component without a list."""
    if component == "SERIES":
        return frozenset(structure.series_index)
    codelist = structure.codelist(component)
    return None if codelist is None else frozenset(codelist.ids())


def _overlaps(provider: Provider, at: Located) -> Iterator[SdgError]:
    """The codes that are translated, those that are national only, and those that stay must not overlap."""
    code_map = provider.map
    for component in {**code_map.codes, **code_map.national_only}:
        translated = code_map.codes.get(component, {})
        national = set(code_map.national_only.get(component, ()))
        staying = _staying(provider, component, translated)
        for code in translated:
            loc = ("codes", component, code)
            if code in national:
                yield at.complaint(loc, f'{component} "{code}" is both translated and national only.')
            elif code in staying and translated[code] != code:
                yield at.complaint(
                    loc, f'{component} "{code}" is translated, and is also a global code that others become.',
                    "Use a `when` rule for the rows that are meant.",
                )
        for index, code in enumerate(code_map.national_only.get(component, ())):
            if code in staying:
                yield at.complaint(
                    ("national_only", component, index),
                    f'{component} "{code}" is national only, and is also a global code that rows become.',
                )


def _staying(provider: Provider, component: str, translated: Mapping[str, str]) -> set[str]:
    staying = set(translated.values())
    if component in provider.map.defaults:
        staying.add(provider.map.defaults[component])
    if component == "REF_AREA" and provider.areas != "all":
        staying.update(provider.areas)
    return staying


def _corrections(provider: Provider, structure: Structure, at: Located) -> Iterator[SdgError]:
    known = {component.id for component in structure.components}
    seen: set[str] = set()
    for index, correction in enumerate(provider.corrections):
        if correction.id in seen:
            yield at.complaint((index, "id"), f"There are two corrections {correction.id}.")
        seen.add(correction.id)
        for part in ("match", "expect", "set"):
            yield from _unknown(getattr(correction, part) or (), known, (index, part), at)
        for component, target in (correction.set or {}).items():
            if component in known:
                yield from _target(structure, component, target, (index, "set", component), at)


def _waivers(provider: Provider, structure: Structure, at: Located) -> Iterator[SdgError]:
    """Refuse waivers of rules that do not exist or whose rows could not be loaded, and of codes that do not."""
    from metadata.rules import RULES, waivable
    from metadata.structure import nearest

    for index, waiver in enumerate(provider.waivers):
        if waiver.rule not in RULES:
            near = nearest(waiver.rule, RULES)
            hint = f"Did you mean {' or '.join(near)}?" if near else None
            yield at.complaint((index, "rule"), f"There is no rule {waiver.rule} in the catalogue of rules.", hint)
        elif not waivable(waiver.rule):
            yield at.complaint(
                (index, "rule"),
                f"The rule {waiver.rule} cannot be waived: its rows could not be loaded.",
                "Mend them by the provider's code map or a correction, or put them out of scope.",
            )
        for name, component, codes in (("series", "SERIES", waiver.series), ("areas", "REF_AREA", waiver.areas)):
            for place, code in enumerate(codes):
                yield from _target(structure, component, code, (index, name, place), at)
