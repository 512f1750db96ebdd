"""The ledger: which bytes came, from whom, what was found and what became of them. SQLite through SQLAlchemy.

Many small writers (the command line, the page, sensors), one short transaction each: write-ahead log and a
busy timeout, no lock of ours. The ledger is a log for people; the truth about what was loaded is `core.load`
in the warehouse, written in the transaction of the load, and `reconcile` brings the ledger into line with it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import sqlalchemy as sa

from metadata.errors import SdgError, WarehouseError
from metadata.findings import Counts, Decision, FileReport, Finding
from warehouse.faults import told
from warehouse.migrations import upgrade_ledger
from warehouse.settings import Settings
from warehouse.tables import (
    COUNTS,
    LEDGER_LAYOUT,
    delivery_table,
    fetch_table,
    finding_table,
    release_table,
)

if TYPE_CHECKING:
    from warehouse.observations import LoadRow
    from warehouse.release_store import Release

State = Literal["received", "judged", "loaded", "rejected", "held", "refused", "withdrawn"]
BUSY_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery.

    Attributes:
        id: provider, first 12 digits of the sha256, and `-2`, `-3` … when sent again on purpose.
        provider: provider id.
        sha256: of the bytes.
        path: where the bytes came from: a path or an address.
        size: in bytes.
        channel: how it came: `submit`, `inbox`, `sdmx-rest` …
        received_at: aware, UTC.
        state: received, judged, loaded, rejected, held, refused or withdrawn.
        updated_at: when the state was recorded; aware, UTC.
        format: detected format; None before it was judged.
        decision: of the last judgement; None before.
        message: a sentence about the state: the reason of a withdrawal; None for none.
        counts: of the last judgement; None before.
    """

    id: str
    provider: str
    sha256: str
    path: str
    size: int
    channel: str
    received_at: datetime
    state: State
    updated_at: datetime
    format: str | None
    decision: Decision | None
    message: str | None
    counts: Counts | None


@dataclass(frozen=True, slots=True)
class FetchState:
    """What is known of a source, for a conditional request. Times are aware, UTC."""

    url: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None
    fetched_at: datetime | None = None


