"""The files of a folder of declarations, read and validated one by one.

Here: which files there are, what each says, and the complaints that need one file only. What they mean
together is in `metadata.lint` (complaints) and `metadata.load` (the catalogue).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from metadata.errors import ConfigurationError, DeclarationErrors, SdgError
from metadata.model import GoalsFile, IndicatorFile
from metadata.yaml_nodes import Loc
from metadata.yaml_source import Sourced, read_yaml, validate

GOALS_FILE = "goals.yaml"


def number_key(number: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts numbers of goals, targets and indicators: 12.8.1 < 12.10.1 < 12.a.1."""
    parts = number.split(".")
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)


@dataclass(frozen=True)
class DeclaredFile:
    """An indicator's file that could be read.

    Attributes:
        content: what it says.
        source: where each value stands.
    """

    content: IndicatorFile
    source: Sourced

    @property
    def number(self) -> str:
        """The indicator's number as the file says it."""
        return self.content.number

    def complaint(
        self, what: str, loc: Loc, hint: str | None = None, *, key: bool = False
    ) -> ConfigurationError:
        """Return an error about a value (or a key) of this file, with its place."""
        return self.source.complaint(what, loc, hint=hint, key=key)


@dataclass
class Declarations:
    """All files of a folder.

    Attributes:
        folder: the folder, with `goals.yaml` and a folder for each goal.
        goals: goals and targets; None when `goals.yaml` cannot be read.
        goals_source: places in `goals.yaml`; None when it is no YAML.
        files: indicators' files that could be read, in the order of their paths.
        unread: stems of those that could not.
        complaints: what is wrong with each file by itself.
    """

    folder: Path
    goals: GoalsFile | None = None
    goals_source: Sourced | None = None
    files: list[DeclaredFile] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    complaints: list[SdgError] = field(default_factory=list)

    def numbers(self) -> dict[str, Loc]:
        """Return the indicators that `goals.yaml` lists, with their places in it."""
        return {
            number: ("goals", i, "targets", j, "indicators", k)
            for i, goal in enumerate(self.goals.goals if self.goals else ())
            for j, target in enumerate(goal.targets)
            for k, number in enumerate(target.indicators)
        }


def read_declarations(folder: Path) -> Declarations:
    """Read every YAML file of a folder; a broken one becomes complaints and stops no other."""
    found = Declarations(folder)
    try:
        found.goals_source = read_yaml(folder / GOALS_FILE, root=folder.parent)
        found.goals = validate(GoalsFile, found.goals_source)
    except ConfigurationError as error:
        found.complaints += _each(error)
    for path in sorted(folder.rglob("*.y*ml"), key=lambda path: path.as_posix()):
        if path == folder / GOALS_FILE:
            continue
        try:
            source = read_yaml(path, root=folder.parent)
            found.files.append(DeclaredFile(validate(IndicatorFile, source), source))
        except ConfigurationError as error:
            found.complaints += _each(error)
            found.unread.add(path.stem)
    return found


def _each(error: ConfigurationError) -> list[SdgError]:
    return list(error.complaints) if isinstance(error, DeclarationErrors) else [error]
