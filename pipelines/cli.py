"""The command line `sdg`: what a person types, what they see, and the exit code.

Here is only the reading of arguments, the printing and the exit codes (0 done, 1 an error in the data, 2 could not
be done) of the main job; the other commands stand in modules of their own, `pipelines.cli_…`, and are put together at
the end. The work is in plain functions elsewhere, each imported when its command runs: `sdg check` of a small file must
not pay for importing Dagster.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipelines import (
    cli_answers,
    cli_assessment,
    cli_deliveries,
    cli_export,
    cli_files,
    cli_metadata,
    cli_release,
    cli_rules,
    cli_template,
)
from pipelines.commands import EXIT_DATA, EXIT_OK, FORM, HOME, Commands, example, settings_of, waits


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

    \b
    Exit code: 0 ended by Ctrl-C; 2 could not be opened.
    """
    from pipelines.up import up as serve

    serve(settings_of(home), port=port, say=lambda sentence: click.echo(sentence, err=True))


@example("sdg status", "sdg status --format json")
@main.command()
@FORM
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


cli_files.register(main)
cli_deliveries.register(main)
cli_template.register(main)
cli_release.register(main)
cli_answers.register(main)
cli_metadata.register(main)
cli_rules.register(main)
cli_export.register(main)
cli_assessment.register(main)


if __name__ == "__main__":
    main()
