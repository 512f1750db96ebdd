"""How fast messages and tables are written: observations a second, beside sdmx1, pysdmx and bare pyarrow.

    python tests/benchmarks/bench_write.py [observations]

Each writer runs in a process of its own, on the same frame (all components of the structure, series of ten periods,
texts with quotation marks and ampersands). The peers get at most 20,000 observations, for they are slow, and each gets
its own model of them ready made: what is measured is the writing. `ours ×` is how many times our rate is theirs, and
`by cpu` the same by the seconds of the processor, all threads counted. Ratios of one run on a machine that others use
are good to ±50 %; those by the processor are steadier.
"""

from __future__ import annotations

import io
import json
import logging
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
PEER_LIMIT = 20_000
PERIODS = 10


def frame_of(count: int) -> pl.DataFrame:
    """Return a read frame of `count` observations with every component."""
    from metadata.structure import load_structure

    structure = load_structure()
    number, series = pl.int_range(count), pl.int_range(count) // PERIODS
    areas = list(structure.codelist("REF_AREA").codes)  # type: ignore[union-attr]
    own = {
        "freq": pl.lit("A"), "reporting_type": pl.lit("G"), "unit_mult": pl.lit("0"), "obs_status": pl.lit("A"),
        "series": pl.lit("EN_HAZ_") + (series // len(areas)).cast(pl.String), "nature": pl.lit("C"),
        "ref_area": pl.lit(pl.Series(areas)).gather(series % len(areas)), "unit_measure": pl.lit("KG"),
        "time_period": (2010 + number % PERIODS).cast(pl.String), "obs_value": (number * 0.37).cast(pl.String),
        "source_detail": pl.lit('Office of "statistics" & census, table ') + (number % 97).cast(pl.String),
        "data_last_update": pl.lit("2026-05-01T09:30:00"),
    }
    dimension = {one.column for one in structure.dimensions}
    names = [one.column for one in structure.components]
    texts = {name: pl.lit("_T" if name in dimension else "some text") for name in names}
    whole = {name: own.get(name, texts[name]).alias(name) for name in names}
    return pl.select(pl.int_range(count).alias("_")).select(whole.values())


def header() -> Any:
    from metadata.structure import load_structure
    from warehouse.export.header import MessageHeader, Reference

    return MessageHeader("UNEP", Reference.of(load_structure()), datetime(2026, 5, 1, tzinfo=UTC))


Work = Callable[[Path], None]


def ours(form: str, frame: pl.DataFrame) -> Work:
    """Return our writing of a form."""
    from metadata.derive.table_schema import Column, Table
    from metadata.structure import load_structure
    from warehouse.export.sdmx_csv import write_sdmx_csv
    from warehouse.export.sdmx_json import write_sdmx_json
    from warehouse.export.sdmx_ml import write_sdmx_ml
    from warehouse.export.table import write_csv, write_parquet
    from warehouse.export.workbook import write_workbook

    parts, said = load_structure().components, header()
    table = Table("report.x", "x", tuple(Column(name, "string", "", False) for name in frame.columns), ())
    batches = list(frame.iter_slices(100_000))

    def message(write: Callable[..., int], **options: Any) -> Work:
        def run(path: Path) -> None:
            with path.open("wb") as stream:
                write(frame, said, parts, stream, **options)

        return run

    def plain(path: Path) -> None:
        with path.open("wb") as stream:
            write_csv(batches, table, stream)

    return {
        "ml-2.1": message(write_sdmx_ml, version="2.1"), "ml-3.0": message(write_sdmx_ml, version="3.0"),
        "csv-1.0": message(write_sdmx_csv, version="1.0"), "csv-2.0": message(write_sdmx_csv, version="2.0"),
        "json-2.0": message(write_sdmx_json), "csv": plain,
        "parquet": lambda path: write_parquet(batches, table, path) and None,
        "excel": lambda path: write_workbook(batches, table.columns, [], path, count=frame.height) and None,
    }[form]


def sdmx1(form: str, frame: pl.DataFrame) -> Work:
    """Return sdmx1's writing of structure-specific XML, from its own model; it writes no CSV 1.0 and no JSON data."""
    import sdmx

    logging.disable(logging.CRITICAL)
    source = io.BytesIO()
    from metadata.structure import load_structure
    from warehouse.export.sdmx_ml import write_sdmx_ml

    write_sdmx_ml(frame, header(), load_structure().components, source)
    source.seek(0)
    message: Any = sdmx.read_sdmx(source)
    return lambda path: path.write_bytes(sdmx.to_xml(message)) and None


def pysdmx(form: str, frame: pl.DataFrame) -> Work:
    """Return pysdmx's writing from its own model, a pandas frame."""
    from pysdmx.io.pd import PandasDataset

    data = frame.rename({name: name.upper() for name in frame.columns}).to_pandas()
    one = PandasDataset(structure=_schema("dataflow" if form == "csv-1.0" else "datastructure"), data=data)
    options: dict[str, Any] = {"dimension_at_observation": "TIME_PERIOD"} if form.startswith("ml") else {}
    if form == "csv-1.0":
        from pysdmx.io.csv.sdmx10.writer import write
    elif form == "csv-2.0":
        from pysdmx.io.csv.sdmx20.writer import write
    elif form == "ml-2.1":
        from pysdmx.io.xml.sdmx21.writer.structure_specific import write
    else:
        from pysdmx.io.xml.sdmx30.writer.structure_specific import write
    return lambda path: write([one], output_path=str(path), **options) and None


def _schema(context: Any) -> Any:
    from pysdmx.model import Component, Components, Concept, Role, Schema

    from metadata.structure import load_structure

    roles = {"dimension": Role.DIMENSION, "time": Role.DIMENSION, "measure": Role.MEASURE, "attribute": Role.ATTRIBUTE}
    structure = load_structure()
    key = ",".join(one.id for one in structure.dimensions)
    made = [
        Component(
            one.id, one.role != "attribute", roles[one.role], Concept(one.id),
            attachment_level={"series": key, "observation": "O"}.get(one.attachment or ""),
        )
        for one in structure.components
    ]
    return Schema(context, structure.agency, structure.id, Components(made), structure.version)


def pyarrow(form: str, frame: pl.DataFrame) -> Work:
    """Return bare pyarrow's writing of the same columns."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    if form == "parquet":
        import pyarrow.parquet as pq

        return lambda path: pq.write_table(table, path, compression="zstd")
    from pyarrow import csv

    return lambda path: csv.write_csv(table, path)


def openpyxl(form: str, frame: pl.DataFrame) -> Work:
    """Return openpyxl's writing, in its mode for many rows."""
    from openpyxl import Workbook

    rows = frame.rows()

    def run(path: Path) -> None:
        book = Workbook(write_only=True)
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
        book.save(path)

    return run


WRITERS: dict[str, Callable[[str, pl.DataFrame], Work]] = {
    "ours": ours, "sdmx1": sdmx1, "pysdmx": pysdmx, "pyarrow": pyarrow, "openpyxl": openpyxl,
}
PEERS = {
    "ml-2.1": ("sdmx1", "pysdmx", "pyarrow"), "ml-3.0": ("pysdmx", "pyarrow"), "csv-1.0": ("pysdmx", "pyarrow"),
    "csv-2.0": ("pysdmx", "pyarrow"), "json-2.0": ("pyarrow",), "csv": ("pyarrow",), "parquet": ("pyarrow",),
    "excel": ("openpyxl",),
}
"""Whose writing stands beside ours; pyarrow always writes CSV (or Parquet), the floor for these columns."""


def child(writer: str, form: str, count: int) -> None:
    """Write in this process and say on standard output how long it took."""
    work = WRITERS[writer](form, frame_of(count))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out"
        start, before = time.perf_counter(), time.process_time()
        work(path)
        seconds, cpu = time.perf_counter() - start, time.process_time() - before
        size = path.stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform != "darwin" else 1024**2)
    print(json.dumps({"seconds": seconds, "cpu": cpu, "size": size, "peak": peak}))


