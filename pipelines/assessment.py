"""The national data assessment of a country, read from the published copy: the matrix, its totals, and as text or JSON.

The matrix itself is made by SQL (`warehouse/reports/national_assessment.sql`); the workbook is in
`pipelines.assessment_book`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from metadata.errors import ConfigurationError

if TYPE_CHECKING:
    from pipelines.knowledge import Knowledge
    from warehouse.settings import Settings

CLASSES = ("trend", "some", "none")
_ROWS = """
select * from report.national_assessment where ref_area = ?
order by cast(goal as integer), split_part(indicator, '.', 2), split_part(indicator, '.', 3)
"""
_WORDS = """
select column_name, comment from duckdb_columns() where schema_name = 'report' and table_name = 'national_assessment'
"""
_WHEN = "select max(refreshed_at), max(membership_date) from report.refreshed"


@dataclass(frozen=True, slots=True)
class Assessment:
    """One country's matrix.

    Attributes:
        area: M49 code. `name` is its English name.
        rows: one an indicator, with the columns of `report.national_assessment`.
        words: what each column says.
        refreshed_at: when the tables were made. `reference_date`: whose year timeliness counts from.
    """

    area: str
    name: str
    rows: Sequence[Mapping[str, Any]]
    words: Mapping[str, str]
    refreshed_at: datetime | None
    reference_date: date | None

    def by_goal(self, column: str) -> dict[str, Counter[str]]:
        """Return how many indicators of each goal are in each class of a column."""
        found: dict[str, Counter[str]] = {}
        for row in self.rows:
            found.setdefault(row["goal"], Counter())[row[column]] += 1
        return found

    def barriers(self) -> Counter[str]:
        """Return how many indicators name each kind of barrier; `none stated` where nobody stated any."""
        found: Counter[str] = Counter()
        for row in self.rows:
            stated = row["stated_barriers"]
            found.update(["not known"] if stated is None else stated.split() or ["none"])
        return found

    def institutions(self) -> dict[str, list[str]]:
        """Return the indicators of each institution; `not known` where nobody stated one."""
        found: dict[str, list[str]] = {}
        for row in self.rows:
            found.setdefault(row["stated_institution"] or "not known", []).append(row["indicator"])
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON: null is not known, days and moments in ISO 8601."""

        def plain(value: Any) -> Any:
            return value.isoformat() if isinstance(value, date) else value

        return {
            "ref_area": self.area,
            "name": self.name,
            "refreshed_at": plain(self.refreshed_at),
            "reference_date": plain(self.reference_date),
            "indicators": [{name: plain(value) for name, value in row.items()} for row in self.rows],
        }


_NAMES = "Write a provider's id, an M49 code (417), an ISO code (KGZ), or an English name."


def areas_of(name: str, knowledge: Knowledge) -> tuple[str, ...]:
    """Return the M49 codes that a person means: a provider's id, an M49 or ISO code, or an English name.

    Raises:
        ConfigurationError: it is none of these, an area without countries' data, or a provider of all areas.
    """
    providers, areas = knowledge.providers.by_id, knowledge.areas
    if name.upper() in providers:
        given = providers[name.upper()].areas
        if given == "all":
            raise ConfigurationError(
                f"{name.upper()} reports for all areas; name one.", hint="For example: sdg assessment KGZ"
            )
        return given
    named = {area.name.casefold(): code for code, area in areas.areas.items()}
    found = areas.by_iso3.get(name.upper()) or areas.by_iso2.get(name.upper())
    code = found.m49 if found else named.get(name.casefold(), name)
    if code not in areas.areas:
        from metadata.structure import nearest

        near = ", ".join(nearest(name.upper(), [*providers, *areas.by_iso3]))
        raise ConfigurationError(
            f'There is no provider and no area "{name}".', hint=f"Nearest: {near}." if near else _NAMES
        )
    if not areas.is_country(code):
        raise ConfigurationError(
            f"{areas.areas[code].name} ({code}) is not a country; the assessment is of one.",
            hint="Totals of regions stand in report.data_availability_total.",
        )
    return (code,)


def read_assessments(settings: Settings, codes: Iterable[str]) -> list[Assessment]:
    """Read the matrices of these areas from the published copy.

    Raises:
        WarehouseError: nothing is published yet.
        ConfigurationError: the published tables were made by an earlier program, or do not know an area.
    """
    from warehouse.connect import reader

    with reader(settings) as connection:
        words = dict(connection.execute(_WORDS).fetchall())
        if not words:
            raise ConfigurationError(
                "The published tables have no national assessment: an earlier program made them.",
                where=str(settings.current),
                hint="Make them anew with: sdg run",
            )
        when = connection.execute(_WHEN).fetchone() or (None, None)
        made = []
        for code in codes:
            result = connection.execute(_ROWS, [code])
            names = [column for column, *_ in result.description]
            rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
            if not rows:
                raise ConfigurationError(
                    f"The published tables have no row of area {code}.",
                    where=str(settings.current),
                    hint="Make them with: sdg run",
                )
            made.append(Assessment(code, rows[0]["area_name"] or code, rows, words, *when))
    return made


def as_json(assessments: Sequence[Assessment]) -> str:
    """Return the matrices as JSON text."""
    return json.dumps({"assessments": [one.to_dict() for one in assessments]}, ensure_ascii=False, indent=2)


def as_text(assessments: Sequence[Assessment]) -> str:
    """Return the matrices for a terminal of 80 columns."""
    return "\n\n".join(_page(one) for one in assessments)


def _page(one: Assessment) -> str:
    lines = [f"National data assessment: {one.name} ({one.area})", ""]
    lines.append(f"{'':7} {'data':<6} {'by country':<10} {'last':>4}  {'NATURE':<7} {'institution':<20} kept back")
    lines.extend(
        f"{row['indicator']:<7} {row['availability']:<6} {row['availability_country_produced']:<10} "
        f"{row['last_year'] or '-':>4}  {_short(row['natures'] or '-', 7):<7} "
        f"{_short(row['stated_institution'] or 'not known', 20):<20} {row['kept_back'] or '-'}"
        for row in one.rows
    )
    lines.append("")
    for column, words in (("availability", "any data"), ("availability_country_produced", "produced by the country")):
        for goal, counts in one.by_goal(column).items():
            told = ", ".join(f"{counts[name]} {name}" for name in CLASSES)
            lines.append(f"Goal {goal}, {words}: {told}")
    barriers = ", ".join(f"{name} {count}" for name, count in sorted(one.barriers().items()))
    lines.append(f"Barriers: {barriers}")
    lines.append("trend: two years or more since 2015; some: any value.")
    lines.append("not known: nobody has stated it in the provider's file.")
    return "\n".join(lines)


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
