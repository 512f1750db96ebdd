"""What judging costs on top of reading: seconds, peak memory and the ratio judge/read, as whole processes.

    python tests/benchmarks/bench_judge.py [--rows N] [--only good|bad] [--folder KEEP]

The file is SDMX-CSV with the declared series of goals 12 and 13, 200 countries, 25 years or more and every
breakdown that the declarations allow. `good` fits every declaration of one series by itself; in `bad` every
second row has a defect, of eleven kinds. `sdg read` and `sdg check` are processes of their own, so imports and
start count, and peak memory is each one's own. `judge` is the judgement alone within one process, by stages.
`sdg read` writes what it read as Parquet, which is in its time. On a machine that others use, processor time says
more than wall time. Figures depend on the machine, ratios less so. Never a timed test.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

COUNTRIES, YEARS, LAST_YEAR = 200, 25, 2024
PIECE = 500_000
DEFECTS: tuple[tuple[str, str, str], ...] = (
    ("comma", "OBS_VALUE", "1234,5"), ("thousands", "OBS_VALUE", "1,234,567.8"), ("text", "OBS_VALUE", "n/a"),
    ("negative", "OBS_VALUE", "-12.5"), ("padded", "OBS_VALUE", "0012.5"), ("sex", "SEX", "Male"),
    ("status", "OBS_STATUS", ""), ("unit", "UNIT_MEASURE", "PER_1000_POP"), ("period", "TIME_PERIOD", "2017-2020"),
    ("area", "REF_AREA", "KG05"), ("breakdown", "ACTIVITY", "ISIC4_A"),
)
"""Name, column and text of each defect; the rows take them in turn."""


def combinations(count: int) -> pl.DataFrame:
    """Return `count` series with their breakdowns, spread over all that the declarations allow."""
    from metadata.load import load_catalogue
    from metadata.structure import load_structure

    columns = [d.id for d in load_structure().dimensions if d.id not in ("FREQ", "REPORTING_TYPE", "REF_AREA")]
    rows = [
        (*key, (series.unit_measure or ("T",))[0], str(series.unit_mult[0]), series.value.type,
         1.0 if series.value.country_maximum == 1 else series.value.maximum or 1e6)
        for series in load_catalogue().series.values()
        for key in product(*((series.code,) if c == "SERIES" else series.dimensions.get(c, ("_T",)) for c in columns))
    ]
    every = pl.DataFrame(rows, schema=[*columns, "UNIT_MEASURE", "UNIT_MULT", "_type", "_most"], orient="row")
    return every.gather_every(max(1, every.height // count)).head(count)


def observations(numbers: pl.Series, of: pl.DataFrame, years: int, *, bad: bool) -> pl.DataFrame:
    """Return the observations with these numbers: every year of a country, every country of a series."""
    from metadata.areas import load_areas
    from metadata.structure import load_structure

    areas = [code for code, area in load_areas().areas.items() if area.area_type == "country"][:COUNTRIES]
    n, area = pl.col("n"), pl.col("n") // years % COUNTRIES
    noise = (n * 2654435761 % 1_000_003).cast(pl.Float64) / 1_000_003
    whole = pl.col("_type").is_in(["integer", "binary"])
    value = pl.when(whole).then((noise * pl.col("_most")).round(0).cast(pl.Int64).cast(pl.String)).otherwise(
        (noise * pl.col("_most")).round(5).cast(pl.String)
    )
    year = (LAST_YEAR - n % years).cast(pl.String)
    surveys = pl.Series([f"Office of statistics, survey {i} and register" for i in range(4000)])
    frame = numbers.alias("n").to_frame().with_columns(of[numbers // (years * COUNTRIES)]).with_columns(
        pl.lit("A").alias("FREQ"),
        pl.lit("G").alias("REPORTING_TYPE"),
        pl.lit(pl.Series(areas)).gather(area).alias("REF_AREA"),
        year.alias("TIME_PERIOD"),
        value.alias("OBS_VALUE"),
        pl.lit("A").alias("OBS_STATUS"),
        pl.lit("C").alias("NATURE"),
        year.alias("TIME_DETAIL"),
        pl.when(n % 20 == 0).then(pl.lit("provisional; see the note")).alias("COMMENT_OBS"),
        pl.lit(surveys).gather(n // years % 4000).alias("SOURCE_DETAIL"),
    )
    if bad:
        kinds = len(DEFECTS)
        for kind, (_, column, text) in enumerate(DEFECTS):
            hit = (n % 2 == 1) & (n // 2 % kinds == kind)
            frame = frame.with_columns(pl.when(hit).then(pl.lit(text)).otherwise(column).alias(column))
    wanted = [c.id for c in load_structure().components]
    empty = [pl.lit(None, pl.String).alias(c) for c in wanted if c not in frame.columns]
    return frame.with_columns(pl.lit("IAEG-SDGs:DF_SDG_GLH(1.14)").alias("DATAFLOW"), *empty).select(
        "DATAFLOW", *wanted
    )


def generate(rows: int, path: Path, *, bad: bool) -> None:
    """Write so many observations as SDMX-CSV 1.0, piece by piece."""
    years = YEARS
    of = combinations(-(-rows // (years * COUNTRIES)))
    if of.height * years * COUNTRIES < rows:
        years = -(-rows // (of.height * COUNTRIES))
    with path.open("wb") as stream:
        for start in range(0, rows, PIECE):
            numbers = pl.int_range(start, min(start + PIECE, rows), eager=True)
            observations(numbers, of, years, bad=bad).write_csv(stream, include_header=start == 0)


def process(*command: str) -> dict[str, float]:
    """Run a command; return wall and processor seconds and peak memory in MB."""
    start = time.perf_counter()
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    code = child.returncode = os.waitstatus_to_exitcode(status)
    if code not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    scale = 1024 if sys.platform != "darwin" else 1024**2
    seconds = time.perf_counter() - start
    return {"wall": seconds, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss // scale}


STAGES: tuple[tuple[str, str], ...] = (
    ("pipelines.check", "compacted"), ("pipelines.check", "apply_map"), ("pipelines.check", "apply_corrections"),
    ("pipelines.check", "_complete"), ("pipelines.checks.delivery", "refusals"),
    ("pipelines.checks.delivery", "unknown_components"), ("pipelines.checks.scope", "sort_by_scope"),
    ("pipelines.checks.scope", "hang_unknown_series"), ("pipelines.checks.scope", "hang_by_map"),
    ("pipelines.checks.scope", "retired_series"), ("pipelines.checks.codes", "check_codes"),
    ("pipelines.checks.rows", "check_rows"), ("pipelines.checks.sets", "check_sets"),
    ("pipelines.checks.docket", "Docket.kept_back"), ("pipelines.checks.outcome", "staged_frame"),
    ("pipelines.checks.outcome", "quarantine_frame"), ("pipelines.checks.outcome", "scope_of"),
    ("pipelines.checks.outcome", "touched_indicators"),
)
"""Module and function of every stage that is timed; what a stage calls of another counts in both."""


@contextmanager
def timed(seconds: dict[str, float]) -> Iterator[None]:
    """Time every stage while the context lasts."""
    import importlib

    undo: list[tuple[Any, str, Any]] = []

    def measured(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                seconds[name] += time.perf_counter() - start

        return call

    for module, path in STAGES:
        holder: Any = importlib.import_module(module)
        *owners, name = path.split(".")
        for owner in owners:
            holder = getattr(holder, owner)
        undo.append((holder, name, getattr(holder, name)))
        setattr(holder, name, measured(path, getattr(holder, name)))
    try:
        yield
    finally:
        for holder, name, function in undo:
            setattr(holder, name, function)


def stages(path: Path) -> None:
    """Read and judge in this process; say on standard output how long every stage took."""
    import resource

    marks = [time.perf_counter()]
    import metadata.derive.pandera_schema  # noqa: F401
    from pipelines.check import judge
    from pipelines.knowledge import Knowledge
    from pipelines.read.detect import read_message

    marks.append(time.perf_counter())
    knowledge = Knowledge.read()
    marks.append(time.perf_counter())
    message = read_message(path)
    marks.append(time.perf_counter())
    peak_read = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds: dict[str, float] = defaultdict(float)
    with timed(seconds):
        result = judge(
            message, None, knowledge.catalogue, knowledge.structure, knowledge.areas,
            path=path.name, sha256="0" * 64, today=knowledge.today,
        )
    marks.append(time.perf_counter())
    names = ("imports", "declarations", "read", "judge")
    took = {name: end - begin for name, begin, end in zip(names, marks, marks[1:], strict=False)}
    scale = 1024 if sys.platform != "darwin" else 1024**2
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({
        "took": took, "stages": seconds, "peak_read": peak_read // scale, "peak": peak // scale,
        "counts": result.report.counts.to_dict(), "findings": len(result.report.findings),
    }))


def measure(path: Path, folder: Path, rows: int, *, with_stages: bool) -> None:
    """Print what reading and checking one file cost."""
    sdg = (sys.executable, "-m", "pipelines.cli")
    read = process(*sdg, "read", str(path), "--out", str(folder / "read.parquet"))
    (folder / "read.parquet").unlink()
    check = process(*sdg, "check", str(path), "--home", str(folder / "home"), "--out", str(folder / "report.txt"))
    more, cpu = check["wall"] - read["wall"], check["cpu"] - read["cpu"]
    print(f"\n{path.stem}: {rows:,} observations, {path.stat().st_size / 1e6:,.0f} MB")
    print(f"{'':16}{'wall s':>8}{'cpu s':>8}{'peak MB':>9}")
    for name, one in (("sdg read", read), ("sdg check", check)):
        print(f"{name:16}{one['wall']:>8.2f}{one['cpu']:>8.2f}{one['peak']:>9,.0f}")
    print(
        f"judging costs {more:.2f} s more than reading, {cpu:.2f} s of processor time; "
        f"judge/read {more / read['wall']:.2f}, of processor time {cpu / read['cpu']:.2f}"
    )
    if with_stages:
        command = (sys.executable, __file__, "--stages-of", str(path))
        said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
        print(", ".join(f"{name} {took:.2f} s" for name, took in said["took"].items()))
        for name, took in sorted(said["stages"].items(), key=lambda item: -item[1]):
            print(f"   {name:24}{took:>7.2f}")
        peaks = f"peak MB after reading {said['peak_read']:,}, after judging {said['peak']:,}"
        print(f"{peaks}; {said['findings']} findings")
        print({name: count for name, count in said["counts"].items() if count})


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["good", "bad"])
    parser.add_argument("--no-stages", action="store_true", help="whole processes only")
    parser.add_argument("--folder", type=Path, help="keep the generated files here and use them again")
    parser.add_argument("--stages-of", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.stages_of:
        stages(args.stages_of)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = args.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for kind in [args.only] if args.only else ["good", "bad"]:
            path = folder / f"{kind}_{args.rows}.csv"
            if not path.exists():
                generate(args.rows, path, bad=kind == "bad")
            measure(path, folder, args.rows, with_stages=not args.no_stages)


if __name__ == "__main__":
    main()
