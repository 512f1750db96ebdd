"""The data officer's commands: `sdg metadata …` and `sdg structure …`.

Reading of arguments, printing and exit codes only; the work is in `metadata`. `register` puts the groups under `sdg`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipelines.cli_exchange import export_metadata, import_metadata
from pipelines.cli_structure import compare_structure, hold_structure
from pipelines.commands import EXIT_DATA, EXIT_OK, FORM, HOME, Commands, example, one_of, settings_of
from pipelines.given_files import must_exist


def register(main: click.Group) -> None:
    """Put the two groups under a command, and the commands of exchange under theirs."""
    metadata_group.add_command(export_metadata)
    metadata_group.add_command(import_metadata)
    structure_group.add_command(compare_structure)
    structure_group.add_command(hold_structure)
    main.add_command(metadata_group)
    main.add_command(structure_group)


@click.group("metadata", cls=Commands)
def metadata_group() -> None:
    """The data officer's tools: lint, show and compare the declarations."""


@example("sdg metadata lint", "sdg metadata lint my-drafts/indicators", "sdg metadata lint --format json")
@metadata_group.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--rules", is_flag=True, help="List the rules on the wording instead.")
@FORM
def lint(folder: Path | None, rules: bool, form: str) -> None:
    """Read every declaration and complain with file:line, all in one go.

    A complaint makes a declaration unusable: a run refuses to judge with it.
    An error or a warning is about the wording. A warning alone is no failure.

    \b
    Exit code: 0 no complaint and no error; 1 some; 2 could not read.
    """
    from datetime import UTC, datetime

    from metadata.content import lint as lint_folder
    from metadata.content_rules import RULES
    from metadata.declarations import GOALS_FILE
    from metadata.errors import ConfigurationError, SdgError
    from pipelines.metadata_json import lint_json, lint_rules_json
    from pipelines.provider import load_providers
    from pipelines.show import WIDTH, wrap

    if rules:
        if form == "json":
            click.echo(lint_rules_json())
            return
        for rule in RULES.values():
            click.echo(f"{rule.id} ({rule.severity})")
            click.echo(wrap(rule.says, indent="  ", width=WIDTH))
        return
    if folder is not None and not (folder / GOALS_FILE).is_file():
        raise ConfigurationError(
            f"The folder holds no {GOALS_FILE}." if folder.is_dir() else "There is no such folder.",
            where=str(folder),
            hint=f"Name a folder of declarations: {GOALS_FILE}, and a folder for each goal.",
        )
    found = lint_folder(folder, today=datetime.now(UTC).date())
    complaints: list[SdgError] = [*found.complaints]
    count = None
    if folder is None:
        providers = load_providers()
        complaints += providers.broken.values()
        count = len(providers.by_id)
    if form == "json":
        click.echo(lint_json(found, complaints, count))
        sys.exit(EXIT_DATA if complaints or found.of("error") else EXIT_OK)
    for line in map(str, [*complaints, *found.remarks]):
        click.echo(line)
    bad, warnings = len(complaints) + len(found.of("error")), len(found.of("warning"))
    if bad:
        click.echo(f"{bad} to mend{f', {warnings} to look at' if warnings else ''}.", err=True)
        sys.exit(EXIT_DATA)
    indicators = len(found.catalogue.indicators)
    what = f"{indicators} indicators" + (f" and {count} providers" if count is not None else "")
    click.echo(f"{what}: {f'{warnings} to look at' if warnings else 'nothing to complain about'}.")


@example(
    "sdg metadata show 12.4.2",
    "sdg metadata show 12.4.2 --lang fr",
    "sdg metadata show 12.4.2 --concept STAT_CONC_DEF",
    "sdg metadata show 12.4.2 --format json",
)
@metadata_group.command("show")
@click.argument("number")
@click.option(
    "--lang", default="en", show_default=True, type=click.Choice(["en", "fr"]), help="Language of the texts."
)
@click.option("--concept", metavar="ID", help="Only this concept of the reference metadata.")
@FORM
def show_indicator(number: str, lang: str, concept: str | None, form: str) -> None:
    """Show an indicator: titles, series, units, codes, and its texts.

    \b
    Exit code: 0 done; 2 there is no such indicator or concept.
    """
    from metadata.concepts import load_concepts
    from metadata.load import load_catalogue
    from metadata.structure import load_structure
    from pipelines.metadata_json import concept_json, indicator_json
    from pipelines.show_metadata import indicator_text
    from pipelines.show_reference import concept_text, reference_text

    catalogue, structure = load_catalogue(), load_structure()
    one_of("indicator", number, catalogue.indicators)
    if concept is not None:
        one_of("concept", concept.upper(), [known.id for known in load_concepts()])
        click.echo((concept_json if form == "json" else concept_text)(number, concept.upper(), lang, catalogue))
        return
    if form == "json":
        click.echo(indicator_json(number, lang, catalogue, structure))
        return
    click.echo(indicator_text(number, catalogue, structure))
    click.echo()
    click.echo(reference_text(number, lang, catalogue))


