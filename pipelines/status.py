"""Who sent what last, and who is late: what `sdg status` shows.

Read from the ledger, the releases and the published copy, so it can be asked while a run is writing. A provider is
overdue when its last loaded delivery is older than the cadence its file declares, or when an indicator that it sent is
due again by the indicator's own calendar (`report.timeliness`); one that never sent anything is "nothing yet", not
overdue, because nobody knows since when it should have.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from metadata.words import counted, listed
from pipelines.last_release import LastRelease, of_this_layout, release_lines, told_release
from pipelines.show import short_path, wrap

if TYPE_CHECKING:
    from pipelines.knowledge import Knowledge
    from warehouse.settings import Settings


_LATE = """
select provider, indicator, expected_at from report.timeliness
where indicator is not null and expected_at < ? order by expected_at, indicator
"""
_LATE_SHOWN = 8


@dataclass(frozen=True, slots=True)
class LateIndicator:
    """An indicator of a provider whose news is due by the indicator's own calendar.

    Attributes:
        indicator: its number.
        due: when it was due, UTC.
    """

    indicator: str
    due: datetime


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """One provider's line.

    Attributes:
        provider: its id.
        name: what it is called.
        deliveries: number of deliveries in the ledger.
        last_delivery: id of the newest one; None when there is none.
        state: its state (`loaded`, `rejected`, `held`, …); `broken` when the provider's file is.
        received_at: when it was received, UTC.
        due: until when the next loaded one is expected, UTC; None when no cadence is declared or nothing came.
        overdue: True when `due` has passed, or when an indicator is late.
        message: what is wrong, or what a person decided about the last delivery, in one sentence; None for neither.
        held: ids of its deliveries that wait for a decision.
        late: indicators that it sent and that are due again by their own calendar, the longest late first.
    """

    provider: str
    name: str
    deliveries: int
    last_delivery: str | None
    state: str
    received_at: datetime | None
    due: datetime | None
    overdue: bool
    message: str | None
    held: tuple[str, ...] = ()
    late: tuple[LateIndicator, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """All providers, where the tables are, and what was released last.

    Attributes:
        home: the state folder.
        published: the file that readers open; None when nothing is published.
        published_at: when it was put there, UTC.
        providers: a line each.
        release: the newest release, and what has changed since; None where there is none, or it cannot be read.
        release_fault: why it cannot be read.
        published_fault: why the published file cannot be read; then nobody knows which indicators are late.
    """

    home: str
    published: str | None
    published_at: datetime | None
    providers: tuple[ProviderStatus, ...]
    release: LastRelease | None = None
    release_fault: str | None = None
    published_fault: str | None = None

    @property
    def overdue(self) -> bool:
        """True when any provider is overdue."""
        return any(provider.overdue for provider in self.providers)

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON: moments in ISO 8601, UTC."""

        def plain(value: Any) -> Any:
            if isinstance(value, (list, tuple)):
                return [plain(one) for one in value]
            if isinstance(value, dict):
                return {key: plain(one) for key, one in value.items()}
            return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value

        return {
            "home": self.home,
            "published": self.published,
            "published_at": plain(self.published_at),
            "release": self.release.to_dict() if self.release else None,
            "release_fault": self.release_fault,
            "published_fault": self.published_fault,
            "overdue": self.overdue,
            "providers": [{k: plain(v) for k, v in asdict(p).items()} for p in self.providers],
        }


def read_status(settings: Settings, knowledge: Knowledge, *, now: datetime | None = None) -> Status:
    """Return what the ledger knows of every declared provider.

    Args:
        settings: where state lives; a ledger that is not there yet reads as empty.
        knowledge: the declared providers.
        now: the moment that counts as now.
    """
    from warehouse.ledger_reading import read_ledger

    moment = now or datetime.now(UTC)
    lines = []
    if settings.ledger.exists():
        with read_ledger(settings) as ledger:
            rows = {provider: ledger.deliveries(provider) for provider in _ids(knowledge)}
    else:
        rows = {provider: [] for provider in _ids(knowledge)}
    late, fault = _late(settings, moment)
    for provider, deliveries in rows.items():
        lines.append(_line(provider, deliveries, knowledge, moment, late.get(provider, ())))
    current = settings.published / "current.duckdb"
    published_at = datetime.fromtimestamp(current.stat().st_mtime, UTC) if current.exists() else None
    release, release_fault = (None, None) if fault else told_release(settings)
    place = str(current) if published_at else None
    return Status(str(settings.home), place, published_at, tuple(lines), release, release_fault, fault)