def measure(writer: str, form: str, count: int) -> dict[str, Any] | None:
    """Run a writing in a child process; None where the peer cannot do it here."""
    command = [sys.executable, __file__, "--child", writer, form, str(count)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        print(f"{form} {writer}: {(done.stderr.strip().splitlines() or ['failed'])[-1][:90]}")
        return None
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said | {"rate": count / said["seconds"]}


def main(count: int) -> None:
    """Print the table."""
    print(f"{count:,} observations; one run each")
    print(f"{'':20}{'obs/s':>12}{'seconds':>9}{'cpu s':>8}{'MB':>8}{'peak MB':>9}{'ours ×':>9}{'by cpu':>8}")
    for form, peers in PEERS.items():
        own = measure("ours", form, count)
        if own is None:
            raise SystemExit(f"we cannot write {form}")
        for writer in ("ours", *peers):
            rows = count if writer in ("ours", "pyarrow") else min(count, PEER_LIMIT)
            one = own if writer == "ours" else measure(writer, form, rows)
            if one:
                ratio = own["rate"] / one["rate"]
                work = (one["cpu"] / rows) / (own["cpu"] / count)
                print(
                    f"{form:10}{writer:10}{one['rate']:>12,.0f}{one['seconds']:>9.2f}{one['cpu']:>8.2f}"
                    f"{one['size'] / 1e6:>8.1f}{one['peak']:>9}{ratio:>9.2f}{work:>8.2f}"
                )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
