"""Which module may import, open, read and print what. Each rule is also shown a module that breaks it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Modules = Iterable[Any]

DAGSTER_ROOMS = ("pipelines/definitions.py", "pipelines/defs/")
SDMX_ROOMS = (
    "metadata/structure.py", "metadata/official.py", "metadata/derive/metadata_sdmx_ml.py",
    "metadata/derive/constraint.py",
    "pipelines/fetch.py", "pipelines/read/",
)
LAYERS = {"metadata": ("warehouse", "pipelines"), "warehouse": ("pipelines",), "pipelines": ()}


def _is(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def imports_outside(modules: Modules, rooms: tuple[str, ...], *packages: str) -> list[str]:
    """Return the places where a package is imported outside of its rooms."""
    return sorted(
        {
            f"{module.path}:{line} imports {name.split('.')[0]}"
            for module in modules
            if not module.path.startswith(rooms)
            for name, line in module.imports()
            if _is(name, *packages)
        }
    )


def opens_duckdb(modules: Modules) -> list[str]:
    """Return the places outside warehouse/connect.py that open a DuckDB database."""
    found = []
    for module in modules:
        if module.path == "warehouse/connect.py":
            continue
        found += [f"{module.path}:{line}" for name, line in module.calls() if name == "duckdb.connect"]
        found += [f"{module.path}:{line}" for name, line in module.imports() if name == "duckdb.connect"]
        found += [
            f"{module.path}:{node.lineno}"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            if node.value.startswith("duckdb:///") or "duckdb.connect(" in node.value
        ]
    return found


def reads_environment(modules: Modules) -> Iterator[str]:
    """Yield the places outside warehouse/settings.py that read the environment.

    Assigning to it is no reading, nor is handing all of it on to a child process (`{**os.environ, …}`).
    """
    for module in modules:
        if module.path == "warehouse/settings.py":
            continue
        written = {
            id(target.value)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Subscript)
        }
        handed_on = {
            id(value)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Dict)
            for key, value in zip(node.keys, node.values, strict=True)
            if key is None
        }
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"):
                if id(node) not in written | handed_on:
                    yield f"{module.path}:{node.lineno}"
            elif (
                isinstance(node, ast.ImportFrom)
                and node.module == "os"
                and {alias.name for alias in node.names} & {"environ", "environb", "getenv"}
            ):
                yield f"{module.path}:{node.lineno}"


def writes_environment(modules: Modules) -> list[str]:
    """Return the modules that assign to the environment."""
    return sorted(
        {
            module.path
            for module in modules
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Subscript)
            if isinstance(target.value, ast.Attribute) and target.value.attr == "environ"
        }
    )


def test_only_the_definitions_import_dagster(modules: Modules) -> None:
    assert imports_outside(modules, DAGSTER_ROOMS, "dagster", "dagster_shared", "dagster_graphql") == []


def test_only_structure_fetch_and_readers_import_sdmx(modules: Modules) -> None:
    assert imports_outside(modules, SDMX_ROOMS, "sdmx") == []


def test_only_the_derivations_and_checks_import_pandera(modules: Modules) -> None:
    """Pandera is an output of the declarations, so no other room may lean on it."""
    assert imports_outside(modules, ("metadata/derive/", "pipelines/check"), "pandera") == []


def test_only_connect_opens_duckdb(modules: Modules) -> None:
    assert opens_duckdb(modules) == []


def test_only_settings_read_the_environment(modules: Modules) -> None:
    assert list(reads_environment(modules)) == []


def test_only_dagster_rooms_and_settings_write_the_environment(modules: Modules) -> None:
    allowed = ("pipelines/definitions.py", "pipelines/defs/", "warehouse/settings.py")
    assert [path for path in writes_environment(modules) if not path.startswith(allowed)] == []


@pytest.mark.parametrize("package", LAYERS)
def test_packages_import_only_what_lies_below(modules: Modules, package: str) -> None:
    own = [module for module in modules if module.path.startswith(f"{package}/")]
    assert own, f"no module in {package}"
    assert imports_outside(own, ("nothing",), *LAYERS[package], "tests") == []


def test_nobody_imports_a_generic_top_level_name(modules: Modules) -> None:
    """`import metadata` would be anybody's metadata: import from the submodules."""
    bare = [
        f"{module.path}:{node.lineno}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import)
        if {alias.name for alias in node.names} & set(LAYERS)
    ]
    assert bare == []


def test_only_the_command_line_prints(modules: Modules) -> None:
    printing = [
        f"{module.path}:{line}"
        for module in modules
        if module.path != "pipelines/cli.py"
        for name, line in module.calls()
        if name in ("print", "sys.stdout.write", "sys.stderr.write", "click.echo", "rich.print")
    ]
    # the command line's own screen and its groups of commands
    allowed = ("pipelines/cli_", "pipelines/screen.py", "pipelines/show.py", "pipelines/commands.py")
    assert [place for place in printing if not place.startswith(allowed)] == []


def test_no_room_for_odds_and_ends(modules: Modules) -> None:
    names = ("utils.py", "util.py", "helpers.py", "helper.py", "common.py", "misc.py")
    assert [module.path for module in modules if Path(module.path).name in names] == []


def test_every_module_says_what_is_in_it(modules: Modules) -> None:
    silent = [m.path for m in modules if not (ast.get_docstring(m.tree) or "").strip()]
    assert silent == []


