"""Where state lives: the only reader of the environment.

Everything the program keeps is under one folder, `SDG_HOME` (default `./var`): the bytes as received, the
warehouse, the ledger, the published copy, the inbox and Dagster's own files. Nothing here opens any of them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from metadata.errors import ConfigurationError
from warehouse.faults import told

DEFAULT_HOME = Path("var")
DEFAULT_LOCK_TIMEOUT_S = 600.0
"""How long a writer waits for another one, in seconds: our proposal, longer than any load we have measured."""

DEFAULT_SENDER = "UNEP"
"""Sender of exported messages: our proposal, for the agency that this was made for."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The places of one state folder, all absolute.

    Attributes:
        home: the state folder itself.
        raw: folder of bytes as received, content-addressed by sha256.
        warehouse: the DuckDB file that writers open.
        ledger: the SQLite file of deliveries and findings.
        published: folder of the copy that readers open.
        inbox: folder with one folder a provider, where offices put files.
        dagster: Dagster's own folder (DAGSTER_HOME).
        lock_timeout_s: how long to wait for another writer, in seconds.
        memory_limit: DuckDB's memory limit, for example `4GB`; None takes `warehouse.memory.default_limit`.
        reference_date: day whose membership of groups counts in regional values; None is the first of the year.
        sender: id of the sender in the header of exported SDMX messages.
    """

    home: Path
    raw: Path
    warehouse: Path
    ledger: Path
    published: Path
    inbox: Path
    dagster: Path
    lock_timeout_s: float = DEFAULT_LOCK_TIMEOUT_S
    memory_limit: str | None = None
    reference_date: date | None = None
    sender: str = DEFAULT_SENDER

    @classmethod
    def load(cls, home: Path | None = None) -> Settings:
        """Return the settings of a state folder.

        Args:
            home: the state folder; None takes `SDG_HOME`, and `./var` where that is not set.

        Environment:
            SDG_HOME: the state folder. SDG_LOCK_TIMEOUT: seconds to wait for another writer.
            SDG_MEMORY_LIMIT: DuckDB's memory limit, a number with a unit such as `4GB`.
            SDG_REFERENCE_DATE: day whose membership of groups counts in regional values, such as `2026-01-01`.
            SDG_SENDER: sender of exported messages; letters, digits and `_ @ $ -`. Default `UNEP`.

        Raises:
            ConfigurationError: SDG_LOCK_TIMEOUT is not a number of seconds, SDG_MEMORY_LIMIT not an amount of memory,
                SDG_REFERENCE_DATE not a day, or SDG_SENDER no SDMX id.
        """
        folder = Path(home or os.environ.get("SDG_HOME") or DEFAULT_HOME).expanduser().absolute()
        return cls(
            home=folder,
            raw=folder / "raw",
            warehouse=folder / "warehouse.duckdb",
            ledger=folder / "ledger.sqlite",
            published=folder / "published",
            inbox=folder / "inbox",
            dagster=folder / "dagster",
            lock_timeout_s=_seconds(os.environ.get("SDG_LOCK_TIMEOUT")),
            memory_limit=_memory(os.environ.get("SDG_MEMORY_LIMIT")),
            reference_date=_day(os.environ.get("SDG_REFERENCE_DATE")),
            sender=_sender(os.environ.get("SDG_SENDER")),
        )

    @property
    def current(self) -> Path:
        """The published copy that readers open."""
        return self.published / "current.duckdb"

    @property
    def releases(self) -> Path:
        """Folder of the releases, one folder each; made when the first one is."""
        return self.home / "releases"

    @property
    def structures(self) -> Path:
        """Folder of the structure messages that are held; made when the first one is."""
        return self.home / "structures"

    @property
    def temporary(self) -> Path:
        """Folder for what DuckDB spills and for files being made; on the same disk as the rest."""
        return self.home / "tmp"

    def ensure(self) -> Settings:
        """Make the folders that are missing, and return the settings.

        Raises:
            StorageFull: the disk is full or the folder cannot be written.
        """
        with told(self.home):
            for folder in (self.home, self.raw, self.published, self.inbox, self.dagster, self.temporary):
                folder.mkdir(parents=True, exist_ok=True)
        return self


def _sender(text: str | None) -> str:
    """Return the sender that the environment states, or the default; an SDMX id either way (IDType)."""
    sender = text or DEFAULT_SENDER
    if not re.fullmatch(r"[A-Za-z0-9_@$\-]+", sender):
        raise ConfigurationError(
            f'"{sender}" is no id of a sender.',
            where="SDG_SENDER",
            hint="Write letters, digits and _ @ $ - only, for example UNEP.",
        )
    return sender


def _seconds(text: str | None) -> float:
    """Return the timeout in seconds that the environment states, or the default."""
    if not text:
        return DEFAULT_LOCK_TIMEOUT_S
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ConfigurationError(
            f'"{text}" is not a number of seconds.',
            where="SDG_LOCK_TIMEOUT",
            hint="Write for example 600, or 0 to give up at once.",
        )
    return seconds


def _memory(text: str | None) -> str | None:
    """Return the amount of memory that the environment states, if it states one; DuckDB knows these units."""
    if not text:
        return None
    if not re.fullmatch(r"(?i)\s*\d+(\.\d+)?\s*[kmgt]i?b\s*", text):
        raise ConfigurationError(
            f'"{text}" is not an amount of memory.',
            where="SDG_MEMORY_LIMIT",
            hint="Write a number and KB, MB, GB or TB, for example 4GB.",
        )
    return text.strip()


def _day(text: str | None) -> date | None:
    """Return the day that the environment states, if it states one."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(
            f'"{text}" is not a day.', where="SDG_REFERENCE_DATE", hint="Write for example 2026-01-01."
        ) from error
