"""No command writes one form into a file whose ending promises another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metadata.errors import SdgError
from pipelines.cli import main
from pipelines.endings import form_of_file
from tests.integration.test_cli import row, table
from tests.unit.warehouse.releasing import FIRST, load
from warehouse.settings import Settings

FORMS = {"text": (".txt",), "page": (".html", ".htm"), "one": (".csv",), "two": (".csv",)}


def sdg(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings.load(tmp_path_factory.mktemp("state")).ensure()
    load(settings, 1, *FIRST)
    return settings.home


@pytest.mark.parametrize(("name", "asked", "form"), [
    ("a.txt", None, "text"),
    ("a.HTM", None, "page"),
    ("a", None, "text"),
    ("a.log", "page", "page"),
    ("2026.Q4", "text", "text"),
    ("a.csv", "two", "two"),
])  # fmt: skip
def test_the_ending_says_the_form(name: str, asked: str | None, form: str) -> None:
    assert form_of_file(Path(name), asked, FORMS, without="text") == form


@pytest.mark.parametrize(("name", "asked", "sentence"), [
    ("a.pdf", None, r"The ending \.pdf fits no form\. Use \.txt, \.html, \.htm or \.csv, or say --format\."),
    ("a", None, r"The ending \(none\) fits no form\. "),
    ("a.csv", None, r"The ending \.csv fits several forms\. Say --format one or two\."),
    ("a.pdf", "page", r"A file that ends with \.pdf cannot hold the form page\. Let it end with \.html or \.htm, or "),
    ("a.csv", "text", r"A file that ends with \.csv cannot hold the form text\. Let it end with \.txt, or choose "),
])  # fmt: skip
def test_an_ending_that_promises_something_else_is_refused(name: str, asked: str | None, sentence: str) -> None:
    with pytest.raises(SdgError, match=sentence):
        form_of_file(Path(name), asked, FORMS)


@pytest.mark.parametrize("command", [
    ["assessment", "KGZ"],
    ["assessment", "KGZ", "--format", "json"],
    ["assessment", "KGZ", "--format", "excel"],
    ["check", "FILE", "--provider", "KGZ"],
    ["check", "FILE", "--provider", "KGZ", "--format", "html"],
    ["check", "FILE", "--provider", "KGZ", "--format", "xlsx"],
    ["export"],
    ["export", "--format", "excel"],
    ["export", "--format", "frictionless"],
    ["rules", "calibrate"],
    ["rules", "calibrate", "--format", "json"],
    ["template", "KGZ"],
    ["read", "FILE"],
    ["metadata", "import", "FILE"],
])  # fmt: skip
def test_nothing_is_written_into_a_pdf(home: Path, tmp_path: Path, command: list[str]) -> None:
    file = table(tmp_path / "good.csv", row(2020, 1))
    words = [str(file) if word == "FILE" else word for word in command]
    at_home = [] if command[0] in ("read", "metadata") else ["--home", str(home)]
    result = sdg(*words, "--out", tmp_path / "a.pdf", *at_home)
    assert result.exit_code == 2
    assert not (tmp_path / "a.pdf").exists()
    said = " ".join(result.output.split())
    assert ".xlsx" in said or ".csv" in said or ".yaml" in said or ".json" in said or ".html" in said or ".zip" in said


def test_the_report_of_check_has_the_form_of_its_ending(home: Path, tmp_path: Path) -> None:
    file = table(tmp_path / "good.csv", row(2020, 1))
    for name in ("r.html", "r.json", "r.csv", "r.txt", "r"):
        assert sdg("check", file, "--provider", "KGZ", "--out", tmp_path / name, "--home", home).exit_code == 0
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["valid"] is True
    assert (tmp_path / "r.csv").read_text(encoding="utf-8-sig").startswith("path,")
    assert (tmp_path / "r.txt").read_bytes() == (tmp_path / "r").read_bytes()


def test_a_proposal_has_the_form_of_its_ending(home: Path, tmp_path: Path) -> None:
    for name in ("p.json", "p.yaml", "p.txt", "p"):
        assert sdg("rules", "calibrate", "--out", tmp_path / name, "--home", home).exit_code == 0
    assert "proposal" in json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))
    assert (tmp_path / "p").read_text(encoding="utf-8") == (tmp_path / "p.yaml").read_text(encoding="utf-8")
    assert "Nothing was changed." in (tmp_path / "p.txt").read_text(encoding="utf-8")
