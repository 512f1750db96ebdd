"""Findings and reports: statements about data, collected and never raised.

A finding is counted once a cause: one wrong column is one finding with 400 places, not 400 findings. The
shapes here are the JSON contract of `sdg check` and `sdg submit`; `Report.to_dict` is the only writer of it.
Raised errors are in `metadata.errors`; the catalogue of rules is in `metadata.rules`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from metadata.words import Text, decode, encode, listed, text

Severity = Literal["error", "warning", "info"]
Decision = Literal["load", "load_with_quarantine", "reject", "hold", "already_received"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
EXAMPLES_KEPT = 5
"""How many examples a finding carries; the number of rows it touches is `places`."""
ID_DIGITS = 6
"""Hexadecimal digits that tell causes of one rule apart: short enough to be typed; of findings about all 116 series
two are alike in one delivery of 2,500 (then a number is added)."""


def cause_id(rule: str, *about: object) -> str:
    """Return the id of a finding: its rule and a hash of what distinguishes its cause from others of that rule.

    The same cause gives the same id when a delivery is judged anew, whatever the number of rows it touches.

    Args:
        rule: id in the catalogue of rules.
        *about: the variant and the values that tell the cause, in a fixed order.
    """
    said = "\x1f".join((rule, *("" if part is None else str(part) for part in about)))
    return f"{rule}-{hashlib.sha256(said.encode()).hexdigest()[:ID_DIGITS]}"


@dataclass(frozen=True, slots=True)
class Example:
    """One place that a finding touches. Everything is as received, before mapping; None where it does not apply.

    Attributes:
        sheet: name of the sheet in a workbook.
        row: row of the sheet or table, 1-based as a spreadsheet shows it.
        line: line in the text file (CSV, XML), 1-based.
        column: component id, upper case (`SEX`), or the column heading when it is no component.
        series_key: the 15 dimensions in the order of the structure, joined by dots.
        time_period: the period.
        value: what was found.
        expected: what was expected, short.
        cell: of a workbook, as a spreadsheet names it (`F17`).
        path: of a JSON message, from its root: `$.data.dataSets[0].observations["0:1:2"]`.
    """

    sheet: str | None = None
    row: int | None = None
    line: int | None = None
    column: str | None = None
    series_key: str | None = None
    time_period: str | None = None
    value: str | None = None
    expected: str | None = None
    cell: str | None = None
    path: str | None = None

    def place(self) -> Text:
        """Return the place in words: `sheet Data, cell F17 (SEX)`, `line 40`, a path in JSON, or an empty text."""
        parts: list[str] = []
        if self.sheet is not None:
            parts.append(text("sheet {sheet}", sheet=self.sheet))
        if self.cell is not None:
            # a column without heading is named by its letters, which the cell says already
            plain = self.column is None or self.cell.rstrip("0123456789") == self.column
            named = text("cell {cell}", cell=self.cell)
            cell = named if plain else text("cell {cell} ({column})", cell=self.cell, column=self.column)
            return listed([*parts, cell], "comma")
        if self.path is not None:
            parts.append(self.path)
        elif self.line is not None:
            parts.append(text("line {line}", line=self.line))
            if self.row is not None and self.row != self.line:
                parts.append(text("row {row}", row=self.row))
        elif self.row is not None:
            parts.append(text("row {row}", row=self.row))
        if self.column is not None:
            parts.append(text("column {column}", column=self.column) if parts else self.column)
        return listed(parts, "comma")


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause of complaint about a delivery, with how many rows it touches and the first of them.

    Attributes:
        rule: id in the catalogue of rules, for example `CODE-UNKNOWN`.
        severity: error, warning or info.
        places: number of rows touched; 1 for a finding about the file as a whole.
        message: one plain sentence: what was found, and what was expected. English; a `metadata.words.Text`, so that
            it can be said in another language.
        hint: one sentence: how to mend it; likewise.
        examples: at most `EXAMPLES_KEPT` places.
        id: `cause_id`, stable and unique within the delivery: what answers refer to.
        because_of: id of the finding that this one is a consequence of; None for a cause of its own.
    """

    rule: str
    severity: Severity
    places: int
    message: str
    hint: str
    examples: tuple[Example, ...] = ()
    id: str = ""
    because_of: str | None = None

    def __post_init__(self) -> None:
        """Give a finding without id that of its rule: it is the only one of it in a delivery."""
        if not self.id:
            object.__setattr__(self, "id", cause_id(self.rule))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "places": self.places,
            "message": self.message,
            "hint": self.hint,
            "examples": [
                {f.name: getattr(example, f.name) for f in fields(example)} for example in self.examples
            ],
            "id": self.id,
            "because_of": self.because_of,
        }

    def words(self) -> dict[str, Any]:
        """Return what the sentences were made of, for JSON: `message`, `hint`, and `expected` of each example."""
        return {
            "message": encode(self.message),
            "hint": encode(self.hint),
            "expected": [encode(example.expected) for example in self.examples],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any], words: dict[str, Any] | None = None) -> Finding:
        """Return the finding that `to_dict` wrote.

        Args:
            data: what `to_dict` returned.
            words: what `words` returned; without it the sentences are plain English texts.
        """
        said = words or {"message": data["message"], "hint": data["hint"]}
        expected = said.get("expected", [example["expected"] for example in data["examples"]])
        examples = tuple(
            Example(**{**example, "expected": decode(wanted)})
            for example, wanted in zip(data["examples"], expected, strict=True)
        )
        return cls(
            data["rule"], data["severity"], data["places"], decode(said["message"]), decode(said["hint"]), examples,
            id=data.get("id") or "", because_of=data.get("because_of"),
        )  # fmt: skip


