"""Complaints about declarations that need the structure or several files, each at its file, line and column.

A declaration may only narrow what the structure allows; a series has one owner; the numbers that an indicator
serves are those that the structure's codelist annotates. Complaints about one value or one block are made by
`metadata.yaml_source` and `metadata.model`. Not here: rules on the wording of texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from metadata.declarations import GOALS_FILE, Declarations, DeclaredFile, number_key
from metadata.errors import SdgError
from metadata.lint_depth import depth_complaints
from metadata.model_series import SeriesBlock
from metadata.structure import SeriesEntry, Structure, nearest
from metadata.yaml_nodes import Loc

NOT_BREAKDOWNS = frozenset({"FREQ", "REPORTING_TYPE", "SERIES", "REF_AREA"})
"""Dimensions that every row fills with something else than a breakdown; a block does not restrict them."""

Owner = tuple[DeclaredFile, int]
"""The file that owns a series, and the position of its block there."""


def owners_of(files: Iterable[DeclaredFile]) -> dict[str, Owner]:
    """Return the owner of every declared series: the first one, where there are two."""
    owners: dict[str, Owner] = {}
    for file in files:
        for position, block in enumerate(file.content.series):
            owners.setdefault(block.code, (file, position))
    return owners


def breakdowns(structure: Structure) -> list[str]:
    """Return the dimensions that a series can be broken down by, in the order of the structure."""
    return [dimension.id for dimension in structure.dimensions if dimension.id not in NOT_BREAKDOWNS]


def complaints_about(declarations: Declarations, structure: Structure) -> list[SdgError]:
    """Return every complaint about a folder, those about single files included, by file and line."""
    lint = _Lint(declarations, structure)
    for file in declarations.files:
        lint.place(file)
        for position, block in enumerate(file.content.series):
            lint.codes_of_block(file, block, ("series", position))
            lint.depth(file, block, ("series", position))
        lint.bridge(file)
    lint.owners_and_numbers()
    lint.uses()
    lint.heirs()
    lint.missing()
    return sorted([*declarations.complaints, *lint.complaints], key=_by_place)


class _Lint:
    """The checks, one a method; each adds to `complaints`."""

    def __init__(self, declarations: Declarations, structure: Structure) -> None:
        self.declarations = declarations
        self.structure = structure
        self.index = structure.series_index
        self.label = structure.version_label
        self.files = declarations.files
        self.owners = owners_of(declarations.files)
        self.numbers = declarations.numbers()
        self.breakdowns = breakdowns(structure)
        self.complaints: list[SdgError] = []

    # --- one file --------------------------------------------------------------------------------------

    def place(self, file: DeclaredFile) -> None:
        """A file is named after its number, in the folder of its goal, and the number is one of the list."""
        number, path = file.number, file.source.path
        wanted = self.declarations.folder / f"goal{file.content.goal}" / f"{number}.yaml"
        if path.name != wanted.name:
            what, hint = f"The file is named {path.name} and declares {number}.", f"Name it {wanted.name}."
            self.complaints.append(file.complaint(what, ("number",), hint))
        elif path != wanted:
            what, hint = (
                f"{number} stands in the folder {path.parent.name}.",
                f"Move it to {wanted.parent.name}.",
            )
            self.complaints.append(file.complaint(what, ("number",), hint))
        if self.declarations.goals is not None and number not in self.numbers:
            what = f"{number} is not among the indicators of {GOALS_FILE}."
            hint = _near(number, self.numbers) or "Add it there under its target."
            self.complaints.append(file.complaint(what, ("number",), hint))

    def codes_of_block(self, file: DeclaredFile, block: SeriesBlock, loc: Loc) -> None:
        """Every code of a block is one of the structure's: a block narrows it, and never adds to it."""
        for dimension in block.dimensions:
            self._dimension(file, dimension, (*loc, "dimensions", dimension), key=True)
        for position, dimension in enumerate(block.any_code):
            self._dimension(file, dimension, (*loc, "any_code", position), key=False)
        for dimension, codes in block.dimensions.items():
            if dimension in self.breakdowns:
                self._codes(file, dimension, codes, (*loc, "dimensions", dimension))
        self._codes(file, "UNIT_MEASURE", block.unit_measure, (*loc, "unit_measure"))
        self._codes(file, "UNIT_MULT", [str(mult) for mult in block.unit_mult], (*loc, "unit_mult"))
        self._codes(file, "FREQ", block.freq, (*loc, "freq"))

    def depth(self, file: DeclaredFile, block: SeriesBlock, loc: Loc) -> None:
        """Identities name codes that the series allows and series that are declared."""
        # a series of ours without an owner is a complaint of its own
        known = {*self.owners, *(code for code, entry in self.index.items() if entry.ours)}
        self.complaints += depth_complaints(file, block, loc, self.structure, known)

    def _dimension(self, file: DeclaredFile, dimension: str, at: Loc, *, key: bool) -> None:
        if dimension in NOT_BREAKDOWNS:
            what = f"{dimension} is not a dimension of breakdown."
            hint = 'Frequencies are declared under "freq".' if dimension == "FREQ" else "Take it out."
            self.complaints.append(file.complaint(what, at, hint, key=key))
        elif dimension not in self.breakdowns:
            what = f"{dimension} is not a dimension of {self.label}."
            hint = _near(dimension, self.breakdowns) or f"It has {', '.join(self.breakdowns)}."
            self.complaints.append(file.complaint(what, at, hint, key=key))

    def _codes(self, file: DeclaredFile, component: str, codes: Iterable[str], loc: Loc) -> None:
        codelist = self.structure.codelist(component)
        for position, code in enumerate(codes):
            if codelist is not None and code not in codelist:
                what = f'"{code}" is not a code of {codelist.id} ({component}).'
                self.complaints.append(file.complaint(what, (*loc, position), _near(code, codelist)))

    def bridge(self, file: DeclaredFile) -> None:
        """The series of a file serve its number; `also` names just the other goals' numbers they serve."""
        served: list[tuple[str, Loc]] = [
            (block.code, ("series", position, "code")) for position, block in enumerate(file.content.series)
        ]
        served += [(code, ("uses", position)) for position, code in enumerate(file.content.uses)]
        entries: list[SeriesEntry] = []
        for code, at in served:
            entry = self.index.get(code)
            if entry is None or not entry.indicators:
                continue  # unknown: a complaint of its own; or retired and annotated with no indicator
            entries.append(entry)
            if file.number not in entry.indicators:
                what = f"{code} does not serve {file.number} in {self.label}."
                hint = f"It serves {', '.join(entry.indicators)}; a declaration only narrows."
                self.complaints.append(file.complaint(what, at, hint))
        here = {code for code, _ in served}
        for code, entry in self.index.items():
            if file.number in entry.indicators and code in self.owners and code not in here:
                what = f"{code} serves {file.number} too in {self.label}."
                self.complaints.append(file.complaint(what, ("uses",), f'Add "{code}" to `uses`.'))
        self._also(file, entries)

    def _also(self, file: DeclaredFile, entries: list[SeriesEntry]) -> None:
        others = {n for entry in entries for n in entry.indicators if n.split(".")[0] not in ("12", "13")}
        for position, number in enumerate(file.content.also):
            if entries and number not in others:
                what = f"No series of {file.number} serves {number} in {self.label}."
                hint = (
                    f"They serve {', '.join(sorted(others, key=number_key))}." if others else "Take it out."
                )
                self.complaints.append(file.complaint(what, ("also", position), hint))
        for number in sorted(others - set(file.content.also), key=number_key):
            what = f"The series of {file.number} serve {number} too in {self.label}."
            self.complaints.append(file.complaint(what, ("also",), f'Add "{number}" to `also`.'))

    # --- several files ---------------------------------------------------------------------------------

    def owners_and_numbers(self) -> None:
        """A number and a series are declared once, and the series is one of the structure's."""
        declared: dict[str, DeclaredFile] = {}
        ours = [code for code, entry in self.index.items() if entry.ours]
        for file in self.files:
            first = declared.setdefault(file.number, file)
            if first is not file:
                what = (
                    f"{file.number} is declared twice; the first time in {first.source.mark(('number',))}."
                )
                self.complaints.append(file.complaint(what, ("number",), "Keep one of the two files."))
            for position, block in enumerate(file.content.series):
                at: Loc = ("series", position, "code")
                owner, place = self.owners[block.code]
                if (owner, place) != (file, position):
                    where = owner.source.mark(("series", place, "code"))
                    what = f"{block.code} has two owners: {owner.number} ({where}) and {file.number}."
                    hint = "Keep one block; another indicator names the series under `uses`."
                    self.complaints.append(file.complaint(what, at, hint))
                elif block.code not in self.index:
                    what = f"{block.code} is not a series of {self.label}."
                    self.complaints.append(file.complaint(what, at, _near(block.code, ours)))

    def uses(self) -> None:
        """What a file uses is owned by another one, and the uses do not go round in a circle."""
        arrows: dict[str, dict[str, str]] = {}  # number → number that it uses a series of → that series
        for file in self.files:
            for position, code in enumerate(file.content.uses):
                at: Loc = ("uses", position)
                if code in self.owners:
                    owner = self.owners[code][0].number
                    if owner == file.number:
                        what = f"{file.number} owns {code} and names it under `uses` as well."
                        self.complaints.append(file.complaint(what, at, "Take it out of `uses`."))
                    else:
                        arrows.setdefault(file.number, {}).setdefault(owner, code)
                elif not self._owner_may_be_unread(code):
                    what = f"No file owns the series {code}."
                    self.complaints.append(file.complaint(what, at, _near(code, self.owners)))
        for file in self.files:
            way = _way_back(file.number, arrows)
            if way and file.number == min(way, key=number_key):
                what = f"The uses go round in a circle: {' → '.join(way)}."
                at = ("uses", file.content.uses.index(arrows[way[0]][way[1]]))
                self.complaints.append(file.complaint(what, at, "Let one file own the series of both."))

    def heirs(self) -> None:
        """An heir is declared, and no series inherits from its own heirs."""
        heirs = {
            code: file.content.series[position].heirs for code, (file, position) in self.owners.items()
        }
        for code, (file, position) in self.owners.items():
            loc: Loc = ("series", position, "heirs")
            for place, heir in enumerate(heirs[code]):
                if heir not in self.owners and not self._owner_may_be_unread(heir):
                    what = f"{heir}, the heir of {code}, is not declared."
                    self.complaints.append(file.complaint(what, (*loc, place), _near(heir, self.owners)))
            way = _way_back(code, heirs)
            if way and code == min(way):
                what = f"The heirs go round in a circle: {' → '.join(way)}."
                self.complaints.append(file.complaint(what, loc, "One of them is the newest."))

    def missing(self) -> None:
        """Every indicator of the list has a file, and every series of those indicators an owner."""
        source = self.declarations.goals_source
        if source is None:
            return
        declared = {file.number for file in self.files}
        for number, loc in self.numbers.items():
            if number not in declared | self.declarations.unread:
                what = f"The indicator {number} has no file."
                self.complaints.append(
                    source.complaint(what, loc, hint=f"Write goal{number[:2]}/{number}.yaml.")
                )
        for code, entry in self.index.items():
            mine = [number for number in entry.indicators if number in declared]
            if mine and code not in self.owners and not self._owner_may_be_unread(code):
                what = f"No file owns the series {code}, which serves {', '.join(mine)}."
                owner = next(file for file in self.files if file.number == mine[0])
                self.complaints.append(
                    owner.complaint(what, ("series",), "Declare it, or name it under `uses`.")
                )

    def _owner_may_be_unread(self, code: str) -> bool:
        """Say whether the missing owner of a series is most likely a file that could not be read."""
        return bool(self.declarations.unread) and code in self.index and self.index[code].ours


def _near(value: str, candidates: Iterable[str]) -> str | None:
    """Return a hint that names the nearest candidates, or None."""
    close = nearest(value, candidates)
    return f"Did you mean {' or '.join(close)}?" if close else None


def _way_back(start: str, arrows: Mapping[str, Iterable[str]]) -> list[str] | None:
    """Return a way along arrows from `start` back to it, both ends named, or None."""
    stack: list[list[str]] = [[start]]
    seen: set[str] = set()
    while stack:
        way = stack.pop()
        for following in arrows.get(way[-1], ()):
            if following == start:
                return [*way, start]
            if following not in seen:
                seen.add(following)
                stack.append([*way, following])
    return None


def _by_place(complaint: SdgError) -> tuple[str, int, int]:
    """Return a key that sorts complaints by file, line and column."""
    file, line, column = (complaint.where or "").rsplit(":", 2)
    return file, int(line), int(column)
