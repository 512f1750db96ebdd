"""How a national structure's codes stand to the global ones, by the provider's map: what an analyst must mend.

`metadata.compare` compares code with code; here the provider's map is put over it, and what is left is what
would go wrong: a code that is `colliding` would be read as something else, one that is `unmapped` would be
CODE-UNKNOWN. Not every such code matters: a series of another goal, or an area of another country, never stands
in a row of ours from this provider; it is counted, and is no task.
Nothing is read or written here but what is handed in; the page is text, at most 80 columns wide.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from metadata.compare import CodeComparison, compare_codes
from pipelines.checks.scope import NATIONAL_SERIES
from pipelines.show import WIDTH, plural, wrap

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.official import OfficialStructure
    from metadata.structure import Structure
    from pipelines.provider import CodeMap, Provider

Standing = Literal["equal", "mapped", "national_only", "colliding", "unmapped"]
STANDINGS: tuple[Standing, ...] = ("equal", "mapped", "national_only", "colliding", "unmapped")
SHOWN = 20
"""So many colliding and unmapped codes of a component are named on the page; all of them in JSON."""

_NUMBER = re.compile(r"\d+\.[\da-d]+\.\d+")
_TITLES = {
    "colliding": "Colliding: the same code, another meaning; rows would be taken for it.",
    "unmapped": "Unmapped: in neither list; rows that carry it would be kept back (CODE-UNKNOWN).",
}


@dataclass(frozen=True, slots=True)
class Standpoint:
    """A national code, how it stands by the map, and whether that can touch a row of ours.

    Attributes:
        code: the comparison with the global code, without the part of the map that keeps codes apart.
        standing: as in `metadata.compare`, but `national_only` is what the map, or the mark of a national
            series, says is the country's own (also where a global code has the same spelling), and what
            neither list nor map knows is `unmapped`.
        matters: False where no row of goals 12 and 13 can carry the code.
    """

    code: CodeComparison
    standing: Standing
    matters: bool


@dataclass(frozen=True, slots=True)
class NationalComparison:
    """All codes of a national structure against the global ones.

    Attributes:
        national: label of the national structure, `agency:id(version)`.
        structure: label of the global one.
        provider: whose map was used; None without one.
        codes: in the order of the national structure.
        extra: components that only the national structure has and the map does not name as `extra`.
        lacking: dimensions that it has not and the map gives no default for.
    """

    national: str
    structure: str
    provider: str | None
    codes: tuple[Standpoint, ...]
    extra: tuple[str, ...]
    lacking: tuple[str, ...]

    def of(self, standing: Standing) -> list[Standpoint]:
        """Return the codes of a standing, those that matter first."""
        return sorted((code for code in self.codes if code.standing == standing), key=lambda code: not code.matters)

    @property
    def clean(self) -> bool:
        """Whether nothing that matters collides or is unmapped."""
        return not any(code.matters and code.standing in ("colliding", "unmapped") for code in self.codes)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return component → standing → number of codes."""
        counted = Counter((code.code.component, code.standing) for code in self.codes)
        components = dict.fromkeys(code.code.component for code in self.codes)
        return {each: {standing: counted[each, standing] for standing in STANDINGS} for each in components}


def compare_national(
    national: OfficialStructure, provider: Provider | None, structure: Structure, areas: Areas
) -> NationalComparison:
    """Compare a national structure with the global one by a provider's map.

    Args:
        national: the provider's structure.
        provider: whose map applies; None for no map, when every area is taken for its own.
        structure: the global structure.
        areas: tells whose country an unmapped area is.

    Raises:
        ConfigurationError: the map leads to a code that the global list lacks.
    """
    code_map = provider.map if provider else None
    relevance = _Relevance(provider, structure, areas)
    compared = compare_codes(national, structure, code_map.codes if code_map else None)
    theirs = {component.id for component in national.components}
    known = {component.id for component in structure.components} | set(code_map.extra if code_map else ())
    defaults = code_map.defaults if code_map else {}
    return NationalComparison(
        national=national.version_label,
        structure=structure.version_label,
        provider=provider.id if provider else None,
        codes=tuple(Standpoint(code, _standing(code, code_map), relevance.of(code)) for code in compared),
        extra=tuple(component.id for component in national.components if component.id not in known),
        lacking=tuple(
            dimension.id
            for dimension in structure.dimensions
            if dimension.id not in theirs and dimension.id not in defaults
        ),
    )


def _standing(code: CodeComparison, code_map: CodeMap | None) -> Standing:
    kept_apart = code_map is not None and code.code in code_map.national_only.get(code.component, ())
    if code.standing == "mapped":
        return "mapped"
    if kept_apart or (code.component == "SERIES" and code.code.startswith(NATIONAL_SERIES)):
        return "national_only"
    return "unmapped" if code.standing == "national_only" else code.standing


