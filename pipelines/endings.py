"""What the name of a file to write says about its form: `--out report.html` is HTML, and no text goes into `a.pdf`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from metadata.errors import SdgError
from metadata.words import listed

ELSEWHERE = frozenset(
    {
        ".arrow", ".bz2", ".csv", ".db", ".doc", ".docx", ".duckdb", ".feather", ".gz", ".htm", ".html", ".jpg",
        ".json", ".md", ".ods", ".odt", ".parquet", ".pdf", ".png", ".ppt", ".pptx", ".rtf", ".sqlite", ".svg",
        ".tar", ".tgz", ".tsv", ".xls", ".xlsb", ".xlsm", ".xlsx", ".xml", ".yaml", ".yml", ".zip",
    }
)  # fmt: skip
"""Endings that programs and people take for a promise of what is in the file; `.txt` promises no more than text."""


def form_of_file(
    out: Path, form: str | None, endings: Mapping[str, tuple[str, ...]], *, without: str | None = None
) -> str:
    """Return the form in which a file is to be written: the one that was asked for, or that of its ending.

    Args:
        out: the file.
        form: what `--format` says; None for nothing.
        endings: forms of the command, each with its endings in lower case.
        without: form of a name without an ending; None where such a name stands for no form.

    Raises:
        SdgError: the ending stands for several forms or for none, or for another than the one asked for.
    """
    ending = out.suffix.lower()
    if form is not None:
        if ending in ELSEWHERE and ending not in endings[form]:
            right = listed(endings[form], "or")
            raise SdgError(
                f"A file that ends with {ending} cannot hold the form {form}.",
                hint=f"Let it end with {right}, or choose another --format.",
            )
        return form
    if not ending and without is not None:
        return without
    fits = [name for name, its in endings.items() if ending in its]
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise SdgError(f"The ending {ending} fits several forms.", hint=f"Say --format {listed(sorted(fits), 'or')}.")
    known = dict.fromkeys(one for its in endings.values() for one in its)
    raise SdgError(
        f"The ending {ending or '(none)'} fits no form.",
        hint=f"Use {listed(known, 'or')}{', or say --format' if len(endings) > 1 else ''}.",
    )