def _is_stub(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if any(isinstance(node, ast.Raise) and "NotImplemented" in ast.dump(node) for node in body):
        return True
    marks = {
        getattr(mark, "attr", "") or getattr(mark, "id", "")
        for mark in (getattr(decorator, "func", decorator) for decorator in function.decorator_list)
    }
    empty = all(isinstance(node, ast.Pass) or _is_ellipsis(node) for node in body)
    return empty and not marks & {"overload", "abstractmethod", "group"}  # a command group only groups


def _is_ellipsis(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...


def stubs(modules: Modules) -> list[str]:
    """Return the functions without a body; those of a Protocol, and the hooks of a listener, aside."""
    found = []
    for module in modules:
        meant = {
            id(function)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef)
            if node.name.endswith("Listener") or any("Protocol" in ast.dump(base) for base in node.bases)
            for function in node.body
        }
        found += [
            f"{module.path}:{node.lineno} {node.name}"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if id(node) not in meant and _is_stub(node)
        ]
    return found


def test_no_function_is_a_stub(modules: Modules) -> None:
    assert stubs(modules) == []


def test_no_python_function_is_called_row_by_row(modules: Modules) -> None:
    slow = ("map_elements", "iterrows", "itertuples", "map_rows")
    found = [f"{m.path}:{line} {name}" for m in modules for name, line in m.calls() if name.endswith(slow)]
    assert found == []


HEAVY = ("dagster", "polars", "pyarrow", "pandera", "pandas", "duckdb", "sdmx", "openpyxl", "sqlalchemy")


def test_a_small_command_does_not_pay_for_heavy_libraries() -> None:
    """Importing the command line, and asking it for help, loads none of them."""
    if not (ROOT / "pipelines/cli.py").is_file():
        pytest.fail("pipelines/cli.py is not there")
    loaded = f"[name for name in {HEAVY!r} if name in sys.modules]"
    program = f"import json, sys; import pipelines.cli; print(json.dumps({loaded}))"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == []


NOT_FOR_A_CHECK = ("dagster", "pandas", "hypothesis", "duckdb", "sdmx", "sqlalchemy", "openpyxl")


def test_a_check_of_a_small_message_does_not_pay_for_what_it_does_not_use(tmp_path: Path) -> None:
    """Where nothing is published to compare with: no database, and pandera without its pandas side."""
    file = ROOT / "pipelines/sample/inbox/KGZ/NSC_SDG_2025-08.csv"
    arguments = ["check", str(file), "--provider", "KGZ", "--format", "json"]
    program = (
        "import contextlib, json, sys\n"
        "from pipelines.cli import main\n"
        f"with contextlib.suppress(SystemExit):\n    main({arguments!r})\n"
    )
    program += f"print(json.dumps([name for name in {NOT_FOR_A_CHECK!r} if name in sys.modules]))"
    environment = {**os.environ, "SDG_HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        env=environment,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert '"valid"' in result.stdout
    assert json.loads(result.stdout.splitlines()[-1]) == []


Parse = Callable[[str, str], Any]


@pytest.mark.parametrize(
    "source",
    ["import dagster as dg", "def f():\n    from dagster.core import x", "i.import_module('dagster')"],
)
def test_a_stray_dagster_import_would_be_seen(parse: Parse, source: str) -> None:
    assert imports_outside([parse(source, "pipelines/check.py")], DAGSTER_ROOMS, "dagster") != []
    assert imports_outside([parse(source, "pipelines/defs/assets.py")], DAGSTER_ROOMS, "dagster") == []


@pytest.mark.parametrize(
    "source",
    [
        "import duckdb\nduckdb.connect('x')",
        "from duckdb import connect",
        "create_engine('duckdb:///x')",
        "PROGRAM = 'import duckdb; duckdb.connect(1)'",
    ],
)
def test_a_stray_database_would_be_seen(parse: Parse, source: str) -> None:
    assert opens_duckdb([parse(source, "warehouse/release.py")]) != []
    assert opens_duckdb([parse(source, "warehouse/connect.py")]) == []


@pytest.mark.parametrize("source", ["os.environ['A']", "x = os.environ.get('A')", "from os import getenv"])
def test_a_stray_reading_of_the_environment_would_be_seen(parse: Parse, source: str) -> None:
    assert list(reads_environment([parse(source, "pipelines/fetch.py")])) == ["pipelines/fetch.py:1"]


def test_handing_the_environment_on_is_no_reading(parse: Parse) -> None:
    assert list(reads_environment([parse("x = {**os.environ, 'A': 'b'}", "pipelines/defs/a.py")])) == []


def test_writing_the_environment_is_no_reading(parse: Parse) -> None:
    module = parse("os.environ['A'] = 'b'", "pipelines/fetch.py")
    assert list(reads_environment([module])) == []
    assert writes_environment([module]) == ["pipelines/fetch.py"]


@pytest.mark.parametrize(
    ("source", "stub"),
    [
        ("def f():\n    ...", True),
        ("def f():\n    '''Says much.'''", True),
        ("def f():\n    raise NotImplementedError", True),
        ("def f():\n    return 1", False),
        ("@overload\ndef f(): ...", False),
        ("@main.group()\ndef f():\n    '''Says much.'''", False),
        ("class AListener:\n    def f(self) -> None:\n        '''Called after A.'''", False),
        ("class A(Protocol):\n    def f(self): ...", False),
    ],
)
def test_a_stub_would_be_seen(parse: Parse, source: str, stub: bool) -> None:
    assert bool(stubs([parse(source, "metadata/a.py")])) is stub
