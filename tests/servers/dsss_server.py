"""The SDMX server dsss, which we did not write, on loopback, with a small structure and data of our own.

Its limits are part of the test: it ignores keys and periods, says generic data while the root element says
structure-specific (and the observations inside are generic all the same), and answers an unknown dataflow
with status 200 and an error message.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

AGENCY = "IAEG-SDGs"
FLOW = "DF_SDG_GLH"
FLOW_VERSION = "1.24"


def small_structure() -> Any:
    """A data structure of three dimensions, made through sdmx1's model."""
    from sdmx.model import common, v21

    dsd = v21.DataStructureDefinition(
        id="SDG", maintainer=common.Agency(id=AGENCY), version="1.14", name={"en": "Test structure"}
    )
    for order, name in enumerate(("FREQ", "SERIES", "REF_AREA"), start=1):
        dsd.dimensions.append(
            common.Dimension(id=name, order=order, concept_identity=common.Concept(id=name))
        )
    dsd.dimensions.append(
        common.TimeDimension(id="TIME_PERIOD", order=4, concept_identity=common.Concept(id="TIME_PERIOD"))
    )
    dsd.measures.append(v21.PrimaryMeasure(id="OBS_VALUE", concept_identity=common.Concept(id="OBS_VALUE")))
    return dsd


def store_with(rows: Sequence[tuple[str, str, str, str]], dsd: Any = None) -> Any:
    """A dsss store that holds a dataflow with rows of (series, area, period, value).

    Args:
        rows: the observations; further dimensions of the structure get `_T`, FREQ gets A.
        dsd: the data structure; the small one when None.
    """
    from dsss.store import DictStore
    from sdmx.model import common, v21

    dsd = dsd if dsd is not None else small_structure()
    flow = v21.DataflowDefinition(
        id=FLOW,
        maintainer=common.Agency(id=AGENCY),
        version=FLOW_VERSION,
        structure=dsd,
        name={"en": "Test flow"},
    )
    data = v21.DataSet(structured_by=dsd)
    names = [dimension.id for dimension in dsd.dimensions]
    for series, area, period, value in rows:
        codes = {**dict.fromkeys(names, "_T"), "FREQ": "A", "SERIES": series, "REF_AREA": area}
        codes["TIME_PERIOD"] = period
        data.obs.append(
            v21.Observation(dimension=dsd.make_key(common.Key, codes), value=value, value_for=dsd.measures[0])
        )
    store: Any = DictStore()  # type: ignore[no-untyped-call]
    for item in (dsd, flow, data):
        store.set(item)
    return store


@contextmanager
def dsss_server(store: Any) -> Iterator[str]:
    """Run dsss over uvicorn in a thread; yield its address."""
    import uvicorn
    from dsss.starlette import build_app

    app = build_app(store=store)  # type: ignore[no-untyped-call]
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("dsss did not start")
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
