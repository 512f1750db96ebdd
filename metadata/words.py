"""Sentences that can be said in another language later: an English text that remembers what it was made of.

A `Text` is a `str`, so whatever prints, joins or stores texts takes it as it is, in English. It also keeps its template
and the values that were filled in, which may be texts themselves; `metadata.languages` turns it into another language
from its gettext catalogues. `encode` and `decode` keep it as JSON, so that a finding in the ledger can be said to
its office in the office's language long after it was made.

What is not here: the catalogues, the list of languages, forms of numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, Self

Join = Literal["and", "or", "comma", "figure"]


class Text(str):
    """An English text, with what it was made of.

    Attributes:
        template: English, with `{names}`; the msgid of the catalogues. Empty for a list.
        many: the template for other counts than one; None when the text has no count.
        values: what the names stand for.
        joined: how the `items` of a list are joined; `figure` for a number, which is the only item; else None.
        items: of a list.
    """

    __slots__ = ("items", "joined", "many", "template", "values")

    template: str
    many: str | None
    values: Mapping[str, object]
    joined: Join | None
    items: tuple[str, ...]

    def __new__(
        cls,
        english: str,
        template: str = "",
        values: Mapping[str, object] | None = None,
        *,
        many: str | None = None,
        join: Join | None = None,
        items: tuple[str, ...] = (),
    ) -> Self:
        """Return the text; use `text`, `counted` or `listed` instead."""
        made = super().__new__(cls, english)
        made.template = template
        made.many = many
        made.values = MappingProxyType(dict(values or {}))
        made.joined = join
        made.items = items
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make it again: pickled texts keep what they were made of."""
        return (decode, (encode(self),))


def text(template: str, /, **values: object) -> Text:
    """Return a template filled in: `text("series {code}", code="EN_HAZ_PCAP")`. `{{` and `}}` are braces.

    Raises:
        KeyError: the template names a value that is not given.
    """
    return Text(template.format(**values), template, values)


def counted(one: str, many: str, count: int, /, **values: object) -> Text:
    """Return the form for a count, whose name in both templates is `{count}`: `1 row`, `1,565 rows`.

    Args:
        one: the English template for one.
        many: the English template for any other number.
        count: how many.
        **values: for other names in the templates.
    """
    template = one if count == 1 else many
    return Text(template.format(count=f"{count:,}", **values), one, {"count": count, **values}, many=many)


def listed(items: Iterable[str], join: Join = "and") -> Text:
    """Return `A`, `A and B`, or `A, B and C`; with `comma`, `A, B, C`."""
    all_items = tuple(items)
    if join == "comma" or len(all_items) < 2:
        return Text(", ".join(all_items), join=join, items=all_items)
    return Text(f"{', '.join(all_items[:-1])} {join} {all_items[-1]}", join=join, items=all_items)


def figure(value: float | str) -> Text:
    """Return a number as English writes it, `1,234.5`, with at most ten digits that count; a text is taken as it is.

    Not for values as received: these are shown as they were sent.
    """
    plain = value if isinstance(value, str) else str(value) if isinstance(value, int) else f"{value:.10g}"
    whole = "e" in plain or not plain.lstrip("-").replace(".", "", 1).isdecimal()
    return Text(plain if whole else f"{Decimal(plain):,f}", join="figure", items=(plain,))


def encode(value: object) -> Any:
    """Return what JSON can keep: a plain value as it is, a text as an object that `decode` reads."""
    if not isinstance(value, Text):
        return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
    if value.joined is not None:
        return {"join": value.joined, "items": [encode(item) for item in value.items]}
    kept: dict[str, Any] = {"text": value.template}
    if value.many is not None:
        kept["many"] = value.many
    if value.values:
        kept["values"] = {name: encode(item) for name, item in value.values.items()}
    return kept


def decode(kept: Any) -> Any:
    """Return what `encode` was given."""
    if not isinstance(kept, dict):
        return kept
    if kept.get("join") == "figure":
        return figure(kept["items"][0])
    if "join" in kept:
        return listed((decode(item) for item in kept["items"]), kept["join"])
    values = {name: decode(item) for name, item in kept.get("values", {}).items()}
    if "many" in kept:
        return counted(kept["text"], kept["many"], values.pop("count"), **values)
    return text(kept["text"], **values)
