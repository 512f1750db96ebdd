"""What a person sees of a report on a terminal: plain text, wrapped, at most as wide as the terminal.

Pure functions from reports to text; the command line prints what they return. The machine's forms (JSON, CSV,
HTML) are in `pipelines.report_formats`. Colour is decided by the command line, never here: text that goes
through a pipe is the same text.

A report begins with its causes, at most ten lines (`pipelines.first_page`), and goes on with the details. What is
said is made of `metadata.words`; `say` turns it into the reader's language.
"""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.errors import brief
from metadata.findings import SEVERITIES, Counts, Decision, FileReport, Finding
from metadata.words import Text, counted, listed, text
from pipelines.first_page import SEVERITY_WORDS, Cause, causes_of, first_page, headline

if TYPE_CHECKING:
    from pipelines.outcome import Outcome

WIDTH = 80
EXAMPLES_SHOWN = 3

FEW = 3
"""Up to so many causes, the details are a page by themselves."""

Say = Callable[[str], str]
"""Turns a text into the reader's language; `str` leaves it English."""

DECISIONS: Mapping[Decision, Text] = {
    "load": text("loaded"),
    "load_with_quarantine": text("loaded without the quarantined rows"),
    "reject": text("rejected: nothing was loaded"),
    "hold": text("held: nothing is loaded until a person accepts it"),
    "already_received": text("already received: nothing was changed"),
}
WOULD: Mapping[Decision, Text] = {
    "load": text("would be loaded"),
    "load_with_quarantine": text("would be loaded without the quarantined rows"),
    "reject": text("would be rejected"),
    "hold": text("would be held until a person accepts it"),
    "already_received": text("already received: nothing would change"),
}
PARTS: Mapping[str, Callable[[int], Text]] = {
    "new": lambda n: text("{n} new", n=n),
    "value_revised": lambda n: text("{n} value revised", n=n),
    "attributes_revised": lambda n: text("{n} attributes revised", n=n),
    "unchanged": lambda n: text("{n} unchanged", n=n),
    "quarantined": lambda n: text("{n} quarantined", n=n),
    "rejected": lambda n: text("{n} rejected", n=n),
    "duplicate": lambda n: text("{n} duplicate", n=n),
    "out_of_scope": lambda n: text("{n} out of scope", n=n),
    "dropped": lambda n: text("{n} dropped", n=n),
}


def short_path(path: Path | str) -> str:
    """Return a path as short as a person would type it: from here, when it is below here."""
    if not str(path):
        return ""
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def plural(number: int, word: str, many: str | None = None) -> str:
    """Return `1 row`, `2 rows`, `1,234 rows`."""
    return f"{number:,} {word if number == 1 else many or word + 's'}"


def counts_line(counts: Counts) -> Text:
    """Return the sum that accounts for every row: `28 received = 10 new + 18 quarantined`."""
    parts = [said(getattr(counts, name)) for name, said in PARTS.items() if getattr(counts, name)]
    line = text("{n} received", n=counts.received)
    if parts:
        total = reduce(lambda left, right: text("{left} + {right}", left=left, right=right), parts)
        line = text("{received} = {parts}", received=line, parts=total)
    return text("{counts}; {n} withdrawn", counts=line, n=counts.withdrawn) if counts.withdrawn else line