class _Relevance:
    """Tells which codes a row of our series can carry: not another goal's series, not another country's area."""

    def __init__(self, provider: Provider | None, structure: Structure, areas: Areas) -> None:
        self._own = provider.areas if provider else "all"
        self._series = structure.series_index
        named = {
            name: area.m49 for area in areas.areas.values() for name in (area.name, *area.former_names)
        } | {code: area.m49 for by_code in (areas.by_iso3, areas.by_iso2) for code, area in by_code.items()}
        self._areas = {name.casefold(): m49 for name, m49 in named.items()}

    def of(self, code: CodeComparison) -> bool:
        if code.component == "SERIES":
            entry = self._series.get(code.code)
            return entry.ours if entry else not _of_another_goal(code.national_name)
        if code.component == "REF_AREA" and code.standing == "national_only" and self._own != "all":
            names = (code.code.casefold(), code.national_name.casefold())
            area = next((self._areas[name] for name in names if name in self._areas), None)
            return area is None or area in self._own
        return True


def _of_another_goal(name: str) -> bool:
    """Say whether the indicator numbers at the end of a series' name are all of other goals."""
    numbers = [number for part in re.findall(r"\[([^\]]*)\]", name) for number in _NUMBER.findall(part)]
    return bool(numbers) and not any(number.startswith(("12.", "13.")) for number in numbers)


def to_json(found: NationalComparison) -> str:
    """Return the comparison for a program: counts, and every colliding and unmapped code."""
    return json.dumps(
        {
            "national": found.national,
            "global": found.structure,
            "provider": found.provider,
            "clean": found.clean,
            "counts": found.counts(),
            "components_only_national": list(found.extra),
            "dimensions_lacking": list(found.lacking),
            "colliding": [_record(code) for code in found.of("colliding")],
            "unmapped": [_record(code) for code in found.of("unmapped")],
        },
        ensure_ascii=False,
        indent=2,
    )


def _record(point: Standpoint) -> Mapping[str, Any]:
    code = point.code
    return {
        "component": code.component,
        "code": code.code,
        "national_name": code.national_name,
        "global_name": code.global_name,
        "matters": point.matters,
    }


def to_text(found: NationalComparison) -> str:
    """Return the page: a table of counts, then what collides and what is unmapped."""
    by = f"by the map of {found.provider}" if found.provider else "without a map"
    lines = [f"{found.national} against {found.structure}, {by}.", "", *_table(found.counts())]
    for standing in ("colliding", "unmapped"):
        lines += _listed(_TITLES[standing], found.of(standing))
    apart = [code.code for code in found.of("national_only") if code.code.standing == "colliding"]
    if apart:
        count = plural(len(apart), "national code")
        has = "has" if len(apart) == 1 else "have"
        lines += ["", _fold(f"Kept apart by the map: {count} {has} the spelling of a global one.")]
    if found.extra:
        text = f"Only here: {', '.join(found.extra)}. Name them under `extra` in the map, or rows may be kept back."
        lines += ["", _fold(text)]
    if found.lacking:
        lines += ["", _fold(f"Not here: {', '.join(found.lacking)}. Give each a default in the map.")]
    lines += ["", "No code to mend." if found.clean else _fold(_task(found.provider))]
    return "\n".join(lines)


def _task(provider: str | None) -> str:
    where = f"pipelines/providers/{provider}.map.yaml" if provider else "the provider's map"
    return f"To mend in {where}: put each code under `codes` with its global code, or under `national_only`."


def _fold(text: str) -> str:
    return _folded(text, "")


def _table(counts: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    heads = ("equal", "mapped", "national", "colliding", "unmapped")
    yield f"  {'component':<23}" + "".join(f"{head:>10}" for head in heads)
    for component, numbers in counts.items():
        yield f"  {component[:23]:<23}" + "".join(f"{numbers[standing] or '-':>10}" for standing in STANDINGS)


def _listed(title: str, codes: Iterable[Standpoint]) -> list[str]:
    every = list(codes)
    if not every:
        return []
    lines = ["", _fold(title)]
    telling: dict[str, list[CodeComparison]] = {}
    for point in every:
        if point.matters:
            telling.setdefault(point.code.component, []).append(point.code)
    for component, group in telling.items():
        for code in group[:SHOWN]:
            lines.append(_folded(f'{component} {code.code} "{code.national_name}"', "  "))
            if code.standing == "colliding":
                lines.append(_folded(f'global: "{code.global_name}"', "    "))
        if len(group) > SHOWN:
            lines.append(f"  {component}: {len(group) - SHOWN:,} more; --format json has them all.")
    if others := len(every) - sum(map(len, telling.values())):
        more = "more " if telling else ""
        text = f"{others:,} {more}of other goals' series or other countries' areas: nothing to do."
        lines.append(_folded(text, "  "))
    return lines


def _folded(text: str, indent: str) -> str:
    return wrap(text, indent=f"{indent}  ", first=indent, width=WIDTH)
