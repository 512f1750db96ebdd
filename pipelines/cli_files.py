"""`sdg read` and `sdg check`: files are read or judged, and nothing is changed.

Arguments, printing and exit codes only; the work is in `pipelines.read` and `pipelines.preview`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli_template import LANG
from pipelines.commands import EXIT_COULD_NOT, EXIT_DATA, EXIT_OK, FILES, HOME, example, settings_of
from pipelines.endings import form_of_file

if TYPE_CHECKING:
    from metadata.findings import Report
    from metadata.languages import Language

REPORT = {
    "text": (".txt",),
    "json": (".json",),
    "html": (".html", ".htm"),
    "csv": (".csv",),
    "xlsx": (".xlsx", ".xlsm"),
}
"""The forms of the report of `sdg check`, and the endings that stand for them."""


def register(main: click.Group) -> None:
    """Add the commands to `sdg`."""
    for command in (read, check):
        main.add_command(command)


@example(
    "sdg read data.xml --out data.parquet",
    "sdg read workbook.xlsx --out data.csv",
    "sdg read 12-4-2.csv --columns headings.csv --codes codes.csv --out data.csv",
)
@click.command()
@click.argument("file", type=click.Path(path_type=Path, readable=False))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="To write: .parquet, .csv or .arrow.")
@click.option("--columns", type=click.Path(path_type=Path), help="Open SDG: its map of headings (Text,Value).")
@click.option("--codes", type=click.Path(path_type=Path), help="Open SDG: its map of codes (Text,Dimension,Value).")
def read(file: Path, out: Path, columns: Path | None, codes: Path | None) -> None:
    """Turn any supported file into a table, all as text, unchecked.

    Nothing is changed: no value is cast, no code is mapped, but those of the UN
    SDG portal and, with --columns and --codes, of an Open SDG platform. The
    columns _sheet, _row and _line say where each row stood. An SDMX-ML or CSV
    file may be larger than the memory.

    \b
    Exit code: 0 done; 2 the file cannot be read.
    """
    from pipelines.given_files import must_exist
    from pipelines.read.detect import open_message
    from pipelines.read.message import MessageStream
    from pipelines.read.output import refuse_output, write_stream
    from pipelines.screen import bytes_bar

    if (columns is None) != (codes is None):
        raise click.UsageError("--columns and --codes belong together: give both.")
    must_exist([file])
    refuse_output(out)
    with bytes_bar(file) as on_bytes:
        if columns is not None and codes is not None:
            from pipelines.read.open_sdg import read_open_sdg

            stream = MessageStream.of(read_open_sdg(file, columns, codes))
        else:
            stream = open_message(file, on_bytes=on_bytes)
        rows = write_stream(stream, out)
    click.echo(f"{stream.format}: {rows:,} observations written to {out}")


@example(
    "sdg check data.xml --provider KGZ",
    "sdg check *.xlsx --provider KEN --format html --out report.html",
    "sdg check data.xlsx --provider KGZ --lang ru --format xlsx --out marked.xlsx",
)
@click.command()
@FILES
@click.option("--provider", "provider_id", metavar="ID", help="Whose file it is: its areas and code map apply.")
@click.option(
    "--format", "form", type=click.Choice(list(REPORT)), help="Default: by the ending of --out, else text."
)
@click.option("--out", type=click.Path(path_type=Path), help="Write the report to this file.")
@click.option("--brief", is_flag=True, help="Text: the first page only, at most ten causes and how to mend them.")
@LANG
@HOME
def check(
    files: tuple[Path, ...],
    provider_id: str | None,
    form: str | None,
    out: Path | None,
    brief: bool,
    lang: str | None,
    home: Path | None,
) -> None:
    """Judge files and change nothing: what `sdg submit` would say.

    Needs no network. Where a published warehouse is at hand, the file is also
    compared with what is held. --format xlsx gives an office's own workbook
    back, with the cells to mend marked and a sheet of the findings.

    The report is in the provider's language, JSON in English; --lang chooses.

    \b
    Exit code: 0 no error finding; 1 error findings; 2 a file is unreadable.
    """
    from metadata.findings import Report
    from pipelines.knowledge import Knowledge
    from pipelines.preview import preview_file
    from pipelines.show import file_text
    from pipelines.spoken import chosen_language, saying

    form = (form or "text") if out is None else form_of_file(out, form, REPORT, without="text")
    knowledge = Knowledge.read()
    provider = knowledge.providers.get(provider_id) if provider_id is not None else None
    language = chosen_language(lang, None if form == "json" else provider)
    if form == "xlsx" and (out is None or len(files) != 1):
        raise click.UsageError("--format xlsx marks one workbook at a time and needs --out MARKED.xlsx.")
    settings = settings_of(home)
    report = Report()
    pages: list[str] = []
    unreadable = False
    for file in files:
        file_report, judgement = preview_file(file, provider_id, settings, knowledge)
        unreadable = unreadable or judgement is None
        report.files.append(file_report)
        if form == "text":
            pages.append(file_text(file_report, judged_only=True, brief=brief, say=saying(language)))
        elif form == "xlsx" and out is not None:
            from pipelines.marked_workbook import mark_workbook

            done = mark_workbook(file, out, file_report, judgement, language)
            click.echo(f"{done} cells marked, {len(file_report.findings)} findings; written to {out}")
    if form != "xlsx":
        _emit(report, pages, form, out, language)
    sys.exit(EXIT_COULD_NOT if unreadable else EXIT_OK if report.valid else EXIT_DATA)


def _emit(report: Report, pages: Sequence[str], form: str, out: Path | None, language: Language) -> None:
    from metadata.languages import direction
    from metadata.whole import save_text
    from pipelines.report_formats import in_language, to_csv, to_html, to_json
    from pipelines.spoken import saying

    if form == "text":
        text = "\n\n".join(pages) + "\n"
    elif form == "html":
        text = to_html(report, say=saying(language), language=language, direction=direction(language))
    else:
        text = (to_json if form == "json" else to_csv)(in_language(report, language))
    if out is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    # A spreadsheet takes a CSV for UTF-8 only when it starts with the mark.
    save_text(out, text, what="report", encoding="utf-8-sig" if form == "csv" else "utf-8")
    click.echo(f"Report written to {out}")
