"""Values beside those of others: of areas in the same region, and of the agencies. Pure: frames in, findings out.

`check_neighbours` looks at rows that may be loaded and at what is published; who reads the published warehouse is
`pipelines.beside`. All it finds informs: no row is kept back, because a country may be unlike its neighbours.

A value is compared with its region only where sizes of countries do not matter: percentages and indices, figures per
head and other ratios. Ratios are compared by their logarithm, so that ten times as much and a tenth are equally far.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import polars as pl

from metadata.findings import EXAMPLES_KEPT, Example
from metadata.rules import finding
from metadata.words import Text, listed, text
from pipelines.checks.figures import FIGURE, in_figures, key_columns
from pipelines.checks.waivers import spoken

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.findings import Finding, Severity
    from metadata.load import Catalogue
    from metadata.model_series import Series
    from metadata.structure import Structure
    from pipelines.checks.waivers import Terms

RULES = ("NEIGHBOUR-OUTLIER", "ESTIMATE-BESIDE", "ESTIMATE-SAME")
DEVIATIONS = 6.0
"""Robust deviations (1.4826 × MAD) beyond which a value is far from its region, where the series does not say
otherwise. Our proposal; what it gives on published data stands in the rule's evidence."""
FEWEST_NEIGHBOURS = 5
"""So many other areas of the region must have a value of the same series, breakdown and period."""
SMALLEST_SPREAD = 0.1
"""Of a logarithm (1 on a plain scale): neighbours that are all alike do not make a small difference far."""
DIFFERS = 0.005
"""Relative: what is nearer to the agency's value is the same but for rounding."""
SAME_DIGITS = 4
"""Values with fewer digits may agree by themselves."""
FEWEST_SAME = 3
SHOWN = 2
_REGIONAL = ("weighted_mean", "ratio_of_sums")
_SCALES = ("percent", "index")
_TO_NORMAL = 1.4826


def check_neighbours(
    frame: pl.DataFrame,
    published: pl.DataFrame,
    areas: Areas,
    catalogue: Catalogue,
    structure: Structure,
    terms: Terms,
) -> list[Finding]:
    """Return what is to be said about rows beside those of others.

    Args:
        frame: rows that may be loaded: `_i`, the dimensions and `time_period` (String), `obs_value_text`, `_figure`
            (`pipelines.checks.figures.in_declared_unit`), `source_sheet`, `source_row`, `source_line`.
        published: current rows of single areas by all providers: the same key columns, `_figure`, `provider`.
        areas: regions and names.
        catalogue: which series may be compared with their region, and how far is far.
        structure: names the dimensions.
        terms: severities of single series, and the provider's waivers.
    """
    rows = frame.filter(pl.col(FIGURE).is_not_null())
    agency = published.filter((pl.col("reporting_type") == "G") & pl.col(FIGURE).is_not_null())
    found = [*_far(rows, agency, areas, catalogue, structure, terms)]
    return [*found, *_estimates(rows, agency, areas, structure, terms)]


def series_judged(frame: pl.DataFrame, catalogue: Catalogue) -> set[str]:
    """Return the series of a frame about which `check_neighbours` may say anything; texts as String or Categorical."""
    national = frame.filter(pl.col("reporting_type").cast(pl.String) == "N")["series"].unique().cast(pl.String)
    return {code for code, one in catalogue.series.items() if _scale(one)} | set(national)


