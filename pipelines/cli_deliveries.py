"""`sdg submit`, `sdg rejudge`, `sdg withdraw`: what comes in, and what is judged anew or taken back.

Arguments, printing and exit codes only; the work is in `pipelines.deliver` and `pipelines.after_loading`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli_template import LANG
from pipelines.commands import (
    EXIT_COULD_NOT,
    EXIT_DATA,
    EXIT_OK,
    FILES,
    FORM,
    HOME,
    example,
    settings_of,
    settings_with_deliveries,
    waits,
)

if TYPE_CHECKING:
    from metadata.findings import Report
    from metadata.languages import Language


def register(main: click.Group) -> None:
    """Add the commands to `sdg`."""
    for command in (submit, rejudge, withdraw):
        main.add_command(command)


@example("sdg submit data.xml --provider KGZ", "sdg submit old.xml --provider KGZ --again")
@click.command()
@FILES
@click.option("--provider", "provider_id", required=True, metavar="ID", help="Whose file it is.")
@click.option("--again", is_flag=True, help="The office returns to this earlier file on purpose.")
@click.option("--confirm-withdrawal", is_flag=True, help="Much that is held is missing in the file, and that is meant.")
@FORM
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
    and place. The same bytes twice change nothing. A file that is not there
    does not keep the others back.

    \b
    Exit code: 0 no error finding; 1 an error finding, also when good rows
    were loaded; 2 a file could not be read, or nothing could be done.
    """
    from metadata.findings import Report
    from pipelines.arrivals import in_words, incoming_file
    from pipelines.deliver import submit as take
    from pipelines.deliver import unreadable_report
    from pipelines.given_files import fault_of
    from pipelines.knowledge import Knowledge
    from pipelines.publication import bring_up_to_date, news
    from pipelines.spoken import chosen_language
    from warehouse.ledger import Ledger

    knowledge = Knowledge.read()
    language = chosen_language(lang, None if form == "json" else knowledge.providers.get(provider_id))
    knowledge.providers.get(provider_id)
    faults = {file: fault for file in files if (fault := fault_of(file)) is not None}
    report = Report()
    incoming = sorted(
        (incoming_file(file, provider_id, channel="submit") for file in files if file not in faults),
        key=lambda one: (one.prepared, one.path.name),
    )
    if incoming:
        settings = settings_of(home)
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
    taken = Report([*report.files])
    report.files += [
        unreadable_report(fault, path=in_words(file), sha256="", provider=provider_id)
        for file, fault in faults.items()
    ]
    if form == "json" or taken.files:
        _print_reports(report if form == "json" else taken, form, language)
    for file, fault in faults.items():
        click.echo(f"sdg: {in_words(file)}: {fault}", err=True)
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
@click.command()
@click.argument("delivery", required=False)
@click.option("--provider", "provider_id", metavar="ID", help="Every delivery of this provider, oldest first.")
@click.option("--confirm-withdrawal", is_flag=True, help="A large withdrawal is meant.")
@FORM
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
    from pipelines.publication import bring_up_to_date, news
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
@click.command()
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