def told_apart(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings with unique ids: a second cause of the same id gets `-2`, and so on, in this order."""
    found: list[Finding] = []
    taken: set[str] = set()
    for finding in findings:
        name, number = finding.id, 1
        while name in taken:
            number += 1
            name = f"{finding.id}-{number}"
        taken.add(name)
        found.append(finding if number == 1 else replace(finding, id=name))
    return found


@dataclass(slots=True)
class Counts:
    """What became of every row of a delivery. `received` is the sum of all others but `withdrawn`.

    Attributes:
        received: rows read from the file.
        new: keys that were not current before.
        value_revised: keys whose number changed (with or without attributes).
        attributes_revised: keys whose number is the same and whose attributes changed.
        unchanged: keys whose number and attributes are the same.
        quarantined: rows kept back in `core.quarantine`, with their rule and place.
        rejected: rows of a delivery that was rejected, or is held, as a whole.
        duplicate: rows equal to another row of the same key in the same delivery.
        out_of_scope: rows of other goals, of national series, or under a national-only code.
        dropped: rows dropped by a declared correction.
        withdrawn: keys of the delivery's scope that were current and were not sent again. Counted apart.
    """

    received: int = 0
    new: int = 0
    value_revised: int = 0
    attributes_revised: int = 0
    unchanged: int = 0
    quarantined: int = 0
    rejected: int = 0
    duplicate: int = 0
    out_of_scope: int = 0
    dropped: int = 0
    withdrawn: int = 0

    @property
    def accepted(self) -> int:
        """Rows that made a new version in core: new and revised."""
        return self.new + self.value_revised + self.attributes_revised

    def balanced(self) -> bool:
        """Say whether every received row is accounted for exactly once."""
        parts = (
            self.accepted + self.unchanged + self.quarantined + self.rejected + self.duplicate
            + self.out_of_scope + self.dropped
        )
        return parts == self.received

    def to_dict(self) -> dict[str, int]:
        """Return the JSON form, in the order of the contract."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def __add__(self, other: Counts) -> Counts:
        """Return the sum, count by count: what a provider's deliveries make together."""
        return Counts(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})


@dataclass(slots=True)
class FileReport:
    """What was found in one delivery and what was decided.

    Attributes:
        path: where the bytes came from: a path or an address.
        format: name of the detected format, for example `sdmx-ml-2.1-structure-specific`; None if undetected.
        sha256: of the bytes as received.
        provider: provider id; None when judged without one.
        decision: what is (or would be) done with it.
        counts: what became of every row.
        findings: ordered by severity, then by places.
        delivery_id: id in the ledger; None for a mere check.
    """

    path: str
    format: str | None
    sha256: str
    provider: str | None
    decision: Decision = "load"
    counts: Counts = field(default_factory=Counts)
    findings: list[Finding] = field(default_factory=list)
    delivery_id: str | None = None

    @property
    def valid(self) -> bool:
        """True when no finding is an error."""
        return not any(finding.severity == "error" for finding in self.findings)

    def add(self, findings: Iterable[Finding]) -> None:
        """Add findings, keeping the order: errors first, then by the number of places."""
        self.findings = sorted(
            told_apart([*self.findings, *findings]),
            key=lambda f: (SEVERITIES.index(f.severity), -f.places, f.rule, f.message),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of the contract."""
        return {
            "path": self.path,
            "format": self.format,
            "sha256": self.sha256,
            "provider": self.provider,
            "delivery_id": self.delivery_id,
            "valid": self.valid,
            "decision": self.decision,
            "counts": self.counts.to_dict(),
            "findings": [finding.to_dict() for finding in self.findings],
        }


@dataclass(slots=True)
class Report:
    """The reports of all files of one command."""

    files: list[FileReport] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        """True when no file has an error finding."""
        return all(file.valid for file in self.files)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of the contract."""
        return {"valid": self.valid, "files": [file.to_dict() for file in self.files]}
