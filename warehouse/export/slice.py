"""Which rows are exported: a selection of one table of the published warehouse, or of a release.

Every selection is by columns of the table: indicator, series, area, years, provider. A selection that finds nothing is
refused with a sentence that says what each of its parts would have found without it. Nothing here writes a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from metadata.derive.table_schema import Column, Kind, Table
from metadata.errors import SdgError
from metadata.structure import nearest, nearest_or_some

if TYPE_CHECKING:
    import duckdb

    from metadata.areas import Areas
    from metadata.structure import Structure
    from warehouse.settings import Settings

OBSERVATIONS = "report.indicator_observation"
BATCH = 100_000
"""Rows taken from the database at a time."""

_SCHEMAS = ("report", "core", "metadata", "ledger")
_KINDS: dict[str, Kind] = {
    "BOOLEAN": "boolean", "DOUBLE": "number", "FLOAT": "number", "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "datetime", "TIMESTAMP": "datetime",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """What is chosen of a table; an empty part chooses everything.

    Attributes:
        table: with its schema; of the schemas report, core, metadata and ledger.
        indicators: official numbers.
        series: codes of CL_SERIES.
        areas: M49 codes.
        first_year, last_year: years of `time_period`, both included.
        providers: their ids.
        preferred: only the one value of each key for global tables.
    """

    table: str = OBSERVATIONS
    indicators: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    first_year: int | None = None
    last_year: int | None = None
    providers: tuple[str, ...] = ()
    preferred: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a selection: which options it is, in words and in SQL with its parameters."""

    name: str
    words: str
    sql: str
    values: tuple[Any, ...]


