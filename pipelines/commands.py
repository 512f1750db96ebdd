"""What the commands of `sdg` have in common: their order, their errors as one sentence, exit codes, examples.

Apart from `pipelines.cli`, so that groups of commands can stand in modules of their own (`pipelines.cli_metadata`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metadata.errors import ConfigurationError, SdgError, UnreadableFile

if TYPE_CHECKING:
    from warehouse.settings import Settings

EXIT_OK, EXIT_DATA, EXIT_COULD_NOT = 0, 1, 2
HOME = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that holds the state. Default: $SDG_HOME, else ./var.",
)


class Commands(click.Group):
    """The commands in the order in which a newcomer needs them, and errors as one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order of their definition."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; print what stops it as one sentence and end with 2."""
        try:
            return super().invoke(ctx)
        except SdgError as error:
            if ctx.find_root().params.get("debug"):
                raise
            click.echo(f"sdg: {error}", err=True)
            ctx.exit(EXIT_COULD_NOT)
        except (BrokenPipeError, KeyboardInterrupt):
            raise
        except OSError as error:
            if ctx.find_root().params.get("debug"):
                raise
            place = f"{error.filename}: " if error.filename else ""
            sentence = f"{place}{error.strerror or error}. Nothing was lost; mend this and run it again."
            click.echo(f"sdg: {sentence}", err=True)
            ctx.exit(EXIT_COULD_NOT)


def example(*lines: str) -> Callable[[click.Command], click.Command]:
    """Put the examples at the end of a command's help."""

    def add(command: click.Command) -> click.Command:
        command.epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
        return command

    return add


def settings_of(home: Path | None) -> Settings:
    """Return where state lives."""
    from warehouse.settings import Settings

    return Settings.load(home)


def must_exist(files: Sequence[Path]) -> None:
    """Refuse paths that are no files.

    Raises:
        UnreadableFile: the first that is none.
    """
    for file in files:
        if not file.is_file():
            kind = "is a folder, not a file" if file.is_dir() else "does not exist"
            raise UnreadableFile(f"The file {kind}.", where=str(file), hint="Look at the spelling of the path.")


def one_of(kind: str, value: str, known: Mapping[str, Any] | Iterable[str]) -> None:
    """Refuse a name that is not known, and name the nearest.

    Raises:
        ConfigurationError: it is not known.
    """
    from metadata.structure import nearest

    names = list(known)
    if value not in names:
        near = ", ".join(nearest(value, names)) or ", ".join(names)
        raise ConfigurationError(f'There is no {kind} "{value}".', hint=f"Nearest: {near}.")
