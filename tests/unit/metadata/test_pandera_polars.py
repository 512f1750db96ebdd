"""pandera without pandas: what a small check imports, and that the schemas say the same as with pandas."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from metadata.derive.pandera_polars import without_pandas

JUDGE = """
import sys
{first}
import polars as pl
from metadata.derive.pandera_schema import column_schema, failures, missing_columns, row_schema, with_ranges
from metadata.areas import load_areas
from metadata.load import load_catalogue
from metadata.structure import load_structure
structure = load_structure()
schema = row_schema(structure)
good = {{name: "_T" for name in schema.columns}} | {{"time_period": "2020", "freq": "A", "_value": "1"}}
rows = [good, good | {{"time_period": "x", "_value": "y"}}, good | {{"sex": None}}]
texts = pl.DataFrame(rows, schema={{name: pl.String for name in schema.columns if name != "_number"}})
frame = with_ranges(texts, load_catalogue(), load_areas())
print(failures(frame, schema).rows())
print(missing_columns(frame.drop("sex", "age"), column_schema(structure)))
assert ("pandas" in sys.modules) is {pandas}, "pandas"
import pandas
print(pandas.DataFrame({{"a": [1]}}).shape)
"""


def judged(first: str, *, pandas: bool) -> str:
    code = JUDGE.format(first=first, pandas=pandas)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_schemas_say_the_same_with_and_without_pandas() -> None:
    without = judged("", pandas=False)
    assert without == judged("import pandas", pandas=True)
    assert "'PERIOD-FORM'" in without
    assert "'not_nullable'" in without
    assert "['sex', 'age', 'obs_value']" in without
    assert without.endswith("(1, 1)\n"), "pandas can be imported afterwards"


def test_nothing_is_hidden_beside_other_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pandas", raising=False)
    before = list(sys.meta_path)
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    with without_pandas():
        assert sys.meta_path == before
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    with without_pandas():
        assert len(sys.meta_path) == len(before) + 1
        with pytest.raises(ModuleNotFoundError, match="No module named 'pandas'"):
            __import__("pandas")
    assert sys.meta_path == before
