"""The command line `sdg`: what a person types, what they see, and the exit code.

Here is only the reading of arguments, the printing and the exit codes (0 done, 1 an error in the data, 2 could not
be done). The work is in plain functions elsewhere, each imported when its command runs: `sdg check` of a small
file must not pay for importing Dagster.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines import cli_answers, cli_assessment, cli_export, cli_metadata, cli_release, cli_rules, cli_template
from pipelines.cli_template import LANG
from pipelines.commands import (
    EXIT_COULD_NOT,
    EXIT_DATA,
    EXIT_OK,
    HOME,
    Commands,
    example,
    must_exist,
    settings_of,
    settings_with_deliveries,
    waits,
)

if TYPE_CHECKING:
    from metadata.findings import Report
    from metadata.languages import Language

FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.option("--debug", is_flag=True, help="Show the whole trace of an error.")
@click.version_option(package_name="sdg-indicator-pipeline", prog_name="sdg")
def main(debug: bool) -> None:
    """Indicator metadata and data pipeline for SDG 12 and 13.

    National statistics come in, over SDMX or as an office's files, are judged
    against the indicators' metadata, and stand in DuckDB tables for global
    reporting.

    \b
    Start with:   sdg run --sample
    Your file:    sdg check FILE --provider KGZ
    """


# ------------------------------------------------------------------------------------------------ run, up, status


@example("sdg run", "sdg run --provider KGZ --provider RWA", "sdg run --sample")
@main.command()
@click.option("--sample", is_flag=True, help="Run on the embedded sample, in a state folder of its own.")
@click.option("--provider", "providers", multiple=True, metavar="ID", help="Only this provider; may be repeated.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the summary.")
@HOME
def run(sample: bool, providers: tuple[str, ...], form: str, home: Path | None) -> None:
    """Do the main job: find deliveries, judge, load, report.

    Every provider is asked for what is new: its SDMX service, or its folder
    in the inbox. One that fails does not stop the others. A second run of the
    same files changes nothing.

    \b
    Exit code: 0 done; 1 an error finding, a rejected delivery, or a provider
    that could not be reached; 2 could not run. With --sample: 0 when exactly
    the declared findings came out, else 1.
    """
    from pipelines.knowledge import Knowledge
    from pipelines.run import run_providers
    from pipelines.screen import screen

    settings = settings_of(home)
    expected = None
    if sample:
        from pipelines.sample import load_expected, prepare, sample_home, sample_providers

        settings = settings_of(sample_home(settings.home))
        prepare(settings.home, on_wait=waits)
        providers = providers or sample_providers()
        expected = load_expected().only(providers)
    knowledge = Knowledge.read()
    with screen(quiet=form == "json") as listener:
        summary = run_providers(settings, knowledge, providers or None, listener=listener)
    if form == "json":
        click.echo(summary.to_json())
    else:
        click.echo(summary.to_text(knowledge.providers))
    if expected is not None:
        from pipelines.sample import compare

        differences = compare(expected, summary.outcomes)
        for difference in differences:
            click.echo(f"Not as declared: {difference}", err=True)
        if not differences and form == "text":
            click.echo("The sample gave exactly the declared findings, faulty rows included.")
        sys.exit(EXIT_DATA if differences else EXIT_OK)
    sys.exit(EXIT_DATA if summary.failed else EXIT_OK)


@example("sdg up", "sdg up --port 3001")
@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port of the page.")
@HOME
def up(port: int, home: Path | None) -> None:
    """Open Dagster's page, and run schedules, on this machine only.

    Serves http://127.0.0.1:PORT until Ctrl-C. The page shows a row a
    provider: what came in, what failed and why.
    """
    from pipelines.up import up as serve

    serve(settings_of(home), port=port, say=lambda sentence: click.echo(sentence, err=True))


@example("sdg status", "sdg status --format json")
@main.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the output.")
@HOME
def status(form: str, home: Path | None) -> None:
    """Say what each provider sent last, who is late, and what was released.

    \b
    Exit code: 0 nothing is overdue; 1 something is; 2 could not be told.
    """
    import json

    from pipelines.knowledge import Knowledge
    from pipelines.show import short_path
    from pipelines.status import read_status, status_text

    settings = settings_of(home)
    note = None
    if home is None and not settings.ledger.exists():
        from pipelines.sample import sample_home

        sample = settings_of(sample_home(settings.home))
        if sample.ledger.exists():
            note = f"Nothing has run in {short_path(settings.home)} yet; this is the sample's state."
            settings = sample
    state = read_status(settings, Knowledge.read())
    if form == "json":
        click.echo(json.dumps(state.to_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo(status_text(state, note=note))
    sys.exit(EXIT_DATA if state.overdue else EXIT_OK)


# ------------------------------------------------------------------------------------------------- files of offices


@example(
    "sdg read data.xml --out data.parquet",
    "sdg read workbook.xlsx --out data.csv",
    "sdg read 12-4-2.csv --columns headings.csv --codes codes.csv --out data.csv",
)
@main.command()
@click.argument("file", type=click.Path(path_type=Path))
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
    from pipelines.read.detect import open_message
    from pipelines.read.message import MessageStream
    from pipelines.read.output import refuse_output, write_stream
    from pipelines.screen import bytes_bar

    if (columns is None) != (codes is None):
        raise click.UsageError("--columns and --codes belong together: give both.")
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
@main.command()
@FILES
@click.option("--provider", "provider_id", metavar="ID", help="Whose file it is: its areas and code map apply.")
@click.option("--format", "form", type=click.Choice(["text", "json", "html", "csv", "xlsx"]), default="text")
@click.option("--out", type=click.Path(path_type=Path), help="Write the report to this file.")
@click.option("--brief", is_flag=True, help="Text: the first page only, at most ten causes and how to mend them.")
@LANG
@HOME
def check(
    files: tuple[Path, ...],
    provider_id: str | None,
    form: str,
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


@example("sdg submit data.xml --provider KGZ", "sdg submit old.xml --provider KGZ --again")
@main.command()
@FILES
@click.option("--provider", "provider_id", required=True, metavar="ID", help="Whose file it is.")
@click.option("--again", is_flag=True, help="The office returns to this earlier file on purpose.")
@click.option("--confirm-withdrawal", is_flag=True, help="Much that is held is missing in the file, and that is meant.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@LANG
@HOME
def submit(
    files: tuple[Path, ...],
    provider_id: str,
    again: bool,
    confirm_withdrawal: bool,
    form: str,
    lang: str | None,
    home: Path | None,
) -> None:
    """Take files in: keep the bytes, judge, load what may be loaded, report.

    Good rows are loaded; rows with an error are quarantined with their rule
    and place. The same bytes twice change nothing.

    \b
    Exit code: 0 no error finding; 1 an error finding, also when good rows
    were loaded; 2 could not be done.
    """
    from metadata.findings import Report
    from pipelines.arrivals import incoming_file
    from pipelines.deliver import submit as take
    from pipelines.knowledge import Knowledge
    from pipelines.publication import bring_up_to_date, news
    from pipelines.spoken import chosen_language
    from warehouse.ledger import Ledger

    knowledge = Knowledge.read()
    language = chosen_language(lang, None if form == "json" else knowledge.providers.get(provider_id))
    knowledge.providers.get(provider_id)
    must_exist(files)
    settings = settings_of(home).ensure()
    report = Report()
    incoming = sorted(
        (incoming_file(file, provider_id, channel="submit") for file in files),
        key=lambda one: (one.prepared, one.path.name),
    )
    with Ledger.open(settings) as ledger:
        for one in incoming:
            report.files.append(
                take(
                    one, settings, ledger, knowledge,
                    again=again, confirm_withdrawal=confirm_withdrawal, on_wait=waits,
                )
            )
        bring_up_to_date(
            settings, knowledge, purpose="sdg submit", publish_anyway=news(report.files), on_wait=waits
        )
    _print_reports(report, form, language)
    unreadable = any(file.decision == "reject" and file.format is None for file in report.files)
    sys.exit(EXIT_COULD_NOT if unreadable else EXIT_OK if report.valid else EXIT_DATA)


def _print_reports(report: Report, form: str, language: Language) -> None:
    from pipelines.report_formats import in_language, to_json
    from pipelines.show import file_text
    from pipelines.spoken import saying

    if form == "json":
        click.echo(to_json(in_language(report, language)))
        return
    say = saying(language)
    click.echo("\n\n".join(file_text(file, judged_only=False, say=say) for file in report.files))


@example("sdg rejudge KGZ-1a2b3c4d5e6f", "sdg rejudge --provider RWA")
@main.command()
@click.argument("delivery", required=False)
@click.option("--provider", "provider_id", metavar="ID", help="Every delivery of this provider, oldest first.")
@click.option("--confirm-withdrawal", is_flag=True, help="A large withdrawal is meant.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@HOME
def rejudge(
    delivery: str | None, provider_id: str | None, confirm_withdrawal: bool, form: str, home: Path | None
) -> None:
    """Judge kept bytes anew, after a map or a declaration was mended.

    The delivery gets a new load; nothing has to be sent again. What later
    deliveries brought stays as it is.

    \b
    Exit code: 0 no error finding; 1 an error finding; 2 could not be done.
    """
    from metadata.findings import Report
    from pipelines.after_loading import rejudge as judge_anew
    from pipelines.knowledge import Knowledge
    from pipelines.publication import bring_up_to_date, news, publishing_what_is_left
    from warehouse.ledger import Ledger

    if (delivery is None) == (provider_id is None):
        raise click.UsageError("Name one delivery, or one --provider.")
    knowledge = Knowledge.read()
    settings = settings_with_deliveries(home)
    report = Report()
    with Ledger.open(settings) as ledger:
        if delivery is not None:
            rows = [ledger.delivery(delivery)]
        else:
            knowledge.providers.get(str(provider_id))
            rows = [row for row in ledger.deliveries(provider_id) if row.state not in ("withdrawn", "refused")]
            if not rows:
                click.echo(f"{provider_id} has no delivery to judge anew.", err=True)
        with publishing_what_is_left(settings, knowledge, purpose="sdg rejudge", on_wait=waits):
            for row in rows:
                report.files.append(
                    judge_anew(
                        row, settings, ledger, knowledge, confirm_withdrawal=confirm_withdrawal, on_wait=waits
                    )
                )
        bring_up_to_date(
            settings, knowledge, purpose="sdg rejudge", publish_anyway=news(report.files), on_wait=waits
        )
    _print_reports(report, form, "en")
    sys.exit(EXIT_OK if report.valid else EXIT_DATA)


@example('sdg withdraw KGZ-1a2b3c4d5e6f --reason "sent by mistake, letter of 12 May"')
@main.command()
@click.argument("delivery")
@click.option("--reason", required=True, help="Why; kept in the history.")
@HOME
def withdraw(delivery: str, reason: str, home: Path | None) -> None:
    """Take a delivery back: what stood before it is current again.

    \b
    Exit code: 0 done; 2 could not be done.
    """
    from pipelines.after_loading import withdraw as take_back
    from pipelines.knowledge import Knowledge
    from pipelines.publication import bring_up_to_date, publishing_what_is_left
    from warehouse.ledger import Ledger

    if not reason.strip():
        raise click.UsageError("--reason must say why.")
    knowledge = Knowledge.read()
    settings = settings_with_deliveries(home)
    with Ledger.open(settings) as ledger:
        with publishing_what_is_left(settings, knowledge, purpose="sdg withdraw", on_wait=waits):
            closed, restored = take_back(ledger.delivery(delivery), reason, settings, ledger, on_wait=waits)
        bring_up_to_date(settings, knowledge, purpose="sdg withdraw", publish_anyway=True, on_wait=waits)
    click.echo(f"{delivery} withdrawn: {closed} values closed, {restored} earlier values current again.")


cli_template.register(main)
cli_release.register(main)
cli_answers.register(main)
cli_metadata.register(main)
cli_rules.register(main)
cli_export.register(main)
cli_assessment.register(main)


if __name__ == "__main__":
    main()
