"""How long a load takes, as a ratio to a bare `create table as` of the same rows in the same run.

A script, not a test: `python tests/benchmarks/bench_load.py [ROWS]` (default 300,000; every figure depends on
the machine, the ratios less so). The rows are generated: 100 series, 200 areas, 25 years, footnotes that repeat.
The second load offers all rows again with every hundredth value changed. The bare table is made in a file on the
same disk, from the same Arrow table, and is made twice: the better time counts.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import polars as pl

from metadata.areas import load_areas
from metadata.findings import Counts
from metadata.load import load_catalogue
from metadata.structure import load_structure
from warehouse.connect import open_file, writer
from warehouse.observations import LoadRequest, load, loads
from warehouse.report import publish, refresh, write_metadata
from warehouse.settings import Settings

START = datetime(2026, 1, 1, tzinfo=UTC)


def staged(rows: int) -> pl.DataFrame:
    """Return a staged frame of so many rows, unique by key."""
    structure = load_structure()
    series = sorted(load_catalogue().series)[:100]
    areas = [code for code, area in load_areas().areas.items() if area.area_type == "country"][:200]
    number = pl.int_range(rows, dtype=pl.Int64, eager=True)
    period = 25 * len(areas)

    def pick(values: list[str], by: pl.Series) -> pl.Series:
        return pl.Series(values).gather(by % len(values))

    columns: dict[str, Any] = {c.column: pl.repeat("_T", rows, eager=True) for c in structure.dimensions}
    columns["freq"] = pl.repeat("A", rows, eager=True)
    columns["reporting_type"] = pl.repeat("G", rows, eager=True)
    columns["series"] = pick(series, number // period)
    columns["ref_area"] = pick(areas, number // 25)
    columns["product"] = (number // (period * len(series))).cast(pl.String)
    columns["time_period"] = (2000 + number % 25).cast(pl.String)
    columns["obs_value"] = (number * 7919 % 1_000_003).cast(pl.Float64) / 16
    columns["obs_value_text"] = columns["obs_value"].cast(pl.String)
    for component in structure.attributes:
        columns[component.column] = pl.repeat(None, rows, dtype=pl.String, eager=True)
    columns |= {
        "obs_status": pl.repeat("A", rows, eager=True),
        "unit_measure": pl.repeat("T", rows, eager=True),
        "unit_mult": pl.repeat(0, rows, dtype=pl.Int32, eager=True),
        "nature": pl.repeat("C", rows, eager=True),
        "source_detail": pick([f"Survey {i} of the national office" for i in range(4000)], number // 25),
        "source_sheet": pl.repeat(None, rows, dtype=pl.String, eager=True),
        "source_row": pl.repeat(None, rows, dtype=pl.Int64, eager=True),
        "source_line": number + 1,
        "correction": pl.repeat(None, rows, dtype=pl.String, eager=True),
    }
    return pl.DataFrame(columns)


def timed(label: str, action: Callable[[], Any], bare: float | None = None) -> float:
    """Run an action, print how long it took, and return the seconds. CPU seconds say more on a machine in use."""
    begun, worked = time.perf_counter(), time.process_time()
    action()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - worked
    ratio = f"  {seconds / bare:5.2f} x bare" if bare else ""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    print(f"{label:<34}{seconds:7.2f} s  cpu {cpu:6.2f} s{ratio}   peak {peak:6.0f} MB")
    return seconds


def request(number: int, frame: pl.DataFrame) -> LoadRequest:
    """Return the request of a delivery that replaces all that its provider sent."""
    catalogue = load_catalogue()
    return LoadRequest(
        f"UNSD-{number}",
        "UNSD",
        f"{number:064x}",
        START + timedelta(days=number),
        frame,
        pl.DataFrame(),
        pl.DataFrame(),
        "provider",
        None,
        Counts(received=frame.height),
        {one: catalogue.version(one) for one in catalogue.indicators},
        load_structure().version_label,
        None,
        "load",
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="?", type=int, default=300_000)
    rows = parser.parse_args().rows
    first = staged(rows)
    changed = first.with_columns(
        pl.when(pl.col("source_line") % 100 == 0)
        .then(pl.col("obs_value") + 1)
        .otherwise("obs_value")
        .alias("obs_value")
    )
    print(f"{rows:,} observations, {first.width} columns")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load(Path(folder)).ensure()
        with open_file(Path(folder) / "bare.duckdb", settings) as connection:
            connection.register("rows", first.to_arrow())
            best = min(
                timed("bare create table as", partial(connection.execute, f"create table {name} as select * from rows"))
                for name in ("one", "two")
            )
        with writer(settings, "benchmark") as warehouse:
            write_metadata(warehouse, load_catalogue(), load_structure(), load_areas(), now=START)
            for number, (label, frame) in enumerate(
                [("first load", first), ("second load, 1 % changed", changed)], start=1
            ):
                now = START + timedelta(days=number, hours=1)
                timed(label, partial(load, warehouse, request(number, frame), now=now), best)
                print(f"    {loads(warehouse)[-1].counts.to_dict()}")
            timed("report tables", lambda: refresh(warehouse), best)
            timed("publish", lambda: publish(settings, warehouse), best)
        print(f"warehouse {settings.warehouse.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
