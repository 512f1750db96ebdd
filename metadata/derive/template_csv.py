"""The template as a table in CSV: the component ids as headings, everything that is fixed filled already.

The first line is no observation: `_template` and what the hidden sheet of the workbook says, as `name=text`. The reader
knows the template by it, and passes over rows without period and value. UTF-8 with byte order mark, so that a
spreadsheet takes it for UTF-8; commas, CRLF (RFC 4180). Values are exact: they are the office's own,
and come back to be read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.derive.template_plan import (
    LAYOUT,
    TEMPLATE_SHEET,
    Plan,
    Request,
    series_by_sheet,
    template_version,
)

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.load import Catalogue
    from metadata.structure import Structure


def write_template_csv(
    path: Path,
    request: Request,
    catalogue: Catalogue,
    structure: Structure,
    areas_table: Areas,
    *,
    previous: Iterable[Mapping[str, object]] | None = None,
) -> None:
    """Write the table; arguments and errors are those of `metadata.derive.template.write_template`."""
    from metadata.whole import save_text

    plan = Plan(structure, areas_table, request, series_by_sheet(catalogue, request.indicators))
    mark = {
        "layout": LAYOUT, "version": template_version(catalogue, request.indicators), "provider": request.provider_id,
        "structure": structure.version_label, "indicators": " ".join(request.indicators),
        "prefilled": " ".join(plan.prefilled),
    }  # fmt: skip
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([TEMPLATE_SHEET, *(f"{name}={said}" for name, said in mark.items())])
    writer.writerow(component.id for component in structure.components)
    rows = list(previous or ())
    for number, series in plan.series.items():
        for values in (*plan.reported(number, rows), *(row for one in series for row in plan.rows(one))):
            writer.writerow(values.get(component.id, "") for component in structure.components)
    save_text(path, out.getvalue(), what="template", encoding="utf-8-sig")
