"""What `sdg submit` of a large delivery takes: time and peak memory of the whole process, and of a second vintage.

    python tests/benchmarks/bench_submit.py [--rows N] [--folder KEEP] [--memory-limit 2GB]

10,000,000 observations by default: SDMX-CSV as `bench_judge.py` makes it, of the declared series that no identity binds
to others (the values are random), for 200 countries, every breakdown that the declarations allow, and as many years as
are needed. It is submitted as UNSD in a fresh state folder, and then once more with every hundredth value revised a
little. Each command is a process of its own, so imports, the report tables and the published copy count. Ends with 1
where a process took more than 4 GiB or fewer than 95 of 100 rows were accepted. Needs about 10 GB of disk.
Figures depend on the machine; the bound does not. Never a timed test.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

BOUND_MB = 4096
"""4 GiB, in MiB."""


def first_vintage(rows: int, target: Path) -> None:
    """Write so many observations that the judgement accepts."""
    from metadata.load import load_catalogue
    from pipelines.checks.identities import others_of
    from tests.benchmarks import bench_judge

    bound = {
        code
        for owner, one in load_catalogue().series.items()
        for identity in one.identities
        for code in (owner, *others_of(identity))
    }
    every = bench_judge.combinations(10**6)
    free = every.filter(~every["SERIES"].is_in(list(bound)))
    bench_judge.combinations = free.head
    bench_judge.generate(rows, target, bad=False)


def vintage(source: Path, target: Path) -> None:
    """Write the file anew with every hundredth value revised by a thousandth, so that no rule speaks of it."""
    import polars as pl

    read = pl.scan_csv(source, infer_schema=False).with_row_index("_n")
    number = pl.col("OBS_VALUE").cast(pl.Float64)
    whole = ~pl.col("OBS_VALUE").str.contains(".", literal=True)
    moved = pl.when(whole).then((number + 1).cast(pl.Int64).cast(pl.String)).otherwise(
        (number * 0.999).round(5).cast(pl.String)
    )
    revised = pl.when(pl.col("_n") % 100 == 99).then(moved).otherwise("OBS_VALUE").alias("OBS_VALUE")
    read.with_columns(revised).drop("_n").sink_csv(target)


def submit(path: Path, home: Path, limit: str | None) -> dict[str, float]:
    """Submit a file; return wall and processor seconds, peak MiB and the counts of the delivery."""
    command = [sys.executable, "-m", "pipelines.cli", "submit", str(path), "--provider", "UNSD", "--format", "json",
               "--home", str(home)]
    surroundings = os.environ | ({"SDG_MEMORY_LIMIT": limit} if limit else {})
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen(command, cwd=ROOT, stdout=out, env=surroundings)
        _, status, used = os.wait4(child.pid, 0)
        code = child.returncode = os.waitstatus_to_exitcode(status)
        if code not in (0, 1):
            raise SystemExit(f"sdg submit {path.name} ended with {code}")
        out.seek(0)
        counts = json.load(out)["files"][0]["counts"]
    scale = 1024 if sys.platform != "darwin" else 1024**2
    took = {"wall": time.perf_counter() - start, "cpu": used.ru_utime + used.ru_stime}
    return took | {"peak": used.ru_maxrss / scale} | {name: count for name, count in counts.items() if count}


def generate(rows: int, folder: Path) -> tuple[Path, Path]:
    """Write both vintages, in processes of their own: what this one uses would count in the peak of its children."""
    first, second = folder / f"first_{rows}.csv", folder / f"second_{rows}.csv"
    made = (
        (first, "from tests.benchmarks.bench_submit import first_vintage; first_vintage(int(a[1]), Path(a[2]))"),
        (second, "from tests.benchmarks.bench_submit import vintage; vintage(Path(a[3]), Path(a[2]))"),
    )
    for path, code in made:
        if not path.exists():
            prelude = "import sys; from pathlib import Path; a = sys.argv; "
            command = [sys.executable, "-c", prelude + code, str(rows), str(path), str(first)]
            subprocess.run(command, cwd=ROOT, check=True)
    return first, second


def main() -> int:
    """Run the benchmark; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="keep the generated files here and use them again")
    parser.add_argument("--memory-limit", metavar="SIZE", help="SDG_MEMORY_LIMIT of the commands")
    parser.add_argument("--first-only", action="store_true", help="no second vintage")
    args = parser.parse_args()
    kept_within = True
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = args.folder or Path(name)
        paths = generate(args.rows, folder)
        print(f"{args.rows:,} observations, {paths[0].stat().st_size / 1e9:.1f} GB of SDMX-CSV")
        for label, path in zip(("first load", "1 % changed"), paths[: 1 if args.first_only else 2], strict=False):
            found = submit(path, Path(name) / "home", args.memory_limit)
            wall, cpu, peak = (found.pop(one) for one in ("wall", "cpu", "peak"))
            held = found.get("new", 0) + found.get("value_revised", 0) + found.get("unchanged", 0)
            kept_within &= peak <= BOUND_MB and held >= 0.95 * args.rows
            print(f"{label:12} {wall:6.0f} s, {cpu:6.0f} s of CPU, peak {peak:6,.0f} MiB   {found}", flush=True)
        size = (Path(name) / "home" / "warehouse.duckdb").stat().st_size
        print(f"warehouse {size / 1e6:,.0f} MB; bound {BOUND_MB:,} MiB: {'kept' if kept_within else 'NOT KEPT'}")
    return 0 if kept_within else 1


if __name__ == "__main__":
    sys.exit(main())