def wrap(words: str, *, indent: str, first: str | None = None, width: int = WIDTH) -> str:
    """Return the text folded to the width, every line indented; long codes and addresses are never cut."""
    return textwrap.fill(
        words,
        width=width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def cut(words: str, *, first: str, width: int = WIDTH) -> str:
    """Return one line: `first`, and as many words as fit, with … for the others."""
    return first + textwrap.shorten(words, width=max(width - len(first), 10), placeholder=" …")


def places_in_words(count: int) -> Text:
    """Return `1 place` or `1,565 places`."""
    return counted("{count} place", "{count} places", count)


def finding_lines(finding: Finding, *, width: int = WIDTH, say: Say = str, lead: str = "  ") -> list[str]:
    """Return a finding in words: severity, id and rows; the sentence; the mending; the first places.

    Args:
        finding: what was found.
        width: of the terminal.
        say: turns texts into the reader's language.
        lead: what the first line begins with; the others are indented as deep.
    """
    indent = " " * len(lead)
    severity = say(SEVERITY_WORDS[finding.severity])
    lines = [f"{lead}{severity:<8} {finding.id}  ({say(places_in_words(finding.places))})"]
    lines.append(wrap(say(finding.message), indent=f"{indent}         ", width=width))
    if finding.hint:
        hint = say(finding.hint)
        lines.append(wrap(hint, indent=f"{indent}           ", first=f"{indent}         → ", width=width))
    places = [place for example in finding.examples if (place := example.place())]
    if places:
        shown = reduce(lambda left, right: text("{left}; {right}", left=left, right=right), places[:EXAMPLES_SHOWN])
        more = finding.places - len(places[:EXAMPLES_SHOWN])
        where = text("at {places}; and {more} more", places=shown, more=f"{more:,}")
        where = where if more > 0 else text("at {places}", places=shown)
        lines.append(wrap(say(where), indent=f"{indent}         ", width=width))
    return lines


def summary_lines(causes: Sequence[Cause], *, width: int = WIDTH, say: Say = str) -> list[str]:
    """Return the first page: a headline, and two lines a cause: what was found, and how to mend it."""
    head = say(headline(causes))
    lines = [f"  {head}{':' if causes else ''}"]
    for entry in first_page(causes):
        number = f"{entry.causes[0].number}" if entry.causes else "…"
        first = f"{number:>4} {say(SEVERITY_WORDS[entry.severity]):<8} "
        note = f" ({say(entry.note)})" if entry.note else ""
        lines.append(cut(say(entry.message), first=first, width=width - len(note)) + note)
        if entry.hint:
            lines.append(cut(say(entry.hint), first=f"{'':<14}→ ", width=width))
    return lines


def file_text(
    report: FileReport, *, judged_only: bool, width: int = WIDTH, brief: bool = False, say: Say = str
) -> str:
    """Return the report of one file as text: what became of it, its first page, the details.

    Args:
        report: what was found.
        judged_only: True for `sdg check`, which changes nothing: "would be loaded".
        width: of the terminal.
        brief: the first page only.
        say: turns texts into the reader's language.
    """
    about = [report.format] if report.format else []
    about += [text("provider {provider}", provider=report.provider)] if report.provider else []
    about += [text("delivery {delivery}", delivery=report.delivery_id)] if report.delivery_id else []
    lines = [report.path]
    if about:
        lines.append(wrap(say(listed(about, "comma")), indent="  ", width=width))
    lines.append(wrap(say(counts_line(report.counts)), indent="  ", width=width))
    decision = say((WOULD if judged_only else DECISIONS)[report.decision])
    lines.append(wrap(decision[0].upper() + decision[1:] + ".", indent="  ", width=width))
    causes = causes_of(report.findings)
    if brief or len(causes) > FEW or not causes:
        lines += ["", *summary_lines(causes, width=width, say=say)]
    for cause in () if brief else causes:
        lead = f"{cause.number:>3} " if len(causes) > FEW else "  "
        lines += ["", *finding_lines(cause.finding, width=width, say=say, lead=lead)]
        for finding in cause.consequences:
            lines += finding_lines(finding, width=width, say=say, lead=f"{' ' * len(lead)}└ ")
    return "\n".join([*lines, *_what_next(report, width, say)])


def _what_next(report: FileReport, width: int, say: Say) -> list[str]:
    """Return what a person can say of a delivery: explain its warnings, decide about a held one."""
    if report.delivery_id is None:
        return []
    if report.decision == "hold":
        said = text(
            "To decide: sdg accept {delivery} --reason …, or sdg refuse {delivery} --reason …",
            delivery=report.delivery_id,
        )
    elif any(finding.severity == "warning" for finding in report.findings):
        said = text("To explain a warning: sdg answer {delivery}", delivery=report.delivery_id)
    else:
        return []
    return ["", wrap(say(said), indent="  ", width=width)]


@dataclass(frozen=True, slots=True)
class RuleTotal:
    """A rule over all deliveries of a run.

    Attributes:
        severity: of the findings.
        rule: its id.
        findings: number of causes.
        places: number of rows.
        providers: ids of the providers whose deliveries it touches, sorted.
    """

    severity: str
    rule: str
    findings: int
    places: int
    providers: tuple[str, ...]


def totals_by_rule(reports: Iterable[FileReport]) -> list[RuleTotal]:
    """Return the findings summed by severity and rule, errors first."""
    sums: dict[tuple[str, str], tuple[int, int, set[str]]] = {}
    for report in reports:
        for finding in report.findings:
            count, places, providers = sums.get((finding.severity, finding.rule), (0, 0, set()))
            providers.add(report.provider or "-")
            sums[finding.severity, finding.rule] = (count + 1, places + finding.places, providers)
    totals = [
        RuleTotal(severity, rule, count, places, tuple(sorted(providers)))
        for (severity, rule), (count, places, providers) in sums.items()
    ]
    order = {severity: position for position, severity in enumerate(SEVERITIES)}
    return sorted(totals, key=lambda total: (order[total.severity], -total.places, total.rule))  # type: ignore[index]


def run_text(
    outcomes: Sequence[Outcome],
    names: Mapping[str, str],
    tables: Mapping[str, int],
    published: str,
    *,
    width: int = WIDTH,
) -> str:
    """Return the closing summary of `sdg run`.

    Args:
        outcomes: one a provider.
        names: what each provider is called.
        tables: rows per report table that was refreshed.
        published: path of the database that readers open; empty when nothing was published.
        width: of the terminal.
    """
    lines: list[str] = []
    for outcome in outcomes:
        lines += [*_outcome_lines(outcome, names.get(outcome.provider, ""), width), ""]
    totals = totals_by_rule(report for outcome in outcomes for report in outcome.reports)
    if totals:
        lines.append("Findings by rule")
        widest = max(len(total.rule) for total in totals)
        for total in totals:
            head = f"  {total.severity:<8} {total.rule:<{widest}}  {plural(total.places, 'place'):>12}  "
            lines.append(wrap(", ".join(total.providers), indent=" " * len(head), first=head, width=width))
        lines.append("")
    if tables:
        lines.append("Tables")
        widest = max(map(len, tables))
        lines += [f"  {table:<{widest}}  {plural(rows, 'row'):>14}" for table, rows in tables.items()]
        lines.append("")
    if published:
        home = str(Path(published).parent.parent)
        where = "" if home == "var" else f" --home {shlex.quote(home)}"
        lines += [f"Published: {published}", f"Who sent what last, and who is late: sdg status{where}", ""]
    return "\n".join(lines).rstrip() + "\n"


def _outcome_lines(outcome: Outcome, name: str, width: int) -> list[str]:
    lines = [f"{outcome.provider}  {name}".rstrip()]
    if outcome.error is not None:
        lines.append(wrap(f"Not done: {outcome.error}", indent="    ", width=width))
    for report in outcome.reports:
        lines.append(wrap(f"{_short(report.path)}: {DECISIONS[report.decision]}", indent="    ", width=width))
        if report.decision != "already_received":
            lines.append(wrap(counts_line(report.counts), indent="      ", width=width))
        errors = [finding for finding in report.findings if finding.severity == "error"]
        for finding in errors:
            sentence = f"{finding.rule}, {plural(finding.places, 'place')}: {finding.message}"
            lines.append(wrap(sentence, indent="        ", first="      ✗ ", width=width))
    lines += [wrap(sentence, indent="    ", width=width) for sentence in outcome.unchanged]
    lines += [wrap(sentence, indent="    ", width=width) for sentence in outcome.waiting]
    if len(lines) == 1:
        lines.append("    nothing to do: no delivery found")
    return lines


def _short(path: str) -> str:
    return brief(path) if "://" in path else path.rsplit("/", 1)[-1]
