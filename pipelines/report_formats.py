"""The report of `sdg check` and `sdg submit` in the forms that other programs and browsers read.

JSON is the contract (`metadata.findings.Report.to_dict`). CSV has one line a place, so that an office can sort and
filter it. HTML is one self-contained page without script: it opens from a mail on a slow line and prints. The
terminal's form is in `pipelines.show`.
"""

from __future__ import annotations

import csv
import html
import io
import json
from dataclasses import fields

from metadata.findings import Example, FileReport, Finding, Report
from pipelines.show import WOULD, counts_line, plural

CSV_HEADINGS = (
    "path", "provider", "decision", "severity", "rule", "places", "message", "hint",
    *(f.name for f in fields(Example)),
)  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def to_json(report: Report) -> str:
    """Return the JSON contract, indented, with every script as it is."""
    return json.dumps(report.to_dict(), ensure_ascii=False, indent=2)


def to_csv(report: Report) -> str:
    """Return one line a place (or a finding without places), with CSV_HEADINGS.

    A text that a spreadsheet would run as a formula gets a leading apostrophe: the value comes from a file that
    somebody sent.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_HEADINGS)
    for file in report.files:
        for finding in file.findings:
            head = [file.path, file.provider, file.decision, finding.severity, finding.rule, finding.places,
                    finding.message, finding.hint]  # fmt: skip
            for example in finding.examples or (Example(),):
                cells = [getattr(example, f.name) for f in fields(Example)]
                writer.writerow([_neutral(cell) for cell in (*head, *cells)])
    return out.getvalue()


def _neutral(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


# What is wrong comes before the long key, which a narrow screen cuts off.
_SHOWN = ("sheet", "row", "line", "column", "value", "expected", "time_period", "series_key")
_STYLE = """
:root{--ink:#1b2733;--soft:#566573;--line:#d5dbe1;--error:#a61b1b;--warning:#8a5a00;--info:#1b4f8a}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:#fff;margin:0 auto;max-width:62rem;padding:1rem}
h1{font-size:1.5rem;margin:.5rem 0 1rem}
h2{font-size:1.1rem;margin:2rem 0 .25rem;overflow-wrap:anywhere}
.soft{color:var(--soft);margin:.1rem 0}
article{border:1px solid var(--line);border-left-width:.35rem;border-radius:.25rem;padding:.6rem .9rem;margin:.75rem 0;
  break-inside:avoid}
article.error{border-left-color:var(--error)}
article.warning{border-left-color:var(--warning)}
article.info{border-left-color:var(--info)}
.tag{font-weight:600;font-size:.85rem}
.error .tag{color:var(--error)}.warning .tag{color:var(--warning)}.info .tag{color:var(--info)}
article p{margin:.3rem 0;overflow-wrap:anywhere}
.hint::before{content:"→ "}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.85rem;margin:.4rem 0}
th,td{text-align:start;padding:.2rem .6rem .2rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;color:var(--soft)}
@media print{body{max-width:none;padding:0;font-size:11pt}.scroll{overflow:visible}}
"""


def to_html(report: Report) -> str:
    """Return one self-contained page: what was decided, then every finding with its mending and first places."""
    errors = sum(f.severity == "error" for file in report.files for f in file.findings)
    title = "No errors found" if not errors else f"{plural(errors, 'error')} to mend"
    body = "".join(_file_html(file) for file in report.files)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{html.escape(title)}</h1>{body}</main></body></html>\n"
    )


def _file_html(file: FileReport) -> str:
    decision = WOULD[file.decision]
    about = " · ".join(part for part in (file.format, f"provider {file.provider}" if file.provider else "") if part)
    findings = "".join(_finding_html(finding) for finding in file.findings) or "<p>No findings.</p>"
    return (
        f"<section><h2>{html.escape(file.path)}</h2>"
        f'<p class="soft">{html.escape(about)}</p>'
        f'<p class="soft">{html.escape(counts_line(file.counts))}: {html.escape(decision)}.</p>'
        f"{findings}</section>"
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _finding_html(finding: Finding) -> str:
    used = [name for name in _SHOWN if any(getattr(e, name) is not None for e in finding.examples)]
    if "row" in used and "line" in used:
        used.remove("line")
    table = ""
    if used:
        head = "".join(f"<th>{html.escape(name.replace('_', ' '))}</th>" for name in used)
        rows = "".join(
            "<tr>"
            + "".join(f"<td>{html.escape(_text(getattr(e, name)))}</td>" for name in used)
            + "</tr>"
            for e in finding.examples
        )
        more = finding.places - len(finding.examples)
        note = f'<p class="soft">and {more:,} more</p>' if more > 0 else ""
        table = f'<div class="scroll"><table><tr>{head}</tr>{rows}</table></div>{note}'
    hint = f'<p class="hint">{html.escape(finding.hint)}</p>' if finding.hint else ""
    return (
        f'<article class="{finding.severity}"><p class="tag">{finding.severity} · {html.escape(finding.rule)} · '
        f"{plural(finding.places, 'place')}</p><p>{html.escape(finding.message)}</p>{hint}{table}</article>"
    )
