"""What the commands of `sdg` have in common: exit codes, the state folder, and examples at the end of their help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

EXIT_OK, EXIT_DATA, EXIT_COULD_NOT = 0, 1, 2
HOME = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that holds the state. Default: $SDG_HOME, else ./var.",
)


def example(*lines: str) -> Callable[[click.Command], click.Command]:
    """Put the examples at the end of a command's help."""

    def add(command: click.Command) -> click.Command:
        command.epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
        return command

    return add
