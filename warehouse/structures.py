"""Structure messages that are held: an office's own structures, in `structures/` of the state folder.

One file a version, named after `agency:id(version)`, so that what is held is known from the names alone; it is
the message as it came. What is not here: reading a message (`metadata.official`), and what a delivery that
refers to one is told (`pipelines.checks.delivery`).
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Literal

from metadata.errors import SdgError
from metadata.sdmx_files import split_reference
from warehouse.faults import told
from warehouse.raw import sync_folder
from warehouse.settings import Settings

Held = Literal["new", "same", "replaced"]

# "+" is in no SDMX id, so it parts agency, id and version in a file name.
_PART = re.compile(r"[A-Za-z0-9_@$.-]+")
_NAME = re.compile(rf"({_PART.pattern})\+({_PART.pattern})\+({_PART.pattern})\.xml")


def hold(settings: Settings, label: str, data: bytes) -> tuple[Held, Path]:
    """Keep a structure message; another one of the same version takes the former's place.

    Args:
        settings: the state folder.
        label: `agency:id(version)`, as the message says.
        data: the message.

    Returns:
        Whether it is new, the same as before, or took another's place, and where it is.

    Raises:
        SdgError: the label is not one, for example without a version.
        StorageFull: the disk is full or not writable; what was held stays.
        WarehouseError: a file stands where the folder is needed.
    """
    place = settings.structures / _name(label)
    if place.is_file() and place.read_bytes() == data:
        return "same", place
    answer: Held = "replaced" if place.is_file() else "new"
    with told(settings.structures):
        settings.structures.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".holding-", dir=settings.structures)
    landing = Path(name)
    try:
        with told(settings.structures):
            with os.fdopen(handle, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            landing.replace(place)
            sync_folder(settings.structures)
    finally:
        landing.unlink(missing_ok=True)
    return answer, place


def held_structures(settings: Settings) -> frozenset[str]:
    """Return `agency:id(version)` of every structure that is held; other files in the folder are left alone."""
    if not settings.structures.is_dir():
        return frozenset()
    named = (_NAME.fullmatch(path.name) for path in settings.structures.iterdir())
    return frozenset(f"{name[1]}:{name[2]}({name[3]})" for name in named if name)


def _name(label: str) -> str:
    try:
        parts = split_reference(label)
    except ValueError:
        parts = ("", "", "")
    if not all(_PART.fullmatch(part) for part in parts):
        raise SdgError(
            f"A structure is held by its agency, id and version, and {label!r} is not of that form.",
            hint="A label looks like KG_NSC:SDG(1.8); ask for a message that names all three.",
        )
    return f"{'+'.join(parts)}.xml"