class Slice:
    """The rows of a selection, in an open database.

    Iterating gives them in batches, sorted, as often as wanted; numbers are numbers.

    Args:
        connection: to a published copy or a release; not closed here.
        selection: what is chosen.

    Raises:
        SdgError: the table, an indicator, a series or a provider is not there, or the table has no column to choose by.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
        self.connection = connection
        self.selection = selection
        self.table = described(connection, selection.table)
        self._columns = {column.name: column for column in self.table.columns}
        _refuse_unknown(connection, selection)
        self._parts = tuple(self._chosen())

    def _chosen(self) -> Iterator[_Part]:
        chosen = self.selection
        if chosen.indicators:
            column = self._column("indicator", "--indicator", or_else="series")
            sql = f"{column} in (select unnest(?))"
            if column == "series":
                sql = "series in (select series from metadata.bridge where indicator in (select unnest(?)))"
            yield _Part("--indicator", f"indicator {_either(chosen.indicators)}", sql, (list(chosen.indicators),))
        for option, word, column, given in (
            ("--series", "series", "series", chosen.series), ("--area", "area", "ref_area", chosen.areas),
            ("--provider", "provider", "provider", chosen.providers),
        ):
            if given:
                self._column(column, option)
                yield _Part(option, f"{word} {_either(given)}", f"{column} in (select unnest(?))", (list(given),))
        years = [(">=", chosen.first_year, "--from", "from"), ("<=", chosen.last_year, "--to", "to")]
        for sign, year, option, word in years:
            if year is not None:
                self._column("time_period", option)
                sql = f"try_cast(left(time_period, 4) as integer) {sign} ?"
                yield _Part(option, f"years {word} {year}", sql, (year,))
        if chosen.preferred:
            self._column("preferred", "--preferred")
            yield _Part("--preferred", "a preferred value", "preferred", ())

    def _column(self, name: str, option: str, *, or_else: str | None = None) -> str:
        if name in self._columns:
            return name
        if or_else in self._columns:
            return str(or_else)
        raise SdgError(
            f"{self.table.name} has no column {name}, so {option} cannot choose from it.",
            hint=f"Leave {option} out, or take {OBSERVATIONS}.",
        )

    @property
    def words(self) -> str:
        """What is chosen, in words: `indicator 12.4.2, area 417, years from 2015`; everything where nothing is."""
        return ", ".join(part.words for part in self._parts) or "everything"

    def count(self) -> int:
        """Return the number of rows.

        Raises:
            SdgError: there are none; the sentence says what would have been found otherwise.
        """
        found = self._count(self._parts)
        if not found:
            raise self._nothing()
        return found

    def _count(self, parts: tuple[_Part, ...]) -> int:
        where, values = _where(parts)
        sql = f"select count(*) from {self.table.name}{where}"  # noqa: S608  # names from the database's own list
        return int(self.connection.execute(sql, values).fetchall()[0][0])

    def _nothing(self) -> SdgError:
        total = self._count(())
        if not self._parts or not total:
            return SdgError(f"{self.table.name} has no rows.", hint="Load data first: sdg run")
        found = []
        for part in self._parts:
            without = self._count(tuple(one for one in self._parts if one is not part))
            if without:
                found.append(f"without {part.name} {without:,} match{'es' if without == 1 else ''}")
        if not found:
            found = [f"{part.name} alone matches {self._count((part,)):,}" for part in self._parts]
        return SdgError(
            f"No row of {self.table.name} has {self.words}.",
            hint=f"Of its {total:,} rows, {'; '.join(found)}{self._periods()}.",
        )

    def _periods(self) -> str:
        if "time_period" not in self._columns or not {"--from", "--to"} & {part.name for part in self._parts}:
            return ""
        where, values = _where(tuple(part for part in self._parts if part.name not in ("--from", "--to")))
        sql = f"select min(left(time_period, 4)), max(left(time_period, 4)) from {self.table.name}{where}"  # noqa: S608
        first, last = self.connection.execute(sql, values).fetchall()[0]
        return f"; its years are {first} to {last}" if first else ""

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Give the rows in batches, sorted by the columns that identify a row."""
        yield from self._batches("*", self.order)

    @property
    def order(self) -> list[str]:
        """Columns by which rows are sorted: those of the key, else all."""
        return [name for name in self.table.key if name in self._columns] or list(self._columns)

    def distinct(self, column: str) -> list[str]:
        """Return the values of a column, sorted, as texts."""
        return sorted(self.counted(column))

    def counted(self, column: str) -> dict[str, int]:
        """Return how many rows have each value of a column; rows without one are left out."""
        where, values = _where(self._parts)
        name = _name(column)
        sql = f"select cast({name} as varchar) as v, count(*) from {self.table.name}{where} group by 1"  # noqa: S608
        return {text: count for text, count in self.connection.execute(sql, values).fetchall() if text is not None}

    def same_everywhere(self) -> dict[str, str]:
        """Return the columns that have one value in all rows, or none in any, with that value."""
        where, values = _where(self._parts)
        names = [column.name for column in self.table.columns]
        asked = ", ".join(
            f"count(distinct {_name(n)}), count({_name(n)}), min(cast({_name(n)} as varchar))" for n in names
        )
        sql = f"select count(*), {asked} from {self.table.name}{where}"  # noqa: S608
        total, *found = self.connection.execute(sql, values).fetchall()[0]
        facts = zip(names, found[::3], found[1::3], found[2::3], strict=True)
        return {name: text or "" for name, *counts, text in facts if not counts[1] or counts == [1, total]}

    def _batches(self, columns: str, order: list[str]) -> Iterator[pl.DataFrame]:
        where, values = _where(self._parts)
        sql = f"select {columns} from {self.table.name}{where} order by {', '.join(map(_name, order))}"  # noqa: S608
        reader = self.connection.cursor().execute(sql, values).to_arrow_reader(BATCH)
        for batch in reader:
            yield pl.DataFrame(pl.from_arrow(batch))


