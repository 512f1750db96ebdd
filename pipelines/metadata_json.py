"""What the data officer's commands print for programs: `--format json` of `sdg metadata …` and `sdg structure …`.

The same facts as the pages of `pipelines.show_metadata` and `pipelines.show_reference`. Names are those of the
declarations (the JSON Schema of `indicators/schema.json` tells of each) and, of a complaint, those of a finding.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from metadata.content_rules import RULES
from metadata.errors import SdgError
from pipelines.show_reference import shown_concepts

if TYPE_CHECKING:
    from metadata.content import Lint
    from metadata.content_rules import Remark
    from metadata.load import Catalogue
    from metadata.structure import Structure


def _text(document: Mapping[str, Any] | list[Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)


def lint_json(found: Lint, complaints: Iterable[SdgError], providers: int | None) -> str:
    """Return what `sdg metadata lint` found.

    Args:
        found: what was found in the indicators' declarations.
        complaints: those, and those about the providers' files; each makes a declaration unusable.
        providers: number of the providers that were read; None where a folder of drafts was.
    """
    unusable = [_complaint(complaint) for complaint in complaints]
    return _text(
        {
            "valid": not unusable and not found.of("error"),
            "indicators": len(found.catalogue.indicators),
            "providers": providers,
            "findings": [*unusable, *(_remark(remark) for remark in found.remarks)],
        }
    )


def _complaint(complaint: SdgError) -> dict[str, Any]:
    return {
        "rule": None,
        "severity": "error",
        "where": complaint.where,
        "message": complaint.what,
        "hint": complaint.hint,
        "about": None,
    }


def _remark(remark: Remark) -> dict[str, Any]:
    return {
        "rule": remark.rule,
        "severity": remark.severity,
        "where": remark.where,
        "message": remark.what,
        "hint": remark.hint,
        "about": remark.about,
    }


def lint_rules_json() -> str:
    """Return the rules on the wording of declarations."""
    return _text([asdict(rule) for rule in RULES.values()])


def indicator_json(number: str, language: str, catalogue: Catalogue, structure: Structure) -> str:
    """Return an indicator: its declaration, every series that it serves, resolved, and its reference metadata.

    Args:
        number: official number of a declared indicator.
        language: of the reference metadata, `en` or `fr`.
        catalogue: the declarations.
        structure: which they narrow.
    """
    indicator = catalogue.indicators[number]
    declared = indicator.model_dump(mode="json", exclude={"number", "series", "reference_metadata"})
    served = [code for code, serves in catalogue.bridge if serves == number]
    return _text(
        {
            "number": number,
            "version": catalogue.version(number),
            "structure": structure.version_label,
            "goal": indicator.goal,
            "target": indicator.target,
            **declared,
            "series": [catalogue.series[code].model_dump(mode="json") for code in served],
            "language": language,
            "reference_metadata": shown_concepts(number, language, catalogue),
        }
    )


def concept_json(number: str, concept: str, language: str, catalogue: Catalogue) -> str:
    """Return one concept of an indicator's reference metadata; `text` is null where there is none."""
    shown = {one["concept"]: one for one in shown_concepts(number, language, catalogue, concept)}
    return _text({"number": number, "language": language, **shown[concept]})


def structure_json(structure: Structure) -> str:
    """Return the components of the structure in the column order of SDMX-CSV."""
    return _text(
        {
            "agency": structure.agency,
            "id": structure.id,
            "version": structure.version,
            "fingerprint": structure.fingerprint,
            "components": [_component(structure, component.id) for component in structure.components],
        }
    )


def codes_json(structure: Structure, component_id: str) -> str:
    """Return one component and its codes; none where it has no codelist.

    Raises:
        SdgError: the structure has no such component; the nearest are named.
    """
    codelist = structure.codelist(component_id)
    codes = [asdict(code) for code in codelist.codes.values()] if codelist else []
    return _text(
        {"structure": structure.version_label, "component": _component(structure, component_id), "codes": codes}
    )


def _component(structure: Structure, component_id: str) -> dict[str, Any]:
    codelist = structure.codelist(component_id)
    held = None
    if codelist is not None:
        held = {
            "agency": codelist.agency,
            "id": codelist.id,
            "version": codelist.version,
            "complete": codelist.complete,
            "codes": len(codelist.codes),
        }
    component = asdict(structure.component(component_id))
    return {**{name: value for name, value in component.items() if name != "codelist"}, "codelist": held}
