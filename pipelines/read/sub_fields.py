"""Cells of SDMX-CSV 2.0 that hold several values: their separator becomes `;`, as in every other reader.

Standard: SDMX-CSV 2.0 field guide, "Multi-valued components and nested metadata attributes" and "Non-coded
multi-lingual components". The first heading names what separates the values of a cell, `STRUCTURE[|]`; a value that
holds it stands in quotation marks, doubled inside. `ATTR[]` has several values, `ATTR[en|fr]` one a language
(`en:One|fr:Un`), or several such sets in quotation marks; in `CONTACT[].NAME[]` the names of a contact are such a set.
What comes out is the cell that `pipelines.read.message.several` makes of the same values, and for sets of sets the same
with the inner separators changed too. A cell that is not of this form stays as it came, and so does every cell where
the separator is `;`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.read.message import several

if TYPE_CHECKING:
    import polars as pl

SEPARATOR = ";"

_BRACKETS = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Shape:
    """What the cells of a column hold, by its heading.

    Attributes:
        separator: between the values, one character.
        depth: how many levels of sets there are; 1 for `ATTR[]`.
        languages: the languages of `ATTR[en|fr]`, whose values begin with one and a colon; empty without.
    """

    separator: str
    depth: int
    languages: tuple[str, ...]


def shape_of(heading: str, separator: str) -> Shape | None:
    """Return what the cells under a heading, such as `CONTACT[].NAME[]`, hold; None where they need no change."""
    inside = _BRACKETS.findall(heading)
    if separator == SEPARATOR or not inside:
        return None
    return Shape(separator, len(inside), tuple(filter(None, inside[-1].split(separator))))


def in_semicolons(values: pl.Series, shape: Shape) -> pl.Series:
    """Return the cells with `;` between their values; decided once a distinct cell, those with marks one by one."""
    import polars as pl

    texts = values.unique().cast(pl.String).drop_nulls()
    odd = texts.str.contains(rf'["{SEPARATOR}]')
    cut = re.escape(shape.separator)
    if shape.languages:
        tags = "|".join(map(re.escape, shape.languages))
        plain = texts.filter(~odd).str.replace_all(f"{cut}((?:{tags}):)", f"{SEPARATOR}${{1}}")
    else:
        plain = texts.filter(~odd).str.replace_all(shape.separator, SEPARATOR, literal=True)
    marked = pl.Series([in_semicolon(cell, shape) for cell in texts.filter(odd)], dtype=pl.String)
    old = pl.concat([texts.filter(~odd), texts.filter(odd)])
    return values.cast(pl.String).replace(old, pl.concat([plain, marked]))


def in_semicolon(cell: str, shape: Shape) -> str:
    """Return one cell with `;` between its values."""
    fields = _fields(cell, shape)
    if fields is None:
        return cell
    if shape.depth == 1 and not shape.languages:
        return several([text for text, _ in fields])
    inner = Shape(shape.separator, max(shape.depth - 1, 1), shape.languages)
    return SEPARATOR.join(_set(text, inner, quoted=quoted) for text, quoted in fields)


def _set(text: str, inner: Shape, *, quoted: bool) -> str:
    """Return a value that may be a set; one that is none and holds `;` becomes a set of its own."""
    if quoted:
        return _quoted(in_semicolon(text, inner))
    if SEPARATOR in text and not inner.languages:
        return _quoted(_quoted(text))
    return text


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _fields(cell: str, shape: Shape) -> list[tuple[str, bool]] | None:
    """Return the values of a cell, and whether each stood in quotation marks; None where the marks do not pair."""
    cut = re.escape(shape.separator)
    plain = r'(?!")(?:(?!CUT).)*'.replace("CUT", _cut_before_tag(cut, shape) if shape.languages else cut)
    field = re.compile(rf'"((?:[^"]|"")*)"|({plain})', re.DOTALL)
    found: list[tuple[str, bool]] = []
    at = 0
    while match := field.match(cell, at):
        quoted = match[1] is not None
        found.append((match[1].replace('""', '"') if quoted else match[2], quoted))
        at = match.end()
        if at == len(cell):
            return found
        if cell[at] != shape.separator:
            return None
        at += 1
    return None


def _cut_before_tag(cut: str, shape: Shape) -> str:
    """A language's text may hold the separator: only one before the next language, or before a set, divides."""
    return rf'{cut}(?:"|(?:{"|".join(map(re.escape, shape.languages))}):)'
