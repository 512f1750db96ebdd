"""How numbers and periods may be written, as Polars expressions over texts.

Numbers: xs:double without its infinities (SDMX 2.1 Section 3A, SimpleDataType Double). Periods: SDMX 2.1
Section 6, 4.2 (Gregorian and reporting periods). What a text means for a row (quarantine, missing, warning)
is decided in `pipelines.checks.rows`; which rule speaks of it, in `metadata.rules`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

import polars as pl

BLANKS: Final = " \t\r\n"
"""White space that XML collapses; it may stand around a number."""

NUMBER: Final = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
MISSING: Final = ("", "N", "NaN", "nan", "NAN", "-")
"""Texts that stand for no value in published data (UNSD writes N and NaN, offices write -)."""

_YEAR: Final = r"^[12]\d{3}"
_MONTH: Final = r"(0[1-9]|1[0-2])"
_CALENDAR: Final = _YEAR + r"-" + _MONTH + r"-\d{2}"

PERIODS: Final[dict[str, str]] = {
    "annual": _YEAR + r"(-A1)?$",
    "half-yearly": _YEAR + r"-S[12]$",
    "four-monthly": _YEAR + r"-T[1-3]$",
    "quarterly": _YEAR + r"-Q[1-4]$",
    "monthly": _YEAR + r"-(M?" + _MONTH + r")$",
    "weekly": _YEAR + r"-W(0[1-9]|[1-4]\d|5[0-3])$",
    "daily": _CALENDAR + r"$|" + _YEAR + r"-D(00[1-9]|0[1-9]\d|[12]\d{2}|3[0-5]\d|36[0-6])$",
    "date and time": _CALENDAR + r"T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$",
    "range": _CALENDAR + r"(T[\d:.]+Z?)?/P[\dYMWDTHS]+$",
}
"""Form of period → regular expression."""

FORM_OF_FREQ: Final[dict[str, str]] = {
    "A": "annual", "S": "half-yearly", "T": "four-monthly", "Q": "quarterly", "M": "monthly", "W": "weekly",
    "D": "daily", "B": "daily", "H": "date and time", "I": "date and time", "N": "date and time",
}
"""Code of CL_FREQ → the form its periods have."""

EXAMPLE_OF_FORM: Final[dict[str, str]] = {
    "annual": "2019", "half-yearly": "2019-S1", "four-monthly": "2019-T1", "quarterly": "2019-Q1",
    "monthly": "2019-01", "weekly": "2019-W01", "daily": "2019-01-31", "date and time": "2019-01-31T00:00:00",
}


def bare(text: pl.Expr) -> pl.Expr:
    """Return the text without the white space that XML collapses."""
    return text.str.strip_chars(BLANKS)


def is_missing(text: pl.Expr) -> pl.Expr:
    """Say of every text whether it stands for no value. Absent is missing too; zero is a value."""
    return text.is_null() | bare(text).is_in(list(MISSING))


def number(text: pl.Expr) -> pl.Expr:
    """Return the number that a text is, else null: missing, no number, or too large (1e999)."""
    stripped = bare(text)
    parsed = pl.when(stripped.str.contains(NUMBER)).then(stripped).cast(pl.Float64, strict=False)
    return pl.when(parsed.is_finite()).then(parsed)


def has_idle_zero(text: pl.Expr) -> pl.Expr:
    """Say whether a number begins with a zero that it does not need (`007`, `-012.5`; not `0.7`, `0`)."""
    return bare(text).str.contains(r"^[+-]?0\d").fill_null(value=False)


def period_form(text: pl.Expr) -> pl.Expr:
    """Return the name of the form a period has, or null when SDMX knows no such period."""
    day = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    forms = [
        pl.when(text.str.contains(pattern)).then(pl.lit(form)) for form, pattern in PERIODS.items()
    ]
    form = pl.coalesce(forms)
    return pl.when(text.str.contains(_CALENDAR) & day.is_null()).then(None).otherwise(form)


def period_start(text: pl.Expr) -> pl.Expr:
    """Return the first day of a period (Date), or null. Weeks are counted from the first of January."""
    calendar = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    month = text.str.extract(r"^\d{4}-M?" + _MONTH + "$").cast(pl.Int32, strict=False)
    thirds = [
        (text.str.extract(pattern).cast(pl.Int32, strict=False) - 1) * months + 1
        for pattern, months in ((r"-Q(\d)$", 3), (r"-S(\d)$", 6), (r"-T(\d)$", 4))
    ]
    week = text.str.extract(r"-W(\d{2})$").cast(pl.Int64, strict=False)
    ordinal = text.str.extract(r"-D(\d{3})$").cast(pl.Int64, strict=False)
    days = pl.coalesce((week - 1) * 7, ordinal - 1, pl.lit(0))
    months = pl.coalesce(month, *thirds, pl.lit(1)).cast(pl.String).str.zfill(2)
    first = pl.format("{}-{}-01", text.str.slice(0, 4), months).str.to_date("%Y-%m-%d", strict=False)
    return pl.coalesce(calendar, first + pl.duration(days=days))


def is_future(text: pl.Expr, today: date) -> pl.Expr:
    """Say whether a period begins after today."""
    return (period_start(text) > pl.lit(today)).fill_null(value=False)


# How texts that are no numbers look, most telling first. Separators of thousands: blank, no-break spaces,
# apostrophes, comma or point in groups of three.
_SPACES: Final = "\u00a0\u2007\u2009\u202f"
_GROUPS: Final = r"\d{1,3}([ " + _SPACES + r"'’]\d{3})+"
NOT_NUMBERS: Final[dict[str, str]] = {
    "infinite": r"(?i)^[+-]?(inf|infinity|∞)$",
    "bound": r"^\s*([<>≤≥~]|(?i:less than|more than|under|over|about)\b)",
    "space": r"^[" + _SPACES + r"]*[+-]?\d+(\.\d+)?[" + _SPACES + r"]*$",
    "ambiguous": r"^[+-]?[1-9]\d{0,2},\d{3}$",
    "comma": r"^[+-]?(\d+|\d{1,3}(\.\d{3})+|" + _GROUPS + r"),\d+$",
    "thousands": r"^[+-]?((\d{1,3}(,\d{3})+|" + _GROUPS + r")(\.\d+)?|\d{1,3}(\.\d{3}){2,})$",
    "percent": r"^[+-]?\d+(\.\d+)?\s*[%‰A-Za-z€$£*†(\[]|^[€$£]\s*\d",
}
"""Kind of text that is no number → regular expression; a text that fits none is `other`."""


def not_number_kind(text: pl.Expr) -> pl.Expr:
    """Return what kind of text stands where a number is expected (a key of NOT_NUMBERS, or `other`)."""
    stripped = bare(text)
    too_large = stripped.str.contains(NUMBER)
    kinds = [
        pl.when(stripped.str.contains(pattern)).then(pl.lit(kind)) for kind, pattern in NOT_NUMBERS.items()
    ]
    return pl.coalesce(pl.when(too_large).then(pl.lit("infinite")), *kinds, pl.lit("other"))


def as_number(kind: str, text: str | None) -> str | None:
    """Return what a text of a kind would be as a number, in words for a hint; None when nobody can tell."""
    if text is None:
        return None
    stripped = text.strip(BLANKS + _SPACES)
    digits = re.sub(rf"[ {_SPACES}'’]", "", stripped)
    if kind == "comma":
        return digits.replace(".", "").replace(",", ".")
    if kind == "ambiguous":
        return f"{stripped.replace(',', '.')} or {stripped.replace(',', '')}"
    if kind == "thousands":
        one_point = digits.count(".") == 1
        return (digits if one_point else digits.replace(".", "")).replace(",", "")
    if kind == "space":
        return stripped
    if kind == "percent":
        found = re.search(r"[+-]?\d+(\.\d+)?", stripped)
        return found.group() if found else None
    return None
