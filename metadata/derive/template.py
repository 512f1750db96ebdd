"""The workbook that an office fills: one sheet an indicator, derived from the declarations.

Row 1 of a data sheet is for people, in the office's language; row 2 has the component ids that the reader looks for.
Below stand the values reported last, for revision, and then rows prefilled with everything that is fixed: series, area,
breakdown, unit. The office types period and value, and copies a row for a further period. Rows in which only
prefilled cells are filled are no observations; the hidden sheet `_template` says which columns these are, and from
which version of the declarations the workbook was made. Headings and units are locked, without a password.

What is asked for is in `metadata.derive.template_plan`, the sheets in `template_sheets`, the texts in
`template_texts`, the form in CSV in `template_csv`. Reading it back is `pipelines.read.workbook`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from openpyxl import Workbook

from metadata.derive.template_plan import LAYOUT, Plan, Request, series_by_sheet, series_of, template_version
from metadata.derive.template_sheets import Readme, write_codes, write_hidden, write_indicator, write_readme
from metadata.whole import save_workbook

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.load import Catalogue
    from metadata.model_series import Series
    from metadata.structure import Structure


def write_template(
    path: Path,
    request: Request,
    catalogue: Catalogue,
    structure: Structure,
    areas_table: Areas,
    *,
    previous: Iterable[Mapping[str, object]] | None = None,
) -> None:
    """Write the workbook; the file appears whole or not at all.

    Args:
        path: the workbook to write, `.xlsx`.
        request: for whom, for which indicators, in which language.
        catalogue: the declarations.
        structure: the components and their code lists.
        areas_table: the names of areas.
        previous: observations to put in for revision, by column (`frame.iter_rows(named=True)`); their value
            is `obs_value_text` where there is one.

    Raises:
        ConfigurationError: an indicator or area is not known.
        SdgError: the folder is not there, or a text cannot stand in a workbook.
        StorageFull: the file cannot be written.
    """
    sheets = series_by_sheet(catalogue, request.indicators)
    plan = Plan(structure, areas_table, request, sheets)
    version = template_version(catalogue, request.indicators)
    book = Workbook()
    readme = book.worksheets[0]
    lists = write_codes(book, plan)
    codes_sheet = book.worksheets[-1]
    rows = list(previous or ())
    for number in plan.series:
        write_indicator(book, number, plan, lists, rows)
    book.move_sheet(codes_sheet, offset=len(plan.series))
    language = request.language
    titles = {number: _title(catalogue, number, language) for number in request.indicators}
    said = Readme(
        f"{request.provider_name} ({request.provider_id})", str(version), titles, _shared(catalogue, request, sheets),
        previous=bool(rows), language=language,
    )  # fmt: skip
    write_readme(readme, said)
    write_hidden(book, {
        "layout": LAYOUT, "version": str(version), "provider": request.provider_id,
        "structure": structure.version_label, "indicators": " ".join(request.indicators),
        "prefilled": " ".join(plan.prefilled), "language": language,
    })
    save_workbook(path, book, what="template")


def _title(catalogue: Catalogue, number: str, language: str) -> str:
    titles = catalogue.indicators[number].titles
    return titles.get(language) or titles["en"]


def _shared(catalogue: Catalogue, request: Request, sheets: Mapping[str, list[Series]]) -> dict[str, str]:
    """Return, of each indicator with series in other sheets, which sheets these are."""
    sheet_of = {series.code: number for number, group in sheets.items() for series in group}
    found = {}
    for number in request.indicators:
        others = {sheet_of[series.code] for series in series_of(catalogue, number)} - {number}
        if others:
            found[number] = ", ".join(sorted(others))
    return found
