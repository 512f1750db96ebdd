"""Rows of a delivery against each other, once each of them was judged by itself: the entrance of the set rules.

In this order: relations that were declared, figures per head, percentages in disguise, units within a key, gaps,
values that are not the office's own. Repeated keys are `pipelines.checks.sets`; what is held from before is
`pipelines.beside`.
"""

from __future__ import annotations

import polars as pl

from pipelines.checks.docket import Docket
from pipelines.checks.doubts import check_figures_per_head, check_hundreds, check_origin
from pipelines.checks.figures import figures
from pipelines.checks.identities import check_identities
from pipelines.checks.spans import check_gaps, check_mixed


def check_relations(docket: Docket, duplicates: pl.Series, numbers: pl.Series) -> None:
    """Check the rows on the docket against each other.

    Args:
        docket: after codes, rows and keys were judged.
        duplicates: `_i` of rows that repeat another row.
        numbers: the values of the rows, as `pipelines.checks.rows.check_rows` returned them.
    """
    if docket.rows.is_empty():
        return
    frame = figures(docket, duplicates, numbers)
    check_identities(docket, frame)
    check_figures_per_head(docket, frame)
    check_hundreds(docket, frame)
    check_mixed(docket, frame)
    check_gaps(docket, frame)
    check_origin(docket)
