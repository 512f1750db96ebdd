"""The key hash and the value hash: what is hashed, exactly, as DuckDB SQL.

Both are the lower 64 bits of an MD5 as DuckDB's `md5_number_lower` gives them, an unsigned integer: bytes 9
to 16 of the digest read with the least significant byte first. In Python:
`int.from_bytes(hashlib.md5(text.encode()).digest()[8:], "little")`. MD5 is used for spread, not for safety.

The text of the **key** is provider, the dimensions in the structure's order and time_period, joined by U+001F.
The text of the **value** is the number and then the attributes in the structure's order without
`data_last_update`, joined by U+001F. The number is written as DuckDB casts a DOUBLE to text (the shortest
form that reads back: `1.0`, `0.1`, `1e+22`), with minus zero as `0.0`. Null is written U+001E. An attribute
that is empty is written as null; one that holds numbers (`upper_bound`, `lower_bound`) and reads as a number
is written as that number, so that 1 and 1.0 are the same.

A hash narrows; it never decides. Keys are equal when every column of the key is, and values are unchanged
when every column is (`same_value`, `same_attributes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SEPARATOR = "chr(31)"
NULL = "chr(30)"
NOT_COMPARED = "data_last_update"
"""Says when a row was touched at the source, not what it says."""
NUMERIC_ATTRIBUTES = ("upper_bound", "lower_bound")


def key_hash(provider: str, dimensions: Iterable[str], time_period: str = "time_period") -> str:
    """Return the SQL expression of the key hash, a UBIGINT.

    Args:
        provider: SQL expression of the provider.
        dimensions: SQL expressions of the dimensions, in the structure's order; never null.
        time_period: SQL expression of the period.
    """
    return f"md5_number_lower(concat_ws({SEPARATOR}, {', '.join([provider, *dimensions, time_period])}))"


def value_hash(attributes: Iterable[str], prefix: str = "") -> str:
    """Return the SQL expression of the value hash, a UBIGINT."""
    number = f"cast({prefix}obs_value + 0.0 as varchar)"
    parts = [number, *(_attribute(prefix, name) for name in compared(attributes))]
    return f"md5_number_lower(concat_ws({SEPARATOR}, {', '.join(f'coalesce({p}, {NULL})' for p in parts)}))"


def same_key(left: str, right: str, key: Sequence[str]) -> str:
    """Return the SQL condition that two rows have the same identity; the columns are never null."""
    return " and ".join(f"{left}.{name} = {right}.{name}" for name in key)


def same_value(left: str, right: str) -> str:
    """Return the SQL condition that two rows hold the same number, or are both missing."""
    return f"{left}.obs_value is not distinct from {right}.obs_value"


def same_attributes(left: str, right: str, attributes: Iterable[str]) -> str:
    """Return the SQL condition that two rows hold the same attributes, ignoring spelling."""
    return " and ".join(
        f"{_attribute(left + '.', name)} is not distinct from {_attribute(right + '.', name)}"
        for name in compared(attributes)
    )


def compared(attributes: Iterable[str]) -> list[str]:
    """Return the attributes that take part in the comparison, in the order given."""
    return [name for name in attributes if name != NOT_COMPARED]


def _attribute(prefix: str, name: str) -> str:
    """Return the SQL expression of an attribute's canonical spelling."""
    if name == "unit_mult":
        return f"cast({prefix}{name} as varchar)"
    text = f"nullif({prefix}{name}, '')"
    if name in NUMERIC_ATTRIBUTES:
        return f"coalesce(cast(try_cast({text} as double) + 0.0 as varchar), {text})"
    return text
