"""Complaints about the blocks of a series that name other codes and series: identities, heirs of meaning, targets.

Each at its file, line and column, as those of `metadata.lint`, which calls this. Whether a block is consistent in
itself is checked by its class (`metadata.model_depth`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from metadata.declarations import DeclaredFile
from metadata.errors import SdgError
from metadata.model_depth import Identity
from metadata.model_series import SeriesBlock
from metadata.structure import Structure, nearest
from metadata.yaml_nodes import Loc


def depth_complaints(
    file: DeclaredFile, block: SeriesBlock, loc: Loc, structure: Structure, known: Collection[str]
) -> Iterator[SdgError]:
    """Yield what is wrong with the identities and the value of one series.

    Args:
        file: the file that owns the series.
        block: the series.
        loc: the place of the block in the file.
        structure: its codelists.
        known: the declared series.
    """
    for position, identity in enumerate(block.identities):
        at: Loc = (*loc, "identities", position)
        yield from _series_of(file, block, identity, at, known)
        if identity.dimension is not None:
            yield from _codes_of(file, block, identity, at, structure)
    yield from _rules_of(file, block, loc)


def _rules_of(file: DeclaredFile, block: SeriesBlock, loc: Loc) -> Iterator[SdgError]:
    """Refuse settings of rules that do not exist, that are no matter of series, or that stand twice."""
    from metadata.rules import RULES, settable

    seen: set[str] = set()
    for position, setting in enumerate(block.rules):
        at: Loc = (*loc, "rules", position)
        rule = RULES.get(setting.rule)
        if rule is None:
            close = nearest(setting.rule, RULES)
            hint = f"Did you mean {' or '.join(close)}?" if close else "`sdg rules` lists them."
            yield file.complaint(f"There is no rule {setting.rule} in the catalogue of rules.", (*at, "rule"), hint)
        elif setting.rule in seen:
            yield file.complaint(f"{block.code} sets the rule {setting.rule} twice.", (*at, "rule"))
        elif setting.severity is not None and not settable(setting.rule):
            what = f"The severity of {setting.rule} cannot be set for a series."
            yield file.complaint(what, (*at, "severity"), "It is about the file, its map or its scope.")
        elif setting.threshold is not None and not rule.threshold:
            yield file.complaint(f"The rule {setting.rule} has no threshold.", (*at, "threshold"))
        seen.add(setting.rule)


def _series_of(
    file: DeclaredFile, block: SeriesBlock, identity: Identity, at: Loc, known: Collection[str]
) -> Iterator[SdgError]:
    named: list[tuple[str, Loc]] = [
        (code, (*at, "members", place)) for place, code in enumerate(identity.members or ())
    ]
    named += [
        (code, (*at, name))
        for name, code in (("numerator", identity.numerator), ("denominator", identity.denominator))
        if code is not None
    ]
    for code, place in named:
        if code == block.code:
            yield file.complaint(f"An identity of {code} names {code} itself.", place, "Name the other series.")
        elif code not in known:
            close = nearest(code, known)
            hint = f"Did you mean {' or '.join(close)}?" if close else None
            yield file.complaint(f"{code}, in an identity of {block.code}, is not declared.", place, hint)


def _codes_of(
    file: DeclaredFile, block: SeriesBlock, identity: Identity, at: Loc, structure: Structure
) -> Iterator[SdgError]:
    dimension = str(identity.dimension)
    if dimension not in {component.id for component in structure.dimensions}:
        what = f"{dimension} is not a dimension of {structure.version_label}."
        yield file.complaint(what, (*at, "dimension"))
        return
    allowed = block.dimensions.get(dimension)
    codelist = structure.codelist(dimension)
    named: list[tuple[str, Loc]] = [(code, (*at, "parts", place)) for place, code in enumerate(identity.parts or ())]
    if identity.total is not None:
        named.append((identity.total, (*at, "total")))
    for code, place in named:
        if codelist is not None and code not in codelist:
            yield file.complaint(f'"{code}" is not a code of {codelist.id} ({dimension}).', place)
        elif allowed is not None and code not in allowed:
            what = f"An identity of {block.code} names {code}, which the series does not allow in {dimension}."
            yield file.complaint(what, place, "Add it to `dimensions`, or take it out here.")
