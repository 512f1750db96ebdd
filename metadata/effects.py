"""What another structure would do to us: declarations that stop being valid, and maps that lead nowhere.

`sdg structure diff` says how two structures differ (`metadata.compare`); here is what follows from it, in
sentences a person can act on. A code is lost when the embedded structure has it from its own version and the other
one does not have it; codes seen in published data only (`additions.csv`) stay, because they never came from a
structure. Nothing is changed here, and no file is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from metadata.structure import nearest

if TYPE_CHECKING:
    from metadata.load import Catalogue
    from metadata.model_series import Series
    from metadata.official import OfficialStructure
    from metadata.structure import Structure

_SHOWN = 8


class CodeMapLike(Protocol):
    """The parts of a provider's code map that name global codes."""

    @property
    def codes(self) -> Mapping[str, Mapping[str, str]]:
        """Component id → code as received → global code."""
        ...

    @property
    def defaults(self) -> Mapping[str, str]:
        """Component id → global code."""
        ...

    @property
    def when(self) -> Iterable[Any]:
        """Rules with conditions (`if_`) and effects (`set`) in global codes."""
        ...


class ProviderLike(Protocol):
    """What is needed of a provider: `pipelines.provider.Provider` has it."""

    @property
    def id(self) -> str:
        """Id of the provider."""
        ...

    @property
    def areas(self) -> Any:
        """M49 codes, or "all"."""
        ...

    @property
    def map(self) -> CodeMapLike:
        """Its code map."""
        ...

    @property
    def corrections(self) -> Iterable[Any]:
        """Its corrections, each with `id`, `match` and `set` in global codes."""
        ...


def effects(
    official: OfficialStructure,
    catalogue: Catalogue,
    providers: Iterable[ProviderLike],
    structure: Structure | None = None,
) -> list[str]:
    """Return what stops being valid when the embedded structure is replaced, a sentence each.

    Args:
        official: the structure that would take the embedded one's place.
        catalogue: the declarations.
        providers: those that could be loaded.
        structure: the embedded structure; None for the project's own.

    Returns:
        First the declarations in the order of indicators, then the providers; empty when nothing is touched.
    """
    if structure is None:
        from metadata.structure import load_structure

        structure = load_structure()
    lost = _Lost(official, structure)
    sentences = [sentence for series in catalogue.series.values() for sentence in _series(series, lost, official)]
    for provider in providers:
        sentences += _provider(provider, lost, official.version_label)
    return sentences


class _Lost:
    """Tells which codes the other structure lacks."""

    def __init__(self, official: OfficialStructure, structure: Structure) -> None:
        self._official, self._structure = official, structure
        self._components = {component.id for component in structure.components}
        self._others = {component.id for component in official.components}

    def component(self, component: str) -> bool:
        """Say whether the component itself is gone."""
        return component in self._components and component not in self._others

    def codes(self, component: str, codes: Iterable[str]) -> list[str]:
        """Return the codes of a component that are gone, in the order given."""
        if component not in self._components or component not in self._others:
            return []
        held, other = self._structure.codelist(component), self._official.codelist(component)
        if held is None or other is None:
            return []
        return [
            code
            for code in dict.fromkeys(codes)
            if code not in other.codes and code in held.codes and held.codes[code].seen_in == self._structure.version
        ]


def _series(series: Series, lost: _Lost, official: OfficialStructure) -> Iterator[str]:
    who, what = f"{series.owner} {series.code}", official.version_label
    if lost.codes("SERIES", [series.code]):
        codelist = official.codelist("SERIES")
        close = nearest(series.code, codelist.codes if codelist else (), 1)
        hint = f" The nearest there is {close[0]}." if close else ""
        yield f"{who}: the series is not in {what}; its declaration stops being valid.{hint}"
        return
    series_list = official.codelist("SERIES")
    code = series_list.codes.get(series.code) if series_list else None
    if code is not None and series.status != "retired" and code.annotated("RetiredSeries"):
        heirs = ", ".join(text for text in code.annotated("RetiredSeries") if text.strip())
        named = f" ({heirs})" if heirs else ""
        yield f"{who}: {what} marks the series as retired{named}; its declaration says {series.status}."
    named_codes = {
        **series.dimensions,
        "FREQ": series.freq,
        "UNIT_MEASURE": series.unit_measure,
        "UNIT_MULT": tuple(str(power) for power in series.unit_mult),
    }
    for component, codes in named_codes.items():
        if lost.component(component):
            yield f"{who}: {what} has no component {component}; its declaration stops being valid."
        elif gone := lost.codes(component, codes):
            yield f"{who}: {component} {_listed(gone)} not in {what}; its declaration stops being valid."


def _provider(provider: ProviderLike, lost: _Lost, what: str) -> Iterator[str]:
    who = f"Provider {provider.id}"
    yield from _map(provider.map, lost, who, what)
    for correction in provider.corrections:
        for component, codes in (*correction.match.items(), *(correction.set or {}).items()):
            if gone := lost.codes(component, _several(codes)):
                yield f"{who}: correction {correction.id}: {component} {_listed(gone)} not in {what}."
    areas = () if provider.areas == "all" else provider.areas
    if gone := lost.codes("REF_AREA", areas):
        yield f"{who}: area {_listed(gone)} not in {what}."


def _map(code_map: CodeMapLike, lost: _Lost, who: str, what: str) -> Iterator[str]:
    for component, codes in code_map.codes.items():
        gone = set(lost.codes(component, codes.values()))
        leading = [f"{code} → {to}" for code, to in codes.items() if to in gone]
        if lost.component(component):
            yield f"{who}: the map translates {component}, a component that {what} does not have."
        elif leading:
            yield f"{who}: the map of {component} leads to codes that {what} does not have: {_few(leading)}."
    for component, code in code_map.defaults.items():
        if lost.component(component) or lost.codes(component, [code]):
            yield f"{who}: the default of {component} ({code}) is not in {what}."
    for position, rule in enumerate(code_map.when, start=1):
        for part, named in (("condition", rule.if_), ("effect", rule.set or {})):
            for component, codes in named.items():
                if gone_here := lost.codes(component, _several(codes)):
                    yield f"{who}: {part} of rule {position} of `when`: {component} {_listed(gone_here)} not in {what}."


def _several(codes: Any) -> tuple[str, ...]:
    return (codes,) if isinstance(codes, str) else tuple(codes)


def _listed(codes: list[str]) -> str:
    return f"{_few(codes)} {'is' if len(codes) == 1 else 'are'}"


def _few(items: list[str]) -> str:
    shown = ", ".join(items[:_SHOWN])
    return shown if len(items) <= _SHOWN else f"{shown} and {len(items) - _SHOWN} more"
