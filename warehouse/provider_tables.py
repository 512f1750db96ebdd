"""What the providers' files say, put into `metadata.provider` and `metadata.national_statement`.

The warehouse knows no provider's file: `pipelines.publication` gives the rows. They are read when the copy for readers
is made, for timeliness and the national assessment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from warehouse.metadata_tables import replace_rows

if TYPE_CHECKING:
    from warehouse.connect import Warehouse

TABLES = ("metadata.provider", "metadata.national_statement")


def write_providers(
    warehouse: Warehouse, providers: Sequence[Mapping[str, Any]], statements: Sequence[Mapping[str, Any]]
) -> None:
    """Make the tables say what the providers' files say, in one transaction.

    Args:
        warehouse: open for writing.
        providers: rows of `metadata.provider`.
        statements: rows of `metadata.national_statement`.
    """
    with warehouse.transaction():
        for name, rows in zip(TABLES, (providers, statements), strict=True):
            replace_rows(warehouse, name, rows)
