"""What the house rules look at: the files that git tracks (or would track), and the syntax of our modules."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("metadata", "warehouse", "pipelines")


@dataclass(frozen=True)
class Module:
    """One of our modules, parsed."""

    path: str
    tree: ast.Module

    def imports(self) -> Iterator[tuple[str, int]]:
        """Yield every module that is imported anywhere in the file, with its line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield node.module, node.lineno
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
            elif isinstance(node, ast.Call) and dotted(node.func).endswith("import_module"):
                yield from (
                    (argument.value, node.lineno)
                    for argument in node.args
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                )

    def calls(self) -> Iterator[tuple[str, int]]:
        """Yield the dotted name of everything that is called, with its line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield dotted(node.func), node.lineno


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for a chain of names, `?` for what is no name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


@pytest.fixture(scope="session")
def tracked() -> tuple[str, ...]:
    """Paths, from the root, of the files that are or would be committed; skipped aloud outside of git."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, so nobody knows which files would be committed")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(sorted(path for path in listed.splitlines() if (ROOT / path).is_file()))


@pytest.fixture(scope="session")
def texts(tracked: tuple[str, ...]) -> dict[str, str]:
    """The text of every committed file that is text (a workbook is not)."""
    found = {}
    for path in tracked:
        data = (ROOT / path).read_bytes()
        if b"\x00" not in data[:8192]:
            found[path] = data.decode("utf-8", "surrogateescape")
    return found


@pytest.fixture(scope="session")
def modules() -> tuple[Module, ...]:
    """Every module of our three packages."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    assert paths, "no module found: the house rules would hold for an empty house"
    return tuple(
        Module(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"), str(path)))
        for path in paths
    )


@pytest.fixture(scope="session")
def parse() -> Callable[[str, str], Module]:
    """Make a module of a text: for the tests that a house rule would be seen broken."""
    return lambda source, path: Module(path, ast.parse(source))
