"""Values that are what they should be in form, and something else in fact.

A total under a series per head, percentages under a series of amounts, and values that an office did not make but took
from a global database. What is compared stands in the declarations: `per_unit` identities say which total belongs to
which figure per head, the unit says whether percentages may stand there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import polars as pl

from metadata.words import Text, counted, listed, text
from pipelines.checks.docket import Docket, groups
from pipelines.checks.figures import FIGURE, in_figures, key_columns
from pipelines.checks.identities import having
from pipelines.compact import distinct, keys
from pipelines.compact import having as having_texts
from pipelines.places import ROW

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.model_depth import Identity
    from metadata.structure import Structure

SHOWN = 2
_KEY = "_key"
SMALLEST, LARGEST = 30.0, 12e9
"""Least and largest number of people that any area has had or will have in our time (Pitcairn has about 40)."""
_SAME = 1e-6

_PERCENT = frozenset({"percent", "index", "binary"})
_HUNDRED = 100.0
_ROUNDED = 0.31
"""How far percentages that were rounded to one decimal may be from 100 together, with up to six of them."""
_FEWEST_PARTS = 3

_NATURES: Final = {
    "E": text("estimated by an agency"), "M": text("modelled by an agency"), "G": text("global monitoring data"),
}
"""Codes of CL_NATURE that a value made by the country does not have (SDMX-SDGs guidelines, NATURE)."""

GLOBAL_SOURCES: Final = (
    r"(?i)\b(UNSD|UN ?data|unstats|SDG global database|global SDG (indicators? )?database|SDG indicators? database|"
    r"UN(ited Nations)? (global )?SDG database|World Bank|World Development Indicators|FAOSTAT|UNEP (live|WESR)|"
    r"WESR|Our World in Data|global material flows? database)\b"
)
"""Databases of agencies, as an office's SOURCE_DETAIL names them when it passes on what it found there."""


def check_figures_per_head(docket: Docket, frame: pl.DataFrame) -> None:
    """Report figures per head that are the total itself, or imply a population that no area has.

    Args:
        docket: where the findings go.
        frame: what `pipelines.checks.figures.figures` returned.
    """
    present = set(distinct(frame, "series"))
    for code in (code for code in docket.catalogue.series if code in present):
        for identity in docket.catalogue.series[code].identities:
            if identity.kind == "per_unit" and identity.numerator in present:
                both = frame.filter(pl.col("series").is_in([code, identity.numerator]))
                pairs = implied(both, code, identity, docket.structure)
                _report_per_head(docket, pairs.filter("same"), code, identity, None)
                if identity.per == "population":
                    _report_per_head(docket, pairs.filter("few"), code, identity, "few")


def implied(frame: pl.DataFrame, code: str, identity: Identity, structure: Structure) -> pl.DataFrame:
    """Return each figure per head beside its total: what it is divided by, and whether that can be.

    Columns: `ref_area`, `time_period`, `found` (per head), `total`, `quantity` (total × factor / found; people or
    US dollars), `same` (one is the other), `few` (no population is that small or large), `rows`.

    Args:
        frame: figures of the two series.
        code: the series per head.
        identity: of kind `per_unit`.
        structure: names the dimensions.
    """
    key = keys(frame, key_columns(structure, "SERIES")).alias(_KEY)
    pairs = frame.with_columns(key).group_by(_KEY, maintain_order=True).agg(
        pl.col("ref_area").first(),
        pl.col("time_period").first(),
        pl.col(FIGURE).filter(pl.col("series") == code).first().alias("found"),
        pl.col(FIGURE).filter(pl.col("series") != code).first().alias("total"),
        pl.col(ROW).alias("rows"),
    ).filter((pl.col("found") > 0) & (pl.col("total") > 0))
    quantity = pl.col("total") * identity.factor / pl.col("found")
    same = (pl.col("found") / pl.col("total") - 1).abs() < _SAME
    return pairs.with_columns(quantity.alias("quantity"), same.alias("same")).with_columns(
        (~pl.col("same") & ((pl.col("quantity") < SMALLEST) | (pl.col("quantity") > LARGEST))).alias("few")
    )


def _report_per_head(
    docket: Docket, found: pl.DataFrame, code: str, identity: Identity, variant: str | None
) -> None:
    if found.is_empty():
        return

    def words(rows: pl.Series) -> dict[str, object]:
        mine = having(found, rows)
        return {
            "cases": counted("{count} case", "{count} cases", mine.height),
            "names": listed((_per_head(row, docket.areas) for row in mine.head(SHOWN).iter_rows(named=True)), "comma"),
        }

    docket.report(
        "PER-CAPITA-TOTAL",
        found["rows"].explode().sort(),
        component="OBS_VALUE",
        variant=variant,
        series=code,
        other=identity.numerator,
        words=words,
    )


def _per_head(row: dict[str, float | str], areas: Areas) -> Text:
    code = str(row["ref_area"])
    return text(
        "{area} {period}: {found}, total {total}",
        area=areas[code].name if code in areas.areas else code,
        period=row["time_period"],
        found=in_figures(float(row["found"])),
        total=in_figures(float(row["total"])),
    )


