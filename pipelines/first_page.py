"""The first page of a report: the causes, at most ten of them, errors first, each with its mending.

A consequence is folded into its cause. Where there are more than ten causes, those of one rule are told together,
the most numerous first, and what still does not fit is counted. All of them stand in the details below. The forms of
the page are in `pipelines.show` (terminal) and `pipelines.report_formats` (HTML).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from metadata.findings import SEVERITIES, Finding, Severity
from metadata.words import Text, counted, listed, text

LINES = 10
"""Entries of a first page."""
SEVERITY_WORDS: dict[Severity, Text] = {"error": text("error"), "warning": text("warning"), "info": text("info")}


@dataclass(frozen=True, slots=True)
class Cause:
    """A finding that is no consequence of another, with those that are consequences of it, however far.

    Attributes:
        number: its place in the report, from 1.
        finding: the cause.
        consequences: in the order of the report.
    """

    number: int
    finding: Finding
    consequences: tuple[Finding, ...] = ()

    @property
    def severity(self) -> Severity:
        """The worst of the cause and what follows from it: a warning that costs rows is to be mended first."""
        return min((one.severity for one in (self.finding, *self.consequences)), key=SEVERITIES.index)


Kind = Callable[[Cause], tuple[str | None, ...]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the first page.

    Attributes:
        causes: those that it tells of; none for the last line, which counts what has no line of its own.
        severity: of its causes.
        message: what was found.
        hint: how to mend it; may be empty.
        note: how many more such causes there are, and how many findings follow from them; None for neither.
    """

    causes: tuple[Cause, ...]
    severity: Severity
    message: str
    hint: str
    note: Text | None = None


def causes_of(findings: Sequence[Finding]) -> list[Cause]:
    """Return the causes, each with its consequences: errors first, else in the order of the findings."""
    known = {finding.id: finding for finding in findings}
    under: dict[str, list[Finding]] = {}
    roots = []
    for finding in findings:
        top, seen = finding, {finding.id}
        while top.because_of in known and top.because_of not in seen:
            top = known[str(top.because_of)]
            seen.add(top.id)
        if top is finding or top.because_of in seen:
            roots.append(finding)
        else:
            under.setdefault(top.id, []).append(finding)
    causes = [Cause(0, root, tuple(under.get(root.id, ()))) for root in roots]
    causes.sort(key=lambda cause: SEVERITIES.index(cause.severity))
    return [replace(cause, number=number) for number, cause in enumerate(causes, 1)]


def first_page(causes: Sequence[Cause]) -> list[Entry]:
    """Return at most `LINES` entries for the causes, in their order."""
    groups = [[cause] for cause in causes]
    for kind in (_rule_and_column, _rule):
        while len(groups) > LINES and (largest := _largest(groups, kind)) is not None:
            together = [cause for group in groups if kind(group[0]) == largest for cause in group]
            first = next(position for position, group in enumerate(groups) if kind(group[0]) == largest)
            groups = [group for group in groups if kind(group[0]) != largest]
            groups.insert(first, together)
    shown = groups if len(groups) <= LINES else groups[: LINES - 1]
    entries = [_entry(group) for group in shown]
    left = [cause for group in groups[len(shown) :] for cause in group]
    if left:
        message = counted("{count} more cause, in the details.", "{count} more causes, in the details.", len(left))
        entries.append(Entry((), left[0].severity, message, ""))
    return entries


def _rule_and_column(cause: Cause) -> tuple[str | None, ...]:
    examples = cause.finding.examples
    return cause.severity, cause.finding.rule, examples[0].column if examples else None


def _rule(cause: Cause) -> tuple[str | None, ...]:
    return cause.severity, cause.finding.rule


def _largest(groups: Sequence[Sequence[Cause]], kind: Kind) -> tuple[str | None, ...] | None:
    """Return the kind of most groups; None when no two are of one kind."""
    kinds = [kind(group[0]) for group in groups]
    largest = max(kinds, key=kinds.count)
    return largest if kinds.count(largest) > 1 else None


def _entry(group: Sequence[Cause]) -> Entry:
    first = group[0]
    notes = []
    if len(group) > 1:
        notes.append(text("{count} more such", count=len(group) - 1))
    if folded := sum(len(cause.consequences) for cause in group):
        notes.append(counted("{count} more follows from it", "{count} more follow from it", folded))
    note = listed(notes, "comma") if notes else None
    return Entry(tuple(group), first.severity, first.finding.message, first.finding.hint, note)


def headline(causes: Sequence[Cause]) -> Text:
    """Return what the page begins with: `3 errors to mend, 1 warning to look at, 4 notes`."""
    return listed(_parts(causes), "comma") if causes else text("No findings.")


def _parts(causes: Sequence[Cause]) -> Iterator[Text]:
    count = {severity: sum(c.severity == severity for c in causes) for severity in SEVERITY_WORDS}
    if count["error"]:
        yield counted("{count} error to mend", "{count} errors to mend", count["error"])
    if count["warning"]:
        yield counted("{count} warning to look at", "{count} warnings to look at", count["warning"])
    if count["info"]:
        yield counted("{count} note", "{count} notes", count["info"])