class Messages:
    """The rows of a slice as a read frame for SDMX messages: texts, one row an observation, a data set a provider.

    A series may serve several indicators, so it stands several times in a report table and once in a message. Values
    are written as the shortest text that gives the same 64-bit number.

    Args:
        rows: the slice.
        structure: the data structure, whose columns the table must have.

    Raises:
        SdgError: the table has no observations with all their dimensions.
    """

    def __init__(self, rows: Slice, structure: Structure) -> None:
        self._rows = rows
        names = {column.name for column in rows.table.columns}
        needed = [one.column for one in (*structure.dimensions, structure.time, structure.measure)]
        missing = [name for name in needed if name not in names]
        if missing:
            raise SdgError(
                f"{rows.table.name} has no {', '.join(missing[:3])}: its rows are no observations of {structure.id}.",
                hint=f"Take {OBSERVATIONS}, or another form than SDMX.",
            )
        kept = [one for one in structure.components if one.column in names]
        self._columns = [_as_text(one.column, number=one.role == "measure") for one in kept]
        self._key = [*(one.column for one in structure.dimensions), structure.time.column]
        self._provider = "provider" if "provider" in names else "null"

    def refuse_twice(self) -> None:
        """Refuse keys that several providers hold, for a form that cannot tell data sets apart.

        Raises:
            SdgError: there are such keys; the sentence names the providers.
        """
        keys = ", ".join(self._key)
        sql = f"select {keys}, list(distinct {self._provider}) as who from ({self._select()}) group by all"  # noqa: S608
        sql = f"select count(*), list_sort(list_distinct(flatten(list(who)))) from ({sql}) where len(who) > 1"  # noqa: S608
        count, who = self._execute(sql).fetchall()[0]
        if count:
            raise SdgError(
                f"Several providers ({', '.join(who)}) hold the same observations, {count:,} in all, and SDMX-CSV "
                "cannot tell them apart.",
                hint="Choose with --provider or --preferred, or take SDMX-ML or SDMX-JSON, which give each a data set.",
            )

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Give the observations in batches, series by series, provider by provider."""
        order = ", ".join([self._provider, *self._key])
        sql = (
            f"select * exclude (provider), (dense_rank() over (order by {self._provider}) - 1)::integer as _dataset "  # noqa: S608
            f"from ({self._select()}) order by {order}"
        )
        for batch in self._execute(sql).to_arrow_reader(BATCH):
            yield pl.DataFrame(pl.from_arrow(batch))

    def _select(self) -> str:
        where, _ = _where(self._rows._parts)
        return (
            f"select distinct {self._provider} as provider, {', '.join(self._columns)} "  # noqa: S608
            f"from {self._rows.table.name}{where}"
        )

    def _execute(self, sql: str) -> Any:
        return self._rows.connection.cursor().execute(sql, _where(self._rows._parts)[1])


def source_of(settings: Settings, release: str | None) -> Path:
    """Return the file to export from: the published copy, a release by its name, or a file by its path.

    Raises:
        SdgError: there is no such release, or it has no or several DuckDB files.
    """
    if release is None:
        return settings.current
    path = Path(release).expanduser()
    if path.is_file():
        return path
    folder = settings.home / "releases"
    files = sorted((folder / release).glob("*.duckdb"))
    if len(files) == 1:
        return files[0]
    if files:
        names = ", ".join(file.name for file in files)
        raise SdgError(f"The release {release} has several files: {names}.", hint="Name one by its path.")
    names = ", ".join(sorted(one.name for one in folder.glob("*") if any(one.glob("*.duckdb")))) or "none"
    raise SdgError(f"There is no release {release}.", where=str(folder), hint=f"There are: {names}.")


def described(connection: duckdb.DuckDBPyConnection, name: str) -> Table:
    """Return the description of a table or view, from the database itself.

    Raises:
        SdgError: there is no such table; the hint names the nearest.
    """
    sql = (
        "select schema_name || '.' || table_name, comment from duckdb_tables() where not internal union all "
        "select schema_name || '.' || view_name, comment from duckdb_views() where not internal"
    )
    known = dict(connection.execute(sql).fetchall())
    known = {key: text for key, text in known.items() if key.split(".")[0] in _SCHEMAS}
    if name not in known:
        reports = sorted(key for key in known if key.startswith("report.") and not key.startswith("report.indicator_1"))
        close = nearest(name, known)
        hint = f"Nearest: {', '.join(close)}." if close else f"Those of report are: {', '.join(reports)}."
        raise SdgError(f"There is no table {name}.", hint=hint)
    schema, _, table = name.partition(".")
    rows = connection.execute(
        "select column_name, data_type, is_nullable, comment from duckdb_columns() "
        "where schema_name = ? and table_name = ? order by column_index", [schema, table],
    ).fetchall()
    words = _words(connection)
    columns = tuple(
        Column(column, _kind(kind), comment or words.get(column, ""), not nullable)
        for column, kind, nullable, comment in rows
    )
    names = [column.name for column in columns]
    return Table(name, known[name] or "", columns, _key_of(name, names))


def _words(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return what columns mean by the table of observations; the columns of views have no comments of their own."""
    sql = "select column_name, comment from duckdb_columns() where schema_name = 'report' and table_name = ?"
    rows = connection.execute(sql, [OBSERVATIONS.split(".")[1]]).fetchall()
    return {name: comment for name, comment in rows if comment}


