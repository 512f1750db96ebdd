"""What a person sees of a report on a terminal: plain text, wrapped, at most as wide as the terminal.

Pure functions from reports to text; the command line prints what they return. The machine's forms (JSON, CSV,
HTML) are in `pipelines.report_formats`. Colour is decided by the command line, never here: text that goes
through a pipe is the same text.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.errors import brief
from metadata.findings import SEVERITIES, Counts, Decision, FileReport, Finding

if TYPE_CHECKING:
    from pipelines.outcome import Outcome

WIDTH = 80
EXAMPLES_SHOWN = 3

DECISIONS: Mapping[Decision, str] = {
    "load": "loaded",
    "load_with_quarantine": "loaded without the quarantined rows",
    "reject": "rejected: nothing was loaded",
    "hold": "held: nothing was loaded until the withdrawal is confirmed",
    "already_received": "already received: nothing was changed",
}
WOULD: Mapping[Decision, str] = {
    "load": "would be loaded",
    "load_with_quarantine": "would be loaded without the quarantined rows",
    "reject": "would be rejected",
    "hold": "would be held until the withdrawal is confirmed",
    "already_received": "already received: nothing would change",
}
PARTS = (
    ("new", "new"),
    ("value_revised", "value revised"),
    ("attributes_revised", "attributes revised"),
    ("unchanged", "unchanged"),
    ("quarantined", "quarantined"),
    ("rejected", "rejected"),
    ("duplicate", "duplicate"),
    ("out_of_scope", "out of scope"),
    ("dropped", "dropped"),
)


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


def counts_line(counts: Counts) -> str:
    """Return the sum that accounts for every row: `28 received = 10 new + 18 quarantined`."""
    parts = [f"{getattr(counts, name)} {words}" for name, words in PARTS if getattr(counts, name)]
    line = f"{counts.received} received = {' + '.join(parts)}" if parts else f"{counts.received} received"
    return f"{line}; {counts.withdrawn} withdrawn" if counts.withdrawn else line


def wrap(text: str, *, indent: str, first: str | None = None, width: int = WIDTH) -> str:
    """Return the text folded to the width, every line indented; long codes and addresses are never cut."""
    return textwrap.fill(
        text,
        width=width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def finding_lines(finding: Finding, *, width: int = WIDTH) -> list[str]:
    """Return a finding in words: severity, rule and rows; the sentence; the mending; the first places."""
    lines = [f"  {finding.severity:<8} {finding.rule}  ({plural(finding.places, 'place')})"]
    lines.append(wrap(finding.message, indent="           ", width=width))
    if finding.hint:
        lines.append(wrap(finding.hint, indent="             ", first="           → ", width=width))
    places = [example.place() for example in finding.examples if example.place()]
    if places:
        more = finding.places - len(places[:EXAMPLES_SHOWN])
        text = "; ".join(places[:EXAMPLES_SHOWN]) + (f"; and {more:,} more" if more > 0 else "")
        lines.append(wrap(f"at {text}", indent="           ", width=width))
    return lines


def file_text(report: FileReport, *, judged_only: bool, width: int = WIDTH) -> str:
    """Return the report of one file as a page of text.

    Args:
        report: what was found.
        judged_only: True for `sdg check`, which changes nothing: "would be loaded".
        width: of the terminal.
    """
    what = ", ".join(
        part for part in (report.format, f"provider {report.provider}" if report.provider else None) if part
    )
    lines = [report.path, wrap(what, indent="  ", width=width)] if what else [report.path]
    lines.append(wrap(counts_line(report.counts), indent="  ", width=width))
    decision = (WOULD if judged_only else DECISIONS)[report.decision]
    lines.append(wrap(decision[0].upper() + decision[1:] + ".", indent="  ", width=width))
    for severity in SEVERITIES:
        for finding in report.findings:
            if finding.severity == severity:
                lines += ["", *finding_lines(finding, width=width)]
    if not report.findings:
        lines += ["", "  No findings."]
    return "\n".join(lines)


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
        lines += [f"Published: {published}", "Who sent what last, and who is late: sdg status", ""]
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
