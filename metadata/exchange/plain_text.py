"""HTML of metadata sheets → plain text, with everything that was left out listed.

The official sheets are HTML made from word processor files: headings, lists and tables, and inside them
pictures as base64 text, formulas as MathML and a good deal of empty markup. A declaration holds plain text,
so blocks become lines, items of lists begin with a dot, cells are divided by bars, and pictures, formulas and
scripts are taken out and named in `Plain.dropped`. No text of the source disappears without a word.

Only the standard library is used, and nothing is fetched. What is not here: which text belongs where
(`metadata.exchange.draft`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser

_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "li",
    "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
}
_CELLS = frozenset(["td", "th"])
_DROPPED = {"math": "a formula (MathML)", "script": "a script", "style": "a style sheet", "svg": "a drawing (SVG)"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_MARKUP = re.compile(r"</?[A-Za-z][A-Za-z0-9:]*[\s/>]|<!--|&(?:#[0-9]+|#[xX][0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]*);")
_SHOWN = 80
"""Characters of a dropped piece that are shown where it is listed."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without markup.

    Attributes:
        text: plain text, its lines without blanks around them; empty when there was nothing but markup.
        dropped: what was left out, a phrase each: "a picture of 5,120 characters (image/png)".
    """

    text: str
    dropped: tuple[str, ...]


def is_markup(text: str) -> bool:
    """Say whether a text has a tag, a comment or an entity in it: `a < b & c` has none."""
    return _MARKUP.search(text) is not None


def plain_text(source: str) -> Plain:
    """Return a text of HTML as plain text. What is no HTML comes out as it is, without blanks around it."""
    if not is_markup(source):
        return Plain(source.strip(), ())
    writer = PlainWriter()
    writer.feed(source)
    writer.close()
    return writer.result()


class PlainWriter(HTMLParser):
    """Writes plain text while HTML is fed, or while `start`, `text` and `end` are called for parsed XHTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._dropped: list[str] = []
        self._inside: list[tuple[str, list[str]]] = []
        self._links: list[tuple[str, int]] = []

    def start(self, tag: str, attributes: Iterable[tuple[str, str | None]] = ()) -> None:
        """Take a start tag; the name is in lower case and without a prefix."""
        given = {name.lower(): value or "" for name, value in attributes}
        if self._inside or tag in _DROPPED:
            self._inside.append((tag, []))
        elif tag == "img":
            self._picture(given)
        elif tag == "a":
            self._links.append((given.get("href", ""), len(self._pieces)))
        elif tag == "sup":
            self._pieces.append("^")
        elif tag in _CELLS:
            self._pieces.append(" | ")
        elif tag in _BLOCKS:
            self._pieces.append("\n• " if tag == "li" else "\n")

    def text(self, data: str) -> None:
        """Take a piece of text."""
        if self._inside:
            self._inside[0][1].append(data)
        else:
            self._pieces.append(re.sub(r"[ \t\r\n\f\v]+", " ", data))

    def end(self, tag: str) -> None:
        """Take an end tag."""
        if self._inside:
            self._leave(tag)
        elif tag == "a" and self._links:
            address, since = self._links.pop()
            shown = "".join(self._pieces[since:])
            if address.strip() and address.strip().removeprefix("mailto:") not in shown:
                self._pieces.append(f" ({address.strip()})")
        elif tag in _BLOCKS and tag not in ("br", "hr", "li"):
            self._pieces.append("\n")

    def result(self) -> Plain:
        """Return what was written, with blanks and empty lines tidied."""
        while self._inside:
            self._leave(self._inside[-1][0])
        lines = []
        for line in "".join(self._pieces).split("\n"):
            tidy = re.sub(r"[ \t\r\f\v]+", " ", line).strip().removeprefix("| ")
            if tidy.replace("|", "").replace("•", "").strip():
                lines.append(tidy)
        return Plain("\n".join(lines), tuple(self._dropped))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a start tag from the parser."""
        self.start(tag.rpartition(":")[2], attrs)
        if self._inside and tag in _VOID:
            self._inside.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an empty tag from the parser."""
        name = tag.rpartition(":")[2]
        self.start(name, attrs)
        if name not in _VOID or self._inside:
            self.end(name)

    def handle_data(self, data: str) -> None:
        """Take text from the parser."""
        self.text(data)

    def handle_endtag(self, tag: str) -> None:
        """Take an end tag from the parser."""
        self.end(tag.rpartition(":")[2])

    def handle_comment(self, data: str) -> None:
        """Leave out a comment and say so, unless it says nothing."""
        if data.strip():
            self._dropped.append(f"a comment: {_shown(data)}")

    def unknown_decl(self, data: str) -> None:
        """Take a section of character data as text: the sheets were put through several tools."""
        self.text(data.removeprefix("CDATA["))

    def _leave(self, tag: str) -> None:
        """Leave a dropped element; the outermost one is listed with the text that it held."""
        names = [name for name, _ in self._inside]
        if tag not in names:
            return
        place = len(names) - 1 - names[::-1].index(tag)
        outermost = self._inside[0]
        del self._inside[place:]
        if not self._inside:
            held = " ".join("".join(outermost[1]).split())
            self._dropped.append(_DROPPED[outermost[0]] + (f": {_shown(held)}" if held else ""))

    def _picture(self, given: dict[str, str]) -> None:
        source = given.get("src", "")
        if source.startswith("data:"):
            kind = source[5:].partition(";")[0].partition(",")[0] or "unknown kind"
            what = f"a picture of {len(source):,} characters ({kind})"
        else:
            what = f"a picture ({_shown(source)})" if source else "a picture"
        said = given.get("alt", "").strip()
        self._dropped.append(what + (f", described as: {_shown(said)}" if said else ""))


def _shown(text: str) -> str:
    tidy = " ".join(text.split())
    return tidy if len(tidy) <= _SHOWN else f"{tidy[:_SHOWN]}… ({len(tidy):,} characters)"
