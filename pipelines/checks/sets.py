"""Sets of rows: a series key and period may stand once in a delivery.

Equal rows (same number ignoring spelling, same attributes, DATA_LAST_UPDATE aside) are duplicates and the
first is kept. Unequal ones keep back every row of the key, for nobody can say which is right. In a table that labels
rows with indicators, unequal values of twins are told apart from other unequal ones: the series is one, whatever
number it stands under.
"""

from __future__ import annotations

from functools import reduce

import polars as pl

from metadata.derive.lexical import number
from metadata.derive.pandera_schema import VALUE
from metadata.words import Text, counted, listed, text
from pipelines.checks.docket import Docket, groups
from pipelines.compact import keys
from pipelines.places import ROW

IGNORED = "data_last_update"
LABEL = "indicator"
"""A column that is no component and says under which indicator a table shows a row."""
_SAME = "_same"
_KEY = "_key"
_SHOWN = 2


def check_sets(docket: Docket) -> pl.Series:
    """Report repeated keys.

    Rows that are kept back for another reason count as well: their key was given. Rows with an empty
    dimension have no key.

    Returns:
        `_i` of the duplicates: rows that repeat an earlier row and are not kept back.
    """
    structure = docket.structure
    key = [component.column for component in (*structure.dimensions, structure.time)]
    attributes = [a.column for a in structure.attributes if a.column != IGNORED]
    repeated = _repeated(docket.rows, key)
    if repeated.is_empty():
        return pl.Series(ROW, [], dtype=pl.UInt32)
    value = number(pl.col(VALUE)).cast(pl.String).fill_null(pl.col(VALUE))
    told = repeated.select(value.alias("value"), *attributes)
    repeated = repeated.with_columns(keys(told, told.columns).alias(_SAME))
    unequal = pl.col(_SAME).min().over(_KEY) != pl.col(_SAME).max().over(_KEY)
    twins = _under_twins(repeated)
    _report_unequal(docket, repeated.filter(unequal & ~twins), attributes)
    _report_twins(docket, repeated.filter(unequal & twins))
    equal = repeated.filter(~unequal & (pl.col(ROW) != pl.col(ROW).min().over(_KEY)))
    extra = equal.filter(~pl.col(ROW).is_in(docket.hung().implode())).select(ROW, "series")
    for group, rows in groups(extra.sort(ROW), ["series"]):
        docket.report("KEY-EQUAL", rows, series=group["series"])
    return extra[ROW]


def _repeated(rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Return the rows whose key is whole and stands more than once, with a number for each key (`_key`)."""
    whole = rows.filter(pl.all_horizontal(pl.col(key).is_not_null()))
    numbers = keys(whole, key)
    twice = numbers.is_duplicated()
    return whole.filter(twice).with_columns(numbers.filter(twice).alias(_KEY))


def _report_unequal(docket: Docket, rows: pl.DataFrame, attributes: list[str]) -> None:
    period = docket.structure.time.column
    for group, places in groups(rows.sort(ROW), ["series"]):
        of_series = rows.filter(pl.col("series") == group["series"])
        count = of_series[_KEY].n_unique()
        named = [
            text("{period}: {values}", period=key_rows[period][0], values=_difference(key_rows, attributes))
            for key_rows in _first_keys(of_series)
        ]
        docket.report(
            "KEY-UNEQUAL",
            places,
            component="OBS_VALUE",
            expected=text("one value a key"),
            series=group["series"],
            keys=counted("{count} key is", "{count} keys are", count),
            names=_one_after_the_other(named),
        )


def _first_keys(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Return the rows of the first keys that are shown, in the order of the file."""
    first = rows.sort(ROW)[_KEY].unique(maintain_order=True).head(_SHOWN)
    return [rows.filter(pl.col(_KEY) == number).sort(ROW) for number in first]


def _under_twins(rows: pl.DataFrame) -> pl.Expr:
    """Return where a key differs between numbers of indicators and under each of them is one value."""
    if LABEL not in rows.columns:
        return pl.lit(value=False)
    numbers = pl.col(LABEL).n_unique().over(_KEY) > 1
    return numbers & (pl.col(_SAME).n_unique().over(_KEY, LABEL).max().over(_KEY) == 1)


def _report_twins(docket: Docket, rows: pl.DataFrame) -> None:
    """Report values of one series that differ from number to number, a finding a series."""
    period = docket.structure.time.column
    for group, places in groups(rows.sort(ROW), ["series"]):
        of_series = rows.filter(pl.col("series") == group["series"])
        count = of_series[_KEY].n_unique()
        named = []
        for key_rows in _first_keys(of_series):
            values = key_rows.unique(LABEL, keep="first", maintain_order=True)
            each = (
                text("{value} under {number}", value=row[VALUE] or text("empty"), number=row[LABEL])
                for row in values.iter_rows(named=True)
            )
            named.append(text("{period}: {values}", period=key_rows[period][0], values=listed(each)))
        docket.report(
            "TWIN-UNEQUAL",
            places,
            component="OBS_VALUE",
            expected=text("one value a key, whatever number it stands under"),
            series=group["series"],
            keys=counted("{count} key has", "{count} keys have", count),
            names=_one_after_the_other(named),
        )


def _one_after_the_other(parts: list[Text]) -> Text:
    """Return the parts with semicolons between them: they have commas inside."""
    return reduce(lambda first, second: text("{first}; {second}", first=first, second=second), parts)


def _difference(rows: pl.DataFrame, attributes: list[str]) -> Text:
    """Return the values in words, or the attributes that differ when the value is the same."""
    values = [text("empty") if sent is None else sent for sent in rows[VALUE].unique(maintain_order=True)]
    if len(values) > 1:
        return listed(values)
    differing = [column.upper() for column in attributes if rows[column].n_unique() > 1]
    return text("{value}, with different {attributes}", value=values[0], attributes=listed(differing))