class Ledger:
    """The ledger of one state folder. Use `Ledger.open` in a `with`."""

    def __init__(self, engine: sa.Engine, path: Path) -> None:
        self._engine = engine
        self._path = path

    @classmethod
    def open(cls, settings: Settings) -> Ledger:
        """Open the ledger, and make it when it is not there.

        Raises:
            WarehouseError: it was written by a newer program, or is damaged.
            StorageFull: it cannot be written.
        """
        settings.ensure()
        return cls.of_file(settings.ledger)

    @classmethod
    def of_file(cls, file: Path, *, called: Path | None = None) -> Ledger:
        """Open the ledger in a file, which `called` names to people where the file is a copy of it.

        Raises:
            WarehouseError, StorageFull: as for `open`.
        """
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(file)),
            connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False},
        )
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", _begin_writing)
        ledger = cls(engine, called or file)
        try:
            ledger._make_or_check()
        except BaseException:
            engine.dispose()
            raise
        return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def delivery(self, delivery_id: str) -> DeliveryRow:
        """Return a delivery.

        Raises:
            SdgError: there is none with that id; the hint names those of the same beginning.
        """
        found = self._select(delivery_table.c.id == delivery_id)
        if not found:
            near = [row.id for row in self._select() if row.id.startswith(delivery_id[:8])][-3:]
            raise SdgError(
                f"There is no delivery {delivery_id}.",
                hint=f"Do you mean {' or '.join(near)}?" if near else "See: sdg status",
            )
        return found[0]

    def deliveries(self, provider: str | None = None) -> list[DeliveryRow]:
        """Return all deliveries, or a provider's, in the order of landing."""
        return self._select(*([] if provider is None else [delivery_table.c.provider == provider]))

    def find(self, provider: str, sha256: str) -> list[DeliveryRow]:
        """Return a provider's deliveries of the same bytes, newest last."""
        return self._select(delivery_table.c.provider == provider, delivery_table.c.sha256 == sha256)

    def land(
        self,
        provider: str,
        sha256: str,
        path: str,
        size: int,
        channel: str,
        received_at: datetime,
        again: bool = False,
    ) -> DeliveryRow:
        """Give bytes that stand in raw their delivery.

        Args:
            provider: provider id.
            sha256: of the bytes.
            path: where they came from.
            size: in bytes.
            channel: how they came.
            received_at: when; aware.
            again: the office returns to an earlier file: the same bytes make a new delivery, unless the last one
                of them is still unfinished (state received or judged), which is then resumed.

        Returns:
            The new row, or that of the same bytes from the same provider.
        """
        columns = delivery_table.c
        with self._transaction() as connection:
            same = connection.execute(
                sa.select(columns.id, columns.state)
                .where(columns.provider == provider, columns.sha256 == sha256)
                .order_by(columns.seq)
            ).all()
            if same and (not again or same[-1].state in ("received", "judged")):
                delivery_id = same[-1].id
            else:
                delivery_id = _free_id(connection, f"{provider}-{sha256[:12]}")
                _insert(
                    connection,
                    {
                        "id": delivery_id,
                        "provider": provider,
                        "sha256": sha256,
                        "path": path,
                        "size": size,
                        "channel": channel,
                        "received_at": written(received_at),
                        "state": "received",
                        "updated_at": written(datetime.now(UTC)),
                    },
                )
        return self.delivery(delivery_id)

    def record(
        self,
        delivery_id: str,
        state: State,
        report: FileReport | None,
        message: str | None = None,
        when: datetime | None = None,
    ) -> None:
        """Record what became of a delivery.

        Args:
            delivery_id: which.
            state: its state from now on.
            report: what was found; replaces the findings of an earlier judgement. None leaves them.
            message: a sentence about the state.
            when: the moment; None is now.

        Raises:
            SdgError: no such delivery, or no such state.
        """
        if state not in get_args(State):
            raise SdgError(f"{state} is not a state of a delivery.", hint=f"Use {', '.join(get_args(State))}.")
        values: dict[str, Any] = {
            "state": state,
            "message": message,
            "updated_at": written(when or datetime.now(UTC)),
        }
        if report is not None:
            values |= {"format": report.format, "decision": report.decision, **report.counts.to_dict()}
        with self._transaction() as connection:
            done = connection.execute(delivery_table.update().where(delivery_table.c.id == delivery_id).values(values))
            if done.rowcount and report is not None:
                _replace_findings(connection, delivery_id, report.findings)
        if not done.rowcount:
            self.delivery(delivery_id)

    def findings(self, delivery_id: str) -> list[Finding]:
        """Return what was found at the last judgement of a delivery, in the order of the report."""
        columns = finding_table.c
        query = sa.select(finding_table).where(columns.delivery_id == delivery_id).order_by(columns.position)
        with self._transaction() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Finding.from_dict(
                {**row, "examples": json.loads(row["examples"])}, words=json.loads(row["words"] or "null")
            )
            for row in rows
        ]

    def fetch_state(self, provider: str, key: str) -> FetchState | None:
        """Return what is known of a provider's source; None when it was never fetched."""
        columns = fetch_table.c
        query = sa.select(fetch_table).where(columns.provider == provider, columns.key == key)
        with self._transaction() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        known = {f.name: row[f.name] for f in fields(FetchState)}
        return FetchState(**{**known, "fetched_at": _read(row["fetched_at"])})

    def set_fetch_state(self, provider: str, key: str, state: FetchState) -> None:
        """Keep what is known of a provider's source."""
        values = {
            "url": state.url,
            "etag": state.etag,
            "last_modified": state.last_modified,
            "sha256": state.sha256,
            "fetched_at": written(state.fetched_at or datetime.now(UTC)),
        }
        columns = fetch_table.c
        with self._transaction() as connection:
            connection.execute(fetch_table.delete().where(columns.provider == provider, columns.key == key))
            connection.execute(fetch_table.insert().values(provider=provider, key=key, **values))

    def record_release(self, made: Release) -> None:
        """Record a release; one that is recorded keeps its row."""
        known = sa.select(sa.func.count()).select_from(release_table).where(release_table.c.name == made.name)
        with self._transaction() as connection:
            if not connection.execute(known).scalar_one():
                connection.execute(release_table.insert().values(made.ledger_row()))

    def releases(self) -> list[str]:
        """Return the names of the releases that are recorded, oldest first."""
        query = sa.select(release_table.c.name).order_by(release_table.c.created_at, release_table.c.name)
        with self._transaction() as connection:
            return list(connection.execute(query).scalars())

    def reconcile(self, loads: Sequence[LoadRow]) -> list[str]:
        """Bring the ledger into line with `core.load`, whose word counts.

        A delivery that core holds is `loaded` (or `withdrawn`), also when the process died before it could say
        so here, or when this ledger is new. A delivery that the ledger calls loaded or withdrawn, and that core
        does not hold, is `received` again and will be resumed. A rejection or a hold recorded after the load
        (by a later judgement) stays.

        Args:
            loads: rows of `core.load`, in any order.

        Returns:
            The ids of the deliveries that were changed.
        """
        last: dict[str, LoadRow] = {}
        for row in sorted(loads, key=lambda row: row.load_id):
            if row.action != "withdraw":
                last[row.delivery_id] = row
        known = {row.id: row for row in self.deliveries()}
        changed = [row.delivery_id for row in last.values() if self._follow(row, known.get(row.delivery_id))]
        for mine in known.values():
            if mine.id not in last and mine.state in ("loaded", "withdrawn"):
                self.record(mine.id, "received", None, message="Core does not hold it: it will be loaded.")
                changed.append(mine.id)
        return changed

    def _follow(self, load: LoadRow, known: DeliveryRow | None) -> bool:
        """Make one delivery say what core says; return whether it had to be changed."""
        state: State = "withdrawn" if load.withdrawn_at else "loaded"
        if known is None:
            with self._transaction() as connection:
                _insert(
                    connection,
                    {
                        "id": load.delivery_id,
                        "provider": load.provider,
                        "sha256": load.sha256,
                        "path": "(raw)",
                        "size": 0,
                        "channel": "reconciled",
                        "received_at": written(load.received_at),
                        "state": state,
                        "updated_at": written(datetime.now(UTC)),
                        "decision": load.decision,
                        "message": load.withdrawn_reason,
                        **load.counts.to_dict(),
                    },
                )
            return True
        judged_later = known.state in ("rejected", "held", "refused") and known.updated_at >= load.loaded_at
        if known.state == state or (judged_later and state == "loaded"):
            return False
        values = {
            "state": state,
            "decision": load.decision,
            "message": load.withdrawn_reason,
            "updated_at": written(datetime.now(UTC)),
            **load.counts.to_dict(),
        }
        with self._transaction() as connection:
            connection.execute(delivery_table.update().where(delivery_table.c.id == known.id).values(values))
        return True

    def _select(self, *conditions: sa.ColumnElement[bool]) -> list[DeliveryRow]:
        query = sa.select(delivery_table).where(*conditions).order_by(delivery_table.c.seq)
        with self._transaction() as connection:
            return [_delivery(row) for row in connection.execute(query).mappings()]

    def _make_or_check(self) -> None:
        with self._transaction() as connection:
            layout = connection.exec_driver_sql("pragma user_version").scalar_one()
            if layout > LEDGER_LAYOUT:
                raise WarehouseError(
                    f"The ledger has layout {layout}; this program knows layouts up to {LEDGER_LAYOUT}.",
                    where=str(self._path),
                    hint="Use the newer version of the program that made it.",
                )
            if layout < LEDGER_LAYOUT:
                upgrade_ledger(connection, layout)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Do everything or nothing, as the only writer; for what stands in tables beside the deliveries."""
        with self._transaction() as connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with told(self._path), self._engine.begin() as connection:
            yield connection


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    """Set up a new SQLite connection: write-ahead log, foreign keys, and transactions that we begin ourselves."""
    connection.isolation_level = None
    for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on"):
        connection.execute(f"pragma {pragma}")


def _begin_writing(connection: sa.Connection) -> None:
    """Take the write lock at the start: a read that turns into a write later could not wait for its turn."""
    connection.exec_driver_sql("begin immediate")


def _free_id(connection: sa.Connection, first: str) -> str:
    """Return the id, with -2, -3 … when it is taken: by the same bytes sent again, or by others of that prefix."""
    taken = sa.select(sa.func.count()).where(
        sa.or_(delivery_table.c.id == first, delivery_table.c.id.startswith(f"{first}-", autoescape=True))
    )
    number = connection.execute(taken).scalar_one()
    return f"{first}-{number + 1}" if number else first


def _insert(connection: sa.Connection, values: dict[str, Any]) -> None:
    following = sa.select(sa.func.coalesce(sa.func.max(delivery_table.c.seq), 0) + 1).scalar_subquery()
    connection.execute(delivery_table.insert().values(seq=following, **values))


def _replace_findings(connection: sa.Connection, delivery_id: str, findings: Iterable[Finding]) -> None:
    connection.execute(finding_table.delete().where(finding_table.c.delivery_id == delivery_id))
    rows = [
        {
            **found.to_dict(),
            "examples": json.dumps(found.to_dict()["examples"], ensure_ascii=False),
            "words": json.dumps(found.words(), ensure_ascii=False),
            "delivery_id": delivery_id,
            "position": position,
        }
        for position, found in enumerate(findings)
    ]
    if rows:
        connection.execute(finding_table.insert(), rows)


def _delivery(row: sa.RowMapping) -> DeliveryRow:
    counts = Counts(**{name: row[name] for name in COUNTS}) if row["received"] is not None else None
    return DeliveryRow(
        id=row["id"],
        provider=row["provider"],
        sha256=row["sha256"],
        path=row["path"],
        size=row["size"],
        channel=row["channel"],
        received_at=_read(row["received_at"]),
        state=row["state"],
        updated_at=_read(row["updated_at"]),
        format=row["format"],
        decision=row["decision"],
        message=row["message"],
        counts=counts,
    )


def written(moment: datetime) -> str:
    """Return a moment as the ledger keeps it: ISO 8601, UTC, microseconds always, so that text sorts as time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text)
