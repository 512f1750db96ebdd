"""Export of the declarations in the forms of others, and import of others' reference metadata into drafts.

Here are the derivations put together: which indicators, which languages, which files. The forms themselves are pure
functions in `metadata.derive` and `metadata.exchange`; the tables that are described are declared in
`warehouse.tables`. Files are written whole and one after the other; nothing else in the folder is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.errors import SdgError
from metadata.whole import save_whole

if TYPE_CHECKING:
    from metadata.derive.pages import Sheet
    from metadata.derive.reference_metadata import MetadataReport
    from metadata.derive.table_schema import Kind, Table
    from metadata.load import Catalogue
    from metadata.structure import Structure

FORMS = ("sdmx-ml", "sdmx-ml-codes", "sdmx-json", "constraint", "frictionless", "csvw", "pages")
LANGUAGES = ("en", "fr")
TABLES = ("report.indicator_observation", "core.observation")


@dataclass(frozen=True, slots=True)
class Export:
    """What is exported from.

    Attributes:
        catalogue: the declarations.
        structure: the global structure.
        indicators: numbers, in the order asked for; empty for all.
        languages: of the texts.
    """

    catalogue: Catalogue
    structure: Structure
    indicators: tuple[str, ...] = ()
    languages: tuple[str, ...] = LANGUAGES

    @property
    def numbers(self) -> tuple[str, ...]:
        """The indicators to export."""
        return self.indicators or tuple(self.catalogue.indicators)

    def files(self, form: str) -> dict[str, bytes]:
        """Return the files of a form by name.

        Raises:
            SdgError: the form or an indicator is not known, or there is nothing to export.
        """
        for number in self.indicators:
            self.catalogue.version(number)
        makers: Mapping[str, Callable[[], dict[str, bytes]]] = {
            "sdmx-ml": partial(_metadata_files, self, "sdmx-ml"),
            "sdmx-ml-codes": partial(_metadata_files, self, "sdmx-ml-codes"),
            "sdmx-json": partial(_metadata_files, self, "sdmx-json"),
            "constraint": partial(_constraint_file, self),
            "frictionless": partial(_table_files, self, "frictionless"),
            "csvw": partial(_table_files, self, "csvw"),
            "pages": partial(_pages, self),
        }
        if form not in makers:
            raise SdgError(f"{form} is not a form of export.", hint=f"There are {', '.join(makers)}.")
        return makers[form]()


def write_files(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Write files into a folder, which is made where it is missing; return their paths in order.

    Raises:
        SdgError: the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise SdgError("This is a file, not a folder to write into.", where=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        save_whole(folder / name, partial(Path.write_bytes, data=content), what="export")
    return [folder / name for name in files]


def import_file(file: Path, indicator: str | None = None) -> tuple[str, list[str], int]:
    """Return the draft of a file as YAML, what a person should know about it, and how many strings are not placed.

    Raises:
        UnreadableFile: there is no such file, or it cannot be read; with the line.
    """
    from metadata.exchange.draft import draft_yaml
    from metadata.exchange.importing import MAX_BYTES, import_draft
    from pipelines.given_files import must_exist

    must_exist([file])
    with file.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    known = kinds()
    draft = import_draft(data, str(file), known, indicator=indicator)
    about = draft.indicator or "an indicator that it does not name"
    told = [f"{len(draft.concepts)} concepts about {about}.", *draft.notes]
    return draft_yaml(draft, known), told, len(draft.not_placed)


def kinds() -> dict[str, str]:
    """Return the concepts of the metadata structure in their order, with their kind."""
    from metadata.concepts import load_concepts

    return {concept.id: concept.kind for concept in load_concepts()}


def reference_texts(
    catalogue: Catalogue, structure: Structure, number: str, languages: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Return the reference metadata of an indicator: by language, the text of each concept by its id.

    Raises:
        SdgError: there are no texts in one of the languages.
    """
    from metadata.concepts import reference_metadata
    from metadata.twins import related

    indicator, others = catalogue.indicators[number], related(catalogue, number)
    return {
        language: reference_metadata(
            indicator, language, series=catalogue.series, related=others, structure=structure
        )
        for language in languages
    }


def _facts(catalogue: Catalogue, number: str) -> dict[str, dict[str, str]]:
    """Return status, source and date of each text; a status "known" goes without saying."""
    written = catalogue.indicators[number].reference_metadata
    found = {}
    for concept, text in (written.texts() if written is not None else {}).items():
        facts = {name: getattr(text, name) for name in ("status", "source", "source_date")}
        found[concept] = {name: fact for name, fact in facts.items() if fact and fact != "known"}
    return found


