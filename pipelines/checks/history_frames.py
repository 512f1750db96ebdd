"""Staged rows beside what is held of them: the frames that the history rules look at, and their findings.

No rule is decided here. The columns of a compared frame: `_s` (number of the row in the staged frame), the key, `v` and
`text` (the number, and as received), `h` and `h_text` (the same of what is held), `former` (the number before the held
one), the attributes and `h_` + each of them, `matched` (something is held of the key and period), and the numbers that
`numbered` gives to the key, the series key and the group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from metadata.findings import EXAMPLES_KEPT, Example, Finding, Severity
from metadata.rules import RULES, finding
from metadata.words import Text, text
from pipelines.checks.waivers import Terms, expired, waived
from pipelines.compact import as_text
from pipelines.places import ROW as JUDGED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from metadata.load import Catalogue
    from metadata.structure import Structure

ROW = "_s"
TIME = "time_period"
UNITS = ("unit_measure", "base_per")
NOTES = ("time_detail", "source_detail", "comment_ts")
MEANING = ("unit_mult", *UNITS, "nature", *NOTES)
"""The attributes that say what a value means; a held frame has them all."""
GROUP = ["series", "ref_area"]
"""What a mistake of scale is told by: the values of a series in an area."""
NUMBERS = GROUP_NUMBER, SERIES_NUMBER, KEY_NUMBER = "_group", "_series", "_key"
LARGEST = 2**62
KEPT = {ROW: pl.UInt32, "rule": pl.String, "message": pl.String}


class Found(NamedTuple):
    """Rows of one cause.

    Attributes:
        first: the first rows of a compared frame, the telling one first; never empty.
        rows: `_s` of all of them.
        source: a frame that has them all.
    """

    first: pl.DataFrame
    rows: pl.Series
    source: pl.DataFrame

    def of(self, rows: pl.Series) -> Found:
        """Return these of the rows."""
        if len(rows) == len(self.rows):
            return self
        return Found(self.source.filter(pl.col(ROW).is_in(rows.implode())).head(EXAMPLES_KEPT), rows, self.source)


@dataclass(slots=True)
class Comparison:
    """What is compared, and what was found so far.

    Attributes:
        staged: the accepted rows of the delivery, with `_s` and the numbers of `numbered`.
        held: what is held (`warehouse.held`), with the same numbers.
        key: columns that tell rows apart, the period included.
        changed: staged rows that are new to what is held or differ from it.
        catalogue: the declared series.
        structure: names the dimensions of a series key.
        terms: severities of single series, and the provider's waivers.
        findings: in the order of judgement.
        touched: `_s` of the rows of each finding, by its place.
        kept_back: one frame a finding that keeps rows back: `_s`, `rule`, `message`; no row twice.
    """

    staged: pl.DataFrame
    held: pl.DataFrame
    key: list[str]
    changed: pl.DataFrame
    catalogue: Catalogue
    structure: Structure
    terms: Terms
    findings: list[Finding] = field(default_factory=list)
    touched: list[pl.Series] = field(default_factory=list)
    kept_back: list[pl.DataFrame] = field(default_factory=list)

    @property
    def series_key(self) -> list[str]:
        """The columns of the key without the period."""
        return [name for name in self.key if name != TIME]

    def without(self, rows: pl.Series) -> None:
        """Look no longer at rows whose cause is told."""
        if len(rows):
            self.changed = self.changed.filter(~pl.col(ROW).is_in(rows.implode()))

    def kept(self) -> pl.DataFrame:
        """Return the rows kept back so far: `_s`, `rule`, `message`."""
        return pl.concat([pl.DataFrame(schema=KEPT), *self.kept_back])

    def tell(
        self,
        rule: str,
        found: Found,
        *,
        component: str = "OBS_VALUE",
        expected: Callable[[dict[str, Any]], Text] | None = None,
        severity: Severity | None = None,
        variant: str | None = None,
        **values: object,
    ) -> None:
        """Record one finding about rows of a compared frame.

        An error of a rule that quarantines keeps the rows back. What the provider's waivers fit is told and loaded.

        Args:
            rule: id of the rule.
            found: the rows.
            component: id of the component complained about.
            expected: what was expected in a row; None for what is held there.
            severity: another severity than the rule's.
            variant: another wording of the rule.
            **values: for the sentence and the hint.
        """
        series = values.get("series")
        for share in self.terms.divide(rule, found.rows, self._judged(rule), series=series, severity=severity):
            part = found.of(share.rows)
            told = self._worded(rule, part, component, expected, share.severity, variant, values)
            if share.waiver is not None:
                self._record(waived(told, share.waiver), part)
                continue
            if share.expired is not None:
                self._record(expired(told, share.expired), part)
            self._record(told, part)
            if told.severity == "error" and RULES[rule].effect == "quarantine":
                why = [pl.lit(rule).alias("rule"), pl.lit(str(told.message)).alias("message")]
                self.kept_back.append(part.rows.alias(ROW).to_frame().select(pl.col(ROW).cast(pl.UInt32), *why))

    def _judged(self, rule: str) -> pl.DataFrame:
        """Return the rows by what waivers and settings may name; nothing where they name nothing of the rule."""
        rows = self.staged if self.terms.speak_of(rule) else self.staged.head(0)
        return rows.select(pl.col(ROW).alias(JUDGED), *(pl.col(name).cast(pl.String) for name in (*GROUP, TIME)))

    def _record(self, told: Finding, found: Found) -> None:
        self.findings.append(told)
        self.touched.append(found.rows)

    def _worded(
        self,
        rule: str,
        found: Found,
        component: str,
        expected: Callable[[dict[str, Any]], Text] | None,
        severity: Severity | None,
        variant: str | None,
        values: Mapping[str, object],
    ) -> Finding:
        first = found.first.row(0, named=True)
        shown = {"value": _shown(first, component), "held": _held(first, component), "period": first[TIME]}
        at = self._examples(found.first, component, expected)
        words = {**shown, **values, "component": component}
        return finding(rule, places=len(found.rows), examples=at, severity=severity, variant=variant, **words)

    def unit(self, series: str) -> str:
        """Return the unit of a series in words: its code, or what to say where none is declared."""
        declared = self.catalogue.series.get(series)
        return declared.unit_measure[0] if declared and declared.unit_measure else "UNIT_MEASURE"

    def _examples(
        self, first: pl.DataFrame, component: str, expected: Callable[[dict[str, Any]], Text] | None
    ) -> list[Example]:
        names = [dimension.column for dimension in self.structure.dimensions]
        places = ["source_sheet", "source_row", "source_line", TIME, "obs_value_text"]
        staged = self.staged.select(*names, *places)[first[ROW].to_list()]
        examples = []
        for row, compared in zip(staged.iter_rows(named=True), first.iter_rows(named=True), strict=True):
            held = text("held: {value}", value=_held(compared, component))
            examples.append(
                Example(
                    sheet=row["source_sheet"],
                    row=row["source_row"],
                    line=row["source_line"],
                    column=component,
                    series_key=".".join(row[name] for name in names),
                    time_period=row[TIME],
                    value=row["obs_value_text"] if component == "OBS_VALUE" else _shown(compared, component),
                    expected=expected(compared) if expected else held,
                )
            )
        return examples


def compare(
    staged: pl.DataFrame, held: pl.DataFrame, catalogue: Catalogue, structure: Structure, terms: Terms
) -> Comparison:
    """Put what is held beside the staged rows; rows that say what is held already are left out.

    Args:
        staged: the accepted rows (`pipelines.checks.outcome.staged_frame`), texts as String or Categorical.
        held: `warehouse.held.held_values`: its key may lack dimensions that tell no rows apart; texts as String or
            Categorical.
        catalogue: the declared series.
        structure: names the key.
        terms: severities of single series, and the provider's waivers.
    """
    names = [*(dimension.column for dimension in structure.dimensions), structure.time.column]
    key = [name for name in names if name in held.columns]
    staged, held = numbered(staged.with_row_index(ROW), held, key)
    # What is the same is most of a large delivery: texts are made of the attributes that tell, and of what differs.
    telling = [name for name in MEANING if len(_meanings(staged, name) | _meanings(held, name)) > 1]
    attributes = [_bare(name) for name in telling]
    beside = staged.select(KEY_NUMBER, pl.col("obs_value").alias("v"), *attributes).join(
        held.select(KEY_NUMBER, pl.col("obs_value").alias("h"), pl.lit(value=True).alias("matched"), *(
            one.name.prefix("h_") for one in attributes
        )),
        on=KEY_NUMBER, how="left", maintain_order="left",
    )  # fmt: skip
    same = [pl.col("v").eq_missing(pl.col("h")), *(pl.col(n).eq_missing(pl.col(f"h_{n}")) for n in telling)]
    differs = beside.select((~pl.all_horizontal(pl.col("matched"), *same)).fill_null(value=True)).to_series()
    del beside
    ours = staged.filter(differs).select(
        ROW, *(pl.col(name).cast(pl.String) for name in key), *NUMBERS, pl.col("obs_value").alias("v"),
        pl.col("obs_value_text").alias("text"), *(_bare(name) for name in MEANING),
    )  # fmt: skip
    theirs = as_text(held.join(ours, on=KEY_NUMBER, how="semi")).select(
        KEY_NUMBER, pl.col("obs_value").alias("h"), pl.col("obs_value_text").alias("h_text"),
        pl.col("former_value").alias("former"), *(_bare(name).alias(f"h_{name}") for name in MEANING),
        pl.lit(value=True).alias("matched"),
    )  # fmt: skip
    changed = ours.join(theirs, on=KEY_NUMBER, how="left", maintain_order="left")
    changed = changed.with_columns(pl.col("matched").fill_null(value=False))
    return Comparison(staged, held, key, changed, catalogue, structure, terms)


def numbered(staged: pl.DataFrame, held: pl.DataFrame, key: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return both frames with numbers for their keys: equal numbers, equal texts, in both.

    Joins by one number are several times faster than joins by a dozen texts. `_group` numbers series and area,
    `_series` the series key, `_key` the key with its period. They are made of the places of codes in the list of codes
    that occur, so nothing is hashed.
    """
    series_key = [*GROUP, *(name for name in key if name not in GROUP and name != TIME)]
    codes: list[tuple[pl.Series, pl.Series]] = [_places(staged[name], held[name]) for name in [*series_key, TIME]]
    group = _combined(codes[: len(GROUP)])
    series = _combined([group, *codes[len(GROUP) : -1]])
    whole = _combined([series, codes[-1]])
    numbers = dict(zip(NUMBERS, (group, series, whole), strict=True))
    return (
        staged.with_columns(**{name: ours for name, (ours, _) in numbers.items()}),
        held.with_columns(**{name: theirs for name, (_, theirs) in numbers.items()}),
    )