def _key_of(name: str, columns: list[str]) -> tuple[str, ...]:
    """Return the columns that identify a row, where we know them: of observations, and views of them."""
    from warehouse.tables import declare

    if not name.startswith("report.indicator_") and name != "core.observation":
        return ()
    key = declare(_structure()).key
    whole = (*(("indicator",) if "indicator" in columns else ()), *key)
    return whole if set(whole) <= set(columns) else ()


def _structure() -> Structure:
    from metadata.structure import load_structure

    return load_structure()


def _kind(sql_type: str) -> Kind:
    if sql_type in _KINDS:
        return _KINDS[sql_type]
    return "integer" if "INT" in sql_type else "number" if sql_type.startswith("DECIMAL") else "string"


def areas_of(given: tuple[str, ...], areas: Areas) -> tuple[str, ...]:
    """Return the M49 codes of areas given as M49 (`417`, also padded `012`) or ISO 3166 codes (`KGZ`, `KG`).

    Raises:
        SdgError: one is not known; the hint names the nearest.
    """
    found = []
    for text in given:
        plain, upper = text.strip().lstrip("0") if text.strip().isdecimal() else text.strip(), text.strip().upper()
        area = areas.areas.get(plain) or areas.by_iso3.get(upper) or areas.by_iso2.get(upper)
        if area is None:
            by_name = {one.name: one for one in areas.areas.values()}
            close = [f"{by_name[n].iso3 or by_name[n].m49} ({n})" for n in nearest(text, by_name)]
            close = close or nearest(upper, areas.by_iso3)
            raise SdgError(
                f'There is no area "{text}".',
                hint=f"Nearest: {', '.join(close)}." if close else "Write an M49 code (417) or an ISO code (KGZ).",
            )
        found.append(area.m49)
    return tuple(dict.fromkeys(found))


def _refuse_unknown(connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    for word, given, sql in (
        ("indicator", selection.indicators, "select indicator from metadata.indicator order by all"),
        ("series", selection.series, "select series from metadata.series order by all"),
        ("provider", selection.providers, "select distinct provider from core.load order by all"),
    ):
        known = [name for (name,) in connection.execute(sql).fetchall()] if given else []
        for one in given:
            if one not in known:
                raise SdgError(f'There is no {word} "{one}" here.', hint=nearest_or_some(one, known))


def _where(parts: tuple[_Part, ...]) -> tuple[str, list[Any]]:
    where = f" where {' and '.join(f'({part.sql})' for part in parts)}" if parts else ""
    return where, [value for part in parts for value in part.values]


def _either(values: tuple[str, ...]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _as_text(name: str, *, number: bool) -> str:
    text = f"cast({name} as varchar)"
    return f"regexp_replace({text}, '\\.0$', '') as {name}" if number else f"{text} as {name}"
