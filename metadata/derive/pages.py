"""The catalogue as Markdown: a page an indicator and an index, for people who look and do not ask a program.

`docs/indicators/12.4.2.md` and `docs/indicators/README.md` are made from the declarations and from nothing else; a
test compares them. The reference metadata, where there is any, comes in as texts by language and concept, and its
headings as labels. Nothing here reads a clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metadata.load import Catalogue
    from metadata.model import Indicator
    from metadata.model_series import Series
    from metadata.structure import Structure

INDEX = "README.md"
LANGUAGE_NAMES = {
    "ar": "Arabic", "en": "English", "es": "Spanish", "fr": "French", "ru": "Russian", "zh": "Chinese",
}  # fmt: skip
_SPECIAL = re.compile(r"([\\`*\[\]<>|#]|(?<!\w)_|_(?!\w))")
_SHOWN = 12
_DERIVED_HEAD = "SDG_"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The reference metadata of an indicator as a page shows it.

    Attributes:
        texts: by language, the text of each concept by its id, in order.
        labels: by language, the heading of each concept by its id: "2.a. Definition and concepts".
    """

    texts: Mapping[str, Mapping[str, str]]
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def pages(
    catalogue: Catalogue, structure: Structure, sheet: Callable[[str], Sheet | None] = lambda _number: None
) -> dict[str, str]:
    """Return every page by its file name, the index first.

    Args:
        catalogue: the declarations.
        structure: gives the names of units.
        sheet: the reference metadata of an indicator by its number; None where there is none.
    """
    found = {INDEX: _index(catalogue)}
    for number in catalogue.indicators:
        found[f"{number}.md"] = page(number, catalogue, structure, sheet(number))
    return found


def page(number: str, catalogue: Catalogue, structure: Structure, sheet: Sheet | None = None) -> str:
    """Return the page of an indicator.

    Raises:
        SdgError: no such indicator.
    """
    version = catalogue.version(number)
    indicator = catalogue.indicators[number]
    served = [catalogue.series[code] for code, serves in catalogue.bridge if serves == number]
    lines = [
        f"# {number} {_plain(indicator.titles['en'])}",
        "",
        "Made from the declarations; not to be edited by hand. [All indicators](README.md)",
        "",
        *_facts(indicator, version),
        "",
        "## Titles",
        "",
        *(
            f"- {LANGUAGE_NAMES[language]}: {_plain(title)}"
            for language, title in indicator.titles.items()
            if language != "en"
        ),
        "",
        "## Series",
        "",
    ]
    for series in served:
        lines += _series(series, number, structure)
    if sheet is not None:
        lines += _sheet(sheet)
    return "\n".join(lines).rstrip("\n") + "\n"


def _index(catalogue: Catalogue) -> str:
    lines = [
        "# Indicators of goals 12 and 13",
        "",
        f"Made from the declarations, which narrow {catalogue.structure}; not to be edited by hand.",
    ]
    for goal, titles in catalogue.goals.items():
        members = [one for one in catalogue.indicators.values() if one.goal == goal]
        if not members:
            continue
        lines += [
            "",
            f"## Goal {goal}: {_plain(titles.get('en', ''))}",
            "",
            "| Indicator | Title | Tier | Custodians | Series |",
            "|---|---|---|---|---|",
        ]
        for indicator in members:
            count = sum(number == indicator.number for _, number in catalogue.bridge)
            title = _plain(indicator.titles["en"])
            custodians = _plain(", ".join(indicator.custodians))
            lines.append(
                f"| [{indicator.number}]({indicator.number}.md) | {title} | {indicator.tier} | {custodians} | {count} |"
            )
    return "\n".join(lines) + "\n"


