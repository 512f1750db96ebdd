"""The version of a declaration: the sha256 of what it says, whatever its file looks like.

The canonical form is JSON with sorted keys, without the order of a file, its comments or its quoting: the
resolved indicator, the series that it owns or uses, and the structure that they narrow. Every observation in
the warehouse names the version that judged it, so the text must be the same on every machine and every day.
Here is nothing that reads files (`metadata.load`) and nothing that stores versions (the warehouse).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from metadata.model import Indicator
from metadata.model_series import Series

FORM = 2
"""Raised when the canonical form itself changes, so that old and new versions are told apart on purpose."""


def canonical(indicator: Indicator, used: Iterable[Series], structure: str) -> str:
    """Return the canonical JSON text of an indicator.

    Args:
        indicator: the resolved indicator.
        used: the resolved series of its `uses`.
        structure: label of the structure, `IAEG-SDGs:SDG(1.14)`.
    """
    own = indicator.model_dump(mode="json")
    series = {item["code"]: item for item in (_series(block) for block in (*indicator.series, *used))}
    del own["waivers"]  # they are about the wording's lint, not about what is declared
    for name in ("uses", "also"):
        own[name] = sorted(own[name])
    document = {
        "form": FORM,
        "structure": structure,
        "goal": indicator.goal,
        "target": indicator.target,
        **own,
        "series": [series[code] for code in sorted(series)],
    }
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _series(series: Series) -> dict[str, Any]:
    """Return a series with its sets of codes sorted; the order of units and providers means something."""
    dump = series.model_dump(mode="json")
    dump["dimensions"] = {name: sorted(codes) for name, codes in dump["dimensions"].items()}
    for name in ("any_code", "heirs", "seen_in", "freq"):
        dump[name] = sorted(dump[name])
    if not dump["rules"]:
        del dump["rules"]  # versions of before the key existed stay what they are
    return dump


def version(text: str) -> str:
    """Return the version of a canonical text: its sha256 in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def fingerprint(versions: Iterable[tuple[str, str]]) -> str:
    """Return one sha256 over (indicator, version) pairs: the version of a whole catalogue."""
    lines = "".join(f"{number} {sha}\n" for number, sha in sorted(versions))
    return hashlib.sha256(lines.encode("utf-8")).hexdigest()
