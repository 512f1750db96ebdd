"""Writing the embedded structure, `metadata/sdmx/`, from an official structure message.

Here is the only writer of `structure.yaml`, `codelists/*.csv` and `lock.yaml`; the same message gives the
same bytes, so that a person sees in version control what an update changed, and commits it. `additions.csv`
and the area files are kept by people: of these an update takes out the additions that the new version has
itself, and puts in the areas that are new. What is not here: reading the message (`metadata.official`) and
saying what differs (`metadata.compare`).

What is embedded is what goals 12 and 13 and national submissions need: of CL_AREA the numeric codes only (the
two-letter ones are a second spelling that a provider's map translates), of CL_SERIES every code with its
indicators but names only for our series, all other lists whole.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from metadata.errors import ConfigurationError
from metadata.official import OfficialCode, OfficialCodelist, OfficialStructure
from metadata.sdmx_files import ADDITION_COLUMNS, AREA_COLUMNS, SERIES_COLUMNS, read_table
from metadata.structure import is_ours

_NUMBERS_IN_NAME = re.compile(r"\[([0-9a-d., ]+)\]\s*$")
_INDICATOR = re.compile(r"^\d{1,2}\.[0-9a-d]{1,2}\.\d{1,2}$")
_HEIR = re.compile(r"\bRefer to code ([A-Z0-9_]+)")
_GENERATED = "# Written by `sdg structure update` from the message in lock.yaml. Not edited by hand.\n"


def write_embedded(official: OfficialStructure, folder: Path) -> tuple[str, ...]:
    """Write the embedded structure from an official one, and return what a person should look at, in words.

    Args:
        official: the structure of agency IAEG-SDGs with all its codelists.
        folder: the folder to write to, usually `metadata/sdmx`; made when it is not there. Additions that the
            message has by now are taken out of its `additions.csv`; areas that its `areas.csv` lacks are
            put in as `other`, which keeps them out of every count of countries until a person says what
            they are.

    Raises:
        ConfigurationError: the message lacks a component or a codelist that the pipeline stands on; nothing
            is written then.
    """
    _require_whole(official)
    lists = {item.id: item for item in official.codelists.values()}
    tables = {codelist_id: _table(item) for codelist_id, item in sorted(lists.items())}
    (folder / "codelists").mkdir(parents=True, exist_ok=True)
    for stale in sorted((folder / "codelists").glob("*.csv")):
        if stale.stem not in lists:
            stale.unlink()
    for codelist_id, text in tables.items():
        _write(folder / "codelists" / f"{codelist_id}.csv", text)
    structure = _structure_text(official)
    _write(folder / "structure.yaml", structure)
    _write(folder / "lock.yaml", _lock_text(official, lists, tables, structure))
    return (*_prune_additions(official, folder), *_add_areas(lists["CL_AREA"], folder))


def indicators_of(code: OfficialCode) -> tuple[str, ...]:
    """Return the indicator numbers of an official series: as annotated, else those at the end of its name.

    AG_FLS_IDX is retired and has lost its annotation; its name still says [12.3.1].
    """
    numbers = code.annotated("Indicator")
    if not numbers and (match := _NUMBERS_IN_NAME.search(code.name)):
        numbers = tuple(part.strip() for part in match[1].split(","))
    return tuple(number for number in numbers if _INDICATOR.match(number))


def embedded_code(codelist_id: str, code: str) -> bool:
    """Say whether a code of an official list is embedded at all: of CL_AREA only the numeric ones are."""
    return codelist_id != "CL_AREA" or code.isdecimal()


def content_sha256(codelist: OfficialCodelist) -> str:
    """Return the sha256 of a list's content: codes, all names, parents and annotations, in their order."""
    codes = codelist.codes.values()
    content = [[code.id, dict(sorted(code.names.items())), code.parent, code.annotations] for code in codes]
    return _sha256(json.dumps([codelist.reference, content], ensure_ascii=False, separators=(",", ":")))


def _require_whole(official: OfficialStructure) -> None:
    needed = ("FREQ", "REPORTING_TYPE", "SERIES", "REF_AREA", "UNIT_MEASURE", "UNIT_MULT", "OBS_STATUS")
    ids = {component.id for component in official.components}
    lacking = [component for component in needed if component not in ids]
    if lacking:
        raise ConfigurationError(
            f"{official.version_label} has no component {', '.join(lacking)}.",
            where=official.source,
            hint="The embedded structure is the global one, IAEG-SDGs:SDG.",
        )
    unlisted = [c.id for c in official.components if c.codelist and c.id not in official.codelists]
    if unlisted:
        raise ConfigurationError(
            f"The message holds no codes for {', '.join(unlisted)}.",
            where=official.source,
            hint="Ask the registry for the structure with its children: references=children&detail=full.",
        )


