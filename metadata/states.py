"""States of the declarations to compare: a folder, or a revision of the repository.

A revision is read with git, whose archive of `indicators/` and `metadata/sdmx/` is laid out in a temporary folder and
read like any folder. Versions that a warehouse keeps are read elsewhere (`pipelines.metadata_versions`): nothing here
knows of a warehouse.
"""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

from metadata.changes import Document
from metadata.declarations import GOALS_FILE
from metadata.errors import ConfigurationError, SdgError
from metadata.load import INDICATORS, Catalogue, load_catalogue
from metadata.sdmx_files import EMBEDDED
from metadata.structure import load_structure

REPOSITORY = INDICATORS.parent


def documents(catalogue: Catalogue) -> dict[str, Document]:
    """Return the canonical documents of a catalogue by indicator."""
    return {number: json.loads(catalogue.canonical(number)) for number in catalogue.indicators}


def folder_state(folder: Path) -> dict[str, Document]:
    """Return the state of a folder of declarations, or of a checkout that holds one.

    Raises:
        DeclarationErrors: a declaration is broken. SdgError: the folder holds no declarations.
    """
    for found in (folder, folder / INDICATORS.name):
        if (found / GOALS_FILE).is_file():
            structure = found.parent / EMBEDDED.relative_to(REPOSITORY)
            return documents(load_catalogue(found, load_structure(structure if structure.is_dir() else None)))
    raise SdgError(f"{folder} holds no declarations.", hint=f"A folder of declarations holds {GOALS_FILE}.")


def revision_state(revision: str, repository: Path = REPOSITORY) -> dict[str, Document] | None:
    """Return the state of a git revision, or None where there is no such revision.

    Raises:
        SdgError: the revision holds no declarations, or some that this version of the program does not read.
    """
    name = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if name is None:
        return None
    paths = [path.relative_to(REPOSITORY).as_posix() for path in (INDICATORS, EMBEDDED)]
    commit = name.decode().strip()
    present = [path for path in paths if _git(repository, "cat-file", "-e", f"{commit}:./{path}") is not None]
    archive = _git(repository, "archive", "--format=tar", commit, "--", *present) if present else None
    if archive is None or paths[0] not in present:
        raise SdgError(f"The revision {revision} holds no declarations.", where=paths[0])
    with tempfile.TemporaryDirectory(prefix="sdg-metadata-") as place:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(place, filter="data")
        try:
            return folder_state(Path(place))
        except ConfigurationError as error:
            first = str(error).splitlines()[0]
            hint = "It was written for another version of this program."
            raise SdgError(f"The declarations of {revision} cannot be read: {first}", hint=hint) from error


def _git(repository: Path, *arguments: str) -> bytes | None:
    """Return what git prints, or None where it fails or there is no git."""
    try:
        done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