def check_hundreds(docket: Docket, frame: pl.DataFrame) -> None:
    """Report codes of a dimension that add up to 100 under a series that is not measured in per cent.

    Args:
        docket: where the findings go.
        frame: what `pipelines.checks.figures.figures` returned.
    """
    amounts = [
        code for code, series in docket.catalogue.series.items()
        if series.value.type not in _PERCENT and "PT" not in series.unit_measure
    ]  # fmt: skip
    rows = frame.filter(pl.col("series").is_in(amounts) & pl.col(FIGURE).is_not_null())
    dimensions = [
        d.column for d in docket.structure.dimensions if d.id not in ("FREQ", "REPORTING_TYPE", "REF_AREA", "SERIES")
    ]
    for column in dimensions:
        if len(distinct(rows, column)) < _FEWEST_PARTS:
            continue
        parts = rows.filter(pl.col(column) != "_T")
        if parts.height >= _FEWEST_PARTS:
            _report_hundreds(docket, _hundreds(parts, column, key_columns(docket.structure, column.upper())), column)


def _hundreds(parts: pl.DataFrame, column: str, key: list[str]) -> pl.DataFrame:
    """Return the sets that add up to 100, where those are most of a series' sets of an area, and two at least.

    One set may do so by chance. A set of three codes or more, none of which is 100 by itself.
    """
    sums = parts.with_columns(keys(parts, key).alias(_KEY)).group_by(_KEY, maintain_order=True).agg(
        pl.col("series", "ref_area", "time_period").first(),
        pl.col(FIGURE).sum().alias("found"),
        pl.col(FIGURE).max().alias("_largest"),
        pl.col(column).n_unique().alias("_parts"),
        pl.col(ROW).alias("rows"),
    ).filter(pl.col("_parts") >= _FEWEST_PARTS)
    is_hundred = ((pl.col("found") - _HUNDRED).abs() <= _ROUNDED) & (pl.col("_largest") < _HUNDRED)
    of_area = ["series", "ref_area"]
    counted_sums = sums.with_columns(is_hundred.alias("_is")).with_columns(
        pl.col("_is").sum().over(of_area).alias("_hundreds"), pl.len().over(of_area).alias("_sets")
    )
    return counted_sums.filter(
        pl.col("_is") & (pl.col("_hundreds") >= 2) & (pl.col("_hundreds") * 2 > pl.col("_sets"))
    )


def _report_hundreds(docket: Docket, found: pl.DataFrame, column: str) -> None:
    for (code,), part in found.group_by("series", maintain_order=True):
        units = docket.catalogue.series[str(code)].unit_measure

        def words(rows: pl.Series, part: pl.DataFrame = part) -> dict[str, object]:
            mine = having(part, rows)
            first = mine.head(SHOWN).iter_rows(named=True)
            return {
                "cases": counted("{count} case", "{count} cases", mine.height),
                "names": listed((_of_area(row, docket.areas) for row in first), "comma"),
            }

        docket.report(
            "PARTS-OF-HUNDRED",
            part["rows"].explode().sort(),
            component="OBS_VALUE",
            series=str(code),
            unit=units[0] if units else text("no unit that is known"),
            dimension=column.upper(),
            words=words,
        )


def _of_area(row: dict[str, object], areas: Areas) -> Text:
    code = str(row["ref_area"])
    return text(
        "{area} {period}", area=areas[code].name if code in areas.areas else code, period=row["time_period"]
    )


def check_origin(docket: Docket) -> None:
    """Report values of an office that are marked, or described, as an agency's: they would come back in a circle."""
    if docket.provider is None or docket.provider.kind != "office":
        return
    hung = docket.hung()
    shown = ("source_detail", "comment_obs", "comment_ts")
    rows = docket.rows.select(ROW, "nature", *shown)
    rows = rows.filter(~pl.col(ROW).is_in(hung.implode())) if len(hung) else rows
    for group, places in groups(having_texts(rows, "nature", list(_NATURES)), ["nature"]):
        docket.report(
            "NATURE-NOT-NATIONAL",
            places,
            component="NATURE",
            expected=text("C or CA"),
            value=group["nature"],
            meaning=_NATURES[group["nature"]],
        )
    for column in shown:
        telling = [value for value in distinct(rows, column) if re.search(GLOBAL_SOURCES, value)]
        named = having_texts(rows, column, telling)
        for value, places in _sources(named, column):
            docket.report("SOURCE-GLOBAL", places, component=column.upper(), value=value)


def _sources(rows: pl.DataFrame, column: str) -> Iterator[tuple[str, pl.Series]]:
    """Yield the first text that names a global database, shortened, with all rows that do."""
    if rows.height:
        whole = re.sub(r"\s+", " ", str(rows[column][0])).strip()
        yield (whole if len(whole) <= 80 else f"{whole[:79]}…"), rows[ROW]
