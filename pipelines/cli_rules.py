"""`sdg rules …`: the catalogue of rules, and the proposal of thresholds. Arguments, printing and exit codes only."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from metadata.rulebook.rule import Level
from pipelines.commands import FORM, HOME, Commands, example, one_of, settings_of
from pipelines.endings import form_of_file

PROPOSAL = {"text": (".txt",), "yaml": (".yaml", ".yml"), "json": (".json",)}
"""The forms of a proposal of thresholds, and the endings that stand for them."""


def register(main: click.Group) -> None:
    """Put the group under a command."""
    main.add_command(rules_group)


@click.group("rules", cls=Commands)
def rules_group() -> None:
    """The rules of judgement: list, show, and calibrate their thresholds."""


@example("sdg rules list", "sdg rules list --level history", "sdg rules list --format markdown")
@rules_group.command("list")
@click.option("--level", type=click.Choice(get_args(Level)), help="Only the rules of this level.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", help="Form of the output."
)
def list_rules(level: str | None, form: str) -> None:
    """List every rule with its severity and its sentence.

    markdown is the page docs/rules.md, with hints, variants and evidence; it
    always has all levels.

    \b
    Exit code: 0 done; 2 could not be done.
    """
    from metadata.derive.rules_page import rules_page
    from pipelines.show_rules import list_text, rules_json

    if form == "markdown":
        click.echo(rules_page(), nl=False)
    else:
        click.echo(rules_json(level) if form == "json" else list_text(level))


@example("sdg rules show HISTORY-DECIMAL", "sdg rules show HISTORY-DECIMAL --format json")
@rules_group.command("show")
@click.argument("rule_id", metavar="RULE")
@FORM
def show_rule(rule_id: str, form: str) -> None:
    """Show a rule: what it says, how to mend it, and its evidence.

    \b
    Exit code: 0 done; 2 there is no such rule.
    """
    from metadata.rules import RULES
    from pipelines.show_rules import rule_json, rule_text

    name = rule_id.upper()
    one_of("rule", name, RULES)
    click.echo((rule_json if form == "json" else rule_text)(RULES[name]))


@example(
    "sdg rules calibrate",
    "sdg rules calibrate --provider UNSD --series EN_HAZ_PCAP",
    "sdg rules calibrate --out proposal.yaml",
)
@rules_group.command("calibrate")
@click.option("--provider", "providers", multiple=True, metavar="ID", help="Only this provider; may be repeated.")
@click.option("--series", "series", multiple=True, metavar="CODE", help="Only this series; may be repeated.")
@click.option(
    "--format", "form", type=click.Choice(list(PROPOSAL)), help="Default: by the ending of --out, else text."
)
@click.option("--out", type=click.Path(path_type=Path), help="Write the proposal to this file.")
@HOME
def calibrate_rules(
    providers: tuple[str, ...], series: tuple[str, ...], form: str | None, out: Path | None, home: Path | None
) -> None:
    """Propose thresholds from what is published; change nothing.

    Per series: the 95th percentile of changes between years, sizes of
    revisions, range, zeros, and how often rules fire. Every figure says how
    many values it stands on. You decide what goes into the declarations.

    \b
    Exit code: 0 done; 2 nothing is published, or an unknown name.
    """
    from metadata.whole import save_text
    from pipelines.calibrate import calibrate
    from pipelines.knowledge import Knowledge
    from pipelines.show_calibration import proposal_json, proposal_text, proposal_yaml
    from warehouse.calibration import measured
    from warehouse.connect import reader

    chosen = (form or "text") if out is None else form_of_file(out, form, PROPOSAL, without="yaml")
    knowledge = Knowledge.read()
    for name in providers:
        knowledge.providers.get(name)
    for code in series:
        one_of("series", code, knowledge.catalogue.series)
    with reader(settings_of(home)) as connection:
        found = measured(connection, knowledge.structure, providers=providers, series=series)
    proposal = calibrate(
        found, knowledge.catalogue, knowledge.structure, knowledge.areas, today=knowledge.today
    )
    text = {"text": proposal_text, "yaml": proposal_yaml, "json": proposal_json}[chosen](proposal).rstrip("\n") + "\n"
    if out is None:
        click.echo(text, nl=False)
        return
    save_text(out, text, what="proposal")
    click.echo(f"Proposal for {len(proposal.series)} series written to {out}. Nothing else was changed.")
