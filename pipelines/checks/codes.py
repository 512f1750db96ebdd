"""Codes of rows in scope, after mapping, against the global structure and the declaration of the series.

Known code first, then allowed code; a row whose code is unknown is not also told that it is not allowed. Code
lists are sets in Polars expressions, from the same specs as the pandera schemas.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

from metadata.structure import nearest
from metadata.words import Text, listed, text
from pipelines.checks.docket import Docket, groups
from pipelines.compact import distinct, having, one_of
from pipelines.places import ROW, named

if TYPE_CHECKING:
    from metadata.model_series import Series
    from metadata.structure import Component

MANY = 20
"""More unknown codes than this in one column are one cause: the column holds something else."""

WHOLE = 3
"""So many unknown codes, and no other in the whole column, are one cause, too."""

SHOWN = 3
"""Of so many wrong values of a column the hint says what each should be."""

FEW = 8
"""Lists up to this length are named whole in a hint."""

API_CODES: dict[str, dict[str, str]] = {
    "UNIT_MEASURE": {
        "PERCENT": "PT", "TONNES": "T", "INDEX": "IX", "CU_USD": "USD",
        "CU_USD_B": text("{code} with UNIT_MULT {mult}", code="USD", mult="9"),
        "MT_CO2E": text("{code} with UNIT_MULT {mult}", code="TCO2E", mult="6"),
    },
    "PRODUCT": {
        "ALP": "_T", "BIM": "MF1", "CRO": "MF11", "WOD": "MF13", "MEO": "MF2", "FEO": "MF21", "NFO": "MF22",
        "NMM": "MF3", "FOF": "MF4", "COL": "MF41", "PET": "MF421", "GAS": "MF422",
    },
    "SEX": {"BOTHSEX": "_T", "MALE": "M", "FEMALE": "F"},
    "AGE": {"ALLAGE": "_T"},
    "URBANISATION": {"ALLAREA": "_T", "URBAN": "U", "RURAL": "R"},
    "NATURE": {"NA": "_X"},
}
"""Codes of the UN data API and portal that are taken for SDMX codes → what they are in SDMX."""

NOT_BREAKDOWNS = frozenset({"FREQ", "REPORTING_TYPE", "SERIES", "REF_AREA"})
TOTAL = "_T"


def check_codes(docket: Docket) -> None:
    """Keep back rows with codes that are unknown, not the provider's, or not used by their series."""
    structure = docket.structure
    unknown: dict[str, list[str]] = {}
    for component in structure.components:
        codelist = structure.codelist(component.id) if component.codelist else None
        if codelist is None or component.id == "SERIES":
            continue
        column = component.column
        unknown[component.id] = [code for code in distinct(docket.rows, column) if code not in codelist.codes]
        report_unknown(docket, having(docket.rows.select(ROW, column), column, unknown[component.id]), component.id)
    _check_area(docket, unknown["REF_AREA"])
    _check_reporting_type(docket, unknown["REPORTING_TYPE"])
    dimensions = [d for d in structure.dimensions if d.id not in ("SERIES", "REF_AREA", "REPORTING_TYPE")]
    used = docket.rows.select("series", *(d.column for d in dimensions)).unique()
    for component in dimensions:
        _check_allowed(docket, component, used, unknown[component.id])


