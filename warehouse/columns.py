"""One-line declarations of columns, each with its comment, for `warehouse.tables` and `warehouse.tables_report`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from metadata.structure import Component


def text(name: str, comment: str, *, needed: bool = False) -> sa.Column[Any]:
    """Return a column of text."""
    return sa.Column(name, sa.Text, nullable=not needed, comment=comment)


def number(name: str, comment: str, *, needed: bool = False) -> sa.Column[Any]:
    """Return a column of whole numbers."""
    return sa.Column(name, sa.BigInteger, nullable=not needed, comment=comment)


def flag(name: str, comment: str, *, needed: bool = False) -> sa.Column[Any]:
    """Return a column of yes and no."""
    return sa.Column(name, sa.Boolean, nullable=not needed, comment=comment)


def day(name: str, comment: str, *, needed: bool = False) -> sa.Column[Any]:
    """Return a column of days."""
    return sa.Column(name, sa.Date, nullable=not needed, comment=comment)


def real(name: str, comment: str, *, needed: bool = False) -> sa.Column[Any]:
    """Return a column of 64-bit numbers with a fraction."""
    return sa.Column(name, sa.Double, nullable=not needed, comment=comment)


def when(name: str, comment: str, *, needed: bool = False) -> sa.Column[Any]:
    """Return a column of moments with their offset."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed, comment=comment)


def component(one: Component, *, needed: bool = False) -> sa.Column[Any]:
    """Return the column of one component, as text but for UNIT_MULT, which is a power of ten."""
    kind = sa.Integer() if one.column == "unit_mult" else sa.Text()
    comment = f"{one.id}: {one.name} ({one.role})"
    return sa.Column(one.column, kind, nullable=not needed, comment=comment)
