"""pandera for Polars alone: its import without pandas, which takes two thirds of the time and serves nothing here.

`import pandera` brings in its pandas side wherever pandas is installed, and pandas is, for sdmx1; and hypothesis, where
the tests' packages are. Where they are not, pandera has a way of its own without them (`pandera/__init__.py`, its issue
2387), and that is the one taken: while pandera is imported, the two are said not to be there. Later imports of them are
as ever. Nothing is hidden where pandas is there already, or where another thread could be importing it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from types import ModuleType

import polars as pl

_NOT_NEEDED = frozenset({"pandas", "hypothesis"})


class _NotThere(MetaPathFinder):
    """Says of the packages that are not needed what Python says of one that is not installed."""

    def find_spec(self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None, /) -> None:
        if fullname in _NOT_NEEDED:
            raise ModuleNotFoundError(f"No module named '{fullname}'", name=fullname)


@contextmanager
def without_pandas() -> Iterator[None]:
    """Import as if pandas were not installed, unless it is imported or other threads run."""
    if "pandas" in sys.modules or threading.active_count() > 1:
        yield
        return
    finder = _NotThere()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


with without_pandas():
    import pandera.polars as pa
    from pandera.api.polars.types import PolarsData

    # its first check looks for pandas once more, and remembers for the process what it found
    pa.DataFrameSchema({"a": pa.Column(pl.String, pa.Check.isin([""]))}).validate(pl.DataFrame({"a": [""]}))

__all__ = ["PolarsData", "pa", "without_pandas"]
