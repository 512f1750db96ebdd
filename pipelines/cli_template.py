"""The command `sdg template`: the workbook, or the table, that an office fills and sends back.

Reading of arguments and printing only; what is written is in `metadata.derive.template`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands import HOME, example, one_of, settings_of

if TYPE_CHECKING:
    from metadata.derive.template_plan import Request
    from pipelines.knowledge import Knowledge
    from warehouse.settings import Settings

LANG = click.option(
    "--lang", metavar="LANG", help="Language: en, fr, es, ru, ar or zh. Default: the provider's own."
)


def register(main: click.Group) -> None:
    """Put the command under `sdg`."""
    main.add_command(template)


@example(
    "sdg template KGZ --indicator 12.4.2 --indicator 13.1.1 --out kgz.xlsx",
    "sdg template KEN --lang fr --no-previous --out ken.csv",
)
@click.command()
@click.argument("provider_id", metavar="PROVIDER")
@click.option("--indicator", "indicators", multiple=True, metavar="N", help="Only this indicator; may be repeated.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write: .xlsx or .csv.")
@LANG
@click.option(
    "--previous/--no-previous", default=True, show_default=True, help="Put in what was reported last, for revision."
)
@HOME
def template(
    provider_id: str, indicators: tuple[str, ...], out: Path, lang: str | None, previous: bool, home: Path | None
) -> None:
    """Write the workbook that an office fills and sends back.

    One sheet an indicator, with lists to choose codes from and the units
    fixed; the first sheet says how to fill it, in the office's language. The
    values of the last reported period stand there to be confirmed or revised,
    where a published warehouse has them. --out X.csv writes one table instead.

    \b
    Exit code: 0 written; 2 could not be done.
    """
    from metadata.derive.template_plan import Request
    from pipelines.knowledge import Knowledge
    from pipelines.spoken import chosen_language

    if out.suffix.lower() not in (".xlsx", ".csv"):
        raise click.UsageError("--out must end in .xlsx or .csv.")
    knowledge = Knowledge.read()
    provider = knowledge.providers.get(provider_id)
    chosen = tuple(dict.fromkeys(indicators)) or tuple(knowledge.catalogue.indicators)
    for number in chosen:
        one_of("indicator", number, knowledge.catalogue.indicators)
    request = Request(provider.id, provider.name, provider.areas, chosen, chosen_language(lang, provider))
    rows = _previous(request, settings_of(home), knowledge) if previous else []
    if out.suffix.lower() == ".csv":
        from metadata.derive.template_csv import write_template_csv as write
    else:
        from metadata.derive.template import write_template as write
    write(out, request, knowledge.catalogue, knowledge.structure, knowledge.areas, previous=rows)
    put_in = f", with {len(rows):,} values reported before" if rows else ""
    click.echo(f"Template for {provider.id} with {len(chosen)} indicators{put_in} written to {out}")


def _previous(request: Request, settings: Settings, knowledge: Knowledge) -> list[dict[str, object]]:
    """Return what the provider reported last; nothing where nothing is published."""
    if not settings.current.is_file():
        return []
    from metadata.derive.template_plan import series_of
    from warehouse.connect import reader
    from warehouse.last_reported import last_reported

    series = {series.code for number in request.indicators for series in series_of(knowledge.catalogue, number)}
    with reader(settings) as connection:
        return last_reported(connection, knowledge.structure, request.provider_id, series)
