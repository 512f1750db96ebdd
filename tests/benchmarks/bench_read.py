"""How fast the readers are: observations a second, ratios and peak memory, peers in the same run.

    python tests/benchmarks/bench_read.py [N]      N observations, 100000 by default

Every reading is a process of its own, so that peak memory is its own and imports are counted in the wall time
of the process (`wall`) and not in the time of reading (`read`). sdmx1 reads at most 20,000 observations, as
it needs minutes for more; its rate is what is compared. `expat` is the parser with empty handlers on the same
bytes, `pyarrow` is the bare CSV reader, `json` is the bare decoder: what any reader on top of them cannot beat. No
peer reads SDMX-JSON data. Never a timed test.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

PERIODS = 25
PEER_LIMIT = 20_000
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
    kinds = ("xml_series", "xml_flat", "xml_generic", "csv", "json")
    paths = {kind: folder / f"{kind}_{count}.{kind[:3]}" for kind in kinds}
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


def read_ours(path: Path) -> int:
    from pipelines.read.detect import read_message

    return read_message(path).frame.height


def read_sdmx1(path: Path) -> int:
    import logging

    import sdmx

    logging.disable(logging.CRITICAL)
    message: Any = sdmx.read_sdmx(path)
    return sum(len(data_set.obs) for data_set in message.data)


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


def read_pyarrow(path: Path) -> int:
    import pyarrow as pa
    from pyarrow import csv

    names = path.open().readline().strip().split(",")
    convert = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True)
    return int(csv.read_csv(path, convert_options=convert).num_rows)


def read_stdlib_json(path: Path) -> int:
    json.loads(path.read_bytes())
    return 0


READERS: dict[str, Callable[[Path], int]] = {
    "ours": read_ours, "sdmx1": read_sdmx1, "expat": read_expat, "pyarrow": read_pyarrow,
    "json": read_stdlib_json,
}


def child(reader: str, path: Path) -> None:
    """Read in this process and say on standard output how long it took."""
    if reader == "ours":
        # imports are in the wall time; reading is measured without them
        import pipelines.read.delimited
        import pipelines.read.sdmx_json
        import pipelines.read.sdmx_ml  # noqa: F401
    elif reader == "sdmx1":
        import sdmx  # noqa: F401
    elif reader == "pyarrow":
        import pyarrow.csv  # noqa: F401
    start = time.perf_counter()
    rows = READERS[reader](path)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform != "darwin" else 1024**2)
    print(json.dumps({"rows": rows, "seconds": seconds, "peak": peak}))


def measure(reader: str, path: Path, count: int) -> dict[str, Any]:
    """Run a reading in a child process."""
    start = time.perf_counter()
    command = [sys.executable, __file__, "--child", reader, str(path)]
    out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    said: dict[str, Any] = json.loads(out.splitlines()[-1])
    if said["rows"] not in (0, count):
        raise SystemExit(f"{reader} read {said['rows']} of {count} observations from {path.name}")
    return said | {"wall": time.perf_counter() - start, "rate": count / said["seconds"]}


def main(count: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large = generate(count, folder)
        small = generate(min(count, PEER_LIMIT), folder)
        print(f"{count:,} observations, {len(components()[2])} components; one run each, read ratios as ±50 %")
        print(f"{'':24}{'obs/s':>10}{'read s':>9}{'wall s':>9}{'peak MB':>9}{'ours ×':>9}")
        for kind in large:
            peers = {"csv": ("pyarrow",), "json": ("json",)}.get(kind, ("expat", "sdmx1"))
            ours = measure("ours", large[kind], count)
            show(f"{kind} ours", ours, ours)
            for peer in peers:
                path, rows = (small[kind], min(count, PEER_LIMIT)) if peer == "sdmx1" else (large[kind], count)
                show(f"{kind} {peer}", measure(peer, path, rows), ours)


def show(label: str, one: dict[str, Any], ours: dict[str, Any]) -> None:
    """Print a line: `ours ×` is how many times our rate is the line's."""
    ratio = ours["rate"] / one["rate"]
    print(f"{label:24}{one['rate']:>10,.0f}{one['seconds']:>9.2f}{one['wall']:>9.2f}{one['peak']:>9}{ratio:>9.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]))
    else:
        wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
        main(max(PERIODS, wanted - wanted % PERIODS))
