"""The first page of a report: the causes, at most ten of them, errors first, each with its mending.

A consequence is folded into its cause. Where there are more than ten causes, those of one rule are told together,
the most numerous first, and what still does not fit is counted. All of them stand in the details below. The forms of
the page are in `pipelines.show` (terminal) and `pipelines.report_formats` (HTML).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from metadata.findings import Finding, Severity
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


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the first page.

    Attributes:
        causes: those that it tells of; none for the last line, which counts what has no line of its own.
        severity: of its causes.
        message: what was found.
        hint: how to mend it; may be empty.
    """

    causes: tuple[Cause, ...]
    severity: Severity
    message: str
    hint: str


def causes_of(findings: Sequence[Finding]) -> list[Cause]:
    """Return the causes in the order of the findings, each with its consequences."""
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
    return [Cause(number, root, tuple(under.get(root.id, ()))) for number, root in enumerate(roots, 1)]


def first_page(causes: Sequence[Cause]) -> list[Entry]:
    """Return at most `LINES` entries for the causes, in their order."""
    groups = [[cause] for cause in causes]
    while len(groups) > LINES and (largest := _largest_kind(groups)) is not None:
        together = [cause for group in groups if _kind(group[0]) == largest for cause in group]
        first = next(position for position, group in enumerate(groups) if _kind(group[0]) == largest)
        groups = [g for g in groups if _kind(g[0]) != largest]
        groups.insert(first, together)
    shown = groups if len(groups) <= LINES else groups[: LINES - 1]
    entries = [_entry(group) for group in shown]
    left = [cause for group in groups[len(shown) :] for cause in group]
    if left:
        message = counted("{count} more cause, in the details.", "{count} more causes, in the details.", len(left))
        entries.append(Entry((), left[0].finding.severity, message, ""))
    return entries


def _kind(cause: Cause) -> tuple[Severity, str]:
    return cause.finding.severity, cause.finding.rule


def _largest_kind(groups: Sequence[Sequence[Cause]]) -> tuple[Severity, str] | None:
    """Return the severity and rule of most groups that stand alone; None when no two are of one kind."""
    alone = [_kind(group[0]) for group in groups]
    kind = max(alone, key=alone.count)
    return kind if alone.count(kind) > 1 else None


def _entry(group: Sequence[Cause]) -> Entry:
    first = group[0]
    message: str = first.finding.message
    if len(group) > 1:
        more = counted("{count} more such cause", "{count} more such causes", len(group) - 1)
        message = text("{message} And {more}.", message=message, more=more)
    folded = sum(len(cause.consequences) for cause in group)
    if folded:
        with_it = counted("{count} finding follows from it", "{count} findings follow from it", folded)
        message = text("{message} ({more}.)", message=message, more=with_it)
    return Entry(tuple(group), first.finding.severity, message, first.finding.hint)


def headline(causes: Sequence[Cause]) -> Text:
    """Return what the page begins with: `3 errors to mend, 1 warning to look at, 4 notes`."""
    return listed(_parts(causes), "comma") if causes else text("No findings.")


def _parts(causes: Sequence[Cause]) -> Iterator[Text]:
    count = {severity: sum(c.finding.severity == severity for c in causes) for severity in SEVERITY_WORDS}
    if count["error"]:
        yield counted("{count} error to mend", "{count} errors to mend", count["error"])
    if count["warning"]:
        yield counted("{count} warning to look at", "{count} warnings to look at", count["warning"])
    if count["info"]:
        yield counted("{count} note", "{count} notes", count["info"])
