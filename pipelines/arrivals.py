"""What a provider has to offer: files in its inbox, or messages of its SDMX service, oldest vintage first.

Nothing is kept or judged here; `pipelines.deliver` lands what was found. How a service is asked is in
`pipelines.fetch`, how an inbox is looked through in `pipelines.inbox`.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.errors import brief
from metadata.whole import runs

if TYPE_CHECKING:
    from pipelines.fetch import Fetched
    from pipelines.knowledge import Knowledge
    from pipelines.provider import Provider
    from warehouse.ledger import Ledger
    from warehouse.settings import Settings


@dataclass(frozen=True, slots=True)
class Incoming:
    """Bytes that arrived and are not landed yet.

    Attributes:
        provider: provider id.
        path: the file that holds them.
        origin: what a person would call their place: a path, or the address they were fetched from.
        channel: `folder`, `sdmx-rest` or `submit`.
        prepared: when the message says it was prepared, else when the file was last written; orders vintages.
        remember: what to keep about the source once the bytes are landed, so that an unchanged source costs
            one request the next time.
        temporary: True when the file is ours and goes away once its bytes are in raw.
    """

    provider: str
    path: Path
    origin: str
    channel: str
    prepared: datetime
    remember: Callable[[], None] | None = None
    temporary: bool = False


@dataclass(slots=True)
class Found:
    """What a provider had to offer.

    Attributes:
        incoming: deliveries to judge, oldest vintage first.
        unchanged: sources that had nothing to take, each in words.
        waiting: files that are still being written, each in words.
    """

    incoming: list[Incoming] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


def find(
    provider: Provider,
    settings: Settings,
    ledger: Ledger,
    knowledge: Knowledge,
    *,
    progress: Callable[[int, int | None], None] | None = None,
) -> Found:
    """Find what a provider offers: files in its inbox, or messages of its SDMX service.

    Args:
        provider: whose deliveries.
        settings: where the inbox and the temporary files are.
        ledger: remembers what the service said the last time.
        knowledge: names the series that are asked for.
        progress: called with bytes received and the total, when known, while fetching.

    Raises:
        SourceUnavailable: the service did not give what was asked for; nothing was landed.
    """
    if provider.channel.type == "folder":
        return _find_files(provider, settings)
    return _fetch(provider, settings, ledger, knowledge, progress)


def _find_files(provider: Provider, settings: Settings) -> Found:
    from pipelines.inbox import find_files

    found = Found()
    for file in find_files(settings, provider):
        if not file.ready:
            found.waiting.append(f"{file.path.name} is still being written; the next run takes it.")
            continue
        found.incoming.append(incoming_file(file.path, provider.id, channel="folder"))
    found.incoming.sort(key=lambda incoming: (incoming.prepared, incoming.path.name))
    return found


def _fetch(
    provider: Provider,
    settings: Settings,
    ledger: Ledger,
    knowledge: Knowledge,
    progress: Callable[[int, int | None], None] | None,
) -> Found:
    from pipelines.fetch import fetch
    from warehouse.ledger import FetchState

    found = Found()
    parts = fetch(
        provider,
        state=lambda key: ledger.fetch_state(provider.id, key),
        into=_own_folder(settings, provider.id),
        series=tuple(sorted(knowledge.catalogue.series)),
        progress=progress,
    )
    for part in parts:

        def remember(part: Fetched = part) -> None:
            state = FetchState(part.url, part.etag, part.last_modified, part.sha256, part.received_at)
            ledger.set_fetch_state(provider.id, part.url, state)

        if part.data is None:
            # The validators may be new even when the content is not; without them every run costs a download.
            remember()
            what = "nothing has changed since the last run" if part.status == "unchanged" else "holds nothing for this"
            found.unchanged.append(" ".join((f"{brief(part.url)}: {what}.", *part.notes)))
            continue
        found.incoming.append(
            Incoming(provider.id, part.data, part.url, "sdmx-rest", part.received_at, remember, temporary=True)
        )
    return found


def _own_folder(settings: Settings, provider: str) -> Path:
    """Return a folder for fetched files that only this process uses; those of dead processes are removed.

    What a killed run had fetched and not landed is not lost: its source was not remembered, so it is fetched again.
    """
    folder = settings.home / "fetching"
    for left in folder.glob(f"{provider}.*"):
        owner = int(left.suffix[1:])
        if owner != os.getpid() and not runs(owner):
            shutil.rmtree(left)
    return folder / f"{provider}.{os.getpid()}"


_PREPARED = re.compile(rb"<(?:\w+:)?Prepared>\s*([^<\s]+)\s*<")
_HEADER_BYTES = 65_536


def incoming_file(path: Path, provider: str, *, channel: str) -> Incoming:
    """Return the incoming delivery for a file, with the moment it was prepared for the order of vintages."""
    return Incoming(provider, path, in_words(path), channel, _prepared(path))


def in_words(path: Path) -> str:
    r"""Return a path as a text that can be kept and printed: bytes of its name that are no UTF-8 as `\xe9`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _prepared(path: Path) -> datetime:
    """Return when the message says it was prepared; the file's own time when it says nothing that can be read."""
    with path.open("rb") as file:
        match = _PREPARED.search(file.read(_HEADER_BYTES))
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if match is None:
        return written
    try:
        prepared = datetime.fromisoformat(match.group(1).decode("ascii", "replace"))
    except ValueError:
        return written
    return prepared if prepared.tzinfo else prepared.replace(tzinfo=UTC)
