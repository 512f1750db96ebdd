"""How fast the readers are: observations a second, ratios and peak memory, peers in the same run.

    python tests/benchmarks/bench_read.py [N] [--only KIND] [--peers PYTHON]    N observations, 100000 by default
    python tests/benchmarks/bench_read.py [N] --whole                          every peer reads N, 1000000 by default
    python tests/benchmarks/bench_read.py --memory [N]                         `sdg read` of N, 10000000 by default

Every reading is a process of its own, so that peak memory is its own. `read` is the time of reading, without imports,
`wall` and `cpu` are the whole process: on a machine that others use, compare `cpu ×`. `--runs` repeats in turns what
takes less than PATIENCE seconds; the least time of each is shown and compared, `median` is that of `wall`.

With `--whole`, `read` has the imports of a reader in it too: ours imports some while it reads, as in `sdg read`.
Without `--whole`, sdmx1, pysdmx and sdmxthon read at most 20,000 observations, as they need minutes for more, and rates
without imports are compared. With it, all read the same file, and the times of the whole processes are compared: this
is how the targets in the column `wanted` are meant. sdmx1 takes about four minutes a document of 1,000,000; `--without
sdmx1` leaves it out, `--files FOLDER` keeps the documents for the next call.

`ours` ends with what the reader makes: a table of Arrow from SDMX-CSV, as pyarrow's own reader does, a frame of Polars
from the others; `polars` is ours with a frame from SDMX-CSV too, as the judgement has it.

`series`, with SDMX-JSON, is ours on the same observations as structure-specific SDMX-ML in series.

`expat` is the parser with empty handlers on the same bytes, `pyarrow` is the bare CSV reader, `duckdb` is the same
into a table of DuckDB, `json` is the bare decoder. sdmx1 ends with a table (`to_pandas`), as the others do.
`xml2arrow` is told the names of the attributes beforehand, reads series and observations side by side in two threads,
and does not join them; generic it reads in three passes and does not pivot. pysdmx and sdmxthon are left out where
they are not installed; `--peers` names a Python that has them (pip install "pysdmx[xml,data]" sdmxthon). No peer
reads SDMX-JSON data. Never a timed test.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

PERIODS = 25
PEER_LIMIT = 20_000
PATIENCE = 30
"""Seconds; a reading that takes longer is not repeated."""
KINDS = ("xml_series", "xml_flat", "xml_generic", "csv", "json")
NAMESPACES = (
    'xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message" '
    'xmlns:c="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common" '
    'xmlns:d="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/structurespecific"'
)
HEADER = (
    "<m:Header><m:ID>BENCH</m:ID><m:Test>false</m:Test><m:Prepared>2026-01-01T00:00:00</m:Prepared>"
    '<m:Sender id="A"/><m:Structure structureID="S" dimensionAtObservation="TIME_PERIOD" '
    'namespace="urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=IAEG-SDGs:SDG(1.14)">'
    '<c:Structure><Ref agencyID="IAEG-SDGs" id="SDG" version="1.14"/></c:Structure></m:Structure></m:Header>'
)


def components() -> tuple[list[str], list[str], list[str]]:
    """Return the ids that stand on a series, those on an observation, and the attributes that are filled."""
    from metadata.structure import load_structure

    structure = load_structure()
    series = [c.id for c in structure.dimensions] + ["UNIT_MEASURE", "COMMENT_TS"]
    observation = ["TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "UNIT_MULT", "NATURE", "TIME_DETAIL", "COMMENT_OBS",
                   "UPPER_BOUND", "LOWER_BOUND", "SOURCE_DETAIL"]
    return series, observation, [c.id for c in structure.components]


def value_of(component: str, series: int, period: int) -> str:
    """Return a plausible text for a component, the same on every machine."""
    match component:
        case "SERIES":
            return f"SER_{series % 97}"
        case "REF_AREA":
            return str(4 + series // 97)
        case "TIME_PERIOD" | "TIME_DETAIL":
            return str(2000 + period)
        case "OBS_VALUE" | "UPPER_BOUND" | "LOWER_BOUND":
            return repr(round(series * 1.37 + period / 7, 5))
        case "SOURCE_DETAIL":
            return f"Office of statistics, survey {series % 13} & register"
        case "COMMENT_OBS":
            return "provisional" if period % 5 else "revised; see the note"
        case "FREQ" | "OBS_STATUS":
            return "A"
        case "UNIT_MULT":
            return "0"
        case _:
            return "_T"


def generate_generic(count: int, path: Path) -> None:
    """Write `count` observations as SDMX-ML 2.1 generic data, in series."""
    from xml.sax.saxutils import quoteattr

    series_ids, obs_ids, _ = components()
    own = [i for i in obs_ids if i not in ("TIME_PERIOD", "OBS_VALUE")]
    generic = 'xmlns:g="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic"'

    def values(ids: list[str], number: int, period: int) -> str:
        return "".join(f'<g:Value id="{i}" value={quoteattr(value_of(i, number, period))}/>' for i in ids)

    with path.open("w") as stream:
        stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<m:GenericData {NAMESPACES} {generic}>{HEADER}')
        stream.write('<m:DataSet structureRef="S" action="Replace">\n')
        for number in range(count // PERIODS):
            key = values(series_ids[:-2], number, 0)
            stream.write(f"<g:Series><g:SeriesKey>{key}</g:SeriesKey>")
            stream.write(f"<g:Attributes>{values(series_ids[-2:], number, 0)}</g:Attributes>\n")
            for period in range(PERIODS):
                stream.write(f'<g:Obs><g:ObsDimension value="{value_of("TIME_PERIOD", number, period)}"/>')
                stream.write(f'<g:ObsValue value="{value_of("OBS_VALUE", number, period)}"/>')
                stream.write(f"<g:Attributes>{values(own, number, period)}</g:Attributes></g:Obs>\n")
            stream.write("</g:Series>\n")
        stream.write("</m:DataSet></m:GenericData>\n")


def generate_json(count: int, path: Path) -> None:
    """Write `count` observations as SDMX-JSON 1.0, in series."""
    series_ids, obs_ids, _ = components()
    own = [i for i in obs_ids if i not in ("TIME_PERIOD", "OBS_VALUE")]
    known: dict[str, dict[str, int]] = {i: {} for i in [*series_ids, *obs_ids]}

    def index(component: str, number: int, period: int) -> int:
        values = known[component]
        return values.setdefault(value_of(component, number, period), len(values))

    series = {}
    for number in range(count // PERIODS):
        observations = {
            str(index("TIME_PERIOD", number, period)): [
                float(value_of("OBS_VALUE", number, period)), *(index(i, number, period) for i in own)
            ]
            for period in range(PERIODS)
        }
        key = ":".join(str(index(i, number, 0)) for i in series_ids[:-2])
        attributes = [index(i, number, 0) for i in series_ids[-2:]]
        series[f"{key}"] = {"attributes": attributes, "observations": observations}

    def described(ids: list[str]) -> list[dict[str, Any]]:
        return [{"id": i, "values": [{"id": value, "name": value} for value in known[i]]} for i in ids]

    structure = {
        "dimensions": {"dataSet": [], "series": described(series_ids[:-2]), "observation": described(["TIME_PERIOD"])},
        "attributes": {"dataSet": [], "series": described(series_ids[-2:]), "observation": described(own)},
    }
    data_sets = [{"action": "Replace", "series": series}]
    path.write_text(json.dumps({"meta": {"id": "BENCH"}, "data": {"structure": structure, "dataSets": data_sets}}))


def generate(count: int, folder: Path) -> dict[str, Path]:
    """Write `count` observations in every format."""
    from xml.sax.saxutils import quoteattr

    series_ids, obs_ids, every = components()
    paths = {kind: folder / f"{kind}_{count}.{kind[:3]}" for kind in KINDS}
    generate_generic(count, paths["xml_generic"])
    generate_json(count, paths["json"])
    with paths["xml_series"].open("w") as nested, paths["xml_flat"].open("w") as flat, paths["csv"].open("w") as table:
        for stream in (nested, flat):
            stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<m:StructureSpecificData {NAMESPACES}>{HEADER}')
            stream.write('<m:DataSet d:structureRef="S" d:action="Replace">\n')
        table.write(",".join(["DATAFLOW", *every]) + "\n")
        for number in range(count // PERIODS):
            key = " ".join(f"{i}={quoteattr(value_of(i, number, 0))}" for i in series_ids)
            nested.write(f"<Series {key}>\n")
            for period in range(PERIODS):
                obs = " ".join(f"{i}={quoteattr(value_of(i, number, period))}" for i in obs_ids)
                nested.write(f"<Obs {obs}/>\n")
                flat.write(f"<Obs {key} {obs}/>\n")
                cells = [f'"{value_of(i, number, period)}"' if i == "SOURCE_DETAIL" else
                         value_of(i, number, period) if i in obs_ids or i in series_ids else "" for i in every]
                table.write(",".join(["IAEG-SDGs:SDG(1.14)", *cells]) + "\n")
            nested.write("</Series>\n")
        for stream in (nested, flat):
            stream.write("</m:DataSet></m:StructureSpecificData>\n")
    return paths


def generated(count: int, folder: Path) -> dict[str, Path]:
    """Write what is not there in a process of its own: what this one uses would count in the peak of its children."""
    if len(list(folder.glob(f"*_{count}.*"))) < len(KINDS):
        subprocess.run([sys.executable, __file__, "--generate", str(count), str(folder)], check=True)
    return {path.stem.rpartition("_")[0]: path for path in sorted(folder.glob(f"*_{count}.*"))}


def read_ours(path: Path) -> int:
    from pipelines.read.detect import read_message

    return len(read_message(path).rows)


def read_as_frame(path: Path) -> int:
    from pipelines.read.detect import read_message

    return read_message(path).frame.height


def read_sdmx1(path: Path) -> int:
    import logging

    import sdmx

    logging.disable(logging.CRITICAL)
    message: Any = sdmx.read_sdmx(path)
    return sum(len(sdmx.to_pandas(data_set, attributes="osgd")) for data_set in message.data)


def read_expat(path: Path) -> int:
    from xml.parsers import expat

    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda _name, _attributes: None
    parser.EndElementHandler = lambda _name: None
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            parser.Parse(piece, False)
    parser.Parse(b"", True)
    return 0


def read_pysdmx(path: Path) -> int:
    from pysdmx.io import read_sdmx

    return sum(len(data_set.data) for data_set in read_sdmx(path, validate=False).data)


def read_sdmxthon(path: Path) -> int:
    import sdmxthon

    message = sdmxthon.read_sdmx(str(path), validate=False)
    return sum(len(data_set.data) for data_set in message.content.values())


def read_xml2arrow(path: Path) -> int:
    from concurrent.futures import ThreadPoolExecutor

    from xml2arrow import XmlToArrowParser

    series, own, _ = components()

    def table(element: str, fields: dict[str, str]) -> Any:
        said = "".join(
            f"  - {{name: {name}, xml_path: {at}, data_type: Utf8, nullable: true}}\n" for name, at in fields.items()
        )
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(f"tables:\n- name: t\n  xml_path: {element}\n  levels: [r]\n  fields:\n{said}")
            file.flush()
            return XmlToArrowParser(file.name)

    root = f"/{'GenericData' if 'generic' in path.name else 'StructureSpecificData'}/DataSet"
    if "generic" in path.name:
        obs = f"{root}/Series/Obs"
        passes = [
            table(f"{root}/Series", {"t": f"{obs}/ObsDimension/@value", "v": f"{obs}/ObsValue/@value"}),
            table(f"{obs}/Attributes", {name: f"{obs}/Attributes/Value/@{name}" for name in ("id", "value")}),
            table(f"{root}/Series/SeriesKey",
                  {name: f"{root}/Series/SeriesKey/Value/@{name}" for name in ("id", "value")}),
        ]
    elif "flat" in path.name:
        passes = [table(root, {name: f"{root}/Obs/@{name}" for name in series + own})]
    else:
        passes = [
            table(f"{root}/Series", {name: f"{root}/Series/Obs/@{name}" for name in own}),
            table(root, {name: f"{root}/Series/@{name}" for name in series}),
        ]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda one: one.parse(path)["t"].num_rows, passes))
    return int(found[0])


def read_pyarrow(path: Path) -> int:
    return int(_with_pyarrow(path).num_rows)


def read_into_duckdb(path: Path) -> int:
    import duckdb

    with duckdb.connect() as connection:
        connection.register("cells", _with_pyarrow(path))
        connection.execute("create table observation as select * from cells")
        return len(connection.table("observation"))


def _with_pyarrow(path: Path) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    names = path.open().readline().strip().split(",")
    convert = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True)
    return csv.read_csv(path, convert_options=convert)


def read_stdlib_json(path: Path) -> int:
    json.loads(path.read_bytes())
    return 0


READERS: dict[str, Callable[[Path], int]] = {
    "ours": read_ours, "series": read_ours, "polars": read_as_frame,
    "sdmx1": read_sdmx1, "pysdmx": read_pysdmx, "sdmxthon": read_sdmxthon, "xml2arrow": read_xml2arrow,
    "expat": read_expat, "pyarrow": read_pyarrow, "duckdb": read_into_duckdb, "json": read_stdlib_json,
}
OURS = {"csv": ("pipelines.read.sdmx_csv",), "json": ("pipelines.read.sdmx_json", "msgspec")}
MODULES = {
    **dict.fromkeys(("ours", "series"), ("pipelines.read.sdmx_ml", "pipelines.read.sdmx_ml_bulk")),
    "sdmx1": ("sdmx",), "pysdmx": ("pysdmx.io",), "sdmxthon": ("sdmxthon",), "xml2arrow": ("xml2arrow",),
    "polars": ("pipelines.read.sdmx_csv", "polars"),
    "pyarrow": ("pyarrow.csv",), "duckdb": ("pyarrow.csv", "duckdb"), "expat": (), "json": (),
}
"""Imported before the clock of a reading starts, but with `--whole`; they are in `wall` and `cpu`."""
SLOW = {"sdmx1", "pysdmx", "sdmxthon"}
"""Peers that read fewer observations."""
ELSEWHERE = {"pysdmx", "sdmxthon"}
"""Peers that the Python of `--peers` has."""
XML = ("expat", "xml2arrow", "sdmxthon", "pysdmx", "sdmx1")
PEERS = {"csv": ("polars", "pyarrow", "duckdb", "sdmxthon", "pysdmx"), "json": ("series", "json")}
WANTED = {
    ("xml_series", "sdmx1"): 50, ("xml_series", "sdmxthon"): 8, ("xml_flat", "sdmx1"): 50, ("xml_flat", "sdmxthon"): 8,
    ("xml_generic", "sdmx1"): 20, ("csv", "sdmxthon"): 10, ("csv", "pyarrow"): 1 / 1.5,
    ("json", "series"): 0.5,
}
"""How many times as fast as a peer we mean to be, whole processes compared: CSV in 1.5 times the time of pyarrow, JSON
half as fast as our own structure-specific SDMX-ML."""
WANTED_RATE = {"json": 150_000}
"""Observations a second that we mean to reach where no peer reads."""


def child(reader: str, path: Path, *, prepared: bool) -> None:
    """Read in this process and say on standard output how long it took; prepared: what it needs is imported before."""
    modules = OURS.get(path.name.split("_")[0], MODULES[reader]) if reader == "ours" else MODULES[reader]
    for module in modules if prepared else ():
        importlib.import_module(module)
    start, used = time.perf_counter(), time.process_time()
    rows = READERS[reader](path)
    print(json.dumps({"rows": rows, "read": time.perf_counter() - start, "used": time.process_time() - used}))


def process(command: list[str], out: Any = subprocess.DEVNULL) -> dict[str, float]:
    """Run a program; return wall and CPU seconds and peak MB of it."""
    start = time.perf_counter()
    started = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode:
        raise LookupError(f"{' '.join(command)} ended with {started.returncode}")
    peak = used.ru_maxrss // (1024 if sys.platform != "darwin" else 1024**2)
    return {"wall": time.perf_counter() - start, "cpu": used.ru_utime + used.ru_stime, "peak": peak}


def measure(reader: str, path: Path, count: int, python: str, *, whole: bool) -> dict[str, float]:
    """Run a reading in a child process.

    Raises:
        LookupError: the reader is not installed, or does not read this file.
    """
    with tempfile.TemporaryFile("w+") as out:
        found = process([python, __file__, "--whole-child" if whole else "--child", reader, str(path)], out)
        out.seek(0)
        said: dict[str, float] = json.loads(out.read().splitlines()[-1])
    if said["rows"] not in (0, count):
        raise SystemExit(f"{reader} read {said['rows']} of {count} observations from {path.name}")
    return found | said


def repeated(kind: str, paths: dict[str, tuple[Path, int]], asked: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return the least figures of every reader of a kind that is installed; the readers take turns."""
    every: dict[str, list[dict[str, float]]] = {reader: [] for reader in paths}
    for _ in range(asked.runs):
        for reader, (path, count) in paths.items():
            python = asked.peers if reader in ELSEWHERE else sys.executable
            if reader in every and not (every[reader] and every[reader][0]["wall"] > PATIENCE):
                try:
                    every[reader].append(measure(reader, path, count, python, whole=asked.whole))
                except LookupError:
                    print(f"{kind} {reader:<20} not installed, or does not read this")
                    del every[reader]
    found = {}
    for reader, runs in every.items():
        least = {name: min(one[name] for one in runs) for name in ("read", "used", "wall", "cpu")}
        peak, middle = max(one["peak"] for one in runs), median(one["wall"] for one in runs)
        count = paths[reader][1]
        rates = {"rate": count / least["wall" if asked.whole else "read"],
                 "per_cpu": count / least["cpu" if asked.whole else "used"]}
        found[reader] = least | rates | {"peak": peak, "median": middle, "runs": len(runs)}
    return found


