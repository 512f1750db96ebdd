"""The fuzz targets of the readers, bounded: no input ends in another exception, hangs or eats memory."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.read import detect
from tests.fuzz.fuzz_readers import FORMATS, in_archive, in_workbook, sentence_or_message, workbook_parts

SCRIPT = Path(__file__).resolve().parents[1] / "fuzz" / "fuzz_readers.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_a_few_seconds_of_fuzzing(name: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not here: it is for Linux and Python 3.11")
    done = run(name, "--runs", "300", "--seconds", "20", "--seed", "1", "--out", str(tmp_path))
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nPut the input into test_read_fuzz_found.py and mend it."
    assert "inputs, no crash." in done.stdout


@pytest.mark.parametrize("name", FORMATS)
def test_the_first_inputs_are_read(name: str) -> None:
    check, seeds, _ = FORMATS[name]
    inputs = seeds()
    assert inputs
    for data in inputs:
        check(data)
    if name == "workbook":  # every part in its place gives the workbook
        assert all(sentence_or_message(in_workbook(data)).frame.height for data in inputs)  # type: ignore[union-attr]
        assert len(inputs) == len(workbook_parts())
    if name == "archive":
        assert not isinstance(sentence_or_message(in_archive(inputs[0])), Exception)


def test_another_exception_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("x")

    monkeypatch.setattr(detect, "read_message", broken)
    with pytest.raises(KeyError):
        sentence_or_message(b"DATAFLOW,SEX\nA:B(1.0),F\n")


def test_a_saved_input_is_replayed(tmp_path: Path) -> None:
    (tmp_path / "input").write_bytes(b"DATAFLOW,SEX\nA:B(1.0),F\n")
    done = run("sdmx-csv", "--replay", str(tmp_path / "input"))
    assert (done.returncode, done.stdout) == (0, "sdmx-csv: no crash.\n")
