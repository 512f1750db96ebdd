"""What may stand in a committed file: no trace of a machine, no loose code in YAML; which files must be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

# A letter in brackets keeps these patterns from breaking their own rule.
MACHINE_PATH = re.compile(r"(?<![\w.$~/%{}*-])/(?:[w]ork|[r]oot|[h]ome|[U]sers|[t]mp)/[\w.-]")
REGISTRY = re.compile(
    r"p[y]pi\.org|pythonhoste[d]\.org|npmj[s]\.|artifactor[y]|nexu[s]/repository|--(?:extra-)?inde[x]-url|devp[i]"
    r"|crate[s]\.io"
)
INSIDE_STORY = re.compile(r"(?i)\bissu[e] #?\d|\bclaud[e]\b|\bchatgp[t]|\bcopilo[t]\b|contrac[t]\.md")
UNFINISHED = re.compile(r"\b(?:TOD[O]|FIXM[E]|HAC[K])\b|\bXX[X]:")

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "requirements.lock", ".ci/run")
LARGEST = 1_500_000


def _places(texts: dict[str, str], pattern: re.Pattern[str], *, but: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{path}:{number}: {match[0]}"
        for path, text in texts.items()
        if not path.startswith(but or ("\x00",))
        for number, line in enumerate(text.splitlines(), 1)
        if (match := pattern.search(line))
    ]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_documents_that_people_need_are_there(document: str) -> None:
    assert (ROOT / document).is_file()
    assert len((ROOT / document).read_text(encoding="utf-8")) > 200


def test_no_committed_file_names_a_place_of_one_machine(texts: dict[str, str]) -> None:
    assert _places(texts, MACHINE_PATH) == []


def test_no_committed_file_names_a_package_registry(texts: dict[str, str]) -> None:
    assert _places(texts, REGISTRY) == []


def test_no_committed_file_tells_how_it_came_about(texts: dict[str, str]) -> None:
    assert _places(texts, INSIDE_STORY) == []


def test_nothing_is_marked_unfinished(texts: dict[str, str]) -> None:
    assert _places(texts, UNFINISHED, but=("metadata/sdmx/", "indicators/", "LICENSE")) == []


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("see /" + "work/main/x", True),
        ('Path("/' + 'tmp/x")', True),
        ("https://example.org/" + "home/x", False),
        ("$SDG_HOME/" + "work/x", False),
        ("tests/" + "tmp/x", False),
        ("the home/office", False),
    ],
)
def test_a_machine_path_would_be_seen(line: str, seen: bool) -> None:
    assert bool(_places({"a.py": line}, MACHINE_PATH)) is seen


def test_a_registry_would_be_seen() -> None:
    assert _places({"a": "--index" + "-url https://x"}, REGISTRY) == ["a:1: --index" + "-url"]
    assert _places({"a": "https://py" + "pi.org/simple"}, REGISTRY) != []


def test_text_files_are_utf8_with_unix_lines(tracked: tuple[str, ...]) -> None:
    specimens = "tests/specimens/"  # files of offices are as offices write them
    odd = []
    for path in tracked:
        data = (ROOT / path).read_bytes()
        if path.startswith(specimens) or b"\x00" in data[:8192] or not data:
            continue
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            odd.append(f"{path}: {error}")
            continue
        if "\r" in text:
            odd.append(f"{path}: a carriage return")
        if not text.endswith("\n"):
            odd.append(f"{path}: no line end at its end")
    assert odd == []


def test_nothing_large_or_compiled_is_committed(tracked: tuple[str, ...]) -> None:
    suffixes = (".pyc", ".so", ".duckdb", ".sqlite", ".parquet", ".zip", ".gz", ".whl")
    odd = [path for path in tracked if path.endswith(suffixes) or (ROOT / path).stat().st_size > LARGEST]
    assert odd == []


def test_state_is_ignored(tracked: tuple[str, ...]) -> None:
    assert [path for path in tracked if path.startswith(("var/", ".venv/"))] == []


# ------------------------------------------------------------------------------------------- codes in YAML

# What YAML 1.1 and 1.2, or two editors, read differently, or what loses a zero: 12.10, 012, NO, 2021-01-01.
TRAPS = re.compile(
    r"(?i)^(?:y|n|yes|no|on|off|[-+]?0[0-9_]+|0[xob]\w+|[0-9]+\.[0-9]*0|[0-9_]+(?::[0-5]?[0-9])+"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|~|\.nan|[-+]?\.inf)$"
)
CODE_KEYS = {
    "number", "code", "codes", "areas", "unit_measure", "also", "uses", "heirs", "partners", "custodians",
    "SERIES", "REF_AREA", "TIME_PERIOD", "ref_area", "time_period", "series", "indicator", "m49", "version",
    "goal", "target",
}  # fmt: skip


def loose_scalars(node: yaml.Node | None, key: str = "") -> list[tuple[int, str]]:
    """Return (line, text) of unquoted scalars that are traps, and of numbers where a code is meant."""
    if isinstance(node, yaml.MappingNode):
        found = []
        for name, value in node.value:
            found += loose_scalars(name, "(a key)")
            found += loose_scalars(value, str(name.value))
        return found
    if isinstance(node, yaml.SequenceNode):
        return [place for child in node.value for place in loose_scalars(child, key)]
    if not isinstance(node, yaml.ScalarNode) or node.style is not None or not node.value:
        return []
    is_number = node.tag.endswith((":int", ":float"))
    if TRAPS.match(node.value) or (is_number and (key in CODE_KEYS or key == "(a key)")):
        return [(node.start_mark.line + 1, node.value)]
    return []


def test_codes_in_yaml_are_quoted(texts: dict[str, str]) -> None:
    odd = []
    files = [path for path in texts if path.endswith((".yaml", ".yml"))]
    ours = [path for path in files if path.startswith(("indicators/", "pipelines/", "metadata/"))]
    assert len(ours) > 20, "hardly any declaration was found"
    for path in ours:
        for document in yaml.compose_all(texts[path], Loader=yaml.SafeLoader):
            odd += [f"{path}:{line}: {text}" for line, text in loose_scalars(document)]
    assert odd == []


@pytest.mark.parametrize(
    ("text", "loose"),
    [
        ("areas: [417]", ["417"]),
        ('areas: ["417"]', []),
        ("codes: {REF_AREA: {NO: 578}}", ["NO", "578"]),
        ('number: "12.10"', []),
        ("number: 12.10", ["12.10"]),
        ("minimum: 0", []),
        ("maximum: 100.5", []),
        ("412: x", ["412"]),
        ("code: 012", ["012"]),
        ("seen: 2021-03-29", ["2021-03-29"]),
    ],
)
def test_a_loose_code_would_be_seen(text: str, loose: list[str]) -> None:
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    found = [value for _, value in loose_scalars(node)]
    assert found == loose or (text.startswith("codes") and found == ["NO"])


def test_yaml_has_no_tabs(texts: dict[str, str]) -> None:
    yamls = {path: text for path, text in texts.items() if path.endswith((".yaml", ".yml"))}
    assert _places(yamls, re.compile(r"\t")) == []
