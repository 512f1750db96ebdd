"""`sdg structure compare` and `sdg structure hold`: arguments, printing and exit codes; the work is elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipelines.commands import EXIT_DATA, EXIT_OK, FORM, HOME, example
from pipelines.given_files import must_exist


@example(
    "sdg structure compare KG_NSC_SDG_1.8.xml --provider KGZ",
    "sdg structure compare national.xml --provider RWA --format json",
)
@click.command("compare")
@click.argument("file", type=click.Path(path_type=Path, readable=False))
@click.option("--provider", "provider_id", metavar="ID", help="Whose structure it is: its code map applies.")
@FORM
def compare_structure(file: Path, provider_id: str | None, form: str) -> None:
    """Say how the codes of a national structure stand to the global ones.

    \b
    equal      the same code with the same meaning
    mapped     the provider's map translates it
    national   the map says that it is the country's own
    colliding  the same code, another meaning
    unmapped   in neither list: its rows would be kept back

    Whether meanings differ is told by the names, so a collision is a question
    to you. Without --provider no map applies.

    \b
    Exit code: 0 nothing colliding or unmapped that a row of goals 12 and 13
    could carry; 1 something is; 2 the file cannot be read.
    """
    from metadata.areas import load_areas
    from metadata.official import load_official
    from metadata.structure import load_structure
    from pipelines.national import compare_national, to_json, to_text
    from pipelines.provider import load_providers

    must_exist([file])
    provider = load_providers().get(provider_id) if provider_id is not None else None
    found = compare_national(load_official(file), provider, load_structure(), load_areas())
    click.echo(to_json(found) if form == "json" else to_text(found))
    sys.exit(EXIT_OK if found.clean else EXIT_DATA)


@example("sdg structure hold KG_NSC_SDG_1.8.xml", "sdg structure hold")
@click.command("hold")
@click.argument("file", required=False, type=click.Path(path_type=Path, readable=False))
@HOME
def hold_structure(file: Path | None, home: Path | None) -> None:
    """Keep an office's structure message; without FILE, list what is held.

    A delivery that refers to a structure held here is not told that it is
    not held. Its codes are judged against the global structure all the same.

    \b
    Exit code: 0 done; 2 the file cannot be read or kept.
    """
    from metadata.official import load_official
    from pipelines.show import short_path
    from warehouse.settings import Settings
    from warehouse.structures import held_structures, hold

    settings = Settings.load(home)
    if file is None:
        labels = sorted(held_structures(settings))
        click.echo("\n".join(labels) or f"No structure is held in {short_path(settings.structures)}.")
        return
    must_exist([file])
    data = file.read_bytes()
    label = load_official(data, name=str(file)).version_label
    answer, place = hold(settings, label, data)
    did = {"new": "is held now", "same": "was held already", "replaced": "took the place of another message"}
    click.echo(f"{label} {did[answer]}: {short_path(place)}")
