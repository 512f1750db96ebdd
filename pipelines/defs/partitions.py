"""The partitions of `raw` and `core`: one a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from pipelines.provider import Providers


def provider_ids(providers: Providers) -> list[str]:
    """Return every provider id, also of those whose file is broken: their history stays on the page."""
    return sorted({*providers.by_id, *providers.broken})


def provider_partitions(providers: Providers) -> dg.StaticPartitionsDefinition:
    """Return one partition a provider. A new provider's appears when the page reloads its definitions.

    A broken file may have any name; where Dagster would not take it as a key, for which all providers would pay,
    it is told by the check `providers_readable` alone.
    """
    keys = [key for key in provider_ids(providers) if key and key.isprintable()]
    return dg.StaticPartitionsDefinition(keys)
