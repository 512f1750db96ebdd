"""What a run of the sample must give: the shape of `expected.yaml`, and the comparison of a run with it.

The values that must stand in the report tables are declared here too, but compared by who can open the
published warehouse (`missing_values` takes the rows). The deliveries are described in `SOURCES.md`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

if TYPE_CHECKING:
    from metadata.findings import FileReport
    from pipelines.outcome import Outcome

CountName = Literal[
    "received", "new", "value_revised", "attributes_revised", "unchanged", "quarantined", "rejected",
    "duplicate", "out_of_scope", "dropped", "withdrawn",
]  # fmt: skip


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ExpectedFinding(_Declared):
    """One finding that must come out. The sentence is not declared: the tests of the rules hold it.

    Attributes:
        rule: id in the catalogue of rules.
        severity: error, warning or info.
        places: number of rows touched.
    """

    rule: str
    severity: Literal["error", "warning", "info"]
    places: int

    def in_words(self) -> str:
        """Return for example `UNIT-OTHER (error, 2 places)`."""
        return f"{self.rule} ({self.severity}, {self.places} {'place' if self.places == 1 else 'places'})"


class ExpectedDelivery(_Declared):
    """What must become of one file.

    Attributes:
        file: its name in the provider's folder.
        written: the day that the file gets as its time of last change, `2025-11-27`.
        format: the format that must be detected.
        decision: what must be decided.
        counts: what must become of its rows; a count that is not named is 0.
        findings: exactly these, one a cause.
    """

    file: str
    written: str
    format: str
    decision: Literal["load", "load_with_quarantine", "reject", "hold", "already_received"]
    counts: dict[CountName, int]
    findings: list[ExpectedFinding]

    @field_validator("written")
    @classmethod
    def _is_a_day(cls, text: str) -> str:
        datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        return text

    @property
    def moment(self) -> datetime:
        """The time of last change that the file gets: noon, UTC."""
        return datetime.strptime(f"{self.written} 12", "%Y-%m-%d %H").replace(tzinfo=UTC)


class ExpectedValue(_Declared):
    """One row that must, or must not, stand in `report.indicator_observation`.

    Attributes:
        provider: provider id.
        indicator: number of the indicator; a series that serves two has a row for each.
        series: series code.
        ref_area: M49 number.
        time_period: the period.
        obs_value: the value as sent, before it is scaled; None for a missing value, and for an absent row.
        dimensions: codes of other dimensions, by column; those that are not named are not compared.
    """

    provider: str
    indicator: str
    series: str
    ref_area: str
    time_period: str
    obs_value: float | None = None
    dimensions: dict[str, str] = Field(default_factory=dict)

    def in_words(self) -> str:
        """Return the place of the value: provider, indicator, series, area and period."""
        extra = "".join(f", {name} {code}" for name, code in self.dimensions.items())
        return f"{self.provider} {self.indicator} {self.series} {self.ref_area} {self.time_period}{extra}"

    def matches(self, row: Mapping[str, Any]) -> bool:
        """Say whether a row of the table has this place."""
        named = ("provider", "indicator", "series", "ref_area", "time_period")
        place = {name: getattr(self, name) for name in named} | self.dimensions
        return all(row[name] == code for name, code in place.items())


class Expected(_Declared):
    """The declared outcome of the sample.

    Attributes:
        deliveries: by provider, in the order in which they must be loaded.
        observations: rows that must stand in `report.indicator_observation`.
        absent: rows that must not.
        rows: number of rows of report tables, by the table's name.
    """

    deliveries: dict[str, list[ExpectedDelivery]]
    observations: list[ExpectedValue]
    absent: list[ExpectedValue]
    rows: dict[str, int]

    def only(self, providers: Iterable[str]) -> Expected:
        """Return what is declared for these providers alone: for a run of some of them."""
        chosen = {name: self.deliveries[name] for name in providers if name in self.deliveries}
        return self.model_copy(update={"deliveries": chosen})

    def missing_values(self, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Return in words which declared values are not among the rows of `report.indicator_observation`.

        Args:
            rows: the rows of the table, by column name; `obs_value` as sent.
        """
        found = []
        for value in self.observations:
            values = [row["obs_value"] for row in rows if value.matches(row)]
            if not _are(values, value.obs_value):
                found.append(f"{value.in_words()}: {values} stands there, {value.obs_value} is declared.")
        for value in self.absent:
            values = [row["obs_value"] for row in rows if value.matches(row)]
            if values:
                found.append(f"{value.in_words()}: {values} stands there, nothing is declared.")
        return found