@example(
    "sdg metadata diff HEAD~1 indicators",
    "sdg metadata diff 2026.Q3.01 2026.Q4.01",
    "sdg metadata diff 3f9a41c0 indicators",
)
@metadata_group.command("diff")
@click.argument("a")
@click.argument("b")
@HOME
def diff_metadata(a: str, b: str, home: Path | None) -> None:
    """Say in words how the declarations differ between A and B.

    A and B are folders, git revisions, releases (or `current`: what is
    published), or the first digits of a version that the warehouse keeps.

    \b
    Exit code: 0 no difference; 1 differences; 2 could not compare.
    """
    from metadata.changes import changes
    from pipelines.metadata_versions import both

    lines = changes(*both(a, b, settings_of(home)))
    for line in lines:
        click.echo(line)
    if lines:
        sys.exit(EXIT_DATA)
    click.echo(f"{a} and {b} say the same.")


@click.group("structure", cls=Commands)
def structure_group() -> None:
    """The tools for the global data structure and its codelists."""


@example("sdg structure show", "sdg structure show SEX", "sdg structure show SEX --format json")
@structure_group.command("show")
@click.argument("component", required=False)
@FORM
def show_structure(component: str | None, form: str) -> None:
    """Show the components, or the codes of one component.

    \b
    Exit code: 0 done; 2 there is no such component.
    """
    from metadata.structure import load_structure
    from pipelines.metadata_json import codes_json, structure_json
    from pipelines.show_metadata import codes_text, structure_text

    structure = load_structure()
    if component is None:
        click.echo((structure_json if form == "json" else structure_text)(structure))
    else:
        click.echo((codes_json if form == "json" else codes_text)(structure, component.upper()))


@example("sdg structure diff IAEG-SDGs_SDG_1.26.xml")
@structure_group.command("diff")
@click.argument("file", type=click.Path(path_type=Path, readable=False))
def diff_structure(file: Path) -> None:
    """Say in words how an official structure file differs from the embedded.

    \b
    Exit code: 0 done; 2 the file cannot be read.
    """
    from pipelines.show_metadata import difference_lines

    must_exist([file])
    for line in difference_lines(file):
        click.echo(line)


REGISTRY = "https://registry.sdmx.org/ws/public/sdmxapi/rest"
"""The global SDMX registry, from which the metadata authoring tool of the SDMX-SDG group takes the structure too."""


@example(
    "sdg structure update",
    "sdg structure update --from IAEG-SDGs_SDG_1.26.xml",
)
@structure_group.command("update")
@click.option("--from", "source", type=click.Path(path_type=Path), help="Official structure (SDMX-ML) in a file.")
@click.option("--registry", default=REGISTRY, show_default=True, help="Where to fetch it without --from.")
@click.option("--yes", is_flag=True, help="Write without asking.")
def update_structure(source: Path | None, registry: str, yes: bool) -> None:
    """Rewrite the embedded structure from an official one, after showing how it differs.

    The latest one is fetched from the registry, or read from a file. The
    files under metadata/sdmx are rewritten in the checkout; a person looks at
    the change and commits it.

    \b
    Exit code: 0 done; 2 it could not be fetched or read.
    """
    import tempfile

    if source is not None:
        must_exist([source])
        _update_from(source, yes)
        return
    from pipelines.fetch import fetch_structure

    with tempfile.TemporaryDirectory(prefix="sdg-structure-") as folder:
        click.echo(f"Asking {registry} for IAEG-SDGs:SDG(latest)", err=True)
        _update_from(fetch_structure(registry, into=Path(folder)), yes)


def _update_from(source: Path, yes: bool) -> None:
    from pipelines.show import short_path
    from pipelines.show_metadata import difference_lines, rewrite_structure

    for line in difference_lines(source):
        click.echo(line)
    if not yes:
        click.confirm("Rewrite metadata/sdmx with this structure?", abort=True)
    notes, paths = rewrite_structure(source)
    for path in paths:
        click.echo(f"written: {short_path(path)}")
    for note in notes:
        click.echo(note)
    click.echo("Now: make tests, look at the change, and commit it.")