def _report(export: Export, number: str, languages: Sequence[str]) -> MetadataReport:
    from metadata.derive.reference_metadata import metadata_report

    catalogue, structure = export.catalogue, export.structure
    served = [catalogue.series[code] for code, serves in catalogue.bridge if serves == number]
    current = [series.code for series in served if series.status == "current"]
    codelists = {}
    for component in ("SERIES", "REPORTING_TYPE", "REF_AREA"):
        codelist = structure.codelist(component)
        if codelist is not None:
            codelists[component] = f"{codelist.agency}:{codelist.id}({codelist.version})"
    return metadata_report(
        number,
        reference_texts(catalogue, structure, number, languages),
        series=current or [series.code for series in served],
        codelists=codelists,
        concepts=list(kinds()),
        facts=_facts(catalogue, number),
    )


def _metadata_files(export: Export, form: str) -> dict[str, bytes]:
    """Return a file an indicator and language."""
    found = {}
    for number in export.numbers:
        for language in export.languages:
            report = _report(export, number, [language])
            if form == "sdmx-json":
                from metadata.derive.metadata_sdmx_json import json_message

                found[f"{number}.{language}.json"] = json_message(report).encode()
            else:
                from metadata.derive.metadata_sdmx_ml import code_message, key_message

                message = key_message if form == "sdmx-ml" else code_message
                found[f"{number}.{language}.xml"] = message(report)
    return found


def _constraint_file(export: Export) -> dict[str, bytes]:
    from metadata.derive.constraint import constraint_id, content_constraint

    name = f"{constraint_id(export.indicators)}.xml"
    return {name: content_constraint(export.catalogue, export.structure, export.indicators)}


def _table_files(export: Export, form: str) -> dict[str, bytes]:
    from metadata.derive.table_schema import allowed_codes, csvw_metadata, table_schema

    codes = allowed_codes(export.structure, export.catalogue)
    found = {}
    for table in tables(export.structure):
        if form == "csvw":
            found[f"{table.file}-metadata.json"] = csvw_metadata(table, codes).encode()
        else:
            found[f"{table.name}.schema.json"] = table_schema(table, codes).encode()
    return found


def _pages(export: Export) -> dict[str, bytes]:
    from metadata.derive.pages import INDEX, pages

    found = pages(export.catalogue, export.structure, partial(_sheet, export))
    wanted = {INDEX, *(f"{number}.md" for number in export.numbers)}
    return {name: text.encode() for name, text in found.items() if name in wanted}


def _sheet(export: Export, number: str) -> Sheet | None:
    from metadata.derive.pages import Sheet

    if export.catalogue.indicators[number].reference_metadata is None:
        return None
    from metadata.concepts import load_concepts

    texts = reference_texts(export.catalogue, export.structure, number, export.languages)
    labels = {
        language: {concept.id: concept.label(language) for concept in load_concepts()} for language in texts
    }
    return Sheet(texts, labels)


def tables(structure: Structure) -> list[Table]:
    """Return the tables that are described for others, from their declarations in the warehouse."""
    from metadata.derive.table_schema import Column, Table
    from warehouse.tables import declare

    declared = declare(structure)
    found = []
    for name in TABLES:
        # core.observation is a view of what is current in the history, with the same columns
        source = declared.table("core.observation_history" if name == "core.observation" else name)
        columns = tuple(
            Column(column.name, _kind(column.type), column.comment or "", not column.nullable)
            for column in source.columns
        )
        key = (("indicator", *declared.key) if name.startswith("report.") else declared.key)
        comment = source.comment or ""
        if name == "core.observation":
            comment = "The current observations. Grain: one row per observation (provider, dimensions, time_period)."
        found.append(Table(name, comment, columns, key))
    return found


def _kind(declared: object) -> Kind:
    """Return the kind of a column from its SQL type; the warehouse's own 64-bit hash is a whole number."""
    import sqlalchemy as sa

    if isinstance(declared, sa.Boolean):
        return "boolean"
    if isinstance(declared, sa.Double | sa.Float):
        return "number"
    if isinstance(declared, sa.DateTime):
        return "datetime"
    if isinstance(declared, sa.Text | sa.String):
        return "string"
    return "integer"
