"""Workbooks and tables made of choices, for fuzzing by structure: sound packages with odd content.

A byte flipped in a workbook breaks its zip, and one flipped in an XML part mostly its XML; neither reaches the cells.
So the bytes of an input are taken for choices here: which sheets, rows, cells, types, styles, formulas and names there
are. The same input always makes the same package.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"

HEADINGS = ("SERIES", "REF_AREA", "TIME_PERIOD", "OBS_VALUE", "UNIT_MULT", "COMMENT_OBS", "DATA_LAST_UPDATE")
PORTAL = (
    "SeriesCode",
    "GeoAreaCode",
    "Value",
    "TimePeriod",
    "Units",
    "[Nature]",
    "Goal",
    "series_code",
    "Type of product",
    "Hazard type",
    "Geo Area Code",
    "Time_Detail",
    "FootNote",
    "[Sex]",
    "Reporting Type",
)
PLATFORM = ("Year", "Value", "Series", "Sex", "Country", "Units", "Unit measure", "Level", " year ", "VALUE")
COMPONENTS = ("SEX", "REF_AREA", "UNIT_MEASURE", "TIME_PERIOD", "OBS_VALUE", "sex ", "SERIES", "_row", "A B")
CELLS = (
    "",
    "A",
    "EN_HAZ_PCAP",
    "417",
    "004",
    "2020",
    "2020.0",
    "1.50",
    "N",
    "NaN",
    "<5",
    "F · Female",
    " · ",
    "=1+1",
    "TONNES",
    "CU_USD_B",
    "MT_CO2E",
    "BIM",
    "FLOOD",
    "ALLAREA",
    "_T",
    " y ",
    "\u202e",
    "é",
    "\U0001f600",
    "a\nb",
    "x" * 300,
)
NUMBERS = (
    "1",
    "0",
    "-0",
    "1.5",
    "2020",
    "44197",
    "44197.5",
    "0.123456789012345678",
    "1e15",
    "1e999",
    "-1e999",
    "nan",
    "inf",
    "2958466",
    "-1",
    "60",
    "0.99999999",
    "9" * 400,
    "9" * 5000,
    "",
    " ",
    "abc",
    "1_0",
    "٣",
    "0x10",
)
TYPES = ("", ' t="n"', ' t="s"', ' t="str"', ' t="b"', ' t="e"', ' t="inlineStr"', ' t="d"', ' t="x"', ' t=""')
PLACES = ("XFD1", "ZZZ1", "A0", "1", "A", "a1", "AAAA1", "A1048577", "A99999999999999999999", "$A$1", "", "A1:B2", "B1")
FORMULAS = (
    "",
    "<f/>",
    "<f>1+1</f>",
    '<f t="shared" si="0" ref="A1:B9">A1</f>',
    '<f t="shared" si="0"/>',
    '<f t="shared" si="7"/>',
    '<f t="array" ref="A1:A3">B1:B3</f>',
    '<f t="array"/>',
    '<f t="dataTable" ref="A1"/>',
    '<f t="x" si="-1">#REF!</f>',
    '<f>WEBSERVICE("http://x")</f>',
)
ERRORS = ("#N/A", "#REF!", "#DIV/0!", "#", "")
DATES = ("2020-01-01", "2020-01-01T00:00:00", "2020-13-45", "P1D", "T1", "")
FORMATS = (
    "General",
    "0%",
    "yyyy-mm-dd",
    "[h]:mm:ss",
    "d/m/yy h:mm",
    "0.00%;[Red]-0%",
    "@",
    "mmm",
    "[$-409]d",
    '"day"0',
    "",
)
NAMES = (
    "Data",
    "_template",
    "Codes",
    "../../etc/passwd",
    "a" * 300,
    "",
    "=cmd",
    "Ж",
    "\u202e",
    "Data ",
    "a:b\\c",
    "'",
    "[1]",
)
STATES = ("visible", "hidden", "veryHidden")
TAGS = (
    '<mergeCells><mergeCell ref="A1:B2"/></mergeCells>', '<mergeCells><mergeCell ref="A1"/></mergeCells>',
    '<mergeCells><mergeCell ref="XFD1:A1"/><mergeCell/></mergeCells>', '<autoFilter ref="x"/>',
    '<dimension ref="A1:XFD1048576"/>', '<dimension ref="?"/>', "<dimension/>", "<x/>", "<sheetData/>", "<!-- x -->",
    '<hyperlinks><hyperlink ref="A1"/></hyperlinks>', '<legacyDrawing r:id="rId99"/>',
    '<cols><col min="0" max="-1"/></cols>',
    "<![CDATA[x]]>", "<sheetData>", "</worksheet>",
)  # fmt: skip


class Choices:
    """The bytes of an input, one after the other; zeros when they are used up."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, below: int) -> int:
        """Return a number below another, at most 65,536."""
        size = 1 if below <= 256 else 2
        found = int.from_bytes(self._data[self._at : self._at + size].ljust(size, b"\0"), "big")
        self._at += size
        return found % below

    def one(self, of: Sequence[str]) -> str:
        """Return one of some texts, or now and then a text made of the bytes themselves."""
        place = self.number(len(of) + 1)
        return of[place] if place < len(of) else self.own()

    def own(self) -> str:
        """Return a text made of the bytes themselves, without what XML has no character for."""
        length = self.number(24)
        found = self._data[self._at : self._at + length].decode("utf-8", "replace")
        self._at += length
        return "".join(sign if sign >= " " or sign in "\t\n\r" else " " for sign in found if sign not in "\ufffe\uffff")

    def seldom(self) -> bool:
        """Say yes once in sixteen times."""
        return self.number(256) >= 240

    @property
    def left(self) -> bool:
        """Whether bytes are left."""
        return self._at < len(self._data)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cell(pick: Choices, place: str) -> str:
    if pick.seldom():
        place = pick.one(PLACES)
    where = "" if pick.seldom() else f" r={quoteattr(place)}"
    kind = TYPES[pick.number(len(TYPES))]
    style = f' s="{pick.number(12) - 1}"' if pick.number(3) == 0 else ""
    formula = pick.one(FORMULAS) if pick.number(6) == 0 else ""
    formula = formula if formula in FORMULAS else f"<f>{_escaped(formula)}</f>"
    if kind == ' t="inlineStr"':
        runs = "".join(f"<r><rPr><b/></rPr><t>{_escaped(pick.one(CELLS))}</t></r>" for _ in range(pick.number(3)))
        value = f"<is>{runs}<t>{_escaped(pick.one(CELLS))}</t></is>"
    elif kind == ' t="s"':
        value = f"<v>{pick.number(40) - 2}</v>"
    else:
        texts = {' t="e"': ERRORS, ' t="d"': DATES, ' t="str"': CELLS}.get(kind, NUMBERS)
        value = f"<v>{_escaped(pick.one(texts))}</v>"
    return f"<c{where}{kind}{style}>{formula}{'' if pick.seldom() else value}</c>"


