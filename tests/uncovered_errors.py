"""Every raised error must be covered by a test: says which `raise` no test has reached, and ends with 1.

Run after the tests, from the project's root: reads the coverage data that they left. Silent when all is well.
A bare `raise` passes an error on and is no error of its own.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import coverage

ELSEWHERE = {
    "pipelines/defs/jobs.py": ("raise KeyboardInterrupt", "in a child process of test_dagster_killed.py"),
}
"""Reached by a test whose process leaves no coverage data: file, the line, and where."""

ROOT = Path(__file__).resolve().parents[1]


def unreached(data: coverage.Coverage, file: str) -> list[str]:
    """Return `file:line: raise …` for every raise of the file that no test has reached."""
    _, _, _, missing, _ = data.analysis2(file)
    source = Path(file).read_text(encoding="utf-8")
    lines = source.splitlines()
    found = [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Raise) and node.exc is not None and node.lineno in missing
    ]
    name = str(Path(file).relative_to(ROOT))
    known, _ = ELSEWHERE.get(name, ("", ""))
    return [
        f"{name}:{line}: {lines[line - 1].strip()}" for line in sorted(found) if lines[line - 1].strip() != known
    ]


def main() -> int:
    """Print what was not reached; return the exit code."""
    data = coverage.Coverage()
    data.load()
    complaints = [line for file in sorted(data.get_data().measured_files()) for line in unreached(data, file)]
    for complaint in complaints:
        sys.stdout.write(f"{complaint}\n")
    if complaints:
        sys.stdout.write(f"{len(complaints)} raised errors are covered by no test.\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
