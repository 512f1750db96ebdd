"""`sdg answer`, `sdg held`, `sdg accept`, `sdg refuse`: what people say of deliveries. Arguments, printing, exit codes.

The work is in `pipelines.answering` and `pipelines.held`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from pipelines.commands import EXIT_DATA, EXIT_OK, FORM, HOME, example, settings_of, settings_with_deliveries, waits

BY = click.option("--by", metavar="NAME", help="Who says so. Default: the name you are logged in with.")
REASON = click.option("--reason", required=True, help="Why; kept with the delivery.")


def register(main: click.Group) -> None:
    """Add the commands to `sdg`."""
    for command in (answer, held, accept, refuse):
        main.add_command(command)


def _who(name: str | None) -> str:
    """Return the name that was given, or that of the account, or its number where it has no name."""
    import os
    import pwd

    if name is not None and name.strip():
        return " ".join(name.split())
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"


@example(
    "sdg answer KGZ-1a2b3c4d5e6f",
    'sdg answer KGZ-1a2b3c4d5e6f UNIT-MULT-OTHER --text "Thousands since 2023"',
)
@click.command("answer")
@click.argument("delivery")
@click.argument("finding", required=False)
@click.option("--text", "words", help="The explanation: why the values are right as they are.")
@BY
@FORM
@HOME
def answer(
    delivery: str, finding: str | None, words: str | None, by: str | None, form: str, home: Path | None
) -> None:
    """Explain a warning; without FINDING, list what awaits an answer.

    FINDING is the id that the report gives, or its beginning. The answer is
    kept, and published beside the values that the warning touches, also when
    the delivery is judged anew. A second answer takes the place of the first,
    which stays in the ledger.

    \b
    Exit code: 0 done; 2 could not be done.
    """
    from datetime import UTC, datetime

    from pipelines.answering import answer as keep
    from pipelines.answering import questions, questions_text
    from pipelines.knowledge import Knowledge
    from pipelines.publication import bring_up_to_date
    from warehouse.ledger import Ledger
    from warehouse.ledger_reading import read_ledger

    if (finding is None) != (words is None):
        raise click.UsageError("FINDING and --text belong together: give both, or none to list what awaits an answer.")
    settings = settings_with_deliveries(home)
    if finding is None or words is None:
        with read_ledger(settings) as ledger:
            asked = questions(ledger, delivery)
    else:
        with Ledger.open(settings) as ledger:
            asked = [keep(ledger, delivery, finding, words, by=_who(by), now=datetime.now(UTC))]
            bring_up_to_date(settings, Knowledge.read(), purpose="sdg answer", publish_anyway=True, on_wait=waits)
    if form == "json":
        said = {"delivery": delivery, "warnings": [one.to_dict() for one in asked]}
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
    else:
        click.echo(questions_text(delivery, asked))


@example("sdg held", "sdg held --format json")
@click.command("held")
@FORM
@HOME
def held(form: str, home: Path | None) -> None:
    """List the deliveries that are held until somebody decides.

    \b
    Exit code: 0 nothing waits; 1 something does; 2 could not be told.
    """
    from pipelines.held import held as waiting
    from pipelines.held import held_text
    from warehouse.ledger_reading import read_ledger

    settings = settings_of(home)
    if settings.ledger.exists():
        with read_ledger(settings) as ledger:
            found = waiting(ledger)
    else:
        found = []
    if form == "json":
        click.echo(json.dumps({"held": [one.to_dict() for one in found]}, ensure_ascii=False, indent=2))
    else:
        click.echo(held_text(found))
    sys.exit(EXIT_DATA if found else EXIT_OK)


@example('sdg accept KGZ-1a2b3c4d5e6f --reason "series ended, letter of 12 May"')
@click.command("accept")
@click.argument("delivery")
@REASON
@BY
@FORM
@HOME
def accept(delivery: str, reason: str, by: str | None, form: str, home: Path | None) -> None:
    """Load a delivery that is held (or was refused): what it undoes is meant.

    \b
    Exit code: 0 no error finding; 1 an error finding; 2 could not be done.
    """
    from metadata.findings import Report
    from pipelines.held import accept as take
    from pipelines.knowledge import Knowledge
    from pipelines.publication import bring_up_to_date, publishing_what_is_left
    from pipelines.report_formats import to_json
    from pipelines.show import file_text
    from warehouse.ledger import Ledger

    knowledge = Knowledge.read()
    settings = settings_with_deliveries(home)
    with Ledger.open(settings) as ledger:
        with publishing_what_is_left(settings, knowledge, purpose="sdg accept", on_wait=waits):
            report = take(delivery, reason, settings, ledger, knowledge, by=_who(by), on_wait=waits)
        bring_up_to_date(settings, knowledge, purpose="sdg accept", publish_anyway=True, on_wait=waits)
    click.echo(to_json(Report([report])) if form == "json" else file_text(report, judged_only=False))
    sys.exit(EXIT_OK if report.valid else EXIT_DATA)


@example('sdg refuse KGZ-1a2b3c4d5e6f --reason "half of it is missing"')
@click.command("refuse")
@click.argument("delivery")
@REASON
@BY
@HOME
def refuse(delivery: str, reason: str, by: str | None, home: Path | None) -> None:
    """Refuse a delivery that is held: nothing of it enters the tables.

    Its bytes, its report and your reason are kept. `sdg accept` takes it back.

    \b
    Exit code: 0 done; 2 could not be done.
    """
    from pipelines.held import refuse as turn_away
    from pipelines.knowledge import Knowledge
    from pipelines.publication import bring_up_to_date, publishing_what_is_left
    from pipelines.show import wrap
    from warehouse.ledger import Ledger

    knowledge = Knowledge.read()
    settings = settings_with_deliveries(home)
    with Ledger.open(settings) as ledger:
        with publishing_what_is_left(settings, knowledge, purpose="sdg refuse", on_wait=waits):
            said = turn_away(delivery, reason, settings, ledger, by=_who(by), on_wait=waits)
        bring_up_to_date(settings, knowledge, purpose="sdg refuse", publish_anyway=True, on_wait=waits)
    click.echo(wrap(said, indent="  ", first=""))
