"""`sdg metadata export` and `sdg metadata import`: arguments, printing and exit codes; the work is in `exchange`."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands import example
from pipelines.endings import form_of_file

_FORMS = ("sdmx-ml", "sdmx-ml-codes", "sdmx-json", "constraint", "frictionless", "csvw", "pages")


@example(
    "sdg metadata export --form sdmx-ml --out metadata-messages",
    "sdg metadata export --form sdmx-json --indicator 12.4.2 --lang en --out .",
    "sdg metadata export --form pages --out docs/indicators",
)
@click.command("export")
@click.option("--form", type=click.Choice(_FORMS), required=True, help="What to write; see above.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="Folder to write into.")
@click.option("--indicator", "indicators", multiple=True, metavar="N", help="Only this indicator; may be repeated.")
@click.option("--lang", "languages", multiple=True, metavar="LANG", help="Only this language; default: en and fr.")
def export_metadata(form: str, out: Path, indicators: tuple[str, ...], languages: tuple[str, ...]) -> None:
    """Write the declarations in a form that others read.

    \b
    sdmx-ml        reference metadata, a message an indicator and language,
                   against IAEG-SDGs:SDG_MSD(1.0), with data keys as targets
    sdmx-ml-codes  the same for readers without data keys, such as sdmx1
    sdmx-json      the same as SDMX-JSON 2.0
    constraint     allowed codes per series, an SDMX content constraint
    frictionless   Table Schemas of our tables
    csvw           CSV on the Web metadata of our tables
    pages          Markdown pages of the catalogue

    \b
    Exit code: 0 written; 2 could not be done.
    """
    from metadata.load import load_catalogue
    from metadata.structure import load_structure
    from pipelines.exchange import LANGUAGES, Export, write_files

    spoken = tuple(dict.fromkeys(languages)) or LANGUAGES
    export = Export(load_catalogue(), load_structure(), tuple(dict.fromkeys(indicators)), spoken)
    paths = write_files(export.files(form), out)
    click.echo(f"{len(paths)} {'file' if len(paths) == 1 else 'files'} written to {out}")


@example(
    "sdg metadata import 12-2-2.yml --out draft.yaml",
    "sdg metadata import sheet.xml --indicator 12.4.2 --out draft.yaml",
)
@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, readable=False))
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DRAFT.yaml", help="Draft to write.")
@click.option("--indicator", metavar="N", help="What the file is about; default: what it or its name says.")
def import_metadata(file: Path, out: Path, indicator: str | None) -> None:
    """Read reference metadata of others into a draft declaration.

    Reads SDMX-ML 2.1 and 3.0 and SDMX-JSON 2.0 metadata messages, and the
    YAML and gettext files of the SDG metadata repository. What has no place
    stands in the draft as comments. No declaration is changed: a draft is
    material to be put into own words.

    \b
    Exit code: 0 written; 2 the file cannot be read.
    """
    from metadata.errors import SdgError
    from metadata.whole import save_text
    from pipelines.exchange import import_file

    if out.exists() and out.is_dir():
        raise SdgError("This is a folder, not a file to write.", where=str(out))
    form_of_file(out, None, {"draft": (".yaml", ".yml")}, without="draft")
    text, told, left = import_file(file, indicator)
    save_text(out, text, what="draft")
    for sentence in told:
        click.echo(sentence)
    click.echo(f"Draft written to {out}; {left} {'string' if left == 1 else 'strings'} not placed, listed in it.")
