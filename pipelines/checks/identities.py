"""Relations that must hold between values of one area and period, from the declared identities of the series.

`cases` is pure and knows nothing of deliveries: figures in, every relation that could be judged out, with whether it
holds. So it serves a delivery alone (`check_identities`), a delivery beside what is held, and the count of how often a
relation holds on published data. What a declaration may say is in `metadata.model_depth.Identity`; there is no rule
without one, and its severity is that of the declaration, which follows from how often it held.

A relation in which a row is missing, or its value, or in which a row is kept back for another reason, is not judged:
a mistake is told once, where it was made. When an identity of severity error is broken, nobody can say which of its
values is the wrong one, so all of them are kept back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import polars as pl

from metadata.words import Text, counted, figure, listed, text
from pipelines.checks.figures import FIGURE, in_figures, key_columns
from pipelines.compact import keys
from pipelines.places import ROW

if TYPE_CHECKING:
    from metadata.areas import Areas
    from metadata.load import Catalogue
    from metadata.model_depth import Identity
    from metadata.structure import Structure
    from pipelines.checks.docket import Docket

RULE_OF: Mapping[str, str] = {
    "total_of_parts": "TOTAL-PARTS", "sum_of_series": "TOTAL-PARTS", "share": "SHARE-PARTS", "at_most": "SERIES-ABOVE",
    "equals": "SERIES-UNEQUAL", "descending": "STEPS-RISING",
}
"""Kind of identity → the rule that speaks of it. `per_unit` needs what is no series; see `pipelines.checks.doubts`."""

CASES: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "series": pl.String, "identity": pl.Int32, "ref_area": pl.String, "time_period": pl.String,
    "found": pl.Float64, "wanted": pl.Float64, "holds": pl.Boolean, "rows": pl.List(pl.UInt32),
}
"""Columns of what `cases` returns: a relation that was judged.

`identity` is the place in the series' list, `found` this side and `wanted` the other, `rows` the `_i` of all rows of
the relation (null `_i` left out).
"""

SHOWN = 2
_KEY = "_key"
_ROUNDING = 1e-9
"""Relative: what adding doubles may lose; nobody's data are that exact."""

_Relation = Callable[["Identity", str, Mapping[str, pl.DataFrame], list[str]], pl.DataFrame | None]


def cases(frame: pl.DataFrame, catalogue: Catalogue, structure: Structure) -> pl.DataFrame:
    """Return every relation that can be judged in a frame of figures; see `CASES`.

    Args:
        frame: `_i` (UInt32; null for a row that is no part of the delivery), the dimensions and `time_period` (String,
            not null), `_figure` (Float64; null where it is missing or not to be trusted). A key stands once.
        catalogue: whose series declare identities.
        structure: names the dimensions.
    """
    related = _related(frame, catalogue)
    by_series = {str(code[0]): part for code, part in related.group_by("series", maintain_order=True)}
    key = key_columns(structure, "SERIES")
    found = []
    for code in by_series:
        for position, identity in enumerate(catalogue.series[code].identities):
            relation = _RELATIONS.get(identity.kind)
            judged = relation(identity, code, by_series, key) if relation else None
            if judged is not None and judged.height:
                found.append(_in_shape(judged, identity, code, position))
    return pl.concat(found) if found else pl.DataFrame(schema=CASES)


def check_identities(docket: Docket, frame: pl.DataFrame) -> None:
    """Report relations that do not hold within the delivery, a finding a series and identity.

    Args:
        docket: where the findings go.
        frame: what `pipelines.checks.figures.figures` returned.
    """
    broken = cases(frame, docket.catalogue, docket.structure).filter(~pl.col("holds"))
    for (code, position), part in broken.group_by("series", "identity", maintain_order=True):
        identity = docket.catalogue.series[str(code)].identities[int(str(position))]
        docket.report(
            RULE_OF[identity.kind],
            part["rows"].explode().unique().sort(),
            component="OBS_VALUE",
            severity=identity.severity,
            variant=variant_of(identity),
            series=str(code),
            words=lambda rows, identity=identity, part=part: words_of(  # type: ignore[misc]
                identity, having(part, rows), docket.areas
            ),
        )


