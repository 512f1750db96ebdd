"""Every command of the README is run, in its order, as a newcomer would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NOT_RUN = {
    "make run": "the same as `sdg run --sample`, which is run here",
    "make test": "this test is part of it",
}


def blocks(readme: Path) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", readme.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def steps(block: str) -> list[str]:
    """Split a block into commands: a line each, but a here-document with all its lines is one."""
    found: list[str] = []
    lines = iter(block.splitlines())
    for line in lines:
        command = line.split("  #")[0].rstrip()
        if "<<'END'" in command:
            rest = []
            for more in lines:
                rest.append(more)
                if more == "END":
                    break
            command = "\n".join([line, *rest])
        if command:
            found.append(command)
    return found


def test_every_command_of_the_readme(project_root: Path, tmp_path: Path) -> None:
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "sample").symlink_to(project_root / "pipelines" / "sample")
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("SDG_", "DAGSTER_"))},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    ran = 0
    for block in blocks(project_root / "README.md"):
        for command in steps(block):
            if command in NOT_RUN:
                continue
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            assert "Traceback" not in done.stderr, command
            ran += 1
    assert ran >= 10
    assert (tmp_path / "template.xlsx").is_file()
    assert (tmp_path / "rows.csv").read_text(encoding="utf-8").count("\n") > 30


def test_every_command_of_sdg_is_in_the_readme(project_root: Path) -> None:
    from pipelines.cli import main

    text = (project_root / "README.md").read_text(encoding="utf-8")
    missing = [name for name in main.commands if f"sdg {name}" not in text]
    assert not missing, f"the README does not name: {missing}"


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_the_make_targets_of_the_readme_exist(project_root: Path) -> None:
    for target in NOT_RUN:
        command = ["make", "-n", *target.split()[1:]]
        done = subprocess.run(command, cwd=project_root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
