"""The report of `sdg check` and `sdg submit` in the forms that other programs and browsers read.

JSON is the contract (`metadata.findings.Report.to_dict`). CSV has one line a place, so that an office can sort and
filter it. HTML is one self-contained page without script: it opens from a mail on a slow line and prints; it begins
with the causes and their mending, as the terminal's form does (`pipelines.show`), and leads from each to its details.
"""

from __future__ import annotations

import csv
import html
import io
import json
from dataclasses import fields

from metadata.findings import Example, FileReport, Finding, Report
from metadata.languages import Language, report_in
from metadata.words import Text, counted, figure, text
from pipelines.first_page import SEVERITY_WORDS, causes_of, first_page, headline
from pipelines.show import FEW, WOULD, Say, counts_line, places_in_words
from warehouse.export.table import neutral_cell

CSV_HEADINGS = (
    "path", "provider", "decision", "severity", "rule", "places", "message", "hint",
    *("json_path" if f.name == "path" else f.name for f in fields(Example)), "finding", "because_of",
)  # fmt: skip


def in_language(report: Report, language: Language) -> Report:
    """Return the report with its sentences in a language, for the forms that take them as they are."""
    return report if language == "en" else Report([report_in(file, language) for file in report.files])


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
                writer.writerow([neutral_cell(cell) for cell in (*head, *cells, finding.id, finding.because_of)])
    return out.getvalue()


# What is wrong comes before the long key, which a narrow screen cuts off.
_SHOWN: dict[str, Text] = {
    "sheet": text("sheet"), "cell": text("cell"), "row": text("row"), "line": text("line"), "path": text("path"),
    "column": text("column"), "value": text("value"), "expected": text("expected"),
    "time_period": text("time period"), "series_key": text("series key"),
}  # fmt: skip
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
[dir=rtl] .hint::before{content:"← "}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.85rem;margin:.4rem 0}
th,td{text-align:start;padding:.2rem .6rem .2rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;color:var(--soft)}
.first{border:1px solid var(--line);border-radius:.25rem;padding:.6rem .9rem;margin:.75rem 0}
.first h3{font-size:1rem;margin:.1rem 0 .4rem}
.first ul{list-style:none;margin:0;padding:0}
.first li{padding:.35rem 0;border-top:1px solid var(--line);overflow-wrap:anywhere;break-inside:avoid}
.first .hint{color:var(--soft);margin:.1rem 0 0}
.first a{color:inherit}
.follows{margin-inline-start:1.5rem}
article:target{outline:2px solid var(--info)}
td.key{overflow-wrap:anywhere;min-width:12rem}
@media print{body{max-width:none;padding:0;font-size:10pt}.scroll{overflow:visible}
  .details{break-before:page}td{overflow-wrap:anywhere}td.key{min-width:0}a{text-decoration:none}}
"""


def to_html(report: Report, *, say: Say = str, language: str = "en", direction: str = "ltr") -> str:
    """Return one self-contained page: what was decided, the causes with their mending, then every finding in detail.

    Args:
        report: what was found.
        say: turns texts into the reader's language.
        language: of the texts that `say` returns, for the page's `lang`.
        direction: `rtl` for a script that is written from right to left.
    """
    errors = sum(cause.severity == "error" for file in report.files for cause in causes_of(file.findings))
    title = _say(say, counted("{count} error to mend", "{count} errors to mend", errors) if errors else NO_ERRORS)
    body = "".join(_file_html(file, number, say) for number, file in enumerate(report.files, 1))
    return (
        f'<!doctype html>\n<html lang="{html.escape(language)}" dir="{html.escape(direction)}"><head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{body}</main></body></html>\n"
    )


NO_ERRORS = text("No errors found")


def _say(say: Say, words: str) -> str:
    return html.escape(say(words))


def _file_html(file: FileReport, number: int, say: Say) -> str:
    about = [file.format] if file.format else []
    about += [say(text("provider {provider}", provider=file.provider))] if file.provider else []
    causes = causes_of(file.findings)
    details = "".join(
        _finding_html(cause.finding, number, say)
        + "".join(f'<div class="follows">{_finding_html(one, number, say)}</div>' for one in cause.consequences)
        for cause in causes
    )
    new_page = "details" if len(causes) > FEW else ""
    return (
        f"<section><h2>{html.escape(file.path)}</h2>"
        f'<p class="soft">{html.escape(" · ".join(about))}</p>'
        f'<p class="soft">{_say(say, counts_line(file.counts))}: {_say(say, WOULD[file.decision])}.</p>'
        f'{_first_page_html(file, number, say)}<div class="{new_page}">{details}</div></section>'
    )


def _first_page_html(file: FileReport, number: int, say: Say) -> str:
    causes = causes_of(file.findings)
    items = []
    for entry in first_page(causes):
        tag = _say(say, SEVERITY_WORDS[entry.severity])
        message = _say(say, entry.message)
        if entry.causes:
            message = f'<a href="#{_anchor(entry.causes[0].finding, number)}">{message}</a>'
        message += f' <span class="soft">({_say(say, entry.note)})</span>' if entry.note else ""
        hint = f'<p class="hint">{_say(say, entry.hint)}</p>' if entry.hint else ""
        items.append(f'<li class="{entry.severity}"><span class="tag">{tag}</span> {message}{hint}</li>')
    return f'<div class="first"><h3>{_say(say, headline(causes))}</h3><ul>{"".join(items)}</ul></div>'


def _anchor(finding: Finding, number: int) -> str:
    return html.escape(f"f{number}-{finding.id}")


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _finding_html(finding: Finding, number: int, say: Say) -> str:
    used = [name for name in _SHOWN if any(getattr(e, name) is not None for e in finding.examples)]
    if "row" in used and ("cell" in used or all(e.row in (e.line, None) for e in finding.examples)):
        used.remove("row")
    table = ""
    if used:
        head = "".join(f"<th>{_say(say, _SHOWN[name])}</th>" for name in used)
        rows = "".join(
            "<tr>" + "".join(_cell_html(name, getattr(example, name), say) for name in used) + "</tr>"
            for example in finding.examples
        )
        more = finding.places - len(finding.examples)
        note = f'<p class="soft">{_say(say, text("and {more} more", more=figure(more)))}</p>' if more > 0 else ""
        table = f'<div class="scroll"><table><tr>{head}</tr>{rows}</table></div>{note}'
    hint = f'<p class="hint">{_say(say, finding.hint)}</p>' if finding.hint else ""
    tag = f"{_say(say, SEVERITY_WORDS[finding.severity])} · {html.escape(finding.id)}"
    places = _say(say, places_in_words(finding.places))
    return (
        f'<article class="{finding.severity}" id="{_anchor(finding, number)}"><p class="tag">{tag} · {places}</p>'
        f"<p>{_say(say, finding.message)}</p>{hint}{table}</article>"
    )


def _cell_html(name: str, value: str | int | None, say: Say) -> str:
    key = ' class="key"' if name in ("series_key", "path") else ""
    return f"<td{key}>{html.escape(_text(say(value) if isinstance(value, str) else value))}</td>"