def _sheet(pick: Choices, headings: Sequence[str]) -> str:
    rows = []
    parts = [pick.one(TAGS) if pick.seldom() else "" for _ in range(3)]
    width = 1 + pick.number(len(headings)) if pick.seldom() else len(headings)
    start = pick.number(len(headings)) if pick.seldom() else 0
    heads = [headings[(start + n) % len(headings)] for n in range(width)]
    heads = [pick.one(headings) if pick.seldom() else one for one in heads]
    top = 1 + (pick.number(40) if pick.seldom() else 0)
    cells = "".join(
        f'<c r="{chr(65 + n)}{top}" t="inlineStr"><is><t>{_escaped(one)}</t></is></c>' for n, one in enumerate(heads)
    )
    rows.append(f'<row r="{top}">{cells}</row>')
    number = top
    for _ in range(pick.number(8)):
        number += 1 + (pick.number(3000) * 400 if pick.seldom() else 0)
        row = "".join(_cell(pick, f"{chr(65 + n)}{number}") for n in range(width))
        place = f' r="{pick.one(("0", "-1", "x", "1", "1048577", "99999999999", ""))}"' if pick.seldom() else ""
        one = f"<row{place or f' r={quoteattr(str(number))}'}>{row}</row>"
        # the same row again and again, without numbers: many cells in few bytes
        rows.append(one if not pick.seldom() else f"{one}{f'<row>{row}</row>' * (1 << pick.number(14))}")
    content = "".join(rows)
    before = f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}">{parts[0]}{parts[1]}'
    return f"{before}<sheetData>{content}</sheetData>{parts[2]}</worksheet>"


def _styles(pick: Choices) -> str:
    formats = "".join(
        f"<numFmt numFmtId={quoteattr(str(164 + n))} formatCode={quoteattr(pick.one(FORMATS))}/>" for n in range(4)
    )
    ids = (0, 9, 14, 22, 46, 164, 165, 166, 167, 999)
    styles = "".join(
        f'<xf numFmtId="{ids[pick.number(len(ids))]}" applyNumberFormat="1"/>' for _ in range(1 + pick.number(10))
    )
    empty = (
        "<fonts><font/></fonts><fills><fill><patternFill/></fill></fills><borders><border/></borders>"
        '<cellStyleXfs><xf numFmtId="0"/></cellStyleXfs>'
    )
    return f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts>{empty}<cellXfs>{styles}</cellXfs></styleSheet>'