def _places(ours: pl.Series, theirs: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the place of every text among the texts that occur."""
    kind = pl.Enum(pl.concat([one.unique().cast(pl.String) for one in (ours, theirs)]).unique().sort())
    return ours.cast(kind).to_physical().cast(pl.UInt64), theirs.cast(kind).to_physical().cast(pl.UInt64)


def _combined(parts: list[tuple[pl.Series, pl.Series]]) -> tuple[pl.Series, pl.Series]:
    """Return one number for several; made dense again before it could be too large."""
    ours, theirs = parts[0]
    for left, right in parts[1:]:
        size = _top(left, right) + 1
        if (_top(ours, theirs) + 1) * size >= LARGEST:
            dense = pl.concat([ours, theirs]).rank("dense").cast(pl.UInt64)
            ours, theirs = dense[: len(ours)], dense[len(ours) :]
        ours, theirs = ours * size + left, theirs * size + right
    return ours, theirs


def _top(ours: pl.Series, theirs: pl.Series) -> int:
    return int(pl.concat([ours, theirs]).max() or 0)  # type: ignore[arg-type]


def _meanings(frame: pl.DataFrame, name: str) -> set[Any]:
    """Return the distinct values of an attribute; no value is one too."""
    return set(frame.select(pl.col(name).unique()).select(_bare(name)).to_series())


def numbers_of(catalogue: Catalogue) -> pl.DataFrame:
    """Return `series`, `threshold` (per cent, null where none is declared) and `counts` (of persons or things)."""
    rows = [
        (
            code,
            one.year_on_year.threshold if one.year_on_year else None,
            one.value.type == "integer" or "NUMBER" in one.unit_measure,
        )
        for code, one in catalogue.series.items()
    ]
    schema = {"series": pl.String, "threshold": pl.Float64, "counts": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def scaled(value: str, multiplier: str) -> pl.Expr:
    """Return a value without its multiplier: the quantity that two vintages have in common."""
    return pl.col(value) * pl.lit(10.0).pow(pl.col(multiplier).fill_null(0).cast(pl.Float64))


def parted(rows: pl.DataFrame, *by: str, first: str | None = None) -> Iterator[tuple[tuple[Any, ...], Found]]:
    """Yield each part of rows: the values it has in common, and its rows.

    Args:
        rows: of a compared frame.
        *by: columns; the parts come in their order.
        first: column whose largest values come first in a part; None for the order of the file.
    """
    if rows.is_empty():
        return
    order = pl.col("_at").sort_by(first, descending=True, maintain_order=True) if first else pl.col("_at")
    parts = rows.select(*by, *([first] if first else []), pl.int_range(pl.len(), dtype=pl.UInt32).alias("_at"))
    for *values, at in parts.group_by(by, maintain_order=True).agg(order).sort(by).iter_rows():
        numbers = pl.Series("_at", at, dtype=pl.UInt32)
        yield tuple(values), Found(rows[numbers.head(EXAMPLES_KEPT)], rows[ROW].gather(numbers), rows)


def _bare(name: str) -> pl.Expr:
    """Return an attribute with an empty text as absent."""
    if name == "unit_mult":
        return pl.col(name).cast(pl.Int32)
    return pl.when(pl.col(name).cast(pl.String).str.strip_chars() != "").then(pl.col(name).cast(pl.String)).alias(name)


def _shown(row: Mapping[str, Any], component: str) -> str:
    return _text(row["text"] if component == "OBS_VALUE" else row[component.lower()])


def _held(row: Mapping[str, Any], component: str) -> str:
    if component != "OBS_VALUE":
        return _text(row[f"h_{component.lower()}"])
    received = row.get("h_text")
    return _text(row.get("h") if received is None else received)


def _text(value: object) -> str:
    """Return an attribute or a number for a sentence; a hyphen for none."""
    if value is None:
        return "-"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