def _facts(indicator: Indicator, version: str) -> list[str]:
    goal, target = indicator.goal_titles.get("en", ""), indicator.target_titles.get("en", "")
    cadence = indicator.cadence
    facts = [
        ("Goal", f"{indicator.goal}: {goal}" if goal else indicator.goal),
        ("Target", f"{indicator.target}: {target}" if target else indicator.target),
        ("Custodians", ", ".join(indicator.custodians)),
        ("Partners", ", ".join(indicator.partners)),
        ("Tier", f"{indicator.tier}, seen {indicator.tier_seen}"),
        ("Repeated as", ", ".join(indicator.also)),
        ("Collected", cadence.collection or "not known"),
        ("Released", cadence.release or "not known"),
        ("UN code", f"{indicator.ccode} ({indicator.ccode_status})" if indicator.ccode else ""),
        ("UN vocabulary", indicator.kos or ""),
        ("SDG Interface Ontology", indicator.sdgio or ""),
        ("Version", version[:12]),
    ]
    rows = [f"| {name} | {_plain(text)} |" for name, text in facts if text]
    return ["| | |", "|---|---|", *rows]


def _series(series: Series, number: str, structure: Structure) -> list[str]:
    units = structure.codelist("UNIT_MEASURE")
    names = [f"{u} ({units.codes[u].name})" if units and u in units else u for u in series.unit_measure]
    mults = " or ".join(f"10^{power}" if power else "1" for power in series.unit_mult)
    facts = [
        ("Status", series.status),
        ("Declared by", series.owner if series.owner != number else ""),
        ("Also of", ", ".join(one for one in (*series.indicators, *series.also) if one != number)),
        ("Successors", ", ".join(series.heirs) or (series.heirs_note or "")),
        ("Unit", " or ".join(names) or "not known"),
        ("Multiplier", mults),
        ("Frequency", ", ".join(series.freq)),
        ("Values", _values(series)),
        *((dimension, _codes(codes)) for dimension, codes in series.dimensions.items() if tuple(codes) != ("_T",)),
        ("Any code", ", ".join(series.any_code)),
        ("Progress", {"up": "more is better", "down": "less is better"}.get(series.direction, "")),
        ("Source", series.source),
    ]
    rows = [f"- {name}: {_plain(text)}" for name, text in facts if text]
    return [f"### {_plain(series.code)}", "", _plain(series.name), "", *rows, ""]


def _values(series: Series) -> str:
    value = series.value
    bounds = []
    if value.minimum is not None:
        bounds.append(f"from {value.minimum:g}")
    if value.maximum is not None:
        bounds.append(f"to {value.maximum:g}")
    if value.soft_maximum is not None:
        bounds.append(f"seldom above {value.soft_maximum:g}")
    return ", ".join([value.type, *bounds])


def _codes(codes: tuple[str, ...]) -> str:
    shown = ", ".join(codes[:_SHOWN])
    return shown if len(codes) <= _SHOWN else f"{shown} and {len(codes) - _SHOWN} more"


def _sheet(sheet: Sheet) -> list[str]:
    """Return the reference metadata; concepts that repeat the page's head are left out."""
    lines: list[str] = []
    for language, texts in sheet.texts.items():
        lines += ["", f"## Reference metadata ({LANGUAGE_NAMES.get(language, language)})", ""]
        for concept, text in texts.items():
            if concept.startswith(_DERIVED_HEAD):
                continue
            label = sheet.labels.get(language, {}).get(concept, concept)
            lines += [f"### {_plain(label)}", ""]
            for paragraph in text.strip().split("\n"):
                lines += [_plain(paragraph), ""] if paragraph.strip() else []
    return lines


def _plain(text: str) -> str:
    """Return a text so that Markdown shows it as it is, on one line; addresses stay whole."""
    words = [
        word if word.startswith(("http://", "https://")) else _SPECIAL.sub(r"\\\1", word) for word in text.split()
    ]
    if words and re.fullmatch(r"([-+]|\d+[.)])", words[0]):
        words[0] = words[0][:-1] + "\\" + words[0][-1]
    return " ".join(words)