def report_unknown(docket: Docket, rows: pl.DataFrame, component: str) -> None:
    """Report codes that the list of a component does not have: a finding a code, or one for the column."""
    if rows.is_empty():
        return
    column = component.lower()
    known = _known(docket, component)
    name = (docket.structure.component(component).codelist or component).partition(":")[2]
    values = rows[column].n_unique()
    if WHOLE <= values <= MANY and rows.height == docket.rows[column].count():
        first = rows[column].unique(maintain_order=True).head(SHOWN).to_list()
        each = [
            text('"{value}": {said}', value=value, said=_sentence(_mending(docket, component, value, known, name)[1]))
            for value in first
        ]
        docket.report(
            "CODE-UNKNOWN",
            rows[ROW],
            component=component,
            expected=text("a code of {codelist}", codelist=name),
            variant="column",
            count=values,
            codelist=name,
            names=named(rows[column]),
            suggestion=reduce(lambda one, other: text("{one} {other}", one=one, other=other), each),
        )
        return
    if values > MANY:
        docket.report(
            "CODE-UNKNOWN",
            rows[ROW],
            component=component,
            expected=text("a code of {codelist}", codelist=name),
            variant="many",
            count=values,
            codelist=name,
            names=named(rows[column]),
            suggestion=_sentence(_any_of(known, name)),
        )
        return
    for group, places in groups(rows, [column]):
        value = group[column]
        variant, suggestion = _mending(docket, component, value, known, name)
        docket.report(
            "CODE-UNKNOWN",
            places,
            component=component,
            expected=suggestion,
            variant=variant,
            value=value,
            codelist=name,
            suggestion=_sentence(suggestion),
        )


def _mending(
    docket: Docket, component: str, value: str, known: Sequence[str], name: str
) -> tuple[str | None, Text]:
    """Return the wording for one unknown code, and what to use in its place, without full stop."""
    api = API_CODES.get(component, {}).get(value.strip().upper())
    suggestion = text("Use {code}", code=api) if api else _suggest(value, known, name)
    return _suggest_area(docket, value, suggestion) if component == "REF_AREA" else (None, suggestion)


def _known(docket: Docket, component: str) -> list[str]:
    if component == "SERIES":
        return list(docket.catalogue.series)
    codelist = docket.structure.codelist(component)
    return list(codelist.codes) if codelist else []


def _sentence(suggestion: Text) -> Text:
    """Return a suggestion with its full stop; a question has its own mark."""
    return suggestion if suggestion.endswith("?") else text("{said}.", said=suggestion)


def _suggest(value: str, known: Sequence[str], name: str) -> Text:
    """Return what to do about an unknown code: another spelling, the nearest codes, or what the list has."""
    bare = value.strip().upper()
    if bare in known:
        return text("Use {code}", code=bare)
    if len(known) <= FEW:
        return _any_of(known, name)
    initial = [code for code in known if len(bare) > 1 and code == bare[0]]
    near = initial or nearest(value, known)
    if near:
        return text("Did you mean {codes}?", codes=listed(near, "or"))
    return text("Use a code of {codelist}", codelist=name)


def _any_of(known: Sequence[str], name: str) -> Text:
    if len(known) <= FEW:
        return text("Use {code}", code=listed(known, "or"))
    return text("Use codes of {codelist}", codelist=name)


def _suggest_area(docket: Docket, value: str, suggestion: Text) -> tuple[str | None, Text]:
    """Return the wording and what to do for an area: letters are a national spelling, zeros are padding."""
    areas = docket.areas
    bare = value.strip().upper()
    if bare.lstrip("0") in areas.areas:
        return None, text("Use {code}, without padding", code=bare.lstrip("0"))
    area = areas.by_iso2.get(bare) or areas.by_iso3.get(bare)
    if area is None:
        by_name = {area.name.casefold(): area for area in areas.areas.values()}
        area = by_name.get(value.strip().casefold())
    if area is None and not bare.isalpha():
        return None, suggestion
    meant = (
        text("Use {code} for {name}", code=area.m49, name=area.name)
        if area
        else text("Use the M49 number of the area")
    )
    if docket.provider is None:
        return "national", text(
            "{said}, or name the provider (--provider), whose code map knows its codes", said=meant
        )
    return "national", text("{said}, or add the code to the provider's code map", said=meant)


