"""The benchmark of the readers, on a few observations: what it measures beside each other, and what it says of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.bench_read import KINDS, PEERS, WANTED, WANTED_RATE, XML, wanted

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "bench_read.py"


def test_whole_processes_are_compared_on_the_same_file(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "50", "--whole", "--only", "csv", "--runs", "2"]
    command += ["--without", "pysdmx,sdmxthon", "--files", str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[0].startswith("50 observations, 33 components; obs/s and ours × by the least wall s;")
    assert said[1].split()[-3:] == ["cpu", "×", "wanted"]
    assert [line.split()[:2] for line in said[2:]] == [["csv", one] for one in ("ours", "polars", "pyarrow", "duckdb")]
    pyarrow = said[4]
    for line in said[2:]:
        rate, wall, runs = (line.split()[place].replace(",", "") for place in (2, 4, 8))
        assert float(rate) == pytest.approx(50 / float(wall), rel=0.1)
        assert runs == "2"
    assert pyarrow.split()[-3:-1] == ["≥", "0.667:"]
    assert {path.name.rpartition("_")[0] for path in tmp_path.iterdir()} == set(KINDS)


def test_what_is_wanted_names_readers_that_are_measured() -> None:
    for kind, peer in WANTED:
        assert peer in PEERS.get(kind, XML)
    assert set(WANTED_RATE) <= set(KINDS)


@pytest.mark.parametrize(("kind", "reader", "rate", "ratio", "said"), [
    ("csv", "sdmxthon", 1.0, 10.0, "≥ 10: yes"), ("csv", "sdmxthon", 1.0, 9.99, "≥ 10: no"),
    ("csv", "pyarrow", 1.0, 0.67, "≥ 0.667: yes"), ("xml_series", "sdmx1", 1.0, 49.0, "≥ 50: no"),
    ("json", "ours", 150_000.0, 1.0, "≥ 150,000: yes"), ("json", "ours", 149_999.0, 1.0, "≥ 150,000: no"),
    ("csv", "ours", 1.0, 1.0, ""), ("json", "json", 1.0, 1.0, ""),
    ("json", "series", 1.0, 0.5, "≥ 0.5: yes"), ("json", "series", 1.0, 0.49, "≥ 0.5: no"),
])  # fmt: skip
def test_a_target_is_reached_or_not(kind: str, reader: str, rate: float, ratio: float, said: str) -> None:
    assert wanted(kind, reader, {"rate": rate}, ratio) == said
