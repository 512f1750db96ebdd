"""How much a workbook may hold: few bytes can make very many cells, or very much text.

A cell far to the right makes a row of 16,384 cells, and a text that the workbook keeps once may stand in every cell.
"""

from __future__ import annotations

from metadata.errors import UnreadableFile
from metadata.words import text
from pipelines.read.safety import MAX_CELL_TEXT, MAX_CELLS, MAX_SHEET_COLUMNS, MB


class Room:
    """Counts the cells and the characters of a workbook; few bytes can make very many of both."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._cells = 0
        self._text = 0

    def row(self, title: str, cells: int) -> None:
        """Count a row of a sheet.

        Raises:
            UnreadableFile: a row or the workbook has too many cells.
        """
        self._cells += cells + 1
        if cells > MAX_SHEET_COLUMNS:
            what = text("The sheet {sheet} has more than {limit} columns, which is the limit.", sheet=title,
                        limit=MAX_SHEET_COLUMNS)  # fmt: skip
            raise UnreadableFile(what, where=self.name)
        if self._cells > MAX_CELLS:
            what = text("The workbook has more than {limit} cells, which is the limit.", limit=f"{MAX_CELLS:,}")
            hint = text("Delete what stands far to the right or below of the table, or send the sheets one by one.")
            raise UnreadableFile(what, where=f"{self.name}, sheet {title}", hint=hint)

    def text(self, title: str, length: int) -> None:
        """Count the characters of a cell.

        Raises:
            UnreadableFile: all cells together have too many.
        """
        self._text += length
        if self._text > MAX_CELL_TEXT:
            what = text("The cells say more than {limit} MB of text, which is the limit.", limit=MAX_CELL_TEXT // MB)
            raise UnreadableFile(what, where=f"{self.name}, sheet {title}", hint=text("Send it in parts."))
