"""Errors about the program, its configuration or its surroundings: raised, never collected.

A statement about *data* is a `metadata.findings.Finding` and is never raised. Here is only what stops an
action: what went wrong, where (file:line, address, path) and what the person can do about it. The command
line prints `str(error)`, one paragraph, and ends with exit code 2; `Retriable` tells Dagster to try again.
"""

from __future__ import annotations


class SdgError(Exception):
    """Something that stops an action, told in one plain sentence.

    Args:
        what: what went wrong, a whole sentence that ends with a full stop.
        where: the place: `file:line`, an address, a path. None when `what` already says it.
        hint: what to do about it, a whole sentence. None when `what` leaves no doubt.
    """

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        """Return `where: what hint` with the absent parts left out, and an endless address cut."""
        sentence = f"{brief(self.where)}: {self.what}" if self.where else self.what
        return f"{sentence} {self.hint}" if self.hint else sentence


PLACE_SHOWN = 100
"""Characters of a place in a sentence. The key of an SDMX query may name a hundred series."""


def brief(place: str) -> str:
    """Return a place short enough for a sentence: an address is cut, and marked by an ellipsis; a path is not."""
    return f"{place[: PLACE_SHOWN - 1]}…" if "://" in place and len(place) > PLACE_SHOWN else place


class Retriable(SdgError):
    """An error that may be gone when the same action is tried again: a service down, a lock held."""


class ConfigurationError(SdgError):
    """A declaration, a provider or a setting cannot be used as written."""


class DeclarationErrors(ConfigurationError):
    """Several complaints about declarations, each a sentence with its file:line.

    Attributes:
        complaints: one `SdgError` a complaint, in the order of files and lines.
    """

    def __init__(self, complaints: list[SdgError]) -> None:
        first = "\n".join(str(complaint) for complaint in complaints[:20])
        more = f"\n… and {len(complaints) - 20} more." if len(complaints) > 20 else ""
        super().__init__(f"{first}{more}")
        self.complaints = complaints


class UnknownProvider(ConfigurationError):
    """A provider id that no file in `pipelines/providers/` declares."""


class UnreadableFile(SdgError):
    """Bytes that cannot be read as the format they claim to be, with the line or cell where reading stopped."""


class SourceUnavailable(Retriable):
    """A service that did not answer, refused, or sent something that is not data."""


class WarehouseBusy(Retriable):
    """Another process holds the writer's lock and did not give it up within the stated time."""


class WarehouseError(SdgError):
    """The stored state cannot be used: a newer layout, a damaged file, a missing table."""


class StorageFull(SdgError):
    """The disk is full or not writable; what was there before is untouched."""