def having(found: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """Return those relations in which at least one of the rows stands."""
    return found.filter(pl.col("rows").list.eval(pl.element().is_in(rows.implode())).list.any())


def variant_of(identity: Identity) -> str | None:
    """Return the wording that fits an identity; None for the rule's own."""
    if identity.kind == "sum_of_series":
        return "series"
    return identity.comparison if identity.kind == "total_of_parts" and identity.comparison != "equals" else None


def words_of(identity: Identity, broken: pl.DataFrame, areas: Areas) -> dict[str, object]:
    """Return what the sentence about some broken relations of one identity is made of.

    Args:
        identity: the identity.
        broken: its rows of `cases`.
        areas: names of areas.
    """
    count = broken.height
    return {
        "cases": counted("{count} case", "{count} cases", count),
        "names": listed((_case(row, areas) for row in broken.head(SHOWN).iter_rows(named=True)), "comma"),
        "other": listed(identity.members or ()),
        "dimension": identity.dimension or "",
        "total": identity.total or "",
        "share": _share_in_words(identity),
        "known": _known(identity),
    }


def _case(row: Mapping[str, object], areas: Areas) -> Text:
    code = str(row["ref_area"])
    name = areas[code].name if code in areas.areas else code
    return text(
        "{area} {period}: {found} against {wanted}",
        area=name, period=row["time_period"],
        found=in_figures(row["found"]), wanted=in_figures(row["wanted"]),  # type: ignore[arg-type]
    )


def _share_in_words(identity: Identity) -> str:
    """Return the right side of a share as a formula: `100 × A / B`."""
    return f"{in_figures(identity.factor)} × {identity.numerator} / {identity.denominator}" if identity.factor else ""


def _known(identity: Identity) -> Text:
    """Return how often the relation held on published data."""
    if identity.of is None:
        return text("The relation is our proposal; it was not measured on published data.")
    return text(
        "It holds in {held} of {of} published cases.", held=figure(identity.held or 0), of=figure(identity.of or 0)
    )


def _related(frame: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Return the rows of series that stand in an identity, whichever side."""
    wanted: set[str] = set()
    for code, series in catalogue.series.items():
        for identity in series.identities:
            if identity.kind in _RELATIONS:
                wanted |= {code, *others_of(identity)}
    return frame.filter(pl.col("series").is_in(sorted(wanted)))


def others_of(identity: Identity) -> tuple[str, ...]:
    """Return the other series that an identity names."""
    return tuple(code for code in (*(identity.members or ()), identity.numerator, identity.denominator) if code)


def _in_shape(judged: pl.DataFrame, identity: Identity, code: str, position: int) -> pl.DataFrame:
    return judged.with_columns(
        pl.lit(code).alias("series"),
        pl.lit(position, dtype=pl.Int32).alias("identity"),
        _holds(identity).alias("holds"),
        pl.col("rows").list.drop_nulls(),
    ).select(pl.col(column).cast(dtype) for column, dtype in CASES.items())


def _holds(identity: Identity) -> pl.Expr:
    """Return whether `found` stands to `wanted` as the identity says, within its tolerance."""
    found, wanted = pl.col("found"), pl.col("wanted")
    larger = pl.max_horizontal(found.abs(), wanted.abs())
    tolerance = identity.tolerance
    slack = pl.max_horizontal(pl.lit(tolerance.absolute), larger * tolerance.relative) + larger * _ROUNDING
    if identity.kind in ("at_most", "descending"):
        return found <= wanted + slack
    if identity.comparison != "equals":
        return found + slack >= wanted
    return (found - wanted).abs() <= slack


def _total_of_parts(
    identity: Identity, code: str, by_series: Mapping[str, pl.DataFrame], key: list[str]
) -> pl.DataFrame | None:
    """Return the code `total` of a dimension beside the sum (or the largest) of its parts."""
    column = str(identity.dimension).lower()
    parts = list(identity.parts or ())
    needed = [part for part in parts if part not in identity.may_lack]
    rows = by_series[code].filter(pl.col(column).is_in([identity.total, *parts]))
    is_part = pl.col(column) != identity.total
    all_parts = pl.col(FIGURE).filter(is_part)
    grouped = _keyed(rows, key, column).group_by(_KEY, maintain_order=True).agg(
        *_place(),
        pl.col(FIGURE).filter(~is_part).first().alias("found"),
        (all_parts.max() if identity.comparison == "at_least_each" else all_parts.sum()).alias("wanted"),
        is_part.any().alias("_some"),
        pl.col(FIGURE).is_null().any().alias("_unknown"),
        pl.col(column).filter(pl.col(column).is_in(needed)).n_unique().alias("_needed"),
        pl.col(ROW).alias("rows"),
    )
    return grouped.filter(
        pl.col("found").is_not_null() & pl.col("_some") & ~pl.col("_unknown") & (pl.col("_needed") == len(needed))
    )


def _sum_of_series(
    identity: Identity, code: str, by_series: Mapping[str, pl.DataFrame], key: list[str]
) -> pl.DataFrame | None:
    members = list(identity.members or ())
    needed = [member for member in members if member not in identity.may_lack]
    grouped = _side_by_side([code, *members], by_series, key)
    if grouped is None:
        return None
    some = pl.any_horizontal(pl.col(member).is_not_null() for member in members)
    return grouped.filter(
        pl.all_horizontal(pl.col(one).is_not_null() for one in (code, *needed)) & some & ~pl.col("_unknown")
    ).with_columns(pl.col(code).alias("found"), pl.sum_horizontal(members).alias("wanted"))


def _share(
    identity: Identity, code: str, by_series: Mapping[str, pl.DataFrame], key: list[str]
) -> pl.DataFrame | None:
    above, below = str(identity.numerator), str(identity.denominator)
    grouped = _side_by_side([code, above, below], by_series, key)
    if grouped is None:
        return None
    there = pl.all_horizontal(pl.col(one).is_not_null() for one in (code, above, below))
    return grouped.filter(there & (pl.col(below) != 0)).with_columns(
        pl.col(code).alias("found"), (pl.col(above) / pl.col(below) * identity.factor).alias("wanted")
    )


def _beside_each(
    identity: Identity, code: str, by_series: Mapping[str, pl.DataFrame], key: list[str]
) -> pl.DataFrame | None:
    """Return this series beside each member, a relation a member."""
    pairs = []
    for member in identity.members or ():
        grouped = _side_by_side([code, member], by_series, key)
        if grouped is not None:
            both = grouped.filter(pl.col(code).is_not_null() & pl.col(member).is_not_null())
            pairs.append(
                both.select(
                    "ref_area", "time_period", pl.col(code).alias("found"), pl.col(member).alias("wanted"), "rows"
                )
            )
    return pl.concat(pairs) if pairs else None


def _descending(
    identity: Identity, code: str, by_series: Mapping[str, pl.DataFrame], key: list[str]
) -> pl.DataFrame | None:
    """Return each step beside the step before it that is there."""
    column = str(identity.dimension).lower()
    order = {part: place for place, part in enumerate(identity.parts or ())}
    rows = by_series[code].filter(pl.col(column).is_in(list(order)) & pl.col(FIGURE).is_not_null())
    if rows.is_empty():
        return None
    place = pl.col(column).cast(pl.String).replace_strict(order, return_dtype=pl.Int32)
    ordered = _keyed(rows, key, column).with_columns(place.alias("_step")).sort("_step", maintain_order=True)
    steps = ordered.with_columns(
        pl.col(FIGURE).shift().over(_KEY).alias("wanted"), pl.col(ROW).shift().over(_KEY).alias("_before")
    )
    return steps.filter(pl.col("wanted").is_not_null()).select(
        "ref_area", "time_period", pl.col(FIGURE).alias("found"), "wanted", pl.concat_list("_before", ROW).alias("rows")
    )


def _side_by_side(
    codes: list[str], by_series: Mapping[str, pl.DataFrame], key: list[str]
) -> pl.DataFrame | None:
    """Return series as columns, one row an area, period and other dimensions; None when only one of them is there.

    Columns: `ref_area`, `time_period`, one Float64 a series, `_unknown` (a row is there without a value), `rows`.
    """
    there = [by_series[code] for code in codes if code in by_series]
    if codes[0] not in by_series or len(there) < 2:
        return None
    rows = pl.concat(there)
    grouped = _keyed(rows, key).group_by(_KEY, maintain_order=True).agg(
        *_place(),
        *(pl.col(FIGURE).filter(pl.col("series") == code).first().alias(code) for code in codes),
        pl.col(FIGURE).is_null().any().alias("_unknown"),
        pl.col(ROW).alias("rows"),
    )
    return grouped.filter(pl.col("rows").list.len() > 1)


def _keyed(rows: pl.DataFrame, key: list[str], without: str | None = None) -> pl.DataFrame:
    """Return the rows with a number for what a relation has in common."""
    return rows.with_columns(keys(rows, [column for column in key if column != without]).alias(_KEY))


def _place() -> Iterator[pl.Expr]:
    return (pl.col(column).first() for column in ("ref_area", "time_period"))


_RELATIONS: Mapping[str, _Relation] = {
    "total_of_parts": _total_of_parts, "sum_of_series": _sum_of_series, "share": _share, "at_most": _beside_each,
    "equals": _beside_each, "descending": _descending,
}
