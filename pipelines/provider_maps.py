"""The maps of an Open SDG platform that a provider names, read and checked with its declaration.

An office that keeps its indicators in Open SDG has two CSV files for its SDMX output. A copy of each stands beside the
provider's file, which names them (`open_sdg: {columns: GBR.columns.csv, codes: GBR.codes.csv}`); so `sdg check`,
`sdg submit` and `sdg run` read its tables. They lead to the office's codes, which the provider's own code map leads on
to the global ones; here only the components must be known, as those are that the code map speaks of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from metadata.errors import ConfigurationError, SdgError, UnreadableFile

if TYPE_CHECKING:
    from metadata.structure import Structure
    from metadata.yaml_source import Sourced
    from pipelines.read.open_sdg_maps import Entry, OpenSdgMaps

FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][\w.-]*\.csv$")]


class OpenSdgFiles(BaseModel):
    """The maps of an Open SDG platform, by the names of their files beside the provider's.

    Attributes:
        columns: CSV with the columns Text and Value: heading, component id.
        codes: CSV with the columns Text, Dimension and Value: text of a cell, component id, code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: FileName
    codes: FileName


def load_maps(
    files: OpenSdgFiles | None, main: Sourced, extra: Sequence[str], structure: Structure
) -> tuple[OpenSdgMaps | None, list[SdgError]]:
    """Return what the named files say, and what is wrong with them, each with file:line.

    Args:
        files: what the provider names; None where it names none.
        main: the provider's file.
        extra: components beside those of the structure that its code map names.
        structure: the global structure, whose components the maps may lead to.
    """
    if files is None:
        return None, []
    from pipelines.read.open_sdg_maps import maps_of, read_code_map, read_column_map

    complaints: list[SdgError] = []
    entries: dict[str, list[Entry]] = {}
    for part, name, read in (("columns", files.columns, read_column_map), ("codes", files.codes, read_code_map)):
        path = main.path.with_name(name)
        if not path.is_file():
            what = f"There is no file {name} beside {main.path.name}."
            hint = "Put a copy of the platform's map there, or mend the name."
            complaints.append(main.complaint(what, ("open_sdg", part), hint=hint))
            continue
        try:
            entries[part] = read(path)
        except UnreadableFile as error:
            complaints.append(ConfigurationError(str(error.what), where=error.where, hint=error.hint))
            continue
        complaints += _unknown(entries[part], name, extra, structure)
    maps = maps_of(entries.get("columns", []), entries.get("codes", []))
    return maps, complaints


def _unknown(entries: list[Entry], name: str, extra: Sequence[str], structure: Structure) -> Iterator[SdgError]:
    from metadata.structure import nearest

    known = {component.id for component in structure.components}
    told = {*known, *extra}
    for entry in entries:
        if entry.component.upper() not in told:
            told.add(entry.component.upper())
            near = nearest(entry.component.upper(), known, 1)
            meant = f"Did you mean {near[0]}? " if near else ""
            yield ConfigurationError(
                f"{entry.component} is not a component of the structure.", where=f"{name}:{entry.line}",
                hint=f"{meant}A column of the office's own is named under `extra` in the provider's map.",
            )