def _check_area(docket: Docket, unknown: list[str]) -> None:
    """An office reports for its own areas only."""
    provider = docket.provider
    if provider is None or provider.areas == "all":
        return
    passed = {*provider.areas, *unknown}
    others = [code for code in distinct(docket.rows, "ref_area") if code not in passed]
    foreign = having(docket.rows.select(ROW, "ref_area"), "ref_area", others)
    own = listed((f"{code} ({docket.areas[code].name})" for code in provider.areas), "comma")
    for group, rows in groups(foreign, ["ref_area"]):
        code = group["ref_area"]
        docket.report(
            "AREA-NOT-PROVIDERS",
            rows,
            component="REF_AREA",
            expected=listed(provider.areas, "or"),
            value=code,
            name=docket.areas[code].name if code in docket.areas.areas else text("an area without a name here"),
            provider=provider.id,
            areas=own,
        )


def _check_reporting_type(docket: Docket, unknown: list[str]) -> None:
    """An office's rows are national; what its map did not turn into N is kept back."""
    if docket.provider is None or docket.provider.kind != "office":
        return
    passed = {"N", *unknown}
    others = [code for code in distinct(docket.rows, "reporting_type") if code not in passed]
    wrong = having(docket.rows.select(ROW, "reporting_type"), "reporting_type", others)
    for group, rows in groups(wrong, ["reporting_type"]):
        docket.report(
            "REPORTING-TYPE",
            rows,
            component="REPORTING_TYPE",
            expected="N",
            severity="error",
            variant="refused",
            value=group["reporting_type"],
        )


def _check_allowed(docket: Docket, component: Component, used: pl.DataFrame, unknown: list[str]) -> None:
    """Enforce the codes that a declaration names; tell of breakdowns that it does not mention.

    Args:
        docket: whose rows are checked.
        component: the dimension.
        used: the combinations of series and codes that occur.
        unknown: codes that are not judged again.
    """
    column = component.column
    known = docket.rows.select(ROW, "series", column)
    refused, unmentioned = [], []
    known_pairs = used.select("series", column).unique().filter(~one_of(column, unknown)).drop_nulls()
    for series, code in known_pairs.iter_rows():
        declared = docket.catalogue.series[series]
        allowed = _allowed(declared, component.id)
        if allowed is not None and code not in allowed:
            refused.append((series, code))
        elif allowed is None and code != TOTAL and not _open(declared, component.id):
            unmentioned.append((series, code))
    for group, places in groups(with_pairs(known, column, refused), ["series", column]):
        allowed = _allowed(docket.catalogue.series[group["series"]], component.id) or ()
        shown = listed(allowed, "or")
        if len(allowed) > FEW:
            shown = text("one of {codes} …", codes=listed(allowed[:FEW], "comma"))
        docket.report(
            "CODE-NOT-ALLOWED",
            places,
            component=component.id,
            expected=shown,
            value=group[column],
            codelist=(component.codelist or "").partition(":")[2],
            series=group["series"],
            allowed=shown,
        )
    new = with_pairs(known, column, unmentioned)
    for group, places in groups(new, ["series"]):
        names = named(new.filter(pl.col("series") == group["series"])[column])
        docket.report(
            "BREAKDOWN-NOT-DECLARED", places, component=component.id, series=group["series"], names=names
        )


def with_pairs(rows: pl.DataFrame, column: str, pairs: list[tuple[str, str]]) -> pl.DataFrame:
    """Return the rows with one of the (series, code) pairs, in the order of the file."""
    if not pairs:
        return rows.head(0)
    schema = {"series": pl.String, column: pl.String}
    wanted = pl.DataFrame(pairs, schema, orient="row").cast({name: rows.schema[name] for name in schema})
    return rows.join(wanted, on=["series", column], how="semi").sort(ROW)


def _allowed(series: Series, component: str) -> tuple[str, ...] | None:
    """Return the codes that a declaration allows in a dimension; None when it does not restrict it."""
    return series.freq if component == "FREQ" else series.dimensions.get(component)


def _open(series: Series, component: str) -> bool:
    return component in NOT_BREAKDOWNS or component in series.any_code
