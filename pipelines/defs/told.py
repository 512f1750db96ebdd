"""What the page tells about a delivery or a provider: metadata and text, from reports.

Pure functions. Counts stand as numbers, so that the page draws them over time; findings as a table that a
person reads. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import dagster as dg

from metadata.errors import SdgError
from metadata.findings import SEVERITIES, FileReport
from pipelines.outcome import Outcome
from pipelines.show import DECISIONS, counts_line, plural

Metadata = dict[str, dg.MetadataValue]

FINDINGS_SHOWN = 50


def delivery_metadata(report: FileReport) -> Metadata:
    """Return what is known of one delivery: its source, its decision, its counts, its findings."""
    return {
        "delivery": dg.MetadataValue.text(report.delivery_id or "-"),
        "decision": dg.MetadataValue.text(DECISIONS[report.decision]),
        "source": dg.MetadataValue.text(report.path),
        "sha256": dg.MetadataValue.text(report.sha256),
        "format": dg.MetadataValue.text(report.format or "not recognised"),
        "counts": dg.MetadataValue.text(counts_line(report.counts)),
        "findings": dg.MetadataValue.md(findings_table([report])),
    }


def raw_metadata(outcome: Outcome) -> Metadata:
    """Return what is known of what a provider sent: sources and sha256s."""
    received = [report for report in outcome.reports if report.decision != "already_received"]
    return {
        "deliveries": dg.MetadataValue.int(len(received)),
        "already_received": dg.MetadataValue.int(len(outcome.reports) - len(received)),
        "unchanged_sources": dg.MetadataValue.int(len(outcome.unchanged)),
        "received": dg.MetadataValue.md(_received_table(outcome)),
    }


def core_metadata(outcome: Outcome, rows: int | None) -> Metadata:
    """Return what a run changed in core for a provider.

    Args:
        outcome: what became of the provider.
        rows: its current observations in core; None when they were not counted.
    """
    metadata: Metadata = {
        name: dg.MetadataValue.int(number) for name, number in outcome.counts.to_dict().items()
    }
    metadata["indicators"] = dg.MetadataValue.text(", ".join(sorted(outcome.indicators)) or "none touched")
    metadata["findings"] = dg.MetadataValue.md(findings_table(outcome.reports))
    if rows is not None:
        metadata["dagster/row_count"] = dg.MetadataValue.int(rows)
    return metadata


def findings_table(reports: Iterable[FileReport]) -> str:
    """Return the findings of some deliveries as a Markdown table, errors first."""
    findings = [finding for report in reports for finding in report.findings]
    if not findings:
        return "No findings."
    findings.sort(key=lambda finding: (SEVERITIES.index(finding.severity), -finding.places))
    lines = ["| severity | rule | places | what | how to mend it |", "|---|---|---|---|---|"]
    for finding in findings[:FINDINGS_SHOWN]:
        cells = (finding.severity, finding.rule, str(finding.places), finding.message, finding.hint)
        lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    if len(findings) > FINDINGS_SHOWN:
        lines.append(f"\n… and {plural(len(findings) - FINDINGS_SHOWN, 'finding')} more; the ledger has all.")
    return "\n".join(lines)


def _received_table(outcome: Outcome) -> str:
    rows: list[tuple[str, str, str]] = []
    rows += [(report.path, report.sha256, DECISIONS[report.decision]) for report in outcome.reports]
    rows += [(address, "", "nothing new") for address in outcome.unchanged]
    rows += [("", "", sentence) for sentence in outcome.waiting]
    if not rows:
        return "No delivery found."
    lines = ["| source | sha256 | what became of it |", "|---|---|---|"]
    lines += [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def why(error: Exception) -> str:
    """Return what a person should read about an error: our own sentence, the system's, or what is known of a fault."""
    if isinstance(error, SdgError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror}. What was received is kept; mend this and run it again."
    return (
        f"{type(error).__name__}: {error}. This is a fault of the program, not of the data; what was "
        "received is kept, and the next run goes on from here."
    )


def trouble(report: FileReport) -> str:
    """Return in one line why a delivery did not get into core, or not wholly."""
    errors = [finding for finding in report.findings if finding.severity == "error"]
    sentences = " ".join(finding.message for finding in errors[:3])
    more = f" And {plural(len(errors) - 3, 'error')} more." if len(errors) > 3 else ""
    return f"{report.path}: {DECISIONS[report.decision]}. {sentences}{more}".strip()


def failure_text(failed: Mapping[str, str], asked: Sequence[str]) -> str:
    """Return what a run in which providers failed says: how many of how many, then each with its reason."""
    reasons = "".join(f"\n{provider}: {reason}" for provider, reason in sorted(failed.items()))
    return f"{len(failed)} of {plural(len(asked), 'provider')} could not be done.{reasons}"
