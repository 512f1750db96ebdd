"""What our template says about itself when it comes back, and what of its rows was filled.

The workbook has a hidden sheet for it, the table in CSV a first line (`metadata.derive.template_csv`). A row
in which only prefilled cells are filled is no observation. From layout 2 on, the cells of a workbook hold codes with
their names (`F · Female`): the code is what is read, and a code alone is one too.
What comes in a template adds and revises (the action Merge of SDMX): what it does not show stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from metadata.derive.template_plan import SEPARATOR, TEMPLATE_SHEET
from pipelines.read.message import PLACE_COLUMNS, Header, StructureRef

OF_CHECK = "sdg check"
"""Stands in the first row of the sheet of findings that `sdg check` adds to a workbook: it is not the office's."""
WITHOUT_NAMES = ("obs_value", "comment_obs", "comment_ts", "source_detail")
"""Columns whose texts are the office's own, and are never cut."""


def mark_of(cells: Sequence[str]) -> dict[str, str]:
    """Return what the first line of a template in CSV says; nothing for another line."""
    if not cells or cells[0].strip() != TEMPLATE_SHEET:
        return {}
    return {name.strip(): said.strip() for name, _, said in (cell.partition("=") for cell in cells[1:]) if said.strip()}


def headed(header: Header, said: Mapping[str, str]) -> Header:
    """Return a header with what the template says; unchanged for nothing."""
    if not said:
        return header
    return replace(
        header,
        sender=said.get("provider"),
        structure=StructureRef.parse(said.get("structure", "")),
        template_version=said.get("version"),
        dataset_actions=("Merge",),
        template_indicators=tuple(said.get("indicators", "").split()),
    )


def from_template(frame: pl.DataFrame, said: Mapping[str, str]) -> pl.DataFrame:
    """Return what was filled in a template: its rows, with codes alone, as a merge; unchanged without a template.

    A template asks for new values and shows the last ones only, so it never stands for all that the office has
    reported: its rows add and revise, whatever the provider's other files replace.
    """
    if not said:
        return frame
    return _codes_alone(_filled(frame, said)).with_columns(pl.lit("Merge").alias("_action"))


def _filled(frame: pl.DataFrame, said: Mapping[str, str]) -> pl.DataFrame:
    prefilled = set(said.get("prefilled", "").lower().split())
    typed = [column for column in frame.columns if column not in prefilled and column not in PLACE_COLUMNS]
    return frame.filter(pl.any_horizontal(pl.col(typed).is_not_null())) if prefilled and typed else frame


def _codes_alone(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with `F` for `F · Female`."""
    coded = [
        name for name, kind in frame.schema.items()
        if kind == pl.String and name not in PLACE_COLUMNS and name not in WITHOUT_NAMES
    ]  # fmt: skip
    sign = SEPARATOR.strip()
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(SEPARATOR, literal=True))
        .then(pl.col(name).str.split(sign).list.first().str.strip_chars())
        .otherwise(pl.col(name)).alias(name)
        for name in coded
    )  # fmt: skip