def _strings(pick: Choices) -> str:
    items = []
    for _ in range(pick.number(32)):
        text = _escaped(pick.one(CELLS))
        items.append(
            (f"<si><t>{text}</t></si>", "<si/>",
             f"<si><r><t>{text}</t></r><r><t>b</t></r><rPh sb='0' eb='1'><t>c</t></rPh></si>",
             f'<si><t xml:space="preserve"> {text} </t></si>')[pick.number(4)]
        )  # fmt: skip
    return f'<sst xmlns="{MAIN}" count="-1" uniqueCount="x">{"".join(items)}</sst>'


def workbook(data: bytes, headings: Sequence[str] = HEADINGS) -> bytes:
    """Return a workbook whose content the bytes choose: always a sound archive, mostly sound XML."""
    pick = Choices(data)
    count = 1 + pick.number(3)
    kinds = ["chartsheet" if pick.seldom() else "worksheet" for _ in range(count)]
    sheets = ""
    for number in range(1, count + 1):
        name = pick.one(NAMES) if pick.number(3) == 0 else f"S{number}"
        state = "odd" if pick.number(256) == 255 else STATES[pick.number(3)] if pick.seldom() else "visible"
        sheets += f'<sheet name={quoteattr(name)} sheetId="{number}" state="{state}" r:id="rId{number}"/>'
    names = f"<definedNames><definedName name={quoteattr(pick.one(NAMES))}>#REF!</definedName></definedNames>"
    dates = ' date1904="1"' if pick.seldom() else ""
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><workbookPr{dates}/>'
        f"<sheets>{sheets}</sheets>{names if pick.seldom() else ''}</workbook>",
        "xl/styles.xml": _styles(pick),
        "xl/sharedStrings.xml": _strings(pick),
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" '
        'xmlns:dcterms="http://purl.org/dc/terms/"><dcterms:modified>'
        f"{_escaped(pick.one(('9999-99-99', '', 'x')) if pick.seldom() else '2026-01-01T00:00:00Z')}"
        "</dcterms:modified></cp:coreProperties>",
    }
    overrides, relations = [], []
    for number, kind in enumerate(kinds, 1):
        parts[f"xl/{kind}s/sheet{number}.xml"] = _sheet(pick, headings)
        content = f"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"
        overrides.append(f'<Override PartName="/xl/{kind}s/sheet{number}.xml" ContentType="{content}"/>')
        relations.append(
            f'<Relationship Id="rId{number}" Type="{RELATIONS}/{kind}" Target="{kind}s/sheet{number}.xml"/>'
        )
    for number, name in ((98, "styles"), (99, "sharedStrings")):
        content = f"application/vnd.openxmlformats-officedocument.spreadsheetml.{name}+xml"
        overrides.append(f'<Override PartName="/xl/{name}.xml" ContentType="{content}"/>')
        relations.append(f'<Relationship Id="rId{number}" Type="{RELATIONS}/{name}" Target="{name}.xml"/>')
    book = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    parts["[Content_Types].xml"] = (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{book}"/>{"".join(overrides)}</Types>'
    )
    related = "".join(relations)
    parts["xl/_rels/workbook.xml.rels"] = f'<Relationships xmlns="{PACKAGE}/relationships">{related}</Relationships>'
    parts["_rels/.rels"] = (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    )
    if pick.number(256) == 255:
        parts.pop(sorted(parts)[pick.number(len(parts))])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), text.encode("utf-8", "replace"))
    return stream.getvalue()


def table(data: bytes, headings: Sequence[str], cells: Sequence[str] = CELLS, *, rows: int = 12) -> bytes:
    """Return a CSV table whose delimiter, headings and cells the bytes choose."""
    pick = Choices(data)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=",;\t|"[pick.number(4)], lineterminator=("\n", "\r\n")[pick.number(2)])
    width = 1 + pick.number(len(headings)) if pick.seldom() else len(headings)
    start = pick.number(len(headings)) if pick.seldom() else 0
    heads = [headings[(start + n) % len(headings)] for n in range(width)]
    writer.writerow([pick.one(headings) if pick.seldom() else one for one in heads])
    for _ in range(pick.number(rows)):
        count = width + (pick.number(3) - 1 if pick.seldom() else 0)
        writer.writerow([pick.one(cells) for _ in range(count)])
    return stream.getvalue().encode(("utf-8", "utf-8-sig", "utf-16")[pick.number(3) if pick.seldom() else 0], "replace")