def main(count: int, asked: argparse.Namespace) -> None:
    """Print the table."""
    with folder_of(asked.files) as folder:
        fewer = count if asked.whole else min(count, PEER_LIMIT)
        large, small = generated(count, folder), generated(fewer, folder)
        what = "wall" if asked.whole else "read"
        few = "" if fewer == count else f" ({fewer:,} for {', '.join(sorted(SLOW))})"
        print(f"{count:,} observations{few}, {len(components()[2])} components; obs/s and ours × by the least {what} s;"
              " ours × is how many times our rate is the line's")
        heads = ("obs/s", "read s", "wall s", "median", "cpu s", "peak MB", "runs", "ours ×", "cpu ×", "wanted")
        print(f"{'':21}" + "".join(f"{head:>9}" for head in heads))
        for kind in KINDS:
            if asked.only in kind:
                readers = [one for one in ("ours", *PEERS.get(kind, XML)) if one not in asked.without]
                paths = {one: (small[kind], fewer) if one in SLOW else (large[kind], count) for one in readers}
                paths |= {one: (large["xml_series"], count) for one in readers if one == "series"}
                found = repeated(kind, paths, asked)
                for reader, one in found.items():
                    show(kind, reader, one, found["ours"])


@contextmanager
def folder_of(named: Path | None) -> Iterator[Path]:
    """Yield the folder for the documents: the one named, or one that goes away."""
    if named:
        named.mkdir(parents=True, exist_ok=True)
        yield named
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def wanted(kind: str, reader: str, one: dict[str, float], ratio: float) -> str:
    """Return what is wanted of our rate on a line, and whether it is reached."""
    if reader == "ours" and kind in WANTED_RATE:
        return f"≥ {WANTED_RATE[kind]:,}: {'yes' if one['rate'] >= WANTED_RATE[kind] else 'no'}"
    if (kind, reader) in WANTED:
        aim = WANTED[kind, reader]
        return f"≥ {aim:.3g}: {'yes' if ratio >= aim else 'no'}"
    return ""