def outliers(
    rows: pl.DataFrame, agency: pl.DataFrame, areas: Areas, catalogue: Catalogue, structure: Structure
) -> pl.DataFrame:
    """Return rows that are far from their region, with `_middle` (its median) and `_region`; see `check_neighbours`."""
    scale = {code: kind for code, series in catalogue.series.items() if (kind := _scale(series))}
    region = _regions(areas)
    ours = rows.filter(pl.col("series").is_in(list(scale)) & pl.col("ref_area").is_in(list(region)))
    if ours.is_empty():
        return ours.with_columns(pl.lit(None, pl.Float64).alias("_middle"), pl.lit(None, pl.String).alias("_region"))
    key = key_columns(structure, "REF_AREA", "REPORTING_TYPE")
    both = pl.concat([ours.select(*key, "ref_area", FIGURE), agency.select(*key, "ref_area", FIGURE)])
    # an area counts once, with the delivery's value where it has one
    both = both.filter(pl.col("series").is_in(list(scale)) & pl.col("ref_area").is_in(list(region))).unique(
        [*key, "ref_area"], keep="first", maintain_order=True
    )
    group = [*key, "_region"]
    placed = _on_scale(both, scale).with_columns(pl.col("ref_area").replace_strict(region).alias("_region"))
    placed = placed.filter(pl.col("_at").is_finite())
    middle = placed.group_by(group).agg(
        pl.col("_at").median().alias("_median"), pl.col(FIGURE).median().alias("_middle"), pl.len().alias("_areas")
    )
    spread = placed.join(middle, on=group).with_columns((pl.col("_at") - pl.col("_median")).abs().alias("_off"))
    spread = spread.group_by(group).agg(pl.col("_off").median().alias("_mad"))
    limits = {
        code: setting.threshold
        for code, series in catalogue.series.items()
        for setting in series.rules
        if setting.rule == "NEIGHBOUR-OUTLIER" and setting.threshold is not None
    }
    least = pl.when(pl.col("series").replace_strict(scale) == "log").then(SMALLEST_SPREAD).otherwise(1.0)
    told = (
        _on_scale(ours, scale)
        .with_columns(pl.col("ref_area").replace_strict(region).alias("_region"))
        .join(middle, on=group, how="left", maintain_order="left")
        .join(spread, on=group, how="left", maintain_order="left")
    )
    far = pl.max_horizontal(pl.col("_mad") * _TO_NORMAL, least) * pl.col("series").replace_strict(
        limits, default=DEVIATIONS, return_dtype=pl.Float64
    )
    return told.filter(
        (pl.col("_areas") > FEWEST_NEIGHBOURS) & ((pl.col("_at") - pl.col("_median")).abs() > far)
    ).drop("_at", "_median", "_areas", "_mad")


def _scale(series: Series) -> str | None:
    """Return how values of a series are compared between areas: `plain`, `log`, or not at all."""
    if series.value.type in _SCALES:
        return "plain"
    rule = series.aggregation.rule if series.aggregation else None
    return "log" if rule in _REGIONAL and series.value.type == "number" else None


def _on_scale(rows: pl.DataFrame, scale: Mapping[str, str]) -> pl.DataFrame:
    """Return the rows with `_at`, the figure or its logarithm; a figure of 0 or less has none."""
    is_log = pl.col("series").replace_strict(scale) == "log"
    positive = pl.when(pl.col(FIGURE) > 0).then(pl.col(FIGURE)).log()
    return rows.with_columns(pl.when(is_log).then(positive).otherwise(FIGURE).alias("_at"))


def _regions(areas: Areas) -> dict[str, str]:
    """Return the SDG region right above each country."""
    return {edge.child: edge.parent for edge in areas.tree if edge.scheme == "SDG" and areas.is_country(edge.child)}


def _far(
    rows: pl.DataFrame,
    agency: pl.DataFrame,
    areas: Areas,
    catalogue: Catalogue,
    structure: Structure,
    terms: Terms,
) -> Iterator[Finding]:
    def worded(part: pl.DataFrame, severity: Severity | None) -> Finding:
        shown = (
            text(
                "{area} {period}: {value}, median of {region} {middle}",
                area=_name(row["ref_area"], areas), period=row["time_period"], value=in_figures(row[FIGURE]),
                region=_name(row["_region"], areas), middle=in_figures(row["_middle"]),
            )
            for row in part.head(SHOWN).iter_rows(named=True)
        )
        return finding(
            "NEIGHBOUR-OUTLIER",
            places=part.height,
            examples=examples_of(part, structure, "_middle"),
            severity=severity,
            series=part["series"][0],
            names=listed(shown, "comma"),
        )

    for (code,), part in outliers(rows, agency, areas, catalogue, structure).group_by("series", maintain_order=True):
        yield from spoken(terms, "NEIGHBOUR-OUTLIER", part, worded, series=str(code))


