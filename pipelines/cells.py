"""Which cells of a workbook each finding touches: all of them, where a report names the first few.

For the office's own workbook given back with its bad cells marked (`pipelines.marked_workbook`). The judgement knows
rows; here they become sheet, row and the letters of the column complained about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from pipelines.read.message import Message, MessageStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metadata.findings import Finding
    from pipelines.check import Streamed
    from pipelines.checks.docket import Docket

VALUE = "obs_value"
"""Column whose cell stands for a row as a whole."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Where the cells of a workbook are.

    Attributes:
        letters: sheet → column of the frame → letters of the column.
        rows: id of a finding → `_sheet` and `_row` of every row that it touches.
        noted: rule of the reader's notes → sheet and cell of every place.
    """

    letters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rows: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    noted: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)

    def of(self, finding: Finding) -> Iterator[tuple[str, str]]:
        """Yield sheet and cell of every place of a finding; of its examples alone, where no more is known.

        A finding about a row as a whole, or about a column that the sheet has not, is shown at the row's value.
        """
        if finding.rule in self.noted:
            yield from self.noted[finding.rule]
            return
        column = (finding.examples[0].column or VALUE).lower() if finding.examples else VALUE
        rows = self.rows.get(finding.id)
        if rows is None:
            for example in finding.examples:
                if example.cell is not None and example.sheet is not None:
                    yield example.sheet, example.cell
                elif example.sheet is not None and example.row is not None:
                    yield example.sheet, self._cell(example.sheet, example.row, (example.column or VALUE).lower())
            return
        for sheet, row in rows.iter_rows():
            yield sheet, self._cell(sheet, row, column)

    def _cell(self, sheet: str, row: int, column: str) -> str:
        letters = self.letters.get(sheet, {})
        return f"{letters.get(column) or letters.get(VALUE) or 'A'}{row}"


def cells_of(docket: Docket, told: Sequence[Finding], message: Message | Streamed) -> Cells:
    """Return where the cells of a workbook are that was judged.

    Args:
        docket: at the end of the judgement.
        told: its findings, with their ids.
        message: what was read.
    """
    places = docket.received.select(pl.col("_sheet").cast(pl.String), "_row")
    rows = {told[at].id: places[touched.cast(pl.UInt32)] for at, touched in docket.touched.items()}
    noted = message.noted if isinstance(message, (Message, MessageStream)) else {}
    return Cells(message.letters, rows, noted)


def with_history(
    cells: Cells, staged: pl.DataFrame, findings: Sequence[Finding], touched: Sequence[pl.Series]
) -> Cells:
    """Return the cells with those of findings against what is held.

    Args:
        cells: of the judgement before.
        staged: its accepted rows.
        findings: with their final ids.
        touched: positions of the staged rows of each of them.
    """
    places = staged.select(pl.col("source_sheet").cast(pl.String), "source_row")
    added = {
        found.id: places[rows.cast(pl.UInt32)]
        for found, rows in zip(findings, touched, strict=True) if len(rows)
    }  # fmt: skip
    return Cells(cells.letters, {**cells.rows, **added}, cells.noted)
