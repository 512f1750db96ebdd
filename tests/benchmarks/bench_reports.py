"""How long all report tables take, as a ratio to a bare `create table as` of the same rows in the same run.

A script, not a test: `python tests/benchmarks/bench_reports.py [ROWS]` (default 1,000,000; every figure depends on
the machine, the ratios less so). 100 series, 200 countries and as many groups as there are beside them are generated;
half of the series are summed, a quarter averaged and a quarter weighed, and every published regional value differs
from ours, so that the search for the area that explains it runs on all of them. Each table is timed alone too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import polars as pl

from metadata.areas import load_areas
from metadata.load import load_catalogue
from metadata.structure import load_structure
from tests.benchmarks.bench_load import request, staged, timed
from warehouse import report
from warehouse.connect import open_file, writer
from warehouse.observations import load
from warehouse.report import refresh, write_metadata
from warehouse.settings import Settings

GROUPS = ("1", "202", "747", "62", "753", "419", "9", "513", "199", "722")
DAY = date(2026, 1, 1)


def with_groups(rows: int) -> pl.DataFrame:
    """Return staged rows of which a twentieth are published values of ten groups."""
    frame = staged(rows)
    areas = frame["ref_area"].unique(maintain_order=True)
    taken = dict(zip(areas[-len(GROUPS) :], GROUPS, strict=True))
    return frame.with_columns(pl.col("ref_area").replace(taken))


def rules(warehouse: Any) -> None:
    """Give the series rules: half are summed, a quarter averaged, a quarter weighed by another series."""
    warehouse.connection.execute(
        "update metadata.series set aggregation_rule = case hash(series) % 4 when 0 then 'mean' when 1 then "
        "'ratio_of_sums' else 'sum' end, aggregation_weight = case hash(series) % 4 when 1 then 'EN_MAT_DOMCMPT' end"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    frame = with_groups(rows)
    print(f"{rows:,} observations of {frame['ref_area'].n_unique()} areas")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load(Path(folder)).ensure()
        with open_file(Path(folder) / "bare.duckdb", settings) as connection:
            connection.register("rows_given", frame.to_arrow())
            bare = "create or replace table a as from rows_given"
            best = min(timed("bare create table as", lambda: connection.execute(bare)) for _ in range(2))
        with writer(settings, "a benchmark") as warehouse:
            write_metadata(warehouse, load_catalogue(), load_structure(), load_areas(), now=datetime.now(UTC))
            rules(warehouse)
            load(warehouse, request(1, frame), now=datetime.now(UTC))
            for again in ("all report tables", "all report tables, again"):
                timed(again, lambda: refresh(warehouse, reference_date=DAY), best)
            timed("one indicator", lambda: refresh(warehouse, ["12.4.2"], reference_date=DAY), best)
            made = report._remake
            report._remake = lambda sql, name, **other: timed(  # type: ignore[assignment]
                f"  {name}", lambda: made(sql, name, **other), best
            )
            print("each table alone:")
            found = refresh(warehouse, reference_date=DAY)
            print(", ".join(f"{name} {count:,}" for name, count in found.items()))


if __name__ == "__main__":
    main()