def _are(values: Sequence[float | None], declared: float | None) -> bool:
    """Say whether there is exactly one value, and it is the declared one."""
    if len(values) != 1 or values[0] is None or declared is None:
        return len(values) == 1 and values[0] is declared
    return isclose(values[0], declared, rel_tol=1e-12, abs_tol=1e-12)


def read_expected(path: Path) -> Expected:
    """Return the declared outcome in a file.

    Raises:
        ConfigurationError: the file is not what it should be, with file:line:column.
    """
    from metadata.yaml_source import read_yaml, validate

    return validate(Expected, read_yaml(path, root=path.parent))


def differences(expected: Expected, outcomes: Sequence[Outcome]) -> list[str]:
    """Return where the outcomes differ from what is declared, in words."""
    by_provider = {outcome.provider: outcome for outcome in outcomes}
    found: list[str] = []
    for provider, deliveries in expected.deliveries.items():
        if provider in by_provider:
            found += _of_provider(by_provider[provider], deliveries)
        else:
            found.append(f"{provider}: the run did not take this provider.")
    found += [
        f"{outcome.provider}: the run took this provider, which is not declared."
        for outcome in outcomes
        if outcome.provider not in expected.deliveries
    ]
    return found


def _of_provider(outcome: Outcome, deliveries: Sequence[ExpectedDelivery]) -> Iterator[str]:
    provider = outcome.provider
    if outcome.error is not None:
        yield f"{provider}: {outcome.error}"
    for sentence in outcome.waiting:
        yield f"{provider}: {sentence}"
    came = [Path(report.path).name for report in outcome.reports]
    declared = [delivery.file for delivery in deliveries]
    for name in declared:
        if name not in came:
            yield f"{provider}: {name} was not taken."
    for name in came:
        if name not in declared:
            yield f"{provider}: {name} was taken and is not declared."
    if sorted(came) == sorted(declared) and came != declared:
        yield f"{provider}: the order was {', '.join(came)}; {', '.join(declared)} is declared."
    for report in outcome.reports:
        for delivery in deliveries:
            if Path(report.path).name == delivery.file:
                yield from _of_delivery(f"{provider}, {delivery.file}", report, delivery)


def _of_delivery(where: str, report: FileReport, declared: ExpectedDelivery) -> Iterator[str]:
    if report.format != declared.format:
        yield f"{where}: the format is {report.format}; {declared.format} is declared."
    if report.decision != declared.decision:
        yield f"{where}: the decision is {report.decision}; {declared.decision} is declared."
    declared_counts: Mapping[str, int] = {str(name): number for name, number in declared.counts.items()}
    for name, number in report.counts.to_dict().items():
        wanted = declared_counts.get(name, 0)
        if number != wanted:
            yield f"{where}: {name} is {number}; {wanted} is declared."
    came = Counter(
        ExpectedFinding(rule=finding.rule, severity=finding.severity, places=finding.places)
        for finding in report.findings
    )
    wanted_findings = Counter(declared.findings)
    for finding in (wanted_findings - came).elements():
        yield f"{where}: {finding.in_words()} is declared and was not found."
    for finding in (came - wanted_findings).elements():
        yield f"{where}: {finding.in_words()} was found and is not declared."
