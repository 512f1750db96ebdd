"""A proposal of thresholds in its three forms: for a terminal, as YAML to paste from, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from pipelines.calibrate import FEW, PERCENTILE, Calibrated, Proposal
from pipelines.show import wrap

_HEAD = """\
# PROPOSAL of {day} by `sdg rules calibrate`: nothing in indicators/ was changed.
# Data: {source}.
# What stands under `propose` has the keys of the series' block in the named file and may be pasted there in place of
# what is declared. The data officer decides.
"""


def proposal_text(proposal: Proposal) -> str:
    """Return the proposal for a terminal, at most 80 columns wide."""
    count = len(proposal.series)
    what = "1 series" if count == 1 else f"{count} series"
    lines = [wrap(f"Proposal of {proposal.day} for {what} from {proposal.source}.", indent="")]
    for one in proposal.series:
        lines += ["", f"{one.code} ({one.owner})", *_lines(one)]
    lines += ["", "Nothing was changed. To paste from: sdg rules calibrate --out proposal.yaml"]
    return "\n".join(lines)


def _lines(one: Calibrated) -> list[str]:
    span = one.first if one.first == one.last else f"{one.first} to {one.last}"
    spread = f"{one.low:.10g} to {one.high:.10g}, {_plural(one.zeros, 'zero', 'zeros')}"
    lines = [_line("values", f"{one.values:,} of {_plural(one.areas, 'area', 'areas')}, {span}: {spread}")]
    declared = one.declared.get("year_on_year", {}).get("threshold")
    known = f"; declared {declared:.10g} %" if declared is not None else "; none declared"
    if "year_on_year" in one.propose:
        said = f"{one.change:.10g} % ({PERCENTILE}th percentile of {one.pairs:,} pairs){known}"
    else:
        said = f"no proposal: {one.pairs:,} pairs, {FEW} are needed{known}"
    lines.append(_line("year on year", said))
    if one.revisions and one.revision is not None:
        size = f"{PERCENTILE}th percentile {one.revision:.10g} %"
        lines.append(_line("revisions", f"{_plural(one.revisions, 'value', 'values')}, {size}"))
    lines += [_line(rate.rule, rate.words()) for rate in one.rates]
    for case in one.identities:
        share = f"{100 * case['held'] / case['of']:.1f} %"
        said = f"{case['kind']} held in {case['held']:,} of {case['of']:,} ({share})"
        lines.append(_line(f"identity {case['identity']}", said))
    others = [name for name in one.propose if name != "year_on_year"]
    if others:
        lines.append(_line("proposed too", ", ".join(others)))
    return lines


def _line(name: str, text: str) -> str:
    return wrap(text, indent=" " * 23, first=f"  {name:<20} ")


def _plural(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def proposal_yaml(proposal: Proposal) -> str:
    """Return the proposal as YAML: texts in double quotes, keys as the declarations have them."""
    body = {
        "proposal": {"date": str(proposal.day), "providers": list(proposal.providers), "data": proposal.published},
        "series": [_as_dict(one) for one in proposal.series],
    }
    return _HEAD.format(day=proposal.day, source=proposal.source) + _yaml(body)


def proposal_json(proposal: Proposal) -> str:
    """Return the proposal for programs."""
    head = {"date": str(proposal.day), "providers": list(proposal.providers), "data": proposal.published}
    series = [{**_as_dict(one), "change": one.change, "revision": one.revision} for one in proposal.series]
    return json.dumps({"proposal": head, "series": series}, ensure_ascii=False, indent=2)


def _as_dict(one: Calibrated) -> dict[str, Any]:
    goal = one.owner.split(".")[0]
    measured = {
        name: getattr(one, name)
        for name in ("values", "areas", "first", "last", "low", "high", "zeros", "pairs", "revisions")
    }
    return {
        "code": one.code,
        "file": f"indicators/goal{goal}/{one.owner}.yaml",
        "measured": measured,
        "rules": [asdict(rate) for rate in one.rates],
        "identities": list(one.identities),
        "declared": one.declared,
        "propose": one.propose,
    }


def _yaml(value: Any, depth: int = 0) -> str:
    """Return block-style YAML; a JSON text is a double-quoted YAML text."""
    pad = "  " * depth
    if isinstance(value, dict) and value:
        return "".join(f"{pad}{name}:{_under(item, depth)}" for name, item in value.items())
    if isinstance(value, list) and value:
        return "".join(f"{pad}- {_yaml(item, depth + 1).lstrip()}" for item in value)
    return f"{pad}{_scalar(value)}\n"


def _under(value: Any, depth: int) -> str:
    if isinstance(value, (dict, list)) and value:
        return "\n" + _yaml(value, depth + 1)
    return f" {_scalar(value)}\n"


def _scalar(value: Any) -> str:
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)
