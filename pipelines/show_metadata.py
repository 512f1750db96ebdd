"""Pages about the metadata for the terminal: an indicator, the structure, a codelist, a difference in words.

Text in, text out; what the things mean is in `metadata`. Used by `sdg metadata show` and `sdg structure …`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.show import WIDTH, plural, wrap

if TYPE_CHECKING:
    from metadata.load import Catalogue
    from metadata.model_series import Series
    from metadata.structure import Structure

_LABEL = 14
_LANGUAGES_SHOWN = ("en", "fr", "es", "ru", "ar", "zh")


def _field(label: str, text: str) -> str:
    return wrap(text, indent=" " * _LABEL, first=f"{label:<{_LABEL}}", width=WIDTH)


def _codes(codes: Iterable[str]) -> str:
    return ", ".join(codes)


def indicator_text(number: str, catalogue: Catalogue, structure: Structure) -> str:
    """Return the page of an indicator: what it is, who keeps it, and every series with its unit and codes.

    Args:
        number: official number of a declared indicator.
        catalogue: the declarations.
        structure: gives the names of units.
    """
    indicator = catalogue.indicators[number]
    titles = indicator.titles
    lines = [wrap(f"{number}  {titles['en']}", indent=" " * (len(number) + 2), first="", width=WIDTH), ""]
    lines += [_field(code, titles[code]) for code in _LANGUAGES_SHOWN if code != "en" and code in titles]
    lines.append(_field("Target", indicator.target))
    if indicator.also:
        lines.append(_field("Same as", _codes(indicator.also)))
    lines.append(_field("Custodians", _codes(indicator.custodians)))
    if indicator.partners:
        lines.append(_field("Partners", _codes(indicator.partners)))
    lines.append(_field("Tier", f"{indicator.tier} (seen {indicator.tier_seen})"))
    lines.append(_field("UN code", f"{indicator.ccode or 'not known'} ({indicator.ccode_status})"))
    lines.append(_field("Version", catalogue.version(number)))
    served = [code for code, serves in catalogue.bridge if serves == number]
    lines += ["", plural(len(served), "series", "series")]
    for code in served:
        lines += ["", *_series_lines(catalogue.series[code], number, structure)]
    return "\n".join(lines)


def _series_lines(series: Series, number: str, structure: Structure) -> list[str]:
    owned = "" if series.owner == number else f"  (declared in {series.owner})"
    state = "" if series.status == "current" else f"  [{series.status}]"
    lines = [f"  {series.code}{state}{owned}", wrap(series.name, indent="    ", width=WIDTH)]
    units = structure.codelist("UNIT_MEASURE")
    names = [
        f"{unit} ({units.codes[unit].name})" if units and unit in units else unit for unit in series.unit_measure
    ]
    unit = " or ".join(names) if names else "not known"
    multiplier = " or ".join(f"10^{power}" if power else "1" for power in series.unit_mult)
    lines.append(wrap(f"unit {unit}; multiplier {multiplier or 'not declared'}", indent="    ", width=WIDTH))
    lines.append(wrap(_range(series), indent="    ", width=WIDTH))
    broken_down = {d: codes for d, codes in series.dimensions.items() if tuple(codes) != ("_T",)}
    lines += [
        wrap(f"{dimension}: {_codes(codes)}", indent="      ", first="    ", width=WIDTH)
        for dimension, codes in broken_down.items()
    ]
    if series.any_code:
        text = f"any code of: {_codes(series.any_code)}"
        lines.append(wrap(text, indent="      ", first="    ", width=WIDTH))
    if not broken_down and not series.any_code:
        lines.append("    no breakdown")
    if series.heirs:
        lines.append(wrap(f"now: {_codes(series.heirs)}", indent="    ", width=WIDTH))
    return lines


def _range(series: Series) -> str:
    value = series.value
    low = "no lower bound" if value.minimum is None else f"from {value.minimum:g}"
    high = "no upper bound" if value.maximum is None else f"to {value.maximum:g}"
    return f"values: {value.type}, {low}, {high}"


def structure_text(structure: Structure) -> str:
    """Return the components of the structure, one line each, with the number of codes."""
    lines = [f"{structure.version_label}, fingerprint {structure.fingerprint[:12]}", ""]
    for component in (*structure.dimensions, structure.time, structure.measure, *structure.attributes):
        codelist = structure.codelist(component.id)
        codes = f"{codelist.id}({codelist.version}), {plural(len(codelist.codes), 'code')}" if codelist else ""
        must = "mandatory" if component.mandatory and component.role == "attribute" else ""
        lines.append(f"  {component.role:<10} {component.id:<23} {must:<10} {codes}".rstrip())
    return "\n".join(lines)


def codes_text(structure: Structure, component_id: str) -> str:
    """Return the codes of one component with their names.

    Raises:
        SdgError: the structure has no such component; the nearest are named.
    """
    component = structure.component(component_id)
    codelist = structure.codelist(component_id)
    if codelist is None:
        return f"{component.id} ({component.name}) has no codelist: {component.text_type or 'free text'}."
    lines = [f"{component.id}: {codelist.agency}:{codelist.id}({codelist.version})", ""]
    width = max(len(code) for code in codelist.codes)
    lines += [
        wrap(code.name, indent=" " * (width + 4), first=f"  {code.id:<{width}}  ", width=WIDTH)
        for code in codelist.codes.values()
    ]
    return "\n".join(lines)


def difference_lines(source: Path) -> list[str]:
    """Say in words how an official structure differs from the embedded one, and what that does to us."""
    from metadata.compare import diff_structures, in_words
    from metadata.effects import effects
    from metadata.load import load_catalogue
    from metadata.official import load_official
    from metadata.structure import load_structure
    from pipelines.provider import load_providers

    structure = load_structure()
    official = load_official(source)
    differences = diff_structures(structure, official)
    if not differences:
        return [f"{official.version_label} says the same as the embedded {structure.version_label}."]
    touched = effects(official, load_catalogue(), load_providers().by_id.values(), structure)
    consequences = touched or ["No declaration and no map of a provider is touched."]
    return [
        f"From the embedded {structure.version_label} to {official.version_label}:",
        *(wrap(sentence, indent="    ", first="  ", width=WIDTH) for sentence in in_words(differences)),
        "What follows from it here:",
        *(wrap(sentence, indent="    ", first="  ", width=WIDTH) for sentence in consequences),
    ]


def rewrite_structure(source: Path) -> tuple[tuple[str, ...], list[Path]]:
    """Write the embedded structure anew from an official one.

    Returns:
        What a person should look at, in sentences, and the files of the folder.
    """
    from metadata.embed import write_embedded
    from metadata.official import load_official
    from metadata.sdmx_files import EMBEDDED

    notes = write_embedded(load_official(source), EMBEDDED)
    return notes, sorted(path for path in EMBEDDED.rglob("*") if path.is_file())
