"""What is asked of an SDMX service: which dataflow, which series, in keys that fit into an address.

SDMX REST 1.5 (SDMX 2.1): `data/{agency,flow,version}/{key}`; a key has one position a dimension, separated by
dots, codes of a position joined by `+`, an empty position for all. Building the address itself is sdmx1's
task, in `pipelines.fetch`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from metadata.errors import ConfigurationError

KEY_LENGTH = 1600
"""Characters of a key at most; with the rest of the address this stays below 1800 in all."""

_ID = r"[A-Za-z0-9_@$-]+"
_FLOW = re.compile(
    rf"(?:(?P<agency>{_ID}(?:\.{_ID})*)[,:])?(?P<id>{_ID})(?:[,](?P<comma>[\w.+*-]+)|\((?P<paren>[\w.+*-]+)\))?"
)
_PERIOD = re.compile(r"\d{4}(-(\d{2}(-\d{2})?|Q[1-4]|S[12]|T[1-3]|W\d{2}|M\d{2}|A1|D\d{3}))?")


@dataclass(frozen=True, slots=True)
class FlowRef:
    """A dataflow as declared.

    Attributes:
        agency: who maintains it.
        id: its id.
        version: None for the latest.
    """

    agency: str
    id: str
    version: str | None = None

    def __str__(self) -> str:
        """Return `agency:id` or `agency:id(version)`."""
        return f"{self.agency}:{self.id}" + (f"({self.version})" if self.version else "")

    @property
    def path(self) -> str:
        """The reference as it stands in an address: `agency,id` or `agency,id,version`."""
        return ",".join(part for part in (self.agency, self.id, self.version) if part)

    @classmethod
    def parse(cls, text: str, *, agency: str, version: str | None = None) -> FlowRef:
        """Return the reference that `DF`, `AGENCY:DF`, `AGENCY,DF,1.0` or `AGENCY:DF(1.0)` stands for.

        Args:
            text: the declared reference.
            agency: used where the text names none.
            version: used where the text names none; `latest` and None are the same.

        Raises:
            ConfigurationError: the text is no reference to a dataflow.
        """
        match = _FLOW.fullmatch(text)
        if match is None:
            raise ConfigurationError(
                f"“{text}” is not a dataflow.", hint="Write its id, or AGENCY:ID, or AGENCY:ID(VERSION)."
            )
        held = match["comma"] or match["paren"] or version
        return cls(match["agency"] or agency, match["id"], None if held == "latest" else held)


@dataclass(frozen=True, slots=True)
class Query:
    """One request for data.

    Attributes:
        flow: the dataflow.
        key: codes of every position of the key, in the order of the dimensions; None for the whole dataflow.
        position: which position of the key holds the series; None when the key has no such position.
        since: first time period that is asked for; None for all.
    """

    flow: FlowRef
    key: tuple[tuple[str, ...], ...] | None
    position: int | None
    since: str | None = None

    @property
    def series(self) -> tuple[str, ...] | None:
        """The series that are asked for; None for all."""
        if self.key is None or self.position is None:
            return None
        return self.key[self.position] or None

    @property
    def key_text(self) -> str | None:
        """The key as it stands in an address."""
        return None if self.key is None else ".".join("+".join(codes) for codes in self.key)

    def of(self, series: Sequence[str]) -> Query:
        """Return the same query for other series; only for a query whose key has a position for them."""
        key = list(self.key or ())
        key[self.position or 0] = tuple(series)
        return replace(self, key=tuple(key))

    def halves(self) -> tuple[Query, Query] | None:
        """Return two queries that ask for half of the series each; None when there is nothing to halve."""
        if self.series is None or len(self.series) < 2:
            return None
        middle = len(self.series) // 2
        return self.of(self.series[:middle]), self.of(self.series[middle:])


def queries(
    flow: FlowRef,
    *,
    declared: str,
    series: Sequence[str] | None,
    dimensions: Sequence[str],
    since: str | None = None,
) -> list[Query]:
    """Return the queries that ask a dataflow for some series, each with a key that fits into an address.

    Args:
        flow: the dataflow.
        declared: the provider's key: `all`, or positions separated by dots. Series that stand in it are kept;
            where its series position is empty, `series` goes there.
        series: the series that are wanted; None for all.
        dimensions: ids of the dimensions in the order of the key, SERIES among them.
        since: first time period, for example `2015` or `2015-Q1`; None for all.

    Raises:
        ConfigurationError: the key has another number of positions than there are dimensions, a code cannot
            stand in a key, `since` is no period, or the declared series are none of those wanted.
    """
    if since is not None and _PERIOD.fullmatch(since) is None:
        raise ConfigurationError(
            f"“{since}” is not a time period.", hint="Write a year such as 2015, or 2015-Q1."
        )
    position = dimensions.index("SERIES") if "SERIES" in dimensions else None
    if declared == "all":
        if series is None or position is None:
            return [Query(flow, None, None, since)]
        key: list[tuple[str, ...]] = [() for _ in dimensions]
    else:
        key = [tuple(code for code in codes.split("+") if code) for codes in declared.split(".")]
        if len(key) != len(dimensions):
            raise ConfigurationError(
                f"The key “{declared}” has {len(key)} positions instead of {len(dimensions)}.",
                hint=f"Write `all`, or one position each for {'.'.join(dimensions)}.",
            )
    if series is not None and position is not None:
        wanted = set(series)
        key[position] = tuple(sorted(wanted & set(key[position]) if key[position] else wanted))
        if not key[position]:
            raise ConfigurationError(
                f"The key “{declared}” names no series that is wanted.",
                hint="Name a declared series in it, or leave the position empty.",
            )
    for code in (code for codes in key for code in codes):
        if re.fullmatch(_ID, code) is None:
            raise ConfigurationError(f"“{code}” cannot stand in a key.", hint="Write a code of the codelist.")
    whole = Query(flow, tuple(key), position, since)
    if whole.series is None:
        return [whole]
    room = KEY_LENGTH - len(whole.of(()).key_text or "")
    return [whole.of(chunk) for chunk in _chunks(whole.series, room)]


def _chunks(codes: Sequence[str], room: int) -> list[list[str]]:
    """Return the codes in groups whose joined text is at most `room` characters, at least one code each."""
    groups: list[list[str]] = []
    used = room + 1
    for code in codes:
        if used + 1 + len(code) > room:
            groups.append([])
            used = -1
        groups[-1].append(code)
        used += 1 + len(code)
    return groups
