"""Foreign headings and codes to component ids and codes, by a table that somebody wrote: shared by two readers.

`pipelines.read.un_portal` has a table of ours, `pipelines.read.open_sdg` the office's own. Only names and codes
change, never a value; what the table does not know stays as it is, so that the judgement says so. The code map
of a provider is another thing and comes later (`pipelines.map`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import polars as pl

from metadata.rules import rows_in_words
from metadata.words import Text, listed, text

TOTAL = "_T"
_SHOWN = 20


def rename(
    frame: pl.DataFrame, components: Mapping[str, str], codes: Mapping[str, Mapping[str, str]]
) -> tuple[pl.DataFrame, Counter[tuple[str, str, str]]]:
    """Return the frame under component ids, and how often which code became which.

    Args:
        frame: text columns.
        components: the component's column, by the column of the frame; others keep their name.
        codes: for a column of the frame, the code by text.

    Several columns of one component (the topics of COMPOSITE_BREAKDOWN) become one, as at most one of them says
    more than the total; where two do, the further columns are kept under their own names and nothing is lost.
    The counter's keys are (component in upper case, text, code).
    """
    changed: Counter[tuple[str, str, str]] = Counter()
    columns: dict[str, pl.Series] = {}
    for name in frame.columns:
        component, column = components.get(name, name), frame[name]
        known = {sent: code for sent, code in codes.get(name, {}).items() if sent != code}
        if known and column.dtype == pl.String:
            found = column.filter(column.is_in(list(known))).value_counts()
            changed.update({(component.upper(), sent, known[sent]): count for sent, count in found.iter_rows()})
            column = column.replace(known)
        if component not in columns:
            columns[component] = column.alias(component)
            continue
        former = columns[component]
        both = former.is_not_null() & (former != TOTAL) & column.is_not_null() & (column != TOTAL) & (former != column)
        if both.fill_null(value=False).any():
            columns[name] = frame[name]
            continue
        takes_former = former.is_not_null() & ((former != TOTAL) | column.is_null())
        columns[component] = former.zip_with(takes_former.fill_null(value=False), column).alias(component)
    return pl.DataFrame(list(columns.values())), changed


def in_words(changed: Counter[tuple[str, str, str]]) -> Text:
    """Return the most frequent changes: `PERCENT to PT in UNIT_MEASURE (216 rows)`."""
    if not changed:
        return text("none")
    parts = [
        text("{sent} to {code} in {component} ({rows})", sent=sent, code=code, component=component,
             rows=rows_in_words(count))
        for (component, sent, code), count in changed.most_common(_SHOWN)
    ]  # fmt: skip
    first = listed(parts, "comma")
    more = len(changed) - _SHOWN
    return text("{names} and {more} more", names=first, more=f"{more:,}") if more > 0 else first