def _late(settings: Settings, now: datetime) -> tuple[dict[str, tuple[LateIndicator, ...]], str | None]:
    """Return the late indicators by provider, and why they cannot be told where the published copy is damaged."""
    if not settings.current.is_file():
        return {}, None
    from metadata.errors import SdgError
    from warehouse.connect import reader
    from warehouse.faults import told

    try:
        with reader(settings) as connection, told(settings.current):
            rows = connection.execute(_LATE, [now]).fetchall() if of_this_layout(connection) else []
    except SdgError as error:
        return {}, str(error)
    found: dict[str, tuple[LateIndicator, ...]] = {}
    for provider, indicator, due in rows:
        found[provider] = (*found.get(provider, ()), LateIndicator(indicator, due.astimezone(UTC)))
    return found, None


def _ids(knowledge: Knowledge) -> list[str]:
    return sorted({*knowledge.providers.by_id, *knowledge.providers.broken})


def _line(
    provider_id: str,
    deliveries: list[Any],
    knowledge: Knowledge,
    now: datetime,
    late: tuple[LateIndicator, ...],
) -> ProviderStatus:
    broken = knowledge.providers.broken.get(provider_id)
    provider = knowledge.providers.by_id.get(provider_id)
    last = deliveries[-1] if deliveries else None
    loaded = [row for row in deliveries if row.state == "loaded"]
    due = None
    if provider is not None and provider.cadence_days and loaded:
        due = max(row.received_at for row in loaded) + timedelta(days=provider.cadence_days)
    state = "broken" if broken else last.state if last else "nothing yet"
    return ProviderStatus(
        provider=provider_id,
        name=provider.name if provider else "",
        deliveries=len(deliveries),
        last_delivery=last.id if last else None,
        state=state,
        received_at=last.received_at if last else None,
        due=due,
        overdue=bool(late) or (due is not None and due < now),
        message=str(broken) if broken else _decided(last),
        held=tuple(row.id for row in deliveries if row.state == "held"),
        late=late,
    )


def _decided(last: Any | None) -> str | None:
    """Return the sentence about the last delivery's state: a decision, the reason of a withdrawal; None for none."""
    return f"{last.id}: {last.message}" if last is not None and last.message else None


def status_text(status: Status, *, note: str | None = None) -> str:
    """Return the page: one line a provider, then where the tables are, then the last release.

    Args:
        status: what was read.
        note: a sentence to begin with.
    """
    lines = [note, ""] if note else []
    width = max((len(p.provider) for p in status.providers), default=8)
    lines.append(f"{'':<{width}}  {'state':<12} {'last received (UTC)':<20} {'due':<10}  deliveries")
    for p in status.providers:
        received = f"{p.received_at:%Y-%m-%d %H:%M}" if p.received_at else "-"
        due = f"{p.due:%Y-%m-%d}" if p.due else "-"
        late = "  OVERDUE" if p.overdue else ""
        lines.append(f"{p.provider:<{width}}  {p.state:<12} {received:<20} {due:<10}  {p.deliveries:>10}{late}")
        if p.message:
            lines.append(wrap(p.message, indent=" " * (width + 2)))
        if p.late:
            named = [f"{one.indicator} ({one.due:%Y-%m-%d})" for one in p.late[:_LATE_SHOWN]]
            more = len(p.late) - len(named)
            rest = f" and {more} more, see report.timeliness" if more else ""
            words = f"due by the indicator's own calendar: {', '.join(named)}{rest}"
            lines.append(wrap(words, indent=" " * (width + 2)))
        if p.held:
            waits = counted(
                "waits for a decision (sdg held): {names}", "wait for a decision (sdg held): {names}", len(p.held),
                names=listed(p.held, "comma"),
            )  # fmt: skip
            lines.append(wrap(waits, indent=" " * (width + 2)))
    lines.append("")
    if status.published and status.published_at:
        lines.append(f"Published {status.published_at:%Y-%m-%d %H:%M} UTC: {short_path(status.published)}")
    else:
        lines.append(f"Nothing is published in {short_path(status.home)} yet. Start with: sdg run")
        if status.release is None and status.release_fault is None:
            return "\n".join(lines)
    if status.published_fault is not None:
        lines.append(wrap(f"It cannot be read: {status.published_fault}", indent="  ", first=""))
        return "\n".join(lines)
    lines += [wrap(line, indent="  ", first="") for line in release_lines(status.release, status.release_fault)]
    return "\n".join(lines)