def _structure_text(official: OfficialStructure) -> str:
    components: list[dict[str, Any]] = []
    for component in official.components:
        item: dict[str, Any] = {"id": component.id, "role": component.role, "mandatory": component.mandatory}
        if component.id in official.codelists:
            item["codelist"] = official.codelists[component.id].reference
        if component.attachment:
            item["attachment"] = component.attachment
        if component.text_type:
            item["text_type"] = component.text_type
        components.append({**item, "name": component.name})
    head = {"agency": official.agency, "id": official.id, "version": official.version, "name": official.name}
    return _GENERATED + _yaml({**head, "components": components})


def _lock_text(
    official: OfficialStructure, lists: dict[str, OfficialCodelist], tables: dict[str, str], structure: str
) -> str:
    entries = {}
    for codelist_id, item in sorted(lists.items()):
        kept = sum(embedded_code(codelist_id, code) for code in item.codes)
        entries[codelist_id] = {
            "urn": f"urn:sdmx:org.sdmx.infomodel.codelist.Codelist={item.reference}",
            "version": item.version,
            "official_codes": len(item.codes),
            "embedded_codes": kept,
            "sha256": _sha256(tables[codelist_id]),
            "source_sha256": content_sha256(item),
        }
    head = {
        "urn": official.urn,
        "version": official.version,
        "date": official.prepared.date().isoformat() if official.prepared else None,
        "sha256": _sha256(structure),
        "source_sha256": official.sha256,
    }
    return _GENERATED + _yaml({"structure": head, "codelists": entries})


def _table(codelist: OfficialCodelist) -> str:
    codes = [code for code in codelist.codes.values() if embedded_code(codelist.id, code.id)]
    if codelist.id == "CL_SERIES":
        return _csv(SERIES_COLUMNS, (_series_row(code) for code in codes))
    return _csv(("code", "name"), _folded([(code.id, code.name) for code in codes]))


def _series_row(code: OfficialCode) -> tuple[str, ...]:
    indicators = indicators_of(code)
    retired = code.annotated("RetiredSeries")
    heir = _HEIR.search(" ".join(retired))
    return (
        code.id,
        code.name if is_ours(indicators) else "",
        ";".join(indicators),
        next(iter(code.annotated("IndicatorCode")), ""),
        "yes" if retired else "",
        heir[1] if heir else "",
    )


def _folded(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Fold a list's run C01, C02, … named `Custom code 01` … into the one row `C01..C5000,Custom code {}`.

    Only a run without a gap, each code named by its number, is folded; anything else stays as it is.
    """
    start = next((at for at, (code, _) in enumerate(rows) if code == "C01"), None)
    if start is None:
        return rows
    end = start
    while end < len(rows) and rows[end] == (f"C{end - start + 1:02d}", f"Custom code {end - start + 1:02d}"):
        end += 1
    if end - start < 2:
        return rows
    return [*rows[:start], (f"C01..{rows[end - 1][0]}", "Custom code {}"), *rows[end:]]


def _prune_additions(official: OfficialStructure, folder: Path) -> tuple[str, ...]:
    """Take out of `additions.csv` what the official lists have by now."""
    path = folder / "additions.csv"
    if not path.is_file():
        return ()
    official_codes = {(item.id, code) for item in official.codelists.values() for code in item.codes}
    rows = read_table(path, ADDITION_COLUMNS)
    kept = [row for row in rows if (row["codelist"], row["code"]) not in official_codes]
    gone = [f"{row['code']} of {row['codelist']}" for row in rows if row not in kept]
    if not gone:
        return ()
    _write(path, _csv(ADDITION_COLUMNS, ([row[column] for column in ADDITION_COLUMNS] for row in kept)))
    return (f"{official.version_label} has {', '.join(gone)} itself; taken out of additions.csv.",)


def _add_areas(areas: OfficialCodelist, folder: Path) -> tuple[str, ...]:
    """Put the numeric areas that `areas.csv` lacks into it, as `other`."""
    path = folder / "areas.csv"
    if not path.is_file():
        return ()
    rows = read_table(path, AREA_COLUMNS)
    known = {row["m49"] for row in rows}
    numeric = [code for code in areas.codes.values() if embedded_code("CL_AREA", code.id)]
    new = [code for code in numeric if code.id not in known]
    if not new:
        return ()
    fields = list(rows[0])
    for code in new:
        rows.append(dict.fromkeys(fields, "") | {"m49": code.id, "area_type": "other", "name_en": code.name})
    rows.sort(key=lambda row: int(row["m49"]))
    _write(path, _csv(fields, ([row[field] for field in fields] for row in rows)))
    named = ", ".join(f"{code.id} {code.name}" for code in new)
    return (f"New areas stand in areas.csv as `other`; say what they are: {named}.",)


def _csv(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return stream.getvalue()


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