def _estimates(
    rows: pl.DataFrame, agency: pl.DataFrame, areas: Areas, structure: Structure, terms: Terms
) -> Iterator[Finding]:
    """Yield national values beside the agency's, a finding a series and kind."""
    key = key_columns(structure, "REPORTING_TYPE")
    national = rows.filter(pl.col("reporting_type") == "N")
    theirs = agency.select(*key, pl.col(FIGURE).alias("_theirs")).unique(key, keep="first", maintain_order=True)
    pairs = national.join(theirs, on=key, how="inner", maintain_order="left")
    larger = pl.max_horizontal(pl.col(FIGURE).abs(), pl.col("_theirs").abs())
    off = (pl.col(FIGURE) - pl.col("_theirs")).abs()
    digits = pl.col("obs_value_text").str.extract(r"^\D*([\d.]+)").str.replace_all(r"\.", "").str.strip_chars("0")
    pairs = pairs.with_columns(
        (off > larger * DIFFERS).alias("_differs"),
        ((off <= larger * 1e-12) & (digits.str.len_chars() >= SAME_DIGITS)).fill_null(value=False).alias("_same"),
    )
    for (code,), part in pairs.group_by("series", maintain_order=True):
        same, differing = part.filter("_same"), part.filter("_differs")
        if same.height >= FEWEST_SAME and same.height * 2 > part.height:
            yield from _beside("ESTIMATE-SAME", str(code), same, areas, structure, terms)
        if differing.height:
            yield from _beside("ESTIMATE-BESIDE", str(code), differing, areas, structure, terms)


def _beside(
    rule: str, code: str, rows: pl.DataFrame, areas: Areas, structure: Structure, terms: Terms
) -> Iterator[Finding]:
    def worded(part: pl.DataFrame, severity: Severity | None) -> Finding:
        shown = (_pair(row, areas) for row in part.head(SHOWN).iter_rows(named=True))
        return finding(
            rule, places=part.height, examples=examples_of(part, structure, "_theirs"), severity=severity,
            series=code, names=listed(shown, "comma"),
        )  # fmt: skip

    return spoken(terms, rule, rows, worded, series=code)


def _pair(row: Mapping[str, float | str], areas: Areas) -> Text:
    ours, theirs = float(row[FIGURE]), float(row["_theirs"])
    said = {
        "area": _name(str(row["ref_area"]), areas), "period": row["time_period"],
        "ours": in_figures(ours), "theirs": in_figures(theirs),
    }  # fmt: skip
    if theirs == 0 or ours == theirs:
        return text("{area} {period}: {ours}, the agency {theirs}", **said)
    change = f"{100 * (ours / theirs - 1):+.1f}"
    return text("{area} {period}: {ours}, the agency {theirs} (difference {change} %)", **said, change=change)


def examples_of(part: pl.DataFrame, structure: Structure, expected: str | None) -> tuple[Example, ...]:
    """Return the first rows of accepted ones as examples; `expected` names the column of what was expected."""
    return tuple(
        Example(
            sheet=row["source_sheet"],
            row=row["source_row"],
            line=row["source_line"],
            column="OBS_VALUE",
            series_key=".".join(row[d.column] for d in structure.dimensions),
            time_period=row["time_period"],
            value=row["obs_value_text"],
            expected=in_figures(row[expected]) if expected else None,
        )
        for row in part.head(EXAMPLES_KEPT).iter_rows(named=True)
    )


def _name(code: str, areas: Areas) -> str:
    return areas[code].name if code in areas.areas else code
