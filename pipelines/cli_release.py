"""The analyst's commands for what has to stand: `sdg release`, `sdg diff`, `sdg backup`, `sdg restore`.

Reading of arguments, printing and exit codes only; the work is in `warehouse.release`, `warehouse.release_diff` and
`warehouse.backup`. `register` puts the commands under `sdg`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from pipelines.commands import EXIT_DATA, HOME, example, one_of, settings_of, waits


def register(main: click.Group) -> None:
    """Put the commands under a group."""
    for command in (make_release, diff_releases, make_backup, restore_backup):
        main.add_command(command)


@contextmanager
def afterwards(done: str, hint: str = "Make room and run the same command again.") -> Iterator[None]:
    """Say what has been done where the disk is full only after that.

    Raises:
        StorageFull: with these words.
    """
    from metadata.errors import StorageFull

    try:
        yield
    except StorageFull as error:
        raise StorageFull(f"The disk is full or not writable. {done}", where=error.where, hint=hint) from error


@contextmanager
def _bytes_pass(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give what moves a bar, told the bytes done and all of them; nothing is shown where nobody looks."""
    with click.progressbar(
        length=1, label=label, file=sys.stderr, hidden=not sys.stderr.isatty(), width=20
    ) as bar:

        def move(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield move


@example(
    "sdg release",
    'sdg release 2026.Q4.01 --note "for the progress report"',
    "sdg release --reference-date 2026-07-01",
)
@click.command("release")
@click.argument("name", required=False)
@click.option("--note", metavar="TEXT", help="What a reader should know first; stands in CHANGES.md.")
@click.option(
    "--reference-date",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day whose membership of regions counts. Default: as published, the first of the year.",
)
@HOME
def make_release(name: str | None, note: str | None, reference_date: datetime | None, home: Path | None) -> None:
    """Freeze what is published, so that it can be read again as it was.

    Makes $SDG_HOME/releases/NAME: a read-only DuckDB file, Parquet files,
    checksums, the versions that it was made by, and CHANGES.md, which says
    what differs from the release before. NAME is year, quarter and a number
    (2026.Q4.01) unless you give one. A release is never changed: the same
    content again is no new one, other content needs another name.

    \b
    Exit code: 0 done, or there already; 2 could not be done.
    """
    from pipelines.knowledge import Knowledge
    from pipelines.last_release import knows_release
    from pipelines.publication import bring_up_to_date
    from pipelines.show import short_path, wrap
    from pipelines.show_diff import released_text
    from warehouse.connect import writer
    from warehouse.ledger import Ledger
    from warehouse.publish import publish
    from warehouse.release import release
    from warehouse.release_store import place_of

    settings = settings_of(home)
    place_of(settings, "current")
    bring_up_to_date(settings, Knowledge.read(), purpose="sdg release", on_wait=waits)
    with writer(settings, "sdg release", on_wait=waits) as warehouse, Ledger.open(settings) as ledger:
        day = reference_date.date() if reference_date else None
        answer = release(settings, ledger, name, note=note, reference_date=day)
        # Readers of the published copy can name it from now on, and see what changes after it. One that was made by a
        # process that was killed, or stopped by a full disk, before it published is made known now.
        if answer.new or not knows_release(settings, answer.release.name):
            with afterwards(f"Release {answer.release.name} is made and whole; the copy for readers knows it not yet."):
                publish(settings, warehouse)
    if not answer.new:
        there = f"Release {answer.release.name} is there already, with the same content: {short_path(answer.folder)}"
        click.echo(wrap(there, indent=""))
        return
    click.echo(released_text(answer.release, answer.folder))


@example(
    "sdg diff 2026.Q3.01 2026.Q4.01",
    "sdg diff 2026.Q4.01 current --indicator 12.4.2",
    "sdg diff old/release.duckdb current --format csv",
)
@click.command("diff")
@click.argument("a")
@click.argument("b")
@click.option("--indicator", "number", metavar="N", help="Only the series of this indicator.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", help="Form of the output."
)
@HOME
def diff_releases(a: str, b: str, number: str | None, form: str, home: Path | None) -> None:
    """Say what differs between two releases: series, keys, values, units.

    A and B are names of releases, `current` for what is published, or the
    path of a release's DuckDB file. json and csv have every row, with the
    columns of report.release_diff.

    \b
    Exit code: 0 no difference; 1 differences; 2 could not compare.
    """
    from pipelines.show_diff import diff_csv, diff_json, diff_text
    from warehouse.release_diff import differences, of_indicator
    from warehouse.release_store import place_of

    if number is not None:
        from metadata.load import load_catalogue

        one_of("indicator", number, load_catalogue().indicators)
    settings = settings_of(home)
    before, after = place_of(settings, a), place_of(settings, b)
    rows = differences(settings, before, after)
    if number is not None:
        rows = of_indicator(rows, number)
    show = {"text": diff_text, "json": diff_json, "csv": diff_csv}[form]
    text = show(before[0], after[0], rows)
    click.echo(text, nl=not text.endswith("\n"))
    if not rows.is_empty():
        sys.exit(EXIT_DATA)


@example(
    "sdg backup /mnt/backups/sdg-2026-10-05.tar",
    "sdg backup /mnt/backups/sdg",
    "sdg backup /mnt/backups/sdg --verify",
)
@click.command("backup")
@click.argument("target", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
@click.option("--verify", is_flag=True, help="Read what an earlier backup there holds, and copy damaged files again.")
@HOME
def make_backup(target: Path, verify: bool, home: Path | None) -> None:
    """Copy all that cannot be made again into an archive or a folder.

    The warehouse, the ledger, the bytes as received, the structures that are
    held, the releases, and what waits in the inbox, as they stand together at
    one moment, with their checksums. A name that ends with .tar, .tar.gz or
    .tgz is an archive, any other a folder.

    A folder that holds a backup is brought up to date: only what is new is
    copied, and the former backup stands until the new one is whole. Killed, a
    backup into a folder goes on where it was. An archive begins anew.

    \b
    Exit code: 0 done; 2 could not be done.
    """
    from pipelines.show import plural, wrap
    from warehouse.backup import backup

    settings = settings_of(home)
    with _bytes_pass("Copying") as move:
        made = backup(settings, target, verify=verify, on_wait=waits, on_bytes=move)
    facts = made.backup
    held = (
        f"{plural(facts.observations, 'observation')}, {plural(facts.deliveries, 'delivery', 'deliveries')}, "
        f"{plural(facts.raw_files, 'file')} as received, {plural(facts.releases, 'release')}, "
        f"{plural(facts.inbox_files, 'file')} waiting in the inbox"
    )
    done = "brought up to date" if made.updated else "written"
    click.echo(wrap(f"Backup {done} in {target}: {held}.", indent=""))
    again = f"; there already: {plural(made.taken_over, 'file')}" if made.taken_over else ""
    click.echo(wrap(f"Copied {made.copied / 1e6:,.1f} MB{again}.", indent=""))
    if made.unfinished:
        left = f"{plural(made.unfinished, 'file')} still being written to the inbox: not in the backup."
        click.echo(wrap(left, indent=""))
    click.echo(wrap(f"Rehearse it: sdg restore {target} --home SOMEWHERE", indent=""))


@example("sdg restore sdg-2026-10-05.tar --home /srv/sdg", "sdg restore sdg-2026-10-05.tar --overwrite")
@click.command("restore")
@click.argument("source", metavar="BACKUP", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help="Take the place of a state that is there; it is moved aside.")
@HOME
def restore_backup(source: Path, overwrite: bool, home: Path | None) -> None:
    """Make a state folder of a backup, and publish it.

    Every file is compared with its checksum before anything is changed. A
    folder that holds a state is refused unless you say --overwrite; then what
    was there is moved to replaced-… in it.

    \b
    Exit code: 0 done; 2 could not be done, and nothing was changed.
    """
    from pipelines.deliver import start
    from pipelines.knowledge import Knowledge
    from pipelines.publication import bring_up_to_date
    from pipelines.show import plural, short_path, wrap
    from warehouse.connect import writer
    from warehouse.ledger import Ledger
    from warehouse.restore import restore

    knowledge = Knowledge.read()
    settings = settings_of(home)
    with _bytes_pass("Restoring") as move:
        answer = restore(source, settings, overwrite=overwrite, on_wait=waits, on_bytes=move)
    aside = f" What was there before is in {short_path(answer.replaced)}." if answer.replaced else ""
    with afterwards(f"The backup is restored, but not published.{aside}", "Make room, then publish with: sdg run"):
        with writer(settings, "sdg restore", on_wait=waits) as warehouse, Ledger.open(settings) as ledger:
            start(warehouse, ledger)
        bring_up_to_date(settings, knowledge, purpose="sdg restore", publish_anyway=True, on_wait=waits)
    held = (
        f"{plural(answer.backup.observations, 'observation')}, {plural(answer.backup.releases, 'release')}, "
        f"as of {answer.backup.created_at[:16].replace('T', ' ')} UTC"
    )
    click.echo(wrap(f"{short_path(settings.home)} restored from {source}: {held}.", indent=""))
    if answer.replaced is not None:
        click.echo(wrap(f"What was there before is in {short_path(answer.replaced)}.", indent=""))
