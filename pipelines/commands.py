"""What the commands of `sdg` have in common: their order, their errors as one sentence, exit codes, examples.

Apart from `pipelines.cli`, so that groups of commands can stand in modules of their own (`pipelines.cli_metadata`).
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metadata.errors import ConfigurationError, SdgError

if TYPE_CHECKING:
    from warehouse.settings import Settings

EXIT_OK, EXIT_DATA, EXIT_COULD_NOT = 0, 1, 2
EXIT_STOPPED = 130
"""Ctrl-C, as shells have it (128 + SIGINT): not 1, which says something about the data."""
HOME = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that holds the state. Default: $SDG_HOME, else ./var.",
)
FILES = click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False), metavar="FILE…"
)
"""What is no file, or may not be read, is told with what became of the others (`pipelines.given_files`)."""
FORM = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the output."
)

_CUT_OFF = (
    "A file of the program that Python compiled is cut off, as when the disk was full while it was written. "
    "Delete the folders __pycache__ where the program is, and run it again."
)


class Commands(click.Group):
    """The commands in the order in which a newcomer needs them, and errors as one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order of their definition."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with the whole first sentence of their help, on two lines where one is too short."""
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                rows.append((name, command.get_short_help_str(limit=10_000)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run as a program; what the terminal's encoding has no letter for is printed as an escape."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; print what stops it as one sentence and end with 2, or with 130 where a person did."""
        try:
            return super().invoke(ctx)
        except SdgError as error:
            if ctx.find_root().params.get("debug"):
                raise
            click.echo(f"sdg: {error}", err=True)
            ctx.exit(EXIT_COULD_NOT)
        except BrokenPipeError:
            raise
        except KeyboardInterrupt:
            _stop(ctx)
        except OSError as error:
            if ctx.find_root().params.get("debug"):
                raise
            place = f"{error.filename}: " if error.filename else ""
            sentence = f"{place}{error.strerror or error}. Nothing was lost; mend this and run it again."
            click.echo(f"sdg: {sentence}", err=True)
            ctx.exit(EXIT_COULD_NOT)
        except EOFError as error:
            if ctx.find_root().params.get("debug") or "marshal" not in str(error):
                raise
            click.echo(f"sdg: {_CUT_OFF}", err=True)
            ctx.exit(EXIT_COULD_NOT)
        except Exception as error:
            if not _interrupted(error):
                raise
            _stop(ctx)


def _interrupted(error: BaseException) -> bool:
    """Say whether DuckDB tells of a Ctrl-C: it gives up its query with an error of its own, of two kinds."""
    original = getattr(error, "orig", None) or error
    return type(original).__name__ == "InterruptException" or str(original) == "Query interrupted"


def _stop(ctx: click.Context) -> None:
    click.echo("\nsdg: Stopped. What was written before stands; the same command again goes on from it.", err=True)
    ctx.exit(EXIT_STOPPED)


def example(*lines: str) -> Callable[[click.Command], click.Command]:
    """Put the examples at the end of a command's help."""

    def add(command: click.Command) -> click.Command:
        command.epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
        return command

    return add


def waits(sentence: str) -> None:
    """Say on the error stream that somebody else is writing."""
    click.echo(sentence, err=True)


def settings_of(home: Path | None) -> Settings:
    """Return where state lives."""
    from warehouse.settings import Settings

    return Settings.load(home)


def settings_with_deliveries(home: Path | None) -> Settings:
    """Return where state lives, for a command about a delivery: a folder without any is a wrong folder.

    Raises:
        ConfigurationError: no delivery was ever recorded there; nothing is made.
    """
    settings = settings_of(home)
    if not settings.ledger.is_file():
        raise ConfigurationError(
            "No delivery was ever recorded here.",
            where=str(settings.home),
            hint="Look at --home and SDG_HOME; deliveries come in by sdg run and sdg submit.",
        )
    return settings


def one_of(kind: str, value: str, known: Mapping[str, Any] | Iterable[str]) -> None:
    """Refuse a name that is not known, and name the nearest.

    Raises:
        ConfigurationError: it is not known.
    """
    from metadata.structure import nearest_or_some

    names = list(known)
    if value not in names:
        raise ConfigurationError(f'There is no {kind} "{value}".', hint=nearest_or_some(value, names))