def show(kind: str, reader: str, one: dict[str, float], ours: dict[str, float]) -> None:
    """Print a line."""
    ratio = ours["rate"] / one["rate"]
    numbers = (f"{one['rate']:,.0f}", f"{one['read']:.2f}", f"{one['wall']:.2f}", f"{one['median']:.2f}",
               f"{one['cpu']:.2f}", f"{one['peak']:.0f}", f"{one['runs']}", f"{ratio:.2f}",
               f"{ours['per_cpu'] / one['per_cpu']:.2f}")
    line = f"{kind + ' ' + reader:21}" + "".join(f"{number:>9}" for number in numbers)
    print(f"{line}  {wanted(kind, reader, one, ratio)}".rstrip(), flush=True)


def memory(count: int, only: str) -> None:
    """Print what `sdg read` of a document of `count` observations, larger than a batch, takes."""
    block = 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in (kind for kind in KINDS if only in kind and kind != "json"):
            one = generated(block, folder)[kind].read_bytes()
            if kind == "csv":
                heading, _, content = one.partition(b"\n")
                begin, end = heading + b"\n", b""
            else:
                begin, _, rest = one.partition(b"<m:DataSet")
                content, _, end = rest.rpartition(b"</m:DataSet>")
                attributes, _, content = content.partition(b">")
                begin, end = begin + b"<m:DataSet" + attributes + b">", b"</m:DataSet>" + end
            big = folder / "big"
            with big.open("wb") as stream:
                stream.write(begin)
                for number in range(count // block):
                    stream.write(content.replace(b"SER_", f"SER_{number}_".encode()))
                stream.write(end)
            command = [sys.executable, "-m", "pipelines.cli", "read", str(big), "--out"]
            for suffix in (".parquet", ".csv"):
                found = process([*command, str(folder / f"out{suffix}")])
                print(f"{kind} {big.stat().st_size / 1e9:.1f} GB, {count // block * block:,} observations → {suffix}: "
                      f"{found['wall']:.0f} s, {found['cpu']:.0f} s of CPU, peak {found['peak']:,.0f} MB", flush=True)
                (folder / f"out{suffix}").unlink()


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description="How fast the readers are.")
    parser.add_argument("count", nargs="?", type=int)
    parser.add_argument("--only", default="", metavar="KIND", help="xml, xml_series, xml_flat, xml_generic, csv, json")
    parser.add_argument("--peers", default=sys.executable, metavar="PYTHON", help="a Python with pysdmx, sdmxthon")
    parser.add_argument("--whole", action="store_true", help="every peer reads the same file; compare whole processes")
    parser.add_argument("--runs", type=int, default=1, metavar="R", help="of each, the least is compared; 1 by default")
    parser.add_argument("--without", default="", metavar="PEERS", help="peers to leave out, with commas between them")
    parser.add_argument("--files", type=Path, metavar="FOLDER", help="where the documents are, and stay")
    parser.add_argument("--memory", action="store_true", help="read a document that is larger than the memory")
    return parser.parse_args()


if __name__ == "__main__":
    if sys.argv[1:2] in (["--child"], ["--whole-child"]):
        child(sys.argv[2], Path(sys.argv[3]), prepared=sys.argv[1] == "--child")
    elif sys.argv[1:2] == ["--generate"]:
        generate(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        asked = arguments()
        asked.without = asked.without.split(",")
        if asked.memory:
            memory(asked.count or 10_000_000, asked.only)
        else:
            number = asked.count or (1_000_000 if asked.whole else 100_000)
            main(max(PERIODS, number - number % PERIODS), asked)
