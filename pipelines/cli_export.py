"""`sdg export`: arguments, progress and exit codes. The rows are chosen and written by `warehouse.export`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from metadata.errors import ConfigurationError
from pipelines.commands import HOME, example, settings_of
from pipelines.endings import form_of_file

if TYPE_CHECKING:
    from warehouse.settings import Settings

FORMS = {
    "sdmx-csv": (".csv",),
    "sdmx-csv-2": (".csv",),
    "sdmx-ml": (".xml",),
    "sdmx-ml-3": (".xml",),
    "sdmx-json": (".json",),
    "csv": (".csv",),
    "parquet": (".parquet",),
    "excel": (".xlsx",),
    "frictionless": (".zip",),
}
"""What can be written, and the endings that stand for it."""
Told = Callable[[int], None]


@example(
    "sdg export --indicator 12.4.2 --area KGZ --out kgz.xlsx",
    "sdg export --indicator 13.1.1 --from 2015 --format sdmx-ml --out 13-1-1.xml",
    "sdg export --table report.data_availability --format csv --out have.csv",
)
@click.command("export")
@click.option("--indicator", "indicators", multiple=True, metavar="N", help="Only this indicator; may be repeated.")
@click.option("--series", multiple=True, metavar="CODE", help="Only this series; may be repeated.")
@click.option("--area", "areas", multiple=True, metavar="AREA", help="Only this area, 417 or KGZ; may be repeated.")
@click.option("--from", "first", type=click.IntRange(1000, 9999), metavar="YEAR", help="Only from this year on.")
@click.option("--to", "last", type=click.IntRange(1000, 9999), metavar="YEAR", help="Only up to this year.")
@click.option("--provider", "providers", multiple=True, metavar="ID", help="Only what this provider sent.")
@click.option("--preferred", is_flag=True, help="Only the one value of each key for global tables.")
@click.option("--table", default="report.indicator_observation", show_default=True, metavar="NAME", help="Which table.")
@click.option("--release", metavar="NAME", help="From this release, or this DuckDB file, not from what is published.")
@click.option("--format", "form", type=click.Choice(list(FORMS)), metavar="FORM", help="See above; else by the ending.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")
@HOME
def export(
    indicators: tuple[str, ...],
    series: tuple[str, ...],
    areas: tuple[str, ...],
    first: int | None,
    last: int | None,
    providers: tuple[str, ...],
    preferred: bool,
    table: str,
    release: str | None,
    form: str | None,
    out: Path,
    home: Path | None,
) -> None:
    """Write any part of the published tables for others to read.

    \b
    excel         .xlsx to look at, with a sheet of notes
    csv           CSV, with CSVW metadata beside it (OUT-metadata.json)
    parquet       typed columns, each with its description
    frictionless  a data package: a .zip, or a folder
    sdmx-csv      SDMX-CSV 1.0; sdmx-csv-2 is 2.0
    sdmx-ml       SDMX-ML 2.1 structure-specific; sdmx-ml-3 is 3.0
    sdmx-json     SDMX-JSON 2.0

    In csv and frictionless a text that a spreadsheet would run as a formula
    gets an apostrophe in front; numbers are not touched. The SDMX forms are
    exact. Their sender is SDG_SENDER.

    \b
    Exit code: 0 done; 2 nothing to export, or it could not be written.
    """
    from metadata.areas import load_areas
    from warehouse.connect import open_file, reader
    from warehouse.export.run import Export
    from warehouse.export.slice import Selection, areas_of, source_of

    if first is not None and last is not None and first > last:
        raise ConfigurationError(f"--from {first} is after --to {last}.", hint="Write the earlier year after --from.")
    settings = _settings(home)
    form = form_of_file(out, form, FORMS)
    codes = areas_of(areas, load_areas())
    selection = Selection(table, indicators, series, codes, first, last, providers, preferred)
    source = source_of(settings, release)
    connection = reader(settings) if release is None else open_file(source, settings, read_only=True)
    with connection:
        job = Export(connection, selection, source, sender=settings.sender, now=datetime.now(UTC))
        with _progress(job.total) as told:
            rows = job.write(form, out, told)
    what = "observations" if form.startswith("sdmx") else "rows"
    click.echo(f"{form}: {rows:,} {what if rows != 1 else what[:-1]} of {job.words} written to {out}")


def _settings(home: Path | None) -> Settings:
    """Return the state to export from: that of the sample where nothing else was published yet, and say so."""
    settings = settings_of(home)
    if home is None and not settings.current.exists():
        from pipelines.sample import sample_home

        sample = settings_of(sample_home(settings.home))
        if sample.current.exists():
            click.echo("Nothing is published yet but the sample; this is the sample's.", err=True)
            return sample
    return settings


@contextmanager
def _progress(total: int) -> Iterator[Told | None]:
    """Show how many rows are written, on a terminal; nothing where nobody looks."""
    if not _looks():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    said = TextColumn("{task.completed:,.0f} of {task.total:,} rows")
    columns = (TextColumn("writing"), BarColumn(bar_width=30), said)
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("rows", total=total)
        yield lambda rows: progress.update(task, completed=rows)


def _looks() -> bool:
    return sys.stderr.isatty()


def register(main: click.Group) -> None:
    """Give the command to `sdg`."""
    main.add_command(export)
