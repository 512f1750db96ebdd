"""`sdg assessment`: arguments, printing and exit codes; the work is in `pipelines.assessment` and `assessment_book`."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands import HOME, example, settings_of
from pipelines.endings import form_of_file

_FORMS = {"text": (".txt",), "json": (".json",), "excel": (".xlsx",)}


@example(
    "sdg assessment KGZ --out KGZ-assessment.xlsx",
    "sdg assessment 417",
    "sdg assessment Rwanda --format json --out rwanda.json",
)
@click.command("assessment")
@click.argument("area_or_provider", metavar="AREA_OR_PROVIDER")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; without it, the screen.")
@click.option(
    "--format", "form", type=click.Choice(list(_FORMS)), help="Default: by the ending of --out, else text."
)
@HOME
def assessment(area_or_provider: str, out: Path | None, form: str | None, home: Path | None) -> None:
    """Write a country's national data assessment: indicator by indicator.

    Availability, last year and who produced the data are measured on the
    published tables. Institution, kind of source and barrier are what the
    office states in its provider's file; what nobody states is not known.
    AREA_OR_PROVIDER is a provider's id, an M49 or ISO code, or a name.

    \b
    Exit code: 0 written; 2 could not be done.
    """
    from metadata.errors import ConfigurationError
    from pipelines.assessment import areas_of, as_json, as_text, read_assessments
    from pipelines.knowledge import Knowledge

    chosen = (form or "text") if out is None else form_of_file(out, form, _FORMS, without="text")
    if chosen == "excel" and (out is None or out.suffix.lower() != ".xlsx"):
        raise ConfigurationError("A workbook needs --out with a file that ends with .xlsx.")
    made = read_assessments(settings_of(home), areas_of(area_or_provider, Knowledge.read()))
    if chosen == "excel" and out is not None:
        from pipelines.assessment_book import write_book

        write_book(out, made)
    else:
        text = as_json(made) if chosen == "json" else as_text(made)
        if out is None:
            click.echo(text)
            return
        from metadata.whole import save_text

        save_text(out, text + "\n", what="assessment")
    named = ", ".join(f"{one.name} ({one.area})" for one in made)
    click.echo(f"National data assessment of {named} written to {out}")


def register(main: click.Group) -> None:
    """Put the command under `sdg`."""
    main.add_command(assessment)
